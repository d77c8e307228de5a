/* ops_world: what ops are told, over a database of the test's own, with the clock in the test's hand. */
#ifndef CASEWATCH_TESTS_OPS_WORLD_H
#define CASEWATCH_TESTS_OPS_WORLD_H

#include "store_fixture.h"

#include "base/log.h"
#include "config/config.h"
#include "ops/ops.h"
#include "store/outbox/payload.h"
#include "store/store_internal.h"

struct world {
	struct fixture *f;
	struct config *config;
	struct ops *ops;
};

static inline instant at(const char *text)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

static inline int setup(void **state)
{
	struct world *w = MEM_NEW(struct world);
	struct config_faults faults = {0};
	void *fixture;
	(void)fixture_setup(&fixture);
	w->f = fixture;
	w->config = config_load("conf/casewatchd.yaml", NULL, &faults);
	assert_non_null(w->config);
	config_faults_free(&faults);
	w->ops = ops_new(w->f->store, w->config->calendar);
	*state = w;
	return 0;
}

static inline int teardown(void **state)
{
	struct world *w = *state;
	void *fixture = w->f;
	ops_free(w->ops);
	(void)fixture_teardown(&fixture);
	config_free(w->config);
	free(w);
	return 0;
}

static inline void restart(struct world *w)
{
	ops_free(w->ops);
	fixture_reopen(w->f);
	w->ops = ops_new(w->f->store, w->config->calendar);
}

static inline int64_t count(struct world *w, const char *sql)
{
	struct fixture *f = w->f;
	int64_t value = -1;
	OK(store_pragma(f->store, sql, &value, &f->fault));
	return value;
}

static inline void say(struct world *w, const char *now, struct ops_word word)
{
	struct fixture *f = w->f;
	OK(ops_say(w->ops, &word, at(now), &f->fault));
}

static inline void tick(struct world *w, const char *now)
{
	struct fixture *f = w->f;
	instant next;
	struct ops_works works = {.disk_free_bytes = 88000000000,
	                          .sources = 3,
	                          .reckoned = INSTANT_NONE,
	                          .certificate = INSTANT_NEVER};
	OK(ops_tick(w->ops, &works, at(now), &next, &f->fault));
	assert_true(next > at(now) && next <= at(now) + MINUTE);
}

static inline void see(void *argument, const struct ops_wrong *wrong)
{
	struct seen *seen = argument;
	buffer_format(&seen->ids, "%s%s %.*s %lld", seen->count++ ? ", " : "", wrong->alert->id, TEXT_ARG(wrong->key),
	              (long long)wrong->count);
}

static inline void assert_wrong(struct world *w, const char *words)
{
	struct fixture *f = w->f;
	struct seen seen = {0};
	OK(ops_each(w->ops, see, &seen, &f->fault));
	assert_seen(&seen, words);
}

#endif
