/* report_out: figures and rows for spreadsheets and programs. */
#include "report/report_out.h"

#include "report/report_page.h"
#include "text/csv.h"
#include "text/json_write.h"

#include <math.h>
#include <stdio.h>

/* ---- a cell ---- */

struct place {
	const struct list *list;
	const struct report_facts *facts;
	const struct report_cells *cells;
	const struct report_cell *cell;
	const struct report_figure *figure;
};

typedef void visit_cell(void *argument, const struct place *place);

static void each_cell(const struct list *list, visit_cell *visit, void *argument)
{
	const struct report_facts *facts = list->facts->report;
	for (size_t i = 0; i < facts->cells_count; i++)
		for (size_t k = 0; k < facts->cells[i].count; k++) {
			struct place place = {list, facts, &facts->cells[i], &facts->cells[i].items[k],
			                      &facts->report->figures[facts->cells[i].figure]};
			if (!place.cell->unsaid)
				visit(argument, &place);
		}
}

static const struct report_cell *whole_of(const struct place *place)
{
	return place->figure->of < 0 ? NULL
	                             : report_cell_of(place->facts, (size_t)place->figure->of, place->cells->period,
	                                              place->cell->label);
}

/* "33", "21.9", "fewer than 5", "not shown", "" where there is none. */
static void say_cell(const struct place *place, const struct report_cell *cell, int decimals, struct buffer *out)
{
	if (!cell || !cell->known)
		return;
	if (cell->shown == SHOWN_FEW)
		buffer_format(out, "fewer than %d", (int)place->facts->report->fewer_than);
	else if (cell->shown == SHOWN_NOT)
		buffer_string(out, "not shown");
	else if (cell->shown == SHOWN_LEFT_OUT)
		buffer_string(out, "left out");
	else
		report_put_number(cell->value, decimals, out);
}

static void say_percent(const struct place *place, struct buffer *out)
{
	const struct report_cell *whole = whole_of(place);
	if (whole && whole->shown == SHOWN && place->cell->shown == SHOWN && whole->value > 0)
		report_put_number(place->cell->value * 100 / whole->value, 1, out);
}

/* Outside, the number before is never told. */
static bool tells_before(const struct place *place)
{
	return place->cell->restated && !place->facts->report->outside;
}

static bool tells_why(const struct place *place)
{
	return place->cell->restated &&
	       report_is_restated(place->facts, place->cells->figure, place->cells->period, place->cell->label);
}

static void say_why(const struct place *place, struct buffer *out)
{
	report_say_cause(place->facts, place->cells->figure, place->cells->period, place->cell->label, out);
}

static void say_day(civil_day day, struct buffer *out)
{
	int year, month, of_month;
	day_split(day, &year, &month, &of_month);
	buffer_format(out, "%04d-%02d-%02d", year, month, of_month);
}

/* ---- CSV ---- */

static void put_csv(void *argument, const struct place *place)
{
	struct csv csv = csv_on(argument);
	const struct period *period = &place->facts->periods[place->cells->period];
	struct buffer words = {0};
	csv_text(&csv, text_of(place->figure->id));
	csv_text(&csv, text_of(place->figure->title));
	csv_text(&csv, place->cell->label);
	period_key(*period, &words);
	csv_plain(&csv, buffer_view(&words));
	buffer_clear(&words);
	say_day(period->first, &words);
	csv_plain(&csv, buffer_view(&words));
	buffer_clear(&words);
	say_day(period->next - 1, &words);
	csv_plain(&csv, buffer_view(&words));
	buffer_clear(&words);
	if (place->figure->words)
		buffer_text(&words, place->cell->words);
	else
		say_cell(place, place->cell, place->figure->decimals, &words);
	csv_text(&csv, buffer_view(&words));
	buffer_clear(&words);
	say_cell(place, whole_of(place), 0, &words);
	csv_text(&csv, buffer_view(&words));
	buffer_clear(&words);
	say_percent(place, &words);
	csv_plain(&csv, buffer_view(&words));
	buffer_clear(&words);
	if (tells_before(place))
		report_put_number(place->cell->before, place->figure->decimals, &words);
	csv_plain(&csv, buffer_view(&words));
	buffer_clear(&words);
	if (tells_why(place))
		say_day(zone_date(place->list->view.zone, place->cell->printed), &words);
	csv_plain(&csv, buffer_view(&words));
	buffer_clear(&words);
	if (tells_why(place))
		say_why(place, &words);
	csv_text(&csv, buffer_view(&words));
	csv_end(&csv);
	buffer_free(&words);
}

void report_csv(const struct list *list, struct buffer *out)
{
	static const char *const heads[] = {"figure", "title", "label",   "period", "from",    "to",
	                                    "value",  "of",    "percent", "before", "printed", "why"};
	struct csv csv = csv_on(out);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		csv_plain(&csv, text_of(heads[i]));
	csv_end(&csv);
	each_cell(list, put_csv, out);
}

static size_t section_of(const struct list *list, const char *id)
{
	const struct config_list *def = list->view.list;
	for (size_t i = 0; i < def->section_count; i++)
		if (strcmp(def->sections[i].id, id) == 0)
			return i;
	return SIZE_MAX;
}

static void put_row_csv(const struct list_rows *rows, const struct list_row *row, struct buffer *out)
{
	struct csv csv = csv_on(out);
	char age[16] = "";
	if (row->child && row->child->age >= 0)
		(void)snprintf(age, sizeof age, "%d", row->child->age);
	csv_text(&csv, row->child ? row->child->id : TEXT_NONE);
	csv_text(&csv, row->child ? row->child->initials : TEXT_NONE);
	csv_plain(&csv, text_of(age));
	for (size_t i = 0; i < rows->column_count; i++)
		csv_text(&csv, row->values[i]);
	csv_end(&csv);
}

bool report_rows_csv(const struct list *list, const char *part, struct buffer *out)
{
	size_t at = section_of(list, part);
	if (at == SIZE_MAX || list->view.list->report->outside)
		return false;
	const struct list_rows *rows = &list->facts->sections[at];
	struct csv csv = csv_on(out);
	csv_plain(&csv, TEXT("child"));
	csv_plain(&csv, TEXT("initials"));
	csv_plain(&csv, TEXT("age"));
	for (size_t i = 0; i < rows->column_count; i++)
		csv_text(&csv, text_of(rows->columns[i]));
	csv_end(&csv);
	for (size_t i = 0; i < list->sections[at].count; i++)
		put_row_csv(rows, list->sections[at].items[i].row, out);
	return true;
}

/* ---- JSON ---- */

static void put_json(void *argument, const struct place *place)
{
	struct json_writer *json = argument;
	struct buffer words = {0};
	json_object(json);
	json_put_string(json, "figure", place->figure->id);
	json_put_string(json, "title", place->figure->title);
	if (place->cell->label.length)
		json_put_text(json, "label", place->cell->label);
	period_key(place->facts->periods[place->cells->period], &words);
	json_put_text(json, "period", buffer_view(&words));
	buffer_clear(&words);
	bool number = !place->figure->words && place->cell->known && place->cell->shown == SHOWN;
	if (place->figure->words)
		buffer_text(&words, place->cell->words);
	else
		say_cell(place, place->cell, place->figure->decimals, &words);
	json_key(json, "value");
	if (number)
		json_raw(json, buffer_view(&words));
	else if (words.length)
		json_text(json, buffer_view(&words));
	else
		json_null(json);
	buffer_clear(&words);
	say_cell(place, whole_of(place), 0, &words);
	if (words.length && whole_of(place)->shown == SHOWN) {
		json_key(json, "of");
		json_raw(json, buffer_view(&words));
	} else if (words.length) {
		json_put_text(json, "of", buffer_view(&words));
	}
	if (tells_before(place)) {
		buffer_clear(&words);
		report_put_number(place->cell->before, place->figure->decimals, &words);
		json_key(json, "before");
		json_raw(json, buffer_view(&words));
	}
	if (tells_why(place)) {
		buffer_clear(&words);
		say_why(place, &words);
		json_put_instant(json, "printed", place->cell->printed);
		json_put_text(json, "why", buffer_view(&words));
	}
	json_object_end(json);
	buffer_free(&words);
}

static void put_section_json(struct json_writer *json, const struct list *list, size_t at)
{
	const struct list_rows *rows = &list->facts->sections[at];
	json_key(json, list->view.list->sections[at].id);
	json_array(json);
	for (size_t i = 0; i < list->sections[at].count; i++) {
		const struct list_row *row = list->sections[at].items[i].row;
		json_object(json);
		if (row->child) {
			json_put_text(json, "child", row->child->id);
			json_put_text(json, "initials", row->child->initials);
			json_put_integer(json, "age", row->child->age);
		}
		for (size_t c = 0; c < rows->column_count; c++)
			if (row->values[c].length)
				json_put_text(json, rows->columns[c], row->values[c]);
		json_object_end(json);
	}
	json_array_end(json);
}

void report_json(const struct list *list, struct buffer *out)
{
	struct json_writer json = json_writer_on(out);
	const struct report_facts *facts = list->facts->report;
	struct buffer key = {0};
	json_object(&json);
	json_put_string(&json, "report", facts->report->base);
	json_put_string(&json, "issue", facts->report->issue);
	period_key(facts->periods[0], &key);
	json_put_text(&json, "period", buffer_view(&key));
	buffer_free(&key);
	json_put_string(&json, "team", list->view.team ? list->view.team->id : NULL);
	json_put_instant(&json, "as_of", list->facts->as_of);
	json_put_instant(&json, "complete_to", list->facts->completeness.complete_to);
	json_put_bool(&json, "incomplete", list->incomplete);
	if (list->facts->unreadable && !facts->report->outside)
		json_put_integer(&json, "unreadable", (int64_t)list->facts->unreadable);
	else if (list->facts->unreadable)
		json_put_bool(&json, "unreadable", true);
	json_key(&json, "figures");
	json_array(&json);
	each_cell(list, put_json, &json);
	json_array_end(&json);
	for (size_t i = 0; i < list->view.list->section_count && !facts->report->outside; i++)
		put_section_json(&json, list, i);
	json_object_end(&json);
	buffer_char(out, '\n');
}
