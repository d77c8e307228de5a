/* quiet: how long each source is usually quiet, by hour of the week, learnt from when its events became known.
 *
 * The one rule: a silence is judged against what was usual at this hour of the week, in the eight weeks before at most;
 * whoever tells ops decides how much longer is too long. */
#ifndef CASEWATCH_STORE_QUIET_H
#define CASEWATCH_STORE_QUIET_H

#include "store/store.h"

#define QUIET_HOURS 168 /* of a week */
/* What is known of one source: read, taken on by each of its events, and written when something changed. */
struct quiet_profile {
	instant first, last, began; /* began: the month of `now` */
	int64_t now[QUIET_HOURS],
		before[QUIET_HOURS]; /* the longest quiet at each hour, this month and the one before */
	bool changed;
};
MUST_CHECK enum result quiet_read(struct store *store, struct text source, struct quiet_profile *profile,
                                  struct fault *fault);
/* An event became known then. One that is older than the newest, or hardly newer, changes nothing. */
void quiet_step(struct quiet_profile *profile, instant known);
/* In the caller's transaction; nothing where nothing changed. */
MUST_CHECK enum result quiet_write(struct store *store, struct text source, struct quiet_profile *profile,
                                   struct fault *fault);

struct quiet {
	struct text source;
	instant first, last; /* its first and its newest event, by when they became known */
	instant usual;       /* the longest it was quiet at this hour of the week */
};
typedef enum result quiet_visit(void *argument, const struct quiet *quiet, struct fault *fault);
MUST_CHECK enum result quiet_each(struct store *store, instant now, quiet_visit *visit, void *argument,
                                  struct fault *fault);

#endif
