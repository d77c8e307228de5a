/* Clocks of the law, reckoned: working days, civil days, hours, birthdays, office hours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "time/calendar.h"

static struct calendar *england;

static instant at(const char *text)
{
	instant result;
	const char *why;
	if (!instant_parse(text_of(text), &result, &why))
		fail_msg("%s %s", text, why);
	return result;
}

static civil_day on(const char *text)
{
	civil_day day;
	if (!day_parse(text_of(text), &day))
		fail_msg("%s is not a date", text);
	return day;
}

static struct duration length(const char *text)
{
	struct duration duration;
	if (!duration_parse(text_of(text), &duration))
		fail_msg("%s is not a length of time", text);
	return duration;
}

static void assert_instant(instant actual, const char *expected)
{
	char printed[32];
	instant_print(actual, printed);
	assert_string_equal(printed, expected);
}

static void expires(const char *start, const char *within, const char *expected)
{
	struct fault fault = {0};
	instant expiry = 0;
	if (calendar_expiry(england, at(start), length(within), &expiry, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	assert_instant(expiry, expected);
}

static void goes_back(const char *from, const char *by, const char *expected)
{
	struct fault fault = {0};
	instant back = 0;
	if (calendar_back(england, at(from), length(by), &back, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	assert_instant(back, expected);
}

static void a_single_assessment_of_2_march_2020_is_due_at_the_end_of_6_may(void **state)
{
	(void)state;
	expires("2020-03-02T09:00:00Z", "45 working days", "2020-05-06T23:00:00Z");
	expires("2020-03-02T00:00:00Z", "45 working days", "2020-05-06T23:00:00Z");
	expires("2020-03-02T23:59:59Z", "45 working days", "2020-05-06T23:00:00Z");
	expires("2020-03-02T09:00:00Z", "35 working days", "2020-04-22T23:00:00Z");
}

static void one_working_day_from_7_may_2020_skips_the_moved_holiday_and_the_weekend(void **state)
{
	(void)state;
	expires("2020-05-07T10:00:00+01:00", "1 working day", "2020-05-11T23:00:00Z");
}

static void a_strategy_discussion_on_the_jubilee_gives_until_24_june_2022(void **state)
{
	(void)state;
	expires("2022-06-02T10:00:00+01:00", "15 working days", "2022-06-24T23:00:00Z");
}

static void a_start_on_a_saturday_is_day_0_too(void **state)
{
	(void)state;
	expires("2026-06-06T12:00:00Z", "1 working day", "2026-06-08T23:00:00Z");
	expires("2026-06-05T12:00:00Z", "1 working day", "2026-06-08T23:00:00Z");
	expires("2026-06-06T12:00:00Z", "0 working days", "2026-06-06T23:00:00Z");
}

static void half_past_midnight_in_summer_is_already_the_next_local_date(void **state)
{
	(void)state;
	expires("2026-06-07T23:30:00Z", "1 working day", "2026-06-09T23:00:00Z"); /* Monday 8th, 00:30 local */
}

static void seventy_two_hours_are_elapsed_also_through_the_clock_change(void **state)
{
	(void)state;
	expires("2026-03-28T12:00:00Z", "72 hours", "2026-03-31T12:00:00Z");
	expires("2026-10-24T12:00:00+01:00", "72 hours", "2026-10-27T11:00:00Z");
	expires("2026-10-24T12:00:00+01:00", "30 minutes", "2026-10-24T11:30:00Z");
}

static void days_weeks_and_months_expire_at_the_midnight_that_ends_their_last_day(void **state)
{
	(void)state;
	expires("2026-03-20T12:00:00Z", "1 week", "2026-03-28T00:00:00Z");
	expires("2026-03-22T12:00:00Z", "1 week", "2026-03-29T23:00:00Z");
	expires("2026-01-31T12:00:00Z", "1 month", "2026-03-01T00:00:00Z");
	expires("2024-01-31T12:00:00Z", "1 month", "2024-03-01T00:00:00Z");
	expires("2026-03-30T12:00:00+01:00", "28 days", "2026-04-27T23:00:00Z");
	expires("2024-02-29T12:00:00Z", "1 year", "2025-03-01T00:00:00Z");
	expires("2020-08-31T12:00:00Z", "6 months", "2021-03-01T00:00:00Z");
}

static void thirty_civil_days_back_keep_the_wall_time_through_the_clock_change(void **state)
{
	(void)state;
	goes_back("2026-04-15T09:00:00+01:00", "30 days", "2026-03-16T09:00:00Z");
	goes_back("2026-11-10T09:00:00Z", "30 days", "2026-10-11T08:00:00Z");
	goes_back("2026-04-28T01:30:00+01:00", "30 days", "2026-03-29T01:00:00Z"); /* 01:30 was skipped that night */
	goes_back("2026-11-24T01:30:00Z", "30 days", "2026-10-25T00:30:00Z");      /* came twice: the earlier */
	goes_back("2026-03-31T09:00:00+01:00", "1 month", "2026-02-28T09:00:00Z");
	goes_back("2026-03-31T09:00:00+01:00", "72 hours", "2026-03-28T08:00:00Z");
	goes_back("2026-03-31T09:00:00+01:00", "2 weeks", "2026-03-17T09:00:00Z");
}

static void working_days_go_back_over_holidays_too(void **state)
{
	(void)state;
	goes_back("2020-05-11T10:00:00+01:00", "1 working day", "2020-05-07T09:00:00Z");
	goes_back("2020-05-10T10:00:00+01:00", "1 working day", "2020-05-07T09:00:00Z"); /* from a Sunday */
	goes_back("2020-05-10T10:00:00+01:00", "0 working days", "2020-05-10T09:00:00Z");
}

static void past_the_end_of_the_calendar_nothing_is_guessed(void **state)
{
	(void)state;
	struct fault fault = {0};
	instant expiry = 42;
	assert_int_equal(
		calendar_expiry(england, at("2028-12-01T09:00:00Z"), length("45 working days"), &expiry, &fault),
		RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "2028"));
	assert_non_null(strstr(fault.text, "calendar ends"));
	assert_int_equal(calendar_expiry(england, at("2029-01-02T09:00:00Z"), length("1 working day"), &expiry, &fault),
	                 RESULT_PERMANENT);
	assert_int_equal(calendar_expiry(england, at("2011-12-30T09:00:00Z"), length("1 working day"), &expiry, &fault),
	                 RESULT_PERMANENT);
	assert_int_equal(calendar_back(england, at("2012-01-10T09:00:00Z"), length("30 working days"), &expiry, &fault),
	                 RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "30 working days before 2012-01-10"));
	expires("2028-12-28T09:00:00Z", "1 working day", "2028-12-30T00:00:00Z");
	expires("2031-12-28T09:00:00Z", "30 days", "2032-01-28T00:00:00Z"); /* civil days need no holidays */
	assert_int_equal(calendar_last_day(england), on("2028-12-31"));
}

static void working_days_agree_with_counting_them_one_by_one(void **state)
{
	(void)state;
	const char *given = getenv("SEED"); /* to see a failure again */
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)hash_seed();
	print_message("SEED=%u\n", seed);
	srand(seed);
	for (int i = 0; i < 20000; i++) {
		civil_day start = on("2012-01-01") + rand() % 6000, day = start;
		int amount = rand() % 60;
		for (int left = amount; left > 0;)
			left -= calendar_is_working(england, ++day);
		instant expiry, noon = zone_midnight(calendar_zone(england), start) + 12 * HOUR;
		assert_int_equal(
			calendar_expiry(england, noon, (struct duration){amount, UNIT_WORKING_DAYS}, &expiry, NULL),
			RESULT_OK);
		assert_true(expiry == zone_midnight(calendar_zone(england), day + 1));
	}
}

static void working_days_skip_weekends_and_bank_holidays(void **state)
{
	(void)state;
	assert_true(calendar_is_working(england, on("2020-05-04"))); /* the early May holiday was moved to the 8th */
	assert_false(calendar_is_working(england, on("2020-05-08")));
	assert_false(calendar_is_working(england, on("2022-06-03")));
	assert_false(calendar_is_working(england, on("2012-01-02"))); /* 1 January was a Sunday */
	assert_false(calendar_is_working(england, on("2026-06-06")));
	assert_true(calendar_is_working(england, on("2026-06-05")));
	assert_int_equal(calendar_holidays_in(england, 2022), 10); /* the jubilee and the Queen's funeral */
	assert_int_equal(calendar_holidays_in(england, 2026), 8);
	assert_int_equal(calendar_holidays_in(england, 2029), 0);
}

static void seventeen_and_a_half_after_31_august_2004_begins_on_28_february_2022(void **state)
{
	(void)state;
	assert_instant(calendar_birthday(england, on("2004-08-31"), 17, 6), "2022-02-28T00:00:00Z");
	assert_instant(calendar_birthday(england, on("2004-06-15"), 18, 0), "2022-06-14T23:00:00Z");
	assert_instant(calendar_birthday(england, on("2004-02-29"), 18, 0), "2022-03-01T00:00:00Z");
	assert_instant(calendar_birthday(england, on("2004-02-29"), 16, 0), "2020-02-29T00:00:00Z");
	assert_instant(calendar_birthday(england, on("2004-02-29"), 17, 6), "2021-08-31T23:00:00Z");
}

static void a_child_of_29_february_is_older_on_1_march_in_a_common_year(void **state)
{
	(void)state;
	assert_int_equal(calendar_age(on("2008-02-29"), on("2023-02-28")), 14);
	assert_int_equal(calendar_age(on("2008-02-29"), on("2023-03-01")), 15);
	assert_int_equal(calendar_age(on("2008-02-29"), on("2024-02-28")), 15);
	assert_int_equal(calendar_age(on("2008-02-29"), on("2024-02-29")), 16);
	assert_int_equal(calendar_age(on("2008-06-15"), on("2024-06-14")), 15);
	assert_int_equal(calendar_age(on("2008-06-15"), on("2024-06-15")), 16);
	assert_int_equal(calendar_age(on("2008-06-15"), on("2008-06-15")), 0);
	assert_int_equal(calendar_age(on("2008-06-15"), on("2008-06-14")), -1);
}

static void the_office_opens_on_the_next_working_morning(void **state)
{
	(void)state;
	assert_true(calendar_in_hours(england, at("2026-06-05T08:00:00+01:00")));
	assert_false(calendar_in_hours(england, at("2026-06-05T07:59:59+01:00")));
	assert_true(calendar_in_hours(england, at("2026-06-05T16:59:59+01:00")));
	assert_false(calendar_in_hours(england, at("2026-06-05T17:00:00+01:00")));
	assert_instant(calendar_next_hours(england, at("2026-06-05T17:00:00+01:00")), "2026-06-08T07:00:00Z");
	assert_instant(calendar_next_hours(england, at("2026-06-05T03:00:00+01:00")), "2026-06-05T07:00:00Z");
	assert_instant(calendar_next_hours(england, at("2026-06-05T09:30:00+01:00")), "2026-06-05T08:30:00Z");
	assert_instant(calendar_next_hours(england, at("2026-03-27T18:00:00Z")),
	               "2026-03-30T07:00:00Z"); /* clocks went on */
	assert_instant(calendar_next_hours(england, at("2026-12-24T17:30:00Z")), "2026-12-29T08:00:00Z");
	assert_instant(calendar_next_hours(england, at("2040-12-24T17:30:00Z")),
	               "2040-12-25T08:00:00Z"); /* weekends alone */
	calendar_set_hours(england, 9 * 60, 12 * 60);
	assert_instant(calendar_next_hours(england, at("2026-06-05T12:00:00+01:00")), "2026-06-08T08:00:00Z");
	calendar_set_hours(england, 20 * 60, 12 * 60); /* never open: refused */
	assert_false(calendar_in_hours(england, at("2026-06-05T07:00:00Z")));
	calendar_set_hours(england, 8 * 60, 17 * 60);
}

static char holidays[65536]; /* conf/bank-holidays.json */
static size_t holidays_length;

static void where_midnight_comes_twice_a_clock_expires_at_the_later(void **state)
{
	(void)state;
	struct zone *zone = zone_load("America/Havana", NULL); /* 1 November 2020, 01:00 becomes 00:00 */
	assert_non_null(zone);
	struct calendar *havana = calendar_new(zone, (struct text){holidays, holidays_length}, NULL);
	assert_non_null(havana);
	instant expiry = 0;
	assert_int_equal(calendar_expiry(havana, at("2020-10-30T15:00:00Z"), length("1 day"), &expiry, NULL),
	                 RESULT_OK);
	assert_instant(expiry, "2020-11-01T05:00:00Z");
	assert_instant(zone_midnight(zone, on("2020-11-01")), "2020-11-01T04:00:00Z");
	calendar_free(havana);
}

static void an_office_that_opens_twice_in_a_night_does_not_open_in_the_past(void **state)
{
	(void)state;
	struct zone *zone = zone_load("Africa/Cairo", NULL); /* the end of Thursday 29 October 2026 comes twice */
	assert_non_null(zone);
	struct calendar *cairo = calendar_new(zone, (struct text){holidays, holidays_length}, NULL);
	assert_non_null(cairo);
	calendar_set_hours(cairo, 23 * 60 + 30, 24 * 60);
	assert_instant(calendar_next_hours(cairo, at("2026-10-29T20:10:00Z")), "2026-10-29T20:30:00Z");
	assert_instant(calendar_next_hours(cairo, at("2026-10-29T21:10:00Z")), "2026-10-29T21:30:00Z");
	calendar_free(cairo);
}

static void the_ends_of_time_stay_what_they_are(void **state)
{
	(void)state;
	instant result;
	static const enum duration_unit units[] = {UNIT_HOURS, UNIT_DAYS, UNIT_WEEKS, UNIT_MONTHS, UNIT_YEARS};
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		struct duration longest = {100000, units[i]};
		assert_int_equal(calendar_expiry(england, INSTANT_NEVER, longest, &result, NULL), RESULT_OK);
		assert_int_equal(calendar_back(england, INSTANT_NONE, longest, &result, NULL), RESULT_OK);
	}
	assert_false(calendar_in_hours(england, INSTANT_NONE));
	assert_true(calendar_next_hours(england, INSTANT_NEVER) > 0);
	assert_true(calendar_next_hours(england, INSTANT_NONE) < 0);
}

static void refused(const char *json, size_t bytes, const char *because)
{
	struct fault fault = {0};
	struct zone *zone = zone_load("Europe/London", &fault);
	assert_non_null(zone);
	assert_null(calendar_new(zone, (struct text){json, bytes}, &fault));
	if (!strstr(fault.text, because))
		fail_msg("\"%s\" does not say \"%s\"", fault.text, because);
}

static void a_damaged_holiday_file_is_refused_and_says_why(void **state)
{
	(void)state;
#define REFUSED(json, because) refused(json, sizeof(json) - 1, because)
	REFUSED("", "not JSON");
	REFUSED("{", "not JSON");
	REFUSED("[]", "england-and-wales");
	REFUSED("7", "england-and-wales");
	REFUSED("{\"scotland\":{\"events\":[{\"date\":\"2026-01-02\"}]}}", "england-and-wales");
	REFUSED("{\"england-and-wales\":{\"events\":[]}}", "no \"events\"");
	REFUSED("{\"england-and-wales\":{\"events\":[{\"date\":\"2026-02-30\"}]}}", "event 1");
	REFUSED("{\"england-and-wales\":{\"events\":[{\"date\":20260101}]}}", "event 1");
	REFUSED("{\"england-and-wales\":{\"events\":[3]}}", "event 1");
	REFUSED("{\"england-and-wales\":{\"events\":[{\"date\":\"1066-10-14\"}]}}", "1066");
	REFUSED("{\"england-and-wales\":{\"events\":[{\"date\":\"2024-01-01\"},{\"date\":\"2026-01-01\"}]}}",
	        "none in 2025");
	REFUSED("{\"england-and-wales\":\0{}}", "at byte 22 a value is expected");
	REFUSED("{\"england-and-wales\":{\"events\":[{\"date\":\"2026-01-01\",\"date\":\"2026-01-02\"}]}}", "twice");
	REFUSED("{\"england-and-wales\":{\"events\":[{\"date\":\"2026-01-01\"}]}} x", "not JSON");
	REFUSED("{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}", "nested");
	struct buffer large = {0};
	for (size_t i = 0; i < 1024 * 1024 + 1; i++)
		buffer_char(&large, ' ');
	refused(large.at, large.length, "at most 1048576 are taken");
	buffer_free(&large);
}

static void lengths_are_read_as_people_write_them(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int amount;
		enum duration_unit unit;
		const char *printed;
	} good[] = {
		{"72 hours", 72, UNIT_HOURS, "72 hours"},
		{"1 working day", 1, UNIT_WORKING_DAYS, "1 working day"},
		{"6 weeks", 6, UNIT_WEEKS, "6 weeks"},
		{"30 minutes", 30, UNIT_MINUTES, "30 minutes"},
		{"1 month", 1, UNIT_MONTHS, "1 month"},
		{" 12  months ", 12, UNIT_MONTHS, "12 months"},
		{"100000 days", 100000, UNIT_DAYS, "100000 days"},
		{"0 days", 0, UNIT_DAYS, "0 days"},
		{"1 years", 1, UNIT_YEARS, "1 year"},
		{"45 working days", 45, UNIT_WORKING_DAYS, "45 working days"},
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct buffer printed = {0};
		struct duration duration = length(good[i].text);
		assert_int_equal(duration.amount, good[i].amount);
		assert_int_equal(duration.unit, good[i].unit);
		duration_print(duration, &printed);
		assert_string_equal(buffer_cstr(&printed), good[i].printed);
		buffer_free(&printed);
	}
	static const char *const bad[] = {"",
	                                  "days",
	                                  "3",
	                                  "3days",
	                                  "-3 days",
	                                  "3.5 days",
	                                  "100001 days",
	                                  "3 dayss",
	                                  "3 fortnights",
	                                  "99999999999999999999 days",
	                                  "3 days ago",
	                                  "3 working  days",
	                                  "+3 days",
	                                  "3 "};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct duration ignored;
		if (duration_parse(text_of(bad[i]), &ignored))
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

static int load_england(void **state)
{
	(void)state;
	struct fault fault = {0};
	FILE *file = fopen("conf/bank-holidays.json", "re");
	if (!file)
		return -1;
	holidays_length = fread(holidays, 1, sizeof holidays, file);
	(void)fclose(file);
	struct zone *zone = zone_load("Europe/London", &fault);
	england = zone ? calendar_new(zone, (struct text){holidays, holidays_length}, &fault) : NULL;
	if (!england)
		print_error("%s\n", fault.text);
	return england ? 0 : -1;
}

static int free_england(void **state)
{
	(void)state;
	calendar_free(england);
	calendar_free(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_single_assessment_of_2_march_2020_is_due_at_the_end_of_6_may),
		cmocka_unit_test(one_working_day_from_7_may_2020_skips_the_moved_holiday_and_the_weekend),
		cmocka_unit_test(a_strategy_discussion_on_the_jubilee_gives_until_24_june_2022),
		cmocka_unit_test(a_start_on_a_saturday_is_day_0_too),
		cmocka_unit_test(half_past_midnight_in_summer_is_already_the_next_local_date),
		cmocka_unit_test(seventy_two_hours_are_elapsed_also_through_the_clock_change),
		cmocka_unit_test(days_weeks_and_months_expire_at_the_midnight_that_ends_their_last_day),
		cmocka_unit_test(thirty_civil_days_back_keep_the_wall_time_through_the_clock_change),
		cmocka_unit_test(working_days_go_back_over_holidays_too),
		cmocka_unit_test(past_the_end_of_the_calendar_nothing_is_guessed),
		cmocka_unit_test(working_days_agree_with_counting_them_one_by_one),
		cmocka_unit_test(working_days_skip_weekends_and_bank_holidays),
		cmocka_unit_test(seventeen_and_a_half_after_31_august_2004_begins_on_28_february_2022),
		cmocka_unit_test(a_child_of_29_february_is_older_on_1_march_in_a_common_year),
		cmocka_unit_test(the_office_opens_on_the_next_working_morning),
		cmocka_unit_test(where_midnight_comes_twice_a_clock_expires_at_the_later),
		cmocka_unit_test(an_office_that_opens_twice_in_a_night_does_not_open_in_the_past),
		cmocka_unit_test(the_ends_of_time_stay_what_they_are),
		cmocka_unit_test(a_damaged_holiday_file_is_refused_and_says_why),
		cmocka_unit_test(lengths_are_read_as_people_write_them),
	};
	return cmocka_run_group_tests(tests, load_england, free_england);
}
