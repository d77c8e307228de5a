/* clocks: which clocks of a child run, asked of the engine by its records as they are now.
 *
 * The one rule: nothing is reckoned here; what a clock is called comes from its rule. */
#ifndef CASEWATCH_WEB_CLOCKS_H
#define CASEWATCH_WEB_CLOCKS_H

#include "explain/ground.h"
#include "web/shown.h"

struct clock_seen {
	const struct rule *rule;
	instant since, due, warn_at; /* warn_at: INSTANT_NEVER: none */
	bool since_day_only;
	bool met_before;         /* since: when it was met last, not when it started */
	const char *since_title; /* of the event that started it, or met it; NULL: none did */
};
/* A state that is open: "cp", "vpg", "missing" (away is the same state). */
struct state_seen {
	const char *state;
	instant since;
};
#define STATES_SEEN 16
struct clocks_seen {
	struct clock_seen *items;
	size_t count, room;
	struct state_seen states[STATES_SEEN]; /* each once, by its earliest beginning */
	size_t state_count;
};
/* Of rules that are not in shadow. Free items. `subject`: gathered (explain/ground.h). */
MUST_CHECK enum result clocks_of(const struct config *config, const struct subject *subject, instant now,
                                 struct clocks_seen *seen, struct fault *fault);
/* "Return interview", or the rule's title. */
void clocks_name(const struct rule *rule, struct buffer *out);

/* Clocks that run out, or warn, before `until`, of children the viewer sees: into root: clocks (when, child_id,
 * child_facts, what), clocks_count, clocks_until, clocks_cut. */
MUST_CHECK enum result clocks_soon(struct shown_page *shown, instant until, struct fault *fault);

#endif
