/* changes: which rows were written, one after another, so that a copy on another machine can be brought up to date
 * (store/copies/follow.h).
 *
 * The one rule: a change and the note of it are one transaction, whoever makes it: triggers of the database write the
 * notes. They cost the daemon a small row for each that it writes, and are there only where `follow` is set. A note is
 * a table and a key, and no content. */
#ifndef CASEWATCH_STORE_CHANGES_H
#define CASEWATCH_STORE_CHANGES_H

#include "store/store.h"

/* Notes that are kept; about 30 MiB. A copy that is further behind is made anew. */
#define CHANGES_MOST 1000000

/* STORE_WRITE, outside a transaction: from now on changes are noted, or no more. Each time a new line of notes begins;
 * where they were not noted before, whoever follows begins anew. */
MUST_CHECK enum result changes_keep(struct store *store, bool keep, struct fault *fault);
/* The oldest beyond `most` go, a portion at a time. *more: there is more to do. */
MUST_CHECK enum result changes_prune(struct store *store, int64_t most, bool *more, struct fault *fault);

#endif
