/* schema_intervals: the catalogue's second part: which types begin and end an interval, how people read one, and which
 * open a state by their name.
 *
 * The one rule: what a type's own name does not say (x.started and x.ended, x.opened and x.closed, x.started and
 * x.completed) stands in one table here, and in no other file. */
#ifndef CASEWATCH_EVENT_SCHEMA_INTERVALS_H
#define CASEWATCH_EVENT_SCHEMA_INTERVALS_H

#include "event/schema.h"

/* What a type is to an interval (rules.md, "deadline": the end of an interval dated before its own start). */
struct schema_interval {
	struct text of;   /* the interval: "custody", "dol.order"; the same for what begins and what ends it */
	bool begins, ends;
	const char *kind; /* it begins one only where its `kind` is this, and says nothing else; NULL: always */
};
/* False: the type neither begins nor ends one. What is called an end is none where no type begins such an interval. */
bool schema_interval(type_id type, struct schema_interval *interval);

/* Intervals that people read as one, from its beginning to its end, and not record by record. */
struct schema_spell {
	const char *of;           /* the interval */
	const char *one, *many;   /* "episode", "episodes" */
	const char *open;         /* while it has no end: "not yet returned" */
	const char *without_time; /* of a beginning that says no time: "without the time the child was last seen" */
};
const struct schema_spell *schema_spell(struct text of); /* NULL: it is read record by record */

/* Types that open and close a state although they are no pair of their names (events.md, "opens `safety_plan`"). False:
 * there are none of that state. */
bool schema_state_types(struct text state, type_id *opens, type_id *closes);

/* Whether lists and reports read the records of the type one by one, or casewatch itself must find them again: the
 * store keeps an index of them by time, in which a record stands from when it is stored. */
bool schema_is_listed(type_id type);

#endif
