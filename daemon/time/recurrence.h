/* recurrence: when something is due again and again: every day, on working days, weekly, fortnightly, monthly,
 * quarterly.
 *
 * The one rule: times are local wall times, so that 07:30 is 07:30 through both clock changes. */
#ifndef CASEWATCH_TIME_RECURRENCE_H
#define CASEWATCH_TIME_RECURRENCE_H

#include "time/calendar.h"

enum recurrence_every { EVERY_DAY, EVERY_WORKING_DAY, EVERY_WEEK, EVERY_FORTNIGHT, EVERY_MONTH, EVERY_QUARTER };
struct recurrence {
	enum recurrence_every every;
	int minute;      /* after local midnight */
	int weekday;     /* week, fortnight: 0 Monday ... 6 Sunday */
	int day;         /* month, quarter: 1 to 28, of the month or of the quarter's first month */
	civil_day from;  /* fortnight: one of its days */
};

/* "daily at 07:30", "working days at 08:00", "weekly on Monday at 08:00", "fortnightly on Monday from 2026-01-05 at
 * 08:00", "monthly on day 1 at 08:00", "quarterly on day 1 at 08:00". Quarters begin in January, April, July and
 * October, as those of the financial year do. False: *why says what is wrong; it lives for ever. */
bool recurrence_parse(struct text text, struct recurrence *recurrence, const char **why);

/* The latest time at or before `now`, and the first after it. The calendar's zone, and its working days. */
instant recurrence_latest(const struct recurrence *recurrence, const struct calendar *calendar, instant now);
instant recurrence_next(const struct recurrence *recurrence, const struct calendar *calendar, instant now);

#endif
