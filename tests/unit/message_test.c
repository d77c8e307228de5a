/* What people read: every kind of message about an alert, against tests/data/look, and what must never be in one. */
#include "message/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK "tests/data/look/"
#define EVENTS 16

static struct zone *london;
static struct calendar *calendar;
static struct template_set *templates;

/* One alert, as gathered. */
struct bench {
	struct event_parser *parser;
	struct arena *arena;
	struct directory directory;
	struct role_title roles[8];
	struct rule rule;
	struct payload payload;
	struct message_alert alert, others[2];
	struct message_event history[EVENTS], as_told[EVENTS], evidence[EVENTS];
	struct message_told told[8];
	struct message_input input;
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

static int load_all(void **state)
{
	(void)state;
	struct fault fault;
	schema_start();
	char *holidays = read_file("conf/bank-holidays.json");
	london = zone_load("Europe/London", &fault);
	struct zone *own = zone_load("Europe/London", &fault);
	calendar = own ? calendar_new(own, text_of(holidays), &fault) : NULL;
	templates = template_load("conf/templates", &fault);
	free(holidays);
	if (!london || !calendar || !templates)
		print_error("%s\n", fault.text);
	return london && calendar && templates ? 0 : -1;
}

static int free_all(void **state)
{
	(void)state;
	template_free(templates);
	calendar_free(calendar);
	zone_free(london);
	return 0;
}

static int set_up(void **state)
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
	static struct team north = {.id = "north-3", .title = "North 3"};
	bench->directory = (struct directory){.roles = bench->roles, .role_count = 7, .duty_phone = "01632 960123",
	                                      .teams = &north, .team_count = 1, .duty_team = "north-3"};
	bench->payload = PAYLOAD_EMPTY;
	bench->rule.effective_from = day_of(2020, 1, 1);
	bench->rule.effective_until = DAY_NONE;
	bench->alert = (struct message_alert){.rule = &bench->rule, .payload = &bench->payload, .age = -1,
	                                      .state = ALERT_STANDING, .closed = INSTANT_NEVER, .history = bench->history,
	                                      .evidence = bench->evidence, .told = bench->told,
	                                      .answer = {.at = INSTANT_NONE, .review_at = INSTANT_NONE}};
	bench->input = (struct message_input){.alerts = &bench->alert, .alert_count = 1, .payload = &bench->payload,
	                                      .calendar = calendar, .directory = &bench->directory, .templates = templates};
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	message_free(&bench->out);
	event_parser_free(bench->parser);
	arena_free(bench->arena);
	free(bench);
	return 0;
}

/* An event of child C1001 (or `subject`), recorded at `recorded`. `data` is what stands in data's braces. */
static struct message_event happened(struct bench *bench, const char *type, const char *subject, const char *time,
                                     bool day_only, const char *recorded, bool late, const char *data)
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

static void know(struct bench *bench, struct message_event event)
{
	bench->history[bench->alert.history_count++] = event;
}

/* The night of 4 February 2020. */
static void custody(struct bench *bench)
{
	static const char *const words =
		"Find a bed, or record why there is none.\n"
		"Answer this alert, so that nobody else is woken.\n\n"
		"The child was charged and refused bail. The police must then move the child to accommodation that we provide. "
		"They may keep the child only if they certify that a move cannot be made or, from the age of 12, that there is "
		"no secure bed and others would not be safe from serious harm.\n";
	struct rule *rule = &bench->rule;
	rule->id = "custody.threshold";
	rule->basis = "Police and Criminal Evidence Act 1984, section 38(6); recovery plan 2020, PACE pathway";
	rule->text = words;
	rule->kind = RULE_EVENT;
	rule->severity = SEVERITY_CRITICAL;
	rule->key = schema_name(TEXT("custody"));
	struct message_alert *alert = &bench->alert;
	alert->number = 2041;
	alert->rule_id = text_of(rule->id);
	alert->title = "A child in police custody qualifies for a bed";
	alert->severity = SEVERITY_CRITICAL;
	alert->subject = TEXT("C1001");
	alert->initials = TEXT("AK");
	alert->age = 15;
	alert->key_text = TEXT("K1");
	alert->answer_url = "https://casewatch.council.example/a/7KQ2XP";
	alert->step = 1;
	know(bench, happened(bench, "custody.detained", "C1001", "2020-02-04T22:10:00Z", false, "2020-02-04T22:31:00Z", false,
	                     "\"custody\":\"K1\",\"station\":\"Northgate police station\""));
	know(bench, happened(bench, "custody.charged_bail_refused", "C1001", "2020-02-05T01:52:00Z", false,
	                     "2020-02-05T02:05:00Z", false, "\"custody\":\"K1\""));
	know(bench, happened(bench, "custody.threshold_met", "C1001", "2020-02-05T02:08:00Z", false, "2020-02-05T02:10:00Z",
	                     false, "\"custody\":\"K1\""));
	/* Another hold of the same child, long ago: none of it belongs in the message. */
	know(bench, happened(bench, "pace.bed_requested", "C1001", "2019-11-05T02:08:00Z", false, "2019-11-05T02:10:00Z",
	                     false, "\"custody\":\"K0\""));
	bench->evidence[alert->evidence_count++] = bench->history[2];
	bench->payload.because = TEXT("\"Threshold met\" on 5 Feb, 02:08");
	bench->payload.tell[bench->payload.tell_count++] = TEXT("director");
	bench->payload.next[bench->payload.next_count++] = TEXT("dcs");
	bench->payload.answer_by = at("2020-02-05T02:40:00Z");
	bench->input.now = at("2020-02-05T02:10:00Z");
	bench->input.role = "director";
	bench->input.role_title = "Director of Children's Care";
	bench->told[alert->told_count++] = (struct message_told){
		.role_title = "Director of Children's Care", .channel = "email", .step = 1, .state = OUTBOX_ACCEPTED,
		.sent = at("2020-02-05T02:10:00Z"), .created = at("2020-02-05T02:10:00Z")};
	bench->told[alert->told_count++] = (struct message_told){
		.role_title = "Director of Children's Care", .channel = "text", .step = 1, .state = OUTBOX_DELIVERED,
		.sent = at("2020-02-05T02:11:00Z"), .created = at("2020-02-05T02:10:00Z")};
}

static void missing(struct bench *bench)
{
	struct rule *rule = &bench->rule;
	rule->id = "missing.vpg-referral";
	rule->basis = "recovery plan 2020, task 18";
	rule->text = "Put the child on the agenda of the next VPG meeting.\nThe alert closes when the discussion is recorded.\n";
	rule->kind = RULE_COUNT;
	rule->severity = SEVERITY_HIGH;
	rule->within = (struct duration){30, UNIT_DAYS};
	struct message_alert *alert = &bench->alert;
	alert->number = 2011;
	alert->rule_id = text_of(rule->id);
	alert->title = "A child has been missing 3 times in 30 days";
	alert->severity = SEVERITY_HIGH;
	alert->subject = TEXT("C1007");
	alert->initials = TEXT("JM");
	alert->age = 16;
	alert->answer_url = "https://casewatch.council.example/a/Q4M9ZD";
	alert->step = 1;
	know(bench, happened(bench, "missing.started", "C1007", "2020-01-02T00:00:00Z", true, "2020-01-03T09:12:00Z", false,
	                     "\"episode\":\"E1\",\"kind\":\"missing\""));
	know(bench, happened(bench, "missing.ended", "C1007", "2020-01-02T00:00:00Z", true, "2020-01-03T09:12:00Z", false,
	                     "\"episode\":\"E1\""));
	know(bench, happened(bench, "missing.started", "C1007", "2020-01-11T21:40:00Z", false, "2020-01-29T16:20:00Z", true,
	                     "\"episode\":\"E2\",\"kind\":\"missing\""));
	know(bench, happened(bench, "missing.ended", "C1007", "2020-01-12T03:15:00Z", false, "2020-01-29T16:20:00Z", true,
	                     "\"episode\":\"E2\""));
	know(bench, happened(bench, "missing.started", "C1007", "2020-01-29T23:10:00Z", false, "2020-01-29T23:31:00Z", false,
	                     "\"episode\":\"E3\",\"kind\":\"missing\""));
	bench->evidence[0] = bench->history[0];
	bench->evidence[1] = bench->history[2];
	bench->evidence[2] = bench->history[4];
	alert->evidence_count = 3;
	bench->payload.because = TEXT("3 in 30 days: 2 Jan, 11 Jan, 29 Jan");
	static const char *const tell[] = {"social-worker", "team-manager", "vpg-chair"};
	for (size_t i = 0; i < 3; i++)
		bench->payload.tell[bench->payload.tell_count++] = text_of(tell[i]);
	bench->payload.next[bench->payload.next_count++] = TEXT("head-of-service");
	bench->payload.answer_by = at("2020-02-01T00:00:00Z");
	bench->input.now = at("2020-01-30T08:00:00Z");
	bench->input.role = "vpg-chair";
	bench->input.role_title = "Chair of the VEMT Practitioners Group (VPG)";
}

static void render(struct bench *bench)
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
			fail_msg("%s differs in line %zu:\n  made   %.*s\n  wanted %.*s", path, line, (int)strcspn(start, "\n"),
			         start, (int)strcspn(b - (a - start), "\n"), b - (a - start));
		if (*a == '\n') {
			line++;
			start = a + 1;
		}
	}
}

static void expect_look(struct bench *bench, const char *name)
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

static bool says(const struct bench *bench, const char *words)
{
	return strstr(bench->out.text.at, words) || strstr(bench->out.html.at, words);
}

static void a_critical_alert_at_night(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	expect_look(bench, "alert-custody");
	assert_string_equal(bench->out.subject.at, "OFFICIAL-SENSITIVE Critical alert A-2041");
}

static void a_high_alert_that_can_wait_with_a_late_record_and_a_date_alone(void **state)
{
	struct bench *bench = *state;
	missing(bench);
	expect_look(bench, "alert-missing-3-in-30");
}

static void nobody_answered(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->input.purpose = MESSAGE_ESCALATED;
	bench->input.now = at("2020-02-05T02:40:00Z");
	bench->input.role = "dcs";
	bench->input.role_title = "Director of Children's Services";
	bench->alert.step = 2;
	bench->alert.answer_url = "https://casewatch.council.example/a/9MD4TR";
	bench->payload.next_count = 0;
	expect_look(bench, "escalation");
}

static void asked_again_at_the_review_time(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->input.purpose = MESSAGE_ASKED_AGAIN;
	bench->input.now = at("2020-02-05T03:14:00Z");
	bench->alert.number = 2042;
	bench->alert.title = "A child refused bail is held in police custody overnight";
	bench->alert.answer_url = "https://casewatch.council.example/a/B2T6FN";
	bench->alert.answer = (struct message_answer){.at = at("2020-02-05T02:16:00Z"), .action = TEXT("A bed is being looked for"),
	                                              .role_title = "Director of Children's Care", .review_at = INSTANT_NONE};
	bench->payload.answer_by = at("2020-02-05T03:44:00Z");
	expect_look(bench, "reminder");
}

static void facts_changed_and_the_alert_stands(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	memcpy(bench->as_told, bench->history, sizeof bench->history);
	bench->alert.as_told = bench->as_told;
	bench->alert.as_told_count = bench->alert.history_count;
	bench->history[0] = happened(bench, "custody.detained", "C1001", "2020-02-04T20:40:00Z", false, "2020-02-05T02:24:00Z",
	                             false, "\"custody\":\"K1\",\"station\":\"Southgate police station\"");
	bench->input.purpose = MESSAGE_UPDATED;
	bench->input.now = at("2020-02-05T02:25:00Z");
	bench->payload.at = at("2020-02-05T02:24:00Z");
	expect_look(bench, "correction");
}

static void the_cause_is_gone(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	static const struct message_standing standing[] = {{2040, "A child is held in police custody overnight", 0, true}};
	struct message_standing kept = standing[0];
	kept.opened = at("2020-02-04T22:10:00Z");
	bench->alert.standing = &kept;
	bench->alert.standing_count = 1;
	bench->input.purpose = MESSAGE_WITHDRAWN;
	bench->input.now = at("2020-02-05T02:33:00Z");
	bench->payload.at = at("2020-02-05T02:31:00Z");
	expect_look(bench, "withdrawn");
}

static void somebody_closed_it(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->input.purpose = MESSAGE_RESOLVED;
	bench->input.now = at("2020-02-05T04:00:00Z");
	bench->payload.reason = TEXT("Moved to our accommodation");
	bench->alert.answer = (struct message_answer){.at = at("2020-02-05T02:16:00Z"), .action = TEXT("A bed is being looked for"),
	                                              .role_title = "Director of Children's Care", .review_at = INSTANT_NONE};
	expect_look(bench, "closed");
	assert_true(says(bench, "Moved to our accommodation"));
}

static void early_warning_asks_for_no_answer(void **state)
{
	struct bench *bench = *state;
	missing(bench);
	bench->rule.id = "missing.return-interview";
	bench->rule.kind = RULE_DEADLINE;
	bench->rule.within = (struct duration){72, UNIT_HOURS};
	bench->rule.key = schema_name(TEXT("episode"));
	bench->rule.text = "Offer the child a return interview and hold it in time.";
	bench->alert.rule_id = text_of(bench->rule.id);
	bench->alert.title = "Return interview is due";
	bench->alert.key_text = TEXT("E2");
	bench->evidence[0] = bench->history[3];
	bench->evidence[0].late = false;
	bench->alert.evidence_count = 1;
	bench->alert.number = 0;
	bench->input.purpose = MESSAGE_WARNED;
	bench->input.role = "social-worker";
	bench->input.role_title = "Social worker";
	bench->payload.because = TEXT("still no \"Return interview held\" within 72 hours of 12 Jan 2020");
	bench->payload.answer_by = INSTANT_NEVER;
	expect_look(bench, "early-warning");
	assert_true(says(bench, "Wednesday 15 January, 03:15"));
	assert_false(says(bench, "Answer this alert"));
}

static void several_in_one_message(void **state)
{
	struct bench *bench = *state;
	missing(bench);
	struct message_alert alerts[3] = {bench->alert, bench->alert, bench->alert};
	struct payload payloads[3] = {bench->payload, bench->payload, bench->payload};
	static const struct {
		int64_t number;
		const char *title, *child, *initials, *url, *answer_by;
		int age;
		enum severity severity;
	} wanted[] = {{2029, "Return interview overdue", "C1044", "ZC", "H8C3PV", "2020-02-06T00:00:00Z", 15, SEVERITY_HIGH},
	              {2031, "Missing 3 times in 30 days", "C1044", "ZC", "W5N2KD", "2020-02-07T00:00:00Z", 15, SEVERITY_HIGH},
	              {2036, "No feedback after a night in custody", "C1023", "LW", "R4J7XM", "2020-02-12T00:00:00Z", 17,
	               SEVERITY_NORMAL}};
	for (size_t i = 0; i < 3; i++) {
		char *url = arena_alloc(bench->arena, 64);
		(void)snprintf(url, 64, "https://casewatch.council.example/a/%s", wanted[i].url);
		alerts[i].number = wanted[i].number;
		alerts[i].title = wanted[i].title;
		alerts[i].subject = text_of(wanted[i].child);
		alerts[i].initials = text_of(wanted[i].initials);
		alerts[i].age = wanted[i].age;
		alerts[i].severity = wanted[i].severity;
		alerts[i].answer_url = url;
		payloads[i].answer_by = at(wanted[i].answer_by);
		alerts[i].payload = &payloads[i];
	}
	bench->input.alerts = alerts;
	bench->input.alert_count = 3;
	bench->input.role = "team-manager";
	bench->input.role_title = "Team manager";
	bench->input.team_title = "North 3";
	bench->input.now = at("2020-02-05T08:00:00Z");
	expect_look(bench, "alerts-together");
	assert_string_equal(bench->out.subject.at, "OFFICIAL-SENSITIVE 3 alerts");
	/* Some may have climbed to this reader: none is left out, whatever the first of them is. */
	alerts[1].step = 2;
	alerts[1].told_count = 1;
	bench->told[0] = (struct message_told){.role_title = "Social worker", .channel = "email", .step = 1,
	                                       .created = at("2020-02-04T08:00:00Z"), .sent = at("2020-02-04T08:00:00Z")};
	bench->input.purpose = MESSAGE_ESCALATED;
	render(bench);
	assert_true(says(bench, "A-2029") && says(bench, "A-2031") && says(bench, "A-2036"));
	assert_true(says(bench, "With you:      Nobody has answered for 24 hours"));
}

static void a_restricted_child_is_nowhere_in_a_message(void **state)
{
	struct bench *bench = *state;
	static const enum message_purpose purposes[] = {MESSAGE_OPENED, MESSAGE_WARNED, MESSAGE_UPDATED, MESSAGE_ESCALATED,
	                                                MESSAGE_ASKED_AGAIN, MESSAGE_RESOLVED, MESSAGE_WITHDRAWN};
	custody(bench);
	bench->alert.restricted = true;
	bench->payload.reason = TEXT("Northgate says so");
	for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
		bench->input.purpose = purposes[i];
		render(bench);
		assert_false(says(bench, "C1001"));
		assert_false(says(bench, "AK"));
		assert_false(says(bench, "Northgate"));
		assert_false(says(bench, "22:10"));
		assert_false(says(bench, "aged"));
		assert_true(says(bench, "restricted case"));
	}
}

static void the_first_256_characters_name_no_child(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->input.role_title = "EDT"; /* as short as it can be, so that the facts come early */
	bench->alert.answer_url = NULL;
	bench->payload.next_count = 0;
	bench->payload.answer_by = INSTANT_NEVER;
	bench->alert.title = "X";
	for (int purpose = MESSAGE_OPENED; purpose <= MESSAGE_WITHDRAWN; purpose++) {
		bench->input.purpose = (enum message_purpose)purpose;
		render(bench);
		const char *child = strstr(bench->out.text.at, "C1001");
		assert_non_null(child);
		assert_true(child - bench->out.text.at >= 256);
		assert_null(strstr(bench->out.subject.at, "C1001"));
	}
}

static void what_is_not_recorded_and_what_is_not_readable_say_so(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->history[0] = happened(bench, "custody.detained", "C1001", "2020-02-04T00:00:00Z", true, "2020-02-04T22:31:00Z",
	                             false, "\"custody\":\"K1\",\"station\":17");
	bench->alert.initials = TEXT_NONE;
	bench->alert.age = -1;
	render(bench);
	assert_true(says(bench, "C1001, initials not recorded, age not known"));
	assert_true(says(bench, "Held at:       Not readable"));
	assert_true(says(bench, "Held since:    Tuesday 4 February, time not known\n               1 day ago"));
	assert_true(says(bench, "Bed asked for: Not recorded"));
}

static void a_hostile_station_stays_a_fact(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->history[0] = happened(bench, "custody.detained", "C1001", "2020-02-04T22:10:00Z", false, "2020-02-04T22:31:00Z",
	                             false, "\"custody\":\"K1\",\"station\":\"<img src=x> **ALERT** # heading\"");
	render(bench);
	assert_null(strstr(bench->out.html.at, "<img"));
	assert_true(says(bench, "&lt;img src=x&gt;"));
	assert_true(says(bench, "<img src=x> *ALERT* # heading"));
}

static void facts_of_another_hold_are_not_mixed_in(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	struct message_event kept = bench->history[3];
	for (size_t i = 3; i > 0; i--) /* in order of time the old hold comes first */
		bench->history[i] = bench->history[i - 1];
	bench->history[0] = kept;
	bench->alert.key_text = TEXT_NONE; /* then the evidence says which hold it is */
	render(bench);
	assert_true(says(bench, "Bed asked for: Not recorded"));
	assert_true(says(bench, "* Held in custody: Tue 4 Feb, 22:10"));
	bench->rule.key = 0;
	render(bench);
	assert_true(says(bench, "Bed asked for: Not recorded"));
}

static void a_change_that_overtakes_the_first_message_is_told_as_new(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->input.purpose = MESSAGE_UPDATED;
	bench->alert.told_count = 0;
	render(bench);
	assert_true(says(bench, "CRITICAL ALERT A-2041: ANSWER BY 02:40"));
	assert_string_equal(bench->out.subject.at, "OFFICIAL-SENSITIVE Critical alert A-2041");
}

static void a_rule_may_have_its_own_wording(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	struct template_set *own = template_new();
	assert_int_equal(template_add(own, "custody-threshold.txt", TEXT("Own words for {{reader}}, {{number}}.\n"), &bench->fault),
	                 RESULT_OK);
	assert_int_equal(template_add(own, "custody-threshold.html", TEXT("<p>{{reader}}</p>"), &bench->fault), RESULT_OK);
	bench->rule.message = "custody-threshold";
	bench->input.templates = own;
	render(bench);
	assert_string_equal(bench->out.text.at, "Own words for Director of Children's Care, A-2041.\n");
	template_free(own);
}

static void every_shipped_template_passes_the_check(void **state)
{
	struct bench *bench = *state;
	if (message_check_templates(templates, NULL, calendar, &bench->directory, &bench->fault) != RESULT_OK)
		fail_msg("%s", bench->fault.text);
}

static void the_check_finds_a_template_that_would_fail_at_night(void **state)
{
	struct bench *bench = *state;
	struct template_set *own = template_new();
	assert_int_equal(template_add(own, "alert.txt", TEXT("{{chlid}}"), &bench->fault), RESULT_OK);
	assert_int_equal(template_add(own, "alert.html", TEXT(""), &bench->fault), RESULT_OK);
	assert_int_equal(message_check_templates(own, NULL, calendar, &bench->directory, &bench->fault), RESULT_PERMANENT);
	assert_non_null(strstr(bench->fault.text, "chlid"));
	template_free(own);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_critical_alert_at_night),
		T(a_high_alert_that_can_wait_with_a_late_record_and_a_date_alone),
		T(nobody_answered),
		T(asked_again_at_the_review_time),
		T(facts_changed_and_the_alert_stands),
		T(the_cause_is_gone),
		T(somebody_closed_it),
		T(early_warning_asks_for_no_answer),
		T(several_in_one_message),
		T(a_restricted_child_is_nowhere_in_a_message),
		T(the_first_256_characters_name_no_child),
		T(what_is_not_recorded_and_what_is_not_readable_say_so),
		T(a_hostile_station_stays_a_fact),
		T(facts_of_another_hold_are_not_mixed_in),
		T(a_change_that_overtakes_the_first_message_is_told_as_new),
		T(a_rule_may_have_its_own_wording),
		T(every_shipped_template_passes_the_check),
		T(the_check_finds_a_template_that_would_fail_at_night),
	};
	return cmocka_run_group_tests_name("message", tests, load_all, free_all);
}
