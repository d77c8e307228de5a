/* spelling: what somebody most likely meant to write.
 *
 * The one rule: a guess is offered only where it is near enough to be a slip of the pen; a wrong guess is worse than
 * none. */
#ifndef CASEWATCH_BASE_SPELLING_H
#define CASEWATCH_BASE_SPELLING_H

#include "base/text.h"

/* Edits (a letter put in, left out, changed, or two neighbours swapped) that make one of the other. Letters count
 * without regard to case, '_' and ' ' as '-'. Words over 64 bytes are SIZE_MAX apart: nobody mistypes them by a letter
 * or two. */
size_t spelling_edits(struct text a, struct text b);

/* A search among words that come one by one. Begin with spelling_begin, then offer each; `best` is NULL where none is
 * near enough: a third of the given word's length, at least 1, at most 3 edits. */
struct spelling {
	struct text given;
	const char *best;
	size_t limit;
};
struct spelling spelling_begin(struct text given);
void spelling_offer(struct spelling *spelling, const char *word); /* borrowed */

/* Adds `; did you mean "WORD"?`, or nothing, for the end of a fault's sentence. */
void spelling_say(const struct spelling *spelling, struct buffer *out);

#endif
