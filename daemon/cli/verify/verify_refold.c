/* verify_refold: a sample of histories, judged by an engine that knows nothing but their records. */
#include "cli/verify/verify_refold.h"

#include "pipeline/pipeline.h"
#include "rules/kinds.h"
#include "store/events/events.h"

#include <stdlib.h>

struct standing {
	char key[64]; /* what both must have: the alert's id, or the rule's */
	char id[ALERT_ID_SIZE];
	char rule[64];
	bool stored, judged;
};
struct comparing {
	const struct ruleset *rules;
	struct standing *items;
	size_t count, room;
};

/* Of a rule that has one alert a subject the rule says which: corrections move when it opened, and its id stays. */
static struct text key_of(const struct comparing *comparing, struct text id, struct text rule)
{
	const struct rule *found = ruleset_find_renamed(comparing->rules, rule);
	return found && rule_kind_row(found->kind)->one_a_subject ? text_of(found->id) : id;
}

static struct standing *item_of(struct comparing *comparing, struct text id, struct text rule)
{
	struct text key = key_of(comparing, id, rule);
	for (size_t i = 0; i < comparing->count; i++)
		if (text_equal(text_of(comparing->items[i].key), key))
			return &comparing->items[i];
	struct standing *item = mem_push((void **)&comparing->items, &comparing->count, &comparing->room, sizeof *item);
	*item = (struct standing){.stored = false};
	(void)snprintf(item->key, sizeof item->key, "%.*s", TEXT_ARG(key));
	(void)snprintf(item->id, sizeof item->id, "%.*s", TEXT_ARG(id));
	(void)snprintf(item->rule, sizeof item->rule, "%.*s", TEXT_ARG(rule));
	return item;
}

static enum result see_stored(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	if (row->state == ALERT_STANDING && !row->early)
		item_of(argument, row->id, row->rule)->stored = true;
	return RESULT_OK;
}

static void see_judged(void *argument, const struct engine_period *period)
{
	if (period->closed == INSTANT_NEVER && !period->instantaneous)
		item_of(argument, text_of(period->id), text_of(period->rule->id))->judged = true;
}

static enum result read_stored(const struct opened *opened, struct text id, struct comparing *comparing,
                               struct fault *fault)
{
	enum result result = alerts_each(opened->store, TEXT_NONE, id, false, see_stored, comparing, fault);
	return result == RESULT_OK
	               ? alerts_each_shadow(opened->store, TEXT_NONE, id, false, see_stored, comparing, fault)
	               : result;
}

static void note_differences(const struct comparing *comparing, struct sample *refold)
{
	for (size_t i = 0; i < comparing->count; i++) {
		const struct standing *item = &comparing->items[i];
		if (item->stored == item->judged)
			continue;
		refold->wrong++;
		buffer_format(&refold->words, "  %s of %s %s\n", item->id, item->rule,
		              item->stored ? "stands, and the records do not say so"
		                           : "does not stand, and the records say that it should");
	}
}

/* Of one id: those linked with others are one history with them, and are passed over here. */
static enum result compare_one(const struct opened *opened, enum party_kind domain, struct text id,
                               struct sample *refold, struct fault *fault)
{
	struct ground ground = opened_ground(opened);
	struct comparing comparing = {.rules = opened->config->rules};
	struct subject subject = subject_of(id, domain);
	size_t own = 0;
	enum result result = ground_gather(&ground, &subject, fault);
	for (size_t i = 0; i < subject.count; i++)
		own += subject.events[i]->type == TYPE_ID_PERSON_MERGED &&
		       (text_equal(subject.events[i]->subject, id) ||
		        text_equal(event_string(subject.events[i], schema_name(TEXT("from"))), id));
	struct trial trial = {
		.config = opened->config, .rules = opened->config->rules, .subject = &subject, .at = opened->now};
	bool is_long = subject.count > SAMPLE_EVENTS_MOST, passed = own > 0 || is_long;
	if (result == RESULT_OK && !passed)
		result = trial_judge(&trial, see_judged, &comparing, fault);
	if (result == RESULT_OK && !passed)
		result = read_stored(opened, id, &comparing, fault);
	if (result == RESULT_OK && !passed)
		note_differences(&comparing, refold);
	refold->looked += !passed;
	refold->passed[is_long ? SAMPLE_LONG : SAMPLE_LINKED] += passed;
	free(comparing.items);
	subject_free(&subject);
	return result;
}

struct sampling {
	const struct opened *opened;
	struct sample *refold;
};

/* What falls due now is judged by the daemon this moment, and so may be what is due a few seconds from now: a clock
 * that has run out while something is still read. */
static enum result look_at(void *argument, enum party_kind domain, struct text id, struct fault *fault)
{
	struct sampling *sampling = argument;
	instant due;
	enum result result = due_at(sampling->opened->store, domain, id, &due, fault);
	if (result != RESULT_OK || due <= sampling->opened->now + PIPELINE_HELD_UP) {
		sampling->refold->passed[SAMPLE_DUE] += result == RESULT_OK;
		return result;
	}
	return compare_one(sampling->opened, domain, id, sampling->refold, fault);
}

static const char *cannot_look(const struct opened *opened, struct fault *fault)
{
	struct text by;
	const struct config *config = opened->config;
	if (!config->rules || !config->calendar || !config->directory)
		return "the configuration has faults, which casewatch check shows";
	if (store_get(opened->store, "judged_by", &by, fault) != RESULT_OK)
		return "the database cannot be read";
	return by.length ? NULL : "the daemon is judging every history by changed rules: ask again later";
}

enum result refold_sample(const struct opened *opened, size_t most, struct sample *refold, struct fault *fault)
{
	struct sampling sampling = {opened, refold};
	*refold = (struct sample){.why_not = cannot_look(opened, fault)};
	return refold->why_not ? RESULT_OK : sample_take(opened->store, most, refold, look_at, &sampling, fault);
}
