/* checkpoint_list: keeping, dropping and counting the checkpoints of a history. */
#include "engine/history/checkpoint_list.h"

#include <stdlib.h>

void checkpoint_drop(struct checkpoints *checkpoints, size_t at)
{
	free(checkpoints->items[at].bytes);
	checkpoints->count--;
	for (size_t i = at; i < checkpoints->count; i++)
		checkpoints->items[i] = checkpoints->items[i + 1];
}

/* Something at `from` changed (INSTANT_NONE: anywhere): what does not hold any more goes. */
static void drop_from(struct checkpoints *checkpoints, instant from)
{
	while (checkpoints->count) {
		const struct checkpoint *last = &checkpoints->items[checkpoints->count - 1];
		if (from != INSTANT_NONE && last->last < from && last->date_judged <= from)
			return;
		checkpoint_drop(checkpoints, checkpoints->count - 1);
	}
}

static bool any_fresh(const struct checkpoints *checkpoints)
{
	for (size_t i = 0; i < checkpoints->count; i++)
		if (checkpoints->items[i].fresh)
			return true;
	return false;
}

#define WASTED_MOST 6 /* then one fold in 64 writes: they cost a hundredth of the folds */

void checkpoints_late(struct history *history, instant from)
{
	struct checkpoints *checkpoints = history->checkpoints;
	if (!checkpoints)
		return;
	bool had = any_fresh(checkpoints);
	drop_from(checkpoints, from);
	bool served = any_fresh(checkpoints), missed = from != INSTANT_NONE && checkpoints->first_passed < from;
	if (had && !served) {
		if (checkpoints->wasted < WASTED_MOST)
			checkpoints->wasted++;
		checkpoints->rests = (uint16_t)(1u << checkpoints->wasted);
	} else if (served || missed) {
		checkpoints->wasted = 0;
		checkpoints->rests = 0;
	}
	if (checkpoints->rests)
		checkpoints->rests--;
	checkpoints->first_passed = INSTANT_NEVER;
	checkpoints->passed = 0;
	for (size_t i = 0; i < checkpoints->count; i++)
		checkpoints->items[i].fresh = false;
}

void checkpoints_lower(struct history *history, uint64_t ref)
{
	for (size_t i = 0; history->checkpoints && i < history->checkpoints->count; i++)
		if (history->checkpoints->items[i].floor >= ref)
			history->checkpoints->items[i].floor = ref - 1;
}

void checkpoints_free(struct checkpoints *checkpoints)
{
	while (checkpoints && checkpoints->count)
		checkpoint_drop(checkpoints, checkpoints->count - 1);
	free(checkpoints);
}

size_t checkpoints_bytes(const struct checkpoints *checkpoints)
{
	size_t bytes = checkpoints ? sizeof *checkpoints : 0;
	for (size_t i = 0; checkpoints && i < checkpoints->count; i++)
		bytes += checkpoints->items[i].size;
	return bytes;
}
