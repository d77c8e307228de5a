/* Some days of a council, at each moment of which every statement of the database fails once, one after another: it is
 * said, nothing of what was tried is kept, it is tried again, and at the end all is as if nothing had failed. */
#include "pipeline_world.h"

#include "statements.h"

#define STATEMENTS_MOST 20000 /* of one moment: far more than any takes */

/* Nothing is drawn by chance: a row says the same in every run. Left out is what is random (keys, proofs, names of
 * messages), and of what was withdrawn when and why it had ended before: after a start that is not known. */
static const char *const written[] = {
	"SELECT * FROM event ORDER BY id",
	("SELECT number, history, rule, id, severity, key, key_text, state, opened, closed, nights, due, told, step, "
	"next, acknowledged, spent, answer, early, why, asked, heard, warned_at, shadow, evidence, because,"
	" acknowledged_at, review_at, CASE WHEN state < 2 THEN reason END FROM alert ORDER BY number"),
	("SELECT kind, state, open, critical, purpose, number, alert, rule, subject, step, role, payload, created, "
	 "not_before, deadline FROM outbox ORDER BY id"),
	"SELECT at, what, number, rule, person, detail, alert, subject, personal FROM audit ORDER BY id",
	"SELECT * FROM condition ORDER BY id, key",
	"SELECT * FROM quarantine ORDER BY id",
	"SELECT * FROM position ORDER BY name",
	"SELECT * FROM history ORDER BY id",
	"SELECT name, value FROM meta WHERE name IN ('judged_by', 'judging')",
};
#define TABLES (sizeof written / sizeof *written)

struct sums {
	uint64_t of[TABLES];
};

static uint64_t sum_rows(sqlite3 *database, const char *sql)
{
	uint64_t sum = 1;
	sqlite3_stmt *row = NULL;
	if (sqlite3_prepare_v2(database, sql, -1, &row, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(database));
	while (sqlite3_step(row) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(row); i++) {
			const void *at = sqlite3_column_blob(row, i);
			sum = text_fingerprint((struct text){at, (size_t)sqlite3_column_bytes(row, i)}, sum);
		}
	(void)sqlite3_finalize(row);
	return sum;
}

static struct sums sums_of(const struct world *w)
{
	struct sums sums;
	for (size_t i = 0; i < TABLES; i++)
		sums.of[i] = sum_rows(w->f->store->database, written[i]);
	return sums;
}

static void assert_same(const struct sums *a, const struct sums *b, const char *when)
{
	for (size_t i = 0; i < TABLES; i++)
		if (a->of[i] != b->of[i])
			fail_msg("%s: not the same: %s", when, written[i]);
}

/* ---- tried until nothing fails ---- */

struct work {
	const char *name;
	enum result (*try)(struct world *w, const struct work *work);
	instant now;
	const char *alert;
	int step;
};

static bool faulty; /* else all is tried once, and nothing fails */
static uint64_t failures, moments;

/* At each statement in turn, of which a part is tried, and at each kind of them when it first comes. What fails is
 * tried again from where it was; what does not in spite of it is done. */
static void work_on(struct world *w, struct work work)
{
	const struct sums before = sums_of(w);
	uint64_t apart = statements_apart(12);
	for (uint64_t at = moments++ % apart;; at += apart) {
		w->f->fault.text[0] = '\0';
		fail_at(faulty ? at : NEVER_FAILS);
		kinds.fail = faulty;
		kinds.within = (uint64_t)(uintptr_t)work.try;
		enum result result = work.try(w, &work);
		bool struck = statements.struck;
		fail_at(NEVER_FAILS);
		kinds.fail = false;
		failures += struck;
		if (result == RESULT_OK)
			break; /* also where what failed was no part of it: a look ahead, a word to ops in its own time
			        */
		struct sums after = sums_of(w);
		assert_same(&before, &after, work.name);
		if (!struck || !w->f->fault.text[0])
			fail_msg("%s: %s", work.name, w->f->fault.text);
		assert_true(at < STATEMENTS_MOST);
	}
}

static enum result try_batch(struct world *w, const struct work *work)
{
	return pipeline_take(w->pipeline, w->batch, w->read_to, work->now, &w->f->fault);
}

static void take_all(struct world *w, const char *now)
{
	work_on(w, (struct work){.name = now, .try = try_batch, .now = at(now)});
	batch_free(w->batch);
	w->batch = batch_new();
}

static void come(struct world *w, const char *id, const char *type, const char *subject, const char *time,
                 const char *data)
{
	add(w, id, type, subject, time, data);
	take_all(w, time);
}

static enum result try_tick(struct world *w, const struct work *work)
{
	return pipeline_tick(w->pipeline, work->now, &w->f->fault);
}

static void pass(struct world *w, const char *until)
{
	for (instant next; (next = pipeline_next(w->pipeline)) <= at(until);)
		work_on(w,
		        (struct work){.name = until, .try = try_tick, .now = next == INSTANT_NONE ? at(until) : next});
}

static enum result try_nobody(struct world *w, const struct work *work)
{
	return pipeline_nobody(w->pipeline, text_of(work->alert), work->step, work->now, &w->f->fault);
}

static void nobody_hears(struct world *w, const char *alert, int step, const char *now)
{
	work_on(w, (struct work){.name = alert, .try = try_nobody, .now = at(now), .alert = alert, .step = step});
}

static enum result try_start(struct world *w, const struct work *work)
{
	(void)work;
	return pipeline_new(&w->settings, &w->pipeline, &w->f->fault);
}

static void begin_anew(struct world *w)
{
	pipeline_free(w->pipeline);
	w->pipeline = NULL;
	work_on(w, (struct work){.name = "a start", .try = try_start});
}

static enum result try_rules(struct world *w, const struct work *work)
{
	return pipeline_use(w->pipeline, &w->settings.engine, text_of(work->alert), &w->f->fault);
}

/* ---- some days ---- */

static enum result see_id(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	(void)snprintf(argument, ALERT_ID_SIZE, "%.*s", TEXT_ARG(row->id));
	return RESULT_OK;
}

static void answer(struct world *w, const char *event, const char *type, const char *number, const char *time,
                   const char *more)
{
	struct fixture *f = w->f;
	char id[ALERT_ID_SIZE] = "", data[256];
	OK(alerts_find(f->store, text_of(number), see_id, id, &f->fault));
	(void)snprintf(data, sizeof data, "\"alert\":\"%s\",%s", id, more);
	come(w, event, type, "C1", time, data);
}

static void a_night_in_a_cell(struct world *w)
{
	add(w, "w1", "allocation.started", "C1", "2026-02-03T10:00:00Z",
	    "\"role\":\"social-worker\",\"worker\":\"w1\"");
	add(w, "d1", "custody.detained", "C1", "2026-02-03T23:00:00Z", DETAINED);
	add(w, "b1", "custody.charged_bail_refused", "C1", "2026-02-04T00:30:00Z", K1);
	take_all(w, "2026-02-04T00:30:00Z");
	come(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	nobody_hears(w, "1003", 1, "2026-02-04T02:11:00Z");
	nobody_hears(w, "1001", 1, "2026-02-04T02:12:00Z");
	deliver(w);
	pass(w, "2026-02-04T03:30:00Z");
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T03:31:00Z",
	       "\"by\":\"director\",\"person\":\"p-director\",\"action\":\"bed "
	       "found\",\"review_at\":\"2099-01-01T00:00:00Z\"");
	answer(w, "a2", "alert.passed_on", "1002", "2026-02-04T03:32:00Z",
	       "\"by\":\"team-manager\",\"person\":\"p-tm\",\"to\":\"head-of-service\",\"reason\":\"not me\"");
	answer(w, "a3", "alert.resolved", "1002", "2026-02-04T03:33:00Z",
	       "\"by\":\"edt\",\"person\":\"p-edt\",\"reason\":\"moved\"");
	come(w, "r1", "custody.released", "C1", "2026-02-04T09:00:00Z", K1);
}

static void a_child_is_missing_and_the_records_are_put_right(struct world *w)
{
	come(w, "m1", "missing.started", "C2", "2026-02-04T10:00:00Z",
	     "\"episode\":\"1\",\"kind\":\"missing\",\"risk\":\"high\"");
	come(w, "m2", "missing.ended", "C2", "2026-02-04T09:00:00Z", "\"episode\":\"1\"");
	add_bytes(w,
	          event_json(w->f, "lcs", "m3", "missing.ended", "C2", "2026-02-04T12:00:00Z", "\"replaces\":\"m2\",",
	                     "\"episode\":\"1\""),
	          at("2026-02-04T12:10:00Z"));
	take_all(w, "2026-02-04T12:10:00Z");
	come(w, "p1", "person.merged", "C2", "2026-02-04T12:20:00Z", "\"from\":\"C9\"");
	come(w, "v1", "vcl.scored", "C9", "2026-02-04T12:30:00Z", "\"level\":\"high\"");
	come(w, "p2", "person.unmerged", "C2", "2026-02-04T12:40:00Z", "\"from\":\"C9\"");
	come(w, "x1", "event.withdrawn", "C2", "2026-02-04T12:50:00Z", "\"id\":\"m1\"");
	pass(w, "2026-02-05T13:00:00Z");
}

static void some_records_cannot_be_read(struct world *w)
{
	add_bytes(w, TEXT("{\"id\":\"x"), at("2026-02-05T13:10:00Z"));
	add(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	add(w, "e1", "custody.threshold_met", "C3", "2026-02-05T13:10:00Z", K1);
	add(w, "k1", "vcl.scored", "C4", "2026-02-05T13:10:00Z", "\"level\":\"high\",\"session\":[7]");
	add(w, "u1", "something.else", "C4", "2026-02-05T13:10:00Z", "\"level\":7");
	take_all(w, "2026-02-05T13:10:00Z");
	pass(w, "2026-02-05T15:00:00Z");
	(void)batch_add(w->batch, w->f->parser, TEXT("spool:quarantine-1.jsonl"), 1,
	                event_json(w->f, "/casewatch/tool", "q1", "quarantine.discarded", "quarantine-1",
	                           "2026-02-05T15:00:00Z", "", "\"reason\":\"a test\",\"person\":\"p-ops\""),
	                at("2026-02-05T15:00:00Z"));
	take_all(w, "2026-02-05T15:00:00Z");
}

static void somebody_keeps_a_rule_quiet(struct world *w)
{
	come(w, "q2", "mute.started", "C5", "2026-02-05T15:10:00Z",
	     "\"mute\":\"q\",\"rule\":\"vcl.rmg-referral\",\"until\":\"2026-02-06T10:00:00Z\",\"reason\":\"in "
	     "hospital\","
	     "\"by\":\"team-manager\",\"person\":\"p-tm\"");
	come(w, "v2", "vcl.scored", "C5", "2026-02-05T15:20:00Z", "\"level\":\"very-high\"");
	pass(w, "2026-02-06T10:10:00Z");
}

static void other_rules_come_into_force(struct world *w)
{
	struct ruleset none = {0};
	const struct ruleset *all = w->settings.engine.rules;
	w->settings.engine.rules = &none;
	work_on(w, (struct work){.name = "other rules", .try = try_rules, .alert = "none"});
	pass(w, "2026-02-06T10:20:00Z");
	w->settings.engine.rules = all;
	work_on(w, (struct work){.name = "the rules of before", .try = try_rules, .alert = "all"});
	pass(w, "2026-02-06T10:30:00Z");
	w->settings.fingerprint = TEXT("all");
	begin_anew(w);
	pass(w, "2026-02-06T12:30:00Z");
}

static struct sums live(const char *until, bool fails, int says)
{
	void *state;
	(void)setup(&state);
	struct world *w = state;
	struct fixture *f = w->f;
	OK(store_execute(f->store, "PRAGMA synchronous = OFF", &f->fault)); /* it is ended by no power cut */
	faulty = fails;
	statements.says = says;
	a_night_in_a_cell(w);
	a_child_is_missing_and_the_records_are_put_right(w);
	some_records_cannot_be_read(w);
	somebody_keeps_a_rule_quiet(w);
	other_rules_come_into_force(w);
	pass(w, until);
	struct sums sums = sums_of(w);
	assert_true(count(w, "SELECT count(*) FROM alert") > 8);
	(void)teardown(&state);
	return sums;
}

static void whatever_statement_fails_the_days_end_as_if_none_had(void **state)
{
	(void)state;
	struct sums whole = live("2026-02-08T09:00:00Z", false, SQLITE_BUSY);
	failures = 0;
	struct sums faults = live("2026-02-08T09:00:00Z", true, SQLITE_BUSY);
	assert_true(failures > 100);
	assert_same(&whole, &faults, "at the end");
}

/* Of a step that each must answer two people were told in each of two roles, one of them in both, who does not answer.
 */
static int64_t escalated_though_most_answered(uint64_t fails, bool *struck)
{
	static const char *const answers[] = {"\"by\":\"director\",\"person\":\"p-director\"",
	                                      "\"by\":\"edt\",\"person\":\"p-edt\""};
	void *state;
	(void)setup_with(&state, "tests/data/rules/answer-each");
	struct world *w = state;
	struct fixture *f = w->f;
	char id[ALERT_ID_SIZE] = "", data[256];
	hear(w, "s1", "strategy.complex_held", "C1", "2026-02-04T10:00:00Z", "");
	deliver(w);
	OK(store_execute(f->store,
	                 "CREATE TEMP TABLE other AS SELECT * FROM outbox; UPDATE other SET id = id + 100, person = "
	                 "'p-2', same = randomblob(16); INSERT INTO outbox SELECT * FROM other",
	                 &f->fault));
	OK(alerts_find(f->store, TEXT("1001"), see_id, id, &f->fault));
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		char event[8];
		(void)snprintf(event, sizeof event, "a%zu", i);
		(void)snprintf(data, sizeof data, "\"alert\":\"%s\",%s,\"action\":\"read\"", id, answers[i]);
		add(w, event, "alert.acknowledged", "C1", "2026-02-04T10:05:00Z", data);
	}
	fail_at(fails);
	enum result result = try_take(w, "2026-02-04T10:05:00Z");
	*struck = statements.struck;
	fail_at(NEVER_FAILS);
	if (result != RESULT_OK)
		take(w, "2026-02-04T10:06:00Z");
	run(w, "2026-02-04T10:31:00Z");
	int64_t told = count(w, "SELECT count(*) FROM outbox WHERE purpose = 'escalated' AND role = 'dcs'");
	(void)teardown(&state);
	return told;
}

static void whatever_statement_fails_an_answer_of_one_is_not_taken_for_everybodys(void **state)
{
	bool struck = true;
	(void)state;
	statements.says = SQLITE_IOERR_READ;
	for (uint64_t at = 0; struck; at++) {
		if (escalated_though_most_answered(at, &struck) != 1)
			fail_msg("statement %d failed, and nobody was told that one has not answered: %s", (int)at,
			         statements.sql);
		assert_true(at < STATEMENTS_MOST);
	}
}

int main(void)
{
	log_set_level((enum log_level)(getenv("VERBOSE") ? 7 : 1));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_statement_fails_the_days_end_as_if_none_had),
		cmocka_unit_test(whatever_statement_fails_an_answer_of_one_is_not_taken_for_everybodys),
	};
	return cmocka_run_group_tests_name("pipeline_fails", tests, NULL, NULL);
}
