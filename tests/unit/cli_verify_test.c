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

/* "The audit is whole, every page is whole", and a child's record was lost; what was explained of the child was
 * explained without it, and fine. */
static void a_stored_event_that_can_no_longer_be_read_is_counted_and_nothing_is_fine(void **state)
{
	(void)state;
	struct said said = RUN("verify", "--pages");
	assert_int_equal(said.status, 0);
	assert_has_not(said.out, "no longer");
	forget(&said);
	copy("casewatch.db", "kept.db");
	do_to_database("UPDATE event SET bytes = x'ff00ff', packed = 1 WHERE id IN (1, 2)");
	said = RUN("verify", "--pages", "--sample", "0");
	assert_int_equal(said.status, 1);
	assert_has(said.out,
	           "2 stored events can no longer be read; the first is event 1: its packed bytes are damaged.\n"
	           "Next: docs/operations.md, \"Is the database sound?\".\n");
	forget(&said);
	said = RUN("verify", "--pages", "--sample", "0", "--json");
	assert_int_equal(said.status, 1);
	assert_has(said.out, "\"unreadable\":2,\"unreadable_first\":1");
	forget(&said);
	said = RUN("verify", "--sample", "0", "--json"); /* nobody looked, and that is no 0 */
	assert_has_not(said.out, "unreadable");
	forget(&said);
	char place[300];
	(void)snprintf(place, sizeof place, "%s", in_directory("damaged.db"));
	said = RUN("backup", "--to", place);
	assert_int_equal(said.status, 1);
	assert_has(said.out, "2 stored events can no longer be read");
	forget(&said);
	said = RUN("restore", "--check", place);
	assert_int_equal(said.status, 1);
	assert_has(said.out, "is whole: schema");
	assert_has(said.out, "2 stored events can no longer be read");
	forget(&said);
	said = RUN("why-not", "missing.vpg-referral", "C1001");
	assert_int_equal(said.status, 1);
	assert_has(said.err, "some stored events can no longer be read, and this is without what they say");
	forget(&said);
	copy("kept.db", "casewatch.db");
	(void)unlink(place);
	(void)unlink(in_directory("casewatch.db.backups"));
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
	said = RUN("verify", "--json");
	assert_has(said.out, "\"not_judged\":\"the daemon is judging every history");
	assert_has(said.out, "\"not_reckoned\":\"they are being built");
	forget(&said);
	do_to_database("UPDATE register_state SET built = 1");
}

/* ---- what nobody looked at ---- */

/* What stands in this database was written by hand, and differs: what is asked here is whom nobody looked at. */
static void judged_by_the_rules_in_force(void)
{
	do_to_database("INSERT OR REPLACE INTO meta VALUES ('judged_by', 'these')");
}

/* As many as one history may have, and one more. */
static void a_child_with_more_records_than_are_looked_at_is_said_to_be_passed_over(void **state)
{
	(void)state;
	struct store *store;
	judged_by_the_rules_in_force();
	struct config_faults faults = {0};
	struct config *config = config_load(in_directory("casewatchd.yaml"), NULL, &faults);
	struct event_parser *reading =
		event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	copy("casewatch.db", "kept.db");
	assert_int_equal(store_open(config->database, STORE_WRITE, &store, &fault), RESULT_OK);
	events_set_parser(store, reading);
	assert_int_equal(store_begin(store, &fault), RESULT_OK);
	for (int i = 0; i <= 20000; i++) {
		char bytes[256];
		(void)snprintf(bytes, sizeof bytes,
		               "{\"specversion\":\"1.0\",\"id\":\"l%d\",\"source\":\"/lcs\",\"type\":"
		               "\"core_group.held\",\"subject\":\"C1011\",\"time\":\"2020-02-04T13:10:00Z\"}",
		               i);
		(void)store_event(store, reading, bytes, "2020-02-04T13:15:00Z");
	}
	assert_int_equal(store_commit(store, &fault), RESULT_OK);
	store_close(store);
	event_parser_free(reading);
	config_free(config);
	struct said said = RUN("verify");
	assert_has(said.out, "1 with more than 20,000 records");
	forget(&said);
	said = RUN("verify", "--json");
	assert_has(said.out, "\"long\":1");
	forget(&said);
	copy("kept.db", "casewatch.db");
	(void)unlink(in_directory("kept.db"));
}

static void fall_due(const char *const *histories, size_t count, instant in)
{
	struct store *store;
	assert_int_equal(store_open(in_directory("casewatch.db"), STORE_WRITE, &store, &fault), RESULT_OK);
	assert_int_equal(store_begin(store, &fault), RESULT_OK);
	for (size_t i = 0; i < count; i++) {
		enum party_kind domain = histories[i][0] == 'W' ? PARTY_WORKER : PARTY_NONE;
		assert_int_equal(due_set(store, domain, text_of(histories[i]), now + in, &fault), RESULT_OK);
	}
	assert_int_equal(store_commit(store, &fault), RESULT_OK);
	store_close(store);
}

static void those_of_linked_ids_and_those_that_are_judged_now_are_counted(void **state)
{
	(void)state;
	judged_by_the_rules_in_force();
	struct said said = RUN("verify", "--json");
	assert_has(said.out, "\"passed_over\":{\"linked\":2,\"long\":0,\"due\":0,");
	forget(&said);
	copy("casewatch.db", "kept.db");
	for (instant in = -SECOND; in < 10 * SECOND; in += 10 * SECOND) { /* a clock may be held up for ten seconds */
		fall_due((const char *const[]){"C1001"}, 1, in);
		said = RUN("verify");
		assert_has(said.out, "passed over: 2 of linked ids, 1 due at this very moment");
		forget(&said);
	}
	copy("kept.db", "casewatch.db");
	(void)unlink(in_directory("kept.db"));
}

/* "Nothing differs" of nothing would pass for "all is well". */
static void that_nothing_was_looked_at_is_said(void **state)
{
	(void)state;
	judged_by_the_rules_in_force();
	copy("casewatch.db", "kept.db");
	fall_due((const char *const[]){"C1001", "C1002", "W1"}, 3, -SECOND);
	struct said said = RUN("verify");
	assert_has(said.out, "No history was judged anew.\n");
	forget(&said);
	copy("kept.db", "casewatch.db");
	(void)unlink(in_directory("kept.db"));
}

/* Whoever may read the database need not be allowed to read the file of erasures beside it: without it a backup would
 * bring back, in silence, who was erased. */
static void a_backup_to_which_the_file_of_erasures_cannot_be_added_is_none(void **state)
{
	(void)state;
	struct said said = RUN("backup", "--to", (char *)(uintptr_t)in_directory("without"));
	assert_int_equal(said.status, 0); /* nobody was erased yet */
	assert_int_equal(access(in_directory("without.erased"), F_OK), -1);
	forget(&said);
	assert_int_equal(symlink("casewatch.db.erased", in_directory("casewatch.db.erased")), 0); /* it leads nowhere */
	said = RUN("backup", "--to", (char *)(uintptr_t)in_directory("with"));
	assert_int_equal(said.status, 2);
	assert_has(said.err, "casewatch.db.erased");
	assert_int_equal(access(in_directory("with"), F_OK), -1);
	assert_int_equal(access(in_directory("with.erased"), F_OK), -1);
	forget(&said);
	(void)unlink(in_directory("casewatch.db.erased"));
	(void)unlink(in_directory("without"));
	(void)unlink(in_directory("casewatch.db.backups"));
}

/* An order would wait for a daemon that there is not, and the tool say that it goes on. */
static void who_cannot_be_erased_for_another_reason_is_not_said_to_be_a_daemons(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_directory("casewatch.db.erase"), 0700), 0);
	FILE *file = fopen(in_directory("casewatch.db.erased"), "we");
	assert_non_null(file);
	(void)fputs("something else\n", file);
	assert_int_equal(fclose(file), 0);
	struct said said = RUN("erase", "C1001", "--person", "p-dpo", "--reason", "request 31", "--wait", "0",
	                       "--although-alerts-stand");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "is not as casewatch wrote it");
	assert_has_not(said.out, "being erased");
	assert_int_equal(rmdir(in_directory("casewatch.db.erase")), 0); /* no order is in it */
	forget(&said);
	(void)unlink(in_directory("casewatch.db.erased"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_that_are_what_the_records_say_are_said_to_be),
		cmocka_unit_test(a_register_that_is_not_what_the_records_say_is_found),
		cmocka_unit_test(a_stored_event_that_can_no_longer_be_read_is_counted_and_nothing_is_fine),
		cmocka_unit_test(what_the_registers_do_not_hold_yet_is_no_difference),
		cmocka_unit_test(registers_that_are_being_built_are_not_compared),
		cmocka_unit_test(a_child_with_more_records_than_are_looked_at_is_said_to_be_passed_over),
		cmocka_unit_test(those_of_linked_ids_and_those_that_are_judged_now_are_counted),
		cmocka_unit_test(that_nothing_was_looked_at_is_said),
		cmocka_unit_test(a_backup_to_which_the_file_of_erasures_cannot_be_added_is_none),
		cmocka_unit_test(who_cannot_be_erased_for_another_reason_is_not_said_to_be_a_daemons),
	};
	return cmocka_run_group_tests_name("cli_verify", tests, begin, end);
}
