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

/* ---- failures ---- */

#define LIVE 150 /* of larger batches each effect has no line */
static size_t opened_lines;

static void count_opened(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level;
	(void)about;
	opened_lines += strstr(line, "alert.opened") != NULL;
}

/* What was rolled back did not happen: it is neither counted nor in the log, however often it is tried. */
static void what_came_of_a_transaction_is_counted_and_logged_once_it_is_committed(void **state)
{
	struct world *w = *state;
	struct pipeline_figures figures;
	opened_lines = 0;
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(count_opened);
	hear(w, "e0", "custody.threshold_met", "C0", "2026-02-04T01:00:00Z", K1);
	assert_int_equal(opened_lines, 1);
	char sql[64];
	(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)count(w, "PRAGMA page_count"));
	(void)count(w, sql);
	for (int i = 0; i < LIVE; i++) {
		char id[16];
		(void)snprintf(id, sizeof id, "n%d", i);
		add(w, id, "custody.threshold_met", id, "2026-02-04T02:10:00Z", K1);
	}
	assert_int_equal(try_take(w, "2026-02-04T02:10:00Z"), RESULT_TEMPORARY);
	assert_int_equal(try_take(w, "2026-02-04T02:10:01Z"), RESULT_TEMPORARY);
	pipeline_figures(w->pipeline, &figures);
	assert_int_equal(figures.failures, 2);
	assert_int_equal(figures.effects[EFFECT_OPENED], 1);
	assert_int_equal(opened_lines, 1);
	(void)count(w, "PRAGMA max_page_count = 100000");
	take(w, "2026-02-04T02:10:02Z");
	log_set_sink(NULL);
	pipeline_figures(w->pipeline, &figures);
	assert_int_equal(figures.effects[EFFECT_OPENED], 1 + LIVE);
	assert_int_equal(opened_lines, 1 + LIVE);
}

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
		TEST(what_came_of_a_transaction_is_counted_and_logged_once_it_is_committed),
		TEST(a_full_disk_loses_nothing_and_is_said_once),
		TEST(ops_hear_of_a_record_that_contradicts_itself_until_it_is_corrected),
		TEST(of_very_many_contradictions_of_one_child_the_latest_are_held_and_ops_hear_that_there_are_more),
		TEST(everything_is_judged_anew_when_the_rules_changed),
		TEST(rules_that_come_back_before_others_were_through_judge_everything_anew),
	};
	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
