/* content: whether two JSON texts that were both accepted say the same, whatever their spelling.
 *
 * Each is read once into a keyed fingerprint in which members count without regard to their order. Both were validated
 * when they were accepted; this reader still stops at the end, and gives up where it does not understand. */
#include "store/store_internal.h"

#include <stdlib.h>

#define DEEPEST 1024

struct reader {
	const char *at, *end;
	uint64_t seed;
	int depth;
	bool failed;
	struct buffer scratch; /* a string without its escapes */
};

static uint64_t read_value(struct reader *reader, bool *is_null);

static void skip_space(struct reader *reader)
{
	while (reader->at < reader->end &&
	       (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r'))
		reader->at++;
}

static bool take(struct reader *reader, char c)
{
	skip_space(reader);
	if (reader->at < reader->end && *reader->at == c) {
		reader->at++;
		return true;
	}
	return false;
}

static uint64_t fail(struct reader *reader)
{
	reader->failed = true;
	reader->at = reader->end;
	return 0;
}

static uint64_t blend(uint64_t a, uint64_t b)
{
	uint64_t pair[2] = {a, b};
	return text_hash((struct text){(const char *)pair, sizeof pair}, 0x5eed);
}

static unsigned read_hex(struct reader *reader)
{
	unsigned code = 0;
	for (int i = 0; i < 4; i++) {
		char c = reader->at < reader->end ? *reader->at++ : '\0';
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a') + 10;
		code = code << 4 | (digit & 15);
	}
	return code;
}

static void add_code_point(struct buffer *out, unsigned code)
{
	if (code < 0x80) {
		buffer_char(out, (char)code);
	} else if (code < 0x800) {
		buffer_char(out, (char)(0xc0 | code >> 6));
		buffer_char(out, (char)(0x80 | (code & 63)));
	} else if (code < 0x10000) {
		buffer_char(out, (char)(0xe0 | code >> 12));
		buffer_char(out, (char)(0x80 | (code >> 6 & 63)));
		buffer_char(out, (char)(0x80 | (code & 63)));
	} else {
		buffer_char(out, (char)(0xf0 | code >> 18));
		buffer_char(out, (char)(0x80 | (code >> 12 & 63)));
		buffer_char(out, (char)(0x80 | (code >> 6 & 63)));
		buffer_char(out, (char)(0x80 | (code & 63)));
	}
}

static void read_escape(struct reader *reader)
{
	static const char plain[] = "bfnrt", means[] = "\b\f\n\r\t";
	char c = reader->at < reader->end ? *reader->at++ : '"';
	const char *found = strchr(plain, c);
	if (c != 'u') {
		buffer_char(&reader->scratch, found && c ? means[found - plain] : c);
		return;
	}
	unsigned code = read_hex(reader);
	if (code >= 0xd800 && code < 0xdc00 && reader->end - reader->at >= 6 && reader->at[0] == '\\' && reader->at[1] == 'u') {
		reader->at += 2;
		code = 0x10000 + ((code - 0xd800) << 10) + ((read_hex(reader) - 0xdc00) & 0x3ff);
	}
	add_code_point(&reader->scratch, code);
}

/* After the opening quote. */
static uint64_t read_string(struct reader *reader)
{
	buffer_clear(&reader->scratch);
	while (reader->at < reader->end && *reader->at != '"')
		if (*reader->at++ == '\\')
			read_escape(reader);
		else
			buffer_char(&reader->scratch, reader->at[-1]);
	if (reader->at == reader->end)
		return fail(reader);
	reader->at++;
	return text_hash(buffer_view(&reader->scratch), reader->seed + 1);
}

static uint64_t read_object(struct reader *reader)
{
	uint64_t sum = reader->seed + 2;
	if (take(reader, '}'))
		return sum;
	do {
		bool is_null = false;
		if (!take(reader, '"'))
			return fail(reader);
		uint64_t name = read_string(reader);
		if (!take(reader, ':'))
			return fail(reader);
		uint64_t value = read_value(reader, &is_null);
		if (!is_null) /* null means absent */
			sum += blend(name, value);
	} while (take(reader, ','));
	return take(reader, '}') ? sum : fail(reader);
}

static uint64_t read_list(struct reader *reader)
{
	uint64_t hash = reader->seed + 3;
	if (take(reader, ']'))
		return hash;
	do {
		bool is_null = false;
		hash = blend(hash, read_value(reader, &is_null));
	} while (take(reader, ','));
	return take(reader, ']') ? hash : fail(reader);
}

/* A number, by its value as a double; or true, false, null. */
static uint64_t read_word(struct reader *reader, bool *is_null)
{
	const char *from = reader->at;
	while (reader->at < reader->end && !strchr(",]} \t\r\n", *reader->at))
		reader->at++;
	struct text word = {from, (size_t)(reader->at - from)};
	*is_null = text_equal(word, TEXT("null"));
	if (!word.length)
		return fail(reader);
	if (*is_null || word.at[0] == 't' || word.at[0] == 'f')
		return text_hash(word, reader->seed + 4);
	buffer_clear(&reader->scratch);
	buffer_text(&reader->scratch, word);
	double number = strtod(buffer_cstr(&reader->scratch), NULL) + 0.0; /* -0 is 0 */
	return text_hash((struct text){(const char *)&number, sizeof number}, reader->seed + 5);
}

static uint64_t read_value(struct reader *reader, bool *is_null)
{
	if (++reader->depth > DEEPEST)
		return fail(reader);
	uint64_t hash;
	if (take(reader, '{'))
		hash = read_object(reader);
	else if (take(reader, '['))
		hash = read_list(reader);
	else if (take(reader, '"'))
		hash = read_string(reader);
	else
		hash = read_word(reader, is_null);
	reader->depth--;
	return hash;
}

static bool content_fingerprint(struct text text, uint64_t *hash)
{
	bool is_null = false;
	struct reader reader = {.at = text.at, .end = text.at + text.length, .seed = hash_seed()};
	if (text.length >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
		reader.at += 3;
	*hash = read_value(&reader, &is_null);
	skip_space(&reader);
	buffer_free(&reader.scratch);
	return !reader.failed && reader.at == reader.end;
}

bool content_same(struct text a, struct text b)
{
	uint64_t hash_a, hash_b;
	return text_equal(a, b) || (content_fingerprint(a, &hash_a) && content_fingerprint(b, &hash_b) && hash_a == hash_b);
}
