/* A whole configuration in force: nothing of it is taken by halves, and what is only being checked changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "run/edition.h"

#define DECLARES                                                                                                       \
	"events: [{type: hospital.attended, title: Seen in hospital, data: {visit: {type: text, key: true%s}}}]\n"     \
	"rules:\n  - id: hospital.seen\n    title: Seen in hospital\n    severity: high\n    basis: local\n"           \
	"    event: {event: hospital.attended}\n    tell: [{role: team-manager}]\n    message: missing-high-risk\n"

struct place {
	char directory[64], config[128], rules[128], rule_file[160];
	struct config_faults faults;
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void write_rules(const struct place *place, const char *more)
{
	char text[2048];
	(void)snprintf(text, sizeof text, DECLARES, more);
	write_file(place->rule_file, text);
}

static int set_up(void **state)
{
	struct place *place = MEM_NEW(struct place);
	char here[256], text[2048];
	assert_non_null(getcwd(here, sizeof here));
	(void)snprintf(place->directory, sizeof place->directory, "/tmp/casewatch-edition-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(place->config, sizeof place->config, "%s/casewatchd.yaml", place->directory);
	(void)snprintf(place->rules, sizeof place->rules, "%s/rules", place->directory);
	(void)snprintf(place->rule_file, sizeof place->rule_file, "%s/hospital.yaml", place->rules);
	assert_int_equal(mkdir(place->rules, 0700), 0);
	(void)snprintf(text, sizeof text,
	               "council: Example Council\ndatabase: casewatch.db\nrules: rules\ndirectory: "
	               "%s/conf/directory.yaml\ntemplates: %s/conf/templates\ncalendar: {file: "
	               "%s/conf/bank-holidays.json}\n",
	               here, here, here);
	write_file(place->config, text);
	write_rules(place, "");
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	config_faults_free(&place->faults);
	(void)unlink(place->rule_file);
	(void)rmdir(place->rules);
	(void)unlink(place->config);
	(void)rmdir(place->directory);
	free(place);
	return 0;
}

static struct edition *load(struct place *place)
{
	struct edition *edition = edition_load(place->config, &place->faults);
	for (size_t i = 0; i < place->faults.count; i++)
		print_error("%s:%d: %s\n", place->faults.items[i].file, place->faults.items[i].line,
		            place->faults.items[i].text);
	return edition;
}

/* ---- event types ---- */

static const struct field *visit(void)
{
	return schema_field(schema_find(TEXT("hospital.attended")), TEXT("visit"));
}

static void types_of_rules_that_are_being_checked_are_in_force_for_nobody_else(void **state)
{
	struct place *place = *state;
	struct edition *first = load(place);
	assert_non_null(first);
	assert_null(visit());
	edition_adopt(first);
	assert_false(visit()->required);
	write_rules(place, ", required: true");
	struct edition *second = load(place);
	assert_non_null(second);
	assert_false(visit()->required); /* checked, and not in force */
	edition_adopt(second);
	assert_true(visit()->required);
	shared_release(&first->shared);
	assert_true(visit()->required);
	shared_release(&second->shared);
	assert_null(visit());
}

static void types_of_rules_that_are_refused_were_never_in_force(void **state)
{
	struct place *place = *state;
	struct edition *first = load(place);
	assert_non_null(first);
	edition_adopt(first);
	write_rules(place, ", required: perhaps");
	assert_null(edition_load(place->config, &place->faults));
	assert_true(place->faults.count > 0);
	assert_false(visit()->required);
	shared_release(&first->shared);
}

/* ---- files ---- */

static void what_was_written_a_moment_ago_is_not_taken_yet(void **state)
{
	struct place *place = *state;
	atomic_bool stop = true; /* looked at once, and not waited for */
	assert_null(edition_load_still(place->config, &stop, &place->faults));
	assert_int_equal(place->faults.count, 0);
}

static void what_has_been_still_for_a_second_is_taken(void **state)
{
	struct place *place = *state;
	atomic_bool stop = false;
	struct edition *edition = edition_load_still(place->config, &stop, &place->faults);
	assert_non_null(edition);
	assert_null(record_files_youngest(&edition->files, edition->loading - EDITION_STILL));
	shared_release(&edition->shared);
}

static void the_files_that_differ_are_named(void **state)
{
	struct place *place = *state;
	char other[200];
	struct buffer names = {0};
	struct edition *first = load(place), *same = load(place);
	assert_true(record_files_same(&first->files, &same->files));
	assert_int_equal(record_files_differences(&first->files, &same->files, &names), 0);
	(void)snprintf(other, sizeof other, "%s/more.test.yaml", place->rules);
	write_file(other, "tests: []\n");
	write_rules(place, ", required: true");
	struct edition *second = load(place);
	assert_false(record_files_same(&first->files, &second->files));
	assert_int_equal(record_files_differences(&first->files, &second->files, &names), 2);
	assert_string_equal(buffer_cstr(&names), "rules/hospital.yaml, rules/more.test.yaml (new)");
	buffer_clear(&names);
	assert_int_equal(record_files_differences(&second->files, &first->files, &names), 2);
	assert_string_equal(buffer_cstr(&names), "rules/hospital.yaml, rules/more.test.yaml (gone)");
	buffer_free(&names);
	(void)unlink(other);
	shared_release(&first->shared);
	shared_release(&same->shared);
	shared_release(&second->shared);
}

static void the_same_bytes_written_anew_were_touched(void **state)
{
	struct place *place = *state;
	struct edition *first = load(place);
	struct stat before, after;
	assert_int_equal(stat(place->rule_file, &before), 0);
	do { /* the kernel's clock of files goes by steps of some milliseconds */
		write_rules(place, "");
		assert_int_equal(stat(place->rule_file, &after), 0);
	} while (before.st_ctim.tv_sec == after.st_ctim.tv_sec && before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
	struct edition *second = load(place);
	struct buffer names = {0};
	assert_int_equal(record_files_differences(&first->files, &second->files, &names), 0);
	assert_false(record_files_same(&first->files, &second->files));
	buffer_free(&names);
	shared_release(&first->shared);
	shared_release(&second->shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(types_of_rules_that_are_being_checked_are_in_force_for_nobody_else,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(types_of_rules_that_are_refused_were_never_in_force, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_written_a_moment_ago_is_not_taken_yet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_has_been_still_for_a_second_is_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_files_that_differ_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_bytes_written_anew_were_touched, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
