/* kind load: the number of open keys of a kind above a limit; resolves when back at the limit. */
#include "engine/why/explain.h"
#include "engine/why/why_internal.h"

#include <stdlib.h>

static int by_time(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->ref < y->ref ? -1 : x->ref > y->ref;
}

static struct evidence *collect_evidence(const struct fold *fold, uint16_t state, size_t count)
{
	struct evidence *evidence = mem_zero(count, sizeof *evidence);
	size_t n = 0;
	for (size_t i = 0; i < fold->history->open_count && n < count; i++) {
		const struct open_entry *open = &fold->history->opens[i];
		if (open->state == state && !open->closed)
			evidence[n++] = (struct evidence){open->ref, open->begun.at};
	}
	qsort(evidence, n, sizeof *evidence, by_time);
	return evidence;
}

static bool may_stand(const struct fold *fold, const struct rule *rule)
{
	return rule_index_effective(fold->index, rule, fold->at) && fold->at < clock_until_age(fold, rule);
}

static void judge(struct fold *fold, const struct rule *rule)
{
	size_t open = open_count(fold, rule->load_state, false);
	bool above = open > rule->more_than && may_stand(fold, rule);
	struct rule_memory *memory = history_find_memory(fold->history, rule->index);
	if (!above && !memory)
		return;
	memory = history_memory(fold->history, rule->index);
	if (above && !memory->held)
		memory_take_over(fold, rule, memory);
	if (memory->alerted && !outcome_stands(fold, memory->alert))
		memory->alerted = false;
	bool lasts = above && open_count(fold, rule->load_state, true) > rule->more_than;
	if (above && !memory->held) { /* also what is known to end with the date: until then it is so */
		struct evidence *evidence = collect_evidence(fold, rule->load_state, open);
		memory->alert = outcome_open(fold, rule, 0, KEY_NONE, fold->at, evidence, open);
		memory->alerted = outcome_stands(fold, memory->alert);
		free(evidence);
	}
	memory->held = above;
	if (lasts && !memory->alerted && memory->provisional && outcome_is_provisional(fold, memory->alert)) {
		outcome_reopen(fold, memory->alert);
		memory->alerted = true;
	}
	memory->provisional = above && (memory->provisional || memory->alerted) && !lasts;
	if (!memory->alerted || lasts)
		return;
	if (above)
		outcome_close_provisionally(fold, memory->alert, fold->at, "back at the limit", false);
	else if (rule_index_effective(fold->index, rule, fold->at) ||
	         (open <= rule->more_than && rule_in_force(fold, rule))) /* as another version takes over */
		outcome_close(fold, memory->alert, fold->at, "back at the limit", false);
	else
		outcome_close(fold, memory->alert, fold->at, REASON_NO_LONGER, true); /* with the rule's last day */
	memory->alerted = false;
}

/* As of state: the version in force goes on with what the other leaves. */
static void settle(struct fold *fold, const struct rule *rule)
{
	const struct rule *in_force = rule_in_force(fold, rule);
	if (in_force && in_force != rule)
		judge(fold, in_force);
	judge(fold, rule);
}

/* As of state: what an end ended begins anew where the load was back at the limit with the date. */
static void date_over(struct fold *fold, const struct rule *rule)
{
	struct rule_memory *memory = history_find_memory(fold->history, rule->index);
	if (memory && memory->held && !memory->alerted && !memory->provisional &&
	    fold->history->outcomes[memory->alert].closed == fold->at - 1)
		memory->held = open_count(fold, rule->load_state, false) > rule->more_than;
}

static void because(const struct zone *zone, const struct rule *rule, const struct outcome *outcome,
                    struct buffer *out)
{
	explain_number(outcome->evidence_count, out);
	buffer_string(out, " open, more than ");
	explain_number(rule->more_than, out);
	buffer_string(out, ", since ");
	explain_time(zone, outcome->opened, out);
}

static void why_not(struct fold *fold, const struct rule *rule, struct why *why)
{
	size_t open = open_count(fold, rule->load_state, false);
	const struct state_def *state = &fold->index->rules->states[rule->load_state];
	why_part(why, false, "the load", "%zu open, more than %u wanted", open, rule->more_than);
	for (size_t i = 0; i < state->from.count; i++) {
		struct why_plan *plan = why_plan(why);
		(void)why_seed(plan, &state->from.items[i], fold->at);
		plan->copies = open <= rule->more_than ? rule->more_than + 1 - (uint32_t)open : 1;
	}
}

const struct kind kind_load = {.settle = settle, .date_over = date_over, .because = because, .why = why_not};
