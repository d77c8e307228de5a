/* lateness: something that fails is tried again and again, and said when it begins and once an hour while it goes on:
 * a log that every try adds a line to holds nothing else after a night.
 *
 * The one rule: it says when to say, and knows nothing of what. */
#ifndef CASEWATCH_BASE_LATENESS_H
#define CASEWATCH_BASE_LATENESS_H

#include "base/clock.h"

#include <stdbool.h>

#define LATENESS_SAID_EVERY HOUR

/* Zeroed, it is on time. */
struct lateness {
	bool late;
	instant said; /* clock_elapsed */
};

/* It failed once more, `elapsed` by clock_elapsed. Whether this time is to be said. */
bool lateness_failed(struct lateness *lateness, instant elapsed);
/* It went well. Whether it had failed before: that it is over is to be said. */
bool lateness_is_over(struct lateness *lateness);

#endif
