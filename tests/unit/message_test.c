/* What must and must never be in a message about an alert. */
#include "message_bench.h"

#include "text/preview.h"

/* The night of 4 February 2020. */
static void custody(struct bench *bench)
{
	take_rule(bench, "custody.threshold");
	struct message_alert *alert = &bench->alert;
	alert->number = 2041;
	alert->subject = TEXT("C1001");
	alert->initials = TEXT("AK");
	alert->age = 15;
	alert->key_text = TEXT("K1");
	alert->answer_url = "https://casewatch.council.example/a/7KQ2XP";
	alert->step = 1;
	know(bench, happened(bench, "custody.detained", "C1001", "2020-02-04T22:10:00Z", false, "2020-02-04T22:31:00Z",
	                     false, "\"custody\":\"K1\",\"station\":\"Northgate police station\""));
	know(bench, happened(bench, "custody.charged_bail_refused", "C1001", "2020-02-05T01:52:00Z", false,
	                     "2020-02-05T02:05:00Z", false, "\"custody\":\"K1\""));
	know(bench, happened(bench, "custody.threshold_met", "C1001", "2020-02-05T02:08:00Z", false,
	                     "2020-02-05T02:10:00Z", false, "\"custody\":\"K1\""));
	/* Another hold of the same child, long ago: none of it belongs in the message. */
	know(bench, happened(bench, "pace.bed_requested", "C1001", "2019-11-05T02:08:00Z", false,
	                     "2019-11-05T02:10:00Z", false, "\"custody\":\"K0\""));
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

static void a_restricted_child_is_nowhere_in_a_message(void **state)
{
	struct bench *bench = *state;
	static const enum message_purpose purposes[] = {
		MESSAGE_OPENED,    MESSAGE_WARNED,   MESSAGE_UPDATED,    MESSAGE_ESCALATED, MESSAGE_ASKED_AGAIN,
		MESSAGE_PASSED_ON, MESSAGE_ANSWERED, MESSAGE_REVIEW_CUT, MESSAGE_RESOLVED,  MESSAGE_WITHDRAWN};
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
		assert_true(says(bench, "restricted case") || says(bench, "Restricted case"));
	}
}

static void the_first_256_characters_name_no_child(void **state)
{
	struct bench *bench = *state;
	struct buffer shown = {0};
	custody(bench);
	bench->roles[1].title = "EDT"; /* as short as it can be, so that the facts come early */
	bench->input.role_title = "EDT";
	bench->alert.answer_url = NULL;
	bench->directory.duty_phone = NULL;
	bench->payload.next_count = 0;
	bench->payload.answer_by = INSTANT_NEVER;
	bench->alert.told_count = 0;
	bench->alert.title = "X";
	for (int purpose = MESSAGE_OPENED; purpose < MESSAGE_OF_ALERTS; purpose++)
		for (size_t count = 1; count < 3; count++) {
			struct message_alert both[2] = {bench->alert, bench->alert};
			bench->input.alerts = both;
			bench->input.alert_count = count;
			bench->input.purpose = (enum message_purpose)purpose;
			render(bench);
			buffer_clear(&shown);
			preview_of_text(buffer_view(&bench->out.text), &shown);
			assert_true(shown.length >= PREVIEW_CHARACTERS);
			assert_false(preview_names(buffer_view(&shown), TEXT("C1001")));
			buffer_clear(&shown);
			preview_of_html(buffer_view(&bench->out.html), &shown);
			assert_false(preview_names(buffer_view(&shown), TEXT("C1001")));
			assert_non_null(strstr(bench->out.text.at, "C1001"));
			assert_null(strstr(bench->out.subject.at, "C1001"));
		}
	buffer_free(&shown);
}

static void what_is_not_recorded_and_what_is_not_readable_say_so(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->history[0] = happened(bench, "custody.detained", "C1001", "2020-02-04T00:00:00Z", true,
	                             "2020-02-04T22:31:00Z", false, "\"custody\":\"K1\",\"station\":17");
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
	bench->history[0] =
		happened(bench, "custody.detained", "C1001", "2020-02-04T22:10:00Z", false, "2020-02-04T22:31:00Z",
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

/* The plan that was signed is a safety plan; what opened VEMT has none, or one of its own, and is why there is an
 * alert. */
static void what_is_open_without_the_alerts_key_is_open(void **state)
{
	static const char *const plans[] = {"", "\"plan\":\"V1\""};
	for (int i = 0; i < 2; i++) {
		struct bench *bench = *state;
		take_rule(bench, "safety-plan.grade");
		bench->alert.number = 7;
		bench->alert.subject = TEXT("C1");
		bench->alert.history_count = bench->alert.evidence_count = 0;
		know(bench, happened(bench, "vemt.opened", "C1", "2020-01-07T06:30:00Z", false, "2020-01-07T06:40:00Z",
		                     false, plans[i]));
		know(bench, happened(bench, "safety_plan.signed_off", "C1", "2020-02-03T06:30:00Z", false,
		                     "2020-02-03T06:40:00Z", false, "\"plan\":\"S1\",\"by\":\"team-manager\""));
		bench->evidence[bench->alert.evidence_count++] = bench->history[1];
		bench->input.now = at("2020-02-05T08:00:00Z");
		tell_as(bench, "head-of-service");
		render(bench);
		assert_true(says(bench, "Open since Tuesday 7 January, 06:30"));
	}
}

/* A hold with more records than the table has room for: whoever reads it must not take the newest for all. */
static void of_many_records_the_older_ones_are_counted(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	render(bench);
	assert_false(says(bench, "older are not shown here"));
	const struct message_event last = bench->history[2]; /* of this hold */
	while (bench->alert.history_count < 20)
		bench->history[bench->alert.history_count++] = last;
	render(bench);
	assert_true(says(bench, "older are not shown here: the alert's page has all."));
}

static void a_change_that_overtakes_the_first_message_is_told_as_new(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->input.purpose = MESSAGE_UPDATED;
	bench->alert.told_count = 0;
	bench->alert.step = 1;
	render(bench);
	assert_true(says(bench, "CRITICAL ALERT A-2041: ANSWER BY 02:40"));
	assert_string_equal(bench->out.subject.at, "OFFICIAL-SENSITIVE Critical alert A-2041");
}

static void an_early_warning_shows_the_facts_of_its_own_episode(void **state)
{
	struct bench *bench = *state;
	take_rule(bench, "missing.return-interview");
	bench->alert.number = 7;
	bench->alert.subject = TEXT("C1");
	know(bench, happened(bench, "missing.ended", "C1", "2020-01-07T06:30:00Z", false, "2020-01-07T06:40:00Z", false,
	                     "\"episode\":\"E1\""));
	know(bench, happened(bench, "rhi.completed", "C1", "2020-01-08T16:50:00Z", false, "2020-01-08T17:00:00Z", false,
	                     "\"episode\":\"E1\""));
	know(bench, happened(bench, "missing.ended", "C1", "2020-02-03T06:30:00Z", false, "2020-02-03T06:40:00Z", false,
	                     "\"episode\":\"E2\""));
	bench->evidence[bench->alert.evidence_count++] = bench->history[2];
	bench->input.purpose = MESSAGE_WARNED;
	bench->input.now = at("2020-02-05T08:00:00Z");
	tell_as(bench, "social-worker");
	render(bench);
	assert_true(says(bench, "Held or declined: Not recorded"));
	assert_false(says(bench, "7 January") || says(bench, "8 January"));
	assert_false(says(bench, "overdue"));
	assert_false(says(bench, "answer by") || says(bench, "ANSWER BY"));
}

static void a_warning_is_over_once_its_record_came_or_its_time_passed(void **state)
{
	struct bench *bench = *state;
	take_rule(bench, "missing.return-interview");
	know(bench, happened(bench, "missing.ended", "C1", "2020-02-03T06:30:00Z", false, "2020-02-03T06:40:00Z", false,
	                     "\"episode\":\"E2\""));
	bench->evidence[bench->alert.evidence_count++] = bench->history[0];
	bench->input.now = at("2020-02-05T08:00:00Z");
	assert_false(message_warning_is_over(&bench->input, &bench->alert));
	bench->input.now = at("2020-02-06T06:30:00Z");
	assert_true(message_warning_is_over(&bench->input, &bench->alert));
	bench->input.now = at("2020-02-05T08:00:00Z");
	know(bench, happened(bench, "rhi.declined", "C1", "2020-02-05T07:00:00Z", false, "2020-02-05T07:00:00Z", false,
	                     "\"episode\":\"E3\""));
	assert_false(message_warning_is_over(&bench->input, &bench->alert));
	know(bench, happened(bench, "rhi.declined", "C1", "2020-02-05T07:30:00Z", false, "2020-02-05T07:30:00Z", false,
	                     "\"episode\":\"E2\""));
	assert_true(message_warning_is_over(&bench->input, &bench->alert));
}

static void plain_words_keep_the_facts(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	message_plain(&bench->input, &bench->out);
	assert_true(says(bench, "Held at:       Northgate police station"));
	assert_true(says(bench, "Bed asked for: Not recorded"));
	assert_true(says(bench, "Find a bed"));
	bench->input.council = "Example Council";
	message_plain(&bench->input, &bench->out);
	assert_true(says(bench, "casewatch for Example Council"));
}

static void the_council_and_the_version_of_the_rule_are_named(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->input.council = "Example Council";
	render(bench);
	assert_true(says(bench, "casewatch for Example Council"));
	assert_true(says(bench, "version of 1 January 2020"));
	bench->payload.rule_from = day_of(2021, 9, 9); /* it was opened under a later one */
	render(bench);
	assert_true(says(bench, "version of 9 September 2021"));
}

static void a_fact_that_is_to_come_is_no_fact_yet(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	know(bench, happened(bench, "pace.bed_requested", "C1001", "2020-02-05T02:14:00Z", false,
	                     "2020-02-05T02:10:00Z", false, "\"custody\":\"K1\""));
	render(bench);
	assert_true(says(bench, "Bed asked for: Not recorded"));
	bench->input.now = at("2020-02-05T02:14:00Z");
	render(bench);
	assert_true(says(bench, "Bed asked for: Wednesday 5 February, 02:14"));
}

static void a_rule_may_have_its_own_wording(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	struct template_set *own = template_new();
	assert_int_equal(template_add(own, "custody-threshold.txt", TEXT("Own words for {{reader}}, {{number}}.\n"),
	                              &bench->fault),
	                 RESULT_OK);
	assert_int_equal(template_add(own, "custody-threshold.html", TEXT("<p>{{reader}}</p>"), &bench->fault),
	                 RESULT_OK);
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
	assert_int_equal(message_check_templates(own, NULL, calendar, &bench->directory, &bench->fault),
	                 RESULT_PERMANENT);
	assert_non_null(strstr(bench->fault.text, "chlid"));
	template_free(own);
}

/* Only a mail goes to a mail server. */
static void each_way_says_who_took_the_message(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->input.purpose = MESSAGE_ESCALATED;
	bench->alert.step = 2;
	tell_as(bench, "dcs");
	bench->told[0].state = bench->told[1].state = OUTBOX_ACCEPTED;
	bench->told[1].channel = "webhook";
	render(bench);
	assert_true(says(bench, "by email: accepted by the mail server 02:10"));
	assert_true(says(bench, "by webhook: accepted 02:11"));
}

/* "Everyone who was told of the alert": all of them, and no number at which the rest is left out. */
static void everyone_who_was_told_is_named_however_many(void **state)
{
	struct bench *bench = *state;
	static struct message_told told[20];
	static char titles[20][24];
	take_rule(bench, "custody.threshold");
	tell_as(bench, "director");
	for (int i = 0; i < 20; i++) {
		(void)snprintf(titles[i], sizeof titles[i], "Role %02d", i + 1);
		told[i] = (struct message_told){.role_title = titles[i],
		                                .channel = "email",
		                                .sent = at("2020-02-05T02:10:00Z"),
		                                .created = at("2020-02-05T02:10:00Z"),
		                                .step = 1,
		                                .state = OUTBOX_ACCEPTED};
	}
	bench->alert.told = told;
	bench->alert.told_count = 20;
	bench->alert.step = 2;
	bench->input.now = at("2020-02-05T03:10:00Z");
	bench->input.purpose = MESSAGE_WITHDRAWN;
	assert_int_equal(message_render(&bench->input, &bench->out, &bench->fault), RESULT_OK);
	assert_non_null(
		strstr(buffer_cstr(&bench->out.html), "Role 16, Role 17, Role 18, Role 19 and Role 20. The alert"));
	bench->input.purpose = MESSAGE_ESCALATED;
	buffer_clear(&bench->out.text);
	assert_int_equal(message_render(&bench->input, &bench->out, &bench->fault), RESULT_OK);
	assert_non_null(strstr(buffer_cstr(&bench->out.html), "the role 19 or the role 20 answers now"));
}

/* Of one's own answer one gets no message: whoever holds a role of an earlier step, too, and alone. */
static void nobody_is_promised_word_of_their_own_answer(void **state)
{
	struct bench *bench = *state;
	static struct message_told told[2];
	take_rule(bench, "custody.threshold");
	tell_as(bench, "director");
	for (int i = 0; i < 2; i++)
		told[i] = (struct message_told){.role_title = i ? "Team manager" : "Emergency Duty Team",
		                                .person = i ? TEXT("p-other") : TEXT("p-reader"),
		                                .channel = "email",
		                                .sent = at("2020-02-05T02:10:00Z"),
		                                .created = at("2020-02-05T02:10:00Z"),
		                                .step = 1,
		                                .state = OUTBOX_ACCEPTED};
	bench->alert.told = told;
	bench->alert.step = 2;
	bench->input.now = at("2020-02-05T03:10:00Z");
	bench->input.purpose = MESSAGE_ESCALATED;
	bench->alert.told_count = 2;
	assert_int_equal(message_render(&bench->input, &bench->out, &bench->fault), RESULT_OK);
	assert_non_null(strstr(buffer_cstr(&bench->out.html), "If the team manager answers now"));
	bench->alert.told_count = 1;
	buffer_clear(&bench->out.text);
	buffer_clear(&bench->out.html);
	assert_int_equal(message_render(&bench->input, &bench->out, &bench->fault), RESULT_OK);
	assert_null(strstr(buffer_cstr(&bench->out.html), "answers now"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(everyone_who_was_told_is_named_however_many),
		T(nobody_is_promised_word_of_their_own_answer),
		T(a_restricted_child_is_nowhere_in_a_message),
		T(the_first_256_characters_name_no_child),
		T(what_is_not_recorded_and_what_is_not_readable_say_so),
		T(a_hostile_station_stays_a_fact),
		T(facts_of_another_hold_are_not_mixed_in),
		T(what_is_open_without_the_alerts_key_is_open),
		T(of_many_records_the_older_ones_are_counted),
		T(a_change_that_overtakes_the_first_message_is_told_as_new),
		T(an_early_warning_shows_the_facts_of_its_own_episode),
		T(a_warning_is_over_once_its_record_came_or_its_time_passed),
		T(plain_words_keep_the_facts),
		T(the_council_and_the_version_of_the_rule_are_named),
		T(a_fact_that_is_to_come_is_no_fact_yet),
		T(each_way_says_who_took_the_message),
		T(a_rule_may_have_its_own_wording),
		T(every_shipped_template_passes_the_check),
		T(the_check_finds_a_template_that_would_fail_at_night),
	};
	return cmocka_run_group_tests_name("message", tests, load_all, free_all);
}
