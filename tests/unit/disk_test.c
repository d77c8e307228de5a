/* The simulator's disk: it promises what a disk promises, and nothing beyond; and SQLite keeps its word on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/disk.h"

#include "base/threads.h"
#include "store/store_internal.h"

#define NAME "/simulated/words.db"
#define CUTS 60 /* of the power, each at another call */

static struct disk *disk;

static int setup(void **state)
{
	(void)state;
	disk = disk_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	disk_free(disk);
	return 0;
}

static sqlite3 *open_words(void)
{
	sqlite3 *database = NULL;
	assert_int_equal(sqlite3_open(NAME, &database), SQLITE_OK);
	(void)sqlite3_exec(database,
	                   "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 20;"
	                   "CREATE TABLE IF NOT EXISTS word (id INTEGER PRIMARY KEY, said TEXT)",
	                   NULL, NULL, NULL);
	return database;
}

static int64_t one_number(const char *sql)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *statement = NULL;
	assert_int_equal(sqlite3_open(NAME, &database), SQLITE_OK);
	int64_t value = 0;
	if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(database);
	return value;
}

/* How many commits were answered with "done". */
static int say_words(int most)
{
	sqlite3 *database = open_words();
	int said = 0;
	while (said < most && sqlite3_exec(database, "INSERT INTO word (said) VALUES (hex(zeroblob(2000)))", NULL, NULL,
	                                   NULL) == SQLITE_OK)
		said++;
	(void)sqlite3_close(database);
	return said;
}

static void what_was_said_to_be_committed_outlives_a_power_cut_at_any_call(void **state)
{
	int lost_unsaid = 0;
	(void)state;
	for (uint64_t cut = 3; cut < CUTS; cut++) {
		disk_remove(disk, "/simulated/");
		disk_plan(disk, DISK_POWER_CUT, cut, 1, chance_of(7, cut));
		int said = say_words(40);
		assert_true(disk_is_dead(disk));
		disk_start(disk);
		int64_t there = one_number("SELECT count(*) FROM word");
		assert_true(there >= said);
		assert_true(there <= said + 1);
		lost_unsaid += there == said;
		assert_int_equal(
			one_number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
	}
	assert_true(lost_unsaid > 0); /* some of what was written was lost, or nothing was tried */
}

/* Without the synchronisation the same words are lost: the test above can fail. */
static void what_was_never_synchronised_may_be_lost(void **state)
{
	sqlite3 *database = open_words();
	(void)state;
	assert_int_equal(sqlite3_exec(database, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(sqlite3_exec(database, "INSERT INTO word (said) VALUES ('unsafe')", NULL, NULL, NULL),
		                 SQLITE_OK);
	disk_kill(disk, true, chance_of(1, 2));
	(void)sqlite3_close(database);
	disk_start(disk);
	assert_true(one_number("SELECT count(*) FROM word") < 10);
}

static void a_process_that_is_killed_loses_nothing_that_it_wrote(void **state)
{
	sqlite3 *database = open_words();
	(void)state;
	assert_int_equal(sqlite3_exec(database, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(sqlite3_exec(database, "INSERT INTO word (said) VALUES ('kept')", NULL, NULL, NULL),
		                 SQLITE_OK);
	disk_kill(disk, false, chance_of(1, 2));
	assert_int_not_equal(sqlite3_exec(database, "INSERT INTO word (said) VALUES ('dead')", NULL, NULL, NULL),
	                     SQLITE_OK);
	(void)sqlite3_close(database);
	disk_start(disk);
	assert_int_equal(one_number("SELECT count(*) FROM word"), 10);
}

static void a_full_disk_refuses_what_grows_and_goes_on_when_there_is_room(void **state)
{
	(void)state;
	assert_int_equal(say_words(3), 3);
	disk_plan(disk, DISK_FULL, 0, 0, chance_of(1, 1));
	assert_int_equal(say_words(3), 0);
	disk_forgive(disk);
	assert_int_equal(say_words(3), 3);
	assert_int_equal(one_number("SELECT count(*) FROM word"), 6);
}

static void a_backup_that_is_put_back_is_what_was_there(void **state)
{
	(void)state;
	(void)say_words(5);
	struct disk_image *image = disk_copy(disk);
	(void)say_words(5);
	disk_put_beside(disk, image, "/simulated/", "/beside/");
	disk_restore(disk, image);
	disk_image_free(image);
	assert_int_equal(one_number("SELECT count(*) FROM word"), 5);
}

/* The store makes its files on the machine's own disk: here only its database is simulated. */
static void where_no_thread_is_to_be_had_the_log_is_moved_all_the_same(void **state)
{
	char folder[] = "/tmp/casewatch-disk-XXXXXX", path[64], lock[80], log[80];
	struct store *store;
	struct fault fault = {0};
	(void)state;
	threads_forbid();
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/casewatch.db", folder);
	(void)snprintf(log, sizeof log, "%s-wal", path);
	(void)snprintf(lock, sizeof lock, "%s.lock", path);
	assert_int_equal(store_open(path, STORE_WRITE, &store, &fault), RESULT_OK);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(store_begin(store, &fault), RESULT_OK);
		assert_int_equal(store_set(store, "word", TEXT("said"), &fault), RESULT_OK);
		assert_int_equal(store_commit(store, &fault), RESULT_OK);
	}
	assert_int_equal(store_tidy(store, &fault), RESULT_OK);
	assert_true(store->wal_pages > 0);
	assert_int_equal(disk_length(disk, log), 0); /* emptied */
	store_close(store);
	(void)unlink(path);
	(void)unlink(lock);
	(void)rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_said_to_be_committed_outlives_a_power_cut_at_any_call, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(what_was_never_synchronised_may_be_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(a_process_that_is_killed_loses_nothing_that_it_wrote, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_refuses_what_grows_and_goes_on_when_there_is_room, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(a_backup_that_is_put_back_is_what_was_there, setup, teardown),
		cmocka_unit_test_setup_teardown(where_no_thread_is_to_be_had_the_log_is_moved_all_the_same, setup,
	                                        teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
