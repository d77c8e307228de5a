/* explain_file: an alert of a file of events, as backtest gives it, explained without a daemon: nobody was told of it.
 */
#include "cli/analyst/explain.h"

#include "backtest/feed.h"
#include "backtest/replay.h"
#include "cli/analyst/page.h"
#include "cli/analyst/story_words.h"
#include "time/instant.h"
#include "time/words.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct wanted {
	const char *id;
	bool found;
	struct text subject; /* in the arena */
	enum party_kind domain;
	instant opened; /* the last time */
	const struct rule *rule;
	char because[512];
	struct arena *arena;
};

static void note_opened(void *context, const struct effect *effect)
{
	struct wanted *wanted = context;
	if (strcmp(effect->alert->id, wanted->id) != 0)
		return;
	wanted->found = true;
	wanted->subject = text_keep(wanted->arena, effect->subject);
	wanted->domain = effect->domain;
	wanted->opened = effect->alert->opened;
	wanted->rule = effect->rule;
	(void)snprintf(wanted->because, sizeof wanted->because, "%s", effect->because);
}

/* As backtest would say it. */
static enum result find_alert(const struct config *config, const char *path, instant at, struct wanted *wanted,
                              struct fault *fault)
{
	struct replay_options options = {.from = INSTANT_NONE, .until = at};
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = fd < 0 ? errno : 0;
	if (fd < 0)
		return fault_set(fault, RESULT_PERMANENT, "cannot open %s: %s", path, strerror(error));
	struct replay *replay = replay_new(config, config->rules, options, NULL, note_opened, wanted);
	struct feed *feed = feed_new(fd, config, false);
	enum result result = RESULT_OK;
	bool more = true;
	int64_t line;
	for (const struct feed_batch *batch; result == RESULT_OK && more && (batch = feed_next(feed, &error)) != NULL;)
		result = replay_take_batch(replay, batch, &more, &line, fault);
	if (result == RESULT_OK)
		result = replay_finish(replay, fault);
	feed_free(feed);
	replay_free(replay);
	(void)close(fd);
	return error && result == RESULT_OK
	               ? fault_set(fault, RESULT_PERMANENT, "cannot read %s: %s", path, strerror(error))
	               : result;
}

static void put_words(const struct zone *zone, const struct wanted *wanted, const struct story *story,
                      struct buffer *out)
{
	const struct rule *rule = wanted->rule;
	buffer_format(out, "%s: %s for %.*s\n  %s, %s", wanted->id, rule->title ? rule->title : rule->id,
	              TEXT_ARG(wanted->subject), severity_name(rule->severity),
	              story->stands_so && story->closed == INSTANT_NEVER ? "standing since " : "it stood from ");
	instant opened = story->stands_so ? story->opened : wanted->opened;
	words_moment(zone, (struct words_moment){.at = opened}, WORDS_TABLE_YEAR, out);
	if (story->stands_so && story->closed != INSTANT_NEVER) {
		buffer_string(out, " to ");
		words_until(zone, story->closed, WORDS_TABLE_YEAR, out);
		buffer_format(out, "; reason: %s", story->reason ? story->reason : "not recorded");
	}
	buffer_format(out, "\n\nWhy, as it was told when it opened\n  %s\n\nRule\n  %s", wanted->because, rule->id);
	civil_day version = rule->version != DAY_NONE ? rule->version : rule->effective_from;
	if (version != DAY_NONE) {
		buffer_string(out, ", version of ");
		words_day(version, WORDS_PLAIN_YEAR, out);
	}
	buffer_char(out, '\n');
	if (rule->basis)
		buffer_format(out, "  Basis: %s\n", rule->basis);
	story_words(zone, story, out);
}

static void put_json(const struct wanted *wanted, const struct story *story, struct buffer *out)
{
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_string(&json, "alert", wanted->id);
	json_put_string(&json, "rule", wanted->rule->id);
	json_put_text(&json, "subject", wanted->subject);
	json_put_string(&json, "because", wanted->because);
	json_put_instant(&json, "opened", story->stands_so ? story->opened : wanted->opened);
	json_put_instant(&json, "closed", story->stands_so ? story->closed : INSTANT_NEVER);
	json_put_string(&json, "reason", story->stands_so ? story->reason : NULL);
	story_json(story, &json);
	json_object_end(&json);
}

static enum cli_status show(struct cli *cli, const struct zone *zone, const struct wanted *wanted,
                            const struct story *story)
{
	struct buffer out = {0};
	const char *path = cli_value(cli, "html");
	if (cli->json) {
		put_json(wanted, story, &out);
		cli_print_json(cli, &out);
		return CLI_FINE;
	}
	put_words(zone, wanted, story, &out);
	if (!path) {
		cli_print(cli, &out);
		return CLI_FINE;
	}
	return page_of_words(cli, path, "Why an alert stands", &out);
}

static enum cli_status explain_found(struct cli *cli, const struct config *config, struct wanted *wanted, instant at)
{
	struct fault fault = {{0}};
	struct subject subject = subject_of(wanted->subject, wanted->domain);
	struct trial trial = {.config = config, .rules = config->rules, .subject = &subject, .at = at};
	struct story story = {.arena = wanted->arena};
	size_t refused;
	enum result result = subject_read(config, cli_value(cli, "events"), &subject, &refused, &fault);
	if (result == RESULT_OK)
		result = story_tell(&trial, wanted->rule, wanted->id, wanted->opened, INSTANT_NEVER, &story, &fault);
	enum cli_status status = result == RESULT_OK ? show(cli, calendar_zone(config->calendar), wanted, &story)
	                                             : cli_failed(cli, "%s", fault.text);
	story_free(&story);
	subject_free(&subject);
	return status;
}

enum cli_status explain_of_file(struct cli *cli)
{
	const char *given = cli_value(cli, "at"), *why;
	instant at = clock_now(&cli->clock);
	struct fault fault = {{0}};
	if (given && !instant_parse(text_of(given), &at, &why))
		return cli_wrong(cli, "--at \"%s\" is not a time such as 2020-03-01T00:00:00Z: %s", given, why);
	struct config *config = cli_config(cli, NULL);
	if (!config)
		return CLI_WRONG;
	struct wanted wanted = {.id = cli->operands[0], .arena = arena_new(16 * 1024)};
	enum cli_status status = CLI_WRONG;
	if (find_alert(config, cli_value(cli, "events"), at, &wanted, &fault) != RESULT_OK)
		(void)cli_failed(cli, "%s", fault.text);
	else if (!wanted.found)
		(void)cli_failed(cli, "no alert %s opened by then in %s; casewatch backtest names them", wanted.id,
		                 cli_value(cli, "events"));
	else
		status = explain_found(cli, config, &wanted, at);
	arena_free(wanted.arena);
	config_free(config);
	return status;
}
