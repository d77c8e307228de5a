/* backtest: replay events through the rules, as they would have gone. */
#include "backtest/feed.h"
#include "backtest/replay.h"
#include "cli/cli.h"
#include "cli/opened.h"

#include "base/mem.h"
#include "text/json_write.h"
#include "time/instant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What opened under one of two rule sets: for --against. */
struct told_alert {
	char *key; /* rule, subject and alert, in one string */
	char *line;
};
struct side {
	struct told_alert *items;
	size_t count, room;
};

struct run {
	struct cli *cli;
	struct config *config;
	struct ruleset *against;
	struct replay *replay, *other;
	struct side mine, theirs;
	bool comparing, progress;
	uint64_t total, done;
	int shown, threads;
};

static void print_line(void *context, struct text line)
{
	struct run *run = context;
	if (run->comparing)
		return;
	(void)fwrite(line.at, 1, line.length, run->cli->out);
	(void)fputc('\n', run->cli->out);
}

static void note_opened(struct side *side, const struct effect *effect)
{
	struct buffer key = {0}, line = {0};
	buffer_format(&key, "%s %.*s %s", effect->rule->id, TEXT_ARG(effect->subject), effect->alert->id);
	struct json_writer json = json_writer_on(&line);
	json_put_instant(&json, "at", effect->at);
	json_put_string(&json, "rule", effect->rule->id);
	json_put_text(&json, "subject", effect->subject);
	json_put_string(&json, "alert", effect->alert->id);
	json_put_string(&json, "severity", severity_name(effect->rule->severity));
	json_put_string(&json, "because", effect->because);
	*(struct told_alert *)mem_push((void **)&side->items, &side->count, &side->room, sizeof(struct told_alert)) =
	        (struct told_alert){key.at, line.at};
}

static void mine_opened(void *context, const struct effect *effect)
{
	note_opened(&((struct run *)context)->mine, effect);
}

static void theirs_opened(void *context, const struct effect *effect)
{
	note_opened(&((struct run *)context)->theirs, effect);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct told_alert *)a)->key, ((const struct told_alert *)b)->key);
}

static void print_missing(struct run *run, const struct side *from, const struct side *in, const char *what)
{
	for (size_t i = 0; i < from->count; i++) {
		bool repeated = i && strcmp(from->items[i].key, from->items[i - 1].key) == 0;
		if (repeated ||
		    (in->count && bsearch(&from->items[i], in->items, in->count, sizeof *in->items, by_key)))
			continue;
		(void)fprintf(run->cli->out, "{\"what\":\"%s\",%s}\n", what, from->items[i].line);
	}
}

static void print_comparison(struct run *run)
{
	if (run->mine.count)
		qsort(run->mine.items, run->mine.count, sizeof *run->mine.items, by_key);
	if (run->theirs.count)
		qsort(run->theirs.items, run->theirs.count, sizeof *run->theirs.items, by_key);
	print_missing(run, &run->theirs, &run->mine, "alert.added");
	print_missing(run, &run->mine, &run->theirs, "alert.lost");
}

static void free_side(struct side *side)
{
	for (size_t i = 0; i < side->count; i++) {
		free(side->items[i].key);
		free(side->items[i].line);
	}
	free(side->items);
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
	if (replay_finish(run->replay, &fault) != RESULT_OK ||
	    (run->other && replay_finish(run->other, &fault) != RESULT_OK))
		return cli_failed(run->cli, "%s", fault.text);
	if (run->comparing)
		print_comparison(run);
	if (fflush(run->cli->out) != 0 || ferror(run->cli->out))
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

/* One thread, or two, of which one only reads and parses. */
static bool read_threads(struct cli *cli, int *threads)
{
	const char *given = cli_value(cli, "threads");
	*threads = given && strcmp(given, "2") == 0 ? 2 : 1;
	if (!given || *threads == 2 || strcmp(given, "1") == 0)
		return true;
	(void)cli_wrong(cli, "--threads \"%s\" is neither 1 nor 2", given);
	return false;
}

static enum cli_status run_with(struct run *run, struct replay_options options)
{
	run->comparing = run->against != NULL;
	run->replay = replay_new(run->config, run->config->rules, options, print_line,
	                         run->comparing ? mine_opened : NULL, run);
	if (run->comparing)
		run->other = replay_new(run->config, run->against, options, NULL, theirs_opened, run);
	enum cli_status status = read_inputs(run);
	return status == CLI_FINE ? finish(run) : status;
}

static enum cli_status run(struct cli *cli)
{
	struct replay_options options = {.from = INSTANT_NONE, .until = INSTANT_NEVER};
	struct config_faults faults = {0};
	struct run state = {.cli = cli, .shown = -1};
	if (!read_instant(cli, "from", &options.from) || !read_instant(cli, "until", &options.until) ||
	    !read_threads(cli, &state.threads))
		return CLI_WRONG;
	enum cli_status status = CLI_WRONG;
	state.config = config_load(cli->config, cli_value(cli, "rules"), &faults);
	const char *against = cli_value(cli, "against");
	if (state.config && against)
		state.against = config_load_rules(state.config, against, &faults);
	if (state.config && (!against || state.against))
		status = run_with(&state, options);
	else
		cli_print_faults(cli->err, &faults);
	replay_free(state.replay);
	replay_free(state.other);
	free_side(&state.mine);
	free_side(&state.theirs);
	ruleset_free(state.against);
	config_free(state.config);
	config_faults_free(&faults);
	return status;
}

static const struct cli_option options[] = {
        {"rules", "DIR", "rules of another directory in place of the configured ones"},
        {"from", "TIME", "print nothing of before, but build on it"},
        {"until", "TIME", "run the clock on to here; what arrives later is not read"},
        {"threads", "1|2", "2: read and parse ahead on a second thread; the output is the same"},
        {"against", "DIR", "compare with the rules of DIR: print what they add and lose"},
        {NULL, NULL, NULL},
};

const struct cli_command cli_backtest = {
	.name = "backtest",
	.usage = "[FILE...]",
	.summary = "replay events through the rules, as they would have gone",
	.help = "Reads events, one CloudEvent in JSON a line, in the order in which they arrived (standard input "
                "without\n"
		"a FILE), and prints what casewatch would have done, one JSON object a line. An event arrives at its\n"
		"recordedtime, else at its time; the clock never goes back. Nobody is contacted, nothing is written.\n",
	.options = options,
	.most = SIZE_MAX,
	.run = run,
};
