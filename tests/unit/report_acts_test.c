/* Reports say of an act what a record of it says: what ended as the child died or moved away was not released, decided,
 * answered or completed, and what came twice, late or in parts is counted once and where it belongs. */
#include "told_rows.h"

static void left(struct bench *bench, const char *child, const char *time)
{
	tell(bench, "child.transferred", child, time, "\"to\":\"Leeds\"");
}

static struct page report_at(struct bench *bench, const char *issue, const char *due)
{
	complete_to(bench, due);
	struct page page = report_page_of(bench, issue, due, "Reader");
	keep_look(&page, issue);
	return page;
}

/* ---- a death and a move away are no act ---- */

static void a_hold_that_ended_with_the_case_was_no_release_and_owes_no_feedback(void **state)
{
	struct bench *bench = *state;
	tell(bench, "custody.detained", "C1", "2020-03-05T21:00:00Z", "\"custody\":\"K1\"");
	left(bench, "C1", "2020-03-06T10:00:00Z");
	tell(bench, "custody.detained", "C2", "2020-03-07T21:00:00Z", "\"custody\":\"K2\"");
	tell(bench, "custody.charged_bail_refused", "C2", "2020-03-07T21:30:00Z", "\"custody\":\"K2\"");
	tell(bench, "child.died", "C2", "2020-03-08T10:00:00Z", "");
	tell(bench, "custody.detained", "C3", "2020-03-09T21:00:00Z", "\"custody\":\"K3\"");
	tell(bench, "custody.released", "C3", "2020-03-10T10:00:00Z", "\"custody\":\"K3\"");
	struct page page = march_report(bench, "custody/monthly");
	assert_said(&page, "3 holds overnight in March");
	assert_said(&page, "Case moved to another council, release not recorded. Feedback: Not due.");
	assert_said(&page, "The child died. Feedback: Not due.");
	assert_said(&page, "Released. Feedback: Overdue.");
	assert_not_said(&page, "kept until court");
	page_free(&page);
}

static void a_contact_of_a_child_who_died_or_moved_before_it_was_due_is_not_late(void **state)
{
	struct bench *bench = *state;
	for (int i = 1; i <= 4; i++)
		keyed(bench, "contact.received", "C", i, "2020-03-05T10:00:00Z", "contact", "");
	tell(bench, "child.died", "C1", "2020-03-05T11:00:00Z", "");
	tell(bench, "child.transferred", "C2", "2020-03-06", "");
	left(bench, "C3", "2020-03-07T00:00:00Z"); /* when it was due */
	keyed(bench, "contact.decided", "C", 4, "2020-03-06T10:00:00Z", "contact", ",\"outcome\":\"nfa\"");
	struct page page = march_report(bench, "front-door/monthly");
	assert_said(&page, "1 of 2 contacts (50%) was decided in time in March");
	page_free(&page);
	page = report_at(bench, "clinic/front_door", DUE);
	assert_line(&page,
	            "* Contacts decided in time: ", "2019-20-Q4 1 of 2, 50%; 2019-20-Q3 0 of 0; 2018-19-Q4 0 of 0");
	page_free(&page);
}

static void a_reviewing_officers_alert_is_answered_by_an_answer(void **state)
{
	struct bench *bench = *state;
	for (int i = 1; i <= 3; i++)
		keyed(bench, "iro.alert_raised", "C", i, "2020-03-09T10:00:00Z", "alert", "");
	left(bench, "C1", "2020-03-10T10:00:00Z");
	keyed(bench, "iro.alert_answered", "C", 2, "2020-03-10T10:00:00Z", "alert", "");
	left(bench, "C3", "2020-03-18T10:00:00Z"); /* it was due by the end of the 16th */
	struct page page = report_at(bench, "audit/fortnightly", "2020-03-30T05:00:00Z");
	assert_said(&page,
	            "Alerts of reviewing officers raised: 0; answered in time, of those due: 1 of 2, 50%; open: 0.");
	page_free(&page);
	page = report_at(bench, "clinic/transformation", DUE);
	assert_line(&page, "* Reviewing officers' alerts in time: ",
	            "2019-20-Q4 1 of 2, 50%; 2019-20-Q3 0 of 0; 2018-19-Q4 0 of 0");
	page_free(&page);
}

static void a_stepped_up_case_is_closed_by_a_closing(void **state)
{
	struct bench *bench = *state;
	for (int i = 1; i <= 3; i++)
		keyed(bench, "case.stepped_up", "C", i, "2020-03-05T10:00:00Z", "case", "");
	left(bench, "C1", "2020-03-10T10:00:00Z");
	keyed(bench, "case.closed", "C", 2, "2020-03-10T10:00:00Z", "case", "");
	struct page page = march_report(bench, "stepup/monthly");
	assert_said(&page, "1 closed and 0 of those reviewed, 1 of children who died or moved to another council, 1 "
	                   "neither assessed nor closed.");
	assert_line(&page, "* Closed and reviewed: ", "Jan 0 of 0; Feb 0 of 0; Mar 0 of 1, 0%; Quarter 0 of 1, 0%");
	page_free(&page);
}

/* Two cases of one child: the closing of one was reviewed. */
static void a_closing_is_reviewed_by_the_answer_to_its_own_alert(void **state)
{
	struct bench *bench = *state;
	bench->now = at("2020-03-20T10:00:00Z");
	for (int i = 1; i <= 2; i++) {
		char data[40];
		(void)snprintf(data, sizeof data, "\"case\":\"U%d\"", i);
		tell(bench, "case.stepped_up", "C1", "2020-03-05T10:00:00Z", data);
		tell(bench, "case.closed", "C1", i == 1 ? "2020-03-10T10:00:00Z" : "2020-03-11T10:00:00Z", data);
	}
	bring_up_to_date(bench);
	run(bench,
	    "INSERT INTO audit (at, what, number, alert, rule, subject, detail, person, subject_key, proof, hash,"
	    " personal) SELECT %lld, 'alert.acknowledged', number, '', '', '', '{}', '', 0, x'', x'', '{}'"
	    " FROM alert WHERE rule = 'stepup.closed' AND key = %lld",
	    (long long)at("2020-03-12T10:00:00Z"), (long long)alert_key_of(TEXT("U1")));
	assert_int_equal(sqlite3_changes(bench->f->store->database), 1);
	struct page page = march_report(bench, "stepup/monthly");
	assert_said(&page, "2 closed and 1 of those reviewed");
	page_free(&page);
}

/* A review of before the break, and a plan of a date on which care began at a known hour. */
static void what_counts_from_a_beginning_counts_as_the_rules_count(void **state)
{
	struct bench *bench = *state;
	tell(bench, "shortbreak.started", "C1", "2019-11-10T10:00:00Z", "\"break\":\"B1\"");
	tell(bench, "shortbreak.reviewed", "C1", "2019-11-09T10:00:00Z", "\"break\":\"B1\",\"qualified\":true");
	tell(bench, "shortbreak.started", "C2", "2019-11-10T10:00:00Z", "\"break\":\"B2\"");
	tell(bench, "shortbreak.reviewed", "C2", "2019-11-10", "\"break\":\"B2\",\"qualified\":true");
	struct page page = march_report(bench, "shortbreak/monthly");
	assert_said(&page, "1 of 2 reviews (50%) was overdue at the end of March");
	assert_said(&page, "Last reviewed by one: 1 of 2, 50%.");
	assert_said(&page, "* C1, initials not recorded, age not known. Since: Sun 10 Nov 2019. Assessed: Not by a "
	                   "qualified social worker. Last review: None. Next: Overdue. Was due Mon 10 Feb.");
	page_free(&page);
	page = report_at(bench, "clinic/looked_after", DUE);
	assert_line(&page, "* Short-break reviews overdue: ",
	            "2019-20-Q4 1 of 2, 50%; 2019-20-Q3 0 of 2, 0%; 2018-19-Q4 0 of 0");
	page_free(&page);
	tell(bench, "cla.started", "C1", "2020-01-10T10:00:00Z", "\"plan\":\"L1\"");
	tell(bench, "permanence.planned", "C1", "2020-01-10", "");
	tell(bench, "cla.started", "C2", "2020-01-10T10:00:00Z", "\"plan\":\"L2\"");
	tell(bench, "permanence.planned", "C2", "2020-01-09", "");
	tell(bench, "cla.started", "C3", "2020-01-10T10:00:00Z", "\"plan\":\"L3\""); /* looked after by two records */
	tell(bench, "permanence.planned", "C3", "2020-01-20T10:00:00Z", "");
	tell(bench, "cla.started", "C3", "2020-02-10T10:00:00Z", "\"plan\":\"L4\"");
	page = march_report(bench, "permanence/monthly");
	assert_said(&page, "1 of 3 children looked after had no permanence plan at the end of March");
	assert_said(&page, "EVERY CHILD WITHOUT A PLAN NOW: 1 * C2");
	page_free(&page);
	page = report_at(bench, "clinic/looked_after", DUE);
	assert_line(&page,
	            "* Without a permanence plan: ", "2019-20-Q4 1 of 3, 33%; 2019-20-Q3 0 of 0; 2018-19-Q4 0 of 0");
	page_free(&page);
	tell(bench, "case.stepped_up", "C4", "2020-03-05T10:00:00Z", "\"case\":\"U4\"");
	tell(bench, "assessment.started", "C4", "2020-03-05",
	     "\"assessment\":\"A4\",\"kind\":\"single\",\"referral\":\"R4\"");
	page = march_report(bench, "stepup/monthly");
	assert_said(
		&page,
		"1 with an assessment in progress, 0 closed and 0 of those reviewed, 0 neither assessed nor closed");
	assert_said(&page, "AFTER THE STEP-UP: 0");
	page_free(&page);
}

static void a_task_is_completed_by_its_completion(void **state)
{
	struct bench *bench = *state;
	keyed(bench, "task.created", "C", 1, "2020-03-05T10:00:00Z", "task", "");
	keyed(bench, "task.created", "C", 2, "2020-03-05T10:00:00Z", "task", "");
	left(bench, "C1", "2020-03-25T10:00:00Z");
	keyed(bench, "task.completed", "C", 2, "2020-03-25T10:00:00Z", "task", "");
	struct page page = report_at(bench, "plan/weekly", "2020-03-30T05:00:00Z");
	assert_said(&page, "No task is open. 1 completed in the week");
	page_free(&page);
}

/* ---- what is counted once, and where ---- */

static void a_case_that_is_stepped_down_and_closed_is_one_closure(void **state)
{
	struct bench *bench = *state;
	of_team(bench, "C1", "north-3");
	keyed(bench, "stepdown.completed", "C", 1, "2020-03-05T10:00:00Z", "case", "");
	tell(bench, "allocation.ended", "C1", "2020-03-06T10:00:00Z", "\"role\":\"social-worker\",\"worker\":\"W-C1\"");
	tell(bench, "allocation.started", "C1", "2020-03-06T10:00:00Z",
	     "\"role\":\"social-worker\",\"worker\":\"W-other\",\"team\":\"south-1\"");
	keyed(bench, "case.closed", "C", 1, "2020-03-09T10:00:00Z", "case", "");
	keyed(bench, "case.closed", "C", 2, "2020-03-09T10:00:00Z", "case", "");
	struct page page = march_report(bench, "stepdown/monthly");
	assert_said(&page, "1 of 2 closures (50%) in March was by stepping down to Early Help");
	assert_line(&page, "North 3 ", "0 1 1 of 1, 100% 0 of 1, 0%");
	assert_not_said(&page, "South 1");
	page_free(&page);
	page = report_at(bench, "clinic/front_door", DUE);
	assert_line(&page, "* Step-downs made: ", "2019-20-Q4 1 of 2, 50%; 2019-20-Q3 0 of 0; 2018-19-Q4 0 of 0");
	page_free(&page);
}

/* As stepdown.unaudited: what a social worker audits for themselves is no audit by a team manager. */
static void a_step_down_is_audited_before_by_a_team_manager_or_above(void **state)
{
	struct bench *bench = *state;
	static const char *const by[] = {"social-worker", "team-manager", "head-of-service-assessment"};
	for (int i = 0; i < 3; i++) {
		char more[60];
		(void)snprintf(more, sizeof more, ",\"by\":\"%s\",\"outcome\":\"good\"", by[i]);
		keyed(bench, "stepdown.audited", "C", i, "2020-03-04T10:00:00Z", "case", more);
		keyed(bench, "stepdown.completed", "C", i, "2020-03-05T10:00:00Z", "case", "");
	}
	struct page page = march_report(bench, "stepdown/monthly");
	assert_said(&page, "Audited before: 2 of 3, 67%.");
	assert_said(&page, "STEPPED DOWN WITHOUT AN AUDIT BEFORE: 1");
	assert_said(&page, "* C0, initials not recorded, age not known. Stepped down: Thu 5 Mar, 10:00. Audited: Wed 4 "
	                   "Mar, 10:00, by the Social worker.");
	page_free(&page);
}

/* One moved from March into April is corrected, not withdrawn; one corrected and then withdrawn is. */
static void a_record_that_is_corrected_into_another_month_was_not_withdrawn(void **state)
{
	struct bench *bench = *state;
	struct fixture *f = bench->f;
	missing(bench, "C1", "2020-02-28T10:00:00Z", "E1");  /* e0 */
	returned(bench, "C1", "2020-03-02T10:00:00Z", "E1"); /* e1 */
	missing(bench, "C2", "2020-03-03T10:00:00Z", "E2");  /* e2 */
	struct batch *batch = batch_new();
	(void)batch_add(batch, f->parser, TEXT("kafka:events:0"), ++bench->next,
	                event_json(f, "lcs", "k1", "missing.ended", "C1", "2020-02-29T10:00:00Z",
	                           "\"replaces\":\"e1\",\"recordedtime\":\"2020-03-05T10:00:00Z\",",
	                           "\"episode\":\"E1\""),
	                at("2020-03-05T10:00:00Z"));
	(void)batch_add(
		batch, f->parser, TEXT("kafka:events:0"), ++bench->next,
		event_json(f, "lcs", "k2", "event.withdrawn", "C2", "2020-03-06T10:00:00Z", "", "\"id\":\"e2\""),
		at("2020-03-06T10:00:00Z"));
	OK(pipeline_take(bench->pipeline, batch, bench->now, bench->now, &f->fault));
	batch_free(batch);
	struct page page = march_report(bench, "interviews/monthly");
	assert_said(&page, "* lcs: 2 records. Late, by over 24 hours: 0 of 2, 0%. Corrected: 1. Withdrawn: 1.");
	page_free(&page);
	page = report_page_of(bench, "interviews/monthly", "2020-03-01T06:00:00Z", "Reader");
	assert_said(&page, "* lcs: 2 records. Late, by over 24 hours: 1 of 2, 50%. Corrected: 0. Withdrawn: 0.");
	page_free(&page);
}

/* A bed that was asked for was asked for, also where nobody recorded that the child was held. */
static void a_bed_is_counted_where_the_hold_was_not_recorded(void **state)
{
	struct bench *bench = *state;
	tell(bench, "pace.bed_requested", "C1", "2020-03-05T21:00:00Z", "\"custody\":\"K1\"");
	tell(bench, "pace.transfer_failed", "C1", "2020-03-05T22:00:00Z", "\"custody\":\"K1\"");
	tell(bench, "pace.transfer_failed", "C1", "2020-03-05T23:00:00Z", "\"custody\":\"K1\"");
	tell(bench, "custody.released", "C1", "2020-03-06T10:00:00Z", "\"custody\":\"K1\"");
	struct page page = march_report(bench, "custody/monthly");
	assert_said(&page, "0 holds overnight in March");
	assert_said(&page, "A bed was asked for once: 0 children were moved, and 2 transfers failed.");
	assert_line(&page, "Beds asked for ", "0 0 1 1");
	assert_line(&page, "Transfers failed ", "0 0 2 2");
	assert_line(&page, "Held, time not recorded ", "0 0 1 1");
	assert_said(&page, "EVERY HOLD IN MARCH: 0");
	page_free(&page);
}

/* Of three beds asked for in one hold two were secure, whatever the last was. */
static void secure_beds_are_counted_as_beds_are(void **state)
{
	struct bench *bench = *state;
	static const char *const more[] = {",\"secure\":true", ",\"secure\":true", ""};
	tell(bench, "custody.detained", "C1", "2020-03-05T20:00:00Z", "\"custody\":\"K1\"");
	for (int i = 0; i < 3; i++) {
		char time[32], data[64];
		(void)snprintf(time, sizeof time, "2020-03-05T2%d:00:00Z", i + 1);
		(void)snprintf(data, sizeof data, "\"custody\":\"K1\"%s", more[i]);
		tell(bench, "pace.bed_requested", "C1", time, data);
	}
	struct page page = march_report(bench, "custody/monthly");
	assert_line(&page, "Beds asked for ", "0 0 3 3");
	assert_line(&page, "Beds asked for that were secure ", "0 0 2 2");
	page_free(&page);
}

/* Nor is a child who was moved from two holds two children, and a move after a failure is said beside it. */
static void what_became_of_beds_is_said_of_children_and_in_full(void **state)
{
	struct bench *bench = *state;
	for (int i = 1; i <= 2; i++) {
		char data[40], time[32];
		(void)snprintf(data, sizeof data, "\"custody\":\"K%d\"", i);
		(void)snprintf(time, sizeof time, "2020-03-0%dT20:00:00Z", i);
		tell(bench, "custody.detained", "C1", time, data);
		tell(bench, "pace.bed_requested", "C1", time, data);
		if (i == 1)
			tell(bench, "pace.transfer_failed", "C1", "2020-03-01T21:00:00Z", data);
		(void)snprintf(time, sizeof time, "2020-03-0%dT23:00:00Z", i);
		tell(bench, "pace.transferred", "C1", time, data);
		if (i == 1) {
			struct page page = report_at(bench, "custody/monthly", "2020-04-01T04:00:00Z");
			assert_said(&page, "A bed was asked for once: 1 child was moved, and 1 transfer failed.");
			page_free(&page);
		}
	}
	struct page page = march_report(bench, "custody/monthly");
	assert_said(&page, "A bed was asked for twice: 1 child was moved, and 1 transfer failed.");
	page_free(&page);
}

/* ---- periods ---- */

/* The end of February 2020 less 365 days was the end of 1 March 2019. */
static void a_year_before_is_a_year_before_in_a_leap_year_too(void **state)
{
	struct bench *bench = *state;
	tell(bench, "allocation.started", "C1", "2019-04-01T10:00:00Z",
	     "\"role\":\"personal-adviser\",\"worker\":\"PA1\"");
	struct page page = march_report(bench, "caseload/monthly");
	assert_said(&page, "* PA1. Open cases: 1. A month before: 1. A year before: 0.");
	page_free(&page);
}

static void months_of_an_indicator_are_months(void **state)
{
	struct bench *bench = *state;
	for (int year = 2017; year <= 2020; year++)
		for (int month = 3; month <= 12 && (year < 2020 || month == 3); month += 3) {
			char time[32], data[120];
			(void)snprintf(time, sizeof time, "%d-%02d-20T10:00:00Z", year, month);
			(void)snprintf(data, sizeof data,
			               "\"indicator\":\"Quarterly\",\"value\":%d,\"target\":3,\"better\":\"lower\"",
			               (year - 2017) * 4 + month / 3);
			tell(bench, "indicator.reported", "Q", time, data);
		}
	tell(bench, "indicator.reported", "O", "2018-01-20T10:00:00Z",
	     "\"indicator\":\"Old\",\"value\":9,\"target\":3,\"better\":\"lower\"");
	struct page page = march_report(bench, "performance/monthly");
	assert_said(&page, "2 of 2 indicators are off target at the end of March");
	assert_said(&page, "By month: Mar 2019: 9; Jun: 10; Sep: 11; Dec: 12; Mar 2020: 13");
	assert_not_said(&page, ": 8;");
	assert_said(&page, "Old\n  Value: Off target: 9 in January 2018");
	assert_said(&page, "By month: None");
	page_free(&page);
}

/* Nothing is compared with months of which nothing, or not all, is recorded. */
static void referrals_are_compared_with_a_year_that_is_recorded(void **state)
{
	struct bench *bench = *state;
	keyed(bench, "referral.accepted", "R", 1, "2019-06-03T10:00:00Z", "referral", "");
	keyed(bench, "referral.accepted", "R", 2, "2020-03-03T10:00:00Z", "referral", "");
	struct page page = march_report(bench, "demand/monthly");
	assert_said(&page,
	            "Referrals for every 10,000 children: no comparison, none is recorded before these 12 months.");
	page_free(&page);
	keyed(bench, "referral.accepted", "R", 3, "2018-12-03T10:00:00Z", "referral", "");
	page = report_at(bench, "demand/monthly", DUE);
	assert_said(&page, "Referrals for every 10,000 children: no comparison, none is recorded before 3 Dec 2018.");
	page_free(&page);
	keyed(bench, "referral.accepted", "R", 4, "2018-04-03T10:00:00Z", "referral", "");
	page = report_at(bench, "demand/monthly", DUE);
	assert_said(&page, "Referrals for every 10,000 children: 1 to 1.");
	page_free(&page);
}

/* ---- unregulated placements ---- */

static void place(struct bench *bench, const char *child, const char *placement, const char *time)
{
	char data[120];
	(void)snprintf(data, sizeof data, "\"placement\":\"%s\",\"regulated\":false,\"setting\":\"H5\"", placement);
	tell(bench, "placement.started", child, time, data);
}

static void a_refused_placement_says_that_it_was_refused(void **state)
{
	struct bench *bench = *state;
	tell(bench, "placement.refused", "C1", "2020-03-30T09:00:00Z", "\"placement\":\"P1\",\"by\":\"director\"");
	place(bench, "C1", "P1", "2020-03-30T10:00:00Z");
	tell(bench, "risk_assessment.completed", "C1", "2020-03-30T11:00:00Z",
	     "\"placement\":\"P1\",\"care\":4.7,\"support\":4.2");
	struct page page = march_report(bench, "unregulated/monthly");
	assert_said(&page, "placed on Monday 30 March, though it was refused on Monday 30 March.");
	assert_not_said(&page, "Ratify or refuse");
	assert_said(&page, "Ratified: Refused. Mon 30 Mar, 10:00, and placed");
	assert_said(&page, "Care 4.7, support 4.2.");
	page_free(&page);
}

static void a_child_with_two_placements_is_one_child_whose_care_needs_exceed(void **state)
{
	struct bench *bench = *state;
	for (int i = 1; i <= 2; i++) {
		char placement[8], data[80];
		(void)snprintf(placement, sizeof placement, "P%d", i);
		place(bench, "C1", placement, "2020-03-30T10:00:00Z");
		(void)snprintf(data, sizeof data, "\"placement\":\"%s\",\"care\":8,\"support\":4", placement);
		tell(bench, "risk_assessment.completed", "C1", "2020-03-30T11:00:00Z", data);
	}
	struct page page = march_report(bench, "unregulated/monthly");
	assert_said(&page, "1 child has care needs above the support they get");
	page_free(&page);
}

/* The one that was entered last counts, and says what it says: the other had been a row of nothing. */
static void of_two_values_of_one_date_the_later_recorded_counts(void **state)
{
	struct bench *bench = *state;
	static const char *const said[] = {"\"indicator\":\"I\",\"value\":80,\"target\":90,\"better\":\"higher\"",
	                                   "\"indicator\":\"I\",\"value\":95,\"target\":90,\"better\":\"higher\""};
	tell_late(bench, "indicator.reported", "I", "2020-02-20", said[0], "2020-02-21T09:00:00Z");
	tell_late(bench, "indicator.reported", "I", "2020-02-20", said[1], "2020-02-22T09:00:00Z");
	tell_late(bench, "indicator.reported", "I", "2020-03-20", said[1], "2020-03-21T09:00:00Z");
	tell_late(bench, "indicator.reported", "I", "2020-03-20", said[0], "2020-03-22T09:00:00Z");
	struct page page = march_report(bench, "performance/monthly");
	assert_said(&page, "1 of 1 indicator is off target at the end of March.");
	assert_said(&page, "Value: Off target: 80 in March 2020 Target: 90 or higher Off target: Since March 2020 "
	                   "By month: Feb 2020: 95; Mar: 80");
	page_free(&page);
	place(bench, "C1", "P1", "2020-03-02T10:00:00Z");
	tell_late(bench, "risk_assessment.completed", "C1", "2020-03-05",
	          "\"placement\":\"P1\",\"care\":8,\"support\":3", "2020-03-07T09:00:00Z");
	tell_late(bench, "risk_assessment.completed", "C1", "2020-03-05",
	          "\"placement\":\"P1\",\"care\":2,\"support\":3", "2020-03-06T09:00:00Z");
	page = march_report(bench, "unregulated/monthly");
	assert_line(&page, "Care exceeds support ", "1 0");
	page_free(&page);
}

/* The words and the table speak of one day: on 30 March both of 29 February, and not of that and 1 March. */
static void a_month_ago_is_one_day(void **state)
{
	struct bench *bench = *state;
	place(bench, "C1", "P1", "2020-02-03T10:00:00Z");
	place(bench, "C2", "P2", "2020-02-29T10:00:00Z");
	place(bench, "C3", "P3", "2020-03-01T10:00:00Z");
	struct page page = report_at(bench, "unregulated/weekly", "2020-03-30T05:00:00Z");
	assert_said(&page, "3 children are placed, 1 more than on 29 February.");
	assert_said(&page, "30 March 29 February");
	assert_line(&page, "Children placed ", "3 2");
	page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
		TEST(a_hold_that_ended_with_the_case_was_no_release_and_owes_no_feedback),
		TEST(a_contact_of_a_child_who_died_or_moved_before_it_was_due_is_not_late),
		TEST(a_reviewing_officers_alert_is_answered_by_an_answer),
		TEST(a_stepped_up_case_is_closed_by_a_closing),
		TEST(a_closing_is_reviewed_by_the_answer_to_its_own_alert),
		TEST(what_counts_from_a_beginning_counts_as_the_rules_count),
		TEST(a_task_is_completed_by_its_completion),
		TEST(a_case_that_is_stepped_down_and_closed_is_one_closure),
		TEST(a_step_down_is_audited_before_by_a_team_manager_or_above),
		TEST(a_record_that_is_corrected_into_another_month_was_not_withdrawn),
		TEST(a_bed_is_counted_where_the_hold_was_not_recorded),
		TEST(secure_beds_are_counted_as_beds_are),
		TEST(what_became_of_beds_is_said_of_children_and_in_full),
		TEST(a_year_before_is_a_year_before_in_a_leap_year_too),
		TEST(months_of_an_indicator_are_months),
		TEST(of_two_values_of_one_date_the_later_recorded_counts),
		TEST(referrals_are_compared_with_a_year_that_is_recorded),
		TEST(a_refused_placement_says_that_it_was_refused),
		TEST(a_child_with_two_placements_is_one_child_whose_care_needs_exceed),
		TEST(a_month_ago_is_one_day),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
