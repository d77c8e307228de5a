/* report_cells: finds a cell of a report, how its number is rounded, and for whom it is kept. */
#include "report/report_facts.h"

#include <math.h>

struct report_cells *report_cells_of(const struct report_facts *facts, size_t figure, size_t period)
{
	for (size_t i = 0; i < facts->cells_count; i++)
		if (facts->cells[i].figure == figure && facts->cells[i].period == period)
			return &facts->cells[i];
	return NULL;
}

struct report_cell *report_cell_of(const struct report_facts *facts, size_t figure, size_t period, struct text label)
{
	struct report_cells *cells = report_cells_of(facts, figure, period);
	for (size_t i = 0; cells && i < cells->count; i++)
		if (text_equal(cells->items[i].label, label))
			return &cells->items[i];
	return NULL;
}

/* 2.5 is 3, as everybody reckons who does it again: printf makes 2 of it. */
double report_rounded(double value, int decimals)
{
	double tens = pow(10, decimals);
	return round(value * tens) / tens;
}

void report_put_number(double value, int decimals, struct buffer *out)
{
	buffer_format(out, "%.*f", decimals, report_rounded(value, decimals));
}

void report_each_reader(const struct config_list *list, struct text team,
                        void (*visit)(void *argument, struct text reader), void *argument)
{
	if (!list->report->outside) {
		visit(argument, team.length ? team : TEXT(""));
		return;
	}
	for (size_t i = 0; i < list->recipient_count; i++)
		for (size_t k = 0; k < list->recipients[i].role_count; k++)
			visit(argument, text_of(list->recipients[i].roles[k]));
}
