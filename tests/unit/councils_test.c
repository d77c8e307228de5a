/* Several councils in one process: none has another's children, waits for another, or ends with it. */
#include "base/file.h"
#include "councils_world.h"

#include <stdatomic.h>

#define STEPS_OF_A_LOOK 400 /* of SQLite: what is looked at every minute, by a daemon with nothing to do: 336 */

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

/* Of a cell: it would send what it owed before it read what was answered meanwhile. */
static void who_was_cut_off_at_the_start_is_named_once_the_log_was_read(void **state)
{
	static const char record[] = "{\"specversion\":\"1.0\",\"id\":\"l%d\",\"source\":\"/lcs\","
				     "\"type\":\"child.died\","
				     "\"subject\":\"C%d\",\"time\":\"2026-02-02T05:00:00Z\",\"data\":{}}";
	char bytes[256];
	(void)state;
	start(1);
	for (int i = 0; i < 4; i++) {
		(void)snprintf(bytes, sizeof bytes, record, i, i);
		memory_source_put_logged(NORTH->log, "memory:0", bytes, at("2026-02-02T05:00:00Z"), NULL);
		if (i == 0)
			memory_source_say(NORTH->log, SOURCE_DOWN, "the brokers are away");
	}
	live_until("2026-02-02T06:30:00Z");
	assert_true(feeds_caught_up(NORTH->council)); /* clocks go on */
	assert_false(feeds_may_be_named(NORTH->council));
	memory_source_say(NORTH->log, SOURCE_UP, "");
	assert_false(feeds_may_be_named(NORTH->council)); /* it is there, and not read */
	live_until("2026-02-02T06:30:05Z");
	assert_true(feeds_may_be_named(NORTH->council));
	memory_source_say(NORTH->log, SOURCE_DOWN, "the brokers are away");
	assert_false(feeds_may_be_named(NORTH->council));
}

static size_t said_ready, heard_orders; /* so many, and at so many of these moments the socket of orders was there */

static void look_at_ready(enum log_level level, const struct log_about *about, const char *line)
{
	char path[160];
	(void)level;
	(void)about;
	if (strcmp(line, "ready") != 0)
		return;
	(void)snprintf(path, sizeof path, "%.95s/casewatch.db.control", (said_ready++ ? SOUTH : NORTH)->folder);
	heard_orders += access(path, F_OK) == 0;
}

/* systemctl start returns then, and a reload is ordered. */
static void a_council_says_that_it_is_ready_when_it_hears_orders(void **state)
{
	(void)state;
	said_ready = heard_orders = 0;
	log_set_sink(look_at_ready);
	start(2);
	log_set_sink(NULL);
	assert_int_equal(said_ready, 2);
	assert_int_equal(heard_orders, 2);
}

/* Whoever opens that file waits until the test lets it (linked with --wrap=file_read). */
static const char *held_file;
static atomic_bool held;

FILE *__real_file_read(const char *path);
FILE *__wrap_file_read(const char *path);
FILE *__wrap_file_read(const char *path)
{
	while (atomic_load(&held) && strcmp(path, held_file) == 0)
		(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return __real_file_read(path);
}

static void a_council_tells_its_people_while_the_next_is_still_being_read(void **state)
{
	struct fault fault = {0};
	(void)state;
	held_file = SOUTH->config;
	daemon_ = (struct daemon){.clock = clock_two_hands(&hands)};
	add_council(0);
	add_council(1);
	atomic_store(&held, true);
	assert_int_equal(daemon_start(&daemon_, &fault), RESULT_OK);
	while (daemon_.begun < 1)
		loop_turn(daemon_.loop, 20);
	happens(NORTH, "custody.threshold_met", "C1", "2026-02-02T06:00:00Z");
	for (int i = 0; i < 100 && !mails(NORTH, DIRECTOR, "A-1001"); i++)
		loop_turn(daemon_.loop, 0);
	int told = mails(NORTH, DIRECTOR, "A-1001");
	size_t begun = daemon_.begun;
	atomic_store(&held, false);
	assert_int_equal(told, 1);
	assert_int_equal(begun, 1);
	while (daemon_.begun < 2)
		loop_turn(daemon_.loop, 20);
	assert_int_equal(SOUTH->council->state, COUNCIL_UP);
}

/* Another process reads or writes it, or it is large and of an older version: the file is held by the test. */
static void a_council_tells_its_people_while_the_database_of_another_is_still_being_opened(void **state)
{
	char path[160];
	sqlite3 *holder;
	struct fault fault = {0};
	(void)state;
	(void)snprintf(path, sizeof path, "%.95s/casewatch.db", SOUTH->folder);
	assert_int_equal(sqlite3_open(path, &holder), SQLITE_OK);
	assert_int_equal(sqlite3_exec(holder, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	daemon_ = (struct daemon){.clock = clock_two_hands(&hands)};
	add_council(0);
	add_council(1);
	assert_int_equal(daemon_start(&daemon_, &fault), RESULT_OK);
	for (int i = 0; i < 5000 && daemon_.begun < 2 && (!SOUTH->council->opening || !SOUTH->council->parts); i++)
		loop_turn(daemon_.loop, 1); /* its configuration is read, and no more */
	assert_non_null(SOUTH->council->opening);
	assert_int_equal(NORTH->council->state, COUNCIL_UP);
	happens(NORTH, "custody.threshold_met", "C1", "2026-02-02T06:00:00Z");
	for (int i = 0; i < 100 && !mails(NORTH, DIRECTOR, "A-1001"); i++)
		loop_turn(daemon_.loop, 0);
	assert_int_equal(mails(NORTH, DIRECTOR, "A-1001"), 1);
	assert_non_null(SOUTH->council->opening);
	assert_null(SOUTH->council->store);
	assert_int_equal(sqlite3_exec(holder, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(holder), SQLITE_OK);
	while (daemon_.begun < 2)
		loop_turn(daemon_.loop, 20);
	assert_int_equal(SOUTH->council->state, COUNCIL_UP);
	happens(SOUTH, "custody.threshold_met", "C1", "2026-02-02T06:00:00Z");
	live_until("2026-02-02T06:01:00Z");
	assert_int_equal(mails(SOUTH, DIRECTOR, "A-1001"), 1);
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

/* ---- lists ---- */

static void use_list(const struct one *one, const char *name)
{
	char here[256], from[320], to[160];
	assert_non_null(getcwd(here, sizeof here));
	(void)snprintf(from, sizeof from, "%s/conf/lists/%s.yaml", here, name);
	(void)snprintf(to, sizeof to, "%.95s/lists", one->folder);
	assert_int_equal(mkdir(to, 0700), 0);
	(void)snprintf(to, sizeof to, "%.95s/lists/%s.yaml", one->folder, name);
	assert_int_equal(symlink(from, to), 0);
	write_config(one, "casewatch.db", "lists: lists\n");
}

/* Nobody says how far the log is complete, and after a day of silence a list may lack something. The full one follows
 * once something was stored, and a list that waits is not looked at again and again before. */
static void a_full_list_that_waits_goes_out_when_an_event_is_stored(void **state)
{
	(void)state;
	use_list(NORTH, "daily-missing");
	start(1);
	happens(NORTH, "visit.noted", "C1", "2026-02-02T06:00:00Z");
	live_until("2026-02-03T07:45:00Z");
	int before = mails(NORTH, DIRECTOR, "Missing list");
	assert_int_equal(mails(NORTH, DIRECTOR, "list NOT COMPLETE"), 1);
	uint64_t steps = store_steps(NORTH->council->store);
	live_until("2026-02-03T08:45:00Z");
	assert_int_equal(mails(NORTH, DIRECTOR, "Missing list"), before);
	assert_in_range(store_steps(NORTH->council->store) - steps, 1, 60 * STEPS_OF_A_LOOK);
	happens(NORTH, "visit.noted", "C1", "2026-02-03T08:45:00Z");
	live_until("2026-02-03T08:48:00Z");
	assert_true(mails(NORTH, DIRECTOR, "Missing list") > before);
	assert_int_equal(mails(NORTH, DIRECTOR, "list NOT COMPLETE"), 1);
}

/* Each reader's is read by itself, one after the other, while their mails wait. */
static void everybodys_own_list_goes_when_it_is_read_and_not_a_minute_later(void **state)
{
	(void)state;
	use_list(NORTH, "open-alerts");
	start(1);
	happens(NORTH, "custody.threshold_met", "C1", "2026-02-02T06:00:00Z");
	live_until("2026-02-02T08:00:00Z");
	for (int i = 0; i < 300; i++)
		loop_turn(daemon_.loop, 10); /* and the clock stands */
	int came = mails(NORTH, "@", "Open alerts,");
	assert_true(came > 1);
	live_until("2026-02-02T08:30:00Z");
	assert_int_equal(mails(NORTH, "@", "Open alerts,"), came);
}

/* A row that turned on the disk. What it said is in no history from then on, and ops must not hear of it from the
 * journal alone. */
static void a_stored_event_that_can_no_longer_be_read_is_told_to_ops(void **state)
{
	char path[160];
	sqlite3 *other;
	(void)state;
	start(1);
	happens(NORTH, "visit.noted", "C1", "2026-02-02T06:00:00Z");
	live_until("2026-02-02T06:10:00Z");
	assert_int_equal(mails(NORTH, "casewatch-ops@", "can no longer be read"), 0);
	(void)snprintf(path, sizeof path, "%.95s/casewatch.db", NORTH->folder);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	int turned = SQLITE_BUSY;
	for (int i = 0; i < 1000 && turned == SQLITE_BUSY; i++) { /* the daemon may be writing, or its other thread */
		turned = sqlite3_exec(other, "UPDATE event SET bytes = X'7b'", NULL, NULL, NULL);
		loop_turn(daemon_.loop, 20);
	}
	assert_int_equal(turned, SQLITE_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	happens(NORTH, "visit.noted", "C1", "2026-02-01T06:00:00Z"); /* late: all of C1 is read again */
	live_until("2026-02-02T06:20:00Z");
	assert_int_equal(mails(NORTH, "casewatch-ops@", "can no longer be read"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_council_hears_of_its_own_children_alone),
		TEST(a_council_that_cannot_be_started_keeps_no_other_from_it_and_is_tried_again),
		TEST(a_process_of_which_no_council_can_be_started_leaves),
		TEST(a_council_that_would_take_the_last_files_from_the_others_is_not_started),
		TEST(who_was_cut_off_at_the_start_is_named_once_the_log_was_read),
		TEST(a_council_says_that_it_is_ready_when_it_hears_orders),
		TEST(a_council_tells_its_people_while_the_next_is_still_being_read),
		TEST(a_council_tells_its_people_while_the_database_of_another_is_still_being_opened),
		TEST(a_council_whose_ground_goes_away_leaves_alone_and_comes_back_with_it),
		TEST(who_is_fenced_leaves_alone_and_the_process_with_the_last),
		TEST(two_councils_that_name_one_database_are_not_both_started),
		TEST(a_process_that_leaves_while_a_council_is_down_says_so_by_its_status),
		TEST(a_wall_clock_that_is_set_is_told_to_the_ops_of_each),
		TEST(a_reload_is_taken_or_refused_by_each_council_for_itself),
		TEST(one_critical_alert_waits_for_a_few_portions_of_anothers_backlog_and_not_for_all_of_it),
		TEST(one_critical_alert_waits_for_a_few_portions_of_anothers_storm_and_not_for_all_of_it),
		TEST(a_full_list_that_waits_goes_out_when_an_event_is_stored),
		TEST(everybodys_own_list_goes_when_it_is_read_and_not_a_minute_later),
		TEST(a_stored_event_that_can_no_longer_be_read_is_told_to_ops),
	};
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
