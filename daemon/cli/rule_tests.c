/* rule_tests: turns a test's events into lines, replays them, and holds what came against what was expected. */
#include "cli/rule_tests.h"

#include "backtest/replay.h"
#include "base/mem.h"
#include "cli/rule_test_event.h"
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
	struct text *lines; /* that came and are looked at; owned */
	size_t count, room;
	struct config_faults *faults;
	bool faulted;       /* an event was refused or warned of, and the test does not look at that */
};

/* Whether the line has this key with this very value. The writer of lines puts no spaces and escapes quotes, so the
 * text
 * `"key":value` followed by a comma or the end stands for nothing else. */
static bool line_has(struct text line, const char *key, const struct yaml_node *value)
{
	struct buffer wanted = {0};
	buffer_format(&wanted, "\"%s\":", key);
	struct json_writer json = json_writer_on(&wanted);
	rule_test_put_node(&json, value);
	bool found = false;
	const char *at = line.at, *end = line.at + line.length;
	while (!found && (at = memmem(at, (size_t)(end - at), wanted.at, wanted.length))) {
		const char *after = at + wanted.length;
		found = (at[-1] == '{' || at[-1] == ',') && after < end && (*after == ',' || *after == '}');
		at = after;
	}
	buffer_free(&wanted);
	return found;
}

static bool line_is(struct text line, const char *key, struct text value)
{
	struct yaml_node node = {.kind = YAML_SCALAR, .text = value};
	return line_has(line, key, &node);
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

static struct text kind_of(struct text line)
{
	for (size_t i = 0; line_kinds[i]; i++)
		if (line_is(line, "what", text_of(line_kinds[i])))
			return text_of(line_kinds[i]);
	return TEXT("");
}

static bool rule_looked_at(const struct test *test, struct text line)
{
	bool rule = !test->only || !memmem(line.at, line.length, "\"rule\":", 7);
	for (size_t i = 0; !rule && i < yaml_list_count(test->only); i++)
		rule = line_is(line, "rule", yaml_list_item(test->only, i)->text);
	return rule;
}

/* The value of `key` as it stands in the line, which this program wrote itself; empty where there is none. */
static struct text value_in(struct text line, const char *key)
{
	const char *begin = memmem(line.at, line.length, key, strlen(key)), *end = line.at + line.length;
	if (!begin)
		return TEXT("");
	begin += strlen(key);
	bool string = begin[-1] == '"';
	size_t length = 0;
	while (begin + length < end && (string ? begin[length] != '"' || begin[length - 1] == '\\'
	                                       : begin[length] != ',' && begin[length] != '}'))
		length++;
	return (struct text){begin, length};
}

/* A record that is refused, or a field that cannot be read, makes a test pass that expects nothing: said where it
 * stands. */
static void fault_bad_event(struct test *test, struct text line)
{
	const struct yaml_node *events = yaml_get(test->node, "events");
	size_t index = strtoul(value_in(line, "\"line\":").at, NULL, 10); /* a comma or a brace follows the number */
	struct text field = value_in(line, "\"field\":\"");
	bool refused = line_is(line, "what", TEXT("event.quarantined"));
	if (!index || index > yaml_list_count(events))
		return;
	test->faulted = true;
	yaml_fault(yaml_list_item(events, index - 1), test->faults,
	           "this event is %s: %.*s%s%.*s; correct it, or say that it is meant with `what: [event.%s, ...]`",
	           refused ? "refused" : "taken with a warning", TEXT_ARG(field), field.length ? " " : "",
	           TEXT_ARG(value_in(line, "\"reason\":\"")), refused ? "quarantined" : "warned");
}

static void take_line(void *context, struct text line)
{
	struct test *test = context;
	struct text kind = kind_of(line);
	bool looked_at = kind_looked_at(test, kind);
	if (!looked_at && (text_equal(kind, TEXT("event.quarantined")) || text_equal(kind, TEXT("event.warned"))))
		fault_bad_event(test, line);
	if (!looked_at || !rule_looked_at(test, line))
		return;
	*(struct text *)mem_push((void **)&test->lines, &test->count, &test->room, sizeof line) =
	        (struct text){mem_copy_text(line.at, line.length), line.length};
}

/* A piece of why the alert stands, as the line says it: what the rule remarks of it, without the words around it. */
static bool line_says(struct text line, const struct yaml_node *piece)
{
	struct buffer wanted = {0};
	struct json_writer json = json_writer_on(&wanted);
	struct text because = value_in(line, "\"because\":\"");
	rule_test_put_node(&json, piece);
	bool says = piece->kind == YAML_SCALAR && wanted.length > 2 &&
	            memmem(because.at, because.length, wanted.at + 1, wanted.length - 2) != NULL;
	buffer_free(&wanted);
	return says;
}

static bool meets(struct text line, const struct yaml_node *expected)
{
	for (size_t i = 0; i < expected->count; i++) {
		const char *key = expected->keys[i]->text.at;
		const struct yaml_node *value = expected->items[i];
		if (strcmp(key, "says") == 0 ? !line_says(line, value) : !line_has(line, key, value))
			return false;
	}
	return true;
}

static size_t hold_against(struct test *test, const struct yaml_node *title, struct buffer *complaints)
{
	size_t expected = yaml_list_count(test->expect), wrong = 0;
	bool *used = mem_zero(test->count + 1, sizeof *used);
	for (size_t i = 0; i < expected; i++) {
		const struct yaml_node *item = yaml_list_item(test->expect, i);
		size_t found = 0;
		while (found < test->count && (used[found] || !meets(test->lines[found], item)))
			found++;
		if (found < test->count) {
			used[found] = true;
			continue;
		}
		if (!wrong++)
			buffer_format(complaints, "%s:%d: not so: %s\n", test->node->file, test->node->line,
			              title->text.at);
		buffer_format(complaints, "  %s:%d: expected, but did not come: ", item->file, item->line);
		struct json_writer json = json_writer_on(complaints);
		rule_test_put_node(&json, item);
		buffer_char(complaints, '\n');
	}
	for (size_t i = 0; i < test->count; i++) {
		if (used[i])
			continue;
		if (!wrong++)
			buffer_format(complaints, "%s:%d: not so: %s\n", test->node->file, test->node->line,
			              title->text.at);
		buffer_format(complaints, "  came, but was not expected: %.*s\n", TEXT_ARG(test->lines[i]));
	}
	free(used);
	return wrong;
}

static bool replay_events(const struct config *config, struct test *test, struct replay_options options,
                          struct config_faults *faults)
{
	struct replay *replay = replay_new(config, config->rules, options, take_line, NULL, test);
	const struct yaml_node *events = yaml_get(test->node, "events");
	struct buffer line = {0};
	struct fault fault = {{0}};
	enum result result = RESULT_OK;
	bool fine = true, more = true;
	for (size_t i = 0; i < yaml_list_count(events) && fine && result == RESULT_OK; i++) {
		const struct yaml_node *event = yaml_list_item(events, i);
		rule_test_write_event(event, i + 1, &line);
		result = replay_take(replay, buffer_view(&line), (int64_t)i + 1, &more, &fault);
	}
	if (fine && result == RESULT_OK)
		result = replay_finish(replay, &fault);
	if (result != RESULT_OK)
		yaml_fault(test->node, faults, "the test could not be run: %s", fault.text);
	buffer_free(&line);
	replay_free(replay);
	return fine && result == RESULT_OK;
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

static bool check_looked_at(const struct config *config, const struct test *test, struct config_faults *faults)
{
	bool good = true;
	size_t word;
	for (size_t i = 0; i < yaml_list_count(test->only); i++)
		good &= check_rule_id(config, yaml_list_item(test->only, i), faults);
	for (size_t i = 0; i < yaml_list_count(test->what); i++)
		good &= yaml_read_word(yaml_list_item(test->what, i), "a kind of line", line_kinds, &word, faults);
	return good;
}

static bool listed(const struct yaml_node *list, struct text word)
{
	for (size_t i = 0; i < yaml_list_count(list); i++)
		if (text_equal(yaml_list_item(list, i)->text, word))
			return true;
	return false;
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

static void run_test(const struct config *config, const struct yaml_node *node, struct config_faults *faults,
                     struct rule_test_result *result, struct buffer *complaints)
{
	struct replay_options options = {.from = INSTANT_NONE, .until = INSTANT_NEVER};
	struct test test = {.node = node, .only = yaml_get(node, "only"), .what = yaml_get(node, "what"),
	                    .expect = yaml_get(node, "expect"), .faults = faults};
	bool ran = yaml_check_keys(node, "a test", test_words, faults) &&
	           read_instant(node, "until", &options.until, faults) &&
	           read_instant(node, "from", &options.from, faults) && check_test(config, &test, faults) &&
	           replay_events(config, &test, options, faults);
	if (ran && !test.faulted && hold_against(&test, yaml_get(node, "title"), complaints) == 0)
		result->passed++;
	else
		result->failed++;
	for (size_t i = 0; i < test.count; i++)
		free((char *)(uintptr_t)test.lines[i].at);
	free(test.lines);
}

bool rule_test_holds(const struct config *config, const struct yaml_node *test)
{
	struct rule_test_result result = {0};
	struct config_faults faults = {0};
	struct buffer complaints = {0};
	run_test(config, test, &faults, &result, &complaints);
	config_faults_free(&faults);
	buffer_free(&complaints);
	return result.failed == 0;
}

bool rule_test_names(const struct yaml_node *test, struct text rule)
{
	return listed(yaml_get(test, "only"), rule);
}

static const char *const file_words[] = {"tests", "equivalent", NULL};

const struct yaml_node *rule_tests_list(const struct yaml_tree *tree, struct config_faults *faults)
{
	const struct yaml_node *root = yaml_tree_root(tree), *tests = yaml_get(root, "tests");
	if (root->kind == YAML_LIST)
		return root;
	if (!yaml_check_keys(root, "a file of tests", file_words, faults))
		return NULL;
	if (tests && tests->kind == YAML_LIST)
		return tests;
	yaml_fault(tests ? tests : root, faults, "a file of tests is a list under `tests:`");
	return NULL;
}

void rule_tests_run(const struct config *config, const char *path, struct config_faults *faults,
                    struct rule_test_result *result, struct buffer *complaints)
{
	struct yaml_tree *tree = yaml_tree_read(path, faults);
	const struct yaml_node *tests = tree ? rule_tests_list(tree, faults) : NULL;
	for (size_t i = 0; tests && i < tests->count; i++)
		run_test(config, tests->items[i], faults, result, complaints);
	yaml_tree_free(tree);
}
