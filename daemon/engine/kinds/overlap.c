/* kind overlap: an interval of one key that has an instant in common with a nightly window.
 *
 * Where an end of the interval is known by its date alone, the interval is certain only from the midnight after the
 * first date to the midnight that begins the last; the overlap must be proved by that part. */
#include "engine/why/explain.h"
#include "engine/why/why_internal.h"

/* How many intervals of the key began, whichever version of the rule each is of, those on trial among them: each is an
 * alert of its own. */
static uint64_t ordinal_mark(const struct rule *rule, uint64_t key)
{
	return mark_mix(((uint64_t)rule_oldest(rule)->index << 4) | 10, key);
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

/* The instant at which an overlap is proved that holds at `at`: the window's opening, or later the interval's own
 * start. */
static instant window_opened(const struct fold *fold, const struct rule *rule, instant at)
{
	instant opens, ends;
	civil_day day = zone_date(fold->zone, at);
	window_of(fold, rule, day, &opens, &ends);
	if (at < opens)
		window_of(fold, rule, day - 1, &opens, &ends);
	return opens;
}

static void open_alert(struct fold *fold, const struct rule *rule, size_t index, instant opened)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	struct evidence evidence = {clock->ref, clock->began};
	uint64_t key = rule->key ? mark_mix(clock->key, clock->stage) : mark_mix((uint64_t)clock->began, 5);
	uint64_t identity = outcome_identity_of_key(fold, rule, key);
	uint32_t alert = outcome_open(fold, rule, identity, clock->key, opened, &evidence, 1);
	fold->history->clocks[index].alert = alert;
	fold->history->clocks[index].due = INSTANT_NEVER;
}

static void close_alert(struct fold *fold, const struct rule *rule, size_t index, instant at, const char *reason,
                        bool no_longer)
{
	const struct clock_entry *clock = &fold->history->clocks[index];
	if (clock->alert == ALERT_NONE)
		return;
	struct outcome *outcome = &fold->history->outcomes[clock->alert];
	outcome->nights = count_nights(fold, rule, clock->start < at ? clock->start : outcome->opened, at);
	outcome_close_earlier(fold, clock->alert, at); /* an hour is known of what was known by its date */
	outcome_close(fold, clock->alert, at, reason, no_longer);
}

/* The instant at which the overlap begins that what is known proves, whatever the hours that nobody wrote down; NEVER:
 * none. A start known by its date was on it, and before the end; an end known by its date came after the midnight that
 * begins it, and after the start. */
static instant proved(const struct fold *fold, const struct rule *rule, const struct clock_entry *clock,
                      const struct ending *ending)
{
	bool end_by_date = ending->date_ends != INSTANT_NONE;
	instant latest = clock->begun.at, before = ending->at;
	if (clock->begun.date_ends == INSTANT_NONE) {
		before = end_by_date ? (ending->at > latest ? ending->at : latest) + 1 : before;
	} else {
		if (end_by_date ? ending->at < clock->begun.date_ends : ending->at <= clock->begun.at)
			return INSTANT_NEVER;
		before += end_by_date;
		latest = (before < clock->begun.date_ends ? before : clock->begun.date_ends) - 1;
	}
	instant first = first_in_window(fold, rule, latest);
	if (first >= before)
		return INSTANT_NEVER;
	if (first > latest || clock->begun.date_ends == INSTANT_NONE)
		return first;
	if (before > clock->start && first_in_window(fold, rule, clock->start) == clock->start)
		return clock->start; /* still in at the midnight that ends the date */
	instant opens = window_opened(fold, rule, latest);
	return opens > clock->begun.at ? opens : clock->begun.at;
}

/* Known to end with its date: until that is over a known hour may yet say when. */
static void end_with_date(struct fold *fold, size_t index, const struct ending *ending)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	instant counts = end_counts_at(ending);
	if (clock->stop == INSTANT_NONE || counts < clock->stop)
		clock->stop = counts;
	clock->over_with_date |= !ending->keyed && instant_relation(&clock->begun, ending) == RELATION_BEFORE;
	if (clock->due > clock->stop)
		clock->due = clock->stop + 1; /* gone with the date */
	history_clock_due(fold->history, clock);
}

static void end_interval(struct fold *fold, const struct rule *rule, size_t index, const struct ending *ending,
                         const char *reason, bool no_longer)
{
	const struct clock_entry *clock = &fold->history->clocks[index];
	instant first = clock->alert == ALERT_NONE ? proved(fold, rule, clock, ending) : INSTANT_NEVER;
	if (first != INSTANT_NEVER)
		open_alert(fold, rule, index, first);
	clock = &fold->history->clocks[index];
	if (clock->alert != ALERT_NONE && clock->begun.at == ending->at && ending->date_ends == INSTANT_NONE)
		fold->history->outcomes[clock->alert].instantaneous = true;
	close_alert(fold, rule, index, end_counts_at(ending), reason, no_longer);
	if (ending->date_ends != INSTANT_NONE)
		end_with_date(fold, index, ending);
	else
		clock_remove(fold->history, index);
}

static void begin_interval(struct fold *fold, const struct rule *rule, uint64_t key, uint64_t ref, struct begun begun)
{
	struct history *history = fold->history;
	bool by_date = begun.date_ends != INSTANT_NONE;
	struct clock_entry clock = {.key = key,
	                            .ref = ref,
	                            .began = begun.at,
	                            .start = by_date ? begun.date_ends : begun.at,
	                            .begun = begun,
	                            .stop = INSTANT_NONE,
	                            .warn_at = INSTANT_NEVER,
	                            .alert = ALERT_NONE,
	                            .rule = rule->index};
	const struct end_seen *by_its_date = NULL; /* stopped on a date that is not over */
	for (size_t i = 0; i < history->end_seen_count; i++) {
		const struct end_seen *end_seen = &history->ends_seen[i];
		/* A closes-on is of the alert, whichever of the two comes first in order: see outcome_open. */
		if ((!(end_seen->ends && end_seen_fits(end_seen, rule->index, END_OF_RULE, key)) &&
		     !end_seen_fits(end_seen, rule->index, END_STOP, key)) ||
		    !instant_reaches(&clock.begun, &end_seen->ending, end_seen->ran_since))
			continue;
		if (end_seen->ending.date_ends == INSTANT_NONE)
			return; /* stopped at its own instant */
		by_its_date = end_seen;
	}
	int64_t *ordinal = marks_put(&history->marks, ordinal_mark(rule, key), 0);
	clock.stage = (uint32_t)++*ordinal;
	clock.due = first_in_window(fold, rule, clock.start);
	if (by_date && first_in_window(fold, rule, clock.start - 1) == clock.start - 1)
		clock.due = clock.start; /* still in at the midnight that ends the date: whenever it began, it was in
		                            the window */
	size_t index = clock_add(history, clock);
	if (clock.due <= fold->at && !by_date)
		open_alert(fold, rule, index, clock.due);
	if (by_its_date)
		end_interval(fold, rule, index, &by_its_date->ending,
		             by_its_date->ends ? REASON_NO_LONGER : reason_of(by_its_date->type), by_its_date->ends);
}

/* Those that ended with a date that is over. */
static void drop_ended_of(struct fold *fold, const struct rule *rule)
{
	struct history *history = fold->history;
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t i = 0; i < clocks->count; i++) {
		const struct clock_entry *clock = &history->clocks[clocks->items[i]];
		if (clock->stop != INSTANT_NONE && clock->stop < fold->at)
			clock_remove(history, clocks->items[i]);
	}
}

static void drop_ended(struct fold *fold, const struct rule *rule)
{
	drop_ended_of(fold, rule);
	for (const struct rule *version = NULL; (version = rule_next_version(rule, version));)
		drop_ended_of(fold, version);
}

static void take_start(struct fold *fold, const struct rule *rule, const struct event *event, uint64_t key)
{
	drop_ended(fold, rule);
	if (!rule_index_effective(fold->index, rule, fold->at) || fold->at >= clock_until_age(fold, rule)) {
		why_say_out_of_force(fold, rule, event);
		return;
	}
	why_say(fold, rule, event, true, "begins the interval");
	if (clock_find(fold->history, rule->index, key) || clock_of_version(fold, rule, key)) {
		clock_ignore(fold, rule, event, key, INSTANT_NEVER); /* counts where what is open ends with it */
		return;
	}
	clock_ends_trial(fold, rule, key);
	begin_interval(fold, rule, key, event->ref, begun_with(fold, event));
}

static void end(struct fold *fold, const struct rule *rule, struct end_seen *end_seen)
{
	struct history *history = fold->history;
	const struct ending *ending = &end_seen->ending;
	drop_ended(fold, rule);
	end_seen->ran_since = clock_ran(fold, rule, end_seen);
	const struct clock_list *clocks = clocks_of_rule(fold, rule);
	for (size_t i = 0; i < clocks->count; i++) {
		struct clock_entry *clock = &history->clocks[clocks->items[i]];
		if ((!ending->keyed || clock->key == end_seen->key) &&
		    instant_reaches(&clock->begun, ending, end_seen->ran_since))
			end_interval(fold, rule, clocks->items[i], ending,
			             end_seen->ends ? REASON_NO_LONGER : reason_of(end_seen->type), end_seen->ends);
	}
	struct ignored_start left; /* kept from counting by what ended here */
	while (clock_ignored(fold, rule, ending, end_seen->ran_since, &left)) {
		uint32_t count = history->clock_count;
		begin_interval(fold, rule, left.key, left.ref, left.begun);
		if (history->clock_count == count)
			break; /* another end of its instant or date is of it */
	}
}

static void take_event(struct fold *fold, const struct rule *rule, enum part part, const struct selector *selector,
                       const struct event *event, uint64_t key)
{
	if (part == PART_ON)
		take_start(fold, rule, event, key);
	if (part != PART_STOP)
		return;
	struct end_seen end_seen = end_seen_of(fold, event, rule->index, key, !rule->key || !selector->keyed, false);
	end_seen.what = END_STOP;
	why_say(fold, rule, event, true, "ends the interval");
	end(fold, rule, &end_seen);
	end_seen_keep(fold, end_seen);
}

/* The window opens, or the date is over with which the interval is known to have ended. */
static void begin(struct fold *fold, const struct rule *rule, size_t index)
{
	struct clock_entry *clock = &fold->history->clocks[index];
	if (clock->stop != INSTANT_NONE && clock->stop < fold->at) {
		clock_remove(fold->history, index);
	} else if (clock->stop == INSTANT_NONE) {
		struct ending still_in = {.at = fold->at + 1, .date_ends = INSTANT_NONE};
		instant first = proved(fold, rule, clock, &still_in);
		open_alert(fold, rule, index, first < clock->due ? first : clock->due);
	} else { /* on the date of its end: whether it was still in, nobody knows */
		clock->due = clock->stop + 1;
		history_clock_due(fold->history, clock);
	}
}

static void because(const struct zone *zone, const struct rule *rule, const struct outcome *outcome,
                    struct buffer *out)
{
	explain_fired(&rule->on, outcome, out);
	buffer_string(out, " since ");
	explain_time(zone, explain_start(outcome), out);
	buffer_string(out, ", between ");
	explain_wall(rule->daily_from, out);
	buffer_string(out, " and ");
	explain_wall(rule->daily_until, out);
	if (outcome->nights > 1) {
		buffer_string(out, ", ");
		explain_number(outcome->nights, out);
		buffer_string(out, " nights");
	}
}

/* The last instant up to now that lies in a window. */
static instant last_in_window(const struct fold *fold, const struct rule *rule)
{
	instant opens, ends;
	for (civil_day day = zone_date(fold->zone, fold->at);; day--) {
		window_of(fold, rule, day, &opens, &ends);
		if (opens < ends && opens <= fold->at)
			return fold->at < ends ? fold->at : opens;
	}
}

static void why_not(struct fold *fold, const struct rule *rule, struct why *why)
{
	size_t open = 0;
	for (size_t i = 0; i < fold->history->clock_count; i++)
		open += fold->history->clocks[i].rule == rule->index && fold->history->clocks[i].stop == INSTANT_NONE;
	for (size_t i = 0; i < fold->history->clock_count; i++)
		if (fold->history->clocks[i].rule == rule->index && fold->history->clocks[i].due > fold->at &&
		    fold->history->clocks[i].due < why->opens_at)
			why->opens_at = fold->history->clocks[i].due;
	why_part(why, false, "in the window",
	         "%zu open now, and none that met %02d:%02d to %02d:%02d still stands", open, rule->daily_from / 60,
	         rule->daily_from % 60, rule->daily_until / 60, rule->daily_until % 60);
	why_plan_on(fold, rule, last_in_window(fold, rule), why);
}

const struct kind kind_overlap = {.take = take_event,
                                  .begin = begin,
                                  .end = end,
                                  .because = because,
                                  .why = why_not,
                                  .clocks_begin = true};
