/* check: everything that is wrong with the configuration, the directory, the rules and the templates. */
#include "cli/diff.h"

#include "message/message.h"
#include "report/list.h"
#include "text/template.h"
#include "time/words.h"

#include <limits.h>
#include <stdlib.h>

#define CALENDAR_SHORT 90 /* days; ops.calendar-ends */

static const struct cli_option options[] = {
	{"rules", "DIR", "check the rules of another directory instead"},
	{"diff", NULL, "show what they would open, end and withdraw of what is on record, and who would be told"},
	{"options", NULL, "print the table of options (docs/configuration.md) and do nothing else"},
	{NULL, NULL, NULL},
};

static enum cli_status print_options(struct cli *cli)
{
	struct buffer table = {0};
	config_options_print(&table);
	cli_print(cli, &table);
	return CLI_FINE;
}

static void print_json(struct cli *cli, const struct config *config, struct config_faults *faults)
{
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_string(&json, "config", cli->config);
	json_put_bool(&json, "good", faults->count == 0);
	if (config) {
		json_put_integer(&json, "rules", (int64_t)config->rules->rule_count);
		json_put_integer(&json, "people", (int64_t)config->directory->person_count);
		json_put_integer(&json, "teams", (int64_t)config->directory->team_count);
	}
	cli_put_faults(&json, faults);
	json_object_end(&json);
	cli_print_json(cli, &out);
}

static void print_good(struct cli *cli, const struct config *config)
{
	struct buffer out = {0};
	civil_day last = calendar_last_day(config->calendar);
	civil_day today = zone_date(calendar_zone(config->calendar), clock_now(&cli->clock));
	buffer_format(&out, "%s is good: %zu rules, %zu people, %zu teams, %zu roles; bank holidays are known to ",
	              cli->config, config->rules->rule_count, config->directory->person_count,
	              config->directory->team_count, config->directory->role_count);
	words_day(last, WORDS_PLAIN_YEAR, &out);
	buffer_string(&out, ".\n");
	if (last - today < CALENDAR_SHORT)
		buffer_format(&out, "That is less than %d days: get the new bank-holidays.json from gov.uk.\n",
		              CALENDAR_SHORT);
	if (!config->list_count)
		buffer_string(&out,
		              "There are no lists: `lists` names no directory that holds one, so nobody gets any.\n");
	if (!config->directory->source_count)
		buffer_string(&out,
		              "No source has an owner (`sources` of the directory): only ops hear of records that "
		              "contradict themselves.\n");
	if (!config->smtp.host)
		buffer_string(&out, "There is no smtp.host: nobody is sent mail (shadow).\n");
	cli_print(cli, &out);
}

/* The template room's sentences begin with "FILE:LINE: " where they are about a place in a file. */
static void fault_template(const char *directory, const char *sentence, struct config_faults *faults)
{
	size_t name = strcspn(sentence, ":");
	char *after = NULL;
	long line = sentence[name] == ':' ? strtol(sentence + name + 1, &after, 10) : 0;
	if (line < 1 || line > INT_MAX || strncmp(after, ": ", 2) != 0) {
		config_fault_add(faults, directory, 1, 1, "%s", sentence);
		return;
	}
	struct buffer path = {0};
	buffer_format(&path, "%s/%.*s", directory, (int)name, sentence);
	config_fault_add(faults, buffer_cstr(&path), (int)line, 1, "%s", after + 2);
	buffer_free(&path);
}

static void check_templates(const struct config *config, struct config_faults *faults)
{
	struct fault fault = {{0}};
	struct template_set *set = template_load(config->templates_dir, &fault);
	if (!set ||
	    message_check_templates(set, config->rules, config->calendar, config->directory, &fault) != RESULT_OK)
		fault_template(config->templates_dir, fault.text, faults);
	for (size_t i = 0; set && i < config->list_count; i++)
		list_check(&config->lists[i], config->rules, config->directory, set, calendar_zone(config->calendar),
		           faults);
	template_free(set);
}

static enum cli_status run(struct cli *cli)
{
	if (cli_value(cli, "options"))
		return print_options(cli);
	struct config_faults faults = {0};
	struct config *config = config_load(cli->config, cli_value(cli, "rules"), &faults);
	if (config)
		check_templates(config, &faults);
	config_faults_sort(&faults);
	bool diff = cli_value(cli, "diff") && faults.count == 0;
	enum cli_status status = faults.count ? CLI_FOUND : CLI_FINE;
	if (diff)
		status = cli_diff(cli, config);
	else if (cli->json)
		print_json(cli, config, &faults);
	else if (faults.count)
		cli_print_faults(cli->out, &faults);
	else
		print_good(cli, config);
	config_faults_free(&faults);
	config_free(config);
	return status;
}

const struct cli_command cli_check = {
	.name = "check",
	.usage = "",
	.summary = "find what is wrong with the configuration, the directory, the rules and the templates",
	.help = "Reads everything that the configuration names and checks it as one thing, as the daemon does before "
                "it takes\n"
		"effect. Each fault is one line: file:line:column: what is wrong; what would be right. Nothing is "
                "changed.\n",
	.options = options,
	.run = run,
};
