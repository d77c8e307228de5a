/* A failure that goes on for a night is said each hour, and not with each try. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/lateness.h"

static int said_while_it_fails(struct lateness *lateness, instant from, instant until, instant every)
{
	int said = 0;
	for (instant at = from; at < until; at += every)
		said += lateness_failed(lateness, at);
	return said;
}

static void eight_hours_of_tries_each_ten_seconds_are_eight_lines(void **state)
{
	(void)state;
	struct lateness lateness = {0};
	assert_int_equal(said_while_it_fails(&lateness, 5 * SECOND, 8 * HOUR, 10 * SECOND), 8);
}

static void the_first_failure_is_said_at_once_also_just_after_the_machine_was_started(void **state)
{
	(void)state;
	struct lateness lateness = {0};
	assert_true(lateness_failed(&lateness, 0));
	assert_false(lateness_failed(&lateness, SECOND));
}

static void that_it_is_over_is_said_once_and_the_next_failure_again(void **state)
{
	(void)state;
	struct lateness lateness = {0};
	assert_false(lateness_is_over(&lateness)); /* it was never late */
	assert_true(lateness_failed(&lateness, MINUTE));
	assert_true(lateness_is_over(&lateness));
	assert_false(lateness_is_over(&lateness));
	assert_true(lateness_failed(&lateness, 2 * MINUTE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_hours_of_tries_each_ten_seconds_are_eight_lines),
		cmocka_unit_test(the_first_failure_is_said_at_once_also_just_after_the_machine_was_started),
		cmocka_unit_test(that_it_is_over_is_said_once_and_the_next_failure_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
