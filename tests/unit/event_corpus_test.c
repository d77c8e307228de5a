/* Hostile events, by the hundred and at random: each is taken or refused, never both, always with its reason, and
 * nothing breaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/event.h"
#include "event/meaning.h"
#include "text/json_write.h"

struct fixture {
	struct zone *zone;
	struct event_parser *parser;
	struct event event;
	struct fault fault;
};

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	schema_start();
	f->zone = zone_load("Europe/London", &f->fault);
	f->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, f->zone);
	*state = f;
	return f->zone ? 0 : 1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	event_parser_free(f->parser);
	zone_free(f->zone);
	free(f);
	return 0;
}

static enum result parse(struct fixture *f, struct text bytes)
{
	f->fault.text[0] = '\0';
	return event_parse(f->parser, bytes, INSTANT_NONE, &f->event, &f->fault);
}

/* ---- the corpus of tests/data/hostile.py ---- */

typedef void check_line(struct fixture *f, struct text bytes, const char *reason);

static int each_line(struct fixture *f, const char *events_path, const char *reasons_path, check_line *check)
{
	FILE *events = fopen(events_path, "rb"), *reasons = fopen(reasons_path, "r");
	assert_non_null(events);
	assert_non_null(reasons);
	char *line = NULL, *reason = NULL;
	size_t line_room = 0, reason_room = 0;
	ssize_t length;
	int count = 0;
	for (; (length = getline(&line, &line_room, events)) > 0; count++) {
		ssize_t reason_length = getline(&reason, &reason_room, reasons);
		assert_true(reason_length > 0);
		reason[reason_length - 1] = '\0';
		char *exact = mem_alloc((size_t)length); /* so that a sanitizer sees a byte too far */
		memcpy(exact, line, (size_t)length);
		check(f, (struct text){exact, (size_t)length}, reason);
		free(exact);
	}
	assert_int_equal(getline(&reason, &reason_room, reasons), -1);
	free(line);
	free(reason);
	(void)fclose(events);
	(void)fclose(reasons);
	return count;
}

static void must_be_refused(struct fixture *f, struct text bytes, const char *reason)
{
	if (parse(f, bytes) != RESULT_PERMANENT)
		fail_msg("taken, where \"%s\" is expected: %.*s", reason,
		         (int)(bytes.length < 500 ? bytes.length : 500), bytes.at);
	assert_string_equal(f->fault.text, reason);
	assert_int_equal(f->event.field_count, 0);
}

static void each_of_130_bad_events_is_refused_with_its_reason(void **state)
{
	assert_true(each_line(*state, "tests/data/hostile.jsonl", "tests/data/hostile.reasons", must_be_refused) >=
	            130);
}

static void must_be_warned(struct fixture *f, struct text bytes, const char *reason)
{
	struct buffer said = {0};
	if (parse(f, bytes) != RESULT_OK)
		fail_msg("refused, where \"%s\" is expected: %s", reason, f->fault.text);
	for (size_t i = 0; i < f->event.warning_count; i++)
		buffer_format(&said, "%s%s: %s", i ? "; " : "", f->event.warnings[i].field,
		              f->event.warnings[i].reason);
	assert_string_equal(buffer_cstr(&said), reason);
	buffer_free(&said);
	assert_true(text_equal(f->event.subject, TEXT("C1")) || strncmp(reason, "subject: is not", 15) == 0);
	assert_true(text_equal(f->event.id, TEXT("x1")));
}

static void each_of_45_events_with_something_wrong_is_taken_with_its_warnings(void **state)
{
	assert_true(each_line(*state, "tests/data/warned.jsonl", "tests/data/warned.reasons", must_be_warned) >= 45);
}

/* ---- the examples that integrators copy ---- */

struct shown {
	bool types[512];           /* by type_id */
	uint64_t fields[512];      /* by type_id: which of its fields */
};

static void see_example(struct shown *shown, const struct event *event)
{
	const struct event_type *type = schema_type(event->type);
	assert_non_null(type);
	shown->types[event->type] = true;
	for (size_t i = 0; i < type->field_count; i++)
		if (event_field(event, type->fields[i].name_id)->kind != VALUE_ABSENT)
			shown->fields[event->type] |= (uint64_t)1 << i;
}

static void every_type_and_field_has_an_example_in_the_documentation_that_is_taken(void **state)
{
	struct fixture *f = *state;
	struct shown shown = {0};
	FILE *document = fopen("docs/events.md", "r");
	assert_non_null(document);
	char *line = NULL;
	size_t room = 0;
	for (ssize_t length; (length = getline(&line, &room, document)) > 0;) {
		if (strncmp(line, "{\"specversion\"", 14) != 0)
			continue;
		if (parse(f, (struct text){line, (size_t)length}) != RESULT_OK || f->event.warning_count)
			fail_msg("%s: %s", f->event.warning_count ? f->event.warnings[0].reason : f->fault.text, line);
		see_example(&shown, &f->event);
	}
	free(line);
	(void)fclose(document);
	for (type_id id = 0; id < schema_type_count(); id++) {
		const struct event_type *type = schema_type(id);
		if (!shown.types[id])
			fail_msg("docs/events.md has no example of %s", type->name);
		for (size_t i = 0; i < type->field_count; i++)
			if (!(shown.fields[id] >> i & 1))
				fail_msg("no example in docs/events.md shows %s of %s", type->fields[i].name,
				         type->name);
	}
}

/* ---- damage at random; under the sanitizers a small fuzzer ---- */

static const char *base =
	"{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"contact.received\",\"subject\":\"C1\","
	"\"time\":\"2020-01-12T00:00:00Z\",\"recordedtime\":\"2020-01-13T00:00:00.5Z\",\"data\":{\"contact\":"
        "\"c\\u00e9\",\"flags\":"
	"[\"cse\",\"x\"],\"a\":{\"b\":[1,-2.5e3,null,true]}}}";

static void no_damage_to_the_bytes_does_harm(void **state)
{
	struct fixture *f = *state;
	unsigned seed = 20200112;
	print_message("seed %u\n", seed);
	size_t length = strlen(base);
	static const char pieces[] = "{}[]\",:\\u0eE+-.tfn\x80\xc3\xff\x01";
	for (int round = 0; round < 20000; round++) {
		size_t kept = (size_t)rand_r(&seed) % (length + 1);
		kept = rand_r(&seed) % 4 ? length : kept;
		char *damaged = mem_alloc(kept ? kept : 1);
		memcpy(damaged, base, kept);
		for (int i = rand_r(&seed) % 4; kept && i >= 0; i--)
			damaged[(size_t)rand_r(&seed) % kept] = pieces[(size_t)rand_r(&seed) % (sizeof pieces - 1)];
		if (parse(f, (struct text){damaged, kept}) != RESULT_OK)
			assert_true(f->fault.text[0] != '\0');
		free(damaged);
	}
}

/* Values that people, exports and attackers put where another is expected, beside good ones. */
static const char *const values[] = {
	"null",
	"true",
	"false",
	"0",
	"-1",
	"7",
	"1e999",
	"10.5",
	"\"\"",
	"\" \"",
	"\"x\"",
	"\" m2\\u00a0\"",
	"\"high\"",
	"\"HIGH\"",
	"\"missing\"",
	"\"single\"",
	"\"2020-01-11\"",
	"\"0001-01-01\"",
	"\"2020-02-30\"",
	"\"2020-01-11T10:00:00Z\"",
	"\"2020-01-11t10:00:60.123456789z\"",
	"\"2020-01-11T10:00:00-00:00\"",
	"\"2099-01-01T00:00:00Z\"",
	"\"team-manager\"",
	"\"initial\"",
	"\"\\u0000\"",
	"\"\\ud83d\\ude00\"",
	"[]",
	"[\"a\",\"B\"]",
	"[\"a\",1]",
	"[[\"a\"]]",
	"{}",
	"{\"a\":{\"b\":1}}",
	"\"C1\"",
	"\"e1\"",
	"\"cp\"",
	"\"nfa\"",
	"\"lower\"",
	"\"ofsted\"",
};
#define PICK(seed, array) ((array)[(size_t)rand_r(seed) % (sizeof(array) / sizeof *(array))])

static void write_random(struct buffer *out, const struct event_type *type, unsigned *seed)
{
	static const char *const times[] = {"2020-01-12T00:00:00Z", "2020-06-12T00:30:00+01:00", "1990-01-01T00:00:00Z",
	                                    "2100-12-31T23:58:60Z", "2101-01-01T00:00:00Z", "2020-01-12"};
	static const char *const subjects[] = {"C1", "C1", " C1", "C\\u00a0", "\\u00a0", "a b", "\\u00e9", "e1"};
	buffer_clear(out);
	buffer_format(out,
	              "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/"
	              "lcs\",\"type\":\"%s\",\"subject\":\"%s\",\"time\":\"%s\"",
	              type->name, PICK(seed, subjects), PICK(seed, times));
	static const char *const optional[] = {"recordedtime", "timeprecision", "replaces", "traceparent",
	                                       "datacontenttype"};
	for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
		if (rand_r(seed) % 8 == 0)
			buffer_format(out, ",\"%s\":%s", optional[i], PICK(seed, values));
	buffer_string(out, ",\"data\":{\"other\":1");
	for (size_t i = 0; i < type->field_count; i++)
		if (rand_r(seed) % 8)
			buffer_format(out, ",\"%s\":%s", type->fields[i].name, PICK(seed, values));
	buffer_string(out, "}}");
}

static void print_value(struct json_writer *json, const struct value *value)
{
	switch (value->kind) {
	case VALUE_BOOL:
		json_bool(json, value->boolean);
		return;
	case VALUE_NUMBER:
		json_number(json, value->number);
		return;
	case VALUE_STRING:
		json_text(json, value->string);
		return;
	case VALUE_LIST:
		json_array(json);
		for (size_t i = 0; i < value->list.count; i++)
			print_value(json, &value->list.items[i]);
		json_array_end(json);
		return;
	case VALUE_OTHER:
	case VALUE_ABSENT:
		json_null(json);
		return;
	}
}

/* As it was understood. */
static void print_event(struct buffer *out, const struct event *event)
{
	char time[32];
	buffer_clear(out);
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_string(&json, "specversion", "1.0");
	json_put_text(&json, "id", event->id);
	json_put_text(&json, "source", event->source);
	json_put_text(&json, "type", event->type_name);
	json_put_text(&json, "subject", event->subject);
	instant_print(event->time, time);
	json_put_string(&json, "time", time);
	if (event->recorded != INSTANT_NONE) {
		instant_print(event->recorded, time);
		json_put_string(&json, "recordedtime", time);
	}
	if (event->day_precision)
		json_put_string(&json, "timeprecision", "day");
	if (event->replaces.length)
		json_put_text(&json, "replaces", event->replaces);
	json_key(&json, "data");
	json_object(&json);
	for (size_t i = 0; i < event->field_count; i++) {
		json_key(&json, schema_name_text(event->fields[i].name));
		print_value(&json, &event->fields[i].value);
	}
	json_object_end(&json);
	json_object_end(&json);
}

static bool is_understood(const struct event *event)
{
	for (size_t i = 0; i < event->field_count; i++)
		if (event->fields[i].value.kind == VALUE_OTHER)
			return false; /* an object where any value may stand: kept by its fingerprint alone */
	return true;
}

/* What was understood of an event reads back as the same: nothing is warned of a second time but a strange subject. */
static void assert_reads_back(struct fixture *f, struct arena *arena)
{
	struct buffer printed = {0};
	struct event first;
	arena_reset(arena);
	event_copy(&first, &f->event, arena);
	print_event(&printed, &first);
	if (parse(f, buffer_view(&printed)) != RESULT_OK)
		fail_msg("refused when read back: %s\n%s", f->fault.text, buffer_cstr(&printed));
	first.rest = 0; /* what was set aside is not printed */
	if (is_understood(&first) && !event_same_meaning(&first, &f->event))
		fail_msg("read back as another event: %s", buffer_cstr(&printed));
	for (size_t i = 0; i < f->event.warning_count; i++)
		if (strcmp(f->event.warnings[i].field, "subject") != 0)
			fail_msg("warned of %s when read back: %s", f->event.warnings[i].field, buffer_cstr(&printed));
	buffer_free(&printed);
}

static void any_values_in_any_type_are_taken_or_refused_and_read_back_as_understood(void **state)
{
	struct fixture *f = *state;
	struct arena *arena = arena_new(4096);
	struct buffer line = {0};
	unsigned seed = 20260112;
	int taken = 0, refused = 0;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 20000; round++) {
		write_random(&line, schema_type((type_id)((size_t)rand_r(&seed) % schema_type_count())), &seed);
		if (parse(f, buffer_view(&line)) == RESULT_OK) {
			assert_string_equal(f->fault.text, "");
			assert_reads_back(f, arena);
			taken++;
		} else {
			assert_true(f->fault.text[0] != '\0');
			assert_int_equal(f->event.field_count, 0);
			assert_int_equal(f->event.type, TYPE_UNKNOWN);
			refused++;
		}
	}
	print_message("%d taken, %d refused\n", taken, refused);
	assert_true(taken > 2000 && refused > 2000); /* or this shows nothing */
	buffer_free(&line);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_130_bad_events_is_refused_with_its_reason),
		cmocka_unit_test(each_of_45_events_with_something_wrong_is_taken_with_its_warnings),
		cmocka_unit_test(every_type_and_field_has_an_example_in_the_documentation_that_is_taken),
		cmocka_unit_test(no_damage_to_the_bytes_does_harm),
		cmocka_unit_test(any_values_in_any_type_are_taken_or_refused_and_read_back_as_understood),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
