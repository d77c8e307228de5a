/* ops_internal: what the files of ops share; nobody else includes it. */
#ifndef CASEWATCH_OPS_OPS_INTERNAL_H
#define CASEWATCH_OPS_OPS_INTERNAL_H

#include "base/log.h"
#include "ops/ops.h"

#include "base/mem.h"

/* Kept while the database takes nothing: as many as there are lists and roles. Of more the last is overwritten, and the
 * log has each. */
#define UNWRITTEN_MOST 1000

/* Found while the database took nothing: shown, and written when it takes again. */
struct unwritten {
	enum ops_what what;
	char *key, *title, *words;
	instant since;
	int64_t count;
	enum ops_lasting lasting; /* as the word said */
};

struct ops {
	struct store *store;
	const struct calendar *calendar;
	const struct directory *directory; /* who owns which source; NULL: nobody */
	struct arena *arena;
	size_t looked; /* how far ops_tick looked, whether alerts were answered: so many a minute */
	struct unwritten *unwritten;
	size_t unwritten_count, unwritten_room;
};

/* rows.c */
/* Adds a row of the outbox for the role `ops`. */
MUST_CHECK enum result ops_add_row(struct ops *ops, const char *id, struct text words, struct text detail, instant now,
                                   struct fault *fault);
/* The same for one of those who hold that role. */
MUST_CHECK enum result ops_add_row_to(struct ops *ops, const char *id, const struct person *person, struct text words,
                                      struct text detail, instant now, struct fault *fault);
/* The same for a role or a person other than ops: in plain words. */
MUST_CHECK enum result ops_add_row_for(struct ops *ops, const char *id, struct text role, struct text person,
                                       struct text words, instant now, struct fault *fault);
/* All rows of the table, in the arena. */
struct ops_rows {
	struct condition *items;
	size_t count;
};
MUST_CHECK enum result ops_read(struct ops *ops, struct ops_rows *rows, struct fault *fault);
MUST_CHECK enum result ops_read_of(struct ops *ops, enum ops_what what, struct ops_rows *rows, struct fault *fault);

/* letter.c: what a mail to ops says, as JSON and in plain words. */
void ops_fill(const char *pattern, struct text with, struct buffer *out); /* "{}" becomes `with` */
void ops_title(const struct ops_alert *alert, int64_t count, struct buffer *out);
/* `change`: "new" or "worse"; `others`: how many other things are wrong. */
void ops_detail(const struct ops_word *word, const char *title, instant since, size_t others, bool worse,
                struct buffer *out);
void ops_plain(const struct ops_word *word, const char *title, struct buffer *out);

/* owners.c: what owners of sources hear. */
/* "e2 of /lcs, e1 of /lcs and 3 more", of one owner's sources alone where it is named. */
void ops_records(const struct ops *ops, const struct ops_word *word, const struct source_owner *owner,
                 struct buffer *out);
/* "performance for /lcs"; whose sources have none is said with what to do. */
void ops_owners(const struct ops *ops, const struct ops_word *word, struct buffer *out);
MUST_CHECK enum result ops_tell_owners(struct ops *ops, const struct ops_word *word, const char *title, instant now,
                                       struct fault *fault);
/* Once a day to each owner: what still contradicts itself, and what came since `since` and could be read in part only.
 * In the caller's transaction. */
MUST_CHECK enum result ops_daily_owners(struct ops *ops, instant since, instant now, struct fault *fault);

/* daily.c */
MUST_CHECK enum result ops_daily(struct ops *ops, const struct ops_works *works, instant now, instant *next,
                                 struct fault *fault);

#endif
