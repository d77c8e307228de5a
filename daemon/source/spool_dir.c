/* spool_dir: the files of a spool directory. */
#include "source/spool_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define DONE "done"
#define NAMES_KEPT 1024 /* the first so many names of one look; the rest waits for the next */
#define DONE_TRIES 1000

/* A file left alone, as long as it is the same file and nobody changed it, its permissions say. */
struct refused {
	char *name;
	struct stat found;
	bool seen; /* in this look */
};

struct spool_dir {
	char *path;
	source_report *report;
	void *context;
	int notify;
	int fd; /* of the directory as last looked at; -1: none */
	enum source_state state;
	char **names;
	size_t name_count, name_room, next;
	struct refused *refused;
	size_t refused_count, refused_room;
};

static void say(const struct spool_dir *dir, const char *name, enum source_state state, const char *sentence)
{
	if (dir->report)
		dir->report(dir->context, name, state, sentence);
}

static enum result make(const char *path, struct fault *fault)
{
	struct stat found;
	if (mkdir(path, 0770) == 0 || (errno == EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode)))
		return RESULT_OK;
	return fault_set(fault, RESULT_PERMANENT, "the spool directory %s cannot be made: %s", path,
	                 errno == EEXIST ? "something else has that name" : strerror(errno));
}

enum result spool_dir_open(const char *path, source_report *report, void *context, struct spool_dir **dir,
                           struct fault *fault)
{
	struct buffer done = {0};
	buffer_format(&done, "%s/" DONE, path);
	enum result result = make(path, fault);
	if (result == RESULT_OK)
		result = make(buffer_cstr(&done), fault);
	buffer_free(&done);
	if (result != RESULT_OK)
		return result;
	*dir = MEM_NEW(struct spool_dir);
	(*dir)->path = mem_copy_text(path, strlen(path));
	(*dir)->report = report;
	(*dir)->context = context;
	(*dir)->fd = -1;
	(*dir)->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return RESULT_OK;
}

static void forget_names(struct spool_dir *dir)
{
	for (size_t i = 0; i < dir->name_count; i++)
		free(dir->names[i]);
	dir->name_count = dir->next = 0;
}

void spool_dir_close(struct spool_dir *dir)
{
	if (!dir)
		return;
	forget_names(dir);
	for (size_t i = 0; i < dir->refused_count; i++)
		free(dir->refused[i].name);
	if (dir->fd >= 0)
		(void)close(dir->fd);
	if (dir->notify >= 0)
		(void)close(dir->notify);
	free(dir->refused);
	free(dir->names);
	free(dir->path);
	free(dir);
}

int spool_dir_fd(const struct spool_dir *dir)
{
	return dir->notify;
}

/* ---- files left alone ---- */

/* Control characters and bytes that are no text have no place in a journal, nor in the name of a position. */
static bool printable(const char *name)
{
	for (const char *c = name; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			return false;
	return true;
}

static void refuse(struct spool_dir *dir, const char *name, const struct stat *found, const char *why)
{
	struct refused *refused = mem_push((void **)&dir->refused, &dir->refused_count, &dir->refused_room, sizeof *refused);
	*refused = (struct refused){mem_copy_text(name, strlen(name)), *found, true};
	struct buffer position = {0}, sentence = {0};
	const char *shown = printable(name) ? name : "(a name that cannot be printed)";
	buffer_format(&position, "spool:%s", shown);
	buffer_format(&sentence, "%s/%s is left alone: %s", dir->path, shown, why);
	say(dir, buffer_cstr(&position), SOURCE_STUCK, buffer_cstr(&sentence));
	buffer_free(&sentence);
	buffer_free(&position);
}

void spool_dir_refuse(struct spool_dir *dir, const char *name, const char *why)
{
	struct stat found;
	if (fstatat(dir->fd, name, &found, AT_SYMLINK_NOFOLLOW) == 0)
		refuse(dir, name, &found, why);
}

/* A directory changes with everything in it: it stays refused all the same. */
static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && (S_ISDIR(a->st_mode) || (a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	                                                          a->st_ctim.tv_nsec == b->st_ctim.tv_nsec));
}

static bool is_refused(struct spool_dir *dir, const char *name, const struct stat *found)
{
	for (size_t i = 0; i < dir->refused_count; i++)
		if (same_file(&dir->refused[i].found, found) && strcmp(dir->refused[i].name, name) == 0)
			return dir->refused[i].seen = true;
	return false;
}

/* Those that are gone may come again under the same name, and are judged anew then. */
static void forget_gone(struct spool_dir *dir)
{
	size_t kept = 0;
	for (size_t i = 0; i < dir->refused_count; i++) {
		if (dir->refused[i].seen)
			dir->refused[kept++] = dir->refused[i];
		else
			free(dir->refused[i].name);
	}
	dir->refused_count = kept;
}

/* ---- looking ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void keep_first(struct spool_dir *dir)
{
	if (!dir->name_count)
		return;
	qsort(dir->names, dir->name_count, sizeof *dir->names, by_name);
	while (dir->name_count > NAMES_KEPT)
		free(dir->names[--dir->name_count]);
}

static bool being_written(const char *name)
{
	size_t length = strlen(name);
	return name[0] == '.' || (length >= 4 && strcmp(name + length - 4, ".tmp") == 0);
}

static const char *wrong_with(mode_t mode, const char *name)
{
	if (S_ISLNK(mode))
		return "it is a symbolic link; move the file itself here";
	if (!S_ISREG(mode))
		return "it is no regular file; move it away";
	return printable(name) ? NULL : "its name has characters that cannot be printed; rename it";
}

static void consider(struct spool_dir *dir, const char *name)
{
	struct stat found;
	if (being_written(name) || strcmp(name, DONE) == 0 || fstatat(dir->fd, name, &found, AT_SYMLINK_NOFOLLOW) != 0 ||
	    is_refused(dir, name, &found))
		return;
	const char *wrong = wrong_with(found.st_mode, name);
	if (wrong) {
		refuse(dir, name, &found, wrong);
		return;
	}
	*(char **)mem_push((void **)&dir->names, &dir->name_count, &dir->name_room, sizeof *dir->names) =
		mem_copy_text(name, strlen(name));
	if (dir->name_count == (size_t)4 * NAMES_KEPT)
		keep_first(dir);
}

/* Once for each change. */
static void say_state(struct spool_dir *dir, enum source_state state, int why)
{
	if (state == dir->state)
		return;
	struct buffer sentence = {0};
	if (state == SOURCE_UP)
		buffer_format(&sentence, "reading the spool directory %s", dir->path);
	else
		buffer_format(&sentence, "the spool directory %s cannot be read: %s; waiting for it", dir->path, strerror(why));
	say(dir, "spool", state, buffer_cstr(&sentence));
	buffer_free(&sentence);
	dir->state = state;
}

/* Opened anew each time: the path may name another directory by now, a mount for example. */
static bool reopen(struct spool_dir *dir)
{
	int fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int why = errno;
	if (dir->fd >= 0)
		(void)close(dir->fd);
	dir->fd = fd;
	say_state(dir, fd < 0 ? SOURCE_DOWN : SOURCE_UP, why);
	return fd >= 0;
}

void spool_dir_wake(struct spool_dir *dir)
{
	char events[4096];
	while (dir->notify >= 0 && read(dir->notify, events, sizeof events) > 0)
		continue;
}

/* Before looking, so that whatever comes after the look wakes us again. */
static void listen(struct spool_dir *dir)
{
	spool_dir_wake(dir);
	if (dir->notify >= 0)
		(void)inotify_add_watch(dir->notify, dir->path, IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE | IN_ATTRIB | IN_ONLYDIR);
}

bool spool_dir_look(struct spool_dir *dir)
{
	forget_names(dir);
	listen(dir);
	if (!reopen(dir))
		return false;
	int copy = fcntl(dir->fd, F_DUPFD_CLOEXEC, 0);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	if (!entries) {
		if (copy >= 0)
			(void)close(copy);
		return false;
	}
	for (size_t i = 0; i < dir->refused_count; i++)
		dir->refused[i].seen = false;
	for (const struct dirent *entry; (entry = readdir(entries));)
		consider(dir, entry->d_name);
	(void)closedir(entries);
	forget_gone(dir);
	keep_first(dir);
	return true;
}

/* ---- taking ---- */

int spool_dir_next(struct spool_dir *dir, const char **name)
{
	while (dir->next < dir->name_count) {
		struct stat found;
		*name = dir->names[dir->next++];
		/* It may have become something else since it was seen: neither follow it nor wait for its other end. */
		int fd = openat(dir->fd, *name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode))
			return fd;
		int why = errno;
		if (fd >= 0)
			(void)close(fd);
		if (fd >= 0 || why != ENOENT)
			spool_dir_refuse(dir, *name, fd >= 0 ? "it is no regular file" : strerror(why));
	}
	return -1;
}

bool spool_dir_done(struct spool_dir *dir, const char *name)
{
	struct buffer to = {0};
	int moved = -1;
	for (int i = 0; i < DONE_TRIES && moved != 0; i++) {
		buffer_clear(&to);
		buffer_format(&to, DONE "/%s", name);
		if (i)
			buffer_format(&to, ".%d", i);
		moved = renameat2(dir->fd, name, dir->fd, buffer_cstr(&to), RENAME_NOREPLACE);
		if (moved != 0 && errno == ENOENT)
			(void)mkdirat(dir->fd, DONE, 0770); /* tidied away by somebody */
		else if (moved != 0 && errno != EEXIST)
			break;
	}
	if (moved != 0) {
		char why[128];
		(void)snprintf(why, sizeof why, "all of it is taken, but it cannot be moved to " DONE "/: %s", strerror(errno));
		spool_dir_refuse(dir, name, why);
	}
	buffer_free(&to);
	return moved == 0;
}
