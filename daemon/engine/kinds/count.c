/* kind count: so many matching events, distinct by key, in a closed window of local dates and wall time. */
#include "engine/why/explain.h"
#include "engine/why/why_internal.h"

#include <stdlib.h>

static bool counted_already(struct fold *fold, const struct rule *rule, uint64_t key)
{
	if (!rule->key || key == KEY_NONE)
		return false; /* no key to tell them apart by: each counts */
	uint64_t mark = mark_mix(((uint64_t)rule->index << 4) | 4, key);
	if (marks_find(&fold->history->marks, mark))
		return true;
	(void)marks_put(&fold->history->marks, mark, MARK_SEEN);
	return false;
}

/* What lies before it is passed over, and taken out once it is half of what is held: a window of thousands is not moved
 * at each event. */
static void forget_before(struct rule_memory *memory, instant from)
{
	while (memory->window_past < memory->window_count && memory->window[memory->window_past].time < from)
		memory->window_past++;
	if (memory->window_past > memory->window_count / 2)
		memory_forget_past(memory);
}

static uint32_t in_window(const struct rule_memory *memory)
{
	return memory->window_count - memory->window_past;
}

static void open_alert(struct fold *fold, const struct rule *rule, struct rule_memory *memory)
{
	if (memory->alerted) { /* what ended it on this date came before what begins a new one */
		struct outcome *ended = &fold->history->outcomes[memory->alert];
		if (ended->state == OUTCOME_CLOSED && ended->closed > fold->at) {
			ended->closed = fold->at > ended->opened ? fold->at : ended->opened;
			ended->corrected = true;
			history_outcome_changed(fold->history, memory->alert);
		}
	}
	memory->alert = outcome_open(fold, rule, 0, KEY_NONE, fold->at, memory->window + memory->window_past,
	                             in_window(memory));
	memory->alerted = true;
}

/* One alert of a subject at a time: what stands by another version of the rule goes on. */
static void adopt(struct fold *fold, const struct rule *rule)
{
	struct rule_memory *memory = history_memory(fold->history, rule->index);
	if (memory->alerted && outcome_stands(fold, memory->alert))
		return;
	for (const struct rule *version = NULL; (version = rule_next_version(rule, version));) {
		const struct rule_memory *other =
			rule_yields_to(rule, version) ? history_find_memory(fold->history, version->index) : NULL;
		if (other && other->alerted && outcome_stands(fold, other->alert)) {
			memory->alert = other->alert;
			memory->alerted = true;
		}
	}
}

static void take_event(struct fold *fold, const struct rule *rule, enum part part, const struct selector *selector,
                       const struct event *event, uint64_t key)
{
	(void)selector;
	if (part != PART_ON)
		return;
	if (counted_already(fold, rule, key)) {
		why_say(fold, rule, event, false, "its key was counted before");
		return;
	}
	struct rule_memory *memory = history_memory(fold->history, rule->index);
	instant from;
	if (calendar_back(fold->calendar, fold->at, rule->within, &from, NULL) == RESULT_OK)
		forget_before(memory, from); /* else nothing is forgotten: rather one too many */
	struct evidence evidence = {event->ref, event->time};
	*(struct evidence *)mem_push32((void **)&memory->window, &memory->window_count, &memory->window_room,
	                             sizeof evidence) = evidence;
	why_say_number(fold, rule, event, in_window(memory), "counts");
	const struct rule *in_force = rule_in_force(fold, rule);
	if (in_force && in_force != rule)
		return; /* that version opens, and updates */
	if (in_force)
		adopt(fold, rule);
	if (memory->alerted && outcome_stands(fold, memory->alert)) {
		clock_ignore(fold, rule, event, KEY_NONE, INSTANT_NEVER);
		outcome_add_evidence(fold, memory->alert, evidence);
		return;
	}
	if (in_window(memory) >= rule->at_least && rule_index_effective(fold->index, rule, fold->at) &&
	    fold->at < clock_until_age(fold, rule))
		open_alert(fold, rule, memory);
	else
		memory->alerted = false;
}

/* What ended here stood before; an event together with the end is not of it, and where enough remain it opens a new
 * one, whichever of the two was read first. */
static void closed(struct fold *fold, const struct rule *rule, const struct ending *ending)
{
	struct rule_memory *memory = history_find_memory(fold->history, rule->index);
	if (!memory || !memory->alerted || outcome_stands(fold, memory->alert) ||
	    in_window(memory) < rule->at_least || !rule_index_effective(fold->index, rule, fold->at) ||
	    fold->at >= clock_until_age(fold, rule))
		return;
	const struct outcome *ended = &fold->history->outcomes[memory->alert];
	struct ignored_start together;
	if (ended->closed == end_counts_at(ending) && clock_ignored(fold, rule, ending, ended->opened, &together)) {
		open_alert(fold, rule, memory);
		struct outcome *anew = &fold->history->outcomes[memory->alert]; /* as the event that begins it */
		anew->by_date = together.begun.date_ends > fold->at;
		anew->ran_since = together.begun.ran_since;
	}
}

#define DATES_MOST 12 /* of a window: more make a sentence that nobody reads */

static bool same_year(const struct zone *zone, instant a, instant b)
{
	int year_a, year_b, month, day;
	day_split(zone_date(zone, a), &year_a, &month, &day);
	day_split(zone_date(zone, b), &year_b, &month, &day);
	return year_a == year_b;
}

/* "3 in 30 days: 2 Jan, 11 Jan, 29 Jan, and 4 more since then, the last on 11 Mar": what opened it, and what came while
 * it stood. Years are said where they mix. */
static void because(const struct zone *zone, const struct rule *rule, const struct outcome *outcome,
                    struct buffer *out)
{
	size_t window = explain_window(rule, outcome), since = outcome->evidence_count - window;
	if (!outcome->evidence_count)
		return;
	instant last = outcome->evidence[outcome->evidence_count - 1].time;
	bool years = !same_year(zone, outcome->evidence[0].time, last);
	explain_number(window, out);
	buffer_string(out, " in ");
	duration_print(rule->within, out);
	buffer_string(out, ": ");
	for (size_t i = 0; i < window && i < DATES_MOST; i++) {
		buffer_string(out, i ? ", " : "");
		explain_date(zone, outcome->evidence[i].time, years, out);
	}
	if (window > DATES_MOST) {
		buffer_string(out, " and ");
		explain_number(window - DATES_MOST, out);
		buffer_string(out, " more up to ");
		explain_date(zone, outcome->evidence[window - 1].time, years, out);
	}
	if (!since)
		return;
	buffer_string(out, ", and ");
	explain_number(since, out);
	buffer_string(out, since > 1 ? " more since then, the last on " : " more since then, on ");
	explain_date(zone, last, years, out);
}

/* The last instant whose window still begins at or before `first`. */
static instant window_ends(const struct fold *fold, const struct rule *rule, instant first, instant beyond)
{
	instant low = first, high = beyond;
	while (high - low > MINUTE) {
		instant middle = low + (high - low) / 2, from;
		bool holds = calendar_back(fold->calendar, middle, rule->within, &from, NULL) == RESULT_OK &&
		             from <= first;
		low = holds ? middle : low;
		high = holds ? high : middle;
	}
	instant whole = high - high % MINUTE, from; /* people write whole minutes */
	bool holds = whole > low && calendar_back(fold->calendar, whole, rule->within, &from, NULL) == RESULT_OK &&
	             from <= first;
	return holds ? whole : low;
}

/* How many the window held that held the most; of several the latest. */
static size_t find_fullest(const struct fold *fold, const struct rule *rule, struct why *why)
{
	size_t most = 0;
	for (size_t i = 0; i < why->note_count; i++) {
		if (!why->notes[i].number || (size_t)why->notes[i].number < most)
			continue;
		most = (size_t)why->notes[i].number;
		why->counted_to = why->notes[i].at;
	}
	if (most &&
	    calendar_back(fold->calendar, why->counted_to, rule->within, &why->counted_from, NULL) != RESULT_OK)
		why->counted_from = INSTANT_NONE;
	return most;
}

/* "3 episodes in 30 days" */
static const char *what_is_wanted(const struct rule *rule, struct why *why)
{
	struct buffer words = {0};
	const char *key = rule->key ? schema_name_text(rule->key) : "";
	size_t length = strlen(key);
	bool changes = length && key[length - 1] == 'y';
	buffer_format(&words, "%u", rule->at_least);
	if (length)
		buffer_format(&words, " %.*s%s", (int)(length - changes), key, changes ? "ies" : "s");
	buffer_format(&words, " in %s", why_length(why, rule->within));
	const char *kept = arena_copy_text(why->arena, words.at, words.length);
	buffer_free(&words);
	return kept;
}

/* Of all that counted, so many in a row as the rule wants: which of them missed the window by least. */
static void say_nearest(struct fold *fold, const struct rule *rule, size_t most, struct why *why)
{
	static const char *const names[] = {"", "", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"};
	instant *times = mem_zero(why->note_count + 1, sizeof *times), least = INSTANT_NEVER;
	size_t count = 0, best = 0;
	for (size_t i = 0; i < why->note_count; i++)
		if (why->notes[i].number)
			times[count++] = why->notes[i].at;
	for (size_t i = 0; i + rule->at_least <= count; i++)
		if (times[i + rule->at_least - 1] - times[i] < least) {
			least = times[i + rule->at_least - 1] - times[i];
			best = i;
		}
	if (least == INSTANT_NEVER || most >= rule->at_least) {
		why_nearest(why, "%zu of %u in %s at the most.", most, rule->at_least, why_length(why, rule->within));
	} else {
		instant last = times[best + rule->at_least - 1], bound = window_ends(fold, rule, times[best], last);
		bool named = rule->at_least < sizeof names / sizeof names[0] && rule->at_least > 1;
		why_nearest(why, "%u of %u in %s; the %s came %s too late: it would have had to come by %s.",
		            rule->at_least - 1, rule->at_least, why_length(why, rule->within),
		            named ? names[rule->at_least] : "last of them", why_span(why, last - bound),
		            why_time(fold, why, bound));
	}
	free(times);
}

static void why_not(struct fold *fold, const struct rule *rule, struct why *why)
{
	const struct rule_memory *memory = history_find_memory(fold->history, rule->index);
	uint32_t held = 0;
	instant from;
	if (calendar_back(fold->calendar, fold->at, rule->within, &from, NULL) != RESULT_OK)
		from = INSTANT_NONE;
	for (uint32_t i = 0; memory && i < memory->window_count; i++)
		held += memory->window[i].time >= from;
	size_t most = find_fullest(fold, rule, why);
	const char *wanted = what_is_wanted(rule, why);
	if (!most)
		why_part(why, false, wanted, "none is on record");
	else if (held == most)
		why_part(why, false, wanted, "the most is %zu, on %s", most, why_time(fold, why, why->counted_to));
	else
		why_part(why, false, wanted, "the most is %zu, on %s; up to now it is %u", most,
		         why_time(fold, why, why->counted_to), held);
	say_nearest(fold, rule, most, why);
	size_t first = why->plan_count;
	why_plan_on(fold, rule, fold->at, why);
	uint32_t missing = held < rule->at_least ? rule->at_least - held : 1;
	for (uint32_t copies = 1; copies <= missing; copies += copies < missing ? missing - copies : 1)
		for (size_t i = first, end = first + rule->on.count; i < end; i++) {
			struct why_plan plan = why->plans[i];
			plan.copies = copies;
			if (copies > 1)
				*why_plan(why) = plan;
		}
}

const struct kind kind_count = {.take = take_event, .closed = closed, .because = because, .why = why_not};
