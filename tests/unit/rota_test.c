/* Rotas: who is on call, from an iCalendar file as calendars write it, through both changes of the clock; and nothing
 * hostile in it does harm. */
#include "config/rota.h"
#include "people/on_call.h"
#include "time/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scratch_file.h"

static struct zone *london;
static struct person people[3] = {{.id = "p-ann", .addresses[CHANNEL_EMAIL] = "ann@example.org"},
                                  {.id = "p-bob", .addresses[CHANNEL_EMAIL] = "bob@example.org"},
                                  {.id = "p-duty", .addresses[CHANNEL_EMAIL] = "duty@example.org"}};

struct world {
	struct directory directory;
	struct role_title roles[1];
	const char *fixed[1];
	struct arena *arena;
	struct config_faults faults;
};

static instant at(const char *time)
{
	instant result;
	const char *why;
	assert_true(instant_parse(text_of(time), &result, &why));
	return result;
}

static void read_file(struct world *world, const char *bytes, size_t length)
{
	const char *path = scratch_file(bytes, length);
	*world = (struct world){.arena = arena_new(1024)};
	world->roles[0] = (struct role_title){.role = "edt", .title = "EDT", .rota = path, .people = world->fixed};
	world->directory =
		(struct directory){.people = people, .person_count = 3, .roles = world->roles, .role_count = 1};
	rota_read(path, "edt", london, at("2025-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z"), &world->directory,
	          world->arena, &world->faults);
	(void)remove(path);
}

static void end(struct world *world)
{
	config_faults_free(&world->faults);
	arena_free(world->arena);
}

#define CALENDAR(entries) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n" entries "END:VCALENDAR\r\n"
#define EVENT(uid, lines) "BEGIN:VEVENT\r\nUID:" uid "\r\nDTSTAMP:20260101T000000Z\r\n" lines "END:VEVENT\r\n"

static void read_rota(struct world *world, const char *bytes)
{
	read_file(world, bytes, strlen(bytes));
	for (size_t i = 0; i < world->faults.count; i++)
		print_error("%s\n", world->faults.items[i].text);
	assert_int_equal(world->faults.count, 0);
}

/* "p-ann", "p-ann p-bob", "" */
static void assert_on_call(const struct world *world, const char *time, const char *who)
{
	struct recipient found[4];
	char names[128] = "";
	instant now = at(time);
	size_t count =
		directory_resolve_at(&world->directory, TEXT("edt"), NULL, 0, zone_date(london, now), now, found, 4);
	for (size_t i = 0; i < count; i++) {
		if (i)
			strcat(names, " ");
		strcat(names, found[i].person->id);
	}
	assert_string_equal(names, who);
}

static void who_is_on_call_holds_the_role_from_the_start_to_the_end(void **state)
{
	struct world world;
	(void)state;
	read_rota(&world,
	          CALENDAR(EVENT("1", "SUMMARY:p-ann\r\nDTSTART:20260302T200000Z\r\nDTEND:20260303T080000Z\r\n")
	                           EVENT("2", "SUMMARY:On call\r\nATTENDEE;CN=Bob:mailto:BOB@example.org\r\n"
	                                      "DTSTART;TZID=Europe/London:20260303T080000\r\nDURATION:PT12H\r\n")));
	assert_on_call(&world, "2026-03-02T19:59:59Z", "");
	assert_on_call(&world, "2026-03-02T20:00:00Z", "p-ann");
	assert_on_call(&world, "2026-03-03T07:59:59Z", "p-ann");
	assert_on_call(&world, "2026-03-03T08:00:00Z", "p-bob");
	assert_on_call(&world, "2026-03-03T20:00:00Z", "");
	end(&world);
}

static void where_nobody_is_on_call_those_of_the_directory_hold_the_role(void **state)
{
	struct world world;
	(void)state;
	read_rota(&world,
	          CALENDAR(EVENT("1", "SUMMARY:p-ann\r\nDTSTART:20260302T200000Z\r\nDTEND:20260303T080000Z\r\n")));
	world.fixed[0] = "p-duty";
	world.roles[0].people_count = 1;
	assert_on_call(&world, "2026-03-02T19:00:00Z", "p-duty");
	assert_on_call(&world, "2026-03-02T21:00:00Z", "p-ann");
	end(&world);
}

/* The night of 29 March has eleven hours, that of 25 October thirteen: on call from 20:00 to 08:00 by the wall. In
 * March the twelve hours of the first night last to 09:00: rather too long than too short. */
static void a_night_lasts_to_its_hour_when_the_clocks_change(void **state)
{
	struct world world;
	(void)state;
	read_rota(&world, CALENDAR(EVENT("1", "SUMMARY:p-ann\r\nDTSTART;TZID=Europe/London:20260302T200000\r\n"
	                                      "DTEND;TZID=Europe/London:20260303T080000\r\nRRULE:FREQ=DAILY\r\n")));
	assert_on_call(&world, "2026-03-28T19:59:00Z", "");
	assert_on_call(&world, "2026-03-28T20:00:00Z", "p-ann");
	assert_on_call(&world, "2026-03-29T06:59:00Z", "p-ann");
	assert_on_call(&world, "2026-03-29T18:59:00Z", "");
	assert_on_call(&world, "2026-03-29T19:00:00Z", "p-ann"); /* 20:00 in summer */
	assert_on_call(&world, "2026-10-25T07:59:00Z", "p-ann"); /* 07:59 in winter */
	assert_on_call(&world, "2026-10-25T08:00:00Z", "");
	end(&world);
}

/* At the changes of the clock themselves the turn passes as rules.md has it, whether the file names the zone or not: a
 * time that is skipped is the first instant after the gap, and one that comes twice the earlier for who begins, and the
 * later for who ends. Nobody is off call before, and nobody on call before their time. */
#define TURN(uid, who, zone, from, until)                                              \
	EVENT(uid, "SUMMARY:" who "\r\nDTSTART" zone ":" from "\r\nDTEND" zone ":" until "\r\n")
#define HAND_OVER(zone)                                                                \
	CALENDAR(TURN("1", "p-ann", zone, "20260328T200000", "20260329T013000")        \
	                 TURN("2", "p-bob", zone, "20260329T013000", "20261025T013000") \
	                         TURN("3", "p-ann", zone, "20261025T013000", "20261026T080000"))

static void who_hands_over_while_the_clocks_change_is_on_call_until_somebody_else_is(void **state)
{
	static const char *const files[] = {HAND_OVER(""), HAND_OVER(";TZID=Europe/London")};
	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct world world;
		read_rota(&world, files[i]);
		assert_on_call(&world, "2026-03-29T00:59:59Z", "p-ann");
		assert_on_call(&world, "2026-03-29T01:00:00Z", "p-bob");
		assert_on_call(&world, "2026-10-25T00:29:59Z", "p-bob");
		assert_on_call(&world, "2026-10-25T00:30:00Z", "p-bob p-ann");
		assert_on_call(&world, "2026-10-25T01:29:59Z", "p-bob p-ann");
		assert_on_call(&world, "2026-10-25T01:30:00Z", "p-ann");
		end(&world);
	}
}

static void weeks_take_turns_and_a_day_is_taken_out_or_moved(void **state)
{
	struct world world;
	(void)state;
	read_rota(&world,
	          CALENDAR(EVENT("a", "SUMMARY:p-ann\r\nDTSTART;VALUE=DATE:20260302\r\nDTEND;VALUE=DATE:20260303\r\n"
	                              "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=5\r\nEXDATE;VALUE=DATE:20260316\r\n")
	                           EVENT("b", "SUMMARY:p-bob\r\nDTSTART;TZID=Europe/London:20260309T090000\r\n"
	                                      "DTEND;TZID=Europe/"
	                                      "London:20260309T170000\r\nRRULE:FREQ=WEEKLY;UNTIL=20260331T000000Z\r\n")
	                                   EVENT("b",
	                                         "SUMMARY:p-ann\r\nRECURRENCE-ID;TZID=Europe/London:20260323T090000\r\n"
	                                         "DTSTART;TZID=Europe/London:20260324T100000\r\nDTEND;TZID=Europe/"
	                                         "London:20260324T120000\r\n")));
	assert_on_call(&world, "2026-03-02T12:00:00Z", "p-ann");
	assert_on_call(&world, "2026-03-16T08:00:00Z", ""); /* EXDATE */
	assert_on_call(&world, "2026-03-30T08:30:00Z", "p-ann p-bob");
	assert_on_call(&world, "2026-04-27T08:30:00Z", "p-ann"); /* the fifth */
	assert_on_call(&world, "2026-05-11T08:30:00Z", "");
	assert_on_call(&world, "2026-03-16T10:00:00Z", "p-bob");
	assert_on_call(&world, "2026-03-23T10:00:00Z", ""); /* moved */
	assert_on_call(&world, "2026-03-24T10:30:00Z", "p-ann");
	assert_on_call(&world, "2026-04-06T10:00:00Z", "");
	end(&world);
}

static char looked[1024];

static void note(void *argument, const struct on_call_stretch *stretch)
{
	char line[128], from[64], until[64];
	(void)argument;
	instant_print(stretch->from, from);
	instant_print(stretch->until, until);
	(void)snprintf(line, sizeof line, "%zu %.16s %.16s\n", stretch->people, from, until);
	strcat(looked, line);
}

static void gaps_and_overlaps_are_found(void **state)
{
	struct world world;
	(void)state;
	read_rota(
		&world,
		CALENDAR(
			EVENT("1", "SUMMARY:p-ann\r\nDTSTART:20260301T000000Z\r\nDTEND:20260305T080000Z\r\n") EVENT(
				"2", "SUMMARY:p-bob\r\nDTSTART:20260305T060000Z\r\nDTEND:20260306T080000Z\r\n")
				EVENT("3", "SUMMARY:p-bob\r\nDTSTART:20260306T080000Z\r\nDTEND:20260307T080000Z\r\n")
					EVENT("4",
	                                      "SUMMARY:p-bob\r\nDTSTART:20260306T120000Z\r\nDTEND:20260307T080000Z\r\n")
						EVENT("5", "SUMMARY:p-ann\r\nDTSTART:20260307T090000Z\r\nDTEND:"
	                                                   "20260308T080000Z\r\n")));
	looked[0] = '\0';
	on_call_look(&world.directory, at("2026-03-02T00:00:00Z"), at("2026-03-10T00:00:00Z"), note, NULL);
	assert_string_equal(looked, "2 2026-03-05T06:00 2026-03-05T08:00\n"
	                            "0 2026-03-07T08:00 2026-03-07T09:00\n"
	                            "0 2026-03-08T08:00 2026-03-10T00:00\n");
	end(&world);
}

/* Two are on call until eight, and then nobody: what is too much does not hide what is too little. */
static void an_overlap_that_ends_in_a_gap_is_said_as_two(void **state)
{
	struct world world;
	(void)state;
	read_rota(&world, CALENDAR(EVENT("1", "SUMMARY:p-ann\r\nDTSTART:20260301T000000Z\r\nDTEND:20260305T080000Z\r\n")
	                                   EVENT("2", "SUMMARY:p-bob\r\nDTSTART:20260305T060000Z\r\nDTEND:"
	                                              "20260305T080000Z\r\n")));
	looked[0] = '\0';
	on_call_look(&world.directory, at("2026-03-02T00:00:00Z"), at("2026-03-06T00:00:00Z"), note, NULL);
	assert_string_equal(looked, "2 2026-03-05T06:00 2026-03-05T08:00\n"
	                            "0 2026-03-05T08:00 2026-03-06T00:00\n");
	end(&world);
}

/* A shift that was called off is none, and one day more is one: both as calendars write them. */
static void what_was_called_off_is_no_shift_and_a_day_that_was_added_is_one(void **state)
{
	struct world world;
	(void)state;
	read_rota(&world,
	          CALENDAR(EVENT("1", "SUMMARY:p-ann\r\nSTATUS:CANCELLED\r\nDTSTART:20260302T200000Z\r\n"
	                              "DTEND:20260303T080000Z\r\n")
	                           EVENT("2", "SUMMARY:p-bob\r\nDTSTART;TZID=Europe/London:20260304T200000\r\n"
	                                      "DTEND;TZID=Europe/London:20260305T080000\r\n"
	                                      "RDATE;TZID=Europe/London:20260330T200000\r\n")));
	assert_on_call(&world, "2026-03-02T21:00:00Z", "");
	assert_on_call(&world, "2026-03-04T21:00:00Z", "p-bob");
	assert_on_call(&world, "2026-03-30T18:59:00Z", "");
	assert_on_call(&world, "2026-03-30T19:00:00Z", "p-bob"); /* 20:00 in summer */
	assert_on_call(&world, "2026-03-31T06:59:00Z", "p-bob");
	assert_on_call(&world, "2026-03-31T07:00:00Z", "");
	end(&world);
}

static void a_rota_that_could_leave_a_night_out_is_refused(void **state)
{
	static const struct {
		const char *bytes, *said;
		int line;
	} wrong[] = {
		{"hello", "is no iCalendar file", 1},
		{CALENDAR(EVENT("n1", "SUMMARY:Nobody\r\nDTSTART:20260301T000000Z\r\nDTEND:20260305T080000Z\r\n")),
	         "n1 names somebody who is no person of the directory", 5},
		{CALENDAR(EVENT("n1", "DTSTART:20260301T000000Z\r\nDTEND:20260305T080000Z\r\n")), "names nobody",
	         5},
		{CALENDAR(EVENT("n2", "SUMMARY:p-ann\r\nDTSTART:20260301T000000Z\r\nDTEND:20260301T000000Z\r\n")),
	         "does not end after it begins", 5},
		{CALENDAR(EVENT("n3", "SUMMARY:p-ann\r\nDTEND:20260301T000000Z\r\n")), "has no DTSTART", 5},
		{CALENDAR(EVENT("n4", "SUMMARY:p-ann\r\nDTSTART;TZID=Mars/Base:20260301T000000\r\nDURATION:PT1H\r\n")),
	         "in a time zone (TZID) that is not known", 5},
		{CALENDAR(EVENT(
			 "n5",
			 "SUMMARY:p-ann\r\nDTSTART:20260301T000000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=SECONDLY\r\n")),
	         "repeats oftener than daily", 5},
		{CALENDAR(EVENT(
			 "n6",
			 "SUMMARY:p-ann\r\nDTSTART:20260301T000000Z\r\nDURATION:PT1M\r\nRRULE:FREQ=HOURLY\r\n")),
	         "repeats oftener than daily", 5},
	};
	struct world world;
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		read_file(&world, wrong[i].bytes, strlen(wrong[i].bytes));
		if (world.faults.count != 1 || !strstr(world.faults.items[0].text, wrong[i].said))
			fail_msg("%zu: %zu faults, %s", i, world.faults.count,
			         world.faults.count ? world.faults.items[0].text : "");
		assert_int_equal(world.faults.items[0].line, wrong[i].line);
		end(&world);
	}
}

/* Closed as it should be, and yet too deep; and looked through for hours before the first shift that counts. */
static void nesting_and_repetitions_before_today_are_bounded(void **state)
{
	struct world world;
	struct buffer bytes = {0};
	(void)state;
	for (int deep = 8; deep <= 9; deep++) {
		buffer_clear(&bytes);
		for (int i = 0; i < deep; i++)
			buffer_string(&bytes, "BEGIN:VCALENDAR\r\n");
		for (int i = 0; i < deep; i++)
			buffer_string(&bytes, "END:VCALENDAR\r\n");
		read_file(&world, bytes.at, bytes.length);
		assert_int_equal(world.faults.count, deep - 8);
		end(&world);
	}
	buffer_clear(&bytes);
	buffer_string(&bytes, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n");
	for (int i = 0; i < 16; i++) /* of 36 years: hardly any of it is a shift to come */
		buffer_format(&bytes,
		              "BEGIN:VEVENT\r\nUID:%d\r\nSUMMARY:p-ann\r\nDTSTART:19900101T%02d0000Z\r\n"
		              "DURATION:PT1H\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n",
		              i, i);
	buffer_string(&bytes, "END:VCALENDAR\r\n");
	read_file(&world, bytes.at, bytes.length);
	assert_int_equal(world.faults.count, 1);
	assert_non_null(strstr(world.faults.items[0].text, "more than 200000 repetitions"));
	end(&world);
	buffer_free(&bytes);
}

/* Too large, too many, and repeated without end: each limit is said. */
static void hostile_files_are_bounded(void **state)
{
	struct world world;
	struct buffer bytes = {0};
	(void)state;
	buffer_string(&bytes, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n");
	for (int i = 0; i <= ROTA_ENTRIES_MOST; i++)
		buffer_format(&bytes,
		              "BEGIN:VEVENT\r\nUID:%d\r\nSUMMARY:p-ann\r\nDTSTART:20260301T000000Z\r\nDURATION:PT1H\r\n"
		              "END:VEVENT\r\n",
		              i);
	buffer_string(&bytes, "END:VCALENDAR\r\n");
	read_file(&world, bytes.at, bytes.length);
	assert_int_equal(world.faults.count, 1);
	assert_non_null(strstr(world.faults.items[0].text, "more than 5000 entries"));
	end(&world);
	buffer_clear(&bytes);
	buffer_string(&bytes, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n");
	for (int i = 0; i < 200; i++)
		buffer_format(
			&bytes,
			"BEGIN:VEVENT\r\nUID:%d\r\nSUMMARY:p-ann\r\nDTSTART:20260101T%02d0000Z\r\nDURATION:PT1H\r\n"
			"RRULE:FREQ=DAILY\r\nEND:VEVENT\r\n",
			i, i % 24);
	buffer_string(&bytes, "END:VCALENDAR\r\n");
	read_file(&world, bytes.at, bytes.length);
	assert_int_equal(world.faults.count, 1);
	assert_non_null(strstr(world.faults.items[0].text, "more than 60000 shifts"));
	end(&world);
	buffer_clear(&bytes);
	while (bytes.length <= ROTA_BYTES_MOST)
		buffer_string(&bytes, "BEGIN:VCALENDAR\r\n");
	read_file(&world, bytes.at, bytes.length);
	assert_int_equal(world.faults.count, 1);
	assert_non_null(strstr(world.faults.items[0].text, "over 1 MiB"));
	end(&world);
	read_file(&world, bytes.at, ROTA_BYTES_MOST); /* nested without an end */
	assert_true(world.faults.count > 0);
	end(&world);
	buffer_clear(&bytes);
	for (int i = 0; i < 9; i++) /* folded, so that no line begins with BEGIN */
		buffer_string(&bytes, "BE\r\n GIN:VCALENDAR\r\n");
	read_file(&world, bytes.at, bytes.length);
	assert_int_equal(world.faults.count, 1);
	assert_non_null(strstr(world.faults.items[0].text, "nothing nested deeper than 8"));
	end(&world);
	const char *never = CALENDAR(EVENT("1", "SUMMARY:p-ann\r\nDTSTART:20260301T000000Z\r\nDURATION:PT1H\r\n"
	                                        "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n"));
	read_file(&world, never, strlen(never));
	assert_int_equal(world.faults.count, 1);
	assert_non_null(strstr(world.faults.items[0].text, "has a repetition (RRULE) that cannot be read"));
	assert_on_call(&world, "2026-03-01T00:30:00Z", "p-ann");
	end(&world);
	read_file(&world, "BEGIN:VCALENDAR\0END", 19);
	assert_int_equal(world.faults.count, 1);
	end(&world);
	buffer_free(&bytes);
}

static void read_entry_of(struct world *world, int people_named)
{
	struct buffer bytes = {0};
	buffer_string(&bytes, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:all\r\n"
	                      "DTSTAMP:20260101T000000Z\r\nDTSTART:20260301T000000Z\r\nDURATION:PT1H\r\n");
	for (int i = 0; i < people_named; i++)
		buffer_format(&bytes, "ATTENDEE:mailto:%s@example.org\r\n", i % 2 ? "ann" : "bob");
	buffer_string(&bytes, "END:VEVENT\r\nEND:VCALENDAR\r\n");
	read_file(world, bytes.at, bytes.length);
	buffer_free(&bytes);
}

static void an_entry_that_names_too_many_people_is_refused_once_with_what_to_do(void **state)
{
	struct world world;
	(void)state;
	read_entry_of(&world, ROTA_PEOPLE_MOST);
	assert_int_equal(world.faults.count, 0);
	end(&world);
	read_entry_of(&world, ROTA_PEOPLE_MOST + 30);
	assert_int_equal(world.faults.count, 1);
	assert_non_null(strstr(world.faults.items[0].text,
	                       "the rota entry all names more than 16 people; put the others into a second entry"));
	end(&world);
}

static int begin_all(void **state)
{
	struct fault fault = {""};
	(void)state;
	london = zone_load("Europe/London", &fault);
	return london ? 0 : -1;
}

static int end_all(void **state)
{
	(void)state;
	zone_free(london);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_on_call_holds_the_role_from_the_start_to_the_end),
		cmocka_unit_test(where_nobody_is_on_call_those_of_the_directory_hold_the_role),
		cmocka_unit_test(a_night_lasts_to_its_hour_when_the_clocks_change),
		cmocka_unit_test(who_hands_over_while_the_clocks_change_is_on_call_until_somebody_else_is),
		cmocka_unit_test(weeks_take_turns_and_a_day_is_taken_out_or_moved),
		cmocka_unit_test(gaps_and_overlaps_are_found),
		cmocka_unit_test(an_overlap_that_ends_in_a_gap_is_said_as_two),
		cmocka_unit_test(what_was_called_off_is_no_shift_and_a_day_that_was_added_is_one),
		cmocka_unit_test(a_rota_that_could_leave_a_night_out_is_refused),
		cmocka_unit_test(hostile_files_are_bounded),
		cmocka_unit_test(nesting_and_repetitions_before_today_are_bounded),
		cmocka_unit_test(an_entry_that_names_too_many_people_is_refused_once_with_what_to_do),
	};
	return cmocka_run_group_tests(tests, begin_all, end_all);
}
