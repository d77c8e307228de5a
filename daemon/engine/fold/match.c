/* match: after a fold anew, which alerts are the same as those already reported. */
#include "engine/engine_internal.h"

#include "rules/kinds.h"

#include <stdlib.h>

void match_note_evidence(struct outcome *outcome)
{
	outcome->reported_hash = outcome->evidence_hash;
}

/* It opened again, and the reopening proves wrong: it had ended before, and no later than it does now. */
static bool opened_wrongly(const struct outcome *now, const struct outcome *old)
{
	return now->state == OUTCOME_CLOSED && old->reported == REPORTED_STANDING &&
	       old->ladder.stood_until != INSTANT_NONE && now->closed <= old->ladder.stood_until;
}

/* The evidence of the old one becomes that of the new one: people are told by what they were told of. */
static void keep_evidence(struct outcome *now, struct outcome *old)
{
	struct evidence *evidence = now->evidence;
	now->evidence = old->evidence;
	old->evidence = evidence;
	now->evidence_count = old->evidence_count;
	now->evidence_room = old->evidence_room;
	now->evidence_hash = old->evidence_hash;
}

/* In what a fold makes of it; the ladder goes on as it was. */
static bool is_another(const struct outcome *now, const struct outcome *old)
{
	return now->opened != old->opened || now->closed != old->closed || now->due != old->due ||
	       now->nights != old->nights || now->key != old->key || now->rule != old->rule ||
	       now->evidence_hash != old->evidence_hash;
}

static void take_over(struct outcome *now, struct outcome *old)
{
	now->corrected = old->corrected || is_another(now, old);
	now->id = old->id;
	now->reported = old->reported;
	now->reported_hash = old->reported_hash;
	now->ladder = old->ladder;
	now->as_shadow = old->as_shadow;
	now->changed = true;
	if (old->reported == REPORTED_RESOLVED)
		now->ladder.stood_until = old->closed; /* as told: if it stands again, this is when it had ended */
	else if (opened_wrongly(now, old))
		keep_evidence(now, old);
	outcome_free(old);
	old->id = 0; /* taken */
}

/* ---- count, state, load: the same alert where the standing times overlap ---- */

bool match_overlaps(const struct outcome *a, const struct outcome *b)
{
	return (a->opened < b->closed && b->opened < a->closed) || a->opened == b->opened;
}

/* Of several that overlap: one that was not withdrawn before one that was, then the earliest. So where two become one,
 * the first opens again under its own number; where one becomes two, it is the first of them. */
static bool is_rather(const struct outcome *a, const struct outcome *b)
{
	bool a_withdrawn = a->reported == REPORTED_WITHDRAWN, b_withdrawn = b->reported == REPORTED_WITHDRAWN;
	if (a_withdrawn != b_withdrawn)
		return b_withdrawn;
	return a->opened < b->opened;
}

/* Its rule's alerts are told apart by when they stand. */
static bool is_timed(const struct engine *engine, const struct outcome *outcome)
{
	return rule_kind_row(engine->index->rules->rules[outcome->rule].kind)->one_a_subject;
}

/* An alert is of its rule, whichever of the versions opened it: a correction may move that to another's time. */
static uint16_t rule_of(const struct engine *engine, const struct outcome *outcome)
{
	return rule_first_version(&engine->index->rules->rules[outcome->rule]);
}

static uint64_t rule_hash(const struct engine *engine, const struct outcome *outcome)
{
	return mark_mix(rule_of(engine, outcome), 5);
}

/* What was reported of rules whose alerts are told apart by time: by rule, then by when it opened; with each, until
 * when any of its rule up to it stood. */
struct timed {
	uint16_t rule;
	uint32_t index; /* in the reported ones */
	instant opened, until;
};
struct timeline {
	struct timed *items;
	size_t count;
};

static int by_rule_and_opening(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	if (x->opened != y->opened)
		return x->opened < y->opened ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static struct timeline timeline_of(const struct engine *engine, const struct outcome *old, size_t count)
{
	struct timeline timeline = {mem_alloc((count + 1) * sizeof *timeline.items), 0};
	for (size_t i = 0; i < count; i++)
		if (is_timed(engine, &old[i]))
			timeline.items[timeline.count++] =
				(struct timed){rule_of(engine, &old[i]), (uint32_t)i, old[i].opened, old[i].closed};
	qsort(timeline.items, timeline.count, sizeof *timeline.items, by_rule_and_opening);
	for (size_t i = 1; i < timeline.count; i++)
		if (timeline.items[i].rule == timeline.items[i - 1].rule &&
		    timeline.items[i].until < timeline.items[i - 1].until)
			timeline.items[i].until = timeline.items[i - 1].until;
	return timeline;
}

/* The first of the rule that may have stood at `at` or later. */
static size_t first_until(const struct timeline *timeline, uint16_t rule, instant at)
{
	size_t from = 0, until = timeline->count;
	while (from < until) {
		size_t middle = from + (until - from) / 2;
		const struct timed *timed = &timeline->items[middle];
		if (timed->rule < rule || (timed->rule == rule && timed->until < at))
			from = middle + 1;
		else
			until = middle;
	}
	return from;
}

static struct outcome *overlapping_reported(const struct engine *engine, const struct outcome *now,
                                            const struct timeline *timeline, struct outcome *old)
{
	struct outcome *best = NULL;
	uint16_t rule = rule_of(engine, now);
	for (size_t i = first_until(timeline, rule, now->opened);
	     i < timeline->count && timeline->items[i].rule == rule && timeline->items[i].opened <= now->closed; i++) {
		struct outcome *candidate = &old[timeline->items[i].index];
		if (candidate->id && match_overlaps(now, candidate) && (!best || is_rather(candidate, best)))
			best = candidate;
	}
	return best;
}

/* Of those under the rule in `of_rule`. */
static struct outcome *overlapping(const struct engine *engine, const struct outcome *now, const struct map *of_rule,
                                   struct outcome *old, struct outcome *best)
{
	struct map_walk walk = map_walk(of_rule, rule_hash(engine, now));
	for (uint32_t i; (i = map_next(&walk)) != MAP_NONE;) {
		struct outcome *candidate = &old[i];
		if (candidate->id && rule_of(engine, candidate) == rule_of(engine, now) &&
		    match_overlaps(now, candidate) && (!best || is_rather(candidate, best)))
			best = candidate;
	}
	return best;
}

/* ---- all others: by id; an alert may have stood several times ---- */

/* Whether `a` rather than `b` is the period that is spoken of: the one that stands, else the last that was more than an
 * instant. */
static bool speaks_before(const struct outcome *a, const struct outcome *b)
{
	bool a_stands = a->state == OUTCOME_STANDING, b_stands = b->state == OUTCOME_STANDING;
	if (a_stands != b_stands)
		return a_stands;
	if (a->instantaneous != b->instantaneous)
		return b->instantaneous;
	return a->opened >= b->opened;
}

/* Outcomes found by id; several may have one. */
struct by_id {
	struct map map;
	struct outcome *items;
};

static struct by_id index_by_id(struct outcome *items, size_t count)
{
	struct by_id by_id = {.items = items};
	map_reserve(&by_id.map, count);
	for (size_t i = 0; i < count; i++)
		if (items[i].id)
			map_add(&by_id.map, items[i].id, (uint32_t)i);
	return by_id;
}

static struct outcome *reported_under(uint64_t id, const struct by_id *old)
{
	struct outcome *best = NULL;
	struct map_walk walk = map_walk(&old->map, id);
	for (uint32_t i; (i = map_next(&walk)) != MAP_NONE;) {
		struct outcome *candidate = &old->items[i];
		if (candidate->id != id || candidate->reported == REPORTED_NOT || candidate->reported == REPORTED_PAST)
			continue;
		if (!best || (candidate->reported == REPORTED_STANDING && best->reported != REPORTED_STANDING) ||
		    (best->reported != REPORTED_STANDING && candidate->opened >= best->opened))
			best = candidate;
	}
	return best;
}

/* Leaves of the new periods under one id the one that is spoken of; the others are past. */
static bool choose_period(const struct by_id *all, uint32_t which)
{
	struct outcome *now = &all->items[which];
	struct map_walk walk = map_walk(&all->map, now->id);
	for (uint32_t i; (i = map_next(&walk)) != MAP_NONE;) {
		const struct outcome *other = &all->items[i];
		if (i == which || other->id != now->id || other->state == OUTCOME_GONE ||
		    other->reported == REPORTED_PAST)
			continue;
		if (!speaks_before(now, other) || (speaks_before(other, now) && i > which)) {
			now->reported = REPORTED_PAST;
			now->changed = false;
			return false;
		}
	}
	return true;
}

/* By what it is of: its key, when it opened and the event that opened it. For a rule that was renamed more than once
 * and does not name all its former ids. */
bool match_is_renamed(const struct history *history, const struct outcome *outcome, const struct rule *rule,
                      const struct outcome *known)
{
	(void)history;
	return rule->renamed_count && known->rule == outcome->rule && known->key == outcome->key &&
	       known->opened == outcome->opened && known->evidence_count && outcome->evidence_count &&
	       known->evidence[0].ref == outcome->evidence[0].ref;
}

static struct outcome *reported_under_another(const struct history *history, const struct outcome *now,
                                              const struct rule *rule, struct outcome *old, size_t count)
{
	for (size_t i = 0; i < count && rule->renamed_count; i++)
		if (old[i].id && old[i].reported != REPORTED_NOT && old[i].reported != REPORTED_PAST &&
		    match_is_renamed(history, now, rule, &old[i]))
			return &old[i];
	return NULL;
}

/* ---- what was withdrawn, and told so ---- */

const struct outcome *match_withdrawn(const struct history *history, uint64_t id)
{
	struct map_walk walk = map_walk(&history->withdrawn_ids, id);
	for (uint32_t i; (i = map_next(&walk)) != MAP_NONE;)
		if (history->withdrawn[i].id == id)
			return &history->withdrawn[i];
	return NULL;
}

static void file_withdrawn(const struct engine *engine, struct history *history, uint32_t place)
{
	const struct outcome *outcome = &history->withdrawn[place];
	map_add(&history->withdrawn_ids, outcome->id, place);
	if (is_timed(engine, outcome))
		map_add(&history->withdrawn_rules, rule_hash(engine, outcome), place);
}

static void unfile_withdrawn(const struct engine *engine, struct history *history, uint32_t place)
{
	const struct outcome *outcome = &history->withdrawn[place];
	(void)map_remove(&history->withdrawn_ids, outcome->id, place);
	if (is_timed(engine, outcome))
		(void)map_remove(&history->withdrawn_rules, rule_hash(engine, outcome), place);
}

void match_file_withdrawn(const struct engine *engine, struct history *history)
{
	for (uint32_t i = 0; i < history->withdrawn_count; i++)
		file_withdrawn(engine, history, i);
}

static void keep_withdrawn(const struct engine *engine, struct history *history, struct outcome *outcome)
{
	if (match_withdrawn(history, outcome->id)) {
		outcome_free(outcome);
		return;
	}
	struct outcome *kept = mem_push32((void **)&history->withdrawn, &history->withdrawn_count,
	                                  &history->withdrawn_room, sizeof *kept);
	*kept = *outcome;
	kept->state = OUTCOME_GONE;
	file_withdrawn(engine, history, history->withdrawn_count - 1);
}

/* It comes back: the alert that stands now is this one. The last takes its place. */
static void take_back(const struct engine *engine, struct history *history, struct outcome *now, uint32_t place)
{
	uint32_t last = history->withdrawn_count - 1;
	unfile_withdrawn(engine, history, place);
	take_over(now, &history->withdrawn[place]);
	if (place != last) {
		unfile_withdrawn(engine, history, last);
		history->withdrawn[place] = history->withdrawn[last];
		file_withdrawn(engine, history, place);
	}
	history->withdrawn_count--;
}

/* ---- a fold ---- */

struct matching {
	const struct engine *engine;
	struct history *history;
	struct outcome *old;
	size_t old_count;
	struct by_id now_by_id, old_by_id;
	struct timeline timeline;
};

static void match_by_id(struct matching *matching, uint32_t which)
{
	struct history *history = matching->history;
	struct outcome *now = &history->outcomes[which];
	const struct rule *rule = &matching->engine->index->rules->rules[now->rule];
	if (!choose_period(&matching->now_by_id, which))
		return;
	struct outcome *found = reported_under(now->id, &matching->old_by_id);
	if (!found)
		found = reported_under_another(history, now, rule, matching->old, matching->old_count);
	const struct outcome *withdrawn = found ? NULL : match_withdrawn(history, now->id);
	if (withdrawn)
		take_back(matching->engine, history, now, (uint32_t)(withdrawn - history->withdrawn));
	if (!found)
		return;
	bool stood_again =
		found->reported == REPORTED_RESOLVED && now->state == OUTCOME_CLOSED && now->opened > found->closed;
	if (stood_again && now->instantaneous)
		return; /* nobody hears of this one; what they were told of is gone */
	take_over(now, found);
	if (stood_again) /* and is over already; nobody heard of it */
		now->reported = REPORTED_NOT;
}

/* One that was withdrawn comes back only where no other stood. */
static void match_by_time(struct matching *matching, struct outcome *now)
{
	struct history *history = matching->history;
	struct outcome *found = overlapping_reported(matching->engine, now, &matching->timeline, matching->old);
	struct outcome *best = overlapping(matching->engine, now, &history->withdrawn_rules, history->withdrawn,
	                                   found);
	if (best && best == found)
		take_over(now, found);
	else if (best)
		take_back(matching->engine, history, now, (uint32_t)(best - history->withdrawn));
}

static bool id_lives(const struct by_id *all, uint64_t id)
{
	struct map_walk walk = map_walk(&all->map, id);
	for (uint32_t i; (i = map_next(&walk)) != MAP_NONE;)
		if (all->items[i].id == id && all->items[i].state != OUTCOME_GONE &&
		    !(all->items[i].instantaneous && all->items[i].reported == REPORTED_NOT))
			return true;
	return false;
}

/* What was reported and is no longer of the function: kept, to be withdrawn, and to come back under its id. */
static void keep_gone(struct history *history, struct outcome *old)
{
	struct outcome *kept = mem_push32((void **)&history->outcomes, &history->outcome_count, &history->outcome_room,
	                                sizeof *kept);
	*kept = *old;
	kept->state = OUTCOME_GONE;
	kept->changed = true;
	kept->opened_at_instant = kept->closed_at_instant = kept->listed = false;
}

static void keep_the_rest(struct matching *matching)
{
	struct history *history = matching->history;
	for (size_t i = 0; i < matching->old_count; i++) {
		struct outcome *old = &matching->old[i];
		bool told = old->reported != REPORTED_NOT && old->reported != REPORTED_PAST;
		matching->now_by_id.items = history->outcomes; /* what is kept may move them in memory */
		if (!old->id || !told || id_lives(&matching->now_by_id, old->id))
			outcome_free(old);
		else if (old->reported == REPORTED_WITHDRAWN)
			keep_withdrawn(matching->engine, history, old);
		else
			keep_gone(history, old);
	}
}

static struct matching begin_matching(const struct engine *engine, struct history *history, struct outcome *old,
                                      size_t old_count)
{
	for (uint32_t i = 0; i < history->outcome_count; i++)
		if (history->outcomes[i].identity)
			history->outcomes[i].id = outcome_id(history, &history->outcomes[i]);
	struct matching matching = {.engine = engine, .history = history, .old = old, .old_count = old_count,
	                            .now_by_id = index_by_id(history->outcomes, history->outcome_count),
	                            .old_by_id = index_by_id(old, old_count)};
	matching.timeline = timeline_of(engine, old, old_count);
	return matching;
}

void match_outcomes(const struct engine *engine, struct history *history, struct outcome *old, size_t old_count)
{
	struct matching matching = begin_matching(engine, history, old, old_count);
	for (uint32_t i = 0; i < history->outcome_count; i++) {
		struct outcome *now = &history->outcomes[i];
		uint64_t id = now->id;
		if (now->state == OUTCOME_GONE)
			continue;
		if (now->identity)
			match_by_id(&matching, i);
		else
			match_by_time(&matching, now);
		if (now->id != id) /* as it was reported */
			map_add(&matching.now_by_id.map, now->id, i);
	}
	keep_the_rest(&matching);
	map_free(&matching.now_by_id.map);
	map_free(&matching.old_by_id.map);
	free(matching.timeline.items);
	free(old);
}

/* ---- early warnings ---- */

/* Sent already: that warning of that clock, or a later one, where the clock's time was not moved beyond what was warned
 * of. */
static bool was_sent(const struct warned *now, const struct warned *old)
{
	return old->reported && old->id == now->id && old->start == now->start && now->stage <= old->stage &&
	       now->at < old->due;
}

void match_warned(struct history *history, struct warned *old, size_t old_count)
{
	struct map ids = {0};
	map_reserve(&ids, old_count);
	for (size_t i = 0; i < old_count; i++)
		map_add(&ids, old[i].id, (uint32_t)i);
	for (size_t i = 0; i < history->warned_count; i++) {
		struct warned *now = &history->warned[i];
		now->id = outcome_id_of(history, now->identity);
		struct map_walk walk = map_walk(&ids, now->id);
		for (uint32_t k; !now->reported && (k = map_next(&walk)) != MAP_NONE;)
			now->reported = was_sent(now, &old[k]);
	}
	history->warned_from = 0;
	map_free(&ids);
	free(old);
}
