/* backtest_forced: the backtest with what saves time and memory forced at every event, for the random histories: folds
 * anew in portions of a few events, each history frozen whenever it was judged, and all it holds found by its indexes.
 * Prints what `casewatch backtest` prints, but for the order within one instant: a history that waits for the next
 * portion comes behind.
 *
 * With --threads the histories are shared out to so many (1: one has them all), in windows of so many events (3), each
 * judged part by part as far as it can be, and nothing is in portions.
 *
 *   backtest_forced backtest --config FILE [--rules DIRECTORY] [--until TIME] [--portion EVENTS] [--thawed BYTES]
 *                   [--threads NUMBER] [--batch EVENTS] [EVENTS.jsonl]   (standard input else) */
#include "backtest/parallel.h"
#include "base/log.h"
#include "time/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORTION 3
#define BATCH 3

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "backtest_forced: %s: %s\n", what, why);
	exit(1);
}

static void print_line(void *context, struct text line)
{
	(void)context;
	(void)printf("%.*s\n", TEXT_ARG(line));
}

static const char *option(int argc, char **argv, const char *name)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return NULL;
}

static void replay_file(struct replay *replay, const char *path)
{
	struct fault fault = {{0}};
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t got;
	bool more = true;
	if (!file)
		die(path, "cannot be read");
	for (int64_t number = 1; more && (got = getline(&line, &room, file)) > 0; number++) {
		struct text bytes = {line, (size_t)(line[got - 1] == '\n' ? got - 1 : got)};
		if (replay_take(replay, bytes, number, &more, &fault) != RESULT_OK)
			die(path, fault.text);
	}
	free(line);
	(void)fclose(file);
	if (replay_finish(replay, &fault) != RESULT_OK)
		die(path, fault.text);
}

static void share_out(struct parallel *parallel, const struct config *config, const char *path)
{
	struct fault fault = {{0}};
	FILE *file = fopen(path, "r");
	int error = 0;
	int64_t line;
	bool more = true;
	if (!file)
		die(path, "cannot be read");
	struct feed *feed = feed_new(fileno(file), config, false);
	for (const struct feed_batch *batch; more && (batch = feed_next(feed, &error)) != NULL;)
		if (parallel_take_batch(parallel, batch, &more, &line, &fault) != RESULT_OK)
			die(path, fault.text);
	feed_free(feed);
	(void)fclose(file);
	if (parallel_finish(parallel, &fault) != RESULT_OK)
		die(path, fault.text);
}

int main(int argc, char **argv)
{
	const char *until = option(argc, argv, "--until"), *path = option(argc, argv, "--config"), *why = "";
	struct replay_options options = {.from = INSTANT_NONE, .until = INSTANT_NEVER};
	struct config_faults faults = {0};
	if (argc < 4 || !path)
		die("usage", "see the head of its source");
	const char *portion = option(argc, argv, "--portion"), *thawed = option(argc, argv, "--thawed");
	options.portion = portion ? strtoul(portion, NULL, 10) : PORTION;
	options.checkpoint_events = 2;
	options.indexed = true;
	options.thawed_bytes = thawed ? strtoul(thawed, NULL, 10) : 1;
	if (until && !instant_parse(text_of(until), &options.until, &why))
		die(until, why);
	log_set_level(LOG_LEVEL_ERROR);
	schema_start();
	struct config *config = config_load(path, option(argc, argv, "--rules"), &faults);
	if (!config)
		die(faults.items[0].file, faults.items[0].text);
	config_faults_free(&faults);
	const char *threads = option(argc, argv, "--threads"), *batch = option(argc, argv, "--batch");
	const char *events = argc % 2 ? argv[argc - 1] : "/dev/stdin"; /* options are pairs */
	if (threads) {
		options.window = batch ? strtoul(batch, NULL, 10) : BATCH;
		struct parallel *parallel = parallel_new(config, config->rules, options,
		                                         (uint32_t)strtoul(threads, NULL, 10), print_line, NULL);
		share_out(parallel, config, events);
		parallel_free(parallel);
	} else {
		struct replay *replay = replay_new(config, config->rules, options, print_line, NULL, NULL);
		replay_file(replay, events);
		replay_free(replay);
	}
	config_free(config);
	return 0;
}
