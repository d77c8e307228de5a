/* asides: work at which casewatch failed on this machine of a cell, and which it set aside, under the names that all
 * machines have for it (docs/cells.md, "Records set aside").
 *
 * Owns the rows of meta that begin with "cell-aside:". The one rule: what was set aside here is owed to the others
 * until the word of it stands in the log; that it was is known for good. */
#ifndef CASEWATCH_STORE_ASIDES_H
#define CASEWATCH_STORE_ASIDES_H

#include "base/result.h"
#include "base/text.h"

struct store;

/* `name`, `number`: as attempt_begin has them. In the caller's transaction. */
MUST_CHECK enum result asides_note(struct store *store, struct text name, int64_t number, struct fault *fault);
/* Whether it was set aside here; or came to nothing here for another reason, and waits in quarantine. */
MUST_CHECK enum result asides_hold(struct store *store, struct text name, int64_t number, bool *held,
                                   struct fault *fault);
/* One of which the others are still to hear; *number and a copy of its name. *found false: there is none. */
MUST_CHECK enum result asides_owed(struct store *store, struct buffer *name, int64_t *number, bool *found,
                                   struct fault *fault);
/* The word of it stands in the log. In a transaction of its own. */
MUST_CHECK enum result asides_told(struct store *store, struct text name, int64_t number, struct fault *fault);

#endif
