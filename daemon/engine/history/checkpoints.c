/* checkpoints: kept at widening distances from the present, found by instant. */
#include "engine/history/checkpoints.h"

#include <stdlib.h>

/* A history has one at every so many of its events; and one of more than so many times that, at every such part: to
 * write one costs as much as to fold a tenth of its events, so that this is what the writing adds to the folding. */
#define EVENTS_FEW 64
#define PARTS 16

size_t checkpoints_interval(const struct engine *engine, const struct history *history, size_t count)
{
	size_t few = engine->settings.checkpoint_events ? engine->settings.checkpoint_events : EVENTS_FEW;
	if (history->domain != PARTY_NONE || count < 2 * few)
		return SIZE_MAX; /* of parties others' events count, too */
	return count / PARTS > few ? count / PARTS : few;
}

/* The first whose neighbours are near each other, as seen from the present: the later has it, too. */
static void thin_out(struct checkpoints *checkpoints, uint32_t taken, size_t interval)
{
	for (size_t i = 1; i + 1 < checkpoints->count; i++) {
		uint32_t older = checkpoints->items[i - 1].taken, newer = checkpoints->items[i + 1].taken;
		if (newer - older > interval * 2 && newer - older > (taken - newer) / 2)
			continue;
		checkpoint_drop(checkpoints, i);
		return;
	}
	if (checkpoints->count == CHECKPOINTS_MOST)
		checkpoint_drop(checkpoints, 0);
}

/* What was reported is not of the function; where it changed an alert's own evidence, or keeps one that is gone, there
 * is no checkpoint. */
static bool is_plain(const struct history *history)
{
	for (uint32_t i = 0; i < history->outcome_count; i++) {
		const struct outcome *outcome = &history->outcomes[i];
		if (outcome->ladder.stood_until != INSTANT_NONE ||
		    (outcome->state == OUTCOME_GONE && outcome->reported != REPORTED_NOT))
			return false;
	}
	return history->future == INSTANT_NEVER;
}

/* The events that were folded when there last was one, or would have been. */
static uint32_t last_kept(const struct checkpoints *checkpoints)
{
	uint32_t kept = checkpoints && checkpoints->count ? checkpoints->items[checkpoints->count - 1].taken : 0;
	return checkpoints && checkpoints->passed > kept ? checkpoints->passed : kept;
}

static void pass_by(struct checkpoints *checkpoints, const struct history *history)
{
	checkpoints->passed = history->taken;
	if (checkpoints->first_passed == INSTANT_NEVER)
		checkpoints->first_passed = history->last;
}

void checkpoints_keep(struct engine *engine, struct history *history, uint64_t floor, bool late)
{
	struct checkpoints *checkpoints = history->checkpoints;
	size_t interval = checkpoints_interval(engine, history, history->taken);
	if (interval == SIZE_MAX || history->taken - last_kept(checkpoints) < interval || !is_plain(history))
		return;
	if (late && checkpoints && checkpoints->rests) {
		pass_by(checkpoints, history);
		return;
	}
	if (!checkpoints) {
		history->checkpoints = checkpoints = MEM_NEW(struct checkpoints);
		checkpoints->first_passed = INSTANT_NEVER;
	}
	if (checkpoints->count == CHECKPOINTS_MOST || checkpoints->count > 8)
		thin_out(checkpoints, history->taken, interval);
	struct codec *codec = &engine->codec;
	freeze_write(codec, &engine->reasons, engine->index->identities, history);
	uint32_t size = (uint32_t)(codec->at - codec->bytes);
	struct checkpoint *kept = &checkpoints->items[checkpoints->count++];
	*kept = (struct checkpoint){.last = history->last, .date_judged = history->date_judged, .floor = floor,
	                            .taken = history->taken, .size = size, .bytes = mem_alloc(size), .fresh = late};
	memcpy(kept->bytes, codec->bytes, size);
	engine->figures.checkpoint_bytes += size;
}

/* As a fold leaves it: nobody was told of anything yet. */
static void forget_reported(struct history *history)
{
	for (uint32_t i = 0; i < history->outcome_count; i++) {
		struct outcome *outcome = &history->outcomes[i];
		outcome->id = outcome->reported_hash = 0;
		outcome->reported = REPORTED_NOT;
		outcome->as_shadow = false;
		outcome->changed = true;
		outcome->ladder = (struct ladder){.next = INSTANT_NEVER, .told = INSTANT_NONE, .asked = INSTANT_NONE,
		                                  .stood_until = INSTANT_NONE};
	}
	for (uint32_t i = 0; i < history->warned_count; i++) {
		history->warned[i].reported = false;
		history->warned[i].id = 0;
	}
	for (uint32_t i = 0; i < history->withdrawn_count; i++)
		outcome_free(&history->withdrawn[i]);
	history->withdrawn_count = 0;
}

bool checkpoints_restore(struct engine *engine, struct history *history, uint64_t *after)
{
	struct checkpoints *checkpoints = history->checkpoints;
	if (!checkpoints || !checkpoints->count)
		return false;
	const struct checkpoint *last = &checkpoints->items[checkpoints->count - 1];
	/* What is not of the events, and stays: what was withdrawn, what was told, until when ends are spoken of. */
	struct outcome *withdrawn = history->withdrawn;
	uint32_t withdrawn_count = history->withdrawn_count, withdrawn_room = history->withdrawn_room;
	uint64_t told = history->contradictions_told;
	instant ended = history->ended;
	history->withdrawn = NULL;
	history->withdrawn_count = history->withdrawn_room = 0;
	struct codec reading = {.at = last->bytes};
	freeze_read(&reading, &engine->reasons, engine->index->identities, history);
	forget_reported(history);
	free(history->withdrawn);
	history->withdrawn = withdrawn;
	history->withdrawn_count = withdrawn_count;
	history->withdrawn_room = withdrawn_room;
	history->contradictions_told = told;
	history->ended = ended > history->ended ? ended : history->ended;
	*after = last->floor;
	return true;
}
