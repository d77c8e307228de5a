/* faults: gathers what is wrong, and guesses what was meant. */
#include "config/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define WORD_MAX 64 /* longer words are not compared: nobody mistypes them by a letter or two */

void config_faults_free(struct config_faults *faults)
{
	if (!faults)
		return;
	arena_free(faults->owned);
	free(faults->items);
	*faults = (struct config_faults){0};
}

static const char *keep(struct config_faults *faults, const char *string)
{
	if (!faults->owned)
		faults->owned = arena_new(4096);
	return arena_copy_text(faults->owned, string, strlen(string));
}

void config_fault_add(struct config_faults *faults, const char *file, int line, int column, const char *format, ...)
{
	char text[2048];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20)
			*c = ' '; /* one fault, one line */
	struct config_fault *fault =
		mem_push((void **)&faults->items, &faults->count, &faults->room, sizeof *faults->items);
	/* Faults of one file come together: its name is kept once. */
	bool same = faults->count > 1 && strcmp(fault[-1].file, file) == 0;
	const char *name = same ? fault[-1].file : keep(faults, file);
	*fault = (struct config_fault){.file = name, .line = line, .column = column, .text = keep(faults, text)};
}

static int by_place(const void *left, const void *right)
{
	const struct config_fault *a = left, *b = right;
	int order = strcmp(a->file, b->file);
	if (!order)
		order = (a->line > b->line) - (a->line < b->line);
	if (!order)
		order = (a->column > b->column) - (a->column < b->column);
	return order ? order : strcmp(a->text, b->text);
}

void config_faults_sort(struct config_faults *faults)
{
	if (faults->count > 1)
		qsort(faults->items, faults->count, sizeof *faults->items, by_place);
}

static char folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + 32);
	return c == '_' || c == ' ' ? '-' : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits (a letter put in, left out, changed, or two neighbours swapped) that make one of the other. */
static size_t distance(struct text a, struct text b)
{
	size_t before[WORD_MAX + 1] = {0}, last[WORD_MAX + 1], row[WORD_MAX + 1] = {0};
	for (size_t j = 0; j <= b.length; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.length; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.length; j++) {
			char x = folded(a.at[i - 1]), y = folded(b.at[j - 1]);
			row[j] = least(least(row[j - 1], last[j]) + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == folded(b.at[j - 2]) && y == folded(a.at[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		memcpy(before, last, sizeof before);
		memcpy(last, row, sizeof last);
	}
	return last[b.length];
}

const char *config_nearest(struct text given, const char *const *words, size_t count)
{
	const char *nearest = NULL;
	size_t limit = given.length / 3;
	limit = limit < 1 ? 1 : limit > 3 ? 3 : limit;
	if (given.length > WORD_MAX || given.length == 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct text word = text_of(words[i]);
		if (word.length > WORD_MAX)
			continue;
		size_t edits = distance(given, word);
		if (edits <= limit) {
			nearest = words[i];
			if (edits == 0)
				break;
			limit = edits - 1;
		}
	}
	return nearest;
}

const char *config_did_you_mean(struct buffer *out, struct text given, const char *const *words, size_t count)
{
	const char *nearest = config_nearest(given, words, count);
	if (nearest)
		buffer_format(out, "; did you mean \"%s\"?", nearest);
	return buffer_cstr(out);
}
