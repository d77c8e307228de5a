/* Whatever statement of the database fails while a message goes its way: a second later it goes on, and all comes out
 * as if nothing had failed: the same people are told, none of them twice, the same alerts climb, and ops hear the same.
 */
#define PEOPLE 8
#include "courier_fixture.h"

#include "statements.h"
#include "store/store_internal.h"

#define STATEMENTS_MOST 4000 /* of one story: far more than any takes */
/* Between two runs: a phone may have texts again, no mailbox has a past, and ops are told again of the same. */
#define BETWEEN (25 * HOUR)
#define PHONE "07700 900123"
#define ANOTHER_PHONE "07700 900124"


static struct channel texts;

static enum result make_list(void *context, const struct outbox_row *row, const struct payload *payload,
                             const struct person *person, instant now, struct message *out, struct fault *fault)
{
	(void)context, (void)payload, (void)person, (void)now;
	if (text_equal(row->rule, TEXT("not-made")))
		return fault_set(fault, RESULT_PERMANENT, "there is no such list");
	buffer_string(&out->subject, "Missing today");
	buffer_string(&out->text, "None.");
	return RESULT_OK;
}

static bool template_fails;

static enum result render(const struct message_input *input, struct message *out, struct fault *fault)
{
	(void)out;
	if (template_fails)
		return fault_set(fault, RESULT_PERMANENT, "a section is not closed");
	message_plain(input, out);
	return RESULT_OK;
}

static enum result start(struct bench *bench)
{
	struct fault fault = {""};
	struct courier_settings settings = bench_settings(bench);
	settings.channels = bench_texts_and_mails(bench, &texts);
	settings.channel_count = 2;
	settings.texts_an_hour = 2;
	settings.same_texts_an_hour = 20;
	settings.list = make_list;
	settings.render = render;
	enum result result = courier_new(&settings, &bench->courier, &fault);
	if (result != RESULT_OK)
		bench->courier = NULL;
	assert_true(result == RESULT_OK || fault.text[0]);
	return result;
}

/* p-1 and p-2 have a mailbox, p-3 a phone and a mailbox, p-4 a phone alone; all of them hear at all hours. */
static struct bench *begin(void)
{
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	template_fails = false;
	courier_free(bench->courier);
	for (int i = 0; i < PEOPLE; i++)
		bench->people[i].hours_until = 1440;
	struct person *person = &bench->people[3];
	person->addresses[CHANNEL_TEXT] = PHONE;
	person->order[0] = CHANNEL_TEXT;
	person->order[1] = CHANNEL_EMAIL;
	person->order_count = 2;
	person = &bench->people[4];
	person->addresses[CHANNEL_TEXT] = ANOTHER_PHONE;
	person->addresses[CHANNEL_EMAIL] = NULL;
	person->order[0] = CHANNEL_TEXT;
	assert_int_equal(start(bench), RESULT_OK);
	return bench;
}

/* ---- what came of it ---- */

struct came {
	size_t in_state[OUTBOX_GIVEN + 1], ops, sent, unmarked, climbed;
	int64_t audit;
};

static bool may_have_it(const struct memory_attempt *attempt)
{
	return attempt->reply.outcome == CHANNEL_ACCEPTED || attempt->reply.outcome == CHANNEL_GIVEN ||
	       attempt->reply.outcome == CHANNEL_UNCERTAIN;
}

static size_t sent_twice_unmarked(const struct memory_server *server)
{
	size_t count = 0;
	for (size_t i = 0; i < server->count; i++)
		for (size_t k = 0; k < i; k++)
			count += !server->attempts[i].possible_duplicate && may_have_it(&server->attempts[k]) &&
			         strcmp(server->attempts[i].reference, server->attempts[k].reference) == 0;
	return count;
}

static int64_t audit_rows(struct bench *bench)
{
	struct fault *fault;
	int64_t rows = 0;
	OK(store_pragma(bench->store, "SELECT count(*) FROM audit", &rows, fault));
	return rows;
}

static struct came came_of(struct bench *bench)
{
	struct row_counts rows = count_rows(bench);
	struct came came = {.ops = rows.ops,
	                    .sent = bench->server.count,
	                    .climbed = bench->nobody_count,
	                    .unmarked = sent_twice_unmarked(&bench->server),
	                    .audit = audit_rows(bench)};
	memcpy(came.in_state, rows.in_state, sizeof came.in_state);
	return came;
}

static struct came less(struct came after, struct came before)
{
	for (size_t i = 0; i <= OUTBOX_GIVEN; i++)
		after.in_state[i] -= before.in_state[i];
	after.ops -= before.ops;
	after.climbed -= before.climbed;
	after.audit -= before.audit;
	return after;
}

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

/* For that long the step has its time again. */
static void the_server_is_away_when_the_step_would_be_over(struct bench *bench)
{
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-2", true);
	not_at_first(bench, ANSWER_DOWN, 5);
	row.deadline = bench->hands.now + MINUTE;
	add_rows(bench, &row, 1);
}

static struct channel_reply said; /* what the service says when it is asked */

static void say(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	(void)context, (void)message;
	*reply = said;
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
} stories[] = {
#define STORY(name) {#name, name, false}
#define STORY_OF_PAUSES(name) {#name, name, true}
	STORY(a_critical_alert_is_taken),
	STORY(two_alerts_go_in_one_mail),
	STORY(a_template_fails_and_the_facts_go_out_plain),
	STORY(a_mailbox_refuses_and_there_is_no_other_way),
	STORY(a_phone_refuses_and_the_mailbox_is_told),
	STORY(a_mailbox_says_later),
	STORY_OF_PAUSES(a_mailbox_says_later_until_the_step_is_over),
	STORY(nobody_knows_whether_it_arrived),
	STORY_OF_PAUSES(the_server_is_away_for_a_minute),
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

/* Two hours of it, in which that statement fails. */
static struct came live(struct bench *bench, const struct story *story, uint64_t fails)
{
	memory_server_clear(&bench->server);
	bench->behaviour_count = 0;
	bench->decide = NULL;
	template_fails = false;
	bench->arrival_count = 0;
	struct came before = came_of(bench);
	story->happens(bench);
	fail_at(fails);
	wait_for(bench, HOUR);
	bool struck = statements.struck;
	fail_at(NEVER_FAILS);
	statements.struck = struck;
	wait_for(bench, BETWEEN);
	return less(came_of(bench), before);
}

static void print_sent(const struct memory_server *server)
{
	for (size_t i = 0; i < server->count; i++)
		print_error("  to %s%s: %s\n", server->attempts[i].to,
		            server->attempts[i].possible_duplicate ? " (again)" : "", server->attempts[i].subject);
}

static void print(const char *what, const struct came *came)
{
	print_error("%s:", what);
	for (size_t i = 0; i <= OUTBOX_GIVEN; i++)
		if (came->in_state[i])
			print_error(" %zu %s", came->in_state[i], outbox_state_name((enum outbox_state)i));
	print_error(", %zu to ops, %zu sent, %zu twice unmarked, %zu climbed, %d on record\n", came->ops, came->sent,
	            came->unmarked, came->climbed, (int)came->audit);
}

static void a_statement_that_fails_changes_nothing_that_people_hear(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
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
			if (stories[i].again_and_again)
				came.sent = whole.sent;
			if (memcmp(&came, &whole, sizeof came) != 0) {
				print("without a fault", &whole);
				print("with one", &came);
				print_sent(&bench->server);
				fail_msg("%s: statement %d failed: %s", stories[i].name, (int)at, statements.sql);
			}
			if (!statements.struck)
				break;
			assert_true(at < STATEMENTS_MOST);
		}
		bench_end(bench);
	}
}

/* It was on its way when the process before ended. */
static void leave_on_its_way(struct bench *bench)
{
	struct fault *fault;
	struct outbox_row row;
	bool found = false;
	courier_free(bench->courier);
	bench->courier = NULL;
	tell_person(bench, 1, true);
	OK(store_begin(bench->store, fault));
	OK(outbox_claim(bench->store, bench->hands.now, true, &row, &found, fault));
	OK(store_commit(bench->store, fault));
	assert_true(found);
}

static void a_start_that_fails_says_so_and_the_next_one_marks_what_was_on_its_way(void **state)
{
	(void)state;
	struct bench *bench = begin();
	bool struck = true;
	for (uint64_t at = 0; struck; at++) {
		memory_server_clear(&bench->server);
		leave_on_its_way(bench);
		fail_at(at);
		enum result result = start(bench);
		struck = statements.struck;
		fail_at(NEVER_FAILS);
		assert_int_equal(result == RESULT_OK, !struck);
		if (struck)
			assert_int_equal(start(bench), RESULT_OK);
		wait_for(bench, 2 * HOUR);
		if (bench->server.count != 1)
			print_sent(&bench->server);
		assert_int_equal(bench->server.count, 1);
		assert_true(bench->server.attempts[0].possible_duplicate);
		assert_true(at < STATEMENTS_MOST);
	}
	bench_end(bench);
}

/* What came of it cannot be written, and the daemon ends: the next one does not know, and says so. */
static void what_could_not_be_written_at_the_end_is_sent_again_and_marked(void **state)
{
	(void)state;
	struct bench *bench = begin();
	bool struck = true;
	for (uint64_t at = 0; struck; at++) {
		memory_server_clear(&bench->server);
		bench->behaviour_count = 0;
		behave(bench, 1, ANSWER_OK, 2000);
		tell_person(bench, 1, true);
		(void)one_turn(bench);
		move(bench, SECOND);
		assert_int_equal(bench->server.count, 1);
		fail_at(at);
		courier_stop(bench->courier, 5000);
		struck = statements.struck;
		fail_at(NEVER_FAILS);
		courier_free(bench->courier);
		assert_int_equal(start(bench), RESULT_OK);
		wait_for(bench, 2 * HOUR);
		assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], at + 1);
		assert_int_equal(sent_twice_unmarked(&bench->server), 0);
		assert_true(at < STATEMENTS_MOST);
	}
	bench_end(bench);
}

/* Broken off before anything was delivered, which cannot be written: it may have gone for all that the next one knows. */
static void what_was_broken_off_at_the_end_goes_once_marked_where_that_could_not_be_written(void **state)
{
	(void)state;
	struct bench *bench = begin();
	bool struck = true;
	for (uint64_t at = 0; struck; at++) {
		memory_server_clear(&bench->server);
		bench->behaviour_count = 0;
		behave(bench, 1, ANSWER_OK, 2000);
		tell_person(bench, 1, true);
		tell_person(bench, 1, true);
		(void)one_turn(bench);
		fail_at(at);
		courier_stop(bench->courier, 0);
		struck = statements.struck;
		fail_at(NEVER_FAILS);
		courier_free(bench->courier);
		assert_int_equal(start(bench), RESULT_OK);
		wait_for(bench, 2 * HOUR);
		assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 2 * (at + 1));
		assert_int_equal(sent_twice_unmarked(&bench->server), 0);
		assert_true(at < STATEMENTS_MOST);
	}
	bench_end(bench);
}

static char reference[300];

static enum result keep_reference(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)argument, (void)fault;
	if (row->kind != OUTBOX_OPS && !reference[0])
		(void)snprintf(reference, sizeof reference, "%.*s", TEXT_ARG(row->message_id));
	return RESULT_OK;
}

static enum result hear(struct bench *bench, enum courier_news news)
{
	struct fault fault = {""};
	size_t rows = 0;
	bool busy = true;
	enum result result =
		courier_hear(bench->courier, text_of(reference), news, "5.1.1 no such mailbox", &rows, &busy, &fault);
	assert_true(result != RESULT_OK || (rows == 1 && !busy));
	assert_true(result == RESULT_OK || fault.text[0]);
	return result;
}

/* Told once more, as whoever brought it does where it could not be written. */
static struct came hear_once(struct bench *bench, enum courier_news news, bool of_service, uint64_t fails, bool *struck)
{
	struct fault *fault;
	bench->behaviour_count = 0;
	said = (struct channel_reply){.outcome = CHANNEL_GIVEN};
	bench->server.asked = say;
	behave(bench, 1, of_service ? ANSWER_GIVEN : ANSWER_OK, 0);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	reference[0] = '\0';
	OK(outbox_each(bench->store, TEXT_NONE, false, SIZE_MAX, keep_reference, NULL, fault));
	struct came before = came_of(bench);
	fail_at(fails);
	enum result result = hear(bench, news);
	*struck = statements.struck;
	fail_at(NEVER_FAILS);
	assert_int_equal(result == RESULT_OK, !*struck);
	if (*struck)
		assert_int_equal(hear(bench, news), RESULT_OK);
	said.outcome = news == COURIER_DID_NOT_ARRIVE ? CHANNEL_PERMANENT : CHANNEL_ACCEPTED;
	wait_for(bench, BETWEEN);
	return less(came_of(bench), before);
}

static void what_is_heard_later_and_cannot_be_written_is_as_if_it_had_been_once_it_is(void **state)
{
	(void)state;
	static const enum courier_news news[] = {COURIER_DID_NOT_ARRIVE, COURIER_NOT_YET, COURIER_ARRIVED,
	                                         COURIER_TO_BE_SENT_AGAIN, COURIER_AUTO_REPLY};
	for (size_t i = 0; i < 2 * sizeof news / sizeof *news; i++) {
		struct bench *bench = begin();
		bool struck = true;
		(void)hear_once(bench, news[i / 2], i % 2, NEVER_FAILS, &struck);
		memory_server_clear(&bench->server);
		struct came whole = hear_once(bench, news[i / 2], i % 2, NEVER_FAILS, &struck);
		uint64_t apart = statements_apart(3);
		struck = true;
		for (uint64_t at = i % apart; struck; at += apart) {
			memory_server_clear(&bench->server);
			struct came came = hear_once(bench, news[i / 2], i % 2, at, &struck);
			if (stories[i].again_and_again)
				came.sent = whole.sent;
			if (memcmp(&came, &whole, sizeof came) != 0) {
				print("without a fault", &whole);
				print("with one", &came);
				print_sent(&bench->server);
				fail_msg("news %d of %s: statement %d failed", (int)news[i / 2],
				         i % 2 ? "a service" : "a server", (int)at);
			}
			assert_true(at < STATEMENTS_MOST);
		}
		bench_end(bench);
	}
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_that_fails_changes_nothing_that_people_hear),
		cmocka_unit_test(a_start_that_fails_says_so_and_the_next_one_marks_what_was_on_its_way),
		cmocka_unit_test(what_could_not_be_written_at_the_end_is_sent_again_and_marked),
		cmocka_unit_test(what_was_broken_off_at_the_end_goes_once_marked_where_that_could_not_be_written),
		cmocka_unit_test(what_is_heard_later_and_cannot_be_written_is_as_if_it_had_been_once_it_is),
	};
	return cmocka_run_group_tests_name("courier_fails", tests, NULL, NULL);
}
