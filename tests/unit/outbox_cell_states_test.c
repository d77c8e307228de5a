/* Everything that may happen to the messages of one critical alert where a journal says whether they may be sent: in
 * every order, with a crash at every step, with announcements that come back too late, and with another machine that
 * takes over and sends what is owed. What must be so is what must be so of one machine alone (outbox_states_test.c):
 * nothing goes twice unmarked, every row comes to an end, and whoever must hear does.
 *
 * That the walk can find what it looks for is shown by parts left out of what is between the courier and the journal.
 *   STATES=N  goes on from as many. */
#include "outbox_lives.h"
#include "outbox_walk.h"

#define STATES 25 /* every order of one happening, and some of two: `make states` goes on */

static const struct action all_actions[] = {
	{PASSES, TAKES, NO_CRASH, "taken"},
	{PASSES, TAKES_SLOWLY, NO_CRASH, "under way"},
	{PASSES, LATER, NO_CRASH, "refused for now"},
	{PASSES, REFUSES, NO_CRASH, "refused for good"},
	{PASSES, HANGS_UP_HAVING_TAKEN, NO_CRASH, "taken, and hung up after DATA"},
	{PASSES, HANGS_UP_WITHOUT, NO_CRASH, "not taken, and hung up after DATA"},
	{PASSES, TAKES, AFTER_FIRST_COMMIT, "crash after the first commit"},
	{PASSES, TAKES, AFTER_SECOND_COMMIT, "crash after the second commit"},
	{PASSES, TAKES, BEFORE_IT_IS_TAKEN, "crash as the send begins"},
	{PASSES, TAKES, WHEN_IT_IS_TAKEN, "crash when it is taken"},
	{CRASHES, TAKES, NO_CRASH, "crash"},
	{ANOTHER_TAKES_OVER, TAKES, NO_CRASH, "another machine takes over"},
	{ANOTHER_DIES, TAKES, NO_CRASH, "another machine takes over, sends and dies"},
	{COMES_BACK_LATE, TAKES, NO_CRASH, "what is announced comes back too late"},
	{TIME_IS_OVER, TAKES, NO_CRASH, "the step's time is over"},
	{IS_WITHDRAWN, TAKES, NO_CRASH, "withdrawn"},
};

static const char *const left_out_names[LEFT_OUT] = {
	"nothing", "it sends whoever owns", "what another machine's RESULT says is not written",
	"that an INTENT has no RESULT is not written", "a permission holds for ever"};

/* By the world's time, and not the machine's. */
bool __wrap_channel_may_begin(instant begin_by);
bool __wrap_channel_may_begin(instant begin_by)
{
	return begin_by == 0 || journal_now() <= begin_by;
}

static void whatever_happens_on_whichever_machine_nobody_is_missed_and_nothing_goes_twice_unmarked(void **state)
{
	(void)state;
	journal.left_out = ALL_IS_THERE;
	nothing_is_wrong_in(STATES);
}

static void each_part_that_is_left_out_is_missed_by_the_walk(void **state)
{
	(void)state;
	for (journal.left_out = ALL_IS_THERE + 1; journal.left_out < LEFT_OUT && !getenv("TEST_ROUNDS");
	     journal.left_out++)
		something_is_wrong_with(left_out_names[journal.left_out]);
	journal.left_out = ALL_IS_THERE;
}

static int setup(void **state)
{
	(void)state;
	actions = all_actions;
	action_count = sizeof all_actions / sizeof all_actions[0];
	world_first(1);
	put_journal_beside();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_disks_free();
	world.crashed = true;
	bench_end(world.bench);
	side_end();
	return 0;
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			whatever_happens_on_whichever_machine_nobody_is_missed_and_nothing_goes_twice_unmarked),
		cmocka_unit_test(each_part_that_is_left_out_is_missed_by_the_walk),
	};
	return cmocka_run_group_tests_name("outbox_cell_states", tests, setup, teardown);
}
