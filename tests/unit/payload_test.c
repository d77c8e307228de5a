/* What an outbox row carries reads back as it was written, and hostile bytes are refused. */
#include "store/outbox/payload.h"
#include "text/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void an_effect_reads_back_as_it_was(void **state)
{
	(void)state;
	const char *tell[] = {"edt", "team-manager"}, *next[] = {"director"};
	struct rule rule = {.kind = RULE_COUNT, .effective_from = 18262};
	struct alert alert = {.evidence_count = 7, .next = INSTANT_NEVER};
	struct effect effect = {.rule = &rule,
	                        .alert = &alert,
	                        .cause = CAUSE_REVIEW_DEFAULT,
	                        .window_count = 3,
	                        .by = TEXT("director"),
	                        .answered_at = 1580868000 * SECOND,
	                        .at = 1580868600 * SECOND,
	                        .caused = 1580868000 * SECOND,
	                        .tell = tell,
	                        .tell_count = 2,
	                        .next_tell = next,
	                        .next_count = 1,
	                        .answer_by = 1580870400 * SECOND,
	                        .old_news = true,
	                        .because = "3 in 30 days: \"2 Jan\",\n11 Jan",
	                        .reason = NULL};
	struct payload written, read;
	struct buffer json = {0};
	struct arena *arena = arena_new(1024);
	payload_of_effect(&effect, &written);
	payload_write(&written, &json);
	assert_int_equal(payload_read(buffer_view(&json), &read, arena, NULL), RESULT_OK);
	assert_true(read.at == effect.at && read.caused == effect.caused && read.answer_by == effect.answer_by);
	assert_true(read.due == INSTANT_NONE && read.old_news && !read.spent);
	assert_int_equal(read.tell_count, 2);
	assert_true(text_equal(read.tell[1], TEXT("team-manager")));
	assert_int_equal(read.next_count, 1);
	assert_true(text_equal(read.because, text_of(effect.because)));
	assert_int_equal(read.reason.length, 0);
	assert_true(read.cause_known && read.cause == CAUSE_REVIEW_DEFAULT);
	assert_int_equal(read.window_count, 3);
	assert_int_equal(read.since_count, 4);
	assert_true(text_equal(read.by, TEXT("director")) && read.answered_at == effect.answered_at);
	assert_true(read.rule_from == 18262 && read.review_at == INSTANT_NONE);
	buffer_free(&json);
	arena_free(arena);
}

static void an_empty_one_asks_for_no_answer(void **state)
{
	(void)state;
	struct payload read;
	struct arena *arena = arena_new(1024);
	static const char *const empty[] = {"", "{}", " { } "};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(payload_read(text_of(empty[i]), &read, arena, NULL), RESULT_OK);
		assert_true(read.answer_by == INSTANT_NEVER && read.tell_count == 0);
	}
	arena_free(arena);
}

static void every_cause_reads_back_by_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < EFFECT_CAUSES; i++) {
		enum effect_cause read = CAUSE_OPENED;
		assert_true(effect_cause_of(text_of(effect_cause_name((enum effect_cause)i)), &read));
		assert_int_equal(read, i);
	}
	enum effect_cause untouched = CAUSE_NOBODY;
	assert_false(effect_cause_of(TEXT("because"), &untouched));
	assert_int_equal(untouched, CAUSE_NOBODY);
}

static void a_row_from_before_causes_were_kept_says_so(void **state)
{
	(void)state;
	struct payload read;
	struct arena *arena = arena_new(1024);
	assert_int_equal(
		payload_read(TEXT("{\"cause\":\"a new one\",\"window\":-1,\"rule_from\":1e99}"), &read, arena, NULL),
		RESULT_OK);
	assert_true(!read.cause_known && read.window_count == 0 && read.rule_from == DAY_NONE);
	arena_free(arena);
}

static void names_and_kinds_not_known_are_passed_over(void **state)
{
	(void)state;
	struct payload read;
	struct arena *arena = arena_new(1024);
	struct text json =
		TEXT("{\"new\":{\"a\":[1]},\"because\":7,\"tell\":\"edt\",\"next\":[1,\"dcs\",null],\"spent\":true,"
	             "\"answer_by\":\"soon\"}");
	assert_int_equal(payload_read(json, &read, arena, NULL), RESULT_OK);
	assert_true(read.because.length == 0 && read.tell_count == 0 && read.next_count == 1 && read.spent);
	assert_true(read.answer_by == INSTANT_NEVER);
	arena_free(arena);
}

static void what_is_not_one_json_object_is_refused_and_leaves_it_empty(void **state)
{
	(void)state;
	static const char *const bad[] = {"[]",
	                                  "7",
	                                  "{",
	                                  "{\"a\":}",
	                                  "{\"because\":\"x\"",
	                                  "{} {}",
	                                  "{\"a\":[[[[1]]]]}",
	                                  "x",
	                                  "{\"spent\":true,\"spent\":true}"};
	struct arena *arena = arena_new(1024);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct payload read;
		struct fault fault = {""};
		assert_int_equal(payload_read(text_of(bad[i]), &read, arena, &fault), RESULT_PERMANENT);
		assert_true(fault.text[0] != '\0');
		assert_true(read.because.length == 0 && !read.spent && read.answer_by == INSTANT_NEVER);
	}
	arena_free(arena);
}

static void more_roles_than_there_is_room_for_are_cut(void **state)
{
	(void)state;
	struct payload read;
	struct arena *arena = arena_new(1024);
	struct buffer json = {0};
	buffer_string(&json, "{\"tell\":[");
	for (int i = 0; i < 100; i++)
		buffer_format(&json, "%s\"r%d\"", i ? "," : "", i);
	buffer_string(&json, "]}");
	assert_int_equal(payload_read(buffer_view(&json), &read, arena, NULL), RESULT_OK);
	assert_int_equal(read.tell_count, PAYLOAD_ROLES);
	buffer_free(&json);
	arena_free(arena);
}

/* A reason may be as long as an event, and ops may have much to say: whatever is written can be read again. */
static void what_is_too_long_is_cut_or_left_out_and_the_rest_reads_back(void **state)
{
	static char longest[300000];
	struct payload payload = PAYLOAD_EMPTY, read;
	struct buffer json = {0};
	struct arena *arena = arena_new(1024);
	struct fault fault = {{0}};
	(void)state;
	for (size_t i = 0; i + 1 < sizeof longest; i += 2)
		memcpy(longest + i, "\xc3\xa9", 2);
	longest[0] = '\x01'; /* each may take six bytes */
	longest[1] = 'x';
	payload.reason = payload.because = payload.words = payload.by = (struct text){longest, 65536};
	payload.detail = (struct text){longest, sizeof longest};
	payload.at = (instant)1600000000 * SECOND;
	payload_write(&payload, &json);
	assert_int_equal(payload_read(buffer_view(&json), &read, arena, &fault), RESULT_OK);
	assert_true(read.at == payload.at);
	assert_in_range(read.reason.length, PAYLOAD_TEXT - 4, PAYLOAD_TEXT);
	assert_int_equal(utf8_valid(read.reason), read.reason.length);
	assert_memory_equal(read.reason.at + read.reason.length - 3, "…", 3);
	assert_int_equal(read.detail.length, 0);
	memset(longest, 1, sizeof longest);
	payload.reason = payload.because = payload.words = payload.by = payload.person = payload.passed_to =
		payload.list = payload.team = payload.ops = (struct text){longest, 65536};
	payload.detail = (struct text){longest, PAYLOAD_DETAIL};
	buffer_clear(&json);
	payload_write(&payload, &json);
	assert_int_equal(payload_read(buffer_view(&json), &read, arena, &fault), RESULT_OK);
	assert_int_equal(read.detail.length, PAYLOAD_DETAIL);
	buffer_free(&json);
	arena_free(arena);
}

static void random_bytes_never_harm(void **state)
{
	(void)state;
	static const char bits[] = "{}[]\":,\\ntruefalse0-9 because tell next \xc3\xa9\xff";
	struct arena *arena = arena_new(4096);
	for (int round = 0; round < 20000; round++) {
		char bytes[64];
		size_t length = (size_t)rand() % sizeof bytes;
		struct payload read;
		for (size_t i = 0; i < length; i++)
			bytes[i] = bits[(size_t)rand() % (sizeof bits - 1)];
		bytes[0] = '{';
		enum result result = payload_read((struct text){bytes, length}, &read, arena, NULL);
		assert_true(result == RESULT_OK || result == RESULT_PERMANENT);
		arena_reset(arena);
	}
	arena_free(arena);
}

int main(void)
{
	const char *given = getenv("TEST_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	(void)printf("payload_test: TEST_SEED=%u\n", seed);
	srand(seed);
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_effect_reads_back_as_it_was),
	        cmocka_unit_test(every_cause_reads_back_by_its_name),
		cmocka_unit_test(a_row_from_before_causes_were_kept_says_so),
		cmocka_unit_test(an_empty_one_asks_for_no_answer),
	        cmocka_unit_test(names_and_kinds_not_known_are_passed_over),
	        cmocka_unit_test(what_is_not_one_json_object_is_refused_and_leaves_it_empty),
	        cmocka_unit_test(more_roles_than_there_is_room_for_are_cut),
	        cmocka_unit_test(what_is_too_long_is_cut_or_left_out_and_the_rest_reads_back),
	        cmocka_unit_test(random_bytes_never_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
