/* main: seeds, one after another, each in a process of its own; a failure is printed with what repeats it. */
#include "sim/members.h"
#include "sim/shrink.h"

#include "base/mem.h"
#include "base/version.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES_MOST 65536 /* of a fuzzer: eight thousand acts, more than a run of any length has room for */
#define ACTS_MOST 65536  /* named on the command line: more than the bytes of a fuzzer make */

struct options {
	struct plan_settings plan;
	struct sim_settings sim;
	uint64_t seeds, jobs;
	bool print, shrink, first;
	uint32_t *acts;
	size_t act_count;
	unsigned char *bytes;
};

static int usage(FILE *out, int status)
{
	(void)fputs(
		"usage: casewatch-sim [--seed N] [--seeds COUNT [--jobs N] [--first]] [--days N] [--faults N]\n"
		"                     [--members N] [--children N] [--stories N] [--acts N,N,...] [--bytes FILE]\n"
		"                     [--oracle] [--plan] [--shrink] [--keep FOLDER] [--verbose]\n"
		"A council's life in fast time, with everything that can go wrong; of --members 2 or 3 machines of\n"
		"a cell that live it together. Run it in the root of the tree.\n"
		"Exits 0: nothing failed; 1: something did; 2: wrong use. docs/simulator.md\n",
		out);
	return status;
}

static void print_plan(const struct plan *plan)
{
	struct buffer out = {0};
	for (size_t i = 0; i < plan->count; i++)
		plan_print_act(&plan->acts[i], &out);
	(void)fputs(buffer_cstr(&out), stdout);
	buffer_free(&out);
}

static void print_figures(const struct options *options, const struct sim_figures *figures)
{
	(void)printf("seed %" PRIu64 ": %" PRIu64 " events, %" PRIu64 " faults, %" PRIu64 " deaths, %" PRIu64
	             " of them without power, %" PRIu64 " starts, %" PRIu64 " sends, %" PRIu64 " answers, %" PRIu64
	             " turns; %" PRIu64 " refolds, %" PRIu64 " registers made anew, %" PRIu64
	             " readings; most in a turn: %" PRIu64 " events, %" PRIu64 " effects, %" PRIu64 " folded, %" PRIu64
	             " steps\n",
	             options->plan.seed, figures->events, figures->faults, figures->kills, figures->power_cuts,
	             figures->starts, figures->sends, figures->answers, figures->turns, figures->refolds,
	             figures->reckonings, figures->oracles, figures->most.events, figures->most.effects,
	             figures->most.folded, figures->most.steps);
	if (figures->machines)
		(void)printf("seed %" PRIu64 ": %" PRIu64 " machines, %" PRIu64 " of %" PRIu64
		             " sends marked, %" PRIu64 " times handed over, %" PRIu64 " times stood still, %" PRIu64
		             " times cut off, %" PRIu64 " times compared and equal\n",
		             options->plan.seed, figures->machines, figures->marked, figures->sends, figures->moves,
		             figures->freezes, figures->cuts, figures->equal);
}

/* Of the tree that it runs in; "" where that is no checkout. */
static void read_commit(char words[64])
{
	FILE *said = popen("git rev-parse --short HEAD 2>/dev/null", "re");
	if (!said || !fgets(words, 64, said))
		words[0] = '\0';
	words[strcspn(words, "\n")] = '\0';
	if (said)
		(void)pclose(said);
}

static void print_failure(const struct options *options, const struct buffer *failure)
{
	char commit[64];
	read_commit(commit);
	(void)printf("FAILED with seed %" PRIu64 " (casewatch %s, commit %s) at %s\n", options->plan.seed,
	             casewatch_version, commit, buffer_cstr(failure));
}

/* A fuzzer hears of a failure by a signal. */
static int run_seed(const struct options *options)
{
	struct plan plan;
	struct sim_figures figures;
	struct buffer failure = {0};
	struct plan_settings settings = options->plan;
	plan_size(&settings);
	plan_make(&plan, &settings);
	if (options->acts)
		plan_keep(&plan, options->acts, options->act_count);
	if (options->print) {
		print_plan(&plan);
		plan_free(&plan);
		return 0;
	}
	sim_run(&plan, &options->sim, &figures, &failure);
	print_figures(options, &figures);
	if (failure.length)
		print_failure(options, &failure);
	(void)fflush(NULL);
	int status = failure.length ? 1 : 0;
	buffer_free(&failure);
	plan_free(&plan);
	if (status && options->bytes)
		abort();
	return status;
}

/* A process that lives one seed. */
struct seed_process {
	pid_t process;
	uint64_t seed;
};

/* In a process of its own: nothing of one is in the next. False: there is none to be had. */
static bool begin_seed(const struct options *options, uint64_t number, struct seed_process *place)
{
	struct options one = *options;
	one.plan.seed = options->plan.seed + number;
	(void)fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		shrink_world();
		exit(run_seed(&one)); /* in full: what it leaks is seen, what it reached is counted */
	}
	*place = (struct seed_process){child, one.plan.seed};
	return child > 0;
}

/* One that ended by a signal could say nothing of itself. */
static bool end_seed(struct seed_process *processes, size_t *count)
{
	int status = 0;
	pid_t process = waitpid(-1, &status, 0);
	for (size_t i = 0; i < *count; i++) {
		if (processes[i].process != process)
			continue;
		if (WIFSIGNALED(status))
			(void)printf("FAILED with seed %" PRIu64 ": its process ended by signal %d\n",
			             processes[i].seed, WTERMSIG(status));
		processes[i] = processes[--*count];
		break;
	}
	(void)fflush(stdout);
	return process > 0 && status == 0;
}

static int run_seeds(const struct options *options)
{
	uint64_t failed = 0, begun = 0, done = 0;
	size_t running = 0;
	struct seed_process *processes = mem_zero(options->jobs, sizeof *processes);
	while (done < begun || (begun < options->seeds && !(options->first && failed))) {
		bool more = begun < options->seeds && !(options->first && failed);
		if (more && begun - done < options->jobs) {
			bool well = begin_seed(options, begun++, &processes[running]);
			running += well;
			done += !well;
			failed += !well;
		} else {
			failed += !end_seed(processes, &running);
			done++;
		}
	}
	free(processes);
	(void)printf("%" PRIu64 " seeds of %d days with %d faults each: %" PRIu64 " failed\n", done, options->plan.days,
	             options->plan.faults, failed);
	return failed ? 1 : 0;
}

static int shrink(const struct options *options)
{
	char words[1024];
	uint32_t *all = mem_zero(ACTS_MOST, sizeof *all);
	for (uint32_t i = 0; i < ACTS_MOST; i++)
		all[i] = i;
	struct plan_settings settings = options->plan;
	plan_size(&settings);
	bool failed = run_apart(&settings, &options->sim, all, ACTS_MOST, words);
	free(all);
	if (!failed) {
		(void)printf("seed %" PRIu64 " does not fail\n", options->plan.seed);
		return 0;
	}
	(void)printf("%s\n", words);
	shrink_plan(&settings, &options->sim, words);
	return 1;
}

/* ---- words ---- */

static void read_acts(struct options *options, char *list)
{
	options->acts = mem_zero(ACTS_MOST, sizeof *options->acts);
	for (char *word = strtok(list, ","); word && options->act_count < ACTS_MOST; word = strtok(NULL, ","))
		options->acts[options->act_count++] = (uint32_t)strtoul(word, NULL, 10);
}

static bool read_bytes(struct options *options, const char *path)
{
	FILE *file = fopen(path, "re");
	options->bytes = mem_zero(1, BYTES_MOST);
	options->plan.bytes = options->bytes;
	options->plan.length = file ? fread(options->bytes, 1, BYTES_MOST, file) : 0;
	return file && fclose(file) == 0;
}

static int read_words(struct options *options, int count, char **words)
{
	static const struct option names[] = {{"seed", required_argument, NULL, 's'},
	                                      {"seeds", required_argument, NULL, 'n'},
	                                      {"jobs", required_argument, NULL, 'j'},
	                                      {"days", required_argument, NULL, 'd'},
	                                      {"faults", required_argument, NULL, 'f'},
	                                      {"children", required_argument, NULL, 'c'},
	                                      {"stories", required_argument, NULL, 't'},
	                                      {"members", required_argument, NULL, 'e'},
	                                      {"acts", required_argument, NULL, 'a'},
	                                      {"bytes", required_argument, NULL, 'b'},
	                                      {"keep", required_argument, NULL, 'k'},
	                                      {"plan", no_argument, NULL, 'p'},
	                                      {"shrink", no_argument, NULL, 'm'},
	                                      {"oracle", no_argument, NULL, 'o'},
	                                      {"first", no_argument, NULL, '1'},
	                                      {"verbose", no_argument, NULL, 'v'},
	                                      {"help", no_argument, NULL, 'h'},
	                                      {0}};
	for (int option; (option = getopt_long(count, words, "", names, NULL)) != -1;) {
		switch (option) {
		case 's': options->plan.seed = strtoull(optarg, NULL, 10); break;
		case 'n': options->seeds = strtoull(optarg, NULL, 10); break;
		case 'j': options->jobs = strtoull(optarg, NULL, 10); break;
		case 'd': options->plan.days = atoi(optarg); break;
		case 'f': options->plan.faults = atoi(optarg); break;
		case 'c': options->plan.children = atoi(optarg); break;
		case 't': options->plan.stories_a_day = atoi(optarg); break;
		case 'e': options->plan.members = atoi(optarg); break;
		case 'a': read_acts(options, optarg); break;
		case 'b':
			if (!read_bytes(options, optarg))
				return usage(stderr, 2);
			break;
		case 'k': options->sim.keep = optarg; break;
		case 'p': options->print = true; break;
		case 'm': options->shrink = true; break;
		case 'o': options->sim.oracle = options->plan.oracle = true; break;
		case '1': options->first = true; break;
		case 'v': options->sim.verbose = true; break;
		case 'h': return usage(stdout, 0);
		default: return usage(stderr, 2);
		}
	}
	bool alone = options->plan.children && options->plan.children < 4; /* a story is of a child and of another */
	bool members = options->plan.members >= 0 && options->plan.members <= MEMBERS_MOST &&
	               !(options->plan.members > 1 && options->bytes);
	bool numbers = options->plan.days >= 1 && options->jobs >= 1 && !alone && members;
	return !numbers || optind != count ? usage(stderr, 2) : -1;
}

int main(int count, char **words)
{
	struct options options = {.plan = {.seed = 1, .days = 30, .faults = 60},
	                          .seeds = 1,
	                          .jobs = 1};
	int status = read_words(&options, count, words);
	if (status < 0 && options.shrink)
		status = shrink(&options);
	else if (status < 0 && options.seeds > 1)
		status = run_seeds(&options);
	if (status < 0) {
		shrink_world();
		status = run_seed(&options);
	}
	free(options.acts);
	free(options.bytes);
	return status;
}
