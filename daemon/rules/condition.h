/* condition: the CEL subset of rules.md: parsed, type-checked against the event schemas, compiled once.
 *
 * The one rule: no allocation and no failure at evaluation. What cannot be evaluated is false, and counted. */
#ifndef CASEWATCH_RULES_CONDITION_H
#define CASEWATCH_RULES_CONDITION_H

#include "event/event.h"
#include "time/calendar.h"

struct condition;

/* A use of open("x") or open("x", "28 days") in a condition: resolved by the rule set to a state number. */
struct condition_state {
	const char *name;
	bool has_tail;
	struct duration tail;
	uint16_t state; /* filled by whoever loads the rules, before the first evaluation */
};

/* What a condition reads, answered by the engine. */
struct condition_scope {
	const struct event *event; /* NULL in conditions without one (state, while): data.* is then refused at load */
	int age;                   /* whole years on the local date; -1 unknown */
	const struct event_field *child; /* facts: date_of_birth, legal_status, restricted, initials, authority */
	size_t child_count;
	uint16_t child_hidden;     /* a fact that counts as not known at this instant (a placeholder); 0: none */
	bool favourable;           /* what holds ends an alarm: has() of a field of data that was set aside then
	                              cannot be evaluated: only what could be read counts as well done */
	void *context;
	bool (*open)(void *context, const struct condition_state *state);
	bool (*seen)(void *context, type_id type);
	/* The value of a field of the earliest event of the type; kind VALUE_ABSENT where none. */
	const struct value *(*first)(void *context, type_id type, uint16_t field);
	uint64_t *failures;        /* counts what could not be evaluated; may be NULL */
};

/* Where the condition stands, for the type check: the event types whose data it may read (none: no event). */
struct condition_place {
	const type_id *types;
	size_t type_count;
};

/* Compiles. On failure NULL, `fault` says what is wrong and what would be right, *at is the byte offset in `source`. */
struct condition *condition_compile(struct text source, struct condition_place place, struct fault *fault, size_t *at);
void condition_free(struct condition *condition);
bool condition_holds(const struct condition *condition, const struct condition_scope *scope);

/* What it mentions, for the rule set: states, types in seen() and first(), whether it reads age. */
size_t condition_states(struct condition *condition, struct condition_state **states);
size_t condition_types(const struct condition *condition, const type_id **types);       /* seen() and first() */
struct condition_first {
	type_id type;
	uint16_t field;
};
size_t condition_firsts(const struct condition *condition, const struct condition_first **firsts);
/* Whether it may hold at one instant and not at another: it reads open(), seen(), first() or what is known of the
 * child. */
bool condition_reads_history(const struct condition *condition);
bool condition_reads_age(const struct condition *condition);
bool condition_reads_child(const struct condition *condition); /* child.*, or age */
/* Whether a part of it asks for an age that counts as known of nobody: age >= 35. */
bool condition_asks_age_of_nobody(const struct condition *condition);
/* Whether it may hold of somebody of whom nothing is open, by what is not there, by age, by what was seen (`seen`; else
 * nothing was). */
bool condition_may_hold_idle(const struct condition *condition, bool seen);
size_t condition_fields(const struct condition *condition, const uint16_t **names);     /* data.* fields read */

/* The type of the catalogue that `name`, which is not one, is most likely a slip of: "missing.start". NULL: a council's
 * own. */
const char *condition_type_meant(const char *name);

#endif
