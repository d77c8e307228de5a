/* registers: tables made from their declarations, and the rows of a child in them. */
#include "store/registers/registers.h"

#include "store/store_internal.h"

#include <stdlib.h>

#define TYPE_NUMBERS 8192 /* the catalogue and what rules name: SCHEMA_NAMES_MAX and as many that were renamed */

/* A row's number is that of its child's history, then its place among the child's rows: a child's rows lie together,
 * and are found without an index. */
#define PLACE_BITS 22 /* a child has at most so many rows in a register as the number has room for: 4,194,304 */
/* The tables of before had other numbers: they are built anew. */
#define LAYOUT 1

struct register_table {
	const struct register_def *def;
	sqlite3_stmt *find, *put, *cut; /* NULL: not prepared yet */
	bool measured;                  /* `last` is known */
	int64_t last;                   /* number of the last row that there was when writing began; 0: none */
	uint64_t different;             /* rows, while tables are compared */
};
struct register_tables {
	struct store *store;
	bool compares;
	uint64_t ids_different;
	size_t count;
	struct register_table *items;
	type_id types[TYPE_NUMBERS]; /* by durable number */
	int64_t newest_type;         /* of those that are known */
};

static int64_t row_number(uint32_t history, uint32_t place)
{
	return (int64_t)history << PLACE_BITS | place;
}

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
		(void)sqlite3_finalize(tables->items[i].find);
		(void)sqlite3_finalize(tables->items[i].put);
		(void)sqlite3_finalize(tables->items[i].cut);
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

/* ---- what they are made from ---- */

enum result register_learn_types(struct register_tables *tables, struct fault *fault)
{
	struct query query = query_start(tables->store, "SELECT id, name FROM event_type WHERE id > ? ORDER BY id");
	bind_int(&query, tables->newest_type);
	while (query_row(&query)) {
		int64_t number = row_int(&query, 0);
		if (number > 0 && number < TYPE_NUMBERS)
			tables->types[number] = schema_find(row_text(&query, 1));
		tables->newest_type = number;
	}
	return query_end(&query, RESULT_OK, fault);
}

uint32_t register_newest(const struct store *store, struct text id, uint32_t *number)
{
	*number = histories_find(store, PARTY_NONE, id);
	return *number ? store->histories.items[*number].last_event : 0;
}

static enum result show_event(struct store *store, int64_t ref, const struct query *row, size_t *length,
                              const struct register_reader *reader, struct fault *fault)
{
	char room[PACKING_MOST];
	struct event event;
	struct text bytes;
	struct fault why = {{0}};
	instant arrived = row_int(row, 3);
	struct packed packed = {row_blob(row, 4), (int)row_int(row, 5)};
	if (packing_unpack(packed, room, &bytes, &why) != RESULT_OK ||
	    event_parse(store->parser, bytes, arrived, &event, &why) != RESULT_OK) {
		store_note_unreadable(store, ref, &why);
		*length = packed.bytes.length;
		return RESULT_OK;
	}
	*length = bytes.length;
	return reader->visit(reader->argument, &event, arrived, fault);
}

enum result register_event(struct register_tables *tables, uint32_t ref, uint32_t *before, size_t *bytes,
                           const struct register_reader *reader, struct fault *fault)
{
	struct store *store = tables->store;
	enum result result = RESULT_OK;
	struct query query =
		query_start(store, "SELECT type, flags, previous, arrived, bytes, packed FROM event WHERE id = ?");
	bind_int(&query, ref);
	bool found = query_row(&query);
	int64_t type = found ? row_int(&query, 0) : 0, previous = found ? row_int(&query, 2) : 0;
	bool known = found && type > 0 && type < TYPE_NUMBERS && tables->types[type] != TYPE_UNKNOWN;
	*bytes = 0;
	/* A chain that goes up is damaged: store_tidy's check says so. */
	*before = previous > 0 && previous < ref ? (uint32_t)previous : 0;
	if (known && (row_int(&query, 1) & EVENT_STANDING) &&
	    (!reader->wants || reader->wants(reader->argument, tables->types[type])))
		result = show_event(store, ref, &query, bytes, reader, fault);
	return query_end(&query, result, fault);
}

/* ---- rows ---- */

/* Each when it is first needed: most registers have no row of most children, and are only cut. */
static enum result prepare(struct register_tables *tables, sqlite3_stmt **statement, struct buffer *sql,
                           struct fault *fault)
{
	int status = sqlite3_prepare_v3(tables->store->database, buffer_cstr(sql), -1, SQLITE_PREPARE_PERSISTENT,
	                                statement, NULL);
	buffer_free(sql);
	return status == SQLITE_OK ? RESULT_OK : store_failed(tables->store, status, fault);
}

static enum result prepare_find(struct register_tables *tables, struct register_table *table, struct fault *fault)
{
	struct buffer sql = {0};
	if (table->find)
		return RESULT_OK;
	buffer_format(&sql, "SELECT * FROM register_%s WHERE rowid = ?", table->def->id);
	return prepare(tables, &table->find, &sql, fault);
}

static enum result prepare_put(struct register_tables *tables, struct register_table *table, struct fault *fault)
{
	struct buffer sql = {0};
	if (table->put)
		return RESULT_OK;
	buffer_format(&sql, "INSERT OR REPLACE INTO register_%s (rowid", table->def->id);
	for (size_t i = 0; i < table->def->field_count; i++)
		buffer_format(&sql, ", \"%s\"", table->def->fields[i].name);
	buffer_string(&sql, ") VALUES (?");
	for (size_t i = 0; i < table->def->field_count; i++)
		buffer_string(&sql, ", ?");
	buffer_char(&sql, ')');
	return prepare(tables, &table->put, &sql, fault);
}

static enum result prepare_cut(struct register_tables *tables, struct register_table *table, struct fault *fault)
{
	struct buffer sql = {0};
	if (table->cut)
		return RESULT_OK;
	buffer_format(&sql, "%s FROM register_%s WHERE rowid >= ? AND rowid < ?",
	              tables->compares ? "SELECT count(*)" : "DELETE", table->def->id);
	return prepare(tables, &table->cut, &sql, fault);
}

void register_tables_begin(struct register_tables *tables)
{
	for (size_t i = 0; i < tables->count && !tables->compares; i++)
		tables->items[i].measured = false;
}

/* Whether no row has this number or a higher one but those written since writing began: then it need not be looked for,
 * and a table that is built from nothing is only added to. */
static enum result is_beyond(struct register_tables *tables, struct register_table *table, int64_t number, bool *beyond,
                             struct fault *fault)
{
	enum result result = RESULT_OK;
	if (!table->measured) {
		struct buffer sql = {0};
		buffer_format(&sql, "SELECT max(rowid) FROM register_%s", table->def->id);
		table->last = 0;
		result = store_pragma(tables->store, buffer_cstr(&sql), &table->last, fault);
		table->measured = result == RESULT_OK;
		buffer_free(&sql);
	}
	*beyond = result == RESULT_OK && number > table->last;
	return result;
}

static enum result run_statement(struct register_tables *tables, sqlite3_stmt *statement, int status,
                                 struct fault *fault)
{
	if (status == SQLITE_OK)
		status = sqlite3_step(statement);
	enum result result = status == SQLITE_DONE ? RESULT_OK : store_failed(tables->store, status, fault);
	(void)sqlite3_reset(statement);
	return result;
}

enum result register_cut(struct register_tables *tables, size_t which, uint32_t history, uint32_t from,
                         bool *asked, struct fault *fault)
{
	struct register_table *table = &tables->items[which];
	bool beyond;
	enum result result = is_beyond(tables, table, row_number(history, from), &beyond, fault);
	if (result == RESULT_OK && !beyond)
		result = prepare_cut(tables, table, fault);
	*asked = result == RESULT_OK && !beyond;
	if (!*asked)
		return result;
	int status = sqlite3_bind_int64(table->cut, 1, row_number(history, from));
	if (status == SQLITE_OK)
		status = sqlite3_bind_int64(table->cut, 2, row_number(history + 1, 0));
	if (!tables->compares)
		return run_statement(tables, table->cut, status, fault);
	if (status == SQLITE_OK)
		status = sqlite3_step(table->cut);
	table->different += status == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(table->cut, 0) : 0;
	(void)sqlite3_reset(table->cut);
	return status == SQLITE_ROW ? RESULT_OK : store_failed(tables->store, status, fault);
}

static int bind_value(sqlite3_stmt *statement, int at, const struct register_value *value)
{
	switch (value->kind) {
	case REGISTER_VALUE_NULL:
		break;
	case REGISTER_VALUE_INTEGER:
		return sqlite3_bind_int64(statement, at, value->integer);
	case REGISTER_VALUE_REAL:
		return sqlite3_bind_double(statement, at, value->real);
	case REGISTER_VALUE_TEXT:
		return sqlite3_bind_text64(statement, at, value->text.at ? value->text.at : "", value->text.length,
		                           SQLITE_STATIC, SQLITE_UTF8);
	}
	return sqlite3_bind_null(statement, at);
}

/* As a column holds it: one of numbers alone gives back what was put in as another kind of number. */
static bool is_same(sqlite3_stmt *row, int column, const struct register_value *value)
{
	switch (value->kind) {
	case REGISTER_VALUE_NULL:
		return sqlite3_column_type(row, column) == SQLITE_NULL;
	case REGISTER_VALUE_INTEGER:
		return sqlite3_column_type(row, column) == SQLITE_INTEGER &&
		       sqlite3_column_int64(row, column) == value->integer;
	case REGISTER_VALUE_REAL:
		return sqlite3_column_type(row, column) == SQLITE_FLOAT &&
		       !(sqlite3_column_double(row, column) < value->real) &&
		       !(sqlite3_column_double(row, column) > value->real);
	case REGISTER_VALUE_TEXT:
		break;
	}
	return sqlite3_column_type(row, column) == SQLITE_TEXT &&
	       (size_t)sqlite3_column_bytes(row, column) == value->text.length &&
	       memcmp(sqlite3_column_text(row, column), value->text.length ? value->text.at : "",
	              value->text.length) == 0;
}

enum result register_has_row(struct register_tables *tables, size_t which, struct text child, bool *has,
                             struct fault *fault)
{
	struct register_table *table = &tables->items[which];
	uint32_t number;
	(void)register_newest(tables->store, child, &number);
	enum result result = prepare_find(tables, table, fault);
	*has = false;
	if (result != RESULT_OK || !number)
		return result;
	int status = sqlite3_bind_int64(table->find, 1, row_number(number, 0));
	if (status == SQLITE_OK)
		status = sqlite3_step(table->find);
	*has = status == SQLITE_ROW;
	(void)sqlite3_reset(table->find);
	return status == SQLITE_ROW || status == SQLITE_DONE ? RESULT_OK : store_failed(tables->store, status, fault);
}

static enum result is_there(struct register_tables *tables, const struct register_table *table, int64_t number,
                            const struct register_value *row, bool *there, struct fault *fault)
{
	int status = sqlite3_bind_int64(table->find, 1, number);
	if (status == SQLITE_OK)
		status = sqlite3_step(table->find);
	*there = status == SQLITE_ROW;
	for (size_t i = 0; i < table->def->field_count && *there; i++)
		*there = is_same(table->find, (int)i, &row[i]);
	(void)sqlite3_reset(table->find);
	return status == SQLITE_ROW || status == SQLITE_DONE ? RESULT_OK : store_failed(tables->store, status, fault);
}

enum result register_put(struct register_tables *tables, size_t which, uint32_t history, uint32_t place,
                         const struct register_value *row, bool *changed, struct fault *fault)
{
	struct register_table *table = &tables->items[which];
	bool there = false, beyond;
	*changed = false;
	if (place >> PLACE_BITS)
		return fault_set(fault, RESULT_PERMANENT, "a child has more than %u rows in the register %s",
		                 1u << PLACE_BITS, table->def->id);
	int64_t number = row_number(history, place);
	enum result result = is_beyond(tables, table, number, &beyond, fault);
	if (result == RESULT_OK && !beyond)
		result = prepare_find(tables, table, fault);
	if (result == RESULT_OK && !beyond)
		result = is_there(tables, table, number, row, &there, fault);
	if (result == RESULT_OK && !there && !tables->compares)
		result = prepare_put(tables, table, fault);
	if (result != RESULT_OK || there)
		return result;
	*changed = true;
	table->different++;
	if (tables->compares)
		return RESULT_OK;
	int status = sqlite3_bind_int64(table->put, 1, number);
	for (size_t i = 0; i < table->def->field_count && status == SQLITE_OK; i++)
		status = bind_value(table->put, (int)i + 2, &row[i]);
	return run_statement(tables, table->put, status, fault);
}
