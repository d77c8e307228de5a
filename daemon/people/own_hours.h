/* own_hours: when a person works: their own hours and days of the directory, else the council's working hours.
 *
 * The one rule: the courier, which holds a message back until then, and whoever says when somebody would hear, ask the
 * same. */
#ifndef CASEWATCH_PEOPLE_OWN_HOURS_H
#define CASEWATCH_PEOPLE_OWN_HOURS_H

#include "people/directory.h"

bool own_hours_in(const struct person *person, const struct calendar *calendar, instant at);
/* The first instant after `now` at which they work; `now` where none is in two weeks: telling must not wait for a
 * calendar. */
instant own_hours_next(const struct person *person, const struct calendar *calendar, instant now);
bool own_hours_always(const struct person *person); /* whose hours are all hours */

#endif
