/* why_clocks: the clocks of a history that run and the states that are open, for people who look at a child. */
#include "engine/engine_internal.h"
#include "engine/why/why.h"
#include "rules/kinds.h"

#include <stdlib.h>

static int by_due(const void *a, const void *b)
{
	const struct clock_entry *x = *(const struct clock_entry *const *)a, *y = *(const struct clock_entry *const *)b;
	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

static bool runs(const struct clock_entry *clock)
{
	return clock->alert == ALERT_NONE && clock->due != INSTANT_NEVER && clock->due != INSTANT_NONE &&
	       !clock->done && !clock->met && !clock->tentative;
}

void engine_clocks(struct engine *engine, enum party_kind domain, struct text id, engine_visit_clock *visit,
                   void *argument)
{
	const struct history *history = cache_find(engine, domain, links_canonical(engine->links, id));
	size_t count = 0;
	if (!history || !history->clock_count)
		return;
	const struct clock_entry **running = mem_zero(history->clock_count, sizeof *running);
	for (uint32_t i = 0; i < history->clock_count; i++)
		if (runs(&history->clocks[i]))
			running[count++] = &history->clocks[i];
	if (count)
		qsort(running, count, sizeof *running, by_due);
	for (size_t i = 0; i < count; i++) {
		const struct clock_entry *clock = running[i];
		const struct rule *rule = &engine->index->rules->rules[clock->rule];
		visit(argument, &(struct engine_clock){rule, clock->ref, clock->start, clock->due, clock->warn_at,
		                                       rule_kind_row(rule->kind)->starts_anew && clock->stage > 0});
	}
	free(running);
}

void engine_states(struct engine *engine, enum party_kind domain, struct text id, engine_visit_state *visit,
                   void *argument)
{
	const struct history *history = cache_find(engine, domain, links_canonical(engine->links, id));
	for (uint32_t i = 0; history && i < history->open_count; i++) {
		const struct open_entry *entry = &history->opens[i];
		if (!entry->closed)
			visit(argument, engine->index->rules->states[entry->state].id, entry->begun.at);
	}
}
