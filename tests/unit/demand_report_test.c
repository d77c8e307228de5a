/* The demand report on events of its own: the growth and the rates that the recovery plan quotes. */
#include "report_fixture.h"

/* Looked after +20%, child protection +41%, all together +27%. */
static void demand_grows_by_27_20_and_41_percent(void **state)
{
	struct bench *bench = *state;
	counted_from(bench, "cin.opened", "N", 100, "2019-01-10T10:00:00Z");
	counted_from(bench, "cp.started", "P", 100, "2019-01-10T10:00:00Z");
	counted_from(bench, "cla.started", "L", 100, "2019-01-10T10:00:00Z");
	counted_from(bench, "cin.opened", "NN", 20, "2019-11-10T10:00:00Z");
	counted_from(bench, "cp.started", "PP", 41, "2019-11-10T10:00:00Z");
	counted_from(bench, "cla.started", "LL", 20, "2019-11-10T10:00:00Z");
	struct page page = march_report(bench, "demand/monthly");
	assert_said(&page, "381 children in need, protected or looked after at the end of March");
	assert_line(&page, "* Looked-after children: change in a year: ", "+20%, from 100 to 120");
	assert_line(&page, "* Children on a child protection plan: change in a year: ", "+41%, from 100 to 141");
	assert_line(&page, "* All three together: change in a year: ", "+27%, from 300 to 381");
	page_free(&page);
}

/* A plan may have no id: whoever was protected without one is counted, and no longer once it has ended. */
static void a_plan_without_an_id_counts(void **state)
{
	struct bench *bench = *state;
	tell(bench, "cp.started", "C1", "2020-01-10T10:00:00Z", "\"category\":\"neglect\"");
	tell(bench, "cp.started", "C2", "2020-01-10T10:00:00Z", "\"category\":\"neglect\"");
	tell(bench, "cp.ended", "C2", "2020-02-10T10:00:00Z", "");
	tell(bench, "cp.started", "C2", "2020-03-10T10:00:00Z", "");
	tell(bench, "cp.started", "C3", "2020-01-10T10:00:00Z", "");
	tell(bench, "cp.ended", "C3", "2020-02-10T10:00:00Z", "");
	struct page page = march_report(bench, "demand/monthly");
	assert_line(&page, "Children on a child protection plan ", "2 1 0");
	page_free(&page);
}

/* Referrals for every 10,000 children: 916 in the year before, 1,094 in this. */
static void referrals_for_10_000_children_from_916_to_1_094(void **state)
{
	struct bench *bench = *state;
	struct config_list *list = (struct config_list *)issue_of("demand/monthly");
	int64_t real = list->numbers[0].value;
	assert_string_equal(list->numbers[0].name, "population");
	list->numbers[0].value = 10000;
	for (int i = 0; i < 916 + 1094; i++)
		keyed(bench, "referral.accepted", "R", i,
		      i < 4     ? "2018-04-10T10:00:00Z" /* all 24 months are recorded */
		      : i < 916 ? "2018-09-10T10:00:00Z"
		                : "2019-09-10T10:00:00Z",
		      "referral", "");
	struct page page = march_report(bench, "demand/monthly");
	list->numbers[0].value = real;
	assert_line(&page, "* Referrals: rate of 12 months against the 12 before: ", "916 to 1,094");
	page_free(&page);
}

/* 2.5 of 10,000, and an average of 22.25: rounded alike as text, in a file and by whoever reckons again. */
static void a_half_is_rounded_alike_in_every_format(void **state)
{
	struct bench *bench = *state;
	counted_from(bench, "cin.opened", "N", 8, "2020-03-10T10:00:00Z");
	struct page page = march_report(bench, "demand/monthly");
	assert_line(&page, "Children in need for every 10,000 ", "3 0 0");
	assert_non_null(strstr(page.csv.at, "\ncin_rate,\"Children in need for every 10,000\",,"
	                                    "2020-03,2020-03-01,2020-03-31,3,"));
	page_free(&page);
	for (int i = 0; i < 89; i++) {
		char child[16], data[64];
		(void)snprintf(child, sizeof child, "P%d", i);
		(void)snprintf(data, sizeof data, "\"role\":\"personal-adviser\",\"worker\":\"PA%d\"", i % 4);
		tell(bench, "allocation.started", child, "2020-03-01T10:00:00Z", data);
	}
	page = march_report(bench, "caseload/monthly");
	assert_said(&page, "22.3 open cases for a personal adviser on average at the end of March");
	assert_non_null(strstr(page.csv.at, "\naverage,Average for an adviser,,2020-03,2020-03-01,2020-03-31,22.3,"));
	page_free(&page);
}

/* Since the inspection: child protection +19% where others have 10%, looked after +10% against 1.5%. */
static void since_the_inspection_19_percent_against_10_and_10_against_1_and_a_half(void **state)
{
	struct bench *bench = *state;
	counted_from(bench, "cp.started", "P", 100, "2019-01-10T10:00:00Z");
	counted_from(bench, "cla.started", "L", 100, "2019-01-10T10:00:00Z");
	counted_from(bench, "cp.started", "PP", 19, "2019-11-25T00:00:00Z"); /* the instant at which it began */
	counted_from(bench, "cla.started", "LL", 10, "2020-02-10T10:00:00Z");
	struct page page = march_report(bench, "demand/monthly");
	assert_said(&page, "* Children on a child protection plan: change since the inspection: "
	                   "+19%, from 100 to 119; elsewhere +10%");
	assert_said(&page, "* Looked-after children: change since the inspection: "
	                   "+10%, from 100 to 110; elsewhere +1.5%");
	page_free(&page);
}

/* A report of a time before it compares nothing, and where nobody was there then, there is nothing to compare. */
static void before_the_inspection_nothing_is_compared(void **state)
{
	struct bench *bench = *state;
	counted_from(bench, "cp.started", "P", 3, "2019-12-10T10:00:00Z");
	struct page page = march_report(bench, "demand/monthly");
	assert_said(&page, "* Children on a child protection plan: change since the inspection: "
	                   "no comparison, none at the inspection");
	page_free(&page);
	page = report_page_of(bench, "demand/monthly", "2019-11-01T06:00:00Z", "Reader");
	assert_said(&page, "* Children on a child protection plan: change since the inspection: "
	                   "not inspected yet");
	page_free(&page);
}

static void refer_some(struct bench *bench, const char *prefix, int count, const char *time)
{
	for (int i = 0; i < count; i++)
		keyed(bench, "referral.accepted", prefix, i, time, "referral", "");
}

/* 11 referrals are 3 for every 10,000 of 32,000 children and 15 are 5: from both rates, and the 11, follow the 4 that
 * were hidden. */
static void a_months_hidden_referrals_are_not_reckoned_from_rates_of_twelve_months(void **state)
{
	struct bench *bench = *state;
	refer_some(bench, "J", 11, "2020-02-10T10:00:00Z");
	refer_some(bench, "F", 4, "2020-03-10T10:00:00Z");
	struct page page = march_report(bench, "demand/board");
	assert_said(&page, "Referrals in the month: fewer than 5.");
	assert_not_said(&page, "Referrals of 12 months for every 10,000");
	assert_said(&page, "Referrals of the month for every 10,000");
	page_free(&page);
	page = march_report(bench, "demand/monthly");
	assert_said(&page, "Referrals of 12 months for every 10,000");
	page_free(&page);
}

/* Where nobody is in two of them, the three make up all of them: 20 less 8 and 8 would be the hidden 4. */
static void a_hidden_number_of_looked_after_children_is_not_what_is_left_of_all(void **state)
{
	struct bench *bench = *state;
	counted_from(bench, "cin.opened", "N", 8, "2020-01-10T10:00:00Z");
	counted_from(bench, "cp.started", "P", 8, "2020-01-10T10:00:00Z");
	counted_from(bench, "cla.started", "L", 4, "2020-01-10T10:00:00Z");
	struct page page = march_report(bench, "demand/board");
	assert_said(&page, "Looked-after children: Mar 2020 fewer than 5");
	bool all = strstr(page.text.at, "20 children in need") != NULL,
	     need = says(&page, "Children in need: Mar 2020 8"),
	     protected = says(&page, "Children on a child protection plan: Mar 2020 8");
	assert_false(all && need && protected);
	page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
		TEST(demand_grows_by_27_20_and_41_percent),
		TEST(a_plan_without_an_id_counts),
		TEST(referrals_for_10_000_children_from_916_to_1_094),
		TEST(a_half_is_rounded_alike_in_every_format),
		TEST(since_the_inspection_19_percent_against_10_and_10_against_1_and_a_half),
		TEST(before_the_inspection_nothing_is_compared),
		TEST(a_months_hidden_referrals_are_not_reckoned_from_rates_of_twelve_months),
		TEST(a_hidden_number_of_looked_after_children_is_not_what_is_left_of_all),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
