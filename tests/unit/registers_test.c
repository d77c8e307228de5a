/* Registers in the database: brought up to date event by event they are what they are when built from nothing, whatever
 * order the events came in. */
#include "store_fixture.h"

#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "pipeline/registers.h"
#include "rules/load/load.h"
#include "store/registers.h"
#include "store/store_internal.h"

#define EVENTS 60

/* One database with its pipeline and registers. */
struct world {
	struct fixture *f;
	struct pipeline *pipeline;
	struct registers *registers;
	int64_t next;
	instant now;
};

static struct config *config;

static int load_all(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	schema_start();
	log_set_level(LOG_LEVEL_ERROR);
	config = config_load("conf/casewatchd.yaml", NULL, &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_error("%s:%d: %s\n", faults.items[i].file, faults.items[i].line, faults.items[i].text);
	config_faults_free(&faults);
	return config ? 0 : -1;
}

static int free_all(void **state)
{
	(void)state;
	config_free(config);
	return 0;
}

static size_t linked(void *context, struct text id, const struct text **ids)
{
	const struct world *w = context;
	return pipeline_linked(w->pipeline, id, ids);
}

static struct text canonical(void *context, struct text id)
{
	const struct world *w = context;
	return pipeline_canonical(w->pipeline, id);
}

static void start_registers(struct world *w, const struct ruleset *rules)
{
	struct fixture *f = w->f;
	struct registers_settings settings = {.store = f->store,
	                                      .rules = rules,
	                                      .zone = calendar_zone(config->calendar),
	                                      .context = w,
	                                      .linked = linked,
	                                      .canonical = canonical};
	OK(registers_new(&settings, &w->registers, &f->fault));
}

static struct world *open_world(void)
{
	struct world *w = MEM_NEW(struct world);
	void *fixture;
	(void)fixture_setup(&fixture);
	w->f = fixture;
	struct fixture *f = w->f;
	event_parser_free(f->readers);
	event_parser_free(f->parser);
	f->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	f->readers = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	events_set_parser(f->store, f->readers);
	struct pipeline_settings settings = {.store = f->store};
	engine_settings_default(&settings.engine);
	settings.engine.calendar = config->calendar;
	settings.engine.rules = config->rules;
	OK(pipeline_new(&settings, &w->pipeline, &f->fault));
	w->now = 1600000000 * SECOND;
	return w;
}

static void close_world(struct world *w)
{
	void *fixture = w->f;
	registers_free(w->registers);
	pipeline_free(w->pipeline);
	(void)fixture_teardown(&fixture);
	free(w);
}

static void hear(struct world *w, struct text bytes)
{
	struct fixture *f = w->f;
	struct batch *batch = batch_new();
	w->now += SECOND;
	/* A record arrives when its bytes say, so that every order of arrival keeps the same moments. */
	(void)batch_add(batch, f->parser, TEXT("kafka:events:0"), ++w->next, bytes, 1600000000 * SECOND);
	OK(pipeline_take(w->pipeline, batch, INSTANT_NEVER, w->now, &f->fault));
	batch_free(batch);
}

static void bring_up_to_date(struct world *w)
{
	struct fixture *f = w->f;
	bool more = true;
	for (int portions = 0; more; portions++) {
		OK(registers_step(w->registers, &more, &f->fault));
		assert_true(portions < 10000);
	}
	struct registers_figures figures;
	OK(registers_figures(w->registers, &figures, &f->fault));
	assert_int_equal(figures.behind, 0);
	assert_false(figures.building);
}

/* All rows of all registers, as text, in an order of their own. */
static char *dump(struct world *w)
{
	struct buffer out = {0};
	for (size_t i = 0; i < config->rules->register_count; i++) {
		char sql[128];
		sqlite3_stmt *rows;
		(void)snprintf(sql, sizeof sql, "SELECT * FROM register_%s ORDER BY 1, 2, 3, 4, 5",
		               config->rules->registers[i].id);
		assert_int_equal(sqlite3_prepare_v2(w->f->store->database, sql, -1, &rows, NULL), SQLITE_OK);
		while (sqlite3_step(rows) == SQLITE_ROW) {
			buffer_format(&out, "%s:", config->rules->registers[i].id);
			for (int c = 0; c < sqlite3_column_count(rows); c++)
				buffer_format(&out, " %s",
				              sqlite3_column_text(rows, c) ? (const char *)sqlite3_column_text(rows, c)
				                                           : "-");
			buffer_char(&out, '\n');
		}
		(void)sqlite3_finalize(rows);
	}
	char *kept = mem_copy_text(buffer_cstr(&out), out.length);
	buffer_free(&out);
	return kept;
}

/* ---- random histories ---- */

struct random {
	uint64_t state;
};

static unsigned below(struct random *random, unsigned limit)
{
	random->state = random->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random->state >> 33) % limit;
}

static struct text make_event(struct fixture *f, struct random *random, int number)
{
	static const char *const types[] = {
		"missing.started",        "missing.started",      "missing.ended",    "missing.ended",
		"missing.status_changed", "missing.risk_changed", "rhi.completed",    "rhi.declined",
		"child.updated",          "allocation.started",   "allocation.ended", "vpg.discussed",
		"child.transferred",      "event.withdrawn",      "person.merged",    "person.unmerged"};
	char id[16], subject[8], time[32], data[400], more[96] = "";
	const char *type = types[below(random, sizeof types / sizeof *types)];
	(void)snprintf(id, sizeof id, "e%d", number);
	(void)snprintf(subject, sizeof subject, "C%u", below(random, 4));
	bool day = below(random, 4) == 0;
	(void)snprintf(time, sizeof time, "2020-01-%02uT%02u:00:00Z", 1 + below(random, 6),
	               day ? 0 : below(random, 24));
	if (day)
		(void)snprintf(more, sizeof more, "\"timeprecision\":\"day\",");
	if (below(random, 6) == 0 && number > 0 && strncmp(type, "person", 6) != 0)
		(void)snprintf(more + strlen(more), sizeof more - strlen(more), "\"replaces\":\"e%u\",",
		               below(random, (unsigned)number));
	(void)snprintf(data, sizeof data,
	               "\"episode\":\"E%u\",\"kind\":\"%s\",\"risk\":\"%s\",\"from\":\"C%u\",\"id\":\"e%u\",\"role\":"
	               "\"social-worker\","
	               "\"worker\":\"W%u\",\"team\":\"t%u\",\"to\":\"x\",\"initials\":\"I%u\",\"restricted\":%s,"
	               "\"date_of_birth\":\"2002-01-0%u\"",
	               below(random, 3), below(random, 2) ? "missing" : "away", below(random, 2) ? "high" : "low",
	               below(random, 4), below(random, EVENTS), below(random, 2), below(random, 3), below(random, 9),
	               below(random, 5) ? "false" : "true", 1 + below(random, 9));
	return event_json(f, "lcs", id, type, subject, time, more, data);
}

static void shuffle(struct random *random, struct text *events, size_t count)
{
	for (size_t i = count; i-- > 1;) {
		size_t with = below(random, (unsigned)i + 1);
		struct text moved = events[i];
		events[i] = events[with];
		events[with] = moved;
	}
}

/* Feeds the events; the registers are brought up to date now and then, or only at the end. */
static char *tables_of(const struct text *events, struct random *random, bool step_by_step)
{
	struct world *w = open_world();
	if (step_by_step)
		start_registers(w, config->rules);
	for (size_t i = 0; i < EVENTS; i++) {
		bool more;
		struct fixture *f = w->f;
		hear(w, events[i]);
		if (step_by_step && below(random, 3) == 0)
			OK(registers_step(w->registers, &more, &f->fault));
	}
	if (!step_by_step)
		start_registers(w, config->rules);
	bring_up_to_date(w);
	char *dumped = dump(w);
	close_world(w);
	return dumped;
}

static void brought_up_to_date_they_are_as_built_from_nothing_in_any_order(void **state)
{
	(void)state;
	const char *rounds = getenv("TEST_ROUNDS");
	struct random random = {fixture_seed()};
	struct fixture *memory = NULL;
	void *fixture;
	(void)fixture_setup(&fixture);
	memory = fixture;
	size_t rows = 0;
	for (int round = 0; round < (rounds ? atoi(rounds) / 20 + 1 : 25); round++) {
		struct text events[EVENTS];
		for (int i = 0; i < EVENTS; i++)
			events[i] = make_event(memory, &random, i);
		char *wanted = tables_of(events, &random, false);
		for (int order = 0; order < 3; order++) {
			char *made = tables_of(events, &random, true);
			assert_string_equal(made, wanted);
			free(made);
			shuffle(&random, events, EVENTS);
		}
		rows += strlen(wanted);
		free(wanted);
	}
	assert_true(rows > 1000);
	(void)fixture_teardown(&fixture);
}

/* ---- one thing at a time ---- */

static struct world *begin(void)
{
	struct world *w = open_world();
	start_registers(w, config->rules);
	return w;
}

static void tell(struct world *w, const char *id, const char *type, const char *subject, const char *time,
                 const char *data)
{
	hear(w, event_json(w->f, "lcs", id, type, subject, time, "", data));
}

/* One value of a query, as text. */
static void assert_sql(struct world *w, const char *sql, const char *wanted)
{
	sqlite3_stmt *rows;
	struct buffer out = {0};
	if (sqlite3_prepare_v2(w->f->store->database, sql, -1, &rows, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(w->f->store->database));
	while (sqlite3_step(rows) == SQLITE_ROW)
		buffer_format(&out, "%s%s", out.length ? " " : "", (const char *)sqlite3_column_text(rows, 0));
	(void)sqlite3_finalize(rows);
	assert_string_equal(buffer_cstr(&out), wanted);
	buffer_free(&out);
}

static int64_t number(struct world *w, const char *sql)
{
	struct fixture *f = w->f;
	int64_t value = -1;
	OK(store_pragma(f->store, sql, &value, &f->fault));
	return value;
}

static void a_withdrawal_and_a_correction_reach_the_row_of_whoever_they_name(void **state)
{
	(void)state;
	struct world *w = begin();
	tell(w, "e1", "missing.started", "C1", "2020-01-02T10:00:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	bring_up_to_date(w);
	assert_sql(w, "SELECT child || episode FROM register_missing_episode", "C1E1");
	tell(w, "w1", "event.withdrawn", "C9", "2020-01-02T11:00:00Z", "\"id\":\"e1\""); /* filed under another child */
	bring_up_to_date(w);
	assert_sql(w, "SELECT child || episode FROM register_missing_episode", "");
	hear(w, event_json(w->f, "lcs", "e2", "missing.started", "C2", "2020-01-02T10:00:00Z", "\"replaces\":\"w1\",",
	                   "\"episode\":\"E1\",\"kind\":\"missing\"")); /* the withdrawal was a mistake for this */
	bring_up_to_date(w);
	assert_sql(w, "SELECT child || episode FROM register_missing_episode ORDER BY 1", "C1E1 C2E1");
	close_world(w);
}

static void a_merge_moves_the_rows_and_its_end_gives_them_back(void **state)
{
	(void)state;
	struct world *w = begin();
	tell(w, "e1", "missing.started", "T7", "2020-01-02T10:00:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	tell(w, "e2", "child.updated", "C1", "2020-01-02T10:00:00Z", "\"initials\":\"AB\"");
	bring_up_to_date(w);
	assert_sql(w, "SELECT child FROM register_child ORDER BY 1", "C1 T7");
	tell(w, "m1", "person.merged", "C1", "2020-01-03T10:00:00Z", "\"from\":\"T7\"");
	bring_up_to_date(w);
	assert_sql(w, "SELECT child FROM register_child ORDER BY 1", "C1");
	assert_sql(w, "SELECT child || episode FROM register_missing_episode", "C1E1");
	tell(w, "m2", "person.unmerged", "C1", "2020-01-04T10:00:00Z", "\"from\":\"T7\"");
	bring_up_to_date(w);
	assert_sql(w, "SELECT child || episode FROM register_missing_episode", "T7E1");
	close_world(w);
}

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
	expect_work(w, 3, 1); /* any event may be the first of a child: its row is looked at, too */
	assert_sql(w, "SELECT count(*) FROM register_hold WHERE closed_by = 'custody.released'", "1");
	tell(w, "e5", "event.withdrawn", "C1", "2020-01-05T10:00:00Z", "\"id\":\"e4\"");
	expect_work(w, 3, 1);
	assert_sql(w, "SELECT count(*) FROM register_hold WHERE closed_by IS NULL", "2");
	tell(w, "e6", "child.died", "C1", "2020-01-06T10:00:00Z", "");
	expect_work(w, 4, 4); /* all that runs for the child ends */
	close_world(w);
}

static void a_restart_goes_on_where_it_was(void **state)
{
	(void)state;
	struct world *w = begin();
	struct fixture *f = w->f;
	tell(w, "e1", "missing.started", "C1", "2020-01-02T10:00:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	bring_up_to_date(w);
	tell(w, "e2", "missing.ended", "C1", "2020-01-02T11:00:00Z", "\"episode\":\"E1\"");
	registers_free(w->registers);
	w->registers = NULL;
	start_registers(w, config->rules);
	struct registers_figures figures;
	OK(registers_figures(w->registers, &figures, &f->fault));
	assert_int_equal(figures.behind, 1);
	assert_false(figures.building);
	bring_up_to_date(w);
	assert_sql(w, "SELECT closed_by FROM register_missing_episode", "missing.ended");
	close_world(w);
}

static void a_changed_declaration_builds_the_table_anew_and_leaves_the_others(void **state)
{
	(void)state;
	static const char yaml[] = "rules:\n  - {id: x, title: x, basis: x, severity: high, event: {event: "
	                           "missing.ended}, tell: [{role: director}], message: m}\n"
				   "registers:\n  - {id: missing_episode, title: t, about: a, key: episode, opens: "
	                           "missing.started, closes: missing.ended}\n";
	struct world *w = begin();
	struct fixture *f = w->f;
	struct config_faults faults = {0};
	for (int i = 0; i < 5; i++) {
		char episode[64], id[16];
		(void)snprintf(id, sizeof id, "e%d", i);
		(void)snprintf(episode, sizeof episode, "\"episode\":\"E%d\",\"kind\":\"missing\"", i);
		tell(w, id, "missing.started", i % 2 ? "C1" : "C2", "2020-01-02T10:00:00Z", episode);
	}
	bring_up_to_date(w);
	struct ruleset *other = rules_load_text("r.yaml", TEXT(yaml), &faults);
	for (size_t i = 0; i < faults.count; i++)
		fail_msg("%s", faults.items[i].text);
	registers_free(w->registers);
	start_registers(w, other);
	struct registers_figures figures;
	OK(registers_figures(w->registers, &figures, &f->fault));
	assert_true(figures.building);
	bring_up_to_date(w);
	assert_sql(w, "SELECT count(*) FROM register_missing_episode", "5");
	assert_sql(w, "SELECT name FROM register_state", "missing_episode"); /* what is declared no longer is gone */
	assert_sql(w, "SELECT name FROM sqlite_schema WHERE name = 'register_child'", "");
	registers_free(w->registers);
	w->registers = NULL;
	ruleset_free(other);
	close_world(w);
}

static bool links_known;

static bool knows_links(void *context)
{
	(void)context;
	return links_known;
}

/* After a failed transaction every id looks like a history of its own: nothing may be noted as done then. */
static void while_merges_are_read_anew_no_row_is_written(void **state)
{
	(void)state;
	struct world *w = open_world();
	struct fixture *f = w->f;
	bool more;
	struct registers_settings settings = {.store = f->store,
	                                      .rules = config->rules,
	                                      .zone = calendar_zone(config->calendar),
	                                      .context = w,
	                                      .linked = linked,
	                                      .canonical = canonical,
	                                      .knows_links = knows_links};
	OK(registers_new(&settings, &w->registers, &f->fault));
	tell(w, "e1", "missing.started", "T7", "2020-01-02T10:00:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	tell(w, "m1", "person.merged", "C1", "2020-01-03T10:00:00Z", "\"from\":\"T7\"");
	links_known = false;
	assert_int_equal(registers_step(w->registers, &more, &f->fault), RESULT_TEMPORARY);
	assert_true(more);
	assert_sql(w, "SELECT count(*) FROM register_missing_episode", "0");
	links_known = true;
	bring_up_to_date(w);
	assert_sql(w, "SELECT child || episode FROM register_missing_episode", "C1E1");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brought_up_to_date_they_are_as_built_from_nothing_in_any_order),
		cmocka_unit_test(a_withdrawal_and_a_correction_reach_the_row_of_whoever_they_name),
		cmocka_unit_test(a_merge_moves_the_rows_and_its_end_gives_them_back),
		cmocka_unit_test(of_a_new_event_only_the_registers_that_read_it_are_reckoned),
		cmocka_unit_test(a_restart_goes_on_where_it_was),
		cmocka_unit_test(a_changed_declaration_builds_the_table_anew_and_leaves_the_others),
		cmocka_unit_test(while_merges_are_read_anew_no_row_is_written),
		cmocka_unit_test(a_portion_is_bounded_and_the_rest_waits_for_the_next),
		cmocka_unit_test(a_child_with_twenty_thousand_events_is_read_and_written_in_portions),
		cmocka_unit_test(far_behind_every_history_is_walked_once),
		cmocka_unit_test(more_than_fits_is_read_in_halves),
	};
	return cmocka_run_group_tests_name("registers", tests, load_all, free_all);
}
