/* faults: gathers what is wrong, and guesses what was meant. */
#include "config/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/spelling.h"

void config_faults_free(struct config_faults *faults)
{
	if (!faults)
		return;
	arena_free(faults->owned);
	free(faults->items);
	*faults = (struct config_faults){0};
}

static const char *keep_string(struct config_faults *faults, const char *string)
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
	const char *name = same ? fault[-1].file : keep_string(faults, file);
	/* Editors and people count from 1; what is wrong with the file as a whole is said at its beginning. */
	*fault = (struct config_fault){.file = name,
	                               .line = line ? line : 1,
	                               .column = column ? column : 1,
	                               .text = keep_string(faults, text)};
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

const char *config_spelling(struct text given, const char *const *words, size_t count)
{
	struct spelling spelling = spelling_begin(given);
	for (size_t i = 0; i < count; i++)
		spelling_offer(&spelling, words[i]);
	return spelling.best;
}

const char *config_did_you_mean(struct buffer *out, struct text given, const char *const *words, size_t count)
{
	const char *spelling = config_spelling(given, words, count);
	if (spelling)
		buffer_format(out, "; did you mean \"%s\"?", spelling);
	return buffer_cstr(out);
}
