/* What the process died at is known at the next start: each death here is a real one, of a child process. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/attempt.h"

#define POSITION TEXT("kafka:events:0")

static char folder[64], database[80], path[100];

static int set_up(void **state)
{
	(void)state;
	(void)strcpy(folder, "/tmp/casewatch-attempt-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(database, sizeof database, "%s/casewatch.db", folder);
	(void)snprintf(path, sizeof path, "%s.attempt", database);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)rmdir(path);
	return rmdir(folder);
}

static struct attempt *opened(void)
{
	struct attempt *attempt;
	struct fault fault;
	if (attempt_open(database, &attempt, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	return attempt;
}

/* A process that is killed while it judges the record; with `ended` it is killed when it had nothing under way. */
static void die_at(struct text position, int64_t next, bool ended)
{
	pid_t child = fork();
	if (child == 0) {
		struct attempt *attempt;
		struct fault fault;
		if (attempt_open(database, &attempt, &fault) != RESULT_OK)
			_exit(1);
		attempt_begin(attempt, POSITION, 1);
		attempt_end(attempt);
		attempt_begin(attempt, position, next);
		if (ended)
			attempt_end(attempt);
		(void)kill(getpid(), SIGKILL);
		_exit(1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static void a_first_start_suspects_nothing(void **state)
{
	(void)state;
	struct attempt *attempt = opened();
	assert_false(attempt_suspects(attempt));
	assert_int_equal(attempt_deaths(attempt, POSITION, 7), 0);
	attempt_close(attempt);
}

static void the_record_at_which_the_process_was_killed_is_known_at_the_next_start(void **state)
{
	(void)state;
	die_at(POSITION, 7, false);
	struct attempt *attempt = opened();
	assert_true(attempt_suspects(attempt));
	assert_int_equal(attempt_deaths(attempt, POSITION, 7), 1);
	assert_int_equal(attempt_deaths(attempt, POSITION, 8), 0);
	assert_int_equal(attempt_deaths(attempt, TEXT("kafka:events:1"), 7), 0);
	attempt_close(attempt);
	attempt = opened(); /* a clean end is no death */
	assert_int_equal(attempt_deaths(attempt, POSITION, 7), 1);
	attempt_close(attempt);
}

static void each_death_at_one_record_counts(void **state)
{
	(void)state;
	die_at(POSITION, 7, false);
	die_at(POSITION, 9, false);
	die_at(POSITION, 7, false);
	struct attempt *attempt = opened();
	assert_int_equal(attempt_deaths(attempt, POSITION, 7), 2);
	assert_int_equal(attempt_deaths(attempt, POSITION, 9), 1);
	attempt_passed(attempt, POSITION, 7);
	attempt_passed(attempt, POSITION, 9);
	assert_false(attempt_suspects(attempt));
	attempt_close(attempt);
	attempt = opened();
	assert_false(attempt_suspects(attempt));
	attempt_close(attempt);
}

static void a_death_with_nothing_under_way_is_nobodys(void **state)
{
	(void)state;
	die_at(POSITION, 7, true);
	struct attempt *attempt = opened();
	assert_false(attempt_suspects(attempt));
	attempt_close(attempt);
}

static void more_suspects_than_there_is_room_for_lose_the_one_with_the_fewest_deaths(void **state)
{
	(void)state;
	die_at(POSITION, 1000, false);
	die_at(POSITION, 1000, false);
	for (int64_t next = 1; next <= 20; next++)
		die_at(POSITION, next, false);
	struct attempt *attempt = opened();
	assert_int_equal(attempt_deaths(attempt, POSITION, 1000), 2);
	assert_int_equal(attempt_deaths(attempt, POSITION, 20), 1);
	attempt_close(attempt);
}

static void a_name_of_any_length_is_known_by_its_beginning(void **state)
{
	(void)state;
	char name[2 * ATTEMPT_NAME];
	memset(name, 'x', sizeof name);
	die_at((struct text){name, sizeof name}, 3, false);
	struct attempt *attempt = opened();
	assert_int_equal(attempt_deaths(attempt, (struct text){name, sizeof name}, 3), 1);
	assert_int_equal(attempt_deaths(attempt, (struct text){name, 10}, 3), 0);
	attempt_close(attempt);
}

static void a_file_of_anything_else_begins_anew(void **state)
{
	(void)state;
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 20000; i++)
		(void)fputc(0xff, file);
	assert_int_equal(fclose(file), 0);
	struct attempt *attempt = opened();
	assert_false(attempt_suspects(attempt));
	attempt_close(attempt);
	die_at(POSITION, 7, false);
	attempt = opened();
	assert_int_equal(attempt_deaths(attempt, POSITION, 7), 1);
	attempt_close(attempt);
}

static void without_the_file_everything_goes_on_and_the_fault_says_what_is_missing(void **state)
{
	(void)state;
	struct attempt *attempt;
	struct fault fault;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(attempt_open(database, &attempt, &fault), RESULT_TEMPORARY);
	assert_non_null(strstr(fault.text, "would not be set aside"));
	assert_null(attempt);
	attempt_begin(attempt, POSITION, 1);
	attempt_end(attempt);
	attempt_passed(attempt, POSITION, 1);
	assert_int_equal(attempt_deaths(attempt, POSITION, 1), 0);
	assert_false(attempt_suspects(attempt));
	attempt_close(attempt);
}

#define ATTEMPT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ATTEMPT_TEST(a_first_start_suspects_nothing),
		ATTEMPT_TEST(the_record_at_which_the_process_was_killed_is_known_at_the_next_start),
		ATTEMPT_TEST(each_death_at_one_record_counts),
		ATTEMPT_TEST(a_death_with_nothing_under_way_is_nobodys),
		ATTEMPT_TEST(more_suspects_than_there_is_room_for_lose_the_one_with_the_fewest_deaths),
		ATTEMPT_TEST(a_name_of_any_length_is_known_by_its_beginning),
		ATTEMPT_TEST(a_file_of_anything_else_begins_anew),
		ATTEMPT_TEST(without_the_file_everything_goes_on_and_the_fault_says_what_is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
