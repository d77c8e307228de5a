/* addition: the smallest addition to a history that opens an alert, found by trying.
 *
 * The kinds of rule propose (engine/why/why.h), events are made of what they propose, and the engine judges them.
 * The one rule: nothing is said to open an alert that did not open it in a trial. */
#ifndef CASEWATCH_BACKTEST_ADDITION_H
#define CASEWATCH_BACKTEST_ADDITION_H

#include "backtest/trial.h"

#define ADDITION_SOURCE "/casewatch/what-if"
/* What one question may cost: a history of usual length is judged in well under a millisecond. Reached, the answer says
 * so. */
#define ADDITION_TRIALS_MAX 2000
#define ADDITIONS_MAX 4         /* ways that are shown */
#define ADDITION_EVENTS_MAX 256 /* of one addition: a load rule with a limit of two hundred needs so many */
#define ADDITION_CANDIDATES_MAX                                                                                        \
	600 /* that are made of what a kind proposes; those beyond are not tried, and the answer says so */

struct addition {
	const struct event **events; /* without any one of them it does not open */
	size_t count;
	instant at; /* judged then, it stands; no earlier than was asked */
	/* One event: between these it may happen; INSTANT_NONE, INSTANT_NEVER: as far as was looked. */
	instant first, last;
	bool ranged;    /* first and last are known */
	bool withdraws; /* it takes a record back */
};
struct additions {
	struct addition items[ADDITIONS_MAX];
	size_t count, trials;
	bool cut; /* one of the limits above was reached: something was not tried */
};

/* How far around the instant of one added event its range is looked for. */
#define ADDITION_RANGE ((instant)730 * 24 * HOUR)

/* Looks for the smallest additions with which an alert of why->rule stands at trial->at, else at the instant at which a
 * clock that they start runs out. `why` is what trial_judge said without any. All in `arena`. */
MUST_CHECK enum result addition_find(const struct trial *trial, const struct why *why, struct arena *arena,
                                     struct additions *found, struct fault *fault);

/* ---- addition_data.c: events of what a kind proposes ---- */

struct addition_maker {
	const struct trial *trial;
	const struct rule *rule;
	struct arena *arena;
	struct text key; /* of a key of the history; empty: a new one */
	size_t way;      /* which of the ways in which a condition may hold */
	const struct event *events[ADDITION_EVENTS_MAX];
	size_t count;
	unsigned made; /* keys and children so far */
	unsigned depth;
	int younger;   /* beside it the person is made younger than that; 0: not */
	bool failed;   /* what no event can bring, or too many events */
	bool too_many; /* more than ADDITION_EVENTS_MAX */
};
/* Makes the events of a plan, `shift` later than it says. */
void addition_make(struct addition_maker *maker, const struct why_plan *plan, instant shift);
/* Withdraws the event. */
const struct event *addition_withdrawal(struct addition_maker *maker, const struct event *event);

#endif
