/* casewatch status: 1 when something is wrong, 0 when nothing is, by the table of conditions and by nothing else. */
#include "store_fixture.h"

#include "base/log.h"
#include "cli/cli.h"
#include "ops/status.h"
#include "run/last_end.h"
#include "store/store_internal.h"

#include <sys/stat.h>

#define EVENING "2026-02-04T20:00:00Z"

struct world {
	struct fixture *f;
	struct ops *ops;
	char config[160];
	instant now;
	struct buffer said;
};

static instant at(const char *text)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

/* The fixture's store stands for the daemon: it holds the lock. */
static int setup(void **state)
{
	struct world *w = MEM_NEW(struct world);
	void *fixture;
	char here[512];
	(void)fixture_setup(&fixture);
	w->f = fixture;
	w->now = at(EVENING);
	assert_non_null(getcwd(here, sizeof here));
	(void)snprintf(w->config, sizeof w->config, "%s/casewatchd.yaml", w->f->directory);
	FILE *file = fopen(w->config, "we");
	assert_non_null(file);
	(void)fprintf(
		file,
		"council: Example Council\ndatabase: casewatch.db\nrules: %s/rules\ndirectory: %s/conf/directory.yaml\n"
		"templates: %s/conf/templates\ncalendar: {file: %s/conf/bank-holidays.json}\n",
		here, here, here, here);
	(void)fclose(file);
	w->ops = ops_new(w->f->store, NULL);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *fixture = w->f;
	char name[200];
	(void)snprintf(name, sizeof name, "%s.status", w->f->path);
	(void)unlink(name);
	(void)unlink(w->config);
	ops_free(w->ops);
	buffer_free(&w->said);
	(void)fixture_teardown(&fixture);
	free(w);
	return 0;
}

static void put_down(struct fixture *f, const struct ops_status *status)
{
	bool anew = false;
	OK(ops_status_write(f->path, status, &anew, &f->fault));
}

/* The daemon says how it is, as it does every minute. */
static void say(struct world *w, const char *now)
{
	struct fixture *f = w->f;
	struct ops_status_source source = {"kafka:events:0", "up", "", INSTANT_NONE, 0};
	struct ops_status status = {.at = at(now),
	                            .process = (long)getpid(),
	                            .caught_up = true,
	                            .last_commit = INSTANT_NONE,
	                            .longest_turn = 1234,
	                            .sources = &source,
	                            .source_count = 1,
	                            .ops = w->ops};
	put_down(f, &status);
}

static int status_of(struct world *w, bool json)
{
	char *words = NULL, *errors = NULL;
	size_t length, error_length;
	FILE *out = open_memstream(&words, &length), *err = open_memstream(&errors, &error_length);
	char name[] = "casewatch", command[] = "status", config[] = "--config", as_json[] = "--json";
	char *arguments[] = {name, command, config, w->config, json ? as_json : NULL, NULL};
	int status = cli_main(json ? 5 : 4, arguments, out, err, clock_manual(&w->now));
	(void)fclose(out);
	(void)fclose(err);
	buffer_clear(&w->said);
	buffer_string(&w->said, words);
	buffer_string(&w->said, errors);
	free(words);
	free(errors);
	return status;
}

#define SAYS(words)                                                                                                    \
	do {                                                                                                           \
		if (!strstr(buffer_cstr(&w->said), words))                                                             \
			fail_msg("status does not say %s: %s", words, buffer_cstr(&w->said));                          \
	} while (0)

static void nothing_is_wrong_when_nothing_is(void **state)
{
	struct world *w = *state;
	say(w, EVENING);
	assert_int_equal(status_of(w, false), 0);
	SAYS("Nothing is wrong.");
	assert_int_equal(status_of(w, true), 0);
	SAYS("\"wrong\":[]");
	SAYS("\"longest_turn_us\":1234");
	SAYS("\"name\":\"kafka:events:0\",\"state\":\"up\"");
}

/* "Nothing is wrong", and nobody is told: of a daemon that does its work, and goes live in a month. */
static void a_go_live_that_lies_ahead_is_said(void **state)
{
	struct world *w = *state;
	FILE *file = fopen(w->config, "ae");
	say(w, EVENING);
	assert_int_equal(status_of(w, false), 0);
	assert_null(strstr(buffer_cstr(&w->said), "Go-live"));
	(void)fputs("go-live: 2099-03-01T06:00:00Z\n", file);
	(void)fclose(file);
	assert_int_equal(status_of(w, false), 0);
	SAYS("Go-live      Sun 1 Mar 2099, 06:00, which is ahead: nobody is told of what happens before");
	assert_int_equal(status_of(w, true), 0);
	SAYS("\"go_live\":\"2099-03-01T06:00:00Z\"");
}

static void each_channel_has_a_line_and_each_server_of_it(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct ops_status_channel channels[] = {
		{.name = "smtp", .state = "up", .since = INSTANT_NONE, .taken = 12},
		{.name = "smtp server 2, mail2.example.org:587",
	         .state = "trouble",
	         .since = at("2026-02-04T19:58:00Z"),
	         .troubles = 3,
	         .sentence = "passed over: no answer"},
	};
	struct ops_status status = {.at = at(EVENING),
	                            .process = (long)getpid(),
	                            .caught_up = true,
	                            .last_commit = INSTANT_NONE,
	                            .channels = channels,
	                            .channel_count = 2,
	                            .ops = w->ops};
	put_down(f, &status);
	assert_int_equal(status_of(w, false), 0);
	SAYS("Channel      smtp: up, 12 taken since start\n");
	SAYS("Channel      smtp server 2, mail2.example.org:587: trouble since Wed 4 Feb 2026, 19:58, 0 taken since "
	     "start; "
	     "passed over: no answer\n");
	SAYS("Nothing is wrong yet: a channel that takes nothing for five minutes is.\n");
	assert_int_equal(status_of(w, true), 0);
	SAYS("\"troubles\":3");
}

/* Before ops are told of it, which is after two minutes: who looks meanwhile is not told that all is well. */
static void a_source_that_is_not_up_has_a_line_and_nothing_is_called_fine(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct ops_status_source sources[] = {
		{"kafka:events:0", "up", "", INSTANT_NONE, 7},
		{"kafka:events:1", "stuck", "", INSTANT_NONE, 5},
		{"spool", "up", "", INSTANT_NONE, -1},
		{"kafka", "down", "No events come from Kafka", at("2026-02-04T19:59:00Z"), -1},
	};
	struct ops_status status = {.at = at(EVENING),
	                            .process = (long)getpid(),
	                            .caught_up = true,
	                            .last_commit = INSTANT_NONE,
	                            .sources = sources,
	                            .source_count = 4,
	                            .ops = w->ops};
	put_down(f, &status);
	assert_int_equal(status_of(w, false), 0);
	SAYS("Source       kafka: down since Wed 4 Feb 2026, 19:59: No events come from Kafka\n"
	     "Source       3 parts, 1 not up, 12 events not stored yet when it was last known\n");
	SAYS("Nothing is wrong yet: a source that stays away for two minutes is.");
	assert_null(strstr(buffer_cstr(&w->said), "Nothing is wrong."));
	status.source_count = 2;
	put_down(f, &status);
	assert_int_equal(status_of(w, false), 0);
	SAYS("Nothing is wrong yet"); /* a part that is not up is enough */
	status.source_count = 1;
	put_down(f, &status);
	assert_int_equal(status_of(w, false), 0);
	SAYS("Source       1 part, 7 events not stored yet\n");
	SAYS("Nothing is wrong.");
}

/* Every evening: what is not critical waits for eight o'clock, and that is as it should be. */
static void messages_that_wait_for_the_morning_are_not_late(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	int64_t id;
	struct outbox_row row = {.kind = OUTBOX_ALERT,
	                         .purpose = TEXT("opened"),
	                         .rule = TEXT("x"),
	                         .role = TEXT("team-manager"),
	                         .created = at("2026-02-04T17:30:00Z"),
	                         .not_before = at("2026-02-05T08:00:00Z"),
	                         .deadline = INSTANT_NEVER};
	OK(store_begin(f->store, &f->fault));
	OK(outbox_add(f->store, &row, &id, &f->fault));
	OK(store_commit(f->store, &f->fault));
	say(w, EVENING);
	assert_int_equal(status_of(w, false), 0);
	SAYS("1 waiting");
}

static void a_condition_is_wrong_until_it_is_over(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct ops_word lost = {.what = OPS_SOURCE_LOST,
	                        .key = TEXT("kafka:events:1"),
	                        .title = "Reading of events has stopped and needs you"};
	OK(ops_say(w->ops, &lost, at(EVENING), &f->fault));
	say(w, EVENING);
	assert_int_equal(status_of(w, false), 1);
	SAYS("ops.source-lost: Reading of events has stopped and needs you. Next: See what the source says of itself.");
	assert_null(strstr(strstr(buffer_cstr(&w->said), "ops.source-lost") + 1, "ops.source-lost")); /* once */
	OK(ops_end(w->ops, OPS_SOURCE_LOST, TEXT("kafka:events:1"), "It is read again.", at(EVENING), &f->fault));
	assert_int_equal(status_of(w, false), 1); /* the daemon's own word is of before */
	say(w, EVENING);
	assert_int_equal(status_of(w, false), 0);
}

static void a_daemon_that_hangs_is_not_fine(void **state)
{
	struct world *w = *state;
	assert_int_equal(status_of(w, false), 1);
	SAYS("has not said how it is for as long as is known");
	say(w, "2026-02-04T19:55:00Z");
	assert_int_equal(status_of(w, false), 1);
	SAYS("has not said how it is for 5 minutes");
}

static void what_is_wrong_of_an_alert_says_of_which(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	static const char *const keys[] = {"A-1001", "A-1002", "by-text/p-1"};
	for (size_t i = 0; i < 3; i++) {
		struct ops_word word = {.what = OPS_UNDELIVERABLE, .key = text_of(keys[i])};
		OK(ops_say(w->ops, &word, at(EVENING), &f->fault));
	}
	say(w, EVENING);
	assert_int_equal(status_of(w, false), 1);
	SAYS("ops.undeliverable: A message could not be delivered (A-1001). Next: See what the server answered");
	SAYS("ops.undeliverable: A message could not be delivered (A-1002). Next: ");
	SAYS("ops.undeliverable: A message could not be delivered. Next: "); /* of a person: ops' email says of whom */
}

static void what_the_database_could_not_take_is_wrong_all_the_same(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	int64_t pages = 0;
	char sql[64];
	struct buffer much = {0};
	for (int i = 0; i < 100000; i++)
		buffer_string(&much, "full ");
	OK(store_pragma(f->store, "PRAGMA page_count", &pages, &f->fault));
	(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)pages);
	OK(store_pragma(f->store, sql, &pages, &f->fault));
	struct ops_word disk = {.what = OPS_DISK, .meaning = buffer_cstr(&much)};
	assert_int_equal(ops_say(w->ops, &disk, at(EVENING), &f->fault), RESULT_TEMPORARY);
	say(w, EVENING);
	assert_int_equal(status_of(w, false), 1);
	SAYS("ops.disk: Little room is left on the disk of the database");
	buffer_free(&much);
}

static void a_daemon_that_is_gone_is_not_fine_whatever_it_said_last(void **state)
{
	struct world *w = *state;
	say(w, EVENING);
	store_close(w->f->store);
	w->f->store = NULL;
	assert_int_equal(status_of(w, false), 1);
	SAYS("casewatchd does not run");
	assert_null(strstr(buffer_cstr(&w->said), "Source")); /* no word of what it read before */
}

static void a_council_that_the_daemon_goes_on_without_is_not_fine_and_says_why(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	store_close(f->store);
	f->store = NULL;
	last_end_write(f->path, LAST_END_ALONE "the disk is full. It is tried again every minute");
	assert_int_equal(status_of(w, false), 1);
	SAYS("casewatchd goes on without this council: the disk is full. It is tried again every minute");
	last_end_forget(f->path);
}

/* Two councils that name one database: of the second nobody would hear, and what the first's daemon says of itself is
 * not of it. */
static void a_configuration_that_the_daemon_does_not_run_with_is_not_fine(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct ops_status status = {.at = at(EVENING),
	                            .process = (long)getpid(),
	                            .config = "/etc/casewatch/councils/north/casewatchd.yaml",
	                            .last_commit = INSTANT_NONE,
	                            .ops = w->ops};
	put_down(f, &status);
	assert_int_equal(status_of(w, false), 1);
	SAYS("casewatchd runs on this database with /etc/casewatch/councils/north/casewatchd.yaml, and not with this");
	status.config = w->config;
	put_down(f, &status);
	assert_int_equal(status_of(w, false), 0);
}

/* A full disk or one without inodes, of all things: else what was well a moment ago would be read as if it were so now.
 */
static void where_no_file_can_be_made_the_one_that_is_there_is_written_over(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	char fresh[200];
	struct buffer json = {0};
	instant said;
	long process;
	(void)snprintf(fresh, sizeof fresh, "%s.status.new", w->f->path);
	say(w, "2026-02-04T19:58:00Z");
	struct ops_status status = {.at = at(EVENING), .last_commit = INSTANT_NONE, .ops = w->ops};
	bool anew = false;
	OK(ops_status_write(f->path, &status, &anew, &f->fault));
	assert_true(anew);
	assert_int_equal(mkdir(fresh, 0700), 0); /* no file can be */
	OK(ops_status_write(f->path, &status, &anew, &f->fault));
	assert_false(anew); /* whoever has to do so looks whether the disk takes anything */
	say(w, "2026-02-04T19:59:00.123456Z");   /* longer */
	say(w, EVENING);                         /* and shorter again: nothing is left behind it */
	assert_true(ops_status_read(w->f->path, &json, &said, &process, NULL));
	assert_int_equal(said, at(EVENING));
	assert_int_equal(json.at[json.length - 1], '\n');
	assert_int_equal(json.at[json.length - 2], '}');
	assert_int_equal(strcspn(buffer_cstr(&json), "\n"), json.length - 1);
	assert_int_equal(rmdir(fresh), 0);
	say(w, EVENING);
	buffer_free(&json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	log_set_level((enum log_level)2);
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_wrong_when_nothing_is),
		TEST(a_go_live_that_lies_ahead_is_said),
		TEST(each_channel_has_a_line_and_each_server_of_it),
		TEST(a_source_that_is_not_up_has_a_line_and_nothing_is_called_fine),
		TEST(messages_that_wait_for_the_morning_are_not_late),
		TEST(a_condition_is_wrong_until_it_is_over),
		TEST(a_daemon_that_hangs_is_not_fine),
		TEST(what_is_wrong_of_an_alert_says_of_which),
		TEST(what_the_database_could_not_take_is_wrong_all_the_same),
		TEST(a_daemon_that_is_gone_is_not_fine_whatever_it_said_last),
		TEST(a_configuration_that_the_daemon_does_not_run_with_is_not_fine),
		TEST(a_council_that_the_daemon_goes_on_without_is_not_fine_and_says_why),
		TEST(where_no_file_can_be_made_the_one_that_is_there_is_written_over),
	};
	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
