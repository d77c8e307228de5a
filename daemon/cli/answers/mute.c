/* mute, unmute: keeps a rule quiet for one subject until a time; suppressed, not dropped. */
#include "cli/answers/answer.h"
#include "cli/opened.h"
#include "cli/spool.h"
#include "rules/alert.h"
#include "store/events/events.h"

/* What the command line says. */
struct muting {
	const char *type; /* "mute.started", "mute.ended" */
	struct text subject, mute, rule, by, person, reason;
	instant until;
};

static enum cli_status read_until(struct cli *cli, struct muting *muting)
{
	const char *given = cli_value(cli, "until"), *why;
	if (!given)
		return cli_wrong(cli, "--until is missing; write when it ends, such as 2026-04-01T08:00:00+01:00");
	if (!instant_parse(text_of(given), &muting->until, &why))
		return cli_wrong(cli, "--until is \"%s\": %s; write a time such as 2026-04-01T08:00:00+01:00", given,
		                 why);
	if (muting->until <= clock_now(&cli->clock))
		return cli_wrong(cli, "--until is \"%s\", which is past; write a time to come", given);
	return CLI_FINE;
}

static enum cli_status read_line(struct cli *cli, struct muting *muting)
{
	muting->subject = text_trim(text_of(cli->operands[0]));
	muting->by = text_trim(text_of(cli_value(cli, "as")));
	muting->person = text_trim(text_of(cli_value(cli, "person")));
	muting->reason = text_trim(text_of(cli_value(cli, "reason")));
	muting->rule = text_trim(text_of(cli_value(cli, "rule")));
	if (!muting->by.length)
		return cli_wrong(cli, "--as is missing; write the role in which you say so, such as --as team-manager");
	if (!muting->person.length)
		return cli_wrong(cli, "--person is missing; a mute names who is answerable for it");
	if (!muting->reason.length)
		return cli_wrong(cli, "--reason is missing; write why");
	return answer_check_line(cli, "reason", muting->reason);
}

/* In the version that is in force now, as the daemon will take it; NULL: none is named, or there are no rules. */
static const struct rule *rule_meant(const struct opened *opened, const struct muting *muting)
{
	const struct ruleset *rules = opened->config->rules;
	return muting->rule.length && rules ? ruleset_find_on(rules, muting->rule, zone_date(opened->zone, opened->now))
	                                    : NULL;
}

static enum cli_status check_rule(struct cli *cli, const struct opened *opened, const struct muting *muting)
{
	const struct rule *rule = rule_meant(opened, muting);
	if (!muting->rule.length || !opened->config->rules)
		return CLI_FINE;
	if (!rule)
		return cli_wrong(cli, "--rule is \"%.*s\", and no rule of that id is in force", TEXT_ARG(muting->rule));
	if (rule->severity == SEVERITY_CRITICAL)
		return cli_wrong(cli, "%s is critical, and critical alerts are never muted", rule->id);
	return CLI_FINE;
}

static enum result note_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	(void)event;
	(void)bytes;
	(void)arrived;
	(void)fault;
	*(bool *)argument = true;
	return RESULT_OK;
}

/* A mute of a mistyped id would mute nothing, and nobody would see why. */
static enum cli_status check_subject(struct cli *cli, const struct opened *opened, const struct muting *muting)
{
	bool known = false;
	struct fault fault = {{0}};
	static const enum party_kind domains[] = {PARTY_NONE, PARTY_WORKER, PARTY_PROVIDER};
	for (size_t i = 0; i < sizeof domains / sizeof *domains && !known; i++)
		if (events_history(opened->store, domains[i], muting->subject, note_event, &known, &fault) != RESULT_OK)
			return cli_failed(cli, "%s", fault.text);
	return known ? CLI_FINE
	             : cli_failed(cli, "nothing is known of %.*s; a mute is of one child, or of what an alert is about",
	                          TEXT_ARG(muting->subject));
}

static enum cli_status check(struct cli *cli, const struct opened *opened, const struct muting *muting)
{
	const struct directory *directory = opened->config->directory;
	enum cli_status status = CLI_FINE;
	if (directory && !directory_person(directory, muting->person))
		return cli_wrong(cli, "--person is \"%.*s\", which is no person in the directory",
		                 TEXT_ARG(muting->person));
	if (directory)
		status = answer_check_role(cli, directory, "as", muting->by);
	if (status == CLI_FINE)
		status = check_rule(cli, opened, muting);
	return status == CLI_FINE ? check_subject(cli, opened, muting) : status;
}

static void put_event(const struct muting *muting, const char *id, instant now, struct buffer *out)
{
	struct json_writer json = spool_event(out, id, muting->type, muting->subject, now);
	json_put_text(&json, "mute", muting->mute);
	if (muting->rule.length)
		json_put_text(&json, "rule", muting->rule);
	json_put_instant(&json, "until", muting->until);
	json_put_text(&json, "reason", muting->reason);
	json_put_text(&json, "by", muting->by);
	json_put_text(&json, "person", muting->person);
	spool_event_end(&json);
}

/* The daemon cuts what lasts too long: whoever asked for it hears so here. */
static void say_until(const struct opened *opened, const struct muting *muting, struct buffer *said)
{
	const struct rule *rule = rule_meant(opened, muting);
	struct duration most = opened->config->review_after[rule ? rule->severity : SEVERITY_NORMAL];
	instant bound;
	most.amount *= ALERT_REVIEW_MOST;
	if (!opened->config->calendar ||
	    calendar_expiry(opened->config->calendar, opened->now, most, &bound, NULL) != RESULT_OK ||
	    muting->until <= bound)
		return;
	buffer_string(said, "A mute cannot last that long: it ends ");
	cli_time(opened, bound, said);
	buffer_string(said, ".\n");
}

static void say_muted(struct cli *cli, const struct opened *opened, const struct muting *muting, const char *id,
                      struct buffer *said)
{
	if (cli->json) {
		struct json_writer out = json_writer_on(said);
		json_object(&out);
		json_put_text(&out, "mute", muting->mute);
		json_put_text(&out, "subject", muting->subject);
		json_put_string(&out, "event", id);
		json_object_end(&out);
		cli_print_json(cli, said);
		return;
	}
	if (strcmp(muting->type, "mute.started") == 0) {
		buffer_format(said,
		              "The mute is handed over. What it holds back stays on record, and what still stands "
		              "is told when it ends. To end it before: casewatch unmute %.*s %.*s\n",
		              TEXT_ARG(muting->subject), TEXT_ARG(muting->mute));
		say_until(opened, muting, said);
	} else {
		buffer_format(said, "The end of the mute is handed over: what still stands is told.\n");
	}
	cli_print(cli, said);
}

static enum cli_status send(struct cli *cli, const struct opened *opened, struct muting *muting)
{
	const char *directory = spool_directory(cli, opened->config);
	char id[SPOOL_ID_SIZE];
	struct buffer bytes = {0}, said = {0}, name = {0};
	struct fault fault = {{0}};
	if (!directory)
		return CLI_WRONG;
	spool_id(opened->now, id);
	if (!muting->mute.length)
		muting->mute = text_of(id);
	put_event(muting, id, opened->now, &bytes);
	buffer_format(&name, "mute-%s", id);
	enum result result = spool_put(directory, buffer_cstr(&name), buffer_view(&bytes), &fault);
	if (result == RESULT_OK)
		say_muted(cli, opened, muting, id, &said);
	buffer_free(&bytes);
	buffer_free(&name);
	buffer_free(&said);
	return result == RESULT_OK ? CLI_FINE : cli_failed(cli, "%s", fault.text);
}

static enum cli_status run_both(struct cli *cli, struct muting *muting)
{
	struct opened opened = {0};
	enum cli_status status = read_line(cli, muting);
	if (status == CLI_FINE)
		status = cli_open(cli, &opened);
	if (status == CLI_FINE)
		status = check(cli, &opened, muting);
	if (status == CLI_FINE)
		status = send(cli, &opened, muting);
	cli_close(&opened);
	return status;
}

static enum cli_status run_mute(struct cli *cli)
{
	struct muting muting = {.type = "mute.started"};
	enum cli_status status = read_until(cli, &muting);
	return status == CLI_FINE ? run_both(cli, &muting) : status;
}

static enum cli_status run_unmute(struct cli *cli)
{
	struct muting muting = {
		.type = "mute.ended", .mute = text_trim(text_of(cli->operands[1])), .until = clock_now(&cli->clock)};
	return run_both(cli, &muting);
}

static const struct cli_option mute_options[] = {
	{"rule", "ID", "the rule that is kept quiet; without it every rule that is not critical"},
	{"until", "TIME", "when it ends: what still stands then is told"},
	{"reason", "TEXT", "why"},
	{"as", "ROLE", "the role in which you say so"},
	{"person", "ID", "who is answerable for it: a person of the directory"},
	{NULL, NULL, NULL},
};

static const struct cli_option unmute_options[] = {
	{"reason", "TEXT", "why"},
	{"as", "ROLE", "the role in which you say so"},
	{"person", "ID", "who is answerable for it: a person of the directory"},
	{NULL, NULL, NULL},
};

const struct cli_command cli_mute = {
	.name = "mute",
	.usage = "SUBJECT",
	.summary = "keep a rule quiet for one child until a time",
	.help = "Nobody is told of what the rule finds of this subject (a child; or the worker, provider or task "
		"an alert is\n"
		"about) until the mute ends. Alerts open, stay on record and end as ever; what still stands at the end "
		"is told\n"
		"then. Critical alerts are never muted. A mute lasts at most ten times the time after which its "
		"severity asks\n"
		"again. It goes to the daemon as an event through its spool directory, and is in the audit.\n"
		"\n"
		"  casewatch mute C1042 --rule attendance.absent --until 2026-09-01T08:00:00+01:00 \\\n"
		"            --reason 'In hospital, school knows' --as team-manager --person p-manager\n",
	.options = mute_options,
	.least = 1,
	.most = 1,
	.run = run_mute,
};

const struct cli_command cli_unmute = {
	.name = "unmute",
	.usage = "SUBJECT MUTE",
	.summary = "end a mute before its time",
	.help = "Ends the mute of that id (as `casewatch mute` printed it) now: what it held back and still stands is "
		"told.\n"
		"\n"
		"  casewatch unmute C1042 20260817T091500Z-1f2e3d4c5b6a7988 --reason 'Home again' --as team-manager "
		"--person p-manager\n",
	.options = unmute_options,
	.least = 2,
	.most = 2,
	.run = run_unmute,
};
