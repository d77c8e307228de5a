/* kind state: stands while its condition holds; judged when anything it reads may have changed. */
#include "engine/why/explain.h"
#include "engine/why/why_internal.h"

#include <stdlib.h>

static bool is_of_age(const struct fold *fold, const struct rule *rule)
{
	civil_day birth = history_birth(fold->history, fold->at);
	if (fold->at >= clock_until_age(fold, rule))
		return false;
	if (!rule->has_from)
		return true;
	return birth != DAY_NONE &&
	       fold->at >= calendar_birthday(fold->calendar, birth, rule->from_years, rule->from_months);
}

static bool may_stand(const struct fold *fold, const struct rule *rule)
{
	return rule_index_effective(fold->index, rule, fold->at) && is_of_age(fold, rule);
}

/* With the last day of the rule the cause has not ended; but where another version goes on, it may end at that very
 * midnight. */
static void close_alert(struct fold *fold, const struct rule *rule, uint32_t alert)
{
	bool ended = rule_in_force(fold, rule) &&
	             (rule_index_effective(fold->index, rule, fold->at) || !is_of_age(fold, rule) ||
	              !context_holds(fold, rule->when, rule, NULL, KEY_NONE, false));
	outcome_close(fold, alert, fold->at, ended ? "the cause has ended" : REASON_NO_LONGER, !ended);
}

static void judge(struct fold *fold, const struct rule *rule)
{
	struct rule_memory *memory = history_find_memory(fold->history, rule->index);
	bool holds = may_stand(fold, rule) && context_holds(fold, rule->when, rule, NULL, KEY_NONE, false);
	if (!holds && !memory)
		return;
	memory = history_memory(fold->history, rule->index);
	if (holds && !memory->held)
		memory_take_over(fold, rule, memory);
	if (memory->alerted && !outcome_stands(fold, memory->alert))
		memory->alerted = false;
	bool lasts = holds && context_lasts(fold, rule->when, rule, KEY_NONE);
	if (holds && !memory->held) { /* also what is known to end with the date: until then it holds */
		size_t count;
		struct evidence *evidence = context_open_evidence(fold, rule->when, &count);
		if (!count && fold->event)
			evidence[count++] = (struct evidence){fold->event->ref, fold->event->time};
		uint32_t alert = outcome_open(fold, rule, 0, KEY_NONE, fold->at, evidence, count);
		free(evidence);
		memory = history_memory(fold->history, rule->index);
		memory->alert = alert;
		memory->alerted = outcome_stands(fold, alert);
	}
	memory->held = holds;
	if (lasts && !memory->alerted && memory->provisional && outcome_is_provisional(fold, memory->alert)) {
		outcome_reopen(fold, memory->alert); /* another state took over from the one that ends with the date */
		memory->alerted = true;
	}
	memory->provisional = holds && (memory->provisional || memory->alerted) && !lasts;
	if (!memory->alerted || lasts)
		return;
	if (holds)
		outcome_close_provisionally(fold, memory->alert, context_next(fold) - 1, "the cause has ended", false);
	else
		close_alert(fold, rule, memory->alert);
	memory->alerted = false;
}

/* Of two versions of a rule the one in force is judged first: it goes on with what the other leaves, if it holds. */
static void settle(struct fold *fold, const struct rule *rule)
{
	const struct rule *in_force = rule_in_force(fold, rule);
	if (in_force && in_force != rule)
		judge(fold, in_force);
	judge(fold, rule);
}

/* An alert that an end ended opens again where the condition begins anew: also where it lapsed with the date, and
 * something of the next date begins at once. */
static void date_over(struct fold *fold, const struct rule *rule)
{
	struct rule_memory *memory = history_find_memory(fold->history, rule->index);
	if (memory && memory->held && !memory->alerted && !memory->provisional &&
	    fold->history->outcomes[memory->alert].closed == fold->at - 1)
		memory->held = context_holds(fold, rule->when, rule, NULL, KEY_NONE, false);
}

static void end(struct fold *fold, const struct rule *rule, struct end_seen *end_seen)
{
	struct rule_memory *memory = history_find_memory(fold->history, rule->index);
	if (!memory)
		return;
	memory->alerted = memory->provisional =
		false; /* the outcome itself was closed; it opens again when the condition begins anew */
	/* A death or transfer is of every key that was open: what opens at its very instant begins anew. */
	if (end_seen->ending.of_all && end_seen->ending.date_ends == INSTANT_NONE && memory->held)
		memory->held = context_held_before(fold, rule->when, rule);
}

static void because(const struct zone *zone, const struct rule *rule, const struct outcome *outcome,
                    struct buffer *out)
{
	buffer_string(out, rule->title ? rule->title : rule->id);
	buffer_string(out, ", since ");
	explain_opened(zone, outcome, out);
}

static void why_not(struct fold *fold, const struct rule *rule, struct why *why)
{
	civil_day birth = history_birth(fold->history, fold->at);
	if (rule->has_from && birth == DAY_NONE)
		why_part(why, false, "old enough", "no date of birth is known");
	else if (rule->has_from) {
		instant from = calendar_birthday(fold->calendar, birth, rule->from_years, rule->from_months);
		why_part(why, fold->at >= from, "old enough", fold->at >= from ? "since %s" : "not before %s",
		         why_time(fold, why, from));
	}
	why_condition(fold, rule, rule->when, "when", KEY_NONE, why);
	struct why_seed *seed = why_seed_holds(why_plan(why), rule->when, fold->at);
	seed->years = rule->has_from ? rule->from_years : 0;
	seed->months = rule->has_from ? rule->from_months : 0;
}

const struct kind kind_state = {
        .settle = settle, .date_over = date_over, .end = end, .because = because, .why = why_not};
