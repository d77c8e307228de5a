/* fold: takes a history through time: expiries, events, what they mean, and what begins by the clock. */
#include "engine/fold.h"

#include <stdlib.h>

struct rule_memory *history_find_memory(struct history *history, uint16_t rule)
{
	for (size_t i = 0; i < history->memory_count; i++)
		if (history->memories[i].rule == rule)
			return &history->memories[i];
	return NULL;
}

struct rule_memory *history_memory(struct history *history, uint16_t rule)
{
	struct rule_memory *memory = history_find_memory(history, rule);
	if (memory)
		return memory;
	memory = mem_push32((void **)&history->memories, &history->memory_count, &history->memory_room, sizeof *memory);
	*memory = (struct rule_memory){.rule = rule, .last_stop = INSTANT_NONE, .ignored_start = INSTANT_NONE};
	return memory;
}

static const struct rule *rule_at(const struct fold *fold, uint16_t index)
{
	return &fold->index->rules->rules[index];
}

/* ---- the clock's own instants ---- */

static instant next_of_clocks(const struct fold *fold)
{
	return fold->history->clocks_next;
}

/* After the clocks were gone through: exactly when the next of them falls due. */
static void reckon_clocks_next(struct history *history)
{
	history->clocks_next = INSTANT_NEVER;
	for (size_t i = 0; i < history->clock_count; i++)
		history_clock_due(history, history->clocks[i].due, history->clocks[i].warn_at);
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

instant fold_next(const struct fold *fold)
{
	const struct history *history = fold->history;
	instant next = least(next_of_clocks(fold), context_next(fold));
	if (!fold->index->settle_count[history->domain] && !fold->index->any_age)
		return next;
	next = least(next, history->settle_at);
	if (!history->open_count && !history->memory_count && !history->clock_count && !history->outcome_count)
		return next; /* nothing that a birthday or a date of effect could change */
	next = least(next, next_of_ages(fold));
	return least(next, next_change(fold, history->last));
}

/* ---- one instant ---- */

static void expire_clocks(struct fold *fold)
{
	struct history *history = fold->history;
	bool again = history->clocks_next <= fold->at;
	while (again) {
		again = false;
		for (size_t i = 0; i < history->clock_count; i++) {
			struct clock_entry *clock = &history->clocks[i];
			const struct rule *rule = rule_at(fold, clock->rule);
			if (least(clock->due, clock->warn_at) > fold->at || kind_of(rule->kind)->clocks_begin)
				continue;
			kind_of(rule->kind)->expire(fold, rule, i);
			again = true; /* it may have moved the entries */
			break;
		}
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
		end_seen.consumed = outcome_end_used(fold, &end_seen);
		if (kind_of(rule->kind)->end)
			kind_of(rule->kind)->end(fold, rule, &end_seen);
		outcome_take_end(fold, rule, end_seen);
	}
}

static void take_concern(struct fold *fold, const struct concern *concern, const struct event *event)
{
	const struct rule *rule = rule_at(fold, concern->rule);
	const struct kind *kind = kind_of(rule->kind);
	uint64_t key = context_rule_key(fold, rule, concern->selector, event);
	if (!context_where(fold, concern->selector, rule, event, key))
		return;
	enum part part = (enum part)concern->part;
	if (part != PART_CLOSES && part != PART_ENDS) {
		if (kind->take)
			kind->take(fold, rule, part, concern->selector, event, key);
		return;
	}
	bool one_a_subject = rule->kind == RULE_COUNT || rule->kind == RULE_STATE || rule->kind == RULE_LOAD;
	bool any_key = !rule->key || !concern->selector->keyed || one_a_subject;
	struct end_seen end_seen = end_seen_of(fold, event, rule->index, any_key ? KEY_NONE : key, any_key, part == PART_ENDS);
	end_seen.consumed = outcome_end_used(fold, &end_seen);
	if (part == PART_ENDS && kind->end)
		kind->end(fold, rule, &end_seen);
	outcome_take_end(fold, rule, end_seen);
	if (kind->closed)
		kind->closed(fold, rule);
}

/* Whether the outcome is the alert that a person named. Alerts of count, state and load get their id when they are matched
 * with what was reported, so here their rule tells. */
static bool is_named(const struct fold *fold, const struct outcome *outcome, uint64_t id)
{
	if (outcome->identity)
		return outcome_id(fold->history, outcome) == id;
	if (outcome->id)
		return outcome->id == id;
	for (size_t i = 0; i < fold->known_count; i++)
		if (fold->known[i].id == id)
			return fold->known[i].rule == outcome->rule;
	return false;
}

/* `answer: each`: every role of the step answers for itself. */
static void note_role(struct outcome *outcome, const struct rule *rule, struct text by)
{
	size_t bit = 0;
	for (size_t i = 0; i < rule->step_count; i++)
		for (size_t k = 0; k < rule->steps[i].role_count && bit < 32; k++, bit++)
			if (text_equal(by, text_of(rule->steps[i].roles[k])))
				outcome->answered |= (uint32_t)1 << bit;
}

bool outcome_all_answered(const struct outcome *outcome, const struct rule *rule, uint16_t step)
{
	size_t bit = 0;
	if (step == 0 || step > rule->step_count || !rule->steps[step - 1].answer_each)
		return true; /* the first answer is enough */
	for (size_t i = 0; i + 1 < step; i++)
		bit += rule->steps[i].role_count;
	for (size_t k = 0; k < rule->steps[step - 1].role_count && bit + k < 32; k++)
		if (!(outcome->answered & (uint32_t)1 << (bit + k)))
			return false;
	return true;
}

static void note_answer(struct outcome *outcome, const struct rule *rule, const struct event *event)
{
	note_role(outcome, rule, event_string(event, schema_name(TEXT("by"))));
	struct text review = event_string(event, schema_name(TEXT("review_at")));
	const char *why;
	outcome->answer = event->ref;
	outcome->answer_at = event->time;
	if (!review.length || !instant_parse(review, &outcome->answer_review, &why))
		outcome->answer_review = INSTANT_NONE;
}

/* An answer: it ends a momentary alert, and any alert where a person says that it is resolved. */
static void take_answer(struct fold *fold, const struct event *event)
{
	struct history *history = fold->history;
	char digits[ALERT_ID_SIZE];
	struct text named = event_string(event, schema_name(TEXT("alert")));
	if (named.length != ALERT_ID_SIZE - 1)
		return;
	memcpy(digits, named.at, named.length);
	digits[named.length] = '\0';
	uint64_t id = strtoull(digits, NULL, 16);
	for (size_t i = 0; i < history->outcome_count; i++) {
		struct outcome *outcome = &history->outcomes[i];
		if (outcome->state != OUTCOME_STANDING || !is_named(fold, outcome, id))
			continue;
		history_outcome_changed(history, (uint32_t)i);
		if (event->type != TYPE_ID_ALERT_RESOLVED)
			note_answer(outcome, rule_at(fold, outcome->rule), event);
		if (event->type == TYPE_ID_ALERT_RESOLVED)
			outcome_close(fold, (uint32_t)i, fold->at, "resolved by a person", false);
		else if (rule_at(fold, outcome->rule)->momentary &&
		         outcome_all_answered(outcome, rule_at(fold, outcome->rule), 1))
			outcome_close(fold, (uint32_t)i, fold->at, "answered", false);
	}
}

static void take_event(struct fold *fold, const struct event *event)
{
	const struct interest *interest = rule_index_interest(fold->index, fold->history->domain, event->type);
	if (!interest || !interest->any)
		return;
	fold->event = event;
	context_take(fold, interest, event);
	if (interest->ends_all)
		take_all_ended(fold, event);
	if (interest->answer)
		take_answer(fold, event);
	for (size_t i = 0; i < interest->concern_count; i++)
		take_concern(fold, &interest->concerns[i], event);
}

/* Rules that start from another rule's alert: what opened or resolved at this instant, and did not vanish in it. */
static void start_from_alerts(struct fold *fold, const struct rule *rule)
{
	const struct history *history = fold->history;
	for (uint32_t at = fold->changed_at_instant; at; at = history->outcomes[at - 1].next_changed) {
		struct outcome outcome = history->outcomes[at - 1];
		if (outcome.rule != rule->start_alert.rule || outcome.instantaneous || outcome.state == OUTCOME_GONE)
			continue;
		if (rule->start_alert.resolved ? outcome.closed_at_instant : outcome.opened_at_instant)
			kind_of(rule->kind)->start_from_alert(fold, rule, &outcome);
	}
}

static void forget_changed(struct fold *fold)
{
	for (uint32_t at = fold->changed_at_instant; at; at = fold->history->outcomes[at - 1].next_changed)
		fold->history->outcomes[at - 1].opened_at_instant = fold->history->outcomes[at - 1].closed_at_instant = false;
	fold->changed_at_instant = 0;
}

static void settle(struct fold *fold)
{
	enum party_kind domain = fold->history->domain;
	for (int round = 0; fold->settle && round < 8; round++) {
		fold->settle = false;
		fold->history->settle_at = INSTANT_NEVER;
		for (size_t i = 0; i < fold->index->settle_count[domain]; i++) {
			const struct rule *rule = rule_at(fold, fold->index->settle_rules[domain][i]);
			if (rule->start_alert.rule_id)
				start_from_alerts(fold, rule);
			if (kind_of(rule->kind)->settle)
				kind_of(rule->kind)->settle(fold, rule);
		}
		if (!fold->settle)
			break;
	}
	forget_changed(fold);
}

static void end_by_age(struct fold *fold)
{
	for (size_t i = 0; i < fold->index->rules->rule_count; i++) {
		const struct rule *rule = rule_at(fold, (uint16_t)i);
		if (!rule->until_age || rule->of != fold->history->domain || clock_until_age(fold, rule) != fold->at)
			continue;
		struct end_seen end_seen = {.any_key = true, .until = fold->at, .at = fold->at, .owner = rule->index, .ends = true,
		                        .type = TYPE_UNKNOWN};
		if (kind_of(rule->kind)->end)
			kind_of(rule->kind)->end(fold, rule, &end_seen);
		outcome_take_end(fold, rule, end_seen);
	}
}

static void begin_by_clock(struct fold *fold, bool by_date)
{
	struct history *history = fold->history;
	bool reached = history->clocks_next <= fold->at;
	for (size_t i = 0; reached && i < history->clock_count; i++) {
		const struct clock_entry *clock = &history->clocks[i];
		const struct rule *rule = rule_at(fold, clock->rule);
		if (clock->due <= fold->at && kind_of(rule->kind)->clocks_begin)
			kind_of(rule->kind)->begin(fold, rule, i);
	}
	if (reached)
		reckon_clocks_next(history);
	if (by_date) {
		end_by_age(fold);
		fold->settle = true;
	}
	settle(fold);
}

/* `events` all have the time `at`. */
static void run_instant(struct fold *fold, instant at, const struct event *const *events, size_t count)
{
	struct history *history = fold->history;
	bool by_date = least(history->settle_at, least(next_of_ages(fold), next_change(fold, history->last))) <= at;
	fold->at = at;
	context_end_dates(fold);
	expire_clocks(fold);
	for (size_t i = 0; i < count; i++)
		take_event(fold, events[i]);
	settle(fold);
	fold->event = NULL;
	begin_by_clock(fold, by_date);
	if (history->next_age <= at || history->last == INSTANT_NONE)
		history->next_age = INSTANT_NONE; /* to be reckoned from here */
	history->last = at;
}

instant fold_run(struct fold *fold, const struct event *const *events, size_t count, instant now)
{
	instant next = fold_next(fold);
	for (size_t i = 0; i < count || next <= now; next = fold_next(fold)) {
		size_t group = 0;
		if (i < count && events[i]->time <= next) {
			next = events[i]->time;
			while (i + group < count && events[i + group]->time == next)
				group++;
		}
		run_instant(fold, next, events + i, group);
		i += group;
	}
	return next;
}
