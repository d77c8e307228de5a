/* backtest: replay events through the rules, as they would have gone. */
#include "cli/cli.h"

static enum cli_status run(struct cli *cli)
{
	return cli_failed(cli, "this build does not have it yet");
}

const struct cli_command cli_backtest = {
	.name = "backtest",
	.usage = "[FILE...]",
	.summary = "replay events through the rules, as they would have gone",
	.help = "Replay events through the rules, as they would have gone.\n",
	.most = SIZE_MAX,
	.run = run,
};
