/* clock: the machine's clock, one that a test moves, and one that runs fast. */
#include "base/clock.h"

#include <time.h>

static instant real_now(void *context)
{
	(void)context;
	struct timespec t;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (instant)t.tv_sec * SECOND + t.tv_nsec / 1000;
}

static instant manual_now(void *context)
{
	return *(instant *)context;
}

static instant fast_now(void *context)
{
	const struct clock_fast *fast = context;
	return fast->start + (instant)((double)(real_now(NULL) - fast->real_start) * fast->rate);
}

struct clock clock_real(void)
{
	return (struct clock){real_now, NULL};
}

struct clock clock_manual(instant *now)
{
	return (struct clock){manual_now, now};
}

struct clock clock_fast(struct clock_fast *state, instant start, double rate)
{
	*state = (struct clock_fast){.real_start = real_now(NULL), .start = start, .rate = rate};
	return (struct clock){fast_now, state};
}
