/* prints: the figures of reports as they were printed: what changed since can be said, and what a body outside the
 * council knows can be reckoned with.
 *
 * The one rule: figures alone, never a child; what was printed is never changed. */
#ifndef CASEWATCH_STORE_REGISTERS_PRINTS_H
#define CASEWATCH_STORE_REGISTERS_PRINTS_H

#include "store/store.h"

struct print_row {
	struct text list;    /* "custody" */
	struct text reader;  /* whose: a role outside the council, a team, or empty: everybody in it */
	struct text figure, label, period;
	instant printed; /* when the report was due; of the full one after one that was not complete, when it was made
	                  */
	double value;
	int shown;           /* enum shown */
	int64_t counted;     /* a fingerprint of how it was counted; 0: not known */
};
/* Adds or replaces the row of that time. In the caller's transaction. */
MUST_CHECK enum result prints_add(struct store *store, const struct print_row *row, struct fault *fault);

#endif
