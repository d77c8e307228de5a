/* clocks: finding, adding and ending running clocks, and what they expire by. */
#include "base/log.h"
#include "engine/fold.h"

struct clock_entry *clock_find(struct history *history, uint16_t rule, uint64_t key)
{
	for (size_t i = 0; i < history->clock_count; i++)
		if (history->clocks[i].rule == rule && history->clocks[i].key == key && !history->clocks[i].over_with_date)
			return &history->clocks[i];
	return NULL;
}

size_t clock_add(struct history *history, struct clock_entry entry)
{
	*(struct clock_entry *)mem_push32((void **)&history->clocks, &history->clock_count, &history->clock_room,
	                                sizeof entry) = entry;
	history_clock_due(history, entry.due, entry.warn_at);
	return history->clock_count - 1;
}

void clock_remove(struct history *history, size_t index)
{
	history->clocks[index] = history->clocks[--history->clock_count];
}

instant clock_until_age(const struct fold *fold, const struct rule *rule)
{
	civil_day birth = history_birth(fold->history, fold->at);
	if (!rule->until_age || birth == DAY_NONE)
		return INSTANT_NEVER;
	return calendar_birthday(fold->calendar, birth, rule->until_age, 0);
}

instant clock_expiry(struct fold *fold, const struct rule *rule, instant start, struct duration length)
{
	instant expiry;
	struct fault fault = {{0}};
	if (calendar_expiry(fold->calendar, start, length, &expiry, &fault) == RESULT_OK)
		return expiry;
	if (!(*fold->calendar_failures)++)
		log_work(LOG_LEVEL_ERROR, (struct log_about){.rule = rule->id},
		         "a clock cannot be reckoned: %s; add the years to the bank holiday file and reload", fault.text);
	return INSTANT_NEVER;
}

instant clock_ended_at(const struct fold *fold, const struct rule *rule, uint64_t key, struct begun *begun)
{
	for (size_t i = 0; i < fold->history->end_seen_count; i++) {
		const struct end_seen *end_seen = &fold->history->ends_seen[i];
		/* What a death resolves starts nothing that it would not end. */
		bool leaves = rule->start_alert.rule_id && end_seen->ending.of_all;
		if (end_seen->ends && end_seen_fits(end_seen, rule->index, false, key) &&
		    instant_reaches(begun, &end_seen->ending, leaves ? INSTANT_NEVER : end_seen->ran_since))
			return end_counts_at(&end_seen->ending);
	}
	return INSTANT_NEVER;
}

bool clock_ignore(struct fold *fold, const struct rule *rule, const struct event *event, instant due)
{
	struct rule_memory *memory = history_memory(fold->history, rule->index);
	const struct begun *ignored = &memory->ignored;
	if (ignored->at == fold->at || (ignored->at != INSTANT_NONE && ignored->date_ends > fold->at))
		return false; /* an earlier one of this instant or date comes first */
	memory->ignored = begun_with(fold, event);
	memory->ignored_ref = event->ref;
	memory->ignored_due = due;
	return true;
}

struct rule_memory *clock_ignored(struct fold *fold, const struct rule *rule, const struct ending *ending)
{
	struct rule_memory *memory = history_find_memory(fold->history, rule->index);
	if (!memory || memory->ignored.at == INSTANT_NONE || clock_find(fold->history, rule->index, KEY_NONE) ||
	    instant_relation(&memory->ignored, ending) != RELATION_TOGETHER)
		return NULL;
	memory->ignored.kept = true;
	return memory;
}

bool clock_lives(const struct fold *fold, const struct clock_entry *clock)
{
	return clock->alert == ALERT_NONE || outcome_stands(fold, clock->alert) || outcome_is_provisional(fold, clock->alert);
}

void clock_settle_alert(struct fold *fold, const struct rule *rule, const struct clock_entry *clock, bool holds)
{
	bool stands = outcome_stands(fold, clock->alert);
	if (!stands && !outcome_is_provisional(fold, clock->alert))
		return;
	bool lasts = holds && context_holds(fold, rule->while_holds, rule, NULL, clock->key, true);
	if (stands && !holds)
		outcome_close(fold, clock->alert, fold->at, REASON_NO_LONGER, true);
	else if (stands && !lasts)
		outcome_close_provisionally(fold, clock->alert, fold->at, REASON_NO_LONGER, true);
	else if (!stands && lasts)
		outcome_reopen(fold, clock->alert);
}
