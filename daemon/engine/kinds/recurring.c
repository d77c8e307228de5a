/* kind recurring: a deadline that starts again at each stop, and ends when its `while` no longer holds.
 *
 * Without a start it starts when its `while` begins to hold. Only the latest stop counts. Once expired, the alert
 * stands until the next stop. */
#include "engine/why/explain.h"
#include "engine/why/why_internal.h"

static bool starts_itself(const struct rule *rule)
{
	return !rule->on.count;
}

/* It is over, and kept until its `while` breaks. */
static void rest(struct clock_entry *clock)
{
	clock->done = true;
	clock->tentative = false;
	clock->due = INSTANT_NEVER;
	clock->alert = ALERT_NONE;
}

/* How long this turn of the clock is. */
static struct duration length_of(struct fold *fold, const struct rule *rule, const struct clock_entry *clock)
{
	if (clock->stage < rule->first_count)
		return rule->first[clock->stage];
	for (size_t i = 0; i < rule->case_count; i++) {
		const struct rule_every *one = &rule->cases[i];
		if (one->after.amount && clock_expiry(fold, rule, clock->begun.at, one->after) > clock->start)
			continue;
		if (!one->when || context_holds(fold, one->when, rule, NULL, clock->key, false))
			return one->length;
	}
	return rule->every;
}

static void set_due(struct fold *fold, const struct rule *rule, struct clock_entry *clock)
{
	clock->due = clock_expiry(fold, rule, clock->start, length_of(fold, rule, clock));
	settle_rule_changed(fold, rule->index);
	fold->settle |= rule->case_count > 0;
}

static void start(struct fold *fold, const struct rule *rule, uint64_t key, struct evidence from, struct begun begun)
{
	struct clock_entry clock = {.key = key,
	                            .ref = from.ref,
	                            .start = begun.at,
	                            .began = from.time,
	                            .stop = INSTANT_NONE,
	                            .begun = begun,
	                            .warn_at = INSTANT_NEVER,
	                            .alert = ALERT_NONE,
	                            .rule = rule->index,
	                            .tentative = rule->while_holds != NULL};
	if (clock_ended_at(fold, rule, key, &clock.begun) != INSTANT_NEVER) {
		if (starts_itself(rule)) { /* it began with what ended it */
			rest(&clock);
			(void)clock_add(fold->history, clock);
		}
		return;
	}
	for (size_t i = 0; i < fold->history->end_seen_count; i++) {
		const struct end_seen *stop = &fold->history->ends_seen[i];
		if (end_seen_fits(stop, rule->index, END_STOP, key) &&
		    instant_reaches(&clock.begun, &stop->ending, stop->ran_since))
			clock.stage = 1; /* a stop at the start's own instant, or later on its date */
	}
	set_due(fold, rule, &clock);
	why_say_until(fold, rule, fold->event, clock.due, "starts the clock");
	fold->settle |= clock.tentative;
	(void)clock_add(fold->history, clock);
}

static void take_start(struct fold *fold, const struct rule *rule, const struct event *event, uint64_t key)
{
	if (!rule_index_effective(fold->index, rule, fold->at) || fold->at >= clock_until_age(fold, rule))
		return;
	struct clock_entry *clock = clock_find(fold->history, rule->index, key);
	if (clock && !rule->key && !clock_lives(fold, clock)) {
		clock_remove(fold->history, clock_index(fold->history, clock));
		clock = NULL;
	}
	if (clock || clock_of_version(fold, rule, key)) {
		clock_ignore(fold, rule, event, key, INSTANT_NEVER);
		return;
	}
	clock_ends_trial(fold, rule, key);
	start(fold, rule, key, (struct evidence){event->ref, event->time}, begun_with(fold, event));
}

static void stop_clock(struct fold *fold, const struct rule *rule, size_t index, const struct event *event,
                       instant counts)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	if (counts < clock->start)
		return;
	if (clock->alert != ALERT_NONE)
		outcome_close(fold, clock->alert, counts, reason_of(event->type), false);
	clock->alert = ALERT_NONE;
	if (event->time > clock->start)
		clock->start = event->time;
	clock->stage++;
	clock->ref = event->ref;
	clock->began = event->time;
	set_due(fold, rule, clock);
	history_clock_due(fold->history, clock);
	if (rule_in_force(fold, rule) == rule) /* else hand_over says what becomes of it */
		why_say_until(fold, rule, event, clock->due, "starts the clock again");
}

/* A turn that begins after the last day of the rule is of the version in force then; where there is none the clock is
 * over. */
static void hand_over(struct fold *fold, const struct rule *rule, const struct event *event)
{
	const struct rule *next = rule_in_force(fold, rule);
	if (next == rule)
		return;
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t i = 0; i < clocks->count; i++) {
		struct clock_entry clock = fold->history->clocks[clocks->items[i]];
		if (clock.ref != event->ref || clock.done)
			continue;
		clock_remove(fold->history, clocks->items[i]);
		if (!next)
			why_say(fold, rule, event, true, "ends the clock: the rule was not in force any more");
		if (!next || clock_find(fold->history, next->index, clock.key))
			continue; /* the latter: this one was on trial, and that version has its own */
		clock.rule = next->index;
		clock.tentative = next->while_holds != NULL;
		set_due(fold, next, &clock);
		why_say_until(fold, next, event, clock.due, "starts the clock again");
		fold->settle |= clock.tentative;
		(void)clock_add(fold->history, clock);
	}
}

static void take_stop(struct fold *fold, const struct rule *rule, const struct selector *selector,
                      const struct event *event, uint64_t key)
{
	struct history *history = fold->history;
	bool any = !rule->key || !selector->keyed;
	struct end_seen stop = end_seen_of(fold, event, rule->index, key, any, false);
	stop.what = END_STOP;
	stop.ran_since = clock_ran(fold, rule, &stop);
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t i = clocks->count; i-- > 0;) {
		struct clock_entry *clock = &history->clocks[clocks->items[i]];
		bool handed = clock->ref == event->ref && clock->stage && rule_has_versions(rule);
		if (!handed && !clock->done && (any || clock->key == key) &&
		    instant_reaches(&clock->begun, &stop.ending, stop.ran_since))
			stop_clock(fold, rule, clocks->items[i], event, end_counts_at(&stop.ending));
	}
	hand_over(fold, rule, event);
	end_seen_keep(fold, stop);
}

static void take_event(struct fold *fold, const struct rule *rule, enum part part, const struct selector *selector,
                       const struct event *event, uint64_t key)
{
	if (part == PART_ON)
		take_start(fold, rule, event, key);
	else if (part == PART_STOP)
		take_stop(fold, rule, selector, event, key);
}

static void expire(struct fold *fold, const struct rule *rule, size_t index)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	struct evidence evidence = {clock->ref, clock->began};
	clock_note_lapse(fold, rule, clock);
	uint32_t alert = outcome_open(fold, rule, outcome_identity_of_key(fold, rule, clock->key), clock->key,
	                              clock->due, &evidence, clock->ref != 0);
	clock = &fold->history->clocks[index];
	fold->history->outcomes[alert].due = clock->due;
	fold->history->outcomes[alert].expired = true;
	clock->alert = alert;
	clock->due = INSTANT_NEVER;
}

static bool is_of_key(const struct fold *fold, const struct rule *rule, const struct open_entry *open, uint64_t key)
{
	const struct state_def *state = &fold->index->rules->states[open->state];
	return !rule->key || state->keys[0] != rule->key || state->keys[1] || open->key == key;
}

/* What its `while` begins to hold by: the latest that opened of the states that it names, also where it is a birthday
 * or a date of effect that it waited for. The clock counts from this instant. */
static struct evidence begins_by(const struct fold *fold, const struct rule *rule, uint64_t key)
{
	struct condition_state *states;
	size_t count = condition_states(rule->while_holds, &states);
	const struct open_entry *latest = NULL;
	for (size_t i = 0; i < fold->history->open_count; i++) {
		const struct open_entry *open = &fold->history->opens[i];
		bool named = false;
		for (size_t k = 0; k < count; k++)
			named |= states[k].state == open->state;
		if (named && !open->closed && open->ref && is_of_key(fold, rule, open, key) &&
		    (!latest || open->begun.at > latest->begun.at))
			latest = open;
	}
	return (struct evidence){latest ? latest->ref : 0, fold->at};
}

static void start_where_it_holds(struct fold *fold, const struct rule *rule, uint64_t key)
{
	if (clock_find(fold->history, rule->index, key) || clock_of_version(fold, rule, key) ||
	    !rule_index_effective(fold->index, rule, fold->at) || fold->at >= clock_until_age(fold, rule) ||
	    !context_holds(fold, rule->while_holds, rule, NULL, key, false))
		return;
	clock_ends_trial(fold, rule, key);
	start(fold, rule, key, begins_by(fold, rule, key), begun_at(fold->at));
}

static void settle_clocks(struct fold *fold, const struct rule *rule)
{
	struct history *history = fold->history;
	const struct clock_list *clocks = clocks_to_settle(fold, rule);
	for (size_t k = 0; k < clocks->count; k++) {
		size_t i = clocks->items[k];
		struct clock_entry *clock = &history->clocks[i];
		bool holds = context_holds(fold, rule->while_holds, rule, NULL, clock->key, false);
		clock_settle_alert(fold, rule, clock, holds);
		if (!holds)
			clock_remove(history, i);
		else
			clock->tentative = false;
	}
}

/* Which case a turn that begins at this instant is of, all that happens at the instant says together. */
static void settle_lengths(struct fold *fold, const struct rule *rule)
{
	if (!rule->case_count)
		return;
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t i = clocks->count; i-- > 0;) {
		struct clock_entry *clock = &fold->history->clocks[clocks->items[i]];
		if (clock->start == fold->at && clock->alert == ALERT_NONE && !clock->done) {
			clock->due = clock_expiry(fold, rule, clock->start, length_of(fold, rule, clock));
			history_clock_due(fold->history, clock);
		}
	}
}

static void settle(struct fold *fold, const struct rule *rule)
{
	settle_lengths(fold, rule);
	if (!rule->while_holds)
		return;
	settle_clocks(fold, rule);
	if (!starts_itself(rule))
		return;
	if (!rule->key) {
		start_where_it_holds(fold, rule, KEY_NONE);
		return;
	}
	for (size_t i = 0; i < fold->history->open_count; i++) {
		const struct state_def *state = &fold->index->rules->states[fold->history->opens[i].state];
		if (state->keys[0] == rule->key && !state->keys[1])
			start_where_it_holds(fold, rule, fold->history->opens[i].key);
	}
}

/* One that starts when its `while` begins to hold is kept where that goes on to hold, so that it starts again only
 * where it begins anew. After a death or transfer: not by what begins at its very instant. */
static void over(struct fold *fold, const struct rule *rule, size_t index, const struct ending *ending)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	bool at_once = ending->of_all && ending->date_ends == INSTANT_NONE;
	if (!starts_itself(rule) || (at_once && !context_held_before(fold, rule->while_holds, rule))) {
		clock_remove(fold->history, index);
		return;
	}
	rest(clock);
	settle_rule_changed(fold, rule->index);
}

/* Also where it lapsed with the date, and something of the next date begins at once. */
static void date_over(struct fold *fold, const struct rule *rule)
{
	if (!starts_itself(rule))
		return;
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t i = 0; i < clocks->count; i++) {
		const struct clock_entry *clock = &fold->history->clocks[clocks->items[i]];
		if (clock->done && !context_holds(fold, rule->while_holds, rule, NULL, clock->key, false))
			clock_remove(fold->history, clocks->items[i]);
	}
}

static void end(struct fold *fold, const struct rule *rule, struct end_seen *end_seen)
{
	struct history *history = fold->history;
	const struct ending *ending = &end_seen->ending;
	end_seen->ran_since = clock_ran(fold, rule, end_seen);
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t i = 0; i < clocks->count; i++) {
		struct clock_entry *clock = &history->clocks[clocks->items[i]];
		if ((!ending->keyed || clock->key == end_seen->key) && !clock->done &&
		    instant_reaches(&clock->begun, ending, end_seen->ran_since))
			over(fold, rule, clocks->items[i], ending);
	}
	struct ignored_start left; /* kept from counting by what ended here */
	while (clock_ignored(fold, rule, ending, end_seen->ran_since, &left)) {
		uint32_t count = history->clock_count;
		start(fold, rule, left.key, (struct evidence){left.ref, left.begun.at}, left.begun);
		if (history->clock_count == count)
			break; /* another end of its instant or date is of it */
	}
}

static void because(const struct zone *zone, const struct rule *rule, const struct outcome *outcome,
                    struct buffer *out)
{
	const struct duration not_said = {0, UNIT_DAYS};
	explain_clock(zone, rule, not_said, explain_start(outcome), outcome->due, out);
}

static void why_not(struct fold *fold, const struct rule *rule, struct why *why)
{
	if (!why_clocks(fold, rule, why))
		why_part(why, false, "a clock that ran out", "none runs");
	if (rule->while_holds)
		why_condition(fold, rule, rule->while_holds, "while", KEY_NONE, why);
	why_plan_clock(fold, rule, rule->first_count ? rule->first[0] : rule->every, why);
}

const struct kind kind_recurring = {.take = take_event,
                                    .expire = expire,
                                    .settle = settle,
                                    .date_over = date_over,
                                    .end = end,
                                    .because = because,
                                    .why = why_not};
