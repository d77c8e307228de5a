/* settle: when all events of an instant were taken: rules whose conditions read what changed are judged again, and
 * rules that start from another rule's alert look at what opened and ended. */
#include "engine/fold/fold.h"
#include "rules/kinds.h"

#include <stdlib.h>

#define WORD_BITS 64

/* Rules that start from another rule's alert: what opened or resolved at this instant, and did not vanish in it. */
static void start_from_alerts(struct fold *fold, const struct rule *rule)
{
	const struct history *history = fold->history;
	for (uint32_t at = fold->changed_at_instant; at; at = history->outcomes[at - 1].next_changed) {
		struct outcome outcome = history->outcomes[at - 1];
		if (outcome.rule < rule->start_alert.rule || outcome.rule > rule->start_alert.last)
			continue;
		if ((outcome.closed_earlier && rule->start_alert.resolved) || outcome.state == OUTCOME_GONE)
			clocks_undo(fold, rule, at - 1);
		if (outcome.instantaneous || outcome.state == OUTCOME_GONE)
			continue;
		if (rule->start_alert.resolved ? outcome.closed_at_instant : outcome.opened_at_instant)
			kind_of(rule->kind)->start_from_alert(fold, rule, &outcome, at - 1);
	}
}

static void forget_changed(struct fold *fold)
{
	for (uint32_t at = fold->changed_at_instant; at; at = fold->history->outcomes[at - 1].next_changed)
		fold->history->outcomes[at - 1].opened_at_instant = fold->history->outcomes[at - 1].closed_at_instant =
			fold->history->outcomes[at - 1].closed_earlier = false;
	fold->changed_at_instant = 0;
}

static void judge_rule(struct fold *fold, size_t place)
{
	const struct rule *rule =
		&fold->index->rules->rules[fold->index->settle_rules[fold->history->domain][place]];
	++*fold->judged;
	if (rule->start_alert.rule_id)
		start_from_alerts(fold, rule);
	if (kind_of(rule->kind)->settle)
		kind_of(rule->kind)->settle(fold, rule);
}

/* In order. What one of them changes is looked at by those that come after it in this round, by the others in the
 * next. */
static void judge_unsettled(struct fold *fold)
{
	size_t count = fold->index->settle_count[fold->history->domain];
	for (size_t place = 0; place < count;) {
		uint64_t *word = &fold->unsettled[place / WORD_BITS];
		uint64_t left = *word >> place % WORD_BITS;
		if (!left) {
			place = (place / WORD_BITS + 1) * WORD_BITS;
			continue;
		}
		place += (size_t)__builtin_ctzll(left);
		if (place >= count)
			break;
		*word &= ~((uint64_t)1 << place % WORD_BITS);
		judge_rule(fold, place);
		place++;
	}
}

void settle_instant(struct fold *fold)
{
	size_t count = fold->index->settle_count[fold->history->domain];
	if (fold->settle && !fold->history->settled) { /* some hold from the first on, by what is not there */
		settle_all_changed(fold);
		fold->history->settled = true;
	}
	/* A rule comes after those whose alerts start it, so that a pass or two do; none needs more than one a rule. */
	for (size_t round = 0; fold->settle && round <= count; round++) {
		fold->settle = false;
		fold->history->settle_at = INSTANT_NEVER; /* those that look back to a tail say it again */
		settle_always(fold);
		judge_unsettled(fold);
	}
	settle_forget(fold);
	forget_changed(fold);
}
