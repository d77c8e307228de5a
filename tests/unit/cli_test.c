/* The tool beside a database that a daemon has written: what it shows, what it hands over, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "config/config.h"
#include "store/alerts.h"
#include "store/events.h"
#include "store/outbox.h"
#include "text/json_read.h"

static char directory[] = "/tmp/casewatch-cli-XXXXXX";
static instant now;
static char number[16]; /* of the custody alert, as people say it: "A-1001" */
static char alert_id[ALERT_ID_SIZE] = "00000000000000aa", closed_id[ALERT_ID_SIZE] = "00000000000000bb";

static const char *in_directory(const char *name)
{
	static char whole[4][128];
	static size_t turn;
	char *path = whole[turn++ % 4];
	(void)snprintf(path, sizeof whole[0], "%s/%s", directory, name);
	return path;
}

static instant at(const char *time)
{
	const char *why;
	instant result;
	assert_true(instant_parse(text_of(time), &result, &why));
	return result;
}

/* ---- one call of the tool ---- */

struct said {
	int status;
	char *out, *err;
	size_t out_size, err_size;
};

static struct said run_arguments(char **arguments)
{
	struct said said = {0};
	int count = 0;
	while (arguments[count])
		count++;
	FILE *out = open_memstream(&said.out, &said.out_size), *err = open_memstream(&said.err, &said.err_size);
	said.status = cli_main(count, arguments, out, err, clock_manual(&now));
	(void)fclose(out);
	(void)fclose(err);
	return said;
}

/* The configuration is the test's own. */
#define RUN(...) run_arguments((char *[]){"casewatch", __VA_ARGS__, NULL})

static void forget(struct said *said)
{
	free(said->out);
	free(said->err);
	*said = (struct said){0};
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		print_error("looked for: %s\nin:\n%s\n", part, text);
	assert_non_null(strstr(text, part));
}

static void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		print_error("did not want: %s\nin:\n%s\n", part, text);
	assert_null(strstr(text, part));
}

/* Every line of it is one JSON value. Returns how many. */
static size_t assert_json_lines(const char *text)
{
	struct json_reader *reader = json_reader_new(32, 1 << 20);
	size_t lines = 0;
	for (const char *line = text; *line; lines++) {
		size_t length = strcspn(line, "\n");
		struct text value;
		enum json_token token;
		json_start(reader, (struct text){line, length}, 0);
		do
			token = json_next(reader, &value);
		while (token != JSON_END && token != JSON_FAULT);
		if (token == JSON_FAULT)
			print_error("%s: %s\n", json_fault(reader), line);
		assert_int_equal(token, JSON_END);
		line += length + (line[length] == '\n');
	}
	json_reader_free(reader);
	return lines;
}

/* ---- what the daemon has written ---- */

static struct fault fault;

static uint64_t store_event(struct store *store, struct event_parser *parser, const char *bytes, const char *arrived)
{
	struct event event;
	enum stored stored;
	assert_int_equal(event_parse(parser, text_of(bytes), at(arrived), &event, &fault), RESULT_OK);
	assert_int_equal(events_add(store, &event, text_of(bytes), at(arrived), &stored, &fault), RESULT_OK);
	assert_int_equal(stored, STORED_NEW);
	return event.ref;
}

static void keep_alerts(struct store *store, const struct config *config, uint64_t ref)
{
	const struct rule *rule = ruleset_find(config->rules, TEXT("custody.threshold"));
	assert_non_null(rule);
	struct evidence evidence = {.ref = ref, .time = at("2020-02-04T22:10:00Z")};
	struct alert alert = {.rule = rule->index, .key = 7, .key_text = TEXT("CU-1"), .state = ALERT_STANDING,
	                      .opened = evidence.time, .closed = INSTANT_NEVER, .evidence = &evidence, .evidence_count = 1,
	                      .due = INSTANT_NONE, .told = at("2020-02-04T22:11:00Z"), .step = 1,
	                      .next = at("2020-02-04T22:41:00Z")};
	int64_t given;
	memcpy(alert.id, alert_id, sizeof alert.id);
	assert_int_equal(alerts_keep(store, config->rules, PARTY_NONE, TEXT("C1001"), &alert, &given, &fault), RESULT_OK);
	(void)snprintf(number, sizeof number, "A-%lld", (long long)given);
	assert_int_equal(alerts_set_words(store, text_of(alert_id), TEXT("PACE bed threshold met at 22:10"), TEXT("[\"e1\"]"),
	                                  &fault),
	                 RESULT_OK);
	alert.key = 8;
	alert.key_text = TEXT("CU-0");
	alert.state = ALERT_RESOLVED;
	alert.closed = at("2020-02-01T08:00:00Z");
	alert.reason = "released";
	memcpy(alert.id, closed_id, sizeof alert.id);
	assert_int_equal(alerts_keep(store, config->rules, PARTY_NONE, TEXT("C1002"), &alert, &given, &fault), RESULT_OK);
	assert_int_equal(alerts_set_words(store, text_of(closed_id), TEXT("because"), TEXT("[]"), &fault), RESULT_OK);
}

static void keep_messages(struct store *store)
{
	struct outbox_row row = {.kind = OUTBOX_ALERT, .critical = true, .purpose = TEXT("opened"), .alert = text_of(alert_id),
	                         .rule = TEXT("custody.threshold"), .subject = TEXT("C1001"), .step = 1,
	                         .role = TEXT("director"), .person = TEXT("p-director"), .channel = TEXT("email"),
	                         .address = TEXT("director@example.org"), .created = at("2020-02-04T22:11:00Z"),
	                         .not_before = at("2020-02-04T22:11:00Z"), .deadline = INSTANT_NEVER};
	int64_t id;
	assert_int_equal(outbox_add(store, &row, &id, &fault), RESULT_OK);
	assert_int_equal(outbox_result(store, id, OUTBOX_ACCEPTED, at("2020-02-04T22:11:02Z"), INSTANT_NEVER,
	                               TEXT("250 2.0.0 queued as 4XYZ"), &fault),
	                 RESULT_OK);
	row.role = TEXT("dcs");
	row.person = TEXT_NONE;
	row.alert = TEXT_NONE;
	row.purpose = TEXT("list");
	assert_int_equal(outbox_add(store, &row, &id, &fault), RESULT_OK);
	struct quarantine_row refused = {.source_name = TEXT("kafka:events:0@17"), .bytes = TEXT("{\"id\": \x1b[31m\n7}"),
	                                 .reason = TEXT("not JSON: a value is expected at byte 8"),
	                                 .arrived = at("2020-02-04T20:00:00Z"), .state = TEXT("waiting")};
	assert_int_equal(quarantine_add(store, &refused, &fault), RESULT_OK);
}

static void write_database(const struct config *config)
{
	struct store *store;
	struct event_parser *reading = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	struct event_parser *taking = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	assert_int_equal(store_open(config->database, STORE_WRITE, &store, &fault), RESULT_OK);
	events_set_parser(store, reading);
	assert_int_equal(store_begin(store, &fault), RESULT_OK);
	uint64_t ref = store_event(store, taking,
	                           "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"custody.threshold_met\","
	                           "\"subject\":\"C1001\",\"time\":\"2020-02-04T22:10:00Z\",\"data\":{\"custody\":\"CU-1\"}}",
	                           "2020-02-04T22:10:30Z");
	char answer[512];
	(void)snprintf(answer, sizeof answer,
	               "{\"specversion\":\"1.0\",\"id\":\"t1\",\"source\":\"/casewatch/tool\",\"type\":\"alert.acknowledged\","
	               "\"subject\":\"C1001\",\"time\":\"2020-02-04T22:30:00Z\",\"data\":{\"alert\":\"%s\",\"by\":\"director\","
	               "\"person\":\"p-director\",\"action\":\"Bed found\",\"review_at\":\"2020-02-05T08:00:00Z\"}}",
	               alert_id);
	(void)store_event(store, taking, answer, "2020-02-04T22:30:01Z");
	(void)store_event(store, taking,
	                  "{\"specversion\":\"1.0\",\"id\":\"m1\",\"source\":\"/lcs\",\"type\":\"missing.started\","
	                  "\"subject\":\"C1007\",\"time\":\"2020-02-04T13:10:00Z\",\"data\":{\"episode\":\"E1\",\"kind\":"
	                  "\"missing\",\"risk\":\"high\"}}",
	                  "2020-02-04T13:15:00Z");
	(void)store_event(store, taking,
	                  "{\"specversion\":\"1.0\",\"id\":\"m2\",\"source\":\"/lcs\",\"type\":\"person.merged\","
	                  "\"subject\":\"C1008\",\"time\":\"2020-02-04T14:10:00Z\",\"data\":{\"from\":\"C1007\"}}",
	                  "2020-02-04T14:15:00Z");
	(void)store_event(store, taking,
	                  "{\"specversion\":\"1.0\",\"id\":\"m3\",\"source\":\"/lcs\",\"type\":\"allocation.started\","
	                  "\"subject\":\"C1008\",\"time\":\"2020-02-01T14:10:00Z\",\"data\":{\"role\":\"social-worker\","
	                  "\"worker\":\"W1\",\"team\":\"north-3\"}}",
	                  "2020-02-04T14:15:00Z");
	keep_alerts(store, config, ref);
	keep_messages(store);
	assert_int_equal(audit_add(store, at("2020-02-04T22:11:00Z"), "alert.opened", text_of(alert_id),
	                           TEXT("custody.threshold"), TEXT("C1001"), TEXT("{\"step\":1}"), &fault),
	                 RESULT_OK);
	assert_int_equal(store_commit(store, &fault), RESULT_OK);
	store_close(store);
	event_parser_free(taking);
	event_parser_free(reading);
}

static int begin(void **state)
{
	(void)state;
	char here[512];
	schema_start();
	if (!mkdtemp(directory) || !getcwd(here, sizeof here) || mkdir(in_directory("spool"), 0700) != 0)
		return -1;
	FILE *file = fopen(in_directory("casewatchd.yaml"), "w");
	(void)fprintf(file,
	              "council: Example Council\ndatabase: casewatch.db\nspool: spool\nrules: %s/rules\n"
	              "directory: %s/conf/directory.yaml\ntemplates: %s/conf/templates\n"
	              "calendar: {file: %s/conf/bank-holidays.json}\n",
	              here, here, here, here);
	(void)fclose(file);
	(void)setenv("CASEWATCH_CONFIG", in_directory("casewatchd.yaml"), 1);
	now = at("2020-02-04T22:35:00Z");
	struct config_faults faults = {0};
	struct config *config = config_load(in_directory("casewatchd.yaml"), NULL, &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_error("%s:%d:%d: %s\n", faults.items[i].file, faults.items[i].line, faults.items[i].column,
		            faults.items[i].text);
	config_faults_free(&faults);
	if (!config)
		return -1;
	write_database(config);
	config_free(config);
	return 0;
}

/* Names of what is in the spool (dot files, too); with `bytes` the first file's content, and the spool is emptied. */
static size_t empty_spool(struct buffer *bytes)
{
	size_t count = 0;
	DIR *spool = opendir(in_directory("spool"));
	assert_non_null(spool);
	for (struct dirent *entry; (entry = readdir(spool));) {
		char path[400];
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(path, sizeof path, "%s/spool/%s", directory, entry->d_name);
		assert_true(entry->d_name[0] != '.' && strstr(entry->d_name, ".jsonl"));
		FILE *file = fopen(path, "r");
		for (int c; bytes && (c = getc(file)) != EOF;)
			buffer_char(bytes, (char)c);
		(void)fclose(file);
		(void)unlink(path);
		count++;
	}
	(void)closedir(spool);
	return count;
}

static int end(void **state)
{
	(void)state;
	static const char *const files[] = {"casewatchd.yaml", "casewatch.db", "casewatch.db-wal", "casewatch.db-shm",
	                                    "casewatch.db.lock", "bad.yaml", "fixed.json"};
	(void)empty_spool(NULL);
	(void)rmdir(in_directory("spool"));
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		(void)unlink(in_directory(files[i]));
	return rmdir(directory);
}

/* ---- the command line ---- */

static void every_command_has_a_page_of_help(void **state)
{
	(void)state;
	static char *const commands[] = {"check", "test", "backtest", "explain", "alerts", "ack", "resolve", "list", "outbox",
	                                 "quarantine", "status", "demo"};
	struct said list = RUN("--help");
	assert_int_equal(list.status, 0);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		char usage[64];
		(void)snprintf(usage, sizeof usage, "usage: casewatch %s ", commands[i]);
		struct said said = RUN(commands[i], "--help");
		assert_int_equal(said.status, 0);
		assert_has(said.out, usage);
		assert_has(said.out, "--json");
		assert_has(said.out, "Exit status: 0");
		assert_string_equal(said.err, "");
		assert_has(list.out, commands[i]);
		forget(&said);
	}
	forget(&list);
}

static void wrong_use_says_what_would_be_right(void **state)
{
	(void)state;
	static const struct {
		char *arguments[5];
		const char *said;
	} wrong[] = {
		{{"casewatch", NULL}, "usage: casewatch COMMAND"},
		{{"casewatch", "alert", NULL}, "there is no command \"alert\"; did you mean \"alerts\"?"},
		{{"casewatch", "alerts", "--subjekt", "C1", NULL}, "there is no option --subjekt; did you mean \"subject\"?"},
		{{"casewatch", "alerts", "--rule", NULL}, "--rule needs its ID"},
		{{"casewatch", "alerts", "--all=yes", NULL}, "--all takes no value"},
		{{"casewatch", "alerts", "-x", NULL}, "there is no option -x"},
		{{"casewatch", "alerts", "A-1", NULL}, "\"A-1\" is too much"},
		{{"casewatch", "explain", NULL}, "something is missing: ALERT"},
		{{"casewatch", "outbox", "--limit", "many", NULL}, "--limit is \"many\"; write a number from 1 to 1000000"},
		{{"casewatch", "quarantine", "burn", "1", NULL}, "\"burn\" is not one of list, show, release and discard"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct said said = run_arguments((char **)wrong[i].arguments);
		assert_int_equal(said.status, 2);
		assert_has(said.err, wrong[i].said);
		assert_string_equal(said.out, "");
		forget(&said);
	}
}

static void a_configuration_that_is_not_there_is_named(void **state)
{
	(void)state;
	static char *const commands[] = {"alerts", "status", "outbox", "quarantine"};
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		struct said said = RUN(commands[i], "--config", "/no/such.yaml");
		assert_int_equal(said.status, 2);
		assert_has(said.err, "/no/such.yaml:1:1: cannot be opened: No such file or directory");
		forget(&said);
	}
}

static void a_database_that_is_not_there_yet_is_named(void **state)
{
	(void)state;
	char here[512], wanted[256];
	assert_non_null(getcwd(here, sizeof here));
	FILE *file = fopen(in_directory("new.yaml"), "w");
	(void)fprintf(file,
	              "council: A\ndatabase: none.db\nrules: %s/rules\ndirectory: %s/conf/directory.yaml\n"
	              "calendar: {file: %s/conf/bank-holidays.json}\n",
	              here, here, here);
	(void)fclose(file);
	struct said said = RUN("alerts", "--config", (char *)in_directory("new.yaml"));
	assert_int_equal(said.status, 2);
	(void)snprintf(wanted, sizeof wanted, "there is no database at %s/none.db yet; casewatchd makes it when it first runs with",
	               directory);
	assert_has(said.err, wanted);
	forget(&said);
	(void)unlink(in_directory("new.yaml"));
}

/* ---- check ---- */

static void check_tells_what_is_good_and_what_is_not(void **state)
{
	(void)state;
	struct said said = RUN("check");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "is good: ");
	assert_has(said.out, "bank holidays are known to 31 December 2028");
	assert_has(said.out, "nobody is sent mail (shadow)");
	forget(&said);

	FILE *file = fopen(in_directory("bad.yaml"), "w");
	(void)fputs("council: A\ndatabase: x.db\nsmtp: {port: 0}\nhours: {from: noon}\nrules: /no/such\n", file);
	(void)fclose(file);
	char expected[512];
	said = RUN("check", "--config", (char *)in_directory("bad.yaml"));
	assert_int_equal(said.status, 1);
	(void)snprintf(expected, sizeof expected, "%s/bad.yaml:3:14: smtp.port is \"0\"; write a whole number from 1 to 65535\n",
	               directory);
	assert_has(said.out, expected);
	(void)snprintf(expected, sizeof expected, "%s/bad.yaml:4:15: hours.from is \"noon\"", directory);
	assert_has(said.out, expected);
	forget(&said);

	said = RUN("check", "--json", "--config", (char *)in_directory("bad.yaml"));
	assert_int_equal(said.status, 1);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"line\":3,\"column\":14,\"text\":\"smtp.port is \\\"0\\\"; write a whole number from 1 to 65535\"");
	forget(&said);

	said = RUN("check", "--json");
	assert_int_equal(said.status, 0);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"good\":true");
	forget(&said);
}

static void a_template_that_would_fail_at_night_is_found_by_day(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_directory("words"), 0700), 0);
	FILE *file = fopen(in_directory("words/alert.txt.mustache"), "w");
	(void)fputs("{{#band}}\n", file);
	(void)fclose(file);
	file = fopen(in_directory("bad.yaml"), "w");
	char here[512];
	assert_non_null(getcwd(here, sizeof here));
	(void)fprintf(file,
	              "council: A\ndatabase: x.db\ntemplates: words\nrules: %s/rules\ndirectory: %s/conf/directory.yaml\n"
	              "calendar: {file: %s/conf/bank-holidays.json}\n",
	              here, here, here);
	(void)fclose(file);
	struct said said = RUN("check", "--config", (char *)in_directory("bad.yaml"));
	assert_int_equal(said.status, 1);
	assert_has(said.out, "/words/alert.txt.mustache:1:1: ");
	forget(&said);
	(void)unlink(in_directory("words/alert.txt.mustache"));
	assert_int_equal(rmdir(in_directory("words")), 0);
}

/* ---- looking ---- */

static void alerts_lists_what_stands(void **state)
{
	(void)state;
	struct said said = RUN("alerts");
	assert_int_equal(said.status, 0);
	assert_has(said.out, number);
	assert_has(said.out, "critical");
	assert_has(said.out, "custody.threshold");
	assert_has(said.out, "Tue 4 Feb 2020, 22:10");
	assert_has(said.out, "step 1, unanswered, goes on Tue 4 Feb 2020, 22:41");
	assert_has_not(said.out, "C1002");
	forget(&said);

	said = RUN("alerts", "--all", "--subject", "C1002");
	assert_has(said.out, "resolved: released");
	assert_has_not(said.out, "C1001");
	forget(&said);

	said = RUN("alerts", "--rule", "missing.high-risk");
	assert_int_equal(said.status, 0);
	assert_string_equal(said.out, "No such alert stands.\n");
	forget(&said);

	said = RUN("alerts", "--all", "--json");
	assert_int_equal(assert_json_lines(said.out), 2);
	assert_has(said.out, "\"evidence\":[\"e1\"]");
	forget(&said);
}

static void explain_shows_events_rule_clock_messages_and_answers(void **state)
{
	(void)state;
	struct said said = RUN("explain", number);
	assert_int_equal(said.status, 0);
	assert_has(said.out, "critical, standing since Tue 4 Feb 2020, 22:10");
	assert_has(said.out, "About C1001, CU-1");
	assert_has(said.out, "PACE bed threshold met at 22:10");
	assert_has(said.out, "custody.threshold, ");
	assert_has(said.out, "rules/custody.yaml, line ");
	assert_has(said.out, "Basis: ");
	assert_has(said.out, "event e1 from /lcs, recorded Tue 4 Feb 2020, 22:10");
	assert_has(said.out, "CU-1");
	assert_has(said.out, "Director of Children's Care (p-director) by email: opened, step 1, accepted. The server answered: "
	                     "250 2.0.0 queued as 4XYZ");
	assert_has(said.out, "Director of Children's Care (p-director): Bed found; to be looked at again 2020-02-05T08:00:00Z");
	assert_has(said.out, "alert.opened  {\"step\":1}");
	forget(&said);

	said = RUN("explain", alert_id, "--json");
	assert_int_equal(said.status, 0);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"evidence\":[{\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"custody.threshold_met\"");
	assert_has(said.out, "\"answers\":[{\"id\":\"t1\"");
	assert_has(said.out, "\"reply\":\"250 2.0.0 queued as 4XYZ\"");
	forget(&said);

	said = RUN("explain", "A-999999");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "there is no alert A-999999; casewatch alerts --all lists them");
	forget(&said);
}

static void outbox_shows_what_waits_and_what_servers_answered(void **state)
{
	(void)state;
	struct said said = RUN("outbox");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "accepted");
	assert_has(said.out, "250 2.0.0 queued as 4XYZ");
	assert_has(said.out, "pending");
	forget(&said);
	said = RUN("outbox", "--open", "--json");
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"role\":\"dcs\"");
	forget(&said);
	said = RUN("outbox", "--alert", number, "--json");
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"role\":\"director\"");
	forget(&said);
	said = RUN("outbox", "--alert", "A-999999");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "there is no alert A-999999");
	forget(&said);
}

static void status_says_what_is_wrong_and_what_to_do(void **state)
{
	(void)state;
	struct said said = RUN("status");
	assert_int_equal(said.status, 1);
	assert_has(said.out, "Daemon       does not run");
	assert_has(said.out, "Standing     1 critical, 0 high, 0 normal");
	assert_has(said.out, "casewatchd does not run: start it (systemctl start casewatchd)");
	forget(&said);
	said = RUN("status", "--json");
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"standing\":{\"critical\":1,\"high\":0,\"normal\":0}");
	assert_has(said.out, "\"complete_to\":null");
	forget(&said);
}

static void status_knows_a_daemon_by_its_lock_without_trying_it(void **state)
{
	(void)state;
	struct store *store;
	assert_int_equal(store_open(in_directory("casewatch.db"), STORE_WRITE, &store, &fault), RESULT_OK);
	struct said said = RUN("status");
	assert_has(said.out, "Daemon       runs: process ");
	assert_has_not(said.out, "casewatchd does not run");
	forget(&said);
	store_close(store);
}

static void list_shows_who_is_missing_under_the_id_that_holds_now(void **state)
{
	(void)state;
	struct said said = RUN("list", "daily-missing");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "OFFICIAL-SENSITIVE");
	assert_has(said.out, "C1008");
	assert_has_not(said.out, "C1007");
	forget(&said);
	said = RUN("list", "daily-missing", "--team", "north-3", "--json");
	assert_int_equal(said.status, 0);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"missing_now\":[{\"child\":\"C1008\"");
	forget(&said);
	said = RUN("list", "daily-missing", "--team", "south-1", "--json");
	assert_has(said.out, "\"missing_now\":[]");
	forget(&said);
	said = RUN("list", "daily-missing", "--html");
	assert_has(said.out, "<html");
	assert_has(said.out, "C1008");
	forget(&said);
	said = RUN("list", "daily-missing", "--team", "nowhere");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "--team is \"nowhere\", which is no team in the directory");
	forget(&said);
	said = RUN("list", "weekly-missing");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "there is no list \"weekly-missing\"; there is daily-missing");
	forget(&said);
}

static void a_record_that_could_not_be_read_is_on_the_list(void **state)
{
	(void)state;
	struct store *store;
	assert_int_equal(store_open(in_directory("casewatch.db"), STORE_WRITE, &store, &fault), RESULT_OK);
	struct quarantine_row refused = {
		.source_name = TEXT("kafka:events:0@18"), .arrived = at("2020-02-04T21:00:00Z"), .reason = TEXT("time is missing"),
		.bytes = TEXT("{\"type\":\"missing.started\",\"subject\":\"C1051\",\"data\":{\"episode\":\"E9\"}}")};
	assert_int_equal(store_begin(store, &fault), RESULT_OK);
	assert_int_equal(quarantine_add(store, &refused, &fault), RESULT_OK);
	assert_int_equal(store_commit(store, &fault), RESULT_OK);
	store_close(store);
	struct said said = RUN("list", "daily-missing");
	assert_has(said.out, "A record about child C1051 came at 21:00 without the time the child was");
	forget(&said);
}

/* ---- answering ---- */

static void assert_event(struct text bytes, struct event_parser *parser, struct event *event)
{
	struct text line = text_trim(bytes);
	if (event_parse(parser, line, now, event, &fault) != RESULT_OK)
		print_error("%s: %.*s\n", fault.text, TEXT_ARG(line));
	assert_int_equal(event_parse(parser, line, now, event, &fault), RESULT_OK);
	assert_int_equal(event->warning_count, 0);
}

static void assert_field(const struct event *event, const char *name, const char *expected)
{
	struct text value = event_string(event, schema_name(text_of(name)));
	assert_true(text_equal(value, text_of(expected)));
}

static void an_answer_is_an_event_through_the_same_door(void **state)
{
	(void)state;
	struct event_parser *parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	struct event event;
	struct buffer bytes = {0};
	struct said said = RUN("ack", number, "--as", "director", "--person", "p-director", "--action",
	                       "Bed found, \"transfer\" at 23:30", "--review-at", "2020-02-05T08:00:00Z");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "is handed over");
	assert_int_equal(empty_spool(&bytes), 1);
	assert_event(buffer_view(&bytes), parser, &event);
	assert_int_equal(event.type, TYPE_ID_ALERT_ACKNOWLEDGED);
	assert_true(text_equal(event.subject, TEXT("C1001")));
	assert_true(text_equal(event.source, TEXT("/casewatch/tool")));
	assert_true(event.time == now);
	assert_field(&event, "alert", alert_id);
	assert_field(&event, "by", "director");
	assert_field(&event, "person", "p-director");
	assert_field(&event, "action", "Bed found, \"transfer\" at 23:30");
	assert_field(&event, "review_at", "2020-02-05T08:00:00Z");
	forget(&said);

	buffer_clear(&bytes);
	said = RUN("resolve", number, "--as=team-manager", "--reason", "Not a child", "--json");
	assert_int_equal(said.status, 0);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_event(buffer_view(&bytes), parser, &event);
	assert_int_equal(event.type, TYPE_ID_ALERT_RESOLVED);
	assert_field(&event, "reason", "Not a child");
	forget(&said);
	buffer_free(&bytes);
	event_parser_free(parser);
}

static void no_two_answers_share_an_id(void **state)
{
	(void)state;
	struct said first = RUN("ack", number, "--as", "director", "--action", "a", "--json");
	struct said second = RUN("ack", number, "--as", "director", "--action", "a", "--json");
	assert_int_equal(empty_spool(NULL), 2);
	assert_string_not_equal(first.out, second.out);
	forget(&first);
	forget(&second);
}

static void an_answer_that_nobody_could_use_is_refused(void **state)
{
	(void)state;
	static const struct {
		char *arguments[10];
		int status;
		const char *said;
	} wrong[] = {
		{{"casewatch", "ack", number, NULL}, 2, "--as is missing"},
		{{"casewatch", "ack", number, "--as", "director", NULL}, 2, "--action is missing; write what was done"},
		{{"casewatch", "resolve", number, "--as", "director", "--reason", "  ", NULL}, 2,
		 "--reason is missing; write what the reason is"},
		{{"casewatch", "ack", number, "--as", "directer", "--action", "a", NULL}, 2,
		 "--as is \"directer\", which is no role in the directory; did you mean \"director\"?"},
		{{"casewatch", "ack", number, "--as", "director", "--person", "p-x", "--action", "a", NULL}, 2,
		 "--person is \"p-x\", which is no person in the directory"},
		{{"casewatch", "ack", number, "--as", "director", "--action", "a\nb", NULL}, 2,
		 "--action must be one line of at most 500 bytes"},
		{{"casewatch", "ack", number, "--as", "director", "--action", "a", "--review-at", "tomorrow", NULL}, 2,
		 "--review-at is \"tomorrow\""},
		{{"casewatch", "ack", number, "--as", "director", "--action", "a", "--review-at", "2020-02-04T22:00:00Z", NULL}, 2,
		 "which is past; write a time to come"},
		{{"casewatch", "ack", "A-999999", "--as", "director", "--action", "a", NULL}, 2, "there is no alert A-999999"},
		{{"casewatch", "ack", closed_id, "--as", "director", "--action", "a", NULL}, 1,
		 "does not stand any more: it is resolved, released"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct said said = run_arguments((char **)wrong[i].arguments);
		assert_int_equal(said.status, wrong[i].status);
		assert_has(said.err, wrong[i].said);
		forget(&said);
	}
	assert_int_equal(empty_spool(NULL), 0);
}

/* ---- quarantine ---- */

static void quarantine_shows_a_record_without_obeying_it(void **state)
{
	(void)state;
	struct said said = RUN("quarantine");
	assert_int_equal(said.status, 1);
	assert_has(said.out, "not JSON: a value is expected at byte 8");
	assert_has(said.out, "kafka:events:0@17");
	forget(&said);
	said = RUN("quarantine", "show", "1");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "{\"id\": ?[31m\n7}");
	assert_has_not(said.out, "\x1b");
	forget(&said);
	said = RUN("quarantine", "show", "1", "--raw");
	assert_string_equal(said.out, "{\"id\": \x1b[31m\n7}");
	forget(&said);
	said = RUN("quarantine", "show", "1", "--json");
	assert_int_equal(assert_json_lines(said.out), 1);
	forget(&said);
	said = RUN("quarantine", "show", "99");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "there is no record 99 in quarantine");
	forget(&said);
}

static void a_record_is_released_as_one_line_or_corrected_and_discarded_with_a_reason(void **state)
{
	(void)state;
	struct buffer bytes = {0};
	struct said said = RUN("quarantine", "release", "1");
	assert_int_equal(said.status, 0);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_has(buffer_cstr(&bytes), "{\"id\": \x1b[31m 7}\n{\"specversion\":\"1.0\"");
	assert_has(buffer_cstr(&bytes), "\"type\":\"quarantine.released\",\"subject\":\"quarantine-1\"");
	forget(&said);

	FILE *file = fopen(in_directory("fixed.json"), "w");
	(void)fputs("\n{\"id\":\n\"e7\"}\n\n", file);
	(void)fclose(file);
	buffer_clear(&bytes);
	said = RUN("quarantine", "release", "1", "--with", (char *)in_directory("fixed.json"), "--reason", "id put in");
	assert_int_equal(said.status, 0);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_int_equal(strncmp(buffer_cstr(&bytes), "{\"id\": \"e7\"}\n{", 14), 0);
	assert_int_equal(assert_json_lines(buffer_cstr(&bytes)), 2);
	forget(&said);

	buffer_clear(&bytes);
	said = RUN("quarantine", "discard", "1");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "--reason is missing");
	forget(&said);
	said = RUN("quarantine", "discard", "1", "--reason", "test record", "--person", "p-ops");
	assert_int_equal(said.status, 0);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_int_equal(assert_json_lines(buffer_cstr(&bytes)), 1);
	assert_has(buffer_cstr(&bytes), "\"type\":\"quarantine.discarded\"");
	assert_has(buffer_cstr(&bytes), "\"data\":{\"quarantine\":1,\"reason\":\"test record\",\"person\":\"p-ops\"}");
	forget(&said);
	buffer_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_has_a_page_of_help),
		cmocka_unit_test(wrong_use_says_what_would_be_right),
		cmocka_unit_test(a_configuration_that_is_not_there_is_named),
		cmocka_unit_test(a_database_that_is_not_there_yet_is_named),
		cmocka_unit_test(check_tells_what_is_good_and_what_is_not),
		cmocka_unit_test(a_template_that_would_fail_at_night_is_found_by_day),
		cmocka_unit_test(alerts_lists_what_stands),
		cmocka_unit_test(explain_shows_events_rule_clock_messages_and_answers),
		cmocka_unit_test(outbox_shows_what_waits_and_what_servers_answered),
		cmocka_unit_test(status_says_what_is_wrong_and_what_to_do),
		cmocka_unit_test(status_knows_a_daemon_by_its_lock_without_trying_it),
		cmocka_unit_test(list_shows_who_is_missing_under_the_id_that_holds_now),
		cmocka_unit_test(a_record_that_could_not_be_read_is_on_the_list),
		cmocka_unit_test(an_answer_is_an_event_through_the_same_door),
		cmocka_unit_test(no_two_answers_share_an_id),
		cmocka_unit_test(an_answer_that_nobody_could_use_is_refused),
		cmocka_unit_test(quarantine_shows_a_record_without_obeying_it),
		cmocka_unit_test(a_record_is_released_as_one_line_or_corrected_and_discarded_with_a_reason),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
