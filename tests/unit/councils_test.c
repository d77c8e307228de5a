/* Several councils in one process: each has its own log, mail server and database, in memory and by the test's clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/here.h"
#include "base/log.h"
#include "channel/memory.h"
#include "run/run_internal.h"
#include "source/memory.h"
#include "store/events.h"
#include "store/store_internal.h"

#define TURNS_MOST 200000 /* a loop that never rests is a fault, and ends the test */
#define MOST 3

static struct one {
	char folder[96], config[160];
	struct memory_server server;
	struct memory_source *log; /* NULL: it is not open */
	struct council *council;
	size_t batch_events;
	uint64_t portions, steps; /* callbacks that worked on its database; and how much, by SQLite's steps */
} of[MOST];
static char top[64];
static struct clock_hands hands;
static struct daemon daemon_;
static size_t sent;
static const char *const names[MOST] = {"north", "south", "west"};
#define NORTH (&of[0])
#define SOUTH (&of[1])

static instant at(const char *text)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

static enum result open_log(struct council *council, struct source **sources, size_t *count, struct fault *fault)
{
	struct one *one = &of[council->here->number - 1];
	struct source_settings settings;
	(void)fault;
	sources_settings(council, &settings);
	settings.batch_events = one->batch_events;
	sources[(*count)++] = memory_source_open(&settings, &one->log);
	return RESULT_OK;
}

static size_t open_mail(struct council *council, struct courier_channel *channels)
{
	channels[0] = (struct courier_channel){&channel_memory, &of[council->here->number - 1].server, 1};
	return 1;
}

static void write_config(const struct one *one, const char *database, const char *more)
{
	char here[256];
	assert_non_null(getcwd(here, sizeof here));
	FILE *file = fopen(one->config, "we");
	assert_non_null(file);
	(void)fprintf(file,
	              "council: Example Council\ndatabase: %s\nrules: %s/rules\ndirectory: %s/conf/directory.yaml\n"
	              "templates: %s/conf/templates\ncalendar: {file: %s/conf/bank-holidays.json}\n%s",
	              database, here, here, here, here, more);
	(void)fclose(file);
}

/* ---- the world ---- */

static void add_council(size_t i)
{
	const struct council_seams seams = {.sources = open_log, .channels = open_mail, .courier_by_hand = true};
	of[i].council = daemon_add(&daemon_, names[i], of[i].config, &seams);
	assert_non_null(of[i].council);
}

static void start(size_t councils)
{
	struct fault fault = {0};
	daemon_ = (struct daemon){.clock = clock_two_hands(&hands)};
	for (size_t i = 0; i < councils; i++)
		add_council(i);
	if (daemon_start(&daemon_, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	while (daemon_.begun < councils)
		loop_turn(daemon_.loop, 20);
}

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(top, sizeof top, "/tmp/casewatch-councils-XXXXXX");
	assert_non_null(mkdtemp(top));
	hands = (struct clock_hands){.now = at("2026-02-02T06:00:00Z"), .elapsed = 77 * HOUR};
	schema_start();
	for (size_t i = 0; i < MOST; i++) {
		assert_int_equal(here_of(names[i])->number, i + 1);
		of[i] = (struct one){.batch_events = 20};
		(void)snprintf(of[i].folder, sizeof of[i].folder, "%s/%s", top, names[i]);
		(void)snprintf(of[i].config, sizeof of[i].config, "%.95s/casewatchd.yaml", of[i].folder);
		assert_int_equal(mkdir(of[i].folder, 0700), 0);
		memory_server_init(&of[i].server);
		write_config(&of[i], "casewatch.db", "");
	}
	return 0;
}

static int tear_down(void **state)
{
	char command[128];
	(void)state;
	daemon_stop(&daemon_);
	for (size_t i = 0; i < MOST; i++)
		memory_server_clear(&of[i].server);
	(void)snprintf(command, sizeof command, "rm -r %s", top);
	return system(command);
}

/* ---- time ---- */

static void pass(instant span)
{
	hands.now += span;
	hands.elapsed += span;
}

/* A thread reads a configuration: time stands until it has. */
static bool is_opened(void)
{
	for (size_t i = 0; i < daemon_.council_count; i++)
		if (daemon_.councils[i]->opening)
			return true;
	return false;
}

static void live_until(const char *time)
{
	size_t turns = 0;
	while (hands.now < at(time) && !daemon_.leaving) {
		loop_turn(daemon_.loop, is_opened() ? 20 : 0);
		if (++turns > TURNS_MOST)
			fail_msg("the loop never rests");
		instant next = loop_next(daemon_.loop), left = at(time) - hands.now;
		if (next > 0 && !is_opened())
			pass(next < left ? next : left);
	}
	for (int i = 0; i < 3 && !daemon_.leaving; i++)
		loop_turn(daemon_.loop, 0);
}

static void happens(struct one *one, const char *type, const char *subject, const char *time)
{
	struct buffer bytes = {0};
	buffer_format(&bytes,
	              "{\"specversion\":\"1.0\",\"id\":\"e%zu\",\"source\":\"/lcs\",\"type\":\"%s\",\"subject\":\"%s\","
	              "\"time\":\"%s\",\"data\":{\"custody\":\"k1\"}}",
	              ++sent, type, subject, time);
	memory_source_put(one->log, "memory:0", buffer_cstr(&bytes));
	buffer_free(&bytes);
}

static int mails(struct one *one, const char *to, const char *words)
{
	int count = 0;
	(void)pthread_mutex_lock(&one->server.lock);
	for (size_t i = 0; i < one->server.count; i++) {
		const struct memory_attempt *mail = &one->server.attempts[i];
		count += strstr(mail->to, to) && (strstr(mail->subject, words) || strstr(mail->text, words));
	}
	(void)pthread_mutex_unlock(&one->server.lock);
	return count;
}

#define DIRECTOR "director.childrens.care@"

/* ---- what each has alone ---- */

static void a_council_hears_of_its_own_children_alone(void **state)
{
	(void)state;
	start(2);
	live_until("2026-02-02T09:00:00Z");
	happens(SOUTH, "custody.threshold_met", "C1", "2026-02-02T09:00:00Z");
	live_until("2026-02-02T09:01:00Z");
	assert_int_equal(mails(SOUTH, DIRECTOR, "A-1001"), 1);
	assert_int_equal(mails(NORTH, DIRECTOR, "A-1001"), 0);
}

static void a_council_that_cannot_be_started_keeps_no_other_from_it_and_is_tried_again(void **state)
{
	(void)state;
	write_config(NORTH, "casewatch.db", "unknown-option: 3\n");
	start(2);
	assert_int_equal(NORTH->council->state, COUNCIL_DOWN);
	assert_int_equal(SOUTH->council->state, COUNCIL_UP);
	live_until("2026-02-02T06:20:00Z");
	assert_int_equal(NORTH->council->state, COUNCIL_DOWN);
	assert_non_null(strstr(NORTH->council->why.text, "cannot be used"));
	happens(SOUTH, "custody.threshold_met", "C1", "2026-02-02T06:20:00Z");
	write_config(NORTH, "casewatch.db", "");
	live_until("2026-02-02T06:22:00Z");
	assert_int_equal(mails(SOUTH, DIRECTOR, "A-1001"), 1);
	assert_int_equal(NORTH->council->state, COUNCIL_UP);
	happens(NORTH, "custody.threshold_met", "C2", "2026-02-02T06:22:00Z");
	live_until("2026-02-02T06:23:00Z");
	assert_int_equal(mails(NORTH, DIRECTOR, "A-1001"), 1);
	assert_int_equal(mails(NORTH, "casewatch-ops@", "did not watch over this council"), 1);
}

static void a_process_of_which_no_council_can_be_started_leaves(void **state)
{
	(void)state;
	write_config(NORTH, "casewatch.db", "unknown-option: 3\n");
	write_config(SOUTH, "no-such-folder/casewatch.db", "");
	start(2);
	assert_true(daemon_.leaving);
	assert_int_equal(daemon_.status, EXIT_FAILURE);
}

static void a_council_that_would_take_the_last_files_from_the_others_is_not_started(void **state)
{
	struct rlimit limit, little;
	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	start(1);
	little = (struct rlimit){64, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &little), 0);
	add_council(1);
	loop_timer_in(daemon_.begin, 0);
	while (daemon_.begun < 2)
		loop_turn(daemon_.loop, 20);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(SOUTH->council->state, COUNCIL_DOWN);
	assert_non_null(strstr(SOUTH->council->why.text, "LimitNOFILE"));
	happens(NORTH, "custody.threshold_met", "C1", "2026-02-02T06:00:00Z");
	live_until("2026-02-02T06:02:00Z");
	assert_int_equal(mails(NORTH, DIRECTOR, "A-1001"), 1);
	assert_int_equal(SOUTH->council->state, COUNCIL_UP); /* once there is room */
}

/* The second's configuration is a pipe, so that it is being read until the test has looked at the first. */
static void a_council_tells_its_people_while_the_next_is_still_being_read(void **state)
{
	char bytes[2048], kept[200];
	struct fault fault = {0};
	(void)state;
	(void)snprintf(kept, sizeof kept, "%.150s.kept", SOUTH->config);
	assert_int_equal(rename(SOUTH->config, kept), 0);
	assert_int_equal(mkfifo(SOUTH->config, 0600), 0);
	daemon_ = (struct daemon){.clock = clock_two_hands(&hands)};
	add_council(0);
	add_council(1);
	assert_int_equal(daemon_start(&daemon_, &fault), RESULT_OK);
	while (daemon_.begun < 1)
		loop_turn(daemon_.loop, 20);
	happens(NORTH, "custody.threshold_met", "C1", "2026-02-02T06:00:00Z");
	for (int i = 0; i < 100 && !mails(NORTH, DIRECTOR, "A-1001"); i++)
		loop_turn(daemon_.loop, 0);
	assert_int_equal(mails(NORTH, DIRECTOR, "A-1001"), 1);
	assert_int_equal(daemon_.begun, 1);
	FILE *pipe = fopen(SOUTH->config, "we"),
	     *file = fopen(kept, "re"); /* it has it open; whoever opens it next.. */
	assert_non_null(pipe);
	assert_non_null(file);
	assert_int_equal(rename(kept, SOUTH->config), 0); /* ..finds the file */
	size_t length = fread(bytes, 1, sizeof bytes, file);
	assert_int_equal(fwrite(bytes, 1, length, pipe), length);
	(void)fclose(pipe);
	(void)fclose(file);
	while (daemon_.begun < 2)
		loop_turn(daemon_.loop, 20);
	assert_int_equal(SOUTH->council->state, COUNCIL_UP);
}

/* As when its disk is taken away. */
static void a_council_whose_ground_goes_away_leaves_alone_and_comes_back_with_it(void **state)
{
	char away[160];
	(void)state;
	start(2);
	live_until("2026-02-02T09:00:00Z");
	(void)snprintf(away, sizeof away, "%.95s.away", NORTH->folder);
	assert_int_equal(rename(NORTH->folder, away), 0);
	live_until("2026-02-02T09:03:00Z");
	assert_false(daemon_.leaving);
	assert_int_equal(NORTH->council->state, COUNCIL_DOWN);
	assert_int_equal(SOUTH->council->state, COUNCIL_UP);
	happens(SOUTH, "custody.threshold_met", "C1", "2026-02-02T09:03:00Z");
	live_until("2026-02-02T09:04:00Z");
	assert_int_equal(mails(SOUTH, DIRECTOR, "A-1001"), 1);
	assert_int_equal(rename(away, NORTH->folder), 0);
	live_until("2026-02-02T09:06:00Z");
	assert_int_equal(NORTH->council->state, COUNCIL_UP);
	happens(NORTH, "custody.threshold_met", "C2", "2026-02-02T09:06:00Z");
	live_until("2026-02-02T09:08:00Z");
	assert_int_equal(mails(NORTH, DIRECTOR, "A-1001"), 1);
	assert_int_equal(mails(NORTH, "casewatch-ops@", "did not watch over this council"),
	                 1); /* once they can be told */
}

static void who_is_fenced_leaves_alone_and_the_process_with_the_last(void **state)
{
	(void)state;
	start(2);
	live_until("2026-02-02T09:00:00Z");
	memory_source_say(NORTH->log, SOURCE_FENCED, "another member has our name");
	happens(NORTH, "custody.threshold_met", "C1", "2026-02-02T09:00:00Z");
	live_until("2026-02-02T09:30:00Z");
	assert_false(daemon_.leaving);
	assert_int_equal(NORTH->council->state, COUNCIL_OUT); /* and is not tried again */
	assert_int_equal(mails(NORTH, DIRECTOR, "A-1001"), 0);
	happens(SOUTH, "custody.threshold_met", "C1", "2026-02-02T09:30:00Z");
	live_until("2026-02-02T09:31:00Z");
	assert_int_equal(mails(SOUTH, DIRECTOR, "A-1001"), 1);
	memory_source_say(SOUTH->log, SOURCE_FENCED, "another member has our name");
	live_until("2026-02-02T10:00:00Z");
	assert_true(daemon_.leaving);
	assert_int_equal(daemon_.status, EXIT_FENCED);
}

static void two_councils_that_name_one_database_are_not_both_started(void **state)
{
	(void)state;
	write_config(SOUTH, "../north/casewatch.db", "");
	start(3);
	assert_int_equal(NORTH->council->state, COUNCIL_UP);
	assert_int_equal(SOUTH->council->state, COUNCIL_DOWN);
	assert_int_equal(of[2].council->state, COUNCIL_UP);
	assert_non_null(strstr(SOUTH->council->why.text, "beside another council's"));
}

static void a_process_that_leaves_while_a_council_is_down_says_so_by_its_status(void **state)
{
	(void)state;
	write_config(NORTH, "casewatch.db", "unknown-option: 3\n");
	start(2);
	live_until("2026-02-02T06:01:00Z");
	daemon_leave(&daemon_, EXIT_SUCCESS);
	daemon_stop(&daemon_);
	assert_int_equal(daemon_.status, EXIT_FAILURE);
}

static void a_wall_clock_that_is_set_is_told_to_the_ops_of_each(void **state)
{
	(void)state;
	start(2);
	live_until("2026-02-02T09:00:00Z");
	hands.now -= 30 * SECOND;
	loop_clock_was_set(daemon_.loop);
	live_until("2026-02-02T09:02:00Z");
	assert_int_equal(mails(NORTH, "casewatch-ops@", "seconds back"), 1);
	assert_int_equal(mails(SOUTH, "casewatch-ops@", "seconds back"), 1);
}

static void a_reload_is_taken_or_refused_by_each_council_for_itself(void **state)
{
	(void)state;
	start(2);
	live_until("2026-02-02T09:00:00Z");
	const struct config *before = NORTH->council->config;
	write_config(NORTH, "casewatch.db", "unknown-option: 3\n");
	write_config(SOUTH, "casewatch.db", "hours: {from: \"07:00\"}\n");
	daemon_reload(&daemon_);
	while (daemon_.reloading)
		loop_turn(daemon_.loop, 20);
	assert_ptr_equal(NORTH->council->config, before);
	assert_int_equal(SOUTH->council->config->hours_from, 7 * 60);
	live_until("2026-02-02T09:02:00Z");
	assert_int_equal(mails(NORTH, "casewatch-ops@", "changed configuration was refused"), 1);
	assert_int_equal(mails(SOUTH, "casewatch-ops@", "changed configuration was refused"), 0);
}

/* ---- none waits for another ---- */

/* The loop asks before and after each callback. */
static instant see_portion(void *context)
{
	(void)context;
	for (size_t i = 0; i < MOST; i++) {
		if (!of[i].council || of[i].council->state != COUNCIL_UP)
			continue;
		uint64_t steps = store_steps(of[i].council->store);
		of[i].portions += steps > of[i].steps;
		of[i].steps = steps;
	}
	return 0;
}

/* Stored, claimed, sent: each is a turn of the loop, in which each part of the other that has work (its source, clocks,
 * courier, registers) may have one portion. */
#define PORTIONS_MOST 8

static void assert_that_south_is_told_beside(size_t left_of_north)
{
	for (int i = 0; i < 20; i++)
		loop_turn(daemon_.loop, 0);
	uint64_t before = NORTH->portions;
	assert_true(before >= 10); /* it is at work */
	happens(SOUTH, "custody.threshold_met", "C1", "2026-02-02T09:00:00Z");
	while (!mails(SOUTH, DIRECTOR, "A-1001") && NORTH->portions - before < 1000)
		loop_turn(daemon_.loop, 0);
	assert_in_range(NORTH->portions - before, 1, PORTIONS_MOST);
	before = NORTH->portions;
	for (int i = 0; i < 20; i++)
		loop_turn(daemon_.loop, 0);
	assert_true(NORTH->portions - before > left_of_north); /* and was far from done */
}

static void one_critical_alert_waits_for_a_few_portions_of_anothers_backlog_and_not_for_all_of_it(void **state)
{
	(void)state;
	NORTH->batch_events = 2000;
	start(2);
	live_until("2026-02-02T09:00:00Z");
	loop_measure(daemon_.loop, see_portion, NULL);
	for (int i = 0; i < 100000; i++)
		happens(NORTH, "visit.noted", "C3", "2026-02-02T08:00:00Z");
	assert_that_south_is_told_beside(10);
}

static void one_critical_alert_waits_for_a_few_portions_of_anothers_storm_and_not_for_all_of_it(void **state)
{
	(void)state;
	NORTH->batch_events = 2000;
	start(2);
	live_until("2026-02-02T09:00:00Z");
	loop_measure(daemon_.loop, see_portion, NULL);
	for (int i = 0; i < 5000; i++) {
		char child[16];
		(void)snprintf(child, sizeof child, "S%d", i);
		happens(NORTH, "custody.threshold_met", child, "2026-02-02T09:00:00Z");
	}
	assert_that_south_is_told_beside(10);
	assert_true(mails(NORTH, DIRECTOR, "A-1") > 0); /* it tells its own, too */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_council_hears_of_its_own_children_alone),
		TEST(a_council_that_cannot_be_started_keeps_no_other_from_it_and_is_tried_again),
		TEST(a_process_of_which_no_council_can_be_started_leaves),
		TEST(a_council_that_would_take_the_last_files_from_the_others_is_not_started),
		TEST(a_council_tells_its_people_while_the_next_is_still_being_read),
		TEST(a_council_whose_ground_goes_away_leaves_alone_and_comes_back_with_it),
		TEST(who_is_fenced_leaves_alone_and_the_process_with_the_last),
		TEST(two_councils_that_name_one_database_are_not_both_started),
		TEST(a_process_that_leaves_while_a_council_is_down_says_so_by_its_status),
		TEST(a_wall_clock_that_is_set_is_told_to_the_ops_of_each),
		TEST(a_reload_is_taken_or_refused_by_each_council_for_itself),
		TEST(one_critical_alert_waits_for_a_few_portions_of_anothers_backlog_and_not_for_all_of_it),
		TEST(one_critical_alert_waits_for_a_few_portions_of_anothers_storm_and_not_for_all_of_it),
	};
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
