/* report_bars: a figure over periods as bars, in table cells and in signs; and what changed since it was printed. */
#include "report/report_filling.h"

#include "time/words.h"

#include <math.h>

#define BAR_SIGNS 40      /* the longest bar in text */
#define BAR_SHARE_SIGNS 25 /* that of 100% */
#define NAME_COLUMNS 10
#define SHARE_COLUMNS 19

void report_line(struct filling *filling, struct buffer *line)
{
	while (line->length && line->at[line->length - 1] == ' ')
		line->at[--line->length] = '\0';
	data_text(data_item(filling->lines), "line", buffer_view(line));
	buffer_clear(line);
}

void report_pad(struct buffer *line, struct text words, int columns, bool right)
{
	size_t from = line->length, width = text_columns(words);
	if (right && columns > 0 && (size_t)columns > width)
		buffer_fill(line, from, (size_t)columns - width);
	buffer_text(line, words);
	if (!right && columns > 0)
		buffer_fill(line, from, (size_t)columns);
}

static double most_of(const struct filling *filling, size_t figure, const size_t *periods, size_t count)
{
	double most = 0;
	for (size_t i = 0; i < count; i++) {
		const struct report_cell *cell = report_cell_of(filling->page->facts, figure, periods[i], TEXT(""));
		if (cell && cell->shown == SHOWN && cell->value > most)
			most = cell->value;
	}
	return most;
}

static bool is_restated(const struct report_page *page, size_t figure, size_t period)
{
	return !page->report->restated_in_foot && report_is_restated(page->facts, figure, period, TEXT(""));
}

void report_say_period(const struct filling *filling, size_t at, bool whole, struct buffer *out)
{
	struct period period = filling->page->facts->periods[at];
	int year, month, day;
	day_split(period.first, &year, &month, &day);
	if (period.kind == PERIOD_DAY)
		words_day(period.first, WORDS_PLAIN, out);
	else if (period.kind == PERIOD_QUARTER && filling->part->reach != REACH_QUARTER)
		period_key(period, out);
	else if (period.kind == PERIOD_MONTH && whole && !filling->years_mix)
		period_name(period, out);
	else
		period_brief(period, out);
	if (period.kind == PERIOD_MONTH && filling->years_mix)
		buffer_format(out, " %d", year);
}

/* Whether months of several years stand beside each other. */
static bool years_mix(const struct filling *filling, const size_t *periods, size_t count)
{
	int first = 0, year, month, day;
	bool mix = false;
	for (size_t i = 0; i < count; i++) {
		day_split(filling->page->facts->periods[periods[i]].first, &year, &month, &day);
		first = i ? first : year;
		mix = mix || year != first;
	}
	return mix;
}

size_t report_periods_of(struct filling *filling, size_t *periods)
{
	size_t count = report_reach(filling->page->facts, filling->part, periods);
	filling->years_mix = years_mix(filling, periods, count);
	return count;
}

/* How long it is, of 100: of the longest, or its share. */
static int bar_of(const struct filling *filling, size_t figure, size_t period, double most)
{
	const struct report_cell *cell = report_cell_of(filling->page->facts, figure, period, TEXT(""));
	if (filling->page->report->figures[figure].of >= 0) {
		int percent = report_percent(filling->page, figure, period, TEXT(""));
		return percent < 0 ? 0 : percent > 100 ? 100 : percent;
	}
	if (!cell || cell->shown != SHOWN || most <= 0)
		return 0;
	int length = (int)floor(cell->value * 100 / most + 0.5);
	return cell->value > 0 && !length ? 1 : length;
}

static void add_signs(const struct filling *filling, size_t figure, size_t period, double most, struct buffer *line)
{
	int bar = bar_of(filling, figure, period, most);
	const struct report_cell *cell = report_cell_of(filling->page->facts, figure, period, TEXT(""));
	int signs = bar * BAR_SIGNS / 100;
	if (filling->page->report->figures[figure].of >= 0)
		signs = bar * BAR_SHARE_SIGNS / 100;
	else if (most <= BAR_SIGNS)
		signs = bar && cell ? (int)llround(cell->value) : 0;
	for (int i = 0; i < (bar && !signs ? 1 : signs); i++)
		buffer_char(line, '#');
}

static void add_bar(struct filling *filling, struct data *rows, size_t figure, size_t period, double most)
{
	struct report_page *page = filling->page;
	bool share = page->report->figures[figure].of >= 0, restated = is_restated(page, figure, period);
	struct data *row = data_item(rows);
	struct buffer words = {0}, line = {0};
	report_say_period(filling, period, true, &words);
	data_text(row, "label", buffer_view(&words));
	report_pad(&line, buffer_view(&words), NAME_COLUMNS, false);
	buffer_clear(&words);
	report_say(page, figure, period, TEXT(""), FORM_NUMBER, share, &words);
	data_flag(row, "is_restated", restated);
	if (restated)
		buffer_string(&words, " *");
	report_pad(&line, buffer_view(&words), share ? SHARE_COLUMNS : 4, !share);
	if (!share)
		buffer_char(&line, ' ');
	if (restated)
		words.length -= 2;
	struct buffer close = {0}; /* no line breaks within it */
	for (size_t i = 0; i < words.length; i++)
		buffer_add(&close, words.at[i] == ' ' ? "\xc2\xa0" : words.at + i, words.at[i] == ' ' ? 2 : 1);
	data_text(row, "value", buffer_view(&close));
	buffer_free(&close);
	int bar = bar_of(filling, figure, period, most);
	data_flag(row, "has_bar", bar > 0);
	data_format(row, "percent", "%d", bar);
	add_signs(filling, figure, period, most, &line);
	report_line(filling, &line);
	buffer_free(&line);
	buffer_free(&words);
}

/* Where it was not late records alone. */
static void say_why_else(const struct filling *filling, size_t figure, size_t period, struct text label,
                         enum report_cause cause, struct buffer *out)
{
	if (cause == CAUSE_OTHERWISE) {
		buffer_string(out, "It has been counted in another way since.");
		return;
	}
	buffer_string(out, "Records that came late, or were corrected or withdrawn, have changed it");
	report_say_other_causes(filling->page->facts, figure, period, label, out);
	buffer_char(out, '.');
}

static int64_t more_of(const struct report_cell *cell)
{
	return cell && cell->restated ? llround(cell->value - cell->before) : 0;
}

/* How many more, in the words of the file. */
static void say_how_many(struct filling *filling, size_t figure, size_t period, struct buffer *out)
{
	struct report_page *page = filling->page;
	const struct report_figure *def = &page->report->figures[figure];
	const struct report_figure *of = def->of < 0 ? NULL : &page->report->figures[def->of];
	int64_t more = more_of(report_cell_of(page->facts, figure, period, TEXT("")));
	int64_t of_more = of ? more_of(report_cell_of(page->facts, (size_t)def->of, period, TEXT(""))) : 0;
	struct data *names = data_new(DATA_MAP, page->arena);
	struct buffer words = {0};
	words_count(more, def->one ? def->one : "", def->many ? def->many : "", &words);
	data_text(names, "more", buffer_view(&words));
	data_flag(names, "any_more", more > 0);
	buffer_clear(&words);
	if (of)
		words_count(of_more, of->one ? of->one : "", of->many ? of->many : "", &words);
	data_text(names, "of_more", buffer_view(&words));
	data_flag(names, "any_of_more", of_more > 0);
	buffer_clear(&words);
	period_name(page->facts->periods[0], &words);
	data_text(names, "name", buffer_view(&words));
	buffer_free(&words);
	if (!report_words(page, filling->part->restated, names, out, filling->fault))
		filling->good = false;
}

/* Why: where late records alone did it, in the words of the file. */
static void say_why(struct filling *filling, size_t figure, size_t period, struct text label, struct buffer *out)
{
	enum report_cause cause = report_cause(filling->page->facts, figure, period, label);
	if (cause != CAUSE_LATE)
		say_why_else(filling, figure, period, label, cause, out);
	else if (filling->page->report->outside)
		buffer_string(out, "Records that came late have changed it.");
	else if (filling->part->restated)
		say_how_many(filling, figure, period, out);
	else
		say_why_else(filling, figure, period, label, CAUSE_ANY, out);
}

static void add_change(struct filling *filling, size_t figure, size_t period, struct text label, bool named)
{
	const struct report_page *page = filling->page;
	struct buffer words = {0};
	if (!report_is_restated(page->facts, figure, period, label))
		return;
	if (named)
		buffer_string(&words, page->report->figures[figure].title);
	if (label.length)
		buffer_format(&words, "%s%.*s", named ? ", " : "", TEXT_ARG(label));
	if (words.length)
		buffer_string(&words, ": ");
	report_say_restated(page, figure, period, label, &words);
	buffer_string(&words, ". ");
	say_why(filling, figure, period, label, &words);
	data_text(data_item(filling->changes), "words", buffer_view(&words));
	buffer_free(&words);
}

static void note_told(const struct report_page *page, size_t figure, size_t period)
{
	int of = page->report->figures[figure].of;
	for (size_t i = 0; i < page->facts->cells_count; i++) {
		const struct report_cells *cells = &page->facts->cells[i];
		if (cells->period == period && (cells->figure == figure || (int)cells->figure == of))
			page->told[i] = true;
	}
}

void report_fill_restated(struct filling *filling, size_t figure, const size_t *periods, size_t count, bool labels)
{
	const struct report_page *page = filling->page;
	bool named = filling->part->column_count > 1;
	for (size_t i = 0; i < count && !page->report->restated_in_foot; i++) {
		const struct report_cells *cells = report_cells_of(page->facts, figure, periods[i]);
		add_change(filling, figure, periods[i], TEXT(""), named);
		note_told(page, figure, periods[i]);
		for (size_t k = 1; cells && labels && k < cells->count; k++)
			add_change(filling, figure, periods[i], cells->items[k].label, named);
	}
}

void report_fill_untold(struct filling *filling)
{
	const struct report_page *page = filling->page;
	for (size_t i = 0; i < page->facts->cells_count && !page->report->restated_in_foot; i++) {
		const struct report_cells *cells = &page->facts->cells[i];
		if (!page->told[i] && !page->report->figures[cells->figure].words)
			add_change(filling, cells->figure, cells->period, TEXT(""), true);
	}
}

void report_fill_bars(struct filling *filling)
{
	size_t periods[REPORT_PERIODS_MAX], figure = (size_t)filling->part->columns[0].figure;
	size_t count = report_periods_of(filling, periods);
	double most = most_of(filling, figure, periods, count);
	bool share = filling->page->report->figures[figure].of >= 0;
	struct buffer words = {0};
	data_flag(filling->map, "of_share", share);
	if (most > 0)
		words_number((int64_t)ceil(most), &words);
	else
		buffer_string(&words, "none"); /* nothing to draw, or nothing that may be told */
	data_text(filling->map, "longest", buffer_view(&words));
	buffer_free(&words);
	struct data *rows = data_list(filling->map, "bars");
	for (size_t i = 0; i < count; i++)
		add_bar(filling, rows, figure, periods[i], most);
	report_fill_restated(filling, figure, periods, count, false);
}
