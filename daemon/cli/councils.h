/* councils: a command is run once, or once for each council of a file that names them (config/councils.h), or for the
 * one of them that --council names.
 *
 * The one rule: of several the worst is the exit status, and what is printed is printed for each, under its name; with
 * --json a line for each. */
#ifndef CASEWATCH_CLI_COUNCILS_H
#define CASEWATCH_CLI_COUNCILS_H

#include "cli/cli.h"

enum cli_status cli_run(struct cli *cli);

#endif
