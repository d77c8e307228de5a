/* amendments: corrections and withdrawals; of each event and its corrections, which one stands.
 *
 * Corrections of one event make a tree. Of several corrections of one event the latest recorded that still leads to a
 * standing one holds; an event stands when no correction of it does and no standing withdrawal names it. */
#include "engine/engine_internal.h"

#include "base/log.h"

#include <stdlib.h>

#define MOST_NODES 20000 /* of one graph of amendments; beyond, the rest is left as it is and said */
#define MOST_DEPTH 200

struct node {
	struct text source, id;
	struct text replaces, withdraws; /* empty: not */
	uint64_t ref;                    /* 0: named, but not yet here */
	instant order;
	bool standing, visiting, listed;
	struct event *event;             /* a copy, where ref is not 0 */
	size_t *amended_by;              /* nodes whose replaces or withdraws is this id */
	size_t amended_count;
};

struct amendment_graph {
	struct engine *engine;
	struct node *nodes;
	size_t count, room;
	const struct event *arriving;
};

static size_t find_node(const struct amendment_graph *graph, struct text source, struct text id)
{
	for (size_t i = 0; i < graph->count; i++)
		if (text_equal(graph->nodes[i].id, id) && text_equal(graph->nodes[i].source, source))
			return i;
	return SIZE_MAX;
}

static struct text kept(struct engine *engine, struct text text)
{
	return (struct text){arena_copy_text(engine->scratch, text.at, text.length), text.length};
}

static size_t get_node(struct amendment_graph *graph, struct text source, struct text id)
{
	size_t found = find_node(graph, source, id);
	if (found != SIZE_MAX)
		return found;
	struct node *node = mem_push((void **)&graph->nodes, &graph->count, &graph->room, sizeof *node);
	*node = (struct node){.source = kept(graph->engine, source), .id = kept(graph->engine, id)};
	return graph->count - 1;
}

static void fill_node(struct amendment_graph *graph, struct node *node, const struct event *event)
{
	struct engine *engine = graph->engine;
	node->ref = event->ref;
	node->order = event->recorded != INSTANT_NONE ? event->recorded : event->time;
	node->replaces = kept(engine, event->replaces);
	if (event->type == TYPE_ID_EVENT_WITHDRAWN)
		node->withdraws = kept(engine, event_string(event, engine->name_id));
	node->event = arena_alloc(engine->scratch, sizeof *node->event);
	event_copy(node->event, event, engine->scratch);
}

struct fetch {
	struct amendment_graph *graph;
	size_t node;
};

static enum result fetch_event(void *argument, const struct event *event, struct fault *fault)
{
	struct fetch *fetch = argument;
	(void)fault;
	fill_node(fetch->graph, &fetch->graph->nodes[fetch->node], event);
	return RESULT_OK;
}

struct refs {
	uint64_t *items;
	bool *standing;
	size_t count;
};

static enum result collect_record(void *argument, const struct engine_record *record, struct fault *fault)
{
	struct refs *refs = argument;
	(void)fault;
	refs->items = mem_grow(refs->items, refs->count + 1, sizeof *refs->items);
	refs->standing = mem_grow(refs->standing, refs->count + 1, sizeof *refs->standing);
	refs->items[refs->count] = record->ref;
	refs->standing[refs->count++] = record->standing;
	return RESULT_OK;
}

static void free_refs(struct refs *refs)
{
	free(refs->items);
	free(refs->standing);
	*refs = (struct refs){0};
}

static enum result load_self(struct amendment_graph *graph, size_t which, struct fault *fault)
{
	struct engine_host *host = &graph->engine->host;
	struct refs refs = {0};
	struct node *node = &graph->nodes[which];
	enum result result = host->record(host->context, node->source, node->id, collect_record, &refs, fault);
	if (result == RESULT_OK && refs.count) {
		node->standing = refs.standing[0];
		result = host->event(host->context, refs.items[0], fetch_event, &(struct fetch){graph, which}, fault);
	}
	free_refs(&refs);
	return result;
}

static enum result load_amended_by(struct amendment_graph *graph, size_t which, struct fault *fault)
{
	struct engine_host *host = &graph->engine->host;
	struct refs refs = {0};
	enum result result = host->amendments(host->context, graph->nodes[which].source, graph->nodes[which].id,
	                                      collect_record, &refs, fault);
	struct amendment_graph probe = {.engine = graph->engine};
	for (size_t i = 0; result == RESULT_OK && i < refs.count; i++) {
		probe.count = 0;
		(void)get_node(&probe, TEXT(""), TEXT(""));
		result = host->event(host->context, refs.items[i], fetch_event, &(struct fetch){&probe, 0}, fault);
		if (result != RESULT_OK || !probe.nodes[0].event)
			continue;
		size_t other = get_node(graph, probe.nodes[0].event->source, probe.nodes[0].event->id);
		struct node *node = &graph->nodes[which];
		node->amended_by = mem_grow(node->amended_by, node->amended_count + 1, sizeof *node->amended_by);
		node->amended_by[node->amended_count++] = other;
	}
	free(probe.nodes);
	free_refs(&refs);
	return result;
}

/* Everything that can be touched: amendments of each node, what each node amends, and so on. */
static enum result gather(struct amendment_graph *graph, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < graph->count && result == RESULT_OK; i++) {
		if (graph->count > MOST_NODES) {
			log_error("over %d corrections and withdrawals hang together; the rest is not looked at: "
			          "look for a source that corrects in a loop", MOST_NODES);
			break;
		}
		result = load_self(graph, i, fault);
		if (result == RESULT_OK)
			result = load_amended_by(graph, i, fault);
		struct text source = graph->nodes[i].source;
		if (graph->nodes[i].replaces.length)
			(void)get_node(graph, source, graph->nodes[i].replaces);
		if (graph->nodes[i].withdraws.length)
			(void)get_node(graph, source, graph->nodes[i].withdraws);
	}
	return result;
}

static size_t winner(struct amendment_graph *graph, size_t which, int depth);

/* The top of the tree of corrections that the event is in; in a ring, the member recorded first. */
static size_t root_of(const struct amendment_graph *graph, size_t which)
{
	size_t at = which, least = which;
	for (size_t steps = 0; steps <= graph->count; steps++) {
		const struct node *node = &graph->nodes[at];
		if (!node->ref || !node->replaces.length)
			return at;
		at = find_node(graph, node->source, node->replaces);
		if (at == SIZE_MAX)
			return which;
	}
	/* A ring: whoever enters it stays in it; go round once more for its earliest member. */
	least = at;
	for (size_t steps = 0; steps <= graph->count; steps++) {
		const struct node *a = &graph->nodes[at], *b = &graph->nodes[least];
		if (a->order < b->order || (a->order == b->order && text_order(a->id, b->id) < 0))
			least = at;
		at = find_node(graph, a->source, a->replaces);
	}
	return least;
}

static bool stands(struct amendment_graph *graph, size_t which, int depth)
{
	return winner(graph, root_of(graph, which), depth) == which;
}

static bool withdrawn(struct amendment_graph *graph, size_t which, int depth)
{
	const struct node *node = &graph->nodes[which];
	for (size_t i = 0; i < node->amended_count; i++) {
		size_t other = node->amended_by[i];
		if (text_equal(graph->nodes[other].withdraws, node->id) && graph->nodes[other].withdraws.length &&
		    !graph->nodes[other].visiting && stands(graph, other, depth + 1))
			return true;
	}
	return false;
}

static bool holds_before(const struct node *a, const struct node *b)
{
	return a->order != b->order ? a->order > b->order : text_order(a->id, b->id) > 0;
}

/* Which event of the tree under `which` stands; SIZE_MAX: none. */
static size_t winner(struct amendment_graph *graph, size_t which, int depth)
{
	struct node *node = &graph->nodes[which];
	if (depth > MOST_DEPTH || node->visiting)
		return SIZE_MAX;
	node->visiting = true;
	size_t best = SIZE_MAX, best_child = SIZE_MAX;
	for (size_t i = 0; i < node->amended_count; i++) {
		size_t child = node->amended_by[i];
		if (!text_equal(graph->nodes[child].replaces, node->id) || !graph->nodes[child].replaces.length)
			continue;
		size_t leads_to = winner(graph, child, depth + 1);
		if (leads_to == SIZE_MAX)
			continue;
		if (best_child == SIZE_MAX || holds_before(&graph->nodes[child], &graph->nodes[best_child])) {
			best = leads_to;
			best_child = child;
		}
	}
	if (best == SIZE_MAX && node->ref && !withdrawn(graph, which, depth))
		best = which;
	node->visiting = false;
	return best;
}

static enum result apply(struct amendment_graph *graph, bool *arriving_stands, struct fault *fault)
{
	struct engine_host *host = &graph->engine->host;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < graph->count && result == RESULT_OK; i++) {
		struct node *node = &graph->nodes[i];
		if (!node->ref)
			continue;
		bool now = stands(graph, i, 0);
		bool arriving = node->ref == graph->arriving->ref;
		if (arriving)
			*arriving_stands = now;
		if (now == node->standing)
			continue;
		result = host->set_standing(host->context, node->ref, now, fault);
		if (result == RESULT_OK && !arriving)
			result = engine_standing_changed(graph->engine, node->event, now, fault);
	}
	return result;
}

static enum result has_amendments(struct engine *engine, const struct event *event, bool *any, struct fault *fault)
{
	struct refs refs = {0};
	enum result result = engine->host.amendments(engine->host.context, event->source, event->id, collect_record, &refs,
	                                             fault);
	*any = refs.count > 0;
	free_refs(&refs);
	return result;
}

enum result amendments_accept(struct engine *engine, const struct event *event, bool *stands_now, struct fault *fault)
{
	bool any = event->replaces.length || event->type == TYPE_ID_EVENT_WITHDRAWN;
	enum result result = RESULT_OK;
	*stands_now = true;
	if (!any)
		result = has_amendments(engine, event, &any, fault);
	if (result != RESULT_OK || !any)
		return result;
	struct amendment_graph graph = {.engine = engine, .arriving = event};
	(void)get_node(&graph, event->source, event->id);
	result = gather(&graph, fault);
	if (result == RESULT_OK)
		result = apply(&graph, stands_now, fault);
	for (size_t i = 0; i < graph.count; i++)
		free(graph.nodes[i].amended_by);
	free(graph.nodes);
	arena_reset(engine->scratch);
	return result;
}
