/* list: a list as it would go out now. */
#include "cli/opened.h"

#include "engine/engine.h"
#include "report/lists.h"
#include "store/alerts.h"
#include "store/events.h"

static const struct cli_option options[] = {
	{"team", "ID", "the list of this team's manager (else all teams)"},
	{"as", "ROLE", "as this role would get it (else team-manager, or director)"},
	{"html", NULL, "the HTML part"},
	{NULL, NULL, NULL},
};

struct listing {
	struct cli *cli;
	const struct opened *opened;
	struct engine *engine; /* for its merges alone */
	struct missing_store from;
	const struct team *team;
	const char *role_title;
};

/* ---- merges: the engine knows which ids are one history, and needs nothing else for that ---- */

struct passing {
	engine_visit_event *visit;
	void *argument;
};

static enum result pass_on(void *argument, const struct event *event, struct text bytes, instant arrived,
                           struct fault *fault)
{
	struct passing *passing = argument;
	(void)bytes;
	(void)arrived;
	return passing->visit(passing->argument, event, fault);
}

static enum result merges(void *context, engine_visit_event *visit, void *argument, struct fault *fault)
{
	struct passing passing = {visit, argument};
	return events_merges(context, pass_on, &passing, fault);
}

static struct text canonical(void *context, struct text id)
{
	return engine_canonical(context, id);
}

static enum result start_engine(struct listing *listing, struct fault *fault)
{
	struct engine_settings settings = {0};
	struct engine_host host = {.context = listing->opened->store, .merges = merges};
	engine_settings_default(&settings);
	settings.calendar = listing->opened->config->calendar;
	settings.rules = listing->opened->config->rules;
	listing->engine = engine_new(&settings, &host);
	return engine_start(listing->engine, fault);
}

/* ---- whose list, and when ---- */

static enum cli_status read_line(struct listing *listing)
{
	struct cli *cli = listing->cli;
	const struct directory *directory = listing->opened->config->directory;
	const char *team = cli_value(cli, "team"), *role = cli_value(cli, "as");
	if (team && !(listing->team = directory_team(directory, text_of(team))))
		return cli_wrong(cli, "--team is \"%s\", which is no team in the directory", team);
	if (role && !directory_knows_role(directory, text_of(role)))
		return cli_wrong(cli, "--as is \"%s\", which is no role in the directory", role);
	listing->role_title = directory_role_title(directory, role ? role : team ? "team-manager" : "director");
	return CLI_FINE;
}

static instant next_due(const struct opened *opened, int minute)
{
	civil_day today = zone_date(opened->zone, opened->now);
	int64_t day = (int64_t)86400 * SECOND, wall = today * day + minute * (int64_t)(60 * SECOND);
	instant due = zone_instant(opened->zone, wall, WALL_EARLIER);
	return due > opened->now ? due : zone_instant(opened->zone, wall + day, WALL_EARLIER);
}

static enum result fill_view(const struct listing *listing, struct missing_view *view, struct fault *fault)
{
	const struct opened *opened = listing->opened;
	*view = (struct missing_view){.zone = opened->zone, .directory = opened->config->directory, .team = listing->team,
	                              .role_title = listing->role_title, .as_of = opened->now, .due = opened->now,
	                              .go_live = opened->config->go_live};
	view->next = next_due(opened, opened->config->lists[0].minute);
	enum result result = lists_last(opened->store, text_of(listing->cli->operands[0]), &view->last, fault);
	if (result == RESULT_OK)
		result = missing_load_completeness(&listing->from, &view->completeness, fault);
	if (view->last == INSTANT_NONE || view->last > view->as_of)
		view->last = view->as_of - 24 * HOUR;
	return result;
}

/* ---- printing ---- */

static void put_rows(struct json_writer *json, const char *key, const struct missing_rows *rows)
{
	json_key(json, key);
	json_array(json);
	for (size_t i = 0; i < rows->count; i++) {
		const struct missing_row *row = &rows->items[i];
		json_object(json);
		json_put_text(json, "child", row->person->id);
		json_put_text(json, "initials", row->person->initials);
		json_put_integer(json, "age", row->person->age);
		if (row->episode) {
			json_put_text(json, "episode", row->episode->key);
			json_put_instant(json, "since", row->episode->start.at);
			json_put_instant(json, "returned", row->episode->end.at);
		}
		json_put_integer(json, "times_in_30_days", (int64_t)row->times);
		json_object_end(json);
	}
	json_array_end(json);
}

static void print_json(const struct listing *listing, const struct missing_list *list)
{
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_string(&json, "list", listing->cli->operands[0]);
	json_put_string(&json, "team", list->view.team ? list->view.team->id : NULL);
	json_put_instant(&json, "as_of", list->view.as_of);
	json_put_instant(&json, "complete_to", list->view.completeness.complete_to);
	json_put_bool(&json, "incomplete", list->incomplete);
	put_rows(&json, "missing_now", &list->now);
	put_rows(&json, "returned", &list->back);
	put_rows(&json, "interview_overdue", &list->overdue);
	put_rows(&json, "often", &list->often);
	json_put_integer(&json, "away", (int64_t)list->away);
	json_put_integer(&json, "unread", (int64_t)list->unread_count);
	json_object_end(&json);
	cli_print_json(listing->cli, &out);
}

static enum cli_status show_json(const struct listing *listing, struct fault *fault)
{
	struct missing_view view;
	struct missing_facts *facts = missing_load(&listing->from, fault);
	if (!facts || fill_view(listing, &view, fault) != RESULT_OK) {
		missing_facts_free(facts);
		return cli_failed(listing->cli, "%s", fault->text);
	}
	struct missing_list *list = missing_list_new(facts, &view);
	print_json(listing, list);
	missing_list_free(list);
	missing_facts_free(facts);
	return CLI_FINE;
}

static enum cli_status show(const struct listing *listing, struct fault *fault)
{
	struct cli *cli = listing->cli;
	const struct config *config = listing->opened->config;
	struct buffer subject = {0}, text = {0}, html = {0};
	bool fell_back = false;
	struct template_set *templates = template_load(config->templates_dir, fault);
	struct lists_settings settings = {.from = listing->from, .directory = config->directory, .templates = templates,
	                                  .minute = config->lists[0].minute, .go_live = config->go_live};
	struct lists *lists = lists_new(&settings);
	enum cli_status status = CLI_FINE;
	if (lists_show(lists, listing->team, listing->role_title, listing->opened->now, &subject, &text, &html, &fell_back,
	               fault) != RESULT_OK)
		status = cli_failed(cli, "%s", fault->text);
	else if (!templates || fell_back)
		(void)fprintf(cli->err, "casewatch list: %s; plain text instead\n", fault->text);
	if (cli_value(cli, "html") && html.length) {
		cli_print(cli, &html);
	} else if (status == CLI_FINE) {
		buffer_string(&subject, "\n\n");
		cli_print(cli, &subject);
		cli_print(cli, &text);
	}
	buffer_free(&subject);
	buffer_free(&text);
	buffer_free(&html);
	lists_free(lists);
	template_free(templates);
	return status == CLI_FINE && (!settings.templates || fell_back) ? CLI_FOUND : status;
}

static enum cli_status make_list(struct listing *listing)
{
	struct fault fault = {{0}};
	enum cli_status status = read_line(listing);
	if (status != CLI_FINE)
		return status;
	listing->from = (struct missing_store){.store = listing->opened->store, .zone = listing->opened->zone};
	if (start_engine(listing, &fault) != RESULT_OK) {
		status = cli_failed(listing->cli, "%s", fault.text);
	} else {
		listing->from.canonical = canonical;
		listing->from.context = listing->engine;
		status = listing->cli->json ? show_json(listing, &fault) : show(listing, &fault);
	}
	engine_free(listing->engine);
	return status;
}

static enum cli_status run(struct cli *cli)
{
	struct opened opened = {0};
	struct listing listing = {.cli = cli, .opened = &opened};
	if (strcmp(cli->operands[0], "daily-missing") != 0)
		return cli_wrong(cli, "there is no list \"%s\"; there is daily-missing", cli->operands[0]);
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
	.usage = "daily-missing",
	.summary = "a list as it would go out now",
	.help = "Prints the list as it would go out now, from what the daemon has stored; nobody is sent anything.\n"
		"\n"
		"  casewatch list daily-missing --team north-3\n"
		"  casewatch list daily-missing --html > list.html\n",
	.options = options,
	.least = 1,
	.most = 1,
	.run = run,
};
