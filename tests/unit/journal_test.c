/* The journal without a broker: what it refuses, what passes between its thread and the loop, and that it waits. With a
 * real broker: tests/system/test_cell.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cell/journal.h"
#include "cell/journal_ring.h"

static const struct kafka_property nowhere[] = {{"bootstrap.servers", "127.0.0.1:1"}};

static struct journal_settings settings_of(const struct journal_council *councils, size_t count)
{
	return (struct journal_settings){.topic = "journal",
	                                 .group = "cell",
	                                 .owner = "amber",
	                                 .since = 1,
	                                 .properties = nowhere,
	                                 .property_count = 1,
	                                 .councils = councils,
	                                 .council_count = count};
}

static void refused(const struct journal_settings *settings, const char *word)
{
	struct journal *journal;
	struct fault fault = {""};
	assert_int_equal(journal_open(settings, &journal, &fault), RESULT_PERMANENT);
	assert_null(journal);
	assert_non_null(strstr(fault.text, word));
}

static void two_councils_with_one_partition_are_refused(void **state)
{
	const struct journal_council councils[] = {{.name = TEXT("ashford"), .partition = 3},
	                                           {.name = TEXT("bexley"), .partition = 3}};
	const struct journal_settings settings = settings_of(councils, 2);
	(void)state;
	refused(&settings, "two councils have partition 3");
}

static void names_that_no_record_can_hold_are_refused(void **state)
{
	char name[JOURNAL_NAME_MOST + 2];
	(void)state;
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = '\0';
	const struct journal_council councils[] = {{.name = text_of(name)}};
	struct journal_settings settings = settings_of(councils, 1);
	refused(&settings, "a council of a cell has a name");
	settings.owner = name;
	refused(&settings, "a machine of a cell has a name");
	settings = settings_of(councils, 0);
	refused(&settings, "a cell has 1 to");
}

static void a_property_that_there_is_not_is_refused(void **state)
{
	const struct kafka_property wrong[] = {{"bootstrap.servers", "127.0.0.1:1"}, {"no.such.thing", "1"}};
	const struct journal_council councils[] = {{.name = TEXT("ashford")}};
	struct journal_settings settings = settings_of(councils, 1);
	(void)state;
	settings.properties = wrong;
	settings.property_count = 2;
	refused(&settings, "no.such.thing");
}

static void owns_nothing(void *context, size_t council, bool owns)
{
	(void)context;
	(void)council;
	(void)owns;
	fail_msg("it owns without a broker");
}

static void without_a_broker_nothing_is_anybodys_to_send_and_it_ends_all_the_same(void **state)
{
	const struct journal_council councils[] = {{.name = TEXT("ashford"), .place = {17, 5}}};
	struct journal_settings settings = settings_of(councils, 1);
	const struct journal_row row = {{1}};
	struct journal *journal;
	struct fault fault = {""};
	instant until;
	(void)state;
	settings.host.owns = owns_nothing;
	assert_int_equal(journal_open(&settings, &journal, &fault), RESULT_OK);
	assert_true(journal_wake(journal) > clock_boot());
	assert_int_equal(journal_want(journal, 0, &row, &row, false, &until), OWNERSHIP_NOT_OURS);
	assert_false(journal_owns(journal, 0));
	assert_false(journal_is_read(journal, 0));
	assert_int_equal(journal_under_way(journal, 0), 0);
	assert_int_equal(journal_place(journal, 0).position, 17);
	journal_close(journal);
}

static void what_is_handed_over_is_taken_in_order_and_a_full_ring_refuses(void **state)
{
	struct fault fault;
	struct journal_ring *ring = journal_ring_new(2, &fault);
	struct journal_item item = {.kind = JOURNAL_ITEM_RECORD};
	(void)state;
	for (item.position = 0; item.position < JOURNAL_ITEMS_MOST; item.position++)
		assert_true(journal_ring_push(ring, &item));
	assert_false(journal_ring_push(ring, &item));
	assert_false(journal_ring_wait_room(ring, 0));
	assert_true(journal_ring_take(ring, &item));
	assert_int_equal(item.position, 0);
	assert_true(journal_ring_wait_room(ring, 0));
	item.position = JOURNAL_ITEMS_MOST;
	assert_true(journal_ring_push(ring, &item));
	for (int64_t position = 1; position <= JOURNAL_ITEMS_MOST; position++) {
		assert_true(journal_ring_take(ring, &item));
		assert_int_equal(item.position, position);
	}
	assert_false(journal_ring_take(ring, &item));
	journal_ring_free(ring);
}

static void whom_the_group_names_is_heard_by_council(void **state)
{
	struct fault fault;
	struct journal_ring *ring = journal_ring_new(2, &fault);
	bool unnamed = true;
	(void)state;
	assert_false(journal_ring_named(ring, 1, &unnamed));
	assert_false(unnamed);
	journal_ring_name(ring, 1, true);
	assert_true(journal_ring_named(ring, 1, &unnamed));
	assert_false(unnamed);
	assert_false(journal_ring_named(ring, 0, &unnamed));
	assert_false(unnamed);
	assert_false(journal_ring_stopping(ring));
	journal_ring_stop(ring);
	assert_true(journal_ring_stopping(ring));
	journal_ring_free(ring);
}

/* A machine that hands over where no other is there is named again at once. Had the loop not heard of the time between,
 * it would wait for ever to have left, and send nothing meanwhile. */
static void who_was_named_again_before_the_loop_looked_hears_that_it_was_not(void **state)
{
	struct fault fault;
	struct journal_ring *ring = journal_ring_new(2, &fault);
	bool unnamed = false;
	(void)state;
	journal_ring_name(ring, 1, true);
	assert_true(journal_ring_named(ring, 1, &unnamed));
	journal_ring_name(ring, 1, false);
	journal_ring_name(ring, 1, true);
	assert_true(journal_ring_named(ring, 1, &unnamed));
	assert_true(unnamed);
	assert_true(journal_ring_named(ring, 1, &unnamed));
	assert_false(unnamed);
	assert_false(journal_ring_named(ring, 0, &unnamed));
	assert_false(unnamed);
	journal_ring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_councils_with_one_partition_are_refused),
		cmocka_unit_test(names_that_no_record_can_hold_are_refused),
		cmocka_unit_test(a_property_that_there_is_not_is_refused),
		cmocka_unit_test(without_a_broker_nothing_is_anybodys_to_send_and_it_ends_all_the_same),
		cmocka_unit_test(what_is_handed_over_is_taken_in_order_and_a_full_ring_refuses),
		cmocka_unit_test(whom_the_group_names_is_heard_by_council),
		cmocka_unit_test(who_was_named_again_before_the_loop_looked_hears_that_it_was_not),
	};
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
