/* What becomes of alerts when their rule is taken out, renamed, moved, or put into shadow and taken out of it again. */
#include "pipeline_world.h"

#define FOLDER "tests/data/rules/in-force/"

static int setup_first(void **state)
{
	return setup_with(state, FOLDER "first");
}

/* The rules of another folder, as a reload brings them. */
static void use(struct world *w, const char *folder)
{
	struct fixture *f = w->f;
	struct config *old = w->config;
	struct config_faults faults = {0};
	struct buffer path = {0};
	buffer_format(&path, FOLDER "%s", folder);
	w->config = config_load("conf/casewatchd.yaml", buffer_cstr(&path), &faults);
	if (!w->config)
		fail_msg("%s:%d: %s", faults.items[0].file, faults.items[0].line, faults.items[0].text);
	config_faults_free(&faults);
	w->settings.engine.calendar = w->config->calendar;
	w->settings.engine.rules = w->config->rules;
	w->settings.engine.directory = w->config->directory;
	w->settings.fingerprint = text_of(folder);
	OK(pipeline_use(w->pipeline, &w->settings.engine, text_of(folder), &f->fault));
	ops_use(w->ops, w->config->calendar);
	config_free(old);
	buffer_free(&path);
}

static int64_t owed(struct world *w, const char *where)
{
	char sql[512];
	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM outbox WHERE kind <> 1 AND %s", where);
	return count(w, sql);
}

static void a_rule_is_taken_out_and_those_told_of_its_alerts_are_told_so(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	deliver(w);
	use(w, "renamed-again"); /* whose id it never had */
	run(w, "2026-02-04T02:20:00Z");
	assert_alerts(w, "test.bed", "1001 test.bed C1 withdrawn [\"e1\"]");
	assert_int_equal(owed(w, "purpose = 'withdrawn' AND person = 'p-director' AND payload LIKE '%rule-gone%'"), 1);
	run(w, "2026-02-04T04:00:00Z"); /* it climbs no more */
	assert_int_equal(owed(w, "number = 1001 AND purpose = 'escalated'"), 0);
	assert_alerts(w, "test.bed-asked", "1002 test.bed-asked C1 standing [\"e1\"]");
}

static void what_had_ended_stays_on_record_as_it_ended_and_nobody_is_told(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	deliver(w);
	hear(w, "e2", "custody.released", "C1", "2026-02-04T02:15:00Z", K1);
	deliver(w);
	int64_t before = owed(w, "rule = 'test.bed'");
	use(w, "renamed-again");
	run(w, "2026-02-04T02:20:00Z");
	assert_alerts(w, "test.bed", "1001 test.bed C1 resolved [\"e1\"]");
	assert_int_equal(owed(w, "rule = 'test.bed'"), before);
}

static void it_is_looked_at_after_a_restart_too_and_only_once(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	deliver(w);
	use(w, "renamed-again");
	restart(w);
	run(w, "2026-02-04T02:20:00Z");
	assert_alerts(w, "test.bed", "1001 test.bed C1 withdrawn [\"e1\"]");
	restart(w);
	run(w, "2026-02-04T02:21:00Z");
	assert_int_equal(owed(w, "purpose = 'withdrawn'"), 1);
}

static void a_rule_comes_back_and_its_alert_opens_again_under_its_number(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	use(w, "renamed-again");
	run(w, "2026-02-04T02:20:00Z");
	use(w, "first");
	run(w, "2026-02-04T02:30:00Z");
	assert_alerts(w, "test.bed", "1001 test.bed C1 standing [\"e1\"]");
	assert_int_equal(owed(w, "number = 1001 AND purpose = 'opened' AND payload LIKE '%opened-again%'"), 1);
}

static void a_renamed_rule_keeps_alerts_numbers_answers_and_steps(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	run(w, "2026-02-04T02:40:00Z"); /* the DCS is told */
	int64_t before = owed(w, "1");
	use(w, "renamed");
	run(w, "2026-02-04T02:50:00Z");
	assert_alerts(w, "test.bed-wanted", "1001 test.bed-wanted C1 standing [\"e1\"]");
	assert_alerts(w, "test.bed", "");
	assert_int_equal(owed(w, "1"), before); /* nobody hears that a file was edited */
	assert_int_equal(count(w, "SELECT count(*) FROM audit WHERE what = 'alert.rule_renamed' AND number = 1001 AND"
	                          " rule = 'test.bed-wanted' AND detail = '{\"from\":\"test.bed\"}'"),
	                 1);
	assert_int_equal(count(w, "SELECT step FROM alert WHERE number = 1001"), 2);
	use(w, "renamed-again"); /* and once more, naming only the last of its former ids */
	run(w, "2026-02-04T03:00:00Z");
	assert_alerts(w, "test.bed-asked", "1001 test.bed-asked C1 standing [\"e1\"]");
	assert_int_equal(owed(w, "1"), before);
	hear(w, "e2", "custody.released", "C1", "2026-02-04T03:05:00Z", K1);
	assert_alerts(w, "test.bed-asked", "1001 test.bed-asked C1 resolved [\"e1\"]");
}

static void a_ladder_that_became_shorter_still_asks_whom_it_had_reached(void **state)
{
	struct world *w = *state;
	use(w, "longer");
	run(w, "2026-02-04T02:00:00Z");
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	run(w, "2026-02-04T02:45:00Z");
	run(w, "2026-02-04T03:15:00Z"); /* the third step, which the rule will no longer have */
	assert_int_equal(owed(w, "number = 1001 AND step = 3 AND role = 'dcs'"), 1);
	use(w, "first");
	int64_t before = owed(w, "number = 1001 AND role = 'dcs'");
	run(w, "2026-02-04T03:45:00Z");
	assert_int_equal(owed(w, "number = 1001 AND role = 'dcs'"), before + 1);
	run(w, "2026-02-04T04:15:00Z"); /* and it goes on */
	assert_int_equal(owed(w, "number = 1001 AND role = 'dcs'"), before + 2);
	use(w, "longer");
	run(w, "2026-02-04T05:20:00Z"); /* whoever is last by then is asked */
	assert_int_equal(owed(w, "number = 1001 AND created > 1770180300000000 AND role = 'dcs'") > 0, 1);
}

static void an_answer_given_under_the_old_name_holds_under_the_new(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	OK(store_execute(f->store, "UPDATE outbox SET state = 2, open = 0", &f->fault));
	struct buffer data = {0};
	struct query query = query_start(f->store, "SELECT id FROM alert WHERE number = 1001");
	assert_true(query_row(&query));
	buffer_format(&data, "\"alert\":\"%.*s\",\"by\":\"director\",\"action\":\"found\"",
	              TEXT_ARG(row_text(&query, 0)));
	OK(query_end(&query, RESULT_OK, &f->fault));
	use(w, "renamed");
	run(w, "2026-02-04T02:11:00Z");
	hear(w, "a1", "alert.acknowledged", "C1", "2026-02-04T02:12:00Z",
	     buffer_cstr(&data)); /* as the mail of before says */
	assert_int_equal(count(w, "SELECT acknowledged FROM alert WHERE number = 1001"), 1);
	use(w, "renamed-again");
	run(w, "2026-02-04T02:13:00Z");
	assert_int_equal(
		count(w,
	              "SELECT acknowledged FROM alert WHERE number = 1001 AND rule = 'test.bed-asked' AND state = 0"),
		1);
	assert_int_equal(owed(w, "purpose IN ('withdrawn', 'escalated')"), 0);
	buffer_free(&data);
}

static void into_shadow_withdraws_what_stands_and_out_of_it_tells_what_stands_as_at_go_live(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	hear(w, "e2", "custody.threshold_met", "C2", "2026-02-04T02:11:00Z", K1);
	deliver(w);
	hear(w, "e3", "custody.released", "C2", "2026-02-04T02:15:00Z", K1);
	deliver(w);
	int64_t before = owed(w, "1");
	use(w, "shadow");
	run(w, "2026-02-04T02:20:00Z");
	assert_int_equal(owed(w, "purpose = 'withdrawn' AND person = 'p-director' AND payload LIKE '%rule-shadow%'"),
	                 1);
	assert_int_equal(owed(w, "1"), before + 1); /* and not a word of the one that had ended */
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE number = 1001 AND state = 0 AND shadow = 1"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE number = 1002 AND state = 1 AND shadow = 0"), 1);
	hear(w, "e4", "custody.threshold_met", "C3", "2026-02-04T03:00:00Z", K1); /* judged, kept, and nobody hears */
	run(w, "2026-02-04T06:00:00Z");
	assert_int_equal(owed(w, "1"), before + 1);
	assert_int_equal(count(w, "SELECT step FROM alert WHERE number = 1003 AND shadow = 1"), 2);
	use(w, "first");
	run(w, "2026-02-04T09:00:00Z");
	assert_int_equal(owed(w, "purpose = 'opened' AND number IN (1001, 1003) AND payload LIKE '%go-live%'"), 2);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE shadow = 1"), 0);
}

static void what_ended_in_shadow_was_never_told_and_is_not_when_the_mode_goes(void **state)
{
	struct world *w = *state;
	use(w, "shadow");
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	hear(w, "e2", "custody.released", "C1", "2026-02-04T02:15:00Z", K1);
	hear(w, "e3", "custody.threshold_met", "C2", "2026-02-04T02:20:00Z", K1);
	restart(w);
	use(w, "first");
	run(w, "2026-02-04T02:30:00Z");
	assert_int_equal(owed(w, "subject = 'C1'"), 0);
	assert_int_equal(owed(w, "subject = 'C2' AND purpose = 'opened'"), 1);
	hear(w, "x1", "event.withdrawn", "C1", "2026-02-04T02:40:00Z",
	     "\"id\":\"e2\""); /* now it stands, for people the first time */
	assert_int_equal(owed(w, "subject = 'C1' AND purpose = 'opened'"), 1);
}

#define YEARS 10
#define CASES 40 /* a year, of which every second was closed within the year */

/* Ten years of cases, long before the rule that asks after them. */
static void hear_ten_years(struct world *w)
{
	char id[32], subject[32], time[32];
	for (int year = 0; year < YEARS; year++)
		for (int i = 0; i < CASES; i++) {
			(void)snprintf(id, sizeof id, "o%d-%d", year, i);
			(void)snprintf(subject, sizeof subject, "C%d-%d", year, i);
			(void)snprintf(time, sizeof time, "%d-01-%02dT10:00:00Z", 2015 + year, 1 + i % 28);
			hear(w, id, "cin.opened", subject, time, "");
			(void)snprintf(id, sizeof id, "c%d-%d", year, i);
			(void)snprintf(time, sizeof time, "%d-11-%02dT10:00:00Z", 2015 + year, 1 + i % 28);
			if (i % 2)
				hear(w, id, "cin.closed", subject, time, "");
		}
}

static void a_new_rule_finds_every_case_on_record_and_tells_each_once_as_at_go_live(void **state)
{
	struct world *w = *state;
	const int64_t open = YEARS * CASES / 2;
	w->settings.fingerprint = TEXT("first");
	restart(w);
	hear_ten_years(w);
	hear(w, "b1", "custody.charged_bail_refused", "C1", "2026-02-04T09:00:00Z", K1);
	hear(w, "b2", "custody.charged_bail_refused", "C2", "2025-02-04T09:00:00Z", K1);
	run(w, "2026-02-04T09:10:00Z");
	int64_t events = count(w, "SELECT count(*) FROM event");
	assert_int_equal(owed(w, "purpose = 'opened'"), 0);
	use(w, "first-and-new");
	run(w, "2026-02-04T09:20:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'test.long-in-need' AND state = 0"), open);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'test.long-in-need'"), open);
	assert_int_equal(owed(w, "purpose = 'opened' AND rule = 'test.long-in-need' AND payload LIKE '%go-live%'"),
	                 open);
	assert_int_equal(owed(w, "rule = 'test.long-in-need' AND purpose <> 'opened'"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM event"), events); /* nothing is entered again */
	/* A child who is held now rings as ever; last year's does not. */
	assert_int_equal(owed(w, "rule = 'test.held-now' AND subject = 'C1' AND payload NOT LIKE '%go-live%'"), 1);
	assert_int_equal(owed(w, "rule = 'test.held-now' AND subject = 'C2' AND payload LIKE '%go-live%'"), 1);
	restart(w);
	run(w, "2026-02-04T09:30:00Z");
	assert_int_equal(owed(w, "purpose = 'opened' AND rule = 'test.long-in-need'"), open);
	/* What is recorded later is no old matter of a new rule any more. */
	hear(w, "b3", "custody.charged_bail_refused", "C3", "2025-02-04T09:00:00Z", K1);
	assert_int_equal(owed(w, "rule = 'test.held-now' AND subject = 'C3' AND payload NOT LIKE '%go-live%'"), 1);
}

static void two_alerts_of_a_count_become_one_and_two_again_each_under_its_number(void **state)
{
	struct world *w = *state;
	static const char *const score = "\"level\":\"high\"";
	hear(w, "s1", "vcl.scored", "C1", "2026-02-01T10:00:00Z", score);
	hear(w, "s2", "vcl.scored", "C1", "2026-02-03T10:00:00Z", score);
	hear(w, "s3", "vcl.scored", "C1", "2026-02-05T10:00:00Z", score);
	hear(w, "v1", "vpg.discussed", "C1", "2026-02-06T10:00:00Z", "");
	hear(w, "s4", "vcl.scored", "C1", "2026-02-10T10:00:00Z", score);
	assert_alerts(w, "test.scores", "1001 test.scores C1 resolved [\"s1\",\"s2\",\"s3\"], "
	                                "1002 test.scores C1 standing [\"s1\",\"s2\",\"s3\",\"s4\"]");
	restart(w);
	hear(w, "x1", "event.withdrawn", "C1", "2026-02-11T10:00:00Z", "\"id\":\"v1\"");
	assert_alerts(w, "test.scores", "1001 test.scores C1 standing [\"s1\",\"s2\",\"s3\",\"s4\"], "
	                                "1002 test.scores C1 withdrawn [\"s1\",\"s2\",\"s3\",\"s4\"]");
	/* What comes late has the whole history judged anew, in memory and after a restart: the number stays. */
	hear(w, "l1", "contact.received", "C1", "2026-01-20T10:00:00Z", "\"contact\":\"c1\"");
	restart(w);
	hear(w, "l2", "contact.received", "C1", "2026-01-21T10:00:00Z", "\"contact\":\"c2\"");
	assert_alerts(w, "test.scores", "1001 test.scores C1 standing [\"s1\",\"s2\",\"s3\",\"s4\"], "
	                                "1002 test.scores C1 withdrawn [\"s1\",\"s2\",\"s3\",\"s4\"]");
	restart(w);
	hear(w, "x2", "event.withdrawn", "C1", "2026-02-12T10:00:00Z", "\"id\":\"x1\"");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE number = 1001 AND state = 1 AND reason = 'should "
	                          "not have opened again'"),
	                 1);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE number = 1002 AND state = 0"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'test.scores'"), 2);
}

/* Freeing hundreds of thousands of histories takes longer than a turn of the loop may. */
static void the_memory_of_rules_no_longer_in_force_is_given_back_by_portions(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct pipeline_figures figures;
	char id[32], subject[32];
	int ticks = 0;
	for (int i = 0; i < 4500; i++) { /* two portions and a bit */
		(void)snprintf(id, sizeof id, "e%d", i);
		(void)snprintf(subject, sizeof subject, "C%d", i);
		hear(w, id, "vcl.scored", subject, "2026-02-04T02:10:00Z", "\"level\":\"high\"");
	}
	run(w, "2026-02-04T02:20:00Z");
	use(w, "first"); /* and the rules of before are gone */
	for (;; ticks++) {
		pipeline_figures(w->pipeline, &figures);
		if (!figures.retired_engines)
			break;
		assert_int_equal(pipeline_next(w->pipeline), INSTANT_NONE); /* at once, and other work in between */
		OK(pipeline_tick(w->pipeline, at("2026-02-04T02:20:00Z"), &f->fault));
	}
	assert_in_range(ticks, 3, 6); /* 2,000 a tick: histories, and then the places of what was in memory unpacked */
	hear(w, "k1", "custody.threshold_met", "C1", "2026-02-04T02:30:00Z", K1);
	assert_alerts(w, "test.bed", "1001 test.bed C1 standing [\"k1\"]");
	use(w, "first"); /* what is not yet given back when the daemon leaves leaks nothing */
}

#define FIRST(name) cmocka_unit_test_setup_teardown(name, setup_first, teardown)

/* Its time came before go-live, when nobody was told of anything; that the daemon began anew makes it no news. */
static void an_early_warning_of_before_go_live_is_told_to_nobody_after_a_restart_either(void **state)
{
	struct world *w = *state;
	w->settings.engine.go_live = at("2026-02-04T00:00:00Z");
	restart(w);
	hear(w, "e1", "missing.started", "C1", "2026-01-31T10:00:00Z", "\"episode\":\"m1\"");
	hear(w, "e2", "missing.ended", "C1", "2026-02-01T10:00:00Z", "\"episode\":\"m1\"");
	run(w, "2026-02-04T00:00:00Z"); /* 48 hours, the early warning, are over since the 3rd */
	restart(w);
	hear(w, "e3", "child.updated", "C1", "2026-02-04T01:00:00Z", "\"initials\":\"AK\"");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'missing.return-interview'"), 0);
	run(w, "2026-02-04T10:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'missing.return-interview'"), 1);
}

/* Whoever reads the trial's mails is not yet who answers: what still stands when it begins is told anew, and once. */
static void what_was_told_before_go_live_was_moved_is_told_at_go_live_and_once(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	assert_int_equal(owed(w, "rule = 'custody.threshold' AND purpose = 'opened'"), 1);
	w->settings.engine.go_live = at("2026-02-04T03:00:00Z");
	restart(w);
	run(w, "2026-02-04T02:59:59Z");
	assert_int_equal(owed(w, "rule = 'custody.threshold' AND purpose = 'opened'"), 1);
	run(w, "2026-02-04T03:00:00Z");
	assert_int_equal(owed(w, "rule = 'custody.threshold' AND purpose = 'opened'"), 2);
	assert_int_equal(owed(w, "rule = 'custody.threshold' AND purpose = 'opened' AND payload LIKE '%go-live%'"), 1);
	restart(w);
	run(w, "2026-02-04T03:29:59Z");
	assert_int_equal(owed(w, "rule = 'custody.threshold' AND purpose = 'opened'"), 2);
}

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		FIRST(a_rule_is_taken_out_and_those_told_of_its_alerts_are_told_so),
		FIRST(what_had_ended_stays_on_record_as_it_ended_and_nobody_is_told),
		FIRST(it_is_looked_at_after_a_restart_too_and_only_once),
		FIRST(a_rule_comes_back_and_its_alert_opens_again_under_its_number),
		FIRST(a_renamed_rule_keeps_alerts_numbers_answers_and_steps),
		FIRST(a_ladder_that_became_shorter_still_asks_whom_it_had_reached),
		FIRST(an_answer_given_under_the_old_name_holds_under_the_new),
		FIRST(into_shadow_withdraws_what_stands_and_out_of_it_tells_what_stands_as_at_go_live),
		FIRST(what_ended_in_shadow_was_never_told_and_is_not_when_the_mode_goes),
		FIRST(a_new_rule_finds_every_case_on_record_and_tells_each_once_as_at_go_live),
		FIRST(the_memory_of_rules_no_longer_in_force_is_given_back_by_portions),
		FIRST(two_alerts_of_a_count_become_one_and_two_again_each_under_its_number),
		cmocka_unit_test_setup_teardown(
			an_early_warning_of_before_go_live_is_told_to_nobody_after_a_restart_either, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_told_before_go_live_was_moved_is_told_at_go_live_and_once,
	                                        setup, teardown),
	};
	return cmocka_run_group_tests_name("pipeline rules", tests, NULL, NULL);
}
