/* amendment_nodes: the events of the graph by name, and the union-find forests that say which hang together. */
#include "event/amendment_graph_internal.h"

#include <stdlib.h>

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

static struct text keep_text(struct amendment_graph *graph, struct text text)
{
	return text_keep(graph->texts, text);
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
		graph->source = keep_text(graph, source);
	*node = (struct node){.source = graph->source,
	                      .id = keep_text(graph, id),
	                      .parent = NONE,
	                      .target = NONE,
	                      .tree = number,
	                      .group = number,
	                      .winner = NONE,
	                      .naming = NONE,
	                      .last_naming = NONE,
	                      .next_naming = NONE,
	                      .pending = NONE,
	                      .last_pending = NONE,
	                      .next_pending = NONE,
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

/* ---- union-find: which tree, which group; paths are halved on the way ---- */

uint32_t amendment_tree_of(struct amendment_graph *graph, uint32_t at)
{
	for (; graph->nodes[at].tree != at; at = graph->nodes[at].tree, graph->steps++)
		graph->nodes[at].tree = graph->nodes[graph->nodes[at].tree].tree;
	return at;
}

uint32_t amendment_group_of(struct amendment_graph *graph, uint32_t at)
{
	for (; graph->nodes[at].group != at; at = graph->nodes[at].group, graph->steps++)
		graph->nodes[at].group = graph->nodes[graph->nodes[at].group].group;
	return at;
}

void amendment_note(uint32_t **items, size_t *count, size_t *room, uint32_t node)
{
	*(uint32_t *)mem_push((void **)items, count, room, sizeof node) = node;
}

void amendment_count_anew(struct amendment_graph *graph, uint32_t at)
{
	struct node *node = &graph->nodes[at];
	if (node->target == NONE || node->queued)
		return;
	node->queued = true;
	amendment_note(&graph->queue, &graph->queue_count, &graph->queue_room, at);
	if (node->waits)
		return;
	struct node *group = &graph->nodes[amendment_group_of(graph, node->target)];
	node->waits = true;
	node->next_pending = NONE;
	if (group->pending == NONE)
		group->pending = at;
	else
		graph->nodes[group->last_pending].next_pending = at;
	group->last_pending = at;
}

uint32_t amendment_join_groups(struct amendment_graph *graph, uint32_t a, uint32_t b)
{
	a = amendment_group_of(graph, a);
	b = amendment_group_of(graph, b);
	if (a == b)
		return a;
	struct node *into = &graph->nodes[a], *from = &graph->nodes[b];
	from->group = a;
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
