/* casewatch schemas: the event catalogue for those who send events. */
#include "cli/cli.h"
#include "cli/opened.h"
#include "cli/schemas.h"

#include "rules/load/load.h"

static const struct cli_option options[] = {
	{"rules", "DIR", "with the types of your own that the rules in DIR declare"},
	{NULL, NULL, NULL},
};

static enum cli_status write_them(struct cli *cli)
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

static enum cli_status run_schemas_command(struct cli *cli)
{
	const char *rules = cli_value(cli, "rules");
	struct config_faults faults = {0};
	struct ruleset *ruleset = rules ? rules_load_dir(rules, &faults) : NULL;
	enum cli_status status = CLI_FOUND;
	if (rules && !ruleset)
		cli_print_faults(cli->err, &faults);
	else
		status = write_them(cli);
	config_faults_free(&faults);
	ruleset_free(ruleset); /* with it go the types that it declares */
	return status;
}

const struct cli_command cli_schemas = {
	.name = "schemas",
	.usage = "DIRECTORY",
	.summary = "writes the event catalogue as JSON Schemas and an AsyncAPI document",
	.help = "Writes one JSON Schema for each type of event, event.json for what they share, and asyncapi.json, "
                "which lists\n"
		"them all, into DIRECTORY. docs/schemas/ in the source holds what this writes.\n",
	.options = options,
	.least = 1,
	.most = 1,
	.run = run_schemas_command,
};
