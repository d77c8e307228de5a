/* spool_put: events of our own, put where the daemon takes them like any other.
 *
 * The one rule: whole, or not there: whoever hands an answer in never writes to the database. */
#ifndef CASEWATCH_SOURCE_SPOOL_PUT_H
#define CASEWATCH_SOURCE_SPOOL_PUT_H

#include "base/result.h"
#include "base/text.h"

/* Puts a file "NAME.jsonl" with these bytes into the spool directory: written under a name that begins with a dot
 * (which the daemon passes over), synced, then renamed. One of that name that waits there already stays as it is. From
 * any thread. */
MUST_CHECK enum result spool_put(const char *directory, const char *name, struct text bytes, struct fault *fault);
/* Whether something could be put there now: the directory is there and ours, and has room for a file. Leaves nothing;
 * where it cannot be told without leaving something (a file system of another kind), it is taken for so. */
MUST_CHECK enum result spool_put_try(const char *directory, struct fault *fault);

#endif
