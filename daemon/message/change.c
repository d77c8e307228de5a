/* change: what no longer stands, what came since, and what ended an alert. */
#include "message/change.h"

#include "message/as_told.h"
#include "message/facts.h"
#include "store/events/events.h"

struct finding {
	struct arena *arena;
	const struct event *found;
	enum change_kind kind;
};

static enum result take_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct finding *finding = argument;
	(void)bytes;
	(void)arrived;
	(void)fault;
	struct event *copy = arena_alloc(finding->arena, sizeof *copy);
	event_copy(copy, event, finding->arena);
	finding->found = copy;
	return RESULT_OK;
}

/* A withdrawal ends what a correction would replace: of both, the withdrawal is what people are told. */
static enum result take_amendment(void *argument, const struct events_record *record, struct fault *fault)
{
	struct finding *finding = argument;
	(void)fault;
	if (!record->standing)
		return RESULT_OK;
	if (record->type == TYPE_ID_EVENT_WITHDRAWN)
		finding->kind = CHANGE_WITHDREW;
	else if (finding->kind == CHANGE_UNKNOWN)
		finding->kind = CHANGE_CORRECTED;
	return RESULT_OK;
}

static void note(struct message_change *change, enum change_kind kind, const char *title, bool of_cause)
{
	if (change->count && (change->kind != kind || (change->title && strcmp(change->title, title) != 0)))
		change->kind = change->kind == kind ? kind : CHANGE_UNKNOWN;
	else
		change->kind = kind;
	change->title = change->count ? NULL : title;
	change->count++;
	change->of_cause = change->of_cause || of_cause;
}

static bool stands(const struct message_alert *alert, uint64_t ref)
{
	for (size_t i = 0; i < alert->history_count; i++)
		if (alert->history[i].event->ref == ref)
			return true;
	return false;
}

/* Of what made the alert: what was withdrawn or corrected since. */
static enum result find_gone(const struct alert_context_sources *gather, struct message_alert *alert,
                             const struct evidence *made_of, size_t made_count, struct arena *arena,
                             struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < made_count && result == RESULT_OK; i++) {
		struct finding finding = {.arena = arena};
		if (!made_of[i].ref || stands(alert, made_of[i].ref))
			continue;
		result = events_by_ref(gather->store, made_of[i].ref, take_event, &finding, fault);
		if (result == RESULT_OK && finding.found)
			result = events_amendments(gather->store, finding.found->source, finding.found->id,
			                           take_amendment, &finding, fault);
		if (result == RESULT_OK && finding.kind != CHANGE_UNKNOWN)
			note(&alert->change, finding.kind, schema_type_title(finding.found->type), true);
	}
	return result;
}

/* Whether the record has to do with the alert at all. */
static bool concerns(const struct message_alert *alert, const struct event *event)
{
	const struct rule *rule = alert->rule;
	uint16_t name;
	struct text value;
	if (message_key(alert, &name, &value)) {
		struct text own = event_string(event, name);
		if (own.length)
			return text_equal(own, value);
	}
	if (!rule)
		return false;
	const struct selectors *const all[] = {&rule->on,    &rule->stop,      &rule->before,
	                                       &rule->moves, &rule->closes_on, &rule->ends_on};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (size_t k = 0; k < all[i]->count; k++)
			if (all[i]->items[k].type == event->type)
				return true;
	return false;
}

enum result change_find(const struct alert_context_sources *gather, struct message_alert *alert,
                        const struct evidence *made_of, size_t made_count, struct arena *arena, struct fault *fault)
{
	instant told = as_told_last(alert);
	alert->change = (struct message_change){.kind = CHANGE_UNKNOWN};
	enum result result = find_gone(gather, alert, made_of, made_count, arena, fault);
	if (result != RESULT_OK || alert->change.count || told == INSTANT_NONE)
		return result;
	for (size_t i = 0; i < alert->history_count; i++) {
		const struct message_event *event = &alert->history[i];
		if (event->arrived > told && concerns(alert, event->event))
			note(&alert->change, event->event->replaces.length ? CHANGE_CORRECTED : CHANGE_ADDED,
			     event->title, false);
	}
	return RESULT_OK;
}

/* ---- what ended it ---- */

static instant at_latest(const struct zone *zone, const struct event *event)
{
	return event->day_precision ? zone_midnight(zone, zone_date(zone, event->time) + 1) - 1 : event->time;
}

static bool can_end(const struct message_alert *alert, const struct event *event)
{
	const struct rule *rule = alert->rule;
	if (event->type == TYPE_ID_CHILD_DIED || event->type == TYPE_ID_CHILD_TRANSFERRED)
		return true;
	uint16_t name;
	struct text value;
	if (message_key(alert, &name, &value)) {
		struct text own = event_string(event, name);
		if (own.length && !text_equal(own, value))
			return false;
	}
	return message_matches(&rule->stop, event) || message_matches(&rule->closes_on, event) ||
	       message_matches(&rule->ends_on, event);
}

void change_find_end(struct message_alert *alert, const struct zone *zone)
{
	const struct message_event *found = NULL;
	alert->ended_by = NULL;
	if (!alert->rule || alert->closed == INSTANT_NEVER || alert->closed == INSTANT_NONE)
		return;
	for (size_t i = 0; i < alert->history_count; i++) {
		const struct event *event = alert->history[i].event;
		instant latest = at_latest(zone, event);
		/* The engine closes it at the record's own instant; of one known by date alone at the end of its
		 * date. */
		bool then = event->time == alert->closed || latest == alert->closed || latest + 1 == alert->closed;
		if (then && can_end(alert, event))
			found = &alert->history[i];
	}
	alert->ended_by = found;
}
