/* threads: how a thread is started.
 *
 * The one rule: what has a thread of its own so that the loop need not stand still is done by whoever asks for it where
 * none is to be had: later, and yet done. A simulation forbids threads, so that all is in one order. */
#ifndef CASEWATCH_BASE_THREADS_H
#define CASEWATCH_BASE_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* False: there is none to be had. No signal is delivered to the new thread: signals are the loop's. It works for the
 * same council as who starts it (base/here.h). */
bool thread_start(pthread_t *thread, void *(*work)(void *argument), void *argument);
void threads_forbid(void); /* from now on there is none to be had */

/* Waits are by time passed: a wall clock that is set must not stretch one. For pthread_cond_timedwait with... */
void thread_condition_init(pthread_cond_t *condition);
struct timespec thread_deadline(int64_t ms); /* ... this; and for pthread_clockjoin_np by CLOCK_MONOTONIC */

#endif
