/* kind deadline: a start without its stop by the end of its clock.
 *
 * Keyed: one clock a key for ever, the earliest start counts, and a stop of the key meets it even if dated before the
 * start. Without a key: one clock at a time, and a stop counts from the start's instant on. A stop known by its date
 * counts as the last instant of that date. */
#include "engine/why/explain.h"
#include "engine/why/why_internal.h"

/* The key's fate: MARK_DONE once its clock is spent, else the earliest instant at which a stop counts. */
static uint64_t fate_mark(const struct rule *rule, uint64_t key)
{
	return mark_mix(((uint64_t)rule->index << 4) | 6, key);
}

static bool keyed(const struct rule *rule)
{
	return rule->key != 0;
}

static void spend(struct fold *fold, const struct rule *rule, uint64_t key)
{
	struct marks *marks = &fold->history->marks;
	if (!keyed(rule))
		return;
	*marks_put(marks, fate_mark(rule, key), MARK_DONE) = MARK_DONE;
	for (const struct rule *version = NULL; (version = rule_next_version(rule, version));)
		*marks_put(marks, fate_mark(version, key), MARK_DONE) = MARK_DONE;
}

/* The instant at which the stop counts. */
static instant stop_counts_at(const struct fold *fold, const struct event *event)
{
	struct ending ending = ending_of(fold, event, false);
	return end_counts_at(&ending);
}

static instant due_of(struct fold *fold, const struct rule *rule, const struct event *event)
{
	const struct value *value = event_field(event, rule->due);
	civil_day day;
	if (value->kind != VALUE_STRING || !day_parse(value->string, &day))
		return INSTANT_NEVER;
	return zone_midnight(fold->zone, day + 1);
}

static instant warning_of(struct fold *fold, const struct rule *rule, const struct clock_entry *clock, size_t index)
{
	if (!rule->warn_before)
		return clock_expiry(fold, rule, clock->start, rule->warn[index]);
	return clock->due == INSTANT_NEVER ? INSTANT_NEVER : clock_before(fold, rule, clock->due, rule->warn[index]);
}

/* The warnings in order of time: which of 5 days and 3 working days comes first, only the calendar says. */
static instant warning_at(struct fold *fold, const struct rule *rule, const struct clock_entry *clock, size_t stage)
{
	for (size_t i = 0; rule->warn_mixed && i < rule->warn_count; i++) {
		instant at = warning_of(fold, rule, clock, i);
		size_t before = 0;
		for (size_t k = 0; k < rule->warn_count; k++) {
			instant other = warning_of(fold, rule, clock, k);
			before += other < at || (other == at && k < i);
		}
		if (before == stage)
			return at;
	}
	return warning_of(fold, rule, clock, stage);
}

/* Of several that count back from the due date and whose time has passed, only the one nearest the date is sent. */
static instant next_warning(struct fold *fold, const struct rule *rule, struct clock_entry *clock)
{
	while (rule->warn_before && clock->stage + 1 < rule->warn_count &&
	       warning_at(fold, rule, clock, clock->stage + 1) <= fold->at)
		clock->stage++;
	if (clock->stage >= rule->warn_count)
		return INSTANT_NEVER;
	instant at = warning_at(fold, rule, clock, clock->stage);
	if (at < fold->at)
		at = fold->at; /* its time has passed: at once */
	return at < clock->due ? at : INSTANT_NEVER;
}

static void open_alert(struct fold *fold, const struct rule *rule, size_t index, instant opened)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	struct evidence evidence = {clock->ref, clock->began};
	uint64_t identity = outcome_identity_of_key(fold, rule, clock->key);
	uint32_t alert = outcome_open(fold, rule, identity, clock->key, opened, &evidence, 1);
	clock = &fold->history->clocks[index];
	fold->history->outcomes[alert].due = clock->due;
	fold->history->outcomes[alert].expired = clock->due > clock->start; /* else with its start, overdue */
	fold->history->outcomes[alert].by_date =
		clock->begun.date_ends != INSTANT_NONE && opened < clock->begun.date_ends;
	fold->history->outcomes[alert].ran_since = clock->begun.ran_since;
	fold->history->outcomes[alert].from_alert = clock->from_alert;
	clock->alert = alert;
	clock->warn_at = INSTANT_NEVER;
	if (clock->stop == INSTANT_NONE)
		return;
	outcome_close(fold, alert, clock->stop, "stopped on a date known without a time", false);
	fold->history->outcomes[alert].instantaneous = clock->stop <= opened; /* overdue, and done, at its start */
}

static void clock_is_over(struct fold *fold, const struct rule *rule, size_t index)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	if (clock->tentative) { /* whether it ran at all, `while` says when this instant is settled */
		clock->met = true;
		clock->due = clock->warn_at = INSTANT_NEVER;
		return;
	}
	spend(fold, rule, clock->key);
	clock_remove(fold->history, index);
}

/* With the date of its end: it is over, and yet a known hour of that date may be its end, and what begins on the date
 * begins beside it. Keyed and not expired it is over at once, as its key is spent. */
static bool ends_with_date(const struct fold *fold, const struct rule *rule, const struct clock_entry *clock,
                           instant counts)
{
	return counts > fold->at && !clock->tentative &&
	       (keyed(rule) ? outcome_stands(fold, clock->alert) || clock->done : true);
}

static void end_with_date(struct fold *fold, struct clock_entry *clock, instant counts)
{
	clock->stop = counts;
	clock->due = counts + 1;
	clock->warn_at = INSTANT_NEVER;
	clock->done = true;
	history_clock_due(fold->history, clock);
}

/* Its alert has opened; one that is known to be stopped with the date stays until that is over. */
static void opened(struct fold *fold, const struct rule *rule, size_t index)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	clock->due = INSTANT_NEVER;
	if (clock->stop == INSTANT_NONE)
		return;
	if (clock->stop > fold->at)
		end_with_date(fold, clock, clock->stop);
	else
		clock_is_over(fold, rule, index);
}

static void expire(struct fold *fold, const struct rule *rule, size_t index)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	if (clock->done) {
		clock_is_over(fold, rule, index);
		return;
	}
	if (clock->warn_at <= fold->at && clock->warn_at < clock->due) {
		struct warned *warned = mem_push32((void **)&fold->history->warned, &fold->history->warned_count,
		                                 &fold->history->warned_room, sizeof *warned);
		uint64_t identity = outcome_identity_of_key(fold, rule, clock->key); /* as its alert's */
		*warned = (struct warned){.identity = identity,
		                          .at = clock->warn_at,
		                          .due = clock->due,
		                          .key = clock->key,
		                          .rule = rule->index,
		                          .start = keyed(rule) ? INSTANT_NONE : clock->start,
		                          .stage = clock->stage + 1,
		                          .evidence = {clock->ref, clock->began}};
		clock->stage++;
		clock->warn_at = next_warning(fold, rule, clock);
		history_clock_due(fold->history, clock);
		return;
	}
	clock_note_lapse(fold, rule, clock);
	open_alert(fold, rule, index, clock->due);
	opened(fold, rule, index);
}

/* What is known of stops already: true where the clock need not start. */
static bool met_already(struct fold *fold, const struct rule *rule, struct clock_entry *clock)
{
	if (keyed(rule)) {
		int64_t *fate = marks_find(&fold->history->marks, fate_mark(rule, clock->key));
		if (fate && *fate < clock->due)
			return true;
		if (fate)
			clock->stop = *fate;
	}
	for (size_t i = 0; i < fold->history->end_seen_count; i++) {
		const struct end_seen *stop = &fold->history->ends_seen[i];
		if (!end_seen_fits(stop, rule->index, END_STOP, clock->key) ||
		    !instant_reaches(&clock->begun, &stop->ending, stop->ran_since))
			continue;
		instant counts = end_counts_at(&stop->ending);
		if (counts < clock->due)
			return true;
		clock->stop = clock->stop == INSTANT_NONE || counts < clock->stop ? counts : clock->stop;
	}
	instant ended = clock_ended_at(fold, rule, clock->key, &clock->begun);
	if (ended < clock->due)
		return true;
	if (ended != INSTANT_NEVER && (clock->stop == INSTANT_NONE || ended < clock->stop))
		clock->stop = ended;
	return false;
}

static void start(struct fold *fold, const struct rule *rule, uint64_t key, struct evidence from, struct begun begun,
                  instant due, uint32_t from_alert)
{
	bool own_due = rule->due != 0;
	struct clock_entry clock = {.key = key, .ref = from.ref, .start = begun.at, .began = from.time, .due = due,
	                            .stop = INSTANT_NONE, .warn_at = INSTANT_NEVER, .alert = ALERT_NONE, .begun = begun,
	                            .rule = rule->index, .own_due = own_due,
	                            .from_alert = from_alert, .tentative = rule->while_holds != NULL};
	bool met = met_already(fold, rule, &clock);
	if (met && !clock.tentative) {
		why_say(fold, rule, fold->event, true, "starts no clock: it is met already");
		spend(fold, rule, key);
		return;
	}
	if (met) { /* the key is spent only if `while` holds */
		clock.met = true;
		clock.due = INSTANT_NEVER;
	} else
		clock.warn_at = next_warning(fold, rule, &clock);
	size_t index = clock_add(fold->history, clock);
	why_say_until(fold, rule, fold->event, met ? INSTANT_NEVER : due,
	              met ? "starts the clock, which is met already" : "starts the clock");
	settle_rule_changed(fold, rule->index);
	fold->settle |= clock.tentative;
	if (!clock.tentative && due <= fold->at) { /* overdue when recorded */
		open_alert(fold, rule, index, due > begun.at ? due : begun.at);
		opened(fold, rule, index);
	}
}

/* A date that was moved at the very instant of the start, by an event that comes before it in order, is the later
 * word. */
static uint64_t moved_mark(const struct rule *rule, uint64_t key, unsigned what)
{
	return mark_mix(((uint64_t)rule->index << 4) | what, key);
}

static void keep_move(struct fold *fold, const struct rule *rule, const struct event *event, uint64_t key)
{
	instant due = due_of(fold, rule, event);
	if (due == INSTANT_NEVER)
		return;
	*marks_put(&fold->history->marks, moved_mark(rule, key, 0), 0) = fold->at;
	*marks_put(&fold->history->marks, moved_mark(rule, key, 8), 0) = due;
}

static instant moved_due(const struct fold *fold, const struct rule *rule, uint64_t key, instant due)
{
	const int64_t *at = marks_find(&fold->history->marks, moved_mark(rule, key, 0));
	return at && *at == fold->at ? *marks_find(&fold->history->marks, moved_mark(rule, key, 8)) : due;
}

/* A later event of the key that carries another date moves the expiry; a standing alert resolves if that is ahead. */
static void move(struct fold *fold, const struct rule *rule, struct clock_entry *clock, const struct event *event)
{
	instant due = due_of(fold, rule, event);
	if (!clock->own_due || clock->done || due == INSTANT_NEVER || due == clock->due)
		return;
	bool stands = outcome_stands(fold, clock->alert);
	why_say_until(fold, rule, event, due, "moves what falls due");
	if (stands && due > fold->at)
		outcome_close(fold, clock->alert, fold->at, "the date was moved", false);
	if (stands && due <= fold->at)
		return;
	clock->alert = ALERT_NONE;
	clock->due = due;
	clock->stage = 0; /* what counts back from the date counts from the new one */
	clock->warn_at = next_warning(fold, rule, clock);
	history_clock_due(fold->history, clock);
	if (due <= fold->at) {
		size_t index = clock_index(fold->history, clock);
		keep_move(fold, rule, event, clock->key);
		open_alert(fold, rule, index, fold->at);
		fold->history->clocks[index].due = INSTANT_NEVER;
	}
}

/* Of a rule without a key: a clock that keeps no further start from counting. */
static bool gives_way(const struct fold *fold, const struct clock_entry *clock)
{
	if (clock->done)
		return false;
	if (clock->alert != ALERT_NONE)
		return !clock_lives(fold, clock);
	bool undated = clock->own_due && clock->due == INSTANT_NEVER; /* its start named no date: nothing falls due */
	return undated && !clock->tentative && !clock->met;
}

/* The clock that a start meets, if any: one without a key that is over makes room. */
static struct clock_entry *running_clock(struct fold *fold, const struct rule *rule, uint64_t key)
{
	struct clock_entry *clock = clock_find(fold->history, rule->index, key);
	if (!clock || keyed(rule) || !gives_way(fold, clock))
		return clock;
	clock_is_over(fold, rule, clock_index(fold->history, clock));
	return NULL;
}

static void take_start(struct fold *fold, const struct rule *rule, const struct event *event, uint64_t key)
{
	struct history *history = fold->history;
	struct clock_entry *clock = running_clock(fold, rule, key);
	if (clock) {
		why_say(fold, rule, event, keyed(rule) && clock->own_due,
		        "the clock runs already, or its alert stands");
		if (keyed(rule))
			move(fold, rule, clock, event);
		else
			clock_ignore(fold, rule, event, KEY_NONE,
			             rule->due ? due_of(fold, rule, event) : INSTANT_NEVER);
		return;
	}
	if (!rule_index_effective(fold->index, rule, fold->at) || fold->at >= clock_until_age(fold, rule)) {
		why_say_out_of_force(fold, rule, event);
		return;
	}
	if (clock_of_version(fold, rule, key)) {
		why_say(fold, rule, event, false, "the clock runs already, or its alert stands");
		if (!keyed(rule))
			clock_ignore(fold, rule, event, KEY_NONE,
			             rule->due ? due_of(fold, rule, event) : INSTANT_NEVER);
		return;
	}
	int64_t *fate = keyed(rule) ? marks_find(&history->marks, fate_mark(rule, key)) : NULL;
	if (fate && *fate == MARK_DONE) {
		why_say(fold, rule, event, false, "the clock of this key ran before");
		return;
	}
	instant due = rule->due ? moved_due(fold, rule, key, due_of(fold, rule, event))
	                        : clock_expiry(fold, rule, fold->at, rule->within);
	clock_ends_trial(fold, rule, key);
	start(fold, rule, key, (struct evidence){event->ref, event->time}, begun_with(fold, event), due, 0);
}

/* An alert that this very instant opened, by a start or a date that was overdue when recorded, is told to nobody where
 * the stop is of this instant, too: were the stop's id the smaller it would have met the clock, and ids decide
 * nothing. */
static void never_was(struct fold *fold, const struct rule *rule, const struct clock_entry *clock, instant counts)
{
	struct outcome *outcome = &fold->history->outcomes[clock->alert];
	const int64_t *moved = marks_find(&fold->history->marks, moved_mark(rule, clock->key, 0));
	if (outcome->opened == counts && counts == fold->at && outcome->state == OUTCOME_CLOSED &&
	    (clock->begun.at == counts || (moved && *moved == counts)))
		outcome->instantaneous = true;
}

/* The stop meets the clock, resolves its alert, or (date only, expiry within the date) waits for the expiry. True where
 * it is over. */
static bool stop_clock(struct fold *fold, const struct rule *rule, size_t index, instant counts, const char *reason)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	bool stays = ends_with_date(fold, rule, clock, counts);
	why_say_until(fold, rule, fold->event, clock->due,
	              clock->alert != ALERT_NONE ? "resolves the alert" : "stops the clock");
	if (clock->alert != ALERT_NONE) {
		outcome_close(fold, clock->alert, counts, reason, false);
		outcome_close_earlier(fold, clock->alert, counts);
		never_was(fold, rule, clock, counts);
	} else if (counts >= clock->due && !clock->done) {
		if (clock->stop == INSTANT_NONE || counts < clock->stop)
			clock->stop = counts;
		return false;
	}
	if (stays)
		end_with_date(fold, clock, counts);
	else
		clock_is_over(fold, rule, index);
	return !stays;
}

static void take_keyed_stop(struct fold *fold, const struct rule *rule, uint64_t key, instant counts,
                            const char *reason)
{
	struct clock_entry *clock = clock_find(fold->history, rule->index, key);
	if (clock) {
		bool tentative = clock->tentative; /* if its `while` does not hold, the stop is still on record for a
		                                      later start */
		(void)stop_clock(fold, rule, clock_index(fold->history, clock), counts, reason);
		if (!tentative)
			return;
	}
	if (!clock)
		why_say(fold, rule, fold->event, true, "meets the clock of its key, whenever it starts");
	int64_t *fate = marks_put(&fold->history->marks, fate_mark(rule, key), counts);
	if (*fate != MARK_DONE && counts < *fate)
		*fate = counts;
}

/* What ran before is over: a start together with its end, that it kept from counting, now counts. */
static void start_ignored(struct fold *fold, const struct rule *rule, const struct ending *ending, instant ran_since)
{
	struct ignored_start left;
	if (!keyed(rule) && clock_ignored(fold, rule, ending, ran_since, &left))
		start(fold, rule, KEY_NONE, (struct evidence){left.ref, left.begun.at}, left.begun,
		      rule->due ? left.due : clock_expiry(fold, rule, left.begun.at, rule->within), 0);
}

static void take_any_stop(struct fold *fold, const struct rule *rule, const struct event *event)
{
	struct history *history = fold->history;
	struct end_seen stop = end_seen_of(fold, event, rule->index, KEY_NONE, true, false);
	stop.what = END_STOP;
	stop.ran_since = clock_ran(fold, rule, &stop);
	instant counts = end_counts_at(&stop.ending);
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t k = 0; k < clocks->count; k++) {
		size_t i = clocks->items[k];
		struct clock_entry *clock = &history->clocks[i];
		if (clock->start > counts || !instant_reaches(&clock->begun, &stop.ending, stop.ran_since))
			continue;
		bool before = instant_relation(&clock->begun, &stop.ending) == RELATION_BEFORE;
		if (!stop_clock(fold, rule, i, counts, reason_of(event->type)))
			history->clocks[i].over_with_date |= before && !keyed(rule);
	}
	end_seen_keep(fold, stop);
	start_ignored(fold, rule, &stop.ending, stop.ran_since);
}

static void take_event(struct fold *fold, const struct rule *rule, enum part part, const struct selector *selector,
                       const struct event *event, uint64_t key)
{
	switch (part) {
	case PART_ON:
		take_start(fold, rule, event, key);
		break;
	case PART_STOP:
		if (keyed(rule) && selector->keyed)
			take_keyed_stop(fold, rule, key, stop_counts_at(fold, event), reason_of(event->type));
		else
			take_any_stop(fold, rule, event);
		break;
	case PART_MOVES: {
		struct clock_entry *clock = clock_find(fold->history, rule->index, key);
		if (clock)
			move(fold, rule, clock, event);
		else
			keep_move(fold, rule, event, key);
		break;
	}
	case PART_BEFORE:
	case PART_CLOSES:
	case PART_ENDS:
		break;
	}
}

static void start_from_alert(struct fold *fold, const struct rule *rule, const struct outcome *source, uint32_t index)
{
	uint64_t key = keyed(rule) ? source->key : KEY_NONE;
	if (running_clock(fold, rule, key) || !rule_index_effective(fold->index, rule, fold->at) ||
	    fold->at >= clock_until_age(fold, rule) || clock_of_version(fold, rule, key))
		return;
	int64_t *fate = keyed(rule) ? marks_find(&fold->history->marks, fate_mark(rule, key)) : NULL;
	if (fate && *fate == MARK_DONE)
		return;
	/* What the clock counts from is when that alert opened or ended, and not what that alert was about. */
	uint64_t last_ref = source->evidence_count ? source->evidence[source->evidence_count - 1].ref : 0;
	struct evidence last = {last_ref, fold->at};
	clock_ends_trial(fold, rule, key);
	start(fold, rule, key, last, begun_at(fold->at),
	      clock_expiry(fold, rule, fold->at, rule->within), index + 1);
}

/* `while`: a clock starts only while it holds, and ends without blame when it no longer does. */
static void settle(struct fold *fold, const struct rule *rule)
{
	if (!rule->while_holds)
		return;
	struct history *history = fold->history;
	const struct clock_list *clocks = clocks_to_settle(fold, rule);
	for (size_t k = 0; k < clocks->count; k++) {
		size_t i = clocks->items[k];
		struct clock_entry *clock = &history->clocks[i];
		bool holds = context_holds(fold, rule->while_holds, rule, NULL, clock->key, false);
		if (!holds && clock->tentative) {
			clock_remove(history, i);
			continue;
		}
		clock->tentative = false;
		clock_settle_alert(fold, rule, clock, holds);
		if (!holds || clock->met) {
			clock_is_over(fold, rule, i);
			continue;
		}
		if (clock->due <= fold->at) {
			open_alert(fold, rule, i, clock->due > clock->start ? clock->due : clock->start);
			opened(fold, rule, i);
		}
	}
}

static void end(struct fold *fold, const struct rule *rule, struct end_seen *end_seen)
{
	struct history *history = fold->history;
	const struct ending *ending = &end_seen->ending;
	instant counts = end_counts_at(ending);
	end_seen->ran_since = clock_ran(fold, rule, end_seen);
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t k = 0; k < clocks->count; k++) {
		size_t i = clocks->items[k];
		struct clock_entry *clock = &history->clocks[i];
		if ((ending->keyed && clock->key != end_seen->key) ||
		    !instant_reaches(&clock->begun, ending, end_seen->ran_since))
			continue;
		if (clock->due <= counts && clock->alert == ALERT_NONE) { /* expires within the date of the end */
			clock->stop = clock->stop == INSTANT_NONE || counts < clock->stop ? counts : clock->stop;
			clock->over_with_date |=
				!keyed(rule) && instant_relation(&clock->begun, ending) == RELATION_BEFORE;
			continue;
		}
		clock->over_with_date |= ends_with_date(fold, rule, clock, counts) && !keyed(rule) &&
		                         instant_relation(&clock->begun, ending) == RELATION_BEFORE;
		if (ends_with_date(fold, rule, clock, counts))
			end_with_date(fold, clock, counts);
		else
			clock_is_over(fold, rule, i);
	}
	start_ignored(fold, rule, ending, end_seen->ran_since);
}

static void because(const struct zone *zone, const struct rule *rule, const struct outcome *outcome,
                    struct buffer *out)
{
	const struct duration by_its_date = {0, UNIT_DAYS};
	explain_clock(zone, rule, rule->due ? by_its_date : rule->within, explain_start(outcome), outcome->due, out);
}

static void why_not(struct fold *fold, const struct rule *rule, struct why *why)
{
	if (!why_clocks(fold, rule, why))
		why_part(why, false, "a clock that ran out", "none runs, and none that ran out still stands");
	if (rule->while_holds)
		why_condition(fold, rule, rule->while_holds, "while", KEY_NONE, why);
	why_plan_clock(fold, rule, rule->within, why);
}

const struct kind kind_deadline = {.take = take_event,
                                   .expire = expire,
                                   .settle = settle,
                                   .end = end,
                                   .start_from_alert = start_from_alert,
                                   .because = because, .why = why_not};
