/* Whether this machine may send, where several hold the same rows: the courier asks before each message, sends what it
 * may and nothing else, and knows what another machine made of its rows. */
#include "courier_gate_world.h"

#include "store/store_internal.h"

/* ---- the sentences ---- */

static void while_the_gate_is_closed_nothing_is_sent_and_rows_get_their_people(void **state)
{
	(void)state;
	tell_person(bench, 1, true);
	wait_for(bench, 10 * MINUTE);
	assert_int_equal(bench->server.count, 0);
	assert_int_equal(script.asked_count, 0);
	struct row_counts counts = count_rows(bench);
	assert_int_equal(counts.in_state[OUTBOX_PENDING], 1);
	assert_string_equal(counts.address, "p-1@council.example");
}

static void what_operations_hear_needs_no_gate(void **state)
{
	struct outbox_row row = {.kind = OUTBOX_OPS, .purpose = TEXT("ops"), .role = TEXT("ops"), .payload = TEXT("{}"),
	                         .created = bench->hands.now, .not_before = bench->hands.now,
	                         .deadline = INSTANT_NEVER};
	(void)state;
	add_rows(bench, &row, 1);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 1);
	assert_int_equal(script.asked_count, 0);
}

static void what_waited_goes_as_soon_as_the_gate_opens(void **state)
{
	(void)state;
	tell_person(bench, 1, true);
	wait_for(bench, 5 * MINUTE + SECOND);
	open_gate(true);
	wait_for(bench, SECOND / 10);
	assert_int_equal(script.asked_count, 1);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND / 10);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
}

static void nothing_goes_before_it_may_and_its_end_is_said(void **state)
{
	(void)state;
	open_gate(true);
	tell_person(bench, 1, true);
	wait_for(bench, 4 * SECOND);
	assert_int_equal(bench->server.count, 0);
	assert_int_equal(script.asked_count, 1);
	assert_false(script.asked[0].doubtful);
	assert_memory_equal(&script.asked[0].row, &script.asked[0].message, sizeof script.asked[0].row);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 1);
	assert_int_equal(script.over_count, 1);
	assert_int_equal(script.over[0].what, GATE_TAKEN);
	assert_int_equal(script.over[0].permission, 1);
}

static void what_may_not_go_waits_and_is_asked_for_again_as_if_it_had_not_been_tried(void **state)
{
	(void)state;
	open_gate(true);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND / 10);
	refuse();
	wait_for(bench, SECOND / 10);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_PENDING], 1);
	wait_for(bench, 2 * SECOND);
	assert_int_equal(script.asked_count, 2);
	assert_false(script.asked[1].doubtful);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 1);
	assert_false(last_attempt()->possible_duplicate);
	assert_int_equal(script.over_count, 1);
}

static void a_permission_that_comes_too_late_sends_nothing_and_is_over(void **state)
{
	(void)state;
	open_gate(true);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND / 10);
	permit(1); /* some moment after the machine was started */
	wait_for(bench, SECOND / 100);
	assert_int_equal(bench->server.count, 0);
	assert_int_equal(script.over_count, 1);
	assert_int_equal(script.over[0].what, GATE_NOT_BEGUN);
	wait_for(bench, SECOND);
	assert_int_equal(script.asked_count, 2);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 1);
	assert_false(last_attempt()->possible_duplicate);
}

static void a_message_of_two_rows_goes_when_both_may_and_is_named_after_both(void **state)
{
	(void)state;
	open_gate(true);
	tell_two_roles();
	wait_for(bench, SECOND / 10);
	assert_int_equal(script.asked_count, 2);
	assert_memory_equal(&script.asked[1].message, &script.asked[0].message, sizeof script.asked[0].row);
	for (size_t i = 0; i < 2; i++)
		assert_memory_not_equal(&script.asked[0].message, &script.asked[i].row, sizeof script.asked[i].row);
	courier_may_send(bench->courier, &script.asked[0].row, 1, INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 0);
	courier_may_send(bench->courier, &script.asked[1].row, 2, INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 1);
	assert_int_equal(script.over_count, 2);
}

/* A permission that was asked for and not used: both rows wait again, or neither is taken for having waited. */
static void a_permission_that_came_too_late_and_cannot_be_written_is_written_the_next_time(void **state)
{
	(void)state;
	bool struck = true;
	open_gate(true);
	for (uint64_t at = 0; struck; at++) {
		assert_true(at < 1000);
		tell_two_roles();
		wait_for(bench, SECOND / 10);
		size_t before = bench->server.count;
		permit(1); /* long over */
		fail_at(at);
		(void)one_turn(bench);
		(void)one_turn(bench);
		struck = statements.struck;
		fail_at(NEVER_FAILS);
		wait_for(bench, 10 * SECOND);
		assert_int_equal(bench->server.count, before);
		permit(INSTANT_NEVER);
		wait_for(bench, 10 * SECOND);
		assert_int_equal(bench->server.count, before + 1);
		assert_false(last_attempt()->possible_duplicate);
		script.asked_count = script.given = script.over_count = 0;
	}
}

static void where_one_of_two_rows_may_not_go_the_permission_of_the_other_is_over(void **state)
{
	(void)state;
	open_gate(true);
	tell_two_roles();
	wait_for(bench, SECOND / 10);
	courier_may_send(bench->courier, &script.asked[0].row, 7, INSTANT_NEVER);
	courier_may_not_send(bench->courier, &script.asked[1].row);
	wait_for(bench, SECOND / 10);
	assert_int_equal(bench->server.count, 0);
	assert_int_equal(script.over_count, 1);
	assert_int_equal(script.over[0].permission, 7);
	assert_int_equal(script.over[0].what, GATE_NOT_BEGUN);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_PENDING], 2);
}

static void a_permission_that_nobody_waits_for_any_more_is_over_at_once(void **state)
{
	(void)state;
	open_gate(true);
	tell_two_roles();
	wait_for(bench, SECOND / 10);
	courier_may_not_send(bench->courier, &script.asked[0].row);
	wait_for(bench, SECOND / 10);
	courier_may_send(bench->courier, &script.asked[1].row, 9, INSTANT_NEVER);
	assert_int_equal(script.over_count, 1);
	assert_int_equal(script.over[0].permission, 9);
	assert_int_equal(bench->server.count, 0);
}

static void each_end_of_an_attempt_is_said_as_what_it_is(void **state)
{
	static const struct {
		enum answer answer;
		enum gate_what what;
	} ends[] = {{ANSWER_LATER, GATE_NOT_TAKEN}, {ANSWER_UNCERTAIN, GATE_PERHAPS}, {ANSWER_REFUSES, GATE_NOT_TAKEN},
	            {ANSWER_GIVEN, GATE_TAKEN}};
	(void)state;
	open_gate(true);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		behave(bench, (int)i, ends[i].answer, 0);
		tell_person(bench, (int)i, true);
		wait_for(bench, SECOND / 10);
		permit(INSTANT_NEVER);
		wait_for(bench, SECOND / 10);
		assert_int_equal(script.over[script.over_count - 1].what, ends[i].what);
	}
}

static void what_may_have_arrived_is_asked_for_as_doubtful(void **state)
{
	(void)state;
	open_gate(true);
	behave(bench, 1, ANSWER_UNCERTAIN, 0);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND / 10);
	permit(INSTANT_NEVER);
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(script.asked_count, 2);
	assert_true(script.asked[1].doubtful);
}

static void a_gate_that_says_later_is_asked_again_then(void **state)
{
	(void)state;
	open_gate(true);
	script.answer = GATE_LATER;
	script.wait = 5 * SECOND;
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	script.answer = GATE_ASKED;
	wait_for(bench, 3 * SECOND);
	assert_int_equal(script.asked_count, 0);
	wait_for(bench, 2 * SECOND);
	assert_int_equal(script.asked_count, 1);
}

/* While it waits nothing else happens that would wake the courier. */
static void what_is_to_go_later_is_asked_for_again_by_itself(void **state)
{
	instant next;
	(void)state;
	open_gate(true);
	script.laters = 1;
	script.wait = 5 * SECOND;
	tell_person(bench, 1, true);
	while (!script.asked_count && (next = one_turn(bench)) < bench->hands.elapsed + MINUTE)
		move(bench, next > bench->hands.elapsed ? next - bench->hands.elapsed : 0);
	assert_int_equal(script.asked_count, 1);
}

/* ---- what another machine made of a row ---- */

static void what_another_machine_sent_is_not_sent_again(void **state)
{
	(void)state;
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	struct outbox_row row = last_row();
	learn(&row.same, &row.same, true);
	open_gate(true);
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(script.asked_count, 0);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_DELIVERED], 1); /* its channel was asked, too */
}

static void what_was_sent_before_the_row_was_here_is_not_sent_again(void **state)
{
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	struct outbox_same same = outbox_same_of(&row, 0);
	(void)state;
	learn(&same, &same, true);
	open_gate(true);
	add_rows(bench, &row, 1);
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(script.asked_count, 0);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_DELIVERED], 1); /* its channel was asked, too */
}

static void what_may_have_gone_before_the_row_was_here_goes_marked(void **state)
{
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	struct outbox_same same = outbox_same_of(&row, 0);
	(void)state;
	learn(&same, &same, false);
	open_gate(true);
	add_rows(bench, &row, 1);
	wait_for(bench, SECOND);
	assert_int_equal(script.asked_count, 1);
	assert_true(script.asked[0].doubtful);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_true(last_attempt()->possible_duplicate);
}

static void what_may_have_gone_goes_again_marked_once_this_machine_sends(void **state)
{
	(void)state;
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	struct outbox_row row = last_row();
	learn(&row.same, &row.same, false);
	assert_true(last_row().possible_duplicate);
	open_gate(true);
	wait_for(bench, SECOND);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_true(last_attempt()->possible_duplicate);
}

static void what_was_taken_stays_taken_whatever_is_said_of_it_later(void **state)
{
	(void)state;
	open_gate(true);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND / 10);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	struct outbox_row row = last_row();
	learn(&row.same, &row.same, false);
	wait_for(bench, HOUR);
	assert_int_equal(bench->server.count, 1);
	assert_int_equal(last_row().state, OUTBOX_ACCEPTED);
}

static void set_row(const struct outbox_row *row, const char *sql)
{
	struct fault *fault;
	char words[160];
	(void)snprintf(words, sizeof words, "%s WHERE id = %lld", sql, (long long)row->id);
	OK(store_begin(bench->store, fault));
	OK(store_execute(bench->store, words, fault));
	OK(store_commit(bench->store, fault));
}

/* A machine gave it up or dropped it, and another found somebody: who was told is to hear of its end, too. */
static void what_failed_here_and_was_taken_there_was_taken(void **state)
{
	(void)state;
	for (int dropped = 0; dropped < 2; dropped++) {
		behave(bench, 1, ANSWER_REFUSES, 0);
		open_gate(!dropped);
		tell_person(bench, 1, true);
		wait_for(bench, SECOND / 10);
		permit(INSTANT_NEVER);
		wait_for(bench, SECOND);
		struct outbox_row row = last_row();
		if (dropped)
			set_row(&row, "UPDATE outbox SET state = 5, open = 0, reply = '" OUTBOX_NOT_SENT "' || 'late'");
		assert_int_equal(last_row().state, OUTBOX_FAILED);
		learn(&row.same, &row.same, false);
		assert_int_equal(last_row().state, OUTBOX_FAILED);
		learn(&row.same, &row.same, true);
		assert_true(outbox_went(last_row().state));
	}
}

/* The journal is read again after a start, and says only that it was taken. */
static void what_came_back_has_not_arrived_whatever_the_journal_said_before(void **state)
{
	(void)state;
	open_gate(true);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND / 10);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	struct outbox_row row = last_row();
	set_row(&row, "UPDATE outbox SET state = 5");
	learn(&row.same, &row.same, true);
	assert_int_equal(last_row().state, OUTBOX_FAILED);
}

/* Pages and mails say when somebody was told: not when a machine that was off read of it, nor later than now. */
static void what_another_machine_sent_was_sent_when_it_said_so(void **state)
{
	(void)state;
	for (int case_of = 0; case_of < 6; case_of++) {
		bool made = case_of < 3; /* before it is heard */
		instant told = bench->hands.now + MINUTE, heard = bench->hands.now + HOUR;
		struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
		struct outbox_same same = outbox_same_of(&row, 0);
		script.at = case_of % 3 == 0 ? told : case_of % 3 == 1 ? heard + 24 * HOUR : INSTANT_NONE;
		if (made)
			add_rows(bench, &row, 1);
		move(bench, HOUR);
		learn(&same, &same, true);
		move(bench, HOUR);
		if (!made)
			add_rows(bench, &row, 1);
		wait_for(bench, SECOND);
		assert_true(outbox_went(last_row().state));
		assert_true(last_row().sent == (case_of % 3 == 0 ? told : heard));
	}
}

static void where_records_were_lost_every_row_that_waits_is_doubtful(void **state)
{
	struct fault *fault;
	(void)state;
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	OK(courier_doubt_all(bench->courier, fault));
	open_gate(true);
	wait_for(bench, SECOND);
	assert_true(script.asked[0].doubtful);
}

/* ---- ends ---- */

static void what_still_waits_for_the_gate_at_the_end_was_not_sent(void **state)
{
	(void)state;
	open_gate(true);
	tell_two_roles();
	wait_for(bench, SECOND / 10);
	courier_may_send(bench->courier, &script.asked[0].row, 3, INSTANT_NEVER);
	courier_stop(bench->courier, 0);
	assert_int_equal(bench->server.count, 0);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_PENDING], 2);
	assert_int_equal(count_rows(bench).duplicates, 0);
	assert_int_equal(script.over_count, 1);
	assert_int_equal(script.over[0].what, GATE_NOT_BEGUN);
}

static void a_crash_while_it_is_asked_for_makes_it_doubtful(void **state)
{
	(void)state;
	open_gate(true);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND / 10);
	struct courier *left = bench->courier;
	bench_start_courier(bench, false); /* as the next process finds it */
	wait_for(bench, 2 * MINUTE);
	assert_true(script.asked[script.asked_count - 1].doubtful);
	courier_stop(bench->courier, 0);
	courier_free(bench->courier);
	bench->courier = left;
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		SENTENCE(while_the_gate_is_closed_nothing_is_sent_and_rows_get_their_people),
		SENTENCE(what_operations_hear_needs_no_gate),
		SENTENCE(what_waited_goes_as_soon_as_the_gate_opens),
		SENTENCE(nothing_goes_before_it_may_and_its_end_is_said),
		SENTENCE(what_may_not_go_waits_and_is_asked_for_again_as_if_it_had_not_been_tried),
		SENTENCE(a_permission_that_comes_too_late_sends_nothing_and_is_over),
		SENTENCE(a_message_of_two_rows_goes_when_both_may_and_is_named_after_both),
		SENTENCE(where_one_of_two_rows_may_not_go_the_permission_of_the_other_is_over),
		SENTENCE(a_permission_that_nobody_waits_for_any_more_is_over_at_once),
		SENTENCE(each_end_of_an_attempt_is_said_as_what_it_is),
		SENTENCE(what_may_have_arrived_is_asked_for_as_doubtful),
		SENTENCE(a_permission_that_came_too_late_and_cannot_be_written_is_written_the_next_time),
		SENTENCE(a_gate_that_says_later_is_asked_again_then),
		SENTENCE(what_is_to_go_later_is_asked_for_again_by_itself),
		SENTENCE(what_another_machine_sent_is_not_sent_again),
		SENTENCE(what_was_sent_before_the_row_was_here_is_not_sent_again),
		SENTENCE(what_may_have_gone_before_the_row_was_here_goes_marked),
		SENTENCE(what_may_have_gone_goes_again_marked_once_this_machine_sends),
		SENTENCE(what_was_taken_stays_taken_whatever_is_said_of_it_later),
		SENTENCE(what_failed_here_and_was_taken_there_was_taken),
		SENTENCE(what_came_back_has_not_arrived_whatever_the_journal_said_before),
		SENTENCE(what_another_machine_sent_was_sent_when_it_said_so),
		SENTENCE(where_records_were_lost_every_row_that_waits_is_doubtful),
		SENTENCE(what_still_waits_for_the_gate_at_the_end_was_not_sent),
		SENTENCE(a_crash_while_it_is_asked_for_makes_it_doubtful),
	};
	return cmocka_run_group_tests_name("courier_gate", tests, NULL, NULL);
}
