/* Days of a council, in the real loop with the test's own clocks. */
#include "day_world.h"
#include "rounds.h"

#define K1 "\"custody\":\"k1\""

/* ---- days ---- */

static void a_night_and_a_day_of_a_council(void **state)
{
	(void)state;
	happens("2026-02-02T17:30:00Z", "allocation.started", "C2",
	        "\"role\":\"social-worker\",\"worker\":\"W1\",\"team\":\"north-3\"");
	happens("2026-02-02T18:00:00Z", "missing.started", "C2",
	        "\"episode\":\"m1\",\"kind\":\"missing\",\"risk\":\"medium\"");
	happens("2026-02-03T02:10:00Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-03T02:11:00Z");
	assert_int_equal(mails("director.childrens.care@", "A-1001"), 1); /* at once, in the night */
	assert_int_equal(mails("dcs@", "A-1001"), 0);
	live_until("2026-02-03T02:41:00Z");
	assert_true(mails("dcs@", "A-1001") >= 1); /* half an hour without an answer */
	live_until("2026-02-03T07:29:00Z");
	int before = mails("manager.north-3@", "C2");
	live_until("2026-02-03T07:32:00Z");
	assert_true(mails("manager.north-3@", "C2") > before); /* the list of half past seven has the child */
	live_until("2026-02-03T08:29:00Z");
	assert_int_equal(mails("casewatch-ops@", "casewatch: operations"), 1); /* of the morning before */
	live_until("2026-02-03T08:32:00Z");
	assert_int_equal(mails("casewatch-ops@", "casewatch: operations"), 2);
	live_until("2026-02-03T18:05:00Z");
	assert_int_equal(count("SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"),
	                 1); /* 24 hours */
}

static void a_stop_in_the_middle_of_a_backlog_loses_and_repeats_nothing(void **state)
{
	const int many = rounds_of(1500, 800);
	(void)state;
	stop();
	for (int i = 0; i < many; i++) {
		char child[16];
		(void)snprintf(child, sizeof child, "C%d", 1000 + i);
		hear(i % 2 ? "memory:0" : "memory:1", "custody.threshold_met", child, "2026-02-02T05:00:00Z", K1);
	}
	start();
	int64_t stored = 0;
	while ((stored = count("SELECT count(*) FROM event")) < 300)
		loop_turn(world.daemon.loop, 0);
	assert_true(stored < many);
	stop();
	start();
	live_until("2026-02-02T06:20:00Z");
	assert_int_equal(count("SELECT count(*) FROM event"), many);
	assert_int_equal(count("SELECT count(*) FROM quarantine"), 0);
	assert_int_equal(count("SELECT count(*) FROM alert WHERE rule = 'custody.threshold' AND state = 0"), many);
	assert_int_equal(count("SELECT count(*) FROM (SELECT alert FROM outbox WHERE purpose = 'opened' AND rule = "
	                       "'custody.threshold' "
	                       "GROUP BY alert, person HAVING count(*) > 1)"),
	                 0);
}

/* One partition is read to now while another still holds what stops a clock. */
static void clocks_wait_for_the_slowest_partition(void **state)
{
	(void)state;
	stop();
	hear("memory:1", "missing.started", "C2", "2026-01-20T10:00:00Z", "\"episode\":\"m1\",\"kind\":\"missing\"");
	for (int i = 0; i < 800; i++)
		hear("memory:1", "visit.noted", "C3", "2026-01-20T11:00:00Z", "");
	hear("memory:1", "missing.ended", "C2", "2026-01-20T20:00:00Z", "\"episode\":\"m1\"");
	hear("memory:1", "rhi.completed", "C2", "2026-01-21T20:00:00Z", "\"episode\":\"m1\"");
	hear("memory:0", "visit.noted", "C4", "2026-02-02T05:59:00Z", "");
	start();
	live_until("2026-02-02T06:10:00Z");
	assert_int_equal(count("SELECT count(*) FROM event"), 804);
	assert_int_equal(count("SELECT count(*) FROM outbox WHERE rule IN ('missing.still-missing', "
	                       "'missing.return-interview')"),
	                 0);
}

/* All of it is handed over at once, and taken in several turns, with the clock's turns in between. */
static void hear_a_large_batch(const char *started, const char *meanwhile, const char *ended)
{
	hear("memory:0", "missing.started", "C2", started, "\"episode\":\"m1\",\"kind\":\"missing\"");
	for (int i = 0; i < 1100; i++)
		hear("memory:0", "visit.noted", "C3", meanwhile, "");
	hear("memory:0", "missing.ended", "C2", ended, "\"episode\":\"m1\"");
}

static void assert_nobody_was_rung(void)
{
	live_until("2026-02-02T06:10:00Z");
	assert_int_equal(count("SELECT count(*) FROM event"), 1102);
	assert_int_equal(count("SELECT count(*) FROM outbox WHERE rule = 'missing.still-missing'"), 0);
}

static void clocks_wait_for_what_is_left_of_a_batch(void **state)
{
	(void)state;
	stop();
	world.batch_events = 2000;
	hear_a_large_batch("2026-02-01T05:00:00Z", "2026-02-01T06:00:00Z", "2026-02-01T20:00:00Z");
	start();
	assert_nobody_was_rung();
}

/* Between two turns the clock asks how far the log was read. */
static void what_is_left_of_a_batch_is_not_read_to_the_clock(void **state)
{
	(void)state;
	stop();
	world.batch_events = 2000;
	start();
	live_until("2026-02-02T06:08:00Z");
	assert_true(feeds_read_to(world.council) == INSTANT_NEVER);
	hear_a_large_batch("2026-02-01T06:06:00Z", "2026-02-01T06:07:00Z", "2026-02-01T20:00:00Z");
	while (count("SELECT count(*) FROM event") == 0)
		loop_turn(world.daemon.loop, 0);
	assert_in_range(count("SELECT count(*) FROM event"), 1, 1101);
	assert_true(feeds_read_to(world.council) == at("2026-02-01T06:07:00Z"));
	assert_nobody_was_rung();
	assert_true(feeds_read_to(world.council) == INSTANT_NEVER);
}

/* What stops a clock lies in a batch that the disk did not take. */
static void clocks_wait_for_a_batch_of_which_nothing_could_be_taken(void **state)
{
	(void)state;
	stop();
	world.batch_events = 2000;
	start();
	live_until("2026-02-02T06:08:00Z");
	(void)count("PRAGMA max_page_count = 1");
	hear_a_large_batch("2026-02-01T06:06:00Z", "2026-02-01T06:07:00Z", "2026-02-01T20:00:00Z");
	for (int i = 0; i < 1000 && !council_trouble(world.council); i++)
		loop_turn(world.daemon.loop, 0);
	assert_non_null(council_trouble(world.council));
	assert_int_equal(count("SELECT count(*) FROM event"), 0);
	assert_true(feeds_read_to(world.council) == at("2026-02-01T06:06:00Z"));
	(void)count("PRAGMA max_page_count = 1000000");
	assert_nobody_was_rung();
	assert_true(feeds_read_to(world.council) == INSTANT_NEVER);
}

static void a_reload_that_is_refused_changes_nothing_and_ops_hear_until_one_is_taken(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	write_config("unknown-option: 3\n");
	reload_now(world.council);
	live_until("2026-02-02T09:02:00Z");
	assert_int_equal(mails("casewatch-ops@", "changed configuration was refused"), 1);
	assert_int_equal(
		count("SELECT count(*) FROM condition WHERE id = 'ops.reload-failed' AND ended = 9223372036854775807"),
		1);
	assert_status_names("ops.reload-failed");
	happens("2026-02-02T10:00:00Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T10:01:00Z");
	assert_int_equal(mails("director.childrens.care@", "A-1001"), 1); /* by the rules before it */
	write_config("");
	reload_now(world.council);
	assert_int_equal(
		count("SELECT count(*) FROM condition WHERE id = 'ops.reload-failed' AND ended = 9223372036854775807"),
		0);
	live_until("2026-02-02T10:02:00Z");
	assert_int_equal(count("SELECT count(*) FROM alert WHERE rule = 'custody.threshold' AND state = 0"), 1);
}

/* A machine that lost its power, and whose clock has no battery. */
static void a_start_by_a_clock_that_is_behind_what_is_on_record_is_told_to_ops(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	stop();
	world.hands.now = at("2026-02-01T10:00:00Z"); /* 23 hours: whatever set it back was said */
	start();
	live_until("2026-02-01T10:02:00Z");
	assert_int_equal(mails("casewatch-ops@", "behind what is on record"), 0);
	stop();
	world.hands.now = at("2010-01-01T00:00:30Z");
	start();
	live_until("2010-01-01T00:03:00Z");
	assert_int_equal(mails("casewatch-ops@", "behind what is on record"), 1);
	assert_status_names("ops.clock-stepped");
}

#define REFUSED "SELECT count(*) FROM condition WHERE id = 'ops.reload-failed' AND ended = 9223372036854775807"

/* Read beside the loop, once they have been still for a second: that much of the machine's time. */
static bool comes_to(const char *sql, int64_t wanted)
{
	for (int i = 0; i < 1000 && count(sql) != wanted; i++)
		loop_turn(world.daemon.loop, 20);
	return count(sql) == wanted;
}

static void files_that_nobody_reloaded_and_that_would_be_refused_are_told_to_ops(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	write_config("unknown-option: 3\n");
	live_until("2026-02-02T10:01:00Z");
	assert_true(comes_to(REFUSED, 1));
	live_until("2026-02-02T12:00:00Z");
	assert_int_equal(mails("casewatch-ops@", "next start of casewatch would be refused"), 1);
	assert_status_names("ops.reload-failed");
	happens("2026-02-02T12:00:00Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T12:01:00Z");
	assert_int_equal(mails("director.childrens.care@", "A-1001"), 1); /* by the rules in force */
	write_config("");
	live_until("2026-02-02T13:02:00Z");
	assert_true(comes_to(REFUSED, 0));
}

/* Somebody has a file open in an editor. */
static void files_that_are_still_being_changed_are_left_alone(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	for (int i = 0; i < 12; i++) {
		char until[40];
		write_config(i % 2 ? "unknown-option: 3\n" : "unknown-option: 4\n");
		instant_print(world.hands.now + 10 * MINUTE, until);
		live_until(until);
	}
	for (int turns = 0; turns < 100; turns++) /* for longer than a reload waits for files to be still */
		loop_turn(world.daemon.loop, 20);
	assert_int_equal(count(REFUSED), 0);
	write_config("");
}

struct told {
	int times;
	bool taken;
	size_t people;
};

static void on_told(void *argument, const struct reload_outcome *outcome)
{
	struct told *told = argument;
	*told = (struct told){told->times + 1, outcome->taken, outcome->people};
}

/* The second asks while the first is being read: what they changed may have been read before. */
static void who_asks_for_a_reload_while_one_is_under_way_is_answered_by_another(void **state)
{
	struct told first = {0}, second = {0};
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	write_config("unknown-option: 3\n");
	reload_ask(world.council, on_told, &first);
	assert_int_equal(first.times, 0); /* the loop goes on meanwhile */
	write_config("");
	reload_ask(world.council, on_told, &second);
	while (!second.times)
		loop_turn(world.daemon.loop, 20);
	assert_int_equal(first.times, 1);
	assert_int_equal(second.times, 1);
	assert_true(second.taken);
	assert_int_equal(second.people, world.council->config->directory->person_count);
}

static void a_reload_that_is_under_way_when_the_daemon_leaves_is_told_so(void **state)
{
	struct told told = {0};
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	reload_ask(world.council, on_told, &told);
	stop();
	assert_int_equal(told.times, 1);
	assert_false(told.taken);
}

/* Sixty-four of them there was room for once. */
static void that_a_case_is_restricted_is_seen_under_any_of_a_childs_many_ids(void **state)
{
	char from[64], last[16];
	(void)state;
	for (int i = 1; i <= 130; i++) {
		(void)snprintf(last, sizeof last, "D%03d", i);
		(void)snprintf(from, sizeof from, "\"from\":\"%s\"", last);
		hear("memory:0", "person.merged", "C1", "2026-02-01T06:30:00Z", from);
	}
	hear("memory:0", "child.updated", "C1", "2026-02-01T06:40:00Z", "\"initials\":\"QXZ\"");
	hear("memory:0", "child.updated", last, "2026-02-01T06:41:00Z", "\"restricted\":true");
	happens("2026-02-02T09:00:00Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T09:05:00Z");
	assert_true(mails("director.childrens.care@", "A-1001") > 0);
	assert_int_equal(mails(NULL, "QXZ"), 0);
}

/* An operator sets the wall clock back by half a minute. */
static void a_clock_set_back_delays_nothing_but_what_is_civil(void **state)
{
	(void)state;
	struct buffer json = {0};
	instant said;
	long process;
	live_until("2026-02-02T09:00:10Z");
	world.hands.now -= 30 * SECOND;
	instant elapsed = world.hands.elapsed;
	happens("2026-02-02T09:00:05Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T09:00:45Z");
	assert_int_equal(mails("director.childrens.care@", "A-1001"), 1);
	assert_true(world.hands.elapsed - elapsed <= 65 * SECOND + SECOND);
	assert_true(ops_status_read(world.database, &json, &said, &process, NULL));
	assert_true(said > at("2026-02-02T08:59:40Z")); /* the look of every minute went on by time passed */
	buffer_free(&json);
}

static void a_source_that_is_gone_is_told_after_two_minutes_and_its_return_in_the_digest(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:20Z");
	memory_source_say(world.log, SOURCE_DOWN, "the broker does not answer");
	live_until("2026-02-02T09:00:21Z");
	struct buffer said = {0};
	assert_int_equal(casewatch_status(&said), 0);
	assert_non_null(strstr(buffer_cstr(&said), "the broker does not answer")); /* not a minute later */
	buffer_free(&said);
	live_until("2026-02-02T09:01:30Z");
	assert_int_equal(mails("casewatch-ops@", "A source of events is gone"), 0);
	live_until("2026-02-02T09:05:00Z");
	assert_int_equal(mails("casewatch-ops@", "A source of events is gone"), 1);
	assert_status_names("ops.source-lost");
	memory_source_say(world.log, SOURCE_UP, "it answers");
	live_until("2026-02-02T09:10:00Z");
	assert_int_equal(
		count("SELECT count(*) FROM condition WHERE id = 'ops.source-lost' AND ended = 9223372036854775807"),
		0);
	int told = mails("casewatch-ops@", "A source of events is gone");
	assert_int_equal(told, 1);
	live_until("2026-02-03T08:35:00Z");
	assert_int_equal(mails("casewatch-ops@", "A source of events is gone"), 2); /* and the digest */
	assert_int_equal(count("SELECT count(*) FROM outbox WHERE rule = 'ops.daily' AND payload LIKE "
	                       "'%Every step that was due was sent%'"),
	                 2);
}

/* Three weeks of working days, an event every ten minutes; on the Monday after nothing comes. Also where something is
 * wrong with the source that keeps nothing from being read, as a clock. */
static void a_source_that_stays_silent_on_a_working_morning_is_told(void **state)
{
	(void)state;
	stop();
	instant monday = at("2026-01-12T00:00:00Z");
	for (int day = 0; day < 19; day++)
		for (int minute = 8 * 60; day % 7 < 5 && minute <= 18 * 60; minute += 10) {
			char time[32];
			instant_print(monday + day * 24 * HOUR + minute * MINUTE, time);
			hear("memory:0", "visit.noted", "C3", time, "");
		}
	start();
	memory_source_say(world.log, SOURCE_AMISS, "its clock is ahead");
	live_until("2026-02-02T08:55:00Z"); /* a night and a weekend without a record are as usual */
	assert_true(mails("casewatch-ops@", "Something is wrong with a source of events") > 0);
	assert_status_names("ops.source-lost");
	assert_int_equal(count("SELECT count(*) FROM condition WHERE id = 'ops.source-silent'"), 0);
	live_until("2026-02-02T09:03:00Z");
	assert_int_equal(mails("casewatch-ops@", "Nothing comes from /lcs"), 1);
	assert_status_names("ops.source-silent");
	happens("2026-02-02T09:30:00Z", "visit.noted", "C3", "");
	live_until("2026-02-02T09:32:00Z");
	assert_int_equal(
		count("SELECT count(*) FROM condition WHERE id = 'ops.source-silent' AND ended = 9223372036854775807"),
		0);
}

#define STANDING(id) "SELECT count(*) FROM condition WHERE id = '" id "' AND ended = 9223372036854775807"

/* Somebody corrects it and restarts casewatch instead of reloading it. */
static void a_reload_that_was_refused_is_over_when_casewatch_was_started_without_faults(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	write_config("unknown-option: 3\n");
	reload_now(world.council);
	live_until("2026-02-02T09:02:00Z");
	assert_int_equal(count(STANDING("ops.reload-failed")), 1);
	stop();
	write_config("");
	start();
	live_until("2026-02-02T09:04:00Z");
	assert_int_equal(count(STANDING("ops.reload-failed")), 0);
}

/* What was wrong of something that the configuration no longer has would be wrong for ever: nobody is left to say that
 * it is over. */
static void what_was_wrong_of_a_channel_that_was_taken_out_is_over(void **state)
{
	static const char *const gone[] = {"webhook", "dead-man", "returned"};
	struct fault fault = {0};
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
		struct ops_word word = {.what = OPS_UNDELIVERABLE, .key = text_of(gone[i]), .lasting = OPS_UNTIL_OVER};
		assert_int_equal(ops_say(world.council->ops, &word, world.hands.now, &fault), RESULT_OK);
	}
	struct ops_word pages = {.what = OPS_PAGES}, phone = {.what = OPS_UNDELIVERABLE, .key = TEXT("texts/p-1")};
	assert_int_equal(ops_say(world.council->ops, &pages, world.hands.now, &fault), RESULT_OK);
	assert_int_equal(ops_say(world.council->ops, &phone, world.hands.now, &fault), RESULT_OK);
	stop();
	start();
	live_until("2026-02-02T09:04:00Z");
	assert_int_equal(count(STANDING("ops.pages")), 0);
	/* The phone: that happened, and the digest names it. */
	assert_int_equal(count(STANDING("ops.undeliverable")), 1);
	live_until("2026-02-03T08:35:00Z");
	assert_int_equal(count(STANDING("ops.undeliverable")), 0);
}

static void who_is_fenced_stops_telling_people_and_leaves_for_good(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	memory_source_say(world.log, SOURCE_FENCED, "another member has our name");
	hear("memory:0", "custody.threshold_met", "C1", "2026-02-02T09:00:00Z", K1);
	live_until("2026-02-02T09:30:00Z");
	assert_true(world.daemon.leaving);
	assert_int_equal(world.daemon.status, EXIT_FENCED);
	stop();
	assert_int_equal(mails("director.childrens.care@", "A-1001"), 0);
	char why[512];
	assert_true(last_end_read(world.database, why, sizeof why));
	assert_non_null(strstr(why, "another member has our name"));
}

static void a_database_taken_away_ends_the_daemon_within_a_minute(void **state)
{
	char moved[200];
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	(void)snprintf(moved, sizeof moved, "%s.moved", world.database);
	assert_int_equal(rename(world.database, moved), 0);
	live_until("2026-02-02T09:02:00Z");
	assert_true(world.daemon.leaving);
	assert_int_equal(world.daemon.status, EXIT_FAILURE);
	stop();
	assert_int_equal(unlink(moved), 0);
}

/* ---- the work of a turn ---- */

/* The worst that is known of a day: a child with thousands of records and a late one, thousands of clocks that run out
 * at one instant, thousands of alerts at once. */
static void no_turn_of_a_day_does_more_than_its_portion(void **state)
{
	(void)state;
	const int children = rounds_of(2000, 900), episodes = rounds_of(1500, 1000);
	char child[16], time[32], episode[48];
	stop();
	world.batch_events = 2000;
	for (int i = 0; i < episodes; i++) {
		instant went = at("2026-01-10T00:00:00Z") + i * 15 * MINUTE;
		(void)snprintf(episode, sizeof episode, "\"episode\":\"m%d\",\"kind\":\"away\"", i);
		instant_print(went, time);
		hear("memory:0", "missing.started", "BIG", time, episode);
		instant_print(went + 10 * MINUTE, time);
		hear("memory:0", "missing.ended", "BIG", time, episode);
	}
	for (int i = 0; i < children; i++) {
		(void)snprintf(child, sizeof child, "D%d", i);
		hear("memory:0", "missing.started", child, "2026-02-01T06:30:00Z",
		     "\"episode\":\"m\",\"kind\":\"missing\"");
	}
	start();
	loop_measure(world.daemon.loop, see_turn, NULL);
	live_until("2026-02-02T06:20:00Z");
	assert_int_equal(count("SELECT count(*) FROM event"), 2 * episodes + children);
	hear("memory:0", "missing.started", "BIG", "2026-01-09T00:00:00Z", "\"episode\":\"l\",\"kind\":\"away\"");
	live_until("2026-02-02T06:35:00Z");
	assert_int_equal(count("SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"),
	                 children);
	for (int i = 0; i < children; i++) {
		(void)snprintf(child, sizeof child, "S%d", i);
		hear("memory:0", "custody.threshold_met", child, "2026-02-02T06:35:00Z", K1);
	}
	live_until("2026-02-02T06:36:00Z");
	assert_int_equal(count("SELECT count(*) FROM alert WHERE rule = 'custody.threshold' AND state = 0"), children);
	assert_in_range(world.most.events, 200, 1000);
	assert_in_range(world.most.folded, 1000, 2500);
	assert_in_range(world.most.effects, 200, 800);
	assert_in_range(world.most.steps, 10000, MOST_STEPS);
}

#define CONTRADICTS "SELECT count(*) FROM condition WHERE id = 'ops.contradiction' AND ended = 9223372036854775807"

/* A return without a record of the start: the start may still come, so ops hear after a week, once, over a restart. */
static void an_end_that_has_had_no_start_for_a_week_is_told_once_until_its_start_comes(void **state)
{
	(void)state;
	happens("2026-02-02T09:00:00Z", "missing.ended", "C1", "\"episode\":\"m1\"");
	happens("2026-02-02T09:10:00Z", "missing.ended", "C2", "\"episode\":\"m2\"");
	happens("2026-02-04T09:00:00Z", "missing.started", "C3", "\"episode\":\"m3\",\"kind\":\"missing\"");
	hear("memory:0", "missing.started", "C2", "2026-02-01T23:00:00Z", "\"episode\":\"m2\",\"kind\":\"missing\"");
	live_until("2026-02-04T09:10:00Z");
	assert_int_equal(count(CONTRADICTS), 0);
	stop();
	pass(4 * 24 * HOUR + 23 * HOUR + 45 * MINUTE); /* nobody watches the clock meanwhile */
	start();
	live_until("2026-02-09T08:58:00Z");
	assert_int_equal(count(CONTRADICTS), 0);
	live_until("2026-02-09T09:03:00Z");
	assert_int_equal(count(CONTRADICTS), 1);
	assert_int_equal(mails("casewatch-ops@", "e1 of /lcs"), 1);
	live_until("2026-02-10T09:00:00Z");
	assert_int_equal(mails("casewatch-ops@", "e1 of /lcs"), 1); /* once; the digest names no record */
	hear("memory:0", "missing.started", "C1", "2026-02-01T22:00:00Z", "\"episode\":\"m1\",\"kind\":\"missing\"");
	live_until("2026-02-10T09:01:00Z");
	assert_int_equal(count(CONTRADICTS), 0);
	assert_int_equal(count("SELECT count(*) FROM contradiction"), 0);
}

static void a_return_dated_before_the_child_went_missing_is_told_at_once_and_the_child_stays_on_the_list(void **state)
{
	(void)state;
	happens("2026-02-02T18:00:00Z", "missing.started", "C2", "\"episode\":\"m1\",\"kind\":\"missing\"");
	live_until("2026-02-02T19:00:00Z");
	hear("memory:0", "missing.ended", "C2", "2026-02-02T17:00:00Z", "\"episode\":\"m1\"");
	live_until("2026-02-02T19:01:00Z");
	assert_int_equal(mails("casewatch-ops@", "e2 of /lcs"), 1);
	assert_int_equal(count(CONTRADICTS), 1);
	live_until("2026-02-03T07:32:00Z");
	assert_true(mails("director.childrens.care@", "RECORDS THAT CONTRADICT EACH OTHER") >= 1);
	hear("memory:0", "event.withdrawn", "C2", "2026-02-03T07:31:00Z", "\"id\":\"e2\"");
	live_until("2026-02-03T07:42:00Z");
	assert_int_equal(count(CONTRADICTS), 0);
}

/* As a text says it that stands in for the list. */
static void a_list_is_called_what_its_mails_are_called(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	assert_true(text_equal(council_list_name(world.council, TEXT("daily-missing")), TEXT("Missing list")));
	assert_true(text_equal(council_list_name(world.council, TEXT("custody/monthly")), TEXT("Custody report")));
	assert_true(text_equal(council_list_name(world.council, TEXT("nothing-of-that-name")), TEXT_NONE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	log_set_level((enum log_level)(getenv("VERBOSE") ? 7 : 2));
	const struct CMUnitTest tests[] = {
		TEST(a_night_and_a_day_of_a_council),
		TEST(a_list_is_called_what_its_mails_are_called),
		TEST(a_stop_in_the_middle_of_a_backlog_loses_and_repeats_nothing),
		TEST(clocks_wait_for_the_slowest_partition),
		TEST(clocks_wait_for_what_is_left_of_a_batch),
		TEST(what_is_left_of_a_batch_is_not_read_to_the_clock),
		TEST(clocks_wait_for_a_batch_of_which_nothing_could_be_taken),
		TEST(a_reload_that_is_refused_changes_nothing_and_ops_hear_until_one_is_taken),
		TEST(a_start_by_a_clock_that_is_behind_what_is_on_record_is_told_to_ops),
		TEST(files_that_nobody_reloaded_and_that_would_be_refused_are_told_to_ops),
		TEST(files_that_are_still_being_changed_are_left_alone),
		TEST(that_a_case_is_restricted_is_seen_under_any_of_a_childs_many_ids),
		TEST(who_asks_for_a_reload_while_one_is_under_way_is_answered_by_another),
		TEST(a_reload_that_is_under_way_when_the_daemon_leaves_is_told_so),
		TEST(a_clock_set_back_delays_nothing_but_what_is_civil),
		TEST(a_source_that_is_gone_is_told_after_two_minutes_and_its_return_in_the_digest),
		TEST(a_source_that_stays_silent_on_a_working_morning_is_told),
		TEST(a_reload_that_was_refused_is_over_when_casewatch_was_started_without_faults),
		TEST(what_was_wrong_of_a_channel_that_was_taken_out_is_over),
		TEST(who_is_fenced_stops_telling_people_and_leaves_for_good),
		TEST(a_database_taken_away_ends_the_daemon_within_a_minute),
		TEST(no_turn_of_a_day_does_more_than_its_portion),
		TEST(an_end_that_has_had_no_start_for_a_week_is_told_once_until_its_start_comes),
		TEST(a_return_dated_before_the_child_went_missing_is_told_at_once_and_the_child_stays_on_the_list),
	};
	return cmocka_run_group_tests_name("days", tests, NULL, NULL);
}
