/* amendment_rings: trees whose withdrawals name each other in a ring become one group, in which none of them counts. */
#include "event/amendment_graph_internal.h"

#include <stdlib.h>

struct found {
	uint32_t *groups;
	size_t count, room;
};

/* ---- rings of withdrawals ---- */

static void enter(struct amendment_graph *graph, uint32_t group, uint32_t from, uint32_t first, uint32_t last)
{
	graph->nodes[group].visited = graph->searches;
	graph->nodes[group].leads_back = false;
	*(struct frame *)mem_push((void **)&graph->frames, &graph->frame_count, &graph->frame_room,
	                          sizeof(struct frame)) = (struct frame){group, from, first, last};
}

/* The next withdrawal to follow; NONE: all were. */
static uint32_t take_next(const struct amendment_graph *graph, struct frame *frame)
{
	uint32_t naming = frame->next;
	if (naming != NONE)
		frame->next = naming == frame->last ? NONE : graph->nodes[naming].next_naming;
	return naming;
}

/* Which groups lead back to `start` by what their withdrawals name, beginning with `first` to `last` of its own. But
 * for what goes through start, nothing is in a ring yet. */
static void search_back(struct amendment_graph *graph, uint32_t start, uint32_t first, uint32_t last,
                        struct found *found)
{
	graph->searches++;
	graph->frame_count = 0;
	enter(graph, start, NONE, first, last);
	while (graph->frame_count) {
		struct frame *frame = &graph->frames[graph->frame_count - 1];
		uint32_t here = frame->group, naming = take_next(graph, frame);
		graph->steps++;
		if (naming == NONE) {
			if (here != start && graph->nodes[here].leads_back) {
				graph->nodes[frame->from].leads_back = true;
				amendment_note(&found->groups, &found->count, &found->room, here);
			}
			graph->frame_count--;
			continue;
		}
		uint32_t there = amendment_group_of(graph, graph->nodes[naming].target);
		if (there == here)
			continue;
		if (there == start ||
		    (graph->nodes[there].visited == graph->searches && graph->nodes[there].leads_back))
			graph->nodes[here].leads_back = true;
		else if (graph->nodes[there].visited != graph->searches)
			enter(graph, there, here, graph->nodes[there].naming, graph->nodes[there].last_naming);
	}
}

static void count_chain_anew(struct amendment_graph *graph, uint32_t naming, uint32_t last)
{
	for (; naming != NONE; naming = naming == last ? NONE : graph->nodes[naming].next_naming, graph->steps++)
		amendment_count_anew(graph, naming);
}

/* What hangs together in a ring with `group` becomes one with it: within a group no withdrawal counts. */
static void tie_rings(struct amendment_graph *graph, uint32_t group, uint32_t first, uint32_t last)
{
	struct found found = {0};
	if (first == NONE || !graph->nodes[group].named)
		return;
	search_back(graph, group, first, last, &found);
	for (size_t i = 0; i < found.count; i++)
		group = amendment_join_groups(graph, group, found.groups[i]);
	if (found.count)
		count_chain_anew(graph, graph->nodes[group].naming, NONE);
	free(found.groups);
}

/* The tree of `at` becomes one with that of `other` (NONE: with none), and `at` may just have come to withdraw
 * something. Only what is new can close a ring: its own withdrawal; a way from the one tree to the other and, so, to
 * itself. */
void amendment_join_and_tie(struct amendment_graph *graph, uint32_t at, uint32_t other)
{
	uint32_t own = amendment_group_of(graph, at), its = other == NONE ? own : amendment_group_of(graph, other);
	struct node *a = &graph->nodes[own], *b = &graph->nodes[its];
	bool from_it = own != its && a->named && b->naming != NONE, to_it = own != its && b->named && a->naming != NONE;
	bool withdraws = graph->nodes[at].target != NONE; /* then it is the last of its group's */
	uint32_t first = to_it ? a->naming : withdraws ? at : from_it ? b->naming : NONE;
	uint32_t last = from_it ? b->last_naming : a->last_naming;
	uint32_t own_last = a->last_naming;
	uint32_t group = amendment_join_groups(graph, own, its); /* own withdrawals come first in its chain */
	if (to_it)
		count_chain_anew(graph, a->naming, own_last);
	if (from_it)
		count_chain_anew(graph, b->naming, b->last_naming);
	tie_rings(graph, group, first, last);
}
