/* match: after a fold anew, which alerts are the same as those already reported. */
#include "engine/engine_internal.h"

#include <stdlib.h>

uint64_t match_evidence_hash(const struct outcome *outcome)
{
	uint64_t hash = 7;
	for (uint32_t i = 0; i < outcome->evidence_count; i++)
		hash = mark_mix(hash, outcome->evidence[i].ref);
	return hash;
}

void match_note_evidence(struct outcome *outcome)
{
	outcome->reported_hash = match_evidence_hash(outcome);
}

/* It opened again, and the reopening proves wrong: it had ended before, and no later than it does now. */
static bool opened_wrongly(const struct outcome *now, const struct outcome *old)
{
	return now->state == OUTCOME_CLOSED && old->reported == REPORTED_STANDING && old->ladder.stood_until != INSTANT_NONE &&
	       now->closed <= old->ladder.stood_until;
}

/* The evidence of the old one becomes that of the new one: people are told by what they were told of. */
static void keep_evidence(struct outcome *now, struct outcome *old)
{
	struct evidence *evidence = now->evidence;
	now->evidence = old->evidence;
	old->evidence = evidence;
	now->evidence_count = old->evidence_count;
	now->evidence_room = old->evidence_room;
}

static void take_over(struct outcome *now, struct outcome *old)
{
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

/* Of several that overlap: one that was not withdrawn before one that was, then the earliest. So where two become one, the
 * first opens again under its own number; where one becomes two, it is the first of them. */
static bool is_rather(const struct outcome *a, const struct outcome *b)
{
	bool a_withdrawn = a->reported == REPORTED_WITHDRAWN, b_withdrawn = b->reported == REPORTED_WITHDRAWN;
	if (a_withdrawn != b_withdrawn)
		return b_withdrawn;
	return a->opened < b->opened;
}

static struct outcome *overlapping(const struct outcome *now, struct outcome *old, size_t count)
{
	struct outcome *best = NULL;
	for (size_t i = 0; i < count; i++) {
		struct outcome *candidate = &old[i];
		if (candidate->id && candidate->rule == now->rule && match_overlaps(now, candidate) &&
		    (!best || is_rather(candidate, best)))
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

static struct outcome *reported_under(uint64_t id, struct outcome *old, size_t count)
{
	struct outcome *best = NULL;
	for (size_t i = 0; i < count; i++) {
		struct outcome *candidate = &old[i];
		if (candidate->id != id || candidate->reported == REPORTED_NOT || candidate->reported == REPORTED_PAST)
			continue;
		if (!best || (candidate->reported == REPORTED_STANDING && best->reported != REPORTED_STANDING) ||
		    (best->reported != REPORTED_STANDING && candidate->opened >= best->opened))
			best = candidate;
	}
	return best;
}

/* Leaves of the new periods under one id the one that is spoken of; the others are past. */
static bool choose_period(struct history *history, size_t which)
{
	struct outcome *now = &history->outcomes[which];
	for (size_t i = 0; i < history->outcome_count; i++) {
		const struct outcome *other = &history->outcomes[i];
		if (i == which || other->id != now->id || other->state == OUTCOME_GONE || other->reported == REPORTED_PAST)
			continue;
		if (!speaks_before(now, other) || (speaks_before(other, now) && i > which)) {
			now->reported = REPORTED_PAST;
			now->changed = false;
			return false;
		}
	}
	return true;
}

/* By what it is of: its key, when it opened and the event that opened it. For a rule that was renamed more than once and does
 * not name all its former ids. */
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

static void match_by_id(struct history *history, const struct rule *rule, size_t which, struct outcome *old,
                        size_t old_count)
{
	struct outcome *now = &history->outcomes[which];
	if (!choose_period(history, which))
		return;
	struct outcome *found = reported_under(now->id, old, old_count);
	if (!found)
		found = reported_under_another(history, now, rule, old, old_count);
	if (!found)
		return;
	bool stood_again = found->reported == REPORTED_RESOLVED && now->state == OUTCOME_CLOSED && now->opened > found->closed;
	take_over(now, found);
	if (stood_again) /* and is over already; nobody heard of it */
		now->reported = REPORTED_NOT;
}

static bool id_lives(const struct history *history, uint64_t id)
{
	for (size_t i = 0; i < history->outcome_count; i++)
		if (history->outcomes[i].id == id && history->outcomes[i].state != OUTCOME_GONE)
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

void match_outcomes(const struct engine *engine, struct history *history, struct outcome *old, size_t old_count)
{
	size_t count = history->outcome_count;
	for (size_t i = 0; i < count; i++)
		if (history->outcomes[i].identity)
			history->outcomes[i].id = outcome_id(history, &history->outcomes[i]);
	for (size_t i = 0; i < count; i++) {
		struct outcome *now = &history->outcomes[i];
		if (now->state == OUTCOME_GONE)
			continue;
		struct outcome *found = now->identity ? NULL : overlapping(now, old, old_count);
		if (now->identity)
			match_by_id(history, &engine->index->rules->rules[now->rule], i, old, old_count);
		else if (found)
			take_over(now, found);
	}
	for (size_t i = 0; i < old_count; i++) {
		bool told = old[i].reported != REPORTED_NOT && old[i].reported != REPORTED_PAST;
		if (old[i].id && told && !id_lives(history, old[i].id))
			keep_gone(history, &old[i]);
		else
			outcome_free(&old[i]);
	}
	free(old);
}

/* Sent already: that warning of that clock, or a later one, where the clock's time was not moved beyond what was warned of. */
static bool was_sent(const struct warned *now, const struct warned *old)
{
	return old->reported && old->id == now->id && old->start == now->start && now->stage <= old->stage && now->at < old->due;
}

void match_warned(struct history *history, struct warned *old, size_t old_count)
{
	for (size_t i = 0; i < history->warned_count; i++) {
		struct warned *now = &history->warned[i];
		now->id = outcome_id_of(history, now->identity);
		for (size_t k = 0; k < old_count; k++)
			now->reported |= was_sent(now, &old[k]);
	}
	free(old);
}
