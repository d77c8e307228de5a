/* Two ways of reading an event are one: what the short way takes, it reads as the strict one does, and what it leaves
 * is refused or taken as if there were no short way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/event.h"
#include "event/meaning.h"
#include "text/bytes.h"

struct fixture {
	struct zone *zone;
	struct event_parser *both, *strict;
	struct buffer *examples; /* of every type and field, from the documentation */
	size_t example_count, example_room;
	size_t taken_short, taken;
};

static void read_examples(struct fixture *f)
{
	FILE *document = fopen("docs/events.md", "r");
	assert_non_null(document);
	char *line = NULL;
	size_t room = 0;
	for (ssize_t length; (length = getline(&line, &room, document)) > 0;)
		if (strncmp(line, "{\"specversion\"", 14) == 0) {
			struct buffer *example = mem_push((void **)&f->examples, &f->example_count, &f->example_room,
			                                  sizeof *example);
			*example = (struct buffer){0};
			buffer_add(example, line, (size_t)length);
		}
	free(line);
	(void)fclose(document);
	assert_true(f->example_count > 100);
}

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	struct fault fault;
	schema_start();
	f->zone = zone_load("Europe/London", &fault);
	f->both = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT("uk.gov."), f->zone);
	f->strict = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT("uk.gov."), f->zone);
	event_parser_strict(f->strict);
	read_examples(f);
	*state = f;
	return f->zone ? 0 : 1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	event_parser_free(f->both);
	event_parser_free(f->strict);
	zone_free(f->zone);
	for (size_t i = 0; i < f->example_count; i++)
		buffer_free(&f->examples[i]);
	free(f->examples);
	free(f);
	return 0;
}

static bool same_value(const struct value *a, const struct value *b)
{
	return a->kind == b->kind && value_meaning(a) == value_meaning(b);
}

static bool same_event(const struct event *a, const struct event *b)
{
	if (!text_equal(a->id, b->id) || !text_equal(a->source, b->source) || a->type != b->type ||
	    a->recorded != b->recorded || !event_same_meaning(a, b) || a->field_count != b->field_count ||
	    a->warning_count != b->warning_count)
		return false;
	for (size_t i = 0; i < a->field_count; i++) /* and in the same order */
		if (a->fields[i].name != b->fields[i].name || !same_value(&a->fields[i].value, &b->fields[i].value))
			return false;
	for (size_t i = 0; i < a->warning_count; i++)
		if (strcmp(a->warnings[i].field, b->warnings[i].field) != 0 ||
		    strcmp(a->warnings[i].reason, b->warnings[i].reason) != 0)
			return false;
	return true;
}

/* In memory of its exact size, so that a sanitizer sees a byte too far. */
static void must_be_one(struct fixture *f, const char *at, size_t length)
{
	char *exact = mem_alloc(length);
	memcpy(exact, at, length);
	struct text bytes = {exact, length};
	struct event event, judge;
	struct fault fault = {{0}}, why = {{0}};
	enum result result = event_parse(f->both, bytes, INSTANT_NONE, &event, &fault);
	enum result expected = event_parse(f->strict, bytes, INSTANT_NONE, &judge, &why);
	if (result != expected || strcmp(fault.text, why.text) != 0 ||
	    (result == RESULT_OK ? !same_event(&event, &judge)
	                         : !text_equal(event.id, judge.id) || !text_equal(event.source, judge.source)))
		fail_msg("read in two ways (\"%s\" and \"%s\"): %.*s", fault.text, why.text, (int)length, exact);
	assert_false(judge.in_bytes);
	f->taken += result == RESULT_OK;
	f->taken_short += result == RESULT_OK && event.in_bytes;
	free(exact);
}

static void each_line_of(struct fixture *f, const char *path)
{
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *line = NULL;
	size_t room = 0;
	for (ssize_t length; (length = getline(&line, &room, file)) > 0;)
		must_be_one(f, line, (size_t)length);
	free(line);
	(void)fclose(file);
}

static void events_as_they_are_documented_are_read_the_short_way(void **state)
{
	struct fixture *f = *state;
	f->taken = f->taken_short = 0;
	for (size_t i = 0; i < f->example_count; i++)
		must_be_one(f, f->examples[i].at, f->examples[i].length);
	print_message("%zu of %zu the short way\n", f->taken_short, f->taken);
	assert_int_equal(f->taken, f->example_count);
	assert_true(f->taken_short * 10 > f->taken * 9); /* or the short way is none, and nothing is shown here */
}

static void what_is_hostile_or_warned_of_is_read_as_one(void **state)
{
	each_line_of(*state, "tests/data/hostile.jsonl");
	each_line_of(*state, "tests/data/warned.jsonl");
}

/* What a reader of JSON may get wrong: after the suites that try them. Each stands as a value of data, as data, as an
 * attribute, as a key, and alone. */
static const char *const fragments[] = {
	"null", "true", "false", "nul", "trueish", "True", "0", "-0", "00", "01", "1", "12", "-1", "+1", "1.",
	".1", "1.0", "1.5", "1e5", "1E+5", "1e", "1e+", "0x1", "NaN", "Infinity", "123456789012345",
	"1234567890123456", "9007199254740993", "123456789012345678901234567890", "1e400", "0e0", "0.0", "1 2",
	"\"\"", "\" \"", "\"a\"", "\" a\"", "\"a \"", "\"\\u0061\"", "\"\\n\"", "\"\\x\"", "\"\\\"\"",
	"\"\\\\\"", "\"\t\"", "\"\x01\"", "\"\x7f\"", "\"\xc3\xa9\"", "\"\xc3\"", "\"\xff\"",
	"\"\xed\xa0\x80\"", "\"\xc2\xa0\"", "\"\xef\xbb\xbf\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"a",
	"a\"", "'a'", "\"a\"\"b\"", "[]", "[1]", "[\"a\",\"b\"]", "[\"a\",]", "[,]", "[", "]", "{}",
	"{\"a\":1}", "{\"a\":1,\"a\":2}", "{\"a\":1,}", "{,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\" : 1 }",
	"{ \"a\":1 , \"b\":\"x\" }", "{\"a\":{\"b\":{}}}", "{", "}", "", " ", ",", ":", "/**/1", "1//",
	"\"1234567890123456\"", "\"123456789012345\"", "\"12345678901234\\u0035\"", "\"missing\"",
	"\"MISSING\"", "\"high\"", "\"2020-01-11\"", "\"2020-02-30T00:00:00Z\"", "\"2020-01-11T10:00:00Z\"",
	"\"2020-01-11t10:00:00z\"", "\"2020-01-11T10:00:60Z\"", "\"2020-01-11T24:00:00Z\"",
	"\"2020-02-29T23:59:59Z\"", "\"2019-02-29T23:59:59Z\"", "\"2101-01-01T00:00:00Z\"",
	"\"2020-13-01T00:00:00Z\"", "\"2020-00-01T00:00:00Z\"", "\"2020-01-00T00:00:00Z\"",
	"\"2020-01-11T10:60:00Z\"", "\"2020-01-1:T10:00:00Z\"", "\"day\"", "\"Day\"", "\"application/json\"",
	"\"text/plain\"", "\"e1\"",
};

#define HEAD "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/s\","
#define OF_C1 "\"subject\":\"C1\","
#define AT "\"time\":\"2020-01-12T00:00:00Z\""

static const char *const places[] = {
	HEAD OF_C1 AT ",\"type\":\"missing.started\",\"data\":{\"episode\":\"m1\",\"kind\":\"missing\",\"risk\":%s}}",
	HEAD OF_C1 AT ",\"type\":\"missing.started\",\"data\":{\"episode\":%s,\"kind\":\"away\",\"mood\":%s}}",
	HEAD OF_C1 AT ",\"type\":\"risk_assessment.completed\","
		      "\"data\":{\"placement\":\"p\",\"care\":%s,\"support\":5}}",
	HEAD OF_C1 AT ",\"type\":\"x.y\",\"data\":%s}",
	"{\"data\":{\"risk\":\"low\"},\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/s\",\"type\":\"x.y\","
	"\"subject\":%s," AT "}",
	"{\"specversion\":\"1.0\",\"id\":%s,\"source\":\"/s\",\"type\":\"x.y\"," OF_C1 AT ",\"replaces\":\"e1\"}",
	HEAD OF_C1 "\"type\":\"x.y\",\"time\":%s,\"timeprecision\":%s,\"recordedtime\":%s,\"datacontenttype\":%s,"
	"\"replaces\":%s}",
	HEAD OF_C1 "\"type\":\"uk.gov.cp.started\",\"time\":%s}",
	HEAD OF_C1 AT ",\"type\":\"cp.started\",\"recordedtime\":%s,\"datacontenttype\":\"application/json\"}",
	HEAD OF_C1 AT ",\"type\":\"cp.started\",\"traceparent\":%s,\"data_base64\":%s}",
	HEAD OF_C1 AT ",\"type\":\"cp.started\",%s:\"x\",\"trace\":\"y\",\"data\":{%s:true,\"plan\":\"p\"}}",
	"%s",
	HEAD OF_C1 AT ",\"type\":\"cp.started\"}%s",
};

static void add_place(struct buffer *line, const char *place, const char *fragment)
{
	buffer_clear(line);
	for (const char *gap; (gap = strstr(place, "%s")) != NULL; place = gap + 2) {
		buffer_add(line, place, (size_t)(gap - place));
		buffer_string(line, fragment);
	}
	buffer_string(line, place);
}

static void whatever_stands_where_a_value_or_a_key_is_expected_is_read_as_one(void **state)
{
	struct fixture *f = *state;
	struct buffer line = {0};
	for (size_t p = 0; p < sizeof places / sizeof *places; p++)
		for (size_t i = 0; i < sizeof fragments / sizeof *fragments; i++) {
			add_place(&line, places[p], fragments[i]);
			must_be_one(f, line.at, line.length);
		}
	buffer_free(&line);
}

static void keys_said_twice_are_found_whichever_way_it_is_read(void **state)
{
	struct fixture *f = *state;
	static const char *const keys[] = {"id", "time", "data", "traceparent", "tracestate", "x"};
	struct buffer line = {0};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		for (size_t k = 0; k < f->example_count; k++) {
			const struct buffer *example = &f->examples[k];
			buffer_clear(&line);
			buffer_format(&line, "{\"%s\":\"v\",\"traceparent\":\"t\",%s", keys[i], example->at + 1);
			must_be_one(f, line.at, line.length);
			buffer_clear(&line);
			buffer_add(&line, example->at, example->length - 3);
			buffer_format(&line, ",\"%s\":1,\"kind\":\"missing\",\"by\":\"x\"}}", keys[i]);
			must_be_one(f, line.at, line.length);
		}
	}
	buffer_free(&line);
}

static void many_keys_are_no_trouble(void **state)
{
	struct fixture *f = *state;
	struct buffer line = {0};
	for (int count = 0; count < 60; count++)
		for (int again = 0; again < 2; again++) {
			buffer_clear(&line);
			buffer_string(&line, HEAD OF_C1 AT ",\"type\":\"x.y\"");
			for (int i = 0; i < count / 3; i++)
				buffer_format(&line, ",\"extension%d\":\"v\"", i);
			buffer_string(&line, ",\"data\":{\"a\":1");
			for (int i = 0; i < count; i++)
				buffer_format(&line, ",\"member_of_data_%d\":\"v\"", i);
			buffer_string(&line, again ? ",\"member_of_data_0\":2}}" : "}}");
			must_be_one(f, line.at, line.length);
		}
	buffer_free(&line);
}

/* Of ever other keys, and of more behind one than are gone through, none is read as another; and once they are over,
 * what came before is again read the short way. */
static void lines_of_ever_other_keys_are_read_as_one(void **state)
{
	struct fixture *f = *state;
	struct buffer line = {0};
	for (int i = 0; i < 6000; i++) {
		buffer_clear(&line);
		buffer_string(&line, HEAD OF_C1 AT);
		buffer_format(&line, ",\"type\":\"x.y\",\"trace%d\":\"v\"", i / 3);
		buffer_format(&line, ",\"data\":{\"a\":\"%d\"", i);
		if (i % 3) /* the same piece with less, and with more behind it */
			buffer_format(&line, ",\"member%d\":%s", i % 40, i % 2 ? "null" : "7");
		buffer_format(&line, "}%s", i % 7 ? "}" : " } ");
		must_be_one(f, line.at, line.length);
		if (i % 5 == 0) {
			buffer_clear(&line);
			buffer_string(&line, HEAD OF_C1 AT);
			buffer_format(&line, ",\"type\":\"x.y\",\"extra%d\":\"v\"}", i % 60);
			must_be_one(f, line.at, line.length);
		}
	}
	buffer_free(&line);
	events_as_they_are_documented_are_read_the_short_way(state);
}

/* ---- random mutations ---- */

static int rounds(int usual)
{
	const char *given = getenv("TEST_ROUNDS");
	return given ? atoi(given) * 100 : usual;
}

static const char pieces[] = "{}[]\",:\\u0eE+-.tfn \t\r\n\x80\xc3\xff\x01\x7f'/0123456789TZ";
static const char *const tokens[] = {"\"data\":", "\"id\":\"", "null", "{\"", "\"}", "},", "\\u0061",
                                     " ", "  ", "\":\"", "true", "[\"a\"]", "\xc2\xa0", "-",
                                     "1e9", "\",\"", "uk.gov.", "\"kind\":\"away\","};

static size_t below(unsigned *seed, size_t limit)
{
	return (size_t)rand_r(seed) % limit;
}

static void replace(struct buffer *line, size_t from, size_t length, const char *with, size_t count)
{
	struct buffer made = {0};
	buffer_add(&made, line->at, from);
	buffer_add(&made, with, count);
	buffer_add(&made, line->at + from + length, line->length - from - length);
	buffer_free(line);
	*line = made;
}

static void mutate(struct fixture *f, struct buffer *line, unsigned *seed)
{
	size_t at = below(seed, line->length), left = line->length - at;
	size_t span = 1 + below(seed, left < 12 ? left : 12);
	const struct buffer *other = &f->examples[below(seed, f->example_count)];
	const char *token = tokens[below(seed, sizeof tokens / sizeof *tokens)];
	size_t from = below(seed, other->length);
	switch (below(seed, 7)) {
	case 0: /* another byte */
		line->at[at] = pieces[below(seed, sizeof pieces - 1)];
		break;
	case 1: /* cut out */
		replace(line, at, span < left ? span : left, "", 0);
		break;
	case 2: /* said twice */
		replace(line, at, 0, line->at + at, span < left ? span : left);
		break;
	case 3: /* a token put in */
		replace(line, at, 0, token, strlen(token));
		break;
	case 4: /* cut short */
		replace(line, at, left, "", 0);
		break;
	case 5: /* a piece of another event */
		replace(line, at, span < left ? span : left, other->at + from, below(seed, other->length - from));
		break;
	default: /* blanks where they may stand */
		for (size_t i = line->length - 1; i > 0; i--)
			if (strchr(",:{}", line->at[i]) && below(seed, 3) == 0)
				replace(line, i + below(seed, 2), 0, " ", 1);
	}
	if (!line->length)
		buffer_char(line, '{');
}

static void random_mutations_of_events_are_read_as_one(void **state)
{
	struct fixture *f = *state;
	unsigned seed = 20261128;
	f->taken = f->taken_short = 0;
	int count = rounds(30000);
	for (int round = 0; round < count; round++) {
		struct buffer line = {0};
		const struct buffer *example = &f->examples[below(&seed, f->example_count)];
		buffer_add(&line, example->at, example->length);
		for (size_t i = below(&seed, 4); i > 0; i--)
			mutate(f, &line, &seed);
		must_be_one(f, line.at, line.length);
		buffer_free(&line);
	}
	print_message("seed 20261128: %zu taken, %zu the short way, of %d\n", f->taken, f->taken_short, count);
	assert_true(f->taken_short > (size_t)count / 10 && f->taken < (size_t)count);
}

/* ---- runs of plain bytes ---- */

static void runs_end_at_the_same_byte_wherever_they_begin_and_end(void **state)
{
	(void)state;
	unsigned seed = 7;
	for (size_t length = 0; length < 70; length++)
		for (int round = 0; round < 40; round++) {
			char *text = mem_alloc(length + 1);
			for (size_t i = 0; i < length; i++)
				text[i] = (char)(' ' + 2 + (char)(i % 50));
			for (size_t i = 0; i < length; i++)
				text[i] = text[i] == '"' || text[i] == '\\' ? 'x' : text[i];
			for (size_t odd = below(&seed, 3); odd > 0 && length; odd--)
				text[below(&seed, length)] = (char)below(&seed, 256);
			const char *end = text + length, *plain = text, *ascii = text, *quotable = text;
			while (plain < end && byte_is_plain(*plain))
				plain++;
			while (ascii < end && byte_is_plain_ascii(*ascii))
				ascii++;
			while (quotable < end && byte_is_quotable(*quotable))
				quotable++;
			assert_ptr_equal(bytes_quotable_end(text, end), quotable);
			assert_ptr_equal(bytes_plain_end(text, end), plain);
			assert_ptr_equal(bytes_plain_ascii_end(text, end), ascii);
			for (const char *at = text; at <= ascii; at++)
				assert_ptr_equal(bytes_plain_ascii_end_in(text, at, end), ascii);
			free(text);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_as_they_are_documented_are_read_the_short_way),
		cmocka_unit_test(what_is_hostile_or_warned_of_is_read_as_one),
		cmocka_unit_test(whatever_stands_where_a_value_or_a_key_is_expected_is_read_as_one),
		cmocka_unit_test(keys_said_twice_are_found_whichever_way_it_is_read),
		cmocka_unit_test(many_keys_are_no_trouble),
		cmocka_unit_test(lines_of_ever_other_keys_are_read_as_one),
		cmocka_unit_test(random_mutations_of_events_are_read_as_one),
		cmocka_unit_test(runs_end_at_the_same_byte_wherever_they_begin_and_end),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
