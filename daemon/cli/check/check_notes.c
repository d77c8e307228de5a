/* check_notes: rules that people could not read or that end at once, files that nobody reads, and former ids that
 * nobody had. */
#include "cli/check/check_notes.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/check/check_never.h"
#include "cli/check/check_people.h"
#include "rules/kinds.h"
#include "store/alerts/alerts.h"

static void note_words(const struct rule *rule, struct config_faults *notes)
{
	if (rule->untitled)
		config_fault_add(notes, rule->file, rule->line, rule->column,
		                 "rule %s has no title, so messages show its id; write title: and what people call it",
		                 rule->id);
	if (!rule->text)
		config_fault_add(notes, rule->file, rule->line, rule->column,
		                 "rule %s has no text, so its messages say what happened and not what to do; write "
		                 "text: and one thing to do a line",
		                 rule->id);
}

/* Whether each type of `on` is ended by its own events, whatever they say. */
static bool end_their_own(const struct rule *rule, const struct selectors *ends)
{
	size_t ended = 0;
	for (size_t i = 0; i < rule->on.count; i++) {
		bool is = false;
		for (size_t k = 0; k < ends->count; k++)
			is |= ends->items[k].type == rule->on.items[i].type && !ends->items[k].where;
		ended += is;
	}
	return ended && ended == rule->on.count;
}

/* It reads as if the next one ended what the one before began; but at one instant an end closes what begins there. */
static void note_ends(const struct rule *rule, struct config_faults *notes)
{
	const struct rule_kind_row *row = rule_kind_row(rule->kind);
	const char *word = !row->starts_anew && end_their_own(rule, &rule->stop)     ? "stop"
	                   : row->momentary && end_their_own(rule, &rule->closes_on) ? "closes-on"
	                   : end_their_own(rule, &rule->ends_on)                     ? "ends-on"
	                                                                             : NULL;
	if (word)
		config_fault_add(notes, rule->file, rule->line, rule->column,
		                 "rule %s begins with what is its %s, too, so that it ends at once what it began, and "
		                 "nobody is told unless the record has no time; say by a where of its own which of "
		                 "them ends it, or write recurring for what must come again and again",
		                 rule->id, word);
}

/* ---- files that are not read ---- */

/* "Custody.YAML", "custody.yaml.txt": what some machines, and their editors, make of "custody.yaml". */
static bool is_slip_of(const char *name, const char *ending)
{
	size_t length = strlen(name), tail = strlen(ending);
	length -= length > 4 && strcasecmp(name + length - 4, ".txt") == 0 ? 4 : 0;
	return length > tail && strncasecmp(name + length - tail, ending, tail) == 0 &&
	       strcmp(name + length - tail, ending) != 0;
}

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name), tail = strlen(ending);
	return length > tail && strcasecmp(name + length - tail, ending) == 0;
}

static bool is_no_rule_file(const char *name)
{
	return is_slip_of(name, ".yaml") || is_slip_of(name, ".yml") || ends_with(name, ".test.yml");
}

static bool is_no_list(const char *name)
{
	return is_slip_of(name, ".yaml") || ends_with(name, ".yml") || is_slip_of(name, ".yml");
}

static bool is_no_template(const char *name)
{
	return is_slip_of(name, ".mustache");
}

static void note_unread(const char *directory, bool (*is_none)(const char *name), const char *right,
                        struct config_faults *notes)
{
	DIR *listing = directory ? opendir(directory) : NULL;
	struct buffer path = {0};
	int why = 0;
	for (const struct dirent *entry; listing && (entry = file_next(listing, &why));) {
		if (entry->d_name[0] == '.' || !is_none(entry->d_name))
			continue;
		buffer_clear(&path);
		buffer_format(&path, "%s/%s", directory, entry->d_name);
		config_fault_add(notes, buffer_cstr(&path), 1, 1, "is not read; if it is meant, call it %s", right);
	}
	if (why)
		config_fault_add(notes, directory, 1, 1, "cannot be read to its end: %s", strerror(why));
	if (listing)
		(void)closedir(listing);
	buffer_free(&path);
}

/* ---- former ids ---- */

/* Alerts on record of a rule. */
static enum result count_row(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)row, (void)fault;
	++*(size_t *)argument;
	return RESULT_OK;
}

static enum result count_alerts(struct store *store, const char *rule, size_t *count, struct fault *fault)
{
	enum result result = alerts_each(store, text_of(rule), TEXT_NONE, true, count_row, count, fault);
	return result == RESULT_OK ? alerts_each_shadow(store, text_of(rule), TEXT_NONE, true, count_row, count, fault)
	                           : result;
}

/* Ids that alerts stand under, and no rule has or had. */
struct orphans {
	const struct ruleset *rules;
	struct arena *arena;
	const char **ids;
	size_t count, room;
};

static enum result note_orphan(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct orphans *orphans = argument;
	(void)fault;
	bool known = ruleset_find(orphans->rules, row->rule) || ruleset_find_renamed(orphans->rules, row->rule);
	for (size_t i = 0; i < orphans->count && !known; i++)
		known = text_equal(text_of(orphans->ids[i]), row->rule);
	if (!known)
		*(const char **)mem_push((void **)&orphans->ids, &orphans->count, &orphans->room,
		                         sizeof *orphans->ids) =
			arena_copy_text(orphans->arena, row->rule.at, row->rule.length);
	return RESULT_OK;
}

static enum result say_unknown(struct store *store, const struct ruleset *rules, const struct rule *rule,
                               const char *former, struct config_faults *notes, struct fault *fault)
{
	struct orphans orphans = {.rules = rules, .arena = arena_new(1024)};
	struct buffer hint = {0};
	enum result result = alerts_each(store, TEXT_NONE, TEXT_NONE, false, note_orphan, &orphans, fault);
	if (result == RESULT_OK)
		config_fault_add(notes, rule->file, rule->line, rule->column,
		                 "rule %s was renamed from \"%s\", of which no alert is on record here, so it goes "
		                 "on with none%s",
		                 rule->id, former,
		                 config_did_you_mean(&hint, text_of(former), orphans.ids, orphans.count));
	buffer_free(&hint);
	free(orphans.ids);
	arena_free(orphans.arena);
	return result;
}

/* Once a renamed rule is in force its alerts are under its new id: then there are none of the former one, either. */
static enum result note_former_ids(struct store *store, const struct ruleset *rules, const struct rule *rule,
                                   struct config_faults *notes, struct fault *fault)
{
	enum result result = RESULT_OK;
	size_t count = 0;
	if (rule->renamed_count)
		result = count_alerts(store, rule->id, &count, fault);
	for (size_t i = 0; i < rule->renamed_count && result == RESULT_OK && !count; i++)
		result = count_alerts(store, rule->renamed_from[i], &count, fault);
	/* Of a list it is the newest id that alerts may stand under. */
	if (result == RESULT_OK && rule->renamed_count && !count)
		result = say_unknown(store, rules, rule, rule->renamed_from[0], notes, fault);
	return result;
}

/* ---- brokers ---- */

/* NULL: it is not given. */
static const char *property(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->kafka.property_count; i++)
		if (strcmp(config->kafka.properties[i].name, name) == 0)
			return config->kafka.properties[i].value;
	return NULL;
}

/* librdkafka reads the list up to the first broker whose scheme is not the protocol that all are spoken to by, and says
 * nothing of what it passes over: that shows when the others are away. */
static void note_brokers(const struct config *config, struct config_faults *notes)
{
	const char *at = property(config, "bootstrap.servers"), *protocol = property(config, "security.protocol");
	protocol = protocol ? protocol : "plaintext";
	for (; at && *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
		struct text broker = text_trim((struct text){at, strcspn(at, ",")});
		const char *end = broker.length ? memmem(broker.at, broker.length, "://", 3) : NULL;
		if (!end || text_equal_fold((struct text){broker.at, (size_t)(end - broker.at)}, text_of(protocol)))
			continue;
		config_fault_add(notes, config->path, 1, 1,
		                 "the broker %.*s of bootstrap.servers is not of the security.protocol %s, so it and "
		                 "those behind it are passed over; write no protocol before a broker, or that one",
		                 TEXT_ARG(broker), protocol);
		return;
	}
}

static bool is_renamed(const struct ruleset *rules)
{
	size_t count = 0;
	for (size_t i = 0; i < rules->rule_count; i++)
		count += rules->rules[i].renamed_count;
	return count > 0;
}

enum result check_notes(const struct config *config, civil_day today, struct config_faults *notes,
                        struct fault *fault)
{
	const struct ruleset *rules = config->rules;
	struct store *store = NULL;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < rules->rule_count; i++) {
		note_words(&rules->rules[i], notes);
		note_ends(&rules->rules[i], notes);
		check_never(rules, &rules->rules[i], notes);
	}
	check_covering(rules, notes);
	note_unread(config->rules_dir, is_no_rule_file, "NAME.yaml, and tests NAME.test.yaml", notes);
	note_unread(config->lists_dir, is_no_list, "NAME.yaml", notes);
	note_unread(config->templates_dir, is_no_template, "NAME.txt.mustache or NAME.html.mustache", notes);
	check_people(config, today, notes);
	note_brokers(config, notes);
	/* A first configuration has no database yet, and an analyst's copy has none at all. */
	if (!is_renamed(rules) || !config->database || access(config->database, F_OK) != 0)
		return RESULT_OK;
	result = store_open(config->database, STORE_READ, &store, fault);
	for (size_t i = 0; i < rules->rule_count && result == RESULT_OK; i++)
		result = note_former_ids(store, rules, &rules->rules[i], notes, fault);
	store_close(store);
	return result;
}
