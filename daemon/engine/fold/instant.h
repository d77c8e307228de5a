/* instant: what wins where a beginning and an end fall on one instant, or on one date of which no hour is known.
 *
 * Owns the one table of it (instant.c), in the words of rules.md, each row with the scenario that shows it. The one
 * rule: kinds and states ask here which beginnings an end reaches, and decide nothing by the order of ids. Internal to
 * engine/. */
#ifndef CASEWATCH_ENGINE_FOLD_INSTANT_H
#define CASEWATCH_ENGINE_FOLD_INSTANT_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

/* When something began: an open key of a state, a clock, an interval, an alert. */
struct begun {
	instant at;
	instant date_ends; /* known by its date alone: the midnight that ends it; else INSTANT_NONE */
	bool first;        /* by an expiry: before the events of its instant */
	instant ran_since; /* the earliest beginning of what an end together with it was of; INSTANT_NEVER: of
	                       nothing */
};

static inline struct begun begun_at(instant at)
{
	return (struct begun){.at = at, .date_ends = INSTANT_NONE, .ran_since = INSTANT_NEVER};
}

/* An end, a stop, a closes-on or an ends-on. */
struct ending {
	instant at;        /* its time; known by its date alone: the midnight that begins it */
	instant date_ends; /* known by its date alone: the midnight that ends it; else INSTANT_NONE */
	bool keyed;        /* it names whose end it is */
	bool of_all;       /* a death or transfer: it ends all that had begun by its last instant */
};

/* Where what began stands to an end. TOGETHER: of one instant, or of one date where an hour is not known. */
enum relation { RELATION_BEFORE, RELATION_TOGETHER, RELATION_AFTER };
enum relation instant_relation(const struct begun *begun, const struct ending *ending);

/* Whether the end reaches what began. `ran_since`: the earliest beginning of all that the end (or another of its
 * instant or date, see instant_ends_meet) may be of; INSTANT_NEVER: nothing. What began together with the end is not
 * reached where something ran before that instant or date; other ends of it are then of that, too. */
bool instant_reaches(struct begun *begun, const struct ending *ending, instant ran_since);
/* The lesser of ran_since and when this began, if the end may be of it. */
instant instant_ran(const struct begun *begun, const struct ending *ending, instant ran_since);

/* Two ends of one instant, or of one date where an hour is not known: what one was of, the other may be of, too. */
bool instant_ends_meet(const struct ending *a, const struct ending *b);

/* The table, for the test that each row has its scenario and for those who ask why. */
struct instant_row {
	const char *says;     /* rules.md */
	const char *then;     /* what the engine does */
	const char *scenario; /* a file of tests/scenario/cases */
};
const struct instant_row *instant_rows(size_t *count);

#endif
