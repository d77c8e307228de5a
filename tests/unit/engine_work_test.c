/* How much the engine asks of whoever keeps the events, counted: twice as many events are about twice the work, however
 * deep they correct each other, however many ids are merged, however long one child's history is. */
#include "backtest/memory_host.h"
#include "config/config.h"
#include "rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static struct config *config;

static int load(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	config = config_load("conf/casewatchd.yaml", NULL, &faults);
	if (!config)
		fail_msg("%s:%d: %s", faults.items[0].file, faults.items[0].line, faults.items[0].text);
	config_faults_free(&faults);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	config_free(config);
	return 0;
}

/* The memory's own host, with what is asked of it counted. */
struct counted {
	struct engine_host own;
	engine_visit_event *visit;
	engine_visit_record *record;
	void *argument;
	uint64_t asked; /* questions, and events and records shown in answer */
	uint64_t told;  /* effects */
};
static struct counted counted;

static enum result count_event(void *argument, const struct event *event, struct fault *fault)
{
	(void)argument;
	counted.asked++;
	return counted.visit(counted.argument, event, fault);
}

static enum result count_record(void *argument, const struct engine_record *record, struct fault *fault)
{
	(void)argument;
	counted.asked++;
	return counted.record(counted.argument, record, fault);
}

static enum result history(void *context, enum party_kind domain, struct text id, uint64_t before,
                           engine_visit_event *visit, void *argument, struct fault *fault)
{
	counted.asked++;
	counted.visit = visit;
	counted.argument = argument;
	return counted.own.history(context, domain, id, before, count_event, NULL, fault);
}

static enum result amendments(void *context, struct text source, struct text target, engine_visit_record *visit,
                              void *argument, struct fault *fault)
{
	counted.asked++;
	counted.record = visit;
	counted.argument = argument;
	return counted.own.amendments(context, source, target, count_record, NULL, fault);
}

static enum result set_standing(void *context, uint64_t ref, bool standing, struct fault *fault)
{
	counted.asked++;
	return counted.own.set_standing(context, ref, standing, fault);
}

static enum result effect(void *context, const struct effect *said, struct fault *fault)
{
	counted.told++;
	return counted.own.effect(context, said, fault);
}

typedef void tell(struct buffer *out, int number, int count);

static void begin(struct buffer *out, int number, const char *type, const char *subject, int minute)
{
	char when[32];
	instant_print((instant)1577836800 * SECOND + minute * MINUTE, when);
	buffer_format(out,
	              "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"lcs\",\"type\":\"%s\",\"subject\":\"%s\","
	              "\"time\":\"%s\",",
	              number, type, subject, when);
}

static struct engine_figures figures; /* of the last work_of */

/* Each event a flush of its own: the work of an event, asked or folded. */
static uint64_t work_of(tell *say, int count)
{
	struct engine_settings settings;
	struct fault fault = {{0}};
	struct event_parser *parser =
		event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	struct memory_host *memory = memory_host_new(NULL, NULL);
	struct arena *arena = arena_new(4096);
	struct buffer line = {0};
	engine_settings_default(&settings);
	settings.calendar = config->calendar;
	settings.rules = config->rules;
	settings.directory = config->directory;
	settings.from_nothing = true;
	struct engine_host host = memory_host_interface(memory);
	counted = (struct counted){.own = host};
	host.history = history;
	host.amendments = amendments;
	host.set_standing = set_standing;
	host.effect = effect;
	struct engine *engine = engine_new(&settings, &host);
	assert_int_equal(engine_start(engine, &fault), RESULT_OK);
	for (int i = 0; i < count; i++) {
		struct event event, kept;
		buffer_clear(&line);
		say(&line, i, count);
		if (event_parse(parser, buffer_view(&line), INSTANT_NONE, &event, &fault) != RESULT_OK)
			fail_msg("%s: %s", buffer_cstr(&line), fault.text);
		assert_int_equal(memory_host_add(memory, &event, memory_host_hash(&event), &kept, arena), MEMORY_NEW);
		assert_int_equal(engine_accept(engine, &kept, &fault), RESULT_OK);
		assert_int_equal(engine_flush(engine, event.time, &fault), RESULT_OK);
		arena_reset(arena);
	}
	engine_figures(engine, &figures);
	engine_free(engine);
	memory_host_free(memory);
	event_parser_free(parser);
	arena_free(arena);
	buffer_free(&line);
	return counted.asked + figures.folded_events;
}

static void expect_linear(const char *what, tell *say, unsigned each)
{
	int many = rounds_of(1000, 250);
	uint64_t once = work_of(say, many), twice = work_of(say, 2 * many);
	print_message("%s: %.1f an event at %d, %.1f at %d\n", what, (double)once / many, many,
	              (double)twice / (2 * many), 2 * many);
	assert_true(twice * 2 <= once * 5);
	assert_true(once <= (uint64_t)each * (uint64_t)many);
}

static void say_correction(struct buffer *out, int number, int count)
{
	(void)count;
	begin(out, number, "custody.threshold_met", "C1", number);
	if (number)
		buffer_format(out, "\"replaces\":\"e%d\",", number - 1);
	buffer_string(out, "\"data\":{\"custody\":\"k1\"}}");
}

static void say_wide_correction(struct buffer *out, int number, int count)
{
	(void)count;
	begin(out, number, "custody.threshold_met", "C1", number);
	buffer_string(out,
	              number ? "\"replaces\":\"e0\",\"data\":{\"custody\":\"k1\"}}" : "\"data\":{\"custody\":\"k1\"}}");
}

static void test_each_correction_of_a_correction_costs_the_same(void **state)
{
	(void)state;
	expect_linear("corrections, deep", say_correction, 30);
	expect_linear("corrections, wide", say_wide_correction, 30);
}

static void say_merge(struct buffer *out, int number, int count)
{
	(void)count;
	begin(out, number, "person.merged", "C1", number);
	buffer_format(out, "\"data\":{\"from\":\"P%d\"}}", number);
}

static void say_chain_of_merges(struct buffer *out, int number, int count)
{
	(void)count;
	char subject[24];
	(void)snprintf(subject, sizeof subject, "P%d", number + 1);
	begin(out, number, "person.merged", subject, number);
	buffer_format(out, "\"data\":{\"from\":\"P%d\"}}", number);
}

static void test_each_merge_costs_the_same(void **state)
{
	(void)state;
	expect_linear("merges into one", say_merge, 30);
	expect_linear("merges in a chain", say_chain_of_merges, 30);
}

static void say_placement(struct buffer *out, int number, int count)
{
	(void)count;
	begin(out, number, number % 2 ? "placement.ended" : "placement.started", "C1", 60 * number);
	buffer_format(out, "\"data\":{\"placement\":\"p%d\",\"provider\":\"V%d\"%s}}", number / 2, number / 2 % 7,
	              number % 2 ? "" : ",\"regulated\":true");
}

static void test_each_end_that_reaches_a_provider_costs_the_same(void **state)
{
	(void)state;
	expect_linear("placements of one child", say_placement, 30);
}

/* Every tenth is some hours late; what was before it is not read again, and not folded again. */
static void say_often_late(struct buffer *out, int number, int count)
{
	(void)count;
	begin(out, number, "core_group.held", "C1", 60 * (number % 10 ? number : number - 6));
	buffer_string(out, "\"data\":{}}");
}

static void test_a_late_event_of_a_long_history_costs_the_same(void **state)
{
	(void)state;
	expect_linear("every tenth late", say_often_late, 60);
}

static void say_plan(struct buffer *out, int number, int count)
{
	(void)count;
	begin(out, number, number % 2 ? "cp.ended" : "cp.started", "C1", 60 * number + 1);
	buffer_string(out, number % 2 ? "\"data\":{}}" : "\"data\":{\"category\":\"neglect\"}}");
}

/* Of 89 rules some dozen wait for what a protection plan's begin or end says. */
static void test_an_event_has_those_rules_judged_again_that_read_what_it_changes(void **state)
{
	(void)state;
	(void)work_of(say_placement, 1000);
	print_message("placements: %.1f rules judged an event\n", (double)figures.judged / 1000);
	assert_in_range(figures.judged, 1000, 16 * 1000);
	(void)work_of(say_plan, 1000);
	print_message("plans: %.1f rules judged an event\n", (double)figures.judged / 1000);
	assert_in_range(figures.judged, 1000, 40 * 1000);
}

/* Every other event is a challenge that nobody answers, so that thousands of clocks run beside the plan's. */
static void say_plan_among_challenges(struct buffer *out, int number, int count)
{
	if (number % 2) {
		say_plan(out, number / 2, count);
		return;
	}
	begin(out, count + number, "challenge.raised", "C1", 30 * number);
	buffer_format(out, "\"data\":{\"challenge\":\"c%d\"}}", number);
}

/* Nobody writes down that the child came back: each episode goes on, and an alert of it climbs its ladder. */
static void say_episode_left_open(struct buffer *out, int number, int count)
{
	(void)count;
	begin(out, number, "missing.started", "C1", 120 * number);
	buffer_format(out, "\"data\":{\"episode\":\"m%d\",\"kind\":\"missing\"}}", number);
}

static double judged_an_event(tell *say, int count)
{
	(void)work_of(say, count);
	print_message("%d: %.1f rules and clocks looked at an event\n", count, (double)figures.judged / count);
	return (double)figures.judged / count;
}

static void test_an_event_of_a_child_with_thousands_looks_at_hardly_more_than_one_with_twenty(void **state)
{
	(void)state;
	int many = rounds_of(4000, 1000);
	assert_true(judged_an_event(say_plan_among_challenges, many) <=
	            3 * judged_an_event(say_plan_among_challenges, 40));
	assert_true(judged_an_event(say_episode_left_open, many) <= 3 * judged_an_event(say_episode_left_open, 40));
	assert_true(judged_an_event(say_placement, many) <= 3 * judged_an_event(say_placement, 40));
	assert_true(judged_an_event(say_plan, many) <= 3 * judged_an_event(say_plan, 40));
}

/* At an event, and at each thing told, a few of them. */
static void test_of_thousands_of_alerts_those_are_looked_at_that_have_something_to_tell(void **state)
{
	(void)state;
	int many = rounds_of(4000, 1000);
	(void)work_of(say_episode_left_open, many);
	print_message("%.1f alerts looked at an event, %.1f things told\n", (double)figures.looked_at / many,
	              (double)counted.told / many);
	assert_true(counted.told >= (uint64_t)many);
	assert_true(figures.looked_at <= 4 * (counted.told + (uint64_t)many));
}

/* Thousands came back within an hour and nobody spoke with them: two days later each is warned of, while its clock
 * runs. */
static void say_return_that_is_warned_of(struct buffer *out, int number, int count)
{
	int minute = number < count - 1 ? number / 50 : 50 * 60;
	begin(out, number, number ? "missing.ended" : "missing.started", "C1", minute);
	buffer_format(out, "\"data\":{\"episode\":\"m%d\"%s}}", number,
	              number ? "" : ",\"kind\":\"missing\"");
}

/* Thousands of orders run out on one date, and nothing is heard for weeks: of the two warnings of each the one nearest
 * the date alone. */
static void say_order_that_runs_out(struct buffer *out, int number, int count)
{
	begin(out, number, "dol.order_made", "C1", number < count - 1 ? number / 50 : 29 * 24 * 60);
	buffer_format(out, "\"data\":{\"order\":\"o%d\",\"until\":\"2020-01-31\"}}", number);
}

static double looked_at_an_event(tell *say, int count)
{
	(void)work_of(say, count);
	print_message("%d: %.1f looked at an event, %llu told\n", count, (double)figures.looked_at / count,
	              (unsigned long long)counted.told);
	assert_true(counted.told >= (uint64_t)count - 1);
	return (double)figures.looked_at / count;
}

static void test_twice_as_many_early_warnings_are_twice_the_work(void **state)
{
	(void)state;
	int many = rounds_of(1000, 400);
	assert_true(looked_at_an_event(say_return_that_is_warned_of, 2 * many) <=
	            1.5 * looked_at_an_event(say_return_that_is_warned_of, many));
	assert_true(looked_at_an_event(say_order_that_runs_out, 2 * many) <=
	            1.5 * looked_at_an_event(say_order_that_runs_out, many));
}

#define LONG 3000 /* events of a history before something comes late */

/* After so many in order each is late, before all of them; from `near` on, some hours late. */
static void say_late(struct buffer *out, int number, int near)
{
	int minute = number < LONG ? 60 * number + 6000 : number < near ? number - LONG : 60 * (LONG - 20) + number;
	begin(out, number, number % 2 ? "challenge.answered" : "challenge.raised", "C1", minute);
	buffer_format(out, "\"data\":{\"challenge\":\"c%d\"}}", number / 2);
}

static void say_late_before_all(struct buffer *out, int number, int count)
{
	say_late(out, number, count);
}

#define EARLY 100 /* of those that are before all, where some hours late ones follow */
static void say_late_early_and_near(struct buffer *out, int number, int count)
{
	(void)count;
	say_late(out, number, LONG + EARLY);
}

static void test_twice_as_many_late_events_of_a_long_history_are_twice_the_work(void **state)
{
	(void)state;
	PLAIN_ONLY(); /* late events of a shorter history are above */
	uint64_t none = work_of(say_late_before_all, LONG), none_bytes = figures.checkpoint_bytes;
	uint64_t once = work_of(say_late_before_all, LONG + 100) - none, bytes = figures.checkpoint_bytes - none_bytes;
	uint64_t twice = work_of(say_late_before_all, LONG + 200) - none;
	uint64_t twice_bytes = figures.checkpoint_bytes - none_bytes;
	print_message("100 late: %llu events, %llu bytes of checkpoints; 200: %llu, %llu\n", (unsigned long long)once,
	              (unsigned long long)bytes, (unsigned long long)twice, (unsigned long long)twice_bytes);
	assert_true(bytes && twice * 2 <= once * 5);
	assert_true(twice_bytes * 2 <= bytes * 3); /* they write fewer and fewer */
}

/* They come to rest: what is late by hours is not folded from the first event for long. */
static void test_after_many_early_ones_a_late_event_near_the_present_costs_little(void **state)
{
	(void)state;
	PLAIN_ONLY(); /* late events of a shorter history are above */
	(void)work_of(say_late_early_and_near, LONG + EARLY + 1);
	uint64_t before = figures.folded_events;
	(void)work_of(say_late_early_and_near, LONG + EARLY + 3);
	uint64_t two = figures.folded_events - before;
	(void)work_of(say_late_early_and_near, LONG + EARLY + 5);
	uint64_t four = figures.folded_events - before;
	print_message("two: %llu events folded, the next two: %llu\n", (unsigned long long)two,
	              (unsigned long long)(four - two));
	assert_in_range(four - two, 1, LONG / 4);
}

static void test_what_checkpoints_of_a_growing_history_write_grows_as_it_does(void **state)
{
	(void)state;
	(void)work_of(say_placement, 2500);
	uint64_t once = figures.checkpoint_bytes;
	(void)work_of(say_placement, 5000);
	print_message("%.0f bytes an event at 2,500, %.0f at 5,000\n", (double)once / 2500,
	              (double)figures.checkpoint_bytes / 5000);
	assert_true(once && figures.checkpoint_bytes * 2 <= once * 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_each_correction_of_a_correction_costs_the_same),
	        cmocka_unit_test(test_each_merge_costs_the_same),
	        cmocka_unit_test(test_each_end_that_reaches_a_provider_costs_the_same),
	        cmocka_unit_test(test_a_late_event_of_a_long_history_costs_the_same),
	        cmocka_unit_test(
			test_an_event_of_a_child_with_thousands_looks_at_hardly_more_than_one_with_twenty),
	        cmocka_unit_test(test_of_thousands_of_alerts_those_are_looked_at_that_have_something_to_tell),
	        cmocka_unit_test(test_twice_as_many_early_warnings_are_twice_the_work),
	        cmocka_unit_test(test_an_event_has_those_rules_judged_again_that_read_what_it_changes),
	        cmocka_unit_test(test_twice_as_many_late_events_of_a_long_history_are_twice_the_work),
	        cmocka_unit_test(test_after_many_early_ones_a_late_event_near_the_present_costs_little),
	        cmocka_unit_test(test_what_checkpoints_of_a_growing_history_write_grows_as_it_does),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
