/* ownership: which of several machines may send, by the order of a log; one council's, as one machine sees it.
 *
 * Owns what this machine knows of the council's journal: who owns, which sends are announced and not known to be over,
 * and which of them are its own. No I/O, no thread, and no clock but the instants it is given, which are of
 * CLOCK_BOOTTIME: it goes on while a machine is suspended.
 *
 * What is promised, whatever crashes, stands still or is cut off, as long as the log keeps its order:
 *   - no row is lost: it is sent until its taking is in the log, or its host has given it up;
 *   - of one row at most one copy is taken that is not marked as a possible duplicate; every other carries the mark,
 *     and the same Message-ID;
 *   - of one row, no former owner begins to send once a later owner has begun. A machine that is paused between its
 *     last look at the clock and the first byte may still do so: then two copies go, one of them marked.
 *
 * How. The group's coordinator says who should send (assigned, revoked); the order of the log says who may. Whoever
 * should appends OWN with a nonce that was never used, and owns once that is read back: by then it has read all that
 * came before. Before a send it appends INTENT and reads it back: an INTENT counts only if its nonce is that of the
 * last OWN before it, so that an owner who was replaced meanwhile sees its own to be void, and does not send. After the
 * send it appends RESULT. An OWN makes every INTENT before it that has no RESULT doubtful: that row is marked for good,
 * and the new owner sends it again once the former can no longer begin to.
 *
 * The five seconds are counted from before the INTENT is appended, and not from its reading back: who was frozen
 * between the arrival of the record and the look at it would think it fresh. They are shorter than the group's
 * session.timeout.ms, so that after a crash the wait is over before anybody else owns.
 *
 * Why no Kafka transaction: measured with librdkafka 2.0.2 and Kafka 3.9.2, one takes 12 ms (105 ms back to back, at
 * most 9,200 records/s), against 0.5 to 1.4 ms (48,000 to 78,000/s) for acks=all and reading back; its protocol has
 * known holes with older clients; and it fences an owner at its commit, which comes after the mail has left. */
#ifndef CASEWATCH_CELL_OWNERSHIP_H
#define CASEWATCH_CELL_OWNERSHIP_H

#include "base/clock.h"
#include "cell/journal_record.h"

#define OWNERSHIP_START_WITHIN (5 * SECOND) /* since before the INTENT was appended */
/* What is doubtful goes again so long after its INTENT was read: nobody else may begin then. The half second is for
 * clocks that do not run alike. */
#define OWNERSHIP_DOUBT_WAITS (OWNERSHIP_START_WITHIN + SECOND / 2)
/* OWN, where the group names us and somebody else came in between: twice as long each time, so that two machines that
 * both believe to be named do not put each other's sends in doubt every second. */
#define OWNERSHIP_AGAIN_AFTER SECOND
#define OWNERSHIP_AGAIN_MOST (32 * SECOND)    /* a council without an owner must not wait longer for the next try */
#define OWNERSHIP_UNHEARD_AFTER (10 * SECOND) /* OWN and RESULT again, when they neither came back nor were refused */
/* Own sends at once: as many as the courier's lanes hold in messages, and a digest of 500. More wait, as for a full
 * lane. */
#define OWNERSHIP_UNDER_WAY_MOST 2048
/* INTENTs without a RESULT, of all machines at once: two owners' worth. What is more is not kept by row, and then all
 * rows are doubtful. */
#define OWNERSHIP_OPEN_MOST 4096

struct ownership;

/* Where reading begins, kept by the host in the transaction in which it follows the orders. */
struct ownership_place {
	int64_t position; /* the lowest INTENT that is neither over nor doubtful, or else the next record */
	uint64_t owner;   /* the nonce of the last OWN before it; 0: none */
};

/* `life`: random, and so different from every other process's. Council and owner (this machine's name, for people) are
 * copied; of 1 to JOURNAL_NAME_MOST bytes. */
struct ownership *ownership_new(struct text council, struct text owner, uint64_t life, struct ownership_place place,
                                instant now);
void ownership_free(struct ownership *ownership); /* NULL is fine */

/* ---- what happens: each may leave orders, below ---- */

void ownership_assigned(struct ownership *ownership, instant now); /* the group names this machine; again is fine */
void ownership_revoked(struct ownership *ownership, instant now);  /* or does not any more */
/* The next record of the partition. One that was read before changes nothing, so reading may begin again anywhere
 * below. */
void ownership_read(struct ownership *ownership, int64_t position, const struct journal_record *record, instant now);
/* The record there is none that we can read (JOURNAL_NEWER, JOURNAL_BROKEN): it may have been an INTENT. One of another
 * council is just passed over. */
void ownership_unreadable(struct ownership *ownership, int64_t position);
/* Records from where reading was up to `position` are gone unread (retention, a topic made anew: then from 0). */
void ownership_gap(struct ownership *ownership, int64_t position, instant now);
/* A record that an order asked for is not in the log, or nobody knows whether it is. */
void ownership_not_appended(struct ownership *ownership, const struct journal_record *record, instant now);
/* Call it when ownership_next_time has come. */
void ownership_time(struct ownership *ownership, instant now);
instant ownership_next_time(const struct ownership *ownership); /* INSTANT_NEVER: nothing waits for the clock */

enum ownership_answer {
	OWNERSHIP_WANTED,   /* its INTENT is on its way; START or NOT_START follows */
	OWNERSHIP_NOT_OURS, /* somebody else's to send, or not yet ours */
	OWNERSHIP_WAITS,    /* an earlier send of it may still begin, or is not over: ask again at *until */
	OWNERSHIP_FULL,     /* OWNERSHIP_UNDER_WAY_MOST are under way */
};
/* The outbox wants to send the row, which is not known to have been taken; `message`: the row that its message is named
 * after; `doubtful`: it is marked as a possible duplicate. */
enum ownership_answer ownership_want(struct ownership *ownership, const struct journal_row *row,
                                     const struct journal_row *message, bool doubtful, instant now, instant *until);
/* What came of a START, by its attempt; JOURNAL_NOT_STARTED where it was not begun by `until`. */
void ownership_over(struct ownership *ownership, const struct journal_row *row, uint32_t attempt,
                    enum journal_what what, instant now);
/* The host begins nothing any more, for good: what was wanted and never started is said not to be, right behind its
 * INTENT. Else whoever follows would read an INTENT that nobody closes, and send it as a possible duplicate. */
void ownership_leaves(struct ownership *ownership, instant now);

/* ---- what is to be done for it ---- */

enum ownership_order_kind {
	OWNERSHIP_APPEND,    /* `record` to the journal, behind those before it */
	OWNERSHIP_OWNS,      /* rows may be wanted */
	OWNERSHIP_STOPS,     /* no longer; what was started goes on to its end */
	OWNERSHIP_START,     /* send `row`: immediately before the connection's first byte look whether CLOCK_BOOTTIME
	                        is past `until`, and if so do not begin, but say that it was not started */
	OWNERSHIP_NOT_START, /* the wanted `row` is not to be sent now: it waits again as if it had not been claimed,
	                        and at least OWNERSHIP_AGAIN_AFTER */
	OWNERSHIP_DOUBTFUL,  /* `row` may have been sent: if it is not known to have been taken, it is a possible
	                        duplicate for good. Also where there is no such row yet: then once there is */
	OWNERSHIP_ALL_DOUBTFUL, /* so is every row that is not known to have been taken */
	OWNERSHIP_RESULT, /* somebody's send of `row` came out as `what`: to be written to the row. A taken row stays
	                     taken, whatever is said of it later. `message` all zero: its INTENT was not read */
};
struct ownership_order {
	enum ownership_order_kind kind;
	struct journal_record record; /* APPEND; its text lives as long as the ownership */
	struct journal_row row, message;
	uint32_t attempt;       /* START, RESULT */
	instant until;          /* START */
	enum journal_what what; /* RESULT */
};
/* Takes the oldest order; false: there is none. Orders are to be followed in their order, and none left. */
bool ownership_order(struct ownership *ownership, struct ownership_order *order);

/* ---- what it knows ---- */

bool ownership_is_named(const struct ownership *ownership); /* by the group; whether it owns or not yet */
bool ownership_owns(const struct ownership *ownership);
bool ownership_claimed(const struct ownership *ownership, uint64_t nonce); /* this process, with an OWN of that nonce */
size_t ownership_under_way(const struct ownership *ownership); /* own sends whose RESULT was not read yet: a clean stop
                                                                  waits for none */
size_t ownership_doubtful(const struct ownership *ownership);  /* that still wait */
struct ownership_place ownership_place(const struct ownership *ownership);

/* For explorations and simulations: a second one that knows the same and has the same orders left; and all it knows as
 * bytes, instants as differences to `now`. */
struct ownership *ownership_copy(const struct ownership *ownership);
void ownership_put(const struct ownership *ownership, instant now, struct buffer *out);

#endif
