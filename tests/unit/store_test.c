/* The database file: opened once, brought up to date, whole after a failure, and loud when there is no room. */
#include "store_fixture.h"

#include "store/copies/backup.h"

#include "store/store_internal.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void a_second_process_is_refused_and_told_who_holds_the_database(void **state)
{
	struct fixture *f = *state;
	struct store *second = NULL;
	char pid[32];
	(void)snprintf(pid, sizeof pid, "process %ld on ", (long)getpid());
	assert_int_equal(store_open(f->path, STORE_WRITE, &second, &f->fault), RESULT_PERMANENT);
	assert_null(second);
	assert_non_null(strstr(f->fault.text, pid));
	assert_non_null(strstr(f->fault.text, " since 2"));
	assert_non_null(strstr(f->fault.text, "stop that one first"));
}

/* Whoever takes the lock for a stale one and removes it lets nobody in beside the daemon. */
static void a_lock_that_is_removed_lets_no_second_process_in_and_is_made_again(void **state)
{
	struct fixture *f = *state;
	struct fault fault = {{0}};
	struct store *second;
	struct restored restored;
	char lock[160], backup[160];
	(void)snprintf(lock, sizeof lock, "%s.lock", f->path);
	(void)snprintf(backup, sizeof backup, "%s/backup.db", f->directory);
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(store_open(f->path, STORE_WRITE, &second, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "is in use by another casewatchd, though its lock"));
	assert_int_equal(backup_restore(f->path, backup, true, 1700000000 * SECOND, &restored, &fault),
	                 RESULT_PERMANENT);
	assert_int_equal(unlink(lock), 0);
	OK(store_look_at_ground(f->store, &f->fault));
	assert_int_equal(access(lock, F_OK), 0);
	assert_int_equal(store_open(f->path, STORE_WRITE, &second, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "is in use by process "));
	fixture_reopen(f);
}

static void the_lock_ends_with_the_process_that_held_it(void **state)
{
	struct fixture *f = *state;
	store_close(f->store);
	f->store = NULL;
	pid_t child = fork();
	if (child == 0) {
		struct store *store;
		struct fault fault;
		if (store_open(f->path, STORE_WRITE, &store, &fault) != RESULT_OK)
			_exit(1);
		(void)raise(SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	fixture_open(f);
}

static void the_tool_reads_beside_the_daemon_and_cannot_write(void **state)
{
	struct fixture *f = *state;
	struct store *reader;
	struct seen seen = {0};
	(void)store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z",
	                  "\"episode\":\"1\",\"kind\":\"missing\"");
	OK(store_open(f->path, STORE_READ, &reader, &f->fault));
	events_set_parser(reader, f->readers);
	OK(events_history(reader, PARTY_NONE, TEXT("C1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "e1");
	OK(events_find(reader, TEXT("lcs"), TEXT("e1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "e1");
	assert_int_not_equal(store_set(reader, "x", TEXT("y"), &f->fault), RESULT_OK);
	store_close(reader);
}

static void a_foreign_database_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *store;
	char path[160];
	sqlite3 *other;
	(void)snprintf(path, sizeof path, "%s/other.db", f->directory);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "CREATE TABLE cats (name TEXT)", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(other);
	assert_int_equal(store_open(path, STORE_WRITE, &store, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "another program"));
	(void)unlink(path);
	(void)strcat(path, ".lock");
	(void)unlink(path);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *store;
	char path[160];
	(void)snprintf(path, sizeof path, "%s/letter.db", f->directory);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 200; i++)
		(void)fputs("Dear Sir or Madam, ", file);
	(void)fclose(file);
	assert_int_equal(store_open(path, STORE_WRITE, &store, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "not a casewatch database"));
	(void)unlink(path);
	(void)strcat(path, ".lock");
	(void)unlink(path);
}

/* A disk that is read-only after an error, or somebody who may read the file alone. */
static void a_sound_database_beside_which_nothing_can_be_written_is_not_called_damaged(void **state)
{
	struct fixture *f = *state;
	struct store *store;
	bool is_root = geteuid() == 0; /* who may write everywhere */
	store_close(f->store); /* which takes its log away */
	f->store = NULL;
	assert_int_equal(chmod(f->path, 0444), 0);
	assert_int_equal(chmod(f->directory, 0555), 0);
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	enum result result = store_open(f->path, STORE_READ, &store, &f->fault);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(f->directory, 0700), 0);
	assert_int_equal(chmod(f->path, 0600), 0);
	assert_int_equal(result, RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "it need not be damaged"));
	OK(store_open(f->path, STORE_READ, &store, &f->fault));
	store_close(store);
}

static void a_newer_schema_is_refused_with_what_to_do(void **state)
{
	struct fixture *f = *state;
	struct store *store;
	OK(store_execute(f->store, "PRAGMA user_version = 9999", &f->fault));
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(store_open(f->path, STORE_WRITE, &store, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "newer casewatch"));
}

static void the_database_is_as_the_design_says(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *sql;
		int64_t value;
	} expected[] = {
		{"PRAGMA page_size", 16384},
		{"PRAGMA synchronous", 2},
		{"PRAGMA wal_autocheckpoint", 0},
		{"PRAGMA application_id", STORE_APPLICATION_ID},
		{"SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND "
	         "name NOT LIKE "
	         "'sqlite_%'",
	         0},
		{"SELECT journal_mode = 'wal' FROM pragma_journal_mode", 1},
	};
	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		int64_t value = -1;
		OK(store_pragma(f->store, expected[i].sql, &value, &f->fault));
		assert_int_equal(value, expected[i].value);
	}
}

/* The text of the whole schema. */
static void read_schema(struct store *store, struct buffer *schema)
{
	struct fault fault;
	struct query query = query_start(store, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
	while (query_row(&query)) {
		buffer_text(schema, row_text(&query, 0));
		buffer_char(schema, '\n');
	}
	assert_int_equal(query_end(&query, RESULT_OK, &fault), RESULT_OK);
}

static void a_database_of_every_older_version_becomes_like_a_new_one(void **state)
{
	struct fixture *f = *state;
	struct buffer fresh = {0};
	read_schema(f->store, &fresh);
	for (int version = 0; version < migrate_latest(); version++) {
		char path[160];
		struct store old = {.mode = STORE_WRITE, .lock = -1};
		struct store *store;
		struct buffer migrated = {0};
		(void)snprintf(path, sizeof path, "%s/v%d.db", f->directory, version);
		old.path = path;
		assert_int_equal(sqlite3_open(path, &old.database), SQLITE_OK);
		char sql[128];
		(void)snprintf(sql, sizeof sql, "PRAGMA page_size = 16384; PRAGMA application_id = %d",
		               STORE_APPLICATION_ID);
		OK(store_execute(&old, sql, &f->fault));
		OK(migrate_to(&old, version, &f->fault));
		for (sqlite3_stmt *kept; (kept = sqlite3_next_stmt(old.database, NULL));)
			(void)sqlite3_finalize(kept);
		assert_int_equal(sqlite3_close(old.database), SQLITE_OK);
		OK(store_open(path, STORE_WRITE, &store, &f->fault));
		read_schema(store, &migrated);
		assert_string_equal(buffer_cstr(&migrated), buffer_cstr(&fresh));
		store_close(store);
		buffer_free(&migrated);
		(void)unlink(path);
		(void)strcat(path, ".lock");
		(void)unlink(path);
	}
	buffer_free(&fresh);
}

static void what_was_rolled_back_never_happened(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	instant next;
	struct text first = event_json(f, "lcs", "e1", "missing.started", "C1", "2020-01-01T10:00:00Z", "",
	                               "\"episode\":\"1\",\"kind\":\"missing\"");
	OK(store_begin(f->store, &f->fault));
	assert_int_equal(store_bytes(f, first, NULL), STORED_NEW);
	OK(due_set(f->store, PARTY_NONE, TEXT("C1"), 5, &f->fault));
	store_rollback(f->store);
	assert_false(store_in_transaction(f->store));
	OK(due_next(f->store, &next, &f->fault));
	assert_true(next == INSTANT_NEVER);
	OK(events_history(f->store, PARTY_NONE, TEXT("C1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "");
	OK(store_begin(f->store, &f->fault));
	assert_int_equal(store_bytes(f, first, NULL), STORED_NEW);
	OK(store_commit(f->store, &f->fault));
	OK(events_history(f->store, PARTY_NONE, TEXT("C1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "e1");
}

/* Fills until there is no room; returns how many transactions of one event held. */
static int fill(struct fixture *f, int from, enum result *result)
{
	char id[32], note[4096];
	memset(note, 'x', sizeof note - 1);
	note[sizeof note - 1] = '\0';
	char data[4200];
	(void)snprintf(data, sizeof data, "\"note\":\"%s\"", note);
	for (int i = from;; i++) {
		struct event event;
		enum stored stored;
		(void)snprintf(id, sizeof id, "e%d", i);
		struct text bytes = event_json(f, "lcs", id, "visit.noted", "C1", "2020-01-01T10:00:00Z", "", data);
		OK(event_parse(f->parser, bytes, INSTANT_NONE, &event, &f->fault));
		*result = store_begin(f->store, &f->fault);
		if (*result == RESULT_OK)
			*result = events_add(f->store, &event, bytes, 0, &stored, &f->fault);
		if (*result == RESULT_OK)
			*result = store_commit(f->store, &f->fault);
		if (*result != RESULT_OK) {
			store_rollback(f->store);
			return i;
		}
		assert_true(i < 100000);
	}
}

static void a_full_disk_is_temporary_and_what_was_committed_stays(void **state)
{
	struct fixture *f = *state;
	enum result result;
	int64_t pages, events;
	OK(store_pragma(f->store, "PRAGMA max_page_count = 60", &pages, &f->fault));
	int held = fill(f, 0, &result);
	assert_int_equal(result, RESULT_TEMPORARY);
	assert_non_null(strstr(f->fault.text, "free space"));
	assert_true(held > 10);
	OK(store_pragma(f->store, "SELECT count(*) FROM event", &events, &f->fault));
	assert_int_equal(events, held);
	OK(store_pragma(f->store, "PRAGMA max_page_count = 100000", &pages, &f->fault));
	(void)store_event(f, "after", "visit.noted", "C1", "2020-01-01T10:00:00Z", "");
	fixture_reopen(f);
	OK(store_pragma(f->store, "SELECT count(*) FROM event", &events, &f->fault));
	assert_int_equal(events, held + 1);
}

static void a_write_that_fails_otherwise_is_temporary_too(void **state)
{
	struct fixture *f = *state;
	enum result result;
	int64_t events;
	struct rlimit before, small = {1 << 20, 0};
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int held = fill(f, 0, &result);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, handler);
	assert_int_equal(result, RESULT_TEMPORARY);
	(void)store_event(f, "after", "visit.noted", "C1", "2020-01-01T10:00:00Z", "");
	fixture_reopen(f);
	OK(store_pragma(f->store, "SELECT count(*) FROM event", &events, &f->fault));
	assert_int_equal(events, held + 1);
}

static void the_log_is_emptied_by_tidying(void **state)
{
	struct fixture *f = *state;
	struct store_figures figures;
	(void)store_event(f, "e1", "visit.noted", "C1", "2020-01-01T10:00:00Z", "");
	OK(store_figures(f->store, &figures, &f->fault));
	assert_true(figures.log_bytes > 0);
	OK(store_tidy(f->store, &f->fault));
	checkpoint_wait(f->store->checkpoint);
	OK(store_figures(f->store, &figures, &f->fault));
	assert_int_equal(figures.log_bytes, 0);
	assert_int_equal(figures.events, 1);
	assert_int_equal(figures.histories, 1);
	assert_true(figures.quarantine_oldest == INSTANT_NEVER);
}

static void settings_last(void **state)
{
	struct fixture *f = *state;
	struct text value;
	OK(store_get(f->store, "rules", &value, &f->fault));
	assert_int_equal(value.length, 0);
	OK(store_set(f->store, "rules", TEXT("first"), &f->fault));
	OK(store_set(f->store, "rules", TEXT("second"), &f->fault));
	fixture_reopen(f);
	OK(store_get(f->store, "rules", &value, &f->fault));
	assert_true(text_equal(value, TEXT("second")));
}

static void a_damaged_index_is_noticed_at_start(void **state)
{
	struct fixture *f = *state;
	struct store *store;
	(void)store_event(f, "e1", "visit.noted", "C1", "2020-01-01T10:00:00Z", "");
	OK(store_execute(f->store, "DELETE FROM event_index", &f->fault));
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(store_open(f->path, STORE_WRITE, &store, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "damaged"));
}

static void transactions_do_not_nest(void **state)
{
	struct fixture *f = *state;
	OK(store_begin(f->store, &f->fault));
	assert_int_equal(store_begin(f->store, &f->fault), RESULT_PERMANENT);
	store_rollback(f->store);
	assert_int_equal(store_commit(f->store, &f->fault), RESULT_PERMANENT);
}

static int64_t waits(struct fixture *f)
{
	int64_t milliseconds = 0;
	OK(store_pragma(f->store, "PRAGMA busy_timeout", &milliseconds, &f->fault));
	return milliseconds;
}

/* The loop of all councils would stand as long at each try, and each has several a second. */
static void who_holds_the_database_is_waited_for_once_until_they_have_gone(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other;
	assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
	assert_int_equal(waits(f), STORE_BUSY_MS);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_begin(f->store, &f->fault), RESULT_TEMPORARY);
	assert_non_null(strstr(f->fault.text, "is busy"));
	assert_int_equal(waits(f), STORE_HELD_MS);
	assert_int_equal(store_begin(f->store, &f->fault), RESULT_TEMPORARY);
	assert_int_equal(waits(f), STORE_HELD_MS);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	(void)store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z",
	                  "\"episode\":\"1\",\"kind\":\"missing\"");
	assert_int_equal(waits(f), STORE_BUSY_MS);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_process_is_refused_and_told_who_holds_the_database),
		TEST(a_lock_that_is_removed_lets_no_second_process_in_and_is_made_again),
		TEST(the_lock_ends_with_the_process_that_held_it),
		TEST(the_tool_reads_beside_the_daemon_and_cannot_write),
		TEST(a_foreign_database_is_refused),
		TEST(a_file_that_is_no_database_is_refused),
		TEST(a_sound_database_beside_which_nothing_can_be_written_is_not_called_damaged),
		TEST(a_newer_schema_is_refused_with_what_to_do),
		TEST(the_database_is_as_the_design_says),
		TEST(a_database_of_every_older_version_becomes_like_a_new_one),
		TEST(what_was_rolled_back_never_happened),
		TEST(a_full_disk_is_temporary_and_what_was_committed_stays),
		TEST(a_write_that_fails_otherwise_is_temporary_too),
		TEST(the_log_is_emptied_by_tidying),
		TEST(settings_last),
		TEST(a_damaged_index_is_noticed_at_start),
		TEST(transactions_do_not_nest),
		TEST(who_holds_the_database_is_waited_for_once_until_they_have_gone),
	};
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
