/* store: opening the database under its lock, and the one transaction. */
#include "store/store_internal.h"

#include "base/log.h"
#include "time/calendar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* In pages of 16 KiB. 10,000 of them made single commits take 80 to 270 ms; 1,000 take 11 to 98. */
#define CHECKPOINT_PAGES 1000

/* ---- the lock ---- */

static void say_who(int lock)
{
	char host[128] = "", since[32], words[256];
	(void)gethostname(host, sizeof host - 1);
	struct clock clock = clock_real();
	instant_print(clock_now(&clock) / SECOND * SECOND, since);
	int length = snprintf(words, sizeof words, "process %ld on %s since %s\n", (long)getpid(), host, since);
	if (ftruncate(lock, 0) != 0 || pwrite(lock, words, (size_t)length, 0) != length)
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
	                 "the database %s is in use by %s: stop that one first (systemctl stop casewatchd), or give this one a database of its own",
	                 path, who);
}

/* An advisory lock on a file beside the database: the kernel lets go of it however the process ends. It is never removed,
 * because a second process could then hold a lock on a file that no longer has a name. */
static enum result take_lock(struct store *store, struct fault *fault)
{
	struct buffer name = {0};
	buffer_format(&name, "%s.lock", store->path);
	enum result result = RESULT_OK;
	store->lock = open(buffer_cstr(&name), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (store->lock < 0)
		result = fault_set(fault, RESULT_PERMANENT, "cannot open the lock %s: %s; the directory must exist and be writable",
		                   buffer_cstr(&name), strerror(errno));
	else if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
		result = refused(store->path, store->lock, fault);
	else
		say_who(store->lock);
	buffer_free(&name);
	return result;
}

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
	if (store->mode == STORE_WRITE) { /* made here, so that its mode is ours and not SQLite's */
		int made = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
		if (made < 0)
			return fault_set(fault, RESULT_PERMANENT, "cannot open the database %s: %s", store->path, strerror(errno));
		(void)close(made);
	}
	int flags = store->mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	int status = sqlite3_open_v2(store->path, &store->database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (status != SQLITE_OK)
		return fault_set(fault, RESULT_PERMANENT, "cannot open the database %s: %s", store->path,
		                 store->database ? sqlite3_errmsg(store->database) : sqlite3_errstr(status));
	(void)sqlite3_busy_timeout(store->database, 5000);
	return RESULT_OK;
}

/* An empty file becomes ours; one that somebody else filled is refused. */
static enum result check_owner(struct store *store, struct fault *fault)
{
	int64_t application = 0, tables = 0;
	enum result result = store_pragma(store, "PRAGMA application_id", &application, fault);
	if (result == RESULT_OK)
		result = store_pragma(store, "SELECT count(*) FROM sqlite_schema", &tables, fault);
	if (result != RESULT_OK)
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s is not a casewatch database, or it is damaged: give `database` another path, or restore a backup",
		                 store->path);
	if (application == STORE_APPLICATION_ID)
		return RESULT_OK;
	if (application != 0 || tables != 0)
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s is a database of another program: give `database` another path", store->path);
	if (store->mode == STORE_READ)
		return fault_set(fault, RESULT_PERMANENT, "%s is empty: has casewatchd ever run with this configuration?",
		                 store->path);
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
	                 "the database %s has schema %d, this tool knows %d: use the tool that came with the daemon%s", store->path,
	                 (int)version, migrate_latest(),
	                 version < migrate_latest() ? ", or start the new daemon once, which brings it up to date" : "");
}

static enum result prepare(struct store *store, struct fault *fault)
{
	enum result result = check_owner(store, fault);
	if (result == RESULT_OK && store->mode == STORE_READ) {
		result = store_execute(store, "PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF; PRAGMA query_only = ON", fault);
		return result == RESULT_OK ? check_version(store, fault) : result;
	}
	/* Checkpoints are our own, in store_commit, because SQLite's automatic ones keep their errors to themselves. */
	if (result == RESULT_OK)
		result = store_execute(store,
		                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
		                       "PRAGMA cache_size = -32768; PRAGMA journal_size_limit = 67108864;"
		                       "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF",
		                       fault);
	if (result == RESULT_OK) {
		(void)sqlite3_wal_hook(store->database, on_log_growth, store);
		result = migrate_to(store, migrate_latest(), fault);
	}
	return result;
}

/* All use of SQLite is on one thread, so it needs no locks of its own; and nobody reads its memory statistics. Refused
 * where SQLite is in use already, and then it stays as it was: slower, and as right. */
static void configure_sqlite(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum result store_open(const char *path, enum store_mode mode, struct store **out, struct fault *fault)
{
	struct store *store = MEM_NEW(struct store);
	*out = NULL;
	configure_sqlite();
	store->path = mem_copy_text(path, strlen(path));
	store->mode = mode;
	store->lock = -1;
	enum result result = mode == STORE_WRITE ? take_lock(store, fault) : RESULT_OK;
	if (result == RESULT_OK)
		result = open_file(store, fault);
	if (result == RESULT_OK)
		result = prepare(store, fault);
	if (result == RESULT_OK && mode == STORE_WRITE)
		result = store_ready(store, fault); /* the tool often needs none of it */
	if (result != RESULT_OK) {
		store_close(store);
		return result;
	}
	*out = store;
	return RESULT_OK;
}

/* ---- memory beside the database ---- */

static void forget(struct store *store)
{
	histories_free(&store->histories);
	duplicates_free(&store->duplicates);
	alerts_forget(&store->alerts);
	due_free(&store->due);
	events_free(&store->events);
	store->loaded = false;
}

static enum result load(struct store *store, struct fault *fault)
{
	forget(store);
	enum result result = histories_load(store, fault);
	if (result == RESULT_OK)
		result = duplicates_load(store, fault);
	if (result == RESULT_OK)
		result = alerts_load(store, fault);
	if (result == RESULT_OK)
		result = due_load(store, fault);
	if (result == RESULT_OK)
		result = events_load(store, fault);
	store->loaded = result == RESULT_OK;
	return result;
}

enum result store_ready(struct store *store, struct fault *fault)
{
	if (store->loaded)
		return RESULT_OK;
	bool own = !store->open; /* one view of all tables, also beside a daemon that writes */
	enum result result = own ? store_execute(store, "BEGIN", fault) : RESULT_OK;
	if (result == RESULT_OK)
		result = load(store, fault);
	if (own && !sqlite3_get_autocommit(store->database))
		(void)sqlite3_exec(store->database, result == RESULT_OK ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL);
	return result;
}

void store_look_anew(struct store *store)
{
	if (store->mode == STORE_READ)
		forget(store);
}

enum result store_changing(struct store *store, struct fault *fault)
{
	if (!store->open)
		return fault_set(fault, RESULT_PERMANENT, "no transaction is open on %s (a mistake in casewatch)", store->path);
	store->touched = true;
	return store_ready(store, fault);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store_rollback(store);
	forget(store);
	alerts_free(&store->alerts);
	statements_free(store);
	if (store->database)
		(void)sqlite3_close_v2(store->database);
	if (store->lock >= 0)
		(void)close(store->lock);
	for (size_t i = 0; i < sizeof store->visits / sizeof store->visits[0]; i++)
		arena_free(store->visits[i]);
	arena_free(store->claimed);
	free(store->path);
	free(store);
}

/* ---- the transaction ---- */

bool store_in_transaction(const struct store *store)
{
	return store->open;
}

bool store_failed_to_read(const struct store *store)
{
	return store->failure == SQLITE_IOERR_READ || store->failure == SQLITE_IOERR_SHORT_READ ||
	       store->failure == SQLITE_IOERR_CORRUPTFS;
}

enum result store_begin(struct store *store, struct fault *fault)
{
	if (store->open)
		return fault_set(fault, RESULT_PERMANENT, "a transaction is open already on %s (a mistake in casewatch)", store->path);
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "BEGIN IMMEDIATE");
	result = query_run(&query, fault);
	store->open = result == RESULT_OK;
	return result;
}

void store_rollback(struct store *store)
{
	if (!store->open)
		return;
	store->open = false;
	if (!sqlite3_get_autocommit(store->database))
		(void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
	if (store->touched)
		forget(store); /* read anew when next needed: rare, and certain to be right */
	store->touched = false;
}

static enum result flush(struct store *store, struct fault *fault)
{
	enum result result = chunks_flush(store, &store->duplicates.chunks, fault);
	if (result == RESULT_OK)
		result = chunks_flush(store, &store->alerts.chunks, fault);
	if (result == RESULT_OK)
		result = due_compact(store, fault);
	if (result == RESULT_OK)
		result = chunks_flush(store, &store->due.log, fault);
	return result;
}

/* After a failed fsync of the database file the kernel may have dropped the pages, and the next checkpoint would succeed
 * without them: so it is an error that ends the process, and the log, still whole, is replayed at the next start. A full
 * disk or a reader in the way only puts it off. */
static enum result checkpoint(struct store *store, int mode, struct fault *fault)
{
	int status = sqlite3_wal_checkpoint_v2(store->database, NULL, mode, NULL, NULL);
	if (status == SQLITE_OK) {
		store->full_said = false;
		return RESULT_OK;
	}
	enum result result = store_failed(store, status, fault);
	if (result != RESULT_TEMPORARY)
		return result;
	if (!store->full_said && (status & 0xff) != SQLITE_BUSY)
		log_warning("the write-ahead log could not be moved into the database: %s", fault->text);
	store->full_said = true;
	return RESULT_OK;
}

enum result store_commit(struct store *store, struct fault *fault)
{
	if (!store->open)
		return fault_set(fault, RESULT_PERMANENT, "no transaction is open on %s (a mistake in casewatch)", store->path);
	enum result result = store->touched ? flush(store, fault) : RESULT_OK;
	if (result == RESULT_OK) {
		struct query query = query_start(store, "COMMIT");
		result = query_run(&query, fault);
	}
	if (result != RESULT_OK) {
		store_rollback(store);
		return result;
	}
	store->open = store->touched = false;
	return store->wal_pages >= CHECKPOINT_PAGES ? checkpoint(store, SQLITE_CHECKPOINT_PASSIVE, fault) : RESULT_OK;
}

enum result store_tidy(struct store *store, struct fault *fault)
{
	if (store->open || store->mode != STORE_WRITE)
		return RESULT_OK;
	(void)sqlite3_busy_timeout(store->database, 50); /* a long reader must not hold the loop up */
	enum result result = checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE, fault);
	(void)sqlite3_busy_timeout(store->database, 5000);
	if (result == RESULT_OK)
		store->wal_pages = 0;
	return result;
}

/* ---- settings and figures ---- */

enum result store_get(struct store *store, const char *name, struct text *value, struct fault *fault)
{
	*value = TEXT_NONE;
	if (!store->claimed)
		store->claimed = arena_new(4096);
	struct query query = query_start(store, "SELECT value FROM meta WHERE name = ?");
	bind_text(&query, text_of(name));
	if (query_row(&query)) {
		struct text found = row_text(&query, 0);
		*value = (struct text){arena_copy_text(store->claimed, found.at, found.length), found.length};
	}
	return query_end(&query, RESULT_OK, fault);
}

enum result store_set(struct store *store, const char *name, struct text value, struct fault *fault)
{
	struct query query = query_start(store, "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)");
	bind_text(&query, text_of(name));
	bind_text(&query, value);
	return query_run(&query, fault);
}

static enum result count_waiting(struct store *store, const char *sql, uint64_t *count, instant *oldest,
                                 struct fault *fault)
{
	struct query query = query_start(store, sql);
	if (query_row(&query)) {
		*count = (uint64_t)row_int(&query, 0);
		*oldest = *count ? row_int(&query, 1) : INSTANT_NEVER;
	}
	return query_end(&query, RESULT_OK, fault);
}

static enum result count_standing(struct store *store, struct store_figures *figures, struct fault *fault)
{
	struct query query = query_start(store, "SELECT severity, acknowledged, count(*) FROM alert WHERE state = 0 AND early = 0"
	                                        " GROUP BY severity, acknowledged");
	while (query_row(&query)) {
		uint64_t count = (uint64_t)row_int(&query, 2);
		if (row_int(&query, 0) >= 0 && row_int(&query, 0) < 3)
			figures->standing[row_int(&query, 0)] += count;
		figures->unanswered += row_int(&query, 1) ? 0 : count;
	}
	return query_end(&query, RESULT_OK, fault);
}

static uint64_t file_bytes(const char *path, const char *suffix)
{
	struct buffer name = {0};
	struct stat status;
	buffer_format(&name, "%s%s", path, suffix);
	uint64_t bytes = stat(buffer_cstr(&name), &status) == 0 ? (uint64_t)status.st_size : 0;
	buffer_free(&name);
	return bytes;
}

enum result store_figures(struct store *store, struct store_figures *figures, struct fault *fault)
{
	*figures = (struct store_figures){.quarantine_oldest = INSTANT_NEVER, .outbox_oldest = INSTANT_NEVER};
	int64_t events = 0, histories = 0, alerts = 0;
	enum result result = store_pragma(store, "SELECT max(id) FROM event", &events, fault);
	if (result == RESULT_OK)
		result = store_pragma(store, "SELECT max(id) FROM history", &histories, fault);
	if (result == RESULT_OK)
		result = store_pragma(store, "SELECT max(number) FROM alert", &alerts, fault);
	if (result == RESULT_OK)
		result = count_waiting(store, "SELECT count(*), min(arrived) FROM quarantine WHERE state = 'waiting'",
		                       &figures->quarantine_waiting, &figures->quarantine_oldest, fault);
	if (result == RESULT_OK)
		result = count_waiting(store, "SELECT count(*), min(created) FROM outbox WHERE open = 1",
		                       &figures->outbox_waiting, &figures->outbox_oldest, fault);
	if (result == RESULT_OK)
		result = count_standing(store, figures, fault);
	figures->events = (uint64_t)events;
	figures->histories = (uint64_t)histories;
	figures->alerts = alerts >= ALERT_FIRST_NUMBER ? (uint64_t)(alerts - ALERT_FIRST_NUMBER + 1) : 0;
	figures->unreadable = store->events.unreadable;
	figures->database_bytes = file_bytes(store->path, "");
	figures->log_bytes = file_bytes(store->path, "-wal");
	figures->memory_bytes = refmap_bytes(store->duplicates.map) + refmap_bytes(store->alerts.map) +
	                        store->histories.room * sizeof(struct history) + map_bytes(&store->histories.by_name);
	return result;
}
