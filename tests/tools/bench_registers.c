/* bench_registers: how fast registers are built and brought up to date, and what a list costs beside a writer.
 *
 *   bench_events N C | bench_fill DATABASE CONFIG N; bench_registers DATABASE CONFIG
 *
 * Builds the registers of a database from nothing, in the daemon's own portions, and says subjects, events and rows a
 * second and the longest portion (CPU); then reads the first list of the configuration in a thread of its own, while
 * this one commits as fast as it can, and says how long the list took and the slowest commit beside it. */
#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "pipeline/registers.h"
#include "report/list_facts.h"
#include "store/events.h"

#include <pthread.h>
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

static void build(struct store *store, const struct config *config, struct pipeline *pipeline)
{
	struct registers_settings settings = {.store = store,
	                                      .rules = config->rules,
	                                      .zone = calendar_zone(config->calendar),
	                                      .context = pipeline,
	                                      .linked = linked,
	                                      .canonical = canonical};
	struct registers *registers;
	struct registers_figures figures;
	must(registers_new(&settings, &registers, &fault), "registers");
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
	printf("built: %.0f subjects/s, %.0f events/s, %.0f rows/s (%llu subjects, %llu events, %llu rows in %.1f s, "
	       "CPU %.1f s); "
	       "%zu portions, the longest %.1f ms CPU\n",
	       (double)figures.subjects / wall, (double)figures.events / wall, (double)figures.rows / wall,
	       (unsigned long long)figures.subjects, (unsigned long long)figures.events,
	       (unsigned long long)figures.rows, wall, cpu, portions, longest * 1000);
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
	build(store, config, pipeline);
	list_beside_a_writer(store, config);
	pipeline_free(pipeline);
	store_close(store);
	event_parser_free(parser);
	config_free(config);
	return 0;
}
