/* One machine's side of the journal, in sentences; every order of what may happen is ownership_states_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "cell/ownership.h"

#define LIFE 1000u
#define FOREIGN 7u

struct desk {
	struct ownership *machine;
	instant now;
	int64_t position;
};

static struct journal_row row(unsigned char number)
{
	struct journal_row row;
	memset(row.at, number, sizeof row.at);
	return row;
}

static int set_up(void **state)
{
	static struct desk desk;
	desk = (struct desk){.now = HOUR};
	desk.machine = ownership_new(TEXT("ashford"), TEXT("amber"), LIFE, (struct ownership_place){0, 0}, 0);
	*state = &desk;
	return 0;
}

static int tear_down(void **state)
{
	struct desk *desk = *state;
	ownership_free(desk->machine);
	return 0;
}

/* The next order, of that kind. */
static struct ownership_order ordered(struct desk *desk, enum ownership_order_kind kind)
{
	struct ownership_order order;
	assert_true(ownership_order(desk->machine, &order));
	assert_int_equal(order.kind, kind);
	return order;
}

static void nothing_ordered(struct desk *desk)
{
	struct ownership_order order;
	assert_false(ownership_order(desk->machine, &order));
}

static void read_it(struct desk *desk, const struct journal_record *record)
{
	ownership_read(desk->machine, desk->position++, record, desk->now);
}

static void read_of(struct desk *desk, enum journal_kind kind, uint64_t nonce, unsigned char number,
                    enum journal_what what)
{
	read_it(desk, &(struct journal_record){.kind = kind,
	                                       .nonce = nonce,
	                                       .row = row(number),
	                                       .message = row(number),
	                                       .attempt = 1,
	                                       .what = what});
}

/* Appends what is asked for, of that kind, and reads it back. */
static struct journal_record back(struct desk *desk, enum journal_kind kind)
{
	struct ownership_order order = ordered(desk, OWNERSHIP_APPEND);
	assert_int_equal(order.record.kind, kind);
	read_it(desk, &order.record);
	return order.record;
}

static void own(struct desk *desk)
{
	ownership_assigned(desk->machine, desk->now);
	(void)back(desk, JOURNAL_OWN);
	(void)ordered(desk, OWNERSHIP_OWNS);
}

static enum ownership_answer want(struct desk *desk, unsigned char number, instant *until)
{
	struct journal_row id = row(number);
	return ownership_want(desk->machine, &id, &id, true, desk->now, until);
}

static void wanted(struct desk *desk, unsigned char number)
{
	instant until;
	assert_int_equal(want(desk, number, &until), OWNERSHIP_WANTED);
}

static struct ownership_order started(struct desk *desk, unsigned char number)
{
	wanted(desk, number);
	(void)back(desk, JOURNAL_INTENT);
	return ordered(desk, OWNERSHIP_START);
}

static void a_machine_owns_once_it_has_read_its_own_mark_and_all_before_it(void **state)
{
	struct desk *desk = *state;
	instant until;
	ownership_assigned(desk->machine, desk->now);
	struct ownership_order mine = ordered(desk, OWNERSHIP_APPEND);
	assert_true(text_equal(mine.record.council, TEXT("ashford")) && text_equal(mine.record.owner, TEXT("amber")));
	assert_int_equal(want(desk, 1, &until), OWNERSHIP_NOT_OURS);
	read_of(desk, JOURNAL_OWN, FOREIGN, 0, 0);
	read_of(desk, JOURNAL_INTENT, FOREIGN, 1, 0);
	assert_false(ownership_owns(desk->machine));
	read_it(desk, &mine.record);
	assert_true(ownership_owns(desk->machine));
	assert_memory_equal(ordered(desk, OWNERSHIP_DOUBTFUL).row.at, row(1).at, JOURNAL_ROW_BYTES);
	(void)ordered(desk, OWNERSHIP_OWNS);
	nothing_ordered(desk);
}

static void a_row_is_started_once_its_intent_is_read_back_and_within_five_seconds_of_asking(void **state)
{
	struct desk *desk = *state;
	own(desk);
	instant asked = desk->now;
	wanted(desk, 1);
	desk->now += 4 * SECOND;
	(void)back(desk, JOURNAL_INTENT);
	assert_int_equal(ordered(desk, OWNERSHIP_START).until, asked + 5 * SECOND);
}

static void an_intent_that_comes_back_too_late_is_closed_and_its_row_waits_again(void **state)
{
	struct desk *desk = *state;
	own(desk);
	wanted(desk, 1);
	struct ownership_order intent = ordered(desk, OWNERSHIP_APPEND);
	desk->now += 5 * SECOND + 1;
	read_it(desk, &intent.record);
	(void)ordered(desk, OWNERSHIP_NOT_START);
	struct journal_record closed = back(desk, JOURNAL_RESULT);
	assert_int_equal(closed.what, JOURNAL_NOT_STARTED);
	(void)ordered(desk, OWNERSHIP_RESULT);
	assert_int_equal(ownership_under_way(desk->machine), 0);
	wanted(desk, 1);
}

static void an_intent_that_never_comes_back_gives_its_row_back(void **state)
{
	struct desk *desk = *state;
	own(desk);
	wanted(desk, 1);
	(void)ordered(desk, OWNERSHIP_APPEND);
	assert_int_equal(ownership_next_time(desk->machine), desk->now + 5 * SECOND + 1);
	desk->now = ownership_next_time(desk->machine);
	ownership_time(desk->machine, desk->now);
	(void)ordered(desk, OWNERSHIP_NOT_START);
	assert_int_equal(ownership_next_time(desk->machine), INSTANT_NEVER);
}

static void a_foreign_mark_before_the_intent_makes_it_void(void **state)
{
	struct desk *desk = *state;
	own(desk);
	wanted(desk, 1);
	struct ownership_order intent = ordered(desk, OWNERSHIP_APPEND);
	read_of(desk, JOURNAL_OWN, FOREIGN, 0, 0);
	(void)ordered(desk, OWNERSHIP_STOPS);
	(void)ordered(desk, OWNERSHIP_NOT_START);
	read_it(desk, &intent.record);
	nothing_ordered(desk);
}

static void a_foreign_mark_behind_the_intent_leaves_the_send_to_its_end(void **state)
{
	struct desk *desk = *state;
	own(desk);
	struct ownership_order start = started(desk, 1);
	read_of(desk, JOURNAL_OWN, FOREIGN, 0, 0);
	(void)ordered(desk, OWNERSHIP_DOUBTFUL);
	(void)ordered(desk, OWNERSHIP_STOPS);
	ownership_over(desk->machine, &start.row, start.attempt, JOURNAL_TAKEN, desk->now);
	assert_int_equal(back(desk, JOURNAL_RESULT).what, JOURNAL_TAKEN);
	assert_int_equal(ordered(desk, OWNERSHIP_RESULT).what, JOURNAL_TAKEN);
}

static void whoever_the_group_still_names_claims_again_after_a_pause(void **state)
{
	struct desk *desk = *state;
	own(desk);
	read_of(desk, JOURNAL_OWN, FOREIGN, 0, 0);
	(void)ordered(desk, OWNERSHIP_STOPS);
	nothing_ordered(desk);
	desk->now = ownership_next_time(desk->machine);
	ownership_time(desk->machine, desk->now);
	(void)back(desk, JOURNAL_OWN);
	(void)ordered(desk, OWNERSHIP_OWNS);
}

static void two_that_both_believe_to_be_named_wait_longer_each_time(void **state)
{
	struct desk *desk = *state;
	instant pause = 0;
	own(desk);
	for (int i = 0; i < 10; i++) {
		read_of(desk, JOURNAL_OWN, FOREIGN + (uint64_t)i, 0, 0);
		(void)ordered(desk, OWNERSHIP_STOPS);
		instant next = ownership_next_time(desk->machine) - desk->now;
		assert_true(next == (pause ? 2 * pause : OWNERSHIP_AGAIN_AFTER) || next == OWNERSHIP_AGAIN_MOST);
		pause = next;
		desk->now += pause;
		ownership_time(desk->machine, desk->now);
		(void)back(desk, JOURNAL_OWN);
		(void)ordered(desk, OWNERSHIP_OWNS);
	}
	assert_int_equal(pause, OWNERSHIP_AGAIN_MOST);
	ownership_revoked(desk->machine, desk->now);
	(void)ordered(desk, OWNERSHIP_STOPS);
	own(desk);
	read_of(desk, JOURNAL_OWN, FOREIGN + 100, 0, 0);
	assert_int_equal(ownership_next_time(desk->machine) - desk->now, OWNERSHIP_AGAIN_AFTER);
}

static void whoever_it_names_no_more_does_not(void **state)
{
	struct desk *desk = *state;
	own(desk);
	ownership_revoked(desk->machine, desk->now);
	(void)ordered(desk, OWNERSHIP_STOPS);
	read_of(desk, JOURNAL_OWN, FOREIGN, 0, 0);
	assert_int_equal(ownership_next_time(desk->machine), INSTANT_NEVER);
	nothing_ordered(desk);
}

static void a_mark_that_is_refused_is_appended_again_under_another_nonce(void **state)
{
	struct desk *desk = *state;
	ownership_assigned(desk->machine, desk->now);
	struct journal_record first = ordered(desk, OWNERSHIP_APPEND).record;
	ownership_not_appended(desk->machine, &first, desk->now);
	nothing_ordered(desk); /* not at once: a broker that refuses is not asked without a pause */
	desk->now = ownership_next_time(desk->machine);
	ownership_time(desk->machine, desk->now);
	struct journal_record second = ordered(desk, OWNERSHIP_APPEND).record;
	assert_true(second.kind == JOURNAL_OWN && second.nonce != first.nonce);
}

static void what_a_former_owner_left_open_waits_until_it_can_no_longer_begin(void **state)
{
	struct desk *desk = *state;
	instant until;
	read_of(desk, JOURNAL_OWN, FOREIGN, 0, 0);
	read_of(desk, JOURNAL_INTENT, FOREIGN, 1, 0);
	desk->now += 2 * SECOND;
	ownership_assigned(desk->machine, desk->now);
	(void)back(desk, JOURNAL_OWN);
	(void)ordered(desk, OWNERSHIP_DOUBTFUL);
	(void)ordered(desk, OWNERSHIP_OWNS);
	assert_int_equal(want(desk, 1, &until), OWNERSHIP_WAITS);
	assert_int_equal(until, desk->now - 2 * SECOND + OWNERSHIP_DOUBT_WAITS);
	wanted(desk, 2); /* what nobody announced goes at once */
	desk->now = until;
	wanted(desk, 1);
}

static void what_a_former_owner_says_later_is_heard(void **state)
{
	struct desk *desk = *state;
	read_of(desk, JOURNAL_OWN, FOREIGN, 0, 0);
	read_of(desk, JOURNAL_INTENT, FOREIGN, 1, 0);
	ownership_assigned(desk->machine, desk->now);
	(void)back(desk, JOURNAL_OWN);
	(void)ordered(desk, OWNERSHIP_DOUBTFUL);
	(void)ordered(desk, OWNERSHIP_OWNS);
	read_of(desk, JOURNAL_RESULT, FOREIGN, 1, JOURNAL_TAKEN);
	assert_int_equal(ordered(desk, OWNERSHIP_RESULT).what, JOURNAL_TAKEN);
	assert_int_equal(ownership_doubtful(desk->machine), 0);
}

/* A machine was stopped a moment after it had asked: its INTENT was on its way, and nobody closed it. */
static void what_was_wanted_when_a_machine_leaves_is_in_doubt_for_nobody(void **state)
{
	struct desk *desk = *state;
	own(desk);
	(void)started(desk, 2);
	wanted(desk, 1);
	struct journal_record intent = ordered(desk, OWNERSHIP_APPEND).record;
	ownership_leaves(desk->machine, desk->now);
	struct journal_record result = ordered(desk, OWNERSHIP_APPEND).record;
	assert_true(result.kind == JOURNAL_RESULT && result.what == JOURNAL_NOT_STARTED && result.row.at[0] == 1);
	nothing_ordered(desk); /* what was started is its host's to close */
	struct ownership *other = ownership_new(TEXT("north"), TEXT("other"), FOREIGN, (struct ownership_place){0}, 0);
	struct ownership_order order;
	ownership_read(other, 0, &(struct journal_record){.kind = JOURNAL_OWN, .nonce = intent.nonce}, 0);
	ownership_read(other, 1, &intent, 0);
	ownership_read(other, 2, &result, 0);
	ownership_read(other, 3, &(struct journal_record){.kind = JOURNAL_OWN, .nonce = FOREIGN + 9}, 0);
	while (ownership_order(other, &order))
		assert_int_not_equal(order.kind, OWNERSHIP_DOUBTFUL);
	assert_int_equal(ownership_doubtful(other), 0);
	ownership_free(other);
}

static void a_row_that_somebody_took_meanwhile_is_not_started(void **state)
{
	struct desk *desk = *state;
	own(desk);
	wanted(desk, 1);
	struct ownership_order intent = ordered(desk, OWNERSHIP_APPEND);
	read_of(desk, JOURNAL_RESULT, FOREIGN, 1, JOURNAL_TAKEN);
	(void)ordered(desk, OWNERSHIP_RESULT);
	(void)ordered(desk, OWNERSHIP_NOT_START);
	read_it(desk, &intent.record);
	assert_int_equal(ordered(desk, OWNERSHIP_APPEND).record.what, JOURNAL_NOT_STARTED);
}

static void a_new_life_begins_at_the_oldest_intent_that_is_not_over(void **state)
{
	struct desk *desk = *state;
	own(desk);
	struct ownership_order first = started(desk, 1);
	(void)started(desk, 2);
	struct ownership_place place = ownership_place(desk->machine);
	assert_int_equal(place.position, 1);
	assert_true(place.owner > LIFE);
	ownership_over(desk->machine, &first.row, first.attempt, JOURNAL_TAKEN, desk->now);
	(void)back(desk, JOURNAL_RESULT);
	assert_int_equal(ownership_place(desk->machine).position, 2);
}

static void a_record_that_is_read_twice_counts_once(void **state)
{
	struct desk *desk = *state;
	own(desk);
	(void)started(desk, 1);
	read_of(desk, JOURNAL_OWN, FOREIGN, 0, 0);
	(void)ordered(desk, OWNERSHIP_DOUBTFUL);
	(void)ordered(desk, OWNERSHIP_STOPS);
	desk->position--;
	read_of(desk, JOURNAL_OWN, FOREIGN + 1, 0, 0);
	nothing_ordered(desk);
}

static void after_a_gap_every_row_is_doubtful_and_the_journal_is_claimed_anew(void **state)
{
	struct desk *desk = *state;
	instant until;
	own(desk);
	ownership_gap(desk->machine, desk->position = 100, desk->now);
	(void)ordered(desk, OWNERSHIP_ALL_DOUBTFUL);
	(void)ordered(desk, OWNERSHIP_STOPS);
	ownership_time(desk->machine, desk->now);
	(void)back(desk, JOURNAL_OWN);
	(void)ordered(desk, OWNERSHIP_OWNS);
	assert_int_equal(want(desk, 1, &until), OWNERSHIP_WAITS);
	assert_int_equal(until, desk->now + OWNERSHIP_DOUBT_WAITS);
}

static void a_record_that_a_standby_cannot_read_makes_every_row_doubtful_and_stops_nothing(void **state)
{
	struct desk *desk = *state;
	ownership_unreadable(desk->machine, desk->position++);
	(void)ordered(desk, OWNERSHIP_ALL_DOUBTFUL);
	own(desk);
	ownership_unreadable(desk->machine, desk->position++); /* an INTENT that is not the owner's is void */
	nothing_ordered(desk);
	assert_true(ownership_owns(desk->machine));
}

static void a_result_is_appended_until_it_is_read(void **state)
{
	struct desk *desk = *state;
	own(desk);
	struct ownership_order start = started(desk, 1);
	ownership_over(desk->machine, &start.row, start.attempt, JOURNAL_TAKEN, desk->now);
	struct journal_record lost = ordered(desk, OWNERSHIP_APPEND).record;
	ownership_not_appended(desk->machine, &lost, desk->now);
	nothing_ordered(desk);
	for (int i = 0; i < 3; i++) {
		desk->now = ownership_next_time(desk->machine);
		ownership_time(desk->machine, desk->now);
		(void)ordered(desk, OWNERSHIP_APPEND);
	}
	assert_int_equal(ownership_under_way(desk->machine), 1);
	read_it(desk, &lost);
	(void)ordered(desk, OWNERSHIP_RESULT);
	assert_int_equal(ownership_next_time(desk->machine), INSTANT_NEVER);
}

static void so_many_sends_are_under_way_and_no_more(void **state)
{
	struct desk *desk = *state;
	instant until;
	own(desk);
	for (size_t i = 0; i <= OWNERSHIP_UNDER_WAY_MOST; i++) {
		struct journal_row id = row(0);
		memcpy(id.at, &i, sizeof i);
		enum ownership_answer answer = ownership_want(desk->machine, &id, &id, false, desk->now, &until);
		assert_int_equal(answer, i < OWNERSHIP_UNDER_WAY_MOST ? OWNERSHIP_WANTED : OWNERSHIP_FULL);
	}
}

static void more_intents_than_are_kept_by_row_make_every_row_doubtful(void **state)
{
	struct desk *desk = *state;
	read_of(desk, JOURNAL_OWN, FOREIGN, 0, 0);
	for (size_t i = 0; i < OWNERSHIP_OPEN_MOST; i++) {
		struct journal_record intent = {.kind = JOURNAL_INTENT, .nonce = FOREIGN};
		memcpy(intent.row.at, &i, sizeof i);
		read_it(desk, &intent);
	}
	nothing_ordered(desk);
	read_of(desk, JOURNAL_INTENT, FOREIGN, 255, 0);
	(void)ordered(desk, OWNERSHIP_ALL_DOUBTFUL);
}

static void puts_the_same(const struct ownership *a, const struct ownership *b, bool same)
{
	struct buffer of_a = {0}, of_b = {0};
	ownership_put(a, HOUR, &of_a);
	ownership_put(b, HOUR, &of_b);
	assert_int_equal(text_equal(buffer_view(&of_a), buffer_view(&of_b)), same);
	buffer_free(&of_a);
	buffer_free(&of_b);
}

static void a_copy_knows_the_same_has_the_same_orders_left_and_goes_its_own_way(void **state)
{
	struct desk *desk = *state;
	own(desk);
	(void)started(desk, 1);
	wanted(desk, 2);
	struct ownership *copy = ownership_copy(desk->machine);
	puts_the_same(desk->machine, copy, true);
	struct ownership_order order;
	assert_true(ownership_order(copy, &order));
	assert_int_equal(order.record.kind, JOURNAL_INTENT);
	ownership_revoked(copy, desk->now);
	puts_the_same(desk->machine, copy, false);
	ownership_free(copy);
	assert_true(ownership_owns(desk->machine));
	(void)back(desk, JOURNAL_INTENT);
}

#define SENTENCE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE(a_machine_owns_once_it_has_read_its_own_mark_and_all_before_it),
		SENTENCE(a_row_is_started_once_its_intent_is_read_back_and_within_five_seconds_of_asking),
		SENTENCE(an_intent_that_comes_back_too_late_is_closed_and_its_row_waits_again),
		SENTENCE(an_intent_that_never_comes_back_gives_its_row_back),
		SENTENCE(a_foreign_mark_before_the_intent_makes_it_void),
		SENTENCE(a_foreign_mark_behind_the_intent_leaves_the_send_to_its_end),
		SENTENCE(whoever_the_group_still_names_claims_again_after_a_pause),
		SENTENCE(two_that_both_believe_to_be_named_wait_longer_each_time),
		SENTENCE(whoever_it_names_no_more_does_not),
		SENTENCE(a_mark_that_is_refused_is_appended_again_under_another_nonce),
		SENTENCE(what_a_former_owner_left_open_waits_until_it_can_no_longer_begin),
		SENTENCE(what_a_former_owner_says_later_is_heard),
		SENTENCE(what_was_wanted_when_a_machine_leaves_is_in_doubt_for_nobody),
		SENTENCE(a_row_that_somebody_took_meanwhile_is_not_started),
		SENTENCE(a_new_life_begins_at_the_oldest_intent_that_is_not_over),
		SENTENCE(a_record_that_is_read_twice_counts_once),
		SENTENCE(after_a_gap_every_row_is_doubtful_and_the_journal_is_claimed_anew),
		SENTENCE(a_record_that_a_standby_cannot_read_makes_every_row_doubtful_and_stops_nothing),
		SENTENCE(a_result_is_appended_until_it_is_read),
		SENTENCE(so_many_sends_are_under_way_and_no_more),
		SENTENCE(more_intents_than_are_kept_by_row_make_every_row_doubtful),
		SENTENCE(a_copy_knows_the_same_has_the_same_orders_left_and_goes_its_own_way),
	};
	return cmocka_run_group_tests_name("ownership", tests, NULL, NULL);
}
