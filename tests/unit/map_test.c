/* map: against a list that is searched from end to end, with hashes that collide. */
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

struct pair {
	uint64_t hash;
	uint32_t number;
};
struct model {
	struct pair pairs[4096];
	size_t count;
};

static size_t count_in_model(const struct model *model, uint64_t hash, uint32_t number)
{
	size_t count = 0;
	for (size_t i = 0; i < model->count; i++)
		count += map_fold(model->pairs[i].hash) == map_fold(hash) && model->pairs[i].number == number;
	return count;
}

static size_t count_in_map(const struct map *map, uint64_t hash, uint32_t number)
{
	size_t count = 0;
	struct map_walk walk = map_walk(map, hash);
	for (uint32_t found; (found = map_next(&walk)) != MAP_NONE;)
		count += found == number;
	return count;
}

static void expect_same(const struct map *map, const struct model *model)
{
	assert_int_equal(map->count, model->count);
	for (size_t i = 0; i < model->count; i++)
		assert_int_equal(count_in_map(map, model->pairs[i].hash, model->pairs[i].number),
		                 count_in_model(model, model->pairs[i].hash, model->pairs[i].number));
}

static void test_an_empty_map_has_no_candidates_and_nothing_to_remove(void **state)
{
	(void)state;
	struct map map = {0};
	struct map_walk walk = map_walk(&map, 7);
	assert_int_equal(map_next(&walk), MAP_NONE);
	assert_false(map_remove(&map, 7, 0));
	map_prefetch(&map, 7);
	map_clear(&map);
	map_free(&map);
}

static void test_all_numbers_of_one_hash_are_candidates_and_each_is_removed_by_itself(void **state)
{
	(void)state;
	struct map map = {0};
	for (uint32_t i = 0; i < 100; i++)
		map_add(&map, 42, i);
	assert_true(map_remove(&map, 42, 50));
	assert_false(map_remove(&map, 42, 50));
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(count_in_map(&map, 42, i), i != 50);
	map_clear(&map);
	assert_int_equal(count_in_map(&map, 42, 1), 0);
	map_free(&map);
}

/* Few hashes, so that places collide and gaps close over one another; the table's end is crossed, too. */
static void test_what_comes_and_goes_at_random_is_as_in_a_list(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		struct map map = {0};
		struct model *model = calloc(1, sizeof *model);
		srandom(seed);
		print_message("seed %u\n", seed);
		for (int step = 0; step < 1500; step++) {
			struct pair pair = {(uint64_t)random() % (seed * 3) + (seed % 2 ? 0xfffffff8u : 0),
			                    (uint32_t)random() % 50};
			if (random() % 5 < 3 || !model->count) {
				map_add(&map, pair.hash, pair.number);
				model->pairs[model->count++] = pair;
			} else {
				size_t which = (size_t)random() % model->count;
				assert_true(map_remove(&map, model->pairs[which].hash, model->pairs[which].number));
				model->pairs[which] = model->pairs[--model->count];
			}
			if (step % 50 == 0)
				expect_same(&map, model);
		}
		expect_same(&map, model);
		free(model);
		map_free(&map);
	}
}

static void test_a_map_in_which_things_come_and_go_for_ever_does_not_grow(void **state)
{
	(void)state;
	struct map map = {0};
	map_reserve(&map, 100);
	size_t bytes = map_bytes(&map);
	for (uint32_t i = 0; i < 100000; i++) {
		map_add(&map, i * 0x9e3779b97f4a7c15u, i);
		if (i >= 50)
			assert_true(map_remove(&map, (i - 50) * 0x9e3779b97f4a7c15u, i - 50));
	}
	assert_int_equal(map.count, 50);
	assert_int_equal(map_bytes(&map), bytes);
	map_free(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_an_empty_map_has_no_candidates_and_nothing_to_remove),
	        cmocka_unit_test(test_all_numbers_of_one_hash_are_candidates_and_each_is_removed_by_itself),
	        cmocka_unit_test(test_what_comes_and_goes_at_random_is_as_in_a_list),
	        cmocka_unit_test(test_a_map_in_which_things_come_and_go_for_ever_does_not_grow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
