/* loop: the event loop: timers, descriptors, signals, the wall clock's jumps, and systemd's watchdog.
 *
 * Owns libevent; nobody else includes it. What a council makes here works for it: while one of its callbacks runs, it
 * is that council's turn (base/here.h). The one rule: a callback casts its argument and calls one named function. */
#ifndef CASEWATCH_LOOP_LOOP_H
#define CASEWATCH_LOOP_LOOP_H

#include "base/clock.h"
#include "base/result.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;
typedef void loop_callback(void *argument);

struct loop *loop_new(const struct clock *clock, struct fault *fault);
void loop_free(struct loop *loop);
void loop_run(struct loop *loop);  /* until loop_stop */
void loop_stop(struct loop *loop); /* from a callback */

/* A timer: fires once. Armed again freely, on either clock; INSTANT_NEVER disarms. Several due at once fire with the
 * one that waited longest first. With a clock that is not the machine's (demo, tests), the loop looks at it every
 * millisecond. loop_timer_at: at or after the wall time `at`, for what is civil; when the wall clock is set it follows
 * (timerfd with TFD_TIMER_CANCEL_ON_SET). loop_timer_in: when so much time has passed, whatever is done to the wall
 * clock: for pauses, tries again, looks and the watchdog. Timers and watches are freed by whoever made them, before
 * loop_free; a callback may free its own. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *argument);
void loop_timer_at(struct loop_timer *timer, instant at);
void loop_timer_in(struct loop_timer *timer, instant after);
void loop_timer_free(struct loop_timer *timer);

/* Calls back while `fd` is readable. The caller reads it. A regular file is always readable. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_callback *callback, void *argument);
void loop_watch_free(struct loop_watch *watch);

/* Block signals in main before any thread starts; this unblocks the one named, in the calling thread alone. */
void loop_on_signal(struct loop *loop, int signal_number, loop_callback *callback, void *argument);
void loop_on_clock_jump(struct loop *loop, loop_callback *callback, void *argument); /* the wall clock was set */

/* How long the loop stood still for others, by the longest callback. `apart`: a sum, ever growing, of what is measured
 * apart (waiting for the disk); NULL: nothing is. */
struct loop_figures {
	uint64_t turns;           /* callbacks */
	uint64_t long_turns;      /* that took longer than LOOP_TURN_MOST */
	instant longest;          /* since start */
	instant longest_lately;   /* since loop_figures_reset */
};
/* Counted and reported where a turn takes longer: what waits behind it may be a critical alert. */
#define LOOP_TURN_MOST (50 * SECOND / 1000)
void loop_measure(struct loop *loop, instant (*apart)(void *context), void *context);
void loop_figures(const struct loop *loop, struct loop_figures *figures);
void loop_figures_reset(struct loop *loop);

/* For tests that move the clock: everything that is due or readable now, waiting at most `wait_ms` for a descriptor;
 * and how long until the next timer (INSTANT_NEVER: none is armed). */
void loop_turn(struct loop *loop, int wait_ms);
void loop_clock_was_set(struct loop *loop); /* as the kernel tells of it */
instant loop_next(const struct loop *loop);

#endif
