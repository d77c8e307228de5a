/* report: a report as it would go out, of any period. */
#include "cli/opened.h"

#include "report/lists.h"
#include "report/report_out.h"
#include "store/registers/registers.h"
#include "time/words.h"

static const struct cli_option options[] = {
	{"period", "PERIOD", "2020-03, 2019-20-Q4, 2019-20, 2020-03-02 or 2020-03-02/7 (else the last whole one)"},
	{"issue", "ID", "which of its issues (else the first that tells of such a period)"},
	{"as", "ROLE", "the issue that this role gets"},
	{"team", "ID", "for this team alone"},
	{"person", "ID", "as this person of the directory gets it"},
	{"format", "FORMAT", "text, html, print (the page, for A4), csv or json (else text)"},
	{"part", "ID", "with csv: the rows of this section instead of the figures"},
	{NULL, NULL, NULL},
};

struct reporting {
	struct cli *cli;
	const struct opened *opened;
	const struct config_list *list;
	const struct team *team;
	const char *role_title;
	char person[80];
	struct period told;
	bool told_given;
};

/* ---- which ---- */

static bool goes_to(const struct config_list *list, const char *role)
{
	for (size_t i = 0; i < list->recipient_count; i++)
		for (size_t k = 0; k < list->recipients[i].role_count; k++)
			if (directory_role_fits(list->recipients[i].roles[k], role))
				return true;
	return false;
}

static bool fits(const struct reporting *reporting, const struct config_list *list)
{
	const struct cli *cli = reporting->cli;
	const char *issue = cli_value(cli, "issue"), *role = cli_value(cli, "as");
	if (!list->report || strcmp(list->report->base, cli->operands[0]) != 0)
		return false;
	if (issue && strcmp(list->report->issue, issue) != 0)
		return false;
	if (role && !goes_to(list, role))
		return false;
	return !reporting->told_given || list->report->tells == reporting->told.kind;
}

static void say_reports(const struct config *config, struct buffer *out)
{
	const char *last = "";
	for (size_t i = 0; i < config->list_count; i++) {
		const struct config_report *report = config->lists[i].report;
		if (!report || strcmp(report->base, last) == 0)
			continue;
		buffer_format(out, "%s%s", *last ? ", " : "", report->base);
		last = report->base;
	}
}

static void say_issues(const struct config *config, const char *name, struct buffer *out)
{
	static const char *const tells[] = {"day", "week", "fortnight", "month", "quarter", "year"};
	for (size_t i = 0; i < config->list_count; i++) {
		const struct config_report *report = config->lists[i].report;
		if (report && strcmp(report->base, name) == 0)
			buffer_format(out, "%s%s (%s%s)", out->length ? ", " : "", report->issue, tells[report->tells],
			              report->outside ? ", outside the council" : "");
	}
}

static enum cli_status find_report(struct reporting *reporting)
{
	struct cli *cli = reporting->cli;
	const struct config *config = reporting->opened->config;
	struct buffer words = {0};
	enum cli_status status = CLI_FINE;
	for (size_t i = 0; i < config->list_count && !reporting->list; i++)
		if (fits(reporting, &config->lists[i]))
			reporting->list = &config->lists[i];
	if (reporting->list)
		return CLI_FINE;
	say_issues(config, cli->operands[0], &words);
	if (words.length) {
		status = cli_wrong(cli, "report %s has no such issue; it has %s", cli->operands[0],
		                   buffer_cstr(&words));
	} else {
		say_reports(config, &words);
		status = cli_wrong(cli, "there is no report \"%s\"; there are %s", cli->operands[0],
		                   buffer_cstr(&words));
	}
	buffer_free(&words);
	return status;
}

/* Of "head-of-service-*" the first role of the directory that begins so: a pattern is nobody's title. */
static const char *first_reader(const struct directory *directory, const struct config_list *list)
{
	if (!list->recipient_count || !list->recipients[0].role_count)
		return directory_first_of_ladder(directory);
	const char *role = list->recipients[0].roles[0];
	for (size_t i = 0; directory_role_is_pattern(role) && i < directory->role_count; i++)
		if (directory_role_fits(role, directory->roles[i].role))
			return directory->roles[i].role;
	return role;
}

/* Who reads it: a role, or of a list that is each reader's own a person, of whom it says no role they may not have. */
static enum cli_status whose(struct reporting *reporting, const char *role)
{
	struct cli *cli = reporting->cli;
	const struct directory *directory = reporting->opened->config->directory;
	const char *person = cli_value(cli, "person");
	if (person && !directory_person(directory, text_of(person)))
		return cli_wrong(cli, "--person is \"%s\", who is nobody in the directory", person);
	if (!person && reporting->list->by_person)
		return cli_wrong(cli, "report %s is each reader's own; say whose: --person ID", cli->operands[0]);
	if (!role)
		role = first_reader(directory, reporting->list);
	reporting->role_title = directory_role_title(directory, role);
	if (person && reporting->list->by_person && !cli_value(cli, "as")) {
		(void)snprintf(reporting->person, sizeof reporting->person, "Reader %s", person);
		reporting->role_title = reporting->person;
	}
	return CLI_FINE;
}

static enum cli_status read_line(struct reporting *reporting)
{
	struct cli *cli = reporting->cli;
	const struct config *config = reporting->opened->config;
	const char *period = cli_value(cli, "period"), *team = cli_value(cli, "team"), *role = cli_value(cli, "as");
	if (period && !period_parse(text_of(period), &reporting->told))
		return cli_wrong(cli,
		                 "--period is \"%s\"; write 2020-03, 2019-20-Q4, 2019-20, 2020-03-02 or "
		                 "2020-03-02/7",
		                 period);
	reporting->told_given = period != NULL;
	if (team && !(reporting->team = directory_team(config->directory, text_of(team))))
		return cli_wrong(cli, "--team is \"%s\", which is no team in the directory", team);
	enum cli_status status = find_report(reporting);
	if (status != CLI_FINE)
		return status;
	return whose(reporting, role);
}

/* The daemon alone writes the registers: the tool says how far they are. */
static enum cli_status look_at_registers(const struct reporting *reporting, uint64_t *behind)
{
	struct register_progress progress;
	struct fault fault = {{0}};
	*behind = 0;
	if (register_progress(reporting->opened->store, &progress, &fault) != RESULT_OK)
		return cli_failed(reporting->cli, "%s", fault.text);
	if (progress.building)
		return cli_failed(reporting->cli,
		                  "the registers are not built yet: casewatchd does that while it runs; try again when "
		                  "it has run for a while");
	*behind = register_behind(&progress);
	if (*behind)
		(void)fprintf(reporting->cli->err,
		              "casewatch report: %llu event(s) are not in the registers yet, and so not in this "
		              "report; casewatchd brings them up to date while it runs\n",
		              (unsigned long long)*behind);
	return CLI_FINE;
}

/* ---- printing ---- */

static enum cli_status no_such_part(const struct reporting *reporting, const char *part)
{
	const struct config_list *list = reporting->list;
	struct buffer words = {0};
	if (list->report->outside)
		return cli_wrong(reporting->cli,
		                 "--part is \"%s\"; a report for a body outside the council has no rows", part);
	for (size_t i = 0; i < list->section_count; i++)
		buffer_format(&words, "%s%s", i ? ", " : "", list->sections[i].id);
	enum cli_status status = cli_wrong(reporting->cli, "--part is \"%s\"; report %s has the rows %s", part,
	                                   list->report->base, words.length ? buffer_cstr(&words) : "of no section");
	buffer_free(&words);
	return status;
}

/* Whoever passes it on by hand is told what that is not. */
static void warn_of_outside(const struct reporting *reporting, const struct list_facts *facts)
{
	if (!facts->report->report->outside)
		return;
	(void)fputs("casewatch report: this is for a body outside the council, and is not noted as sent: what you "
	            "pass on by hand is not reckoned with when later reports hide small counts\n",
	            reporting->cli->err);
	if (facts->report->unsafe)
		(void)fputs("casewatch report: a small count can be reckoned from what this body was sent before, "
		            "whatever is hidden now\n", reporting->cli->err);
}

static enum cli_status print(const struct reporting *reporting, const struct list_facts *facts)
{
	struct cli *cli = reporting->cli;
	const struct opened *opened = reporting->opened;
	const char *format = cli_value(cli, "format"), *part = cli_value(cli, "part");
	struct list_view view = {.zone = opened->zone,
	                         .list = reporting->list,
	                         .directory = opened->config->directory,
	                         .team = reporting->team,
	                         .role_title = reporting->role_title,
	                         .council = opened->config->council,
	                         .due = opened->now,
	                         .asked = true,
	                         .next = recurrence_next(&reporting->list->due, opened->config->calendar, opened->now)};
	struct buffer subject = {0}, text = {0}, html = {0}, *out = &text;
	struct fault fault = {{0}};
	bool fell_back = false, good = true, as_text = !cli->json && (!format || strcmp(format, "text") == 0);
	if (cli->json || (format && strcmp(format, "json") == 0) || (format && strcmp(format, "csv") == 0)) {
		struct list *list = list_new(facts, &view);
		if (cli->json || strcmp(format, "json") == 0)
			report_json(list, &text);
		else if (part)
			good = report_rows_csv(list, part, &text);
		else
			report_csv(list, &text);
		list_free(list);
	} else {
		struct template_set *templates = template_load(opened->config->templates_dir, &fault);
		lists_render_facts(facts, &view, templates, &subject, &text, &html, &fell_back, &fault);
		template_free(templates);
		as_text = as_text || fell_back;
		if (!as_text)
			out = &html;
	}
	if (fell_back)
		(void)fprintf(cli->err, "casewatch report: %s; plain text instead\n", fault.text);
	if (good && as_text)
		cli_print(cli, out);
	else if (good)
		cli_print_file(cli, out);
	buffer_free(&subject);
	buffer_free(&text);
	buffer_free(&html);
	if (!good)
		return no_such_part(reporting, part);
	return fell_back ? CLI_FOUND : CLI_FINE;
}

static enum cli_status check_format(const struct reporting *reporting)
{
	static const char *const known[] = {"text", "html", "print", "csv", "json"};
	const char *format = cli_value(reporting->cli, "format");
	if (cli_value(reporting->cli, "part") && (reporting->cli->json || !format || strcmp(format, "csv") != 0))
		return cli_wrong(reporting->cli, "--part means nothing without --format csv");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!format || strcmp(format, known[i]) == 0)
			return CLI_FINE;
	return cli_wrong(reporting->cli, "--format is \"%s\"; it is text, html, print, csv or json", format);
}

static enum cli_status make(struct reporting *reporting)
{
	const struct opened *opened = reporting->opened;
	struct fault fault = {{0}};
	uint64_t behind = 0;
	enum result result;
	enum cli_status status = check_format(reporting);
	if (status == CLI_FINE)
		status = read_line(reporting);
	if (status == CLI_FINE)
		status = look_at_registers(reporting, &behind);
	if (status != CLI_FINE)
		return status;
	struct list_request request = {
		.type_prefix = opened->config->type_prefix,
		.database = opened->config->database, .rules = opened->config->rules, .zone = opened->zone,
		.list = reporting->list, .as_of = opened->now, .due = opened->now, .told = reporting->told,
		.last = recurrence_latest(&reporting->list->due, opened->config->calendar, opened->now - 1),
		.go_live = opened->config->go_live, .calendar = opened->config->calendar,
		.directory = opened->config->directory,
		.team = reporting->team ? text_of(reporting->team->id) : TEXT_NONE,
		.person = text_of(cli_value(reporting->cli, "person"))};
	struct list_facts *facts = list_facts_read(&request, &result, &fault);
	if (!facts)
		return cli_failed(reporting->cli, "%s", fault.text);
	status = print(reporting, facts);
	reporting->cli->unreadable += facts->unreadable;
	warn_of_outside(reporting, facts);
	list_facts_free(facts);
	return status == CLI_FINE && behind ? CLI_FOUND : status;
}

static enum cli_status run_report(struct cli *cli)
{
	struct opened opened = {0};
	struct reporting reporting = {.cli = cli, .opened = &opened};
	enum cli_status status = cli_open(cli, &opened);
	if (status == CLI_FINE && (!opened.config->directory || !opened.config->rules || !opened.config->calendar))
		status = cli_failed(cli, "a report needs the whole configuration: see casewatch check");
	if (status == CLI_FINE)
		status = make(&reporting);
	cli_close(&opened);
	return status;
}

const struct cli_command cli_report = {
	.name = "report",
	.usage = "NAME",
	.summary = "a report of any period as text, HTML, A4 print, CSV or JSON",
	.help = "Prints a report from what the daemon has stored; nobody is sent anything, and nothing is noted as "
                "printed. NAME is that\n"
		"of a file in the configuration's directory of lists (docs/lists.md).\n"
		"\n"
		"  casewatch report custody --period 2019-20-Q4\n"
		"  casewatch report custody --period 2020-03 --format html > custody.html\n"
		"  casewatch report custody --period 2020-03 --format csv --part every\n"
		"  casewatch report interviews --as improvement-board\n",
	.options = options,
	.least = 1,
	.most = 1,
	.run = run_report,
};
