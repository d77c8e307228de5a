/* amendment_graph: trees of corrections, kept so that an arrival touches little. */
#include "engine/amendment_graph.h"

#include "base/heap.h"
#include "base/map.h"
#include "base/mem.h"

#include <stdlib.h>

#define NONE AMENDMENT_NONE

struct node {
	struct text source, id;
	uint64_t ref;           /* 0: named, but not yet here */
	instant order;
	uint32_t parent;        /* the node it replaces; NONE: it replaces nothing, or is the top of a ring */
	uint32_t target;        /* the node it withdraws */
	uint32_t tree;          /* towards the first of its tree (or ring): a union-find forest */
	uint32_t knot;          /* the same of trees whose withdrawals name each other in a ring */
	uint32_t winner;        /* of the first of a tree: the one that stands; NONE */
	uint32_t ended_by;      /* standing withdrawals that count against it */
	/* Of the first of a knot alone: */
	uint32_t naming, last_naming;   /* its withdrawals: a chain by next_naming */
	uint32_t pending, last_pending; /* the queued withdrawals that name one of it: a chain by next_pending */
	uint32_t named;         /* how many withdrawals name one of it */

	uint32_t next_naming, next_pending;
	uint64_t visited;       /* by the search with this number */
	bool leads_back;        /* to where that search began */
	bool alive;             /* it or a correction of it could stand */
	bool stands, told;      /* told: as the host has it */
	bool counted;           /* in its target's ended_by */
	bool offered;           /* in its parent's heap */
	bool listed;            /* in `changed` */
	bool queued, waits;     /* to be counted anew; in the chain of its target's knot */
	struct heap corrections; /* struct offer; those of them that are alive, and some that no longer are */
};

/* A correction as its parent's heap holds it. */
struct offer {
	instant order;
	struct text id;
	uint32_t node;
};

struct frame {
	uint32_t knot, from; /* of the search for rings: where it is, and whence it came */
	uint32_t next, last; /* the withdrawals to follow next and last */
};

struct found {
	uint32_t *knots;
	size_t count, room;
};

struct amendment_graph {
	struct node *nodes;
	size_t count, room;
	struct map by_name;
	struct arena *texts;
	struct text source;     /* the last one kept: most events share it */
	uint32_t *changed;      /* nodes whose standing may not be what the host has */
	size_t changed_count, changed_room;
	uint32_t *queue;        /* withdrawals to be counted anew */
	size_t queue_count, queue_room;
	uint32_t *stack;        /* of them, those that wait for what they depend on */
	size_t stack_count, stack_room;
	struct amendment_change *changes;
	size_t change_count, change_room;
	struct frame *frames;
	size_t frame_count, frame_room;
	uint64_t searches, steps, seed;
};

static bool holds_before(const void *one, const void *other)
{
	const struct offer *a = one, *b = other;
	return a->order != b->order ? a->order > b->order : text_order(a->id, b->id) > 0;
}

/* ---- names ---- */

struct amendment_graph *amendment_graph_new(void)
{
	struct amendment_graph *graph = MEM_NEW(struct amendment_graph);
	graph->texts = arena_new(4096);
	graph->seed = hash_seed();
	return graph;
}

void amendment_graph_clear(struct amendment_graph *graph)
{
	for (size_t i = 0; i < graph->count; i++)
		heap_free(&graph->nodes[i].corrections);
	graph->count = graph->changed_count = graph->queue_count = graph->change_count = 0;
	graph->source = TEXT_NONE;
	map_free(&graph->by_name);
	arena_reset(graph->texts);
}

void amendment_graph_free(struct amendment_graph *graph)
{
	if (!graph)
		return;
	amendment_graph_clear(graph);
	arena_free(graph->texts);
	free(graph->nodes);
	free(graph->changed);
	free(graph->queue);
	free(graph->stack);
	free(graph->changes);
	free(graph->frames);
	free(graph);
}

size_t amendment_graph_count(const struct amendment_graph *graph)
{
	return graph->count;
}

size_t amendment_graph_bytes(const struct amendment_graph *graph)
{
	return graph->room * sizeof *graph->nodes + map_bytes(&graph->by_name) + arena_bytes(graph->texts);
}

uint64_t amendment_graph_steps(const struct amendment_graph *graph)
{
	return graph->steps;
}

static uint64_t hash_of(const struct amendment_graph *graph, struct text source, struct text id)
{
	return text_hash(id, text_hash(source, graph->seed));
}

static uint32_t find_hashed(const struct amendment_graph *graph, struct text source, struct text id, uint64_t hash)
{
	struct map_walk walk = map_walk(&graph->by_name, hash);
	uint32_t found;
	while ((found = map_next(&walk)) != MAP_NONE &&
	       !(text_equal(graph->nodes[found].id, id) && text_equal(graph->nodes[found].source, source)))
		;
	return found;
}

amendment_node amendment_graph_find(const struct amendment_graph *graph, struct text source, struct text id)
{
	return find_hashed(graph, source, id, hash_of(graph, source, id));
}

static struct text keep(struct amendment_graph *graph, struct text text)
{
	return (struct text){arena_copy_text(graph->texts, text.at, text.length), text.length};
}

amendment_node amendment_graph_node(struct amendment_graph *graph, struct text source, struct text id)
{
	uint64_t hash = hash_of(graph, source, id);
	uint32_t number = find_hashed(graph, source, id, hash);
	if (number != NONE)
		return number;
	number = (uint32_t)graph->count;
	struct node *node = mem_push((void **)&graph->nodes, &graph->count, &graph->room, sizeof *node);
	if (!graph->source.at || !text_equal(graph->source, source))
		graph->source = keep(graph, source);
	*node = (struct node){.source = graph->source, .id = keep(graph, id), .parent = NONE, .target = NONE,
	                      .tree = number, .knot = number, .winner = NONE,
	                      .naming = NONE, .last_naming = NONE, .next_naming = NONE, .pending = NONE, .last_pending = NONE, .next_pending = NONE,
	                      .corrections = HEAP_OF(struct offer, holds_before)};
	map_add(&graph->by_name, hash, number);
	return number;
}

struct text amendment_graph_source(const struct amendment_graph *graph, amendment_node node)
{
	return graph->nodes[node].source;
}

struct text amendment_graph_id(const struct amendment_graph *graph, amendment_node node)
{
	return graph->nodes[node].id;
}

bool amendment_graph_has(const struct amendment_graph *graph, amendment_node node)
{
	return graph->nodes[node].ref != 0;
}

bool amendment_graph_stands(const struct amendment_graph *graph, amendment_node node)
{
	return graph->nodes[node].stands;
}

/* ---- union-find: which tree, which knot; paths are halved on the way ---- */

static uint32_t tree_of(struct amendment_graph *graph, uint32_t at)
{
	for (; graph->nodes[at].tree != at; at = graph->nodes[at].tree, graph->steps++)
		graph->nodes[at].tree = graph->nodes[graph->nodes[at].tree].tree;
	return at;
}

static uint32_t knot_of(struct amendment_graph *graph, uint32_t at)
{
	for (; graph->nodes[at].knot != at; at = graph->nodes[at].knot, graph->steps++)
		graph->nodes[at].knot = graph->nodes[graph->nodes[at].knot].knot;
	return at;
}

static void note(uint32_t **items, size_t *count, size_t *room, uint32_t node)
{
	*(uint32_t *)mem_push((void **)items, count, room, sizeof node) = node;
}

static void count_anew(struct amendment_graph *graph, uint32_t at)
{
	struct node *node = &graph->nodes[at];
	if (node->target == NONE || node->queued)
		return;
	node->queued = true;
	note(&graph->queue, &graph->queue_count, &graph->queue_room, at);
	if (node->waits)
		return;
	struct node *knot = &graph->nodes[knot_of(graph, node->target)];
	node->waits = true;
	node->next_pending = NONE;
	if (knot->pending == NONE)
		knot->pending = at;
	else
		graph->nodes[knot->last_pending].next_pending = at;
	knot->last_pending = at;
}

static uint32_t join_knots(struct amendment_graph *graph, uint32_t a, uint32_t b)
{
	a = knot_of(graph, a);
	b = knot_of(graph, b);
	if (a == b)
		return a;
	struct node *into = &graph->nodes[a], *from = &graph->nodes[b];
	from->knot = a;
	into->named += from->named;
	if (into->naming == NONE)
		into->naming = from->naming;
	else
		graph->nodes[into->last_naming].next_naming = from->naming;
	if (from->naming != NONE)
		into->last_naming = from->last_naming;
	if (into->pending == NONE)
		into->pending = from->pending;
	else
		graph->nodes[into->last_pending].next_pending = from->pending;
	if (from->pending != NONE)
		into->last_pending = from->last_pending;
	return a;
}

/* ---- which event of a tree stands ---- */

static void set_stands(struct amendment_graph *graph, uint32_t at, bool stands)
{
	struct node *node = &graph->nodes[at];
	uint32_t *winner = &graph->nodes[tree_of(graph, at)].winner;
	*winner = stands ? at : *winner == at ? NONE : *winner;
	node->stands = stands;
	count_anew(graph, at);
	if (node->listed)
		return;
	node->listed = true;
	note(&graph->changed, &graph->changed_count, &graph->changed_room, at);
}

static bool stands_by_itself(const struct node *node)
{
	return node->ref && !node->ended_by;
}

/* The correction of it that holds and leads on; NONE: there is none. */
static uint32_t holding_correction(struct amendment_graph *graph, uint32_t at)
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
	uint32_t correction = holding_correction(graph, at);
	graph->steps++;
	return correction != NONE ? correction : stands_by_itself(&graph->nodes[at]) ? at : NONE;
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
	set_stands(graph, from, false);
	set_stands(graph, to, true);
}

static void offer(struct amendment_graph *graph, uint32_t at)
{
	struct node *node = &graph->nodes[at];
	if (node->offered)
		return;
	node->offered = true;
	heap_push(&graph->nodes[node->parent].corrections, &(struct offer){node->order, node->id, at});
}

/* From `at`, which did not, the way now leads to `winner`: so up the tree, until another correction holds or another stood. */
static void comes_alive(struct amendment_graph *graph, uint32_t at, uint32_t winner)
{
	for (;;) {
		uint32_t parent = graph->nodes[at].parent;
		uint32_t before = parent != NONE ? leads_to(graph, parent) : NONE; /* while `at` still leads nowhere */
		graph->nodes[at].alive = true;
		if (parent == NONE) {
			set_stands(graph, winner, true);
			return;
		}
		offer(graph, at);
		if (holding_correction(graph, parent) != at)
			return;
		if (before != NONE) {
			hand_over(graph, before == parent ? parent : winner_under(graph, before), winner);
			return;
		}
		at = parent;
	}
}

/* `at` led to `winner`, and now leads nowhere (or is no correction of its parent any more): so up the tree. */
static void dies(struct amendment_graph *graph, uint32_t at, uint32_t winner, uint32_t parent)
{
	while (parent != NONE) {
		bool held = holding_correction(graph, parent) == at;
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
	set_stands(graph, winner, false);
}

/* ---- what arrives ---- */

/* `winner` stood at the top of which `at` was; NONE where it leads nowhere. */
static void attach(struct amendment_graph *graph, uint32_t at, uint32_t parent, uint32_t winner)
{
	graph->nodes[at].parent = parent;
	if (winner == NONE)
		return;
	set_stands(graph, winner, false);
	comes_alive(graph, at, winner);
}

static void detach(struct amendment_graph *graph, uint32_t at)
{
	struct node *node = &graph->nodes[at];
	if (node->alive) {
		uint32_t winner = winner_under(graph, at);
		dies(graph, at, winner, node->parent);
		node->alive = true;
		set_stands(graph, winner, true);
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

static void take_replaces(struct amendment_graph *graph, uint32_t at, uint32_t parent)
{
	uint32_t tree = tree_of(graph, at), other = tree_of(graph, parent);
	if (tree == other) {
		close_circle(graph, at, parent);
		return;
	}
	uint32_t winner = graph->nodes[tree].winner;
	graph->nodes[tree].tree = other;
	attach(graph, at, parent, winner);
}

static void take_withdraws(struct amendment_graph *graph, uint32_t at, uint32_t target)
{
	struct node *node = &graph->nodes[at], *knot = &graph->nodes[knot_of(graph, at)];
	node->target = target;
	graph->nodes[knot_of(graph, target)].named++;
	if (knot->naming == NONE)
		knot->naming = at;
	else
		graph->nodes[knot->last_naming].next_naming = at;
	knot->last_naming = at;
	count_anew(graph, at);
}

/* ---- rings of withdrawals ---- */

static void enter(struct amendment_graph *graph, uint32_t knot, uint32_t from, uint32_t first, uint32_t last)
{
	graph->nodes[knot].visited = graph->searches;
	graph->nodes[knot].leads_back = false;
	*(struct frame *)mem_push((void **)&graph->frames, &graph->frame_count, &graph->frame_room, sizeof(struct frame)) =
	        (struct frame){knot, from, first, last};
}

/* The next withdrawal to follow; NONE: all were. */
static uint32_t take_next(const struct amendment_graph *graph, struct frame *frame)
{
	uint32_t naming = frame->next;
	if (naming != NONE)
		frame->next = naming == frame->last ? NONE : graph->nodes[naming].next_naming;
	return naming;
}

/* Which knots lead back to `start` by what their withdrawals name, beginning with `first` to `last` of its own. But for what
 * goes through start, nothing is in a ring yet. */
static void search_back(struct amendment_graph *graph, uint32_t start, uint32_t first, uint32_t last, struct found *found)
{
	graph->searches++;
	graph->frame_count = 0;
	enter(graph, start, NONE, first, last);
	while (graph->frame_count) {
		struct frame *frame = &graph->frames[graph->frame_count - 1];
		uint32_t here = frame->knot, naming = take_next(graph, frame);
		graph->steps++;
		if (naming == NONE) {
			if (here != start && graph->nodes[here].leads_back) {
				graph->nodes[frame->from].leads_back = true;
				note(&found->knots, &found->count, &found->room, here);
			}
			graph->frame_count--;
			continue;
		}
		uint32_t there = knot_of(graph, graph->nodes[naming].target);
		if (there == here)
			continue;
		if (there == start || (graph->nodes[there].visited == graph->searches && graph->nodes[there].leads_back))
			graph->nodes[here].leads_back = true;
		else if (graph->nodes[there].visited != graph->searches)
			enter(graph, there, here, graph->nodes[there].naming, graph->nodes[there].last_naming);
	}
}

static void count_chain_anew(struct amendment_graph *graph, uint32_t naming, uint32_t last)
{
	for (; naming != NONE; naming = naming == last ? NONE : graph->nodes[naming].next_naming, graph->steps++)
		count_anew(graph, naming);
}

/* What hangs together in a ring with `knot` becomes one with it: within a knot no withdrawal counts. */
static void tie_rings(struct amendment_graph *graph, uint32_t knot, uint32_t first, uint32_t last)
{
	struct found found = {0};
	if (first == NONE || !graph->nodes[knot].named)
		return;
	search_back(graph, knot, first, last, &found);
	for (size_t i = 0; i < found.count; i++)
		knot = join_knots(graph, knot, found.knots[i]);
	if (found.count)
		count_chain_anew(graph, graph->nodes[knot].naming, NONE);
	free(found.knots);
}

/* The tree of `at` becomes one with that of `other` (NONE: with none), and `at` may just have come to withdraw something. Only
 * what is new can close a ring: its own withdrawal; a way from the one tree to the other and, so, to itself. */
static void join_and_tie(struct amendment_graph *graph, uint32_t at, uint32_t other)
{
	uint32_t own = knot_of(graph, at), its = other == NONE ? own : knot_of(graph, other);
	struct node *a = &graph->nodes[own], *b = &graph->nodes[its];
	bool from_it = own != its && a->named && b->naming != NONE, to_it = own != its && b->named && a->naming != NONE;
	bool withdraws = graph->nodes[at].target != NONE; /* then it is the last of its knot's */
	uint32_t first = to_it ? a->naming : withdraws ? at : from_it ? b->naming : NONE;
	uint32_t last = from_it ? b->last_naming : a->last_naming;
	uint32_t own_last = a->last_naming;
	uint32_t knot = join_knots(graph, own, its); /* own withdrawals come first in its chain */
	if (to_it)
		count_chain_anew(graph, a->naming, own_last);
	if (from_it)
		count_chain_anew(graph, b->naming, b->last_naming);
	tie_rings(graph, knot, first, last);
}

void amendment_graph_arrive(struct amendment_graph *graph, amendment_node at, const struct amendment *amendment)
{
	struct node *node = &graph->nodes[at];
	if (node->ref)
		return;
	node->ref = amendment->ref;
	node->order = amendment->order;
	node->told = amendment->standing;
	if (holding_correction(graph, at) == NONE && !node->ended_by)
		comes_alive(graph, at, at);
	set_stands(graph, at, graph->nodes[at].stands); /* at least looked at */
	if (amendment->withdraws != NONE)
		take_withdraws(graph, at, amendment->withdraws);
	join_and_tie(graph, at, amendment->replaces);
	if (amendment->replaces != NONE)
		take_replaces(graph, at, amendment->replaces);
}

/* ---- what follows ---- */

/* The withdrawal stands, or no longer does: so what it names may stand by itself again, or no longer. */
static void count_withdrawal(struct amendment_graph *graph, uint32_t at)
{
	struct node *node = &graph->nodes[at];
	uint32_t target = node->target;
	bool counts = node->stands && knot_of(graph, at) != knot_of(graph, target);
	graph->steps++;
	if (counts == node->counted)
		return;
	node->counted = counts;
	struct node *named = &graph->nodes[target];
	bool before = stands_by_itself(named), leads_on = holding_correction(graph, target) != NONE;
	named->ended_by += counts ? 1 : (uint32_t)-1;
	bool after = stands_by_itself(named);
	if (before == after || leads_on)
		return;
	if (after)
		comes_alive(graph, target, target);
	else
		dies(graph, target, target, named->parent);
}

static uint32_t take_pending(struct amendment_graph *graph, uint32_t knot)
{
	uint32_t at = graph->nodes[knot].pending;
	if (at != NONE) {
		graph->nodes[knot].pending = graph->nodes[at].next_pending;
		graph->nodes[at].waits = false;
	}
	return at;
}

/* Counts a withdrawal once nothing that could still end it waits, so that no part is gone through again and again: first come
 * the queued withdrawals that name one of its own tree, and before those the ones of theirs. Between knots nothing goes round. */
static void count_after_others(struct amendment_graph *graph, uint32_t first)
{
	graph->stack_count = 0;
	note(&graph->stack, &graph->stack_count, &graph->stack_room, first);
	while (graph->stack_count) {
		uint32_t at = graph->stack[graph->stack_count - 1];
		uint32_t before = take_pending(graph, knot_of(graph, at));
		graph->steps++;
		if (before != NONE) {
			note(&graph->stack, &graph->stack_count, &graph->stack_room, before);
			continue;
		}
		graph->stack_count--;
		if (graph->nodes[at].queued) { /* else it was counted on the way */
			graph->nodes[at].queued = false;
			count_withdrawal(graph, at);
		}
	}
}

static int by_node(const void *one, const void *other)
{
	const struct amendment_change *a = one, *b = other;
	return (a->node > b->node) - (a->node < b->node);
}

size_t amendment_graph_settle(struct amendment_graph *graph, const struct amendment_change **changes)
{
	for (size_t i = 0; i < graph->queue_count; i++)
		if (graph->nodes[graph->queue[i]].queued)
			count_after_others(graph, graph->queue[i]);
	graph->queue_count = graph->change_count = 0;
	for (size_t i = 0; i < graph->changed_count; i++) {
		struct node *node = &graph->nodes[graph->changed[i]];
		node->listed = false;
		graph->steps++;
		if (!node->ref || node->stands == node->told)
			continue;
		node->told = node->stands;
		*(struct amendment_change *)mem_push((void **)&graph->changes, &graph->change_count, &graph->change_room,
		                                     sizeof *graph->changes) =
		        (struct amendment_change){graph->changed[i], node->ref, node->stands};
	}
	graph->changed_count = 0;
	if (graph->change_count > 1)
		qsort(graph->changes, graph->change_count, sizeof *graph->changes, by_node);
	*changes = graph->changes;
	return graph->change_count;
}
