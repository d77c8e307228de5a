/* gather: reads a history's events from the host, in portions, and sorts them.
 *
 * Owns copies of the events until it is freed. The one rule: a portion is counted in events read, never in time, and
 * what was read stays read: the next portion goes on behind it. What is stored meanwhile is not among them. Internal to
 * engine/. */
#ifndef CASEWATCH_ENGINE_FOLD_GATHER_H
#define CASEWATCH_ENGINE_FOLD_GATHER_H

#include "engine/engine_internal.h"

struct gathering;

/* `after`: only events of a higher ref; 0: all. */
struct gathering *gather_new(struct engine *engine, const struct history *history, uint64_t after);
/* And only what is later than `last`; INSTANT_NONE: all. */
void gather_later(struct gathering *gathering, instant last);
void gather_free(struct gathering *gathering); /* NULL is fine */
/* Reads on until nothing is left of the portion, which it takes from *left; *whole: all were read, and are in order. */
MUST_CHECK enum result gather_more(struct gathering *gathering, size_t *left, bool *whole, struct fault *fault);
/* In the order of a history, each once. Borrowed. */
const struct event *const *gather_events(const struct gathering *gathering, size_t *count);

#endif
