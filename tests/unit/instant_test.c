/* instant: what an end is of, at one instant and on one date; and each row of the table has its scenario. */
#include "engine/fold/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY (24 * HOUR)

static struct begun begun_on(instant midnight)
{
	return (struct begun){.at = midnight, .date_ends = midnight + DAY, .ran_since = INSTANT_NEVER};
}

static struct ending ended_at(instant at)
{
	return (struct ending){.at = at, .date_ends = INSTANT_NONE};
}

static struct ending ended_on(instant midnight)
{
	return (struct ending){.at = midnight, .date_ends = midnight + DAY};
}

static enum relation relation(struct begun begun, struct ending ending)
{
	return instant_relation(&begun, &ending);
}

static void known_hours_are_taken_as_they_are(void **state)
{
	(void)state;
	assert_int_equal(relation(begun_at(1), ended_at(2)), RELATION_BEFORE);
	assert_int_equal(relation(begun_at(2), ended_at(2)), RELATION_TOGETHER);
	assert_int_equal(relation(begun_at(3), ended_at(2)), RELATION_AFTER);
}

static void on_one_date_of_which_no_hour_is_known_nothing_comes_first(void **state)
{
	(void)state;
	assert_int_equal(relation(begun_at(DAY - 1), ended_on(DAY)), RELATION_BEFORE);
	assert_int_equal(relation(begun_at(DAY), ended_on(DAY)), RELATION_TOGETHER);
	assert_int_equal(relation(begun_at(2 * DAY - 1), ended_on(DAY)), RELATION_TOGETHER);
	assert_int_equal(relation(begun_at(2 * DAY), ended_on(DAY)), RELATION_AFTER);
	assert_int_equal(relation(begun_on(DAY), ended_at(2 * DAY)), RELATION_BEFORE);
	assert_int_equal(relation(begun_on(DAY), ended_at(2 * DAY - 1)), RELATION_TOGETHER);
	assert_int_equal(relation(begun_on(DAY), ended_at(DAY)), RELATION_TOGETHER);
	assert_int_equal(relation(begun_on(DAY), ended_at(DAY - 1)), RELATION_AFTER);
	assert_int_equal(relation(begun_on(DAY), ended_on(DAY)), RELATION_TOGETHER);
	assert_int_equal(relation(begun_on(0), ended_on(DAY)), RELATION_BEFORE);
}

static void what_an_expiry_began_comes_before_the_events_of_its_instant(void **state)
{
	(void)state;
	struct begun alert = begun_at(5);
	alert.first = true;
	assert_int_equal(relation(alert, ended_at(5)), RELATION_BEFORE);
}

static void a_death_is_of_all_that_had_begun_by_its_last_instant(void **state)
{
	(void)state;
	struct ending death = ended_on(DAY);
	death.of_all = true;
	assert_int_equal(relation(begun_at(2 * DAY - 1), death), RELATION_BEFORE);
	death = ended_at(DAY + 5);
	death.of_all = true;
	assert_int_equal(relation(begun_on(DAY), death), RELATION_BEFORE);
}

static void an_end_without_a_key_is_of_what_ran_before_and_only_if_nothing_did_of_what_begins_there(void **state)
{
	(void)state;
	struct begun begun = begun_at(5);
	struct ending end = ended_at(5);
	assert_true(instant_reaches(&begun, &end, INSTANT_NEVER));
	assert_false(instant_reaches(&begun, &end, 4));
	assert_false(instant_reaches(&begun, &end, INSTANT_NEVER)); /* nor does another end of that instant reach it */
	end = ended_at(6);
	assert_true(instant_reaches(&begun, &end, INSTANT_NEVER)); /* a later one does */
}

static void what_an_end_known_by_its_date_was_of_need_not_run_to_the_hour_of_the_start(void **state)
{
	(void)state;
	struct begun begun = begun_at(DAY + 5);
	struct ending by_date = ended_on(DAY), at_hour = ended_at(DAY + 5);
	assert_false(instant_reaches(&begun, &by_date, DAY - 1));
	assert_true(instant_reaches(&begun, &at_hour, INSTANT_NEVER)); /* nothing ran up to that hour */
}

static void what_began_earlier_on_the_date_did_not_run_before_it(void **state)
{
	(void)state;
	struct begun begun = begun_on(DAY);
	struct ending end = ended_at(DAY + 5);
	assert_true(instant_reaches(&begun, &end, DAY + 4));
	assert_false(instant_reaches(&begun, &end, DAY - 1));
}

static void an_end_closes_the_start_of_its_own_key(void **state)
{
	(void)state;
	struct begun begun = begun_at(5);
	struct ending end = ended_at(5);
	end.keyed = true;
	assert_true(instant_reaches(&begun, &end, 1));
}

static void two_ends_of_one_instant_or_date_meet(void **state)
{
	(void)state;
	struct ending hour = ended_at(DAY + 5), date = ended_on(DAY), other = ended_on(2 * DAY);
	assert_true(instant_ends_meet(&hour, &hour));
	assert_true(instant_ends_meet(&hour, &date));
	assert_true(instant_ends_meet(&date, &hour));
	assert_false(instant_ends_meet(&date, &other));
	hour = ended_at(2 * DAY);
	assert_false(instant_ends_meet(&date, &hour));
}

static void each_row_of_the_table_has_its_scenario(void **state)
{
	(void)state;
	size_t count;
	const struct instant_row *rows = instant_rows(&count);
	assert_true(count > 10);
	for (size_t i = 0; i < count; i++) {
		char path[256];
		(void)snprintf(path, sizeof path, "tests/scenario/cases/%s.json", rows[i].scenario);
		if (access(path, R_OK) != 0)
			fail_msg("\"%s\" has no scenario %s (run from the top of the tree)", rows[i].says, path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_hours_are_taken_as_they_are),
		cmocka_unit_test(on_one_date_of_which_no_hour_is_known_nothing_comes_first),
		cmocka_unit_test(what_an_expiry_began_comes_before_the_events_of_its_instant),
		cmocka_unit_test(a_death_is_of_all_that_had_begun_by_its_last_instant),
		cmocka_unit_test(
			an_end_without_a_key_is_of_what_ran_before_and_only_if_nothing_did_of_what_begins_there),
		cmocka_unit_test(what_an_end_known_by_its_date_was_of_need_not_run_to_the_hour_of_the_start),
		cmocka_unit_test(what_began_earlier_on_the_date_did_not_run_before_it),
		cmocka_unit_test(an_end_closes_the_start_of_its_own_key),
		cmocka_unit_test(two_ends_of_one_instant_or_date_meet),
		cmocka_unit_test(each_row_of_the_table_has_its_scenario),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
