/* quiet: how long each source is usually quiet, by hour of the week, learnt from when its events became known.
 *
 * The one rule: a silence is judged against what was usual at this hour of the week, in the eight weeks before at most; whoever tells
 * ops decides how much longer is too long. */
#ifndef CASEWATCH_STORE_QUIET_H
#define CASEWATCH_STORE_QUIET_H

#include "store/store.h"

/* Events of `source` became known up to `newest`. In the caller's transaction; a step of less than a minute changes nothing. */
MUST_CHECK enum result quiet_note(struct store *store, struct text source, instant newest, struct fault *fault);

struct quiet {
	struct text source;
	instant first, last; /* its first and its newest event, by when they became known */
	instant usual;       /* the longest it was quiet at this hour of the week */
};
typedef enum result quiet_visit(void *argument, const struct quiet *quiet, struct fault *fault);
MUST_CHECK enum result quiet_each(struct store *store, instant now, quiet_visit *visit, void *argument, struct fault *fault);

#endif
