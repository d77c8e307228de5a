/* clock: the machine's clock, one that a test moves, and one that another process moves. */
#include "base/clock.h"

#include <stdatomic.h>
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

static instant moved_now(void *context)
{
	return real_now(NULL) + atomic_load((_Atomic int64_t *)context);
}

struct clock clock_real(void)
{
	return (struct clock){real_now, NULL};
}

struct clock clock_manual(instant *now)
{
	return (struct clock){manual_now, now};
}

struct clock clock_moved(_Atomic int64_t *ahead)
{
	return (struct clock){moved_now, ahead};
}
