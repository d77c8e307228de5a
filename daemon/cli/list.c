/* list: a list as it would go out now. */
#include "cli/cli.h"

static enum cli_status run(struct cli *cli)
{
	return cli_failed(cli, "this build does not have it yet");
}

const struct cli_command cli_list = {
	.name = "list",
	.usage = "NAME",
	.summary = "a list as it would go out now",
	.help = "Prints a list (daily-missing) as it would go out now.\n",
	.least = 1,
	.most = 1,
	.run = run,
};
