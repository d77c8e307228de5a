/* spool_done: files that were taken, for as long as a writer may still add to them. */
#include "source/spool_done.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TRIES 1000
/* A writer that pauses longer than an hour, or behind that many other files, is one that has gone. */
#define LOOKED_AT HOUR
#define LOOKED_AT_MOST 1024

struct moved {
	char *name, *there; /* in the spool, and below it in done/ */
	struct stat stamp;
	instant at;
};

struct done {
	struct moved *moved; /* the oldest first */
	size_t count, room;
	bool crowded;        /* said, and not over yet */
};

struct done *done_new(void)
{
	return MEM_NEW(struct done);
}

static void drop(struct moved *moved)
{
	free(moved->name);
	free(moved->there);
}

void done_free(struct done *done)
{
	if (!done)
		return;
	for (size_t i = 0; i < done->count; i++)
		drop(&done->moved[i]);
	free(done->moved);
	free(done);
}

bool done_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Never over another file. Network file systems do not know RENAME_NOREPLACE: there it is looked first, which only
 * another casewatch in the same directory could make wrong. */
static int move(int directory, const char *from, const char *to)
{
	struct stat found;
	if (renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fstatat(directory, to, &found, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOENT ? renameat(directory, from, directory, to) : -1;
}

static void remember(struct done *done, const char *name, const char *there, const struct stat *stamp, instant now)
{
	bool crowded = done->count == LOOKED_AT_MOST && now - done->moved[0].at < LOOKED_AT;
	if (crowded && !done->crowded)
		log_warning(
			"more than %d files of the spool were taken within an hour: those taken first are no longer "
			"looked at for what is still written to them",
			LOOKED_AT_MOST);
	done->crowded = crowded;
	if (done->count == LOOKED_AT_MOST) {
		drop(&done->moved[0]);
		memmove(done->moved, done->moved + 1, --done->count * sizeof *done->moved);
	}
	struct moved *moved = mem_push((void **)&done->moved, &done->count, &done->room, sizeof *moved);
	*moved = (struct moved){mem_copy_text(name, strlen(name)), mem_copy_text(there, strlen(there)), *stamp, now};
}

const char *done_move(struct done *done, int directory, const char *name, const struct stat *stamp, instant now)
{
	struct buffer there = {0};
	const char *why = NULL;
	int result = -1;
	for (int i = 0; i < TRIES && result != 0 && !why; i++) {
		buffer_clear(&there);
		buffer_format(&there, DONE "/%s", name);
		if (i)
			buffer_format(&there, ".%d", i);
		result = move(directory, name, buffer_cstr(&there));
		if (result == 0 || errno == EEXIST)
			continue;
		struct stat found;
		if (fstatat(directory, DONE, &found, 0) == 0 ||
		    mkdirat(directory, DONE, 0770) != 0) /* tidied away by somebody? */
			why = strerror(errno);
	}
	if (result == 0)
		remember(done, name, buffer_cstr(&there), stamp, now);
	buffer_free(&there);
	return result == 0 ? NULL : why ? why : "a thousand files of that name are there already";
}

/* Under its own name, or where another file has that by now, under one that says what it is. */
static bool bring_back(const struct moved *moved, int directory, done_came_back *came_back, void *context)
{
	struct buffer name = {0};
	int result = -1;
	for (int i = 0; i < TRIES && result != 0; i++) {
		buffer_clear(&name);
		buffer_string(&name, moved->name);
		if (i)
			buffer_format(&name, ".more%d", i);
		result = move(directory, moved->there, buffer_cstr(&name));
		if (result != 0 && errno != EEXIST)
			break;
	}
	if (result == 0)
		came_back(context, buffer_cstr(&name));
	buffer_free(&name);
	return result == 0;
}

void done_look(struct done *done, int directory, instant now, done_came_back *came_back, void *context)
{
	size_t kept = 0;
	for (size_t i = 0; i < done->count; i++) {
		struct moved *moved = &done->moved[i];
		struct stat found;
		bool there = fstatat(directory, moved->there, &found, AT_SYMLINK_NOFOLLOW) == 0;
		bool keep = there && now - moved->at < LOOKED_AT;
		if (there && found.st_ino == moved->stamp.st_ino && !done_same(&found, &moved->stamp))
			keep = !bring_back(moved, directory, came_back, context) && keep;
		if (keep)
			done->moved[kept++] = *moved;
		else
			drop(moved);
	}
	done->count = kept;
}
