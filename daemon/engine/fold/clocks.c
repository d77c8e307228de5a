/* clocks: finding, adding and ending running clocks, and what they expire by. */
#include "base/log.h"
#include "engine/fold/fold.h"
#include "rules/kinds.h"

/* The first few are looked at in turn; where the others are, a mark says: a child with ten thousand clocks costs an
 * event no more than one with ten. The mark is a hint: a clock that is over with its date may stand where it leads. */
#define FEW_CLOCKS 16

static uint64_t place_mark(uint16_t rule, uint64_t key)
{
	return mark_mix(((uint64_t)rule << 4) | 13, key);
}

static bool is_clock(const struct clock_entry *clock, uint16_t rule, uint64_t key)
{
	return clock->rule == rule && clock->key == key && !clock->over_with_date;
}

static struct clock_entry *find_from(struct history *history, size_t from, size_t until, uint16_t rule, uint64_t key)
{
	for (size_t i = from; i < until; i++)
		if (is_clock(&history->clocks[i], rule, key))
			return &history->clocks[i];
	return NULL;
}

struct clock_entry *clock_find(struct history *history, uint16_t rule, uint64_t key)
{
	size_t count = history->clock_count, few = count < FEW_CLOCKS ? count : FEW_CLOCKS;
	struct clock_entry *found = find_from(history, 0, few, rule, key);
	if (found || count == few)
		return found;
	const int64_t *place = marks_find(&history->marks, place_mark(rule, key));
	if (!place || *place < 0)
		return NULL;
	if ((size_t)*place < count && is_clock(&history->clocks[*place], rule, key))
		return &history->clocks[*place];
	return find_from(history, few, count, rule, key);
}

bool clock_lives(const struct fold *fold, const struct clock_entry *clock)
{
	return clock->done || clock->alert == ALERT_NONE || outcome_stands(fold, clock->alert) ||
	       outcome_is_provisional(fold, clock->alert);
}

struct clock_entry *clock_of_version(struct fold *fold, const struct rule *rule, uint64_t key)
{
	for (const struct rule *version = NULL; (version = rule_next_version(rule, version));) {
		struct clock_entry *clock =
			rule_yields_to(rule, version) ? clock_find(fold->history, version->index, key) : NULL;
		/* One that ended while its own `while` went on says nothing of when that of a later version begins. */
		bool ended = clock && clock->done && !rule_kind_row(rule->kind)->over_with_alert;
		if (clock && !ended &&
		    (rule->key || !rule_kind_row(rule->kind)->over_with_alert || clock_lives(fold, clock)))
			return clock;
	}
	return NULL;
}

void clock_ends_trial(struct fold *fold, const struct rule *rule, uint64_t key)
{
	for (const struct rule *version = NULL; (version = rule_next_version(rule, version));) {
		bool on_trial = version->shadow && !rule->shadow;
		struct clock_entry *clock = on_trial ? clock_find(fold->history, version->index, key) : NULL;
		if (!clock)
			continue;
		if (outcome_stands(fold, clock->alert))
			outcome_close(fold, clock->alert, fold->at, REASON_NO_LONGER, true);
		clock_remove(fold->history, clock_index(fold->history, clock));
	}
}

const struct rule *rule_in_force(const struct fold *fold, const struct rule *rule)
{
	if (rule_index_effective(fold->index, rule, fold->at))
		return rule;
	for (const struct rule *version = NULL; (version = rule_next_version(rule, version));)
		if (rule_index_effective(fold->index, version, fold->at))
			return version;
	return NULL;
}

void memory_take_over(struct fold *fold, const struct rule *rule, struct rule_memory *memory)
{
	for (const struct rule *version = NULL; (version = rule_next_version(rule, version));) {
		struct rule_memory *other = version->shadow == rule->shadow
		                                    ? history_find_memory(fold->history, version->index)
		                                    : NULL;
		if (!other || !other->held)
			continue;
		memory->held = true;
		memory->alerted = other->alerted;
		memory->provisional = other->provisional;
		memory->alert = other->alert;
		other->held = other->alerted = other->provisional = false;
	}
}

static void note_place(struct history *history, size_t index)
{
	const struct clock_entry *clock = &history->clocks[index];
	if (index >= FEW_CLOCKS)
		*marks_put(&history->marks, place_mark(clock->rule, clock->key), 0) = (int64_t)index;
}

size_t clock_add(struct history *history, struct clock_entry entry)
{
	*(struct clock_entry *)mem_push32((void **)&history->clocks, &history->clock_count, &history->clock_room,
	                                sizeof entry) = entry;
	history_clock_due(history, &history->clocks[history->clock_count - 1]);
	clock_link(history, history->clock_count - 1);
	note_place(history, history->clock_count - 1);
	return history->clock_count - 1;
}

void clock_remove(struct history *history, size_t index)
{
	size_t last = --history->clock_count;
	if (index >= FEW_CLOCKS) {
		int64_t *place = marks_find(&history->marks,
		                            place_mark(history->clocks[index].rule, history->clocks[index].key));
		if (place && *place == (int64_t)index)
			*place = -1;
	}
	clock_unlink(history, index);
	if (index == last)
		return;
	clock_moves(history, last, index);
	history->clocks[index] = history->clocks[last];
	history_clock_due(history, &history->clocks[index]);
	note_place(history, index);
}

instant clock_until_age(const struct fold *fold, const struct rule *rule)
{
	civil_day birth = history_birth(fold->history, fold->at);
	if (!rule->until_age || birth == DAY_NONE)
		return INSTANT_NEVER;
	return calendar_birthday(fold->calendar, birth, rule->until_age, 0);
}

static instant not_reckoned(struct fold *fold, const struct rule *rule, const struct fault *fault)
{
	if (!(*fold->calendar_failures)++)
		log_work(LOG_LEVEL_ERROR, (struct log_about){.rule = rule->id},
		         "a clock cannot be reckoned: %s; add the years to the bank holiday file and reload",
		         fault->text);
	return INSTANT_NEVER;
}

instant clock_expiry(struct fold *fold, const struct rule *rule, instant start, struct duration length)
{
	instant expiry;
	struct fault fault = {{0}};
	enum result result = calendar_expiry(fold->calendar, start, length, &expiry, &fault);
	return result == RESULT_OK ? expiry : not_reckoned(fold, rule, &fault);
}

instant clock_before(struct fold *fold, const struct rule *rule, instant due, struct duration length)
{
	instant at;
	struct fault fault = {{0}};
	civil_day date = zone_date(fold->zone, due - 1); /* a date falls due at the midnight that ends it */
	enum result result = calendar_before(fold->calendar, date, length, &at, &fault);
	return result == RESULT_OK ? at : not_reckoned(fold, rule, &fault);
}

instant clock_ended_at(const struct fold *fold, const struct rule *rule, uint64_t key, struct begun *begun)
{
	instant ended = INSTANT_NEVER;
	for (size_t i = 0; i < fold->history->end_seen_count; i++) {
		const struct end_seen *end_seen = &fold->history->ends_seen[i];
		/* What a death resolves starts nothing that it would not end. */
		bool leaves = rule->start_alert.rule_id && end_seen->ending.of_all;
		if (end_seen->ends && end_seen_fits(end_seen, rule->index, END_OF_RULE, key) &&
		    instant_reaches(begun, &end_seen->ending, leaves ? INSTANT_NEVER : end_seen->ran_since) &&
		    end_counts_at(&end_seen->ending) < ended)
			ended = end_counts_at(&end_seen->ending);
	}
	return ended;
}

void clock_ignore(struct fold *fold, const struct rule *rule, const struct event *event, uint64_t key, instant due)
{
	const struct rule *in_force = rule_in_force(fold, rule);
	if (!in_force || in_force == rule) /* else that version keeps it */
		start_ignore(fold, rule->index, false, event, key, due);
}

bool clock_ignored(struct fold *fold, const struct rule *rule, const struct ending *ending, instant ran_since,
                   struct ignored_start *found)
{
	struct history *history = fold->history;
	bool any = false;
	uint32_t at = 0;
	for (uint32_t i = 0; i < history->ignored_count; i++) {
		struct ignored_start *start = &history->ignored[i];
		if (start->of_state || start->rule != rule->index ||
		    instant_relation(&start->begun, ending) != RELATION_TOGETHER ||
		    instant_reaches(&start->begun, ending, ran_since) || clock_find(history, rule->index, start->key) ||
		    (any && start->begun.at >= found->begun.at))
			continue;
		*found = *start;
		at = i;
		any = true;
	}
	if (any)
		history->ignored[at] = history->ignored[--history->ignored_count];
	return any;
}

static instant ran_of(struct fold *fold, const struct rule *rule, const struct end_seen *end_seen)
{
	instant ran_since = end_seen_ran(fold, end_seen);
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t i = 0; i < clocks->count; i++) {
		const struct clock_entry *clock = &fold->history->clocks[clocks->items[i]];
		if ((!end_seen->ending.keyed || clock->key == end_seen->key) &&
		    (rule_kind_row(rule->kind)->over_with_alert ? clock_lives(fold, clock) : !clock->done))
			ran_since = instant_ran(&clock->begun, &end_seen->ending, ran_since);
	}
	return ran_since;
}

instant clock_ran(struct fold *fold, const struct rule *rule, const struct end_seen *end_seen)
{
	instant ran_since = ran_of(fold, rule, end_seen);
	for (const struct rule *version = NULL; (version = rule_next_version(rule, version));) {
		struct end_seen seen = *end_seen;
		seen.owner = version->index;
		instant since = ran_of(fold, version, &seen);
		ran_since = since < ran_since ? since : ran_since;
	}
	return ran_since;
}

/* What an end of this instant was of, where that began on this date and never was. */
static void forget_what_ran(struct fold *fold, const struct rule *rule)
{
	instant date = zone_midnight(fold->zone, zone_date(fold->zone, fold->at));
	for (uint32_t i = 0; i < fold->history->end_seen_count; i++) {
		struct end_seen *seen = &fold->history->ends_seen[i];
		if (seen->owner == rule->index && seen->what != END_OF_STATE && seen->ran_since >= date)
			seen->ran_since = INSTANT_NEVER;
	}
}

void clocks_undo(struct fold *fold, const struct rule *rule, uint32_t index)
{
	struct history *history = fold->history;
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t i = 0; i < clocks->count; i++)
		if (history->clocks[clocks->items[i]].from_alert == index + 1)
			clock_remove(history, clocks->items[i]);
	for (uint32_t i = index + 1; i < history->outcome_count; i++) /* what it led to opened after it */
		if (history->outcomes[i].rule == rule->index && history->outcomes[i].from_alert == index + 1 &&
		    history->outcomes[i].state != OUTCOME_GONE)
			outcome_is_gone(fold, i);
	forget_what_ran(fold, rule);
}

/* Where `while` is the same for every key and goes on to hold, those that ran before stay as they are, unless something
 * is known to end with a date, or has just ended with one. */
const struct clock_list *clocks_to_settle(struct fold *fold, const struct rule *rule)
{
	const struct history *history = fold->history;
	const uint32_t *of_rule = history->clocks_found ? history->clocks_found->of_rule : NULL;
	bool plain = of_rule && of_rule[rule->index] && history->opens_next == INSTANT_NEVER && !fold->date_over &&
	             !fold->index->while_keyed[rule->index];
	bool goes_on = plain && context_holds(fold, rule->while_holds, rule, NULL, KEY_NONE, false);
	return goes_on ? clocks_begun(fold, rule) : clocks_of_rule(fold, rule);
}

void clock_note_lapse(struct fold *fold, const struct rule *rule, struct clock_entry *clock)
{
	clock->lapsed = fold->date_over && rule->while_holds &&
	                !context_holds(fold, rule->while_holds, rule, NULL, clock->key, false);
}

void clock_settle_alert(struct fold *fold, const struct rule *rule, const struct clock_entry *clock, bool holds)
{
	bool stands = outcome_stands(fold, clock->alert);
	if (!stands && !outcome_is_provisional(fold, clock->alert))
		return;
	bool lasts = holds && context_lasts(fold, rule->while_holds, rule, clock->key);
	if (stands && !holds) {
		outcome_close(fold, clock->alert, fold->at, REASON_NO_LONGER, true);
		fold->history->outcomes[clock->alert].instantaneous |=
			clock->lapsed && fold->history->outcomes[clock->alert].opened == fold->at;
	} else if (stands && !lasts)
		outcome_close_provisionally(fold, clock->alert, fold->at, REASON_NO_LONGER, true);
	else if (!stands && lasts)
		outcome_reopen(fold, clock->alert);
}
