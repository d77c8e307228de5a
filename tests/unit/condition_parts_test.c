/* A condition taken apart: as text again, and in which ways it can hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "event/schema.h"
#include "rules/condition_parts.h"

static struct condition *compiled(const char *source, const char *type)
{
	type_id types[1] = {schema_find(text_of(type))};
	struct fault fault = {{0}};
	size_t at;
	struct condition *condition =
		condition_compile(text_of(source), (struct condition_place){types, *type ? 1 : 0}, &fault, &at);
	if (!condition)
		fail_msg("%s: %s", source, fault.text);
	return condition;
}

static void add(void *argument, bool holds, struct text words)
{
	struct buffer *out = argument;
	(void)holds;
	buffer_format(out, "%s(%.*s)", out->length ? " && " : "", TEXT_ARG(words));
}

static bool never(void *context, const struct condition_state *state)
{
	(void)context, (void)state;
	return false;
}

static bool never_seen(void *context, type_id type)
{
	(void)context, (void)type;
	return false;
}

static void printed(const struct condition *condition, struct buffer *out)
{
	struct condition_scope scope = {.age = -1, .open = never, .seen = never_seen};
	condition_parts(condition, &scope, add, out);
}

/* What is printed is the same condition: read again and printed again it is the same text. */
static void a_condition_that_is_printed_reads_as_itself(void **state)
{
	static const char *const sources[][2] = {
		{"data.kind == \"missing\" && has(data.risk) && data.risk in [\"high\", \"medium\"]",
	         "missing.started"},
		{"!(data.kind == \"away\") && (open(\"vpg\") || open(\"rmg\", \"28 days\"))", "missing.started"},
		{"data.care > data.support || data.care >= 7", "risk_assessment.completed"},
		{"!seen(\"transition.planned\") && age < 18", ""},
		{"has(first(\"contact.received\").data.flags) && size(first(\"contact.received\").data.flags) > 0", ""},
		{"!data.regulated && (!has(data.excepted) || !data.excepted)", "placement.started"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		struct buffer once = {0}, twice = {0};
		struct condition *condition = compiled(sources[i][0], sources[i][1]);
		printed(condition, &once);
		struct condition *again = compiled(buffer_cstr(&once), sources[i][1]);
		printed(again, &twice);
		assert_string_equal(buffer_cstr(&once), buffer_cstr(&twice));
		condition_free(condition);
		condition_free(again);
		buffer_free(&once);
		buffer_free(&twice);
	}
}

static size_t count_ways(const char *source, const char *type, struct condition_way *ways, struct arena *arena,
                         struct condition **condition)
{
	*condition = compiled(source, type);
	return condition_ways(*condition, arena, ways);
}

static void either_side_of_an_or_is_a_way(void **state)
{
	struct condition_way ways[CONDITION_WAYS];
	struct condition *condition;
	struct arena *arena = arena_new(4096);
	(void)state;
	assert_int_equal(count_ways("(open(\"vpg\") || open(\"rmg\")) && !seen(\"transition.planned\")", "", ways,
	                            arena, &condition),
	                 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ways[i].count, 2);
		assert_int_equal(ways[i].needs[0].kind, NEED_OPEN);
		assert_true(ways[i].needs[0].wanted);
		assert_int_equal(ways[i].needs[1].kind, NEED_SEEN);
		assert_false(ways[i].needs[1].wanted);
	}
	assert_string_equal(ways[0].needs[0].state->name, "vpg");
	assert_string_equal(ways[1].needs[0].state->name, "rmg");
	condition_free(condition);
	arena_free(arena);
}

static void not_of_an_and_is_either_opposite(void **state)
{
	struct condition_way ways[CONDITION_WAYS];
	struct condition *condition;
	struct arena *arena = arena_new(4096);
	(void)state;
	assert_int_equal(count_ways("!(data.kind == \"missing\" && data.episode == \"E1\")", "missing.started", ways,
	                            arena, &condition),
	                 2);
	assert_int_equal(ways[0].needs[0].how, NEED_EQUAL);
	assert_false(ways[0].needs[0].wanted);
	assert_false(ways[1].needs[0].wanted);
	condition_free(condition);
	arena_free(arena);
}

static void ways_beyond_the_most_are_left_out(void **state)
{
	struct condition_way ways[CONDITION_WAYS];
	struct condition *condition;
	struct arena *arena = arena_new(4096);
	(void)state;
	const char *four = "(open(\"a\") || open(\"b\") || open(\"c\") || open(\"d\"))";
	struct buffer source = {0};
	buffer_format(&source, "%s && %s && %s", four, four, four); /* 64 ways */
	assert_int_equal(count_ways(buffer_cstr(&source), "", ways, arena, &condition), CONDITION_WAYS);
	buffer_free(&source);
	condition_free(condition);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_condition_that_is_printed_reads_as_itself),
		cmocka_unit_test(either_side_of_an_or_is_a_way),
		cmocka_unit_test(not_of_an_and_is_either_opposite),
		cmocka_unit_test(ways_beyond_the_most_are_left_out),
	};
	schema_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
