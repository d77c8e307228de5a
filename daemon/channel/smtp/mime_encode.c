/* mime_encode: quoted-printable bodies and encoded words. */
#include "channel/smtp/mime_encode.h"

#include "text/bytes.h"

#define LINE_MOST 76 /* RFC 2045 6.7: a line of quoted-printable */
#define WORD_OPEN "=?UTF-8?Q?"
#define WORD_CLOSE "?="

static const char hex_digits[] = "0123456789ABCDEF";

size_t mime_utf8_length(const unsigned char *at, size_t room)
{
	unsigned char first = at[0];
	if (first < 0x80)
		return 1;
	size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
	if (first < 0xC2 || first > 0xF4 || length > room)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	/* overlong forms, surrogates, and what lies beyond U+10FFFF */
	if ((first == 0xE0 && at[1] < 0xA0) || (first == 0xED && at[1] > 0x9F) || (first == 0xF0 && at[1] < 0x90) ||
	    (first == 0xF4 && at[1] > 0x8F))
		return 0;
	return length;
}

/* Where the encoder stands in a line. */
struct line {
	struct buffer *out;
	size_t column;
};

static void hard_break(struct line *line)
{
	buffer_string(line->out, "\r\n");
	line->column = 0;
}

static void put_encoded(struct line *line, unsigned char byte)
{
	if (line->column + 3 > LINE_MOST - 1) {
		buffer_char(line->out, '=');
		hard_break(line);
	}
	char triple[3] = {'=', hex_digits[byte >> 4], hex_digits[byte & 15]};
	buffer_add(line->out, triple, 3);
	line->column += 3;
}

static bool begins_from(const unsigned char *at, size_t room)
{
	return room >= 5 && memcmp(at, "From ", 5) == 0;
}

/* A printable character, a space or a tab that may stand for itself, unless it would begin a line as something else. */
static void put_plain(struct line *line, const unsigned char *at, size_t room)
{
	if (line->column + 1 > LINE_MOST - 1) {
		buffer_char(line->out, '=');
		hard_break(line);
	}
	if (line->column == 0 && (*at == '.' || begins_from(at, room))) {
		put_encoded(line, *at);
		return;
	}
	buffer_char(line->out, (char)*at);
	line->column++;
}

static bool at_line_end(const unsigned char *at, size_t room)
{
	return room == 0 || at[0] == '\n' || at[0] == '\r';
}

/* One character of the body that is not a line end; returns how many bytes it took. */
static size_t put_character(struct line *line, const unsigned char *at, size_t room)
{
	unsigned char c = *at;
	if (c == ' ' || c == '\t') {
		if (at_line_end(at + 1, room - 1))
			put_encoded(line, c); /* transports strip white space at the end of a line */
		else
			put_plain(line, at, room);
		return 1;
	}
	if (c > ' ' && c < 0x7F && c != '=') {
		put_plain(line, at, room);
		return 1;
	}
	size_t length = c >= 0x80 ? mime_utf8_length(at, room) : c == '=' ? 1 : 0;
	if (length == 0) { /* a control, or not UTF-8: U+FFFD */
		put_encoded(line, 0xEF);
		put_encoded(line, 0xBF);
		put_encoded(line, 0xBD);
		return 1;
	}
	for (size_t i = 0; i < length; i++)
		put_encoded(line, at[i]);
	return length;
}

/* As many characters as stand for themselves within the line; returns how many. Most of a mail. What may need more
 * than to be copied (the first of a line, a space at its end) is left to put_character. */
static size_t put_run(struct line *line, const unsigned char *at, size_t room)
{
	size_t most = LINE_MOST - 1 - line->column;
	if (line->column == 0 && (at[0] == '.' || begins_from(at, room)))
		return 0;
	const char *from = (const char *)at;
	size_t count = (size_t)(bytes_quotable_end(from, from + (room < most ? room : most)) - from);
	if (count && at[count - 1] == ' ' && at_line_end(at + count, room - count))
		count--;
	buffer_add(line->out, from, count);
	line->column += count;
	return count;
}

void mime_quoted_printable(struct text body, struct buffer *out)
{
	struct line line = {out, 0};
	const unsigned char *bytes = (const unsigned char *)body.at;
	size_t i = 0;
	(void)buffer_room(out, body.length + body.length / 16 + LINE_MOST); /* mostly enough */
	while (i < body.length) {
		if (bytes[i] == '\r' || bytes[i] == '\n') {
			bool pair = bytes[i] == '\r' && i + 1 < body.length && bytes[i + 1] == '\n';
			hard_break(&line);
			i += pair ? 2 : 1;
		} else {
			size_t run = put_run(&line, bytes + i, body.length - i);
			i += run ? run : put_character(&line, bytes + i, body.length - i);
		}
	}
	if (line.column)
		hard_break(&line);
}

/* Whether the value may stand as it is: printable ASCII, single spaces between words that fit a line, and nothing that
 * a reader would take for an encoded word. */
static bool plain_value(struct text value)
{
	size_t word = 0;
	for (size_t i = 0; i < value.length; i++) {
		unsigned char c = (unsigned char)value.at[i];
		if (c < ' ' || c >= 0x7F)
			return false;
		if (c == '=' && i + 1 < value.length && value.at[i + 1] == '?')
			return false;
		if (c == ' ' && (word == 0 || i + 1 == value.length))
			return false;
		word = c == ' ' ? 0 : word + 1;
		if (word > LINE_MOST - 16)
			return false;
	}
	return true;
}

static void fold_plain(struct text value, size_t column, struct buffer *out)
{
	size_t i = 0;
	while (i < value.length) {
		size_t end = i + 1;
		while (end < value.length && value.at[end] != ' ')
			end++;
		if (i && column + (end - i) > LINE_MOST) {
			buffer_string(out, "\r\n");
			column = 0;
		}
		buffer_add(out, value.at + i, end - i); /* from the second word on it begins with its space */
		column += end - i;
		i = end;
	}
}

/* The characters RFC 2047 5(3) lets stand for themselves anywhere, also in a phrase. */
static bool stands_in_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '!' || c == '*' ||
	       c == '+' || c == '-' || c == '/';
}

static void put_in_word(struct buffer *out, unsigned char c)
{
	if (c == ' ') {
		buffer_char(out, '_');
	} else if (stands_in_word(c)) {
		buffer_char(out, (char)c);
	} else {
		char triple[3] = {'=', hex_digits[c >> 4], hex_digits[c & 15]};
		buffer_add(out, triple, 3);
	}
}

static size_t width_in_word(const unsigned char *at, size_t length)
{
	size_t width = 0;
	for (size_t i = 0; i < length; i++)
		width += at[i] == ' ' || stands_in_word(at[i]) ? 1 : 3;
	return width;
}

/* No character is split between two encoded words (RFC 2047 section 5). */
static void encode_words(struct text value, size_t column, struct buffer *out)
{
	const unsigned char *bytes = (const unsigned char *)value.at;
	const size_t close = sizeof WORD_CLOSE - 1;
	buffer_string(out, WORD_OPEN);
	column += sizeof WORD_OPEN - 1;
	for (size_t i = 0; i < value.length;) {
		size_t length = mime_utf8_length(bytes + i, value.length - i);
		const unsigned char *at = length ? bytes + i : (const unsigned char *)"\xEF\xBF\xBD";
		size_t shown = length ? length : 3, width = width_in_word(at, shown);
		if (column + width + close > LINE_MOST) {
			buffer_string(out, WORD_CLOSE "\r\n " WORD_OPEN);
			column = 1 + sizeof WORD_OPEN - 1;
		}
		for (size_t k = 0; k < shown; k++)
			put_in_word(out, at[k]);
		column += width;
		i += length ? length : 1;
	}
	buffer_string(out, WORD_CLOSE);
}

void mime_header_value(struct text value, size_t column, struct buffer *out)
{
	if (plain_value(value))
		fold_plain(value, column, out);
	else
		encode_words(value, column, out);
}
