/* While something of the log is not read clocks wait, for a quarter of an hour at most; what an event itself opens
 * waits for nothing. */
#include "pipeline_world.h"

static void start_behind(struct world *w)
{
	w->settings.behind = true;
	restart(w);
	w->read_to = INSTANT_NONE;
}

/* As the source reckons it: the newest time at which an event became known. */
static void read_on(struct world *w, const char *until)
{
	w->read_to = at(until);
}

static void a_backlog_rings_nobody_for_what_a_later_event_of_it_stops(void **state)
{
	struct world *w = *state;
	start_behind(w);
	add(w, "e1", "missing.started", "C1", "2026-02-04T02:10:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	read_on(w, "2026-02-04T02:10:00Z");
	take(w, "2026-02-09T09:00:00Z");
	assert_alerts(w, "missing.still-missing", "");
	add(w, "e2", "missing.ended", "C1", "2026-02-04T20:00:00Z", "\"episode\":\"1\"");
	add(w, "e3", "rhi.completed", "C1", "2026-02-05T20:00:00Z", "\"episode\":\"1\"");
	take(w, "2026-02-09T09:00:01Z");
	pipeline_caught_up(w->pipeline);
	run(w, "2026-02-09T09:00:02Z");
	assert_alerts(w, "missing.still-missing", "");
	assert_alerts(w, "missing.return-interview", "");
}

static void what_a_backlog_leaves_standing_is_told_once_it_is_read(void **state)
{
	struct world *w = *state;
	start_behind(w);
	add(w, "e1", "missing.started", "C1", "2026-02-04T02:10:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	read_on(w, "2026-02-04T02:10:00Z");
	take(w, "2026-02-09T09:00:00Z");
	assert_alerts(w, "missing.still-missing", "");
	pipeline_caught_up(w->pipeline);
	run(w, "2026-02-09T09:00:02Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"), 1);
	assert_int_equal(
		count(w, "SELECT min(created) >= 1770627600000000 FROM outbox WHERE rule = 'missing.still-missing'"),
		1);
}

/* One council's partition is read to now; of another's only the beginning was read. */
static void a_partition_that_is_read_rings_no_clock_of_one_that_is_not(void **state)
{
	struct world *w = *state;
	start_behind(w);
	struct text started = event_json(w->f, "lcs", "e1", "missing.started", "C1", "2026-02-04T02:10:00Z", "",
	                                 "\"episode\":\"1\",\"kind\":\"missing\"");
	struct text ended =
		event_json(w->f, "lcs", "e2", "missing.ended", "C1", "2026-02-04T20:00:00Z", "", "\"episode\":\"1\"");
	struct text other = event_json(w->f, "lcs", "e3", "visit.noted", "C9", "2026-02-09T08:59:00Z", "", "");
	(void)batch_add(w->batch, w->f->parser, TEXT("kafka:events:1"), 1, started, at("2026-02-09T09:00:00Z"));
	read_on(w, "2026-02-04T02:10:00Z");
	take(w, "2026-02-09T09:00:00Z");
	(void)batch_add(w->batch, w->f->parser, TEXT("kafka:events:0"), 1, other, at("2026-02-09T09:00:00Z"));
	take(w, "2026-02-09T09:00:01Z"); /* the other partition has nothing more; ours goes on at 02:10 */
	assert_alerts(w, "missing.still-missing", "");
	(void)batch_add(w->batch, w->f->parser, TEXT("kafka:events:1"), 2, ended, at("2026-02-09T09:00:00Z"));
	read_on(w, "2026-02-04T20:00:00Z");
	take(w, "2026-02-09T09:00:02Z");
	pipeline_caught_up(w->pipeline);
	run(w, "2026-02-09T09:00:03Z");
	assert_alerts(w, "missing.still-missing", "");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'missing.still-missing'"), 0);
}

/* Whoever ran before had judged up to now: a restart with a backlog does not take that back. */
static void a_restart_behind_takes_no_alert_back(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "missing.started", "C1", "2026-02-04T02:10:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	run(w, "2026-02-06T09:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"), 1);
	start_behind(w);
	add(w, "e2", "missing.risk_changed", "C1", "2026-02-04T03:00:00Z", "\"episode\":\"1\",\"risk\":\"low\"");
	take(w, "2026-02-06T10:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE purpose = 'withdrawn'"), 0);
}

/* Long after the start a partition falls behind: its backlog holds the return of a child who is missing. */
static void a_partition_that_falls_behind_later_holds_clocks_up_for_a_quarter_of_an_hour_at_most(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear(w, "e1", "missing.started", "C1", "2026-02-04T09:00:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	hear(w, "e2", "missing.started", "C2", "2026-02-04T09:00:00Z", "\"episode\":\"2\",\"kind\":\"missing\"");
	run(w, "2026-02-05T08:58:00Z");
	pipeline_read_to(w->pipeline, at("2026-02-04T20:00:00Z"));
	run(w, "2026-02-05T09:05:00Z"); /* 24 hours and five minutes */
	assert_alerts(w, "missing.still-missing", "");
	add(w, "e3", "missing.ended", "C2", "2026-02-04T21:00:00Z", "\"episode\":\"2\"");
	w->read_to = at("2026-02-04T21:00:00Z");
	take(w, "2026-02-05T09:06:00Z");
	run(w, "2026-02-05T09:14:00Z");
	assert_alerts(w, "missing.still-missing", "");
	run(w, "2026-02-05T09:15:30Z"); /* nobody knows how long that partition will take */
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM alert a JOIN history h ON h.id = a.history WHERE h.name = 'C2'"
	                          " AND a.rule = 'missing.still-missing'"),
	                 0);
	OK(pipeline_tick(w->pipeline, at("2026-02-05T09:15:31Z"), &f->fault)); /* and it does not turn without rest */
	assert_true(pipeline_next(w->pipeline) > at("2026-02-05T09:15:31Z"));
}

/* As soon as that partition is read, what waited for it rings: not at some later look. */
static void what_waited_for_a_partition_rings_once_it_is_read(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "missing.started", "C1", "2026-02-04T09:00:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	run(w, "2026-02-05T08:58:00Z");
	pipeline_read_to(w->pipeline, at("2026-02-04T20:00:00Z"));
	run(w, "2026-02-05T09:00:02Z");
	assert_alerts(w, "missing.still-missing", "");
	pipeline_read_to(w->pipeline, INSTANT_NEVER);
	run(w, "2026-02-05T09:00:03Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"), 1);
}

/* The process that held it up is gone, and whoever comes after it does not wait for what held it. */
static void what_waited_for_a_partition_rings_at_once_after_a_restart(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "missing.started", "C1", "2026-02-04T09:00:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	run(w, "2026-02-05T08:58:00Z");
	pipeline_read_to(w->pipeline, at("2026-02-04T20:00:00Z"));
	run(w, "2026-02-05T09:00:02Z");
	restart(w);
	run(w, "2026-02-05T09:00:03Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"), 1);
}

/* The ladder of an alert that stands climbs at its time, whatever is read. */
static void a_partition_that_falls_behind_holds_up_no_step(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", "\"custody\":\"k1\"");
	deliver(w);
	pipeline_read_to(w->pipeline, at("2026-02-03T02:10:00Z"));
	run(w, "2026-02-04T02:41:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE purpose = 'escalated'") > 0, 1);
}

/* A batch that is taken in several turns was handed over by its source: nothing is left there. */
static void taken_in_turns(struct world *w, const char *now)
{
	struct fixture *f = w->f;
	size_t taken = 0, turns = 0;
	add(w, "e1", "missing.started", "C1", "2026-02-04T02:10:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	for (int i = 0; i < 1100; i++) {
		char id[16];
		(void)snprintf(id, sizeof id, "n%d", i);
		add(w, id, "visit.noted", "C9", "2026-02-04T03:00:00Z", "");
	}
	add(w, "e2", "missing.ended", "C1", "2026-02-04T20:00:00Z", "\"episode\":\"1\"");
	while (taken < w->batch->count) {
		OK(pipeline_take_some(w->pipeline, w->batch, &taken, INSTANT_NEVER, at(now), &f->fault));
		assert_true(++turns < 100);
	}
	assert_true(turns > 1);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'missing.still-missing'"), 0);
	assert_true(taken >= 1102);
}

static void what_is_left_of_a_batch_stops_a_clock_before_it_rings(void **state)
{
	start_behind(*state);
	taken_in_turns(*state, "2026-02-09T09:00:00Z");
}

/* For a quarter of an hour at most, as beside a partition that is behind. */
static void what_is_left_of_a_batch_stops_a_clock_long_after_the_start_too(void **state)
{
	struct world *w = *state;
	hear(w, "e0", "visit.noted", "C9", "2026-02-04T01:00:00Z", "");
	taken_in_turns(w, "2026-02-05T02:15:00Z");
}

/* What an event itself opens waits for no partition. */
static void a_partition_that_falls_behind_holds_up_nothing_that_an_event_opens(void **state)
{
	struct world *w = *state;
	w->read_to = at("2026-02-03T02:10:00Z");
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", "\"custody\":\"k1\"");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold' AND state = 0"), 1);
}

/* Nor is it taken back by what is late, by a restart, or by what is judged meanwhile. */
static void what_was_told_beside_a_partition_that_is_behind_stands(void **state)
{
	static const char stands[] =
		"SELECT count(*) FROM alert WHERE rule = 'custody.threshold' AND state = 0 AND number = 1001";
	static const char took_back[] = "SELECT count(*) FROM outbox WHERE purpose = 'withdrawn'";
	struct world *w = *state;
	w->read_to = at("2026-02-03T02:10:00Z");
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	add(w, "e2", "visit.noted", "C1", "2026-02-04T01:00:00Z", ""); /* from the one that is behind */
	take(w, "2026-02-04T02:11:00Z");
	assert_int_equal(count(w, stands), 1);
	start_behind(w); /* as the daemon does: it reads a backlog first, which is behind what was told */
	w->read_to = at("2026-02-03T02:10:00Z");
	add(w, "e3", "missing.started", "C1", "2026-02-04T01:30:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	take(w, "2026-02-04T02:12:00Z");
	run(w, "2026-02-04T02:13:00Z");
	assert_int_equal(count(w, stands), 1);
	assert_int_equal(count(w, took_back), 0);
}

#define STILL_MISSING "SELECT count(*) FROM alert WHERE rule = 'missing.still-missing' AND state = 0"
#define TOOK_BACK "SELECT count(*) FROM outbox WHERE purpose = 'withdrawn'"

/* Missing since nine of the day before; four minutes after the clock ran out another record of the child comes, beside
 * a partition that is behind. */
static void missing_beside_a_partition_that_is_behind(struct world *w, const char *type, const char *data)
{
	hear(w, "e1", "missing.started", "C1", "2026-02-04T09:00:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	run(w, "2026-02-05T08:58:00Z");
	w->read_to = at("2026-02-04T20:00:00Z");
	add(w, "e2", type, "C1", "2026-02-05T09:04:00Z", data);
	take(w, "2026-02-05T09:05:00Z");
}

/* What the record ran is true by the clock, whatever the record was: withdrawn, it takes nothing back, neither while
 * the partition is behind nor after it, and neither does a restart in between. */
static void what_an_event_ran_beside_a_partition_that_is_behind_outlives_its_withdrawal(void **state)
{
	struct world *w = *state;
	missing_beside_a_partition_that_is_behind(w, "missing.risk_changed",
	                                          "\"episode\":\"1\",\"risk\":\"low\"");
	assert_int_equal(count(w, STILL_MISSING), 1);
	add(w, "e3", "event.withdrawn", "C1", "2026-02-05T09:06:00Z", "\"id\":\"e2\"");
	take(w, "2026-02-05T09:06:10Z");
	assert_int_equal(count(w, STILL_MISSING), 1);
	restart(w);
	w->read_to = at("2026-02-04T20:00:00Z");
	add(w, "e4", "visit.noted", "C1", "2026-02-05T01:00:00Z", "");
	take(w, "2026-02-05T09:06:20Z");
	assert_int_equal(count(w, STILL_MISSING), 1);
	w->read_to = INSTANT_NEVER;
	pipeline_read_to(w->pipeline, INSTANT_NEVER);
	run(w, "2026-02-05T09:07:00Z");
	assert_int_equal(count(w, STILL_MISSING), 1);
	assert_int_equal(count(w, TOOK_BACK), 0);
}

/* A record that no rule reads runs a clock only where the history is folded anew (docs/readings.md): what it ran stays,
 * and what it did not run is told once the partition has had its quarter of an hour. */
static void what_no_rule_reads_takes_nothing_back_beside_a_partition_that_is_behind(void **state)
{
	struct world *w = *state;
	missing_beside_a_partition_that_is_behind(w, "supervision.held", "");
	assert_int_equal(count(w, STILL_MISSING), 0);
	restart(w);
	w->read_to = at("2026-02-04T20:00:00Z");
	add(w, "e3", "missing.risk_changed", "C1", "2026-02-05T07:04:00Z", "\"episode\":\"1\",\"risk\":\"low\"");
	take(w, "2026-02-05T09:05:30Z");
	int64_t ran = count(w, STILL_MISSING);
	add(w, "e4", "missing.risk_changed", "C1", "2026-02-05T07:05:00Z",
	    "\"episode\":\"1\",\"risk\":\"high\"");
	take(w, "2026-02-05T09:05:40Z");
	assert_true(count(w, STILL_MISSING) >= ran);
	run(w, "2026-02-05T09:15:30Z");
	assert_int_equal(count(w, STILL_MISSING), 1);
	assert_int_equal(count(w, TOOK_BACK), 0);
}

int main(void)
{
	log_set_level((enum log_level)(getenv("VERBOSE") ? 7 : 1));
	const struct CMUnitTest tests[] = {
		TEST(a_backlog_rings_nobody_for_what_a_later_event_of_it_stops),
		TEST(what_a_backlog_leaves_standing_is_told_once_it_is_read),
		TEST(a_partition_that_is_read_rings_no_clock_of_one_that_is_not),
		TEST(a_restart_behind_takes_no_alert_back),
		TEST(a_partition_that_falls_behind_later_holds_clocks_up_for_a_quarter_of_an_hour_at_most),
		TEST(what_waited_for_a_partition_rings_once_it_is_read),
		TEST(what_waited_for_a_partition_rings_at_once_after_a_restart),
		TEST(a_partition_that_falls_behind_holds_up_no_step),
		TEST(what_is_left_of_a_batch_stops_a_clock_before_it_rings),
		TEST(what_is_left_of_a_batch_stops_a_clock_long_after_the_start_too),
		TEST(a_partition_that_falls_behind_holds_up_nothing_that_an_event_opens),
		TEST(what_was_told_beside_a_partition_that_is_behind_stands),
		TEST(what_an_event_ran_beside_a_partition_that_is_behind_outlives_its_withdrawal),
		TEST(what_no_rule_reads_takes_nothing_back_beside_a_partition_that_is_behind),
	};
	return cmocka_run_group_tests_name("pipeline_backlog", tests, NULL, NULL);
}
