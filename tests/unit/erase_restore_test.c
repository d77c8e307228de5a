/* Erasures and older databases: what was erased stays away from each that is put back, whichever of two files says so;
 * and what came since stays. */
#include "store_fixture.h"

#include "store/copies/backup.h"
#include "store/erasure/erasures.h"

#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>

#define CHILD "C1"

static struct erasure_order order_of(const char *subject)
{
	return (struct erasure_order){.subject = text_of(subject),
	                              .person = TEXT("p-dpo"),
	                              .reason = TEXT("request 31"),
	                              .at = 1700000000 * SECOND,
	                              .audit_from = INSTANT_NONE};
}

static void finish(struct fixture *f)
{
	for (bool more = true; more;)
		OK(erasures_step(f->store, 1700000000 * SECOND, &more, &f->fault));
}

static void erase(struct fixture *f, const char *subject)
{
	struct erasure_order order = order_of(subject);
	OK(erasures_begin(f->store, &order, &f->fault));
	finish(f);
}

static enum stored come(struct fixture *f, const char *id, const char *subject)
{
	OK(store_begin(f->store, &f->fault));
	enum stored stored = store_bytes(f,
	                                 event_json(f, "lcs", id, "missing.started", subject, "2020-01-01T00:00:00Z",
	                                            "", "\"episode\":\"e\",\"kind\":\"missing\""),
	                                 NULL);
	OK(store_commit(f->store, &f->fault));
	return stored;
}

static void copy(const char *from, const char *to)
{
	char piece[65536];
	int source = open(from, O_RDONLY), copy = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	for (ssize_t got; (got = read(source, piece, sizeof piece)) > 0;)
		assert_int_equal(write(copy, piece, (size_t)got), got);
	(void)close(source);
	(void)close(copy);
}

static void erase_at(struct fixture *f, const char *subject, instant at)
{
	struct erasure_order order = order_of(subject);
	order.at = at;
	OK(erasures_begin(f->store, &order, &f->fault));
	finish(f);
}

static int count_events(struct fixture *f, const char *subject)
{
	struct seen seen = {0};
	OK(events_history(f->store, PARTY_NONE, text_of(subject), see_event, &seen, &f->fault));
	buffer_free(&seen.ids);
	return seen.count;
}

/* An older database knows the first time alone: by the id it is none that was erased since. */
static void a_child_that_was_erased_twice_is_erased_again_of_a_database_from_between(void **state)
{
	struct fixture *f = *state;
	char older[160];
	(void)snprintf(older, sizeof older, "%s/older.db", f->directory);
	(void)come(f, "m7", CHILD);
	erase(f, CHILD);
	(void)come(f, "news", CHILD);
	OK(backup_copy(f->path, older, NULL, NULL, &f->fault));
	erase_at(f, CHILD, 1700000001 * SECOND);
	store_close(f->store);
	copy(older, f->path);
	fixture_open(f);
	assert_int_equal(erasures_begun_again(f->store), 1);
	finish(f);
	assert_int_equal(count_events(f, CHILD), 0);
	assert_int_equal(come(f, "news", CHILD), STORED_ERASED);
	assert_int_equal(come(f, "and-later", CHILD), STORED_NEW);
	fixture_reopen(f); /* it is on record now */
	assert_int_equal(erasures_begun_again(f->store), 0);
	assert_int_equal(count_events(f, CHILD), 1);
}

/* A database that knew the first time alone, and was written to since the second. */
static void news_stays_where_an_erasure_before_it_is_found_late(void **state)
{
	struct fixture *f = *state;
	char file[160], line[160], mark[128] = "";
	(void)snprintf(file, sizeof file, "%s.erased", f->path);
	(void)come(f, "m7", CHILD);
	erase(f, CHILD);
	(void)come(f, "news", CHILD);
	store_close(f->store);
	FILE *erased = fopen(file, "r+e");
	assert_non_null(erased);
	while (!*mark && fgets(line, sizeof line, erased))
		(void)sscanf(line, "subject %127s", mark);
	assert_int_equal(fseek(erased, 0, SEEK_END), 0);
	(void)fprintf(erased, "subject %s %lld\n", mark, 1590000000LL * SECOND); /* before it came */
	assert_int_equal(fclose(erased), 0);
	fixture_open(f);
	finish(f);
	assert_int_equal(count_events(f, CHILD), 1);
	assert_int_equal(erasures_begun_again(f->store), 0);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *database = NULL;
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static enum result see_reason(void *argument, const struct erasure_row *row, struct fault *fault)
{
	(void)fault;
	return buffer_format(argument, "%.*s|", TEXT_ARG(row->reason)), RESULT_OK;
}

/* Once more erased, of a database from between, which was written to before the file was found: not all may go, and
 * that something stands is not called done. */
static void records_that_stand_beside_news_are_said_to(void **state)
{
	struct fixture *f = *state;
	char file[160], line[160], mark[128] = "";
	struct buffer reasons = {0};
	(void)snprintf(file, sizeof file, "%s.erased", f->path);
	(void)come(f, "m7", CHILD);
	erase_at(f, CHILD, 1500000000 * SECOND);
	(void)come(f, "to-go", CHILD);
	(void)come(f, "news", CHILD);
	store_close(f->store);
	run_sql(f->path, "UPDATE event SET arrived = CASE (SELECT max(id) FROM event) WHEN id THEN 1600000000000000"
	                 " ELSE 1578000000000000 END");
	FILE *erased = fopen(file, "r+e");
	assert_non_null(erased);
	while (!*mark && fgets(line, sizeof line, erased))
		(void)sscanf(line, "subject %127s", mark);
	assert_int_equal(fseek(erased, 0, SEEK_END), 0);
	(void)fprintf(erased, "subject %s %lld\n", mark, 1580000000LL * SECOND); /* between the two */
	assert_int_equal(fclose(erased), 0);
	fixture_open(f);
	finish(f);
	assert_int_equal(count_events(f, CHILD), 2);
	OK(erasures_each(f->store, see_reason, &reasons, &f->fault));
	assert_non_null(strstr(buffer_cstr(&reasons), "NOT erased again"));
	buffer_free(&reasons);
}

/* ---- two files ---- */

static int subjects_in(const char *path)
{
	char line[160];
	int count = 0;
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		count += strncmp(line, "subject ", 8) == 0;
	(void)fclose(file);
	return count;
}

static void restore(struct fixture *f, const char *backup, int64_t erased)
{
	struct restored restored;
	store_close(f->store);
	OK(backup_restore(f->path, backup, true, 1700000002 * SECOND, &restored, &f->fault));
	assert_int_equal(restored.erased, erased);
	fixture_open(f);
	finish(f);
}

/* The file beside the database may be of before (a machine that was lost and made anew), or that beside the backup. */
static void who_is_erased_by_one_of_two_files_stays_erased_after_a_restore(void **state)
{
	struct fixture *f = *state;
	char backup[128], beside[160], own[160], kept[160];
	(void)snprintf(backup, sizeof backup, "%s/backup.db", f->directory);
	(void)snprintf(beside, sizeof beside, "%s.erased", backup);
	(void)snprintf(own, sizeof own, "%s.erased", f->path);
	(void)snprintf(kept, sizeof kept, "%s/kept", f->directory);
	(void)come(f, "a1", "A");
	(void)come(f, "b1", "B");
	(void)come(f, "c1", "C");
	(void)come(f, "d1", "D");
	erase(f, "A"); /* so that there is a key */
	copy(own, kept);
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	erase(f, "B");
	copy(own, beside);
	store_close(f->store);
	copy(backup, f->path);
	copy(kept, own);
	fixture_open(f);
	erase(f, "C");
	restore(f, backup, 2);
	assert_int_equal(count_events(f, "A") + count_events(f, "B") + count_events(f, "C"), 0);
	assert_int_equal(count_events(f, "D"), 1);
	assert_int_equal(come(f, "b1", "B"), STORED_ERASED);
	assert_int_equal(come(f, "c1", "C"), STORED_ERASED);
	restore(f, backup, 2); /* and both are in the file from then on, once */
	assert_int_equal(count_events(f, "B") + count_events(f, "C"), 0);
	assert_int_equal(subjects_in(own), 3);
}

/* To take one of them would be to forget, in silence, who is erased by the other. */
static void two_files_of_two_databases_are_not_put_together(void **state)
{
	struct fixture *f = *state;
	char backup[128], beside[160];
	struct restored restored;
	(void)snprintf(backup, sizeof backup, "%s/backup.db", f->directory);
	(void)snprintf(beside, sizeof beside, "%s.erased", backup);
	(void)come(f, "m7", CHILD);
	OK(backup_copy(f->path, backup, NULL, NULL, &f->fault));
	erase(f, CHILD);
	int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dprintf(file, "casewatch erasures 1 %064d\nrecords 0011223344556677\n", 0);
	(void)close(file);
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(backup_restore(f->path, backup, true, 1700000002 * SECOND, &restored, &f->fault),
	                 RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "are of two databases"));
	fixture_open(f);
	assert_int_equal(count_events(f, CHILD), 0);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_child_that_was_erased_twice_is_erased_again_of_a_database_from_between),
		TEST(news_stays_where_an_erasure_before_it_is_found_late),
		TEST(records_that_stand_beside_news_are_said_to),
		TEST(who_is_erased_by_one_of_two_files_stays_erased_after_a_restore),
		TEST(two_files_of_two_databases_are_not_put_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
