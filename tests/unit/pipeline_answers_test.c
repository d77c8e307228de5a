/* What an answer does to those who were told, and what no failure may do: write to people without a pause. */
#include "pipeline_world.h"

#include "store/outbox/payload.h"

static enum result see_id(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	(void)snprintf(argument, ALERT_ID_SIZE, "%.*s", TEXT_ARG(row->id));
	return RESULT_OK;
}

/* The number of the alert is that of the first row; answers name it by its id. */
static void answer(struct world *w, const char *event, const char *type, const char *number, const char *time,
                   const char *more)
{
	struct fixture *f = w->f;
	char id[ALERT_ID_SIZE] = "", data[256];
	OK(alerts_find(f->store, text_of(number), see_id, id, &f->fault));
	(void)snprintf(data, sizeof data, "\"alert\":\"%s\",%s", id, more);
	hear(w, event, type, "C1", time, data);
}

static int64_t owed(struct world *w, const char *where)
{
	char sql[512];
	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM outbox WHERE kind <> 1 AND %s", where);
	return count(w, sql);
}

#define ONLY_THRESHOLD "rule = 'custody.threshold' AND "

static void a_mailbox_that_refuses_at_the_last_step_makes_nobody_write_without_pause(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	OK(pipeline_nobody(w->pipeline, TEXT("1001"), 1, at("2026-02-04T02:10:05Z"), &f->fault));
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'escalated' AND role = 'dcs'"), 1);
	for (int i = 0; i < 50; i++) /* each failure is at a later second */
		OK(pipeline_nobody(w->pipeline, TEXT("1001"), 2, at("2026-02-04T02:10:06Z") + i * SECOND, &f->fault));
	run(w, "2026-02-04T02:40:04Z");
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'asked-again'"), 0);
	run(w, "2026-02-04T02:40:05Z");
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'asked-again'"), 1);
	for (int i = 0; i < 50; i++)
		OK(pipeline_nobody(w->pipeline, TEXT("1001"), 2, at("2026-02-04T02:40:06Z") + i * SECOND, &f->fault));
	run(w, "2026-02-04T03:10:04Z");
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'asked-again'"), 1);
}

static void one_unreachable_role_leaves_what_is_known_of_other_children_in_memory(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct pipeline_figures before, after;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	hear(w, "e2", "missing.started", "C2", "2026-02-04T02:11:00Z", "\"episode\":\"1\",\"kind\":\"missing\"");
	pipeline_figures(w->pipeline, &before);
	OK(pipeline_nobody(w->pipeline, TEXT("1001"), 1, at("2026-02-04T02:12:00Z"), &f->fault));
	pipeline_figures(w->pipeline, &after);
	assert_int_equal(after.engine.histories, before.engine.histories);
	assert_int_equal(after.engine.folds, before.engine.folds);
}

static void somebody_answers_and_the_others_who_were_told_hear_it_once(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	deliver(w);
	run(w, "2026-02-04T02:40:00Z"); /* the DCS */
	deliver(w);
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T02:50:00Z",
	       "\"by\":\"dcs\",\"person\":\"p-dcs\",\"action\":\"bed found\"");
	assert_int_equal(owed(w, "purpose = 'answered'"), 1);
	assert_int_equal(owed(w, "purpose = 'answered' AND person = 'p-director' AND payload LIKE '%\"by\":\"dcs\"%' "
	                         "AND payload LIKE '%\"cause\":\"answered\"%' AND payload LIKE '%\"review_at\"%'"), 1);
}

/* Else the ladder, which waits for nothing, would climb past whoever answered. */
static void an_answer_waits_for_no_partition_that_is_behind(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	deliver(w);
	w->read_to = at("2026-02-03T02:10:00Z");
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T02:39:00Z",
	       "\"by\":\"director\",\"person\":\"p-director\",\"action\":\"bed found\"");
	run(w, "2026-02-04T02:45:00Z");
	assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
}

static void whom_no_message_reached_yet_is_not_told_that_it_was_answered(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T02:20:00Z",
	       "\"by\":\"edt\",\"action\":\"bed found\"");
	assert_int_equal(owed(w, "purpose = 'answered'"), 0);
}

static void an_answer_that_ends_the_alert_is_one_line_to_the_others_and_not_two(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "vcl.scored", "C1", "2026-02-04T10:00:00Z", "\"level\":\"high\"");
	deliver(w);
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T10:10:00Z",
	       "\"by\":\"rmg-chair\",\"action\":\"referred\"");
	assert_int_equal(owed(w, "purpose = 'answered'"), 0);
	assert_int_equal(owed(w, "rule = 'vcl.rmg-referral' AND purpose = 'resolved' AND person IN ('p-social-worker', "
	                         "'p-team-manager')"),
	                 2);
	assert_int_equal(owed(w, "rule = 'vcl.rmg-referral' AND purpose = 'resolved'"), 2);
}

static void at_night_the_line_of_a_critical_alert_goes_at_once(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	deliver(w);
	run(w, "2026-02-04T02:40:00Z");
	deliver(w);
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T02:50:00Z",
	       "\"by\":\"dcs\",\"person\":\"p-dcs\",\"action\":\"bed found\"");
	assert_int_equal(owed(w, "purpose = 'answered' AND not_before = 1770173400000000"), 1); /* 02:50 */
}

static void at_night_the_line_waits_for_the_morning(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "vcl.scored", "C1", "2026-02-04T10:00:00Z", "\"level\":\"high\"");
	deliver(w);
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T23:10:00Z",
	       "\"by\":\"rmg-chair\",\"action\":\"referred\"");
	assert_int_equal(owed(w, "purpose = 'resolved' AND not_before = 1770278400000000"), 2); /* 5 February, 08:00 */
}

static void whoever_was_told_that_it_opened_again_has_the_words_of_a_withdrawal_when_that_was_wrong(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T10:00:00Z", K1);
	deliver(w);
	run(w, "2026-02-04T10:30:00Z"); /* the DCS, too */
	deliver(w);
	hear(w, "e2", "pace.transferred", "C1", "2026-02-04T11:00:00Z", K1);
	deliver(w);
	hear(w, "x1", "event.withdrawn", "C1", "2026-02-04T12:00:00Z", "\"id\":\"e2\"");
	deliver(w);
	restart(w);
	hear(w, "x2", "event.withdrawn", "C1", "2026-02-04T12:10:00Z", "\"id\":\"x1\"");
	assert_alerts(w, "custody.threshold", "1001 custody.threshold C1 resolved [\"e1\"]");
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'withdrawn' AND person = 'p-director'"), 1);
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'withdrawn'"),
	                 1); /* the DCS heard of its end, and of no reopening */
	assert_int_equal(owed(w, ONLY_THRESHOLD "payload LIKE '%opened-wrongly%'"), 1);
}

/* The director and the DCS were told, it ended, and opened again before they heard so: what was to say it is left out.
 * It ends before the DCS is asked again (casewatch-sim --seed 101). */
static void who_was_not_told_of_its_end_as_it_opened_again_hears_of_the_next(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T10:00:00Z", K1);
	deliver(w);
	run(w, "2026-02-04T10:30:00Z"); /* the DCS, too */
	deliver(w);
	hear(w, "e2", "pace.transferred", "C1", "2026-02-04T11:00:00Z", K1);
	hear(w, "x1", "event.withdrawn", "C1", "2026-02-04T11:01:00Z", "\"id\":\"e2\"");
	OK(store_execute(f->store,
	                 "UPDATE outbox SET person = 'p-' || role, state = 5, open = 0, reply = 'not sent: the alert "
	                 "opened again before it could go' WHERE purpose = 'resolved'",
	                 &f->fault));
	deliver(w);
	hear(w, "e3", "pace.transferred", "C1", "2026-02-04T11:10:00Z", K1);
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'resolved' AND open = 1 AND person = 'p-director'"), 1);
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'resolved' AND open = 1 AND person = 'p-dcs'"), 1);
}

/* The word to the DCS waits, it ends, opens again, and then that word goes. */
static void who_heard_by_a_word_from_before_it_opened_again_hears_of_its_end(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T10:00:00Z", K1);
	deliver(w);
	run(w, "2026-02-04T10:30:00Z"); /* the DCS, too */
	hear(w, "e2", "pace.transferred", "C1", "2026-02-04T10:31:00Z", K1);
	hear(w, "x1", "event.withdrawn", "C1", "2026-02-04T10:32:00Z", "\"id\":\"e2\"");
	deliver(w);
	OK(store_execute(f->store, "UPDATE outbox SET sent = sent + 300000000 WHERE person = 'p-dcs'", &f->fault));
	hear(w, "e3", "pace.transferred", "C1", "2026-02-04T10:50:00Z", K1);
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'resolved' AND open = 1 AND person = 'p-dcs'"), 1);
}

static void passed_on_to_a_role_it_is_told_at_once_and_the_step_keeps_its_time(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	int64_t next = count(w, "SELECT next FROM alert WHERE number = 1001");
	answer(w, "a1", "alert.passed_on", "1001", "2026-02-04T02:20:00Z", "\"by\":\"director\",\"to\":\"edt\"");
	assert_int_equal(owed(w, ONLY_THRESHOLD
	                      "purpose = 'passed-on' AND role = 'edt' AND step = 1 AND payload LIKE '%passed-to%'"),
	                 1);
	assert_int_equal(count(w, "SELECT next FROM alert WHERE number = 1001"), next);
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'escalated'"), 0);
	answer(w, "a2", "alert.passed_on", "1001", "2026-02-04T02:25:00Z", "\"by\":\"edt\"");
	assert_int_equal(
		owed(w, ONLY_THRESHOLD "purpose = 'escalated' AND role = 'dcs' AND payload LIKE '%all-passed-on%'"), 1);
}

static void of_several_in_a_role_each_passes_it_on_for_themselves(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	deliver(w);
	OK(store_execute(
		f->store,
		"INSERT INTO outbox (kind, state, open, critical, purpose, number, alert, rule, subject, step, role,"
		" person, channel, address, message_id, payload, created, not_before, deadline, sent, attempts,"
		" possible_duplicate, reply) SELECT kind, state, open, critical, purpose, number, alert, rule,"
		" subject, step, role, 'p-cover', channel, address, message_id, payload, created, not_before,"
		" deadline, sent, attempts, possible_duplicate, reply FROM outbox WHERE number = 1001",
		&f->fault));
	answer(w, "a1", "alert.passed_on", "1001", "2026-02-04T02:20:00Z",
	       "\"by\":\"director\",\"person\":\"p-director\"");
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'escalated'"), 0);
	answer(w, "a2", "alert.passed_on", "1001", "2026-02-04T02:21:00Z",
	       "\"by\":\"director\",\"person\":\"p-director\"");
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'escalated'"), 0); /* the same person twice is one */
	answer(w, "a3", "alert.passed_on", "1001", "2026-02-04T02:22:00Z",
	       "\"by\":\"director\",\"person\":\"p-cover\"");
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'escalated'"), 1);
}

static int setup_each(void **state)
{
	return setup_with(state, "tests/data/rules/answer-each");
}

/* The edt's message came to its end, since nobody holds the role; or waits still for whoever does. */
static int64_t climbed_though_the_director(struct world *w, const char *edt, const char *type, const char *until)
{
	struct fixture *f = w->f;
	hear(w, "s1", "strategy.complex_held", "C1", "2026-02-04T10:00:00Z", "");
	deliver(w);
	OK(store_execute(f->store, edt, &f->fault));
	answer(w, "a1", type, "1001", "2026-02-04T10:05:00Z",
	       "\"by\":\"director\",\"person\":\"p-director\",\"action\":\"read\"");
	run(w, until);
	return owed(w, "purpose = 'escalated'");
}

#define FAILED "UPDATE outbox SET state = 5, open = 0, person = '', sent = 0 WHERE role = 'edt'"
#define WAITS "UPDATE outbox SET state = 0, open = 1, person = '', sent = 0 WHERE role = 'edt'"

static void whose_role_is_held_by_nobody_owes_no_answer(void **state)
{
	assert_int_equal(climbed_though_the_director(*state, FAILED, "alert.acknowledged", "2026-02-04T10:31:00Z"), 0);
}

static void who_is_not_found_yet_owes_one(void **state)
{
	assert_int_equal(climbed_though_the_director(*state, WAITS, "alert.acknowledged", "2026-02-04T10:31:00Z"), 1);
}

static void passed_on_by_all_who_were_told_it_climbs_at_once_though_a_role_is_held_by_nobody(void **state)
{
	assert_int_equal(climbed_though_the_director(*state, FAILED, "alert.passed_on", "2026-02-04T10:06:00Z"), 1);
}

static void an_answer_to_nothing_is_a_warning_that_is_listed_once(void **state)
{
	struct world *w = *state;
	hear(w, "a1", "alert.acknowledged", "C1", "2026-02-04T02:20:00Z",
	     "\"alert\":\"0123456789abcdef\",\"by\":\"edt\",\"action\":\"x\"");
	assert_int_equal(count(w, "SELECT count(*) FROM warning WHERE field = 'data.alert'"), 1);
	restart(w);
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T03:10:00Z",
	     K1); /* the history is folded anew, the word is not said anew */
	assert_int_equal(count(w, "SELECT count(*) FROM warning"), 1);
}

/* A clock that is ahead by some seconds stamps what people answer so: it is looked at when its time has come. */
static void hear_ahead(struct world *w)
{
	add_bytes(w, event_json(w->f, "casewatch/page", "a1", "alert.acknowledged", "C1", "2026-02-04T02:20:02Z", "",
	                        "\"alert\":\"0123456789abcdef\",\"by\":\"edt\",\"action\":\"x\""),
	          at("2026-02-04T02:20:00Z"));
	take(w, "2026-02-04T02:20:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM warning"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM answer_waiting"), 1);
}

static void assert_warned_once(struct world *w)
{
	run(w, "2026-02-04T02:30:00Z");
	hear(w, "e9", "custody.threshold_met", "C1", "2026-02-04T03:10:00Z", K1);
	assert_int_equal(count(w, "SELECT count(*) FROM warning WHERE field = 'data.alert'"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM warning"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM audit WHERE what = 'answer.warned'"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM event WHERE flags & 2"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM answer_waiting"), 0);
}

static void an_answer_to_nothing_that_waits_for_its_time_is_a_warning_then(void **state)
{
	struct world *w = *state;
	hear_ahead(w);
	assert_warned_once(w);
}

/* The machines of a cell differed in this (casewatch-sim --members 2 --seed 715). */
static void what_waits_for_its_time_is_looked_at_after_a_restart(void **state)
{
	struct world *w = *state;
	hear_ahead(w);
	restart(w);
	assert_warned_once(w);
}

static void what_waits_for_its_time_is_looked_at_though_another_event_is_first(void **state)
{
	struct world *w = *state;
	hear_ahead(w);
	restart(w);
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:25:00Z", "\"custody\":\"k2\"");
	assert_warned_once(w);
}

static void what_waits_for_its_time_is_looked_at_after_a_transaction_that_failed(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear_ahead(w);
	OK(store_execute(f->store,
	                 "CREATE TEMP TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no room'); END",
	                 &f->fault));
	add(w, "e1", "custody.threshold_met", "C2", "2026-02-04T02:20:01Z", "\"custody\":\"k2\"");
	assert_int_not_equal(try_take(w, "2026-02-04T02:20:01Z"), RESULT_OK);
	OK(store_execute(f->store, "DROP TRIGGER full", &f->fault));
	take(w, "2026-02-04T02:20:20Z");
	assert_warned_once(w);
}

static void what_waits_for_its_time_is_looked_at_by_rules_that_came_meanwhile(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear_ahead(w);
	OK(pipeline_use(w->pipeline, &w->settings.engine, TEXT("others"), &f->fault));
	assert_warned_once(w);
}

/* It met its alert: nobody may be told that it did not. */
static void an_answer_that_waits_for_its_time_meets_its_alert_after_a_restart(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	char id[ALERT_ID_SIZE] = "", data[128];
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	OK(alerts_find(f->store, TEXT("1001"), see_id, id, &f->fault));
	(void)snprintf(data, sizeof data, "\"alert\":\"%s\",\"by\":\"director\",\"action\":\"x\"", id);
	struct text bytes = event_json(w->f, "casewatch/page", "a1", "alert.acknowledged", "C1",
	                               "2026-02-04T02:20:02Z", "", data);
	add_bytes(w, bytes, at("2026-02-04T02:20:00Z"));
	take(w, "2026-02-04T02:20:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM answer_waiting"), 1);
	restart(w);
	run(w, "2026-02-04T02:30:00Z");
	assert_int_equal(count(w, "SELECT acknowledged FROM alert WHERE number = 1001"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM warning"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM answer_waiting"), 0);
}

/* It was withdrawn while it waited: nothing is left to be said of it. */
static void an_answer_that_was_withdrawn_while_it_waited_is_no_warning(void **state)
{
	struct world *w = *state;
	hear_ahead(w);
	restart(w);
	add_bytes(w, event_json(w->f, "casewatch/page", "w1", "event.withdrawn", "C1", "2026-02-04T02:20:01Z", "",
	                        "\"id\":\"a1\",\"reason\":\"mistake\""),
	          at("2026-02-04T02:20:01Z"));
	take(w, "2026-02-04T02:20:01Z");
	run(w, "2026-02-04T02:30:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM warning WHERE field = 'data.alert'"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM answer_waiting"), 0);
}

/* The process ended between the withdrawal and the judgement of it. */
static void what_was_withdrawn_while_nobody_judged_it_waits_no_more(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear_ahead(w);
	OK(store_execute(f->store, "UPDATE event SET flags = flags & ~1", &f->fault));
	restart(w);
	run(w, "2026-02-04T02:30:00Z");
	hear(w, "e9", "custody.threshold_met", "C1", "2026-02-04T03:10:00Z", K1);
	assert_int_equal(count(w, "SELECT count(*) FROM warning WHERE field = 'data.alert'"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM answer_waiting"), 0);
}

/* In whichever order both come. */
static void an_answer_that_was_withdrawn_before_it_came_does_not_wait(void **state)
{
	struct world *w = *state;
	add_bytes(w, event_json(w->f, "casewatch/page", "w1", "event.withdrawn", "C1", "2026-02-04T02:19:59Z", "",
	                        "\"id\":\"a1\",\"reason\":\"mistake\""),
	          at("2026-02-04T02:19:59Z"));
	take(w, "2026-02-04T02:19:59Z");
	add_bytes(w, event_json(w->f, "casewatch/page", "a1", "alert.acknowledged", "C1", "2026-02-04T02:20:02Z", "",
	                        "\"alert\":\"0123456789abcdef\",\"by\":\"edt\",\"action\":\"x\""),
	          at("2026-02-04T02:20:00Z"));
	take(w, "2026-02-04T02:20:00Z");
	restart(w);
	run(w, "2026-02-04T02:30:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM warning WHERE field = 'data.alert'"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM answer_waiting"), 0);
}

#define STANDING "SELECT coalesce(sum(number), 0) FROM alert WHERE rule = 'missing.vpg-referral' AND state = 0"
static void gone_missing_three_times(struct world *w, const char *month_and_hour)
{
	static const char *const days[] = {"02", "03", "04"};
	for (int i = 0; i < 3; i++) {
		char id[32], time[32], data[64];
		(void)snprintf(id, sizeof id, "%.2s-%s", month_and_hour, days[i]);
		(void)snprintf(time, sizeof time, "2026-%.2s-%sT%s:00:00Z", month_and_hour, days[i],
		               month_and_hour + 3);
		(void)snprintf(data, sizeof data, "\"episode\":\"%s\",\"kind\":\"missing\"", id);
		hear(w, id, "missing.started", "C1", time, data);
	}
}

/* Of a rule that has one alert a subject two become one where what ended the first is withdrawn. Whoever answers the
 * second answers it: so it is for an engine that has gone on, and for one that reads the history anew. */
static void an_answer_to_an_alert_that_became_one_with_another_is_about_that(struct world *w, bool anew)
{
	char number[32];
	gone_missing_three_times(w, "03 10");
	int64_t first = count(w, STANDING);
	hear(w, "d1", "vpg.discussed", "C1", "2026-03-05T10:00:00Z", "");
	gone_missing_three_times(w, "04 10");
	int64_t second = count(w, STANDING);
	(void)snprintf(number, sizeof number, "%lld", (long long)second);
	hear(w, "d2", "event.withdrawn", "C1", "2026-04-05T10:00:00Z",
	     "\"id\":\"d1\",\"reason\":\"recorded-in-error\"");
	assert_true(first && second && first != second);
	assert_int_equal(count(w, STANDING), first);
	if (anew)
		restart(w);
	answer(w, "a1", "alert.resolved", number, "2026-04-06T10:00:00Z",
	       "\"by\":\"team-manager\",\"person\":\"p-tm\",\"reason\":\"no longer needed\"");
	assert_int_equal(count(w, STANDING), 0);
}

static void an_answer_to_what_became_one_with_another_is_about_that_to_an_engine_that_goes_on(void **state)
{
	an_answer_to_an_alert_that_became_one_with_another_is_about_that(*state, false);
}

static void an_answer_to_what_became_one_with_another_is_about_that_after_a_restart(void **state)
{
	an_answer_to_an_alert_that_became_one_with_another_is_about_that(*state, true);
}

static void a_review_in_2099_is_cut_and_whoever_asked_for_it_is_told(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	deliver(w);
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T02:20:00Z",
	       "\"by\":\"director\",\"person\":\"p-director\",\"action\":\"bed "
	       "found\",\"review_at\":\"2099-01-01T00:00:00Z\"");
	assert_int_equal(count(w, "SELECT count(*) FROM warning WHERE field = 'data.review_at'"), 1);
	assert_int_equal(owed(w, ONLY_THRESHOLD "purpose = 'review-cut' AND person = 'p-director'"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM audit WHERE what = 'alert.review_cut'"), 1);
	assert_true(count(w, "SELECT next FROM alert WHERE number = 1001") ==
	            at("2026-02-09T02:20:00Z")); /* ten times 12 hours */
}

static void nothing_of_a_source_that_may_not_answer_has_an_effect(void **state)
{
	struct world *w = *state;
	static const char *const sources[] = {"casewatch"};
	w->settings.engine.answer_sources = sources;
	w->settings.engine.answer_source_count = 1;
	restart(w);
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T02:20:00Z",
	       "\"by\":\"director\",\"action\":\"bed found\"");
	hear(w, "m1", "mute.started", "R", "2026-02-04T02:21:00Z",
	     "\"mute\":\"m\",\"until\":\"2026-02-05T00:00:00Z\",\"reason\":\"x\",\"by\":\"ops\"");
	assert_int_equal(count(w, "SELECT acknowledged FROM alert WHERE number = 1001"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM warning WHERE field = 'source'"), 2);
}

/* More alerts of one child than a transaction may have effects; the process ends after the first. */
static void thousands_of_alerts_of_one_child_are_told_in_portions_each_once_over_a_restart(void **state)
{
	struct world *w = *state;
	char id[16], data[32];
	for (int i = 0; i < 900; i++) {
		(void)snprintf(id, sizeof id, "e%d", i);
		(void)snprintf(data, sizeof data, "\"custody\":\"k%d\"", i);
		add(w, id, "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", data);
	}
	take(w, "2026-02-04T02:10:00Z");
	int64_t opened = count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold'");
	assert_in_range(opened, 200, 899);
	restart(w);
	assert_true(pipeline_next(w->pipeline) <= at("2026-02-04T02:10:00Z"));
	run(w, "2026-02-04T02:10:01Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold'"), 900);
	assert_int_equal(
		count(w, "SELECT count(*) FROM outbox WHERE purpose = 'opened' AND rule = 'custody.threshold'"), 900);
}

/* What opened in a mute by a clock that was ahead waits for the end of that mute by that clock: when it is right,
 * the mute is yet to come, and nobody would hear for days. */
static void what_a_clock_that_was_ahead_held_back_by_a_mute_is_told_when_it_is_right(void **state)
{
	struct world *w = *state;
	hear(w, "m1", "mute.started", "C1", "2026-02-13T10:00:00Z",
	     "\"mute\":\"m1\",\"until\":\"2026-02-14T10:00:00Z\",\"reason\":\"known\",\"by\":"
	     "\"team-manager\"");
	add(w, "e1", "assessment.authorised", "C1", "2026-02-04T10:05:00Z",
	    "\"assessment\":\"a1\",\"kind\":\"single\",\"referral\":\"r1\",\"outcome\":\"nfa\"");
	take(w, "2026-02-13T10:05:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE state = 0 AND severity > 0"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE number > 0"), 0);
	restart(w); /* as a daemon does that finds its clock set back by days */
	hear(w, "e2", "contact.received", "C2", "2026-02-04T10:20:00Z", "\"contact\":\"k1\"");
	run(w, "2026-02-04T10:30:00Z");
	assert_true(count(w, "SELECT count(*) FROM outbox WHERE number > 0") > 0);
}

#define EACH(name) cmocka_unit_test_setup_teardown(name, setup_each, teardown)

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(thousands_of_alerts_of_one_child_are_told_in_portions_each_once_over_a_restart),
		TEST(a_mailbox_that_refuses_at_the_last_step_makes_nobody_write_without_pause),
		TEST(one_unreachable_role_leaves_what_is_known_of_other_children_in_memory),
		TEST(somebody_answers_and_the_others_who_were_told_hear_it_once),
		TEST(an_answer_waits_for_no_partition_that_is_behind),
		TEST(whom_no_message_reached_yet_is_not_told_that_it_was_answered),
		TEST(an_answer_that_ends_the_alert_is_one_line_to_the_others_and_not_two),
		TEST(at_night_the_line_of_a_critical_alert_goes_at_once),
		TEST(at_night_the_line_waits_for_the_morning),
		TEST(whoever_was_told_that_it_opened_again_has_the_words_of_a_withdrawal_when_that_was_wrong),
		TEST(who_was_not_told_of_its_end_as_it_opened_again_hears_of_the_next),
		TEST(who_heard_by_a_word_from_before_it_opened_again_hears_of_its_end),
		TEST(passed_on_to_a_role_it_is_told_at_once_and_the_step_keeps_its_time),
		TEST(of_several_in_a_role_each_passes_it_on_for_themselves),
		EACH(whose_role_is_held_by_nobody_owes_no_answer),
		EACH(who_is_not_found_yet_owes_one),
		EACH(passed_on_by_all_who_were_told_it_climbs_at_once_though_a_role_is_held_by_nobody),
		TEST(an_answer_to_nothing_is_a_warning_that_is_listed_once),
		TEST(an_answer_to_nothing_that_waits_for_its_time_is_a_warning_then),
		TEST(what_waits_for_its_time_is_looked_at_after_a_restart),
		TEST(what_waits_for_its_time_is_looked_at_though_another_event_is_first),
		TEST(what_waits_for_its_time_is_looked_at_after_a_transaction_that_failed),
		TEST(what_waits_for_its_time_is_looked_at_by_rules_that_came_meanwhile),
		TEST(an_answer_that_waits_for_its_time_meets_its_alert_after_a_restart),
		TEST(an_answer_that_was_withdrawn_while_it_waited_is_no_warning),
		TEST(what_was_withdrawn_while_nobody_judged_it_waits_no_more),
		TEST(an_answer_that_was_withdrawn_before_it_came_does_not_wait),
		TEST(an_answer_to_what_became_one_with_another_is_about_that_to_an_engine_that_goes_on),
		TEST(an_answer_to_what_became_one_with_another_is_about_that_after_a_restart),
		TEST(a_review_in_2099_is_cut_and_whoever_asked_for_it_is_told),
		TEST(nothing_of_a_source_that_may_not_answer_has_an_effect),
		TEST(what_a_clock_that_was_ahead_held_back_by_a_mute_is_told_when_it_is_right),
	};
	return cmocka_run_group_tests_name("pipeline answers", tests, NULL, NULL);
}
