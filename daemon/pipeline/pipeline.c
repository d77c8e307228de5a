/* pipeline: opens the transaction, lets the engine judge, writes what follows, commits. */
#include "pipeline/pipeline_internal.h"

#include "base/log.h"
#include "text/json_write.h"

#include <stdio.h>
#include <stdlib.h>

#define DUE_A_TICK 500    /* histories that one transaction judges */
#define JUDGED_A_TICK 500
#define LIVE_EVENTS 200   /* in larger batches effects are counted, not logged one by one */
#define LOOK_AHEAD 8      /* records whose memory is fetched while others are taken */
#define PAUSE_FIRST SECOND
#define PAUSE_MOST (16 * SECOND)

/* ---- life ---- */

static enum result start_engine(struct pipeline *pipeline, struct fault *fault)
{
	enum result result = engine_start(pipeline->engine, fault);
	pipeline->forgotten = result != RESULT_OK;
	return result;
}

static void set_fingerprint(struct pipeline *pipeline, struct text fingerprint)
{
	buffer_clear(&pipeline->fingerprint);
	buffer_text(&pipeline->fingerprint, fingerprint);
}

/* Whether every history was judged by these rules; if not, where that stands. */
static enum result read_judged(struct pipeline *pipeline, struct fault *fault)
{
	struct text by, at;
	enum result result = store_get(pipeline->store, "judged_by", &by, fault);
	if (result == RESULT_OK)
		result = store_get(pipeline->store, "judging", &at, fault);
	if (result != RESULT_OK)
		return result;
	/* "judging" is "FINGERPRINT NUMBER": a portion done by other rules does not count. */
	struct text wanted = buffer_view(&pipeline->fingerprint);
	pipeline->judging = wanted.length && !text_equal(by, wanted);
	pipeline->judged = 0;
	if (at.length > wanted.length + 1 && memcmp(at.at, wanted.at, wanted.length) == 0 && at.at[wanted.length] == ' ')
		pipeline->judged = (uint32_t)strtoul(at.at + wanted.length + 1, NULL, 10);
	return RESULT_OK;
}

/* The time up to which histories were judged by whoever ran before: judging less far now would take alerts back. */
static enum result read_judged_to(struct pipeline *pipeline, struct fault *fault)
{
	struct text judged_to;
	char digits[32];
	enum result result = store_get(pipeline->store, "judged_to", &judged_to, fault);
	(void)snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(judged_to));
	pipeline->judged_to = judged_to.length ? strtoll(digits, NULL, 10) : INSTANT_NONE;
	return result;
}

static enum result keep_judged_to(struct pipeline *pipeline, instant judged_to, struct fault *fault)
{
	char digits[32];
	(void)snprintf(digits, sizeof digits, "%lld", (long long)judged_to);
	return store_set(pipeline->store, "judged_to", text_of(digits), fault);
}

enum result pipeline_new(const struct pipeline_settings *settings, struct pipeline **out, struct fault *fault)
{
	struct pipeline *pipeline = MEM_NEW(struct pipeline);
	struct engine_host host = pipeline_host(pipeline);
	*out = NULL;
	pipeline->settings = *settings;
	pipeline->store = settings->store;
	pipeline->arena = arena_new(4096);
	pipeline->behind = settings->behind;
	pipeline->quarantine_check = INSTANT_NONE;
	pipeline->again = INSTANT_NONE;
	pipeline->pause = PAUSE_FIRST;
	pipeline->figures.last_commit = INSTANT_NONE;
	set_fingerprint(pipeline, settings->fingerprint);
	pipeline->engine = engine_new(&settings->engine, &host);
	enum result result = start_engine(pipeline, fault);
	if (result == RESULT_OK)
		result = read_judged(pipeline, fault);
	if (result == RESULT_OK)
		result = read_judged_to(pipeline, fault);
	if (result != RESULT_OK) {
		pipeline_free(pipeline);
		return result;
	}
	*out = pipeline;
	return RESULT_OK;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	engine_free(pipeline->engine);
	arena_free(pipeline->arena);
	buffer_free(&pipeline->fingerprint);
	buffer_free(&pipeline->words);
	buffer_free(&pipeline->json);
	buffer_free(&pipeline->ids);
	free(pipeline->spent);
	free(pipeline);
}

enum result pipeline_use(struct pipeline *pipeline, const struct engine_settings *settings, struct text fingerprint,
                         struct fault *fault)
{
	struct engine_host host = pipeline_host(pipeline);
	struct engine *old = pipeline->engine;
	bool forgotten = pipeline->forgotten;
	pipeline->engine = engine_new(settings, &host);
	enum result result = start_engine(pipeline, fault);
	if (result != RESULT_OK) {
		engine_free(pipeline->engine);
		pipeline->engine = old;
		pipeline->forgotten = forgotten;
		return result;
	}
	engine_free(old);
	pipeline->settings.engine = *settings;
	set_fingerprint(pipeline, fingerprint);
	if (read_judged(pipeline, fault) != RESULT_OK) { /* the new rules are in force already: judge everything by them */
		pipeline->judging = true;
		pipeline->judged = 0;
	}
	return RESULT_OK;
}

/* ---- the transaction ---- */

static enum result begin(struct pipeline *pipeline, instant now, struct fault *fault)
{
	pipeline->now = now;
	pipeline->conflicts = 0;
	pipeline->spent_count = 0;
	enum result result = store_begin(pipeline->store, fault);
	if (result == RESULT_OK && pipeline->forgotten)
		result = start_engine(pipeline, fault);
	return result;
}

/* Said once when it begins; counted every time. */
static void note_failure(struct pipeline *pipeline, enum result result, const struct fault *fault)
{
	store_rollback(pipeline->store);
	engine_forget(pipeline->engine); /* it counted on rows that are not there */
	pipeline->forgotten = true;
	pipeline->figures.failures++;
	pipeline->again = pipeline->now + pipeline->pause;
	if (pipeline->pause < PAUSE_MOST)
		pipeline->pause *= 2;
	if (!pipeline->trouble[0])
		log_error("events are not taken for now: %s", fault->text);
	else if (result == RESULT_PERMANENT)
		log_error("%s", fault->text);
	(void)snprintf(pipeline->trouble, sizeof pipeline->trouble, "%s", fault->text);
}

/* `read_to`: up to when a backlog was read; it does not matter once there is none. */
static enum result finish(struct pipeline *pipeline, instant read_to, enum result result, struct fault *fault)
{
	instant judged_to = pipeline->behind && read_to < pipeline->now ? read_to : pipeline->now;
	if (judged_to < pipeline->judged_to)
		judged_to = pipeline->judged_to < pipeline->now ? pipeline->judged_to : pipeline->now;
	if (result == RESULT_OK)
		result = engine_flush_behind(pipeline->engine, judged_to, pipeline->now, fault);
	if (result == RESULT_OK)
		result = keep_judged_to(pipeline, judged_to, fault);
	if (result == RESULT_OK)
		result = ops_after_batch(pipeline, fault);
	if (result == RESULT_OK)
		result = store_commit(pipeline->store, fault);
	if (result != RESULT_OK) {
		note_failure(pipeline, result, fault);
		return result;
	}
	if (pipeline->trouble[0])
		log_notice("events are taken again");
	pipeline->trouble[0] = '\0';
	pipeline->judged_to = judged_to;
	pipeline->again = INSTANT_NONE;
	pipeline->pause = PAUSE_FIRST;
	pipeline->figures.last_commit = pipeline->now;
	return RESULT_OK;
}

/* ---- a batch ---- */

static void write_refusal(struct pipeline *pipeline, const struct source_record *record, struct text reason)
{
	buffer_clear(&pipeline->json);
	struct json_writer json = json_writer_on(&pipeline->json);
	json_object(&json);
	json_put_text(&json, "position", record->position);
	json_put_integer(&json, "next", record->next);
	json_put_text(&json, "source", record->event.source);
	json_put_text(&json, "id", record->event.id);
	json_put_text(&json, "reason", reason);
	json_object_end(&json);
}

static enum result set_aside(struct pipeline *pipeline, const struct source_record *record, const char *what,
                             struct text reason, struct fault *fault)
{
	buffer_clear(&pipeline->words);
	buffer_format(&pipeline->words, "%.*s@%lld", TEXT_ARG(record->position), (long long)record->next);
	struct quarantine_row row = {.source_name = buffer_view(&pipeline->words), .bytes = record->bytes, .reason = reason,
	                             .event_id = record->event.id, .event_source = record->event.source,
	                             .arrived = record->arrived};
	enum result result = quarantine_add(pipeline->store, &row, fault);
	if (result != RESULT_OK)
		return result;
	write_refusal(pipeline, record, reason);
	pipeline->quarantine_check = INSTANT_NONE;
	return audit_add(pipeline->store, pipeline->now, what, TEXT_NONE, TEXT_NONE, TEXT_NONE, buffer_view(&pipeline->json),
	                 fault);
}

static enum result take_conflict(struct pipeline *pipeline, const struct source_record *record, struct fault *fault)
{
	pipeline->conflicts++;
	return set_aside(pipeline, record, "event.conflict",
	                 TEXT("an event with this source and id is stored already, with other content"), fault);
}

static enum result take_event(struct pipeline *pipeline, struct source_record *record, struct events_ahead ahead,
                              struct pipeline_figures *figures, struct fault *fault)
{
	enum stored stored = STORED_NEW;
	enum result result = events_add_ahead(pipeline->store, &record->event, ahead, record->bytes, record->arrived, &stored,
	                                      fault);
	if (result != RESULT_OK)
		return result;
	switch (stored) {
	case STORED_DUPLICATE:
		figures->duplicates++;
		return RESULT_OK;
	case STORED_CONFLICT:
		figures->conflicts++;
		return take_conflict(pipeline, record, fault);
	case STORED_NEW:
		break;
	}
	figures->events++;
	figures->warned += record->event.warning_count != 0;
	if (quarantine_decision_is(record))
		result = quarantine_decision_apply(pipeline, record, fault);
	return result == RESULT_OK ? engine_accept(pipeline->engine, &record->event, fault) : result;
}

static enum result take_record(struct pipeline *pipeline, struct source_record *record, struct events_ahead ahead,
                               struct pipeline_figures *figures, struct fault *fault)
{
	if (record->accepted)
		return take_event(pipeline, record, ahead, figures, fault);
	figures->quarantined++;
	return set_aside(pipeline, record, "event.quarantined", record->reason, fault);
}

/* Each looked at a few records before it is taken. */
static enum result take_records(struct pipeline *pipeline, struct batch *batch, struct pipeline_figures *figures,
                                struct fault *fault)
{
	struct events_ahead ahead[LOOK_AHEAD] = {0};
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < batch->count + LOOK_AHEAD; i++) {
		if (i >= LOOK_AHEAD)
			result = take_record(pipeline, &batch->records[i - LOOK_AHEAD], ahead[i % LOOK_AHEAD], figures, fault);
		if (i < batch->count && batch->records[i].accepted)
			ahead[i % LOOK_AHEAD] = events_look_ahead(pipeline->store, &batch->records[i].event);
	}
	return result;
}

/* One row a position: its last record in the batch says how far it is. */
static enum result keep_positions(struct pipeline *pipeline, const struct batch *batch, struct fault *fault)
{
	enum result result = RESULT_OK;
	instant newest = INSTANT_NONE;
	for (size_t i = 0; result == RESULT_OK && i < batch->count; i++) {
		const struct source_record *record = &batch->records[i];
		if (record->accepted && record->event.time > newest)
			newest = record->event.time;
		if (i + 1 < batch->count && text_equal(batch->records[i + 1].position, record->position))
			continue;
		struct position position = {record->position, record->next, record->fingerprint, newest};
		result = positions_set(pipeline->store, &position, fault);
		newest = INSTANT_NONE;
	}
	return result;
}

static void say_set_aside(const struct pipeline_figures *before, const struct pipeline_figures *after)
{
	uint64_t aside = after->quarantined - before->quarantined;
	if (aside)
		log_warning("%llu record(s) could not be read and wait in quarantine: casewatch quarantine shows them",
		            (unsigned long long)aside);
}

static instant known_at(const struct source_record *record)
{
	return record->event.recorded != INSTANT_NONE ? record->event.recorded : record->event.time;
}

/* The time up to which the batch has what happened: that of the partition which is least far. Events are in a log in the
 * order in which they became known, but for a few. */
static instant read_to(const struct batch *batch)
{
	instant least = INSTANT_NEVER, newest = INSTANT_NONE;
	for (size_t i = 0; i < batch->count; i++) {
		const struct source_record *record = &batch->records[i];
		if (record->accepted && known_at(record) > newest)
			newest = known_at(record);
		if (i + 1 < batch->count && text_equal(batch->records[i + 1].position, record->position))
			continue;
		if (newest != INSTANT_NONE && newest < least)
			least = newest;
		newest = INSTANT_NONE;
	}
	return least == INSTANT_NEVER ? INSTANT_NONE : least;
}

enum result pipeline_take(struct pipeline *pipeline, struct batch *batch, instant now, struct fault *fault)
{
	struct pipeline_figures figures = pipeline->figures, before = pipeline->figures;
	enum result result = begin(pipeline, now, fault);
	pipeline->live = batch->count <= LIVE_EVENTS;
	if (result == RESULT_OK)
		result = take_records(pipeline, batch, &figures, fault);
	if (result == RESULT_OK)
		result = keep_positions(pipeline, batch, fault);
	result = finish(pipeline, read_to(batch), result, fault);
	if (result != RESULT_OK)
		return result;
	pipeline->figures.events = figures.events;
	pipeline->figures.duplicates = figures.duplicates;
	pipeline->figures.conflicts = figures.conflicts;
	pipeline->figures.quarantined = figures.quarantined;
	pipeline->figures.warned = figures.warned;
	pipeline->figures.batches++;
	say_set_aside(&before, &pipeline->figures);
	return RESULT_OK;
}

void pipeline_caught_up(struct pipeline *pipeline)
{
	pipeline->behind = false;
}

/* ---- what is due ---- */

struct counting {
	struct pipeline *pipeline;
	size_t count;
};

/* The stored due time is spent with this: an engine that did not have the history in memory cannot tell that it changed to
 * "never". */
static enum result judge_due(void *argument, enum party_kind domain, struct text subject, instant at,
                             struct fault *fault)
{
	struct counting *counting = argument;
	(void)at;
	counting->count++;
	enum result result = due_set(counting->pipeline->store, domain, subject, INSTANT_NEVER, fault);
	return result == RESULT_OK ? engine_due(counting->pipeline->engine, domain, subject, fault) : result;
}

static enum result judge_anew(void *argument, enum party_kind domain, struct text subject, struct fault *fault)
{
	struct pipeline *pipeline = argument;
	return engine_due(pipeline->engine, domain, engine_canonical(pipeline->engine, subject), fault);
}

/* The next portion of all histories, and how far that is; after the last one the database is one of these rules. */
static enum result judge_portion(struct pipeline *pipeline, uint32_t *last, struct fault *fault)
{
	char progress[128];
	enum result result = histories_each(pipeline->store, pipeline->judged, JUDGED_A_TICK, last, judge_anew, pipeline,
	                                    fault);
	if (result != RESULT_OK)
		return result;
	if (!*last)
		return store_set(pipeline->store, "judged_by", buffer_view(&pipeline->fingerprint), fault);
	(void)snprintf(progress, sizeof progress, "%.*s %u", TEXT_ARG(buffer_view(&pipeline->fingerprint)), *last);
	return store_set(pipeline->store, "judging", text_of(progress), fault);
}

/* A history that is still due after it was judged would be judged for ever: it waits a minute, and the log says so. */
static enum result put_off(void *argument, enum party_kind domain, struct text subject, instant at,
                           struct fault *fault)
{
	struct pipeline *pipeline = argument;
	(void)at;
	log_error("a history is due again at once after it was judged (a mistake in casewatch); it waits a minute");
	return due_set(pipeline->store, domain, subject, pipeline->now + MINUTE, fault);
}

/* Judged before the commit, so that what is due afterwards is known: only what another history's judgement made due. */
static enum result judge_all_due(struct pipeline *pipeline, struct fault *fault)
{
	struct counting counting = {pipeline, 0};
	instant next;
	enum result result = due_each(pipeline->store, pipeline->now, DUE_A_TICK, judge_due, &counting, fault);
	if (result == RESULT_OK)
		result = engine_flush(pipeline->engine, pipeline->now, fault); /* no backlog is left */
	if (result == RESULT_OK)
		result = due_next(pipeline->store, &next, fault);
	if (result == RESULT_OK && next <= pipeline->now && counting.count > 0 && counting.count < DUE_A_TICK)
		result = due_each(pipeline->store, pipeline->now, DUE_A_TICK, put_off, pipeline, fault);
	return result;
}

enum result pipeline_tick(struct pipeline *pipeline, instant now, struct fault *fault)
{
	uint32_t last = 0;
	bool judging = pipeline->judging;
	enum result result = begin(pipeline, now, fault);
	pipeline->live = !judging;
	if (result == RESULT_OK)
		result = judge_all_due(pipeline, fault);
	if (result == RESULT_OK && judging)
		result = judge_portion(pipeline, &last, fault);
	if (result == RESULT_OK && pipeline->quarantine_check <= now)
		result = ops_check_quarantine(pipeline, fault);
	result = finish(pipeline, now, result, fault);
	if (result != RESULT_OK || !judging)
		return result;
	pipeline->judged = last;
	pipeline->judging = last != 0;
	if (!last)
		log_notice("every history was judged anew by the rules in force");
	return RESULT_OK;
}

instant pipeline_next(struct pipeline *pipeline)
{
	struct fault fault;
	instant next;
	if (due_next(pipeline->store, &next, &fault) != RESULT_OK)
		next = INSTANT_NONE; /* the tick meets the failure, and says so */
	if (pipeline->judging)
		next = INSTANT_NONE;
	if (pipeline->quarantine_check < next)
		next = pipeline->quarantine_check;
	return next > pipeline->again ? next : pipeline->again;
}

/* ---- the ladder of whom nobody reached ---- */

struct nobody {
	bool waits; /* the alert stands unanswered at that step */
	int step;
	enum party_kind domain;
	struct text id, subject;
	struct arena *arena;
};

static enum result see_waiting(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct nobody *nobody = argument;
	(void)fault;
	nobody->waits = row->state == ALERT_STANDING && !row->acknowledged && row->step == nobody->step;
	nobody->domain = row->domain;
	nobody->id = (struct text){arena_copy_text(nobody->arena, row->id.at, row->id.length), row->id.length};
	nobody->subject = (struct text){arena_copy_text(nobody->arena, row->subject.at, row->subject.length),
	                                row->subject.length};
	return RESULT_OK;
}

static enum result climb(struct pipeline *pipeline, struct text alert, int step, struct fault *fault)
{
	struct nobody nobody = {.step = step, .arena = pipeline->arena};
	arena_reset(pipeline->arena);
	enum result result = alerts_find(pipeline->store, alert, see_waiting, &nobody, fault);
	if (result != RESULT_OK || !nobody.waits)
		return result;
	return engine_nobody(pipeline->engine, nobody.domain, nobody.subject, nobody.id, step, fault);
}

enum result pipeline_nobody(struct pipeline *pipeline, struct text alert, int step, instant now, struct fault *fault)
{
	enum result result = begin(pipeline, now, fault);
	pipeline->live = true;
	if (result == RESULT_OK)
		result = climb(pipeline, alert, step, fault);
	return finish(pipeline, INSTANT_NONE, result, fault);
}

/* ---- looking ---- */

const char *pipeline_trouble(const struct pipeline *pipeline)
{
	return pipeline->trouble[0] ? pipeline->trouble : NULL;
}

struct text pipeline_canonical(const struct pipeline *pipeline, struct text id)
{
	return engine_canonical(pipeline->engine, id);
}

size_t pipeline_linked(const struct pipeline *pipeline, struct text id, const struct text **ids)
{
	return engine_linked(pipeline->engine, id, ids);
}

instant pipeline_again(const struct pipeline *pipeline)
{
	return pipeline->again;
}

void pipeline_figures(const struct pipeline *pipeline, struct pipeline_figures *figures)
{
	*figures = pipeline->figures;
	figures->warned += pipeline->warned_later;
	figures->judging_anew = pipeline->judging;
	engine_figures(pipeline->engine, &figures->engine);
}
