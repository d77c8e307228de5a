/* bench_append: what durability costs: events appended bare to SQLite, against the whole pipeline, as a ratio of one
 * run.
 *
 *   bench_append EVENTS.jsonl DIRECTORY [live|load] [CONFIG]
 *
 * Both write 2,000 events a transaction with synchronous=FULL into DIRECTORY (which must exist; its files are
 * replaced). The pipeline judges all rules of CONFIG (default conf/casewatchd.yaml); events are parsed on a second
 * thread that hands over batches, as the Kafka source does. live: the clock follows the events, and what is due in
 * between is judged. load: everything happened before go-live, and only builds history. */
#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "store/events/events.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BATCH 2000
#define RING 4

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_append: %s: %s\n", what, why);
	exit(1);
}

/* ---- the events ---- */

struct events {
	char *bytes;
	struct text *lines;
	size_t count, room;
};

static struct events read_events(const char *path)
{
	struct events events = {0};
	FILE *file = fopen(path, "r");
	if (!file || fseek(file, 0, SEEK_END) != 0)
		die(path, "cannot be read");
	long length = ftell(file);
	rewind(file);
	events.bytes = mem_alloc((size_t)length + 1);
	if (fread(events.bytes, 1, (size_t)length, file) != (size_t)length)
		die(path, "cannot be read");
	(void)fclose(file);
	for (char *at = events.bytes, *end = at + length; at < end;) {
		char *stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		*(struct text *)mem_push((void **)&events.lines, &events.count, &events.room, sizeof(struct text)) =
			(struct text){at, (size_t)(stop - at)};
		at = stop + 1;
	}
	return events;
}

static void remove_database(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
	char name[512];
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		(void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		(void)unlink(name);
	}
}

/* ---- bare ---- */

struct measured {
	double took, cpu, worst, ticks_cpu;
	uint64_t ticks;
};

static void sql(sqlite3 *database, const char *text)
{
	if (sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK)
		die("bare append", sqlite3_errmsg(database));
}

static struct measured append_bare(const struct events *events, const char *path)
{
	struct measured measured = {0};
	sqlite3 *database;
	sqlite3_stmt *insert;
	remove_database(path);
	if (sqlite3_open(path, &database) != SQLITE_OK)
		die(path, sqlite3_errmsg(database));
	sql(database, "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	              "CREATE TABLE event (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
	if (sqlite3_prepare_v2(database, "INSERT INTO event (bytes) VALUES (?)", -1, &insert, NULL) != SQLITE_OK)
		die("bare append", sqlite3_errmsg(database));
	double start = seconds(), cpu = cpu_seconds();
	for (size_t i = 0; i < events->count;) {
		sql(database, "BEGIN IMMEDIATE");
		for (size_t k = 0; k < BATCH && i < events->count; k++, i++) {
			(void)sqlite3_bind_blob64(insert, 1, events->lines[i].at, events->lines[i].length,
			                          SQLITE_STATIC);
			if (sqlite3_step(insert) != SQLITE_DONE)
				die("bare append", sqlite3_errmsg(database));
			(void)sqlite3_reset(insert);
		}
		sql(database, "COMMIT");
	}
	measured.took = seconds() - start;
	measured.cpu = cpu_seconds() - cpu;
	(void)sqlite3_finalize(insert);
	(void)sqlite3_close(database);
	remove_database(path);
	return measured;
}

/* ---- the pipeline ---- */

/* Parses ahead of the loop, no further than the ring has room. */
struct ring {
	const struct events *events;
	bool live;
	const struct zone *zone;
	struct batch *batches[RING];
	size_t first, count;
	bool ended;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

static struct batch *parse_batch(const struct ring *ring, struct event_parser *parser, size_t from)
{
	struct batch *batch = batch_new();
	for (size_t i = from; i < from + BATCH && i < ring->events->count; i++)
		(void)batch_add(batch, parser, TEXT("kafka:events:0"), (int64_t)i + 1, ring->events->lines[i],
		                ring->live ? INSTANT_NONE : (instant)1790000000 * SECOND);
	return batch;
}

static void *parse_all(void *argument)
{
	struct ring *ring = argument;
	struct event_parser *parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, ring->zone);
	for (size_t i = 0; i < ring->events->count; i += BATCH) {
		struct batch *batch = parse_batch(ring, parser, i);
		(void)pthread_mutex_lock(&ring->lock);
		while (ring->count == RING)
			(void)pthread_cond_wait(&ring->changed, &ring->lock);
		ring->batches[(ring->first + ring->count++) % RING] = batch;
		(void)pthread_cond_signal(&ring->changed);
		(void)pthread_mutex_unlock(&ring->lock);
	}
	(void)pthread_mutex_lock(&ring->lock);
	ring->ended = true;
	(void)pthread_cond_signal(&ring->changed);
	(void)pthread_mutex_unlock(&ring->lock);
	event_parser_free(parser);
	return NULL;
}

static struct batch *next_batch(struct ring *ring)
{
	struct batch *batch = NULL;
	(void)pthread_mutex_lock(&ring->lock);
	while (!ring->count && !ring->ended)
		(void)pthread_cond_wait(&ring->changed, &ring->lock);
	if (ring->count) {
		batch = ring->batches[ring->first];
		ring->first = (ring->first + 1) % RING;
		ring->count--;
		(void)pthread_cond_signal(&ring->changed);
	}
	(void)pthread_mutex_unlock(&ring->lock);
	return batch;
}

static void run_ticks(struct pipeline *pipeline, instant now, struct measured *measured)
{
	struct fault fault;
	double start = cpu_seconds();
	while (pipeline_next(pipeline) <= now) {
		if (pipeline_tick(pipeline, now, &fault) != RESULT_OK)
			die("tick", fault.text);
		measured->ticks++;
	}
	measured->ticks_cpu += cpu_seconds() - start;
}

static void take_all(struct pipeline *pipeline, struct ring *ring, struct measured *measured)
{
	struct fault fault;
	double start = seconds(), cpu = cpu_seconds();
	for (struct batch *batch; (batch = next_batch(ring)) != NULL;) {
		instant now = (instant)1790000000 * SECOND;
		double begun = seconds();
		for (size_t i = 0; ring->live && i < batch->count;
		     i++) { /* it arrives when it was recorded, or when it happened */
			struct source_record *record = &batch->records[i];
			record->arrived = now =
				record->event.recorded != INSTANT_NONE ? record->event.recorded : record->event.time;
			if (i == 0)
				run_ticks(pipeline, now, measured);
		}
		if (pipeline_take(pipeline, batch, INSTANT_NEVER, now, &fault) != RESULT_OK)
			die("pipeline", fault.text);
		batch_free(batch);
		if (seconds() - begun > measured->worst)
			measured->worst = seconds() - begun;
	}
	measured->took = seconds() - start;
	measured->cpu = cpu_seconds() - cpu;
}

static struct config *load_config(const char *path)
{
	struct config_faults faults = {0};
	struct config *config = config_load(path, NULL, &faults);
	if (!config)
		die(faults.items[0].file, faults.items[0].text);
	config_faults_free(&faults);
	return config;
}

static void say_figures(const struct pipeline *pipeline)
{
	struct pipeline_figures figures;
	pipeline_figures(pipeline, &figures);
	(void)printf("  events %llu, duplicates %llu, quarantined %llu, folds %llu, evictions %llu, engine %zu MiB\n",
	             (unsigned long long)figures.events, (unsigned long long)figures.duplicates,
	             (unsigned long long)figures.quarantined, (unsigned long long)figures.engine.folds,
	             (unsigned long long)figures.engine.evictions, figures.engine.bytes >> 20);
	(void)printf("  effects:");
	for (size_t i = 0; i <= EFFECT_WITHDRAWN; i++)
		(void)printf(" %s %llu", effect_name((enum effect_kind)i), (unsigned long long)figures.effects[i]);
	(void)printf("\n");
}

static struct measured run_pipeline(const struct events *events, const char *path, bool live, const char *config_path)
{
	struct config *config = load_config(config_path);
	struct store *store;
	struct pipeline *pipeline;
	struct fault fault;
	struct measured measured = {0};
	remove_database(path);
	if (store_open(path, STORE_WRITE, &store, &fault) != RESULT_OK)
		die(path, fault.text);
	struct event_parser *reader =
		event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	events_set_parser(store, reader);
	struct pipeline_settings settings = {.store = store, .behind = !live};
	engine_settings_default(&settings.engine);
	settings.engine.calendar = config->calendar;
	settings.engine.rules = config->rules;
	settings.engine.cache_bytes = config->cache_mbytes << 20;
	settings.engine.go_live = live ? INSTANT_NONE : (instant)1800000000 * SECOND;
	if (pipeline_new(&settings, &pipeline, &fault) != RESULT_OK)
		die("pipeline", fault.text);
	struct ring ring = {.events = events, .live = live, .zone = calendar_zone(config->calendar),
	                    .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	pthread_t thread;
	if (pthread_create(&thread, NULL, parse_all, &ring) != 0)
		die("thread", "cannot be started");
	take_all(pipeline, &ring, &measured);
	(void)pthread_join(thread, NULL);
	say_figures(pipeline);
	pipeline_free(pipeline);
	store_close(store);
	event_parser_free(reader);
	config_free(config);
	return measured;
}

int main(int argc, char **argv)
{
	char path[512];
	struct rusage usage;
	if (argc < 3) {
		(void)fprintf(stderr, "usage: bench_append EVENTS.jsonl DIRECTORY [live|load] [CONFIG]\n");
		return 2;
	}
	log_set_level(LOG_LEVEL_ERROR);
	schema_start();
	bool live = argc < 4 || strcmp(argv[3], "load") != 0;
	struct events events = read_events(argv[1]);
	(void)snprintf(path, sizeof path, "%s/bare.db", argv[2]);
	struct measured bare = append_bare(&events, path);
	(void)printf("bare append        %9.0f events/s; %.2f CPU us an event\n", (double)events.count / bare.took,
	             1e6 * bare.cpu / (double)events.count);
	(void)snprintf(path, sizeof path, "%s/pipeline.db", argv[2]);
	struct measured measured = run_pipeline(&events, path, live, argc > 4 ? argv[4] : "conf/casewatchd.yaml");
	(void)getrusage(RUSAGE_SELF, &usage);
	(void)printf("pipeline, %s     %9.0f events/s; %.2f CPU us an event, of that ticks %.2f (%llu); worst batch "
	             "%.0f ms\n",
	             live ? "live" : "load", (double)events.count / measured.took,
	             1e6 * measured.cpu / (double)events.count, 1e6 * measured.ticks_cpu / (double)events.count,
	             (unsigned long long)measured.ticks, 1e3 * measured.worst);
	(void)printf("ratio              %9.2f; of CPU %.2f\n", bare.took / measured.took, bare.cpu / measured.cpu);
	(void)printf("most memory        %9ld MiB, of it the events read beforehand\n", usage.ru_maxrss / 1024);
	free(events.lines);
	free(events.bytes);
	return 0;
}
