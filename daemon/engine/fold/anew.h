/* anew: folds a history from its stored events, in portions, and only then says what changed.
 *
 * Owns the one fold that is under way when a portion is used up: its events, and what was reported of the history
 * before. The one rule: nothing is told of a history that is not whole. What comes in meanwhile is folded behind it
 * where it is in order, and else the fold begins again; one that began again too often is folded without a bound, so
 * that it comes to an end. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_FOLD_ANEW_H
#define CASEWATCH_ENGINE_FOLD_ANEW_H

#include "engine/engine_internal.h"

struct anew;

/* Folds the history up to `now`, taking from *left what it reads and folds. *whole: it is done, and can be reported;
 * else it waits, and is to be called for again: with what it has, where no other is under way, else from the first. */
MUST_CHECK enum result anew_fold(struct engine *engine, struct history *history, instant now, size_t *left, bool *whole,
                                 struct fault *fault);
/* The history whose fold is under way; NULL: none. */
const struct history *anew_under_way(const struct engine *engine);
void anew_forget(struct engine *engine); /* it never was */

#endif
