/* load: gathers a history's events from the host and folds it from the first. */
#include "engine/engine_internal.h"
#include "engine/why.h"

#include <stdlib.h>

struct gathering {
	struct engine *engine;
	struct event **events;
	size_t count, room;
	const struct history *of;
	/* of a party's history: only these, of a child */
	bool only_ends;
};

/* A child's own events are none of a worker's or provider's history, also where a merge has that history looked for
 * under a child's id. */
static bool belongs(const struct engine *engine, const struct event *event, const struct history *history)
{
	const struct event_type *known = schema_type(event->type);
	if (history->domain == PARTY_NONE || !known || known->subject != SUBJECT_CHILD)
		return true;
	for (size_t i = 0; i < known->field_count; i++)
		if (known->fields[i].party == history->domain &&
		    text_equal(links_canonical(engine->links, event_string(event, known->fields[i].name_id)),
		               history->id))
			return true;
	return false;
}

static enum result keep_event(void *argument, const struct event *event, struct fault *fault)
{
	struct gathering *gathering = argument;
	(void)fault;
	const struct rule_index *index = gathering->engine->index;
	if (event->type >= index->type_count || (gathering->only_ends && !index->party_end[event->type]))
		return RESULT_OK;
	if (!gathering->only_ends && !belongs(gathering->engine, event, gathering->of))
		return RESULT_OK;
	struct event *copy = arena_alloc(gathering->engine->scratch, sizeof *copy);
	event_copy(copy, event, gathering->engine->scratch);
	*(struct event **)mem_push((void **)&gathering->events, &gathering->count, &gathering->room, sizeof copy) =
		copy;
	return RESULT_OK;
}

static int order_events(const void *a, const void *b)
{
	return event_order(*(const struct event *const *)a, *(const struct event *const *)b);
}

static enum result gather_members(struct gathering *gathering, enum party_kind domain, struct text id,
                                  struct fault *fault)
{
	struct engine *engine = gathering->engine;
	const struct text *members;
	size_t count = links_members(engine->links, id, &members);
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = engine->host.history(engine->host.context, domain, members[i], keep_event, gathering, fault);
	return result;
}

static int order_texts(const void *a, const void *b)
{
	return text_order(*(const struct text *)a, *(const struct text *)b);
}

/* An end reaches the parties of its start too, and so do a child's death and transfer: of every child that names the
 * party, its ends. Those of keys that never were the party's close nothing there. */
static enum result gather_ends(struct gathering *gathering, struct fault *fault)
{
	struct engine *engine = gathering->engine;
	size_t named = gathering->count, children = 0;
	struct text *ids = mem_zero(named, sizeof *ids);
	for (size_t i = 0; i < named; i++)
		if (engine->index->party_start[gathering->events[i]->type])
			ids[children++] = links_canonical(engine->links, gathering->events[i]->subject);
	if (children)
		qsort(ids, children, sizeof *ids, order_texts);
	enum result result = RESULT_OK;
	gathering->only_ends = true;
	for (size_t i = 0; i < children && result == RESULT_OK; i++)
		if (!i || !text_equal(ids[i], ids[i - 1]))
			result = gather_members(gathering, PARTY_NONE, ids[i], fault);
	free(ids);
	return result;
}

static size_t drop_doubles(struct event **events, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (!kept || events[kept - 1]->ref != events[i]->ref)
			events[kept++] = events[i];
	return kept;
}

static struct text canonical_of(void *context, struct text id)
{
	return links_canonical(context, id);
}

void fold_set(struct engine *engine, struct history *history, struct fold *fold)
{
	*fold = (struct fold){
	        .engine = engine,
	        .index = engine->index,
	        .calendar = engine->settings.calendar,
	        .zone = calendar_zone(engine->settings.calendar),
	        .history = history,
	        .canonical = canonical_of,
	        .canonical_context = engine->links,
	        .unpacked = engine->unpacked,
	        .condition_failures = &engine->figures.condition_failures,
	        .calendar_failures = &engine->calendar_failures,
	};
	if (!engine->why || history->domain != engine->why->domain || !text_equal(history->id, engine->why->id))
		return;
	fold->why = engine->why;
	if (history->last == INSTANT_NONE)
		fold->why->note_count = 0; /* from the first event again */
}

/* Facts are timeless: the latest holds for the whole history, also before it was said. */
static void set_facts(const struct engine *engine, struct history *history, struct event *const *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct interest *interest = rule_index_interest(engine->index, history->domain, events[i]->type);
		if (interest && interest->facts)
			history_set_fact(history, engine->settings.calendar, events[i], true);
	}
}

void load_note_end(const struct engine *engine, struct history *history, const struct event *event)
{
	if (event->type >= engine->index->type_count || !engine->index->party_end[event->type])
		return;
	const struct zone *zone = calendar_zone(engine->settings.calendar);
	instant until = event->day_precision ? zone_midnight(zone, zone_date(zone, event->time) + 1) : event->time;
	if (until > history->ended)
		history->ended = until;
}

static void adopt_warning(struct history *history, const struct alert *alert)
{
	*(struct warned *)mem_push32((void **)&history->warned, &history->warned_count, &history->warned_room,
	                             sizeof(struct warned)) = (struct warned){.id = strtoull(alert->id, NULL, 16),
	                                                                      .at = alert->warned.at,
	                                                                      .due = alert->warned.due,
	                                                                      .key = alert->key,
	                                                                      .start = alert->warned.start,
	                                                                      .stage = alert->warned.stage,
	                                                                      .rule = alert->rule,
	                                                                      .reported = true};
}

static enum result adopt_alert(void *argument, const struct alert *alert, struct fault *fault)
{
	struct history *history = argument;
	(void)fault;
	if (alert->warned.at != INSTANT_NONE)
		adopt_warning(history, alert);
	if (alert->early_warning)
		return RESULT_OK;
	struct outcome *outcome = mem_push32((void **)&history->outcomes, &history->outcome_count,
	                                     &history->outcome_room, sizeof *outcome);
	*outcome = (struct outcome){.id = strtoull(alert->id, NULL, 16), .key = alert->key, .opened = alert->opened,
	                            .closed = alert->closed, .due = alert->due, .rule = alert->rule,
	                            .nights = alert->nights, .as_shadow = alert->shadow,
	                            .evidence_count = (uint32_t)alert->evidence_count,
	                            .evidence_room = (uint32_t)alert->evidence_count};
	outcome->state = alert->state == ALERT_STANDING   ? OUTCOME_STANDING
	                 : alert->state == ALERT_RESOLVED ? OUTCOME_CLOSED
	                                                  : OUTCOME_GONE;
	outcome->reported = alert->state == ALERT_STANDING   ? REPORTED_STANDING
	                    : alert->state == ALERT_RESOLVED ? REPORTED_RESOLVED
	                                                     : REPORTED_WITHDRAWN;
	outcome->ladder = (struct ladder){.told = alert->told, .next = alert->next, .step = alert->step,
	                                  .acknowledged = alert->acknowledged, .spent = alert->spent,
	                                  .answer = alert->answer, .why = (uint8_t)alert->why, .asked = alert->asked,
	                                  .stood_until = alert->stood_until, .heard = alert->heard};
	if (alert->evidence_count) {
		outcome->evidence = mem_alloc(alert->evidence_count * sizeof *alert->evidence);
		memcpy(outcome->evidence, alert->evidence, alert->evidence_count * sizeof *alert->evidence);
	}
	match_note_evidence(outcome);
	return RESULT_OK;
}

static void keep_future(struct history *history, struct event *const *events, size_t *count, instant now)
{
	while (*count && events[*count - 1]->time > now)
		if (events[--*count]->time < history->future)
			history->future = events[*count]->time;
}

enum result load_fold(struct engine *engine, struct history *history, instant now, struct fault *fault)
{
	struct gathering gathering = {.engine = engine, .of = history};
	enum result result = RESULT_OK;
	if (!history->loaded)
		result = engine->host.alerts(engine->host.context, history->domain, history->id, adopt_alert, history,
		                             fault);
	/* An id that ceased has no history of its own any more. */
	if (result == RESULT_OK && text_equal(links_canonical(engine->links, history->id), history->id)) {
		result = gather_members(&gathering, history->domain, history->id, fault);
		if (result == RESULT_OK && history->domain != PARTY_NONE)
			result = gather_ends(&gathering, fault);
	}
	if (result == RESULT_OK) {
		size_t count = gathering.count;
		if (count)
			qsort(gathering.events, count, sizeof *gathering.events, order_events);
		count = drop_doubles(gathering.events, count);
		struct outcome *old = history->outcomes;
		size_t old_count = history->outcome_count;
		struct warned *old_warned = history->warned;
		size_t old_warned_count = history->warned_count;
		history->outcomes = NULL;
		history->outcome_count = history->outcome_room = 0;
		history->warned = NULL;
		history->warned_count = history->warned_room = 0;
		history_clear(history);
		set_facts(engine, history, gathering.events, count);
		for (size_t i = 0; i < count && history->domain == PARTY_NONE; i++)
			load_note_end(engine, history, gathering.events[i]);
		keep_future(history, gathering.events, &count, now);
		struct fold fold;
		fold_set(engine, history, &fold);
		fold.known = old;
		fold.known_count = old_count;
		fold_prepare(&fold, (const struct event *const *)gathering.events, count);
		engine->next = fold_run(&fold, (const struct event *const *)gathering.events, count, now);
		match_outcomes(engine, history, old, old_count);
		match_warned(history, old_warned, old_warned_count);
		history->changed_from = 0;
		history->ladder_next = INSTANT_NONE;
		history->loaded = true;
		engine->figures.folds++;
		engine->figures.folded_events += count;
	}
	free(gathering.events);
	arena_reset(engine->scratch);
	return result;
}
