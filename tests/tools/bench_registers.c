/* bench_registers: how fast registers are built and brought up to date, and what a list costs beside a writer.
 *
 *   bench_events N C | bench_fill DATABASE CONFIG N; bench_registers DATABASE CONFIG [<NEW]
 *
 * Builds the registers of a database from nothing, in the daemon's own portions, and says subjects, events and rows a
 * second and the longest portion (CPU). Takes the events of standard input, and brings the registers up to date with
 * them: the same figures of the children that they are about. Then reads a list in a thread of its own, while this one
 * commits as fast as it can, and says how long the list took and the slowest commit beside it. */
#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "pipeline/registers.h"
#include "report/list_facts.h"
#include "store/events/events.h"

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

/* All that there is to do, in the daemon's own portions. */
static void bring_up_to_date(struct registers *registers, const char *what)
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
	bring_up_to_date(registers, "built from nothing");
	take_new(pipeline, parser);
	bring_up_to_date(registers, "brought up to date");
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
