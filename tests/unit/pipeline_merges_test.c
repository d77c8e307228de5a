/* Merges of children through what fails and changes: they are known all along, and never read in one go again. */
#include "pipeline_world.h"

static void merges_are_known_after_a_failure(void **state)
{
	struct world *w = *state;
	hear(w, "m1", "person.merged", "C1", "2026-02-04T01:00:00Z", "\"from\":\"C2\"");
	int64_t pages = count(w, "PRAGMA page_count");
	char sql[64];
	(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)pages);
	(void)count(w, sql);
	for (int i = 0; i < 300; i++) {
		char id[16];
		(void)snprintf(id, sizeof id, "n%d", i);
		add(w, id, "custody.threshold_met", "C2", "2026-02-04T02:10:00Z", K1);
	}
	assert_int_equal(try_take(w, "2026-02-04T02:10:00Z"), RESULT_TEMPORARY);
	const struct text *ids;
	assert_true(pipeline_learn_links(w->pipeline)); /* whoever is told meanwhile is told of the whole child */
	assert_int_equal(pipeline_linked(w->pipeline, TEXT("C2"), &ids), 2);
	(void)count(w, "PRAGMA max_page_count = 100000");
	take(w, "2026-02-04T02:10:01Z");
	assert_true(text_equal(pipeline_canonical(w->pipeline, TEXT("C2")), TEXT("C1")));
	assert_int_equal(count(w, "SELECT count(*) FROM alert a JOIN history h ON h.id = a.history WHERE a.rule = "
	                          "'custody.threshold' "
	                          "AND h.name = 'C2'"),
	                 0);
}

static int count_reading_of_merges(unsigned kind, void *counted, void *statement, void *words)
{
	(void)kind, (void)words;
	*(int *)counted += strstr(sqlite3_sql(statement), "t.name IN (") != NULL;
	return 0;
}

/* Thousands of merges would make a long turn: none is read again, and what the failed transaction said of them is taken
 * back. */
static void a_failed_transaction_takes_back_its_merges_and_reads_no_other_again(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	int readings = 0;
	hear(w, "m1", "person.merged", "C1", "2026-02-04T01:00:00Z", "\"from\":\"C2\"");
	assert_int_equal(
		sqlite3_trace_v2(f->store->database, SQLITE_TRACE_STMT, count_reading_of_merges, &readings), SQLITE_OK);
	OK(store_execute(f->store, "CREATE TEMP TRIGGER no BEFORE INSERT ON main.event WHEN new.id = 4 BEGIN SELECT "
	                           "raise(ROLLBACK, 'no'); END",
	                 &f->fault));
	add(w, "m2", "person.merged", "C1", "2026-02-04T02:00:00Z", "\"from\":\"C3\"");
	add(w, "u1", "person.unmerged", "C1", "2026-02-04T02:00:00Z", "\"from\":\"C2\"");
	add(w, "e1", "custody.threshold_met", "C2", "2026-02-04T02:10:00Z", K1);
	assert_int_not_equal(try_take(w, "2026-02-04T02:10:00Z"), RESULT_OK);
	assert_true(text_equal(pipeline_canonical(w->pipeline, TEXT("C2")), TEXT("C1")));
	assert_true(text_equal(pipeline_canonical(w->pipeline, TEXT("C3")), TEXT("C3")));
	OK(store_execute(f->store, "DROP TRIGGER no", &f->fault));
	take(w, "2026-02-04T02:20:00Z");
	assert_true(text_equal(pipeline_canonical(w->pipeline, TEXT("C2")), TEXT("C2")));
	assert_true(text_equal(pipeline_canonical(w->pipeline, TEXT("C3")), TEXT("C1")));
	OK(pipeline_use(w->pipeline, &w->settings.engine, TEXT("others"), &f->fault));
	assert_true(text_equal(pipeline_canonical(w->pipeline, TEXT("C3")), TEXT("C1")));
	assert_int_equal(readings, 0);
	(void)sqlite3_trace_v2(f->store->database, 0, NULL, NULL);
}

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(merges_are_known_after_a_failure),
		TEST(a_failed_transaction_takes_back_its_merges_and_reads_no_other_again),
	};
	return cmocka_run_group_tests_name("pipeline merges", tests, NULL, NULL);
}
