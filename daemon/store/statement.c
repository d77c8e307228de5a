/* statement: prepared statements kept by the address of their SQL, and what SQLite's errors mean for the caller. */
#include "store/store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void store_forget(struct store *store)
{
	for (const struct store_group *group = store->groups; group && group->load; group++)
		group->forget(store);
	store->loaded = store->behind = false;
}

void store_rollback(struct store *store)
{
	if (!store->open)
		return;
	store->open = false;
	lines_end(store, false);
	store->claim.id = 0;
	store->rollbacks++;
	audit_forget(store);
	if (!sqlite3_get_autocommit(store->database))
		(void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
	if (store->touched)
		store_forget(store); /* read anew when next needed: rare, and certain to be right */
	store->touched = false;
}

static enum result disk_full(struct store *store, struct fault *fault)
{
	return fault_set(fault, RESULT_TEMPORARY,
	                 "there is no room left for the database %s: nothing was lost, and events wait at their "
	                 "source; free space on that disk and the daemon goes on by itself",
	                 store->path);
}

/* SQLITE_FULL rolls the transaction back by itself, others may leave it open: look, and leave nothing half done. */
static void leave_nothing_open(struct store *store)
{
	if (store->open && sqlite3_get_autocommit(store->database))
		store_rollback(store);
}

static bool failed_to_sync(int status)
{
	return status == SQLITE_IOERR_FSYNC || status == SQLITE_IOERR_DIR_FSYNC;
}

/* SQLite's own word for it is of a write that found none; what it could not write beside the database (its index of the
 * log, at a start) and what a quota refused it calls an error of the disk. What could not be synced, for whatever
 * reason, may be lost: that is another thing. */
static bool no_room_left(const struct store *store, int status)
{
	int why = sqlite3_system_errno(store->database);
	return (status & 0xff) == SQLITE_FULL || ((status & 0xff) == SQLITE_IOERR && !failed_to_sync(status) &&
	                                          (why == ENOSPC || why == EDQUOT));
}

enum result store_failed(struct store *store, int status, struct fault *fault)
{
	int basic = status & 0xff;
	bool no_room = no_room_left(store, status);
	store->failure = status;
	char words[512];
	(void)snprintf(words, sizeof words, "%s", sqlite3_errmsg(store->database));
	leave_nothing_open(store);
	if (no_room)
		return disk_full(store, fault);
	if (basic == SQLITE_BUSY || basic == SQLITE_LOCKED)
		return fault_set(fault, RESULT_TEMPORARY, "the database %s is busy: %s", store->path, words);
	if (failed_to_sync(status))
		return fault_set(
			fault, RESULT_PERMANENT,
			"the disk did not keep what was written to the database %s (a failed fsync): the daemon must "
		        "start clean; look at the kernel's log (journalctl -k) before trusting this disk",
			store->path);
	if (basic == SQLITE_IOERR) /* said at once, and nothing was taken for written: it may be tried again */
		return fault_set(fault, RESULT_TEMPORARY,
		                 "the database %s cannot be read or written (%s, SQLite code %d): look at the kernel's "
		                 "log (journalctl -k), quotas and limits; events wait at their source meanwhile",
		                 store->path, words, status);
	if (basic == SQLITE_CORRUPT || basic == SQLITE_NOTADB)
		return fault_set(fault, RESULT_PERMANENT,
		                 "the database %s is damaged (%s): stop, keep a copy of it, and restore the last "
		                 "backup; events since then are read again from their source",
		                 store->path, words);
	return fault_set(fault, RESULT_PERMANENT, "the database %s: %s (SQLite code %d)", store->path, words, status);
}

static struct statement *extra_statement(struct store *store, const char *sql)
{
	for (size_t i = 0; i < store->extra_count; i++)
		if (store->extra[i]->sql == sql && !store->extra[i]->used)
			return store->extra[i];
	struct statement **place = mem_push((void **)&store->extra, &store->extra_count, &store->extra_room,
	                                    sizeof(struct statement *));
	*place = MEM_NEW(struct statement);
	(*place)->sql = sql;
	return *place;
}

/* The statement's slot, or an extra one where it is in use (a visitor that asks the same question) or the table is
 * full. */
static struct statement *statement_place(struct store *store, const char *sql)
{
	size_t at = ((uintptr_t)sql * 0x9e3779b97f4a7c15u) >> 56;
	for (size_t i = 0; i < STATEMENT_SLOTS; i++) {
		struct statement *slot = &store->statements[(at + i) % STATEMENT_SLOTS];
		if (!slot->sql)
			slot->sql = sql;
		if (slot->sql == sql)
			return slot->used ? extra_statement(store, sql) : slot;
	}
	return extra_statement(store, sql);
}

struct query query_start(struct store *store, const char *literal_sql)
{
	struct query query = {.store = store, .statement = statement_place(store, literal_sql), .status = SQLITE_OK};
	if (!query.statement->prepared)
		query.status = sqlite3_prepare_v3(store->database, literal_sql, -1, SQLITE_PREPARE_PERSISTENT,
		                                  &query.statement->prepared, NULL);
	query.statement->used = true;
	return query;
}

static void note(struct query *query, int status)
{
	if (query->status == SQLITE_OK && status != SQLITE_OK)
		query->status = status;
}

void bind_int(struct query *query, int64_t value)
{
	if (query->status == SQLITE_OK)
		note(query, sqlite3_bind_int64(query->statement->prepared, ++query->bound, value));
}

void bind_real(struct query *query, double value)
{
	if (query->status == SQLITE_OK)
		note(query, sqlite3_bind_double(query->statement->prepared, ++query->bound, value));
}

void bind_text(struct query *query, struct text value)
{
	if (query->status == SQLITE_OK)
		note(query, sqlite3_bind_text64(query->statement->prepared, ++query->bound, value.at ? value.at : "",
		                                value.length, SQLITE_STATIC, SQLITE_UTF8));
}

void bind_blob(struct query *query, const void *bytes, size_t length)
{
	if (query->status == SQLITE_OK)
		note(query, sqlite3_bind_blob64(query->statement->prepared, ++query->bound, bytes ? bytes : "", length,
		                                SQLITE_STATIC));
}

bool query_row(struct query *query)
{
	if (query->status != SQLITE_OK && query->status != SQLITE_ROW)
		return false;
	query->status = sqlite3_step(query->statement->prepared);
	return query->status == SQLITE_ROW;
}

int64_t row_int(const struct query *query, int column)
{
	return sqlite3_column_int64(query->statement->prepared, column);
}

struct text row_text(const struct query *query, int column)
{
	const unsigned char *at = sqlite3_column_text(query->statement->prepared, column);
	int length = sqlite3_column_bytes(query->statement->prepared, column);
	return (struct text){(const char *)at, at ? (size_t)length : 0};
}

struct text row_blob(const struct query *query, int column)
{
	const void *at = sqlite3_column_blob(query->statement->prepared, column);
	int length = sqlite3_column_bytes(query->statement->prepared, column);
	return (struct text){at, at ? (size_t)length : 0};
}

enum result query_end(struct query *query, enum result so_far, struct fault *fault)
{
	int status = query->status;
	enum result result = so_far;
	if (so_far == RESULT_OK && status != SQLITE_OK && status != SQLITE_ROW && status != SQLITE_DONE)
		result = store_failed(query->store, status, fault);
	if (query->statement->prepared)
		(void)sqlite3_reset(
			query->statement->prepared); /* what was bound is never read again: every use binds all */
	query->statement->used = false;
	return result;
}

enum result query_run(struct query *query, struct fault *fault)
{
	while (query_row(query))
		;
	return query_end(query, RESULT_OK, fault);
}

enum result store_execute(struct store *store, const char *sql, struct fault *fault)
{
	int status = sqlite3_exec(store->database, sql, NULL, NULL, NULL);
	return status == SQLITE_OK ? RESULT_OK : store_failed(store, status, fault);
}

static uint64_t sum_of(const struct store *store, int counter)
{
	uint64_t sum = 0;
	for (sqlite3_stmt *statement = sqlite3_next_stmt(store->database, NULL); statement;
	     statement = sqlite3_next_stmt(store->database, statement))
		sum += (uint64_t)sqlite3_stmt_status(statement, counter, 0);
	return sum;
}

uint64_t store_steps(const struct store *store)
{
	return sum_of(store, SQLITE_STMTSTATUS_VM_STEP);
}

uint64_t store_prepared_anew(const struct store *store)
{
	return sum_of(store, SQLITE_STMTSTATUS_REPREPARE);
}

void statements_free(struct store *store)
{
	for (size_t i = 0; i < STATEMENT_SLOTS; i++)
		(void)sqlite3_finalize(store->statements[i].prepared);
	for (size_t i = 0; i < store->extra_count; i++) {
		(void)sqlite3_finalize(store->extra[i]->prepared);
		free(store->extra[i]);
	}
	free(store->extra);
	store->extra = NULL;
	store->extra_count = store->extra_room = 0;
}

enum result store_pragma(struct store *store, const char *sql, int64_t *value, struct fault *fault)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL);
	if (status == SQLITE_OK)
		status = sqlite3_step(statement);
	if (status == SQLITE_ROW)
		*value = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return status == SQLITE_ROW || status == SQLITE_DONE ? RESULT_OK : store_failed(store, status, fault);
}
