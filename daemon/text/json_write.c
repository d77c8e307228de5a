/* json_write: JSON onto a buffer. */
#include "text/json_write.h"

#include "text/bytes.h"
#include "text/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void before(struct json_writer *json)
{
	if (json->comma)
		buffer_char(json->out, ',');
	json->comma = true;
}

static void open_with(struct json_writer *json, char bracket)
{
	before(json);
	buffer_char(json->out, bracket);
	json->comma = false;
}

static void close_with(struct json_writer *json, char bracket)
{
	buffer_char(json->out, bracket);
	json->comma = true;
}

void json_object(struct json_writer *json)
{
	open_with(json, '{');
}

void json_object_end(struct json_writer *json)
{
	close_with(json, '}');
}

void json_array(struct json_writer *json)
{
	open_with(json, '[');
}

void json_array_end(struct json_writer *json)
{
	close_with(json, ']');
}

static void add_escaped(struct buffer *out, unsigned char byte)
{
	switch (byte) {
	case '"':
		buffer_add(out, "\\\"", 2);
		return;
	case '\\':
		buffer_add(out, "\\\\", 2);
		return;
	case '\n':
		buffer_add(out, "\\n", 2);
		return;
	case '\t':
		buffer_add(out, "\\t", 2);
		return;
	case '\r':
		buffer_add(out, "\\r", 2);
		return;
	default:
		buffer_format(out, "\\u%04x", byte);
	}
}

/* From the first byte that is not plain on. */
static void add_rest(struct buffer *out, struct text text, size_t i)
{
	while (i < text.length) {
		const char *from = text.at + i, *run = bytes_plain_ascii_end(from, text.at + text.length);
		buffer_add(out, from, (size_t)(run - from));
		i = (size_t)(run - text.at);
		if (i == text.length)
			break;
		if ((unsigned char)text.at[i] < 0x80) {
			add_escaped(out, (unsigned char)text.at[i++]);
			continue;
		}
		size_t length = utf8_character((struct text){text.at + i, text.length - i});
		if (length)
			buffer_add(out, text.at + i, length);
		else
			buffer_add(out, "\xef\xbf\xbd", 3);
		i += length ? length : 1;
	}
}

static void add_quoted(struct buffer *out, struct text text)
{
	size_t plain = (size_t)(bytes_plain_ascii_end(text.at, text.at + text.length) - text.at);
	char *to = buffer_room(out, plain + 2);
	to[0] = '"';
	if (plain)
		memcpy(to + 1, text.at, plain);
	out->length += plain + 1;
	if (plain < text.length)
		add_rest(out, text, plain);
	buffer_char(out, '"');
}

void json_key(struct json_writer *json, const char *key)
{
	before(json);
	add_quoted(json->out, text_of(key));
	buffer_char(json->out, ':');
	json->comma = false;
}

void json_text(struct json_writer *json, struct text value)
{
	before(json);
	add_quoted(json->out, value);
}

void json_string(struct json_writer *json, const char *value)
{
	if (value)
		json_text(json, text_of(value));
	else
		json_null(json);
}

void json_integer(struct json_writer *json, int64_t value)
{
	before(json);
	buffer_number(json->out, value);
}

void json_number(struct json_writer *json, double value)
{
	if (!isfinite(value)) {
		json_null(json);
		return;
	}
	char digits[40];
	int precision = 15;
	do
		(void)snprintf(digits, sizeof digits, "%.*g", precision, value);
	while (strtod(digits, NULL) != value && ++precision <= 17);
	json_raw(json, text_of(digits));
}

void json_bool(struct json_writer *json, bool value)
{
	json_raw(json, value ? TEXT("true") : TEXT("false"));
}

void json_null(struct json_writer *json)
{
	json_raw(json, TEXT("null"));
}

void json_raw(struct json_writer *json, struct text value)
{
	before(json);
	buffer_text(json->out, value);
}
