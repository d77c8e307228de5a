/* A message that waits while the shift of a rota changes goes to who is on call then, once to each. */
#include "courier_fixture.h"

#define ON_CALL "all" /* a role with a rota here */

static struct shift shifts[4];

static instant time_of(const char *words)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(words), &time, &why));
	return time;
}

static struct shift shift_of(const char *person, const char *from, const char *until)
{
	return (struct shift){.role = ON_CALL, .person = person, .from = time_of(from), .until = time_of(until),
	                      .first = day_of(2020, 2, 5), .last = day_of(2020, 2, 6)};
}

/* One or two people until 20:00, then one or two others. */
static struct bench *with_shifts(int before, int after)
{
	struct bench *bench = bench_begin("2020-02-05T19:55:00Z", 2);
	for (size_t i = 0; i < bench->directory.role_count; i++)
		if (strcmp(bench->roles[i].role, ON_CALL) == 0)
			bench->roles[i].rota = "edt.ics";
	size_t count = 0;
	for (int i = 0; i < before; i++)
		shifts[count++] = shift_of(i ? "p-2" : "p-1", "2020-02-05T08:00:00Z", "2020-02-05T20:00:00Z");
	for (int i = 0; i < after; i++)
		shifts[count++] = shift_of(i ? "p-4" : "p-3", "2020-02-05T20:00:00Z", "2020-02-06T08:00:00Z");
	bench->directory.shifts = shifts;
	bench->directory.shift_count = count;
	return bench;
}

static void tell_on_call(struct bench *bench)
{
	struct outbox_row row = row_of(bench, new_alert(bench, true), ON_CALL, true);
	add_rows(bench, &row, 1);
	wait_for(bench, 0);
}

static size_t dropped(const struct bench *bench)
{
	return figures_of(bench).dropped;
}

static void what_could_not_go_in_one_shift_goes_to_the_next(void **state)
{
	(void)state;
	struct bench *bench = with_shifts(1, 1);
	behave(bench, 1, ANSWER_LATER, 0);
	tell_on_call(bench);
	wait_for(bench, 4 * MINUTE);
	assert_int_equal(attempts_at(bench, 3), 0);
	size_t before = attempts_at(bench, 1);
	assert_true(before > 0);
	wait_for(bench, 2 * MINUTE);
	before = attempts_at(bench, 1);
	wait_for(bench, 10 * MINUTE);
	assert_int_equal(attempts_at(bench, 1), before);
	assert_int_equal(attempts_at(bench, 3), 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	bench_end(bench);
}

static void two_that_come_after_one_are_both_told(void **state)
{
	(void)state;
	struct bench *bench = with_shifts(1, 2);
	behave(bench, 1, ANSWER_LATER, 0);
	tell_on_call(bench);
	wait_for(bench, 15 * MINUTE);
	assert_int_equal(attempts_at(bench, 3), 1);
	assert_int_equal(attempts_at(bench, 4), 1);
	bench_end(bench);
}

static void one_that_comes_after_two_is_told_once(void **state)
{
	(void)state;
	struct bench *bench = with_shifts(2, 1);
	behave(bench, 1, ANSWER_LATER, 0);
	behave(bench, 2, ANSWER_LATER, 0);
	tell_on_call(bench);
	wait_for(bench, 15 * MINUTE);
	assert_int_equal(attempts_at(bench, 3), 1);
	assert_int_equal(dropped(bench), 1);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

static void who_was_told_stays_told_and_a_doubt_stays_with_whom_it_is_about(void **state)
{
	(void)state;
	struct bench *bench = with_shifts(2, 1);
	behave(bench, 2, ANSWER_UNCERTAIN, 0);
	tell_on_call(bench);
	assert_int_equal(attempts_at(bench, 1), 1);
	wait_for(bench, 6 * MINUTE);
	behave(bench, 2, ANSWER_OK, 0);
	wait_for(bench, 10 * MINUTE);
	assert_int_equal(attempts_at(bench, 1), 1);
	assert_int_equal(attempts_at(bench, 3), 0);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 2);
	bench_end(bench);
}

/* The rota ends, and nobody else holds the role: whoever was on call is told rather than nobody. */
static void where_nobody_is_on_call_any_more_it_stays_with_who_was(void **state)
{
	(void)state;
	struct bench *bench = with_shifts(1, 0);
	for (size_t i = 0; i < bench->directory.role_count; i++)
		if (strcmp(bench->roles[i].role, ON_CALL) == 0)
			bench->roles[i].people_count = 0;
	behave(bench, 1, ANSWER_LATER, 0);
	tell_on_call(bench);
	wait_for(bench, 8 * MINUTE);
	behave(bench, 1, ANSWER_OK, 0);
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_could_not_go_in_one_shift_goes_to_the_next),
		cmocka_unit_test(two_that_come_after_one_are_both_told),
		cmocka_unit_test(one_that_comes_after_two_is_told_once),
		cmocka_unit_test(who_was_told_stays_told_and_a_doubt_stays_with_whom_it_is_about),
		cmocka_unit_test(where_nobody_is_on_call_any_more_it_stays_with_who_was),
	};
	return cmocka_run_group_tests_name("courier_shift", tests, NULL, NULL);
}
