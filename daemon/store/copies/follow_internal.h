/* follow_internal: which tables are followed and how their rows are named, for what notes changes, ships them and takes
 * them. */
#ifndef CASEWATCH_STORE_COPIES_FOLLOW_INTERNAL_H
#define CASEWATCH_STORE_COPIES_FOLLOW_INTERNAL_H

#include "store/copies/follow.h"
#include "store/store_internal.h"

#define CHANGES_LINE "changes_line" /* in meta: which line of notes it is; none: changes are not noted */

#define CHANGES_LINES "changes_lines" /* in meta: the lines before it and it, and where each began */

#define FOLLOWED_KEYS_MOST 6 /* columns of a key */
struct followed {
	char name[64], keys[FOLLOWED_KEYS_MOST][64];
	size_t columns, key_count;
};

typedef enum result followed_visit(void *argument, struct store *store, const struct followed *table,
                                   struct fault *fault);
/* Each table that is followed, in the order of their names: all but those that are a function of the others
 * (registers), and the notes themselves. */
MUST_CHECK enum result followed_each(struct store *store, followed_visit *visit, void *argument, struct fault *fault);
MUST_CHECK enum result followed_look_up(struct store *store, const char *name, struct followed *table,
                                        struct fault *fault);
/* The condition that finds a row by ?1 to ?6. */
void followed_put_where(const struct followed *table, struct buffer *sql);

/* In the caller's transaction: nothing is noted any more. */
MUST_CHECK enum result changes_end(struct store *store, struct fault *fault);

/* The last note there ever was; 0: none. */
MUST_CHECK enum result changes_newest(struct store *store, int64_t *number, struct fault *fault);
/* Whether a note of that line and number is one of this history, and not of one that was given up when an older file
 * was put in its place. */
MUST_CHECK enum result changes_has(struct store *store, const char *line, int64_t number, bool *has,
                                   struct fault *fault);

/* ---- the bytes that are shipped ---- */

/* A record: its kind, its length as 4 bytes, what it holds. All numbers are little-endian. A value: its kind (N, I, R,
 * T, B), then 8 bytes, or 4 of length and as many. */
enum follow_kind {
	FOLLOW_WHOLE = 'W',  /* everything comes, as of this moment; why, in words */
	FOLLOW_ROW = 'R',    /* the table's name, and the values of its columns */
	FOLLOW_GONE = 'G',   /* the table's name, and the key of a row that is not there */
	FOLLOW_ERASED = 'E', /* the file of erasures */
	FOLLOW_MOMENT = 'M'  /* until here all is of one moment: line, number, time */
};

#endif
