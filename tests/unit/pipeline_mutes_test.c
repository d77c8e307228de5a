/* Mutes in the daemon: what they hold back is on record and in the audit, owed to nobody, and told at their end
 * whatever happened meanwhile: a restart, an end before its time, the last of those who were told passing it on. */
#include "pipeline_world.h"

#define MUTE(rule, until)                                                                                              \
	"\"mute\":\"m1\",\"rule\":\"" rule "\",\"until\":\"" until                                                     \
	"\",\"reason\":\"in hospital\",\"by\":\"team-manager\",\"person\":\"p-tm\""
#define RMG "vcl.rmg-referral"

static int64_t owed(struct world *w, const char *where)
{
	char sql[512];
	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM outbox WHERE rule = '" RMG "' AND %s", where);
	return count(w, sql);
}

static void muted(struct world *w)
{
	hear(w, "m1", "mute.started", "C1", "2026-02-04T08:00:00Z", MUTE(RMG, "2026-02-05T10:00:00Z"));
	hear(w, "e1", "vcl.scored", "C1", "2026-02-04T10:00:00Z", "\"level\":\"high\"");
	assert_alerts(w, RMG, "1001 " RMG " C1 standing [\"e1\"]");
	assert_int_equal(owed(w, "1"), 0);
}

static void a_mute_is_in_the_audit_with_what_it_held_back(void **state)
{
	struct world *w = *state;
	muted(w);
	assert_int_equal(count(w, "SELECT count(*) FROM audit WHERE what = 'alert.opened' AND detail LIKE "
	                          "'%\"muted\":true%'"),
	                 1);
	run(w, "2026-02-05T10:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM audit WHERE what = 'alert.asked_again' AND detail LIKE "
	                          "'%\"cause\":\"mute-ended\"%' AND detail NOT LIKE '%\"muted\"%'"),
	                 1);
}

static void what_still_stands_is_told_at_the_end_after_a_restart_too(void **state)
{
	struct world *w = *state;
	muted(w);
	restart(w);
	run(w, "2026-02-05T09:59:59Z");
	assert_int_equal(owed(w, "1"), 0);
	restart(w);
	run(w, "2026-02-05T10:00:00Z");
	assert_int_equal(owed(w, "purpose = 'asked-again' AND step = 1"), 3);
	restart(w);
	run(w, "2026-02-07T00:00:00Z");
	assert_int_equal(owed(w, "purpose = 'escalated' AND step = 2 AND role = 'director'"), 1);
}

static void a_mute_that_is_ended_after_a_restart_lets_go_at_once(void **state)
{
	struct world *w = *state;
	muted(w);
	restart(w);
	hear(w, "m2", "mute.ended", "C1", "2026-02-04T12:00:00Z", MUTE(RMG, "2026-02-05T10:00:00Z"));
	assert_int_equal(owed(w, "purpose = 'asked-again' AND not_before = created"), 3);
	run(w, "2026-02-05T10:00:00Z"); /* it is told once */
	assert_int_equal(owed(w, "1"), 3);
}

static void what_ended_while_it_was_muted_is_told_to_nobody(void **state)
{
	struct world *w = *state;
	muted(w);
	hear(w, "e2", "child.died", "C1", "2026-02-04T15:00:00Z", "");
	run(w, "2026-02-06T10:00:00Z");
	assert_int_equal(owed(w, "1"), 0);
	assert_alerts(w, RMG, "1001 " RMG " C1 resolved [\"e1\"]");
}

static void reply_as_team_manager(struct world *w, const char *rule, const char *type, const char *id, const char *time)
{
	struct fixture *f = w->f;
	char data[160];
	struct query query = query_start(f->store, "SELECT id FROM alert WHERE rule = ?");
	bind_text(&query, text_of(rule));
	assert_true(query_row(&query));
	(void)snprintf(data, sizeof data,
	               "\"alert\":\"%.*s\",\"by\":\"team-manager\",\"person\":\"p-tm\",\"action\":\"seen to\"",
	               TEXT_ARG(row_text(&query, 0)));
	OK(query_end(&query, RESULT_OK, &f->fault));
	hear(w, id, type, "C1", time, data);
}

static void answer_as_team_manager(struct world *w, const char *id, const char *time)
{
	reply_as_team_manager(w, RMG, "alert.acknowledged", id, time);
}

/* A backup was put back: the end of the mute is long past when the answer to what was told then comes once more. */
static void what_is_answered_after_the_end_of_a_mute_that_nobody_looked_at_is_told_first(void **state)
{
	struct world *w = *state;
	muted(w);
	restart(w);
	answer_as_team_manager(w, "a1", "2026-02-05T11:00:00Z");
	assert_int_equal(owed(w, "purpose = 'asked-again' AND step = 1"), 3);
	assert_int_equal(count(w, "SELECT acknowledged FROM alert WHERE number = 1001"), 1);
	run(w, "2026-02-07T00:00:00Z");
	assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
}

/* Who answered before its end has it. */
static void what_is_answered_while_it_is_muted_is_not_told_at_its_end(void **state)
{
	struct world *w = *state;
	muted(w);
	answer_as_team_manager(w, "a1", "2026-02-05T09:00:00Z");
	run(w, "2026-02-05T10:00:00Z");
	assert_int_equal(owed(w, "1"), 0);
}

#define VPG "missing.vpg-referral"

/* What they did then is not what became of it since: one of several passes it on, and the rest were asked nothing yet.
 */
static void what_was_answered_before_it_opened_again_holds_nothing_though_it_is_passed_on_while_muted(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "missing.started", "C1", "2026-02-02T08:00:00Z", "\"episode\":\"m1\",\"kind\":\"missing\"");
	hear(w, "e2", "missing.started", "C1", "2026-02-03T08:00:00Z", "\"episode\":\"m2\",\"kind\":\"missing\"");
	hear(w, "e3", "missing.started", "C1", "2026-02-04T09:00:00Z", "\"episode\":\"m3\",\"kind\":\"missing\"");
	deliver(w);
	assert_alerts(w, VPG, "1003 " VPG " C1 standing [\"e1\",\"e2\",\"e3\"]");
	reply_as_team_manager(w, VPG, "alert.acknowledged", "a1", "2026-02-04T10:00:00Z");
	hear(w, "e4", "vpg.discussed", "C1", "2026-02-04T11:00:00Z", "");
	hear(w, "m1", "mute.started", "C1", "2026-02-04T12:00:00Z", MUTE(VPG, "2026-02-05T10:00:00Z"));
	hear(w, "e5", "event.withdrawn", "C1", "2026-02-04T13:00:00Z", "\"id\":\"e4\"");
	assert_alerts(w, VPG, "1003 " VPG " C1 standing [\"e1\",\"e2\",\"e3\"]");
	reply_as_team_manager(w, VPG, "alert.passed_on", "a2", "2026-02-04T14:00:00Z");
	assert_int_equal(count(w, "SELECT acknowledged FROM alert WHERE rule = '" VPG "'"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = '" VPG "' AND purpose = 'asked-again'"), 0);
	run(w, "2026-02-05T10:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = '" VPG "' AND purpose = 'asked-again'"), 3);
}

/* Nobody is left at the last step: it is asked again at its time, and ops hear at once. */
static void passed_on_by_everybody_at_the_last_step_ops_are_told(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	char data[128], id[32] = "";
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:00:00Z", K1);
	run(w, "2026-02-04T02:30:00Z");
	deliver(w);
	struct query query = query_start(f->store, "SELECT id FROM alert WHERE number = 1001");
	assert_true(query_row(&query));
	(void)snprintf(id, sizeof id, "%.*s", TEXT_ARG(row_text(&query, 0)));
	OK(query_end(&query, RESULT_OK, &f->fault));
	(void)snprintf(data, sizeof data, "\"alert\":\"%s\",\"by\":\"dcs\",\"person\":\"p-dcs\"", id);
	hear(w, "a1", "alert.passed_on", "C1", "2026-02-04T02:40:00Z", data);
	assert_int_equal(count(w, "SELECT count(*) FROM condition WHERE id = 'ops.ladder-spent'"), 1);
	run(w, "2026-02-04T02:59:59Z");
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE purpose = 'asked-again' AND rule = 'custody.threshold'"),
		0);
	run(w, "2026-02-04T03:00:00Z");
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE purpose = 'asked-again' AND rule = 'custody.threshold'"),
		1);
}

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(a_mute_is_in_the_audit_with_what_it_held_back),
		TEST(what_still_stands_is_told_at_the_end_after_a_restart_too),
		TEST(a_mute_that_is_ended_after_a_restart_lets_go_at_once),
		TEST(what_ended_while_it_was_muted_is_told_to_nobody),
		TEST(what_is_answered_after_the_end_of_a_mute_that_nobody_looked_at_is_told_first),
		TEST(what_is_answered_while_it_is_muted_is_not_told_at_its_end),
		TEST(what_was_answered_before_it_opened_again_holds_nothing_though_it_is_passed_on_while_muted),
		TEST(passed_on_by_everybody_at_the_last_step_ops_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
