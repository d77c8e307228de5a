/* board: what the signed-in pages read: standing alerts in the board's order with the facts of their children, whose
 * team a child is of, and who was told.
 *
 * The one rule: no call reads more than a bounded number of rows, whatever stands or was ever sent; what is beyond is
 * counted as beyond, so that the page can say so. The children's facts come from the registers, which may be some
 * events behind: who may have become restricted since is asked for apart (board_doubtful). Reads only. */
#ifndef CASEWATCH_STORE_ALERTS_BOARD_H
#define CASEWATCH_STORE_ALERTS_BOARD_H

#include "store/alerts/alerts.h"

#define BOARD_ALERTS_MOST 20000 /* standing alerts one page goes through: twice the storm it is made for, 50 ms */

struct board_alert {
	int64_t number;
	struct text id, rule, subject;
	civil_day rule_from; /* the version of the rule it is of */
	enum party_kind domain;
	enum severity severity;
	enum alert_state state;
	instant opened, closed, told, next; /* next: INSTANT_NEVER: nothing follows */
	struct text reason, because;
	int step;
	bool acknowledged, spent;
	instant review_at;    /* INSTANT_NONE: not answered */
	uint64_t answer;      /* the event that answered it (events_by_ref); 0: none */
	bool known;           /* the child is in the register: what follows is as it says */
	struct text initials; /* empty: not recorded */
	struct text born;     /* YYYY-MM-DD; empty: not recorded */
	bool restricted;
};
/* *more false ends the visit. */
typedef enum result board_visit(void *argument, const struct board_alert *alert, bool *more, struct fault *fault);

enum board_order {
	BOARD_URGENT, /* unanswered first, then by severity, then by when the next step falls */
	BOARD_OLDEST, /* unanswered first, then by when they opened */
};
/* Standing alerts that people were told of; none of rules in shadow, no early warnings. At most BOARD_ALERTS_MOST: then
 * *cut. */
MUST_CHECK enum result board_each(struct store *store, enum board_order order, board_visit *visit, void *argument,
                                  bool *cut, struct fault *fault);
/* How many of them there are, unanswered and answered, but for those of children whose case is restricted (by the
 * register, or among `children`) and of `rules`: exactly, however many stand, by an index alone, and of these children
 * by what was ever told of them. *hidden: how many are left out. */
struct board_hidden {
	const struct text *children, *rules;
	size_t child_count, rule_count;
};
struct board_count {
	int64_t unanswered, answered, hidden;
};
MUST_CHECK enum result board_count(struct store *store, const struct board_hidden *hidden, struct board_count *count,
                                   struct fault *fault);
/* The first `most` of them all in that order: reads no more than these, but for their order by when they opened. */
MUST_CHECK enum result board_first(struct store *store, enum board_order order, int64_t most, board_visit *visit,
                                   void *argument, struct fault *fault);
/* All alerts of a subject that people were told of, standing ones first, then the latest ended; at most `most`, then
 * *cut. */
MUST_CHECK enum result board_of_subject(struct store *store, enum party_kind domain, struct text subject, size_t most,
                                        board_visit *visit, void *argument, bool *cut, struct fault *fault);
/* The alert of that number, early warnings and shadow left out; visits one or none. */
MUST_CHECK enum result board_find(struct store *store, int64_t number, board_visit *visit, void *argument,
                                  struct fault *fault);

/* Whether the tables of children and allocations are there and whole; if not, no fact of a child is known. */
MUST_CHECK enum result board_registers(struct store *store, bool *ready, struct fault *fault);
/* Children of whom something was recorded since the register was brought up to date that may restrict their case. More
 * than BOARD_DOUBTFUL_MOST, or more than BOARD_BEHIND_MOST events to be looked through for them (a backlog is read):
 * *cut, and who they are is not known. */
typedef enum result board_child_visit(void *argument, struct text child, struct fault *fault);
#define BOARD_DOUBTFUL_MOST 1000 /* the page then shows nobody by name, and says why */
#define BOARD_BEHIND_MOST 20000 /* some 20 ms of a page's thread; a page that looks through a million takes seconds */
MUST_CHECK enum result board_doubtful(struct store *store, board_child_visit *visit, void *argument, bool *cut,
                                      struct fault *fault);
/* The child's open allocations at the instant, by the register. */
typedef enum result board_allocation_visit(void *argument, struct text role, struct text worker, struct text team,
                                           struct fault *fault);
MUST_CHECK enum result board_allocations(struct store *store, struct text child, instant at,
                                         board_allocation_visit *visit, void *argument, struct fault *fault);
/* Since when the child is missing or away, by the register of episodes; INSTANT_NEVER: it is not. *known false: there
 * is no such register, or it is being built. */
MUST_CHECK enum result board_missing(struct store *store, struct text child, instant at, bool *known, instant *since,
                                     struct fault *fault);
/* The child's facts by the register: an alert of nothing but these. *found false: it is not there. */
MUST_CHECK enum result board_child(struct store *store, struct text child, struct board_alert *facts, bool *found,
                                   struct fault *fault);

/* Whether the person was told of the alert. */
MUST_CHECK enum result board_was_told(struct store *store, int64_t number, struct text person, bool *told,
                                      struct fault *fault);

#endif
