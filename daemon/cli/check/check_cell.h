/* check_cell: whether the topics of a cell are kept as its promises need. */
#ifndef CASEWATCH_CLI_CHECK_CHECK_CELL_H
#define CASEWATCH_CLI_CHECK_CHECK_CELL_H

#include "cell/journal_topic.h"
#include "config/config.h"

/* Asks the brokers; nothing where this machine is alone. What is said stands in `out`; false: the cell does not keep
 * its promises. Brokers that cannot be asked are said, and no fault. */
bool check_cell_topics(const struct config *config, struct buffer *out);
/* The same of topics that were found: what is wrong with them, a line each. True: nothing. */
bool check_cell_journal(const struct config_cell *cell, const struct journal_topic *journal, struct buffer *out);
bool check_cell_events(const char *name, const struct journal_topic *events, struct buffer *out);

#endif
