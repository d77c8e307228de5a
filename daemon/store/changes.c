/* changes: the triggers that note what is written. */
#include "store/changes.h"

#include "store/copies/follow_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define PRUNED_AT_ONCE 20000
#define LINES_MOST 64 /* starts of the daemon that a copy may have missed: beyond them it is made anew, and told so */

static const char table_sql[] =
	"CREATE TABLE IF NOT EXISTS changed (id INTEGER PRIMARY KEY AUTOINCREMENT, of TEXT NOT NULL,"
	" key1 ANY, key2 ANY, key3 ANY, key4 ANY, key5 ANY, key6 ANY) STRICT";

/* What follows is not copied: it is a function of what is (registers), or is this file's own. */
static const char followed_tables_sql[] =
	"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
	" AND name NOT LIKE 'register\\_%' ESCAPE '\\' AND name NOT IN ('changed', 'copied') ORDER BY name";

/* ---- the key of a row ---- */

static enum result read_columns(struct store *store, struct followed *table, struct fault *fault)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(store->database, "SELECT name, pk FROM pragma_table_info(?) ORDER BY pk", -1,
	                                &statement, NULL);
	if (status == SQLITE_OK)
		status = sqlite3_bind_text(statement, 1, table->name, -1, SQLITE_STATIC);
	table->columns = table->key_count = 0;
	while (status == SQLITE_OK && (status = sqlite3_step(statement)) == SQLITE_ROW) {
		int pk = sqlite3_column_int(statement, 1);
		table->columns++;
		if (pk > 0 && pk <= FOLLOWED_KEYS_MOST)
			(void)snprintf(table->keys[pk - 1], sizeof table->keys[0], "%s",
			               (const char *)sqlite3_column_text(statement, 0));
		table->key_count += pk > 0;
		status = SQLITE_OK;
	}
	(void)sqlite3_finalize(statement);
	return status == SQLITE_DONE ? RESULT_OK : store_failed(store, status, fault);
}

enum result followed_look_up(struct store *store, const char *name, struct followed *table, struct fault *fault)
{
	*table = (struct followed){.columns = 0};
	(void)snprintf(table->name, sizeof table->name, "%s", name);
	enum result result = read_columns(store, table, fault);
	if (result == RESULT_OK && (!table->key_count || table->key_count > FOLLOWED_KEYS_MOST))
		return fault_set(
			fault, RESULT_PERMANENT,
			"the table %s has a key of %zu columns, and cannot be followed (a mistake in casewatch)", name,
			table->key_count);
	return result;
}

void followed_put_where(const struct followed *table, struct buffer *sql)
{
	for (size_t i = 0; i < table->key_count; i++)
		buffer_format(sql, "%s\"%s\" = ?%zu", i ? " AND " : " WHERE ", table->keys[i], i + 1);
}

enum result followed_each(struct store *store, followed_visit *visit, void *argument, struct fault *fault)
{
	sqlite3_stmt *statement = NULL;
	enum result result = RESULT_OK;
	int status = sqlite3_prepare_v2(store->database, followed_tables_sql, -1, &statement, NULL);
	while (status == SQLITE_OK && result == RESULT_OK && (status = sqlite3_step(statement)) == SQLITE_ROW) {
		struct followed table;
		result = followed_look_up(store, (const char *)sqlite3_column_text(statement, 0), &table, fault);
		if (result == RESULT_OK)
			result = visit(argument, store, &table, fault);
		status = SQLITE_OK;
	}
	(void)sqlite3_finalize(statement);
	return result != RESULT_OK || status == SQLITE_DONE ? result : store_failed(store, status, fault);
}

/* ---- triggers ---- */

/* "OLD.a, OLD.b" */
static void put_key(const struct followed *table, const char *prefix, struct buffer *sql)
{
	for (size_t i = 0; i < table->key_count; i++)
		buffer_format(sql, "%s%s.\"%s\"", i ? ", " : "", prefix, table->keys[i]);
}

static void put_note(const struct followed *table, const char *prefix, struct buffer *sql)
{
	buffer_string(sql, "INSERT INTO changed (of");
	for (size_t i = 0; i < table->key_count; i++)
		buffer_format(sql, ", key%zu", i + 1);
	buffer_format(sql, ") SELECT '%s', ", table->name);
	put_key(table, prefix, sql);
}

/* A row that is given another key is one that went and one that came. */
static enum result note_table(void *argument, struct store *store, const struct followed *table, struct fault *fault)
{
	static const struct {
		const char *event;
		bool before, after;
	} kinds[] = {{"INSERT", false, true}, {"UPDATE", true, true}, {"DELETE", true, false}};
	struct buffer sql = {0};
	(void)argument;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		buffer_format(&sql, "CREATE TRIGGER IF NOT EXISTS \"changed_%s_%s\" AFTER %s ON \"%s\" BEGIN ",
		              table->name, kinds[i].event, kinds[i].event, table->name);
		if (kinds[i].before)
			put_note(table, "OLD", &sql);
		if (kinds[i].before && kinds[i].after) {
			buffer_string(&sql, " WHERE (");
			put_key(table, "OLD", &sql);
			buffer_string(&sql, ") IS NOT (");
			put_key(table, "NEW", &sql);
			buffer_string(&sql, ")");
		}
		buffer_string(&sql, kinds[i].before ? "; " : "");
		if (kinds[i].after) {
			put_note(table, "NEW", &sql);
			buffer_string(&sql, "; ");
		}
		buffer_string(&sql, "END; ");
	}
	enum result result = store_execute(store, buffer_cstr(&sql), fault);
	buffer_free(&sql);
	return result;
}

static enum result drop_triggers(struct store *store, struct fault *fault)
{
	struct buffer sql = {0};
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(
		store->database,
		"SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'changed\\_%' ESCAPE '\\'", -1,
		&statement, NULL);
	while (status == SQLITE_OK && (status = sqlite3_step(statement)) == SQLITE_ROW) {
		buffer_format(&sql, "DROP TRIGGER \"%s\"; ", (const char *)sqlite3_column_text(statement, 0));
		status = SQLITE_OK;
	}
	(void)sqlite3_finalize(statement);
	enum result result = status == SQLITE_DONE ? RESULT_OK : store_failed(store, status, fault);
	if (result == RESULT_OK && sql.length)
		result = store_execute(store, buffer_cstr(&sql), fault);
	buffer_free(&sql);
	return result;
}

enum result changes_end(struct store *store, struct fault *fault)
{
	enum result result = drop_triggers(store, fault);
	if (result == RESULT_OK)
		result = store_execute(store,
		                       "DROP TABLE IF EXISTS changed; DELETE FROM meta WHERE name IN ('" CHANGES_LINE
		                       "', '" CHANGES_LINES "')",
		                       fault);
	return result;
}

enum result changes_newest(struct store *store, int64_t *number, struct fault *fault)
{
	struct query query = query_start(store, "SELECT seq FROM sqlite_sequence WHERE name = 'changed'");
	*number = query_row(&query) ? row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}

/* The lines that there were, " LINE:NUMBER" of each, with the last note before it; from before they were kept one may
 * be there alone. */
static enum result read_lines(struct store *store, struct buffer *lines, struct fault *fault)
{
	struct text text;
	enum result result = store_get(store, CHANGES_LINES, &text, fault);
	if (result == RESULT_OK)
		buffer_text(lines, text);
	if (result != RESULT_OK || lines->length)
		return result;
	result = store_get(store, CHANGES_LINE, &text, fault);
	if (result == RESULT_OK && text.length)
		buffer_format(lines, " %.*s:0", TEXT_ARG(text));
	return result;
}

/* The oldest go: who is so far behind begins anew. */
static struct text last_of(const struct buffer *lines)
{
	struct text text = buffer_view(lines);
	size_t count = 0, from = text.length;
	while (from > 0 && count < LINES_MOST)
		count += text.at[--from] == ' ';
	return (struct text){text.at + from, text.length - from};
}

/* Each start begins one: a file that was put back by hand goes on under the numbers that another history has had. */
static enum result begin_line(struct store *store, struct fault *fault)
{
	unsigned char bytes[16];
	int64_t newest = 0;
	struct buffer line = {0}, lines = {0};
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return fault_set(fault, RESULT_TEMPORARY, "the kernel gave no random bytes");
	for (size_t i = 0; i < sizeof bytes; i++)
		buffer_format(&line, "%02x", bytes[i]);
	enum result result = read_lines(store, &lines, fault);
	if (result == RESULT_OK)
		result = changes_newest(store, &newest, fault);
	buffer_format(&lines, " %s:%" PRId64, buffer_cstr(&line), newest);
	if (result == RESULT_OK)
		result = store_set(store, CHANGES_LINE, buffer_view(&line), fault);
	if (result == RESULT_OK)
		result = store_set(store, CHANGES_LINES, last_of(&lines), fault);
	buffer_free(&line);
	buffer_free(&lines);
	return result;
}

enum result changes_has(struct store *store, const char *line, int64_t number, bool *has, struct fault *fault)
{
	struct buffer lines = {0};
	bool before = false;
	enum result result = read_lines(store, &lines, fault);
	*has = false;
	for (const char *at = buffer_cstr(&lines); result == RESULT_OK && (at = strchr(at, ' '));) {
		char name[40];
		long long from = 0;
		int length = 0;
		if (sscanf(at, " %39[^:]:%lld%n", name, &from, &length) != 2)
			break;
		*has = *has && !(before && number > from);
		before = strcmp(name, line) == 0;
		*has = *has || (before && number >= from);
		at += length;
	}
	buffer_free(&lines);
	return result;
}

static enum result begin(struct store *store, struct fault *fault)
{
	enum result result = store_execute(store, table_sql, fault);
	if (result == RESULT_OK)
		result = begin_line(store, fault);
	return result == RESULT_OK ? followed_each(store, note_table, NULL, fault) : result;
}

/* Whether there is anything of notes. */
static enum result are_there(struct store *store, bool *there, struct fault *fault)
{
	int64_t count = 0;
	enum result result = store_pragma(
		store,
		"SELECT count(*) FROM sqlite_schema WHERE name = 'changed' OR name LIKE 'changed\\_%' ESCAPE '\\'",
		&count, fault);
	*there = count > 0;
	return result;
}

enum result changes_keep(struct store *store, bool keep, struct fault *fault)
{
	bool there = false;
	enum result result = keep ? RESULT_OK : are_there(store, &there, fault);
	if (result != RESULT_OK || (!keep && !there))
		return result;
	result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = keep ? begin(store, fault) : changes_end(store, fault);
	if (result == RESULT_OK)
		return store_commit(store, fault);
	store_rollback(store);
	return result;
}

enum result changes_prune(struct store *store, int64_t most, bool *more, struct fault *fault)
{
	enum result result = store_begin(store, fault);
	*more = false;
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(
		store,
		"DELETE FROM changed WHERE id <= min((SELECT max(id) FROM changed) - ?, (SELECT min(id) FROM changed)"
		" + ? - 1)");
	bind_int(&query, most);
	bind_int(&query, PRUNED_AT_ONCE);
	result = query_run(&query, fault);
	*more = sqlite3_changes64(store->database) >= PRUNED_AT_ONCE;
	if (result == RESULT_OK)
		return store_commit(store, fault);
	store_rollback(store);
	return result;
}

/* ---- copies ---- */

bool follow_is_copy(struct store *store, instant *at)
{
	int64_t there = 0;
	struct fault fault = {0};
	*at = INSTANT_NONE;
	if (store_pragma(store, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'copied'", &there,
	                 &fault) != RESULT_OK ||
	    !there)
		return false;
	(void)!store_pragma(store, "SELECT at FROM copied", at, &fault);
	return true;
}
