/* threads: POSIX threads, or none. */
#include "base/threads.h"

static bool forbidden; /* set once, before any would start */

bool thread_start(pthread_t *thread, void *(*work)(void *argument), void *argument)
{
	return !forbidden && pthread_create(thread, NULL, work, argument) == 0;
}

void threads_forbid(void)
{
	forbidden = true;
}
