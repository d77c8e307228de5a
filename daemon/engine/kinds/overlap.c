/* kind overlap: an interval of one key that has an instant in common with a nightly window.
 *
 * Where an end of the interval is known by its date alone, the interval is certain only from the midnight after the first
 * date to the midnight that begins the last; the overlap must be proved by that part. */
#include "engine/fold.h"

static uint64_t ordinal_mark(const struct rule *rule, uint64_t key)
{
	return mark_mix(((uint64_t)rule->index << 4) | 10, key);
}

/* The window that begins on a local date: from its opening to its end, which may be on the next date. */
static void window_of(const struct fold *fold, const struct rule *rule, civil_day day, instant *from, instant *until)
{
	int64_t date = (int64_t)day * 24 * HOUR;
	int64_t next = rule->daily_until > rule->daily_from ? date : date + 24 * HOUR;
	*from = zone_instant(fold->zone, date + rule->daily_from * MINUTE, WALL_EARLIER);
	*until = zone_instant(fold->zone, next + rule->daily_until * MINUTE, WALL_LATER);
}

/* The first instant at or after `from` that lies in a window. */
static instant first_in_window(const struct fold *fold, const struct rule *rule, instant from)
{
	civil_day day = zone_date(fold->zone, from) - 1;
	for (int i = 0; i < 4; i++) {
		instant opens, ends;
		window_of(fold, rule, day + i, &opens, &ends);
		if (from < ends && opens < ends)
			return from > opens ? from : opens;
	}
	return INSTANT_NEVER; /* cannot be: a window opens every day */
}

static uint32_t count_nights(const struct fold *fold, const struct rule *rule, instant from, instant until)
{
	uint32_t nights = 0;
	for (instant at = first_in_window(fold, rule, from); at < until && nights < 100000; nights++) {
		civil_day day = zone_date(fold->zone, at);
		instant opens, ends;
		window_of(fold, rule, day - 1, &opens, &ends);
		if (at >= ends)
			window_of(fold, rule, day, &opens, &ends);
		at = first_in_window(fold, rule, ends);
	}
	return nights;
}

static void open_alert(struct fold *fold, const struct rule *rule, size_t index)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	struct evidence evidence = {clock->ref, clock->began};
	uint64_t identity = rule->key ? outcome_identity(rule, TEXT_NONE, TEXT_NONE, mark_mix(clock->key, clock->stage))
	                              : outcome_identity(rule, TEXT_NONE, TEXT_NONE, mark_mix((uint64_t)clock->began, 5));
	uint32_t alert = outcome_open(fold, rule, identity, clock->key, clock->due, &evidence, 1);
	fold->history->clocks[index].alert = alert;
	fold->history->clocks[index].due = INSTANT_NEVER;
}

static void close_interval(struct fold *fold, const struct rule *rule, size_t index, instant at, const char *reason,
                           bool no_longer)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	if (clock->alert != ALERT_NONE) {
		struct outcome *outcome = &fold->history->outcomes[clock->alert];
		outcome->nights = count_nights(fold, rule, clock->start, at);
		outcome_close(fold, clock->alert, at, reason, no_longer);
	}
	clock_remove(fold->history, index);
}

/* A stop of this key that was taken before its start: at this instant, or of this date. */
static const struct end_seen *seen_stop(const struct fold *fold, const struct rule *rule, uint64_t key)
{
	for (size_t i = 0; i < fold->history->end_seen_count; i++) {
		const struct end_seen *end_seen = &fold->history->ends_seen[i];
		if (!end_seen->of_state && end_seen->owner == rule->index && (end_seen->any_key || end_seen->key == key) &&
		    !end_seen->consumed && (end_seen->date_only ? end_seen->until > fold->at : end_seen->at == fold->at))
			return end_seen;
	}
	return NULL;
}

static void begin_interval(struct fold *fold, const struct rule *rule, uint64_t key, uint64_t ref, instant certain)
{
	struct history *history = fold->history;
	int64_t *ordinal = marks_put(&history->marks, ordinal_mark(rule, key), 0);
	struct clock_entry clock = {.key = key, .ref = ref, .began = fold->at, .start = certain, .stop = INSTANT_NONE,
	                            .warn_at = INSTANT_NEVER, .alert = ALERT_NONE, .rule = rule->index,
	                            .stage = (uint32_t)++*ordinal, .date_start = certain > fold->at};
	clock.due = first_in_window(fold, rule, clock.start);
	size_t index = clock_add(history, clock);
	if (clock.due <= fold->at)
		open_alert(fold, rule, index);
}

static void take_start(struct fold *fold, const struct rule *rule, const struct event *event, uint64_t key)
{
	if (!rule_index_effective(fold->index, rule, fold->at) || fold->at >= clock_until_age(fold, rule))
		return;
	instant certain = event->day_precision ? context_end_of_date(fold, event) : fold->at;
	if (clock_find(fold->history, rule->index, key)) {
		if (!rule->key) { /* counts where what is open ends at this very instant */
			struct rule_memory *memory = history_memory(fold->history, rule->index);
			memory->ignored_start = fold->at;
			memory->ignored_ref = event->ref;
			memory->ignored_certain = certain;
		}
		return;
	}
	if (!seen_stop(fold, rule, key)) /* a stop of the same instant or date: nothing is left that dates could prove */
		begin_interval(fold, rule, key, event->ref, certain);
}

static void stop_by_date(struct fold *fold, const struct rule *rule, size_t index, const struct event *event)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	/* Still in at the midnight that begins the date; at that very midnight the window may be open. */
	if (clock->alert == ALERT_NONE && clock->due <= event->time)
		open_alert(fold, rule, index);
	close_interval(fold, rule, index, context_end_of_date(fold, event) - 1, reason_of(event->type), false);
}

static void take_stop(struct fold *fold, const struct rule *rule, const struct selector *selector,
                      const struct event *event, uint64_t key)
{
	struct history *history = fold->history;
	bool any = !rule->key || !selector->keyed;
	struct end_seen end_seen = end_seen_of(fold, event, rule->index, key, any, false);
	bool used = outcome_end_used(fold, &end_seen);
	for (size_t i = 0; i < history->clock_count && any; i++)
		used |= history->clocks[i].rule == rule->index && history->clocks[i].began < fold->at;
	for (size_t i = history->clock_count; i-- > 0;) {
		const struct clock_entry *clock = &history->clocks[i];
		if (clock->rule != rule->index || !(any || clock->key == key))
			continue;
		if (any && used && clock->began == fold->at)
			continue;
		if (event->day_precision)
			stop_by_date(fold, rule, i, event);
		else if (clock->alert != ALERT_NONE && history->outcomes[clock->alert].opened == fold->at &&
		         clock->began == fold->at)
			history->outcomes[clock->alert].instantaneous = true,
			close_interval(fold, rule, i, fold->at, reason_of(event->type), false);
		else
			close_interval(fold, rule, i, fold->at, reason_of(event->type), false);
	}
	end_seen.consumed = used && any && !end_seen.date_only;
	*(struct end_seen *)mem_push32((void **)&history->ends_seen, &history->end_seen_count, &history->end_seen_room,
	                           sizeof end_seen) = end_seen;
	const struct rule_memory *memory = history_find_memory(history, rule->index);
	if (end_seen.consumed && memory && memory->ignored_start == fold->at && !clock_find(history, rule->index, KEY_NONE))
		begin_interval(fold, rule, KEY_NONE, memory->ignored_ref, memory->ignored_certain);
}

static void take(struct fold *fold, const struct rule *rule, enum part part, const struct selector *selector,
                 const struct event *event, uint64_t key)
{
	if (part == PART_ON)
		take_start(fold, rule, event, key);
	else if (part == PART_STOP)
		take_stop(fold, rule, selector, event, key);
}

static void begin(struct fold *fold, const struct rule *rule, size_t index)
{
	open_alert(fold, rule, index);
}

static void end(struct fold *fold, const struct rule *rule, struct end_seen *end_seen)
{
	struct history *history = fold->history;
	for (size_t i = 0; i < history->clock_count && end_seen->any_key && !end_seen->date_only; i++)
		end_seen->consumed |= history->clocks[i].rule == rule->index && history->clocks[i].began < fold->at;
	for (size_t i = history->clock_count; i-- > 0;)
		if (history->clocks[i].rule == rule->index && (end_seen->any_key || history->clocks[i].key == end_seen->key) &&
		    !(end_seen->consumed && history->clocks[i].began == fold->at))
			close_interval(fold, rule, i, end_seen->at, REASON_NO_LONGER, true);
}

const struct kind kind_overlap = {.take = take, .begin = begin, .end = end, .clocks_begin = true};
