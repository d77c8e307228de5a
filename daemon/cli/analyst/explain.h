/* explain: everything there is to know about one alert, gathered once and printed in words or as JSON.
 *
 * The one rule: what people were told is shown as it is stored, and never reckoned anew; what each record did is asked
 * of the engine, by the records and rules as they are now, and says so. */
#ifndef CASEWATCH_CLI_ANALYST_EXPLAIN_H
#define CASEWATCH_CLI_ANALYST_EXPLAIN_H

#include "cli/opened.h"
#include "explain/explained.h"

/* An alert of a file of events, with --events: explain_file.c. */
enum cli_status explain_of_file(struct cli *cli);
/* The page that casewatchd shows of it. False: it cannot be made of this configuration, or it is an early warning or an
 * alert on trial: then *out is empty, and the words do. */
bool explain_page(const struct opened *opened, const struct explained *explained, struct buffer *out,
                  struct fault *fault);
void explained_words(const struct opened *opened, const struct explained *explained, struct buffer *out);

#endif
