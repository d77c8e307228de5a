/* The answering report over rows as the daemon leaves them, against its reference: alerts, messages and the audit. */
#include "report/reader.h"
#include "told_rows.h"

#include <stdio.h>

/* By fate, as the reference has them. The same alerts are counted by severity, by team and by rule. */
static const int by_severity[FATES][3] = {{17, 109, 71}, {4, 24, 8}, {1, 12, 10}, {0, 3, 7}};
static const char *const teams[] = {"north-1", "north-2", "north-3", "south-1", "south-2", "west-1"};
static const int by_team[FATES][6] = {
	{30, 24, 44, 35, 31, 33}, {3, 2, 16, 4, 5, 6}, {4, 2, 6, 4, 3, 4}, {1, 1, 5, 1, 1, 1}};
static const char *const titles[] = {"Return interview overdue",   "Absent from school", "In police custody overnight",
                                     "Missing more than 24 hours", "Plan task overdue",  "Missing 3 times in 30 days"};
static const int by_rule[FATES][7] = {
	{44, 33, 28, 19, 15, 13, 45}, {11, 2, 4, 5, 2, 4, 8}, {4, 5, 1, 3, 4, 0, 6}, {3, 1, 0, 0, 3, 1, 2}};
#define OTHER_RULES 14

/* ---- a month as the reference has it ---- */

static const char *rule_of(int which)
{
	return config->rules->rules[which].id;
}

/* The n-th of them by a row of counts: which column. */
static int column_of(const int *counts, int columns, int n)
{
	for (int i = 0; i < columns; i++)
		if ((n -= counts[i]) < 0)
			return i;
	fail();
	return 0;
}

static void write_month(struct bench *bench, int64_t number, int count, int first, const char *told, const char *made)
{
	for (int i = 0; i < count; i++)
		write_alert(bench, &(struct written){number + i, 1, "north-1", rule_of(0), at(told), at(made),
		                                     i < first ? FIRST : OVER, i < first ? HOUR : 0, 2 * HOUR});
}

/* Median and longest to the answer and to the end, by severity; how many ended. */
static const struct {
	instant answer, longest, end, longest_end;
	int ended;
} took[] = {{11 * MINUTE, HOUR + 52 * MINUTE, 9 * HOUR + 10 * MINUTE, 37 * HOUR, 20},
            {5 * HOUR + 20 * MINUTE, 76 * HOUR, 28 * HOUR, 266 * HOUR, 121},
            {51 * HOUR, 217 * HOUR, 78 * HOUR, 583 * HOUR, 70}};

static void march_alert(struct bench *bench, enum fate fate, int n, int64_t number, int *answered, int *ended)
{
	int severity = column_of(by_severity[fate], 3, n), rule = column_of(by_rule[fate], 7, n);
	struct written alert = {number,
	                        severity,
	                        teams[column_of(by_team[fate], 6, n)],
	                        rule_of(rule < 6 ? rule : 6 + n % OTHER_RULES),
	                        at("2020-03-02T10:00:00Z"),
	                        at("2020-03-02T10:00:00Z"),
	                        fate,
	                        0,
	                        0};
	if (fate == FIRST || fate == CLIMBED)
		alert.answered = answered[severity]++ ? took[severity].answer : took[severity].longest;
	if (fate == OVER || (alert.answered && ended[severity] < took[severity].ended - by_severity[OVER][severity]))
		alert.ended = ended[severity]++ ? took[severity].end : took[severity].longest_end;
	write_alert(bench, &alert);
	if (alert.number % 266 < 241)
		write_audit(bench, number, alert.told + MINUTE, "page.opened");
	if (alert.answered && n < 29)
		write_audit(bench, number, alert.told + alert.answered + HOUR, "alert.asked_again");
	if (fate == FIRST && n < 9)
		write_audit(bench, number, alert.told, "alert.passed_on");
}

static void waiting(struct bench *bench, int64_t number, int severity, const char *team, int rule, const char *told,
                    int step)
{
	struct written alert = {number, severity, team, rule_of(rule), at(told), at(told), NONE, 0, 0};
	write_alert(bench, &alert);
	if (number % 266 < 241)
		write_audit(bench, number, alert.told + MINUTE, "page.opened");
	if (step == 1)
		return;
	run(bench, "UPDATE alert SET step = %d WHERE number = %lld", step, (long long)number);
	write_message(bench, number, step, "director", alert.told + HOUR, true);
	write_audit(bench, number, alert.told + HOUR, "alert.escalated");
}

/* A-2187 with the Director, two of yesterday, and seven normal ones, of which the oldest is A-2149. */
static void all_that_waits(struct bench *bench)
{
	waiting(bench, 2187, 1, "north-3", 0, "2020-03-26T10:00:00Z", 2);
	waiting(bench, 2203, 1, "north-3", 0, "2020-03-31T10:00:00Z", 1);
	waiting(bench, 2209, 1, "north-3", 0, "2020-03-31T14:00:00Z", 1);
	waiting(bench, 2149, 2, "north-3", 1, "2020-03-19T10:00:00Z", 1);
	static const char *const other[] = {"north-1", "north-2", "north-3", "south-1", "south-2", "west-1"};
	static const int rule[] = {4, 4, 4, 5, 6, 7};
	for (int i = 0; i < 6; i++)
		waiting(bench, 2210 + i, 2, other[i], rule[i], "2020-03-25T10:00:00Z", 1);
}

static void whole_quarter(struct bench *bench)
{
	tell(bench, "child.updated", "C1", "2019-12-02T10:00:00Z", "\"initials\":\"AB\"");
	write_month(bench, 10000, 241, 166, "2020-01-10T10:00:00Z", "2020-01-10T10:00:00Z");
	write_month(bench, 11000, 250, 180, "2020-02-10T10:00:00Z", "2020-02-10T10:00:00Z");
	report_print(bench, "answering/monthly", "2020-03-01T06:00:00Z");
	write_month(bench, 12000, 2, 1, "2020-02-20T10:00:00Z", "2020-03-05T10:00:00Z");
	int answered[3] = {0}, ended[3] = {0};
	int64_t number = 20000;
	for (enum fate fate = FIRST; fate < NONE; fate++)
		for (int severity = 0, n = 0; severity < 3; severity++)
			for (int i = 0; i < by_severity[fate][severity]; i++)
				march_alert(bench, fate, n++, number++, answered, ended);
	all_that_waits(bench);
	for (int64_t failed = 7; messages_in_march < 612; failed--)
		write_message(bench, 20000 + messages_in_march % 200, 1, "team-manager", at("2020-03-20T10:00:00Z"),
		              failed <= 0);
}

/* In the reference the six rules have short titles, and 14 others have one each. */
static void name_rules(const char **kept, bool back)
{
	static char others[OTHER_RULES][24];
	for (int i = 0; i < 6 + OTHER_RULES; i++) {
		struct rule *rule = (struct rule *)&config->rules->rules[i];
		if (back) {
			rule->title = kept[i];
			continue;
		}
		kept[i] = rule->title;
		if (i >= 6)
			(void)snprintf(others[i - 6], sizeof others[0], "Other rule %d", i);
		rule->title = i < 6 ? titles[i] : others[i - 6];
	}
}

/* In two places the page says more than this reference: the role's whole title, and the share of what was printed, as
 * the reference of the report on interviews has it. Lines break elsewhere for them. */
static void the_months_report_is_the_reference(void **state)
{
	struct bench *bench = *state;
	const char *kept[6 + OTHER_RULES];
	name_rules(kept, false);
	whole_quarter(bench);
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "answering/monthly", DUE, "Director of Children's Care");
	name_rules(kept, true);
	keep_look(&page, "answering/monthly");
	char *wanted = text_of_file("tests/data/look/report-answering.txt");
	assert_non_null(wanted);
	char *said = in_one_line(page.text.at), *whole = in_one_line(wanted);
	char *waits = strstr(said, "with the Director");
	assert_non_null(waits);
	without(waits, " of Children's Care");
	without(said, " (72%)");
	assert_string_equal(said, whole);
	static const struct look_change changes[] = {
		{"with the Director. A-2203", "with the Director of Children&rsquo;s Care. A-2203"},
		{"180 of 250 in last", "180 of 250 (72%) in last"},
		{"Missing for more than 24 hours", "Missing more than 24 hours"},
		{"Missing 3 or more times in 30 days", "Missing 3 times in 30 days"},
	};
	assert_look(&page, "tests/data/look/report-answering.html", changes, sizeof changes / sizeof *changes, NULL);
	free(said);
	free(whole);
	free(wanted);
	page_free(&page);
}

/* Nothing that waits is no alarm: the box is for what needs somebody. */
static void where_every_alert_was_answered_there_is_no_red_box(void **state)
{
	struct bench *bench = *state;
	complete_to(bench, "2020-04-01T04:52:00Z");
	write_alert(bench, &(struct written){10000, 1, "north-1", rule_of(0), at("2020-03-02T10:00:00Z"),
	                                     at("2020-03-02T10:00:00Z"), FIRST, HOUR, 0});
	struct page page = report_page_of(bench, "answering/monthly", DUE, "Director of Children's Care");
	assert_said(&page, "NOT ANSWERED: 0 Nobody waits for an answer.");
	assert_null(strstr(page.html.at, "class=\"act\""));
	page_free(&page);
}

/* Nobody would miss the reason until a figure is restated: the check of the configuration tries its SELECT, too. */
static void a_reason_that_does_not_fit_is_found_before_it_is_needed(void **state)
{
	struct bench *bench = *state;
	const struct config_list *list = issue_of("answering/monthly");
	struct list_select *late = NULL;
	const struct list_select *wrong = NULL;
	for (size_t i = 0; i < list->report->figure_count && !late; i++)
		if (list->report->figures[i].late.sql)
			late = (struct list_select *)&list->report->figures[i].late;
	assert_non_null(late);
	struct list_select kept = *late;
	late->sql = "SELECT count(*) AS value FROM alerts WHERE no_such_column > :printed";
	struct reader *reader = reader_open_sample(config->rules, bench->view.zone, NULL, &bench->fault);
	struct list_facts *facts = list_facts_sample(list, reader, bench->view.zone, &wrong, &bench->fault);
	reader_close(reader);
	*late = kept;
	assert_null(facts);
	assert_ptr_equal(wrong, late);
	assert_non_null(strstr(bench->fault.text, "no_such_column"));
}

/* What is hidden in one report is not to be reckoned from another that the same body gets. */
static void no_body_outside_gets_one_count_in_two_reports(void **state)
{
	struct config_faults faults = {0};
	struct config_list lists[2] = {*issue_of("answering/board"), *issue_of("demand/board")};
	struct config_report theirs = *lists[1].report;
	(void)state;
	lists_check_outside(config->lists, config->list_count, &faults);
	assert_int_equal(faults.count, 0);
	theirs.figures = lists[0].report->figures; /* alerts by severity in both */
	theirs.figure_count = lists[0].report->figure_count;
	theirs.parts = lists[0].report->parts;
	theirs.shown = lists[0].report->shown;
	theirs.shown_count = lists[0].report->shown_count;
	lists[1].report = &theirs;
	lists_check_outside(lists, 2, &faults);
	assert_true(faults.count > 0);
	assert_non_null(strstr(faults.items[0].text,
	                       "counts the same as first of answering, and both go to improvement-board"));
	config_faults_free(&faults);
	theirs.outside = false; /* the council's own people see all of it */
	lists_check_outside(lists, 2, &faults);
	assert_int_equal(faults.count, 0);
}

/* A rate of numbers that the body is not sent: from two of them those of one month could be reckoned. */
static void no_body_outside_gets_a_rate_without_the_number_it_is_of(void **state)
{
	struct config_faults faults = {0};
	struct config_list board = *issue_of("demand/monthly"); /* which has rates of twelve months */
	struct config_report theirs = *board.report;
	(void)state;
	theirs.outside = true;
	board.report = &theirs;
	lists_check_outside(&board, 1, &faults);
	assert_true(faults.count > 0);
	assert_non_null(strstr(faults.items[0].text, "referral_rate is shown outside the council without the number"));
	config_faults_free(&faults);
}

/* Counted, and neither its number nor its team: of a restricted child, or of a rule that only those it tells may know
 * of. */
static void what_is_restricted_waits_and_is_not_named(void **state)
{
	struct bench *bench = *state;
	const char *const rules[] = {"custody.overnight", "custody.overnight", "strategy.complex"};
	bring_up_to_date(bench);
	for (int i = 0; i < 3; i++) {
		struct written alert = {1000 + i, 1, "north-3", rules[i], at("2020-03-31T10:00:00Z"),
		                        at("2020-03-31T10:00:00Z"), NONE, 0, 0};
		write_alert(bench, &alert);
	}
	run(bench, "INSERT INTO register_child (child, restricted) VALUES ('A1001', 1)");
	struct page page = report_page_of(bench, "answering/monthly", "2020-04-01T05:00:00Z", "Reader");
	assert_said(&page, "NOT ANSWERED: 3");
	assert_said(&page, "* High: 3. A-1000, North 3, told yesterday.");
	assert_not_said(&page, "A-1001");
	assert_not_said(&page, "A-1002");
	page_free(&page);
}

/* Of more than three the oldest is said: by its age alone where that one is restricted. */
static void the_oldest_that_is_restricted_is_said_by_its_age_alone(void **state)
{
	struct bench *bench = *state;
	bring_up_to_date(bench);
	for (int i = 0; i < 4; i++) {
		instant told = at(i == 2 ? "2020-03-22T10:00:00Z" : "2020-03-31T10:00:00Z");
		struct written alert = {1000 + i, 1, "north-3", "custody.overnight", told, told, NONE, 0, 0};
		write_alert(bench, &alert);
	}
	struct page page = report_page_of(bench, "answering/monthly", "2020-04-01T05:00:00Z", "Reader");
	assert_said(&page, "* High: 4. The oldest is A-1002, North 3, told 10 days ago.");
	page_free(&page);
	run(bench, "INSERT INTO register_child (child, restricted) VALUES ('A1002', 1)");
	page = report_page_of(bench, "answering/monthly", "2020-04-01T05:00:00Z", "Reader");
	assert_said(&page, "* High: 4. The oldest was told 10 days ago.");
	assert_not_said(&page, "A-1002");
	page_free(&page);
}

/* A board in the office shows all that stand, a quarter of an hour after the other: nobody has read them by that. */
static void what_stood_on_a_board_was_not_opened_by_anybody(void **state)
{
	struct bench *bench = *state;
	static const char *const pages[] = {"board", "alert", "answer page"};
	for (int i = 0; i < 3; i++) {
		struct written alert = {1000 + i, 0, "north-3", rule_of(0), at("2020-03-10T10:00:00Z"),
		                        at("2020-03-10T10:00:00Z"), NONE, 0, 0};
		write_alert(bench, &alert);
		write_audit(bench, alert.number, alert.told + MINUTE, "page.opened");
		run(bench, "UPDATE audit SET detail = '{\"page\":\"%s\"}' WHERE number = %d AND what = 'page.opened'",
		    pages[i], 1000 + i);
	}
	struct page page = report_page_of(bench, "answering/monthly", "2020-04-01T05:00:00Z", "Reader");
	assert_non_null(strstr(page.text.at, "* Read: the answer page was opened: 2 of 3, 67%"));
	page_free(&page);
	page = report_page_of(bench, "clinic/all", "2020-04-01T05:00:00Z", "Reader"); /* which has the same figures */
	assert_non_null(strstr(page.csv.at, "\nalerts,Alerts told,Critical,2019-20-Q4,2020-01-01,2020-03-31,3,"));
	assert_non_null(
		strstr(page.csv.at, "\nfirst,Answered at the first step,,2019-20-Q4,2020-01-01,2020-03-31,0,3,"));
	page_free(&page);
}

/* "The query: malformed JSON", and no report: what the audit can no longer say of one alert, it says of no other. */
static void a_row_of_the_audit_that_is_damaged_costs_its_alert_alone(void **state)
{
	struct bench *bench = *state;
	for (int i = 0; i < 3; i++) {
		struct written alert = {1000 + i, 0, "north-3", rule_of(0), at("2020-03-10T10:00:00Z"),
		                        at("2020-03-10T10:00:00Z"), HOUR, 0, 0};
		write_alert(bench, &alert);
		write_audit(bench, alert.number, alert.told + MINUTE, "page.opened");
	}
	run(bench, "UPDATE audit SET detail = '{\"page' WHERE number = 1001 AND what LIKE '%%'");
	struct page page = report_page_of(bench, "answering/monthly", "2020-04-01T05:00:00Z", "Reader");
	assert_non_null(strstr(page.text.at, "of 3,"));
	page_free(&page);
}

/* A year has tens of thousands of alerts, and as many messages and answers: each finds its own by an index. */
static void what_became_of_an_alert_is_found_by_its_number(void **state)
{
	struct bench *bench = *state;
	struct fixture *f = bench->f;
	struct reader_rows *rows;
	int found = 0;
	bring_up_to_date(bench);
	struct reader *reader = reader_open(f->path, config->rules, bench->view.zone, &f->fault);
	assert_non_null(reader);
	OK(reader_query(reader, "EXPLAIN QUERY PLAN SELECT * FROM alert_work", &rows, &f->fault));
	while (reader_next(rows)) {
		struct text step = reader_text(rows, 3);
		char *words = mem_copy_text(step.at, step.length); /* "SEARCH u USING INDEX audit_number (number=?)" */
		bool of_rows = strncmp(words, "SEARCH o", 8) == 0 || strncmp(words, "SEARCH u", 8) == 0 ||
		               strncmp(words, "SCAN o", 6) == 0 || strncmp(words, "SCAN u", 6) == 0 ||
		               strncmp(words, "SEARCH r ", 9) == 0 || strncmp(words, "SCAN r", 6) == 0;
		if (of_rows && !strstr(words, "_number (number=?)"))
			fail_msg("%s", words);
		found += of_rows;
		free(words);
	}
	assert_int_equal(found, 10);
	OK(reader_end(rows, RESULT_OK, &f->fault));
	reader_close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_months_report_is_the_reference, set_up, tear_down),
		cmocka_unit_test_setup_teardown(where_every_alert_was_answered_there_is_no_red_box, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reason_that_does_not_fit_is_found_before_it_is_needed, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(no_body_outside_gets_one_count_in_two_reports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_became_of_an_alert_is_found_by_its_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_stood_on_a_board_was_not_opened_by_anybody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_row_of_the_audit_that_is_damaged_costs_its_alert_alone, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(what_is_restricted_waits_and_is_not_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_oldest_that_is_restricted_is_said_by_its_age_alone, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(no_body_outside_gets_a_rate_without_the_number_it_is_of, set_up,
	                                        tear_down),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
