/* store: the SQLite database: one process, one connection, one transaction at a time, all on the loop's thread.
 *
 * Owns the file and its lock. The one rule: what is accepted, what it caused and how far the source was read are one
 * transaction (`synchronous=FULL`). A second process is refused and told who holds the file. The table groups have headers
 * of their own: events.h, alerts.h, outbox.h, audit.h, lists.h. */
#ifndef CASEWATCH_STORE_STORE_H
#define CASEWATCH_STORE_STORE_H

#include "base/clock.h"
#include "base/text.h"

struct store;

enum store_mode { STORE_WRITE /* the daemon: takes the lock */, STORE_READ /* the tool beside a running daemon */ };

/* Opens, checks application_id, migrates (STORE_WRITE), loads the duplicate map. A newer schema than this program knows,
 * a foreign file and a held lock are RESULT_PERMANENT with a next step. */
MUST_CHECK enum result store_open(const char *path, enum store_mode mode, struct store **store, struct fault *fault);
void store_close(struct store *store); /* NULL is fine; rolls back what is open */

/* One transaction (BEGIN IMMEDIATE). After RESULT_TEMPORARY (disk full, busy) it is rolled back and may be tried again;
 * RESULT_PERMANENT means an I/O error on commit (IOERR_FSYNC): the caller exits and starts clean. */
MUST_CHECK enum result store_begin(struct store *store, struct fault *fault);
MUST_CHECK enum result store_commit(struct store *store, struct fault *fault);
void store_rollback(struct store *store);
bool store_in_transaction(const struct store *store);

#endif
