/* reload: the running daemon puts the changed configuration in force, or says why not. */
#include "cli/check/diff.h"
#include "cli/order.h"
#include "cli/status/status.h"

#include <poll.h>

#include "run/control.h"

static const struct cli_option options[] = {
	{"diff", NULL, "show what it would open, end and withdraw, and who would be told, and reload nothing"},
	{NULL, NULL, NULL},
};

static enum cli_status show_difference(struct cli *cli)
{
	struct config *config = cli_config(cli, NULL);
	enum cli_status status = config ? cli_diff(cli, config) : CLI_FOUND;
	config_free(config);
	return status;
}

#define BEGIN_LOOKS 120 /* half a second each: a database that is brought up to date for longer is said to be */

/* A council that is new, is tried again, or was switched on is begun by the reload of the others: its own order is
 * heard after that. False: it does not begin, and *fault says why if the process that runs knows. */
static bool is_beginning(const struct cli *cli, struct fault *fault)
{
	struct status_process process = {0};
	struct buffer why = {0};
	status_find_process(&process, cli->config);
	const char *state = process.answers ? status_of_council(&process, cli->config, &why) : NULL;
	bool begins = state && (strcmp(state, "opening") == 0 || strcmp(state, "up") == 0);
	if (state && !begins)
		(void)fault_set(fault, RESULT_TEMPORARY, "casewatchd (%s) goes on without this council: %.400s",
		                process.who, buffer_cstr(&why));
	buffer_free(&why);
	status_process_free(&process);
	return begins;
}

static enum result give_order(struct cli *cli, const struct config *config, int *exit_status, struct buffer *answer,
                              struct fault *fault)
{
	const char *order = cli->json ? "reload json" : "reload";
	enum result result = control_give_order(config->database, order, exit_status, answer, fault);
	for (int i = 0; i < BEGIN_LOOKS && result != RESULT_OK && is_beginning(cli, fault); i++) {
		(void)poll(NULL, 0, 500);
		buffer_clear(answer);
		result = control_give_order(config->database, order, exit_status, answer, fault);
	}
	return result;
}

static enum cli_status run_reload(struct cli *cli)
{
	struct buffer answer = {0};
	struct fault fault = {{0}};
	int exit_status = CLI_WRONG;
	if (cli_value(cli, "diff"))
		return show_difference(cli);
	struct config *config = order_config(cli);
	if (!config)
		return CLI_FOUND;
	enum result result = give_order(cli, config, &exit_status, &answer, &fault);
	config_free(config);
	return order_answered(cli, result, exit_status, &answer, &fault);
}

const struct cli_command cli_reload = {
	.name = "reload",
	.usage = "",
	.summary = "put the changed configuration, directory, rules, templates and lists in force",
	.help = "Asks the running daemon to read everything anew, waits, and prints what came of it. It is read once "
		"no "
		"file has been\nwritten to for a second, checked as a whole, and taken in one step; or refused as a "
		"whole, "
		"each fault with file, line\nand column (exit status 1), and what was in force stays so. What is on "
		"its way "
		"to somebody goes on. Passwords, keys\nand certificates are read again from the files that were named "
		"at the "
		"start.\n\nHistories are judged by changed rules beside the other work. --diff says before what that "
		"will "
		"change.\n",
	.options = options,
	.each = true,
	.again = true, /* the others' reload begins the councils that are new, and tries what is down */
	.run = run_reload,
};
