/* protect: small counts are hidden from bodies outside the council, and so is what would give them away.
 *
 * A pure function of cells and of the sums that hold between them, over all that a body was ever sent. The one rule: a
 * count of 1 to 4 is never reckonable: for each hidden cell there is another set of counts that fits all that the body
 * was sent and in which that cell is another number. That set is found, not assumed: where none is found, more is
 * hidden. */
#ifndef CASEWATCH_REPORT_PROTECT_H
#define CASEWATCH_REPORT_PROTECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shown {
	SHOWN,          /* the number */
	SHOWN_FEW,      /* "fewer than 5": 1 to 4 */
	SHOWN_NOT,      /* "not shown": 5 or more, left out because a small one could be reckoned from it */
	SHOWN_LEFT_OUT, /* "left out": nothing is said of it; what was never sent is likewise */
};

struct protect_cell {
	int64_t value;
	enum shown shown;
	bool fixed;  /* sent before, or never sent at all: how it is shown cannot change any more */
	bool secret; /* never sent, and small: what is sent must not give it away */
	int64_t least; /* that a label is there says that so many were counted at least, however it is shown */
};

/* `total` is the sum of `parts`: numbers of cells. */
struct protect_sum {
	size_t total, *parts;
	size_t count;
};

struct protect {
	struct protect_cell *cells;
	size_t cell_count;
	const struct protect_sum *sums;
	size_t sum_count;
	int64_t fewer_than;  /* 5 */
};

/* Hides what must be hidden among the cells that are not fixed. false: something that was sent before gives a small
 * count away whatever is hidden now. */
bool protect_hide(struct protect *protect);

#endif
