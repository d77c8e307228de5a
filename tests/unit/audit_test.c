/* The audit as a chain: whatever is changed, left out, put in, moved or cut is found; erasing leaves it whole. */
#include "store_fixture.h"

#include "store/store_internal.h"

#include <sys/wait.h>

/* Every kind of row that there is: docs/audit.md names the same ones, and tests/lint says so. */
static const struct audit_row kinds[] = {
	{.at = 1000, .what = "daemon.started", .detail = TEXT_LITERAL("{\"version\":\"1\"}")},
	{.at = 1001, .what = "configuration.loaded", .detail = TEXT_LITERAL("{\"rules\":\"ab\"}")},
	{.at = 2000, .what = "alert.opened", .alert = TEXT_LITERAL("00000000000000aa"),
         .rule = TEXT_LITERAL("custody.threshold"), .subject = TEXT_LITERAL("C1"),
         .detail = TEXT_LITERAL("{\"step\":1}"), .personal = TEXT_LITERAL("{\"because\":\"held since 22:10\"}")},
	{.at = 2001, .what = "message.accepted", .alert = TEXT_LITERAL("00000000000000aa"),
         .rule = TEXT_LITERAL("custody.threshold"), .subject = TEXT_LITERAL("C1"), .person = TEXT_LITERAL("p-anna"),
         .detail = TEXT_LITERAL("{\"outbox\":1,\"reply\":\"250 ok\"}")},
	{.at = 2002, .what = "message.accepted", .rule = TEXT_LITERAL("daily-missing"), .person = TEXT_LITERAL("p-ben"),
         .detail = TEXT_LITERAL("{\"outbox\":2,\"reply\":\"250 ok\"}")},
	{.at = 3000, .what = "answer.received", .alert = TEXT_LITERAL("00000000000000aa"),
         .subject = TEXT_LITERAL("C1"), .person = TEXT_LITERAL("p-anna"),
         .detail = TEXT_LITERAL("{\"by\":\"director\"}"), .personal = TEXT_LITERAL("{\"note\":\"spoke to mother\"}")},
	{.at = 3001, .what = "page.opened", .subject = TEXT_LITERAL("C2"), .person = TEXT_LITERAL("p-ben"),
         .detail = TEXT_LITERAL("{\"page\":\"child\"}")},
	{.at = 3002, .what = "quarantine.discarded", .subject = TEXT_LITERAL("quarantine-12"),
         .person = TEXT_LITERAL("p-ops"), .detail = TEXT_LITERAL("{\"quarantine\":12}"),
         .personal = TEXT_LITERAL("{\"reason\":\"sent again\"}")},
	{.at = 4000, .what = "alert.warned", .alert = TEXT_LITERAL("00000000000000ee"),
         .rule = TEXT_LITERAL("contact.overdue"), .subject = TEXT_LITERAL("C2"), .detail = TEXT_LITERAL("{}")},
};
#define ROWS (sizeof kinds / sizeof kinds[0])

static void write_rows(struct fixture *f)
{
	OK(store_begin(f->store, &f->fault));
	for (size_t i = 0; i < ROWS; i++)
		OK(audit_write(f->store, &kinds[i], &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static int setup(void **state)
{
	(void)fixture_setup(state);
	write_rows(*state);
	return 0;
}

static struct audit_verdict verify_with(struct fixture *f, const struct audit_known *known)
{
	struct audit_verdict verdict;
	OK(audit_verify(f->store, known, known ? 1 : 0, NULL, NULL, &verdict, &f->fault));
	return verdict;
}

static void assert_whole(struct fixture *f, int64_t rows)
{
	struct audit_verdict verdict = verify_with(f, NULL);
	assert_string_equal(verdict.what, "");
	assert_int_equal(verdict.wrong, 0);
	assert_int_equal(verdict.rows, rows);
}

/* The program that was written from docs/audit.md alone; the database is read beside the open store. */
static void assert_second_verifier(struct fixture *f, bool whole, const char *head)
{
	char command[320];
	(void)snprintf(command, sizeof command, "python3 -B tests/audit_verify.py %s %s >/dev/null", f->path, head);
	int status = system(command);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), whole ? 0 : 1);
}

static struct audit_known head_now(struct fixture *f)
{
	struct audit_head head;
	struct audit_known known;
	struct buffer words = {0};
	OK(audit_head(f->store, &head, &f->fault));
	audit_head_put(&head, &words);
	assert_true(audit_known_read(buffer_view(&words), &known));
	buffer_free(&words);
	return known;
}

static void tamper(struct fixture *f, const char *sql)
{
	OK(store_execute(f->store, sql, &f->fault));
	assert_true(sqlite3_changes(f->store->database) > 0);
}

/* ---- what fits ---- */

static void rows_as_they_were_written_fit(void **state)
{
	struct fixture *f = *state;
	assert_whole(f, ROWS);
	fixture_reopen(f);
	assert_whole(f, ROWS);
	write_rows(f);
	assert_whole(f, 2 * ROWS);
	struct audit_known known = head_now(f);
	assert_int_equal(verify_with(f, &known).wrong, 0);
	assert_second_verifier(f, true, "");
}

static void an_audit_without_rows_fits(void **state)
{
	struct fixture *f = *state;
	struct audit_head head;
	tamper(f, "DELETE FROM audit");
	fixture_reopen(f);
	assert_whole(f, 0);
	OK(audit_head(f->store, &head, &f->fault));
	assert_int_equal(head.row, 0);
}

static void what_was_rolled_back_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	OK(store_begin(f->store, &f->fault));
	OK(audit_add(f->store, 1, "alert.opened", TEXT_NONE, TEXT_NONE, TEXT("C9"), TEXT("{}"), &f->fault));
	store_rollback(f->store);
	write_rows(f);
	assert_whole(f, 2 * ROWS);
}

static void a_row_that_could_not_be_written_leaves_no_gap(void **state)
{
	struct fixture *f = *state;
	OK(store_execute(f->store, "CREATE TEMP TRIGGER no BEFORE INSERT ON audit WHEN new.what = 'x' BEGIN SELECT "
	                           "raise(FAIL, 'no'); END",
	                 &f->fault));
	assert_int_not_equal(audit_add(f->store, 1, "x", TEXT_NONE, TEXT_NONE, TEXT_NONE, TEXT_NONE, &f->fault),
	                     RESULT_OK);
	write_rows(f);
	assert_whole(f, 2 * ROWS);
}

/* ---- what does not ---- */

static const char *const changes[] = {
	"at = at + 1", "what = what || 'x'", "number = number + 1", "rule = rule || 'x'", "person = person || 'x'",
	"detail = '{\"a\":1}'", "subject_key = subject_key + 1", "proof = zeroblob(31)", "hash = zeroblob(32)",
	"alert = alert || 'x'", "subject = subject || 'x'", "personal = personal || ' '",
};

static void a_change_of_any_column_of_any_kind_of_row_is_found(void **state)
{
	struct fixture *f = *state;
	for (size_t row = 1; row <= ROWS; row++)
		for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
			char sql[160];
			OK(store_begin(f->store, &f->fault));
			(void)snprintf(sql, sizeof sql, "UPDATE audit SET %s WHERE id = %zu", changes[i], row);
			tamper(f, sql);
			struct audit_verdict verdict = verify_with(f, NULL);
			if (verdict.wrong != (int64_t)row)
				fail_msg("%s: said row %lld", sql, (long long)verdict.wrong);
			assert_int_equal(verdict.rows, row - 1);
			store_rollback(f->store);
		}
	assert_whole(f, ROWS);
}

static void assert_found(struct fixture *f, const char *sql, int64_t row, const char *words)
{
	OK(store_begin(f->store, &f->fault));
	tamper(f, sql);
	struct audit_verdict verdict = verify_with(f, NULL);
	assert_int_equal(verdict.wrong, row);
	if (!strstr(verdict.what, words))
		fail_msg("\"%s\" does not say \"%s\"", verdict.what, words);
	OK(store_commit(f->store, &f->fault));
	assert_second_verifier(f, false, "");
}

static void a_row_that_was_removed_is_found(void **state)
{
	assert_found(*state, "DELETE FROM audit WHERE id = 3", 3, "row 3 is missing: after row 2 comes 4");
}

static void two_rows_that_changed_places_are_found(void **state)
{
	assert_found(*state, "UPDATE audit SET id = CASE id WHEN 3 THEN -4 ELSE -3 END WHERE id IN (3, 4);"
	                     "UPDATE audit SET id = -id WHERE id < 0",
	             3, "row 3 is not as it was written");
}

#define REST                                                                                                           \
	"at, what, number, rule, person, detail, subject_key, proof, hash, alert, subject, personal FROM audit"        \
	" WHERE id = 3"

static void a_row_that_was_put_in_is_found(void **state)
{
	assert_found(*state,
	             "UPDATE audit SET id = -id - 1 WHERE id > 3; UPDATE audit SET id = -id WHERE id < 0;"
	             "INSERT INTO audit SELECT 4, " REST,
	             4, "row 4 is not as it was written");
}

static void a_row_before_the_first_is_found(void **state)
{
	assert_found(*state,
	             "INSERT INTO audit SELECT 0, " REST,
	             1, "a row 0 stands before row 1");
}

static void a_tail_that_was_cut_is_found_by_who_kept_the_head(void **state)
{
	struct fixture *f = *state;
	struct audit_known known = head_now(f);
	char head[80];
	(void)snprintf(head, sizeof head, "%lld:%s", (long long)known.row, known.hash);
	assert_second_verifier(f, true, head);
	tamper(f, "DELETE FROM audit WHERE id > 6");
	fixture_reopen(f);
	assert_whole(f, 6);
	struct audit_verdict verdict = verify_with(f, &known);
	assert_int_equal(verdict.wrong, 7);
	assert_non_null(strstr(verdict.what, "the audit ends at row 6, and row 9 was there"));
	assert_second_verifier(f, false, head);
}

/* Whoever can write the file can make a chain of their own; not one that ends in the head that others hold. */
static void a_chain_that_was_written_anew_is_found_by_who_kept_the_head(void **state)
{
	struct fixture *f = *state;
	struct audit_known known = head_now(f);
	tamper(f, "DELETE FROM audit WHERE id > 5");
	fixture_reopen(f);
	write_rows(f);
	assert_whole(f, 5 + ROWS);
	struct audit_verdict verdict = verify_with(f, &known);
	assert_int_equal(verdict.wrong, known.row);
	assert_non_null(strstr(verdict.what, "written anew"));
}

static void a_head_is_read_as_people_write_it(void **state)
{
	struct audit_known known;
	(void)state;
	assert_true(audit_known_read(TEXT("104,332:9f3c 01D7"), &known));
	assert_int_equal(known.row, 104332);
	assert_string_equal(known.hash, "9f3c01d7");
	static const char *const refused[] = {"", "12", "12:", "12:9f3c", ":9f3c01d7", "0:9f3c01d7", "x:9f3c01d7",
	                                      "12:9f3c01dx", "12 9f3c01d7", "9999999999999999999:9f3c01d7"};
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		assert_false(audit_known_read(text_of(refused[i]), &known));
}

/* ---- erasing ---- */

static int64_t count(struct fixture *f, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	assert_int_equal(sqlite3_prepare_v2(f->store->database, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return value;
}

static int64_t erase(struct fixture *f, const char *subject)
{
	int64_t rows;
	OK(store_begin(f->store, &f->fault));
	OK(audit_erase(f->store, text_of(subject), TEXT("p-ops"), 9000, &rows, &f->fault));
	OK(store_commit(f->store, &f->fault));
	return rows;
}

static void erasing_a_child_takes_its_words_and_leaves_the_chain(void **state)
{
	struct fixture *f = *state;
	struct audit_known known = head_now(f);
	assert_int_equal(erase(f, "C1"), 3);
	assert_int_equal(count(f, "SELECT count(*) FROM audit WHERE subject = 'C1' OR personal LIKE '%mother%'"
	                          " OR alert = '00000000000000aa'"),
	                 0);
	assert_int_equal(count(f, "SELECT count(*) FROM subject_key WHERE subject = 'C1'"), 0);
	assert_int_equal(count(f, "SELECT count(*) FROM audit WHERE subject = 'C2'"), 2);
	struct audit_verdict verdict = verify_with(f, &known);
	assert_string_equal(verdict.what, "");
	assert_int_equal(verdict.rows, ROWS + 1);
	assert_int_equal(verdict.erased, 3);
	assert_second_verifier(f, true, "");
}

static void a_child_of_whom_nothing_is_known_is_erased_without_a_row(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(erase(f, "C77"), 0);
	assert_whole(f, ROWS);
}

static void a_child_that_comes_again_after_its_erasure_has_a_new_key(void **state)
{
	struct fixture *f = *state;
	(void)erase(f, "C1");
	write_rows(f);
	assert_whole(f, 2 * ROWS + 1);
	assert_int_equal(count(f, "SELECT count(*) FROM audit WHERE subject = 'C1' AND subject_key IN"
	                          " (SELECT subject_key FROM audit WHERE id <= 9)"),
	                 0);
}

static void an_erased_word_is_not_left_in_the_file(void **state)
{
	struct fixture *f = *state;
	(void)erase(f, "C1");
	store_close(f->store);
	f->store = NULL;
	char command[200];
	(void)snprintf(command, sizeof command, "cat %s* | grep -q 'spoke to mother'", f->path);
	assert_int_not_equal(system(command), 0);
	fixture_open(f);
}

static void words_that_were_removed_without_an_erasure_are_found(void **state)
{
	struct fixture *f = *state;
	assert_found(f, "UPDATE audit SET alert = '', subject = '', personal = '' WHERE subject = 'C1';"
	                "DELETE FROM subject_key WHERE subject = 'C1'",
	             3, "no row says that its child was erased");
}

static void a_key_that_was_changed_is_found(void **state)
{
	assert_found(*state, "UPDATE subject_key SET key = zeroblob(32) WHERE subject = 'C1'", 3, "row 3");
}

static void words_about_an_erased_child_are_found(void **state)
{
	struct fixture *f = *state;
	(void)erase(f, "C1");
	assert_found(f, "UPDATE audit SET personal = '{\"note\":\"x\"}' WHERE id = 3", 3, "was erased, and yet");
}

static void words_in_a_row_about_no_child_are_found(void **state)
{
	assert_found(*state, "UPDATE audit SET personal = '{\"note\":\"x\"}' WHERE id = 1", 1, "was not written with");
}

/* ---- the audit of before ---- */

static void the_rows_of_an_older_database_are_put_into_the_chain(void **state)
{
	struct fixture *f = *state;
	char path[160];
	struct store old = {.mode = STORE_WRITE, .lock = -1};
	(void)snprintf(path, sizeof path, "%s/old.db", f->directory);
	old.path = path;
	assert_int_equal(sqlite3_open(path, &old.database), SQLITE_OK);
	char sql[128];
	(void)snprintf(sql, sizeof sql, "PRAGMA application_id = %d", STORE_APPLICATION_ID);
	OK(store_execute(&old, sql, &f->fault));
	OK(migrate_to(&old, MIGRATE_AUDIT - 1, &f->fault));
	OK(store_execute(&old,
	                 "INSERT INTO audit VALUES"
	                 " (1, 10, 'alert.opened', 1001, '00000000000000aa', 'r', 'C1',"
	                 "  '{\"step\":1,\"because\":\"held\",\"person\":\"p-anna\"}'),"
	                 " (2, 20, 'event.quarantined', 0, '', '', '', '{\"reason\":\"no time\"}'),"
	                 " (7, 30, 'alert.resolved', 1001, '00000000000000aa', 'r', 'C1', '{\"reason\":\"found\"}'),"
	                 " (8, 40, 'message.accepted', 1001, '00000000000000aa', 'r', 'C1', 'broken')",
	                 &f->fault));
	(void)sqlite3_close(old.database);
	store_close(f->store);
	OK(store_open(path, STORE_WRITE, &f->store, &f->fault));
	assert_whole(f, 4);
	assert_int_equal(count(f, "SELECT count(*) FROM audit WHERE id = 1 AND person = 'p-anna' AND personal ="
	                          " '{\"because\":\"held\"}' AND detail = '{\"step\":1,\"person\":\"p-anna\"}'"),
	                 1);
	assert_int_equal(count(f, "SELECT count(*) FROM audit WHERE id = 2 AND detail ="
	                          " '{\"reason\":\"no time\"}'"),
	                 1);
	assert_int_equal(count(f, "SELECT count(*) FROM audit WHERE id = 3 AND personal ="
	                          " '{\"reason\":\"found\"}'"),
	                 1);
	assert_int_equal(count(f, "SELECT count(*) FROM audit WHERE id = 4 AND detail = 'broken'"), 1);
	store_close(f->store);
	(void)unlink(path);
	(void)strcat(path, ".lock");
	(void)unlink(path);
	fixture_open(f);
}

/* ---- looking ---- */

static enum result see(void *argument, const struct audit_entry *entry, struct fault *fault)
{
	struct seen *seen = argument;
	(void)fault;
	buffer_format(&seen->ids, "%s%lld", seen->count++ ? " " : "", (long long)entry->id);
	return RESULT_OK;
}

static void assert_rows(struct fixture *f, struct audit_filter filter, const char *rows)
{
	struct seen seen = {0};
	OK(audit_find(f->store, &filter, see, &seen, &f->fault));
	assert_seen(&seen, rows);
}

static void rows_are_found_by_alert_subject_person_and_time(void **state)
{
	struct fixture *f = *state;
	instant ever = INSTANT_NONE, never = INSTANT_NEVER;
	assert_rows(f, (struct audit_filter){.from = ever, .until = never}, "1 2 3 4 5 6 7 8 9");
	assert_rows(f, (struct audit_filter){.alert = TEXT("00000000000000aa"), .from = ever, .until = never}, "3 4 6");
	assert_rows(f, (struct audit_filter){.subject = TEXT("C2"), .from = ever, .until = never}, "7 9");
	assert_rows(f, (struct audit_filter){.person = TEXT("p-ben"), .from = ever, .until = never}, "5 7");
	assert_rows(f, (struct audit_filter){.from = 2001, .until = 3001}, "4 5 6");
	assert_rows(f, (struct audit_filter){.person = TEXT("p-anna"), .from = 3000, .until = never}, "6");
}

static void a_look_at_a_child_is_on_record_with_who_looked(void **state)
{
	struct fixture *f = *state;
	OK(audit_look(f->store, 5000, TEXT("p-carl"), "child", TEXT("C1"), TEXT_NONE, &f->fault));
	assert_rows(f, (struct audit_filter){.person = TEXT("p-carl"), .from = INSTANT_NONE, .until = INSTANT_NEVER},
	            "10");
	assert_int_equal(count(f, "SELECT count(*) FROM audit WHERE what = 'page.opened' AND subject = 'C1' AND"
	                          " detail = '{\"page\":\"child\"}'"),
	                 1);
	assert_whole(f, ROWS + 1);
}

static void the_head_is_short_for_people_and_whole_for_programs(void **state)
{
	struct audit_head head = {.row = 7, .hash = {{0x9f, 0x3c, 0x01, 0xd7, 0xff}}};
	struct buffer out = {0};
	(void)state;
	audit_head_short(&head, &out);
	assert_string_equal(buffer_cstr(&out), "9f3c 01d7");
	buffer_clear(&out);
	audit_head_put(&head, &out);
	assert_memory_equal(buffer_cstr(&out), "7:9f3c01d7ff00", 14);
	assert_int_equal(out.length, 2 + 64);
	buffer_free(&out);
}

static enum result see_stamp(void *argument, const struct audit_stamp *stamp, struct text hash, struct fault *fault)
{
	struct seen *seen = argument;
	(void)fault;
	buffer_format(&seen->ids, "%s%lld %.*s %zu", seen->count++ ? ", " : "", (long long)stamp->row,
	              TEXT_ARG(stamp->token), hash.length);
	return RESULT_OK;
}

static void a_time_stamp_is_kept_with_the_row_that_it_covers(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	OK(audit_stamp_add(f->store, &(struct audit_stamp){9, 1, TEXT("token")}, &f->fault));
	OK(audit_stamp_add(f->store, &(struct audit_stamp){99, 2, TEXT("other")}, &f->fault));
	OK(audit_stamps(f->store, see_stamp, &seen, &f->fault));
	assert_seen(&seen, "9 token 32, 99 other 0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_as_they_were_written_fit),
		TEST(an_audit_without_rows_fits),
		TEST(what_was_rolled_back_leaves_no_trace),
		TEST(a_row_that_could_not_be_written_leaves_no_gap),
		TEST(a_change_of_any_column_of_any_kind_of_row_is_found),
		TEST(a_row_that_was_removed_is_found),
		TEST(two_rows_that_changed_places_are_found),
		TEST(a_row_that_was_put_in_is_found),
		TEST(a_row_before_the_first_is_found),
		TEST(a_tail_that_was_cut_is_found_by_who_kept_the_head),
		TEST(a_chain_that_was_written_anew_is_found_by_who_kept_the_head),
		TEST(a_head_is_read_as_people_write_it),
		TEST(erasing_a_child_takes_its_words_and_leaves_the_chain),
		TEST(a_child_of_whom_nothing_is_known_is_erased_without_a_row),
		TEST(a_child_that_comes_again_after_its_erasure_has_a_new_key),
		TEST(an_erased_word_is_not_left_in_the_file),
		TEST(words_that_were_removed_without_an_erasure_are_found),
		TEST(a_key_that_was_changed_is_found),
		TEST(words_about_an_erased_child_are_found),
		TEST(words_in_a_row_about_no_child_are_found),
		TEST(the_rows_of_an_older_database_are_put_into_the_chain),
		TEST(rows_are_found_by_alert_subject_person_and_time),
		TEST(a_look_at_a_child_is_on_record_with_who_looked),
		TEST(the_head_is_short_for_people_and_whole_for_programs),
		TEST(a_time_stamp_is_kept_with_the_row_that_it_covers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
