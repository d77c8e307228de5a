/* outbox: messages to people: what waits, what was sent, what the servers answered. */
#include "cli/opened.h"

#include <stdlib.h>

#include "store/alerts.h"
#include "store/outbox.h"

static const struct cli_option options[] = {
	{"alert", "ALERT", "those about this alert (A-2041, 2041 or its id)"},
	{"open", NULL, "those that nobody has yet"},
	{"limit", "N", "at most so many, the newest (100)"},
	{NULL, NULL, NULL},
};

struct showing {
	struct cli *cli;
	const struct opened *opened;
	struct cli_table table;
	size_t count;
};

static void write_json(struct json_writer *json, const struct outbox_row *row)
{
	json_object(json);
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
	json_object_end(json);
}

static enum result show(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct showing *showing = argument;
	struct buffer cell = {0};
	(void)fault;
	showing->count++;
	if (showing->cli->json) {
		struct json_writer json = json_writer_on(&cell);
		write_json(&json, row);
		cli_print_json(showing->cli, &cell);
		return RESULT_OK;
	}
	buffer_format(&cell, "%lld", (long long)row->id);
	cli_table_add_buffer(&showing->table, &cell);
	buffer_format(&cell, "%s%s", outbox_state_name(row->state),
	              row->possible_duplicate ? " (possible duplicate)" : "");
	cli_table_add_buffer(&showing->table, &cell);
	cli_table_add(&showing->table, row->purpose);
	cli_table_add(&showing->table, row->alert.length ? row->alert : TEXT("-"));
	buffer_format(&cell, "%.*s%s%.*s", TEXT_ARG(row->role), row->person.length ? " " : "", TEXT_ARG(row->person));
	cli_table_add_buffer(&showing->table, &cell);
	bool sent = row->sent != INSTANT_NONE;
	buffer_string(&cell, sent ? "sent " : "due ");
	cli_time(showing->opened, sent ? row->sent : row->not_before, &cell);
	cli_table_add_buffer(&showing->table, &cell);
	cli_table_add(&showing->table, row->reply.length ? row->reply : TEXT("-"));
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
	struct showing showing = {.cli = cli, .opened = opened, .table = {.titles = titles}};
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
		                     &showing, &fault);
	buffer_free(&id);
	if (!cli->json && showing.count)
		cli_table_print(cli, &showing.table);
	else if (!cli->json && result == RESULT_OK)
		(void)fputs("There are no such messages.\n", cli->out);
	return result == RESULT_OK ? CLI_FINE : cli_failed(cli, "%s", fault.text);
}

static enum cli_status run(struct cli *cli)
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
	.run = run,
};
