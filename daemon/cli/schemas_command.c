/* casewatch schemas: the event catalogue for those who send events. */
#include "cli/cli.h"
#include "cli/schemas.h"

static enum cli_status run(struct cli *cli)
{
	struct fault fault;
	const char *directory = cli->operands[0];
	if (schemas_write(directory, &fault) != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	if (cli->json)
		(void)fprintf(cli->out, "{\"files\":%zu}\n", schemas_count());
	else
		(void)fprintf(cli->out, "%zu files written to %s\n", schemas_count(), directory);
	return CLI_FINE;
}

const struct cli_command cli_schemas = {
	.name = "schemas",
	.usage = "DIRECTORY",
	.summary = "writes the event catalogue as JSON Schemas and an AsyncAPI document",
	.help = "Writes one JSON Schema for each type of event, event.json for what they share, and asyncapi.json, which lists\n"
		"them all, into DIRECTORY. docs/schemas/ in the source holds what this writes.\n",
	.least = 1,
	.most = 1,
	.run = run,
};
