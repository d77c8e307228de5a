/* Whose answers count, and when: of sources that may answer alone, about an alert that stands, once their time has
 * come. */
#include "backtest/memory_host.h"
#include "config/config.h"

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
	struct buffer said, warned;
	char alert[ALERT_ID_SIZE];
	int events;
};

static instant at(const char *text)
{
	instant time = 0;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

static enum result hear_effect(void *context, const struct effect *effect, struct fault *fault)
{
	struct world *w = context;
	char when[32];
	(void)fault;
	instant_print(effect->at, when);
	buffer_format(&w->said, "%.5s %s\n", when + 11, effect_name(effect->kind) + strlen("alert."));
	if (effect->kind == EFFECT_OPENED)
		memcpy(w->alert, effect->alert->id, sizeof w->alert);
	return RESULT_OK;
}

static enum result hear_warning(void *context, uint64_t ref, const char *field, const char *reason, struct fault *fault)
{
	struct world *w = context;
	(void)ref, (void)reason, (void)fault;
	buffer_format(&w->warned, "%s\n", field);
	return RESULT_OK;
}

static int setup(void **state)
{
	static const char *const sources[] = {"/casewatch/answer", "/duty-desk"};
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
	settings.answer_sources = sources;
	settings.answer_source_count = 2;
	w->host = memory_host_new(hear_effect, w);
	memory_host_hear_warnings(w->host, hear_warning);
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
	buffer_free(&w->warned);
	free(w);
	return 0;
}

static void run(struct world *w, const char *until)
{
	struct fault fault = {{0}};
	for (instant due; (due = engine_next_due(w->engine)) <= at(until);) {
		engine_wake(w->engine, due);
		assert_int_equal(engine_flush(w->engine, due, &fault), RESULT_OK);
	}
}

static void hear(struct world *w, const char *now, const char *source, const char *type, const char *time,
                 const char *data)
{
	struct buffer line = {0};
	struct event event, *kept = arena_alloc(w->arena, sizeof *kept);
	struct fault fault = {{0}};
	buffer_format(&line,
	              "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"%s\",\"type\":\"%s\",\"subject\":\"C1\","
	              "\"time\":\"%s\",\"data\":{%s}}",
	              ++w->events, source, type, time, data);
	run(w, now);
	if (event_parse(w->parser, buffer_view(&line), at(now), &event, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	assert_int_equal(memory_host_add(w->host, &event, memory_host_hash(&event), kept, w->arena), MEMORY_NEW);
	assert_int_equal(engine_accept(w->engine, kept, &fault), RESULT_OK);
	assert_int_equal(engine_flush(w->engine, at(now), &fault), RESULT_OK);
	buffer_free(&line);
}

static void open_alert(struct world *w)
{
	hear(w, "2020-01-20T10:00:00Z", "/lcs", "pace.transfer_failed", "2020-01-20T10:00:00Z", "\"custody\":\"k1\"");
	assert_string_equal(buffer_cstr(&w->said), "10:00 opened\n");
	buffer_clear(&w->said);
}

static void answer(struct world *w, const char *now, const char *source, const char *time, const char *more)
{
	char data[256];
	(void)snprintf(data, sizeof data, "\"alert\":\"%s\",\"by\":\"director\",\"action\":\"seen\"%s", w->alert, more);
	hear(w, now, source, "alert.acknowledged", time, data);
}

static void assert_said(struct world *w, const char *until, const char *words, const char *warned)
{
	run(w, until);
	assert_string_equal(buffer_cstr(&w->said), words);
	assert_string_equal(buffer_cstr(&w->warned), warned);
	buffer_clear(&w->said);
	buffer_clear(&w->warned);
}

static void a_source_that_may_answer_stops_the_ladder(void **state)
{
	struct world *w = *state;
	open_alert(w);
	answer(w, "2020-01-20T10:10:00Z", "/duty-desk", "2020-01-20T10:10:00Z", "");
	assert_said(w, "2020-01-20T11:00:00Z", "10:10 acknowledged\n", "");
}

/* Whatever sends events about children can send one that says it was answered. */
static void a_source_that_may_not_stops_nothing_and_it_is_said(void **state)
{
	struct world *w = *state;
	open_alert(w);
	answer(w, "2020-01-20T10:10:00Z", "/lcs", "2020-01-20T10:10:00Z", "");
	assert_said(w, "2020-01-20T10:29:00Z", "", "source\n");
	assert_said(w, "2020-01-20T10:31:00Z", "10:30 escalated\n", "");
}

/* It has no effect either when its time has come. */
static void of_one_that_may_not_it_is_said_at_once_whatever_time_it_names(void **state)
{
	struct world *w = *state;
	open_alert(w);
	answer(w, "2020-01-20T10:10:00Z", "/lcs", "2020-01-20T10:14:00Z", "");
	assert_said(w, "2020-01-20T10:11:00Z", "", "source\n");
	assert_said(w, "2020-01-20T10:31:00Z", "10:30 escalated\n", "");
}

static void an_answer_whose_time_has_not_come_counts_from_then_on(void **state)
{
	struct world *w = *state;
	open_alert(w);
	answer(w, "2020-01-20T10:10:00Z", "/duty-desk", "2020-01-20T10:14:00Z", "");
	assert_said(w, "2020-01-20T10:13:00Z", "", "");
	assert_said(w, "2020-01-20T11:00:00Z", "10:14 acknowledged\n", "");
}

static void an_answer_to_no_alert_stops_nothing_and_it_is_said(void **state)
{
	static const char *const alerts[] = {"0123456789abcdef", "A-1001"};
	struct world *w = *state;
	open_alert(w);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(w->alert, sizeof w->alert, "%s", alerts[i]);
		answer(w, "2020-01-20T10:10:00Z", "/duty-desk", "2020-01-20T10:10:00Z", "");
		assert_said(w, "2020-01-20T10:11:00Z", "", "data.alert\n");
	}
	assert_said(w, "2020-01-20T10:31:00Z", "10:30 escalated\n", "");
}

/* As without one: after twelve hours. */
static void a_review_time_that_is_none_puts_nothing_off(void **state)
{
	struct world *w = *state;
	open_alert(w);
	answer(w, "2020-01-20T10:10:00Z", "/duty-desk", "2020-01-20T10:10:00Z", ",\"review_at\":\"when it suits\"");
	assert_said(w, "2020-01-20T22:09:00Z", "10:10 acknowledged\n", "");
	assert_said(w, "2020-01-20T22:11:00Z", "22:10 asked_again\n", "");
}

/* ---- mutes ---- */

static void mute(struct world *w, int number, const char *now, const char *rule, const char *until)
{
	char data[256];
	(void)snprintf(data, sizeof data,
	               "\"mute\":\"m%d\",\"rule\":\"%s\",\"until\":\"%s\",\"reason\":\"a test\","
	               "\"by\":\"team-manager\",\"person\":\"p-tm\"",
	               number, rule, until);
	hear(w, now, "/duty-desk", "mute.started", now, data);
}

#define RMG "vcl.rmg-referral"

static void score(struct world *w, const char *now)
{
	hear(w, now, "/lcs", "vcl.scored", now, "\"level\":\"high\"");
}

/* Whoever muted it believes that nobody is told: it is said that somebody will be. */
static void of_more_mutes_than_a_child_can_have_the_last_mutes_nothing_and_it_is_said(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 64; i++)
		mute(w, i, "2020-01-20T10:00:00Z", "vpg.no-such-rule", "2020-01-20T12:00:00Z");
	buffer_clear(&w->warned); /* of each that there is no such rule */
	mute(w, 64, "2020-01-20T10:10:00Z", RMG, "2020-01-20T16:00:00Z");
	assert_said(w, "2020-01-20T10:11:00Z", "", "data.mute\n");
	score(w, "2020-01-20T10:20:00Z");
	assert_said(w, "2020-01-20T10:21:00Z", "10:20 opened\n", "");
}

static void once_some_of_them_are_over_there_is_room_again(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 64; i++)
		mute(w, i, "2020-01-20T10:00:00Z", RMG, i % 2 ? "2020-01-20T12:00:00Z" : "2020-01-20T14:00:00Z");
	mute(w, 64, "2020-01-20T13:00:00Z", RMG, "2020-01-20T16:00:00Z");
	assert_said(w, "2020-01-20T13:01:00Z", "", "");
	score(w, "2020-01-20T13:10:00Z");
	assert_said(w, "2020-01-20T15:59:00Z", "13:10 opened\n", ""); /* on record alone */
	assert_said(w, "2020-01-20T16:00:00Z", "16:00 asked_again\n", "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_source_that_may_answer_stops_the_ladder),
		TEST(a_source_that_may_not_stops_nothing_and_it_is_said),
		TEST(of_one_that_may_not_it_is_said_at_once_whatever_time_it_names),
		TEST(an_answer_whose_time_has_not_come_counts_from_then_on),
		TEST(an_answer_to_no_alert_stops_nothing_and_it_is_said),
		TEST(a_review_time_that_is_none_puts_nothing_off),
		TEST(of_more_mutes_than_a_child_can_have_the_last_mutes_nothing_and_it_is_said),
		TEST(once_some_of_them_are_over_there_is_room_again),
	};
	return cmocka_run_group_tests_name("engine_answers", tests, NULL, NULL);
}
