/* test: run the tests beside the rules. */
#include "cli/cli.h"
#include "cli/opened.h"

#include "base/mem.h"
#include "ruletest/mutate.h"
#include "ruletest/rule_tests.h"
#include "ruletest/test_junit.h"
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

/* ---- running ---- */

struct run {
	struct cli *cli;
	const struct config *config;
	size_t passed, failed;
	struct test_junit junit;
	struct buffer complaints;  /* of --json */
	bool *named;               /* rules that a test names, by their place in the set */
};

static void note_rule(struct run *run, const struct yaml_node *id)
{
	const struct ruleset *rules = run->config->rules;
	for (size_t i = 0; id && id->kind == YAML_SCALAR && i < rules->rule_count; i++)
		run->named[i] |= text_equal(text_of(rules->rules[i].id), id->text);
}

/* An expectation of nothing names the rule as well: that it does not fire is what the test shows. */
static void note_rules(struct run *run, const struct yaml_node *test)
{
	const struct yaml_node *only = yaml_get(test, "only"), *expect = yaml_get(test, "expect");
	for (size_t i = 0; i < yaml_list_count(only); i++)
		note_rule(run, yaml_list_item(only, i));
	for (size_t i = 0; i < yaml_list_count(expect); i++)
		note_rule(run, yaml_get(yaml_list_item(expect, i), "rule"));
}

static void take_outcome(void *context, const struct rule_test_outcome *outcome)
{
	struct run *run = context;
	bool holds = outcome->verdict == RULE_TEST_HOLDS;
	run->passed += holds;
	run->failed += !holds;
	test_junit_add(&run->junit, outcome);
	note_rules(run, outcome->test);
	if (outcome->verdict != RULE_TEST_FAILS) /* what is at fault is printed with the other faults */
		return;
	struct buffer complaint = {0};
	buffer_format(&complaint, "%s:%d: not so: %s\n%s", outcome->test->file, outcome->test->line, outcome->title,
	              outcome->why);
	if (run->cli->json)
		buffer_text(&run->complaints, buffer_view(&complaint));
	else
		cli_print(run->cli, &complaint);
	buffer_free(&complaint);
}

static void run_file(struct run *run, const char *path, struct config_faults *faults)
{
	size_t before = faults->count, tests = run->passed + run->failed;
	rule_tests_run(run->config, path, faults, take_outcome, run);
	bool unread = faults->count > before && run->passed + run->failed == tests;
	test_junit_end_file(&run->junit, path, unread ? faults->items[before].text : NULL);
}

/* Rules of which no test says anything. Which numbers and words of the others are looked at is told by --mutate. */
static void list_unnamed(const struct run *run, struct buffer *names, size_t *count)
{
	const struct ruleset *rules = run->config->rules;
	*count = 0;
	for (size_t i = 0; i < rules->rule_count; i++)
		if (!run->named[i])
			buffer_format(names, "%s%s", (*count)++ ? ", " : "", rules->rules[i].id);
}

static void print_json(struct run *run, const struct buffer *unnamed, struct config_faults *faults)
{
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_integer(&json, "passed", (int64_t)run->passed);
	json_put_integer(&json, "failed", (int64_t)run->failed);
	json_put_text(&json, "complaints", buffer_view(&run->complaints));
	json_put_text(&json, "untested", buffer_view(unnamed));
	cli_put_faults(&json, faults);
	json_object_end(&json);
	cli_print_json(run->cli, &out);
	buffer_free(&out);
}

static void print_sums(struct run *run, bool all, struct config_faults *faults)
{
	struct buffer unnamed = {0};
	size_t count = 0;
	if (all)
		list_unnamed(run, &unnamed, &count);
	if (run->cli->json) {
		print_json(run, &unnamed, faults);
	} else {
		cli_print_faults(run->cli->err, faults);
		if (count)
			(void)fprintf(run->cli->out, "%zu of %zu rules %s in no test: %s\n", count,
			              run->config->rules->rule_count, count == 1 ? "is" : "are", buffer_cstr(&unnamed));
		(void)fprintf(run->cli->out, "%zu passed, %zu failed\n", run->passed, run->failed);
	}
	buffer_free(&unnamed);
}

static enum cli_status write_junit(struct run *run)
{
	const char *path = cli_value(run->cli, "junit");
	struct fault fault = {{0}};
	if (path && test_junit_write(&run->junit, path, &fault) != RESULT_OK)
		return cli_failed(run->cli, "%s", fault.text);
	return CLI_FINE;
}

static enum cli_status run_files(struct cli *cli, const struct config *config, const struct paths *paths, bool all)
{
	struct run run = {.cli = cli, .config = config};
	struct config_faults faults = {0};
	run.named = mem_zero(config->rules->rule_count + 1, sizeof *run.named);
	for (size_t i = 0; i < paths->count; i++)
		run_file(&run, paths->items[i], &faults);
	print_sums(&run, all, &faults);
	bool none = run.passed + run.failed == 0;
	if (none && !faults.count)
		(void)cli_failed(cli, "there are no tests: look for files that end in " ENDING " beside the rules");
	enum cli_status status = run.failed || faults.count || none ? CLI_FOUND : CLI_FINE;
	if (write_junit(&run) != CLI_FINE)
		status = CLI_WRONG;
	test_junit_free(&run.junit);
	buffer_free(&run.complaints);
	free(run.named);
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
		              "%zu %s: %zu noticed by a test, %zu refused when loaded, %zu named as equivalent, "
		              "%zu that no test notices\n",
		              figures->changes, figures->changes == 1 ? "change" : "changes", figures->noticed,
		              figures->refused, figures->equivalent, figures->unnoticed);
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
	enum cli_status status = found ? run_files(cli, config, &paths, !cli->operand_count) : CLI_WRONG;
	for (size_t i = 0; i < paths.count; i++)
		free(paths.items[i]);
	free(paths.items);
	return status;
}

static enum cli_status run_test(struct cli *cli)
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
        {"junit", "FILE", "write the outcomes to FILE, too, as JUnit XML"},
        {"mutate", NULL, "change each number, word and event of the rules, and list what no test notices"},
        {NULL, NULL, NULL},
};

const struct cli_command cli_test = {
	.name = "test",
	.usage = "[FILE...]",
	.summary = "run the tests beside the rules",
	.help = "Runs the tests of FILEs, or of every *.test.yaml beside the rules: each gives events and times, and "
		"what\n"
		"must come of them. They run through the same engine as the daemon, with the clock injected. Where one "
		"does\n"
		"not hold it says what was expected, what came nearest to it, what came unexpected, and all that "
		"happened to\n"
		"the children concerned.\n"
		"With --mutate no test is reported: the rules are changed in memory, one number, word or event at a "
		"time, and\n"
		"each change that no test of its family notices is listed, with file and line.\n"
		"Exit status 0: all hold, or every change is noticed; 1: not so.\n",
	.options = options,
	.most = SIZE_MAX,
	.run = run_test,
};
