/* Lists that cannot be made: the others go all the same, and ops hear of them. */
#include "councils_world.h"
#include "rounds.h"

#include "pipeline/registers.h"

/* What stands between the daemon and its parts: see the Makefile. */
static bool registers_are_behind, log_is_being_read;
static unsigned registers_fail; /* not 0: each second turn of theirs finds no room on the disk, the others do nothing */
enum result __real_registers_step(struct registers *registers, bool *more, struct fault *fault);
enum result __wrap_registers_step(struct registers *registers, bool *more, struct fault *fault);
bool __real_feeds_were_caught_up(const struct council *council);
bool __wrap_feeds_were_caught_up(const struct council *council);

enum result __wrap_registers_step(struct registers *registers, bool *more, struct fault *fault)
{
	*more = false; /* a turn that finds nothing to do, so that time can pass */
	if (registers_fail)
		return registers_fail++ % 2 ? fault_set(fault, RESULT_TEMPORARY, "there is no room") : RESULT_OK;
	return registers_are_behind ? RESULT_OK : __real_registers_step(registers, more, fault);
}

bool __wrap_feeds_were_caught_up(const struct council *council)
{
	return !log_is_being_read && __real_feeds_were_caught_up(council);
}

static int well(void **state)
{
	registers_are_behind = log_is_being_read = false;
	registers_fail = 0;
	return set_up(state);
}

static void write_list(const char *name, const char *yaml)
{
	char path[200];
	(void)snprintf(path, sizeof path, "%.95s/lists", NORTH->folder);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof path, "%.95s/lists/%s.yaml", NORTH->folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(yaml, file) >= 0);
	assert_int_equal(fclose(file), 0);
	write_config(NORTH, "casewatch.db", "lists: lists\n");
}

/* A report of one figure. */
static void add_list(const char *name, const char *select)
{
	char yaml[1600];
	(void)snprintf(yaml, sizeof yaml,
	               "list: %s\ntitle: Words of %s\ntemplate: report\n"
	               "complete: {quiet-hours: 24, unconfirmed-hours: 24}\n"
	               "issues:\n  - {id: it, due: daily at 07:30, tells: day, \n"
	               "     recipients: [{role: [dcs, director]}],\n"
	               "     heading: Words of %s, subject: Words of %s, strong: 'So many: {{some}}',\n"
	               "     words: 'No more.',\n"
	               "     parts: [counted]}\n"
	               "figures:\n  some:\n    {title: Some, adds: false, select: '%s'}\n"
	               "parts:\n  - {id: counted, kind: note, title: How, small: true, words: As it is.}\n",
	               name, name, name, name, select);
	write_list(name, yaml);
}

#define WELL "SELECT 1 AS value"
#define BROKEN "SELECT abs(-9223372036854775807 - 1) AS value FROM task"
#define OPS "casewatch-ops@"

/* In the order of their names the first cannot be read: whoever waits for the second lives from another list. */
static void a_list_that_cannot_be_read_keeps_no_other_from_going_out(void **state)
{
	(void)state;
	add_list("a-broken", BROKEN);
	add_list("b-well", WELL);
	start(1);
	memory_source_put(NORTH->log, "memory:0",
	                  "{\"specversion\":\"1.0\",\"id\":\"t1\",\"source\":\"/plan\",\"type\":\"task.created\","
	                  "\"subject\":\"P1\",\"time\":\"2026-02-02T06:00:00Z\",\"data\":{\"task\":\"t1\"}}");
	live_until("2026-02-03T07:50:00Z");
	assert_int_equal(mails(NORTH, DIRECTOR, "SENSITIVE Words of b-well"), 2);
	assert_int_equal(mails(NORTH, DIRECTOR, "SENSITIVE Words of a-broken"), 0);
	assert_true(mails(NORTH, OPS, "A list cannot be made") > 0);
	live_until("2026-02-04T07:50:00Z");
	assert_int_equal(mails(NORTH, DIRECTOR, "SENSITIVE Words of b-well"), 3);
}

#define IS_LATE "casewatch: The list b-well/it is late: it is not made"

/* A daemon that waits looks each hundredth of a second: most of the hour passes at once. */
static void late_list_is_said(const char *why)
{
	int before = mails(NORTH, DIRECTOR, "SENSITIVE Words of b-well");
	live_until("2026-02-03T07:31:00Z");
	pass(50 * MINUTE);
	live_until("2026-02-03T08:22:00Z");
	assert_int_equal(mails(NORTH, OPS, IS_LATE), 0);
	assert_int_equal(mails(NORTH, DIRECTOR, "SENSITIVE Words of b-well"), before);
	pass(9 * MINUTE);
	live_until("2026-02-03T08:33:00Z");
	assert_int_equal(mails(NORTH, OPS, IS_LATE), 1);
	assert_true(mails(NORTH, OPS, why) > 0); /* in the digest, too */
	pass(2 * HOUR);
	live_until("2026-02-03T10:34:00Z");
	assert_int_equal(mails(NORTH, OPS, IS_LATE), 1); /* once */
	registers_are_behind = log_is_being_read = false;
	live_until("2026-02-03T10:40:00Z");
	assert_int_equal(mails(NORTH, DIRECTOR, "SENSITIVE Words of b-well"), before + 1);
}

static void a_list_whose_registers_are_behind_is_told_to_ops_after_an_hour(void **state)
{
	(void)state;
	add_list("b-well", WELL);
	start(1);
	live_until("2026-02-03T07:29:50Z");
	registers_are_behind = true;
	happens(NORTH, "visit.noted", "C1", "2026-02-03T07:00:00Z");
	late_list_is_said("the registers do not hold");
}

static void a_list_that_waits_for_the_log_to_be_read_is_told_to_ops_after_an_hour(void **state)
{
	(void)state;
	PLAIN_ONLY(); /* it waits as the one before */
	add_list("b-well", WELL);
	start(1);
	live_until("2026-02-03T07:29:50Z");
	log_is_being_read = true;
	late_list_is_said("what the sources had");
}

/* That it is late is nobody's fault, and it is about to come. Of the days before nobody would make one by itself. */
static void of_reports_that_fell_due_while_nobody_ran_the_last_is_made_and_the_others_are_named(void **state)
{
	(void)state;
	add_list("b-well", WELL);
	start(1);
	live_until("2026-02-02T12:00:00Z");
	daemon_stop(&daemon_);
	pass(3 * 24 * HOUR);
	start(1);
	live_until("2026-02-05T13:00:00Z");
	assert_int_equal(mails(NORTH, DIRECTOR, "SENSITIVE Words of b-well"), 2);
	assert_int_equal(mails(NORTH, OPS, "is late"), 0);
	assert_int_equal(mails(NORTH, OPS, "casewatch: The report b-well/it was passed over"), 1);
}

static void a_role_of_a_list_that_nobody_holds_is_told_to_ops(void **state)
{
	(void)state;
	add_list("b-well", WELL);
	start(1);
	live_until("2026-02-02T09:00:00Z");
	assert_int_equal(mails(NORTH, OPS, "A list has one reader fewer"), 0);
	struct directory *directory = (struct directory *)(uintptr_t)NORTH->council->config->directory;
	for (size_t i = 0; i < directory->role_count; i++)
		if (strcmp(directory->roles[i].role, "dcs") == 0)
			directory->roles[i].people_count = 0;
	live_until("2026-02-03T07:50:00Z");
	assert_int_equal(mails(NORTH, DIRECTOR, "SENSITIVE Words of b-well"), 2);
	assert_int_equal(mails(NORTH, "dcs@", "SENSITIVE Words of b-well"), 1);
	assert_int_equal(mails(NORTH, OPS, "A list has one reader fewer"), 1);
}

static void silent(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about, (void)line;
}

static size_t said_late, said_over;

static void count_said(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about;
	said_late += strncmp(line, "the lists are late", 18) == 0;
	said_over += strcmp(line, "the lists are looked after again") == 0;
}

/* A turn in which nothing failed, because nothing was tried, is not the end of it. */
static void that_lists_cannot_be_made_is_said_when_it_begins_and_when_one_could_be(void **state)
{
	(void)state;
	add_list("b-well", WELL);
	start(1);
	live_until("2026-02-03T07:29:50Z");
	happens(NORTH, "visit.noted", "C1", "2026-02-03T07:00:00Z");
	registers_fail = 1;
	said_late = said_over = 0;
	log_set_sink(count_said);
	live_until("2026-02-03T07:40:00Z");
	assert_true(registers_fail > 10);
	assert_int_equal(said_late, 1);
	assert_int_equal(said_over, 0);
	int before = mails(NORTH, DIRECTOR, "SENSITIVE Words of b-well");
	registers_fail = 0;
	live_until("2026-02-03T07:50:00Z");
	assert_int_equal(mails(NORTH, DIRECTOR, "SENSITIVE Words of b-well"), before + 1);
	assert_int_equal(said_late, 1);
	assert_int_equal(said_over, 1);
	log_set_sink(silent);
}

#define LATE_TEST(name) cmocka_unit_test_setup_teardown(name, well, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LATE_TEST(a_list_that_cannot_be_read_keeps_no_other_from_going_out),
		LATE_TEST(a_list_whose_registers_are_behind_is_told_to_ops_after_an_hour),
		LATE_TEST(a_list_that_waits_for_the_log_to_be_read_is_told_to_ops_after_an_hour),
		LATE_TEST(of_reports_that_fell_due_while_nobody_ran_the_last_is_made_and_the_others_are_named),
		LATE_TEST(a_role_of_a_list_that_nobody_holds_is_told_to_ops),
		LATE_TEST(that_lists_cannot_be_made_is_said_when_it_begins_and_when_one_could_be),
	};
	log_set_sink(silent);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
