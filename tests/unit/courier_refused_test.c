/* A server that answers and takes nothing, whoever it is for; and an address that takes nothing of somebody who has
 * another: both are seen by whoever can mend them, and not by the lateness of messages. */
#include "courier_fixture.h"

static struct channel texts;

/* ---- what ops are told ---- */

struct seen {
	const char *key, *title;
	int64_t count;
};

static void see(void *argument, const struct ops_wrong *wrong)
{
	struct seen *seen = argument;
	bool same = text_equal(wrong->key, text_of(seen->key)) && text_equal(wrong->title, text_of(seen->title));
	seen->count += same ? wrong->count : 0;
}

/* How often it was found; 0: it is not wrong. */
static int64_t wrong(struct bench *bench, const char *key, const char *title)
{
	struct fault *fault;
	struct seen seen = {key, title, 0};
	OK(ops_each(bench->ops, see, &seen, fault));
	return seen.count;
}

static struct courier_health health_of(struct bench *bench, size_t number)
{
	struct courier_health health;
	assert_true(courier_health(bench->courier, number, &health));
	return health;
}

/* ---- a server that refuses everybody ---- */

#define REFUSED_MAIL "Each message by email is refused"

static void a_server_that_refuses_everybody(enum answer answer)
{
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 4);
	bench->usual.answer = answer;
	tell_person(bench, 1, true); /* and ops of that, where it is refused for good */
	wait_for(bench, SECOND);
	assert_true(health_of(bench, 0).trouble_since == INSTANT_NONE); /* two mailboxes may be at fault themselves */
	for (int i = 2; i <= 3; i++)
		tell_person(bench, i, true);
	wait_for(bench, SECOND);
	assert_true(health_of(bench, 0).trouble_since != INSTANT_NONE);
	wait_for(bench, 5 * MINUTE - 2 * SECOND);
	assert_false(health_of(bench, 0).down);
	wait_for(bench, 3 * SECOND);
	assert_true(health_of(bench, 0).down && figures_of(bench).mail_down);
	assert_int_equal(wrong(bench, "", REFUSED_MAIL), 1);
	size_t tried = bench->arrival_count;
	tell_person(bench, 4, true); /* it speaks: nothing waits for it */
	wait_for(bench, SECOND);
	assert_int_equal(bench->arrival_count > tried, 1);
	bench->usual.answer = ANSWER_OK;
	tell_person(bench, 5, true);
	wait_for(bench, SECOND);
	assert_true(health_of(bench, 0).trouble_since == INSTANT_NONE && !figures_of(bench).mail_down);
	assert_int_equal(wrong(bench, "", REFUSED_MAIL), 0);
	bench_end(bench);
}

static void a_server_that_refuses_everybody_for_good_is_in_trouble_and_ops_can_see_it(void **state)
{
	(void)state;
	a_server_that_refuses_everybody(ANSWER_REFUSES);
}

static void so_is_one_that_tells_everybody_to_come_later(void **state)
{
	(void)state;
	a_server_that_refuses_everybody(ANSWER_LATER);
}

static void three_dead_mailboxes_among_others_are_no_matter_of_the_servers(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	for (int i = 1; i <= 3; i++)
		behave(bench, i, ANSWER_REFUSES, 5);
	for (int i = 1; i <= 3; i++) { /* ops hear of each, by email: that is taken */
		tell_person(bench, i, true);
		wait_for(bench, MINUTE);
	}
	for (int i = 0; i < 10; i++) { /* one again and again */
		tell_person(bench, 1, true);
		wait_for(bench, 2 * MINUTE);
	}
	assert_true(health_of(bench, 0).trouble_since == INSTANT_NONE);
	assert_int_equal(wrong(bench, "", REFUSED_MAIL), 0);
	bench_end(bench);
}

/* It is there again, and takes nothing: other words, and no peace in between. */
static void a_server_that_comes_back_and_refuses_everybody_is_not_said_to_take_messages(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 4);
	bench->usual.answer = ANSWER_DOWN;
	for (int i = 1; i <= 4; i++)
		tell_person(bench, i, true);
	wait_for(bench, 6 * MINUTE);
	assert_int_equal(wrong(bench, "", "The mail server takes nothing"), 1);
	bench->usual.answer = ANSWER_REFUSES;
	for (int i = 0; i < 60; i++) {
		wait_for(bench, SECOND);
		assert_true(figures_of(bench).mail_down);
	}
	assert_int_equal(wrong(bench, "", "The mail server takes nothing"), 0);
	assert_int_equal(wrong(bench, "", REFUSED_MAIL), 1);
	bench->usual.answer = ANSWER_OK;
	tell_person(bench, 5, true);
	wait_for(bench, MINUTE);
	assert_false(figures_of(bench).mail_down);
	bench_end(bench);
}

/* ---- an address of somebody who has another ---- */

static const char *const phones[] = {"07700 900120", "07700 900121", "07700 900122", "07700 900123",
                                     "07700 900124", "07700 900125", "07700 900126", "07700 900127"};

static struct bench *with_phones(void)
{
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct fault *fault;
	courier_free(bench->courier);
	for (int i = 0; i < 8; i++) {
		struct person *person = &bench->people[i];
		person->addresses[CHANNEL_TEXT] = phones[i];
		person->order[0] = CHANNEL_TEXT;
		person->order[1] = CHANNEL_EMAIL;
		person->order_count = 2;
	}
	struct courier_settings settings = bench_settings(bench);
	settings.channels = bench_texts_and_mails(bench, &texts);
	settings.channel_count = 2;
	OK(courier_new(&settings, &bench->courier, fault));
	return bench;
}

static void whose_phone_refuses_is_told_by_email_and_ops_hear_of_that_phone_once(void **state)
{
	(void)state;
	struct bench *bench = with_phones();
	behave_to(bench, phones[1], ANSWER_REFUSES, 5);
	for (int i = 0; i < 3; i++) {
		tell_person(bench, 1, true);
		wait_for(bench, 5 * MINUTE);
	}
	struct row_counts counts = count_rows(bench);
	assert_int_equal(counts.in_state[OUTBOX_ACCEPTED], 3);
	assert_int_equal(counts.ops, 1);
	assert_int_equal(wrong(bench, "by-text/p-1", "Somebody is not reached by text"), 3);
	assert_int_equal(texts_that_say(bench, "Told instead by: email"), 1);
	behave_to(bench, phones[2], ANSWER_REFUSES, 5);
	tell_person(bench, 2, true);
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).ops, 2);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

static void so_it_is_of_one_whose_time_is_over(void **state)
{
	(void)state;
	struct bench *bench = with_phones();
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	behave_to(bench, phones[1], ANSWER_LATER, 5);
	row.deadline = bench->hands.now + 5 * MINUTE;
	add_rows(bench, &row, 1);
	wait_for(bench, 20 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	assert_int_equal(wrong(bench, "by-text/p-1", "Somebody is not reached by text"), 1);
	bench_end(bench);
}

/* By the service that each of their phones has. */
static void tell_five(struct bench *bench, enum answer answer)
{
	for (int i = 0; i < 8; i++)
		behave_to(bench, phones[i], answer, 5);
	for (int i = 1; i < 6; i++)
		tell_person(bench, i, true);
}

/* A service that is away is one thing, however many people it keeps waiting; and a phone that had its texts is said as
 * that. */
static void of_a_channel_in_trouble_ops_hear_and_not_of_each_who_was_told_another_way(void **state)
{
	(void)state;
	struct bench *bench = with_phones();
	tell_five(bench, ANSWER_DOWN);
	wait_for(bench, 10 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 5);
	for (int i = 1; i < 6; i++) {
		char key[32];
		(void)snprintf(key, sizeof key, "by-text/p-%d", i);
		assert_int_equal(wrong(bench, key, "Somebody is not reached by text"), 0);
	}
	assert_int_equal(count_rows(bench).ops, 1); /* of the channel */
	bench_end(bench);
}

/* A template that is gone, a key for the team alone: everybody is told by email, and not one text goes. */
static void a_service_that_refuses_each_text_is_down_though_everybody_is_told_by_email(void **state)
{
	(void)state;
	struct bench *bench = with_phones();
	tell_five(bench, ANSWER_REFUSES);
	wait_for(bench, 6 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 5);
	assert_true(health_of(bench, 0).down && !health_of(bench, 1).down);
	assert_int_equal(wrong(bench, "memory", "Each message by text is refused"), 1);
	bench_end(bench);
}

/* That it answers questions about earlier texts does not say that it takes new ones. */
static void a_service_that_is_asked_and_answers_is_still_one_that_refuses_each_text(void **state)
{
	(void)state;
	struct bench *bench = with_phones();
	behave_to(bench, phones[7], ANSWER_GIVEN, 5); /* on its way for ever: it is asked about again and again */
	tell_person(bench, 7, true);
	wait_for(bench, SECOND);
	for (int i = 1; i < 6; i++) {
		behave_to(bench, phones[i], ANSWER_REFUSES, 5);
		tell_person(bench, i, true);
	}
	wait_for(bench, 6 * MINUTE);
	assert_true(health_of(bench, 0).down);
	bench_end(bench);
}

/* A word to ops that goes by their other way makes no further word to ops. */
static void ops_who_are_told_another_way_make_no_word_to_ops(void **state)
{
	(void)state;
	struct bench *bench = with_phones();
	struct person *ops = &bench->people[PEOPLE];
	ops->addresses[CHANNEL_TEXT] = "07700 900199";
	ops->order[0] = CHANNEL_TEXT;
	ops->order[1] = CHANNEL_EMAIL;
	ops->order_count = 2;
	behave_to(bench, "07700 900199", ANSWER_REFUSES, 5);
	tell(bench, "nobody", true);
	wait_for(bench, 2 * HOUR);
	assert_int_equal(count_rows(bench).ops, 1);
	bench_end(bench);
}

static struct bench *mail_is_down(enum answer of_phone, size_t channels)
{
	struct bench *bench = with_phones();
	struct person *ops = &bench->people[PEOPLE];
	ops->addresses[CHANNEL_TEXT] = "07700 900199";
	ops->order[0] = channels > 1 ? CHANNEL_TEXT : CHANNEL_EMAIL;
	ops->order[1] = CHANNEL_EMAIL;
	ops->order_count = channels;
	ops_use_owners(bench->ops, &bench->directory);
	for (int i = 9; i < 12; i++) {
		behave(bench, i, ANSWER_DOWN, 5);
		tell_person(bench, i, true);
	}
	behave_to(bench, "07700 900199", of_phone, 5);
	wait_for(bench, 6 * MINUTE);
	assert_true(figures_of(bench).mail_down);
	return bench;
}

/* It is told by what is not in trouble, at once, and never by mail: that would come when it is over. */
static void that_mail_is_down_reaches_ops_by_their_phone_and_is_no_mail_afterwards(void **state)
{
	(void)state;
	static const enum answer of_phone[] = {ANSWER_OK, ANSWER_REFUSES};
	for (size_t k = 0; k < sizeof of_phone / sizeof *of_phone; k++) {
		struct bench *bench = mail_is_down(of_phone[k], 2);
		assert_int_equal(texts_that_say(bench, "ops.mail-down"), 1);
		bench->behaviour_count = 0;
		wait_for(bench, HOUR);
		assert_int_equal(texts_that_say(bench, "ops.mail-down"), 1);
		assert_int_equal(texts_that_say(bench, "The mail server takes nothing"), 0); /* as a mail has it */
		assert_false(figures_of(bench).mail_down);
		bench_end(bench);
	}
}

/* They have a phone, and do not want texts: status, the journal and the metrics have it. */
static void ops_whose_phone_is_not_among_their_channels_are_sent_nothing(void **state)
{
	(void)state;
	struct bench *bench = mail_is_down(ANSWER_OK, 1);
	assert_int_equal(count_rows(bench).ops, 0);
	assert_int_equal(wrong(bench, "", "The mail server takes nothing"), 1);
	bench_end(bench);
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_refuses_everybody_for_good_is_in_trouble_and_ops_can_see_it),
		cmocka_unit_test(so_is_one_that_tells_everybody_to_come_later),
		cmocka_unit_test(three_dead_mailboxes_among_others_are_no_matter_of_the_servers),
		cmocka_unit_test(a_server_that_comes_back_and_refuses_everybody_is_not_said_to_take_messages),
		cmocka_unit_test(whose_phone_refuses_is_told_by_email_and_ops_hear_of_that_phone_once),
		cmocka_unit_test(so_it_is_of_one_whose_time_is_over),
		cmocka_unit_test(of_a_channel_in_trouble_ops_hear_and_not_of_each_who_was_told_another_way),
		cmocka_unit_test(a_service_that_refuses_each_text_is_down_though_everybody_is_told_by_email),
		cmocka_unit_test(a_service_that_is_asked_and_answers_is_still_one_that_refuses_each_text),
		cmocka_unit_test(ops_who_are_told_another_way_make_no_word_to_ops),
		cmocka_unit_test(that_mail_is_down_reaches_ops_by_their_phone_and_is_no_mail_afterwards),
		cmocka_unit_test(ops_whose_phone_is_not_among_their_channels_are_sent_nothing),
	};
	return cmocka_run_group_tests_name("courier_refused", tests, NULL, NULL);
}
