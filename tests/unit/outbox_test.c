/* Messages wait in order, leave one at a time, and are never lost: rather twice than never. */
#include "store_fixture.h"

#include "store/gauges.h"
#include "store/store_internal.h"

static int64_t owe(struct fixture *f, enum outbox_kind kind, bool critical, instant not_before, const char *purpose)
{
	int64_t id;
	struct outbox_row row = {.kind = kind,
	                         .critical = critical,
	                         .purpose = text_of(purpose),
	                         .role = TEXT("director"),
	                         .payload = TEXT("{\"because\":\"x\"}"),
	                         .alert = TEXT("00000000000000aa"),
	                         .rule = TEXT("r"),
	                         .created = 10,
	                         .not_before = not_before,
	                         .deadline = INSTANT_NEVER};
	OK(outbox_add(f->store, &row, &id, &f->fault));
	return id;
}

/* As the courier does: the critical lane first; in a transaction of its own. */
static void claim(struct fixture *f, instant now, struct outbox_row *row, bool *found)
{
	OK(store_begin(f->store, &f->fault));
	OK(outbox_claim(f->store, now, true, row, found, &f->fault));
	if (!*found)
		OK(outbox_claim(f->store, now, false, row, found, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static instant next_of(struct fixture *f)
{
	instant critical, other;
	OK(outbox_next(f->store, true, &critical, &f->fault));
	OK(outbox_next(f->store, false, &other, &f->fault));
	return critical < other ? critical : other;
}

static void assert_claims(struct fixture *f, instant now, const char *purpose)
{
	struct outbox_row row;
	bool found;
	claim(f, now, &row, &found);
	assert_int_equal(found, purpose != NULL);
	if (purpose)
		assert_true(text_equal(row.purpose, text_of(purpose)));
	assert_false(store_in_transaction(f->store));
}

static void alerts_go_before_lists_critical_before_others_and_older_before_younger(void **state)
{
	struct fixture *f = *state;
	(void)owe(f, OUTBOX_LIST, false, 0, "list");
	(void)owe(f, OUTBOX_ALERT, false, 0, "high 1");
	(void)owe(f, OUTBOX_ALERT, false, 0, "high 2");
	(void)owe(f, OUTBOX_OPS, false, 0, "ops");
	(void)owe(f, OUTBOX_ALERT, true, 0, "critical");
	(void)owe(f, OUTBOX_ALERT, true, 500, "tomorrow");
	assert_claims(f, 100, "critical");
	assert_claims(f, 100, "high 1");
	assert_claims(f, 100, "high 2");
	assert_claims(f, 100, "ops");
	assert_claims(f, 100, "list");
	assert_claims(f, 100, NULL);
	assert_claims(f, 500, "tomorrow");
}

static void a_claimed_row_is_whole(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row;
	bool found;
	int64_t id = owe(f, OUTBOX_ALERT, true, 5, "opened");
	claim(f, 5, &row, &found);
	assert_true(found && row.id == id && row.critical && row.attempts == 1 && row.state == OUTBOX_SENDING);
	assert_true(text_equal(row.payload, TEXT("{\"because\":\"x\"}")));
	assert_true(text_equal(row.alert, TEXT("00000000000000aa")));
	assert_true(row.sent == INSTANT_NONE && row.deadline == INSTANT_NEVER && row.created == 10);
	assert_int_equal(row.person.length, 0);
}

static enum result see_outbox(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct seen *seen = argument;
	(void)fault;
	buffer_format(&seen->ids, "%s%.*s %s%s", seen->count++ ? ", " : "", TEXT_ARG(row->purpose),
	              outbox_state_name(row->state), row->possible_duplicate ? " again" : "");
	return RESULT_OK;
}

static void a_row_found_in_sending_is_sent_again_as_a_possible_duplicate(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	struct outbox_row row;
	size_t uncertain;
	bool found;
	(void)owe(f, OUTBOX_ALERT, true, 0, "opened");
	(void)owe(f, OUTBOX_ALERT, true, 0, "waiting");
	claim(f, 5, &row, &found);
	OK(outbox_address(f->store, row.id, TEXT("p-director"), TEXT("email"), TEXT("d@council.example"), TEXT("<1@c>"),
	                  &f->fault));
	fixture_reopen(f); /* as after a crash: nothing was said about it */
	OK(outbox_recover(f->store, &uncertain, &f->fault));
	assert_int_equal(uncertain, 1);
	OK(outbox_each(f->store, TEXT_NONE, true, 10, see_outbox, &seen, &f->fault));
	assert_seen(&seen, "waiting pending, opened uncertain again");
	claim(f, 5, &row, &found);
	assert_true(found && row.possible_duplicate && row.attempts == 2);
	assert_true(text_equal(row.message_id, TEXT("<1@c>")));
	assert_true(text_equal(row.person, TEXT("p-director")));
	OK(outbox_result(f->store, row.id, OUTBOX_ACCEPTED, 50, INSTANT_NEVER, TEXT("250 ok"), &f->fault));
	OK(outbox_recover(f->store, &uncertain, &f->fault));
	assert_int_equal(uncertain, 0);
}

static void a_temporary_failure_waits_and_a_permanent_one_ends_it(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row;
	bool found;
	int64_t id = owe(f, OUTBOX_ALERT, false, 0, "opened");
	assert_claims(f, 10, "opened");
	assert_true(next_of(f) == INSTANT_NEVER);
	OK(outbox_result(f->store, id, OUTBOX_RETRY, 20, 80, TEXT("451 later"), &f->fault));
	assert_int_equal(next_of(f), 80);
	assert_claims(f, 79, NULL);
	claim(f, 80, &row, &found);
	assert_true(found && row.attempts == 2 && !row.possible_duplicate);
	assert_true(text_equal(row.reply, TEXT("451 later")));
	OK(outbox_result(f->store, id, OUTBOX_FAILED, 90, INSTANT_NEVER, TEXT("550 no such user"), &f->fault));
	assert_claims(f, 10000, NULL);
}

static void an_accepted_message_keeps_when_and_what_the_server_said(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	int64_t id = owe(f, OUTBOX_ALERT, false, 0, "opened");
	assert_claims(f, 10, "opened");
	OK(outbox_result(f->store, id, OUTBOX_UNCERTAIN, 20, 30, TEXT("timeout after DATA"), &f->fault));
	assert_claims(f, 29, NULL);
	assert_claims(f, 30, "opened");
	OK(outbox_result(f->store, id, OUTBOX_ACCEPTED, 40, INSTANT_NEVER, TEXT("250 2.0.0 queued"), &f->fault));
	OK(outbox_each(f->store, TEXT_NONE, false, 10, see_outbox, &seen, &f->fault));
	assert_seen(&seen, "opened accepted again");
	OK(outbox_each(f->store, TEXT_NONE, true, 10, see_outbox, &seen, &f->fault));
	assert_seen(&seen, "");
}

static void a_row_that_is_held_goes_back_as_if_it_had_not_been_claimed(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row;
	bool found;
	int64_t id = owe(f, OUTBOX_ALERT, false, 0, "opened");
	assert_claims(f, 10, "opened");
	OK(outbox_hold(f->store, id, 60, &f->fault));
	assert_claims(f, 59, NULL);
	claim(f, 60, &row, &found);
	assert_true(found && row.attempts == 1);
}

static void a_claim_within_a_transaction_goes_with_it(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row;
	bool found;
	(void)owe(f, OUTBOX_ALERT, false, 0, "opened");
	OK(store_begin(f->store, &f->fault));
	OK(outbox_claim(f->store, 10, false, &row, &found, &f->fault));
	assert_true(found && store_in_transaction(f->store));
	store_rollback(f->store);
	assert_claims(f, 10, "opened");
}

/* Addressed and held, as the courier leaves a row that waits for others. */
static int64_t hold(struct fixture *f, const char *person, const char *purpose, instant until)
{
	int64_t id = owe(f, OUTBOX_ALERT, false, 10, purpose);
	struct outbox_row row;
	bool found;
	claim(f, 10, &row, &found);
	assert_int_equal(row.id, id);
	OK(outbox_address(f->store, id, text_of(person), TEXT("email"), TEXT("a@b.example"), TEXT_NONE, &f->fault));
	OK(outbox_hold(f->store, id, until, &f->fault));
	return id;
}

static void rows_that_gather_for_one_person_are_found_together(void **state)
{
	struct fixture *f = *state;
	struct outbox_row first, row;
	instant at;
	bool found;
	(void)hold(f, "p-a", "opened", 60);
	(void)hold(f, "p-b", "opened", 60);
	int64_t escalated = hold(f, "p-a", "escalated", 60);
	(void)hold(f, "p-a", "updated", 60);
	int64_t later = hold(f, "p-a", "opened", 61);
	OK(outbox_gathers(f->store, TEXT("p-a"), 10, 100, &at, &f->fault));
	assert_int_equal(at, 60);
	OK(outbox_gathers(f->store, TEXT("p-a"), 60, 100, &at, &f->fault));
	assert_int_equal(at, 61);
	OK(outbox_gathers(f->store, TEXT("p-c"), 10, 100, &at, &f->fault));
	assert_true(at == INSTANT_NEVER);
	OK(store_begin(f->store, &f->fault));
	OK(outbox_claim(f->store, 60, false, &first, &found, &f->fault));
	static const struct text purposes[] = {TEXT_LITERAL("opened"), TEXT_LITERAL("escalated"), {NULL, 0}};
	OK(outbox_claim_beside(f->store, 60, TEXT("p-a"), purposes, &row, &found, &f->fault));
	assert_true(found && row.id == escalated);
	OK(outbox_claim_beside(f->store, 60, TEXT("p-a"), purposes, &row, &found, &f->fault));
	assert_false(found); /* another person's, another purpose, not yet */
	OK(outbox_claim_beside(f->store, 61, TEXT("p-a"), purposes, &row, &found, &f->fault));
	assert_true(found && row.id == later);
	OK(store_commit(f->store, &f->fault));
}

static void a_message_that_was_tried_is_found_whole(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row;
	bool found;
	for (int i = 0; i < 3; i++) {
		(void)owe(f, OUTBOX_ALERT, false, 0, "opened");
		claim(f, 10, &row, &found);
		OK(outbox_address(f->store, row.id, TEXT("p-a"), TEXT("email"), TEXT("a@b.example"),
		                  i < 2 ? TEXT("<1@c>") : TEXT("<2@c>"), &f->fault));
		OK(outbox_result(f->store, row.id, OUTBOX_RETRY, 10, 50, TEXT("451"), &f->fault));
	}
	OK(store_begin(f->store, &f->fault));
	for (int i = 0; i < 3; i++) {
		OK(outbox_claim_again(f->store, TEXT("<1@c>"), 0, &row, &found, &f->fault));
		assert_int_equal(found, i < 2);
	}
	OK(store_commit(f->store, &f->fault));
}

/* Somebody sets the clock back: what waits for a while is not delayed by it, what waits for eight o'clock waits for
 * eight. */
static void what_waits_for_a_while_follows_a_clock_that_is_set(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row;
	bool found;
	(void)owe(f, OUTBOX_ALERT, true, 0, "opened");
	claim(f, 10, &row, &found);
	OK(outbox_result(f->store, row.id, OUTBOX_RETRY, 1000, 1015, TEXT("451"), &f->fault));
	(void)owe(f, OUTBOX_ALERT, false, 5000, "at eight");
	OK(outbox_shift(f->store, 500, -500, 60, &f->fault));
	assert_int_equal(next_of(f), 515);
	assert_claims(f, 515, "opened");
	assert_int_equal(next_of(f), 5000);
}

/* Claims cost the same whether nothing else waits or forty thousand rows do: SQLite's own count of its steps. */
static void rows_that_wait_for_later_cost_nothing(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row;
	bool found;
	OK(store_begin(f->store, &f->fault));
	for (int i = 0; i < 5000; i++)
		(void)owe(f, OUTBOX_ALERT, i % 2, 1000000, "later");
	(void)owe(f, OUTBOX_LIST, false, 0, "list");
	uint64_t before = store_steps(f->store);
	OK(outbox_claim(f->store, 100, true, &row, &found, &f->fault));
	assert_false(found);
	OK(outbox_claim(f->store, 100, false, &row, &found, &f->fault));
	assert_true(found && text_equal(row.purpose, TEXT("list")));
	assert_true(store_steps(f->store) - before < 500);
	OK(store_commit(f->store, &f->fault));
}

static enum result note_id(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)fault;
	buffer_format(argument, "%d ", (int)row->id);
	return RESULT_OK;
}

/* Page by page, as whoever looks at all of it turns them. */
static void the_next_page_goes_on_where_the_one_before_ended(void **state)
{
	struct fixture *f = *state;
	struct buffer ids = {0};
	struct outbox_row row;
	bool found;
	for (int i = 0; i < 5; i++)
		(void)owe(f, OUTBOX_ALERT, false, 0, "opened");
	claim(f, 10, &row, &found); /* the first: it is over, and no longer open */
	OK(outbox_result(f->store, row.id, OUTBOX_ACCEPTED, 20, INSTANT_NEVER, TEXT("250"), &f->fault));
	OK(outbox_before(f->store, false, 0, 2, note_id, &ids, &f->fault));
	assert_string_equal(buffer_cstr(&ids), "5 4 ");
	buffer_clear(&ids);
	OK(outbox_before(f->store, false, 4, 9, note_id, &ids, &f->fault));
	assert_string_equal(buffer_cstr(&ids), "3 2 1 ");
	buffer_clear(&ids);
	OK(outbox_before(f->store, true, 4, 9, note_id, &ids, &f->fault));
	assert_string_equal(buffer_cstr(&ids), "3 2 ");
	buffer_clear(&ids);
	OK(outbox_oldest(f->store, TEXT("of-nobody"), 9, 9, note_id, &ids, &f->fault));
	assert_string_equal(buffer_cstr(&ids), ""); /* and not those of alerts that have no number */
	buffer_free(&ids);
}

static enum result name_two(void *argument, struct text person, struct text role, struct fault *fault)
{
	(void)role;
	buffer_format(argument, "%.*s ", TEXT_ARG(person));
	return text_equal(person, TEXT("p-2")) ? fault_set(fault, RESULT_TEMPORARY, "that is enough") : RESULT_OK;
}

/* What goes wrong with one of them is said, and no other is looked at. */
static void whoever_looks_at_the_people_who_were_told_may_end_it(void **state)
{
	struct fixture *f = *state;
	struct buffer people = {0};
	struct fault fault = {""};
	for (int i = 3; i >= 1; i--) {
		struct outbox_row row;
		bool found;
		char person[16];
		int64_t id = owe(f, OUTBOX_ALERT, true, 0, "opened");
		(void)snprintf(person, sizeof person, "p-%d", i);
		OK(outbox_address(f->store, id, text_of(person), TEXT("email"), TEXT("x@example.org"), TEXT_NONE,
		                  &f->fault));
		claim(f, 10, &row, &found);
		OK(outbox_result(f->store, id, OUTBOX_ACCEPTED, 20, INSTANT_NEVER, TEXT("250"), &f->fault));
	}
	OK(store_execute(f->store, "UPDATE outbox SET number = id", &f->fault)); /* of alerts */
	assert_int_equal(outbox_told_people(f->store, 0, name_two, &people, &fault), RESULT_TEMPORARY);
	assert_string_equal(fault.text, "that is enough");
	assert_string_equal(buffer_cstr(&people), "p-1 p-2 ");
	buffer_free(&people);
}

static void rows_are_listed_newest_first_and_no_more_than_asked_for(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	(void)owe(f, OUTBOX_ALERT, false, 0, "one");
	(void)owe(f, OUTBOX_ALERT, false, 0, "two");
	(void)owe(f, OUTBOX_ALERT, false, 0, "three");
	OK(outbox_each(f->store, TEXT("00000000000000aa"), false, 2, see_outbox, &seen, &f->fault));
	assert_seen(&seen, "three pending, two pending");
	OK(outbox_each(f->store, TEXT("00000000000000bb"), false, 2, see_outbox, &seen, &f->fault));
	assert_seen(&seen, "");
}

/* ---- work ---- */

static enum result pass_over(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)argument, (void)row, (void)fault;
	return RESULT_OK;
}

/* Each question and order that is about those that wait; false: there are no more. */
static bool ask_of_those_that_wait(struct fixture *f, int which)
{
	struct store_figures figures;
	struct gauges gauges;
	size_t uncertain;
	int64_t count;
	switch (which) {
	case 0: OK(outbox_late(f->store, 100, &count, &f->fault)); break;
	case 1: OK(outbox_late_critical(f->store, 100, 100, &count, &f->fault)); break;
	case 2: OK(outbox_each(f->store, TEXT_NONE, true, SIZE_MAX, pass_over, NULL, &f->fault)); break;
	case 3: OK(outbox_before(f->store, true, 0, SIZE_MAX, pass_over, NULL, &f->fault)); break;
	case 4: OK(outbox_recover(f->store, &uncertain, &f->fault)); break;
	case 5: OK(outbox_set_back(f->store, 50, 100, &f->fault)); break;
	case 6: OK(outbox_shift(f->store, 50, 10, 60, &f->fault)); break;
	case 7: OK(outbox_hasten(f->store, 50, &f->fault)); break;
	case 8: OK(outbox_release(f->store, 50, 100, &f->fault)); break;
	case 9: OK(outbox_doubt(f->store, 0, TEXT_NONE, &f->fault)); break;
	case 10: OK(store_figures(f->store, &figures, &f->fault)); break;
	case 11: OK(gauges_read(f->store, 100, &gauges, &f->fault)); break;
	case 12: OK(outbox_list_is_read(f->store, TEXT("reading"), TEXT("p"), 100, &f->fault)); break;
	default: return false;
	}
	return true;
}

/* After two years a council has half a million messages that went, and a handful that wait; the minute's look at these,
 * the courier's turns and a start are on the loop. */
static void what_is_asked_of_those_that_wait_does_not_grow_with_those_that_went(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row;
	bool found;
	OK(store_begin(f->store, &f->fault));
	for (int i = 0; i < 2000; i++)
		(void)owe(f, OUTBOX_ALERT, i % 2, i, "opened");
	OK(store_execute(f->store, "UPDATE outbox SET open = 0, state = 2, sent = 20", &f->fault));
	(void)owe(f, OUTBOX_ALERT, true, 5, "opened");
	(void)owe(f, OUTBOX_ALERT, false, 5, "opened");
	(void)owe(f, OUTBOX_LIST, false, 500, "list");
	OK(outbox_claim(f->store, 5, true, &row, &found, &f->fault));
	for (int which = 0;; which++) {
		uint64_t before = store_steps(f->store);
		if (!ask_of_those_that_wait(f, which))
			break;
		if (store_steps(f->store) - before > 1000)
			fail_msg("question %d took %d steps", which, (int)(store_steps(f->store) - before));
	}
	OK(store_commit(f->store, &f->fault));
}

/* A value that is bound where the condition of a partial index has a number makes SQLite plan the statement by it, and
 * so prepare it anew each time: the minute's look at critical messages did. */
static void what_is_asked_of_those_that_wait_is_prepared_once(void **state)
{
	struct fixture *f = *state;
	OK(store_begin(f->store, &f->fault));
	for (int which = 0; ask_of_those_that_wait(f, which); which++) {
		uint64_t before = store_prepared_anew(f->store);
		for (int i = 0; i < 3; i++)
			(void)ask_of_those_that_wait(f, which);
		if (store_prepared_anew(f->store) != before)
			fail_msg("question %d is prepared each time that it is asked", which);
	}
	OK(store_commit(f->store, &f->fault));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* People and metrics read these words; of a state that a later version wrote there is none, and nothing worse. */
static void every_state_of_a_message_has_its_word(void **state)
{
	static const char *const words[] = {"pending",   "sending", "accepted", "delivered", "retry", "failed",
	                                    "uncertain", "given",   ""};
	(void)state;
	for (int i = 0; i < (int)(sizeof words / sizeof *words); i++)
		assert_string_equal(outbox_state_name((enum outbox_state)i), words[i]);
}

static enum result count_message(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)row;
	(void)fault;
	++*(int *)argument;
	return RESULT_OK;
}

/* What comes back names a message by its reference, and whoever writes it may write anything. */
static void what_is_no_reference_of_ours_names_no_message(void **state)
{
	struct fixture *f = *state;
	int found = 0;
	(void)owe(f, OUTBOX_ALERT, true, 0, "opened");
	OK(outbox_of_message(f->store, TEXT_NONE, count_message, &found, &f->fault));
	OK(outbox_of_message(f->store, TEXT("\x7f"), count_message, &found, &f->fault));
	OK(outbox_of_message(f->store, TEXT("<1@elsewhere.example>"), count_message, &found, &f->fault));
	assert_int_equal(found, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_asked_of_those_that_wait_does_not_grow_with_those_that_went),
		TEST(what_is_asked_of_those_that_wait_is_prepared_once),
		TEST(alerts_go_before_lists_critical_before_others_and_older_before_younger),
		TEST(a_claimed_row_is_whole),
		TEST(every_state_of_a_message_has_its_word),
		TEST(the_next_page_goes_on_where_the_one_before_ended),
		TEST(whoever_looks_at_the_people_who_were_told_may_end_it),
		TEST(what_is_no_reference_of_ours_names_no_message),
		TEST(a_row_found_in_sending_is_sent_again_as_a_possible_duplicate),
		TEST(a_temporary_failure_waits_and_a_permanent_one_ends_it),
		TEST(an_accepted_message_keeps_when_and_what_the_server_said),
		TEST(a_row_that_is_held_goes_back_as_if_it_had_not_been_claimed),
		TEST(a_claim_within_a_transaction_goes_with_it),
		TEST(rows_that_gather_for_one_person_are_found_together),
		TEST(a_message_that_was_tried_is_found_whole),
		TEST(what_waits_for_a_while_follows_a_clock_that_is_set),
		TEST(rows_that_wait_for_later_cost_nothing),
		TEST(rows_are_listed_newest_first_and_no_more_than_asked_for),
	};
	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
