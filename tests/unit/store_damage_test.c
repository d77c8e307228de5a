/* A database that is not as casewatch wrote it: nobody starts on it, and it is said what is wrong and what to do. And
 * what belongs to one child alone keeps no other from being told.
 */
#include "store_fixture.h"

#include "store/alerts/board.h"
#include "store/registers/registers.h"
#include "store/store_internal.h"

#define NOW (1600000000 * SECOND)

/* As who repairs a database by hand, or a disk, would. */
static void write_directly(const struct fixture *f, const char *sql)
{
	sqlite3 *direct;
	assert_int_equal(sqlite3_open(f->path, &direct), SQLITE_OK);
	if (sqlite3_exec(direct, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(direct));
	assert_int_equal(sqlite3_close(direct), SQLITE_OK);
}

static void keep_alert(struct fixture *f, const char *id)
{
	static struct rule rules[] = {
		{.index = 0, .id = "missing.high-risk", .severity = SEVERITY_CRITICAL, .effective_from = DAY_NONE}};
	static const struct ruleset ruleset = {.rules = rules, .rule_count = 1};
	static struct evidence evidence[] = {{.ref = 1, .time = NOW}};
	struct alert alert = {.opened = NOW,
	                      .closed = INSTANT_NEVER,
	                      .due = INSTANT_NONE,
	                      .told = NOW,
	                      .asked = INSTANT_NONE,
	                      .next = INSTANT_NEVER,
	                      .stood_until = INSTANT_NONE,
	                      .evidence = evidence,
	                      .evidence_count = 1};
	(void)snprintf(alert.id, sizeof alert.id, "%s", id);
	OK(store_begin(f->store, &f->fault));
	OK(alerts_keep(f->store, &ruleset, PARTY_NONE, TEXT("C1"), &alert, &(int64_t){0}, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static void fill(struct fixture *f)
{
	(void)store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z",
	                  "\"episode\":\"1\",\"kind\":\"missing\"");
	(void)store_event(f, "e2", "missing.started", "C2", "2020-01-01T10:00:00Z",
	                  "\"episode\":\"2\",\"kind\":\"missing\"");
	keep_alert(f, "00000000000000aa");
	keep_alert(f, "00000000000000bb");
	OK(store_begin(f->store, &f->fault));
	OK(due_set(f->store, PARTY_NONE, TEXT("C1"), NOW + HOUR, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static void what_was_damaged_by_hand_or_by_a_disk_is_said_at_the_start(void **state)
{
	static const struct {
		const char *sql, *said;
	} damages[] = {
		{"UPDATE event_index SET entries = substr(entries, 2)", "a row of an index has"},
		{"UPDATE event_index SET entries = zeroblob(length(entries))", "belongs to no history"},
		{"UPDATE event_index SET entries = CAST(substr(entries, 1, 8) || x'ffffff7f' || substr(entries, 13)"
	         " AS BLOB)",
	         "belongs to no history"},
		{"DELETE FROM event_index", "in the index"},
		{"UPDATE alert_index SET entries = zeroblob(length(entries))", "alert 1001 belongs to no history"},
		{"UPDATE alert_index SET entries = CAST(substr(entries, 1, 8) || x'ffffff7f' AS BLOB)",
	         "belongs to no history"},
		{"DELETE FROM alert_index", "alerts up to 1002"},
		{"UPDATE due_log SET entries = zeroblob(length(entries))", "a due time of no history"},
		{"UPDATE due_log SET entries = CAST(x'ffffff7f' || substr(entries, 5) AS BLOB)",
	         "a due time of no history"},
		{"UPDATE history SET id = 7 WHERE id = 2", "histories are not numbered without gaps"},
	};
	struct fixture *f = *state;
	fill(f);
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		char sql[400];
		(void)snprintf(sql, sizeof sql,
		               "BEGIN; CREATE TABLE kept_event AS SELECT * FROM event_index;"
		               "CREATE TABLE kept_alert AS SELECT * FROM alert_index;"
		               "CREATE TABLE kept_due AS SELECT * FROM due_log; %s; COMMIT",
		               damages[i].sql);
		store_close(f->store);
		f->store = NULL;
		write_directly(f, sql);
		assert_int_equal(store_open(f->path, STORE_WRITE, &f->store, &f->fault), RESULT_PERMANENT);
		if (!strstr(f->fault.text, damages[i].said) || !strstr(f->fault.text, "restore the last backup"))
			fail_msg("%s: \"%s\"", damages[i].sql, f->fault.text);
		write_directly(f, "BEGIN; DELETE FROM event_index; INSERT INTO event_index SELECT * FROM kept_event;"
		                  "DELETE FROM alert_index; INSERT INTO alert_index SELECT * FROM kept_alert;"
		                  "DELETE FROM due_log; INSERT INTO due_log SELECT * FROM kept_due;"
		                  "DROP TABLE kept_event; DROP TABLE kept_alert; DROP TABLE kept_due;"
		                  "UPDATE history SET id = 2 WHERE id = 7; COMMIT");
		fixture_open(f); /* as it was */
	}
}

/* Whoever runs the tool of another version beside the daemon. */
static void the_tool_of_another_version_says_which_one_it_needs(void **state)
{
	struct fixture *f = *state;
	struct store *reader;
	atomic_bool stop = true;
	write_directly(f, "PRAGMA user_version = 3");
	assert_int_equal(store_open(f->path, STORE_READ, &reader, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "start the new daemon once"));
	write_directly(f, "PRAGMA user_version = 9999");
	assert_int_equal(store_open(f->path, STORE_READ, &reader, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "use the tool that came with the daemon"));
	assert_null(strstr(f->fault.text, "start the new daemon once"));
	write_directly(f, "PRAGMA application_id = 7");
	assert_int_equal(store_open(f->path, STORE_READ, &reader, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "a database of another program"));
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(truncate(f->path, 0), 0);
	assert_int_equal(store_open(f->path, STORE_READ, &reader, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "has casewatchd ever run"));
	assert_int_equal(store_open_until(f->path, STORE_WRITE, &stop, &reader, &f->fault), RESULT_TEMPORARY);
	assert_null(reader);
}

/* ---- what the registers are made from ---- */

static enum result count_child(void *argument, struct text child, type_id type, bool again, struct fault *fault)
{
	(void)type, (void)again, (void)fault;
	assert_true(child.length > 0);
	++*(int *)argument;
	return RESULT_OK;
}

/* Events that are looked at, one after the other. */
struct looking {
	const uint32_t *refs; /* 0-ended */
	int events;           /* shown */
	int seen;
	uint32_t before; /* of the one seen last */
};

static uint32_t next_event(void *argument)
{
	struct looking *looking = argument;
	return *looking->refs ? *looking->refs++ : 0;
}

static enum result count_event(void *argument, const struct event *event, instant arrived, struct fault *fault)
{
	(void)event, (void)arrived, (void)fault;
	((struct looking *)argument)->events++;
	return RESULT_OK;
}

static void note_seen(void *argument, uint32_t before, size_t bytes)
{
	struct looking *looking = argument;
	looking->before = before;
	looking->seen++;
	(void)bytes;
}

static struct looking look_at(struct fixture *f, struct register_tables *tables, bool (*wants)(void *, type_id),
                              const uint32_t *refs)
{
	struct looking looking = {.refs = refs, .before = 99};
	struct register_reader reader = {next_event, wants, count_event, note_seen, &looking};
	OK(register_events(tables, &reader, &f->fault));
	return looking;
}

static bool want_none(void *argument, type_id type)
{
	(void)argument, (void)type;
	return false;
}

/* Its neighbours are in the lists, and the log says which record it is. */
static void a_record_that_can_no_longer_be_read_is_passed_over_where_lists_are_made(void **state)
{
	static const struct register_def def = {.id = "none"};
	struct fixture *f = *state;
	uint64_t last, again;
	uint32_t number;
	int children = 0;
	struct looking looking;
	fill(f);
	write_directly(f, "UPDATE event SET bytes = x'7b' WHERE id = 1; UPDATE history SET name = '' WHERE id = 2;"
	                  "INSERT INTO register_again (event) VALUES (1), (2);"
	                  "UPDATE event SET previous = 2 WHERE id = 2");
	fixture_reopen(f);
	OK(register_touched(f->store, 0, 10, &last, &again, count_child, &children, &f->fault));
	assert_int_equal(children, 2); /* C1, twice; the other was erased */
	assert_int_equal(last, 2);
	struct register_tables *tables = register_tables_new(f->store, &def, 1);
	OK(register_learn_types(tables, &f->fault));
	assert_int_equal(register_newest(f->store, TEXT("C1"), &number), 1);
	looking = look_at(f, tables, NULL, (const uint32_t[]){1, 0});
	assert_int_equal(looking.events, 0);
	assert_int_equal(looking.seen, 1);
	assert_int_equal(store_unreadable(f->store, &(int64_t){0}), 1);
	looking = look_at(f, tables, NULL, (const uint32_t[]){1, 3, 2, 0}); /* there is no third */
	assert_int_equal(looking.events, 1);
	assert_int_equal(looking.seen, 2);
	assert_int_equal(looking.before, 0); /* a chain that goes up leads nowhere */
	looking = look_at(f, tables, want_none, (const uint32_t[]){2, 0});
	assert_int_equal(looking.events, 0);
	assert_int_equal(looking.seen, 1);
	register_tables_free(tables);
	register_tables_free(NULL);
}

/* Rather than rows that would be another child's. */
static void a_child_with_more_rows_than_a_register_has_room_for_is_said(void **state)
{
	static struct register_field fields[] = {{"child", "child", REGISTER_TEXT}};
	static const struct register_def def = {.id = "long", .fields = fields, .field_count = 1};
	const struct register_value row[] = {{REGISTER_VALUE_TEXT, {.text = TEXT("C1")}}};
	struct fixture *f = *state;
	bool changed;
	struct register_tables *tables = register_tables_new(f->store, &def, 1);
	OK(store_begin(f->store, &f->fault));
	OK(register_tables_declare(tables, &f->fault));
	OK(register_put(tables, 0, 1, (1 << 22) - 1, row, &changed, &f->fault));
	assert_true(changed);
	assert_int_equal(register_put(tables, 0, 1, 1 << 22, row, &changed, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "more than 4194304 rows in the register long"));
	assert_false(changed);
	store_rollback(f->store);
	register_tables_free(tables);
}

/* ---- what a page is told of more than it can show ---- */

static enum result see_alert(void *argument, const struct board_alert *alert, bool *more, struct fault *fault)
{
	(void)alert, (void)fault;
	*more = ++*(int *)argument < 1;
	return RESULT_OK;
}

static void a_page_that_shows_a_part_says_that_there_is_more(void **state)
{
	struct fixture *f = *state;
	bool cut = true;
	int seen = 0;
	fill(f);
	OK(board_each(f->store, BOARD_OLDEST, see_alert, &seen, &cut, &f->fault)); /* it has room for one */
	assert_int_equal(seen, 1);
	assert_false(cut);
	seen = 0;
	OK(board_of_subject(f->store, PARTY_NONE, TEXT("C1"), 1, see_alert, &seen, &cut, &f->fault));
	assert_int_equal(seen, 1);
	assert_true(cut);
	OK(board_of_subject(f->store, PARTY_NONE, TEXT("C1"), 2, see_alert, &seen, &cut, &f->fault));
	assert_false(cut);
	seen = 0;
	OK(board_of_subject(f->store, PARTY_NONE, TEXT("nobody"), 2, see_alert, &seen, &cut, &f->fault));
	assert_int_equal(seen, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_damaged_by_hand_or_by_a_disk_is_said_at_the_start),
		TEST(the_tool_of_another_version_says_which_one_it_needs),
		TEST(a_record_that_can_no_longer_be_read_is_passed_over_where_lists_are_made),
		TEST(a_child_with_more_rows_than_a_register_has_room_for_is_said),
		TEST(a_page_that_shows_a_part_says_that_there_is_more),
	};
	return cmocka_run_group_tests_name("store_damage", tests, NULL, NULL);
}
