/* Every report on events of its own: the figures that the recovery plan quotes, what each says where nothing is
 * recorded, and what was printed and has changed. */
#include "report_fixture.h"

#include "store/alerts/alerts.h"
#include "store/outbox/outbox.h"

#include <poll.h>
#include <stdlib.h>

/* ---- nothing recorded ---- */

static void every_report_says_so_where_nothing_is_recorded(void **state)
{
	struct bench *bench = *state;
	complete_to(bench, "2020-04-01T04:52:00Z");
	size_t reports = 0;
	for (size_t i = 0; i < config->list_count; i++) {
		const struct config_list *list = &config->lists[i];
		if (!list->report)
			continue;
		struct page page = report_page_of(bench, list->id, DUE, "Reader");
		reports++;
		assert_false(page.fell_back);
		assert_said(&page, "Data complete to 05:52");
		assert_true(page.csv.length > 0 && page.json.length > 0);
		if (strstr(page.html.at, "(null)") || strstr(page.text.at, "NULL") || strstr(page.text.at, ": ."))
			fail_msg("%s says nothing where it should say none:\n%s", list->id, page.text.at);
		page_free(&page);
	}
	assert_true(reports >= 30);
}

/* ---- the plan's figures ---- */

struct alert_ids {
	char ids[16][80], children[16][40];
	size_t count;
};

static enum result note_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct alert_ids *alerts = argument;
	(void)fault;
	assert_true(alerts->count < 16);
	(void)snprintf(alerts->children[alerts->count], 40, "%.*s", TEXT_ARG(row->subject));
	(void)snprintf(alerts->ids[alerts->count++], 80, "%.*s", TEXT_ARG(row->id));
	return RESULT_OK;
}

/* 130 and 140 are 270; 146 with an assessment in progress; 10 closed, and each of them reviewed. */
static void stepped_up_130_and_140_make_270(void **state)
{
	struct bench *bench = *state;
	struct fixture *f = bench->f;
	bench->now = at(DUE); /* what happened before is judged as it comes */
	for (int i = 0; i < 270; i++) {
		const char *month = i < 130 ? "2020-02-03T10:00:00Z" : "2020-03-03T10:00:00Z";
		keyed(bench, "case.stepped_up", "C", i, month, "case", "");
		if (i >= 124)
			keyed(bench, "assessment.started", "C", i, "2020-03-05T10:00:00Z", "assessment",
			      ",\"kind\":\"single\",\"referral\":\"R\"");
		if (i < 10)
			keyed(bench, "case.closed", "C", i, "2020-03-20T10:00:00Z", "case", "");
	}
	struct alert_ids alerts = {.count = 0};
	OK(alerts_each(f->store, TEXT("stepup.closed"), TEXT_NONE, true, note_alert, &alerts, &f->fault));
	for (size_t i = 0; i < alerts.count; i++) {
		char data[300];
		(void)snprintf(data, sizeof data,
		               "\"alert\":\"%s\",\"by\":\"head-of-service-assessment\",\"person\":\"p-hos\","
		               "\"action\":\"reviewed\"",
		               alerts.ids[i]);
		tell(bench, "alert.acknowledged", alerts.children[i], "2020-03-30T12:00:00Z", data);
	}
	struct page page = march_report(bench, "stepup/monthly");
	assert_line(&page, "* Cases stepped up: ", "Jan 0; Feb 130; Mar 140; Quarter 270");
	assert_line(&page, "* With an assessment in progress: ",
	            "Jan 0 of 0; Feb 6 of 130, 5%; Mar 140 of 140, 100%; Quarter 146 of 270, 54%");
	assert_line(&page, "* Closed: ", "Jan 0 of 0; Feb 10 of 130, 8%; Mar 0 of 140, 0%; Quarter 10 of 270, 4%");
	assert_line(&page, "* Closed and reviewed: ",
	            "Jan 0 of 0; Feb 10 of 10, 100%; Mar 0 of 0; Quarter 10 of 10, 100%");
	page_free(&page);
}

static void assess(struct bench *bench, const char *prefix, int count, int nfa, const char *month)
{
	for (int i = 0; i < count; i++) {
		char time[32];
		(void)snprintf(time, sizeof time, "%s-%02dT10:00:00Z", month, 2 + i % 24);
		keyed(bench, "assessment.authorised", prefix, i, time, "assessment",
		      i < nfa ? ",\"kind\":\"single\",\"referral\":\"R\",\"outcome\":\"nfa\""
		              : ",\"kind\":\"single\",\"referral\":\"R\",\"outcome\":\"cin\"");
	}
}

static void single_assessments_without_further_action_48_percent_of_the_quarter_and_30_of_march(void **state)
{
	struct bench *bench = *state;
	assess(bench, "J", 100, 57, "2020-01");
	assess(bench, "F", 100, 57, "2020-02");
	assess(bench, "M", 100, 30, "2020-03");
	struct page page = march_report(bench, "front-door/monthly");
	assert_line(&page, "* Single assessments without further action: ",
	            "Jan 57 of 100, 57%; Feb 57 of 100, 57%; Mar 30 of 100, 30%; Quarter 144 of 300, 48%");
	page_free(&page);
}

static void decide(struct bench *bench, const char *prefix, int count, int nfa, int in_time, const char *day,
                   const char *next, const char *late)
{
	for (int i = 0; i < count; i++) {
		keyed(bench, "contact.received", prefix, i, day, "contact", "");
		keyed(bench, "contact.decided", prefix, i, i < in_time ? next : late, "contact",
		      i < nfa ? ",\"outcome\":\"nfa\"" : ",\"outcome\":\"referral\"");
	}
}

static void contacts_in_time_52_percent_against_90_and_nfa_17_to_2_percent(void **state)
{
	struct bench *bench = *state;
	decide(bench, "N", 100, 17, 90, "2019-11-04T10:00:00Z", "2019-11-05T10:00:00Z", "2019-11-08T10:00:00Z");
	decide(bench, "M", 100, 2, 52, "2020-03-02T10:00:00Z", "2020-03-03T10:00:00Z", "2020-03-06T10:00:00Z");
	struct page page = march_report(bench, "front-door/monthly");
	assert_said(&page, "52 of 100 contacts (52%) were decided in time in March; the target is 90%.");
	assert_said(&page, "2 of 100, 2%");
	page_free(&page);
	page = report_page_of(bench, "front-door/monthly", "2019-12-01T06:00:00Z", "Reader");
	assert_said(&page, "90 of 100 contacts (90%) were decided in time in November");
	assert_said(&page, "17 of 100, 17%");
	page_free(&page);
}

/* A contact that is open when its working day is over is late; the one of Friday is due on Monday's end. */
static void an_open_contact_counts_as_late_from_its_working_day_on(void **state)
{
	struct bench *bench = *state;
	keyed(bench, "contact.received", "C", 1, "2020-03-27T10:00:00Z", "contact", ""); /* a Friday */
	keyed(bench, "contact.received", "C", 2, "2020-03-31T10:00:00Z", "contact", ""); /* due on 1 April */
	struct page page = march_report(bench, "front-door/monthly");
	assert_said(&page, "0 of 1 contact (0%) were decided in time in March");
	assert_said(&page, "CONTACTS THAT ARE OVERDUE NOW: 1");
	page_free(&page);
}

static void the_same_seed_draws_the_same_sample(void **state)
{
	struct bench *bench = *state;
	decide(bench, "M", 40, 2, 40, "2020-03-24T10:00:00Z", "2020-03-25T10:00:00Z", "2020-03-26T10:00:00Z");
	complete_to(bench, "2020-03-30T04:52:00Z");
	struct page one = report_page_of(bench, "front-door/weekly", "2020-03-30T05:00:00Z", "Reader");
	struct page other = report_page_of(bench, "front-door/weekly", "2020-03-30T05:00:00Z", "Reader");
	assert_said(&one, "DRAWN FOR AUDIT: 3");
	assert_string_equal(one.text.at, other.text.at);
	page_free(&one);
	page_free(&other);
}

static void step_downs_26_to_17_percent_of_closures(void **state)
{
	struct bench *bench = *state;
	for (int month = 2; month <= 3; month++)
		for (int i = 0; i < 100; i++) {
			char prefix[24], time[48];
			(void)snprintf(prefix, sizeof prefix, "S%d", month);
			(void)snprintf(time, sizeof time, "2020-%02d-10T10:00:00Z", month);
			bool down = i < (month == 2 ? 26 : 17);
			keyed(bench, down ? "stepdown.completed" : "case.closed", prefix, i, time, "case", "");
		}
	struct page page = march_report(bench, "stepdown/monthly");
	assert_said(&page, "17 of 100 closures (17%) in March were by stepping down to Early Help");
	assert_line(&page, "February  26 of 100, 26%", "######");
	page_free(&page);
}

static void one_auditor_of_40_disagrees(void **state)
{
	struct bench *bench = *state;
	for (int i = 0; i < 40; i++)
		keyed(bench, "audit.completed", "A", i, "2020-03-24T10:00:00Z", "audit",
		      i ? ",\"area\":\"Assessment\",\"agrees\":true" : ",\"area\":\"Assessment\",\"agrees\":false");
	complete_to(bench, "2020-03-30T04:52:00Z");
	struct page page = report_page_of(bench, "audit/fortnightly", "2020-03-30T05:00:00Z", "Reader");
	assert_said(&page, "1 of 40 audits: the auditor disagrees");
	assert_line(&page, "Assessment ", "40 1 of 40, 3% 0 of 40, 0%");
	page_free(&page);
}

/* However many areas there are, each has its row. */
static void three_hundred_areas_have_three_hundred_rows(void **state)
{
	struct bench *bench = *state;
	for (int i = 0; i < 300; i++) {
		char more[64];
		(void)snprintf(more, sizeof more, ",\"area\":\"Area %03d\",\"agrees\":true", i);
		keyed(bench, "audit.completed", "A", i, "2020-03-24T10:00:00Z", "audit", more);
	}
	complete_to(bench, "2020-03-30T04:52:00Z");
	struct page page = report_page_of(bench, "audit/fortnightly", "2020-03-30T05:00:00Z", "Reader");
	assert_line(&page, "Area 299 ", "1 0 of 1, 0% 0 of 1, 0%");
	assert_line(&page, "All areas ", "300 0 of 300, 0% 0 of 300, 0%");
	page_free(&page);
}

static void advise(struct bench *bench, int from, int count, int workers, const char *start)
{
	for (int i = from; i < from + count; i++) {
		char child[16], data[96];
		(void)snprintf(child, sizeof child, "P%d", i);
		(void)snprintf(data, sizeof data, "\"role\":\"personal-adviser\",\"worker\":\"PA%d\"", i % workers);
		tell(bench, "allocation.started", child, start, data);
	}
}

/* Over 30 cases for each adviser, to an average of 22. */
static void caseloads_from_over_30_to_22(void **state)
{
	struct bench *bench = *state;
	advise(bench, 0, 93, 3, "2019-03-01T10:00:00Z");
	for (int i = 0; i < 27; i++) {
		char child[16], data[96];
		(void)snprintf(child, sizeof child, "P%d", i);
		(void)snprintf(data, sizeof data, "\"role\":\"personal-adviser\",\"worker\":\"PA%d\"", i % 3);
		tell(bench, "allocation.ended", child, "2020-02-15T10:00:00Z", data);
	}
	struct page page = march_report(bench, "caseload/monthly");
	assert_said(&page, "22.0 open cases for a personal adviser on average at the end of March");
	assert_line(&page, "* Average for an adviser: ", "Mar 2020 22.0; Feb 2020 22.0; Mar 2019 31.0");
	page_free(&page);
}

/* ---- the others ---- */

static void unregulated_placements_name_what_needs_the_director(void **state)
{
	struct bench *bench = *state;
	tell(bench, "child.updated", "C1072", "2020-01-01T00:00:00Z",
	     "\"initials\":\"MB\",\"date_of_birth\":\"2004-01-01\"");
	tell(bench, "placement.decided", "C1072", "2020-03-30T15:20:00Z",
	     "\"placement\":\"P1\",\"regulated\":false,\"registered\":false,\"setting\":\"P2\",\"provider\":\"PR-31\"");
	tell(bench, "placement.started", "C1072", "2020-03-30T17:00:00Z",
	     "\"placement\":\"P1\",\"regulated\":false,\"registered\":false,\"setting\":\"P2\",\"provider\":\"PR-31\"");
	struct page page = march_report(bench, "unregulated/monthly");
	assert_said(&page, "WHAT NEEDS YOU: 2");
	assert_said(&page, "* C1072, MB: placed on Monday 30 March and not ratified. Ratify or refuse.");
	assert_said(&page, "C1072, MB, 16\n  Setting: Independent living (P2)\n  Provider: PR-31, not registered\n"
	                   "  Since: Mon 30 Mar 2020\n  Ratified: Not ratified. Decided Mon 30 Mar, 16:20: 37 hours "
	                   "ago");
	assert_line(&page, "Children placed ", "1 0");
	page_free(&page);
}

static void a_child_without_a_permanence_plan_is_tracked(void **state)
{
	struct bench *bench = *state;
	keyed(bench, "cla.started", "L", 1, "2019-10-01T10:00:00Z", "plan", "");
	keyed(bench, "cla.started", "L", 2, "2019-10-01T10:00:00Z", "plan", "");
	tell(bench, "permanence.planned", "L2", "2020-01-10T10:00:00Z", "");
	tell(bench, "pmg.discussed", "L1", "2020-02-10T10:00:00Z", "");
	struct page page = march_report(bench, "permanence/monthly");
	assert_said(&page, "1 of 2 children looked after had no permanence plan at the end of March");
	assert_said(&page, "* L1, initials not recorded, age not known. Looked after since: Tue 1 Oct\n  2019.");
	assert_said(&page, "Last PMG: Mon 10 Feb. Next PMG: Sun 10 May.");
	page_free(&page);
}

static void short_breaks_say_which_reviews_are_overdue(void **state)
{
	struct bench *bench = *state;
	keyed(bench, "shortbreak.started", "B", 1, "2019-06-03T10:00:00Z", "break", "");
	keyed(bench, "shortbreak.started", "B", 2, "2020-03-03T10:00:00Z", "break", "");
	struct page page = march_report(bench, "shortbreak/monthly");
	assert_said(&page, "1 of 2 reviews (50%) was overdue at the end of March");
	assert_said(&page, "Overdue. Was due Tue 3 Sep");
	page_free(&page);
}

static void the_plan_puts_what_is_overdue_first(void **state)
{
	struct bench *bench = *state;
	tell(bench, "task.created", "T1", "2020-03-01T10:00:00Z",
	     "\"task\":\"T1\",\"due\":\"2020-05-01\",\"owner\":\"p-qa\",\"rag\":\"green\"");
	tell(bench, "task.created", "T2", "2020-03-01T10:00:00Z",
	     "\"task\":\"T2\",\"due\":\"2020-03-15\",\"owner\":\"p-qa\",\"rag\":\"red\"");
	tell(bench, "task.created", "T3", "2020-03-01T10:00:00Z", "\"task\":\"T3\",\"due\":\"2020-03-10\"");
	tell(bench, "task.completed", "T3", "2020-03-09T10:00:00Z", "\"task\":\"T3\"");
	complete_to(bench, "2020-03-30T04:52:00Z");
	struct page page = report_page_of(bench, "plan/weekly", "2020-03-30T05:00:00Z", "Reader");
	assert_said(&page, "1 of 2 tasks is overdue.");
	assert_said(&page, "* T2. Owner: p-qa. Target date: Overdue. Was due Sun 15 Mar 2020. Rating:\n  Red.");
	assert_not_said(&page, "T3");
	page_free(&page);
}

static void an_indicator_tells_since_when_it_is_off_target(void **state)
{
	struct bench *bench = *state;
	static const char *const values[] = {"91", "88", "85"};
	for (int month = 1; month <= 3; month++) {
		char time[32], data[160];
		(void)snprintf(time, sizeof time, "2020-%02d-28T10:00:00Z", month);
		(void)snprintf(data, sizeof data,
		               "\"indicator\":\"contacts\",\"value\":%s,\"target\":90,\"better\":\"higher\"",
		               values[month - 1]);
		tell(bench, "indicator.reported", "contacts", time, data);
	}
	struct page page = march_report(bench, "performance/monthly");
	assert_said(&page, "1 of 1 indicator is off target at the end of March");
	assert_said(&page, "contacts\n  Value: Off target: 85 in March 2020\n  Target: 90 or higher\n"
	                   "  Off target: Since February 2020\n  By month: Jan 2020: 91; Feb: 88; Mar: 85");
	page_free(&page);
}

static void the_risk_register_has_standing_alerts_oldest_first(void **state)
{
	struct bench *bench = *state;
	bench->now = at(DUE);
	tell(bench, "custody.threshold_met", "C5", "2020-03-20T21:00:00Z", "\"custody\":\"H5\"");
	tell(bench, "custody.threshold_met", "C4", "2020-03-19T21:00:00Z", "\"custody\":\"H4\"");
	complete_to(bench, "2020-03-30T04:52:00Z");
	struct page page = report_page_of(bench, "risk-register/fortnightly", "2020-03-30T05:00:00Z", "Reader");
	const char *one = strstr(page.text.at, "* C4,"), *other = strstr(page.text.at, "* C5,");
	assert_true(one && other && one < other);
	page_free(&page);
}

/* Every one that is counted is listed, those of workers and providers, too; but for what only those it tells may know.
 */
static void the_risk_register_lists_what_it_counts(void **state)
{
	struct bench *bench = *state;
	bench->now = at(DUE);
	advise(bench, 0, 26, 1, "2020-03-01T10:00:00Z");
	tell(bench, "strategy.complex_held", "C7", "2020-03-20T21:00:00Z", "\"named\":[\"p-hos-safeguarding\"]");
	complete_to(bench, "2020-03-30T04:52:00Z");
	struct page page = report_page_of(bench, "risk-register/fortnightly", "2020-03-30T05:00:00Z", "Reader");
	assert_said(&page, "RISK REGISTER: 2 ALERTS");
	assert_said(&page, "EVERY STANDING ALERT: 1");
	assert_said(&page, "* PA0. Alert: ");
	assert_not_said(&page, "C7");
	page_free(&page);
}

/* What is printed once for all says nothing of what waits for one: each reads their own. */
static void link_of(void *context, const struct list_alert *alert, struct buffer *out)
{
	(void)context;
	buffer_format(out, "https://answers.example/a/%.*s/%.*s", TEXT_ARG(alert->told.person),
	              TEXT_ARG(alert->told.purpose));
}

/* The Director was told of the one alert that stands. */
static void tell_director(struct bench *bench, const char *child)
{
	struct fixture *f = bench->f;
	struct outbox_row row = {.kind = OUTBOX_ALERT, .purpose = TEXT("opened"), .role = TEXT("director"),
	                         .person = TEXT("p-director"), .rule = TEXT("custody.threshold"),
	                         .subject = text_of(child), .payload = TEXT("{}"),
	                         .created = at("2020-03-31T21:00:00Z"), .not_before = at("2020-03-31T21:00:00Z"),
	                         .deadline = INSTANT_NEVER, .sent = INSTANT_NONE};
	struct alert_ids alerts = {.count = 0};
	int64_t id;
	OK(alerts_each(f->store, TEXT("custody.threshold"), TEXT_NONE, false, note_alert, &alerts, &f->fault));
	assert_int_equal(alerts.count, 1);
	row.alert = text_of(alerts.ids[0]);
	OK(store_begin(f->store, &f->fault));
	OK(outbox_add(f->store, &row, &id, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

/* What waits says of it what its message said: that there is one, and no more. */
static void a_restricted_case_waits_without_its_facts(void **state)
{
	struct bench *bench = *state;
	bench->now = at(DUE);
	tell(bench, "child.updated", "C6", "2020-03-30T21:00:00Z", "\"restricted\":true,\"initials\":\"QX\"");
	tell(bench, "custody.detained", "C6", "2020-03-31T20:00:00Z", "\"custody\":\"H5\",\"station\":\"Northgate\"");
	tell(bench, "custody.threshold_met", "C6", "2020-03-31T21:00:00Z", "\"custody\":\"H5\"");
	complete_to(bench, "2020-04-01T04:52:00Z");
	tell_director(bench, "C6");
	report_person = "p-director";
	struct page page = report_page_of(bench, "open-alerts/daily", DUE, "Director of Children's Care");
	assert_said(&page, "YOUR OPEN ALERTS: 1");
	assert_said(&page, "This is a restricted case.");
	static const char *const nowhere[] = {"C6", "QX", "Northgate"};
	for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
		assert_not_said(&page, nowhere[i]);
		assert_null(strstr(page.html.at, nowhere[i]));
		assert_null(strstr(buffer_cstr(&page.json), nowhere[i]));
		assert_null(strstr(buffer_cstr(&page.csv), nowhere[i]));
	}
	page_free(&page);
	report_person = NULL;
}

static void everybody_reads_what_waits_for_them(void **state)
{
	struct bench *bench = *state;
	bench->now = at(DUE);
	tell(bench, "custody.detained", "C5-old", "2020-03-31T20:00:00Z",
	     "\"custody\":\"H5\",\"station\":\"Northgate\"");
	tell(bench, "person.merged", "C5", "2020-03-31T20:30:00Z", "\"from\":\"C5-old\"");
	tell(bench, "custody.threshold_met", "C5", "2020-03-31T21:00:00Z", "\"custody\":\"H5\"");
	complete_to(bench, "2020-04-01T04:52:00Z");
	tell_director(bench, "C5");
	report_link = link_of;
	report_print(bench, "open-alerts/daily", DUE); /* as the daemon does before anybody's own is read */
	report_person = "p-director";
	struct page page = report_page_of(bench, "open-alerts/daily", DUE, "Director of Children's Care");
	/* As its message had it: facts, the first thing to do, and by when. */
	assert_said(&page, "YOUR OPEN ALERTS: 1");
	assert_said(&page, "1 critical. Each has its own answer. The oldest comes first.");
	assert_said(&page, "A CHILD IN POLICE CUSTODY QUALIFIES FOR A BED");
	assert_said(&page, "C5, initials not recorded");
	assert_said(&page, "Held at: Northgate"); /* known of the id that ceased */
	assert_said(&page, "Bed asked for: Not recorded");
	assert_said(&page, "What to do: find a bed, or record why there is none.");
	assert_said(&page, "https://answers.example/a/p-director/opened");
	assert_not_said(&page, "Nothing waits");
	page_free(&page);
	report_person = "p-dcs";
	page = report_page_of(bench, "open-alerts/daily", DUE, "Director of Children's Services");
	assert_said(&page, "Nothing waits for your answer.");
	assert_said(&page, "YOUR OPEN ALERTS: 0");
	page_free(&page);
	report_person = NULL;
	report_link = NULL;
}

/* ---- what was printed ---- */

/* A second record that came late: the figure says that it changed, from what, since when, and why. */
static void a_figure_that_changed_since_it_was_printed_says_so(void **state)
{
	struct bench *bench = *state;
	decide(bench, "F", 10, 0, 5, "2020-02-03T10:00:00Z", "2020-02-04T10:00:00Z", "2020-02-10T10:00:00Z");
	complete_to(bench, "2020-03-01T05:52:00Z");
	report_print(bench, "front-door/monthly", "2020-03-01T06:00:00Z");
	tell_late(bench, "contact.received", "L", "2020-02-05T10:00:00Z", "\"contact\":\"L\"", "2020-03-10T10:00:00Z");
	struct page page = march_report(bench, "front-door/monthly");
	assert_said(&page, "* Restated: February was 5 of 10 in last month's report.");
	assert_said(&page, "5 of 11, 45% *");
	page_free(&page);
	page = report_page_of(bench, "front-door/monthly", "2020-03-01T06:00:00Z", "Reader");
	assert_not_said(&page, "Restated"); /* this very printing says what was kept */
	assert_said(&page, "5 of 10 contacts (50%)");
	page_free(&page);
}

/* The value column of a line of CSV that begins so. */
static void assert_csv(const struct page *page, const char *start, const char *wanted)
{
	const char *found = strstr(page->csv.at, start);
	char said[64] = "";
	if (!found)
		fail_msg("no line %s\n%s", start, page->csv.at);
	for (int comma = 0; *found && comma < 6; found++)
		comma += *found == ',';
	for (size_t n = 0; *found && *found != ',' && n < sizeof said - 1; found++)
		said[n++] = *found, said[n] = '\0';
	assert_string_equal(said, wanted);
}

static void refer(struct bench *bench, const char *prefix, int count, const char *time)
{
	for (int i = 0; i < count; i++)
		keyed(bench, "referral.accepted", prefix, i, time, "referral", "");
}

/* February's 3 were hidden in February's report, and stay so in March's, where they stand beside March's number; when
 * one more is entered late the board reads 'fewer than 5' still, and never a number before. */
static void what_was_hidden_from_a_board_stays_hidden(void **state)
{
	struct bench *bench = *state;
	refer(bench, "J", 9, "2020-01-10T10:00:00Z");
	refer(bench, "F", 3, "2020-02-10T10:00:00Z");
	refer(bench, "M", 12, "2020-03-10T10:00:00Z");
	complete_to(bench, "2020-03-01T05:52:00Z");
	struct page page = report_page_of(bench, "demand/board", "2020-03-01T06:00:00Z", "Improvement board");
	assert_csv(&page, "referrals,Referrals,,2020-02,", "fewer than 5");
	assert_csv(&page, "referrals,Referrals,,2020-01,", "9");
	page_free(&page);
	report_print(bench, "demand/board", "2020-03-01T06:00:00Z");
	tell_late(bench, "referral.accepted", "L", "2020-02-11T10:00:00Z", "\"referral\":\"L\"",
	          "2020-03-20T10:00:00Z");
	page = march_report(bench, "demand/board");
	assert_csv(&page, "referrals,Referrals,,2020-03,", "12");
	assert_csv(&page, "referrals,Referrals,,2020-02,", "fewer than 5");
	assert_null(strstr(page.json.at, "\"before\""));
	page_free(&page);
}

/* Neither the page nor a file for spreadsheets or programs shows a body outside the council a count of 1 to 4. */
static void no_file_for_a_body_outside_has_a_small_count_or_a_child(void **state)
{
	struct bench *bench = *state;
	static const char *const outside[] = {"custody/boards", "interviews/quarterly", "answering/board",
	                                      "demand/board", "plan/board"};
	refer(bench, "J", 2, "2020-01-10T10:00:00Z");
	counted_from(bench, "cin.opened", "C90", 3, "2020-02-10T10:00:00Z");
	counted_from(bench, "cla.started", "C91", 1, "2020-02-10T10:00:00Z");
	tell(bench, "custody.detained", "C92", "2020-03-20T21:00:00Z", "\"custody\":\"H\"");
	tell(bench, "missing.started", "C93", "2020-03-20T21:00:00Z", "\"episode\":\"E\",\"kind\":\"missing\"");
	tell(bench, "missing.ended", "C93", "2020-03-21T21:00:00Z", "\"episode\":\"E\"");
	tell(bench, "task.created", "T1", "2020-03-01T10:00:00Z", "\"task\":\"T1\",\"rag\":\"red\"");
	for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
		struct page page = march_report(bench, outside[i]);
		assert_null(strstr(page.html.at, "C9"));
		assert_null(strstr(page.csv.at, "C9"));
		for (char digit = '1'; digit <= '4'; digit++) {
			char csv[8], html[16], json[24];
			(void)snprintf(csv, sizeof csv, ",%c,", digit);
			(void)snprintf(html, sizeof html, ">%c</td>", digit);
			(void)snprintf(json, sizeof json, "\"value\":%c}", digit);
			if (strstr(page.csv.at, csv) || strstr(page.html.at, html) || strstr(page.json.at, json))
				fail_msg("%s shows %c:\n%s", outside[i], digit, page.csv.at);
		}
		page_free(&page);
	}
}

/* Who asks for their own list is told that it is being read; asked again a minute later it is there, for all of them.
 */
static void everybodys_own_list_is_read_without_being_asked_for_again(void **state)
{
	struct bench *bench = *state;
	struct fixture *f = bench->f;
	complete_to(bench, "2020-04-01T04:52:00Z");
	bring_up_to_date(bench);
	struct lists_settings settings = {.database = bench->f->path, .lists = config->lists,
	                                  .list_count = config->list_count, .rules = config->rules,
	                                  .directory = config->directory, .calendar = config->calendar,
	                                  .go_live = INSTANT_NONE};
	struct lists *lists = lists_new(&settings, &bench->fault);
	struct lists_wanted wanted = {.list = issue_of("open-alerts/daily"), .as_of = at(DUE), .last = at(DUE) - HOUR,
	                              .due = at(DUE)};
	assert_true(wanted.list->by_person);
	for (size_t i = 0; i < 40; i++) {
		wanted.person = text_of(config->directory->people[i].id);
		assert_false(lists_ready(lists, &wanted, at(DUE)));
	}
	for (size_t read = 0; read < 40; read++) {
		struct lists_wanted which;
		struct pollfd readable = {.fd = lists_fd(lists), .events = POLLIN};
		assert_int_equal(poll(&readable, 1, 60000), 1);
		OK(lists_take(lists, at(DUE), &which, &bench->fault));
		assert_ptr_equal(which.list, wanted.list);
		assert_true(text_equal(which.person, text_of(config->directory->people[read].id)));
	}
	for (size_t i = 0; i < 40; i++) {
		wanted.person = text_of(config->directory->people[i].id);
		assert_true(lists_ready(lists, &wanted, at(DUE)));
	}
	lists_free(lists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
		TEST(every_report_says_so_where_nothing_is_recorded),
		TEST(stepped_up_130_and_140_make_270),
		TEST(single_assessments_without_further_action_48_percent_of_the_quarter_and_30_of_march),
		TEST(contacts_in_time_52_percent_against_90_and_nfa_17_to_2_percent),
		TEST(an_open_contact_counts_as_late_from_its_working_day_on),
		TEST(the_same_seed_draws_the_same_sample),
		TEST(step_downs_26_to_17_percent_of_closures),
		TEST(one_auditor_of_40_disagrees),
		TEST(three_hundred_areas_have_three_hundred_rows),
		TEST(caseloads_from_over_30_to_22),
		TEST(unregulated_placements_name_what_needs_the_director),
		TEST(a_child_without_a_permanence_plan_is_tracked),
		TEST(short_breaks_say_which_reviews_are_overdue),
		TEST(the_plan_puts_what_is_overdue_first),
		TEST(an_indicator_tells_since_when_it_is_off_target),
		TEST(the_risk_register_has_standing_alerts_oldest_first),
		TEST(the_risk_register_lists_what_it_counts),
		TEST(everybody_reads_what_waits_for_them),
		TEST(a_restricted_case_waits_without_its_facts),
		TEST(a_figure_that_changed_since_it_was_printed_says_so),
		TEST(everybodys_own_list_is_read_without_being_asked_for_again),
		TEST(what_was_hidden_from_a_board_stays_hidden),
		TEST(no_file_for_a_body_outside_has_a_small_count_or_a_child),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
