/* How long a source is usually quiet is learnt by hour of the week, and forgotten again. */
#include "store_fixture.h"

#include "base/log.h"
#include "store/quiet.h"

#define MONDAY ((instant)1770595200 * SECOND) /* Monday 9 February 2026, 00:00 UTC */

static void note(struct fixture *f, instant at)
{
	OK(store_begin(f->store, &f->fault));
	struct quiet_profile profile;
	OK(quiet_read(f->store, TEXT("/lcs"), &profile, &f->fault));
	quiet_step(&profile, at);
	OK(quiet_write(f->store, TEXT("/lcs"), &profile, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

/* Working days from eight to six, an event every ten minutes. */
static void work_for_weeks(struct fixture *f, int from, int until)
{
	struct quiet_profile profile;
	OK(store_begin(f->store, &f->fault));
	OK(quiet_read(f->store, TEXT("/lcs"), &profile, &f->fault));
	for (int day = from * 7; day < until * 7; day++)
		for (int minute = 8 * 60; day % 7 < 5 && minute <= 18 * 60; minute += 10)
			quiet_step(&profile, MONDAY + day * 24 * HOUR + minute * MINUTE);
	OK(quiet_write(f->store, TEXT("/lcs"), &profile, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static enum result see(void *argument, const struct quiet *quiet, struct fault *fault)
{
	(void)fault;
	*(struct quiet *)argument = *quiet;
	return RESULT_OK;
}

static instant usual(struct fixture *f, instant now)
{
	struct quiet quiet = {0};
	OK(quiet_each(f->store, now, see, &quiet, &f->fault));
	return quiet.usual;
}

static void a_quiet_night_and_weekend_are_usual_and_a_quiet_morning_is_not(void **state)
{
	struct fixture *f = *state;
	work_for_weeks(f, 0, 3);
	instant week = MONDAY + 21 * 24 * HOUR;
	assert_true(usual(f, week + 11 * HOUR) == 10 * MINUTE);                         /* Monday, eleven */
	assert_true(usual(f, week + 24 * HOUR + 3 * HOUR) == 14 * HOUR); /* Tuesday, three in the night */
	assert_true(usual(f, week + 5 * 24 * HOUR + 12 * HOUR) == (14 + 48) * HOUR);    /* Saturday noon */
}

static void what_was_usual_two_months_ago_is_forgotten(void **state)
{
	struct fixture *f = *state;
	work_for_weeks(f, 0, 2);
	note(f, MONDAY + 16 * 24 * HOUR); /* nothing for two days of the third week */
	assert_true(usual(f, MONDAY + (14 + 7) * 24 * HOUR + 11 * HOUR) > 24 * HOUR);
	work_for_weeks(f, 3, 14);
	assert_true(usual(f, MONDAY + 14 * 7 * 24 * HOUR + 11 * HOUR) == 10 * MINUTE);
}

static void records_that_come_late_move_nothing_back(void **state)
{
	struct fixture *f = *state;
	struct quiet quiet = {0};
	note(f, MONDAY + 10 * HOUR);
	note(f, MONDAY + 8 * HOUR);
	OK(quiet_each(f->store, MONDAY, see, &quiet, &f->fault));
	assert_true(quiet.last == MONDAY + 10 * HOUR && quiet.first == quiet.last && quiet.usual == 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(a_quiet_night_and_weekend_are_usual_and_a_quiet_morning_is_not),
		TEST(what_was_usual_two_months_ago_is_forgotten),
		TEST(records_that_come_late_move_nothing_back),
	};
	return cmocka_run_group_tests_name("quiet", tests, NULL, NULL);
}
