/* addition: candidates of what the kinds propose, tried from the smallest on, and pared down. */
#include "backtest/addition.h"

#include <stdlib.h>

#define WAYS 6    /* of the ways in which conditions may hold, so many are tried */
#define KEYS 6    /* of the keys on record, so many are tried, the latest first */
#define SHIFTS 12 /* of the instants around what is on record */
#define TAKEN_MAX 16 /* dates of birth on record that are taken back together */
#define GAPS 80   /* between records on either side of one event, of which its range is tried */

struct candidate {
	const struct event **events;
	size_t count;
	bool withdraws;
};

struct search {
	const struct trial *trial;
	const struct why *why;
	struct arena *arena;
	struct additions *found;
	struct candidate *candidates;
	size_t count, room;
	struct text keys[KEYS];
	size_t key_count;
	struct fault *fault;
};

/* ---- candidates ---- */

static void add_candidate(struct search *search, const struct addition_maker *maker, bool withdraws)
{
	search->found->cut |= maker->too_many || search->count >= ADDITION_CANDIDATES_MAX;
	if (maker->failed || !maker->count || search->count >= ADDITION_CANDIDATES_MAX)
		return;
	const struct event **events = arena_alloc(search->arena, maker->count * sizeof *events);
	memcpy(events, maker->events, maker->count * sizeof *events);
	*(struct candidate *)mem_push((void **)&search->candidates, &search->count, &search->room,
	                              sizeof(struct candidate)) = (struct candidate){events, maker->count, withdraws};
}

static struct addition_maker new_maker(const struct search *search)
{
	return (struct addition_maker){.trial = search->trial, .rule = search->why->rule, .arena = search->arena};
}

/* A key on record begins only once: where an event of that type and key is there, another would be no new record. */
static bool is_on_record(const struct search *search, const struct why_plan *plan, struct text key)
{
	const struct subject *subject = search->trial->subject;
	for (size_t i = 0; i < subject->count; i++)
		for (size_t k = 0; k < plan->count; k++)
			if (plan->seeds[k].selector && plan->seeds[k].selector->type == subject->events[i]->type &&
			    text_equal(event_string(subject->events[i], search->why->rule->key), key))
				return true;
	return false;
}

static void propose(struct search *search, const struct why_plan *plan, struct text key, size_t way, instant shift)
{
	struct addition_maker maker = new_maker(search);
	maker.key = key;
	maker.way = way;
	maker.younger = search->why->too_old ? search->why->rule->until_age : 0;
	addition_make(&maker, plan, shift);
	add_candidate(search, &maker, false);
}

/* The keys on record of what the rule looked at, the latest first. */
static void note_keys(struct search *search)
{
	const struct subject *subject = search->trial->subject;
	for (size_t i = search->why->note_count; i-- > 0 && search->key_count < KEYS && search->why->rule->key;) {
		uint64_t place = search->why->notes[i].ref;
		if (!place || place > subject->count)
			continue;
		struct text key = event_string(subject->events[place - 1], search->why->rule->key);
		bool known = key.length == 0;
		for (size_t k = 0; k < search->key_count; k++)
			known |= text_equal(search->keys[k], key);
		if (!known)
			search->keys[search->key_count++] = key;
	}
}

/* A minute before and after what the rule looked at, the latest first: where an order decides. */
static void propose_shifted(struct search *search, const struct why_plan *plan)
{
	const struct why *why = search->why;
	size_t shifts = 0;
	instant at = plan->seeds[plan->count - 1].at;
	for (size_t i = why->note_count; i-- > 0 && shifts < SHIFTS; shifts++)
		for (int side = -1; side <= 1; side += 2)
			if (why->notes[i].at + side * MINUTE <= search->trial->at)
				propose(search, plan, TEXT_NONE, 0, why->notes[i].at + side * MINUTE - at);
	if (at < search->trial->at) /* now: its clock runs out later */
		propose(search, plan, TEXT_NONE, 0, search->trial->at - at);
}

static void propose_all(struct search *search)
{
	const struct why *why = search->why;
	note_keys(search);
	for (size_t i = 0; i < why->plan_count; i++) {
		const struct why_plan *plan = &why->plans[i];
		for (size_t way = 0; way < WAYS; way++)
			propose(search, plan, TEXT_NONE, way, 0);
		for (size_t k = 0; k < search->key_count && plan->copies == 1; k++)
			for (size_t way = 0; way < 2 && !is_on_record(search, plan, search->keys[k]); way++)
				propose(search, plan, search->keys[k], way, 0);
		if (plan->copies == 1)
			propose_shifted(search, plan);
	}
}

static void propose_withdrawals(struct search *search)
{
	const struct subject *subject = search->trial->subject;
	search->count = 0;
	for (size_t i = search->why->note_count; i-- > 0;) {
		uint64_t place = search->why->notes[i].ref;
		struct addition_maker maker = new_maker(search);
		if (place && place <= subject->count) {
			(void)addition_withdrawal(&maker, subject->events[place - 1]);
			add_candidate(search, &maker, true);
		}
	}
}

/* What is recorded proves wrong, and something new comes: a rule for a child whose date of birth nobody knows opens
 * only without the one that is known. `taken`: the events to take back; each beside what a kind proposes. */
static void propose_instead(struct search *search, const struct event *const *taken, size_t taken_count)
{
	const struct why *why = search->why;
	for (size_t i = 0; i < why->plan_count && taken_count; i++)
		for (size_t way = 0; way < WAYS; way++) {
			struct addition_maker maker = new_maker(search);
			maker.way = way;
			addition_make(&maker, &why->plans[i], 0);
			for (size_t k = 0; k < taken_count; k++)
				(void)addition_withdrawal(&maker, taken[k]);
			add_candidate(search, &maker, true);
		}
}

static void propose_corrections(struct search *search)
{
	const struct subject *subject = search->trial->subject;
	const struct event **taken = arena_alloc(search->arena, (subject->count + 1) * sizeof *taken);
	size_t count = 0;
	search->count = 0;
	for (size_t i = 0; i < subject->count && count < TAKEN_MAX; i++)
		if (subject->events[i]->type == TYPE_ID_CHILD_UPDATED &&
		    event_field(subject->events[i], schema_name(TEXT("date_of_birth"))))
			taken[count++] = subject->events[i];
	propose_instead(search, taken, count);
	for (size_t i = search->why->note_count, tried = 0; i-- > 0 && tried < SHIFTS; tried++) {
		uint64_t place = search->why->notes[i].ref;
		if (place && place <= subject->count)
			propose_instead(search, &subject->events[place - 1], 1);
	}
}

/* ---- trying ---- */

static bool spent(const struct search *search)
{
	const struct trial *trial = search->trial;
	return search->found->trials >= ADDITION_TRIALS_MAX ||
	       (trial->events_most && search->found->trials * (trial->subject->count + 1) >= trial->events_most);
}

static enum result stands(struct search *search, const struct event *const *events, size_t count, instant at, bool *yes)
{
	struct trial trial = *search->trial;
	*yes = false;
	if (spent(search)) {
		search->found->cut = true;
		return RESULT_OK;
	}
	search->found->trials++;
	trial.added = events;
	trial.added_count = count;
	trial.at = at;
	trial.why = NULL;
	return trial_stands(&trial, search->why->rule->id, yes, search->fault);
}

/* Now, or else when a clock that it starts runs out. */
static enum result opens(struct search *search, const struct candidate *candidate, instant *at, bool *yes)
{
	struct why why = {.arena = search->arena, .rule = search->why->rule, .opens_at = INSTANT_NEVER};
	enum result result = stands(search, candidate->events, candidate->count, *at, yes);
	if (result != RESULT_OK || *yes || search->why->opens_at != INSTANT_NEVER || candidate->withdraws)
		return result;
	struct trial trial = *search->trial;
	trial.added = candidate->events;
	trial.added_count = candidate->count;
	trial.why = &why;
	search->found->trials++;
	result = trial_judge(&trial, NULL, NULL, search->fault);
	instant later = why.opens_at;
	why_free(&why);
	if (result != RESULT_OK || later == INSTANT_NEVER)
		return result;
	*at = later;
	return stands(search, candidate->events, candidate->count, later, yes);
}

/* Leaves out what it also opens without. */
static enum result pare(struct search *search, struct candidate *candidate, instant at)
{
	for (size_t i = 0; i < candidate->count && candidate->count > 1;) {
		const struct event **fewer = arena_alloc(search->arena, candidate->count * sizeof *fewer);
		bool yes;
		memcpy(fewer, candidate->events, i * sizeof *fewer);
		memcpy(fewer + i, candidate->events + i + 1, (candidate->count - i - 1) * sizeof *fewer);
		enum result result = stands(search, fewer, candidate->count - 1, at, &yes);
		if (result != RESULT_OK)
			return result;
		if (!yes) {
			i++;
			continue;
		}
		candidate->events = fewer;
		candidate->count--;
	}
	return RESULT_OK;
}

/* ---- the range of one event ---- */

static enum result stands_at(struct search *search, const struct addition *addition, instant when, bool *yes)
{
	struct event moved = *addition->events[0];
	const struct event *events[1] = {&moved};
	moved.time = when;
	return stands(search, events, 1, when > addition->at ? when : addition->at, yes);
}

static int order_instants(const void *a, const void *b)
{
	instant x = *(const instant *)a, y = *(const instant *)b;
	return (x > y) - (x < y);
}

/* Between two records what holds mostly stays as it is: an instant in each gap, from `at` outwards to the one side.
 * Where there are more gaps than are tried, the range ends there. */
static size_t instants_to_try(const struct search *search, instant at, int side, instant *tries)
{
	const struct subject *subject = search->trial->subject;
	instant *times = mem_zero(subject->count + 1, sizeof *times), last = at;
	size_t near = 0, count = 0;
	for (size_t i = 0; i < subject->count; i++)
		if ((subject->events[i]->time - at) * side > 0)
			times[near++] = (subject->events[i]->time - at) * side;
	if (near)
		qsort(times, near, sizeof *times, order_instants);
	for (size_t i = 0; i < near && count < GAPS; i++) {
		instant time = at + times[i] * side;
		if ((time - last) * side > 2 * MINUTE)
			tries[count++] = last + (time - last) / 2;
		last = time;
	}
	for (instant step = HOUR; step < ADDITION_RANGE && count < GAPS; step *= 2) /* beyond all of them */
		if (((last + side * step) - at) * side < ADDITION_RANGE)
			tries[count++] = last + side * step;
	free(times);
	return count;
}

/* As far on one side as it still opens, to the minute. */
static enum result find_bound(struct search *search, const struct addition *addition, int side, instant *bound)
{
	instant at = addition->events[0]->time, good = at, bad = INSTANT_NEVER, tries[GAPS];
	enum result result = RESULT_OK;
	bool yes = true;
	size_t count = instants_to_try(search, at, side, tries);
	for (size_t i = 0; i < count && bad == INSTANT_NEVER && result == RESULT_OK; i++) {
		result = stands_at(search, addition, tries[i], &yes);
		*(yes ? &good : &bad) = tries[i];
	}
	*bound = count == GAPS ? good : side < 0 ? INSTANT_NONE : INSTANT_NEVER;
	if (bad == INSTANT_NEVER)
		return result;
	while ((bad - good) * side > MINUTE && result == RESULT_OK) {
		instant middle = good + (bad - good) / 2;
		result = stands_at(search, addition, middle, &yes);
		*(yes ? &good : &bad) = middle;
	}
	/* People write whole minutes: the one between the two, where there is one. */
	instant later = side < 0 ? good : bad, whole = later - later % MINUTE;
	yes = false;
	if (result == RESULT_OK && whole != good && whole != bad && (whole > good) == (side > 0))
		result = stands_at(search, addition, whole, &yes);
	*bound = yes ? whole : good;
	return result;
}

/* Also between the two it must open wherever it is tried. */
static enum result find_range(struct search *search, struct addition *addition)
{
	enum result result = find_bound(search, addition, -1, &addition->first);
	if (result == RESULT_OK)
		result = find_bound(search, addition, 1, &addition->last);
	instant at = addition->events[0]->time;
	instant from = addition->first == INSTANT_NONE ? at - ADDITION_RANGE / 2 : addition->first;
	instant until = addition->last == INSTANT_NEVER ? at + ADDITION_RANGE / 2 : addition->last;
	addition->ranged = true;
	for (int i = 1; i < 12 && result == RESULT_OK && addition->ranged; i++)
		result = stands_at(search, addition, from + (until - from) / 12 * i, &addition->ranged);
	return result;
}

/* ---- the whole ---- */

static int by_count(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return x->events < y->events ? -1 : x->events > y->events; /* as they were proposed: the arena grows */
}

static bool same_kind(const struct addition *a, const struct candidate *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->events[i]->type != b->events[i]->type)
			return false;
	const struct event *x = a->events[0], *y = b->events[0];
	for (size_t i = 0; i < x->field_count && i < y->field_count; i++) /* of a key on record: another way */
		if (x->fields[i].value.kind == VALUE_STRING && y->fields[i].value.kind == VALUE_STRING &&
		    !text_equal(x->fields[i].value.string, y->fields[i].value.string))
			return false;
	return true;
}

static bool is_known(const struct search *search, const struct candidate *candidate)
{
	for (size_t i = 0; i < search->found->count; i++)
		if (same_kind(&search->found->items[i], candidate))
			return true;
	return false;
}

static enum result keep_candidate(struct search *search, struct candidate candidate, instant at)
{
	struct additions *found = search->found;
	enum result result = pare(search, &candidate, at);
	if (result != RESULT_OK || is_known(search, &candidate))
		return result;
	if (found->count && candidate.count < found->items[0].count)
		found->count = 0; /* smaller than what was found before */
	struct addition *addition = &found->items[found->count++];
	*addition = (struct addition){
		.events = candidate.events, .count = candidate.count, .at = at, .withdraws = candidate.withdraws};
	return candidate.count == 1 && !candidate.withdraws && at == search->trial->at ? find_range(search, addition)
	                                                                               : RESULT_OK;
}

static enum result try_all(struct search *search)
{
	struct additions *found = search->found;
	enum result result = RESULT_OK;
	if (search->count)
		qsort(search->candidates, search->count, sizeof *search->candidates, by_count);
	for (size_t i = 0; i < search->count && result == RESULT_OK && found->count < ADDITIONS_MAX; i++) {
		const struct candidate *candidate = &search->candidates[i];
		instant at = search->trial->at;
		bool yes = false;
		if (found->count && candidate->count > found->items[0].count)
			break;
		if (is_known(search, candidate))
			continue;
		result = opens(search, candidate, &at, &yes);
		if (result == RESULT_OK && yes && (!found->count || at <= found->items[0].at))
			result = keep_candidate(search, *candidate, at);
	}
	return result;
}

enum result addition_find(const struct trial *trial, const struct why *why, struct arena *arena,
                          struct additions *found, struct fault *fault)
{
	struct search search = {.trial = trial, .why = why, .arena = arena, .found = found, .fault = fault};
	*found = (struct additions){.count = 0};
	propose_all(&search);
	enum result result = try_all(&search);
	if (result == RESULT_OK && !found->count) {
		propose_withdrawals(&search);
		result = try_all(&search);
	}
	if (result == RESULT_OK && !found->count) {
		propose_corrections(&search);
		result = try_all(&search);
	}
	free(search.candidates);
	return result;
}
