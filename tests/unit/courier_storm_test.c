/* Many alerts to one phone: the first few ring one by one, more within a minute are one text that counts them, and none
 * is lost or held for longer than that minute. */
#include "courier_fixture.h"

static struct channel texts;

/* Person 1 has a phone alone. */
static struct bench *with_a_phone(void)
{
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 4);
	bench_phone_alone(bench, &texts);
	return bench;
}

static void ring(struct bench *bench, int alerts)
{
	for (int i = 0; i < alerts; i++)
		tell_person(bench, 1, true);
}

static void five_alerts_to_one_phone_are_five_texts_at_once(void **state)
{
	(void)state;
	struct bench *bench = with_a_phone();
	ring(bench, 5);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 5);
	assert_int_equal(texts_that_say(bench, "alerts wait"), 0);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 5);
	bench_end(bench);
}

static void six_that_come_together_are_one_text(void **state)
{
	(void)state;
	struct bench *bench = with_a_phone();
	ring(bench, 6);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 1);
	assert_int_equal(texts_that_say(bench, "casewatch: 6 alerts wait, 6 CRITICAL."), 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 6);
	bench_end(bench);
}

/* Two texts of one reference about different alerts would look like one to whoever sorts out copies. */
static enum answer not_the_first(struct bench *bench, int person, int64_t *took_ms)
{
	(void)person, (void)took_ms;
	return bench->server.count > 0 ? ANSWER_OK : ANSWER_LATER;
}

static void a_storm_that_its_service_puts_off_comes_again_as_one_text(void **state)
{
	(void)state;
	for (int alerts = 6; alerts <= 30; alerts += 12) {
		struct bench *bench = with_a_phone();
		bench->decide = not_the_first;
		ring(bench, alerts);
		wait_for(bench, 10 * MINUTE);
		assert_int_equal(bench->server.count, 2);
		assert_string_equal(bench->server.attempts[0].reference, bench->server.attempts[1].reference);
		assert_string_equal(bench->server.attempts[0].text, bench->server.attempts[1].text);
		assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], alerts);
		bench_end(bench);
	}
}

/* The directory is reloaded in the middle of it, or two people give the number of the desk they share. */
static void one_phone_written_in_three_ways_is_one_phone(void **state)
{
	static const char *const ways[] = {"07700 900123", "+44 7700 900123", "0044 7700900123"};
	(void)state;
	struct bench *bench = with_a_phone();
	texts.address_ok = bench_any_phone;
	for (int i = 0; i < 6; i++) {
		bench->people[1].addresses[CHANNEL_TEXT] = ways[i % 3];
		ring(bench, 1);
		wait_for(bench, 2 * SECOND);
	}
	assert_int_equal(bench->server.count, 5);
	wait_for(bench, MINUTE);
	assert_int_equal(bench->server.count, 6);
	bench_end(bench);
}

static void what_comes_after_the_fifth_waits_for_the_end_of_the_minute_and_no_longer(void **state)
{
	(void)state;
	struct bench *bench = with_a_phone();
	for (int i = 0; i < 5; i++) {
		ring(bench, 1);
		wait_for(bench, 2 * SECOND);
	}
	assert_int_equal(bench->server.count, 5);
	ring(bench, 2);
	wait_for(bench, 40 * SECOND);
	assert_int_equal(bench->server.count, 5);
	ring(bench, 1);
	wait_for(bench, 15 * SECOND); /* sixty seconds after the first are over */
	assert_int_equal(bench->server.count, 6);
	assert_int_equal(texts_that_say(bench, "casewatch: 3 alerts wait, 3 CRITICAL."), 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 8);
	ring(bench, 1); /* the next minute has its own */
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 7);
	bench_end(bench);
}

static void a_hundred_at_once_are_two_texts_within_the_minute(void **state)
{
	(void)state;
	struct bench *bench = with_a_phone();
	ring(bench, 100);
	wait_for(bench, 62 * SECOND);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 100);
	assert_int_equal(bench->server.count, 2);
	assert_int_equal(texts_that_say(bench, "alerts wait"), 2);
	bench_end(bench);
}

/* Others than critical ones gather for a minute, and hold back none that is critical. */
static void a_critical_alert_waits_for_no_others(void **state)
{
	(void)state;
	struct bench *bench = with_a_phone();
	bench->people[1].hours_from = 0;
	bench->people[1].hours_until = 24 * 60;
	bench->people[1].days = 127;
	for (int i = 0; i < 8; i++)
		tell_person(bench, 1, false);
	wait_for(bench, 61 * SECOND);
	assert_int_equal(bench->server.count, 1);
	assert_int_equal(texts_that_say(bench, "casewatch: 8 alerts wait."), 1);
	ring(bench, 1);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 2);
	bench_end(bench);
}

/* A phone that hangs holds back neither another phone nor its own ladder. */
static void another_phone_rings_while_one_is_in_a_storm(void **state)
{
	(void)state;
	struct bench *bench = with_a_phone();
	bench->people[2].addresses[CHANNEL_TEXT] = bench->names[2][1];
	bench->people[2].addresses[CHANNEL_EMAIL] = NULL;
	bench->people[2].order[0] = CHANNEL_TEXT;
	ring(bench, 40);
	tell_person(bench, 2, true);
	wait_for(bench, SECOND);
	assert_true(accepted_at(bench, 2, false) != INSTANT_NEVER);
	bench_end(bench);
}

/* A duty phone that two people share: each has a text of their own, since each has a page of their own. */
static void two_who_share_a_phone_are_told_apart(void **state)
{
	(void)state;
	struct bench *bench = with_a_phone();
	bench->people[2].addresses[CHANNEL_TEXT] = bench->names[1][1];
	bench->people[2].addresses[CHANNEL_EMAIL] = NULL;
	bench->people[2].order[0] = CHANNEL_TEXT;
	for (int i = 0; i < 8; i++) {
		ring(bench, 1);
		tell_person(bench, 2, true);
	}
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 16);
	assert_int_equal(texts_that_say(bench, "casewatch: 16 alerts wait"), 0);
	assert_int_equal(texts_that_say(bench, "casewatch: 8 alerts wait"), 2);
	bench_end(bench);
}

static void a_storm_that_a_restart_cuts_off_is_told_all_the_same(void **state)
{
	(void)state;
	struct bench *bench = with_a_phone();
	ring(bench, 40);
	wait_for(bench, 10 * SECOND);
	assert_true(count_rows(bench).in_state[OUTBOX_PENDING] > 0);
	courier_free(bench->courier);
	bench_start_courier(bench, false);
	wait_for(bench, 3 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 40);
	bench_end(bench);
}

/* Whoever has no email any more, or whose mailbox refuses it. */
static void a_list_to_a_phone_is_the_address_of_its_page(void **state)
{
	(void)state;
	struct bench *bench = with_a_phone();
	courier_free(bench->courier);
	bench->answer_url = "https://casewatch.council.example/a/";
	bench_start_courier(bench, false);
	struct outbox_row row = row_of(bench, TEXT_NONE, "p-1", false);
	row.kind = OUTBOX_LIST;
	row.purpose = TEXT("list");
	row.rule = row.subject = TEXT_NONE;
	row.payload = TEXT("{\"list\":\"daily-missing\",\"team\":\"north-3\",\"due\":\"2020-02-05T02:00:00Z\"}");
	add_rows(bench, &row, 1);
	wait_for(bench, MINUTE);
	const char *read = "casewatch: your missing list of Wed 5 Feb could not be emailed. Read it: "
			   "https://casewatch.council.example/lists/daily-missing?team=north-3";
	assert_int_equal(texts_that_say(bench, read), 1);
	bench_end(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_to_a_phone_is_the_address_of_its_page),
		cmocka_unit_test(five_alerts_to_one_phone_are_five_texts_at_once),
		cmocka_unit_test(six_that_come_together_are_one_text),
		cmocka_unit_test(a_storm_that_its_service_puts_off_comes_again_as_one_text),
		cmocka_unit_test(one_phone_written_in_three_ways_is_one_phone),
		cmocka_unit_test(what_comes_after_the_fifth_waits_for_the_end_of_the_minute_and_no_longer),
		cmocka_unit_test(a_hundred_at_once_are_two_texts_within_the_minute),
		cmocka_unit_test(a_critical_alert_waits_for_no_others),
		cmocka_unit_test(another_phone_rings_while_one_is_in_a_storm),
		cmocka_unit_test(two_who_share_a_phone_are_told_apart),
		cmocka_unit_test(a_storm_that_a_restart_cuts_off_is_told_all_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
