/* One database with its pipeline and registers, and the shipped configuration. Internal to the tests of registers. */
#ifndef CASEWATCH_TESTS_REGISTERS_WORLD_H
#define CASEWATCH_TESTS_REGISTERS_WORLD_H

#include "store_fixture.h"

#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "pipeline/registers.h"
#include "store/registers/registers.h"
#include "store/store_internal.h"

/* One database with its pipeline and registers. */
struct world {
	struct fixture *f;
	struct pipeline *pipeline;
	struct registers *registers;
	int64_t next;
	instant now;
};

static struct config *config;

static inline int load_all(void **state)
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

static inline int free_all(void **state)
{
	(void)state;
	config_free(config);
	return 0;
}

static inline size_t linked(void *context, struct text id, const struct text **ids)
{
	const struct world *w = context;
	return pipeline_linked(w->pipeline, id, ids);
}

static inline struct text canonical(void *context, struct text id)
{
	const struct world *w = context;
	return pipeline_canonical(w->pipeline, id);
}

static inline void start_registers(struct world *w, const struct ruleset *rules)
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

static inline struct world *open_world(void)
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

static inline void close_world(struct world *w)
{
	void *fixture = w->f;
	registers_free(w->registers);
	pipeline_free(w->pipeline);
	(void)fixture_teardown(&fixture);
	free(w);
}

static inline void hear(struct world *w, struct text bytes)
{
	struct fixture *f = w->f;
	struct batch *batch = batch_new();
	w->now += SECOND;
	/* A record arrives when its bytes say, so that every order of arrival keeps the same moments. */
	(void)batch_add(batch, f->parser, TEXT("kafka:events:0"), ++w->next, bytes, 1600000000 * SECOND);
	OK(pipeline_take(w->pipeline, batch, INSTANT_NEVER, w->now, &f->fault));
	batch_free(batch);
}

static inline void bring_up_to_date(struct world *w)
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

static inline struct world *begin(void)
{
	struct world *w = open_world();
	start_registers(w, config->rules);
	return w;
}

static inline void tell(struct world *w, const char *id, const char *type, const char *subject, const char *time,
                 const char *data)
{
	hear(w, event_json(w->f, "lcs", id, type, subject, time, "", data));
}

/* One value of a query, as text. */
static inline void assert_sql(struct world *w, const char *sql, const char *wanted)
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

static inline int64_t number(struct world *w, const char *sql)
{
	struct fixture *f = w->f;
	int64_t value = -1;
	OK(store_pragma(f->store, sql, &value, &f->fault));
	return value;
}

#endif
