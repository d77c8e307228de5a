/* spool_alone: what is said of files of the spool that are left alone.
 *
 * Each has a word of its own (spool:NAME, SOURCE_STUCK), said once for each reason, until it is over; of more than
 * ALONE_SAID_MOST the others share one word with their number, so that thousands that somebody copied with the wrong
 * permissions are one thing that is wrong. Only spool_dir.c uses it. */
#ifndef CASEWATCH_SOURCE_SPOOL_ALONE_H
#define CASEWATCH_SOURCE_SPOOL_ALONE_H

#include "source/source.h"

#define ALONE_SAID_MOST 20 /* files that are named each by itself: a page of status; of more their number is said */

/* Of one file; zero: nothing is wrong with it. */
struct alone_word {
	char *why;
	bool said; /* by itself */
};

struct alone;
/* `path` and `settings` are the directory's, and outlive it. */
struct alone *alone_new(const char *path, const struct source_settings *settings);
void alone_free(struct alone *alone);

void alone_say(struct alone *alone, struct alone_word *word, const char *name, const char *why);
/* Nothing is wrong with it any more; `what` became of it. */
void alone_over(struct alone *alone, struct alone_word *word, const char *name, const char *what);

/* After each look: alone_look, alone_see of each file, alone_looked. Those not named yet are, where there is room,
 * and how many others there are is said when that is another number altogether. */
void alone_look(struct alone *alone);
void alone_see(struct alone *alone, struct alone_word *word, const char *name);
void alone_looked(struct alone *alone);

bool alone_is_printable(const char *name);

#endif
