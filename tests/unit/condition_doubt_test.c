/* What a field that came and could not be read does to a condition: it is absent, and where the condition ends or
 * prevents an alert, absent is not enough. */
#include "condition_world.h"

static void set_aside(struct world *world, struct event_warning *warning, const char *field)
{
	*warning = (struct event_warning){field, "cannot be read"};
	world->event.warnings = warning;
	world->event.warning_count = 1;
}

/* Where it makes an alert open, and where it ends or prevents one. */
static void assert_doubt(struct world *world, const char *source, bool opens, bool ends)
{
	for (int favourable = 0; favourable < 2; favourable++) {
		world->scope.favourable = favourable;
		if (holds(world, source) != (favourable ? ends : opens))
			fail_msg("%s, favourable %d", source, favourable);
	}
}

static void what_could_not_be_read_is_absent_and_ends_no_alert(void **state)
{
	(void)state;
	struct world world;
	struct event_warning warning;
	begin(&world, "missing.started");
	with(&world, "episode", text_value("m1"));
	with(&world, "kind", text_value("missing"));
	set_aside(&world, &warning, "data.risk");
	assert_doubt(&world, "has(data.risk) && data.risk == \"high\"", false, false);
	assert_doubt(&world, "has(data.risk) && data.risk != \"high\"", false, false);
	assert_doubt(&world, "!has(data.risk) || data.risk == \"low\"", true, false);
	assert_doubt(&world, "!has(data.risk)", true, false);
	assert_doubt(&world, "!(has(data.risk) && data.risk == \"low\")", true, false);
	/* what is decided without it */
	assert_doubt(&world, "data.kind == \"away\" && has(data.risk) && data.risk == \"high\"", false, false);
	assert_doubt(&world, "data.kind == \"missing\" || (has(data.risk) && data.risk == \"high\")", true, true);
}

static void a_list_that_could_not_be_read_holds_nothing(void **state)
{
	(void)state;
	struct world world;
	struct event_warning warning;
	begin(&world, "vpg.shared");
	set_aside(&world, &warning, "data.with");
	assert_doubt(&world, "has(data.with) && \"team-manager\" in data.with", false, false);
	assert_doubt(&world, "!has(data.with) || \"team-manager\" in data.with", true, false);
	assert_doubt(&world, "has(data.with) && size(data.with) > 0", false, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_could_not_be_read_is_absent_and_ends_no_alert),
		cmocka_unit_test(a_list_that_could_not_be_read_holds_nothing),
	};
	schema_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
