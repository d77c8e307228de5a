/* follow_ship: what a copy lacks, as records. */
#include "store/copies/follow_internal.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GATHERED ((size_t)1 << 16) /* bytes before they are written */
#define TABLES_MOST 64             /* twice as many as the schema has */

struct shipping {
	struct store *store;
	follow_write *write;
	void *argument;
	struct buffer out;
	struct table {
		struct followed is;
		sqlite3_stmt *row; /* by its key */
	} tables[TABLES_MOST];
	size_t count;
	int64_t rows;
};

/* ---- bytes ---- */

static void put_number(struct buffer *out, uint64_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buffer_char(out, (char)(number >> (8 * i) & 0xff));
}

static size_t begin_record(struct shipping *shipping, enum follow_kind kind)
{
	buffer_char(&shipping->out, (char)kind);
	put_number(&shipping->out, 0, 4);
	return shipping->out.length;
}

static enum result flush(struct shipping *shipping, struct fault *fault)
{
	enum result result = shipping->write(shipping->argument, buffer_view(&shipping->out), fault);
	buffer_clear(&shipping->out);
	return result;
}

static enum result end_record(struct shipping *shipping, size_t begun, struct fault *fault)
{
	size_t length = shipping->out.length - begun;
	for (size_t i = 0; i < 4; i++)
		shipping->out.at[begun - 4 + i] = (char)(length >> (8 * i) & 0xff);
	return shipping->out.length >= GATHERED ? flush(shipping, fault) : RESULT_OK;
}

static void put_bytes(struct buffer *out, char kind, const void *bytes, size_t length)
{
	buffer_char(out, kind);
	put_number(out, length, 4);
	buffer_add(out, length ? bytes : "", length);
}

static void put_value(struct buffer *out, sqlite3_stmt *from, int column)
{
	double real = 0;
	uint64_t bits = 0;
	switch (sqlite3_column_type(from, column)) {
	case SQLITE_INTEGER:
		buffer_char(out, 'I');
		put_number(out, (uint64_t)sqlite3_column_int64(from, column), 8);
		break;
	case SQLITE_FLOAT:
		real = sqlite3_column_double(from, column);
		memcpy(&bits, &real, sizeof bits);
		buffer_char(out, 'R');
		put_number(out, bits, 8);
		break;
	case SQLITE_TEXT:
		put_bytes(out, 'T', sqlite3_column_text(from, column), (size_t)sqlite3_column_bytes(from, column));
		break;
	case SQLITE_BLOB:
		put_bytes(out, 'B', sqlite3_column_blob(from, column), (size_t)sqlite3_column_bytes(from, column));
		break;
	default: buffer_char(out, 'N');
	}
}

static void put_name(struct buffer *out, const char *name)
{
	put_number(out, strlen(name), 1);
	buffer_string(out, name);
}

static enum result put_row(struct shipping *shipping, const struct followed *table, sqlite3_stmt *row,
                           struct fault *fault)
{
	size_t begun = begin_record(shipping, FOLLOW_ROW);
	int columns = sqlite3_column_count(row);
	put_name(&shipping->out, table->name);
	put_number(&shipping->out, (uint64_t)columns, 2);
	for (int i = 0; i < columns; i++)
		put_value(&shipping->out, row, i);
	shipping->rows++;
	return end_record(shipping, begun, fault);
}

/* ---- what changed ---- */

static enum result table_named(struct shipping *shipping, const char *name, struct table **found, struct fault *fault)
{
	struct buffer sql = {0};
	for (size_t i = 0; i < shipping->count; i++)
		if (strcmp(shipping->tables[i].is.name, name) == 0) {
			*found = &shipping->tables[i];
			return RESULT_OK;
		}
	if (shipping->count == TABLES_MOST)
		return fault_set(fault, RESULT_PERMANENT, "there are more than %d tables (a mistake in casewatch)",
		                 TABLES_MOST);
	struct table *table = *found = &shipping->tables[shipping->count];
	enum result result = followed_look_up(shipping->store, name, &table->is, fault);
	if (result != RESULT_OK)
		return result;
	buffer_format(&sql, "SELECT * FROM \"%s\"", table->is.name);
	followed_put_where(&table->is, &sql);
	int status = sqlite3_prepare_v2(shipping->store->database, buffer_cstr(&sql), -1, &table->row, NULL);
	buffer_free(&sql);
	if (status != SQLITE_OK)
		return store_failed(shipping->store, status, fault);
	shipping->count++;
	return RESULT_OK;
}

static enum result put_gone(struct shipping *shipping, const struct followed *table, sqlite3_stmt *note,
                            struct fault *fault)
{
	size_t begun = begin_record(shipping, FOLLOW_GONE);
	put_name(&shipping->out, table->name);
	for (size_t i = 0; i < table->key_count; i++)
		put_value(&shipping->out, note, (int)i + 1);
	shipping->rows++;
	return end_record(shipping, begun, fault);
}

/* The row as it is now, whatever it was when it was noted. */
static enum result ship_note(struct shipping *shipping, sqlite3_stmt *note, struct fault *fault)
{
	struct table *table = NULL;
	enum result result = table_named(shipping, (const char *)sqlite3_column_text(note, 0), &table, fault);
	if (result != RESULT_OK)
		return result;
	int status = SQLITE_OK;
	for (int i = 1; i <= (int)table->is.key_count && status == SQLITE_OK; i++)
		status = sqlite3_bind_value(table->row, i, sqlite3_column_value(note, i));
	if (status == SQLITE_OK)
		status = sqlite3_step(table->row);
	if (status == SQLITE_ROW)
		result = put_row(shipping, &table->is, table->row, fault);
	else if (status == SQLITE_DONE)
		result = put_gone(shipping, &table->is, note, fault);
	else
		result = store_failed(shipping->store, status, fault);
	(void)sqlite3_reset(table->row);
	return result;
}

static enum result ship_changes(struct shipping *shipping, int64_t after, int64_t newest, struct fault *fault)
{
	sqlite3_stmt *notes = NULL;
	enum result result = RESULT_OK;
	int status = sqlite3_prepare_v2(shipping->store->database,
	                                "SELECT DISTINCT of, key1, key2, key3, key4, key5, key6 FROM changed"
	                                " WHERE id > ? AND id <= ?",
	                                -1, &notes, NULL);
	if (status == SQLITE_OK)
		status = sqlite3_bind_int64(notes, 1, after);
	if (status == SQLITE_OK)
		status = sqlite3_bind_int64(notes, 2, newest);
	while (status == SQLITE_OK && result == RESULT_OK && (status = sqlite3_step(notes)) == SQLITE_ROW) {
		result = ship_note(shipping, notes, fault);
		status = SQLITE_OK;
	}
	(void)sqlite3_finalize(notes);
	return result != RESULT_OK || status == SQLITE_DONE ? result : store_failed(shipping->store, status, fault);
}

/* ---- everything ---- */

static enum result ship_table(void *argument, struct store *store, const struct followed *table, struct fault *fault)
{
	struct buffer sql = {0};
	sqlite3_stmt *rows = NULL;
	enum result result = RESULT_OK;
	buffer_format(&sql, "SELECT * FROM \"%s\"", table->name);
	int status = sqlite3_prepare_v2(store->database, buffer_cstr(&sql), -1, &rows, NULL);
	buffer_free(&sql);
	while (status == SQLITE_OK && result == RESULT_OK && (status = sqlite3_step(rows)) == SQLITE_ROW) {
		result = put_row(argument, table, rows, fault);
		status = SQLITE_OK;
	}
	(void)sqlite3_finalize(rows);
	return result != RESULT_OK || status == SQLITE_DONE ? result : store_failed(store, status, fault);
}

static enum result ship_all(struct shipping *shipping, const char *why, struct fault *fault)
{
	size_t begun = begin_record(shipping, FOLLOW_WHOLE);
	buffer_string(&shipping->out, why);
	enum result result = end_record(shipping, begun, fault);
	return result == RESULT_OK ? followed_each(shipping->store, ship_table, shipping, fault) : result;
}

/* A file that is not there is empty: nobody was erased yet. */
static enum result ship_erasures(struct shipping *shipping, struct fault *fault)
{
	char bytes[16384];
	struct buffer path = {0};
	size_t begun = begin_record(shipping, FOLLOW_ERASED);
	ssize_t got = 0;
	buffer_format(&path, "%s.erased", shipping->store->path);
	int file = open(buffer_cstr(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool readable = file >= 0 || errno == ENOENT;
	buffer_free(&path);
	while (file >= 0 && (got = read(file, bytes, sizeof bytes)) > 0 &&
	       shipping->out.length - begun < FOLLOW_RECORD_MOST - sizeof bytes)
		buffer_add(&shipping->out, bytes, (size_t)got);
	if (file >= 0)
		(void)close(file);
	if (!readable || got != 0)
		return fault_set(fault, RESULT_TEMPORARY, "%s.erased cannot be read whole", shipping->store->path);
	return end_record(shipping, begun, fault);
}

/* ---- whether it can follow ---- */

static enum result ask(struct store *store, const char *sql, int64_t *number, struct fault *fault)
{
	struct query query = query_start(store, sql);
	*number = query_row(&query) ? row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}

enum result follow_newest(struct store *store, int64_t *number, struct fault *fault)
{
	struct text line;
	*number = -1;
	enum result result = store_get(store, CHANGES_LINE, &line, fault);
	if (result != RESULT_OK || !line.length)
		return result;
	return changes_newest(store, number, fault);
}

/* The copy's last row of the audit, as it is here. */
static enum result has_head(struct store *store, const struct audit_head *head, bool *same, struct fault *fault)
{
	struct query query = query_start(store, "SELECT hash FROM audit WHERE id = ?");
	bind_int(&query, head->row);
	*same = !head->row;
	if (query_row(&query))
		*same = text_equal(row_blob(&query, 0), digest_view(&head->hash));
	return query_end(&query, RESULT_OK, fault);
}

static enum result judge(struct store *store, const struct follow_place *from, int64_t newest, const char **why,
                         struct fault *fault)
{
	int64_t oldest = 0;
	bool same = true, has = false;
	enum result result = ask(store, "SELECT coalesce(min(id), 0) FROM changed", &oldest, fault);
	if (result == RESULT_OK)
		result = has_head(store, &from->head, &same, fault);
	if (result == RESULT_OK)
		result = changes_has(store, from->line, from->number, &has, fault);
	*why = !from->line[0] ? "the copy has nothing yet"
	       : !has         ? "the database was put back, brought to a new version, or not followed for "
	                        "a while"
	       : from->number > newest || !same ? "the database is another than the one that was followed"
	       : from->number < newest && (!oldest || from->number < oldest - 1)
	               ? "the copy is further behind than changes are kept"
	               : NULL;
	return result;
}

static enum result ship(struct shipping *shipping, const struct follow_place *from, bool erased, instant now,
                        struct follow_shipped *shipped, struct fault *fault)
{
	struct text kept;
	char line[sizeof from->line] = "";
	const char *why = NULL;
	enum result result = store_get(shipping->store, CHANGES_LINE, &kept, fault);
	if (result == RESULT_OK && !kept.length)
		return fault_set(fault, RESULT_PERMANENT,
		                 "changes of %s are not noted: set `follow: yes` in its configuration and restart "
		                 "casewatchd",
		                 shipping->store->path);
	if (result == RESULT_OK)
		(void)snprintf(line, sizeof line, "%.*s", TEXT_ARG(kept));
	if (result == RESULT_OK)
		result = follow_newest(shipping->store, &shipped->number, fault);
	if (result == RESULT_OK)
		result = judge(shipping->store, from, shipped->number, &why, fault);
	if (result == RESULT_OK)
		result = audit_head(shipping->store, &shipped->head, fault);
	(void)snprintf(shipped->line, sizeof shipped->line, "%s", line);
	shipped->whole = why != NULL;
	(void)snprintf(shipped->why, sizeof shipped->why, "%s", why ? why : "");
	if (result == RESULT_OK && (erased || why))
		result = ship_erasures(shipping, fault);
	if (result == RESULT_OK)
		result = why ? ship_all(shipping, why, fault)
		             : ship_changes(shipping, from->number, shipped->number, fault);
	if (result != RESULT_OK)
		return result;
	size_t begun = begin_record(shipping, FOLLOW_MOMENT);
	put_name(&shipping->out, line);
	put_number(&shipping->out, (uint64_t)shipped->number, 8);
	put_number(&shipping->out, (uint64_t)now, 8);
	result = end_record(shipping, begun, fault);
	return result == RESULT_OK ? flush(shipping, fault) : result;
}

enum result follow_ship(struct store *store, const struct follow_place *from, bool erased, instant now,
                        follow_write *write, void *argument, struct follow_shipped *shipped, struct fault *fault)
{
	struct shipping *shipping = MEM_NEW(struct shipping);
	*shipping = (struct shipping){.store = store, .write = write, .argument = argument};
	*shipped = (struct follow_shipped){0};
	enum result result = store_view(store, fault);
	if (result == RESULT_OK)
		result = ship(shipping, from, erased, now, shipped, fault);
	for (size_t i = 0; i < shipping->count; i++)
		(void)sqlite3_finalize(shipping->tables[i].row);
	store_view_end(store);
	shipped->rows = shipping->rows;
	buffer_free(&shipping->out);
	free(shipping);
	return result;
}

int follow_schema(void)
{
	return migrate_latest();
}
