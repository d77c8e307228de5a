/* missing_render: the list as a mail: subject, text and HTML; short enough for every client, and plain if all else fails. */
#include "report/missing_page.h"

#include "text/layout.h"

static enum result render_parts(const struct data *page, const struct template_set *templates, struct buffer *text,
                                struct buffer *html, struct fault *fault)
{
	struct buffer wide = {0};
	enum result result = template_render(templates, "daily-missing.txt", page, &wide, fault);
	if (result == RESULT_OK)
		layout_text(buffer_view(&wide), text);
	buffer_free(&wide);
	if (result == RESULT_OK)
		result = template_render(templates, "daily-missing.html", page, html, fault);
	return result;
}

enum result missing_render(const struct missing_list *list, const struct template_set *templates, struct buffer *subject,
                           struct buffer *text, struct buffer *html, struct fault *fault)
{
	struct arena *arena = arena_new(64 * 1024);
	size_t text_start = text->length, html_start = html->length;
	enum result result = render_parts(missing_page(list, 0, arena), templates, text, html, fault);
	if (result == RESULT_OK && html->length - html_start > MISSING_HTML_BYTES) {
		text->length = text_start;
		html->length = html_start;
		result = render_parts(missing_page(list, MISSING_CUT_ROWS, arena), templates, text, html, fault);
	}
	if (result == RESULT_OK)
		missing_subject(list, subject);
	arena_free(arena);
	return result;
}

static void plain_rows(const char *title, const struct missing_rows *rows, const struct missing_view *view,
                       struct buffer *text)
{
	buffer_format(text, "\n%s: %zu\n", title, rows->count);
	for (size_t i = 0; i < rows->count; i++) {
		const struct missing_row *row = &rows->items[i];
		buffer_format(text, "* %.*s", TEXT_ARG(row->person->id));
		if (row->episode) {
			bool back = row->episode->end.at != INSTANT_NONE;
			buffer_string(text, back ? ", returned " : ", since ");
			words_moment(view->zone, back ? row->episode->end : row->episode->start, WORDS_TABLE_YEAR, text);
		} else {
			buffer_format(text, ", %zu times", row->times);
		}
		buffer_char(text, '\n');
	}
}

void missing_plain(const struct missing_list *list, struct buffer *subject, struct buffer *text)
{
	const struct missing_view *view = &list->view;
	missing_subject(list, subject);
	buffer_format(text, "OFFICIAL-SENSITIVE\n\nDaily missing list: %s\n", view->team ? view->team->title : "All teams");
	words_moment(view->zone, (struct words_moment){view->as_of, false}, WORDS_FULL_YEAR, text);
	buffer_string(text, ".\nThis list is in plain form because its template has a fault. The facts are complete.\n");
	instant until = view->completeness.complete_to;
	if (until == INSTANT_NONE)
		until = view->completeness.last_arrival;
	buffer_string(text, list->incomplete ? "THIS LIST IS NOT COMPLETE. Data only to " : "Data to ");
	words_moment(view->zone, (struct words_moment){until, false}, WORDS_TABLE_YEAR, text);
	buffer_string(text, ".\n");
	plain_rows("Missing now", &list->now, view, text);
	plain_rows("Returned since the last list", &list->back, view, text);
	plain_rows("Return interview overdue", &list->overdue, view, text);
	plain_rows("Missing 3 or more times in 30 days", &list->often, view, text);
	buffer_format(text, "\nRecords we could not read: %zu\n", list->unread_count);
}
