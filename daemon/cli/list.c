/* list: a list as it would go out now. */
#include "cli/opened.h"

#include "engine/engine.h"
#include "report/missing_gather.h"
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

static instant next_due(const struct opened *opened, int minute)
{
	civil_day today = zone_date(opened->zone, opened->now);
	int64_t day = (int64_t)86400 * SECOND, wall = today * day + minute * (int64_t)(60 * SECOND);
	instant due = zone_instant(opened->zone, wall, WALL_EARLIER);
	return due > opened->now ? due : zone_instant(opened->zone, wall + day, WALL_EARLIER);
}

static enum cli_status fill_view(const struct listing *listing, struct missing_view *view, struct fault *fault)
{
	struct cli *cli = listing->cli;
	const struct config *config = listing->opened->config;
	const char *team = cli_value(cli, "team"), *role = cli_value(cli, "as");
	*view = (struct missing_view){.zone = listing->opened->zone, .directory = config->directory,
	                              .as_of = listing->opened->now, .due = listing->opened->now, .go_live = config->go_live};
	if (team && !(view->team = directory_team(config->directory, text_of(team))))
		return cli_wrong(cli, "--team is \"%s\", which is no team in the directory", team);
	if (role && !directory_knows_role(config->directory, text_of(role)))
		return cli_wrong(cli, "--as is \"%s\", which is no role in the directory", role);
	view->role_title = directory_role_title(config->directory, role ? role : team ? "team-manager" : "director");
	view->next = next_due(listing->opened, config->lists[0].minute);
	if (lists_last(listing->opened->store, text_of(cli->operands[0]), &view->last, fault) != RESULT_OK ||
	    missing_gather_completeness(listing->opened->store, &view->completeness, fault) != RESULT_OK)
		return cli_failed(cli, "%s", fault->text);
	if (view->last == INSTANT_NONE || view->last > view->as_of)
		view->last = view->as_of - 24 * HOUR;
	return CLI_FINE;
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

static enum cli_status print_rendered(const struct listing *listing, const struct missing_list *list)
{
	struct cli *cli = listing->cli;
	struct buffer subject = {0}, text = {0}, html = {0};
	struct fault fault = {{0}};
	bool want_html = cli_value(cli, "html") != NULL;
	struct template_set *templates = template_load(listing->opened->config->templates_dir, &fault);
	enum cli_status status = CLI_FINE;
	if (!templates || missing_render(list, templates, &subject, &text, &html, &fault) != RESULT_OK) {
		status = cli_failed(cli, "%s; plain text instead", fault.text);
		buffer_clear(&subject);
		buffer_clear(&text);
		missing_plain(list, &subject, &text);
		want_html = false;
	}
	if (want_html) {
		cli_print(cli, &html);
	} else {
		buffer_string(&subject, "\n\n");
		cli_print(cli, &subject);
		cli_print(cli, &text);
	}
	buffer_free(&subject);
	buffer_free(&text);
	buffer_free(&html);
	template_free(templates);
	return status == CLI_FINE ? CLI_FINE : CLI_FOUND;
}

static enum cli_status make_list(struct listing *listing)
{
	struct missing_facts *facts = NULL;
	struct missing_list *list = NULL;
	struct missing_view view;
	struct fault fault = {{0}};
	enum cli_status status = fill_view(listing, &view, &fault);
	if (status != CLI_FINE)
		return status;
	if (start_engine(listing, &fault) != RESULT_OK ||
	    missing_gather(listing->opened->store, view.zone, canonical, listing->engine, view.as_of, &facts, &fault) != RESULT_OK) {
		status = cli_failed(listing->cli, "%s", fault.text);
	} else {
		list = missing_list_new(facts, &view);
		if (listing->cli->json)
			print_json(listing, list);
		else
			status = print_rendered(listing, list);
	}
	missing_list_free(list);
	missing_facts_free(facts);
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
