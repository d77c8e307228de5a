/* period: the days that a report tells of: a day, a week, a fortnight, a month, a quarter, a year.
 *
 * The one rule: years and quarters are those of the financial year, which begins on 1 April: quarter 4 of 2019 to 2020
 * is January to March 2020. Periods are local dates; a report turns them into instants with the council's zone. */
#ifndef CASEWATCH_TIME_PERIOD_H
#define CASEWATCH_TIME_PERIOD_H

#include "time/calendar.h"

enum period_kind { PERIOD_DAY, PERIOD_WEEK, PERIOD_FORTNIGHT, PERIOD_MONTH, PERIOD_QUARTER, PERIOD_YEAR };
struct period {
	enum period_kind kind;
	civil_day first, next; /* the last day is the one before `next` */
};

/* "day", "week", "fortnight", "month", "quarter", "year". */
bool period_kind_parse(struct text text, enum period_kind *kind);
/* The one that holds the day. A week begins on Monday; a fortnight is the 14 days that begin with `day`. */
struct period period_of(enum period_kind kind, civil_day day);
/* The last whole one that is over on the day on which a report is due; of days the due one itself, as a report of a day
 * says how things stand on it. */
struct period period_told(enum period_kind kind, civil_day due);
/* `count` periods of the same kind earlier. */
struct period period_back(struct period period, int count);
/* The same period a year before: the month, quarter or year; of weeks and fortnights 52 weeks before; the same date. */
struct period period_year_before(struct period period);

/* "2020-03", "2019-20-Q4", "2019-20", "2020-03-02" (a day), "2020-03-02/7" and "2020-03-02/14" (a week, a fortnight
 * from that day on). */
bool period_parse(struct text text, struct period *period);
void period_key(struct period period, struct buffer *out);
/* "March 2020", "quarter 4 of 2019 to 2020", "the week from 2 March 2020", "1 April 2020", "2019 to 2020" */
void period_title(struct period period, struct buffer *out);
/* In a sentence about it: "March", "the quarter", "the week", "1 April", "the year" */
void period_name(struct period period, struct buffer *out);
/* As the head of a column: "Mar", "Quarter", "2 Mar", "2019-20" */
void period_brief(struct period period, struct buffer *out);

#endif
