/* threads: how a thread is started.
 *
 * The one rule: what has a thread of its own so that the loop need not stand still is done by whoever asks for it where
 * none is to be had: later, and yet done. A simulation forbids threads, so that all is in one order. */
#ifndef CASEWATCH_BASE_THREADS_H
#define CASEWATCH_BASE_THREADS_H

#include <pthread.h>
#include <stdbool.h>

/* False: there is none to be had. No signal is delivered to the new thread: signals are the loop's. It works for the
 * same council as who starts it (base/here.h). */
bool thread_start(pthread_t *thread, void *(*work)(void *argument), void *argument);
void threads_forbid(void); /* from now on there is none to be had */

#endif
