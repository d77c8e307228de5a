/* json_write: JSON onto a buffer, for everyone who writes it.
 *
 * The one rule: what comes out is valid JSON in valid UTF-8 on one line, whatever goes in: bytes that are not UTF-8
 * become U+FFFD, numbers that JSON cannot say become null. Commas are put by the writer; nesting is the caller's. */
#ifndef CASEWATCH_TEXT_JSON_WRITE_H
#define CASEWATCH_TEXT_JSON_WRITE_H

#include "base/clock.h"
#include "base/text.h"

struct json_writer {
	struct buffer *out;
	bool comma; /* the next key or item needs one before it */
};

/* Writes at the end of `out`, which the caller owns and which may hold something already. */
static inline struct json_writer json_writer_on(struct buffer *out)
{
	return (struct json_writer){out, false};
}

void json_object(struct json_writer *json);
void json_object_end(struct json_writer *json);
void json_array(struct json_writer *json);
void json_array_end(struct json_writer *json);
void json_key(struct json_writer *json, const char *key);
/* The same for a key that is known to need no escapes: without quotes, backslashes and what is not printable ASCII. */
static inline void json_plain_key(struct json_writer *json, const char *key)
{
	size_t length = strlen(key);
	char *to = buffer_room(json->out, length + 4), *at = to;
	*at = ',';
	at += json->comma;
	*at++ = '"';
	memcpy(at, key, length);
	at += length;
	memcpy(at, "\":", 3); /* and the buffer's NUL */
	json->out->length += (size_t)(at + 2 - to);
	json->comma = false;
}

/* Values: after a key, in an array, or alone. */
void json_text(struct json_writer *json, struct text value);
void json_string(struct json_writer *json, const char *value); /* NULL is null */
void json_integer(struct json_writer *json, int64_t value);
void json_number(struct json_writer *json, double value);      /* the shortest form that reads back the same */
void json_bool(struct json_writer *json, bool value);
void json_null(struct json_writer *json);
void json_raw(struct json_writer *json, struct text value);    /* JSON already, put as it is */

/* A key and its value at once. A literal key is put as it is, so it must need no escapes. */
static inline void json_any_key(struct json_writer *json, const char *key)
{
	if (__builtin_constant_p(*key))
		json_plain_key(json, key);
	else
		json_key(json, key);
}
static inline void json_put_text(struct json_writer *json, const char *key, struct text value)
{
	json_any_key(json, key);
	json_text(json, value);
}
static inline void json_put_string(struct json_writer *json, const char *key, const char *value)
{
	json_any_key(json, key);
	json_string(json, value);
}
static inline void json_put_integer(struct json_writer *json, const char *key, int64_t value)
{
	json_any_key(json, key);
	json_integer(json, value);
}
static inline void json_put_bool(struct json_writer *json, const char *key, bool value)
{
	json_any_key(json, key);
	json_bool(json, value);
}

#endif
