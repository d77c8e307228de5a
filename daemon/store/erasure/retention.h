/* retention: which children have been done with for so long that what is stored of them is to go.
 *
 * The one rule: in doubt a child stays: while an alert stands, a clock runs, or any state of its records is open (a
 * plan that began and never ended), however long ago that was; and whoever is not known to be a child. */
#ifndef CASEWATCH_STORE_ERASURE_RETENTION_H
#define CASEWATCH_STORE_ERASURE_RETENTION_H

#include "base/clock.h"
#include "base/text.h"

struct store;

enum retention {
	RETENTION_STAYS,    /* something came or happened since, or it is no child's history */
	RETENTION_STANDING, /* nothing did, but an alert stands or a clock runs */
	RETENTION_OPEN,     /* nothing did, but a state never ended, or has more records than are looked at */
	RETENTION_DUE,
};
#define RETENTION_EVENTS_MOST 5000 /* of one child; one with more is not erased by itself, and is counted as open */

/* Whether the child is done with since before `before`: nothing of it happened or came since. */
MUST_CHECK enum result retention_judge(struct store *store, struct text subject, instant before,
                                       enum retention *retention, struct fault *fault);

/* Whether anything is stored of that id as of a child. */
bool retention_knows(const struct store *store, struct text subject);

/* Bytes of records in quarantine that somebody decided about and that came before `before`: they go. At most `most`
 * records from number `after` on are looked at; *last: how far that was, 0: it was the last portion. In the caller's
 * transaction. */
MUST_CHECK enum result retention_quarantine(struct store *store, int64_t after, int64_t most, instant before,
                                            int64_t *last, struct fault *fault);

#endif
