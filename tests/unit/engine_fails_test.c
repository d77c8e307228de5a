/* Whoever keeps the events fails at any question of the engine, or at anything that it is told: the engine says so in
 * the same words, and tells nothing more of what it was at. Half of a judgement is never told for the whole. */
#include "backtest/memory_host.h"
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WORDS "the test's host has failed"
#define EVENTS_MOST 600

static struct config *config;
static char *lines[EVENTS_MOST];
static size_t line_count;

/* ---- a host that fails ---- */

static struct {
	struct engine_host own;
	uint64_t calls, fails_at;
	enum result says;
	bool failed;
	uint64_t told_after; /* what was told after it had failed */
} failing;

static bool fails(bool tells)
{
	failing.told_after += failing.failed && tells;
	if (failing.calls++ != failing.fails_at)
		return false;
	failing.failed = true;
	return true;
}

static enum result failed(struct fault *fault)
{
	return fault_set(fault, failing.says, WORDS);
}

static enum result history(void *context, enum party_kind domain, struct text id, uint64_t before,
                           engine_visit_event *visit, void *argument, struct fault *fault)
{
	return fails(false) ? failed(fault) : failing.own.history(context, domain, id, before, visit, argument, fault);
}

static enum result alerts(void *context, enum party_kind domain, struct text id, engine_visit_alert *visit,
                          void *argument, struct fault *fault)
{
	return fails(false) ? failed(fault) : failing.own.alerts(context, domain, id, visit, argument, fault);
}

static enum result record(void *context, struct text source, struct text id, engine_visit_record *visit, void *argument,
                          struct fault *fault)
{
	return fails(false) ? failed(fault) : failing.own.record(context, source, id, visit, argument, fault);
}

static enum result amendments(void *context, struct text source, struct text target, engine_visit_record *visit,
                              void *argument, struct fault *fault)
{
	return fails(false) ? failed(fault) : failing.own.amendments(context, source, target, visit, argument, fault);
}

static enum result set_standing(void *context, uint64_t ref, bool standing, struct fault *fault)
{
	return fails(true) ? failed(fault) : failing.own.set_standing(context, ref, standing, fault);
}

static enum result event_of(void *context, uint64_t ref, engine_visit_event *visit, void *argument, struct fault *fault)
{
	return fails(false) ? failed(fault) : failing.own.event(context, ref, visit, argument, fault);
}

static enum result merges(void *context, engine_visit_event *visit, void *argument, struct fault *fault)
{
	return fails(false) ? failed(fault) : failing.own.merges(context, visit, argument, fault);
}

static enum result effect(void *context, const struct effect *said, struct fault *fault)
{
	(void)context, (void)said;
	return fails(true) ? failed(fault) : RESULT_OK;
}

static enum result keep_alert(void *context, enum party_kind domain, struct text id, const struct alert *alert,
                              struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)alert;
	return fails(true) ? failed(fault) : RESULT_OK;
}

static enum result contradictions(void *context, enum party_kind domain, struct text id, const uint64_t *refs,
                                  size_t count, struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)refs, (void)count;
	return fails(true) ? failed(fault) : RESULT_OK;
}

static enum result keep_due(void *context, enum party_kind domain, struct text id, instant due, struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)due;
	return fails(true) ? failed(fault) : RESULT_OK;
}

static enum result warned(void *context, uint64_t ref, const char *field, const char *reason, struct fault *fault)
{
	(void)context, (void)ref, (void)field, (void)reason;
	return fails(true) ? failed(fault) : RESULT_OK;
}

static enum result told(void *context, const char *alert, uint16_t step, uint64_t role, engine_visit_person *visit,
                        void *argument, struct fault *fault)
{
	(void)context, (void)alert, (void)step, (void)role;
	if (fails(false))
		return failed(fault);
	return visit(argument, TEXT("p-1"), fault);
}

static struct engine_host failing_host(struct memory_host *memory)
{
	struct engine_host host = failing.own = memory_host_interface(memory);
	host.history = history;
	host.holds_nothing = NULL;
	host.alerts = alerts;
	host.record = record;
	host.amendments = amendments;
	host.set_standing = set_standing;
	host.event = event_of;
	host.merges = merges;
	host.effect = effect;
	host.keep_alert = keep_alert;
	host.contradictions = contradictions;
	host.keep_due = keep_due;
	host.warned = warned;
	host.told = told;
	return host;
}

/* ---- half a year of a council ---- */

static void add_line(const char *id, const char *type, const char *subject, const char *time, const char *data)
{
	char line[512];
	(void)snprintf(line, sizeof line,
	               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/lcs\",\"type\":\"%s\",\"subject\":\"%s\","
	               "\"time\":\"%s\",\"data\":{%s}}",
	               id, type, subject, time, data);
	assert_true(line_count < EVENTS_MOST);
	lines[line_count++] = strdup(line);
}

static int load(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	config = config_load("conf/casewatchd.yaml", NULL, &faults);
	if (!config)
		fail_msg("%s:%d: %s", faults.items[0].file, faults.items[0].line, faults.items[0].text);
	config_faults_free(&faults);
	FILE *file = fopen("tests/data/reports/events.jsonl", "r");
	char line[4096];
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		assert_true(line_count < EVENTS_MOST);
		lines[line_count++] = strdup(line);
	}
	(void)fclose(file);
	add_line("x1", "person.merged", "C01", "2020-04-01T05:00:00Z", "\"from\":\"C02\"");
	add_line("x2", "person.unmerged", "C01", "2020-04-01T05:10:00Z", "\"from\":\"C02\"");
	add_line("x3", "event.withdrawn", "C03", "2020-04-01T05:20:00Z", "\"id\":\"g4\"");
	add_line("x4", "event.withdrawn", "C03", "2020-04-01T05:30:00Z", "\"id\":\"x3\"");
	add_line("x5", "missing.ended", "C05", "2020-03-01T05:40:00Z", "\"episode\":\"never-began\"");
	add_line("x6", "alert.acknowledged", "C01", "2020-04-01T05:50:00Z",
	         "\"alert\":\"0123456789abcdef\",\"by\":\"director\",\"action\":\"seen\"");
	add_line("x7", "mute.started", "C01", "2020-04-01T06:00:00Z",
	         "\"mute\":\"q\",\"rule\":\"no.such-rule\",\"until\":\"2020-04-02T06:00:00Z\",\"reason\":\"a test\","
	         "\"by\":\"team-manager\",\"person\":\"p-tm\"");
	return 0;
}

static int unload(void **state)
{
	(void)state;
	for (size_t i = 0; i < line_count; i++)
		free(lines[i]);
	config_free(config);
	return 0;
}

struct life {
	struct memory_host *memory;
	struct engine *engine;
	struct event_parser *parser;
	struct arena *arena;
	struct fault fault;
};

static enum result live_one(struct life *life, const char *line, instant *now)
{
	struct event event, kept;
	struct fault *fault = &life->fault;
	if (event_parse(life->parser, text_of(line), INSTANT_NONE, &event, fault) != RESULT_OK)
		fail_msg("%s: %s", line, fault->text);
	*now = event.time > *now ? event.time : *now;
	assert_int_equal(memory_host_add(life->memory, &event, memory_host_hash(&event), &kept, life->arena),
	                 MEMORY_NEW);
	enum result result = engine_accept(life->engine, &kept, fault);
	if (result == RESULT_OK)
		result = engine_due(life->engine, PARTY_NONE, event.subject, fault);
	do
		result = result == RESULT_OK ? engine_flush(life->engine, *now, fault) : result;
	while (result == RESULT_OK && engine_waiting(life->engine));
	arena_reset(life->arena);
	return result;
}

/* Until it fails; as of a daemon that remembers little. Returns how often the host was called. */
static uint64_t live(uint64_t fails_at, enum result says)
{
	struct engine_settings settings;
	struct life life = {.memory = memory_host_new(NULL, NULL),
	                    .arena = arena_new(4096),
	                    .parser =
	                            event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar))};
	instant now = INSTANT_NONE;
	engine_settings_default(&settings);
	settings.calendar = config->calendar;
	settings.rules = config->rules;
	settings.directory = config->directory;
	settings.cache_bytes = 20000;
	settings.thawed_bytes = 5000;
	settings.portion = 50;
	struct engine_host host = failing_host(life.memory);
	failing.calls = failing.told_after = 0;
	failing.fails_at = fails_at;
	failing.says = says;
	failing.failed = false;
	life.engine = engine_new(&settings, &host);
	enum result result = engine_start(life.engine, &life.fault);
	for (size_t i = 0; i < line_count && result == RESULT_OK; i++)
		result = live_one(&life, lines[i], &now);
	if (failing.failed && (result == RESULT_OK || strcmp(life.fault.text, WORDS) != 0))
		fail_msg("call %d failed, and what was said is: %s", (int)fails_at, life.fault.text);
	if (!failing.failed && result != RESULT_OK)
		fail_msg("%s", life.fault.text);
	assert_int_equal(failing.told_after, 0);
	engine_free(life.engine);
	memory_host_free(life.memory);
	event_parser_free(life.parser);
	arena_free(life.arena);
	return failing.calls;
}

static void whatever_call_of_the_host_fails_the_engine_says_so_and_tells_no_more(void **state)
{
	(void)state;
	uint64_t whole = live(UINT64_MAX, RESULT_OK), apart = getenv("EVERY_CALL") ? 1 : 1 + whole / 150;
	assert_true(whole > 1000);
	for (uint64_t at = 0; at < whole; at += apart) {
		(void)live(at, RESULT_PERMANENT);
		(void)live(at + apart / 2, RESULT_TEMPORARY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_call_of_the_host_fails_the_engine_says_so_and_tells_no_more),
	};
	return cmocka_run_group_tests_name("engine_fails", tests, load, unload);
}
