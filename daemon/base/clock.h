/* clock: what time it is, as an argument.
 *
 * The one rule: nobody calls time() but the real clock below; everyone else is handed a struct clock, so that a test
 * simulates days in milliseconds. */
#ifndef CASEWATCH_BASE_CLOCK_H
#define CASEWATCH_BASE_CLOCK_H

#include <stdint.h>

/* Microseconds since 1970-01-01T00:00:00Z, no leap seconds. */
typedef int64_t instant;
#define INSTANT_NEVER INT64_MAX
#define INSTANT_NONE INT64_MIN /* "not recorded" */
#define SECOND ((instant)1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

struct clock {
	instant (*now)(void *context);     /* wall time: for all that is civil (dates, hours, what people read) */
	instant (*elapsed)(
		void *context); /* for how long something took or waits: never set back or forward; NULL: as `now` */
	void *context;
};

static inline instant clock_now(const struct clock *clock)
{
	return clock->now(clock->context);
}

/* Microseconds since some moment in the past that means nothing (never less than 0): only differences do. Back-off,
 * pauses, time-outs and the watchdog go by it, so that an operator who sets the wall clock delays nobody. */
static inline instant clock_elapsed(const struct clock *clock)
{
	return clock->elapsed ? clock->elapsed(clock->context) : clock->now(clock->context);
}

struct clock clock_real(void);                   /* the machine's own */
/* CLOCK_BOOTTIME in microseconds: it goes on while the machine is suspended. For what must not be begun late, whatever
 * stood still in between. */
instant clock_boot(void);
struct clock clock_manual(instant *now);         /* reads *now, which the test moves; time passes as it does */

/* Two hands that a test moves apart: as when somebody sets the wall clock. */
struct clock_hands {
	instant now, elapsed;
};
struct clock clock_two_hands(struct clock_hands *hands);

/* The machine's time, and `*ahead` microseconds more. Whoever owns `ahead` moves it, forwards alone; it may be in
 * memory that processes share. For the demo, in which a month passes in half a minute. */
struct clock clock_moved(_Atomic int64_t *ahead); /* `ahead` outlives the clock */

#endif
