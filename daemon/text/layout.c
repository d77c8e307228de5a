/* layout: line by line; a line is made plain first and broken then. */
#include "text/layout.h"

/* A character has a byte at least: most lines need not be counted. */
static bool fits(struct text line)
{
	return line.length <= LAYOUT_COLUMNS || text_columns(line) <= LAYOUT_COLUMNS;
}

static void spaces(struct buffer *out, size_t count)
{
	while (count--)
		buffer_char(out, ' ');
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* A line of nothing but stars is a rule, not strong words. */
static bool is_rule(struct text line)
{
	for (size_t i = 0; i < line.length; i++)
		if (line.at[i] != '*')
			return false;
	return line.length >= 8;
}

/* Where the words of facts begin: behind the longest label. */
static size_t fact_column(struct text source)
{
	size_t most = LAYOUT_FACT_COLUMN;
	for (size_t at = 0; at < source.length;) {
		const char *newline = memchr(source.at + at, '\n', source.length - at);
		size_t end = newline ? (size_t)(newline - source.at) : source.length;
		const char *tab = end > at ? memchr(source.at + at, '\t', end - at) : NULL;
		struct text words = {source.at + at, tab ? (size_t)(tab - source.at) - at : 0};
		size_t label = tab ? text_columns(words) + 1 : 0;
		if (label > most && label <= LAYOUT_FACT_COLUMN_MOST)
			most = label;
		at = end + 1;
	}
	return most;
}

/* "12. " at the start: how long that is; 0: it is no item. */
static size_t item_number(struct text line)
{
	size_t digits = 0;
	while (digits < line.length && digits < 3 && line.at[digits] >= '0' && line.at[digits] <= '9')
		digits++;
	bool item = digits && digits + 2 < line.length && line.at[digits] == '.' && line.at[digits + 1] == ' ';
	return item ? digits + 2 : 0;
}

static bool is_heading(struct text line)
{
	return line.length > 2 && line.at[0] == '#' && line.at[1] == ' ';
}

/* Up to the next star or tab from `at` on. */
static size_t plain_run(struct text line, size_t at)
{
	while (at < line.length && line.at[at] != '*' && line.at[at] != '\t')
		at++;
	return at;
}

/* Capitals for headings and between pairs of stars; the tab of a fact becomes spaces. */
static void make_plain_each(struct text line, size_t column, struct buffer *plain)
{
	bool heading = is_heading(line), strong = false, aside = false;
	for (size_t i = heading ? 2 : 0; i < line.length; i++) {
		if (!heading && !strong) { /* most of a line stands for itself */
			size_t run = plain_run(line, i);
			buffer_add(plain, line.at + i, run - i);
			i = run;
			if (i == line.length)
				break;
		}
		char c = line.at[i];
		aside = aside ? c != ')' : c == '(';
		if (c == '*' && i + 1 < line.length && line.at[i + 1] == '*') {
			strong = !strong;
			i++;
		} else if (c == '\t') {
			size_t at = text_columns(buffer_view(plain));
			spaces(plain, at < column ? column - at : 1);
		} else {
			buffer_char(plain, (heading && !aside) || strong ? upper(c) : c);
		}
	}
}

/* Returns how far further lines are indented. */
static size_t make_plain(struct text line, size_t column, struct buffer *plain)
{
	bool fact = memchr(line.at, '\t', line.length) != NULL;
	if (is_rule(line)) {
		buffer_text(plain, line);
		return 0;
	}
	if (is_heading(line) || fact || memchr(line.at, '*', line.length))
		make_plain_each(line, column, plain);
	else
		buffer_text(plain, line);
	if (fact)
		return column;
	if (item_number(buffer_view(plain)))
		return item_number(buffer_view(plain));
	if (plain->length >= 2 && plain->at[0] == '*' && plain->at[1] == ' ')
		return 2;
	size_t indent = 0;
	while (indent < plain->length && plain->at[indent] == ' ')
		indent++;
	return indent;
}

/* Whether each of its first `count` bytes is a column by itself. */
static bool is_ascii(struct text text, size_t count)
{
	uint64_t some = 0;
	size_t i = 0;
	for (uint64_t bytes; i + sizeof bytes <= count; i += sizeof bytes) {
		memcpy(&bytes, text.at + i, sizeof bytes);
		some |= bytes;
	}
	for (; i < count; i++)
		some |= (unsigned char)text.at[i];
	return (some & 0x8080808080808080u) == 0;
}

/* Where the first line of `text` ends: at the last space that leaves it within `room` columns, else at the first space
 * there is after `from`, else nowhere. */
static size_t break_at(struct text text, size_t from, size_t room)
{
	size_t column = 0, best = 0;
	if (text.length <= room)
		return text.length;
	if (is_ascii(text, room + 1))
		for (size_t i = room; i > from; i--)
			if (text.at[i] == ' ')
				return i;
	for (size_t i = 0; i < text.length; i++) {
		if (text.at[i] == ' ' && i > from) {
			if (column > room)
				return best ? best : i;
			best = i;
		}
		column += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	}
	return column > room && best ? best : text.length;
}

/* The spaces at the start of a line, and those between a fact's label and its words, are no place to break. */
static size_t first_word(struct text text, size_t indent, bool fact)
{
	size_t at = text.length && text.at[0] == '*' ? 2 : item_number(text);
	while (at < text.length && text.at[at] == ' ')
		at++;
	if (fact && text_columns(text) > indent) {
		size_t column = 0;
		for (at = 0; column < indent; at++)
			column += ((unsigned char)text.at[at] & 0xc0) != 0x80;
	}
	return at;
}

static void put_line(struct text line, struct buffer *out)
{
	while (line.length && line.at[line.length - 1] == ' ')
		line.length--;
	buffer_text(out, line);
	buffer_char(out, '\n');
}

static void break_line(struct text text, size_t indent, bool fact, struct buffer *out)
{
	struct buffer row = {0};
	bool first = true;
	while (text.length) {
		size_t lead = first ? 0 : indent;
		size_t end = break_at(text, first ? first_word(text, indent, fact) : 0, LAYOUT_COLUMNS - lead);
		buffer_clear(&row);
		spaces(&row, lead);
		buffer_add(&row, text.at, end);
		put_line(buffer_view(&row), out);
		while (end < text.length && text.at[end] == ' ')
			end++;
		text = (struct text){text.at + end, text.length - end};
		first = false;
	}
	buffer_free(&row);
}

/* Where a command may be broken so that what stands before fits: before its last " --" within `room`; nowhere: its
 * length. */
static size_t option_at(struct text command, size_t room)
{
	size_t best = 0;
	for (size_t i = 1; i + 2 < command.length && i <= room; i++)
		if (memcmp(command.at + i, " --", 3) == 0)
			best = i;
	return best ? best : command.length;
}

static void put_command(struct text command, struct buffer *out)
{
	size_t indent = 3;
	while (command.length) {
		size_t room = LAYOUT_COLUMNS - indent;
		size_t end = text_columns(command) <= room ? command.length : option_at(command, room - 2);
		spaces(out, indent);
		buffer_add(out, command.at, end);
		buffer_string(out, end < command.length ? " \\\n" : "\n");
		while (end < command.length && command.at[end] == ' ')
			end++;
		command = (struct text){command.at + end, command.length - end};
		indent = 5;
	}
}

static bool is_command(struct text line)
{
	return line.length > 2 && line.at[0] == '>' && line.at[1] == ' ';
}

void layout_text(struct text source, struct buffer *out)
{
	size_t column = fact_column(source);
	struct buffer plain = {0};
	bool any = false, gap = false;
	for (size_t at = 0; at < source.length;) {
		const char *newline = memchr(source.at + at, '\n', source.length - at);
		size_t end = newline ? (size_t)(newline - source.at) : source.length;
		buffer_clear(&plain);
		struct text raw = {source.at + at, end - at};
		size_t indent = make_plain(raw, column, &plain);
		bool fact = raw.length && memchr(raw.at, '\t', raw.length);
		at = end + 1;
		struct text line = buffer_view(&plain);
		if (text_is_blank(line)) {
			gap = any;
			continue;
		}
		if (gap)
			buffer_char(out, '\n');
		gap = false;
		any = true;
		if (is_command(raw))
			put_command((struct text){raw.at + 2, raw.length - 2}, out);
		else if (fits(line))
			put_line(line, out);
		else
			break_line(line, indent < LAYOUT_COLUMNS / 2 ? indent : 0, fact, out);
	}
	buffer_free(&plain);
}
