/* waker: an eventfd, a counter of the kernel. */
#include "base/waker.h"

#include "base/mem.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct waker {
	int fd;
};

struct waker *waker_new(struct fault *fault)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0) {
		(void)fault_set(fault, RESULT_TEMPORARY, "no descriptor is left to wake the loop by: %s",
		                strerror(errno));
		return NULL;
	}
	struct waker *waker = MEM_NEW(struct waker);
	waker->fd = fd;
	return waker;
}

void waker_free(struct waker *waker)
{
	if (!waker)
		return;
	(void)close(waker->fd);
	free(waker);
}

int waker_fd(const struct waker *waker)
{
	return waker ? waker->fd : -1;
}

/* A counter that is full (EAGAIN) is readable: the loop is awake anyway. */
void waker_wake(struct waker *waker)
{
	const uint64_t one = 1;
	if (waker && write(waker->fd, &one, sizeof one) != (ssize_t)sizeof one && errno != EAGAIN)
		abort(); /* nothing else is ever the matter with one that is open */
}

bool waker_drain(struct waker *waker)
{
	uint64_t times;
	return waker && read(waker->fd, &times, sizeof times) == (ssize_t)sizeof times;
}
