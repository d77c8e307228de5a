/* The tests beside the rules, as `casewatch test` runs them: what could make one pass for nothing is a fault where it
 * stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <unistd.h>

#include <cmocka.h>

#include "cli/rule_tests.h"
#include "event/schema.h"

static struct config *config;
static char path[] = "/tmp/casewatch-rule-tests-XXXXXX";

static int load(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	int file = mkstemp(path);
	(void)hash_seed();
	schema_start();
	config = config_load("conf/casewatchd.yaml", NULL, &faults);
	config_faults_free(&faults);
	return file < 0 || close(file) != 0 || !config ? -1 : 0;
}

static int unload(void **state)
{
	(void)state;
	config_free(config);
	return unlink(path);
}

/* Runs one test, given as its lines below `tests:`; the faults as "line:column: text", one a line. */
static struct rule_test_result run(const char *test, struct buffer *said, struct buffer *complaints)
{
	struct rule_test_result result = {0};
	struct config_faults faults = {0};
	FILE *stream = fopen(path, "w");
	assert_non_null(stream);
	(void)fprintf(stream, "tests:\n%s", test);
	assert_int_equal(fclose(stream), 0);
	rule_tests_run(config, path, &faults, &result, complaints);
	config_faults_sort(&faults);
	for (size_t i = 0; i < faults.count; i++)
		buffer_format(said, "%d:%d: %s\n", faults.items[i].line, faults.items[i].column, faults.items[i].text);
	config_faults_free(&faults);
	return result;
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
	{TEST(MET, "[{what: alert.escalated}]"), "6:19: alert.escalated is not looked at here; add it to `what`\n"},
	{TEST(MET, "[{wat: alert.opened}]"), "6:13: an expected line has no \"wat\"; did you mean \"at\"?\n"},
};

static void what_would_pass_for_nothing_is_a_fault_where_it_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
		struct buffer said = {0}, complaints = {0};
		struct rule_test_result result = run(faulty[i].test, &said, &complaints);
		assert_string_equal(buffer_cstr(&said), faulty[i].fault);
		assert_int_equal(result.passed, 0);
		assert_int_equal(result.failed, 1);
		buffer_free(&said);
		buffer_free(&complaints);
	}
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
		struct buffer said = {0}, complaints = {0};
		struct rule_test_result result = run(cases[i].test, &said, &complaints);
		assert_string_equal(buffer_cstr(&said), "");
		assert_int_equal(result.passed, cases[i].passed);
		assert_int_equal(result.failed, 1 - cases[i].passed);
		if (cases[i].complaint)
			assert_non_null(strstr(buffer_cstr(&complaints), cases[i].complaint));
		else
			assert_string_equal(buffer_cstr(&complaints), "");
		buffer_free(&said);
		buffer_free(&complaints);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_would_pass_for_nothing_is_a_fault_where_it_stands),
		cmocka_unit_test(a_test_holds_or_says_what_was_missing_and_what_came),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
