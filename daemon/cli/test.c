/* test: run the tests beside the rules. */
#include "cli/cli.h"

static enum cli_status run(struct cli *cli)
{
	return cli_failed(cli, "this build does not have it yet");
}

const struct cli_command cli_test = {
	.name = "test",
	.usage = "[FILE...]",
	.summary = "run the tests beside the rules",
	.help = "Run the tests beside the rules.\n",
	.most = SIZE_MAX,
	.run = run,
};
