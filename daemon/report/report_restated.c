/* report_restated: a figure that was printed before as another number: what it was, in which report, and why it is
 * another one now. */
#include "report/report_page.h"

#include "time/words.h"

#include <math.h>
#include <stdio.h>

/* ---- what changed ---- */

/* A figure of a label and period, and the whole of which it is a share (NULL: of none). */
struct change {
	const struct report_figure *figure;
	const struct report_cell *cell, *whole; /* NULL: not counted */
};

static struct change change_of(const struct report_facts *facts, size_t figure, size_t period, struct text label)
{
	const struct report_figure *def = &facts->report->figures[figure];
	struct change change = {def, report_cell_of(facts, figure, period, label), NULL};
	if (def->of >= 0)
		change.whole = report_cell_of(facts, (size_t)def->of, period, label);
	return change;
}

static bool is_restated(const struct report_cell *cell)
{
	return cell && cell->restated;
}

/* Outside, what it was is told as a share: only where both counts are shown now and were then. From the share that a
 * hidden count had of one that was shown, the hidden count could be reckoned. */
static bool may_tell(const struct report_facts *facts, const struct report_cell *cell)
{
	bool was_shown = !is_restated(cell) || cell->before_shown;
	return !facts->report->outside || !cell || (cell->shown == SHOWN && was_shown && !cell->unsaid);
}

bool report_is_restated(const struct report_facts *facts, size_t figure, size_t period, struct text label)
{
	struct change change = change_of(facts, figure, period, label);
	bool changed = is_restated(change.cell) || is_restated(change.whole);
	return changed && may_tell(facts, change.cell) && may_tell(facts, change.whole);
}

/* ---- what it was ---- */

/* "last month's report"; to others "the report of 1 March". */
static void say_which_report(const struct report_page *page, instant printed, struct buffer *out)
{
	const struct zone *zone = page->list->view.zone;
	civil_day day = zone_date(zone, printed);
	struct period due = period_told(PERIOD_MONTH, zone_date(zone, page->facts->due));
	if (!page->report->outside && page->report->tells == PERIOD_MONTH && day >= due.first && day < due.next) {
		buffer_string(out, "last month's report");
		return;
	}
	buffer_string(out, "the report of ");
	words_day_beside(day, zone_date(zone, page->facts->due), WORDS_PLAIN, out);
}

static double before_of(const struct report_cell *cell)
{
	if (!cell)
		return 0;
	return cell->restated ? cell->before : cell->value;
}

static void say_before(const struct report_page *page, const struct change *change, struct buffer *out)
{
	double before = before_of(change->cell), of = before_of(change->whole);
	int share = of > 0 ? (int)floor(before * 100 / of + 0.5) : 0;
	if (page->report->outside && of > 0) { /* a share, never the counts before */
		buffer_format(out, "%d%%", share);
		return;
	}
	if (page->report->outside) {
		buffer_string(out, "another number");
		return;
	}
	report_say_number(before, change->figure->decimals, out);
	if (of > 0) {
		buffer_string(out, " of ");
		report_say_number(of, 0, out);
		if (change->figure->late.sql)
			buffer_format(out, " (%d%%)", share);
	}
}

void report_say_restated(const struct report_page *page, size_t figure, size_t period, struct text label,
                         struct buffer *out)
{
	struct change change = change_of(page->facts, figure, period, label);
	struct buffer name = {0};
	period_name(page->facts->periods[period], &name);
	words_sentence(buffer_view(&name), out);
	buffer_free(&name);
	buffer_string(out, " was ");
	say_before(page, &change, out);
	buffer_string(out, " in ");
	say_which_report(page, is_restated(change.cell) ? change.cell->printed : change.whole->printed, out);
}

/* ---- why ---- */

/* What may have changed it, of the figure and of its whole together. */
struct causes {
	struct recount recount;
	bool joined, erased, answered;
};

static void add_causes(const struct report_facts *facts, const struct report_cell *cell, struct causes *causes)
{
	if (!is_restated(cell))
		return;
	bool by_team = cell->label.length > 0;
	causes->recount.unknown = causes->recount.unknown || cell->recount.unknown;
	causes->recount.otherwise = causes->recount.otherwise || cell->recount.otherwise;
	causes->recount.rules = causes->recount.rules || cell->recount.rules;
	causes->recount.teams = causes->recount.teams || (by_team && cell->recount.teams);
	causes->recount.days = causes->recount.days || cell->recount.days;
	causes->joined = causes->joined || facts->joined > cell->printed;
	causes->erased = causes->erased || facts->erased > cell->printed;
}

static struct causes causes_of(const struct report_facts *facts, const struct change *change)
{
	struct causes causes = {.answered = report_counts_alerts(change->figure)};
	add_causes(facts, change->cell, &causes);
	add_causes(facts, change->whole, &causes);
	return causes;
}

static bool is_late(const struct report_cell *cell)
{
	return !is_restated(cell) || (cell->value >= cell->before && cell->late == llround(cell->value - cell->before));
}

enum report_cause report_cause(const struct report_facts *facts, size_t figure, size_t period, struct text label)
{
	struct change change = change_of(facts, figure, period, label);
	struct causes causes = causes_of(facts, &change);
	if (causes.recount.otherwise)
		return CAUSE_OTHERWISE;
	return is_late(change.cell) && is_late(change.whole) ? CAUSE_LATE : CAUSE_ANY;
}

void report_say_other_causes(const struct report_facts *facts, size_t figure, size_t period, struct text label,
                             struct buffer *out)
{
	struct change change = change_of(facts, figure, period, label);
	struct causes causes = causes_of(facts, &change);
	const struct {
		bool is;
		const char *words;
	} all[] = {
		{causes.joined, ", or records of children were joined or parted"},
		{causes.erased, ", or records were erased"},
		{causes.answered, ", or alerts were answered or ended since"},
		{causes.recount.rules, ", or the rules were changed"},
		{causes.recount.teams, ", or the teams were changed"},
		{causes.recount.days, ", or the bank holidays were changed"},
		{causes.recount.unknown, ", or it has been counted in another way since"},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].is)
			buffer_string(out, all[i].words);
}

void report_say_cause(const struct report_facts *facts, size_t figure, size_t period, struct text label,
                      struct buffer *out)
{
	struct change change = change_of(facts, figure, period, label);
	switch (report_cause(facts, figure, period, label)) {
	case CAUSE_LATE:
		if (is_restated(change.cell) && change.cell->late == 1)
			buffer_string(out, "one record came late");
		else
			buffer_string(out, "records came late");
		return;
	case CAUSE_OTHERWISE: buffer_string(out, "it has been counted in another way since"); return;
	case CAUSE_ANY:
		buffer_string(out, "records came late, or were corrected or withdrawn");
		report_say_other_causes(facts, figure, period, label, out);
		return;
	}
}
