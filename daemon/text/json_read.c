/* json_read: strict JSON, one token at a time. */
#include "text/json_read.h"

#include "base/mem.h"
#include "text/bytes.h"
#include "text/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum expected { EXPECT_VALUE, EXPECT_FIRST_KEY, EXPECT_FIRST_ITEM, EXPECT_MORE, EXPECT_NOTHING };

struct frame {
	bool object;
	size_t first_key; /* of this object, in keys */
};

struct key {
	struct text text;
	uint64_t head; /* its first eight bytes: most keys that differ, differ there */
};

/* Up to so many keys an object's keys are compared as they come; beyond, they are sorted when it ends. */
#define COMPARED_KEYS 16

struct json_reader {
	unsigned depth_limit;
	size_t string_limit;
	const char *start, *at, *end;
	enum expected expected;
	struct frame *frames;
	size_t depth, limit; /* limit: of this text */
	struct key *keys;    /* of all open objects */
	size_t key_count, key_room;
	struct arena *unescaped;
	bool unescaped_any, failed;
	struct fault fault;
};

struct json_reader *json_reader_new(unsigned depth, size_t strings)
{
	struct json_reader *reader = MEM_NEW(struct json_reader);
	reader->depth_limit = depth;
	reader->string_limit = strings;
	reader->frames = mem_zero(depth + 1u, sizeof *reader->frames);
	reader->unescaped = arena_new(4096);
	return reader;
}

void json_reader_free(struct json_reader *reader)
{
	if (!reader)
		return;
	arena_free(reader->unescaped);
	free(reader->keys);
	free(reader->frames);
	free(reader);
}

static enum json_token fail(struct json_reader *reader, const char *format, ...) PRINTF_LIKE(2, 3);

static enum json_token fail(struct json_reader *reader, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(reader->fault.text, sizeof reader->fault.text, format, args);
	va_end(args);
	reader->failed = true;
	return JSON_FAULT;
}

static size_t place(const struct json_reader *reader)
{
	return (size_t)(reader->at - reader->start) + 1;
}

static enum json_token not_json(struct json_reader *reader, const char *what)
{
	if (reader->at >= reader->end)
		return fail(reader, "not JSON: it ends too early, where %s", what);
	return fail(reader, "not JSON: at byte %zu %s", place(reader), what);
}

void json_start(struct json_reader *reader, struct text text, unsigned spare)
{
	reader->start = reader->at = text.at;
	reader->end = text.at + text.length;
	reader->expected = EXPECT_VALUE;
	reader->depth = 0;
	reader->limit = spare < reader->depth_limit ? reader->depth_limit - spare : 0;
	reader->key_count = 0;
	reader->failed = false;
	if (reader->unescaped_any)
		arena_reset(reader->unescaped);
	reader->unescaped_any = false;
	size_t valid = utf8_valid(text);
	if (valid != text.length)
		(void)fail(reader, "not valid UTF-8 at byte %zu", valid + 1);
}

static void skip_space(struct json_reader *reader)
{
	const char *at = reader->at;
	while (at < reader->end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	reader->at = at;
}

static bool read_hex(struct json_reader *reader, uint32_t *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++, reader->at++) {
		if (reader->at == reader->end)
			return false;
		char c = *reader->at;
		uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
		                 : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
		                 : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
		                                        : 16;
		if (digit == 16)
			return false;
		*code = *code << 4 | digit;
	}
	return true;
}

/* After "\u". A pair of surrogates is one character; half of one is no character at all. */
static bool read_unicode(struct json_reader *reader, uint32_t *code)
{
	if (!read_hex(reader, code)) {
		(void)not_json(reader, "four hexadecimal digits are expected");
		return false;
	}
	if (*code < 0xd800 || *code > 0xdfff)
		return true;
	uint32_t low = 0;
	if (*code < 0xdc00 && reader->end - reader->at >= 2 && reader->at[0] == '\\' && reader->at[1] == 'u') {
		reader->at += 2;
		if (read_hex(reader, &low) && low >= 0xdc00 && low <= 0xdfff) {
			*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
			return true;
		}
	}
	(void)fail(reader, "not JSON: half of a surrogate pair before byte %zu", place(reader));
	return false;
}

static bool read_escape(struct json_reader *reader, char *out, size_t *length)
{
	static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	reader->at++; /* the backslash */
	const char *known = reader->at < reader->end && *reader->at ? strchr(escapes, *reader->at) : NULL;
	if (known) {
		reader->at++;
		out[(*length)++] = meanings[known - escapes];
		return true;
	}
	if (reader->at == reader->end || *reader->at != 'u') {
		(void)not_json(reader, "an escape is expected that JSON knows");
		return false;
	}
	reader->at++;
	uint32_t code;
	if (!read_unicode(reader, &code))
		return false;
	*length += utf8_write(code, out + *length);
	return true;
}

/* The rest of a string from its first escape on. What it means is never longer than how it is written. */
static bool read_escaped(struct json_reader *reader, const char *from, struct text *value)
{
	const char *close = reader->at;
	while (close < reader->end && *close != '"')
		close += *close == '\\' && close + 1 < reader->end ? 2 : 1;
	char *out = arena_alloc(reader->unescaped, (size_t)(close - from) + 4);
	reader->unescaped_any = true;
	size_t length = (size_t)(reader->at - from);
	memcpy(out, from, length);
	while (reader->at < reader->end && *reader->at != '"') {
		if (*reader->at == '\\') {
			if (!read_escape(reader, out, &length))
				return false;
			continue;
		}
		const char *run = bytes_plain_end(reader->at, reader->end);
		if (run == reader->at)
			break; /* a control character */
		memcpy(out + length, reader->at, (size_t)(run - reader->at));
		length += (size_t)(run - reader->at);
		reader->at = run;
	}
	*value = (struct text){out, length};
	return true;
}

/* At the opening quote. */
static bool read_string(struct json_reader *reader, struct text *value)
{
	const char *from = ++reader->at;
	reader->at = bytes_plain_end(from, reader->end);
	*value = (struct text){from, (size_t)(reader->at - from)};
	if (reader->at < reader->end && *reader->at == '\\' && !read_escaped(reader, from, value))
		return false;
	if (reader->at == reader->end || *reader->at != '"') {
		(void)not_json(reader, reader->at == reader->end ? "a closing quote is expected"
		                                                 : "a control character stands inside a string");
		return false;
	}
	reader->at++;
	if (value->length > reader->string_limit) {
		(void)fail(reader, "a string of %zu bytes ends at byte %zu: at most %zu are taken", value->length,
		           place(reader) - 1, reader->string_limit);
		return false;
	}
	return true;
}

/* Names the key only where it looks like a field's name: what a stranger put there may be anything. */
static enum json_token twice(struct json_reader *reader, struct text key)
{
	bool shown = key.length > 0 && key.length <= 40;
	for (size_t i = 0; shown && i < key.length; i++)
		shown = (key.at[i] >= 'a' && key.at[i] <= 'z') || (key.at[i] >= '0' && key.at[i] <= '9') ||
		        key.at[i] == '_';
	if (shown)
		return fail(reader, "the key \"%.*s\" occurs twice in one object, before byte %zu", TEXT_ARG(key),
		            place(reader));
	return fail(reader, "a key occurs twice in one object, before byte %zu", place(reader));
}

static bool same_key(const struct key *a, const struct key *b)
{
	return a->head == b->head && a->text.length == b->text.length &&
	       (a->text.length <= sizeof a->head || text_equal(a->text, b->text));
}

static bool note_key(struct json_reader *reader, struct text text)
{
	struct key key = {text, text_head(text)};
	size_t first = reader->frames[reader->depth].first_key;
	if (reader->key_count - first < COMPARED_KEYS)
		for (size_t i = first; i < reader->key_count; i++)
			if (same_key(&reader->keys[i], &key))
				return false;
	if (reader->key_count < reader->key_room)
		reader->keys[reader->key_count++] = key;
	else
		*(struct key *)mem_push((void **)&reader->keys, &reader->key_count, &reader->key_room, sizeof key) =
			key;
	return true;
}

static enum json_token read_key(struct json_reader *reader, struct text *value)
{
	if (*reader->at != '"')
		return not_json(reader, "a key in quotes is expected");
	if (!read_string(reader, value))
		return JSON_FAULT;
	if (!note_key(reader, *value))
		return twice(reader, *value);
	skip_space(reader);
	if (reader->at == reader->end || *reader->at != ':')
		return not_json(reader, "a colon is expected after a key");
	reader->at++;
	reader->expected = EXPECT_VALUE;
	return JSON_KEY;
}

static int by_bytes(const void *a, const void *b)
{
	return text_order(((const struct key *)a)->text, ((const struct key *)b)->text);
}

/* A key that the innermost object says twice, where not every pair was compared before; NULL: none. */
static const struct text *repeated(struct json_reader *reader)
{
	struct key *keys = reader->keys + reader->frames[reader->depth].first_key;
	size_t count = reader->key_count - reader->frames[reader->depth].first_key;
	if (count <= COMPARED_KEYS)
		return NULL;
	qsort(keys, count, sizeof *keys, by_bytes);
	for (size_t i = 1; i < count; i++)
		if (same_key(&keys[i - 1], &keys[i]))
			return &keys[i].text;
	return NULL;
}

static enum json_token close_frame(struct json_reader *reader)
{
	struct frame frame = reader->frames[reader->depth];
	reader->at++;
	if (frame.object) {
		const struct text *key = repeated(reader);
		if (key)
			return twice(reader, *key);
		reader->key_count = frame.first_key;
	}
	reader->depth--;
	reader->expected = reader->depth ? EXPECT_MORE : EXPECT_NOTHING;
	return frame.object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static enum json_token open_frame(struct json_reader *reader, bool object)
{
	if (reader->depth == reader->limit)
		return fail(reader, "nested deeper than %u at byte %zu", reader->depth_limit, place(reader));
	reader->at++;
	reader->frames[++reader->depth] = (struct frame){object, reader->key_count};
	reader->expected = object ? EXPECT_FIRST_KEY : EXPECT_FIRST_ITEM;
	return object ? JSON_OBJECT : JSON_ARRAY;
}

static bool read_digits(struct json_reader *reader)
{
	const char *first = reader->at;
	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	return reader->at > first;
}

static bool next_is(const struct json_reader *reader, char c)
{
	return reader->at < reader->end && *reader->at == c;
}

static bool read_fraction_and_exponent(struct json_reader *reader)
{
	if (next_is(reader, '.')) {
		reader->at++;
		if (!read_digits(reader))
			return false;
	}
	if (!next_is(reader, 'e') && !next_is(reader, 'E'))
		return true;
	reader->at++;
	if (next_is(reader, '+') || next_is(reader, '-'))
		reader->at++;
	return read_digits(reader);
}

static enum json_token read_number(struct json_reader *reader, struct text *value)
{
	const char *first = reader->at;
	if (next_is(reader, '-'))
		reader->at++;
	bool zero = next_is(reader, '0');
	const char *digits = reader->at;
	if (!read_digits(reader) || (zero && reader->at > digits + 1) || !read_fraction_and_exponent(reader))
		return not_json(reader, "a number is not written as JSON wants it");
	*value = (struct text){first, (size_t)(reader->at - first)};
	return JSON_NUMBER;
}

static enum json_token read_literal(struct json_reader *reader, struct text literal, enum json_token token)
{
	if ((size_t)(reader->end - reader->at) < literal.length || memcmp(reader->at, literal.at, literal.length) != 0)
		return not_json(reader, "a value is expected");
	reader->at += literal.length;
	return token;
}

static enum json_token read_scalar(struct json_reader *reader, struct text *value)
{
	reader->expected = reader->depth ? EXPECT_MORE : EXPECT_NOTHING;
	switch (*reader->at) {
	case '"':
		return read_string(reader, value) ? JSON_STRING : JSON_FAULT;
	case 't':
		return read_literal(reader, TEXT("true"), JSON_TRUE);
	case 'f':
		return read_literal(reader, TEXT("false"), JSON_FALSE);
	case 'n':
		return read_literal(reader, TEXT("null"), JSON_NULL);
	default:
		if (*reader->at == '-' || (*reader->at >= '0' && *reader->at <= '9'))
			return read_number(reader, value);
		return not_json(reader, "a value is expected");
	}
}

static enum json_token read_value(struct json_reader *reader, struct text *value)
{
	if (*reader->at == '{')
		return open_frame(reader, true);
	if (*reader->at == '[')
		return open_frame(reader, false);
	return read_scalar(reader, value);
}

/* After a value inside an object or array: its end, or a comma and what follows it. */
static enum json_token read_more(struct json_reader *reader, struct text *value)
{
	bool object = reader->frames[reader->depth].object;
	if (*reader->at == (object ? '}' : ']'))
		return close_frame(reader);
	if (*reader->at != ',')
		return not_json(reader, object ? "a comma or } is expected" : "a comma or ] is expected");
	reader->at++;
	skip_space(reader);
	if (reader->at == reader->end)
		return not_json(reader, object ? "a key is expected" : "a value is expected");
	return object ? read_key(reader, value) : read_value(reader, value);
}

enum json_token json_next(struct json_reader *reader, struct text *value)
{
	if (reader->failed)
		return JSON_FAULT;
	skip_space(reader);
	if (reader->at == reader->end)
		return reader->expected == EXPECT_NOTHING ? JSON_END : not_json(reader, "more is expected");
	switch (reader->expected) {
	case EXPECT_FIRST_KEY:
		return *reader->at == '}' ? close_frame(reader) : read_key(reader, value);
	case EXPECT_FIRST_ITEM:
		return *reader->at == ']' ? close_frame(reader) : read_value(reader, value);
	case EXPECT_VALUE:
		return read_value(reader, value);
	case EXPECT_MORE:
		return read_more(reader, value);
	case EXPECT_NOTHING:
		break;
	}
	return not_json(reader, "more follows after the end of the value");
}

enum json_token json_skip(struct json_reader *reader, enum json_token first)
{
	if (first != JSON_OBJECT && first != JSON_ARRAY)
		return first;
	size_t outside = reader->depth - 1;
	enum json_token token = first;
	struct text value;
	while (reader->depth > outside && token != JSON_FAULT)
		token = json_next(reader, &value);
	return token;
}

const char *json_fault(const struct json_reader *reader)
{
	return reader->fault.text;
}

static bool small_integer(struct text number, double *value)
{
	bool minus = number.at[0] == '-';
	size_t i = minus;
	if (number.length - i > 15) /* exact in a double */
		return false;
	int64_t whole = 0;
	for (; i < number.length; i++) {
		if (number.at[i] < '0' || number.at[i] > '9')
			return false;
		whole = whole * 10 + (number.at[i] - '0');
	}
	*value = minus ? -(double)whole : (double)whole;
	return true;
}

bool json_number_value(struct text number, double *value)
{
	if (small_integer(number, value))
		return true;
	char *written = mem_copy_text(number.at, number.length); /* strtod wants its NUL; such numbers are rare */
	*value = strtod(written, NULL);
	free(written);
	return isfinite(*value);
}
