/* Everything that may happen to a text that is of six critical alerts at once, in every order, with a crash at every
 * step: it is put off, lost, refused, doubted, given to a service that says later what became of it, one of its alerts
 * is answered or withdrawn meanwhile, and the process ends at each commit. What must be so is what must be so of one
 * alert by mail (outbox_states_test.c), for each of the six; and no other alerts go under a name that a text had.
 *
 * That the walk can find what it looks for is shown by faults planted under it.
 *   STATES=N  goes on from as many. */
#include "outbox_lives.h"
#include "outbox_walk.h"

#define STATES 8  /* every order of one happening, and some of two: `make states` goes on */
#define ALERTS 6  /* more than five to one phone are one text */

static const struct action all_actions[] = {
	{PASSES, LATER, NO_CRASH, "put off"},
	{PASSES, TAKES, NO_CRASH, "taken"},
	{PASSES, TAKES_SLOWLY, NO_CRASH, "under way"},
	{PASSES, REFUSES, NO_CRASH, "refused for good"},
	{PASSES, HANGS_UP_HAVING_TAKEN, NO_CRASH, "taken, and hung up"},
	{PASSES, IS_LOST, NO_CRASH, "connection lost"},
	{PASSES, IS_DOWN, NO_CRASH, "no connection"},
	{PASSES, GIVEN, NO_CRASH, "given to the service, or still with it"},
	{PASSES, LATER, AFTER_FIRST_COMMIT, "put off, crash after the first commit"},
	{PASSES, LATER, AFTER_SECOND_COMMIT, "put off, crash once that is written"},
	{PASSES, TAKES, AFTER_FIRST_COMMIT, "crash after the first commit"},
	{PASSES, TAKES, AFTER_SECOND_COMMIT, "crash after the second commit"},
	{PASSES, GIVEN, AFTER_SECOND_COMMIT, "given, crash once that is written"},
	{PASSES, TAKES, BEFORE_IT_IS_TAKEN, "crash as the send begins"},
	{PASSES, TAKES, WHEN_IT_IS_TAKEN, "crash when it is taken"},
	{CRASHES, TAKES, NO_CRASH, "crash"},
	{TIME_IS_OVER, TAKES, NO_CRASH, "the step's time is over"},
	{IS_ANSWERED, TAKES, NO_CRASH, "one is answered"},
	{IS_WITHDRAWN, TAKES, NO_CRASH, "one is withdrawn"},
	{RELOADS, TAKES, NO_CRASH, "the directory is read anew"},
};

/* ---- the planted faults ---- */

enum planted { NOTHING, WRITES_THE_FIRST_ALONE, COMES_APART, SENDS_WHAT_IS_WITHDRAWN, MARKS_NOTHING, PLANTED };
static const char *const planted_names[PLANTED] = {
	"none", "what came of a text is written of its first alert alone", "a text that was put off comes apart",
	"what was withdrawn goes with the others all the same",
	"what was under way at a crash goes again without a mark"};
static enum planted planted;

enum result __real_outbox_recover(struct store *, size_t *, struct fault *);
enum result __wrap_outbox_recover(struct store *, size_t *, struct fault *);
enum result __real_outbox_result(struct store *, int64_t, enum outbox_state, instant, instant, struct text,
                                 struct fault *);
enum result __wrap_outbox_result(struct store *, int64_t, enum outbox_state, instant, instant, struct text,
                                 struct fault *);
enum result __real_outbox_claim_again(struct store *, struct text, int64_t, struct outbox_row *, bool *,
                                      struct fault *);
enum result __wrap_outbox_claim_again(struct store *, struct text, int64_t, struct outbox_row *, bool *,
                                      struct fault *);
enum result __real_alert_context_alert(const struct alert_context_sources *, const struct outbox_row *, instant,
                                       struct arena *, struct alert_context *, struct fault *);
enum result __wrap_alert_context_alert(const struct alert_context_sources *, const struct outbox_row *, instant,
                                       struct arena *, struct alert_context *, struct fault *);

enum result __wrap_outbox_recover(struct store *store, size_t *uncertain, struct fault *fault)
{
	*uncertain = 0;
	if (planted == MARKS_NOTHING)
		return store_execute(store, "UPDATE outbox SET state = 4 WHERE state = 1 AND open = 1", fault);
	return __real_outbox_recover(store, uncertain, fault);
}

enum result __wrap_outbox_result(struct store *store, int64_t id, enum outbox_state state, instant at, instant again,
                                 struct text reply, struct fault *fault)
{
	if (planted == WRITES_THE_FIRST_ALONE && id > 1)
		return RESULT_OK;
	if (planted == COMES_APART && state == OUTBOX_RETRY)
		again += id * MINUTE;
	return __real_outbox_result(store, id, state, at, again, reply, fault);
}

enum result __wrap_outbox_claim_again(struct store *store, struct text name, int64_t after, struct outbox_row *row,
                                      bool *found, struct fault *fault)
{
	*found = false;
	return planted == COMES_APART ? RESULT_OK
	                              : __real_outbox_claim_again(store, name, after, row, found, fault);
}

enum result __wrap_alert_context_alert(const struct alert_context_sources *gather, const struct outbox_row *row,
                                       instant now, struct arena *arena, struct alert_context *about,
                                       struct fault *fault)
{
	enum result result = __real_alert_context_alert(gather, row, now, arena, about, fault);
	if (planted == SENDS_WHAT_IS_WITHDRAWN && about->alert.state == ALERT_WITHDRAWN)
		about->alert.state = ALERT_STANDING;
	return result;
}

/* ---- the tests ---- */

static void six_alerts_to_one_phone_are_one_text(void **state)
{
	(void)state;
	world_anew();
	turn(TAKES, NO_CRASH);
	assert_int_equal(world.send_count, 1);
	assert_int_equal(world.sends[0].alerts, (1u << ALERTS) - 1);
}

static void whatever_happens_to_a_text_of_many_nobody_is_missed_and_nothing_goes_twice_unmarked(void **state)
{
	(void)state;
	planted = NOTHING;
	nothing_is_wrong_in(STATES);
}

static void each_fault_that_is_planted_under_the_walk_is_found_by_it(void **state)
{
	(void)state;
	for (planted = NOTHING + 1; planted < PLANTED && !getenv("TEST_ROUNDS"); planted++)
		something_is_wrong_with(planted_names[planted]);
	planted = NOTHING;
}

static int setup(void **state)
{
	(void)state;
	actions = all_actions;
	action_count = sizeof all_actions / sizeof all_actions[0];
	world_first(ALERTS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_disks_free();
	bench_end(world.bench);
	return 0;
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(six_alerts_to_one_phone_are_one_text),
		cmocka_unit_test(whatever_happens_to_a_text_of_many_nobody_is_missed_and_nothing_goes_twice_unmarked),
		cmocka_unit_test(each_fault_that_is_planted_under_the_walk_is_found_by_it),
	};
	return cmocka_run_group_tests_name("outbox_storm_states", tests, setup, teardown);
}
