/* Builds the registers of a store, as the daemon does in idle time. */
#ifndef CASEWATCH_TESTS_REGISTERS_FIXTURE_H
#define CASEWATCH_TESTS_REGISTERS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config/config.h"
#include "pipeline/pipeline.h"
#include "pipeline/registers.h"

static inline size_t registers_fixture_linked(void *context, struct text id, const struct text **ids)
{
	return pipeline_linked(context, id, ids);
}

static inline struct text registers_fixture_canonical(void *context, struct text id)
{
	return pipeline_canonical(context, id);
}

/* As the daemon does in idle time. */
static inline void registers_fixture_build(struct store *store, const struct config *config)
{
	struct pipeline_settings settings = {.store = store};
	struct pipeline *pipeline;
	struct registers *registers;
	struct fault fault = {{0}};
	engine_settings_default(&settings.engine);
	settings.engine.calendar = config->calendar;
	settings.engine.rules = config->rules;
	assert_int_equal(pipeline_new(&settings, &pipeline, &fault), RESULT_OK);
	struct registers_settings own = {.store = store,
	                                 .rules = config->rules,
	                                 .zone = calendar_zone(config->calendar),
	                                 .context = pipeline,
	                                 .linked = registers_fixture_linked,
	                                 .canonical = registers_fixture_canonical};
	assert_int_equal(registers_new(&own, &registers, &fault), RESULT_OK);
	for (bool more = true; more;)
		assert_int_equal(registers_step(registers, &more, &fault), RESULT_OK);
	registers_free(registers);
	pipeline_free(pipeline);
}

#endif
