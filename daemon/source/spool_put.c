/* spool_put: one file, written whole into the daemon's spool directory. */
#include "source/spool_put.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"

/* Root writes for the daemon, which must be able to read it: the file is the directory's owner's. */
static int give_to_owner(int file, int directory)
{
	struct stat owner;
	if (geteuid() != 0 || fstat(directory, &owner) != 0)
		return 0;
	return fchown(file, owner.st_uid, owner.st_gid);
}

static bool write_all(int file, struct text bytes)
{
	while (bytes.length) {
		ssize_t written = write(file, bytes.at, bytes.length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes.at += written;
		bytes.length -= (size_t)written;
	}
	return true;
}

/* A file of that name that waits already holds the same: whoever hands something in twice names it alike. */
static bool show(int directory, const char *hidden, const char *shown)
{
	if (renameat2(directory, hidden, directory, shown, RENAME_NOREPLACE) == 0)
		return true;
	return errno == EEXIST && unlinkat(directory, hidden, 0) == 0;
}

static enum result write_file(int directory, const char *hidden, const char *shown, struct text bytes,
                              struct fault *fault)
{
	int file = openat(directory, hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (file < 0)
		return fault_set(fault, RESULT_PERMANENT, "cannot write into the spool directory: %s", strerror(errno));
	bool good = give_to_owner(file, directory) == 0 && write_all(file, bytes) && fsync(file) == 0;
	int why = errno;
	if (close(file) != 0 && good) {
		good = false;
		why = errno;
	}
	if (good && show(directory, hidden, shown) && fsync(directory) == 0)
		return RESULT_OK;
	if (good)
		why = errno;
	(void)unlinkat(directory, hidden, 0);
	return fault_set(fault, RESULT_PERMANENT, "cannot write into the spool directory: %s", strerror(why));
}

static enum result unopened(const char *directory, struct fault *fault)
{
	return fault_set(
		fault, RESULT_PERMANENT,
		"the spool directory %s cannot be opened: %s; has casewatchd ever run with this configuration?",
		directory, strerror(errno));
}

enum result spool_put(const char *directory, const char *name, struct text bytes, struct fault *fault)
{
	int opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (opened < 0)
		return unopened(directory, fault);
	struct buffer hidden = {0}, shown = {0};
	uint64_t random;
	digest_random(&random, sizeof random);
	buffer_format(&hidden, ".%s.%016llx.tmp", name, (unsigned long long)random);
	buffer_format(&shown, "%s.jsonl", name);
	enum result result = write_file(opened, buffer_cstr(&hidden), buffer_cstr(&shown), bytes, fault);
	buffer_free(&hidden);
	buffer_free(&shown);
	(void)close(opened);
	return result;
}

/* A file without a name: it takes the room of one, and nobody sees it. */
enum result spool_put_try(const char *directory, struct fault *fault)
{
	static const char bytes[4096]; /* more than an answer has */
	if (access(directory, F_OK) != 0)
		return unopened(directory, fault);
	int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);
	if (file < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		return RESULT_OK;
	enum result result =
		file >= 0 && write_all(file, (struct text){bytes, sizeof bytes})
			? RESULT_OK
			: fault_set(fault, RESULT_PERMANENT, "nothing can be written into the spool directory %s: %s",
	                            directory, strerror(errno));
	if (file >= 0)
		(void)close(file);
	return result;
}
