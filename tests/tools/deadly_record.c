/* In front of SQLite and LZ4 (LD_PRELOAD): a process that dies, as when its watchdog ends it, each time it stores an
 * event that holds the words of the environment's DEADLY_RECORD. Its bytes are packed by then: what the words were
 * packed to is remembered. For tests/system/test_house.py. */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTES_OF_AN_EVENT 8 /* their place in the statement that stores one (store/events/events.c) */
#define REMEMBERED 256

typedef int bind_blob(void *statement, int place, const void *bytes, uint64_t length, void (*destroy)(void *));
typedef int compress(void *stream, const char *from, char *to, int length, int room, int acceleration);

int sqlite3_bind_blob64(void *statement, int place, const void *bytes, uint64_t length, void (*destroy)(void *));
int LZ4_compress_fast_continue(void *stream, const char *from, char *to, int length, int room, int acceleration);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	void *bytes;
	size_t length;
} packed[REMEMBERED];
static size_t packed_count;

static const char *words(void)
{
	const char *deadly = getenv("DEADLY_RECORD");
	return deadly && *deadly ? deadly : NULL;
}

int LZ4_compress_fast_continue(void *stream, const char *from, char *to, int length, int room, int acceleration)
{
	static compress *real;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "LZ4_compress_fast_continue");
	int made = real(stream, from, to, length, room, acceleration);
	if (made <= 0 || !words() || !memmem(from, (size_t)length, words(), strlen(words())))
		return made;
	(void)pthread_mutex_lock(&lock);
	size_t at = packed_count++ % REMEMBERED;
	free(packed[at].bytes);
	packed[at].bytes = malloc((size_t)made);
	packed[at].length = packed[at].bytes ? (size_t)made : 0;
	if (packed[at].bytes)
		memcpy(packed[at].bytes, to, (size_t)made);
	(void)pthread_mutex_unlock(&lock);
	return made;
}

static int is_deadly(const void *bytes, size_t length)
{
	int found = memmem(bytes, length, words(), strlen(words())) != NULL;
	(void)pthread_mutex_lock(&lock);
	for (size_t i = 0; i < REMEMBERED && !found; i++)
		found = packed[i].length && memmem(bytes, length, packed[i].bytes, packed[i].length);
	(void)pthread_mutex_unlock(&lock);
	return found;
}

int sqlite3_bind_blob64(void *statement, int place, const void *bytes, uint64_t length, void (*destroy)(void *))
{
	static bind_blob *real;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_bind_blob64");
	if (words() && place == BYTES_OF_AN_EVENT && is_deadly(bytes, length))
		(void)kill(getpid(), SIGKILL);
	return real(statement, place, bytes, length, destroy);
}
