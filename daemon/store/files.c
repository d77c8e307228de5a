/* files: what was written to one is on the disk. */
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool file_write(int file, struct text bytes)
{
	while (bytes.length) {
		ssize_t wrote = write(file, bytes.at, bytes.length);
		if (wrote == 0)
			errno = EIO; /* no file does; it must not be asked for ever */
		if (wrote == 0 || (wrote < 0 && errno != EINTR))
			return false;
		size_t done = wrote < 0 ? 0 : (size_t)wrote;
		bytes = (struct text){bytes.at + done, bytes.length - done};
	}
	return true;
}

enum result file_sync(const char *path, struct fault *fault)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool kept = file >= 0 && fsync(file) == 0;
	enum result result = kept ? RESULT_OK
	                          : fault_set(fault, RESULT_PERMANENT, "%s could not be kept on the disk: %s", path,
	                                      strerror(errno));
	if (file >= 0)
		(void)close(file);
	return result;
}

/* The directory that the name is in: a name is on the disk when that was synchronised. */
enum result file_sync_name(const char *path, struct fault *fault)
{
	const char *slash = strrchr(path, '/');
	struct buffer directory = {0};
	if (slash)
		buffer_add(&directory, path, slash == path ? 1 : (size_t)(slash - path));
	else
		buffer_char(&directory, '.');
	enum result result = file_sync(buffer_cstr(&directory), fault);
	buffer_free(&directory);
	return result;
}
