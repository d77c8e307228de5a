/* erase: a child's data is taken away, by the running daemon or, where none runs, by the tool itself. */
#include "cli/rows.h"

#include "backtest/trial.h"
#include "cli/status/status.h"
#include "cli/traces.h"
#include "store/alerts/alerts.h"
#include "store/erasure/erase_orders.h"
#include "store/erasure/erasures.h"
#include "store/events/events.h"
#include "time/words.h"

#include <stdlib.h>
#include <time.h>

#define REASON_MAX 200 /* bytes: a line of a list; who needs more writes it into the council's own file */
#define WAIT_MOST 3600 /* seconds: a child with a hundred thousand records takes minutes */
#define WAIT_USUAL 120
#define LOOK_NS 200000000L

static const struct cli_option options[] = {
	{"reason", "TEXT", "why, without naming anybody (needed)"},
	{"person", "ID", "who orders it, an id of the directory (needed)"},
	{"although-alerts-stand", NULL, "also where alerts stand: nobody is followed up for the child any more"},
	{"wait", "SECONDS", "for the daemon, until everything is gone (120)"},
	{"list", NULL, "what was erased, without saying whom"},
	{NULL, NULL, NULL},
};

struct erasing {
	struct cli *cli;
	struct opened opened;
	struct subject subject; /* with all merges, to find what it is linked with */
	const struct text *ids;
	size_t count;
	size_t standing;
	bool known;
	bool nobody; /* has the database: the order waits for a start */
};

/* ---- what was erased ---- */

static enum result list_row(void *argument, const struct erasure_row *row, struct fault *fault)
{
	struct rows *rows = argument;
	struct json_writer json;
	(void)fault;
	if (rows_next(rows, &json)) {
		json_put_integer(&json, "erasure", row->id);
		json_put_instant(&json, "at", row->at);
		json_put_text(&json, "person", row->person);
		json_put_text(&json, "reason", row->reason);
		json_put_bool(&json, "done", row->done);
		json_put_integer(&json, "events", row->events);
		json_put_integer(&json, "alerts", row->alerts);
		json_put_integer(&json, "messages", row->messages);
		json_put_integer(&json, "records", row->records);
		json_put_integer(&json, "audit_rows", row->audit_rows);
		rows_json_end(rows, &json);
		return RESULT_OK;
	}
	rows_format(rows, "%lld", (long long)row->id);
	rows_time(rows, row->at);
	rows_text(rows, row->person);
	rows_text(rows, row->done ? TEXT("done") : TEXT("under way"));
	rows_format(rows, "%lld", (long long)row->events);
	rows_format(rows, "%lld", (long long)row->alerts);
	rows_format(rows, "%lld", (long long)row->messages);
	rows_text(rows, row->reason);
	return RESULT_OK;
}

static enum cli_status list(struct erasing *erasing)
{
	static const char *const titles[] = {"erasure", "at",       "by",  "state", "events",
	                                     "alerts",  "messages", "why", NULL};
	struct rows rows = rows_begin(erasing->cli, &erasing->opened, titles);
	struct fault fault = {{0}};
	if (erasures_each(erasing->opened.store, list_row, &rows, &fault) != RESULT_OK)
		return cli_failed(erasing->cli, "%s", fault.text);
	rows_end(&rows, "Nothing was erased.");
	return CLI_FINE;
}

/* ---- whom ---- */

static enum result keep_merge(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	(void)bytes, (void)arrived, (void)fault;
	subject_keep(argument, event);
	return RESULT_OK;
}

static enum result note_known(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	(void)event, (void)bytes, (void)arrived, (void)fault;
	*(bool *)argument = true;
	return RESULT_OK;
}

static enum result note_standing(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct erasing *erasing = argument;
	(void)row, (void)fault;
	erasing->standing++;
	erasing->known = true;
	return RESULT_OK;
}

/* All ids that are one child with it: whoever erases one name of a child erases the child. */
static enum result find_subject(struct erasing *erasing, struct fault *fault)
{
	struct store *store = erasing->opened.store;
	erasing->subject = subject_of(text_of(erasing->cli->operands[0]), PARTY_NONE);
	enum result result = events_merges(store, keep_merge, &erasing->subject, fault);
	if (result == RESULT_OK)
		erasing->count = subject_linked(erasing->opened.config, &erasing->subject, erasing->subject.events,
		                                erasing->subject.count, &erasing->ids);
	for (size_t i = 0; i < erasing->count && result == RESULT_OK; i++) {
		result = events_history(store, PARTY_WORKER, erasing->ids[i], note_known, &erasing->known, fault);
		if (result == RESULT_OK)
			result = events_history(store, PARTY_PROVIDER, erasing->ids[i], note_known, &erasing->known,
			                        fault);
		if (result == RESULT_OK)
			result = alerts_each(store, TEXT_NONE, erasing->ids[i], false, note_standing, erasing, fault);
	}
	return result;
}

static enum cli_status check_order(struct erasing *erasing)
{
	struct cli *cli = erasing->cli;
	const char *reason = cli_value(cli, "reason"), *person = cli_value(cli, "person");
	if (!reason || text_is_blank(text_of(reason)))
		return cli_wrong(cli, "--reason is missing; why a child's data was taken away stays on record");
	if (!person || text_is_blank(text_of(person)))
		return cli_wrong(cli, "--person is missing; who ordered it stays on record");
	if (strlen(reason) > REASON_MAX)
		return cli_wrong(cli, "--reason is longer than %d bytes", REASON_MAX);
	if (erasures_named_in(text_of(reason), text_of(cli->operands[0])))
		return cli_wrong(cli, "--reason names the child; it stays on record, and must not");
	return CLI_FINE;
}

static enum cli_status check_subject(struct erasing *erasing)
{
	struct cli *cli = erasing->cli;
	if (!erasing->standing || cli_value(cli, "although-alerts-stand"))
		return CLI_FINE;
	(void)cli_failed(cli,
	                 "%zu alert%s of this child: nobody would be followed up any more, and nothing was changed. "
	                 "Have them answered and resolved first, or say --although-alerts-stand",
	                 erasing->standing, erasing->standing == 1 ? " stands" : "s stand");
	return CLI_FOUND;
}

/* ---- the work ---- */

static void fill_orders(const struct erasing *erasing, struct erasure_order *orders)
{
	for (size_t i = 0; i < erasing->count; i++)
		orders[i] = (struct erasure_order){.subject = erasing->ids[i],
		                                   .person = text_of(cli_value(erasing->cli, "person")),
		                                   .reason = text_of(cli_value(erasing->cli, "reason")),
		                                   .at = erasing->opened.now,
		                                   .audit_from = INSTANT_NONE};
}

/* Where no daemon has the database. */
static enum result erase_here(const struct erasing *erasing, struct store *store, const struct erasure_order *orders,
                              struct fault *fault)
{
	enum result result = RESULT_OK;
	events_set_parser(store, erasing->opened.parser);
	for (size_t i = 0; i < erasing->count && result == RESULT_OK; i++)
		result = erasures_begin(store, &orders[i], fault);
	for (bool more = true; more && result == RESULT_OK;)
		result = erasures_step(store, erasing->opened.now, &more, fault);
	return result == RESULT_OK ? store_empty_log(store, fault) : result; /* it has the pages of before */
}

static enum result wait_for_daemon(const struct erasing *erasing, int seconds, bool *done, struct fault *fault)
{
	struct store *store = erasing->opened.store;
	const char *database = erasing->opened.config->database;
	int64_t pending = 1;
	enum result result = RESULT_OK;
	*done = false;
	for (int looks = 0; looks <= seconds * 5 && !*done && result == RESULT_OK; looks++) {
		if (looks)
			(void)nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
		bool taken = erase_orders_waiting(database) == 0;
		store_look_anew(store);
		result = taken ? erasures_pending(store, &pending, fault) : RESULT_OK;
		*done = taken && pending == 0;
	}
	return result;
}

static int seconds_to_wait(struct cli *cli)
{
	const char *given = cli_value(cli, "wait");
	char *end = NULL;
	long seconds = given ? strtol(given, &end, 10) : WAIT_USUAL;
	return (given && (!*given || *end)) || seconds < 0 || seconds > WAIT_MOST ? -1 : (int)seconds;
}

static enum result ask_daemon(struct erasing *erasing, const struct erasure_order *orders, int seconds, bool *done,
                              struct fault *fault)
{
	enum result result = erase_orders_put(erasing->opened.config->database, orders, erasing->count, fault);
	return result == RESULT_OK ? wait_for_daemon(erasing, erasing->nobody ? 0 : seconds, done, fault) : result;
}

/* Opening it to write is refused where a daemon has it: then that one is asked. Where nobody has it, something else is
 * wrong with it, and an order would wait for nobody. */
static enum result carry_out(struct erasing *erasing, int seconds, bool *done, struct fault *fault)
{
	struct erasure_order *orders = mem_zero(erasing->count, sizeof *orders);
	const char *database = erasing->opened.config->database;
	struct store *store;
	char who[STATUS_WHO_MOST] = "";
	bool cell = erasing->opened.config->cell.machine != NULL; /* then it goes through the log, to all machines */
	enum result result;
	fill_orders(erasing, orders);
	*done = true;
	if (!cell && store_open(database, STORE_WRITE, &store, fault) == RESULT_OK) {
		result = erase_here(erasing, store, orders, fault);
		store_close(store);
	} else {
		erasing->nobody = !status_is_held(database, who);
		result =
			cell || !erasing->nobody ? ask_daemon(erasing, orders, seconds, done, fault) : RESULT_PERMANENT;
	}
	free(orders);
	return result;
}

/* ---- what is said of it ---- */

static void print(struct erasing *erasing, bool done, const struct traces *traces)
{
	struct cli *cli = erasing->cli;
	struct buffer out = {0};
	if (cli->json) {
		struct json_writer json = json_writer_on(&out);
		json_object(&json);
		json_put_bool(&json, "done", done);
		json_put_integer(&json, "ids", (int64_t)erasing->count);
		json_put_integer(&json, "lines", traces->lines);
		json_put_integer(&json, "traces", traces->left);
		json_put_integer(&json, "backups", traces->backups);
		json_put_integer(&json, "unread", traces->unread);
		json_object_end(&json);
		cli_print_json(cli, &out);
		return;
	}
	if (!erasing->known)
		buffer_string(&out, "Nothing is stored of this id.\n");
	else
		words_count((int64_t)erasing->count, "id is", "ids are", &out);
	if (erasing->known)
		buffer_string(&out, done ? " erased.\n"
		                    : erasing->nobody
		                            ? " not erased yet: the order waits for casewatchd, which does not run "
		                              "here; casewatch erase --list\nsays when it is done. Run this command "
		                              "again then: it looks for traces.\n"
		                            : " being erased: the daemon goes on; casewatch erase --list says when it "
		                              "is done.\nRun this command again then: it looks for traces.\n");
	traces_print(traces, &out);
	cli_print(cli, &out);
}

/* In the files by their bytes, and in events that are packed. */
static enum result look_for_traces(struct erasing *erasing, struct traces *traces, struct fault *fault)
{
	struct erasures_left left;
	traces_look(erasing->opened.config, erasing->ids, erasing->count, traces);
	enum result result = erasures_named(erasing->opened.store, erasing->ids, erasing->count, &left, fault);
	if (result != RESULT_OK)
		return result;
	traces->left += left.naming;
	traces->unread += left.unread;
	if (left.unread) {
		buffer_format(&traces->unread_names, "  %s: ", erasing->opened.config->database);
		words_count(left.unread, "stored event", "stored events", &traces->unread_names);
		buffer_string(&traces->unread_names, " can no longer be read\n");
	}
	return RESULT_OK;
}

static enum cli_status erase(struct erasing *erasing)
{
	struct cli *cli = erasing->cli;
	struct traces traces = {0};
	struct fault fault = {{0}};
	bool done = false;
	int seconds = seconds_to_wait(cli);
	enum cli_status status = check_order(erasing);
	if (status == CLI_FINE && seconds < 0)
		return cli_wrong(cli, "--wait takes seconds, 0 to %d", WAIT_MOST);
	if (status == CLI_FINE && find_subject(erasing, &fault) != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	if (status == CLI_FINE)
		status = check_subject(erasing);
	if (status != CLI_FINE)
		return status;
	/* Erased before: traces may be left that only time takes away. */
	enum result result = erasing->known ? carry_out(erasing, seconds, &done, &fault) : RESULT_OK;
	done = done || !erasing->known;
	if (result == RESULT_OK && done)
		result = look_for_traces(erasing, &traces, &fault);
	if (result != RESULT_OK)
		status = cli_failed(cli, "%s", fault.text);
	else
		print(erasing, done, &traces);
	bool left = !done || traces.left || traces.unread;
	traces_free(&traces);
	return status != CLI_FINE ? status : left || !erasing->known ? CLI_FOUND : CLI_FINE;
}

static enum cli_status run_erase(struct cli *cli)
{
	struct erasing erasing = {.cli = cli};
	enum cli_status status = cli_open(cli, &erasing.opened);
	if (status == CLI_FINE && cli_value(cli, "list") && cli->operand_count)
		status = cli_wrong(cli, "--list erases nothing: \"%s\" is too much", cli->operands[0]);
	else if (status == CLI_FINE && cli_value(cli, "list"))
		status = list(&erasing);
	else if (status == CLI_FINE && !cli->operand_count)
		status = cli_wrong(cli, "something is missing: whom");
	else if (status == CLI_FINE)
		status = erase(&erasing);
	subject_free(&erasing.subject);
	cli_close(&erasing.opened);
	return status;
}

const struct cli_command cli_erase = {
	.name = "erase",
	.usage = "[SUBJECT]",
	.summary = "takes away what is stored of a child, under every id that it went by",
	.help = "Takes away the child's events, alerts, messages, rows of lists, records in quarantine and what the "
                "audit says\n"
		"of it; the audit goes on to verify, and says when, by whom and why. Refused while alerts stand. What "
                "was\n"
		"erased does not come back, neither from a source nor from a backup; what comes of the child "
                "afterwards is\n"
		"news, and is followed as any other (docs/retention.md).\n"
		"\n"
		"  casewatch erase C1001 --person p-dpo --reason 'request of the subject, number 31'\n"
		"  casewatch erase --list\n"
		"\n"
		"Names the backups that still hold it. Exit status 1 where something is left.\n",
	.options = options,
	.most = 1,
	.run = run_erase,
};
