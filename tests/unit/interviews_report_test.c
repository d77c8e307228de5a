/* Return interviews: for the heads of service by team, for the improvement board without children and small counts. */
#include "report_fixture.h"

#include "store/store_internal.h"

#include <stdlib.h>

struct team_counts {
	const char *id;
	int ended, children, offered, held, in_time, declined; /* March, as in the reference */
	int in_time_before, later_before, declined_before, neither_before; /* January and February */
};
static const struct team_counts teams[] = {
	{"north-1", 17, 10, 16, 14, 12, 2, 19, 4, 4, 2}, {"north-2", 12, 8, 11, 10, 8, 1, 12, 3, 2, 2},
	{"north-3", 33, 14, 26, 19, 12, 5, 35, 10, 8, 6}, {"south-1", 21, 11, 19, 17, 15, 2, 23, 5, 4, 4},
	{"south-2", 19, 9, 18, 15, 12, 2, 19, 6, 3, 3},  {"west-1", 16, 9, 14, 12, 10, 2, 16, 4, 3, 3},
};
#define TEAMS (sizeof teams / sizeof teams[0])

/* What became of an episode. */
enum fate { IN_TIME, LATER, DECLINED, NEITHER };

static int made; /* episodes so far */

static void episode(struct bench *bench, const char *child, int month, int day, enum fate fate, bool offered,
                    const char *return_came, const char *interview_came)
{
	char data[64], start[32], back[32], talk[32];
	(void)snprintf(data, sizeof data, "\"episode\":\"E%d\"", made++);
	(void)snprintf(start, sizeof start, "2020-%02d-%02dT08:00:00Z", month, day);
	(void)snprintf(back, sizeof back, "2020-%02d-%02dT20:00:00Z", month, day);
	(void)snprintf(talk, sizeof talk, "2020-%02d-%02dT12:00:00Z", month, day + (fate == LATER ? 4 : 1));
	char with_kind[96];
	(void)snprintf(with_kind, sizeof with_kind, "%s,\"kind\":\"missing\"", data);
	tell(bench, "missing.started", child, start, with_kind);
	tell_late(bench, "missing.ended", child, back, data, return_came);
	if (offered)
		tell(bench, "rhi.offered", child, back, data);
	if (fate == IN_TIME || fate == LATER)
		tell_late(bench, "rhi.completed", child, talk, data, interview_came);
	else if (fate == DECLINED)
		tell(bench, "rhi.declined", child, talk, data);
}

static void allocate(struct bench *bench, const char *child, const char *team)
{
	char data[96];
	(void)snprintf(data, sizeof data, "\"role\":\"social-worker\",\"worker\":\"W-%s\",\"team\":\"%s\"", child,
	               team);
	tell(bench, "allocation.started", child, "2020-01-01T00:00:00Z", data);
}

static void march(struct bench *bench)
{
	for (size_t t = 0; t < TEAMS; t++)
		for (int i = 0; i < teams[t].ended; i++) {
			char child[16];
			enum fate fate = i < teams[t].in_time                         ? IN_TIME
			                 : i < teams[t].held                          ? LATER
			                 : i < teams[t].held + teams[t].declined      ? DECLINED
			                                                              : NEITHER;
			(void)snprintf(child, sizeof child, "M%zu%02d", t, i % teams[t].children);
			if (i < teams[t].children)
				allocate(bench, child, teams[t].id);
			episode(bench, child, 3, 1 + i % 24, fate, i < teams[t].offered, NULL, NULL);
		}
}

/* 61 of 96 in time in January, 63 of 104 in February; 2 of these and 3 interviews are entered in March. */
static void january_and_february(struct bench *bench)
{
	int in_time = 0, others = 0, february = 0;
	for (size_t t = 0; t < TEAMS; t++) {
		const int counts[] = {teams[t].in_time_before, teams[t].later_before, teams[t].declined_before,
		                      teams[t].neither_before};
		for (int fate = IN_TIME; fate <= NEITHER; fate++)
			for (int i = 0; i < counts[fate]; i++) {
				bool first = fate == IN_TIME ? in_time++ < 61 : others++ < 35;
				int late = !first && fate == IN_TIME ? february++ : 99;
				char child[48];
				(void)snprintf(child, sizeof child, "B%zu%d%02d", t, fate, i);
				allocate(bench, child, teams[t].id);
				episode(bench, child, first ? 1 : 2, 1 + i % 24, (enum fate)fate, true,
				        late < 2 ? "2020-03-04T10:00:00Z" : NULL,
				        late < 3 ? "2020-03-04T10:00:00Z" : NULL);
			}
	}
}

static void whole_quarter(struct bench *bench)
{
	made = 0;
	january_and_february(bench);
	march(bench);
	complete_to(bench, "2020-04-01T04:52:00Z");
}

static void print_february(struct bench *bench, const char *reader)
{
	static const struct {
		const char *figure;
		double value;
	} printed[] = {{"ended", 102}, {"in_time", 60}};
	struct fixture *f = bench->f;
	OK(store_begin(f->store, &f->fault));
	for (size_t i = 0; i < 2; i++) {
		struct print_row row = {TEXT("interviews"), text_of(reader), text_of(printed[i].figure), TEXT(""),
		                        TEXT("2020-02"), at("2020-03-01T06:00:00Z"), printed[i].value, SHOWN, 0};
		OK(prints_add(f->store, &row, &f->fault));
	}
	OK(store_commit(f->store, &f->fault));
}

static char *reference(const char *path)
{
	FILE *stream = fopen(path, "re");
	struct buffer read = {0};
	char room[4096];
	assert_non_null(stream);
	for (size_t count; (count = fread(room, 1, sizeof room, stream)) > 0;)
		buffer_add(&read, room, count);
	fclose(stream);
	return read.at;
}

/* The page as far as `end` is the reference's, byte for byte. */
static void assert_same_to(const struct page *page, const char *path, const char *end)
{
	char *wanted = reference(path);
	char *cut = strstr(wanted, end), *cut_too = strstr(page->text.at, end);
	assert_non_null(cut);
	assert_non_null(cut_too);
	*cut = *cut_too = '\0';
	assert_string_equal(page->text.at, wanted);
	free(wanted);
}

static void the_heads_read_the_reference(void **state)
{
	struct bench *bench = *state;
	whole_quarter(bench);
	print_february(bench, "");
	struct page page =
		report_page_of(bench, "interviews/monthly", "2020-04-01T05:00:00Z", "Head of Service, Safeguarding");
	assert_string_equal(buffer_cstr(&page.subject), "OFFICIAL-SENSITIVE Return interviews, 118 episodes");
	keep_look(&page, "interviews/monthly");
	static const struct look_change plain[] = {{"<b>12 of 33, 36%</b>", "12 of 33, 36%"}, {"<b>9</b>", "9"}};
	assert_look(&page, "tests/data/look/report-interviews.html", plain, 2, "<h2>Late and corrected");
	assert_same_to(&page, "tests/data/look/report-interviews.txt", "LATE AND CORRECTED");
	page_free(&page);
}

static void the_boards_copy_is_the_reference(void **state)
{
	struct bench *bench = *state;
	whole_quarter(bench);
	print_february(bench, "improvement-board");
	struct page page = report_page_of(bench, "interviews/quarterly", "2020-04-01T05:00:00Z", "Improvement board");
	static const char *const said[] = {
		"193 of 318 interviews (61%) were held within 72 hours in the quarter.",
		"* Restated: February was 59% in the report of 1 March. Records that came\n  late have changed it.",
		"North 1          46          31 of 46, 67%              6",
		"North 2          31          20 of 31, 65%   fewer than 5",
		"South 2          50          31 of 50, 62%      not shown",
		"All teams       318        193 of 318, 61%             38",
		"There are no figures for the quarter before: the data starts on 1\nJanuary 2020."};
	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		assert_said(&page, said[i]);
	assert_not_said(&page, "60 of 102");
	assert_not_said(&page, "M000");
	page_free(&page);
}

static void nobody_came_back(void **state)
{
	struct bench *bench = *state;
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "interviews/monthly", "2020-04-01T05:00:00Z", "Head of Service");
	assert_said(&page, "No episode ended in March.");
	assert_said(&page, "MARCH, BY TEAM");
	page_free(&page);
}

/* Held 72 hours after the return to the second is too late; one second before is in time. */
static void the_72_hours_end_before_their_last_instant(void **state)
{
	struct bench *bench = *state;
	made = 0;
	for (int i = 0; i < 2; i++) {
		char child[8], data[32], kind[64];
		(void)snprintf(child, sizeof child, "C%d", i);
		(void)snprintf(data, sizeof data, "\"episode\":\"E%d\"", i);
		(void)snprintf(kind, sizeof kind, "%s,\"kind\":\"missing\"", data);
		tell(bench, "missing.started", child, "2020-03-02T08:00:00Z", kind);
		tell(bench, "missing.ended", child, "2020-03-02T20:00:00Z", data);
		tell(bench, "rhi.completed", child, i ? "2020-03-05T20:00:00Z" : "2020-03-05T19:59:59Z", data);
	}
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "interviews/monthly", "2020-04-01T05:00:00Z", "Head of Service");
	assert_said(&page, "1 of 2 interviews (50%) was held within 72 hours in March");
	assert_said(&page, "1 was held\nlater");
	page_free(&page);
}

/* The report did not come at all: "the query: stored event 3 can no longer be read". */
static void a_record_that_can_no_longer_be_read_is_said_and_the_others_are_counted(void **state)
{
	struct bench *bench = *state;
	struct fixture *f = bench->f;
	made = 0;
	for (int i = 0; i < 6; i++) {
		char child[8];
		(void)snprintf(child, sizeof child, "C%d", i);
		episode(bench, child, 3, 2 + i, IN_TIME, true, NULL, NULL);
	}
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "interviews/monthly", DUE, "Head of Service");
	assert_said(&page, "24 records.");
	assert_not_said(&page, "no longer be read");
	assert_null(strstr(page.json.at, "unreadable"));
	page_free(&page);
	OK(store_execute(f->store, "UPDATE event SET bytes = x'ff00ff', packed = 1 WHERE id = 4", &f->fault));
	page = report_page_of(bench, "interviews/monthly", DUE, "Head of Service");
	assert_said(&page, "23 records.");
	assert_said(&page, "1 stored record can no longer be read: what was recorded there may be missing from "
	                   "these figures.");
	assert_non_null(strstr(page.html.at, "<b>1 stored record can no longer be read"));
	assert_non_null(strstr(page.json.at, "\"unreadable\":1,"));
	page_free(&page);
	page = report_page_of(bench, "interviews/quarterly", DUE, "Improvement board");
	assert_said(&page, "Some stored records can no longer be read"); /* no small count */
	assert_non_null(strstr(page.json.at, "\"unreadable\":true,"));
	page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_heads_read_the_reference, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_boards_copy_is_the_reference, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_came_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_72_hours_end_before_their_last_instant, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_record_that_can_no_longer_be_read_is_said_and_the_others_are_counted, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
