/* How long a message is tried: until its step is over, and no shorter than a mailbox that says "later" can be asked. */
#include "courier_fixture.h"

#include "store/store_internal.h"

/* It is tried a hundred times while nobody answers at all: none of these may have arrived. */
static void a_doubt_after_an_outage_is_the_first_and_gives_nobody_up(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	bench->usual.answer = ANSWER_DOWN;
	tell_person(bench, 1, true);
	wait_for(bench, 2 * HOUR);
	assert_true(bench->arrival_count > 100);
	bench->usual.answer = ANSWER_UNCERTAIN;
	wait_for(bench, 70 * SECOND);
	bench->usual.answer = ANSWER_OK;
	wait_for(bench, MINUTE);
	assert_int_equal(bench->nobody_count, 0);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	assert_int_equal(count_rows(bench).duplicates, 1);
	bench_end(bench);
}

/* Its step ends in the night in which it waits for their hours; and their mailbox says "later" to the first attempt. */
static void a_mailbox_that_says_later_to_the_first_attempt_is_asked_again_whatever_the_steps_time(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T22:00:00Z", 1);
	bench->people[1].hours_from = bench->people[1].hours_until = -1;
	struct outbox_row row = row_of(bench, new_alert(bench, false), "p-1", false);
	row.deadline = bench->hands.now + HOUR;
	add_rows(bench, &row, 1);
	behave(bench, 1, ANSWER_LATER, 0);
	while (!attempts_at(bench, 1))
		wait_for(bench, SECOND);
	behave(bench, 1, ANSWER_OK, 0);
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	bench_end(bench);
}

/* Christmas Day 2020 is a Friday: what was made on Thursday evening goes on Monday morning, 86 hours later. Over Easter
 * it is 111. */
static void a_long_weekend_is_longer_than_three_days_and_ends_no_message(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-12-24T18:00:00Z", 1);
	bench->people[1].hours_from = bench->people[1].hours_until = -1;
	struct outbox_row row = row_of(bench, new_alert(bench, false), "p-1", false);
	row.deadline = bench->hands.now + 24 * HOUR;
	add_rows(bench, &row, 1);
	behave(bench, 1, ANSWER_LATER, 0);
	while (!attempts_at(bench, 1))
		wait_for(bench, MINUTE);
	assert_true(bench->hands.now - row.created > 72 * HOUR);
	behave(bench, 1, ANSWER_OK, 0);
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	bench_end(bench);
}

static void what_is_passed_on_in_the_last_second_of_a_step_is_tried_again_all_the_same(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	row.purpose = TEXT("passed-on");
	row.deadline = bench->hands.now + SECOND;
	add_rows(bench, &row, 1);
	behave(bench, 1, ANSWER_UNCERTAIN, 0);
	wait_for(bench, SECOND);
	behave(bench, 1, ANSWER_OK, 0);
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	bench_end(bench);
}

/* Six hours without a server, asked again every half hour. */
static void after_an_outage_each_alert_is_asked_about_once(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	bench->usual.answer = ANSWER_DOWN;
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	row.purpose = TEXT("asked-again");
	for (int i = 0; i < 12; i++) {
		row.created = row.not_before = bench->hands.now;
		row.deadline = bench->hands.now + 30 * MINUTE;
		add_rows(bench, &row, 1);
		wait_for(bench, 30 * MINUTE);
	}
	bench->usual.answer = ANSWER_OK;
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	assert_int_equal(figures_of(bench).dropped, 11);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

/* Opened in the evening, taken back and opened again before the morning: both tellings wait for the same hours. */
static void what_opened_twice_before_anybody_was_told_is_told_once(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T20:00:00Z", 1);
	struct text alert = new_alert(bench, false);
	for (int i = 0; i < 2; i++) {
		struct outbox_row row = row_of(bench, alert, "p-1", false);
		row.not_before = row.created - i * HOUR + 12 * HOUR;
		add_rows(bench, &row, 1);
		wait_for(bench, HOUR);
	}
	wait_for(bench, 12 * HOUR);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	assert_int_equal(figures_of(bench).dropped, 1);
	assert_int_equal(attempts_at(bench, 1), 1);
	bench_end(bench);
}

/* The other waits for longer, or is another's: then this one goes. */
static void what_opened_twice_waits_for_no_telling_that_comes_later_or_to_another(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct text alert = new_alert(bench, false);
	struct outbox_row row = row_of(bench, alert, "p-1", false);
	row.not_before += HOUR;
	add_rows(bench, &row, 1);
	wait_for(bench, MINUTE);
	row.created = bench->hands.now;
	row.not_before += 10 * HOUR;
	add_rows(bench, &row, 1);
	row.role = TEXT("p-2");
	row.not_before = bench->hands.now + 50 * MINUTE;
	add_rows(bench, &row, 1);
	wait_for(bench, 2 * HOUR);
	assert_int_equal(attempts_at(bench, 1), 1);
	assert_int_equal(attempts_at(bench, 2), 1);
	bench_end(bench);
}

/* Nobody has longer than their step for being tried at once. */
static void a_step_of_five_minutes_is_over_after_five(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	row.deadline = bench->hands.now + 5 * MINUTE;
	add_rows(bench, &row, 1);
	behave(bench, 1, ANSWER_LATER, 0);
	wait_for(bench, 5 * MINUTE + 2 * SECOND);
	assert_int_equal(bench->nobody_count, 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 1);
	bench_end(bench);
}

static void so_is_one_that_says_later_when_the_server_is_back(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	row.deadline = bench->hands.now + 30 * MINUTE;
	add_rows(bench, &row, 1);
	bench->usual.answer = ANSWER_DOWN;
	wait_for(bench, HOUR);
	bench->usual.answer = ANSWER_LATER;
	wait_for(bench, 20 * SECOND);
	bench->usual.answer = ANSWER_OK;
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

/* The next step is told in its time, also where this one may have arrived. */
static void a_doubt_does_not_outlast_its_step(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	row.deadline = bench->hands.now + 5 * MINUTE;
	bench->usual.answer = ANSWER_UNCERTAIN;
	add_rows(bench, &row, 1);
	wait_for(bench, 5 * MINUTE + 2 * SECOND);
	assert_true(attempts_at(bench, 1) > 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 1);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

/* A step of five working days is no reason to try one mailbox for five. */
static void a_step_of_a_week_is_given_up_after_three_days(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-03T10:00:00Z", 1);
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	row.deadline = bench->hands.now + 7 * 24 * HOUR;
	behave(bench, 1, ANSWER_LATER, 0);
	add_rows(bench, &row, 1);
	wait_for(bench, 71 * HOUR);
	assert_int_equal(bench->nobody_count, 0);
	wait_for(bench, 2 * HOUR);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

/* However little time its step had: for as long as the server is away it has its time again, but not for ever. */
static void what_no_server_took_for_three_days_is_given_up_and_the_alert_climbs(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-03T10:00:00Z", 1);
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	row.deadline = bench->hands.now + HOUR;
	bench->usual = (struct behaviour){.answer = ANSWER_DOWN, .took_ms = 1};
	add_rows(bench, &row, 1);
	wait_for(bench, 71 * HOUR);
	assert_int_equal(bench->nobody_count, 0);
	wait_for(bench, 2 * HOUR);
	assert_int_equal(bench->nobody_count, 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 1);
	bench_end(bench);
}

static void whoever_runs_it_may_ask_for_shorter_pauses_than_a_minute(void **state)
{
	struct fault *fault;
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct courier_settings settings = bench_settings(bench);
	courier_free(bench->courier);
	settings.channels = &bench->channel;
	settings.channel_count = 1;
	settings.retry_first = SECOND;
	settings.retry_most = 10 * SECOND;
	OK(courier_new(&settings, &bench->courier, fault));
	behave(bench, 1, ANSWER_LATER, 0);
	tell_person(bench, 1, true);
	wait_for(bench, 10 * MINUTE);
	assert_in_range(attempts_at(bench, 1), 48, 90); /* 10 s, a quarter more or less, after the first few */
	bench_end(bench);
}

/* Whoever gets a copy each time is not to be flooded with them: the next step is told, and ops look. */
static void twenty_doubts_about_one_message_are_enough(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	bench->usual.answer = ANSWER_UNCERTAIN;
	tell_person(bench, 1, true);
	wait_for(bench, 2 * HOUR);
	assert_int_equal(attempts_at(bench, 1), 20);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

static enum answer all_refuse_but_ops(struct bench *bench, int person, int64_t *took_ms)
{
	(void)bench;
	*took_ms = 5;
	return person < 0 ? ANSWER_OK : ANSWER_REFUSES;
}

/* A directory whose addresses are all of the old domain. */
static void ten_thousand_refusals_climb_each_and_flood_neither_the_server_nor_ops(void **state)
{
	enum { ALERTS = 10000 };
	struct fault *fault;
	int64_t id;
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 4);
	bench->decide = all_refuse_but_ops;
	OK(store_begin(bench->store, fault));
	for (int i = 0; i < ALERTS; i++) {
		struct outbox_row row = row_of(bench, new_alert(bench, true), bench->names[i % PEOPLE][0], true);
		OK(outbox_add(bench->store, &row, &id, fault));
	}
	OK(store_commit(bench->store, fault));
	wait_for(bench, 4 * MINUTE);
	assert_int_equal(bench->nobody_count, ALERTS);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], ALERTS);
	assert_true(bench->arrival_count <= 6 * PEOPLE); /* a mailbox that refused is asked again a minute later */
	assert_true(count_rows(bench).ops <= OPS_BURST + 2); /* the rest in one word */
	assert_true(bench->steps_most < 200000); /* no turn of the courier is long: some tens of nanoseconds each */
	bench_end(bench);
}

/* Nobody answers for a year: what each message reads of those before it does not grow with them. */
static void a_message_about_an_alert_that_was_asked_about_for_a_year_takes_no_long_turn(void **state)
{
	static const char many[] =
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO outbox "
		"(kind, state, open, critical, purpose, number, alert, rule, subject, step, role, person, channel, "
		"address, message_id, payload, created, not_before, deadline, sent, attempts, possible_duplicate, "
		"reply) "
		"SELECT kind, 2, 0, critical, 'asked-again', number, alert, rule, subject, step, role, 'p-1', 'email', "
		"'p-1@council.example', 'm' || i, payload, created, not_before, deadline, created + i, 1, 0, '' "
		"FROM outbox, n WHERE id = 1";
	struct fault *fault;
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	add_rows(bench, &row, 1);
	wait_for(bench, SECOND);
	OK(store_begin(bench->store, fault));
	OK(store_execute(bench->store, many, fault));
	OK(store_commit(bench->store, fault));
	row.purpose = TEXT("asked-again");
	row.created = row.not_before = bench->hands.now;
	add_rows(bench, &row, 1);
	bench->steps_most = 0;
	wait_for(bench, SECOND);
	assert_int_equal(attempts_at(bench, 1), 2);
	assert_true(bench->steps_most < 100000); /* to read all of them took six times that */
	bench_end(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_doubt_after_an_outage_is_the_first_and_gives_nobody_up),
		cmocka_unit_test(a_mailbox_that_says_later_to_the_first_attempt_is_asked_again_whatever_the_steps_time),
		cmocka_unit_test(a_long_weekend_is_longer_than_three_days_and_ends_no_message),
		cmocka_unit_test(what_is_passed_on_in_the_last_second_of_a_step_is_tried_again_all_the_same),
		cmocka_unit_test(after_an_outage_each_alert_is_asked_about_once),
		cmocka_unit_test(what_opened_twice_before_anybody_was_told_is_told_once),
		cmocka_unit_test(what_opened_twice_waits_for_no_telling_that_comes_later_or_to_another),
		cmocka_unit_test(a_step_of_five_minutes_is_over_after_five),
		cmocka_unit_test(so_is_one_that_says_later_when_the_server_is_back),
		cmocka_unit_test(twenty_doubts_about_one_message_are_enough),
		cmocka_unit_test(a_doubt_does_not_outlast_its_step),
		cmocka_unit_test(a_step_of_a_week_is_given_up_after_three_days),
		cmocka_unit_test(what_no_server_took_for_three_days_is_given_up_and_the_alert_climbs),
		cmocka_unit_test(whoever_runs_it_may_ask_for_shorter_pauses_than_a_minute),
		cmocka_unit_test(ten_thousand_refusals_climb_each_and_flood_neither_the_server_nor_ops),
		cmocka_unit_test(a_message_about_an_alert_that_was_asked_about_for_a_year_takes_no_long_turn),
	};
	return cmocka_run_group_tests_name("courier_bound", tests, NULL, NULL);
}
