/* pipeline: made, given other rules, looked at. */
#include "pipeline/pipeline_internal.h"

#include "store/copies/backup.h"

#include <stdlib.h>

/* Events that one turn reads and folds anew: some twenty milliseconds. */
#define FOLDED_A_TURN 2500
#define FREED_A_TURN 2000 /* histories that were forgotten, or of rules no longer in force: a millisecond or two */

static struct engine_settings in_portions(const struct engine_settings *given)
{
	struct engine_settings settings = *given;
	if (!settings.portion)
		settings.portion = FOLDED_A_TURN;
	return settings;
}

enum result pipeline_new(const struct pipeline_settings *settings, struct pipeline **out, struct fault *fault)
{
	struct pipeline *pipeline = MEM_NEW(struct pipeline);
	struct engine_host host = pipeline_host(pipeline);
	*out = NULL;
	pipeline->settings = *settings;
	pipeline->settings.engine = in_portions(&settings->engine);
	pipeline->store = settings->store;
	pipeline->arena = arena_new(4096);
	pipeline->slice.records = SLICE_FIRST;
	pipeline->backlog = (struct backlog){.behind = settings->behind,
	                                      .read_to = settings->behind ? INSTANT_NONE : INSTANT_NEVER,
	                                      .held_until = INSTANT_NONE};
	pipeline->quarantine_check = INSTANT_NONE;
	pipeline->reckon.next = pipeline->reckon.began = INSTANT_NONE;
	pipeline->transaction.again = INSTANT_NONE;
	pipeline->figures.last_commit = pipeline->figures.reckoned_at = INSTANT_NONE;
	rejudge_set(pipeline, settings->fingerprint);
	pipeline->engine = engine_new(&pipeline->settings.engine, &host);
	enum result result = store_restored_to(pipeline->store, &pipeline->restored_to, fault);
	if (result == RESULT_OK)
		result = transaction_start_engine(pipeline, fault);
	if (result == RESULT_OK)
		result = rejudge_read(pipeline, fault);
	if (result == RESULT_OK)
		result = gone_look(pipeline, fault);
	if (result == RESULT_OK)
		result = contradictions_look(pipeline, fault);
	if (result == RESULT_OK)
		result = brake_read(pipeline, fault);
	if (result == RESULT_OK)
		result = backlog_read(pipeline, fault);
	if (result != RESULT_OK) {
		pipeline_free(pipeline);
		return result;
	}
	*out = pipeline;
	return RESULT_OK;
}

/* ---- engines whose rules are no longer in force ---- */

static void retire(struct pipeline *pipeline, struct engine *engine)
{
	struct retired *retired = &pipeline->retired;
	*(struct engine **)mem_push((void **)&retired->items, &retired->count, &retired->room, sizeof engine) = engine;
}

void retired_free_some(struct pipeline *pipeline)
{
	struct retired *retired = &pipeline->retired;
	if (engine_free_forgotten(pipeline->engine, FREED_A_TURN))
		return;
	if (retired->count && !engine_free_some(retired->items[retired->count - 1], FREED_A_TURN))
		engine_free(retired->items[--retired->count]);
}

static void retired_free(struct retired *retired)
{
	while (retired->count)
		engine_free(retired->items[--retired->count]);
	free(retired->items);
}

/* ---- life ---- */

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	engine_free(pipeline->engine);
	retired_free(&pipeline->retired);
	reckon_free(pipeline);
	arena_free(pipeline->arena);
	buffer_free(&pipeline->rejudge.fingerprint);
	buffer_free(&pipeline->words);
	buffer_free(&pipeline->json);
	buffer_free(&pipeline->personal);
	free(pipeline->transaction.lines);
	free(pipeline->heard.spent);
	free(pipeline->heard.missed);
	free(pipeline->by_type);
	free(pipeline);
}

enum result pipeline_use(struct pipeline *pipeline, const struct engine_settings *settings, struct text fingerprint,
                         struct fault *fault)
{
	struct engine_host host = pipeline_host(pipeline);
	struct engine *old = pipeline->engine;
	struct fault unread = {0};
	const struct engine_settings bounded = in_portions(settings);
	if (!pipeline_learn_links(pipeline))
		return fault_set(fault, RESULT_TEMPORARY, "merges of children cannot be read now");
	reckon_stop(pipeline);
	pipeline->engine = engine_new(&bounded, &host);
	engine_start_after(pipeline->engine, old);
	retire(pipeline, old);
	brake_release(pipeline);
	pipeline->settings.engine = bounded;
	rejudge_set(pipeline, fingerprint);
	(void)!gone_look(pipeline, &unread);
	(void)!rejudge_read(
		pipeline,
		&unread); /* the new rules are in force already; where it cannot be read, all is judged anew */
	return RESULT_OK;
}

/* ---- looking ---- */

const char *pipeline_trouble(const struct pipeline *pipeline)
{
	if (pipeline->transaction.trouble[0])
		return pipeline->transaction.trouble;
	return pipeline->brake.why[0] ? pipeline->brake.why : NULL;
}

void pipeline_clock_set(struct pipeline *pipeline)
{
	pipeline->transaction.again = INSTANT_NONE;
	if (!pipeline->reckon.engine)
		pipeline->reckon.began = pipeline->reckon.next = INSTANT_NONE;
}

void pipeline_forget(struct pipeline *pipeline)
{
	reckon_stop(pipeline);
	engine_forget(pipeline->engine);
	engine_forget_merges(pipeline->engine);
	pipeline->transaction.forgotten = true;
}

bool pipeline_learn_links(struct pipeline *pipeline)
{
	struct fault fault = {0};
	return !pipeline->transaction.forgotten || transaction_start_engine(pipeline, &fault) == RESULT_OK;
}

struct text pipeline_canonical(const struct pipeline *pipeline, struct text id)
{
	return engine_canonical(pipeline->engine, id);
}

size_t pipeline_linked(const struct pipeline *pipeline, struct text id, const struct text **ids)
{
	return engine_linked(pipeline->engine, id, ids);
}

struct pipeline_work pipeline_worked(const struct pipeline *pipeline)
{
	const struct pipeline_figures *figures = &pipeline->figures;
	struct pipeline_work work = {.events = figures->events, .folded = engine_folded(pipeline->engine),
	                             .aside = pipeline->aside.noted};
	for (size_t i = 0; i < sizeof figures->effects / sizeof *figures->effects; i++)
		work.effects += figures->effects[i];
	return work;
}

void pipeline_figures(const struct pipeline *pipeline, struct pipeline_figures *figures)
{
	*figures = pipeline->figures;
	figures->warned += pipeline->warned_later;
	figures->judging_anew = pipeline->rejudge.wanted;
	figures->retired_engines = pipeline->retired.count;
	engine_figures(pipeline->engine, &figures->engine);
}
