/* A server, or a mailbox, that takes nothing for hours: it is asked less and less often, found within a minute once it
 * is back, and the audit does not fill with it. */
#include "courier_fixture.h"

#include "store/store_internal.h"

static int64_t retries_on_record(struct bench *bench)
{
	struct fault *fault;
	int64_t rows = -1;
	OK(store_pragma(bench->store, "SELECT count(*) FROM audit WHERE what = 'message.retry'", &rows, fault));
	return rows;
}

/* Away for six hours, asked again and again: what it is asked and what is written down of it stays small, and the
 * critical message goes within a minute once it is back. */
static void a_server_that_stays_away_is_asked_less_often_and_found_within_a_minute(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 4);
	bench->usual = (struct behaviour){.answer = ANSWER_DOWN, .took_ms = 1};
	tell_person(bench, 1, true);
	wait_for(bench, 20 * SECOND);
	assert_true(bench->arrival_count >= 4); /* it may be a restart */
	wait_for(bench, 6 * HOUR);
	assert_in_range(bench->arrival_count, 6 * 60, 6 * 90);
	int64_t rows = retries_on_record(bench);
	assert_in_range(rows, 2, 10);
	bench->usual.answer = ANSWER_OK;
	instant back = bench->hands.elapsed;
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	assert_true(bench->arrivals[bench->arrival_count - 1].at <= back + MINUTE);
	bench_end(bench);
}

/* Each has its turn to ask whether it is back, and each its first row. */
static void a_server_that_stays_away_fills_no_audit_however_many_wait(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 4);
	bench->usual = (struct behaviour){.answer = ANSWER_DOWN, .took_ms = 1};
	for (int i = 0; i < 90; i++)
		tell_person(bench, i, i % 2);
	wait_for(bench, 24 * HOUR);
	int64_t rows = retries_on_record(bench);
	assert_true(rows <= 90 * 8);
	bench_end(bench);
}

/* A mailbox that says "later" for hours, too. */
static void a_mailbox_that_says_later_for_hours_fills_no_audit(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 4);
	behave(bench, 1, ANSWER_LATER, 1);
	tell_person(bench, 1, true);
	wait_for(bench, 24 * HOUR);
	int64_t rows = retries_on_record(bench);
	assert_in_range(rows, 5, 13);
	assert_true(attempts_at(bench, 1) > 1000); /* and is tried within a minute all the same */
	bench_end(bench);
}

/* ---- a clock that was ahead ---- */

/* Held for Monday morning by a clock that says it is Saturday night: for the Emergency Duty Team (old news, which waits
 * for the day), and for somebody who works by day. */
static void hold_for_monday(struct bench *bench)
{
	bench->roles[1].out_of_hours = true;
	bench->people[2].hours_from = bench->people[2].hours_until = -1; /* those of the council */
	for (int person = 1; person <= 2; person++) {
		struct outbox_row row = row_of(bench, new_alert(bench, false), bench->names[person][0], false);
		row.not_before = bench->hands.now + 54 * HOUR;
		add_rows(bench, &row, 1);
	}
	wait_for(bench, MINUTE);
	assert_int_equal(bench->arrival_count, 0);
}

static void what_was_held_by_a_clock_that_was_ahead_goes_once_it_is_set_back(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-08T02:00:00Z", 2);
	hold_for_monday(bench);
	bench->hands.now -= 24 * HOUR; /* it is Friday; the daemon starts anew */
	courier_free(bench->courier);
	bench_start_courier(bench, false);
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(attempts_at(bench, 1), 1);
	assert_int_equal(attempts_at(bench, 2), 0);
	wait_for(bench, 6 * HOUR);
	assert_int_equal(attempts_at(bench, 2), 1);
	bench_end(bench);
}

static void what_is_held_by_a_clock_that_is_right_is_held_over_a_start(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-08T02:00:00Z", 2);
	hold_for_monday(bench);
	courier_free(bench->courier);
	bench_start_courier(bench, false);
	wait_for(bench, 53 * HOUR);
	assert_int_equal(bench->arrival_count, 0);
	wait_for(bench, 2 * HOUR);
	assert_int_equal(bench->arrival_count, 2);
	bench_end(bench);
}

/* It was tried while the clock was ahead: the next try is not a day away. */
static void what_was_tried_by_a_clock_that_was_ahead_is_tried_again_once_it_is_set_back(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-08T10:00:00Z", 2);
	tell_person(bench, 1, true);
	bench->hands.now += 24 * HOUR;
	courier_free(bench->courier);
	bench_start_courier(bench, false);
	behave(bench, 1, ANSWER_LATER, 1);
	wait_for(bench, MINUTE);
	assert_true(attempts_at(bench, 1) > 0);
	courier_free(bench->courier);
	bench->hands.now -= 24 * HOUR;
	bench_start_courier(bench, false);
	behave(bench, 1, ANSWER_OK, 1);
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	bench_end(bench);
}

static int take_back(void *context)
{
	(void)context;
	return 1;
}

/* Each try reads all that could go and the histories behind it, for a transaction that is taken back: not each second
 * for hours. What went well again is seen within five. */
static void a_store_that_takes_nothing_for_long_is_tried_every_five_seconds(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 2);
	for (int i = 0; i < 30; i++)
		tell_person(bench, i, true);
	(void)sqlite3_commit_hook(bench->store->database, take_back, NULL);
	size_t before = bench->turns;
	wait_for(bench, 10 * MINUTE);
	assert_true(bench->turns - before >= 120 && bench->turns - before <= 130);
	assert_int_equal(bench->arrival_count, 0);
	(void)sqlite3_commit_hook(bench->store->database, NULL, NULL);
	wait_for(bench, 5 * SECOND);
	assert_int_equal(bench->arrival_count, 30);
	bench_end(bench);
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_that_takes_nothing_for_long_is_tried_every_five_seconds),
		cmocka_unit_test(a_server_that_stays_away_is_asked_less_often_and_found_within_a_minute),
		cmocka_unit_test(a_server_that_stays_away_fills_no_audit_however_many_wait),
		cmocka_unit_test(a_mailbox_that_says_later_for_hours_fills_no_audit),
		cmocka_unit_test(what_was_held_by_a_clock_that_was_ahead_goes_once_it_is_set_back),
		cmocka_unit_test(what_is_held_by_a_clock_that_is_right_is_held_over_a_start),
		cmocka_unit_test(what_was_tried_by_a_clock_that_was_ahead_is_tried_again_once_it_is_set_back),
	};
	return cmocka_run_group_tests_name("courier_away", tests, NULL, NULL);
}
