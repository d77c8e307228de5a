/* In front of SQLite (LD_PRELOAD): a process that dies, as when its watchdog ends it, each time it stores an event that
 * holds the words of the environment's DEADLY_RECORD. For tests/system/test_house.py. */
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTES_OF_AN_EVENT 8 /* their place in the statement that stores one (store/events/events.c) */

typedef int bind_blob(void *statement, int place, const void *bytes, uint64_t length, void (*destroy)(void *));

int sqlite3_bind_blob64(void *statement, int place, const void *bytes, uint64_t length, void (*destroy)(void *));

int sqlite3_bind_blob64(void *statement, int place, const void *bytes, uint64_t length, void (*destroy)(void *))
{
	static bind_blob *real;
	const char *deadly = getenv("DEADLY_RECORD");
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_bind_blob64");
	if (deadly && *deadly && place == BYTES_OF_AN_EVENT && memmem(bytes, length, deadly, strlen(deadly)))
		(void)kill(getpid(), SIGKILL);
	return real(statement, place, bytes, length, destroy);
}
