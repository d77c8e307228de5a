/* sentence_page: docs/sentences.md as a test reads it, and whether words stand in a message. */
#ifndef CASEWATCH_TESTS_SENTENCE_PAGE_H
#define CASEWATCH_TESTS_SENTENCE_PAGE_H

#include "base/mem.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_ROWS 600
#define ROW_NAMES 6
#define ROW_MESSAGES 16
#define ROW_SAME 64     /* rows that share words */
#define TELLING 12 /* letters: shorter words stand in many sentences, and prove nothing of one */

struct sentence {
	char *names[ROW_NAMES];   /* "!restricted"; none: always */
	size_t name_count;
	char *words;              /* the longest run without a name in it, in small letters */
	char *messages[ROW_MESSAGES];
	size_t message_count;
	size_t said, unsaid;      /* how often the walk saw it so */
	size_t in[ROW_SAME], in_count; /* rows whose words hold these too, this one among them */
};
struct sentence_page {
	struct sentence rows[PAGE_ROWS];
	size_t count;
	char *text;
};

static inline char *page_read(const char *path)
{
	FILE *stream = fopen(path, "re");
	struct buffer content = {0};
	char chunk[8192];
	size_t got;
	if (!stream)
		fail_msg("%s is missing: run the tests from the top of the checkout", path);
	while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0)
		buffer_add(&content, chunk, got);
	fclose(stream);
	buffer_char(&content, '\0');
	return content.at;
}

static inline char *page_trim(char *cell)
{
	while (*cell == ' ')
		cell++;
	for (size_t length = strlen(cell); length && cell[length - 1] == ' '; length--)
		cell[length - 1] = '\0';
	return cell;
}

/* The longest run of words between {{names}}, in small letters; in the cell's own place. */
static inline char *page_longest(char *words)
{
	char *best = words, *at = words;
	size_t most = 0;
	while (at && *at) {
		char *name = strstr(at, "{{"), *end = name ? name : at + strlen(at);
		if ((size_t)(end - at) > most) {
			most = (size_t)(end - at);
			best = at;
		}
		char *after = name ? strstr(name, "}}") : NULL;
		at = after ? after + 2 : NULL;
	}
	best[most] = '\0';
	for (char *c = best; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return page_trim(best);
}

static inline void page_split(char *cell, const char *by, char **parts, size_t *count, size_t room)
{
	for (char *at = cell; at && *count < room;) {
		char *end = strstr(at, by);
		if (end)
			*end = '\0';
		parts[(*count)++] = page_trim(at);
		at = end ? end + strlen(by) : NULL;
	}
}

static inline void page_load(struct sentence_page *page)
{
	*page = (struct sentence_page){.text = page_read("docs/sentences.md")};
	char *line = strstr(page->text, "## The sentences");
	assert_non_null(line);
	for (line = strchr(line, '\n'); line; ) {
		char *start = line + 1, *end = strchr(start, '\n');
		if (end)
			*end = '\0';
		line = end;
		char *cells[3];
		size_t count = 0;
		if (strncmp(start, "| ", 2) != 0 || strncmp(start, "| stands", 8) == 0)
			continue;
		page_split(start + 2, " | ", cells, &count, 3);
		assert_int_equal(count, 3);
		assert_true(page->count < PAGE_ROWS);
		struct sentence *row = &page->rows[page->count++];
		*row = (struct sentence){.words = page_longest(cells[1])};
		cells[2][strlen(cells[2]) - 1] = '\0'; /* the bar at the end */
		if (strcmp(cells[0], "always") != 0)
			page_split(cells[0], " && ", row->names, &row->name_count, ROW_NAMES);
		page_split(cells[2], ", ", row->messages, &row->message_count, ROW_MESSAGES);
	}
}

/* The same words may stand for several reasons. */
static inline void page_link(struct sentence_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		for (size_t k = 0; k < page->count && strlen(page->rows[i].words) >= TELLING; k++)
			if (strstr(page->rows[k].words, page->rows[i].words)) {
				assert_true(page->rows[i].in_count < ROW_SAME);
				page->rows[i].in[page->rows[i].in_count++] = k;
			}
}

static inline bool page_in_message(const struct sentence *row, const char *message, bool html)
{
	for (size_t i = 0; i < row->message_count; i++) {
		size_t length = strlen(message);
		if (strncmp(row->messages[i], message, length) != 0)
			continue;
		const char *ending = row->messages[i] + length;
		if (!*ending || strcmp(ending, html ? ".html" : ".txt") == 0)
			return true;
	}
	return false;
}

/* What a reader reads, in small letters and on one line, so that neither capitals nor breaks hide a sentence. */
static inline char *page_normal(const char *part, bool html)
{
	static const char *const inside[] = {"<b>", "</b>", "<s>", "</s>", "<span", "</span", "<a ", "</a>"};
	static const char *const entities[][2] = {{"&ldquo;", "\""}, {"&rdquo;", "\""}, {"&rsquo;", "'"},
	                                          {"&nbsp;", " "},   {"&amp;", "&"},    {"&quot;", "\""}};
	struct buffer out = {0};
	if (html)
		part = strstr(part, "<body");
	for (const char *at = part; at && *at;) {
		char c = *at;
		if (html && c == '<') {
			bool blank = true;
			for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
				blank = blank && strncmp(at, inside[i], strlen(inside[i])) != 0;
			at = strchr(at, '>') + 1;
			if (!blank)
				continue;
			c = ' ';
		} else if (html && c == '&') {
			size_t length = 1;
			for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
				if (strncmp(at, entities[i][0], strlen(entities[i][0])) == 0) {
					c = entities[i][1][0];
					length = strlen(entities[i][0]);
				}
			at += length;
		} else {
			at++;
		}
		if (isspace((unsigned char)c))
			c = ' ';
		if (c == ' ' && out.length && out.at[out.length - 1] == ' ')
			continue;
		buffer_char(&out, (char)tolower((unsigned char)c));
	}
	buffer_char(&out, '\0');
	return out.at;
}

#endif
