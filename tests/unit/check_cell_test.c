/* What `casewatch check` says of the topics of a cell, however the brokers keep them. With a real broker:
 * tests/system/test_cell_daemons.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cli/check/check_cell.h"

static const struct config_cell alone_not = {.machine = "amber", .journal = "journal", .partition = 1};

static void assert_refused(const struct config_cell *cell, const struct journal_topic *journal, const char *words)
{
	struct buffer out = {0};
	bool good = check_cell_journal(cell, journal, &out);
	if (words && (good || !strstr(buffer_cstr(&out), words)))
		fail_msg("it says: %s", buffer_cstr(&out));
	if (!words && (!good || out.length))
		fail_msg("it says: %s", buffer_cstr(&out));
	buffer_free(&out);
}

static void three_replicas_of_which_two_must_have_it_are_good(void **state)
{
	(void)state;
	assert_refused(&alone_not, &(struct journal_topic){.partitions = 2, .replicas = 3, .in_sync = 2}, NULL);
}

static void what_one_disk_can_lose_is_refused(void **state)
{
	(void)state;
	assert_refused(&alone_not, &(struct journal_topic){.partitions = 2, .replicas = 1, .in_sync = 1},
	               "1 replica and min.insync.replicas 1");
	assert_refused(&alone_not, &(struct journal_topic){.partitions = 2, .replicas = 3, .in_sync = 1},
	               "min.insync.replicas 1");
}

static void brokers_of_which_none_may_be_away_are_refused(void **state)
{
	(void)state;
	assert_refused(&alone_not, &(struct journal_topic){.partitions = 2, .replicas = 3, .in_sync = 3},
	               "one broker that is away stops all sending");
}

static void one_broker_that_is_said_aloud_is_good(void **state)
{
	struct config_cell cell = alone_not;
	(void)state;
	cell.one_broker = CELL_ONE_BROKER_YES;
	assert_refused(&cell, &(struct journal_topic){.partitions = 2, .replicas = 1, .in_sync = 1}, NULL);
}

static void a_partition_that_there_is_not_and_a_compacted_journal_are_refused(void **state)
{
	struct config_cell cell = alone_not;
	(void)state;
	cell.one_broker = CELL_ONE_BROKER_YES;
	assert_refused(&cell, &(struct journal_topic){.partitions = 1, .replicas = 3, .in_sync = 2},
	               "cell.partition is 1, and the journal journal has 1");
	assert_refused(&cell, &(struct journal_topic){.partitions = 2, .replicas = 3, .in_sync = 2, .compacted = true},
	               "is compacted");
}

static void events_that_bear_their_producers_time_are_refused(void **state)
{
	struct buffer out = {0};
	(void)state;
	assert_false(check_cell_events("events", &(struct journal_topic){.partitions = 1}, &out));
	assert_non_null(strstr(buffer_cstr(&out), "LogAppendTime"));
	buffer_clear(&out);
	assert_true(check_cell_events("events", &(struct journal_topic){.log_time = true}, &out));
	assert_int_equal(out.length, 0);
	buffer_free(&out);
}

static void a_machine_that_is_alone_asks_nobody(void **state)
{
	struct buffer out = {0};
	const struct config config = {.council = "Example"};
	(void)state;
	assert_true(check_cell_topics(&config, &out));
	assert_int_equal(out.length, 0);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_replicas_of_which_two_must_have_it_are_good),
		cmocka_unit_test(what_one_disk_can_lose_is_refused),
		cmocka_unit_test(brokers_of_which_none_may_be_away_are_refused),
		cmocka_unit_test(one_broker_that_is_said_aloud_is_good),
		cmocka_unit_test(a_partition_that_there_is_not_and_a_compacted_journal_are_refused),
		cmocka_unit_test(events_that_bear_their_producers_time_are_refused),
		cmocka_unit_test(a_machine_that_is_alone_asks_nobody),
	};
	return cmocka_run_group_tests_name("check_cell", tests, NULL, NULL);
}
