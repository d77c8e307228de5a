/* JSON is read strictly and written so that anybody can read it; SQLite is the judge of both. */
#include "text/json_read.h"
#include "text/json_write.h"
#include "time/instant.h"

#include "base/mem.h"
#include "text/utf8.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sqlite3.h>

static struct json_reader *reader;

static int set_up(void **state)
{
	(void)state;
	reader = json_reader_new(32, 1000);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_reader_free(reader);
	return 0;
}

static enum json_token read_all(struct text text)
{
	struct text value;
	enum json_token token;
	json_start(reader, text, 0);
	while ((token = json_next(reader, &value)) != JSON_FAULT && token != JSON_END)
		;
	return token;
}

static void tokens_come_in_the_order_of_the_text(void **state)
{
	(void)state;
	static const enum json_token expected[] = {
		JSON_OBJECT,    JSON_KEY,  JSON_ARRAY,  JSON_NUMBER,     JSON_STRING, JSON_TRUE,
		JSON_FALSE,     JSON_NULL, JSON_OBJECT, JSON_OBJECT_END, JSON_ARRAY,  JSON_ARRAY_END,
		JSON_ARRAY_END, JSON_KEY,  JSON_STRING, JSON_OBJECT_END, JSON_END,    JSON_END};
	struct text value;
	json_start(reader, TEXT(" {\"a\": [-1.5e+3, \"b\", true, false, null, {}, []], \"c\":\"\"}\n"), 0);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		assert_int_equal(json_next(reader, &value), expected[i]);
}

static void values_can_be_passed_over(void **state)
{
	(void)state;
	struct text value;
	json_start(reader, TEXT("{\"a\":{\"x\":[1,{\"y\":2}]},\"b\":7}"), 0);
	assert_int_equal(json_next(reader, &value), JSON_OBJECT);
	assert_int_equal(json_next(reader, &value), JSON_KEY);
	assert_int_equal(json_skip(reader, json_next(reader, &value)), JSON_OBJECT_END);
	assert_int_equal(json_next(reader, &value), JSON_KEY);
	assert_true(text_equal(value, TEXT("b")));
	assert_int_equal(json_skip(reader, json_next(reader, &value)), JSON_NUMBER);
	assert_int_equal(json_next(reader, &value), JSON_OBJECT_END);
	assert_int_equal(json_next(reader, &value), JSON_END);
}

static void nesting_is_bounded_with_what_surrounds_it(void **state)
{
	(void)state;
	struct text value;
	assert_int_equal(read_all(TEXT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")), JSON_END);
	assert_int_equal(read_all(TEXT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")),
	                 JSON_FAULT);
	assert_string_equal(json_fault(reader), "nested deeper than 32 at byte 33");
	json_start(reader, TEXT("[[]]"), 31);
	assert_int_equal(json_next(reader, &value), JSON_ARRAY);
	assert_int_equal(json_next(reader, &value), JSON_FAULT);
	assert_int_equal(json_next(reader, &value), JSON_FAULT); /* and stays so */
}

static void a_key_twice_is_found_however_many_there_are(void **state)
{
	(void)state;
	struct buffer text = {0};
	for (int keys = 1; keys <= 60; keys++)
		for (int twin = 0; twin <= keys; twin++) { /* twin == keys: none is repeated */
			buffer_clear(&text);
			buffer_string(&text, "{\"inner\":{\"k0\":0}");
			for (int i = 0; i < keys; i++)
				buffer_format(&text, ",\"k%d\":{\"k%d\":[]}", i, i);
			buffer_format(&text, ",\"k%d\":1}", twin);
			assert_int_equal(read_all(buffer_view(&text)), twin == keys ? JSON_END : JSON_FAULT);
		}
	assert_int_equal(read_all(TEXT("{\"abcdefgh1\":1,\"abcdefgh2\":2,\"\":3,\"a\":4,\"ab\":5}")), JSON_END);
	assert_int_equal(read_all(TEXT("{\"abcdefgh1\":1,\"abcdefgh1\":2}")), JSON_FAULT);
	assert_int_equal(read_all(TEXT("{\"\":1,\"\":2}")), JSON_FAULT);
	buffer_free(&text);
}

static void a_string_may_be_as_long_as_the_limit(void **state)
{
	(void)state;
	struct buffer text = {0};
	buffer_char(&text, '"');
	for (int i = 0; i < 1000; i++)
		buffer_string(&text, i % 7 ? "x" : "\\u0078");
	buffer_char(&text, '"');
	assert_int_equal(read_all(buffer_view(&text)), JSON_END);
	text.length--;
	buffer_string(&text, "y\"");
	assert_int_equal(read_all(buffer_view(&text)), JSON_FAULT);
	buffer_free(&text);
}

static void numbers_become_doubles_or_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *written;
		double value;
	} rows[] = {{"0", 0}, {"-0", 0}, {"7", 7}, {"-12", -12}, {"999999999999999", 999999999999999.0},
		    {"1234567890123456789", 1234567890123456789.0}, {"0.1", 0.1}, {"1e3", 1000}, {"-2.5E-1", -0.25},
		    {"1e-999", 0}};
	double value;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(json_number_value(text_of(rows[i].written), &value));
		assert_true(value == rows[i].value);
	}
	assert_false(json_number_value(TEXT("1e999"), &value));
	assert_false(json_number_value(TEXT("-1e999"), &value));
}

/* ---- against SQLite's reader: random documents, damaged at random ---- */

static sqlite3_stmt *judge;

static bool sqlite_accepts(struct text text)
{
	static sqlite3 *database;
	if (!judge) {
		assert_int_equal(sqlite3_open(":memory:", &database), SQLITE_OK);
		assert_int_equal(sqlite3_prepare_v2(database, "SELECT json_valid(?)", -1, &judge, NULL), SQLITE_OK);
	}
	assert_int_equal(sqlite3_bind_text(judge, 1, text.at, (int)text.length, SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_step(judge), SQLITE_ROW);
	bool accepts = sqlite3_column_int(judge, 0) == 1;
	(void)sqlite3_reset(judge);
	return accepts;
}

static int close_judge(void)
{
	sqlite3 *database = judge ? sqlite3_db_handle(judge) : NULL;
	(void)sqlite3_finalize(judge);
	(void)sqlite3_close(database);
	return 0;
}

/* Where this reader is stricter than SQLite on purpose. */
static bool stricter_here(void)
{
	const char *fault = json_fault(reader);
	return strstr(fault, "occurs twice") || strstr(fault, "not valid UTF-8") || strstr(fault, "surrogate") ||
	       strstr(fault, "nested deeper") || strstr(fault, "at most");
}

static void what_it_accepts_sqlite_accepts_and_the_other_way_round(void **state)
{
	(void)state;
	unsigned seed = 350;
	print_message("seed %u\n", seed);
	static const char good[] =
		"{\"a\":[1,-2.50e+3,\"x\\u00e9\\n\",true,null,{\"b\":{}}],\"k\":\"\xe2\x82\xac plain text 123\"}";
	static const char pieces[] = "{}[]\",:\\u0eE+-.tfnl 1\x80\x01/b";
	size_t length = sizeof good - 1, accepted = 0;
	for (int round = 0; round < 200000; round++) {
		char bytes[sizeof good];
		memcpy(bytes, good, sizeof good);
		for (int i = rand_r(&seed) % 3; i >= 0; i--)
			bytes[(size_t)rand_r(&seed) % length] = pieces[(size_t)rand_r(&seed) % (sizeof pieces - 1)];
		struct text text = {bytes, length - (rand_r(&seed) % 16 ? 0 : (size_t)rand_r(&seed) % length)};
		bool ours = read_all(text) == JSON_END, theirs = sqlite_accepts(text);
		accepted += ours;
		if (ours != theirs && (ours || !stricter_here()))
			fail_msg("we %s, SQLite %s: %.*s\n%s", ours ? "accept" : "refuse",
			         theirs ? "accepts" : "refuses", TEXT_ARG(text), json_fault(reader));
	}
	assert_true(accepted > 1000); /* the test tests something */
}

/* ---- writing ---- */

static void what_is_written_is_json_whatever_goes_in(void **state)
{
	(void)state;
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_string(&json, "plain", "text");
	json_put_string(&json, "none", NULL);
	json_put_text(&json, "odd", TEXT("\"\\\n\r\t\x01\x7f\xff\xe2\x82\xac\0z"));
	json_key(&json, "list");
	json_array(&json);
	json_integer(&json, INT64_MIN);
	json_number(&json, 0.1);
	json_number(&json, 3);
	json_number(&json, NAN);
	json_number(&json, 1.0 / 3);
	json_bool(&json, true);
	json_null(&json);
	json_array(&json);
	json_array_end(&json);
	json_object(&json);
	json_object_end(&json);
	json_array_end(&json);
	json_put_bool(&json, "no", false);
	json_put_integer(&json, "seven", 7);
	json_put_instant(&json, "at", (instant)1580339400 * SECOND);
	json_put_instant(&json, "never", INSTANT_NEVER);
	json_put_instant(&json, "not", INSTANT_NONE);
	json_object_end(&json);
	assert_string_equal(buffer_cstr(&out),
	                    "{\"plain\":\"text\",\"none\":null,"
	                    "\"odd\":\"\\\"\\\\\\n\\r\\t\\u0001\\u007f\xef\xbf\xbd\xe2\x82\xac\\u0000z\","
	                    "\"list\":[-9223372036854775808,0.1,3,null,0.3333333333333333,true,null,[],{}],"
	                    "\"no\":false,\"seven\":7,\"at\":\"2020-01-29T23:10:00Z\",\"never\":null,\"not\":null}");
	assert_int_equal(read_all(buffer_view(&out)), JSON_END);
	assert_true(sqlite_accepts(buffer_view(&out)));
	buffer_free(&out);
}

static void any_bytes_written_as_text_read_back_as_the_same_text_or_its_repair(void **state)
{
	(void)state;
	unsigned seed = 77;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 5000; round++) {
		char bytes[40];
		size_t length = (size_t)rand_r(&seed) % sizeof bytes;
		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)(rand_r(&seed) % (round % 2 ? 128 : 256));
		struct text text = {bytes, length}, value = TEXT_NONE;
		struct buffer out = {0};
		struct json_writer json = json_writer_on(&out);
		json_text(&json, text);
		json_start(reader, buffer_view(&out), 0);
		assert_int_equal(json_next(reader, &value), JSON_STRING);
		if (utf8_valid(text) == length)
			assert_true(text_equal(value, text));
		buffer_free(&out);
	}
}

/* ---- UTF-8 ---- */

static void every_character_and_no_other_is_valid(void **state)
{
	(void)state;
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		char bytes[4];
		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		size_t length = utf8_write(code, bytes);
		assert_int_equal(utf8_valid((struct text){bytes, length}), length);
		assert_int_equal(utf8_valid((struct text){bytes, length - 1}), 0);
		bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
		assert_int_equal(utf8_has_control((struct text){bytes, length}), control);
	}
	static const char *const bad[] = {"\x80",
	                                  "\xbf",
	                                  "\xc0\x80",
	                                  "\xc1\xbf",
	                                  "\xe0\x80\x80",
	                                  "\xe0\x9f\xbf",
	                                  "\xed\xa0\x80",
	                                  "\xed\xbf\xbf",
	                                  "\xf0\x8f\xbf\xbf",
	                                  "\xf4\x90\x80\x80",
	                                  "\xf5\x80\x80\x80",
	                                  "\xff"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(utf8_valid(text_of(bad[i])), 0);
}

static void a_control_character_is_found_wherever_it_stands(void **state)
{
	(void)state;
	char bytes[40];
	for (size_t length = 1; length <= sizeof bytes; length++)
		for (size_t at = 0; at < length; at++) {
			memset(bytes, 'x', length);
			assert_false(utf8_has_control((struct text){bytes, length}));
			bytes[at] = '\x7f';
			assert_true(utf8_has_control((struct text){bytes, length}));
			bytes[at] = '\n';
			assert_true(utf8_has_control((struct text){bytes, length}));
			if (at + 1 < length) {
				bytes[at] = '\xc2';
				bytes[at + 1] = '\x85';
				assert_true(utf8_has_control((struct text){bytes, length}));
				bytes[at + 1] = '\xa3'; /* a pound sign */
				assert_false(utf8_has_control((struct text){bytes, length}));
			}
			bytes[at] = '\xff'; /* not UTF-8: found where it is, whatever is around it */
			assert_int_equal(utf8_valid((struct text){bytes, length}), at);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_come_in_the_order_of_the_text),
		cmocka_unit_test(values_can_be_passed_over),
		cmocka_unit_test(nesting_is_bounded_with_what_surrounds_it),
		cmocka_unit_test(a_key_twice_is_found_however_many_there_are),
		cmocka_unit_test(a_string_may_be_as_long_as_the_limit),
		cmocka_unit_test(numbers_become_doubles_or_are_refused),
		cmocka_unit_test(what_it_accepts_sqlite_accepts_and_the_other_way_round),
		cmocka_unit_test(what_is_written_is_json_whatever_goes_in),
		cmocka_unit_test(any_bytes_written_as_text_read_back_as_the_same_text_or_its_repair),
		cmocka_unit_test(every_character_and_no_other_is_valid),
		cmocka_unit_test(a_control_character_is_found_wherever_it_stands),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down) + close_judge();
}
