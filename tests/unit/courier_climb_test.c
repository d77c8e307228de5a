/* Nobody could be told of a step: the next one is told at once, whatever ended the process and whoever heard before. */
#include "courier_fixture.h"

static void a_step_that_nobody_heard_of_is_found_by_the_next_process(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	behave(bench, 1, ANSWER_REFUSES, 0);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 1);
	courier_free(bench->courier); /* ended before anybody took up what it said */
	bench_start_courier(bench, false);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 2);
	bench_end(bench);
}

static void a_step_that_somebody_heard_of_is_not_climbed_from_at_the_start(void **state)
{
	(void)state;
	struct fault *fault;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	struct outbox_row rows[2];
	struct text alert = new_alert(bench, true);
	behave(bench, 1, ANSWER_REFUSES, 0);
	rows[0] = row_of(bench, alert, "p-1", true);
	rows[1] = row_of(bench, alert, "p-2", true);
	add_rows(bench, rows, 2);
	tell_person(bench, 3, true);
	wait_for(bench, SECOND);
	courier_free(bench->courier);
	OK(store_begin(bench->store, fault)); /* made before go-live: it is to go to nobody */
	OK(outbox_result(bench->store, 3, OUTBOX_FAILED, 0, INSTANT_NEVER, TEXT("not sent: it was made before go-live"),
	                 fault));
	OK(store_commit(bench->store, fault));
	bench_start_courier(bench, false);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

static void who_heard_the_first_time_has_not_heard_when_it_is_asked_again(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	struct text alert = new_alert(bench, true);
	struct outbox_row row = row_of(bench, alert, "p-1", true);
	add_rows(bench, &row, 1);
	wait_for(bench, HOUR);
	assert_int_equal(attempts_at(bench, 1), 1);
	behave(bench, 1, ANSWER_REFUSES, 0);
	row = row_of(bench, alert, "p-1", true);
	row.purpose = TEXT("asked-again");
	row.kind = OUTBOX_REMINDER;
	add_rows(bench, &row, 1);
	wait_for(bench, SECOND);
	assert_int_equal(attempts_at(bench, 1), 2);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

static void whom_it_is_passed_on_to_cannot_be_told_and_those_told_before_still_may_answer(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	struct text alert = new_alert(bench, true);
	struct outbox_row row = row_of(bench, alert, "p-1", true);
	add_rows(bench, &row, 1);
	wait_for(bench, MINUTE);
	behave(bench, 2, ANSWER_REFUSES, 0);
	row = row_of(bench, alert, "p-2", true);
	row.purpose = TEXT("passed-on");
	add_rows(bench, &row, 1);
	wait_for(bench, SECOND);
	assert_int_equal(attempts_at(bench, 2), 1);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_that_nobody_heard_of_is_found_by_the_next_process),
		cmocka_unit_test(a_step_that_somebody_heard_of_is_not_climbed_from_at_the_start),
		cmocka_unit_test(who_heard_the_first_time_has_not_heard_when_it_is_asked_again),
		cmocka_unit_test(whom_it_is_passed_on_to_cannot_be_told_and_those_told_before_still_may_answer),
	};
	return cmocka_run_group_tests_name("courier_climb", tests, NULL, NULL);
}
