/* check: an example of every kind of message, so that a template is known to render before it is needed. */
#include "message/brief.h"
#include "message/ops_mail.h"
#include "message/page.h"

#include <stdio.h>

#define EXAMPLE_EVENTS 3

/* One alert with something in every section. */
struct example {
	struct rule rule, clock_rule; /* a count, for its episodes; a deadline, for what follows a warning */
	struct step steps[2];
	const char *roles[1];
	struct payload payload;
	struct event events[EXAMPLE_EVENTS];
	struct event_field fields[EXAMPLE_EVENTS][2];
	struct message_event history[EXAMPLE_EVENTS];
	struct message_told told;
	struct message_standing standing;
	struct message_clock clock;
	struct message_fact fact;
	const char *told_title;
	struct message_alert alerts[2];
	struct message_input input;
};

static void example_event(struct example *example, size_t at, const char *type, instant time)
{
	struct event_field *fields = example->fields[at];
	fields[0] = (struct event_field){schema_name(TEXT("episode")), {.kind = VALUE_STRING, .string = TEXT("E1")}};
	fields[1] = (struct event_field){schema_name(TEXT("from")), {.kind = VALUE_STRING, .string = TEXT("home")}};
	example->events[at] = (struct event){.id = TEXT("e"),
	                                     .source = TEXT("s"),
	                                     .type_name = text_of(type),
	                                     .subject = TEXT("C1"),
	                                     .type = schema_find(text_of(type)),
	                                     .time = time,
	                                     .day_precision = at == 0,
	                                     .fields = fields,
	                                     .field_count = 2};
	example->history[at] = (struct message_event){.event = &example->events[at],
	                                              .title = schema_type_title(example->events[at].type),
	                                              .recorded = time + 48 * HOUR,
	                                              .late = at == 0};
}

static void example_rules(struct example *example)
{
	example->rule = (struct rule){.id = "missing.vpg-referral",
	                              .title = "Missing 3 or more times in 30 days",
	                              .basis = "Recovery plan 2020, task 18",
	                              .kind = RULE_COUNT,
	                              .severity = SEVERITY_HIGH,
	                              .within = {30, UNIT_DAYS},
	                              .text = "Put the child on the agenda of the next VPG meeting.\n"
	                                      "\nThe alert closes when the discussion is recorded.",
	                              .effective_from = day_of(2020, 1, 1),
	                              .effective_until = DAY_NONE,
	                              .version = day_of(2020, 1, 1)};
	example->roles[0] = "team-manager";
	for (size_t i = 0; i < 2; i++)
		example->steps[i] = (struct step){.roles = example->roles, .role_count = 1};
	example->clock_rule = example->rule;
	example->clock_rule.kind = RULE_DEADLINE;
	example->clock_rule.steps = example->steps;
	example->clock_rule.step_count = 2;
}

static void example_payload(struct example *example, instant now)
{
	example->payload.because = TEXT("3 in 30 days: 2 Jan, 11 Jan, 29 Jan");
	example->payload.reason = TEXT("VPG discussion held");
	example->payload.tell[0] = TEXT("director");
	example->payload.tell_count = 1;
	example->payload.next[0] = TEXT("dcs");
	example->payload.next_count = 1;
	example->payload.at = example->payload.caused = now;
	example->payload.answer_by = now + HOUR;
	example->payload.old_news = true;
}

static void example_parts(struct example *example, instant now)
{
	example->told = (struct message_told){.role_title = "Director",
	                                      .channel = channel_name(CHANNEL_EMAIL),
	                                      .sent = now,
	                                      .created = now - HOUR,
	                                      .step = 1,
	                                      .state = OUTBOX_ACCEPTED};
	example->standing = (struct message_standing){.number = 2, .title = "A child is still missing", .opened = now,
	                                              .told = &example->told_title, .told_count = 1, .told_at = now};
	example->fact = (struct message_fact){.label = "Missing since",
	                                      .kind = FACT_SINCE,
	                                      .time = now - HOUR,
	                                      .changed = true,
	                                      .before = TEXT("01:30")};
	example->told_title = "Director";
	example->clock = (struct message_clock){"the return interview", now + 72 * HOUR};
}

static void example_alert(struct example *example, instant now)
{
	example->alerts[0] = (struct message_alert){.number = 1,
	                                            .id = TEXT("0"),
	                                            .rule_id = text_of(example->rule.id),
	                                            .rule = &example->rule,
	                                            .title = "Missing 3 or more times in 30 days",
	                                            .severity = SEVERITY_HIGH,
	                                            .subject = TEXT("C1"),
	                                            .initials = TEXT("AB"),
	                                            .age = 15,
	                                            .payload = &example->payload,
	                                            .facts = &example->fact,
	                                            .fact_count = 1,
	                                            .evidence = example->history,
	                                            .evidence_count = 1,
	                                            .history = example->history,
	                                            .history_count = EXAMPLE_EVENTS,
	                                            .as_told = &example->history[2],
	                                            .as_told_count = 1,
	                                            .told = &example->told,
	                                            .told_count = 1,
	                                            .standing = &example->standing,
	                                            .standing_count = 1,
	                                            .standing_more = 3,
	                                            .step = 2,
	                                            .answer_url = "https://example.org/a/1",
	                                            .answer = {.at = now - HOUR,
	                                                       .action = TEXT("VPG discussion booked"),
	                                                       .role_title = "Director",
	                                                       .review_at = now,
	                                                       .asked_for = now,
	                                                       .count = 1,
	                                                       .one_role = true},
	                                            .change = {CHANGE_WITHDREW, 1, "Missing", true},
	                                            .ended_by = &example->history[1],
	                                            .clocks = &example->clock,
	                                            .clock_count = 1,
	                                            .due = now + HOUR};
}

static void make_example(struct example *example, const struct calendar *calendar, const struct directory *directory)
{
	instant now = zone_midnight(calendar_zone(calendar), day_of(2020, 2, 5)) + 2 * HOUR;
	*example = (struct example){.payload = PAYLOAD_EMPTY};
	example_rules(example);
	example_event(example, 0, "missing.started", now - 96 * HOUR);
	example_event(example, 1, "missing.ended", now - 50 * HOUR);
	example_event(example, 2, "vpg.discussed", now - HOUR);
	example_payload(example, now);
	example_parts(example, now);
	example_alert(example, now);
	example->alerts[1] = example->alerts[0];
	example->input = (struct message_input){.alerts = example->alerts,
	                                        .alert_count = 1,
	                                        .payload = &example->payload,
	                                        .role = "director",
	                                        .role_title = "Director",
	                                        .now = now,
	                                        .calendar = calendar,
	                                        .directory = directory};
}

/* Both parts. Two examples a template: one whose sections all hold something and whose names are all there is, and one
 * with nothing in them, since what is left out may be wrong too. */
static enum result check_one(const struct template_set *templates, const char *name, struct example *example,
                             struct fault *fault)
{
	static const char *const parts[] = {".txt", ".html"};
	enum result result = RESULT_OK;
	struct arena *arena = arena_new(32 * 1024);
	struct message_alert bare = {
		.title = "Example",
		.rule_id = TEXT("example"),
		.subject = TEXT("C1"),
		.age = -1,
		.payload = &example->payload,
		.due = INSTANT_NONE,
		.answer = {.at = INSTANT_NONE, .review_at = INSTANT_NONE, .asked_for = INSTANT_NONE}};
	struct message_input empty = example->input;
	struct data *full = message_page(&example->input, true, arena);
	struct message_input events_too = example->input; /* a rule that counts shows episodes, all others events */
	struct message_alert other = example->alerts[0];
	other.rule = NULL;
	events_too.alerts = &other;
	if (empty.alert_count == 1) {
		empty.alerts = &bare;
		data_set(full, "sample_events", message_page(&events_too, true, arena));
	}
	for (size_t i = 0; i < 2 && result == RESULT_OK; i++) {
		struct buffer file = {0}, out = {0};
		buffer_format(&file, "%s%s", name, parts[i]);
		result = template_check(templates, file.at, full, fault);
		if (result == RESULT_OK)
			result = template_render(templates, file.at, message_page(&empty, false, arena), &out, fault);
		buffer_free(&out);
		buffer_free(&file);
	}
	arena_free(arena);
	return result;
}

static enum result check_own_wording(const struct template_set *templates, const struct ruleset *rules,
                                     struct example *example, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; rules && i < rules->rule_count && result == RESULT_OK; i++) {
		struct buffer file = {0};
		buffer_format(&file, "%s.txt", rules->rules[i].message ? rules->rules[i].message : "");
		if (template_has(templates, file.at))
			result = check_one(templates, rules->rules[i].message, example, fault);
		buffer_free(&file);
	}
	return result;
}

static const struct {
	const char *name;
	enum message_purpose purpose;
	size_t alerts;
} kinds[] = {
	{"alert", MESSAGE_OPENED, 1},
	{"alert", MESSAGE_PASSED_ON, 1},
	{"warning", MESSAGE_WARNED, 1},
	{"alerts-together", MESSAGE_OPENED, 2},
	{"escalation", MESSAGE_ESCALATED, 1},
	{"reminder", MESSAGE_ASKED_AGAIN, 1},
	{"correction", MESSAGE_UPDATED, 1},
	{"answered", MESSAGE_ANSWERED, 1},
	{"review-cut", MESSAGE_REVIEW_CUT, 1},
	{"ended", MESSAGE_RESOLVED, 1},
	{"answered-together", MESSAGE_ANSWERED, 2},
	{"answered-still-together", MESSAGE_ANSWERED, 2},
	{"withdrawn", MESSAGE_WITHDRAWN, 1},
};

/* The example as a message of that kind. */
static void take_kind(struct example *example, size_t kind)
{
	example->input.purpose = kinds[kind].purpose;
	example->input.alert_count = kinds[kind].alerts;
	for (size_t i = 0; i < 2; i++)
		example->alerts[i].asked_still = strcmp(kinds[kind].name, "answered-still-together") == 0;
	example->alerts[0].rule = kinds[kind].purpose == MESSAGE_WARNED ? &example->clock_rule : &example->rule;
}

enum result message_check_templates(const struct template_set *templates, const struct ruleset *rules,
                                    const struct calendar *calendar, const struct directory *directory,
                                    struct fault *fault)
{
	struct example example;
	enum result result = RESULT_OK;
	make_example(&example, calendar, directory);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && result == RESULT_OK; i++) {
		take_kind(&example, i);
		bool may_lack = kinds[i].alerts > 1 && example.alerts[0].asked_still;
		if (!may_lack || message_says_not_enough(templates))
			result = check_one(templates, kinds[i].name, &example, fault);
	}
	example.input.purpose = MESSAGE_OPENED;
	example.input.alert_count = 1;
	example.input.templates = templates;
	if (result == RESULT_OK)
		result = ops_mail_check(&example.input, fault);
	if (result == RESULT_OK)
		result = check_own_wording(templates, rules, &example, fault);
	for (size_t i = 0; directory && i < directory->person_count && result == RESULT_OK; i++)
		if (directory->people[i].webhook_form)
			result = message_check_hook(templates, directory->people[i].webhook_form, fault);
	return result;
}

/* ---- for people who edit templates ---- */

/* As ops/ops.h spells them. */
static const struct {
	const char *name, *detail;
} ops_samples[] = {
	{"ops-mail",
         "{\"word\":\"ops.source-silent\",\"title\":\"The source lcs has sent nothing for 26 hours\",\"more\":"
         "\"usual: 40 minutes\",\"change\":\"worse\",\"others\":1,\"urgency\":\"Put it right today.\","
         "\"meaning\":\"What happened since may be missing from lists and alerts.\",\"facts\":[{\"label\":"
         "\"Last record\",\"value\":\"Mon 3 Feb 2020, 22:10\",\"more\":\"26 hours ago\"}],\"steps\":[{\"words\":"
         "\"Ask the case system's people whether it still sends.\",\"commands\":[\"casewatch status\"]}],"
         "\"again\":\"In the daily email until it is gone.\"}"},
	{"ops-daily",
         "{\"word\":\"ops.daily\",\"worse\":1,\"needs\":[{\"title\":\"The source lcs has sent nothing for 26 "
         "hours\",\"since\":\"Since Tue 4 Feb, 22:10.\",\"change\":\"New since yesterday.\",\"meaning\":"
         "\"What happened since may be missing.\",\"next\":\"Ask the case system's people.\",\"command\":"
         "\"casewatch status\"}],\"ended\":[\"The mail server answers again\"],\"works\":[{\"label\":"
         "\"Alerts told\",\"value\":\"14\"}],\"words\":[\"ops.source-silent\"],\"expected\":\"08:15 tomorrow\"}"},
};

void message_samples(const struct template_set *templates, const struct calendar *calendar,
                     const struct directory *directory, const char *council, message_sample *each, void *context)
{
	struct example example;
	make_example(&example, calendar, directory);
	example.input.templates = templates;
	example.input.council = council;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		take_kind(&example, i);
		each(context, kinds[i].purpose == MESSAGE_PASSED_ON ? "alert, passed on" : kinds[i].name,
		     &example.input);
	}
	example.input.purpose = MESSAGE_OPS;
	for (size_t i = 0; i < sizeof ops_samples / sizeof *ops_samples; i++) {
		struct payload payload = example.payload;
		payload.detail = text_of(ops_samples[i].detail);
		example.input.payload = &payload;
		each(context, ops_samples[i].name, &example.input);
	}
}
