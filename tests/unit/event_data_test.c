/* What an event names, what its type requires, and the same event as binary: read as the catalogue says. */
#include "event_fixture.h"

static void blanks_at_the_ends_of_what_names_something_are_cut(void **state)
{
	struct fixture *f = *state;
	accept_text(f,
	            TEXT("{\"specversion\":\"1.0\",\"id\":\"\xc2\xa0"
	                 "e1\\t\",\"source\":\" /lcs\",\"type\":\"missing.started\","
	                 "\"subject\":\"C1 \",\"time\":\"2020-01-12T00:00:00Z\",\"replaces\":\" e0\","
	                 "\"data\":{\"episode\":\" m1 \",\"kind\":\"missing\",\"reported_by\":\" foster carer \"}}"),
	            INSTANT_NONE);
	assert_text(f->event.id, "e1");
	assert_text(f->event.subject, "C1");
	assert_text(f->event.replaces, "e0");
	assert_text(field(f, "episode")->string, "m1");
	assert_text(f->event.source, " /lcs");                            /* no id */
	assert_text(field(f, "reported_by")->string, " foster carer "); /* free text */
	assert_int_equal(f->event.warning_count, 4);
}

/* Of an open list any word is taken: one with a blank would be a flag that no rule knows, and nobody would hear. */
static void blanks_at_the_ends_of_an_open_lists_words_are_cut(void **state)
{
	struct fixture *f = *state;
	accept(f, "contact.received", "", "{\"contact\":\"c\",\"flags\":[\"cse\",\"Neglect \",\" mental-health\"]}");
	assert_warned(f, "data.flags", "has blanks at its ends, which were cut");
	assert_text(field(f, "flags")->list.items[0].string, "cse");
	assert_text(field(f, "flags")->list.items[1].string, "neglect");
	assert_text(field(f, "flags")->list.items[2].string, "mental-health");
	accept(f, "placement.ratified", "", "{\"placement\":\"p\",\"by\":\"\xc2\xa0Social-Worker \"}");
	assert_warned(f, "data.by", "has blanks at its ends, which were cut");
	assert_text(field(f, "by")->string, "social-worker");
	accept(f, "contact.received", "", "{\"contact\":\"c\",\"flags\":[\"cse\",\" \"]}");
	assert_warned(f, "data.flags", "is not a list of strings that are not empty");
}

static void a_single_string_may_fill_an_event(void **state)
{
	struct fixture *f = *state;
	/* Of a field that is unknown, and of one that is read; by the short way of reading, and by the strict one. */
	static const char *const fields[] = {"note", "legal_status", "note", "legal_status"};
	static const char *const begins[] = {"", "", "\xc3\xa9", "\xc3\xa9"};
	for (size_t k = 0; k < 4; k++) {
		struct buffer data = {0}, empty = {0};
		buffer_format(&empty, "{\"%s\":\"\"}", fields[k]);
		size_t around = strlen(event_line(f, "child.updated", "", buffer_cstr(&empty)));
		buffer_format(&data, "{\"%s\":\"%s", fields[k], begins[k]);
		for (size_t i = around + strlen(begins[k]); i < 65536; i++)
			buffer_char(&data, 'x');
		buffer_string(&data, "\"}");
		accept(f, "child.updated", "", buffer_cstr(&data));
		assert_int_equal(f->event.warning_count, 0);
		assert_int_equal(f->event.field_count, 1);
		buffer_free(&data);
		buffer_free(&empty);
	}
}

static void numbers_with_a_check_digit_are_checked(void **state)
{
	struct fixture *f = *state;
	static const char *const good[] = {"{\"nhs_number\":\"9434765919\"}", "{\"nhs_number\":\"943-476-5919\"}",
	                                   "{\"nhs_number\":\"9000000009\"}", "{\"upn\":\"A123456789012\"}",
	                                   "{\"upn\":\"a123456789012\"}", "{\"upn\":\"H12345678901Z\"}"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		accept(f, "child.updated", "", good[i]);
		assert_int_equal(f->event.warning_count, 0);
		assert_int_equal(f->event.field_count, 1);
	}
	accept(f, "child.updated", "", "{\"nhs_number\":\"9434765910\"}");
	assert_warned(f, "data.nhs_number", "has a check digit that does not agree: a digit is wrong");
}

static void a_source_confirms_no_later_than_its_own_time(void **state)
{
	struct fixture *f = *state;
	accept(f, "source.complete", "", "{\"up_to\":\"2020-01-13T00:00:00Z\"}");
	assert_warned(f, "data.up_to", "is later than the event's own time, and was cut to that");
	assert_text(field(f, "up_to")->string, "2020-01-12T00:00:00Z");
	accept(f, "source.complete", "", "{\"up_to\":\"2020-01-12T01:00:00+01:00\"}");
	assert_int_equal(f->event.warning_count, 0);
}

/* Every type of the catalogue: taken with its required fields, refused without any one of them. */
static void example(const struct field *of, struct buffer *out)
{
	switch (of->kind) {
	case FIELD_STRING:
		buffer_string(out, "\"x\"");
		return;
	case FIELD_WORD:
		buffer_format(out, "\"%s\"", of->words[0]);
		return;
	case FIELD_BOOL:
		buffer_string(out, "false");
		return;
	case FIELD_NUMBER:
		buffer_string(out, "1");
		return;
	case FIELD_DATE:
		buffer_string(out, "\"2020-02-29\"");
		return;
	case FIELD_INSTANT:
		buffer_string(out, "\"2020-01-11T10:00:00Z\"");
		return;
	case FIELD_STRINGS:
		buffer_string(out, "[\"x\"]");
		return;
	case FIELD_ANY:
		buffer_string(out, "{}");
		return;
	}
}

static const char *data_without(const struct event_type *type, const struct field *left_out, struct buffer *out)
{
	buffer_clear(out);
	buffer_char(out, '{');
	for (size_t i = 0; i < type->field_count; i++) {
		const struct field *of = &type->fields[i];
		if (of == left_out || !(of->required || of->needed_for))
			continue;
		buffer_format(out, "%s\"%s\":", out->length > 1 ? "," : "", of->name);
		example(of, out);
	}
	buffer_char(out, '}');
	return buffer_cstr(out);
}

static void every_type_needs_each_of_its_required_fields(void **state)
{
	struct fixture *f = *state;
	struct buffer data = {0};
	for (type_id id = 0; id < schema_type_count(); id++) {
		const struct event_type *type = schema_type(id);
		accept(f, type->name, "", data_without(type, NULL, &data));
		assert_int_equal(f->event.type, id);
		assert_int_equal(f->event.warning_count, 0);
		for (size_t i = 0; i < type->field_count; i++) {
			const struct field *of = &type->fields[i];
			if (!of->required && !of->needed_for)
				continue;
			char reason[128];
			(void)snprintf(reason, sizeof reason, "data.%s is missing%s", of->name,
			               of->required ? "" : ", which kind single needs");
			refuse(f, type->name, "", data_without(type, of, &data), reason);
		}
	}
	buffer_free(&data);
}

#define HEADER(name, value) {TEXT(name), TEXT(value)}

static void a_binary_event_reads_as_a_structured_one(void **state)
{
	struct fixture *f = *state;
	const struct event_attribute headers[] = {
		HEADER("specversion", "1.0"),      HEADER("ID", "e1"),      HEADER("source", "/lcs"),
		HEADER("type", "missing.started"), HEADER("subject", "C1"), HEADER("time", "2020-01-12T00:00:00Z"),
		HEADER("traceparent", "00"),
	};
	const size_t count = sizeof headers / sizeof *headers;
	struct text body = TEXT(" {\"episode\":\"m\",\"kind\":\"Away\"}\n"), json = TEXT("application/json");
	assert_int_equal(event_parse_binary(f->parser, headers, count, json, body, INSTANT_NONE, &f->event, &f->fault),
	                 RESULT_OK);
	assert_text(field(f, "kind")->string, "away");
	assert_text(f->event.id, "e1");

	static const struct {
		struct text type, body;
		const char *reason;
	} bad[] = {
		{TEXT("text/xml"), TEXT("<a/>"), NOT_JSON_TYPE},
		{TEXT("application/json"), TEXT("<a/>"), "data: not JSON: at byte 1 a value is expected"},
		{TEXT("application/json"), TEXT("{} {}"),
	         "data: not JSON: at byte 4 more follows after the end of the value"},
		{TEXT(""), TEXT("{\"episode\":\"m\",\"episode\":\"m\"}"),
	         "data: the key \"episode\" occurs twice in one object, before byte 25"},
		{TEXT(""), TEXT(""), "data.episode is missing"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(event_parse_binary(f->parser, headers, count, bad[i].type, bad[i].body, INSTANT_NONE,
		                                    &f->event, &f->fault),
		                 RESULT_PERMANENT);
		assert_string_equal(f->fault.text, bad[i].reason);
		assert_text(f->event.id, "e1");
	}
	const struct event_attribute twice[] = {HEADER("id", "e1"), HEADER("Id", "e2")};
	assert_int_equal(event_parse_binary(f->parser, twice, 2, json, body, INSTANT_NONE, &f->event, &f->fault),
	                 RESULT_PERMANENT);
	assert_string_equal(f->fault.text, "the attribute id occurs twice");
	const struct event_attribute broken[] = {HEADER("id", "e\xff")};
	assert_int_equal(event_parse_binary(f->parser, broken, 1, json, body, INSTANT_NONE, &f->event, &f->fault),
	                 RESULT_PERMANENT);
	assert_string_equal(f->fault.text, "id is not valid UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_at_the_ends_of_what_names_something_are_cut),
		cmocka_unit_test(blanks_at_the_ends_of_an_open_lists_words_are_cut),
		cmocka_unit_test(a_single_string_may_fill_an_event),
		cmocka_unit_test(numbers_with_a_check_digit_are_checked),
		cmocka_unit_test(a_source_confirms_no_later_than_its_own_time),
		cmocka_unit_test(every_type_needs_each_of_its_required_fields),
		cmocka_unit_test(a_binary_event_reads_as_a_structured_one),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
