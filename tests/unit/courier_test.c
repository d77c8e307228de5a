/* When the courier sends, waits and gives word, by a clock that the test moves and a server in memory. */
#include "courier_fixture.h"

/* ---- hours and grouping ---- */

static void an_alert_that_is_not_critical_waits_a_minute_for_others(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	tell_person(bench, 1, false);
	wait_for(bench, 40 * SECOND);
	tell_person(bench, 1, false);
	tell_person(bench, 2, false);
	wait_for(bench, 20 * SECOND - 1);
	assert_int_equal(bench->arrival_count, 0);
	wait_for(bench, 2);
	assert_int_equal(bench->arrival_count, 1); /* one message for both; the other person's minute is not over */
	assert_int_equal(bench->arrivals[0].person, 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 2);
	wait_for(bench, MINUTE);
	assert_int_equal(bench->arrival_count, 2);
	bench_end(bench);
}

/* However many rows a turn takes: eight o'clock, and 300 alerts that waited for it. */
static void all_that_waited_for_the_morning_goes_in_one_message_a_person(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T22:00:00Z", 1);
	for (int i = 0; i < 300; i++) {
		char role[40];
		(void)snprintf(role, sizeof role, "p-%d", i % 6);
		struct outbox_row row = row_of(bench, new_alert(bench, false), role, false);
		row.not_before = bench->hands.now + 10 * HOUR;
		add_rows(bench, &row, 1);
	}
	wait_for(bench, 10 * HOUR + 2 * MINUTE);
	assert_int_equal(bench->arrival_count, 6);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 300);
	bench_end(bench);
}

static void a_critical_alert_waits_for_nothing(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:10:00Z", 1);
	bench->people[1].hours_from = 600;
	bench->people[1].hours_until = 840;
	tell_person(bench, 1, true);
	wait_for(bench, 0);
	assert_int_equal(bench->arrival_count, 1);
	bench_end(bench);
}

static void what_is_not_critical_keeps_the_recipients_own_hours_and_days(void **state)
{
	(void)state;
	static const struct {
		const char *now, *then;
		int from, until; /* minutes */
		unsigned days;
	} cases[] = {
		{"2020-02-05T08:30:00Z", "2020-02-05T10:00:00Z", 600, 840, 0}, /* before ten */
		{"2020-02-05T11:00:00Z", "2020-02-05T11:01:00Z", 600, 840, 0}, /* within: only the minute */
		{"2020-02-07T14:00:00Z", "2020-02-10T10:00:00Z", 600, 840, 0}, /* Friday at two: Monday */
		{"2020-03-27T15:00:00Z", "2020-03-30T09:00:00Z", 600, 840,
	         0}, /* over the clock change: ten in summer time */
		{"2020-12-24T15:00:00Z", "2020-12-28T10:00:00Z", 600, 840, 0}, /* over Christmas and a weekend */
		{"2020-02-05T11:00:00Z", "2020-02-10T10:00:00Z", 600, 840, 1}, /* a Wednesday; they work on Mondays */
		{"2020-02-05T11:00:00Z", "2020-02-06T10:00:00Z", 600, 840, 8}, /* on Thursdays */
		{"2020-02-05T20:00:00Z", "2020-02-06T08:00:00Z", -1, -1, 0},   /* the council's hours */
		{"2020-02-05T11:00:00Z", "2020-02-06T08:00:00Z", -1, -1, 8},   /* on Thursdays */
		{"2020-02-08T03:00:00Z", "2020-02-08T03:01:00Z", 0, 1440, 0}}; /* at all hours */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bench *bench = bench_begin(cases[i].now, 1);
		char then[32];
		bench->people[1].hours_from = cases[i].from;
		bench->people[1].hours_until = cases[i].until;
		bench->people[1].days = cases[i].days;
		tell_person(bench, 1, false);
		wait_for(bench, 0);
		instant_print(count_rows(bench).next, then);
		assert_string_equal(then, cases[i].then);
		bench_end(bench);
	}
}

static void who_works_when_others_do_not_hears_at_night(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-08T03:00:00Z", 1);
	bench->people[1].hours_from = bench->people[1].hours_until = -1;
	bench->roles[1].out_of_hours = true;
	tell_person(bench, 1, false);
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(bench->arrival_count, 1);
	bench_end(bench);
}

static enum result is_untouched(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)argument, (void)fault;
	assert_int_equal(row->state, OUTBOX_PENDING);
	assert_int_equal(row->attempts, 0);
	return RESULT_OK;
}

static void what_waits_for_others_counts_as_not_yet_tried(void **state)
{
	(void)state;
	struct fault *fault;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	tell_person(bench, 1, false);
	wait_for(bench, SECOND);
	OK(outbox_each(bench->store, TEXT_NONE, false, 10, is_untouched, NULL, fault));
	bench_end(bench);
}

static void an_opening_digest_is_one_message_a_person(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct payload payload = PAYLOAD_EMPTY;
	struct buffer json = {0};
	payload.cause = CAUSE_GO_LIVE;
	payload.cause_known = true;
	payload_write(&payload, &json);
	for (int i = 0; i < 200; i++) {
		struct outbox_row row = row_of(bench, new_alert(bench, false), i % 2 ? "p-1" : "p-2", false);
		row.payload = buffer_view(&json);
		add_rows(bench, &row, 1);
	}
	buffer_free(&json);
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(bench->arrival_count, 2);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 200);
	bench_end(bench);
}

/* A message that is not a digest holds sixty; the others go in a second one. None is left out. */
static void more_than_fit_go_in_a_second_message(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	for (int i = 0; i < 100; i++)
		tell_person(bench, 1, false);
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(bench->arrival_count, 2);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 100);
	bench_end(bench);
}

static void everybody_who_holds_a_role_is_told_however_many(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	tell(bench, "all", true);
	wait_for(bench, MINUTE);
	for (int i = 0; i < PEOPLE; i++)
		assert_int_equal(attempts_at(bench, i), 1);
	bench_end(bench);
}

/* ---- critical first ---- */

static void a_critical_alert_is_with_the_server_within_five_seconds_whatever_others_do(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 2);
	bench->usual.took_ms = 2000;
	for (int i = 0; i < 2000; i++)
		tell_person(bench, i % (PEOPLE - 1), false);
	for (int i = 10; i < 20; i++)
		behave(bench, i, ANSWER_HANGS, 30000);
	wait_for(bench, 65 * SECOND); /* their minute is over: all lines are busy */
	instant asked = bench->hands.elapsed;
	tell_person(bench, PEOPLE - 1, true);
	wait_for(bench, 10 * SECOND);
	assert_true(accepted_at(bench, PEOPLE - 1, true) <= asked + 5 * SECOND);
	assert_true(count_rows(bench).in_state[OUTBOX_ACCEPTED] < 2000); /* there was something to overtake */
	bench_end(bench);
}

static void critical_alerts_to_mailboxes_that_hang_hold_up_no_other_critical_one(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:10:00Z", 2);
	for (int i = 0; i < 12; i++) {
		behave(bench, i, ANSWER_HANGS, 30000);
		tell_person(bench, i, true);
	}
	wait_for(bench, SECOND);
	instant asked = bench->hands.elapsed;
	tell_person(bench, 40, true);
	wait_for(bench, 10 * SECOND);
	assert_true(accepted_at(bench, 40, true) <= asked + 5 * SECOND);
	assert_true(figures_of(bench).trouble_since == INSTANT_NONE); /* a mailbox is not the server */
	bench_end(bench);
}

static void a_mailbox_that_hangs_takes_a_line_less_and_less_often_and_never_two(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 2);
	bench->usual.took_ms = 10;
	behave(bench, 1, ANSWER_HANGS, 10000);
	for (int i = 0; i < 200; i++) {
		tell_person(bench, 1, true);
		tell_person(bench, 2, true);
	}
	wait_for(bench, 30 * MINUTE);
	assert_int_equal(attempts_at(bench, 2), 200);
	/* At first four at once; then, over a line of its own, one after another: ten seconds, and a pause of up to a
	 * minute. */
	assert_true(attempts_at(bench, 1) < 100);
	behave(bench, 1, ANSWER_OK, 10);
	wait_for(bench, 2 * HOUR);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 400);
	bench_end(bench);
}

static void a_server_that_closes_in_the_body_is_tried_again_within_a_minute_each_time(void **state)
{
	(void)state;
	static const enum answer answers[] = {ANSWER_CLOSES, ANSWER_UNCERTAIN};
	for (size_t i = 0; i < 2; i++) {
		struct bench *bench = bench_begin("2020-02-05T02:10:00Z", 1);
		behave(bench, 1, answers[i], 100);
		tell_person(bench, 1, true);
		wait_for(bench, 12 * MINUTE);
		assert_true(bench->arrival_count >= 12);
		for (size_t k = 1; k < bench->arrival_count; k++)
			assert_true(bench->arrivals[k].at - bench->arrivals[k - 1].at <= MINUTE);
		bench_end(bench);
	}
}

/* ---- the server's trouble ---- */

static void five_minutes_of_refusal_are_said_once(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	bench->usual.answer = ANSWER_DOWN;
	tell_person(bench, 1, true);
	wait_for(bench, 0);
	instant began = bench->hands.now;
	assert_true(figures_of(bench).trouble_since == began && !figures_of(bench).mail_down &&
	            figures_of(bench).trouble[0]);
	wait_for(bench, 5 * MINUTE - SECOND);
	assert_false(figures_of(bench).mail_down);
	wait_for(bench, SECOND);
	assert_true(figures_of(bench).mail_down);
	bench->usual.answer = ANSWER_OK;
	wait_for(bench, MINUTE);
	assert_true(figures_of(bench).trouble_since == INSTANT_NONE && !figures_of(bench).mail_down);
	wait_for(bench, MINUTE); /* its own pause */
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	bench_end(bench);
}

static void a_server_in_trouble_is_tried_with_one_message_at_a_time_critical_ones_first(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 4);
	bench->usual = (struct behaviour){.answer = ANSWER_DOWN, .took_ms = 3000};
	for (int i = 0; i < 20; i++)
		tell_person(bench, i, false);
	wait_for(bench, 2 * MINUTE);
	for (int i = 20; i < 40; i++)
		tell_person(bench, i, true);
	size_t before = bench->arrival_count;
	wait_for(bench, 5 * MINUTE);
	for (size_t i = before + 1; i < bench->arrival_count; i++) {
		assert_true(bench->arrivals[i].at - bench->arrivals[i - 1].at >= 3 * SECOND);
		assert_true(i < before + 2 || bench->arrivals[i].critical);
	}
	bench->usual.answer = ANSWER_OK;
	wait_for(bench, MINUTE);
	size_t accepted = 0;
	for (size_t i = 0; i < bench->arrival_count; i++)
		accepted += bench->arrivals[i].critical && bench->arrivals[i].answer == ANSWER_OK;
	assert_true(accepted >= 1);
	bench_end(bench);
}

/* What could not go in its step's time because the server was down goes when it is back: late, not never. */
static void a_server_that_is_back_gets_all_also_what_is_past_its_time(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 4);
	bench->usual = (struct behaviour){.answer = ANSWER_DOWN, .took_ms = 1};
	for (int i = 0; i < 40; i++) {
		struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
		row.deadline = bench->hands.now + 30 * MINUTE;
		add_rows(bench, &row, 1);
	}
	wait_for(bench, HOUR);
	bench->usual = (struct behaviour){.answer = ANSWER_OK, .took_ms = 200};
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 40);
	bench_end(bench);
}

static void three_silent_mailboxes_one_after_another_are_the_servers_silence(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	for (int i = 0; i < 3; i++)
		behave(bench, i, ANSWER_CLOSES, 10);
	tell_person(bench, 0, true);
	tell_person(bench, 1, true);
	wait_for(bench, 0);
	assert_true(figures_of(bench).trouble_since == INSTANT_NONE);
	tell_person(bench, 2, true);
	wait_for(bench, SECOND);
	assert_true(figures_of(bench).trouble_since != INSTANT_NONE);
	bench_end(bench);
}

/* With the server down and many rows waiting no turn does more work than with few. */
static void a_turn_does_no_more_work_with_many_rows_waiting_than_with_few(void **state)
{
	(void)state;
	uint64_t most[2];
	for (int many = 0; many < 2; many++) {
		struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 2);
		struct fault *fault;
		bench->usual.answer = ANSWER_DOWN;
		OK(store_begin(bench->store, fault));
		for (int i = 0; i < (many ? 6000 : 100); i++) {
			char role[40];
			int64_t id;
			(void)snprintf(role, sizeof role, "p-%d", i % PEOPLE);
			struct outbox_row row = row_of(bench, new_alert(bench, false), role, false);
			OK(outbox_add(bench->store, &row, &id, fault));
		}
		OK(store_commit(bench->store, fault));
		wait_for(bench, 10 * MINUTE);
		bench->steps_most = 0;
		wait_for(bench, 10 * MINUTE);
		most[many] = bench->steps_most;
		bench_end(bench);
	}
	assert_true(most[1] < 4 * most[0] + 50000); /* letters are fuller; nothing walks all rows */
}

/* ---- loops that a failure feeds ---- */

/* As a ladder would that asks again at once, whatever failed. */
static void ask_again_at_once(struct bench *bench, struct text alert, int step)
{
	struct outbox_row row = row_of(bench, alert, bench->alerts % 2 ? "nobody" : "p-1", true);
	row.step = step;
	add_rows(bench, &row, 1);
}

static void a_role_nobody_holds_makes_no_loop(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	bench->on_nobody = ask_again_at_once;
	tell(bench, "nobody", true);
	wait_for(bench, HOUR);
	assert_true(bench->nobody_count >= 1 && bench->nobody_count <= 61);
	assert_true(count_rows(bench).in_state[OUTBOX_FAILED] <= 62);
	bench_end(bench);
}

static void a_mailbox_that_refuses_is_asked_once_a_minute_at_most(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	bench->on_nobody = ask_again_at_once;
	behave(bench, 1, ANSWER_REFUSES, 5);
	(void)new_alert(bench, true);
	tell_person(bench, 1, true);
	for (int minute = 0; minute < 10; minute++) {
		for (int i = 0; i < 20; i++)
			tell_person(bench, 1, true);
		wait_for(bench, MINUTE);
	}
	assert_true(attempts_at(bench, 1) >= 5 && attempts_at(bench, 1) <= 40);
	bench->on_nobody = NULL;
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(count_rows(bench).critical_open, 0);
	bench_end(bench);
}

/* Each by itself, and at once: that one could not be told keeps nobody from hearing of the next. */
static void a_second_alert_that_cannot_be_told_within_five_minutes_is_told_to_ops_too(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	behave(bench, 1, ANSWER_REFUSES, 5);
	behave(bench, 2, ANSWER_REFUSES, 5);
	tell_person(bench, 1, true);
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).ops, 1);
	tell_person(bench, 2, true);
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).ops, 2);
	tell(bench, "nobody", true);
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).ops, 3);
	tell_person(bench, 1, true); /* the same person in the same role: another alert all the same */
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(count_rows(bench).ops, 4);
	bench_end(bench);
}

/* ---- what is looked at anew ---- */

static void an_address_that_is_corrected_is_used_by_what_is_being_retried(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	behave(bench, 1, ANSWER_LATER, 5);
	tell_person(bench, 1, false);
	wait_for(bench, 2 * HOUR); /* its pause is a quarter of an hour by now */
	bench->people[1].addresses[CHANNEL_EMAIL] = "p-31@council.example";
	courier_use(bench->courier, &bench->directory, bench->rules, bench->calendar);
	wait_for(bench, SECOND);
	assert_int_equal(attempts_at(bench, 31), 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	assert_string_equal(count_rows(bench).address, "p-31@council.example");
	bench_end(bench);
}

static void cover_that_begins_while_a_message_waits_is_told(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T20:00:00Z", 1);
	bench->people[1].hours_from = bench->people[1].hours_until = -1;
	tell_person(bench, 1, false);
	wait_for(bench, MINUTE);
	bench->covers[0] =
		(struct cover){.person = "p-1", .by = "p-2", .from = day_of(2020, 2, 6), .until = day_of(2020, 2, 6)};
	bench->directory.cover_count = 1;
	wait_for(bench, 24 * HOUR);
	assert_int_equal(attempts_at(bench, 1), 0);
	assert_int_equal(attempts_at(bench, 2), 1);
	bench_end(bench);
}

static void a_wall_clock_that_is_set_back_delays_nobody(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	behave(bench, 1, ANSWER_LATER, 0);
	behave(bench, 3, ANSWER_LATER, 0);
	tell_person(bench, 1, true);
	tell_person(bench, 2, false);
	wait_for(bench, SECOND);
	behave(bench, 1, ANSWER_OK, 0);
	instant before = bench->hands.elapsed;
	bench->hands.now -= 50 * SECOND; /* less than a minute, and then an hour more */
	wait_for(bench, 5 * SECOND);
	assert_true(accepted_at(bench, 1, true) <= before + 5 * SECOND);
	bench->hands.now -= HOUR;
	wait_for(bench, 55 * SECOND);
	assert_true(accepted_at(bench, 2, false) <= before + MINUTE);
	bench_end(bench);
}

/* ---- words ---- */

static void plain_words_keep_the_child_off_the_lock_screen(void **state)
{
	(void)state;
	struct calendar *calendar = bench_calendar();
	static const struct directory directory;
	struct payload payload = PAYLOAD_EMPTY;
	static const enum message_purpose purposes[] = {MESSAGE_OPENED,    MESSAGE_WARNED,      MESSAGE_UPDATED,
	                                                MESSAGE_ESCALATED, MESSAGE_ASKED_AGAIN, MESSAGE_RESOLVED,
	                                                MESSAGE_WITHDRAWN};
	payload.because = TEXT("C1001 was missing");
	struct message_alert alerts[2];
	for (size_t i = 0; i < 2; i++)
		alerts[i] = (struct message_alert){.number = 7,
		                                   .title = "T",
		                                   .subject = TEXT("C1001"),
		                                   .initials = TEXT("AK"),
		                                   .age = 15,
		                                   .payload = &payload};
	for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
		for (size_t count = 1; count <= 2; count++) {
			struct message message = {0};
			struct message_input input = {.purpose = purposes[i], .alerts = alerts, .alert_count = count,
			                              .payload = &payload, .role = "dcs", .role_title = "D", .now = 0,
			                              .calendar = calendar, .directory = &directory};
			message_plain(&input, &message);
			assert_true(strstr(message.text.at, "C1001") - message.text.at >= 256);
			assert_null(strstr(message.subject.at, "C1001"));
			message_free(&message);
		}
	calendar_free(calendar);
}

/* Whatever a row's kind, its purpose says what it is: a reminder is no list. */
static void each_kind_of_row_has_the_words_of_its_purpose(void **state)
{
	static const struct {
		enum outbox_kind kind;
		const char *purpose, *says;
	} rows[] = {{OUTBOX_ALERT, "opened", "Critical alert A-1001"},
	            {OUTBOX_REMINDER, "asked-again", "Critical alert A-1001: asked again"},
	            {OUTBOX_ALERT, "updated", "Critical alert A-1001: changed"},
	            {OUTBOX_WARNING, "warned", "Early warning A-1001"}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
		struct text alert = new_alert(bench, true);
		struct outbox_row row = row_of(bench, alert, "p-1", true);
		row.kind = rows[i].kind;
		row.purpose = text_of(rows[i].purpose);
		row.person = TEXT("p-1");
		add_rows(bench, &row, 1);
		wait_for(bench, 2 * MINUTE);
		assert_int_equal(bench->server.count, 1);
		const char *subject = strstr(bench->server.attempts[0].subject, rows[i].says);
		if (!subject || strcmp(subject, rows[i].says) != 0)
			fail_msg("%s: %s", rows[i].purpose, bench->server.attempts[0].subject);
		bench_end(bench);
	}
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_that_is_not_critical_waits_a_minute_for_others),
		cmocka_unit_test(all_that_waited_for_the_morning_goes_in_one_message_a_person),
		cmocka_unit_test(a_critical_alert_waits_for_nothing),
		cmocka_unit_test(what_is_not_critical_keeps_the_recipients_own_hours_and_days),
		cmocka_unit_test(who_works_when_others_do_not_hears_at_night),
		cmocka_unit_test(an_opening_digest_is_one_message_a_person),
		cmocka_unit_test(more_than_fit_go_in_a_second_message),
		cmocka_unit_test(everybody_who_holds_a_role_is_told_however_many),
		cmocka_unit_test(what_waits_for_others_counts_as_not_yet_tried),
		cmocka_unit_test(a_critical_alert_is_with_the_server_within_five_seconds_whatever_others_do),
		cmocka_unit_test(critical_alerts_to_mailboxes_that_hang_hold_up_no_other_critical_one),
		cmocka_unit_test(a_mailbox_that_hangs_takes_a_line_less_and_less_often_and_never_two),
		cmocka_unit_test(a_server_that_closes_in_the_body_is_tried_again_within_a_minute_each_time),
		cmocka_unit_test(five_minutes_of_refusal_are_said_once),
		cmocka_unit_test(a_server_in_trouble_is_tried_with_one_message_at_a_time_critical_ones_first),
		cmocka_unit_test(a_server_that_is_back_gets_all_also_what_is_past_its_time),
		cmocka_unit_test(three_silent_mailboxes_one_after_another_are_the_servers_silence),
		cmocka_unit_test(a_turn_does_no_more_work_with_many_rows_waiting_than_with_few),
		cmocka_unit_test(a_role_nobody_holds_makes_no_loop),
		cmocka_unit_test(a_mailbox_that_refuses_is_asked_once_a_minute_at_most),
		cmocka_unit_test(a_second_alert_that_cannot_be_told_within_five_minutes_is_told_to_ops_too),
		cmocka_unit_test(an_address_that_is_corrected_is_used_by_what_is_being_retried),
		cmocka_unit_test(cover_that_begins_while_a_message_waits_is_told),
		cmocka_unit_test(a_wall_clock_that_is_set_back_delays_nobody),
		cmocka_unit_test(plain_words_keep_the_child_off_the_lock_screen),
		cmocka_unit_test(each_kind_of_row_has_the_words_of_its_purpose),
	};
	return cmocka_run_group_tests_name("courier", tests, NULL, NULL);
}
