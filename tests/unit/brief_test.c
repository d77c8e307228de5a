/* Texts to a phone and cards in a channel: what stands in them, and that a text is always one part. */
#include "message_bench.h"

#include "message/brief.h"
#include "text/gsm7.h"

#define LINK "https://casewatch.council.example/a/7KQ2XP"

/* The night of 5 February 2020, 02:10. */
static void custody(struct bench *bench)
{
	take_rule(bench, "custody.threshold");
	bench->alert.number = 2041;
	bench->alert.subject = TEXT("C1001");
	bench->alert.initials = TEXT("AK");
	bench->alert.answer_url = LINK;
	bench->payload.next[bench->payload.next_count++] = TEXT("dcs");
	bench->payload.answer_by = at("2020-02-05T02:40:00Z");
	bench->input.now = at("2020-02-05T02:10:00Z");
	bench->input.purpose = MESSAGE_OPENED;
	tell_as(bench, "director");
}

static void text(struct bench *bench)
{
	buffer_clear(&bench->out.text);
	message_brief(&bench->input, &bench->out.text);
	assert_true(gsm7_length(buffer_view(&bench->out.text)) <= GSM7_ONE_PART);
	assert_null(strstr(bench->out.text.at, "C1001"));
	assert_null(strstr(bench->out.text.at, "AK"));
}

/* The text is a line of the reference. */
static void expect_reference(struct bench *bench)
{
	char *reference = read_file(LOOK "text-messages.txt");
	text(bench);
	buffer_char(&bench->out.text, '\n');
	const char *found = strstr(reference, bench->out.text.at);
	if (!found || (found > reference && found[-1] != '\n'))
		fail_msg("no line of the reference: %s", bench->out.text.at);
	free(reference);
}

static void an_alert_asks_by_text_as_the_reference_does(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	expect_reference(bench);
	bench->input.purpose = MESSAGE_UPDATED;
	expect_reference(bench);
}

static void the_next_step_says_for_how_long_nobody_answered(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	was_told(bench, "director", "email", 1, "2020-02-05T02:10:00Z");
	bench->alert.answer_url = "https://casewatch.council.example/a/9MD4TR";
	bench->input.purpose = MESSAGE_ESCALATED;
	bench->payload.cause = CAUSE_UNANSWERED;
	bench->payload.cause_known = true;
	bench->input.now = at("2020-02-05T02:40:00Z");
	expect_reference(bench);
	bench->told[0].sent = INSTANT_NONE; /* nothing reached anybody: nobody was silent */
	text(bench);
	assert_null(strstr(bench->out.text.at, "No answer"));
}

static void one_who_passes_on_is_not_said_to_be_silent(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->alert.number = 2042;
	bench->alert.answer_url = "https://casewatch.council.example/a/C8JW5N";
	bench->payload.answer_by = at("2020-02-05T02:36:00Z");
	bench->input.purpose = MESSAGE_PASSED_ON;
	expect_reference(bench);
}

static void several_are_counted_and_dated_by_the_most_urgent(void **state)
{
	struct bench *bench = *state;
	struct message_alert several[7];
	struct payload payloads[7];
	custody(bench);
	for (size_t i = 0; i < 7; i++) {
		several[i] = bench->alert;
		payloads[i] = bench->payload;
		several[i].payload = &payloads[i];
		several[i].severity = i == 2 || i == 5 ? SEVERITY_CRITICAL : SEVERITY_HIGH;
		payloads[i].answer_by = at("2020-02-05T17:00:00Z");
	}
	payloads[5].answer_by = at("2020-02-05T02:36:00Z");
	several[5].answer_url = "https://casewatch.council.example/m/5QX8RD";
	bench->input.alerts = several;
	bench->input.alert_count = 7;
	expect_reference(bench);
}

static void the_last_text_of_the_hour_says_so(void **state)
{
	struct bench *bench = *state;
	struct message_alert several[9];
	custody(bench);
	bench->input.no_more_before = at("2020-02-05T03:10:00Z");
	text(bench);
	assert_non_null(strstr(bench->out.text.at, "Answer by 02:40. No more texts to this phone before 03:10. " LINK));
	for (size_t i = 0; i < 9; i++) {
		several[i] = bench->alert;
		several[i].severity = i == 0 ? SEVERITY_CRITICAL : SEVERITY_HIGH;
	}
	bench->input.alerts = several;
	bench->input.alert_count = 9;
	bench->input.page_url = "https://casewatch.council.example/m/5QX8RD";
	expect_reference(bench);
	static const enum message_purpose purposes[] = {MESSAGE_WARNED, MESSAGE_ANSWERED, MESSAGE_RESOLVED,
	                                                MESSAGE_WITHDRAWN, MESSAGE_REVIEW_CUT};
	bench->input.alert_count = 1;
	for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++) {
		bench->input.purpose = purposes[i];
		text(bench);
		assert_non_null(strstr(bench->out.text.at, " No more texts to this phone before 03:10."));
	}
}

static void what_is_over_asks_for_nothing(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->input.purpose = MESSAGE_WITHDRAWN;
	text(bench);
	assert_null(strstr(bench->out.text.at, "The email says why")); /* there is none */
	was_told(bench, "director", "email", 1, "2020-02-05T02:10:00Z");
	bench->told[0].purpose = MESSAGE_WITHDRAWN;
	expect_reference(bench);
	bench->input.purpose = MESSAGE_ANSWERED;
	bench->payload.answered_at = at("2020-02-05T02:47:00Z");
	expect_reference(bench);
	bench->alert.state = ALERT_RESOLVED;
	bench->input.purpose = MESSAGE_RESOLVED;
	expect_reference(bench);
}

/* The longest role, number, phone and link: what there is no room for is left out, never cut. */
static void the_longest_of_all_is_one_part(void **state)
{
	struct bench *bench = *state;
	char link[BRIEF_LINK_MOST + 1];
	custody(bench);
	memset(link, 'x', BRIEF_LINK_MOST);
	link[BRIEF_LINK_MOST] = '\0';
	bench->alert.answer_url = link;
	bench->alert.number = 1999999999; /* more than a council tells in a century */
	bench->directory.duty_phone = "+44 1632 960123 960123 9";
	bench->payload.cause_known = true;
	bench->payload.answer_by = at("2020-10-25T01:30:00Z");
	bench->input.now = at("2020-10-24T23:00:00Z");
	was_told(bench, "director", "email", 1, "2019-02-05T02:10:00Z");
	for (int cause = CAUSE_OPENED; cause <= CAUSE_REVIEW_DEFAULT; cause++)
		for (int purpose = MESSAGE_OPENED; purpose <= MESSAGE_OPS; purpose++) {
			bench->payload.cause = (enum effect_cause)cause;
			bench->input.purpose = (enum message_purpose)purpose;
			text(bench);
			if (message_needs_nothing(bench->input.purpose) || purpose >= MESSAGE_REVIEW_CUT)
				continue;
			bool last = strstr(bench->out.text.at, link) || purpose == MESSAGE_WARNED;
			if (!last)
				fail_msg("the link is left out: %s", bench->out.text.at);
		}
}

static void expect_text(struct bench *bench, enum message_purpose purpose, enum effect_cause cause, const char *words)
{
	bench->input.purpose = purpose;
	bench->payload.cause = cause;
	bench->payload.cause_known = true;
	text(bench);
	assert_string_equal(bench->out.text.at, words);
}

/* What the reference has no line for, and what is the same but for a fact that is not there. */
static void every_other_text_says_what_it_says(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	expect_text(bench, MESSAGE_ASKED_AGAIN, CAUSE_REVIEW_ASKED,
	     "casewatch: CRITICAL alert A-2041. The cause is still there. Answer by 02:40. " LINK
	     " No internet? Ring 01632 960123");
	expect_text(bench, MESSAGE_ASKED_AGAIN, CAUSE_ANSWER_WITHDRAWN,
	     "casewatch: CRITICAL alert A-2041. Answer by 02:40. " LINK " No internet? Ring 01632 960123");
	was_told(bench, "director", "email", 1, "2020-02-05T01:10:00Z");
	expect_text(bench, MESSAGE_ASKED_AGAIN, CAUSE_UNANSWERED,
	     "casewatch: CRITICAL alert A-2041. No answer for 1 hour. Answer by 02:40. " LINK
	     " No internet? Ring 01632 960123");
	expect_text(bench, MESSAGE_ESCALATED, CAUSE_NOBODY,
	     "casewatch: CRITICAL alert A-2041. " LINK " No internet? Ring 01632 960123");
	bench->payload.review_at = at("2020-02-05T14:10:00Z");
	expect_text(bench, MESSAGE_REVIEW_CUT, CAUSE_REVIEW_CUT,
	     "casewatch: alert A-2041: we ask again sooner than you asked: Wed 5 Feb, 14:10.");
	bench->alert.due = at("2020-02-05T05:10:00Z");
	bench->alert.severity = SEVERITY_HIGH;
	expect_text(bench, MESSAGE_WARNED, CAUSE_OPENED,
	     "casewatch: early warning A-2041. Nothing to answer yet. 3 hours left. " LINK);
	bench->alert.answer_url = NULL; /* without pages the duty phone is the way to answer */
	expect_text(bench, MESSAGE_OPENED, CAUSE_OPENED,
	     "casewatch: High alert A-2041. Answer by 02:40 or the next person is told. Ring 01632 960123");
	bench->directory.duty_phone = NULL;
	bench->payload.next_count = 0;
	expect_text(bench, MESSAGE_OPENED, CAUSE_OPENED, "casewatch: High alert A-2041. Answer by 02:40.");
	struct message_alert over[2] = {bench->alert, bench->alert};
	bench->input.alerts = over;
	bench->input.alert_count = 2;
	expect_text(bench, MESSAGE_RESOLVED, CAUSE_ENDED,
	     "casewatch: 2 alerts were answered or have ended. You do not need to do anything.");
	bench->input.alert_count = 0;
	bench->payload.ops = TEXT("ops.disk");
	expect_text(bench, MESSAGE_OPS, CAUSE_OPENED,
	     "casewatch: ops.disk. What is wrong, and what to do next: casewatch status");
}

static void characters_that_networks_lack_never_come_into_a_text(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->directory.duty_phone = "01632\xC3\xA9`{";
	text(bench);
	assert_non_null(strstr(bench->out.text.at, "01632??{"));
	assert_int_equal(gsm7_length(TEXT("a{")), 3);
	assert_true(gsm7_length(TEXT("`")) == SIZE_MAX && gsm7_length(TEXT("\xC3\xA9")) == SIZE_MAX);
}

static void a_list_that_could_not_be_emailed_is_a_link(void **state)
{
	struct bench *bench = *state;
	custody(bench);
	bench->input.alert_count = 0;
	bench->input.purpose = MESSAGE_LIST;
	bench->payload.due = at("2020-02-05T07:30:00Z");
	text(bench);
	assert_string_equal(bench->out.text.at, "casewatch: your list of Wed 5 Feb could not be emailed. Ask those who "
	                                        "run casewatch for it.");
	bench->input.page_url = "https://casewatch.council.example/a/L/3HT8WC"; /* as the reference has it */
	bench->input.list_name = TEXT("Missing list");
	expect_reference(bench);
	bench->input.list_name = TEXT("Open alerts");
	bench->input.page_url = "https://casewatch.council.example/board";
	text(bench);
	assert_string_equal(bench->out.text.at, "casewatch: your open alerts of Wed 5 Feb could not be emailed. Read "
	                                        "it: https://casewatch.council.example/board");
	bench->input.list_name = TEXT("A list whose name is longer than any text has room for");
	bench->input.page_url = "https://casewatch.council.example/lists/daily-missing?team=north-3";
	text(bench);
	assert_string_equal(bench->out.text.at,
	                    "casewatch: your list of Wed 5 Feb could not be emailed. Read it: "
	                    "https://casewatch.council.example/lists/daily-missing?team=north-3");
	bench->input.page_url = "https://casewatch.council.example/lists/the-longest-name-of-a-list-in-the-land/"
				"quarterly?team=of-a-long-name"; /* the page that has it among others */
	text(bench);
	assert_string_equal(bench->out.text.at, "casewatch: your list of Wed 5 Feb could not be emailed. Read it: "
	                                        "https://casewatch.council.example/lists");
}

static void a_card_has_what_a_text_has(void **state)
{
	struct bench *bench = *state;
	struct message_card card;
	custody(bench);
	message_card(&bench->input, &card);
	assert_string_equal(buffer_cstr(&card.title), "CRITICAL alert A-2041");
	assert_string_equal(buffer_cstr(&card.by), "Answer by 02:40");
	assert_string_equal(buffer_cstr(&card.words),
	                    "If nobody answers, the next person is told. No internet? Ring 01632 960123.");
	assert_string_equal(buffer_cstr(&card.open), "Open alert A-2041");
	message_card_free(&card);
	bench->input.purpose = MESSAGE_WITHDRAWN;
	message_card(&bench->input, &card);
	assert_string_equal(buffer_cstr(&card.title), "Alert A-2041 is withdrawn. You do not need to answer.");
	assert_string_equal(buffer_cstr(&card.by), "");
	message_card_free(&card);
}

static void a_channel_of_teams_gets_the_card_of_the_reference(void **state)
{
	struct bench *bench = *state;
	struct text media;
	custody(bench);
	bench->alert.answer_url = "https://casewatch.council.example/alerts/A-2041";
	bench->person.webhook_form = "teams-card";
	assert_int_equal(message_hook(&bench->input, TEXT("r"), &bench->out.text, &media, &bench->fault), RESULT_OK);
	char *wanted = read_file(LOOK "text-messages.card.json");
	assert_same("text-messages.card.json", buffer_cstr(&bench->out.text), wanted);
	free(wanted);
	assert_true(text_equal(media, TEXT("application/json")));
}

static void a_system_gets_an_event_without_the_child(void **state)
{
	struct bench *bench = *state;
	struct text media;
	custody(bench);
	assert_int_equal(message_hook(&bench->input, TEXT("casewatch-7@x"), &bench->out.text, &media, &bench->fault),
	                 RESULT_OK);
	assert_string_equal(buffer_cstr(&bench->out.text),
	                    "{\"specversion\":\"1.0\",\"id\":\"casewatch-7@x\",\"source\":\"/casewatch\","
	                    "\"type\":\"casewatch.message.opened\",\"time\":\"2020-02-05T02:10:00Z\","
	                    "\"datacontenttype\":\"application/json\",\"data\":{\"title\":\"CRITICAL alert A-2041\","
	                    "\"alerts\":[{\"alert\":\"A-2041\",\"severity\":\"critical\","
	                    "\"answer_by\":\"2020-02-05T02:40:00Z\",\"link\":\"" LINK "\"}]}}");
	assert_true(text_equal(media, TEXT("application/cloudevents+json; charset=utf-8")));
}

/* Whatever a template's author forgets is found by `check`, not at night. */
static void a_form_that_makes_no_json_is_found_by_the_check(void **state)
{
	struct bench *bench = *state;
	struct template_set *own = template_new();
	assert_int_equal(template_add(own, "a.json", TEXT("{\"t\": \"{{title}}\"}"), &bench->fault), RESULT_OK);
	assert_int_equal(template_add(own, "b.json", TEXT("{\"t\": {{title}}}"), &bench->fault), RESULT_OK);
	assert_int_equal(template_add(own, "c.json", TEXT("{\"t\": \"{{child}}\"}"), &bench->fault), RESULT_OK);
	assert_int_equal(template_add(own, "d.json", TEXT("{{#by}}{}{{/by}}"), &bench->fault), RESULT_OK);
	assert_int_equal(message_check_hook(own, "a", &bench->fault), RESULT_OK);
	for (const char *form = "bcde"; *form; form++) {
		const char name[] = {*form, '\0'};
		assert_int_equal(message_check_hook(own, name, &bench->fault), RESULT_PERMANENT);
	}
	template_free(own);
	assert_int_equal(message_check_hook(templates, "teams-card", &bench->fault), RESULT_OK);
	assert_int_equal(message_check_hook(templates, "slack", &bench->fault), RESULT_OK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(an_alert_asks_by_text_as_the_reference_does),
		T(the_next_step_says_for_how_long_nobody_answered),
		T(one_who_passes_on_is_not_said_to_be_silent),
		T(several_are_counted_and_dated_by_the_most_urgent),
		T(the_last_text_of_the_hour_says_so),
		T(what_is_over_asks_for_nothing),
		T(the_longest_of_all_is_one_part),
		T(every_other_text_says_what_it_says),
		T(characters_that_networks_lack_never_come_into_a_text),
		T(a_list_that_could_not_be_emailed_is_a_link),
		T(a_card_has_what_a_text_has),
		T(a_channel_of_teams_gets_the_card_of_the_reference),
		T(a_system_gets_an_event_without_the_child),
		T(a_form_that_makes_no_json_is_found_by_the_check),
	};
	return cmocka_run_group_tests_name("brief", tests, load_all, free_all);
}
