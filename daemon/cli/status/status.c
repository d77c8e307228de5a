/* status: whether casewatch does its work for a council, and what waits. */
#include "cli/status/status.h"

#include "config/councils.h"
#include "ops/status.h"
#include "time/words.h"

static void put_lines(const char *what, struct buffer *lines, struct buffer *out)
{
	struct text rest = text_trim(buffer_view(lines));
	while (rest.length) {
		const char *end = memchr(rest.at, '\n', rest.length);
		size_t length = end ? (size_t)(end - rest.at) : rest.length;
		buffer_format(out, "\n%s%.*s", what, (int)length, rest.at);
		rest = text_trim((struct text){rest.at + length, rest.length - length});
	}
	buffer_clear(lines);
}

/* As the daemon last said of them. What is not up, before ops are told of it; NULL: all is. */
static const char *put_ways(const struct status *status, struct buffer *out)
{
	struct buffer lines = {0};
	bool sources = ops_status_sources(buffer_view(&status->said), status->opened.zone, &lines);
	put_lines("Source       ", &lines, out);
	bool channels = ops_status_channels(buffer_view(&status->said), status->opened.zone, &lines);
	if (!lines.length && status->said_at != INSTANT_NONE)
		buffer_string(&lines, "none: nobody is sent anything (shadow)\n");
	put_lines("Channel      ", &lines, out);
	buffer_free(&lines);
	if (!sources && !channels)
		return "a source that stays away for two minutes is, and a channel that takes nothing for five";
	if (!channels)
		return "a channel that takes nothing for five minutes is";
	return sources ? NULL : "a source that stays away for two minutes is";
}

/* Where several machines hold the council. */
static void put_cell(const struct status *status, struct buffer *out)
{
	struct buffer line = {0};
	ops_status_cell(buffer_view(&status->said), &line);
	if (line.length)
		buffer_format(out, "\nCell         %s", buffer_cstr(&line));
	buffer_free(&line);
}

static void put_waiting(const struct status *status, const char *what, uint64_t count, instant oldest,
                        struct buffer *out)
{
	buffer_format(out, "\n%s%llu waiting", what, (unsigned long long)count);
	if (count) {
		buffer_string(out, ", the oldest since ");
		cli_time(&status->opened, oldest, out);
	}
}

/* Until then a daemon that does its work tells nobody of what it finds. */
static bool is_ahead(const struct status *status)
{
	return status->opened.config->go_live != INSTANT_NONE && status->opened.config->go_live > status->opened.now;
}

static void put_go_live(const struct status *status, struct buffer *out)
{
	if (!is_ahead(status))
		return;
	buffer_string(out, "\nGo-live      ");
	cli_time(&status->opened, status->opened.config->go_live, out);
	buffer_string(out, ", which is ahead: nobody is told of what happens before; what still stands then is told "
	                   "once");
}

static void print_words(struct cli *cli, struct status *status)
{
	const struct store_figures *figures = &status->figures;
	struct buffer out = {0};
	if (status->running)
		buffer_format(&out, "Daemon       runs: %s\n", status->who);
	else if (status->process->runs)
		buffer_format(&out, "Daemon       runs without this council: %s\n", status->process->who);
	else
		buffer_format(&out, "Daemon       does not run%s%s\n", *status->who ? "; last: " : "", status->who);
	buffer_format(&out, "Database     %s, %llu MiB", status->opened.config->database,
	              (unsigned long long)(figures->database_bytes >> 20));
	buffer_format(&out, " and %llu MiB of log\n", (unsigned long long)(figures->log_bytes >> 20));
	buffer_string(&out, "Events       ");
	words_number((int64_t)figures->events, &out);
	buffer_string(&out, ", the last arrived ");
	cli_time(&status->opened, status->last_arrival, &out);
	buffer_string(&out, "\nComplete to  ");
	if (status->complete_to == INSTANT_NONE)
		buffer_string(&out, "no source has confirmed (source.complete)");
	else
		cli_time(&status->opened, status->complete_to, &out);
	buffer_format(&out, "\nStanding     %llu critical, %llu high, %llu normal",
	              (unsigned long long)figures->standing[SEVERITY_CRITICAL],
	              (unsigned long long)figures->standing[SEVERITY_HIGH],
	              (unsigned long long)figures->standing[SEVERITY_NORMAL]);
	put_waiting(status, "Outbox       ", figures->outbox_waiting, figures->outbox_oldest, &out);
	put_waiting(status, "Quarantine   ", figures->quarantine_waiting, figures->quarantine_oldest, &out);
	buffer_string(&out, "\nAudit        ");
	words_count(status->audit.row, "row", "rows", &out);
	if (status->audit.row) {
		buffer_string(&out, ", the last of ");
		cli_time(&status->opened, status->audit.at, &out);
		buffer_string(&out, ", ");
		audit_head_short(&status->audit, &out);
	}
	if (status->said_at != INSTANT_NONE) {
		buffer_string(&out, "\nSaid         ");
		cli_time(&status->opened, status->said_at, &out);
	}
	put_go_live(status, &out);
	if (status->seen) {
		buffer_format(&out, "\nCopy         on %s, had everything ", status->copy.host);
		cli_time(&status->opened, status->copy.at, &out);
		if (status->copy_behind > 0) {
			buffer_string(&out, "; ");
			words_count(status->copy_behind, "change since", "changes since", &out);
		}
	}
	const char *yet = status->running ? put_ways(status, &out) : NULL; /* of one that is gone: of before */
	if (status->running)
		put_cell(status, &out);
	if (status->wrong.length)
		buffer_string(&out, "\n\nWhat is wrong\n");
	else if (yet)
		buffer_format(&out, "\n\nNothing is wrong yet: %s.\n", yet);
	else
		buffer_string(&out, "\n\nNothing is wrong.\n");
	buffer_text(&out, buffer_view(&status->wrong));
	cli_print(cli, &out);
}

static void put_wrong(struct json_writer *json, struct text lines)
{
	json_key(json, "wrong");
	json_array(json);
	while (lines.length) {
		const char *end = memchr(lines.at, '\n', lines.length);
		size_t length = end ? (size_t)(end - lines.at) : lines.length;
		json_text(json, (struct text){lines.at, length});
		length += end != NULL;
		lines = (struct text){lines.at + length, lines.length - length};
	}
	json_array_end(json);
}

static void print_json(struct cli *cli, const struct status *status)
{
	const struct store_figures *figures = &status->figures;
	struct buffer out = {0}, head = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_bool(&json, "running", status->running);
	json_put_string(&json, "who", status->who);
	if (!status->running && status->process->runs) {
		json_put_string(&json, "beside", status->process->who);
		json_put_string(&json, "state", status->state);
	}
	json_put_string(&json, "database", status->opened.config->database);
	json_put_integer(&json, "database_bytes", (int64_t)figures->database_bytes);
	json_put_integer(&json, "log_bytes", (int64_t)figures->log_bytes);
	json_put_integer(&json, "events", (int64_t)figures->events);
	json_put_instant(&json, "last_arrival", status->last_arrival);
	json_put_instant(&json, "complete_to", status->complete_to);
	json_key(&json, "standing");
	json_object(&json);
	for (int i = 0; i < 3; i++)
		json_put_integer(&json, severity_name((enum severity)i), (int64_t)figures->standing[i]);
	json_object_end(&json);
	json_put_integer(&json, "outbox_waiting", (int64_t)figures->outbox_waiting);
	json_put_instant(&json, "outbox_oldest", figures->outbox_oldest);
	json_put_integer(&json, "quarantine_waiting", (int64_t)figures->quarantine_waiting);
	json_put_instant(&json, "quarantine_oldest", figures->quarantine_oldest);
	audit_head_put(&status->audit, &head);
	json_put_integer(&json, "audit_rows", status->audit.row);
	json_put_text(&json, "audit_head", buffer_view(&head));
	buffer_free(&head);
	if (status->seen) {
		json_key(&json, "copy");
		json_object(&json);
		json_put_string(&json, "host", status->copy.host);
		json_put_instant(&json, "at", status->copy.at);
		json_put_integer(&json, "behind", status->copy_behind);
		json_object_end(&json);
	}
	if (status->said_at != INSTANT_NONE) {
		json_key(&json, "daemon");
		json_raw(&json, text_trim(buffer_view(&status->said)));
	}
	if (is_ahead(status))
		json_put_instant(&json, "go_live", status->opened.config->go_live);
	put_wrong(&json, buffer_view(&status->wrong));
	json_object_end(&json);
	cli_print_json(cli, &out);
}

/* There is nothing of its own yet. */
static void print_beside(struct cli *cli, const struct status *status)
{
	struct buffer out = {0};
	if (cli->json) {
		struct json_writer json = json_writer_on(&out);
		json_object(&json);
		json_put_bool(&json, "running", false);
		json_put_string(&json, "beside", status->process->who);
		json_put_string(&json, "state", status->state);
		put_wrong(&json, buffer_view(&status->wrong));
		json_object_end(&json);
		cli_print_json(cli, &out);
		return;
	}
	buffer_format(&out, "Daemon       runs without this council: %s\n\nWhat is wrong\n", status->process->who);
	buffer_text(&out, buffer_view(&status->wrong));
	cli_print(cli, &out);
}

static const struct cli_option options[] = {
	{"cell", NULL, "who sends for each council, how far it is read here, and what is uncertain (docs/cells.md)"},
	{NULL, NULL, NULL},
};

static enum cli_status print(struct cli *cli, struct status_process *process)
{
	struct status status;
	enum cli_status outcome = status_look(cli, process, &status);
	if (outcome == CLI_FOUND) {
		print_beside(cli, &status);
	} else if (outcome == CLI_FINE) {
		if (cli->json)
			print_json(cli, &status);
		else
			print_words(cli, &status);
		outcome = status.wrong.length ? CLI_FOUND : CLI_FINE;
	}
	status_end(&status);
	return outcome;
}

static enum cli_status run_status(struct cli *cli)
{
	struct status_process process = {0};
	struct config_council alone = {.name = cli->council ? cli->council : "-", .path = cli->config};
	if (cli_value(cli, "cell") && !cli->json)
		return status_table(cli, &(struct config_councils){.items = &alone, .count = 1});
	enum cli_status outcome = print(cli, &process);
	status_process_free(&process);
	return outcome;
}

/* One process that has several of them is asked once. */
static enum cli_status run_all(struct cli *cli, const struct config_councils *councils)
{
	struct status_process process = {0};
	const char *list = cli->config;
	enum cli_status worst = CLI_FINE;
	if (!cli->json)
		return status_table(cli, councils);
	for (size_t i = 0; i < councils->count; i++) {
		const struct config_council *council = &councils->items[i];
		cli->config = council->path;
		if (council->off)
			(void)fprintf(cli->err, "%s is switched off (%s.off)\n", council->name, council->path);
		enum cli_status outcome = council->off ? CLI_FINE : print(cli, &process);
		worst = outcome > worst ? outcome : worst;
	}
	cli->config = list;
	status_process_free(&process);
	return worst;
}

const struct cli_command cli_status = {
	.name = "status",
	.usage = "",
	.summary = "whether casewatch does its work, and what waits",
	.help = "Shows of one council whether the daemon runs, up to when the data is complete, how many alerts "
		"stand, and what waits in the outbox\n"
		"and in quarantine. Exit status 1 if something is wrong; each such thing is one line with what to do. "
		"What is wrong is\n"
		"what ops were told and is not over, by the same table; and a daemon that does not run, or does not "
		"answer.\nOf a file that names councils a table has a row for each (with --json a line for each).\n",
	.options = options,
	.run_all = run_all,
	.run = run_status,
};
