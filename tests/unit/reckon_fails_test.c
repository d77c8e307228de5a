/* Whatever statement of the database fails while it is reckoned what should have been told, and while that is made
 * good: each that was missed is told once all the same, and ops hear of each. */
#include "pipeline_world.h"

#include "statements.h"

/* By hand, while nobody runs: when anything is due next, all that was told of C2, and that nobody had the message about
 * C3. The step of C4 was due meanwhile. */
static void lose_something(struct world *w)
{
	struct fixture *f = w->f;
	hear(w, "e4", "custody.threshold_met", "C4", "2026-02-04T09:30:00Z", "\"custody\":\"k4\"");
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T09:57:00Z", K1);
	hear(w, "e2", "custody.threshold_met", "C2", "2026-02-04T09:58:00Z", "\"custody\":\"k2\"");
	hear(w, "e3", "custody.threshold_met", "C3", "2026-02-04T09:59:00Z", "\"custody\":\"k3\"");
	deliver(w);
	OK(store_execute(f->store, "UPDATE outbox SET state = 5 WHERE subject = 'C3'", &f->fault));
	OK(store_execute(f->store, "DELETE FROM outbox WHERE subject = 'C2'", &f->fault));
	OK(store_execute(f->store, "DELETE FROM due_log", &f->fault));
	restart(w);
}

/* As the timer does; what fails is said, and tried again a second later. Returns how often something failed. */
static int run_on(struct world *w, const char *from, const char *until)
{
	int failures = 0;
	for (instant now = at(from); now <= at(until);) {
		w->f->fault.text[0] = '\0';
		enum result result = pipeline_tick(w->pipeline, now, &w->f->fault);
		instant next = pipeline_next(w->pipeline);
		failures += result != RESULT_OK;
		if (result != RESULT_OK && (!statements.struck || !w->f->fault.text[0]))
			fail_msg("%s", w->f->fault.text);
		if (result != RESULT_OK)
			now += SECOND;
		now = next > now ? next : now;
	}
	return failures;
}

#define THRESHOLD "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND "

static void assert_each_was_told_once(struct world *w)
{
	static const char *const children[] = {"C1", "C2", "C3", "C4"};
	for (size_t i = 0; i < 4; i++) {
		char sql[160];
		(void)snprintf(sql, sizeof sql, THRESHOLD "subject = '%s' AND step = 2 AND purpose = 'escalated'",
		               children[i]);
		assert_int_equal(count(w, sql), 1);
	}
	assert_int_equal(count(w, THRESHOLD "subject = 'C2' AND step = 1"), 1); /* what is there of it */
	assert_int_equal(count(w, THRESHOLD "subject = 'C4' AND payload LIKE '%\"cause\":\"missed\"%'"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM condition WHERE id = 'ops.ladder-missed' AND key = 'A-1003'"),
	                 1);
	assert_int_equal(count(w, "SELECT count(*) FROM condition WHERE id = 'ops.ladder-missed' AND key = 'A-1001'"),
	                 1);
	assert_int_equal(count(w, "SELECT count(*) FROM condition WHERE id = 'ops.set-aside' AND ended = "
	                          "9223372036854775807"),
	                 0);
}

static uint64_t live(uint64_t fails, int *failures)
{
	void *state;
	(void)setup(&state);
	struct world *w = state;
	lose_something(w);
	assert_int_equal(run_on(w, "2026-02-04T10:02:00Z", "2026-02-04T10:11:50Z"), 0);
	fail_at(fails);
	*failures = run_on(w, "2026-02-04T10:12:00Z", "2026-02-04T10:20:00Z");
	uint64_t done = statements.done;
	fail_at(NEVER_FAILS);
	assert_int_equal(run_on(w, "2026-02-04T10:21:00Z", "2026-02-04T11:50:00Z"), 0);
	assert_each_was_told_once(w);
	(void)teardown(&state);
	return done;
}

/* A disk that cannot be read, and a database that another process holds: of the one a history is left out until the
 * next round, of the other the round begins again. */
static void whatever_statement_fails_what_was_missed_is_told_once(void **state)
{
	static const int words[] = {SQLITE_IOERR_READ, SQLITE_BUSY};
	int failed, failures = 0;
	(void)state;
	uint64_t whole = live(NEVER_FAILS, &failed), apart = statements_apart(2);
	for (uint64_t i = 0; i < 2; i++) {
		statements.says = words[i];
		for (uint64_t at = i % apart; at < whole; at += apart) {
			live(at, &failed);
			failures += failed;
		}
	}
	assert_true(failures > (int)(100 / apart));
}

int main(void)
{
	log_set_level((enum log_level)(getenv("VERBOSE") ? 7 : 1));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_statement_fails_what_was_missed_is_told_once),
	};
	return cmocka_run_group_tests_name("reckon_fails", tests, NULL, NULL);
}
