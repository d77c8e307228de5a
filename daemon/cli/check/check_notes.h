/* check_notes: what of the rules may be meant, and is more likely a slip: no fault, so the rules come into force. */
#ifndef CASEWATCH_CLI_CHECK_CHECK_NOTES_H
#define CASEWATCH_CLI_CHECK_CHECK_NOTES_H

#include "cli/cli.h"
#include "config/config.h"

/* A note each, where it stands: a rule without a title, or without a text (what to do); one that can tell nobody, or
 * whose end never comes (check_never.h); a file whose name is nearly one
 * of a rule, list or template, and which is not read; an id that a rule says it was
 * renamed from, of which the daemon's database, where there is one, holds no alert; and what the directory leads to
 * nobody new, from `today` on (check_people.h). RESULT_OK, or the database's fault. */
enum result check_notes(const struct config *config, civil_day today, struct config_faults *notes,
                        struct fault *fault);

#endif
