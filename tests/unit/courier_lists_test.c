/* A list on its way: how long it goes, of whatever schedule, and who hears where it does not come. */
#include "courier_fixture.h"

#include "store/outbox/payload.h"
#include "time/recurrence.h"

#define DAY (24 * HOUR)

/* Each of them is due on the Monday on which the tests begin. */
static const struct schedule {
	const char *name, *due;
} schedules[] = {{"daily", "daily at 08:00"},
		 {"on-working-days", "working days at 08:00"},
		 {"weekly", "weekly on Monday at 08:00"},
		 {"fortnightly", "fortnightly on Monday from 2020-02-03 at 08:00"},
		 {"monthly", "monthly on day 3 at 08:00"},
		 {"quarterly", "quarterly on day 3 at 08:00"}};
#define SCHEDULES (sizeof schedules / sizeof *schedules)

static struct calendar *calendar;

static instant next_of(void *context, struct text list, instant due)
{
	struct recurrence recurrence;
	const char *why;
	(void)context;
	for (size_t i = 0; i < SCHEDULES; i++)
		if (text_equal(list, text_of(schedules[i].name)) &&
		    recurrence_parse(text_of(schedules[i].due), &recurrence, &why))
			return recurrence_next(&recurrence, calendar, due);
	return INSTANT_NONE;
}

static enum result never_read(void *context, const struct outbox_row *row, const struct payload *payload,
                              const struct person *person, instant now, struct message *out, struct fault *fault)
{
	(void)context, (void)row, (void)payload, (void)person, (void)now, (void)out;
	return fault_set(fault, RESULT_TEMPORARY, "the list is being read");
}

static enum result made(void *context, const struct outbox_row *row, const struct payload *payload,
                        const struct person *person, instant now, struct message *out, struct fault *fault)
{
	(void)context, (void)row, (void)person, (void)now, (void)fault;
	buffer_format(&out->subject, "List %.*s", TEXT_ARG(payload->list));
	buffer_format(&out->text, "This is the %.*s list.", TEXT_ARG(payload->list));
	return RESULT_OK;
}

static instant at(const char *text)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

/* To somebody of their own, so that no mailbox makes one wait for another. */
static void add_list(struct bench *bench, const char *name, int person, instant created)
{
	struct payload payload = PAYLOAD_EMPTY;
	struct buffer json = {0};
	struct outbox_row row = row_of(bench, TEXT_NONE, bench->names[person][0], false);
	payload.list = text_of(name);
	payload.at = payload.due = created;
	payload_write(&payload, &json);
	row.kind = OUTBOX_LIST;
	row.purpose = TEXT("list");
	row.rule = row.subject = TEXT_NONE;
	row.payload = buffer_view(&json);
	row.created = row.not_before = created;
	add_rows(bench, &row, 1);
	buffer_free(&json);
}

static struct bench *begin_with(courier_list *list, const char *now)
{
	struct bench *bench = bench_begin(now, 1);
	courier_free(bench->courier);
	bench->list = list;
	bench->list_next = next_of;
	bench_start_courier(bench, false);
	return bench;
}

static struct bench *with_a_list(const char *created)
{
	struct bench *bench = begin_with(never_read, "2020-02-05T08:00:00Z");
	add_list(bench, "daily", 1, at(created));
	return bench;
}

/* Whoever waits for it reads nothing, and takes it for a quiet night. */
static void a_list_that_cannot_be_made_is_told_to_ops_after_an_hour_and_at_its_end(void **state)
{
	(void)state;
	struct bench *bench = with_a_list("2020-02-05T08:00:00Z");
	wait_for(bench, HOUR - 2 * MINUTE);
	assert_int_equal(count_rows(bench).ops, 0);
	wait_for(bench, 4 * MINUTE);
	assert_int_equal(count_rows(bench).ops, 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 0);
	wait_for(bench, 7 * DAY - 2 * HOUR);
	assert_int_equal(count_rows(bench).ops, 1); /* once, however often it is tried */
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 0);
	wait_for(bench, 2 * HOUR);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 1);
	assert_int_equal(count_rows(bench).ops, 2);
	bench_end(bench);
}

/* What was due while nobody ran is first read: that it is late is nobody's fault, and it is about to come. */
static void a_list_that_is_being_read_after_a_start_is_not_told_to_ops(void **state)
{
	(void)state;
	struct bench *bench = with_a_list("2020-02-05T05:00:00Z");
	wait_for(bench, 2 * MINUTE);
	assert_int_equal(count_rows(bench).ops, 0);
	wait_for(bench, 10 * MINUTE);
	assert_int_equal(count_rows(bench).ops, 1);
	bench_end(bench);
}

/* ---- of each schedule ---- */

struct lost {
	const char *list;
	size_t count;
};

static void see_lost(void *argument, const struct ops_wrong *wrong)
{
	struct lost *lost = argument;
	char key[96];
	int length = snprintf(key, sizeof key, "lost-list/%s/", lost->list);
	if (wrong->key.length < (size_t)length || memcmp(wrong->key.at, key, (size_t)length) != 0)
		return;
	lost->count++;
	/* Of many a mail has the titles alone. */
	length = snprintf(key, sizeof key, "The list %s did not reach ", lost->list);
	assert_true(wrong->title.length > (size_t)length && memcmp(wrong->title.at, key, (size_t)length) == 0);
}

/* Whether ops know that this list did not reach somebody. */
static bool ops_know(struct bench *bench, const char *list)
{
	struct fault *fault;
	struct lost lost = {list, 0};
	OK(ops_each(bench->ops, see_lost, &lost, fault));
	return lost.count > 0;
}

static size_t arrived(const struct bench *bench, size_t which)
{
	return accepted_at(bench, (int)which + 1, false) != INSTANT_NEVER;
}

static void add_each(struct bench *bench, instant created)
{
	for (size_t i = 0; i < SCHEDULES; i++)
		add_list(bench, schedules[i].name, (int)i + 1, created);
}

static void each_arrives(struct bench *bench)
{
	for (size_t i = 0; i < SCHEDULES; i++) {
		if (!arrived(bench, i))
			fail_msg("the %s list did not arrive", schedules[i].name);
		assert_false(ops_know(bench, schedules[i].name));
	}
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 0);
}

static void a_list_of_any_schedule_goes_when_the_server_was_away_for_two_days(void **state)
{
	(void)state;
	struct bench *bench = begin_with(made, "2020-02-03T08:00:00Z");
	bench->usual.answer = ANSWER_DOWN;
	add_each(bench, bench->hands.now);
	wait_for(bench, 2 * DAY);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 0);
	bench->usual.answer = ANSWER_OK;
	wait_for(bench, HOUR);
	each_arrives(bench);
	bench_end(bench);
}

static void a_list_of_any_schedule_goes_when_nobody_ran_for_three_days(void **state)
{
	(void)state;
	struct bench *bench = begin_with(made, "2020-02-06T08:00:00Z");
	add_each(bench, at("2020-02-03T08:00:00Z"));
	wait_for(bench, HOUR);
	each_arrives(bench);
	bench_end(bench);
}

/* Until then it is no loss: it may go yet. */
static void given_up_at_its_next(size_t which)
{
	char now[32];
	instant due = at("2020-02-03T08:00:00Z"), week = due + 7 * DAY;
	instant next = next_of(NULL, text_of(schedules[which].name), due);
	instant_print((next > week ? next : week) - 6 * HOUR, now);
	struct bench *bench = begin_with(made, now);
	bench->usual.answer = ANSWER_DOWN;
	add_list(bench, schedules[which].name, 1, due);
	wait_for(bench, 5 * HOUR);
	assert_false(ops_know(bench, schedules[which].name));
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 0);
	wait_for(bench, 2 * HOUR);
	bench->usual.answer = ANSWER_OK;
	wait_for(bench, HOUR);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 1);
	if (!ops_know(bench, schedules[which].name))
		fail_msg("nobody knows that the %s list was given up", schedules[which].name);
	bench_end(bench);
}

static void a_list_that_the_server_never_took_is_told_to_ops_when_the_next_of_its_own_is_due(void **state)
{
	(void)state;
	for (size_t i = 0; i < SCHEDULES; i++)
		given_up_at_its_next(i);
}

static void so_is_one_that_nobody_tried(void **state)
{
	(void)state;
	struct bench *bench = begin_with(made, "2020-06-01T08:00:00Z");
	add_each(bench, at("2020-02-03T08:00:00Z"));
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], SCHEDULES);
	for (size_t i = 0; i < SCHEDULES; i++)
		assert_true(ops_know(bench, schedules[i].name));
	bench_end(bench);
}

static void a_list_whose_reader_cannot_be_reached_is_told_to_ops_at_once(void **state)
{
	(void)state;
	struct bench *bench = begin_with(made, "2020-02-03T08:00:00Z");
	bench->usual.answer = ANSWER_REFUSES;
	add_each(bench, bench->hands.now);
	wait_for(bench, MINUTE);
	for (size_t i = 0; i < SCHEDULES; i++)
		assert_true(ops_know(bench, schedules[i].name));
	bench_end(bench);
}

/* ---- before go-live ---- */

static struct bench *live_since(const instant *go_live, const char *now)
{
	struct bench *bench = begin_with(made, now);
	struct fault *fault;
	struct courier_settings settings = bench_settings(bench);
	courier_free(bench->courier);
	settings.channels = &bench->channel;
	settings.channel_count = 1;
	settings.go_live = go_live;
	settings.list = made;
	OK(courier_new(&settings, &bench->courier, fault));
	return bench;
}

/* In shadow nobody was to be told anything: that is no loss, and ops hear nothing of it. Nor does a week of lists go
 * out on the first day. */
static void a_list_of_before_go_live_is_left_out_without_a_word(void **state)
{
	static const char *const days[] = {"2020-02-03T08:00:00Z", "2020-05-30T08:00:00Z", "2020-05-31T08:00:00Z"};
	const instant go_live = at("2020-06-01T00:00:00Z");
	(void)state;
	struct bench *bench = live_since(&go_live, "2020-06-01T08:00:00Z");
	for (int i = 0; i < 3; i++)
		add_list(bench, "daily", i + 1, at(days[i]));
	add_list(bench, "monthly", 4, at("2020-05-20T08:00:00Z"));
	wait_for(bench, HOUR);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 4);
	assert_int_equal(bench->arrival_count, 0);
	assert_int_equal(count_rows(bench).ops, 0);
	bench_end(bench);
}

/* Who tries it out before then gets lists. */
static void before_go_live_a_list_goes_to_whoever_can_be_sent_mail(void **state)
{
	const instant go_live = at("2020-06-02T00:00:00Z");
	(void)state;
	struct bench *bench = live_since(&go_live, "2020-06-01T08:00:00Z");
	add_list(bench, "daily", 1, at("2020-06-01T08:00:00Z"));
	wait_for(bench, HOUR);
	assert_int_equal(bench->arrival_count, 1);
	bench_end(bench);
}

/* ---- a word to somebody other than ops ---- */

static void add_word(struct bench *bench, const char *role)
{
	struct outbox_row row = row_of(bench, TEXT_NONE, role, false);
	row.kind = OUTBOX_OPS;
	row.purpose = TEXT("ops");
	row.rule = TEXT("ops.contradiction");
	row.subject = TEXT_NONE;
	row.created = row.not_before = bench->hands.now - 4 * DAY;
	add_rows(bench, &row, 1);
}

/* The owner of a source never hears that a record contradicts itself: somebody must. A word to ops makes no further
 * one. */
static void a_word_to_an_owner_that_is_too_old_is_told_to_ops_and_one_to_ops_is_not(void **state)
{
	(void)state;
	struct bench *bench = begin_with(made, "2020-02-07T08:00:00Z");
	add_word(bench, "ops");
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).ops, 1);
	add_word(bench, "p-1");
	wait_for(bench, MINUTE);
	assert_int_equal(count_rows(bench).ops, 3); /* and the word of it */
	assert_int_equal(attempts_at(bench, 1), 0);
	bench_end(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_that_cannot_be_made_is_told_to_ops_after_an_hour_and_at_its_end),
		cmocka_unit_test(a_list_that_is_being_read_after_a_start_is_not_told_to_ops),
		cmocka_unit_test(a_list_of_any_schedule_goes_when_the_server_was_away_for_two_days),
		cmocka_unit_test(a_list_of_any_schedule_goes_when_nobody_ran_for_three_days),
		cmocka_unit_test(a_list_that_the_server_never_took_is_told_to_ops_when_the_next_of_its_own_is_due),
		cmocka_unit_test(so_is_one_that_nobody_tried),
		cmocka_unit_test(a_list_whose_reader_cannot_be_reached_is_told_to_ops_at_once),
		cmocka_unit_test(a_list_of_before_go_live_is_left_out_without_a_word),
		cmocka_unit_test(before_go_live_a_list_goes_to_whoever_can_be_sent_mail),
		cmocka_unit_test(a_word_to_an_owner_that_is_too_old_is_told_to_ops_and_one_to_ops_is_not),
	};
	calendar = bench_calendar();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	calendar_free(calendar);
	return failed;
}
