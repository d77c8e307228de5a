/* amendment_trees: of an event and its corrections, which one stands; kept so that an arrival touches little. */
#include "event/amendment_graph_internal.h"

/* ---- which event of a tree stands ---- */

void amendment_set_stands(struct amendment_graph *graph, uint32_t at, bool stands)
{
	struct node *node = &graph->nodes[at];
	uint32_t *winner = &graph->nodes[amendment_tree_of(graph, at)].winner;
	*winner = stands ? at : *winner == at ? NONE : *winner;
	node->stands = stands;
	amendment_count_anew(graph, at);
	if (node->listed)
		return;
	node->listed = true;
	amendment_note(&graph->changed, &graph->changed_count, &graph->changed_room, at);
}

bool amendment_stands_by_itself(const struct node *node)
{
	return node->ref && !node->ended_by;
}

/* The correction of it that holds and leads on; NONE: there is none. */
uint32_t amendment_holding_correction(struct amendment_graph *graph, uint32_t at)
{
	struct node *node = &graph->nodes[at];
	for (const struct offer *offer; (offer = heap_top(&node->corrections)); graph->steps++) {
		struct node *correction = &graph->nodes[offer->node];
		if (correction->alive && correction->parent == at)
			return offer->node;
		if (correction->parent == at)
			correction->offered = false;
		heap_pop(&node->corrections);
	}
	return NONE;
}

/* Where the way goes on from here: to a correction, to the event itself, or nowhere. */
static uint32_t leads_to(struct amendment_graph *graph, uint32_t at)
{
	uint32_t correction = amendment_holding_correction(graph, at);
	graph->steps++;
	return correction != NONE ? correction : amendment_stands_by_itself(&graph->nodes[at]) ? at : NONE;
}

static uint32_t winner_under(struct amendment_graph *graph, uint32_t at)
{
	for (uint32_t next; (next = leads_to(graph, at)) != at; at = next)
		;
	return at;
}

static void hand_over(struct amendment_graph *graph, uint32_t from, uint32_t to)
{
	if (!graph->nodes[from].stands)
		return; /* this part of the tree does not lead on from the top */
	amendment_set_stands(graph, from, false);
	amendment_set_stands(graph, to, true);
}

static void offer(struct amendment_graph *graph, uint32_t at)
{
	struct node *node = &graph->nodes[at];
	if (node->offered)
		return;
	node->offered = true;
	heap_push(&graph->nodes[node->parent].corrections, &(struct offer){node->order, node->id, at});
}

/* From `at`, which did not, the way now leads to `winner`: so up the tree, until another correction holds or another
 * stood. */
void amendment_comes_alive(struct amendment_graph *graph, uint32_t at, uint32_t winner)
{
	for (;;) {
		uint32_t parent = graph->nodes[at].parent;
		uint32_t before = parent != NONE ? leads_to(graph, parent) : NONE; /* while `at` still leads nowhere */
		graph->nodes[at].alive = true;
		if (parent == NONE) {
			amendment_set_stands(graph, winner, true);
			return;
		}
		offer(graph, at);
		if (amendment_holding_correction(graph, parent) != at)
			return;
		if (before != NONE) {
			hand_over(graph, before == parent ? parent : winner_under(graph, before), winner);
			return;
		}
		at = parent;
	}
}

/* `at` led to `winner`, and now leads nowhere (or is no correction of its parent any more): so up the tree. */
void amendment_dies(struct amendment_graph *graph, uint32_t at, uint32_t winner, uint32_t parent)
{
	while (parent != NONE) {
		bool held = amendment_holding_correction(graph, parent) == at;
		graph->nodes[at].alive = false;
		if (!held)
			return;
		uint32_t next = leads_to(graph, parent);
		if (next != NONE) {
			hand_over(graph, winner, next == parent ? parent : winner_under(graph, next));
			return;
		}
		at = parent;
		parent = graph->nodes[at].parent;
	}
	graph->nodes[at].alive = false;
	amendment_set_stands(graph, winner, false);
}

/* ---- what arrives ---- */

/* `winner` stood at the top of which `at` was; NONE where it leads nowhere. */
static void attach(struct amendment_graph *graph, uint32_t at, uint32_t parent, uint32_t winner)
{
	graph->nodes[at].parent = parent;
	if (winner == NONE)
		return;
	amendment_set_stands(graph, winner, false);
	amendment_comes_alive(graph, at, winner);
}

static void detach(struct amendment_graph *graph, uint32_t at)
{
	struct node *node = &graph->nodes[at];
	if (node->alive) {
		uint32_t winner = winner_under(graph, at);
		amendment_dies(graph, at, winner, node->parent);
		node->alive = true;
		amendment_set_stands(graph, winner, true);
	}
	node->parent = NONE;
	node->offered = false;
}

static bool earlier(const struct node *a, const struct node *b)
{
	return a->order != b->order ? a->order < b->order : text_order(a->id, b->id) < 0;
}

/* `at` closes a ring by replacing `parent`: the member recorded first becomes the top. Once a tree. */
static void close_circle(struct amendment_graph *graph, uint32_t at, uint32_t parent)
{
	uint32_t first = at;
	for (uint32_t member = parent; member != at; member = graph->nodes[member].parent, graph->steps++)
		if (earlier(&graph->nodes[member], &graph->nodes[first]))
			first = member;
	if (first == at)
		return;
	detach(graph, first);
	attach(graph, at, parent, graph->nodes[at].alive ? winner_under(graph, at) : NONE);
}

void amendment_take_replaces(struct amendment_graph *graph, uint32_t at, uint32_t parent)
{
	uint32_t tree = amendment_tree_of(graph, at), other = amendment_tree_of(graph, parent);
	if (tree == other) {
		close_circle(graph, at, parent);
		return;
	}
	uint32_t winner = graph->nodes[tree].winner;
	graph->nodes[tree].tree = other;
	attach(graph, at, parent, winner);
}
