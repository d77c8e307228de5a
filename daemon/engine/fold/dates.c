/* dates: what a history's events say together before they are taken in turn: the first of their type, the starts of
 * intervals, and conditions that are judged as of the end of a date. */
#include "engine/fold/fold.h"

#include <stdlib.h>

void fold_prepare(struct fold *fold, const struct event *const *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct interest *interest =
			rule_index_interest(fold->index, fold->history->domain, events[i]->type);
		if (!interest || !interest->ahead)
			continue;
		if (interest->first)
			context_note_first(fold, interest, events[i]);
		if (interest->starts_interval)
			interval_note_start(fold, events[i]);
	}
}

/* What taking a date's events changes of the context, to be put back. */
struct kept_context {
	struct open_entry *opens;
	struct end_seen *ends_seen;
	struct ignored_start *ignored;
	uint32_t open_count, end_seen_count, ignored_count;
	instant opens_next, settle_at, at;
	const struct event *event;
	struct facts *facts;
	bool settle;
};

static void *copied(const void *items, size_t bytes)
{
	return bytes ? memcpy(mem_alloc(bytes), items, bytes) : NULL;
}

static struct kept_context keep_context(struct fold *fold)
{
	struct history *history = fold->history;
	struct kept_context kept = {
		.opens = copied(history->opens, history->open_count * sizeof *history->opens),
		.ends_seen = copied(history->ends_seen, history->end_seen_count * sizeof *history->ends_seen),
		.ignored = copied(history->ignored, history->ignored_count * sizeof *history->ignored),
		.ignored_count = history->ignored_count,
		.open_count = history->open_count,
		.end_seen_count = history->end_seen_count,
		.opens_next = history->opens_next,
		.settle_at = history->settle_at,
		.at = fold->at,
		.event = fold->event,
		.facts = history->facts,
		.settle = fold->settle,
	};
	history->facts = history_copy_facts(history->facts);
	return kept;
}

/* The arrays may have grown; they hold what they held. */
static void put_back(struct fold *fold, struct kept_context *kept)
{
	struct history *history = fold->history;
	if (kept->open_count)
		memcpy(history->opens, kept->opens, kept->open_count * sizeof *kept->opens);
	if (kept->end_seen_count)
		memcpy(history->ends_seen, kept->ends_seen, kept->end_seen_count * sizeof *kept->ends_seen);
	if (kept->ignored_count)
		memcpy(history->ignored, kept->ignored, kept->ignored_count * sizeof *kept->ignored);
	history->ignored_count = kept->ignored_count;
	opens_forget_index(history);
	history->open_count = kept->open_count;
	history->end_seen_count = kept->end_seen_count;
	history->opens_next = kept->opens_next;
	history->settle_at = kept->settle_at;
	history_free_facts(history->facts);
	history->facts = kept->facts;
	fold->at = kept->at;
	fold->event = kept->event;
	fold->settle = kept->settle;
	free(kept->opens);
	free(kept->ends_seen);
	free(kept->ignored);
}

static void judge_event(struct fold *fold, const struct interest *interest, const struct event *event)
{
	for (size_t i = 0; i < interest->concern_count; i++) {
		const struct concern *concern = &interest->concerns[i];
		const struct rule *rule = &fold->index->rules->rules[concern->rule];
		if (concern->dated)
			context_judge_ahead(fold, concern->selector, rule, event,
			                    context_rule_key(fold, rule, concern->selector, event));
	}
	for (size_t i = 0; i < interest->state_count; i++) {
		if (!interest->states[i].dated)
			continue;
		struct rule as_rule = {.key = fold->index->rules->states[interest->states[i].state].keys[0],
		                       .of = fold->history->domain};
		context_judge_ahead(fold, interest->states[i].selector, &as_rule, event,
		                    context_rule_key(fold, &as_rule, NULL, event));
	}
}

static const struct interest *dated_interest(const struct fold *fold, const struct event *event)
{
	const struct interest *interest = rule_index_interest(fold->index, fold->history->domain, event->type);
	return event->day_precision && interest && interest->dated ? interest : NULL;
}

void fold_judge_date(struct fold *fold, const struct event *const *events, size_t group, size_t count)
{
	size_t first = 0;
	while (first < group && !dated_interest(fold, events[first]))
		first++;
	if (first == group)
		return;
	struct ending date = ending_of(fold, events[first], false);
	struct kept_context kept = keep_context(fold);
	fold->ahead = true;
	fold->at = date.at;
	(void)context_end_dates(fold); /* what ended with the date before is over */
	for (size_t i = 0; i < count && events[i]->time < date.date_ends; i++) {
		const struct interest *interest =
			rule_index_interest(fold->index, fold->history->domain, events[i]->type);
		fold->at = events[i]->time;
		if (!interest || !interest->any)
			continue;
		bool lacks_start;
		bool contradicts = interest->state_count && interval_contradicts(fold, events[i], &lacks_start);
		context_take(fold, interest, events[i], contradicts);
	}
	fold->at = end_counts_at(&date);
	for (size_t i = first; i < group; i++)
		if (dated_interest(fold, events[i]))
			judge_event(fold, dated_interest(fold, events[i]), events[i]);
	fold->ahead = false;
	marks_free(&fold->seen_ahead);
	put_back(fold, &kept);
	if (date.date_ends > fold->history->date_judged) /* what is still to come on it may change this */
		fold->history->date_judged = date.date_ends;
}
