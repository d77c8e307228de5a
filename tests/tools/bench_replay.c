/* bench_replay: the backtest's speed and memory, beside parsing alone, as ratios of one run.
 *
 *   bench_replay EVENTS.jsonl CHILDREN [RULES-DIRECTORY [CONFIG]]
 *
 * Each measurement is a process of its own: reading JSON alone, parsing and checking alone, the whole
 * backtest judged by one thread, and by two (beside which one reads ahead). Nothing is asserted: machines are shared.
 */
#include "backtest/feed.h"
#include "backtest/parallel.h"
#include "base/log.h"
#include "text/json_read.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct measured {
	double wall, cpu;
	uint64_t events, alerts, histories;
	size_t engine_bytes, stored_bytes;
};
struct bench {
	const char *events;
	struct config *config;
	bool judge, figures;
	uint32_t threads;
	size_t thawed; /* bytes; 0: as the tool */
	struct measured *measured; /* shared with the process that measures */
};

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_replay: %s: %s\n", what, why);
	exit(1);
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- reading JSON alone: every token, with checked UTF-8, and nothing made of it ---- */

static void run_tokens(struct bench *bench)
{
	FILE *file = fopen(bench->events, "r");
	struct json_reader *json = json_reader_new(32, 65536);
	char *line = NULL;
	size_t room = 0;
	for (ssize_t got; file && (got = getline(&line, &room, file)) > 0; bench->measured->events++) {
		struct text value;
		enum json_token token;
		json_start(json, (struct text){line, (size_t)got}, 0);
		while ((token = json_next(json, &value)) != JSON_END)
			if (token == JSON_FAULT)
				die("a line", json_fault(json));
	}
	json_reader_free(json);
	free(line);
	if (file)
		(void)fclose(file);
}

/* ---- ours ---- */

static void count_line(void *context, struct text line)
{
	struct bench *bench = context;
	bench->measured->alerts += line.length > 0;
}

static void take_batch(struct bench *bench, struct parallel *parallel, const struct feed_batch *batch)
{
	struct fault fault;
	bool more = true;
	int64_t at = 0;
	bench->measured->events += batch->count;
	if (parallel && parallel_take_batch(parallel, batch, &more, &at, &fault) != RESULT_OK)
		die("replay", fault.text);
}

static void read_events(struct bench *bench, struct parallel *parallel)
{
	int fd = open(bench->events, O_RDONLY | O_CLOEXEC), error = 0;
	struct fault fault;
	int64_t line;
	if (fd < 0)
		die(bench->events, "cannot be read");
	struct feed *feed = feed_new(fd, bench->config, bench->threads > 1);
	for (const struct feed_batch *batch; (batch = feed_next(feed, &error)) != NULL;)
		take_batch(bench, parallel, batch);
	if (parallel && parallel_drain(parallel, &line, &fault) != RESULT_OK)
		die("replay", fault.text);
	feed_free(feed);
	(void)close(fd);
	if (parallel && parallel_finish(parallel, &fault) != RESULT_OK)
		die("replay", fault.text);
}

static void run_ours(struct bench *bench)
{
	struct replay_options options = {
		.from = INSTANT_NONE, .until = INSTANT_NEVER, .figures = bench->figures, .thawed_bytes = bench->thawed};
	const struct config *config = bench->config;
	struct parallel *parallel = NULL;
	uint32_t threads = bench->threads ? bench->threads : 1;
	parallel_expect_memory(threads); /* as the tool */
	if (bench->judge)
		parallel = parallel_new(config, config->rules, options, threads, count_line, bench);
	read_events(bench, parallel);
	if (parallel) {
		struct engine_figures figures;
		parallel_figures(parallel, &figures, &bench->measured->stored_bytes);
		bench->measured->engine_bytes = figures.bytes;
		bench->measured->histories = figures.histories;
	}
	parallel_free(parallel);
}

/* In a process of its own, so that one measurement's memory is not the next one's luck. */
static struct measured measure(struct bench bench, void (*run)(struct bench *bench))
{
	bench.measured = mmap(NULL, sizeof(struct measured), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bench.measured == MAP_FAILED)
		die("memory", "none");
	pid_t child = fork();
	if (child == 0) {
		double wall = seconds(CLOCK_MONOTONIC);
		run(&bench);
		bench.measured->wall = seconds(CLOCK_MONOTONIC) - wall;
		bench.measured->cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
		_exit(0);
	}
	int status = 1;
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		die("measurement", "failed");
	struct measured measured = *bench.measured;
	(void)munmap(bench.measured, sizeof measured);
	return measured;
}

static void say(const char *what, struct measured m, struct measured parsing)
{
	double events = (double)m.events;
	(void)printf("  %-34s %9.0f events/s  %5.2f CPU s a million  %4.2f of parsing's speed, %4.2f times its CPU\n",
	             what, events / m.wall, 1e6 * m.cpu / events, parsing.wall / m.wall, m.cpu / parsing.cpu);
}

static struct config *load_config(const char *path, const char *rules)
{
	struct config_faults faults = {0};
	struct config *config = config_load(path, rules, &faults);
	if (!config)
		die(faults.items[0].file, faults.items[0].text);
	config_faults_free(&faults);
	return config;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		(void)fprintf(stderr, "usage: bench_replay EVENTS.jsonl CHILDREN [RULES-DIRECTORY [CONFIG]]\n");
		return 2;
	}
	log_set_level(LOG_LEVEL_ERROR);
	schema_start();
	double children = strtod(argv[2], NULL);
	struct bench bench = {.events = argv[1]};
	bench.config =
		load_config(argc > 4 ? argv[4] : "conf/casewatchd.yaml", argc > 3 ? argv[3] : "tests/bench/rules");
	struct measured tokens = measure(bench, run_tokens), parsing = measure(bench, run_ours);
	bench.judge = true;
	bench.figures = true;
	struct measured counted = measure(bench, run_ours);
	bench.thawed = (size_t)16 << 20;
	struct measured frozen = measure(bench, run_ours);
	bench.thawed = 0;
	bench.figures = false;
	struct measured one = measure(bench, run_ours);
	bench.threads = 2;
	struct measured two = measure(bench, run_ours);
	(void)printf("  %llu events, %.0f children, %llu lines of output\n", (unsigned long long)one.events, children,
	             (unsigned long long)one.alerts);
	say("reading JSON alone (nothing made of it)", tokens, parsing);
	say("parsing and checking alone", parsing, parsing);
	say("backtest, effects counted only", counted, parsing);
	say("the same, 16 MiB thawed", frozen, parsing);
	say("backtest, one thread", one, parsing);
	say("backtest, two threads", two, parsing);
	(void)printf("  memory: %.0f bytes a child of state (%llu histories), %.0f a child of stored events (%.0f an "
	             "event)\n",
	             (double)frozen.engine_bytes / children, (unsigned long long)frozen.histories,
	             (double)one.stored_bytes / children, (double)one.stored_bytes / (double)one.events);
	config_free(bench.config);
	return 0;
}
