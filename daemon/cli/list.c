/* list: a list as it would go out now. */
#include "cli/opened.h"

#include "report/lists.h"
#include "store/alerts/alerts.h"
#include "store/registers/registers.h"
#include "time/words.h"

static const struct cli_option options[] = {
	{"team", "ID", "the list of this team's manager (else all teams)"},
	{"as", "ROLE", "as this role would get it (else team-manager, or director)"},
	{"html", NULL, "the HTML part"},
	{NULL, NULL, NULL},
};

struct listing {
	struct cli *cli;
	const struct opened *opened;
	const struct config_list *list;
	const struct team *team;
	const char *role_title;
	uint64_t behind;    /* events that the registers do not hold yet */
};

/* ---- whose list, and when ---- */

static enum cli_status read_line(struct listing *listing)
{
	struct cli *cli = listing->cli;
	const struct config *config = listing->opened->config;
	const char *team = cli_value(cli, "team"), *role = cli_value(cli, "as");
	struct buffer names = {0};
	for (size_t i = 0; i < config->list_count; i++) {
		if (strcmp(config->lists[i].id, cli->operands[0]) == 0)
			listing->list = &config->lists[i];
		if (!config->lists[i].report)
			buffer_format(&names, "%s%s", names.length ? ", " : "", config->lists[i].id);
	}
	enum cli_status status = CLI_FINE;
	if (!listing->list)
		status = cli_wrong(cli, "there is no list \"%s\"; there is %s", cli->operands[0],
		                   names.length ? buffer_cstr(&names) : "none: see `lists` in the configuration");
	buffer_free(&names);
	if (status != CLI_FINE)
		return status;
	if (team && !(listing->team = directory_team(config->directory, text_of(team))))
		return cli_wrong(cli, "--team is \"%s\", which is no team in the directory", team);
	if (role && !directory_knows_role(config->directory, text_of(role)))
		return cli_wrong(cli, "--as is \"%s\", which is no role in the directory", role);
	const char *usual = team ? directory_first_role(config->directory, ROLE_FROM_MANAGER)
	                         : directory_first_of_ladder(config->directory);
	listing->role_title = directory_role_title(config->directory, role ? role : usual);
	return CLI_FINE;
}

static struct list_view view_of(const struct listing *listing)
{
	const struct opened *opened = listing->opened;
	return (struct list_view){.zone = opened->zone,
	                          .list = listing->list,
	                          .directory = opened->config->directory,
	                          .team = listing->team,
	                          .role_title = listing->role_title,
	                          .council = opened->config->council,
	                          .asked = true,
	                          .due = opened->now,
	                          .next = recurrence_next(&listing->list->due, opened->config->calendar, opened->now)};
}

static struct list_facts *read_facts(const struct listing *listing, struct fault *fault)
{
	const struct opened *opened = listing->opened;
	enum result result;
	instant last;
	if (lists_last(opened->store, text_of(listing->list->id), &last, fault) != RESULT_OK)
		return NULL;
	if (last == INSTANT_NONE || last >= opened->now)
		last = recurrence_latest(&listing->list->due, opened->config->calendar, opened->now - 1);
	struct list_request request = {.database = opened->config->database, .type_prefix = opened->config->type_prefix,
	                               .rules = opened->config->rules,
	                               .zone = opened->zone, .list = listing->list, .as_of = opened->now, .last = last,
	                               .go_live = opened->config->go_live};
	return list_facts_read(&request, &result, fault);
}

/* The daemon alone writes the registers: the tool says how far they are. */
static enum cli_status look_at_registers(struct listing *listing)
{
	struct register_progress progress;
	struct fault fault = {{0}};
	if (register_progress(listing->opened->store, &progress, &fault) != RESULT_OK)
		return cli_failed(listing->cli, "%s", fault.text);
	const struct ruleset *rules = listing->opened->config->rules;
	bool built = !progress.building;
	for (size_t i = 0; i < rules->register_count && built; i++)
		if (register_is_built(listing->opened->store, rules->registers[i].id, &built, &fault) != RESULT_OK)
			return cli_failed(listing->cli, "%s", fault.text);
	if (!built)
		return cli_failed(listing->cli,
		                  "the registers are not built yet: casewatchd does that while it runs; try again when "
		                  "it has run for a while");
	listing->behind = register_behind(&progress);
	if (listing->behind)
		(void)fprintf(listing->cli->err,
		              "casewatch list: %llu event(s) are not in the registers yet, and so not in this "
		              "list; casewatchd brings them up to date while it runs\n",
		              (unsigned long long)listing->behind);
	return CLI_FINE;
}

/* ---- printing ---- */

static void put_row(struct json_writer *json, const struct list_rows *rows, const struct list_row *row)
{
	json_object(json);
	if (row->child) {
		json_put_text(json, "child", row->child->id);
		json_put_text(json, "initials", row->child->initials);
		json_put_integer(json, "age", row->child->age);
	}
	for (size_t i = 0; i < rows->column_count; i++)
		if (row->values[i].length)
			json_put_text(json, rows->columns[i], row->values[i]);
	json_object_end(json);
}

static void print_json(const struct listing *listing, const struct list *list)
{
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	const struct config_list *def = listing->list;
	json_object(&json);
	json_put_string(&json, "list", def->id);
	json_put_string(&json, "team", list->view.team ? list->view.team->id : NULL);
	json_put_instant(&json, "as_of", list->facts->as_of);
	json_put_instant(&json, "complete_to", list->facts->completeness.complete_to);
	json_put_bool(&json, "incomplete", list->incomplete);
	json_put_integer(&json, "behind", (int64_t)listing->behind);
	for (size_t i = 0; i < def->section_count; i++) {
		json_key(&json, def->sections[i].id);
		json_array(&json);
		for (size_t k = 0; k < list->sections[i].count; k++)
			put_row(&json, &list->facts->sections[i], list->sections[i].items[k].row);
		json_array_end(&json);
	}
	if (def->count_id)
		json_put_integer(&json, def->count_id, (int64_t)list->counted);
	json_put_integer(&json, "unread", (int64_t)(list->unread_count + list->unread_before));
	json_object_end(&json);
	cli_print_json(listing->cli, &out);
}

static enum cli_status show(const struct listing *listing, const struct list_facts *facts)
{
	struct cli *cli = listing->cli;
	struct buffer subject = {0}, text = {0}, html = {0};
	struct fault fault = {{0}};
	bool fell_back = false;
	struct template_set *templates = template_load(listing->opened->config->templates_dir, &fault);
	struct list_view view = view_of(listing);
	lists_render_facts(facts, &view, templates, &subject, &text, &html, &fell_back, &fault);
	if (fell_back)
		(void)fprintf(cli->err, "casewatch list: %s; plain text instead\n", fault.text);
	if (cli_value(cli, "html") && html.length) {
		cli_print_file(cli, &html);
	} else {
		buffer_string(&subject, "\n\n");
		cli_print(cli, &subject);
		cli_print(cli, &text);
	}
	buffer_free(&subject);
	buffer_free(&text);
	buffer_free(&html);
	template_free(templates);
	return fell_back ? CLI_FOUND : CLI_FINE;
}

static enum cli_status make_list(struct listing *listing)
{
	struct fault fault = {{0}};
	enum cli_status status = read_line(listing);
	if (status == CLI_FINE)
		status = look_at_registers(listing);
	if (status != CLI_FINE)
		return status;
	struct list_facts *facts = read_facts(listing, &fault);
	if (!facts)
		return cli_failed(listing->cli, "%s", fault.text);
	listing->cli->unreadable += facts->unreadable;
	if (listing->cli->json) {
		struct list_view view = view_of(listing);
		struct list *list = list_new(facts, &view);
		print_json(listing, list);
		list_free(list);
	} else {
		status = show(listing, facts);
	}
	list_facts_free(facts);
	return status == CLI_FINE && listing->behind ? CLI_FOUND : status;
}

static enum cli_status run_list(struct cli *cli)
{
	struct opened opened = {0};
	struct listing listing = {.cli = cli, .opened = &opened};
	enum cli_status status = cli_open(cli, &opened);
	if (status == CLI_FINE && (!opened.config->directory || !opened.config->rules || !opened.config->calendar))
		status = cli_failed(cli, "a list needs the whole configuration: see casewatch check");
	if (status == CLI_FINE)
		status = make_list(&listing);
	cli_close(&opened);
	return status;
}

const struct cli_command cli_list = {
	.name = "list",
	.usage = "NAME",
	.summary = "a list as it would go out now",
	.help = "Prints the list as it would go out now, from what the daemon has stored; nobody is sent anything. "
                "NAME is that of\n"
		"a file in the configuration's directory of lists.\n"
		"\n"
		"  casewatch list daily-missing --team north-3\n"
		"  casewatch list daily-missing --html > list.html\n",
	.options = options,
	.least = 1,
	.most = 1,
	.run = run_list,
};
