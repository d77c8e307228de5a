/* export: a register as CSV or JSON Lines, for Excel, Power BI and whatever else analysts use. */
#include "cli/opened.h"

#include "report/export.h"
#include "store/registers/registers.h"
#include "time/words.h"

#include <errno.h>

static const struct cli_option options[] = {
	{"restricted", NULL, "the rows of restricted children, too"},
	{"columns", NULL, "what every column holds, as Markdown, instead of the rows"},
	{NULL, NULL, NULL},
};

struct exporting {
	struct cli *cli;
	const struct opened *opened;
	const struct register_def *def; /* NULL: all, with --columns */
};

static enum cli_status find_register(struct exporting *exporting)
{
	struct cli *cli = exporting->cli;
	const struct ruleset *rules = exporting->opened->config->rules;
	struct buffer names = {0};
	enum cli_status status = CLI_FINE;
	for (size_t i = 0; i < rules->register_count; i++) {
		if (cli->operand_count && strcmp(rules->registers[i].id, cli->operands[0]) == 0)
			exporting->def = &rules->registers[i];
		buffer_format(&names, "%s%s", words_between(i, rules->register_count), rules->registers[i].id);
	}
	if (!exporting->def && cli->operand_count)
		status = cli_wrong(cli, "there is no register \"%s\"; there are %s", cli->operands[0],
		                   buffer_cstr(&names));
	else if (!exporting->def && !cli_value(cli, "columns"))
		status = cli_wrong(cli, "which register? there are %s", buffer_cstr(&names));
	buffer_free(&names);
	return status;
}

static enum cli_status describe(const struct exporting *exporting)
{
	const struct ruleset *rules = exporting->opened->config->rules;
	struct buffer out = {0};
	for (size_t i = 0; i < rules->register_count; i++)
		if (!exporting->def || exporting->def == &rules->registers[i])
			export_describe(&rules->registers[i], &out);
	cli_print(exporting->cli, &out);
	return CLI_FINE;
}

/* A full disk must not look like a short register. */
static enum result write_line(void *argument, struct text line, struct fault *fault)
{
	const struct cli *cli = argument;
	if (fwrite(line.at, 1, line.length, cli->out) != line.length)
		return fault_set(fault, RESULT_TEMPORARY, "the rows could not be written: %s", strerror(errno));
	return RESULT_OK;
}

static enum cli_status look_at_progress(const struct exporting *exporting, uint64_t *behind)
{
	struct register_progress progress;
	struct fault fault = {{0}};
	bool built = false;
	enum result result = register_progress(exporting->opened->store, &progress, &fault);
	if (result == RESULT_OK)
		result = register_is_built(exporting->opened->store, exporting->def->id, &built, &fault);
	if (result != RESULT_OK)
		return cli_failed(exporting->cli, "%s", fault.text);
	if (!built)
		return cli_failed(exporting->cli,
		                  "the register %s is not built yet: casewatchd does that while it runs; try again "
		                  "when it has run for a while",
		                  exporting->def->id);
	*behind = register_behind(&progress);
	return CLI_FINE;
}

static enum cli_status write_rows(const struct exporting *exporting)
{
	struct cli *cli = exporting->cli;
	const struct opened *opened = exporting->opened;
	struct fault fault = {{0}};
	size_t left_out = 0;
	uint64_t behind = 0;
	enum cli_status status = look_at_progress(exporting, &behind);
	if (status != CLI_FINE)
		return status;
	struct export_request request = {.def = exporting->def, .zone = opened->zone,
	                                 .format = cli->json ? EXPORT_JSON_LINES : EXPORT_CSV,
	                                 .restricted = cli_value(cli, "restricted") != NULL};
	struct reader *reader = reader_open(opened->config->database, opened->config->rules, opened->zone, &fault);
	enum result result = reader ? RESULT_OK : RESULT_PERMANENT;
	if (result == RESULT_OK) {
		reader_ask(reader, &(struct reader_question){.as_of = opened->now, .last = opened->now});
		result = export_register(reader, &request, write_line, cli, &left_out, &fault);
	}
	reader_close(reader);
	if (result != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	if (left_out)
		(void)fprintf(cli->err,
		              "casewatch export: %zu row(s) of restricted children are left out; --restricted includes "
		              "them\n",
		              left_out);
	if (behind)
		(void)fprintf(cli->err, "casewatch export: %llu event(s) are not in the registers yet\n",
		              (unsigned long long)behind);
	return behind ? CLI_FOUND : CLI_FINE;
}

/* What the columns hold is in the rules alone; the rows are in the database, which may not be there yet. */
static enum cli_status describe_all(struct cli *cli)
{
	struct opened opened = {.config = cli_config(cli, NULL)};
	struct exporting exporting = {.cli = cli, .opened = &opened};
	if (!opened.config)
		return CLI_WRONG;
	enum cli_status status = find_register(&exporting);
	if (status == CLI_FINE)
		status = describe(&exporting);
	config_free(opened.config);
	return status;
}

static enum cli_status run_export(struct cli *cli)
{
	struct opened opened = {0};
	struct exporting exporting = {.cli = cli, .opened = &opened};
	if (cli_value(cli, "columns"))
		return describe_all(cli);
	enum cli_status status = cli_open(cli, &opened);
	if (status == CLI_FINE && !opened.config->rules)
		status = cli_failed(cli, "the rules cannot be used: see casewatch check");
	if (status == CLI_FINE)
		status = find_register(&exporting);
	if (status == CLI_FINE)
		status = write_rows(&exporting);
	cli_close(&opened);
	return status;
}

const struct cli_command cli_export = {
	.name = "export",
	.usage = "[REGISTER]",
	.summary = "a register as CSV, or with --json as JSON Lines",
	.help = "Writes all rows of a register (docs/registers.md) to standard output: CSV for Excel and Power BI, "
                "safe against\n"
		"formulas in what others wrote; with --json one object a line. Times are local, with their offset. It "
                "holds\n"
		"children's data: keep the file where such data may be.\n"
		"\n"
		"  casewatch export missing_episode > episodes.csv\n"
		"  casewatch export child --json\n"
		"  casewatch export --columns\n",
	.options = options,
	.least = 0,
	.most = 1,
	.run = run_export,
};
