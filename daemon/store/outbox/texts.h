/* texts: how many texts each phone was sent lately: networks block a number that sends one phone too many, and the same
 * too often.
 *
 * The one rule: what may have arrived counts. A text counts from the moment it leaves for the service, in the
 * transaction that says so, and no longer once it is certain that it did not arrive; a restart forgets nothing. */
#ifndef CASEWATCH_STORE_OUTBOX_TEXTS_H
#define CASEWATCH_STORE_OUTBOX_TEXTS_H

#include "store/store.h"

#define TEXTS_WINDOW HOUR

/* How many were sent to the phone within the hour before `now`, and how many of them had this print (of their words).
 * `phone` in one writing of several. */
MUST_CHECK enum result texts_count(struct store *store, struct text phone, instant now, uint64_t print, int64_t *all,
                                   int64_t *same, struct fault *fault);
/* Where one text more makes so many (`most`) within the hour: *until, when the hour of the oldest is over and another
 * may go; else 0. */
MUST_CHECK enum result texts_last(struct store *store, struct text phone, instant now, int most, instant *until,
                                  struct fault *fault);
/* An attempt of an outbox row leaves. Forgets what is older than the hour. In the caller's transaction, as below. */
MUST_CHECK enum result texts_add(struct store *store, struct text phone, instant now, int64_t row, int attempt,
                                 uint64_t print, struct fault *fault);
/* That attempt did not arrive, for certain. */
MUST_CHECK enum result texts_take_back(struct store *store, int64_t row, int attempt, struct fault *fault);

#endif
