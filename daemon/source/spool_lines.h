/* spool_lines: a file as lines, with a bound on what one line may hold and on what one turn may read.
 *
 * The one rule: memory and the work of a turn are bounded whatever comes: of a longer line only its beginning is kept,
 * and reading stops when the allowance is spent. Only spool.c uses it. */
#ifndef CASEWATCH_SOURCE_SPOOL_LINES_H
#define CASEWATCH_SOURCE_SPOOL_LINES_H

#include "base/text.h"

struct lines;

struct line {
	struct text bytes;    /* with its line end where it has one; until the next call */
	int64_t next;         /* offset of the byte after it */
	uint64_t whole;       /* its length; more than bytes.length where it was cut */
	uint64_t fingerprint; /* of everything from the start of the file to its end */
};

enum line_state {
	LINE_READ,
	LINE_SPENT,  /* the allowance is: go on another turn */
	LINE_END,    /* of the file as it is now; what stands behind its last line end is lines_tail's */
	LINE_FAILED, /* errno says why */
};

/* Lines longer than `limit` bytes (line end included) are cut to limit + 1. */
struct lines *lines_new(size_t limit);
void lines_free(struct lines *lines);          /* does not close the descriptor */
void lines_start(struct lines *lines, int fd); /* from its start, where the descriptor must stand */
void lines_allow(struct lines *lines, size_t bytes); /* so much may be read until this is called again */
enum line_state lines_next(struct lines *lines, struct line *line);
/* After LINE_END: the last line, which has no end. False: there is none. */
bool lines_tail(struct lines *lines, struct line *line);
/* After LINE_END: whether there is one. */
bool lines_has_tail(const struct lines *lines);
/* How many bytes of the file were read. */
int64_t lines_offset(const struct lines *lines);

#endif
