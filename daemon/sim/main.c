/* main: seeds, one after another, each in a process of its own; a failure is printed with what repeats it. */
#include "sim/sim.h"

#include "base/digest.h"
#include "base/threads.h"
#include "base/version.h"
#include "event/schema.h"

#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
	struct plan_settings plan;
	struct sim_settings sim;
	uint64_t seeds;
	bool print;
};

static int usage(FILE *out, int status)
{
	(void)fputs(
		"usage: casewatch-sim [--seed N] [--seeds COUNT] [--days N] [--faults N] [--children N] [--stories N]\n"
		"                     [--plan] [--verbose] [--keep FOLDER]\n"
		"A council's life in fast time, with everything that can go wrong. docs/simulator.md\n",
		out);
	return status;
}

/* Blocks of the size of a database come and go by the thousand: the kernel is not asked for each. */
static void one_world(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 512 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 512 << 20);
	threads_forbid();
	hash_seed_fix(1);
	digest_random_fix(1);
	schema_start();
}

static int run_seed(const struct options *options)
{
	struct plan plan;
	struct sim_figures figures;
	struct buffer failure = {0};
	plan_make(&plan, &options->plan);
	if (options->print) {
		struct buffer out = {0};
		for (size_t i = 0; i < plan.count; i++)
			plan_print_act(&plan.acts[i], &out);
		(void)fputs(buffer_cstr(&out), stdout);
		buffer_free(&out);
		plan_free(&plan);
		return 0;
	}
	sim_run(&plan, &options->sim, &figures, &failure);
	(void)printf("seed %" PRIu64 ": events %" PRIu64 " faults %" PRIu64 " kills %" PRIu64 " starts %" PRIu64
	             " sends %" PRIu64 " answers %" PRIu64 " turns %" PRIu64 " refolds %" PRIu64
	             "; most in a turn: events %" PRIu64 " effects %" PRIu64 " folded %" PRIu64 " steps %" PRIu64 "\n",
	             options->plan.seed, figures.events, figures.faults, figures.kills, figures.starts, figures.sends,
	             figures.answers, figures.turns, figures.refolds, figures.most.events, figures.most.effects,
	             figures.most.folded, figures.most.steps);
	if (failure.length)
		(void)printf("FAILED %s\n", failure.at);
	int status = failure.length ? 1 : 0;
	buffer_free(&failure);
	plan_free(&plan);
	return status;
}

/* Each in a process of its own: nothing of one is in the next. Returns how many failed. */
static uint64_t run_beside(const struct options *options, uint64_t from, uint64_t count)
{
	struct options one = *options;
	uint64_t failed = 0;
	for (uint64_t i = 0; i < count; i++) {
		int status = 0;
		one.plan.seed = from + i;
		(void)fflush(NULL);
		pid_t child = fork();
		if (child == 0) {
			one_world();
			status = run_seed(&one);
			(void)fflush(NULL);
			_exit(status);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
			failed++;
	}
	return failed;
}

static int run_seeds(const struct options *options)
{
	if (options->seeds == 1) {
		one_world();
		return run_seed(options);
	}
	uint64_t failed = run_beside(options, options->plan.seed, options->seeds);
	(void)printf("%" PRIu64 " seeds of %d days with %d faults each: %" PRIu64 " failed\n", options->seeds,
	             options->plan.days, options->plan.faults, failed);
	return failed ? 1 : 0;
}

int main(int count, char **words)
{
	static const struct option names[] = {
		{"seed", required_argument, NULL, 's'},     {"seeds", required_argument, NULL, 'n'},
		{"days", required_argument, NULL, 'd'},     {"faults", required_argument, NULL, 'f'},
		{"children", required_argument, NULL, 'c'}, {"stories", required_argument, NULL, 't'},
		{"plan", no_argument, NULL, 'p'},           {"keep", required_argument, NULL, 'k'},
		{"verbose", no_argument, NULL, 'v'},        {0}};
	struct options options = {.plan = {.seed = 1, .days = 30, .faults = 60, .children = 40, .stories_a_day = 6},
	                          .seeds = 1};
	for (int option; (option = getopt_long(count, words, "", names, NULL)) != -1;) {
		switch (option) {
		case 's': options.plan.seed = strtoull(optarg, NULL, 10); break;
		case 'n': options.seeds = strtoull(optarg, NULL, 10); break;
		case 'd': options.plan.days = atoi(optarg); break;
		case 'f': options.plan.faults = atoi(optarg); break;
		case 'c': options.plan.children = atoi(optarg); break;
		case 't': options.plan.stories_a_day = atoi(optarg); break;
		case 'p': options.print = true; break;
		case 'k': options.sim.keep = optarg; break;
		case 'v': options.sim.verbose = true; break;
		default: return usage(stderr, 2);
		}
	}
	return run_seeds(&options);
}
