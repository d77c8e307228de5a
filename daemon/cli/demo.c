/* demo: a month of an invented council in under a minute. */
#include "cli/cli.h"

static enum cli_status run(struct cli *cli)
{
	return cli_failed(cli, "this build does not have it yet");
}

const struct cli_command cli_demo = {
	.name = "demo",
	.usage = "",
	.summary = "a month of an invented council in under a minute",
	.help = "A month of an invented council in under a minute.\n",
	.most = 0,
	.run = run,
};
