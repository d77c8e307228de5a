/* amendment_graph_internal: what the files of the amendment graph share. The names of events are nodes; what replaces
 * what makes trees; trees whose withdrawals name each other in a ring make a group. Internal to the amendment graph. */
#ifndef CASEWATCH_EVENT_AMENDMENT_GRAPH_INTERNAL_H
#define CASEWATCH_EVENT_AMENDMENT_GRAPH_INTERNAL_H

#include "base/heap.h"
#include "base/map.h"
#include "base/mem.h"
#include "event/amendment_graph.h"

#define NONE AMENDMENT_NONE

struct node {
	struct text source, id;
	uint64_t ref;           /* 0: named, but not yet here */
	instant order;
	uint32_t parent;        /* the node it replaces; NONE: it replaces nothing, or is the top of a ring */
	uint32_t target;        /* the node it withdraws */
	uint32_t tree;          /* towards the first of its tree (or ring): a union-find forest */
	uint32_t group;         /* the same of trees whose withdrawals name each other in a ring */
	uint32_t winner;        /* of the first of a tree: the one that stands; NONE */
	uint32_t ended_by;      /* standing withdrawals that count against it */
	/* Of the first of a group alone: */
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
	bool queued, waits;     /* to be counted anew; in the chain of its target's group */
	struct heap corrections; /* struct offer; those of them that are alive, and some that no longer are */
};

/* A correction as its parent's heap holds it. */
struct offer {
	instant order;
	struct text id;
	uint32_t node;
};

struct frame {
	uint32_t group, from; /* of the search for rings: where it is, and whence it came */
	uint32_t next, last; /* the withdrawals to follow next and last */
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

/* amendment_nodes.c: names, and which tree and group a node is of. */
uint32_t amendment_tree_of(struct amendment_graph *graph, uint32_t at);
uint32_t amendment_group_of(struct amendment_graph *graph, uint32_t at);
uint32_t amendment_join_groups(struct amendment_graph *graph, uint32_t a, uint32_t b); /* the first of both */
void amendment_note(uint32_t **items, size_t *count, size_t *room, uint32_t node);    /* appends */
/* The withdrawal `at` stands, or no longer, or another of its group does: whether it counts is looked at when all
 * settles. */
void amendment_count_anew(struct amendment_graph *graph, uint32_t at);

/* amendment_trees.c: which event of a tree stands. */
void amendment_set_stands(struct amendment_graph *graph, uint32_t at, bool stands);
bool amendment_stands_by_itself(const struct node *node);
/* The correction of it that holds and leads on; NONE: there is none. */
uint32_t amendment_holding_correction(struct amendment_graph *graph, uint32_t at);
/* From `at`, which did not, the way now leads to `winner`. */
void amendment_comes_alive(struct amendment_graph *graph, uint32_t at, uint32_t winner);
/* `at` led to `winner`, and now leads nowhere. */
void amendment_dies(struct amendment_graph *graph, uint32_t at, uint32_t winner, uint32_t parent);
/* `at`, which replaced nothing, replaces `parent`. */
void amendment_take_replaces(struct amendment_graph *graph, uint32_t at, uint32_t parent);

/* amendment_rings.c: withdrawals that hang together in a ring. */
/* The group of `at` becomes one with that of `other` (NONE: with none), and `at` may just have come to withdraw
 * something. */
void amendment_join_and_tie(struct amendment_graph *graph, uint32_t at, uint32_t other);

#endif
