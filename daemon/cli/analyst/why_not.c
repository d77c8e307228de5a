/* why_not: which part of a rule is not met for a subject, by how much, and the smallest addition that would open it. */
#include "cli/analyst/why_not.h"

/* ---- JSON ---- */

static void put_event(const struct why_not *why_not, struct json_writer *json, const struct event *event)
{
	const char *prefix = why_not->config->type_prefix;
	struct buffer type = {0};
	buffer_format(&type, "%s%.*s", prefix ? prefix : "", TEXT_ARG(event->type_name));
	json_object(json);
	json_put_string(json, "specversion", "1.0");
	json_put_text(json, "id", event->id);
	json_put_text(json, "source", event->source);
	json_put_text(json, "type", buffer_view(&type));
	json_put_text(json, "subject", event->subject);
	json_put_instant(json, "time", event->time);
	json_put_instant(json, "recordedtime", why_not->at);
	json_key(json, "data");
	json_object(json);
	for (size_t i = 0; i < event->field_count; i++) {
		json_key(json, schema_name_text(event->fields[i].name));
		cli_put_value(json, &event->fields[i].value);
	}
	json_object_end(json);
	json_object_end(json);
	buffer_free(&type);
}

static void put_addition(const struct why_not *why_not, struct json_writer *json, const struct addition *addition)
{
	json_object(json);
	json_put_instant(json, "stands_at", addition->at);
	json_put_bool(json, "takes_back", addition->withdraws);
	if (addition->ranged) {
		json_put_instant(json, "from", addition->first);
		json_put_instant(json, "to", addition->last);
	}
	json_key(json, "events");
	json_array(json);
	for (size_t i = 0; i < addition->count; i++)
		put_event(why_not, json, addition->events[i]);
	json_array_end(json);
	json_object_end(json);
}

static void put_note(const struct why_not *why_not, struct json_writer *json, const struct why_note *note)
{
	const struct subject *subject = why_not->subject;
	json_object(json);
	if (note->ref && note->ref <= subject->count) {
		json_put_text(json, "id", subject->events[note->ref - 1]->id);
		json_put_text(json, "source", subject->events[note->ref - 1]->source);
		json_put_text(json, "type", subject->events[note->ref - 1]->type_name);
	}
	json_put_instant(json, "at", note->at);
	json_put_bool(json, "did", note->did);
	json_put_string(json, "words", note->words);
	if (note->number)
		json_put_integer(json, "number", note->number);
	if (note->until != INSTANT_NEVER)
		json_put_instant(json, "until", note->until);
	json_object_end(json);
}

static void put_reckoning(const struct why_not *why_not, struct json_writer *json)
{
	const struct why *why = &why_not->why;
	json_put_string(json, "nearest", why->nearest);
	json_put_instant(json, "opens_by_itself", why->opens_at);
	json_key(json, "parts");
	json_array(json);
	for (size_t i = 0; i < why->part_count; i++) {
		json_object(json);
		json_put_string(json, "name", why->parts[i].name);
		json_put_bool(json, "met", why->parts[i].met);
		json_put_string(json, "words", why->parts[i].words);
		json_object_end(json);
	}
	json_array_end(json);
	json_key(json, "events");
	json_array(json);
	for (size_t i = 0; i < why->note_count; i++)
		put_note(why_not, json, &why->notes[i]);
	json_array_end(json);
}

static void put_json(const struct why_not *why_not, struct buffer *out)
{
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_string(&json, "rule", why_not->rule->id);
	json_put_text(&json, "subject", why_not->subject->id);
	json_put_instant(&json, "at", why_not->at);
	json_put_bool(&json, "stands", why_not->stands);
	if (why_not->stands) {
		json_put_string(&json, "alert", why_not->alert);
		json_put_instant(&json, "since", why_not->since);
	}
	put_reckoning(why_not, &json);
	json_key(&json, "additions");
	json_array(&json);
	for (size_t i = 0; i < why_not->additions.count; i++)
		put_addition(why_not, &json, &why_not->additions.items[i]);
	json_array_end(&json);
	json_put_integer(&json, "trials", (int64_t)why_not->additions.trials);
	json_put_bool(&json, "cut", why_not->additions.cut);
	json_object_end(&json);
}

static enum cli_status show(struct cli *cli, const struct asked *asked)
{
	struct why_not why_not = {
		.config = asked->config, .rule = asked->rule, .subject = &asked->subject, .at = asked->at};
	struct fault fault = {{0}};
	struct buffer out = {0};
	enum cli_status status = CLI_FINE;
	if (why_not_ask(&why_not, &fault) != RESULT_OK) {
		status = cli_failed(cli, "%s", fault.text);
	} else if (cli->json) {
		put_json(&why_not, &out);
		cli_print_json(cli, &out);
	} else {
		why_not_words(asked, &why_not, &out);
		cli_print(cli, &out);
	}
	why_not_free(&why_not);
	return status;
}

static enum cli_status run_why_not(struct cli *cli)
{
	return asked_run(cli, show);
}

static const struct cli_option options[] = {ASKED_OPTIONS, {NULL, NULL, NULL}};

const struct cli_command cli_why_not = {
	.name = "why-not",
	.usage = "RULE SUBJECT",
	.summary = "why no alert of a rule stands for a child, and what would open one",
	.help = "Says which part of RULE is not met for SUBJECT (a child; for a rule about workers or providers one of "
		"those)\nand by how much, with each record that the rule looked at and what it made of it; and the "
		"smallest addition\nthat would open an alert, which is tried before it is shown: with it the alert "
		"stands, and without any one\nevent of it it does not. Records are as they are known now, also with "
		"--at. Nothing is written.\nWith --json each addition is given as CloudEvents that can be put at the "
		"end of a file for backtest.\n\n"
		"Example:\n"
		"  casewatch why-not missing.vpg-referral C1003 --at 2020-02-05T08:00:00Z\n",
	.options = options,
	.least = 2,
	.most = 2,
	.run = run_why_not,
};
