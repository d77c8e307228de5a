/* Retention: a child who has been done with for years is due; in doubt it stays. */
#include "store_fixture.h"

#include "base/mem.h"
#include "store/erasure/retention.h"
#include "store/store_internal.h"

#define AFTER (2000000000 * SECOND) /* the fixture's events came in September 2020 */

static enum retention judge(struct fixture *f, const char *subject, instant before)
{
	enum retention retention;
	OK(retention_judge(f->store, text_of(subject), before, &retention, &f->fault));
	return retention;
}

static void a_child_of_whom_nothing_is_open_is_due(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "missing.started", "C1", "2019-01-01T00:00:00Z",
	                  "\"episode\":\"a\",\"kind\":\"missing\"");
	(void)store_event(f, "e2", "missing.ended", "C1", "2019-01-02T00:00:00Z", "\"episode\":\"a\"");
	assert_int_equal(judge(f, "C1", AFTER), RETENTION_DUE);
	assert_int_equal(judge(f, "C1", 1600000000 * SECOND), RETENTION_STAYS); /* it came at that very instant */
}

static void an_episode_that_never_ended_keeps_the_child(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "missing.started", "C1", "2019-01-01T00:00:00Z",
	                  "\"episode\":\"a\",\"kind\":\"missing\"");
	(void)store_event(f, "e2", "missing.ended", "C1", "2019-01-02T00:00:00Z", "\"episode\":\"a\"");
	(void)store_event(f, "e3", "missing.started", "C1", "2019-02-01T00:00:00Z",
	                  "\"episode\":\"b\",\"kind\":\"missing\"");
	assert_int_equal(judge(f, "C1", AFTER), RETENTION_OPEN);
	(void)store_event(f, "e4", "child.transferred", "C1", "2019-03-01T00:00:00Z", "");
	assert_int_equal(judge(f, "C1", AFTER), RETENTION_DUE); /* which ends every key */
}

static void a_plan_that_began_again_keeps_the_child(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "cp.started", "C1", "2018-01-01T00:00:00Z", "");
	(void)store_event(f, "e2", "cp.ended", "C1", "2018-06-01T00:00:00Z", "");
	assert_int_equal(judge(f, "C1", AFTER), RETENTION_DUE);
	(void)store_event(f, "e3", "cp.started", "C1", "2019-01-01T00:00:00Z", "");
	assert_int_equal(judge(f, "C1", AFTER), RETENTION_OPEN);
}

static void a_clock_that_runs_keeps_the_child(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "vpg.discussed", "C1", "2019-01-01T00:00:00Z", "");
	OK(store_begin(f->store, &f->fault));
	OK(due_set(f->store, PARTY_NONE, TEXT("C1"), AFTER, &f->fault));
	OK(store_commit(f->store, &f->fault));
	assert_int_equal(judge(f, "C1", AFTER), RETENTION_STANDING);
}

static void who_is_no_child_stays(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "provider.registration_changed", "P1", "2019-01-01T00:00:00Z",
	                  "\"registered\":true");
	assert_int_equal(judge(f, "P1", AFTER), RETENTION_STAYS);
}

static void keep_alert(struct fixture *f, const char *id, enum alert_state state, bool early)
{
	static struct rule rules[] = {
		{.index = 0, .id = "missing.high-risk", .severity = SEVERITY_CRITICAL, .effective_from = DAY_NONE}};
	static const struct ruleset ruleset = {.rules = rules, .rule_count = 1};
	static struct evidence evidence[] = {{.ref = 1, .time = 1500000000 * SECOND}};
	struct alert alert = {.state = state,
	                      .early_warning = early,
	                      .opened = 1500000000 * SECOND,
	                      .closed = state == ALERT_STANDING ? INSTANT_NEVER : 1500003600 * SECOND,
	                      .due = INSTANT_NONE,
	                      .told = 1500000000 * SECOND,
	                      .asked = INSTANT_NONE,
	                      .next = INSTANT_NEVER,
	                      .stood_until = INSTANT_NONE,
	                      .evidence = evidence,
	                      .evidence_count = 1};
	(void)snprintf(alert.id, sizeof alert.id, "%s", id);
	OK(store_begin(f->store, &f->fault));
	OK(alerts_keep(f->store, &ruleset, PARTY_NONE, TEXT("C1"), &alert, &(int64_t){0}, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

/* Whichever of its alerts it is. */
static void a_child_of_whom_an_alert_stands_is_kept(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "vpg.discussed", "C1", "2019-01-01T00:00:00Z", "");
	keep_alert(f, "00000000000000aa", ALERT_STANDING, false);
	keep_alert(f, "00000000000000bb", ALERT_RESOLVED, false);
	assert_int_equal(judge(f, "C1", AFTER), RETENTION_STANDING);
	keep_alert(f, "00000000000000aa", ALERT_RESOLVED, false);
	assert_int_equal(judge(f, "C1", AFTER), RETENTION_DUE);
	keep_alert(f, "00000000000000cc", ALERT_STANDING, true); /* an early warning is no alert */
	assert_int_equal(judge(f, "C1", AFTER), RETENTION_DUE);
	assert_true(retention_knows(f->store, TEXT("C1")));
	assert_false(retention_knows(f->store, TEXT("C2")));
	assert_int_equal(judge(f, "C2", AFTER), RETENTION_DUE);
}

/* The newest record came long ago; one before it, of a kind that nobody knows, did not. */
static void a_day_that_is_not_long_past_keeps_the_child_whichever_record_it_stands_in(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "somebody.wrote", "C1", "2017-01-01T00:00:00Z", "");
	(void)store_event(f, "e2", "vpg.discussed", "C1", "2017-01-02T00:00:00Z", "");
	OK(store_begin(f->store, &f->fault));
	OK(store_execute(f->store, "UPDATE event SET arrived = 1500000000000000 WHERE id = 2", &f->fault));
	OK(store_commit(f->store, &f->fault));
	assert_int_equal(judge(f, "C1", 1580000000 * SECOND), RETENTION_STAYS);
	assert_int_equal(judge(f, "C1", AFTER), RETENTION_DUE);
}

static enum result note_length(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	(void)fault;
	((size_t *)argument)[row->id] = row->bytes.length;
	return RESULT_OK;
}

static void bytes_of_records_that_wait_stay(void **state)
{
	struct fixture *f = *state;
	struct quarantine_row row = {.source_name = TEXT("spool:x@1"),
	                             .bytes = TEXT("{broken"),
	                             .reason = TEXT("not JSON"),
	                             .arrived = 1600000000 * SECOND};
	size_t lengths[3] = {0};
	int64_t last;
	OK(store_begin(f->store, &f->fault));
	OK(quarantine_add(f->store, &row, &f->fault));
	OK(quarantine_add(f->store, &row, &f->fault));
	OK(quarantine_set(f->store, 1, TEXT("discarded"), TEXT("p-anna: a test"), &f->fault));
	OK(retention_quarantine(f->store, 0, 1000, AFTER, &last, &f->fault));
	OK(store_commit(f->store, &f->fault));
	assert_int_equal(last, 0);
	OK(quarantine_each(f->store, false, note_length, lengths, &f->fault));
	assert_int_equal(lengths[1], 0);
	assert_int_equal(lengths[2], strlen("{broken"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_child_of_whom_nothing_is_open_is_due),
		TEST(an_episode_that_never_ended_keeps_the_child),
		TEST(a_plan_that_began_again_keeps_the_child),
		TEST(a_clock_that_runs_keeps_the_child),
		TEST(a_child_of_whom_an_alert_stands_is_kept),
		TEST(a_day_that_is_not_long_past_keeps_the_child_whichever_record_it_stands_in),
		TEST(who_is_no_child_stays),
		TEST(bytes_of_records_that_wait_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
