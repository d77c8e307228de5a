/* check_reach: people whom a step of a rule tells by a channel that does not reach them. */
#ifndef CASEWATCH_CLI_CHECK_CHECK_REACH_H
#define CASEWATCH_CLI_CHECK_CHECK_REACH_H

#include "config/config.h"

/* Appends a sentence, a line each, for everybody who holds a role that a critical step names with a channel, and has no
 * such address (they are told another way, so it is no fault), for a channel that is not configured, and for those whom
 * nothing reaches that is. */
void check_reach(const struct config *config, struct buffer *out);

#endif
