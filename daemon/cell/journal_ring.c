/* journal_ring: the hand-over between the journal's thread and the loop's. */
#include "cell/journal_ring.h"

#include "base/threads.h"
#include "base/waker.h"

#include <errno.h>
#include <stdlib.h>

struct journal_ring {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* for the thread: room, or a stop */
	struct waker *waker; /* of the loop */
	bool stopping;
	size_t first, count;
	bool *named, *unnamed; /* now; and at any time since the loop asked */
	struct journal_item items[JOURNAL_ITEMS_MOST];
};

struct journal_ring *journal_ring_new(size_t councils, struct fault *fault)
{
	struct waker *waker = waker_new(fault);
	if (!waker)
		return NULL;
	struct journal_ring *ring = MEM_NEW(struct journal_ring);
	thread_condition_init(&ring->changed);
	(void)pthread_mutex_init(&ring->lock, NULL);
	ring->waker = waker;
	ring->named = mem_zero(councils, sizeof *ring->named);
	ring->unnamed = mem_zero(councils, sizeof *ring->unnamed);
	return ring;
}

void journal_ring_free(struct journal_ring *ring)
{
	if (!ring)
		return;
	waker_free(ring->waker);
	(void)pthread_cond_destroy(&ring->changed);
	(void)pthread_mutex_destroy(&ring->lock);
	free(ring->named);
	free(ring->unnamed);
	free(ring);
}

static void lock(struct journal_ring *ring)
{
	(void)pthread_mutex_lock(&ring->lock);
}

static void unlock(struct journal_ring *ring)
{
	(void)pthread_mutex_unlock(&ring->lock);
}

void journal_ring_wake(struct journal_ring *ring)
{
	waker_wake(ring->waker);
}

bool journal_ring_wait_room(struct journal_ring *ring, int patience_ms)
{
	struct timespec at = thread_deadline(patience_ms);
	lock(ring);
	while (ring->count == JOURNAL_ITEMS_MOST && !ring->stopping)
		if (pthread_cond_timedwait(&ring->changed, &ring->lock, &at) == ETIMEDOUT)
			break;
	bool room = ring->count < JOURNAL_ITEMS_MOST;
	unlock(ring);
	return room;
}

bool journal_ring_push(struct journal_ring *ring, const struct journal_item *item)
{
	lock(ring);
	bool room = ring->count < JOURNAL_ITEMS_MOST;
	if (room)
		ring->items[(ring->first + ring->count++) % JOURNAL_ITEMS_MOST] = *item;
	unlock(ring);
	if (room)
		journal_ring_wake(ring);
	return room;
}

void journal_ring_name(struct journal_ring *ring, size_t council, bool named)
{
	lock(ring);
	ring->named[council] = named;
	ring->unnamed[council] |= !named;
	unlock(ring);
	journal_ring_wake(ring);
}

bool journal_ring_stopping(struct journal_ring *ring)
{
	lock(ring);
	bool stopping = ring->stopping;
	unlock(ring);
	return stopping;
}

int journal_ring_fd(const struct journal_ring *ring)
{
	return waker_fd(ring->waker);
}

void journal_ring_quiet(struct journal_ring *ring)
{
	(void)waker_drain(ring->waker);
}

bool journal_ring_take(struct journal_ring *ring, struct journal_item *item)
{
	lock(ring);
	bool any = ring->count > 0;
	if (any) {
		*item = ring->items[ring->first];
		ring->first = (ring->first + 1) % JOURNAL_ITEMS_MOST;
		ring->count--;
		(void)pthread_cond_broadcast(&ring->changed);
	}
	unlock(ring);
	return any;
}

bool journal_ring_named(struct journal_ring *ring, size_t council, bool *unnamed)
{
	lock(ring);
	bool named = ring->named[council];
	*unnamed = ring->unnamed[council];
	ring->unnamed[council] = false;
	unlock(ring);
	return named;
}

void journal_ring_stop(struct journal_ring *ring)
{
	lock(ring);
	ring->stopping = true;
	(void)pthread_cond_broadcast(&ring->changed);
	unlock(ring);
}
