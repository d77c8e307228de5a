/* text: a view of bytes, and a string that grows.
 *
 * The one rule: a struct text owns nothing and need not end in NUL; a struct buffer owns its bytes and always does. */
#ifndef CASEWATCH_BASE_TEXT_H
#define CASEWATCH_BASE_TEXT_H

#include "base/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	const char *at;
	size_t length;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
#define TEXT_LITERAL(literal) {(literal), sizeof(literal) - 1} /* for tables */
#define TEXT_NONE ((struct text){NULL, 0})
#define TEXT_ARG(t) (int)(t).length, (t).at ? (t).at : "" /* for "%.*s" */

static inline struct text text_of(const char *string)
{
	return (struct text){string, string ? strlen(string) : 0};
}

static inline bool text_equal(struct text a, struct text b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

bool text_equal_fold(struct text a, struct text b);   /* ASCII letters without regard to case */
int text_order(struct text a, struct text b);         /* bytewise, like memcmp; a prefix comes first */
struct text text_trim(struct text text);              /* without ASCII white space at either end */
static inline bool text_is_blank(struct text text)    /* empty, or white space alone */
{
	return text.length == 0 || ((unsigned char)text.at[0] <= ' ' && text_trim(text).length == 0);
}
uint64_t text_hash(struct text text, uint64_t seed);  /* keyed, for tables that hostile input fills; see hash_seed */
uint64_t hash_seed(void);                             /* one random number a process */
uint64_t text_fingerprint(struct text text, uint64_t basis); /* stable for ever: for ids and durable fingerprints */

struct buffer {
	char *at; /* NULL until the first byte; free with buffer_free */
	size_t length, room;
};

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_text(struct buffer *buffer, struct text text);
void buffer_string(struct buffer *buffer, const char *string);
void buffer_char(struct buffer *buffer, char c);
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
void buffer_clear(struct buffer *buffer);  /* keeps the memory */
void buffer_free(struct buffer *buffer);
const char *buffer_cstr(const struct buffer *buffer); /* "" when empty; valid until the next change */
static inline struct text buffer_view(const struct buffer *buffer)
{
	return (struct text){buffer->at, buffer->length};
}

#endif
