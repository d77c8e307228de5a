/* jsonl_lines: a descriptor as lines, with a bound on what one line may hold.
 *
 * The one rule: memory is bounded by the limit whatever comes: of a longer line only its beginning is kept. Only jsonl.c
 * uses it. */
#ifndef CASEWATCH_SOURCE_JSONL_LINES_H
#define CASEWATCH_SOURCE_JSONL_LINES_H

#include "base/text.h"

struct lines;

struct line {
	struct text bytes;   /* with its line end where it has one; until the next call */
	int64_t next;        /* offset of the byte after it */
	uint64_t whole;      /* its length; more than bytes.length where it was cut */
	uint64_t fingerprint; /* of everything from the start of the file to its end */
};

enum line_state { LINE_READ, LINE_NONE_YET /* more may come */, LINE_END, LINE_FAILED /* errno says why */ };

/* Lines longer than `limit` bytes (line end included) are cut to limit + 1. */
struct lines *lines_new(size_t limit);
void lines_free(struct lines *lines); /* does not close the descriptor */
void lines_start(struct lines *lines, int fd);
/* Reads and discards [0, next): true if its fingerprint is the given one; false (also on failure): start anew. */
bool lines_resume(struct lines *lines, int64_t next, uint64_t fingerprint);
enum line_state lines_next(struct lines *lines, struct line *line);
/* Whether bytes came behind what was the end; only after LINE_END. The line that ended there is then over. */
bool lines_grew(struct lines *lines);

#endif
