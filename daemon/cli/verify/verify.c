/* verify: whether the audit is as it was written, and what stands and the registers are what the records say. */
#include "cli/opened.h"

#include "channel/http/timestamp.h"
#include "cli/verify/verify_refold.h"
#include "cli/verify/verify_registers.h"
#include "store/audit/audit.h"
#include "store/copies/backup.h"
#include "time/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static const struct cli_option options[] = {
	{"head", "ROW:HASH", "a row and its hash as they were kept elsewhere (the daily email to ops, the journal)"},
	{"sample", "N", "how many histories are judged anew (100); 0: none"},
	{"pages", NULL, "also every page and index of the database: minutes where it is large"},
	{NULL, NULL, NULL},
};

#define SAMPLE_USUAL 100
#define SAMPLE_MOST 1000000 /* more histories than a council has */

#define WHAT_TO_DO                                                                                                     \
	"Keep a copy of the database and its -wal file as they are now; find out who could write to them since\n"     \
	"the last head that was kept elsewhere; restore the last backup that verifies beside it, and compare.\n"      \
	"Rows up to that one are as they were written. docs/audit.md, \"When it does not verify\".\n"

struct verifying {
	struct cli *cli;
	const struct opened *opened;
	struct audit_verdict verdict;
	struct audit_head head;
	struct sample refold, registers;
	struct fault pages;    /* what is wrong with them; empty: nothing, or nobody asked */
	bool pages_read;
	struct packed_damage damaged; /* of all events, with the pages that were sound */
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

static enum cli_status read_sample(struct cli *cli, size_t *sample)
{
	const char *given = cli_value(cli, "sample");
	char *end = NULL;
	long number = given ? strtol(given, &end, 10) : SAMPLE_USUAL;
	*sample = (size_t)number;
	if (given && (!*given || *end || number < 0 || number > SAMPLE_MOST))
		return cli_wrong(cli, "--sample takes a number, 0 to %d", SAMPLE_MOST);
	return CLI_FINE;
}

static const struct sample_words of_what_stands = {
	"What stands was", "", "judged anew", ": what stands is what the records say.\n",
	"report it with these ids; a restart of casewatchd has what is missed told within the hour."};
static const struct sample_words of_registers = {
	"The registers were", "The registers of ", "reckoned afresh", ": their rows are what the records say.\n",
	"report it; docs/registers.md, \"When they are wrong\", has them built anew. Alerts do not read them."};

/* What stands, the registers, and the pages. */
static void put_rest(const struct verifying *verifying, struct buffer *out)
{
	sample_put(&verifying->refold, &of_what_stands, out);
	sample_put(&verifying->registers, &of_registers, out);
	cli_put_damaged(&verifying->damaged, out);
	if (verifying->pages.text[0])
		buffer_format(out, "The database is not sound: %s.\nNext: docs/backup.md, \"Restore\".\n",
		              verifying->pages.text);
	else if (verifying->pages_read)
		buffer_string(out, "Every page and index of the database is whole.\n");
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
	put_rest(verifying, &out);
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
	json_put_integer(&json, "judged", (int64_t)verifying->refold.looked);
	json_put_integer(&json, "differ", (int64_t)verifying->refold.wrong);
	json_put_integer(&json, "reckoned", (int64_t)verifying->registers.looked);
	json_put_integer(&json, "rows_differ", (int64_t)verifying->registers.wrong);
	if (verifying->refold.why_not)
		json_put_string(&json, "not_judged", verifying->refold.why_not);
	if (verifying->registers.why_not)
		json_put_string(&json, "not_reckoned", verifying->registers.why_not);
	json_key(&json, "passed_over");
	json_object(&json);
	for (int i = 0; i < SAMPLE_PASSES; i++)
		json_put_integer(&json, sample_pass_name((enum sample_pass)i),
		                 (int64_t)(verifying->refold.passed[i] + verifying->registers.passed[i]));
	json_object_end(&json);
	if (verifying->pages_read && !verifying->pages.text[0]) /* else nobody looked */
		cli_put_damaged_json(&verifying->damaged, &json);
	if (verifying->pages_read)
		json_put_bool(&json, "sound", !verifying->pages.text[0]);
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

static enum result look_further(struct verifying *verifying, size_t sample, struct fault *fault)
{
	const struct opened *opened = verifying->opened;
	enum result result = sample ? refold_sample(opened, sample, &verifying->refold, fault) : RESULT_OK;
	if (result == RESULT_OK && sample)
		result = registers_check_sample(opened, sample, &verifying->registers, fault);
	verifying->pages_read = cli_value(verifying->cli, "pages") != NULL;
	if (result == RESULT_OK && verifying->pages_read)
		(void)!backup_check_pages(opened->config->database, &verifying->pages);
	if (result == RESULT_OK && verifying->pages_read && !verifying->pages.text[0])
		result = store_sound_events(opened->store, &verifying->damaged, fault);
	return result;
}

static enum cli_status verify(struct verifying *verifying, const struct audit_known *known, size_t count, size_t sample)
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
	if (result == RESULT_OK)
		result = look_further(verifying, sample, &fault);
	if (result != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	if (cli->json)
		print_json(verifying);
	else
		print_words(verifying);
	bool wrong = verifying->verdict.wrong || verifying->refold.wrong || verifying->registers.wrong ||
	             verifying->pages.text[0] || verifying->damaged.count;
	return wrong ? CLI_FOUND : CLI_FINE;
}

static enum cli_status run_verify(struct cli *cli)
{
	struct opened opened = {0};
	struct verifying verifying = {.cli = cli, .opened = &opened};
	struct audit_known known;
	size_t count;
	size_t sample;
	enum cli_status status = read_head(cli, &known, &count);
	if (status == CLI_FINE)
		status = read_sample(cli, &sample);
	if (status != CLI_FINE)
		return status;
	status = cli_open(cli, &opened);
	if (status == CLI_FINE)
		status = verify(&verifying, &known, count, sample);
	sample_free(&verifying.refold);
	sample_free(&verifying.registers);
	cli_close(&opened);
	return status;
}

const struct cli_command cli_verify = {
	.name = "verify",
	.usage = "",
	.summary = "whether the audit is as it was written, and what stands is what the records say",
	.help = "Reads every row of the audit: the hash of each covers the row before it (docs/audit.md). Says the\n"
		"first row that does not fit and exits 1; else prints the head, to be kept elsewhere. That rows were\n"
		"cut off at the end, or all written anew, shows only against a head that was kept elsewhere: it is in\n"
		"each daily email to ops and in the journal.\n"
		"\n"
		"Then histories taken by chance are judged anew, from nothing but their records, and compared with\n"
		"what stands; and so are the rows of the registers, of which lists and reports are made. Exit\n"
		"status 1 where anything differs.\n"
		"\n"
		"  casewatch verify\n"
		"  casewatch verify --head '104332:9f3c 01d7'\n"
		"  casewatch verify --pages --sample 1000\n",
	.options = options,
	.least = 0,
	.most = 0,
	.each = true,
	.run = run_verify,
};
