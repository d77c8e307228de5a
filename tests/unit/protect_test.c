/* Small counts for bodies outside the council: whatever such a body was ever sent, it cannot reckon a hidden one. The
 * attacker here knows nothing of how the counts were hidden: it tries every set of numbers that fits. */
#include "report/protect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CELLS 40
#define SUMS 40
#define MOST 14 /* the attacker tries numbers up to so much more than what is shown */

struct table {
	struct protect_cell cells[CELLS];
	size_t count;
	struct protect_sum sums[SUMS];
	size_t parts[SUMS][CELLS];
	size_t sum_count;
};

static size_t cell(struct table *table, int64_t value)
{
	table->cells[table->count] = (struct protect_cell){.value = value, .shown = SHOWN};
	return table->count++;
}

static void sum(struct table *table, size_t total, size_t count, const size_t *parts)
{
	memcpy(table->parts[table->sum_count], parts, count * sizeof *parts);
	table->sums[table->sum_count] = (struct protect_sum){total, table->parts[table->sum_count], count};
	table->sum_count++;
}

static bool hide(struct table *table)
{
	struct protect protect = {table->cells, table->count, table->sums, table->sum_count, 5};
	return protect_hide(&protect);
}

/* ---- the attacker ---- */

struct attack {
	const struct table *table;
	int64_t now[CELLS];
	int64_t seen[CELLS][2]; /* two numbers that the cell may be, once found */
	int found[CELLS];
};

static void range_of(const struct protect_cell *at, int64_t *from, int64_t *to)
{
	*from = *to = at->value;
	if (at->shown == SHOWN_FEW)
		*from = 1, *to = 4;
	else if (at->shown == SHOWN_NOT)
		*from = 5, *to = at->value + MOST;
	else if (at->shown == SHOWN_LEFT_OUT)
		*from = 0, *to = at->value + MOST;
}

/* Whether sums over cells before `next` alone can still hold. */
static bool may_hold(const struct attack *attack, size_t next)
{
	for (size_t s = 0; s < attack->table->sum_count; s++) {
		const struct protect_sum *at = &attack->table->sums[s];
		int64_t parts = 0;
		bool all = at->total < next;
		for (size_t i = 0; i < at->count; i++) {
			all = all && at->parts[i] < next;
			parts += at->parts[i] < next ? attack->now[at->parts[i]] : 0;
		}
		if ((all && parts != attack->now[at->total]) || (at->total < next && parts > attack->now[at->total]))
			return false;
	}
	return true;
}

static void try_all(struct attack *attack, size_t next)
{
	const struct table *table = attack->table;
	if (next == table->count) {
		for (size_t i = 0; i < table->count; i++)
			if (attack->found[i] == 0 || (attack->found[i] == 1 && attack->seen[i][0] != attack->now[i]))
				attack->seen[i][attack->found[i]++] = attack->now[i];
		return;
	}
	int64_t from, to;
	range_of(&table->cells[next], &from, &to);
	for (int64_t value = from; value <= to; value++) {
		attack->now[next] = value;
		if (may_hold(attack, next + 1))
			try_all(attack, next + 1);
	}
}

/* Every hidden cell may be two numbers at least. */
static void assert_nothing_can_be_reckoned(const struct table *table)
{
	struct attack attack = {.table = table};
	try_all(&attack, 0);
	for (size_t i = 0; i < table->count; i++)
		if (table->cells[i].shown != SHOWN && attack.found[i] < 2)
			fail_msg("cell %zu can only be %lld", i, (long long)attack.seen[i][0]);
}

static void assert_no_small_count_is_shown(const struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->cells[i].shown == SHOWN)
			assert_true(table->cells[i].value == 0 || table->cells[i].value >= 5);
}

/* ---- what is hidden ---- */

static void the_next_smallest_is_hidden_where_a_total_gives_it_away(void **state)
{
	(void)state;
	struct table table = {0};
	size_t parts[] = {cell(&table, 6), cell(&table, 3), cell(&table, 13), cell(&table, 6), cell(&table, 5),
	                  cell(&table, 5)};
	sum(&table, cell(&table, 38), 6, parts);
	assert_true(hide(&table));
	assert_int_equal(table.cells[parts[1]].shown, SHOWN_FEW);
	assert_int_equal(table.cells[parts[4]].shown, SHOWN_NOT);
	assert_int_equal(table.cells[parts[0]].shown, SHOWN);
	assert_nothing_can_be_reckoned(&table);
}

/* 1 and 5 make 6: whoever reads 6, "fewer than 5" and "not shown" knows both. The total goes, too. */
static void a_total_that_leaves_one_way_only_is_hidden(void **state)
{
	(void)state;
	struct table table = {0};
	size_t parts[] = {cell(&table, 1), cell(&table, 5)};
	sum(&table, cell(&table, 6), 2, parts);
	assert_true(hide(&table));
	assert_no_small_count_is_shown(&table);
	assert_nothing_can_be_reckoned(&table);
}

/* Two hidden counts whose sum is shown: 4 and 4 make 8. */
static void two_small_counts_that_can_only_be_four_are_not_left_beside_their_total(void **state)
{
	(void)state;
	struct table table = {0};
	size_t parts[] = {cell(&table, 4), cell(&table, 4), cell(&table, 20)};
	sum(&table, cell(&table, 28), 3, parts);
	assert_true(hide(&table));
	assert_nothing_can_be_reckoned(&table);
}

/* What a body was sent before counts: in March it read 7 and the quarter's 12, so January's 2 may not follow. */
static void what_was_sent_before_is_reckoned_with(void **state)
{
	(void)state;
	struct table table = {0};
	size_t january = cell(&table, 2), february = cell(&table, 3), march = cell(&table, 7);
	size_t quarter = cell(&table, 12);
	table.cells[march].fixed = table.cells[quarter].fixed = true;
	size_t parts[] = {january, february, march};
	sum(&table, quarter, 3, parts);
	assert_true(hide(&table));
	assert_nothing_can_be_reckoned(&table);
	assert_int_equal(table.cells[march].shown, SHOWN);
}

/* 29 of 31 were interviewed: the 2 who were not are as small a count as any. */
static void those_who_are_not_among_the_counted_are_small_too(void **state)
{
	(void)state;
	struct table table = {0};
	size_t held = cell(&table, 29), not_held = cell(&table, 2), ended = cell(&table, 31);
	table.cells[not_held] =
		(struct protect_cell){.value = 2, .shown = SHOWN_LEFT_OUT, .fixed = true, .secret = true};
	size_t parts[] = {held, not_held};
	sum(&table, ended, 2, parts);
	assert_true(hide(&table));
	assert_true(table.cells[held].shown != SHOWN || table.cells[ended].shown != SHOWN);
	assert_nothing_can_be_reckoned(&table);
}

/* Teams by months with a quarter, teams' totals and all: many tables, each tried by the attacker. Fewer with
 * sanitizers, or under Valgrind: TEST_ROUNDS. */
static void random_tables_of_teams_and_months_give_nothing_away(void **state)
{
	(void)state;
	unsigned seed = getenv("SEED") ? (unsigned)strtoul(getenv("SEED"), NULL, 10) : 20200401u;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int left = getenv("TEST_ROUNDS") ? 10 : 60; left > 0; left--) {
		struct table table = {0};
		size_t grid[3][4]; /* two teams and all; two months, and the two together */
		int64_t counts[3][3] = {{0}};
		for (int team = 0; team < 2; team++)
			for (int month = 0; month < 2; month++) {
				counts[team][month] = rand() % 9;
				counts[2][month] += counts[team][month];
				counts[team][2] += counts[team][month];
				counts[2][2] += counts[team][month];
			}
		for (int team = 0; team < 3; team++)
			for (int month = 0; month < 3; month++)
				grid[team][month] = cell(&table, counts[team][month]);
		for (int i = 0; i < 3; i++) {
			size_t months[] = {grid[i][0], grid[i][1]}, teams[] = {grid[0][i], grid[1][i]};
			sum(&table, grid[i][2], 2, months);
			sum(&table, grid[2][i], 2, teams);
		}
		assert_true(hide(&table));
		assert_no_small_count_is_shown(&table);
		assert_nothing_can_be_reckoned(&table);
	}
}

/* The attacker can succeed: without the second cell hidden it reckons the first. */
static void the_attacker_reckons_what_is_hidden_alone(void **state)
{
	(void)state;
	struct table table = {0};
	size_t parts[] = {cell(&table, 3), cell(&table, 9)};
	sum(&table, cell(&table, 12), 2, parts);
	table.cells[parts[0]].shown = SHOWN_FEW;
	struct attack attack = {.table = &table};
	try_all(&attack, 0);
	assert_int_equal(attack.found[parts[0]], 1);
	assert_int_equal(attack.seen[parts[0]][0], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_smallest_is_hidden_where_a_total_gives_it_away),
		cmocka_unit_test(a_total_that_leaves_one_way_only_is_hidden),
		cmocka_unit_test(two_small_counts_that_can_only_be_four_are_not_left_beside_their_total),
		cmocka_unit_test(what_was_sent_before_is_reckoned_with),
		cmocka_unit_test(those_who_are_not_among_the_counted_are_small_too),
		cmocka_unit_test(random_tables_of_teams_and_months_give_nothing_away),
		cmocka_unit_test(the_attacker_reckons_what_is_hidden_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
