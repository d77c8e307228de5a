/* Nobody could be told of a step: the next one is told at once, whatever ended the process and whoever heard before. */
#include "courier_fixture.h"

#include "store/store_internal.h"

static void a_step_that_nobody_heard_of_is_found_by_the_next_process(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	behave(bench, 1, ANSWER_REFUSES, 0);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 1);
	courier_free(bench->courier); /* ended before anybody took up what it said */
	bench_start_courier(bench, false);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 2);
	bench_end(bench);
}

static void a_step_that_somebody_heard_of_is_not_climbed_from_at_the_start(void **state)
{
	(void)state;
	struct fault *fault;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	struct outbox_row rows[2];
	struct text alert = new_alert(bench, true);
	behave(bench, 1, ANSWER_REFUSES, 0);
	rows[0] = row_of(bench, alert, "p-1", true);
	rows[1] = row_of(bench, alert, "p-2", true);
	add_rows(bench, rows, 2);
	tell_person(bench, 3, true);
	wait_for(bench, SECOND);
	courier_free(bench->courier);
	OK(store_begin(bench->store, fault)); /* made before go-live: it is to go to nobody */
	OK(outbox_result(bench->store, 3, OUTBOX_FAILED, 0, INSTANT_NEVER, TEXT("not sent: it was made before go-live"),
	                 fault));
	OK(store_commit(bench->store, fault));
	bench_start_courier(bench, false);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

static void who_heard_the_first_time_has_not_heard_when_it_is_asked_again(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	struct text alert = new_alert(bench, true);
	struct outbox_row row = row_of(bench, alert, "p-1", true);
	add_rows(bench, &row, 1);
	wait_for(bench, HOUR);
	assert_int_equal(attempts_at(bench, 1), 1);
	behave(bench, 1, ANSWER_REFUSES, 0);
	row = row_of(bench, alert, "p-1", true);
	row.purpose = TEXT("asked-again");
	row.kind = OUTBOX_REMINDER;
	add_rows(bench, &row, 1);
	wait_for(bench, SECOND);
	assert_int_equal(attempts_at(bench, 1), 2);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

static void whom_it_is_passed_on_to_cannot_be_told_and_those_told_before_still_may_answer(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	struct text alert = new_alert(bench, true);
	struct outbox_row row = row_of(bench, alert, "p-1", true);
	add_rows(bench, &row, 1);
	wait_for(bench, MINUTE);
	behave(bench, 2, ANSWER_REFUSES, 0);
	row = row_of(bench, alert, "p-2", true);
	row.purpose = TEXT("passed-on");
	add_rows(bench, &row, 1);
	wait_for(bench, SECOND);
	assert_int_equal(attempts_at(bench, 2), 1);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

/* Whether the others have all answered is for the engine to find: it hears that there is one less. Nothing climbs. */
static void of_several_one_who_cannot_be_told_is_said_to_be_one_less(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	struct outbox_row rows[3];
	struct text alert = new_alert(bench, true);
	behave(bench, 1, ANSWER_REFUSES, 0);
	behave(bench, 2, ANSWER_REFUSES, 0);
	for (int i = 0; i < 3; i++)
		rows[i] = row_of(bench, alert, strdupa(i == 0 ? "p-1" : i == 1 ? "p-2" : "p-3"), true);
	add_rows(bench, rows, 3);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 0);
	assert_true(bench->one_less_count > 0);
	bench->one_less_count = 0;
	courier_free(bench->courier); /* the process may have ended before anybody took that up */
	bench_start_courier(bench, false);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 0);
	assert_int_equal(bench->one_less_count, 1);
	bench_end(bench);
}

/* The change was still under way when the alert itself was given up, and would have told of it. */
static void a_change_that_was_all_that_could_still_tell_of_it_and_cannot_lets_it_climb(void **state)
{
	static const struct {
		enum answer first;
		size_t climbs;
	} firsts[] = {{ANSWER_REFUSES, 1}, {ANSWER_OK, 0}};
	(void)state;
	for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
		struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 2);
		struct text alert = new_alert(bench, true);
		struct outbox_row row = row_of(bench, alert, "p-1", true);
		behave(bench, 1, firsts[i].first, 2000);
		add_rows(bench, &row, 1);
		wait_for(bench, SECOND);
		row = row_of(bench, alert, "p-2", true);
		row.purpose = TEXT("updated");
		behave(bench, 2, ANSWER_REFUSES, 5000);
		add_rows(bench, &row, 1);
		wait_for(bench, 10 * SECOND);
		assert_int_equal(attempts_at(bench, 1), 1);
		assert_int_equal(attempts_at(bench, 2), 1);
		if (bench->nobody_count != firsts[i].climbs)
			fail_msg("%zu: climbed %zu times", i, bench->nobody_count);
		bench_end(bench);
	}
}

/* Who heard of it when it was asked first has heard nothing since. */
static void a_change_that_cannot_tell_of_it_lets_it_climb_though_it_was_told_when_it_was_asked_before(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 2);
	struct text alert = new_alert(bench, true);
	struct outbox_row row = row_of(bench, alert, "p-1", true);
	struct buffer sql = {0};
	int64_t changed = 0;
	struct fault *fault;
	behave(bench, 1, ANSWER_OK, 100);
	add_rows(bench, &row, 1);
	wait_for(bench, 10 * SECOND);
	buffer_format(&sql, "UPDATE alert SET asked = %lld RETURNING 1", (long long)bench->hands.now);
	OK(store_pragma(bench->store, buffer_cstr(&sql), &changed, fault));
	assert_int_equal(changed, 1);
	buffer_free(&sql);
	behave(bench, 1, ANSWER_REFUSES, 2000);
	row = row_of(bench, alert, "p-1", true);
	row.purpose = TEXT("asked-again");
	row.kind = OUTBOX_REMINDER;
	add_rows(bench, &row, 1);
	wait_for(bench, SECOND);
	row = row_of(bench, alert, "p-2", true);
	row.purpose = TEXT("updated");
	behave(bench, 2, ANSWER_REFUSES, 5000);
	add_rows(bench, &row, 1);
	wait_for(bench, 10 * SECOND);
	assert_int_equal(attempts_at(bench, 1), 2);
	assert_int_equal(attempts_at(bench, 2), 1);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

/* What is still under way of the first round fails in the moment in which the second does. */
static void two_rounds_that_fail_together_climb_once(void **state)
{
	(void)state;
	for (int second = 0; second < 2; second++) { /* whichever is written first: that of the first line is */
		struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 2);
		behave(bench, 3, ANSWER_OK, 5000);
		if (second)
			tell_person(bench, 3, true);
		wait_for(bench, SECOND / 2);
		struct text alert = new_alert(bench, true);
		struct outbox_row row = row_of(bench, alert, "p-1", true);
		behave(bench, 1, ANSWER_REFUSES, 10000);
		behave(bench, 2, ANSWER_REFUSES, 1000);
		add_rows(bench, &row, 1);
		wait_for(bench, 9 * SECOND);
		row = row_of(bench, alert, "p-2", true);
		row.purpose = TEXT("asked-again");
		row.kind = OUTBOX_REMINDER;
		add_rows(bench, &row, 1);
		wait_for(bench, SECOND / 2);
		move(bench, 2 * SECOND); /* both are back: one transaction writes them */
		wait_for(bench, SECOND);
		assert_int_equal(attempts_at(bench, 1), 1);
		assert_int_equal(attempts_at(bench, 2), 1);
		assert_int_equal(bench->nobody_count, 1);
		bench_end(bench);
	}
}

/* A full disk, or somebody else at the database: the step's own time may be half an hour away, or a day. */
static void a_climb_that_cannot_be_written_is_tried_again_until_it_can_and_then_no_more(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 2);
	behave(bench, 1, ANSWER_REFUSES, 0);
	bench->climbs_that_fail = 2;
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 1); /* not at each turn */
	tell_person(bench, 2, true);
	wait_for(bench, 5 * SECOND);
	assert_int_equal(bench->nobody_count, 2);
	wait_for(bench, 5 * SECOND);
	assert_int_equal(bench->nobody_count, 3);
	wait_for(bench, HOUR);
	assert_int_equal(bench->nobody_count, 3);
	assert_int_equal(attempts_at(bench, 2), 1);
	bench_end(bench);
}

#define CLIMBS 120
static char climbed[CLIMBS * 4][40];

static void note_alert(struct bench *bench, struct text alert, int step)
{
	(void)step;
	assert_true(bench->nobody_count <= CLIMBS * 4);
	(void)snprintf(climbed[bench->nobody_count - 1], sizeof climbed[0], "%.*s", TEXT_ARG(alert));
}

static size_t climbed_differently(size_t calls)
{
	size_t count = 0;
	for (size_t i = 0; i < calls; i++) {
		bool before = false;
		for (size_t k = 0; k < i; k++)
			before = before || strcmp(climbed[k], climbed[i]) == 0;
		count += !before;
	}
	return count;
}

static struct bench *many_that_nobody_heard_of(size_t that_fail)
{
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 2);
	bench->on_nobody = note_alert;
	bench->climbs_that_fail = that_fail;
	behave(bench, 1, ANSWER_REFUSES, 0);
	for (int i = 0; i < CLIMBS; i++)
		tell_person(bench, 1, true);
	return bench;
}

/* A ladder that cannot be written, as one record of it is bad, waits by itself. */
static void one_climb_that_fails_keeps_no_other_from_its_turn(void **state)
{
	(void)state;
	struct bench *bench = many_that_nobody_heard_of(1);
	wait_for(bench, 3 * SECOND);
	assert_int_equal(bench->nobody_count, CLIMBS);
	assert_int_equal(climbed_differently(CLIMBS), CLIMBS);
	wait_for(bench, 5 * SECOND);
	assert_int_equal(bench->nobody_count, CLIMBS + 1);
	wait_for(bench, HOUR);
	assert_int_equal(bench->nobody_count, CLIMBS + 1);
	bench_end(bench);
}

/* Each has had its turn before any has another; and while the store takes nothing a turn's worth is tried at most. */
static void climbs_that_fail_by_the_turn_stay_behind_the_others_and_wait(void **state)
{
	(void)state;
	struct bench *bench = many_that_nobody_heard_of(CLIMBS + 100);
	wait_for(bench, 4 * SECOND);
	assert_int_equal(bench->nobody_count, CLIMBS);
	assert_int_equal(climbed_differently(CLIMBS), CLIMBS);
	wait_for(bench, 5 * SECOND);
	assert_int_equal(bench->nobody_count, CLIMBS + 50);
	wait_for(bench, 5 * SECOND);
	assert_int_equal(bench->nobody_count, CLIMBS + 100);
	wait_for(bench, 30 * SECOND);
	assert_int_equal(bench->nobody_count, CLIMBS + 100 + CLIMBS);
	bench_end(bench);
}

/* Each fails the first time, and of a whole turn, the first fifty, each fails whenever it comes again. */
static void note_and_fail_the_same(struct bench *bench, struct text alert, int step)
{
	bool fails = bench->nobody_count <= CLIMBS;
	note_alert(bench, alert, step);
	for (size_t i = 0; i < 50 && !fails; i++)
		fails = text_equal(text_of(climbed[i]), alert);
	bench->climbs_that_fail = fails;
}

/* Each of a turn fails for good, as its record is bad: the store takes the others. */
static void the_same_that_fail_always_keep_no_other_from_its_turn(void **state)
{
	(void)state;
	struct bench *bench = many_that_nobody_heard_of(0);
	size_t again[CLIMBS] = {0};
	bench->on_nobody = note_and_fail_the_same;
	wait_for(bench, 24 * SECOND);
	assert_int_equal(climbed_differently(CLIMBS), CLIMBS);
	for (size_t i = CLIMBS; i < bench->nobody_count; i++)
		for (size_t k = 0; k < CLIMBS; k++)
			again[k] += strcmp(climbed[k], climbed[i]) == 0;
	for (size_t k = 0; k < CLIMBS; k++)
		if (k < 50 ? again[k] < 2 : again[k] != 1)
			fail_msg("%zu climbed %zu times again", k, again[k]);
	bench_end(bench);
}

/* The next start finds the others: nobody waits for a daemon that ends. */
static void at_the_end_no_more_climb_than_in_a_turn(void **state)
{
	(void)state;
	struct bench *bench = many_that_nobody_heard_of(CLIMBS);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, CLIMBS);
	move(bench, 10 * SECOND);
	courier_stop(bench->courier, 0);
	assert_int_equal(bench->nobody_count, CLIMBS + 50);
	courier_free(bench->courier);
	bench->nobody_count = 0;
	bench_start_courier(bench, false);
	wait_for(bench, SECOND);
	assert_true(bench->nobody_count >= CLIMBS - 50);
	bench_end(bench);
}

/* Each of two alerts, and each of two steps, has a floor of its own. */
static void what_fails_together_climbs_each_by_itself(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 4);
	struct outbox_row rows[3] = {row_of(bench, new_alert(bench, true), "p-1", true)};
	rows[1] = row_of(bench, text_of(strdupa(rows[0].alert.at)), "p-2", true);
	rows[0].alert = rows[1].alert;
	rows[1].step = 2;
	rows[2] = row_of(bench, new_alert(bench, true), "p-3", true);
	for (int i = 1; i <= 3; i++)
		behave(bench, i, ANSWER_REFUSES, 5000);
	add_rows(bench, rows, 3);
	wait_for(bench, SECOND);
	assert_int_equal(bench->arrival_count, 3);
	move(bench, 10 * SECOND); /* all are back: one transaction writes them */
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 3);
	bench_end(bench);
}

/* Who would have to answer is not reached: there is nobody else to do it. Of an end nobody has to answer anything. */
static void whom_it_is_passed_on_to_alone_cannot_be_told_and_it_climbs_and_from_an_end_nothing_does(void **state)
{
	static const struct {
		const char *purpose;
		size_t climbs;
	} purposes[] = {{"opened", 1}, {"escalated", 1}, {"asked-again", 1}, {"passed-on", 1}, {"updated", 0},
	                {"answered", 0}, {"review-cut", 0}, {"resolved", 0}, {"withdrawn", 0}, {"warned", 0}};
	(void)state;
	for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
		struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
		struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
		row.person = TEXT("p-1");
		row.purpose = text_of(purposes[i].purpose);
		if (text_equal(row.purpose, TEXT("warned")))
			row.kind = OUTBOX_WARNING;
		behave(bench, 1, ANSWER_REFUSES, 0);
		add_rows(bench, &row, 1);
		wait_for(bench, SECOND);
		if (bench->nobody_count != purposes[i].climbs)
			fail_msg("%s: climbed %zu times", purposes[i].purpose, bench->nobody_count);
		bench_end(bench);
	}
}

/* Under way to somebody whom the next reload takes out of the directory. */
static void who_is_taken_out_of_the_directory_while_it_is_under_way_has_no_other_way_and_it_climbs(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	struct directory without = bench->directory;
	without.people = bench->people + 2; /* p-0 and p-1 have left */
	without.person_count -= 2;
	behave(bench, 1, ANSWER_REFUSES, 5000);
	tell_person(bench, 1, true);
	(void)one_turn(bench);
	courier_use(bench->courier, &without, bench->rules, bench->calendar);
	wait_for(bench, 10 * SECOND);
	assert_int_equal(attempts_at(bench, 1), 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 1);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

/* A last step is not climbed from; a reload may bring a further one, so that what failed before it climbs then,
 * whichever of many alerts it was of. What somebody heard of stays as it is. */
static void of_what_nobody_heard_it_climbs_once_a_reload_may_have_brought_a_further_step(void **state)
{
	(void)state;
	struct fault *fault;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 3);
	behave(bench, 1, ANSWER_REFUSES, 0);
	behave(bench, 2, ANSWER_REFUSES, 0);
	tell_person(bench, 1, true);
	OK(store_begin(bench->store, fault));
	for (int i = 0; i < 2100; i++) /* of which nothing is to be said: more than one turn looks at */
		(void)new_alert(bench, true);
	OK(store_commit(bench->store, fault));
	tell_person(bench, 2, true);
	tell_person(bench, 3, true);
	wait_for(bench, MINUTE);
	assert_int_equal(bench->nobody_count, 2);
	wait_for(bench, HOUR);
	assert_int_equal(bench->nobody_count, 2);
	courier_use(bench->courier, &bench->directory, bench->rules, bench->calendar);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 4);
	wait_for(bench, HOUR);
	assert_int_equal(bench->nobody_count, 4);
	bench_end(bench);
}

/* A reload while the store cannot be written: each climb is tried again, and none is lost. */
static void climbs_that_a_reload_brings_are_tried_again_until_they_are_written(void **state)
{
	(void)state;
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 1);
	behave(bench, 1, ANSWER_REFUSES, 0);
	tell_person(bench, 1, true);
	wait_for(bench, MINUTE);
	assert_int_equal(bench->nobody_count, 1);
	bench->climbs_that_fail = 1;
	courier_use(bench->courier, &bench->directory, bench->rules, bench->calendar);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 2);
	wait_for(bench, MINUTE);
	assert_int_equal(bench->nobody_count, 3);
	bench_end(bench);
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_that_nobody_heard_of_is_found_by_the_next_process),
		cmocka_unit_test(a_step_that_somebody_heard_of_is_not_climbed_from_at_the_start),
		cmocka_unit_test(who_heard_the_first_time_has_not_heard_when_it_is_asked_again),
		cmocka_unit_test(whom_it_is_passed_on_to_cannot_be_told_and_those_told_before_still_may_answer),
		cmocka_unit_test(of_several_one_who_cannot_be_told_is_said_to_be_one_less),
		cmocka_unit_test(a_change_that_was_all_that_could_still_tell_of_it_and_cannot_lets_it_climb),
		cmocka_unit_test(
			a_change_that_cannot_tell_of_it_lets_it_climb_though_it_was_told_when_it_was_asked_before),
		cmocka_unit_test(two_rounds_that_fail_together_climb_once),
		cmocka_unit_test(a_climb_that_cannot_be_written_is_tried_again_until_it_can_and_then_no_more),
		cmocka_unit_test(one_climb_that_fails_keeps_no_other_from_its_turn),
		cmocka_unit_test(climbs_that_fail_by_the_turn_stay_behind_the_others_and_wait),
		cmocka_unit_test(the_same_that_fail_always_keep_no_other_from_its_turn),
		cmocka_unit_test(at_the_end_no_more_climb_than_in_a_turn),
		cmocka_unit_test(what_fails_together_climbs_each_by_itself),
		cmocka_unit_test(
			whom_it_is_passed_on_to_alone_cannot_be_told_and_it_climbs_and_from_an_end_nothing_does),
		cmocka_unit_test(
			who_is_taken_out_of_the_directory_while_it_is_under_way_has_no_other_way_and_it_climbs),
		cmocka_unit_test(of_what_nobody_heard_it_climbs_once_a_reload_may_have_brought_a_further_step),
		cmocka_unit_test(climbs_that_a_reload_brings_are_tried_again_until_they_are_written),
	};
	return cmocka_run_group_tests_name("courier_climb", tests, NULL, NULL);
}
