/* One record, or one subject, is never able to stop the rest: each death here is a real one, of a child process. */
#include "setting_aside_world.h"

/* Five children are held; the third record is the deadly one. */
static struct batch *five(struct world *w)
{
	struct batch *batch = batch_new();
	for (int i = 1; i <= 5; i++) {
		char id[16], child[16];
		(void)snprintf(id, sizeof id, "e%d", i);
		(void)snprintf(child, sizeof child, "C%d", i);
		struct text bytes =
			event_json(w->f, "lcs", id, "custody.threshold_met", child, "2026-02-04T09:00:00Z", "", K1);
		(void)batch_add(batch, w->f->parser, TEXT("kafka:events:0"), i, bytes, at(NOW));
	}
	return batch;
}

static void die_at_the_third(void *context, const struct source_record *record)
{
	(void)context;
	if (text_equal(record->event.id, TEXT("e3")))
		(void)kill(getpid(), SIGKILL);
}

/* What the daemon does from start to end, in a process of its own: reads on where the store stands. True: it was
 * killed. */
static bool live(struct world *w)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		start(w);
		struct batch *batch = five(w);
		struct fault fault;
		enum result result = pipeline_take(w->pipeline, batch, INSTANT_NEVER, at(NOW), &fault);
		while (result == RESULT_OK && pipeline_next(w->pipeline) <= at(NOW))
			result = pipeline_tick(w->pipeline, at(NOW), &fault);
		batch_free(batch);
		stop(w);
		_exit(result == RESULT_OK ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	return WIFSIGNALED(status);
}

static void a_record_at_which_the_process_dies_each_time_is_set_aside_and_the_rest_is_told(void **state)
{
	struct world *w = *state;
	int deaths = 0;
	w->settings.before_record = die_at_the_third;
	while (live(w))
		deaths++;
	assert_int_equal(deaths, ATTEMPT_DEATHS);
	start(w);
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 4);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold' AND state = 0"), 4);
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine WHERE event_id = 'e3' AND reason LIKE 'casewatch "
	                          "ended or failed%'"),
	                 1);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.set-aside' AND role = 'ops'"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM audit WHERE what = 'event.set-aside'"), 1);
	assert_int_equal(count(w, "SELECT next FROM position"), 5);
	assert_false(attempt_suspects(w->attempt)); /* and all goes fast again */
	stop(w);
}

/* Also where it strikes the same record twice, as kills at random moments after each start do. */
static void a_process_killed_by_somebody_loses_and_sets_aside_nothing(void **state)
{
	struct world *w = *state;
	w->settings.before_record = die_at_the_third;
	assert_true(live(w));
	assert_true(live(w));
	w->settings.before_record = NULL; /* it was the machine's fault */
	assert_false(live(w));
	start(w);
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 5);
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE role = 'ops'"), 0);
	stop(w);
}

/* ---- what fails without ending the process ---- */

/* The store refuses whatever concerns this child, as a damaged page of it would: others go on. */
#define REFUSES(table)                                                                                                 \
	"CREATE TRIGGER no_c3 BEFORE INSERT ON " table " WHEN new.rule = 'custody.threshold' AND new.alert IN "        \
	"(SELECT a.id FROM alert a JOIN history h ON h.id = a.history WHERE h.name = 'C3') BEGIN SELECT raise(FAIL, "  \
	"'no'); END"

static void a_record_that_always_fails_is_set_aside_and_the_rest_goes_on(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start(w);
	OK(store_execute(f->store, REFUSES("audit"), &f->fault));
	struct batch *batch = five(w);
	int tries = 0;
	enum result result;
	while ((result = pipeline_take(w->pipeline, batch, INSTANT_NEVER, at(NOW), &f->fault)) != RESULT_OK &&
	       tries < 20) {
		tries++;
		if (result == RESULT_PERMANENT) { /* the daemon leaves, and is started again */
			stop(w);
			start(w);
		}
	}
	assert_int_equal(result, RESULT_OK);
	batch_free(batch);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold' AND state = 0"), 4);
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine WHERE event_id = 'e3'"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 4);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.set-aside'"), 1);
	stop(w);
}

#define STANDS "SELECT count(*) FROM condition WHERE id = 'ops.set-aside' AND ended = 9223372036854775807"

/* It waits in quarantine: what somebody decided about is wrong no more. */
static void a_record_that_was_set_aside_is_over_when_somebody_decided_about_it(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start(w);
	OK(store_execute(f->store, REFUSES("audit"), &f->fault));
	struct batch *batch = five(w);
	for (int tries = 0; tries < 20; tries++) {
		enum result result = pipeline_take(w->pipeline, batch, INSTANT_NEVER, at(NOW), &f->fault);
		if (result == RESULT_OK)
			break;
		if (result == RESULT_PERMANENT) {
			stop(w);
			start(w);
		}
	}
	batch_free(batch);
	OK(pipeline_tick(w->pipeline, at(NOW) + MINUTE, &f->fault));
	assert_int_equal(count(w, STANDS), 1);
	OK(store_execute(f->store, "UPDATE quarantine SET state = 'discarded'", &f->fault));
	stop(w);
	start(w);
	OK(pipeline_tick(w->pipeline, at(NOW) + 2 * MINUTE, &f->fault));
	assert_int_equal(count(w, STANDS), 0);
	stop(w);
}

/* Five children, whose first day missing ends at nine the next morning. */
static void five_go_missing(struct world *w)
{
	struct fixture *f = w->f;
	struct batch *batch = batch_new();
	for (int i = 1; i <= 5; i++) {
		char id[16], child[16];
		(void)snprintf(id, sizeof id, "m%d", i);
		(void)snprintf(child, sizeof child, "C%d", i);
		struct text bytes = event_json(f, "lcs", id, "missing.started", child, "2026-02-04T09:00:00Z", "",
		                               "\"episode\":\"1\",\"kind\":\"missing\"");
		(void)batch_add(batch, f->parser, TEXT("kafka:events:0"), i, bytes, at(NOW));
	}
	OK(pipeline_take(w->pipeline, batch, INSTANT_NEVER, at(NOW), &f->fault));
	batch_free(batch);
}

/* Nothing can be told of the third child. */
static void fail_at_the_third_child(struct world *w)
{
	struct fixture *f = w->f;
	OK(store_execute(f->store,
	                 "CREATE TRIGGER no_c3 BEFORE INSERT ON outbox WHEN new.rule = 'missing.still-missing' AND "
	                 "new.subject = 'C3' BEGIN SELECT raise(FAIL, 'no'); END",
	                 &f->fault));
}

static void assert_four_are_told_of_and_one_set_aside(struct world *w)
{
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"), 4);
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.set-aside' AND payload NOT LIKE '%C3%' AND "
	                 "payload NOT LIKE '%reckoned%'"),
		1);
}

static void a_child_whose_judging_always_fails_is_set_aside_and_the_rest_goes_on(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start(w);
	five_go_missing(w);
	fail_at_the_third_child(w);
	for (int tries = 0; tries < 40 && pipeline_next(w->pipeline) <= at("2026-02-05T09:00:00Z"); tries++)
		if (pipeline_tick(w->pipeline, at("2026-02-05T09:00:00Z"), &f->fault) == RESULT_PERMANENT) {
			stop(w);
			start(w);
		}
	assert_four_are_told_of_and_one_set_aside(w);
	stop(w);
}

static int run_for_hours(struct world *w, int hours, instant from);

/* Somebody mended it: the next day's rounds, which could reckon every history anew, have told what was missed of it. */
static void a_child_that_was_set_aside_is_over_once_its_history_can_be_judged(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start(w);
	five_go_missing(w);
	fail_at_the_third_child(w);
	(void)run_for_hours(w, 2, at("2026-02-05T09:00:00Z"));
	assert_four_are_told_of_and_one_set_aside(w);
	assert_true(count(w, STANDS) > 0);
	OK(store_execute(f->store, "DROP TRIGGER no_c3", &f->fault));
	stop(w);
	start(w);
	(void)run_for_hours(w, 3, at("2026-02-06T00:30:00Z"));
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"), 5);
	assert_int_equal(count(w, STANDS), 0);
	stop(w);
}

static void no_reading(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count, (void)values;
	sqlite3_result_error_code(context, SQLITE_IOERR_READ);
}

/* As the timer would, until then; each failure is counted. A failure for good ends the process, and systemd starts it.
 */
static int run_for_hours(struct world *w, int hours, instant from)
{
	struct fixture *f = w->f;
	int failures = 0;
	instant now = from;
	for (int ticks = 0; ticks < 2000; ticks++) {
		instant next = pipeline_next(w->pipeline);
		if (next > from + hours * HOUR)
			return failures;
		now = next > now ? next : now;
		enum result result = pipeline_tick(w->pipeline, now, &f->fault);
		failures += result != RESULT_OK;
		if (result == RESULT_PERMANENT) {
			stop(w);
			start(w);
		}
	}
	fail_msg("%d failures, and no rest in between", failures);
	return failures;
}

/* Of a child who comes after the one that fails: found only by a round that is gone through to its end. */
static void lose_a_message(struct world *w)
{
	(void)count(w, "DELETE FROM outbox WHERE rule = 'missing.still-missing' AND subject = 'C4'");
}

static void assert_lost_message_was_made_good(struct world *w)
{
	assert_true(count(w, "SELECT count(*) FROM outbox WHERE rule = 'missing.still-missing' AND subject = 'C4'") >
	            0);
}

/* A sector that cannot be read, where one child's rows are: the daemon lives, the others are told of, and so is whoever
 * comes after that child when all is reckoned anew each hour. Of that child it is tried a few times an hour, no more.
 */
static void a_child_whose_rows_cannot_be_read_is_set_aside_without_a_death(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start(w);
	five_go_missing(w);
	assert_int_equal(
		sqlite3_create_function(f->store->database, "no_reading", 0, SQLITE_UTF8, NULL, no_reading, NULL, NULL),
		SQLITE_OK);
	OK(store_execute(f->store,
	                 "CREATE TEMP TRIGGER no_c3 BEFORE INSERT ON main.outbox WHEN new.rule = "
	                 "'missing.still-missing' AND new.subject = 'C3' BEGIN SELECT no_reading(); END",
	                 &f->fault));
	int failures = run_for_hours(w, 1, at("2026-02-05T09:00:00Z"));
	assert_four_are_told_of_and_one_set_aside(w);
	lose_a_message(w);
	failures += run_for_hours(w, 3, at("2026-02-05T10:00:00Z"));
	assert_in_range(failures, 2, 4 + 4 * 2);
	assert_lost_message_was_made_good(w);
	stop(w);
}

#define SET_ASIDE_MENDINGS                                                                                             \
	"SELECT count(*) FROM meta WHERE name LIKE 'mending-aside:%' AND value LIKE '% casewatch ended%'"

/* As once the rules or casewatch itself are others. */
static void assume_another_edition(struct world *w)
{
	struct fixture *f = w->f;
	OK(store_execute(f->store,
	                 "UPDATE meta SET value = '0000000000000000 of before' WHERE name LIKE 'mending-aside:%'",
	                 &f->fault));
}

/* The process dies where it would tell what was missed: three times, and then it goes on without, also in the hours to
 * come; ops hear why. */
static void a_child_at_which_the_mending_dies_is_set_aside_and_the_round_goes_on(void **state)
{
	struct world *w = *state;
	start(w);
	five_go_missing(w);
	fail_at_the_third_child(w);
	int deaths = run_for_hours(w, 1, at("2026-02-05T09:00:00Z"));
	lose_a_message(w);
	deaths += run_for_hours(w, 3, at("2026-02-05T10:00:00Z"));
	assert_in_range(deaths, 2, 4 * 3);
	assert_lost_message_was_made_good(w);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"), 4);
	assert_int_equal(count(w, SET_ASIDE_MENDINGS), 1);
	assert_true(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.set-aside' AND payload LIKE '%Why the "
	                     "last%casewatch ended%'") > 0);
	assert_int_equal(run_for_hours(w, 5, at("2026-02-05T13:00:00Z")), 0);
	assume_another_edition(w);
	assert_in_range(run_for_hours(w, 1, at("2026-02-05T18:00:00Z")), 1, 4);
	stop(w);
}

/* The same where a message of an alert that stands is gone: the step is known by its alert. */
static void a_step_at_which_the_mending_dies_is_set_aside_and_other_steps_are_made_good(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start(w);
	five_go_missing(w);
	assert_int_equal(run_for_hours(w, 1, at("2026-02-05T09:00:00Z")), 0);
	OK(store_execute(f->store,
	                 "DELETE FROM outbox WHERE rule = 'missing.still-missing' AND subject IN ('C3', 'C4')",
	                 &f->fault));
	fail_at_the_third_child(w);
	assert_in_range(run_for_hours(w, 2, at("2026-02-05T10:00:00Z")), 2, 4);
	assert_lost_message_was_made_good(w);
	assert_int_equal(count(w, SET_ASIDE_MENDINGS), 1);
	assert_int_equal(run_for_hours(w, 3, at("2026-02-05T12:00:00Z")), 0);
	OK(store_execute(f->store, "DROP TRIGGER no_c3", &f->fault));
	assume_another_edition(w);
	assert_int_equal(run_for_hours(w, 1, at("2026-02-05T15:00:00Z")), 0);
	assert_true(count(w, "SELECT count(*) FROM outbox WHERE rule = 'missing.still-missing' AND subject = 'C3'") >
	            0);
	stop(w);
}

int main(void)
{
	log_set_level((enum log_level)2);
	const struct CMUnitTest tests[] = {
		TEST(a_record_at_which_the_process_dies_each_time_is_set_aside_and_the_rest_is_told),
		TEST(a_process_killed_by_somebody_loses_and_sets_aside_nothing),
		TEST(a_record_that_always_fails_is_set_aside_and_the_rest_goes_on),
		TEST(a_record_that_was_set_aside_is_over_when_somebody_decided_about_it),
		TEST(a_child_whose_judging_always_fails_is_set_aside_and_the_rest_goes_on),
		TEST(a_child_that_was_set_aside_is_over_once_its_history_can_be_judged),
		TEST(a_child_whose_rows_cannot_be_read_is_set_aside_without_a_death),
		TEST(a_child_at_which_the_mending_dies_is_set_aside_and_the_round_goes_on),
		TEST(a_step_at_which_the_mending_dies_is_set_aside_and_other_steps_are_made_good),
	};
	return cmocka_run_group_tests_name("setting aside", tests, NULL, NULL);
}
