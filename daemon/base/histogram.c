/* histogram: fixed steps. */
#include "base/histogram.h"

#define MS (SECOND / 1000)

const instant histogram_short[HISTOGRAM_STEPS] = {1 * MS,   2 * MS,   5 * MS,     10 * MS,    25 * MS,    50 * MS,
                                                     100 * MS,
	                                          250 * MS, 500 * MS, 1 * SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND};
const instant histogram_wait[HISTOGRAM_STEPS] = {100 * MS,    500 * MS,    1 * SECOND,  2 * SECOND, 5 * SECOND,
	                                         10 * SECOND, 30 * SECOND, 1 * MINUTE,  5 * MINUTE, 15 * MINUTE,
	                                         1 * HOUR,    8 * HOUR,    24 * HOUR};
const instant histogram_long[HISTOGRAM_STEPS] = {1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 1 * HOUR,
	                                         2 * HOUR,   4 * HOUR,   8 * HOUR,    24 * HOUR,   48 * HOUR,
	                                         96 * HOUR,  168 * HOUR, 336 * HOUR};

void histogram_count(struct histogram *histogram, instant took)
{
	instant length = took > 0 ? took : 0;
	histogram->total++;
	histogram->sum += length;
	for (size_t i = 0; i < HISTOGRAM_STEPS; i++) {
		if (length > histogram->steps[i])
			continue;
		histogram->counts[i]++;
		return;
	}
}
