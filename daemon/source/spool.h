/* spool: events from files that are put into a directory, one event a line.
 *
 * The one rule: a file is moved to done/ only after everything in it is in the database, and what is moved there is
 * what was stored, to the byte; after a crash it goes on where the database stands, and where that cannot be proved it
 * is read again from its start (what is known already is a duplicate and changes nothing).
 *
 * Files are taken in the order of their names, each once its writer has closed it and it has been still (spool_dir.h
 * has the times). Those that begin with "." or end in ".tmp" are being written and passed over; links and whatever is
 * no regular file are refused aloud. A directory that goes away is reported, and waited for. All on the loop's thread,
 * a bounded portion a turn. */
#ifndef CASEWATCH_SOURCE_SPOOL_H
#define CASEWATCH_SOURCE_SPOOL_H

#include "source/source.h"

/* The directory is made, with its done/, where it is missing. Reports have the names "spool" (the directory) and
 * "spool:FILE" (that file is left alone until a person sees to it). Positions are "spool:FILE": the byte after a line's
 * end. */
MUST_CHECK enum result spool_source_open(const struct source_settings *settings, const char *directory,
                                         struct source **source, struct fault *fault);

#endif
