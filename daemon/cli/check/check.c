/* check: everything that is wrong with the configuration, the directory, the rules and the templates. */
#include "cli/check/check_cell.h"
#include "cli/check/check_notes.h"
#include "cli/check/check_reach.h"
#include "cli/check/diff.h"

#include "people/on_call.h"

#include "run/edition.h"
#include "time/words.h"

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

#define ROTA_LINES 10 /* of the words; --json has all */

/* What rotas leave open, or fill twice, in the next 30 days. */
struct rotas {
	const struct config *config;
	struct buffer words;
	struct json_writer *json; /* NULL: words */
	bool nobody;              /* a role would be held by nobody */
	size_t count;
};

static void note_stretch(void *argument, const struct on_call_stretch *stretch)
{
	struct rotas *rotas = argument;
	const struct zone *zone = calendar_zone(rotas->config->calendar);
	bool gap = stretch->people == 0, nobody = gap && stretch->role->people_count == 0;
	rotas->nobody |= nobody;
	if (rotas->json) {
		json_object(rotas->json);
		json_put_string(rotas->json, "role", stretch->role->role);
		json_put_string(rotas->json, "what", gap ? "gap" : "overlap");
		json_put_bool(rotas->json, "nobody", nobody);
		json_put_instant(rotas->json, "from", stretch->from);
		json_put_instant(rotas->json, "until", stretch->until);
		json_object_end(rotas->json);
		return;
	}
	if (++rotas->count > ROTA_LINES)
		return;
	buffer_format(&rotas->words, "%s: ", stretch->role->rota);
	words_moment(zone, (struct words_moment){stretch->from, false}, WORDS_TABLE, &rotas->words);
	buffer_string(&rotas->words, " to ");
	words_moment(zone, (struct words_moment){stretch->until, false}, WORDS_TABLE, &rotas->words);
	if (nobody)
		buffer_format(&rotas->words,
		              ": nobody holds the role %s; put somebody on call, or name people in the directory.\n",
		              stretch->role->role);
	else if (gap)
		buffer_format(&rotas->words, ": nobody is on call as %s, so those whom the directory names are told.\n",
		              stretch->role->role);
	else
		buffer_format(&rotas->words, ": %zu people are on call as %s, and each is told.\n", stretch->people,
		              stretch->role->role);
}

static void look_at_rotas(const struct cli *cli, struct rotas *rotas)
{
	instant now = clock_now(&cli->clock);
	on_call_look(rotas->config->directory, now, now + ON_CALL_AHEAD, note_stretch, rotas);
}

/* What may be a slip, with what kept the database from being asked as one of them. */
static void look_for_notes(const struct cli *cli, const struct config *config, struct config_faults *notes)
{
	struct fault fault = {{0}};
	civil_day today = zone_date(calendar_zone(config->calendar), clock_now(&cli->clock));
	if (check_notes(config, today, notes, &fault) != RESULT_OK)
		config_fault_add(notes, config->database, 1, 1,
		                 "whether rules had alerts under their former ids could not be seen: %s", fault.text);
	config_faults_sort(notes);
}

#define NOTE_LINES 20 /* of the words; --json has all */

static void say_notes(const struct cli *cli, const struct config *config, struct buffer *out)
{
	struct config_faults notes = {0};
	look_for_notes(cli, config, &notes);
	if (notes.count)
		buffer_string(out, "To look at; the rules are in order all the same:\n");
	for (size_t i = 0; i < notes.count && i < NOTE_LINES; i++)
		buffer_format(out, "  %s:%d:%d: %s\n", notes.items[i].file, notes.items[i].line,
		              notes.items[i].column, notes.items[i].text);
	if (notes.count > NOTE_LINES)
		buffer_format(out, "  And %zu more: --json has all.\n", notes.count - NOTE_LINES);
	config_faults_free(&notes);
}

/* A slip in its year, and nobody hears for as long. False: it does not lie ahead. */
static bool say_go_live(const struct cli *cli, const struct config *config, struct buffer *out)
{
	if (config->go_live == INSTANT_NONE || config->go_live <= clock_now(&cli->clock))
		return false;
	buffer_string(out, "`go-live` lies ahead: nobody is told of anything before ");
	words_moment(calendar_zone(config->calendar), (struct words_moment){config->go_live, false}, WORDS_TABLE_YEAR,
	             out);
	return true;
}

/* Of the words a go-live that lies ahead has a line of its own. */
static void put_notes(const struct cli *cli, struct json_writer *json, const struct config *config)
{
	struct config_faults notes = {0};
	struct buffer ahead = {0};
	if (say_go_live(cli, config, &ahead))
		config_fault_add(&notes, config->path, 1, 1, "%s", buffer_cstr(&ahead));
	look_for_notes(cli, config, &notes);
	cli_put_places(json, "notes", &notes);
	config_faults_free(&notes);
	buffer_free(&ahead);
}

static bool print_json(struct cli *cli, const struct config *config, struct config_faults *faults)
{
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	struct rotas rotas = {.config = config, .json = &json};
	json_object(&json);
	json_put_string(&json, "config", cli->config);
	json_put_bool(&json, "good", faults->count == 0);
	if (config) {
		json_put_integer(&json, "rules", (int64_t)config->rules->rule_count);
		json_put_integer(&json, "people", (int64_t)config->directory->person_count);
		json_put_integer(&json, "teams", (int64_t)config->directory->team_count);
		json_key(&json, "rotas");
		json_array(&json);
		look_at_rotas(cli, &rotas);
		json_array_end(&json);
		put_notes(cli, &json, config);
	}
	cli_put_faults(&json, faults);
	json_object_end(&json);
	cli_print_json(cli, &out);
	return rotas.nobody;
}

static bool print_good(struct cli *cli, const struct config *config)
{
	struct buffer out = {0};
	struct rotas rotas = {.config = config};
	civil_day last = calendar_last_day(config->calendar);
	civil_day today = zone_date(calendar_zone(config->calendar), clock_now(&cli->clock));
	buffer_format(&out, "%s is good: ", cli->config);
	words_count((int64_t)config->rules->rule_count, "rule, ", "rules, ", &out);
	words_count((int64_t)config->directory->person_count, "person, ", "people, ", &out);
	words_count((int64_t)config->directory->team_count, "team, ", "teams, ", &out);
	words_count((int64_t)config->directory->role_count, "role", "roles", &out);
	buffer_string(&out, "; bank holidays are known to ");
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
	if (!config_sends_by(config, CHANNEL_EMAIL))
		buffer_string(&out, "There is no smtp.host: nobody is sent mail (shadow).\n");
	if (say_go_live(cli, config, &out))
		buffer_string(&out, ".\n");
	look_at_rotas(cli, &rotas);
	buffer_text(&out, buffer_view(&rotas.words));
	if (rotas.count > ROTA_LINES)
		buffer_format(&out, "And %zu more gaps and overlaps within 30 days: --json has all.\n",
		              rotas.count - ROTA_LINES);
	buffer_free(&rotas.words);
	check_reach(config, &out);
	say_notes(cli, config, &out);
	bool kept = check_cell_topics(config, &out);
	cli_print(cli, &out);
	return rotas.nobody || !kept;
}

static enum cli_status run_check(struct cli *cli)
{
	if (cli_value(cli, "options"))
		return print_options(cli);
	struct config_faults faults = {0};
	struct config *config = config_load(cli->config, cli_value(cli, "rules"), &faults);
	if (config)
		template_free(edition_templates(config, &faults));
	config_faults_sort(&faults);
	bool diff = cli_value(cli, "diff") && faults.count == 0;
	enum cli_status status = faults.count ? CLI_FOUND : CLI_FINE;
	if (diff)
		status = cli_diff(cli, config);
	else if (cli->json)
		status = print_json(cli, config, &faults) || faults.count ? CLI_FOUND : CLI_FINE;
	else if (faults.count)
		cli_print_faults(cli->out, &faults);
	else
		status = print_good(cli, config) ? CLI_FOUND : CLI_FINE;
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
		"changed.\n"
		"A gap in a rota of the next 30 days is said, and found (exit status 1) where nobody else holds the "
		"role. A\n"
		"rule without a title or a text, a renamed one whose former id no alert here had, a part of a rule "
		"that never\n"
		"comes, files that are not read and a go-live that lies ahead are said, too: they may be meant.\n",
	.options = options,
	.each = true,
	.compares = true,
	.run = run_check,
};
