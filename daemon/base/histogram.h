/* histogram: how often something took how long, in fixed steps; for metrics.
 *
 * The one rule: counting costs a few comparisons and no memory. Of one thread. */
#ifndef CASEWATCH_BASE_HISTOGRAM_H
#define CASEWATCH_BASE_HISTOGRAM_H

#include "base/clock.h"

#include <stddef.h>

#define HISTOGRAM_STEPS 13
struct histogram {
	const instant *steps;               /* HISTOGRAM_STEPS upper bounds, rising */
	uint64_t counts[HISTOGRAM_STEPS];   /* of those at most as long as the step, and longer than the one before */
	uint64_t total;                     /* of all, also of those longer than the last step */
	instant sum;
};
extern const instant histogram_short[HISTOGRAM_STEPS]; /* 1 ms to 10 s: waiting for the disk */
extern const instant histogram_wait[HISTOGRAM_STEPS];  /* 100 ms to a day: a message on its way */
extern const instant histogram_long[HISTOGRAM_STEPS];  /* a minute to two weeks: an answer of a person */

void histogram_count(struct histogram *histogram, instant took); /* less than 0 counts as 0 */

#endif
