/* Where an erased child may still be read: what nobody could read is said, and keeps nothing else from a look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unlisted.h"

#include "cli/traces.h"

static struct place {
	char directory[64], spool[96], database[96];
	struct config config;
} place;

static const char *in(const char *name)
{
	static char path[256];
	(void)snprintf(path, sizeof path, "%s/%s", place.directory, name);
	return path;
}

static void write_file(const char *name, const char *words)
{
	FILE *file = fopen(in(name), "we");
	assert_non_null(file);
	assert_true(fputs(words, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static bool has(const char *name, const char *words)
{
	char bytes[512];
	FILE *file = fopen(in(name), "re");
	assert_non_null(file);
	bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	return strstr(bytes, words) != NULL;
}

static int setup(void **state)
{
	(void)state;
	(void)snprintf(place.directory, sizeof place.directory, "/tmp/casewatch-traces-XXXXXX");
	assert_non_null(mkdtemp(place.directory));
	(void)snprintf(place.spool, sizeof place.spool, "%s/spool", place.directory);
	(void)snprintf(place.database, sizeof place.database, "%s/casewatch.db", place.directory);
	place.config = (struct config){.spool = place.spool, .database = place.database};
	assert_int_equal(mkdir(place.spool, 0700), 0);
	assert_int_equal(mkdir(in("spool/done"), 0700), 0);
	write_file("casewatch.db", "nobody");
	unlisted = false;
	return 0;
}

static int teardown(void **state)
{
	char command[128];
	(void)state;
	(void)snprintf(command, sizeof command, "rm -r %s", place.directory);
	return system(command); /* NOLINT: the directory that setup made */
}

static struct traces look(void)
{
	static const struct text ids[] = {TEXT_LITERAL("C1")};
	struct traces traces = {0};
	traces_look(&place.config, ids, 1, &traces);
	return traces;
}

static bool is_named(const struct traces *traces, const char *path)
{
	return traces->unread && strstr(traces->unread_names.at, path) != NULL;
}

static void where_all_can_be_read_nothing_is_said_to_be_unread(void **state)
{
	(void)state;
	write_file("spool/done/a.jsonl", "{\"subject\":\"C1\"}\n{\"subject\":\"C2\"}\n");
	struct traces traces = look();
	assert_int_equal(traces.lines, 1);
	assert_int_equal(traces.unread, 0);
	assert_int_equal(traces.left, 0);
	assert_false(has("spool/done/a.jsonl", "C1"));
	assert_true(has("spool/done/a.jsonl", "C2"));
	traces_free(&traces);
}

static void a_directory_that_cannot_be_listed_is_not_taken_for_one_without_the_child(void **state)
{
	(void)state;
	write_file("spool/done/a.jsonl", "{\"subject\":\"C1\"}\n");
	write_file("casewatch.db.before-1", "\"C1\"");
	unlisted = true;
	struct traces traces = look();
	unlisted = false;
	assert_int_equal(traces.unread, 2);
	assert_true(is_named(&traces, "spool/done: "));
	assert_true(is_named(&traces, place.directory));
	traces_free(&traces);
}

static void a_file_that_cannot_be_written_anew_keeps_no_other_with_the_child(void **state)
{
	(void)state;
	write_file("spool/done/a.jsonl", "{\"subject\":\"C1\"}\n");
	write_file("spool/done/b.jsonl", "{\"subject\":\"C1\"}\n");
	write_file("spool/done/c.jsonl", "{\"subject\":\"C1\"}\n");
	assert_int_equal(mkdir(in("spool/done/.b.jsonl.erasing"), 0700), 0);
	write_file("casewatch.db.before-1", "\"C1\"");
	struct traces traces = look();
	assert_int_equal(traces.lines, 2);
	assert_false(has("spool/done/a.jsonl", "C1"));
	assert_false(has("spool/done/c.jsonl", "C1"));
	assert_int_equal(traces.unread, 1);
	assert_true(is_named(&traces, "spool/done/b.jsonl: "));
	assert_int_equal(traces.backups, 1);
	traces_free(&traces);
}

static void a_file_of_the_database_that_cannot_be_read_is_said(void **state)
{
	(void)state;
	assert_int_equal(symlink(place.database, in("casewatch.db-wal")), 0); /* which is not followed */
	struct traces traces = look();
	assert_int_equal(traces.unread, 1);
	assert_true(is_named(&traces, "casewatch.db-wal: "));
	traces_free(&traces);
}

static void a_backup_that_cannot_be_noted_is_said_when_it_is_made_and_when_a_child_is_erased(void **state)
{
	struct fault fault = {{0}};
	(void)state;
	assert_int_equal(traces_note_backup(place.database, in("casewatch.db"), 0, &fault), RESULT_OK);
	struct traces traces = look();
	assert_int_equal(traces.backups, 1);
	assert_int_equal(traces.unread, 0);
	traces_free(&traces);
	assert_int_equal(unlink(in("casewatch.db.backups")), 0);
	assert_int_equal(mkdir(in("casewatch.db.backups"), 0700), 0);
	assert_int_equal(traces_note_backup(place.database, place.database, 0, &fault), RESULT_TEMPORARY);
	assert_non_null(strstr(fault.text, "casewatch.db.backups"));
	traces = look();
	assert_int_equal(traces.unread, 1);
	assert_true(is_named(&traces, "casewatch.db.backups: "));
	traces_free(&traces);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_all_can_be_read_nothing_is_said_to_be_unread),
		TEST(a_directory_that_cannot_be_listed_is_not_taken_for_one_without_the_child),
		TEST(a_file_that_cannot_be_written_anew_keeps_no_other_with_the_child),
		TEST(a_file_of_the_database_that_cannot_be_read_is_said),
		TEST(a_backup_that_cannot_be_noted_is_said_when_it_is_made_and_when_a_child_is_erased),
	};
	return cmocka_run_group_tests_name("traces", tests, NULL, NULL);
}
