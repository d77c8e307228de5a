/* A copy of a database, kept by rows: it is the original as it was between two transactions, whatever was written,
 * deleted and broken off. */
#include "follow_world.h"

/* ---- tests ---- */

static void a_copy_is_the_original_whatever_is_written_and_deleted(void **state)
{
	unsigned seed = 7;
	(void)state;
	assert_true(follow_once().whole);
	assert_that_the_copy_is_the_original();
	for (size_t i = 0; i < WRITES; i++) { /* each once alone, */
		write_sql(writes[i]);
		assert_false(follow_once().whole);
	}
	assert_that_the_copy_is_the_original();
	for (int round = 0; round < 60; round++) { /* and some at a time */
		for (unsigned i = 0; i <= seed / 65536 % 4; i++)
			write_by_chance(&seed);
		assert_false(follow_once().whole);
		if (round % 10 == 9)
			assert_that_the_copy_is_the_original();
	}
}

static void only_what_was_written_is_shipped(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++)
		write_sql(writes[1]);
	(void)follow_once();
	assert_int_equal(follow_once().rows, 0);
	write_sql(writes[1]);
	assert_int_equal(follow_once().rows, 1);
}

/* At each byte: the original dies, the pipe breaks, or the copy is killed. */
static void what_breaks_off_leaves_the_moment_before_and_is_gone_on_with(void **state)
{
	struct follow_place before, place;
	struct follow_copy *copy;
	instant moment;
	(void)state;
	for (size_t i = 0; i < WRITES; i++)
		write_sql(writes[i]);
	(void)follow_once();
	must(follow_copy_open(copy_path, &copy, &fault));
	must(follow_copy_place(copy, &before, &fault));
	follow_copy_close(copy);
	for (size_t i = 0; i < WRITES; i++)
		write_sql(writes[i]);
	(void)ship_from(&before);
	for (size_t cut = 0; cut < shipped_bytes.length; cut += 1 + cut / 40) {
		must(follow_copy_open(copy_path, &copy, &fault));
		must(take(copy, cut, &moment));
		assert_int_equal(moment, INSTANT_NONE);
		follow_copy_close(copy);
		must(follow_copy_open(copy_path, &copy, &fault));
		must(follow_copy_place(copy, &place, &fault));
		assert_int_equal(place.number, before.number);
		follow_copy_close(copy);
	}
	(void)follow_once();
	assert_that_the_copy_is_the_original();
}

static void a_copy_that_is_made_anew_takes_the_place_of_the_old_one_only_when_it_is_whole(void **state)
{
	struct follow_copy *copy;
	struct follow_place nothing = {.number = 0};
	struct store *reader;
	instant moment, as_of;
	(void)state;
	write_sql(writes[0]);
	(void)follow_once();
	write_sql(writes[1]);
	(void)ship_from(&nothing);
	must(follow_copy_open(copy_path, &copy, &fault));
	must(take(copy, shipped_bytes.length - 10, &moment));
	assert_int_equal(moment, INSTANT_NONE);
	follow_copy_close(copy);
	must(store_open(copy_path, STORE_READ, &reader, &fault));
	assert_true(follow_is_copy(reader, &as_of));
	store_close(reader);
	assert_false(follow_once().whole); /* the old one is there, and goes on */
	assert_that_the_copy_is_the_original();
}

static void assert_made_anew(const char *why)
{
	struct follow_shipped shipped = follow_once();
	assert_true(shipped.whole);
	assert_non_null(strstr(shipped.why, why));
	assert_that_the_copy_is_the_original();
	assert_false(follow_once().whole);
}

static void a_copy_that_cannot_follow_is_made_anew_and_is_told_why(void **state)
{
	bool more = true;
	(void)state;
	assert_made_anew("has nothing yet");
	must(changes_keep(original, false, &fault)); /* as a restore, and a new version, do */
	write_sql(writes[1]);
	must(changes_keep(original, true, &fault));
	assert_made_anew("not followed for a while");
	for (int i = 0; i < 50; i++)
		write_sql(writes[1]);
	while (more)
		must(changes_prune(original, 20, &more, &fault));
	assert_made_anew("further behind");
	struct audit_row row = {.at = NOW, .what = "test"};
	must(store_begin(original, &fault));
	must(audit_write(original, &row, &fault));
	must(store_commit(original, &fault));
	(void)follow_once();
	write_sql("UPDATE audit SET hash = zeroblob(32)"); /* another history under the same numbers */
	assert_made_anew("another than the one that was followed");
}

/* What a daemon that is started reads without a word: an event that is in no index it would not. */
static void write_fact(void)
{
	write_sql("INSERT INTO meta (name, value) VALUES (hex(randomblob(8)), 'x')");
}

static void close_original(void)
{
	store_close(original);
	original = NULL;
}

/* As the daemon does when it is started. */
static void start_on_original(void)
{
	must(store_open(original_path, STORE_WRITE, &original, &fault));
	must(changes_keep(original, true, &fault));
}

static void run_command(const char *words)
{
	char command[256];
	(void)snprintf(command, sizeof command, "cd %s && %s", folder, words);
	assert_int_equal(system(command), 0);
}

/* An old file put in place by hand, as of a machine's snapshot. Nothing of the audit lies between, and the numbers of
 * the notes have gone beyond the copy's again. */
static void a_file_that_was_put_back_by_hand_is_another_history_under_the_same_numbers(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		write_fact();
	(void)follow_once();
	close_original();
	run_command("cp original.db kept");
	start_on_original();
	for (int i = 0; i < 10; i++)
		write_fact();
	assert_false(follow_once().whole);
	close_original();
	run_command("rm -f original.db-* && cp kept original.db");
	start_on_original();
	for (int i = 0; i < 30; i++)
		write_fact();
	assert_made_anew("the database was put back");
}

static void a_daemon_that_was_started_again_is_followed_on(void **state)
{
	(void)state;
	(void)follow_once();
	for (int start = 0; start < 3; start++) {
		write_fact();
		if (start != 1) /* one start goes by unseen */
			assert_false(follow_once().whole);
		close_original();
		start_on_original();
	}
	write_fact();
	assert_false(follow_once().whole);
	assert_that_the_copy_is_the_original();
	for (int start = 0; start < 100; start++) /* more than are kept */
		must(changes_keep(original, true, &fault));
	assert_made_anew("the database was put back");
}

static void notes_that_every_copy_has_may_go(void **state)
{
	bool more;
	(void)state;
	for (int i = 0; i < 50; i++)
		write_sql(writes[1]);
	(void)follow_once();
	must(changes_prune(original, 0, &more, &fault));
	assert_false(follow_once().whole);
	write_sql(writes[1]);
	assert_false(follow_once().whole);
	assert_that_the_copy_is_the_original();
}

static void where_nobody_may_follow_nothing_is_noted_and_the_serving_end_says_what_to_do(void **state)
{
	struct follow_shipped shipped;
	struct follow_place nothing = {.number = 0};
	struct store *reader;
	int64_t newest;
	(void)state;
	must(changes_keep(original, false, &fault));
	must(store_open(original_path, STORE_READ, &reader, &fault));
	must(follow_newest(reader, &newest, &fault));
	assert_int_equal(newest, -1);
	assert_int_equal(follow_ship(reader, &nothing, true, NOW, gather, &shipped_bytes, &shipped, &fault),
	                 RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "set `follow: yes`"));
	store_close(reader);
	must(store_pragma(original, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'", &newest, &fault));
	assert_int_equal(newest, 0);
}

static void registers_are_made_anew_and_not_shipped(void **state)
{
	(void)state;
	write_sql("CREATE TABLE register_child (a INTEGER PRIMARY KEY); INSERT INTO register_child VALUES (1)");
	write_sql("INSERT INTO register_state (name, fingerprint, built) VALUES ('child', 1, 1)");
	(void)follow_once();
	int64_t there = 0;
	struct store *reader;
	must(store_open(copy_path, STORE_READ, &reader, &fault));
	must(store_pragma(reader, "SELECT count(*) FROM register_state", &there, &fault));
	store_close(reader);
	assert_int_equal(there, 0);
}

/* Who was erased is not to come back by the copy; the file that says so goes before the rows. */
static void the_file_of_erasures_is_shipped_and_what_was_erased_is_empty_at_the_copy(void **state)
{
	char path[128], bytes[64] = "";
	int64_t left = 0;
	struct store *reader;
	(void)state;
	write_sql(writes[1]);
	(void)follow_once();
	write_sql("UPDATE event SET flags = flags | 8, bytes = x''");
	(void)snprintf(path, sizeof path, "%s.erased", original_path);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs("casewatch erasures 1 key\nsubject aa\n", file);
	(void)fclose(file);
	(void)follow_once();
	(void)snprintf(path, sizeof path, "%s.erased", copy_path);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_true(fread(bytes, 1, sizeof bytes - 1, file) > 0);
	(void)fclose(file);
	assert_string_equal(bytes, "casewatch erasures 1 key\nsubject aa\n");
	must(store_open(copy_path, STORE_READ, &reader, &fault));
	must(store_pragma(reader, "SELECT sum(length(bytes)) FROM event", &left, &fault));
	store_close(reader);
	assert_int_equal(left, 0);
}

/* ---- nobody's database ---- */

static void no_daemon_starts_on_a_copy_and_a_database_is_not_followed_into(void **state)
{
	struct store *store;
	struct follow_copy *copy;
	(void)state;
	(void)follow_once();
	assert_int_equal(store_open(copy_path, STORE_WRITE, &store, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "casewatch follow --take-over"));
	store_close(original);
	original = NULL;
	assert_int_equal(follow_copy_open(original_path, &copy, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "is a database of its own and no copy"));
	must(follow_copy_open(copy_path, &copy, &fault));
	struct follow_copy *second;
	assert_int_equal(follow_copy_open(copy_path, &second, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "is in use by"));
	follow_copy_close(copy);
}

static void taking_over_marks_what_may_have_gone_since_and_begins_a_line_of_its_own(void **state)
{
	char taken[96];
	struct restored restored;
	instant as_of;
	int64_t there = 0;
	(void)state;
	write_sql(writes[14]); /* a message that waits */
	write_sql(writes[14]);
	(void)follow_once();
	store_close(original); /* it is off */
	original = NULL;
	(void)snprintf(taken, sizeof taken, "%s/taken.db", folder);
	must(follow_copy_settle(copy_path, &as_of, &fault));
	assert_int_equal(as_of, NOW);
	must(backup_restore(taken, copy_path, false, NOW + 3 * SECOND, &restored, &fault));
	assert_int_equal(restored.marked, 2);
	must(store_open(taken, STORE_WRITE, &original, &fault)); /* a daemon starts on it */
	must(store_pragma(original, "SELECT count(*) FROM outbox WHERE open = 1 AND possible_duplicate = 0", &there,
	                  &fault));
	assert_int_equal(there, 0);
	must(follow_newest(original, &there, &fault));
	assert_int_equal(there, -1);
}

/* Whoever takes over hears which of the two it is. */
static void where_there_is_no_copy_or_one_of_another_version_nobody_takes_over(void **state)
{
	struct follow_copy *copy;
	struct follow_place place;
	instant as_of, moment;
	sqlite3 *direct;
	(void)state;
	assert_int_equal(follow_copy_settle(copy_path, &as_of, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "there is no whole copy at"));
	assert_int_equal(as_of, INSTANT_NONE);
	must(follow_copy_open(copy_path, &copy, &fault)); /* nothing came yet, and what begins with a row is no copy */
	assert_int_equal(follow_copy_take(copy, FOLLOW_ROW, TEXT("\4meta"), &moment, &fault), RESULT_PERMANENT);
	follow_copy_close(copy);
	(void)follow_once();
	assert_int_equal(sqlite3_open(copy_path, &direct), SQLITE_OK);
	assert_int_equal(sqlite3_exec(direct, "PRAGMA user_version = 3", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(direct), SQLITE_OK);
	assert_int_equal(follow_copy_settle(copy_path, &as_of, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "take over with the casewatch that followed"));
	must(follow_copy_open(copy_path, &copy, &fault));
	must(follow_copy_place(copy, &place, &fault));
	assert_int_equal(place.number, 0); /* it begins anew */
	follow_copy_close(copy);
	assert_made_anew("has nothing yet");
	assert_int_equal(follow_schema(), migrate_latest());
}

/* An original whose file of erasures was taken away by hand: the copy does not keep one that nobody else has. */
static void a_file_of_erasures_that_is_gone_at_the_original_is_empty_at_the_copy(void **state)
{
	struct follow_copy *copy;
	struct stat found;
	instant moment;
	char path[128];
	(void)state;
	(void)follow_once();
	(void)snprintf(path, sizeof path, "%s.erased", copy_path);
	must(follow_copy_open(copy_path, &copy, &fault));
	must(follow_copy_take(copy, FOLLOW_ERASED, TEXT_NONE, &moment, &fault));
	assert_int_equal(stat(path, &found), -1);
	must(follow_copy_take(copy, FOLLOW_ERASED, TEXT("casewatch erasures 1 key\n"), &moment, &fault));
	must(follow_copy_take(copy, FOLLOW_ERASED, TEXT_NONE, &moment, &fault));
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_size, 0);
	follow_copy_close(copy);
}

/* Status says when the copy was seen last, or that none ever was. */
static void what_the_original_knows_of_its_copy_is_whole_or_nothing(void **state)
{
	struct follow_seen seen = {.at = NOW, .number = 7, .host = "other"}, read;
	char path[128];
	(void)state;
	assert_false(follow_seen_read(original_path, &read));
	follow_seen_write(original_path, &seen);
	assert_true(follow_seen_read(original_path, &read));
	assert_int_equal(read.at, NOW);
	assert_int_equal(read.number, 7);
	assert_string_equal(read.host, "other");
	(void)snprintf(path, sizeof path, "%s.follower", original_path);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs("seven of them", file);
	(void)fclose(file);
	assert_false(follow_seen_read(original_path, &read));
	follow_seen_write("/nowhere/casewatch.db", &seen); /* no copy is seen, and nothing else comes of it */
	assert_false(follow_seen_read("/nowhere/casewatch.db", &read));
}

static void a_file_with_a_log_beside_it_is_no_backup(void **state)
{
	char taken[96];
	struct restored restored;
	(void)state;
	write_sql(writes[0]);
	(void)snprintf(taken, sizeof taken, "%s/taken.db", folder);
	assert_int_equal(backup_restore(taken, original_path, false, NOW, &restored, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "has a write-ahead log beside it and is no backup"));
}

/* ---- hostile bytes ---- */

/* Longer than any table's. */
#define A_LONG_NAME                                                                                                    \
	"R\xc8"                                                                                                       \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"       \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void bytes_that_no_casewatch_sends_are_refused_and_change_nothing(void **state)
{
	struct follow_copy *copy;
	struct follow_place before, after;
	unsigned seed = 3;
	(void)state;
	for (size_t i = 0; i < WRITES; i++)
		write_sql(writes[i]);
	(void)follow_once();
	must(follow_copy_open(copy_path, &copy, &fault));
	must(follow_copy_place(copy, &before, &fault));
	static const char *const strange[] = {"R\3xyz\0\0", "R\xff",          "G\4meta",  "M\0",
	                                      "Q",          "R\7changed\0\0", "G\6sqlite", "R\4metaxx",
	                                      "M\1a1234567", "M\1a12345678123456789", A_LONG_NAME};
	for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
		instant moment;
		assert_int_equal(follow_copy_take(copy, strange[i][0],
		                                  (struct text){strange[i] + 1, strlen(strange[i]) - 1}, &moment,
		                                  &fault),
		                 RESULT_PERMANENT);
		assert_int_equal(moment, INSTANT_NONE);
	}
	write_sql(writes[1]);
	(void)ship_from(&before);
	for (int i = 0; i < 300; i++) { /* one byte is another */
		instant moment;
		seed = seed * 1103515245 + 12345;
		size_t at = seed / 65536 % shipped_bytes.length;
		char kept = shipped_bytes.at[at];
		if (at % 9 < FOLLOW_HEAD) /* lengths are the pipe's business */
			continue;
		shipped_bytes.at[at] = (char)(kept + 1);
		(void)!take(copy, shipped_bytes.length, &moment);
		shipped_bytes.at[at] = kept;
		follow_copy_close(copy);
		must(follow_copy_open(copy_path, &copy, &fault));
	}
	must(follow_copy_place(copy, &after, &fault));
	follow_copy_close(copy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_copy_is_the_original_whatever_is_written_and_deleted),
		TEST(only_what_was_written_is_shipped),
		TEST(what_breaks_off_leaves_the_moment_before_and_is_gone_on_with),
		TEST(a_copy_that_is_made_anew_takes_the_place_of_the_old_one_only_when_it_is_whole),
		TEST(a_copy_that_cannot_follow_is_made_anew_and_is_told_why),
		TEST(a_file_that_was_put_back_by_hand_is_another_history_under_the_same_numbers),
		TEST(a_daemon_that_was_started_again_is_followed_on),
		TEST(notes_that_every_copy_has_may_go),
		TEST(where_nobody_may_follow_nothing_is_noted_and_the_serving_end_says_what_to_do),
		TEST(registers_are_made_anew_and_not_shipped),
		TEST(the_file_of_erasures_is_shipped_and_what_was_erased_is_empty_at_the_copy),
		TEST(no_daemon_starts_on_a_copy_and_a_database_is_not_followed_into),
		TEST(taking_over_marks_what_may_have_gone_since_and_begins_a_line_of_its_own),
		TEST(where_there_is_no_copy_or_one_of_another_version_nobody_takes_over),
		TEST(a_file_of_erasures_that_is_gone_at_the_original_is_empty_at_the_copy),
		TEST(what_the_original_knows_of_its_copy_is_whole_or_nothing),
		TEST(a_file_with_a_log_beside_it_is_no_backup),
		TEST(bytes_that_no_casewatch_sends_are_refused_and_change_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
