/* When a list is due again: in words, and as instants through clock changes and holidays. */
#include "time/recurrence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct calendar *calendar;

static int load_calendar(void **state)
{
	(void)state;
	struct fault fault;
	static char json[65536];
	FILE *stream = fopen("conf/bank-holidays.json", "re");
	size_t length = stream ? fread(json, 1, sizeof json, stream) : 0;
	if (stream)
		fclose(stream);
	struct zone *zone = zone_load("Europe/London", &fault);
	calendar = zone ? calendar_new(zone, (struct text){json, length}, &fault) : NULL;
	return calendar ? 0 : -1;
}

static int free_calendar(void **state)
{
	(void)state;
	calendar_free(calendar);
	return 0;
}

static instant at(const char *text)
{
	instant parsed;
	const char *why;
	if (!instant_parse(text_of(text), &parsed, &why))
		fail_msg("%s: %s", text, why);
	return parsed;
}

static struct recurrence every(const char *words)
{
	struct recurrence recurrence;
	const char *why;
	if (!recurrence_parse(text_of(words), &recurrence, &why))
		fail_msg("%s: %s", words, why);
	return recurrence;
}

static void expect(const char *words, const char *now, const char *latest, const char *next)
{
	struct recurrence recurrence = every(words);
	char printed[32];
	instant_print(recurrence_latest(&recurrence, calendar, at(now)), printed);
	assert_string_equal(printed, latest);
	instant_print(recurrence_next(&recurrence, calendar, at(now)), printed);
	assert_string_equal(printed, next);
}

/* Whatever the day it is asked on, the next time is the first whose own latest time it is. */
static void the_next_time_is_the_first_one_to_come_on_every_day_of_three_years(void **state)
{
	(void)state;
	static const char *const words[] = {"monthly on day 1 at 08:00", "monthly on day 28 at 00:00",
	                                    "quarterly on day 1 at 08:00", "quarterly on day 28 at 23:59",
	                                    "quarterly on day 15 at 01:30"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct recurrence recurrence = every(words[i]);
		instant next = recurrence_next(&recurrence, calendar, at("2023-01-01T00:00:00Z"));
		for (instant now = at("2023-01-01T00:00:00Z"); now < at("2026-01-01T00:00:00Z"); now += 12 * HOUR) {
			while (recurrence_latest(&recurrence, calendar, now) == next)
				next = recurrence_next(&recurrence, calendar, next);
			instant asked = recurrence_next(&recurrence, calendar, now);
			assert_true(asked == next && asked > now);
			assert_true(recurrence_latest(&recurrence, calendar, asked - 1) <= now);
			assert_true(recurrence_latest(&recurrence, calendar, asked) == asked);
		}
	}
}

static void half_past_seven_is_half_past_seven_through_both_clock_changes(void **state)
{
	(void)state;
	static const char *const days[][2] = {
		{"2026-03-28T12:00:00Z", "2026-03-29T06:30:00Z"}, /* the night the hour is lost */
		{"2026-03-29T12:00:00Z", "2026-03-30T06:30:00Z"},
		{"2026-03-27T12:00:00Z", "2026-03-28T07:30:00Z"},
		{"2026-10-24T12:00:00Z", "2026-10-25T07:30:00Z"}, /* and found again */
		{"2026-10-23T12:00:00Z", "2026-10-24T06:30:00Z"}};
	struct recurrence daily = every("daily at 07:30");
	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		assert_int_equal(recurrence_next(&daily, calendar, at(days[i][0])), at(days[i][1]));
		assert_int_equal(recurrence_latest(&daily, calendar, at(days[i][1])), at(days[i][1]));
		assert_true(recurrence_latest(&daily, calendar, at(days[i][1]) - 1) < at(days[i][1]) - 22 * HOUR);
		assert_true(recurrence_next(&daily, calendar, at(days[i][1])) > at(days[i][1]) + 22 * HOUR);
	}
}

static void working_days_skip_weekends_and_the_may_holiday_of_2020(void **state)
{
	(void)state;
	expect("working days at 08:00", "2020-05-08T12:00:00Z", "2020-05-07T07:00:00Z", "2020-05-11T07:00:00Z");
	expect("working days at 08:00", "2020-05-07T07:00:00Z", "2020-05-07T07:00:00Z", "2020-05-11T07:00:00Z");
}

static void weeks_fortnights_months_and_quarters(void **state)
{
	(void)state;
	expect("weekly on Monday at 08:00", "2020-02-05T12:00:00Z", "2020-02-03T08:00:00Z", "2020-02-10T08:00:00Z");
	expect("fortnightly on Monday from 2020-01-06 at 08:00", "2020-02-05T12:00:00Z", "2020-02-03T08:00:00Z",
	       "2020-02-17T08:00:00Z");
	expect("fortnightly on Monday from 2020-06-01 at 08:00", "2020-02-05T12:00:00Z", "2020-01-27T08:00:00Z",
	       "2020-02-10T08:00:00Z"); /* counted backwards, too */
	expect("monthly on day 1 at 06:00", "2020-03-01T05:59:59Z", "2020-02-01T06:00:00Z", "2020-03-01T06:00:00Z");
	expect("quarterly on day 1 at 06:00", "2020-03-31T12:00:00Z", "2020-01-01T06:00:00Z", "2020-04-01T05:00:00Z");
}

static void what_cannot_be_read_says_what_would_be_right(void **state)
{
	(void)state;
	static const char *const wrong[][2] = {{"", "write daily"},
	                                       {"dayly at 07:30", "write daily"},
	                                       {"daily", "at which time"},
	                                       {"daily at 7.30", "at which time"},
	                                       {"daily at 24:00", "at which time"},
	                                       {"daily at 07:30 or so", "at which time"},
	                                       {"weekly at 08:00", "name the day"},
	                                       {"weekly on Mondy at 08:00", "name the day"},
	                                       {"fortnightly on Monday at 08:00", "from which date"},
	                                       {"fortnightly on Monday from 2020-01-07 at 08:00", "another day"},
	                                       {"monthly on day 31 at 08:00", "1 to 28"},
	                                       {"quarterly at 08:00", "1 to 28"}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct recurrence recurrence;
		const char *why;
		assert_false(recurrence_parse(text_of(wrong[i][0]), &recurrence, &why));
		if (!strstr(why, wrong[i][1]))
			fail_msg("%s: %s", wrong[i][0], why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_time_is_the_first_one_to_come_on_every_day_of_three_years),
		cmocka_unit_test(half_past_seven_is_half_past_seven_through_both_clock_changes),
		cmocka_unit_test(working_days_skip_weekends_and_the_may_holiday_of_2020),
		cmocka_unit_test(weeks_fortnights_months_and_quarters),
		cmocka_unit_test(what_cannot_be_read_says_what_would_be_right),
	};
	return cmocka_run_group_tests_name("recurrence", tests, load_calendar, free_calendar);
}
