/* So many texts to one phone within an hour, and no more; and a channel that takes so many within a minute. */
#include "courier_fixture.h"

#include "courier/courier_internal.h"
#include "statements.h"

static struct channel texts;
static int same_an_hour, all_an_hour, left_for_good;

static void leaves(void *context, const struct fault *fault)
{
	(void)context;
	assert_true(fault->text[0]);
	left_for_good++;
}

static void start(struct bench *bench)
{
	struct fault *fault;
	struct courier_settings settings = bench_settings(bench);
	settings.channels = bench_texts_and_mails(bench, &texts);
	settings.channel_count = 2;
	settings.texts_an_hour = all_an_hour;
	settings.same_texts_an_hour = same_an_hour;
	settings.fatal = leaves;
	left_for_good = 0;
	OK(courier_new(&settings, &bench->courier, fault));
}

/* Somebody with a phone, and perhaps a mailbox. */
static struct bench *begin(int all, int same, bool mailbox)
{
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct person *person = &bench->people[1];
	courier_free(bench->courier);
	person->addresses[CHANNEL_TEXT] = "07700 900123";
	person->order[0] = CHANNEL_TEXT;
	person->order[1] = CHANNEL_EMAIL;
	person->order_count = mailbox ? 2 : 1;
	if (!mailbox)
		person->addresses[CHANNEL_EMAIL] = NULL;
	all_an_hour = all;
	same_an_hour = same;
	start(bench);
	return bench;
}

static size_t sent_to(const struct bench *bench, const char *to)
{
	size_t count = 0;
	for (size_t i = 0; i < bench->server.count; i++)
		count += strcmp(bench->server.attempts[i].to, to) == 0;
	return count;
}

static void tell_one(struct bench *bench, bool critical)
{
	tell_person(bench, 1, critical);
	wait_for(bench, 90 * SECOND);
}

static void the_sixty_first_text_in_an_hour_goes_by_email_and_ops_hear_once(void **state)
{
	(void)state;
	struct bench *bench = begin(6, 20, true);
	for (int i = 0; i < 9; i++)
		tell_one(bench, false);
	assert_int_equal(sent_to(bench, "07700 900123"), 6);
	assert_int_equal(sent_to(bench, "p-1@council.example"), 3);
	assert_int_equal(count_rows(bench).ops, 1);
	assert_int_equal(bench->nobody_count, 0);
	wait_for(bench, HOUR);
	tell_one(bench, false);
	assert_int_equal(sent_to(bench, "07700 900123"), 7);
	bench_end(bench);
}

static void the_last_text_of_an_hour_says_until_when_there_is_no_other(void **state)
{
	(void)state;
	struct bench *bench = begin(3, 20, true);
	for (int i = 0; i < 2; i++)
		tell_one(bench, false);
	assert_int_equal(sent_to(bench, "07700 900123"), 2);
	assert_int_equal(texts_that_say(bench, "No more texts to this phone"), 0);
	tell_one(bench, false);
	assert_int_equal(sent_to(bench, "07700 900123"), 3);
	assert_int_equal(texts_that_say(bench, "No more texts to this phone before 11:0"), 1);
	wait_for(bench, HOUR);
	tell_one(bench, false); /* the first of another hour */
	assert_int_equal(sent_to(bench, "07700 900123"), 4);
	assert_int_equal(texts_that_say(bench, "No more texts to this phone"), 1);
	bench_end(bench);
}

/* A text that cannot be counted at this moment could be made: it is no message to give up, and waits for no minute. */
static void what_cannot_be_counted_now_is_counted_a_second_later_and_nothing_is_given_up(void **state)
{
	(void)state;
	static const char *const asks[] = {"min(at)", "sum(print", "INTO text_sent"};
	static const int says[] = {SQLITE_IOERR_READ, SQLITE_CORRUPT};
	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
		for (size_t k = 0; k < sizeof says / sizeof *says; k++) {
			struct bench *bench = begin(1, 20, false);
			statements.words = asks[i];
			statements.says = says[k];
			tell_person(bench, 1, true);
			wait_for(bench, 5 * SECOND);
			assert_null(statements.words); /* it failed */
			assert_int_equal(sent_to(bench, "07700 900123"), 1);
			assert_int_equal(texts_that_say(bench, "No more texts to this phone before 11:01"), 1);
			assert_int_equal(bench->nobody_count, 0);
			assert_int_equal(count_rows(bench).ops, 0);
			/* the daemon ends, and starts clean */
			assert_int_equal(left_for_good, says[k] == SQLITE_CORRUPT);
			bench_end(bench);
		}
	statements.says = SQLITE_IOERR_READ;
}

static void where_there_is_no_other_channel_the_next_step_is_told(void **state)
{
	(void)state;
	struct bench *bench = begin(3, 20, false);
	for (int i = 0; i < 4; i++)
		tell_one(bench, false);
	assert_int_equal(sent_to(bench, "07700 900123"), 3);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

static void a_critical_text_is_held_back_by_no_other(void **state)
{
	(void)state;
	struct bench *bench = begin(3, 20, true);
	for (int i = 0; i < 5; i++)
		tell_one(bench, false);
	for (int i = 0; i < 5; i++)
		tell_one(bench, true);
	assert_int_equal(sent_to(bench, "07700 900123"), 3 + 5);
	bench_end(bench);
}

/* The same words again and again: the service says each time that something failed between it and the network. */
static void technical_failure(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	(void)context, (void)message;
	*reply = (struct channel_reply){.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_MESSAGE};
}

static void the_same_words_stop_after_so_many_times_critical_or_not(void **state)
{
	(void)state;
	struct bench *bench = begin(60, 4, true);
	bench->usual.answer = ANSWER_GIVEN;
	bench->server.asked = technical_failure;
	tell_person(bench, 1, true);
	wait_for(bench, 50 * MINUTE);
	assert_int_equal(sent_to(bench, "07700 900123"), 4);
	assert_true(sent_to(bench, "p-1@council.example") > 0);
	bench_end(bench);
}

static void a_restart_forgets_no_text_and_what_never_arrived_does_not_count(void **state)
{
	(void)state;
	struct bench *bench = begin(4, 20, true);
	for (int i = 0; i < 3; i++)
		tell_one(bench, false);
	courier_free(bench->courier);
	start(bench);
	behave(bench, 99, ANSWER_OK, 0);
	bench->usual.answer = ANSWER_DOWN; /* attempts that find nobody */
	tell_person(bench, 1, false);
	wait_for(bench, 80 * SECOND);
	bench->usual.answer = ANSWER_OK;
	wait_for(bench, MINUTE);
	size_t reached = 0;
	for (size_t i = 0; i < bench->server.count; i++)
		reached += strcmp(bench->server.attempts[i].to, "07700 900123") == 0 &&
		           bench->server.attempts[i].reply.outcome == CHANNEL_ACCEPTED;
	assert_int_equal(reached, 4);
	tell_one(bench, false);
	assert_int_equal(sent_to(bench, "p-1@council.example"), 1);
	bench_end(bench);
}

static void a_channel_is_handed_so_many_within_a_minute_and_critical_ones_beyond(void **state)
{
	(void)state;
	struct bench *bench = begin(1000, 1000, true);
	texts.per_minute_max = 3;
	for (int i = 2; i < 12; i++) {
		bench->people[i].addresses[CHANNEL_TEXT] = bench->names[i][1];
		bench->people[i].order[0] = CHANNEL_TEXT;
		tell_person(bench, i, false);
	}
	wait_for(bench, MINUTE + SECOND); /* they wait a minute for others */
	size_t first = bench->server.count;
	assert_true(first <= 3);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	assert_int_equal(sent_to(bench, "07700 900123"), 1);
	for (int minute = 0; minute < 5; minute++) { /* the rest by themselves, as many in each minute */
		size_t before = bench->server.count;
		wait_for(bench, MINUTE);
		assert_true(bench->server.count <= before + 3);
	}
	assert_int_equal(bench->server.count, 11);
	bench_end(bench);
}

static void give_phones(struct bench *bench, int from, int until)
{
	for (int i = from; i < until; i++) {
		bench->people[i].addresses[CHANNEL_TEXT] = bench->names[i][1];
		bench->people[i].order[0] = CHANNEL_TEXT;
	}
}

/* Two of three went in this minute, and six more become due within it. */
static void what_is_left_of_a_minute_is_all_that_a_channel_is_handed_in_it(void **state)
{
	(void)state;
	struct bench *bench = begin(1000, 1000, true);
	texts.per_minute_max = 3;
	give_phones(bench, 2, 10);
	for (int i = 2; i < 4; i++)
		tell_person(bench, i, false);
	wait_for(bench, 30 * SECOND);
	for (int i = 4; i < 10; i++)
		tell_person(bench, i, false);
	wait_for(bench, 31 * SECOND); /* each waits a minute for others */
	assert_int_equal(bench->server.count, 2);
	wait_for(bench, 30 * SECOND);
	assert_int_equal(bench->server.count, 3);
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(bench->server.count, 8);
	bench_end(bench);
}

static void more_critical_texts_than_a_minute_holds_go_at_once(void **state)
{
	(void)state;
	struct bench *bench = begin(1000, 1000, true);
	texts.per_minute_max = 3;
	give_phones(bench, 2, 10);
	for (int i = 2; i < 10; i++)
		tell_person(bench, i, true);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 8);
	bench_end(bench);
}

/* The phone's service is away; mail goes. */
static void a_channel_that_is_down_is_not_well_because_another_is(void **state)
{
	(void)state;
	struct bench *bench = begin(1000, 1000, false);
	struct courier_health text, mail;
	behave_to(bench, "07700 900123", ANSWER_DOWN, 0);
	tell_person(bench, 1, true);
	for (int i = 0; i < 12; i++) {
		tell_person(bench, 2, true);
		wait_for(bench, 30 * SECOND);
	}
	assert_true(courier_health(bench->courier, 0, &text) && courier_health(bench->courier, 1, &mail));
	assert_true(text.down && text.trouble_since != INSTANT_NONE && text.troubles > 0 && text.taken == 0);
	assert_true(!mail.down && mail.trouble_since == INSTANT_NONE);
	assert_int_equal(mail.taken, 12 + 1); /* and ops are told of the texts: by mail they can be */
	assert_false(courier_health(bench->courier, 2, &mail));
	assert_true(figures_of(bench).trouble_since == text.trouble_since && !figures_of(bench).mail_down);
	for (size_t i = 0; i < bench->arrival_count; i++) /* mail went at once, every time */
		assert_true(bench->arrivals[i].person < 0 || bench->arrivals[i].answer == ANSWER_OK);
	behave_to(bench, "07700 900123", ANSWER_OK, 0);
	wait_for(bench, 30 * SECOND);
	assert_true(courier_health(bench->courier, 0, &text) && !text.down && text.taken == 1);
	bench_end(bench);
}

/* "Retry-After: 3600": the director of a child in a cell has a mailbox, too, and does not wait for the service. */
static void a_service_that_asks_for_an_hour_delays_nobody_who_has_an_email(void **state)
{
	(void)state;
	struct bench *bench = begin(1000, 1000, true);
	behave_to(bench, "07700 900123", ANSWER_BUSY, 0);
	tell_person(bench, 1, true);
	wait_for(bench, 2 * OTHER_WAY_AFTER);
	assert_int_equal(sent_to(bench, "p-1@council.example"), 1);
	bench_end(bench);
}

/* Who has a phone alone: it may be back sooner than it said. */
static void a_service_that_asks_for_an_hour_gets_a_critical_text_within_a_minute_of_its_return(void **state)
{
	(void)state;
	struct bench *bench = begin(1000, 1000, false);
	behave_to(bench, "07700 900123", ANSWER_BUSY, 0);
	tell_person(bench, 1, true);
	wait_for(bench, 5 * MINUTE);
	size_t asked = sent_to(bench, "07700 900123");
	assert_true(asked >= 5 && asked <= 10); /* once in AGAIN_WITHIN, and no storm */
	behave_to(bench, "07700 900123", ANSWER_OK, 0);
	wait_for(bench, MINUTE);
	assert_int_equal(sent_to(bench, "07700 900123"), asked + 1);
	bench_end(bench);
}

static void a_critical_message_is_tried_again_within_a_minute_whatever_its_recipient_asks_for(void **state)
{
	(void)state;
	struct bench *bench = begin(1000, 1000, false);
	behave_to(bench, "07700 900123", ANSWER_BUSY_ONE, 0);
	tell_person(bench, 1, true);
	wait_for(bench, 3 * MINUTE);
	behave_to(bench, "07700 900123", ANSWER_OK, 0);
	size_t asked = sent_to(bench, "07700 900123");
	assert_true(asked >= 2);
	wait_for(bench, MINUTE);
	assert_int_equal(sent_to(bench, "07700 900123"), asked + 1);
	bench_end(bench);
}

static void what_is_not_critical_waits_as_long_as_its_recipient_asks_for(void **state)
{
	(void)state;
	struct bench *bench = begin(1000, 1000, false);
	behave_to(bench, "07700 900123", ANSWER_BUSY_ONE, 0);
	tell_person(bench, 1, false);
	wait_for(bench, 20 * MINUTE);
	assert_int_equal(sent_to(bench, "07700 900123"), 1);
	bench_end(bench);
}

static int warnings;

static void count_warnings(enum log_level level, const struct log_about *about, const char *line)
{
	(void)about;
	warnings += level == LOG_LEVEL_WARNING && strstr(line, "held back at once") != NULL;
}

static void more_than_the_brake_can_hold_are_said_once_until_there_is_room(void **state)
{
	struct recent held = {.entries = NULL};
	(void)state;
	log_set_sink(count_warnings);
	warnings = 0;
	for (uint64_t key = 1; key <= RECENT_MOST; key++)
		assert_non_null(recent_make(&held, key, 0, MINUTE));
	assert_int_equal(warnings, 0);
	for (uint64_t key = 1; key <= 100; key++)
		assert_null(recent_make(&held, RECENT_MOST + key, 0, MINUTE));
	assert_int_equal(warnings, 1);
	assert_non_null(recent_find(&held, 1, 0)); /* those that were there stay */
	for (uint64_t key = 1; key <= RECENT_MOST; key++) /* a minute later there is room, until it is full again */
		assert_non_null(recent_make(&held, 2 * RECENT_MOST + key, 2 * MINUTE, 3 * MINUTE));
	assert_null(recent_make(&held, 4 * RECENT_MOST, 2 * MINUTE, 3 * MINUTE));
	assert_int_equal(warnings, 2);
	recent_free(&held);
}

static void one_place_has_many_writings_and_two_places_have_none_in_common(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} cases[] = {
		{"07700 900123", "+44 7700 900123", true},
		{"07700900123", "0044 7700 900 123", true},
		{"+44 0 7700 900123", "07700 900123", true},
		{"+49 30 901820", "0049 30901820", true},
		{"+44 7700 900123", "447700900123", true},
		{"07700 900123", "07700 900124", false},
		{"+49 7700 900123", "07700 900123", false},
		{"+", " ", true}, /* no number: nothing is lost but a brake */
		{"Duty@Council.Example", "duty@council.example", true},
		{"duty@council.example", "duty2@council.example", false},
		{"https://x.example/Hook", "https://x.example/hook", false},
		{"https://u@x.example/Hook", "https://u@x.example/hook", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (place_same(text_of(cases[i].one), text_of(cases[i].other)) != cases[i].same)
			fail_msg("%s and %s", cases[i].one, cases[i].other);
	char longest[400], room[PLACE_MOST];
	memset(longest, '7', sizeof longest);
	struct text whole = {longest, sizeof longest};
	assert_true(text_equal(place_name(whole, room), whole));
	whole.length = PLACE_MOST; /* fits to the byte */
	longest[0] = '0';
	assert_int_equal(place_name(whole, room).length, PLACE_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sixty_first_text_in_an_hour_goes_by_email_and_ops_hear_once),
		cmocka_unit_test(the_last_text_of_an_hour_says_until_when_there_is_no_other),
		cmocka_unit_test(what_cannot_be_counted_now_is_counted_a_second_later_and_nothing_is_given_up),
		cmocka_unit_test(where_there_is_no_other_channel_the_next_step_is_told),
		cmocka_unit_test(a_critical_text_is_held_back_by_no_other),
		cmocka_unit_test(the_same_words_stop_after_so_many_times_critical_or_not),
		cmocka_unit_test(a_restart_forgets_no_text_and_what_never_arrived_does_not_count),
		cmocka_unit_test(more_than_the_brake_can_hold_are_said_once_until_there_is_room),
		cmocka_unit_test(one_place_has_many_writings_and_two_places_have_none_in_common),
		cmocka_unit_test(a_channel_that_is_down_is_not_well_because_another_is),
		cmocka_unit_test(a_service_that_asks_for_an_hour_delays_nobody_who_has_an_email),
		cmocka_unit_test(a_service_that_asks_for_an_hour_gets_a_critical_text_within_a_minute_of_its_return),
		cmocka_unit_test(a_critical_message_is_tried_again_within_a_minute_whatever_its_recipient_asks_for),
		cmocka_unit_test(what_is_not_critical_waits_as_long_as_its_recipient_asks_for),
		cmocka_unit_test(a_channel_is_handed_so_many_within_a_minute_and_critical_ones_beyond),
		cmocka_unit_test(what_is_left_of_a_minute_is_all_that_a_channel_is_handed_in_it),
		cmocka_unit_test(more_critical_texts_than_a_minute_holds_go_at_once),
	};
	return cmocka_run_group_tests_name("courier_caps", tests, NULL, NULL);
}
