/* The tests beside the rules, as `casewatch test` runs them: what could make one pass for nothing is a fault where it
 * stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <unistd.h>

#include <cmocka.h>

#include "ruletest/rule_tests.h"
#include "ruletest/test_junit.h"
#include "event/schema.h"

static struct config *config;
static char path[] = "/tmp/casewatch-rule-tests-XXXXXX", junit_path[] = "/tmp/casewatch-junit-XXXXXX";

static int load(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	int file = mkstemp(path), junit = mkstemp(junit_path);
	(void)hash_seed();
	schema_start();
	config = config_load("conf/casewatchd.yaml", NULL, &faults);
	config_faults_free(&faults);
	return file < 0 || close(file) != 0 || junit < 0 || close(junit) != 0 || !config ? -1 : 0;
}

static int unload(void **state)
{
	(void)state;
	config_free(config);
	(void)unlink(junit_path);
	return unlink(path);
}

struct outcomes {
	size_t passed, failed;
	struct buffer why;
};

static void take(void *context, const struct rule_test_outcome *outcome)
{
	struct outcomes *outcomes = context;
	outcomes->passed += outcome->verdict == RULE_TEST_HOLDS;
	outcomes->failed += outcome->verdict != RULE_TEST_HOLDS;
	if (outcome->verdict == RULE_TEST_FAILS)
		buffer_string(&outcomes->why, outcome->why);
}

static void put_tests(const char *tests)
{
	FILE *stream = fopen(path, "w");
	assert_non_null(stream);
	(void)fprintf(stream, "tests:\n%s", tests);
	assert_int_equal(fclose(stream), 0);
}

/* Runs one test, given as its lines below `tests:`; the faults as "line:column: text", one a line. */
static struct outcomes run(const char *test, struct buffer *said)
{
	struct outcomes outcomes = {0};
	struct config_faults faults = {0};
	put_tests(test);
	rule_tests_run(config, path, &faults, take, &outcomes);
	config_faults_sort(&faults);
	for (size_t i = 0; i < faults.count; i++)
		buffer_format(said, "%d:%d: %s\n", faults.items[i].line, faults.items[i].column, faults.items[i].text);
	config_faults_free(&faults);
	return outcomes;
}

#define MET "{at: 2020-01-19T01:20:00Z, type: custody.threshold_met, subject: C1, data: {custody: k1}}"
#define OPENED "{at: 2020-01-19T01:20:00Z, what: alert.opened, rule: custody.threshold, subject: C1}"
#define TEST(EVENTS, EXPECT)                                                                                           \
	"- title: T\n  only: [custody.threshold]\n  events:\n  - " EVENTS "\n  expect: " EXPECT "\n"

static const struct {
	const char *test, *fault;
} faulty[] = {
	{"- title: T\n  events:\n  - " MET "\n", "2:3: a test without `expect` shows nothing; write the lines that "
                                                 "must come, or `expect: []` where none may\n"},
	{"- title: T\n  events:\n  - " MET "\n  expect:\n", "5:10: a test without `expect` shows nothing; write the "
                                                            "lines that must come, or `expect: []` where none may\n"},
	{"- title: T\n  expect: []\n", "2:3: a test needs events\n"},
	{"- title: T\n  events: []\n  expect: []\n", "2:3: a test needs events\n"},
	{"- events:\n  - " MET "\n  expect: []\n",
         "2:3: a test needs a title: one sentence that says what must be so\n"},
	{"- title:\n  events:\n  - " MET "\n  expect: []\n",
         "2:3: a test needs a title: one sentence that says what must be so\n"},
	{"- titel: T\n  events:\n  - " MET "\n  expect: []\n",
         "2:3: a test has no \"titel\"; did you mean \"title\"?\n"},
	{"- title: T\n  only: [custody.treshold]\n  events:\n  - " MET "\n  expect: []\n",
         "3:10: there is no rule \"custody.treshold\"; did you mean \"custody.threshold\"?\n"},
	{"- title: T\n  what: [alert.opend]\n  events:\n  - " MET "\n  expect: []\n",
         "3:10: a kind of line is \"alert.opend\"; write alert.warned, alert.opened, alert.updated, alert.escalated, "
         "alert.acknowledged, alert.passed_on, alert.resolved, alert.withdrawn, event.quarantined, event.warned or "
         "list.due; did "
         "you mean \"alert.opened\"?\n"},
	{TEST("{at: 2020-01-19T01:20:00Z, type: custody.treshold_met, subject: C1, data: {custody: k1}}", "[]"),
         "5:38: no rule and no catalogue knows the event type \"custody.treshold_met\"; did you mean "
         "\"custody.threshold_met\"?\n"},
	{TEST("{at: 2020-01-19T01:20:00Z, type: custody.threshold_met, subjct: C1, data: {custody: k1}}", "[]"),
         "5:61: an event of a test has no \"subjct\"; did you mean \"subject\"?\n"},
	{TEST("{at: 2020-01-19T01:20:00Z, type: missing.started, subject: C1, data: {episode: e, kind: away, rsk: "
              "low}}",
              "[]"),
         "5:99: missing.started has no field \"rsk\"; did you mean \"risk\"?\n"},
	{TEST("{at: 2020-01-19T01:20:00Z, type: custody.threshold_met, subject: C1}", "[]"),
         "5:5: this event is refused: data.custody is missing; correct it, or say that it is meant with `what: "
         "[event.quarantined, ...]`\n"},
	{TEST("{at: 2020-01-19T01:20:00Z, type: missing.started, subject: C1, data: {episode: e, kind: away, risk: "
              "big}}",
              "[]"),
         "5:5: this event is taken with a warning: data.risk is not one of none, low, medium, high; correct it, or say "
         "that it is "
         "meant with `what: [event.warned, ...]`\n"},
	{TEST("{raw: '{not JSON'}", "[]"), "5:5: this event is refused: not JSON: at byte 2 a key in quotes is "
                                           "expected; correct it, or say that it is meant with "
                                           "`what: [event.quarantined, ...]`\n"},
	{TEST(MET, "[{what: alert.opened, rule: custody.treshold}]"),
         "6:39: there is no rule \"custody.treshold\"; did you mean \"custody.threshold\"?\n"},
	{TEST(MET, "[{what: alert.opened, rule: custody.overnight}]"),
         "6:39: custody.overnight is not looked at here; add it to `only`\n"},
	{"- title: T\n  only: []\n  events:\n  - " MET "\n  expect: []\n",
         "3:9: `only` names nothing, so that the test looks at nothing; leave it out or name what it means\n"},
	{"- title: T\n  what: []\n  events:\n  - " MET "\n  expect: []\n",
         "3:9: `what` names nothing, so that the test looks at nothing; leave it out or name what it means\n"},
	{"- title: T\n  until: 2020-01-19T01:00:00Z\n  events:\n  - " MET "\n  expect: []\n",
         "5:5: this event arrives after `until`: neither it nor what follows is read\n"},
	{TEST(MET, "[{what: alert.escalated}]"), "6:19: alert.escalated is not looked at here; add it to `what`\n"},
	{TEST(MET, "[{wat: alert.opened}]"), "6:13: an expected line has no \"wat\"; did you mean \"at\"?\n"},
};

static void what_would_pass_for_nothing_is_a_fault_where_it_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
		struct buffer said = {0};
		struct outcomes result = run(faulty[i].test, &said);
		assert_string_equal(buffer_cstr(&said), faulty[i].fault);
		assert_int_equal(result.passed, 0);
		assert_int_equal(result.failed, 1);
		buffer_free(&said);
		buffer_free(&result.why);
	}
}

static void a_test_that_stands_under_another_heading_is_a_fault_and_not_passed_over(void **state)
{
	(void)state;
	struct buffer said = {0};
	struct outcomes result = run(TEST(MET, "[" OPENED "]") "equivalent:\n- title: T\n", &said);
	assert_string_equal(buffer_cstr(&said),
	                    "8:3: an item of equivalent has no \"title\"; it may have rule, change or because\n");
	assert_int_equal(result.passed, 0);
	buffer_free(&said);
	buffer_free(&result.why);
}

static void a_test_holds_or_says_what_was_missing_and_what_came(void **state)
{
	(void)state;
	static const struct {
		const char *test;
		size_t passed;
		const char *complaint;
	} cases[] = {
		{TEST(MET, "[" OPENED "]"), 1, NULL},
		{TEST(MET, "[]"), 0, "came, but was not expected"},
		{TEST("{at: 2020-01-19T01:20:00Z, type: custody.detained, subject: C1, data: {custody: k1}}", "[]"), 1,
	         NULL},
		{TEST("{at: 2020-01-19T01:20:00Z, type: custody.detained, subject: C1, data: {custody: k1}}",
	              "[" OPENED "]"),
	         0, "expected, but did not come"},
		{TEST("{raw: '{'}", "[{what: event.quarantined, line: 1}]\n  what: [event.quarantined]"), 1, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer said = {0};
		struct outcomes result = run(cases[i].test, &said);
		assert_string_equal(buffer_cstr(&said), "");
		assert_int_equal(result.passed, cases[i].passed);
		assert_int_equal(result.failed, 1 - cases[i].passed);
		if (cases[i].complaint)
			assert_non_null(strstr(buffer_cstr(&result.why), cases[i].complaint));
		else
			assert_string_equal(buffer_cstr(&result.why), "");
		buffer_free(&said);
		buffer_free(&result.why);
	}
}

#define CUSTODY(EVENTS, EXPECT)                                                                                        \
	"- title: T\n  only: [custody.bail-refused]\n  until: 2020-01-19T00:00:00Z\n  events:\n" EVENTS                \
	"  expect:\n" EXPECT
#define REFUSED "  - {at: 2020-01-18T15:00:00Z, type: custody.charged_bail_refused, subject: C1, data: {custody: k1}}\n"

static void a_test_that_fails_says_what_came_nearest_and_all_that_happened_to_the_child(void **state)
{
	(void)state;
	static const struct {
		const char *test, *why;
	} cases[] = {
		{CUSTODY(REFUSED "  - {at: 2020-01-18T14:00:00Z, recorded: 2020-01-18T19:00:00Z, type: "
	                         "custody.detained, subject: "
	                         "C1, id: held, data: {custody: k1}}\n",
	                 "  - {at: 2020-01-18T15:30:00Z, what: alert.opened, rule: custody.bail-refused, subject: C1, "
	                 "tell: "
	                 "[team-manager]}\n"),
	         "  line 9: expected, but did not come: 2020-01-18T15:30:00Z alert.opened custody.bail-refused, "
	         "subject C1, "
	         "tell [team-manager]\n"
	         "    nearest was what came at 2020-01-18T15:00:00Z: at is 2020-01-18T15:00:00Z, not "
	         "2020-01-18T15:30:00Z; "
	         "tell is [edt, team-manager], not [team-manager]\n"
	         "  C1, in order of time:\n"
	         "    2020-01-18T14:00:00Z  held custody.detained {custody: k1}, recorded 2020-01-18T19:00:00Z\n"
	         "    2020-01-18T15:00:00Z  e1 custody.charged_bail_refused {custody: k1}\n"
	         "    2020-01-18T15:00:00Z  -> alert.opened custody.bail-refused, severity high, tell [edt, "
	         "team-manager]: "
	         "\"Charged, bail refused\" on 18 Jan, 15:00\n"},
		{CUSTODY(REFUSED, "  - {what: alert.opened}\n  - {at: 2020-01-18T18:00:00Z, what: alert.resolved, "
	                          "subject: C9}\n"),
	         "  line 9: expected, but did not come: 2020-01-18T18:00:00Z alert.resolved, subject C9\n"
	         "    nothing else came about C9\n"
	         "  C9: nothing is recorded and nothing came\n"},
		{CUSTODY(REFUSED, "  - {what: alert.opened, says: and a \"quote\"}\n"),
	         "  line 8: expected, but did not come: alert.opened, says and a \"quote\"\n"
	         "    nearest was what came at 2020-01-18T15:00:00Z: says is \"Charged, bail refused\" on 18 Jan, "
	         "15:00, "
	         "not and a \"quote\"\n"
	         "  C1, in order of time:\n"
	         "    2020-01-18T15:00:00Z  e1 custody.charged_bail_refused {custody: k1}\n"
	         "    2020-01-18T15:00:00Z  -> alert.opened custody.bail-refused, severity high, tell [edt, "
	         "team-manager]: "
	         "\"Charged, bail refused\" on 18 Jan, 15:00\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer said = {0};
		struct outcomes result = run(cases[i].test, &said);
		assert_string_equal(buffer_cstr(&said), "");
		assert_string_equal(buffer_cstr(&result.why), cases[i].why);
		buffer_free(&said);
		buffer_free(&result.why);
	}
}

/* ---- JUnit ---- */

static void junit_case(void *context, const struct rule_test_outcome *outcome)
{
	test_junit_add(context, outcome);
}

/* The whole file that the tests give. */
static void junit_of(const char *tests, struct buffer *out)
{
	struct test_junit junit = {.tests = 0};
	struct config_faults faults = {0};
	struct fault fault = {{0}};
	char piece[4096];
	put_tests(tests);
	rule_tests_run(config, path, &faults, junit_case, &junit);
	test_junit_end_file(&junit, "rules/a&b.test.yaml", NULL);
	test_junit_end_file(&junit, "rules/gone.test.yaml", "cannot be opened: \x1b\xff<");
	assert_int_equal(test_junit_write(&junit, junit_path, &fault), RESULT_OK);
	FILE *stream = fopen(junit_path, "r");
	assert_non_null(stream);
	for (size_t got; (got = fread(piece, 1, sizeof piece, stream)) > 0;)
		buffer_add(out, piece, got);
	assert_int_equal(fclose(stream), 0);
	test_junit_free(&junit);
	config_faults_free(&faults);
}

static void outcomes_are_written_as_junit_with_what_xml_cannot_hold_escaped(void **state)
{
	(void)state;
	struct buffer out = {0};
	junit_of("- title: 'Fine <&> \"so\"'\n  only: [custody.threshold]\n  events:\n  - " MET "\n  expect: [" OPENED
	         "]\n"
	         "- title: Falls short\n  only: [custody.threshold]\n  events:\n  - " MET "\n  expect: []\n"
	         "- title: At fault\n  events:\n  - " MET "\n",
	         &out);
	const char *xml = buffer_cstr(&out);
	assert_non_null(strstr(xml, "<testsuites name=\"casewatch test\" tests=\"4\" failures=\"1\" errors=\"2\">\n"));
	assert_non_null(
		strstr(xml, "<testsuite name=\"a&#38;b\" tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\">\n"));
	assert_non_null(strstr(xml, " name=\"Fine &#60;&#38;&#62; &#34;so&#34;\" "));
	assert_non_null(
		strstr(xml, "\" line=\"7\">\n      <failure message=\"something else came than was expected\">"));
	assert_non_null(
		strstr(xml, "came, but was not expected: 2020-01-19T01:20:00Z C1 alert.opened custody.threshold"));
	assert_non_null(strstr(xml, "<error message=\"the test could not be run as it is meant\">"));
	assert_non_null(strstr(xml, "a test without `expect` shows nothing"));
	assert_non_null(strstr(
		xml,
		"<error message=\"the file cannot be read\">cannot be opened: \xef\xbf\xbd\xef\xbf\xbd&#60;</error>"));
	buffer_free(&out);
}

static void a_file_that_cannot_be_written_is_said(void **state)
{
	(void)state;
	struct test_junit junit = {.tests = 0};
	struct fault fault = {{0}};
	assert_int_equal(test_junit_write(&junit, "/no/such/folder/junit.xml", &fault), RESULT_PERMANENT);
	assert_string_equal(fault.text, "/no/such/folder/junit.xml cannot be written: No such file or directory");
	test_junit_free(&junit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_would_pass_for_nothing_is_a_fault_where_it_stands),
		cmocka_unit_test(a_test_that_stands_under_another_heading_is_a_fault_and_not_passed_over),
		cmocka_unit_test(a_test_holds_or_says_what_was_missing_and_what_came),
		cmocka_unit_test(a_test_that_fails_says_what_came_nearest_and_all_that_happened_to_the_child),
		cmocka_unit_test(outcomes_are_written_as_junit_with_what_xml_cannot_hold_escaped),
		cmocka_unit_test(a_file_that_cannot_be_written_is_said),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
