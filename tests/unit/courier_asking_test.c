/* A service takes a message and says later whether it arrived: what was not delivered was not told. */
#include "courier_fixture.h"

static struct channel_reply said; /* what the service says of each message */

static void say(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	(void)context;
	assert_true(message->reference.length > 0);
	*reply = said;
}

/* A critical alert to one person, given to the service; the step waits half an hour for an answer. */
static struct bench *given(void)
{
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	said = (struct channel_reply){.outcome = CHANNEL_GIVEN, .code = 200};
	bench->server.asked = say;
	bench->usual.answer = ANSWER_GIVEN;
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	row.deadline = bench->hands.now + 30 * MINUTE;
	add_rows(bench, &row, 1);
	wait_for(bench, 0);
	assert_int_equal(bench->arrival_count, 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_GIVEN], 1);
	return bench;
}

static void what_a_service_took_is_told_once_it_says_that_it_arrived(void **state)
{
	(void)state;
	struct bench *bench = given();
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_GIVEN], 1);
	assert_true(bench->server.asks > 1 && bench->server.asks < 12); /* less and less often */
	said.outcome = CHANNEL_ACCEPTED;
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_DELIVERED], 1);
	size_t asks = bench->server.asks;
	wait_for(bench, 2 * HOUR);
	assert_int_equal(bench->server.asks, asks);
	assert_int_equal(bench->arrival_count, 1);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

static void what_did_not_arrive_lets_the_ladder_climb_and_is_said_to_ops(void **state)
{
	(void)state;
	struct bench *bench = given();
	said = (struct channel_reply){.outcome = CHANNEL_PERMANENT, .whose = CHANNEL_OF_RECIPIENT};
	wait_for(bench, MINUTE);
	struct row_counts counts = count_rows(bench);
	assert_int_equal(counts.in_state[OUTBOX_FAILED], 1);
	assert_int_equal(counts.ops, 1);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

/* Nobody knows that it did not arrive. */
static void see_doubt(void *argument, const struct ops_wrong *wrong)
{
	bool *doubt = argument;
	assert_true(text_equal(wrong->title, TEXT("Whether a message arrived can no longer be asked")));
	*doubt = true;
}

/* Their phone was taken out of the directory: nobody will ever know, and the step's own time goes on. */
static void a_text_that_nobody_can_ask_about_any_more_is_told_to_ops(void **state)
{
	struct fault *fault;
	bool doubt = false;
	(void)state;
	struct bench *bench = given();
	bench->people[1].addresses[CHANNEL_EMAIL] = NULL;
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	assert_int_equal(count_rows(bench).ops, 1);
	assert_int_equal(bench->nobody_count, 0);
	OK(ops_each(bench->ops, see_doubt, &doubt, fault));
	assert_true(doubt);
	bench_end(bench);
}

/* As one that is given up. */
static void a_text_to_ops_that_nobody_can_ask_about_makes_no_further_word_to_ops(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	said = (struct channel_reply){.outcome = CHANNEL_GIVEN, .code = 200};
	bench->server.asked = say;
	bench->usual.answer = ANSWER_GIVEN;
	struct outbox_row row = row_of(bench, TEXT_NONE, "ops", true);
	row.kind = OUTBOX_OPS;
	row.purpose = TEXT("ops");
	row.rule = TEXT("ops.store");
	row.subject = TEXT_NONE;
	add_rows(bench, &row, 1);
	wait_for(bench, MINUTE);
	assert_int_equal(bench->arrival_count, 1);
	size_t asks = bench->server.asks;
	assert_true(asks > 0);
	bench->people[PEOPLE].addresses[CHANNEL_EMAIL] = NULL;
	wait_for(bench, HOUR);
	assert_int_equal(bench->server.asks, asks); /* it is left */
	assert_int_equal(count_rows(bench).ops, 1); /* that one */
	bench_end(bench);
}

static void what_is_on_its_way_for_longer_than_the_step_waits_was_not_told(void **state)
{
	(void)state;
	struct bench *bench = given();
	wait_for(bench, 29 * MINUTE);
	assert_int_equal(bench->nobody_count, 0);
	wait_for(bench, 7 * MINUTE); /* it is asked every five minutes by then */
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 1);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

static void a_service_that_cannot_be_asked_is_asked_again_and_nothing_is_sent_twice(void **state)
{
	(void)state;
	struct bench *bench = given();
	said = (struct channel_reply){.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_SERVER, .silent = true};
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(bench->arrival_count, 1);
	said = (struct channel_reply){.outcome = CHANNEL_ACCEPTED};
	wait_for(bench, 6 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_DELIVERED], 1);
	assert_int_equal(bench->arrival_count, 1);
	bench_end(bench);
}

static void a_technical_failure_of_the_service_is_sent_again_under_the_same_reference(void **state)
{
	(void)state;
	struct bench *bench = given();
	said = (struct channel_reply){.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_MESSAGE};
	wait_for(bench, 10 * SECOND);
	said = (struct channel_reply){.outcome = CHANNEL_ACCEPTED};
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(bench->arrival_count, 2);
	assert_string_equal(bench->server.attempts[0].reference, bench->server.attempts[1].reference);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_DELIVERED], 1);
	bench_end(bench);
}

/* The daemon ends while the question is under way: it is asked again, not sent again. */
static void a_question_that_a_crash_cut_off_is_asked_again(void **state)
{
	(void)state;
	struct fault *fault;
	struct outbox_row row;
	bool found = false;
	size_t uncertain = 0;
	struct bench *bench = given();
	move(bench, MINUTE);
	OK(store_begin(bench->store, fault));
	OK(outbox_claim(bench->store, bench->hands.now, true, &row, &found, fault));
	assert_true(found && outbox_is_given(&row));
	assert_int_equal(row.attempts, 1); /* a question is no attempt */
	OK(store_commit(bench->store, fault));
	OK(store_begin(bench->store, fault));
	OK(outbox_recover(bench->store, &uncertain, fault));
	OK(store_commit(bench->store, fault));
	assert_int_equal(uncertain, 0);
	said.outcome = CHANNEL_ACCEPTED;
	courier_wake(bench->courier);
	wait_for(bench, MINUTE);
	struct row_counts counts = count_rows(bench);
	assert_int_equal(counts.in_state[OUTBOX_DELIVERED], 1);
	assert_int_equal(counts.duplicates, 0);
	assert_int_equal(bench->arrival_count, 1);
	bench_end(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_service_took_is_told_once_it_says_that_it_arrived),
		cmocka_unit_test(what_did_not_arrive_lets_the_ladder_climb_and_is_said_to_ops),
		cmocka_unit_test(a_text_that_nobody_can_ask_about_any_more_is_told_to_ops),
		cmocka_unit_test(a_text_to_ops_that_nobody_can_ask_about_makes_no_further_word_to_ops),
		cmocka_unit_test(what_is_on_its_way_for_longer_than_the_step_waits_was_not_told),
		cmocka_unit_test(a_service_that_cannot_be_asked_is_asked_again_and_nothing_is_sent_twice),
		cmocka_unit_test(a_technical_failure_of_the_service_is_sent_again_under_the_same_reference),
		cmocka_unit_test(a_question_that_a_crash_cut_off_is_asked_again),
	};
	return cmocka_run_group_tests_name("courier_asking", tests, NULL, NULL);
}
