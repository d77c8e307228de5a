/* disk_calls: stands between what is tested and the calls by which it uses files, and has one of them fail.
 *
 * The linker puts it there (-Wl,--wrap=..., DISK_CALLS in the Makefile). SQLite's own calls are in its library, and not
 * among them. Of a test of one thread alone. */
#ifndef CASEWATCH_TESTS_DISK_CALLS_H
#define CASEWATCH_TESTS_DISK_CALLS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* FULL: of the calls that write one takes half of it, and whatever comes then has no room. */
enum disk_fault { DISK_FAILS, DISK_FULL };

static struct {
	uint64_t left; /* calls until one fails; of a full disk those that write */
	enum disk_fault fault;
	bool armed, struck, full;
	const char *call; /* the one that failed */
} disk_calls;

static inline void disk_fails_at(uint64_t call, enum disk_fault way)
{
	disk_calls.left = call;
	disk_calls.fault = way;
	disk_calls.armed = true;
	disk_calls.struck = disk_calls.full = false;
	disk_calls.call = "";
}

/* Whether one failed. */
static inline bool disk_works_again(void)
{
	disk_calls.armed = disk_calls.full = false;
	return disk_calls.struck;
}

static bool disk_fails_now(const char *call, bool is_write)
{
	if (!disk_calls.armed || (disk_calls.fault == DISK_FULL && !is_write) || disk_calls.left-- > 0)
		return false;
	disk_calls.armed = false;
	disk_calls.struck = true;
	disk_calls.call = call;
	errno = disk_calls.fault == DISK_FULL ? ENOSPC : EIO;
	return true;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_openat(int directory, const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
ssize_t __real_write(int file, const void *bytes, size_t length);
ssize_t __wrap_write(int file, const void *bytes, size_t length);
ssize_t __real_pwrite(int file, const void *bytes, size_t length, off_t at);
ssize_t __wrap_pwrite(int file, const void *bytes, size_t length, off_t at);

int __wrap_open(const char *path, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	return disk_fails_now("open", false) ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int directory, const char *path, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	return disk_fails_now("openat", false) ? -1 : __real_openat(directory, path, flags, mode);
}

/* The half that had room is there. */
ssize_t __wrap_write(int file, const void *bytes, size_t length)
{
	bool full = disk_calls.full;
	if (!full && !disk_fails_now("write", true))
		return __real_write(file, bytes, length);
	disk_calls.full = disk_calls.fault == DISK_FULL;
	if (!full && disk_calls.full && length > 1)
		return __real_write(file, bytes, length / 2);
	errno = full ? ENOSPC : errno;
	return -1;
}

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);

DIR *__wrap_opendir(const char *path)
{
	return disk_fails_now("opendir", false) ? NULL : __real_opendir(path);
}

ssize_t __wrap_pwrite(int file, const void *bytes, size_t length, off_t at)
{
	return disk_fails_now("pwrite", true) ? -1 : __real_pwrite(file, bytes, length, at);
}

/* Those that give an int or a ssize_t, and do nothing when they fail. */
#define DISK_CALL(result, name, parameters, arguments)                                                                 \
	result __real_##name parameters;                                                                               \
	result __wrap_##name parameters;                                                                               \
	result __wrap_##name parameters                                                                                \
	{                                                                                                              \
		return disk_fails_now(#name, false) ? -1 : __real_##name arguments;                                    \
	}
DISK_CALL(ssize_t, read, (int file, void *bytes, size_t length), (file, bytes, length))
DISK_CALL(ssize_t, pread, (int file, void *bytes, size_t length, off_t at), (file, bytes, length, at))
DISK_CALL(int, fsync, (int file), (file))
DISK_CALL(int, ftruncate, (int file, off_t length), (file, length))
DISK_CALL(int, rename, (const char *from, const char *to), (from, to))
DISK_CALL(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
DISK_CALL(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
          (a, from, b, to, flags))
DISK_CALL(int, unlinkat, (int directory, const char *path, int flags), (directory, path, flags))
DISK_CALL(int, mkdir, (const char *path, mode_t mode), (path, mode))

#endif
