/* Conditions: what analysts may write, what is refused and why, and what the rest mean for a child. */
#include "condition_world.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- compiling ---- */

/* `types`: "a b", at most four; "": none. */
static struct condition *compile(const char *types, const char *source, struct fault *fault, size_t *at)
{
	type_id ids[4];
	size_t count = 0;
	char copy[256], *rest = NULL;
	(void)snprintf(copy, sizeof copy, "%s", types);
	for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
		ids[count++] = schema_name_type(text_of(name));
	return condition_compile(text_of(source), (struct condition_place){ids, count}, fault, at);
}

struct refusal {
	const char *types, *source;
	size_t at;
	const char *says;
};

static void assert_refused(const struct refusal *refusal)
{
	struct fault fault = {{0}};
	size_t at = SIZE_MAX;
	struct condition *condition = compile(refusal->types, refusal->source, &fault, &at);
	if (condition || !strstr(fault.text, refusal->says) || at != refusal->at)
		fail_msg("%s: at %zu: %s", refusal->source, at, condition ? "accepted" : fault.text);
}

static void assert_accepted(const char *types, const char *source)
{
	struct fault fault = {{0}};
	size_t at;
	struct condition *condition = compile(types, source, &fault, &at);
	if (!condition)
		fail_msg("%s: at %zu: %s", source, at, fault.text);
	condition_free(condition);
}

static void what_cannot_be_read_is_refused_where_it_stands(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{"missing.started", "", 0, "empty"},
		{"missing.started", "data.kind == ", 13, "ends where something should follow"},
		{"missing.started", "data.kind = \"missing\"", 10, "write =="},
		{"missing.started", "data.kind == \"missing\" & true", 23, "write &&"},
		{"missing.started", "data.kind == missing", 13, "unknown word \"missing\"; a text needs quotes"},
		{"missing.started", "data.kind == \"missing", 13, "does not end"},
		{"missing.started", "data.kind == \"miss\\ing\"", 18, "escape"},
		{"missing.started", "true and false", 5, "write && for"},
		{"missing.started", "not true", 0, "write ! for"},
		{"missing.started", "data.kind == null", 13, "!has("},
		{"missing.started", "data.kind == \"missing\" data.episode == \"x\"", 23, "is && or || missing"},
		{"missing.started", "(data.kind == \"missing\"", 23, "\")\" is missing"},
		{"missing.started", "data[\"kind\"] == \"missing\"", 4, "write data.name"},
		{"missing.started", "data.kind.part == \"x\"", 10, "cannot be asked of a value"},
		{"missing.started", "1 < 2 < 3", 6, "two comparisons in a row"},
		{"missing.started", "age > 12abc", 6, "runs into a letter"},
		{"missing.started", "age < 1e999", 6, "a number beyond what can be reckoned with"},
		{"missing.started", "age > -age", 6, "do not calculate"},
		{"missing.started", "event.subject == \"C1\"", 6, "only event.time and event.source"},
		{"missing.started", "fisrt(\"missing.ended\").data.harm", 0, "did you mean \"first\"?"},
		{"missing.started", "first(\"missing.ended\").time > event.time", 23,
	         "write first(\"type\").data.name"},
		{"missing.started", "has(age)", 4, "has() asks for a field"},
		{"missing.started", "open(\"cp\", \"28 dayz\")", 11, "write it as \"28 days\""},
		{"missing.started", "open()", 5, "the state is missing"},
		{"missing.started", "data.kind in []", 13, "empty list"},
		{"missing.started", "data.kind in [\"missing\", 1]", 25, "one kind"},
		{"missing.started", "true ? false", 5, "not part of conditions"},
		{"missing.started", "true # false", 5, "means nothing"},
		{"missing.started", "data.kind == \xe2\x80\x9cmissing\xe2\x80\x9d", 13,
	         "a curly quote (\xe2\x80\x9c) means nothing in a condition; write a straight one"},
		{"missing.started", "age \xe2\x89\xa5 11", 4, "means nothing in a condition; write >="},
		{"missing.started", "age >\xc2\xa0 11", 5, "a no-break space (it looks like a space and is none)"},
		{"missing.started", "age > \xc3\xa9", 6, "(byte 0xc3); type it anew"},
	};
	for (size_t i = 0; i < COUNT(refusals); i++)
		assert_refused(&refusals[i]);
}

static void what_the_schemas_do_not_know_is_refused_with_a_guess(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{"missing.started", "data.knd == \"missing\"", 0,
	         "missing.started has no field \"knd\"; did you mean \"kind\"?"},
		{"missing.started", "data.zebra == \"missing\"", 0, "it has episode, kind"},
		{"missing.started", "data.kind == \"mising\"", 13,
	         "\"mising\" is none of the words of data.kind: missing, away; did you mean \"missing\"?"},
		{"vcl.scored", "data.level in [\"high\", \"veryhigh\"]", 23, "did you mean \"very-high\"?"},
		{"placement.ratified", "data.by == \"directer\"", 11,
	         "\"directer\" is none of the words of data.by; did you mean \"director\"?"},
		{"contact.received", "has(data.flags) && \"neglekt\" in data.flags", 19, "did you mean \"neglect\"?"},
		{"missing.started", "data.kind == 3", 10, "data.kind is text and 3 is a number"},
		{"risk_assessment.completed", "data.care > \"5\"", 10, "data.care is a number and \"5\" is text"},
		{"strategy.held", "data.s47 == \"true\"", 9, "true or false"},
		{"strategy.held", "data.s47 > false", 9, "no order"},
		{"vcl.scored", "data.level > \"low\"", 11, "words have no order"},
		{"vcl.scored", "data.level", 0, "something that is true or false is needed"},
		{"vcl.scored", "!data.level", 1, "something that is true or false is needed"},
		{"vcl.scored", "data.level in \"high\"", 14, "stands a list"},
		{"attendance.absent", "data.date < \"1 May\"", 12, "write it as \"2021-09-09\""},
		{"attendance.absent", "event.time < \"2021-09-09\"", 13, "write it as \"2021-09-09T00:00:00Z\""},
		{"contact.received", "has(data.flags) && data.flags == [\"neglect\"]", 30, "lists are not compared"},
		{"vcl.scored", "size(data.level in [\"high\"]) > 1", 0, "size() counts a list or a text"},
		{"risk_assessment.completed", "data.care.startsWith(\"1\")", 0, "asked of a text"},
		{"", "data.kind == \"missing\"", 0, "no event is at hand"},
		{"", "event.time > \"2021-09-09T00:00:00Z\"", 0, "no event is at hand"},
		{"", "has(child.birth_date)", 4, "child.updated has no field \"birth_date\""},
		{"", "seen(\"missing.start\")", 0, "did you mean \"missing.started\"?"},
		{"", "has(first(\"safety-plan.ended\").data.plan)", 4, "did you mean \"safety_plan.ended\"?"},
		{"missing.started vcl.scored", "data.zebra == \"x\"", 0, "missing.started or vcl.scored has no field"},
	};
	for (size_t i = 0; i < COUNT(refusals); i++)
		assert_refused(&refusals[i]);
}

static void absence_is_decided_on_purpose(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{"missing.started", "data.risk == \"high\"", 0,
	         "data.risk may be absent; say what that means: has(data.risk) && … or !has(data.risk) || …"},
		{"missing.started", "has(data.risk) || data.risk == \"high\"", 18, "may be absent"},
		{"missing.started", "!has(data.risk) && data.risk == \"high\"", 19, "may be absent"},
		{"missing.started", "has(data.from) && data.risk == \"high\"", 18, "data.risk may be absent"},
		{"missing.started", "(has(data.risk) && true) || data.risk == \"high\"", 28, "may be absent"},
		{"missing.started", "(has(data.risk) || has(data.from)) && data.risk == \"high\"", 38, "may be absent"},
		{"", "child.legal_status == \"C2\"", 0, "child.legal_status may be absent"},
		{"missing.ended", "first(\"missing.started\").data.kind == \"away\"", 0,
	         "first(\"missing.started\").data.kind may be absent"},
		{"missing.ended", "seen(\"missing.started\") && first(\"missing.started\").data.risk == \"high\"", 27,
	         "may be absent"},
		{"missing.ended", "seen(\"missing.started\") || first(\"missing.started\").data.kind == \"away\"", 27,
	         "may be absent"},
		{"tagging.fitted", "data.device == \"x\"", 0, "data.device may be absent"},
		{"missing.started missing.risk_changed", "data.kind == \"missing\"", 0, "data.kind may be absent"},
	};
	for (size_t i = 0; i < COUNT(refusals); i++)
		assert_refused(&refusals[i]);
	static const struct {
		const char *types, *source;
	} accepted[] = {
		{"missing.started", "has(data.risk) && data.risk == \"high\""},
		{"missing.started", "data.risk == \"high\" && has(data.risk)"},
		{"missing.started", "!has(data.risk) || data.risk == \"high\""},
		{"missing.started",
	         "data.kind == \"missing\" && (has(data.risk) && (data.risk == \"high\" || data.risk == \"low\"))"},
		{"missing.started", "!(has(data.risk) && data.risk == \"low\")"},
		{"missing.started", "!(!has(data.risk) || data.risk == \"low\")"},
		{"missing.started", "!!has(data.risk) && data.risk in [\"high\", \"medium\"]"},
		{"missing.started",
	         "has(data.risk) && has(data.from) && data.risk == \"high\" && data.from == \"home\""},
		{"missing.started",
	         "(!has(data.risk) || !has(data.from)) || (data.risk == \"high\" && data.from == \"home\")"},
		{"missing.started",
	         "((has(data.risk) && data.kind == \"missing\") || (has(data.risk) && true)) && data.risk == \"high\""},
		{"missing.ended",
	         "has(first(\"missing.started\").data.kind) && first(\"missing.started\").data.kind == \"away\""},
		{"missing.ended", "!seen(\"missing.started\") || first(\"missing.started\").data.kind != \"away\""},
		{"missing.ended",
	         "has(first(\"missing.started\").data.risk) && first(\"missing.started\").data.kind == \"away\""},
		{"contact.received", "has(data.flags) && \"neglect\" in data.flags && \"fire-setting\" in data.flags"},
		{"placement.ratified", "data.by == \"deputy-director\""}, /* a council's own role */
		{"contact.received", "has(data.flags) && size(data.flags) > 0 && data.flags.size() < 5"},
		{"missing.started missing.risk_changed", "has(data.risk) && data.risk == \"high\""},
		{"placement.decided placement.started", "!data.regulated && !has(child.date_of_birth)"},
		{"tagging.fitted",
	         "has(data.device) && data.device.startsWith('x') && has(data.count) && data.count > -1.5e1"},
		{"", "!has(child.restricted) || !child.restricted"},
		{"", "open(\"cp\") && open(\"fff\", \"28 days\") && age >= 16"},
		{"attendance.absent",
	         "data.date >= \"2021-09-01\" && event.time < \"2021-09-09T00:00:00Z\" && event.source == \"/lcs\""},
	};
	for (size_t i = 0; i < COUNT(accepted); i++)
		assert_accepted(accepted[i].types, accepted[i].source);
}

static void sizes_are_bounded(void **state)
{
	(void)state;
	struct buffer source = {0};
	struct fault fault = {{0}};
	size_t at;
	for (int i = 0; i < 33; i++)
		buffer_char(&source, '(');
	assert_null(compile("", buffer_cstr(&source), &fault, &at));
	assert_non_null(strstr(fault.text, "nested deeper than 32"));
	assert_int_equal(at, 33);

	buffer_clear(&source);
	buffer_string(&source, "true");
	for (int i = 0; i < 510; i++)
		buffer_string(&source, "||true");
	assert_accepted("", buffer_cstr(&source)); /* 511 literals and their chain */
	buffer_string(&source, "||true");
	assert_null(compile("", buffer_cstr(&source), &fault, &at));
	assert_non_null(strstr(fault.text, "more than 512 parts"));

	buffer_clear(&source);
	while (source.length < 4090)
		buffer_char(&source, ' ');
	buffer_string(&source, "  true");
	assert_accepted("", buffer_cstr(&source));
	buffer_char(&source, ' ');
	assert_null(compile("", buffer_cstr(&source), &fault, &at));
	assert_non_null(strstr(fault.text, "longer than 4096 bytes"));
	buffer_free(&source);
}

/* ---- evaluation ---- */

static void an_event_is_judged_by_its_data(void **state)
{
	(void)state;
	struct world world;
	begin(&world, "missing.started");
	with(&world, "episode", text_value("m1"));
	with(&world, "kind", text_value("missing"));
	with(&world, "risk", text_value("high"));
	assert_true(holds(&world, "data.kind == \"missing\""));
	assert_true(holds(&world, "data.kind == 'Missing'")); /* words without regard to case */
	assert_false(holds(&world, "data.kind != \"missing\""));
	assert_true(holds(&world, "has(data.risk) && data.risk in [\"medium\", \"HIGH\"]"));
	assert_false(holds(&world, "!has(data.risk) || data.risk == \"low\""));
	assert_true(holds(&world, "has(data.from) || data.episode == \"m1\""));
	assert_false(holds(&world, "data.episode == \"M1\"")); /* an id is not a word */
	assert_true(holds(&world, "data.episode.startsWith(\"m\") && size(data.episode) == 2"));
	assert_true(holds(&world, "event.source == \"/lcs\" && event.time == \"2020-01-29T23:10:00Z\""));
	assert_true(holds(&world, "event.time > \"2020-01-29T23:09:59.999999Z\""));
	assert_true(holds(&world, "(data.kind == \"missing\") == true"));
	assert_int_equal(world.failures, 0);
}

static void numbers_compare_as_numbers(void **state)
{
	(void)state;
	struct world world;
	begin(&world, "risk_assessment.completed");
	with(&world, "placement", text_value("p1"));
	with(&world, "care", number_value(10));
	with(&world, "support", number_value(9.5));
	assert_true(holds(&world, "data.care > data.support"));
	assert_false(holds(&world, "data.care <= data.support"));
	assert_true(holds(&world, "data.support >= 9.5 && data.support < 1e1 && data.care > -1"));
	assert_true(holds(&world, "data.care in [1, 10]"));
	assert_false(holds(&world, "data.care in [1, -10]"));
}

static void lists_hold_words(void **state)
{
	(void)state;
	const struct value items[] = {text_value("cse"), text_value("neglect")};
	struct world world;
	begin(&world, "contact.received");
	assert_false(holds(&world, "has(data.flags) && size(data.flags) > 0"));
	with(&world, "flags", (struct value){.kind = VALUE_LIST, .list = {items, 2}});
	assert_true(holds(&world, "has(data.flags) && \"neglect\" in data.flags"));
	assert_true(holds(&world, "has(data.flags) && 'Neglect' in data.flags"));
	assert_false(holds(&world, "has(data.flags) && \"domestic-abuse\" in data.flags"));
	assert_true(holds(&world, "has(data.flags) && size(data.flags) == 2"));
	assert_int_equal(world.failures, 0);
}

static void a_date_is_compared_as_a_date(void **state)
{
	(void)state;
	struct world world;
	begin(&world, "attendance.absent");
	with(&world, "date", text_value("2021-09-09"));
	assert_true(holds(&world, "data.date >= \"2021-09-09\" && data.date < \"2021-10-01\""));
	assert_false(holds(&world, "data.date == \"2021-09-10\""));
}

static void a_state_and_a_history_can_be_asked(void **state)
{
	(void)state;
	struct world world;
	begin(&world, "missing.ended");
	world.open = "cp";
	world.seen = "missing.started";
	world.first = text_value("away");
	assert_true(holds(&world, "open(\"cp\") && !open(\"cin\")"));
	assert_true(holds(&world, "seen(\"missing.started\") && !seen(\"missing.ended\")"));
	assert_false(holds(&world, "!seen(\"missing.started\") || first(\"missing.started\").data.kind != \"away\""));
	world.seen = NULL;
	assert_true(holds(&world, "!seen(\"missing.started\") || first(\"missing.started\").data.kind != \"away\""));
	assert_false(holds(&world, "has(first(\"missing.started\").data.kind)"));
	assert_int_equal(world.failures, 0);
}

static void an_unknown_age_makes_age_conditions_false(void **state)
{
	(void)state;
	struct world world;
	begin(&world, "homeless.presented");
	assert_false(holds(&world, "age < 16"));
	assert_false(holds(&world, "!(age < 16)"));
	assert_false(holds(&world, "age >= 16 && true"));
	assert_true(holds(&world, "!has(child.date_of_birth) || age == 16 || age == 17"));
	assert_int_equal(world.failures, 0); /* not knowing is no mistake of the rule */
	world.scope.age = 17;
	world.child[0] = (struct event_field){schema_name_add(TEXT("date_of_birth")), text_value("2004-06-15")};
	world.scope.child_count = 1;
	assert_true(holds(&world, "!has(child.date_of_birth) || age == 16 || age == 17"));
	assert_true(holds(&world, "has(child.date_of_birth) && child.date_of_birth < \"2004-06-16\""));
	world.scope.age = 18;
	assert_false(holds(&world, "!has(child.date_of_birth) || age == 16 || age == 17"));
	world.scope.age = 0;
	assert_true(holds(&world, "age < 1"));
}

static void what_cannot_be_evaluated_is_false_and_counted(void **state)
{
	(void)state;
	struct world world;
	begin(&world, "tagging.fitted");
	with(&world, "device", number_value(7));
	assert_false(holds(&world, "has(data.device) && data.device.startsWith(\"x\")"));
	assert_int_equal(world.failures, 1);
	assert_false(holds(&world, "!(has(data.device) && data.device.startsWith(\"x\"))")); /* not even the opposite */
	assert_int_equal(world.failures, 2);
	assert_true(holds(&world, "true || (has(data.device) && data.device.startsWith(\"x\"))"));
	assert_true(holds(&world, "(has(data.device) && data.device.startsWith(\"x\")) || true"));
	assert_false(holds(&world, "has(data.device) && data.device.startsWith(\"x\") && false"));
	assert_int_equal(world.failures, 2); /* decided without it */
	assert_false(
		holds(&world, "has(data.device) && data.device == \"7\"")); /* things of different kinds are unequal */
	assert_true(holds(&world, "has(data.device) && data.device != \"7\""));
	assert_false(holds(&world, "has(data.device) && data.device < \"8\""));
	assert_int_equal(world.failures, 3);
}

static void a_state_is_judged_without_an_event(void **state)
{
	(void)state;
	struct world world;
	begin(&world, "missing.started");
	world.scope.event = NULL;
	world.open = "vpg";
	assert_true(holds(&world, "(open(\"vpg\") || open(\"rmg\")) && !seen(\"transition.planned\")"));
}

static void a_condition_says_what_it_mentions(void **state)
{
	(void)state;
	struct fault fault = {{0}};
	size_t at;
	struct condition *condition =
		compile("missing.ended",
	                "open(\"cp\") && open(\"fff\", \"28 days\") && seen(\"vpg.discussed\") && age < 16 && "
	                "has(first(\"missing.started\").data.kind) && has(data.harm) && data.harm",
	                &fault, &at);
	assert_non_null(condition);
	struct condition_state *states;
	assert_int_equal(condition_states(condition, &states), 2);
	assert_string_equal(states[0].name, "cp");
	assert_false(states[0].has_tail);
	assert_string_equal(states[1].name, "fff");
	assert_true(states[1].has_tail);
	assert_int_equal(states[1].tail.amount, 28);
	const type_id *types;
	assert_int_equal(condition_types(condition, &types), 2);
	const struct condition_first *firsts;
	assert_int_equal(condition_firsts(condition, &firsts), 1);
	assert_int_equal(firsts[0].type, schema_find(TEXT("missing.started")));
	assert_int_equal(firsts[0].field, schema_name(TEXT("kind")));
	const uint16_t *fields;
	assert_int_equal(condition_fields(condition, &fields), 1);
	assert_int_equal(fields[0], schema_name(TEXT("harm")));
	assert_true(condition_reads_age(condition));
	condition_free(condition);
	condition_free(NULL);
}

static void a_councils_own_type_is_no_slip(void **state)
{
	(void)state;
	assert_null(condition_type_meant("vpg.reopened"));
	assert_null(condition_type_meant("tagging.fitted"));
	assert_null(condition_type_meant("ch.opened"));
	assert_string_equal(condition_type_meant("missing.start"), "missing.started");
	assert_string_equal(condition_type_meant("mising.started"), "missing.started");
	assert_string_equal(condition_type_meant("safety-plan.ended"), "safety_plan.ended");
	assert_string_equal(condition_type_meant("uk.gov.council.missing.ended"), "missing.ended");
}

/* Random bytes and random tokens: whatever is written is compiled or refused, and what is compiled evaluates. */
static void no_source_breaks_the_compiler(void **state)
{
	(void)state;
	static const char *const tokens[] = {"data", ".",          "risk",
	                                     "kind", "has",        "(",
	                                     ")",    "&&",         "||",
	                                     "!",    "==",         "in",
	                                     "[",    "]",          "\"high\"",
	                                     "'",    "age",        "<",
	                                     "12",   "-",          "first",
	                                     "seen", "open",       "\"missing.started\"",
	                                     ",",    "child",      "date_of_birth",
	                                     "size", "startsWith", "true",
	                                     "\\",   "\xff",       " "};
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20200129u;
	print_message("seed %u\n", seed);
	srandom(seed);
	struct world world;
	begin(&world, "missing.started");
	for (int round = 0; round < 20000; round++) {
		struct buffer source = {0};
		struct fault fault = {{0}};
		size_t at = 0;
		for (long i = random() % 24; i >= 0; i--)
			buffer_string(&source, tokens[(size_t)random() % COUNT(tokens)]);
		struct condition *condition = condition_compile(
			buffer_view(&source), (struct condition_place){&world.event.type, 1}, &fault, &at);
		if (condition)
			(void)condition_holds(condition, &world.scope);
		else
			assert_true(fault.text[0] != '\0' && at <= source.length);
		condition_free(condition);
		buffer_free(&source);
	}
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
		cmocka_unit_test(what_cannot_be_read_is_refused_where_it_stands),
		cmocka_unit_test(what_the_schemas_do_not_know_is_refused_with_a_guess),
		cmocka_unit_test(absence_is_decided_on_purpose),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(an_event_is_judged_by_its_data),
		cmocka_unit_test(numbers_compare_as_numbers),
		cmocka_unit_test(lists_hold_words),
		cmocka_unit_test(a_date_is_compared_as_a_date),
		cmocka_unit_test(a_state_and_a_history_can_be_asked),
		cmocka_unit_test(an_unknown_age_makes_age_conditions_false),
		cmocka_unit_test(what_cannot_be_evaluated_is_false_and_counted),
		cmocka_unit_test(a_state_is_judged_without_an_event),
		cmocka_unit_test(a_condition_says_what_it_mentions),
		cmocka_unit_test(a_councils_own_type_is_no_slip),
		cmocka_unit_test(no_source_breaks_the_compiler),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
