/* told: who was told of an alert, from the outbox.
 *
 * The one rule: told is who was asked for an answer or told of a change: not whoever had an early warning, and not by
 * the word that it ended or was answered. */
#ifndef CASEWATCH_STORE_OUTBOX_TOLD_H
#define CASEWATCH_STORE_OUTBOX_TOLD_H

#include "base/mem.h"
#include "store/outbox/outbox.h"

/* Whether the row may have reached somebody: a server took it, or may have taken it. What never left waits for nobody:
 * the courier drops it when it sees that the alert ended or was answered. */
bool told_reached(const struct outbox_row *row);

struct told_person {
	struct text person; /* empty: the role waits, and nobody was found for it yet */
	struct text role;   /* in which they were told last */
	bool reached;       /* told_reached: of any message in that role */
};
struct told {
	struct told_person *items; /* each person and role once, the latest first; texts in the arena */
	size_t count, room;
};

/* Those told since then (INSTANT_NONE: ever), and of those who were told before whoever believes that it stands: the
 * word that it ended came to nothing, or theirs went after it opened again. Free with told_free in any case. */
MUST_CHECK enum result told_find(struct store *store, struct text alert, instant since, struct arena *arena,
                                 struct told *told, struct fault *fault);
void told_free(struct told *told);

/* Alerts that stand unanswered, with the step that was reached, by number: those after *after, of at most `most`
 * numbers; *after is then how far that was, 0: there are no more. */
typedef enum result told_step_visit(void *argument, struct text alert, int step, bool others,
                                    const struct outbox_same *row, struct fault *fault);
/* Those of whose step nobody heard: its rows of the time when it was last asked all failed. None whose rows were
 * dropped because they were not to go. The next step is to be told: the process may have ended before it was. */
MUST_CHECK enum result told_nobody(struct store *store, int64_t *after, int64_t most, told_step_visit *visit,
                                   void *argument, struct fault *fault);
/* And with them those of whose step some heard, and some could not be told: `others`; once for each `row` that failed
 * (elsewhere all zero). */
MUST_CHECK enum result told_not_all(struct store *store, int64_t *after, int64_t most, told_step_visit *visit,
                                    void *argument, struct fault *fault);
/* In a cell, of alerts that stand, answered or not: each row that asked, at whichever step, and was given up. `others`:
 * all but those of a step of which nobody heard, as above. */
MUST_CHECK enum result told_given_up(struct store *store, int64_t *after, int64_t most, told_step_visit *visit,
                                     void *argument, struct fault *fault);
/* Those of whom somebody replied since they were asked, and that wait for others still. */
MUST_CHECK enum result told_replied(struct store *store, int64_t *after, int64_t most, told_step_visit *visit,
                                    void *argument, struct fault *fault);
/* Those that were asked, as the alert says, and of which the outbox has no row at all from then on. */
MUST_CHECK enum result told_missing(struct store *store, int64_t *after, int64_t most, told_step_visit *visit,
                                    void *argument, struct fault *fault);

#endif
