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

static instant real_elapsed(void *context)
{
	(void)context;
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (instant)t.tv_sec * SECOND + t.tv_nsec / 1000;
}

instant clock_boot(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_BOOTTIME, &t);
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

/* The demo's month lies in the past, so `ahead` may be less than nothing; time passed never is. */
#define MOVED_SINCE (1000 * 365 * 24 * HOUR)

static instant moved_elapsed(void *context)
{
	return MOVED_SINCE + real_elapsed(NULL) + atomic_load((_Atomic int64_t *)context);
}

static instant hand_now(void *context)
{
	return ((struct clock_hands *)context)->now;
}

static instant hand_elapsed(void *context)
{
	return ((struct clock_hands *)context)->elapsed;
}

struct clock clock_real(void)
{
	return (struct clock){.now = real_now, .elapsed = real_elapsed};
}

struct clock clock_manual(instant *now)
{
	return (struct clock){.now = manual_now, .context = now};
}

struct clock clock_moved(_Atomic int64_t *ahead)
{
	return (struct clock){.now = moved_now, .elapsed = moved_elapsed, .context = ahead};
}

struct clock clock_two_hands(struct clock_hands *hands)
{
	return (struct clock){.now = hand_now, .elapsed = hand_elapsed, .context = hands};
}
