/* Changes to rules, and whether tests notice them: `casewatch test --mutate`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ruletest/mutants.h"
#include "ruletest/mutate.h"
#include "event/schema.h"
#include "rules/load/load.h"

#define RULES_BEFORE "rules:\n- {id: held, severity: high, tell: {role: team-manager}, "

/* ---- which changes are made ---- */

static bool none_sent[UINT16_MAX + 1];

/* Which other type comes in is a matter of the catalogue. */
static void put_change(struct buffer *out, const struct mutant *mutant)
{
	const char *arrow = strstr(mutant->change, " -> ");
	bool type = arrow && schema_find(text_of(arrow + 4)) != TYPE_UNKNOWN;
	buffer_format(out, "%s: %.*s\n", mutant->rule,
	              (int)(type ? arrow + 4 - mutant->change : (long)strlen(mutant->change)), mutant->change);
}

static bool note(void *context, const struct mutant *mutant)
{
	struct config_faults faults = {0};
	struct ruleset *ruleset = rules_load_roots("r.yaml", &mutant->root, 1, &faults);
	bool loads = ruleset != NULL;
	if (loads)
		put_change(context, mutant);
	ruleset_free(ruleset);
	config_faults_free(&faults);
	return loads;
}

/* The changes of a file that load, one a line; how many do not load in any way. */
static size_t changes_of(const char *file, struct buffer *out)
{
	struct config_faults faults = {0};
	struct yaml_tree *tree = yaml_tree_parse("r.yaml", text_of(file), &faults);
	assert_non_null(tree);
	struct arena *arena = arena_new(4096);
	const struct yaml_node *root = mutants_prepare(yaml_tree_root(tree), arena);
	struct ruleset *ruleset = rules_load_roots("r.yaml", &root, 1, &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_error("%d:%d %s\n", faults.items[i].line, faults.items[i].column, faults.items[i].text);
	assert_non_null(ruleset);
	size_t refused = mutants_make(root, none_sent, note, out);
	ruleset_free(ruleset);
	arena_free(arena);
	yaml_tree_free(tree);
	config_faults_free(&faults);
	return refused;
}

static const struct {
	const char *rule, *changes; /* `changes`: those of the kind, without the lines of severity and tell */
} cases[] = {
	{"count: {event: missing.started, where: 'data.kind == \"missing\"', distinct: episode, at-least: 3, "
         "within: 30 days}, closes-on: vpg.discussed",
         "held: count.event: missing.started -> \n"
         "held: count.where: data.kind == \"missing\" -> data.kind != \"missing\"\n"
         "held: count.where: data.kind == \"missing\" -> data.kind == \"away\"\n"
         "held: count.where: data.kind == \"missing\" -> false\n"
         "held: count.where: data.kind == \"missing\" -> nothing\n"
         "held: count.distinct: episode -> nothing\n"
         "held: count.at-least: 3 -> 2\n"
         "held: count.at-least: 3 -> 4\n"
         "held: count.within: 30 days -> 29 days\n"
         "held: count.within: 30 days -> 31 days\n"
         "held: count.within: 30 days -> 30 working days\n"
         "held: closes-on: vpg.discussed -> \n"
         "held: closes-on: vpg.discussed -> nothing\n"},
	{"overlap: {start: custody.detained, stop: [custody.released], key: custody, daily: \"22:00-08:00\"}",
         "held: overlap.start: custody.detained -> \n"
         "held: overlap.stop[1]: custody.released -> \n"
         "held: overlap.key: custody -> nothing\n"
         "held: overlap.daily: 22:00-08:00 -> 21:00-08:00\n"
         "held: overlap.daily: 22:00-08:00 -> 23:00-08:00\n"
         "held: overlap.daily: 22:00-08:00 -> 22:01-08:00\n"
         "held: overlap.daily: 22:00-08:00 -> 22:00-07:00\n"
         "held: overlap.daily: 22:00-08:00 -> 22:00-09:00\n"
         "held: overlap.daily: 22:00-08:00 -> 22:00-08:01\n"},
	{"state: {when: '(open(\"vpg\") || open(\"rmg\")) && !open(\"cp\")', "
         "from: birth + 17 years 6 months}",
         "held: state.when -> (open(\"private_fostering\") || open(\"rmg\")) && !open(\"cp\")\n"
         "held: state.when -> (open(\"vpg\") && open(\"rmg\")) && !open(\"cp\")\n"
         "held: state.when -> (open(\"vpg\") || false) && !open(\"cp\")\n"
         "held: state.when -> (false || open(\"rmg\")) && !open(\"cp\")\n"
         "held: state.when -> (open(\"vpg\") || open(\"private_fostering\")) && !open(\"cp\")\n"
         "held: state.when -> (open(\"vpg\") || open(\"rmg\")) || !open(\"cp\")\n"
         "held: state.when -> (open(\"vpg\") || open(\"rmg\")) && true\n"
         "held: state.when -> true && !open(\"cp\")\n"
         "held: state.when -> (open(\"vpg\") || open(\"rmg\")) && open(\"cp\")\n"
         "held: state.when -> (open(\"vpg\") || open(\"rmg\")) && !open(\"private_fostering\")\n"
         "held: state.when -> false\n"
         "held: state.from: birth + 17 years 6 months -> birth + 16 years 6 months\n"
         "held: state.from: birth + 17 years 6 months -> birth + 18 years 6 months\n"
         "held: state.from: birth + 17 years 6 months -> birth + 17 years 5 months\n"
         "held: state.from: birth + 17 years 6 months -> birth + 17 years 7 months\n"
         "held: state.from: birth + 17 years 6 months -> nothing\n"},
	{"event: {event: vcl.scored, where: 'age < 16 && data.level in [\"high\", \"very-high\"]'}, until-age: 18, "
         "effective-from: 2021-09-01, mode: shadow, restricted: true, out-of-hours: edt",
         "held: event.where -> age <= 16 && data.level in [\"high\", \"very-high\"]\n"
         "held: event.where -> age >= 16 && data.level in [\"high\", \"very-high\"]\n"
         "held: event.where -> age < 15 && data.level in [\"high\", \"very-high\"]\n"
         "held: event.where -> age < 17 && data.level in [\"high\", \"very-high\"]\n"
         "held: event.where -> age < 16 || data.level in [\"high\", \"very-high\"]\n"
         "held: event.where -> age < 16 && true\n"
         "held: event.where -> true && data.level in [\"high\", \"very-high\"]\n"
         "held: event.where -> age < 16 && data.level in [\"low\", \"very-high\"]\n"
         "held: event.where -> age < 16 && data.level in [ \"very-high\"]\n"
         "held: event.where -> age < 16 && data.level in [\"high\", \"low\"]\n"
         "held: event.where -> age < 16 && data.level in [\"high\"]\n"
         "held: event.where -> false\n"
         "held: event.where -> nothing\n"
         "held: until-age: 18 -> 17\n"
         "held: until-age: 18 -> 19\n"
         "held: until-age: 18 -> nothing\n"
         "held: effective-from: 2021-09-01 -> 2021-08-31\n"
         "held: effective-from: 2021-09-01 -> 2021-09-02\n"
         "held: effective-from: 2021-09-01 -> nothing\n"
         "held: mode: shadow -> nothing\n"
         "held: restricted: true -> nothing\n"
         "held: out-of-hours: edt -> nothing\n"},
	{"deadline: {start: missing.ended, stop: rhi.completed, key: episode, within: 72 hours, warn: [24 hours, 48 "
         "hours]}",
         "held: deadline.start: missing.ended -> \n"
         "held: deadline.stop: rhi.completed -> \n"
         "held: deadline.key: episode -> nothing\n"
         "held: deadline.within: 72 hours -> 71 hours\n"
         "held: deadline.within: 72 hours -> 73 hours\n"
         "held: deadline.warn[1]: 24 hours -> 23 hours\n"
         "held: deadline.warn[1]: 24 hours -> 25 hours\n"
         "held: deadline.warn[1]: 24 hours -> nothing\n"
         "held: deadline.warn[2]: 48 hours -> 47 hours\n"
         "held: deadline.warn[2]: 48 hours -> 49 hours\n"
         "held: deadline.warn[2]: 48 hours -> nothing\n"},
};
#define ALWAYS                                                                                                         \
	"held: severity: high -> critical\nheld: severity: high -> normal\nheld: tell.role: team-manager -> "          \
	"performance\n"

static void each_word_of_a_rule_is_changed_in_turn(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer file = {0}, expected = {0}, out = {0};
		buffer_format(&file, RULES_BEFORE "%s}\n", cases[i].rule);
		buffer_format(&expected, ALWAYS "%s", cases[i].changes);
		(void)changes_of(buffer_cstr(&file), &out);
		if (strcmp(buffer_cstr(&out), buffer_cstr(&expected)) != 0)
			(void)fputs(buffer_cstr(&out), stderr); /* whole: the assertion cuts it */
		assert_string_equal(buffer_cstr(&out), buffer_cstr(&expected));
		buffer_free(&file);
		buffer_free(&expected);
		buffer_free(&out);
	}
}

static void settings_are_changed_where_they_are_used(void **state)
{
	(void)state;
	struct buffer out = {0};
	(void)changes_of("settings: {soon: {value: 72 hours, basis: local}, times: 3}\n" RULES_BEFORE
	                 "count: {event: s47.started, at-least: $times, within: $soon}}\n",
	                 &out);
	assert_non_null(strstr(buffer_cstr(&out), "held: count.at-least: 3 -> 4\n"));
	assert_non_null(strstr(buffer_cstr(&out), "held: count.within: 72 hours -> 73 hours\n"));
	buffer_free(&out);
}

static void named_states_and_steps_are_changed_too(void **state)
{
	(void)state;
	struct buffer out = {0};
	(void)changes_of("states:\n- {id: asked, from: fgdm.offered, to: [fgdm.held, fgdm.declined]}\n"
	                 "rules:\n- {id: held, severity: high, state: {when: 'open(\"asked\")'}, tell: "
	                 "[{role: [edt, iro], escalate-after: 2 hours, answer: each}, {role: iro}, {role: dcs}]}\n",
	                 &out);
	static const char *const made[] = {
		"state asked: from: fgdm.offered -> \n",
		"state asked: to[2]: fgdm.declined -> \n",
		"held: tell[1].role[1]: edt -> performance\n",
		"held: tell[1].role[2]: iro -> nothing\n",
		"held: tell[1].escalate-after: 2 hours -> 3 hours\n",
		"held: tell[1].answer: each -> nothing\n",
		"held: tell[2]: {role: iro} -> {role: iro, escalate-after: 3 hours}\n",
		"held: tell[3]: {role: dcs} -> nothing\n",
	};
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		if (!strstr(buffer_cstr(&out), made[i]))
			fail_msg("not made: %s\nmade:\n%s", made[i], buffer_cstr(&out));
	buffer_free(&out);
}

/* ---- whether tests notice ---- */

static char dir[] = "/tmp/casewatch-mutate-XXXXXX";

static void put_file(const char *name, const char *bytes)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%s", dir, name);
	FILE *stream = fopen(buffer_cstr(&path), "w");
	assert_non_null(stream);
	(void)fputs(bytes, stream);
	assert_int_equal(fclose(stream), 0);
	buffer_free(&path);
}

static void remove_file(const char *name)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%s", dir, name);
	(void)unlink(buffer_cstr(&path));
	buffer_free(&path);
}

static void hear(void *context, const struct mutate_survivor *survivor)
{
	const char *name = strrchr(survivor->file, '/');
	buffer_format(context, "%s:%d: %s: %s\n", name ? name + 1 : survivor->file, survivor->line, survivor->rule,
	              survivor->change);
}

#define HELD                                                                                                           \
	"rules:\n- id: held\n  severity: high\n  tell: {role: team-manager}\n  message: custody-threshold\n"           \
	"  deadline: {start: custody.detained, stop: custody.released, key: custody, within: 2 hours}\n"
#define DETAINED "{at: 2020-01-19T10:00:00Z, type: custody.detained, subject: C1, data: {custody: k1}}"
#define EXPECTED "at: 2020-01-19T12:00:00Z, what: alert.opened, rule: held"
/* Held for two hours: overdue at that second and no other; released before, or of another hold. */
#define TESTS(OPENED)                                                                                                  \
	"tests:\n- title: T\n  until: 2020-01-20T00:00:00Z\n  events:\n  - " DETAINED "\n"                             \
	"  - {at: 2020-01-19T10:00:00Z, type: custody.detained, subject: C2, data: {custody: k2}}\n"                   \
	"  - {at: 2020-01-19T10:30:00Z, type: custody.released, subject: C1, data: {custody: other}}\n"                \
	"  - {at: 2020-01-19T11:59:59Z, type: custody.released, subject: C2, data: {custody: k2}}\n"                   \
	"  expect: [{" OPENED "}]\n"

struct mutated {
	struct mutate_figures figures;
	struct buffer survivors, faults;
	bool ran;
};

/* `tests` NULL: there is no file of tests. */
static struct mutated mutated(const char *rules, const char *tests)
{
	struct mutated result = {.figures = {0}};
	struct config_faults faults = {0};
	put_file("held.yaml", rules);
	if (tests)
		put_file("held.test.yaml", tests);
	else
		remove_file("held.test.yaml");
	struct config *config = config_load("conf/casewatchd.yaml", dir, &faults);
	for (size_t i = 0; !config && i < faults.count; i++)
		print_error("%d:%d %s\n", faults.items[i].line, faults.items[i].column, faults.items[i].text);
	assert_non_null(config);
	result.ran = mutate_run(config, dir, NULL, 0, hear, &result.survivors, &result.figures, &faults);
	for (size_t i = 0; i < faults.count; i++)
		buffer_format(&result.faults, "%d: %s\n", faults.items[i].line, faults.items[i].text);
	config_free(config);
	config_faults_free(&faults);
	return result;
}

static void mutated_free(struct mutated *result)
{
	buffer_free(&result->survivors);
	buffer_free(&result->faults);
}

static void a_change_that_no_test_notices_is_told_of_where_it_stands(void **state)
{
	(void)state;
	struct mutated result = mutated(HELD, TESTS(EXPECTED ", tell: [team-manager]"));
	assert_true(result.ran);
	assert_string_equal(buffer_cstr(&result.survivors), "held.yaml:3: held: severity: high -> critical\n"
	                                                    "held.yaml:3: held: severity: high -> normal\n");
	assert_int_equal(result.figures.unnoticed, 2);
	assert_int_equal(result.figures.noticed + result.figures.refused + 2, result.figures.changes);
	mutated_free(&result);
}

static void a_test_that_looks_at_it_leaves_none(void **state)
{
	(void)state;
	struct mutated result = mutated(HELD, TESTS(EXPECTED ", tell: [team-manager], severity: high"));
	assert_true(result.ran);
	assert_string_equal(buffer_cstr(&result.survivors), "");
	assert_int_equal(result.figures.unnoticed, 0);
	assert_true(result.figures.noticed > 5);
	mutated_free(&result);
}

static void a_change_that_does_not_load_is_counted_apart_and_is_no_merit_of_the_tests(void **state)
{
	(void)state;
	/* Without its key the second clock cannot start from the alert of the first, nor without its kind. */
	static const char second[] =
		HELD "- id: after\n  severity: high\n  tell: {role: team-manager}\n  message: custody-threshold\n"
		     "  deadline: {start: {alert: held}, stop: custody.released, key: custody, within: 2 hours}\n";
	struct mutated result = mutated(second, NULL);
	assert_true(result.figures.refused > 0);
	assert_int_equal(result.figures.noticed, 0);
	assert_int_equal(result.figures.unnoticed + result.figures.refused, result.figures.changes);
	assert_null(strstr(buffer_cstr(&result.survivors), "held: deadline.key: custody -> nothing"));
	mutated_free(&result);
}

static void rules_without_a_file_of_tests_are_looked_at_by_none(void **state)
{
	(void)state;
	struct mutated result = mutated(HELD, NULL);
	assert_true(result.ran);
	assert_int_equal(result.figures.noticed, 0);
	assert_non_null(
		strstr(buffer_cstr(&result.survivors), "held.yaml:6: held: deadline.within: 2 hours -> 3 hours\n"));
	mutated_free(&result);
}

static void what_no_test_can_notice_is_named_with_its_reason_and_only_as_long_as_it_is_so(void **state)
{
	(void)state;
	static const char named[] =
		TESTS(EXPECTED ", tell: [team-manager]") "equivalent:\n"
		"- {rule: held, change: 'severity: high -> critical', because: an example}\n"
		"- {rule: held, change: 'deadline.within: 2 hours -> 3 hours', because: an example}\n";
	struct mutated result = mutated(HELD, named);
	assert_string_equal(buffer_cstr(&result.survivors), "held.yaml:3: held: severity: high -> normal\n");
	assert_int_equal(result.figures.equivalent, 1);
	assert_int_equal(result.figures.stale, 1);
	assert_string_equal(buffer_cstr(&result.faults),
	                    "12: no change of these words goes unnoticed any more; remove this entry\n");
	mutated_free(&result);
	result = mutated(HELD, TESTS(EXPECTED) "equivalent:\n- {rule: held, change: 'severity: high -> critical'}\n");
	assert_false(result.ran);
	assert_string_equal(buffer_cstr(&result.faults), "11: an item of equivalent needs \"because\"\n");
	mutated_free(&result);
}

static void a_test_that_fails_as_it_is_proves_nothing(void **state)
{
	(void)state;
	struct mutated result = mutated(HELD, TESTS(EXPECTED ", severity: normal"));
	assert_false(result.ran);
	assert_int_equal(result.figures.changes, 0);
	assert_string_equal(buffer_cstr(&result.faults),
	                    "2: this test fails with the rules as they are; mend it first: casewatch test\n");
	mutated_free(&result);
}

static int begin(void **state)
{
	(void)state;
	(void)hash_seed();
	schema_start();
	return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	remove_file("held.yaml");
	remove_file("held.test.yaml");
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_of_a_rule_is_changed_in_turn),
		cmocka_unit_test(settings_are_changed_where_they_are_used),
		cmocka_unit_test(named_states_and_steps_are_changed_too),
		cmocka_unit_test(a_change_that_no_test_notices_is_told_of_where_it_stands),
		cmocka_unit_test(a_test_that_looks_at_it_leaves_none),
		cmocka_unit_test(a_change_that_does_not_load_is_counted_apart_and_is_no_merit_of_the_tests),
		cmocka_unit_test(rules_without_a_file_of_tests_are_looked_at_by_none),
		cmocka_unit_test(what_no_test_can_notice_is_named_with_its_reason_and_only_as_long_as_it_is_so),
		cmocka_unit_test(a_test_that_fails_as_it_is_proves_nothing),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
