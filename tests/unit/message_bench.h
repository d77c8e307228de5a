/* message_bench: one alert as gathered, with a rule of rules/, for tests of what people read. */
#ifndef CASEWATCH_TESTS_MESSAGE_BENCH_H
#define CASEWATCH_TESTS_MESSAGE_BENCH_H

#include "message/message.h"
#include "rules/load/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK "tests/data/look/"
#define EVENTS 32

static struct zone *london;
static struct calendar *calendar;
static struct template_set *templates;
static struct ruleset *shipped; /* rules/ */

/* One alert, as gathered. */
struct bench {
	struct event_parser *parser;
	struct arena *arena;
	struct directory directory;
	struct role_title roles[12];
	struct rule rule;
	struct payload payload;
	struct message_alert alert, others[2];
	struct message_event history[EVENTS], as_told[EVENTS], evidence[EVENTS];
	struct message_told told[8];
	struct message_input input;
	struct person person;
	struct message out;
	struct fault fault;
};

static instant at(const char *text)
{
	instant parsed;
	const char *why;
	if (!instant_parse(text_of(text), &parsed, &why))
		fail_msg("%s: %s", text, why);
	return parsed;
}

static char *read_file(const char *path)
{
	FILE *stream = fopen(path, "re");
	if (!stream)
		fail_msg("%s is missing: run the tests from the top of the checkout", path);
	struct buffer content = {0};
	char chunk[8192];
	size_t got;
	while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0)
		buffer_add(&content, chunk, got);
	fclose(stream);
	buffer_char(&content, '\0');
	return content.at;
}

__attribute__((unused)) static int load_all(void **state)
{
	(void)state;
	struct fault fault;
	schema_start();
	char *holidays = read_file("conf/bank-holidays.json");
	london = zone_load("Europe/London", &fault);
	struct zone *own = zone_load("Europe/London", &fault);
	calendar = own ? calendar_new(own, text_of(holidays), &fault) : NULL;
	templates = template_load("conf/templates", &fault);
	struct config_faults faults = {0};
	shipped = rules_load_dir("rules", &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_error("%s:%d: %s\n", faults.items[i].file, faults.items[i].line, faults.items[i].text);
	config_faults_free(&faults);
	free(holidays);
	if (!london || !calendar || !templates)
		print_error("%s\n", fault.text);
	return london && calendar && templates && shipped ? 0 : -1;
}

__attribute__((unused)) static int free_all(void **state)
{
	(void)state;
	template_free(templates);
	ruleset_free(shipped);
	calendar_free(calendar);
	zone_free(london);
	return 0;
}

__attribute__((unused)) static int set_up(void **state)
{
	struct bench *bench = MEM_NEW(struct bench);
	bench->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, london);
	bench->arena = arena_new(8192);
	static const char *const titles[][2] = {{"dcs", "Director of Children's Services"},
	                                        {"director", "Director of Children's Care"},
	                                        {"edt", "Emergency Duty Team"},
	                                        {"head-of-service", "Head of Service"},
	                                        {"social-worker", "Social worker"},
	                                        {"team-manager", "Team manager"},
	                                        {"vpg-chair", "Chair of the VEMT Practitioners Group (VPG)"}};
	for (size_t i = 0; i < 7; i++)
		bench->roles[i] = (struct role_title){.role = titles[i][0], .title = titles[i][1]};
	bench->roles[5].from = ROLE_FROM_MANAGER;
	static struct team north = {.id = "north-3", .title = "North 3"};
	bench->directory = (struct directory){.roles = bench->roles, .role_count = 7, .duty_phone = "01632 960123",
	                                      .teams = &north, .team_count = 1, .duty_team = "north-3"};
	bench->payload = PAYLOAD_EMPTY;
	bench->person = (struct person){.id = "p-reader"};
	bench->alert = (struct message_alert){
		.rule = &bench->rule,
		.payload = &bench->payload,
		.age = -1,
		.state = ALERT_STANDING,
		.closed = INSTANT_NEVER,
		.due = INSTANT_NONE,
		.history = bench->history,
		.evidence = bench->evidence,
		.told = bench->told,
		.answer = {.at = INSTANT_NONE, .review_at = INSTANT_NONE, .asked_for = INSTANT_NONE}};
	bench->input = (struct message_input){.alerts = &bench->alert,
	                                      .alert_count = 1,
	                                      .payload = &bench->payload,
	                                      .calendar = calendar,
	                                      .directory = &bench->directory,
	                                      .templates = templates,
	                                      .person = &bench->person};
	*state = bench;
	return 0;
}

__attribute__((unused)) static int tear_down(void **state)
{
	struct bench *bench = *state;
	message_free(&bench->out);
	event_parser_free(bench->parser);
	arena_free(bench->arena);
	free(bench);
	return 0;
}

/* An event of child C1001 (or `subject`), recorded at `recorded`. `data` is what stands in data's braces. */
__attribute__((unused)) static struct message_event happened(struct bench *bench, const char *type, const char *subject,
                                                             const char *time, bool day_only, const char *recorded,
                                                             bool late, const char *data)
{
	struct buffer json = {0};
	static int number;
	buffer_format(&json,
	              "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"lcs\",\"type\":\"%s\",\"subject\":\"%s\","
	              "\"time\":\"%s\",%s\"recordedtime\":\"%s\",\"data\":{%s}}",
	              number++, type, subject, time, day_only ? "\"timeprecision\":\"day\"," : "", recorded, data);
	struct event parsed, *kept = arena_alloc(bench->arena, sizeof *kept);
	if (event_parse(bench->parser, buffer_view(&json), INSTANT_NONE, &parsed, &bench->fault) != RESULT_OK)
		fail_msg("%s: %s", json.at, bench->fault.text);
	event_copy(kept, &parsed, bench->arena);
	buffer_free(&json);
	return (struct message_event){.event = kept, .title = schema_type_title(kept->type), .recorded = at(recorded),
	                              .late = late};
}

/* A copy of the shipped rule, as of 1 January 2020, to be told about. */
__attribute__((unused)) static void take_rule(struct bench *bench, const char *id)
{
	const struct rule *rule = ruleset_find(shipped, text_of(id));
	assert_non_null(rule);
	bench->rule = *rule;
	bench->rule.version = day_of(2020, 1, 1);
	bench->alert.rule_id = text_of(rule->id);
	bench->alert.title = rule->title;
	bench->alert.severity = rule->severity;
	bench->alert.domain = rule->of;
}

__attribute__((unused)) static void tell_as(struct bench *bench, const char *role)
{
	bench->input.role = role;
	bench->input.role_title = directory_role_title(&bench->directory, role);
}

/* A message of the step went to the role by the channel, and the server took it at once. */
__attribute__((unused)) static void was_told(struct bench *bench, const char *role, const char *channel, int step,
                                             const char *sent)
{
	bench->told[bench->alert.told_count++] =
		(struct message_told){.role_title = directory_role_title(&bench->directory, role),
	                              .channel = channel,
	                              .step = step,
	                              .state = strcmp(channel, "text") == 0 ? OUTBOX_DELIVERED : OUTBOX_ACCEPTED,
	                              .sent = at(sent),
	                              .created = at(sent),
	                              .person = TEXT("p-reader"),
	                              .answer_by = INSTANT_NEVER};
}

__attribute__((unused)) static void know(struct bench *bench, struct message_event event)
{
	bench->history[bench->alert.history_count++] = event;
}

__attribute__((unused)) static void render(struct bench *bench)
{
	message_free(&bench->out);
	bench->out = (struct message){0};
	if (message_render(&bench->input, &bench->out, &bench->fault) != RESULT_OK)
		fail_msg("%s", bench->fault.text);
}

/* What follows the first difference, so that one line shows what is wrong. */
static void assert_same(const char *path, const char *made, const char *wanted)
{
	size_t line = 1;
	const char *start = made;
	for (const char *a = made, *b = wanted; *a || *b; a++, b++) {
		if (*a != *b)
			fail_msg("%s differs in line %zu:\n  made   %.*s\n  wanted %.*s", path, line,
			         (int)strcspn(start, "\n"), start, (int)strcspn(b - (a - start), "\n"),
			         b - (a - start));
		if (*a == '\n') {
			line++;
			start = a + 1;
		}
	}
}

__attribute__((unused)) static void expect_look(struct bench *bench, const char *name)
{
	render(bench);
	const char *keep = getenv("CASEWATCH_KEEP"); /* a directory: what was made is left there, to be looked at */
	char path[160];
	for (int html = 0; html < 2; html++) {
		struct buffer *made = html ? &bench->out.html : &bench->out.text;
		if (keep) {
			(void)snprintf(path, sizeof path, "%s/%s.%s", keep, name, html ? "html" : "txt");
			FILE *stream = fopen(path, "we");
			assert_non_null(stream);
			(void)fwrite(made->at, 1, made->length, stream);
			fclose(stream);
		}
		(void)snprintf(path, sizeof path, LOOK "%s.%s", name, html ? "html" : "txt");
		char *wanted = read_file(path);
		assert_same(path, made->at, wanted);
		free(wanted);
	}
}

__attribute__((unused)) static bool says(const struct bench *bench, const char *words)
{
	return strstr(bench->out.text.at, words) || strstr(bench->out.html.at, words);
}

#endif
