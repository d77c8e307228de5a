/* cell_internal: what cell.c and cell_status.c share; nobody else includes it. */
#ifndef CASEWATCH_RUN_CELL_INTERNAL_H
#define CASEWATCH_RUN_CELL_INTERNAL_H

#include "base/digest.h"
#include "cell/journal.h"
#include "run/run_internal.h"

/* What the journal said and is not followed yet, in its order. */
enum heard_kind { HEARD_TURNED, HEARD_START, HEARD_NOT_START, HEARD_DOUBTFUL, HEARD_ALL_DOUBTFUL, HEARD_TAKEN };
struct heard {
	enum heard_kind kind;
	struct outbox_same row, message;
	instant at; /* of what was taken: when, or INSTANT_NONE */
	uint32_t permission;
	instant until;
};

struct cell {
	struct council *council;
	struct journal *journal; /* NULL: the log is read first */
	struct loop_watch *watch;
	struct loop_timer *timer;
	struct courier_gate gate;
	struct heard *heard;
	size_t heard_count, heard_room;
	struct ownership_place kept; /* as it stands in the database */
	struct journal_proof proof;  /* likewise, at the start */
	instant kept_at;
	char owner[JOURNAL_NAME_MOST + 1]; /* as it stands there */
	char said_owner[JOURNAL_NAME_MOST + 1]; /* by the status */
	bool said_read;                         /* likewise: the journal's end was read */
	int said_machines;                      /* likewise: are in the group */
	unsigned char seal_key[DIGEST_BYTES]; /* of orders in the log */
	bool trouble, written; /* written: what was heard is in the outbox */
	instant moving; /* it is handed over: nothing more is begun, by time passed until then at most; 0: it is not */
	bool leaves;    /* and it leaves the group, and has not heard so */
	int64_t seat;   /* the last that it took */
	char why[256];  /* it is unable */
	bool unable;    /* it goes no further in the log, and sends nothing: another may know more */
	bool looked;    /* whether a process before said so, and it is over */
	bool behind;    /* behind all others, whenever they joined: it holds less than they do */
	bool poorly;    /* likewise, until what ails it is over */
	char ails[256]; /* what that is */
	instant otherwise_since; /* by time passed: what ails it came, or went; 0: nothing changed */
	instant alone_since;     /* likewise: it sends, and machines of the cell are not there; 0: they are */
	instant unheard_since;   /* likewise: the brokers do not say who is there; 0: they do */
	instant silent_since;    /* likewise: it is named, and does not send; 0: it does, or is not */
};

/* cell_seat.c */
/* Another than before, and behind it, also within a second and where the clock was set back: the same would be none. */
int64_t cell_new_seat(struct cell *cell);
/* Where it cannot take or write what comes it stands behind all others. At once: else what came must have lasted. */
void cell_look_at_itself(struct cell *cell, bool at_once);
MUST_CHECK enum result cell_read_behind(struct cell *cell, struct fault *fault); /* at the start */

#endif
