/* batch: records become events, or wait in quarantine, and the position of their source goes with them. */
#include "pipeline/pipeline_internal.h"

#include "base/log.h"
#include "store/erasure/erasures.h"
#include "store/lines.h"
#include "text/json_write.h"

#include <stdio.h>

#define LIVE_EVENTS 200   /* in larger batches effects are counted, not logged one by one */
/* What one turn takes of a batch. */
#define SLICE_RECORDS 1000 /* of a backlog, after a start */
#define SLICE_LIVE 400     /* else: after quiet hours nobody knows whether these are a storm */
#define SLICE_LEAST 50
#define SLICE_BYTES ((size_t)1 << 20)
#define SLICE_EFFECTS 400 /* some forty microseconds each */
#define LOOK_AHEAD 8      /* records whose memory is fetched while others are taken */

/* A part of a batch that is one transaction. */
struct portion {
	struct source_record *records;
	size_t count;
};

static void write_refusal(struct pipeline *pipeline, const struct source_record *record, struct text reason)
{
	buffer_clear(&pipeline->json);
	struct json_writer json = json_writer_on(&pipeline->json);
	json_object(&json);
	json_put_text(&json, "position", record->position);
	json_put_integer(&json, "next", record->next);
	json_put_text(&json, "source", record->event.source);
	json_put_text(&json, "reason", reason);
	json_object_end(&json);
	buffer_clear(&pipeline->personal);
	if (!record->accepted) /* whose it is cannot be told: its id is in the quarantine alone */
		return;
	json = json_writer_on(&pipeline->personal);
	json_object(&json);
	json_put_text(&json, "id", record->event.id);
	json_object_end(&json);
}

static enum result set_aside(struct pipeline *pipeline, const struct source_record *record, const char *what,
                             struct text reason, struct fault *fault)
{
	buffer_clear(&pipeline->words);
	buffer_format(&pipeline->words, "%.*s@%lld", TEXT_ARG(record->position), (long long)record->next);
	struct quarantine_row row = {.source_name = buffer_view(&pipeline->words),
	                             .bytes = record->bytes,
	                             .reason = reason,
	                             .event_id = record->event.id,
	                             .event_source = record->event.source,
	                             .arrived = record->arrived};
	enum result result = quarantine_add(pipeline->store, &row, fault);
	if (result != RESULT_OK)
		return result;
	write_refusal(pipeline, record, reason);
	pipeline->quarantine_check = INSTANT_NONE;
	struct audit_row act = {.at = pipeline->transaction.now, .what = what,
	                        .subject = record->accepted ? record->event.subject : TEXT_NONE,
	                        .detail = buffer_view(&pipeline->json), .personal = buffer_view(&pipeline->personal)};
	return audit_write(pipeline->store, &act, fault);
}

static enum result take_conflict(struct pipeline *pipeline, const struct source_record *record, struct fault *fault)
{
	pipeline->heard.conflicts++;
	return set_aside(pipeline, record, "event.conflict",
	                 TEXT("an event with this source and id is stored already, with other content"), fault);
}

/* Whether it is quiet for longer than usual is asked of each source; answers given by casewatch itself are no
 * source's. */
static enum result note_source(struct pipeline *pipeline, const struct source_record *record, struct fault *fault)
{
	struct heard *heard = &pipeline->heard;
	struct text source = record->event.source;
	size_t at = heard->source_last;
	enum result result = RESULT_OK;
	if (event_is_own(&record->event))
		return RESULT_OK;
	if (at >= heard->source_count || !text_equal(heard->sources[at].source, source))
		for (at = 0; at < heard->source_count && !text_equal(heard->sources[at].source, source); at++)
			;
	if (at == SOURCES_NOTED)
		return RESULT_OK;
	if (at == heard->source_count) {
		heard->sources[heard->source_count++].source = source;
		result = quiet_read(pipeline->store, source, &heard->sources[at].quiet, fault);
	}
	heard->source_last = at;
	quiet_step(&heard->sources[at].quiet, record_known(record));
	return result;
}

static enum result keep_sources(struct pipeline *pipeline, struct fault *fault)
{
	struct heard *heard = &pipeline->heard;
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < heard->source_count; i++)
		result = quiet_write(pipeline->store, heard->sources[i].source, &heard->sources[i].quiet, fault);
	return result;
}

static enum result take_event(struct pipeline *pipeline, struct source_record *record, struct events_ahead ahead,
                              struct pipeline_figures *figures, struct fault *fault)
{
	enum stored stored = STORED_NEW;
	enum result result = events_add_ahead(pipeline->store, &record->event, ahead, record->packed, record->arrived,
	                                      &stored, fault);
	if (result != RESULT_OK)
		return result;
	record->outcome = RECORD_STORED;
	switch (stored) {
	case STORED_DUPLICATE:
		record->outcome = RECORD_DUPLICATE;
		figures->duplicates++;
		return RESULT_OK;
	case STORED_CONFLICT:
		record->outcome = RECORD_CONFLICT;
		figures->conflicts++;
		return take_conflict(pipeline, record, fault);
	case STORED_ERASED: /* known, as far as whoever sends it is concerned */
		record->outcome = RECORD_DUPLICATE;
		figures->erased++;
		return RESULT_OK;
	case STORED_NEW:
		break;
	}
	figures->events++;
	figures->warned += record->event.warning_count != 0;
	result = note_source(pipeline, record, fault);
	if (result == RESULT_OK && quarantine_decision_is(record))
		result = quarantine_decision_apply(pipeline, record, fault);
	if (result == RESULT_OK && answer_is(&record->event))
		result = answer_record(pipeline, &record->event, fault);
	return result == RESULT_OK ? engine_accept(pipeline->engine, &record->event, fault) : result;
}

/* The process ended, or failed, each time it worked on this one. What it says counts no more than what cannot be read;
 * but a child may be behind it, so ops hear at once. */
static enum result take_deadly(struct pipeline *pipeline, const struct source_record *record, struct fault *fault)
{
	struct buffer key = {0};
	store_log_error(pipeline->store, "a record at which the work failed %d times is set aside: %.*s@%lld",
	                ATTEMPT_DEATHS, TEXT_ARG(record->position), (long long)record->next);
	buffer_format(&key, "%.*s@%lld", TEXT_ARG(record->position), (long long)record->next);
	enum result result = set_aside(
		pipeline, record, "event.set-aside",
		TEXT("casewatch ended or failed each time it worked on this record: it was set aside so that the "
	             "rest goes on"),
		fault);
	if (result == RESULT_OK)
		result = aside_note(pipeline, fault);
	if (result == RESULT_OK)
		result = aside_say(pipeline, buffer_view(&key), "A record at which casewatch fails was set aside",
		                   buffer_cstr(&key), fault);
	buffer_free(&key);
	return result;
}

/* By which it is known again when it comes again after the process died at it. */
static int64_t number_of(const struct source_record *record)
{
	return record->answered ? (int64_t)text_fingerprint(record->bytes, 1) : record->next;
}

static enum result take_record(struct pipeline *pipeline, struct source_record *record, struct events_ahead ahead,
                               struct pipeline_figures *figures, struct fault *fault)
{
	if (!aside_begin(pipeline, record->position, number_of(record))) {
		record->outcome = RECORD_SET_ASIDE;
		figures->quarantined++;
		brake_count(pipeline, BRAKED_SET_ASIDE);
		return take_deadly(pipeline, record, fault);
	}
	if (order_is(record))
		return order_take(pipeline, record, fault);
	if (pipeline->settings.before_record)
		pipeline->settings.before_record(pipeline->settings.context, record);
	if (record->accepted || !record->answered) /* who is told of each refusal at once need not be stopped */
		brake_count(pipeline, record->accepted ? BRAKED_NOTHING : BRAKED_REFUSED);
	if (record->accepted)
		return take_event(pipeline, record, ahead, figures, fault);
	if (erasures_hold_bytes(pipeline->store, record->bytes)) {
		record->outcome = RECORD_DUPLICATE;
		figures->erased++;
		return RESULT_OK;
	}
	record->outcome = RECORD_REFUSED;
	figures->quarantined++;
	return set_aside(pipeline, record, "event.quarantined", record->reason, fault);
}

/* What is fetched of a record in stages, some records apart: each needs the one before to be there. */
struct looked_at {
	struct events_ahead event;
	uint64_t history;
};

static void look_at(const struct pipeline *pipeline, const struct event *event, int stage, struct looked_at *looked)
{
	if (stage == 0)
		looked->event = events_look_ahead(pipeline->store, event);
	else if (stage < 3)
		events_look_closer(pipeline->store, looked->event, stage == 2);
	engine_look_ahead(pipeline->engine, event, stage, &looked->history);
}

/* At `at` the record so many before it is taken. */
static void look_ahead(const struct pipeline *pipeline, const struct portion *batch, size_t at,
                       struct looked_at looked[LOOK_AHEAD])
{
	for (int stage = 0; stage < ENGINE_STAGES; stage++) {
		size_t of = at - (size_t)stage * (LOOK_AHEAD / ENGINE_STAGES); /* before the first: past the last */
		if (of < batch->count && batch->records[of].accepted)
			look_at(pipeline, &batch->records[of].event, stage, &looked[of % LOOK_AHEAD]);
	}
}

static enum result take_records(struct pipeline *pipeline, const struct portion *batch,
                                struct pipeline_figures *figures, struct fault *fault)
{
	struct looked_at looked[LOOK_AHEAD] = {0};
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < batch->count + LOOK_AHEAD; i++) {
		if (i >= LOOK_AHEAD)
			result = take_record(pipeline, &batch->records[i - LOOK_AHEAD], looked[i % LOOK_AHEAD].event,
			                     figures, fault);
		look_ahead(pipeline, batch, i, looked);
	}
	return result;
}

/* By the log's time: one after the other, each judged at its own arrival, and before it what fell due until then. */
static enum result take_in_order(struct pipeline *pipeline, const struct portion *batch,
                                 struct pipeline_figures *figures, struct fault *fault)
{
	enum result result = RESULT_OK;
	/* Also where there is none: what falls due until now was not judged yet, and is at its own instant. */
	due_from_log(pipeline, batch->count ? batch->records[0].arrived : pipeline->transaction.now);
	for (size_t i = 0; result == RESULT_OK && i < batch->count; i++) {
		struct source_record *record = &batch->records[i];
		struct looked_at looked = {.history = 0};
		bool all;
		for (int stage = 0; record->accepted && stage < ENGINE_STAGES; stage++)
			look_at(pipeline, &record->event, stage, &looked);
		result = due_in_order(pipeline, record->arrived, SIZE_MAX, &all, fault);
		if (result == RESULT_OK)
			result = take_record(pipeline, record, looked.event, figures, fault);
		if (result == RESULT_OK)
			result = due_flush(pipeline, fault);
	}
	return result;
}

/* One row a position: its last record in the batch says how far it is. */
static enum result keep_positions(struct pipeline *pipeline, const struct portion *batch, struct fault *fault)
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

static void add_figures(struct pipeline *pipeline, const struct pipeline_figures *figures)
{
	pipeline->figures.events = figures->events;
	pipeline->figures.duplicates = figures->duplicates;
	pipeline->figures.conflicts = figures->conflicts;
	pipeline->figures.quarantined = figures->quarantined;
	pipeline->figures.warned = figures->warned;
	pipeline->figures.erased = figures->erased;
}

/* Types have numbers because the catalogue or rules name them: what a source makes up has none. */
static void count_types(struct pipeline *pipeline, const struct portion *portion)
{
	for (size_t i = 0; i < portion->count; i++) {
		const struct source_record *record = &portion->records[i];
		size_t at = record->accepted && record->event.type != TYPE_UNKNOWN ? record->event.type + 1U : 0;
		if (at >= pipeline->by_type_count) {
			size_t room = at + 64;
			pipeline->by_type = mem_grow(pipeline->by_type, room, sizeof *pipeline->by_type);
			memset(pipeline->by_type + pipeline->by_type_count, 0,
			       (room - pipeline->by_type_count) * sizeof *pipeline->by_type);
			pipeline->by_type_count = room;
		}
		pipeline->by_type[at][record->outcome]++;
	}
}

void pipeline_each_type(const struct pipeline *pipeline, pipeline_type_visit *visit, void *argument)
{
	for (size_t i = 0; i < pipeline->by_type_count; i++)
		for (size_t k = RECORD_STORED; k < RECORD_OUTCOMES; k++)
			if (pipeline->by_type[i][k])
				visit(argument, i ? schema_type_name((type_id)(i - 1)) : "", (enum record_outcome)k,
				      pipeline->by_type[i][k]);
}

static enum result take_portion(struct pipeline *pipeline, const struct portion *portion, instant now,
                                struct fault *fault)
{
	struct pipeline_figures figures = pipeline->figures, before = pipeline->figures;
	enum result result = transaction_begin(pipeline, now, fault);
	brake_begin(pipeline);
	pipeline->transaction.live = portion->count <= LIVE_EVENTS;
	if (result == RESULT_OK)
		result = pipeline->settings.by_log ? take_in_order(pipeline, portion, &figures, fault)
		                                   : take_records(pipeline, portion, &figures, fault);
	if (result == RESULT_OK)
		result = keep_positions(pipeline, portion, fault);
	if (result == RESULT_OK)
		result = keep_sources(pipeline, fault);
	if (result == RESULT_OK)
		result = brake_keep(pipeline, fault);
	result = transaction_finish(pipeline, result, fault);
	if (result != RESULT_OK)
		return result;
	brake_committed(pipeline, portion->count ? portion->records[0].position : TEXT_NONE);
	add_figures(pipeline, &figures);
	count_types(pipeline, portion);
	say_set_aside(&before, &pipeline->figures);
	return RESULT_OK;
}

/* ---- so many in a turn ---- */

/* Where events open alerts, each costs several rows: of the next slice as many records are taken as will make a turn's
 * worth of effects, going by the slice before. */
static void learn(struct pipeline *pipeline, size_t records, uint64_t effects)
{
	struct slice *slice = &pipeline->slice;
	slice->records = slice->records * 2 < SLICE_RECORDS ? slice->records * 2 : SLICE_RECORDS;
	if (effects <= SLICE_EFFECTS / 2)
		return;
	size_t fit = (size_t)((uint64_t)records * SLICE_EFFECTS / effects);
	if (fit < slice->records)
		slice->records = fit > SLICE_LEAST ? fit : SLICE_LEAST;
}

static uint64_t effects_so_far(const struct pipeline *pipeline)
{
	uint64_t effects = 0;
	for (size_t i = 0; i < sizeof pipeline->figures.effects / sizeof *pipeline->figures.effects; i++)
		effects += pipeline->figures.effects[i];
	return effects;
}

/* From when on nothing is taken before more was judged anew, by the log's time. */
static instant anew_from(const struct pipeline *pipeline)
{
	return pipeline->settings.by_log ? rejudge_next(pipeline) : INSTANT_NEVER;
}

static size_t slice_of(const struct pipeline *pipeline, const struct source_record *records, size_t count)
{
	size_t bytes = 0, taken = 0, most = pipeline->slice.records;
	instant anew = anew_from(pipeline);
	if (!pipeline->backlog.behind && most > SLICE_LIVE)
		most = SLICE_LIVE;
	if (pipeline->settings.records_a_turn && most > pipeline->settings.records_a_turn)
		most = pipeline->settings.records_a_turn;
	while (taken < count && taken < most &&
	       (!taken || (bytes < SLICE_BYTES && !order_is_alone(&records[taken]) && records[taken].arrived < anew)))
		bytes += records[taken++].bytes.length;
	return taken;
}

/* One that was stored before the batch failed half-way is not taken again. */
static enum result is_taken(struct pipeline *pipeline, const struct source_record *record, bool *taken,
                            struct fault *fault)
{
	struct position stored;
	bool found;
	enum result result = positions_get(pipeline->store, record->position, &stored, &found, fault);
	*taken = result == RESULT_OK && found && stored.next >= record->next;
	return result;
}

/* Clocks run on meanwhile. */
static enum result rest(const struct pipeline *pipeline, struct fault *fault)
{
	return fault_set(fault, RESULT_TEMPORARY, "%s", pipeline->brake.why);
}

/* In a transaction of its own, until what the process must not be stopped by is found. */
static enum result take_one(struct pipeline *pipeline, struct source_record *record, instant now, struct fault *fault)
{
	struct portion portion = {record, 1};
	bool taken = false;
	enum result result = is_taken(pipeline, record, &taken, fault);
	return result == RESULT_OK && !taken ? take_portion(pipeline, &portion, now, fault) : result;
}

/* What is left of the batch was handed over by its source, and is not taken yet: it may stop what has run out. By the
 * log's time each record is judged at its own place anyway. */
static instant least_read_to(const struct pipeline *pipeline, struct batch *batch, size_t taken, instant read_to)
{
	instant own = pipeline->settings.by_log ? INSTANT_NEVER : batch_read_to(batch, taken);
	return own < read_to ? own : read_to;
}

enum result pipeline_take_some(struct pipeline *pipeline, struct batch *batch, size_t *taken, instant read_to,
                               instant now, struct fault *fault)
{
	pipeline->backlog.read_to = least_read_to(pipeline, batch, *taken, read_to);
	struct source_record *records = batch->records + *taken;
	if (*taken < batch->count && brake_holds(pipeline, records->position, now))
		return rest(pipeline, fault);
	if (*taken < batch->count && pipeline->backlog.judged_to != INSTANT_NONE &&
	    anew_from(pipeline) <= records->arrived)
		return due_anew(pipeline, records->arrived, now, fault); /* a portion of what comes before it */
	struct portion slice = {records, slice_of(pipeline, records, batch->count - *taken)};
	uint64_t before = effects_so_far(pipeline);
	if (slice.count && order_is_alone(records)) {
		enum result carried = order_carry_out(pipeline, records, now, fault);
		pipeline->backlog.held = carried != RESULT_OK;
		pipeline->backlog.held_at = records->arrived;
		if (carried != RESULT_OK)
			return carried;
		slice.count = 1;
	}
	if (aside_singly(pipeline) && slice.count)
		slice.count = 1;
	pipeline->backlog.read_to = least_read_to(pipeline, batch, *taken + slice.count, read_to);
	enum result result = aside_singly(pipeline) && slice.count ? take_one(pipeline, records, now, fault)
	                                                           : take_portion(pipeline, &slice, now, fault);
	if (result != RESULT_OK)
		return result;
	if (slice.count)
		pipeline->backlog.fed = now;
	learn(pipeline, slice.count, effects_so_far(pipeline) - before);
	*taken += slice.count;
	pipeline->figures.batches += *taken == batch->count;
	return RESULT_OK;
}

enum result pipeline_take(struct pipeline *pipeline, struct batch *batch, instant read_to, instant now,
                          struct fault *fault)
{
	size_t taken = 0;
	enum result result;
	do
		result = pipeline_take_some(pipeline, batch, &taken, read_to, now, fault);
	while (result == RESULT_OK && taken < batch->count);
	return result;
}
