/* What the registers do for what came: no register is reckoned that the event says nothing to, no history is read more
 * often than it must be, and no portion is long, whatever came. */
#include "registers_world.h"

/* The rows that are reckoned for it, and written. */
static void expect_work(struct world *w, uint64_t rows, uint64_t written)
{
	struct fixture *f = w->f;
	struct registers_figures before, after;
	OK(registers_figures(w->registers, &before, &f->fault));
	bring_up_to_date(w);
	OK(registers_figures(w->registers, &after, &f->fault));
	assert_int_equal(after.rows - before.rows, rows);
	assert_int_equal(after.written - before.written, written);
}

static void of_a_new_event_only_the_registers_that_read_it_are_reckoned(void **state)
{
	(void)state;
	struct world *w = begin();
	bring_up_to_date(w); /* nothing is left to be built */
	tell(w, "e1", "missing.started", "C1", "2020-01-02T10:00:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	tell(w, "e2", "custody.detained", "C1", "2020-01-03T10:00:00Z", "\"custody\":\"K1\",\"station\":\"N\"");
	tell(w, "e3", "custody.detained", "C1", "2020-01-04T10:00:00Z", "\"custody\":\"K2\",\"station\":\"N\"");
	expect_work(w, 4, 4); /* the child's, an episode, two holds */
	tell(w, "e4", "custody.released", "C1", "2020-01-04T12:00:00Z", "\"custody\":\"K2\"");
	expect_work(w, 2, 1); /* that there is a child is known */
	assert_sql(w, "SELECT count(*) FROM register_hold WHERE closed_by = 'custody.released'", "1");
	tell(w, "e5", "event.withdrawn", "C1", "2020-01-05T10:00:00Z", "\"id\":\"e4\"");
	expect_work(w, 3, 1);
	assert_sql(w, "SELECT count(*) FROM register_hold WHERE closed_by IS NULL", "2");
	tell(w, "e6", "child.died", "C1", "2020-01-06T10:00:00Z", "");
	expect_work(w, 4, 4); /* all that runs for the child ends */
	close_world(w);
}

static void what_no_register_reads_says_that_there_is_a_child_and_no_more(void **state)
{
	(void)state;
	struct world *w = begin();
	bring_up_to_date(w); /* nothing is left to be built */
	tell(w, "e1", "visit.made", "C1", "2020-01-02T10:00:00Z", "\"kind\":\"cp\"");
	expect_work(w, 1, 1);
	tell(w, "e2", "visit.made", "C1", "2020-01-03T10:00:00Z", "\"kind\":\"cp\"");
	expect_work(w, 0, 0);
	tell(w, "w1", "event.withdrawn", "C1", "2020-01-05T10:00:00Z", "\"id\":\"e1\"");
	expect_work(w, 1, 0);
	assert_sql(w, "SELECT child FROM register_child", "C1");
	tell(w, "w2", "event.withdrawn", "C9", "2020-01-05T11:00:00Z", "\"id\":\"e2\"");
	bring_up_to_date(w);
	assert_sql(w, "SELECT child FROM register_child WHERE child = 'C1'", "");
	close_world(w);
}

static void a_portion_is_bounded_and_the_rest_waits_for_the_next(void **state)
{
	(void)state;
	struct world *w = begin();
	struct fixture *f = w->f;
	struct batch *batch = batch_new();
	bool more;
	for (int i = 0; i < 3 * REGISTERS_PORTION; i++) {
		char id[16], subject[16];
		(void)snprintf(id, sizeof id, "e%d", i);
		(void)snprintf(subject, sizeof subject, "C%d", i);
		(void)batch_add(batch, f->parser, TEXT("kafka:events:0"), ++w->next,
		                event_json(f, "lcs", id, "missing.started", subject, "2020-01-02T10:00:00Z", "",
		                           "\"episode\":\"E1\",\"kind\":\"away\""), w->now);
	}
	OK(pipeline_take(w->pipeline, batch, INSTANT_NEVER, w->now, &f->fault));
	batch_free(batch);
	struct registers_figures figures;
	for (uint64_t portions = 1; portions < 4; portions++) {
		OK(registers_step(w->registers, &more, &f->fault));
		assert_true(more);
		OK(registers_figures(w->registers, &figures, &f->fault));
		assert_true(figures.events <= portions * (REGISTERS_PORTION + 1));
	}
	bring_up_to_date(w);
	assert_int_equal(number(w, "SELECT count(*) FROM register_missing_episode"), 3 * REGISTERS_PORTION);
	close_world(w);
}

#define MISSING ",\"kind\":\"missing\""

/* Stored without being judged: the engine is not the subject here. */
static void store_many(struct world *w, int from, int count, const char *type, const char *child, const char *more)
{
	struct fixture *f = w->f;
	OK(store_begin(f->store, &f->fault));
	for (int i = from; i < from + count; i++) {
		char id[24], of_key[96], time[32];
		(void)snprintf(id, sizeof id, "%c%d", type[strlen("missing.")], i);
		(void)snprintf(of_key, sizeof of_key, "\"episode\":\"E%d\"%s", i, more);
		instant_print((1500000000 + (instant)i * 60) * SECOND, time);
		assert_int_equal(store_bytes(f, event_json(f, "lcs", id, type, child, time, "", of_key), NULL),
		                 STORED_NEW);
	}
	OK(store_commit(f->store, &f->fault));
}

/* Brings them up to date, and looks at each portion: how much it read and wrote, and SQLite's own steps. */
static void bring_up_to_date_in_portions(struct world *w, struct registers_figures *done)
{
	struct fixture *f = w->f;
	struct registers_figures before, after;
	bool more = true;
	OK(registers_figures(w->registers, &before, &f->fault));
	*done = before;
	for (int portions = 0; more; portions++) {
		uint64_t steps = store_steps(f->store);
		assert_true(portions < 10000);
		OK(registers_step(w->registers, &more, &f->fault));
		OK(registers_figures(w->registers, &after, &f->fault));
		assert_true(after.events - before.events <= REGISTERS_PORTION);
		assert_true(after.rows - before.rows <= REGISTERS_PORTION);
		assert_true(after.written - before.written <= REGISTERS_PORTION_ROWS);
		assert_true(after.looks - before.looks <= 20 * REGISTERS_PORTION);
		assert_true(store_steps(f->store) - steps <= 100 * REGISTERS_PORTION);
		before = after;
	}
	done->events = after.events - done->events;
	done->written = after.written - done->written;
	done->looks = after.looks - done->looks;
}

static void a_child_with_twenty_thousand_events_is_read_and_written_in_portions(void **state)
{
	(void)state;
	struct world *w = begin();
	struct registers_figures done;
	bring_up_to_date(w); /* nothing is left to be built */
	store_many(w, 0, 10000, "missing.started", "C1", MISSING);
	store_many(w, 0, 10000, "missing.ended", "C1", "");
	store_many(w, 20000, 3, "missing.started", "C2", MISSING);
	bring_up_to_date_in_portions(w, &done);
	print_message("%.1f looks an event\n", (double)done.looks / 20003);
	assert_true(done.looks <= 20003 * 120); /* of all registers; not anew for each portion */
	assert_int_equal(number(w, "SELECT count(*) FROM register_missing_episode WHERE closed IS NOT NULL"), 10000);
	assert_int_equal(number(w, "SELECT count(*) FROM register_missing_episode WHERE child = 'C2'"), 3);
	store_many(w, 10000, 1, "missing.started", "C1", MISSING);
	bring_up_to_date_in_portions(w, &done);
	assert_int_equal(done.written, 1); /* what is as it was is not written again */
	assert_int_equal(number(w, "SELECT count(*) FROM register_missing_episode"), 10004);
	close_world(w);
}

/* After days without the daemon: a child looked at once for each of its events would be read a hundred times. */
static void far_behind_every_history_is_walked_once(void **state)
{
	(void)state;
	struct world *w = begin();
	struct registers_figures done;
	bring_up_to_date(w); /* nothing is left to be built */
	for (int child = 0; child < 20; child++) {
		char name[16];
		(void)snprintf(name, sizeof name, "C%d", child);
		store_many(w, child * 3000, 3000, "missing.started", name, MISSING);
	}
	bring_up_to_date_in_portions(w, &done);
	assert_true(done.events <= 60000);
	assert_int_equal(number(w, "SELECT count(*) FROM register_missing_episode"), 60000);
	close_world(w);
}

/* What is read of many children at once is bounded, down to one child. */
static void more_than_fits_is_read_in_halves(void **state)
{
	(void)state;
	struct world *w = begin();
	struct registers_figures done;
	bring_up_to_date(w); /* nothing is left to be built */
	char note[9000], data[9100];
	memset(note, 'n', sizeof note - 1);
	note[sizeof note - 1] = '\0';
	(void)snprintf(data, sizeof data, "\"episode\":\"E\",\"kind\":\"away\",\"reported_by\":\"%s\"", note);
	struct fixture *f = w->f;
	OK(store_begin(f->store, &f->fault));
	for (int i = 0; i < 4500; i++) {
		char id[16], child[16];
		(void)snprintf(id, sizeof id, "e%d", i);
		(void)snprintf(child, sizeof child, "C%d", i);
		(void)store_bytes(
			f, event_json(f, "lcs", id, "missing.started", child, "2020-01-02T10:00:00Z", "", data), NULL);
	}
	OK(store_commit(f->store, &f->fault));
	bring_up_to_date_in_portions(w, &done);
	assert_true(done.events > 4500); /* some were read again */
	assert_true(done.events <= 2 * 4500 + REGISTERS_PORTION);
	assert_int_equal(number(w, "SELECT count(*) FROM register_missing_episode"), 4500);
	close_world(w);
}

/* How often statements were run since they were asked last. */
static uint64_t runs(struct world *w)
{
	uint64_t sum = 0;
	sqlite3 *database = w->f->store->database;
	for (sqlite3_stmt *one = sqlite3_next_stmt(database, NULL); one; one = sqlite3_next_stmt(database, one))
		sum += (uint64_t)sqlite3_stmt_status(one, SQLITE_STMTSTATUS_RUN, 1);
	return sum;
}

/* Neither for each event that is read nor for each row that is as it was. */
static void no_statement_is_begun_for_each_event_or_for_each_row(void **state)
{
	(void)state;
	struct world *w = begin();
	char id[16], data[64];
	for (int i = 0; i < 600; i++) {
		(void)snprintf(id, sizeof id, "e%d", i);
		(void)snprintf(data, sizeof data, "\"episode\":\"E%d\",\"kind\":\"missing\"", i);
		tell(w, id, "missing.started", "C1", "2020-01-02T10:00:00Z", data);
	}
	bring_up_to_date(w);
	assert_int_equal(number(w, "SELECT count(*) FROM register_missing_episode"), 600);
	tell(w, "last", "missing.ended", "C1", "2020-01-03T10:00:00Z", "\"episode\":\"E599\"");
	(void)runs(w);
	bring_up_to_date(w);
	assert_int_equal(number(w, "SELECT count(*) FROM register_missing_episode WHERE closed IS NULL"), 599);
	assert_in_range(runs(w), 1, 100);
	close_world(w);
}

/* The child of whom a row is may have another id where two are one; a row may be gone where a database was mended. */
static void a_row_is_put_right_whatever_stands_in_its_place(void **state)
{
	static struct register_field fields[] = {{"child", "child", REGISTER_TEXT}, {"n", "n", REGISTER_INTEGER}};
	static const struct register_def def = {.id = "rows", .fields = fields, .field_count = 2};
	(void)state;
	struct world *w = begin();
	struct fixture *f = w->f;
	struct register_tables *tables = register_tables_new(f->store, &def, 1);
	struct register_value row[2] = {{REGISTER_VALUE_TEXT, {.text = TEXT("C1")}}, {.kind = REGISTER_VALUE_INTEGER}};
	struct buffer sql = {0};
	bool changed, asked;
	register_create_sql(&def, &sql);
	OK(store_execute(f->store, buffer_cstr(&sql), &f->fault));
	for (uint32_t place = 0; place < 4; place++, row[1].integer = place)
		OK(register_put(tables, 0, 7, place, row, &changed, &f->fault));
	OK(register_put(tables, 0, 8, 0, row, &changed, &f->fault)); /* another child's */
	OK(store_execute(f->store, "DELETE FROM register_rows WHERE n = 1", &f->fault));
	register_tables_begin(tables);
	row[1].integer = 0;
	OK(register_put(tables, 0, 7, 0, row, &changed, &f->fault));
	assert_false(changed);
	row[1].integer = 10;
	OK(register_put(tables, 0, 7, 1, row, &changed, &f->fault)); /* it was gone */
	assert_true(changed);
	row[1].kind = REGISTER_VALUE_NULL;
	OK(register_put(tables, 0, 7, 2, row, &changed, &f->fault)); /* it says something else */
	assert_true(changed);
	OK(register_cut(tables, 0, 7, 3, &asked, &f->fault));
	assert_sql(w, "SELECT group_concat((rowid & 4194303) || coalesce(':' || n, ''), ' ') FROM register_rows"
	              " INDEXED BY register_rows_child WHERE child = 'C1'", "0:0 1:10 2 0:4");
	register_tables_begin(tables);
	row[0].text = TEXT("C2");
	OK(register_put(tables, 0, 7, 0, row, &changed, &f->fault));
	assert_true(changed);
	OK(register_cut(tables, 0, 7, 1, &asked, &f->fault));
	OK(register_cut(tables, 0, 9, 0, &asked, &f->fault));
	assert_sql(w, "SELECT group_concat((rowid & 4194303) || coalesce(':' || n, ''), ' ') FROM register_rows"
	              " INDEXED BY register_rows_child WHERE child > ''", "0:4 0");
	assert_sql(w, "PRAGMA integrity_check", "ok");
	buffer_free(&sql);
	register_tables_free(tables);
	close_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_new_event_only_the_registers_that_read_it_are_reckoned),
		cmocka_unit_test(what_no_register_reads_says_that_there_is_a_child_and_no_more),
		cmocka_unit_test(a_portion_is_bounded_and_the_rest_waits_for_the_next),
		cmocka_unit_test(a_child_with_twenty_thousand_events_is_read_and_written_in_portions),
		cmocka_unit_test(far_behind_every_history_is_walked_once),
		cmocka_unit_test(more_than_fits_is_read_in_halves),
		cmocka_unit_test(no_statement_is_begun_for_each_event_or_for_each_row),
		cmocka_unit_test(a_row_is_put_right_whatever_stands_in_its_place),
	};
	return cmocka_run_group_tests_name("registers_work", tests, load_all, free_all);
}
