/* audit: who was told what, when, by which server, and what they answered or that nobody did. */
#include "cli/analyst/page.h"
#include "cli/audit_words.h"
#include "cli/opened.h"

#include "base/mem.h"
#include "text/csv.h"
#include "text/json_data.h"

#include <errno.h>
#include <stdlib.h>

static const struct cli_option options[] = {
	{"alert", "ALERT", "an alert alone: its number or its id"},
	{"subject", "ID", "a child, worker or provider alone"},
	{"person", "PERSON", "what this person did or was told: an id of the directory"},
	{"from", "TIME", "what happened then or later, such as 2020-02-04T00:00:00Z"},
	{"until", "TIME", "what happened before then"},
	{"format", "FORMAT", "text, csv, json or html; without it text"},
	{"out", "FILE", "where a page (html) is written"},
	{NULL, NULL, NULL},
};

enum format { AS_TEXT, AS_CSV, AS_JSON, AS_HTML };
static const char *const formats[] = {"text", "csv", "json", "html"};

/* An alert that the rows name: whether somebody answered it is looked up whatever rows were asked for. */
struct named {
	int64_t number;
	instant answered; /* INSTANT_NONE: nobody did */
	char by[128];
};

struct listing {
	struct cli *cli;
	const struct opened *opened;
	enum format format;
	struct buffer out;
	struct cli_table table;
	struct arena *arena;
	struct named *alerts;
	size_t alert_count, alert_room, rows;
};

/* ---- what was asked ---- */

static enum cli_status read_time(struct cli *cli, const char *name, instant *at)
{
	const char *given = cli_value(cli, name), *why = NULL;
	if (!given || instant_parse(text_of(given), at, &why))
		return CLI_FINE;
	return cli_wrong(cli, "--%s \"%s\" is not a time such as 2020-03-01T00:00:00Z: %s", name, given, why);
}

static enum cli_status read_format(struct listing *listing)
{
	const char *given = cli_value(listing->cli, "format");
	listing->format = listing->cli->json ? AS_JSON : AS_TEXT;
	for (size_t i = 0; given && i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(given, formats[i]) == 0) {
			listing->format = (enum format)i;
			given = NULL;
		}
	if (given)
		return cli_wrong(listing->cli, "--format is \"%s\"; it is text, csv, json or html", given);
	if ((listing->format == AS_HTML) != (cli_value(listing->cli, "out") != NULL))
		return cli_wrong(listing->cli,
		                 "--out FILE and --format html go together: a page is written into a file");
	return CLI_FINE;
}

static enum cli_status read_line(struct listing *listing, struct audit_filter *filter)
{
	struct cli *cli = listing->cli;
	*filter = (struct audit_filter){.alert = text_of(cli_value(cli, "alert")),
	                                .subject = text_of(cli_value(cli, "subject")),
	                                .person = text_of(cli_value(cli, "person")),
	                                .from = INSTANT_NONE,
	                                .until = INSTANT_NEVER};
	enum cli_status status = read_format(listing);
	if (status == CLI_FINE)
		status = read_time(cli, "from", &filter->from);
	return status == CLI_FINE ? read_time(cli, "until", &filter->until) : status;
}

/* ---- rows ---- */

static const char *const titles[] = {"Row", "When", "Alert", "About", "What", NULL};

static void put_when(const struct listing *listing, instant at, struct buffer *out)
{
	cli_time(listing->opened, at, out);
	buffer_format(out, ":%02d", (int)(at / SECOND % 60));
}

static void put_cells(struct listing *listing, const struct audit_entry *entry, const struct data *fields)
{
	struct buffer cells[5] = {{0}};
	buffer_number(&cells[0], entry->id);
	put_when(listing, entry->at, &cells[1]);
	if (entry->number)
		buffer_format(&cells[2], "A-%lld", (long long)entry->number);
	if (entry->subject.length)
		buffer_text(&cells[3], entry->subject);
	else if (entry->key)
		buffer_string(&cells[3], "erased");
	audit_say(entry, fields, &cells[4]);
	if (listing->format == AS_HTML)
		page_row_begin(&listing->out);
	for (size_t i = 0; i < 5; i++) {
		struct text cell = cells[i].length ? buffer_view(&cells[i]) : TEXT("-");
		if (listing->format == AS_HTML)
			page_cell(&listing->out, titles[i], cell);
		else
			cli_table_add(&listing->table, cell);
		buffer_free(&cells[i]);
	}
	if (listing->format == AS_HTML)
		page_row_end(&listing->out);
}

static void put_csv(struct listing *listing, const struct audit_entry *entry, const struct data *fields)
{
	struct csv csv = csv_on(&listing->out);
	static const char *const from_detail[] = {"role", "channel", "address", "server", "reply", "by"};
	char at[32], number[32];
	struct buffer words = {0};
	instant_print(entry->at, at);
	(void)snprintf(number, sizeof number, "%lld", (long long)entry->id);
	csv_plain(&csv, text_of(number));
	csv_plain(&csv, text_of(at));
	csv_text(&csv, entry->what);
	(void)snprintf(number, sizeof number, "A-%lld", (long long)entry->number);
	csv_plain(&csv, entry->number ? text_of(number) : TEXT_NONE);
	csv_text(&csv, entry->rule);
	csv_text(&csv, entry->subject);
	csv_text(&csv, entry->person);
	for (size_t i = 0; i < sizeof from_detail / sizeof from_detail[0]; i++)
		csv_text(&csv, audit_field(fields, from_detail[i]));
	audit_say(entry, fields, &words);
	csv_text(&csv, buffer_view(&words));
	buffer_clear(&words);
	digest_put_hex(entry->hash, &words);
	csv_plain(&csv, buffer_view(&words));
	csv_end(&csv);
	buffer_free(&words);
}

/* As it is kept, where it is JSON. */
static void put_object(struct json_writer *json, const char *key, struct text value, struct arena *arena)
{
	struct fault unused = {0};
	json_key(json, key);
	if (!value.length)
		json_raw(json, TEXT("{}"));
	else if (json_data(value, arena, &unused))
		json_raw(json, value);
	else
		json_text(json, value);
}

static void put_json(struct listing *listing, const struct audit_entry *entry)
{
	struct buffer hash = {0};
	struct json_writer json = json_writer_on(&listing->out);
	json_object(&json);
	json_put_integer(&json, "row", entry->id);
	json_put_instant(&json, "at", entry->at);
	json_put_text(&json, "what", entry->what);
	json_put_integer(&json, "number", entry->number);
	json_put_text(&json, "alert", entry->alert);
	json_put_text(&json, "rule", entry->rule);
	json_put_text(&json, "subject", entry->subject);
	json_put_text(&json, "person", entry->person);
	put_object(&json, "detail", entry->detail, listing->arena);
	put_object(&json, "personal", entry->personal, listing->arena);
	json_put_bool(&json, "erased", entry->key && !entry->subject.length && !entry->alert.length);
	digest_put_hex(entry->hash, &hash);
	json_put_text(&json, "hash", buffer_view(&hash));
	json_object_end(&json);
	buffer_free(&hash);
	cli_print_json(listing->cli, &listing->out);
}

static void note_alert(struct listing *listing, int64_t number)
{
	for (size_t i = listing->alert_count; i-- > 0;)
		if (listing->alerts[i].number == number)
			return;
	struct named *named =
		mem_push((void **)&listing->alerts, &listing->alert_count, &listing->alert_room, sizeof *named);
	*named = (struct named){.number = number, .answered = INSTANT_NONE};
}

#define ALERTS_MOST 1000 /* of which it is said whether somebody answered; beyond, the rows themselves say it */

static enum result see_row(void *argument, const struct audit_entry *entry, struct fault *fault)
{
	struct listing *listing = argument;
	(void)fault;
	listing->rows++;
	if (entry->number && listing->alert_count < ALERTS_MOST)
		note_alert(listing, entry->number);
	arena_reset(listing->arena);
	if (listing->format == AS_JSON) {
		put_json(listing, entry);
		return RESULT_OK;
	}
	const struct data *fields = audit_fields(entry, listing->arena);
	if (listing->format == AS_CSV)
		put_csv(listing, entry, fields);
	else
		put_cells(listing, entry, fields);
	if (listing->format == AS_CSV && listing->out.length > 65536) {
		(void)fwrite(listing->out.at, 1, listing->out.length, listing->cli->out);
		buffer_clear(&listing->out);
	}
	return RESULT_OK;
}

/* ---- who answered ---- */

static enum result see_answer(void *argument, const struct audit_entry *entry, struct fault *fault)
{
	struct named *named = argument;
	(void)fault;
	if (named->answered != INSTANT_NONE || !text_equal(entry->what, TEXT("answer.received")))
		return RESULT_OK;
	named->answered = entry->at;
	(void)snprintf(named->by, sizeof named->by, "%.*s",
	               TEXT_ARG(entry->person.length ? entry->person : TEXT("somebody who gave no name")));
	return RESULT_OK;
}

static enum result look_for_answers(struct listing *listing, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < listing->alert_count; i++) {
		char number[32];
		(void)snprintf(number, sizeof number, "A-%lld", (long long)listing->alerts[i].number);
		struct audit_filter filter = {.alert = text_of(number), .from = INSTANT_NONE, .until = INSTANT_NEVER};
		result = audit_find(listing->opened->store, &filter, see_answer, &listing->alerts[i], fault);
	}
	return result;
}

static void put_answers(const struct listing *listing, struct buffer *out)
{
	for (size_t i = 0; i < listing->alert_count; i++) {
		const struct named *named = &listing->alerts[i];
		buffer_format(out, "A-%lld: ", (long long)named->number);
		if (named->answered == INSTANT_NONE) {
			buffer_string(out, "nobody has answered.\n");
			continue;
		}
		buffer_format(out, "%s answered first, ", named->by);
		put_when(listing, named->answered, out);
		buffer_string(out, ".\n");
	}
	if (listing->alert_count == ALERTS_MOST)
		buffer_format(out, "Of more than %d alerts it is not said here who answered: ask for each alone.\n",
		              ALERTS_MOST);
}

/* ---- the whole ---- */

static void begin(struct listing *listing)
{
	if (listing->format == AS_CSV)
		buffer_string(&listing->out, "row,at,what,alert,rule,subject,person,role,channel,address,server,reply,"
		                             "by,words,hash\r\n");
	if (listing->format != AS_HTML)
		return;
	page_begin(&listing->out, "Audit");
	page_table_begin(&listing->out, titles);
}

static enum cli_status end(struct listing *listing)
{
	struct buffer answers = {0};
	enum cli_status status = CLI_FINE;
	put_answers(listing, &answers);
	if (listing->format == AS_TEXT && !listing->rows) {
		buffer_string(&listing->out, "No row of the audit is of what was asked for.\n");
		cli_print(listing->cli, &listing->out);
	} else if (listing->format == AS_TEXT) {
		cli_table_print(listing->cli, &listing->table);
		if (answers.length) {
			buffer_char(&listing->out, '\n');
			buffer_text(&listing->out, buffer_view(&answers));
			cli_print(listing->cli, &listing->out);
		}
	} else if (listing->format == AS_CSV) {
		(void)fwrite(buffer_cstr(&listing->out), 1, listing->out.length, listing->cli->out);
	} else if (listing->format == AS_HTML) {
		page_table_end(&listing->out);
		page_heading(&listing->out, "Who answered");
		page_paragraph(&listing->out, answers.length ? buffer_view(&answers) : TEXT("None."));
		page_end(&listing->out);
		status = page_write(listing->cli, cli_value(listing->cli, "out"), &listing->out);
	}
	buffer_free(&answers);
	if (!cli_written(listing->cli->out))
		status = cli_failed(listing->cli, "the rows could not be written: %s", strerror(errno));
	return status;
}

static enum cli_status list(struct listing *listing, const struct audit_filter *filter)
{
	struct fault fault = {{0}};
	begin(listing);
	enum result result = audit_find(listing->opened->store, filter, see_row, listing, &fault);
	if (result == RESULT_OK && listing->format != AS_JSON && listing->format != AS_CSV)
		result = look_for_answers(listing, &fault);
	return result == RESULT_OK ? end(listing) : cli_failed(listing->cli, "%s", fault.text);
}

static enum cli_status run_audit(struct cli *cli)
{
	struct opened opened = {0};
	struct listing listing = {.cli = cli, .opened = &opened, .table = {.titles = titles}};
	struct audit_filter filter;
	enum cli_status status = read_line(&listing, &filter);
	if (status != CLI_FINE)
		return status;
	listing.arena = arena_new(8192);
	status = cli_open(cli, &opened);
	if (status == CLI_FINE)
		status = list(&listing, &filter);
	cli_close(&opened);
	arena_free(listing.arena);
	buffer_free(&listing.out);
	free(listing.alerts);
	return status;
}

const struct cli_command cli_audit = {
	.name = "audit",
	.usage = "",
	.summary = "who was told what, when, by which server, and what they answered or that nobody did",
	.help = "Shows rows of the audit (docs/audit.md) in the order in which they were written, and at the end\n"
		"who answered each alert first, or that nobody has. Filters narrow it; together they all apply. CSV\n"
		"and JSON have the hash of each row, so that casewatch verify can vouch for what was handed over. It\n"
		"holds children's data: keep it where such data may be.\n"
		"\n"
		"  casewatch audit --alert A-2041\n"
		"  casewatch audit --person p-anna --from 2020-02-01T00:00:00Z --format csv > anna.csv\n"
		"  casewatch audit --subject C1001 --format html --out C1001.html\n",
	.options = options,
	.least = 0,
	.most = 0,
	.run = run_audit,
};
