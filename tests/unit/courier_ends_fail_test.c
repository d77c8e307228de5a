/* Whatever statement of the database fails while a courier begins or ends, or while it is told later what came of a
 * message: nobody is told twice without its saying so, and nothing that was heard is lost.
 */
#include "courier_fails.h"

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

/* Broken off before anything was delivered, which cannot be written: for all that the next one knows it may have gone.
 */
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
		tell_person(bench, 2, true); /* waits for the line */
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
		cmocka_unit_test(a_start_that_fails_says_so_and_the_next_one_marks_what_was_on_its_way),
		cmocka_unit_test(what_could_not_be_written_at_the_end_is_sent_again_and_marked),
		cmocka_unit_test(what_was_broken_off_at_the_end_goes_once_marked_where_that_could_not_be_written),
		cmocka_unit_test(what_is_heard_later_and_cannot_be_written_is_as_if_it_had_been_once_it_is),
	};
	return cmocka_run_group_tests_name("courier_ends_fail", tests, NULL, NULL);
}
