/* Backup and restore: a copy beside whoever writes, read through before it counts, and never put over what lives. */
#include "store_fixture.h"

#include "base/mem.h"
#include "store/audit/audit.h"
#include "store/copies/backup.h"
#include "store/store_internal.h"

#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>
#include <sys/stat.h>

#define NOW (1700000000 * SECOND)

static char backup[160];

static int setup(void **state)
{
	int failed = fixture_setup(state);
	const struct fixture *f = *state;
	(void)snprintf(backup, sizeof backup, "%s/backup.db", f->directory);
	return failed;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char pattern[160];
	glob_t found;
	store_close(f->store);
	f->store = NULL;
	(void)snprintf(pattern, sizeof pattern, "%s/*", f->directory);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			(void)unlink(found.gl_pathv[i]);
	globfree(&found);
	return fixture_teardown(state);
}

static int64_t tell(struct fixture *f, const char *purpose)
{
	int64_t id;
	struct outbox_row row = {.purpose = text_of(purpose),
	                         .role = TEXT("director"),
	                         .payload = TEXT("{}"),
	                         .deadline = INSTANT_NEVER};
	OK(store_begin(f->store, &f->fault));
	OK(outbox_add(f->store, &row, &id, &f->fault));
	OK(audit_add(f->store, NOW, "daemon.started", TEXT_NONE, TEXT_NONE, TEXT_NONE, TEXT_NONE, &f->fault));
	OK(store_commit(f->store, &f->fault));
	return id;
}

static void come(struct fixture *f, const char *id)
{
	struct position position = {TEXT("kafka:events:0"), 100, 7, NOW};
	(void)store_event(f, id, "missing.started", "C1", "2020-01-01T00:00:00Z",
	                  "\"episode\":\"e\",\"kind\":\"missing\"");
	position.next += id[1] - '0';
	OK(store_begin(f->store, &f->fault));
	OK(positions_set(f->store, &position, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

struct watching {
	struct fixture *f;
	int calls;
};

static bool write_meanwhile(void *argument, int64_t done, int64_t pages)
{
	struct watching *watching = argument;
	char id[16];
	(void)done, (void)pages;
	(void)snprintf(id, sizeof id, "w%d", watching->calls);
	if (watching->calls++ < 9)
		come(watching->f, id);
	return true;
}

static void a_backup_is_of_one_moment_while_events_come(void **state)
{
	struct fixture *f = *state;
	struct watching watching = {f, 0};
	struct backup_facts facts;
	char id[32];
	unsigned seed = 7;
	for (int i = 0; i < 2000; i++) { /* several portions of pages, of words that cannot be packed */
		char data[320] = "\"kind\":\"missing\",\"episode\":\"";
		for (size_t at = strlen(data), end = at + 250; at <= end; at++)
			data[at] = at < end ? (char)('a' + rand_r(&seed) % 26) : '"';
		(void)snprintf(id, sizeof id, "e%d", i);
		OK(store_begin(f->store, &f->fault));
		for (int j = 0; j < 10; j++) {
			(void)snprintf(id, sizeof id, "e%d-%d", i, j);
			(void)store_bytes(f,
			                  event_json(f, "lcs", id, "missing.started", "C1", "2020-01-01T00:00:00Z", "",
			                             data),
			                  NULL);
		}
		OK(store_commit(f->store, &f->fault));
		arena_reset(f->arena);
	}
	OK(backup_copy(f->path, backup, write_meanwhile, &watching, &f->fault));
	assert_true(watching.calls > 1);
	OK(backup_check(backup, true, &facts, &f->fault));
	assert_int_equal(facts.events, 20000);
	assert_true(facts.chain_read);
	struct stat found;
	assert_int_equal(stat(backup, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
}

static bool break_off(void *argument, int64_t done, int64_t pages)
{
	(void)argument, (void)done, (void)pages;
	return false;
}

static void a_backup_that_was_broken_off_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	come(f, "e1");
	assert_int_equal(backup_copy(f->path, backup, break_off, NULL, &f->fault), RESULT_TEMPORARY);
	assert_int_equal(access(backup, F_OK), -1);
}

static void a_backup_is_never_made_over_another(void **state)
{
	struct fixture *f = *state;
	come(f, "e1");
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	assert_int_equal(backup_copy(f->path, backup, NULL, NULL, &f->fault), RESULT_PERMANENT);
	char other[160];
	(void)snprintf(other, sizeof other, "%s/other.db", f->directory);
	OK(backup_copy(f->path, other, NULL, NULL, &f->fault));
	assert_int_equal(backup_name(other, backup, &f->fault), RESULT_PERMANENT);
}

static void overwrite(const char *path, off_t at, const char *with)
{
	int file = open(path, O_WRONLY);
	assert_int_equal(pwrite(file, with, strlen(with), at), strlen(with));
	(void)close(file);
}

static void a_damaged_backup_is_found_before_it_is_needed(void **state)
{
	struct fixture *f = *state;
	struct backup_facts facts;
	struct stat found;
	(void)tell(f, "opened");
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	assert_int_equal(stat(backup, &found), 0);
	for (off_t page = 1; page < found.st_size / 16384; page++)
		overwrite(backup, page * 16384, "this was a page of a table");
	assert_int_equal(backup_check(backup, true, &facts, &f->fault), RESULT_PERMANENT);
	overwrite(backup, 0, "no database at all");
	assert_int_equal(backup_check(backup, true, &facts, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "no database of casewatch"));
}

/* SQLite sees nothing: "restore the last backup that verifies" led to one that was no better. It is made all the same:
 * without it there would be none at all. */
static void a_backup_says_which_events_can_no_longer_be_read(void **state)
{
	struct fixture *f = *state;
	struct backup_facts facts;
	come(f, "e1");
	come(f, "e2");
	OK(store_execute(f->store, "UPDATE event SET bytes = x'ff00ff', packed = 1 WHERE id = 2", &f->fault));
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	OK(backup_check(backup, true, &facts, &f->fault));
	assert_int_equal(facts.damaged.count, 1);
	assert_int_equal(facts.damaged.first, 2);
	OK(backup_check(backup, false, &facts, &f->fault)); /* its facts alone */
	assert_int_equal(facts.damaged.count, 0);
}

static void write_into_backup(const char *sql)
{
	sqlite3 *direct;
	assert_int_equal(sqlite3_open(backup, &direct), SQLITE_OK);
	if (sqlite3_exec(direct, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(direct));
	assert_int_equal(sqlite3_close(direct), SQLITE_OK);
}

/* Who needs it would learn that otherwise on the worst of days. */
static void a_backup_says_of_which_version_it_is_and_whether_its_audit_was_read(void **state)
{
	struct fixture *f = *state;
	struct backup_facts facts;
	(void)tell(f, "opened");
	assert_int_equal(backup_check(backup, true, &facts, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "cannot be read"));
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	OK(backup_check_pages(backup, &f->fault));
	write_into_backup("PRAGMA user_version = 9999");
	assert_int_equal(backup_check(backup, true, &facts, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "was written by a newer casewatch (schema 9999"));
	write_into_backup("PRAGMA user_version = 3; DROP TABLE quarantine"); /* as before there was one */
	OK(backup_check(backup, true, &facts, &f->fault));
	assert_int_equal(facts.version, 3);
	assert_int_equal(facts.waiting, 1);
	assert_int_equal(facts.quarantined, 0);
	assert_false(facts.chain_read);
}

static void a_backup_whose_audit_was_written_anew_is_none(void **state)
{
	struct fixture *f = *state;
	struct backup_facts facts;
	(void)tell(f, "opened");
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	write_into_backup("UPDATE audit SET what = 'daemon.stopped'");
	OK(backup_check_pages(backup, &f->fault)); /* every page is whole */
	assert_int_equal(backup_check(backup, true, &facts, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "does not verify"));
	OK(backup_check(backup, false, &facts, &f->fault)); /* its facts alone */
	assert_false(facts.chain_read);
}

static void a_living_database_is_not_restored_over(void **state)
{
	struct fixture *f = *state;
	struct restored restored;
	come(f, "e1");
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	assert_int_equal(backup_restore(f->path, backup, true, NOW, &restored, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "is in use by"));
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(backup_restore(f->path, backup, false, NOW, &restored, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "--replace"));
	fixture_open(f); /* and nothing was changed */
}

static enum result see_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	bool *duplicates = argument;
	(void)fault;
	duplicates[row->id] = row->possible_duplicate;
	return RESULT_OK;
}

/* The position goes back with the database, so that its source is read again from there. */
/* How many rows of the audit are of that kind. */
static enum result count_kind(void *argument, int64_t id, instant at, struct text what, struct text alert,
                              struct text rule, struct text subject, struct text detail_json, struct fault *fault)
{
	(void)id, (void)at, (void)alert, (void)rule, (void)subject, (void)detail_json, (void)fault;
	*(int *)argument += text_equal(what, TEXT("database.restored"));
	return RESULT_OK;
}

static void a_restored_database_is_that_of_the_backup_and_says_what_is_lost(void **state)
{
	struct fixture *f = *state;
	struct restored restored;
	struct position position;
	bool found, duplicates[8] = {false};
	instant restored_to;
	int in_audit = 0;
	come(f, "e1");
	int64_t waited = tell(f, "opened");
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	come(f, "e2");
	come(f, "e3");
	(void)tell(f, "escalated");
	store_close(f->store);
	OK(backup_restore(f->path, backup, true, NOW, &restored, &f->fault));
	assert_int_equal(restored.before.events - restored.backup.events, 2);
	assert_int_equal(restored.marked, 1);
	assert_int_equal(access(restored.aside, R_OK), 0);
	fixture_open(f);
	OK(positions_get(f->store, TEXT("kafka:events:0"), &position, &found, &f->fault));
	assert_int_equal(position.next, 101);
	OK(outbox_each(f->store, TEXT_NONE, false, 8, see_row, duplicates, &f->fault));
	assert_true(duplicates[waited]);
	OK(store_restored_to(f->store, &restored_to, &f->fault));
	assert_int_equal(restored_to, NOW);
	OK(audit_each(f->store, TEXT_NONE, count_kind, &in_audit, &f->fault));
	assert_int_equal(in_audit, 1);
	assert_int_equal(store_event(f, "e2", "missing.started", "C1", "2020-01-01T00:00:00Z",
	                             "\"episode\":\"e\",\"kind\":\"missing\""),
	                 2); /* new again */
}

static void a_restore_onto_an_empty_machine_needs_nothing(void **state)
{
	struct fixture *f = *state;
	struct restored restored;
	char elsewhere[160];
	come(f, "e1");
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	(void)snprintf(elsewhere, sizeof elsewhere, "%s/new.db", f->directory);
	OK(backup_restore(elsewhere, backup, false, NOW, &restored, &f->fault));
	assert_false(restored.had_before);
	store_close(f->store);
	OK(store_open(elsewhere, STORE_WRITE, &f->store, &f->fault));
}

static void a_restore_of_a_damaged_backup_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct restored restored;
	come(f, "e1");
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	overwrite(backup, 2 * 16384, "this was a page of a table");
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(backup_restore(f->path, backup, true, NOW, &restored, &f->fault), RESULT_PERMANENT);
	fixture_open(f);
	assert_int_equal(store_event(f, "e2", "missing.started", "C1", "2020-01-01T00:00:00Z",
	                             "\"episode\":\"e\",\"kind\":\"missing\""),
	                 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backup_is_of_one_moment_while_events_come),
		TEST(a_backup_that_was_broken_off_leaves_nothing),
		TEST(a_backup_is_never_made_over_another),
		TEST(a_damaged_backup_is_found_before_it_is_needed),
		TEST(a_backup_says_which_events_can_no_longer_be_read),
		TEST(a_backup_says_of_which_version_it_is_and_whether_its_audit_was_read),
		TEST(a_backup_whose_audit_was_written_anew_is_none),
		TEST(a_living_database_is_not_restored_over),
		TEST(a_restored_database_is_that_of_the_backup_and_says_what_is_lost),
		TEST(a_restore_onto_an_empty_machine_needs_nothing),
		TEST(a_restore_of_a_damaged_backup_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
