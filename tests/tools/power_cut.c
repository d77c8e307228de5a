/* power_cut: keeps what a disk would still hold if the power failed now, in front of the C library (LD_PRELOAD).
 *
 * POWER_CUT_OF names the directory that is watched, POWER_CUT one on the same disk, with `content` and `names` in it.
 * What is certain to outlast a power cut, and nothing else, is there at every moment:
 *   content/INODE   a file's bytes as of its last fsync or fdatasync that returned
 *   names/NAME      the inode (decimal) that NAME led to when the directory itself was last synced
 * What was written since may be there or not, in any part and in any order: whoever tests chooses (test_power_cut.py).
 * A copy is made whole under another name and renamed, so that a kill in the middle leaves what was certain before. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The test would believe in a disk that keeps everything. */
static _Noreturn void give_up(const char *what)
{
	(void)fprintf(stderr, "power_cut: %s: %s\n", what, strerror(errno));
	abort();
}

static void keep_content(int descriptor, const struct stat *status, const char *kept)
{
	char from[64], path[PATH_MAX], hidden[PATH_MAX];
	(void)snprintf(from, sizeof from, "/proc/self/fd/%d", descriptor);
	(void)snprintf(path, sizeof path, "%s/content/%lu", kept, (unsigned long)status->st_ino);
	(void)snprintf(hidden, sizeof hidden, "%s/.copy", kept);
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (in < 0 || out < 0)
		give_up(path);
	ssize_t moved;
	do {
		moved = sendfile(out, in, NULL, 1 << 20);
	} while (moved > 0);
	if (moved < 0 || close(in) || close(out) || rename(hidden, path))
		give_up(path);
}

static void keep_name(const char *watched, const char *kept, const char *name)
{
	char path[PATH_MAX], hidden[PATH_MAX];
	struct stat status;
	(void)snprintf(path, sizeof path, "%s/%s", watched, name);
	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return;
	(void)snprintf(hidden, sizeof hidden, "%s/.name", kept);
	(void)snprintf(path, sizeof path, "%s/names/%s", kept, name);
	FILE *file = fopen(hidden, "we");
	if (!file || fprintf(file, "%lu", (unsigned long)status.st_ino) < 0 || fclose(file) || rename(hidden, path))
		give_up(path);
}

typedef void name_visit(const char *watched, const char *kept, const char *name);

static void each_name(const char *directory, name_visit *visit, const char *watched, const char *kept)
{
	DIR *names = opendir(directory);
	if (!names)
		give_up(directory);
	for (struct dirent *entry; (entry = readdir(names));)
		if (entry->d_name[0] != '.')
			visit(watched, kept, entry->d_name);
	(void)closedir(names);
}

static void forget_name(const char *watched, const char *kept, const char *name)
{
	char path[PATH_MAX];
	(void)snprintf(path, sizeof path, "%s/%s", watched, name);
	if (access(path, F_OK) == 0)
		return;
	(void)snprintf(path, sizeof path, "%s/names/%s", kept, name);
	if (unlink(path))
		give_up(path);
}

/* After a sync that returned: what it covers is certain from now on. */
static void keep(int descriptor)
{
	const char *watched = getenv("POWER_CUT_OF"), *kept = getenv("POWER_CUT");
	char link[64], path[PATH_MAX], names[PATH_MAX];
	struct stat status;
	if (!watched || !kept || fstat(descriptor, &status))
		return;
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
	ssize_t length = readlink(link, path, sizeof path - 1);
	size_t above = strlen(watched);
	if (length < 0 || (size_t)length < above || strncmp(path, watched, above) != 0)
		return;
	path[length] = '\0';
	(void)pthread_mutex_lock(&lock);
	if (S_ISDIR(status.st_mode) && !path[above]) {
		(void)snprintf(names, sizeof names, "%s/names", kept);
		each_name(names, forget_name, watched, kept);
		each_name(watched, keep_name, watched, kept);
	} else if (S_ISREG(status.st_mode) && path[above] == '/' && !strchr(path + above + 1, '/')) {
		keep_content(descriptor, &status, kept);
	}
	(void)pthread_mutex_unlock(&lock);
}

static int sync_and_keep(const char *function, int descriptor)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, function);
	int result = real(descriptor), before = errno;
	if (result == 0)
		keep(descriptor);
	errno = before;
	return result;
}

int fsync(int descriptor)
{
	return sync_and_keep("fsync", descriptor);
}

int fdatasync(int descriptor)
{
	return sync_and_keep("fdatasync", descriptor);
}
