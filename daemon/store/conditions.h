/* conditions: what is wrong now, as rows that survive a restart.
 *
 * The one rule: the store keeps them and decides nothing; ops/ says what is new, what is worse and who hears of it. */
#ifndef CASEWATCH_STORE_CONDITIONS_H
#define CASEWATCH_STORE_CONDITIONS_H

#include "base/mem.h"
#include "store/store.h"

/* One thing that is wrong, or was until lately. */
struct condition {
	struct text id;      /* "ops.nobody" */
	struct text key;     /* which one: a role, an alert's id, a partition; empty: there is but one */
	instant since;       /* it began */
	instant seen;        /* it was last found so */
	instant ended;       /* INSTANT_NEVER: it stands */
	int64_t count;       /* how many hang on it: records, alerts, children */
	instant told;        /* ops heard of it at once; INSTANT_NONE: not yet */
	int64_t told_count;  /* and of so many */
	instant digest;      /* the daily digest had it last; INSTANT_NONE: not yet */
	int64_t digest_count;
	struct text title;   /* what is wrong, in one line */
	struct text meaning; /* for children; empty: as the table of ops alerts says */
	struct text about;   /* what its commands are about: "A-1004"; empty: nothing in particular */
	int64_t lasting;     /* how long it counts as wrong: the number of an enum ops_lasting (ops/alerts.h) */
};

/* *found false: there is no such row. Texts live in `arena`. */
MUST_CHECK enum result conditions_get(struct store *store, struct text id, struct text key, struct arena *arena,
                                      struct condition *condition, bool *found, struct fault *fault);
/* Writes the row, new or not, in the caller's transaction. */
MUST_CHECK enum result conditions_put(struct store *store, const struct condition *condition, struct fault *fault);
MUST_CHECK enum result conditions_remove(struct store *store, struct text id, struct text key, struct fault *fault);
/* All that last so long. */
MUST_CHECK enum result conditions_remove_lasting(struct store *store, int64_t lasting, struct fault *fault);
/* The digest was made: what has ended is removed, and what stands is as it was told. In the caller's transaction. */
MUST_CHECK enum result conditions_digested(struct store *store, instant now, struct fault *fault);
typedef enum result conditions_visit(void *argument, const struct condition *condition, struct fault *fault);
/* All rows, those that stand longest first. What is seen lives until the visit returns. */
MUST_CHECK enum result conditions_each(struct store *store, conditions_visit *visit, void *argument,
                                       struct fault *fault);
/* Of that id alone, in the same order. */
MUST_CHECK enum result conditions_each_of(struct store *store, struct text id, conditions_visit *visit, void *argument,
                                          struct fault *fault);
/* How many of this id ops were told of after `since`; 100 stands for more. */
MUST_CHECK enum result conditions_told_after(struct store *store, struct text id, instant since, int64_t *count,
                                             struct fault *fault);

#endif
