/* Everything that may happen to the messages of one critical alert, in every order, with a crash at every step: the
 * states are walked breadth first, each told from the others by what is on the disk, under way and at the other side.
 *
 * In every state: nothing went twice unmarked; a repeat has the name of the first; nothing went of an alert that had
 * been withdrawn. And from every state, when the other side is well from then on: every row comes to an end, and
 * whoever must hear has heard, or the next step has.
 *
 * That the walk can find what it looks for is shown by faults planted under it: the linker lets the test stand between
 * the courier and the store (-Wl,--wrap), so that no seam for it is in the daemon.
 *   STATES=N  goes on from as many. There is no end of them while attempts count: what is whole is every order
 *             of so many happenings, which the last line says. */
#include "outbox_lives.h"
#include "outbox_walk.h"

#define STATES 60

/* ---- what may happen next ---- */

static const struct action all_actions[] = {
	{PASSES, TAKES, NO_CRASH, "taken"},
	{PASSES, TAKES_SLOWLY, NO_CRASH, "under way"},
	{PASSES, LATER, NO_CRASH, "refused for now"},
	{PASSES, REFUSES, NO_CRASH, "refused for good"},
	{PASSES, HANGS_UP_HAVING_TAKEN, NO_CRASH, "taken, and hung up after DATA"},
	{PASSES, HANGS_UP_WITHOUT, NO_CRASH, "not taken, and hung up after DATA"},
	{PASSES, IS_LOST, NO_CRASH, "connection lost"},
	{PASSES, IS_DOWN, NO_CRASH, "no connection"},
	{PASSES, GIVEN, NO_CRASH, "given to a service, or still with it"},
	{PASSES, TAKES, AFTER_FIRST_COMMIT, "crash after the first commit"},
	{PASSES, REFUSES, AFTER_FIRST_COMMIT, "refused for good, crash once that is written"},
	{PASSES, TAKES, AFTER_SECOND_COMMIT, "crash after the second commit"},
	{PASSES, TAKES, BEFORE_IT_IS_TAKEN, "crash as the send begins"},
	{PASSES, TAKES, WHEN_IT_IS_TAKEN, "crash when it is taken"},
	{CRASHES, TAKES, NO_CRASH, "crash"},
	{TIME_IS_OVER, TAKES, NO_CRASH, "the step's time is over"},
	{IS_ANSWERED, TAKES, NO_CRASH, "answered"},
	{IS_WITHDRAWN, TAKES, NO_CRASH, "withdrawn"},
	{RELOADS, TAKES, NO_CRASH, "the directory is read anew"},
	{COMES_BACK, TAKES, NO_CRASH, "what had been taken comes back"},
	{COMES_BACK, TAKES, AFTER_FIRST_COMMIT, "it comes back, crash once that is written"},
	{ARRIVES, TAKES, NO_CRASH, "what had been taken is said to have arrived"},
};

/* ---- the planted faults ---- */

enum planted { NOTHING, MARKS_NOTHING_AT_START, FORGETS_AT_START, MARKS_AFTER, TAKES_DOUBT_FOR_SUCCESS,
	       TAKES_DOUBT_FOR_FAILURE, NAMES_ANEW, GIVES_UP_AT_ONCE, WAITS_FOR_EVER, FORGETS_THE_MARK,
	       WRITES_NO_SUCCESS, SENDS_WHAT_IS_WITHDRAWN, BELIEVES_THE_SERVICE, GIVES_UP_IN_SILENCE,
	       SENDS_AGAIN_WHAT_IT_ASKS_FOR, PLANTED };
static const char *const planted_names[PLANTED] = {
	"none", "a row found in sending is sent again without a mark", "a row found in sending stays there",
	"a row is marked as under way after it was sent", "nobody knows whether it arrived, and it counts as accepted",
	"nobody knows whether it arrived, and it is sent again without a mark", "each attempt has a name of its own",
	"what is refused for now is given up, and nobody climbs", "what is refused for now waits for ever",
	"a refusal after a doubt takes the mark away", "what was accepted is not written",
	"what was withdrawn is sent all the same", "what did not arrive counts as delivered",
	"a row is given up and nobody climbs",
	"a crash while a service is asked makes of the question another message"};
static enum planted planted;

enum result __real_outbox_recover(struct store *, size_t *, struct fault *);
enum result __real_outbox_claim(struct store *, instant, bool, struct outbox_row *, bool *, struct fault *);
enum result __real_outbox_result(struct store *, int64_t, enum outbox_state, instant, instant, struct text,
                                 struct fault *);
enum result __real_outbox_address(struct store *, int64_t, struct text, struct text, struct text, struct text,
                                  struct fault *);
enum result __real_alert_context_alert(const struct alert_context_sources *, const struct outbox_row *, instant,
                                       struct arena *, struct alert_context *, struct fault *);
enum result __wrap_outbox_recover(struct store *, size_t *, struct fault *);
enum result __wrap_outbox_claim(struct store *, instant, bool, struct outbox_row *, bool *, struct fault *);
enum result __wrap_outbox_result(struct store *, int64_t, enum outbox_state, instant, instant, struct text,
                                 struct fault *);
enum result __wrap_outbox_address(struct store *, int64_t, struct text, struct text, struct text, struct text,
                                  struct fault *);
enum result __wrap_alert_context_alert(const struct alert_context_sources *, const struct outbox_row *, instant,
                                       struct arena *, struct alert_context *, struct fault *);

static enum result change(struct store *store, const char *sql)
{
	struct fault *fault;
	OK(store_execute(store, sql, fault));
	return RESULT_OK;
}

enum result __wrap_outbox_recover(struct store *store, size_t *uncertain, struct fault *fault)
{
	*uncertain = 0;
	if (planted == FORGETS_AT_START)
		return RESULT_OK;
	if (planted == MARKS_NOTHING_AT_START)
		return change(store, "UPDATE outbox SET state = 4 WHERE state = 1 AND open = 1");
	if (planted == SENDS_AGAIN_WHAT_IT_ASKS_FOR)
		(void)change(store, "UPDATE outbox SET state = 0, sent = -9223372036854775808, message_id = ''"
		                    " WHERE state = 1 AND open = 1 AND sent > 0");
	return __real_outbox_recover(store, uncertain, fault);
}

enum result __wrap_outbox_claim(struct store *store, instant now, bool critical, struct outbox_row *row, bool *found,
                                struct fault *fault)
{
	enum result result = __real_outbox_claim(store, now, critical, row, found, fault);
	if (planted == MARKS_AFTER && result == RESULT_OK && *found && row->kind != OUTBOX_OPS)
		(void)change(store, "UPDATE outbox SET state = 4, not_before = not_before + 60000000 WHERE state = 1");
	return result;
}

enum result __wrap_outbox_result(struct store *store, int64_t id, enum outbox_state state, instant at, instant again,
                                 struct text reply, struct fault *fault)
{
	if (planted == TAKES_DOUBT_FOR_SUCCESS && state == OUTBOX_UNCERTAIN)
		state = OUTBOX_ACCEPTED;
	if (planted == TAKES_DOUBT_FOR_FAILURE && state == OUTBOX_UNCERTAIN)
		state = OUTBOX_RETRY;
	if (planted == GIVES_UP_AT_ONCE && state == OUTBOX_RETRY)
		state = OUTBOX_FAILED;
	if (planted == WAITS_FOR_EVER && state == OUTBOX_RETRY)
		again = INSTANT_NEVER;
	if (planted == WRITES_NO_SUCCESS && state == OUTBOX_ACCEPTED)
		return RESULT_OK;
	enum result result = __real_outbox_result(store, id, state, at, again, reply, fault);
	if (planted == FORGETS_THE_MARK && state == OUTBOX_RETRY)
		(void)change(store, "UPDATE outbox SET possible_duplicate = 0 WHERE state = 4");
	return result;
}

enum result __wrap_outbox_address(struct store *store, int64_t id, struct text person, struct text channel,
                                  struct text address, struct text message_id, struct fault *fault)
{
	struct text name = planted == NAMES_ANEW ? TEXT_NONE : message_id;
	return __real_outbox_address(store, id, person, channel, address, name, fault);
}

enum result __wrap_alert_context_alert(const struct alert_context_sources *gather, const struct outbox_row *row,
                                       instant now, struct arena *arena, struct alert_context *about,
                                       struct fault *fault)
{
	enum result result = __real_alert_context_alert(gather, row, now, arena, about, fault);
	if (planted == SENDS_WHAT_IS_WITHDRAWN && about->alert.state == ALERT_WITHDRAWN)
		about->alert.state = ALERT_STANDING;
	if (planted == BELIEVES_THE_SERVICE && outbox_is_given(row))
		about->acknowledged = true;
	return result;
}

static void untold_in_silence(struct bench *bench, struct text alert, int step)
{
	(void)bench, (void)alert, (void)step;
}

/* ---- the tests ---- */

static void whatever_happens_and_wherever_it_crashes_nobody_is_missed_and_nothing_goes_twice_unmarked(void **state)
{
	(void)state;
	planted = NOTHING;
	nothing_is_wrong_in(STATES);
}

static void each_fault_that_is_planted_under_the_walk_is_found_by_it(void **state)
{
	(void)state;
	for (planted = NOTHING + 1; planted < PLANTED && !getenv("TEST_ROUNDS"); planted++) {
		world.bench->on_nobody = planted == GIVES_UP_IN_SILENCE ? untold_in_silence : on_untold;
		something_is_wrong_with(planted_names[planted]);
	}
	planted = NOTHING;
	world.bench->on_nobody = on_untold;
}

static int setup(void **state)
{
	(void)state;
	actions = all_actions;
	action_count = sizeof all_actions / sizeof all_actions[0];
	world_first(1);
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
		cmocka_unit_test(
			whatever_happens_and_wherever_it_crashes_nobody_is_missed_and_nothing_goes_twice_unmarked),
		cmocka_unit_test(each_fault_that_is_planted_under_the_walk_is_found_by_it),
	};
	return cmocka_run_group_tests_name("outbox_states", tests, setup, teardown);
}
