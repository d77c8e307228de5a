/* Two records with one source and id are the same when they mean the same (events.md), however they are written; and
 * the same whether both were just read, one was packed away in memory, or one came back from the database. */
#include "event/meaning.h"

#include "text/json_meaning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static struct zone *london;
static struct event_parser *parsers[2];

static int set_up(void **state)
{
	struct fault fault;
	(void)state;
	schema_start();
	london = zone_load("Europe/London", &fault);
	for (int i = 0; i < 2; i++)
		parsers[i] = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT("uk."), london);
	return london ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	event_parser_free(parsers[0]);
	event_parser_free(parsers[1]);
	zone_free(london);
	return 0;
}

#define EVENT(attributes, data) \
	"{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"lcs\",\"subject\":\"C1\"," attributes ",\"data\":" data "}"
#define STARTED "\"type\":\"missing.started\","
#define AT "\"time\":\"2020-06-01T10:00:00Z\""
#define MISSING(more) "{\"episode\":\"m1\",\"kind\":\"missing\"" more "}"

static bool same(const char *a, const char *b)
{
	struct event one, other, unpacked;
	struct fault fault;
	if (event_parse(parsers[0], text_of(a), INSTANT_NONE, &one, &fault) != RESULT_OK ||
	    event_parse(parsers[1], text_of(b), INSTANT_NONE, &other, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	struct arena *arena = arena_new(1024);
	void *packed = malloc(event_packed_size(&one));
	event_pack(&one, packed);
	event_unpack(packed, &unpacked, arena);
	bool found = event_same_meaning(&one, &other);
	assert_int_equal(event_same_meaning(&other, &one), found);
	assert_int_equal(event_same_meaning(&unpacked, &other), found);
	free(packed);
	arena_free(arena);
	return found;
}

static const struct {
	const char *what, *a, *b;
	bool same;
} cases[] = {
	{"the instant in another offset", EVENT(STARTED AT, MISSING("")),
         EVENT(STARTED "\"time\":\"2020-06-01T11:00:00+01:00\"", MISSING("")), true},
	{"z for +00:00, and a fraction of zeros", EVENT(STARTED AT, MISSING("")),
         EVENT(STARTED "\"time\":\"2020-06-01t10:00:00.000+00:00\"", MISSING("")), true},
	{"another instant", EVENT(STARTED AT, MISSING("")),
         EVENT(STARTED "\"time\":\"2020-06-01T10:00:01Z\"", MISSING("")), false},
	{"tracing on the way, another time of recording, a media type", EVENT(STARTED AT, MISSING("")),
         EVENT(STARTED AT
               ",\"traceparent\":\"00-1-2-01\",\"recordedtime\":\"2020-06-02T10:00:00Z\",\"datacontenttype\":"
               "\"application/json\"",
               MISSING("")),
         true},
	{"the type with its prefix", EVENT(STARTED AT, MISSING("")),
         EVENT("\"type\":\"uk.missing.started\"," AT, MISSING("")), true},
	{"another type", EVENT("\"type\":\"vpg.opened\"," AT, "{}"), EVENT("\"type\":\"rmg.opened\"," AT, "{}"), false},
	{"another type that nobody knows", EVENT("\"type\":\"a.x\"," AT, "{}"), EVENT("\"type\":\"a.y\"," AT, "{}"),
         false},
	{"only a date", EVENT(STARTED AT, MISSING("")), EVENT(STARTED AT ",\"timeprecision\":\"day\"", MISSING("")),
         false},
	{"what it replaces", EVENT(STARTED AT, MISSING("")), EVENT(STARTED AT ",\"replaces\":\"e0\"", MISSING("")),
         false},
	{"a listed word in capitals", EVENT(STARTED AT, MISSING("")),
         EVENT(STARTED AT, "{\"kind\":\"Missing\",\"episode\":\"m1\"}"), true},
	{"a key in capitals, which is free text", EVENT(STARTED AT, MISSING("")),
         EVENT(STARTED AT, "{\"kind\":\"missing\",\"episode\":\"M1\"}"), false},
	{"null for absent", EVENT(STARTED AT, MISSING(",\"risk\":null")), EVENT(STARTED AT, MISSING("")), true},
	{"a field more", EVENT(STARTED AT, MISSING(",\"risk\":\"high\"")), EVENT(STARTED AT, MISSING("")), false},
	{"another value", EVENT(STARTED AT, MISSING(",\"risk\":\"high\"")),
         EVENT(STARTED AT, MISSING(",\"risk\":\"low\"")), false},
	{"a field that nobody knows", EVENT(STARTED AT, MISSING(",\"shoes\":\"red\"")), EVENT(STARTED AT, MISSING("")),
         false},
	{"another value of one", EVENT(STARTED AT, MISSING(",\"shoes\":\"red\"")),
         EVENT(STARTED AT, MISSING(",\"shoes\":\"blue\"")), false},
	{"unknown fields in another order, written otherwise",
         EVENT(STARTED AT, MISSING(",\"x\":{\"a\":1,\"b\":[1,{\"c\":null}]},\"y\":\"\\u00e9\"")),
         EVENT(STARTED AT, MISSING(",\"y\":\"\xc3\xa9\",\"x\":{ \"b\":[1.0,{}], \"a\":1e0, \"d\":null}")), true},
	{"the order of a list", EVENT(STARTED AT, MISSING(",\"x\":[1,2]")), EVENT(STARTED AT, MISSING(",\"x\":[2,1]")),
         false},
	{"a text for a number", EVENT(STARTED AT, MISSING(",\"x\":1")), EVENT(STARTED AT, MISSING(",\"x\":\"1\"")),
         false},
	{"true and false", EVENT(STARTED AT, MISSING(",\"x\":true")), EVENT(STARTED AT, MISSING(",\"x\":false")),
         false},
	{"values the other way round", EVENT(STARTED AT, MISSING(",\"x\":1,\"y\":2")),
         EVENT(STARTED AT, MISSING(",\"x\":2,\"y\":1")), false},
	{"nested the other way round", EVENT(STARTED AT, MISSING(",\"x\":{\"y\":1}")),
         EVENT(STARTED AT, MISSING(",\"y\":{\"x\":1}")), false},
	{"an object in a known field of anything", EVENT("\"type\":\"a.x\"," AT, "{\"kind\":{\"a\":1}}"),
         EVENT("\"type\":\"a.x\"," AT, "{\"kind\":{\"a\":2}}"), false},
	{"two values that could not be read", EVENT(STARTED AT, MISSING(",\"risk\":\"huge\"")),
         EVENT(STARTED AT, MISSING(",\"risk\":\"tiny\"")), false},
	{"one value that could not be read", EVENT(STARTED AT, MISSING(",\"risk\":\"huge\"")),
         EVENT(STARTED AT, MISSING("  , \"risk\" : \"huge\"")), true},
	{"data that is no object", EVENT("\"type\":\"a.x\"," AT, "[1,2]"), EVENT("\"type\":\"a.x\"," AT, "[ 1, 2.0 ]"),
         true},
	{"other data that is no object", EVENT("\"type\":\"a.x\"," AT, "[1,2]"),
         EVENT("\"type\":\"a.x\"," AT, "\"[1,2]\""), false},
	{"numbers beyond a double", EVENT("\"type\":\"a.x\"," AT, "{\"x\":1e400}"),
         EVENT("\"type\":\"a.x\"," AT, "{\"x\":1e401}"), false},
};

static void test_two_records_are_the_same_when_they_mean_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (same(cases[i].a, cases[i].b) != cases[i].same)
			fail_msg("%s: %s the same", cases[i].what, cases[i].same ? "is" : "is not");
}

static void test_a_subject_is_compared(void **state)
{
	(void)state;
	assert_false(same(EVENT(STARTED AT, MISSING("")),
	                  "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"lcs\",\"subject\":\"C2\"," STARTED AT
	                  ",\"data\":" MISSING("") "}"));
}

static uint64_t meaning(const char *json)
{
	struct json_reader *reader = json_reader_new(32, 1000);
	struct text text;
	uint64_t found;
	json_start(reader, text_of(json), 0);
	enum json_token token = json_next(reader, &text);
	assert_int_not_equal(json_meaning(reader, token, text, &found), JSON_FAULT);
	assert_int_equal(json_next(reader, &text), JSON_END);
	json_reader_free(reader);
	return found;
}

static void test_a_value_read_by_itself_means_what_it_means_within_a_text(void **state)
{
	(void)state;
	assert_true(meaning("\"a\\u0062\"") == meaning_of_string(TEXT("ab")));
	assert_true(meaning("1.50") == meaning_of_number(1.5) && meaning("-0") == meaning_of_number(0));
	assert_true(meaning("true") == meaning_of_word(JSON_TRUE) && meaning("false") != meaning("true"));
	assert_true(meaning("[1]") == meaning_blend(MEANING_LIST, meaning_of_number(1)));
	assert_true(meaning("{\"a\":1}") == MEANING_OBJECT + meaning_of_member(TEXT("a"), meaning_of_number(1)));
	assert_true(meaning("[null]") != meaning("[]") && meaning("{\"a\":null}") == meaning("{}"));
}

static void test_a_text_that_breaks_off_has_no_meaning(void **state)
{
	(void)state;
	static const char *const texts[] = {"{\"a\":[1,", "[\"", "{\"a\"", "{\"a\":}"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct json_reader *reader = json_reader_new(32, 1000);
		struct text text;
		uint64_t found;
		json_start(reader, text_of(texts[i]), 0);
		enum json_token token = json_next(reader, &text);
		assert_int_equal(json_meaning(reader, token, text, &found), JSON_FAULT);
		json_reader_free(reader);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_two_records_are_the_same_when_they_mean_the_same),
	        cmocka_unit_test(test_a_subject_is_compared),
	        cmocka_unit_test(test_a_value_read_by_itself_means_what_it_means_within_a_text),
	        cmocka_unit_test(test_a_text_that_breaks_off_has_no_meaning),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
