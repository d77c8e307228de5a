/* A figure that changed since it was printed says so, and why: for each cause, on the page, in the mail's text, and in
 * the files for spreadsheets and programs. And the full report after one that was not complete. */
#include "told_rows.h"

#include "store/erasure/erasures.h"

#define MARCH_DUE "2020-03-01T06:00:00Z"

static void held(struct bench *bench, const char *child, const char *hold, const char *time)
{
	char data[80];
	(void)snprintf(data, sizeof data, "\"custody\":\"%s\"", hold);
	tell(bench, "custody.detained", child, time, data);
}

/* Two holds of February, printed; C1 is 13, C2 15. */
static void february(struct bench *bench)
{
	tell(bench, "child.updated", "C1", "2020-01-02T10:00:00Z", "\"date_of_birth\":\"2006-06-01\"");
	tell(bench, "child.updated", "C2", "2020-01-02T10:00:00Z", "\"date_of_birth\":\"2004-06-01\"");
	held(bench, "C1", "H1", "2020-02-10T22:30:00Z");
	held(bench, "C2", "H2", "2020-02-11T22:30:00Z");
	complete_to(bench, MARCH_DUE);
	report_print(bench, "custody/monthly", MARCH_DUE);
}

/* The same words in all of them: what changed, from what, and why. */
static void assert_everywhere(const struct page *page, const char *figure, const char *what, const char *cause,
                              const char *before)
{
	char said[400], csv[400], json[400];
	(void)snprintf(said, sizeof said, "%sFebruary was %s in last month's report: %s.", what, before, cause);
	assert_said(page, said);
	assert_non_null(strstr(page->html.at, cause));
	(void)snprintf(csv, sizeof csv, ",%s,2020-03-01,%s%s%s", before, strchr(cause, ',') ? "\"" : "", cause,
	               strchr(cause, ',') ? "\"" : "");
	(void)snprintf(json, sizeof json, "\"figure\":\"%s\"", figure);
	if (!strstr(page->csv.at, csv) || strncmp(strstr(page->csv.at, csv) + strlen(csv), "\r\n", 2) != 0)
		fail_msg("no %s in\n%s", csv, page->csv.at);
	assert_non_null(strstr(page->json.at, json));
	(void)snprintf(json, sizeof json, "\"before\":%s,\"printed\":\"2020-03-01T06:00:00Z\",\"why\":\"%s\"", before,
	               cause);
	assert_non_null(strstr(page->json.at, json));
}

static void assert_cause(struct bench *bench, const char *cause)
{
	struct page page = march_report(bench, "custody/monthly");
	assert_everywhere(&page, "holds", "", cause, "2");
	page_free(&page);
}

static void because_a_record_came_late(void **state)
{
	struct bench *bench = *state;
	february(bench);
	tell_late(bench, "custody.detained", "C3", "2020-02-12T22:30:00Z", "\"custody\":\"H3\"",
	          "2020-03-20T10:00:00Z");
	assert_cause(bench, "one record came late");
}

#define ANY "records came late, or were corrected or withdrawn"

static void because_one_was_corrected(void **state)
{
	struct bench *bench = *state;
	february(bench);
	struct fixture *f = bench->f;
	struct batch *batch = batch_new();
	(void)batch_add(batch, f->parser, TEXT("kafka:events:0"), ++bench->next,
	                event_json(f, "lcs", "corrects", "custody.detained", "C2", "2020-03-11T22:30:00Z",
	                           "\"replaces\":\"e3\",", "\"custody\":\"H2\""),
	                at("2020-03-20T10:00:00Z"));
	OK(pipeline_take(bench->pipeline, batch, bench->now, bench->now, &f->fault));
	batch_free(batch);
	assert_cause(bench, ANY);
}

static void because_one_was_withdrawn(void **state)
{
	struct bench *bench = *state;
	february(bench);
	tell(bench, "event.withdrawn", "C2", "2020-03-20T10:00:00Z", "\"id\":\"e3\"");
	assert_cause(bench, ANY);
}

/* What two systems had of one hold. */
static void because_two_children_are_one(void **state)
{
	struct bench *bench = *state;
	held(bench, "P9", "H1", "2020-02-10T22:40:00Z");
	held(bench, "C1", "H1", "2020-02-10T22:30:00Z");
	complete_to(bench, MARCH_DUE);
	report_print(bench, "custody/monthly", MARCH_DUE);
	tell(bench, "person.merged", "C1", "2020-03-20T10:00:00Z", "\"from\":\"P9\"");
	assert_cause(bench, ANY ", or records of children were joined or parted");
}

static void because_a_child_was_erased(void **state)
{
	struct bench *bench = *state;
	struct fixture *f = bench->f;
	struct erasure_order order = {.subject = TEXT("C2"),
	                              .person = TEXT("dpo"),
	                              .reason = TEXT("asked for"),
	                              .at = at("2020-03-20T10:00:00Z"),
	                              .audit_from = INSTANT_NONE};
	february(bench);
	bring_up_to_date(bench);
	OK(erasures_begin(f->store, &order, &f->fault));
	for (bool more = true; more;)
		OK(erasures_step(f->store, order.at, &more, &f->fault));
	assert_cause(bench, ANY ", or records were erased");
}

/* What differs is in lanes of the number that was kept (report_counted). */
static void counted_by_other(struct bench *bench, int bit)
{
	run(bench, "UPDATE report_print SET counted = (counted | %lld) - (counted & %lld)", 1LL << bit, 1LL << bit);
}

static void because_it_is_counted_otherwise(void **state)
{
	struct bench *bench = *state;
	february(bench);
	tell(bench, "event.withdrawn", "C2", "2020-03-20T10:00:00Z", "\"id\":\"e3\"");
	counted_by_other(bench, 1);
	assert_cause(bench, "it has been counted in another way since");
}

static void because_what_it_goes_by_has_changed(void **state)
{
	struct bench *bench = *state;
	february(bench);
	tell(bench, "event.withdrawn", "C2", "2020-03-20T10:00:00Z", "\"id\":\"e3\"");
	counted_by_other(bench, 51);
	assert_cause(bench, ANY ", or the bank holidays were changed");
	counted_by_other(bench, 25);
	assert_cause(bench, ANY ", or the rules were changed, or the bank holidays were changed");
	counted_by_other(bench, 38); /* of which the total does not hang */
	assert_cause(bench, ANY ", or the rules were changed, or the bank holidays were changed");
}

/* Nothing came late: the answer is news. */
static void because_an_alert_was_answered_since(void **state)
{
	struct bench *bench = *state;
	instant told = at("2020-02-20T10:00:00Z");
	struct written alert = {1000, 1, "north-1", config->rules->rules[0].id, told, told, NONE, 0, 0};
	complete_to(bench, MARCH_DUE);
	write_alert(bench, &alert);
	report_print(bench, "answering/monthly", MARCH_DUE);
	write_audit(bench, 1000, at("2020-03-10T10:00:00Z"), "alert.acknowledged");
	struct page page = march_report(bench, "answering/monthly");
	assert_said(&page, "February was 0 of 1 (0%) in last month's report. Records that came late, or were corrected "
	                   "or withdrawn, have changed it, or alerts were answered or ended since.");
	assert_non_null(strstr(page.csv.at, "or alerts were answered or ended since"));
	page_free(&page);
}

/* ---- which figures ---- */

/* A date of birth that was corrected: two ages, of one number of holds. */
static void a_label_says_so_though_the_total_stands(void **state)
{
	struct bench *bench = *state;
	february(bench);
	tell(bench, "child.updated", "C1", "2020-03-20T10:00:00Z", "\"date_of_birth\":\"2004-06-01\"");
	struct page page = march_report(bench, "custody/monthly");
	assert_everywhere(&page, "by_age", "Holds overnight, 14 and 15: ", ANY, "1");
	assert_everywhere(&page, "by_age", "Holds overnight, 12 and 13: ", ANY, "1"); /* which nobody is any more */
	assert_said(&page, "12 and 13 0 0 0 14 and 15 0 2 0");
	assert_not_said(&page, "Children's holds overnight: February was");
	page_free(&page);
}

/* Each of several figures of a table, by its name: the last had taken the place of the others. */
static void every_figure_of_a_table_says_so_by_name(void **state)
{
	struct bench *bench = *state;
	for (int i = 0; i < 5; i++)
		keyed(bench, "referral.accepted", "R", i, "2020-02-10T10:00:00Z", "referral", "");
	keyed(bench, "cin.opened", "N", 1, "2020-02-10T10:00:00Z", "plan", "");
	complete_to(bench, MARCH_DUE);
	report_print(bench, "demand/monthly", MARCH_DUE);
	tell_late(bench, "referral.accepted", "R9", "2020-02-11T10:00:00Z", "\"referral\":\"R9\"",
	          "2020-03-20T10:00:00Z");
	tell_late(bench, "cin.opened", "N9", "2020-02-11T10:00:00Z", "\"plan\":\"N9\"", "2020-03-20T10:00:00Z");
	struct page page = march_report(bench, "demand/monthly");
	assert_said(&page, "Restated: Referrals: February was 5 in last month's report. ");
	assert_said(&page, "Restated: Children in need: February was 1 in last month's report. ");
	assert_not_said(&page, "Referrals of 12 months for every 10,000: February was"); /* 1.6 and 1.9 are both 2 */
	page_free(&page);
}

/* A body outside the council hears that it changed and why, never what it was. */
static void outside_it_is_told_without_the_number_before(void **state)
{
	struct bench *bench = *state;
	counted_from(bench, "cin.opened", "N", 7, "2020-02-10T10:00:00Z");
	complete_to(bench, MARCH_DUE);
	report_print(bench, "demand/board", MARCH_DUE);
	tell(bench, "event.withdrawn", "N0", "2020-03-20T10:00:00Z", "\"id\":\"e0\"");
	struct page page = march_report(bench, "demand/board");
	assert_said(&page, "Children in need: February was another number in the report of 1 March. ");
	assert_non_null(strstr(page.csv.at, ",,2020-03-01,\"" ANY "\""));
	assert_non_null(strstr(page.json.at, "\"value\":6,\"printed\":\"2020-03-01T06:00:00Z\",\"why\":\"" ANY "\""));
	assert_null(strstr(page.json.at, "\"before\""));
	page_free(&page);
}

/* ---- the full report ---- */

/* Due on complete data, it went out cut off; the rest came an hour later. */
static void cut_off_and_then_whole(struct bench *bench, const char *issue, size_t before, size_t after)
{
	char child[32];
	for (size_t i = 0; i < before + after; i++) {
		(void)snprintf(child, sizeof child, "C%zu", i);
		if (i == before)
			report_print(bench, issue, DUE);
		held(bench, child, child, "2020-03-10T22:30:00Z");
	}
	report_made = "2020-04-01T09:20:00Z";
}

/* It said what the one that was not complete had said. */
static void the_full_report_has_the_full_figures_and_says_what_changed(void **state)
{
	struct bench *bench = *state;
	cut_off_and_then_whole(bench, "custody/monthly", 1, 2);
	struct page page = report_page_of(bench, "custody/monthly", DUE, "Director");
	assert_said(&page, "3 holds overnight in March");
	assert_said(&page, "March was 1 in the report of 1 April: records came late, or were corrected or withdrawn.");
	report_print(bench, "custody/monthly", DUE);
	held(bench, "C9", "C9", "2020-03-11T22:30:00Z"); /* a mail that is made later says the same */
	struct page again = report_page_of(bench, "custody/monthly", DUE, "Director");
	assert_said(&again, "3 holds overnight in March");
	report_made = NULL;
	page_free(&page);
	page_free(&again);
}

/* What the cut-off one told is known to the body: each number stays as one that was sent. */
static void both_are_reckoned_with_outside(void **state)
{
	struct bench *bench = *state;
	struct fixture *f = bench->f;
	cut_off_and_then_whole(bench, "custody/boards", 6, 1);
	report_print(bench, "custody/boards", DUE);
	report_made = NULL;
	struct list_facts *facts = report_read_at(bench, "custody/boards", "2020-07-01T05:00:00Z");
	struct reader *reader = reader_open(f->path, config->rules, bench->view.zone, &f->fault);
	struct reader_rows *rows;
	OK(reader_query(reader,
	                "SELECT value FROM main.report_print WHERE figure = 'holds' AND label = '' AND"
	                " period = '2020-03' AND reader = 'yos-board' ORDER BY printed",
	                &rows, &f->fault));
	for (int64_t value = 6; value < 8; value++) {
		assert_true(reader_next(rows));
		assert_int_equal(reader_integer(rows, 0), value);
	}
	OK(reader_end(rows, RESULT_OK, &f->fault));
	reader_close(reader);
	list_facts_free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
		TEST(because_a_record_came_late),
		TEST(because_one_was_corrected),
		TEST(because_one_was_withdrawn),
		TEST(because_two_children_are_one),
		TEST(because_a_child_was_erased),
		TEST(because_it_is_counted_otherwise),
		TEST(because_what_it_goes_by_has_changed),
		TEST(because_an_alert_was_answered_since),
		TEST(a_label_says_so_though_the_total_stands),
		TEST(every_figure_of_a_table_says_so_by_name),
		TEST(outside_it_is_told_without_the_number_before),
		TEST(the_full_report_has_the_full_figures_and_says_what_changed),
		TEST(both_are_reckoned_with_outside),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
