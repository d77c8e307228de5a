/* threads: POSIX threads, or none. */
#include "base/threads.h"

#include "base/here.h"
#include "base/mem.h"

#include <signal.h>
#include <stdlib.h>

static bool forbidden; /* set once, before any would start */

struct beginning {
	struct here *here;
	void *(*work)(void *argument);
	void *argument;
};

static void *begin(void *argument)
{
	struct beginning own = *(struct beginning *)argument;
	free(argument);
	(void)here_enter(own.here);
	return own.work(own.argument);
}

bool thread_start(pthread_t *thread, void *(*work)(void *argument), void *argument)
{
	sigset_t all, before;
	if (forbidden)
		return false;
	struct beginning *beginning = MEM_NEW(struct beginning);
	*beginning = (struct beginning){here_now(), work, argument};
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* a thread begins with the mask of whoever makes it */
	bool started = pthread_create(thread, NULL, begin, beginning) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!started)
		free(beginning);
	return started;
}

void threads_forbid(void)
{
	forbidden = true;
}

void thread_condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(condition, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

struct timespec thread_deadline(int64_t ms)
{
	struct timespec at;
	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}
