/* threads: POSIX threads, or none. */
#include "base/threads.h"

#include <signal.h>

static bool forbidden; /* set once, before any would start */

bool thread_start(pthread_t *thread, void *(*work)(void *argument), void *argument)
{
	sigset_t all, before;
	if (forbidden)
		return false;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* a thread begins with the mask of whoever makes it */
	bool started = pthread_create(thread, NULL, work, argument) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

void threads_forbid(void)
{
	forbidden = true;
}
