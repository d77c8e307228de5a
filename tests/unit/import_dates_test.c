/* The dates of national returns: both forms, hours, and a spreadsheet's numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/dates.h"

static void is_read_as(const char *words, int year, int month, int day, int minute)
{
	struct import_date date;
	bool none;
	assert_true(import_date_read(text_of(words), &date, &none));
	assert_false(none);
	assert_int_equal(date.day, day_of(year, month, day));
	assert_int_equal(date.minute, minute);
}

static void is_refused(const char *words)
{
	struct import_date date;
	bool none;
	if (import_date_read(text_of(words), &date, &none))
		fail_msg("\"%s\" was read as a date", words);
}

static void is_none(const char *words)
{
	struct import_date date;
	bool none;
	assert_true(import_date_read(text_of(words), &date, &none));
	assert_true(none);
}

static void both_forms_are_read(void **state)
{
	(void)state;
	is_read_as("2020-02-29", 2020, 2, 29, -1);
	is_read_as("29/02/2020", 2020, 2, 29, -1);
	is_read_as(" 1/3/2020 ", 2020, 3, 1, -1);
}

static void an_hour_beside_a_date_is_read_and_midnight_is_none(void **state)
{
	(void)state;
	is_read_as("2020-03-01 14:05", 2020, 3, 1, 14 * 60 + 5);
	is_read_as("01/03/2020T14:05:59.123", 2020, 3, 1, 14 * 60 + 5);
	is_read_as("2020-03-01 00:00:00", 2020, 3, 1, -1);
}

static void a_spreadsheets_number_is_read_with_the_day_it_has_too_many(void **state)
{
	(void)state;
	is_read_as("43921", 2020, 3, 31, -1);
	is_read_as("43890.5", 2020, 2, 29, 12 * 60);
	is_read_as("73050", 2099, 12, 31, -1);
	is_none("1");  /* 1 January 1900 */
	is_none("61"); /* 1 March 1900 */
	is_refused("60"); /* 29 February 1900 never was */
	is_refused("73051");
}

static void what_stands_for_no_date_is_none(void **state)
{
	(void)state;
	is_none("01/01/1900");
	is_none("00/01/1900");
	is_none("1899-12-30");
}

static void what_is_no_date_is_refused(void **state)
{
	static const char *const wrong[] = {"",           "soon",       "31/02/2020", "2020-13-01", "32/01/2020",
	                                    "01/02/20",   "2020/01/02", "1-2-2020",   "2020-01",    "2020-01-02x",
	                                    "2020-01-02 24:00", "2020-01-02 1", "-1", "1e5", "4392100"};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		is_refused(wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_are_read),
		cmocka_unit_test(an_hour_beside_a_date_is_read_and_midnight_is_none),
		cmocka_unit_test(a_spreadsheets_number_is_read_with_the_day_it_has_too_many),
		cmocka_unit_test(what_stands_for_no_date_is_none),
		cmocka_unit_test(what_is_no_date_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
