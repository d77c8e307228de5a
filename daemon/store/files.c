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

enum result file_copy(const char *from, const char *to, mode_t mode, struct fault *fault)
{
	char piece[16384];
	int source = open(from, O_RDONLY | O_CLOEXEC);
	int copy = source < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	ssize_t got = -1;
	bool whole = copy >= 0;
	while (whole && (got = read(source, piece, sizeof piece)) > 0)
		whole = file_write(copy, (struct text){piece, (size_t)got});
	whole = whole && got == 0 && fsync(copy) == 0;
	enum result result =
		whole ? RESULT_OK
		      : fault_set(fault, RESULT_PERMANENT, "%s cannot be copied to %s: %s", from, to, strerror(errno));
	if (source >= 0)
		(void)close(source);
	if (copy >= 0)
		(void)close(copy);
	if (copy >= 0 && !whole)
		(void)unlink(to);
	return result;
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
