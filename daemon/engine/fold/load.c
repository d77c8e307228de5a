/* load: what a history begins with when it is folded from its stored events: alerts known of it, facts, ends. */
#include "engine/engine_internal.h"
#include "engine/why/why.h"

#include <stdlib.h>

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
	        .unsettled = engine->unsettled,
	        .clocks = &engine->clocks,
	        .condition_failures = &engine->figures.condition_failures,
	        .calendar_failures = &engine->calendar_failures,
	        .judged = &engine->figures.judged,
	};
	if (!engine->why || history->domain != engine->why->domain || !text_equal(history->id, engine->why->id))
		return;
	fold->why = engine->why;
	if (history->last == INSTANT_NONE)
		fold->why->note_count = 0; /* from the first event again */
}

/* Facts are timeless: the latest holds for the whole history, also before it was said. */
void load_facts(const struct engine *engine, struct history *history, const struct event *const *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct interest *interest = rule_index_interest(engine->index, history->domain, events[i]->type);
		if (interest && interest->facts)
			history_set_fact(history, engine->settings.calendar, events[i], true);
	}
}

instant load_end_of(const struct engine *engine, const struct event *event)
{
	const struct zone *zone = calendar_zone(engine->settings.calendar);
	return event->day_precision ? zone_midnight(zone, zone_date(zone, event->time) + 1) : event->time;
}

void load_note_end(const struct engine *engine, struct history *history, const struct event *event)
{
	if (event->type >= engine->index->type_count || !engine->index->party_end[event->type])
		return;
	instant until = load_end_of(engine, event);
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
	outcome_hash_evidence(outcome);
	match_note_evidence(outcome);
	return RESULT_OK;
}

enum result load_alerts(struct engine *engine, struct history *history, struct fault *fault)
{
	return engine->host.alerts(engine->host.context, history->domain, history->id, adopt_alert, history, fault);
}

/* The subject's own, and in a party's history those that name it. */
enum result load_visit(struct engine *engine, enum party_kind domain, struct text id, engine_visit_event *visit,
                       void *argument, struct fault *fault)
{
	struct engine_host *host = &engine->host;
	enum result result = host->history(host->context, PARTY_NONE, id, 0, visit, argument, fault);
	if (result == RESULT_OK && domain != PARTY_NONE)
		result = host->history(host->context, domain, id, 0, visit, argument, fault);
	return result;
}
