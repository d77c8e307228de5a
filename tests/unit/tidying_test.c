/* What is kept no longer, in the daemon: a child whose rows cannot be read keeps no other child longer. */
#include "day_world.h"

static int begin(void **state)
{
	assert_int_equal(setup(state), 0);
	stop();
	write_config("retention: {child-years: 3}\n");
	start();
	return 0;
}

static void no_reading(sqlite3_context *context, int arguments, sqlite3_value **values)
{
	(void)arguments, (void)values;
	sqlite3_result_error_code(context, SQLITE_IOERR_READ);
}

static void of_children_that_are_due_the_one_that_cannot_be_read_stays_alone(void **state)
{
	(void)state;
	for (int i = 1; i <= 5; i++) {
		char child[16];
		(void)snprintf(child, sizeof child, "C%d", i);
		happens("2020-02-02T09:00:00Z", "child.updated", child, "\"initials\":\"AB\"");
	}
	live_until("2026-02-02T06:05:00Z");
	assert_int_equal(count("SELECT count(*) FROM event"), 5);
	sqlite3 *database = world.council->store->database;
	assert_int_equal(
		sqlite3_create_function(database, "no_reading", 0, SQLITE_UTF8, NULL, no_reading, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "UPDATE event SET arrived = time", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database,
	                              "CREATE TEMP TRIGGER no_c2 BEFORE INSERT ON main.erasure WHEN new.child = "
	                              "(SELECT history FROM main.event WHERE id = 2) BEGIN SELECT no_reading(); END",
	                              NULL, NULL, NULL),
	                 SQLITE_OK);
	live_until("2026-02-02T10:00:00Z");
	assert_int_equal(count("SELECT count(*) FROM erasure"), 4);
}

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(of_children_that_are_due_the_one_that_cannot_be_read_stays_alone, begin,
	                                        teardown),
	};
	return cmocka_run_group_tests_name("tidying", tests, NULL, NULL);
}
