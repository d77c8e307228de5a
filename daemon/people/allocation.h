/* allocation: who is allocated to a child at an instant, from its events; pure.
 *
 * The one rule: an allocation is open from its start until the end of its own key (child, role and worker), or until
 * the child died or was transferred (rules.md). An end known by date only counts as the last instant of its date. */
#ifndef CASEWATCH_PEOPLE_ALLOCATION_H
#define CASEWATCH_PEOPLE_ALLOCATION_H

#include "event/event.h"
#include "people/directory.h"

/* Fills `open` with what is open at `now`, the earliest start first; returns how many, at most `room`. `events` in any
 * order; only allocation.*, child.died and child.transferred matter. The texts borrow from the events. Where a key
 * starts again while it is open, the team of the latest start holds. `one_child`: they are one child's, whatever linked
 * id each has (rules.md, Merges): what began under one ends under another. Else each subject is a child of its own. */
size_t allocations_open(const struct event *const *events, size_t count, bool one_child, const struct zone *zone,
                        instant now, struct allocation *open, size_t room);

#endif
