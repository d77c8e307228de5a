/* who: the ladder of a rule for a subject, gathered once and printed in words or as JSON.
 *
 * The one rule: steps, times and hours are the engine's own (engine_ladder), and people are found as the courier finds
 * them: what is shown is what would happen. */
#ifndef CASEWATCH_CLI_ANALYST_WHO_H
#define CASEWATCH_CLI_ANALYST_WHO_H

#include "cli/analyst/asked.h"

struct who_person {
	struct recipient recipient;
	const struct cover *cover; /* by which they stand in; NULL: for themselves */
	instant hears;             /* in their own hours */
};
struct who_role {
	const char *role;
	bool from_event;           /* an event names them: before the alert they may not be known */
	struct who_person *people;
	size_t count, room;
};
struct who_step {
	uint16_t number;
	instant at, told, next;
	struct duration after;
	bool again;
	const struct step *own; /* the rule's own; NULL: of the directory's ladder */
	struct who_role *roles;
	size_t role_count, role_room;
};
struct who {
	const struct asked *asked;
	struct arena *arena;
	struct allocation *open;
	size_t open_count;
	struct who_step *steps;
	size_t step_count, step_room;
	instant muted_until; /* nobody is told before; NONE: it is not muted */
};

/* The ways by which the person is reached at the step: by all of those that the step names at once, or where it names
 * none that reaches them, by their own, one after the other. */
struct who_ways {
	enum channel_kind kinds[CHANNEL_KINDS];
	size_t count;
	bool together;
};
struct who_ways who_ways(const struct who *who, const struct who_step *step, const struct person *person);

/* ---- who_words.c ---- */
size_t who_to_mend(const struct who *who);
void who_words(const struct who *who, struct buffer *out);

#endif
