/* reader: the connection, its views, and queries on it. */
#include "report/reader_internal.h"

#include "base/log.h"
#include "store/events/packed.h"
#include "store/registers/registers.h"

#include <stdio.h>
#include <stdlib.h>

#define WAIT_MS 5000 /* for a table that is being made */

/* One register under its own name: its fields, and the number of the newest standing alert of each rule it names. */
static void write_view(const struct register_def *def, struct buffer *sql)
{
	buffer_format(sql, "CREATE TEMP VIEW %s AS SELECT r.*", def->id);
	for (size_t i = 0; i < def->alert_count; i++)
		buffer_format(sql,
		              ", (SELECT max(number) FROM standing s WHERE s.child = r.child AND s.rule = '%s') AS %s",
		              def->alerts[i].rule, def->alerts[i].name);
	buffer_format(sql, " FROM register_%s r;\n", def->id);
}

static enum result failed(const struct reader *reader, const char *what, struct fault *fault)
{
	int status = sqlite3_extended_errcode(reader->database);
	bool busy =
		(status & 0xff) == SQLITE_BUSY || (status & 0xff) == SQLITE_LOCKED || (status & 0xff) == SQLITE_IOERR;
	return fault_set(fault, busy ? RESULT_TEMPORARY : RESULT_PERMANENT, "%s: %s", what,
	                 sqlite3_errmsg(reader->database));
}

/* The standing alerts, read once: there are few. */
static const char standing[] =
	"CREATE TEMP TABLE standing AS SELECT h.name AS child, a.rule AS rule, a.number AS number FROM alert a"
	" JOIN history h ON h.id = a.history WHERE h.domain = 0 AND a.state = 0 AND a.early = 0;"
	"CREATE INDEX temp.standing_child ON standing (child);\n";

static bool run_sql(struct reader *reader, const char *sql)
{
	return sqlite3_exec(reader->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool make_standing(struct reader *reader)
{
	if (reader->has_standing)
		return true;
	reader->has_standing = true;
	return run_sql(reader, standing);
}

static bool make_view(struct reader *reader, size_t number)
{
	const struct register_def *def = &reader->rules->registers[number];
	struct buffer sql = {0};
	reader->views[number] = true;
	write_view(def, &sql);
	bool good = (!def->alert_count || make_standing(reader)) && run_sql(reader, buffer_cstr(&sql));
	buffer_free(&sql);
	return good;
}

static bool make_work_views(struct reader *reader)
{
	reader->has_work = true;
	return run_sql(reader, reader_work_views) && reader_fill_rules(reader, reader->rules);
}

/* By its name, or by a function that looks into it (reader_people.c). `sql` is in small letters, as all names are. */
static bool may_read(const char *sql, const char *id)
{
	static const char *const functions[] = {"team_at", "team_id_at", "service_at"};
	bool may = strstr(sql, id) != NULL;
	for (size_t i = 0; !may && i < sizeof functions / sizeof *functions && strcmp(id, "allocation") == 0; i++)
		may = strstr(sql, functions[i]) != NULL;
	return may;
}

/* What the SELECT names, or might: a list reads three registers of twenty, and to make the others took longer than to
 * read it. */
static bool make_named_small(struct reader *reader, const char *sql)
{
	static const char *const work[] = {"alert_work", "alerts", "messages", "records", "rule_word"};
	bool good = !strstr(sql, "standing") || make_standing(reader);
	for (size_t i = 0; good && i < reader->rules->register_count; i++)
		if (!reader->views[i] && may_read(sql, reader->rules->registers[i].id))
			good = make_view(reader, i);
	for (size_t i = 0; good && !reader->has_work && i < sizeof work / sizeof *work; i++)
		if (strstr(sql, work[i]))
			good = make_work_views(reader);
	return good;
}

/* Once, however many figures ask for it; and of many the log says the first alone. */
static void note_unreadable(void *argument, int64_t event, const char *why)
{
	struct reader *reader = argument;
	uint64_t hash = (uint64_t)event * 0x9e3779b97f4a7c15u;
	struct map_walk walk = map_walk(&reader->unread, hash);
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;)
		if (reader->unread_events[number] == event)
			return;
	if (!reader->unread_count)
		log_error("stored event %lld can no longer be read: %s", (long long)event, why);
	map_add(&reader->unread, hash, (uint32_t)reader->unread_count);
	*(int64_t *)mem_push((void **)&reader->unread_events, &reader->unread_count, &reader->unread_room,
	                     sizeof event) = event;
}

size_t reader_unreadable(const struct reader *reader, int64_t *last)
{
	*last = reader->unread_count ? reader->unread_events[reader->unread_count - 1] : 0;
	return reader->unread_count;
}

static bool make_named(struct reader *reader, const char *sql)
{
	char *small = mem_copy_text(sql, strlen(sql));
	for (char *at = small; *at; at++)
		*at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
	bool good = make_named_small(reader, small);
	free(small);
	return good;
}

static bool add_functions(struct reader *reader)
{
	return reader_functions(reader) && reader_reckon_functions(reader) && reader_people_functions(reader) &&
	       packed_function(reader->database, note_unreadable, reader);
}

static struct reader *open_database(const char *database, int flags, const struct ruleset *rules,
                                    const struct zone *zone, struct fault *fault)
{
	struct reader *reader = MEM_NEW(struct reader);
	reader->zone = zone;
	reader->rules = rules;
	reader->views = mem_zero(rules->register_count + 1, sizeof *reader->views);
	if (sqlite3_open_v2(database, &reader->database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) ==
	    SQLITE_OK)
		return reader;
	(void)fault_set(fault, RESULT_PERMANENT, "the database %s cannot be read: %s", database,
	                sqlite3_errmsg(reader->database));
	reader_close(reader);
	return NULL;
}

struct reader *reader_open(const char *database, const struct ruleset *rules, const struct zone *zone,
                           struct fault *fault)
{
	struct reader *reader = open_database(database, SQLITE_OPEN_READONLY, rules, zone, fault);
	if (!reader)
		return NULL;
	(void)sqlite3_busy_timeout(reader->database, WAIT_MS);
	(void)sqlite3_exec(reader->database, "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384", NULL, NULL,
	                   NULL);
	if (add_functions(reader))
		return reader;
	(void)failed(reader, "the functions of lists", fault);
	reader_close(reader);
	return NULL;
}

/* What a view beside the registers needs. */
static const char beside[] =
	"CREATE TABLE history (id INTEGER PRIMARY KEY, domain INTEGER, name TEXT);"
	"CREATE TABLE alert (number INTEGER PRIMARY KEY, id TEXT, history INTEGER, rule TEXT, severity INTEGER,"
	" state INTEGER, opened INTEGER, closed INTEGER, due INTEGER, step INTEGER, next INTEGER, spent INTEGER,"
	" acknowledged INTEGER, review_at INTEGER, early INTEGER, shadow INTEGER, key INTEGER);"
	"CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER, what TEXT, number INTEGER, detail TEXT);"
	"CREATE TABLE outbox (id INTEGER PRIMARY KEY, kind INTEGER, state INTEGER, purpose TEXT, number INTEGER,"
	" step INTEGER, role TEXT, person TEXT, created INTEGER, sent INTEGER, channel TEXT);"
	"CREATE TABLE event (id INTEGER PRIMARY KEY, history INTEGER, type INTEGER, time INTEGER, arrived INTEGER,"
	" flags INTEGER, bytes BLOB, packed INTEGER);"
	"CREATE TABLE event_type (id INTEGER PRIMARY KEY, name TEXT);"
	"CREATE TABLE amendment (source TEXT, target TEXT, event INTEGER);"
	"CREATE TABLE report_print (list TEXT, reader TEXT, figure TEXT, label TEXT, period TEXT, printed INTEGER,"
	" value REAL, shown INTEGER, counted INTEGER);"
	"CREATE TABLE register_id (id TEXT PRIMARY KEY, child TEXT);";

struct reader *reader_open_sample(const struct ruleset *rules, const struct zone *zone,
                                  const struct reader_sample *sample, struct fault *fault)
{
	struct reader *reader = open_database(":memory:", SQLITE_OPEN_READWRITE, rules, zone, fault);
	struct buffer sql = {0};
	if (!reader)
		return NULL;
	buffer_string(&sql, beside);
	for (size_t i = 0; i < rules->register_count; i++)
		register_create_sql(&rules->registers[i], &sql);
	int status = sqlite3_exec(reader->database, buffer_cstr(&sql), NULL, NULL, NULL);
	buffer_free(&sql);
	if (status == SQLITE_OK && sample && !reader_fill_sample(reader->database, rules, sample))
		status = SQLITE_ERROR;
	if (status != SQLITE_OK)
		(void)failed(reader, "the registers", fault);
	if (status == SQLITE_OK && add_functions(reader))
		return reader;
	reader_close(reader);
	return NULL;
}

void reader_use(struct reader *reader, const struct calendar *calendar, const struct directory *directory)
{
	reader->calendar = calendar;
	reader->directory = directory;
}

const struct ruleset *reader_rules(const struct reader *reader)
{
	return reader->rules;
}

const struct directory *reader_directory(const struct reader *reader)
{
	return reader->directory;
}

const struct calendar *reader_calendar(const struct reader *reader)
{
	return reader->calendar;
}

enum result reader_begin(struct reader *reader, struct fault *fault)
{
	int status = sqlite3_exec(reader->database, "BEGIN", NULL, NULL, NULL);
	return status == SQLITE_OK ? RESULT_OK : failed(reader, "the database cannot be read", fault);
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	(void)sqlite3_finalize(reader->allocations);
	(void)sqlite3_close_v2(reader->database);
	map_free(&reader->unread);
	free(reader->unread_events);
	free(reader->views);
	free(reader);
}

void reader_ask(struct reader *reader, const struct reader_question *question)
{
	reader->question = *question;
	reader->today = zone_date(reader->zone, question->as_of);
}

/* ---- queries ---- */

struct reader_rows {
	struct reader *reader;
	sqlite3_stmt *statement;
	int status;
};

static void bind_question(struct reader_rows *rows)
{
	const struct reader_question *question = &rows->reader->question;
	reader_bind_integer(rows, "as_of", question->as_of);
	reader_bind_integer(rows, "last", question->last);
	reader_bind_integer(rows, "go_live", question->go_live);
	reader_bind_integer(rows, "first", question->first);
	reader_bind_integer(rows, "end", question->end);
	reader_bind_integer(rows, "from", question->from);
	reader_bind_integer(rows, "to", question->to);
	reader_bind_integer(rows, "printed", question->printed);
	reader_bind_text(rows, "team", question->team);
	reader_bind_text(rows, "person", question->person);
}

enum result reader_query(struct reader *reader, const char *sql, struct reader_rows **out, struct fault *fault)
{
	struct reader_rows *rows = MEM_NEW(struct reader_rows);
	rows->reader = reader;
	*out = NULL;
	const char *rest = "";
	if (!make_named(reader, sql) || !reader_make_alerts(reader, sql)) {
		enum result result = failed(reader, "the registers and alerts cannot be read", fault);
		free(rows);
		return result;
	}
	if (sqlite3_prepare_v2(reader->database, sql, -1, &rows->statement, &rest) != SQLITE_OK) {
		enum result result = failed(reader, "the query", fault);
		free(rows);
		return result;
	}
	if (!rows->statement || rest[strspn(rest, " \n\t;")]) {
		(void)sqlite3_finalize(rows->statement);
		free(rows);
		return fault_set(fault, RESULT_PERMANENT, "a query is one SELECT");
	}
	bind_question(rows);
	*out = rows;
	return RESULT_OK;
}

static int place_of(const struct reader_rows *rows, const char *name)
{
	char with_colon[80];
	(void)snprintf(with_colon, sizeof with_colon, ":%s", name);
	return sqlite3_bind_parameter_index(rows->statement, with_colon);
}

void reader_bind_integer(struct reader_rows *rows, const char *name, int64_t value)
{
	int at = place_of(rows, name);
	if (at)
		(void)sqlite3_bind_int64(rows->statement, at, value);
}

void reader_bind_text(struct reader_rows *rows, const char *name, struct text value)
{
	int at = place_of(rows, name);
	if (at)
		(void)sqlite3_bind_text64(rows->statement, at, value.at ? value.at : "", value.length, SQLITE_TRANSIENT,
		                          SQLITE_UTF8);
}

bool reader_next(struct reader_rows *rows)
{
	rows->status = sqlite3_step(rows->statement);
	return rows->status == SQLITE_ROW;
}

void reader_again(struct reader_rows *rows)
{
	(void)sqlite3_reset(rows->statement);
}

size_t reader_columns(const struct reader_rows *rows)
{
	return (size_t)sqlite3_column_count(rows->statement);
}

const char *reader_column_name(const struct reader_rows *rows, size_t column)
{
	const char *name = sqlite3_column_name(rows->statement, (int)column);
	return name ? name : "";
}

bool reader_is_null(const struct reader_rows *rows, size_t column)
{
	return sqlite3_column_type(rows->statement, (int)column) == SQLITE_NULL;
}

bool reader_is_number(const struct reader_rows *rows, size_t column)
{
	int type = sqlite3_column_type(rows->statement, (int)column);
	return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

double reader_real(const struct reader_rows *rows, size_t column)
{
	return sqlite3_column_double(rows->statement, (int)column);
}

struct text reader_text(const struct reader_rows *rows, size_t column)
{
	const unsigned char *at = sqlite3_column_text(rows->statement, (int)column);
	int length = sqlite3_column_bytes(rows->statement, (int)column);
	return (struct text){(const char *)at, at ? (size_t)length : 0};
}

int64_t reader_integer(const struct reader_rows *rows, size_t column)
{
	return sqlite3_column_int64(rows->statement, (int)column);
}

enum result reader_end(struct reader_rows *rows, enum result so_far, struct fault *fault)
{
	if (!rows)
		return so_far;
	bool fine = rows->status == SQLITE_OK || rows->status == SQLITE_ROW || rows->status == SQLITE_DONE;
	enum result result = so_far;
	if (so_far == RESULT_OK && !fine)
		result = failed(rows->reader, "the query", fault);
	(void)sqlite3_finalize(rows->statement);
	free(rows);
	return result;
}

enum result reader_check(const struct reader_rows *rows, const char *const *names, struct fault *fault)
{
	static const char *const own[] = {"as_of",   "last", "go_live", "first", "end", "from", "to",
	                                  "printed", "team", "person",  NULL};
	for (int i = 1; i <= sqlite3_bind_parameter_count(rows->statement); i++) {
		const char *name = sqlite3_bind_parameter_name(rows->statement, i);
		bool known = false;
		for (size_t k = 0; name && own[k]; k++)
			known = known || strcmp(name + 1, own[k]) == 0;
		for (size_t k = 0; name && names[k]; k++)
			known = known || strcmp(name + 1, names[k]) == 0;
		if (!known)
			return fault_set(fault, RESULT_PERMANENT, "%s is no number of this list", name ? name : "?");
	}
	if (!sqlite3_stmt_readonly(rows->statement))
		return fault_set(fault, RESULT_PERMANENT, "a query is one SELECT");
	return RESULT_OK;
}
