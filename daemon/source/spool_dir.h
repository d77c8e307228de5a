/* spool_dir: which files of a spool directory can be taken, and where those go that are done with.
 *
 * Owns the directory's descriptors and what is known of each file in it. The rules: a file is taken only when its
 * writer has closed it and it has been still since; where nobody can say whether it was closed (it was there before us,
 * or the file system is a network's and tells nobody), when it has been still for longer. A file that cannot be taken
 * is named once, aloud, and left where it is, and tried again where that may help; none is ever deleted or overwritten.
 * The work of one call is bounded.
 * Only spool.c uses it. */
#ifndef CASEWATCH_SOURCE_SPOOL_DIR_H
#define CASEWATCH_SOURCE_SPOOL_DIR_H

#include "source/source.h"

#include <sys/stat.h>

struct spool_dir;

/* A file that was opened to be read. */
struct spool_file {
	const char *name;   /* until it is done, unripe or refused */
	int fd;             /* its reader closes it */
	struct stat stamp;  /* as it has been for as long as it was still */
	bool closed;        /* it is known that its writer has closed it */
};

/* Makes the directory and its done/ where they are missing. */
MUST_CHECK enum result spool_dir_open(const char *path, const struct source_settings *settings, struct spool_dir **dir,
                                      struct fault *fault);
void spool_dir_close(struct spool_dir *dir);
int spool_dir_fd(const struct spool_dir *dir); /* inotify's; -1: there is none, and only looking helps */

void spool_dir_wake(struct spool_dir *dir);    /* reads it empty */
/* One portion of looking at what is there, where that is due. False: call again before the next spool_dir_next. */
bool spool_dir_look(struct spool_dir *dir);
/* Opens the next file, by name, that can be taken; false: none can be now. */
bool spool_dir_next(struct spool_dir *dir, struct spool_file *file);
/* In how long one can be taken, or a look is due or goes on, if nothing changes. */
instant spool_dir_wait(const struct spool_dir *dir);
/* Whether the directory cannot be read. */
bool spool_dir_is_away(const struct spool_dir *dir);
/* Whether nothing that could be taken is there. */
bool spool_dir_is_empty(const struct spool_dir *dir);

/* What becomes of a file that was opened: */
/* It changed since, or must be still for longer (`patience`, 0: as is usual); it waits anew. */
void spool_dir_unripe(struct spool_dir *dir, const char *name, instant patience);
/* Whether it has been still for so long. */
bool spool_dir_was_still(struct spool_dir *dir, const char *name, instant span);
/* All of it is stored: it moves to done/, under a name of its own there, if it still is what was read: `stamp`.
 * Whatever is written to it afterwards brings it back. */
void spool_dir_done(struct spool_dir *dir, const char *name, const struct stat *stamp);
/* It cannot be read: it is left alone for a while, and why is said. */
void spool_dir_refuse(struct spool_dir *dir, const char *name, const char *why);

#endif
