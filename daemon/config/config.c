/* config: casewatchd.yaml and all that it names, into one struct config, checked as a whole. */
#include "config/config.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/directory_load.h"
#include "config/config_internal.h"
#include "config/options.h"
#include "config/published.h"
#include "rules/load/load.h"

#define CALENDAR_BYTES ((size_t)4 << 20)

static struct arena *arena_of(const struct loader *loader)
{
	return loader->reader.arena;
}

/* ---- the file against the table ---- */

static bool begins_section(const struct loader *loader, const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; i < loader->count; i++)
		if (strncmp(loader->options[i].name, name, length) == 0 && loader->options[i].name[length] == '.')
			return true;
	return false;
}

/* The names that may stand directly under `prefix` ("" or "smtp."), each once. */
static size_t siblings(const struct loader *loader, const char *prefix, const char **names)
{
	size_t length = strlen(prefix), count = 0;
	for (size_t i = 0; i < loader->count; i++) {
		const char *name = loader->options[i].name;
		if (strncmp(name, prefix, length) != 0)
			continue;
		const char *part = name + length;
		const char *own = arena_copy_text(arena_of(loader), part, strcspn(part, "."));
		size_t known = 0;
		while (known < count && strcmp(names[known], own) != 0)
			known++;
		names[known] = own;
		count += known == count;
	}
	return count;
}

static void fault_unknown(const struct loader *loader, const char *prefix, const struct yaml_node *key)
{
	const char **names = arena_alloc(arena_of(loader), loader->count * sizeof *names);
	size_t count = siblings(loader, prefix, names);
	struct buffer hint = {0};
	if (!*config_did_you_mean(&hint, key->text, names, count)) {
		buffer_string(&hint, "; it may be");
		for (size_t i = 0; i < count; i++)
			buffer_format(&hint, "%s %s", i == 0 ? "" : i + 1 < count ? "," : " or", names[i]);
	}
	yaml_fault(key, loader->reader.faults, "there is no option \"%s%.*s\"%s", prefix, TEXT_ARG(key->text),
	           buffer_cstr(&hint));
	buffer_free(&hint);
}

static void read_section(struct loader *loader, const char *prefix, const struct yaml_node *section)
{
	if (section->kind != YAML_MAPPING) {
		int length = (int)strlen(prefix) - (*prefix ? 1 : 0);
		yaml_fault(section, loader->reader.faults, "%.*s%s is %s; write a mapping of options to values", length,
		           prefix, *prefix ? "" : "the file", yaml_kind_name(section));
		return;
	}
	for (size_t i = 0; i < section->count; i++) {
		const struct yaml_node *key = section->keys[i], *value = section->items[i];
		struct buffer name = {0};
		buffer_format(&name, "%s%.*s", prefix, TEXT_ARG(key->text));
		size_t option = find_option(loader, buffer_cstr(&name));
		if (option < loader->count) {
			loader->given[option] = value;
		} else if (begins_section(loader, buffer_cstr(&name))) {
			buffer_char(&name, '.');
			if (!yaml_is_null(value))
				read_section(loader, buffer_cstr(&name), value);
		} else {
			fault_unknown(loader, prefix, key);
		}
		buffer_free(&name);
	}
}

static void read_fallback(struct loader *loader, const struct config_option *option)
{
	struct yaml_node node = {.kind = YAML_SCALAR, .plain = true, .file = loader->reader.config->path,
	                         .text = text_of(option->fallback)};
	(void)option_read(&loader->reader, option, &node);
}

/* Whoever clears a value means something, and it need not be what holds without the line. */
static void fault_empty(struct loader *loader, const struct config_option *option, const struct yaml_node *node)
{
	struct buffer right = {0};
	config_option_range(option, &right);
	if (option->required)
		yaml_fault(node, loader->reader.faults, "%s is empty; write %s", option->name, buffer_cstr(&right));
	else
		yaml_fault(node, loader->reader.faults, "%s is empty; give it a value or remove it", option->name);
	buffer_free(&right);
}

static void fault_missing(struct loader *loader, const struct config_option *option)
{
	struct buffer right = {0};
	config_option_range(option, &right);
	config_fault_add(loader->reader.faults, loader->reader.config->path, 1, 1, "%s is missing; write %s",
	                 option->name, buffer_cstr(&right));
	buffer_free(&right);
}

static bool takes_list(const struct config_option *option)
{
	return option->kind == CONFIG_TOPICS || option->kind == CONFIG_PARTITIONS || option->kind == CONFIG_SOURCES;
}

static void read_options(struct loader *loader)
{
	for (size_t i = 0; i < loader->count; i++) {
		const struct config_option *option = &loader->options[i];
		const struct yaml_node *node = loader->given[i];
		bool none = node && takes_list(option) && node->kind == YAML_LIST && !node->count;
		bool empty = node && (none || yaml_is_null(node)), good = false;
		if (empty) {
			fault_empty(loader, option, node);
			loader->given[i] = NULL;
		} else if (node) {
			good = option_read(&loader->reader, option, node);
		} else if (option->required) {
			fault_missing(loader, option);
		}
		if (!good && option->fallback) /* after a fault, too: what is checked with it is not faulted as well */
			read_fallback(loader, option);
	}
}

/* ---- what came from the log of a cell ---- */

static bool is_path(const struct config_option *option)
{
	return option->kind == CONFIG_PATH || option->kind == CONFIG_SECRET;
}

/* What a reload can change is as it was published; the rest, and where this machine has its secrets, is its own. */
static void take_published(struct loader *loader, const struct yaml_node *root)
{
	const struct yaml_node **own = loader->given;
	loader->given = arena_alloc(arena_of(loader), loader->count * sizeof *loader->given);
	memset(loader->given, 0, loader->count * sizeof *loader->given);
	read_section(loader, "", root);
	for (size_t i = 0; i < loader->count; i++)
		if (loader->options[i].reloadable && !is_path(&loader->options[i]))
			own[i] = loader->given[i];
	loader->given = own;
}

/* NULL: nothing was published. The caller frees it when the configuration is checked. */
static struct yaml_tree *read_published(struct loader *loader)
{
	struct config *config = loader->reader.config;
	const struct yaml_node *database = node_of(loader, "database");
	struct buffer room = {0}, path = {0};
	struct yaml_tree *tree = NULL;
	if (!node_of(loader, "cell.machine") || !database || database->kind != YAML_SCALAR)
		return NULL;
	const char *found = published_to_load(option_path(&loader->reader, database->text), &room);
	if (found) {
		config->published = arena_copy_text(arena_of(loader), found, strlen(found));
		buffer_format(&path, "%s/configuration", found);
		tree = yaml_tree_read(buffer_cstr(&path), loader->reader.faults);
	}
	if (tree)
		take_published(loader, yaml_tree_root(tree));
	buffer_free(&room);
	buffer_free(&path);
	return tree;
}

static const char *published_file(const struct config *config, const char *name)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%s", config->published, name);
	const char *kept = arena_copy_text(config->owned, path.at, path.length);
	buffer_free(&path);
	return kept;
}

static void use_published_files(struct config *config)
{
	if (!config->published)
		return;
	config->rules_dir = published_file(config, "rules");
	config->directory_file = published_file(config, "directory");
	config->calendar_file = published_file(config, "calendar");
	config->templates_dir = published_file(config, "templates");
	config->lists_dir = published_file(config, "lists");
	if (access(config->lists_dir, F_OK) != 0) /* it has none */
		config->lists_dir = NULL;
}

/* ---- options against each other ---- */

static const char *kafka_property(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->kafka.property_count; i++)
		if (strcmp(config->kafka.properties[i].name, name) == 0)
			return config->kafka.properties[i].value;
	return NULL;
}

static void check_kafka(const struct loader *loader)
{
	const struct config *config = loader->reader.config;
	if (config->kafka.topic_count == 0) {
		if (config->kafka.property_count && !node_of(loader, "kafka.topics"))
			fault_option(loader, "kafka.properties",
			             "kafka.properties without kafka.topics; write the topics to read, or remove both");
		if (config->kafka.partition_count && !node_of(loader, "kafka.topics"))
			fault_option(loader, "kafka.partitions",
			             "kafka.partitions without kafka.topics; write the topics they are of");
		return;
	}
	if (config->kafka.partition_count && !config->kafka.source_count && !node_of(loader, "kafka.sources"))
		fault_option(loader, "kafka.partitions",
		             "kafka.partitions needs kafka.sources: another council's record in this one's partition "
		             "must be noticed; write the `source` of this council's events, such as [/north/]");
	/* Where the map itself is at fault, what it lacks is not known yet. */
	const struct yaml_node *map = node_of(loader, "kafka.properties");
	if (map && (map->kind != YAML_MAPPING || map->count != config->kafka.property_count))
		return;
	if (!kafka_property(config, "bootstrap.servers"))
		fault_option(loader, "kafka.topics",
		             "kafka.topics needs the broker's address; write bootstrap.servers in kafka.properties");
	if (kafka_property(config, "sasl.username") && !config->kafka.password_file)
		fault_option(loader, "kafka.properties",
		             "kafka.properties has sasl.username but there is no password; write kafka.password-file");
}

static bool names_page_source(const struct config *config)
{
	for (size_t i = 0; i < config->answer_source_count; i++)
		if (strcmp(config->answer_sources[i], CONFIG_PAGE_SOURCE) == 0)
			return true;
	return config->answer_source_count == 0;
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), most = strlen(end);
	return length >= most && strcmp(text + length - most, end) == 0;
}

/* Links without pages, and pages whose answers would lead nowhere, are found here and not at night. */
static void check_links(const struct loader *loader)
{
	const struct config *config = loader->reader.config;
	const struct config_web *web = &config->web;
	if (!config->answer_url)
		return;
	if (!ends_in(config->answer_url, "/a/"))
		fault_option(loader, "answer-url", "answer-url must end in /a/, below which the pages answer");
	if (!web->link_key_file && !node_of(loader, "web.link-key-file"))
		fault_option(loader, "answer-url",
		             "answer-url needs a key that signs its links; write web.link-key-file");
	if (!web->socket && !web->listen)
		fault_option(loader, "answer-url", "answer-url without pages; write web.socket (docs/web.md)");
	if (!names_page_source(config))
		fault_option(loader, "answer-sources",
		             "answer-sources leaves out " CONFIG_PAGE_SOURCE
		             ", so what people answer by their links would have no effect; add it");
}

static void check_web(const struct loader *loader)
{
	const struct config *config = loader->reader.config;
	const struct config_web *web = &config->web;
	check_links(loader);
	if ((web->socket || web->listen) && !config->spool)
		fault_option(loader, web->socket ? "web.socket" : "web.listen",
		             "the pages hand answers in through the spool directory; write spool");
	if (web->user_header && !web->socket)
		fault_option(loader, "web.user-header",
		             "web.user-header counts on web.socket alone; write web.socket, or remove it");
}

static void check_options(const struct loader *loader)
{
	struct config *config = loader->reader.config;
	if (config->hours_until <= config->hours_from)
		fault_option(loader, node_of(loader, "hours.until") ? "hours.until" : "hours.from",
		             "hours.until must be later than hours.from");
	check_kafka(loader);
	check_channels(loader);
	check_web(loader);
	check_intake(loader);
	check_places(loader);
	check_cell(loader);
	if (config->smtp.from && !config->smtp.domain)
		config->smtp.domain = strchr(config->smtp.from, '@') + 1;
}

/* ---- what the file names ---- */

/* NULL after a fault at the option that named it. */
static char *read_file(const struct loader *loader, const char *option, const char *path, size_t *length)
{
	char sentence[4300];
	char *bytes = NULL;
	FILE *stream = file_read(path);
	sentence[0] = '\0';
	if (stream) {
		bytes = mem_alloc(CALENDAR_BYTES + 1);
		*length = fread(bytes, 1, CALENDAR_BYTES + 1, stream);
	}
	if (!stream || ferror(stream))
		(void)snprintf(sentence, sizeof sentence, "%s: \"%.4000s\" cannot be read: %s; write the file's path",
		               option, path, strerror(errno));
	else if (*length > CALENDAR_BYTES)
		(void)snprintf(sentence, sizeof sentence, "%s: \"%.4000s\" is larger than 4 MiB; name another file",
		               option, path);
	if (stream)
		(void)fclose(stream);
	if (!sentence[0])
		return bytes;
	fault_option(loader, option, sentence);
	free(bytes);
	return NULL;
}

static void load_calendar(const struct loader *loader)
{
	struct config *config = loader->reader.config;
	struct fault fault = {{0}};
	size_t length = 0;
	struct zone *zone = config->zone ? zone_load(config->zone, &fault) : NULL;
	if (config->zone && !zone)
		fault_option(loader, "calendar.zone", fault.text);
	char *json = config->calendar_file ? read_file(loader, "calendar.file", config->calendar_file, &length) : NULL;
	if (zone && json) {
		config->calendar = calendar_new(zone, (struct text){json, length}, &fault);
		config->calendar_fingerprint = text_fingerprint((struct text){json, length}, 0);
		if (!config->calendar)
			config_fault_add(loader->reader.faults, config->calendar_file, 1, 1, "%s", fault.text);
	} else {
		zone_free(zone);
	}
	free(json);
	if (config->calendar && config->hours_until > config->hours_from)
		calendar_set_hours(config->calendar, config->hours_from, config->hours_until);
}

/* ---- rules against the directory ---- */

static void fault_role(const struct config *config, const struct rule *rule, const char *role,
                       struct rule_place place, struct config_faults *faults)
{
	const struct directory *directory = config->directory;
	struct buffer hint = {0};
	if (!place.line)
		place = (struct rule_place){rule->line, 1};
	const char **names = mem_alloc((directory->role_count + 1) * sizeof *names);
	for (size_t i = 0; i < directory->role_count; i++)
		names[i] = directory->roles[i].role;
	const char *meant = config_did_you_mean(&hint, text_of(role), names, directory->role_count);
	config_fault_add(faults, rule->file, place.line, place.column,
	                 "rule %s tells the role \"%s\", which nobody holds in %s%s", rule->id, role,
	                 config->directory_file, *meant ? meant : "; add it there, with its people");
	free(names);
	buffer_free(&hint);
}

static void check_step(const struct config *config, const struct rule *rule, const struct step *step,
                       struct config_faults *faults)
{
	for (size_t i = 0; i < step->role_count; i++)
		if (!directory_knows_role(config->directory, text_of(step->roles[i])))
			fault_role(config, rule, step->roles[i],
			           step->role_places ? step->role_places[i] : (struct rule_place){0}, faults);
	for (size_t i = 0; i < step->also_count; i++)
		if (!directory_knows_role(config->directory, text_of(step->also[i].role)))
			fault_role(config, rule, step->also[i].role, step->also[i].place, faults);
}

/* A rota of nights that begins in office hours, or a role that nobody knows, is found here and not at night. */
static void check_out_of_hours(const struct config *config, const struct rule *rule, struct config_faults *faults)
{
	if (!rule->out_of_hours)
		return;
	if (!directory_knows_role(config->directory, text_of(rule->out_of_hours)))
		fault_role(config, rule, rule->out_of_hours, rule->out_of_hours_place, faults);
	else if (!directory_out_of_hours(config->directory, text_of(rule->out_of_hours)))
		config_fault_add(faults, rule->file, rule->line, rule->column ? rule->column : 1,
		                 "rule %s tells \"%s\" out of hours, who work when everybody does by %s; write hours: "
		                 "out-of-hours to that role, or name another",
		                 rule->id, rule->out_of_hours, config->directory_file);
}

static void check_roles(const struct config *config, const struct ruleset *rules, struct config_faults *faults)
{
	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct rule *rule = &rules->rules[i];
		for (size_t s = 0; s < rule->step_count; s++)
			check_step(config, rule, &rule->steps[s], faults);
		check_step(config, rule, &rule->warning, faults);
		check_out_of_hours(config, rule, faults);
	}
}

struct ruleset *config_load_rules(const struct config *config, const char *rules_dir, struct config_faults *faults)
{
	size_t before = faults->count;
	struct ruleset *rules = rules_load_dir(rules_dir, faults);
	if (rules && config->directory)
		check_roles(config, rules, faults);
	if (faults->count == before)
		return rules;
	ruleset_free(rules);
	return NULL;
}

static struct config *config_new(const char *path)
{
	struct arena *arena = arena_new(8192);
	struct config *config = MEM_NEW(struct config);
	config->owned = arena;
	config->path = arena_copy_text(arena, path, strlen(path));
	config->go_live = INSTANT_NONE;
	return config;
}

static void split_answer_sources(struct config *config)
{
	struct text rest = config->answer_sources_text ? text_trim(text_of(config->answer_sources_text)) : TEXT_NONE;
	config->answer_sources = arena_alloc(config->owned, (rest.length + 1) * sizeof *config->answer_sources);
	while (rest.length) {
		size_t length = 0;
		while (length < rest.length && rest.at[length] != ' ')
			length++;
		config->answer_sources[config->answer_source_count++] = arena_copy_text(config->owned, rest.at, length);
		rest = text_trim((struct text){rest.at + length, rest.length - length});
	}
}

/* Rotas are read for the time around it; nothing else of a configuration depends on the day. */
static instant now(void)
{
	struct clock clock = clock_real();
	return clock_now(&clock);
}

bool config_sends_by(const struct config *config, enum channel_kind kind)
{
	const struct channel_words *words = channel_words(kind);
	bool sends = false;
	for (size_t i = 0; i < CHANNEL_OPTIONS && words->options[i]; i++)
		sends = sends || config_text(config, words->options[i]);
	for (size_t i = 0; !words->options[0] && config->directory && i < config->directory->person_count; i++)
		sends = sends || directory_address(&config->directory->people[i], kind);
	return sends;
}

void config_sends_as(struct config *config, const struct config *running)
{
	bool any = false;
	for (int kind = 0; kind < CHANNEL_KINDS; kind++)
		any |= config_sends_by(running, (enum channel_kind)kind);
	for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
		bool needs_none = !channel_words((enum channel_kind)kind)->options[0];
		config->directory->unsent[kind] =
			any && !config_sends_by(needs_none ? config : running, (enum channel_kind)kind);
	}
}

static void load(struct config *config, const struct yaml_node *root, const char *rules_dir,
                 struct config_faults *faults)
{
	struct loader loader = {.reader = {.config = config, .arena = config->owned, .faults = faults}};
	loader.options = config_options(&loader.count);
	loader.given = arena_alloc(config->owned, loader.count * sizeof *loader.given);
	memset(loader.given, 0, loader.count * sizeof *loader.given);
	read_section(&loader, "", root);
	struct yaml_tree *published = read_published(&loader);
	read_options(&loader);
	use_published_files(config);
	split_answer_sources(config);
	check_options(&loader);
	load_calendar(&loader);
	if (config->directory_file)
		config->directory =
			directory_load(config->directory_file,
		                       config->calendar ? calendar_zone(config->calendar) : NULL, now(), faults);
	if (config->directory)
		config_sends_as(config, config);
	if (config->lists_dir) {
		config->list_set = lists_set_load(config->lists_dir, faults);
		config->lists = config->list_set->items;
		config->list_count = config->list_set->count;
	}
	if (rules_dir)
		config->rules_dir = arena_copy_text(config->owned, rules_dir, strlen(rules_dir));
	if (config->rules_dir)
		config->rules = config_load_rules(config, config->rules_dir, faults);
	yaml_tree_free(published);
}

static struct config *load_whole(const char *path, const char *rules_dir, struct config_faults *faults)
{
	struct yaml_tree *tree = yaml_tree_read(path, faults);
	if (!tree) {
		if (access(path, F_OK) != 0 && errno == ENOENT)
			config_fault_add(faults, path, 1, 1,
			                 "name another file with --config, or have casewatch init write a first one");
		return NULL;
	}
	const struct yaml_node *names = yaml_get(yaml_tree_root(tree), "councils");
	if (names) {
		yaml_fault(names, faults,
		           "this file names councils, each with a configuration of its own; say of which (--council "
		           "NAME)");
		yaml_tree_free(tree);
		return NULL;
	}
	struct config *config = config_new(path);
	load(config, yaml_tree_root(tree), rules_dir, faults);
	yaml_tree_free(tree);
	return config;
}

struct config *config_load(const char *path, const char *rules_dir, struct config_faults *faults)
{
	size_t before = faults->count;
	struct config *config = load_whole(path, rules_dir, faults);
	if (faults->count == before)
		return config;
	config_free(config);
	return NULL;
}

struct config *config_load_partly(const char *path, struct config_faults *faults)
{
	struct config *config = load_whole(path, NULL, faults);
	if (!config || config->database)
		return config;
	config_free(config);
	return NULL;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	calendar_free(config->calendar);
	directory_free(config->directory);
	ruleset_free(config->rules);
	lists_set_free(config->list_set);
	arena_free(config->owned);
	free(config);
}
