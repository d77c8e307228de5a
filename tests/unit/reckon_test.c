/* What should have been told is reckoned anew each hour from what is stored: whatever is taken out of the database by
 * hand is found and told, late and saying so; and where nothing was taken nothing is found. */
#include "day_world.h"
#include "rounds.h"

#include "store/alerts/alerts.h"

#define K1 "\"custody\":\"k1\""
#define LATE "You should have been told of this before"
#define MISSED_WORDS "SELECT count(*) FROM outbox WHERE rule = 'ops.ladder-missed'"

/* By hand, while nobody runs. */
static void take_out(const char *sql)
{
	struct fault fault = {0};
	stop();
	struct store *store;
	if (store_open(world.database, STORE_WRITE, &store, &fault) != RESULT_OK ||
	    store_execute(store, sql, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	store_close(store);
}

/* A child's next time is set later than it is, while nobody runs. */
static void put_off(const char *child, const char *time)
{
	struct fault fault = {0};
	struct store *store;
	stop();
	if (store_open(world.database, STORE_WRITE, &store, &fault) != RESULT_OK ||
	    store_begin(store, &fault) != RESULT_OK ||
	    due_set(store, PARTY_NONE, text_of(child), at(time), &fault) != RESULT_OK ||
	    store_commit(store, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	store_close(store);
}

static uint64_t rounds(void)
{
	struct pipeline_figures figures;
	pipeline_figures(world.council->pipeline, &figures);
	return figures.reckoned;
}

static void where_all_was_told_nothing_is_found_hour_after_hour(void **state)
{
	(void)state;
	happens("2026-02-02T06:10:00Z", "custody.threshold_met", "C1", K1);
	happens("2026-02-02T06:20:00Z", "missing.started", "C2", "\"episode\":\"m1\",\"kind\":\"missing\"");
	live_until("2026-02-02T12:00:00Z");
	assert_in_range(rounds(), 5, 6);
	assert_int_equal(count(MISSED_WORDS), 0);
}

static void a_step_whose_time_was_taken_out_is_told_late_and_says_so(void **state)
{
	(void)state;
	happens("2026-02-02T06:10:00Z", "custody.threshold_met", "C1", K1);
	live_until("2026-02-02T06:12:00Z");
	take_out("DELETE FROM due_log");
	pass(2 * HOUR); /* the next step was due meanwhile */
	start();
	live_until("2026-02-02T09:12:00Z");
	assert_int_equal(mails("dcs@", LATE), 1);
	assert_int_equal(count("SELECT count(*) FROM alert WHERE rule = 'custody.no-bed-requested'"), 1);
	world.missed = 2; /* the step, and a clock that ran out meanwhile */
	assert_int_equal(count(MISSED_WORDS), 2);
}

static void a_clock_whose_time_was_taken_out_rings_all_the_same_and_on_time(void **state)
{
	(void)state;
	happens("2026-02-02T06:20:00Z", "missing.started", "C2", "\"episode\":\"m1\",\"kind\":\"missing\"");
	live_until("2026-02-02T06:30:00Z");
	take_out("DELETE FROM due_log");
	start();
	live_until("2026-02-02T07:30:00Z");
	assert_int_equal(count(MISSED_WORDS), 1);
	live_until("2026-02-03T06:19:00Z");
	assert_int_equal(count("SELECT count(*) FROM alert WHERE rule = 'missing.still-missing'"), 0);
	live_until("2026-02-03T06:21:00Z");
	assert_int_equal(count("SELECT count(*) FROM alert WHERE rule = 'missing.still-missing'"), 1);
	world.missed = 1;
}

static void an_alert_whose_messages_were_taken_out_is_told_again(void **state)
{
	(void)state;
	happens("2026-02-02T06:10:00Z", "custody.threshold_met", "C1", K1);
	take_out("DELETE FROM outbox WHERE number > 0");
	memory_server_clear(&world.server);
	start();
	live_until("2026-02-02T06:25:00Z");
	assert_int_equal(mails("director.childrens.care@", LATE), 1);
	assert_int_equal(count(MISSED_WORDS), 1);
	assert_status_names("ops.ladder-missed");
	world.missed = 1;
}

static void an_alert_that_was_answered_or_is_over_is_told_to_nobody_again(void **state)
{
	(void)state;
	happens("2026-02-02T06:10:00Z", "custody.threshold_met", "C1", K1);
	happens("2026-02-02T06:11:00Z", "custody.threshold_met", "C2", "\"custody\":\"k2\"");
	happens("2026-02-02T06:12:00Z", "event.withdrawn", "C1", "\"id\":\"e1\"");
	live_until("2026-02-02T06:14:00Z");
	take_out("DELETE FROM outbox WHERE number > 0; UPDATE alert SET acknowledged = acknowledged");
	memory_server_clear(&world.server);
	start();
	live_until("2026-02-02T06:26:00Z");
	assert_int_equal(mails(NULL, "A-1001"), 0);
	world.missed = 1; /* the other one */
}

/* The machine's clock is 50 minutes ahead when a child in a cell is told of, and is set right two minutes later: the
 * next step falls due by the right clock. Nobody is told twice for it, and nothing was missed. */
static void a_step_told_by_a_clock_that_was_ahead_runs_from_now_on_once_it_is_set_back(void **state)
{
	(void)state;
	live_until("2026-02-02T07:00:00Z");
	hear("memory:0", "custody.threshold_met", "C1", "2026-02-02T06:10:00Z", K1);
	live_until("2026-02-02T07:02:00Z");
	assert_int_equal(mails("director.childrens.care@", "A-1001"), 1);
	stop();
	pass(-50 * MINUTE);
	start();
	live_until("2026-02-02T06:40:00Z");
	assert_int_equal(mails("dcs@", "A-1001"), 0);
	live_until("2026-02-02T06:44:00Z"); /* half an hour from the start */
	assert_int_equal(mails("dcs@", "A-1001"), 1);
	live_until("2026-02-02T07:00:00Z");
	assert_int_equal(mails("dcs@", "A-1001"), 1);
	assert_int_equal(mails("director.childrens.care@", "A-1001"), 1);
	assert_int_equal(count(MISSED_WORDS), 0);
}

static enum result see_id(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	(void)snprintf(argument, ALERT_ID_SIZE, "%.*s", TEXT_ARG(row->id));
	return RESULT_OK;
}

/* The director answers A-1001; `more`: of the answer. */
static void answer_dated(const char *time, const char *more)
{
	struct fault fault = {0};
	struct buffer bytes = {0};
	char id[ALERT_ID_SIZE] = "";
	if (alerts_find(world.council->store, TEXT("1001"), see_id, id, &fault) != RESULT_OK || !id[0])
		fail_msg("there is no A-1001: %s", fault.text);
	buffer_format(&bytes,
	              "{\"specversion\":\"1.0\",\"id\":\"a1\",\"source\":\"/casewatch/answer\",\"type\":"
	              "\"alert.acknowledged\",\"subject\":\"C1\",\"time\":\"%s\",\"data\":{\"alert\":\"%s\",\"by\":"
	              "\"director\",\"person\":\"p.director\",\"action\":\"bed found\"%s}}",
	              time, id, more);
	put("memory:0", buffer_cstr(&bytes));
	buffer_free(&bytes);
	pass(SECOND / 10);
	loop_turn(world.daemon.loop, 0);
}

/* By the clock as it is. */
static void answer(const char *time, const char *more)
{
	live_until(time);
	answer_dated(time, more);
}

#define HELD "SELECT count(*) FROM alert WHERE number = 1001 AND acknowledged = 1"
#define ESCALATED "SELECT count(*) FROM outbox WHERE number = 1001 AND purpose = 'escalated'"
#define ASKED_AGAIN "SELECT count(*) FROM outbox WHERE number = 1001 AND purpose = 'asked-again'"

/* The clock is three days ahead when the director answers, and is set right a minute later: nobody took the answer
 * back, and it is looked at again after the time that its severity sets, not three days later. */
static void an_answer_given_by_a_clock_that_was_ahead_is_looked_at_again_in_its_time_once_it_is_set_back(void **state)
{
	(void)state;
	PLAIN_ONLY(); /* three days; the next test sets a clock back, too */
	happens("2026-02-02T06:10:00Z", "custody.threshold_met", "C1", K1);
	stop();
	pass(72 * HOUR);
	start();
	answer("2026-02-05T06:20:00Z", "");
	live_until("2026-02-05T06:21:00Z");
	assert_int_equal(count(HELD), 1);
	int64_t before = count(ASKED_AGAIN);
	stop();
	pass(-72 * HOUR);
	start();
	live_until("2026-02-02T18:19:00Z");
	assert_int_equal(count(HELD), 1);
	assert_int_equal(count(ASKED_AGAIN), before);
	assert_int_equal(count("SELECT count(*) FROM alert WHERE number = 1001 AND next = review_at"), 1);
	live_until("2026-02-02T18:22:00Z"); /* twelve hours after it was set right */
	assert_int_equal(count(HELD), 0);
	assert_int_equal(count(ASKED_AGAIN), before + 1);
	assert_int_equal(mails(NULL, "withdrawn"), 0);
	live_until("2026-02-05T07:20:00Z"); /* when that clock's time comes the answer is no new one */
	assert_int_equal(count(HELD), 0);
	assert_int_equal(count(MISSED_WORDS), 0);
}

/* The director answers by a clock that is ten days ahead, and is set right a minute later; it is held until then. */
static void assert_held_until(const char *review, const char *just_before, const char *then)
{
	happens("2026-02-02T06:10:00Z", "custody.threshold_met", "C1", K1);
	stop();
	pass(10 * 24 * HOUR);
	start();
	answer("2026-02-12T06:20:00Z", review);
	live_until("2026-02-12T06:21:00Z");
	assert_int_equal(count(HELD), 1);
	stop();
	pass(-10 * 24 * HOUR);
	start();
	live_until(just_before);
	assert_int_equal(count(HELD), 1);
	live_until(then);
	assert_int_equal(count(HELD), 0);
}

/* Who wanted to be asked again in two hours wants it in two hours, and not when that clock's time comes. */
static void a_review_asked_of_a_clock_that_was_ahead_comes_as_long_after_it_is_set_back(void **state)
{
	(void)state;
	assert_held_until(",\"review_at\":\"2026-02-12T08:20:00Z\"", "2026-02-02T08:19:00Z", "2026-02-02T08:22:00Z");
}

/* And as far as a review time may lie ahead: five days of a critical one. */
static void a_review_asked_of_a_clock_that_was_ahead_is_cut_as_any_other_once_it_is_set_back(void **state)
{
	(void)state;
	assert_held_until(",\"review_at\":\"2026-02-28T06:20:00Z\"", "2026-02-07T06:19:00Z", "2026-02-07T06:22:00Z");
}

/* The answer has its right time, as it comes from elsewhere, and is taken by a clock that is ahead: three days, so that
 * it asks again at once before it takes it. */
static void an_answer_that_a_clock_that_was_ahead_took_is_looked_at_again_in_its_time_once_it_is_set_back(void **state)
{
	(void)state;
	happens("2026-02-02T06:10:00Z", "custody.threshold_met", "C1", K1);
	stop();
	pass(72 * HOUR);
	start();
	live_until("2026-02-05T06:20:00Z");
	assert_true(count(ASKED_AGAIN) + count(ESCALATED) > 0);
	answer_dated("2026-02-02T06:15:00Z", "");
	live_until("2026-02-05T06:21:00Z");
	assert_int_equal(count(HELD), 1);
	stop();
	pass(-72 * HOUR);
	start();
	live_until("2026-02-02T18:19:00Z");
	assert_int_equal(count(HELD), 1);
	live_until("2026-02-02T18:22:00Z"); /* twelve hours after it was set right */
	assert_int_equal(count(HELD), 0);
}

/* And twenty hours, within the step's own time, so that what was asked last was asked by a right clock. */
static void it_is_so_where_that_clock_had_not_asked_again(void **state)
{
	(void)state;
	PLAIN_ONLY(); /* three days */
	happens("2026-02-02T06:01:00Z", "missing.started", "C1", "\"episode\":\"m1\",\"kind\":\"missing\"");
	happens("2026-02-02T06:02:00Z", "missing.started", "C1", "\"episode\":\"m2\",\"kind\":\"missing\"");
	happens("2026-02-02T06:03:00Z", "missing.started", "C1", "\"episode\":\"m3\",\"kind\":\"missing\"");
	live_until("2026-02-02T10:00:00Z");
	assert_int_equal(count("SELECT count(*) FROM alert WHERE number = 1001 AND rule = 'missing.vpg-referral'"), 1);
	stop();
	pass(20 * HOUR);
	start();
	live_until("2026-02-03T06:05:00Z");
	assert_int_equal(count(ASKED_AGAIN) + count(ESCALATED), 0);
	answer_dated("2026-02-02T10:00:00Z", "");
	live_until("2026-02-03T06:06:00Z");
	assert_int_equal(count(HELD), 1);
	stop();
	pass(-20 * HOUR);
	start();
	live_until("2026-02-04T23:58:00Z");
	assert_int_equal(count(HELD), 1);
	live_until("2026-02-05T00:01:00Z"); /* two working days after it was given */
	assert_int_equal(count(HELD), 0);
}

static void other_rules_begin_the_round_anew_and_find_nothing(void **state)
{
	(void)state;
	happens("2026-02-02T06:10:00Z", "custody.threshold_met", "C1", K1);
	for (int hour = 7; hour < 12; hour++) {
		char time[32];
		(void)snprintf(time, sizeof time, "2026-02-02T%02d:10:00Z", hour);
		live_until(time);
		write_config(hour % 2 ? "go-live: 2026-02-02T05:00:00Z\n" : "");
		reload_now(world.council);
	}
	live_until("2026-02-02T14:00:00Z");
	assert_true(rounds() > 4);
	assert_int_equal(count(MISSED_WORDS), 0);
}

static void an_early_warning_that_was_missed_is_sent_while_its_clock_runs(void **state)
{
	(void)state;
	happens("2026-02-02T06:20:00Z", "missing.started", "C2", "\"episode\":\"m1\",\"kind\":\"missing\"");
	happens("2026-02-02T07:20:00Z", "missing.ended", "C2", "\"episode\":\"m1\"");
	live_until("2026-02-02T07:22:00Z");
	put_off("C2", "2026-02-05T07:20:00Z"); /* when the interview is overdue; the warning comes a day before */
	pass(49 * HOUR);
	start();
	live_until("2026-02-04T08:40:00Z");
	assert_int_equal(count("SELECT count(*) FROM outbox WHERE purpose = 'warned'"), 1);
	assert_int_equal(count(MISSED_WORDS), 1);
	live_until("2026-02-04T11:00:00Z");
	assert_int_equal(count("SELECT count(*) FROM outbox WHERE purpose = 'warned'"), 1);
	world.missed = 1;
}

#define LEFT_OUT_WORDS "SELECT count(*) FROM outbox WHERE rule = 'ops.set-aside'"
#define LEFT_OUT_NOW "SELECT count(*) FROM condition WHERE id = 'ops.set-aside' AND ended = 9223372036854775807"

/* Its events are said to come one before the other in a ring. */
static void a_history_that_cannot_be_read_hides_no_other_childs_step(void **state)
{
	(void)state;
	happens("2026-02-02T06:05:00Z", "missing.started", "C0", "\"episode\":\"m0\",\"kind\":\"missing\"");
	happens("2026-02-02T06:10:00Z", "custody.threshold_met", "C1", K1);
	happens("2026-02-02T06:11:00Z", "missing.started", "C3", "\"episode\":\"m3\",\"kind\":\"missing\"");
	live_until("2026-02-02T06:12:00Z");
	take_out("DELETE FROM due_log; UPDATE event SET previous = id + 1 WHERE id IN (1, 3)");
	pass(2 * HOUR);
	start();
	live_until("2026-02-02T09:12:00Z");
	assert_int_equal(mails("dcs@", LATE), 1);
	assert_true(rounds() > 0);
	assert_int_equal(count(LEFT_OUT_WORDS), 1);
	live_until("2026-02-02T12:12:00Z");
	assert_int_equal(count(LEFT_OUT_WORDS), 1); /* once, and not each hour again */
	assert_int_equal(count(LEFT_OUT_NOW), 1);
	take_out("UPDATE event SET previous = 0 WHERE id IN (1, 3)");
	start();
	live_until("2026-02-02T14:00:00Z");
	assert_int_equal(count(LEFT_OUT_NOW), 0);
	world.missed = 2;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	log_set_level((enum log_level)(getenv("VERBOSE") ? 7 : 2));
	const struct CMUnitTest tests[] = {
		TEST(where_all_was_told_nothing_is_found_hour_after_hour),
		TEST(a_step_whose_time_was_taken_out_is_told_late_and_says_so),
		TEST(a_clock_whose_time_was_taken_out_rings_all_the_same_and_on_time),
		TEST(an_alert_whose_messages_were_taken_out_is_told_again),
		TEST(an_alert_that_was_answered_or_is_over_is_told_to_nobody_again),
		TEST(an_early_warning_that_was_missed_is_sent_while_its_clock_runs),
		TEST(a_history_that_cannot_be_read_hides_no_other_childs_step),
		TEST(a_step_told_by_a_clock_that_was_ahead_runs_from_now_on_once_it_is_set_back),
		TEST(an_answer_given_by_a_clock_that_was_ahead_is_looked_at_again_in_its_time_once_it_is_set_back),
		TEST(a_review_asked_of_a_clock_that_was_ahead_is_cut_as_any_other_once_it_is_set_back),
		TEST(a_review_asked_of_a_clock_that_was_ahead_comes_as_long_after_it_is_set_back),
		TEST(an_answer_that_a_clock_that_was_ahead_took_is_looked_at_again_in_its_time_once_it_is_set_back),
		TEST(it_is_so_where_that_clock_had_not_asked_again),
		TEST(other_rules_begin_the_round_anew_and_find_nothing),
	};
	return cmocka_run_group_tests_name("reckon", tests, NULL, NULL);
}
