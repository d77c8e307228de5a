/* missing_gather: the facts of the list `daily-missing`, read from the store.
 *
 * The one rule: it reads what stands, under the ids that hold now, and leaves nothing out that it could not read: a record in
 * quarantine that looks like one about a missing child is named as such. */
#ifndef CASEWATCH_REPORT_MISSING_GATHER_H
#define CASEWATCH_REPORT_MISSING_GATHER_H

#include "report/missing.h"
#include "store/store.h"

/* The id under which the history of `id` is known now, after merges; lives until the next call. */
typedef struct text missing_canonical(void *context, struct text id);

/* Events that happened before `now`, records that wait in quarantine, standing alerts of missing.vpg-referral. *facts is the
 * caller's to free with missing_facts_free, also after a failure. `canonical` NULL: no merges. The store's parser must be
 * set (events_set_parser). */
MUST_CHECK enum result missing_gather(struct store *store, const struct zone *zone, missing_canonical *canonical,
                                      void *context, instant now, struct missing_facts **facts, struct fault *fault);
/* Up to when the sources have confirmed their data, as the list wants it. */
MUST_CHECK enum result missing_gather_completeness(struct store *store, struct missing_completeness *completeness,
                                                   struct fault *fault);

#endif
