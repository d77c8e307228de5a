/* A history that is due again the moment it was judged, which only a mistake in casewatch can bring about: it waits a
 * minute, nobody else waits for it, and the clock's turns end. And what is next where the database cannot say. */
#include "pipeline_world.h"

#include "statements.h"

enum result __real_engine_flush(struct engine *engine, instant now, struct fault *fault);
enum result __wrap_engine_flush(struct engine *engine, instant now, struct fault *fault);
enum result __real_engine_flush_behind(struct engine *engine, instant judged_to, instant events_to, instant now,
                                              struct fault *fault);
enum result __wrap_engine_flush_behind(struct engine *engine, instant judged_to, instant events_to, instant now,
                                              struct fault *fault);

static struct store *mistaken; /* where C1 is due again after each judgement */

static enum result due_again(enum result result, instant now, struct fault *fault)
{
	if (result != RESULT_OK || !mistaken || !store_in_transaction(mistaken))
		return result;
	return due_set(mistaken, PARTY_NONE, TEXT("C1"), now, fault);
}

enum result __wrap_engine_flush(struct engine *engine, instant now, struct fault *fault)
{
	return due_again(__real_engine_flush(engine, now, fault), now, fault);
}

enum result __wrap_engine_flush_behind(struct engine *engine, instant judged_to, instant events_to, instant now,
                                              struct fault *fault)
{
	return due_again(__real_engine_flush_behind(engine, judged_to, events_to, now, fault), now, fault);
}

static struct world *machine(bool by_log)
{
	void *state;
	(void)setup(&state);
	struct world *w = state;
	pipeline_free(w->pipeline);
	ops_free(w->ops);
	w->settings.by_log = by_log;
	start(w);
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	hear(w, "e2", "custody.threshold_met", "C2", "2026-02-04T02:10:30Z", "\"custody\":\"k2\"");
	deliver(w);
	return w;
}

/* The clock's turns from then until then, as the timer has them. */
static int turns(struct world *w, const char *from, const char *until)
{
	struct fixture *f = w->f;
	int count = 0;
	instant now = at(from);
	for (instant next; (next = pipeline_next(w->pipeline)) <= at(until); count++) {
		now = next > now ? next : now;
		OK(pipeline_tick(w->pipeline, now, &f->fault));
		assert_true(count < 1000);
	}
	return count;
}

#define ESCALATED                                                                                                      \
	"SELECT count(*) FROM outbox WHERE purpose = 'escalated' AND rule = 'custody.threshold' AND subject = "

static void goes_on(bool by_log)
{
	struct world *w = machine(by_log);
	void *state = w;
	mistaken = w->f->store;
	assert_in_range(turns(w, "2026-02-04T02:11:00Z", "2026-02-04T02:50:00Z"), 35, 80); /* one a minute */
	mistaken = NULL;
	assert_int_equal(count(w, ESCALATED "'C1'"), 1);
	assert_int_equal(count(w, ESCALATED "'C2'"), 1);
	assert_in_range(turns(w, "2026-02-04T02:50:00Z", "2026-02-04T03:05:00Z"), 0,
	                8); /* and where it is no more all is as it was */
	(void)teardown(&state);
}

static void a_history_that_is_always_due_again_waits_a_minute_each_time(void **state)
{
	(void)state;
	goes_on(false);
}

static void by_the_logs_time_too(void **state)
{
	(void)state;
	goes_on(true);
}

/* After a failed transaction the store reads anew what is due; where it cannot, the next turn comes soon and says so.
 */
static void where_the_database_cannot_say_what_is_next_the_next_turn_says_it(void **state)
{
	(void)state;
	struct world *w = machine(false);
	struct fixture *f = w->f;
	void *world = w;
	struct fault fault = {""};
	instant now = at("2026-02-04T02:40:00Z");
	store_forget(f->store);
	for (uint64_t i = 0; i < 3; i++) {
		fail_at(0);
		assert_true(pipeline_next(w->pipeline) <= now + MINUTE);
		assert_true(statements.struck);
	}
	fail_at(0);
	assert_int_not_equal(pipeline_tick(w->pipeline, now, &fault), RESULT_OK);
	assert_true(fault.text[0] != '\0');
	fail_at(NEVER_FAILS);
	OK(pipeline_tick(w->pipeline, now, &f->fault));
	assert_int_equal(count(w, ESCALATED "'C1'"), 1);
	(void)teardown(&world);
}

/* It is looked at as soon as that partition is read: where that cannot be written, at the next try, and not when the
 * wait would have been over. */
static void what_waited_for_a_partition_rings_at_the_next_try_where_the_first_fails(void **state)
{
	(void)state;
	static const char rung[] = "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0";
	struct world *w = machine(false);
	void *world = w;
	struct fault fault = {""};
	hear(w, "e3", "missing.started", "C3", "2026-02-04T09:00:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	(void)turns(w, "2026-02-04T09:00:00Z", "2026-02-05T08:58:00Z");
	pipeline_read_to(w->pipeline, at("2026-02-04T20:00:00Z"));
	(void)turns(w, "2026-02-05T08:58:00Z", "2026-02-05T09:00:02Z");
	assert_int_equal(count(w, rung), 0);
	pipeline_read_to(w->pipeline, INSTANT_NEVER);
	statements.words = "INSERT INTO alert ";
	assert_int_not_equal(pipeline_tick(w->pipeline, at("2026-02-05T09:00:03Z"), &fault), RESULT_OK);
	assert_true(statements.struck);
	statements.words = NULL;
	(void)turns(w, "2026-02-05T09:00:03Z", "2026-02-05T09:00:06Z");
	assert_int_equal(count(w, rung), 1);
	(void)teardown(&world);
}

int main(void)
{
	log_set_level((enum log_level)(getenv("VERBOSE") ? 7 : 1));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_history_that_is_always_due_again_waits_a_minute_each_time),
		cmocka_unit_test(by_the_logs_time_too),
		cmocka_unit_test(where_the_database_cannot_say_what_is_next_the_next_turn_says_it),
		cmocka_unit_test(what_waited_for_a_partition_rings_at_the_next_try_where_the_first_fails),
	};
	return cmocka_run_group_tests_name("pipeline_due", tests, NULL, NULL);
}
