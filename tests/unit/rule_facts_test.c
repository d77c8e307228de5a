/* What a rule's messages show: read from its file, and faulted where it stands. */
#include "rules/load/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define RULE                                                                                                  \
	"version: 2026-11-28\n"                                                                               \
	"rules:\n"                                                                                            \
	"  - id: a.b\n"                                                                                       \
	"    severity: high\n"                                                                                \
	"    deadline: {start: custody.detained, stop: custody.released, key: custody, within: 72 hours}\n"   \
	"    tell: [{role: edt}]\n"                                                                           \
	"    facts:\n"

static struct ruleset *load(const char *facts, struct config_faults *faults)
{
	struct buffer file = {0};
	buffer_format(&file, RULE "%s\n", facts);
	struct ruleset *rules = rules_load_text("a.yaml", buffer_view(&file), faults);
	buffer_free(&file);
	return rules;
}

static void expect_fault(const char *facts, int line, int column, const char *words)
{
	struct config_faults faults = {0};
	struct ruleset *rules = load(facts, &faults);
	if (rules || !faults.count)
		fail_msg("no fault in %s", facts);
	if (faults.items[0].line != line || faults.items[0].column != column || !strstr(faults.items[0].text, words))
		fail_msg("%s: %d:%d: %s", facts, faults.items[0].line, faults.items[0].column, faults.items[0].text);
	config_faults_free(&faults);
}

static void each_form_of_a_fact_is_read(void **state)
{
	struct config_faults faults = {0};
	(void)state;
	struct ruleset *rules = load(
		"      - {label: Held at, event: custody.detained, field: data.station}\n"
		"      - {label: Held, event: custody.detained, until: custody.released}\n"
		"      - {label: Since, event: custody.detained, show: ago, which: last, if-recorded: true}\n"
		"      - {label: Missing, state: missing, open: Missing since, ended: Returned}\n"
		"      - {label: Away, state: {from: missing.started, to: missing.ended, key: episode}, show: who}\n"
		"      - {label: Due, show: due, otherwise: Not known}\n"
		"      - {label: Team, show: team, only: alone}",
		&faults);
	if (!rules)
		fail_msg("%d:%d: %s", faults.items[0].line, faults.items[0].column, faults.items[0].text);
	const struct rule *rule = &rules->rules[0];
	static const enum rule_fact_show shows[] = {FACT_SHOWS_FIELD, FACT_SHOWS_TIME, FACT_SHOWS_AGO, FACT_SHOWS_STATE,
	                                            FACT_SHOWS_WHO, FACT_SHOWS_DUE, FACT_SHOWS_TEAM};
	assert_int_equal(rule->fact_count, 7);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(rule->facts[i].show, shows[i]);
	assert_true(rule->facts[2].last && rule->facts[2].if_recorded);
	assert_string_equal(rule->facts[3].open, "Missing since");
	assert_non_null(rule->facts[3].state);
	assert_non_null(rule->facts[4].state);
	assert_int_equal(rules->state_count, 0); /* what facts alone show is nothing that the engine follows */
	assert_string_equal(rule->facts[5].otherwise, "Not known");
	assert_int_equal(rule->facts[6].only, FACT_ALONE);
	assert_int_equal(rule->version, day_of(2026, 11, 28));
	ruleset_free(rules);
	config_faults_free(&faults);
}

static void what_is_wrong_with_a_fact_is_said_where_it_stands(void **state)
{
	(void)state;
	expect_fault("      - {label: A, event: custody.detaned}", 8, 27, "did you mean \"custody.detained\"?");
	expect_fault("      - {label: A, event: custody.detained, field: staton}", 8, 52,
	             "has no field \"staton\" to be shown");
	expect_fault("      - {label: A, state: mising}", 8, 27, "no state is called \"mising\"");
	expect_fault("      - {label: A label that is longer than it may be, show: due}", 8, 17, "has no room");
	expect_fault("      - {label: 'A:', show: due}", 8, 17, "without the colon");
	expect_fault("      - {label: A, show: count}", 8, 9, "only a count");
	expect_fault("      - {label: A, event: custody.detained, state: missing}", 8, 9, "names both");
	expect_fault("      - {label: A, event: custody.detained, where: 'open(\"cp\")'}", 8, 27, "reads data alone");
	expect_fault("      - {label: A, show: due}\n      - {label: A, show: team}", 9, 9, "stands here twice");
	expect_fault("      - {label: A, event: custody.detained, field: station, show: ago}", 8, 67,
	             "keep one of them");
	expect_fault("      - {label: A, show: due, otherwise: x, if-recorded: true}", 8, 42, "keep one of them");
	expect_fault("      - {label: A, show: due, only: warning}", 8, 37, "no warn");
	expect_fault("      - {label: A, show: due, colour: red}", 8, 31, "colour");
}

static void a_rule_shows_no_more_than_a_phone_does(void **state)
{
	struct buffer facts = {0};
	(void)state;
	for (int i = 0; i <= RULE_FACTS; i++)
		buffer_format(&facts, "      - {label: F%d, show: due}\n", i);
	expect_fault(buffer_cstr(&facts), 8, 7, "at most 12 facts");
	buffer_free(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_of_a_fact_is_read),
		cmocka_unit_test(what_is_wrong_with_a_fact_is_said_where_it_stands),
		cmocka_unit_test(a_rule_shows_no_more_than_a_phone_does),
	};
	return cmocka_run_group_tests_name("rule_facts", tests, NULL, NULL);
}
