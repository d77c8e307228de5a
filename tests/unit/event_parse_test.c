/* Events are taken, or refused with a reason; a bad optional field never hides a child. */
#include "event_fixture.h"

static void a_whole_event_is_taken(void **state)
{
	struct fixture *f = *state;
	accept_text(
		f,
		TEXT("{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"missing.started\","
	             "\"subject\":\"C1001\",\"time\":\"2020-01-11T23:40:00+00:00\","
	             "\"recordedtime\":\"2020-01-29T16:20:00Z\",\"replaces\":\"e0\","
	             "\"datacontenttype\":\"application/json; charset=utf-8\",\"traceparent\":\"00-1\","
	             "\"sequence\":7,\"sampled\":true,\"nothing\":null,"
	             "\"data\":{\"episode\":\"m1\",\"kind\":\"missing\",\"from\":\"placement\",\"placement\":\"p1\","
	             "\"risk\":\"high\",\"reported_by\":\"carer\",\"shoe_size\":{\"eu\":38}}}"),
		INSTANT_NONE);
	assert_text(f->event.id, "e1");
	assert_text(f->event.source, "/lcs");
	assert_text(f->event.subject, "C1001");
	assert_text(f->event.type_name, "missing.started");
	assert_text(f->event.replaces, "e0");
	assert_int_equal(f->event.type, schema_find(TEXT("missing.started")));
	assert_false(f->event.day_precision);
	assert_int_equal(f->event.time, (AT - 20 * 60) * SECOND);
	assert_int_equal(f->event.recorded, (instant)1580314800 * SECOND);
	assert_int_equal(f->event.warning_count, 0);
	assert_text(field(f, "risk")->string, "high");
	assert_text(field(f, "reported_by")->string, "carer");
	assert_int_equal(field(f, "harm")->kind, VALUE_ABSENT);
}

static void a_refused_event_still_says_who_sent_it_where_that_is_readable(void **state)
{
	struct fixture *f = *state;
	refuse(f, "missing.started", "", "{}", "data.episode is missing");
	assert_text(f->event.id, "e1");
	assert_text(f->event.source, "/lcs");
	refuse_text(f, TEXT("{\"id\":\"e7\",\"source\":\"/lcs\",nonsense"), INSTANT_NONE,
	            "not JSON: at byte 28 a key in quotes is expected");
	assert_text(f->event.id, "e7");
	assert_text(f->event.source, "/lcs");
	refuse_text(f, TEXT("{\"id\":7,\"source\":\"a\\u0007\"}"), INSTANT_NONE, "specversion is missing");
	assert_int_equal(f->event.id.length, 0);
	assert_int_equal(f->event.source.length, 0);
}

static void an_event_over_the_limit_is_refused_and_its_id_is_read_if_it_stands_before_that(void **state)
{
	struct fixture *f = *state;
	struct event_parser *small = event_parser_new((struct event_limits){200, 32}, TEXT_NONE, NULL);
	const char *line =
		event_line(f, "missing.started", "", "{\"episode\":\"m1\",\"kind\":\"missing\",\"placement\":\"p\"}");
	size_t length = strlen(line);
	assert_in_range(length, 160, 200);
	struct buffer padded = {0};
	buffer_string(&padded, line);
	while (padded.length < 200)
		buffer_char(&padded, ' ');
	assert_int_equal(event_parse(small, buffer_view(&padded), INSTANT_NONE, &f->event, &f->fault), RESULT_OK);
	buffer_string(&padded, "\r\n"); /* the line end is not counted */
	assert_int_equal(event_parse(small, buffer_view(&padded), INSTANT_NONE, &f->event, &f->fault), RESULT_OK);
	buffer_string(&padded, "\n");
	assert_int_equal(event_parse(small, buffer_view(&padded), INSTANT_NONE, &f->event, &f->fault),
	                 RESULT_PERMANENT);
	assert_string_equal(f->fault.text, "202 bytes long: at most 200 are taken");
	assert_text(f->event.id, "e1");
	buffer_free(&padded);
	event_parser_free(small);
}

static void a_byte_order_mark_and_a_line_end_are_passed_over(void **state)
{
	struct fixture *f = *state;
	struct buffer marked = {0};
	buffer_format(&marked, "\xef\xbb\xbf%s\r\n", event_line(f, "child.died", "", "null"));
	accept_text(f, buffer_view(&marked), INSTANT_NONE);
	assert_int_equal(f->event.type, TYPE_ID_CHILD_DIED);
	buffer_free(&marked);
}

static void the_configured_prefix_is_removed_from_types(void **state)
{
	struct fixture *f = *state;
	accept(f, "uk.gov.council.childrens.child.died", "", "{}");
	assert_int_equal(f->event.type, TYPE_ID_CHILD_DIED);
	assert_text(f->event.type_name, "child.died");
	accept(f, "uk.gov.elsewhere.child.died", "", "{}");
	assert_int_equal(f->event.type, TYPE_UNKNOWN);
	accept(f, "uk.gov.council.childrens.", "", "{}");
	assert_text(f->event.type_name, "uk.gov.council.childrens.");
}

static void an_unknown_type_is_taken_with_any_data(void **state)
{
	struct fixture *f = *state;
	static const char *const any[] = {"null", "1", "\"text\"", "[1,[2],{\"a\":null}]", "{}", "{\"a\":{\"b\":[]}}",
	                                  "true"};
	for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
		accept(f, "tea.made", "", any[i]);
		assert_int_equal(f->event.type, TYPE_UNKNOWN);
		assert_int_equal(f->event.warning_count, 0);
	}
	accept(f, "tea.made", "", "{\"risk\":\"PURPLE\",\"episode\":12,\"nobody_names_this\":1}");
	assert_text(field(f, "risk")->string, "PURPLE");
	assert_true(field(f, "episode")->kind == VALUE_NUMBER && field(f, "episode")->number == 12);
	assert_int_equal(f->event.field_count, 2);
}

static void words_are_read_without_regard_to_case(void **state)
{
	struct fixture *f = *state;
	accept(f, "missing.started", "",
	       "{\"episode\":\"M1\",\"kind\":\"Missing\",\"risk\":\"HIGH\",\"from\":\"home\"}");
	assert_text(field(f, "kind")->string, "missing");
	assert_text(field(f, "risk")->string, "high");
	assert_text(field(f, "episode")->string, "M1");
	accept(f, "placement.ratified", "", "{\"placement\":\"P1\",\"by\":\"Director\"}");
	assert_text(field(f, "by")->string, "director");
	accept(f, "contact.received", "", "{\"contact\":\"c\",\"flags\":[\"Neglect\",\"Something-Else\"]}");
	assert_int_equal(field(f, "flags")->list.count, 2);
	assert_text(field(f, "flags")->list.items[0].string, "neglect");
	assert_text(field(f, "flags")->list.items[1].string, "something-else");
	accept(f, "placement.started", "", "{\"placement\":\"P1\",\"regulated\":false,\"setting\":\"H5\"}");
	assert_text(field(f, "setting")->string, "H5");
}

static void a_bad_optional_field_is_set_aside_with_a_warning(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *type, *data, *field, *reason;
	} rows[] = {
		{"missing.started", "{\"episode\":\"m\",\"kind\":\"missing\",\"risk\":\"purple\"}", "risk",
	         "is not one of none, low, medium, high"},
		{"missing.started", "{\"episode\":\"m\",\"kind\":\"missing\",\"risk\":\"\"}", "risk", "is empty"},
		{"missing.started", "{\"episode\":\"m\",\"kind\":\"missing\",\"reported_by\":12}", "reported_by",
	         "is not a string"},
		{"missing.started", "{\"episode\":\"m\",\"kind\":\"missing\",\"placement\":{\"id\":1}}", "placement",
	         "is not a string"},
		{"missing.ended", "{\"episode\":\"m\",\"harm\":\"yes\"}", "harm", "is not true or false"},
		{"missing.ended", "{\"episode\":\"m\",\"harm\":0}", "harm", "is not true or false"},
		{"contact.received", "{\"contact\":\"c\",\"flags\":\"neglect\"}", "flags", "is not a list"},
		{"contact.received", "{\"contact\":\"c\",\"flags\":[\"neglect\",3]}", "flags",
	         "is not a list of strings that are not empty"},
		{"contact.received", "{\"contact\":\"c\",\"flags\":[\"neglect\",null]}", "flags",
	         "is not a list of strings that are not empty"},
		{"contact.received", "{\"contact\":\"c\",\"flags\":[[\"neglect\"]]}", "flags",
	         "is not a list of strings that are not empty"},
		{"contact.received", "{\"contact\":\"c\",\"flags\":[\" \"]}", "flags",
	         "is not a list of strings that are not empty"},
		{"child.updated", "{\"date_of_birth\":\"12/01/2005\"}", "date_of_birth",
	         "is not a date such as 2020-01-29"},
		{"child.updated", "{\"date_of_birth\":20050112}", "date_of_birth", "is not a string"},
		{"child.updated", "{\"date_of_birth\":\"0001-01-01\"}", "date_of_birth",
	         "is more than 100 years before the event: where it is not known, leave it out"},
		{"child.updated", "{\"date_of_birth\":\"1753-01-01\"}", "date_of_birth",
	         "is more than 100 years before the event: where it is not known, leave it out"},
		{"child.updated", "{\"date_of_birth\":\"9999-12-31\"}", "date_of_birth",
	         "is more than 10 months after the event"},
		{"child.updated", "{\"initials\":\"A\\u0000\"}", "initials", "contains a NUL character"},
		{"task.created", "{\"task\":\"t\",\"due\":\"2020-02-30\"}", "due", "is not a date such as 2020-01-29"},
		{"alert.acknowledged", "{\"alert\":\"a\",\"by\":\"dcs\",\"action\":\"x\",\"review_at\":\"tomorrow\"}",
	         "review_at", "is not an RFC 3339 time with an offset, such as 2020-01-29T23:10:00Z"},
		{"assessment.started", "{\"assessment\":\"a\",\"kind\":\"short-break\",\"referral\":5}", "referral",
	         "is not a string"},
		{"event.withdrawn", "{\"id\":\"e0\",\"reason\":\"because\"}", "reason",
	         "is not one of recorded-in-error, wrong-child, duplicate"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char name[64];
		(void)snprintf(name, sizeof name, "data.%s", rows[i].field);
		accept(f, rows[i].type, "", rows[i].data);
		assert_warned(f, name, rows[i].reason);
		assert_int_equal(field(f, rows[i].field)->kind, VALUE_ABSENT);
	}
}

static void several_bad_optional_fields_are_several_warnings(void **state)
{
	struct fixture *f = *state;
	accept(f, "missing.started", ",\"recordedtime\":1,\"timeprecision\":\"hour\",\"replaces\":\"\"",
	       "{\"episode\":\"m\",\"kind\":\"away\",\"risk\":1,\"from\":2,\"placement\":3}");
	assert_int_equal(f->event.warning_count, 6);
	assert_int_equal(f->event.field_count, 2);
}

static void null_means_absent_and_an_optional_text_left_empty_says_nothing(void **state)
{
	struct fixture *f = *state;
	accept(f, "missing.started",
	       ",\"recordedtime\":null,\"timeprecision\":null,\"replaces\":null,\"datacontenttype\":null",
	       "{\"episode\":\"m\",\"kind\":\"away\",\"risk\":null,\"reported_by\":null,\"placement\":\"\"}");
	assert_int_equal(f->event.warning_count, 0);
	assert_int_equal(f->event.field_count, 2);
	assert_int_equal(f->event.recorded, INSTANT_NONE);
	assert_int_equal(f->event.replaces.length, 0);
}

static void a_restricted_mark_that_cannot_be_read_means_restricted(void **state)
{
	struct fixture *f = *state;
	static const char *const unreadable[] = {"\"no\"", "0", "\"\"", "[]", "{}", "\"false\""};
	for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++) {
		char data[64];
		(void)snprintf(data, sizeof data, "{\"restricted\":%s}", unreadable[i]);
		accept(f, "child.updated", "", data);
		assert_warned(f, "data.restricted", "is not true or false");
		assert_true(field(f, "restricted")->kind == VALUE_BOOL && field(f, "restricted")->boolean);
	}
	accept(f, "child.updated", "", "{\"restricted\":false}");
	assert_true(field(f, "restricted")->kind == VALUE_BOOL && !field(f, "restricted")->boolean);
	accept(f, "child.updated", "", "{\"restricted\":null}");
	assert_int_equal(field(f, "restricted")->kind, VALUE_ABSENT);
	accept(f, "child.updated", "", "\"restricted\"");
	assert_warned(f, "data", "is not an object");
	assert_true(field(f, "restricted")->boolean);
}

static void data_that_is_no_object_does_not_hide_an_event_that_needs_none(void **state)
{
	struct fixture *f = *state;
	accept(f, "cp.started", "", "[\"neglect\"]");
	assert_warned(f, "data", "is not an object");
	accept(f, "cp.started", "", "null");
	assert_int_equal(f->event.warning_count, 0);
}

static void a_strange_subject_is_taken_with_a_warning(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *subject;
		bool strange;
	} rows[] = {
		{"C1", false}, {"a-B-9", false}, {"123456789012345678901234567890123456", false},
		{"1234567890123456789012345678901234567", true}, {"C 1", true}, {"C_1", true}, {"Zo\xc3\xab", true},
		{"../../etc/passwd", true}, {"<script>", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buffer_clear(&f->line);
		buffer_format(&f->line,
		              "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"child.died\","
		              "\"subject\":\"%s\",\"time\":\"2020-01-12T00:00:00Z\"}",
		              rows[i].subject);
		accept_text(f, buffer_view(&f->line), INSTANT_NONE);
		assert_text(f->event.subject, rows[i].subject);
		if (rows[i].strange)
			assert_warned(f, "subject", "is not 1 to 36 letters, digits and hyphens");
		else
			assert_int_equal(f->event.warning_count, 0);
	}
	accept_text(f, TEXT("{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"source.complete\","
	                    "\"subject\":\"/lcs\",\"time\":\"2020-01-12T00:00:00Z\","
	                    "\"data\":{\"up_to\":\"2020-01-12T00:00:00Z\"}}"),
	            INSTANT_NONE);
	assert_int_equal(f->event.warning_count, 0);
}

static void times_are_read_in_every_form_that_rfc_3339_allows(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *time;
		instant at;
	} rows[] = {
		{"2020-01-12T00:00:00Z", AT * SECOND},
		{"2020-01-12t00:00:00z", AT * SECOND},
		{"2020-01-12T00:00:00-00:00", AT * SECOND},
		{"2020-01-12T05:30:00+05:30", AT * SECOND},
		{"2020-01-11T23:59:60Z", AT * SECOND},
		{"2020-01-12T00:00:00.123456789Z", AT * SECOND + 123456},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buffer_clear(&f->line);
		buffer_format(&f->line,
		              "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"child.died\","
		              "\"subject\":\"C1\",\"time\":\"%s\"}",
		              rows[i].time);
		accept_text(f, buffer_view(&f->line), INSTANT_NONE);
		assert_int_equal(f->event.time, rows[i].at);
	}
}

static void a_date_alone_counts_from_local_midnight(void **state)
{
	struct fixture *f = *state;
	accept(f, "child.died", ",\"timeprecision\":\"day\"", "null");
	assert_true(f->event.day_precision);
	assert_int_equal(f->event.time, AT * SECOND);
	/* In summer London is an hour ahead: midnight UTC is 01:00, and the date begins an hour before it. */
	accept_text(f,
	            TEXT("{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/"
	                 "lcs\",\"type\":\"child.died\",\"subject\":\"C1\","
	                 "\"time\":\"2020-07-01T00:00:00Z\",\"timeprecision\":\"Day\"}"),
	            INSTANT_NONE);
	assert_int_equal(f->event.time, (instant)(1593561600 - 3600) * SECOND);
	accept_text(f,
	            TEXT("{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/"
	                 "lcs\",\"type\":\"child.died\",\"subject\":\"C1\","
	                 "\"time\":\"2020-07-01T00:00:00+01:00\",\"timeprecision\":\"day\"}"),
	            INSTANT_NONE);
	assert_int_equal(f->event.time, (instant)(1593561600 - 3600) * SECOND);
	accept(f, "child.died", ",\"timeprecision\":\"minute\"", "null");
	assert_warned(f, "timeprecision", "is not day");
	assert_false(f->event.day_precision);
}

static void bad_recordedtime_and_replaces_are_warnings(void **state)
{
	struct fixture *f = *state;
	accept(f, "child.died", ",\"recordedtime\":\"last week\"", "null");
	assert_warned(f, "recordedtime", "is not an RFC 3339 time with an offset, such as 2020-01-29T23:10:00Z");
	assert_int_equal(f->event.recorded, INSTANT_NONE);
	accept(f, "child.died", ",\"recordedtime\":1578787200", "null");
	assert_warned(f, "recordedtime", "is not a string");
	accept(f, "child.died", ",\"recordedtime\":\"1970-01-01T00:00:00Z\"", "null");
	assert_warned(f, "recordedtime", "is in a year outside 1990 to 2100");
	accept(f, "child.died", ",\"replaces\":\"e1\"", "null");
	assert_warned(f, "replaces", "names this event itself");
	assert_int_equal(f->event.replaces.length, 0);
	accept(f, "child.died", ",\"replaces\":[\"e0\"]", "null");
	assert_warned(f, "replaces", "is not a string");
	accept(f, "child.died", ",\"replaces\":\"e\\n0\"", "null");
	assert_warned(f, "replaces", "contains a control character");
}

static void a_time_may_be_five_minutes_ahead_of_when_it_was_recorded(void **state)
{
	struct fixture *f = *state;
	accept(f, "child.died", ",\"recordedtime\":\"2020-01-11T23:55:00Z\"", "null");
	refuse(f, "child.died", ",\"recordedtime\":\"2020-01-11T23:54:59.999999Z\"", "null",
	       "time is more than 5 minutes after recordedtime");
	struct text line = text_of(event_line(f, "child.died", "", "null"));
	accept_text(f, line, (AT - 300) * SECOND);
	refuse_text(f, line, (AT - 300) * SECOND - 1, "time is more than 5 minutes after the event arrived");
	/* Where it says when it was recorded, its arrival does not matter: a replay arrives whenever it does. */
	line = text_of(event_line(f, "child.died", ",\"recordedtime\":\"2020-01-13T00:00:00Z\"", "null"));
	accept_text(f, line, 0);
	/* A recordedtime that cannot be read is absent, and arrival counts. */
	line = text_of(event_line(f, "child.died", ",\"recordedtime\":\"?\"", "null"));
	refuse_text(f, line, 0, "time is more than 5 minutes after the event arrived");
}

static void json_media_types_are_taken_whatever_their_parameters(void **state)
{
	struct fixture *f = *state;
	static const char *const good[] = {"application/json",
	                                   "APPLICATION/JSON",
	                                   "application/json;charset=utf-8",
	                                   "application/vnd.council+json",
	                                   "application/cloudevents+JSON ; v=1",
	                                   "text/json"};
	static const char *const bad[] = {
		"text/plain",         "application/xml",  "json", "/json", "application/", "application/json+xml",
		"application/+jsonx", ";application/json"};
	char more[128];
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		(void)snprintf(more, sizeof more, ",\"datacontenttype\":\"%s\"", good[i]);
		accept(f, "child.died", more, "null");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		(void)snprintf(more, sizeof more, ",\"datacontenttype\":\"%s\"", bad[i]);
		refuse(f, "child.died", more, "null", NOT_JSON_TYPE);
	}
}

static void the_order_of_members_does_not_matter(void **state)
{
	struct fixture *f = *state;
	accept_text(
		f,
		TEXT(" { \"data\" : { \"kind\" : \"single\" , \"assessment\" : \"a\" , \"referral\" : \"r\" } "
	             ",\n\t\"time\" : "
	             "\"2020-01-12T00:00:00Z\" , \"subject\" : \"C1\", \"type\" : \"assessment.started\", \"source\" : "
	             "\"s\", \"id\" : \"i\", \"specversion\" : \"1.0\" } "),
		INSTANT_NONE);
	assert_text(field(f, "referral")->string, "r");
	refuse(f, "assessment.started", "", "{\"kind\":\"SINGLE\",\"assessment\":\"a\"}",
	       "data.referral is missing, which kind single needs");
	accept(f, "assessment.started", "", "{\"kind\":\"short-break\",\"assessment\":\"a\"}");
}

static void escapes_are_undone(void **state)
{
	struct fixture *f = *state;
	accept(f, "custody.detained", "",
	       "{\"\\u0063ustody\":\"a\\/b\\\\\\\"\\u00e9\\ud83d\\ude00\\n\",\"station\":\"\xe2\x82\xac\"}");
	assert_text(field(f, "custody")->string, "a/b\\\"\xc3\xa9\xf0\x9f\x98\x80\n");
	assert_text(field(f, "station")->string, "\xe2\x82\xac");
}

static void numbers_are_read_as_doubles(void **state)
{
	struct fixture *f = *state;
	accept(f, "indicator.reported", "",
	       "{\"indicator\":\"i\",\"value\":-12.5e-1,\"target\":123456789012345678901234567890,\"better\":"
	       "\"lower\"}");
	assert_true(field(f, "value")->number == -1.25);
	assert_true(field(f, "target")->number == 123456789012345678901234567890.0);
	accept(f, "risk_assessment.completed", "", "{\"placement\":\"p\",\"care\":0,\"support\":10}");
	assert_true(field(f, "care")->number == 0 && field(f, "support")->number == 10);
	refuse(f, "risk_assessment.completed", "", "{\"placement\":\"p\",\"care\":-1,\"support\":10}",
	       "data.care is not from 0 to 10");
}

static void strings_and_lists_may_be_long_and_many(void **state)
{
	struct fixture *f = *state;
	struct buffer data = {0};
	buffer_string(&data, "{\"contact\":\"c\",\"flags\":[");
	for (int i = 0; i < 500; i++)
		buffer_format(&data, "%s\"Flag-%d\"", i ? "," : "", i);
	buffer_string(&data, "],\"expertise\":[],\"with\":[1,true]");
	for (int i = 0; i < 200; i++)
		buffer_format(&data, ",\"unknown%d\":[[%d]]", i, i);
	buffer_string(&data, "}");
	accept(f, "contact.received", "", buffer_cstr(&data));
	assert_int_equal(field(f, "flags")->list.count, 500);
	assert_text(field(f, "flags")->list.items[499].string, "flag-499");
	assert_int_equal(field(f, "with")->list.count, 2);
	assert_true(field(f, "with")->list.items[1].boolean);
	buffer_free(&data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_event_is_taken),
		cmocka_unit_test(a_refused_event_still_says_who_sent_it_where_that_is_readable),
		cmocka_unit_test(an_event_over_the_limit_is_refused_and_its_id_is_read_if_it_stands_before_that),
		cmocka_unit_test(a_byte_order_mark_and_a_line_end_are_passed_over),
		cmocka_unit_test(the_configured_prefix_is_removed_from_types),
		cmocka_unit_test(an_unknown_type_is_taken_with_any_data),
		cmocka_unit_test(words_are_read_without_regard_to_case),
		cmocka_unit_test(a_bad_optional_field_is_set_aside_with_a_warning),
		cmocka_unit_test(several_bad_optional_fields_are_several_warnings),
		cmocka_unit_test(null_means_absent_and_an_optional_text_left_empty_says_nothing),
		cmocka_unit_test(a_restricted_mark_that_cannot_be_read_means_restricted),
		cmocka_unit_test(data_that_is_no_object_does_not_hide_an_event_that_needs_none),
		cmocka_unit_test(a_strange_subject_is_taken_with_a_warning),
		cmocka_unit_test(times_are_read_in_every_form_that_rfc_3339_allows),
		cmocka_unit_test(a_date_alone_counts_from_local_midnight),
		cmocka_unit_test(bad_recordedtime_and_replaces_are_warnings),
		cmocka_unit_test(a_time_may_be_five_minutes_ahead_of_when_it_was_recorded),
		cmocka_unit_test(json_media_types_are_taken_whatever_their_parameters),
		cmocka_unit_test(the_order_of_members_does_not_matter),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(numbers_are_read_as_doubles),
		cmocka_unit_test(strings_and_lists_may_be_long_and_many),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
