/* gate: whether this machine may send, where several hold the same rows and one of them sends (docs/cells.md).
 *
 * A table of functions that the courier asks; run/cell.c is behind it, and behind that the journal. The one rule: a
 * message that needs it is begun by nobody who was not told so by courier_may_send, for each of its rows, and not after
 * the time that was named there. A daemon without a cell has no gate, and asks nobody.
 *
 * The states of a row stay the courier's own: a row that is asked about is `sending`, as nobody knows what becomes of a
 * process meanwhile; one that may not go waits again as if it had not been claimed. While the gate is closed another
 * machine sends: rows are addressed and then wait. What a service was given is asked about whoever sends, and what
 * operations hear is each machine's own: neither needs the gate. */
#ifndef CASEWATCH_COURIER_GATE_H
#define CASEWATCH_COURIER_GATE_H

#include "store/outbox/outbox.h"

enum gate_answer {
	GATE_ASKED,  /* courier_may_send or courier_may_not_send follows */
	GATE_LATER,  /* not yet: ask again in *wait microseconds */
	GATE_CLOSED, /* another machine sends */
};
enum gate_what {
	GATE_TAKEN = 1,
	GATE_NOT_TAKEN, /* for certain */
	GATE_PERHAPS,
	GATE_NOT_BEGUN, /* and will not be, by that permission */
};

struct courier_gate {
	bool (*is_open)(void *context);
	/* The row is to be sent; `message`: what its message is named after (outbox_same_together); `doubtful`: it is a
	 * possible duplicate. Answered later, never from within. */
	enum gate_answer (*ask)(void *context, const struct outbox_same *row, const struct outbox_same *message,
	                        bool doubtful, instant *wait);
	/* What came of a permission, once it stands in the outbox. */
	void (*over)(void *context, const struct outbox_same *row, uint32_t permission, enum gate_what what);
	void *context;
};

struct courier;
/* The gate opened or closed. Open: what waited for it goes at once. */
void courier_gate_turned(struct courier *courier);
/* The row may be sent, if it is begun by `begin_by` (clock_boot). Nobody waits for it any more: the permission is over
 * at once. */
void courier_may_send(struct courier *courier, const struct outbox_same *row, uint32_t permission, instant begin_by);
/* The row is not to be sent now. */
void courier_may_not_send(struct courier *courier, const struct outbox_same *row);

/* What the journal says of a row, whichever machine sent it: taken, or that it may have been. In the caller's
 * transaction. A row that is not here yet, or not addressed, or on its way from here, learns it when it is looked at.
 * One that failed or was dropped here, and was taken there, was taken: but not one that came back. `message` as above,
 * all zero: not known; `at`: when the journal was told, INSTANT_NONE: not known. *changed: something was written. */
MUST_CHECK enum result courier_learn(struct courier *courier, const struct outbox_same *row,
                                     const struct outbox_same *message, bool taken, instant at, bool *changed,
                                     struct fault *fault);
/* Every row that is not known to have been taken may have been. Likewise. */
MUST_CHECK enum result courier_doubt_all(struct courier *courier, struct fault *fault);

#endif
