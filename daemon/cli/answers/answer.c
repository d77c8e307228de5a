/* answer: an answer to an alert, as an event in the spool. */
#include "cli/answers/answer.h"

#include "base/spelling.h"
#include "cli/answers/door.h"
#include "cli/opened.h"
#include "cli/spool.h"
#include "store/alerts/alerts.h"

#define WORDS_MAX 500 /* bytes of an action or a reason */

/* What the command line says. */
struct answer {
	const char *type, *word;      /* "alert.acknowledged", "action" */
	struct text by, person, what; /* role, person id, action or reason */
	struct text for_role;         /* for whom they answer; empty: for themselves */
	struct text to;               /* alert.passed_on: to whom; may be empty */
	instant review_at;            /* INSTANT_NONE: not given */
	/* of the alert */
	bool found;
	char id[ALERT_ID_SIZE];
	int64_t number;
	struct buffer subject, reason, rule;
	civil_day rule_from;
	enum alert_state state;
	enum party_kind domain;
	enum severity severity;
	bool shadow;
	struct buffer because;
};

static bool has_control(struct text text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return true;
	return false;
}

enum cli_status answer_check_line(struct cli *cli, const char *option, struct text words)
{
	if (words.length > WORDS_MAX || has_control(words))
		return cli_wrong(cli, "--%s must be one line of at most %d bytes", option, WORDS_MAX);
	return CLI_FINE;
}

static enum cli_status read_review(struct cli *cli, struct answer *answer)
{
	const char *given = cli_value(cli, "review-at"), *why;
	answer->review_at = INSTANT_NONE;
	if (!given)
		return CLI_FINE;
	if (!instant_parse(text_of(given), &answer->review_at, &why))
		return cli_wrong(cli, "--review-at is \"%s\": %s; write a time such as 2026-04-01T08:00:00+01:00",
		                 given, why);
	if (answer->review_at <= clock_now(&cli->clock))
		return cli_wrong(cli, "--review-at is \"%s\", which is past; write a time to come", given);
	return CLI_FINE;
}

static enum cli_status read_line(struct cli *cli, struct answer *answer)
{
	answer->by = text_trim(text_of(cli_value(cli, "as")));
	answer->person = text_trim(text_of(cli_value(cli, "person")));
	answer->what = answer->word ? text_trim(text_of(cli_value(cli, answer->word))) : TEXT_NONE;
	answer->for_role = text_trim(text_of(cli_value(cli, "for")));
	answer->to = text_trim(text_of(cli_value(cli, "to")));
	if (!answer->by.length)
		return cli_wrong(cli, "--as is missing; write the role in which you answer, such as --as team-manager");
	if (answer->word && !answer->what.length)
		return cli_wrong(cli, "--%s is missing; write what %s", answer->word,
		                 strcmp(answer->word, "action") == 0 ? "was done" : "the reason is");
	enum cli_status status = answer->word ? answer_check_line(cli, answer->word, answer->what) : CLI_FINE;
	return status == CLI_FINE ? read_review(cli, answer) : status;
}

enum cli_status answer_check_role(struct cli *cli, const struct directory *directory, const char *option,
                                  struct text role)
{
	if (!role.length || directory_knows_role(directory, role))
		return CLI_FINE;
	struct spelling spelling = spelling_begin(role);
	struct buffer hint = {0};
	for (size_t i = 0; i < directory->role_count; i++)
		spelling_offer(&spelling, directory->roles[i].role);
	spelling_say(&spelling, &hint);
	enum cli_status status = cli_wrong(cli, "--%s is \"%.*s\", which is no role in the directory%s", option,
	                                   TEXT_ARG(role), buffer_cstr(&hint));
	buffer_free(&hint);
	return status;
}

/* Checked where the directory is there to check against. */
static enum cli_status check_directory(struct cli *cli, const struct directory *directory, const struct answer *answer)
{
	if (!directory)
		return CLI_FINE;
	if (answer->person.length && !directory_person(directory, answer->person))
		return cli_wrong(cli, "--person is \"%.*s\", which is no person in the directory",
		                 TEXT_ARG(answer->person));
	enum cli_status status = answer_check_role(cli, directory, "as", answer->by);
	if (status == CLI_FINE)
		status = answer_check_role(cli, directory, "for", answer->for_role);
	return status == CLI_FINE ? answer_check_role(cli, directory, "to", answer->to) : status;
}

static enum result keep_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct answer *answer = argument;
	(void)fault;
	answer->found = true;
	(void)snprintf(answer->id, sizeof answer->id, "%.*s", TEXT_ARG(row->id));
	answer->number = row->number;
	answer->state = row->state;
	answer->domain = row->domain;
	answer->severity = row->severity;
	answer->shadow = row->shadow;
	buffer_text(&answer->because, row->because);
	buffer_text(&answer->rule, row->rule);
	answer->rule_from = row->rule_from;
	buffer_text(&answer->subject, row->subject);
	buffer_text(&answer->reason, row->reason);
	return RESULT_OK;
}

static enum cli_status find_alert(struct cli *cli, const struct opened *opened, struct answer *answer)
{
	struct fault fault = {{0}};
	const char *which = cli->operands[0];
	if (alerts_find(opened->store, text_of(which), keep_alert, answer, &fault) != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	if (!answer->found)
		return cli_failed(cli, "there is no alert %s; casewatch alerts lists them", which);
	if (answer->shadow) {
		(void)cli_failed(
			cli,
			"A-%lld is of a rule on trial (mode: shadow): nobody was told of it and nobody need answer",
			(long long)answer->number);
		return CLI_FOUND;
	}
	if (answer->state == ALERT_STANDING)
		return CLI_FINE;
	(void)cli_failed(cli, "A-%lld does not stand any more: it is %s%s%s", (long long)answer->number,
	                 alert_state_name(answer->state), answer->reason.length ? ", " : "",
	                 buffer_cstr(&answer->reason));
	return CLI_FOUND;
}

/* A rule that ends its alerts by itself has not ended this one: what it is about is still recorded so. Whoever ends it
 * all the same says that they know. */
static enum cli_status ask_still_stands(struct cli *cli, const struct opened *opened, const struct answer *answer)
{
	const struct ruleset *rules = opened->config->rules;
	const struct rule *rule =
		rules ? ruleset_find_version(rules, buffer_view(&answer->rule), answer->rule_from) : NULL;
	if (strcmp(answer->type, "alert.resolved") != 0 || (rule && rule->momentary) || cli_value(cli, "still-stands"))
		return CLI_FINE;
	(void)cli_failed(cli,
	                 "A-%lld still stands by its own rule (%s%s%s). It ends by itself when what it waits for is "
	                 "recorded in the case system: prefer that, or ack says what you did. To end it all the same, "
	                 "add --still-stands; nobody is asked about it again then",
	                 (long long)answer->number, rule ? rule->title : "", rule && answer->because.length ? ": " : "",
	                 buffer_cstr(&answer->because));
	return CLI_FOUND;
}

static enum cli_status ask_at_the_door(struct cli *cli, const struct opened *opened, const struct answer *answer)
{
	const struct answerer answerer = {answer->by, answer->person, answer->for_role, answer->to};
	char called[24];
	(void)snprintf(called, sizeof called, "A-%lld", (long long)answer->number);
	return door_ask(cli, opened, text_of(answer->id), called, buffer_view(&answer->subject), answer->domain,
	                &answerer);
}

/* Who answers for a role answers as that role; who they are is said beside it. */
static void put_answer(const struct answer *answer, struct json_writer *json)
{
	bool for_other = answer->for_role.length > 0;
	struct buffer words = {0};
	json_put_string(json, "alert", answer->id);
	json_put_text(json, "by", for_other ? answer->for_role : answer->by);
	if (answer->person.length)
		json_put_text(json, "person", answer->person);
	buffer_text(&words, answer->what);
	if (for_other)
		buffer_format(&words, "%s(entered by %.*s)", words.length ? " " : "", TEXT_ARG(answer->by));
	if (words.length)
		json_put_text(json, answer->word ? answer->word : "reason", buffer_view(&words));
	if (answer->to.length)
		json_put_text(json, "to", answer->to);
	if (answer->review_at != INSTANT_NONE)
		json_put_instant(json, "review_at", answer->review_at);
	buffer_free(&words);
}

/* The daemon cuts a review time that lies too far ahead; whoever asked for it hears so here. */
static void say_cut(const struct opened *opened, const struct answer *answer, struct buffer *said)
{
	struct duration most = opened->config->review_after[answer->severity];
	instant bound;
	most.amount *= ALERT_REVIEW_MOST;
	if (answer->review_at == INSTANT_NONE || !opened->config->calendar ||
	    calendar_expiry(opened->config->calendar, opened->now, most, &bound, NULL) != RESULT_OK ||
	    answer->review_at <= bound)
		return;
	buffer_string(said, "You asked to be asked again later than that may be: it is asked again ");
	cli_time(opened, bound, said);
	buffer_string(said, " if it still stands.\n");
}

static enum cli_status send(struct cli *cli, const struct opened *opened, const struct answer *answer)
{
	const char *directory = spool_directory(cli, opened->config);
	if (!directory)
		return CLI_WRONG;
	char id[SPOOL_ID_SIZE];
	struct buffer bytes = {0}, said = {0}, name = {0};
	struct fault fault = {{0}};
	spool_id(opened->now, id);
	struct json_writer json = spool_event(&bytes, id, answer->type, buffer_view(&answer->subject), opened->now);
	put_answer(answer, &json);
	spool_event_end(&json);
	buffer_format(&name, "answer-%s", id);
	enum result result = spool_put(directory, buffer_cstr(&name), buffer_view(&bytes), &fault);
	if (result == RESULT_OK && cli->json) {
		struct json_writer out = json_writer_on(&said);
		json_object(&out);
		json_put_integer(&out, "number", answer->number);
		json_put_string(&out, "alert", answer->id);
		json_put_string(&out, "event", id);
		json_put_string(&out, "source", SPOOL_SOURCE);
		json_object_end(&out);
		cli_print_json(cli, &said);
	} else if (result == RESULT_OK) {
		buffer_format(
			&said,
			"Your answer to A-%lld is handed over; the daemon takes it like any other event. casewatch "
			"explain A-%lld shows it once it has.\n",
			(long long)answer->number, (long long)answer->number);
		say_cut(opened, answer, &said);
		cli_print(cli, &said);
	}
	buffer_free(&bytes);
	buffer_free(&name);
	return result == RESULT_OK ? CLI_FINE : cli_failed(cli, "%s", fault.text);
}

enum cli_status answer_run(struct cli *cli, const char *type, const char *word)
{
	struct answer answer = {.type = type, .word = word};
	struct opened opened = {0};
	enum cli_status status = read_line(cli, &answer);
	if (status == CLI_FINE)
		status = cli_open(cli, &opened);
	if (status == CLI_FINE)
		status = check_directory(cli, opened.config->directory, &answer);
	if (status == CLI_FINE)
		status = find_alert(cli, &opened, &answer);
	if (status == CLI_FINE)
		status = ask_at_the_door(cli, &opened, &answer);
	if (status == CLI_FINE)
		status = ask_still_stands(cli, &opened, &answer);
	if (status == CLI_FINE)
		status = send(cli, &opened, &answer);
	buffer_free(&answer.subject);
	buffer_free(&answer.reason);
	buffer_free(&answer.because);
	buffer_free(&answer.rule);
	cli_close(&opened);
	return status;
}
