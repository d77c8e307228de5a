/* freeze: every field of every record of a history comes back as it was: a field that somebody adds to history.h, and
 * that freezing does not know, is found here and not by a child whose alert was lost. */
#include "engine/engine_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RULES 512 /* more than the rules that the patterns below name */

static struct codec codec;
static struct reasons reasons;
static uint64_t identities[RULES];

static struct history *new_history(void)
{
	struct history *history = mem_zero(1, sizeof *history);
	history->id = TEXT("C1");
	history->last = (instant)1577836800 * SECOND;
	return history;
}

static struct history *frozen_and_thawed(struct history *history)
{
	struct history *back = new_history();
	freeze_write(&codec, &reasons, identities, history);
	size_t size = (size_t)(codec.at - codec.bytes);
	struct codec reading = {.at = codec.bytes};
	freeze_read(&reading, &reasons, identities, back);
	assert_int_equal(reading.at - codec.bytes, size); /* all that was written was read */
	return back;
}

/* One record of each kind, all of whose bytes are `pattern`: 1 is true in a bool and something in any other field; 0 is
 * nothing in all of them. What it owns, and what is only of an instant, is set apart. */
static void fill(void *record, size_t size, int pattern)
{
	memset(record, pattern, size);
}

#if defined(__GNUC__) && !defined(__clang__)
#define CLEAR_PADDING(record) __builtin_clear_padding(record)
#else
#define CLEAR_PADDING(record) ((void)(record))
#endif

#define ASSERT_SAME(a, b)                                                                                              \
	do {                                                                                                           \
		CLEAR_PADDING(a);                                                                                      \
		CLEAR_PADDING(b);                                                                                      \
		assert_memory_equal(a, b, sizeof *(a));                                                                \
	} while (0)

static void test_of(int pattern)
{
	struct history *history = new_history();
	struct clock_entry *clock = mem_push32((void **)&history->clocks, &history->clock_count, &history->clock_room,
	                                       sizeof *clock);
	struct open_entry *open = mem_push32((void **)&history->opens, &history->open_count, &history->open_room,
	                                     sizeof *open);
	struct warned *warned = mem_push32((void **)&history->warned, &history->warned_count, &history->warned_room,
	                                   sizeof *warned);
	fill(clock, sizeof *clock, pattern);
	fill(open, sizeof *open, pattern);
	fill(warned, sizeof *warned, pattern);
	clock->of_rule_next = clock->of_rule_before = 0; /* what only finds it is made anew */
	history->settled = pattern;
	struct history *back = frozen_and_thawed(history);
	ASSERT_SAME(&back->clocks[0], clock);
	ASSERT_SAME(&back->opens[0], open);
	assert_int_equal(back->settled, pattern);
	ASSERT_SAME(&back->warned[0], warned);
	history_free(history);
	history_free(back);
}

static void clocks_open_keys_and_warnings_come_back(void **state)
{
	(void)state;
	test_of(0);
	test_of(1);
}

/* Of a date that is not over. */
static void ends_and_starts_that_still_count_come_back(void **state)
{
	(void)state;
	struct history *history = new_history();
	struct end_seen *end = mem_push32((void **)&history->ends_seen, &history->end_seen_count,
	                                  &history->end_seen_room, sizeof *end);
	struct ignored_start *start = mem_push32((void **)&history->ignored, &history->ignored_count,
	                                         &history->ignored_room, sizeof *start);
	fill(end, sizeof *end, 1);
	fill(start, sizeof *start, 1);
	end->ending.date_ends = start->begun.date_ends = history->last + HOUR;
	struct history *back = frozen_and_thawed(history);
	ASSERT_SAME(&back->ends_seen[0], end);
	ASSERT_SAME(&back->ignored[0], start);
	history_free(history);
	history_free(back);
}

static void ends_of_an_instant_that_is_over_are_left(void **state)
{
	(void)state;
	struct history *history = new_history();
	struct end_seen *end = mem_push32((void **)&history->ends_seen, &history->end_seen_count,
	                                  &history->end_seen_room, sizeof *end);
	*end = (struct end_seen){.ending = {.at = history->last, .date_ends = INSTANT_NONE}};
	struct history *back = frozen_and_thawed(history);
	assert_int_equal(back->end_seen_count, 0);
	history_free(history);
	history_free(back);
}

static struct evidence *evidence_of(uint64_t ref, instant time)
{
	struct evidence *evidence = mem_alloc(sizeof *evidence);
	*evidence = (struct evidence){ref, time};
	return evidence;
}

static void alert_comes_back(int pattern)
{
	struct history *history = new_history();
	struct outcome *outcome = mem_push32((void **)&history->outcomes, &history->outcome_count,
	                                     &history->outcome_room, sizeof *outcome);
	fill(outcome, sizeof *outcome, pattern);
	outcome->evidence = evidence_of(7, history->last - HOUR);
	outcome->evidence_count = outcome->evidence_room = 1;
	outcome_hash_evidence(outcome);
	outcome->replies = mem_alloc(sizeof *outcome->replies);
	outcome->reply_count = outcome->reply_room = 1;
	fill(outcome->replies, sizeof *outcome->replies, pattern);
	outcome->reason = pattern ? "no longer applies" : NULL;
	outcome->opened_at_instant = outcome->closed_at_instant = outcome->closed_earlier = false;
	outcome->next_changed = 0; /* of an instant */
	struct history *back = frozen_and_thawed(history);
	struct outcome *thawed = &back->outcomes[0];
	ASSERT_SAME(thawed->evidence, outcome->evidence);
	ASSERT_SAME(thawed->replies, outcome->replies);
	struct outcome copy = *thawed;
	copy.evidence = outcome->evidence;
	copy.replies = outcome->replies;
	ASSERT_SAME(&copy, outcome);
	history_free(history);
	history_free(back);
}

static void alerts_come_back(void **state)
{
	(void)state;
	alert_comes_back(0);
	alert_comes_back(1);
}

/* Mostly a clock's alert is of its rule and key, and its id follows: that form, too. */
static void an_alert_that_is_named_by_its_key_comes_back(void **state)
{
	(void)state;
	struct history *history = new_history();
	for (int i = 0; i < 3; i++) {
		struct outcome *outcome = mem_push32((void **)&history->outcomes, &history->outcome_count,
		                                     &history->outcome_room, sizeof *outcome);
		*outcome = (struct outcome){.rule = 3, .key = 99 + (uint64_t)(i / 2), .opened = history->last + i};
		outcome->identity = mark_mix(identities[3], outcome->key);
		outcome->id = outcome_id_of(history, outcome->identity);
	}
	struct history *back = frozen_and_thawed(history);
	for (int i = 0; i < 3; i++) {
		assert_true(back->outcomes[i].identity == history->outcomes[i].identity);
		assert_true(back->outcomes[i].id == history->outcomes[i].id);
		assert_true(back->outcomes[i].key == history->outcomes[i].key);
		assert_true(back->outcomes[i].opened == history->outcomes[i].opened);
	}
	history_free(history);
	history_free(back);
}

static void see_first(struct history *history, uint64_t mark)
{
	*(struct first_entry *)mem_push32((void **)&history->firsts, &history->first_count, &history->first_room,
	                                  sizeof(struct first_entry)) =
		(struct first_entry){.mark = mark, .ref = mark, .time = history->last};
}

static bool was_seen(const struct history *history, uint64_t mark)
{
	return marks_find(&history->marks, mark) != NULL;
}

/* Its mark is written with it alone; frozen again, too. */
static void the_first_of_a_type_was_seen_where_it_was(void **state)
{
	(void)state;
	for (int seen_all = 0; seen_all < 2; seen_all++) {
		struct history *history = new_history();
		for (uint64_t mark = 1; mark <= 40; mark++) {
			see_first(history, mark);
			if (seen_all || mark != 20)
				(void)marks_put(&history->marks, mark, MARK_SEEN);
		}
		(void)marks_put(&history->marks, 1000, MARK_SEEN); /* seen, and no first is kept of it */
		struct history *once = frozen_and_thawed(history), *back = frozen_and_thawed(once);
		for (uint64_t mark = 1; mark <= 40; mark++)
			assert_int_equal(was_seen(back, mark), seen_all || mark != 20);
		assert_true(was_seen(back, 1000));
		assert_int_equal(back->marks.count, history->marks.count);
		history_free(history);
		history_free(once);
		history_free(back);
	}
}

static void marks_that_say_nothing_are_left(void **state)
{
	(void)state;
	struct history *history = new_history();
	(void)marks_put(&history->marks, 1, 0);  /* a chain of which nothing stands */
	(void)marks_put(&history->marks, 2, -1); /* the place of a clock that is over */
	(void)marks_put(&history->marks, 3, MARK_DONE);
	struct history *back = frozen_and_thawed(history);
	assert_int_equal(back->marks.count, 1);
	assert_true(was_seen(back, 3));
	history_free(history);
	history_free(back);
}

static void what_lies_before_the_window_of_a_count_is_not_written(void **state)
{
	(void)state;
	struct history *history = new_history();
	struct rule_memory *memory = history_memory(history, 5);
	for (uint64_t i = 1; i <= 5; i++)
		*(struct evidence *)mem_push32((void **)&memory->window, &memory->window_count, &memory->window_room,
		                               sizeof(struct evidence)) =
			(struct evidence){i, history->last + (instant)i * MINUTE};
	memory->window_past = 3;
	struct history *back = frozen_and_thawed(history);
	assert_int_equal(back->memories[0].window_count, 2);
	assert_int_equal(back->memories[0].window_past, 0);
	assert_true(back->memories[0].window[0].ref == 4 && back->memories[0].window[1].ref == 5);
	history_free(history);
	history_free(back);
}

static void what_rules_remember_and_what_was_seen_come_back(void **state)
{
	(void)state;
	struct history *history = new_history();
	struct rule_memory *memory = history_memory(history, 5);
	fill(memory, sizeof *memory, 1);
	memory->window = evidence_of(9, history->last - 3 * MINUTE);
	memory->window_count = memory->window_room = 1;
	memory->window_past = 0;
	for (uint64_t i = 1; i <= 100; i++) /* more than are kept in a row */
		(void)marks_put(&history->marks, mark_mix(i, 1), i % 2 ? MARK_DONE : history->last - (instant)i);
	struct history *back = frozen_and_thawed(history);
	for (uint64_t i = 1; i <= 100; i++)
		assert_true(*marks_find(&back->marks, mark_mix(i, 1)) == *marks_find(&history->marks, mark_mix(i, 1)));
	assert_int_equal(back->marks.count, 100);
	ASSERT_SAME(back->memories[0].window, memory->window);
	struct rule_memory copy = back->memories[0];
	copy.window = memory->window;
	ASSERT_SAME(&copy, memory);
	history_free(history);
	history_free(back);
}

static void mutes_come_back(void **state)
{
	(void)state;
	struct history *history = new_history();
	struct mute *mute =
		mem_push32((void **)&history->mutes, &history->mute_count, &history->mute_room, sizeof *mute);
	fill(mute, sizeof *mute, 1);
	struct history *back = frozen_and_thawed(history);
	assert_int_equal(back->mute_count, 1);
	ASSERT_SAME(&back->mutes[0], mute);
	history_free(history);
	history_free(back);
}

static const instant instants[] = {INSTANT_NONE, INSTANT_NEVER, 0, 1, -1, 999999999, 1000000001,
                                   (instant)1577836800 * SECOND, (instant)1577836800 * SECOND + 1,
                                   (instant)4102444800 * SECOND + 59 * SECOND, INT64_MAX - 1, INT64_MIN + 1};

static void every_instant_comes_back_whatever_it_is_near(void **state)
{
	(void)state;
	unsigned char bytes[CODEC_FIELD_MOST];
	for (size_t i = 0; i < sizeof instants / sizeof *instants; i++)
		for (size_t k = 2; k < sizeof instants / sizeof *instants; k++) {
			struct codec one = {.at = bytes};
			instant value = instants[i], back = 0;
			codec_instant(&one, true, &value, instants[k]);
			assert_true(one.at <= bytes + sizeof bytes);
			one.at = bytes;
			codec_instant(&one, false, &back, instants[k]);
			assert_true(back == instants[i]);
		}
}

static int start(void **state)
{
	(void)state;
	schema_start();
	for (size_t i = 0; i < RULES; i++)
		identities[i] = mark_mix(i + 1, 77);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(codec.bytes);
	free(reasons.items);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_open_keys_and_warnings_come_back),
		cmocka_unit_test(ends_and_starts_that_still_count_come_back),
		cmocka_unit_test(ends_of_an_instant_that_is_over_are_left),
		cmocka_unit_test(alerts_come_back),
		cmocka_unit_test(an_alert_that_is_named_by_its_key_comes_back),
		cmocka_unit_test(what_rules_remember_and_what_was_seen_come_back),
		cmocka_unit_test(the_first_of_a_type_was_seen_where_it_was),
		cmocka_unit_test(marks_that_say_nothing_are_left),
		cmocka_unit_test(what_lies_before_the_window_of_a_count_is_not_written),
		cmocka_unit_test(mutes_come_back),
		cmocka_unit_test(every_instant_comes_back_whatever_it_is_near),
	};
	return cmocka_run_group_tests(tests, start, end);
}
