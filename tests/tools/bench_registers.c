/* bench_registers: how fast registers are built and brought up to date, and what a list costs beside a writer.
 *
 *   bench_events N C | bench_fill DATABASE CONFIG N; bench_registers DATABASE CONFIG [<NEW]
 *
 * Builds the registers of a database from nothing, in the daemon's own portions, and says subjects, events and rows a
 * second and the longest portion (CPU). Takes the events of standard input, and brings the registers up to date with
 * them: the same figures of the children that they are about. Then reads a list in a thread of its own, while this one
 * commits as fast as it can, and says how long the list took and the slowest commit beside it.
 *
 * In between the floor, in the same run: the same events parsed, and the same rows inserted into empty tables of
 * another database (DATABASE.floor), 1,000 a transaction, by statements that do nothing else. */
#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "pipeline/registers.h"
#include "report/list_facts.h"
#include "store/events/events.h"
#include "store/events/packed.h"
#include "store/registers/registers.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct fault fault;

static void must(enum result result, const char *what)
{
	if (result == RESULT_OK)
		return;
	(void)fprintf(stderr, "bench_registers: %s: %s\n", what, fault.text);
	exit(1);
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t linked(void *context, struct text id, const struct text **ids)
{
	return pipeline_linked(context, id, ids);
}

static struct text canonical(void *context, struct text id)
{
	return pipeline_canonical(context, id);
}

/* All that there is to do, in the daemon's own portions. */
static double bring_up_to_date(struct registers *registers, const char *what)
{
	struct registers_figures before, figures;
	must(registers_figures(registers, &before, &fault), "figures");
	double begun = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_THREAD_CPUTIME_ID), longest = 0;
	size_t portions = 0;
	for (bool more = true; more; portions++) {
		double from = seconds(CLOCK_THREAD_CPUTIME_ID);
		must(registers_step(registers, &more, &fault), "a portion");
		double took = seconds(CLOCK_THREAD_CPUTIME_ID) - from;
		longest = took > longest ? took : longest;
	}
	double wall = seconds(CLOCK_MONOTONIC) - begun;
	cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
	must(registers_figures(registers, &figures, &fault), "figures");
	double subjects = (double)(figures.subjects - before.subjects);
	printf("%s: %.0f subjects/s, by CPU %.0f (%.1f us each): %.0f subjects, %llu events read, %llu rows reckoned, "
	       "%llu written in %.1f s, CPU %.1f s; %zu portions, the longest %.1f ms CPU\n",
	       what, subjects / wall, subjects / cpu, 1e6 * cpu / subjects, subjects,
	       (unsigned long long)(figures.events - before.events), (unsigned long long)(figures.rows - before.rows),
	       (unsigned long long)(figures.written - before.written), wall, cpu, portions, longest * 1000);
	return subjects;
}

static void take_new(struct pipeline *pipeline, struct event_parser *parser)
{
	static char *line;
	static size_t room;
	instant now = (instant)1790000000 * SECOND;
	int64_t number = (int64_t)1 << 40; /* beyond all that bench_fill took */
	struct batch *batch = batch_new();
	ssize_t got;
	while ((got = getline(&line, &room, stdin)) > 0 || batch->count) {
		if (got > 0)
			(void)batch_add(batch, parser, TEXT("kafka:events:0"), ++number,
			                (struct text){line, (size_t)got - 1}, now);
		if (got > 0 && batch->count < 2000)
			continue;
		must(pipeline_take(pipeline, batch, INSTANT_NEVER, now, &fault), "new events");
		batch_free(batch);
		batch = batch_new();
	}
	batch_free(batch);
	free(line);
}

/* ---- the floor ---- */

#define AT_ONCE 1000 /* read beforehand, and a transaction of rows */

static void must_sqlite(int status, sqlite3 *database)
{
	if (status == SQLITE_OK || status == SQLITE_ROW || status == SQLITE_DONE)
		return;
	(void)fprintf(stderr, "bench_registers: the floor: %s\n", sqlite3_errmsg(database));
	exit(1);
}

static sqlite3 *open_plainly(const char *path, const char *pragmas)
{
	sqlite3 *database;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	must_sqlite(sqlite3_open_v2(path, &database, flags, NULL), database);
	must_sqlite(sqlite3_exec(database, pragmas, NULL, NULL, NULL), database);
	return database;
}

static sqlite3_stmt *ask(sqlite3 *database, const char *sql)
{
	sqlite3_stmt *statement;
	must_sqlite(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), database);
	return statement;
}

/* CPU seconds to parse all events that are stored. To unpack them is not counted. */
static double parse_all(sqlite3 *from, struct event_parser *parser)
{
	struct event event;
	instant now = (instant)1790000000 * SECOND;
	sqlite3_stmt *all = ask(from, "SELECT event_json(id, packed, bytes), arrived FROM event");
	double cpu = 0;
	for (int status = SQLITE_ROW; status == SQLITE_ROW;) {
		struct buffer bytes = {0};
		size_t lengths[AT_ONCE], count = 0;
		while (count < AT_ONCE && (status = sqlite3_step(all)) == SQLITE_ROW) {
			lengths[count] = (size_t)sqlite3_column_bytes(all, 0);
			buffer_add(&bytes, sqlite3_column_blob(all, 0), lengths[count++]);
		}
		must_sqlite(status, from);
		double begun = seconds(CLOCK_THREAD_CPUTIME_ID);
		const char *at = buffer_cstr(&bytes);
		for (size_t i = 0; i < count; at += lengths[i++])
			must(event_parse(parser, (struct text){at, lengths[i]}, now, &event, &fault), "a stored event");
		cpu += seconds(CLOCK_THREAD_CPUTIME_ID) - begun;
		buffer_free(&bytes);
	}
	(void)sqlite3_finalize(all);
	return cpu;
}

/* Rows that were read, put in: CPU seconds. */
static double put_in(sqlite3 *to, sqlite3_stmt *put, sqlite3_value **values, size_t rows, size_t columns)
{
	double begun = seconds(CLOCK_THREAD_CPUTIME_ID);
	must_sqlite(sqlite3_exec(to, "BEGIN IMMEDIATE", NULL, NULL, NULL), to);
	for (size_t i = 0; i < rows; i++) {
		for (size_t c = 0; c < columns; c++)
			must_sqlite(sqlite3_bind_value(put, (int)c + 1, values[i * columns + c]), to);
		must_sqlite(sqlite3_step(put), to);
		must_sqlite(sqlite3_reset(put), to);
	}
	must_sqlite(sqlite3_exec(to, "COMMIT", NULL, NULL, NULL), to);
	return seconds(CLOCK_THREAD_CPUTIME_ID) - begun;
}

/* CPU seconds to insert all rows of a register into an empty table that is made as it is; the table is not counted. */
static double insert_all(sqlite3 *from, sqlite3 *to, const struct register_def *def, size_t *rows)
{
	struct buffer sql = {0}, all = {0}, put = {0};
	double cpu = 0;
	register_create_sql(def, &sql);
	must_sqlite(sqlite3_exec(to, buffer_cstr(&sql), NULL, NULL, NULL), to);
	buffer_format(&all, "SELECT rowid, * FROM register_%s ORDER BY rowid", def->id);
	buffer_format(&put, "INSERT INTO register_%s (rowid", def->id);
	for (size_t i = 0; i < def->field_count; i++)
		buffer_format(&put, ", \"%s\"", def->fields[i].name);
	buffer_string(&put, ") VALUES (?");
	for (size_t i = 0; i < def->field_count; i++)
		buffer_string(&put, ", ?");
	buffer_char(&put, ')');
	sqlite3_stmt *read = ask(from, buffer_cstr(&all)), *write = ask(to, buffer_cstr(&put));
	size_t columns = def->field_count + 1;
	sqlite3_value **values = mem_zero(AT_ONCE * columns, sizeof(sqlite3_value *));
	for (int status = SQLITE_ROW; status == SQLITE_ROW;) {
		size_t count = 0;
		for (; count < AT_ONCE && (status = sqlite3_step(read)) == SQLITE_ROW; count++)
			for (size_t c = 0; c < columns; c++)
				values[count * columns + c] = sqlite3_value_dup(sqlite3_column_value(read, (int)c));
		must_sqlite(status, from);
		cpu += put_in(to, write, values, count, columns);
		for (size_t i = 0; i < count * columns; i++)
			sqlite3_value_free(values[i]);
		*rows += count;
	}
	(void)sqlite3_finalize(read);
	(void)sqlite3_finalize(write);
	free(values);
	buffer_free(&sql);
	buffer_free(&all);
	buffer_free(&put);
	return cpu;
}

static void say_floor(const struct config *config, struct event_parser *parser, double subjects)
{
	struct buffer path = {0};
	size_t rows = 0;
	buffer_format(&path, "%s.floor", config->database);
	(void)remove(buffer_cstr(&path));
	sqlite3 *from = open_plainly(config->database, "PRAGMA query_only = ON; PRAGMA cache_size = -32768");
	sqlite3 *to = open_plainly(buffer_cstr(&path), "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL;"
	                                               "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768");
	if (!packed_function(from, NULL, NULL)) {
		(void)fprintf(stderr, "bench_registers: the floor: %s\n", sqlite3_errmsg(from));
		exit(1);
	}
	double parsed = parse_all(from, parser), inserted = 0;
	for (size_t i = 0; i < config->rules->register_count; i++)
		inserted += insert_all(from, to, &config->rules->registers[i], &rows);
	printf("the floor, built from nothing: %.1f us CPU a child to parse its events, %.1f to insert its rows "
	       "(%zu of %.0f children): %.0f children/s\n",
	       1e6 * parsed / subjects, 1e6 * inserted / subjects, rows, subjects, subjects / (parsed + inserted));
	(void)sqlite3_close(from);
	(void)sqlite3_close(to);
	(void)remove(buffer_cstr(&path));
	buffer_free(&path);
}

static void build(struct store *store, const struct config *config, struct pipeline *pipeline,
                  struct event_parser *parser)
{
	struct registers_settings settings = {.store = store,
	                                      .rules = config->rules,
	                                      .zone = calendar_zone(config->calendar),
	                                      .context = pipeline,
	                                      .linked = linked,
	                                      .canonical = canonical};
	struct registers *registers;
	must(registers_new(&settings, &registers, &fault), "registers");
	double subjects = bring_up_to_date(registers, "built from nothing");
	if (subjects > 0)
		say_floor(config, parser, subjects);
	take_new(pipeline, parser);
	(void)bring_up_to_date(registers, "brought up to date");
	registers_free(registers);
}

struct reading {
	struct list_request request;
	atomic_bool done;
	double took;
	size_t rows;
};

static void *read_list(void *argument)
{
	struct reading *reading = argument;
	struct fault why = {{0}};
	enum result result;
	double begun = seconds(CLOCK_MONOTONIC);
	struct list_facts *facts = list_facts_read(&reading->request, &result, &why);
	reading->took = seconds(CLOCK_MONOTONIC) - begun;
	if (!facts)
		(void)fprintf(stderr, "bench_registers: %s\n", why.text);
	for (size_t i = 0; facts && i < reading->request.list->section_count; i++)
		reading->rows += facts->sections[i].count;
	list_facts_free(facts);
	atomic_store(&reading->done, true);
	return NULL;
}

static void list_beside_a_writer(struct store *store, const struct config *config)
{
	instant now = (instant)1790000000 * SECOND;
	const struct config_list *daily = lists_find(config->lists, config->list_count, TEXT("daily-missing"));
	struct reading reading = {.request = {.database = config->database,
	                                      .rules = config->rules,
	                                      .zone = calendar_zone(config->calendar),
	                                      .list = daily,
	                                      .as_of = now,
	                                      .last = now - 24 * HOUR,
	                                      .go_live = INSTANT_NONE}};
	pthread_t thread;
	double slowest = 0;
	size_t commits = 0;
	if (pthread_create(&thread, NULL, read_list, &reading) != 0)
		exit(1);
	while (!atomic_load(&reading.done)) {
		double begun = seconds(CLOCK_MONOTONIC);
		must(store_begin(store, &fault), "begin");
		must(store_set(store, "bench", TEXT("x"), &fault), "write");
		must(store_commit(store, &fault), "commit");
		double took = seconds(CLOCK_MONOTONIC) - begun;
		slowest = took > slowest ? took : slowest;
		commits++;
	}
	(void)pthread_join(thread, NULL);
	printf("list: %.2f s for %zu rows; beside it %zu commits, the slowest %.0f ms\n", reading.took, reading.rows,
	       commits, slowest * 1000);
}

int main(int argc, char **argv)
{
	struct config_faults faults = {0};
	struct store *store;
	struct pipeline *pipeline;
	if (argc != 3)
		return 2;
	schema_start();
	log_set_level(LOG_LEVEL_ERROR);
	struct config *config = config_load(argv[2], NULL, &faults);
	if (!config || !config->list_count)
		return 2;
	config->database = argv[1];
	must(store_open(argv[1], STORE_WRITE, &store, &fault), "the database");
	struct event_parser *parser =
		event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	events_set_parser(store, parser);
	struct pipeline_settings settings = {.store = store};
	engine_settings_default(&settings.engine);
	settings.engine.calendar = config->calendar;
	settings.engine.rules = config->rules;
	must(pipeline_new(&settings, &pipeline, &fault), "the pipeline");
	build(store, config, pipeline, parser);
	list_beside_a_writer(store, config);
	pipeline_free(pipeline);
	store_close(store);
	event_parser_free(parser);
	config_free(config);
	return 0;
}
