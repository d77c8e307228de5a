/* as_told: from the events that stand now back to those that stood then. */
#include "message/as_told.h"

#include "store/events.h"

#include <stdlib.h>

#define CORRECTIONS_MOST 16 /* of one another */

struct finding {
	struct store *store;
	struct arena *arena;
	instant told;
	struct message_event found; /* what the last visit saw; event NULL: nothing */
	instant order;              /* of the best amendment so far */
	const struct message_event *than; /* the correction whose predecessor is looked for */
	struct message_event best;
};

static enum result take_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct finding *finding = argument;
	(void)bytes;
	(void)fault;
	struct event *copy = arena_alloc(finding->arena, sizeof *copy);
	event_copy(copy, event, finding->arena);
	finding->found = (struct message_event){.event = copy,
	                                        .title = schema_type_title(copy->type),
	                                        .arrived = arrived,
	                                        .recorded = copy->recorded != INSTANT_NONE ? copy->recorded : arrived};
	return RESULT_OK;
}

/* Of several corrections of one event the one that held: the latest recorded, then by id (rules.md, "Corrections"). */
static enum result take_amendment(void *argument, const struct events_record *record, struct fault *fault)
{
	struct finding *finding = argument;
	if (record->type == TYPE_ID_EVENT_WITHDRAWN || text_equal(record->id, finding->than->event->id) ||
	    (finding->best.event && record->order < finding->order))
		return RESULT_OK;
	instant order = record->order;
	finding->found.event = NULL;
	enum result result = events_by_ref(finding->store, record->ref, take_event, finding, fault);
	if (result == RESULT_OK && finding->found.event && finding->found.arrived <= finding->told) {
		finding->best = finding->found;
		finding->order = order;
	}
	return result;
}

/* What stood in the place of `correction` when people were told; event NULL: nothing did. */
static enum result predecessor(struct finding *finding, const struct message_event *correction,
                               struct message_event *before, struct fault *fault)
{
	struct message_event at = *correction;
	*before = (struct message_event){0};
	for (int i = 0; i < CORRECTIONS_MOST && at.event->replaces.length; i++) {
		finding->than = &at;
		finding->best = (struct message_event){0};
		enum result result = events_amendments(finding->store, at.event->source, at.event->replaces,
		                                       take_amendment, finding, fault);
		if (result != RESULT_OK)
			return result;
		if (finding->best.event) {
			*before = finding->best;
			return RESULT_OK;
		}
		finding->found.event = NULL;
		result = events_find(finding->store, at.event->source, at.event->replaces, take_event, finding, fault);
		if (result != RESULT_OK || !finding->found.event)
			return result;
		if (finding->found.arrived <= finding->told) {
			*before = finding->found;
			return RESULT_OK;
		}
		at = finding->found;
	}
	return RESULT_OK;
}

instant as_told_last(const struct message_alert *alert)
{
	instant told = INSTANT_NONE;
	for (size_t i = 0; i < alert->told_count; i++)
		if (alert->told[i].sent != INSTANT_NONE && alert->told[i].sent > told)
			told = alert->told[i].sent;
	return told;
}

static int by_order(const void *left, const void *right)
{
	return event_order(((const struct message_event *)left)->event, ((const struct message_event *)right)->event);
}

enum result as_told_find(const struct alert_context_sources *gather, struct message_alert *alert, struct arena *arena,
                        struct fault *fault)
{
	struct finding finding = {.store = gather->store, .arena = arena, .told = as_told_last(alert)};
	if (finding.told == INSTANT_NONE || !alert->history_count)
		return RESULT_OK;
	struct message_event *as_told = arena_alloc(arena, alert->history_count * sizeof *as_told);
	size_t count = 0;
	bool changed = false;
	for (size_t i = 0; i < alert->history_count; i++) {
		const struct message_event *now = &alert->history[i];
		struct message_event before = *now;
		if (now->arrived > finding.told) {
			changed = true;
			enum result result = predecessor(&finding, now, &before, fault);
			if (result != RESULT_OK)
				return result;
		}
		if (before.event && text_equal(before.event->subject, now->event->subject))
			as_told[count++] =
				before; /* one that came from another child is nothing this reader was told */
	}
	if (!changed)
		return RESULT_OK;
	if (count)
		qsort(as_told, count, sizeof *as_told, by_order);
	alert->as_told = as_told;
	alert->as_told_count = count;
	return RESULT_OK;
}
