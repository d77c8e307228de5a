/* explain: why an alert stands, who was told, and what came of it. */
#include "cli/analyst/explain.h"

#include "cli/analyst/page.h"
#include "cli/analyst/story_words.h"

static void put_events(struct json_writer *json, const char *key, const struct explained_event *items, size_t count)
{
	json_key(json, key);
	json_array(json);
	for (size_t i = 0; i < count; i++) {
		const struct event *event = &items[i].event;
		json_object(json);
		json_put_text(json, "id", event->id);
		json_put_text(json, "source", event->source);
		json_put_text(json, "type", event->type_name);
		json_put_string(json, "title", schema_type_title(event->type));
		json_put_instant(json, "time", event->time);
		json_put_bool(json, "day", event->day_precision);
		json_put_instant(json, "recorded", event->recorded);
		json_put_instant(json, "arrived", items[i].arrived);
		json_key(json, "data");
		json_object(json);
		for (size_t f = 0; f < event->field_count; f++) {
			json_key(json, schema_name_text(event->fields[f].name));
			cli_put_value(json, &event->fields[f].value);
		}
		json_object_end(json);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_told(struct json_writer *json, const struct explained *explained)
{
	json_key(json, "told");
	json_array(json);
	for (size_t i = 0; i < explained->told_count; i++) {
		const struct outbox_row *row = &explained->told[i];
		json_object(json);
		json_put_integer(json, "message", row->id);
		json_put_text(json, "purpose", row->purpose);
		json_put_integer(json, "step", row->step);
		json_put_text(json, "role", row->role);
		json_put_text(json, "person", row->person);
		json_put_text(json, "channel", row->channel);
		json_put_string(json, "state", outbox_state_name(row->state));
		json_put_instant(json, "created", row->created);
		json_put_instant(json, "not_before", row->not_before);
		json_put_instant(json, "sent", row->sent);
		json_put_integer(json, "attempts", row->attempts);
		json_put_bool(json, "possible_duplicate", row->possible_duplicate);
		json_put_text(json, "message_id", row->message_id);
		json_put_text(json, "reply", row->reply);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_day(struct json_writer *json, const char *key, civil_day day)
{
	char words[16];
	int year, month, date;
	json_key(json, key);
	if (day == DAY_NONE) {
		json_null(json);
		return;
	}
	day_split(day, &year, &month, &date);
	(void)snprintf(words, sizeof words, "%04d-%02d-%02d", year % 10000, month % 100, date % 100);
	json_string(json, words);
}

static void put_rule(struct json_writer *json, const struct explained *explained)
{
	const struct rule *rule = explained->rule;
	json_key(json, "rule");
	json_object(json);
	json_put_text(json, "id", explained->row.rule);
	if (rule) {
		json_put_string(json, "title", rule->title);
		json_put_string(json, "basis", rule->basis);
		put_day(json, "effective_from", rule->effective_from);
		put_day(json, "effective_until", rule->effective_until);
		json_put_string(json, "file", rule->file);
		json_put_integer(json, "line", rule->line);
	}
	json_object_end(json);
}

static void put_acts(struct json_writer *json, const struct explained *explained)
{
	json_key(json, "audit");
	json_array(json);
	for (size_t i = 0; i < explained->act_count; i++) {
		const struct explained_act *act = &explained->acts[i];
		json_object(json);
		json_put_instant(json, "at", act->at);
		json_put_text(json, "what", act->what);
		json_key(json, "detail");
		json_raw(json, act->detail.length ? act->detail : TEXT("null"));
		json_object_end(json);
	}
	json_array_end(json);
}

static void explained_json(const struct opened *opened, const struct explained *explained, struct buffer *out)
{
	struct json_writer json = json_writer_on(out);
	const struct alert_row *row = &explained->row;
	(void)opened;
	json_object(&json);
	json_put_integer(&json, "number", row->number);
	json_put_text(&json, "alert", row->id);
	json_put_text(&json, "subject", row->subject);
	json_put_text(&json, "key", row->key);
	json_put_string(&json, "severity", severity_name(row->severity));
	json_put_string(&json, "state", alert_state_name(row->state));
	json_put_instant(&json, "opened", row->opened);
	json_put_instant(&json, "closed", row->closed);
	json_put_text(&json, "reason", row->reason);
	json_put_text(&json, "because", row->because);
	json_put_instant(&json, "due", explained->due);
	json_put_integer(&json, "nights", explained->nights);
	json_put_integer(&json, "step", row->step);
	json_put_instant(&json, "next", row->next);
	json_put_bool(&json, "acknowledged", row->acknowledged);
	json_put_instant(&json, "review_at", row->review_at);
	put_rule(&json, explained);
	put_events(&json, "evidence", explained->events, explained->event_count);
	put_told(&json, explained);
	put_events(&json, "answers", explained->answers, explained->answer_count);
	put_acts(&json, explained);
	if (explained->told_story)
		story_json(&explained->story, &json);
	json_object_end(&json);
}

static enum cli_status print(struct cli *cli, const struct opened *opened, const struct explained *explained)
{
	struct buffer out = {0};
	struct fault fault = {{0}};
	const char *path = cli_value(cli, "html");
	if (cli->json) {
		explained_json(opened, explained, &out);
		cli_print_json(cli, &out);
		return CLI_FINE;
	}
	if (path && explain_page(opened, explained, &out, &fault))
		return page_write(cli, path, &out);
	explained_words(opened, explained, &out);
	if (!path) {
		cli_print(cli, &out);
		return CLI_FINE;
	}
	return page_of_words(cli, path, "Why an alert stands", &out);
}

static enum cli_status explain(struct cli *cli, const struct opened *opened)
{
	struct explained explained;
	struct fault fault = {{0}};
	enum cli_status status = CLI_FINE;
	struct ground ground = opened_ground(opened);
	enum result result = explained_gather(&ground, text_of(cli->operands[0]), &explained, &fault);
	if (result == RESULT_OK && explained.found)
		result = explained_tell(&ground, &explained, &fault);
	if (result != RESULT_OK)
		status = cli_failed(cli, "%s", fault.text);
	else if (!explained.found)
		status = cli_failed(cli, "there is no alert %s; casewatch alerts --all lists them", cli->operands[0]);
	else
		status = print(cli, opened, &explained);
	explained_free(&explained);
	return status;
}

static enum cli_status run_explain(struct cli *cli)
{
	struct opened opened;
	if (cli_value(cli, "events"))
		return explain_of_file(cli);
	enum cli_status status = cli_open(cli, &opened);
	if (status == CLI_FINE)
		status = explain(cli, &opened);
	cli_close(&opened);
	return status;
}

static const struct cli_option options[] = {
	{"html", "FILE", "write it as a page that one can send"},
	{"events", "FILE",
         "an alert (its id) of a file of events, one a line, as backtest gives it; nobody was told of it"},
	{"at", "TIME", "with --events: judged as of then (default: now)"},
	{NULL, NULL, NULL},
};

static const struct cli_with with[] = {{"at", "events"}, {NULL, NULL}};

const struct cli_command cli_explain = {
	.name = "explain",
	.usage = "ALERT",
	.summary = "why an alert stands, who was told, who answered",
	.help = "Explains the alert (A-2041, 2041 or its id): which events made it, the rule with its basis and "
		"version, how the\n"
		"clock was reckoned, who was told when and what the mail server answered, who answered what, and all "
		"that is on\n"
		"record of it.\n",
	.options = options,
	.with = with,
	.least = 1,
	.most = 1,
	.run = run_explain,
};
