/* What the tool says of itself: pages and completion are made of it, and the unit asks it how much memory may be used;
 * and of options that mean nothing as they are given. */
#include "cli_world.h"

static void the_table_of_commands_is_there_for_programs_with_every_command_of_the_list(void **state)
{
	(void)state;
	struct said list = RUN("--help"), table = RUN("--help", "--json");
	size_t commands = 0;
	assert_int_equal(table.status, 0);
	assert_int_equal(assert_json_lines(table.out), 1);
	for (const char *line = list.out; (line = strstr(line, "\n  ")) != NULL; line += 3, commands++) {
		char name[24], wanted[64];
		assert_int_equal(sscanf(line, " %23[a-z-]", name), 1);
		(void)snprintf(wanted, sizeof wanted, "{\"name\":\"%s\",\"usage\":", name);
		assert_has(table.out, wanted);
	}
	assert_true(commands > 20);
	assert_has(table.out, "{\"name\":\"diff\",\"value\":null,");
	assert_has(table.out, "{\"name\":\"rules\",\"value\":\"DIR\",");
	forget(&list);
	forget(&table);
}

/* What would be passed over was meant to do something: a corrected record that comes with "discard" would be lost. */
static void an_option_that_means_nothing_here_is_not_passed_over(void **state)
{
	static const struct {
		char *arguments[5], *said;
	} of[] = {
		{{"quarantine", "discard", "1", "--with", "fixed.json"},
	         "--with means nothing with discard: it is of release"},
		{{"quarantine", "show", "1", "--reason", "test"},
	         "--reason means nothing with show: it is of release and"},
		{{"quarantine", "release", "1", "--raw", "--json"}, "--raw means nothing with release: it is of show"},
		{{"quarantine", "show", "1", "--all", "--json"}, "--all means nothing with show: it is of list"},
		{{"erase", "--list", "C1051", "--reason", "asked"}, "--list erases nothing: \"C1051\" is too much"},
		{{"report", "custody", "--part", "every", "--json"}, "--part means nothing without --format csv"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		char *const *a = of[i].arguments;
		struct said said = RUN(a[0], a[1], a[2], a[3], a[4]);
		assert_int_equal(said.status, 2);
		assert_has(said.err, of[i].said);
		assert_string_equal(said.out, "");
		forget(&said);
	}
}

static long long reckoned(const char *database, int cache)
{
	FILE *file = fopen(in_directory("memory.yaml"), "w");
	(void)fprintf(file, "council: A\ndatabase: %s\nlimits: {cache-megabytes: %d}\n", database, cache);
	assert_int_equal(fclose(file), 0);
	struct said said = RUN("memory", "--bytes", "--config", (char *)in_directory("memory.yaml"));
	assert_int_equal(said.status, 0);
	long long bytes = strtoll(said.out, NULL, 10);
	forget(&said);
	return bytes;
}

static void the_memory_that_it_may_need_grows_with_the_cache_and_with_the_database(void **state)
{
	(void)state;
	const long long mib = 1 << 20;
	long long least = reckoned("none.db", 8);
	assert_true(least > 512 * mib);
	assert_int_equal(reckoned("none.db", 108) - least, 200 * mib);
	FILE *file = fopen(in_directory("large.db"), "w");
	assert_int_equal(ftruncate(fileno(file), 800 * mib) | fclose(file), 0);
	assert_int_equal(reckoned("large.db", 8) - least, 100 * mib);
	assert_int_equal(unlink(in_directory("large.db")) | unlink(in_directory("memory.yaml")), 0);
}

static void of_a_configuration_that_cannot_be_read_no_limit_is_made(void **state)
{
	(void)state;
	struct said said = RUN("memory", "--bytes", "--config", "/no/such.yaml");
	assert_int_equal(said.status, 2);
	assert_string_equal(said.out, "");
	assert_has(said.err, "/no/such.yaml:1:1: cannot be opened");
	forget(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_commands_is_there_for_programs_with_every_command_of_the_list),
		cmocka_unit_test(an_option_that_means_nothing_here_is_not_passed_over),
		cmocka_unit_test(the_memory_that_it_may_need_grows_with_the_cache_and_with_the_database),
		cmocka_unit_test(of_a_configuration_that_cannot_be_read_no_limit_is_made),
	};
	return cmocka_run_group_tests_name("what the tool says of itself", tests, begin, end);
}
