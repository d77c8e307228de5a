/* backup: a copy of the database as it was at one moment, made beside a running daemon, looked through before it
 * counts, and put back.
 *
 * The one rule: under a backup's own name there is never half of one; and nothing is put over a database that lives. A
 * backup is one file without a write-ahead log. */
#ifndef CASEWATCH_STORE_COPIES_BACKUP_H
#define CASEWATCH_STORE_COPIES_BACKUP_H

#include "store/audit/audit.h"
#include "store/events/packed.h"
#include "store/store.h"

/* Called after each portion of pages; false: no more, and RESULT_TEMPORARY. */
typedef bool backup_progress(void *argument, int64_t done, int64_t pages);

/* Copies the database to the new file `to` (mode 0600; one that is there is refused), from one view of it, a portion at
 * a time: the daemon goes on writing, and its log is not emptied until the copy is made. Synchronised. On failure there
 * is no such file. */
MUST_CHECK enum result backup_copy(const char *database, const char *to, backup_progress *progress, void *argument,
                                   struct fault *fault);
/* Gives a whole file its own name, never over another, and synchronises the directory. */
MUST_CHECK enum result backup_name(const char *from, const char *to, struct fault *fault);

/* Who was erased from the database must not come back with the backup: the file of erasures, where there is one, as it
 * is now, to beside the backup. After the copy of the database, so that none is missing. RESULT_PERMANENT: the backup
 * is of no use. */
MUST_CHECK enum result backup_erasures(const char *database, const char *backup, struct fault *fault);

/* What is in a database that nobody writes to. */
struct backup_facts {
	int version; /* of its schema */
	uint64_t bytes;
	int64_t events, alerts, waiting; /* stored, and messages that may still go out */
	int64_t quarantined;             /* records that wait */
	struct audit_head head;          /* of its audit; of a schema without a chain, and of none: row 0 */
	instant newest;                  /* when the last event came; INSTANT_NONE: none */
	struct packed_damage damaged;    /* events that can no longer be read; the rest is of use */
	bool chain_read;                 /* the audit was verified: its schema is this program's */
};
/* Reads it through: that it is casewatch's, of a schema that this program knows, that every page and index is whole,
 * and that its audit verifies. RESULT_PERMANENT: it is of no use, and why. `thorough` false: its facts alone. */
MUST_CHECK enum result backup_check(const char *path, bool thorough, struct backup_facts *facts, struct fault *fault);

/* Every page, and every index against its table, beside whoever writes. RESULT_PERMANENT: what is wrong. */
MUST_CHECK enum result backup_check_pages(const char *path, struct fault *fault);

/* What restoring did. */
struct restored {
	struct backup_facts backup; /* what was put back */
	bool had_before;            /* there was a database, and it was put aside */
	bool before_readable;
	struct backup_facts before;
	char aside[512]; /* where it is now, with its -wal */
	int64_t marked;  /* messages that waited then: each is a possible duplicate now */
	int64_t erased;  /* children whose erasure was applied again */
};
/* Puts the backup `from` under the name of the database. Refused (RESULT_PERMANENT, with a next step) while a daemon
 * has it, and where a database is there and `replace` is not said; one that is there is put aside, never deleted. The
 * backup is copied, read through, brought up to date, its waiting messages marked as possible duplicates, erasures that
 * came after it applied again; only then does it get the name. After that what happened before `now` and is told once
 * more is marked, too (store_restored_to). */
MUST_CHECK enum result backup_restore(const char *database, const char *from, bool replace, instant now,
                                      struct restored *restored, struct fault *fault);

/* When this database was put back from a backup last; INSTANT_NONE: never. Of what happened until then nobody knows
 * whether it was told. */
MUST_CHECK enum result store_restored_to(struct store *store, instant *at, struct fault *fault);

#endif
