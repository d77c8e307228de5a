/* What a body outside the council is told: sent again, restated, and counted in two ways. What is hidden by one of them
 * is not told by another. */
#include "told_rows.h"

static void printed(struct bench *bench, const char *list, const char *reader, const char *figure, const char *period,
                    const char *when, int value, bool shown)
{
	run(bench,
	    "INSERT INTO report_print (list, reader, figure, label, period, printed, value, shown)"
	    " VALUES ('%s', '%s', '%s', '', '%s', %lld, %d, %d)",
	    list, reader, figure, period, (long long)at(when), value, shown ? SHOWN : SHOWN_FEW);
}

static void held(struct bench *bench, const char *child, const char *born, const char *time)
{
	char data[80];
	(void)snprintf(data, sizeof data, "\"date_of_birth\":\"%s\"", born);
	tell(bench, "child.updated", child, "2020-01-01T00:00:00Z", data);
	(void)snprintf(data, sizeof data, "\"custody\":\"%s\"", child);
	tell(bench, "custody.detained", child, time, data);
}

static void held_by_month(struct bench *bench, const char *prefix, int count, const char *born, const char *time)
{
	char child[32];
	for (int i = 0; i < count; i++) {
		(void)snprintf(child, sizeof child, "%s%d", prefix, i);
		held(bench, child, born, time);
	}
}

/* Sent once more after a record came late, the report is what it was: no new label, and none that went. */
static void sent_again_it_says_what_it_said(void **state)
{
	struct bench *bench = *state;
	held_by_month(bench, "A", 7, "2004-01-01", "2020-03-10T22:30:00Z");
	struct page first = march_report(bench, "custody/boards");
	report_print(bench, "custody/boards", DUE);
	held(bench, "B1", "2007-01-01", "2020-03-11T22:30:00Z"); /* an age that nobody had */
	tell(bench, "child.updated", "A1", "2020-03-20T00:00:00Z", "\"date_of_birth\":\"2010-01-01\"");
	struct page again = march_report(bench, "custody/boards");
	assert_string_equal(again.text.at, first.text.at);
	assert_string_equal(buffer_cstr(&again.csv), buffer_cstr(&first.csv));
	assert_string_equal(buffer_cstr(&again.json), buffer_cstr(&first.json));
	page_free(&first);
	page_free(&again);
}

/* A month that was printed before and has changed. */
static void episodes(struct bench *bench, int ended, int in_time)
{
	char child[32], data[64];
	for (int i = 0; i < ended; i++) {
		(void)snprintf(child, sizeof child, "F%d", i);
		of_team(bench, child, "north-3");
		missing(bench, child, "2020-02-10T10:00:00Z", child);
		returned(bench, child, "2020-02-11T10:00:00Z", child);
		(void)snprintf(data, sizeof data, "\"episode\":\"%s\"", child);
		if (i < in_time)
			tell(bench, "rhi.completed", child, "2020-02-12T10:00:00Z", data);
	}
}

static void a_month_printed(struct bench *bench, int ended, bool ended_shown, int in_time, bool in_time_shown)
{
	printed(bench, "interviews", "improvement-board", "ended", "2020-02", "2020-03-01T06:00:00Z", ended,
	        ended_shown);
	printed(bench, "interviews", "improvement-board", "in_time", "2020-02", "2020-03-01T06:00:00Z", in_time,
	        in_time_shown);
}

/* 3 of 40 were hidden: "8%" of a number that is known would say that they are 3. */
static void what_a_hidden_count_was_a_share_of_is_not_told(void **state)
{
	struct bench *bench = *state;
	a_month_printed(bench, 40, true, 3, false);
	episodes(bench, 44, 3);
	struct page page = march_report(bench, "interviews/quarterly");
	assert_said(&page, "fewer than 5");
	assert_not_said(&page, "February was");
	assert_null(strstr(page.html.at, "8%"));
	page_free(&page);
}

/* 38 of 40 came in time: the whole was hidden, as the 2 that are missing would follow from it. */
static void nor_what_was_a_share_of_a_hidden_count(void **state)
{
	struct bench *bench = *state;
	a_month_printed(bench, 40, false, 38, true);
	episodes(bench, 50, 40);
	struct page page = march_report(bench, "interviews/quarterly");
	assert_not_said(&page, "February was");
	page_free(&page);
}

static void of_two_that_were_shown_the_share_is_told(void **state)
{
	struct bench *bench = *state;
	a_month_printed(bench, 40, true, 20, true);
	episodes(bench, 50, 20);
	struct page page = march_report(bench, "interviews/quarterly");
	assert_said(&page, "February was 50% in the report of");
	assert_not_said(&page, "20 of 40");
	page_free(&page);
}

/* As printed when it was counted so, in SQL; of what was printed before casewatch kept that it is 0. */
static void counted_as(struct bench *bench, const char *sql)
{
	run(bench, "UPDATE report_print SET counted = %s", sql);
}

/* The share and what it is of, as they are counted now. */
static void counted_as_now(struct bench *bench, const char *issue)
{
	const struct config_list *list = issue_of(issue);
	const struct report_ground ground = {config->rules, config->directory, config->calendar};
	struct period february;
	assert_true(period_parse(TEXT("2020-02"), &february));
	for (size_t i = 0; i < list->report->figure_count; i++)
		run(bench, "UPDATE report_print SET counted = %lld WHERE figure = '%s'",
		    (long long)report_counted(list, &list->report->figures[i], &ground, &february),
		    list->report->figures[i].id);
}

/* Not of the records, where it is the definition that has changed. */
static void a_figure_that_is_counted_in_another_way_says_that(void **state)
{
	struct bench *bench = *state;
	static const struct {
		const char *counted, *said;
	} cases[] = {
		{"counted", "records came late, or were corrected or withdrawn. "},
		{"counted + 2", "it has been counted in another way since. "},
		{"0", "records came late, or were corrected or withdrawn, or it has been counted in another way "
	              "since. "},
	};
	held(bench, "A", "2004-01-01", "2020-02-10T22:30:00Z");
	report_print(bench, "custody/monthly", "2020-03-01T06:00:00Z");
	run(bench, "UPDATE report_print SET value = value + 5 WHERE label = ''");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char said[200];
		counted_as(bench, cases[i].counted);
		struct page page = march_report(bench, "custody/monthly");
		(void)snprintf(said, sizeof said, "February was 6 in last month's report: %s", cases[i].said);
		assert_said(&page, said);
		page_free(&page);
	}
}

/* The same beside bars, and to a body outside the council. */
static void so_does_a_share(void **state)
{
	struct bench *bench = *state;
	static const struct {
		const char *counted, *said;
	} cases[] = {
		{"counted", "Records that came late, or were corrected or withdrawn, have changed it. "},
		{"counted + 2", "It has been counted in another way since. "},
		{"0", "Records that came late, or were corrected or withdrawn, have changed it, or it has been "
	              "counted in another way since. "},
	};
	a_month_printed(bench, 40, true, 25, true);
	episodes(bench, 50, 20);
	counted_as_now(bench, "interviews/quarterly");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char said[200];
		counted_as(bench, cases[i].counted);
		struct page page = march_report(bench, "interviews/quarterly");
		(void)snprintf(said, sizeof said, "February was 63%% in the report of 1 March. %s", cases[i].said);
		assert_said(&page, said);
		page_free(&page);
	}
}

/* Made again under another definition, it says what it said, and what it was counted by. */
static void sent_again_it_keeps_how_it_was_counted(void **state)
{
	struct bench *bench = *state;
	held(bench, "A", "2004-01-01", "2020-02-10T22:30:00Z");
	report_print(bench, "custody/monthly", "2020-03-01T06:00:00Z");
	counted_as(bench, "-9223372036854775801"); /* as bits: the first, and 7 */
	report_print(bench, "custody/monthly", "2020-03-01T06:00:00Z");
	held(bench, "B", "2004-01-01", "2020-02-11T22:30:00Z");
	struct page page = march_report(bench, "custody/monthly");
	assert_said(&page, "February was 1 in last month's report: it has been counted in another way since.");
	page_free(&page);
}

static int64_t counted(const char *sql, int64_t nights)
{
	struct list_number number = {"nights", nights};
	struct config_list list = {.numbers = &number, .number_count = 1};
	struct report_figure figure = {.select = {.sql = sql}};
	const struct report_ground ground = {config->rules, config->directory, config->calendar};
	struct period february;
	assert_true(period_parse(TEXT("2020-02"), &february));
	return report_counted(&list, &figure, &ground, &february);
}

static void what_makes_it_another_way_of_counting(void **state)
{
	(void)state;
	int64_t now = counted("SELECT count(*) FROM hold WHERE :nights > 1", 2);
	assert_true(now != 0);
	assert_true(now == counted("SELECT count(*)\n  FROM  hold WHERE :nights > 1\n", 2));
	assert_true(now == counted("SELECT count(*) FROM hold WHERE :nights > 1", 2));
	assert_true(now != counted("SELECT count(*) FROM hold WHERE :nights > 1", 3));
	assert_true(now != counted("SELECT count(*) FROM hold WHERE :nights > 2", 2));
	assert_true(counted("SELECT count(*) FROM hold", 2) == counted("SELECT count(*) FROM hold", 3));
	/* The declaration of a register that is read, and of no other. */
	struct register_def *registers = config->rules->registers;
	size_t hold = 0;
	while (strcmp(registers[hold].id, "hold") != 0)
		hold++;
	int64_t children = counted("SELECT count(*) FROM child c JOIN cp USING (child)", 2);
	registers[hold].fingerprint++;
	assert_true(now != counted("SELECT count(*) FROM hold WHERE :nights > 1", 2));
	assert_true(children == counted("SELECT count(*) FROM child c JOIN cp USING (child)", 2));
	/* Also behind a comma, and by a function; a column of that name, or a table within a subquery's brackets, is
	 * none. */
	int64_t comma = counted("SELECT count(*) FROM child c, hold h WHERE c.child = h.child", 2);
	int64_t within = counted("SELECT max(x, hold) FROM (SELECT 1 AS x, 2 AS hold FROM child) a, cp", 2);
	int64_t team = counted("SELECT team_at(child, opened) AS label, 1 AS value FROM cp", 2);
	registers[hold].fingerprint--;
	assert_true(comma != counted("SELECT count(*) FROM child c, hold h WHERE c.child = h.child", 2));
	assert_true(within == counted("SELECT max(x, hold) FROM (SELECT 1 AS x, 2 AS hold FROM child) a, cp", 2));
	size_t allocation = 0;
	while (strcmp(registers[allocation].id, "allocation") != 0)
		allocation++;
	registers[allocation].fingerprint++;
	assert_true(team != counted("SELECT team_at(child, opened) AS label, 1 AS value FROM cp", 2));
	registers[allocation].fingerprint--;
}

/* With a bank holiday that the file did not have: Monday 10 February 2020. */
static struct calendar *other_calendar(void)
{
	struct fault fault = {{0}};
	char *json = text_of_file("conf/bank-holidays.json");
	struct buffer changed = {0};
	assert_non_null(json);
	char *events = strstr(strstr(json, "\"england-and-wales\""), "[");
	buffer_add(&changed, json, (size_t)(events + 1 - json));
	buffer_string(&changed,
	              "{\"title\":\"A day of mourning\",\"date\":\"2020-02-10\",\"notes\":\"\",\"bunting\":false},");
	buffer_string(&changed, events + 1);
	struct calendar *calendar = calendar_new(zone_load("Europe/London", &fault), buffer_view(&changed), &fault);
	if (!calendar)
		fail_msg("%s", fault.text);
	buffer_free(&changed);
	free(json);
	return calendar;
}

/* What a figure goes by that stands in no SELECT: each is told by itself, and only where the figure goes by it. */
static void what_a_figure_goes_by_is_told_apart(void **state)
{
	(void)state;
	struct period february;
	struct report_ground ground = {config->rules, config->directory, config->calendar};
	struct config_list list = {.numbers = NULL};
	struct report_figure figures[] = {
		{.select = {.sql = "SELECT count(*) AS value FROM alerts"}},
		{.select = {.sql = "SELECT team_at(child, opened) AS label, 1 AS value FROM hold"}},
		{.select = {.sql = "SELECT count(*) FROM contact WHERE after_working_days(opened, 1) < :to"}},
		{.select = {.sql = "SELECT count(*) AS value FROM hold"}},
	};
	struct directory *directory = config->directory;
	struct ruleset *rules = config->rules;
	int64_t before[4];
	assert_true(period_parse(TEXT("2020-02"), &february));
	for (size_t i = 0; i < 4; i++)
		before[i] = report_counted(&list, &figures[i], &ground, &february);
	const char *title = directory->teams[0].title;
	directory->teams[0].title = "Another";
	rules->fingerprint++;
	ground.calendar = other_calendar();
	for (size_t i = 0; i < 4; i++) {
		struct recount recount =
			report_recount(before[i], report_counted(&list, &figures[i], &ground, &february));
		assert_false(recount.unknown || recount.otherwise);
		assert_int_equal(recount.rules, i == 0);
		assert_int_equal(recount.teams, i == 1);
		assert_int_equal(recount.days, i == 2);
	}
	calendar_free((struct calendar *)ground.calendar);
	directory->teams[0].title = title;
	rules->fingerprint--;
}

/* 8 held, 4 and 4 of two ages: were the 8 told, as holds or as children, each 4 would follow from "fewer than 5". */
static void what_is_counted_twice_is_hidden_in_both(void **state)
{
	struct bench *bench = *state;
	held_by_month(bench, "A", 4, "2004-01-01", "2020-03-10T22:30:00Z");
	held_by_month(bench, "B", 4, "2007-01-01", "2020-03-10T22:30:00Z");
	struct page page = march_report(bench, "custody/boards");
	const char *csv = buffer_cstr(&page.csv);
	bool eight = strstr(csv, "-31,8,") != NULL;
	assert_null(strstr(csv, "holds,Children's holds overnight,,2020-03,2020-03-01,2020-03-31,8"));
	assert_false(eight && strstr(csv, "fewer than 5"));
	page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sent_again_it_says_what_it_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_hidden_count_was_a_share_of_is_not_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nor_what_was_a_share_of_a_hidden_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(of_two_that_were_shown_the_share_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_figure_that_is_counted_in_another_way_says_that, set_up, tear_down),
		cmocka_unit_test_setup_teardown(so_does_a_share, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sent_again_it_keeps_how_it_was_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_makes_it_another_way_of_counting, set_up, tear_down),
		cmocka_unit_test(what_a_figure_goes_by_is_told_apart),
		cmocka_unit_test_setup_teardown(what_is_counted_twice_is_hidden_in_both, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
