/* registers_rows: the rows of a child, written where they differ. */
#include "store/registers/registers_internal.h"

/* Each when it is first needed: most registers have no row of most children, and are only cut. */
static enum result prepare(struct register_tables *tables, sqlite3_stmt **statement, struct buffer *sql,
                           struct fault *fault)
{
	int status = sqlite3_prepare_v3(tables->store->database, buffer_cstr(sql), -1, SQLITE_PREPARE_PERSISTENT,
	                                statement, NULL);
	buffer_free(sql);
	return status == SQLITE_OK ? RESULT_OK : store_failed(tables->store, status, fault);
}

static enum result prepare_has(struct register_tables *tables, struct register_table *table, struct fault *fault)
{
	struct buffer sql = {0};
	if (table->has)
		return RESULT_OK;
	buffer_format(&sql, "SELECT 1 FROM register_%s WHERE rowid = ?", table->def->id);
	return prepare(tables, &table->has, &sql, fault);
}

static enum result prepare_walk(struct register_tables *tables, struct register_table *table, struct fault *fault)
{
	struct buffer sql = {0};
	if (table->walk)
		return RESULT_OK;
	buffer_format(&sql, "SELECT rowid, * FROM register_%s WHERE rowid >= ? AND rowid < ? ORDER BY rowid",
	              table->def->id);
	return prepare(tables, &table->walk, &sql, fault);
}

static enum result prepare_add(struct register_tables *tables, struct register_table *table, struct fault *fault)
{
	struct buffer sql = {0};
	if (table->add.statement)
		return RESULT_OK;
	buffer_format(&sql, "INSERT INTO register_%s (rowid", table->def->id);
	for (size_t i = 0; i < table->def->field_count; i++)
		buffer_format(&sql, ", \"%s\"", table->def->fields[i].name);
	buffer_string(&sql, ") VALUES (?");
	for (size_t i = 0; i < table->def->field_count; i++)
		buffer_string(&sql, ", ?");
	buffer_char(&sql, ')');
	table->add.bound = mem_zero(table->def->field_count, sizeof *table->add.bound);
	return prepare(tables, &table->add.statement, &sql, fault);
}

/* All but the child's id, which is the first: so the index of ids is left alone. */
static enum result prepare_change(struct register_tables *tables, struct register_table *table, struct fault *fault)
{
	struct buffer sql = {0};
	if (table->change.statement)
		return RESULT_OK;
	buffer_format(&sql, "UPDATE register_%s SET ", table->def->id);
	for (size_t i = 1; i < table->def->field_count; i++)
		buffer_format(&sql, "%s\"%s\" = ?%zu", i > 1 ? ", " : "", table->def->fields[i].name, i + 2);
	buffer_string(&sql, " WHERE rowid = ?1");
	table->change.bound = mem_zero(table->def->field_count, sizeof *table->change.bound);
	return prepare(tables, &table->change.statement, &sql, fault);
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
	enum result result = prepare_has(tables, table, fault);
	*has = false;
	if (result != RESULT_OK || !number)
		return result;
	int status = sqlite3_bind_int64(table->has, 1, row_number(number, 0));
	if (status == SQLITE_OK)
		status = sqlite3_step(table->has);
	*has = status == SQLITE_ROW;
	(void)sqlite3_reset(table->has);
	return status == SQLITE_ROW || status == SQLITE_DONE ? RESULT_OK : store_failed(tables->store, status, fault);
}

enum standing_row {
	ROW_NONE,    /* there is none of that number */
	ROW_SAME,
	ROW_DIFFERS,
	ROW_OF_OTHER /* its child has another id */
};

void register_tables_rest(struct register_tables *tables)
{
	if (tables->walk.table)
		(void)sqlite3_reset(tables->walk.table->walk);
	tables->walk = (struct register_walk){0};
}

/* To the next row of that child. */
static enum result walk_on(struct register_tables *tables, struct fault *fault)
{
	struct register_walk *walk = &tables->walk;
	sqlite3_stmt *statement = walk->table->walk;
	int status = sqlite3_step(statement);
	walk->at = status == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	if (status == SQLITE_ROW)
		return RESULT_OK;
	(void)sqlite3_reset(statement);
	if (status == SQLITE_DONE)
		return RESULT_OK;
	*walk = (struct register_walk){0};
	return store_failed(tables->store, status, fault);
}

static enum result walk_from(struct register_tables *tables, struct register_table *table, uint32_t history,
                             int64_t number, struct fault *fault)
{
	register_tables_rest(tables);
	enum result result = prepare_walk(tables, table, fault);
	if (result != RESULT_OK)
		return result;
	int status = sqlite3_bind_int64(table->walk, 1, number);
	if (status == SQLITE_OK)
		status = sqlite3_bind_int64(table->walk, 2, row_number(history + 1, 0));
	if (status != SQLITE_OK)
		return store_failed(tables->store, status, fault);
	tables->walk = (struct register_walk){table, history, 0};
	return walk_on(tables, fault);
}

/* At the row of this number, or where it would be. */
static enum result walk_to(struct register_tables *tables, struct register_table *table, uint32_t history,
                           int64_t number, struct fault *fault)
{
	struct register_walk *walk = &tables->walk;
	enum result result = RESULT_OK;
	if (walk->table != table || walk->history != history)
		return walk_from(tables, table, history, number, fault);
	while (result == RESULT_OK && walk->at && walk->at < number)
		result = walk_on(tables, fault);
	return result;
}

static enum result look_at(struct register_tables *tables, struct register_table *table, uint32_t history,
                           int64_t number, const struct register_value *row, enum standing_row *what,
                           struct fault *fault)
{
	size_t same = 0, count = table->def->field_count;
	enum result result = walk_to(tables, table, history, number, fault);
	*what = ROW_NONE;
	if (result != RESULT_OK || tables->walk.at != number)
		return result;
	while (same < count && is_same(table->walk, (int)same + 1, &row[same]))
		same++;
	*what = same == count ? ROW_SAME : same ? ROW_DIFFERS : ROW_OF_OTHER;
	return RESULT_OK;
}

/* What is bound stays: most fields of most rows are empty, and need not be emptied again. */
static enum result write_fields(struct register_tables *tables, const struct register_table *table,
                                const struct register_writing *writing, int64_t number,
                                const struct register_value *row, size_t from, struct fault *fault)
{
	int status = sqlite3_bind_int64(writing->statement, 1, number);
	for (size_t i = from; i < table->def->field_count && status == SQLITE_OK; i++) {
		bool empty = row[i].kind == REGISTER_VALUE_NULL;
		if (!empty || writing->bound[i])
			status = bind_value(writing->statement, (int)i + 2, &row[i]);
		writing->bound[i] = !empty;
	}
	return run_statement(tables, writing->statement, status, fault);
}

static enum result add_row(struct register_tables *tables, struct register_table *table, int64_t number,
                           const struct register_value *row, struct fault *fault)
{
	enum result result = prepare_add(tables, table, fault);
	return result == RESULT_OK ? write_fields(tables, table, &table->add, number, row, 0, fault) : result;
}

static enum result change_row(struct register_tables *tables, struct register_table *table, int64_t number,
                              const struct register_value *row, struct fault *fault)
{
	enum result result = prepare_change(tables, table, fault);
	return result == RESULT_OK ? write_fields(tables, table, &table->change, number, row, 1, fault) : result;
}

static enum result cut_between(struct register_tables *tables, struct register_table *table, int64_t from, int64_t to,
                               struct fault *fault)
{
	enum result result = prepare_cut(tables, table, fault);
	if (result != RESULT_OK)
		return result;
	int status = sqlite3_bind_int64(table->cut, 1, from);
	if (status == SQLITE_OK)
		status = sqlite3_bind_int64(table->cut, 2, to);
	if (!tables->compares)
		return run_statement(tables, table->cut, status, fault);
	if (status == SQLITE_OK)
		status = sqlite3_step(table->cut);
	table->different += status == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(table->cut, 0) : 0;
	(void)sqlite3_reset(table->cut);
	return status == SQLITE_ROW ? RESULT_OK : store_failed(tables->store, status, fault);
}

enum result register_cut(struct register_tables *tables, size_t which, uint32_t history, uint32_t from,
                         bool *asked, struct fault *fault)
{
	struct register_table *table = &tables->items[which];
	bool beyond, any = true;
	int64_t number = row_number(history, from);
	enum result result = is_beyond(tables, table, number, &beyond, fault);
	*asked = result == RESULT_OK && !beyond;
	if (*asked && tables->walk.table == table && tables->walk.history == history) {
		result = walk_to(tables, table, history, number, fault);
		any = tables->walk.at != 0;
	}
	register_tables_rest(tables);
	return *asked && any && result == RESULT_OK
	               ? cut_between(tables, table, number, row_number(history + 1, 0), fault)
	               : result;
}

static enum result put_row(struct register_tables *tables, struct register_table *table, int64_t number,
                           const struct register_value *row, enum standing_row what, struct fault *fault)
{
	enum result result = RESULT_OK;
	if (tables->compares)
		return RESULT_OK;
	if (tables->walk.at) /* nothing is read any further while it changes */
		register_tables_rest(tables);
	if (what == ROW_DIFFERS)
		return change_row(tables, table, number, row, fault);
	if (what == ROW_OF_OTHER)
		result = cut_between(tables, table, number, number + 1, fault);
	return result == RESULT_OK ? add_row(tables, table, number, row, fault) : result;
}

enum result register_put(struct register_tables *tables, size_t which, uint32_t history, uint32_t place,
                         const struct register_value *row, bool *changed, struct fault *fault)
{
	struct register_table *table = &tables->items[which];
	enum standing_row what = ROW_NONE;
	bool beyond;
	*changed = false;
	if (place >> PLACE_BITS)
		return fault_set(fault, RESULT_PERMANENT, "a child has more than %u rows in the register %s",
		                 1u << PLACE_BITS, table->def->id);
	int64_t number = row_number(history, place);
	enum result result = is_beyond(tables, table, number, &beyond, fault);
	if (result == RESULT_OK && !beyond)
		result = look_at(tables, table, history, number, row, &what, fault);
	if (result != RESULT_OK || what == ROW_SAME)
		return result;
	*changed = true;
	table->different++;
	return put_row(tables, table, number, row, what, fault);
}
