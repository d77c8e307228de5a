/* quarantine: records that were refused: listed, shown, handed in again after a fix, or discarded with a reason. */
#include "cli/rows.h"
#include "cli/spool.h"

#include <errno.h>
#include <stdlib.h>

#include "store/events/events.h"

#define REASON_MAX 500 /* as of an answer: a sentence, not a letter; beyond it the tool refuses */
#define FIX_BYTES ((size_t)16 << 20)

static const struct cli_option options[] = {
	{"all", NULL, "list: also those that were released or discarded"},
	{"raw", NULL, "show: the exact bytes alone"},
	{"with", "FILE", "release: hand in this corrected record instead"},
	{"reason", "TEXT", "discard, release: why (discard needs it)"},
	{"person", "ID", "discard, release: who decided"},
	{NULL, NULL, NULL},
};

struct showing {
	struct cli *cli;
	const struct opened *opened;
	size_t count;
	struct buffer bytes, state, from; /* of the one that was asked for */
};

static void write_json(struct json_writer *json, const struct quarantine_row *row)
{
	json_put_integer(json, "number", row->id);
	json_put_text(json, "from", row->source_name);
	json_put_text(json, "id", row->event_id);
	json_put_text(json, "source", row->event_source);
	json_put_instant(json, "arrived", row->arrived);
	json_put_text(json, "state", row->state);
	json_put_text(json, "reason", row->reason);
	json_put_text(json, "note", row->note);
	json_put_integer(json, "bytes", (int64_t)row->bytes.length);
}

static enum result list_row(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	struct rows *rows = argument;
	struct json_writer json;
	(void)fault;
	if (rows_next(rows, &json)) {
		write_json(&json, row);
		rows_json_end(rows, &json);
		return RESULT_OK;
	}
	rows_format(rows, "%lld", (long long)row->id);
	rows_time(rows, row->arrived);
	rows_text(rows, row->state);
	rows_text(rows, row->source_name);
	rows_text(rows, row->event_id);
	rows_text(rows, row->reason);
	return RESULT_OK;
}

static enum cli_status list(struct cli *cli, const struct opened *opened)
{
	static const char *const titles[] = {"number", "arrived", "state", "from", "event", "why it was refused", NULL};
	struct rows rows = rows_begin(cli, opened, titles);
	struct fault fault = {{0}};
	if (quarantine_each(opened->store, !cli_value(cli, "all"), list_row, &rows, &fault) != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	rows_end(&rows, "Nothing waits in quarantine.");
	return rows.count && !cli_value(cli, "all") ? CLI_FOUND : CLI_FINE;
}

/* One record with its bytes. */
static void print_json(struct cli *cli, const struct quarantine_row *row)
{
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	write_json(&json, row);
	json_put_text(&json, "record", row->bytes);
	json_object_end(&json);
	cli_print_json(cli, &out);
}

static void print_row(struct cli *cli, const struct opened *opened, const struct quarantine_row *row)
{
	struct buffer out = {0};
	buffer_format(&out, "Record %lld, %.*s\n\nRefused   %.*s\nArrived   ", (long long)row->id, TEXT_ARG(row->state),
	              TEXT_ARG(row->reason));
	cli_time(opened, row->arrived, &out);
	buffer_format(&out, "\nFrom      %.*s\nEvent     %.*s of source %.*s\n", TEXT_ARG(row->source_name),
	              row->event_id.length ? (int)row->event_id.length : 10,
	              row->event_id.length ? row->event_id.at : "unreadable",
	              row->event_source.length ? (int)row->event_source.length : 10,
	              row->event_source.length ? row->event_source.at : "unreadable");
	if (row->note.length)
		buffer_format(&out, "Note      %.*s\n", TEXT_ARG(row->note));
	buffer_format(&out, "\nThe record (%zu bytes; --raw for exactly these):\n", row->bytes.length);
	buffer_text(&out, row->bytes);
	buffer_char(&out, '\n');
	cli_print(cli, &out);
}

static enum result show_row(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	struct showing *showing = argument;
	struct cli *cli = showing->cli;
	(void)fault;
	showing->count++;
	if (cli_value(cli, "raw"))
		(void)fwrite(row->bytes.at ? row->bytes.at : "", 1, row->bytes.length, cli->out);
	else if (cli->json)
		print_json(cli, row);
	else
		print_row(cli, showing->opened, row);
	return RESULT_OK;
}

static enum result keep_row(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	struct showing *showing = argument;
	(void)fault;
	showing->count++;
	buffer_text(&showing->bytes, row->bytes);
	buffer_text(&showing->state, row->state);
	buffer_text(&showing->from, row->source_name);
	return RESULT_OK;
}

/* Finds the record that the second operand names. */
static enum cli_status find(struct cli *cli, const struct opened *opened, quarantine_visit *visit,
                            struct showing *showing, int64_t *number)
{
	struct fault fault = {{0}};
	char *end = NULL;
	if (cli->operand_count < 2)
		return cli_wrong(cli, "something is missing: the number of a record");
	*number = strtoll(cli->operands[1], &end, 10);
	if (*end || *number < 1)
		return cli_wrong(cli, "\"%s\" is no number of a record", cli->operands[1]);
	*showing = (struct showing){.cli = cli, .opened = opened};
	if (quarantine_get(opened->store, *number, visit, showing, &fault) != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	return showing->count ? CLI_FINE : cli_failed(cli, "there is no record %s in quarantine", cli->operands[1]);
}

static enum cli_status show(struct cli *cli, const struct opened *opened)
{
	struct showing showing;
	int64_t number;
	return find(cli, opened, show_row, &showing, &number);
}

/* A line end inside a record would make two of it in the spool; between JSON's tokens a space says the same, and inside
 * a string it was never allowed. */
static void make_one_line(struct buffer *bytes)
{
	struct text trimmed = text_trim(buffer_view(bytes));
	if (trimmed.length && trimmed.at != bytes->at)
		memmove(bytes->at, trimmed.at, trimmed.length);
	bytes->length = trimmed.length;
	for (size_t i = 0; i < bytes->length; i++)
		if (bytes->at[i] == '\n' || bytes->at[i] == '\r')
			bytes->at[i] = ' ';
	buffer_char(bytes, '\n');
}

static enum cli_status read_fix(struct cli *cli, const char *path, struct buffer *bytes)
{
	FILE *file = fopen(path, "re");
	char piece[4096];
	size_t got;
	buffer_clear(bytes);
	if (!file)
		return cli_failed(cli, "%s cannot be opened: %s", path, strerror(errno));
	while ((got = fread(piece, 1, sizeof piece, file)) > 0 && bytes->length <= FIX_BYTES)
		buffer_add(bytes, piece, got);
	bool failed = ferror(file) != 0;
	(void)fclose(file);
	if (failed || bytes->length > FIX_BYTES)
		return cli_failed(cli, failed ? "%s cannot be read" : "%s is larger than 16 MiB", path);
	return CLI_FINE;
}

/* The order that closes the record, as an event for the daemon. */
static void write_order(struct cli *cli, const struct opened *opened, const char *id, const char *type, int64_t number,
                        struct text from, struct buffer *bytes)
{
	struct buffer subject = {0};
	buffer_format(&subject, "quarantine-%lld", (long long)number);
	struct json_writer json = spool_event(bytes, id, type, buffer_view(&subject), opened->now);
	json_put_integer(&json, "quarantine", number);
	json_put_text(&json, "from", from); /* by which the other machines of a cell know it */
	if (cli_value(cli, "reason"))
		json_put_string(&json, "reason", cli_value(cli, "reason"));
	if (cli_value(cli, "person"))
		json_put_string(&json, "person", cli_value(cli, "person"));
	spool_event_end(&json);
	buffer_free(&subject);
}

static enum cli_status hand_in(struct cli *cli, const struct opened *opened, const char *type, int64_t number,
                               struct showing *showing, const char *said)
{
	const char *directory = spool_directory(cli, opened->config);
	char id[SPOOL_ID_SIZE];
	struct buffer name = {0}, out = {0};
	struct fault fault = {{0}};
	if (!directory)
		return CLI_WRONG;
	spool_id(opened->now, id);
	struct buffer *bytes = &showing->bytes;
	write_order(cli, opened, id, type, number, buffer_view(&showing->from), bytes);
	buffer_format(&name, "quarantine-%lld-%s", (long long)number, id);
	enum result result = spool_put(directory, buffer_cstr(&name), buffer_view(bytes), &fault);
	if (result == RESULT_OK && cli->json) {
		struct json_writer json = json_writer_on(&out);
		json_object(&json);
		json_put_integer(&json, "number", number);
		json_put_string(&json, "event", id);
		json_put_string(&json, "source", SPOOL_SOURCE);
		json_object_end(&json);
		cli_print_json(cli, &out);
	} else if (result == RESULT_OK) {
		buffer_format(&out, "Record %lld %s\n", (long long)number, said);
		cli_print(cli, &out);
	}
	buffer_free(&name);
	return result == RESULT_OK ? CLI_FINE : cli_failed(cli, "%s", fault.text);
}

static enum cli_status close_record(struct cli *cli, const struct opened *opened, bool release)
{
	struct showing showing = {.cli = cli};
	int64_t number;
	const char *reason = cli_value(cli, "reason"), *fix = cli_value(cli, "with");
	if (!release && (!reason || !text_trim(text_of(reason)).length))
		return cli_wrong(cli, "--reason is missing; a record about a child is not thrown away without one");
	if (reason && strlen(reason) > REASON_MAX)
		return cli_wrong(cli, "--reason is longer than %d bytes", REASON_MAX);
	enum cli_status status = find(cli, opened, keep_row, &showing, &number);
	if (status == CLI_FINE && !text_equal(buffer_view(&showing.state), TEXT("waiting"))) {
		(void)cli_failed(cli, "record %s does not wait: it was %s", cli->operands[1],
		                 buffer_cstr(&showing.state));
		status = CLI_FOUND;
	}
	if (status == CLI_FINE && release && fix)
		status = read_fix(cli, fix, &showing.bytes);
	if (status == CLI_FINE && release)
		make_one_line(&showing.bytes);
	else
		buffer_clear(&showing.bytes);
	if (status == CLI_FINE && release)
		status = hand_in(cli, opened, "quarantine.released", number, &showing,
		                 "is handed in again; if it is refused again, it waits under a new number.");
	else if (status == CLI_FINE)
		status = hand_in(cli, opened, "quarantine.discarded", number, &showing, "is to be discarded.");
	buffer_free(&showing.bytes);
	buffer_free(&showing.state);
	buffer_free(&showing.from);
	return status;
}

/* An option of another action would be passed over: a corrected record that is handed in with "discard" is lost. */
static enum cli_status means_something(const struct cli *cli, const char *action)
{
	static const struct {
		const char *option, *actions[2];
	} of[] = {{"all", {"list", NULL}},
	          {"raw", {"show", NULL}},
	          {"with", {"release", NULL}},
	          {"reason", {"release", "discard"}},
	          {"person", {"release", "discard"}}};
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		const char *first = of[i].actions[0], *second = of[i].actions[1];
		if (cli_value(cli, of[i].option) && strcmp(action, first) != 0 &&
		    (!second || strcmp(action, second) != 0))
			return cli_wrong(cli, "--%s means nothing with %s: it is of %s%s%s", of[i].option, action,
			                 first, second ? " and " : "", second ? second : "");
	}
	return CLI_FINE;
}

static enum cli_status act(struct cli *cli, const struct opened *opened)
{
	const char *action = cli->operand_count ? cli->operands[0] : "list";
	bool known = strcmp(action, "list") == 0 || strcmp(action, "show") == 0 || strcmp(action, "release") == 0 ||
	             strcmp(action, "discard") == 0;
	if (known && means_something(cli, action) != CLI_FINE)
		return CLI_WRONG;
	if (strcmp(action, "list") == 0)
		return list(cli, opened);
	if (strcmp(action, "show") == 0)
		return show(cli, opened);
	if (strcmp(action, "release") == 0)
		return close_record(cli, opened, true);
	if (strcmp(action, "discard") == 0)
		return close_record(cli, opened, false);
	return cli_wrong(cli, "\"%s\" is not one of list, show, release and discard", action);
}

static enum cli_status run_quarantine(struct cli *cli)
{
	struct opened opened;
	enum cli_status status = cli_open(cli, &opened);
	if (status == CLI_FINE)
		status = act(cli, &opened);
	cli_close(&opened);
	return status;
}

const struct cli_command cli_quarantine = {
	.name = "quarantine",
	.usage = "[list | show NUMBER | release NUMBER | discard NUMBER]",
	.summary = "records that were refused: list, show, release, discard",
	.help = "Records that could not be read are kept here with the reason; none is ever dropped.\n"
		"\n"
		"  casewatch quarantine                                     what waits (exit status 1 if anything "
                "does)\n"
		"  casewatch quarantine show 12                             the record and why it was refused\n"
		"  casewatch quarantine release 12 [--with fixed.json]      hand it in again, as it is or corrected\n"
		"  casewatch quarantine discard 12 --reason 'test record'   it is not wanted\n"
		"\n"
		"Release and discard go to the daemon as events through its spool directory.\n",
	.options = options,
	.most = 2,
	.run = run_quarantine,
};
