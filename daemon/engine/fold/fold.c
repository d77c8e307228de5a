/* fold: takes a history through time: expiries, events, what they mean, and what begins by the clock. */
#include "engine/answers.h"
#include "engine/why/why_internal.h"

#include "rules/kinds.h"

#include <stdlib.h>

static const struct rule *rule_at(const struct fold *fold, uint16_t index)
{
	return &fold->index->rules->rules[index];
}

/* ---- the clock's own instants ---- */

static instant next_of_clocks(const struct fold *fold)
{
	return fold->history->clocks_next;
}

/* Birthdays matter to conditions that read age; the instants named in `from` and until-age likewise. */
static instant reckon_next_age(const struct fold *fold, instant after)
{
	const struct history *history = fold->history;
	civil_day birth = history_birth(history, after);
	if (!fold->index->ages[history->domain] || birth == DAY_NONE || after == INSTANT_NONE)
		return INSTANT_NEVER;
	instant next = INSTANT_NEVER;
	int age = calendar_age(birth, zone_date(fold->zone, after));
	if (age < AGE_PLACEHOLDER) /* from then on it is a placeholder, and not known */
		next = calendar_birthday(fold->calendar, birth, age + 1, 0);
	for (size_t i = 0; i < fold->index->from_count; i++) {
		const struct rule *rule = rule_at(fold, fold->index->from_rules[i]);
		instant from = calendar_birthday(fold->calendar, birth, rule->from_years, rule->from_months);
		if (from > after && from < next)
			next = from;
	}
	return next;
}

static instant next_of_ages(const struct fold *fold)
{
	struct history *history = fold->history;
	if (history->next_age == INSTANT_NONE)
		history->next_age = reckon_next_age(fold, history->last);
	return history->next_age;
}

static instant next_change(const struct fold *fold, instant after)
{
	for (size_t i = 0; i < fold->index->change_count; i++)
		if (fold->index->changes[i] > after)
			return fold->index->changes[i];
	return INSTANT_NEVER;
}

static instant least(instant a, instant b)
{
	return a < b ? a : b;
}

static instant fold_next(const struct fold *fold)
{
	const struct history *history = fold->history;
	instant next = least(next_of_clocks(fold), context_next(fold));
	if (!fold->index->settle_count[history->domain] && !fold->index->any_age)
		return next;
	next = least(next, history->settle_at);
	bool idle = !history->open_count && !history->memory_count && !history->clock_count && !history->outcome_count;
	if (history->last == INSTANT_NONE || (idle && !fold->index->idle[history->domain]))
		return next; /* nothing that a birthday or a date of effect could change */
	next = least(next, next_of_ages(fold));
	return least(next, next_change(fold, history->last));
}

/* ---- one instant ---- */

static void expire_clocks(struct fold *fold)
{
	struct history *history = fold->history;
	if (history->clocks_next > fold->at)
		return;
	for (size_t i = 0; (i = clocks_reached(history, i, fold->at)) < history->clock_count;) {
		const struct rule *rule = rule_at(fold, history->clocks[i].rule);
		bool begins = kind_of(rule->kind)->clocks_begin;
		if (!begins)
			kind_of(rule->kind)->expire(fold, rule, i);
		i = begins ? i + 1 : 0; /* it may have moved the entries */
	}
}

static void take_all_ended(struct fold *fold, const struct event *event)
{
	if (fold->history->domain != PARTY_NONE)
		return; /* the child's keys end; the worker's or provider's own rules go on */
	for (size_t i = 0; i < fold->index->rules->rule_count; i++) {
		const struct rule *rule = rule_at(fold, (uint16_t)i);
		if (rule->of != PARTY_NONE)
			continue;
		struct end_seen end_seen = end_seen_of(fold, event, rule->index, KEY_NONE, true, true);
		end_seen.ran_since = end_seen_ran(fold, &end_seen);
		why_say(fold, rule, event, true, "ends all of the child's");
		if (kind_of(rule->kind)->end)
			kind_of(rule->kind)->end(fold, rule, &end_seen);
		outcome_take_end(fold, rule, end_seen);
	}
}

static void take_concern(struct fold *fold, const struct concern *concern, const struct event *event, bool ends_nothing)
{
	const struct rule *rule = rule_at(fold, concern->rule);
	const struct kind *kind = kind_of(rule->kind);
	uint64_t key = context_rule_key(fold, rule, concern->selector, event);
	if (!context_where(fold, concern->selector, rule, event, key)) {
		why_say_where(fold, rule, concern->selector, event, key);
		return;
	}
	enum part part = (enum part)concern->part;
	if (ends_nothing && (part == PART_STOP || part == PART_CLOSES || part == PART_ENDS)) {
		why_say(fold, rule, event, false, "ends nothing: it is dated before its own start");
		return;
	}
	if (part != PART_CLOSES && part != PART_ENDS) {
		if (kind->take)
			kind->take(fold, rule, part, concern->selector, event, key);
		return;
	}
	bool one_a_subject = rule_kind_row(rule->kind)->one_a_subject;
	bool any_key = !rule->key || !concern->selector->keyed || one_a_subject;
	struct end_seen end_seen =
		end_seen_of(fold, event, rule->index, any_key ? KEY_NONE : key, any_key, part == PART_ENDS);
	end_seen.ran_since = end_seen_ran(fold, &end_seen);
	why_say(fold, rule, event, true,
	        part == PART_ENDS ? "ends what runs and stands, without blame" : "closes what stands");
	if (part == PART_ENDS && kind->end)
		kind->end(fold, rule, &end_seen);
	settle_rule_changed(fold, rule->index);
	outcome_take_end(fold, rule, end_seen);
	if (kind->closed)
		kind->closed(fold, rule, &end_seen.ending);
}

static void note_contradiction(struct history *history, uint64_t ref)
{
	*(uint64_t *)mem_push32((void **)&history->contradictions, &history->contradiction_count,
	                        &history->contradiction_room, sizeof ref) = ref;
}

static void take_event(struct fold *fold, const struct event *event)
{
	const struct interest *interest = rule_index_interest(fold->index, fold->history->domain, event->type);
	if (!interest || !interest->any)
		return;
	fold->event = event;
	bool lacks_start, contradicts = interval_contradicts(fold, event, &lacks_start);
	context_take(fold, interest, event, contradicts);
	if (interest->ends_all)
		take_all_ended(fold, event);
	if (interest->answer)
		answers_take(fold, event);
	if (contradicts || lacks_start)
		note_contradiction(fold->history, event->ref | (contradicts ? 0 : ENGINE_NO_START));
	for (size_t i = 0; i < interest->concern_count; i++)
		take_concern(fold, &interest->concerns[i], event, contradicts);
}

static void end_by_age(struct fold *fold)
{
	for (size_t i = 0; i < fold->index->rules->rule_count; i++) {
		const struct rule *rule = rule_at(fold, (uint16_t)i);
		if (!rule->until_age || rule->of != fold->history->domain || clock_until_age(fold, rule) != fold->at)
			continue;
		struct end_seen end_seen = {.ending = {.at = fold->at, .date_ends = INSTANT_NONE},
		                            .owner = rule->index,
		                            .ends = true,
		                            .type = TYPE_UNKNOWN,
		                            .ran_since = INSTANT_NEVER,
		                            .ran_until = INSTANT_NEVER};
		if (kind_of(rule->kind)->end)
			kind_of(rule->kind)->end(fold, rule, &end_seen);
		outcome_take_end(fold, rule, end_seen);
	}
}

static void begin_by_clock(struct fold *fold, bool by_date)
{
	struct history *history = fold->history;
	bool reached = history->clocks_next <= fold->at;
	size_t i = reached ? clocks_reached(history, 0, fold->at) : history->clock_count;
	while (i < history->clock_count) {
		const struct clock_entry *clock = &history->clocks[i];
		const struct rule *rule = rule_at(fold, clock->rule);
		size_t count = history->clock_count;
		if (clock->due <= fold->at && kind_of(rule->kind)->clocks_begin)
			kind_of(rule->kind)->begin(fold, rule, i);
		bool gone = history->clock_count < count; /* and another is in its place */
		i = clocks_reached(history, gone ? i : i + 1, fold->at);
	}
	if (reached)
		clocks_reckon_next(history);
	if (by_date)
		end_by_age(fold);
	if (by_date && history->settled) { /* else nothing began it: its only record was withdrawn */
		fold->settle = true;
		settle_all_changed(fold);
	}
	settle_instant(fold);
}

static void tell_date_over(struct fold *fold)
{
	enum party_kind domain = fold->history->domain;
	for (size_t i = 0; i < fold->index->settle_count[domain]; i++) {
		const struct rule *rule = rule_at(fold, fold->index->settle_rules[domain][i]);
		if (!kind_of(rule->kind)->date_over)
			continue;
		kind_of(rule->kind)->date_over(fold, rule);
		settle_rule_changed(fold, rule->index);
	}
}

/* `events` all have the time `at`. */
static void run_instant(struct fold *fold, instant at, const struct event *const *events, size_t count)
{
	struct history *history = fold->history;
	bool by_date = least(history->settle_at, least(next_of_ages(fold), next_change(fold, history->last))) <= at;
	fold->at = at;
	fold->date_over = context_end_dates(fold);
	if (fold->date_over)
		tell_date_over(fold);
	if (by_date)
		settle_all_changed(fold);
	expire_clocks(fold);
	for (size_t i = 0; i < count; i++)
		take_event(fold, events[i]);
	settle_instant(fold);
	fold->event = NULL;
	begin_by_clock(fold, by_date);
	if (history->next_age <= at || history->last == INSTANT_NONE)
		history->next_age = INSTANT_NONE; /* to be reckoned from here */
	history->last = at;
}

/* What one instant costs of a portion. Each event looks at what stands and runs of its history: a child with thousands
 * of alerts makes an event many times dearer, so that a portion of it is so much smaller. */
#define LOOKED_AT_IN_AN_EVENT 256
static size_t cost_of(const struct fold *fold, size_t events)
{
	size_t looked_at = fold->history->outcome_count + fold->history->clock_count;
	return (events ? events : 1) * (1 + looked_at / LOOKED_AT_IN_AN_EVENT);
}

size_t fold_run(struct fold *fold, const struct event *const *events, size_t count, instant now, size_t *left,
                instant *next)
{
	size_t i = 0;
	*next = fold_next(fold);
	while ((i < count || *next <= now) && (!left || *left)) {
		size_t group = 0;
		instant at = *next;
		if (i < count && events[i]->time <= at) {
			at = events[i]->time;
			while (i + group < count && events[i + group]->time == at)
				group++;
		}
		fold_judge_date(fold, events + i, group, count - i);
		run_instant(fold, at, events + i, group);
		i += group;
		size_t cost = left ? cost_of(fold, group) : 0;
		if (left)
			*left -= *left > cost ? cost : *left;
		*next = fold_next(fold);
	}
	marks_free(&fold->verdicts);
	return i;
}
