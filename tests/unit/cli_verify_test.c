/* `casewatch verify` and the registers: what lists and reports are made of is compared with the records. */
#include "cli_world.h"

#include <sqlite3.h>

static void do_to_database(const char *sql)
{
	sqlite3 *database;
	assert_int_equal(sqlite3_open(in_directory("casewatch.db"), &database), SQLITE_OK);
	if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(database));
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void copy(const char *from, const char *to)
{
	FILE *in = fopen(in_directory(from), "rb"), *out = fopen(in_directory(to), "wb");
	char bytes[4096];
	assert_true(in && out);
	for (size_t count; (count = fread(bytes, 1, sizeof bytes, in)) > 0;)
		assert_int_equal(fwrite(bytes, 1, count, out), count);
	assert_int_equal(fclose(in), 0);
	assert_int_equal(fclose(out), 0);
}

static void registers_that_are_what_the_records_say_are_said_to_be(void **state)
{
	(void)state;
	struct said said = RUN("verify");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "reckoned afresh: their rows are what the records say.\n");
	forget(&said);
	said = RUN("verify", "--sample", "0");
	assert_has_not(said.out, "egisters");
	forget(&said);
}

/* A row that says something else, one that is lost, one of nobody's, and one under the id that has ceased. */
static void a_register_that_is_not_what_the_records_say_is_found(void **state)
{
	static const struct {
		const char *harm, *words;
	} cases[] = {
		{"UPDATE register_missing_episode SET risk = 'low'", "  1 row of register_missing_episode\n"},
		{"DELETE FROM register_missing_episode", "  1 row of register_missing_episode\n"},
		{"INSERT INTO register_missing_episode SELECT * FROM register_missing_episode",
	         "  1 row of register_missing_episode\n"},
		{"UPDATE register_id SET child = 'C1009'", "  1 row of register_id\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		copy("casewatch.db", "kept.db");
		do_to_database(cases[i].harm);
		struct said said = RUN("verify");
		assert_int_equal(said.status, 1);
		assert_has(said.out, "reckoned afresh, and differ:\n");
		assert_has(said.out, cases[i].words);
		assert_has_not(said.out, "C100"); /* no child */
		forget(&said);
		said = RUN("verify", "--json");
		assert_int_equal(said.status, 1);
		assert_has(said.out, "\"rows_differ\":1");
		forget(&said);
		copy("kept.db", "casewatch.db");
		(void)unlink(in_directory("kept.db"));
	}
	struct said said = RUN("verify");
	assert_int_equal(said.status, 0);
	forget(&said);
}

/* An event that came a moment ago is in the registers a moment later. One child has an alert and no event. */
static void what_the_registers_do_not_hold_yet_is_no_difference(void **state)
{
	(void)state;
	do_to_database("CREATE TABLE kept AS SELECT * FROM meta WHERE name = 'registers-done';"
	               "UPDATE meta SET value = '0' WHERE name = 'registers-done'");
	do_to_database("UPDATE register_missing_episode SET risk = 'low'");
	struct said said = RUN("verify", "--json");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "\"reckoned\":1,\"rows_differ\":0");
	forget(&said);
	do_to_database("UPDATE register_missing_episode SET risk = 'high';"
	               "INSERT OR REPLACE INTO meta SELECT * FROM kept; DROP TABLE kept");
}

static void registers_that_are_being_built_are_not_compared(void **state)
{
	(void)state;
	do_to_database("UPDATE register_state SET built = 0");
	struct said said = RUN("verify");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "The registers were not compared with the records: they are being built");
	forget(&said);
	do_to_database("UPDATE register_state SET built = 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_that_are_what_the_records_say_are_said_to_be),
		cmocka_unit_test(a_register_that_is_not_what_the_records_say_is_found),
		cmocka_unit_test(what_the_registers_do_not_hold_yet_is_no_difference),
		cmocka_unit_test(registers_that_are_being_built_are_not_compared),
	};
	return cmocka_run_group_tests_name("cli_verify", tests, begin, end);
}
