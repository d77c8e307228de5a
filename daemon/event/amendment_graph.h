/* amendment_graph: which of the events that correct and withdraw one another stand (rules.md, "Corrections").
 *
 * An event may replace one other (of the same source), and an event.withdrawn names one that it withdraws. What
 * replaces what makes trees. Of a tree at most one event stands: from the top always on to the correction that holds
 * (the highest order, then the highest id) among those that lead to a standing one; an event itself stands where no
 * correction of it leads on and no standing withdrawal names it. Where events replace each other in a ring, the
 * earliest of them is taken as the top; withdrawals that hang together in a ring end nothing.
 *
 * The one rule: the answer depends on the events known, never on the order in which they came. An arrival costs a few
 * steps whatever the depth and width of what it joins; only a change of what stands costs a walk down the part that
 * leads on. Nothing recurses. Knows no host and no history: the engine asks it what stands now, a
 * message (message/as_told.h) what stood when people were told. */
#ifndef CASEWATCH_EVENT_AMENDMENT_GRAPH_H
#define CASEWATCH_EVENT_AMENDMENT_GRAPH_H

#include "base/clock.h"
#include "base/text.h"

struct amendment_graph;
typedef uint32_t amendment_node;
#define AMENDMENT_NONE UINT32_MAX

struct amendment_graph *amendment_graph_new(void);
void amendment_graph_free(struct amendment_graph *graph); /* NULL is fine */
void amendment_graph_clear(struct amendment_graph *graph);
size_t amendment_graph_count(const struct amendment_graph *graph);
size_t amendment_graph_bytes(const struct amendment_graph *graph);
/* Work done since it was made, in nodes looked at: what tests count in place of time. */
uint64_t amendment_graph_steps(const struct amendment_graph *graph);

/* The event of (source, id), found or made; made, it is a name that nobody has sent yet. Texts are copied. */
amendment_node amendment_graph_node(struct amendment_graph *graph, struct text source, struct text id);
amendment_node amendment_graph_find(const struct amendment_graph *graph, struct text source,
                                    struct text id); /* or NONE */
struct text amendment_graph_source(const struct amendment_graph *graph, amendment_node node);
struct text amendment_graph_id(const struct amendment_graph *graph, amendment_node node);

/* What arrived under a name. */
struct amendment {
	uint64_t ref;                      /* the host's handle, not 0 */
	instant order;                     /* recordedtime, else time */
	amendment_node replaces, withdraws; /* AMENDMENT_NONE: nothing; of the same source */
	bool standing;                     /* as the host has it now */
};
bool amendment_graph_has(const struct amendment_graph *graph, amendment_node node); /* it has arrived */
void amendment_graph_arrive(struct amendment_graph *graph, amendment_node node, const struct amendment *amendment);

/* Brings up to date what stands, and names each event of which the host has it otherwise; from then on the host is
 * taken to know. */
struct amendment_change {
	amendment_node node;
	uint64_t ref;
	bool stands;
	bool withdraws; /* it is a withdrawal */
};
size_t amendment_graph_settle(struct amendment_graph *graph,
                              const struct amendment_change **changes);                /* until the next call */
bool amendment_graph_stands(const struct amendment_graph *graph, amendment_node node); /* as of the last settling */

#endif
