/* json_read: strict JSON, one token at a time, without a tree.
 *
 * Owns the grammar of RFC 8259 and its limits. The one rule: what is not strictly JSON in strictly valid UTF-8, says a
 * key twice in one object, or passes a limit is refused with a sentence that says what and where; nothing is repaired.
 *
 * Why not a library: every event passes here. None of those measured (pitfalls.md) refuses duplicate keys, overlong
 * UTF-8 and half surrogate pairs by itself; and yajl with empty callbacks read as many events a second (1.5 million of
 * 353 bytes) as the whole event parser does on top of this, all checks included. SQLite's reader is the oracle of the
 * tests: what one of them accepts, the other must, but for what is refused here on purpose. */
#ifndef CASEWATCH_TEXT_JSON_READ_H
#define CASEWATCH_TEXT_JSON_READ_H

#include "base/text.h"

enum json_token { JSON_FAULT, JSON_END /* the whole text was one value */, JSON_OBJECT, JSON_OBJECT_END, JSON_ARRAY,
	          JSON_ARRAY_END, JSON_KEY, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL };

/* One a thread; it keeps its memory between texts. `depth`: objects and arrays within each other, the outermost is 1.
 * `strings`: bytes of one string or key, escapes undone. */
struct json_reader;
struct json_reader *json_reader_new(unsigned depth, size_t strings);
void json_reader_free(struct json_reader *reader); /* NULL is fine */

/* Begins a text; `spare` levels of the depth are taken already by what surrounds it. */
void json_start(struct json_reader *reader, struct text text, unsigned spare);
/* The next token. *value: the key or string (escapes undone, not NUL-terminated), or the number as written; it points
 * into the text or the reader's memory, until the next json_start. After JSON_FAULT or JSON_END every call says the
 * same. */
enum json_token json_next(struct json_reader *reader, struct text *value);
/* Reads on to the end of the value that `first` began; the token that ended it, or JSON_FAULT. */
enum json_token json_skip(struct json_reader *reader, enum json_token first);
/* The sentence after JSON_FAULT: "not JSON: a comma or } is expected at byte 17". */
const char *json_fault(const struct json_reader *reader);

/* A number as written into a double; false beyond its range. */
bool json_number_value(struct text number, double *value);

#endif
