/* All forms of a report to a body outside the council: none of them hangs on a number that is hidden. */
#ifndef CASEWATCH_TESTS_HIDDEN_FORMS_H
#define CASEWATCH_TESTS_HIDDEN_FORMS_H

#include "told_rows.h"

static struct template_set *templates;

/* Subject, mail, page, CSV and JSON, one after the other. */
static inline char *all_forms(struct list_facts *facts, const struct list_view *view)
{
	struct page page = {0};
	struct fault fault = {{0}};
	lists_render_facts(facts, view, templates, &page.subject, &page.text, &page.html, &page.fell_back, &fault);
	if (page.fell_back)
		fail_msg("%s", fault.text);
	struct list *list = list_new(facts, view);
	report_csv(list, &page.csv);
	report_json(list, &page.json);
	list_free(list);
	const struct buffer *const forms[] = {&page.subject, &page.text, &page.html, &page.csv, &page.json};
	struct buffer whole = {0};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		buffer_text(&whole, buffer_view(forms[i]));
	buffer_char(&whole, '\0');
	page_free(&page);
	return whole.at;
}

/* Another number wherever one is hidden, of those that it may be. */
static inline size_t change_hidden(struct report_facts *facts)
{
	size_t changed = 0;
	for (size_t i = 0; i < facts->cells_count; i++)
		for (size_t k = 0; k < facts->cells[i].count; k++) {
			struct report_cell *cell = &facts->cells[i].items[k];
			if (cell->shown == SHOWN_FEW)
				cell->value = (double)(llround(cell->value) % 4 + 1);
			else if (cell->shown == SHOWN_NOT)
				cell->value += 7;
			else if (cell->shown == SHOWN_LEFT_OUT)
				cell->value = cell->value != 0 ? 0 : 3;
			if (cell->shown != SHOWN || !cell->before_shown)
				cell->before += 11;
			changed += cell->shown != SHOWN;
		}
	return changed;
}

static size_t hidden_in_all; /* so that the test is seen to try something */

/* Whoever reads the page, the mail or a file learns nothing that hangs on a hidden number: with others in their place
 * all of it is the same, byte for byte. What is reckoned from the CSV is then reckoned from all. */
static inline void no_form_hangs_on_what_is_hidden(struct bench *bench, const char *issue, const char *due)
{
	struct list_facts *facts = report_read_at(bench, issue, due);
	struct list_view view = report_view(bench, issue, due, "Reader");
	char *before = all_forms(facts, &view);
	hidden_in_all += change_hidden(facts->report);
	char *after = all_forms(facts, &view);
	size_t at = 0;
	while (before[at] && before[at] == after[at])
		at++;
	if (before[at] || after[at])
		fail_msg("%s of %s hangs on a hidden number: \"%.80s\" is \"%.80s\"", issue, due,
		         before + (at > 40 ? at - 40 : 0), after + (at > 40 ? at - 40 : 0));
	free(before);
	free(after);
	list_facts_free(facts);
}

#endif
