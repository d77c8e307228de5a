/* open: the database under its lock, brought up to date, with the memory beside it. */
#include "store/copies/follow_internal.h"
#include "store/store_internal.h"

#include "base/log.h"
#include "time/calendar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- opening ---- */

static int on_log_growth(void *argument, sqlite3 *database, const char *name, int pages)
{
	(void)database;
	(void)name;
	((struct store *)argument)->wal_pages = pages;
	return SQLITE_OK;
}

static enum result open_file(struct store *store, struct fault *fault)
{
	enum result result =
		store->mode == STORE_WRITE ? ground_before_opening(store, store->had_database, fault) : RESULT_OK;
	if (result != RESULT_OK)
		return result;
	if (store->mode == STORE_WRITE) { /* made here, so that its mode is ours and not SQLite's */
		int made = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
		if (made < 0)
			return fault_set(fault, RESULT_PERMANENT, "cannot open the database %s: %s", store->path,
			                 strerror(errno));
		if (store->lock < 0)
			(void)close(made);
		else if (store_lock_database(store, made, fault) != RESULT_OK)
			return RESULT_PERMANENT;
	}
	int flags = store->mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	int status = sqlite3_open_v2(store->path, &store->database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	                             NULL);
	if (status != SQLITE_OK)
		return fault_set(fault, RESULT_PERMANENT, "cannot open the database %s: %s", store->path,
		                 store->database ? sqlite3_errmsg(store->database) : sqlite3_errstr(status));
	(void)sqlite3_busy_timeout(store->database, STORE_BUSY_MS);
	return RESULT_OK;
}

/* Why the first page cannot be read. Only of a file whose bytes are wrong is it said that it is none of ours, or
 * damaged: whoever reads that puts a backup in its place. `result` and `fault` are of what failed. */
static enum result say_unread(struct store *store, enum result result, struct fault *fault)
{
	int basic = store->failure & 0xff;
	if (basic == SQLITE_CANTOPEN) /* no descriptor */
		return fault_set(fault, store->mode == STORE_READ ? RESULT_TEMPORARY : RESULT_PERMANENT,
		                 "the database %s cannot be opened now: %s", store->path,
		                 strerror(sqlite3_system_errno(store->database)));
	if (basic == SQLITE_READONLY)
		return fault_set(fault, RESULT_PERMANENT,
		                 "the database %s cannot be read where nothing can be written beside it (a disk that "
		                 "is read-only now, or a directory of somebody else's): ask as the user of casewatchd, "
		                 "or copy it to where you may write; it need not be damaged",
		                 store->path);
	if (!store_is_damaged(store))
		return result;
	return fault_set(fault, RESULT_PERMANENT,
	                 "%s is not a casewatch database, or it is damaged: give `database` another path, or "
	                 "restore a backup",
	                 store->path);
}

/* An empty file becomes ours; one that somebody else filled is refused. */
static enum result check_owner(struct store *store, struct fault *fault)
{
	int64_t application = 0, tables = 0;
	enum result result = store_pragma(store, "PRAGMA application_id", &application, fault);
	if (result == RESULT_OK)
		result = store_pragma(store, "SELECT count(*) FROM sqlite_schema", &tables, fault);
	if (result != RESULT_OK)
		return say_unread(store, result, fault);
	if (application == STORE_APPLICATION_ID)
		return RESULT_OK;
	if (application != 0 || tables != 0)
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s is a database of another program: give `database` another path", store->path);
	if (store->mode == STORE_READ)
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s is empty: has casewatchd ever run with this configuration?", store->path);
	char sql[128];
	(void)snprintf(sql, sizeof sql, "PRAGMA page_size = 16384; PRAGMA application_id = %d", STORE_APPLICATION_ID);
	return store_execute(store, sql, fault);
}

static enum result check_version(struct store *store, struct fault *fault)
{
	int64_t version = 0;
	enum result result = store_pragma(store, "PRAGMA user_version", &version, fault);
	if (result != RESULT_OK || version == migrate_latest())
		return result;
	return fault_set(fault, RESULT_PERMANENT,
	                 "the database %s has schema %d, this tool knows %d: use the tool that came with the daemon%s",
	                 store->path, (int)version, migrate_latest(),
	                 version < migrate_latest() ? ", or start the new daemon once, which brings it up to date"
	                                            : "");
}

/* A step may make tables anew, and has no business with notes of changes: whoever follows begins anew. */
static enum result bring_up_to_date(struct store *store, struct fault *fault)
{
	int64_t version = 0;
	enum result result = store_pragma(store, "PRAGMA user_version", &version, fault);
	if (result == RESULT_OK && version > 0 && version < migrate_latest())
		result = changes_end(store, fault);
	return result == RESULT_OK ? migrate_to(store, migrate_latest(), fault) : result;
}

static enum result prepare(struct store *store, struct fault *fault)
{
	enum result result = check_owner(store, fault);
	if (result == RESULT_OK && store->mode == STORE_READ) {
		result = store_execute(store, "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON", fault);
		if (result == RESULT_OK)
			result = page_cache_look(store, fault);
		return result == RESULT_OK ? check_version(store, fault) : result;
	}
	/* Checkpoints are our own, in store_commit, because SQLite's automatic ones keep their errors to themselves. */
	if (result == RESULT_OK)
		result = store_execute(
			store,
			"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
			"PRAGMA journal_size_limit = 67108864;"
			"PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
			/* What was taken away is overwritten, also what was moved from page to page before. */
			"PRAGMA secure_delete = ON",
			fault);
	if (result == RESULT_OK)
		result = page_cache_begin(store, fault);
	if (result == RESULT_OK) {
		(void)sqlite3_wal_hook(store->database, on_log_growth, store);
		result = bring_up_to_date(store, fault);
	}
	return result;
}

/* Each connection is used by one thread at a time, so none needs a lock of its own; and nobody reads its memory
 * statistics. Refused where SQLite is in use already, and then it stays as it was: slower, and as right. */
static void configure_sqlite(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* ---- memory beside the database ---- */

static void forget_histories(struct store *store)
{
	histories_free(&store->histories);
}

static void forget_duplicates(struct store *store)
{
	duplicates_free(&store->duplicates);
}

static enum result flush_duplicates(struct store *store, struct fault *fault)
{
	return chunks_flush(store, &store->duplicates.chunks, fault);
}

static void forget_alerts(struct store *store)
{
	alerts_forget(&store->alerts);
}

static enum result flush_alerts(struct store *store, struct fault *fault)
{
	return chunks_flush(store, &store->alerts.chunks, fault);
}

static void forget_due(struct store *store)
{
	due_free(&store->due);
}

static enum result flush_due(struct store *store, struct fault *fault)
{
	enum result result = due_compact(store, fault);
	return result == RESULT_OK ? chunks_flush(store, &store->due.log, fault) : result;
}

static void forget_events(struct store *store)
{
	events_free(&store->events);
	memset(store->sources, 0, sizeof store->sources);
}

static const struct store_group groups[] = {
	{histories_load, forget_histories, NULL},   {duplicates_load, forget_duplicates, flush_duplicates},
	{alerts_load, forget_alerts, flush_alerts}, {due_load, forget_due, flush_due},
	{events_load, forget_events, NULL},         {NULL, NULL, NULL},
};

#define STEPS_BETWEEN_LOOKS 100000 /* of SQLite's machine: some milliseconds */

static int is_stopped(void *argument)
{
	return atomic_load((const atomic_bool *)argument);
}

/* A migration of a large database takes minutes, and whoever leaves does not wait for it. */
static void heed(struct store *store, const atomic_bool *stop)
{
	if (stop)
		sqlite3_progress_handler(store->database, STEPS_BETWEEN_LOOKS, is_stopped, (void *)(uintptr_t)stop);
}

/* Somebody may be following into it; and what may have gone since is not marked. */
static enum result refuse_copy(struct store *store, struct fault *fault)
{
	instant at;
	if (!follow_is_copy(store, &at))
		return RESULT_OK;
	return fault_set(fault, RESULT_PERMANENT,
	                 "%s is a copy of another machine's database, which may be running. To take over: casewatch "
	                 "follow --take-over (docs/follow.md)",
	                 store->path);
}

enum result store_open_bare(const char *path, struct store **out, struct fault *fault)
{
	struct store *store = MEM_NEW(struct store);
	*out = NULL;
	configure_sqlite();
	store->path = mem_copy_text(path, strlen(path));
	store->mode = STORE_WRITE;
	store->lock = store->locked = -1;
	enum result result = open_file(store, fault);
	if (result == RESULT_OK)
		result = prepare(store, fault);
	if (result == RESULT_OK)
		result = store_execute(store, "PRAGMA wal_autocheckpoint = 1000", fault);
	if (result == RESULT_OK)
		*out = store;
	else
		store_close(store);
	return result;
}

enum result store_open(const char *path, enum store_mode mode, struct store **out, struct fault *fault)
{
	return store_open_until(path, mode, NULL, out, fault);
}

enum result store_open_until(const char *path, enum store_mode mode, const atomic_bool *stop, struct store **out,
                             struct fault *fault)
{
	struct store *store = MEM_NEW(struct store);
	*out = NULL;
	configure_sqlite();
	store->path = mem_copy_text(path, strlen(path));
	store->mode = mode;
	store->lock = store->locked = -1;
	store->groups = groups;
	store->claimed = arena_new(4096);
	enum result result = mode == STORE_WRITE ? store_take_lock(store, fault) : RESULT_OK;
	if (result == RESULT_OK)
		result = open_file(store, fault);
	if (result == RESULT_OK) {
		heed(store, stop);
		result = prepare(store, fault);
	}
	if (result == RESULT_OK && mode == STORE_WRITE)
		result = refuse_copy(store, fault);
	if (result == RESULT_OK && mode == STORE_WRITE)
		result = ground_check_tables(store, fault);
	if (result == RESULT_OK && mode == STORE_WRITE)
		result = store_ready(store, fault); /* the tool often needs none of it */
	if (result == RESULT_OK && mode == STORE_WRITE)
		result = outbox_load_key(store, fault);
	if (result == RESULT_OK && mode == STORE_WRITE)
		result = erasures_load(store, fault);
	if (result == RESULT_OK && mode == STORE_WRITE)
		result = erasures_begin_missing(store, fault);
	if (stop && store->database)
		sqlite3_progress_handler(store->database, 0, NULL, NULL);
	if (result != RESULT_OK) {
		store_close(store);
		if (stop && atomic_load(stop))
			return fault_set(fault, RESULT_TEMPORARY, "%s was not opened: casewatchd leaves", path);
		return result;
	}
	if (mode == STORE_WRITE) {
		store_note_database(store->lock);
		ground_note(store);
		store->checkpoint = checkpoint_start(store->path);
	}
	*out = store;
	return RESULT_OK;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	page_cache_end(store);
	checkpoint_stop(store->checkpoint);
	store_rollback(store);
	store_forget(store);
	erasures_free(store);
	alerts_free(&store->alerts);
	statements_free(store);
	if (store->database)
		(void)sqlite3_close_v2(store->database);
	if (store->locked >= 0)
		(void)close(store->locked);
	if (store->lock >= 0)
		(void)close(store->lock);
	for (size_t i = 0; i < sizeof store->visits / sizeof store->visits[0]; i++)
		arena_free(store->visits[i]);
	arena_free(store->claimed);
	audit_forget(store);
	buffer_free(&store->audit.room);
	free(store->lines.items);
	free(store->path);
	free(store);
}

