/* pipeline_world: a pipeline over a database in memory of the test's own, with the clock in the test's hand. */
#ifndef CASEWATCH_TESTS_PIPELINE_WORLD_H
#define CASEWATCH_TESTS_PIPELINE_WORLD_H

#include "store_fixture.h"

#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "store/store_internal.h"

struct world {
	struct fixture *f;
	struct config *config;
	struct ops *ops;
	struct pipeline *pipeline;
	struct pipeline_settings settings;
	struct batch *batch;
	int64_t next;
	instant read_to; /* as the sources say */
};

static instant at(const char *text)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

static void start(struct world *w)
{
	struct fixture *f = w->f;
	w->settings.store = f->store;
	w->settings.ops = w->ops = ops_new(f->store, w->config->calendar);
	OK(pipeline_new(&w->settings, &w->pipeline, &f->fault));
}

/* As after a crash: the engine is gone, the database is what was committed. */
static inline void restart(struct world *w)
{
	pipeline_free(w->pipeline);
	ops_free(w->ops);
	fixture_reopen(w->f);
	start(w);
}

static inline int setup_with(void **state, const char *rules)
{
	struct world *w = MEM_NEW(struct world);
	struct config_faults faults = {0};
	void *fixture;
	(void)fixture_setup(&fixture);
	w->f = fixture;
	w->config = config_load("conf/casewatchd.yaml", rules, &faults);
	if (!w->config)
		fail_msg("%s:%d: %s", faults.items[0].file, faults.items[0].line, faults.items[0].text);
	config_faults_free(&faults);
	engine_settings_default(&w->settings.engine);
	w->settings.engine.calendar = w->config->calendar;
	w->settings.engine.rules = w->config->rules;
	w->settings.engine.directory = w->config->directory;
	start(w);
	w->batch = batch_new();
	w->read_to = INSTANT_NEVER;
	*state = w;
	return 0;
}

static inline int setup(void **state)
{
	return setup_with(state, NULL);
}

static inline int teardown(void **state)
{
	struct world *w = *state;
	void *fixture = w->f;
	pipeline_free(w->pipeline);
	ops_free(w->ops);
	batch_free(w->batch);
	(void)fixture_teardown(&fixture);
	config_free(w->config);
	free(w);
	return 0;
}

static inline void add_bytes(struct world *w, struct text bytes, instant arrived)
{
	(void)batch_add(w->batch, w->f->parser, TEXT("kafka:events:0"), ++w->next, bytes, arrived);
	w->batch->records[w->batch->count - 1].fingerprint = (uint64_t)w->next * 1000;
}

static inline void add(struct world *w, const char *id, const char *type, const char *subject, const char *time,
                const char *data)
{
	add_bytes(w, event_json(w->f, "lcs", id, type, subject, time, "", data), at(time));
}

static inline enum result try_take(struct world *w, const char *now)
{
	enum result result = pipeline_take(w->pipeline, w->batch, w->read_to, at(now), &w->f->fault);
	if (result == RESULT_OK) {
		batch_free(w->batch);
		w->batch = batch_new();
	}
	return result;
}

static inline void take(struct world *w, const char *now)
{
	struct fixture *f = w->f;
	OK(try_take(w, now));
}

/* One event, known the moment it happened. */
static inline void hear(struct world *w, const char *id, const char *type, const char *subject, const char *time,
                 const char *data)
{
	add(w, id, type, subject, time, data);
	take(w, time);
}

/* Runs the clock to `until`, as the timer would. */
static inline void run(struct world *w, const char *until)
{
	struct fixture *f = w->f;
	for (instant next; (next = pipeline_next(w->pipeline)) <= at(until);)
		OK(pipeline_tick(w->pipeline, next == INSTANT_NONE ? at(until) : next, &f->fault));
}

/* The courier found one person a role and a server took what was owed: "p-director". */
static inline void deliver(struct world *w)
{
	struct fixture *f = w->f;
	OK(store_execute(
		f->store,
		"UPDATE outbox SET person = 'p-' || role, state = 2, open = 0, sent = created WHERE open = 1 AND "
		"person = ''",
		&f->fault));
	OK(store_execute(f->store, "UPDATE outbox SET state = 2, open = 0, sent = created WHERE open = 1", &f->fault));
}

/* ---- what is there ---- */

static enum result see_outbox(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct seen *seen = argument;
	(void)fault;
	buffer_format(&seen->ids, "%s%.*s %.*s", seen->count++ ? ", " : "", TEXT_ARG(row->purpose),
	              TEXT_ARG(row->role));
	return RESULT_OK;
}

/* The newest messages owed, newest first: "opened director, ...". */
static inline void assert_owed(struct world *w, size_t newest, const char *words)
{
	struct fixture *f = w->f;
	struct seen seen = {0};
	OK(outbox_each(f->store, TEXT_NONE, false, newest, see_outbox, &seen, &f->fault));
	assert_seen(&seen, words);
}

struct seeing_alerts {
	struct store *store;
	struct seen seen;
};

static enum result see_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct seeing_alerts *seeing = argument;
	struct seen *seen = &seeing->seen;
	buffer_format(&seen->ids, "%s%lld %.*s %.*s %s ", seen->count++ ? ", " : "", (long long)row->number,
	              TEXT_ARG(row->rule), TEXT_ARG(row->subject), alert_state_name(row->state));
	return alerts_evidence(seeing->store, row, &seen->ids, fault);
}

static inline void assert_alerts(struct world *w, const char *rule, const char *words)
{
	struct fixture *f = w->f;
	struct seeing_alerts seeing = {.store = f->store};
	OK(alerts_each(f->store, text_of(rule), TEXT_NONE, true, see_alert, &seeing, &f->fault));
	assert_seen(&seeing.seen, words);
}

static inline int64_t count(struct world *w, const char *sql)
{
	struct fixture *f = w->f;
	int64_t value = -1;
	OK(store_pragma(f->store, sql, &value, &f->fault));
	return value;
}

#define DETAINED "\"custody\":\"k1\",\"station\":\"Middlehaven\""
#define K1 "\"custody\":\"k1\""

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
