/* directory_load: the words of directory.yaml into structs; directory_check.c then looks at the whole. */
#include "config/directory_load.h"

#include <stdlib.h>

#include "config/directory_check.h"
#include "config/rota.h"

#define ID_MAX 64 /* bytes of an id; `check` refuses a longer one, here and below */
#define TITLE_MAX 80   /* what fits a line of a mail */
#define LOGIN_MAX 128  /* as proxies hand over an address or a name */
#define SOURCE_MAX 256 /* the `source` of an event: an address or a path */

struct reading {
	struct directory *directory;
	struct directory_places *places;
	struct arena *arena;
	struct config_faults *faults;
	const char *path;
};

static const char *const top_keys[] = {"duty-team", "duty-phone", "ladder",     "people",  "teams",
                                       "roles",     "cover",      "restricted", "sources", NULL};
/* Beside the addresses, each under the key of its kind. */
static const char *const person_keys[] = {"id", "worker", "webhook-form", "channels", "hours", "days", "login"};
#define PERSON_KEYS (sizeof person_keys / sizeof *person_keys)
static const char *const team_keys[] = {"id", "title", "parent", "manager", "head", NULL};
static const char *const role_keys[] = {"title", "people", "from", "hours", "rota", "sees", "runs", NULL};
static const char *const rota_keys[] = {"file", NULL};
static const char *const cover_keys[] = {"person", "by", "role", "from", "until", NULL};
static const char *const source_keys[] = {"name", "owner", NULL};
static const char *const from_words[] = {"allocation", "manager", "head", "event", NULL}; /* as enum role_from */
static const char *const sees_words[] = {"own", "teams", "all", NULL}; /* as enum role_sees */
static const char *const role_hours_words[] = {"out-of-hours", NULL};
static const char *const day_words[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

static const char *keep_text(const struct reading *reading, struct text text)
{
	return arena_copy_text(reading->arena, text.at, text.length);
}

static bool is_id(struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
			    c == '.' || c == '_';
		if (!good)
			return false;
	}
	return text.length > 0 && text.length <= ID_MAX;
}

/* Whether there is a value; where it was cleared, that is a fault: it may not mean what it says without the line. */
static bool is_given(const struct reading *reading, const struct yaml_node *node, const char *what, const char *key)
{
	if (node && yaml_is_null(node))
		yaml_fault(node, reading->faults, "%s: %s is empty; give it a value or remove it", what, key);
	return node && !yaml_is_null(node);
}

/* The id under `key`; NULL where there is none. `required`: then that is a fault. */
static const char *read_id(const struct reading *reading, const struct yaml_node *mapping, const char *what,
                           const char *key, bool required)
{
	const struct yaml_node *node = yaml_get(mapping, key);
	if (required && (!node || yaml_is_null(node)))
		yaml_fault(mapping, reading->faults, "%s has no %s; write one", what, key);
	if (required ? !node || yaml_is_null(node) : !is_given(reading, node, what, key))
		return NULL;
	if (node->kind != YAML_SCALAR || !is_id(node->text)) {
		yaml_fault(node, reading->faults,
		           "%s: %s is \"%.60s\"; write 1 to %d letters, digits, dots, hyphens or underscores", what,
		           key, node->kind == YAML_SCALAR ? node->text.at : yaml_kind_name(node), ID_MAX);
		return NULL;
	}
	return keep_text(reading, node->text);
}

static const char *read_title(const struct reading *reading, const struct yaml_node *mapping, const char *what)
{
	const struct yaml_node *node = yaml_get(mapping, "title");
	struct text text;
	if (!node) {
		yaml_fault(mapping, reading->faults, "%s has no title; write the one people read", what);
		return NULL;
	}
	if (!yaml_read_text(node, "title", &text, reading->faults))
		return NULL;
	if (text.length > TITLE_MAX || memchr(text.at, '\n', text.length)) {
		yaml_fault(node, reading->faults, "%s: the title is longer than %d bytes or a line; shorten it", what,
		           TITLE_MAX);
		return NULL;
	}
	return keep_text(reading, text);
}

/* The value is not said: a fault is logged, and this is somebody's number, or a path that is a secret. Line and column
 * say where it stands. */
static const char *read_address(const struct reading *reading, const struct yaml_node *node, const char *what,
                                const struct channel_words *words)
{
	const char *why = "it is no text";
	if (!node || yaml_is_null(node))
		return NULL;
	if (node->kind == YAML_SCALAR && words->is_address(node->text, &why))
		return keep_text(reading, node->text);
	yaml_fault(node, reading->faults, "%s is not %s: %s; write one such as %s", what, words->address, why,
	           words->example);
	return NULL;
}

/* Something on which everything can be said: a phone alone is told that there is more, and not where. */
static bool is_reached(const struct yaml_node *person)
{
	for (int i = 0; i < CHANNEL_KINDS; i++)
		if (channel_form((enum channel_kind)i) != CHANNEL_BRIEF &&
		    yaml_get(person, channel_words((enum channel_kind)i)->key))
			return true;
	return false;
}

static void read_addresses(const struct reading *reading, const struct yaml_node *node, const char *what,
                           struct person *person)
{
	struct buffer key = {0};
	if (!is_reached(node))
		yaml_fault(node, reading->faults, "%s cannot be reached; write an %s", what,
		           channel_words(CHANNEL_EMAIL)->key);
	for (int i = 0; i < CHANNEL_KINDS; i++) {
		const struct channel_words *words = channel_words((enum channel_kind)i);
		buffer_clear(&key);
		(void)is_given(reading, yaml_get(node, words->key), what, words->key);
		buffer_format(&key, "%s: %s", what, words->key);
		person->addresses[i] = read_address(reading, yaml_get(node, words->key), buffer_cstr(&key), words);
	}
	buffer_free(&key);
}

/* Unsaid: the first on which everything can be said. */
static void take_usual_order(struct person *person)
{
	for (int i = 0; i < CHANNEL_KINDS && !person->order_count; i++)
		if (person->addresses[i] && channel_form((enum channel_kind)i) != CHANNEL_BRIEF)
			person->order[person->order_count++] = (enum channel_kind)i;
}

static void read_channels(const struct reading *reading, const struct yaml_node *node, struct person *person)
{
	size_t count = yaml_list_count(node), word;
	const char *names[CHANNEL_KINDS + 1];
	bool seen[CHANNEL_KINDS] = {false};
	channel_names(names);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = yaml_list_item(node, i);
		if (!yaml_read_word(item, "channels", names, &word, reading->faults))
			continue;
		if (seen[word])
			yaml_fault(item, reading->faults, "channels has %s twice; keep one", names[word]);
		else if (!person->addresses[word])
			yaml_fault(item, reading->faults, "channels has %s but there is no %s; write one", names[word],
			           channel_words((enum channel_kind)word)->key);
		else
			person->order[person->order_count++] = (enum channel_kind)word;
		seen[word] = true;
	}
	if (count == 0)
		take_usual_order(person);
}

/* "08:00-17:00". The whole day is "00:00-24:00". */
static void read_hours(const struct reading *reading, const struct yaml_node *node, struct person *person)
{
	person->hours_from = person->hours_until = -1;
	if (!node || yaml_is_null(node))
		return;
	struct config_faults unused = {0};
	bool good = node->kind == YAML_SCALAR && node->text.length == 11 && node->text.at[5] == '-';
	if (good) {
		struct yaml_node from = *node, until = *node;
		from.text = (struct text){node->text.at, 5};
		until.text = (struct text){node->text.at + 6, 5};
		good = yaml_read_wall_time(&from, "hours", &person->hours_from, &unused) &&
		       yaml_read_wall_time(&until, "hours", &person->hours_until, &unused) &&
		       person->hours_from < person->hours_until;
	}
	config_faults_free(&unused);
	if (!good)
		yaml_fault(node, reading->faults,
		           "hours is \"%.60s\"; write two times of a day such as \"08:00-17:00\"",
		           node->kind == YAML_SCALAR ? node->text.at : yaml_kind_name(node));
}

/* "days: [mon, tue, wed]": of the working days, those on which they work. */
static void read_days(const struct reading *reading, const struct yaml_node *node, struct person *person)
{
	size_t day;
	for (size_t i = 0; i < yaml_list_count(node); i++)
		if (yaml_read_word(yaml_list_item(node, i), "days", day_words, &day, reading->faults))
			person->days |= 1u << day;
}

/* One word or several, as the proxy says them. */
static const char **read_names(const struct reading *reading, const struct yaml_node *node, const char *what,
                               size_t *count)
{
	size_t items = yaml_list_count(node);
	const char **names = arena_alloc(reading->arena, (items + 1) * sizeof *names);
	*count = 0;
	for (size_t i = 0; i < items; i++) {
		const struct yaml_node *item = yaml_list_item(node, i);
		if (item->kind == YAML_SCALAR && item->text.length && item->text.length <= LOGIN_MAX)
			names[(*count)++] = keep_text(reading, item->text);
		else
			yaml_fault(item, reading->faults, "%s is %s; write 1 to %d characters", what,
			           item->kind == YAML_SCALAR ? "empty or too long" : yaml_kind_name(item), LOGIN_MAX);
	}
	return names;
}

static bool check_person_keys(const struct reading *reading, const struct yaml_node *node)
{
	const char *keys[PERSON_KEYS + CHANNEL_KINDS + 1] = {NULL};
	memcpy(keys, person_keys, sizeof person_keys);
	for (int i = 0; i < CHANNEL_KINDS; i++)
		keys[PERSON_KEYS + (size_t)i] = channel_words((enum channel_kind)i)->key;
	return yaml_check_keys(node, "a person", keys, reading->faults);
}

static void read_person(struct reading *reading, const struct yaml_node *node, struct person *person)
{
	if (!check_person_keys(reading, node) && node->kind != YAML_MAPPING)
		return;
	person->id = read_id(reading, node, "a person", "id", true);
	person->worker = read_id(reading, node, "a person", "worker", false);
	struct buffer what = {0};
	buffer_format(&what, "person %s", person->id ? person->id : "without id");
	read_addresses(reading, node, buffer_cstr(&what), person);
	person->webhook_form = read_id(reading, node, buffer_cstr(&what), "webhook-form", false);
	if (person->webhook_form && !directory_address(person, CHANNEL_WEBHOOK))
		yaml_fault(yaml_get(node, "webhook-form"), reading->faults,
		           "%s has a webhook-form and no webhook; write its address", buffer_cstr(&what));
	static const char *const others[] = {"channels", "hours", "days", "login"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		(void)is_given(reading, yaml_get(node, others[i]), buffer_cstr(&what), others[i]);
	read_channels(reading, yaml_get(node, "channels"), person);
	read_hours(reading, yaml_get(node, "hours"), person);
	read_days(reading, yaml_get(node, "days"), person);
	person->logins = read_names(reading, yaml_get(node, "login"), "login", &person->login_count);
	buffer_free(&what);
}

static void read_team(struct reading *reading, const struct yaml_node *node, struct team *team)
{
	if (!yaml_check_keys(node, "a team", team_keys, reading->faults) && node->kind != YAML_MAPPING)
		return;
	team->id = read_id(reading, node, "a team", "id", true);
	team->title = read_title(reading, node, "a team");
	team->parent = read_id(reading, node, "a team", "parent", false);
	team->manager = read_id(reading, node, "a team", "manager", false);
	team->head = read_id(reading, node, "a team", "head", false);
}

/* `rota: {file: edt.ics}`: a path beside the directory's own, or from the root. */
static void read_rota_file(const struct reading *reading, const struct yaml_node *node, struct role_title *role,
                           const char *what)
{
	struct text file;
	if (!is_given(reading, node, what, "rota") || !yaml_check_keys(node, "rota", rota_keys, reading->faults))
		return;
	const struct yaml_node *named = yaml_get(node, "file");
	if (!named || yaml_is_null(named)) {
		yaml_fault(node, reading->faults, "%s: its rota has no file; write rota: {file: NAME.ics}", what);
		return;
	}
	if (!yaml_read_text(named, "file", &file, reading->faults))
		return;
	const char *slash = strrchr(reading->path, '/');
	size_t folder = file.at[0] == '/' || !slash ? 0 : (size_t)(slash + 1 - reading->path);
	char *path = arena_alloc(reading->arena, folder + file.length + 1);
	memcpy(path, reading->path, folder);
	memcpy(path + folder, file.at, file.length);
	path[folder + file.length] = '\0';
	role->rota = path;
}

/* What is not said follows from how the holders are found: managers and heads see their teams. */
static void read_sees(const struct reading *reading, const struct yaml_node *node, struct role_title *role)
{
	const struct yaml_node *sees = yaml_get(node, "sees"), *runs = yaml_get(node, "runs");
	size_t word;
	role->sees = role->from == ROLE_FROM_MANAGER || role->from == ROLE_FROM_HEAD ? SEES_TEAMS : SEES_OWN;
	if (sees && yaml_read_word(sees, "sees", sees_words, &word, reading->faults))
		role->sees = (enum role_sees)word;
	role->runs = runs && yaml_read_bool(runs, "runs", &role->runs, reading->faults) && role->runs;
}

static void read_role(struct reading *reading, const struct yaml_node *key, const struct yaml_node *node,
                      struct role_title *role)
{
	size_t word;
	struct buffer what = {0};
	if (!is_id(key->text))
		yaml_fault(key, reading->faults, "a role is called \"%.60s\"; write letters, digits and hyphens",
		           key->text.at);
	role->role = keep_text(reading, key->text);
	buffer_format(&what, "role %s", role->role);
	if (!yaml_check_keys(node, buffer_cstr(&what), role_keys, reading->faults) && node->kind != YAML_MAPPING) {
		buffer_free(&what);
		return;
	}
	role->title = read_title(reading, node, buffer_cstr(&what));
	const struct yaml_node *found = yaml_get(node, "from"), *people = yaml_get(node, "people");
	if (found && yaml_read_word(found, "from", from_words, &word, reading->faults))
		role->from = (enum role_from)(word + 1);
	const struct yaml_node *hours = yaml_get(node, "hours");
	role->out_of_hours = hours && yaml_read_word(hours, "hours", role_hours_words, &word, reading->faults);
	read_sees(reading, node, role);
	size_t count = yaml_list_count(people);
	role->people = arena_alloc(reading->arena, (count + 1) * sizeof *role->people);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = yaml_list_item(people, i);
		if (item->kind == YAML_SCALAR)
			role->people[role->people_count++] = keep_text(reading, item->text);
		else
			yaml_fault(item, reading->faults, "%s: people is %s; write ids of people", buffer_cstr(&what),
			           yaml_kind_name(item));
	}
	read_rota_file(reading, yaml_get(node, "rota"), role, buffer_cstr(&what));
	buffer_free(&what);
}

static void read_cover(struct reading *reading, const struct yaml_node *node, struct cover *cover)
{
	cover->from = cover->until = DAY_NONE;
	if (!yaml_check_keys(node, "cover", cover_keys, reading->faults) && node->kind != YAML_MAPPING)
		return;
	cover->person = read_id(reading, node, "cover", "person", true);
	cover->by = read_id(reading, node, "cover", "by", true);
	cover->role = read_id(reading, node, "cover", "role", false);
	const struct yaml_node *from = yaml_get(node, "from"), *until = yaml_get(node, "until");
	if (!from || !until)
		yaml_fault(node, reading->faults, "cover needs from and until; write both dates (both are included)");
	if (from)
		(void)yaml_read_date(from, "from", &cover->from, reading->faults);
	if (until)
		(void)yaml_read_date(until, "until", &cover->until, reading->faults);
}

/* "name" is what events say, "*" for each source that is not named; "owner" a role, or a person's id. */
static void read_source(struct reading *reading, const struct yaml_node *node, struct source_owner *source)
{
	struct text name;
	if (!yaml_check_keys(node, "a source", source_keys, reading->faults) && node->kind != YAML_MAPPING)
		return;
	const struct yaml_node *named = yaml_get(node, "name");
	if (!named)
		yaml_fault(node, reading->faults, "a source has no name; write it as its events do, such as /lcs");
	else if (yaml_read_text(named, "name", &name, reading->faults) && (!name.length || name.length > SOURCE_MAX))
		yaml_fault(named, reading->faults, "name has %zu bytes; write 1 to %d, as events do", name.length,
		           SOURCE_MAX);
	else if (named->kind == YAML_SCALAR)
		source->source = keep_text(reading, named->text);
	source->role = read_id(reading, node, "a source", "owner", true);
}

/* Room for the entries of a list under `key`, zeroed; 0 entries where there is none. */
static void *room_for(const struct reading *reading, const struct yaml_node *node, size_t size, size_t *count)
{
	*count = yaml_list_count(node);
	void *room = arena_alloc(reading->arena, (*count + 1) * size);
	memset(room, 0, (*count + 1) * size);
	return room;
}

static const struct yaml_node **keep_places(const struct reading *reading, const struct yaml_node *list, size_t count)
{
	const struct yaml_node **places = arena_alloc(reading->arena, (count + 1) * sizeof *places);
	for (size_t i = 0; i < count; i++)
		places[i] = yaml_list_item(list, i);
	return places;
}

static void read_roles(struct reading *reading, const struct yaml_node *node)
{
	struct directory *directory = reading->directory;
	if (!node || node->kind != YAML_MAPPING)
		return;
	directory->roles = arena_alloc(reading->arena, (node->count + 1) * sizeof *directory->roles);
	memset(directory->roles, 0, (node->count + 1) * sizeof *directory->roles);
	directory->role_count = node->count;
	reading->places->roles = node->keys;
	reading->places->role_entries = node->items;
	for (size_t i = 0; i < node->count; i++)
		read_role(reading, node->keys[i], node->items[i], &directory->roles[i]);
}

static void read_restricted(const struct reading *reading, const struct yaml_node *node)
{
	struct directory *directory = reading->directory;
	if (!node || node->kind != YAML_MAPPING)
		return;
	directory->restricted = arena_alloc(reading->arena, (node->count + 1) * sizeof *directory->restricted);
	directory->restricted_count = node->count;
	for (size_t i = 0; i < node->count; i++) {
		struct restricted *entry = &directory->restricted[i];
		*entry = (struct restricted){.child = keep_text(reading, node->keys[i]->text)};
		entry->people = read_names(reading, node->items[i], "restricted", &entry->people_count);
		for (size_t k = 0; k < entry->people_count; k++)
			if (!directory_person(directory, text_of(entry->people[k])))
				yaml_fault(node->items[i], reading->faults,
				           "restricted: %s is nobody of people; write their ids", entry->people[k]);
	}
}

static void read_ladder(struct reading *reading, const struct yaml_node *node)
{
	struct directory *directory = reading->directory;
	size_t count = yaml_list_count(node);
	if (count > DIRECTORY_LADDER_MOST) {
		yaml_fault(node, reading->faults, "ladder names %zu roles; %d at most", count, DIRECTORY_LADDER_MOST);
		count = DIRECTORY_LADDER_MOST;
	}
	directory->ladder = arena_alloc(reading->arena, (count + 1) * sizeof *directory->ladder);
	reading->places->ladder = node;
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = yaml_list_item(node, i);
		if (item->kind == YAML_SCALAR)
			directory->ladder[directory->ladder_count++] = keep_text(reading, item->text);
		else
			yaml_fault(item, reading->faults, "ladder has %s; write names of roles", yaml_kind_name(item));
	}
}

static void read_lists(struct reading *reading, const struct yaml_node *root)
{
	struct directory *directory = reading->directory;
	const struct yaml_node *people = yaml_get(root, "people"), *teams = yaml_get(root, "teams"),
			       *cover = yaml_get(root, "cover"), *sources = yaml_get(root, "sources");
	directory->people = room_for(reading, people, sizeof *directory->people, &directory->person_count);
	reading->places->people = keep_places(reading, people, directory->person_count);
	for (size_t i = 0; i < directory->person_count; i++)
		read_person(reading, reading->places->people[i], &directory->people[i]);
	directory->teams = room_for(reading, teams, sizeof *directory->teams, &directory->team_count);
	reading->places->teams = keep_places(reading, teams, directory->team_count);
	for (size_t i = 0; i < directory->team_count; i++)
		read_team(reading, reading->places->teams[i], &directory->teams[i]);
	read_roles(reading, yaml_get(root, "roles"));
	read_ladder(reading, yaml_get(root, "ladder"));
	directory->covers = room_for(reading, cover, sizeof *directory->covers, &directory->cover_count);
	reading->places->covers = keep_places(reading, cover, directory->cover_count);
	for (size_t i = 0; i < directory->cover_count; i++)
		read_cover(reading, reading->places->covers[i], &directory->covers[i]);
	directory->sources = room_for(reading, sources, sizeof *directory->sources, &directory->source_count);
	reading->places->sources = keep_places(reading, sources, directory->source_count);
	for (size_t i = 0; i < directory->source_count; i++)
		read_source(reading, reading->places->sources[i], &directory->sources[i]);
}

static void read_top(struct reading *reading, const struct yaml_node *root)
{
	static const char *const required[] = {"duty-team", "duty-phone", "ladder", "people", "teams", "roles", NULL};
	if (!yaml_check_keys(root, "the directory", top_keys, reading->faults) && root->kind != YAML_MAPPING)
		return;
	for (size_t i = 0; required[i]; i++)
		if (!yaml_get(root, required[i]) || yaml_is_null(yaml_get(root, required[i])))
			yaml_fault(root, reading->faults, "the directory has no %s; write it", required[i]);
	const struct yaml_node *roles = yaml_get(root, "roles");
	if (roles && roles->kind != YAML_MAPPING && !yaml_is_null(roles))
		yaml_fault(roles, reading->faults, "roles is %s; write a mapping of roles to titles and people",
		           yaml_kind_name(roles));
	const struct yaml_node *duty = yaml_get(root, "duty-team");
	if (duty && !yaml_is_null(duty)) /* else that was said */
		reading->directory->duty_team = read_id(reading, root, "the directory", "duty-team", false);
	reading->directory->duty_phone =
		read_address(reading, yaml_get(root, "duty-phone"), "duty-phone", channel_words(CHANNEL_TEXT));
	reading->places->duty_team = yaml_get(root, "duty-team");
	read_lists(reading, root);
	read_restricted(reading, yaml_get(root, "restricted"));
}

/* Once all people are known. */
static void read_rotas(const struct reading *reading, const struct zone *zone, instant now)
{
	struct directory *directory = reading->directory;
	for (size_t i = 0; i < directory->role_count && zone; i++)
		if (directory->roles[i].rota)
			rota_read(directory->roles[i].rota, directory->roles[i].role, zone, now - ROTA_BEFORE,
			          now + ROTA_AFTER, directory, reading->arena, reading->faults);
}

struct directory *directory_load(const char *path, const struct zone *zone, instant now, struct config_faults *faults)
{
	size_t before = faults->count;
	struct yaml_tree *tree = yaml_tree_read(path, faults);
	if (!tree)
		return NULL;
	struct directory *directory = MEM_NEW(struct directory);
	struct directory_places places = {.root = yaml_tree_root(tree)};
	struct reading reading = {
		.directory = directory, .places = &places, .arena = arena_new(8192), .faults = faults, .path = path};
	directory->owned = reading.arena;
	read_top(&reading, places.root);
	if (faults->count == before)
		read_rotas(&reading, zone, now);
	if (faults->count == before) /* what is missing already would only be said twice */
		directory_check(directory, &places, faults);
	yaml_tree_free(tree);
	if (faults->count == before) {
		directory_make_index(directory);
		return directory;
	}
	directory_free(directory);
	return NULL;
}
