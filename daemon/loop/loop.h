/* loop: the event loop: timers, descriptors, signals, the wall clock's jumps, and systemd's watchdog.
 *
 * Owns libevent; nobody else includes it. The one rule: a callback casts its argument and calls one named function. */
#ifndef CASEWATCH_LOOP_LOOP_H
#define CASEWATCH_LOOP_LOOP_H

#include "base/clock.h"
#include "base/result.h"

#include <stdbool.h>

struct loop;
struct loop_timer;
struct loop_watch;
typedef void loop_callback(void *argument);

struct loop *loop_new(const struct clock *clock, struct fault *fault);
void loop_free(struct loop *loop);
void loop_run(struct loop *loop);  /* until loop_stop */
void loop_stop(struct loop *loop); /* from a callback */

/* A timer on wall time: fires once at or after `at`. Armed again freely; INSTANT_NEVER disarms. When the wall clock is
 * set, timers are armed anew (timerfd with TFD_TIMER_CANCEL_ON_SET). With a clock that is not the machine's (demo), the
 * loop looks at clock_now every millisecond. Several due at once fire in order of their time.
 * Timers and watches are freed by whoever made them, before loop_free; a callback may free its own. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *argument);
void loop_timer_at(struct loop_timer *timer, instant at);
void loop_timer_free(struct loop_timer *timer);

/* Calls back while `fd` is readable. The caller reads it. A regular file is always readable. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_callback *callback, void *argument);
void loop_watch_free(struct loop_watch *watch);

/* Block signals in main before any thread starts; this unblocks the one named, in the calling thread alone. */
void loop_on_signal(struct loop *loop, int signal_number, loop_callback *callback, void *argument);
void loop_on_clock_jump(struct loop *loop, loop_callback *callback, void *argument); /* the wall clock was set */

#endif
