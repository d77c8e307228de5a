/* Every message about alerts as the references have it: tests/data/look, byte for byte. */
#include "message_bench.h"

/* The night of 4 February 2020: a hold at Northgate, and another long ago that belongs in no message. */
static void custody(struct bench *bench, const char *rule)
{
	struct message_alert *alert = &bench->alert;
	take_rule(bench, rule);
	alert->number = 2041;
	alert->subject = TEXT("C1001");
	alert->initials = TEXT("AK");
	alert->age = 15;
	alert->key_text = TEXT("K1");
	alert->answer_url = "https://casewatch.council.example/a/7KQ2XP";
	alert->step = 1;
	know(bench, happened(bench, "pace.bed_requested", "C1001", "2019-11-05T02:08:00Z", false,
	                     "2019-11-05T02:10:00Z", false, "\"custody\":\"K0\""));
	know(bench, happened(bench, "custody.detained", "C1001", "2020-02-04T22:10:00Z", false, "2020-02-04T22:31:00Z",
	                     false, "\"custody\":\"K1\",\"station\":\"Northgate police station\""));
	know(bench, happened(bench, "custody.charged_bail_refused", "C1001", "2020-02-05T01:52:00Z", false,
	                     "2020-02-05T02:05:00Z", false, "\"custody\":\"K1\""));
	know(bench, happened(bench, "custody.threshold_met", "C1001", "2020-02-05T02:08:00Z", false,
	                     "2020-02-05T02:10:00Z", false, "\"custody\":\"K1\""));
	bench->evidence[alert->evidence_count++] = bench->history[3];
	bench->payload.cause_known = true;
	bench->payload.tell[bench->payload.tell_count++] = TEXT("director");
	bench->payload.next[bench->payload.next_count++] = TEXT("dcs");
	bench->payload.answer_by = at("2020-02-05T02:40:00Z");
	bench->payload.at = at("2020-02-05T02:10:00Z");
	bench->input.now = at("2020-02-05T02:10:00Z");
	tell_as(bench, "director");
	was_told(bench, "director", "email", 1, "2020-02-05T02:10:00Z");
	was_told(bench, "director", "text", 1, "2020-02-05T02:11:00Z");
	bench->told[1].created = at("2020-02-05T02:10:00Z");
	bench->told[0].answer_by = bench->told[1].answer_by = at("2020-02-05T02:40:00Z");
}

/* Under this threshold bail was refused, and the council's rule says so. */
static void threshold(struct bench *bench)
{
	custody(bench, "custody.threshold");
	bench->rule.text =
		"Find a bed, or record why there is none.\n"
		"Answer this alert, so that nobody else is woken.\n\n"
		"The child was charged and refused bail. The police must then move the child to accommodation that we "
		"provide. They may keep the child only if they certify that a move cannot be made or, from the age of "
		"12, that there is no secure bed and others would not be safe from serious harm.\n";
	bench->rule.basis = "Police and Criminal Evidence Act 1984, section 38(6); recovery plan 2020, PACE pathway";
	bench->payload.because = TEXT("every child who meets the threshold for a bed, at once, day and night");
}

static void know_episodes(struct bench *bench)
{
	know(bench, happened(bench, "missing.started", "C1007", "2020-01-02T00:00:00Z", true, "2020-01-03T09:12:00Z",
	                     false, "\"episode\":\"E1\",\"kind\":\"missing\""));
	know(bench, happened(bench, "missing.ended", "C1007", "2020-01-02T00:00:00Z", true, "2020-01-03T09:12:00Z",
	                     false, "\"episode\":\"E1\""));
	know(bench, happened(bench, "missing.started", "C1007", "2020-01-11T21:40:00Z", false, "2020-01-29T16:20:00Z",
	                     true, "\"episode\":\"E2\",\"kind\":\"missing\""));
	know(bench, happened(bench, "missing.ended", "C1007", "2020-01-12T03:15:00Z", false, "2020-01-29T16:20:00Z",
	                     true, "\"episode\":\"E2\""));
	know(bench, happened(bench, "missing.started", "C1007", "2020-01-29T23:10:00Z", false, "2020-01-29T23:31:00Z",
	                     false, "\"episode\":\"E3\",\"kind\":\"missing\""));
}

static void a_critical_alert_at_night(void **state)
{
	struct bench *bench = *state;
	threshold(bench);
	expect_look(bench, "alert-custody");
	assert_string_equal(bench->out.subject.at, "OFFICIAL-SENSITIVE Critical alert A-2041");
}

static void a_high_alert_that_can_wait_with_a_late_record_and_a_date_alone(void **state)
{
	struct bench *bench = *state;
	struct message_alert *alert = &bench->alert;
	take_rule(bench, "missing.vpg-referral");
	bench->rule.basis = "recovery plan 2020, task 18";
	alert->number = 2011;
	alert->title = "A child has been missing 3 times in 30 days";
	alert->subject = TEXT("C1007");
	alert->initials = TEXT("JM");
	alert->age = 16;
	alert->answer_url = "https://casewatch.council.example/a/Q4M9ZD";
	alert->step = 1;
	know_episodes(bench);
	for (size_t i = 0; i < 3; i++)
		bench->evidence[alert->evidence_count++] = bench->history[2 * i];
	alert->opened = bench->history[4].event->time;
	bench->payload.because = TEXT("3 in 30 days: 2 Jan, 11 Jan, 29 Jan");
	static const char *const tell[] = {"social-worker", "team-manager", "vpg-chair"};
	for (size_t i = 0; i < 3; i++)
		bench->payload.tell[bench->payload.tell_count++] = text_of(tell[i]);
	bench->payload.next[bench->payload.next_count++] = TEXT("head-of-service");
	bench->payload.answer_by = at("2020-02-01T00:00:00Z");
	bench->input.now = at("2020-01-30T08:00:00Z");
	tell_as(bench, "vpg-chair");
	expect_look(bench, "alert-missing-3-in-30");
}

static void nobody_answered(void **state)
{
	struct bench *bench = *state;
	threshold(bench);
	bench->input.purpose = MESSAGE_ESCALATED;
	bench->payload.cause = CAUSE_UNANSWERED;
	bench->input.now = at("2020-02-05T02:40:00Z");
	tell_as(bench, "dcs");
	bench->alert.step = 2;
	bench->alert.answer_url = "https://casewatch.council.example/a/9MD4TR";
	bench->payload.because = TEXT_NONE;
	bench->payload.next_count = 0;
	for (size_t i = 0; i < bench->alert.told_count; i++)
		bench->told[i].person = TEXT("p-director");
	expect_look(bench, "escalation");
}

static void answered(struct bench *bench)
{
	bench->alert.answer = (struct message_answer){.at = at("2020-02-05T02:16:00Z"),
	                                              .action = TEXT("A bed is being looked for"),
	                                              .role_title = "Director of Children's Care",
	                                              .role = TEXT("director"),
	                                              .review_at = at("2020-02-05T03:14:00Z"),
	                                              .asked_for = at("2020-02-05T03:14:00Z"),
	                                              .count = 1,
	                                              .one_role = true};
}

static void asked_again_at_the_review_time(void **state)
{
	struct bench *bench = *state;
	custody(bench, "custody.bail-refused-overnight");
	answered(bench);
	bench->input.purpose = MESSAGE_ASKED_AGAIN;
	bench->payload.cause = CAUSE_REVIEW_ASKED;
	bench->input.now = at("2020-02-05T03:14:00Z");
	bench->alert.number = 2042;
	bench->alert.answer_url = "https://casewatch.council.example/a/B2T6FN";
	bench->payload.answer_by = at("2020-02-05T03:44:00Z");
	expect_look(bench, "reminder");
}

static void somebody_else_answered(void **state)
{
	struct bench *bench = *state;
	custody(bench, "custody.bail-refused-overnight");
	answered(bench);
	bench->input.purpose = MESSAGE_ANSWERED;
	bench->payload.cause = CAUSE_ANSWERED;
	bench->payload.answer_by = at("2020-02-05T03:44:00Z");
	bench->input.now = at("2020-02-05T02:16:00Z");
	bench->alert.number = 2042;
	bench->alert.answer_url = "https://casewatch.council.example/a/T6RW4B";
	tell_as(bench, "edt");
	was_told(bench, "edt", "email", 1, "2020-02-05T02:06:00Z");
	expect_look(bench, "answered");
}

static void facts_changed_and_the_alert_stands(void **state)
{
	struct bench *bench = *state;
	threshold(bench);
	memcpy(bench->as_told, bench->history, sizeof bench->history);
	bench->alert.as_told = bench->as_told;
	bench->alert.as_told_count = bench->alert.history_count;
	bench->history[1] =
		happened(bench, "custody.detained", "C1001", "2020-02-04T20:40:00Z", false, "2020-02-05T02:24:00Z",
	                 false, "\"custody\":\"K1\",\"station\":\"Southgate police station\"");
	bench->alert.change = (struct message_change){.kind = CHANGE_CORRECTED, .count = 1, .title = "Held in custody"};
	bench->input.purpose = MESSAGE_UPDATED;
	bench->payload.cause = CAUSE_UPDATED;
	bench->input.now = at("2020-02-05T02:25:00Z");
	bench->payload.at = at("2020-02-05T02:24:00Z");
	expect_look(bench, "correction");
}

static void the_cause_is_gone(void **state)
{
	struct bench *bench = *state;
	static const char *const told[] = {"Emergency Duty Team", "Team manager"};
	struct message_standing standing = {.number = 2040, .title = "Child held in custody overnight",
	                                    .opened = at("2020-02-04T22:10:00Z"), .acknowledged = true,
	                                    .answered_at = at("2020-02-04T22:50:00Z"), .told = told, .told_count = 2,
	                                    .told_at = at("2020-02-04T22:32:00Z")};
	threshold(bench);
	bench->alert.state = ALERT_WITHDRAWN;
	bench->alert.standing = &standing;
	bench->alert.standing_count = 1;
	bench->alert.change = (struct message_change){
		.kind = CHANGE_WITHDREW, .count = 1, .title = "Threshold met", .of_cause = true};
	bench->input.purpose = MESSAGE_WITHDRAWN;
	bench->payload.cause = CAUSE_NO_CAUSE;
	bench->input.now = at("2020-02-05T02:33:00Z");
	bench->payload.at = at("2020-02-05T02:31:00Z");
	expect_look(bench, "withdrawn");
}

static void its_cause_is_over(void **state)
{
	struct bench *bench = *state;
	struct message_alert *alert = &bench->alert;
	struct message_clock clock = {"the return interview", at("2020-02-08T05:40:00Z")};
	take_rule(bench, "missing.still-missing");
	alert->number = 2033;
	alert->title = "A child has been missing for more than 24 hours";
	alert->subject = TEXT("C1019");
	alert->initials = TEXT("TS");
	alert->age = 13;
	alert->answer_url = "https://casewatch.council.example/a/A2033";
	struct message_event back = happened(bench, "missing.ended", "C1019", "2020-02-05T05:40:00Z", false,
	                                     "2020-02-05T10:18:00Z", false, "\"episode\":\"E9\"");
	back.title = "Return from missing";
	alert->state = ALERT_RESOLVED;
	alert->ended_by = &back;
	alert->clocks = &clock;
	alert->clock_count = 1;
	alert->answer = (struct message_answer){.at = at("2020-02-05T06:14:00Z"),
	                                        .role_title = "Emergency Duty Team",
	                                        .role = TEXT("edt"),
	                                        .action = TEXT("The child is back, the record comes later"),
	                                        .review_at = INSTANT_NONE,
	                                        .asked_for = INSTANT_NONE,
	                                        .count = 1,
	                                        .one_role = true};
	bench->input.purpose = MESSAGE_RESOLVED;
	bench->payload.cause_known = true;
	bench->payload.cause = CAUSE_ENDED;
	bench->input.now = at("2020-02-05T10:19:00Z");
	bench->input.team_title = "North 3";
	tell_as(bench, "team-manager");
	was_told(bench, "team-manager", "email", 1, "2020-02-03T08:00:00Z");
	expect_look(bench, "answered-ended");
}

static void an_early_warning(void **state)
{
	struct bench *bench = *state;
	struct message_alert *alert = &bench->alert;
	static struct team south = {.id = "south-1", .title = "South 1"};
	bench->directory.teams = &south;
	bench->directory.duty_team = "south-1";
	take_rule(bench, "missing.return-interview");
	bench->rule.basis = "statutory guidance on children who run away or go missing, 2014";
	bench->rule.step_count = 2;
	alert->number = 2051;
	alert->subject = TEXT("C1062");
	alert->initials = TEXT("KP");
	alert->age = 14;
	/* The episode before, with its interview: none of it belongs here. */
	know(bench, happened(bench, "missing.started", "C1062", "2020-01-06T16:50:00Z", false, "2020-01-06T16:50:00Z",
	                     false, "\"episode\":\"E1\",\"kind\":\"missing\""));
	know(bench, happened(bench, "missing.ended", "C1062", "2020-01-07T06:30:00Z", false, "2020-01-07T06:40:00Z",
	                     false, "\"episode\":\"E1\""));
	know(bench, happened(bench, "rhi.completed", "C1062", "2020-01-08T16:50:00Z", false, "2020-01-08T17:00:00Z",
	                     false, "\"episode\":\"E1\""));
	know(bench, happened(bench, "missing.started", "C1062", "2020-02-02T23:50:00Z", false, "2020-02-03T00:10:00Z",
	                     false, "\"episode\":\"E2\",\"kind\":\"missing\""));
	know(bench, happened(bench, "missing.ended", "C1062", "2020-02-03T06:30:00Z", false, "2020-02-03T06:40:00Z",
	                     false, "\"episode\":\"E2\""));
	bench->evidence[alert->evidence_count++] = bench->history[4];
	alert->due = at("2020-02-06T06:30:00Z");
	bench->input.purpose = MESSAGE_WARNED;
	bench->payload.cause_known = true;
	bench->payload.cause = CAUSE_EARLY;
	bench->payload.because = TEXT("48 of 72 hours have passed since the return");
	bench->payload.caused = at("2020-02-05T06:30:00Z");
	bench->payload.tell[bench->payload.tell_count++] = TEXT("social-worker");
	bench->input.now = at("2020-02-05T08:00:00Z");
	tell_as(bench, "social-worker");
	was_told(bench, "social-worker", "email", 0, "2020-02-05T08:00:00Z");
	expect_look(bench, "warning");
	assert_string_equal(bench->out.subject.at, "OFFICIAL-SENSITIVE Early warning A-2051");
}

/* One of several alerts, each with a rule and a history of its own. */
struct one {
	struct rule rule;
	struct payload payload;
	struct message_event history[8], evidence[4];
};

static struct message_alert alert_of(struct bench *bench, struct one *one, const char *rule, int64_t number,
                                     const char *child, const char *initials, int age, const char *url,
                                     const char *answer_by)
{
	char *address = arena_alloc(bench->arena, 64);
	take_rule(bench, rule);
	one->rule = bench->rule;
	one->payload = PAYLOAD_EMPTY;
	one->payload.cause_known = true;
	one->payload.answer_by = *answer_by ? at(answer_by) : INSTANT_NEVER;
	(void)snprintf(address, 64, "https://casewatch.council.example/a/%s", url);
	struct message_alert alert = bench->alert;
	alert.rule = &one->rule;
	alert.payload = &one->payload;
	alert.number = number;
	alert.subject = text_of(child);
	alert.initials = text_of(initials);
	alert.age = age;
	alert.answer_url = address;
	alert.history = one->history;
	alert.evidence = one->evidence;
	alert.told_count = 0;
	alert.step = 1;
	return alert;
}

static void know_of(struct message_alert *alert, struct one *one, struct message_event event)
{
	one->history[alert->history_count++] = event;
}

static void an_episode(struct bench *bench, struct message_alert *alert, struct one *one, const char *key,
                       const char *from, const char *to)
{
	char data[80];
	const char *child = alert->subject.at;
	(void)snprintf(data, sizeof data, "\"episode\":\"%s\",\"kind\":\"missing\"", key);
	know_of(alert, one, happened(bench, "missing.started", child, from, false, from, false, data));
	(void)snprintf(data, sizeof data, "\"episode\":\"%s\"", key);
	if (to)
		know_of(alert, one, happened(bench, "missing.ended", child, to, false, to, false, data));
}

static void several_in_one_message(void **state)
{
	struct bench *bench = *state;
	struct one ones[3];
	struct message_alert alerts[3];
	alerts[0] = alert_of(bench, &ones[0], "missing.return-interview", 2029, "C1044", "ZC", 15, "H8C3PV",
	                     "2020-02-06T00:00:00Z");
	an_episode(bench, &alerts[0], &ones[0], "E4", "2020-01-30T20:00:00Z", "2020-01-31T21:00:00Z");
	ones[0].evidence[alerts[0].evidence_count++] = ones[0].history[1];
	alerts[0].due = at("2020-02-03T21:00:00Z");
	alerts[1] = alert_of(bench, &ones[1], "missing.vpg-referral", 2031, "C1044", "ZC", 15, "W5N2KD",
	                     "2020-02-06T00:00:00Z");
	an_episode(bench, &alerts[1], &ones[1], "E1", "2020-01-10T20:00:00Z", "2020-01-10T21:00:00Z");
	an_episode(bench, &alerts[1], &ones[1], "E2", "2020-01-20T20:00:00Z", "2020-01-20T21:00:00Z");
	an_episode(bench, &alerts[1], &ones[1], "E3", "2020-01-25T20:00:00Z", "2020-01-25T21:00:00Z");
	an_episode(bench, &alerts[1], &ones[1], "E4", "2020-01-30T20:00:00Z", "2020-01-31T21:00:00Z");
	for (size_t i = 0; i < 4; i++)
		ones[1].evidence[alerts[1].evidence_count++] = ones[1].history[2 * i];
	alerts[1].opened = ones[1].history[4].event->time;
	alerts[2] = alert_of(bench, &ones[2], "custody.no-feedback", 2036, "C1023", "LW", 17, "R4J7XM",
	                     "2020-02-12T00:00:00Z");
	know_of(&alerts[2], &ones[2], happened(bench, "custody.detained", "C1023", "2020-01-26T23:40:00Z", false,
	                                       "2020-01-26T23:40:00Z", false, "\"custody\":\"K7\""));
	know_of(&alerts[2], &ones[2], happened(bench, "custody.released", "C1023", "2020-01-27T09:30:00Z", false,
	                                       "2020-01-27T09:30:00Z", false, "\"custody\":\"K7\""));
	alerts[2].key_text = TEXT("K7");
	alerts[2].due = at("2020-02-04T00:00:00Z");
	for (size_t i = 0; i < 3; i++)
		ones[i].payload.at = at("2020-02-04T08:00:00Z");
	bench->input.alerts = alerts;
	bench->input.alert_count = 3;
	bench->input.team_title = "North 3";
	tell_as(bench, "team-manager");
	bench->input.now = at("2020-02-04T08:00:00Z");
	expect_look(bench, "alerts-together");
	assert_string_equal(bench->out.subject.at, "OFFICIAL-SENSITIVE 3 alerts");
}

static void several_that_need_nothing_more(void **state)
{
	struct bench *bench = *state;
	struct one ones[2];
	struct message_alert alerts[2];
	static struct role_title vpg = {.role = "vpg-chair", .title = "Chair of the VPG"};
	alerts[0] = alert_of(bench, &ones[0], "missing.high-risk", 2024, "C1030", "DH", 15, "A2024", "");
	alerts[0].title = "Missing, high risk";
	alerts[0].state = ALERT_RESOLVED;
	an_episode(bench, &alerts[0], &ones[0], "E7", "2020-02-04T20:00:00Z", "2020-02-05T01:20:00Z");
	alerts[0].ended_by = &ones[0].history[1];
	ones[0].payload.at = at("2020-02-05T01:25:00Z");
	alerts[1] = alert_of(bench, &ones[1], "missing.vpg-referral", 2031, "C1044", "ZC", 15, "A2031", "");
	ones[1].payload.at = at("2020-02-04T17:40:00Z");
	alerts[1].answer = (struct message_answer){.at = at("2020-02-04T17:40:00Z"),
	                                           .role_title = vpg.title,
	                                           .role = TEXT("vpg-chair"),
	                                           .action = TEXT("On the agenda of Thursday 6 February"),
	                                           .review_at = at("2020-02-07T17:00:00Z"),
	                                           .asked_for = INSTANT_NONE,
	                                           .count = 1,
	                                           .one_role = true};
	bench->input.purpose = MESSAGE_ANSWERED;
	bench->input.alerts = alerts;
	bench->input.alert_count = 2;
	bench->input.team_title = "North 3";
	tell_as(bench, "team-manager");
	bench->input.now = at("2020-02-05T08:00:00Z");
	expect_look(bench, "answered-together");
	assert_string_equal(bench->out.subject.at, "OFFICIAL-SENSITIVE 2 alerts: answered or ended");
}

/* What ops/ says, as it stands in the payload. */
static void to_ops(struct bench *bench, const char *detail, const char *now)
{
	bench->payload.detail = text_of(detail);
	bench->input.purpose = MESSAGE_OPS;
	bench->input.alert_count = 0;
	bench->input.now = at(now);
}

static void one_thing_that_operations_must_mend(void **state)
{
	struct bench *bench = *state;
	to_ops(bench,
	       "{\"word\":\"ops.quarantine\",\"title\":\"1 record is set aside\",\"more\":\"A child may be behind it\","
	       "\"change\":\"new\",\"others\":0,\"urgency\":\"Put it right before the list of 07:30.\","
	       "\"meaning\":\"The record says that a child went missing. It cannot be counted as it is: no alert, no "
	       "clock and no "
	       "line in the list of missing children comes from it. The list of 07:30 says that a record could not be "
	       "read.\","
	       "\"facts\":[{\"label\":\"Record\",\"value\":\"12, from the case system\"},"
	       "{\"label\":\"It says\",\"value\":\"Missing, began\"},{\"label\":\"Fault\",\"value\":\"The time is "
	       "empty\"},"
	       "{\"label\":\"Came\",\"value\":\"Wednesday 5 February, 05:12\",\"more\":\"1 hour 3 minutes ago\"},"
	       "{\"label\":\"Who was told\",\"value\":\"Performance team, 05:12, by email\"}],"
	       "\"steps\":[{\"words\":\"Look at it.\",\"commands\":[\"casewatch quarantine show 12\"]},"
	       "{\"words\":\"Ask the performance team to have it sent again with its time. Out of hours, ring the "
	       "Emergency Duty Team "
	       "on 01632 960123 and read them the child's number: they know who is missing.\",\"commands\":[]},"
	       "{\"words\":\"If you know what is right, release it corrected. If it has come again by itself, discard "
	       "it.\","
	       "\"commands\":[\"casewatch quarantine release 12 --with fixed.json --person p-ops --reason 'time "
	       "added'\","
	       "\"casewatch quarantine discard 12 --person p-ops --reason 'sent again'\"]}],"
	       "\"again\":\"In the daily email at 08:30 until it is gone, and at once if another record is set aside "
	       "for more than an "
	       "hour.\"}",
	       "2020-02-05T06:15:00Z");
	expect_look(bench, "ops-mail");
	assert_string_equal(bench->out.subject.at, "casewatch: 1 record is set aside");
}

static void what_operations_hear_once_a_day(void **state)
{
	struct bench *bench = *state;
	to_ops(bench,
	       "{\"word\":\"ops.daily\",\"worse\":1,\"ended_count\":1,\"expected\":\"08:45\",\"needs\":["
	       "{\"title\":\"2 records are set aside\",\"since\":\"Since Mon 3 Feb, 11:25.\","
	       "\"change\":\"Worse: 1 more than yesterday.\",\"meaning\":\"a child may be behind each: no alert, clock "
	       "or list counts "
	       "them.\",\"next\":\"have them sent again, then discard or release them.\",\"command\":\"casewatch "
	       "quarantine\"},"
	       "{\"title\":\"Nobody is Head of Service, looked-after children\",\"since\":\"Since Tue 4 Feb, 09:00.\","
	       "\"change\":\"As yesterday.\",\"meaning\":\"3 alerts went past this step to the Director.\","
	       "\"next\":\"fill the role in the directory or add cover, then reload.\",\"command\":\"casewatch "
	       "check\"},"
	       "{\"title\":\"Nobody reads the list of team West 2\",\"since\":\"Since Mon 20 Jan, 16 days.\","
	       "\"change\":\"As yesterday.\",\"meaning\":\"14 children are on the duty team's list instead.\","
	       "\"next\":\"name the team's manager in the directory, then reload.\",\"command\":\"casewatch check\"}],"
	       "\"ended\":[\"The mail server took nothing from 14:02 to 14:14 on Tuesday 4 February. 6 messages waited "
	       "12 minutes and "
	       "were then sent. None was critical.\"],\"works\":["
	       "{\"label\":\"Data\",\"value\":\"Complete to 08:24, all 3 sources\"},"
	       "{\"label\":\"Alerts\",\"value\":\"6 open, 4 without an answer. Every step that was due was sent\"},"
	       "{\"label\":\"Messages\",\"value\":\"41 sent since yesterday, 41 accepted\"},"
	       "{\"label\":\"Database\",\"value\":\"2.1 GB, 88 GB free. Copy made at 03:00 and read back\"},"
	       "{\"label\":\"Audit\",\"value\":\"Whole: 104,332 rows. Last row 9f3c 01d7\"},"
	       "{\"label\":\"Certificates\",\"value\":\"The next runs out on Thursday 30 April 2020\"},"
	       "{\"label\":\"Bank holidays\",\"value\":\"Known to Friday 31 December 2021\"}],"
	       "\"words\":[\"ops.quarantine\",\"ops.nobody\",\"ops.team-unread\",\"ops.mail-down\"]}",
	       "2020-02-05T08:30:00Z");
	expect_look(bench, "ops-daily");
	assert_string_equal(bench->out.subject.at, "casewatch: operations, 3 need you, 1 worse");
}

static void nothing_wrong_is_said_too(void **state)
{
	struct bench *bench = *state;
	to_ops(bench, "{\"word\":\"ops.daily\",\"worse\":0,\"needs\":[],\"ended\":[],\"works\":[],\"words\":[]}",
	       "2020-02-05T08:30:00Z");
	render(bench);
	assert_true(says(bench, "OPERATIONS: NOTHING NEEDS YOU"));
	assert_string_equal(bench->out.subject.at, "casewatch: operations, nothing needs you");
	to_ops(bench, "{\"word\":", "2020-02-05T08:30:00Z");
	assert_int_equal(message_render(&bench->input, &bench->out, &bench->fault), RESULT_PERMANENT);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_critical_alert_at_night),
		T(a_high_alert_that_can_wait_with_a_late_record_and_a_date_alone),
		T(nobody_answered),
		T(asked_again_at_the_review_time),
		T(somebody_else_answered),
		T(facts_changed_and_the_alert_stands),
		T(the_cause_is_gone),
		T(its_cause_is_over),
		T(an_early_warning),
		T(several_in_one_message),
		T(several_that_need_nothing_more),
		T(one_thing_that_operations_must_mend),
		T(what_operations_hear_once_a_day),
		T(nothing_wrong_is_said_too),
	};
	return cmocka_run_group_tests_name("message_look", tests, load_all, free_all);
}
