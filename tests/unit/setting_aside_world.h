/* A pipeline that is started and stopped as the daemon does it, over one database, so that a test can let it die. */
#ifndef CASEWATCH_TESTS_SETTING_ASIDE_WORLD_H
#define CASEWATCH_TESTS_SETTING_ASIDE_WORLD_H

#include "store_fixture.h"

#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "store/store_internal.h"

#include <signal.h>
#include <sys/wait.h>

#define NOW "2026-02-04T10:00:00Z"
#define K1 "\"custody\":\"k1\""

struct world {
	struct fixture *f;
	struct config *config;
	struct ops *ops;
	struct attempt *attempt;
	struct pipeline *pipeline;
	struct pipeline_settings settings;
	int singly; /* transactions of one record, as seen by the hook */
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
	fixture_open(f);
	w->settings.store = f->store;
	w->settings.ops = w->ops = ops_new(f->store, w->config->calendar);
	OK(attempt_open(f->path, &w->attempt, &f->fault));
	w->settings.attempt = w->attempt;
	OK(pipeline_new(&w->settings, &w->pipeline, &f->fault));
}

static void stop(struct world *w)
{
	pipeline_free(w->pipeline);
	ops_free(w->ops);
	attempt_leave(w->attempt);
	store_close(w->f->store);
	w->f->store = NULL;
}

static int setup(void **state)
{
	struct world *w = MEM_NEW(struct world);
	struct config_faults faults = {0};
	void *fixture;
	(void)fixture_setup(&fixture);
	w->f = fixture;
	w->config = config_load("conf/casewatchd.yaml", NULL, &faults);
	assert_non_null(w->config);
	config_faults_free(&faults);
	engine_settings_default(&w->settings.engine);
	w->settings.engine.calendar = w->config->calendar;
	w->settings.engine.rules = w->config->rules;
	w->settings.engine.directory = w->config->directory;
	w->settings.context = w;
	store_close(w->f->store);
	w->f->store = NULL;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *fixture = w->f;
	char page[160];
	(void)snprintf(page, sizeof page, "%s.attempt", w->f->path);
	(void)unlink(page);
	(void)fixture_teardown(&fixture);
	config_free(w->config);
	free(w);
	return 0;
}

static int64_t count(struct world *w, const char *sql)
{
	struct fixture *f = w->f;
	int64_t value = -1;
	OK(store_pragma(f->store, sql, &value, &f->fault));
	return value;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
