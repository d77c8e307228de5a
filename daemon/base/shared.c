/* shared: counting holders. */
#include "base/shared.h"

#include <assert.h>
#include <stddef.h>

void shared_start(struct shared *shared, void (*free)(struct shared *shared))
{
	atomic_init(&shared->holders, 1);
	shared->free = free;
}

struct shared *shared_hold(struct shared *shared)
{
	if (shared) {
		unsigned before = atomic_fetch_add(&shared->holders, 1);
		assert(before > 0);
		(void)before;
	}
	return shared;
}

void shared_release(struct shared *shared)
{
	if (shared && atomic_fetch_sub(&shared->holders, 1) == 1)
		shared->free(shared);
}
