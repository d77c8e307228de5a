/* spool_watch: what the kernel tells of a spool directory: whose file was made, closed, moved there.
 *
 * It may tell nothing at all (a network file system; a limit of the machine, which is said in the log once): whoever
 * listens looks by itself, too. Only spool_dir.c uses it. */
#ifndef CASEWATCH_SOURCE_SPOOL_WATCH_H
#define CASEWATCH_SOURCE_SPOOL_WATCH_H

#include "time/instant.h"

enum watch_told {
	WATCH_MADE,    /* before our eyes, and not closed yet */
	WATCH_CLOSED,  /* by one who wrote to it */
	WATCH_MOVED,   /* here, as a whole */
	WATCH_CHANGED, /* its permissions, say */
	WATCH_LOST,    /* there was more than the kernel keeps: no name; look for yourself */
};
typedef void watch_tell(void *context, const char *name, enum watch_told told);

struct watch;
/* `path` outlives it. `every`: how often its owner looks by itself, for the log. */
struct watch *watch_new(const char *path, instant every);
void watch_free(struct watch *watch);
/* With each look: it may be another directory by now, or be there again. */
void watch_again(struct watch *watch);
/* Readable when there is something to be told; -1: never. */
int watch_fd(const struct watch *watch);
/* Tells all there is. */
void watch_read(struct watch *watch, watch_tell *tell, void *context);

#endif
