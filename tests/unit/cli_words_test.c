/* What the tool prints, as a person would write it: columns stand in columns, and of one there is one. */
#include "cli_world.h"

static const char events[] =
	"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/lcs\",\"type\":\"missing.started\",\"subject\":\"C1\","
	"\"time\":\"2020-01-20T10:00:00Z\",\"data\":{\"episode\":\"Épée-à-1\",\"kind\":\"missing\"}}\n"
	"{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"/"
        "lcs\",\"type\":\"missing.status_changed\",\"subject\":\"C1\","
	"\"time\":\"2020-01-21T10:00:00Z\",\"data\":{\"episode\":\"E-2\",\"kind\":\"missing\"}}\n"
	"{\"specversion\":\"1.0\",\"id\":\"3\",\"source\":\"/"
        "lcs\",\"type\":\"missing.status_changed\",\"subject\":\"C1\","
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

static void write_file(const char *name, const char *words)
{
	FILE *file = fopen(in_directory(name), "w");
	assert_non_null(file);
	assert_true(fputs(words, file) >= 0 && fclose(file) == 0);
}

/* "1 teams": a one of its own before a word in the plural. */
static const char *wrong_one(const char *text)
{
	for (const char *one = strstr(text, "1 "); one; one = strstr(one + 1, "1 ")) {
		size_t length = strcspn(one + 2, " ,.;:\n");
		bool alone = one == text || !strchr("0123456789-.:/", one[-1]);
		if (alone && length > 2 &&
		    (one[length + 1] == 's' || (length == 6 && memcmp(one + 2, "people", 6) == 0)))
			return one;
	}
	return NULL;
}

static void of_one_of_each_the_tool_says_one(void **state)
{
	(void)state;
	char here[256], words[2048];
	assert_non_null(wrong_one("is good: 1 rule, 1 teams"));
	assert_null(wrong_one("of 11 teams 1 is the first"));
	assert_non_null(getcwd(here, sizeof here));
	assert_int_equal(mkdir(in_directory("rules"), 0700), 0);
	write_file("rules/one.yaml",
	           "rules:\n  - id: one.only\n    title: Detained\n    basis: local\n    severity: normal\n"
	           "    event: {event: custody.detained}\n    tell: [{role: director}]\n"
	           "    message: custody-overnight\n    actions: [Read]\n    text: Look.\n");
	write_file("people.yaml", "duty-team: t-1\nduty-phone: 01632 960123\nladder: [director]\npeople:\n"
	                          "  - {id: p-1, email: a@example.org}\nroles:\n  director: {title: Director, people: "
	                          "p-1}\n  ops: {title: Ops, people: p-1}\n"
	                          "teams:\n  - {id: t-1, title: Team 1, manager: p-1, head: p-1}\n");
	(void)snprintf(words, sizeof words,
	               "council: One\ndatabase: one.db\nrules: rules\ndirectory: people.yaml\n"
	               "templates: %s/conf/templates\ncalendar: {file: %s/conf/bank-holidays.json}\n",
	               here, here);
	write_file("one-of-each.yaml", words);
	char *config = strdup(in_directory("one-of-each.yaml")), *file = strdup(in_directory("missing.csv"));
	struct said said = RUN("check", "--config", config);
	assert_has(said.out, "is good: 1 rule, 1 person, 1 team, 2 roles; ");
	assert_null(wrong_one(said.out));
	forget(&said);
	write_file("missing.csv", "CHILD,DOB,MIS_START,MIS_END,MISSING,OTHER\nC1,01/01/2010,31/13/2020,,M,x\n");
	said = RUN("import", "ssda903", file, "--config", "conf/casewatchd.yaml", "--dry-run");
	assert_has(said.err, "1 row read: 0 events");
	assert_has(said.err, "; 1 row not taken; ");
	assert_has(said.err, "; 1 column or element not read\n");
	assert_null(wrong_one(said.err));
	forget(&said);
	static const char *const made[] = {"rules/one.yaml", "people.yaml", "one-of-each.yaml", "missing.csv"};
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		assert_int_equal(unlink(in_directory(made[i])), 0);
	assert_int_equal(rmdir(in_directory("rules")), 0);
	free(config);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_records_of_why_not_stand_in_columns_whatever_their_keys_are_written_in),
		cmocka_unit_test(of_one_of_each_the_tool_says_one),
	};
	return cmocka_run_group_tests_name("cli_words", tests, begin, end);
}
