/* amendment_graph: which of events that correct and withdraw one another stand: as a plain reading of the rules says,
 * in whatever order they come, and at a cost that grows with their number alone. */
#include "event/amendment_graph.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- a plain reading of rules.md, "Corrections", for few events ---- */

#define MOST 9
struct said {
	int order, replaces, withdraws; /* -1: nothing; any event may do both */
	bool here;
};
struct reading {
	struct said said[MOST];
	int count;
	int parent[MOST], tree[MOST];   /* after rings of corrections were cut */
	bool follows[MOST][MOST];       /* the tree of the first depends on that of the second */
};

static int top_of(const struct reading *reading, int at)
{
	while (reading->parent[at] >= 0)
		at = reading->parent[at];
	return at;
}

static bool before_in_time(const struct reading *reading, int a, int b)
{
	return reading->said[a].order != reading->said[b].order ? reading->said[a].order < reading->said[b].order
	                                                        : a < b;
}

/* In a ring the earliest replaces nothing. */
static void cut_rings(struct reading *reading)
{
	for (int i = 0; i < reading->count; i++)
		reading->parent[i] = reading->said[i].here ? reading->said[i].replaces : -1;
	for (int i = 0; i < reading->count; i++) {
		int least = i, at = reading->parent[i], steps = 0;
		for (; at >= 0 && at != i && steps <= MOST; at = reading->parent[at], steps++)
			least = before_in_time(reading, at, least) ? at : least;
		if (at == i)
			reading->parent[least] = -1;
	}
}

static bool counts(const struct reading *reading, int withdrawal)
{
	int target = reading->said[withdrawal].withdraws;
	int own = reading->tree[withdrawal], named = reading->tree[target];
	return own != named && !(reading->follows[own][named] && reading->follows[named][own]);
}

static int winner(const struct reading *reading, int at);

static bool stands(const struct reading *reading, int at)
{
	return reading->said[at].here && winner(reading, reading->tree[at]) == at;
}

static bool withdrawn(const struct reading *reading, int at)
{
	for (int i = 0; i < reading->count; i++)
		if (reading->said[i].here && reading->said[i].withdraws == at && counts(reading, i) &&
		    stands(reading, i))
			return true;
	return false;
}

static int winner(const struct reading *reading, int at)
{
	int best = -1, best_correction = -1;
	for (int i = 0; i < reading->count; i++) {
		if (reading->parent[i] != at || winner(reading, i) < 0)
			continue;
		if (best_correction < 0 || before_in_time(reading, best_correction, i)) {
			best_correction = i;
			best = winner(reading, i);
		}
	}
	return best >= 0 ? best : reading->said[at].here && !withdrawn(reading, at) ? at : -1;
}

static void read_plainly(struct reading *reading)
{
	cut_rings(reading);
	memset(reading->follows, 0, sizeof reading->follows);
	for (int i = 0; i < reading->count; i++)
		reading->tree[i] = top_of(reading, i);
	for (int i = 0; i < reading->count; i++)
		if (reading->said[i].here && reading->said[i].withdraws >= 0)
			reading->follows[reading->tree[reading->said[i].withdraws]][reading->tree[i]] = true;
	for (int k = 0; k < reading->count; k++)
		for (int i = 0; i < reading->count; i++)
			for (int j = 0; j < reading->count; j++)
				reading->follows[i][j] |= reading->follows[i][k] && reading->follows[k][j];
}

/* ---- the graph told the same ---- */

static amendment_node named(struct amendment_graph *graph, int number)
{
	char id[16];
	(void)snprintf(id, sizeof id, "e%06d", number);
	return amendment_graph_node(graph, TEXT("lcs"), text_of(id));
}

static void arrive(struct amendment_graph *graph, int number, struct said said)
{
	amendment_node node = named(graph, number);
	amendment_graph_arrive(
		graph, node,
		&(struct amendment){.ref = (uint64_t)number + 1,
	                            .order = said.order,
	                            .replaces = said.replaces < 0 ? AMENDMENT_NONE : named(graph, said.replaces),
	                            .withdraws = said.withdraws < 0 ? AMENDMENT_NONE : named(graph, said.withdraws),
	                            .standing = true});
}

static void expect_as_read(struct amendment_graph *graph, struct reading *reading, const bool *host)
{
	read_plainly(reading);
	for (int i = 0; i < reading->count; i++) {
		if (!reading->said[i].here)
			continue;
		if (amendment_graph_stands(graph, named(graph, i)) != stands(reading, i)) {
			for (int k = 0; k < reading->count; k++)
				print_message("%d: order %d replaces %d withdraws %d %s\n", k, reading->said[k].order,
				              reading->said[k].replaces, reading->said[k].withdraws,
				              reading->said[k].here ? "" : "(not here)");
			fail_msg("%d: the rules say that it %s", i, stands(reading, i) ? "stands" : "does not stand");
		}
		assert_int_equal(host[i], stands(reading, i));
	}
}

static void tell_host(struct amendment_graph *graph, bool *host)
{
	const struct amendment_change *changes;
	size_t count = amendment_graph_settle(graph, &changes);
	for (size_t i = 0; i < count; i++) {
		assert_int_not_equal(host[changes[i].ref - 1], changes[i].stands);
		host[changes[i].ref - 1] = changes[i].stands;
	}
}

static struct said say_at_random(int count, int kind)
{
	struct said said = {.order = (int)(random() % 6), .replaces = -1, .withdraws = -1, .here = true};
	if (random() % 4)
		said.replaces = (int)(random() % count);
	if (random() % 8 < kind) {
		said.withdraws = (int)(random() % count);
		said.replaces = random() % 3 ? -1 : said.replaces;
	}
	return said;
}

static void shuffle(int *order, int count)
{
	for (int i = 0; i < count; i++)
		order[i] = i;
	for (int i = count - 1; i > 0; i--) {
		int k = (int)(random() % (i + 1)), kept = order[i];
		order[i] = order[k];
		order[k] = kept;
	}
}

static void test_what_stands_is_what_the_rules_say_in_whatever_order_events_come(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 6000; seed++) {
		struct reading reading = {0};
		struct said all[MOST];
		int order[MOST];
		bool host[MOST];
		srandom(seed);
		reading.count = 2 + (int)(random() % (MOST - 1));
		int kind = (int)(random() % 7);
		for (int i = 0; i < reading.count; i++)
			all[i] = say_at_random(reading.count, kind);
		shuffle(order, reading.count);
		int together = 1 + (int)(random() % 3);
		struct amendment_graph *graph = amendment_graph_new();
		for (int i = 0; i < reading.count; i++) {
			reading.said[order[i]] = all[order[i]];
			host[order[i]] = true;
			arrive(graph, order[i], all[order[i]]);
			if ((i + 1) % together && i + 1 < reading.count)
				continue;
			tell_host(graph, host);
			expect_as_read(graph, &reading, host);
		}
		amendment_graph_free(graph);
	}
}

/* ---- how much work it is ---- */

enum shape {
	DEEP,
	DEEP_BACKWARDS,
	DEEP_AT_RANDOM,
	WIDE,
	WIDE_BACKWARDS,
	WITHDRAWN_ONE_BY_ONE,
	WITHDRAWALS_TOGETHER,
	SHAPES
};
static const char *const shape_names[] = {"deep",
                                          "deep, the last first",
                                          "deep, at random",
                                          "wide",
                                          "wide, the best first",
                                          "wide, then withdrawn from the best on",
                                          "withdrawals of withdrawals at once"};

static int place(enum shape shape, int i, int count, const int *order)
{
	return shape == DEEP_BACKWARDS || shape == WIDE_BACKWARDS ? count - 1 - i
	       : shape == DEEP_AT_RANDOM                          ? order[i]
	                                                          : i;
}

static struct said in_shape(enum shape shape, int number, int count)
{
	struct said said = {.order = number, .replaces = -1, .withdraws = -1, .here = true};
	if (number == 0)
		return said;
	if (shape == WITHDRAWALS_TOGETHER)
		said.withdraws = number - 1;
	else if (shape == WITHDRAWN_ONE_BY_ONE && number >= count / 2)
		said.withdraws = count - 1 - number; /* of 0 and its corrections 1 .. count / 2 - 1: the best first */
	else
		said.replaces = shape <= DEEP_AT_RANDOM ? number - 1 : 0;
	return said;
}

static uint64_t steps_for(enum shape shape, int count)
{
	struct amendment_graph *graph = amendment_graph_new();
	bool *host = mem_zero((size_t)count, sizeof *host);
	int *order = mem_zero((size_t)count, sizeof *order);
	shuffle(order, count);
	for (int i = 0; i < count; i++) {
		int number = place(shape, i, count, order);
		host[number] = true;
		arrive(graph, number, in_shape(shape, number, count));
		if (shape != WITHDRAWALS_TOGETHER)
			tell_host(graph, host);
	}
	tell_host(graph, host);
	int stand = 0;
	for (int i = 0; i < count; i++)
		stand += host[i];
	if (shape <= WIDE_BACKWARDS)
		assert_true(stand == 1 && host[count - 1]);
	else if (shape == WITHDRAWN_ONE_BY_ONE)
		assert_int_equal(stand, count - count / 2); /* the withdrawals alone */
	else
		assert_true(stand == count / 2 && host[count - 1] && !host[count - 2] && !host[0]);
	uint64_t steps = amendment_graph_steps(graph);
	amendment_graph_free(graph);
	free(host);
	free(order);
	return steps;
}

static void test_twice_as_many_are_about_twice_the_work_however_deep_and_wide(void **state)
{
	(void)state;
	srandom(7);
	for (enum shape shape = DEEP; shape < SHAPES; shape++) {
		uint64_t once = steps_for(shape, 5000), twice = steps_for(shape, 10000);
		print_message("%s: %.1f steps an event at 5,000, %.1f at 10,000\n", shape_names[shape],
		              (double)once / 5000, (double)twice / 10000);
		assert_true(twice * 2 <= once * 5);
		assert_true(once < 5000 * 100);
	}
}

static void test_a_hundred_thousand_deep_needs_no_stack(void **state)
{
	(void)state;
	assert_true(steps_for(DEEP_BACKWARDS, 100000) < 100000 * 100);
	assert_true(steps_for(WITHDRAWALS_TOGETHER, 100000) < 100000 * 100);
}

static void test_a_graph_that_was_cleared_is_as_new(void **state)
{
	(void)state;
	struct amendment_graph *graph = amendment_graph_new();
	bool host[3] = {true, true, true};
	for (int round = 0; round < 2; round++) {
		arrive(graph, 0, (struct said){.order = 0, .replaces = -1, .withdraws = -1});
		arrive(graph, 1, (struct said){.order = 1, .replaces = 0, .withdraws = -1});
		tell_host(graph, host);
		assert_false(amendment_graph_stands(graph, named(graph, 0)));
		amendment_graph_clear(graph);
		assert_int_equal(amendment_graph_count(graph), 0);
		assert_int_equal(amendment_graph_find(graph, TEXT("lcs"), TEXT("e000001")), AMENDMENT_NONE);
		host[0] = true;
	}
	amendment_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_what_stands_is_what_the_rules_say_in_whatever_order_events_come),
	        cmocka_unit_test(test_twice_as_many_are_about_twice_the_work_however_deep_and_wide),
	        cmocka_unit_test(test_a_hundred_thousand_deep_needs_no_stack),
	        cmocka_unit_test(test_a_graph_that_was_cleared_is_as_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
