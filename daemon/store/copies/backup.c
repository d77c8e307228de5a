/* backup: the copy, its name, and what is in it. */
#include "store/copies/backup.h"

#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGES_A_PORTION 256     /* of 16 KiB: 4 MiB, some ten milliseconds */
#define BUSY_PAUSE_NS 20000000L /* while somebody else has the page that is wanted */
#define BUSY_MOST 500           /* in a row: ten seconds */

/* ---- files ---- */

enum result backup_name(const char *from, const char *to, struct fault *fault)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return file_sync_name(to, fault);
	struct stat found;
	int why = errno;
	if ((why == EINVAL || why == ENOSYS) && stat(to, &found) != 0 && rename(from, to) == 0)
		return file_sync_name(to, fault);
	return fault_set(fault, RESULT_PERMANENT, "%s cannot be given the name %s: %s", from, to, strerror(why));
}

enum result backup_erasures(const char *database, const char *backup, struct fault *fault)
{
	struct buffer from = {0}, to = {0};
	buffer_format(&from, "%s.erased", database);
	buffer_format(&to, "%s.erased", backup);
	bool none = access(buffer_cstr(&from), F_OK) != 0 && errno == ENOENT; /* nobody was erased yet */
	enum result result = none ? RESULT_OK : file_copy(buffer_cstr(&from), buffer_cstr(&to), 0600, fault);
	if (result != RESULT_OK) {
		const struct fault why = *fault;
		result = fault_set(fault, result,
		                   "%.400s: without it who was erased would come back with the backup; make it as the "
		                   "user of casewatchd",
		                   why.text);
	}
	buffer_free(&from);
	buffer_free(&to);
	return result;
}

/* ---- the copy ---- */

static enum result cannot(sqlite3 *database, const char *path, int status, struct fault *fault)
{
	enum result result =
		(status & 0xff) == SQLITE_FULL || (status & 0xff) == SQLITE_BUSY ? RESULT_TEMPORARY : RESULT_PERMANENT;
	return fault_set(fault, result, "%s: %s%s", path, database ? sqlite3_errmsg(database) : sqlite3_errstr(status),
	                 (status & 0xff) == SQLITE_FULL ? "; make room there, or name another place" : "");
}

/* Its bytes are wrong. That a disk or another program is in the way says nothing of them. */
static bool is_damaged(int status)
{
	return (status & 0xff) == SQLITE_CORRUPT || (status & 0xff) == SQLITE_NOTADB;
}

static enum result open_plainly(const char *path, int flags, sqlite3 **database, struct fault *fault)
{
	int status = sqlite3_open_v2(path, database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (status == SQLITE_OK)
		(void)sqlite3_busy_timeout(*database, 5000);
	return status == SQLITE_OK ? RESULT_OK : cannot(*database, path, status, fault);
}

static enum result run_sql(sqlite3 *database, const char *path, const char *sql, struct fault *fault)
{
	int status = sqlite3_exec(database, sql, NULL, NULL, NULL);
	return status == SQLITE_OK ? RESULT_OK : cannot(database, path, status, fault);
}

/* All portions are of the view that was opened before: what the daemon writes meanwhile does not begin it anew. */
static enum result copy_pages(sqlite3 *from, sqlite3 *to, const char *path, backup_progress *progress, void *argument,
                              struct fault *fault)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int status = backup ? SQLITE_OK : sqlite3_errcode(to), waits = 0;
	bool goes_on = true;
	while (backup && status == SQLITE_OK && goes_on) {
		status = sqlite3_backup_step(backup, PAGES_A_PORTION);
		bool busy = (status & 0xff) == SQLITE_BUSY || (status & 0xff) == SQLITE_LOCKED;
		waits = busy ? waits + 1 : 0;
		if (busy && waits < BUSY_MOST) {
			(void)nanosleep(&(struct timespec){.tv_nsec = BUSY_PAUSE_NS}, NULL);
			status = SQLITE_OK;
		}
		if (progress && !busy)
			goes_on =
				progress(argument, sqlite3_backup_pagecount(backup) - sqlite3_backup_remaining(backup),
			                 sqlite3_backup_pagecount(backup));
	}
	if (backup && sqlite3_backup_finish(backup) != SQLITE_OK && status == SQLITE_DONE)
		status = sqlite3_errcode(to);
	if (!goes_on)
		return fault_set(fault, RESULT_TEMPORARY, "the backup was broken off; there is none of it");
	return status == SQLITE_DONE ? RESULT_OK : cannot(to, path, status, fault);
}

/* The file's own mode, and not what SQLite would give it. */
static enum result make_file(const char *path, struct fault *fault)
{
	int made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (made < 0)
		return fault_set(fault, RESULT_PERMANENT, "%s cannot be made: %s", path, strerror(errno));
	(void)close(made);
	return RESULT_OK;
}

enum result backup_copy(const char *database, const char *to, backup_progress *progress, void *argument,
                        struct fault *fault)
{
	sqlite3 *source = NULL, *copy = NULL;
	enum result result = make_file(to, fault);
	if (result != RESULT_OK)
		return result;
	result = open_plainly(database, SQLITE_OPEN_READONLY, &source, fault);
	if (result == RESULT_OK)
		result = run_sql(source, database, "BEGIN; SELECT count(*) FROM sqlite_schema", fault);
	if (result == RESULT_OK)
		result = open_plainly(to, SQLITE_OPEN_READWRITE, &copy, fault);
	if (result == RESULT_OK)
		result = run_sql(copy, to, "PRAGMA synchronous = OFF", fault); /* it is synchronised once, at its end */
	if (result == RESULT_OK)
		result = copy_pages(source, copy, to, progress, argument, fault);
	(void)sqlite3_close_v2(source);
	(void)sqlite3_close_v2(copy);
	copy = NULL;
	/* The copy says of itself that it has a log: whoever opened it without would be refused. */
	if (result == RESULT_OK)
		result = open_plainly(to, SQLITE_OPEN_READWRITE, &copy, fault);
	if (result == RESULT_OK)
		result = run_sql(copy, to, "PRAGMA journal_mode = DELETE", fault);
	(void)sqlite3_close_v2(copy);
	if (result == RESULT_OK)
		result = file_sync(to, fault);
	if (result != RESULT_OK)
		(void)unlink(to);
	return result;
}

/* ---- what is in it ---- */

/* *value stays where there is none, and where an older schema has no such table; not where it cannot be read: that is
 * said, and not taken for none. */
static enum result ask(sqlite3 *database, const char *path, const char *sql, int64_t *value, struct fault *fault)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
	if (status == SQLITE_ERROR)
		return RESULT_OK;
	if (status == SQLITE_OK)
		status = sqlite3_step(statement);
	if (status == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		*value = sqlite3_column_int64(statement, 0);
	enum result result = status == SQLITE_ROW ? RESULT_OK : cannot(database, path, status, fault);
	(void)sqlite3_finalize(statement);
	return result;
}

static enum result read_facts(sqlite3 *database, const char *path, struct backup_facts *facts, struct fault *fault)
{
	const struct {
		const char *sql;
		int64_t *value;
	} asked[] = {
		{"SELECT count(*) FROM event", &facts->events},
		{"SELECT count(*) FROM alert WHERE early = 0", &facts->alerts},
		{"SELECT count(*) FROM outbox WHERE open = 1", &facts->waiting},
		{"SELECT count(*) FROM quarantine WHERE state = 'waiting'", &facts->quarantined},
		{"SELECT max(arrived) FROM (SELECT arrived FROM event ORDER BY id DESC LIMIT 1000)", &facts->newest},
	};
	enum result result = RESULT_OK;
	for (size_t i = 0; i < sizeof asked / sizeof *asked && result == RESULT_OK; i++)
		result = ask(database, path, asked[i].sql, asked[i].value, fault);
	return result;
}

static enum result check_whose(sqlite3 *database, const char *path, struct backup_facts *facts, struct fault *fault)
{
	sqlite3_stmt *statement = NULL;
	int64_t application = 0, version = 0;
	int status = sqlite3_prepare_v2(database, "SELECT count(*) FROM sqlite_schema", -1, &statement, NULL);
	(void)sqlite3_finalize(statement);
	if (status != SQLITE_OK && !is_damaged(status))
		return cannot(database, path, status, fault);
	enum result result =
		status == SQLITE_OK ? ask(database, path, "PRAGMA application_id", &application, fault) : RESULT_OK;
	if (result == RESULT_OK && application != STORE_APPLICATION_ID)
		return fault_set(fault, RESULT_PERMANENT, "%s is no database of casewatch, or it is damaged", path);
	if (result == RESULT_OK)
		result = ask(database, path, "PRAGMA user_version", &version, fault);
	if (result != RESULT_OK)
		return result;
	facts->version = (int)version;
	if (facts->version > migrate_latest())
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s was written by a newer casewatch (schema %d, this program knows %d): install that "
		                 "version first",
		                 path, facts->version, migrate_latest());
	return RESULT_OK;
}

/* Every page, every index against its table. */
static enum result check_pages(sqlite3 *database, const char *path, struct fault *fault)
{
	sqlite3_stmt *statement = NULL;
	char said[256] = "";
	int status = sqlite3_prepare_v2(database, "PRAGMA integrity_check(1)", -1, &statement, NULL);
	if (status == SQLITE_OK && (status = sqlite3_step(statement)) == SQLITE_ROW)
		(void)snprintf(said, sizeof said, "%s", (const char *)sqlite3_column_text(statement, 0));
	if (status != SQLITE_ROW)
		(void)snprintf(said, sizeof said, "%s", sqlite3_errmsg(database));
	enum result result =
		status == SQLITE_ROW || is_damaged(status) ? RESULT_OK : cannot(database, path, status, fault);
	(void)sqlite3_finalize(statement);
	if (result != RESULT_OK)
		return result;
	return strcmp(said, "ok") == 0 ? RESULT_OK
	                               : fault_set(fault, RESULT_PERMANENT, "%s is damaged: %s", path, said);
}

enum result backup_check_pages(const char *path, struct fault *fault)
{
	sqlite3 *database = NULL;
	enum result result = open_plainly(path, SQLITE_OPEN_READONLY, &database, fault);
	if (result == RESULT_OK)
		result = check_pages(database, path, fault);
	(void)sqlite3_close_v2(database);
	return result;
}

static enum result check_chain(const char *path, struct backup_facts *facts, struct fault *fault)
{
	struct store *store;
	struct audit_verdict verdict;
	enum result result = store_open(path, STORE_READ, &store, fault);
	if (result != RESULT_OK)
		return result;
	result = audit_verify(store, NULL, 0, NULL, NULL, &verdict, fault);
	if (result == RESULT_OK && verdict.wrong)
		result = fault_set(fault, RESULT_PERMANENT, "the audit in %s does not verify: %s", path, verdict.what);
	if (result == RESULT_OK)
		result = audit_head(store, &facts->head, fault);
	facts->chain_read = result == RESULT_OK;
	store_close(store);
	return result;
}

static enum result check_head(const char *path, struct backup_facts *facts, struct fault *fault)
{
	struct store *store;
	enum result result = store_open(path, STORE_READ, &store, fault);
	if (result == RESULT_OK)
		result = audit_head(store, &facts->head, fault);
	store_close(store);
	return result;
}

enum result backup_check(const char *path, bool thorough, struct backup_facts *facts, struct fault *fault)
{
	sqlite3 *database = NULL;
	struct stat found;
	*facts = (struct backup_facts){.newest = INSTANT_NONE, .head = {.at = INSTANT_NONE}};
	if (stat(path, &found) != 0)
		return fault_set(fault, RESULT_PERMANENT, "%s cannot be read: %s", path, strerror(errno));
	facts->bytes = (uint64_t)found.st_size;
	enum result result = open_plainly(path, SQLITE_OPEN_READONLY, &database, fault);
	if (result == RESULT_OK)
		result = check_whose(database, path, facts, fault);
	if (result == RESULT_OK && thorough)
		result = check_pages(database, path, fault);
	if (result == RESULT_OK && thorough) /* SQLite does not see that a byte of an event turned */
		result = packed_sound(database, &facts->damaged, fault);
	if (result == RESULT_OK)
		result = read_facts(database, path, facts, fault);
	(void)sqlite3_close_v2(database);
	if (result == RESULT_OK && facts->version == migrate_latest())
		result = thorough ? check_chain(path, facts, fault) : check_head(path, facts, fault);
	return result;
}
