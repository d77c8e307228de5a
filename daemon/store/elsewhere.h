/* elsewhere: what another machine of the cell made of messages whose rows are not here yet (docs/cells.md).
 *
 * Owns what the journal says of a row that this machine has not made, or not addressed, so far: it may be behind in
 * the log; and what the log says was given up. The one rule: what was taken stays taken, whatever is said of it
 * later. */
#ifndef CASEWATCH_STORE_ELSEWHERE_H
#define CASEWATCH_STORE_ELSEWHERE_H

#include "store/outbox/outbox.h"

/* What is never asked for (the row was made on the other machine alone) is kept so long: longer than a machine can be
 * behind and still find its place in the log. */
#define ELSEWHERE_KEPT (90 * 24 * HOUR)

struct elsewhere {
	bool taken;                 /* else it may have been */
	struct outbox_same message; /* the row after which its message is named; all zero: not known */
	instant at;                 /* when it was said there; INSTANT_NONE: when it was heard here */
};
/* In the caller's transaction. */
MUST_CHECK enum result elsewhere_note(struct store *store, const struct outbox_same *row,
                                      const struct elsewhere *elsewhere, instant now, struct fault *fault);
/* What is known of the row, which then knows it itself: it is forgotten here. *found false: nothing is. */
MUST_CHECK enum result elsewhere_take(struct store *store, const struct outbox_same *row, struct elsewhere *elsewhere,
                                      bool *found, struct fault *fault);
/* Whether anything was heard since then of a row that is not here. */
MUST_CHECK enum result elsewhere_any(struct store *store, instant since, bool *any, struct fault *fault);
/* All machines know from the log that the row was given up: where each must answer, nobody waits for its person. What
 * this one makes of the row stays its own: it tries it again when it sends. */
MUST_CHECK enum result elsewhere_give_up(struct store *store, const struct outbox_same *row, instant now,
                                         struct fault *fault);
MUST_CHECK enum result elsewhere_given_up(struct store *store, const struct outbox_same *row, bool *given_up,
                                          struct fault *fault);
/* Whether nobody waits for the row's person: it was given up. In a cell (`by_log`) the machine that sends knows it
 * before the others: all of them hear it from the log, and take it as they hear it there, also that one. What need not
 * go each finds by itself. */
MUST_CHECK enum result elsewhere_waits_not(struct store *store, const struct outbox_row *row, bool by_log,
                                           bool *given_up, struct fault *fault);
/* What was given up before there was such a log, or by a machine that was alone, counts as it did: alerts that ended by
 * it open again otherwise. Once, in the caller's transaction. */
MUST_CHECK enum result elsewhere_give_up_old(struct store *store, instant now, struct fault *fault);
/* Not what was given up: its rows stay in the outbox for years, and as long alerts are judged by it. */
MUST_CHECK enum result elsewhere_forget(struct store *store, instant now, struct fault *fault);

#endif
