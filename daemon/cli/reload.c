/* reload: the running daemon puts the changed configuration in force, or says why not. */
#include "cli/diff.h"

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

/* Only where the database is must be known: what else is wrong the daemon finds, and keeps on record. */
static enum cli_status find_database(struct cli *cli, struct config **config)
{
	struct config_faults faults = {0};
	*config = config_load_partly(cli->config, &faults);
	if (!*config)
		cli_print_faults(cli->err, &faults);
	config_faults_free(&faults);
	if (*config)
		return CLI_FINE;
	(void)cli_failed(cli, "the daemon was not asked: %s does not say where its database is", cli->config);
	return CLI_FOUND;
}

static enum cli_status run_reload(struct cli *cli)
{
	struct config *config;
	struct buffer answer = {0};
	struct fault fault = {{0}};
	int exit_status = CLI_WRONG;
	if (cli_value(cli, "diff"))
		return show_difference(cli);
	enum cli_status status = find_database(cli, &config);
	if (status != CLI_FINE)
		return status;
	enum result result = control_give_order(config->database, cli->json ? "reload json" : "reload", &exit_status,
	                                        &answer, &fault);
	config_free(config);
	if (result != RESULT_OK)
		status = cli_failed(cli, "%s", fault.text);
	else
		status = exit_status == 0 ? CLI_FINE : exit_status == 1 ? CLI_FOUND : CLI_WRONG;
	if (result == RESULT_OK)
		cli_print(cli, &answer);
	buffer_free(&answer);
	return status;
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
