/* The clocks of a history by when they fall due: what the index passes by is what does not fall due, however they are
 * added, moved and removed; and what was gone through is then passed at once. */
#include "engine/fold/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#define CLOCKS 3000
#define ROUNDS 4000

static uint64_t drawn = 20261130;

static uint64_t draw(uint64_t below)
{
	drawn = drawn * 6364136223846793005u + 1442695040888963407u;
	return (drawn >> 33) % below;
}

static struct history *history_of_many(void)
{
	struct history *history = MEM_NEW(struct history);
	history->few = 32;
	history->clocks_next = history->opens_next = INSTANT_NEVER;
	return history;
}

static instant some_due(instant at)
{
	return draw(4) ? at + 1 + (instant)draw(400) : INSTANT_NEVER;
}

static void add(struct history *history, uint64_t key, instant at)
{
	(void)clock_add(history, (struct clock_entry){.key = key, .due = some_due(at), .warn_at = some_due(at),
	                                              .alert = ALERT_NONE});
}

static instant first_of(const struct clock_entry *clock)
{
	return clock->due < clock->warn_at ? clock->due : clock->warn_at;
}

static size_t reached(const struct history *history, size_t from, instant at)
{
	while (from < history->clock_count && first_of(&history->clocks[from]) > at)
		from++;
	return from;
}

static instant next_of(const struct history *history)
{
	instant next = INSTANT_NEVER;
	for (size_t i = 0; i < history->clock_count; i++)
		next = first_of(&history->clocks[i]) < next ? first_of(&history->clocks[i]) : next;
	return next;
}

/* As the kinds do: it is over, or it has another time, or none any more. */
static void take_one(struct history *history, size_t index, instant at)
{
	struct clock_entry *clock = &history->clocks[index];
	if (!draw(3)) {
		clock_remove(history, index);
		return;
	}
	clock->due = some_due(at);
	clock->warn_at = INSTANT_NEVER;
	history_clock_due(history, clock);
}

static void test_what_is_passed_by_does_not_fall_due(void **state)
{
	(void)state;
	struct history *history = history_of_many();
	uint64_t key = 0;
	size_t taken = 0;
	for (instant at = 1; at <= ROUNDS; at++) {
		for (size_t i = draw(8); i > 0 && history->clock_count < CLOCKS; i--)
			add(history, ++key, at);
		for (size_t i = 0, from; history->clock_count && i < 3; i++) {
			from = draw(history->clock_count);
			assert_int_equal(clocks_reached(history, from, at), reached(history, from, at));
		}
		for (size_t i = 0; (i = clocks_reached(history, 0, at)) < history->clock_count; taken++) {
			assert_int_equal(i, reached(history, 0, at));
			take_one(history, i, at);
		}
		assert_int_equal(reached(history, 0, at), history->clock_count);
		if (!draw(3))
			clocks_reckon_next(history);
		assert_true(history->clocks_next <= next_of(history));
	}
	assert_true(taken > ROUNDS);
	clocks_reckon_next(history);
	assert_int_equal(history->clocks_next, next_of(history));
	history_free(history);
}

/* Thousands that never fall due again, between those that will. */
static void test_what_was_gone_through_is_passed_at_once(void **state)
{
	(void)state;
	struct history *history = history_of_many();
	for (uint64_t i = 0; i < CLOCKS; i++)
		(void)clock_add(history, (struct clock_entry){.key = i + 1, .due = 1 + (instant)i,
		                                              .warn_at = INSTANT_NEVER, .alert = ALERT_NONE});
	clocks_reckon_next(history);
	for (size_t i = 0; (i = clocks_reached(history, 0, CLOCKS - 100)) < history->clock_count;)
		history->clocks[i].due = INSTANT_NEVER;
	assert_int_equal(clocks_reached(history, 0, CLOCKS - 100), history->clock_count); /* and a top of its blocks */
	const struct clocks_found *found = history->clocks_found;
	assert_non_null(found);
	assert_int_equal(found->block_count, (CLOCKS - 1) / CLOCKS_A_BLOCK + 1);
	for (size_t i = 0; i < found->block_count; i++)
		assert_true(found->blocks[i] > CLOCKS - 100);
	for (size_t i = 0; i <= (found->block_count - 1) / CLOCKS_A_BLOCK; i++)
		assert_true(found->tops[i] > CLOCKS - 100);
	history_free(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_what_is_passed_by_does_not_fall_due),
	        cmocka_unit_test(test_what_was_gone_through_is_passed_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
