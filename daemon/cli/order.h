/* order: an order of a command to the running daemon, and its answer as the command's own. */
#ifndef CASEWATCH_CLI_ORDER_H
#define CASEWATCH_CLI_ORDER_H

#include "cli/cli.h"

struct buffer;
struct config;
struct fault;

/* Only where the database is must be known of the configuration: what else is wrong the daemon knows. NULL after saying
 * that it does not say so. */
struct config *order_config(struct cli *cli);
/* Gives it, waits so long, prints the answer, and is what the daemon says the command is to exit with. */
enum cli_status order_give(struct cli *cli, const char *database, const char *order, int wait_ms);
/* The last two, of what control_ask found. Empties the answer. */
enum cli_status order_answered(struct cli *cli, enum result result, int exit_status, struct buffer *answer,
                               const struct fault *fault);

#endif
