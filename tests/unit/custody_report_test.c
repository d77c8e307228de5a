/* The custody report: holds overnight month by month, for the Director, and for the boards without children and small
 * counts. */
#include "report_fixture.h"

#include <stdlib.h>

static const char *came; /* when what is told next comes; NULL: when it happens */

static void born(struct bench *bench, const char *child, const char *initials, int year)
{
	char data[96];
	(void)snprintf(data, sizeof data, "\"initials\":\"%s\",\"date_of_birth\":\"%d-01-01\"", initials, year);
	tell(bench, "child.updated", child, "2020-01-01T00:00:00Z", data);
}

static void custody_event(struct bench *bench, const char *type, const char *child, const char *time,
                          const char *hold, const char *more)
{
	char data[160];
	(void)snprintf(data, sizeof data, "\"custody\":\"%s\"%s", hold, more);
	tell_late(bench, type, child, time, data, came);
}

static void held(struct bench *bench, const char *child, const char *from, const char *until, const char *hold)
{
	custody_event(bench, "custody.detained", child, from, hold, "");
	custody_event(bench, "custody.released", child, until, hold, "");
}

static const char *clock_of(int month, int day, int hour, int minute)
{
	static char times[8][40];
	static size_t next;
	char *at_place = times[next++ % 8];
	(void)snprintf(at_place, sizeof times[0], "2020-%02d-%02dT%02d:%02d:00Z", month, day, hour, minute);
	return at_place;
}

/* `count` holds of a month, each a night long, of as many children of each age as `ages` says, and `hours` in all. */
static void month_of_holds(struct bench *bench, int month, int count, const int ages[3], int hours)
{
	int made = 0, extra = hours - count * 10;
	for (int band = 0; band < 3; band++)
		for (int i = 0; i < ages[band]; i++, made++) {
			char child[24], hold[24];
			int day = 1 + made % 27, long_hold = extra / count + (made < extra % count);
			(void)snprintf(child, sizeof child, "C%d%02d", 2 + month, made);
			(void)snprintf(hold, sizeof hold, "H%d-%d", month, made);
			born(bench, child, "AB", 2020 - 12 - 2 * band);
			/* The last of February is entered in March. */
			came = made == 37 ? "2020-03-05T10:00:00Z" : NULL;
			held(bench, child, clock_of(month, day, 21, made % 60),
			     clock_of(month, day + 1, 7 + long_hold, made % 60), hold);
			came = NULL;
		}
	assert_int_equal(made, count);
}

static void of_hold(struct bench *bench, int month, int which, const char *type, int hour, const char *more)
{
	char child[24], hold[24];
	(void)snprintf(child, sizeof child, "C%d%02d", 2 + month, which);
	(void)snprintf(hold, sizeof hold, "H%d-%d", month, which);
	custody_event(bench, type, child, clock_of(month, 1 + which % 27, hour, 59), hold, more);
}

/* January and February as the references have them; the last of February comes in March. */
static void january_and_february(struct bench *bench)
{
	static const int january[] = {9, 13, 17}, february[] = {8, 12, 18};
	tell(bench, "child.updated", "C1", "2020-01-01T00:00:00Z", "\"initials\":\"AB\"");
	month_of_holds(bench, 1, 39, january, 438);
	month_of_holds(bench, 2, 38, february, 402);
	for (int i = 0; i < 5; i++)
		of_hold(bench, 1, i, "custody.charged_bail_refused", 22, "");
	for (int i = 0; i < 6; i++)
		of_hold(bench, 2, i, "custody.charged_bail_refused", 22, "");
	of_hold(bench, 1, 0, "pace.bed_requested", 22, "");
	of_hold(bench, 1, 0, "pace.transfer_failed", 23, ",\"reason\":\"no bed offered\"");
	of_hold(bench, 2, 0, "pace.bed_requested", 22, "");
	of_hold(bench, 2, 0, "pace.bed_offered", 22, "");
	of_hold(bench, 2, 0, "pace.transferred", 23, "");
	for (int i = 0; i < 2; i++)
		of_hold(bench, 1, i, "custody.certificate_issued", 23, "");
	for (int i = 0; i < 3; i++)
		of_hold(bench, 2, i, "custody.certificate_issued", 23, "");
}

/* ---- March, read off the reference ---- */

struct hold_line {
	char child[8], initials[4], from[40], until[40], hold[16];
	int age, from_day, until_day;
	bool secure, refused, recorded;
};

/* "Sun 1 Mar, 22:20" */
static const char *read_moment(const char *at_text, int *day, char *out)
{
	int hour, minute, taken = 0;
	if (sscanf(at_text, "%*3s %d Mar, %d:%d%n", day, &hour, &minute, &taken) != 3)
		fail_msg("no moment: %.40s", at_text);
	bool summer = *day >= 30 || (*day == 29 && hour >= 2);
	(void)snprintf(out, 40, "2020-03-%02dT%02d:%02d:00%s", *day, hour, minute, summer ? "+01:00" : "Z");
	return at_text + taken;
}

static void feed_line(struct bench *bench, const char *text, int number)
{
	struct hold_line line = {0};
	char whole[32];
	assert_int_equal(sscanf(text, "* %7[^,], %3[^,], %d.", line.child, line.initials, &line.age), 3);
	(void)snprintf(line.hold, sizeof line.hold, "M%d", number);
	const char *rest = read_moment(strstr(text, ". ") + 2, &line.from_day, line.from);
	(void)read_moment(strstr(rest, "to ") + 3, &line.until_day, line.until);
	born(bench, line.child, line.initials, 2020 - line.age);
	held(bench, line.child, line.from, line.until, line.hold);
	(void)snprintf(whole, sizeof whole, "%.10sT23:45:00Z", line.from);
	const char *evening = line.from_day == 18 ? "2020-03-18T23:00:00Z" : whole;
	if (strstr(text, "Bail refused") || strstr(text, "Yes, secure"))
		custody_event(bench, "custody.charged_bail_refused", line.child, evening, line.hold, "");
	if (strstr(text, "Yes, secure")) {
		custody_event(bench, "pace.bed_requested", line.child, evening, line.hold, ",\"secure\":true");
		custody_event(bench, "pace.transfer_failed", line.child, evening, line.hold,
		              ",\"reason\":\"no bed offered\"");
		custody_event(bench, "custody.certificate_issued", line.child, evening, line.hold, "");
	}
	if (number == 0)
		custody_event(bench, "custody.certificate_issued", line.child, evening, line.hold, "");
	if (strstr(text, "Feedback: Recorded"))
		custody_event(bench, "custody.feedback_recorded", line.child, line.until, line.hold, "");
}

static char *whole_file(const char *path)
{
	FILE *stream = fopen(path, "re");
	assert_non_null(stream);
	struct buffer read = {0};
	char room[4096];
	for (size_t count; (count = fread(room, 1, sizeof room, stream)) > 0;)
		buffer_add(&read, room, count);
	fclose(stream);
	return read.at;
}

/* A wrapped bullet as one line. */
static void march(struct bench *bench)
{
	char *text = whole_file("tests/data/look/report-custody.txt");
	int number = 0;
	for (char *c = strstr(text, "EVERY HOLD"); (c = strstr(c, "\n* ")); number++) {
		char line[300];
		size_t n = 0;
		c++;
		for (const char *d = c; *d && !(d[0] == '\n' && d[1] != ' ') && n < sizeof line - 1; d++)
			if (*d != '\n' && !(*d == ' ' && n && line[n - 1] == ' '))
				line[n++] = *d;
			else if (*d == '\n')
				line[n++] = ' ';
		line[n] = '\0';
		for (char *gap; (gap = strstr(line, "  "));)
			memmove(gap, gap + 1, strlen(gap));
		feed_line(bench, line, number);
	}
	assert_int_equal(number, 33);
	free(text);
}

static void quarter_of_the_references(struct bench *bench)
{
	january_and_february(bench);
	/* A hold whose dates do not prove a night. */
	tell(bench, "custody.detained", "C999", "2020-02-10", "\"custody\":\"unknown\"");
	tell(bench, "custody.released", "C999", "2020-02-10", "\"custody\":\"unknown\"");
	march(bench);
	complete_to(bench, "2020-04-01T04:52:00Z");
}

static void keep_page(const struct page *page, const char *name)
{
	const char *directory = getenv("CASEWATCH_KEEP");
	char path[200];
	if (!directory)
		return;
	for (int i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof path, "%s/%s.%s", directory, name, i ? "html" : "txt");
		FILE *stream = fopen(path, "we");
		assert_non_null(stream);
		(void)fputs(i ? page->html.at : page->text.at, stream);
		fclose(stream);
	}
}

static void print_february_without_its_late_record(struct bench *bench)
{
	struct fixture *f = bench->f;
	struct print_row row = {TEXT("custody"), TEXT(""), TEXT("holds"), TEXT(""), TEXT("2020-02"),
	                        at("2020-03-01T06:00:00Z"), 37, SHOWN, 0};
	OK(store_begin(f->store, &f->fault));
	OK(prints_add(f->store, &row, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static void the_directors_report_is_the_reference_byte_for_byte(void **state)
{
	struct bench *bench = *state;
	quarter_of_the_references(bench);
	print_february_without_its_late_record(bench);
	struct page page = report_page_of(bench, "custody/monthly", "2020-04-01T05:00:00Z",
	                                  "Director of Children's Care");
	keep_page(&page, "report-custody");
	char *text = whole_file("tests/data/look/report-custody.txt");
	char *html = whole_file("tests/data/look/report-custody.html");
	assert_string_equal(page.text.at, text);
	assert_string_equal(page.html.at, html);
	free(text);
	free(html);
	page_free(&page);
}

/* The figures that the plan itself quotes: 39, 38 and 33 held overnight, against 3 bed requests. */
static void the_director_reads_39_38_and_33_against_3_beds(void **state)
{
	struct bench *bench = *state;
	quarter_of_the_references(bench);
	struct page page = report_page_of(bench, "custody/quarterly", "2020-04-01T05:00:00Z",
	                                  "Director of Children's Care");
	assert_string_equal(buffer_cstr(&page.subject),
	                    "OFFICIAL-SENSITIVE Custody report, quarter 4 of 2019 to 2020");
	assert_line(&page, "Children's holds overnight", "39 38 33 110");
	assert_line(&page, "Beds asked for ", "1 1 1 3");
	/* Nothing is recorded of the quarter before, so nothing is compared. */
	assert_said(&page, "110 holds overnight in the quarter. 95 different");
	assert_said(&page, "A bed was\nasked for 3 times: 1 child was moved, and 2 transfers failed.");
	page_free(&page);
}

/* So many children, each held once: by children and by holds the same. A child who is held again counts once among the
 * children of the month, and once among those of the quarter. */
static void by_children_and_by_holds_39_38_and_33(void **state)
{
	static const int counts[] = {39, 38, 33};
	struct bench *bench = *state;
	char child[32], hold[32];
	for (int month = 1; month <= 3; month++)
		for (int i = 0; i < counts[month - 1]; i++) {
			(void)snprintf(child, sizeof child, "C%d-%d", month, i);
			(void)snprintf(hold, sizeof hold, "H%d-%d", month, i);
			held(bench, child, clock_of(month, 1 + i % 27, 21, 30), clock_of(month, 2 + i % 27, 7, 30),
			     hold);
			if (i == 0)
				custody_event(bench, "pace.bed_requested", child, clock_of(month, 1, 22, 0), hold, "");
		}
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "custody/quarterly", "2020-04-01T05:00:00Z", "Director");
	assert_line(&page, "Children held overnight", "39 38 33 110");
	assert_line(&page, "Children's holds overnight", "39 38 33 110");
	assert_line(&page, "Beds asked for ", "1 1 1 3");
	page_free(&page);
	held(bench, "C3-0", "2020-03-20T22:00:00Z", "2020-03-21T06:00:00Z", "again");
	held(bench, "C1-0", "2020-03-22T22:00:00Z", "2020-03-23T06:00:00Z", "as before");
	page = report_page_of(bench, "custody/quarterly", "2020-04-01T05:00:00Z", "Director");
	assert_line(&page, "Children held overnight", "39 38 34 110");
	assert_line(&page, "Children's holds overnight", "39 38 35 112");
	page_free(&page);
}

static void the_boards_copy_has_no_child_and_no_small_count(void **state)
{
	struct bench *bench = *state;
	quarter_of_the_references(bench);
	struct page page = report_page_of(bench, "custody/boards", "2020-04-01T05:00:00Z",
	                                  "Youth Offending Service board");
	keep_page(&page, "report-custody-board");
	assert_line(&page, "* Children's holds overnight: ", "Jan 39; Feb 38; Mar 33; Quarter 110");
	assert_said(&page, "Beds asked for: fewer than 5.");
	assert_not_said(&page, "C1");
	assert_not_said(&page, "EVERY HOLD");
	assert_null(strstr(page.csv.at, "C1100"));
	assert_null(strstr(page.json.at, "C1100"));
	page_free(&page);
}

static void nobody_held_is_said_in_words(void **state)
{
	struct bench *bench = *state;
	born(bench, "C1", "AB", 2005);
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "custody/monthly", "2020-04-01T05:00:00Z",
	                                  "Director of Children's Care");
	assert_said(&page, "0 holds overnight in March, as many as in February.");
	assert_said(&page, "EVERY HOLD IN MARCH: 0\n\nNone.");
	assert_line(&page, "Beds asked for ", "0 0 0 0");
	page_free(&page);
}

/* In at 23:50 on 31 March, out on 1 April: one hold, of March, and of no other month. */
static void a_hold_counts_once_in_the_month_of_its_first_night(void **state)
{
	struct bench *bench = *state;
	born(bench, "C1", "AB", 2005);
	held(bench, "C1", "2020-03-31T22:50:00Z", "2020-04-02T09:00:00Z", "H1");
	complete_to(bench, "2020-05-01T04:52:00Z");
	struct page march = report_page_of(bench, "custody/monthly", "2020-04-01T05:00:00Z", "Director");
	assert_said(&march, "1 hold overnight in March");
	page_free(&march);
	struct page april = report_page_of(bench, "custody/monthly", "2020-05-01T05:00:00Z", "Director");
	assert_said(&april, "0 holds overnight in April, 1 fewer than in March.");
	page_free(&april);
}

static void a_restricted_child_is_counted_but_not_listed(void **state)
{
	struct bench *bench = *state;
	tell(bench, "child.updated", "C7", "2020-01-01T00:00:00Z", "\"restricted\":true");
	held(bench, "C7", "2020-03-03T21:00:00Z", "2020-03-04T09:00:00Z", "H1");
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "custody/monthly", "2020-04-01T05:00:00Z", "Director");
	assert_said(&page, "1 hold overnight in March");
	assert_not_said(&page, "C7");
	assert_null(strstr(page.html.at, "C7"));
	assert_null(strstr(page.json.at, "C7"));
	page_free(&page);
}

/* 13 when the hold began, 14 beside the initials: without a word the two figures of one page do not add up. Of a
 * restricted child alone nothing is said. */
static void ages_that_changed_since_the_hold_are_said(void **state)
{
	struct bench *bench = *state;
	tell(bench, "child.updated", "C7", "2020-01-01T00:00:00Z",
	     "\"date_of_birth\":\"2006-03-20\",\"restricted\":true");
	held(bench, "C7", "2020-03-05T22:00:00Z", "2020-03-06T06:00:00Z", "H1");
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "custody/monthly", "2020-04-01T05:00:00Z", "Director");
	assert_not_said(&page, "Holds by age go");
	page_free(&page);
	tell(bench, "child.updated", "C8", "2020-01-01T00:00:00Z", "\"date_of_birth\":\"2006-03-20\"");
	held(bench, "C8", "2020-03-05T22:00:00Z", "2020-03-06T06:00:00Z", "H2");
	page = report_page_of(bench, "custody/monthly", "2020-04-01T05:00:00Z", "Director");
	assert_said(&page, "C8, initials not recorded, 14.");
	assert_said(&page, "Holds by age go by the age when the\nhold began; "
	                   "beside each child is the age on the day of this report.");
	page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_director_reads_39_38_and_33_against_3_beds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(by_children_and_by_holds_39_38_and_33, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_boards_copy_has_no_child_and_no_small_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_held_is_said_in_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hold_counts_once_in_the_month_of_its_first_night, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_restricted_child_is_counted_but_not_listed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ages_that_changed_since_the_hold_are_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_directors_report_is_the_reference_byte_for_byte, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
