/* import: national returns and case-system extracts to event lines on standard output. */
#include "cli/opened.h"

#include "import/import.h"
#include "import/state.h"
#include "time/instant.h"
#include "time/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COLUMNS_SHOWN 200 /* lines of the report on a terminal; --report FILE has all */

struct importing {
	struct cli *cli;
	struct config *config;
	struct import_mapping *mapping;
	struct import_run run;
	struct buffer source, mapping_path;
	FILE *report;
	uint64_t findings[3], shown, total, done, kept;
	uint64_t *kept_of; /* by table: records that are not in the files, and stay */
	int percent;
	bool dry, progress;
};

static void write_event(void *context, struct text line)
{
	struct importing *importing = context;
	if (importing->dry)
		return;
	(void)fwrite(line.at, 1, line.length, importing->cli->out);
	(void)fputc('\n', importing->cli->out);
}

static void report_json(const struct importing *importing, const struct import_report *report)
{
	static const char *const findings[] = {"row", "column", "note"};
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_string(&json, "what", findings[report->finding]);
	json_put_string(&json, "file", report->file);
	if (report->line)
		json_put_integer(&json, "line", report->line);
	json_put_string(&json, "table", report->table);
	json_put_string(&json, "column", report->column);
	json_put_string(&json, "reason", report->reason);
	json_object_end(&json);
	(void)fprintf(importing->report, "%s\n", buffer_cstr(&out));
	buffer_free(&out);
}

static void write_report(void *context, const struct import_report *report)
{
	struct importing *importing = context;
	importing->findings[report->finding]++;
	if (importing->report == importing->cli->err && ++importing->shown > COLUMNS_SHOWN)
		return;
	if (importing->cli->json) {
		report_json(importing, report);
		return;
	}
	(void)fprintf(importing->report, "%s:", report->file);
	if (report->line)
		(void)fprintf(importing->report, "%lld:", (long long)report->line);
	(void)fprintf(importing->report, " %s%s%s%s%s%s\n", report->table ? report->table : "",
	              report->table && report->column ? ", " : "", report->column ? report->column : "",
	              report->table || report->column ? ": " : "", report->reason,
	              report->finding == IMPORT_ROW ? " (not taken)" : "");
}

static void show_progress(void *context, uint64_t bytes)
{
	struct importing *importing = context;
	if (!importing->progress || !importing->total)
		return;
	int percent = (int)((importing->done + bytes) * 100 / importing->total);
	if (percent == importing->percent || percent > 100)
		return;
	importing->percent = percent;
	(void)fprintf(importing->cli->err, "\r  %3d%%%s", percent, percent == 100 ? "\n" : "");
	(void)fflush(importing->cli->err);
}

/* conf/import/FORMAT.yaml beside the configuration. */
static const char *mapping_path(struct importing *importing, const char *format)
{
	const char *given = cli_value(importing->cli, "mapping"), *config = importing->cli->config;
	const char *slash = strrchr(config, '/');
	if (given)
		return given;
	if (slash)
		buffer_add(&importing->mapping_path, config, (size_t)(slash - config) + 1);
	buffer_format(&importing->mapping_path, "import/%s.yaml", format);
	return buffer_cstr(&importing->mapping_path);
}

static enum cli_status read_options(struct importing *importing)
{
	struct cli *cli = importing->cli;
	const char *recorded = cli_value(cli, "recorded"), *year = cli_value(cli, "year"), *why;
	const char *source = cli_value(cli, "source"), *report = cli_value(cli, "report");
	struct import_run *run = &importing->run;
	run->recorded = INSTANT_NONE;
	if (recorded && !instant_parse(text_of(recorded), &run->recorded, &why))
		return cli_wrong(cli, "--recorded \"%s\" is not a time such as 2020-03-01T00:00:00Z: %s", recorded,
		                 why);
	run->year = year && strlen(year) == 4 && strspn(year, "0123456789") == 4 ? atoi(year) : 0;
	if (year && (run->year < 1990 || run->year > 2100))
		return cli_wrong(cli, "--year \"%s\" is not a year such as 2026", year);
	run->unconfirmed = cli_value(cli, "unconfirmed") != NULL;
	importing->dry = cli_value(cli, "dry-run") != NULL;
	if (cli_value(cli, "whole") && !cli_value(cli, "state"))
		return cli_wrong(cli,
		                 "--whole needs --state FILE: without it nothing is known of what was sent before");
	buffer_format(&importing->source, "/import/%s", cli->operands[0]);
	run->source = source ? source : buffer_cstr(&importing->source);
	importing->report = report ? fopen(report, "we") : cli->err;
	return importing->report ? CLI_FINE : cli_failed(cli, "cannot write %s: %s", report, strerror(errno));
}

static enum cli_status read_mapping(struct importing *importing)
{
	struct config_faults faults = {0};
	struct fault fault = {{0}};
	const char *state = cli_value(importing->cli, "state");
	importing->mapping = import_mapping_read(mapping_path(importing, importing->cli->operands[0]), &faults);
	cli_print_faults(importing->cli->err, &faults);
	config_faults_free(&faults);
	if (!importing->mapping)
		return cli_failed(importing->cli,
		                  "there is no such format; conf/import/ has ssda903, cin-census, annex-a and ssd, and "
		                  "--mapping FILE names another");
	importing->run.mapping = importing->mapping;
	if (state && !(importing->run.state = import_state_read(state, &fault)))
		return cli_failed(importing->cli, "%s", fault.text);
	return CLI_FINE;
}

static enum cli_status read_files(struct importing *importing)
{
	struct cli *cli = importing->cli;
	struct import_run *run = &importing->run;
	for (size_t i = 1; i < cli->operand_count; i++) {
		struct stat about;
		if (stat(cli->operands[i], &about) == 0)
			importing->total += (uint64_t)about.st_size;
	}
	for (size_t i = 1; i < cli->operand_count; i++) {
		struct fault fault = {{0}};
		struct stat about;
		enum result result = importing->mapping->xml
		                             ? import_xml(run, cli->operands[i], &fault)
		                             : import_csv(run, cli->operands[i], cli_value(cli, "table"), &fault);
		if (result != RESULT_OK)
			return cli_failed(cli, "%s", fault.text);
		if (stat(cli->operands[i], &about) == 0)
			importing->done += (uint64_t)about.st_size;
	}
	return CLI_FINE;
}

/* What is not withdrawn although the files do not have it: a row that cannot be read, or a file that was forgotten,
 * must not take a child off record. */
static bool is_kept(struct importing *importing, struct text key)
{
	const struct import_table *table;
	if (!import_why_kept(&importing->run, key, &table))
		return false;
	importing->kept++;
	importing->kept_of[table ? (size_t)(table - importing->mapping->tables) : importing->mapping->table_count]++;
	return true;
}

static void report_kept(struct importing *importing)
{
	for (size_t i = 0; i <= importing->mapping->table_count; i++) {
		const struct import_table *table =
			i < importing->mapping->table_count ? &importing->mapping->tables[i] : NULL;
		struct buffer key = {0};
		const struct import_table *of;
		char reason[200];
		if (!importing->kept_of[i])
			continue;
		buffer_format(&key, "%s/", table ? table->id : "");
		(void)snprintf(reason, sizeof reason,
		               "%" PRIu64 " record%s that the files do not have %s not withdrawn: %s",
		               importing->kept_of[i], importing->kept_of[i] == 1 ? "" : "s",
		               importing->kept_of[i] == 1 ? "is" : "are",
		               import_why_kept(&importing->run, buffer_view(&key), &of));
		write_report(importing, &(struct import_report){IMPORT_NOTE, importing->run.file,
		                                                table ? table->id : NULL, NULL, 0, reason});
		buffer_free(&key);
	}
}

/* A record that the whole file no longer has: it never happened. */
static bool withdraw(void *context, struct text key, struct text subject, unsigned version)
{
	struct importing *importing = context;
	struct import_run *run = &importing->run;
	if (is_kept(importing, key))
		return false;
	struct buffer out = {0}, id = {0};
	struct json_writer json = json_writer_on(&out);
	buffer_text(&id, key);
	if (version > 1)
		buffer_format(&id, "/v%u", version);
	json_object(&json);
	json_put_string(&json, "specversion", "1.0");
	json_key(&json, "id");
	size_t length = id.length;
	buffer_string(&id, "/withdrawn");
	json_text(&json, buffer_view(&id));
	json_put_string(&json, "source", run->source);
	json_put_string(&json, "type", "event.withdrawn");
	json_put_text(&json, "subject", subject);
	instant at = run->recorded != INSTANT_NONE ? run->recorded : clock_now(&importing->cli->clock);
	json_put_instant(&json, "time", at);
	json_key(&json, "data");
	json_object(&json);
	json_put_text(&json, "id", (struct text){id.at, length});
	json_put_string(&json, "reason", "recorded-in-error");
	json_object_end(&json);
	json_object_end(&json);
	run->withdrawn++;
	write_event(importing, buffer_view(&out));
	buffer_free(&out);
	buffer_free(&id);
	return true;
}

static void say_summary(const struct importing *importing, struct buffer *out)
{
	const struct import_run *run = &importing->run;
	buffer_string(out, importing->dry ? "Nothing was written. " : "");
	words_count((int64_t)run->rows, "row read: ", "rows read: ", out);
	words_count((int64_t)run->events, "event", "events", out);
	buffer_string(out, run->state ? ", of them " : " (without --state corrections cannot be told), of them ");
	words_count((int64_t)run->corrected, "correction; ", "corrections; ", out);
	words_count((int64_t)run->unchanged, "as it was before; ", "as they were before; ", out);
	words_count((int64_t)run->withdrawn, "withdrawn; ", "withdrawn; ", out);
	words_count((int64_t)run->refused, "row not taken; ", "rows not taken; ", out);
	words_count((int64_t)run->without, "with nothing of which an event is made; ",
	            "with nothing of which an event is made; ", out);
	words_count((int64_t)importing->findings[IMPORT_COLUMN], "column or element not read",
	            "columns or elements not read", out);
}

static void print_summary(const struct importing *importing)
{
	const struct import_run *run = &importing->run;
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	if (importing->cli->json) {
		json_object(&json);
		json_put_string(&json, "what", "summary");
		json_put_integer(&json, "rows", (int64_t)run->rows);
		json_put_integer(&json, "events", (int64_t)run->events);
		json_put_integer(&json, "unchanged", (int64_t)run->unchanged);
		json_put_integer(&json, "corrections", (int64_t)run->corrected);
		json_put_integer(&json, "withdrawn", (int64_t)run->withdrawn);
		json_put_integer(&json, "not_withdrawn", (int64_t)importing->kept);
		json_put_integer(&json, "rows_not_taken", (int64_t)run->refused);
		json_put_integer(&json, "rows_without_event", (int64_t)run->without);
		json_put_integer(&json, "columns_not_read", (int64_t)importing->findings[IMPORT_COLUMN]);
		json_put_bool(&json, "dry_run", importing->dry);
		json_object_end(&json);
	} else {
		say_summary(importing, &out);
	}
	if (!importing->cli->json && importing->shown > COLUMNS_SHOWN)
		(void)fprintf(importing->cli->err, "  and %llu more, which --report FILE has\n",
		              (unsigned long long)(importing->shown - COLUMNS_SHOWN));
	(void)fprintf(importing->cli->err, "%s\n", buffer_cstr(&out));
	buffer_free(&out);
}

static enum cli_status import_all(struct importing *importing)
{
	struct cli *cli = importing->cli;
	struct fault fault = {{0}};
	import_begin(&importing->run);
	enum cli_status status = read_files(importing);
	if (status == CLI_FINE && cli_value(cli, "whole")) {
		importing->kept_of = mem_zero(importing->mapping->table_count + 1, sizeof *importing->kept_of);
		import_state_unseen(importing->run.state, withdraw, importing);
		report_kept(importing);
		free(importing->kept_of);
	}
	import_end(&importing->run);
	if (status == CLI_FINE && !cli_written(cli->out))
		status = cli_failed(cli, "cannot write the events: %s", strerror(errno));
	if (status == CLI_FINE && importing->run.state && !importing->dry &&
	    import_state_write(importing->run.state, cli_value(cli, "state"), &fault) != RESULT_OK)
		status = cli_failed(cli, "%s", fault.text);
	if (status == CLI_FINE)
		print_summary(importing);
	return status == CLI_FINE && (importing->run.refused || importing->kept) ? CLI_FOUND : status;
}

static enum cli_status run_import(struct cli *cli)
{
	struct importing importing = {.cli = cli, .percent = -1};
	enum cli_status status = read_options(&importing);
	if (status == CLI_FINE && !(importing.config = cli_config(cli, NULL)))
		status = CLI_WRONG;
	if (status == CLI_FINE)
		status = read_mapping(&importing);
	importing.run.config = importing.config;
	importing.run.context = &importing;
	importing.run.event = write_event;
	importing.run.report = write_report;
	importing.run.progress = show_progress;
	importing.progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	if (status == CLI_FINE)
		status = import_all(&importing);
	if (importing.report && importing.report != cli->err)
		(void)fclose(importing.report);
	import_state_free(importing.run.state);
	import_mapping_free(importing.mapping);
	config_free(importing.config);
	buffer_free(&importing.source);
	buffer_free(&importing.mapping_path);
	return status;
}

static const struct cli_option options[] = {
	{"state", "FILE", "what was sent before: only what is new or changed is written, and kept there"},
	{"whole", NULL, "the files are all there is: what they no longer have is withdrawn (with --state)"},
	{"year", "YEAR", "of the return, where the file does not say it: columns of other years are reported"},
	{"table", "ID", "a CSV file is of this table of the mapping, whatever its columns"},
	{"unconfirmed", NULL, "take what the mapping marks as unconfirmed, too"},
	{"mapping", "FILE", "another mapping than import/FORMAT.yaml beside the configuration"},
	{"source", "NAME", "the events' source (default: /import/FORMAT)"},
	{"recorded", "TIME", "the events' recordedtime: when the extract was made"},
	{"report", "FILE", "write every row that was not taken, and why, there instead of to the terminal"},
	{"dry-run", NULL, "write no events and keep no state: only the report"},
	{NULL, NULL, NULL},
};

const struct cli_command cli_import = {
	.name = "import",
	.usage = "FORMAT FILE...",
	.summary = "national returns and extracts to events: ssda903, cin-census, annex-a, ssd",
	.help = "Reads files of a national return or an extract and writes events, one a line, for the daemon's spool, "
		"Kafka\nor backtest. What each column means stands in a mapping file, with where it was read; columns "
		"that it does\nnot name are reported and never guessed. Dates become events known by date alone. Each "
		"record has the same\nid in every later file, so that a second import changes nothing; with --state a "
		"record that changed is sent\nas a correction of the one before. Rows that are not taken are reported "
		"with line, column and reason; the\nexit status is then 1.\n\n"
		"Example:\n"
		"  casewatch import ssda903 header.csv episodes.csv missing.csv --state 903.state > 903.jsonl\n",
	.options = options,
	.least = 2,
	.most = SIZE_MAX,
	.run = run_import,
};
