/* backtest: replay events through the rules, as they would have gone. */
#include "backtest/feed.h"
#include "backtest/parallel.h"
#include "cli/analyst/compare.h"
#include "cli/analyst/page.h"
#include "cli/cli.h"
#include "cli/opened.h"

#include "text/json_write.h"
#include "time/instant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct run {
	struct cli *cli;
	struct config *config;
	struct ruleset *against;
	struct replay *replay, *other;
	struct parallel *parallel; /* in place of both, where nothing is compared */
	bool watched;              /* by a person: lines are not kept until there are many */
	struct comparison comparison;
	const char *only_rule; /* --rule; NULL: all */
	bool comparing, progress;
	uint64_t total, done;
	int shown, threads;
};

/* The line's rule stands right behind `what`, so that no JSON need be read: lines of no rule have none there. */
static bool is_of_rule(struct text line, const char *rule)
{
	static const char before[] = "\"rule\":\"";
	const char *at = memmem(line.at, line.length, before, sizeof before - 1);
	size_t length = strlen(rule);
	if (!at)
		return false;
	at += sizeof before - 1;
	return (size_t)(line.at + line.length - at) > length && memcmp(at, rule, length) == 0 && at[length] == '"';
}

static void print_line(void *context, struct text line)
{
	struct run *run = context;
	if (run->comparing || (run->only_rule && !is_of_rule(line, run->only_rule)))
		return;
	(void)fwrite_unlocked(line.at, 1, line.length, run->cli->out); /* one thread alone gives lines */
	(void)fputc_unlocked('\n', run->cli->out);
}

static void note_opened(struct run *run, struct compare_side *side, const struct effect *effect)
{
	if (!run->only_rule || strcmp(effect->rule->id, run->only_rule) == 0)
		compare_note(side, run->config, effect);
}

static void mine_opened(void *context, const struct effect *effect)
{
	struct run *run = context;
	note_opened(run, &run->comparison.here, effect);
}

static void theirs_opened(void *context, const struct effect *effect)
{
	struct run *run = context;
	note_opened(run, &run->comparison.there, effect);
}

/* The summary first, then what differs in order of time: as JSON lines, in words or as a page. */
static enum cli_status print_comparison(struct run *run)
{
	const struct zone *zone = calendar_zone(run->config->calendar);
	const char *path = cli_value(run->cli, "html");
	compare(&run->comparison, zone);
	if (path) {
		struct buffer page = {0};
		compare_print_page(zone, &run->comparison, &page);
		enum cli_status status = page_write(run->cli, path, &page);
		if (status != CLI_FINE)
			return status;
	}
	if (cli_value(run->cli, "words"))
		compare_print_words(run->cli, zone, &run->comparison);
	else if (!path)
		compare_print_json(run->cli, &run->comparison);
	return CLI_FINE;
}

static void show_progress(struct run *run, uint64_t bytes)
{
	if (!run->progress || !run->total)
		return;
	int percent = (int)((run->done + bytes) * 100 / run->total);
	if (percent == run->shown)
		return;
	run->shown = percent;
	(void)fprintf(run->cli->err, "\r  [%-40.*s] %3d%%", percent * 40 / 100,
	              "########################################", percent);
	if (percent >= 100)
		(void)fputc('\n', run->cli->err);
	(void)fflush(run->cli->err);
}

/* Both rule sets see the same events. */
static enum result take_batch(struct run *run, const struct feed_batch *batch, bool *more, int64_t *line,
                              struct fault *fault)
{
	bool other_more;
	if (run->parallel) {
		enum result taken = parallel_take_batch(run->parallel, batch, more, line, fault);
		return taken == RESULT_OK && run->watched ? parallel_drain(run->parallel, line, fault) : taken;
	}
	enum result result = replay_take_batch(run->replay, batch, more, line, fault);
	if (result == RESULT_OK && run->other)
		result = replay_take_batch(run->other, batch, &other_more, line, fault);
	return result;
}

static enum cli_status read_stream(struct run *run, int fd, const char *name)
{
	struct feed *feed = feed_new(fd, run->config, run->threads > 1);
	struct fault fault = {{0}};
	const struct feed_batch *batch;
	int64_t line = 0;
	uint64_t bytes = 0;
	int error = 0;
	bool more = true;
	enum result result = RESULT_OK;
	while (more && result == RESULT_OK && !error && (batch = feed_next(feed, &error)) != NULL) {
		result = take_batch(run, batch, &more, &line, &fault);
		show_progress(run, bytes = batch->read);
	}
	if (run->parallel) { /* also after an error: then it says the same again, or of a line before */
		enum result drained = parallel_drain(run->parallel, &line, &fault);
		result = result == RESULT_OK ? drained : result;
	}
	run->done += bytes;
	feed_free(feed);
	if (error)
		return cli_failed(run->cli, "cannot read %s: %s", name, strerror(error));
	return result == RESULT_OK ? CLI_FINE
	                           : cli_failed(run->cli, "%s: line %lld: %s", name, (long long)line, fault.text);
}

static enum cli_status read_inputs(struct run *run)
{
	struct cli *cli = run->cli;
	enum cli_status status = CLI_FINE;
	for (size_t i = 0; i < cli->operand_count; i++) {
		struct stat about;
		if (stat(cli->operands[i], &about) == 0 && S_ISREG(about.st_mode))
			run->total += (uint64_t)about.st_size;
	}
	run->progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	if (!cli->operand_count)
		return read_stream(run, STDIN_FILENO, "standard input");
	for (size_t i = 0; i < cli->operand_count && status == CLI_FINE; i++) {
		int fd = strcmp(cli->operands[i], "-") == 0 ? STDIN_FILENO
		                                            : open(cli->operands[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return cli_failed(cli, "cannot open %s: %s", cli->operands[i], strerror(errno));
		status = read_stream(run, fd, cli->operands[i]);
		if (fd != STDIN_FILENO)
			(void)close(fd);
	}
	show_progress(run, run->total - run->done);
	return status;
}

static enum cli_status finish(struct run *run)
{
	struct fault fault = {{0}};
	if ((run->parallel ? parallel_finish(run->parallel, &fault) : replay_finish(run->replay, &fault)) !=
	            RESULT_OK ||
	    (run->other && replay_finish(run->other, &fault) != RESULT_OK))
		return cli_failed(run->cli, "%s", fault.text);
	if (run->comparing && print_comparison(run) != CLI_FINE)
		return CLI_WRONG;
	if (!cli_written(run->cli->out))
		return cli_failed(run->cli, "cannot write the result: %s", strerror(errno));
	return CLI_FINE;
}

static bool read_instant(struct cli *cli, const char *option, instant *at)
{
	const char *given = cli_value(cli, option), *why = NULL;
	if (!given || instant_parse(text_of(given), at, &why))
		return true;
	(void)cli_wrong(cli, "--%s \"%s\" is not a time such as 2020-03-01T00:00:00Z: %s", option, given, why);
	return false;
}

static bool read_threads(struct cli *cli, int *threads)
{
	const char *given = cli_value(cli, "threads");
	char *end = NULL;
	long number = given ? strtol(given, &end, 10) : 1;
	bool whole = !given || (*given >= '0' && *given <= '9' && *end == '\0');
	*threads = (int)number;
	if (whole && number >= 1 && number <= PARALLEL_THREADS_MOST)
		return true;
	(void)cli_wrong(cli, "--threads \"%s\" is not a number from 1 to %d", given, PARALLEL_THREADS_MOST);
	return false;
}

#define OUT_BYTES ((size_t)64 * 1024)             /* written at once, where nobody watches */

static void prepare(struct run *run)
{
	int out = fileno(run->cli->out);
	parallel_expect_memory((uint32_t)run->threads);
	run->watched = out >= 0 && isatty(out);
	if (out >= 0 && !run->watched)
		(void)setvbuf(run->cli->out, NULL, _IOFBF, OUT_BYTES);
}

static void release(struct run *run)
{
	replay_free(run->replay);
	replay_free(run->other);
	parallel_free(run->parallel);
	compare_free(&run->comparison);
	ruleset_free(run->against);
	config_free(run->config);
	*run = (struct run){.cli = NULL};
}

static enum cli_status run_with(struct run *run, struct replay_options options)
{
	run->comparing = run->against != NULL;
	prepare(run);
	if (!run->comparing)
		run->parallel =
			parallel_new(run->config, run->config->rules, options, (uint32_t)run->threads, print_line, run);
	else
		run->replay = replay_new(run->config, run->config->rules, options, print_line,
		                         run->comparing ? mine_opened : NULL, run);
	if (run->comparing)
		run->other = replay_new(run->config, run->against, options, NULL, theirs_opened, run);
	enum cli_status status = read_inputs(run);
	return status == CLI_FINE ? finish(run) : status;
}

static enum cli_status run_backtest(struct cli *cli)
{
	struct replay_options options = {.from = INSTANT_NONE, .until = INSTANT_NEVER};
	struct config_faults faults = {0};
	/* The process ends with the command, and its memory with it: to free a million small pieces one by one would be
	 * a twentieth of the time. Only where a test runs a second one, the first is released. */
	static struct run state;
	release(&state);
	state = (struct run){.cli = cli};
	if (!read_instant(cli, "from", &options.from) || !read_instant(cli, "until", &options.until) ||
	    !read_threads(cli, &state.threads))
		return CLI_WRONG;
	if ((cli_value(cli, "words") || cli_value(cli, "html")) && !cli_value(cli, "against"))
		return cli_wrong(cli, "--words and --html are of a comparison: they need --against DIR");
	enum cli_status status = CLI_WRONG;
	state.config = config_load(cli->config, cli_value(cli, "rules"), &faults);
	const char *against = cli_value(cli, "against");
	state.only_rule = cli_value(cli, "rule");
	if (state.config && against)
		state.against = config_load_rules(state.config, against, &faults);
	if (state.config && (!against || state.against)) {
		status = CLI_FINE;
		if (state.only_rule)
			status = cli_know_rule(cli, state.only_rule, state.config->rules, state.against);
		if (status == CLI_FINE)
			status = run_with(&state, options);
	}
	else
		cli_print_faults(cli->err, &faults);
	config_faults_free(&faults);
	return status;
}

static const struct cli_option options[] = {
	{"rules", "DIR", "rules of another directory in place of the configured ones"},
	{"from", "TIME", "print nothing of before, but build on it"},
	{"until", "TIME", "run the clock on to here; what arrives later is not read"},
	{"threads", "1|2|4|8", "so many judge (1 to 16), and one more reads ahead; the output is the same"},
	{"against", "DIR", "compare with the rules of DIR: what they add, lose and tell earlier or later"},
	{"rule", "ID", "of this rule alone"},
	{"words", NULL, "with --against: in words instead of JSON lines"},
	{"html", "FILE", "with --against: as a page that one can send"},
	{NULL, NULL, NULL},
};

const struct cli_command cli_backtest = {
	.name = "backtest",
	.usage = "[FILE...]",
	.summary = "replay events through the rules, as they would have gone",
	.help = "Reads events, one CloudEvent in JSON a line, in the order in which they arrived (standard input "
		"without\n"
		"a FILE), and prints what casewatch would have done, one JSON object a line. An event arrives at its\n"
		"recordedtime, else at its time; the clock never goes back. Nobody is contacted, nothing is "
		"written.\n\n"
		"With --against it prints what the rules of DIR (there) would tell otherwise than these (here): a "
		"summary by\nrule, month and recipient, with what would be told at night (22:00 to 08:00), then each "
		"alert in order of time.\nOf --threads more than one then only reads ahead.\n",
	.options = options,
	.most = SIZE_MAX,
	.run = run_backtest,
};
