/* http_fields: queries and forms (application/x-www-form-urlencoded), decoded strictly. */
#include "loop/http_fields.h"

#include "text/utf8.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that two hexadecimal digits at `at` mean; -1: they are none. */
static int hex_byte(struct text encoded, size_t at)
{
	if (encoded.length - at < 2)
		return -1;
	int high = hex_digit(encoded.at[at]), low = hex_digit(encoded.at[at + 1]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool http_decode(struct text encoded, bool plus, struct arena *arena, struct text *decoded)
{
	char *to = arena_alloc(arena, encoded.length + 1);
	size_t length = 0;
	for (size_t i = 0; i < encoded.length; i++) {
		int byte = (unsigned char)encoded.at[i];
		if (byte == '%') {
			byte = hex_byte(encoded, i + 1);
			i += 2;
		} else if (byte == '+' && plus) {
			byte = ' ';
		}
		if (byte <= 0)
			return false;
		to[length++] = (char)byte;
	}
	to[length] = '\0';
	*decoded = (struct text){to, length};
	return utf8_valid(*decoded) == length;
}

static struct text before(struct text text, char c)
{
	const char *found = text.length ? memchr(text.at, c, text.length) : NULL;
	return found ? (struct text){text.at, (size_t)(found - text.at)} : text;
}

const char *http_fields_read(struct text encoded, struct http_field *fields, size_t *count, struct arena *arena)
{
	while (encoded.length) {
		struct text pair = before(encoded, '&'), name = before(pair, '='), value = TEXT_NONE;
		if (name.length < pair.length)
			value = (struct text){name.at + name.length + 1, pair.length - name.length - 1};
		if (pair.length) {
			if (*count == HTTP_FIELDS_MOST)
				return "more fields than a form of ours has";
			struct http_field *field = &fields[*count];
			if (!http_decode(name, true, arena, &field->name) ||
			    !http_decode(value, true, arena, &field->value))
				return "a field that is not UTF-8";
			++*count;
		}
		size_t used = pair.length + (pair.length < encoded.length);
		encoded = (struct text){encoded.at + used, encoded.length - used};
	}
	return NULL;
}

static struct text find(const struct http_field *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(fields[i].name, text_of(name)))
			return fields[i].value;
	return TEXT_NONE;
}

struct text http_query(const struct http_incoming *request, const char *name)
{
	return find(request->fields, request->query_fields, name);
}

struct text http_form(const struct http_incoming *request, const char *name)
{
	return find(request->fields + request->query_fields, request->field_count - request->query_fields, name);
}

static const char *lengths_wrong(const struct http_incoming *request)
{
	struct text first = TEXT_NONE;
	for (size_t i = 0; i < request->header_count; i++) {
		if (!text_equal(request->headers[i].name, TEXT("content-length")))
			continue;
		struct text length = text_trim(request->headers[i].value);
		if (first.at && !text_equal(first, length))
			return "two lengths that differ";
		first = length;
	}
	return NULL;
}

/* What follows is nothing by HTTP's word, and was meant to be something. */
static bool has_length(const struct http_incoming *request)
{
	bool known = request->method != HTTP_POST;
	for (size_t i = 0; i < request->header_count && !known; i++)
		known = text_equal(request->headers[i].name, TEXT("content-length")) ||
		        text_equal(request->headers[i].name, TEXT("transfer-encoding"));
	return known;
}

const char *http_framing_wrong(const struct http_incoming *request)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (text_equal(request->headers[i].name, TEXT("transfer-encoding")) &&
		    !text_equal_fold(text_trim(request->headers[i].value), TEXT("chunked")))
			return "a Transfer-Encoding that is not known here (chunked is)";
	if (!has_length(request))
		return "no Content-Length, so that its body cannot be read";
	return lengths_wrong(request);
}

struct text http_header(const struct http_incoming *request, const char *name)
{
	struct text found = TEXT_NONE;
	for (size_t i = 0; i < request->header_count; i++) {
		if (!text_equal(request->headers[i].name, text_of(name)))
			continue;
		if (found.at)
			return TEXT_NONE;
		found = request->headers[i].value;
	}
	return found;
}
