/* spool_dir: the files of a spool directory: who was closed, who has been still, and for how long. */
#include "source/spool_dir.h"

#include "base/file.h"
#include "base/log.h"
#include "source/spool_alone.h"
#include "source/spool_done.h"
#include "source/spool_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILES_MOST 4096   /* the first so many by name of one look; the rest waits for the next */
#define LOOK_PORTION 512  /* names that one call looks at */
#define POLL (5 * SECOND) /* network file systems tell nobody that a file came */
#define UNSORTED_MOST 64 /* looked through one by one before all are sorted again */
#define UNSTILL_SAID HOUR /* a file that is written to for so long is no file of events, and somebody should know */

/* What is known of a file's writer, and for how long the file must then have been still. */
enum writer {
	WRITER_UNKNOWN, /* it was there before we looked, or nobody tells us of writers */
	WRITER_OPEN,    /* it was made before our eyes, and not closed since; or written to after it was closed */
	WRITER_CLOSED,
	WRITER_MOVED,   /* the whole file was moved here */
};
static const instant still_for[] = {
	[WRITER_UNKNOWN] = 5 * SECOND, [WRITER_OPEN] = MINUTE, [WRITER_CLOSED] = SECOND, [WRITER_MOVED] = SECOND / 4,
};
/* What could not be opened, read or moved may be mended where its file does not show it: a directory's permissions, a
 * mount, descriptors that ran out. It is tried again after pauses that double. */
#define AGAIN_FIRST (15 * SECOND)
#define AGAIN_MOST (15 * MINUTE)
#define STILL_MOST MINUTE /* each time a file changed after all, it must be still for twice as long, up to this */

struct entry {
	char *name;
	struct stat stamp;    /* as last seen */
	instant since;        /* has it been so; this and all times here by clock_elapsed */
	instant first;        /* was it seen at all */
	instant patience;     /* how long it must have been still */
	enum writer writer;
	bool present;         /* in the look that goes on */
	bool open;            /* its reader has it */
	bool told;            /* its writer was heard of while its reader had it */
	bool refused;         /* left alone until it is another file, or somebody changed it, its permissions say */
	instant again;        /* or until then; 0: only then */
	instant pause;        /* before that */
	struct alone_word word;
};

struct spool_dir {
	char *path;
	struct source_settings settings;
	struct watch *watch;
	int fd;                 /* of the directory as last looked at; -1: none */
	enum source_state state;
	struct entry *entries;  /* the first `sorted` by name, then those that came since */
	size_t count, room, sorted;
	struct done *done;
	struct alone *alone;
	DIR *look;              /* goes on */
	bool look_due;
	bool more;              /* there are more files than are kept here */
	instant looked;         /* when the last look began */
};

static instant elapsed(const struct spool_dir *dir)
{
	return clock_elapsed(&dir->settings.clock);
}

static void say_trouble(const struct spool_dir *dir, const char *name, enum source_state state, const char *sentence)
{
	if (dir->settings.report)
		dir->settings.report(dir->settings.context, name, state, sentence);
}

/* ---- life ---- */

static enum result make(const char *path, struct fault *fault)
{
	struct stat found;
	if (mkdir(path, 0770) == 0 || (errno == EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode)))
		return RESULT_OK;
	return fault_set(fault, RESULT_PERMANENT, "the spool directory %s cannot be made: %s", path,
	                 errno == EEXIST ? "something else has that name" : strerror(errno));
}

enum result spool_dir_open(const char *path, const struct source_settings *settings, struct spool_dir **out,
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
	struct spool_dir *dir = *out = MEM_NEW(struct spool_dir);
	dir->path = mem_copy_text(path, strlen(path));
	dir->settings = *settings;
	dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir->watch = watch_new(dir->path, POLL);
	dir->done = done_new();
	dir->alone = alone_new(dir->path, &dir->settings);
	dir->look_due = true;
	return RESULT_OK;
}

void spool_dir_close(struct spool_dir *dir)
{
	if (!dir)
		return;
	for (size_t i = 0; i < dir->count; i++) {
		free(dir->entries[i].name);
		free(dir->entries[i].word.why);
	}
	done_free(dir->done);
	alone_free(dir->alone);
	if (dir->look)
		(void)closedir(dir->look);
	if (dir->fd >= 0)
		(void)close(dir->fd);
	watch_free(dir->watch);
	free(dir->entries);
	free(dir->path);
	free(dir);
}

int spool_dir_fd(const struct spool_dir *dir)
{
	return watch_fd(dir->watch);
}

/* ---- one file ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void sort(struct spool_dir *dir)
{
	if (dir->sorted < dir->count)
		qsort(dir->entries, dir->count, sizeof *dir->entries, by_name);
	dir->sorted = dir->count;
}

static struct entry *find(struct spool_dir *dir, const char *name)
{
	struct entry key = {.name = (char *)name};
	if (dir->count - dir->sorted > UNSORTED_MOST)
		sort(dir);
	for (size_t i = dir->sorted; i < dir->count; i++)
		if (strcmp(dir->entries[i].name, name) == 0)
			return &dir->entries[i];
	return dir->sorted ? bsearch(&key, dir->entries, dir->sorted, sizeof key, by_name) : NULL;
}

static void wait_anew(const struct spool_dir *dir, struct entry *entry, instant patience)
{
	entry->since = elapsed(dir);
	entry->patience = patience > still_for[entry->writer] ? patience : still_for[entry->writer];
}

static instant longer(instant patience)
{
	return 2 * patience < STILL_MOST ? 2 * patience : STILL_MOST;
}

/* What was said of it no longer holds. */
static void settle(const struct spool_dir *dir, struct entry *entry, const char *what)
{
	alone_over(dir->alone, &entry->word, entry->name, what);
	entry->refused = false;
	entry->again = entry->pause = 0;
}

static void refuse(const struct spool_dir *dir, struct entry *entry, const char *why)
{
	char words[320];
	(void)snprintf(words, sizeof words, "is left alone: %s", why);
	alone_say(dir->alone, &entry->word, entry->name, words);
	entry->refused = true;
	entry->open = false;
	entry->again = 0;
}

static void refuse_for_now(const struct spool_dir *dir, struct entry *entry, const char *why)
{
	refuse(dir, entry, why);
	entry->pause = !entry->pause ? AGAIN_FIRST : 2 * entry->pause < AGAIN_MOST ? 2 * entry->pause : AGAIN_MOST;
	entry->again = elapsed(dir) + entry->pause;
}

static const char *wrong_with(mode_t mode, const char *name)
{
	if (S_ISLNK(mode))
		return "it is a symbolic link; move the file itself here";
	if (!S_ISREG(mode))
		return "it is no regular file; move it away";
	return alone_is_printable(name) ? NULL : "its name has characters that cannot be printed; rename it";
}

/* A directory changes with everything in it: it stays refused all the same. */
static bool same_refused(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && (S_ISDIR(a->st_mode) || (a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	                                                          a->st_ctim.tv_nsec == b->st_ctim.tv_nsec));
}

/* Its writer was heard of: that is of the file as it is now. */
static void hear(const struct spool_dir *dir, struct entry *entry, enum writer writer)
{
	struct stat found;
	if (entry->open) { /* being read: it is looked at before it is done with */
		entry->writer = writer;
		entry->told = true;
		return;
	}
	if (fstatat(dir->fd, entry->name, &found, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	const char *wrong = wrong_with(found.st_mode, entry->name);
	entry->stamp = found;
	entry->writer = writer;
	if (wrong)
		refuse(dir, entry, wrong);
	else
		wait_anew(dir, entry, 0);
}

/* It is another file by now, or the same with more in it: it waits anew. Unless its writer was heard
 * closing it meanwhile, somebody writes to it who has not closed it. */
static void restamp(const struct spool_dir *dir, struct entry *entry, const struct stat *found)
{
	bool known = entry->stamp.st_ino != 0;
	entry->stamp = *found;
	if (known && !entry->told && (entry->writer == WRITER_CLOSED || entry->writer == WRITER_MOVED))
		entry->writer = WRITER_OPEN;
	entry->told = false;
	wait_anew(dir, entry, known ? longer(entry->patience) : 0);
}

/* Looked at, and judged. False: it cannot be taken now. */
static bool judge(const struct spool_dir *dir, struct entry *entry)
{
	struct stat found;
	if (fstatat(dir->fd, entry->name, &found, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno == ENOENT)
			entry->patience = INSTANT_NEVER; /* gone: the next look drops it */
		else
			refuse_for_now(dir, entry, strerror(errno));
		return false;
	}
	if (entry->refused && same_refused(&entry->stamp, &found)) {
		if (!entry->again || elapsed(dir) < entry->again)
			return false;
		entry->refused = false; /* what was said of it stands until it is taken */
	}
	const char *wrong = wrong_with(found.st_mode, entry->name);
	if (wrong) {
		entry->stamp = found;
		refuse(dir, entry, wrong);
		return false;
	}
	bool same = !entry->refused && done_same(&entry->stamp, &found);
	if (entry->refused)
		settle(dir, entry, "was changed and is looked at again");
	if (!same)
		restamp(dir, entry, &found);
	return same;
}

static bool passed_over(const char *name)
{
	size_t length = strlen(name);
	return name[0] == '.' || strcmp(name, DONE) == 0 || (length >= 4 && strcmp(name + length - 4, ".tmp") == 0);
}

/* The file's entry, made if it is new. NULL: it is none of ours, or there is no room for it now. */
static struct entry *see(struct spool_dir *dir, const char *name)
{
	if (passed_over(name))
		return NULL;
	struct entry *entry = find(dir, name);
	if (!entry && !dir->look && dir->count >= (size_t)2 * FILES_MOST) {
		dir->more = true;
		return NULL;
	}
	if (!entry) {
		entry = mem_push((void **)&dir->entries, &dir->count, &dir->room, sizeof *entry);
		*entry = (struct entry){.name = mem_copy_text(name, strlen(name)), .first = elapsed(dir)};
		(void)judge(dir, entry);
	} else if (!entry->open && entry->patience == INSTANT_NEVER) { /* it was gone, and is there again */
		entry->stamp = (struct stat){0};
		(void)judge(dir, entry);
	} else if (entry->refused) {
		(void)judge(dir, entry);
	}
	entry->present = true;
	return entry;
}

/* ---- what the kernel tells ---- */

static void hear_told(void *context, const char *name, enum watch_told told)
{
	struct spool_dir *dir = context;
	struct entry *entry = name ? see(dir, name) : NULL;
	if (told == WATCH_LOST)
		dir->look_due = true;
	if (!entry || entry->refused)
		return;
	if (told == WATCH_MOVED)
		hear(dir, entry, WRITER_MOVED);
	else if (told == WATCH_CLOSED)
		hear(dir, entry, WRITER_CLOSED);
	else if (told == WATCH_MADE)
		hear(dir, entry, WRITER_OPEN);
}

void spool_dir_wake(struct spool_dir *dir)
{
	watch_read(dir->watch, hear_told, dir);
}

/* ---- looking ---- */

/* Once for each change. */
static void say_state(struct spool_dir *dir, enum source_state state, int why)
{
	if (state == dir->state)
		return;
	struct buffer sentence = {0};
	if (state == SOURCE_UP)
		buffer_format(&sentence, "reading the spool directory %s", dir->path);
	else
		buffer_format(&sentence, "the spool directory %s cannot be read: %s; waiting for it", dir->path,
		              strerror(why));
	say_trouble(dir, "spool", state, buffer_cstr(&sentence));
	buffer_free(&sentence);
	dir->state = state;
}

/* Opened anew each time: the path may name another directory by now, a mount for example. Watched first, so that
 * whatever comes after the look wakes us again. That it can be read is known at the end: one of a server that is away
 * is opened, and cannot be listed. */
static bool begin_look(struct spool_dir *dir)
{
	watch_again(dir->watch);
	dir->look_due = false;
	dir->looked = elapsed(dir);
	int fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int why = errno;
	if (dir->fd >= 0)
		(void)close(dir->fd);
	dir->fd = fd;
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	dir->look = copy < 0 ? NULL : fdopendir(copy);
	if (!dir->look)
		say_state(dir, SOURCE_DOWN, fd < 0 ? why : errno);
	if (copy >= 0 && !dir->look)
		(void)close(copy);
	for (size_t i = 0; i < dir->count; i++)
		dir->entries[i].present = false;
	if (dir->look)
		spool_dir_wake(dir);
	return dir->look;
}

/* Of more files than are kept, the first by name stay; those that are refused do not count, and those being read
 * stay. */
static void drop_some(struct spool_dir *dir)
{
	size_t kept = 0, files = 0, before = dir->count;
	for (size_t i = 0; i < dir->count; i++) {
		struct entry *entry = &dir->entries[i];
		bool stays = entry->open || (entry->present && (entry->refused || files < FILES_MOST));
		if (!stays) {
			settle(dir, entry, "is gone");
			free(entry->name);
			continue;
		}
		files += !entry->refused;
		dir->entries[kept++] = *entry;
	}
	dir->more = files == FILES_MOST && kept < before;
	dir->count = dir->sorted = kept;
}

static void end_look(struct spool_dir *dir)
{
	(void)closedir(dir->look);
	dir->look = NULL;
	say_state(dir, SOURCE_UP, 0);
	sort(dir);
	drop_some(dir);
	alone_look(dir->alone);
	for (size_t i = 0; i < dir->count; i++)
		alone_see(dir->alone, &dir->entries[i].word, dir->entries[i].name);
	alone_looked(dir->alone);
}

/* What was not seen may be there all the same: nothing is dropped. */
static void break_off_look(struct spool_dir *dir, int why)
{
	(void)closedir(dir->look);
	dir->look = NULL;
	say_state(dir, SOURCE_DOWN, why);
}

static void came_back(void *context, const char *name)
{
	struct spool_dir *dir = context;
	log_notice("%s/%s was written to after it was taken; what was added is read", dir->path, name);
	struct entry *entry = see(dir, name);
	if (entry)
		hear(dir, entry, WRITER_UNKNOWN);
}

bool spool_dir_look(struct spool_dir *dir)
{
	bool due = dir->look_due || elapsed(dir) - dir->looked >= POLL;
	if (!dir->look && (!due || !begin_look(dir)))
		return true;
	for (int i = 0; i < LOOK_PORTION; i++) {
		int why = 0;
		const struct dirent *entry = file_next(dir->look, &why);
		if (why) {
			break_off_look(dir, why);
			return true;
		}
		if (!entry) {
			end_look(dir);
			done_look(dir->done, dir->fd, elapsed(dir), came_back, dir);
			return true;
		}
		(void)see(dir, entry->d_name);
	}
	return false;
}

/* ---- taking ---- */

/* Has been still for long enough, as of the last look at it. */
static bool is_ripe(const struct entry *entry, instant now)
{
	return !entry->open && !entry->refused && entry->patience != INSTANT_NEVER &&
	       now - entry->since >= entry->patience;
}

static void say_unstill(const struct spool_dir *dir, struct entry *entry, instant now)
{
	if (!entry->word.why && now - entry->first >= UNSTILL_SAID)
		alone_say(dir->alone, &entry->word, entry->name,
		          "has been written to for an hour: what was added last is not taken until it is left alone "
		          "for a minute. Write to another place, and move whole files here");
}

/* It may have become something else since it was seen: neither follow it nor wait for its other end. */
static int open_file(const struct spool_dir *dir, struct entry *entry)
{
	struct stat found;
	int fd = openat(dir->fd, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && done_same(&found, &entry->stamp))
		return fd;
	int why = errno;
	if (fd >= 0) {
		(void)close(fd);
		wait_anew(dir, entry, 0); /* another one by now: judged anew */
	} else if (why != ENOENT) {
		refuse_for_now(dir, entry, strerror(why));
	}
	return -1;
}

/* Of more files than are kept, the next ones are looked for when half of those are done. */
static void look_for_more(struct spool_dir *dir)
{
	size_t waiting = 0;
	for (size_t i = 0; i < dir->count; i++)
		waiting += !dir->entries[i].refused && dir->entries[i].patience != INSTANT_NEVER;
	if (dir->more && waiting < FILES_MOST / 2)
		dir->look_due = true;
}

bool spool_dir_next(struct spool_dir *dir, struct spool_file *file)
{
	instant now = elapsed(dir);
	sort(dir);
	for (size_t i = 0; i < dir->count; i++) {
		struct entry *entry = &dir->entries[i];
		if (!is_ripe(entry, now))
			continue;
		if (!judge(dir, entry)) {
			say_unstill(dir, entry, now);
			continue;
		}
		int fd = open_file(dir, entry);
		if (fd < 0)
			continue;
		entry->open = true;
		*file = (struct spool_file){entry->name, fd, entry->stamp,
		                            entry->writer == WRITER_CLOSED || entry->writer == WRITER_MOVED};
		return true;
	}
	look_for_more(dir);
	return false;
}

instant spool_dir_wait(const struct spool_dir *dir)
{
	instant now = elapsed(dir), least = dir->looked + POLL - now;
	if (dir->look || dir->look_due || least < 0)
		return 0;
	for (size_t i = 0; i < dir->count; i++) {
		const struct entry *entry = &dir->entries[i];
		if (entry->open || entry->refused || entry->patience == INSTANT_NEVER)
			continue;
		instant left = entry->since + entry->patience - now;
		if (left < least)
			least = left > 0 ? left : 0;
	}
	return least;
}

bool spool_dir_is_away(const struct spool_dir *dir)
{
	return dir->state == SOURCE_DOWN;
}

bool spool_dir_is_empty(const struct spool_dir *dir)
{
	for (size_t i = 0; i < dir->count; i++)
		if (!dir->entries[i].refused && dir->entries[i].patience != INSTANT_NEVER)
			return false;
	return !dir->look && !dir->look_due && !dir->more;
}

void spool_dir_unripe(struct spool_dir *dir, const char *name, instant patience)
{
	struct entry *entry = find(dir, name);
	if (!entry)
		return;
	entry->open = false;
	if (judge(dir, entry))
		wait_anew(dir, entry, patience);
}

bool spool_dir_was_still(struct spool_dir *dir, const char *name, instant span)
{
	const struct entry *entry = find(dir, name);
	return entry && elapsed(dir) - entry->since >= span;
}

void spool_dir_refuse(struct spool_dir *dir, const char *name, const char *why)
{
	struct entry *entry = find(dir, name);
	if (entry)
		refuse_for_now(dir, entry, why);
}

void spool_dir_done(struct spool_dir *dir, const char *name, const struct stat *stamp)
{
	struct entry *entry = find(dir, name);
	if (!entry)
		return;
	entry->open = false;
	if (!judge(dir, entry) || !done_same(&entry->stamp, stamp))
		return; /* gone, or another file or more of it by now: it waits anew */
	const char *why = done_move(dir->done, dir->fd, name, stamp, elapsed(dir));
	if (!why) {
		settle(dir, entry, "was taken");
		entry->patience = INSTANT_NEVER;
		return;
	}
	char words[256];
	(void)snprintf(words, sizeof words, "all of it is taken, but it cannot be moved to " DONE "/: %s", why);
	refuse_for_now(dir, entry, words);
}
