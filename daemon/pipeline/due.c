/* due: what falls due by the clock: clocks, steps, records that wait, histories to be judged anew; a bounded portion a
 * tick. */
#include "pipeline/pipeline_internal.h"

#include "store/lines.h"

#define DUE_A_TICK 250     /* histories that one transaction judges: each may tell somebody, or its alerts climb */
#define TOLD_A_TICK 20     /* histories whose contradictions ops hear of */

struct counting {
	struct pipeline *pipeline;
	size_t count;
};

/* Of a tick. */
struct anew {
	bool histories, gone; /* they are judged, looked at */
	uint32_t last;        /* how far histories came */
};

static struct text name_of(struct pipeline *pipeline, enum party_kind domain, struct text subject)
{
	buffer_clear(&pipeline->words);
	buffer_format(&pipeline->words, "due:%d:%.*s", (int)domain, TEXT_ARG(subject));
	return buffer_view(&pipeline->words);
}

/* The stored due time is spent with this: an engine that did not have the history in memory cannot tell that it changed
 * to "never". */
static enum result judge_due(void *argument, enum party_kind domain, struct text subject, instant at,
                             struct fault *fault)
{
	struct counting *counting = argument;
	struct pipeline *pipeline = counting->pipeline;
	(void)at;
	counting->count++;
	enum result result = due_set(pipeline->store, domain, subject, INSTANT_NEVER, fault);
	if (result != RESULT_OK)
		return result;
	if (aside_begin(pipeline, name_of(pipeline, domain, subject), 0))
		return engine_due(pipeline->engine, domain, subject, fault);
	return aside_say_history(pipeline, domain, subject, "A child's history at which casewatch fails was set aside",
	                         fault);
}

/* A history that is still due after it was judged would be judged for ever: it waits a minute, and the log says so. */
static enum result put_off(void *argument, enum party_kind domain, struct text subject, instant at,
                           struct fault *fault)
{
	struct pipeline *pipeline = argument;
	(void)at;
	store_log_error(pipeline->store, "a history is due again at once after it was judged (a mistake in casewatch); "
	                                 "it waits a minute");
	return due_set(pipeline->store, domain, subject, pipeline->transaction.now + MINUTE, fault);
}

/* Judged before the commit, so that what is due afterwards is known: only what another history's judgement made due. */
static enum result judge(struct pipeline *pipeline, bool rested, struct fault *fault)
{
	instant next, now = pipeline->transaction.now;
	enum result result = engine_flush_behind(pipeline->engine, backlog_horizon(pipeline, now),
	                                         backlog_events_to(pipeline, now), now, fault);
	pipeline->transaction.judged = true;
	if (result == RESULT_OK)
		result = due_next(pipeline->store, &next, fault);
	if (result == RESULT_OK && next <= now && rested && !engine_waiting(pipeline->engine))
		result = due_each(pipeline->store, now, DUE_A_TICK, put_off, pipeline, fault);
	return result;
}

/* While histories wait for the next portion of the engine, nothing more is given to it: they are due themselves, so
 * that a process that ends in between finds them again. Else what is due; only when nothing is, what is to be judged by
 * other rules. */
static enum result judge_some(struct pipeline *pipeline, size_t most, bool *anew, uint32_t *last, struct fault *fault)
{
	struct counting counting = {pipeline, 0};
	instant now = pipeline->transaction.now;
	enum result result = RESULT_OK;
	bool waiting = engine_waiting(pipeline->engine) > 0;
	instant until = backlog_until(pipeline, now);
	if (!waiting)
		result = due_each(pipeline->store, until, most, judge_due, &counting, fault);
	if (result == RESULT_OK && !waiting && counting.count < most)
		backlog_looked(pipeline, until);
	*anew = *anew && !waiting && !counting.count;
	if (result == RESULT_OK && *anew)
		result = rejudge_portion(pipeline, most, last, fault);
	/* Of fewer than were asked for all were judged. */
	return result == RESULT_OK ? judge(pipeline, counting.count && counting.count < most, fault) : result;
}

/* ---- by the log's time ---- */

void due_from_log(struct pipeline *pipeline, instant first)
{
	instant judged_to = pipeline->backlog.judged_to;
	pipeline->transaction.now = judged_to == INSTANT_NONE ? first : judged_to;
}

/* All of it: what is left for a later portion would be told as of then. */
enum result due_flush(struct pipeline *pipeline, struct fault *fault)
{
	instant now = pipeline->transaction.now;
	enum result result = engine_flush(pipeline->engine, now, fault);
	while (result == RESULT_OK && engine_waiting(pipeline->engine))
		result = engine_flush(pipeline->engine, now, fault);
	pipeline->transaction.judged = true;
	return result;
}

static enum result judge_instant(struct pipeline *pipeline, struct counting *counting, instant at, size_t most,
                                 struct fault *fault)
{
	size_t before = counting->count;
	instant next;
	most = most < DUE_A_TICK ? most : DUE_A_TICK;
	if (at > pipeline->transaction.now)
		pipeline->transaction.now = at;
	enum result result = due_each(pipeline->store, at, most, judge_due, counting, fault);
	if (result == RESULT_OK)
		result = due_flush(pipeline, fault);
	if (result == RESULT_OK)
		result = due_next(pipeline->store, &next, fault);
	if (result == RESULT_OK && next <= at && counting->count - before < most) /* all of them were judged */
		result = due_each(pipeline->store, at, DUE_A_TICK, put_off, pipeline, fault);
	return result;
}

enum result due_in_order(struct pipeline *pipeline, instant until, size_t most, bool *all, struct fault *fault)
{
	struct counting counting = {pipeline, 0};
	instant next;
	enum result result = due_next(pipeline->store, &next, fault);
	while (result == RESULT_OK && next <= until && counting.count < most) {
		result = judge_instant(pipeline, &counting, next, most, fault);
		if (result == RESULT_OK)
			result = due_next(pipeline->store, &next, fault);
	}
	*all = result == RESULT_OK && next > until;
	if (*all && until > pipeline->transaction.now)
		pipeline->transaction.now = until;
	return result;
}

/* What is judged anew by other rules is judged from their place in the log on, a portion at each of its instants: what
 * happened in between comes first, on a machine that reads it at once and on one that reads it hours later. */
static enum result judge_in_order(struct pipeline *pipeline, size_t most, struct anew *anew, struct fault *fault)
{
	instant until = pipeline->transaction.now, at = rejudge_next(pipeline);
	bool all, portion = at <= until;
	due_from_log(pipeline, until);
	enum result result = due_in_order(pipeline, portion ? at : until, most, &all, fault);
	portion = portion && all;
	anew->histories = anew->histories && portion;
	anew->gone = anew->gone && portion;
	if (result == RESULT_OK && anew->histories)
		result = rejudge_portion(pipeline, most, &anew->last, fault);
	return result == RESULT_OK && anew->histories ? due_flush(pipeline, fault) : result;
}

/* ---- a tick ---- */

/* Singly: one history that is due, or else one that is judged anew, so that a failure names it. `until`: by the log's
 * time, what comes next in the log; NONE: nothing did. */
static enum result tick(struct pipeline *pipeline, instant now, instant until, struct fault *fault)
{
	struct anew anew = {.histories = pipeline->rejudge.wanted, .gone = pipeline->gone.wanted,
	                    .last = pipeline->rejudge.last};
	int64_t looked = pipeline->gone.last;
	size_t most = aside_singly(pipeline) ? 1 : DUE_A_TICK;
	enum result result = transaction_begin(pipeline, now, fault);
	pipeline->transaction.live = !anew.histories;
	if (until > pipeline->transaction.now)
		pipeline->transaction.now = until;
	if (result == RESULT_OK)
		result = pipeline->settings.by_log ? judge_in_order(pipeline, most, &anew, fault)
		                                   : judge_some(pipeline, most, &anew.histories, &anew.last, fault);
	if (result == RESULT_OK && anew.gone)
		result = gone_portion(pipeline, GONE_PORTION, &looked, fault);
	if (result == RESULT_OK && pipeline->quarantine_check <= now)
		result = ops_check_quarantine(pipeline, fault);
	if (result == RESULT_OK && pipeline->contradictions.check <= now)
		result = contradictions_tell(pipeline, TOLD_A_TICK, fault);
	result = transaction_finish(pipeline, result, fault);
	if (result == RESULT_OK && anew.gone)
		gone_done(pipeline, looked);
	if (result == RESULT_OK && anew.histories)
		rejudge_done(pipeline, anew.last);
	return result;
}

enum result pipeline_tick(struct pipeline *pipeline, instant now, struct fault *fault)
{
	retired_free_some(pipeline);
	if (reckon_may(pipeline, now))
		return reckon_portion(pipeline, now, fault);
	return tick(pipeline, now, INSTANT_NONE, fault);
}

/* Until all that was judged anew before that instant of the log is: a tick each. */
enum result due_anew(struct pipeline *pipeline, instant until, instant now, struct fault *fault)
{
	retired_free_some(pipeline);
	return tick(pipeline, now, until, fault);
}

static instant by_log(const struct pipeline *pipeline, instant due)
{
	if (due == INSTANT_NONE || due == INSTANT_NEVER)
		return due;
	due += PIPELINE_LOG_LATE;
	return due > pipeline->backlog.log_look ? due : pipeline->backlog.log_look;
}

instant pipeline_next(struct pipeline *pipeline)
{
	struct fault fault;
	instant next;
	if (due_next(pipeline->store, &next, &fault) != RESULT_OK)
		next = INSTANT_NONE; /* the tick meets the failure, and says so */
	instant anew = rejudge_next(pipeline);
	if (anew < next)
		next = anew;
	if (engine_waiting(pipeline->engine) || pipeline->retired.count ||
	    engine_free_forgotten(pipeline->engine, 0))
		next = INSTANT_NONE;
	if (pipeline->quarantine_check < next)
		next = pipeline->quarantine_check;
	if (pipeline->contradictions.check < next)
		next = pipeline->contradictions.check;
	next = pipeline->settings.by_log ? by_log(pipeline, next) : backlog_next(pipeline, next);
	if (reckon_next(pipeline) < next)
		next = reckon_next(pipeline);
	return next > pipeline->transaction.again ? next : pipeline->transaction.again;
}
