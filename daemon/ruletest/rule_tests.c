/* rule_tests: turns a test's events into lines, replays them, and holds what came against what was expected. */
#include "ruletest/rule_tests.h"

#include "backtest/replay.h"
#include "base/mem.h"
#include "ruletest/rule_test_event.h"
#include "ruletest/rule_test_line.h"
#include "ruletest/rule_test_story.h"
#include "rules/alert.h"
#include "text/json_write.h"

#include <stdlib.h>

static const char *const test_words[] = {"title", "until", "from", "only", "what", "events", "expect", NULL};
static const char *const usual_kinds[] = {"alert.opened", "alert.resolved", "alert.withdrawn", NULL};
/* What backtest prints (design, "The tool"). */
static const char *const line_kinds[] = {"alert.warned",       "alert.opened",     "alert.updated",   "alert.escalated",
                                         "alert.acknowledged", "alert.passed_on",  "alert.resolved",  "alert.withdrawn",
                                         "event.quarantined",  "event.warned",     "list.due",        NULL};
static const char *const line_keys[] = {"at",   "what",     "rule",    "subject", "alert", "severity", "tell",
                                        "step", "evidence", "because", "reason",  "late",  "shadow",   "line",
                                        "id",   "source",   "field",   "list",    "says",  NULL};

struct test {
	const struct yaml_node *node, *only, *what, *expect;
	struct rule_test_came *came; /* every line; owned */
	size_t count, room;
	struct config_faults *faults;
	bool faulted; /* an event was refused or warned of, and the test does not look at that */
};

static bool listed(const struct yaml_node *list, struct text word)
{
	for (size_t i = 0; i < yaml_list_count(list); i++)
		if (text_equal(yaml_list_item(list, i)->text, word))
			return true;
	return false;
}

static bool line_is(struct text line, const char *key, struct text value)
{
	return text_equal(rule_test_line_text(line, key), value);
}

static bool kind_looked_at(const struct test *test, struct text kind)
{
	bool looked_at = false;
	for (size_t i = 0; test->what && i < yaml_list_count(test->what); i++)
		looked_at |= text_equal(kind, yaml_list_item(test->what, i)->text);
	for (size_t i = 0; !test->what && usual_kinds[i]; i++)
		looked_at |= text_equal(kind, text_of(usual_kinds[i]));
	return looked_at;
}

static bool rule_looked_at(const struct test *test, struct text line)
{
	struct text rule = rule_test_line_text(line, "rule");
	return !test->only || !rule.length || listed(test->only, rule);
}

/* A record that is refused, or a field that cannot be read, makes a test pass that expects nothing: said where it
 * stands. */
static void fault_bad_event(struct test *test, struct text line)
{
	const struct yaml_node *events = yaml_get(test->node, "events");
	/* A comma or a brace follows the number. */
	size_t index = strtoul(rule_test_line_value(line, "line").at, NULL, 10);
	struct text field = rule_test_line_text(line, "field");
	bool refused = line_is(line, "what", TEXT("event.quarantined"));
	if (!index || index > yaml_list_count(events))
		return;
	test->faulted = true;
	yaml_fault(yaml_list_item(events, index - 1), test->faults,
	           "this event is %s: %.*s%s%.*s; correct it, or say that it is meant with `what: [event.%s, ...]`",
	           refused ? "refused" : "taken with a warning", TEXT_ARG(field), field.length ? " " : "",
	           TEXT_ARG(rule_test_line_text(line, "reason")), refused ? "quarantined" : "warned");
}

static void take_line(void *context, struct text line)
{
	struct test *test = context;
	struct text kind = rule_test_line_text(line, "what");
	bool looked_at = kind_looked_at(test, kind);
	if (!looked_at && (text_equal(kind, TEXT("event.quarantined")) || text_equal(kind, TEXT("event.warned"))))
		fault_bad_event(test, line);
	if (!rule_looked_at(test, line))
		return;
	*(struct rule_test_came *)mem_push((void **)&test->came, &test->count, &test->room, sizeof *test->came) =
	        (struct rule_test_came){{mem_copy_text(line.at, line.length), line.length}, looked_at, false};
}

static bool meets(struct text line, const struct yaml_node *expected)
{
	for (size_t i = 0; i < expected->count; i++)
		if (!rule_test_line_meets(line, expected->keys[i]->text.at, expected->items[i]))
			return false;
	return true;
}

/* Whether all that was expected came and nothing else; if not, why, in words. */
static bool hold_against(struct test *test, struct buffer *complaint)
{
	size_t expected = yaml_list_count(test->expect);
	struct rule_test_story story = {.test = test->node, .came = test->came, .count = test->count};
	story.missing = mem_alloc((expected + 1) * sizeof *story.missing);
	for (size_t i = 0; i < expected; i++) {
		const struct yaml_node *item = yaml_list_item(test->expect, i);
		size_t found = 0;
		while (found < test->count && (!test->came[found].looked_at || test->came[found].met ||
		                               !meets(test->came[found].line, item)))
			found++;
		if (found < test->count)
			test->came[found].met = true;
		else
			story.missing[story.missing_count++] = item;
	}
	bool holds = story.missing_count == 0;
	for (size_t i = 0; i < test->count; i++)
		holds &= test->came[i].met || !test->came[i].looked_at;
	if (!holds)
		rule_test_tell(&story, complaint);
	free(story.missing);
	return holds;
}

static bool replay_events(const struct config *config, struct test *test, struct replay_options options,
                          struct config_faults *faults)
{
	struct replay *replay = replay_new(config, config->rules, options, take_line, NULL, test);
	const struct yaml_node *events = yaml_get(test->node, "events");
	struct buffer line = {0};
	struct fault fault = {{0}};
	enum result result = RESULT_OK;
	bool more = true;
	for (size_t i = 0; i < yaml_list_count(events) && more && result == RESULT_OK; i++) {
		const struct yaml_node *event = yaml_list_item(events, i);
		rule_test_write_event(event, i + 1, &line);
		result = replay_take(replay, buffer_view(&line), (int64_t)i + 1, &more, &fault);
		if (result == RESULT_OK && !more)
			yaml_fault(event, faults,
			           "this event arrives after `until`: neither it nor what follows is read");
	}
	if (result == RESULT_OK)
		result = replay_finish(replay, &fault);
	if (result != RESULT_OK)
		yaml_fault(test->node, faults, "the test could not be run: %s", fault.text);
	buffer_free(&line);
	replay_free(replay);
	return more && result == RESULT_OK;
}

static bool read_instant(const struct yaml_node *node, const char *key, instant *at, struct config_faults *faults)
{
	const struct yaml_node *value = yaml_get(node, key);
	const char *why = NULL;
	if (!value || (value->kind == YAML_SCALAR && instant_parse(value->text, at, &why)))
		return true;
	yaml_fault(value, faults, "%s is not a time such as 2020-03-01T00:00:00Z: %s", key,
	           why ? why : "it is not text");
	return false;
}

/* ---- what could make a test pass for nothing ---- */

static bool check_rule_id(const struct config *config, const struct yaml_node *id, struct config_faults *faults)
{
	const struct ruleset *rules = config->rules;
	if (id->kind == YAML_SCALAR && ruleset_find(rules, id->text))
		return true;
	struct buffer hint = {0};
	const char **names = mem_zero(rules->rule_count + 1, sizeof *names);
	for (size_t i = 0; i < rules->rule_count; i++)
		names[i] = rules->rules[i].id;
	if (id->kind == YAML_SCALAR)
		(void)config_did_you_mean(&hint, id->text, names, rules->rule_count);
	yaml_fault(id, faults, "there is no rule \"%.*s\"%s", TEXT_ARG(id->text), buffer_cstr(&hint));
	free(names);
	buffer_free(&hint);
	return false;
}

/* A list of nothing looks at nothing, and all of nothing is as expected. */
static bool check_not_empty(const struct yaml_node *list, const char *word, struct config_faults *faults)
{
	if (!list || yaml_list_count(list) > 0)
		return true;
	yaml_fault(list, faults,
	           "`%s` names nothing, so that the test looks at nothing; leave it out or name what it means", word);
	return false;
}

static bool check_looked_at(const struct config *config, const struct test *test, struct config_faults *faults)
{
	bool good = check_not_empty(test->only, "only", faults);
	size_t word;
	good &= check_not_empty(test->what, "what", faults);
	for (size_t i = 0; i < yaml_list_count(test->only); i++)
		good &= check_rule_id(config, yaml_list_item(test->only, i), faults);
	for (size_t i = 0; i < yaml_list_count(test->what); i++)
		good &= yaml_read_word(yaml_list_item(test->what, i), "a kind of line", line_kinds, &word, faults);
	return good;
}

static bool check_expected(const struct config *config, const struct test *test, const struct yaml_node *item,
                           struct config_faults *faults)
{
	const struct yaml_node *what = yaml_get(item, "what"), *rule = yaml_get(item, "rule");
	size_t word;
	if (!yaml_check_keys(item, "an expected line", line_keys, faults) ||
	    (what && !yaml_read_word(what, "a kind of line", line_kinds, &word, faults)) ||
	    (rule && !check_rule_id(config, rule, faults)))
		return false;
	if (what && !kind_looked_at(test, what->text)) {
		yaml_fault(what, faults, "%.*s is not looked at here; add it to `what`", TEXT_ARG(what->text));
		return false;
	}
	if (rule && test->only && !listed(test->only, rule->text)) {
		yaml_fault(rule, faults, "%.*s is not looked at here; add it to `only`", TEXT_ARG(rule->text));
		return false;
	}
	return true;
}

static bool check_test(const struct config *config, const struct test *test, struct config_faults *faults)
{
	const struct yaml_node *title = yaml_get(test->node, "title"), *events = yaml_get(test->node, "events");
	bool good = check_looked_at(config, test, faults);
	if (!title || title->kind != YAML_SCALAR || yaml_is_null(title)) {
		yaml_fault(test->node, faults, "a test needs a title: one sentence that says what must be so");
		good = false;
	}
	if (!test->expect || yaml_is_null(test->expect)) {
		yaml_fault(test->expect ? test->expect : test->node, faults,
		           "a test without `expect` shows nothing; write the lines that must come, or `expect: []` "
		           "where none may");
		good = false;
	}
	if (!yaml_list_count(events)) {
		yaml_fault(test->node, faults, "a test needs events");
		good = false;
	}
	for (size_t i = 0; i < yaml_list_count(events); i++)
		good &= rule_test_event_check(yaml_list_item(events, i), faults);
	for (size_t i = 0; i < yaml_list_count(test->expect); i++)
		good &= check_expected(config, test, yaml_list_item(test->expect, i), faults);
	return good;
}

/* Faults end up in `faults`, and why it does not hold in `complaint`. */
static enum rule_test_verdict run_test(const struct config *config, const struct yaml_node *node,
                                       struct config_faults *faults, struct buffer *complaint)
{
	struct replay_options options = {.from = INSTANT_NONE, .until = INSTANT_NEVER};
	struct test test = {.node = node, .only = yaml_get(node, "only"), .what = yaml_get(node, "what"),
	                    .expect = yaml_get(node, "expect"), .faults = faults};
	bool ran = yaml_check_keys(node, "a test", test_words, faults) &&
	           read_instant(node, "until", &options.until, faults) &&
	           read_instant(node, "from", &options.from, faults) && check_test(config, &test, faults) &&
	           replay_events(config, &test, options, faults) && !test.faulted;
	bool holds = ran && hold_against(&test, complaint);
	for (size_t i = 0; i < test.count; i++)
		free((char *)(uintptr_t)test.came[i].line.at);
	free(test.came);
	return !ran ? RULE_TEST_FAULTY : holds ? RULE_TEST_HOLDS : RULE_TEST_FAILS;
}

bool rule_test_holds(const struct config *config, const struct yaml_node *test)
{
	struct config_faults faults = {0};
	struct buffer complaint = {0};
	enum rule_test_verdict verdict = run_test(config, test, &faults, &complaint);
	config_faults_free(&faults);
	buffer_free(&complaint);
	return verdict == RULE_TEST_HOLDS;
}

bool rule_test_names(const struct yaml_node *test, struct text rule)
{
	return listed(yaml_get(test, "only"), rule);
}

static const char *const file_words[] = {"tests", "equivalent", NULL};

/* What stands there is no test, and whoever adds one at the end of a file would never see it fail. */
static const char *const equivalent_words[] = {"rule", "change", "because", NULL};

static bool check_equivalent(const struct yaml_node *list, struct config_faults *faults)
{
	size_t before = faults->count;
	for (size_t i = 0; i < yaml_list_count(list); i++) {
		const struct yaml_node *item = yaml_list_item(list, i);
		if (!yaml_check_keys(item, "an item of equivalent", equivalent_words, faults))
			continue;
		for (size_t w = 0; equivalent_words[w]; w++) {
			const struct yaml_node *value = yaml_get(item, equivalent_words[w]);
			struct text text;
			if (!value)
				yaml_fault(item, faults, "an item of equivalent needs \"%s\"", equivalent_words[w]);
			else
				(void)yaml_read_text(value, equivalent_words[w], &text, faults);
		}
	}
	return faults->count == before;
}

const struct yaml_node *rule_tests_list(const struct yaml_tree *tree, struct config_faults *faults)
{
	const struct yaml_node *root = yaml_tree_root(tree), *tests = yaml_get(root, "tests");
	if (root->kind == YAML_LIST)
		return root;
	if (!yaml_check_keys(root, "a file of tests", file_words, faults) ||
	    !check_equivalent(yaml_get(root, "equivalent"), faults))
		return NULL;
	if (tests && tests->kind == YAML_LIST)
		return tests;
	yaml_fault(tests ? tests : root, faults, "a file of tests is a list under `tests:`");
	return NULL;
}

static void tell_outcome(const struct config *config, const struct yaml_node *node, struct config_faults *faults,
                         rule_test_done *done, void *context)
{
	const struct yaml_node *title = yaml_get(node, "title");
	struct buffer complaint = {0};
	size_t before = faults->count;
	enum rule_test_verdict verdict = run_test(config, node, faults, &complaint);
	for (size_t i = before; i < faults->count; i++)
		buffer_format(&complaint, "%s:%d:%d: %s\n", faults->items[i].file, faults->items[i].line,
		              faults->items[i].column, faults->items[i].text);
	done(context, &(struct rule_test_outcome){.test = node,
	                                          .title = title && title->kind == YAML_SCALAR ? title->text.at : "",
	                                          .verdict = verdict,
	                                          .why = buffer_cstr(&complaint)});
	buffer_free(&complaint);
}

void rule_tests_run(const struct config *config, const char *path, struct config_faults *faults, rule_test_done *done,
                    void *context)
{
	struct yaml_tree *tree = yaml_tree_read(path, faults);
	const struct yaml_node *tests = tree ? rule_tests_list(tree, faults) : NULL;
	for (size_t i = 0; tests && i < tests->count; i++)
		tell_outcome(config, tests->items[i], faults, done, context);
	yaml_tree_free(tree);
}
