/* test: run the tests beside the rules. */
#include "cli/cli.h"
#include "cli/opened.h"

#include "base/mem.h"
#include "cli/mutate.h"
#include "cli/rule_tests.h"
#include "text/json_write.h"

#include <dirent.h>
#include <stdlib.h>

#define ENDING ".test.yaml"

struct paths {
	char **items;
	size_t count, room;
};

static int is_test_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name), ending = sizeof ENDING - 1;
	return length > ending && strcmp(entry->d_name + length - ending, ENDING) == 0;
}

static bool find_files(struct cli *cli, const char *directory, struct paths *paths)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_test_file, alphasort);
	if (count < 0) {
		(void)cli_failed(cli, "cannot read the folder of rules %s", directory);
		return false;
	}
	for (int i = 0; i < count; i++) {
		struct buffer path = {0};
		buffer_format(&path, "%s/%s", directory, entries[i]->d_name);
		*(char **)mem_push((void **)&paths->items, &paths->count, &paths->room, sizeof(char *)) = path.at;
		free(entries[i]);
	}
	free(entries);
	return true;
}

static void print_outcome(struct cli *cli, const struct rule_test_result *result, const struct buffer *complaints,
                          struct config_faults *faults)
{
	if (cli->json) {
		struct buffer out = {0};
		struct json_writer json = json_writer_on(&out);
		json_object(&json);
		json_put_integer(&json, "passed", (int64_t)result->passed);
		json_put_integer(&json, "failed", (int64_t)result->failed);
		json_put_text(&json, "complaints", buffer_view(complaints));
		cli_put_faults(&json, faults);
		json_object_end(&json);
		(void)fprintf(cli->out, "%s\n", buffer_cstr(&out));
		buffer_free(&out);
		return;
	}
	(void)fputs(buffer_cstr(complaints), cli->out);
	cli_print_faults(cli->err, faults);
	(void)fprintf(cli->out, "%zu passed, %zu failed\n", result->passed, result->failed);
}

static enum cli_status run_files(struct cli *cli, const struct config *config, const struct paths *paths)
{
	struct rule_test_result result = {0};
	struct config_faults faults = {0};
	struct buffer complaints = {0};
	for (size_t i = 0; i < paths->count; i++)
		rule_tests_run(config, paths->items[i], &faults, &result, &complaints);
	print_outcome(cli, &result, &complaints, &faults);
	bool none = result.passed + result.failed == 0;
	if (none && !faults.count)
		(void)cli_failed(cli, "there are no tests: look for files that end in " ENDING " beside the rules");
	enum cli_status status = result.failed || faults.count || none ? CLI_FOUND : CLI_FINE;
	buffer_free(&complaints);
	config_faults_free(&faults);
	return status;
}

/* ---- --mutate ---- */

static void print_survivor(void *context, const struct mutate_survivor *survivor)
{
	struct cli *cli = context;
	if (!cli->json) {
		(void)fprintf(cli->out, "%s:%d:%d: %s: %s: no test notices\n", survivor->file, survivor->line,
		              survivor->column, survivor->rule, survivor->change);
		return;
	}
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_string(&json, "file", survivor->file);
	json_put_integer(&json, "line", survivor->line);
	json_put_integer(&json, "column", survivor->column);
	json_put_string(&json, "rule", survivor->rule);
	json_put_string(&json, "change", survivor->change);
	json_object_end(&json);
	(void)fprintf(cli->out, "%s\n", buffer_cstr(&out));
	buffer_free(&out);
}

static void print_figures(struct cli *cli, const struct mutate_figures *figures, struct config_faults *faults)
{
	if (!cli->json) {
		cli_print_faults(cli->err, faults);
		(void)fprintf(cli->out,
		              "%zu changes: %zu noticed by a test, %zu refused when loaded, %zu named as equivalent, "
		              "%zu that no test notices\n",
		              figures->changes, figures->noticed, figures->refused, figures->equivalent,
		              figures->unnoticed);
		return;
	}
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_integer(&json, "changes", (int64_t)figures->changes);
	json_put_integer(&json, "noticed", (int64_t)figures->noticed);
	json_put_integer(&json, "refused", (int64_t)figures->refused);
	json_put_integer(&json, "equivalent", (int64_t)figures->equivalent);
	json_put_integer(&json, "unnoticed", (int64_t)figures->unnoticed);
	cli_put_faults(&json, faults);
	json_object_end(&json);
	(void)fprintf(cli->out, "%s\n", buffer_cstr(&out));
	buffer_free(&out);
}

static enum cli_status mutate(struct cli *cli, const struct config *config, const char *dir)
{
	struct mutate_figures figures = {0};
	struct config_faults faults = {0};
	bool ran = mutate_run(config, dir, cli->operands, cli->operand_count, print_survivor, cli, &figures, &faults);
	print_figures(cli, &figures, &faults);
	bool nothing = figures.changes == 0;
	if (ran && nothing)
		(void)cli_failed(cli, "nothing was changed: FILE is a file of tests beside the rules in %s", dir);
	config_faults_free(&faults);
	return !ran || nothing || figures.unnoticed || figures.stale ? CLI_FOUND : CLI_FINE;
}

/* ---- the command ---- */

static enum cli_status run_tests(struct cli *cli, const struct config *config, const char *dir)
{
	struct paths paths = {0};
	bool found = true;
	for (size_t i = 0; i < cli->operand_count; i++)
		*(char **)mem_push((void **)&paths.items, &paths.count, &paths.room, sizeof(char *)) =
			mem_copy_text(cli->operands[i], strlen(cli->operands[i]));
	if (!cli->operand_count)
		found = find_files(cli, dir, &paths);
	enum cli_status status = found ? run_files(cli, config, &paths) : CLI_WRONG;
	for (size_t i = 0; i < paths.count; i++)
		free(paths.items[i]);
	free(paths.items);
	return status;
}

static enum cli_status run(struct cli *cli)
{
	struct config_faults faults = {0};
	enum cli_status status = CLI_WRONG;
	struct config *config = config_load(cli->config, cli_value(cli, "rules"), &faults);
	cli_print_faults(cli->err, &faults);
	if (config) {
		const char *dir = cli_value(cli, "rules") ? cli_value(cli, "rules") : config->rules_dir;
		status = cli_value(cli, "mutate") ? mutate(cli, config, dir) : run_tests(cli, config, dir);
	}
	config_free(config);
	config_faults_free(&faults);
	return status;
}

static const struct cli_option options[] = {
        {"rules", "DIR", "rules (and the tests beside them) of another directory"},
        {"mutate", NULL, "change each number, word and event of the rules, and list what no test notices"},
        {NULL, NULL, NULL},
};

const struct cli_command cli_test = {
	.name = "test",
	.usage = "[FILE...]",
	.summary = "run the tests beside the rules",
	.help = "Runs the tests of FILEs, or of every *.test.yaml beside the rules: each gives events and times, and "
                "what\n"
		"must come of them. They run through the same engine as the daemon, with the clock injected.\n"
		"Exit status 0: all hold; 1: one falls short, with what was missing and what came unexpected.\n",
	.options = options,
	.most = SIZE_MAX,
	.run = run,
};
