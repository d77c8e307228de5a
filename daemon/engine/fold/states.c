/* states: which keys of which states are open: they start, end, end with their date, or with a death. */
#include "engine/fold/fold.h"

#include "base/mem.h"

static uint64_t child_of(const struct fold *fold, const struct event *event)
{
	return fold->history->domain == PARTY_NONE ? 0 : context_with_subject(fold, event, KEY_NONE);
}

static uint64_t state_key(const struct fold *fold, const struct state_def *state, const struct event *event)
{
	uint64_t key = KEY_NONE;
	for (size_t i = 0; i < STATE_KEYS && state->keys[i]; i++) {
		uint64_t part = context_plain_key(fold, event, state->keys[i]);
		if (part == KEY_NONE)
			return fold->history->domain == PARTY_NONE ? KEY_NONE
			                                           : context_with_subject(fold, event, KEY_NONE);
		key = i ? mark_mix(key, part) : part;
	}
	return fold->history->domain == PARTY_NONE ? key : context_with_subject(fold, event, key);
}

static size_t place_of(const struct history *history, const struct open_entry *open)
{
	return (size_t)(open - history->opens);
}

/* Starts once more what is open: it goes on where an end together with this start was, or will be, of what ran
 * before. */
static void start_again(struct fold *fold, struct open_entry *open, const struct event *event, struct begun begun,
                        instant ends)
{
	if (open->ends != INSTANT_NEVER && ends == INSTANT_NEVER) {
		settle_state_changed(fold, open->state);
		open_unlink(fold->history, place_of(fold->history, open));
		open->begun = begun;
		open->ref = event->ref;
		open->ends = INSTANT_NEVER;
		open_link(fold->history, place_of(fold->history, open));
	} else {
		start_ignore(fold, open->state, true, event, open->key, INSTANT_NEVER);
	}
}

/* From so many on they are gone through for those that nothing looks back to any more: so a child with ten thousand
 * placements behind it costs no more than one with ten. */
#define OPENS_FEW 32

static bool is_long_gone(const struct fold *fold, const struct open_entry *open)
{
	const struct state_tails *tails = &fold->index->tails[open->state];
	for (size_t i = 0; i < tails->count; i++) {
		instant until;
		if (calendar_expiry(fold->calendar, open->ends - open->by_date, tails->items[i], &until, NULL) !=
		            RESULT_OK ||
		    fold->at < until)
			return false;
	}
	return true;
}

static void drop_long_gone(struct fold *fold)
{
	struct history *history = fold->history;
	uint32_t kept = 0;
	opens_forget_index(history);
	for (uint32_t i = 0; i < history->open_count; i++)
		if (!history->opens[i].closed || !is_long_gone(fold, &history->opens[i]))
			history->opens[kept++] = history->opens[i];
	history->open_count = kept;
}

static void start_state(struct fold *fold, uint16_t state, const struct event *event)
{
	struct history *history = fold->history;
	uint64_t key = state_key(fold, &fold->index->rules->states[state], event), child = child_of(fold, event);
	struct begun begun = begun_with(fold, event);
	struct open_entry *open = open_find(fold, state, key);
	instant ends = INSTANT_NEVER;
	for (size_t i = 0; i < history->end_seen_count; i++) {
		const struct end_seen *end_seen = &history->ends_seen[i];
		if (!end_seen_fits(end_seen, state, END_OF_STATE, key) ||
		    (end_seen->child && end_seen->child != child) ||
		    !instant_reaches(&begun, &end_seen->ending, end_seen->ran_since))
			continue;
		if (end_seen->ending.date_ends == INSTANT_NONE && !open)
			return; /* ends at its own instant: it never held */
		if (end_seen->ending.date_ends != INSTANT_NONE && end_seen->ending.date_ends < ends)
			ends = end_seen->ending.date_ends;
	}
	if (open) {
		start_again(fold, open, event, begun, ends);
		return;
	}
	if (!fold->ahead && history->open_count >= OPENS_FEW && history->open_count == history->open_room)
		drop_long_gone(fold); /* before it grows: most of it may be behind */
	*(struct open_entry *)mem_push32((void **)&history->opens, &history->open_count, &history->open_room,
	                               sizeof *history->opens) =
	        (struct open_entry){.key = key, .ref = event->ref, .child = child, .begun = begun, .ends = ends,
	                            .state = state};
	open_link(history, history->open_count - 1);
	history_open_ends(history, ends);
	settle_state_changed(fold, state);
}

static void drop_open(struct history *history, size_t i)
{
	size_t last = history->open_count - 1;
	open_unlink(history, i);
	if (i != last) {
		open_unlink(history, last);
		history->opens[i] = history->opens[last];
		open_link(history, i);
	}
	history->open_count--;
}

/* The earliest start of the key, while it was open, that began together with the end and that the end is not of. */
static const struct ignored_start *left_open(struct fold *fold, const struct open_entry *open,
                                             const struct end_seen *end_seen)
{
	struct ignored_start *left = NULL;
	for (uint32_t i = 0; i < fold->history->ignored_count; i++) {
		struct ignored_start *start = &fold->history->ignored[i];
		if (start->of_state && start->rule == open->state && start->key == open->key &&
		    (!left || start->begun.at < left->begun.at) &&
		    instant_relation(&start->begun, &end_seen->ending) == RELATION_TOGETHER &&
		    !instant_reaches(&start->begun, &end_seen->ending, end_seen->ran_since))
			left = start;
	}
	return left;
}

/* Ends one open key that the end reaches: at fold->at, or with the date; or goes on with what began together with the
 * end. */
static void end_open(struct fold *fold, size_t i, const struct end_seen *end_seen)
{
	struct history *history = fold->history;
	struct open_entry *open = &history->opens[i];
	bool by_date = end_seen->ending.date_ends != INSTANT_NONE;
	const struct ignored_start *left = left_open(fold, open, end_seen);
	settle_state_changed(fold, open->state);
	if (left) {
		open->begun = left->begun; /* what was open before ended; what begins here goes on */
		open->ref = left->ref;
	} else if (by_date) {
		open_unlink(history, i);
		if (end_seen->ending.date_ends < open->ends)
			open->ends = end_seen->ending.date_ends;
		open_link(history, i);
		history_open_ends(history, open->ends);
	} else if (open->begun.at < fold->at && fold->index->state_tail[open->state]) {
		open_unlink(history, i);
		open->closed = true;
		open->ends = fold->at;
		open_link(history, i);
	} else {
		drop_open(history, i);
	}
}

static bool is_of(const struct open_entry *open, uint16_t state, const struct end_seen *end_seen)
{
	return open->state == state && !open->closed && (!end_seen->child || open->child == end_seen->child);
}

static void end_state(struct fold *fold, uint16_t state, struct end_seen end_seen)
{
	struct history *history = fold->history;
	end_seen.owner = state;
	end_seen.what = END_OF_STATE;
	end_seen.ran_since = end_seen_ran(fold, &end_seen);
	const struct open_entry *named = end_seen.ending.keyed ? open_find(fold, state, end_seen.key) : NULL;
	size_t from = named ? place_of(history, named) : 0, until = named ? from + 1 : history->open_count;
	if (end_seen.ending.keyed && !named)
		until = 0;
	for (size_t i = from; i < until; i++)
		if (is_of(&history->opens[i], state, &end_seen))
			end_seen.ran_since =
				instant_ran(&history->opens[i].begun, &end_seen.ending, end_seen.ran_since);
	for (size_t i = until; i-- > from;) {
		struct open_entry *open = &history->opens[i];
		if (is_of(open, state, &end_seen) &&
		    instant_reaches(&open->begun, &end_seen.ending, end_seen.ran_since))
			end_open(fold, i, &end_seen);
	}
	end_seen_keep(fold, end_seen);
}

/* An end without a key (or without the value of it) ends all keys of the state: whose it was nobody said. In a party's
 * history only those of the same child. */
static void take_end(struct fold *fold, uint16_t state, const struct event *event)
{
	const struct state_def *def = &fold->index->rules->states[state];
	uint64_t key = state_key(fold, def, event);
	bool any = !def->keys[0] ? true : key == KEY_NONE;
	if (fold->history->domain != PARTY_NONE)
		any = false;
	end_state(fold, state, end_seen_of(fold, event, state, key, any, false));
}

/* A death or transfer ends every open key of the child, in a party's history too. */
static void end_all_states(struct fold *fold, const struct event *event)
{
	struct end_seen end_seen = end_seen_of(fold, event, 0, KEY_NONE, true, true);
	end_seen.child = child_of(fold, event);
	for (size_t i = 0; i < fold->index->rules->state_count; i++)
		if (fold->index->state_used[fold->history->domain][i])
			end_state(fold, (uint16_t)i, end_seen);
}

static bool state_where(struct fold *fold, const struct state_concern *concern, const struct event *event)
{
	const struct rule as_rule = {.key = fold->index->rules->states[concern->state].keys[0],
	                             .of = fold->history->domain};
	uint64_t key = context_rule_key(fold, &as_rule, NULL, event);
	return context_where(fold, concern->selector, &as_rule, event, key);
}

static void take_states(struct fold *fold, const struct interest *interest, const struct event *event,
                        bool ends_nothing)
{
	for (size_t i = 0; i < interest->state_count; i++) {
		const struct state_concern *concern = &interest->states[i];
		if (ends_nothing && !concern->from)
			continue;
		if (concern->selector->where && !state_where(fold, concern, event))
			continue;
		if (concern->from)
			start_state(fold, concern->state, event);
		else
			take_end(fold, concern->state, event);
	}
}

void context_take(struct fold *fold, const struct interest *interest, const struct event *event, bool contradicts)
{
	if (interest->facts)
		history_set_fact(fold->history, fold->calendar, event, false);
	if (interest->facts || interest->ends_all)
		settle_all_changed(fold);
	context_take_marks(fold, interest, event);
	take_states(fold, interest, event, contradicts);
	if (interest->ends_all)
		end_all_states(fold, event);
	fold->settle |= interest->settles;
}

/* After they were gone through: exactly when the next known end is reached. */
static void reckon_opens_next(struct history *history)
{
	history->opens_next = INSTANT_NEVER;
	for (size_t i = 0; i < history->open_count; i++)
		if (!history->opens[i].closed)
			history_open_ends(history, history->opens[i].ends);
}

bool context_end_dates(struct fold *fold)
{
	struct history *history = fold->history;
	bool reached = history->opens_next <= fold->at, ended = false;
	for (size_t i = history->open_count; reached && i-- > 0;) {
		struct open_entry *open = &history->opens[i];
		if (open->closed || open->ends > fold->at)
			continue;
		fold->settle = ended = true;
		settle_state_changed(fold, open->state);
		if (!fold->index->state_tail[open->state]) {
			drop_open(history, i);
			continue;
		}
		open_unlink(history, i);
		open->closed = open->by_date = true;
		open_link(history, i);
	}
	if (reached)
		reckon_opens_next(history);
	ends_seen_forget(fold);
	return ended;
}
