/* follow_copy: records into the copy. */
#include "store/copies/follow_internal.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLES_MOST 64   /* twice as many as the schema has */
#define MAKING ".making" /* behind the name of a copy that is not whole yet */

static const char mark_sql[] = "CREATE TABLE IF NOT EXISTS copied (id INTEGER PRIMARY KEY CHECK (id = 1),"
			       " line TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL) STRICT";

struct follow_copy {
	char *path;
	struct store *lock;  /* of the path, whichever file is written to */
	struct store *store; /* NULL: there is none yet */
	bool making;         /* it is another file, until it is whole */
	bool open;           /* a transaction is */
	struct table {
		struct followed is;
		sqlite3_stmt *put, *take;
	} tables[TABLES_MOST];
	size_t count;
};

/* ---- the file ---- */

static void forget_tables(struct follow_copy *copy)
{
	for (size_t i = 0; i < copy->count; i++) {
		(void)sqlite3_finalize(copy->tables[i].put);
		(void)sqlite3_finalize(copy->tables[i].take);
	}
	copy->count = 0;
}

static void close_file(struct follow_copy *copy)
{
	forget_tables(copy);
	if (copy->open)
		(void)sqlite3_exec(copy->store->database, "ROLLBACK", NULL, NULL, NULL);
	copy->open = false;
	store_close(copy->store);
	copy->store = NULL;
}

static bool is_there(const char *path)
{
	struct stat found;
	return stat(path, &found) == 0 && found.st_size > 0;
}

/* One of another schema would be brought up to this one, and yet not be what the original then is: it is made anew. */
static enum result look_at_file(const char *path, bool *usable, struct fault *fault)
{
	struct store look = {.path = (char *)(uintptr_t)path, .mode = STORE_READ, .lock = -1};
	int64_t version = 0;
	instant at;
	enum result result = RESULT_OK;
	int status = sqlite3_open_v2(path, &look.database, SQLITE_OPEN_READONLY | SQLITE_OPEN_EXRESCODE, NULL);
	if (status == SQLITE_OK)
		result = store_pragma(&look, "PRAGMA user_version", &version, fault);
	if (status != SQLITE_OK || (result == RESULT_OK && !follow_is_copy(&look, &at)))
		result = fault_set(fault, RESULT_PERMANENT,
		                   "%s is a database of its own and no copy: nothing was changed. Give the copy a "
		                   "directory of its own",
		                   path);
	(void)sqlite3_close_v2(look.database);
	*usable = version == migrate_latest();
	return result;
}

static enum result open_file(struct follow_copy *copy, struct fault *fault)
{
	bool usable = false;
	enum result result = look_at_file(copy->path, &usable, fault);
	if (result == RESULT_OK && usable)
		result = store_open_bare(copy->path, &copy->store, fault);
	return result;
}

static void remove_made(const struct follow_copy *copy)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
	struct buffer path = {0};
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		buffer_clear(&path);
		buffer_format(&path, "%s" MAKING "%s", copy->path, endings[i]);
		(void)unlink(buffer_cstr(&path));
	}
	buffer_free(&path);
}

static enum result empty_table(void *argument, struct store *store, const struct followed *table, struct fault *fault)
{
	struct buffer sql = {0};
	(void)argument;
	buffer_format(&sql, "DELETE FROM \"%s\"", table->name);
	enum result result = store_execute(store, buffer_cstr(&sql), fault);
	buffer_free(&sql);
	return result;
}

/* The one before it stays under the name until this one is whole: a machine may be lost just then. */
static enum result begin_anew(struct follow_copy *copy, struct fault *fault)
{
	struct buffer path = {0};
	close_file(copy);
	remove_made(copy);
	buffer_format(&path, "%s" MAKING, copy->path);
	copy->making = true;
	enum result result = store_open_bare(buffer_cstr(&path), &copy->store, fault);
	if (result == RESULT_OK)
		result = store_execute(copy->store, mark_sql, fault);
	if (result == RESULT_OK)
		result = followed_each(copy->store, empty_table, NULL, fault);
	buffer_free(&path);
	return result;
}

static enum result end_anew(struct follow_copy *copy, struct fault *fault)
{
	struct buffer made = {0}, log = {0};
	close_file(copy); /* moves the log into the file */
	buffer_format(&made, "%s" MAKING, copy->path);
	buffer_format(&log, "%s-wal", copy->path);
	enum result result = file_sync(buffer_cstr(&made), fault);
	if (result == RESULT_OK)
		(void)unlink(buffer_cstr(&log)); /* of the copy before it, which goes with it */
	if (result == RESULT_OK && rename(buffer_cstr(&made), copy->path) != 0)
		result =
			fault_set(fault, RESULT_TEMPORARY, "%s cannot be given its name: %s", made.at, strerror(errno));
	if (result == RESULT_OK)
		result = file_sync_name(copy->path, fault);
	buffer_free(&made);
	buffer_free(&log);
	copy->making = false;
	return result == RESULT_OK ? open_file(copy, fault) : result;
}

enum result follow_copy_open(const char *path, struct follow_copy **out, struct fault *fault)
{
	struct follow_copy *copy = MEM_NEW(struct follow_copy);
	*out = NULL;
	*copy = (struct follow_copy){.path = mem_copy_text(path, strlen(path)), .lock = MEM_NEW(struct store)};
	*copy->lock = (struct store){.path = copy->path, .lock = -1};
	enum result result = store_take_lock(copy->lock, fault);
	if (result == RESULT_OK && is_there(path))
		result = open_file(copy, fault);
	if (result != RESULT_OK) {
		follow_copy_close(copy);
		return result;
	}
	*out = copy;
	return RESULT_OK;
}

void follow_copy_close(struct follow_copy *copy)
{
	if (!copy)
		return;
	close_file(copy);
	if (copy->making)
		remove_made(copy);
	if (copy->lock->lock >= 0)
		(void)close(copy->lock->lock);
	free(copy->lock);
	free(copy->path);
	free(copy);
}

enum result follow_copy_place(struct follow_copy *copy, struct follow_place *place, struct fault *fault)
{
	*place = (struct follow_place){.number = 0};
	if (!copy->store)
		return RESULT_OK;
	struct query query = query_start(copy->store, "SELECT line, number FROM copied");
	if (query_row(&query)) {
		(void)snprintf(place->line, sizeof place->line, "%.*s", TEXT_ARG(row_text(&query, 0)));
		place->number = row_int(&query, 1);
	}
	enum result result = query_end(&query, RESULT_OK, fault);
	audit_forget(copy->store);
	return result == RESULT_OK ? audit_head(copy->store, &place->head, fault) : result;
}

/* ---- records ---- */

struct bytes {
	struct text rest;
	bool good;
};

static struct text take_bytes(struct bytes *bytes, size_t length)
{
	struct text taken = {bytes->rest.at, length};
	if (!bytes->good || bytes->rest.length < length) {
		bytes->good = false;
		return TEXT_NONE;
	}
	bytes->rest = (struct text){bytes->rest.at + length, bytes->rest.length - length};
	return taken;
}

static uint64_t take_number(struct bytes *bytes, size_t length)
{
	struct text taken = take_bytes(bytes, length);
	uint64_t number = 0;
	for (size_t i = taken.length; i-- > 0;)
		number = number << 8 | (unsigned char)taken.at[i];
	return number;
}

static struct text take_name(struct bytes *bytes)
{
	return take_bytes(bytes, (size_t)take_number(bytes, 1));
}

static int bind_value(sqlite3_stmt *statement, int place, struct bytes *bytes)
{
	struct text kind = take_bytes(bytes, 1), value;
	uint64_t bits;
	double real;
	switch (kind.length ? *kind.at : '?') {
	case 'N': return sqlite3_bind_null(statement, place);
	case 'I': return sqlite3_bind_int64(statement, place, (int64_t)take_number(bytes, 8));
	case 'R':
		bits = take_number(bytes, 8);
		memcpy(&real, &bits, sizeof real);
		return sqlite3_bind_double(statement, place, real);
	case 'T':
		value = take_bytes(bytes, (size_t)take_number(bytes, 4));
		return sqlite3_bind_text64(statement, place, value.length ? value.at : "", value.length, SQLITE_STATIC,
		                           SQLITE_UTF8);
	case 'B':
		value = take_bytes(bytes, (size_t)take_number(bytes, 4));
		return sqlite3_bind_blob64(statement, place, value.length ? value.at : "", value.length, SQLITE_STATIC);
	default: bytes->good = false; return SQLITE_OK;
	}
}

static enum result strange(struct fault *fault)
{
	return fault_set(fault, RESULT_PERMANENT,
	                 "what comes is not from a casewatch of this version: install the same on both machines");
}

static enum result prepare(struct follow_copy *copy, struct table *table, struct fault *fault)
{
	struct buffer put = {0}, gone = {0};
	buffer_format(&put, "INSERT OR REPLACE INTO \"%s\" VALUES (", table->is.name);
	for (size_t i = 0; i < table->is.columns; i++)
		buffer_string(&put, i ? ", ?" : "?");
	buffer_string(&put, ")");
	buffer_format(&gone, "DELETE FROM \"%s\"", table->is.name);
	followed_put_where(&table->is, &gone);
	int status = sqlite3_prepare_v2(copy->store->database, buffer_cstr(&put), -1, &table->put, NULL);
	if (status == SQLITE_OK)
		status = sqlite3_prepare_v2(copy->store->database, buffer_cstr(&gone), -1, &table->take, NULL);
	buffer_free(&put);
	buffer_free(&gone);
	return status == SQLITE_OK ? RESULT_OK : store_failed(copy->store, status, fault);
}

/* Only what is a table here, by the name that the schema has for it. */
static enum result find_name(void *argument, struct store *store, const struct followed *table, struct fault *fault)
{
	struct table *wanted = argument;
	(void)store;
	(void)fault;
	if (strcmp(table->name, wanted->is.name) == 0)
		wanted->is = *table;
	return RESULT_OK;
}

static enum result table_named(struct follow_copy *copy, struct text name, struct table **found, struct fault *fault)
{
	for (size_t i = 0; i < copy->count; i++)
		if (text_equal(name, text_of(copy->tables[i].is.name))) {
			*found = &copy->tables[i];
			return RESULT_OK;
		}
	if (copy->count == TABLES_MOST || !name.length || name.length >= sizeof copy->tables[0].is.name)
		return strange(fault);
	struct table *table = *found = &copy->tables[copy->count];
	*table = (struct table){.put = NULL};
	memcpy(table->is.name, name.at, name.length);
	enum result result = followed_each(copy->store, find_name, table, fault);
	if (result == RESULT_OK && !table->is.columns)
		return strange(fault);
	copy->count++; /* its statements are freed, also of one by halves */
	return result == RESULT_OK ? prepare(copy, table, fault) : result;
}

static enum result run_statement(struct follow_copy *copy, sqlite3_stmt *statement, int status,
                                 const struct bytes *bytes, struct fault *fault)
{
	bool whole = bytes->good && !bytes->rest.length;
	if (status == SQLITE_OK && whole)
		status = sqlite3_step(statement);
	enum result result = !whole                  ? strange(fault)
	                     : status == SQLITE_DONE ? RESULT_OK
	                                             : store_failed(copy->store, status, fault);
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return result;
}

static enum result take_row(struct follow_copy *copy, struct bytes *bytes, struct fault *fault)
{
	struct table *table = NULL;
	int status = SQLITE_OK;
	enum result result = table_named(copy, take_name(bytes), &table, fault);
	if (result != RESULT_OK)
		return result;
	if (take_number(bytes, 2) != table->is.columns)
		return strange(fault);
	for (size_t i = 0; i < table->is.columns && status == SQLITE_OK && bytes->good; i++)
		status = bind_value(table->put, (int)i + 1, bytes);
	return run_statement(copy, table->put, status, bytes, fault);
}

static enum result take_gone(struct follow_copy *copy, struct bytes *bytes, struct fault *fault)
{
	struct table *table = NULL;
	enum result result = table_named(copy, take_name(bytes), &table, fault);
	if (result != RESULT_OK)
		return result;
	int status = SQLITE_OK;
	for (size_t i = 0; i < table->is.key_count && status == SQLITE_OK && bytes->good; i++)
		status = bind_value(table->take, (int)i + 1, bytes);
	return run_statement(copy, table->take, status, bytes, fault);
}

static enum result take_erasures(const struct follow_copy *copy, struct text bytes, struct fault *fault)
{
	struct buffer path = {0}, fresh = {0};
	buffer_format(&path, "%s.erased", copy->path);
	buffer_format(&fresh, "%s.new", buffer_cstr(&path));
	if (!bytes.length && !is_there(buffer_cstr(&path))) {
		buffer_free(&path);
		buffer_free(&fresh);
		return RESULT_OK;
	}
	int file = open(buffer_cstr(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool whole = file >= 0 && file_write(file, bytes) && fsync(file) == 0;
	if (file >= 0)
		whole = close(file) == 0 && whole;
	whole = whole && rename(buffer_cstr(&fresh), buffer_cstr(&path)) == 0;
	enum result result =
		whole ? file_sync_name(buffer_cstr(&path), fault)
		      : fault_set(fault, RESULT_TEMPORARY, "%s cannot be written: %s", path.at, strerror(errno));
	buffer_free(&path);
	buffer_free(&fresh);
	return result;
}

static enum result begin_transaction(struct follow_copy *copy, struct fault *fault)
{
	if (copy->open)
		return RESULT_OK;
	enum result result = store_execute(copy->store, "BEGIN IMMEDIATE", fault);
	copy->open = result == RESULT_OK;
	return result;
}

static enum result take_moment(struct follow_copy *copy, struct bytes *bytes, instant *at, struct fault *fault)
{
	struct text line = take_name(bytes);
	int64_t number = (int64_t)take_number(bytes, 8);
	instant moment = (instant)take_number(bytes, 8);
	if (!bytes->good || bytes->rest.length || !line.length)
		return strange(fault);
	struct query query =
		query_start(copy->store, "INSERT OR REPLACE INTO copied (id, line, number, at) VALUES (1, ?, ?, ?)");
	bind_text(&query, line);
	bind_int(&query, number);
	bind_int(&query, moment);
	enum result result = query_run(&query, fault);
	if (result == RESULT_OK)
		result = store_execute(copy->store, "COMMIT", fault);
	copy->open = copy->open && result != RESULT_OK;
	if (result == RESULT_OK && copy->making)
		result = end_anew(copy, fault);
	if (result == RESULT_OK)
		*at = moment;
	return result;
}

enum result follow_copy_take(struct follow_copy *copy, char kind, struct text record, instant *at, struct fault *fault)
{
	struct bytes bytes = {record, true};
	*at = INSTANT_NONE;
	if (kind == FOLLOW_ERASED)
		return take_erasures(copy, record, fault);
	if (kind == FOLLOW_WHOLE) {
		log_notice("everything is copied, because %.*s", TEXT_ARG(record));
		return begin_anew(copy, fault);
	}
	if ((kind != FOLLOW_ROW && kind != FOLLOW_GONE && kind != FOLLOW_MOMENT) || !copy->store)
		return strange(fault);
	enum result result = begin_transaction(copy, fault);
	if (result != RESULT_OK)
		return result;
	switch (kind) {
	case FOLLOW_ROW: return take_row(copy, &bytes, fault);
	case FOLLOW_GONE: return take_gone(copy, &bytes, fault);
	default: return take_moment(copy, &bytes, at, fault);
	}
}

/* ---- before a restore ---- */

enum result follow_copy_settle(const char *path, instant *at, struct fault *fault)
{
	struct follow_copy *copy = NULL;
	*at = INSTANT_NONE;
	if (!is_there(path))
		return fault_set(fault, RESULT_PERMANENT, "there is no whole copy at %s", path);
	enum result result = follow_copy_open(path, &copy, fault);
	if (result == RESULT_OK && !copy->store)
		result = fault_set(
			fault, RESULT_PERMANENT,
			"%s has another schema than this program: take over with the casewatch that followed", path);
	if (result == RESULT_OK)
		(void)follow_is_copy(copy->store, at);
	if (result == RESULT_OK)
		result = store_execute(copy->store, "PRAGMA wal_checkpoint(TRUNCATE)", fault);
	follow_copy_close(copy);
	return result;
}
