/* match: after a fold anew, which alerts are the same as those already reported. */
#include "engine/parts.h"

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

static bool overlaps(const struct outcome *a, const struct outcome *b)
{
	return (a->opened < b->closed && b->opened < a->closed) || a->opened == b->opened;
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

static struct outcome *find_old(const struct outcome *now, struct outcome *old, size_t count, bool overlapping)
{
	struct outcome *best = NULL;
	for (size_t i = 0; i < count; i++) {
		struct outcome *candidate = &old[i];
		if (!candidate->id || candidate->rule != now->rule)
			continue;
		if (now->identity && candidate->id != now->id)
			continue;
		if (overlapping && !overlaps(now, candidate))
			continue;
		if (!best || (candidate->reported == REPORTED_STANDING && best->reported != REPORTED_STANDING))
			best = candidate;
	}
	return best;
}

static void match_round(struct history *history, struct outcome *old, size_t old_count, bool overlapping)
{
	for (size_t i = 0; i < history->outcome_count; i++) {
		struct outcome *now = &history->outcomes[i];
		if (now->reported != REPORTED_NOT || now->state == OUTCOME_GONE || (!overlapping && !now->identity))
			continue;
		struct outcome *found = find_old(now, old, old_count, overlapping);
		if (found)
			take_over(now, found);
	}
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
	struct outcome *kept = mem_push((void **)&history->outcomes, &history->outcome_count, &history->outcome_room,
	                                sizeof *kept);
	*kept = *old;
	kept->state = OUTCOME_GONE;
	kept->changed = true;
	kept->fresh_open = kept->fresh_close = false;
}

void report_match(struct history *history, struct outcome *old, size_t old_count, const struct plan *plan)
{
	(void)plan;
	for (size_t i = 0; i < history->outcome_count; i++)
		if (history->outcomes[i].identity)
			history->outcomes[i].id = outcome_id(history, &history->outcomes[i]);
	match_round(history, old, old_count, true);
	match_round(history, old, old_count, false);
	for (size_t i = 0; i < old_count; i++) {
		bool lives = old[i].id && id_lives(history, old[i].id);
		if (old[i].id && old[i].reported != REPORTED_NOT && !lives)
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
