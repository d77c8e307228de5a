/* move: the machine of a cell that sends for a council hands over to another. */
#include "cli/councils.h"
#include "cli/order.h"

#include <string.h>

#include "config/config.h"
#include "config/councils.h"

#define MOVE_ANSWER_MS 60000 /* what is under way comes to its end, the group names another, and that one says so */

static enum cli_status move(struct cli *cli, const struct config *config)
{
	const char *named = cli->operand_count && !cli->council ? cli->operands[0] : NULL;
	if (!config->cell.machine)
		return cli_failed(cli,
		                  "%s names no cell.machine: this machine is alone, and there is none to hand over to",
		                  cli->config);
	if (named && (!config->cell.council || strcmp(named, config->cell.council) != 0))
		return cli_wrong(cli, "%s is of %s, not of \"%s\"", cli->config,
		                 config->cell.council ? config->cell.council : "another council", named);
	return order_give(cli, config->database, "move", MOVE_ANSWER_MS);
}

static enum cli_status run_move(struct cli *cli)
{
	struct config_councils councils;
	struct config_faults faults = {0};
	bool listed = false;
	if (cli->operand_count && !cli->council) {
		(void)config_councils_read(cli->config, &councils, &faults);
		listed = councils.named;
		config_councils_free(&councils);
		config_faults_free(&faults);
	}
	if (listed) { /* the name is that of a council of the file */
		cli->council = cli->operands[0];
		return cli_run(cli);
	}
	struct config *config = order_config(cli);
	enum cli_status status = config ? move(cli, config) : CLI_WRONG;
	config_free(config);
	return status;
}

const struct cli_command cli_move = {
	.name = "move",
	.usage = "[COUNCIL]",
	.summary = "hand the sending for a council over to another machine of its cell",
	.help = "On the machine that sends for the council: what is under way comes to its end, nothing more is "
		"begun, and\nanother machine that stands by takes over; this one stands behind all of them. Says "
		"which machine sends\nthen, and exits with 1 where it is still this one: no other stands by "
		"(docs/cells.md).\n\n  casewatch move\n  casewatch move north     of several councils, and "
		"`casewatch move --council north` is the same\n",
	.most = 1,
	.run = run_move,
};
