/* cli_world: the tool beside a database that a daemon has written, with the clock in the test's hand. */
#ifndef CASEWATCH_TESTS_CLI_WORLD_H
#define CASEWATCH_TESTS_CLI_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "registers_fixture.h"

#include "base/file.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "config/config.h"
#include "store/alerts/alerts.h"
#include "store/events/events.h"
#include "store/outbox/outbox.h"
#include "text/json_read.h"

static char directory[] = "/tmp/casewatch-cli-XXXXXX";
static instant now;
static char number[16]; /* of the custody alert, as people say it: "A-1001" */
static char alert_id[ALERT_ID_SIZE] = "00000000000000aa", closed_id[ALERT_ID_SIZE] = "00000000000000bb";

static inline const char *in_directory(const char *name)
{
	static char whole[4][128];
	static size_t turn;
	char *path = whole[turn++ % 4];
	(void)snprintf(path, sizeof whole[0], "%s/%s", directory, name);
	return path;
}

static inline instant at(const char *time)
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

static inline struct said run_arguments(char **arguments)
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

static inline void forget(struct said *said)
{
	free(said->out);
	free(said->err);
	*said = (struct said){0};
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		print_error("looked for: %s\nin:\n%s\n", part, text);
	assert_non_null(strstr(text, part));
}

static inline void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		print_error("did not want: %s\nin:\n%s\n", part, text);
	assert_null(strstr(text, part));
}

/* Every line of it is one JSON value. Returns how many. */
static inline size_t assert_json_lines(const char *text)
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

static inline uint64_t store_event(struct store *store, struct event_parser *parser, const char *bytes,
                                   const char *arrived)
{
	struct event event;
	enum stored stored;
	assert_int_equal(event_parse(parser, text_of(bytes), at(arrived), &event, &fault), RESULT_OK);
	assert_int_equal(events_add(store, &event, text_of(bytes), at(arrived), &stored, &fault), RESULT_OK);
	assert_int_equal(stored, STORED_NEW);
	return event.ref;
}

static inline void keep_alerts(struct store *store, const struct config *config, uint64_t ref)
{
	const struct rule *rule = ruleset_find(config->rules, TEXT("custody.threshold"));
	assert_non_null(rule);
	struct evidence evidence = {.ref = ref, .time = at("2020-02-04T22:10:00Z")};
	struct alert alert = {.rule = rule->index,
	                      .key = 7,
	                      .key_text = TEXT("CU-1"),
	                      .state = ALERT_STANDING,
	                      .opened = evidence.time,
	                      .closed = INSTANT_NEVER,
	                      .evidence = &evidence,
	                      .evidence_count = 1,
	                      .due = INSTANT_NONE,
	                      .told = at("2020-02-04T22:11:00Z"),
	                      .step = 1,
	                      .next = at("2020-02-04T22:41:00Z")};
	int64_t given;
	memcpy(alert.id, alert_id, sizeof alert.id);
	assert_int_equal(alerts_keep(store, config->rules, PARTY_NONE, TEXT("C1001"), &alert, &given, &fault),
	                 RESULT_OK);
	(void)snprintf(number, sizeof number, "A-%lld", (long long)given);
	assert_int_equal(alerts_set_words(store, text_of(alert_id), TEXT("PACE bed threshold met at 22:10"),
	                                  &evidence, 1, &fault),
	                 RESULT_OK);
	alert.key = 8;
	alert.key_text = TEXT("CU-0");
	alert.state = ALERT_RESOLVED;
	alert.closed = at("2020-02-01T08:00:00Z");
	alert.reason = "released";
	memcpy(alert.id, closed_id, sizeof alert.id);
	assert_int_equal(alerts_keep(store, config->rules, PARTY_NONE, TEXT("C1002"), &alert, &given, &fault),
	                 RESULT_OK);
	assert_int_equal(alerts_set_words(store, text_of(closed_id), TEXT("because"), NULL, 0, &fault), RESULT_OK);
}

static inline void keep_messages(struct store *store)
{
	struct outbox_row row = {.kind = OUTBOX_ALERT,
	                         .critical = true,
	                         .purpose = TEXT("opened"),
	                         .alert = text_of(alert_id),
	                         .rule = TEXT("custody.threshold"),
	                         .subject = TEXT("C1001"),
	                         .step = 1,
	                         .role = TEXT("director"),
	                         .person = TEXT("p-director"),
	                         .channel = TEXT("email"),
	                         .address = TEXT("director@example.org"),
	                         .created = at("2020-02-04T22:11:00Z"),
	                         .not_before = at("2020-02-04T22:11:00Z"),
	                         .deadline = INSTANT_NEVER};
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
	struct quarantine_row refused = {.source_name = TEXT("kafka:events:0@17"),
	                                 .bytes = TEXT("{\"id\": \x1b[31m\n7}"),
	                                 .reason = TEXT("not JSON: a value is expected at byte 8"),
	                                 .arrived = at("2020-02-04T20:00:00Z"),
	                                 .state = TEXT("waiting")};
	assert_int_equal(quarantine_add(store, &refused, &fault), RESULT_OK);
}

static inline void write_database(const struct config *config)
{
	struct store *store;
	struct event_parser *reading =
		event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	struct event_parser *taking =
		event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	assert_int_equal(store_open(config->database, STORE_WRITE, &store, &fault), RESULT_OK);
	events_set_parser(store, reading);
	assert_int_equal(store_begin(store, &fault), RESULT_OK);
	uint64_t ref = store_event(
		store, taking,
		"{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"custody.threshold_met\","
		"\"subject\":\"C1001\",\"time\":\"2020-02-04T22:10:00Z\",\"data\":{\"custody\":\"CU-1\"}}",
		"2020-02-04T22:10:30Z");
	char answer[512];
	(void)snprintf(
		answer, sizeof answer,
		"{\"specversion\":\"1.0\",\"id\":\"t1\",\"source\":\"/casewatch/tool\",\"type\":\"alert.acknowledged\","
		"\"subject\":\"C1001\",\"time\":\"2020-02-04T22:30:00Z\",\"data\":{\"alert\":\"%s\",\"by\":"
	        "\"director\","
		"\"person\":\"p-director\",\"action\":\"Bed found\",\"review_at\":\"2020-02-05T08:00:00Z\"}}",
		alert_id);
	(void)store_event(store, taking, answer, "2020-02-04T22:30:01Z");
	(void)store_event(
		store, taking,
		"{\"specversion\":\"1.0\",\"id\":\"m1\",\"source\":\"/lcs\",\"type\":\"missing.started\","
		"\"subject\":\"C1007\",\"time\":\"2020-02-04T13:10:00Z\",\"data\":{\"episode\":\"E1\",\"kind\":"
		"\"missing\",\"risk\":\"high\"}}",
		"2020-02-04T13:15:00Z");
	(void)store_event(store, taking,
	                  "{\"specversion\":\"1.0\",\"id\":\"m2\",\"source\":\"/lcs\",\"type\":\"person.merged\","
	                  "\"subject\":\"C1008\",\"time\":\"2020-02-04T14:10:00Z\",\"data\":{\"from\":\"C1007\"}}",
	                  "2020-02-04T14:15:00Z");
	(void)store_event(
		store, taking,
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
	registers_fixture_build(store, config);
	store_close(store);
	event_parser_free(taking);
	event_parser_free(reading);
}

static inline int begin(void **state)
{
	(void)state;
	char here[512];
	schema_start();
	if (!mkdtemp(directory) || !getcwd(here, sizeof here) || mkdir(in_directory("spool"), 0700) != 0)
		return -1;
	FILE *file = fopen(in_directory("casewatchd.yaml"), "w");
	(void)fprintf(file,
	              "council: Example Council\ndatabase: casewatch.db\nspool: spool\nrules: %s/rules\n"
	              "directory: %s/conf/directory.yaml\ntemplates: %s/conf/templates\nlists: %s/conf/lists\n"
	              "calendar: {file: %s/conf/bank-holidays.json}\n",
	              here, here, here, here, here);
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
static inline size_t empty_spool(struct buffer *bytes)
{
	size_t count = 0;
	int why = 0;
	DIR *spool = opendir(in_directory("spool"));
	assert_non_null(spool);
	for (const struct dirent *entry; (entry = file_next(spool, &why));) {
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
	assert_int_equal(why, 0);
	(void)closedir(spool);
	return count;
}

static inline int end(void **state)
{
	(void)state;
	static const char *const files[] = {"casewatchd.yaml",  "casewatch.db",      "casewatch.db-wal",
	                                    "casewatch.db-shm", "casewatch.db.lock", "bad.yaml",
	                                    "fixed.json",       "versions.yaml",     "versions/versions.yaml"};
	(void)empty_spool(NULL);
	(void)rmdir(in_directory("spool"));
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		(void)unlink(in_directory(files[i]));
	(void)rmdir(in_directory("versions"));
	return rmdir(directory);
}

#endif
