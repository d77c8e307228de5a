/* waker: how another thread wakes a loop: a descriptor that is readable from the first call of waker_wake until the
 * loop has drained it.
 *
 * The one rule: waking never waits, and cannot fail. However often it is done before the loop looks, the loop is woken
 * once, so what it is woken for stands elsewhere: in a queue behind a lock, which is filled before. */
#ifndef CASEWATCH_BASE_WAKER_H
#define CASEWATCH_BASE_WAKER_H

#include "base/result.h"

#include <stdbool.h>

struct waker;
/* NULL: the process has no descriptor left; `fault` says so. */
struct waker *waker_new(struct fault *fault);
void waker_free(struct waker *waker); /* NULL is fine; whoever watches the descriptor has let go of it before */

/* To be watched for reading. -1 of NULL. */
int waker_fd(const struct waker *waker);
void waker_wake(struct waker *waker); /* from any thread; of NULL nothing */
/* By the loop that watches, before it looks at what it was woken for: so that what comes meanwhile wakes it anew.
 * Whether it had been woken. */
bool waker_drain(struct waker *waker);

#endif
