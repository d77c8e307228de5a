/* That an alert ended is told to those who were told of it, each once: not to whose answer it was, and to nobody whom
 * no message reached. */
#define PEOPLE 3
#include "courier_fixture.h"

#include "store/outbox/told.h"
#include "store/store_internal.h"

/* It ends now; its end is owed to the role, and nobody knows yet to whom. */
static void end_alert(struct bench *bench, struct text id, const char *role, const char *payload)
{
	keep_ended(bench, id, 0);
	struct outbox_row row = row_of(bench, id, role, true);
	row.purpose = TEXT("resolved");
	row.payload = text_of(payload);
	add_rows(bench, &row, 1);
	wait_for(bench, MINUTE);
}

static void everybody_who_was_told_hears_of_the_end_but_whose_answer_it_was(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 4);
	tell(bench, "all", true);
	wait_for(bench, MINUTE);
	assert_int_equal(bench->arrival_count, PEOPLE);
	end_alert(bench, TEXT("000000000000a000"), "all", "{\"by\":\"all\",\"person\":\"p-1\"}");
	assert_int_equal(attempts_at(bench, 0), 2);
	assert_int_equal(attempts_at(bench, 1), 1);
	assert_int_equal(attempts_at(bench, 2), 2);
	bench_end(bench);
}

/* An answer may name the role alone: where one person was told in it, it was theirs; of several it is nobody's. */
static void an_answer_of_a_role_is_of_whoever_was_told_in_it_alone(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 4);
	tell(bench, "p-1", true);
	wait_for(bench, MINUTE);
	end_alert(bench, TEXT("000000000000a000"), "p-1", "{\"by\":\"p-1\"}");
	assert_int_equal(attempts_at(bench, 1), 1);
	tell(bench, "p-1", true);
	wait_for(bench, MINUTE);
	end_alert(bench, TEXT("000000000000a001"), "p-1", "{\"by\":\"p-2\"}");
	assert_int_equal(attempts_at(bench, 1), 3);
	bench_end(bench);
	bench = bench_begin("2020-02-05T02:00:00Z", 4);
	tell(bench, "all", true);
	wait_for(bench, MINUTE);
	end_alert(bench, TEXT("000000000000a000"), "all", "{\"by\":\"all\"}");
	assert_int_equal(bench->arrival_count, (size_t)2 * PEOPLE);
	bench_end(bench);
}

/* The first time they hear of it would be that it is over. */
static void whom_no_message_reached_hears_of_no_end(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 4);
	behave(bench, 1, ANSWER_REFUSES, 0);
	tell(bench, "all", true);
	wait_for(bench, HOUR);
	assert_int_equal(attempts_at(bench, 1), 1);
	behave(bench, 1, ANSWER_OK, 0);
	end_alert(bench, TEXT("000000000000a000"), "all", "");
	assert_int_equal(attempts_at(bench, 0), 2);
	assert_int_equal(attempts_at(bench, 1), 1);
	assert_int_equal(attempts_at(bench, 2), 2);
	bench_end(bench);
}

static enum result fail_at_it(void *argument, struct text alert, int step, bool others, const struct outbox_same *row,
                              struct fault *fault)
{
	(void)alert;
	(void)step;
	(void)others;
	(void)row;
	++*(int *)argument;
	return fault_set(fault, RESULT_TEMPORARY, "the disk is busy");
}

/* Those who were not heard of are looked for by portions: one that failed was passed over until the next start. */
static void a_portion_that_fails_is_gone_through_again(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 4);
	struct fault fault;
	int64_t first = 0;
	int seen = 0;
	for (int i = 0; i < PEOPLE; i++)
		behave(bench, i, ANSWER_REFUSES, 0);
	tell(bench, "all", true);
	wait_for(bench, HOUR);
	keep_ended(bench, TEXT("000000000000b000"), 0);
	keep_ended(bench, TEXT("000000000000b001"), 0);
	assert_int_equal(store_execute(bench->store, "UPDATE alert SET state = 0, asked = 1", &fault), RESULT_OK);
	assert_int_equal(store_execute(bench->store,
	                               "UPDATE outbox SET step = 1, number = (SELECT min(number) FROM alert)", &fault),
	                 RESULT_OK);
	assert_int_equal(store_pragma(bench->store, "SELECT min(number) - 1 FROM alert", &first, &fault), RESULT_OK);
	int64_t after = first;
	assert_int_equal(told_not_all(bench->store, &after, 1, fail_at_it, &seen, &fault), RESULT_TEMPORARY);
	assert_int_equal(seen, 1);
	assert_int_equal(after, first);
	bench_end(bench);
}

struct finding {
	struct arena *arena;
	struct outbox_row row;
};

static enum result find_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct finding *finding = argument;
	(void)fault;
	finding->row = *row;
	alert_context_own_row(&finding->row, finding->arena);
	return RESULT_OK;
}

/* The row that is claimed is at hand: the rows of its alert are the same as if it had been read with the others. */
static void the_rows_of_an_alert_are_the_same_whichever_of_them_is_at_hand(void **state)
{
	static const size_t counts[] = {1, 2, 7, GATHER_TOLD - GATHER_FIRST - 1, GATHER_TOLD - GATHER_FIRST,
	                                GATHER_TOLD - GATHER_FIRST + 1, GATHER_TOLD + 20};
	(void)state;
	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
		struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
		struct text alert = new_alert(bench, true);
		struct arena *arena = arena_new(4096);
		struct alert_context_rows all, rows;
		struct fault *fault;
		for (size_t i = 0; i < counts[c]; i++) {
			struct outbox_row row = row_of(bench, alert, i % 2 ? "p-1" : "p-2", true);
			row.not_before = bench->hands.now + HOUR;
			add_rows(bench, &row, 1);
		}
		OK(alert_context_rows(bench->store, alert, NULL, arena, &all, fault));
		for (int64_t id = 1; id <= (int64_t)counts[c]; id += id < 8 ? 1 : 41) {
			struct finding finding = {.arena = arena};
			OK(outbox_find(bench->store, id, find_row, &finding, fault));
			assert_int_equal(finding.row.id, id);
			OK(alert_context_rows(bench->store, alert, &finding.row, arena, &rows, fault));
			assert_int_equal(rows.count, all.count);
			for (size_t i = 0; i < all.count; i++) {
				assert_int_equal(rows.items[i].id, all.items[i].id);
				assert_true(text_equal(rows.items[i].role, all.items[i].role));
			}
		}
		arena_free(arena);
		bench_end(bench);
	}
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_of_an_alert_are_the_same_whichever_of_them_is_at_hand),
		cmocka_unit_test(everybody_who_was_told_hears_of_the_end_but_whose_answer_it_was),
		cmocka_unit_test(an_answer_of_a_role_is_of_whoever_was_told_in_it_alone),
		cmocka_unit_test(whom_no_message_reached_hears_of_no_end),
		cmocka_unit_test(a_portion_that_fails_is_gone_through_again),
	};
	return cmocka_run_group_tests_name("courier_told", tests, NULL, NULL);
}
