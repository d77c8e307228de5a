/* asked: a rule, a subject, a time, and the subject's events out of the store or a file. */
#include "cli/analyst/asked.h"

#include "store/events/events.h"
#include "time/instant.h"

#include <stdlib.h>

/* ---- what is asked ---- */

static enum cli_status find_rule(struct cli *cli, struct asked *asked)
{
	const struct ruleset *rules = asked->config->rules;
	const char *id = cli->operands[0];
	asked->rule = trial_rule(rules, asked->opened.zone, text_of(id), asked->at);
	if (asked->rule)
		return CLI_FINE;
	return cli_know_rule(cli, id, rules, NULL);
}

static enum cli_status read_at(struct cli *cli, struct asked *asked)
{
	const char *given = cli_value(cli, "at"), *why = NULL;
	asked->at = asked->now = clock_now(&cli->clock);
	if (!given || instant_parse(text_of(given), &asked->at, &why))
		return CLI_FINE;
	return cli_wrong(cli, "--at \"%s\" is not a time such as 2020-03-01T00:00:00Z: %s", given, why);
}

static enum cli_status read_events(struct cli *cli, struct asked *asked)
{
	struct fault fault = {{0}};
	instant last;
	const char *file = cli_value(cli, "events");
	struct ground ground = opened_ground(&asked->opened);
	enum result result;
	asked->complete_to = INSTANT_NONE;
	if (file)
		result = subject_read(asked->config, file, &asked->subject, &asked->refused, &fault);
	else
		result = ground_gather(&ground, &asked->subject, &fault);
	if (result == RESULT_OK && !file)
		result = sources_complete(asked->opened.store, &asked->complete_to, &last, &fault);
	return result == RESULT_OK ? CLI_FINE : cli_failed(cli, "%s", fault.text);
}

static enum cli_status begin(struct cli *cli, struct asked *asked)
{
	*asked = (struct asked){.complete_to = INSTANT_NONE};
	enum cli_status status = read_at(cli, asked);
	if (status == CLI_FINE)
		asked->config = cli_config(cli, cli_value(cli, "rules"));
	if (status != CLI_FINE || !asked->config)
		return CLI_WRONG;
	asked->opened = (struct opened){.now = asked->at, .zone = calendar_zone(asked->config->calendar)};
	status = find_rule(cli, asked);
	if (status == CLI_FINE && !cli_value(cli, "events"))
		status = cli_open(cli, &asked->opened);
	if (status != CLI_FINE)
		return status;
	asked->subject = subject_of(text_of(cli->operands[1]), asked->rule->of);
	return read_events(cli, asked);
}

static void end(struct asked *asked)
{
	if (asked->subject.arena)
		subject_free(&asked->subject);
	if (asked->opened.store)
		cli_close(&asked->opened);
	config_free(asked->config);
}

enum cli_status asked_run(struct cli *cli, enum cli_status (*show)(struct cli *cli, const struct asked *asked))
{
	struct asked asked;
	enum cli_status status = begin(cli, &asked);
	if (status == CLI_FINE)
		status = show(cli, &asked);
	end(&asked);
	return status;
}
