/* help: the table of commands as pages for people, and as JSON for whatever is made of it: the manual pages and the
 * completion of a shell (docs/man/pages).
 *
 * The one rule: nobody writes a command's words twice; what is not in the table is in no page. */
#ifndef CASEWATCH_CLI_HELP_H
#define CASEWATCH_CLI_HELP_H

#include "cli/cli.h"

/* Every command takes these besides its own; where one of its own has the same name, that is meant. Ended by a NULL
 * name. */
extern const struct cli_option cli_common_options[];
enum { CLI_COMMON_CONFIG, CLI_COMMON_COUNCIL, CLI_COMMON_JSON, CLI_COMMON_HELP };

/* The page of a command. */
void help_page(FILE *out, const struct cli_command *command);
/* The list of all; `commands` is ended by NULL. */
void help_list(FILE *out, const struct cli_command *const *commands);
/* The whole table as one line of JSON: {"version", "options": [OPTION], "commands": [{"name", "usage", "summary",
 * "help", "options": [OPTION]}]}; OPTION is {"name", "value" (null: a flag), "help"}. */
void help_json(FILE *out, const struct cli_command *const *commands);

#endif
