/* The report on unregulated placements, of events of its own, against its reference. */
#include "told_rows.h"

struct placed {
	const char *child, *initials, *provider, *setting;
	int born;
	const char *registered; /* NULL: not recorded */
	const char *decided, *started, *ratified;
	int care, support; /* -1: not assessed */
	const char *contingency, *panel;
};
static const struct placed all[] = {
	{"C1072", "MB", "PR-31", "P2", 2004, "false", "2020-03-30T15:20:00Z", "2020-03-30T17:00:00Z", NULL, -1, -1,
         NULL, NULL},
	{"C1088", "SK", "PR-12", "H5", 2003, "true", "2020-03-20T09:00:00Z", "2020-03-20T12:00:00Z",
         "2020-03-20T11:05:00Z", 8, 5, NULL, NULL},
	{"C1029", "FT", "PR-07", "H5", 2004, "true", "2020-03-02T09:00:00Z", "2020-03-03T12:00:00Z",
         "2020-03-02T09:40:00Z", 6, 6, NULL, NULL},
	{"C1033", "LR", "PR-07", "H5", 2003, "true", "2020-01-13T12:00:00Z", "2020-01-13T15:00:00Z",
         "2020-01-13T14:15:00Z", 4, 5, NULL, "2020-03-09T10:00:00Z"},
	{"C1040", "AW", "PR-22", "P2", 2003, NULL, "2019-11-29T12:00:00Z", "2019-12-02T15:00:00Z",
         "2019-11-29T16:50:00Z", 3, 4, NULL, "2020-03-23T10:00:00Z"},
	{"C1058", "HD", "PR-12", "H5", 2003, "true", "2019-11-01T09:00:00Z", "2019-11-04T15:00:00Z", "2019-11-01", 7, 5,
         "2019-11-14T10:00:00Z", "2020-03-23T10:00:00Z"},
};

static void place(struct bench *bench, const struct placed *placed)
{
	char data[300], more[120];
	(void)snprintf(data, sizeof data, "\"initials\":\"%s\",\"date_of_birth\":\"%d-01-01\"", placed->initials,
	               placed->born);
	tell(bench, "child.updated", placed->child, "2019-10-01T10:00:00Z", data);
	(void)snprintf(more, sizeof more, "%s%s", placed->registered ? ",\"registered\":" : "",
	               placed->registered ? placed->registered : "");
	(void)snprintf(data, sizeof data,
	               "\"placement\":\"P-%s\",\"regulated\":false,\"setting\":\"%s\",\"provider\":\"%s\"%s",
	               placed->child, placed->setting, placed->provider, more);
	tell(bench, "placement.decided", placed->child, placed->decided, data);
	tell(bench, "placement.started", placed->child, placed->started, data);
	(void)snprintf(data, sizeof data, "\"placement\":\"P-%s\",\"by\":\"director\"", placed->child);
	if (placed->ratified)
		tell(bench, "placement.ratified", placed->child, placed->ratified, data);
	(void)snprintf(data, sizeof data, "\"placement\":\"P-%s\",\"care\":%d,\"support\":%d", placed->child,
	               placed->care, placed->support);
	if (placed->care >= 0)
		tell(bench, "risk_assessment.completed", placed->child, placed->started, data);
	(void)snprintf(data, sizeof data, "\"placement\":\"P-%s\"", placed->child);
	if (placed->contingency)
		tell(bench, "contingency_plan.recorded", placed->child, placed->contingency, data);
	if (strcmp(placed->started, "2020-02-10") < 0) /* the panel before the last: nothing was overdue on 1 March */
		tell(bench, "panel.reviewed", placed->child, "2020-02-10T10:00:00Z", data);
	if (placed->panel)
		tell(bench, "panel.reviewed", placed->child, placed->panel, data);
}

/* Two more were placed on 1 March, and are no longer. */
static void ended_in_march(struct bench *bench)
{
	static const char *const children[] = {"C1001", "C1002"};
	static const struct placed other = {.initials = "XX", .provider = "PR-07", .setting = "H5", .born = 2003,
	                                    .registered = "true", .decided = "2020-01-06T09:00:00Z",
	                                    .started = "2020-01-06T12:00:00Z", .ratified = "2020-01-06T10:00:00Z",
	                                    .care = 3, .support = 5, .panel = "2020-02-10T10:00:00Z"};
	for (size_t i = 0; i < 2; i++) {
		struct placed placed = other;
		char data[60];
		placed.child = children[i];
		place(bench, &placed);
		(void)snprintf(data, sizeof data, "\"placement\":\"P-%s\"", placed.child);
		tell(bench, "placement.ended", placed.child, "2020-03-10T10:00:00Z", data);
	}
}

static void standing(struct bench *bench, int number, const char *child, const char *rule, int step)
{
	run(bench,
	    "INSERT INTO alert (number, id, history, previous, rule, rule_from, severity, key, key_text, state, opened,"
	    " closed, nights, due, reason, told, step, next, acknowledged, spent, answer, early, evidence) VALUES (%d, "
	    "'x',"
	    " (SELECT id FROM history WHERE name = '%s' AND domain = 0), 0, '%s', 0, 1, 0, '', 0, 0, 0, 0, 0, '', 0, "
	    "%d, 0, 0,"
	    " 0, 0, 0, x'')",
	    number, child, rule, step);
}

/* With two of its sentences put as they are elsewhere: elapsed hours are rounded down, and what was in another year has
 * it. */
static void the_directors_report_is_the_reference(void **state)
{
	struct bench *bench = *state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		place(bench, &all[i]);
	ended_in_march(bench);
	bring_up_to_date(bench);
	/* The reference has numbers of its own. */
	run(bench, "DELETE FROM outbox; DELETE FROM alert; DELETE FROM audit");
	standing(bench, 2214, "C1072", "placement.unratified", 2);
	write_message(bench, 2214, 1, "director", at("2020-03-30T16:20:00Z"), true);
	write_message(bench, 2214, 2, "dcs", at("2020-03-31T15:20:00Z"), true);
	write_audit(bench, 2214, at("2020-03-31T15:20:00Z"), "alert.escalated");
	standing(bench, 2219, "C1072", "placement.no-risk-assessment", 1);
	standing(bench, 2207, "C1088", "placement.care-in-unregulated", 1);
	standing(bench, 2218, "C1088", "placement.no-contingency", 1);
	standing(bench, 2221, "C1029", "placement.panel-overdue", 1);
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "unregulated/monthly", DUE, "Director of Children's Care");
	keep_look(&page, "unregulated/monthly");
	char *wanted = text_of_file("tests/data/look/report-unregulated.txt");
	assert_non_null(wanted);
	char *said = in_one_line(page.text.at), *whole = in_one_line(wanted);
	char *hours = strstr(whole, "38 hours ago");
	assert_non_null(hours);
	hours[1] = '7';
	for (int i = 0; i < 3; i++) {
		static const char *const dated[] = {"Fri 29 Nov 2019", "Fri 1 Nov 2019", "Thu 14 Nov 2019"};
		char *year = strstr(said, dated[i]);
		if (!year)
			fail_msg("not said: %s", dated[i]);
		without(year, " 2019");
	}
	assert_string_equal(said, whole);
	static const struct look_change changes[] = {
		{"38 hours ago", "37 hours ago"},
		{"Fri 29 Nov, 16:50", "Fri 29 Nov 2019, 16:50"},
		{"Fri 1 Nov, time not known", "Fri 1 Nov 2019, time not known"},
		{"Care 7, support 5. Contingency plan Thu 14 Nov<",
	         "<b>Care 7, support 5.</b> Contingency plan Thu 14 Nov 2019<"},
	};
	assert_look(&page, "tests/data/look/report-unregulated.html", changes, sizeof changes / sizeof *changes, NULL);
	free(said);
	free(whole);
	free(wanted);
	page_free(&page);
}

/* A child in two placements: each has the alerts of its own key, and no other's. */
static void each_placement_has_its_own_alerts(void **state)
{
	struct bench *bench = *state;
	tell(bench, "child.updated", "C1", "2019-10-01T10:00:00Z",
	     "\"initials\":\"AB\",\"date_of_birth\":\"2003-05-01\"");
	for (int i = 1; i <= 2; i++) {
		char data[160];
		(void)snprintf(data, sizeof data,
		               "\"placement\":\"P%d\",\"regulated\":false,\"setting\":\"H5\",\"provider\":\"PR\"", i);
		tell(bench, "placement.decided", "C1", i == 1 ? "2020-03-28T10:00:00Z" : "2020-03-30T10:00:00Z", data);
		tell(bench, "placement.started", "C1", i == 1 ? "2020-03-28T10:00:00Z" : "2020-03-30T10:00:00Z", data);
	}
	bring_up_to_date(bench);
	run(bench, "DELETE FROM outbox; DELETE FROM alert; DELETE FROM audit");
	standing(bench, 11, "C1", "placement.unratified", 1);
	standing(bench, 12, "C1", "placement.no-risk-assessment", 1);
	standing(bench, 21, "C1", "placement.ratify", 1);
	run(bench, "UPDATE alert SET key = CASE WHEN number < 20 THEN %lld ELSE %lld END",
	    (long long)alert_key_of(TEXT("P1")), (long long)alert_key_of(TEXT("P2")));
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "unregulated/monthly", DUE, "Director of Children's Care");
	assert_said(&page, "placed on Monday 30 March and not ratified. Ratify or refuse. Alert A-21.");
	assert_said(&page, "placed on Saturday 28 March and not ratified. Ratify or refuse. Alert A-11.");
	assert_said(&page, "started without a risk assessment. * C1, AB: placed on Saturday 28 March");
	assert_said(&page, "started without a risk assessment. Alert A-12.");
	page_free(&page);
}

/* Nothing to do is no alarm: the box is for what needs somebody. */
static void where_nothing_needs_the_director_there_is_no_red_box(void **state)
{
	struct bench *bench = *state;
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, "unregulated/monthly", DUE, "Director of Children's Care");
	assert_said(&page, "WHAT NEEDS YOU: 0 Nothing.");
	assert_null(strstr(page.html.at, "class=\"act\""));
	assert_said(&page, "0 children are placed. 0 placements are not ratified");
	page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_directors_report_is_the_reference, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_placement_has_its_own_alerts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(where_nothing_needs_the_director_there_is_no_red_box, set_up,
	                                        tear_down),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
