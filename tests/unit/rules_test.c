/* Rule files: the shapes that analysts write, what they become, and the words for every slip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rules/load/load.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What most tests do not look at. A kind follows it, on line 2. */
#define RULE "rules:\n- {id: r, severity: high, tell: {role: director}, "

static void all_of(const struct config_faults *faults, struct buffer *out)
{
	for (size_t i = 0; i < faults->count; i++)
		buffer_format(out, "%s%d:%d %s", i ? "\n" : "", faults->items[i].line, faults->items[i].column,
		              faults->items[i].text);
}

static struct ruleset *loaded(const char *source)
{
	struct config_faults faults = {0};
	struct buffer said = {0};
	struct ruleset *ruleset = rules_load_text("r.yaml", text_of(source), &faults);
	all_of(&faults, &said);
	if (!ruleset)
		fail_msg("%s\n%s", source, buffer_cstr(&said));
	assert_int_equal(faults.count, 0);
	buffer_free(&said);
	config_faults_free(&faults);
	return ruleset;
}

/* `said` is part of what is said, with its place in front: "2:60 a rule needs". */
static void assert_refused(const char *source, const char *said)
{
	struct config_faults faults = {0};
	struct buffer all = {0};
	struct ruleset *ruleset = rules_load_text("r.yaml", text_of(source), &faults);
	all_of(&faults, &all);
	if (ruleset || !strstr(buffer_cstr(&all), said))
		fail_msg("%s\nexpected: %s\nsaid: %s", source, said, ruleset ? "nothing" : buffer_cstr(&all));
	assert_string_equal(faults.items[0].file, "r.yaml");
	buffer_free(&all);
	config_faults_free(&faults);
}

/* ---- what may be written ---- */

static void the_shapes_of_the_specification_are_read(void **state)
{
	(void)state;
	struct ruleset *ruleset =
		loaded("rules:\n"
	               "  - id: missing.vpg-referral\n"
	               "    title: Missing three or more times in 30 days\n"
	               "    basis: Recovery plan 2020, task 18\n"
	               "    severity: high\n"
	               "    count: {event: missing.started, where: 'data.kind == \"missing\"', distinct: episode, "
	               "at-least: 3, within: 30 days}\n"
	               "    closes-on: vpg.discussed\n"
	               "    tell:\n"
	               "      - {role: [vpg-chair, social-worker, team-manager], escalate-after: 1 working day}\n"
	               "      - {role: head-of-service}\n"
	               "    message: missing-vpg-referral\n"
	               "    actions: [VPG discussion booked, already discussed, not needed because]   # what the "
	               "answer page offers\n");
	const struct rule *rule = ruleset_find(ruleset, TEXT("missing.vpg-referral"));
	assert_non_null(rule);
	assert_int_equal(rule->kind, RULE_COUNT);
	assert_int_equal(rule->severity, SEVERITY_HIGH);
	assert_int_equal(rule->line, 2);
	assert_int_equal(rule->key, schema_name(TEXT("episode")));
	assert_int_equal(rule->at_least, 3);
	assert_int_equal(rule->within.amount, 30);
	assert_int_equal(rule->within.unit, UNIT_DAYS);
	assert_int_equal(rule->on.count, 1);
	assert_int_equal(rule->on.items[0].type, schema_find(TEXT("missing.started")));
	assert_non_null(rule->on.items[0].where);
	assert_int_equal(rule->closes_on.count, 1);
	assert_false(rule->momentary);
	assert_int_equal(rule->step_count, 2);
	assert_string_equal(rule->steps[0].roles[0], "social-worker"); /* sorted */
	assert_string_equal(rule->steps[0].roles[2], "vpg-chair");
	assert_int_equal(rule->steps[0].after.unit, UNIT_WORKING_DAYS);
	assert_int_equal(rule->steps[1].after.amount, 0);
	assert_string_equal(rule->message, "missing-vpg-referral");
	assert_int_equal(rule->action_count, 3);
	assert_string_equal(rule->actions[2], "not needed because");
	assert_int_equal(rule->effective_from, DAY_NONE);
	ruleset_free(ruleset);
}

static void an_event_fires_once_a_key_only_where_distinct_says_so(void **state)
{
	(void)state;
	struct ruleset *ruleset =
		loaded(RULE "event: {event: custody.threshold_met, where: 'true', distinct: custody}}\n"
	                    "- {id: k, severity: critical, event: {event: custody.threshold_met, key: custody}, "
	                    "closes-on: [pace.transferred, vpg.discussed], tell: [{role: director}]}\n");
	const struct rule *once = ruleset_find(ruleset, TEXT("r")), *keyed = ruleset_find(ruleset, TEXT("k"));
	assert_true(once->once_a_key && once->momentary);
	assert_int_equal(once->key, schema_name(TEXT("custody")));
	assert_false(keyed->once_a_key || keyed->momentary);
	assert_int_equal(keyed->key, once->key);
	assert_true(keyed->closes_on.items[0].keyed);
	assert_false(keyed->closes_on.items[1].keyed); /* vpg.discussed carries no custody */
	ruleset_free(ruleset);
}

static void a_guard_names_what_must_come_before(void **state)
{
	(void)state;
	struct ruleset *ruleset = loaded(
		RULE "guard: {event: placement.started, where: '!data.regulated', unless-before: placement.ratified, "
		     "where-before: 'data.by in [\"director\", \"dcs\"]', key: placement}}\n");
	const struct rule *rule = &ruleset->rules[0];
	assert_int_equal(rule->kind, RULE_GUARD);
	assert_int_equal(rule->before.count, 1);
	assert_non_null(rule->before.items[0].where);
	assert_true(rule->before.items[0].keyed && rule->on.items[0].keyed);
	ruleset_free(ruleset);
}

static void a_deadline_is_read_in_all_its_forms(void **state)
{
	(void)state;
	struct ruleset *ruleset = loaded(
		"rules:\n"
		"- id: late\n"
		"  severity: high\n"
		"  deadline: {start: missing.ended, where: 'true', stop: [rhi.completed, rhi.declined], key: episode, "
	        "within: 72 hours, "
		"warn: [48 hours], while: 'open(\"vpg\")'}\n"
		"  until-age: 18\n"
		"  tell-warning: social-worker\n"
		"  tell: [{role: team-manager}]\n"
		"- id: not-discussed\n"
		"  severity: high\n"
		"  deadline: {start: {alert: referral, is: opened}, stop: vpg.discussed, within: 10 working days}\n"
		"  tell: [{role: director, answer: each, channels: [text, email]}]\n"
		"- id: task\n"
		"  severity: normal\n"
		"  deadline: {start: task.created, moves: task.changed, stop: task.completed, key: task, due: "
	        "data.due}\n"
		"  tell: [{role: owner}]\n"
		"- id: referral\n"
		"  severity: high\n"
		"  count: {event: missing.started, distinct: episode, at-least: 3, within: 30 days}\n"
		"  tell: [{role: director}]\n");
	const struct rule *late = ruleset_find(ruleset, TEXT("late"));
	assert_int_equal(late->stop.count, 2);
	assert_int_equal(late->within.amount, 72);
	assert_int_equal(late->within.unit, UNIT_HOURS);
	assert_int_equal(late->warn_count, 1);
	assert_non_null(late->while_holds);
	assert_int_equal(late->until_age, 18);
	assert_string_equal(late->warning.roles[0], "social-worker");
	assert_false(late->momentary);
	const struct rule *not_discussed = ruleset_find(ruleset, TEXT("not-discussed"));
	const struct rule *referral = ruleset_find(ruleset, TEXT("referral"));
	assert_string_equal(not_discussed->start_alert.rule_id, "referral");
	assert_int_equal(not_discussed->start_alert.rule, referral->index);
	assert_true(referral->index < not_discussed->index); /* though it stands behind it in the file */
	assert_false(not_discussed->start_alert.resolved);
	assert_true(not_discussed->steps[0].answer_each);
	assert_string_equal(not_discussed->steps[0].channels[0], "text");
	const struct rule *task = ruleset_find(ruleset, TEXT("task"));
	assert_int_equal(task->due, schema_name(TEXT("due")));
	assert_int_equal(task->moves.count, 1);
	assert_string_equal(task->message, "task");
	assert_string_equal(task->title, "task");
	ruleset_free(ruleset);
}

static void the_other_kinds_are_read(void **state)
{
	(void)state;
	struct ruleset *ruleset = loaded(
		"states:\n"
		"- {id: unregulated-placement, from: {event: placement.started, where: '!data.regulated'}, to: "
	        "placement.ended, "
		"key: placement}\n"
		"rules:\n"
		"- id: core\n"
		"  severity: high\n"
		"  recurring: {start: cp.started, event: core_group.held, first: [10 working days, 3 months], every: 6 "
	        "weeks, "
		"while: 'open(\"cp\")'}\n"
		"  tell: [{role: director}]\n"
		"- id: night\n"
		"  severity: high\n"
		"  overlap: {start: custody.detained, stop: custody.released, key: custody, daily: \"22:00-08:00\"}\n"
		"  tell: [{role: director}]\n"
		"- id: move\n"
		"  severity: critical\n"
		"  effective-from: 2021-09-09\n"
		"  state: {when: '(open(\"vpg\") || open(\"unregulated-placement\")) && "
	        "!seen(\"transition.planned\")', "
		"from: birth + 17 years 6 months}\n"
		"  tell: [{role: director}]\n"
		"- id: load\n"
		"  severity: normal\n"
		"  load: {open: allocation, where: 'data.role == \"personal-adviser\"', of: worker, more-than: 25}\n"
		"  tell: [{role: director}]\n");
	const struct rule *core = ruleset_find(ruleset, TEXT("core")), *night = ruleset_find(ruleset, TEXT("night"));
	const struct rule *move = ruleset_find(ruleset, TEXT("move")), *load = ruleset_find(ruleset, TEXT("load"));
	assert_int_equal(core->first_count, 2);
	assert_int_equal(core->first[1].unit, UNIT_MONTHS);
	assert_int_equal(core->every.unit, UNIT_WEEKS);
	assert_int_equal(core->stop.count, 1);
	assert_int_equal(night->daily_from, 22 * 60);
	assert_int_equal(night->daily_until, 8 * 60);
	assert_true(move->has_from);
	assert_int_equal(move->from_years, 17);
	assert_int_equal(move->from_months, 6);
	assert_int_equal(move->effective_from, day_of(2021, 9, 9));
	struct condition_state *asked;
	assert_int_equal(condition_states(move->when, &asked), 2);
	assert_string_equal(ruleset->states[asked[0].state].id, "vpg");
	assert_string_equal(ruleset->states[asked[1].state].id, "unregulated-placement");
	assert_int_equal(load->of, PARTY_WORKER);
	assert_int_equal(load->more_than, 25);
	const struct state_def *open = &ruleset->states[load->load_state];
	assert_non_null(open->from.items[0].where);
	assert_null(open->to.items[0].where);
	assert_int_equal(open->keys[0], schema_name(TEXT("role")));
	assert_int_equal(open->keys[1], schema_name(TEXT("worker")));
	assert_int_equal(open->keys[2], 0);
	ruleset_free(ruleset);
}

static void an_event_may_stand_alone_in_a_list_or_with_a_condition(void **state)
{
	(void)state;
	struct ruleset *ruleset = loaded(
		RULE
		"deadline: {start: placement.decided, where: '!data.regulated', stop: [{event: placement.ratified, "
	        "where: "
		"'data.by == \"dcs\"'}, placement.refused], key: placement, within: 24 hours}}\n"
		"- id: risk\n"
		"  severity: high\n"
		"  event: {event: [{event: missing.started, where: 'data.kind == \"missing\"'}, missing.risk_changed], "
		"where: 'has(data.risk) && data.risk == \"high\"', distinct: episode}\n"
		"  ends-on: {event: missing.ended, where: '!has(data.harm) || data.harm'}\n"
		"  tell: [{role: director}]\n");
	const struct rule *ratify = ruleset_find(ruleset, TEXT("r")), *risk = ruleset_find(ruleset, TEXT("risk"));
	assert_non_null(ratify->stop.items[0].where);
	assert_null(ratify->stop.items[1].where);
	assert_int_equal(risk->on.count, 2);
	/* Its own condition and the one for all: both must hold. */
	const uint16_t *fields;
	assert_int_equal(condition_fields(risk->on.items[0].where, &fields), 2);
	assert_int_equal(condition_fields(risk->on.items[1].where, &fields), 1);
	assert_non_null(risk->ends_on.items[0].where);
	assert_false(risk->momentary);
	ruleset_free(ruleset);
}

static void local_numbers_have_names(void **state)
{
	(void)state;
	struct ruleset *ruleset = loaded(
		"settings:\n"
		"  times: {value: 3, basis: local, title: so often}\n"
		"  window: 30 days\n"
		"rules:\n"
		"- id: r\n"
		"  severity: high\n"
		"  count: {event: missing.started, at-least: $times, within: $window}\n"
		"  tell: [{role: director, escalate-after: $window}]\n");
	assert_int_equal(ruleset->rules[0].at_least, 3);
	assert_int_equal(ruleset->rules[0].within.amount, 30);
	assert_int_equal(ruleset->rules[0].steps[0].after.amount, 30);
	ruleset_free(ruleset);
	assert_refused(
		"settings: {times: 3}\nrules:\n- id: r\n  severity: high\n"
		"  count: {event: missing.started, at-least: $tims, within: 30 days}\n  tell: [{role: director}]\n",
		"5:45 no setting is called \"tims\" in this file; did you mean \"times\"?");
	assert_refused("settings: {times: 3}\n" RULE "event: {event: missing.started}}\n",
	               "1:12 setting \"times\" is used by no rule of this file");
	assert_refused("settings: {times: {basis: local}}\n" RULE "event: {event: missing.started}}\n",
	               "1:19 setting \"times\" needs one value");
	assert_refused("settings: {times: {valeu: 3}}\n" RULE "event: {event: missing.started}}\n",
	               "1:20 a setting has no \"valeu\"; did you mean \"value\"?");
	assert_refused("settings: {times: three}\n" RULE
	               "count: {event: missing.started, at-least: $times, within: 1 day}}\n",
	               "1:19 at-least is \"three\"");
}

static void two_versions_of_a_rule_hold_one_after_the_other(void **state)
{
	(void)state;
	static const char both[] =
		"rules:\n"
		"- {id: a, severity: high, deadline: {start: {alert: r, is: resolved}, stop: vpg.discussed, within: 1 "
	        "day}, "
		"tell: {role: dcs}}\n"
		"- {id: r, severity: high, event: {event: vcl.scored}, effective-until: 2021-09-09, tell: {role: "
	        "dcs}}\n"
		"- {id: b, severity: high, event: {event: vcl.scored}, tell: {role: dcs}}\n"
		"- {id: r, severity: critical, event: {event: vcl.scored}, effective-from: %s, tell: {role: dcs}}\n";
	char source[1024];
	(void)snprintf(source, sizeof source, both, "2021-09-09");
	struct ruleset *ruleset = loaded(source);
	assert_int_equal(ruleset->rule_count, 4);
	assert_string_equal(ruleset->rules[0].id, "r");
	assert_string_equal(ruleset->rules[1].id, "r"); /* side by side, before what they start */
	assert_int_equal(ruleset->rules[1].severity, SEVERITY_CRITICAL);
	assert_string_equal(ruleset->rules[2].id, "a");
	assert_int_equal(ruleset->rules[2].start_alert.rule, 0);
	assert_true(ruleset->rules[2].start_alert.resolved);
	for (size_t i = 0; i < ruleset->rule_count; i++)
		assert_int_equal(ruleset->rules[i].index, i);
	ruleset_free(ruleset);
	(void)snprintf(source, sizeof source, both, "2021-09-08");
	assert_refused(source, "5:3 rule \"r\" stands already in r.yaml, line 3");
}

/* As they stand in the files none of them is in its place, and the newest alone says what the rule was called before.
 */
static void the_version_of_a_date_is_found_wherever_it_stands_in_the_files(void **state)
{
	(void)state;
	struct ruleset *ruleset = loaded(
		"rules:\n"
		"- {id: r, severity: critical, event: {event: vcl.scored}, effective-from: 2023-01-01, renamed-from: "
	        "q, "
		"tell: {role: dcs}}\n"
		"- {id: r, severity: high, event: {event: vcl.scored}, effective-until: 2021-09-09, tell: {role: "
	        "dcs}}\n"
		"- {id: r, severity: normal, event: {event: vcl.scored}, effective-from: 2021-09-09, effective-until: "
		"2022-01-01, tell: {role: dcs}}\n");
	static const struct {
		int year, month, day;
		enum severity severity;
	} dates[] = {
		{1999, 1, 1, SEVERITY_HIGH},     {2021, 9, 8, SEVERITY_HIGH},     {2021, 9, 9, SEVERITY_NORMAL},
		{2021, 12, 31, SEVERITY_NORMAL}, {2022, 6, 1, SEVERITY_NORMAL}, /* none is in force: the last that was
	                                                                         */
		{2022, 12, 31, SEVERITY_NORMAL}, {2023, 1, 1, SEVERITY_CRITICAL},
	};
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		civil_day day = day_of(dates[i].year, dates[i].month, dates[i].day);
		assert_int_equal(ruleset_find_on(ruleset, TEXT("r"), day)->severity, dates[i].severity);
		assert_int_equal(ruleset_find_on(ruleset, TEXT("q"), day)->severity, dates[i].severity);
	}
	assert_int_equal(ruleset_find(ruleset, TEXT("r"))->severity, SEVERITY_HIGH);
	assert_ptr_equal(ruleset_find_renamed(ruleset, TEXT("q")), ruleset_find(ruleset, TEXT("r")));
	assert_int_equal(ruleset_find_version(ruleset, TEXT("q"), day_of(2021, 9, 9))->severity, SEVERITY_NORMAL);
	assert_null(ruleset_find_on(ruleset, TEXT("x"), 0));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ruleset->rules[i].versions_before, i);
		assert_int_equal(ruleset->rules[i].versions_after, 2 - i);
	}
	assert_false(rule_is_effective(&ruleset->rules[1], day_of(2022, 1, 1)));
	assert_true(rule_is_effective(&ruleset->rules[1], day_of(2021, 12, 31)));
	ruleset_free(ruleset);
}

static void a_pair_of_types_defines_its_state(void **state)
{
	(void)state;
	struct ruleset *ruleset =
		loaded("events: [{type: tagging.started, title: Tagged}, {type: tagging.ended, title: Tag off}]\n" RULE
	               "state: {when: 'open(\"s47\") && open(\"vpg\") && open(\"safety_plan\") && open(\"tagging\") && "
	               "open(\"cp\", \"28 "
	               "days\")'}}\n"
	               "- {id: tag, severity: normal, deadline: {start: tagging.started, stop: tagging.ended, within: "
	               "1 day}, tell: {role: "
	               "dcs}}\n");
	struct condition_state *asked;
	assert_int_equal(condition_states(ruleset->rules[0].when, &asked), 5);
	const struct state_def *s47 = &ruleset->states[asked[0].state], *vpg = &ruleset->states[asked[1].state];
	const struct state_def *plan = &ruleset->states[asked[2].state], *tagging = &ruleset->states[asked[3].state];
	assert_int_equal(s47->to.items[0].type, schema_find(TEXT("s47.completed")));
	assert_int_equal(s47->keys[0], schema_name(TEXT("s47")));
	assert_int_equal(vpg->to.items[0].type, schema_find(TEXT("vpg.closed")));
	assert_true(vpg->key_optional);
	assert_int_equal(plan->from.items[0].type, schema_find(TEXT("safety_plan.signed_off")));
	assert_int_equal(plan->keys[0], schema_name(TEXT("plan")));
	assert_false(plan->key_optional);
	assert_int_equal(tagging->from.items[0].type, schema_find(TEXT("tagging.started"))); /* a council's own types */
	assert_int_equal(tagging->keys[0], 0);
	assert_int_equal(ruleset->state_count, 5); /* what nobody asks for is not followed */
	ruleset_free(ruleset);
}

static void a_state_of_the_files_own_comes_before_an_automatic_one(void **state)
{
	(void)state;
	struct ruleset *ruleset =
		loaded("states: [{id: safety_plan, from: safety_plan.signed_off, to: [safety_plan.ended, "
	               "safety_plan.audited], key: plan}]\n" RULE "state: {when: 'open(\"safety_plan\")'}}\n");
	assert_int_equal(ruleset->state_count, 1);
	assert_int_equal(ruleset->states[0].to.count, 2);
	ruleset_free(ruleset);
}

/* ---- directories ---- */

static void write_file(const char *dir, const char *name, const char *content)
{
	char path[300];
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void remove_dir(const char *dir, const char *const *names, size_t count)
{
	char path[300];
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(dir), 0);
}

static void a_directory_is_read_in_order_without_its_tests(void **state)
{
	(void)state;
	static const char *const names[] = {"b.yaml", "a.yaml", "a.test.yaml", "notes.txt"};
	char dir[] = "/tmp/casewatch-rules-XXXXXX";
	struct config_faults faults = {0};
	assert_non_null(mkdtemp(dir));
	assert_null(rules_load_dir(dir, &faults));
	assert_non_null(strstr(faults.items[0].text, "holds no rule files"));
	write_file(dir, "b.yaml", "rules:\n- {id: b, severity: high, event: {event: vcl.scored}, tell: {role: dcs}}\n");
	write_file(dir, "a.yaml", "rules:\n- {id: a, severity: high, event: {event: vcl.scored}, tell: {role: dcs}}\n");
	write_file(dir, "a.test.yaml", "tests: nonsense\n");
	write_file(dir, "notes.txt", "nothing\n");
	config_faults_free(&faults);
	struct ruleset *ruleset = rules_load_dir(dir, &faults);
	assert_non_null(ruleset);
	assert_int_equal(ruleset->rule_count, 2);
	assert_string_equal(ruleset->rules[0].id, "a");
	assert_non_null(strstr(ruleset->rules[0].file, "a.yaml"));
	ruleset_free(ruleset);
	write_file(dir, "b.yaml", "rules:\n- {id: a, severity: high, event: {event: vcl.scored}, tell: {role: dcs}}\n");
	assert_null(rules_load_dir(dir, &faults)); /* one id in two files */
	assert_non_null(strstr(faults.items[0].file, "b.yaml"));
	config_faults_free(&faults);
	remove_dir(dir, names, COUNT(names));
	assert_null(rules_load_dir(dir, &faults));
	assert_non_null(strstr(faults.items[0].text, "cannot be read as a directory"));
	config_faults_free(&faults);
}

/* Found from the place where tests are started: the checkout. */
static void what_ships_is_whole(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	struct buffer said = {0};
	struct ruleset *ruleset = rules_load_dir("rules", &faults);
	all_of(&faults, &said);
	if (!ruleset)
		fail_msg("%s", buffer_cstr(&said));
	for (size_t i = 0; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i];
		if (strcmp(rule->title, rule->id) == 0 || !rule->basis || !rule->text || rule->action_count == 0)
			fail_msg("%s lacks a title, basis, text or actions", rule->id);
	}
	buffer_free(&said);
	ruleset_free(ruleset);
	config_faults_free(&faults);
}

#define FILE_MAX 65536

static size_t read_file(const char *path, char *bytes)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t length = fread(bytes, 1, FILE_MAX, file);
	assert_true(length > 1000 && length < FILE_MAX);
	(void)fclose(file);
	return length;
}

/* Shipped files with a few bytes changed, cut out or doubled: loaded or refused with a fault, never anything else. */
static void no_file_breaks_the_loader(void **state)
{
	(void)state;
	static const char *const files[] = {"rules/custody.yaml", "rules/placements.yaml", "rules/front-door.yaml"};
	static char whole[FILE_MAX], bytes[2 * FILE_MAX];
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20200129u;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (int round = 0; round < 300; round++) {
		size_t length = read_file(files[round % 3], whole);
		memcpy(bytes, whole, length);
		for (int change = 0; change < 3; change++) {
			size_t at = (size_t)random() % (length - 40), part = (size_t)random() % 40;
			if (random() % 3 == 0) {
				bytes[at] = (char)random();
			} else if (random() % 2) {
				memmove(bytes + at, bytes + at + part, length - at - part);
				length -= part;
			} else {
				memmove(bytes + at + part, bytes + at, length - at);
				length += part;
			}
		}
		struct config_faults faults = {0};
		struct ruleset *ruleset = rules_load_text("r.yaml", (struct text){bytes, length}, &faults);
		assert_int_equal(ruleset == NULL, faults.count > 0);
		ruleset_free(ruleset);
		config_faults_free(&faults);
	}
}

static int start(void **state)
{
	(void)state;
	schema_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shapes_of_the_specification_are_read),
		cmocka_unit_test(an_event_fires_once_a_key_only_where_distinct_says_so),
		cmocka_unit_test(a_guard_names_what_must_come_before),
		cmocka_unit_test(a_deadline_is_read_in_all_its_forms),
		cmocka_unit_test(the_other_kinds_are_read),
		cmocka_unit_test(an_event_may_stand_alone_in_a_list_or_with_a_condition),
		cmocka_unit_test(local_numbers_have_names),
		cmocka_unit_test(two_versions_of_a_rule_hold_one_after_the_other),
		cmocka_unit_test(the_version_of_a_date_is_found_wherever_it_stands_in_the_files),
		cmocka_unit_test(a_pair_of_types_defines_its_state),
		cmocka_unit_test(a_state_of_the_files_own_comes_before_an_automatic_one),
		cmocka_unit_test(a_directory_is_read_in_order_without_its_tests),
		cmocka_unit_test(what_ships_is_whole),
		cmocka_unit_test(no_file_breaks_the_loader),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
