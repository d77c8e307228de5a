/* trial: one judgement of one subject's events, with an engine and a host of its own. */
#include "backtest/trial.h"

#include "backtest/memory_host.h"

#include <stdlib.h>

static bool is_answer(const struct event *event)
{
	return event->type == TYPE_ID_ALERT_ACKNOWLEDGED || event->type == TYPE_ID_ALERT_RESOLVED ||
	       event->type == TYPE_ID_ALERT_PASSED_ON;
}

struct judging {
	const struct trial *trial;
	struct memory_host *host;
	struct engine *engine;
	struct arena *arena;
	struct accepted {
		uint64_t ref, place;  /* the host's handle, and the place of the event, from 1 */
	} *accepted;                  /* in order of their refs, which grow */
	size_t accepted_count;
	struct fault *fault;
};

static void set_why(struct judging *judging, struct why *why)
{
	struct text id = engine_canonical(judging->engine, judging->trial->subject->id);
	why->domain = judging->trial->subject->domain;
	why->id = text_keep(judging->arena, id);
	engine_set_why(judging->engine, why);
}

static enum result accept(struct judging *judging, const struct event *event, uint64_t place)
{
	struct event *kept = arena_alloc(judging->arena, sizeof *kept);
	if (memory_host_add(judging->host, event, memory_host_hash(event), kept, judging->arena) != MEMORY_NEW)
		return RESULT_OK;
	judging->accepted[judging->accepted_count++] = (struct accepted){kept->ref, place};
	return engine_accept(judging->engine, kept, judging->fault);
}

/* Answers name alerts by their ids, which are known once the rest is judged. */
static enum result accept_all(struct judging *judging, bool answers)
{
	const struct trial *trial = judging->trial;
	const struct subject *subject = trial->subject;
	enum result result = RESULT_OK;
	bool any = false;
	for (size_t i = 0; i < subject->count && result == RESULT_OK; i++)
		if (!(trial->without && trial->without[i]) && is_answer(subject->events[i]) == answers) {
			result = accept(judging, subject->events[i], i + 1);
			any = true;
		}
	for (size_t i = 0; i < trial->added_count && result == RESULT_OK && !answers; i++)
		result = accept(judging, trial->added[i], subject->count + i + 1);
	if (trial->why && !answers) /* merges are known now */
		set_why(judging, trial->why);
	if (result == RESULT_OK && !answers)
		result = engine_due(judging->engine, subject->domain, engine_canonical(judging->engine, subject->id),
		                    judging->fault);
	return result == RESULT_OK && (any || !answers) ? engine_flush(judging->engine, trial->at, judging->fault)
	                                                : result;
}

static struct engine_settings settings_of(const struct config *config, const struct ruleset *rules)
{
	struct engine_settings settings;
	engine_settings_default(&settings);
	settings.calendar = config->calendar;
	settings.rules = rules;
	settings.directory = config->directory;
	settings.from_nothing = true;
	settings.answer_sources = config->answer_sources;
	settings.answer_source_count = config->answer_source_count;
	memcpy(settings.step_after, config->step_after, sizeof settings.step_after);
	memcpy(settings.review_after, config->review_after, sizeof settings.review_after);
	memcpy(settings.ask_again, config->ask_again, sizeof settings.ask_again);
	memcpy(settings.old_after, config->old_after, sizeof settings.old_after);
	return settings;
}

static int by_ref(const void *a, const void *b)
{
	const struct accepted *one = a, *other = b;
	return (one->ref > other->ref) - (one->ref < other->ref);
}

/* 0: of no event. */
static uint64_t place_of(const struct judging *judging, uint64_t ref)
{
	const struct accepted wanted = {.ref = ref}, *found = NULL;
	if (ref && judging->accepted_count)
		found = bsearch(&wanted, judging->accepted, judging->accepted_count, sizeof wanted, by_ref);
	return found ? found->place : 0;
}

/* The host has handles of its own; whoever asked counts the subject's events. */
static void to_places(const struct judging *judging, struct why *why)
{
	for (size_t i = 0; i < why->note_count; i++)
		why->notes[i].ref = place_of(judging, why->notes[i].ref);
}

struct placing {
	const struct judging *judging;
	engine_visit_period *visit;
	void *argument;
};

static void visit_placed(void *argument, const struct engine_period *period)
{
	const struct placing *placing = argument;
	struct engine_period placed = *period;
	struct evidence *evidence =
		arena_alloc(placing->judging->arena, (period->evidence_count + 1) * sizeof *evidence);
	for (size_t i = 0; i < period->evidence_count; i++) {
		evidence[i] = period->evidence[i];
		evidence[i].ref = place_of(placing->judging, evidence[i].ref);
	}
	placed.evidence = evidence;
	placing->visit(placing->argument, &placed);
}

static void visit_clock(void *argument, const struct engine_clock *clock)
{
	const struct judging *judging = argument;
	struct engine_clock placed = *clock;
	placed.ref = place_of(judging, clock->ref);
	judging->trial->clocks(judging->trial->clock_argument, &placed);
}

enum result trial_judge(const struct trial *trial, engine_visit_period *visit, void *argument, struct fault *fault)
{
	struct engine_settings settings = settings_of(trial->config, trial->rules);
	struct memory_host *host = memory_host_new(NULL, NULL);
	struct engine_host interface = memory_host_interface(host);
	struct engine *engine = engine_new(&settings, &interface);
	struct judging judging = {.trial = trial, .host = host, .engine = engine, .arena = arena_new(16 * 1024),
	                          .fault = fault};
	judging.accepted = arena_alloc(judging.arena, (trial->subject->count + trial->added_count + 1) *
	                                                      sizeof *judging.accepted);
	enum result result = accept_all(&judging, false);
	if (result == RESULT_OK)
		result = accept_all(&judging, true);
	if (result == RESULT_OK && trial->why)
		engine_why(engine, trial->why);
	if (result == RESULT_OK && trial->why)
		to_places(&judging, trial->why);
	struct placing placing = {&judging, visit, argument};
	if (result == RESULT_OK && visit)
		engine_periods(engine, trial->subject->domain, trial->subject->id, visit_placed, &placing);
	if (result == RESULT_OK && trial->clocks)
		engine_clocks(engine, trial->subject->domain, trial->subject->id, visit_clock, &judging);
	if (result == RESULT_OK && trial->states)
		engine_states(engine, trial->subject->domain, trial->subject->id, trial->states, trial->clock_argument);
	if (result == RESULT_OK && trial->mutes_of)
		*trial->muted_until =
			engine_muted(engine, trial->subject->domain, trial->subject->id, trial->mutes_of, trial->at);
	engine_free(engine);
	memory_host_free(host);
	arena_free(judging.arena);
	return result;
}

struct looking {
	const char *rule;
	bool stands;
};

static void look(void *argument, const struct engine_period *period)
{
	struct looking *looking = argument;
	looking->stands |= period->closed == INSTANT_NEVER && strcmp(period->rule->id, looking->rule) == 0;
}

enum result trial_stands(const struct trial *trial, const char *rule_id, bool *stands, struct fault *fault)
{
	struct looking looking = {rule_id, false};
	enum result result = trial_judge(trial, look, &looking, fault);
	*stands = looking.stands;
	return result;
}

void trial_ladder(const struct config *config, const struct rule *rule, instant at, engine_visit_step *visit,
                  void *argument)
{
	struct engine_settings settings = settings_of(config, config->rules);
	struct memory_host *host = memory_host_new(NULL, NULL);
	struct engine_host interface = memory_host_interface(host);
	struct engine *engine = engine_new(&settings, &interface);
	engine_ladder(engine, rule, at, visit, argument);
	engine_free(engine);
	memory_host_free(host);
}

const struct rule *trial_rule(const struct ruleset *rules, const struct zone *zone, struct text id, instant at)
{
	return ruleset_find_on(rules, id, zone_date(zone, at));
}
