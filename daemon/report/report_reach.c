/* report_reach: the periods that a part of a report shows. */
#include "report/report_facts.h"

static size_t period_of_facts(const struct report_facts *facts, struct period period)
{
	for (size_t i = 0; i < facts->period_count; i++)
		if (facts->periods[i].first == period.first && facts->periods[i].next == period.next)
			return i;
	return SIZE_MAX;
}

size_t report_want_period(struct report_facts *facts, struct period period)
{
	size_t at = period_of_facts(facts, period);
	if (at != SIZE_MAX)
		return at;
	*(struct period *)mem_push((void **)&facts->periods, &facts->period_count, &facts->period_room,
	                           sizeof period) = period;
	return facts->period_count - 1;
}

/* Months of the quarter up to the one told of, and the quarter. */
static size_t reach_quarter(struct report_facts *facts, size_t *periods)
{
	size_t count = 0;
	struct period told = facts->periods[0];
	for (civil_day day = facts->quarter.first; day < facts->quarter.next && day < told.next;
	     day = day_add_months(day, 1))
		periods[count++] = report_want_period(facts, period_of(PERIOD_MONTH, day));
	periods[count++] = report_want_period(facts, facts->quarter);
	return count;
}

/* `count` periods up to the one told of; where that is a quarter, its months. */
static size_t reach_back(struct report_facts *facts, int count, size_t *periods)
{
	struct period told = facts->periods[0];
	if (told.kind == PERIOD_QUARTER && count <= 3)
		return reach_quarter(facts, periods) - 1;
	for (int i = 0; i < count; i++)
		periods[i] = report_want_period(facts, period_back(told, count - 1 - i));
	return (size_t)count;
}

size_t report_want(struct report_facts *facts, const struct report_part *part, size_t *periods)
{
	struct period told = facts->periods[0];
	switch (part->reach) {
	case REACH_TOLD:
		periods[0] = 0;
		return 1;
	case REACH_MONTHS:
		return reach_back(facts, part->months, periods);
	case REACH_QUARTER:
		return reach_quarter(facts, periods);
	case REACH_BEFORE:
	case REACH_YEAR:
		periods[0] = 0;
		periods[1] = report_want_period(facts, period_back(told, 1));
		periods[2] = part->reach == REACH_YEAR ? report_want_period(facts, period_year_before(told)) : 0;
		return part->reach == REACH_YEAR ? 3 : 2;
	case REACH_MONTH_AGO:
		periods[0] = 0;
		periods[1] = report_want_period(facts, period_of(told.kind, day_add_months(told.first, -1)));
		return 2;
	}
	return 0;
}

size_t report_reach(const struct report_facts *facts, const struct report_part *part, size_t *periods)
{
	struct report_facts known = *facts; /* all were wanted when it was read: nothing is added */
	return report_want(&known, part, periods);
}
