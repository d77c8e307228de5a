/* utf8: which bytes are UTF-8.
 *
 * The one rule: strictly by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef CASEWATCH_TEXT_UTF8_H
#define CASEWATCH_TEXT_UTF8_H

#include "base/text.h"

#include <string.h>

/* How many bytes at the start are valid; text.length when all are. */
size_t utf8_valid(struct text text);
/* The bytes of the character at the start (1 to 4), or 0 where none is valid. `text` is not empty. */
size_t utf8_character(struct text text);
/* Without the byte-order mark that Windows editors write at the start (U+FEFF). */
static inline struct text utf8_cut_mark(struct text text)
{
	bool marked = text.length >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0;
	return marked ? (struct text){text.at + 3, text.length - 3} : text;
}
/* Whether there is a control character: C0, DEL, or C1 (U+0080 to U+009F). `text` is valid UTF-8. */
bool utf8_has_control(struct text text);
/* Bytes of what stands at `at` and may reorder or hide what follows it, or is no sign at all: C1 controls (U+0080..9F),
 * U+200B..200F, U+2028..202E, U+2066..2069, U+FEFF. 0: none starts there. */
size_t utf8_unseen(struct text text, size_t at);
/* Without the blanks at either end: space, tab, no-break space (U+00A0). `text` is valid UTF-8. */
struct text utf8_cut_blanks(struct text text);
/* What stands at the start where a word processor changed what was typed: a curly quote, a long dash, a no-break space,
 * a sign for two characters. `meant` is what was typed, for a sentence: "a straight quote (' or \")". NULL: none of
 * these. */
const char *utf8_word_processor(struct text text, const char **meant);
/* Writes the character `code` (a Unicode scalar value) to `to`; returns how many bytes. */
size_t utf8_write(uint32_t code, char to[4]);

#endif
