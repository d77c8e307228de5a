/* store: the SQLite database: one process, one connection, one transaction at a time, all on the loop's thread.
 *
 * Owns the file and its lock. The one rule: what is accepted, what it caused and how far the source was read are one
 * transaction (`synchronous=FULL`). A second process is refused and told who holds the file. The table groups have
 * headers of their own: events.h, alerts.h, outbox.h. */
#ifndef CASEWATCH_STORE_STORE_H
#define CASEWATCH_STORE_STORE_H

#include "base/clock.h"
#include "base/histogram.h"
#include "base/text.h"

#include <stdatomic.h>

struct store;

enum store_mode { STORE_WRITE /* the daemon: takes the lock */, STORE_READ /* the tool beside a running daemon */ };

/* Opens, checks application_id, migrates (STORE_WRITE), loads the duplicate map. A newer schema than this program
 * knows, a foreign file and a held lock are RESULT_PERMANENT with a next step. The lock is PATH.lock. */
MUST_CHECK enum result store_open(const char *path, enum store_mode mode, struct store **store, struct fault *fault);
/* The same on a thread, where another may set *stop: what is under way is rolled back, and it is RESULT_TEMPORARY. What
 * a migration had done of its steps stays done. */
MUST_CHECK enum result store_open_until(const char *path, enum store_mode mode, const atomic_bool *stop,
                                        struct store **store, struct fault *fault);
void store_close(struct store *store); /* NULL is fine; rolls back what is open */

/* One transaction (BEGIN IMMEDIATE). After RESULT_TEMPORARY (disk full, a failed read or write, busy) it is rolled back
 * and may be tried again; RESULT_PERMANENT means a failed fsync or damage: the caller exits and starts clean. So says a
 * failed fsync in a checkpoint after a commit that held, because the next checkpoint would succeed without the data. */
MUST_CHECK enum result store_begin(struct store *store, struct fault *fault);
MUST_CHECK enum result store_commit(struct store *store, struct fault *fault);
void store_rollback(struct store *store);
bool store_in_transaction(const struct store *store);
/* Another number whenever rows may be other than they were, through this connection: what was read outside a
 * transaction stays true for as long as it is the same. */
uint64_t store_written(const struct store *store);
/* After RESULT_TEMPORARY: whether a page could not be read, which concerns what is stored there; else it was the room
 * on the disk, or a lock, which concern everybody. */
bool store_failed_to_read(const struct store *store);

/* STORE_READ: the next look sees what the daemon has written since, at the cost of that alone. Others have no need of
 * it. */
void store_look_anew(struct store *store);
/* STORE_READ: all that is read until store_view_end is of one moment, and costs one lock instead of one a statement.
 * Short ones: a view that lasts keeps the write-ahead log from being emptied. */
MUST_CHECK enum result store_view(struct store *store, struct fault *fault);
void store_view_end(struct store *store); /* without a view: nothing */

/* From a timer, outside a transaction, every minute or so: has the write-ahead log moved into the database and emptied,
 * on a thread of its own; and says what came of it before. store_fd is readable when such a move failed: call it then,
 * too. */
MUST_CHECK enum result store_tidy(struct store *store, struct fault *fault);
int store_fd(const struct store *store);
/* The same, and waits until it is done: for the tool alone, which has no loop that would stand. */
MUST_CHECK enum result store_empty_log(struct store *store, struct fault *fault);
/* How long commits took since it was opened: waiting for the disk, which is nobody's work. */
instant store_waited(const struct store *store);
/* The same, each commit by itself. */
const struct histogram *store_commits(const struct store *store);
/* How many histories have a clock that runs. */
size_t store_clocks(const struct store *store);

/* Whether the file under its name is still the one that is written to, with its log beside it. RESULT_PERMANENT: it was
 * deleted, moved, replaced or emptied: leave rather than write into nothing. */
MUST_CHECK enum result store_look_at_ground(struct store *store, struct fault *fault);

/* STORE_READ, off the loop: reads every page of every table and its indexes, minutes for a large database. The first
 * that is damaged, or cannot be read, is named; damage->table empty: all are sound. That an index has the rows of its
 * table is not compared. RESULT_TEMPORARY after store_interrupt, which alone another thread may call on this store. */
struct store_damage {
	char table[64], what[256]; /* what SQLite says of it */
};
MUST_CHECK enum result store_sound(struct store *store, struct store_damage *damage, struct fault *fault);
/* Likewise every stored event (store/events/packed.h). */
struct packed_damage;
MUST_CHECK enum result store_sound_events(struct store *store, struct packed_damage *damage, struct fault *fault);
void store_interrupt(struct store *store);
/* After RESULT_PERMANENT: a page is damaged. What only reads what is made of events (registers, lists) goes on without;
 * whoever has to write leaves. */
bool store_is_damaged(const struct store *store);

/* Small durable settings: what this database was last used with. *value lives until the next call; empty: not set. */
MUST_CHECK enum result store_get(struct store *store, const char *name, struct text *value, struct fault *fault);
MUST_CHECK enum result store_set(struct store *store, const char *name, struct text value, struct fault *fault);
/* The same in a transaction of its own. */
MUST_CHECK enum result store_keep(struct store *store, const char *name, struct text value, struct fault *fault);

/* How much work the database has done since it was opened: SQLite's own count of the steps of all statements. For tests
 * that bound the work of a call, and not its time. */
uint64_t store_steps(const struct store *store);
/* Likewise: how often a statement that is kept was prepared anew, which costs more than most of them do. */
uint64_t store_prepared_anew(const struct store *store);

/* How often since it was opened a stored event could not be read again: its row is damaged, and histories and registers
 * are without it. *last: the row of the last one. */
uint64_t store_unreadable(const struct store *store, int64_t *last);

#define STORE_BUSY_MS 5000 /* so long somebody else who writes is waited for, once: the loop stands meanwhile */

/* The cache of pages of each of so many databases that are written to, in bytes: one has 32 MiB, many have equal parts
 * of what the process has for all of them, but none less than 1 MiB. A part that becomes smaller is given back with
 * the database's next transaction, or within the minute. Who opened it to read it alone has half as much, and gives
 * back with the next view (store_view). */
#define STORE_PAGE_CACHE ((size_t)256 << 20) /* with less, pages that are read again come from the system's cache */
size_t store_page_cache(size_t count);

/* For status and metrics. Counts what is open; never walks the whole history. */
struct store_figures {
	uint64_t events, histories, alerts; /* stored in all */
	uint64_t quarantine_waiting;
	instant quarantine_oldest;          /* arrival of the oldest that waits; INSTANT_NEVER: none */
	uint64_t outbox_waiting;
	instant outbox_oldest;              /* created; INSTANT_NEVER: none */
	uint64_t standing[3];               /* alerts, by severity */
	uint64_t unanswered;                /* of those, how many nobody has answered */
	uint64_t database_bytes, log_bytes; /* the file, and its write-ahead log */
	uint64_t memory_bytes;              /* of the maps beside the database */
};
MUST_CHECK enum result store_figures(struct store *store, struct store_figures *figures, struct fault *fault);

#endif
