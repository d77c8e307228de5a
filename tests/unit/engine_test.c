/* engine: who is told when, what an answer does, and what go-live means, with the clock in the test's hand. */
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
	struct buffer said;        /* "what rule @time (step roles)" a line */
	char alert[ALERT_ID_SIZE]; /* the last that opened */
	enum effect_cause cause;   /* of the last effect */
	int events;
};

static instant at(const char *text)
{
	instant time = 0;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

/* How many records of C1 contradict themselves, as last told; -1: nothing was told. */
static int contradictions_told, ends_without_start;

static enum result hear_contradictions(void *context, enum party_kind domain, struct text id, const uint64_t *refs,
                                       size_t count, struct fault *fault)
{
	(void)context;
	(void)fault;
	if (domain == PARTY_NONE && text_equal(id, TEXT("C1")))
		contradictions_told = (int)count;
	ends_without_start = 0;
	for (size_t i = 0; i < count; i++) {
		assert_int_not_equal(refs[i] & ~ENGINE_NO_START, 0);
		ends_without_start += (refs[i] & ENGINE_NO_START) != 0;
	}
	return RESULT_OK;
}

static enum result hear_effect(void *context, const struct effect *effect, struct fault *fault)
{
	struct world *w = context;
	char when[32];
	(void)fault;
	instant_print(effect->at, when);
	buffer_format(&w->said, "%s %s %s", when, effect_name(effect->kind) + strlen("alert."), effect->rule->id);
	for (size_t i = 0; i < effect->tell_count; i++)
		buffer_format(&w->said, "%c%s", i ? '+' : ' ', effect->tell[i]);
	buffer_string(&w->said, effect->spent ? " spent" : "");
	buffer_string(&w->said, effect->not_before > effect->at ? " waits\n" : "\n");
	w->cause = effect->cause;
	if (effect->kind == EFFECT_OPENED)
		memcpy(w->alert, effect->alert->id, sizeof w->alert);
	return RESULT_OK;
}

/* Who was told in a role: it is not known, two people, one person and nobody as edt, or it cannot be read. */
static enum { TOLD_NOBODY, TOLD_TWO, TOLD_NO_EDT, TOLD_UNREADABLE } told;

static enum result hear_told(void *context, const char *alert, uint16_t step, uint64_t role,
                             engine_visit_person *visit, void *argument, struct fault *fault)
{
	(void)context, (void)alert, (void)step;
	if (told == TOLD_UNREADABLE)
		return fault_set(fault, RESULT_TEMPORARY, "who was told cannot be read");
	if (told == TOLD_NOBODY)
		return RESULT_OK;
	if (told == TOLD_NO_EDT)
		return visit(argument, role == engine_role(TEXT("edt")) ? TEXT_NONE : TEXT("p-1"), fault);
	enum result result = visit(argument, TEXT("p-1"), fault);
	return result == RESULT_OK ? visit(argument, TEXT("p-2"), fault) : result;
}

static bool indexed; /* what a history holds is found by its indexes, however little it is */

static void start(struct world *w, instant go_live)
{
	struct engine_settings settings;
	struct fault fault = {{0}};
	engine_settings_default(&settings);
	settings.calendar = w->config->calendar;
	settings.rules = w->config->rules;
	settings.directory = w->config->directory;
	settings.from_nothing = true;
	settings.go_live = go_live;
	settings.indexed = indexed;
	engine_free(w->engine);
	memory_host_free(w->host);
	w->host = memory_host_new(hear_effect, w);
	struct engine_host host = memory_host_interface(w->host);
	host.contradictions = hear_contradictions;
	host.told = hear_told;
	w->engine = engine_new(&settings, &host);
	assert_int_equal(engine_start(w->engine, &fault), RESULT_OK);
}

static int setup_with(void **state, const char *rules)
{
	struct world *w = MEM_NEW(struct world);
	struct config_faults faults = {0};
	w->config = config_load("conf/casewatchd.yaml", rules, &faults);
	if (!w->config)
		fail_msg("%s:%d: %s", faults.items[0].file, faults.items[0].line, faults.items[0].text);
	config_faults_free(&faults);
	w->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(w->config->calendar));
	w->arena = arena_new(4096);
	start(w, INSTANT_NONE);
	*state = w;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, NULL);
}

static int setup_each(void **state)
{
	return setup_with(state, "tests/data/rules/answer-each");
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

/* The clock runs on, as the timer would. */
static void run(struct world *w, const char *until)
{
	struct fault fault = {{0}};
	for (instant due; (due = engine_next_due(w->engine)) <= at(until);) {
		engine_wake(w->engine, due);
		assert_int_equal(engine_flush(w->engine, due, &fault), RESULT_OK);
	}
}

/* An event known at `now`, with those that follow; returns its id in static memory. */
static const char *accept_at(struct world *w, const char *now, const char *type, const char *subject, const char *time,
                             const char *data)
{
	static char id[16];
	struct buffer line = {0};
	struct event event, *kept = arena_alloc(w->arena, sizeof *kept);
	struct fault fault = {{0}};
	(void)snprintf(id, sizeof id, "e%d", ++w->events);
	buffer_format(&line,
	              "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/"
	              "lcs\",\"type\":\"%s\",\"subject\":\"%s\",\"time\":\"%s\","
	              "\"data\":{%s}}",
	              id, type, subject, time, data);
	run(w, now);
	if (event_parse(w->parser, buffer_view(&line), at(now), &event, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	assert_int_equal(memory_host_add(w->host, &event, memory_host_hash(&event), kept, w->arena), MEMORY_NEW);
	assert_int_equal(engine_accept(w->engine, kept, &fault), RESULT_OK);
	buffer_free(&line);
	return id;
}

static const char *hear_at(struct world *w, const char *now, const char *type, const char *subject, const char *time,
                           const char *data)
{
	struct fault fault = {{0}};
	const char *id = accept_at(w, now, type, subject, time, data);
	assert_int_equal(engine_flush(w->engine, at(now), &fault), RESULT_OK);
	return id;
}

static const char *hear(struct world *w, const char *type, const char *subject, const char *time, const char *data)
{
	return hear_at(w, time, type, subject, time, data);
}

static const char *answer(struct world *w, const char *type, const char *time, const char *more)
{
	char data[256];
	(void)snprintf(data, sizeof data, "\"alert\":\"%s\",\"by\":\"director\"%s", w->alert, more);
	return hear(w, type, "C1", time, data);
}

static void assert_said(struct world *w, const char *words)
{
	assert_string_equal(buffer_cstr(&w->said), words);
	buffer_clear(&w->said);
}

#define K1 "\"custody\":\"k1\""

static void nobody_answers_so_the_dcs_is_told_and_asked_again_and_ops_hear_once(void **state)
{
	struct world *w = *state;
	hear(w, "custody.threshold_met", "C1", "2020-01-19T01:20:00Z", K1);
	assert_said(w, "2020-01-19T01:20:00Z opened custody.threshold director\n");
	run(w, "2020-01-19T02:49:59Z");
	assert_said(w, "2020-01-19T01:50:00Z escalated custody.threshold dcs\n"
	               "2020-01-19T02:20:00Z asked_again custody.threshold dcs spent\n"
	               "2020-01-19T02:20:00Z opened custody.no-bed-requested edt+team-manager\n");
	run(w, "2020-01-19T02:50:00Z");
	assert_said(w, "2020-01-19T02:50:00Z asked_again custody.threshold dcs\n"
	               "2020-01-19T02:50:00Z escalated custody.no-bed-requested director\n");
}

static void an_answer_stops_the_ladder_until_its_review_and_then_it_goes_on(void **state)
{
	struct world *w = *state;
	hear(w, "custody.bail-refused-overnight", "C9", "2020-01-19T00:00:00Z", ""); /* no such type: nothing */
	hear(w, "pace.transfer_failed", "C1", "2020-01-19T03:00:00Z", K1);
	assert_said(w, "2020-01-19T03:00:00Z opened custody.transfer-failed director+edt\n");
	answer(w, "alert.acknowledged", "2020-01-19T03:10:00Z",
	       ",\"action\":\"looking\",\"review_at\":\"2020-01-19T05:00:00Z\"");
	run(w, "2020-01-19T05:29:59Z");
	assert_said(w, "2020-01-19T03:10:00Z acknowledged custody.transfer-failed director+edt\n"
	               "2020-01-19T05:00:00Z asked_again custody.transfer-failed director+edt\n");
	assert_string_equal(effect_cause_name(w->cause), "review-asked");
	run(w, "2020-01-19T05:30:00Z");
	assert_said(w, "2020-01-19T05:30:00Z escalated custody.transfer-failed dcs\n");
}

static void an_answer_without_a_review_is_looked_at_after_twelve_hours(void **state)
{
	struct world *w = *state;
	hear(w, "pace.transfer_failed", "C1", "2020-01-19T03:00:00Z", K1);
	answer(w, "alert.acknowledged", "2020-01-19T03:10:00Z", ",\"action\":\"looking\"");
	buffer_clear(&w->said);
	run(w, "2020-01-19T15:09:59Z");
	assert_said(w, "");
	run(w, "2020-01-19T15:10:00Z");
	assert_said(w, "2020-01-19T15:10:00Z asked_again custody.transfer-failed director+edt\n");
	assert_string_equal(effect_cause_name(w->cause), "review-default");
}

static void asked_again_a_day_later_at_night_it_does_not_wait_for_the_morning(void **state)
{
	struct world *w = *state;
	hear(w, "pace.transfer_failed", "C1", "2020-01-19T03:00:00Z", K1);
	answer(w, "alert.acknowledged", "2020-01-19T03:10:00Z",
	       ",\"action\":\"looking\",\"review_at\":\"2020-01-20T04:00:00Z\"");
	buffer_clear(&w->said);
	run(w, "2020-01-20T04:30:00Z");
	assert_said(w, "2020-01-20T04:00:00Z asked_again custody.transfer-failed director+edt\n"
	               "2020-01-20T04:30:00Z escalated custody.transfer-failed dcs\n");
}

/* High, day after day; normal, week after week; on and on, and ops hear of it once. */
static void unanswered_the_last_step_is_asked_again_every_day_or_every_week(void **state)
{
	struct world *w = *state;
	hear(w, "vcl.scored", "C1", "2020-01-20T09:00:00Z", "\"level\":\"high\"");
	run(w, "2020-01-24T09:00:00Z");
	assert_said(w, "2020-01-20T09:00:00Z opened vcl.rmg-referral rmg-chair+social-worker+team-manager\n"
	               "2020-01-22T00:00:00Z escalated vcl.rmg-referral director waits\n"
	               "2020-01-24T00:00:00Z escalated vcl.rmg-referral dcs waits\n");
	run(w, "2020-01-29T09:00:00Z"); /* the 25th and 26th are a weekend: they hear on the 27th, and from then each
	                                   day */
	assert_said(w, "2020-01-25T08:00:00Z asked_again vcl.rmg-referral dcs spent waits\n"
	               "2020-01-28T00:00:00Z opened vcl.rmg-not-opened rmg-chair waits\n"
	               "2020-01-28T08:00:00Z asked_again vcl.rmg-referral dcs\n"
	               "2020-01-29T08:00:00Z asked_again vcl.rmg-referral dcs\n");
	hear(w, "contact.received", "C2", "2020-03-02T10:00:00Z", "\"contact\":\"k\"");
	buffer_clear(&w->said);
	hear(w, "child.died", "C1", "2020-03-02T11:00:00Z", "");
	buffer_clear(&w->said);
	run(w, "2020-03-26T09:00:00Z"); /* normal: a working week for the manager, and then the head week after week */
	assert_said(w, "2020-03-04T00:00:00Z opened contact.overdue mach-manager waits\n"
	               "2020-03-12T00:00:00Z escalated contact.overdue head-of-service-assessment waits\n"
	               "2020-03-19T08:00:00Z asked_again contact.overdue head-of-service-assessment spent\n"
	               "2020-03-26T08:00:00Z asked_again contact.overdue head-of-service-assessment\n");
}

static void an_answer_that_is_withdrawn_was_none(void **state)
{
	struct world *w = *state;
	char data[64];
	hear(w, "pace.transfer_failed", "C1", "2020-01-19T03:00:00Z", K1);
	const char *id = answer(w, "alert.acknowledged", "2020-01-19T03:10:00Z", ",\"action\":\"looking\"");
	(void)snprintf(data, sizeof data, "\"id\":\"%s\"", id);
	buffer_clear(&w->said);
	hear(w, "event.withdrawn", "C1", "2020-01-19T03:20:00Z", data);
	assert_said(w, "2020-01-19T03:20:00Z asked_again custody.transfer-failed director+edt\n");
	assert_string_equal(effect_cause_name(w->cause), "answer-withdrawn");
	run(w, "2020-01-19T03:49:59Z"); /* the step has its whole time from then, and none is left out */
	assert_said(w, "");
	run(w, "2020-01-19T03:50:00Z");
	assert_said(w, "2020-01-19T03:50:00Z escalated custody.transfer-failed dcs\n");
	assert_string_equal(effect_cause_name(w->cause), "unanswered");
}

static void the_first_answer_ends_a_momentary_alert(void **state)
{
	struct world *w = *state;
	hear(w, "vcl.scored", "C1", "2020-01-20T10:00:00Z", "\"level\":\"high\"");
	assert_said(w, "2020-01-20T10:00:00Z opened vcl.rmg-referral rmg-chair+social-worker+team-manager\n");
	answer(w, "alert.acknowledged", "2020-01-20T11:00:00Z", ",\"action\":\"referred\"");
	assert_said(w, "2020-01-20T11:00:00Z acknowledged vcl.rmg-referral rmg-chair+social-worker+team-manager\n"
	               "2020-01-20T11:00:00Z resolved vcl.rmg-referral rmg-chair+social-worker+team-manager\n");
}

static void a_person_resolves_it_and_it_stays_so_while_the_state_goes_on(void **state)
{
	struct world *w = *state;
	hear(w, "child.updated", "C1", "2022-01-01T09:00:00Z", "\"date_of_birth\":\"2004-06-15\"");
	hear(w, "vpg.opened", "C1", "2022-01-10T14:00:00Z", "");
	assert_said(
		w,
		"2022-01-10T14:00:00Z opened transition.unplanned adult-services+head-of-service-cla+team-manager\n");
	answer(w, "alert.resolved", "2022-01-10T15:00:00Z", ",\"reason\":\"planned elsewhere\"");
	assert_said(
		w,
		"2022-01-10T15:00:00Z resolved transition.unplanned adult-services+head-of-service-cla+team-manager\n");
	hear(w, "missing.started", "C1", "2022-01-11T15:00:00Z", "\"episode\":\"m1\",\"kind\":\"away\"");
	hear(w, "vpg.closed", "C1", "2022-01-12T15:00:00Z", "");
	assert_said(w, "");
	hear(w, "rmg.opened", "C1", "2022-01-13T15:00:00Z", "");
	assert_said(
		w,
		"2022-01-13T15:00:00Z opened transition.unplanned adult-services+head-of-service-cla+team-manager\n");
}

static void before_go_live_history_is_built_and_what_still_stands_then_is_told_once(void **state)
{
	struct world *w = *state;
	start(w, at("2020-02-01T00:00:00Z"));
	hear(w, "custody.threshold_met", "C1", "2020-01-19T01:20:00Z", K1);
	hear(w, "custody.released", "C1", "2020-01-19T04:00:00Z", K1);
	hear(w, "custody.threshold_met", "C2", "2020-01-30T01:20:00Z", "\"custody\":\"k2\"");
	hear(w, "pace.bed_requested", "C2", "2020-01-30T01:30:00Z", "\"custody\":\"k2\"");
	run(w, "2020-01-31T23:59:59Z");
	assert_said(w, "");
	run(w, "2020-02-01T00:00:00Z");
	assert_said(w, "2020-02-01T00:00:00Z opened custody.threshold director waits\n"); /* of two days ago: by day */
	run(w, "2020-02-03T09:10:00Z");
	buffer_clear(&w->said); /* what was over before it stays untold, whatever is recorded of it later */
	hear_at(w, "2020-02-03T09:10:00Z", "pace.bed_requested", "C1", "2020-01-19T03:00:00Z", K1);
	hear_at(w, "2020-02-03T09:10:00Z", "custody.released", "C1", "2020-01-19T03:30:00Z", K1);
	assert_said(w, "");
}

static void last_months_file_does_not_ring_at_three_in_the_morning(void **state)
{
	struct world *w = *state;
	hear_at(w, "2020-01-19T03:00:00Z", "custody.threshold_met", "C1", "2020-01-10T01:20:00Z", K1);
	buffer_clear(&w->said);
	run(w, "2020-01-20T08:29:59Z"); /* Monday, 08:00: told; 30 minutes from then on */
	assert_said(w, "");
	run(w, "2020-01-20T08:30:00Z");
	assert_said(w, "2020-01-20T08:30:00Z escalated custody.threshold dcs\n"
	               "2020-01-20T08:30:00Z escalated custody.no-bed-requested director\n");
}

static void where_each_must_answer_the_ladder_goes_on_until_all_have(void **state)
{
	struct world *w = *state;
	hear(w, "strategy.complex_held", "C1", "2020-01-20T10:00:00Z", "");
	answer(w, "alert.acknowledged", "2020-01-20T10:10:00Z", ",\"action\":\"read\"");
	run(w, "2020-01-20T10:30:00Z");
	assert_said(w, "2020-01-20T10:00:00Z opened test.each director+edt\n"
	               "2020-01-20T10:10:00Z acknowledged test.each director+edt\n"
	               "2020-01-20T10:30:00Z escalated test.each dcs\n");
}

static void answers_of(struct world *w, const char *time, const char *role, const char *person)
{
	char data[256];
	(void)snprintf(data, sizeof data, "\"alert\":\"%s\",\"by\":\"%s\",\"person\":\"%s\",\"action\":\"read\"",
	               w->alert, role, person);
	hear(w, "alert.acknowledged", "C1", time, data);
}

static void of_several_people_in_a_role_each_must_have_answered(void **state)
{
	struct world *w = *state;
	told = TOLD_TWO;
	hear(w, "strategy.complex_held", "C1", "2020-01-20T10:00:00Z", "");
	answers_of(w, "2020-01-20T10:05:00Z", "director", "p-1");
	answers_of(w, "2020-01-20T10:07:00Z", "edt", "p-1");
	buffer_clear(&w->said);
	run(w, "2020-01-20T10:31:00Z");
	assert_said(w, "2020-01-20T10:30:00Z escalated test.each dcs\n");
	start(w, INSTANT_NONE);
	hear(w, "strategy.complex_held", "C1", "2020-01-20T10:00:00Z", "");
	answers_of(w, "2020-01-20T10:05:00Z", "director", "p-1");
	answers_of(w, "2020-01-20T10:08:00Z", "edt", "p-2");
	buffer_clear(&w->said);
	run(w, "2020-01-20T11:00:00Z");
	assert_said(w, ""); /* who holds both roles heard once, by one link, and answered */
	told = TOLD_NOBODY;
}

/* Nobody is edt: whoever was told has answered, or passed it on. */
static void a_role_in_which_nobody_was_told_is_not_waited_for(void **state)
{
	struct world *w = *state;
	told = TOLD_NO_EDT;
	hear(w, "strategy.complex_held", "C1", "2020-01-20T10:00:00Z", "");
	answers_of(w, "2020-01-20T10:05:00Z", "director", "p-1");
	buffer_clear(&w->said);
	run(w, "2020-01-20T11:00:00Z");
	assert_said(w, "");
	start(w, INSTANT_NONE);
	hear(w, "strategy.complex_held", "C1", "2020-01-20T10:00:00Z", "");
	buffer_clear(&w->said);
	answer(w, "alert.passed_on", "2020-01-20T10:05:00Z", ",\"person\":\"p-1\"");
	assert_said(w, "2020-01-20T10:05:00Z passed_on test.each\n"
	               "2020-01-20T10:05:00Z escalated test.each dcs\n");
	told = TOLD_NOBODY;
}

/* Else the answer of one would be taken for that of all, and nobody would hear that others never read it. */
static void where_who_was_told_cannot_be_read_no_answer_is_judged(void **state)
{
	struct world *w = *state;
	struct fault fault = {{0}};
	char data[256];
	told = TOLD_TWO;
	hear(w, "strategy.complex_held", "C1", "2020-01-20T10:00:00Z", "");
	told = TOLD_UNREADABLE;
	(void)snprintf(data, sizeof data, "\"alert\":\"%s\",\"by\":\"director\",\"person\":\"p-1\",\"action\":\"read\"",
	               w->alert);
	accept_at(w, "2020-01-20T10:05:00Z", "alert.acknowledged", "C1", "2020-01-20T10:05:00Z", data);
	assert_int_equal(engine_flush(w->engine, at("2020-01-20T10:05:00Z"), &fault), RESULT_TEMPORARY);
	assert_string_equal(fault.text, "who was told cannot be read");
	told = TOLD_NOBODY;
}

static void a_return_dated_before_its_start_is_named_until_it_is_corrected(void **state)
{
	struct world *w = *state;
	contradictions_told = -1;
	const char *episode = "\"episode\":\"k1\",\"kind\":\"missing\"";
	hear(w, "missing.ended", "C1", "2026-02-03T08:30:00Z", "\"episode\":\"k1\"");
	assert_int_equal(contradictions_told, 1); /* an end whose start nobody saw is taken at its word, and said */
	assert_int_equal(ends_without_start, 1);
	hear(w, "missing.started", "C1", "2026-02-03T18:00:00Z", episode);
	assert_int_equal(contradictions_told, 1);
	assert_int_equal(ends_without_start, 0);
	hear_at(w, "2026-02-04T09:00:00Z", "missing.ended", "C1", "2026-02-03T20:00:00Z", "\"episode\":\"k1\"");
	assert_int_equal(contradictions_told, 1); /* a second return does not put the first right */
	hear_at(w, "2026-02-04T10:00:00Z", "event.withdrawn", "C1", "2026-02-04T10:00:00Z", "\"id\":\"e1\"");
	assert_int_equal(contradictions_told, 0);
}

/* All that is read of it at once, with or without the interview. */
static void returned(struct world *w, const char *subject, bool interviewed)
{
	const char *now = "2020-01-23T09:00:00Z";
	struct fault fault = {{0}};
	accept_at(w, now, "missing.started", subject, "2020-01-20T10:00:00Z",
	          "\"episode\":\"E1\",\"kind\":\"missing\"");
	accept_at(w, now, "missing.ended", subject, "2020-01-20T12:00:00Z", "\"episode\":\"E1\"");
	if (interviewed)
		accept_at(w, now, "rhi.completed", subject, "2020-01-23T08:00:00Z", "\"episode\":\"E1\"");
	assert_int_equal(engine_flush(w->engine, at(now), &fault), RESULT_OK);
}

/* Two days after the return it is warned of the interview: not where it had taken place before that became known. */
static void what_was_done_before_anybody_was_warned_is_not_warned_of(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 2; i++) {
		indexed = i == 1;
		start(w, INSTANT_NONE);
		returned(w, "C1", true);
		assert_null(strstr(buffer_cstr(&w->said), "warned"));
		returned(w, "C2", false);
		assert_non_null(strstr(buffer_cstr(&w->said), "warned"));
		buffer_clear(&w->said);
	}
	indexed = false;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_answers_so_the_dcs_is_told_and_asked_again_and_ops_hear_once),
		TEST(an_answer_stops_the_ladder_until_its_review_and_then_it_goes_on),
		TEST(an_answer_without_a_review_is_looked_at_after_twelve_hours),
		TEST(asked_again_a_day_later_at_night_it_does_not_wait_for_the_morning),
		TEST(unanswered_the_last_step_is_asked_again_every_day_or_every_week),
		TEST(an_answer_that_is_withdrawn_was_none),
		TEST(the_first_answer_ends_a_momentary_alert),
		TEST(a_person_resolves_it_and_it_stays_so_while_the_state_goes_on),
		TEST(before_go_live_history_is_built_and_what_still_stands_then_is_told_once),
		TEST(a_return_dated_before_its_start_is_named_until_it_is_corrected),
		cmocka_unit_test_setup_teardown(where_each_must_answer_the_ladder_goes_on_until_all_have, setup_each,
	                                        teardown),
		TEST(what_was_done_before_anybody_was_warned_is_not_warned_of),
		cmocka_unit_test_setup_teardown(of_several_people_in_a_role_each_must_have_answered, setup_each,
	                                        teardown),
		cmocka_unit_test_setup_teardown(a_role_in_which_nobody_was_told_is_not_waited_for, setup_each,
	                                        teardown),
		cmocka_unit_test_setup_teardown(where_who_was_told_cannot_be_read_no_answer_is_judged, setup_each,
	                                        teardown),
		TEST(last_months_file_does_not_ring_at_three_in_the_morning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
