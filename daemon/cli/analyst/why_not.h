/* why_not: why an alert does not stand (explain/why_not.h), as the tool prints it. */
#ifndef CASEWATCH_CLI_ANALYST_WHY_NOT_H
#define CASEWATCH_CLI_ANALYST_WHY_NOT_H

#include "cli/analyst/asked.h"
#include "explain/why_not.h"

void why_not_words(const struct asked *asked, const struct why_not *why_not, struct buffer *out);

#endif
