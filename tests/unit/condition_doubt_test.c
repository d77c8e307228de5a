/* What a field that came and could not be read does to a condition: it may open an alert, and never ends one. */
#include "condition_world.h"

static void set_aside(struct world *world, struct event_warning *warning, const char *field)
{
	*warning = (struct event_warning){field, "cannot be read"};
	world->event.warnings = warning;
	world->event.warning_count = 1;
}

/* As what opens an alert, as what ends one, and as what only counts or shows. */
static void assert_doubt(struct world *world, const char *source, bool opens, bool ends, bool counts)
{
	static const enum condition_doubt doubts[] = {DOUBT_HOLDS, DOUBT_FAILS, DOUBT_ABSENT};
	const bool expected[] = {opens, ends, counts};
	for (size_t i = 0; i < 3; i++) {
		world->scope.doubt = doubts[i];
		if (holds(world, source) != expected[i])
			fail_msg("%s, doubt %zu: %d", source, i, expected[i]);
	}
}

static void what_could_not_be_read_may_open_an_alert_and_never_ends_one(void **state)
{
	(void)state;
	struct world world;
	struct event_warning warning;
	begin(&world, "missing.started");
	with(&world, "episode", text_value("m1"));
	with(&world, "kind", text_value("missing"));
	set_aside(&world, &warning, "data.risk");
	assert_doubt(&world, "has(data.risk) && data.risk == \"high\"", true, false, false);
	assert_doubt(&world, "has(data.risk) && data.risk != \"high\"", true, false, false);
	assert_doubt(&world, "has(data.risk) && data.risk in [\"high\", \"medium\"]", true, false, false);
	assert_doubt(&world, "!has(data.risk) || data.risk == \"low\"", true, false, true);
	assert_doubt(&world, "!has(data.risk)", true, false, true);
	assert_doubt(&world, "!(has(data.risk) && data.risk == \"low\")", true, false, true);
	/* what is decided without it */
	assert_doubt(&world, "data.kind == \"away\" && has(data.risk) && data.risk == \"high\"", false, false,
	             false);
	assert_doubt(&world, "data.kind == \"missing\" || (has(data.risk) && data.risk == \"high\")", true, true,
	             true);
	/* an unknown age is false, and an unreadable field beside it may hold */
	assert_doubt(&world, "age < 16 && has(data.risk) && data.risk == \"high\"", false, false, false);
	assert_doubt(&world, "age < 16 || (has(data.risk) && data.risk == \"high\")", true, false, false);
	assert_int_equal(world.failures, 0); /* it was warned of already */
}

static void lists_and_first_records_that_could_not_be_read_may_say_anything(void **state)
{
	(void)state;
	struct world world;
	struct event_warning warning;
	begin(&world, "contact.received");
	with(&world, "contact", text_value("k1"));
	set_aside(&world, &warning, "data.flags");
	assert_doubt(&world, "has(data.flags) && \"neglect\" in data.flags", true, false, false);
	assert_doubt(&world, "has(data.flags) && size(data.flags) > 0", true, false, false);
	begin(&world, "contact.decided");
	world.seen = "contact.received";
	world.first_unreadable = true;
	assert_doubt(&world,
	             "has(first(\"contact.received\").data.flags) && "
	             "size(first(\"contact.received\").data.flags) > 0",
	             true, false, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_could_not_be_read_may_open_an_alert_and_never_ends_one),
		cmocka_unit_test(lists_and_first_records_that_could_not_be_read_may_say_anything),
	};
	schema_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
