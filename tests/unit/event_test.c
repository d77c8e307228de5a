/* Events in memory: their order, their copies, and packed by the million. */
#include "event/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct event_parser *parser;

static int set_up(void **state)
{
	(void)state;
	schema_start();
	parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	event_parser_free(parser);
	return 0;
}

static struct event parsed(const char *bytes)
{
	struct event event;
	struct fault fault;
	if (event_parse(parser, text_of(bytes), INSTANT_NONE, &event, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	return event;
}

static void same_value(const struct value *a, const struct value *b)
{
	assert_int_equal(a->kind, b->kind);
	if (a->kind == VALUE_STRING)
		assert_true(text_equal(a->string, b->string));
	if (a->kind == VALUE_BOOL)
		assert_int_equal(a->boolean, b->boolean);
	if (a->kind == VALUE_NUMBER)
		assert_true(a->number == b->number);
	if (a->kind != VALUE_LIST)
		return;
	assert_int_equal(a->list.count, b->list.count);
	for (size_t i = 0; i < a->list.count; i++)
		same_value(&a->list.items[i], &b->list.items[i]);
}

static void same_event(const struct event *a, const struct event *b)
{
	assert_true(text_equal(a->id, b->id));
	assert_true(text_equal(a->source, b->source));
	assert_true(text_equal(a->type_name, b->type_name));
	assert_true(text_equal(a->subject, b->subject));
	assert_true(text_equal(a->replaces, b->replaces));
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->day_precision, b->day_precision);
	assert_int_equal(a->time, b->time);
	assert_int_equal(a->recorded, b->recorded);
	assert_int_equal(a->ref, b->ref);
	assert_int_equal(a->field_count, b->field_count);
	for (size_t i = 0; i < a->field_count; i++) {
		assert_int_equal(a->fields[i].name, b->fields[i].name);
		same_value(&a->fields[i].value, &b->fields[i].value);
	}
}

static const char *const events[] = {
	"{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"contact.received\",\"subject\":\"C1\","
	"\"time\":\"2020-01-12T00:00:00.000001Z\",\"recordedtime\":\"2020-01-11T23:58:00Z\",\"replaces\":\"e0\","
	"\"data\":{\"contact\":\"c\\u00e9\",\"flags\":[\"CSE\",\"neglect\"],\"harm\":true,\"qualified\":false,"
        "\"value\":-2.5,"
	"\"target\":{},\"with\":[1,null,[2],true]}}",
	"{\"specversion\":\"1.0\",\"id\":\"e2\",\"source\":\"/lcs\",\"type\":\"not.known\",\"subject\":\"C 1\","
	"\"time\":\"1990-01-01T00:00:00Z\",\"timeprecision\":\"day\",\"data\":[1]}",
	"{\"specversion\":\"1.0\",\"id\":\"e3\",\"source\":\"/lcs\",\"type\":\"child.died\",\"subject\":\"C1\","
	"\"time\":\"2100-12-31T23:59:59.999999Z\",\"recordedtime\":\"2100-12-31T23:59:59Z\"}",
};

static void an_event_packed_and_unpacked_is_the_same(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1024);
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		struct event event = parsed(events[i]), back;
		event.ref = i * 1000000007u;
		size_t size = event_packed_size(&event);
		char *packed = mem_alloc(size + 1); /* at an odd address: packed bytes need no alignment */
		event_pack(&event, packed + 1);
		event_unpack(packed + 1, &back, arena);
		same_event(&event, &back);
		assert_int_equal(back.warning_count, 0);
		assert_true(size < strlen(events[i]));
		free(packed);
	}
	arena_free(arena);
}

static void a_field_that_was_set_aside_is_known_to_be_so_once_packed(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1024);
	struct event event = parsed("{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"/s\",\"type\":\"vpg.shared\","
	                            "\"subject\":\"C_1\",\"time\":\"2020-01-12T00:00:00Z\",\"data\":{\"with\":7}}"),
	             back;
	uint16_t with = schema_name(TEXT("with"));
	char packed[200];
	assert_true(event_set_aside(&event, with));
	assert_in_range(event_packed_size(&event), 1, sizeof packed);
	assert_in_range(event_packed_size(&event), 1, event_packed_most(&event));
	event_pack(&event, packed);
	event_unpack(packed, &back, arena);
	same_event(&event, &back);
	assert_true(event_set_aside(&back, with));
	assert_false(event_set_aside(&back, schema_name(TEXT("kind"))));
	arena_free(arena);
}

static void an_event_of_a_type_that_rules_name_keeps_its_number(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1024);
	type_id id = schema_name_type(TEXT("tea.made"));
	struct event event = parsed("{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"/s\",\"type\":\"tea.made\","
	                            "\"subject\":\"C1\",\"time\":\"2020-01-12T00:00:00Z\"}"), back;
	assert_int_equal(event.type, id);
	char packed[200];
	assert_in_range(event_packed_size(&event), 1, sizeof packed);
	event_pack(&event, packed);
	event_unpack(packed, &back, arena);
	same_event(&event, &back);
	arena_free(arena);
}

static void a_copy_outlives_the_bytes_and_the_parser_s_next_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		struct arena *arena = arena_new(64);
		char *bytes = mem_copy_text(events[i], strlen(events[i]));
		struct event event = parsed(bytes), copy, again;
		event_copy(&copy, &event, arena);
		size_t warnings = event.warning_count;
		memset(bytes, 'x', strlen(events[i]));
		free(bytes);
		(void)parsed(events[(i + 1) % 3]);
		again = parsed(events[i]);
		same_event(&copy, &again);
		assert_int_equal(copy.warning_count, warnings);
		for (size_t w = 0; w < warnings; w++)
			assert_string_equal(copy.warnings[w].reason, again.warnings[w].reason);
		arena_free(arena);
	}
}

static void a_copy_around_its_bytes_leaves_them_where_they_are(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1024);
	struct event event = parsed(events[0]), copy;
	event_copy_around(&copy, &event, text_of(events[0]), arena);
	same_event(&event, &copy);
	assert_ptr_equal(copy.id.at, event.id.at);
	const struct value *escaped = event_field(&copy, schema_name(TEXT("contact")));
	assert_ptr_not_equal(escaped->string.at, event_field(&event, schema_name(TEXT("contact")))->string.at);
	arena_free(arena);
}

static void events_are_ordered_by_time_then_source_then_id(void **state)
{
	(void)state;
	const struct event ordered[] = {
		{.time = 1, .source = TEXT("b"), .id = TEXT("b")}, {.time = 2, .source = TEXT("a"), .id = TEXT("9")},
		{.time = 2, .source = TEXT("aa"), .id = TEXT("1")}, {.time = 2, .source = TEXT("b"), .id = TEXT("1")},
		{.time = 2, .source = TEXT("b"), .id = TEXT("10")}, {.time = 2, .source = TEXT("b"), .id = TEXT("2")},
		{.time = 3, .source = TEXT("a"), .id = TEXT("0")},
	};
	for (size_t i = 0; i < sizeof ordered / sizeof *ordered; i++)
		for (size_t j = 0; j < sizeof ordered / sizeof *ordered; j++) {
			int order = event_order(&ordered[i], &ordered[j]);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
}

/* Whose silence ops hear of, and who may not send by HTTP. */
static void a_source_whose_name_only_begins_like_casewatch_is_not_its_own(void **state)
{
	(void)state;
	static const char *const own[] = {"/casewatch", "/casewatch/", "/casewatch/tool"};
	static const char *const others[] = {"", "/", "/casewatc", "/casewatch-importer", "/casewatches/a",
	                                     "casewatch/tool", "/lcs/casewatch/tool"};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		assert_true(event_is_own(&(struct event){.source = text_of(own[i])}));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(event_is_own(&(struct event){.source = text_of(others[i])}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_packed_and_unpacked_is_the_same),
		cmocka_unit_test(a_field_that_was_set_aside_is_known_to_be_so_once_packed),
		cmocka_unit_test(an_event_of_a_type_that_rules_name_keeps_its_number),
		cmocka_unit_test(a_copy_outlives_the_bytes_and_the_parser_s_next_event),
		cmocka_unit_test(a_copy_around_its_bytes_leaves_them_where_they_are),
		cmocka_unit_test(events_are_ordered_by_time_then_source_then_id),
		cmocka_unit_test(a_source_whose_name_only_begins_like_casewatch_is_not_its_own),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
