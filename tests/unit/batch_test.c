/* A batch owns everything its records point to, and keeps what came, byte for byte. */
#include "source/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARRIVED ((instant)1600000000 * SECOND)

static struct event_parser *parser;
static struct batch *batch;

static int set_up(void **state)
{
	(void)state;
	schema_start();
	parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	batch = batch_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	batch_free(batch);
	batch_free(NULL);
	event_parser_free(parser);
	return 0;
}

static const char *line(int i, char *out, size_t size)
{
	(void)snprintf(out, size,
	               "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/"
	               "lcs\",\"type\":\"missing.ended\",\"subject\":\"C%d\","
	               "\"time\":\"2020-01-12T00:00:00Z\",\"data\":{\"episode\":\"\\u006d%d\",\"harm\":%s}}",
	               i, i % 7, i, i % 5 ? "true" : "\"?\"");
	return out;
}

static void thousands_of_records_keep_their_own_bytes_and_words(void **state)
{
	(void)state;
	char bytes[400], expected[32];
	for (int i = 0; i < 3000; i++) {
		(void)line(i, bytes, sizeof bytes);
		struct source_record *record =
			batch_add(batch, parser, TEXT("kafka:events:0"), i + 1, text_of(bytes), ARRIVED);
		assert_non_null(record);
		assert_int_equal(record->arrived, ARRIVED);
	}
	assert_int_equal(batch->count, 3000);
	size_t sum = 0;
	for (int i = 0; i < 3000; i++) {
		const struct source_record *record = &batch->records[i];
		assert_true(text_equal(record->bytes, text_of(line(i, bytes, sizeof bytes))));
		assert_true(record->accepted);
		assert_int_equal(record->next, i + 1);
		assert_true(text_equal(record->position, TEXT("kafka:events:0")));
		(void)snprintf(expected, sizeof expected, "m%d", i);
		assert_true(text_equal(event_string(&record->event, schema_name(TEXT("episode"))), text_of(expected)));
		assert_int_equal(record->event.warning_count, i % 5 == 0);
		sum += record->bytes.length;
	}
	assert_int_equal(batch->bytes, sum);
}

static void a_refused_record_is_kept_with_its_reason(void **state)
{
	(void)state;
	struct source_record *record =
		batch_add(batch, parser, TEXT("spool:a"), 9, TEXT("{\"id\":\"e9\",\"source\":\"/l\"}\xff"), 0);
	assert_false(record->accepted);
	assert_true(text_equal(record->reason, TEXT("not valid UTF-8 at byte 26")));
	record = batch_add(batch, parser, TEXT("spool:b"), 9, TEXT("{\"id\":\"e9\",\"source\":\"/l\"}\r\n"), 0);
	assert_false(record->accepted);
	assert_true(text_equal(record->event.id, TEXT("e9")));
	assert_true(text_equal(record->event.source, TEXT("/l")));
	assert_true(text_equal(record->bytes, TEXT("{\"id\":\"e9\",\"source\":\"/l\"}\r\n")));
	assert_true(text_equal(record->position, TEXT("spool:b")));
}

static void blank_lines_are_no_records(void **state)
{
	(void)state;
	assert_null(batch_add(batch, parser, TEXT("spool:a"), 1, TEXT(""), 0));
	assert_null(batch_add(batch, parser, TEXT("spool:a"), 1, TEXT(" \t\r\n"), 0));
	assert_int_equal(batch->count, 0);
}

#define HEADER(name, value) {TEXT(name), TEXT(value)}
#define HEADERS                                                                                                        \
	HEADER("specversion", "1.0"), HEADER("id", "e\"1"), HEADER("source", "/lcs"), HEADER("Type", "rhi.offered"),   \
		HEADER("subject", "C1"), HEADER("time", "2020-01-12T00:00:00Z"), HEADER("traceparent", "00-\xc3\xa9")

static void a_binary_event_is_kept_as_the_structured_event_that_it_is(void **state)
{
	(void)state;
	const struct event_attribute headers[] = {HEADERS, HEADER("data", "1"), HEADER("datacontenttype", "x")};
	struct source_record *record =
		batch_add_binary(batch, parser, TEXT("kafka:events:0"), 3, headers, 9, TEXT("application/json"),
	                         TEXT(" {\"episode\":\"m1\"}\n"), ARRIVED);
	assert_true(record->accepted);
	assert_true(text_equal(
		record->bytes,
		TEXT("{\"specversion\":\"1.0\",\"id\":\"e\\\"1\",\"source\":\"/lcs\",\"type\":\"rhi.offered\","
	             "\"subject\":\"C1\",\"time\":\"2020-01-12T00:00:00Z\",\"traceparent\":\"00-\xc3\xa9\","
	             "\"datacontenttype\":\"application/json\",\"data\":{\"episode\":\"m1\"}}")));
	assert_true(text_equal(record->event.id, TEXT("e\"1")));
	struct event again;
	struct fault fault;
	assert_int_equal(event_parse(parser, record->bytes, INSTANT_NONE, &again, &fault), RESULT_OK);
	assert_true(text_equal(again.id, record->event.id));
}

static void a_body_cannot_pass_for_attributes(void **state)
{
	(void)state;
	const struct event_attribute headers[] = {HEADERS};
	struct source_record *record = batch_add_binary(batch, parser, TEXT("kafka:events:0"), 3, headers, 7, TEXT_NONE,
	                                                TEXT("{\"episode\":\"m1\"},\"replaces\":\"e0\""), ARRIVED);
	assert_false(record->accepted);
	struct event again;
	struct fault fault;
	assert_int_equal(event_parse(parser, record->bytes, INSTANT_NONE, &again, &fault), RESULT_PERMANENT);
	assert_string_equal(fault.text, "data is not an object");
}

static void a_binary_event_too_long_in_the_form_that_is_kept_is_refused(void **state)
{
	(void)state;
	struct event_parser *small = event_parser_new((struct event_limits){200, 32}, TEXT_NONE, NULL);
	struct event_attribute headers[] = {HEADERS,
	                                    {TEXT("note"), {"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"", 24}}};
	struct source_record *record = batch_add_binary(batch, small, TEXT("kafka:events:0"), 3, headers, 7, TEXT_NONE,
	                                                TEXT("{\"episode\":\"m1\"}"), ARRIVED);
	assert_true(record->accepted);
	record = batch_add_binary(batch, small, TEXT("kafka:events:0"), 3, headers, 8, TEXT_NONE,
	                          TEXT("{\"episode\":\"m1\"}"), ARRIVED);
	assert_false(record->accepted);
	assert_non_null(memmem(record->reason.at, record->reason.length, "at most 200 are taken", 21));
	event_parser_free(small);
}

/* ---- how far it is read ---- */

static void add_at(const char *position, int second, bool accepted)
{
	char bytes[256];
	(void)snprintf(bytes, sizeof bytes,
	               "{\"specversion\":\"1.0\",\"id\":\"e%zu\",\"source\":\"/lcs\",\"type\":\"%s\","
	               "\"subject\":\"C1\",\"time\":\"2020-01-12T00:00:%02dZ\"}",
	               batch->count, accepted ? "visit.noted" : "", second);
	(void)batch_add(batch, parser, text_of(position), (int64_t)batch->count, text_of(bytes), ARRIVED);
	assert_true(batch->records[batch->count - 1].accepted == accepted);
}

/* In seconds; -1: nothing was taken of something; 99: nothing is left. */
static void assert_read_to(size_t taken, int second)
{
	instant read_to = batch_read_to(batch, taken), day = batch->records[0].event.time / MINUTE * MINUTE;
	int seen = read_to == INSTANT_NEVER ? 99 : read_to == INSTANT_NONE ? -1 : (int)((read_to - day) / SECOND);
	if (seen != second)
		fail_msg("%zu records taken: read to %d, not %d", taken, seen, second);
}

static void what_is_left_of_a_batch_is_not_read(void **state)
{
	(void)state;
	assert_true(batch_read_to(batch, 0) == INSTANT_NEVER);
	add_at("a", 10, true);
	add_at("a", 30, true);
	add_at("a", 20, true);
	add_at("a", 40, true);
	assert_read_to(0, -1);
	assert_read_to(1, 10);
	assert_read_to(2, 30);
	assert_read_to(3, 30); /* the newest of what was taken: one that is late takes nothing back */
	assert_read_to(4, 99);
}

static void each_position_of_a_batch_is_read_by_itself(void **state)
{
	(void)state;
	add_at("a", 10, true);
	add_at("a", 50, true);
	add_at("b", 20, true);
	add_at("b", 30, true);
	add_at("c", 25, true);
	assert_read_to(1, 10);
	assert_read_to(2, 20); /* b begins there */
	assert_read_to(3, 20);
	assert_read_to(4, 25);
	assert_read_to(5, 99);
}

/* Else a file of rubbish would hold clocks up. */
static void what_cannot_be_read_holds_nobody_up(void **state)
{
	(void)state;
	add_at("a", 10, true);
	add_at("a", 0, false);
	add_at("b", 0, false);
	add_at("b", 20, true);
	add_at("b", 0, false);
	assert_read_to(1, 20);
	assert_read_to(2, 20);
	assert_read_to(3, 20); /* the first that can be */
	assert_read_to(4, 99);
	assert_read_to(5, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(thousands_of_records_keep_their_own_bytes_and_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refused_record_is_kept_with_its_reason, set_up, tear_down),
		cmocka_unit_test_setup_teardown(blank_lines_are_no_records, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_binary_event_is_kept_as_the_structured_event_that_it_is, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_body_cannot_pass_for_attributes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_binary_event_too_long_in_the_form_that_is_kept_is_refused, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(what_is_left_of_a_batch_is_not_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_position_of_a_batch_is_read_by_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_holds_nobody_up, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
