/* spool_done: the folder done/ of a spool directory: files whose events are all stored.
 *
 * The one rule: what lies in done/ is what was stored, to the byte. A writer may still hold a file that was moved
 * there; what it adds afterwards must not be lost, so files that moved lately are looked at, and one that changed comes
 * back. Only spool_dir.c uses it. */
#ifndef CASEWATCH_SOURCE_SPOOL_DONE_H
#define CASEWATCH_SOURCE_SPOOL_DONE_H

#include "base/clock.h"
#include "base/text.h"

#include <stdbool.h>
#include <sys/stat.h>

#define DONE "done"

struct done;
struct done *done_new(void);
void done_free(struct done *done);

/* `directory`: the spool's descriptor. NULL: it moved. Else why not, for people. */
const char *done_move(struct done *done, int directory, const char *name, const struct stat *stamp, instant now);
/* Files that were written to since they moved go back to where they were; `came_back` hears their names there. */
typedef void done_came_back(void *context, const char *name);
void done_look(struct done *done, int directory, instant now, done_came_back *came_back, void *context);
/* Whether two stamps are of the same file with the same content, as far as a file system can tell. */
bool done_same(const struct stat *a, const struct stat *b);

#endif
