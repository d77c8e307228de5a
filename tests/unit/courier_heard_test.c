/* What is heard of a message after a server took it: it came back, is late, arrived, or a machine answered. */
#include "courier_fixture.h"

static char reference[300];

static enum result keep_reference(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)argument, (void)fault;
	if (row->kind != OUTBOX_OPS)
		(void)snprintf(reference, sizeof reference, "%.*s", TEXT_ARG(row->message_id));
	return RESULT_OK;
}

/* A critical alert to one person, taken by the server. */
static struct bench *accepted(void)
{
	struct fault *fault;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_ACCEPTED], 1);
	OK(outbox_each(bench->store, TEXT_NONE, false, SIZE_MAX, keep_reference, NULL, fault));
	return bench;
}

static size_t hear(struct bench *bench, const char *of, enum courier_news news)
{
	struct fault *fault;
	size_t rows;
	bool busy;
	OK(courier_hear(bench->courier, text_of(of), news, "5.1.1 no such mailbox", &rows, &busy, fault));
	assert_false(busy);
	wait_for(bench, SECOND);
	return rows;
}

static size_t audits;

static enum result count_audit(void *argument, int64_t id, instant at, struct text what, struct text alert,
                               struct text rule, struct text subject, struct text detail, struct fault *fault)
{
	(void)id, (void)at, (void)alert, (void)rule, (void)subject, (void)detail, (void)fault;
	audits += text_equal(what, text_of(argument));
	return RESULT_OK;
}

static size_t audited(struct bench *bench, const char *what)
{
	struct fault *fault;
	audits = 0;
	OK(audit_each(bench->store, TEXT_NONE, count_audit, (void *)(uintptr_t)what, fault));
	return audits;
}

static void what_came_back_was_not_told_so_the_alert_climbs_and_ops_hear_once(void **state)
{
	(void)state;
	struct bench *bench = accepted();
	assert_int_equal(hear(bench, reference, COURIER_DID_NOT_ARRIVE), 1);
	struct row_counts counts = count_rows(bench);
	assert_int_equal(counts.in_state[OUTBOX_FAILED], 1);
	assert_int_equal(counts.ops, 1);
	assert_int_equal(bench->nobody_count, 1);
	assert_int_equal(audited(bench, "message.bounced"), 1);
	assert_int_equal(hear(bench, reference, COURIER_DID_NOT_ARRIVE), 1); /* some servers say it twice */
	assert_int_equal(count_rows(bench).ops, 1);
	assert_int_equal(bench->nobody_count, 1);
	assert_int_equal(audited(bench, "message.bounced"), 1);
	bench_end(bench);
}

static void a_message_is_known_by_the_part_of_its_reference_that_is_its_own(void **state)
{
	(void)state;
	struct bench *bench = accepted();
	char part[300];
	(void)snprintf(part, sizeof part, "%s", reference);
	char *at = strchr(part, '@');
	assert_non_null(at);
	at[1] = '\0';
	assert_int_equal(hear(bench, part, COURIER_NOT_YET), 1);
	part[strlen(part) - 2] ^= 1;
	assert_int_equal(hear(bench, part, COURIER_NOT_YET), 0);
	assert_int_equal(hear(bench, "<", COURIER_AUTO_REPLY) > 1, 0);
	assert_int_equal(hear(bench, "", COURIER_DID_NOT_ARRIVE), 0);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 0);
	bench_end(bench);
}

static void what_is_late_or_answered_by_a_machine_is_on_record_and_still_counts_as_told(void **state)
{
	(void)state;
	struct bench *bench = accepted();
	assert_int_equal(hear(bench, reference, COURIER_NOT_YET), 1);
	assert_int_equal(hear(bench, reference, COURIER_AUTO_REPLY), 1);
	struct row_counts counts = count_rows(bench);
	assert_int_equal(counts.in_state[OUTBOX_ACCEPTED], 1);
	assert_string_equal(counts.reply, "5.1.1 no such mailbox"); /* `casewatch outbox` shows it */
	assert_int_equal(bench->nobody_count, 0);
	assert_int_equal(audited(bench, "message.delayed"), 1);
	assert_int_equal(audited(bench, "message.auto-reply"), 1);
	assert_int_equal(hear(bench, reference, COURIER_ARRIVED), 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_DELIVERED], 1);
	wait_for(bench, HOUR);
	assert_int_equal(bench->arrival_count, 1);
	bench_end(bench);
}

static void what_came_back_after_somebody_answered_is_told_to_ops_and_to_nobody_else(void **state)
{
	(void)state;
	struct fault *fault;
	int64_t number;
	struct bench *bench = accepted();
	OK(store_begin(bench->store, fault));
	struct alert answered = {.opened = bench->hands.now,
	                         .closed = INSTANT_NEVER,
	                         .told = bench->hands.now,
	                         .step = 1,
	                         .next = INSTANT_NEVER,
	                         .due = INSTANT_NONE,
	                         .acknowledged = true};
	memcpy(answered.id, "000000000000a000", sizeof answered.id);
	OK(alerts_keep(bench->store, bench->rules, PARTY_NONE, TEXT("C1"), &answered, &number, fault));
	OK(store_commit(bench->store, fault));
	assert_int_equal(hear(bench, reference, COURIER_DID_NOT_ARRIVE), 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 1);
	assert_int_equal(count_rows(bench).ops, 1);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

static void what_a_service_has_is_told_by_its_call_as_by_a_question(void **state)
{
	(void)state;
	static const struct {
		enum courier_news news;
		enum outbox_state state;
		size_t nobody;
	} rows[] = {{COURIER_ARRIVED, OUTBOX_DELIVERED, 0}, {COURIER_DID_NOT_ARRIVE, OUTBOX_FAILED, 1}};
	struct fault *fault;
	for (size_t i = 0; i < 2; i++) {
		struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
		bench->usual.answer = ANSWER_GIVEN;
		tell_person(bench, 1, true);
		wait_for(bench, SECOND);
		OK(outbox_each(bench->store, TEXT_NONE, false, SIZE_MAX, keep_reference, NULL, fault));
		assert_int_equal(count_rows(bench).in_state[OUTBOX_GIVEN], 1);
		for (int call = 0; call < 5; call++) /* it repeats what was not answered in time */
			assert_int_equal(hear(bench, reference, rows[i].news), 1);
		assert_int_equal(count_rows(bench).in_state[rows[i].state], 1);
		assert_int_equal(bench->nobody_count, rows[i].nobody);
		assert_int_equal(bench->arrival_count, 1 + count_rows(bench).ops);
		bench_end(bench);
	}
}

/* What is left of one message that a service has, once it called `calls` times. */
static void after_calls(enum courier_news news, int calls, struct row_counts *rows, size_t *nobody, size_t *written)
{
	static const char *const acts[] = {"message.delivered", "message.not-delivered", "message.bounced",
	                                   "message.failed", "message.other-way"};
	struct fault *fault;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	bench->usual.answer = ANSWER_GIVEN;
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	OK(outbox_each(bench->store, TEXT_NONE, false, SIZE_MAX, keep_reference, NULL, fault));
	for (int call = 0; call < calls; call++)
		(void)hear(bench, reference, news);
	wait_for(bench, (10 - calls) * SECOND); /* each call takes one */
	*rows = count_rows(bench);
	*nobody = bench->nobody_count;
	*written = 0;
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		*written += audited(bench, acts[i]);
	assert_int_equal(attempts_at(bench, 1), 1); /* nothing is sent again for it */
	bench_end(bench);
}

/* GOV.UK Notify repeats a call that was not answered in time, up to five times, and the answer may be what was lost. */
static void a_call_of_notify_that_comes_again_up_to_five_times_is_heard_once(void **state)
{
	(void)state;
	static const enum courier_news all[] = {COURIER_ARRIVED, COURIER_DID_NOT_ARRIVE};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct row_counts once, five;
		size_t nobody_once, nobody_five, written_once, written_five;
		after_calls(all[i], 1, &once, &nobody_once, &written_once);
		after_calls(all[i], 1 + 5, &five, &nobody_five, &written_five);
		assert_memory_equal(once.in_state, five.in_state, sizeof once.in_state);
		assert_int_equal(once.ops, five.ops);
		assert_int_equal(nobody_once, nobody_five);
		assert_true(written_once > 0);
		assert_int_equal(written_once, written_five);
	}
}

/* Calls overtake each other: that it did not arrive comes after that it did, and again. The other way is told once. */
static void a_call_that_it_did_not_arrive_after_one_that_it_did_is_believed_once(void **state)
{
	(void)state;
	struct fault *fault;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	bench->usual.answer = ANSWER_GIVEN;
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	OK(outbox_each(bench->store, TEXT_NONE, false, SIZE_MAX, keep_reference, NULL, fault));
	(void)hear(bench, reference, COURIER_ARRIVED);
	for (int call = 0; call < 5; call++)
		(void)hear(bench, reference, COURIER_DID_NOT_ARRIVE);
	(void)hear(bench, reference, COURIER_ARRIVED);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 1);
	assert_int_equal(bench->nobody_count, 1);
	assert_int_equal(audited(bench, "message.failed"), 1);
	bench_end(bench);
}

/* While it is on its way again nobody can say which attempt came back: it is told in a while. */
static void what_is_under_way_at_this_moment_is_left_alone(void **state)
{
	(void)state;
	struct fault *fault;
	struct outbox_row row;
	bool found, busy;
	size_t rows;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	tell_person(bench, 1, true);
	OK(store_begin(bench->store, fault));
	OK(outbox_claim(bench->store, bench->hands.now, true, &row, &found, fault));
	OK(outbox_address(bench->store, row.id, TEXT("p-1"), TEXT("email"), TEXT("a@b"), TEXT("<1.00ff@d>"), fault));
	OK(store_commit(bench->store, fault));
	OK(courier_hear(bench->courier, TEXT("<1.00ff@"), COURIER_DID_NOT_ARRIVE, "x", &rows, &busy, fault));
	assert_true(busy && rows == 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_SENDING], 1);
	assert_int_equal(audited(bench, "message.bounced"), 0);
	bench_end(bench);
}

/* A council moves its mail and every mailbox is refused: nobody is flooded, nothing is lost, and each alert climbs. */
static void ten_thousand_messages_that_come_back_make_no_ten_thousand_words_to_ops(void **state)
{
	(void)state;
	enum { MANY = 10000 };
	struct fault *fault;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	int64_t id;
	bool busy;
	OK(store_begin(bench->store, fault));
	for (int i = 0; i < MANY; i++) {
		char role[40], message[64];
		(void)snprintf(role, sizeof role, "p-%d", i % PEOPLE);
		struct outbox_row row = row_of(bench, new_alert(bench, true), role, true);
		OK(outbox_add(bench->store, &row, &id, fault));
		(void)snprintf(message, sizeof message, "<%d.%016x@d>", (int)id, i);
		OK(outbox_address(bench->store, id, text_of(role), TEXT("email"), TEXT("a@b"), text_of(message),
		                  fault));
		OK(outbox_result(bench->store, id, OUTBOX_ACCEPTED, bench->hands.now, INSTANT_NEVER, TEXT("250"),
		                 fault));
	}
	OK(store_commit(bench->store, fault));
	for (int i = 0; i < MANY; i++) {
		char message[64];
		size_t rows;
		(void)snprintf(message, sizeof message, "<%d.%016x@", i + 1, i);
		OK(courier_hear(bench->courier, text_of(message), COURIER_DID_NOT_ARRIVE, "5.1.1", &rows, &busy,
		                fault));
		assert_int_equal(rows, 1);
		if (i % 100 == 0)
			wait_for(bench, SECOND);
	}
	wait_for(bench, MINUTE);
	struct row_counts counts = count_rows(bench);
	assert_int_equal(counts.in_state[OUTBOX_FAILED], MANY);
	assert_int_equal(bench->nobody_count, MANY);
	assert_true(counts.ops > 0 && counts.ops < 50);
	bench_end(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_back_was_not_told_so_the_alert_climbs_and_ops_hear_once),
		cmocka_unit_test(a_message_is_known_by_the_part_of_its_reference_that_is_its_own),
		cmocka_unit_test(what_is_late_or_answered_by_a_machine_is_on_record_and_still_counts_as_told),
		cmocka_unit_test(what_came_back_after_somebody_answered_is_told_to_ops_and_to_nobody_else),
		cmocka_unit_test(what_is_under_way_at_this_moment_is_left_alone),
		cmocka_unit_test(ten_thousand_messages_that_come_back_make_no_ten_thousand_words_to_ops),
		cmocka_unit_test(what_a_service_has_is_told_by_its_call_as_by_a_question),
		cmocka_unit_test(a_call_of_notify_that_comes_again_up_to_five_times_is_heard_once),
		cmocka_unit_test(a_call_that_it_did_not_arrive_after_one_that_it_did_is_believed_once),
	};
	return cmocka_run_group_tests_name("courier_heard", tests, NULL, NULL);
}
