/* log: a flood of one kind of line drowns no other, and how much of it was left out is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/log.h"

static char last[4096];
static unsigned count;
static enum log_level last_level;
static instant now = SECOND;

static void keep(enum log_level level, const struct log_about *about, const char *line)
{
	count++;
	last_level = level;
	(void)snprintf(last, sizeof last, "%s|%s", line, about->alert ? about->alert : "");
}

static int set_up(void **state)
{
	static struct clock clock;
	(void)state;
	clock = clock_manual(&now);
	log_say_held_back();
	log_use_clock(&clock);
	log_set_sink(keep);
	log_set_level(LOG_LEVEL_INFO);
	now += HOUR;
	count = 0;
	last[0] = '\0';
	return 0;
}

static void what_is_below_the_level_is_not_said_and_the_level_is_set_at_any_time(void **state)
{
	enum log_level level;
	(void)state;
	log_line(LOG_LEVEL_DEBUG, "debugging");
	assert_int_equal(count, 0);
	assert_true(log_level_named("debug", &level));
	log_set_level(level);
	log_line(LOG_LEVEL_DEBUG, "debugging");
	assert_int_equal(count, 1);
	assert_true(log_level_named("error", &level));
	log_set_level(level);
	log_warning("a warning");
	assert_int_equal(count, 1);
	assert_false(log_level_named("loud", &level));
	assert_string_equal(log_level_name(LOG_LEVEL_NOTICE), "notice");
}

static void flood(unsigned lines)
{
	for (unsigned i = 0; i < lines; i++)
		log_work(LOG_LEVEL_WARNING, (struct log_about){.alert = "a1"}, "the child %s is away", "C-SECRET");
}

static void a_flood_is_held_back_and_its_number_is_said_without_a_value_of_it(void **state)
{
	struct log_figures before, after;
	(void)state;
	log_figures(&before);
	flood(LOG_BURST + 7);
	assert_int_equal(count, LOG_BURST);
	log_error("another kind is heard");
	assert_string_equal(last, "another kind is heard|");
	log_say_held_back();
	assert_string_equal(last, "7 further lines of this kind were left out within 10 s: \"the child %s is away\"|");
	assert_int_equal(last_level, LOG_LEVEL_WARNING);
	log_figures(&after);
	assert_int_equal(after.held_back - before.held_back, 7);
	assert_int_equal(after.lines[LOG_LEVEL_WARNING] - before.lines[LOG_LEVEL_WARNING], LOG_BURST + 1);
	count = 0;
	log_say_held_back(); /* once */
	assert_int_equal(count, 0);
}

static void after_the_flood_the_kind_is_heard_again(void **state)
{
	(void)state;
	flood(LOG_BURST + 3);
	now += LOG_BURST_TIME;
	count = 0;
	flood(1);
	assert_int_equal(count, 2); /* what was left out, then the line */
	assert_string_equal(last, "the child C-SECRET is away|a1");
}

static void a_kind_that_makes_room_for_another_says_first_what_was_left_out(void **state)
{
	(void)state;
	flood(LOG_BURST + 5);
	count = 0;
#define SAY(n) log_notice("kind " #n);
#define SAY8(n) SAY(n##0) SAY(n##1) SAY(n##2) SAY(n##3) SAY(n##4) SAY(n##5) SAY(n##6) SAY(n##7)
#define SAY64(n) SAY8(n##0) SAY8(n##1) SAY8(n##2) SAY8(n##3) SAY8(n##4) SAY8(n##5) SAY8(n##6) SAY8(n##7)
	now += 1;
	SAY64(1) SAY64(2) SAY64(3) SAY64(4)
	assert_int_equal(count, LOG_KINDS_MOST + 1);
}

static void a_line_end_from_outside_starts_no_line(void **state)
{
	(void)state;
	log_notice("it says %s", "one\n<3>two");
	assert_string_equal(last, "it says one <3>two|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_below_the_level_is_not_said_and_the_level_is_set_at_any_time, set_up),
		cmocka_unit_test_setup(a_flood_is_held_back_and_its_number_is_said_without_a_value_of_it, set_up),
		cmocka_unit_test_setup(after_the_flood_the_kind_is_heard_again, set_up),
		cmocka_unit_test_setup(a_kind_that_makes_room_for_another_says_first_what_was_left_out, set_up),
		cmocka_unit_test_setup(a_line_end_from_outside_starts_no_line, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
