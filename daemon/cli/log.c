/* log: how much the running daemon writes into its log, from now on. */
#include "cli/opened.h"

#include "base/log.h"
#include "config/config.h"
#include "run/control.h"

#include <stdio.h>

static enum cli_status give_order(struct cli *cli, const char *database, const char *level)
{
	struct buffer answer = {0};
	struct fault fault = {{0}};
	char order[32];
	int exit_status = CLI_WRONG;
	(void)snprintf(order, sizeof order, "log %s", level);
	enum result result = control_give_order(database, order, &exit_status, &answer, &fault);
	enum cli_status status = exit_status == 0 ? CLI_FINE : CLI_WRONG;
	if (result != RESULT_OK)
		status = cli_failed(cli, "%s", fault.text);
	else
		cli_print(cli, &answer);
	buffer_free(&answer);
	return status;
}

static enum cli_status run_log(struct cli *cli)
{
	struct config_faults faults = {0};
	enum log_level level;
	const char *name = cli->operands[0];
	if (!log_level_named(name, &level))
		return cli_wrong(cli, "\"%s\" is no level; write error, warning, notice, info or debug", name);
	struct config *config = config_load_partly(cli->config, &faults);
	if (!config)
		cli_print_faults(cli->err, &faults);
	enum cli_status status = config ? give_order(cli, config->database, name)
	                                : cli_failed(cli, "%s does not say where the database is", cli->config);
	config_faults_free(&faults);
	config_free(config);
	return status;
}

const struct cli_command cli_log = {
	.name = "log",
	.usage = "LEVEL",
	.summary = "write more or less into the log from now on",
	.help = "Tells the running daemon to write LEVEL and what weighs more into its log: error, warning, notice, "
		"info or debug.\nIt holds until the next reload or restart, which set it to log.level again.\n",
	.least = 1,
	.most = 1,
	.each = true,
	.run = run_log,
};
