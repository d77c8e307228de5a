/* kind event: fires at each event of the type that meets its condition; with `distinct`, once a key. */
#include "engine/why/explain.h"
#include "engine/why/why_internal.h"

#include <stdlib.h>

/* An alert of one key has one name, whichever version of its rule opened it: that of a version on trial, of which
 * nobody was told, gives way. Found anew, the one that people were told of would be taken for it, and told again. */
static void end_trial(struct fold *fold, uint64_t identity)
{
	struct history *history = fold->history;
	for (uint32_t i = 0; i < history->outcome_count; i++)
		if (history->outcomes[i].identity == identity &&
		    fold->index->rules->rules[history->outcomes[i].rule].shadow)
			outcome_close(fold, i, fold->at, REASON_NO_LONGER, true);
}

/* Once, whichever version of the rule it was; but what was fired on trial, of which nobody was told, is none. */
static bool fired_already(struct fold *fold, const struct rule *rule, uint64_t identity)
{
	uint64_t mark = mark_mix(((uint64_t)rule_oldest(rule)->index << 4) | 12, identity);
	uint64_t on_trial = mark_mix(mark, 1);
	bool was_on_trial = marks_find(&fold->history->marks, on_trial);
	if (marks_find(&fold->history->marks, mark) || (rule->shadow && was_on_trial))
		return true;
	if (was_on_trial)
		end_trial(fold, identity);
	(void)marks_put(&fold->history->marks, rule->shadow ? on_trial : mark, MARK_SEEN);
	return false;
}

static void take_event(struct fold *fold, const struct rule *rule, enum part part, const struct selector *selector,
                       const struct event *event, uint64_t key)
{
	if (part != PART_ON)
		return;
	if (!rule_index_effective(fold->index, rule, fold->at) || fold->at >= clock_until_age(fold, rule)) {
		why_say_out_of_force(fold, rule, event);
		return;
	}
	bool once = rule->once_a_key && key != KEY_NONE;
	uint64_t identity = once ? outcome_identity_of_key(fold, rule, key)
	                         : outcome_identity(rule, event->source, event->id, 0);
	if (once && fired_already(fold, rule, identity)) {
		why_say(fold, rule, event, false, "the rule fired for this key before");
		return;
	}
	why_say(fold, rule, event, true, "fires the rule");
	struct evidence itself = {event->ref, event->time};
	if (rule->of == PARTY_NONE || !selector->where) {
		(void)outcome_open(fold, rule, identity, key, fold->at, &itself, 1);
		return;
	}
	size_t count; /* on a worker or provider: names the children concerned, all of them */
	struct evidence *evidence = context_open_evidence(fold, selector->where, &count);
	evidence[count++] = itself;
	(void)outcome_open(fold, rule, identity, key, fold->at, evidence, count);
	free(evidence);
}

static void because(const struct zone *zone, const struct rule *rule, const struct outcome *outcome,
                    struct buffer *out)
{
	explain_fired(&rule->on, outcome, out);
	buffer_string(out, " on ");
	explain_opened(zone, outcome, out);
}

/* Another event of the type fires it, whatever came before. */
static void why_not(struct fold *fold, const struct rule *rule, struct why *why)
{
	why_part(why, false, "an event that fires it", "none that still stands");
	why_plan_on(fold, rule, fold->at, why);
}

const struct kind kind_event = {.take = take_event, .because = because, .why = why_not};
