/* template: what a value may not do to the page it stands on. */
#include "text/template.h"

#include "text/json_write.h"
#include "text/utf8.h"

static bool no_break_space(struct text text, size_t at)
{
	return text.length - at >= 2 && (unsigned char)text.at[at] == 0xc2 && (unsigned char)text.at[at + 1] == 0xa0;
}

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&rsquo;";
	default:
		return NULL;
	}
}

static const bool is_harmless[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, [' '] = true, ['('] = true, [')'] = true,
	['+'] = true,         [','] = true,         ['-'] = true,         ['.'] = true, ['/'] = true, [':'] = true,
	[';'] = true,         ['='] = true,         ['?'] = true,         ['@'] = true, ['_'] = true, ['#'] = true,
};

static bool control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* A double quotation mark of print: U+201C or U+201D; NULL: none starts here. */
static const char *quotation(struct text text, size_t at)
{
	if (text.length - at < 3 || memcmp(text.at + at, "\xe2\x80", 2) != 0)
		return NULL;
	return text.at[at + 2] == '\x9c' ? "&ldquo;" : text.at[at + 2] == '\x9d' ? "&rdquo;" : NULL;
}

/* Most of a value is letters, digits and a little beside them, which go as they are wherever they go: how many of these
 * stand at `from`. */
static size_t harmless(struct text value, size_t from)
{
	size_t at = from;
	while (at < value.length && is_harmless[(unsigned char)value.at[at]])
		at++;
	return at - from;
}

void template_escape_html(struct text value, struct buffer *out)
{
	for (size_t i = 0; i < value.length; i++) {
		size_t run = harmless(value, i);
		buffer_add(out, value.at + i, run);
		i += run;
		if (i == value.length)
			break;
		size_t unsafe = utf8_unseen(value, i);
		const char *as = entity(value.at[i]);
		if (unsafe) {
			buffer_char(out, ' ');
			i += unsafe - 1;
		} else if (quotation(value, i)) {
			buffer_string(out, quotation(value, i));
			i += 2;
		} else if (no_break_space(value, i)) {
			buffer_string(out, "&nbsp;");
			i++;
		} else if (as) {
			buffer_string(out, as);
		} else {
			buffer_char(out, control(value.at[i]) ? ' ' : value.at[i]);
		}
	}
}

#define RUN_LONG 20 /* characters in one piece: the longest of ordinary words have fewer */
#define PIECE 8     /* after so many a line may end: three columns of them fit on a phone */
#define MARK_NEAR 3 /* unless a mark comes so soon: rather after that */
#define PIECE_LEAST 4

static bool part_of_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The bytes up to the next blank, and whether so many characters are in one piece that no line ends in them by itself:
 * it may after a hyphen that no figure follows. */
static size_t run_at(struct text value, size_t from, bool *is_long)
{
	size_t at = from, characters = 0;
	*is_long = false;
	for (; at < value.length && value.at[at] != ' '; at++) {
		characters += !part_of_character(value.at[at]);
		*is_long = *is_long || characters > RUN_LONG;
		if (value.at[at] == '-' && at + 1 < value.length &&
		    !(value.at[at + 1] >= '0' && value.at[at + 1] <= '9'))
			characters = 0;
	}
	return at - from;
}

static bool is_mark(char c)
{
	return c && strchr("-_/.@:=&?,;+|", c);
}

static bool mark_comes(struct text run, size_t at)
{
	for (size_t i = 0; i < MARK_NEAR && at + i < run.length; i++)
		if (is_mark(run.at[at + i]))
			return true;
	return false;
}

/* Up to where a line may end: after a mark, else after so many characters. */
static size_t piece_at(struct text run, size_t from)
{
	size_t at = from;
	for (size_t characters = 1; at < run.length; characters++) {
		char c = run.at[at++];
		while (at < run.length && part_of_character(run.at[at]))
			at++;
		if (is_mark(c) ? characters >= PIECE_LEAST : characters >= PIECE && !mark_comes(run, at))
			break;
	}
	return at - from;
}

static void escape_long(struct text run, struct buffer *out)
{
	for (size_t at = 0, length; at < run.length; at += length) {
		length = piece_at(run, at);
		buffer_string(out, at ? "<wbr>" : "");
		template_escape_html((struct text){run.at + at, length}, out);
	}
}

void template_escape_words(struct text value, struct buffer *out)
{
	size_t done = 0;
	bool is_long;
	for (size_t at = 0, length; value.length > RUN_LONG && at < value.length; at += length + 1) {
		length = run_at(value, at, &is_long);
		if (!is_long)
			continue;
		template_escape_html((struct text){value.at + done, at - done}, out);
		escape_long((struct text){value.at + at, length}, out);
		done = at + length;
	}
	template_escape_html((struct text){value.at + done, value.length - done}, out);
}

void template_escape_text(struct text value, struct buffer *out)
{
	for (size_t i = 0; i < value.length; i++) {
		size_t run = harmless(value, i);
		buffer_add(out, value.at + i, run);
		i += run;
		if (i == value.length)
			break;
		size_t unsafe = utf8_unseen(value, i);
		if (unsafe || no_break_space(value, i)) {
			buffer_char(out, ' ');
			i += unsafe ? unsafe - 1 : 1;
		} else if (value.at[i] == '*' && i + 1 < value.length && value.at[i + 1] == '*') {
			continue; /* the last of a row of stars remains */
		} else {
			buffer_char(out, control(value.at[i]) ? ' ' : value.at[i]);
		}
	}
}

void template_escape_json(struct text value, struct buffer *out)
{
	struct buffer safe = {0}, quoted = {0};
	struct json_writer json = json_writer_on(&quoted);
	template_escape_text(value, &safe);
	json_text(&json, buffer_view(&safe));
	buffer_add(out, quoted.at + 1, quoted.length - 2); /* without the quotes: the template has them */
	buffer_free(&safe);
	buffer_free(&quoted);
}
