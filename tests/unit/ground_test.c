/* The ground under the daemon: a database that is deleted, moved, emptied or damaged is noticed, and nothing is taken
 * into nothing. */
#include "store_fixture.h"

#include "base/log.h"
#include "store/store_internal.h"

#include <fcntl.h>
#include <sys/stat.h>

#define MISSING "\"episode\":\"1\",\"kind\":\"missing\""

static void name(const struct fixture *f, const char *suffix, char *out, size_t room)
{
	(void)snprintf(out, room, "%s%s", f->path, suffix);
}

static void assert_leaves(struct fixture *f, const char *words)
{
	assert_int_equal(store_look_at_ground(f->store, &f->fault), RESULT_PERMANENT);
	if (!strstr(f->fault.text, words))
		fail_msg("\"%s\" is not in: %s", words, f->fault.text);
	assert_non_null(strstr(f->fault.text, "restore")); /* it says what to do next */
}

static void firm_ground_is_fine_whatever_is_written(void **state)
{
	struct fixture *f = *state;
	OK(store_look_at_ground(f->store, &f->fault));
	for (int i = 0; i < 20; i++) {
		char id[16];
		(void)snprintf(id, sizeof id, "e%d", i);
		(void)store_event(f, id, "missing.started", "C1", "2026-02-04T02:10:00Z", MISSING);
		OK(store_tidy(f->store, &f->fault));
		checkpoint_wait(f->store->checkpoint);
		OK(store_look_at_ground(f->store, &f->fault));
	}
	fixture_reopen(f);
	OK(store_look_at_ground(f->store, &f->fault));
}

static void a_deleted_database_is_noticed(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(unlink(f->path), 0);
	(void)store_event(f, "e1", "missing.started", "C1", "2026-02-04T02:10:00Z", MISSING); /* SQLite says nothing */
	assert_leaves(f, "was deleted or moved away");
}

static void a_moved_database_is_noticed(void **state)
{
	struct fixture *f = *state;
	char moved[160];
	name(f, ".moved", moved, sizeof moved);
	assert_int_equal(rename(f->path, moved), 0);
	assert_leaves(f, "was deleted or moved away");
	(void)unlink(moved);
}

static void a_database_in_whose_place_another_was_put_is_noticed(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(unlink(f->path), 0);
	int file = open(f->path, O_CREAT | O_WRONLY, 0600);
	assert_true(file >= 0);
	(void)close(file);
	assert_leaves(f, "was replaced");
}

static void an_emptied_database_is_noticed(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "missing.started", "C1", "2026-02-04T02:10:00Z", MISSING);
	OK(store_tidy(f->store, &f->fault));
	checkpoint_wait(f->store->checkpoint);
	OK(store_look_at_ground(f->store, &f->fault));
	assert_int_equal(truncate(f->path, 0), 0);
	assert_leaves(f, "was emptied or cut short");
}

static void a_log_that_was_deleted_is_noticed(void **state)
{
	struct fixture *f = *state;
	char log[160];
	(void)store_event(f, "e1", "missing.started", "C1", "2026-02-04T02:10:00Z", MISSING);
	OK(store_look_at_ground(f->store, &f->fault));
	name(f, "-wal", log, sizeof log);
	assert_int_equal(unlink(log), 0);
	assert_leaves(f, "lost its write-ahead log");
}

/* ---- at a start ---- */

static void assert_refused(struct fixture *f, const char *words)
{
	struct store *store;
	assert_int_equal(store_open(f->path, STORE_WRITE, &store, &f->fault), RESULT_PERMANENT);
	assert_null(store);
	if (!strstr(f->fault.text, words))
		fail_msg("\"%s\" is not in: %s", words, f->fault.text);
}

static void a_log_without_its_database_is_not_thrown_away_at_a_start(void **state)
{
	struct fixture *f = *state;
	char log[160], kept[160], lock[160];
	(void)store_event(f, "e1", "missing.started", "C1", "2026-02-04T02:10:00Z", MISSING);
	name(f, "-wal", log, sizeof log);
	name(f, ".kept", kept, sizeof kept);
	name(f, ".lock", lock, sizeof lock);
	assert_int_equal(link(log, kept), 0); /* as after a kill */
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(rename(kept, log), 0);
	(void)unlink(lock);
	struct stat found;
	assert_refused(f, "-wal without its database");
	assert_int_equal(stat(log, &found), 0);
	assert_true(found.st_size > 0);
}

static void a_database_that_is_gone_at_a_start_is_not_begun_anew(void **state)
{
	struct fixture *f = *state;
	char lock[160];
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(unlink(f->path), 0);
	assert_refused(f, "there was one here before");
	assert_refused(f, "there was one here before"); /* systemd tries again and again */
	name(f, ".lock", lock, sizeof lock);
	assert_int_equal(unlink(lock), 0); /* on purpose */
	fixture_open(f);
}

static void an_empty_database_at_a_start_is_not_begun_anew(void **state)
{
	struct fixture *f = *state;
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(truncate(f->path, 0), 0);
	assert_refused(f, "gone or empty");
	(void)unlink(f->path);
}

/* Positions that cannot be read would mean a daemon that lives and reads nothing. */
static void a_damaged_table_of_positions_is_noticed_at_a_start(void **state)
{
	struct fixture *f = *state;
	int64_t page = 0;
	struct position position = {TEXT("kafka:events:0"), 7, 1, 0};
	OK(store_begin(f->store, &f->fault));
	OK(positions_set(f->store, &position, &f->fault));
	OK(store_commit(f->store, &f->fault));
	OK(store_pragma(f->store, "SELECT rootpage FROM sqlite_schema WHERE name = 'position'", &page, &f->fault));
	store_close(f->store);
	f->store = NULL;
	int file = open(f->path, O_WRONLY);
	static char rubbish[16384];
	memset(rubbish, 0x5a, sizeof rubbish);
	assert_int_equal(pwrite(file, rubbish, sizeof rubbish, (page - 1) * (off_t)sizeof rubbish), sizeof rubbish);
	(void)close(file);
	assert_refused(f, "damaged");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(firm_ground_is_fine_whatever_is_written),
		TEST(a_deleted_database_is_noticed),
		TEST(a_moved_database_is_noticed),
		TEST(a_database_in_whose_place_another_was_put_is_noticed),
		TEST(an_emptied_database_is_noticed),
		TEST(a_log_that_was_deleted_is_noticed),
		TEST(a_log_without_its_database_is_not_thrown_away_at_a_start),
		TEST(a_database_that_is_gone_at_a_start_is_not_begun_anew),
		TEST(an_empty_database_at_a_start_is_not_begun_anew),
		TEST(a_damaged_table_of_positions_is_noticed_at_a_start),
	};
	return cmocka_run_group_tests_name("ground", tests, NULL, NULL);
}
