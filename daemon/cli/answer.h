/* answer: what `ack`, `resolve` and `pass` share.
 *
 * The one rule: an answer names the role it was given in, and what was done or why. */
#ifndef CASEWATCH_CLI_ANSWER_H
#define CASEWATCH_CLI_ANSWER_H

#include "cli/cli.h"

/* `type`: "alert.acknowledged", "alert.resolved" or "alert.passed_on"; `word`: the option and the field that say what
 * ("action", "reason"); NULL: nothing needs to be said. */
enum cli_status answer_run(struct cli *cli, const char *type, const char *word);

#endif
