/* published: a configuration that came from the log of a cell (docs/cells.md, "Publishing"): what of it is the
 * council's, in one record, and as a directory of files on each machine.
 *
 * The one rule: what a reload can change is the council's, and the same on every machine of a cell; the rest (the
 * database, listeners, paths of secrets, machine's names) is each machine's own, and stays in its own casewatchd.yaml.
 * Before the first record is published all of it is the machine's own file. */
#ifndef CASEWATCH_CONFIG_PUBLISHED_H
#define CASEWATCH_CONFIG_PUBLISHED_H

#include "base/digest.h"
#include "config/config.h"

#define PUBLISHED_BYTES_MOST ((size_t)8 << 20) /* of a record; an order is no longer (KAFKA_ORDER_BYTES_MOST) */
#define PUBLISHED_FINGERPRINT_MOST 63 /* bytes: edition_fingerprint writes some twenty */
#define PUBLISHED_PERSON_MOST 63      /* bytes: an id of the directory, of which a longer one is cut here alone */

struct published {
	int64_t number;                                    /* from 1 on, each one more than the one before */
	char fingerprint[PUBLISHED_FINGERPRINT_MOST + 1]; /* of what it judges by, where it was published */
	char person[PUBLISHED_PERSON_MOST + 1];           /* who published it: an id of the directory */
	struct digest digest;                              /* of the whole record: which one it is */
};

/* The files of a configuration that was read from its machine's own files (published_none), as a record. */
MUST_CHECK enum result published_pack(const struct config *config, const struct published *head, struct buffer *record,
                                      struct fault *fault);
/* What a record says of itself; RESULT_PERMANENT: it is none, or not a whole one. */
MUST_CHECK enum result published_read(struct text record, struct published *head, struct fault *fault);

/* Directories beside a database: DATABASE.published/NUMBER-DIGEST, and "current", which names the one in force. */
void published_directory(const char *database, const struct published *head, struct buffer *path);
/* Writes a record's files there, synced; one that is there already is whole. */
MUST_CHECK enum result published_unpack(const char *database, struct text record, struct fault *fault);
/* From now on it is the one in force. RESULT_TEMPORARY: the disk. */
MUST_CHECK enum result published_use(const char *database, const struct published *head, struct fault *fault);
/* Which is in force; false: none was published. */
bool published_current(const char *database, struct published *head);
/* Removes all but the newest PUBLISHED_KEPT. */
#define PUBLISHED_KEPT 5 /* to look at what was in force some changes ago: half a megabyte each */
void published_tidy(const char *database);

/* All that was unpacked beside that database. */
void published_remove(const char *database);

/* What this thread loads next is read with the files of that directory; published_none: with the machine's own alone;
 * NULL: as is in force. */
extern const char published_none[];
void published_load_with(const char *directory);
/* The directory that a machine with this database loads with; NULL: none. Into `room`. */
const char *published_to_load(const char *database, struct buffer *room);

#endif
