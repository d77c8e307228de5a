/* months: what a daemon makes of many months of a council, in minutes: the pipeline over a real database, batches by
 * the hour, the clock going with the events. What is read, judged and told must not depend on how much fits in memory.
 *
 *   bench_casework EVENTS CHILDREN 2 | months DATABASE CONFIG CACHE_MEBIBYTES
 *
 * Prints events, what the engine did, and how many histories it had to take out of memory and fold anew. Nothing is
 * synced to the disk. */
#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "store/events/events.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>

struct months {
	struct pipeline *pipeline;
	struct event_parser *parser;
	struct batch *batch;
	instant now;
	int64_t line;
};

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "months: %s: %s\n", what, why);
	exit(1);
}

/* All that falls due until then, at its own time. */
static void live_until(struct months *months, instant until)
{
	struct fault fault;
	for (instant next; (next = pipeline_next(months->pipeline)) <= until;) {
		months->now = next > months->now ? next : months->now;
		if (pipeline_tick(months->pipeline, months->now, &fault) != RESULT_OK)
			die("a tick", fault.text);
	}
	months->now = until;
}

static void take(struct months *months)
{
	struct fault fault;
	if (pipeline_take(months->pipeline, months->batch, INSTANT_NEVER, months->now, &fault) != RESULT_OK)
		die("a batch", fault.text);
	batch_free(months->batch);
	months->batch = batch_new();
}

static void read_on(struct months *months)
{
	char *line = NULL;
	size_t room = 0;
	for (ssize_t got; (got = getline(&line, &room, stdin)) > 0;) {
		size_t at = months->batch->count;
		(void)batch_add(months->batch, months->parser, TEXT("kafka:events:0"), ++months->line,
		                (struct text){line, (size_t)got - 1}, months->now);
		instant known = record_known(&months->batch->records[at]);
		if (months->now == INSTANT_NONE)
			months->now = known;
		if (known <= months->now + HOUR)
			continue;
		live_until(months, known);
		take(months);
	}
	take(months);
	live_until(months, months->now + 24 * HOUR);
	free(line);
}

int main(int argc, char **argv)
{
	struct config_faults faults = {0};
	struct fault fault;
	struct store *store;
	struct months months = {.batch = batch_new(), .now = INSTANT_NONE};
	if (argc != 4)
		die("usage", "see the head of its source");
	log_set_level(LOG_LEVEL_ERROR);
	schema_start();
	struct config *config = config_load(argv[2], NULL, &faults);
	if (!config)
		die(faults.items[0].file, faults.items[0].text);
	months.parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	struct event_parser *reader =
		event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	if (store_open(argv[1], STORE_WRITE, &store, &fault) != RESULT_OK ||
	    store_execute(store, "PRAGMA synchronous = OFF", &fault) != RESULT_OK)
		die(argv[1], fault.text);
	events_set_parser(store, reader);
	struct pipeline_settings settings = {.store = store};
	engine_settings_default(&settings.engine);
	settings.engine.calendar = config->calendar;
	settings.engine.rules = config->rules;
	settings.engine.directory = config->directory;
	settings.engine.cache_bytes = strtoul(argv[3], NULL, 10) << 20;
	if (pipeline_new(&settings, &months.pipeline, &fault) != RESULT_OK)
		die("pipeline", fault.text);
	read_on(&months);
	struct pipeline_figures figures;
	pipeline_figures(months.pipeline, &figures);
	(void)printf("events %llu folds %llu in_memory %llu bytes %llu\n", (unsigned long long)figures.events,
	             (unsigned long long)figures.engine.folds, (unsigned long long)figures.engine.histories,
	             (unsigned long long)figures.engine.bytes);
	pipeline_free(months.pipeline);
	store_close(store);
	event_parser_free(reader);
	event_parser_free(months.parser);
	batch_free(months.batch);
	config_free(config);
	return 0;
}
