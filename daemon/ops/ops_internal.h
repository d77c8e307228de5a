/* ops_internal: what the files of ops share; nobody else includes it. */
#ifndef CASEWATCH_OPS_OPS_INTERNAL_H
#define CASEWATCH_OPS_OPS_INTERNAL_H

#include "ops/ops.h"

#include "base/mem.h"

#define UNWRITTEN_MOST                                                                                                 \
	64 /* kept while the database takes nothing; of more the last is overwritten, and the log has each */

/* Found while the database took nothing: shown, and written when it takes again. */
struct unwritten {
	enum ops_what what;
	char *key, *title, *words;
	instant since;
	int64_t count;
};

struct ops {
	struct store *store;
	const struct calendar *calendar;
	struct arena *arena;
	struct unwritten unwritten[UNWRITTEN_MOST];
	size_t unwritten_count;
};

/* rows.c */
/* Adds a row of the outbox for the role `ops`. */
MUST_CHECK enum result ops_add_row(struct ops *ops, const char *id, struct text words, struct text detail, instant now,
                                   struct fault *fault);
/* All rows of the table, in the arena. */
struct ops_rows {
	struct condition *items;
	size_t count;
};
MUST_CHECK enum result ops_read(struct ops *ops, struct ops_rows *rows, struct fault *fault);

/* letter.c: what a mail to ops says, as JSON and in plain words. */
void ops_fill(const char *pattern, struct text with, struct buffer *out); /* "{}" becomes `with` */
void ops_title(const struct ops_alert *alert, int64_t count, struct buffer *out);
/* `change`: "new" or "worse"; `others`: how many other things are wrong. */
void ops_detail(const struct ops_word *word, const char *title, instant since, size_t others, bool worse,
                struct buffer *out);
void ops_plain(const struct ops_word *word, const char *title, struct buffer *out);

/* daily.c */
MUST_CHECK enum result ops_daily(struct ops *ops, const struct ops_works *works, instant now, instant *next,
                                 struct fault *fault);

#endif
