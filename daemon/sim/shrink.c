/* shrink: acts are left out, many at once and then fewer (Zeller and Hildebrandt's delta debugging, in its plain form).
 */
#include "sim/shrink.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/threads.h"
#include "event/schema.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALIKE 24 /* letters at the beginning: what follows names ids that change with what is left out */

/* Blocks of the size of a database come and go by the thousand: the kernel is not asked for each. */
void shrink_world(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 512 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 512 << 20);
	threads_forbid();
	hash_seed_fix(1);
	digest_random_fix(1);
	schema_start();
}

static void run_child(const struct plan_settings *settings, const struct sim_settings *sim, const uint32_t *kept,
                      size_t count, int out)
{
	struct plan plan;
	struct sim_figures figures;
	struct buffer failure = {0};
	shrink_world();
	plan_make(&plan, settings);
	plan_keep(&plan, kept, count);
	sim_run(&plan, sim, &figures, &failure);
	const char *words = strchr(buffer_cstr(&failure), ' '); /* behind the time */
	if (words && write(out, words + 1, strlen(words + 1)) < 0)
		_exit(2);
	_exit(failure.length != 0);
}

bool run_apart(const struct plan_settings *plan, const struct sim_settings *sim, const uint32_t *kept, size_t count,
               char words[1024])
{
	int ends[2], status = 0;
	words[0] = '\0';
	if (pipe(ends) != 0)
		return false;
	pid_t child = fork();
	if (child == 0)
		run_child(plan, sim, kept, count, ends[1]);
	(void)close(ends[1]);
	ssize_t length = read(ends[0], words, 1023);
	words[length > 0 ? length : 0] = '\0';
	(void)close(ends[0]);
	return child > 0 && waitpid(child, &status, 0) == child && status != 0;
}

struct shrinking {
	const struct plan_settings *plan;
	const struct sim_settings *sim;
	const char *words;
	uint32_t *kept, *tried;
	size_t count;
};

/* Whether it fails alike without those from `at` on. */
static bool leave_out(struct shrinking *shrinking, size_t at, size_t length)
{
	char words[1024];
	size_t left = 0;
	for (size_t i = 0; i < shrinking->count; i++)
		if (i < at || i >= at + length)
			shrinking->tried[left++] = shrinking->kept[i];
	if (!run_apart(shrinking->plan, shrinking->sim, shrinking->tried, left, words) ||
	    strncmp(words, shrinking->words, ALIKE) != 0)
		return false;
	memcpy(shrinking->kept, shrinking->tried, left * sizeof *shrinking->kept);
	shrinking->count = left;
	return true;
}

static void print_left(const struct shrinking *shrinking)
{
	struct plan plan;
	struct buffer out = {0};
	plan_make(&plan, shrinking->plan);
	plan_keep(&plan, shrinking->kept, shrinking->count);
	for (size_t i = 0; i < plan.count; i++)
		plan_print_act(&plan.acts[i], &out);
	buffer_string(&out, "casewatch-sim");
	if (shrinking->plan->members > 1)
		buffer_format(&out, " --members %d", shrinking->plan->members);
	buffer_format(&out, " --seed %" PRIu64 " --days %d --faults %d --children %d --stories %d --acts ",
	              shrinking->plan->seed, shrinking->plan->days, shrinking->plan->faults, shrinking->plan->children,
	              shrinking->plan->stories_a_day);
	for (size_t i = 0; i < shrinking->count; i++)
		buffer_format(&out, i ? ",%u" : "%u", shrinking->kept[i]);
	(void)printf("%s\n", buffer_cstr(&out));
	buffer_free(&out);
	plan_free(&plan);
}

void shrink_plan(const struct plan_settings *settings, const struct sim_settings *sim, const char *words)
{
	struct plan plan;
	plan_make(&plan, settings);
	struct shrinking shrinking = {.plan = settings,
	                              .sim = sim,
	                              .words = words,
	                              .count = plan.count,
	                              .kept = mem_zero(plan.count, sizeof(uint32_t)),
	                              .tried = mem_zero(plan.count, sizeof(uint32_t))};
	for (size_t i = 0; i < plan.count; i++)
		shrinking.kept[i] = plan.acts[i].number;
	plan_free(&plan);
	for (size_t length = (shrinking.count + 1) / 2; length; length /= 2) {
		for (size_t at = 0; at < shrinking.count;)
			at += leave_out(&shrinking, at, length) ? 0 : length;
		(void)fprintf(stderr, "%zu acts are left\n", shrinking.count);
	}
	print_left(&shrinking);
	free(shrinking.kept);
	free(shrinking.tried);
}
