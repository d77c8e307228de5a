/* contradictions: records that contradict themselves, by the history whose judgement found them, and from when on ops
 * are to hear of each.
 *
 * The one rule: what is held of a history is replaced as a whole, so that what was corrected is held no more. */
#ifndef CASEWATCH_STORE_CONTRADICTIONS_H
#define CASEWATCH_STORE_CONTRADICTIONS_H

#include "event/event.h"
#include "store/store.h"

struct contradiction_row {
	uint64_t event;
	instant from; /* ops hear of it from then on: an end without a start may still get one. Of what is held already
	                 the earlier of the two counts */
};

/* What is held of the history is this. *before: how many were held of it. In the caller's transaction. */
MUST_CHECK enum result contradictions_set(struct store *store, enum party_kind domain, struct text history,
                                          const struct contradiction_row *rows, size_t count, size_t *before,
                                          struct fault *fault);
/* Those of the history of which ops are to hear at `now`, the newest record first; at most `room`. Returns in
 * *count how many there are, also beyond `room`. */
MUST_CHECK enum result contradictions_of(struct store *store, enum party_kind domain, struct text history, instant now,
                                         uint64_t *events, size_t room, size_t *count, struct fault *fault);
/* Those of all histories of which ops are to hear at `now`, the newest record first; likewise, but *count is at most
 * one more than `room`. */
MUST_CHECK enum result contradictions_latest(struct store *store, instant now, uint64_t *events, size_t room,
                                             size_t *count, struct fault *fault);
/* A history with a record of which ops were not told and are to hear at `now`, copied into `arena`. */
MUST_CHECK enum result contradictions_due(struct store *store, instant now, struct arena *arena, bool *found,
                                          enum party_kind *domain, struct text *history, struct fault *fault);
/* Ops were told of those. In the caller's transaction. */
MUST_CHECK enum result contradictions_told(struct store *store, enum party_kind domain, struct text history,
                                           instant now, struct fault *fault);
/* When ops are next to hear of one; INSTANT_NEVER: not by the clock. *held: whether any is held at all. */
MUST_CHECK enum result contradictions_next(struct store *store, bool *held, instant *next, struct fault *fault);

#endif
