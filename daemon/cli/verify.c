/* verify: whether the audit is as it was written. */
#include "cli/opened.h"

#include "channel/http/timestamp.h"
#include "store/audit.h"
#include "time/words.h"

#include <inttypes.h>
#include <unistd.h>

static const struct cli_option options[] = {
	{"head", "ROW:HASH", "a row and its hash as they were kept elsewhere (the daily email to ops, the journal)"},
	{NULL, NULL, NULL},
};

#define WHAT_TO_DO                                                                                                     \
	"Keep a copy of the database and its -wal file as they are now; find out who could write to them since\n"     \
	"the last head that was kept elsewhere; restore the last backup that verifies beside it, and compare.\n"      \
	"Rows up to that one are as they were written. docs/audit.md, \"When it does not verify\".\n"

struct verifying {
	struct cli *cli;
	const struct opened *opened;
	struct audit_verdict verdict;
	struct audit_head head;
	size_t stamps;         /* that fit */
	instant stamped;       /* the time of the last of them */
	int64_t stamped_row;
};

/* Where somebody watches. */
static bool say_progress(void *argument, int64_t rows)
{
	const struct verifying *verifying = argument;
	struct buffer words = {0};
	words_number(rows, &words);
	(void)fprintf(verifying->cli->err, "\r%s rows", buffer_cstr(&words));
	(void)fflush(verifying->cli->err);
	buffer_free(&words);
	return true;
}

static enum cli_status read_head(struct cli *cli, struct audit_known *known, size_t *count)
{
	const char *given = cli_value(cli, "head");
	*count = given ? 1 : 0;
	if (!given || audit_known_read(text_of(given), known))
		return CLI_FINE;
	return cli_wrong(cli, "--head is \"%s\"; write the row's number, a colon and its hash (%d digits of it at "
	                      "least), such as 104332:9f3c01d7",
	                 given, AUDIT_KNOWN_LEAST);
}

static void print_words(struct verifying *verifying)
{
	const struct audit_verdict *verdict = &verifying->verdict;
	struct buffer out = {0};
	if (verdict->wrong) {
		buffer_format(&out, "The audit does not verify: %s.\n", verdict->what);
		words_count(verdict->rows, "row", "rows", &out);
		buffer_string(&out, " before it fit.\n\n" WHAT_TO_DO);
	} else {
		buffer_string(&out, "The audit is whole: ");
		words_count(verdict->rows, "row", "rows", &out);
		if (verdict->rows) {
			buffer_string(&out, ", the last of ");
			cli_time(verifying->opened, verifying->head.at, &out);
		}
		buffer_string(&out, ".\n");
		if (verdict->erased) {
			words_count(verdict->erased, "row", "rows", &out);
			buffer_string(&out, " told of children who were erased; what they said of them is gone.\n");
		}
		if (verifying->stamps) {
			words_count((int64_t)verifying->stamps, "time stamp fits", "time stamps fit", &out);
			buffer_format(&out, ", the last for row %lld of ", (long long)verifying->stamped_row);
			cli_time(verifying->opened, verifying->stamped, &out);
			buffer_string(&out, ".\n");
		}
		if (verdict->rows) {
			buffer_string(&out, "Head: ");
			audit_head_put(&verifying->head, &out);
			buffer_char(&out, '\n');
		}
	}
	cli_print(verifying->cli, &out);
}

static void print_json(struct verifying *verifying)
{
	const struct audit_verdict *verdict = &verifying->verdict;
	struct buffer out = {0}, head = {0};
	struct json_writer json = json_writer_on(&out);
	audit_head_put(&verifying->head, &head);
	json_object(&json);
	json_put_bool(&json, "whole", !verdict->wrong);
	json_put_integer(&json, "rows", verdict->rows);
	json_put_integer(&json, "erased", verdict->erased);
	json_put_integer(&json, "stamps", (int64_t)verifying->stamps);
	if (verdict->wrong) {
		json_put_integer(&json, "row", verdict->wrong);
		json_put_string(&json, "wrong", verdict->what);
	} else {
		json_put_text(&json, "head", buffer_view(&head));
		json_put_instant(&json, "at", verifying->head.at);
	}
	json_object_end(&json);
	cli_print_json(verifying->cli, &out);
	buffer_free(&head);
}

/* A time stamp that does not fit its row: either is another than it was. */
static enum result see_stamp(void *argument, const struct audit_stamp *stamp, struct text hash, struct fault *fault)
{
	struct verifying *verifying = argument;
	struct audit_verdict *verdict = &verifying->verdict;
	struct digest digest = {{0}};
	struct fault why = {{0}};
	instant at;
	(void)fault;
	if (hash.length == sizeof digest.at)
		memcpy(digest.at, hash.at, sizeof digest.at);
	else
		(void)snprintf(why.text, sizeof why.text, "there is no such row");
	if (hash.length == sizeof digest.at &&
	    timestamp_check(stamp->token, &digest, verifying->opened->config->audit.stamp_ca_file, &at, &why) ==
	            RESULT_OK) {
		verifying->stamps++;
		verifying->stamped = at;
		verifying->stamped_row = stamp->row;
	} else if (!verdict->wrong) {
		verdict->wrong = stamp->row;
		(void)snprintf(verdict->what, sizeof verdict->what, "the time stamp of row %lld: %.200s",
		               (long long)stamp->row, why.text);
	}
	return RESULT_OK;
}

/* The head is that of the last row that was looked at: the daemon may write further ones meanwhile. */
static enum result note_head(void *argument, const struct audit_entry *entry, struct fault *fault)
{
	struct verifying *verifying = argument;
	(void)fault;
	verifying->head.at = entry->at;
	return RESULT_OK;
}

static enum cli_status verify(struct verifying *verifying, const struct audit_known *known, size_t count)
{
	struct cli *cli = verifying->cli;
	struct store *store = verifying->opened->store;
	struct fault fault = {{0}};
	bool watched = !cli->json && isatty(fileno(cli->err));
	enum result result = audit_verify(store, known, count, watched ? say_progress : NULL, verifying,
	                                  &verifying->verdict, &fault);
	if (watched)
		(void)fputs("\r", cli->err);
	verifying->head.row = verifying->verdict.rows;
	verifying->head.hash = verifying->verdict.hash;
	verifying->head.at = INSTANT_NONE;
	if (result == RESULT_OK && !verifying->verdict.wrong)
		result = audit_stamps(store, see_stamp, verifying, &fault);
	if (result == RESULT_OK && verifying->head.row)
		result = audit_row(store, verifying->head.row, note_head, verifying, &fault);
	if (result != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	if (cli->json)
		print_json(verifying);
	else
		print_words(verifying);
	return verifying->verdict.wrong ? CLI_FOUND : CLI_FINE;
}

static enum cli_status run_verify(struct cli *cli)
{
	struct opened opened = {0};
	struct verifying verifying = {.cli = cli, .opened = &opened};
	struct audit_known known;
	size_t count;
	enum cli_status status = read_head(cli, &known, &count);
	if (status != CLI_FINE)
		return status;
	status = cli_open(cli, &opened);
	if (status == CLI_FINE)
		status = verify(&verifying, &known, count);
	cli_close(&opened);
	return status;
}

const struct cli_command cli_verify = {
	.name = "verify",
	.usage = "",
	.summary = "whether the audit is as it was written: nothing changed, left out, put in or cut off",
	.help = "Reads every row of the audit: the hash of each covers the row before it (docs/audit.md). Says the\n"
		"first row that does not fit and exits 1; else prints the head, to be kept elsewhere. That rows were\n"
		"cut off at the end, or all written anew, shows only against a head that was kept elsewhere: it is in\n"
		"each daily email to ops and in the journal.\n"
		"\n"
		"  casewatch verify\n"
		"  casewatch verify --head '104332:9f3c 01d7'\n",
	.options = options,
	.least = 0,
	.most = 0,
	.run = run_verify,
};
