/* Registers in the database: brought up to date event by event they are what they are when built from nothing, whatever
 * order the events came in. */
#include "registers_world.h"

#include "rules/load/load.h"

#define EVENTS 60

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brought_up_to_date_they_are_as_built_from_nothing_in_any_order),
		cmocka_unit_test(a_withdrawal_and_a_correction_reach_the_row_of_whoever_they_name),
		cmocka_unit_test(a_merge_moves_the_rows_and_its_end_gives_them_back),
		cmocka_unit_test(a_restart_goes_on_where_it_was),
		cmocka_unit_test(a_changed_declaration_builds_the_table_anew_and_leaves_the_others),
		cmocka_unit_test(while_merges_are_read_anew_no_row_is_written),
	};
	return cmocka_run_group_tests_name("registers", tests, load_all, free_all);
}
