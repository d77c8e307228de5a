/* diff: what rules would change of what is on record, before they are put into force (casewatch check --diff). */
#ifndef CASEWATCH_CLI_CHECK_DIFF_H
#define CASEWATCH_CLI_CHECK_DIFF_H

#include "cli/opened.h"

/* `config`: whole and without faults, with the rules that are asked about. Reads the daemon's database, writes nothing.
 * CLI_FINE also where something would change. */
enum cli_status cli_diff(struct cli *cli, const struct config *config);

#endif
