/* Thousands of short lives of a process that ends where a test of the outbox says: the linker puts these between the
 * courier and the store (-Wl,--wrap). */
#ifndef CASEWATCH_TESTS_OUTBOX_LIVES_H
#define CASEWATCH_TESTS_OUTBOX_LIVES_H

#include "outbox_world.h"

#include <sys/mman.h>

enum result __real_store_commit(struct store *, struct fault *);
enum result __wrap_store_commit(struct store *, struct fault *);

/* Also where the process ends: after the commit that the action names. */
enum result __wrap_store_commit(struct store *store, struct fault *fault)
{
	enum result result = __real_store_commit(store, fault);
	world.commits++;
	if ((world.crash == AFTER_FIRST_COMMIT && world.commits == 1) ||
	    (world.crash == AFTER_SECOND_COMMIT && world.commits == 2))
		crash_now();
	return result;
}

/* Thousands of short lives: the store's maps are given back and forth here, and its log is moved by nobody. */
#define PIECE 4096
static void *pieces[4096];
static size_t piece_count;

void *__real_mmap(void *, size_t, int, int, int, off_t);
int __real_munmap(void *, size_t);
void *__wrap_mmap(void *at, size_t length, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void *at, size_t length);
struct checkpoint *__wrap_checkpoint_start(const char *path);

void *__wrap_mmap(void *at, size_t length, int protection, int flags, int file, off_t offset)
{
	if (length == PIECE && file < 0 && piece_count)
		return memset(pieces[--piece_count], 0, PIECE);
	return __real_mmap(at, length, protection, flags, file, offset);
}

int __wrap_munmap(void *at, size_t length)
{
	if (length != PIECE || piece_count == sizeof pieces / sizeof pieces[0])
		return __real_munmap(at, length);
	pieces[piece_count++] = at;
	return 0;
}

struct checkpoint *__wrap_checkpoint_start(const char *path)
{
	(void)path;
	return NULL;
}

#endif
