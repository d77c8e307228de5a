/* order: what the running daemon is told, and what it answers. */
#include "cli/order.h"

#include "cli/opened.h"
#include "run/control.h"

struct config *order_config(struct cli *cli)
{
	struct config_faults faults = {0};
	struct config *config = config_load_partly(cli->config, &faults);
	if (!config) {
		cli_print_faults(cli->err, &faults);
		(void)cli_failed(cli, "the daemon was not asked: %s does not say where its database is", cli->config);
	}
	config_faults_free(&faults);
	return config;
}

enum cli_status order_answered(struct cli *cli, enum result result, int exit_status, struct buffer *answer,
                               const struct fault *fault)
{
	enum cli_status status = exit_status == 0 ? CLI_FINE : exit_status == 1 ? CLI_FOUND : CLI_WRONG;
	if (result != RESULT_OK)
		status = cli_failed(cli, "%s", fault->text);
	else
		cli_print(cli, answer);
	buffer_free(answer);
	return status;
}

enum cli_status order_give(struct cli *cli, const char *database, const char *order, int wait_ms)
{
	struct buffer answer = {0};
	struct fault fault = {{0}};
	int exit_status = CLI_WRONG;
	enum result result = control_ask(database, order, wait_ms, &exit_status, &answer, &fault);
	return order_answered(cli, result, exit_status, &answer, &fault);
}
