/* answer: what `ack`, `resolve` and `pass` share.
 *
 * The one rule: an answer names the role it was given in, and what was done or why. */
#ifndef CASEWATCH_CLI_ANSWERS_ANSWER_H
#define CASEWATCH_CLI_ANSWERS_ANSWER_H

#include "cli/cli.h"
#include "people/directory.h"

/* `type`: "alert.acknowledged", "alert.resolved" or "alert.passed_on"; `word`: the option and the field that say what
 * ("action", "reason"); NULL: nothing needs to be said. */
enum cli_status answer_run(struct cli *cli, const char *type, const char *word);

/* A role of the directory, as the option gives it; empty is fine. */
enum cli_status answer_check_role(struct cli *cli, const struct directory *directory, const char *option,
                                  struct text role);
/* What somebody says with the option is one line, and not too long. */
enum cli_status answer_check_line(struct cli *cli, const char *option, struct text words);

#endif
