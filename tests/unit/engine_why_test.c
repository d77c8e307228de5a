/* Why an alert does not stand, as the engine says it: whether the rule is in force, how near it came, and what would
 * open it, also where it starts from another rule's alert. */
#include "backtest/memory_host.h"
#include "config/config.h"
#include "engine/why/why.h"
#include "event/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct world {
	struct config *config;
	struct memory_host *host;
	struct engine *engine;
	struct event_parser *parser;
	struct arena *arena;
	struct buffer said;
	int events;
};

static instant at(const char *text)
{
	instant time = 0;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

static int setup(void **state)
{
	struct world *w = MEM_NEW(struct world);
	struct config_faults faults = {0};
	struct engine_settings settings;
	struct fault fault = {{0}};
	w->config = config_load("conf/casewatchd.yaml", NULL, &faults);
	assert_non_null(w->config);
	config_faults_free(&faults);
	w->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(w->config->calendar));
	w->arena = arena_new(4096);
	engine_settings_default(&settings);
	settings.calendar = w->config->calendar;
	settings.rules = w->config->rules;
	settings.directory = w->config->directory;
	settings.from_nothing = true;
	w->host = memory_host_new(NULL, NULL);
	struct engine_host host = memory_host_interface(w->host);
	w->engine = engine_new(&settings, &host);
	assert_int_equal(engine_start(w->engine, &fault), RESULT_OK);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	engine_free(w->engine);
	memory_host_free(w->host);
	event_parser_free(w->parser);
	config_free(w->config);
	arena_free(w->arena);
	buffer_free(&w->said);
	free(w);
	return 0;
}

static void hear(struct world *w, const char *type, const char *subject, const char *time, const char *data)
{
	struct buffer line = {0};
	struct event event, *kept = arena_alloc(w->arena, sizeof *kept);
	struct fault fault = {{0}};
	buffer_format(&line,
	              "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/lcs\",\"type\":\"%s\",\"subject\":\"%s\","
	              "\"time\":\"%s\",\"data\":{%s}}",
	              ++w->events, type, subject, time, data);
	if (event_parse(w->parser, buffer_view(&line), INSTANT_NONE, &event, &fault) != RESULT_OK)
		fail_msg("%s: %s", buffer_cstr(&line), fault.text);
	assert_int_equal(memory_host_add(w->host, &event, memory_host_hash(&event), kept, w->arena), MEMORY_NEW);
	assert_int_equal(engine_accept(w->engine, kept, &fault), RESULT_OK);
	assert_int_equal(engine_flush(w->engine, event.time, &fault), RESULT_OK);
	buffer_free(&line);
}

static void print_plan(struct buffer *out, const struct why_plan *plan)
{
	char when[32];
	buffer_format(out, "%ux", plan->copies);
	for (size_t i = 0; i < plan->count; i++) {
		const struct why_seed *seed = &plan->seeds[i];
		instant_print(seed->at, when);
		buffer_format(out, " %s@%.16s%s", seed->selector ? schema_type_name(seed->selector->type) : "holds",
		              when, seed->same_key ? "=" : "");
	}
	buffer_string(out, "\n");
}

/* Its parts, a line each; then what would open it. */
static void assert_why(struct world *w, const char *rule, enum party_kind domain, const char *id, const char *now,
                       const char *words)
{
	struct fault fault = {{0}};
	struct why why = {.arena = w->arena,
	                  .rule = ruleset_find(w->config->rules, text_of(rule)),
	                  .domain = domain,
	                  .id = text_of(id)};
	assert_non_null(why.rule);
	buffer_clear(&w->said);
	assert_int_equal(engine_due(w->engine, domain, text_of(id), &fault), RESULT_OK);
	engine_set_why(w->engine, &why);
	assert_int_equal(engine_flush(w->engine, at(now), &fault), RESULT_OK);
	engine_why(w->engine, &why);
	for (size_t i = 0; i < why.part_count; i++)
		buffer_format(&w->said, "%s%s: %s\n", why.parts[i].met ? "" : "not ", why.parts[i].name,
		              why.parts[i].words);
	for (size_t i = 0; i < why.plan_count; i++)
		print_plan(&w->said, &why.plans[i]);
	assert_string_equal(buffer_cstr(&w->said), words);
	why_free(&why);
}

static void a_rule_that_is_not_in_force_yet_says_from_when_on(void **state)
{
	assert_why(*state, "placement.under-16", PARTY_NONE, "C1", "2021-01-04T10:00:00Z",
	           "not in force: not before Thu 9 Sep 2021, 00:00\n"
	           "not when: open(\"unregulated-not-excepted\")\n"
	           "not when: age < 16\n"
	           "1x holds@2021-01-04T10:00\n");
}

static void one_that_is_in_force_says_since_when(void **state)
{
	assert_why(*state, "placement.under-16", PARTY_NONE, "C1", "2022-01-04T10:00:00Z",
	           "in force: yes, since Thu 9 Sep 2021, 00:00\n"
	           "not when: open(\"unregulated-not-excepted\")\n"
	           "not when: age < 16\n"
	           "1x holds@2022-01-04T10:00\n");
}

static void a_clock_that_starts_from_an_alert_is_started_by_what_opens_that(void **state)
{
	assert_why(*state, "missing.vpg-not-discussed", PARTY_NONE, "C1", "2022-01-04T10:00:00Z",
	           "in force: yes\n"
	           "not a clock that ran out: none runs, and none that ran out still stands\n"
	           "1x missing.started@2021-12-15T23:59\n"
	           "1x missing.status_changed@2021-12-15T23:59\n"
	           "3x missing.started@2021-12-15T23:59\n"
	           "3x missing.status_changed@2021-12-15T23:59\n");
}

static void one_that_starts_from_its_end_needs_that_too(void **state)
{
	assert_why(*state, "custody.no-feedback", PARTY_NONE, "C1", "2022-01-04T10:00:00Z",
	           "in force: yes\n"
	           "not a clock that ran out: none runs, and none that ran out still stands\n"
	           "1x custody.detained@2021-12-21T22:00 custody.released@2021-12-22T23:59=\n");
}

static void a_load_says_how_many_are_missing(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 3; i++) {
		char child[8];
		(void)snprintf(child, sizeof child, "C%d", i);
		hear(w, "allocation.started", child, "2022-01-03T10:00:00Z",
		     "\"role\":\"personal-adviser\",\"worker\":\"w1\"");
	}
	assert_why(w, "caseload.personal-adviser", PARTY_WORKER, "w1", "2022-01-04T10:00:00Z",
	           "in force: yes\n"
	           "not the load: 3 open, more than 25 wanted\n"
	           "23x allocation.started@2022-01-04T10:00\n");
}

/* ---- what stood, and what runs ---- */

static void add_period(void *argument, const struct engine_period *period)
{
	char opened[32];
	instant_print(period->opened, opened);
	buffer_format(argument, "%s %.16s %s\n", period->rule->id, opened,
	              period->closed == INSTANT_NEVER ? "stands" : "over");
}

static void add_clock(void *argument, const struct engine_clock *clock)
{
	char due[32];
	instant_print(clock->due, due);
	buffer_format(argument, "%s %.16s\n", clock->rule->id, due);
}

static void assert_stood(struct world *w, const char *id, const char *words)
{
	buffer_clear(&w->said);
	engine_periods(w->engine, PARTY_NONE, text_of(id), add_period, &w->said);
	engine_clocks(w->engine, PARTY_NONE, text_of(id), add_clock, &w->said);
	assert_string_equal(buffer_cstr(&w->said), words);
}

/* Also the one that nobody was told of, because it had ended when it became known; and of two that opened at once. */
static void what_stood_is_shown_by_when_it_opened(void **state)
{
	struct world *w = *state;
	assert_stood(w, "C1", "");
	hear(w, "child.updated", "C1", "2021-01-03T10:00:00Z", "\"initials\":\"AB\"");
	assert_stood(w, "C1", "");
	hear(w, "custody.threshold_met", "C1", "2022-01-05T10:00:00Z", "\"custody\":\"k2\"");
	hear(w, "vcl.scored", "C1", "2022-01-05T10:00:00Z", "\"level\":\"high\"");
	hear(w, "custody.released", "C1", "2022-01-04T11:00:00Z", "\"custody\":\"k1\"");
	hear(w, "custody.threshold_met", "C1", "2022-01-04T10:00:00Z", "\"custody\":\"k1\"");
	assert_stood(w, "C1",
	             "custody.threshold 2022-01-04T10:00 over\n"
	             "custody.no-bed-requested 2022-01-04T11:00 over\n"
	             "custody.threshold 2022-01-05T10:00 stands\n"
	             "vcl.rmg-referral 2022-01-05T10:00 stands\n"
	             "custody.no-bed-requested 2022-01-05T11:00\n"
	             "vcl.rmg-not-opened 2022-01-13T00:00\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_rule_that_is_not_in_force_yet_says_from_when_on),
		TEST(one_that_is_in_force_says_since_when),
		TEST(a_clock_that_starts_from_an_alert_is_started_by_what_opens_that),
		TEST(one_that_starts_from_its_end_needs_that_too),
		TEST(a_load_says_how_many_are_missing),
		TEST(what_stood_is_shown_by_when_it_opened),
	};
	return cmocka_run_group_tests_name("engine_why", tests, NULL, NULL);
}
