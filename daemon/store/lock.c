/* lock: no two daemons write one database: by a file beside it, which says who does, and by the database itself, for
 * somebody may take that file for a stale one and remove it. */
#include "store/store_internal.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define HAD_DATABASE                                                                                                   \
	"\na database is here\n" /* after the first line: it is missed if it is not there at the next start */

static bool read_lock_words(int lock, char *words, size_t room)
{
	ssize_t length = pread(lock, words, room - 1, 0);
	words[length > 0 ? length : 0] = '\0';
	return length >= 0;
}

void store_note_database(int lock)
{
	char words[512];
	bool readable = read_lock_words(lock, words, sizeof words);
	size_t length = strlen(words);
	if (!readable || strstr(words, HAD_DATABASE) || !length)
		return;
	static const char mark[] = HAD_DATABASE;
	if (pwrite(lock, mark + 1, sizeof mark - 2, (off_t)length) != (ssize_t)sizeof mark - 2)
		log_warning("the lock is held, but that there is a database could not be written into it");
}

static void say_who(struct store *store)
{
	int lock = store->lock;
	char before[512];
	char host[128] = "", since[32], words[256];
	(void)gethostname(host, sizeof host - 1);
	struct clock clock = clock_real();
	instant_print(clock_now(&clock) / SECOND * SECOND, since);
	bool readable = read_lock_words(lock, before, sizeof before);
	store->had_database = !readable || strstr(before, HAD_DATABASE) != NULL;
	int length = snprintf(words, sizeof words, "process %ld on %s since %s%s", (long)getpid(), host, since,
	                      store->had_database ? HAD_DATABASE : "\n");
	/* Never shorter before it is written: on a full disk it would be forgotten that there was a database. */
	if (pwrite(lock, words, (size_t)length, 0) != length || ftruncate(lock, length) != 0)
		log_warning("the lock is held, but who holds it could not be written beside it");
}

static enum result refused(const char *path, int lock, struct fault *fault)
{
	char who[256] = "";
	ssize_t length = pread(lock, who, sizeof who - 1, 0);
	if (length <= 0)
		(void)snprintf(who, sizeof who, "another process");
	who[strcspn(who, "\n")] = '\0';
	return fault_set(fault, RESULT_PERMANENT,
	                 "the database %s is in use by %s: stop that one first (systemctl stop casewatchd), or give "
	                 "this one a database of its own",
	                 path, who);
}

/* An advisory lock on a file beside the database: the kernel lets go of it however the process ends. It is never
 * removed, because a second process could then hold a lock on a file that no longer has a name. */
enum result store_take_lock(struct store *store, struct fault *fault)
{
	struct buffer name = {0};
	buffer_format(&name, "%s.lock", store->path);
	enum result result = RESULT_OK;
	store->lock = open(buffer_cstr(&name), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (store->lock < 0)
		result = fault_set(fault, RESULT_PERMANENT,
		                   "cannot open the lock %s: %s; the directory must exist and be writable",
		                   buffer_cstr(&name), strerror(errno));
	else if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
		result = refused(store->path, store->lock, fault);
	else
		say_who(store);
	buffer_free(&name);
	return result;
}

/* There the two kinds of lock are one, and SQLite would wait for ours. */
static bool is_of_a_network(int file)
{
	static const unsigned long kinds[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC,
	                                      V9FS_MAGIC};
	struct statfs found;
	bool is_known = fstatfs(file, &found) == 0, is_one = false;
	for (size_t i = 0; is_known && i < sizeof kinds / sizeof kinds[0]; i++)
		is_one = is_one || ((unsigned long)found.f_type & 0xffffffff) == kinds[i];
	return is_one;
}

/* SQLite's own locks are of another kind, and gone when a descriptor of the file is closed: this one is opened before
 * SQLite opens it, and closed behind it. */
enum result store_lock_database(struct store *store, int database, struct fault *fault)
{
	if (is_of_a_network(database) || flock(database, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
		store->locked = database;
		return RESULT_OK;
	}
	(void)close(database);
	return fault_set(fault, RESULT_PERMANENT,
	                 "the database %s is in use by another casewatchd, though its lock %s.lock was removed: stop "
	                 "that one first (systemctl stop casewatchd), or give this one a database of its own",
	                 store->path, store->path);
}

enum result store_look_if_free(const char *path, struct fault *fault)
{
	struct store store = {.path = (char *)(uintptr_t)path};
	int database = open(path, O_RDONLY | O_CLOEXEC);
	if (database < 0)
		return RESULT_OK;
	enum result result = store_lock_database(&store, database, fault);
	if (result == RESULT_OK)
		(void)close(database);
	return result;
}

void store_keep_lock(struct store *store)
{
	struct buffer name = {0};
	struct stat ours, there;
	struct fault fault = {0};
	int before = store->lock;
	buffer_format(&name, "%s.lock", store->path);
	bool same = before < 0 || fstat(before, &ours) != 0 ||
	            (stat(buffer_cstr(&name), &there) == 0 && there.st_dev == ours.st_dev &&
	             there.st_ino == ours.st_ino);
	if (!same && store_take_lock(store, &fault) == RESULT_OK) {
		(void)close(before);
		store_note_database(store->lock);
		log_warning("%s was removed while casewatchd runs, and is there again: it is never stale",
		            buffer_cstr(&name));
	} else if (!same) { /* tried again in a minute */
		if (store->lock >= 0)
			(void)close(store->lock);
		store->lock = before;
	}
	buffer_free(&name);
}
