/* shared: what several threads borrow at once, and the last of them frees.
 *
 * The one rule: who borrows for longer than a callback holds, and releases once; so nobody waits for anybody. A reload
 * puts another configuration in force while a page or a list is still being made of the one before. */
#ifndef CASEWATCH_BASE_SHARED_H
#define CASEWATCH_BASE_SHARED_H

#include <stdatomic.h>

/* The first member of what is shared. */
struct shared {
	atomic_uint holders;
	void (*free)(struct shared *shared); /* called by the last release, on whatever thread that is */
};

void shared_start(struct shared *shared, void (*free)(struct shared *shared)); /* its maker is the first holder */
struct shared *shared_hold(struct shared *shared);                             /* NULL is fine, here and below */
void shared_release(struct shared *shared);

#endif
