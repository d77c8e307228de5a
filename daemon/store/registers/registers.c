/* registers: tables made from their declarations, and the rows of a child in them. */
#include "store/registers/registers_internal.h"

#include <stdlib.h>

/* The tables of before had other numbers: they are built anew. */
#define LAYOUT 1

struct register_tables *register_tables_new(struct store *store, const struct register_def *defs, size_t count)
{
	struct register_tables *tables = MEM_NEW(struct register_tables);
	tables->store = store;
	tables->count = count;
	tables->items = mem_zero(count + 1, sizeof *tables->items);
	for (size_t i = 0; i < count; i++)
		tables->items[i].def = &defs[i];
	for (size_t i = 0; i < TYPE_NUMBERS; i++)
		tables->types[i] = TYPE_UNKNOWN;
	return tables;
}

void register_tables_free(struct register_tables *tables)
{
	if (!tables)
		return;
	for (size_t i = 0; i < tables->count; i++) {
		(void)sqlite3_finalize(tables->items[i].has);
		(void)sqlite3_finalize(tables->items[i].walk);
		(void)sqlite3_finalize(tables->items[i].cut);
		(void)sqlite3_finalize(tables->items[i].add.statement);
		(void)sqlite3_finalize(tables->items[i].change.statement);
		free(tables->items[i].add.bound);
		free(tables->items[i].change.bound);
	}
	free(tables->items);
	free(tables);
}

/* ---- compared ---- */

void register_tables_compare(struct register_tables *tables)
{
	tables->compares = true;
}

uint64_t register_different(const struct register_tables *tables, size_t which)
{
	return which < tables->count ? tables->items[which].different : tables->ids_different;
}

/* ---- as declared ---- */

static const char *type_name(enum register_type type)
{
	switch (type) {
	case REGISTER_TEXT:
		return "TEXT";
	case REGISTER_INTEGER:
	case REGISTER_INSTANT:
	case REGISTER_FLAG:
		return "INTEGER";
	case REGISTER_REAL:
		return "REAL";
	case REGISTER_ANY:
		break;
	}
	return "ANY";
}

/* Names were checked when they were declared: lower-case letters, digits and _. */
void register_create_sql(const struct register_def *def, struct buffer *sql)
{
	buffer_format(sql, "DROP TABLE IF EXISTS register_%s; CREATE TABLE register_%s (", def->id, def->id);
	for (size_t i = 0; i < def->field_count; i++)
		buffer_format(sql, "%s\"%s\" %s", i ? ", " : "", def->fields[i].name, type_name(def->fields[i].type));
	/* No index on times: rows come in the order of children, so that it would cost a page a row, and a list reads
	 * most of a table anyway. */
	buffer_format(sql, ") STRICT; CREATE INDEX register_%s_child ON register_%s (child);", def->id, def->id);
}

static int64_t fingerprint_of(const struct register_def *def)
{
	return (int64_t)((def->fingerprint ^ LAYOUT * 0x9e3779b97f4a7c15u) >> 1);
}

static enum result declare(struct register_tables *tables, const struct register_def *def, struct fault *fault)
{
	struct store *store = tables->store;
	struct buffer sql = {0};
	struct query find = query_start(store, "SELECT fingerprint FROM register_state WHERE name = ?");
	bind_text(&find, text_of(def->id));
	bool same = query_row(&find) && row_int(&find, 0) == fingerprint_of(def);
	enum result result = query_end(&find, RESULT_OK, fault);
	if (result == RESULT_OK && same)
		return board_index_restricted(store, def, fault);
	if (result != RESULT_OK)
		return result;
	register_create_sql(def, &sql);
	result = store_execute(store, buffer_cstr(&sql), fault);
	if (result == RESULT_OK)
		result = board_index_restricted(store, def, fault);
	buffer_free(&sql);
	if (result != RESULT_OK)
		return result;
	struct query note =
		query_start(store, "INSERT OR REPLACE INTO register_state (name, fingerprint, built) VALUES (?, ?, 0)");
	bind_text(&note, text_of(def->id));
	bind_int(&note, fingerprint_of(def));
	result = query_run(&note, fault);
	return result == RESULT_OK ? store_set(store, "registers-built", TEXT("0"), fault) : result;
}

enum result register_tables_declared(struct register_tables *tables, bool *declared, struct fault *fault)
{
	enum result result = RESULT_OK;
	*declared = true;
	for (size_t i = 0; i < tables->count && result == RESULT_OK && *declared; i++) {
		struct query query = query_start(tables->store, "SELECT fingerprint, built FROM register_state"
		                                                " WHERE name = ?");
		bind_text(&query, text_of(tables->items[i].def->id));
		*declared = query_row(&query) && row_int(&query, 0) == fingerprint_of(tables->items[i].def) &&
		            row_int(&query, 1) == 1;
		result = query_end(&query, RESULT_OK, fault);
	}
	return result;
}

static bool is_declared(const struct register_tables *tables, struct text name)
{
	for (size_t i = 0; i < tables->count; i++)
		if (text_equal(text_of(tables->items[i].def->id), name))
			return true;
	return false;
}

/* One that is declared no longer goes; one after the other, because dropping a table ends the reading of names. */
static enum result drop_one(struct register_tables *tables, bool *dropped, struct fault *fault)
{
	struct store *store = tables->store;
	struct buffer sql = {0};
	struct query names = query_start(store, "SELECT name FROM register_state");
	*dropped = false;
	while (!*dropped && query_row(&names)) {
		struct text name = row_text(&names, 0);
		*dropped = !is_declared(tables, name);
		if (*dropped)
			buffer_format(
				&sql,
				"DROP TABLE IF EXISTS register_%.*s; DELETE FROM register_state WHERE name = '%.*s'",
				TEXT_ARG(name), TEXT_ARG(name));
	}
	enum result result = query_end(&names, RESULT_OK, fault);
	if (result == RESULT_OK && *dropped)
		result = store_execute(store, buffer_cstr(&sql), fault);
	buffer_free(&sql);
	return result;
}

static enum result read_number(struct store *store, const char *name, bool *set, uint64_t *number, struct fault *fault)
{
	struct text value;
	enum result result = store_get(store, name, &value, fault);
	*set = result == RESULT_OK && value.length > 0;
	*number = *set ? strtoull(value.at, NULL, 10) : 0;
	return result;
}

static enum result write_number(struct store *store, const char *name, uint64_t number, struct fault *fault)
{
	struct buffer digits = {0};
	buffer_format(&digits, "%llu", (unsigned long long)number);
	enum result result = store_set(store, name, buffer_view(&digits), fault);
	buffer_free(&digits);
	return result;
}

enum result register_tables_declare(struct register_tables *tables, struct fault *fault)
{
	bool more = true, known = false;
	uint64_t done;
	enum result result = store_changing(tables->store, fault);
	while (result == RESULT_OK && more)
		result = drop_one(tables, &more, fault);
	for (size_t i = 0; i < tables->count && result == RESULT_OK; i++)
		result = declare(tables, tables->items[i].def, fault);
	if (result == RESULT_OK)
		result = read_number(tables->store, "registers-done", &known, &done, fault);
	if (result == RESULT_OK && !known) /* what is stored already is walked, history by history */
		result = write_number(tables->store, "registers-done", tables->store->duplicates.last, fault);
	return result;
}

/* ---- how far ---- */

enum result register_progress(struct store *store, struct register_progress *progress, struct fault *fault)
{
	bool known = false;
	uint64_t built = 0;
	*progress = (struct register_progress){0};
	enum result result = store_ready(store, fault);
	if (result == RESULT_OK)
		result = read_number(store, "registers-done", &known, &progress->done, fault);
	if (result == RESULT_OK)
		result = read_number(store, "registers-built", &known, &built, fault);
	if (result != RESULT_OK)
		return result;
	progress->newest = store->duplicates.last;
	progress->built = (uint32_t)built;
	struct query query = query_start(store, "SELECT (SELECT count(*) FROM register_again),"
	                                        " (SELECT count(*) FROM register_state WHERE built = 0)");
	if (query_row(&query)) {
		progress->again = (uint64_t)row_int(&query, 0);
		progress->building = row_int(&query, 1) > 0;
	}
	return query_end(&query, RESULT_OK, fault);
}

enum result register_note(struct store *store, uint64_t done, uint64_t again, struct fault *fault)
{
	enum result result = write_number(store, "registers-done", done, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "DELETE FROM register_again WHERE id <= ?");
	bind_int(&query, (int64_t)again);
	return query_run(&query, fault);
}

enum result register_walk(struct store *store, struct fault *fault)
{
	enum result result = store_execute(store, "UPDATE register_state SET built = 0", fault);
	if (result == RESULT_OK)
		result = write_number(store, "registers-built", 0, fault);
	return result == RESULT_OK ? write_number(store, "registers-done", store->duplicates.last, fault) : result;
}

enum result register_note_built(struct store *store, uint32_t built, bool finished, struct fault *fault)
{
	enum result result = write_number(store, "registers-built", built, fault);
	if (result == RESULT_OK && finished)
		result = store_execute(store, "UPDATE register_state SET built = 1 WHERE built = 0", fault);
	return result;
}

enum result register_is_built(struct store *store, const char *id, bool *built, struct fault *fault)
{
	struct query query = query_start(store, "SELECT built FROM register_state WHERE name = ?");
	bind_text(&query, text_of(id));
	*built = query_row(&query) && row_int(&query, 0) == 1;
	return query_end(&query, RESULT_OK, fault);
}

enum result register_unbuilt(struct register_tables *tables, uint8_t *unbuilt, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < tables->count && result == RESULT_OK; i++) {
		bool built;
		result = register_is_built(tables->store, tables->items[i].def->id, &built, fault);
		unbuilt[i] = !built;
	}
	return result;
}

static enum result compare_id(struct register_tables *tables, struct text id, struct text child, struct fault *fault)
{
	struct query query = query_start(tables->store, "SELECT child FROM register_id WHERE id = ?");
	bind_text(&query, id);
	struct text stored = query_row(&query) ? row_text(&query, 0) : id;
	tables->ids_different += !text_equal(stored, child);
	return query_end(&query, RESULT_OK, fault);
}

enum result register_note_id(struct register_tables *tables, struct text id, struct text child, struct fault *fault)
{
	struct store *store = tables->store;
	bool linked = !text_equal(id, child);
	if (tables->compares)
		return compare_id(tables, id, child, fault);
	struct query query = linked ? query_start(store, "INSERT OR REPLACE INTO register_id (id, child) VALUES (?, ?)")
	                            : query_start(store, "DELETE FROM register_id WHERE id = ?");
	bind_text(&query, id);
	if (linked)
		bind_text(&query, child);
	return query_run(&query, fault);
}

enum result register_mark(struct store *store, uint64_t ref, struct fault *fault)
{
	struct query query = query_start(store, "INSERT INTO register_again (event) VALUES (?)");
	bind_int(&query, (int64_t)ref);
	return query_run(&query, fault);
}

/* By the names in register_state, as a table may be declared no longer. */
enum result register_erase(struct store *store, uint32_t history, struct text id, struct fault *fault)
{
	struct buffer sql = {0};
	struct query names = query_start(store, "SELECT name FROM register_state");
	while (query_row(&names))
		buffer_format(&sql, "DELETE FROM register_%.*s WHERE rowid >= %lld AND rowid < %lld;",
		              TEXT_ARG(row_text(&names, 0)), (long long)row_number(history, 0),
		              (long long)row_number(history + 1, 0));
	enum result result = query_end(&names, RESULT_OK, fault);
	if (result == RESULT_OK && sql.length)
		result = store_execute(store, buffer_cstr(&sql), fault);
	buffer_free(&sql);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "DELETE FROM register_id WHERE id = ?1 OR child = ?1");
	bind_text(&query, id);
	return query_run(&query, fault);
}
