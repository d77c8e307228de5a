/* jsonl: events one a line, from a file, standard input, or a spool directory into which whole files are moved.
 *
 * Owns the descriptors and the directory's housekeeping. The one rule: a file is moved to done/ only after everything in it
 * is in the database; after a crash it goes on where the database stands, and where that cannot be proved it is read again
 * from its start (what is known already is a duplicate and changes nothing). */
#ifndef CASEWATCH_SOURCE_JSONL_H
#define CASEWATCH_SOURCE_JSONL_H

#include "source/source.h"

struct jsonl;

/* The source for the loop: a spool directory. */
MUST_CHECK enum result spool_source_open(const struct source_settings *settings, const char *directory,
                                         struct source **source, struct fault *fault);

/* A spool directory: made, with its done/, where it is missing. Files are taken in the order of their names. Those that begin
 * with "." or end in ".tmp" are being written and passed over; links and whatever is no regular file are refused aloud.
 * A directory that goes away is reported, and waited for. */
MUST_CHECK enum result jsonl_open_spool(const struct source_settings *settings, const char *directory,
                                        struct jsonl **source, struct fault *fault);
/* One file, or standard input where `path` is "-"; it stays where it is. */
MUST_CHECK enum result jsonl_open_file(const struct source_settings *settings, const char *path, struct jsonl **source,
                                       struct fault *fault);
void jsonl_close(struct jsonl *source); /* NULL is fine; what is not committed comes again */

int jsonl_fd(const struct jsonl *source); /* readable when something may have come; -1: none; owned by `source` */

/* Reads the spool's descriptor empty: whoever watches it calls this first, also while a batch is out. */
void jsonl_wake(struct jsonl *source);
/* The next batch, or NULL: nothing waits. Never waits itself. It stays the source's. */
struct batch *jsonl_next_batch(struct jsonl *source);
/* It is in the database for good: files that end in it are moved to done/. Frees it. */
void jsonl_committed(struct jsonl *source, struct batch *batch);
/* It is not: reading starts anew from the stored positions. Frees it. */
void jsonl_give_back(struct jsonl *source, struct batch *batch);

/* A file or standard input: its end was reached and committed. Never for a spool. */
bool jsonl_ended(const struct jsonl *source);

#endif
