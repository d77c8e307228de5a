/* cli: the table of commands, and the reading of a command line. */
#include "cli/councils.h"
#include "cli/help.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/spelling.h"
#include "base/version.h"

static const struct cli_command *const commands[] = {
	&cli_check, &cli_test, &cli_backtest, &cli_explain, &cli_why_not, &cli_who,
	&cli_alerts, &cli_ack, &cli_resolve, &cli_pass, &cli_mute, &cli_unmute,
	&cli_list, &cli_report, &cli_export, &cli_import, &cli_audit, &cli_verify,
	&cli_outbox, &cli_quarantine, &cli_status, &cli_reload, &cli_schemas, &cli_render, &cli_gallery, &cli_demo,
	&cli_backup, &cli_restore, &cli_follow, &cli_erase,
	&cli_init, &cli_memory,
	&cli_log,
	&cli_move,
	&cli_publish,
	NULL,
};

static const struct cli_command *find_command(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_command(FILE *err, const char *name)
{
	struct spelling spelling = spelling_begin(text_of(name));
	struct buffer hint = {0};
	for (size_t i = 0; commands[i]; i++)
		spelling_offer(&spelling, commands[i]->name);
	spelling_say(&spelling, &hint);
	(void)fprintf(err, "casewatch: there is no command \"%s\"%s\nTry: casewatch --help\n", name,
	              buffer_cstr(&hint));
	buffer_free(&hint);
	return CLI_WRONG;
}

/* ---- the command line ---- */

static enum cli_status unknown_option(const struct cli *cli, const char *given)
{
	const struct cli_option *own = cli_options_of(cli->command);
	struct spelling spelling = spelling_begin(text_of(given + strspn(given, "-")));
	struct buffer hint = {0};
	for (; own->name; own++)
		spelling_offer(&spelling, own->name);
	for (const struct cli_option *option = cli_common_options; option->name; option++)
		spelling_offer(&spelling, option->name);
	spelling_say(&spelling, &hint);
	enum cli_status status = cli_wrong(cli, "there is no option %s%s", given, buffer_cstr(&hint));
	buffer_free(&hint);
	return status;
}

/* Takes one option and its value off the line at `at`; *help is set by --help. */
static enum cli_status take_option(struct cli *cli, char **argv, int argc, int *at, bool *help)
{
	const char *given = argv[*at], *equals = strchr(given, '=');
	struct text name = {given + 2, (equals ? (size_t)(equals - given) : strlen(given)) - 2};
	const struct cli_option *own = cli_options_of(cli->command);
	const struct cli_option *option = cli_find_option(own, name);
	const struct cli_option *common = cli_find_option(cli_common_options, name);
	const char *value = equals ? equals + 1 : "";
	if (!option && !common)
		return unknown_option(cli, given);
	const struct cli_option *found = option ? option : common;
	if (!found->value && equals)
		return cli_wrong(cli, "--%s takes no value", found->name);
	if (found->value && !equals) {
		if (*at + 1 >= argc)
			return cli_wrong(cli, "--%s needs its %s", found->name, found->value);
		value = argv[++*at];
	}
	if (common && !option && common->value && !*value) /* a variable of a script that is not set */
		return cli_wrong(cli, "--%s needs its %s", found->name, found->value);
	if (option)
		cli->values[option - own] = value;
	else if (common == &cli_common_options[CLI_COMMON_CONFIG])
		cli->config = value;
	else if (common == &cli_common_options[CLI_COMMON_COUNCIL])
		cli->council = value;
	else if (common == &cli_common_options[CLI_COMMON_JSON])
		cli->json = true;
	else
		*help = true;
	return CLI_FINE;
}

/* What would be passed over in silence was meant to do something. */
static enum cli_status stand_alone(const struct cli *cli)
{
	for (const struct cli_with *one = cli->command->with; one && one->option; one++)
		if (cli_value(cli, one->option) && !cli_value(cli, one->with))
			return cli_wrong(cli, "--%s means nothing without --%s", one->option, one->with);
	return CLI_FINE;
}

static enum cli_status take_line(struct cli *cli, int argc, char **argv, bool *help)
{
	bool options_end = false;
	for (int i = 0; i < argc; i++) {
		bool option = !options_end && strncmp(argv[i], "--", 2) == 0;
		if (option && !argv[i][2]) {
			options_end = true;
		} else if (option) {
			enum cli_status status = take_option(cli, argv, argc, &i, help);
			if (status != CLI_FINE)
				return status;
		} else if (!options_end && argv[i][0] == '-' && argv[i][1]) {
			if (strcmp(argv[i], "-h") != 0)
				return unknown_option(cli, argv[i]);
			*help = true;
		} else {
			cli->operands[cli->operand_count++] = argv[i];
		}
	}
	if (*help)
		return CLI_FINE;
	if (cli->operand_count < cli->command->least)
		return cli_wrong(cli, "something is missing: %s", cli->command->usage);
	if (cli->operand_count > cli->command->most)
		return cli_wrong(cli, "\"%s\" is too much", cli->operands[cli->command->most]);
	return stand_alone(cli);
}

/* What it said was said without them: not fine, whatever it found. The log has told each. */
static enum cli_status say_unreadable(const struct cli *cli, enum cli_status status)
{
	if (!cli->unreadable)
		return status;
	(void)fprintf(cli->err,
	              "casewatch %s: some stored events can no longer be read, and this is without what they say; "
	              "casewatch verify --pages counts them (docs/operations.md, \"Is the database sound?\")\n",
	              cli->command->name);
	return status == CLI_FINE ? CLI_FOUND : status;
}

static enum cli_status run_command(struct cli *cli, int argc, char **argv)
{
	bool help = false;
	enum cli_status status = take_line(cli, argc, argv, &help);
	if (status != CLI_FINE)
		return status;
	if (help)
		help_page(cli->out, cli->command);
	else
		status = say_unreadable(cli, cli_run(cli));
	if (!cli_written(cli->out))
		return cli_failed(cli, "the output could not be written");
	return status;
}

static size_t count_options(const struct cli_option *options)
{
	size_t count = 0;
	while (options[count].name)
		count++;
	return count;
}

static enum cli_status once_written(FILE *out)
{
	return cli_written(out) ? CLI_FINE : CLI_WRONG;
}

int cli_main(int argc, char **argv, FILE *out, FILE *err, struct clock clock)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		(void)fprintf(out, "casewatch %s\n", casewatch_version);
		return (int)once_written(out);
	}
	bool asked = argc > 1 &&
	             (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0);
	if (asked && argc == 3 && strcmp(argv[2], "--json") == 0) {
		help_json(out, commands);
		return (int)once_written(out);
	}
	if (argc < 2 || (asked && argc == 2)) {
		help_list(asked ? out : err, commands);
		return asked ? (int)once_written(out) : CLI_WRONG;
	}
	const struct cli_command *command = find_command(asked ? argv[2] : argv[1]);
	if (!command)
		return unknown_command(err, asked ? argv[2] : argv[1]);
	if (asked) {
		help_page(out, command);
		return (int)once_written(out);
	}
	const char *environment = getenv("CASEWATCH_CONFIG");
	struct cli cli = {.command = command, .out = out, .err = err, .clock = clock};
	cli.config = environment && *environment ? environment : CLI_INSTALLED_CONFIG;
	cli.values = mem_zero(count_options(cli_options_of(command)) + 1, sizeof *cli.values);
	cli.operands = mem_zero((size_t)argc, sizeof *cli.operands);
	enum cli_status status = run_command(&cli, argc - 2, argv + 2);
	free(cli.values);
	free(cli.operands);
	return (int)status;
}
