/* councils: one command for each council of a file that names them. */
#include "cli/councils.h"

#include "cli/opened.h"

#include "config/councils.h"

#include <stdlib.h>

/* A shared database, socket or topic is found here, and not when the second of the two does not start. */
static bool share_nothing(struct cli *cli, const struct config_councils *councils)
{
	struct config_faults faults = {0}, unread = {0};
	struct config **configs = mem_zero(councils->count, sizeof *configs);
	for (size_t i = 0; i < councils->count; i++) {
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
	(void)fflush(cli->out);
	return cli->command->run(cli);
}

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

enum cli_status cli_run(struct cli *cli)
{
	struct config_councils councils;
	struct config_faults faults = {0};
	if (!cli->command->each)
		return cli->command->run(cli);
	bool good = config_councils_read(cli->config, &councils, &faults);
	cli_print_faults(cli->json ? cli->err : cli->out, &faults);
	enum cli_status status = councils.named ? run_each(cli, &councils) : cli->command->run(cli);
	status = good || status > CLI_FOUND ? status : CLI_FOUND;
	config_councils_free(&councils);
	config_faults_free(&faults);
	return status;
}
