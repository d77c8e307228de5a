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
#define FULL_AT 120 /* writes: of the making of the database, and of commits */

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

/* The store makes its files on the machine's own disk: here only its database is simulated. */
struct council_files {
	char folder[32], path[64], lock[80], log[80];
};

static void make_files(struct council_files *files)
{
	(void)snprintf(files->folder, sizeof files->folder, "/tmp/casewatch-disk-XXXXXX");
	assert_non_null(mkdtemp(files->folder));
	(void)snprintf(files->path, sizeof files->path, "%s/casewatch.db", files->folder);
	(void)snprintf(files->log, sizeof files->log, "%s-wal", files->path);
	(void)snprintf(files->lock, sizeof files->lock, "%s.lock", files->path);
	FILE *file = fopen(files->path, "we"); /* it stands for the database where a file is looked for */
	assert_non_null(file);
	(void)fputs("The database is in memory.\n", file);
	(void)fclose(file);
	threads_forbid();
}

static void remove_files(const struct council_files *files)
{
	(void)unlink(files->path);
	(void)unlink(files->lock);
	(void)rmdir(files->folder);
}

static enum result say_in_store(struct store *store, int number, struct fault *fault)
{
	char words[3000];
	(void)snprintf(words, sizeof words, "%d %02900d", number, number);
	enum result result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = store_set(store, "word", text_of(words), fault);
	if (result == RESULT_OK)
		return store_commit(store, fault);
	store_rollback(store);
	return result;
}

static int said_in_store(struct store *store)
{
	struct fault fault = {0};
	struct text said;
	assert_int_equal(store_get(store, "word", &said, &fault), RESULT_OK);
	return said.length ? atoi(said.at) : 0;
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

/* The store's own transactions, at each write of them in turn, so long as no file may grow: nothing half done is kept,
 * what was committed stays, and with room again it goes on, also where it was opened on the full disk. */
static void a_disk_that_is_full_at_any_write_keeps_what_was_committed_and_the_store_goes_on(void **state)
{
	struct council_files files;
	struct fault fault = {0};
	int committed = 0, refused = 0;
	(void)state;
	make_files(&files);
	for (uint64_t at = 0; at < FULL_AT; at++) {
		struct store *store = NULL;
		disk_remove(disk, files.folder);
		disk_plan(disk, DISK_FULL, at, 0, chance_of(7, at));
		enum result result = store_open(files.path, STORE_WRITE, &store, &fault);
		for (committed = 0; result == RESULT_OK && committed < 30; committed += result == RESULT_OK)
			result = say_in_store(store, committed + 1, &fault);
		assert_true(result == RESULT_OK || strstr(fault.text, "no room left") || !store);
		refused += result != RESULT_OK;
		disk_forgive(disk);
		if (!store && store_open(files.path, STORE_WRITE, &store, &fault) != RESULT_OK)
			fail_msg("with room again: %s", fault.text);
		assert_int_equal(said_in_store(store), committed);
		if (say_in_store(store, committed + 1, &fault) != RESULT_OK)
			fail_msg("full at write %d: with room again: %s", (int)at, fault.text);
		store_close(store);
		if (store_open(files.path, STORE_WRITE, &store, &fault) != RESULT_OK)
			fail_msg("full at write %d: opened once more: %s", (int)at, fault.text);
		assert_int_equal(said_in_store(store), committed + 1);
		store_close(store);
	}
	assert_true(refused > FULL_AT / 2);
	remove_files(&files);
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

static void where_no_thread_is_to_be_had_the_log_is_moved_all_the_same(void **state)
{
	struct council_files files;
	struct store *store;
	struct fault fault = {0};
	(void)state;
	make_files(&files);
	assert_int_equal(store_open(files.path, STORE_WRITE, &store, &fault), RESULT_OK);
	for (int i = 0; i < 200; i++)
		assert_int_equal(say_in_store(store, i + 1, &fault), RESULT_OK);
	assert_int_equal(store_tidy(store, &fault), RESULT_OK);
	assert_true(store->wal_pages > 0);
	assert_int_equal(disk_length(disk, files.log), 0); /* emptied */
	store_close(store);
	remove_files(&files);
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
		cmocka_unit_test_setup_teardown(
			a_disk_that_is_full_at_any_write_keeps_what_was_committed_and_the_store_goes_on, setup,
			teardown),
		cmocka_unit_test_setup_teardown(a_backup_that_is_put_back_is_what_was_there, setup, teardown),
		cmocka_unit_test_setup_teardown(where_no_thread_is_to_be_had_the_log_is_moved_all_the_same, setup,
	                                        teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
