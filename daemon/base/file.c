/* file: opening without waiting, listing to the end, and what a program is started with. */
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

void file_hold_standard(void)
{
	int fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDONLY);
	if (fd >= 0)
		(void)close(fd);
}
