/* report_page: heading, lead and foot of a report. */
#include "report/report_page.h"

#include "time/words.h"

/* "February was 37 in last month's report: one record came late. " */
static void say_changed(const struct report_page *page, const struct report_cells *cells, struct text label,
                        struct buffer *words)
{
	const struct report_facts *facts = page->facts;
	if (cells->figure)
		buffer_string(words, page->report->figures[cells->figure].title);
	if (label.length)
		buffer_format(words, "%s%.*s", cells->figure ? ", " : "", TEXT_ARG(label));
	if (cells->figure || label.length)
		buffer_string(words, ": ");
	report_say_restated(page, cells->figure, cells->period, label, words);
	buffer_string(words, ": ");
	report_say_cause(facts, cells->figure, cells->period, label, words);
	buffer_string(words, ". ");
}

/* What changed since it was printed, all in one place. */
static void put_restated(struct report_page *page)
{
	struct buffer words = {0};
	const struct report_facts *facts = page->facts;
	for (size_t i = 0; i < facts->cells_count && page->report->restated_in_foot; i++) {
		const struct report_cells *cells = &facts->cells[i];
		for (size_t k = 0; k < cells->count; k++)
			if (cells->items[k].restated && facts->periods[cells->period].first <= facts->periods[0].first)
				say_changed(page, cells, cells->items[k].label, &words);
	}
	if (words.length)
		words.at[--words.length] = '\0';
	data_text(page->root, "restated", buffer_view(&words));
	buffer_free(&words);
}

/* "Fewer than 5 were held later": where a sentence begins with what stands for a hidden count. */
static void begin_sentences(struct buffer *said)
{
	static const char *const hidden[] = {"fewer than ", "not shown", "left out"};
	for (size_t i = 0; i < said->length; i++) {
		size_t blanks = i;
		while (blanks && said->at[blanks - 1] == ' ')
			blanks--;
		bool begins = !blanks || (blanks < i && said->at[blanks - 1] == '.');
		for (size_t k = 0; begins && k < sizeof hidden / sizeof *hidden; k++)
			if (strncmp(buffer_cstr(said) + i, hidden[k], strlen(hidden[k])) == 0)
				said->at[i] = (char)(said->at[i] - 'a' + 'A');
	}
}

static bool put_words(struct report_page *page, const char *name, const char *words, struct fault *fault)
{
	struct buffer said = {0};
	bool good = report_words(page, words, NULL, &said, fault);
	if (page->report->outside)
		begin_sentences(&said);
	data_text(page->root, name, good ? buffer_view(&said) : TEXT_NONE);
	buffer_free(&said);
	return good;
}

/* "05:52 on 1 April": up to when what was not answered or not recorded is known. */
static void put_known_to(struct report_page *page)
{
	const struct list *list = page->list;
	const struct list_completeness *known = &list->facts->completeness;
	instant until = known->complete_to != INSTANT_NONE ? known->complete_to : list->facts->as_of;
	struct buffer words = {0};
	until = until > list->facts->as_of ? list->facts->as_of : until;
	words_clock(list->view.zone, until, &words);
	buffer_string(&words, " on ");
	words_day(zone_date(list->view.zone, until), WORDS_PLAIN, &words);
	data_text(page->root, "as_of_clock", buffer_view(&words));
	buffer_free(&words);
}

static void put_earlier(struct report_page *page)
{
	const struct report_facts *facts = page->facts;
	struct buffer words = {0};
	struct period before = period_back(facts->quarter, 1);
	if (facts->data_from != DAY_NONE && facts->data_from > before.first) {
		buffer_string(&words, "There are no figures for the quarter before: the data starts on ");
		words_day(facts->data_from, WORDS_PLAIN_YEAR, &words);
		buffer_char(&words, '.');
	}
	data_text(page->root, "no_earlier", buffer_view(&words));
	buffer_free(&words);
}

bool report_fill(const struct list *list, struct data *root, size_t cut, struct arena *arena,
                 struct fault *fault)
{
	const struct report_facts *facts = list->facts->report;
	struct report_page page = {list,
	                           facts,
	                           facts->report,
	                           root,
	                           arena,
	                           cut,
	                           arena_alloc(arena, (facts->cells_count + 1) * sizeof(bool))};
	memset(page.told, 0, (facts->cells_count + 1) * sizeof(bool));
	report_fill_names(&page);
	put_restated(&page);
	put_earlier(&page);
	put_known_to(&page);
	bool good = put_words(&page, "heading", page.report->heading, fault);
	good = put_words(&page, "strong", page.report->strong, fault) && good;
	good = put_words(&page, "words", page.report->words, fault) && good;
	good = put_words(&page, "report_subject", page.report->subject, fault) && good;
	data_text(root, "page_title", data_value(data_get(root, TEXT("heading"))));
	if (page.report->reader)
		data_string(root, "reader", page.report->reader);
	data_flag(root, "outside", page.report->outside);
	return report_fill_parts(&page, fault) && good;
}
