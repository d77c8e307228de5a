/* report_index: which of a history's alerts and early warnings may have an id.
 *
 * Made when it is first asked for, of a history with many of either; forgotten when they are matched anew, frozen or
 * cleared. The one rule: whoever gives an id says so; whoever asks compares, and gets the candidates in any order.
 * Internal to engine/report/. */
#ifndef CASEWATCH_ENGINE_REPORT_REPORT_INDEX_H
#define CASEWATCH_ENGINE_REPORT_REPORT_INDEX_H

#include "engine/history/history.h"

struct report_walk {
	struct map_walk candidates;
	uint32_t at, count;
	bool indexed;
};

/* Places in history->outcomes, and in history->warned; valid until an id is given. MAP_NONE: no more. */
struct report_walk report_walk_alerts(struct history *history, uint64_t id);
struct report_walk report_walk_warnings(struct history *history, uint64_t id);
uint32_t report_walk_next(struct report_walk *walk);

/* The place of the first alert that has the id; MAP_NONE: none. */
uint32_t report_first_under(struct history *history, uint64_t id);
/* The latest under its id that lies before it in the history and is so; NULL: none. */
const struct outcome *report_latest_before(struct history *history, const struct outcome *outcome,
                                           bool (*is_so)(const struct outcome *outcome));

/* It was given its id. */
void report_index_alert(struct history *history, uint32_t place);
void report_index_warning(struct history *history, uint32_t place);

#endif
