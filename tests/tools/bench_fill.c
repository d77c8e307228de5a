/* bench_fill: a database with many stored events, made through the pipeline itself, and what an event costs on the way.
 *
 *   bench_events N C | bench_fill DATABASE CONFIG MARK...
 *
 * All of it happened before go-live and only builds history. At each MARK (a number of stored events) it prints the CPU
 * time an event took over the tenth before it, and resident memory; with one MARK twice as far the ratio says whether
 * cost grows. */
#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "store/events/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BATCH 2000
#define NOW ((instant)1790000000 * SECOND)

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_fill: %s: %s\n", what, why);
	exit(1);
}

static double cpu_seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long resident_mbytes(void)
{
	long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file && fscanf(file, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (file)
		(void)fclose(file);
	return resident * sysconf(_SC_PAGESIZE) / (1 << 20);
}

static struct batch *read_batch(struct event_parser *parser, int64_t *line_number)
{
	static char *line;
	static size_t room;
	struct batch *batch = batch_new();
	for (ssize_t got; batch->count < BATCH && (got = getline(&line, &room, stdin)) > 0;)
		(void)batch_add(batch, parser, TEXT("kafka:events:0"), ++*line_number,
		                (struct text){line, (size_t)got - 1}, NOW);
	if (batch->count < BATCH)
		free(line);
	return batch;
}

struct marks {
	char **given;
	int count, at;
	double begun;  /* CPU time at nine tenths of the mark */
	uint64_t from;
};

static void note(struct marks *marks, uint64_t stored)
{
	if (marks->at >= marks->count)
		return;
	uint64_t mark = strtoull(marks->given[marks->at], NULL, 10);
	if (!marks->from && stored >= mark - mark / 10) {
		marks->from = stored;
		marks->begun = cpu_seconds();
	}
	if (stored < mark)
		return;
	(void)printf("stored %llu cpu_us_an_event %.3f resident_mib %ld\n", (unsigned long long)stored,
	             1e6 * (cpu_seconds() - marks->begun) / (double)(stored - marks->from), resident_mbytes());
	(void)fflush(stdout);
	marks->from = 0;
	marks->at++;
}

/* As of a log of one partition: to the newest of what was read. */
static instant read_to(const struct batch *batch)
{
	static instant newest = INSTANT_NONE;
	for (size_t i = 0; i < batch->count; i++)
		if (batch->records[i].accepted && batch->records[i].event.time > newest)
			newest = batch->records[i].event.time;
	return newest;
}

static void fill(struct pipeline *pipeline, const struct config *config, struct marks *marks)
{
	struct event_parser *parser =
		event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	struct fault fault;
	int64_t line = 0;
	for (bool more = true; more;) {
		struct batch *batch = read_batch(parser, &line);
		more = batch->count == BATCH;
		if (batch->count && pipeline_take(pipeline, batch, read_to(batch), NOW, &fault) != RESULT_OK)
			die("pipeline", fault.text);
		batch_free(batch);
		note(marks, (uint64_t)line);
	}
	event_parser_free(parser);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		(void)fprintf(stderr, "usage: bench_events N C | bench_fill DATABASE CONFIG MARK...\n");
		return 2;
	}
	log_set_level(LOG_LEVEL_ERROR);
	schema_start();
	struct config_faults faults = {0};
	struct config *config = config_load(argv[2], NULL, &faults);
	if (!config)
		die(faults.items[0].file, faults.items[0].text);
	struct store *store;
	struct pipeline *pipeline;
	struct fault fault;
	if (store_open(argv[1], STORE_WRITE, &store, &fault) != RESULT_OK)
		die(argv[1], fault.text);
	struct event_parser *reader =
		event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	events_set_parser(store, reader);
	struct pipeline_settings settings = {.store = store, .behind = true}; /* as the daemon reads a backlog */
	engine_settings_default(&settings.engine);
	settings.engine.calendar = config->calendar;
	settings.engine.rules = config->rules;
	settings.engine.cache_bytes = config->cache_mbytes << 20;
	settings.engine.go_live = NOW + HOUR;
	if (pipeline_new(&settings, &pipeline, &fault) != RESULT_OK)
		die("pipeline", fault.text);
	struct marks marks = {.given = argv + 3, .count = argc - 3};
	fill(pipeline, config, &marks);
	pipeline_free(pipeline);
	store_close(store);
	event_parser_free(reader);
	config_free(config);
	config_faults_free(&faults);
	return 0;
}
