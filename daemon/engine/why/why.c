/* why: what a rule says of itself while a history is judged; what is missing for its alert; when alerts stood. */
#include "engine/engine_internal.h"
#include "engine/why/why_internal.h"

#include <stdio.h>
#include <stdlib.h>

void why_free(struct why *why)
{
	free(why->notes);
	free(why->parts);
	free(why->plans);
	*why = (struct why){.arena = why->arena, .opens_at = INSTANT_NEVER};
}

void engine_set_why(struct engine *engine, struct why *why)
{
	engine->why = why;
}

/* ---- asking ---- */

#define DEPTH_MAX 3 /* rules that start from rules that start from rules */

static void ask_kind(struct fold *fold, const struct rule *rule, struct why *why);

/* What opens the alert that the clock starts from, and what resolves it where the clock waits for that. */
static void plan_source(struct fold *fold, const struct rule *rule, instant start, struct why *why)
{
	const struct rule *source = &fold->index->rules->rules[rule->start_alert.rule];
	struct why of_source = {.arena = why->arena, .rule = source, .opens_at = INSTANT_NEVER,
	                        .depth = why->depth + 1};
	instant now = fold->at;
	fold->at = rule->start_alert.resolved ? start - 12 * HOUR : start;
	ask_kind(fold, source, &of_source);
	fold->at = now;
	const struct selectors *ends = source->stop.count ? &source->stop : &source->closes_on;
	for (size_t i = 0; i < of_source.plan_count; i++) {
		struct why_plan *plan = why_plan(why);
		*plan = of_source.plans[i];
		if (rule->start_alert.resolved && ends->count && plan->count < WHY_SEEDS)
			why_seed(plan, &ends->items[0], start)->same_key = true;
		if (rule->while_holds && plan->count < WHY_SEEDS)
			(void)why_seed_holds(plan, rule->while_holds, start);
	}
	why_free(&of_source);
}

static void ask_kind(struct fold *fold, const struct rule *rule, struct why *why)
{
	why->clock_from = INSTANT_NEVER;
	if (kind_of(rule->kind)->why)
		kind_of(rule->kind)->why(fold, rule, why);
	if (rule->start_alert.rule_id && why->clock_from != INSTANT_NEVER && why->depth < DEPTH_MAX)
		plan_source(fold, rule, why->clock_from, why);
}

static void in_force(struct fold *fold, const struct rule *rule, struct why *why)
{
	instant from = fold->index->effective_from[rule->index], until = fold->index->effective_until[rule->index];
	if (!rule_index_effective(fold->index, rule, fold->at))
		why_part(why, false, "in force", fold->at < from ? "not before %s" : "not since %s",
		         why_time(fold, why, fold->at < from ? from : until));
	else if (from != INSTANT_NONE)
		why_part(why, true, "in force", "yes, since %s", why_time(fold, why, from));
	else
		why_part(why, true, "in force", "yes");
}

static void age(struct fold *fold, const struct rule *rule, struct why *why)
{
	instant until = clock_until_age(fold, rule);
	if (rule->until_age && until == INSTANT_NEVER)
		why_part(why, true, "the child", "under %d as far as is known: no date of birth", rule->until_age);
	why->too_old = fold->at >= until;
	if (rule->until_age && until != INSTANT_NEVER)
		why_part(why, fold->at < until, "the child", fold->at < until ? "under %d" : "%d or older",
		         rule->until_age);
}

void engine_why(struct engine *engine, struct why *why)
{
	struct history *history = cache_get(engine, why->domain, why->id);
	struct fold fold;
	engine->why = NULL; /* asking changes no note */
	fold_set(engine, history, &fold);
	fold.at = engine->now;
	why->opens_at = INSTANT_NEVER;
	in_force(&fold, why->rule, why);
	age(&fold, why->rule, why);
	ask_kind(&fold, why->rule, why);
}

static int by_opened(const void *a, const void *b)
{
	const struct outcome *x = *(const struct outcome *const *)a, *y = *(const struct outcome *const *)b;
	return x->opened != y->opened ? (x->opened < y->opened ? -1 : 1) : x < y ? -1 : x > y;
}

/* As report.c gives it, where nobody was told of it, because it had ended when it became known. */
static uint64_t id_of(const struct history *history, const struct outcome *outcome, const struct rule *rule)
{
	if (outcome->id)
		return outcome->id;
	return outcome->identity ? outcome_id(history, outcome) : outcome_first_id(history, outcome, rule);
}

static void visit_outcome(const struct engine *engine, const struct history *history, const struct outcome *outcome,
                          engine_visit_period *visit, void *argument)
{
	struct engine_period period = {
		.rule = &engine->index->rules->rules[outcome->rule], .opened = outcome->opened,
		.closed = outcome->state == OUTCOME_STANDING ? INSTANT_NEVER : outcome->closed, .due = outcome->due,
		.reason = outcome->reason, .evidence = outcome->evidence, .evidence_count = outcome->evidence_count,
		.nights = outcome->nights, .instantaneous = outcome->instantaneous};
	(void)snprintf(period.id, sizeof period.id, "%016llx",
	               (unsigned long long)id_of(history, outcome, period.rule));
	visit(argument, &period);
}

void engine_periods(struct engine *engine, enum party_kind domain, struct text id, engine_visit_period *visit,
                    void *argument)
{
	const struct history *history = cache_find(engine, domain, links_canonical(engine->links, id));
	size_t count = 0;
	if (!history || !history->outcome_count)
		return;
	const struct outcome **sorted = mem_zero(history->outcome_count, sizeof *sorted);
	for (uint32_t i = 0; i < history->outcome_count; i++)
		if (history->outcomes[i].state != OUTCOME_GONE)
			sorted[count++] = &history->outcomes[i];
	qsort(sorted, count, sizeof *sorted, by_opened);
	for (size_t i = 0; i < count; i++)
		visit_outcome(engine, history, sorted[i], visit, argument);
	free(sorted);
}
