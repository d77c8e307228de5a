/* text: a view of bytes, and a string that grows.
 *
 * The one rule: a struct text owns nothing and need not end in NUL; a struct buffer owns its bytes and always does. */
#ifndef CASEWATCH_BASE_TEXT_H
#define CASEWATCH_BASE_TEXT_H

#include "base/mem.h"
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
#define TEXT_ARG(t) (int)(t).length, text_bytes(t) /* for "%.*s" */

static inline struct text text_of(const char *string)
{
	return (struct text){string, string ? strlen(string) : 0};
}

/* Never NULL, which no format may be given, not even for no bytes of it. */
static inline const char *text_bytes(struct text text)
{
	return text.at ? text.at : "";
}

static inline bool text_equal(struct text a, struct text b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

/* Its first bytes as a number: of two texts of one length up to eight bytes, it differs wherever they differ. */
static inline uint64_t text_head(struct text text)
{
	uint64_t head = 0;
	uint32_t low, high;
	if (text.length >= sizeof head) {
		memcpy(&head, text.at, sizeof head);
	} else if (text.length >= sizeof low) {
		memcpy(&low, text.at, sizeof low);
		memcpy(&high, text.at + text.length - sizeof high, sizeof high);
		head = low | (uint64_t)high << 32;
	} else {
		for (size_t i = 0; i < text.length; i++)
			head = head << 8 | (unsigned char)text.at[i];
	}
	return head;
}

/* A copy that lives as long as the arena, with a NUL behind it. */
static inline struct text text_keep(struct arena *arena, struct text text)
{
	return (struct text){arena_copy_text(arena, text.at, text.length), text.length};
}

/* Of letters and digits of ASCII and these. */
bool text_is_made_of(struct text text, const char *others);
bool text_equal_fold(struct text a, struct text b);   /* ASCII letters without regard to case */
int text_order(struct text a, struct text b);         /* bytewise, like memcmp; a prefix comes first */
/* What becomes a heading or a subject: white space that holds the end of a line is one blank, and none stands at an
 * end. NUL-terminated. */
const char *text_one_line(struct arena *arena, struct text text);
struct text text_trim(struct text text);              /* without ASCII white space at either end */
static inline bool text_is_blank(struct text text)    /* empty, or white space alone */
{
	return text.length == 0 || ((unsigned char)text.at[0] <= ' ' && text_trim(text).length == 0);
}
/* How many characters (code points) it has: so many columns it takes. It is valid UTF-8. */
size_t text_columns(struct text text);
/* Writes `number` in decimal, with zeros in front to at least `digits` (up to 20), and no NUL; returns its length. */
size_t text_digits(uint64_t number, size_t digits, char *to);
void text_two_digits(unsigned number, char to[2]); /* 0 to 99: "07" */
void text_hex(uint64_t number, char to[16]); /* 16 hexadecimal digits in lower case, and no NUL */
uint64_t text_hash(struct text text, uint64_t seed);  /* keyed, for tables that hostile input fills; see hash_seed */
uint64_t hash_seed(void);                             /* one random number a process */
void hash_seed_fix(uint64_t seed);                    /* for simulations, before anything is hashed */
uint64_t text_fingerprint(struct text text, uint64_t basis); /* stable for ever: for ids and durable fingerprints */

struct buffer {
	char *at; /* NULL until the first byte; free with buffer_free */
	size_t length, room;
};

/* Room for `more` bytes behind what is there, and their NUL; whoever writes there then counts them in `length`. */
void buffer_grow(struct buffer *buffer, size_t more);
static inline char *buffer_room(struct buffer *buffer, size_t more)
{
	if (__builtin_expect(buffer->room - buffer->length <= more, 0))
		buffer_grow(buffer, more);
	return buffer->at + buffer->length;
}

/* Adding is inline: half of a backtest's output is made of pieces of a few bytes. */
static inline void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
	char *to = buffer_room(buffer, length);
	if (length)
		memcpy(to, bytes, length);
	to[length] = '\0';
	buffer->length += length;
}
static inline void buffer_text(struct buffer *buffer, struct text text)
{
	buffer_add(buffer, text.at, text.length);
}
static inline void buffer_string(struct buffer *buffer, const char *string)
{
	buffer_add(buffer, string, strlen(string));
}
static inline void buffer_char(struct buffer *buffer, char c)
{
	char *to = buffer_room(buffer, 1);
	to[0] = c;
	to[1] = '\0';
	buffer->length++;
}
/* Blanks, until what stands there from byte `from` on takes so many columns; none where it takes them already. */
void buffer_fill(struct buffer *buffer, size_t from, size_t columns);
void buffer_number(struct buffer *buffer, int64_t number);                    /* "-17" */
void buffer_padded(struct buffer *buffer, uint64_t number, size_t digits);    /* "007": at least so many digits */
/* Where speed does not count: printf was half of what a backtest did. */
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
void buffer_clear(struct buffer *buffer);  /* keeps the memory */
void buffer_free(struct buffer *buffer);
const char *buffer_cstr(const struct buffer *buffer); /* "" when empty; valid until the next change */
static inline struct text buffer_view(const struct buffer *buffer)
{
	return (struct text){buffer->at, buffer->length};
}

#endif
