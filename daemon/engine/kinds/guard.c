/* kind guard: fires at B when no A of the same key came before it, or none in the window before it; at one instant A
 * counts as before. */
#include "engine/why/explain.h"
#include "engine/why/why_internal.h"

static uint64_t before_mark(const struct rule *rule, uint64_t key)
{
	return mark_mix(((uint64_t)rule->index << 4) | 2, key);
}

static bool is_b(struct fold *fold, const struct rule *rule, const struct event *event, uint64_t key)
{
	bool is = false;
	for (size_t i = 0; i < rule->on.count; i++)
		is |= rule->on.items[i].type == event->type &&
		      context_where(fold, &rule->on.items[i], rule, event, key);
	return is;
}

/* A at the very instant of a B that was taken first: that B was guarded after all. KEY_NONE: of whatever key. What is A
 * and B ("the first in 12 months") came not before itself; of several at one instant the first in order did. */
static void unfire(struct fold *fold, const struct rule *rule, const struct event *event, uint64_t key)
{
	bool is_both = is_b(fold, rule, event, key);
	for (uint32_t at = fold->changed_at_instant; at; at = fold->history->outcomes[at - 1].next_changed) {
		struct outcome *outcome = &fold->history->outcomes[at - 1];
		if (outcome->rule == rule->index && (key == KEY_NONE || outcome->key == key) &&
		    outcome->opened == fold->at && outcome->state != OUTCOME_GONE &&
		    !(is_both && outcome->type == event->type))
			outcome_is_gone(fold, at - 1);
	}
}

static bool guarded_by(struct fold *fold, const struct rule *rule, uint64_t key)
{
	const int64_t *latest = marks_find(&fold->history->marks, before_mark(rule, key));
	instant from;
	if (!latest || !rule->within.amount)
		return latest != NULL;
	return calendar_back(fold->calendar, fold->at, rule->within, &from, NULL) == RESULT_OK && *latest >= from;
}

/* Whether an A of the key, or one whose type has no key and is of the child as a whole, came before this instant, and
 * within the rule's window of local dates, both its ends counted. A window that the calendar cannot reckon guards
 * nobody: rather one alert too many. */
static bool guarded(struct fold *fold, const struct rule *rule, uint64_t key)
{
	return guarded_by(fold, rule, key) || (rule->key && guarded_by(fold, rule, KEY_NONE));
}

static void take_event(struct fold *fold, const struct rule *rule, enum part part, const struct selector *selector,
                       const struct event *event, uint64_t key)
{
	if (rule->key && key == KEY_NONE && part == PART_BEFORE && selector->keyed)
		return; /* an A that could say whose it is, and does not, guards nobody */
	if (part == PART_BEFORE) {
		*marks_put(&fold->history->marks, before_mark(rule, key), 0) = fold->at;
		why_say(fold, rule, event, true, "guards what comes after it");
		unfire(fold, rule, event, key);
		return;
	}
	if (part != PART_ON)
		return;
	if (!rule_index_effective(fold->index, rule, fold->at) || fold->at >= clock_until_age(fold, rule)) {
		why_say_out_of_force(fold, rule, event);
		return;
	}
	if ((!rule->key || key != KEY_NONE) && guarded(fold, rule, key)) {
		why_say(fold, rule, event, false, "what has to come before it did");
		return;
	}
	why_say(fold, rule, event, true, "fires the rule: nothing that counts came before it");
	(void)outcome_open(fold, rule, outcome_identity(rule, event->source, event->id, 0), key, fold->at,
	                   &(struct evidence){event->ref, event->time}, 1);
}

static void because(const struct zone *zone, const struct rule *rule, const struct outcome *outcome,
                    struct buffer *out)
{
	explain_fired(&rule->on, outcome, out);
	buffer_string(out, " on ");
	explain_opened(zone, outcome, out);
	buffer_string(out, outcome->by_date ? ", with no " : " with no ");
	explain_types(&rule->before, out);
	buffer_string(out, " that counts ");
	if (rule->within.amount) {
		buffer_string(out, "in the ");
		duration_print(rule->within, out);
		buffer_char(out, ' ');
	}
	buffer_string(out, "before it");
}

static void why_not(struct fold *fold, const struct rule *rule, struct why *why)
{
	why_part(why, false, "an unguarded event", "none that still stands");
	why_plan_on(fold, rule, fold->at, why);
}

const struct kind kind_guard = {.take = take_event, .because = because, .why = why_not};
