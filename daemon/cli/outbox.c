/* outbox: messages to people: what waits, what was sent, what the servers answered. */
#include "cli/rows.h"

#include <stdlib.h>

#include "store/alerts/alerts.h"
#include "store/outbox/outbox.h"

static const struct cli_option options[] = {
	{"alert", "ALERT", "those about this alert (A-2041, 2041 or its id)"},
	{"open", NULL, "those that nobody has yet"},
	{"limit", "N", "at most so many, the newest (100)"},
	{NULL, NULL, NULL},
};

static void write_json(struct json_writer *json, const struct outbox_row *row)
{
	json_put_integer(json, "id", row->id);
	json_put_string(json, "state", outbox_state_name(row->state));
	json_put_text(json, "purpose", row->purpose);
	json_put_text(json, "alert", row->alert);
	json_put_text(json, "rule", row->rule);
	json_put_integer(json, "step", row->step);
	json_put_text(json, "role", row->role);
	json_put_text(json, "person", row->person);
	json_put_text(json, "channel", row->channel);
	json_put_text(json, "address", row->address);
	json_put_text(json, "message_id", row->message_id);
	json_put_instant(json, "created", row->created);
	json_put_instant(json, "not_before", row->not_before);
	json_put_instant(json, "deadline", row->deadline);
	json_put_instant(json, "sent", row->sent);
	json_put_integer(json, "attempts", row->attempts);
	json_put_bool(json, "possible_duplicate", row->possible_duplicate);
	json_put_text(json, "reply", row->reply);
}

static enum result show(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct rows *rows = argument;
	struct json_writer json;
	struct buffer cell = {0};
	(void)fault;
	if (rows_next(rows, &json)) {
		write_json(&json, row);
		rows_json_end(rows, &json);
		return RESULT_OK;
	}
	bool sent = row->sent != INSTANT_NONE;
	rows_format(rows, "%lld", (long long)row->id);
	rows_format(rows, "%s%s", outbox_state_name(row->state),
	            row->possible_duplicate ? " (possible duplicate)" : "");
	rows_text(rows, row->purpose);
	rows_text(rows, row->alert);
	buffer_format(&cell, "%.*s%s%.*s", TEXT_ARG(row->role), row->person.length ? " " : "", TEXT_ARG(row->person));
	rows_buffer(rows, &cell);
	buffer_string(&cell, sent ? "sent " : "due ");
	cli_time(rows->opened, sent ? row->sent : row->not_before, &cell);
	rows_buffer(rows, &cell);
	rows_text(rows, row->reply);
	buffer_free(&cell);
	return RESULT_OK;
}

/* The alert's id, however it was named; kept in `id`. */
static enum result keep_id(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	buffer_text(argument, row->id);
	return RESULT_OK;
}

static enum cli_status read_limit(struct cli *cli, size_t *limit)
{
	const char *given = cli_value(cli, "limit");
	char *end = NULL;
	unsigned long number = given ? strtoul(given, &end, 10) : 100;
	*limit = number;
	if (given && (*end || end == given || *given == '-' || number < 1 || number > 1000000))
		return cli_wrong(cli, "--limit is \"%s\"; write a number from 1 to 1000000", given);
	return CLI_FINE;
}

static enum cli_status list(struct cli *cli, const struct opened *opened, size_t limit)
{
	static const char *const titles[] = {
		"message", "state", "purpose", "alert", "to", "when", "answer of the server", NULL};
	struct rows rows = rows_begin(cli, opened, titles);
	struct fault fault = {{0}};
	struct buffer id = {0};
	const char *alert = cli_value(cli, "alert");
	enum result result = RESULT_OK;
	if (alert)
		result = alerts_find(opened->store, text_of(alert), keep_id, &id, &fault);
	if (result == RESULT_OK && alert && !id.length) {
		buffer_free(&id);
		return cli_failed(cli, "there is no alert %s", alert);
	}
	if (result == RESULT_OK)
		result = outbox_each(opened->store, buffer_view(&id), cli_value(cli, "open") != NULL, limit, show,
		                     &rows, &fault);
	buffer_free(&id);
	if (result != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	rows_end(&rows, "There are no such messages.");
	return CLI_FINE;
}

static enum cli_status run_outbox(struct cli *cli)
{
	struct opened opened = {0};
	size_t limit;
	enum cli_status status = read_limit(cli, &limit);
	if (status == CLI_FINE)
		status = cli_open(cli, &opened);
	if (status == CLI_FINE)
		status = list(cli, &opened, limit);
	cli_close(&opened);
	return status;
}

const struct cli_command cli_outbox = {
	.name = "outbox",
	.usage = "",
	.summary = "messages to people: what waits, what was sent, what the servers answered",
	.help = "Lists messages, the newest first. States: pending, sending, accepted, delivered, retry, failed, "
                "uncertain (sent\n"
		"again as a possible duplicate). With --json one object a line.\n",
	.options = options,
	.run = run_outbox,
};
