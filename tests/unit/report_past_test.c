/* How things stood in a month before: what happened since does not change it, and nothing is called restated that no
 * record restated. */
#include "report_fixture.h"

#define MARCH_DUE "2020-03-01T06:00:00Z"

static struct page of_march(struct bench *bench, const char *issue)
{
	struct page page = march_report(bench, issue);
	assert_not_said(&page, "Restated");
	return page;
}

static void print_february(struct bench *bench, const char *issue)
{
	complete_to(bench, "2020-03-01T05:52:00Z");
	report_print(bench, issue, MARCH_DUE);
}

static void a_review_in_march_does_not_make_februarys_less_overdue(void **state)
{
	struct bench *bench = *state;
	tell(bench, "shortbreak.started", "C1", "2019-10-01T10:00:00Z", "\"break\":\"B1\"");
	print_february(bench, "shortbreak/monthly");
	tell(bench, "shortbreak.reviewed", "C1", "2020-03-15T10:00:00Z", "\"break\":\"B1\",\"qualified\":true");
	struct page page = of_march(bench, "shortbreak/monthly");
	assert_line(&page, "Review overdue", "0 of 1, 0% 1 of 1, 100%");
	assert_line(&page, "Last reviewed by a qualified social worker", "1 of 1, 100% 0 of 1, 0%");
	page_free(&page);
}

static void a_plan_and_a_discussion_in_march_were_not_there_in_february(void **state)
{
	struct bench *bench = *state;
	tell(bench, "cla.started", "C1", "2019-10-01T10:00:00Z", "\"plan\":\"L1\"");
	tell(bench, "cla.started", "C2", "2019-10-01T10:00:00Z", "\"plan\":\"L2\"");
	tell(bench, "permanence.planned", "C2", "2019-12-01T10:00:00Z", "");
	print_february(bench, "permanence/monthly");
	tell(bench, "pmg.discussed", "C1", "2020-03-10T10:00:00Z", "");
	tell(bench, "permanence.planned", "C2", "2020-03-12T10:00:00Z", ""); /* anew: there was one in February, too */
	struct page page = of_march(bench, "permanence/monthly");
	assert_said(&page, "1 of 2 children looked after had no permanence plan at the end of March, as many as at the "
	                   "end of February.");
	assert_line(&page, "Discussion at PMG overdue", "0 of 1, 0% 1 of 1, 100% 0 of 0");
	page_free(&page);
}

static void a_panel_and_an_assessment_in_march_were_not_there_in_february(void **state)
{
	struct bench *bench = *state;
	tell(bench, "placement.started", "C1", "2020-01-02T10:00:00Z", "\"placement\":\"P1\",\"regulated\":false");
	tell(bench, "risk_assessment.completed", "C1", "2020-01-03T10:00:00Z",
	     "\"placement\":\"P1\",\"care\":8,\"support\":5");
	print_february(bench, "unregulated/monthly");
	tell(bench, "panel.reviewed", "C1", "2020-03-20T10:00:00Z", "\"placement\":\"P1\"");
	tell(bench, "risk_assessment.completed", "C1", "2020-03-21T10:00:00Z",
	     "\"placement\":\"P1\",\"care\":4,\"support\":5");
	struct page page = of_march(bench, "unregulated/monthly");
	assert_line(&page, "Care exceeds support", "0 1");
	assert_line(&page, "Panel overdue", "0 1");
	page_free(&page);
}

/* What became of a case of January is told as it stands now: no record restated it. */
static void what_became_of_a_case_is_no_restatement(void **state)
{
	struct bench *bench = *state;
	tell(bench, "case.stepped_up", "C1", "2020-01-10T10:00:00Z", "\"case\":\"Y1\"");
	tell(bench, "assessment.started", "C1", "2020-01-12T10:00:00Z",
	     "\"assessment\":\"A1\",\"kind\":\"single\",\"referral\":\"R1\"");
	print_february(bench, "stepup/monthly");
	tell(bench, "assessment.authorised", "C1", "2020-03-12T10:00:00Z",
	     "\"assessment\":\"A1\",\"kind\":\"single\",\"referral\":\"R1\",\"outcome\":\"cin\"");
	struct page page = of_march(bench, "stepup/monthly");
	assert_said(&page, "With an assessment in progress: Jan 0 of 1, 0%");
	page_free(&page);
}

static void a_case_closed_in_march_was_open_for_long_in_december(void **state)
{
	struct bench *bench = *state;
	tell(bench, "cin.opened", "C1", "2018-10-01T10:00:00Z", "\"plan\":\"N1\"");
	tell(bench, "cin.closed", "C1", "2020-03-10T10:00:00Z", "\"plan\":\"N1\"");
	struct page page = of_march(bench, "clinic/safeguarding");
	assert_said(&page, "Child-in-need cases open over 12 months: 2019-20-Q4 0; 2019-20-Q3 1; 2018-19-Q4 0");
	page_free(&page);
}

/* Mon 9 Sep comes before Fri 4 Oct, though not in the alphabet. */
static void those_who_wait_longest_come_first_by_their_dates(void **state)
{
	struct bench *bench = *state;
	tell(bench, "cla.started", "C2", "2019-10-04T10:00:00Z", "\"plan\":\"L2\"");
	tell(bench, "cla.started", "C1", "2019-09-09T10:00:00Z", "\"plan\":\"L1\"");
	struct page page = of_march(bench, "permanence/monthly");
	const char *earlier = strstr(page.text.at, "* C1,"), *later = strstr(page.text.at, "* C2,");
	assert_true(earlier && later && earlier < later);
	page_free(&page);
}

/* Nothing came since June, and nobody cares in a report of January to March. */
static void a_quarter_that_is_long_over_is_complete_if_it_was_known_to_its_end(void **state)
{
	struct bench *bench = *state;
	assert_true(period_parse(TEXT("2019-20-Q4"), &report_told));
	complete_to(bench, "2020-06-10T05:52:00Z");
	struct page known = report_page_of(bench, "custody/quarterly", "2020-09-10T05:00:00Z", "Reader");
	assert_not_said(&known, "NOT COMPLETE");
	assert_null(strstr(buffer_cstr(&known.subject), "NOT COMPLETE"));
	page_free(&known);
	(void)period_parse(TEXT("2020-21-Q1"), &report_told);
	struct page unknown = report_page_of(bench, "custody/quarterly", "2020-09-10T05:00:00Z", "Reader");
	assert_non_null(strstr(buffer_cstr(&unknown.subject), "NOT COMPLETE"));
	page_free(&unknown);
	report_told = (struct period){0};
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_quarter_that_is_long_over_is_complete_if_it_was_known_to_its_end,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_review_in_march_does_not_make_februarys_less_overdue, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_plan_and_a_discussion_in_march_were_not_there_in_february, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_panel_and_an_assessment_in_march_were_not_there_in_february, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(those_who_wait_longest_come_first_by_their_dates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_became_of_a_case_is_no_restatement, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_case_closed_in_march_was_open_for_long_in_december, set_up,
	                                        tear_down),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
