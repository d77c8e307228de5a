/* register_rows: the rows of a register for one child, as a function of the child's standing events.
 *
 * Reads intervals as rules.md does (an end by date counts as the last instant of its date; of several the earliest that
 * is known to have come; an end before its own start ends nothing). The one rule: nothing but the events decides;
 * neither the order in which they came nor the time now changes a row. */
#ifndef CASEWATCH_ENGINE_REGISTERS_REGISTER_ROWS_H
#define CASEWATCH_ENGINE_REGISTERS_REGISTER_ROWS_H

#include "event/event.h"
#include "rules/rule.h"

/* A standing event of the child (under any of its ids), and when it came here. */
struct register_event {
	const struct event *event;
	instant arrived;
};

/* The rows of one register for one child, reckoned piece by piece. */
struct register_reckoning;

/* `child`: the id under which its linked ids are one history. `events` are borrowed, and put into the order of a
 * history; `scratch` is used, and may be reset once the reckoning is freed. */
struct register_reckoning *register_reckoning_new(const struct register_def *def, const struct zone *zone,
                                                  struct text child, struct register_event *events, size_t count,
                                                  struct arena *scratch);
void register_reckoning_free(struct register_reckoning *reckoning); /* NULL is fine */

/* Goes on; each event looked at takes one of `left`, each time that it is looked at. True: all is reckoned. However
 * many ends, openings and keys there are, an event is looked at some few times for each register. */
bool register_reckon(struct register_reckoning *reckoning, int64_t *left);
/* The next row of what is reckoned, one value a field of the register, in its order; lives as long as the reckoning.
 * NULL: no more. */
const struct register_value *register_reckoned_row(struct register_reckoning *reckoning);

#endif
