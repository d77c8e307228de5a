/* rule_tests: turns a test's events into lines, replays them, and holds what came against what was expected. */
#include "cli/rule_tests.h"

#include "backtest/replay.h"
#include "base/mem.h"
#include "text/json_write.h"

#include <stdlib.h>

/* An event's own short words, and the attribute each stands for. */
static const struct {
	const char *word, *attribute;
} attributes[] = {{"at", "time"},           {"t", "time"},           {"type", "type"},
                  {"subject", "subject"},   {"id", "id"},            {"source", "source"},
                  {"recorded", "recordedtime"}, {"rec", "recordedtime"}, {"precision", "timeprecision"},
                  {"replaces", "replaces"}, {NULL, NULL}};
static const char *const event_words[] = {"at",       "t",         "type",     "subject", "id",  "source", "recorded", "rec",
                                          "precision", "replaces", "data",     "raw",     NULL};
static const char *const test_words[] = {"title", "until", "from", "only", "what", "events", "expect", NULL};
static const char *const usual_kinds[] = {"alert.opened", "alert.resolved", "alert.withdrawn", NULL};

struct test {
	const struct yaml_node *node, *only, *what, *expect;
	struct text *lines; /* that came and are looked at; owned */
	size_t count, room;
	bool *hit;          /* expected lines that came */
	bool *used;         /* lines that were expected */
};

static bool is_number(struct text text)
{
	char *end, copy[40];
	if (!text.length || text.length >= sizeof copy || (text.at[0] != '-' && (text.at[0] < '0' || text.at[0] > '9')))
		return false;
	memcpy(copy, text.at, text.length);
	copy[text.length] = '\0';
	(void)strtod(copy, &end);
	return *end == '\0';
}

static void put_node(struct json_writer *json, const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_MAPPING:
		json_object(json);
		for (size_t i = 0; i < node->count; i++) {
			json_key(json, node->keys[i]->text.at);
			put_node(json, node->items[i]);
		}
		json_object_end(json);
		return;
	case YAML_LIST:
		json_array(json);
		for (size_t i = 0; i < node->count; i++)
			put_node(json, node->items[i]);
		json_array_end(json);
		return;
	case YAML_SCALAR:
		break;
	}
	if (yaml_is_null(node))
		json_null(json);
	else if (node->plain && (text_equal(node->text, TEXT("true")) || text_equal(node->text, TEXT("false"))))
		json_bool(json, node->text.at[0] == 't');
	else if (node->plain && is_number(node->text))
		json_raw(json, node->text);
	else
		json_text(json, node->text);
}

static void put_attribute(struct json_writer *json, const struct yaml_node *event, const char *word, const char *attribute)
{
	const struct yaml_node *value = yaml_get(event, word);
	if (!value)
		return;
	json_key(json, attribute);
	if (value->kind == YAML_SCALAR && !yaml_is_null(value))
		json_text(json, value->text); /* ids may look like numbers */
	else
		put_node(json, value);
}

static void write_event(const struct yaml_node *event, size_t number, struct buffer *out)
{
	const struct yaml_node *raw = yaml_get(event, "raw"), *data = yaml_get(event, "data");
	buffer_clear(out);
	if (raw) {
		buffer_text(out, raw->text);
		return;
	}
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_string(&json, "specversion", "1.0");
	for (size_t i = 0; attributes[i].word; i++)
		put_attribute(&json, event, attributes[i].word, attributes[i].attribute);
	if (!yaml_get(event, "id")) {
		char id[32];
		(void)snprintf(id, sizeof id, "e%zu", number);
		json_put_string(&json, "id", id);
	}
	if (!yaml_get(event, "source"))
		json_put_string(&json, "source", "/lcs");
	json_key(&json, "data");
	if (data) {
		put_node(&json, data);
	} else {
		json_object(&json);
		json_object_end(&json);
	}
	json_object_end(&json);
}

/* Whether the line has this key with this very value. The writer of lines puts no spaces and escapes quotes, so the text
 * `"key":value` followed by a comma or the end stands for nothing else. */
static bool line_has(struct text line, const char *key, const struct yaml_node *value)
{
	struct buffer wanted = {0};
	buffer_format(&wanted, "\"%s\":", key);
	struct json_writer json = json_writer_on(&wanted);
	put_node(&json, value);
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

static bool looked_at(const struct test *test, struct text line)
{
	bool kind = false, rule = !test->only || !memmem(line.at, line.length, "\"rule\":", 7);
	for (size_t i = 0; test->what && i < yaml_list_count(test->what); i++)
		kind |= line_is(line, "what", yaml_list_item(test->what, i)->text);
	for (size_t i = 0; !test->what && usual_kinds[i]; i++)
		kind |= line_is(line, "what", text_of(usual_kinds[i]));
	for (size_t i = 0; !rule && i < yaml_list_count(test->only); i++)
		rule = line_is(line, "rule", yaml_list_item(test->only, i)->text);
	return kind && rule;
}

static void take_line(void *context, struct text line)
{
	struct test *test = context;
	if (!looked_at(test, line))
		return;
	*(struct text *)mem_push((void **)&test->lines, &test->count, &test->room, sizeof line) =
	        (struct text){mem_copy_text(line.at, line.length), line.length};
}

static bool meets(struct text line, const struct yaml_node *expected)
{
	for (size_t i = 0; i < expected->count; i++)
		if (!line_has(line, expected->keys[i]->text.at, expected->items[i]))
			return false;
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
			buffer_format(complaints, "%s:%d: not so: %s\n", test->node->file, test->node->line, title->text.at);
		buffer_format(complaints, "  %s:%d: expected, but did not come: ", item->file, item->line);
		struct json_writer json = json_writer_on(complaints);
		put_node(&json, item);
		buffer_char(complaints, '\n');
	}
	for (size_t i = 0; i < test->count; i++) {
		if (used[i])
			continue;
		if (!wrong++)
			buffer_format(complaints, "%s:%d: not so: %s\n", test->node->file, test->node->line, title->text.at);
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
		fine = yaml_check_keys(event, "an event of a test", event_words, faults);
		if (!fine)
			break;
		write_event(event, i + 1, &line);
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
	yaml_fault(value, faults, "%s is not a time such as 2020-03-01T00:00:00Z: %s", key, why ? why : "it is not text");
	return false;
}

static void run_test(const struct config *config, const struct yaml_node *node, struct config_faults *faults,
                     struct rule_test_result *result, struct buffer *complaints)
{
	struct replay_options options = {.from = INSTANT_NONE, .until = INSTANT_NEVER};
	struct test test = {.node = node, .only = yaml_get(node, "only"), .what = yaml_get(node, "what"),
	                    .expect = yaml_get(node, "expect")};
	const struct yaml_node *title = yaml_get(node, "title");
	if (!yaml_check_keys(node, "a test", test_words, faults) || !read_instant(node, "until", &options.until, faults) ||
	    !read_instant(node, "from", &options.from, faults)) {
		result->failed++;
		return;
	}
	if (!title || title->kind != YAML_SCALAR) {
		yaml_fault(node, faults, "a test needs a title: one sentence that says what must be so");
		result->failed++;
		return;
	}
	bool ran = replay_events(config, &test, options, faults);
	if (ran && hold_against(&test, title, complaints) == 0)
		result->passed++;
	else
		result->failed++;
	for (size_t i = 0; i < test.count; i++)
		free((char *)(uintptr_t)test.lines[i].at);
	free(test.lines);
}

void rule_tests_run(const struct config *config, const char *path, struct config_faults *faults,
                    struct rule_test_result *result, struct buffer *complaints)
{
	struct yaml_tree *tree = yaml_tree_read(path, faults);
	if (!tree)
		return;
	const struct yaml_node *root = yaml_tree_root(tree), *tests = yaml_get(root, "tests");
	if (!tests)
		tests = root && root->kind == YAML_LIST ? root : NULL;
	if (!tests)
		yaml_fault(root, faults, "a file of tests is a list under `tests:`");
	for (size_t i = 0; tests && i < yaml_list_count(tests); i++)
		run_test(config, yaml_list_item(tests, i), faults, result, complaints);
	yaml_tree_free(tree);
}
