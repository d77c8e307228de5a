/* register_rows: the rows of a register for one child, as a function of the child's standing events.
 *
 * Reads intervals as rules.md does (an end by date counts as the last instant of its date; of several the earliest that
 * is known to have come; an end before its own start ends nothing). The one rule: nothing but the events decides;
 * neither the order in which they came nor the time now changes a row. */
#ifndef CASEWATCH_ENGINE_REGISTER_ROWS_H
#define CASEWATCH_ENGINE_REGISTER_ROWS_H

#include "event/event.h"
#include "rules/rule.h"

/* A standing event of the child (under any of its ids), and when it came here. */
struct register_event {
	const struct event *event;
	instant arrived;
};

/* One value a field of the register, in its order. Lives until the visit is over. */
typedef enum result register_row_visit(void *argument, const struct register_def *def, const struct register_value *row,
                                       struct fault *fault);

/* Sorts `events` into the order of a history and shows each row of the child. `child`: the id under which its
 * linked ids are one history. `scratch` is used and may be reset afterwards. */
MUST_CHECK enum result register_rows(const struct register_def *def, const struct zone *zone, struct text child,
                                     struct register_event *events, size_t count, struct arena *scratch,
                                     register_row_visit *visit, void *argument, struct fault *fault);

/* By type, SCHEMA_NAMES_MAX of them: whether it says anything to any register of the rules. Other events need not be
 * read. The caller's to free. */
bool *registers_read_types(const struct ruleset *rules);

#endif
