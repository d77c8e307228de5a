/* Types of a council's own (rules.md, "The file"): declared beside the rules, checked like those of the catalogue, and
 * gone with the rule set that declared them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/event.h"
#include "rules/load/load.h"

#define RULE "rules:\n- {id: r, severity: high, tell: {role: director}, "
#define HOSPITAL                                                                                                       \
	"events:\n- {type: hospital.attended, title: Seen in hospital, data: {visit: {type: text, key: true, "         \
	"required: true}, "                                                                                            \
	"ward: {type: word, words: [emergency, other]}, beds: number, notes: list, reason: text}}\n"                   \
	"- {type: hospital.left, title: Left hospital, data: {visit: {type: text, key: true, required: true}}}\n"

static struct ruleset *load(const char *source, struct buffer *said)
{
	struct config_faults faults = {0};
	struct ruleset *ruleset = rules_load_text("r.yaml", text_of(source), &faults);
	buffer_clear(said);
	for (size_t i = 0; i < faults.count; i++)
		buffer_format(said, "%d:%d %s\n", faults.items[i].line, faults.items[i].column, faults.items[i].text);
	config_faults_free(&faults);
	return ruleset;
}

static struct ruleset *loaded(const char *source)
{
	struct buffer said = {0};
	struct ruleset *ruleset = load(source, &said);
	if (!ruleset)
		fail_msg("%s\n%s", source, buffer_cstr(&said));
	buffer_free(&said);
	return ruleset;
}

static void test_a_type_may_be_named_wherever_it_is_declared(void **state)
{
	(void)state;
	struct ruleset *ruleset = loaded("states: [{id: ill, from: {event: hospital.attended, where: "
	                                 "'seen(\"hospital.left\")'}, to: hospital.left, key: visit}]\n" RULE
	                                 "state: {when: 'open(\"ill\") && seen(\"hospital.attended\")'}}\n" HOSPITAL);
	const struct event_type *type = schema_type(schema_find(TEXT("hospital.attended")));
	assert_string_equal(type->title, "Seen in hospital");
	assert_int_equal(type->field_count, 5);
	assert_true(type->fields[0].required && type->fields[0].key);
	assert_false(type->fields[4].required); /* optional unless it says otherwise */
	assert_string_equal(schema_type_title(schema_find(TEXT("hospital.left"))), "Left hospital");
	ruleset_free(ruleset);
}

static void test_a_key_makes_ends_of_a_pair_tell_their_starts_apart(void **state)
{
	(void)state;
	struct ruleset *ruleset =
		loaded("events: [{type: tagging.started, title: Tagged, data: {tag: {type: text, key: true}}}, {type: "
	               "tagging.ended, title: Tag "
	               "off, data: {tag: {type: text, key: true}}}]\n" RULE "state: {when: 'open(\"tagging\")'}}\n");
	assert_int_equal(ruleset->states[0].keys[0], schema_name(TEXT("tag")));
	assert_true(ruleset->states[0].key_optional);
	ruleset_free(ruleset);
}

static const struct {
	const char *source, *said;
} refused[] = {
	{RULE "event: {event: hospital.attended}}\n",
         "2:66 no event type is called \"hospital.attended\"; declare a type of your own"},
	{RULE "state: {when: 'seen(\"hospital.attended\")'}}\n",
         "no event type is called \"hospital.attended\"; declare"},
	{RULE "state: {when: 'open(\"hospital\")'}}\n", "no state is called \"hospital\""},
	{HOSPITAL RULE "event: {event: hospital.attended, where: 'data.wrd == \"other\"'}}\n",
         "hospital.attended has no field \"wrd\"; did you mean \"ward\"?"},
	{HOSPITAL RULE "event: {event: hospital.attended, where: 'has(data.ward) && data.ward == \"kitchen\"'}}\n",
         "\"kitchen\" is none of the words of data.ward: emergency, other"},
	{HOSPITAL RULE "event: {event: hospital.attended, where: 'data.reason == \"x\"'}}\n", "data.reason"},
	{HOSPITAL RULE "event: {event: hospital.attended, key: stay}}\n", "hospital.attended has no field \"stay\""},
	{HOSPITAL RULE "deadline: {start: hospital.attended, stop: hospital.left, key: visit, within: 1 day}}\n"
                       "states: [{id: x, from: hospital.attend, to: hospital.left}]\n",
         "no event type is called \"hospital.attend\""},
	{"events:\n- {type: missing.started, title: Missing}\n",
         "2:10 missing.started is a type of the catalogue already"},
	{"events:\n- {type: a.b, title: A}\n- {type: a.b, title: B}\n",
         "3:10 a.b is declared already in r.yaml, line 2"},
	{"events:\n- {type: hospital, title: A}\n", "2:10 an event type has two words with a dot"},
	{"events:\n- {type: a.b}\n", "2:3 a declared event needs \"title\""},
	{"events:\n- {type: a.b, title: A, dat: {}}\n", "2:25 a declared event has no \"dat\"; did you mean \"data\"?"},
	{"events: {type: a.b, title: A}\n", "1:9 events is a mapping; write a list: each begins with \"- type:\""},
	{"events:\n- {type: a.b, title: A, data: [x]}\n", "2:31 data is a list; write the fields"},
	{"events:\n- {type: a.b, title: A, data: {x: txt}}\n", "2:35 a field's type is \"txt\"; write text, bool"},
	{"events:\n- {type: a.b, title: A, data: {x: {key: true}}}\n", "2:35 a field needs \"type\""},
	{"events:\n- {type: a.b, title: A, data: {x: word}}\n", "2:35 a field of type word needs its words"},
	{"events:\n- {type: a.b, title: A, data: {x: {type: word}}}\n", "2:35 a field of type word needs words"},
	{"events:\n- {type: a.b, title: A, data: {x: {type: word, words: [Low]}}}\n",
         "2:56 a word has lower-case letters"},
	{"events:\n- {type: a.b, title: A, data: {x: {type: bool, key: true}}}\n", "2:53 a key is a text or a number"},
	{"events:\n- {type: a.b, title: A, data: {x: {type: text, required: perhaps}}}\n",
         "2:58 required is \"perhaps\"; write true or false"},
	{"events:\n- {type: a.b, title: A, data: {X-y: text}}\n", "2:32 a field's name has lower-case letters"},
	{"events:\n- {type: a.b, title: A, subject: house}\n",
         "2:34 subject is \"house\"; write child, worker or provider"},
};

static void test_a_slip_is_refused_where_it_stands(void **state)
{
	(void)state;
	struct buffer said = {0};
	size_t wrong = 0;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct ruleset *ruleset = load(refused[i].source, &said);
		if (!ruleset && strstr(buffer_cstr(&said), refused[i].said))
			continue;
		wrong++;
		print_message("%s\nexpected: %s\nsaid: %s\n", refused[i].source, refused[i].said, buffer_cstr(&said));
	}
	assert_int_equal(wrong, 0);
	buffer_free(&said);
}

static enum result parse(const char *data, struct event *event, struct fault *fault)
{
	static struct event_parser *parser;
	static struct buffer bytes;
	if (!parser)
		parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	if (!data) {
		event_parser_free(parser);
		buffer_free(&bytes);
		parser = NULL;
		return RESULT_OK;
	}
	buffer_clear(&bytes);
	buffer_format(&bytes,
	              "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"lcs\",\"subject\":\"C1\",\"type\":"
	              "\"hospital.attended\","
	              "\"time\":\"2020-01-01T10:00:00Z\",\"data\":%s}",
	              data);
	return event_parse(parser, buffer_view(&bytes), INSTANT_NONE, event, fault);
}

static void test_what_comes_is_checked_as_declared_while_the_rules_are_in_force(void **state)
{
	(void)state;
	struct event event;
	struct fault fault;
	struct ruleset *old = loaded(HOSPITAL RULE "event: {event: hospital.attended}}\n");
	assert_int_equal(parse("{}", &event, &fault), RESULT_PERMANENT);
	assert_string_equal(fault.text, "data.visit is missing");
	assert_int_equal(parse("{\"visit\":\"v1\",\"ward\":\"EMERGENCY\",\"beds\":\"two\"}", &event, &fault),
	                 RESULT_OK);
	assert_true(text_equal(event_string(&event, schema_name(TEXT("ward"))), TEXT("emergency")));
	assert_int_equal(event.warning_count, 1);
	assert_string_equal(event.warnings[0].field, "data.beds");
	/* A new set with another declaration, refused or taken; then the old one is gone, then both. */
	struct buffer said = {0};
	assert_null(load("events: [{type: hospital.attended, title: A}]\nrules: [{id: x}]\n", &said));
	assert_int_equal(parse("{}", &event, &fault), RESULT_PERMANENT);
	struct ruleset *new = loaded("events: [{type: hospital.attended, title: Again}]\n" RULE
	                             "event: {event: hospital.attended}}\n");
	assert_int_equal(parse("{}", &event, &fault), RESULT_OK);
	ruleset_free(old);
	assert_string_equal(schema_type_title(schema_find(TEXT("hospital.attended"))), "Again");
	ruleset_free(new);
	assert_null(schema_type(schema_find(TEXT("hospital.attended"))));
	assert_int_equal(parse("{}", &event, &fault), RESULT_OK); /* stored and counted as any type nobody knows */
	(void)parse(NULL, NULL, NULL);
	buffer_free(&said);
}

static int start(void **state)
{
	(void)state;
	schema_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_type_may_be_named_wherever_it_is_declared),
	        cmocka_unit_test(test_a_key_makes_ends_of_a_pair_tell_their_starts_apart),
	        cmocka_unit_test(test_a_slip_is_refused_where_it_stands),
	        cmocka_unit_test(test_what_comes_is_checked_as_declared_while_the_rules_are_in_force),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
