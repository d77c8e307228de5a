/* amendments: corrections and withdrawals as they come in; what they change in histories is applied when the flush
 * begins.
 *
 * Which events stand is the graph's business (amendment_graph.h). It holds what was needed so far of what the host
 * keeps, and is read from there anew when it was thrown away. */
#include "engine/arrivals.h"

#include "base/log.h"

#include <stdlib.h>

/* Events held in the graph when it is thrown away after a flush, some 15 MB; what hangs together with the events to
 * come is read again. Where more than that hang together they stay, up to twice as many. */
#define GRAPH_KEPT 65536

struct amendments {
	struct amendment_graph *graph;
	amendment_node *wanted; /* known by name, to be asked of the host */
	size_t wanted_count, wanted_room;
	bool *asked;            /* by node */
	size_t asked_room;
	struct arrived {
		const struct event *event;
		amendment_node node;
	} *arrived;             /* since the last flush; the events live until the next */
	size_t arrived_count, arrived_room;
	bool *new;              /* by node: in `arrived` */
	size_t new_room;
	size_t kept;            /* events in the graph at which it is thrown away */
	bool fresh;             /* nothing was flushed since */
};

struct amendments *amendments_new(void)
{
	struct amendments *amendments = MEM_NEW(struct amendments);
	amendments->graph = amendment_graph_new();
	amendments->kept = GRAPH_KEPT;
	amendments->fresh = true;
	return amendments;
}

static void forget(struct amendments *amendments)
{
	amendment_graph_clear(amendments->graph);
	free(amendments->asked);
	free(amendments->new);
	amendments->asked = amendments->new = NULL;
	amendments->asked_room = amendments->new_room = 0;
	amendments->wanted_count = amendments->arrived_count = 0;
	amendments->kept = GRAPH_KEPT;
	amendments->fresh = true;
}

void amendments_clear(struct amendments *amendments)
{
	forget(amendments);
}

void amendments_free(struct amendments *amendments)
{
	if (!amendments)
		return;
	forget(amendments);
	amendment_graph_free(amendments->graph);
	free(amendments->wanted);
	free(amendments->arrived);
	free(amendments);
}

size_t amendments_bytes(const struct amendments *amendments)
{
	return amendment_graph_bytes(amendments->graph);
}

/* The flag of a node in a list that grows with them. */
static bool *flag_of(bool **flags, size_t *room, amendment_node node)
{
	if (node >= *room) {
		size_t more = *room ? *room * 2 : 64;
		more = more > node ? more : (size_t)node + 1;
		*flags = mem_grow(*flags, more, sizeof(bool));
		memset(*flags + *room, 0, more - *room);
		*room = more;
	}
	return &(*flags)[node];
}

/* ---- what the host knows ---- */

static void want(struct amendments *amendments, amendment_node node)
{
	bool *asked = flag_of(&amendments->asked, &amendments->asked_room, node);
	if (*asked)
		return;
	*asked = true;
	*(amendment_node *)mem_push((void **)&amendments->wanted, &amendments->wanted_count, &amendments->wanted_room,
	                            sizeof node) = node;
}

static amendment_node name_and_want(struct amendments *amendments, struct text source, struct text id)
{
	if (!id.length)
		return AMENDMENT_NONE;
	amendment_node node = amendment_graph_node(amendments->graph, source, id);
	want(amendments, node);
	return node;
}

static enum result take_record(void *argument, const struct engine_record *record, struct fault *fault)
{
	struct amendments *amendments = argument;
	(void)fault;
	amendment_node node = amendment_graph_node(amendments->graph, record->source, record->id);
	want(amendments, node);
	if (amendment_graph_has(amendments->graph, node))
		return RESULT_OK;
	struct amendment amendment = {.ref = record->ref, .order = record->order, .standing = record->standing,
	                              .replaces = name_and_want(amendments, record->source, record->replaces),
	                              .withdraws = name_and_want(amendments, record->source, record->withdraws)};
	amendment_graph_arrive(amendments->graph, node, &amendment);
	return RESULT_OK;
}

/* Everything that hangs together with what is wanted: each event, what amends it, and what that amends in turn. */
static enum result ask_host(struct engine *engine, struct fault *fault)
{
	struct amendments *amendments = engine->amendments;
	struct engine_host *host = &engine->host;
	enum result result = RESULT_OK;
	while (amendments->wanted_count && result == RESULT_OK) {
		amendment_node node = amendments->wanted[--amendments->wanted_count];
		struct text source = amendment_graph_source(amendments->graph, node);
		struct text id = amendment_graph_id(amendments->graph, node);
		if (!amendment_graph_has(amendments->graph, node))
			result = host->record(host->context, source, id, take_record, amendments, fault);
		if (result == RESULT_OK)
			result = host->amendments(host->context, source, id, take_record, amendments, fault);
	}
	return result;
}

static enum result note_any(void *argument, const struct engine_record *record, struct fault *fault)
{
	(void)record;
	(void)fault;
	*(bool *)argument = true;
	return RESULT_TEMPORARY; /* one is enough to know */
}

/* Whether something that came earlier corrects or withdraws the event. */
static enum result is_amended(struct engine *engine, const struct event *event, bool *any, struct fault *fault)
{
	if (amendment_graph_count(engine->amendments->graph) &&
	    amendment_graph_find(engine->amendments->graph, event->source, event->id) != AMENDMENT_NONE) {
		*any = true;
		return RESULT_OK;
	}
	enum result result =
		engine->host.amendments(engine->host.context, event->source, event->id, note_any, any, fault);
	return *any ? RESULT_OK : result;
}

enum result amendments_accept(struct engine *engine, const struct event *event, bool *waits, struct fault *fault)
{
	struct amendments *amendments = engine->amendments;
	enum result result = RESULT_OK;
	*waits = event->replaces.length || event->type == TYPE_ID_EVENT_WITHDRAWN;
	if (!*waits)
		result = is_amended(engine, event, waits, fault);
	if (result != RESULT_OK || !*waits)
		return result;
	amendment_node node = amendment_graph_node(amendments->graph, event->source, event->id);
	*(struct arrived *)mem_push((void **)&amendments->arrived, &amendments->arrived_count,
	                            &amendments->arrived_room, sizeof(struct arrived)) = (struct arrived){event, node};
	*flag_of(&amendments->new, &amendments->new_room, node) = true;
	struct engine_record record = {.ref = event->ref, .source = event->source, .id = event->id, .type = event->type,
	                               .order = event->recorded != INSTANT_NONE ? event->recorded : event->time,
	                               .replaces = event->replaces, .standing = true};
	if (event->type == TYPE_ID_EVENT_WITHDRAWN)
		record.withdraws = event_string(event, engine->name_id);
	result = take_record(amendments, &record, fault);
	return result == RESULT_OK ? ask_host(engine, fault) : result;
}

/* ---- at the flush ---- */

struct fetch {
	struct engine *engine;
	struct event *event;
};

static enum result copy_event(void *argument, const struct event *event, struct fault *fault)
{
	struct fetch *fetch = argument;
	(void)fault;
	fetch->event = arena_alloc(fetch->engine->scratch, sizeof *fetch->event);
	event_copy(fetch->event, event, fetch->engine->scratch);
	return RESULT_OK;
}

/* An event stored earlier stands again, or no longer: its histories are folded anew. */
static enum result change_stored(struct engine *engine, const struct amendment_change *change, struct fault *fault)
{
	struct engine_host *host = &engine->host;
	struct fetch fetch = {engine, NULL};
	enum result result = host->event(host->context, change->ref, copy_event, &fetch, fault);
	if (result == RESULT_OK && fetch.event)
		result = arrivals_standing_changed(engine, fetch.event, change->stands, fault);
	arena_reset(engine->scratch);
	return result;
}

/* Thrown away when it has grown to more than is worth keeping; but not what one flush needed by itself. */
static void shrink(struct amendments *amendments)
{
	size_t count = amendment_graph_count(amendments->graph);
	if (amendments->fresh && count > amendments->kept / 2)
		amendments->kept = 2 * count;
	else if (count > amendments->kept)
		forget(amendments);
	else if (count)
		amendments->fresh = false;
}

/* Seldom: and without it a chain of withdrawals of withdrawals costs no history anything. */
static bool looks_at_withdrawals(const struct engine *engine)
{
	for (enum party_kind domain = PARTY_NONE; domain < DOMAINS; domain++)
		if (arrivals_concern(engine, domain, TYPE_ID_EVENT_WITHDRAWN))
			return true;
	return false;
}

enum result amendments_apply(struct engine *engine, struct fault *fault)
{
	struct amendments *amendments = engine->amendments;
	const struct amendment_change *changes;
	if (!amendments->arrived_count)
		return RESULT_OK;
	engine->order = (struct engine_order){.phase = ENGINE_AMENDED};
	size_t count = amendment_graph_settle(amendments->graph, &changes);
	enum result result = RESULT_OK;
	bool any_rule_looks = looks_at_withdrawals(engine);
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		result = engine->host.set_standing(engine->host.context, changes[i].ref, changes[i].stands, fault);
		if (result == RESULT_OK && (!changes[i].withdraws || any_rule_looks) &&
		    !*flag_of(&amendments->new, &amendments->new_room, changes[i].node))
			result = change_stored(engine, &changes[i], fault);
	}
	for (size_t i = 0; i < amendments->arrived_count && result == RESULT_OK; i++) {
		const struct arrived *arrived = &amendments->arrived[i];
		*flag_of(&amendments->new, &amendments->new_room, arrived->node) = false;
		if (amendment_graph_stands(amendments->graph, arrived->node))
			result = arrivals_take(engine, arrived->event, fault);
	}
	amendments->arrived_count = 0;
	shrink(amendments);
	return result;
}
