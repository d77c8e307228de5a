/* What the tool prints in columns stands in columns, whatever letters it is written in. */
#include "cli_world.h"

static const char events[] =
	"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/lcs\",\"type\":\"missing.started\",\"subject\":\"C1\","
	"\"time\":\"2020-01-20T10:00:00Z\",\"data\":{\"episode\":\"Épée-à-1\",\"kind\":\"missing\"}}\n"
	"{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"/lcs\",\"type\":\"missing.status_changed\",\"subject\":\"C1\","
	"\"time\":\"2020-01-21T10:00:00Z\",\"data\":{\"episode\":\"E-2\",\"kind\":\"missing\"}}\n"
	"{\"specversion\":\"1.0\",\"id\":\"3\",\"source\":\"/lcs\",\"type\":\"missing.status_changed\",\"subject\":\"C1\","
	"\"time\":\"2019-11-21T10:00:00Z\",\"data\":{\"episode\":\"E-22\",\"kind\":\"missing\"}}\n";

/* The column of a screen at which `part` stands in the line that has `line`. */
static size_t column_of(const char *text, const char *line, const char *part)
{
	const char *found = strstr(text, line), *begin = found;
	assert_non_null(found);
	while (begin > text && begin[-1] != '\n')
		begin--;
	const char *at = strstr(begin, part);
	assert_non_null(at);
	size_t columns = 0;
	for (const char *c = begin; c < at; c++)
		columns += ((unsigned char)*c & 0xc0) != 0x80;
	return columns;
}

static void the_records_of_why_not_stand_in_columns_whatever_their_keys_are_written_in(void **state)
{
	(void)state;
	FILE *file = fopen(in_directory("columns.jsonl"), "w");
	assert_non_null(file);
	assert_true(fputs(events, file) >= 0 && fclose(file) == 0);
	char *path = strdup(in_directory("columns.jsonl"));
	struct said said = RUN("why-not", "missing.vpg-referral", "C1", "--config", "conf/casewatchd.yaml", "--events",
	                       path, "--at", "2020-02-01T10:00:00Z");
	assert_int_equal(said.status, 0);
	size_t words = column_of(said.out, "1        Mon 20 Jan", "Missing");
	assert_int_equal(column_of(said.out, "2        Tue 21 Jan", "Missing or away changed"), words);
	size_t keys = column_of(said.out, "1        Mon 20 Jan", "Épée");
	assert_int_equal(column_of(said.out, "2        Tue 21 Jan", "E-2"), keys);
	assert_int_equal(column_of(said.out, "  counts", "episode"), keys);
	assert_has(said.out, "what the rule looked at  episode\n");
	forget(&said);
	(void)unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_records_of_why_not_stand_in_columns_whatever_their_keys_are_written_in),
	};
	return cmocka_run_group_tests_name("cli_columns", tests, begin, end);
}
