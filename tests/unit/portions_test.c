/* portions: a long history is read and folded anew a portion a flush; nothing is told of it before it is whole, and
 * nothing of it is lost, whatever comes in meanwhile. Counted in events, never in time. */
#include "backtest/memory_host.h"
#include "config/config.h"
#include "engine/why/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PORTION 10
#define LONG 90 /* events of the child with the long history, a day each */

struct world {
	struct config *config;
	struct memory_host *memory;
	struct engine *engine;
	struct event_parser *parser;
	struct arena *arena;
	struct buffer said; /* "opened rule subject" a line */
	int events;
	instant due; /* as last kept of C1 */
	instant now;
};

static enum result hear_effect(void *context, const struct effect *effect, struct fault *fault)
{
	struct world *w = context;
	(void)fault;
	buffer_format(&w->said, "%s %s %.*s\n", effect_name(effect->kind) + strlen("alert."), effect->rule->id,
	              TEXT_ARG(effect->subject));
	return RESULT_OK;
}

static struct world *due_world; /* whose due times are noted */

static enum result note_due(void *context, enum party_kind domain, struct text id, instant due, struct fault *fault)
{
	(void)context;
	(void)fault;
	if (domain == PARTY_NONE && text_equal(id, TEXT("C1")))
		due_world->due = due;
	return RESULT_OK;
}

static void start(struct world *w, size_t portion)
{
	struct engine_settings settings;
	struct fault fault = {{0}};
	engine_settings_default(&settings);
	settings.calendar = w->config->calendar;
	settings.rules = w->config->rules;
	settings.directory = w->config->directory;
	settings.portion = portion;
	engine_free(w->engine);
	struct engine_host host = memory_host_interface(w->memory);
	host.keep_due = note_due;
	due_world = w;
	w->engine = engine_new(&settings, &host);
	assert_int_equal(engine_start(w->engine, &fault), RESULT_OK);
}

static int setup(void **state)
{
	struct world *w = MEM_NEW(struct world);
	struct config_faults faults = {0};
	w->config = config_load("conf/casewatchd.yaml", NULL, &faults);
	if (!w->config)
		fail_msg("%s:%d: %s", faults.items[0].file, faults.items[0].line, faults.items[0].text);
	config_faults_free(&faults);
	w->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(w->config->calendar));
	w->arena = arena_new(4096);
	w->memory = memory_host_new(hear_effect, w);
	w->due = INSTANT_NEVER;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	engine_free(w->engine);
	memory_host_free(w->memory);
	event_parser_free(w->parser);
	config_free(w->config);
	arena_free(w->arena);
	buffer_free(&w->said);
	free(w);
	return 0;
}

/* Stored, and given to the engine where there is one; `day` of the year 2020. Returns its number. */
static int hear(struct world *w, const char *type, const char *subject, int day, const char *more, const char *data)
{
	struct buffer line = {0};
	char when[32];
	struct event event, *kept = arena_alloc(w->arena, sizeof *kept);
	struct fault fault = {{0}};
	instant_print((instant)1577836800 * SECOND + day * 24 * HOUR, when);
	buffer_format(&line,
	              "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"lcs\",\"type\":\"%s\",\"subject\":\"%s\","
	              "\"time\":\"%s\",%s\"data\":{%s}}",
	              ++w->events, type, subject, when, more, data);
	if (event_parse(w->parser, buffer_view(&line), INSTANT_NONE, &event, &fault) != RESULT_OK)
		fail_msg("%s: %s", buffer_cstr(&line), fault.text);
	assert_int_equal(memory_host_add(w->memory, &event, memory_host_hash(&event), kept, w->arena), MEMORY_NEW);
	if (w->engine)
		assert_int_equal(engine_accept(w->engine, kept, &fault), RESULT_OK);
	w->now = event.time > w->now ? event.time : w->now;
	buffer_free(&line);
	return w->events;
}

static void hear_core_group(struct world *w, const char *subject, int day)
{
	hear(w, "core_group.held", subject, day, "", "");
}

/* Of C1; nothing that an alert stands for; all before the engine starts. */
static void store_long_history(struct world *w)
{
	for (int i = 0; i < LONG; i++)
		hear_core_group(w, "C1", i);
}

static size_t flush(struct world *w)
{
	struct fault fault = {{0}};
	assert_int_equal(engine_flush(w->engine, w->now, &fault), RESULT_OK);
	return engine_waiting(w->engine);
}

static size_t flushes_until_whole(struct world *w)
{
	size_t flushes = 1;
	while (flush(w)) {
		assert_string_equal(buffer_cstr(&w->said), "");
		flushes++;
		assert_true(flushes < 1000);
	}
	return flushes;
}

static uint64_t folded(const struct world *w)
{
	struct engine_figures figures;
	engine_figures(w->engine, &figures);
	return figures.folded_events;
}

#define DAY_AFTER (2 * LONG)
#define IN_CUSTODY "\"custody\":\"k1\""

static void nothing_is_told_of_a_history_before_it_is_whole(void **state)
{
	struct world *w = *state;
	store_long_history(w);
	start(w, PORTION);
	hear(w, "custody.threshold_met", "C1", DAY_AFTER, "", IN_CUSTODY);
	size_t flushes = flushes_until_whole(w);
	assert_in_range(flushes, 2 * LONG / PORTION, 3 * LONG / PORTION); /* read, then folded */
	assert_string_equal(buffer_cstr(&w->said), "opened custody.threshold C1\n");
	assert_int_equal(folded(w), LONG + 1);
}

static void without_a_portion_it_is_whole_at_once(void **state)
{
	struct world *w = *state;
	store_long_history(w);
	start(w, 0);
	hear(w, "custody.threshold_met", "C1", DAY_AFTER, "", IN_CUSTODY);
	assert_int_equal(flush(w), 0);
	assert_string_equal(buffer_cstr(&w->said), "opened custody.threshold C1\n");
}

static void other_children_do_not_wait_for_one_with_a_long_history(void **state)
{
	struct world *w = *state;
	store_long_history(w);
	start(w, PORTION);
	hear(w, "custody.threshold_met", "C1", DAY_AFTER, "", IN_CUSTODY);
	assert_int_equal(flush(w), 1);
	hear(w, "custody.threshold_met", "C2", DAY_AFTER, "", IN_CUSTODY);
	assert_int_equal(flush(w), 1);
	assert_string_equal(buffer_cstr(&w->said), "opened custody.threshold C2\n");
}

static void what_comes_in_order_meanwhile_is_folded_behind_it(void **state)
{
	struct world *w = *state;
	store_long_history(w);
	start(w, PORTION);
	hear(w, "custody.threshold_met", "C1", DAY_AFTER, "", IN_CUSTODY);
	for (int i = 1; flush(w); i++)
		hear_core_group(w, "C1", DAY_AFTER + i);
	assert_non_null(strstr(buffer_cstr(&w->said), "opened custody.threshold C1\n"));
	assert_int_equal(folded(w), w->events); /* each once: it did not begin again */
}

static void what_comes_late_meanwhile_is_folded_with_it(void **state)
{
	struct world *w = *state;
	store_long_history(w);
	start(w, PORTION);
	hear(w, "custody.threshold_met", "C1", DAY_AFTER, "", IN_CUSTODY);
	for (int i = 0; i < 12; i++)
		assert_int_equal(flush(w), 1);
	hear(w, "custody.detained", "C1", 21, "", "\"custody\":\"k0\"");
	hear(w, "custody.released", "C1", 22, "", "\"custody\":\"k0\"");
	while (flush(w)) /* what is told of it is told in portions, too */
		;
	assert_non_null(strstr(buffer_cstr(&w->said), "opened custody.overnight C1\n"));
	assert_non_null(strstr(buffer_cstr(&w->said), "opened custody.threshold C1\n"));
}

static void what_is_withdrawn_meanwhile_is_never_told(void **state)
{
	struct world *w = *state;
	char data[32];
	store_long_history(w);
	start(w, PORTION);
	int custody = hear(w, "custody.threshold_met", "C1", DAY_AFTER, "", IN_CUSTODY);
	for (int i = 0; i < 12; i++)
		assert_int_equal(flush(w), 1);
	(void)snprintf(data, sizeof data, "\"id\":\"e%d\"", custody);
	hear(w, "event.withdrawn", "C1", DAY_AFTER + 1, "", data);
	while (flush(w))
		;
	assert_string_equal(buffer_cstr(&w->said), "");
}

/* Late records in every flush: the fold begins again each time, until it is gone through at once. */
static void a_history_that_never_rests_is_told_of_all_the_same(void **state)
{
	struct world *w = *state;
	size_t flushes = 0;
	store_long_history(w);
	start(w, PORTION);
	hear(w, "custody.threshold_met", "C1", DAY_AFTER, "", IN_CUSTODY);
	for (; flush(w); flushes++) {
		assert_true(flushes < 200);
		hear_core_group(w, "C1", 1);
	}
	assert_string_equal(buffer_cstr(&w->said), "opened custody.threshold C1\n");
}

static void a_history_that_waits_is_due_at_once_so_that_a_crash_loses_nothing(void **state)
{
	struct world *w = *state;
	struct fault fault = {{0}};
	store_long_history(w);
	start(w, PORTION);
	hear(w, "custody.threshold_met", "C1", DAY_AFTER, "", IN_CUSTODY);
	assert_int_equal(flush(w), 1);
	assert_true(w->due == w->now);
	start(w, PORTION); /* the process ended; all that is stored is there */
	assert_int_equal(engine_due(w->engine, PARTY_NONE, TEXT("C1"), &fault), RESULT_OK);
	w->due = INSTANT_NEVER;
	assert_int_equal(flush(w), 1);
	assert_true(w->due == w->now); /* the row was spent, and is there again */
	(void)flushes_until_whole(w);
	assert_string_equal(buffer_cstr(&w->said), "opened custody.threshold C1\n");
	assert_true(w->due > w->now);
}

/* After a transaction that failed: what was read and folded so far is forgotten, and no memory is lost. */
static void a_failed_transaction_forgets_what_was_folded(void **state)
{
	struct world *w = *state;
	struct fault fault = {{0}};
	store_long_history(w);
	start(w, PORTION);
	hear(w, "custody.threshold_met", "C1", DAY_AFTER, "", IN_CUSTODY);
	for (int i = 0; i < 12; i++)
		assert_int_equal(flush(w), 1);
	engine_forget(w->engine);
	assert_int_equal(engine_waiting(w->engine), 0);
	assert_int_equal(engine_due(w->engine, PARTY_NONE, TEXT("C1"), &fault), RESULT_OK);
	(void)flushes_until_whole(w);
	assert_string_equal(buffer_cstr(&w->said), "opened custody.threshold C1\n");
}

/* Two histories that are each longer than a portion: one after the other, and both to the end. */
static void two_long_histories_are_folded_one_after_the_other(void **state)
{
	struct world *w = *state;
	store_long_history(w);
	for (int i = 0; i < 2 * PORTION; i++)
		hear_core_group(w, "C2", i);
	start(w, PORTION);
	hear(w, "custody.threshold_met", "C1", DAY_AFTER, "", IN_CUSTODY);
	hear(w, "custody.threshold_met", "C2", DAY_AFTER, "", IN_CUSTODY);
	assert_int_equal(flush(w), 2);
	while (flush(w))
		;
	assert_string_equal(buffer_cstr(&w->said), "opened custody.threshold C1\nopened custody.threshold C2\n");
}

static size_t told(const struct world *w)
{
	size_t lines = 0;
	for (size_t i = 0; i < w->said.length; i++)
		lines += w->said.at[i] == '\n';
	return lines;
}

static size_t opened(const struct world *w)
{
	size_t count = 0;
	for (const char *at = buffer_cstr(&w->said); (at = strstr(at, "opened custody.threshold C1\n")); at++)
		count++;
	return count;
}

/* Thousands of alerts of one child at once: of them, too, a flush tells no more than its portion. */
static void what_is_told_of_one_child_is_told_a_portion_a_flush_and_each_once(void **state)
{
	struct world *w = *state;
	char custody[48];
	size_t flushes = 1, before = 0, waiting;
	start(w, PORTION);
	for (int i = 0; i < 40; i++) {
		(void)snprintf(custody, sizeof custody, "\"custody\":\"k%d\"", i);
		hear(w, "custody.threshold_met", "C1", i, "", custody);
	}
	for (; (waiting = flush(w)) > 0; flushes++) {
		assert_true(told(w) - before <= 1 + PORTION / 10);
		assert_true(w->due == w->now); /* a crash finds the rest */
		before = told(w);
	}
	assert_in_range(flushes, 20, 80);
	assert_int_equal(opened(w), 40);
	assert_true(w->due > w->now);
}

/* What comes meanwhile of that child is told with the rest; of others at once. */
static void nobody_waits_while_one_child_is_told_of_in_portions(void **state)
{
	struct world *w = *state;
	char custody[48];
	start(w, PORTION);
	for (int i = 0; i < 40; i++) {
		(void)snprintf(custody, sizeof custody, "\"custody\":\"k%d\"", i);
		hear(w, "custody.threshold_met", "C1", i, "", custody);
	}
	assert_int_equal(flush(w), 1);
	hear(w, "custody.threshold_met", "C2", 41, "", IN_CUSTODY);
	hear(w, "custody.released", "C1", 41, "", "\"custody\":\"k39\"");
	assert_int_equal(flush(w), 1);
	assert_non_null(strstr(buffer_cstr(&w->said), "opened custody.threshold C2\n"));
	while (flush(w))
		;
	assert_non_null(strstr(buffer_cstr(&w->said), "resolved custody.threshold C1\n"));
	assert_int_equal(opened(w), 40);
}

/* ---- what became known at once ---- */

struct periods {
	char ids[8][ALERT_ID_SIZE];
	size_t count;
};

static void see_period(void *argument, const struct engine_period *period)
{
	struct periods *periods = argument;
	if (strcmp(period->rule->id, "missing.vpg-referral") == 0 && periods->count < 8)
		memcpy(periods->ids[periods->count++], period->id, ALERT_ID_SIZE);
}

static void go_missing_and_be_discussed(struct world *w, int day)
{
	char data[80];
	for (int i = 0; i < 3; i++) {
		(void)snprintf(data, sizeof data, "\"episode\":\"m%d\",\"kind\":\"missing\"", day + i);
		hear(w, "missing.started", "C1", day + i, "", data);
		(void)snprintf(data, sizeof data, "\"episode\":\"m%d\"", day + i);
		hear(w, "missing.ended", "C1", day + i, "", data);
	}
	hear(w, "vpg.discussed", "C1", day + 3, "", "");
}

/* Both had ended when they became known, so nobody was told of either; whoever explains one must not show the other. */
static void alerts_of_a_count_that_ended_before_they_were_known_are_told_apart(void **state)
{
	struct world *w = *state;
	struct periods periods = {.count = 0};
	start(w, 1000);
	go_missing_and_be_discussed(w, 0);
	go_missing_and_be_discussed(w, 60);
	assert_int_equal(flush(w), 0);
	engine_periods(w->engine, PARTY_NONE, TEXT("C1"), see_period, &periods);
	assert_int_equal(periods.count, 2);
	assert_string_not_equal(periods.ids[0], periods.ids[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_told_of_a_history_before_it_is_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(alerts_of_a_count_that_ended_before_they_were_known_are_told_apart,
	                                        setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_portion_it_is_whole_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(other_children_do_not_wait_for_one_with_a_long_history, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(what_comes_in_order_meanwhile_is_folded_behind_it, setup, teardown),
		cmocka_unit_test_setup_teardown(what_comes_late_meanwhile_is_folded_with_it, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_withdrawn_meanwhile_is_never_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_history_that_never_rests_is_told_of_all_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(a_history_that_waits_is_due_at_once_so_that_a_crash_loses_nothing,
	                                        setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_transaction_forgets_what_was_folded, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_told_of_one_child_is_told_a_portion_a_flush_and_each_once,
	                                        setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_waits_while_one_child_is_told_of_in_portions, setup, teardown),
		cmocka_unit_test_setup_teardown(two_long_histories_are_folded_one_after_the_other, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
