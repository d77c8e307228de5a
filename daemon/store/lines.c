/* lines: kept while a transaction is open; written by its commit, and forgotten by its end otherwise. */
#include "store/lines.h"

#include "store/store_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char *copy_of(const char *text)
{
	return text ? mem_copy_text(text, strlen(text)) : NULL;
}

void store_log(struct store *store, enum log_level level, struct log_about about, const char *format, ...)
{
	char line[LOG_LINE_BYTES];
	va_list args;
	if (!log_is_wanted(level)) /* nothing is put together, or kept, for nobody */
		return;
	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (!store->open) {
		log_put(level, about, format, line);
		return;
	}
	struct store_lines *lines = &store->lines;
	struct store_line *kept = mem_push((void **)&lines->items, &lines->count, &lines->room, sizeof *kept);
	*kept = (struct store_line){.level = level,
	                            .kind = format,
	                            .words = copy_of(line),
	                            .event = copy_of(about.event),
	                            .rule = copy_of(about.rule),
	                            .alert = copy_of(about.alert)};
}

void lines_end(struct store *store, bool committed)
{
	struct store_lines *lines = &store->lines;
	for (size_t i = 0; i < lines->count; i++) {
		struct store_line *line = &lines->items[i];
		if (committed)
			log_put(line->level,
			        (struct log_about){.event = line->event, .rule = line->rule, .alert = line->alert},
			        line->kind, line->words);
		free(line->words);
		free(line->event);
		free(line->rule);
		free(line->alert);
	}
	lines->count = 0;
}
