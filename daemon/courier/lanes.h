/* lanes: the lines of one channel, the threads that use them, and the queues between them and the loop.
 *
 * The one rule: lanes do not wait for each other. Critical messages have lines of their own, and so have mailboxes that
 * did not answer before; a line that hangs holds up nobody in another lane, and where a critical message has waited for
 * a moment, one more line is opened. Threads share nothing with the loop but a delivery each way, and a delivery
 * belongs to whoever holds it. */
#ifndef CASEWATCH_COURIER_LANES_H
#define CASEWATCH_COURIER_LANES_H

#include "base/mem.h"
#include "channel/channel.h"
#include "store/outbox/outbox.h"

enum lane { LANE_CRITICAL, LANE_ORDINARY, LANE_SUSPECT };
#define LANES 3

/* Lines at once. Critical: more than any number of mailboxes that are likely to hang within one time-out, and below the
 * 50 connections that a mail server allows one client (Postfix's default). */
#define LINES_CRITICAL_MOST 16
#define LINES_ORDINARY_MOST 24
#define LINES_SUSPECT_MOST 4
#define LINES_MOST (LINES_CRITICAL_MOST + LINES_ORDINARY_MOST + LINES_SUSPECT_MOST)
/* So long a critical message waits for a line before another one is opened for it. */
#define LANES_PATIENCE (SECOND / 4)

/* Whether a row may be sent (courier/gate.h). The loop's alone. */
enum permission_state { PERMISSION_NONE, PERMISSION_ASKED, PERMISSION_GIVEN, PERMISSION_REFUSED };
struct permission {
	enum permission_state state;
	uint32_t number; /* GIVEN */
};

/* One message on its way to one mailbox. */
struct delivery {
	struct delivery *next;
	enum lane lane;
	bool asks;                   /* it was given to a service before: it is asked about, not sent */
	bool urgent;                 /* critical: goes before those in its lane that are not */
	size_t way;                  /* the courier's own: by which channel */
	instant given;               /* clock_elapsed when it was handed over */
	struct channel_message message; /* its text lives in the arena */
	size_t bytes;                /* of that text */
	struct arena *arena;         /* owned: holds the message, and the rows, which the threads do not look at */
	struct outbox_row *rows;     /* that this message is for */
	size_t row_count;
	struct permission *permissions; /* by row, in the arena; NULL: it needs none */
	instant wait;                /* it came back unsent: ask again after so long */
	struct channel_reply reply;  /* when it comes back */
};
void delivery_free(struct delivery *delivery); /* NULL is fine */
/* Sends it, or asks about it, over the line; fills its reply. */
void delivery_carry(struct delivery *delivery, const struct channel *channel, struct channel_line *line);

struct lanes;
/* Lanes that send by the channel; its settings are borrowed until lanes_free. `ordinary` lines (at least 1, at most
 * LINES_ORDINARY_MOST) and one critical line are there at once, each with a thread of its own.
 * `by_hand`: there are no threads, and lanes_turn does what they would; an attempt then takes as long as the reply
 * says. RESULT_PERMANENT where the channel refuses its settings. */
MUST_CHECK enum result lanes_new(const struct channel *channel, const void *settings, int ordinary, bool by_hand,
                                 struct lanes **lanes, struct fault *fault);
/* Becomes readable when the first delivery has come back, when LANES_TOGETHER have, and when none is under way any
 * more: in between nobody is woken. -1 by hand. */
#define LANES_TOGETHER 32 /* half of what the courier hands to a lane: the lines have work while it is written */
int lanes_fd(const struct lanes *lanes);
/* How many have come back and were not taken; lanes_fd is readable again when there is more to say. */
size_t lanes_hear(struct lanes *lanes);
/* Takes the delivery over. `now` is clock_elapsed, here and below. */
void lanes_give(struct lanes *lanes, struct delivery *delivery, instant now);
/* All that have come back, in the order in which they did; the caller owns them. */
struct delivery *lanes_take(struct lanes *lanes);
/* Opens lines for what has waited too long. Returns when to look again; INSTANT_NEVER: nothing waits for a line. */
instant lanes_relieve(struct lanes *lanes, instant now);
/* By hand: what the threads would have done until now; and when the next thing happens, INSTANT_NEVER: nothing. */
void lanes_turn(struct lanes *lanes, instant now);
instant lanes_next(const struct lanes *lanes);
/* Each line is made anew between two messages, by whoever uses it; one that cannot be stays. */
void lanes_reopen(struct lanes *lanes);
/* Ends the threads: what is queued comes back as abandoned at once, what is under way gets `grace_ms` and is then
 * broken off. Returns whether all threads ended (within about three seconds more); if not, they are left to the end of
 * the process. */
bool lanes_stop(struct lanes *lanes, int64_t grace_ms);
void lanes_free(struct lanes *lanes); /* NULL is fine; stops with no grace if still running */

#endif
