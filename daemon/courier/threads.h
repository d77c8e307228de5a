/* threads: the threads that talk to the mail server, and the two queues between them and the loop.
 *
 * The one rule: they share nothing with the loop but a delivery each way. A delivery belongs to whoever holds it. */
#ifndef CASEWATCH_COURIER_THREADS_H
#define CASEWATCH_COURIER_THREADS_H

#include "base/mem.h"
#include "channel/smtp/mime.h"
#include "channel/smtp/smtp.h"
#include "store/outbox.h"

/* One message on its way to one mailbox. */
struct delivery {
	struct delivery *next;
	bool urgent;                 /* goes before those that are not */
	char to[MIME_ADDRESS_MOST + 1];
	struct buffer wire;
	struct arena *arena;         /* owned: holds the rows, which the threads do not look at */
	struct outbox_row *rows;     /* that this message is for */
	size_t row_count;
	struct smtp_reply reply;     /* when it comes back */
};
void delivery_free(struct delivery *delivery); /* NULL is fine */

struct courier_threads;
/* Starts `count` threads (1 to 64) that send as `settings` says, from the address `from`; both are borrowed until
 * courier_threads_free. RESULT_PERMANENT where smtp_new refuses the settings. */
MUST_CHECK enum result courier_threads_new(const struct smtp_settings *settings, const char *from, int count,
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
