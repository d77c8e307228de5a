/* report_facts: the SELECTs of figures, asked for each period that the report shows. */
#include "report/report_facts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct reading {
	const struct report_request *request;
	const struct config_report *report;
	struct reader *reader;
	struct arena *arena;
	struct report_facts *facts;
	const struct list_select **at;
	struct fault *fault;
};

/* ---- which ---- */

/* What is said of the period before the one that is told of. */
static const char *const before_names[] = {"_before", "_share_before", "_compared", "_change", "_growth"};

static bool is_of_before(const char *rest)
{
	for (size_t i = 0; i < sizeof before_names / sizeof *before_names; i++) {
		size_t length = strlen(before_names[i]);
		if (strncmp(rest, before_names[i], length) == 0 && rest[length] && strchr("} ", rest[length]))
			return true;
	}
	return false;
}

static bool names(const char *words, const char *id, bool before)
{
	size_t length = strlen(id);
	for (const char *at = words; at && (at = strstr(at, "{{")); at += 2) {
		const char *name = at + 2 + strspn(at + 2, "{#^/ ");
		if (strncmp(name, id, length) == 0 && strchr("}_ ", name[length]) && name[length] &&
		    (!before || is_of_before(name + length)))
			return true;
	}
	return false;
}

static bool part_names(const struct report_part *part, const char *id, bool before)
{
	const char *const words[] = {part->title, part->title_text, part->intro, part->words, part->restated};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (names(words[i], id, before))
			return true;
	return false;
}

/* Whether a sentence says it: of the period told, or of the one before. A number that nobody reads is not asked for. */
static bool is_named(const struct config_report *report, size_t figure, bool before)
{
	const char *id = report->figures[figure].id;
	const char *const words[] = {report->heading, report->subject, report->strong, report->words};
	bool named = false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		named = named || names(words[i], id, before);
	for (size_t i = 0; i < report->shown_count; i++)
		named = named || part_names(&report->parts[report->shown[i]], id, before);
	return named;
}

/* ---- cells ---- */

static struct text keep_text(const struct reading *reading, struct text text)
{
	return text_keep(reading->arena, text);
}

static void ask(const struct reading *reading, struct period period, instant printed)
{
	const struct report_request *request = reading->request;
	reader_ask(reading->reader, &(struct reader_question){
		.as_of = request->as_of, .last = request->last, .go_live = request->go_live,
		.from = zone_midnight(request->zone, period.first), .to = zone_midnight(request->zone, period.next),
		.printed = printed, .team = request->team, .person = request->person});
}

/* The columns of a figure's SELECT; SIZE_MAX: it has none. */
struct figure_columns {
	size_t label, value, least;
};

static enum result open_figure(const struct reading *reading, const struct list_select *select,
                               struct reader_rows **rows, struct figure_columns *columns)
{
	const struct config_list *list = reading->request->list;
	const char *names[130] = {NULL};
	*reading->at = select;
	enum result result = reader_query(reading->reader, select->sql, rows, reading->fault);
	if (result != RESULT_OK)
		return result;
	for (size_t i = 0; i < list->number_count && i < 128; i++) {
		names[i] = list->numbers[i].name;
		reader_bind_integer(*rows, list->numbers[i].name, list->numbers[i].value);
	}
	result = reader_check(*rows, names, reading->fault);
	*columns = (struct figure_columns){SIZE_MAX, SIZE_MAX, SIZE_MAX};
	for (size_t i = 0; i < reader_columns(*rows); i++) {
		const char *name = reader_column_name(*rows, i);
		if (strcmp(name, "label") == 0)
			columns->label = i;
		else if (strcmp(name, "value") == 0)
			columns->value = i;
		else if (strcmp(name, "least") == 0)
			columns->least = i;
	}
	if (result == RESULT_OK && columns->value == SIZE_MAX)
		result = fault_set(reading->fault, RESULT_PERMANENT, "a figure needs a column \"value\"");
	if (result != RESULT_OK)
		result = reader_end(*rows, result, reading->fault);
	return result;
}

static struct report_cell cell_of(const struct reading *reading, const struct report_figure *figure,
                                  const struct reader_rows *rows, const struct figure_columns *columns)
{
	struct report_cell cell = {.label = TEXT(""), .words = TEXT_NONE, .late = -1};
	cell.known = !reader_is_null(rows, columns->value);
	if (columns->label != SIZE_MAX)
		cell.label = keep_text(reading, reader_text(rows, columns->label));
	if (columns->label != SIZE_MAX && !cell.label.length)
		cell.label = TEXT("Not recorded"); /* the empty one is the total's */
	if (columns->least != SIZE_MAX)
		cell.least = reader_integer(rows, columns->least);
	if (figure->words)
		cell.words = keep_text(reading, reader_text(rows, columns->value));
	else
		cell.value = reader_real(rows, columns->value);
	return cell;
}

/* Labels add up to the total, which is the first cell. */
static enum result read_cells(const struct reading *reading, size_t figure_at, size_t period)
{
	const struct report_figure *figure = &reading->report->figures[figure_at];
	struct report_facts *facts = reading->facts;
	struct report_cell *items = NULL;
	size_t count = 0, room = 0;
	struct figure_columns columns;
	struct reader_rows *rows;
	const struct report_ground ground = {reader_rules(reading->reader), reader_directory(reading->reader),
	                                     reader_calendar(reading->reader)};
	ask(reading, facts->periods[period], INSTANT_NONE);
	enum result result = open_figure(reading, &figure->select, &rows, &columns);
	if (result != RESULT_OK)
		return result;
	if (columns.label != SIZE_MAX)
		*(struct report_cell *)mem_push((void **)&items, &count, &room, sizeof *items) =
			(struct report_cell){.label = TEXT(""), .known = true, .late = -1};
	while (reader_next(rows) && (columns.label != SIZE_MAX || !count)) {
		struct report_cell cell = cell_of(reading, figure, rows, &columns);
		*(struct report_cell *)mem_push((void **)&items, &count, &room, sizeof *items) = cell;
		if (columns.label != SIZE_MAX)
			items[0].value += cell.value;
	}
	if (!count)
		*(struct report_cell *)mem_push((void **)&items, &count, &room, sizeof *items) =
			(struct report_cell){.label = TEXT(""), .late = -1};
	*(struct report_cells *)mem_push((void **)&facts->cells, &facts->cells_count, &facts->cells_room,
	                                 sizeof *facts->cells) = (struct report_cells){
		figure_at, period, report_counted(reading->request->list, figure, &ground, &facts->periods[period]),
		items, count};
	return reader_end(rows, RESULT_OK, reading->fault);
}

static enum result need(const struct reading *reading, size_t figure, size_t period)
{
	const struct report_figure *def = &reading->report->figures[figure];
	if (report_cells_of(reading->facts, figure, period))
		return RESULT_OK;
	enum result result = read_cells(reading, figure, period);
	if (result == RESULT_OK && def->of >= 0)
		result = need(reading, (size_t)def->of, period);
	if (result == RESULT_OK && def->counts >= 0)
		result = need(reading, (size_t)def->counts, period);
	return result;
}

static enum result read_part(const struct reading *reading, const struct report_part *part)
{
	size_t periods[REPORT_PERIODS_MAX];
	enum result result = RESULT_OK;
	size_t count = report_want(reading->facts, part, periods);
	for (size_t c = 0; c < part->column_count; c++)
		for (size_t i = 0; i < count && part->columns[c].figure >= 0 && result == RESULT_OK; i++)
			result = need(reading, (size_t)part->columns[c].figure, periods[i]);
	return result;
}

static enum result read_all(const struct reading *reading)
{
	const struct config_report *report = reading->report;
	enum result result = RESULT_OK;
	for (size_t f = 0; f < report->figure_count && result == RESULT_OK; f++)
		for (size_t p = 0; p < 2 && is_named(report, f, p == 1) && result == RESULT_OK; p++)
			result = need(reading, f, p);
	for (size_t i = 0; i < report->shown_count && result == RESULT_OK; i++)
		result = read_part(reading, &report->parts[report->shown[i]]);
	return result;
}

/* Of every figure that says why it changed: the SELECT fits. Nobody would miss it until a figure is restated, and then
 * the reason alone would be missing. */
static enum result try_late(const struct reading *reading)
{
	const struct config_report *report = reading->report;
	enum result result = RESULT_OK;
	ask(reading, reading->facts->periods[0], 0);
	for (size_t f = 0; f < report->figure_count && result == RESULT_OK; f++) {
		struct reader_rows *rows;
		struct figure_columns columns;
		if (!report->figures[f].late.sql)
			continue;
		result = open_figure(reading, &report->figures[f].late, &rows, &columns);
		if (result == RESULT_OK)
			result = reader_end(rows, RESULT_OK, reading->fault);
	}
	return result;
}

/* ---- what was printed ---- */

struct name_list {
	struct buffer sql;
	bool any;
};

static void add_reader(void *argument, struct text reader)
{
	struct name_list *list = argument;
	buffer_format(&list->sql, "%s'", list->any ? ", " : "");
	for (size_t i = 0; i < reader.length; i++)
		buffer_format(&list->sql, reader.at[i] == '\'' ? "''" : "%c", reader.at[i]);
	buffer_char(&list->sql, '\'');
	list->any = true;
}

/* How many of the period's came after it was printed; -1: the figure does not say. */
static int64_t late_since(const struct reading *reading, const struct report_cells *cells, instant printed)
{
	const struct report_figure *figure = &reading->report->figures[cells->figure];
	struct reader_rows *rows;
	struct figure_columns columns;
	int64_t late = -1;
	if (!figure->late.sql)
		return -1;
	ask(reading, reading->facts->periods[cells->period], printed);
	if (open_figure(reading, &figure->late, &rows, &columns) != RESULT_OK)
		return -1;
	if (reader_next(rows))
		late = reader_integer(rows, columns.value);
	return reader_end(rows, RESULT_OK, reading->fault) == RESULT_OK ? late : -1;
}

/* A label that was printed, and of which nothing is counted any more: it is printed again. */
static struct report_cell *add_label(const struct reading *reading, struct report_cells *cells, struct text label)
{
	size_t room = cells->count;
	struct report_cell *cell = mem_push((void **)&cells->items, &cells->count, &room, sizeof *cell);
	*cell = (struct report_cell){.label = keep_text(reading, label), .late = -1, .gone = true};
	return cell;
}

/* The last cell, among the labels: before the first that comes after it by name. */
static struct report_cell *move_to_place(struct report_cells *cells, const struct report_cell *last)
{
	struct report_cell moved = *last;
	size_t at = 1, end = cells->count - 1;
	while (at < end && text_order(cells->items[at].label, moved.label) < 0)
		at++;
	for (size_t i = end; i > at; i--)
		cells->items[i] = cells->items[i - 1];
	cells->items[at] = moved;
	return &cells->items[at];
}

/* Of a label that is gone, too: what was printed of it has changed. Outside, what is not counted is not shown: a row of
 * its own would say that it was. */
static struct report_cell *cell_printed(const struct reading *reading, struct report_cells *cells, struct text label,
                                        bool this_very)
{
	for (size_t i = 0; i < cells->count; i++)
		if (text_equal(cells->items[i].label, label))
			return &cells->items[i];
	if (!this_very && reading->report->outside)
		return NULL;
	struct report_cell *cell = add_label(reading, cells, label);
	cell->known = true;
	return this_very ? cell : move_to_place(cells, cell);
}

static void take_print(const struct reading *reading, struct report_cells *cells, const struct reader_rows *rows)
{
	struct report_facts *facts = reading->facts;
	struct text label = reader_text(rows, 0);
	bool this_very = reader_integer(rows, 1) == facts->printing;
	struct report_cell *cell = cell_printed(reading, cells, label, this_very);
	if (!cell)
		return;
	if (this_very) {
		cell->value = reader_real(rows, 2);
		cell->shown = (enum shown)reader_integer(rows, 3);
		cell->counted = reader_integer(rows, 4);
		cell->known = cell->kept = facts->kept = true;
		cell->gone = false;
		return;
	}
	cell->before = reader_real(rows, 2);
	cell->before_shown = reader_integer(rows, 3) == SHOWN;
	cell->before_counted = reader_integer(rows, 4);
	cell->printed = reader_integer(rows, 1);
	cell->was_printed = true;
}

/* As this printing counts it, or did when it was made. */
static int64_t counted_as(const struct report_cells *cells, const struct report_cell *cell)
{
	return cell->kept ? cell->counted : cells->counted;
}

/* Made again, it has the labels that it had, and no other. */
static void keep_labels(struct report_cells *cells)
{
	size_t kept = 0;
	bool any = false;
	for (size_t i = 0; i < cells->count; i++)
		any = any || cells->items[i].kept;
	for (size_t i = 0; i < cells->count; i++)
		if (!any || cells->items[i].kept || !cells->items[i].label.length)
			cells->items[kept++] = cells->items[i];
	cells->count = kept;
}

/* Of a label that was not among those printed last, 0 was. Where the figure is another one now, its labels are, too. */
static void lacked(const struct report_cells *cells, struct report_cell *cell)
{
	const struct report_cell *total = &cells->items[0];
	struct recount recount = report_recount(total->before_counted, counted_as(cells, total));
	bool printed_last = cell->was_printed && cell->printed == total->printed;
	if (!total->was_printed || printed_last || recount.unknown || recount.otherwise)
		return;
	cell->was_printed = cell->before_shown = true;
	cell->before = 0;
	cell->before_counted = total->before_counted;
	cell->printed = total->printed;
}

/* Labels that are 0 now and were then have nothing to say: they are of an older printing. */
static void drop_empty(struct report_cells *cells)
{
	size_t kept = 0;
	for (size_t i = 0; i < cells->count; i++) {
		const struct report_cell *cell = &cells->items[i];
		if (!cell->gone || cell->restated)
			cells->items[kept++] = *cell;
	}
	cells->count = kept;
}

/* As they are shown: a rate that is another in what nobody sees has not changed. */
static bool differs(const struct report_figure *figure, const struct report_cell *cell)
{
	double before = cell->before, value = cell->value;
	if (figure->measure) {
		before = report_rounded(before, figure->decimals);
		value = report_rounded(value, figure->decimals);
	}
	return fabs(before - value) > 1e-9;
}

static void compare(const struct reading *reading, struct report_cells *cells)
{
	const struct report_figure *figure = &reading->report->figures[cells->figure];
	for (size_t i = 0; i < cells->count; i++) {
		struct report_cell *cell = &cells->items[i];
		if (i && !reading->report->outside)
			lacked(cells, cell);
		cell->restated = !figure->moves && cell->was_printed && differs(figure, cell);
		if (cell->restated)
			cell->recount = report_recount(cell->before_counted, counted_as(cells, cell));
	}
	drop_empty(cells);
}

static enum result read_prints_of(const struct reading *reading, struct report_cells *cells, const char *readers)
{
	struct buffer sql = {0}, key = {0};
	struct reader_rows *rows;
	buffer_format(&sql,
	              "SELECT label, printed, value, shown, counted FROM main.report_print WHERE list = :list AND "
	              "reader IN (%s)"
	              " AND figure = :figure AND period = :period AND printed <= :as_of ORDER BY printed",
	              readers);
	period_key(reading->facts->periods[cells->period], &key);
	ask(reading, reading->facts->periods[cells->period], INSTANT_NONE);
	enum result result = reader_query(reading->reader, buffer_cstr(&sql), &rows, reading->fault);
	if (result == RESULT_OK) {
		reader_bind_text(rows, "list", text_of(reading->report->base));
		reader_bind_text(rows, "figure", text_of(reading->report->figures[cells->figure].id));
		reader_bind_text(rows, "period", buffer_view(&key));
		while (reader_next(rows))
			take_print(reading, cells, rows);
		keep_labels(cells);
		compare(reading, cells);
		result = reader_end(rows, RESULT_OK, reading->fault);
	}
	buffer_free(&sql);
	buffer_free(&key);
	return result;
}

static enum result read_prints(const struct reading *reading)
{
	struct report_facts *facts = reading->facts;
	struct name_list readers = {0};
	enum result result = RESULT_OK;
	if (reading->request->list->by_person)
		return RESULT_OK; /* everybody's own: no figure of the council, and not kept */
	report_each_reader(reading->request->list, reading->request->team, add_reader, &readers);
	for (size_t i = 0; i < facts->cells_count && result == RESULT_OK; i++) {
		struct report_cells *cells = &facts->cells[i];
		if (reading->report->figures[cells->figure].words)
			continue;
		result = read_prints_of(reading, cells, buffer_cstr(&readers.sql));
		for (size_t k = 0; k < cells->count && result == RESULT_OK; k++)
			if (cells->items[k].restated && !cells->items[k].label.length)
				cells->items[k].late = late_since(reading, cells, cells->items[k].printed);
	}
	buffer_free(&readers.sql);
	return result;
}

static enum result read_instant(const struct reading *reading, const char *sql, instant *at)
{
	struct reader_rows *rows;
	enum result result = reader_query(reading->reader, sql, &rows, reading->fault);
	if (result != RESULT_OK)
		return result;
	if (reader_next(rows) && !reader_is_null(rows, 0))
		*at = reader_integer(rows, 0);
	return reader_end(rows, RESULT_OK, reading->fault);
}

/* What else may have changed a figure. Asked only where one has changed. */
static enum result read_causes(const struct reading *reading)
{
	struct report_facts *facts = reading->facts;
	bool any = false;
	for (size_t i = 0; i < facts->cells_count; i++)
		for (size_t k = 0; k < facts->cells[i].count; k++)
			any = any || facts->cells[i].items[k].restated;
	if (!any)
		return RESULT_OK;
	enum result result = read_instant(
		reading,
		"SELECT max(e.arrived) FROM main.event_type t JOIN main.event e ON e.type = t.id AND e.flags & 4"
		" WHERE t.name IN ('person.merged', 'person.unmerged')",
		&facts->joined);
	if (result != RESULT_OK)
		return result;
	return read_instant(reading, "SELECT max(at) FROM main.erasure", &facts->erased);
}

struct keeping {
	const struct report_facts *facts;
	struct store *store;
	struct fault *fault;
	enum result result;
};

static void keep_for(void *argument, struct text reader)
{
	struct keeping *keeping = argument;
	const struct report_facts *facts = keeping->facts;
	for (size_t i = 0; i < facts->cells_count; i++) {
		const struct report_cells *cells = &facts->cells[i];
		const struct report_figure *figure = &facts->report->figures[cells->figure];
		struct buffer key = {0};
		period_key(facts->periods[cells->period], &key);
		for (size_t k = 0; k < cells->count && !figure->words && keeping->result == RESULT_OK; k++) {
			struct print_row row = {text_of(facts->report->base),
			                        reader,
			                        text_of(figure->id),
			                        cells->items[k].label,
			                        buffer_view(&key),
			                        facts->printing,
			                        cells->items[k].value,
			                        (int)cells->items[k].shown,
			                        counted_as(cells, &cells->items[k])};
			if (cells->items[k].known && !cells->items[k].unsaid)
				keeping->result = prints_add(keeping->store, &row, keeping->fault);
		}
		buffer_free(&key);
	}
}

enum result report_print_figures(const struct report_facts *facts, const struct config_list *list, struct text team,
                        struct store *store, struct fault *fault)
{
	struct keeping keeping = {facts, store, fault, RESULT_OK};
	if (list->by_person)
		return RESULT_OK;
	report_each_reader(list, team, keep_for, &keeping);
	return keeping.result;
}

/* ---- the whole ---- */

/* By type, because there is an index for that. */
static const char data_from_sql[] =
	"SELECT min(first) FROM (SELECT (SELECT min(e.time) FROM main.event e"
	" WHERE e.flags & 4 AND e.type = t.id) AS first"
	" FROM main.event_type t UNION ALL SELECT (SELECT e.time FROM main.event e WHERE e.id = 1))";

static enum result read_data_from(const struct reading *reading)
{
	struct reader_rows *rows;
	enum result result = reader_query(reading->reader, data_from_sql, &rows, reading->fault);
	if (result != RESULT_OK)
		return result;
	if (reader_next(rows) && !reader_is_null(rows, 0))
		reading->facts->data_from = zone_date(reading->request->zone, reader_integer(rows, 0));
	return reader_end(rows, RESULT_OK, reading->fault);
}

enum result report_facts_read(const struct report_request *request, struct reader *reader, struct arena *arena,
                              struct report_facts **out, const struct list_select **wrong, struct fault *fault)
{
	struct report_facts *facts = arena_alloc(arena, sizeof *facts);
	struct reading reading = {request, request->list->report, reader, arena, facts, wrong, fault};
	*facts = (struct report_facts){.report = request->list->report,
	                               .due = request->due,
	                               .data_from = DAY_NONE,
	                               .printing = request->full ? request->as_of : request->due,
	                               .joined = INSTANT_NONE,
	                               .erased = INSTANT_NONE,
	                               .quarter = period_of(PERIOD_QUARTER, request->told.first)};
	*out = facts;
	(void)report_want_period(facts, request->told);
	(void)report_want_period(facts, period_back(request->told, 1));
	enum result result = read_all(&reading);
	if (result == RESULT_OK && request->tries)
		result = try_late(&reading);
	*wrong = result == RESULT_OK ? NULL : *wrong;
	if (result == RESULT_OK)
		result = read_prints(&reading);
	if (result == RESULT_OK)
		result = read_causes(&reading);
	if (result == RESULT_OK)
		result = read_data_from(&reading);
	if (result == RESULT_OK && facts->report->outside && !facts->kept)
		result = report_hide(facts, request, reader, arena, fault);
	else if (result == RESULT_OK && facts->report->outside)
		report_hide_again(facts);
	ask(&reading, request->told, INSTANT_NONE); /* for the sections */
	return result;
}

void report_facts_free(struct report_facts *facts)
{
	if (!facts)
		return;
	for (size_t i = 0; i < facts->cells_count; i++)
		free(facts->cells[i].items);
	free(facts->cells);
	free(facts->periods);
}
