/* cli: the tool's commands: one file each, with one const entry, in one table (cli.c).
 *
 * The one rule: a command prints what it found and returns 0 (fine), 1 (found something wrong) or 2 (wrong use, or it
 * could not do its work); with --json it prints JSON and nothing else on standard output. It writes nothing but what it
 * says. */
#ifndef CASEWATCH_CLI_CLI_H
#define CASEWATCH_CLI_CLI_H

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>

#define CLI_INSTALLED_CONFIG "/etc/casewatch/casewatchd.yaml"

enum cli_status { CLI_FINE = 0, CLI_FOUND = 1, CLI_WRONG = 2 };

struct cli;
struct config_councils;

/* "--rules DIR"; `value` NULL: a flag. Every command takes --config FILE, --json and --help besides its own. */
struct cli_option {
	const char *name, *value, *help;
};
/* An option that means nothing without another. */
struct cli_with {
	const char *option, *with;
};
struct cli_command {
	const char *name;
	const char *usage;                /* operands as shown: "ALERT", "[FILE...]"; "" where none */
	const char *summary;              /* one line for the list of commands */
	const char *help;                 /* what it does, for its page; ends in a newline */
	const struct cli_option *options; /* ended by a NULL name; NULL: none of its own */
	const struct cli_with *with;      /* ended by a NULL option; NULL: each of them means something by itself */
	size_t least, most;               /* operands */
	enum cli_status (*run)(struct cli *cli);
	/* Of a file that names councils where none of them is asked for: of all at once; NULL: see `each`. */
	enum cli_status (*run_all)(struct cli *cli, const struct config_councils *councils);
	bool each;     /* or for each of them (cli/councils.h) */
	bool compares; /* and then them with each other */
	bool again;    /* where it could not be done for one, once more after the others */
};

/* One call of a command. */
struct cli {
	const struct cli_command *command;
	FILE *out, *err;
	struct clock clock;
	const char *config;               /* --config, else $CASEWATCH_CONFIG, else the installed one; with `council`
	                                     that one's own */
	const char *council;              /* --council: one of those that the file names; NULL: not given */
	bool json;
	uint64_t unreadable;              /* stored events that it met and that can no longer be read */
	const char **values;              /* by the command's options; NULL: not given; a flag: "" */
	char **operands;
	size_t operand_count;
};

/* The option's value, "" for a flag, or NULL where it was not given. The name must be among the command's options. */
const char *cli_value(const struct cli *cli, const char *option);
/* "casewatch ack: SENTENCE", and where to find help. Returns CLI_WRONG. */
enum cli_status cli_wrong(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
/* "casewatch ack: SENTENCE": it could not do its work. Returns CLI_WRONG. */
enum cli_status cli_failed(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
bool cli_written(FILE *out); /* whether all that was printed so far got there; errno says why not */

/* A command's own options, ended by a NULL name; and the one of that name, or NULL. */
const struct cli_option *cli_options_of(const struct cli_command *command);
const struct cli_option *cli_find_option(const struct cli_option *options, struct text name);

/* Runs `casewatch ARGUMENTS`: argv[0] is the program. What main returns. */
int cli_main(int argc, char **argv, FILE *out, FILE *err, struct clock clock);

/* The commands. */
extern const struct cli_command cli_mute, cli_unmute;
extern const struct cli_command cli_reload;
extern const struct cli_command cli_log;
extern const struct cli_command cli_move;
extern const struct cli_command cli_publish;
extern const struct cli_command cli_follow;
extern const struct cli_command cli_ack, cli_alerts, cli_backtest, cli_check, cli_demo, cli_explain, cli_export,
	cli_gallery, cli_list, cli_outbox, cli_pass, cli_quarantine, cli_render, cli_resolve, cli_schemas, cli_status,
	cli_test, cli_who, cli_why_not, cli_import,
	cli_report,
	cli_audit, cli_verify,
	cli_backup, cli_restore, cli_erase;
extern const struct cli_command cli_init, cli_memory;

#endif
