/* Which rows go in one message, and which never: no more than fit, nothing that asks for an answer with what needs
 * none, and a text that was tried goes again as it was. */
#include "courier_fixture.h"

#include "message/link.h"
#include "store/store_internal.h"

struct counting {
	struct text name;
	size_t count;
};

static enum result count_named(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct counting *counting = argument;
	(void)fault;
	counting->count += text_equal(row->message_id, counting->name);
	return RESULT_OK;
}

/* Rows that went in the attempt's message. */
static size_t rows_of(struct bench *bench, size_t attempt)
{
	struct fault *fault;
	assert_true(attempt < bench->server.count);
	struct counting counting = {text_of(bench->server.attempts[attempt].reference), 0};
	OK(outbox_each(bench->store, TEXT_NONE, false, SIZE_MAX, count_named, &counting, fault));
	return counting.count;
}

/* Rows that a pass claims after a full message begin another, however many there are. */
static void no_message_holds_more_than_sixty_alerts(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	for (int i = 0; i < 200; i++)
		tell_person(bench, 1, false);
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 200);
	assert_int_equal(bench->server.count, 4);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(rows_of(bench, i), 60);
	bench_end(bench);
}

/* Both wait their minute for others, and it ends at the same moment. */
static void what_asks_for_an_answer_and_what_needs_none_are_two_messages(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct outbox_row rows[4];
	for (size_t i = 0; i < 4; i++) {
		static char ids[4][ALERT_ID_SIZE];
		(void)snprintf(ids[i], sizeof ids[i], "%s", new_alert(bench, false).at);
		rows[i] = row_of(bench, text_of(ids[i]), "p-1", false);
		if (i % 2 == 0)
			continue;
		keep_ended(bench, text_of(ids[i]), 1);
		rows[i].purpose = TEXT("resolved");
		rows[i].person = TEXT("p-1");
	}
	add_rows(bench, rows, 4);
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 4);
	assert_int_equal(bench->server.count, 2);
	assert_int_equal(rows_of(bench, 0), 2);
	assert_int_equal(rows_of(bench, 1), 2);
	bench_end(bench);
}

/* All but the first are over while they wait their minute: none of it goes. */
static uint64_t work_of_those_that_are_over(int alerts)
{
	struct fault *fault;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	for (int i = 0; i < alerts; i++)
		tell_person(bench, 1, false);
	wait_for(bench, 30 * SECOND);
	OK(store_execute(bench->store, "UPDATE alert SET state = 1 WHERE number > (SELECT min(number) FROM alert)",
	                 fault));
	bench->steps_most = 0;
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(bench->server.count, 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], alerts - 1);
	uint64_t most = bench->steps_most;
	bench_end(bench);
	return most;
}

static void what_need_not_go_any_more_makes_no_long_turn(void **state)
{
	(void)state;
	uint64_t few = work_of_those_that_are_over(500), many = work_of_those_that_are_over(2000);
	assert_true(many < few + few / 2);
}

static enum answer not_the_first(struct bench *bench, int person, int64_t *took_ms)
{
	(void)person, (void)took_ms;
	return bench->server.count > 0 ? ANSWER_OK : ANSWER_LATER;
}

/* One text was put off, and when it goes again there are six more alerts: it keeps its name, and they have another. */
static bool says(const struct bench *bench, size_t attempt, const char *words)
{
	assert_true(attempt < bench->server.count);
	return strstr(bench->server.attempts[attempt].text, words) != NULL;
}

/* One link an alert, which answers it; of several in one message one more, to all of them. */
static void a_message_links_to_the_page_on_which_it_is_answered(void **state)
{
	struct fault fault = {""};
	(void)state;
	struct link_keys *keys = link_keys_of(
		TEXT("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"), &fault);
	if (!keys)
		fail_msg("%s", fault.text);
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	courier_free(bench->courier);
	bench->answer_url = "https://alerts.council.example/a/";
	bench_start_courier(bench, false);
	tell_person(bench, 1, true);
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(bench->server.count, 1);
	assert_false(says(bench, 0, "https://")); /* without keys nobody could tell whose link it is */
	courier_use_words(bench->courier, "Council", keys);
	tell_person(bench, 2, true);
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(bench->server.count, 2);
	assert_true(says(bench, 1, "https://alerts.council.example/a/"));
	tell_person(bench, 3, false);
	tell_person(bench, 3, false);
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(bench->server.count, 3);
	assert_int_equal(rows_of(bench, 2), 2);
	assert_true(says(bench, 2, "https://alerts.council.example/a/"));
	bench_end(bench);
	link_keys_free(keys);
}

static void a_text_that_was_tried_is_in_no_storm_of_others(void **state)
{
	(void)state;
	static struct channel texts;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 4);
	bench_phone_alone(bench, &texts);
	bench->decide = not_the_first;
	tell_person(bench, 1, true);
	for (size_t turns = 0; bench->server.count == 0 && turns < 1000; turns++)
		wait_for(bench, SECOND / 10);
	for (int i = 0; i < 6; i++)
		tell_person(bench, 1, true);
	move(bench, MINUTE); /* all of them may go in one pass */
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 7);
	size_t again = 0;
	for (size_t i = 1; i < bench->server.count; i++)
		again += strcmp(bench->server.attempts[i].reference, bench->server.attempts[0].reference) == 0 &&
		         strcmp(bench->server.attempts[i].text, bench->server.attempts[0].text) == 0;
	assert_int_equal(again, 1);
	assert_int_equal(rows_of(bench, 0), 1);
	bench_end(bench);
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_message_holds_more_than_sixty_alerts),
		cmocka_unit_test(what_asks_for_an_answer_and_what_needs_none_are_two_messages),
		cmocka_unit_test(what_need_not_go_any_more_makes_no_long_turn),
		cmocka_unit_test(a_message_links_to_the_page_on_which_it_is_answered),
		cmocka_unit_test(a_text_that_was_tried_is_in_no_storm_of_others),
	};
	return cmocka_run_group_tests_name("courier_letters", tests, NULL, NULL);
}
