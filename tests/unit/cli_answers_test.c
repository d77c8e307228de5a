/* The door: who may answer an alert, what is written when they do, and what the tool shows of alerts that nobody can
 * answer. */
#include "cli_world.h"

/* ---- answers ---- */

static void assert_event(struct text bytes, struct event_parser *parser, struct event *event)
{
	struct text line = text_trim(bytes);
	if (event_parse(parser, line, now, event, &fault) != RESULT_OK)
		print_error("%s: %.*s\n", fault.text, TEXT_ARG(line));
	assert_int_equal(event_parse(parser, line, now, event, &fault), RESULT_OK);
	assert_int_equal(event->warning_count, 0);
}

static void assert_field(const struct event *event, const char *name, const char *expected)
{
	struct text value = event_string(event, schema_name(text_of(name)));
	assert_true(text_equal(value, text_of(expected)));
}

static void an_answer_is_an_event_through_the_same_door(void **state)
{
	(void)state;
	struct event_parser *parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	struct event event;
	struct buffer bytes = {0};
	struct said said = RUN("ack", number, "--as", "director", "--person", "p-director", "--action",
	                       "Bed found, \"transfer\" at 23:30", "--review-at", "2020-02-05T08:00:00Z");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "is handed over");
	assert_int_equal(empty_spool(&bytes), 1);
	assert_event(buffer_view(&bytes), parser, &event);
	assert_int_equal(event.type, TYPE_ID_ALERT_ACKNOWLEDGED);
	assert_true(text_equal(event.subject, TEXT("C1001")));
	assert_true(text_equal(event.source, TEXT("/casewatch/tool")));
	assert_true(event.time == now);
	assert_field(&event, "alert", alert_id);
	assert_field(&event, "by", "director");
	assert_field(&event, "person", "p-director");
	assert_field(&event, "action", "Bed found, \"transfer\" at 23:30");
	assert_field(&event, "review_at", "2020-02-05T08:00:00Z");
	forget(&said);

	buffer_clear(&bytes);
	said = RUN("resolve", number, "--as=director", "--reason", "Not a child");
	assert_int_equal(said.status, 1);
	assert_has(said.err, "still stands by its own rule");
	assert_has(said.err, "add --still-stands");
	assert_int_equal(empty_spool(NULL), 0);
	forget(&said);
	said = RUN("resolve", number, "--as=director", "--reason", "Not a child", "--still-stands", "--json");
	assert_int_equal(said.status, 0);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_event(buffer_view(&bytes), parser, &event);
	assert_int_equal(event.type, TYPE_ID_ALERT_RESOLVED);
	assert_field(&event, "reason", "Not a child");
	forget(&said);
	buffer_free(&bytes);
	event_parser_free(parser);
}

static void no_two_answers_share_an_id(void **state)
{
	(void)state;
	struct said first = RUN("ack", number, "--as", "director", "--action", "a", "--json");
	struct said second = RUN("ack", number, "--as", "director", "--action", "a", "--json");
	assert_int_equal(empty_spool(NULL), 2);
	assert_string_not_equal(first.out, second.out);
	forget(&first);
	forget(&second);
}

static void an_answer_that_nobody_could_use_is_refused(void **state)
{
	(void)state;
	static const struct {
		char *arguments[10];
		int status;
		const char *said;
	} wrong[] = {
		{{"casewatch", "ack", number, NULL}, 2, "--as is missing"},
		{{"casewatch", "ack", number, "--as", "director", NULL}, 2, "--action is missing; write what was done"},
		{{"casewatch", "resolve", number, "--as", "director", "--reason", "  ", NULL},
	         2,
	         "--reason is missing; write what the reason is"},
		{{"casewatch", "ack", number, "--as", "directer", "--action", "a", NULL},
	         2,
	         "--as is \"directer\", which is no role in the directory; did you mean \"director\"?"},
		{{"casewatch", "ack", number, "--as", "director", "--person", "p-x", "--action", "a", NULL},
	         2,
	         "--person is \"p-x\", which is no person in the directory"},
		{{"casewatch", "ack", number, "--as", "director", "--action", "a\nb", NULL},
	         2,
	         "--action must be one line of at most 500 bytes"},
		{{"casewatch", "ack", number, "--as", "director", "--action", "a", "--review-at", "tomorrow", NULL},
	         2,
	         "--review-at is \"tomorrow\""},
		{{"casewatch", "ack", number, "--as", "director", "--action", "a", "--review-at",
	          "2020-02-04T22:00:00Z", NULL},
	         2,
	         "which is past; write a time to come"},
		{{"casewatch", "ack", "A-999999", "--as", "director", "--action", "a", NULL},
	         2,
	         "there is no alert A-999999"},
		{{"casewatch", "ack", closed_id, "--as", "director", "--action", "a", NULL},
	         1,
	         "does not stand any more: it is resolved, released"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct said said = run_arguments((char **)wrong[i].arguments);
		assert_int_equal(said.status, wrong[i].status);
		assert_has(said.err, wrong[i].said);
		forget(&said);
	}
	assert_int_equal(empty_spool(NULL), 0);
}

/* ---- the door ---- */

/* Hands in an answer and looks at what is said; nothing may have been written. */
static void assert_refused(char **arguments, const char *words)
{
	struct said said = run_arguments(arguments);
	assert_int_equal(said.status, 1);
	assert_has(said.err, words);
	assert_int_equal(empty_spool(NULL), 0);
	forget(&said);
}

#define REFUSED(words, ...) assert_refused((char *[]){"casewatch", __VA_ARGS__, NULL}, words)

static void whoever_was_not_told_is_refused_and_hears_who_may_answer(void **state)
{
	(void)state;
	REFUSED("performance was not told of A-1001. It may be answered by: director (p-director). Whoever answers for "
	        "one of them "
	        "says so: --for director",
	        "ack", number, "--as", "performance", "--action", "seen");
	REFUSED("dcs was not told", "ack", number, "--as", "dcs", "--action",
	        "seen"); /* the next step has not been reached */
	REFUSED("was not told", "resolve", number, "--as", "performance", "--reason", "seen");
	REFUSED("was not told", "pass", number, "--as", "performance");
}

static void who_does_not_hold_the_role_they_answer_in_is_refused(void **state)
{
	(void)state;
	REFUSED("p-dcs does not hold the role director today", "ack", number, "--as", "director", "--person", "p-dcs",
	        "--action", "seen");
}

static void whoever_answers_for_somebody_says_for_whom_and_both_are_on_record(void **state)
{
	(void)state;
	struct event_parser *parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	struct event event;
	struct buffer bytes = {0};
	struct said said = RUN("ack", number, "--as", "performance", "--for", "director", "--action", "Bed found");
	assert_int_equal(said.status, 0);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_event(buffer_view(&bytes), parser, &event);
	assert_field(&event, "by", "director");
	assert_field(&event, "action", "Bed found (entered by performance)");
	forget(&said);
	REFUSED("--for is \"dcs\", who was not told of A-1001. Told were: director (p-director)", "ack", number, "--as",
	        "performance", "--for", "dcs", "--action", "seen");
	buffer_free(&bytes);
	event_parser_free(parser);
}

static void passing_on_names_the_role_that_is_to_be_told_instead(void **state)
{
	(void)state;
	struct event_parser *parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	struct event event;
	struct buffer bytes = {0};
	struct said said = RUN("pass", number, "--as", "director", "--to", "edt");
	assert_int_equal(said.status, 0);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_event(buffer_view(&bytes), parser, &event);
	assert_int_equal(event.type, TYPE_ID_ALERT_PASSED_ON);
	assert_field(&event, "alert", alert_id);
	assert_field(&event, "by", "director");
	assert_field(&event, "to", "edt");
	forget(&said);
	said = RUN("pass", number, "--as", "director", "--to", "edtt");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "did you mean \"edt\"");
	forget(&said);
	/* It would rest with nobody until the step is over. */
	REFUSED("which nobody else holds for A-1001 today", "pass", number, "--as", "director", "--to",
	        "social-worker");
	buffer_free(&bytes);
	event_parser_free(parser);
}

static void a_review_too_far_ahead_is_said_to_be_cut(void **state)
{
	(void)state;
	struct said said =
		RUN("ack", number, "--as", "director", "--action", "a", "--review-at", "2099-01-01T00:00:00Z");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "it is asked again Sun 9 Feb 2020, 22:35 if it still stands"); /* ten times twelve hours */
	assert_int_equal(empty_spool(NULL), 1);
	forget(&said);
}

/* ---- what nobody can answer ---- */

static void an_early_warning_is_explained_by_its_number_and_is_no_alert(void **state)
{
	(void)state;
	struct said said = RUN("explain", "A-1003");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "early warning, sent Tue 4 Feb 2020, 20:00; no alert stands: it would have this number");
	assert_has(said.out, "Its clock runs until");
	forget(&said);
	said = RUN("alerts", "--all");
	assert_has_not(said.out, "A-1003");
	forget(&said);
	said = RUN("ack", "A-1003", "--as", "director", "--action", "a");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "there is no alert A-1003");
	forget(&said);
}

static void a_mute_names_its_subject_a_reason_and_a_person_and_ends(void **state)
{
	(void)state;
	struct event_parser *parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	struct event event;
	struct buffer bytes = {0};
	struct said said = RUN("mute", "C1001", "--rule", "missing.high-risk", "--until", "2020-02-05T22:00:00Z",
	                       "--reason", "Known to the unit", "--as", "director", "--person", "p-director");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "casewatch unmute C1001 ");
	assert_int_equal(empty_spool(&bytes), 1);
	assert_event(buffer_view(&bytes), parser, &event);
	assert_int_equal(event.type, schema_find(TEXT("mute.started")));
	assert_true(text_equal(event.subject, TEXT("C1001")));
	assert_field(&event, "rule", "missing.high-risk");
	assert_field(&event, "until", "2020-02-05T22:00:00Z");
	assert_field(&event, "reason", "Known to the unit");
	assert_field(&event, "by", "director");
	assert_field(&event, "person", "p-director");
	forget(&said);
	buffer_clear(&bytes);
	said = RUN("unmute", "C1001", "m1", "--reason", "Home", "--as", "director", "--person", "p-director");
	assert_int_equal(said.status, 0);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_event(buffer_view(&bytes), parser, &event);
	assert_int_equal(event.type, schema_find(TEXT("mute.ended")));
	assert_field(&event, "mute", "m1");
	forget(&said);
	said = RUN("mute", "C1001", "--until", "2099-01-01T00:00:00Z", "--reason", "r", "--as", "director", "--person",
	           "p-director");
	assert_has(said.out, "A mute cannot last that long");
	assert_int_equal(empty_spool(NULL), 1);
	forget(&said);
	buffer_free(&bytes);
	event_parser_free(parser);
}

#define MUTE(...) "mute", "C1001", "--as", "director", __VA_ARGS__

static void a_mute_that_would_silence_by_a_slip_is_refused(void **state)
{
	(void)state;
	static const struct {
		char *arguments[16];
		const char *said;
	} wrong[] = {
		{{"casewatch", MUTE("--person", "p-director", "--reason", "r")}, "--until is missing"},
		{{"casewatch", MUTE("--person", "p-director", "--reason", "r", "--until", "2020-02-04T10:00:00Z")},
	         "which is past"},
		{{"casewatch", MUTE("--reason", "r", "--until", "2020-02-06T10:00:00Z")}, "--person is missing"},
		{{"casewatch", MUTE("--person", "p-director", "--until", "2020-02-06T10:00:00Z")},
	         "--reason is missing"},
		{{"casewatch", MUTE("--person", "p-x", "--reason", "r", "--until", "2020-02-06T10:00:00Z")},
	         "no person in the directory"},
		{{"casewatch", MUTE("--person", "p-director", "--reason", "r", "--until", "2020-02-06T10:00:00Z",
	                            "--rule", "custody.threshold")},
	         "critical alerts are never muted"},
		{{"casewatch", MUTE("--person", "p-director", "--reason", "r", "--until", "2020-02-06T10:00:00Z",
	                            "--rule", "no.such-rule")},
	         "no rule of that id is in force"},
		{{"casewatch", "mute", "C9999", "--as", "director", "--person", "p-director", "--reason", "r",
	          "--until", "2020-02-06T10:00:00Z"},
	         "nothing is known of C9999"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct said said = run_arguments((char **)wrong[i].arguments);
		assert_int_equal(said.status, 2);
		assert_has(said.err, wrong[i].said);
		forget(&said);
	}
	assert_int_equal(empty_spool(NULL), 0);
}

/* A configuration of rules with two versions, the newer written first. */
static char *with_versions(void)
{
	static const char rules[] = "rules:\n"
				    "- {id: v.harder, title: Harder, severity: critical, event: {event: vcl.scored}, "
	                            "effective-from: 2020-02-01, "
				    "tell: {role: dcs}, text: Do it.}\n"
				    "- {id: v.harder, title: Harder, severity: normal, event: {event: vcl.scored}, "
	                            "effective-until: 2020-02-01, "
				    "tell: {role: dcs}, text: Do it.}\n"
				    "- {id: v.softer, title: Softer, severity: normal, event: {event: vcl.scored}, "
	                            "effective-from: 2020-02-01, "
				    "tell: {role: dcs}, text: Do it.}\n"
				    "- {id: v.softer, title: Softer, severity: high, event: {event: vcl.scored}, "
	                            "effective-until: 2020-02-01, "
				    "tell: {role: dcs}, text: Do it.}\n";
	static char path[128], line[512];
	FILE *from = fopen(in_directory("casewatchd.yaml"), "r"), *to = fopen(in_directory("versions.yaml"), "w");
	while (fgets(line, sizeof line, from))
		(void)fprintf(to, "%s", strncmp(line, "rules:", 6) == 0 ? "rules: versions\n" : line);
	(void)fclose(from);
	(void)fclose(to);
	(void)mkdir(in_directory("versions"), 0700);
	to = fopen(in_directory("versions/versions.yaml"), "w");
	(void)fprintf(to, "%s", rules);
	(void)fclose(to);
	(void)snprintf(path, sizeof path, "%s", in_directory("versions.yaml"));
	return path;
}

/* As the daemon will take it: whoever mutes is not told that it holds where it does not, nor of another end. */
static void a_mute_is_of_the_version_that_is_in_force(void **state)
{
	(void)state;
	char *config = with_versions();
	struct said said = RUN(MUTE("--person", "p-director", "--reason", "r", "--until", "2020-02-06T10:00:00Z",
	                            "--rule", "v.harder", "--config", config));
	assert_int_equal(said.status, 2);
	assert_has(said.err, "v.harder is critical, and critical alerts are never muted");
	assert_int_equal(empty_spool(NULL), 0);
	forget(&said);
	/* 20 working days are what the version of before would have; 100 are what this one has. */
	said = RUN(MUTE("--person", "p-director", "--reason", "r", "--until", "2020-04-06T10:00:00Z", "--rule",
	                "v.softer", "--config", config));
	assert_int_equal(said.status, 0);
	assert_has_not(said.out, "cannot last that long");
	assert_int_equal(empty_spool(NULL), 1);
	forget(&said);
}

/* Whom it would tell, and why nothing stands, by the version of the time that is asked about. */
static void a_rule_with_versions_is_asked_about_by_the_one_in_force(void **state)
{
	(void)state;
	char *config = with_versions();
	static const struct {
		char *when;
		const char *severity;
	} asked[] = {{"2020-01-31T12:00:00Z", "Normal: in the hours"},
	             {"2020-02-01T00:00:00Z", "Critical: day and night"}};
	for (size_t i = 0; i < 2; i++) {
		struct said said = RUN("who", "v.harder", "C1001", "--at", asked[i].when, "--config", config);
		assert_has(said.out, asked[i].severity);
		forget(&said);
		said = RUN("why-not", "v.harder", "C1001", "--at", asked[i].when, "--config", config);
		assert_has(said.out, "in force  yes");
		forget(&said);
	}
}

static void what_a_rule_on_trial_found_is_listed_where_it_is_asked_for(void **state)
{
	(void)state;
	struct said said = RUN("alerts");
	assert_has(said.out, "A-1001");
	assert_has_not(said.out, "A-1004");
	forget(&said);
	said = RUN("alerts", "--shadow");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "A-1004");
	assert_has(said.out, "on trial, nobody told");
	assert_has_not(said.out, "A-1001");
	forget(&said);
	said = RUN("alerts", "--shadow", "--json");
	assert_has(said.out, "\"shadow\":true");
	forget(&said);
	said = RUN("explain", "A-1004");
	assert_has(said.out, "Its rule is on trial (mode: shadow): nobody is told");
	forget(&said);
	REFUSED("is of a rule on trial (mode: shadow)", "ack", "A-1004", "--as", "director", "--action", "a");
}

static void an_alert_whose_rule_is_gone_says_so_and_still_shows_its_events(void **state)
{
	(void)state;
	struct said said = RUN("alerts", "--all");
	assert_has(said.out, "withdrawn: no rule of its name is in force any more");
	forget(&said);
	said = RUN("explain", "A-1005");
	assert_has(said.out, "which is no longer among the rules");
	assert_has(said.out, "event e1 from /lcs");
	forget(&said);
	REFUSED("does not stand any more: it is withdrawn, no rule of its name", "ack", "A-1005", "--as", "director",
	        "--action", "a");
}

static void keep(struct store *store, const struct config *config, struct alert alert, const char *id)
{
	int64_t given;
	(void)snprintf(alert.id, sizeof alert.id, "%s", id);
	assert_int_equal(alerts_keep(store, config->rules, PARTY_NONE, TEXT("C1001"), &alert, &given, &fault),
	                 RESULT_OK);
}

/* Beside what the other tests of the tool have: an early warning, an alert of a rule on trial and one whose rule is
 * gone. */
static int begin_answers(void **state)
{
	struct config_faults faults = {0};
	struct store *store;
	if (begin(state) != 0)
		return -1;
	struct config *config = config_load(in_directory("casewatchd.yaml"), NULL, &faults);
	struct evidence evidence = {.ref = 1, .time = at("2020-02-04T22:10:00Z")};
	struct alert early = {.rule = ruleset_find(config->rules, TEXT("missing.return-interview"))->index,
	                      .state = ALERT_RESOLVED,
	                      .opened = at("2020-02-04T20:00:00Z"),
	                      .closed = at("2020-02-04T20:00:00Z"),
	                      .told = at("2020-02-04T20:00:00Z"),
	                      .due = at("2020-02-05T20:00:00Z"),
	                      .next = INSTANT_NEVER,
	                      .early_warning = true,
	                      .evidence = &evidence,
	                      .evidence_count = 1};
	struct alert trial = {.rule = ruleset_find(config->rules, TEXT("custody.overnight"))->index,
	                      .state = ALERT_STANDING,
	                      .opened = evidence.time,
	                      .closed = INSTANT_NEVER,
	                      .told = evidence.time,
	                      .step = 1,
	                      .due = INSTANT_NONE,
	                      .next = INSTANT_NEVER,
	                      .shadow = true};
	struct alert gone = {.rule = ruleset_find(config->rules, TEXT("custody.bail-refused"))->index,
	                     .state = ALERT_STANDING,
	                     .opened = evidence.time,
	                     .closed = INSTANT_NEVER,
	                     .told = evidence.time,
	                     .step = 1,
	                     .due = INSTANT_NONE,
	                     .next = INSTANT_NEVER,
	                     .evidence = &evidence,
	                     .evidence_count = 1};
	assert_int_equal(store_open(config->database, STORE_WRITE, &store, &fault), RESULT_OK);
	assert_int_equal(store_begin(store, &fault), RESULT_OK);
	keep(store, config, early, "00000000000000c3");
	keep(store, config, trial, "00000000000000c4");
	keep(store, config, gone, "00000000000000c5");
	assert_int_equal(alerts_rename_rule(store, 1005, "custody.taken-out", &fault), RESULT_OK);
	assert_int_equal(alerts_withdraw(store, 1005, now, "no rule of its name is in force any more", &fault),
	                 RESULT_OK);
	assert_int_equal(store_commit(store, &fault), RESULT_OK);
	store_close(store);
	config_free(config);
	config_faults_free(&faults);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_an_event_through_the_same_door),
		cmocka_unit_test(no_two_answers_share_an_id),
		cmocka_unit_test(an_answer_that_nobody_could_use_is_refused),
		cmocka_unit_test(whoever_was_not_told_is_refused_and_hears_who_may_answer),
		cmocka_unit_test(who_does_not_hold_the_role_they_answer_in_is_refused),
		cmocka_unit_test(whoever_answers_for_somebody_says_for_whom_and_both_are_on_record),
		cmocka_unit_test(passing_on_names_the_role_that_is_to_be_told_instead),
		cmocka_unit_test(a_review_too_far_ahead_is_said_to_be_cut),
		cmocka_unit_test(a_mute_names_its_subject_a_reason_and_a_person_and_ends),
		cmocka_unit_test(a_mute_that_would_silence_by_a_slip_is_refused),
		cmocka_unit_test(a_mute_is_of_the_version_that_is_in_force),
		cmocka_unit_test(a_rule_with_versions_is_asked_about_by_the_one_in_force),
		cmocka_unit_test(an_early_warning_is_explained_by_its_number_and_is_no_alert),
		cmocka_unit_test(what_a_rule_on_trial_found_is_listed_where_it_is_asked_for),
		cmocka_unit_test(an_alert_whose_rule_is_gone_says_so_and_still_shows_its_events),
	};
	return cmocka_run_group_tests_name("the door", tests, begin_answers, end);
}
