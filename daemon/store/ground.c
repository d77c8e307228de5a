/* ground: whether the file that is written to is still the one under its name: SQLite goes on writing into a deleted or
 * moved file without an error. */
#include "store/store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static bool look(const struct store *store, const char *suffix, struct stat *found)
{
	struct buffer name = {0};
	buffer_format(&name, "%s%s", store->path, suffix);
	bool there = stat(buffer_cstr(&name), found) == 0;
	buffer_free(&name);
	return there;
}

static bool is_same(const struct ground_file *known, const struct stat *found)
{
	return known->device == (uint64_t)found->st_dev && known->inode == (uint64_t)found->st_ino;
}

static void note(struct ground_file *known, const struct stat *found)
{
	*known = (struct ground_file){true, (uint64_t)found->st_dev, (uint64_t)found->st_ino, (int64_t)found->st_size};
}

void ground_note(struct store *store)
{
	struct stat found;
	store->ground = (struct ground){0};
	if (look(store, "", &found))
		note(&store->ground.database, &found);
	if (look(store, "-wal", &found))
		note(&store->ground.log, &found);
	if (look(store, "-shm", &found))
		note(&store->ground.index, &found);
}

static enum result gone(const struct store *store, const char *what, struct fault *fault)
{
	return fault_set(
		fault, RESULT_PERMANENT,
		"the database %s %s while casewatch was writing to it: what was taken since is in no file that has its "
	        "name. "
		"Stop casewatchd, put the file back or restore the last backup (docs/operations.md), then start it",
		store->path, what);
}

/* The write-ahead log and its index: what was committed last is there alone. */
static enum result look_beside(struct store *store, const char *suffix, struct ground_file *known, struct fault *fault)
{
	struct stat found;
	bool there = look(store, suffix, &found);
	if (!known->known) {
		if (there)
			note(known, &found);
		return RESULT_OK;
	}
	if (there && is_same(known, &found))
		return RESULT_OK;
	return gone(store,
	            strcmp(suffix, "-wal") == 0 ? "lost its write-ahead log (-wal)"
	                                        : "lost the index of its log (-shm)",
	            fault);
}

enum result store_look_at_ground(struct store *store, struct fault *fault)
{
	struct ground_file *known = &store->ground.database;
	struct stat found;
	int moved = 0;
	store_keep_lock(store);
	if (!look(store, "", &found))
		return gone(store, errno == ENOENT ? "was deleted or moved away" : "cannot be reached any more", fault);
	if (!is_same(known, &found))
		return gone(store, "was replaced by another file", fault);
	if (sqlite3_file_control(store->database, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved)
		return gone(store, "was moved", fault);
	if (found.st_size < known->bytes) /* it never shrinks by itself */
		return gone(store, "was emptied or cut short", fault);
	known->bytes = found.st_size;
	enum result result = look_beside(store, "-wal", &store->ground.log, fault);
	return result == RESULT_OK ? look_beside(store, "-shm", &store->ground.index, fault) : result;
}

static bool has_bytes(const struct store *store, const char *suffix)
{
	struct stat found;
	return look(store, suffix, &found) && found.st_size > 0;
}

enum result ground_before_opening(const struct store *store, bool had_database, struct fault *fault)
{
	if (has_bytes(store, ""))
		return RESULT_OK;
	if (has_bytes(store, "-wal"))
		return fault_set(
			fault, RESULT_PERMANENT,
			"there is %s-wal without its database: what was committed last is in it, and it would be "
		        "thrown away by a new "
			"database. Put the database back beside it, or restore a backup and move the -wal away",
			store->path);
	if (had_database)
		return fault_set(fault, RESULT_PERMANENT,
		                 "the database %s is gone or empty, and there was one here before: put it back, or "
		                 "restore the last backup "
		                 "(docs/operations.md). To begin with nothing on purpose, remove %s.lock",
		                 store->path, store->path);
	return RESULT_OK;
}

/* Small tables without which the daemon would live and read nothing. */
enum result ground_check_tables(struct store *store, struct fault *fault)
{
	static const char *const checks[] = {"PRAGMA integrity_check(position)", "PRAGMA integrity_check(meta)",
	                                     "PRAGMA integrity_check(condition)"};
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		sqlite3_stmt *statement = NULL;
		char said[256] = "ok";
		int status = sqlite3_prepare_v2(store->database, checks[i], -1, &statement, NULL);
		if (status == SQLITE_OK && (status = sqlite3_step(statement)) == SQLITE_ROW)
			(void)snprintf(said, sizeof said, "%s", (const char *)sqlite3_column_text(statement, 0));
		(void)sqlite3_finalize(statement);
		if (status != SQLITE_ROW && status != SQLITE_DONE)
			return store_failed(store, status, fault);
		if (strcmp(said, "ok") != 0)
			return fault_set(fault, RESULT_PERMANENT,
			                 "the database %s is damaged (%s): stop, keep a copy of it, and restore the "
			                 "last backup; events since then "
			                 "are read again from their source",
			                 store->path, said);
	}
	return RESULT_OK;
}
