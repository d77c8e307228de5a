/* file: opening without waiting, and listing to the end. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

FILE *file_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
	FILE *file = flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0 ? fdopen(fd, "r") : NULL;
	if (!file && fd >= 0) {
		int why = errno;
		(void)close(fd);
		errno = why;
	}
	return file;
}

const struct dirent *file_next(DIR *directory, int *why)
{
	errno = 0;
	const struct dirent *entry = readdir(directory);
	if (!entry && errno)
		*why = errno;
	return entry;
}
