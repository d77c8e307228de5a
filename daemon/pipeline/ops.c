/* ops: what ops must hear of the pipeline's own work: conflicts, spent ladders, records that wait. */
#include "pipeline/pipeline_internal.h"

#include "time/words.h"

#include <stdio.h>

#define QUARANTINE_PATIENCE HOUR

void ops_note_spent(struct pipeline *pipeline, int64_t number)
{
	int64_t *place = mem_push((void **)&pipeline->heard.spent, &pipeline->heard.spent_count,
	                          &pipeline->heard.spent_room, sizeof *place);
	*place = number;
}

static enum result tell_conflicts(struct pipeline *pipeline, struct fault *fault)
{
	struct ops_word word = {.what = OPS_CONFLICT, .more = (int64_t)pipeline->heard.conflicts};
	return ops_say(pipeline->settings.ops, &word, pipeline->transaction.now, fault);
}

/* Each alert is a word of its own: that one was told must not keep another from being told. */
static enum result tell_spent(struct pipeline *pipeline, int64_t number, struct fault *fault)
{
	char name[32], title[96];
	(void)snprintf(name, sizeof name, "A-%lld", (long long)number);
	(void)snprintf(title, sizeof title, "Nobody has answered %s, and no step is left", name);
	struct ops_word word = {.what = OPS_LADDER_SPENT, .key = text_of(name), .title = title, .about = name};
	return ops_say(pipeline->settings.ops, &word, pipeline->transaction.now, fault);
}

void ops_note_missed(struct pipeline *pipeline, int64_t number)
{
	int64_t *place = mem_push((void **)&pipeline->heard.missed, &pipeline->heard.missed_count,
	                          &pipeline->heard.missed_room, sizeof *place);
	*place = number;
}

static enum result tell_missed(struct pipeline *pipeline, int64_t number, struct fault *fault)
{
	char name[32], title[96];
	(void)snprintf(name, sizeof name, "A-%lld", (long long)number);
	(void)snprintf(title, sizeof title, "%s was told late: casewatch had missed it", name);
	struct ops_word word = {.what = OPS_LADDER_MISSED, .key = text_of(name), .title = title, .about = name};
	return ops_say(pipeline->settings.ops, &word, pipeline->transaction.now, fault);
}

enum result ops_after_batch(struct pipeline *pipeline, struct fault *fault)
{
	enum result result = pipeline->heard.conflicts ? tell_conflicts(pipeline, fault) : RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < pipeline->heard.spent_count; i++)
		result = tell_spent(pipeline, pipeline->heard.spent[i], fault);
	for (size_t i = 0; result == RESULT_OK && i < pipeline->heard.missed_count; i++)
		result = tell_missed(pipeline, pipeline->heard.missed[i], fault);
	return result;
}

/* What the oldest is, in words without anything of its content: that may be a child's. */
static enum result say_waiting(struct pipeline *pipeline, const struct quarantine_waiting *waiting, struct fault *fault)
{
	const struct zone *zone = calendar_zone(pipeline->settings.engine.calendar);
	struct buffer came = {0}, since = {0};
	char number[32];
	(void)snprintf(number, sizeof number, "%lld", (long long)waiting->oldest_number);
	words_moment(zone, (struct words_moment){waiting->oldest, false}, WORDS_FULL, &came);
	words_span(pipeline->transaction.now - waiting->oldest, &since);
	buffer_string(&since, " ago");
	struct ops_word word = {.what = OPS_QUARANTINE, .count = (int64_t)waiting->longer,
	                        .about = waiting->longer == 1 ? number : NULL,
	                        .second = waiting->longer == 1 ? NULL : "A child may be behind each",
	                        .facts = {{waiting->longer == 1 ? "Record" : "The oldest", number, NULL},
	                                  {"Came", buffer_cstr(&came), buffer_cstr(&since)}},
	                        .fact_count = 2};
	enum result result = ops_say(pipeline->settings.ops, &word, pipeline->transaction.now, fault);
	buffer_free(&came);
	buffer_free(&since);
	return result;
}

/* One at which the work failed waits in quarantine under its place for a name. */
static bool still_waits(void *argument, struct text key)
{
	struct pipeline *pipeline = argument;
	struct fault fault = {0};
	bool waits = true;
	return !memchr(key.at, '@', key.length) ||
	       quarantine_holds(pipeline->store, key, &waits, &fault) != RESULT_OK || waits;
}

/* Records that wait longer than patience allows, counted each time so that one more is told at once. */
enum result ops_check_quarantine(struct pipeline *pipeline, struct fault *fault)
{
	struct quarantine_waiting waiting;
	instant patience = pipeline->settings.quarantine_patience;
	patience = patience ? patience : QUARANTINE_PATIENCE;
	pipeline->quarantine_check = INSTANT_NEVER;
	enum result result = quarantine_waiting(pipeline->store, pipeline->transaction.now - patience, &waiting, fault);
	if (result == RESULT_OK)
		result = ops_end_others(pipeline->settings.ops, OPS_SET_ASIDE, still_waits, pipeline,
		                        pipeline->transaction.now, fault);
	if (result != RESULT_OK)
		return result;
	if (!waiting.count)
		return ops_end(pipeline->settings.ops, OPS_QUARANTINE, TEXT_NONE, "No record is set aside any more.",
		               pipeline->transaction.now, fault);
	if (waiting.next != INSTANT_NEVER)
		pipeline->quarantine_check = waiting.next + patience;
	return waiting.longer ? say_waiting(pipeline, &waiting, fault) : RESULT_OK;
}
