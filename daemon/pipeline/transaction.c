/* transaction: opened, judged, committed; or rolled back and said once. */
#include "pipeline/pipeline_internal.h"

#include "base/log.h"
#include "store/lines.h"

#include <stdio.h>

#define ASKED_AHEAD MINUTE /* as run/looks.c has it: a smaller step of the clock is a correction, and waited for */
#define PAUSE_FIRST SECOND
/* Between two tries; a full disk is emptied by people, who want to see it go on at once. */
#define PAUSE_MOST (16 * SECOND)

enum result transaction_start_engine(struct pipeline *pipeline, struct fault *fault)
{
	enum result result = engine_start(pipeline->engine, fault);
	pipeline->transaction.forgotten = result != RESULT_OK;
	return result;
}

/* The first transaction of a process, before any history is read: a daemon whose clock was set back starts anew. */
static enum result look_back(struct pipeline *pipeline, instant now, struct fault *fault)
{
	uint64_t count = 0;
	if (pipeline->transaction.looked_back)
		return RESULT_OK;
	enum result result = alerts_wake_asked_ahead(pipeline->store, now, ASKED_AHEAD, &count, fault);
	pipeline->transaction.looked_back = result == RESULT_OK;
	if (result == RESULT_OK && count)
		store_log_warning(pipeline->store,
		                  "%llu alerts were asked about or answered by a clock that was ahead: the time of "
		                  "their steps and reviews runs from now on",
		                  (unsigned long long)count);
	return result;
}

enum result transaction_begin(struct pipeline *pipeline, instant now, struct fault *fault)
{
	struct transaction *transaction = &pipeline->transaction;
	transaction->begun = now;
	now = pipeline->settings.by_log ? backlog_log_time(pipeline, now) : now;
	transaction->now = now;
	transaction->judged = false;
	effects_begin(pipeline);
	backlog_begin(pipeline, now);
	pipeline->heard.conflicts = 0;
	pipeline->heard.spent_count = 0;
	pipeline->heard.missed_count = 0;
	pipeline->heard.source_count = 0;
	enum result result = store_begin(pipeline->store, fault);
	if (result == RESULT_OK)
		result = look_back(pipeline, now, fault);
	if (result == RESULT_OK && transaction->forgotten)
		result = transaction_start_engine(pipeline, fault);
	return result == RESULT_OK ? rejudge_mark(pipeline, fault) : result;
}

/* Said once when it begins; counted every time. */
static void note_failure(struct pipeline *pipeline, enum result result, const struct fault *fault)
{
	struct transaction *transaction = &pipeline->transaction;
	store_rollback(pipeline->store);
	engine_forget(pipeline->engine); /* it counted on rows that are not there */
	backlog_failed(pipeline);
	effects_failed(pipeline);
	transaction->looked_back = false;
	pipeline->rejudge.marked = false;
	pipeline->quarantine_check = pipeline->contradictions.check = INSTANT_NONE; /* what was said is not kept */
	pipeline->figures.failures++;
	if (transaction->pause < PAUSE_FIRST)
		transaction->pause = PAUSE_FIRST;
	transaction->again = transaction->begun + transaction->pause;
	if (transaction->pause < PAUSE_MOST)
		transaction->pause *= 2;
	if (!transaction->trouble[0])
		log_error("events are not taken for now: %s", fault->text);
	else if (result == RESULT_PERMANENT)
		log_error("%s", fault->text);
	(void)snprintf(transaction->trouble, sizeof transaction->trouble, "%s", fault->text);
}

enum result transaction_finish(struct pipeline *pipeline, enum result result, struct fault *fault)
{
	struct transaction *transaction = &pipeline->transaction;
	instant judged_to = backlog_horizon(pipeline, transaction->now);
	instant events_to = backlog_events_to(pipeline, transaction->now);
	if (result == RESULT_OK && !transaction->judged)
		result = engine_flush_behind(pipeline->engine, judged_to, events_to, transaction->now, fault);
	if (result == RESULT_OK)
		result = backlog_keep(pipeline, judged_to, events_to, fault);
	if (result == RESULT_OK)
		result = ops_after_batch(pipeline, fault);
	if (result == RESULT_OK)
		result = store_commit(pipeline->store, fault);
	if (result != RESULT_OK) {
		note_failure(pipeline, result, fault);
		aside_failed(pipeline, result);
		return result;
	}
	engine_committed(pipeline->engine);
	effects_committed(pipeline);
	aside_committed(pipeline);
	if (transaction->trouble[0])
		log_notice("events are taken again");
	transaction->trouble[0] = '\0';
	transaction->again = INSTANT_NONE;
	transaction->pause = PAUSE_FIRST;
	pipeline->backlog.judged_to = judged_to;
	pipeline->backlog.events_to = events_to;
	pipeline->figures.last_commit = transaction->begun;
	return RESULT_OK;
}
