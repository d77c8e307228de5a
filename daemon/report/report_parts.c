/* report_parts: bars, tables, rows and notes, as cells for HTML and as lines for the text part. */
#include "report/report_filling.h"

#include "time/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_COLUMNS 72

static void put_said(struct filling *filling, struct data *map, const char *name, const char *words)
{
	struct buffer said = {0};
	bool good = report_words(filling->page, words, map == filling->map ? NULL : map, &said, filling->fault);
	filling->good = filling->good && good;
	data_text(map, name, good ? buffer_view(&said) : TEXT_NONE);
	buffer_free(&said);
}

/* Sentence case, also where it begins with "the quarter". */
static void put_title(struct filling *filling, const char *name, const char *words)
{
	struct buffer title = {0};
	put_said(filling, filling->map, name, words);
	words_sentence(data_value(data_get(filling->map, text_of(name))), &title);
	data_text(filling->map, name, buffer_view(&title));
	buffer_free(&title);
}

/* ---- tables ---- */

static struct data *add_row(struct data *rows, struct text label, struct data **cells)
{
	struct data *row = data_item(rows);
	data_text(row, "label", label);
	*cells = data_list(row, "cells");
	return row;
}

static void add_cell(struct data *cells, const char *head, struct text strong, struct text value, bool number)
{
	struct data *cell = data_item(cells);
	data_string(cell, "head", head);
	data_text(cell, "strong", strong);
	data_text(cell, "value", value);
	data_flag(cell, "both", strong.length && value.length);
	data_flag(cell, "number", number);
}

static void add_head(struct data *heads, const char *head, bool number)
{
	struct data *map = data_item(heads);
	data_string(map, "head", head);
	data_flag(map, "number", number);
}

/* Adds a label that comes after `before` of those known, but before the next that is greater: the order of each period
 * is kept where another has what it lacks. The number after it. */
static size_t insert_label(struct text *labels, size_t *found, size_t before, struct text label)
{
	size_t at = before;
	while (at < *found && text_order(labels[at], label) < 0)
		at++;
	for (size_t i = (*found)++; i > at; i--)
		labels[i] = labels[i - 1];
	labels[at] = label;
	return at + 1;
}

/* Labels of a table's rows: those of its figures, in the order in which these have them. */
static size_t labels_of(const struct filling *filling, const size_t *periods, size_t count, struct text **out)
{
	size_t found = 0, most = 0;
	for (size_t c = 0; c < filling->part->column_count; c++)
		for (size_t p = 0; p < count; p++) {
			const struct report_cells *cells = report_cells_of(
				filling->page->facts, (size_t)filling->part->columns[c].figure, periods[p]);
			most += cells ? cells->count : 0;
		}
	struct text *labels = arena_alloc(filling->page->arena, (most + 1) * sizeof *labels);
	bool first = true; /* of those that have labels: as it has them */
	*out = labels;
	for (size_t c = 0; c < filling->part->column_count; c++)
		for (size_t p = 0; p < count; p++) {
			const struct report_cells *cells = report_cells_of(
				filling->page->facts, (size_t)filling->part->columns[c].figure, periods[p]);
			size_t after = 0;
			for (size_t i = 0; cells && i < cells->count; i++) {
				struct text label = cells->items[i].label;
				size_t at = 0;
				while (at < found && !text_equal(labels[at], label))
					at++;
				if (at < found)
					after = at + 1;
				else if (label.length)
					after = insert_label(labels, &found, first ? found : after, label);
			}
			first = first && !(cells && cells->count);
		}
	return found;
}

/* A quarter that is not beside its months is called by its year: "2019-20-Q4". */
static int least_width(const struct filling *filling, const struct period *period)
{
	bool named = period->kind == PERIOD_QUARTER && filling->part->reach != REACH_QUARTER;
	return named ? 13 : period->kind == PERIOD_MONTH && !filling->years_mix ? 6 : 9;
}

/* Wide enough for its head and for every value, with a blank between it and the column before. */
static int column_width(const struct filling *filling, size_t period, const struct text *labels, size_t label_count)
{
	const struct report_part *part = filling->part;
	struct buffer words = {0};
	int width = least_width(filling, &filling->page->facts->periods[period]);
	report_say_period(filling, period, false, &words);
	if (width <= (int)text_columns(buffer_view(&words)))
		width = (int)text_columns(buffer_view(&words)) + 2;
	for (size_t c = 0; c < part->column_count; c++) {
		size_t figure = (size_t)part->columns[c].figure;
		bool share = filling->page->report->figures[figure].of >= 0;
		for (size_t k = 0; k < (label_count ? label_count : 1); k++) {
			buffer_clear(&words);
			report_say(filling->page, figure, period, label_count ? labels[k] : TEXT(""), FORM_NUMBER,
			           share, &words);
			if (width <= (int)text_columns(buffer_view(&words)))
				width = (int)text_columns(buffer_view(&words)) + 2;
		}
	}
	buffer_free(&words);
	return width;
}

/* Lays the text part out; as bullets where a row would be wider than the page. A label that is longer than its column
 * pushes its own row alone. */
static void measure(struct filling *filling, const size_t *periods, size_t count, const struct text *labels,
                    size_t label_count)
{
	const struct report_part *part = filling->part;
	int longest = filling->label_width = part->width ? part->width : 36;
	for (size_t c = 0; c < part->column_count && !label_count; c++)
		if (longest < (int)text_columns(text_of(part->columns[c].head)))
			longest = (int)text_columns(text_of(part->columns[c].head));
	for (size_t k = 0; k < label_count; k++)
		if (longest < (int)text_columns(labels[k]))
			longest = (int)text_columns(labels[k]);
	for (size_t i = 0; i < count; i++)
		longest += filling->widths[i] = column_width(filling, periods[i], labels, label_count);
	filling->in_bullets = !part->unit && longest > TEXT_COLUMNS;
}

/* Over periods: rows are figures, or the labels of one. */
static void period_row(struct filling *filling, struct data *rows, struct text title, size_t figure, struct text label,
                       const size_t *periods, size_t count)
{
	struct data *cells;
	struct buffer line = {0}, value = {0};
	bool share = filling->page->report->figures[figure].of >= 0;
	bool alone = filling->part->unit || filling->in_bullets;
	(void)add_row(rows, title, &cells);
	if (alone) {
		buffer_format(&line, "* %.*s: ", TEXT_ARG(title));
	} else {
		report_pad(&line, title, filling->label_width, false);
	}
	for (size_t i = 0; i < count; i++) {
		buffer_clear(&value);
		report_say(filling->page, figure, periods[i], label, FORM_NUMBER, share, &value);
		add_cell(cells, "", TEXT_NONE, buffer_view(&value), false);
		if (alone && count > 1) {
			buffer_string(&line, i ? "; " : "");
			report_say_period(filling, periods[i], false, &line);
			buffer_char(&line, ' ');
		}
		if (alone)
			buffer_text(&line, buffer_view(&value));
		else
			report_pad(&line, buffer_view(&value), filling->widths[i], true);
	}
	report_line(filling, &line);
	buffer_free(&value);
	buffer_free(&line);
}

static void period_heads(struct filling *filling, const size_t *periods, size_t count)
{
	struct data *heads = data_list(filling->map, "heads");
	const struct report_part *part = filling->part;
	struct buffer line = {0}, words = {0};
	report_pad(&line, TEXT(""), filling->label_width, false);
	for (size_t i = 0; i < count; i++) {
		buffer_clear(&words);
		report_say_period(filling, periods[i], false, &words);
		add_head(heads, part->unit ? part->unit : buffer_cstr(&words), false);
		report_pad(&line, buffer_view(&words), filling->widths[i], true);
	}
	if (!part->unit && !filling->in_bullets)
		report_line(filling, &line);
	buffer_free(&words);
	buffer_free(&line);
}

static void fill_periods(struct filling *filling)
{
	size_t periods[REPORT_PERIODS_MAX];
	const struct report_part *part = filling->part;
	size_t count = report_periods_of(filling, periods);
	struct data *rows = data_list(filling->map, "rows");
	struct text *labels = NULL;
	size_t found = part->column_count == 1 ? labels_of(filling, periods, count, &labels) : 0;
	measure(filling, periods, count, labels, found);
	period_heads(filling, periods, count);
	for (size_t i = 0; i < found; i++)
		period_row(filling, rows, labels[i], (size_t)part->columns[0].figure, labels[i], periods, count);
	for (size_t c = 0; c < part->column_count && !found; c++)
		period_row(filling, rows, text_of(part->columns[c].head), (size_t)part->columns[c].figure, TEXT(""),
		           periods, count);
	for (size_t c = 0; c < part->column_count; c++)
		if (!filling->page->report->figures[part->columns[c].figure].words)
			report_fill_restated(filling, (size_t)part->columns[c].figure, periods, count, found > 0);
}

static int group_width(const struct report_column *column)
{
	return column->width ? column->width : (int)strlen(column->brief) + 2;
}

static bool is_wide_group(const struct filling *filling, const struct text *labels, size_t count)
{
	const struct report_part *part = filling->part;
	struct buffer value = {0};
	int first = part->width ? part->width : 20, columns = first;
	bool wide = false;
	for (size_t k = 0; k < count; k++)
		wide = wide || labels[k].length >= (size_t)first;
	for (size_t c = 0; c < part->column_count; c++) {
		const struct report_column *column = &part->columns[c];
		columns += group_width(column);
		for (size_t k = 0; k < count; k++) {
			buffer_clear(&value);
			report_say(filling->page, (size_t)column->figure, 0, labels[k], column->form,
			           column->form == FORM_OF, &value);
			wide = wide || value.length >= (size_t)group_width(column);
		}
	}
	buffer_free(&value);
	return wide || columns > TEXT_COLUMNS;
}

/* Groups: rows are labels, columns are figures. */
static void group_row(struct filling *filling, struct data *rows, struct text title, struct text label)
{
	struct report_page *page = filling->page;
	const struct report_part *part = filling->part;
	struct data *cells, *names = data_new(DATA_MAP, page->arena);
	(void)add_row(rows, title, &cells);
	data_text(names, "label", title);
	struct buffer line = {0}, value = {0};
	report_pad(&line, title, part->width ? part->width : 20, false);
	for (size_t c = 0; c < part->column_count; c++) {
		const struct report_column *column = &part->columns[c];
		size_t figure = (size_t)column->figure;
		buffer_clear(&value);
		report_say(page, figure, 0, label, FORM_NUMBER, page->report->figures[figure].of >= 0, &value);
		const struct report_cell *cell = report_cell_of(page->facts, figure, 0, label);
		bool bold = column->mark && cell && cell->shown == SHOWN && cell->value >= column->mark;
		add_cell(cells, column->head, bold ? buffer_view(&value) : TEXT_NONE,
		         bold ? TEXT_NONE : buffer_view(&value), false);
		data_text(names, page->report->figures[figure].id, buffer_view(&value));
		if (column->form != FORM_OF) {
			buffer_clear(&value);
			report_say(page, figure, 0, label, column->form, false, &value);
		}
		report_pad(&line, buffer_view(&value), group_width(column), true);
	}
	if (filling->in_bullets) {
		buffer_clear(&line);
		buffer_format(&line, "* %.*s.", TEXT_ARG(title));
		for (size_t c = 0; c < part->column_count; c++) {
			struct text id = text_of(page->report->figures[part->columns[c].figure].id);
			buffer_format(&line, " %s: %.*s.", part->columns[c].head,
			              TEXT_ARG(data_value(data_get(names, id))));
		}
	} else if (part->line) {
		struct buffer said = {0};
		buffer_clear(&line);
		filling->good = report_words(page, part->line, names, &said, filling->fault) && filling->good;
		buffer_format(&line, "* %.*s", TEXT_ARG(buffer_view(&said)));
		buffer_free(&said);
	}
	report_line(filling, &line);
	buffer_free(&value);
	buffer_free(&line);
}

static void fill_groups(struct filling *filling)
{
	const struct report_part *part = filling->part;
	struct data *heads = data_list(filling->map, "heads"), *rows = data_list(filling->map, "rows");
	struct text *labels;
	size_t told = 0, found = labels_of(filling, &told, 1, &labels);
	struct buffer line = {0};
	filling->in_bullets = !part->line && is_wide_group(filling, labels, found);
	report_pad(&line, TEXT(""), part->width ? part->width : 20, false);
	for (size_t c = 0; c < part->column_count; c++) {
		add_head(heads, part->columns[c].head, false);
		report_pad(&line, text_of(part->columns[c].brief),
		    group_width(&part->columns[c]), true);
	}
	if (!part->line && found && !filling->in_bullets)
		report_line(filling, &line);
	buffer_free(&line);
	for (size_t i = 0; i < found; i++)
		group_row(filling, rows, labels[i], labels[i]);
	if (part->total && found)
		group_row(filling, rows, text_of(part->total), TEXT(""));
	data_flag(filling->map, "nothing", found == 0);
	for (size_t c = 0; c < part->column_count; c++)
		if (!filling->page->report->figures[part->columns[c].figure].words)
			report_fill_restated(filling, (size_t)part->columns[c].figure, &told, 1, true);
}

/* ---- rows of children ---- */

static struct text value_of(const struct list_rows *rows, const struct list_row *row, const char *column)
{
	for (size_t i = 0; column && i < rows->column_count; i++)
		if (strcmp(rows->columns[i], column) == 0)
			return row->values[i];
	return TEXT_NONE;
}

static void say_who(const struct list_row *row, const struct list_rows *rows, bool in_text, struct buffer *out)
{
	const char *gap = in_text ? " " : "\xc2\xa0";
	const struct list_child *child = row->child;
	if (!child) {
		buffer_text(out, value_of(rows, row, "name"));
		return;
	}
	buffer_text(out, child->id);
	if (child->initials.length)
		buffer_format(out, ", %.*s", TEXT_ARG(child->initials));
	else
		buffer_string(out, ", initials not recorded");
	if (child->age >= 0)
		buffer_format(out, ",%s%d", gap, child->age);
	else
		buffer_string(out, ", age not known");
}

/* Broken at `TEXT_COLUMNS`, further lines further in. */
static void add_broken(struct filling *filling, struct text words)
{
	struct buffer line = {0};
	size_t at = 0;
	bool first = true; /* word of its line */
	buffer_string(&line, "  ");
	while (at < words.length) {
		size_t end = at;
		while (end < words.length && words.at[end] != ' ')
			end++;
		if (!first && line.length + 1 + (end - at) > TEXT_COLUMNS) {
			report_line(filling, &line);
			buffer_string(&line, "    ");
		} else if (!first) {
			buffer_char(&line, ' ');
		}
		first = false;
		buffer_add(&line, words.at + at, end - at);
		at = end + 1;
	}
	report_line(filling, &line);
	buffer_free(&line);
}

static void block_lines(struct filling *filling, const struct list_rows *rows, const struct list_row *row)
{
	struct buffer line = {0};
	say_who(row, rows, true, &line);
	report_line(filling, &line);
	for (size_t c = 0; c < filling->part->column_count; c++) {
		const struct report_column *column = &filling->part->columns[c];
		struct text strong = value_of(rows, row, column->strong), value = value_of(rows, row, column->value);
		buffer_format(&line, "%s: %.*s%s%.*s", column->head, TEXT_ARG(strong),
		              strong.length && value.length ? " " : "", TEXT_ARG(value));
		add_broken(filling, buffer_view(&line));
		buffer_clear(&line);
	}
	report_line(filling, &line);
	buffer_free(&line);
}

static void row_line(struct filling *filling, const struct list_rows *rows, const struct list_row *row)
{
	struct buffer line = {0};
	struct data *names = data_new(DATA_MAP, filling->page->arena);
	buffer_string(&line, "* ");
	say_who(row, rows, true, &line);
	buffer_string(&line, ". ");
	for (size_t i = 0; i < rows->column_count; i++)
		data_text(names, rows->columns[i], row->values[i]);
	if (filling->part->line)
		filling->good = report_words(filling->page, filling->part->line, names, &line, filling->fault) &&
		                filling->good;
	for (size_t c = 0; c < filling->part->column_count && !filling->part->line; c++) {
		const struct report_column *column = &filling->part->columns[c];
		struct text strong = value_of(rows, row, column->strong), value = value_of(rows, row, column->value);
		if (strong.length || value.length)
			buffer_format(&line, "%s: %.*s%s%.*s. ", column->head, TEXT_ARG(strong),
			              strong.length && value.length ? " " : "", TEXT_ARG(value));
	}
	report_line(filling, &line);
	buffer_free(&line);
}

static void fill_rows(struct filling *filling, size_t keep)
{
	const struct report_part *part = filling->part;
	const struct list *list = filling->page->list;
	const struct list_rows *rows = &list->facts->sections[part->section];
	const struct list_part *items = &list->sections[part->section];
	struct data *heads = data_list(filling->map, "heads"), *into = data_list(filling->map, "rows");
	size_t shown = keep && items->count > keep ? keep : items->count;
	for (size_t c = 0; c < part->column_count; c++)
		add_head(heads, part->columns[c].head, part->columns[c].number);
	for (size_t i = 0; i < shown; i++) {
		const struct list_row *row = items->items[i].row;
		struct buffer who = {0};
		struct data *cells;
		say_who(row, rows, false, &who);
		(void)add_row(into, buffer_view(&who), &cells);
		buffer_free(&who);
		for (size_t c = 0; c < part->column_count; c++) {
			const struct report_column *column = &part->columns[c];
			add_cell(cells, column->head, value_of(rows, row, column->strong),
			         value_of(rows, row, column->value), column->number);
		}
		if (part->block)
			block_lines(filling, rows, row);
		else
			row_line(filling, rows, row);
	}
	data_flag(filling->map, "nothing", items->count == 0);
	data_flag(filling->map, "is_cut", shown < items->count);
	data_format(filling->map, "cut_of", "%zu", items->count);
	data_format(filling->map, "cut_shown", "%zu", shown);
}

/* What needs the reader: a box, one thing a line. */
static void fill_items(struct filling *filling)
{
	const struct report_part *part = filling->part;
	const struct list *list = filling->page->list;
	const struct list_rows *rows = &list->facts->sections[part->section];
	const struct list_part *items = &list->sections[part->section];
	struct data *into = data_list(filling->map, "items");
	for (size_t i = 0; i < items->count; i++) {
		const struct list_row *row = items->items[i].row;
		struct data *item = data_item(into);
		struct buffer strong = {0}, line = {0};
		if (row->child)
			buffer_format(&strong, "%.*s%s%.*s", TEXT_ARG(row->child->id),
			              row->child->initials.length ? ", " : "", TEXT_ARG(row->child->initials));
		else
			buffer_text(&strong, value_of(rows, row, "name"));
		data_text(item, "strong", buffer_view(&strong));
		data_text(item, "value", value_of(rows, row, part->columns[0].value));
		buffer_format(&line, "* %.*s%.*s", TEXT_ARG(buffer_view(&strong)),
		              TEXT_ARG(value_of(rows, row, part->columns[0].value)));
		report_line(filling, &line);
		buffer_free(&strong);
		buffer_free(&line);
	}
	data_flag(filling->map, "nothing", items->count == 0);
}

/* ---- a part ---- */

static void fill_flags(struct filling *filling)
{
	static const char *const names[] = {"is_bars", "is_periods", "is_groups", "is_rows", "is_items", "is_note"};
	const struct report_part *part = filling->part;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		data_flag(filling->map, names[i], i == (size_t)part->kind);
	data_flag(filling->map, "is_table", part->kind == REPORT_PERIODS || part->kind == REPORT_GROUPS ||
	                                            part->kind == REPORT_ROWS);
	data_flag(filling->map, "is_wide", part->kind == REPORT_GROUPS || part->kind == REPORT_ROWS);
	data_flag(filling->map, "is_bullets", part->kind == REPORT_PERIODS && part->unit);
	data_flag(filling->map, "is_small", part->small);
	data_flag(filling->map, "is_text_only", part->text_only);
	data_flag(filling->map, "nothing", false);
	data_flag(filling->map, "is_cut", false);
	data_flag(filling->map, "tells_earlier",
	          part->earlier && (part->reach == REACH_QUARTER || filling->page->report->tells == PERIOD_QUARTER));
	data_flag(filling->map, "in_text_too", part->kind == REPORT_BARS);
}

static bool fill_part(struct report_page *page, struct data *parts, const struct report_part *part, bool last,
                      struct fault *fault)
{
	static const char *const lists[] = {"heads", "rows", "bars", "items"};
	struct filling filling = {.page = page, .part = part, .map = data_item(parts), .fault = fault, .good = true};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		(void)data_list(filling.map, lists[i]);
	filling.lines = data_list(filling.map, "lines");
	filling.changes = data_list(filling.map, "changes");
	fill_flags(&filling);
	put_title(&filling, "title", part->title);
	put_title(&filling, "title_text", part->title_text ? part->title_text : part->title);
	put_said(&filling, filling.map, "label", part->label ? part->label : part->title);
	put_said(&filling, filling.map, "intro", part->intro);
	put_said(&filling, filling.map, "note", part->words);
	put_said(&filling, filling.map, "head", part->head);
	data_string(filling.map, "unit", part->unit);
	data_string(filling.map, "none", part->none ? part->none : "None.");
	data_flag(filling.map, "of_share", false);
	data_string(filling.map, "longest", "");
	data_string(filling.map, "cut_of", "");
	data_string(filling.map, "cut_shown", "");
	switch (part->kind) {
	case REPORT_BARS:
		report_fill_bars(&filling);
		break;
	case REPORT_PERIODS:
		fill_periods(&filling);
		break;
	case REPORT_GROUPS:
		fill_groups(&filling);
		break;
	case REPORT_ROWS:
		fill_rows(&filling, page->cut);
		break;
	case REPORT_ITEMS:
		fill_items(&filling);
		break;
	case REPORT_NOTE:
		break;
	}
	if (last)
		report_fill_untold(&filling);
	return filling.good;
}

bool report_fill_parts(struct report_page *page, struct fault *fault)
{
	struct data *parts = data_list(page->root, "parts");
	bool good = true;
	for (size_t i = 0; i < page->report->shown_count; i++)
		good = fill_part(page, parts, &page->report->parts[page->report->shown[i]],
		                 i + 1 == page->report->shown_count, fault) &&
		       good;
	return good;
}
