/* Whatever statement of the database fails while a message goes its way: a second later it goes on, and all comes out
 * as if nothing had failed: the same people are told, none of them twice, the same alerts climb, and ops hear the same.
 */
#include "courier_fails.h"

/* ---- stories ---- */

static int answers_before; /* attempts that are not taken before one is */
static enum answer answer_before;

static enum answer at_last(struct bench *bench, int person, int64_t *took_ms)
{
	(void)bench, (void)person, (void)took_ms;
	return answers_before-- > 0 ? answer_before : ANSWER_OK;
}

static void not_at_first(struct bench *bench, enum answer answer, int times)
{
	answer_before = answer;
	answers_before = times;
	bench->decide = at_last;
}

static void a_critical_alert_is_taken(struct bench *bench)
{
	tell_person(bench, 1, true);
}

static void two_alerts_go_in_one_mail(struct bench *bench)
{
	tell_person(bench, 2, false);
	tell_person(bench, 2, false);
}

static void a_template_fails_and_the_facts_go_out_plain(struct bench *bench)
{
	template_fails = true;
	tell_person(bench, 1, true);
}

static void a_mailbox_refuses_and_there_is_no_other_way(struct bench *bench)
{
	behave(bench, 1, ANSWER_REFUSES, 10);
	tell_person(bench, 1, true);
}

static void a_phone_refuses_and_the_mailbox_is_told(struct bench *bench)
{
	behave_to(bench, PHONE, ANSWER_REFUSES, 10);
	tell_person(bench, 3, true);
}

static void a_mailbox_says_later(struct bench *bench)
{
	not_at_first(bench, ANSWER_LATER, 2);
	tell_person(bench, 1, true);
}

static void a_mailbox_says_later_until_the_step_is_over(struct bench *bench)
{
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-2", true);
	behave(bench, 2, ANSWER_LATER, 10);
	row.deadline = bench->hands.now + MINUTE;
	add_rows(bench, &row, 1);
}

static void nobody_knows_whether_it_arrived(struct bench *bench)
{
	not_at_first(bench, ANSWER_UNCERTAIN, 1);
	tell_person(bench, 1, true);
}

static void the_server_is_away_for_a_minute(struct bench *bench)
{
	not_at_first(bench, ANSWER_DOWN, 5);
	tell_person(bench, 1, true);
}

/* Long enough for ops to hear of it. */
static void the_server_is_away_for_minutes(struct bench *bench)
{
	not_at_first(bench, ANSWER_DOWN, 25);
	tell_person(bench, 1, true);
}

static void it_was_too_late_to_begin(struct bench *bench)
{
	not_at_first(bench, ANSWER_TOO_LATE, 1);
	tell_person(bench, 1, true);
}

/* For that long the step has its time again. */
static void the_server_is_away_when_the_step_would_be_over(struct bench *bench)
{
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-2", true);
	not_at_first(bench, ANSWER_DOWN, 5);
	row.deadline = bench->hands.now + MINUTE;
	add_rows(bench, &row, 1);
}

static void give(struct bench *bench, enum channel_outcome outcome)
{
	said = (struct channel_reply){.outcome = outcome, .whose = CHANNEL_OF_RECIPIENT};
	bench->server.asked = say;
	behave(bench, 1, ANSWER_GIVEN, 10);
	tell_person(bench, 1, true);
}

static void a_service_says_that_it_arrived(struct bench *bench)
{
	give(bench, CHANNEL_ACCEPTED);
}

static void a_service_says_that_it_did_not_arrive(struct bench *bench)
{
	give(bench, CHANNEL_PERMANENT);
}

static void nobody_holds_the_role(struct bench *bench)
{
	tell(bench, "nobody", true);
}

static void everybody_who_holds_the_role_is_told(struct bench *bench)
{
	tell(bench, "all", true);
}

static void owe(struct bench *bench, enum outbox_kind kind, const char *purpose, const char *rule, const char *role)
{
	struct outbox_row row = row_of(bench, TEXT_NONE, role, false);
	row.kind = kind;
	row.purpose = text_of(purpose);
	row.rule = text_of(rule);
	row.subject = TEXT_NONE;
	add_rows(bench, &row, 1);
}

static void a_list_goes_out(struct bench *bench)
{
	owe(bench, OUTBOX_LIST, "list", "daily-missing", "p-1");
}

static void a_list_cannot_be_made(struct bench *bench)
{
	owe(bench, OUTBOX_LIST, "list", "not-made", "p-1");
}

static void ops_are_told(struct bench *bench)
{
	owe(bench, OUTBOX_OPS, "ops", "ops.disk", "ops");
}

static void ops_cannot_be_told(struct bench *bench)
{
	behave_to(bench, "ops@council.example", ANSWER_REFUSES, 10);
	owe(bench, OUTBOX_OPS, "ops", "ops.disk", "ops");
}

/* Ops hear of that; of a word to them that fails they would not. */
static void the_owner_of_a_source_cannot_be_told(struct bench *bench)
{
	behave(bench, 2, ANSWER_REFUSES, 10);
	owe(bench, OUTBOX_OPS, "ops", "ops.contradiction", "p-2");
}

static void an_end_of_which_nobody_knows_the_beginning_is_not_told(struct bench *bench)
{
	struct outbox_row row = row_of(bench, new_alert(bench, false), "p-2", false);
	row.purpose = TEXT("resolved");
	add_rows(bench, &row, 1);
	tell_person(bench, 1, true);
}

/* Whoever was told of it is told of its end. */
static void those_who_were_told_hear_of_the_end(struct bench *bench)
{
	struct outbox_row row = row_of(bench, new_alert(bench, false), "p-1", false);
	add_rows(bench, &row, 1);
	wait_for(bench, 2 * MINUTE);
	row.purpose = TEXT("resolved");
	row.created = row.not_before = bench->hands.now;
	add_rows(bench, &row, 1);
}

static void more_texts_than_a_phone_may_have_go_by_mail(struct bench *bench)
{
	for (int i = 0; i < 3; i++) {
		tell_person(bench, 3, false);
		wait_for(bench, 90 * SECOND);
	}
	tell_person(bench, 3, false);
}

static void more_texts_than_a_phone_may_have_let_the_ladder_climb(struct bench *bench)
{
	for (int i = 0; i < 2; i++) {
		tell_person(bench, 4, false);
		wait_for(bench, 90 * SECOND);
	}
	tell_person(bench, 4, false);
}

static void six_alerts_to_one_phone_are_one_text(struct bench *bench)
{
	for (int i = 0; i < 6; i++)
		tell_person(bench, 4, true);
}

static void the_clock_is_set(struct bench *bench)
{
	not_at_first(bench, ANSWER_LATER, 1);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	bench->hands.now += 3 * HOUR;
}

static void the_directory_is_corrected(struct bench *bench)
{
	not_at_first(bench, ANSWER_LATER, 1);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	courier_use(bench->courier, &bench->directory, bench->rules, bench->calendar);
}

static const struct story {
	const char *name;
	void (*happens)(struct bench *bench);
	bool again_and_again; /* how often it is tried is drawn by the courier */
	bool is_long;         /* of its statements those alone fail by which something is written */
} stories[] = {
#define STORY(name) {#name, name, false, false}
#define STORY_OF_PAUSES(name) {#name, name, true, false}
	STORY(a_critical_alert_is_taken),
	STORY(two_alerts_go_in_one_mail),
	STORY(a_template_fails_and_the_facts_go_out_plain),
	STORY(a_mailbox_refuses_and_there_is_no_other_way),
	STORY(a_phone_refuses_and_the_mailbox_is_told),
	STORY(a_mailbox_says_later),
	STORY_OF_PAUSES(a_mailbox_says_later_until_the_step_is_over),
	STORY(nobody_knows_whether_it_arrived),
	STORY(it_was_too_late_to_begin),
	STORY_OF_PAUSES(the_server_is_away_for_a_minute),
	{"the_server_is_away_for_minutes", the_server_is_away_for_minutes, true, true},
	STORY_OF_PAUSES(the_server_is_away_when_the_step_would_be_over),
	STORY(the_owner_of_a_source_cannot_be_told),
	STORY(an_end_of_which_nobody_knows_the_beginning_is_not_told),
	STORY(a_service_says_that_it_arrived),
	STORY(a_service_says_that_it_did_not_arrive),
	STORY(nobody_holds_the_role),
	STORY(everybody_who_holds_the_role_is_told),
	STORY(a_list_goes_out),
	STORY(a_list_cannot_be_made),
	STORY(ops_are_told),
	STORY(ops_cannot_be_told),
	STORY(those_who_were_told_hear_of_the_end),
	STORY(more_texts_than_a_phone_may_have_go_by_mail),
	STORY(more_texts_than_a_phone_may_have_let_the_ladder_climb),
	STORY(six_alerts_to_one_phone_are_one_text),
	STORY(the_clock_is_set),
	STORY(the_directory_is_corrected),
};

/* Every statement costs minutes, and a part of them is tried below. These are tried in each story. */
static const struct written {
	const char *words;
	unsigned spared; /* so many of them go well */
} outcomes[] = {
	{"UPDATE outbox SET state = ?1", 0},     {"UPDATE outbox SET state = ?1", 1},
	{"UPDATE outbox SET deadline", 0},       {"UPDATE outbox SET deadline", 1},
	{"UPDATE outbox SET person", 0},         {"UPDATE outbox SET not_before", 0},
	{"UPDATE outbox SET person", 1},
	{"INSERT INTO audit", 0},                {"INSERT INTO audit", 1},
	{"INSERT OR IGNORE INTO outbox", 0},     {"INTO condition", 0},
};

/* Two hours of it, in which that statement fails: by its number, or by its words. */
static struct came live_with(struct bench *bench, const struct story *story, uint64_t fails, struct written written)
{
	memory_server_clear(&bench->server);
	bench->behaviour_count = 0;
	bench->decide = NULL;
	template_fails = false;
	bench->arrival_count = 0;
	struct came before = came_of(bench);
	story->happens(bench);
	fail_at(fails);
	statements.words = written.words;
	statements.spared = written.spared;
	wait_for(bench, HOUR);
	bool struck = statements.struck;
	fail_at(NEVER_FAILS);
	statements.words = NULL;
	statements.struck = struck;
	wait_for(bench, BETWEEN);
	return less(came_of(bench), before);
}

static struct came live(struct bench *bench, const struct story *story, uint64_t fails)
{
	return live_with(bench, story, fails, (struct written){NULL, 0});
}

static void assert_as_whole(struct bench *bench, const struct story *story, struct came came, const struct came *whole)
{
	if (story->again_and_again) {
		came.sent = whole->sent;
		came.said = whole->said;
	}
	if (memcmp(&came, whole, sizeof came) == 0)
		return;
	print("without a fault", whole);
	print("with one", &came);
	print_sent(&bench->server);
	fail_msg("%s: a statement failed: %s", story->name, statements.sql);
}

static void what_came_of_a_message_and_cannot_be_written_is_written_the_next_time(void **state)
{
	size_t struck = 0;
	(void)state;
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
		struct bench *bench = begin();
		(void)live(bench, &stories[i], NEVER_FAILS);
		struct came whole = live(bench, &stories[i], NEVER_FAILS);
		for (size_t k = 0; k < sizeof outcomes / sizeof *outcomes; k++) {
			struct came came = live_with(bench, &stories[i], NEVER_FAILS, outcomes[k]);
			assert_as_whole(bench, &stories[i], came, &whole);
			struck += statements.struck;
		}
		bench_end(bench);
	}
	assert_true(struck > 2 * sizeof stories / sizeof *stories);
}

static void a_statement_that_fails_changes_nothing_that_people_hear(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
		if (stories[i].is_long)
			continue;
		struct bench *bench = begin();
		struct came once = live(bench, &stories[i], NEVER_FAILS);
		/* What ops hear a second time of the same day is another thing: the second run is what all others are
		 * like. */
		struct came whole = live(bench, &stories[i], NEVER_FAILS);
		assert_true(once.sent > 0 || once.climbed > 0);
		assert_int_equal(whole.unmarked, 0);
		uint64_t apart = statements_apart(5);
		for (uint64_t at = i % apart;; at += apart) {
			struct came came = live(bench, &stories[i], at);
			assert_as_whole(bench, &stories[i], came, &whole);
			if (!statements.struck)
				break;
			assert_true(at < STATEMENTS_MOST);
		}
		bench_end(bench);
	}
}

/* No mailbox refused it: whoever has another way is told by that, and the row is not given up. */
static void leave_a_service_after_three_days(int64_t took_ms)
{
	struct bench *bench = begin();
	behave_to(bench, PHONE, ANSWER_DOWN, took_ms);
	tell_person(bench, 3, false);
	wait_for(bench, 71 * HOUR);
	struct row_counts rows = count_rows(bench);
	assert_int_equal(rows.in_state[OUTBOX_ACCEPTED], rows.ops); /* ops alone heard anything */
	wait_for(bench, 3 * HOUR);
	const struct memory_attempt *last = &bench->server.attempts[bench->server.count - 1];
	assert_non_null(strchr(last->to, '@'));
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 0);
	bench_end(bench);
}

/* Also where the last attempt hangs, and says so when the days are over. */
static void a_service_that_is_away_for_three_days_is_left_for_the_persons_other_way(void **state)
{
	(void)state;
	leave_a_service_after_three_days(10);
	leave_a_service_after_three_days((int64_t)600 * 1000);
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_that_is_away_for_three_days_is_left_for_the_persons_other_way),
		cmocka_unit_test(what_came_of_a_message_and_cannot_be_written_is_written_the_next_time),
		cmocka_unit_test(a_statement_that_fails_changes_nothing_that_people_hear),
	};
	return cmocka_run_group_tests_name("courier_fails", tests, NULL, NULL);
}
