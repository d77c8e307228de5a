/* spool_dir: which files wait in a spool directory, and where those go that are done with.
 *
 * The one rule: a file that cannot be taken is named once, aloud, and left where it is; none is ever deleted or overwritten.
 * Only jsonl.c uses it. */
#ifndef CASEWATCH_SOURCE_SPOOL_DIR_H
#define CASEWATCH_SOURCE_SPOOL_DIR_H

#include "source/source.h"

struct spool_dir;

/* Makes the directory and its done/ where they are missing. */
MUST_CHECK enum result spool_dir_open(const char *path, source_report *report, void *context, struct spool_dir **dir,
                                      struct fault *fault);
void spool_dir_close(struct spool_dir *dir);
int spool_dir_fd(const struct spool_dir *dir); /* inotify's; -1: there is none, and only looking helps */

void spool_dir_wake(struct spool_dir *dir);    /* reads it empty */

/* Looks anew: what is there now waits, by name. False: the directory cannot be read, which was said. */
bool spool_dir_look(struct spool_dir *dir);
/* Opens the next file that waits: its descriptor, and its name, which lives until the next look; -1: none is left. */
int spool_dir_next(struct spool_dir *dir, const char **name);
/* Moves it to done/, under a name of its own there. False: it stays, which was said. */
bool spool_dir_done(struct spool_dir *dir, const char *name);
/* Leaves the file alone from now on, saying why. */
void spool_dir_refuse(struct spool_dir *dir, const char *name, const char *why);

#endif
