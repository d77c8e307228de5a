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

int main(void)
{
	log_set_sink(say_nothing);
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_small_memory_changes_nothing_that_anybody_hears)};
	return cmocka_run_group_tests_name("pipeline_cache", tests, NULL, NULL);
}
