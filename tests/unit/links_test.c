/* links: which ids are one history, and under which id: as a plain reading of the rules says, in whatever order
 * statements come and go, and at a cost that grows with their number alone. */
#include "engine/links.h"
#include "rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- a plain reading, for few ids ---- */

#define IDS 7
#define MOST 14
struct said {
	int time, survivor, ceased;
	bool merged, stands;
};
struct reading {
	struct said said[MOST];
	bool linked[IDS][IDS];
	int ceased[IDS];
};

static bool one_pair(const struct said *a, const struct said *b)
{
	return (a->survivor == b->survivor && a->ceased == b->ceased) ||
	       (a->survivor == b->ceased && a->ceased == b->survivor);
}

static bool holds(const struct reading *reading, int which)
{
	const struct said *said = &reading->said[which];
	if (!said->stands)
		return false;
	for (int i = 0; i < MOST; i++) {
		const struct said *other = &reading->said[i];
		if (i != which && other->stands && one_pair(said, other) &&
		    (other->time > said->time || (other->time == said->time && i > which)))
			return false;
	}
	return said->merged;
}

static void read_plainly(struct reading *reading)
{
	for (int i = 0; i < IDS; i++) {
		reading->ceased[i] = 0;
		for (int j = 0; j < IDS; j++)
			reading->linked[i][j] = i == j;
	}
	for (int i = 0; i < MOST; i++)
		if (holds(reading, i)) {
			const struct said *said = &reading->said[i];
			reading->linked[said->survivor][said->ceased] = reading->linked[said->ceased][said->survivor] =
				true;
			reading->ceased[said->ceased]++;
		}
	for (int k = 0; k < IDS; k++)
		for (int i = 0; i < IDS; i++)
			for (int j = 0; j < IDS; j++)
				reading->linked[i][j] |= reading->linked[i][k] && reading->linked[k][j];
}

static int canonical(const struct reading *reading, int id)
{
	for (int i = 0; i < IDS; i++) /* the smallest first */
		if (reading->linked[id][i] && !reading->ceased[i])
			return i;
	for (int i = 0; i < IDS; i++)
		if (reading->linked[id][i])
			return i;
	return id;
}

/* ---- the same told to links ---- */

static struct text name(int id)
{
	static char names[IDS][4];
	(void)snprintf(names[id], sizeof names[id], "C%d", id);
	return text_of(names[id]);
}

static void tell(struct links *links, const struct reading *reading, int which, struct links_change *change)
{
	char id[8];
	const struct said *said = &reading->said[which];
	(void)snprintf(id, sizeof id, "s%03d", which);
	struct links_statement statement = {.ref = (uint64_t)which + 1,
	                                    .time = said->time,
	                                    .source = TEXT("lcs"),
	                                    .id = text_of(id),
	                                    .survivor = name(said->survivor),
	                                    .ceased = name(said->ceased),
	                                    .merged = said->merged};
	if (said->stands)
		links_add(links, &statement, change);
	else
		links_remove(links, statement.ref, change);
}

static int number_of(struct text id)
{
	return id.at[1] - '0';
}

/* What it says has changed is what has. */
static void expect_change(const struct reading *before, const struct reading *after, const struct links_change *change)
{
	bool told[IDS] = {false};
	for (size_t i = 0; i < change->part_count; i++)
		for (size_t k = 0; k < change->parts[i].count; k++) {
			int id = number_of(change->parts[i].ids[k]);
			assert_false(told[id]);
			told[id] = true;
			assert_int_equal(number_of(change->parts[i].before), canonical(before, id));
			assert_int_equal(number_of(change->parts[i].after), canonical(after, id));
			for (int j = 0; j < IDS; j++) /* they were together, and are */
				assert_true(!(before->linked[id][j] && after->linked[id][j] && told[j]) ||
				            before->linked[number_of(change->parts[i].ids[0])][j] ||
				            change->part_count == 2);
		}
	for (int i = 0; i < IDS; i++)
		if (canonical(before, i) != canonical(after, i) ||
		    memcmp(before->linked[i], after->linked[i], IDS) != 0)
			assert_true(told[i]);
}

static void expect_as_read(const struct links *links, const struct reading *reading)
{
	for (int i = 0; i < IDS; i++) {
		const struct text *members;
		size_t count = links_members(links, name(i), &members), linked = 0;
		for (int j = 0; j < IDS; j++)
			linked += reading->linked[i][j];
		assert_int_equal(count, linked);
		for (size_t k = 0; k < count; k++)
			assert_true(reading->linked[i][number_of(members[k])]);
		assert_int_equal(number_of(links_canonical(links, name(i))), canonical(reading, i));
	}
}

static void test_who_is_one_history_is_what_the_rules_say_whatever_comes_and_goes(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 3000; seed++) {
		struct reading reading = {0};
		struct links *links = links_new();
		srandom(seed);
		int ids = 2 + (int)(random() % (IDS - 1));
		for (int i = 0; i < MOST; i++) {
			struct said *said = &reading.said[i];
			*said = (struct said){.time = (int)(random() % 5),
			                      .survivor = (int)(random() % ids),
			                      .merged = random() % 4 != 0};
			said->ceased = (said->survivor + 1 + (int)(random() % (ids - 1))) % ids;
		}
		read_plainly(&reading);
		for (int step = 0; step < 40; step++) {
			struct reading before = reading;
			struct links_change change;
			int which = (int)(random() % MOST);
			reading.said[which].stands = random() % 3 != 0;
			read_plainly(&reading);
			tell(links, &reading, which, &change);
			expect_change(&before, &reading, &change);
			expect_as_read(links, &reading);
		}
		links_clear(links);
		assert_true(text_equal(links_canonical(links, name(0)), name(0)));
		links_free(links);
	}
}

static struct said any_said(int ids)
{
	struct said said = {
		.time = (int)(random() % 5), .survivor = (int)(random() % ids), .merged = random() % 4 != 0};
	said.ceased = (said.survivor + 1 + (int)(random() % (ids - 1))) % ids;
	return said;
}

/* A transaction that failed: some of what it said comes again, and some of its handles are other statements' next. */
static void test_what_is_undone_never_was_and_its_handles_are_free(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 2000; seed++) {
		struct reading reading = {0};
		struct links *links = links_new();
		srandom(seed);
		int ids = 2 + (int)(random() % (IDS - 1));
		for (int i = 0; i < MOST; i++)
			reading.said[i] = any_said(ids);
		for (int transaction = 0; transaction < 8; transaction++) {
			struct reading kept = reading;
			struct links_change change;
			for (int step = 0; step < 6; step++) {
				int which = (int)(random() % MOST);
				reading.said[which].stands = random() % 3 != 0;
				tell(links, &reading, which, &change);
				read_plainly(&reading);
				expect_as_read(links, &reading);
			}
			if (random() % 2) {
				links_keep(links);
				continue;
			}
			links_undo(links);
			read_plainly(&kept);
			expect_as_read(links, &kept);
			for (int i = 0; i < MOST; i++) /* a handle of which nothing is kept is given to another */
				if (!kept.said[i].stands && random() % 4 == 0)
					kept.said[i] = any_said(ids);
			reading = kept;
		}
		links_undo(links);
		links_free(links);
	}
}

static uint64_t steps_to_undo_one(int merges)
{
	struct links *links = links_new();
	struct links_change change;
	struct links_statement said = {.source = TEXT("lcs"), .merged = true};
	char names[3][16];
	for (int i = 0; i <= merges; i++) {
		if (i == merges)
			links_keep(links);
		(void)snprintf(names[0], sizeof names[0], "C%07d", 2 * i);
		(void)snprintf(names[1], sizeof names[1], "C%07d", 2 * i + 1);
		(void)snprintf(names[2], sizeof names[2], "s%07d", i);
		said.ref = (uint64_t)i + 1;
		said.survivor = text_of(names[0]);
		said.ceased = text_of(names[1]);
		said.id = text_of(names[2]);
		links_add(links, &said, &change);
	}
	uint64_t before = links_steps(links);
	links_undo(links);
	assert_true(text_equal(links_canonical(links, text_of(names[1])), text_of(names[1])));
	assert_true(text_equal(links_canonical(links, TEXT("C0000001")), TEXT("C0000000")));
	uint64_t steps = links_steps(links) - before;
	links_free(links);
	return steps;
}

static void test_what_is_undone_costs_what_it_was_whatever_else_is_linked(void **state)
{
	(void)state;
	assert_true(steps_to_undo_one(10) > 0);
	assert_int_equal(steps_to_undo_one(10), steps_to_undo_one(10000));
}

/* ---- how much work it is ---- */

enum shape { PAIRS, STAR, CHAIN, CHAIN_BACKWARDS, RING, STAR_UNDONE, SAID_AGAIN_AND_AGAIN, SHAPES };
static const char *const shape_names[] = {"pairs", "one survivor", "a chain", "a chain, the last first", "a ring",
                                          "one survivor, and undone", "one pair, again and again"};

static struct links_statement in_shape(enum shape shape, int i, int count, char names[3][16])
{
	int survivor = 0, ceased = i + 1;
	struct links_statement said = {.ref = (uint64_t)i + 1, .time = i, .source = TEXT("lcs"), .merged = true};
	if (shape == PAIRS)
		survivor = count + i;
	else if (shape == CHAIN || shape == RING)
		survivor = shape == RING && i + 1 == count ? 0 : i + 1, ceased = i;
	else if (shape == CHAIN_BACKWARDS)
		survivor = count - i, ceased = count - i - 1;
	else if (shape == STAR_UNDONE)
		ceased = i % (count / 2) + 1, said.merged = i < count / 2;
	else if (shape == SAID_AGAIN_AND_AGAIN)
		survivor = i % 2, ceased = 1 - i % 2, said.merged = i % 3 != 0;
	(void)snprintf(names[0], 16, "C%07d", survivor);
	(void)snprintf(names[1], 16, "C%07d", ceased);
	(void)snprintf(names[2], 16, "s%07d", i);
	said.survivor = text_of(names[0]);
	said.ceased = text_of(names[1]);
	said.id = text_of(names[2]);
	return said;
}

static uint64_t steps_for(enum shape shape, int count)
{
	struct links *links = links_new();
	struct links_change change;
	char names[3][16];
	for (int i = 0; i < count; i++) {
		struct links_statement said = in_shape(shape, i, count, names);
		links_add(links, &said, &change);
	}
	for (int i = count; i-- > 0 && shape == SAID_AGAIN_AND_AGAIN;)
		links_remove(links, (uint64_t)i + 1, &change);
	const struct text *members;
	size_t linked = links_members(links, TEXT("C0000000"), &members);
	assert_int_equal(linked, shape == PAIRS || shape == STAR_UNDONE || shape == SAID_AGAIN_AND_AGAIN ? 1
	                         : shape == RING ? (size_t)count : (size_t)count + 1);
	uint64_t steps = links_steps(links);
	links_free(links);
	return steps;
}

static void test_twice_as_many_merges_are_about_twice_the_work(void **state)
{
	(void)state;
	for (enum shape shape = PAIRS; shape < SHAPES; shape++) {
		int many = rounds_of(50000, 5000);
		uint64_t once = steps_for(shape, many), twice = steps_for(shape, 2 * many);
		print_message("%s: %.1f steps a statement at %d, %.1f at %d\n", shape_names[shape],
		              (double)once / many, many, (double)twice / (2 * many), 2 * many);
		assert_true(twice * 2 <= once * 5);
		assert_true(once < (uint64_t)many * 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_who_is_one_history_is_what_the_rules_say_whatever_comes_and_goes),
	        cmocka_unit_test(test_what_is_undone_never_was_and_its_handles_are_free),
	        cmocka_unit_test(test_what_is_undone_costs_what_it_was_whatever_else_is_linked),
	        cmocka_unit_test(test_twice_as_many_merges_are_about_twice_the_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
