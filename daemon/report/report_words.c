/* report_words: figures in words, with what they are out of, and what is not shown. */
#include "report/report_page.h"

#include "text/template.h"
#include "time/words.h"

#include <math.h>
#include <stdio.h>

const char *report_name(const struct report_page *page, const char *id, const char *what)
{
	char whole[128];
	int length = snprintf(whole, sizeof whole, "%s%s", id, what);
	return arena_copy_text(page->arena, whole, (size_t)length);
}

bool report_words(const struct report_page *page, const char *words, struct data *map, struct buffer *out,
                  struct fault *fault)
{
	struct template_set *set = template_new();
	struct buffer source = {0};
	/* The names of a row come before those of the page. */
	buffer_format(&source, map ? "{{#row_}}%s{{/row_}}" : "%s", words ? words : "");
	if (map)
		data_set(page->root, "row_", map);
	enum result result = template_add(set, "words.txt", buffer_view(&source), fault);
	if (result == RESULT_OK)
		result = template_render(set, "words.txt", page->root, out, fault);
	template_free(set);
	buffer_free(&source);
	while (out->length && out->at[out->length - 1] == '\n')
		out->at[--out->length] = '\0';
	return result == RESULT_OK;
}

static void say_hidden(const struct report_page *page, enum shown shown, struct buffer *out)
{
	switch (shown) {
	case SHOWN:
		return;
	case SHOWN_FEW:
		buffer_format(out, "fewer than %d", (int)page->report->fewer_than);
		return;
	case SHOWN_NOT:
		buffer_string(out, "not shown");
		return;
	case SHOWN_LEFT_OUT:
		buffer_string(out, "left out");
		return;
	}
}

void report_say_number(double value, int decimals, struct buffer *out)
{
	if (!decimals)
		words_number(llround(value), out);
	else
		report_put_number(value, decimals, out);
}

static void say_cell(const struct report_page *page, size_t figure, const struct report_cell *cell, struct buffer *out)
{
	const struct report_figure *def = &page->report->figures[figure];
	if (!cell)
		buffer_string(out, def->words || def->measure ? "None" : "0");
	else if (def->words)
		buffer_text(out, cell->words);
	else if (!cell->known)
		buffer_string(out, "None");
	else if (cell->shown != SHOWN)
		say_hidden(page, cell->shown, out);
	else
		report_say_number(cell->value, def->decimals, out);
}

static const struct report_cell *whole_of(const struct report_page *page, size_t figure, size_t period,
                                          struct text label)
{
	int of = page->report->figures[figure].of;
	return of < 0 ? NULL : report_cell_of(page->facts, (size_t)of, period, label);
}

int report_percent(const struct report_page *page, size_t figure, size_t period, struct text label)
{
	const struct report_cell *cell = report_cell_of(page->facts, figure, period, label);
	const struct report_cell *whole = whole_of(page, figure, period, label);
	if (!whole || whole->shown != SHOWN || whole->value <= 0 || (cell && cell->shown != SHOWN))
		return -1;
	return (int)floor((cell ? cell->value : 0) * 100 / whole->value + 0.5);
}

static void say_share(const struct report_page *page, size_t figure, size_t period, struct text label,
                      struct buffer *out)
{
	int percent = report_percent(page, figure, period, label);
	if (percent >= 0)
		buffer_format(out, "%d%%", percent);
}

void report_say(const struct report_page *page, size_t figure, size_t period, struct text label, enum report_form form,
                bool of_in_words, struct buffer *out)
{
	const struct report_cell *cell = report_cell_of(page->facts, figure, period, label);
	int percent = report_percent(page, figure, period, label);
	if (page->report->figures[figure].of >= 0 && of_in_words)
		form = FORM_OF;
	say_cell(page, figure, cell, out);
	if (form == FORM_NUMBER || (cell && cell->shown != SHOWN))
		return;
	const struct report_cell *whole = whole_of(page, figure, period, label);
	if (form == FORM_OF && whole) {
		buffer_string(out, " of ");
		say_cell(page, (size_t)page->report->figures[figure].of, whole, out);
	} else if (form == FORM_OF) {
		buffer_string(out, " of 0");
	}
	if (percent >= 0)
		buffer_format(out, form == FORM_PERCENT ? " %d%%" : ", %d%%", percent);
}

/* ---- names ---- */

static void put(struct report_page *page, const char *name, struct buffer *words)
{
	data_text(page->root, name, buffer_view(words));
	buffer_clear(words);
}

/* "5 fewer than", "1 more than", "the same number as". */
static void put_change(struct report_page *page, size_t figure, const struct report_cell *now,
                       const struct report_cell *before, struct buffer *words)
{
	const struct report_figure *def = &page->report->figures[figure];
	const struct report_facts *facts = page->facts;
	bool both = now && before && now->known && before->known && now->shown == SHOWN && before->shown == SHOWN;
	/* A period before which nothing is recorded is no period to compare with. */
	both = both && facts->data_from != DAY_NONE && facts->data_from <= facts->periods[1].first;
	double change = both ? now->value - before->value : 0;
	data_flag(page->root, report_name(page, def->id, "_compared"), both);
	if (both && fabs(change) < 1e-9)
		buffer_string(words, "as many as");
	else if (both) {
		report_say_number(fabs(change), def->decimals, words);
		buffer_string(words, change < 0 ? " fewer than" : " more than");
	}
	put(page, report_name(page, def->id, "_change"), words);
	if (both && before->value > 0)
		buffer_format(words, "%+d%%", (int)floor(change * 100 / before->value + 0.5));
	put(page, report_name(page, def->id, "_growth"), words);
}

static void put_counted(struct report_page *page, size_t figure, const struct report_cell *cell, struct buffer *words)
{
	const struct report_figure *def = &page->report->figures[figure];
	bool one = cell && cell->shown == SHOWN && llround(cell->value) == 1;
	say_cell(page, figure, cell, words);
	if (def->many)
		buffer_format(words, " %s", one ? def->one : def->many);
	put(page, report_name(page, def->id, "_counted"), words);
	/* Of what is left out nothing is said, not even that it is not 0. */
	bool any = cell && cell->known && (cell->value != 0 || cell->shown == SHOWN_LEFT_OUT);
	data_flag(page->root, report_name(page, def->id, "_any"), def->words ? cell && cell->words.length > 0 : any);
	data_flag(page->root, report_name(page, def->id, "_one"), one);
}

static void put_figure(struct report_page *page, size_t figure)
{
	const struct report_figure *def = &page->report->figures[figure];
	const struct report_cell *now = report_cell_of(page->facts, figure, 0, TEXT(""));
	const struct report_cell *before = report_cell_of(page->facts, figure, 1, TEXT(""));
	struct buffer words = {0};
	say_cell(page, figure, now, &words);
	put(page, def->id, &words);
	say_cell(page, figure, before, &words);
	put(page, report_name(page, def->id, "_before"), &words);
	say_share(page, figure, 0, TEXT(""), &words);
	put(page, report_name(page, def->id, "_share"), &words);
	say_share(page, figure, 1, TEXT(""), &words);
	put(page, report_name(page, def->id, "_share_before"), &words);
	report_say(page, figure, 0, TEXT(""), FORM_NUMBER, def->of >= 0, &words);
	put(page, report_name(page, def->id, "_of"), &words);
	put_counted(page, figure, now, &words);
	put_change(page, figure, now, before, &words);
	buffer_free(&words);
}

static void put_periods(struct report_page *page)
{
	const struct report_facts *facts = page->facts;
	struct buffer words = {0};
	period_title(facts->periods[0], &words);
	put(page, "period", &words);
	period_name(facts->periods[0], &words);
	put(page, "name", &words);
	if (facts->periods[0].kind == PERIOD_QUARTER)
		buffer_string(&words, "the quarter before");
	else if (facts->periods[0].kind == PERIOD_WEEK)
		buffer_string(&words, "the week before");
	else if (facts->periods[0].kind == PERIOD_FORTNIGHT)
		buffer_string(&words, "the 2 weeks before");
	else
		period_name(facts->periods[1], &words);
	put(page, "before", &words);
	struct buffer title = {0};
	period_title(facts->quarter, &title);
	words_sentence(buffer_view(&title), &words);
	buffer_string(&words, ": ");
	period_name(period_of(PERIOD_MONTH, facts->quarter.first), &words);
	buffer_string(&words, " to ");
	period_name(period_of(PERIOD_MONTH, facts->quarter.next - 1), &words);
	put(page, "quarter_title", &words);
	buffer_free(&title);
	buffer_free(&words);
}

/* The parts say more; these are for sentences. */
void report_fill_names(struct report_page *page)
{
	put_periods(page);
	for (size_t i = 0; i < page->report->figure_count; i++)
		put_figure(page, i);
}
