/* log: how much the running daemon writes into its log, from now on. */
#include "cli/order.h"

#include "base/log.h"
#include "config/config.h"
#include "run/control.h"

#include <stdio.h>

static enum cli_status run_log(struct cli *cli)
{
	char order[32];
	enum log_level level;
	const char *name = cli->operands[0];
	if (!log_level_named(name, &level))
		return cli_wrong(cli, "\"%s\" is no level; write error, warning, notice, info or debug", name);
	struct config *config = order_config(cli);
	(void)snprintf(order, sizeof order, "log %s", name);
	enum cli_status status =
		config ? order_give(cli, config->database, order, CONTROL_ANSWER_MS) : CLI_WRONG;
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
