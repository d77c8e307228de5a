/* A person's own hours and days: whether it is one of them, and when the next begins, also where the clocks change. */
#include "people/own_hours.h"

#include "time/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct calendar *calendar;
#define DAYS(first, last) (((2u << (last)) - 1) & ~((1u << (first)) - 1)) /* 0: Monday */

static instant at(const char *words)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(words), &time, &why));
	return time;
}

static struct person works(int from, int until, unsigned days)
{
	return (struct person){.id = "p-1", .hours_from = from * 60, .hours_until = until * 60, .days = days};
}

static void next_is(const struct person *person, const char *now, const char *next)
{
	char words[64];
	instant found = own_hours_next(person, calendar, at(now));
	instant_print(found, words);
	if (found != at(next))
		fail_msg("after %s: %s, and not %s", now, words, next);
	assert_true(own_hours_in(person, calendar, found));
	assert_false(own_hours_in(person, calendar, found - 1));
}

static void they_begin_at_their_minute_and_end_before_theirs(void **state)
{
	(void)state;
	struct person person = works(10, 16, 0);
	assert_false(own_hours_in(&person, calendar, at("2020-02-05T09:59:59Z")));
	assert_true(own_hours_in(&person, calendar, at("2020-02-05T10:00:00Z")));
	assert_true(own_hours_in(&person, calendar, at("2020-02-05T15:59:59Z")));
	assert_false(own_hours_in(&person, calendar, at("2020-02-05T16:00:00Z")));
	next_is(&person, "2020-02-05T09:00:00Z", "2020-02-05T10:00:00Z");
	next_is(&person, "2020-02-05T16:00:00Z", "2020-02-06T10:00:00Z");
	next_is(&person, "2020-02-07T16:00:00Z", "2020-02-10T10:00:00Z"); /* over the weekend */
	next_is(&person, "2020-12-24T16:00:00Z", "2020-12-28T10:00:00Z"); /* Christmas Day is a Friday */
}

/* On the two Sundays a midnight is an hour nearer, or farther, than on others. */
static void they_begin_by_the_wall_where_the_clocks_change(void **state)
{
	(void)state;
	struct person person = works(7, 15, 0);
	next_is(&person, "2020-03-27T16:00:00Z", "2020-03-30T06:00:00Z");
	next_is(&person, "2020-10-23T16:00:00Z", "2020-10-26T07:00:00Z");
	struct person council = {.id = "p-2", .hours_from = -1, .hours_until = -1};
	next_is(&council, "2020-03-27T17:00:00Z", "2020-03-30T07:00:00Z");
	next_is(&council, "2020-10-23T17:00:00Z", "2020-10-26T08:00:00Z");
}

static void on_their_own_days_alone(void **state)
{
	(void)state;
	struct person person = works(8, 17, DAYS(0, 2)), monday = works(-1, -1, DAYS(0, 0));
	monday.hours_from = monday.hours_until = -1;
	assert_true(own_hours_in(&person, calendar, at("2020-02-05T10:00:00Z")));
	assert_false(own_hours_in(&person, calendar, at("2020-02-06T10:00:00Z")));
	next_is(&person, "2020-02-05T17:00:00Z", "2020-02-10T08:00:00Z");
	next_is(&monday, "2020-02-03T17:00:00Z", "2020-02-10T08:00:00Z"); /* the council's hours, on one day */
}

/* One day a week, and that day is Christmas: then nobody waits for a calendar. */
static void who_has_none_within_two_weeks_hears_now(void **state)
{
	(void)state;
	struct person friday = works(8, 17, DAYS(4, 4)), never = works(8, 17, 1u << 6);
	next_is(&friday, "2020-12-19T17:00:00Z", "2021-01-01T08:00:00Z");
	assert_true(own_hours_next(&friday, calendar, at("2020-12-18T17:00:00Z")) == at("2020-12-18T17:00:00Z"));
	assert_true(own_hours_next(&never, calendar, at("2020-02-05T03:00:00Z")) == at("2020-02-05T03:00:00Z"));
}

static void all_hours_are_all(void **state)
{
	(void)state;
	struct person round_the_clock = works(0, 24, 0), same = works(8, 8, 0), day = works(8, 20, 0),
		      council = {.hours_from = -1, .hours_until = -1};
	assert_true(own_hours_always(&round_the_clock) && own_hours_always(&same));
	assert_true(!own_hours_always(&day) && !own_hours_always(&council));
}

static int make_calendar(void **state)
{
	struct fault fault = {""};
	(void)state;
	calendar = calendar_new(zone_load("Europe/London", &fault),
	                        TEXT("{\"england-and-wales\":{\"division\":\"england-and-wales\",\"events\":["
	                             "{\"title\":\"Christmas Day\",\"date\":\"2020-12-25\","
	                             "\"notes\":\"\",\"bunting\":true},"
	                             "{\"title\":\"Christmas Day\",\"date\":\"2021-12-25\","
	                             "\"notes\":\"\",\"bunting\":true}"
	                             "]}}"),
	                        &fault);
	if (!calendar)
		print_error("%s\n", fault.text);
	return calendar ? 0 : -1;
}

static int free_calendar(void **state)
{
	(void)state;
	calendar_free(calendar);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_begin_at_their_minute_and_end_before_theirs),
		cmocka_unit_test(they_begin_by_the_wall_where_the_clocks_change),
		cmocka_unit_test(on_their_own_days_alone),
		cmocka_unit_test(who_has_none_within_two_weeks_hears_now),
		cmocka_unit_test(all_hours_are_all),
	};
	return cmocka_run_group_tests_name("own_hours", tests, make_calendar, free_calendar);
}
