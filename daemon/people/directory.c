/* directory: who holds a role for a child today. */
#include "people/directory.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

const char *directory_address(const struct person *person, enum channel_kind kind)
{
	return person->addresses[kind];
}

bool directory_reaches_by(const struct directory *directory, const struct person *person, enum channel_kind kind)
{
	const char *address = directory_address(person, kind);
	return address && address[0] && !directory->unsent[kind];
}

bool directory_reaches(const struct directory *directory, const struct person *person)
{
	for (size_t i = 0; i < person->order_count; i++)
		if (directory_reaches_by(directory, person, person->order[i]))
			return true;
	for (int kind = 0; kind < CHANNEL_KINDS && !person->order_count; kind++)
		if (directory_reaches_by(directory, person, (enum channel_kind)kind))
			return true;
	return false;
}

bool directory_reaches_at(const struct directory *directory, const struct person *person, const char *const *channels,
                          size_t count)
{
	enum channel_kind kind;
	for (size_t i = 0; i < count; i++)
		if (channel_called(text_of(channels[i]), &kind) && directory_reaches_by(directory, person, kind))
			return true;
	return directory_reaches(directory, person);
}

static bool reads_lists(const struct directory *directory, const struct person *person)
{
	const char *email = directory_address(person, CHANNEL_EMAIL);
	if (!email || !email[0])
		return false;
	return directory_reaches_by(directory, person, CHANNEL_EMAIL) ||
	       directory_reaches_by(directory, person, CHANNEL_TEXT);
}

/* ---- found by id ---- */

struct directory_index {
	const struct person *people; /* that it is of, and how many; here and below */
	const struct role_title *roles;
	size_t person_count, role_count;
	struct map by_id, by_worker, by_role; /* -> place */
};

void directory_drop_index(struct directory *directory)
{
	struct directory_index *index = directory->index;
	directory->index = NULL;
	if (!index)
		return;
	map_free(&index->by_id);
	map_free(&index->by_worker);
	map_free(&index->by_role);
	free(index);
}

void directory_free(struct directory *directory)
{
	if (!directory)
		return;
	directory_drop_index(directory);
	arena_free(directory->owned);
	free(directory);
}

static void index_add(struct map *map, const char *id, size_t place)
{
	if (id)
		map_add(map, text_hash(text_of(id), hash_seed()), (uint32_t)place);
}

void directory_make_index(struct directory *directory)
{
	struct directory_index *index = MEM_NEW(struct directory_index);
	*index = (struct directory_index){.people = directory->people,
	                                  .roles = directory->roles,
	                                  .person_count = directory->person_count,
	                                  .role_count = directory->role_count};
	for (size_t i = 0; i < index->person_count; i++) {
		index_add(&index->by_id, index->people[i].id, i);
		index_add(&index->by_worker, index->people[i].worker, i);
	}
	for (size_t i = 0; i < index->role_count; i++)
		index_add(&index->by_role, index->roles[i].role, i);
	directory_drop_index(directory);
	directory->index = index;
}

static const struct directory_index *index_of_people(const struct directory *directory)
{
	const struct directory_index *index = directory->index;
	bool own = index && index->people == directory->people && index->person_count == directory->person_count;
	return own ? index : NULL;
}

static const struct directory_index *index_of_roles(const struct directory *directory)
{
	const struct directory_index *index = directory->index;
	bool own = index && index->roles == directory->roles && index->role_count == directory->role_count;
	return own ? index : NULL;
}

static bool is(const char *string, struct text text)
{
	if (!string)
		return false;
	/* most differ in their first letters: sooner seen than how long each of hundreds is */
	for (size_t i = 0; i < text.length; i++)
		if (string[i] != text.at[i] || !string[i])
			return false;
	return string[text.length] == '\0';
}

/* Of several the first, by the index as without it. */
static const struct person *find_person(const struct directory *directory, struct text id, bool as_worker)
{
	const struct directory_index *index = index_of_people(directory);
	const struct person *people = directory->people, *found = NULL;
	if (!index) {
		for (size_t i = 0; i < directory->person_count && !found; i++)
			found = is(as_worker ? people[i].worker : people[i].id, id) ? &people[i] : NULL;
		return found;
	}
	struct map_walk walk = map_walk(as_worker ? &index->by_worker : &index->by_id, text_hash(id, hash_seed()));
	for (uint32_t place; (place = map_next(&walk)) != MAP_NONE;) {
		const struct person *person = &people[place];
		if (is(as_worker ? person->worker : person->id, id) && (!found || person < found))
			found = person;
	}
	return found;
}

const struct person *directory_person(const struct directory *directory, struct text id)
{
	return find_person(directory, id, false);
}

const struct person *directory_worker(const struct directory *directory, struct text worker)
{
	return find_person(directory, worker, true);
}

/* ---- logins, teams, roles ---- */

static bool same_login(const char *a, struct text b)
{
	return a && text_equal_fold(text_of(a), b);
}

static bool has_login(const struct person *person, struct text login)
{
	for (size_t i = 0; i < person->login_count; i++)
		if (same_login(person->logins[i], login))
			return true;
	return false;
}

/* A login of two people names neither: what one of them may see the other may not. */
const struct person *directory_login(const struct directory *directory, struct text login)
{
	const struct person *found = NULL;
	for (size_t i = 0; i < directory->person_count && login.length; i++) {
		const struct person *person = &directory->people[i];
		bool is = person->login_count ? has_login(person, login)
		                              : same_login(person->id, login) ||
		                                        same_login(directory_address(person, CHANNEL_EMAIL), login);
		if (is && found)
			return NULL;
		if (is)
			found = person;
	}
	return found;
}

const struct team *directory_team(const struct directory *directory, struct text id)
{
	for (size_t i = 0; i < directory->team_count; i++)
		if (is(directory->teams[i].id, id))
			return &directory->teams[i];
	return NULL;
}

const struct role_title *directory_role(const struct directory *directory, struct text role)
{
	const struct directory_index *index = index_of_roles(directory);
	const struct role_title *found = NULL;
	if (!index) {
		for (size_t i = 0; i < directory->role_count && !found; i++)
			found = is(directory->roles[i].role, role) ? &directory->roles[i] : NULL;
		return found;
	}
	struct map_walk walk = map_walk(&index->by_role, text_hash(role, hash_seed()));
	for (uint32_t place; (place = map_next(&walk)) != MAP_NONE;)
		if (is(index->roles[place].role, role) && (!found || &index->roles[place] < found))
			found = &index->roles[place];
	return found;
}

const char *directory_role_title(const struct directory *directory, const char *role)
{
	const struct role_title *found = directory_role(directory, text_of(role));
	return found && found->title ? found->title : role;
}

bool directory_role_is_pattern(const char *wanted)
{
	size_t length = strlen(wanted);
	return length && wanted[length - 1] == '*';
}

bool directory_role_fits(const char *wanted, const char *role)
{
	return directory_role_is_pattern(wanted) ? strncmp(wanted, role, strlen(wanted) - 1) == 0
	                                         : strcmp(wanted, role) == 0;
}

const struct source_owner *directory_source_owner(const struct directory *directory, struct text source)
{
	const struct source_owner *any = NULL;
	for (size_t i = 0; i < directory->source_count; i++) {
		if (is(directory->sources[i].source, source))
			return &directory->sources[i];
		if (is(directory->sources[i].source, TEXT("*")))
			any = &directory->sources[i];
	}
	return any;
}

bool directory_out_of_hours(const struct directory *directory, struct text role)
{
	const struct role_title *found = directory_role(directory, role);
	return found && found->out_of_hours;
}

enum role_from directory_role_from(const struct directory *directory, struct text role)
{
	const struct role_title *found = directory_role(directory, role);
	return found ? found->from : ROLE_FROM_PEOPLE;
}

bool directory_knows_role(const struct directory *directory, struct text role)
{
	return directory_role(directory, role) != NULL;
}

const char *directory_first_of_ladder(const struct directory *directory)
{
	return directory->ladder_count ? directory->ladder[0] : "";
}

const char *directory_first_role(const struct directory *directory, enum role_from from)
{
	for (size_t i = 0; i < directory->role_count; i++)
		if (directory->roles[i].from == from)
			return directory->roles[i].role;
	return "";
}

static bool has_team(const struct team *const *teams, size_t count, const struct team *team)
{
	for (size_t i = 0; i < count; i++)
		if (teams[i] == team)
			return true;
	return false;
}

size_t directory_teams(const struct directory *directory, const struct allocation *open, size_t open_count,
                       const struct team **teams, size_t room)
{
	size_t count = 0;
	for (size_t i = 0; i < open_count && count < room; i++) {
		const struct team *team = open[i].team.length ? directory_team(directory, open[i].team) : NULL;
		if (team && !has_team(teams, count, team))
			teams[count++] = team;
	}
	const struct team *duty =
		directory->duty_team ? directory_team(directory, text_of(directory->duty_team)) : NULL;
	if (count == 0 && room > 0 && duty)
		teams[count++] = duty;
	return count;
}

/* Cover for this very role comes before cover for everything. */
static const struct cover *find_cover(const struct directory *directory, const struct person *person, const char *role,
                                      civil_day today)
{
	const struct cover *general = NULL;
	for (size_t i = 0; i < directory->cover_count; i++) {
		const struct cover *cover = &directory->covers[i];
		if (strcmp(cover->person, person->id) != 0 || today < cover->from || today > cover->until)
			continue;
		if (cover->role && strcmp(cover->role, role) == 0)
			return cover;
		if (!cover->role)
			general = cover;
	}
	return general;
}

struct recipient directory_stand_in(const struct directory *directory, const struct person *person, const char *role,
                                    civil_day today)
{
	const struct cover *cover = find_cover(directory, person, role, today);
	const struct person *by = cover ? directory_person(directory, text_of(cover->by)) : NULL;
	if (!by)
		return (struct recipient){.person = person, .role = role};
	return (struct recipient){.person = by, .role = role, .covers = person};
}

/* Where the found people gather. */
struct found {
	const struct directory *directory;
	const char *role;
	civil_day today;
	instant at; /* NONE: at some time of today */
	struct recipient *recipients;
	size_t count, room;
};

/* Each person once; one who holds the role by themself is not shown as covering another. */
static void add(struct found *found, const struct person *person)
{
	if (!person)
		return;
	struct recipient recipient = directory_stand_in(found->directory, person, found->role, found->today);
	for (size_t i = 0; i < found->count; i++)
		if (found->recipients[i].person == recipient.person) {
			if (!recipient.covers)
				found->recipients[i].covers = NULL;
			return;
		}
	if (found->count < found->room)
		found->recipients[found->count++] = recipient;
}

static void add_workers(struct found *found, const struct allocation *open, size_t open_count)
{
	for (size_t i = 0; i < open_count; i++)
		if (is(found->role, open[i].role))
			add(found, directory_worker(found->directory, open[i].worker));
}

static void add_on_call(struct found *found)
{
	for (size_t i = 0; i < found->directory->shift_count; i++) {
		const struct shift *shift = &found->directory->shifts[i];
		if (found->at == INSTANT_NONE ? shift->first > found->today : shift->from > found->at)
			break; /* they are in order of when they begin: no later one has */
		bool on = found->at == INSTANT_NONE ? shift->first <= found->today && found->today <= shift->last
		                                    : shift->from <= found->at && found->at < shift->until;
		if (on && strcmp(shift->role, found->role) == 0)
			add(found, directory_person(found->directory, text_of(shift->person)));
	}
}

static void add_fixed(struct found *found, const struct role_title *role)
{
	for (size_t i = 0; i < role->people_count; i++)
		add(found, directory_person(found->directory, text_of(role->people[i])));
}

/* The head of the team, or of the nearest parent that has one. */
static const char *head_of(const struct directory *directory, const struct team *team)
{
	/* The loader refuses rings; the bound is for directories that were built otherwise. */
	for (size_t i = 0; team && i <= directory->team_count; i++) {
		if (team->head)
			return team->head;
		team = team->parent ? directory_team(directory, text_of(team->parent)) : NULL;
	}
	return NULL;
}

static void add_of_teams(struct found *found, const struct allocation *open, size_t open_count, bool heads)
{
	size_t room = found->directory->team_count;
	const struct team **teams = mem_zero(room + 1, sizeof *teams);
	size_t count = directory_teams(found->directory, open, open_count, teams, room);
	for (size_t i = 0; i < count; i++) {
		const char *id = heads ? head_of(found->directory, teams[i]) : teams[i]->manager;
		if (id)
			add(found, directory_person(found->directory, text_of(id)));
	}
	free(teams);
}

bool directory_team_reader(const struct directory *directory, const struct team *team, civil_day today,
                           struct recipient *reader)
{
	const struct person *manager = team->manager ? directory_person(directory, text_of(team->manager)) : NULL;
	if (!manager)
		return false;
	*reader = directory_stand_in(directory, manager, "", today);
	for (size_t i = 0; i < directory->role_count; i++) /* cover may be for the manager's role alone */
		if (directory->roles[i].from == ROLE_FROM_MANAGER)
			*reader = directory_stand_in(directory, manager, directory->roles[i].role, today);
	return reads_lists(directory, reader->person);
}

size_t directory_resolve(const struct directory *directory, struct text role, const struct allocation *open,
                         size_t open_count, civil_day today, struct recipient *recipients, size_t room)
{
	return directory_resolve_at(directory, role, open, open_count, today, INSTANT_NONE, recipients, room);
}

size_t directory_resolve_at(const struct directory *directory, struct text role, const struct allocation *open,
                            size_t open_count, civil_day today, instant at, struct recipient *recipients, size_t room)
{
	const struct role_title *known = directory_role(directory, role);
	if (!known)
		return 0;
	struct found found = {.directory = directory,
	                      .role = known->role,
	                      .today = today,
	                      .at = at,
	                      .recipients = recipients,
	                      .room = room};
	if (known->rota)
		add_on_call(&found);
	if (found.count)
		return found.count;
	switch (known->from) {
	case ROLE_FROM_MANAGER:
	case ROLE_FROM_HEAD:
		add_of_teams(&found, open, open_count, known->from == ROLE_FROM_HEAD);
		break;
	case ROLE_FROM_ALLOCATION:
		add_workers(&found, open, open_count);
		break;
	case ROLE_FROM_PEOPLE:
	case ROLE_FROM_EVENT:
		break;
	}
	/* A record names whom it will as a worker: only roles declared so are ever taken from allocations. */
	if (found.count == 0)
		add_fixed(&found, known);
	return found.count;
}
