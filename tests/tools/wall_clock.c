/* In front of the C library (LD_PRELOAD): the program's own wall clock is so many seconds ahead of the machine's as the
 * environment's WALL_CLOCK_AHEAD says (negative: behind). What libraries ask for stays as it is: they wait until
 * moments that the kernel knows. For tests of cells whose machines' clocks differ. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int get_time(clockid_t clock, struct timespec *time);

/* An address of the program, and of no library. */
static bool is_the_programs(const void *address)
{
	Dl_info found;
	const char *name = dladdr(address, &found) && found.dli_fname ? strrchr(found.dli_fname, '/') : NULL;
	return name && strcmp(name, "/casewatchd") == 0;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	static get_time *real;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	int status = real(clock, time);
	const char *ahead = getenv("WALL_CLOCK_AHEAD");
	if (clock == CLOCK_REALTIME && ahead && status == 0 && is_the_programs(__builtin_return_address(0)))
		time->tv_sec += atol(ahead);
	return status;
}
