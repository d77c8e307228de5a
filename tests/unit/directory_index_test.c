/* Who is found by the index of a directory is who is found by looking through it. */
#include "people/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define PEOPLE 300
#define ROLES 40

struct world {
	char ids[PEOPLE][24], workers[PEOPLE][24], roles[ROLES][24];
	struct person people[PEOPLE];
	struct role_title titles[ROLES];
	struct directory directory;
};

/* Every second is a worker, and three of them are the same one. */
static void fill(struct world *world)
{
	*world = (struct world){.directory = {.people = world->people,
	                                      .person_count = PEOPLE,
	                                      .roles = world->titles,
	                                      .role_count = ROLES}};
	for (int i = 0; i < PEOPLE; i++) {
		(void)snprintf(world->ids[i], sizeof world->ids[i], "p-%d", i);
		(void)snprintf(world->workers[i], sizeof world->workers[i], "W%d", i % 100 ? i : 1);
		world->people[i] = (struct person){.id = world->ids[i], .worker = i % 2 ? NULL : world->workers[i]};
	}
	for (int i = 0; i < ROLES; i++) {
		(void)snprintf(world->roles[i], sizeof world->roles[i], "role-%d", i);
		world->titles[i] = (struct role_title){.role = world->roles[i], .title = world->ids[i]};
	}
}

static int compare(const struct directory *with, const struct directory *without, const char *name)
{
	struct text id = text_of(name);
	assert_ptr_equal(directory_person(with, id), directory_person(without, id));
	assert_ptr_equal(directory_worker(with, id), directory_worker(without, id));
	assert_string_equal(directory_role_title(with, name), directory_role_title(without, name));
	assert_int_equal(directory_knows_role(with, id), directory_knows_role(without, id));
	return (directory_person(with, id) != NULL) + (directory_worker(with, id) != NULL) +
	       directory_knows_role(with, id);
}

static void who_is_found_is_who_is_found_without(void **state)
{
	static const char *const none[] = {"", "p-", "p-300", "p-1 ", "W", "W3", "role-", "role-40"};
	static struct world world;
	(void)state;
	fill(&world);
	struct directory without = world.directory;
	directory_make_index(&world.directory);
	int found = 0;
	for (int i = 0; i < PEOPLE; i++)
		found += compare(&world.directory, &without, world.ids[i]) +
			 compare(&world.directory, &without, world.workers[i]);
	assert_int_equal(found, PEOPLE + PEOPLE / 2 + 1); /* W1 is asked for once more */
	for (int i = 0; i < ROLES; i++)
		assert_int_equal(compare(&world.directory, &without, world.roles[i]), 1);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(compare(&world.directory, &without, none[i]), 0);
	assert_ptr_equal(directory_worker(&world.directory, TEXT("W1")), &world.people[0]);
	directory_drop_index(&world.directory);
	assert_null(world.directory.index);
}

static void a_copy_with_others_is_looked_through(void **state)
{
	static struct world world;
	struct person one = {.id = "p-other"};
	struct role_title title = {.role = "role-other", .title = "Other"};
	(void)state;
	fill(&world);
	directory_make_index(&world.directory);
	struct directory copy = world.directory;
	copy.people = &one;
	copy.roles = &title;
	copy.person_count = copy.role_count = 1;
	assert_ptr_equal(directory_person(&copy, TEXT("p-other")), &one);
	assert_null(directory_person(&copy, TEXT("p-1")));
	assert_true(directory_knows_role(&copy, TEXT("role-other")));
	assert_false(directory_knows_role(&copy, TEXT("role-1")));
	directory_drop_index(&world.directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_found_is_who_is_found_without),
		cmocka_unit_test(a_copy_with_others_is_looked_through),
	};
	return cmocka_run_group_tests_name("directory_index", tests, NULL, NULL);
}
