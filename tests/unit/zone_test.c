/* Local time: the zone's own table against the C library's, and instants as RFC 3339 writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "time/calendar.h"
#include "time/zone_file.h"

#define DAY (24 * HOUR)

/* Summer time in winter, half-hour steps, changes at midnight, a skipped date, rules that end, none at all. */
static const char *const names[] = {
	"Europe/London",       "Europe/Dublin",     "Europe/Berlin",    "Australia/Lord_Howe", "America/New_York",
	"America/Havana",      "America/Sao_Paulo", "Pacific/Apia",     "Asia/Kolkata",        "Africa/Casablanca",
	"Antarctica/Troll",    "Asia/Gaza",         "America/St_Johns", "Pacific/Kwajalein",   "UTC",
	"America/Scoresbysund"};
#define NAMES (sizeof names / sizeof names[0])

static struct zone *load(const char *name)
{
	struct fault fault = {0};
	struct zone *zone = zone_load(name, &fault);
	if (!zone)
		fail_msg("%s", fault.text);
	return zone;
}

static void use_in_c_library(const char *name)
{
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
}

static int32_t offset_by_c_library(instant at)
{
	time_t seconds = (time_t)(at / SECOND);
	struct tm local;
	assert_non_null(localtime_r(&seconds, &local));
	return (int32_t)local.tm_gmtoff;
}

static void start_random(void)
{
	const char *given = getenv("SEED"); /* to see a failure again */
	long seed = given ? strtol(given, NULL, 10) : (long)hash_seed();
	print_message("SEED=%ld\n", seed);
	srand48(seed);
}

/* Fewer under Valgrind, where this test would take minutes: TEST_ROUNDS random tries, and every hour to TEST_YEAR. */
static int set_or(const char *name, int usual)
{
	const char *given = getenv(name);
	int value = given ? (int)strtol(given, NULL, 10) : usual;
	print_message("%s=%d\n", name, value);
	return value;
}

static int rounds(void)
{
	return set_or("TEST_ROUNDS", 20000);
}

static instant last_day(void)
{
	return day_of(set_or("TEST_YEAR", 2101), 12, 31) * DAY;
}

static instant random_instant(void)
{
	return (instant)(drand48() * (132.0 * 365.25 * 86400)) * SECOND + lrand48() % SECOND;
}

static void offsets_agree_with_the_c_library_at_random_instants(void **state)
{
	(void)state;
	start_random();
	int tries = rounds();
	for (size_t i = 0; i < NAMES; i++) {
		struct zone *zone = load(names[i]);
		use_in_c_library(names[i]);
		for (int n = 0; n < tries; n++) {
			instant at = random_instant();
			if (at < day_of(2101, 12, 31) * DAY && zone_offset(zone, at) != offset_by_c_library(at))
				fail_msg("%s at %ld: %d, not %d", names[i], (long)at, zone_offset(zone, at),
				         offset_by_c_library(at));
		}
		zone_free(zone);
	}
}

/* Every change of the zone, found by the C library in half-hour steps, to the second on either side. */
static void offsets_agree_on_both_sides_of_every_change(void **state)
{
	(void)state;
	struct zone *zone = load("Europe/London");
	use_in_c_library("Europe/London");
	int changes = 0;
	instant last = last_day();
	for (instant at = 0; at < last; at += HOUR / 2) {
		int32_t before = offset_by_c_library(at - SECOND);
		if (before == offset_by_c_library(at))
			continue;
		changes++;
		assert_int_equal(zone_offset(zone, at - 1), before);
		assert_int_equal(zone_offset(zone, at), offset_by_c_library(at));
	}
	assert_true(changes > (int)(last / (366 * DAY)) * 18 / 10); /* two a year, but for 1970 and 1971 */
	zone_free(zone);
}

/* What a wall time must mean, said from scratch: all instants that show it; of none, the first after the gap. */
static void check_wall(const struct zone *zone, int64_t wall, const int32_t *offsets, size_t count)
{
	instant earliest = INSTANT_NEVER, latest = INSTANT_NONE;
	for (size_t i = 0; i < count; i++) {
		instant at = wall - offsets[i] * SECOND;
		if (zone_wall(zone, at) != wall)
			continue;
		earliest = at < earliest ? at : earliest;
		latest = at > latest ? at : latest;
	}
	instant earlier = zone_instant(zone, wall, WALL_EARLIER), later = zone_instant(zone, wall, WALL_LATER);
	if (latest != INSTANT_NONE) {
		assert_true(earlier == earliest);
		assert_true(later == latest);
		return;
	}
	assert_true(earlier == later);
	assert_true(zone_wall(zone, earlier) > wall);
	assert_true(zone_wall(zone, earlier - 1) < wall);
}

static void every_wall_time_means_an_instant(void **state)
{
	(void)state;
	start_random();
	int tries = rounds();
	instant last = last_day();
	for (size_t i = 0; i < NAMES; i++) {
		struct zone *zone = load(names[i]);
		int32_t offsets[64];
		size_t count = 0;
		for (instant at = 0; at < day_of(2101, 12, 31) * DAY; at += 7 * DAY) {
			size_t known = 0;
			while (known < count && offsets[known] != zone_offset(zone, at))
				known++;
			if (known == count && count < 64)
				offsets[count++] = zone_offset(zone, at);
		}
		for (int n = 0; n < tries; n++)
			check_wall(zone, random_instant(), offsets, count);
		for (instant at = HOUR; at < last; at += HOUR) /* close to each change */
			if (zone_offset(zone, at) != zone_offset(zone, at - HOUR))
				for (instant wall = zone_wall(zone, at) - 3 * HOUR;
				     wall < zone_wall(zone, at) + 3 * HOUR; wall += 5 * MINUTE)
					check_wall(zone, wall, offsets, count);
		zone_free(zone);
	}
}

static void the_night_of_28_march_2026_lasts_nine_hours_and_of_24_october_eleven(void **state)
{
	(void)state;
	struct zone *zone = load("Europe/London");
	instant spring = day_of(2026, 3, 28) * DAY, autumn = day_of(2026, 10, 24) * DAY;
	assert_true(zone_instant(zone, spring + 32 * HOUR, WALL_LATER) -
	                    zone_instant(zone, spring + 22 * HOUR, WALL_EARLIER) ==
	            9 * HOUR);
	assert_true(zone_instant(zone, autumn + 32 * HOUR, WALL_LATER) -
	                    zone_instant(zone, autumn + 22 * HOUR, WALL_EARLIER) ==
	            11 * HOUR);
	zone_free(zone);
}

static void a_skipped_wall_time_is_the_first_instant_after_the_gap_and_a_doubled_one_depends(void **state)
{
	(void)state;
	struct zone *zone = load("Europe/London");
	instant change = day_of(2026, 3, 29) * DAY + HOUR, back = day_of(2026, 10, 25) * DAY + HOUR;
	assert_true(zone_instant(zone, change + 30 * MINUTE, WALL_EARLIER) == change);
	assert_true(zone_instant(zone, change + 30 * MINUTE, WALL_LATER) == change);
	assert_true(zone_instant(zone, back + 30 * MINUTE, WALL_EARLIER) == back - 30 * MINUTE);
	assert_true(zone_instant(zone, back + 30 * MINUTE, WALL_LATER) == back + 30 * MINUTE);
	zone_free(zone);
}

static void a_date_that_never_was_begins_where_the_next_does(void **state)
{
	(void)state;
	struct zone *zone = load("Pacific/Apia"); /* 30 December 2011 was left out */
	assert_true(zone_midnight(zone, day_of(2011, 12, 30)) == zone_midnight(zone, day_of(2011, 12, 31)));
	assert_int_equal(zone_date(zone, zone_midnight(zone, day_of(2011, 12, 31)) - 1), day_of(2011, 12, 29));
	zone_free(zone);
}

static void before_1970_and_after_2101_the_nearest_offset_holds_and_nothing_overflows(void **state)
{
	(void)state;
	struct zone *zone = load("Asia/Kolkata");
	assert_int_equal(zone_offset(zone, INSTANT_NONE), 19800);
	assert_int_equal(zone_offset(zone, INSTANT_NEVER), 19800);
	assert_true(zone_wall(zone, INSTANT_NEVER) == INT64_MAX);
	assert_true(zone_instant(zone, INT64_MIN, WALL_LATER) == INT64_MIN);
	assert_true(zone_midnight(zone, INT32_MAX) > 0);
	assert_true(zone_midnight(zone, DAY_NONE) < 0);
	assert_int_equal(zone_date(zone, -1 - 19800 * SECOND), -1);
	zone_free(zone);
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"/etc/passwd",
		"../../../etc/passwd",
		"Europe/../London",
		"Europe",
		"Europe/",
		"Mars/Crater",
		"Europe//London",
		"Europe/London\n",
		"tzdata.zi",
		"right/Europe/London",
		"zone.tab",
		"Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct fault fault = {0};
		assert_null(zone_load(bad[i], &fault));
		assert_true(strlen(fault.text) > 20);
	}
}

static void rules_of_a_footer(void **state)
{
	(void)state;
	static const struct {
		const char *rule;
		size_t changes; /* with the one since ever */
		int32_t at_2050_01_15, at_2050_07_15;
	} good[] = {
		{"GMT0BST,M3.5.0/1,M10.5.0", 1 + 2 * 132, 0, 3600},
		{"IST-1GMT0,M10.5.0,M3.5.0/1", 2 * 132 + 1, 0, 3600},
		{"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1 + 2 * 132, -7200, -3600},
		{"XXX3EDT4,0/0,J365/23", 2, -4 * 3600, -4 * 3600}, /* summer time all year, of its own offset */
		{"AAA0BBB,J60/0,J300/0", 1 + 2 * 132, 0, 3600},
		{"UTC0", 1, 0, 0},
		{"<+0545>-5:45", 2, 20700, 20700},
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct zone_changes changes = {0};
		struct fault fault = {0};
		zone_changes_add(&changes, INT64_MIN, 0);
		if (zone_rule_expand(text_of(good[i].rule), INT64_MIN, &changes, &fault) != RESULT_OK)
			fail_msg("%s", fault.text);
		int32_t january = 0, july = 0;
		for (size_t n = 0; n < changes.count; n++) {
			january = changes.items[n].at <= day_of(2050, 1, 15) * 86400LL ? changes.items[n].offset
			                                                               : january;
			july = changes.items[n].at <= day_of(2050, 7, 15) * 86400LL ? changes.items[n].offset : july;
		}
		assert_int_equal(january, good[i].at_2050_01_15);
		assert_int_equal(july, good[i].at_2050_07_15);
		if (changes.count < good[i].changes - 1 || changes.count > good[i].changes + 1)
			fail_msg("%s: %zu changes", good[i].rule, changes.count);
		free(changes.items);
	}
	static const char *const bad[] = {"GMT",
	                                  "0",
	                                  "GM0",
	                                  "GMT0BST",
	                                  "GMT0BST,M3.5.0",
	                                  "GMT0BST,M13.5.0,M10.5.0",
	                                  "GMT0BST,M3.6.0,M10.5.0",
	                                  "GMT0BST,M3.5.7,M10.5.0",
	                                  "GMT25",
	                                  "GMT0BST,J0,J1",
	                                  "GMT0BST,366,1",
	                                  "GMT0BST,M3.5.0/168,M10.5.0",
	                                  "GMT0BST,M3.5.0,M10.5.0,",
	                                  "<GMT0",
	                                  "GMT0BST,M3.5.0/1:60,M10.5.0",
	                                  "GMT99999999999999999999"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct zone_changes changes = {0};
		if (zone_rule_expand(text_of(bad[i]), 0, &changes, NULL) == RESULT_OK)
			fail_msg("\"%s\" was taken", bad[i]);
		free(changes.items);
	}
}

static void day_60_of_a_rule_that_knows_no_leap_day_is_always_1_march(void **state)
{
	(void)state;
	struct zone_changes changes = {0};
	zone_changes_add(&changes, INT64_MIN, 0);
	assert_int_equal(zone_rule_expand(TEXT("AAA0BBB,J60/0,J300/0"), INT64_MIN, &changes, NULL), RESULT_OK);
	for (int year = 1970; year <= 2101; year++)
		assert_true(changes.items[1 + 2 * (year - 1970)].at == day_of(year, 3, 1) * 86400LL);
	free(changes.items);
}

static size_t read_london(char *into, size_t room)
{
	FILE *file = fopen("/usr/share/zoneinfo/Europe/London", "re");
	assert_non_null(file);
	size_t bytes = fread(into, 1, room, file);
	(void)fclose(file);
	return bytes;
}

static void a_zone_file_cut_short_anywhere_is_refused(void **state)
{
	(void)state;
	static char bytes[65536];
	size_t length = read_london(bytes, sizeof bytes);
	for (size_t i = 0; i < length; i++) {
		char *exact = malloc(i ? i : 1); /* so that a sanitizer sees a byte read past the end */
		memcpy(exact, bytes, i);
		assert_null(zone_parse((struct text){exact, i}, NULL));
		free(exact);
	}
	struct zone *whole = zone_parse((struct text){bytes, length}, NULL);
	assert_non_null(whole);
	zone_free(whole);
}

static void a_change_to_an_offset_that_is_not_listed_is_refused(void **state)
{
	(void)state;
	static const unsigned char head[20] = "TZif2";
	/* Twice the same counts: no indicators, no leap seconds, one change, one offset, four bytes of abbreviation. */
	static const unsigned char counts[24] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	                                         0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4};
	for (unsigned char kind = 0; kind <= 1; kind++) {
		struct buffer file = {0};
		for (size_t time_bytes = 4; time_bytes <= 8; time_bytes += 4) {
			buffer_add(&file, head, sizeof head);
			buffer_add(&file, counts, sizeof counts);
			buffer_add(&file, &"\0\0\0\0\0\0\0\1"[8 - time_bytes], time_bytes);
			buffer_add(&file, &kind, 1);
			buffer_add(&file, "\0\0\0\0\0\0\0\0\x0e\x10", 10); /* would do as an offset of an hour */
		}
		buffer_string(&file, "\nUTC0\n");
		struct zone *zone = zone_parse(buffer_view(&file), NULL);
		assert_true((zone != NULL) == (kind == 0));
		zone_free(zone);
		buffer_free(&file);
	}
}

static void a_zone_file_with_random_damage_never_harms(void **state)
{
	(void)state;
	static char good[65536], bytes[65536];
	size_t length = read_london(good, sizeof good);
	start_random();
	int tries = rounds();
	for (int n = 0; n < tries; n++) {
		memcpy(bytes, good, length);
		for (int i = 0; i <= n % 4; i++)
			bytes[(size_t)(lrand48() % (long)(n % 2 ? length : 60))] = (char)lrand48();
		struct zone *zone = zone_parse((struct text){bytes, length}, NULL);
		if (zone) {
			(void)zone_instant(zone, zone_wall(zone, random_instant()), WALL_LATER);
			zone_free(zone);
		}
	}
}

static void dates_go_to_days_and_back(void **state)
{
	(void)state;
	assert_int_equal(day_of(1970, 1, 1), 0);
	assert_int_equal(day_of(2000, 3, 1), 11017);
	civil_day expected = day_of(1890, 1, 1);
	for (int year = 1890; year <= 2110; year++)
		for (int month = 1; month <= 12; month++)
			for (int day = 1; day <= 31; day++) {
				int back_year, back_month, back_day;
				if (!day_is_real(year, month, day))
					continue;
				assert_int_equal(day_of(year, month, day), expected);
				day_split(expected, &back_year, &back_month, &back_day);
				assert_true(back_year == year && back_month == month && back_day == day);
				expected++;
			}
	assert_int_equal(day_of_week(day_of(2020, 3, 2)), 0);
	assert_int_equal(day_of_week(day_of(1969, 12, 28)), 6);
	assert_false(day_is_real(1900, 2, 29));
	assert_true(day_is_real(2000, 2, 29));
	assert_int_equal(day_add_months(day_of(2023, 1, 31), 1), day_of(2023, 2, 28));
	assert_int_equal(day_add_months(day_of(2024, 1, 31), 1), day_of(2024, 2, 29));
	assert_int_equal(day_add_months(day_of(2024, 3, 31), -13), day_of(2023, 2, 28));
}

static void dates_are_read_exactly(void **state)
{
	(void)state;
	static const char *const bad[] = {"",         "2020-2-29",  "2019-02-29", "2020-02-29T",
	                                  "20200229", "2020/02/29", "2020-02-2x", " 2020-02-29"};
	civil_day day = 0;
	assert_true(day_parse(TEXT("2020-02-29"), &day));
	assert_int_equal(day, day_of(2020, 2, 29));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(day_parse(text_of(bad[i]), &day));
}

static void times_are_read_as_rfc_3339(void **state)
{
	(void)state;
	static const struct {
		const char *text, *printed;
	} good[] = {
		{"2020-01-29T23:10:00Z", "2020-01-29T23:10:00Z"},
		{"2020-01-29t23:10:00z", "2020-01-29T23:10:00Z"},
		{"2020-01-29T23:10:00-00:00", "2020-01-29T23:10:00Z"},
		{"2020-06-29T23:10:00+01:00", "2020-06-29T22:10:00Z"},
		{"2020-01-29T23:10:00-23:59", "2020-01-30T23:09:00Z"},
		{"2020-01-29T23:10:00.5Z", "2020-01-29T23:10:00.5Z"},
		{"2020-01-29T23:10:00.12345678901234567890Z", "2020-01-29T23:10:00.123456Z"},
		{"2020-01-29T23:10:00.000000999Z", "2020-01-29T23:10:00Z"},
		{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
		{"2016-12-31T23:59:60.25+00:00", "2017-01-01T00:00:00.25Z"},
		{"1990-01-01T00:00:00Z", "1990-01-01T00:00:00Z"},
		{"2100-12-31T23:59:59.999999Z", "2100-12-31T23:59:59.999999Z"},
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		instant at = 0;
		const char *why;
		char printed[32];
		if (!instant_parse(text_of(good[i].text), &at, &why))
			fail_msg("%s %s", good[i].text, why);
		instant_print(at, printed);
		assert_string_equal(printed, good[i].printed);
	}
}

static void what_is_no_time_is_refused_with_a_reason(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "RFC 3339"},
		{"2020-01-29 23:10:00Z", "RFC 3339"},
		{"2020-01-29T23:10Z", "RFC 3339"},
		{"2020-01-29T23:10:00", "RFC 3339"},
		{"2020-01-29T23:10:00+0100", "RFC 3339"},
		{"2020-01-29T23:10:00+01", "RFC 3339"},
		{"2020-01-29T23:10:00.Z", "RFC 3339"},
		{"2020-01-29T23:10:00,5Z", "RFC 3339"},
		{"2020-01-29T24:00:00Z", "RFC 3339"},
		{"2020-01-29T23:60:00Z", "RFC 3339"},
		{"2020-01-29T23:10:61Z", "RFC 3339"},
		{"2020-01-29T23:10:00+24:00", "RFC 3339"},
		{"2020-01-29T23:10:00+01:60", "RFC 3339"},
		{"2020-01-29T23:10:00Zz", "RFC 3339"},
		{"-020-01-29T23:10:00Z", "RFC 3339"},
		{"2020-02-30T23:10:00Z", "does not exist"},
		{"2020-13-01T23:10:00Z", "does not exist"},
		{"2020-00-01T23:10:00Z", "does not exist"},
		{"1989-12-31T23:59:59Z", "1990 to 2100"},
		{"2101-01-01T00:00:00Z", "1990 to 2100"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		instant at;
		const char *why = NULL;
		if (instant_parse(text_of(bad[i].text), &at, &why) || !why || !strstr(why, bad[i].why))
			fail_msg("\"%s\": %s", bad[i].text, why ? why : "taken");
	}
}

/* What ends in Z has a short way of its own; what ends in +00:00 has not. Both print as they were written. */
static void the_usual_form_and_the_long_one_are_one_instant(void **state)
{
	(void)state;
	for (int year = 1989; year <= 2102; year++)
		for (int month = 0; month <= 13; month++)
			for (int day = 0; day <= 32; day++) {
				char usual[96], whole[96], printed[32];
				const char *why, *reason;
				instant at = 0, same = 1;
				int hour = (year + day * 7) % 25, minute = (month * 5 + day) % 61;
				int second = (day * 2) % 62;
				(void)snprintf(usual, sizeof usual, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day,
				               hour, minute, second);
				(void)snprintf(whole, sizeof whole, "%.19s+00:00", usual);
				bool read = instant_parse(text_of(usual), &at, &why);
				assert_int_equal(read, instant_parse(text_of(whole), &same, &reason));
				if (!read) {
					assert_string_equal(why, reason);
					continue;
				}
				assert_true(at == same);
				instant_print(at, printed);
				if (second < 60)
					assert_string_equal(printed, usual);
			}
}

static void a_wall_time_is_said_twice_where_two_instants_have_it(void **state)
{
	(void)state;
	size_t twice = 0;
	for (size_t i = 0; i < NAMES; i++) {
		struct zone *zone = load(names[i]);
		for (instant at = day_of(2010, 1, 1) * DAY; at < day_of(2012, 2, 1) * DAY; at += 10 * MINUTE) {
			int64_t wall = zone_wall(zone, at);
			bool two = zone_instant(zone, wall, WALL_EARLIER) != zone_instant(zone, wall, WALL_LATER);
			assert_int_equal(zone_says_twice(zone, at), two);
			twice += two;
		}
		zone_free(zone);
	}
	assert_true(twice > 20);
}

static void the_ends_of_time_print_as_words(void **state)
{
	(void)state;
	char printed[32];
	instant_print(INSTANT_NEVER, printed);
	assert_string_equal(printed, "never");
	instant_print(INSTANT_NONE, printed);
	assert_string_equal(printed, "unknown");
	instant_print(INSTANT_NONE + 1, printed);
	assert_true(strlen(printed) < 32);
	instant_print(-1, printed);
	assert_string_equal(printed, "1969-12-31T23:59:59.999999Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_agree_with_the_c_library_at_random_instants),
		cmocka_unit_test(offsets_agree_on_both_sides_of_every_change),
		cmocka_unit_test(every_wall_time_means_an_instant),
		cmocka_unit_test(the_night_of_28_march_2026_lasts_nine_hours_and_of_24_october_eleven),
		cmocka_unit_test(a_skipped_wall_time_is_the_first_instant_after_the_gap_and_a_doubled_one_depends),
		cmocka_unit_test(a_date_that_never_was_begins_where_the_next_does),
		cmocka_unit_test(before_1970_and_after_2101_the_nearest_offset_holds_and_nothing_overflows),
		cmocka_unit_test(names_that_lead_elsewhere_are_refused),
		cmocka_unit_test(rules_of_a_footer),
		cmocka_unit_test(day_60_of_a_rule_that_knows_no_leap_day_is_always_1_march),
		cmocka_unit_test(a_change_to_an_offset_that_is_not_listed_is_refused),
		cmocka_unit_test(a_zone_file_cut_short_anywhere_is_refused),
		cmocka_unit_test(a_zone_file_with_random_damage_never_harms),
		cmocka_unit_test(dates_go_to_days_and_back),
		cmocka_unit_test(dates_are_read_exactly),
		cmocka_unit_test(times_are_read_as_rfc_3339),
		cmocka_unit_test(what_is_no_time_is_refused_with_a_reason),
		cmocka_unit_test(the_usual_form_and_the_long_one_are_one_instant),
		cmocka_unit_test(a_wall_time_is_said_twice_where_two_instants_have_it),
		cmocka_unit_test(the_ends_of_time_print_as_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
