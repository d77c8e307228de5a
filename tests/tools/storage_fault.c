/* storage_fault: a disk that fails on demand, in front of the C library (LD_PRELOAD).
 *
 * STORAGE_FAULTS names a directory. While it holds the file `full`, nothing more can be written to files whose name
 * ends as a word of the text in it says (".db-wal"); with `readonly` they are on a file system that the kernel has made
 * read-only, and with `read` none of their pages can be read. A file `fsync` makes one fsync of such a file fail, and
 * is taken away by that. With `threads` no thread can be made, as often as it has letters. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static bool marker(const char *name, char *path, size_t room, char *ending, size_t ending_room)
{
	const char *directory = getenv("STORAGE_FAULTS");
	if (!directory || snprintf(path, room, "%s/%s", directory, name) >= (int)room)
		return false;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	ssize_t length = read(file, ending, ending_room - 1);
	(void)close(file);
	ending[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* Whether the fault `name` is on for a file of this name. */
static bool is_of(const char *name, const char *file, size_t length, char *path, size_t room)
{
	char endings[128], *rest = endings;
	bool found = false;
	if (!marker(name, path, room, endings, sizeof endings))
		return false;
	for (const char *ending; !found && (ending = strsep(&rest, " \n"));) {
		size_t end = strlen(ending);
		found = end && length >= end && memcmp(file + length - end, ending, end) == 0;
	}
	return found;
}

/* Whether the fault `name` is on for this descriptor's file. Leaves errno alone. */
static bool hit(const char *name, int descriptor, char *path, size_t room)
{
	char link[64], file[PATH_MAX];
	int before = errno;
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
	ssize_t length = readlink(link, file, sizeof file - 1);
	bool on = length > 0 && is_of(name, file, (size_t)length, path, room);
	errno = before;
	return on;
}

int open(const char *file, int flags, ...)
{
	char path[PATH_MAX];
	int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	va_list rest;
	va_start(rest, flags);
	mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	if ((flags & O_ACCMODE) != O_RDONLY && is_of("readonly", file, strlen(file), path, sizeof path)) {
		errno = EROFS;
		return -1;
	}
	return real(file, flags, mode);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *argument)
{
	char path[PATH_MAX], letters[128];
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
		(int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(RTLD_NEXT,
	                                                                                       "pthread_create");
	if (!marker("threads", path, sizeof path, letters, sizeof letters))
		return real(thread, attributes, work, argument);
	if (truncate(path, (off_t)strlen(letters) - 1) != 0)
		abort();
	return EAGAIN;
}

static int sync_or_fail(const char *function, int descriptor)
{
	char path[PATH_MAX];
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, function);
	if (hit("fsync", descriptor, path, sizeof path) && unlink(path) == 0) {
		errno = EIO;
		return -1;
	}
	return real(descriptor);
}

int fsync(int descriptor)
{
	return sync_or_fail("fsync", descriptor);
}

int fdatasync(int descriptor)
{
	return sync_or_fail("fdatasync", descriptor);
}

static ssize_t write_or_fail(const char *function, int descriptor, const void *bytes, size_t length, off_t at)
{
	char path[PATH_MAX];
	ssize_t (*real)(int, const void *, size_t, off_t) =
		(ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, function);
	if (hit("full", descriptor, path, sizeof path)) {
		errno = ENOSPC;
		return -1;
	}
	if (hit("readonly", descriptor, path, sizeof path)) {
		errno = EROFS;
		return -1;
	}
	return real(descriptor, bytes, length, at);
}

static ssize_t read_or_fail(const char *function, int descriptor, void *bytes, size_t length, off_t at)
{
	char path[PATH_MAX];
	ssize_t (*real)(int, void *, size_t, off_t) =
		(ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, function);
	if (hit("read", descriptor, path, sizeof path)) {
		errno = EIO;
		return -1;
	}
	return real(descriptor, bytes, length, at);
}

ssize_t pread(int descriptor, void *bytes, size_t length, off_t at)
{
	return read_or_fail("pread", descriptor, bytes, length, at);
}

ssize_t pread64(int descriptor, void *bytes, size_t length, off64_t at)
{
	return read_or_fail("pread64", descriptor, bytes, length, at);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t at)
{
	return write_or_fail("pwrite", descriptor, bytes, length, at);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t at)
{
	return write_or_fail("pwrite64", descriptor, bytes, length, at);
}
