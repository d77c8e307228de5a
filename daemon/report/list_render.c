/* list_render: the list as a mail: subject, text and HTML; short enough for every client, and plain if all else
 * fails. */
#include "report/list_page.h"

#include "text/layout.h"
#include "time/words.h"

#include <stdio.h>

/* Text parts have the quotation marks of a keyboard. */
static void plain_quotes(struct buffer *text)
{
	size_t kept = 0;
	for (size_t i = 0; i < text->length; i++) {
		bool quote = text->length - i >= 3 && (memcmp(text->at + i, "\xe2\x80\x9c", 3) == 0 ||
		                                       memcmp(text->at + i, "\xe2\x80\x9d", 3) == 0);
		text->at[kept++] = quote ? '"' : text->at[i];
		i += quote ? 2 : 0;
	}
	text->length = kept;
}

static enum result render_parts(const struct list *list, const struct data *page, const struct template_set *templates,
                                struct buffer *text, struct buffer *html, struct fault *fault)
{
	struct buffer wide = {0};
	char name[128];
	(void)snprintf(name, sizeof name, "%s.txt", list->view.list->template);
	enum result result = template_render(templates, name, page, &wide, fault);
	if (result == RESULT_OK) {
		plain_quotes(&wide);
		layout_text(buffer_view(&wide), text);
	}
	buffer_free(&wide);
	(void)snprintf(name, sizeof name, "%s.html", list->view.list->template);
	if (result == RESULT_OK)
		result = template_render(templates, name, page, html, fault);
	return result;
}

enum result list_render(const struct list *list, const struct template_set *templates, struct buffer *subject,
                        struct buffer *text, struct buffer *html, struct fault *fault)
{
	struct arena *arena = arena_new(64 * 1024);
	size_t text_start = text->length, html_start = html->length;
	enum result result = render_parts(list, list_page(list, 0, arena), templates, text, html, fault);
	if (result == RESULT_OK && html->length - html_start > LIST_HTML_BYTES) {
		text->length = text_start;
		html->length = html_start;
		result = render_parts(list, list_page(list, LIST_CUT_ROWS, arena), templates, text, html, fault);
	}
	if (result == RESULT_OK)
		list_subject(list, subject);
	arena_free(arena);
	return result;
}

static void plain_rows(const char *title, const struct list_part *part, const struct list_rows *rows,
                       struct buffer *text)
{
	buffer_format(text, "\n%s: %zu\n", title, part->count);
	for (size_t i = 0; i < part->count; i++) {
		const struct list_row *row = part->items[i].row;
		buffer_format(text, "* %.*s", TEXT_ARG(row->child ? row->child->id : TEXT_NONE));
		for (size_t c = 0; c < rows->column_count; c++)
			if (row->values[c].length)
				buffer_format(text, ", %s: %.*s", rows->columns[c], TEXT_ARG(row->values[c]));
		buffer_char(text, '\n');
	}
}

static void plain_completeness(const struct list *list, struct buffer *text)
{
	const struct list_completeness *known = &list->facts->completeness;
	instant until = known->complete_to != INSTANT_NONE ? known->complete_to : known->last_arrival;
	buffer_string(text, list->incomplete ? "THIS LIST IS NOT COMPLETE. Data only to " : "Data to ");
	words_moment(list->view.zone, (struct words_moment){until, false}, WORDS_TABLE_YEAR, text);
	buffer_string(text, ".\n");
	for (size_t i = 0; i < known->never_count; i++)
		buffer_format(text, "%.*s: never confirmed.\n", TEXT_ARG(known->never[i]));
}

void list_plain(const struct list *list, struct buffer *subject, struct buffer *text)
{
	const struct list_view *view = &list->view;
	list_subject(list, subject);
	buffer_format(text, "OFFICIAL-SENSITIVE\n\n%s: %s\n", view->list->title,
	              view->team ? view->team->title : "All teams");
	words_moment(view->zone, (struct words_moment){list->facts->as_of, false}, WORDS_FULL_YEAR, text);
	buffer_string(text,
	              ".\nThis list is in plain form because its template has a fault. The facts are complete.\n");
	plain_completeness(list, text);
	for (size_t i = 0; i < view->list->section_count; i++)
		plain_rows(view->list->sections[i].title, &list->sections[i], &list->facts->sections[i], text);
	buffer_format(text, "\nRecords we could not read: %zu\n", list->unread_count + list->unread_before);
}
