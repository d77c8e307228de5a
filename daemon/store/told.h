/* told: who was told of an alert, from the outbox.
 *
 * The one rule: told is who was asked for an answer or told of a change: not whoever had an early warning, and not by
 * the word that it ended or was answered. */
#ifndef CASEWATCH_STORE_TOLD_H
#define CASEWATCH_STORE_TOLD_H

#include "base/mem.h"
#include "store/outbox.h"

struct told_person {
	struct text person; /* empty: the role waits, and nobody was found for it yet */
	struct text role;   /* in which they were told last */
	bool reached;       /* a server took the message, or may have taken it */
};
struct told {
	struct told_person *items; /* each person and role once, the latest first; texts in the arena */
	size_t count, room;
};

/* Those told since then (INSTANT_NONE: ever). Free with told_free in any case. */
MUST_CHECK enum result told_find(struct store *store, struct text alert, instant since, struct arena *arena,
                                 struct told *told, struct fault *fault);
void told_free(struct told *told);

/* Each alert that stands unanswered at a step of which nobody heard: its rows of the time when it was last asked all
 * failed. None whose rows were dropped because they were not to go. For the one who starts: the process before may have
 * ended between the failure and the next step. */
typedef enum result told_nobody_visit(void *argument, struct text alert, int step, struct fault *fault);
MUST_CHECK enum result told_nobody(struct store *store, told_nobody_visit *visit, void *argument, struct fault *fault);

#endif
