/* However little memory there is for histories, the same alerts open and end, and the same people are owed the same
 * words: what was put out of memory is read again when it is needed.
 */
#include "pipeline_world.h"

#define CHILDREN 40
#define ROUNDS 6

static void say_nothing(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about, (void)line;
}

/* Of every child in turn, and then of all of them again: none is left in a small memory when its next record comes. */
static void tell_of_children(struct world *w)
{
	static const char *const types[ROUNDS] = {"custody.detained",      "custody.charged_bail_refused",
	                                          "custody.threshold_met", "missing.started",
	                                          "missing.ended",         "custody.released"};
	for (int round = 0; round < ROUNDS; round++)
		for (int child = 0; child < CHILDREN; child++) {
			char id[24], subject[8], time[32], data[160];
			bool missing = strncmp(types[round], "missing.", 8) == 0;
			(void)snprintf(id, sizeof id, "e%d-%d", round, child);
			(void)snprintf(subject, sizeof subject, "C%d", child);
			(void)snprintf(time, sizeof time, "2026-02-0%dT1%d:%02d:00Z", 2 + round / 3, round, child);
			(void)snprintf(data, sizeof data, "%s",
			               missing ? "\"episode\":\"m\",\"kind\":\"missing\",\"risk\":\"high\""
			                       : "\"custody\":\"k\",\"station\":\"Central\"");
			hear(w, id, types[round], subject, time, data);
		}
	run(w, "2026-02-08T12:00:00Z");
}

static struct text all_of(struct world *w, const char *sql)
{
	struct buffer rows = {0};
	sqlite3_stmt *row = NULL;
	assert_int_equal(sqlite3_prepare_v2(w->f->store->database, sql, -1, &row, NULL), SQLITE_OK);
	while (sqlite3_step(row) == SQLITE_ROW)
		buffer_format(&rows, "%s\n", (const char *)sqlite3_column_text(row, 0));
	(void)sqlite3_finalize(row);
	struct text kept = {arena_copy_text(w->f->arena, rows.at, rows.length), rows.length};
	buffer_free(&rows);
	return kept;
}

#define ALERTS                                                                                                         \
	"SELECT rule || ' ' || id || ' ' || state || ' ' || opened || ' ' || closed || ' ' || step || ' ' || told"     \
	" FROM alert ORDER BY rule, id"
#define OWED                                                                                                           \
	"SELECT purpose || ' ' || rule || ' ' || subject || ' ' || step || ' ' || role || ' ' || created"              \
	" FROM outbox ORDER BY purpose, rule, subject, step, role, created"

static void look(size_t bytes, size_t thawed, const char *alerts, const char *owed, void *keep)
{
	void *state;
	struct pipeline_figures figures;
	(void)setup(&state);
	struct world *w = state;
	w->settings.engine.cache_bytes = bytes;
	w->settings.engine.thawed_bytes = thawed;
	restart(w);
	tell_of_children(w);
	pipeline_figures(w->pipeline, &figures);
	struct text has = all_of(w, ALERTS), owes = all_of(w, OWED);
	assert_true(has.length > 0 && owes.length > 0);
	if (keep) {
		((char **)keep)[0] = mem_copy_text(has.at, has.length);
		((char **)keep)[1] = mem_copy_text(owes.at, owes.length);
		assert_int_equal(figures.engine.evictions, 0);
	} else {
		assert_true(bytes == 0 || figures.engine.evictions > CHILDREN);
		assert_true(text_equal(has, text_of(alerts)));
		assert_true(text_equal(owes, text_of(owed)));
	}
	(void)teardown(&state);
}

static void a_small_memory_changes_nothing_that_anybody_hears(void **state)
{
	char *kept[2];
	(void)state;
	look(0, 0, NULL, NULL, kept);
	look(0, 4096, kept[0], kept[1], NULL); /* all stay, most of them frozen */
	look(12000, 4096, kept[0], kept[1], NULL);
	look(1, 0, kept[0], kept[1], NULL);
	free(kept[0]);
	free(kept[1]);
}

/* ---- a withdrawal, and what comes after it ---- */

#define OF_UNKNOWN_AGE "SELECT count(*) FROM alert WHERE rule = 'child.age-unknown'"

static void withdraw_the_only_reason(struct world *w, bool anew)
{
	hear(w, "e1", "vpg.opened", "C1", "2026-02-04T02:10:00Z", "");
	assert_int_equal(count(w, OF_UNKNOWN_AGE " AND state = 0"), 1);
	hear(w, "x1", "event.withdrawn", "C1", "2026-02-04T03:00:00Z",
	     "\"id\":\"e1\",\"reason\":\"recorded-in-error\"");
	assert_int_equal(count(w, OF_UNKNOWN_AGE " AND state = 2"), 1);
	if (anew)
		restart(w);
}

static void with_and_without_a_restart(void (*story)(struct world *w, bool anew))
{
	for (int anew = 0; anew < 2; anew++) {
		void *state = NULL;
		(void)setup(&state);
		story(state, anew);
		(void)teardown(&state);
	}
}

static void look_at_a_later_reason(struct world *w, bool anew)
{
	withdraw_the_only_reason(w, anew);
	hear(w, "e2", "cp.started", "C1", "2026-02-06T02:10:00Z", "");
	assert_int_equal(count(w, OF_UNKNOWN_AGE " AND state = 2"), 1);
	assert_int_equal(count(w, OF_UNKNOWN_AGE " AND state = 0"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM audit WHERE what = 'alert.opened' AND detail LIKE '%again%'"),
	                 0);
}

/* An engine that had it in memory made it another, and one that read the child anew took the first for it: it was told
 * as opened again, and an answer to the one named nothing to the other. */
static void what_begins_after_a_withdrawal_is_another_alert_whoever_judges_it(void **state)
{
	(void)state;
	with_and_without_a_restart(look_at_a_later_reason);
}

static void look_at_the_same_reason(struct world *w, bool anew)
{
	withdraw_the_only_reason(w, anew);
	add(w, "e3", "vpg.opened", "C1", "2026-02-04T02:30:00Z", "");
	take(w, "2026-02-06T02:10:00Z");
	assert_int_equal(count(w, OF_UNKNOWN_AGE), 1);
	assert_int_equal(count(w, OF_UNKNOWN_AGE " AND state = 0"), 1);
}

static void what_stood_before_a_withdrawal_and_does_again_is_the_same_alert_whoever_judges_it(void **state)
{
	(void)state;
	with_and_without_a_restart(look_at_the_same_reason);
}

/* ---- what is corrected of an alert of which nobody hears it ---- */

#define ABSENT "SELECT count(*) FROM alert WHERE rule = 'attendance.absent'"
#define BEGAN " AND opened = 1000000 * strftime('%s', '2026-02-03T09:00:00Z')"
#define ENDED " AND closed = 1000000 * strftime('%s', '2026-02-03T12:00:00Z')"

static void know_of_an_absence(struct world *w)
{
	char data[128];
	hear(w, "e1", "cp.started", "C1", "2026-02-02T10:00:00Z", "");
	hear(w, "e2", "attendance.absent", "C1", "2026-02-03T11:00:00Z", "\"date\":\"2026-02-03\"");
	assert_int_equal(count(w, ABSENT " AND state = 0"), 1);
	(void)snprintf(data, sizeof data, "\"alert\":\"%.16s\",\"by\":\"team-manager\",\"reason\":\"no longer needed\"",
	               all_of(w, "SELECT id FROM alert WHERE rule = 'attendance.absent'").at);
	hear(w, "a1", "alert.resolved", "C1", "2026-02-03T12:00:00Z", data);
	assert_int_equal(count(w, ABSENT " AND state = 1" ENDED), 1);
}

/* The same absence, recorded as of two hours before, days later. */
static void look_at_an_earlier_record(struct world *w, bool anew)
{
	know_of_an_absence(w);
	add(w, "e3", "attendance.absent", "C1", "2026-02-03T09:00:00Z", "\"date\":\"2026-02-03\"");
	take(w, "2026-02-05T10:00:00Z");
	assert_int_equal(count(w, ABSENT " AND state = 1" BEGAN ENDED), 1);
	assert_int_equal(count(w, ABSENT " AND length(evidence) > 16"), 0); /* of the first of a date alone */
	if (anew)
		restart(w);
	hear(w, "x1", "event.withdrawn", "C1", "2026-02-06T03:00:00Z",
	     "\"id\":\"e1\",\"reason\":\"recorded-in-error\"");
	assert_int_equal(count(w, ABSENT " AND state = 2" BEGAN ENDED), 1);
}

/* Machines of a cell, of which one had started anew meanwhile, had another beginning of it on record. */
static void what_is_corrected_of_an_alert_that_is_over_is_on_record_whoever_judges_it(void **state)
{
	(void)state;
	with_and_without_a_restart(look_at_an_earlier_record);
}

int main(void)
{
	log_set_sink(say_nothing);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_memory_changes_nothing_that_anybody_hears),
		cmocka_unit_test(what_begins_after_a_withdrawal_is_another_alert_whoever_judges_it),
		cmocka_unit_test(what_stood_before_a_withdrawal_and_does_again_is_the_same_alert_whoever_judges_it),
		cmocka_unit_test(what_is_corrected_of_an_alert_that_is_over_is_on_record_whoever_judges_it),
	};
	return cmocka_run_group_tests_name("pipeline_cache", tests, NULL, NULL);
}
