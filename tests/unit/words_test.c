/* words: dates, times, spans and numbers as shared/look writes them. */
#include "time/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static struct zone *london;

static int set_up(void **state)
{
	(void)state;
	struct fault fault;
	london = zone_load("Europe/London", &fault);
	return london ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	zone_free(london);
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

static void expect(struct buffer *out, const char *wanted)
{
	assert_string_equal(buffer_cstr(out), wanted);
	buffer_free(out);
}

static void expect_moment(const char *time, bool day_only, enum words_form form, const char *wanted)
{
	struct buffer out = {0};
	words_moment(london, (struct words_moment){at(time), day_only}, form, &out);
	expect(&out, wanted);
}

static void a_time_in_a_sentence_and_in_a_table(void **state)
{
	(void)state;
	expect_moment("2020-02-04T22:10:00Z", false, WORDS_FULL, "Tuesday 4 February, 22:10");
	expect_moment("2020-02-04T22:10:00Z", false, WORDS_TABLE, "Tue 4 Feb, 22:10");
	expect_moment("2020-02-05T02:10:00Z", false, WORDS_FULL_YEAR, "Wednesday 5 February 2020, 02:10");
	expect_moment("2020-06-01T23:30:00Z", false, WORDS_TABLE_YEAR, "Tue 2 Jun 2020, 00:30");
	expect_moment("2020-02-04T22:10:59.999999Z", false, WORDS_BRIEF, "4 Feb, 22:10");
	expect_moment("1999-12-31T23:59:59Z", false, WORDS_PLAIN_YEAR, "31 December 1999, 23:59");
}

static void a_date_alone_says_that_the_time_is_not_known(void **state)
{
	(void)state;
	expect_moment("2020-02-02T00:00:00Z", true, WORDS_TABLE, "Sun 2 Feb, time not known");
	expect_moment("2020-06-01T23:00:00Z", true, WORDS_FULL, "Tuesday 2 June, time not known");
	struct buffer out = {0};
	words_moment(london, (struct words_moment){INSTANT_NONE, false}, WORDS_TABLE, &out);
	expect(&out, "not recorded");
}

static void the_doubled_hour_says_which(void **state)
{
	(void)state;
	expect_moment("2020-10-25T00:30:00Z", false, WORDS_TABLE, "Sun 25 Oct, 01:30 (BST)");
	expect_moment("2020-10-25T01:30:00Z", false, WORDS_TABLE, "Sun 25 Oct, 01:30 (GMT)");
	expect_moment("2020-10-25T00:00:00Z", false, WORDS_TABLE, "Sun 25 Oct, 01:00 (BST)");
	expect_moment("2020-10-24T23:59:59Z", false, WORDS_TABLE, "Sun 25 Oct, 00:59");
	expect_moment("2020-10-25T01:59:59Z", false, WORDS_TABLE, "Sun 25 Oct, 01:59 (GMT)");
	expect_moment("2020-10-25T02:00:00Z", false, WORDS_TABLE, "Sun 25 Oct, 02:00");
	expect_moment("2020-03-29T00:59:59Z", false, WORDS_TABLE, "Sun 29 Mar, 00:59");
	expect_moment("2020-03-29T01:00:00Z", false, WORDS_TABLE, "Sun 29 Mar, 02:00");
}

static void elsewhere_the_doubled_hour_names_its_offset(void **state)
{
	(void)state;
	struct fault fault;
	struct zone *york = zone_load("America/New_York", &fault);
	assert_non_null(york);
	struct buffer out = {0};
	words_clock(york, at("2020-11-01T05:30:00Z"), &out);
	expect(&out, "01:30 (UTC-4:00)");
	zone_free(york);
}

static void expect_until(const char *time, const char *wanted)
{
	struct buffer out = {0};
	words_until(london, at(time), WORDS_TABLE, &out);
	expect(&out, wanted);
}

static void midnight_is_the_end_of_the_day_before(void **state)
{
	(void)state;
	expect_until("2020-02-07T00:00:00Z", "the end of Thu 6 Feb");
	expect_until("2020-06-01T23:00:00Z", "the end of Mon 1 Jun");
	expect_until("2020-06-02T00:00:00Z", "Tue 2 Jun, 01:00");
	expect_until("2020-03-29T00:00:00Z", "the end of Sat 28 Mar");
	expect_until("2020-02-07T18:05:00Z", "Fri 7 Feb, 18:05");
}

static void expect_answer_by(const char *time, const char *now, const char *wanted)
{
	struct buffer out = {0};
	words_answer_by(london, at(time), at(now), &out);
	expect(&out, wanted);
}

static void when_to_answer_is_a_clock_a_day_or_both(void **state)
{
	(void)state;
	expect_answer_by("2020-02-05T02:40:00Z", "2020-02-05T02:10:00Z", "02:40");
	expect_answer_by("2020-02-05T00:20:00Z", "2020-02-04T23:50:00Z", "00:20");
	expect_answer_by("2020-02-01T00:00:00Z", "2020-01-30T08:00:00Z", "the end of Friday 31 January");
	expect_answer_by("2020-02-06T09:15:00Z", "2020-02-05T09:15:00Z", "Thursday 6 February, 09:15");
	expect_answer_by("2021-01-05T00:00:00Z", "2020-12-31T08:00:00Z", "the end of Monday 4 January 2021");
}

static void expect_span(instant span, const char *wanted)
{
	struct buffer out = {0};
	words_span(span, &out);
	expect(&out, wanted);
}

static void a_span_is_hours_and_minutes_then_hours_then_days_and_hours(void **state)
{
	(void)state;
	expect_span(-HOUR, "under 1 minute");
	expect_span(59 * SECOND, "under 1 minute");
	expect_span(MINUTE, "1 minute");
	expect_span(35 * MINUTE, "35 minutes");
	expect_span(HOUR, "1 hour");
	expect_span(HOUR + MINUTE, "1 hour 1 minute");
	expect_span(4 * HOUR + 30 * MINUTE, "4 hours 30 minutes");
	expect_span(24 * HOUR - 1, "23 hours 59 minutes");
	expect_span(24 * HOUR, "24 hours");
	expect_span(34 * HOUR + 35 * MINUTE, "34 hours");
	expect_span(48 * HOUR - 1, "47 hours");
	expect_span(48 * HOUR, "2 days");
	expect_span(71 * HOUR + 40 * MINUTE, "2 days 23 hours");
	expect_span(72 * HOUR + 5 * MINUTE, "3 days");
	expect_span(73 * HOUR, "3 days 1 hour");
	expect_span(1255 * 24 * HOUR, "1,255 days");
}

static void time_left_and_overdue_are_whole_hours_rounded_down(void **state)
{
	(void)state;
	struct buffer out = {0};
	words_hours(58 * HOUR + 35 * MINUTE, &out);
	expect(&out, "58 hours");
	words_hours(HOUR, &out);
	expect(&out, "1 hour");
	words_hours(59 * MINUTE, &out);
	expect(&out, "under 1 hour");
	words_hours(1255 * HOUR, &out);
	expect(&out, "1,255 hours");
	words_longest(11 * HOUR + 45 * MINUTE, &out);
	expect(&out, "11 hours");
	words_longest(52 * HOUR, &out);
	expect(&out, "2 days 4 hours");
}

static void expect_elapsed(const char *since, bool day_only, const char *now, const char *wanted)
{
	struct buffer out = {0};
	words_elapsed(london, (struct words_moment){at(since), day_only}, at(now), &out);
	expect(&out, wanted);
}

static void elapsed_time_runs_on_the_worlds_clock_and_days_on_the_wall(void **state)
{
	(void)state;
	expect_elapsed("2020-02-04T22:10:00Z", false, "2020-02-05T02:10:00Z", "4 hours");
	expect_elapsed("2020-02-02T00:00:00Z", true, "2020-02-05T07:30:00Z", "3 days");
	expect_elapsed("2020-02-05T00:00:00Z", true, "2020-02-05T07:30:00Z", "today");
	expect_elapsed("2020-02-04T00:00:00Z", true, "2020-02-05T00:00:00Z", "1 day");
	expect_elapsed("2026-03-28T22:00:00Z", false, "2026-03-29T07:00:00Z", "9 hours");   /* 22:00 to 08:00 local */
	expect_elapsed("2026-10-24T21:00:00Z", false, "2026-10-25T08:00:00Z", "11 hours");
	expect_elapsed("2020-03-28T00:00:00Z", true, "2020-03-29T23:00:00Z", "2 days");     /* 00:00 BST of the 30th */
}

static void expect_ago(instant span, bool day_only, const char *wanted)
{
	struct buffer out = {0};
	instant since = at("2020-02-04T00:00:00Z");
	words_ago(london, (struct words_moment){since, day_only}, since + span, &out);
	expect(&out, wanted);
}

static void how_long_ago_is_to_the_minute_while_minutes_count(void **state)
{
	(void)state;
	expect_ago(63 * MINUTE, false, "1 hour 3 minutes ago");
	expect_ago(4 * HOUR + 38 * MINUTE, false, "4 hours 38 minutes ago");
	expect_ago(5 * HOUR + 4 * MINUTE, false, "5 hours ago");
	expect_ago(5 * HOUR + 49 * MINUTE, false, "5 hours 45 minutes ago");
	expect_ago(49 * HOUR + 3 * MINUTE, false, "2 days 1 hour ago");
	expect_ago(3 * HOUR, true, "today");
	expect_ago(30 * HOUR, true, "1 day ago");
}

static void what_is_left_of_a_clock_and_how_long_it_is_over(void **state)
{
	struct buffer out = {0};
	(void)state;
	static const struct {
		instant left;
		const char *words;
	} wanted[] = {{22 * HOUR + 30 * MINUTE, "22 hours left"},
	              {-11 * HOUR, "11 hours overdue"},
	              {7 * 24 * HOUR, "7 days left"},
	              {MINUTE, "under 1 hour left"},
	              {-50 * HOUR, "2 days overdue"}};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		words_left(wanted[i].left, &out);
		expect(&out, wanted[i].words);
	}
}

static void numbers_have_thousands(void **state)
{
	(void)state;
	static const struct {
		int64_t number;
		const char *words;
	} cases[] = {{0, "0"}, {7, "7"}, {999, "999"}, {1000, "1,000"}, {1255, "1,255"}, {-1255, "-1,255"},
		     {1234567, "1,234,567"}, {INT64_MIN, "-9,223,372,036,854,775,808"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer out = {0};
		words_number(cases[i].number, &out);
		expect(&out, cases[i].words);
	}
	struct buffer out = {0};
	words_count(1, "child", "children", &out);
	expect(&out, "1 child");
	words_count(0, "child", "children", &out);
	expect(&out, "0 children");
}

static void a_year_is_added_where_years_mix(void **state)
{
	(void)state;
	struct buffer out = {0};
	words_day_beside(day_of(2019, 12, 30), day_of(2020, 1, 29), WORDS_FULL, &out);
	expect(&out, "Monday 30 December 2019");
	words_day_beside(day_of(2020, 1, 2), day_of(2020, 1, 29), WORDS_BRIEF, &out);
	expect(&out, "2 Jan");
}

static void titles_inside_and_at_the_start_of_a_sentence(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"Team manager", "team manager"},
	                                       {"Head of Service", "Head of Service"},
	                                       {"Director of Children's Care", "Director of Children's Care"},
	                                       {"VPG chair", "VPG chair"},
	                                       {"Chair of the Group (VPG)", "chair of the Group (VPG)"},
	                                       {"social worker", "social worker"},
	                                       {"", ""}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer out = {0};
		words_in_sentence(cases[i][0], &out);
		expect(&out, cases[i][1]);
	}
	struct buffer out = {0};
	words_sentence(TEXT("the end of today"), &out);
	expect(&out, "The end of today");
	buffer_string(&out, words_between(0, 3));
	buffer_string(&out, "A");
	buffer_string(&out, words_between(1, 3));
	buffer_string(&out, "B");
	buffer_string(&out, words_between(2, 3));
	expect(&out, "A, B and ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_in_a_sentence_and_in_a_table),
		cmocka_unit_test(a_date_alone_says_that_the_time_is_not_known),
		cmocka_unit_test(the_doubled_hour_says_which),
		cmocka_unit_test(elsewhere_the_doubled_hour_names_its_offset),
		cmocka_unit_test(midnight_is_the_end_of_the_day_before),
		cmocka_unit_test(when_to_answer_is_a_clock_a_day_or_both),
		cmocka_unit_test(a_span_is_hours_and_minutes_then_hours_then_days_and_hours),
		cmocka_unit_test(time_left_and_overdue_are_whole_hours_rounded_down),
		cmocka_unit_test(elapsed_time_runs_on_the_worlds_clock_and_days_on_the_wall),
		cmocka_unit_test(how_long_ago_is_to_the_minute_while_minutes_count),
		cmocka_unit_test(what_is_left_of_a_clock_and_how_long_it_is_over),
		cmocka_unit_test(numbers_have_thousands),
		cmocka_unit_test(a_year_is_added_where_years_mix),
		cmocka_unit_test(titles_inside_and_at_the_start_of_a_sentence),
	};
	return cmocka_run_group_tests_name("words", tests, set_up, tear_down);
}
