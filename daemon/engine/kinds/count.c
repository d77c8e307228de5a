/* kind count: so many matching events, distinct by key, in a closed window of local dates and wall time. */
#include "engine/explain.h"
#include "engine/fold.h"

static bool counted_already(struct fold *fold, const struct rule *rule, uint64_t key)
{
	if (!rule->key || key == KEY_NONE)
		return false; /* no key to tell them apart by: each counts */
	uint64_t mark = mark_mix(((uint64_t)rule->index << 4) | 4, key);
	if (marks_find(&fold->history->marks, mark))
		return true;
	(void)marks_put(&fold->history->marks, mark, fold->at);
	return false;
}

static void forget_before(struct rule_memory *memory, instant from)
{
	uint32_t gone = 0;
	while (gone < memory->window_count && memory->window[gone].time < from)
		gone++;
	memory->window_count -= gone;
	if (gone && memory->window_count)
		memmove(memory->window, memory->window + gone, memory->window_count * sizeof *memory->window);
}

static void open_alert(struct fold *fold, const struct rule *rule, struct rule_memory *memory)
{
	if (memory->alerted) { /* what ended it on this date came before what begins a new one */
		struct outcome *ended = &fold->history->outcomes[memory->alert];
		if (ended->state == OUTCOME_CLOSED && ended->closed > fold->at)
			ended->closed = fold->at > ended->opened ? fold->at : ended->opened;
	}
	memory->alert = outcome_open(fold, rule, 0, KEY_NONE, fold->at, memory->window, memory->window_count);
	memory->alerted = true;
}

static void take(struct fold *fold, const struct rule *rule, enum part part, const struct selector *selector,
                 const struct event *event, uint64_t key)
{
	(void)selector;
	if (part != PART_ON || counted_already(fold, rule, key))
		return;
	struct rule_memory *memory = history_memory(fold->history, rule->index);
	instant from;
	if (calendar_back(fold->calendar, fold->at, rule->within, &from, NULL) == RESULT_OK)
		forget_before(memory, from); /* else nothing is forgotten: rather one too many */
	struct evidence evidence = {event->ref, event->time};
	*(struct evidence *)mem_push32((void **)&memory->window, &memory->window_count, &memory->window_room,
	                             sizeof evidence) = evidence;
	if (memory->alerted && outcome_stands(fold, memory->alert)) {
		clock_ignore(fold, rule, event, KEY_NONE, INSTANT_NEVER);
		outcome_add_evidence(fold, memory->alert, evidence);
		return;
	}
	if (memory->window_count >= rule->at_least && rule_index_effective(fold->index, rule, fold->at) &&
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
	    memory->window_count < rule->at_least || !rule_index_effective(fold->index, rule, fold->at) ||
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

const struct kind kind_count = {.take = take, .closed = closed, .because = because};
