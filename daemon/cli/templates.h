/* templates: the directory of templates that a command works on.
 *
 * The one rule: --templates comes before the configuration's, so that wording can be tried before it is in force. */
#ifndef CASEWATCH_CLI_TEMPLATES_H
#define CASEWATCH_CLI_TEMPLATES_H

#include "cli/opened.h"
#include "text/template.h"

/* The set, or NULL after saying why not. `config` may be NULL where the command has --templates. */
struct template_set *cli_templates(struct cli *cli, const struct config *config);

#endif
