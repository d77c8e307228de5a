/* The one transaction: what an event causes is there with it, or neither is; and time passing is work like any
 * other. */
#include "pipeline_world.h"

/* ---- batches ---- */

static void an_event_and_all_it_causes_are_one_transaction(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct position position;
	bool found;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	assert_alerts(w, "custody.threshold", "1001 custody.threshold C1 standing [\"e1\"]");
	assert_owed(w, 1, "opened director");
	assert_int_equal(count(w, "SELECT count(*) FROM audit WHERE what = 'alert.opened' AND number = 1001 AND "
	                          "personal LIKE '%because%'"),
	                 1);
	assert_int_equal(
		count(w,
	              "SELECT count(*) FROM outbox WHERE number = 1001 AND critical = 1 AND rule = 'custody.threshold' "
	              "AND subject = 'C1' AND payload LIKE '%because%'"),
		1);
	OK(positions_get(f->store, TEXT("kafka:events:0"), &position, &found, &f->fault));
	assert_true(found);
	assert_int_equal(position.next, 1);
	assert_int_equal(position.fingerprint, 1000);
	assert_true(position.event_time == at("2026-02-04T02:10:00Z"));
}

static void a_duplicate_only_moves_the_position(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	int64_t audit = count(w, "SELECT count(*) FROM audit"), owed = count(w, "SELECT count(*) FROM outbox");
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	restart(w);
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	assert_int_equal(count(w, "SELECT count(*) FROM audit"), audit);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox"), owed);
	assert_int_equal(count(w, "SELECT next FROM position"), 3);
}

static void another_event_under_a_known_id_waits_in_quarantine_and_ops_hear_once(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	hear(w, "e1", "custody.threshold_met", "C2", "2026-02-04T02:10:00Z", K1);
	hear(w, "e1", "custody.threshold_met", "C3", "2026-02-04T02:11:00Z", K1);
	assert_alerts(w, "custody.threshold", "1001 custody.threshold C1 standing [\"e1\"]");
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine WHERE state = 'waiting' AND event_id = 'e1'"), 2);
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.conflict' AND kind = 1 AND role = 'ops'"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM audit WHERE what = 'event.conflict'"), 2);
	struct pipeline_figures figures;
	pipeline_figures(w->pipeline, &figures);
	assert_int_equal(figures.conflicts, 2);
	assert_int_equal(figures.events, 1);
}

static void what_cannot_be_read_is_set_aside_and_the_rest_goes_on(void **state)
{
	struct world *w = *state;
	add_bytes(w, TEXT("{\"id\":\"x"), at("2026-02-04T02:00:00Z"));
	add(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	take(w, "2026-02-04T02:10:00Z");
	assert_alerts(w, "custody.threshold", "1001 custody.threshold C1 standing [\"e1\"]");
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine WHERE bytes = CAST('{\"id\":\"x' AS BLOB)"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM audit WHERE what = 'event.quarantined' AND subject = ''"), 1);
}

static void ops_hear_of_each_record_that_waits_longer_than_an_hour_and_once_of_each(void **state)
{
	struct world *w = *state;
	add_bytes(w, TEXT("not JSON"), at("2026-02-04T02:00:00Z"));
	take(w, "2026-02-04T02:00:00Z");
	run(w, "2026-02-04T02:59:59Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.quarantine'"), 0);
	run(w, "2026-02-04T03:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.quarantine'"), 1);
	assert_int_equal(count(w, "SELECT count FROM condition WHERE id = 'ops.quarantine'"), 1);
	add_bytes(w, TEXT("nor this"), at("2026-02-04T10:00:00Z"));
	take(w, "2026-02-04T10:00:00Z");
	restart(w);
	run(w, "2026-02-04T10:59:59Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.quarantine'"), 1);
	run(w, "2026-02-04T11:00:00Z");
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.quarantine' AND payload LIKE '%worse%'"), 1);
	assert_int_equal(count(w, "UPDATE quarantine SET state = 'discarded' RETURNING 1"), 1);
	restart(w);
	run(w, "2026-02-09T03:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.quarantine'"), 2);
	assert_int_equal(
		count(w, "SELECT count(*) FROM condition WHERE id = 'ops.quarantine' AND ended < 9223372036854775807"),
		1);
}

static void several_positions_in_a_batch_are_all_kept(void **state)
{
	struct world *w = *state;
	struct text bytes = event_json(w->f, "lcs", "a", "visit.noted", "C1", "2026-02-04T02:10:00Z", "", "");
	(void)batch_add(w->batch, w->f->parser, TEXT("kafka:events:0"), 11, bytes, at("2026-02-04T02:10:00Z"));
	(void)batch_add(w->batch, w->f->parser, TEXT("kafka:events:1"), 21, bytes, at("2026-02-04T02:10:00Z"));
	(void)batch_add(w->batch, w->f->parser, TEXT("kafka:events:0"), 12, bytes, at("2026-02-04T02:10:00Z"));
	take(w, "2026-02-04T02:10:00Z");
	assert_int_equal(count(w, "SELECT next FROM position WHERE name = 'kafka:events:0'"), 12);
	assert_int_equal(count(w, "SELECT next FROM position WHERE name = 'kafka:events:1'"), 21);
}

/* ---- time ---- */

static void a_clock_that_runs_out_fires_at_its_time(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.charged_bail_refused", "C1", "2026-02-04T12:00:00Z", K1);
	assert_true(pipeline_next(w->pipeline) <= at("2026-02-04T13:00:00Z"));
	run(w, "2026-02-04T12:59:59Z");
	assert_alerts(w, "custody.no-bed-requested", "");
	restart(w);
	run(w, "2026-02-04T13:00:00Z");
	assert_alerts(w, "custody.no-bed-requested", "1002 custody.no-bed-requested C1 standing [\"e1\"]");
}

static void the_ladder_climbs_over_restarts_and_ops_hear_when_it_is_spent(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	assert_owed(w, 1, "opened director");
	restart(w);
	run(w, "2026-02-04T02:40:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND purpose = "
	                          "'escalated' AND role = 'dcs'"),
	                 1);
	restart(w);
	run(w, "2026-02-04T03:40:00Z");
	assert_true(
		count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND purpose = 'asked-again'") >=
		1);
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.ladder-spent' AND payload LIKE '%A-1001%'"), 1);
}

static void nobody_found_means_the_next_step_at_once(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	OK(pipeline_nobody(w->pipeline, TEXT("1001"), 1, at("2026-02-04T02:10:05Z"), &f->fault));
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND purpose = "
	                          "'escalated' AND role = 'dcs'"),
	                 1);
	/* A step that is past climbs no further. */
	OK(pipeline_nobody(w->pipeline, TEXT("1001"), 1, at("2026-02-04T02:10:06Z"), &f->fault));
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND purpose = 'escalated'"), 1);
	run(w, "2026-02-04T02:40:04Z");
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND purpose = 'asked-again'"),
		0);
}

static enum result see_id(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	(void)snprintf(argument, ALERT_ID_SIZE, "%.*s", TEXT_ARG(row->id));
	return RESULT_OK;
}

static void an_answer_stops_the_ladder_and_is_kept_with_its_review(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	char id[ALERT_ID_SIZE], data[128];
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	OK(alerts_find(f->store, TEXT("1001"), see_id, id, &f->fault));
	(void)snprintf(data, sizeof data, "\"alert\":\"%s\",\"by\":\"director\",\"action\":\"bed found\"", id);
	hear(w, "a1", "alert.acknowledged", "C1", "2026-02-04T02:20:00Z", data);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE number = 1001 AND acknowledged = 1 AND "
	                          "acknowledged_at IS NOT NULL "
	                          "AND review_at IS NOT NULL"),
	                 1);
	restart(w);
	run(w, "2026-02-04T14:19:59Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold'"), 1);
	run(w, "2026-02-04T14:20:00Z");
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND purpose = 'asked-again'"),
		1);
}

static enum result see_hours(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct seen *seen = argument;
	char when[32];
	(void)fault;
	instant_print(row->not_before, when);
	buffer_format(&seen->ids, "%s%.*s %s", seen->count++ ? ", " : "", TEXT_ARG(row->role), when);
	return RESULT_OK;
}

/* 2020-01-18 was a Saturday: the team manager's hours begin on Monday. */
static void at_night_the_duty_team_hears_at_once_and_the_team_manager_in_the_morning(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct seen seen = {0};
	hear(w, "e1", "custody.detained", "C1", "2020-01-18T23:00:00Z", K1);
	OK(outbox_each(f->store, TEXT_NONE, false, 10, see_hours, &seen, &f->fault));
	assert_seen(&seen, "team-manager 2020-01-20T08:00:00Z, edt 2020-01-18T23:00:00Z");
}

static void those_who_were_told_hear_that_it_never_was(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	run(w, "2026-02-04T02:40:00Z");
	deliver(w);
	restart(w);
	hear(w, "x1", "event.withdrawn", "C1", "2026-02-04T02:45:00Z", "\"id\":\"e1\"");
	assert_alerts(w, "custody.threshold", "1001 custody.threshold C1 withdrawn [\"e1\"]");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND purpose = "
	                          "'withdrawn' AND role IN "
	                          "('director', 'dcs')"),
	                 2);
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND purpose = 'withdrawn'"), 2);
}

static void an_alert_ends_after_a_restart_as_it_would_have_without(void **state)
{
	struct world *w = *state;
	hear(w, "e0", "custody.detained", "C1", "2026-02-04T01:00:00Z", DETAINED);
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	deliver(w);
	restart(w);
	hear(w, "e2", "custody.released", "C1", "2026-02-04T02:20:00Z", K1);
	assert_alerts(w, "custody.threshold", "1002 custody.threshold C1 resolved [\"e1\"]");
	assert_alerts(w, "custody.overnight", "1001 custody.overnight C1 resolved [\"e0\"]");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND purpose = "
	                          "'resolved' AND role = "
	                          "'director'"),
	                 1);
}

/* ---- a backlog ---- */

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

/* ---- failures ---- */

static void a_full_disk_loses_nothing_and_is_said_once(void **state)
{
	struct world *w = *state;
	hear(w, "e0", "custody.detained", "C1", "2026-02-04T01:00:00Z", DETAINED);
	int64_t pages = count(w, "PRAGMA page_count");
	char sql[64];
	(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)pages);
	(void)count(w, sql);
	for (int i = 0; i < 500; i++) {
		char id[16];
		(void)snprintf(id, sizeof id, "n%d", i);
		add(w, id, "custody.threshold_met", id, "2026-02-04T02:10:00Z", K1);
	}
	assert_null(pipeline_trouble(w->pipeline));
	assert_int_equal(try_take(w, "2026-02-04T02:10:00Z"), RESULT_TEMPORARY);
	assert_non_null(strstr(pipeline_trouble(w->pipeline), "free space"));
	assert_int_equal(try_take(w, "2026-02-04T02:10:01Z"), RESULT_TEMPORARY);
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 1);
	assert_int_equal(count(w, "SELECT next FROM position"), 1);
	(void)count(w, "PRAGMA max_page_count = 100000");
	take(w, "2026-02-04T02:10:02Z");
	assert_null(pipeline_trouble(w->pipeline));
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 501);
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE rule = 'custody.threshold' AND purpose = 'opened'"), 500);
	assert_int_equal(count(w, "SELECT next FROM position"), 501);
	struct pipeline_figures figures;
	pipeline_figures(w->pipeline, &figures);
	assert_int_equal(figures.failures, 2);
	assert_int_equal(figures.events, 501);
}

/* ---- rules that changed ---- */

static void everything_is_judged_anew_when_the_rules_changed(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct ruleset none = {0};
	struct engine_settings with = w->settings.engine, without = with;
	without.rules = &none;
	OK(pipeline_use(w->pipeline, &without, TEXT("nothing"), &f->fault));
	run(w, "2026-02-04T01:00:00Z");
	for (int i = 0; i < 1200; i++) {
		char id[16];
		(void)snprintf(id, sizeof id, "n%d", i);
		add(w, id, "custody.threshold_met", id, "2026-02-04T02:10:00Z", K1);
	}
	take(w, "2026-02-04T02:10:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert"), 0);
	OK(pipeline_use(w->pipeline, &with, TEXT("custody"), &f->fault));
	OK(pipeline_tick(w->pipeline, at("2026-02-04T02:11:00Z"), &f->fault));
	int64_t part = count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold'");
	assert_true(part > 0 && part < 1200);
	w->settings.fingerprint = TEXT("custody");
	restart(w); /* goes on where it was */
	OK(pipeline_tick(w->pipeline, at("2026-02-04T02:11:00Z"), &f->fault));
	assert_true(count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold'") > part);
	run(w, "2026-02-04T02:11:01Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold'"), 1200);
	restart(w);
	struct pipeline_figures figures;
	pipeline_figures(w->pipeline, &figures);
	assert_false(figures.judging_anew);
}

/* A, then B, and A again before B was through: what B judged meanwhile is judged again. */
static void rules_that_come_back_before_others_were_through_judge_everything_anew(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct ruleset none = {0};
	struct engine_settings with = w->settings.engine, without = with;
	struct pipeline_figures figures;
	without.rules = &none;
	OK(pipeline_use(w->pipeline, &with, TEXT("A"), &f->fault));
	run(w, "2026-02-04T01:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM meta WHERE name = 'judged_by' AND value = 'A'"), 1);
	OK(pipeline_use(w->pipeline, &without, TEXT("B"), &f->fault));
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1); /* judged by B: nobody hears */
	assert_alerts(w, "custody.threshold", "");
	w->settings.fingerprint = TEXT("A");
	restart(w); /* or a reload: it is the same */
	pipeline_figures(w->pipeline, &figures);
	assert_true(figures.judging_anew);
	run(w, "2026-02-04T02:11:00Z");
	assert_alerts(w, "custody.threshold", "1001 custody.threshold C1 standing [\"e1\"]");
}

/* A return dated before the child went missing ends nothing; ops hear of the record, and that it was corrected. */
static void ops_hear_of_a_record_that_contradicts_itself_until_it_is_corrected(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "missing.started", "C1", "2026-02-04T02:10:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	add(w, "e2", "missing.ended", "C1", "2026-02-03T20:00:00Z", "\"episode\":\"1\"");
	take(w, "2026-02-04T08:00:00Z");
	assert_int_equal(
		count(w,
	              "SELECT count(*) FROM condition WHERE id = 'ops.contradiction' AND ended = 9223372036854775807"),
		1);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.contradiction' AND payload LIKE '%e2 "
	                          "of lcs%' AND payload "
	                          "NOT LIKE '%C1%'"),
	                 1);
	add_bytes(w,
	          event_json(w->f, "lcs", "e3", "missing.ended", "C1", "2026-02-04T07:00:00Z", "\"replaces\":\"e2\",",
	                     "\"episode\":\"1\""),
	          at("2026-02-04T09:00:00Z"));
	take(w, "2026-02-04T09:00:00Z");
	assert_int_equal(
		count(w,
	              "SELECT count(*) FROM condition WHERE id = 'ops.contradiction' AND ended = 9223372036854775807"),
		0);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.contradiction'"), 1);
}

/* A source that sends ends alone, for one child: what is looked up at each of them does not grow with them. */
static void of_very_many_contradictions_of_one_child_the_latest_are_held_and_ops_hear_that_there_are_more(void **state)
{
	struct world *w = *state;
	hear(w, "s0", "missing.started", "C1", "2026-02-04T20:00:00Z", "\"episode\":\"m\",\"kind\":\"missing\"");
	for (int i = 0; i < 260; i++) {
		char id[16], time[32];
		(void)snprintf(id, sizeof id, "e%d", i);
		instant_print(at("2026-02-04T10:00:00Z") + i * MINUTE, time);
		add(w, id, "missing.ended", "C1", time, "\"episode\":\"m\"");
	}
	take(w, "2026-02-04T21:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM contradiction"), 200);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.contradiction' AND payload LIKE '%at "
	                          "least 195 more%'"),
	                 1);
}

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(an_event_and_all_it_causes_are_one_transaction),
		TEST(a_duplicate_only_moves_the_position),
		TEST(another_event_under_a_known_id_waits_in_quarantine_and_ops_hear_once),
		TEST(what_cannot_be_read_is_set_aside_and_the_rest_goes_on),
		TEST(ops_hear_of_each_record_that_waits_longer_than_an_hour_and_once_of_each),
		TEST(several_positions_in_a_batch_are_all_kept),
		TEST(a_clock_that_runs_out_fires_at_its_time),
		TEST(the_ladder_climbs_over_restarts_and_ops_hear_when_it_is_spent),
		TEST(nobody_found_means_the_next_step_at_once),
		TEST(an_answer_stops_the_ladder_and_is_kept_with_its_review),
		TEST(at_night_the_duty_team_hears_at_once_and_the_team_manager_in_the_morning),
		TEST(those_who_were_told_hear_that_it_never_was),
		TEST(an_alert_ends_after_a_restart_as_it_would_have_without),
		TEST(a_backlog_rings_nobody_for_what_a_later_event_of_it_stops),
		TEST(what_a_backlog_leaves_standing_is_told_once_it_is_read),
		TEST(a_partition_that_is_read_rings_no_clock_of_one_that_is_not),
		TEST(a_restart_behind_takes_no_alert_back),
		TEST(a_partition_that_falls_behind_later_holds_clocks_up_for_a_quarter_of_an_hour_at_most),
		TEST(what_waited_for_a_partition_rings_once_it_is_read),
		TEST(what_waited_for_a_partition_rings_at_once_after_a_restart),
		TEST(a_partition_that_falls_behind_holds_up_no_step),
		TEST(a_partition_that_falls_behind_holds_up_nothing_that_an_event_opens),
		TEST(what_is_left_of_a_batch_stops_a_clock_before_it_rings),
		TEST(what_is_left_of_a_batch_stops_a_clock_long_after_the_start_too),
		TEST(a_full_disk_loses_nothing_and_is_said_once),
		TEST(ops_hear_of_a_record_that_contradicts_itself_until_it_is_corrected),
		TEST(of_very_many_contradictions_of_one_child_the_latest_are_held_and_ops_hear_that_there_are_more),
		TEST(everything_is_judged_anew_when_the_rules_changed),
		TEST(rules_that_come_back_before_others_were_through_judge_everything_anew),
	};
	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
