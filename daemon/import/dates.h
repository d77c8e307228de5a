/* dates: the dates of national returns, as case systems and spreadsheets write them.
 *
 * The one rule: a date is read or it is not: two figures for a year, a day that the month does not have, or a form
 * beyond those below are never made into something. */
#ifndef CASEWATCH_IMPORT_DATES_H
#define CASEWATCH_IMPORT_DATES_H

#include "time/calendar.h"

struct import_date {
	civil_day day;
	int minute; /* after midnight, where an hour other than 00:00 stands beside it; -1: the date alone */
};
/* 2020-03-31, 31/03/2020 and 3/1/2020 (day first), each also with " 14:05" or "T14:05:00" (fractions are cut); and the
 * number by which Excel calls a day (43921, of its 1900 system with the day it has too many). false: none of these.
 * A date up to 1900 is what a spreadsheet puts for none: *none is then true. */
bool import_date_read(struct text text, struct import_date *date, bool *none);

#endif
