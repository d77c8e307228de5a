/* What is kept no longer, in the daemon: a child whose rows cannot be read keeps no other child longer. */
#include "day_world.h"
#include "unlisted.h"

#include <sys/stat.h>

#include "base/file.h"
#include "run/orders.h"

/* ---- the orders of a cell, without one ---- */

#define ORDERS_MOST 8

static struct {
	bool are_given;
	int room, count; /* room: for so many more */
	char orders[ORDERS_MOST][128];
} cell;

bool __wrap_orders_are_given(const struct council *council);
bool __wrap_orders_give(struct council *council, const char *order, struct text bytes);

bool __wrap_orders_are_given(const struct council *council)
{
	(void)council;
	return cell.are_given;
}

bool __wrap_orders_give(struct council *council, const char *order, struct text bytes)
{
	(void)council;
	assert_string_equal(order, ORDER_RETENTION);
	if (cell.room-- <= 0)
		return false;
	assert_in_range(cell.count, 0, ORDERS_MOST - 1);
	(void)snprintf(cell.orders[cell.count++], sizeof cell.orders[0], "%.*s", TEXT_ARG(bytes));
	return true;
}

static int begin(void **state)
{
	memset(&cell, 0, sizeof cell);
	assert_int_equal(setup(state), 0);
	stop();
	write_config("retention: {child-years: 3}\n");
	start();
	return 0;
}

static void no_reading(sqlite3_context *context, int arguments, sqlite3_value **values)
{
	(void)arguments, (void)values;
	sqlite3_result_error_code(context, SQLITE_IOERR_READ);
}

/* Who was done with years ago, as if stored then. */
static void children(int count_of_them)
{
	for (int i = 1; i <= count_of_them; i++) {
		char child[16];
		(void)snprintf(child, sizeof child, "C%d", i);
		happens("2020-02-02T09:00:00Z", "child.updated", child, "\"initials\":\"AB\"");
	}
	live_until("2026-02-02T06:05:00Z");
	assert_int_equal(count("SELECT count(*) FROM event"), count_of_them);
	assert_int_equal(sqlite3_exec(world.council->store->database, "UPDATE event SET arrived = time", NULL, NULL,
	                              NULL),
	                 SQLITE_OK);
}

static void comes_back(const char *words)
{
	struct fault fault;
	const struct source_record record = {.order = TEXT(ORDER_RETENTION), .bytes = text_of(words)};
	assert_int_equal(tidying_carry_out(world.council, &record, &fault), RESULT_OK);
}

/* What one machine finds at a moment of its own is done by none before it comes from the log. */
static void in_a_cell_who_is_due_is_ordered_and_goes_when_the_order_comes_back(void **state)
{
	(void)state;
	cell.are_given = true;
	cell.room = 3;
	children(5);
	live_until("2026-02-02T06:20:00Z");
	assert_int_equal(cell.count, 3);
	assert_int_equal(count("SELECT count(*) FROM erasure"), 0);
	cell.room = ORDERS_MOST;
	for (int i = 0; i < 3; i++)
		comes_back(cell.orders[i]);
	live_until("2026-02-02T10:00:00Z"); /* where there was no room it is looked again, a second later */
	assert_int_equal(cell.count, 5);
	for (int i = 0; i < 5; i++) /* two machines may order the same */
		comes_back(cell.orders[i]);
	assert_int_equal(count("SELECT count(*) FROM erasure"), 5);
}

/* Between the looking and the place in the log somebody wrote of one child, and another was linked with it. */
static void who_came_back_before_the_order_stays_with_whoever_is_the_same_child(void **state)
{
	(void)state;
	cell.are_given = true;
	cell.room = ORDERS_MOST;
	children(3);
	live_until("2026-02-02T06:20:00Z");
	assert_int_equal(cell.count, 3);
	happens("2026-02-02T06:21:00Z", "person.merged", "C1", "\"from\":\"C2\"");
	live_until("2026-02-02T06:30:00Z");
	for (int i = 0; i < 3; i++)
		comes_back(cell.orders[i]);
	comes_back("no order");
	comes_back("1 2 3 ");
	assert_int_equal(count("SELECT count(*) FROM erasure"), 1);
	assert_int_equal(count("SELECT count(*) FROM history WHERE name IN ('C1', 'C2')"), 2);
}

static void of_children_that_are_due_the_one_that_cannot_be_read_stays_alone(void **state)
{
	(void)state;
	children(5);
	sqlite3 *database = world.council->store->database;
	assert_int_equal(
		sqlite3_create_function(database, "no_reading", 0, SQLITE_UTF8, NULL, no_reading, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_exec(database,
	                              "CREATE TEMP TRIGGER no_c2 BEFORE INSERT ON main.erasure WHEN new.child = "
	                              "(SELECT history FROM main.event WHERE id = 2) BEGIN SELECT no_reading(); END",
	                              NULL, NULL, NULL),
	                 SQLITE_OK);
	live_until("2026-02-02T10:00:00Z");
	assert_int_equal(count("SELECT count(*) FROM erasure"), 4);
}

/* ---- files of the spool ---- */

#define TAKEN 1200 /* more than two turns look at */

static size_t files_left(const char *directory)
{
	DIR *listing = opendir(directory);
	size_t left = 0;
	int why = 0;
	assert_non_null(listing);
	for (const struct dirent *entry; (entry = file_next(listing, &why));)
		left += entry->d_name[0] != '.';
	assert_int_equal(why, 0);
	(void)closedir(listing);
	return left;
}

/* Two days after the files were written, by the clock of whoever wrote them. */
static void start_two_days_later(const char *spool)
{
	char done[128], more[256], file[160];
	struct stat found;
	(void)snprintf(done, sizeof done, "%s/done", spool);
	assert_int_equal(mkdir(spool, 0700), 0);
	assert_int_equal(mkdir(done, 0700), 0);
	for (int i = 0; i < TAKEN; i++) {
		(void)snprintf(file, sizeof file, "%s/%d.jsonl", done, i);
		FILE *taken = fopen(file, "we");
		assert_non_null(taken);
		assert_int_equal(fclose(taken), 0);
	}
	assert_int_equal(stat(file, &found), 0);
	stop();
	world.hands.now = (found.st_ctim.tv_sec + 48 * 3600) * SECOND;
	(void)snprintf(more, sizeof more, "spool: %s\nretention: {spool-days: 1}\n", spool);
	write_config(more);
	start();
}

static void live_for(instant span)
{
	char until[40];
	instant_print(world.hands.now + span, until);
	live_until(until);
}

static int said;

static void listen(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about;
	said += strstr(line, "may be kept beyond their time: it cannot be read") != NULL;
}

static void files_that_were_taken_go_in_time_and_ones_that_cannot_be_listed_are_said(void **state)
{
	char spool[100], done[128];
	(void)state;
	(void)snprintf(spool, sizeof spool, "%s/spool", world.directory);
	(void)snprintf(done, sizeof done, "%s/done", spool);
	start_two_days_later(spool);
	log_set_level(LOG_LEVEL_WARNING);
	log_set_sink(listen);
	live_for(11 * MINUTE);
	assert_int_equal(files_left(done), 0);
	assert_int_equal(said, 0);
	unlisted = true;
	live_for(25 * HOUR);
	unlisted = false;
	assert_int_equal(said, 1);
	log_set_sink(NULL);
	log_set_level(LOG_LEVEL_ERROR);
	(void)rmdir(done);
	(void)rmdir(spool);
}

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(of_children_that_are_due_the_one_that_cannot_be_read_stays_alone, begin,
	                                        teardown),
		cmocka_unit_test_setup_teardown(in_a_cell_who_is_due_is_ordered_and_goes_when_the_order_comes_back,
	                                        begin, teardown),
		cmocka_unit_test_setup_teardown(
			files_that_were_taken_go_in_time_and_ones_that_cannot_be_listed_are_said, begin, teardown),
		cmocka_unit_test_setup_teardown(who_came_back_before_the_order_stays_with_whoever_is_the_same_child,
	                                        begin, teardown),
	};
	return cmocka_run_group_tests_name("tidying", tests, NULL, NULL);
}
