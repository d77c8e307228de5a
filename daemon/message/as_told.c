/* as_told: from the events that stand now back to those that stood when people were told.
 *
 * What stood then is what stands of the records that had arrived by then, by the same reckoning as the engine's
 * (event/amendment_graph.h). So it is right at any depth and width of corrections, and costs about one look at each
 * record that hangs together with what came since. */
#include "message/as_told.h"

#include "event/amendment_graph.h"
#include "store/events/events.h"

#include <stdlib.h>

/* Of a node of the graph, whatever of it had arrived. */
struct place {
	amendment_node tree;  /* towards the first of all that correct one another, now: a union-find forest */
	bool asked;           /* the store was asked for it, or will be */
	const struct event *since; /* at the first of its tree: what stands of it now came since; NULL: nothing did */
};

struct finding {
	struct store *store;
	struct arena *arena;
	instant told;
	struct amendment_graph *graph; /* of the records that had arrived when people were told */
	struct place *places;          /* by node */
	size_t place_count, place_room;
	amendment_node *wanted;        /* to be asked for */
	size_t wanted_count, wanted_room;
	struct message_event *events;
	size_t count;
};

/* ---- what hangs together ---- */

static amendment_node first_of(struct finding *finding, amendment_node node)
{
	struct place *places = finding->places;
	for (; places[node].tree != node; node = places[node].tree)
		places[node].tree = places[places[node].tree].tree;
	return node;
}

static amendment_node want(struct finding *finding, struct text source, struct text id)
{
	amendment_node node = amendment_graph_node(finding->graph, source, id);
	while (finding->place_count <= node) {
		amendment_node next = (amendment_node)finding->place_count;
		*(struct place *)mem_push((void **)&finding->places, &finding->place_count, &finding->place_room,
		                          sizeof(struct place)) = (struct place){.tree = next};
	}
	if (!finding->places[node].asked)
		*(amendment_node *)mem_push((void **)&finding->wanted, &finding->wanted_count, &finding->wanted_room,
		                            sizeof node) = node;
	finding->places[node].asked = true;
	return node;
}

static enum result take_record(void *argument, const struct events_record *record, struct fault *fault)
{
	struct finding *finding = argument;
	struct amendment amendment = {.ref = record->ref, .order = record->order, .replaces = AMENDMENT_NONE,
	                              .withdraws = AMENDMENT_NONE};
	(void)fault;
	amendment_node node = want(finding, record->source, record->id);
	if (record->replaces.length) {
		amendment.replaces = want(finding, record->source, record->replaces);
		finding->places[first_of(finding, node)].tree = first_of(finding, amendment.replaces);
	}
	if (record->withdraws.length)
		amendment.withdraws = want(finding, record->source, record->withdraws);
	if (record->arrived <= finding->told && !amendment_graph_has(finding->graph, node))
		amendment_graph_arrive(finding->graph, node, &amendment);
	return RESULT_OK;
}

static enum result read_what_hangs_together(struct finding *finding, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (finding->wanted_count && result == RESULT_OK) {
		amendment_node node = finding->wanted[--finding->wanted_count];
		struct text source = amendment_graph_source(finding->graph, node);
		struct text id = amendment_graph_id(finding->graph, node);
		result = events_record(finding->store, source, id, take_record, finding, fault);
		if (result == RESULT_OK)
			result = events_amendments(finding->store, source, id, take_record, finding, fault);
	}
	return result;
}

/* ---- what stood ---- */

static enum result take_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct finding *finding = argument;
	(void)bytes;
	(void)fault;
	struct event *copy = arena_alloc(finding->arena, sizeof *copy);
	event_copy(copy, event, finding->arena);
	finding->events[finding->count++] =
		(struct message_event){.event = copy,
	                               .title = schema_type_title(copy->type),
	                               .arrived = arrived,
	                               .recorded = copy->recorded != INSTANT_NONE ? copy->recorded : arrived};
	return RESULT_OK;
}

/* One that came from another child is nothing this reader was told. */
static void drop_if_of_another(struct finding *finding, const struct event *since)
{
	if (!text_equal(finding->events[finding->count - 1].event->subject, since->subject))
		finding->count--;
}

/* What came since is left out, and what it replaced is put in its place. */
static enum result put_back(struct finding *finding, const struct message_alert *alert, struct fault *fault)
{
	const struct amendment_change *stood;
	size_t stood_count = amendment_graph_settle(finding->graph, &stood);
	enum result result = RESULT_OK;
	finding->events =
		arena_alloc(finding->arena, (alert->history_count + stood_count) * sizeof *finding->events);
	for (size_t i = 0; i < alert->history_count; i++) {
		const struct message_event *now = &alert->history[i];
		if (now->arrived <= finding->told)
			finding->events[finding->count++] = *now;
		else
			finding->places[first_of(finding, want(finding, now->event->source, now->event->id))].since =
				now->event;
	}
	for (size_t i = 0; i < stood_count && result == RESULT_OK; i++) {
		const struct event *since = finding->places[first_of(finding, stood[i].node)].since;
		size_t before = finding->count;
		if (!since || !stood[i].stands || stood[i].withdraws)
			continue;
		result = events_by_ref(finding->store, stood[i].ref, take_event, finding, fault);
		if (finding->count > before)
			drop_if_of_another(finding, since);
	}
	return result;
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

static enum result find(struct finding *finding, struct message_alert *alert, struct fault *fault)
{
	enum result result = read_what_hangs_together(finding, fault);
	if (result == RESULT_OK)
		result = put_back(finding, alert, fault);
	if (result != RESULT_OK)
		return result;
	if (finding->count)
		qsort(finding->events, finding->count, sizeof *finding->events, by_order);
	alert->as_told = finding->events;
	alert->as_told_count = finding->count;
	return RESULT_OK;
}

enum result as_told_find(const struct alert_context_sources *gather, struct message_alert *alert, struct arena *arena,
                         struct fault *fault)
{
	struct finding finding = {.store = gather->store, .arena = arena, .told = as_told_last(alert)};
	if (finding.told == INSTANT_NONE)
		return RESULT_OK;
	finding.graph = amendment_graph_new();
	for (size_t i = 0; i < alert->history_count; i++)
		if (alert->history[i].arrived > finding.told)
			(void)want(&finding, alert->history[i].event->source, alert->history[i].event->id);
	enum result result = finding.wanted_count ? find(&finding, alert, fault) : RESULT_OK;
	amendment_graph_free(finding.graph);
	free(finding.places);
	free(finding.wanted);
	return result;
}
