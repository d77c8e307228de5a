/* holidays: the bank holidays of England and Wales, read from gov.uk's bank-holidays.json.
 *
 * The one rule: a file is whole or refused; a year without a holiday between two that have some is a hole, not a year
 * of work. */
#ifndef CASEWATCH_TIME_HOLIDAYS_H
#define CASEWATCH_TIME_HOLIDAYS_H

#include "time/calendar.h"

#define HOLIDAY_TITLE 64
struct holiday_title {
	char text[HOLIDAY_TITLE]; /* "Early May bank holiday (VE day)"; empty where the file has none */
};

struct holidays {
	civil_day *days; /* in the file's order; free with free() */
	struct holiday_title *titles; /* of each, cut to what a line holds; free with free() */
	size_t title_room;
	size_t count, room;
	int first_year, last_year;
};

MUST_CHECK enum result holidays_parse(struct text json, struct holidays *holidays, struct fault *fault);

#endif
