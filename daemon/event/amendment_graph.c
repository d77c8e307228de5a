/* amendment_graph: what arrives finds its place, and what follows from it is settled. */
#include "event/amendment_graph_internal.h"

static void take_withdraws(struct amendment_graph *graph, uint32_t at, uint32_t target)
{
	struct node *node = &graph->nodes[at], *group = &graph->nodes[amendment_group_of(graph, at)];
	node->target = target;
	graph->nodes[amendment_group_of(graph, target)].named++;
	if (group->naming == NONE)
		group->naming = at;
	else
		graph->nodes[group->last_naming].next_naming = at;
	group->last_naming = at;
	amendment_count_anew(graph, at);
}

void amendment_graph_arrive(struct amendment_graph *graph, amendment_node at, const struct amendment *amendment)
{
	struct node *node = &graph->nodes[at];
	if (node->ref)
		return;
	node->ref = amendment->ref;
	node->order = amendment->order;
	node->told = amendment->standing;
	if (amendment_holding_correction(graph, at) == NONE && !node->ended_by)
		amendment_comes_alive(graph, at, at);
	amendment_set_stands(graph, at, graph->nodes[at].stands); /* at least looked at */
	if (amendment->withdraws != NONE)
		take_withdraws(graph, at, amendment->withdraws);
	amendment_join_and_tie(graph, at, amendment->replaces);
	if (amendment->replaces != NONE)
		amendment_take_replaces(graph, at, amendment->replaces);
}

/* ---- what follows ---- */

/* The withdrawal stands, or no longer does: so what it names may stand by itself again, or no longer. */
static void count_withdrawal(struct amendment_graph *graph, uint32_t at)
{
	struct node *node = &graph->nodes[at];
	uint32_t target = node->target;
	bool counts = node->stands && amendment_group_of(graph, at) != amendment_group_of(graph, target);
	graph->steps++;
	if (counts == node->counted)
		return;
	node->counted = counts;
	struct node *named = &graph->nodes[target];
	bool before = amendment_stands_by_itself(named), leads_on = amendment_holding_correction(graph, target) != NONE;
	named->ended_by += counts ? 1 : (uint32_t)-1;
	bool after = amendment_stands_by_itself(named);
	if (before == after || leads_on)
		return;
	if (after)
		amendment_comes_alive(graph, target, target);
	else
		amendment_dies(graph, target, target, named->parent);
}

static uint32_t take_pending(struct amendment_graph *graph, uint32_t group)
{
	uint32_t at = graph->nodes[group].pending;
	if (at != NONE) {
		graph->nodes[group].pending = graph->nodes[at].next_pending;
		graph->nodes[at].waits = false;
	}
	return at;
}

/* Counts a withdrawal once nothing that could still end it waits, so that no part is gone through again and again:
 * first come the queued withdrawals that name one of its own tree, and before those the ones of theirs. Between groups
 * nothing goes round. */
static void count_after_others(struct amendment_graph *graph, uint32_t first)
{
	graph->stack_count = 0;
	amendment_note(&graph->stack, &graph->stack_count, &graph->stack_room, first);
	while (graph->stack_count) {
		uint32_t at = graph->stack[graph->stack_count - 1];
		uint32_t before = take_pending(graph, amendment_group_of(graph, at));
		graph->steps++;
		if (before != NONE) {
			amendment_note(&graph->stack, &graph->stack_count, &graph->stack_room, before);
			continue;
		}
		graph->stack_count--;
		if (graph->nodes[at].queued) { /* else it was counted on the way */
			graph->nodes[at].queued = false;
			count_withdrawal(graph, at);
		}
	}
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
		*(struct amendment_change *)mem_push((void **)&graph->changes, &graph->change_count,
		                                     &graph->change_room, sizeof *graph->changes) =
			(struct amendment_change){graph->changed[i], node->ref, node->stands, node->target != NONE};
	}
	graph->changed_count = 0;
	*changes = graph->changes;
	return graph->change_count;
}
