/* What is made of a directory of files is made once for all who read the same, and only for those. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/here.h"
#include "base/pool.h"
#include "config/lists.h"
#include "rules/load/load.h"
#include "text/template.h"

#define RULE "rules:\n- {id: r, title: A, severity: high, tell: {role: director}, event: {event: missing.started}}\n"
#define DECLARES "events:\n- {type: own.thing, title: Own}\n"

struct place {
	char directory[64], file[96];
};

static void write_file(const struct place *place, const char *words)
{
	FILE *file = fopen(place->file, "we");
	assert_non_null(file);
	assert_true(fputs(words, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make(struct place *place, const char *name, const char *words)
{
	(void)snprintf(place->directory, sizeof place->directory, "/tmp/casewatch-pool-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(place->file, sizeof place->file, "%s/%s", place->directory, name);
	write_file(place, words);
}

static void unmake(const struct place *place)
{
	assert_int_equal(unlink(place->file), 0);
	assert_int_equal(rmdir(place->directory), 0);
}

static struct ruleset *rules_of(const struct place *place)
{
	struct config_faults faults = {0};
	struct ruleset *rules = rules_load_dir(place->directory, &faults);
	if (!rules)
		fail_msg("%s", faults.items[0].text);
	return rules;
}

static void rules_of_the_same_files_are_one_set_until_the_last_has_left(void **state)
{
	struct place place;
	struct pool_key key;
	(void)state;
	make(&place, "a.yaml", RULE);
	struct ruleset *first = rules_of(&place), *second = rules_of(&place);
	assert_ptr_equal(first, second);
	ruleset_free(first);
	assert_string_equal(second->rules[0].title, "A"); /* it is still there */
	ruleset_free(second);
	assert_true(pool_look("rules", place.directory, &key));
	assert_null(pool_take(&key));
	unmake(&place);
}

static void another_byte_makes_another_set_and_leaves_the_first_as_it_was(void **state)
{
	struct place place;
	(void)state;
	make(&place, "a.yaml", RULE);
	struct ruleset *before = rules_of(&place);
	write_file(&place, "# mended\n" RULE);
	struct ruleset *after = rules_of(&place);
	assert_ptr_not_equal(before, after);
	assert_int_equal(after->rules[0].line, before->rules[0].line + 1);
	ruleset_free(before);
	ruleset_free(after);
	unmake(&place);
}

static void rules_with_faults_are_nobodys(void **state)
{
	struct place place;
	struct pool_key key;
	(void)state;
	make(&place, "a.yaml", "rules: 1\n");
	struct config_faults faults = {0};
	assert_null(rules_load_dir(place.directory, &faults));
	assert_null(rules_load_dir(place.directory, &faults)); /* and are faulted again */
	assert_true(faults.count >= 2);
	assert_true(pool_look("rules", place.directory, &key));
	assert_null(pool_take(&key));
	config_faults_free(&faults);
	unmake(&place);
}

/* Each council has its own types, and what is made of rules hangs on them. */
static void rules_that_declare_types_are_each_councils_own(void **state)
{
	struct place place, plain;
	(void)state;
	make(&place, "a.yaml", DECLARES RULE);
	make(&plain, "a.yaml", RULE);
	struct here *before = here_enter(here_of("north"));
	struct ruleset *north = rules_of(&place), *also = rules_of(&plain);
	(void)here_enter(here_of("south"));
	struct ruleset *south = rules_of(&place);
	assert_ptr_not_equal(north, south);
	assert_non_null(schema_type(schema_find(TEXT("own.thing"))));
	ruleset_free(south);
	(void)here_enter(here_of("east"));
	struct ruleset *east = rules_of(&plain);
	assert_ptr_not_equal(also, east); /* it was made where other types were declared */
	assert_null(schema_type(schema_find(TEXT("own.thing"))));
	(void)here_enter(here_of("north"));
	assert_non_null(schema_type(schema_find(TEXT("own.thing"))));
	(void)here_enter(before);
	ruleset_free(north);
	ruleset_free(also);
	ruleset_free(east);
	unmake(&place);
	unmake(&plain);
}

static void templates_and_lists_are_shared_alike(void **state)
{
	struct fault fault;
	struct config_faults faults = {0};
	(void)state;
	struct template_set *words = template_load("conf/templates", &fault),
			    *again = template_load("conf/templates", &fault);
	assert_non_null(words);
	assert_ptr_equal(words, again);
	template_free(words);
	template_free(again);
	struct config_list_set *lists = lists_set_load("conf/lists", &faults),
			       *more = lists_set_load("conf/lists", &faults);
	assert_true(lists->count > 0);
	assert_ptr_equal(lists, more);
	lists_set_free(lists);
	lists_set_free(more);
}

/* ---- the pool alone ---- */

static int freed;

static void count_freed(void *item)
{
	freed++;
	free(item);
}

static void what_was_made_while_files_changed_is_kept_for_nobody(void **state)
{
	struct place place;
	struct pool_key key, now;
	(void)state;
	make(&place, "a", "one");
	assert_true(pool_look("test", place.directory, &key));
	write_file(&place, "two");
	void *item = malloc(1);
	assert_ptr_equal(pool_add(&key, item, count_freed), item);
	assert_null(pool_take(&key));
	assert_true(pool_look("test", place.directory, &now));
	assert_null(pool_take(&now));
	assert_false(pool_leave(item)); /* the maker's own */
	free(item);
	unmake(&place);
}

/* Copied over with the same bytes: it was empty for a moment, and what was made of it then is nobody else's. */
static void so_is_what_was_made_of_other_bytes_where_the_first_are_back(void **state)
{
	struct place place;
	struct pool_key key, now;
	const struct timespec long_ago[] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
	(void)state;
	make(&place, "a", "one");
	assert_int_equal(utimensat(AT_FDCWD, place.file, long_ago, 0), 0);
	assert_true(pool_look("test", place.directory, &key));
	write_file(&place, "");
	void *item = malloc(1); /* of the empty file */
	write_file(&place, "one");
	assert_ptr_equal(pool_add(&key, item, count_freed), item);
	assert_true(pool_look("test", place.directory, &now));
	assert_null(pool_take(&now));
	assert_false(pool_leave(item));
	free(item);
	unmake(&place);
}

static void who_was_slower_takes_what_the_other_made(void **state)
{
	struct place place;
	struct pool_key key;
	(void)state;
	freed = 0;
	make(&place, "a", "one");
	assert_true(pool_look("test", place.directory, &key));
	void *first = malloc(1), *second = malloc(1);
	assert_ptr_equal(pool_add(&key, first, count_freed), first);
	assert_ptr_equal(pool_add(&key, second, count_freed), first);
	assert_int_equal(freed, 1);
	assert_true(pool_leave(first));
	assert_int_equal(freed, 1);
	assert_true(pool_leave(first));
	assert_int_equal(freed, 2);
	unmake(&place);
	assert_false(pool_look("test", place.directory, &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_the_same_files_are_one_set_until_the_last_has_left),
		cmocka_unit_test(another_byte_makes_another_set_and_leaves_the_first_as_it_was),
		cmocka_unit_test(rules_with_faults_are_nobodys),
		cmocka_unit_test(rules_that_declare_types_are_each_councils_own),
		cmocka_unit_test(templates_and_lists_are_shared_alike),
		cmocka_unit_test(what_was_made_while_files_changed_is_kept_for_nobody),
		cmocka_unit_test(so_is_what_was_made_of_other_bytes_where_the_first_are_back),
		cmocka_unit_test(who_was_slower_takes_what_the_other_made),
	};
	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
