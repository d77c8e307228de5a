/* councils: one command for each council of a file that names them, or for one of them. */
#include "cli/councils.h"

#include "cli/opened.h"

#include "base/spelling.h"
#include "config/councils.h"

#include <stdlib.h>

/* A shared database, socket or topic is found here, and not when the second of the two does not start. */
static bool share_nothing(struct cli *cli, const struct config_councils *councils)
{
	struct config_faults faults = {0}, unread = {0};
	struct config **configs = mem_zero(councils->count, sizeof *configs);
	for (size_t i = 0; i < councils->count; i++) {
		if (!councils->items[i].off)
			configs[i] = config_load_partly(councils->items[i].path, &unread); /* said by its own check */
		for (size_t j = 0; configs[i] && j < i; j++)
			if (configs[j])
				config_councils_compare(configs[i], configs[j], &faults);
	}
	cli_print_faults(cli->json ? cli->err : cli->out, &faults);
	bool good = faults.count == 0;
	for (size_t i = 0; i < councils->count; i++)
		config_free(configs[i]);
	free(configs);
	config_faults_free(&faults);
	config_faults_free(&unread);
	return good;
}

static enum cli_status run_one(struct cli *cli, const struct config_council *council)
{
	cli->config = council->path;
	if (!cli->json)
		(void)fprintf(cli->out, "== %s\n", council->name);
	if (council->off) {
		(void)fprintf(cli->json ? cli->err : cli->out, "%s is switched off (%s.off)\n", council->name,
		              council->path);
		return CLI_FINE;
	}
	(void)fflush(cli->out);
	return cli->command->run(cli);
}

/* The command's `run` for each of them. */
static enum cli_status run_each(struct cli *cli, const struct config_councils *councils)
{
	const char *list = cli->config;
	enum cli_status worst = CLI_FINE, *each = mem_zero(councils->count, sizeof *each);
	for (size_t i = 0; i < councils->count; i++)
		each[i] = run_one(cli, &councils->items[i]);
	for (size_t i = 0; i < councils->count; i++) {
		if (cli->command->again && each[i] == CLI_WRONG)
			each[i] = run_one(cli, &councils->items[i]);
		worst = each[i] > worst ? each[i] : worst;
	}
	free(each);
	cli->config = list;
	if (cli->command->compares && !share_nothing(cli, councils) && worst == CLI_FINE)
		worst = CLI_FOUND;
	return worst;
}

/* ---- one of them ---- */

#define NAMES_SAID 10 /* of councils, where none of them was meant */

static enum cli_status unknown_council(struct cli *cli, const struct config_councils *councils)
{
	struct spelling spelling = spelling_begin(text_of(cli->council));
	struct buffer hint = {0}, names = {0};
	for (size_t i = 0; i < councils->count; i++) {
		spelling_offer(&spelling, councils->items[i].name);
		if (i < NAMES_SAID)
			buffer_format(&names, "%s%s", i ? ", " : "", councils->items[i].name);
	}
	if (councils->count > NAMES_SAID)
		buffer_format(&names, " and %zu more", councils->count - NAMES_SAID);
	spelling_say(&spelling, &hint);
	enum cli_status status =
		cli_wrong(cli, "%s names no council \"%s\"%s; there %s %s", cli->config, cli->council,
	                  buffer_cstr(&hint), councils->count == 1 ? "is" : "are",
	                  councils->count ? buffer_cstr(&names) : "none");
	buffer_free(&hint);
	buffer_free(&names);
	return status;
}

static enum cli_status run_named(struct cli *cli, const struct config_councils *councils)
{
	const char *list = cli->config;
	if (!councils->named)
		return cli_wrong(cli,
		                 "--council is for a file that names councils, and %s is of one council: leave it out",
		                 cli->config);
	for (size_t i = 0; i < councils->count; i++)
		if (strcmp(councils->items[i].name, cli->council) == 0) {
			if (councils->items[i].off)
				return cli_failed(cli, "%s is switched off; its configuration is %s.off (--config)",
				                  cli->council, councils->items[i].path);
			cli->config = councils->items[i].path;
			enum cli_status status = cli->command->run(cli);
			cli->config = list;
			return status;
		}
	return unknown_council(cli, councils);
}

/* ---- all, each, or one ---- */

/* What is wrong with the directory of councils is said where all of them are meant, or the one that is meant may be
 * missing because of it. */
static enum cli_status run_all(struct cli *cli, const struct config_councils *councils, struct config_faults *faults)
{
	size_t wrong = faults->count;
	cli_print_faults(cli->json ? cli->err : cli->out, faults);
	enum cli_status status = !councils->named         ? cli->command->run(cli)
	                         : cli->command->run_all ? cli->command->run_all(cli, councils)
	                                                 : run_each(cli, councils);
	return !wrong || status > CLI_FOUND ? status : CLI_FOUND;
}

enum cli_status cli_run(struct cli *cli)
{
	struct config_councils councils;
	struct config_faults faults = {0};
	if (!cli->command->each && !cli->command->run_all && !cli->council)
		return cli->command->run(cli);
	(void)config_councils_read(cli->config, &councils, &faults);
	enum cli_status status = cli->council ? run_named(cli, &councils) : run_all(cli, &councils, &faults);
	if (cli->council && status == CLI_WRONG)
		cli_print_faults(cli->err, &faults);
	config_councils_free(&councils);
	config_faults_free(&faults);
	return status;
}
