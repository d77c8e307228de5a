/* condition_parts: a condition taken apart: what of it holds, and what would make it hold.
 *
 * For whoever explains. The one rule: it says what would have to be so and never whether it is: that the engine is
 * asked. */
#ifndef CASEWATCH_RULES_CONDITION_PARTS_H
#define CASEWATCH_RULES_CONDITION_PARTS_H

#include "rules/condition.h"

/* Each part that stands between the outermost && (the whole, where it is no such chain): whether it holds, as
 * text. */
typedef void condition_visit_part(void *argument, bool holds, struct text words);
void condition_parts(const struct condition *condition, const struct condition_scope *scope,
                     condition_visit_part *visit, void *argument);

/* Something that must be so. */
enum need_kind {
	NEED_DATA,  /* data.NAME compares so with `value`; NEED_PRESENT: it is there, or not */
	NEED_CHILD, /* child.NAME likewise */
	NEED_FIRST, /* first("TYPE").data.NAME likewise */
	NEED_AGE,   /* age compares so with value */
	NEED_OPEN,  /* the state is open, or not */
	NEED_SEEN,  /* the type was seen, or not */
};
enum need_how {
	NEED_PRESENT,
	NEED_TRUE, /* a yes-or-no field */
	NEED_EQUAL,
	NEED_LESS,
	NEED_LESS_EQUAL,
	NEED_IN,     /* one of the items of value */
	NEED_STARTS, /* begins with value */
	NEED_FILLED, /* a list or text that is not empty; wanted false: empty */
	NEED_LESS_THAN_FIELD, /* data.NAME is less than data.OTHER */
};
struct condition_need {
	enum need_kind kind;
	enum need_how how;
	bool wanted;               /* false: the opposite */
	uint16_t name, other;
	type_id type;
	const struct condition_state *state;
	const struct value *value; /* borrowed from the condition */
};
/* One way in which the condition holds: all of these together. */
struct condition_way {
	struct condition_need *needs;
	size_t count;
};
/* The ways in which the condition holds, the simplest first where that is known; at most CONDITION_WAYS. What stands in
 * it beyond the forms above is left out of them, so that a way may not suffice: try it. In the arena. */
#define CONDITION_WAYS 24
size_t condition_ways(const struct condition *condition, struct arena *arena, struct condition_way *ways);

#endif
