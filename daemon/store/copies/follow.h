/* follow: a copy of a database on another machine that is at most seconds behind, without Kafka.
 *
 * What was committed since is shipped row by row, never pages: the rows that the notes name (store/changes.h), as they
 * are in one view of the database, and the keys of those that are not there any more. So a copy is always the original
 * as it was between two transactions. Registers are not shipped: they are a function of the rest, and made anew by the
 * daemon that takes over. What erases and deletes is a change as any other; and the file of erasures goes before the
 * rows.
 *
 * The one rule: a copy is nobody's database. No daemon starts on it; it is put in place by a restore, which marks as
 * possible duplicates what may have gone since. */
#ifndef CASEWATCH_STORE_COPIES_FOLLOW_H
#define CASEWATCH_STORE_COPIES_FOLLOW_H

#include "store/audit/audit.h"
#include "store/store.h"

#define FOLLOW_RECORD_MOST ((size_t)544 << 20) /* bytes of one record: the file of erasures may have 512 MiB */
#define FOLLOW_HEAD 5                          /* bytes before what a record holds: its kind, and its length */

/* Where a copy is. All zero: it has nothing. */
struct follow_place {
	char line[40];             /* of the notes that it follows */
	int64_t number;            /* of the last one that it has */
	struct audit_head head;    /* of its audit: a source that was put back by hand has another */
};

/* ---- at the original ---- */

/* Takes the bytes; RESULT_TEMPORARY: they could not be written. */
typedef enum result follow_write(void *argument, struct text bytes, struct fault *fault);
struct follow_shipped {
	char line[40];             /* of the notes, and */
	int64_t number;            /* of the newest note: where the copy is then, */
	struct audit_head head;    /* with this audit */
	int64_t rows;              /* that were shipped, and taken away */
	bool whole;                /* everything was shipped, because: */
	char why[160];
};
/* What the copy lacks, from one view of `store` (STORE_READ), which lasts until all is written. Whole where it cannot
 * follow: it has nothing, notes of then are gone, or they are of another line, or the audit is another. The file of
 * erasures goes with `erased`. RESULT_PERMANENT: changes are not noted here. */
MUST_CHECK enum result follow_ship(struct store *store, const struct follow_place *from, bool erased, instant now,
                                   follow_write *write, void *argument, struct follow_shipped *shipped,
                                   struct fault *fault);
/* The newest note; -1: changes are not noted. */
MUST_CHECK enum result follow_newest(struct store *store, int64_t *number, struct fault *fault);

/* What the original knows of its copy, in a file beside the database (DATABASE.follower). */
struct follow_seen {
	instant at;                /* when it last had everything, by the original's clock */
	int64_t number;            /* the note that it had then */
	char host[128];
};
void follow_seen_write(const char *database, const struct follow_seen *seen);
bool follow_seen_read(const char *database, struct follow_seen *seen); /* false: none was ever seen */

/* ---- at the copy ---- */

struct follow_copy;
/* Opens the copy, or begins one, under the database's lock. RESULT_PERMANENT: the file is no copy, or of another
 * schema. */
MUST_CHECK enum result follow_copy_open(const char *path, struct follow_copy **copy, struct fault *fault);
void follow_copy_close(struct follow_copy *copy); /* NULL is fine; what was not of a whole moment is rolled back */
MUST_CHECK enum result follow_copy_place(struct follow_copy *copy, struct follow_place *place, struct fault *fault);
/* One record. *at: a moment is durable; INSTANT_NONE: not yet. A copy that is made anew takes the name only when it is
 * whole. RESULT_PERMANENT: bytes that no casewatch of this schema sends. */
MUST_CHECK enum result follow_copy_take(struct follow_copy *copy, char kind, struct text bytes, instant *at,
                                        struct fault *fault);
/* As of when a copy is, without opening it for writing; false: the file is no copy. */
bool follow_is_copy(struct store *store, instant *at);

/* Makes one file of it, without a log beside it, for a restore. RESULT_PERMANENT: it is no copy, or is being followed
 * into. *at: as of when it is. */
MUST_CHECK enum result follow_copy_settle(const char *path, instant *at, struct fault *fault);

/* Schema of this program's databases: both ends must have the same. */
int follow_schema(void);

#endif
