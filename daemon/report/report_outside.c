/* report_outside: what a body outside the council was sent, as cells and sums, so that small counts stay hidden. */
#include "report/report_facts.h"

#include <math.h>
#include <stdlib.h>

/* One number of the world: a figure of a label and period, as long as it is the same number. */
struct known {
	size_t figure;
	struct text label, period;
	int64_t value;
	size_t cell;                  /* in protect.cells */
	struct report_cell *current;  /* NULL: of an earlier report alone */
};
/* That it was printed, or is to be. */
struct printing {
	size_t known;
	instant at;
};

struct outside {
	const struct config_report *report;
	struct report_facts *facts;
	struct arena *arena;
	struct known *known;
	size_t known_count, known_room;
	struct printing *printings;
	size_t printing_count, printing_room;
	struct protect_cell *cells;
	size_t cell_count, cell_room;
	struct protect_sum *sums;
	size_t sum_count, sum_room;
};

static size_t add_cell(struct outside *outside, struct protect_cell cell)
{
	*(struct protect_cell *)mem_push((void **)&outside->cells, &outside->cell_count, &outside->cell_room,
	                                 sizeof cell) = cell;
	return outside->cell_count - 1;
}

static size_t *new_parts(struct outside *outside, size_t count)
{
	return arena_alloc(outside->arena, (count + 1) * sizeof(size_t));
}

static void add_sum(struct outside *outside, size_t total, size_t *parts, size_t count)
{
	*(struct protect_sum *)mem_push((void **)&outside->sums, &outside->sum_count, &outside->sum_room,
	                                sizeof *outside->sums) = (struct protect_sum){total, parts, count};
}

/* ---- what was and is printed ---- */

static size_t known_of(struct outside *outside, size_t figure, struct text label, struct text period, int64_t value)
{
	for (size_t i = 0; i < outside->known_count; i++) {
		const struct known *known = &outside->known[i];
		if (known->figure == figure && known->value == value && text_equal(known->label, label) &&
		    text_equal(known->period, period))
			return i;
	}
	struct known made = {figure, label, period, value, 0, NULL};
	made.cell = add_cell(outside, (struct protect_cell){.value = value, .shown = SHOWN_LEFT_OUT});
	*(struct known *)mem_push((void **)&outside->known, &outside->known_count, &outside->known_room, sizeof made) =
		made;
	return outside->known_count - 1;
}

static void add_printing(struct outside *outside, size_t known, instant at)
{
	*(struct printing *)mem_push((void **)&outside->printings, &outside->printing_count, &outside->printing_room,
	                             sizeof *outside->printings) = (struct printing){known, at};
}

static size_t figure_named(const struct config_report *report, struct text id)
{
	for (size_t i = 0; i < report->figure_count; i++)
		if (text_equal(id, text_of(report->figures[i].id)))
			return i;
	return SIZE_MAX;
}

static struct text kept(const struct outside *outside, struct text text)
{
	return text_keep(outside->arena, text);
}

static void take_former(struct outside *outside, const struct reader_rows *rows)
{
	size_t figure = figure_named(outside->report, reader_text(rows, 0));
	enum shown shown = (enum shown)reader_integer(rows, 5);
	if (figure == SIZE_MAX || outside->report->figures[figure].measure || shown == SHOWN_LEFT_OUT)
		return; /* nothing was said of it */
	size_t known = known_of(outside, figure, kept(outside, reader_text(rows, 1)),
	                        kept(outside, reader_text(rows, 2)), llround(reader_real(rows, 4)));
	struct protect_cell *cell = &outside->cells[outside->known[known].cell];
	if (!cell->fixed || shown == SHOWN || cell->shown == SHOWN_LEFT_OUT)
		cell->shown = shown; /* of several times that which says most */
	cell->fixed = true;
	add_printing(outside, known, reader_integer(rows, 3));
}

struct name_list {
	struct buffer sql;
	bool any;
};

static void add_reader(void *argument, struct text reader)
{
	struct name_list *list = argument;
	buffer_format(&list->sql, "%s'%.*s'", list->any ? ", " : "", TEXT_ARG(reader)); /* a role: letters, hyphens */
	list->any = true;
}

static enum result read_former(struct outside *outside, const struct report_request *request, struct reader *reader,
                               struct fault *fault)
{
	struct name_list readers = {0};
	struct buffer sql = {0};
	struct reader_rows *rows;
	report_each_reader(request->list, TEXT_NONE, add_reader, &readers);
	buffer_format(&sql,
	              "SELECT figure, label, period, printed, value, shown FROM main.report_print"
	              " WHERE list = :list AND reader IN (%s) AND printed <> :printing ORDER BY printed",
	              buffer_cstr(&readers.sql));
	enum result result = reader_query(reader, buffer_cstr(&sql), &rows, fault);
	buffer_free(&sql);
	buffer_free(&readers.sql);
	if (result != RESULT_OK)
		return result;
	reader_bind_text(rows, "list", text_of(outside->report->base));
	reader_bind_integer(rows, "printing", outside->facts->printing);
	while (reader_next(rows))
		take_former(outside, rows);
	return reader_end(rows, RESULT_OK, fault);
}

/* Whether the page shows the figure's labels in that period; its total is shown wherever the figure is asked for. */
static bool shows_labels(const struct outside *outside, size_t figure, size_t period)
{
	const struct config_report *report = outside->report;
	size_t periods[REPORT_PERIODS_MAX];
	for (size_t i = 0; i < report->shown_count; i++) {
		const struct report_part *part = &report->parts[report->shown[i]];
		size_t count = report_reach(outside->facts, part, periods);
		bool labels = part->kind == REPORT_GROUPS || (part->kind == REPORT_PERIODS && part->column_count == 1);
		for (size_t c = 0; c < part->column_count && labels; c++)
			for (size_t p = 0; p < count && part->columns[c].figure == (int)figure; p++)
				if (periods[p] == period)
					return true;
	}
	return false;
}

static void take_current(struct outside *outside)
{
	struct report_facts *facts = outside->facts;
	for (size_t i = 0; i < facts->cells_count; i++) {
		struct report_cells *cells = &facts->cells[i];
		const struct report_figure *figure = &outside->report->figures[cells->figure];
		struct buffer key = {0};
		period_key(facts->periods[cells->period], &key);
		struct text period = kept(outside, buffer_view(&key));
		buffer_free(&key);
		for (size_t k = 0; k < cells->count && !figure->measure && !figure->words; k++) {
			struct report_cell *at = &cells->items[k];
			if (at->label.length && !shows_labels(outside, cells->figure, cells->period)) {
				at->shown = SHOWN_LEFT_OUT;
				at->unsaid = true;
				continue;
			}
			size_t known = known_of(outside, cells->figure, at->label, period, llround(at->value));
			struct protect_cell *cell = &outside->cells[outside->known[known].cell];
			outside->known[known].current = at;
			cell->least = !at->label.length || at->value <= 0 ? 0 : at->least > 1 ? at->least : 1;
			if (!cell->fixed)
				cell->shown = SHOWN;
			add_printing(outside, known, facts->printing);
		}
	}
}

/* ---- sums ---- */

/* What was printed of that at the time; SIZE_MAX: nothing. `latest`: or before it. */
static size_t printed(const struct outside *outside, size_t figure, struct text label, struct text period, instant at,
                      bool latest)
{
	size_t found = SIZE_MAX;
	instant when = INSTANT_NONE;
	for (size_t i = 0; i < outside->printing_count; i++) {
		const struct printing *printing = &outside->printings[i];
		const struct known *known = &outside->known[printing->known];
		bool fits = known->figure == figure && text_equal(known->label, label) &&
		            text_equal(known->period, period);
		if (fits && (printing->at == at || (latest && printing->at <= at && printing->at >= when))) {
			found = printing->known;
			when = printing->at;
		}
	}
	return found;
}

/* Closes a sum of which parts were not sent with one that was never sent. Where the others make up the total there is
 * none: a label that a figure lacks is shown as 0, and what nobody was sent and is 0 may be guessed. false: they are
 * more than the total, so it is no sum. */
static bool add_rest(struct outside *outside, size_t total, size_t *parts, size_t *count, bool even_if_none)
{
	int64_t rest = outside->cells[total].value;
	for (size_t i = 0; i < *count; i++)
		rest -= outside->cells[parts[i]].value;
	if (rest < 0)
		return false;
	if (!rest && !even_if_none)
		return true;
	parts[(*count)++] =
		add_cell(outside, (struct protect_cell){.value = rest, .shown = SHOWN_LEFT_OUT, .fixed = true});
	return true;
}

/* Parts of which some are counted twice (a child in need and looked after) make up more than their total. */
static bool makes_up(const struct outside *outside, size_t total, const size_t *parts, size_t count)
{
	int64_t rest = outside->cells[total].value;
	for (size_t i = 0; i < count; i++)
		rest -= outside->cells[parts[i]].value;
	return rest == 0;
}

/* Labels and their total. */
static void sum_labels(struct outside *outside, const struct printing *printing)
{
	const struct known *total = &outside->known[printing->known];
	size_t count = 0, *parts = new_parts(outside, outside->printing_count);
	for (size_t i = 0; i < outside->printing_count; i++) {
		const struct known *known = &outside->known[outside->printings[i].known];
		if (outside->printings[i].at == printing->at && known->figure == total->figure && known->label.length &&
		    text_equal(known->period, total->period))
			parts[count++] = known->cell;
	}
	if (count && makes_up(outside, total->cell, parts, count))
		add_sum(outside, total->cell, parts, count);
}

/* The months of a quarter. */
static void sum_months(struct outside *outside, const struct printing *printing)
{
	struct known quarter = outside->known[printing->known];
	struct period period;
	size_t count = 0, missing = 0, *parts = new_parts(outside, 4);
	if (!outside->report->figures[quarter.figure].adds || !period_parse(quarter.period, &period) ||
	    period.kind != PERIOD_QUARTER)
		return;
	for (civil_day day = period.first; day < period.next; day = day_add_months(day, 1)) {
		struct buffer key = {0};
		period_key(period_of(PERIOD_MONTH, day), &key);
		size_t month = printed(outside, quarter.figure, quarter.label, buffer_view(&key), printing->at, true);
		buffer_free(&key);
		if (month == SIZE_MAX)
			missing++;
		else
			parts[count++] = outside->known[month].cell;
	}
	if (count && (missing ? add_rest(outside, quarter.cell, parts, &count, false) : true))
		add_sum(outside, quarter.cell, parts, count);
}

/* Those of the whole that are not in it: a number nobody is sent, but that a small one must not become known by. */
static void sum_share(struct outside *outside, const struct printing *printing)
{
	struct known share = outside->known[printing->known];
	int of = outside->report->figures[share.figure].of;
	size_t whole = of < 0 ? SIZE_MAX
	                      : printed(outside, (size_t)of, share.label, share.period, printing->at, false);
	if (whole == SIZE_MAX)
		return;
	int64_t rest = outside->known[whole].value - share.value;
	if (rest < 0)
		return;
	size_t *parts = new_parts(outside, 2);
	bool small = rest > 0 && rest < outside->report->fewer_than;
	parts[0] = share.cell;
	parts[1] = add_cell(outside, (struct protect_cell){.value = rest, .shown = SHOWN_LEFT_OUT, .fixed = true,
	                                                   .secret = small});
	add_sum(outside, outside->known[whole].cell, parts, 2);
}

static void sum_declared(struct outside *outside, const struct printing *printing)
{
	struct known total = outside->known[printing->known];
	for (size_t s = 0; s < outside->report->sum_count; s++) {
		const struct report_sum *sum = &outside->report->sums[s];
		size_t count = 0, *parts = new_parts(outside, sum->part_count + 1);
		if (sum->total != (int)total.figure)
			continue;
		for (size_t i = 0; i < sum->part_count; i++) {
			size_t part = printed(outside, (size_t)sum->parts[i], total.label, total.period, printing->at,
			                      false);
			if (part != SIZE_MAX)
				parts[count++] = outside->known[part].cell;
		}
		bool whole = count == sum->part_count && !sum->rest;
		if (count && (whole ? makes_up(outside, total.cell, parts, count)
		                    : add_rest(outside, total.cell, parts, &count, sum->rest)))
			add_sum(outside, total.cell, parts, count);
	}
}

static void make_sums(struct outside *outside)
{
	for (size_t i = 0; i < outside->printing_count; i++) {
		const struct printing printing = outside->printings[i];
		if (!outside->known[printing.known].label.length)
			sum_labels(outside, &printing);
		sum_months(outside, &printing);
		sum_share(outside, &printing);
		sum_declared(outside, &printing);
	}
}

/* ---- what hangs together with this report ---- */

static bool is_known(const struct outside *outside, size_t cell)
{
	const struct protect_cell *at = &outside->cells[cell];
	return at->fixed && !at->secret && at->shown == SHOWN;
}

static bool touches(const struct protect_sum *sum, const bool *reached)
{
	bool touched = reached[sum->total];
	for (size_t i = 0; i < sum->count; i++)
		touched = touched || reached[sum->parts[i]];
	return touched;
}

/* Of years of reports only what this one can change is looked at: a number that a reader knows already carries nothing
 * on, so that most of what was sent has nothing to do with it. */
static void leave_the_rest(struct outside *outside)
{
	bool *reached = mem_zero(outside->cell_count + 1, sizeof *reached);
	size_t kept = 0;
	for (size_t i = 0; i < outside->known_count; i++)
		reached[outside->known[i].cell] =
			outside->known[i].current && !is_known(outside, outside->known[i].cell);
	for (bool more = true; more;) {
		more = false;
		for (size_t s = 0; s < outside->sum_count; s++) {
			const struct protect_sum *sum = &outside->sums[s];
			for (size_t i = 0; i <= sum->count && touches(sum, reached); i++) {
				size_t cell = i < sum->count ? sum->parts[i] : sum->total;
				bool reaches = !reached[cell] && !is_known(outside, cell);
				reached[cell] = reached[cell] || reaches;
				more = more || reaches;
			}
		}
	}
	for (size_t s = 0; s < outside->sum_count; s++)
		if (touches(&outside->sums[s], reached))
			outside->sums[kept++] = outside->sums[s];
	outside->sum_count = kept;
	for (size_t i = 0; i < outside->cell_count; i++)
		if (!reached[i] && !is_known(outside, i))
			outside->cells[i] = (struct protect_cell){.value = outside->cells[i].value,
			                                          .shown = SHOWN_LEFT_OUT, .fixed = true};
	free(reached);
}

/* ---- the whole ---- */

/* A sentence may say anything, so it says nothing. */
static void hide_sentences(struct report_facts *facts)
{
	for (size_t i = 0; i < facts->cells_count; i++)
		for (size_t k = 0; k < facts->cells[i].count; k++)
			if (facts->report->figures[facts->cells[i].figure].words)
				facts->cells[i].items[k].words = TEXT_NONE;
}

/* Hours and averages say how many there were where there were few. */
static void hide_measures(struct outside *outside)
{
	struct report_facts *facts = outside->facts;
	for (size_t i = 0; i < facts->cells_count; i++) {
		const struct report_figure *figure = &outside->report->figures[facts->cells[i].figure];
		for (size_t k = 0; k < facts->cells[i].count && figure->measure; k++) {
			struct report_cell *cell = &facts->cells[i].items[k];
			const struct report_cell *counted =
				figure->counts < 0 ? NULL
			                           : report_cell_of(facts, (size_t)figure->counts,
			                                            facts->cells[i].period, cell->label);
			cell->shown = counted && counted->shown == SHOWN ? SHOWN : SHOWN_LEFT_OUT;
		}
	}
}

enum result report_hide(struct report_facts *facts, const struct report_request *request, struct reader *reader,
                        struct arena *arena, struct fault *fault)
{
	struct outside outside = {.report = facts->report, .facts = facts, .arena = arena};
	enum result result = read_former(&outside, request, reader, fault);
	take_current(&outside);
	make_sums(&outside);
	leave_the_rest(&outside);
	struct protect protect = {outside.cells, outside.cell_count, outside.sums, outside.sum_count,
	                          facts->report->fewer_than};
	facts->unsafe = !protect_hide(&protect);
	for (size_t i = 0; i < outside.known_count; i++)
		if (outside.known[i].current)
			outside.known[i].current->shown = outside.cells[outside.known[i].cell].shown;
	hide_measures(&outside);
	hide_sentences(facts);
	free(outside.known);
	free(outside.printings);
	free(outside.cells);
	free(outside.sums);
	return result;
}

void report_hide_again(struct report_facts *facts)
{
	hide_sentences(facts);
	for (size_t i = 0; i < facts->cells_count; i++)
		for (size_t k = 0; k < facts->cells[i].count; k++)
			if (!facts->cells[i].items[k].kept)
				facts->cells[i].items[k].shown = SHOWN_LEFT_OUT;
}
