/* yaml_words: what libyaml stumbled over, in words of somebody who has to mend it: what is wrong here, what would be
 * right. */
#include "config/yaml_internal.h"

#include "text/utf8.h"

#include <stdio.h>
#include <string.h>

#define CURLY_HINT ". A curly quote stands in this line: if it is meant to open a value, write a straight one"

/* Which of libyaml's two marks shows the place: where it gave up, or where what it was reading began. */
enum place { WHERE_IT_STOPPED, WHERE_IT_BEGAN };

static const struct {
	const char *problem, *context; /* beginnings of libyaml 0.2.5's own words; NULL: any */
	enum place place;
	const char *sentence;
} sentences[] = {
	{"found unexpected end of stream", "while scanning a quoted scalar", WHERE_IT_BEGAN,
         "the quote that opens here is never closed; close it (within single quotes a quote is written twice: "
         "'it''s')"},
	{"found unexpected document indicator", "while scanning a quoted scalar", WHERE_IT_BEGAN,
         "the quote that opens here is never closed; close it before the line that begins with --- or ..."},
	{"found unknown escape character", NULL, WHERE_IT_STOPPED,
         "a backslash in double quotes begins an escape, and this is none; use single quotes, or write the backslash "
         "twice"},
	{"did not find expected hexdecimal number", NULL, WHERE_IT_STOPPED,
         "an escape such as \\x41 lacks its digits; use single quotes, or write the backslash twice"},
	{"did not find expected ',' or ']'", NULL, WHERE_IT_BEGAN,
         "the list that opens here with [ is not closed, or lacks a comma; put a comma between its items and ] at its "
         "end"},
	{"did not find expected ',' or '}'", NULL, WHERE_IT_BEGAN,
         "the mapping that opens here with { is not closed, or lacks a comma; put a comma between its members and } at "
         "its end"},
	{"did not find expected '-' indicator", NULL, WHERE_IT_STOPPED,
         "this is not an item of the list above it; begin it with \"- \", or indent it as what it belongs to"},
	{"did not find expected key", NULL, WHERE_IT_STOPPED,
         "this follows neither as a key nor as part of the value before it; indent keys of one mapping alike, and put "
         "a value that "
         "holds quotes in quotes as a whole"},
	{"could not find expected ':'", NULL, WHERE_IT_BEGAN, "a key without its colon; write \"key: value\""},
	{"mapping values are not allowed in this context", NULL, WHERE_IT_STOPPED,
         "a colon where no key can stand; put a value that holds \": \" in quotes, or check how this line and the one "
         "before are "
         "indented"},
	{"block sequence entries are not allowed in this context", NULL, WHERE_IT_STOPPED,
         "a list's item cannot begin on the line of its key; begin it on the next line"},
	{"did not find expected comment or line break", NULL, WHERE_IT_STOPPED,
         "after | or > the text begins on the next line; put a value that begins with one of them in quotes"},
	{"did not find expected <document start>", NULL, WHERE_IT_STOPPED,
         "this stands after the end of what the file holds; one file holds one mapping, and its keys begin in one "
         "column"},
	{"found a tab character", NULL, WHERE_IT_STOPPED, "a tab; indent with spaces"},
	{"found incompatible YAML document", NULL, WHERE_IT_STOPPED, "a % directive; remove the line"},
	{"found unknown directive name", NULL, WHERE_IT_STOPPED, "a % directive; remove the line"},
	{"found undefined tag handle", NULL, WHERE_IT_STOPPED, "tags (!) are not used here; write the plain value"},
	{NULL, "while scanning a tag", WHERE_IT_BEGAN, "tags (!) are not used here; write the plain value"},
	{NULL, "while scanning an alias", WHERE_IT_BEGAN,
         "aliases (*) are not used here; write the value out, or quote it"},
	{NULL, "while scanning an anchor", WHERE_IT_BEGAN,
         "anchors (&) are not used here; write the value out, or quote it"},
	{NULL, "while scanning a directive", WHERE_IT_BEGAN, "a % directive; remove the line"},
};

static bool begins(const char *whole, const char *beginning)
{
	return !beginning || (whole && strncmp(whole, beginning, strlen(beginning)) == 0);
}

/* A character that begins no value: which, and what is meant by it. */
static void fault_character(const yaml_parser_t *parser, struct text bytes, const char *file,
                            struct config_faults *faults)
{
	int line = (int)parser->problem_mark.line + 1, column = (int)parser->problem_mark.column + 1;
	/* The mark counts characters, of which one may be several bytes. */
	const char *here = bytes.at, *end = bytes.at + bytes.length;
	for (int l = 1; l < line && here < end; here++)
		l += *here == '\n';
	for (int c = 1; c < column && here < end; c++)
		here += utf8_character((struct text){here, (size_t)(end - here)});
	if (here < end && *here == '\t')
		config_fault_add(faults, file, line, column, "a tab; indent with spaces");
	else
		config_fault_add(faults, file, line, column, "a value cannot begin with %.1s; put it in quotes",
		                 here < end ? here : "?");
}

/* What a word processor changed opens nothing and parts nothing, and what libyaml then stumbles over is no help. */
static const char *word_processor_hint(struct text bytes, size_t line)
{
	static const struct {
		const char *bytes, *hint;
	} changed[] = {
		{"\xe2\x80\x9c", CURLY_HINT},
		{"\xe2\x80\x98", CURLY_HINT},
		{"\xe2\x80\x9e", CURLY_HINT},
		{"\xc2\xa0",
	         ". A no-break space stands in this line, which looks like a space and is none: type it anew"},
	};
	const char *at = bytes.at, *end = bytes.at + bytes.length, *next;
	for (; line > 0 && (next = memchr(at, '\n', (size_t)(end - at))) != NULL; line--)
		at = next + 1;
	next = memchr(at, '\n', (size_t)(end - at));
	size_t length = (size_t)((next ? next : end) - at);
	for (size_t i = 0; i < sizeof changed / sizeof *changed; i++)
		if (memmem(at, length, changed[i].bytes, strlen(changed[i].bytes)))
			return changed[i].hint;
	return "";
}

void yaml_fault_syntax(const yaml_parser_t *parser, struct text bytes, const char *file, struct config_faults *faults)
{
	if (begins(parser->problem, "found character that cannot start any token")) {
		fault_character(parser, bytes, file, faults);
		return;
	}
	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
		if (!begins(parser->problem, sentences[i].problem) || !begins(parser->context, sentences[i].context))
			continue;
		const yaml_mark_t *mark = sentences[i].place == WHERE_IT_BEGAN && parser->context
		                                  ? &parser->context_mark
		                                  : &parser->problem_mark;
		config_fault_add(faults, file, (int)mark->line + 1, (int)mark->column + 1, "%s%s",
		                 sentences[i].sentence, word_processor_hint(bytes, mark->line));
		return;
	}
	config_fault_add(faults, file, (int)parser->problem_mark.line + 1, (int)parser->problem_mark.column + 1,
	                 "this cannot be read; check quotes, brackets and indentation here and in the line before");
}

/* ---- bytes that are no text ---- */

/* Of a character that YAML does not allow; 0: it is fine. Byte-order marks within a text and U+FFFE, U+FFFF are no text
 * either. */
static size_t refused_character(const unsigned char *at, size_t length)
{
	bool c0 = *at < 0x20 && *at != '\t' && *at != '\n' && *at != '\r';
	if (c0 || *at == 0x7f)
		return 1;
	if (length >= 2 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f && at[1] != 0x85)
		return 2;
	if (length >= 3 &&
	    ((at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf) || (at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe)))
		return 3;
	return 0;
}

bool yaml_bytes_are_text(struct text bytes, const char *file, struct config_faults *faults)
{
	int line = 1, column = 1;
	if (bytes.length >= 2 && (memcmp(bytes.at, "\xff\xfe", 2) == 0 || memcmp(bytes.at, "\xfe\xff", 2) == 0)) {
		config_fault_add(faults, file, 1, 1, "the file is UTF-16; save it as UTF-8");
		return false;
	}
	for (size_t i = 0; i < bytes.length;) {
		const unsigned char *at = (const unsigned char *)bytes.at + i;
		size_t left = bytes.length - i, length = utf8_character((struct text){(const char *)at, left});
		if (!length) {
			config_fault_add(faults, file, line, column,
			                 "byte 0x%02X is not UTF-8; save the file as UTF-8 (it may be Windows-1252 or "
			                 "Latin-1 now)",
			                 *at);
			return false;
		}
		if (refused_character(at, left)) {
			config_fault_add(faults, file, line, column, "a control character (0x%02X); remove it",
			                 at[length - 1]);
			return false;
		}
		column = *at == '\n' ? 1 : column + 1;
		line += *at == '\n';
		i += length;
	}
	return true;
}
