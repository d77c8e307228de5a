/* match: after a fold anew, which alerts are the same as those already reported. */
#include "engine/engine_internal.h"

#include <stdlib.h>

uint64_t report_evidence_hash(const struct outcome *outcome)
{
	uint64_t hash = 7;
	for (uint32_t i = 0; i < outcome->evidence_count; i++)
		hash = mark_mix(hash, outcome->evidence[i].ref);
	return hash;
}

void report_note_evidence(struct outcome *outcome)
{
	outcome->reported_hash = report_evidence_hash(outcome);
}

static void take_over(struct outcome *now, struct outcome *old)
{
	now->id = old->id;
	now->reported = old->reported;
	now->reported_hash = old->reported_hash;
	now->ladder = old->ladder;
	now->changed = true;
	free(old->evidence);
	old->evidence = NULL;
	old->id = 0; /* taken */
}

/* ---- count, state, load: the same alert where the standing times overlap ---- */

static bool overlaps(const struct outcome *a, const struct outcome *b)
{
	return (a->opened < b->closed && b->opened < a->closed) || a->opened == b->opened;
}

static struct outcome *overlapping(const struct outcome *now, struct outcome *old, size_t count)
{
	struct outcome *best = NULL;
	for (size_t i = 0; i < count; i++) {
		struct outcome *candidate = &old[i];
		if (!candidate->id || candidate->rule != now->rule || !overlaps(now, candidate))
			continue;
		if (!best || (candidate->reported == REPORTED_STANDING && best->reported != REPORTED_STANDING))
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

static void match_by_id(struct history *history, size_t which, struct outcome *old, size_t old_count)
{
	struct outcome *now = &history->outcomes[which];
	if (!choose_period(history, which))
		return;
	struct outcome *found = reported_under(now->id, old, old_count);
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

void report_match(struct history *history, struct outcome *old, size_t old_count)
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
			match_by_id(history, i, old, old_count);
		else if (found)
			take_over(now, found);
	}
	for (size_t i = 0; i < old_count; i++) {
		bool told = old[i].reported != REPORTED_NOT && old[i].reported != REPORTED_PAST;
		if (old[i].id && told && !id_lives(history, old[i].id))
			keep_gone(history, &old[i]);
		else
			free(old[i].evidence);
	}
	free(old);
}

void report_match_warned(struct history *history, struct warned *old, size_t old_count)
{
	for (size_t i = 0; i < history->warned_count; i++)
		for (size_t k = 0; k < old_count; k++)
			if (old[k].identity == history->warned[i].identity && old[k].reported)
				history->warned[i].reported = true;
	free(old);
}
