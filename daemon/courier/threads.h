/* threads: the threads that send, and the two queues between them and the loop.
 *
 * The one rule: they share nothing with the loop but a delivery each way. A delivery belongs to whoever holds it. */
#ifndef CASEWATCH_COURIER_THREADS_H
#define CASEWATCH_COURIER_THREADS_H

#include "base/mem.h"
#include "channel/channel.h"
#include "store/outbox.h"

/* One message on its way to one mailbox. */
struct delivery {
	struct delivery *next;
	bool urgent;                 /* goes before those that are not */
	struct channel_message message; /* its text lives in the arena */
	size_t bytes;                /* of that text */
	struct arena *arena;         /* owned: holds the message, and the rows, which the threads do not look at */
	struct outbox_row *rows;     /* that this message is for */
	size_t row_count;
	struct channel_reply reply;     /* when it comes back */
};
void delivery_free(struct delivery *delivery); /* NULL is fine */

struct courier_threads;
/* Starts `count` threads (1 to 64) that send by the channel; its settings are borrowed until courier_threads_free.
 * RESULT_PERMANENT where the channel refuses them. */
MUST_CHECK enum result courier_threads_new(const struct channel *channel, const void *settings, int count,
                                           struct courier_threads **threads, struct fault *fault);
/* Becomes readable when a delivery has come back. */
int courier_threads_fd(const struct courier_threads *threads);
void courier_threads_give(struct courier_threads *threads, struct delivery *delivery); /* takes it over */
/* All that have come back, in the order in which they did; the caller owns them. */
struct delivery *courier_threads_take(struct courier_threads *threads);
/* Ends the threads: what is queued comes back as abandoned at once, what is under way gets `grace_ms` and is then broken
 * off. Returns whether all threads ended (within about two seconds more); if not, they are left to the end of the process. */
bool courier_threads_stop(struct courier_threads *threads, int64_t grace_ms);
void courier_threads_free(struct courier_threads *threads); /* NULL is fine; stops with no grace if still running */

#endif
