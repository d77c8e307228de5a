/* contradictions: ops hear of records that contradict themselves: of an end dated before its own start at once, of an
 * end without a start when it has had none for seven days, and once more when they are mended.
 *
 * They are told by source and id, to the owners of their sources as well, and never by the child's, under a key from
 * which nobody learns who the child is. */
#include "pipeline/pipeline_internal.h"

#include "store/contradictions.h"

#include <stdio.h>
#include <stdlib.h>

#define NAMED 5             /* records of one history in one word to ops; of more, how many */
/* Of more records of one history the latest are held: each is looked up whenever one more comes. Ops then hear that
 * there are more. */
#define HELD_MOST 200
#define NO_START_DAYS 7     /* catalogue.md, ops.contradiction: civil, since the record came */

struct naming {
	struct arena *arena;
	struct ops_record records[NAMED];
	size_t count;
};

static enum result name_record(void *argument, const struct event *event, struct text bytes, instant arrived,
                               struct fault *fault)
{
	struct naming *naming = argument;
	struct ops_record *record = &naming->records[naming->count++];
	(void)bytes;
	(void)arrived;
	(void)fault;
	record->source = text_keep(naming->arena, event->source);
	record->id = text_keep(naming->arena, event->id);
	return RESULT_OK;
}

static enum result say_contradictions(struct pipeline *pipeline, struct text key, const uint64_t *events, size_t count,
                                      struct fault *fault)
{
	struct naming naming = {.arena = arena_new(1024)};
	char more[64];
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < count && i < NAMED; i++)
		result = events_by_ref(pipeline->store, events[i], name_record, &naming, fault);
	(void)snprintf(more, sizeof more, "and %s%zu more", count >= HELD_MOST ? "at least " : "",
	               count - naming.count);
	struct ops_word word = {.what = OPS_CONTRADICTION, .key = key, .count = (int64_t)count,
	                        .records = naming.records, .record_count = naming.count,
	                        .records_more = count > NAMED ? more : NULL};
	if (result == RESULT_OK)
		result = ops_say(pipeline->settings.ops, &word, pipeline->transaction.now, fault);
	arena_free(naming.arena);
	return result;
}

/* What ops, and the owners of the sources, are to hear of the history now; or that there is nothing any more. */
static enum result tell_of_history(struct pipeline *pipeline, enum party_kind domain, struct text id,
                                   struct fault *fault)
{
	uint64_t events[NAMED];
	size_t count;
	char key[48];
	instant now = pipeline->transaction.now;
	(void)snprintf(key, sizeof key, "history %016llx", (unsigned long long)text_fingerprint(id, (uint64_t)domain));
	enum result result = contradictions_of(pipeline->store, domain, id, now, events, NAMED, &count, fault);
	if (result != RESULT_OK)
		return result;
	if (!count)
		return ops_end(pipeline->settings.ops, OPS_CONTRADICTION, text_of(key),
		               "A record that contradicted itself was corrected.", now, fault);
	result = say_contradictions(pipeline, text_of(key), events, count, fault);
	return result == RESULT_OK ? contradictions_told(pipeline->store, domain, id, now, fault) : result;
}

/* ---- what the engine found ---- */

struct finding {
	const struct pipeline *pipeline;
	instant from; /* INSTANT_NEVER: ops are not to hear of it */
};

static enum result reckon_from(void *argument, const struct event *event, struct text bytes, instant arrived,
                               struct fault *fault)
{
	struct finding *finding = argument;
	const struct engine_settings *settings = &finding->pipeline->settings.engine;
	const struct zone *zone = calendar_zone(settings->calendar);
	(void)bytes;
	(void)fault;
	if (event->time >= settings->go_live) /* what began before anybody recorded it here has no start here */
		finding->from = zone_instant(zone, zone_wall(zone, arrived) + NO_START_DAYS * 24 * HOUR, WALL_LATER);
	return RESULT_OK;
}

static enum result row_of(struct pipeline *pipeline, uint64_t ref, struct contradiction_row *row, struct fault *fault)
{
	struct finding finding = {pipeline, INSTANT_NEVER};
	*row = (struct contradiction_row){ref & ~ENGINE_NO_START, pipeline->transaction.now};
	if (!(ref & ENGINE_NO_START))
		return RESULT_OK;
	enum result result = events_by_ref(pipeline->store, row->event, reckon_from, &finding, fault);
	row->from = finding.from;
	return result;
}

enum result contradictions_found(void *context, enum party_kind domain, struct text id, const uint64_t *refs,
                                 size_t count, struct fault *fault)
{
	struct pipeline *pipeline = context;
	enum result result = RESULT_OK;
	size_t before, kept = 0;
	if (!count && !pipeline->contradictions.held)
		return RESULT_OK;
	if (count > HELD_MOST) {
		refs += count - HELD_MOST;
		count = HELD_MOST;
	}
	struct contradiction_row *rows = mem_zero(count + 1, sizeof *rows);
	for (size_t i = 0; result == RESULT_OK && i < count; i++) {
		result = row_of(pipeline, refs[i], &rows[kept], fault);
		kept += rows[kept].from != INSTANT_NEVER;
	}
	if (result == RESULT_OK)
		result = contradictions_set(pipeline->store, domain, id, rows, kept, &before, fault);
	free(rows);
	if (result != RESULT_OK || !(kept || before))
		return result;
	pipeline->contradictions = (struct contradictions){true, INSTANT_NONE};
	return tell_of_history(pipeline, domain, id, fault);
}

/* ---- by the clock ---- */

enum result contradictions_look(struct pipeline *pipeline, struct fault *fault)
{
	return contradictions_next(pipeline->store, &pipeline->contradictions.held, &pipeline->contradictions.check,
	                           fault);
}

enum result contradictions_tell(struct pipeline *pipeline, size_t most, struct fault *fault)
{
	enum result result = RESULT_OK;
	bool found = true;
	arena_reset(pipeline->arena);
	for (size_t i = 0; result == RESULT_OK && found && i < most; i++) {
		enum party_kind domain;
		struct text id;
		result = contradictions_due(pipeline->store, pipeline->transaction.now, pipeline->arena, &found,
		                            &domain, &id, fault);
		if (result == RESULT_OK && found)
			result = tell_of_history(pipeline, domain, id, fault);
	}
	return result == RESULT_OK ? contradictions_look(pipeline, fault) : result;
}
