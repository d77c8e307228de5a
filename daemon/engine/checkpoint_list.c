/* checkpoint_list: keeping, dropping and counting the checkpoints of a history. */
#include "engine/checkpoint_list.h"

#include <stdlib.h>

void checkpoint_drop(struct checkpoints *checkpoints, size_t at)
{
	free(checkpoints->items[at].bytes);
	checkpoints->count--;
	for (size_t i = at; i < checkpoints->count; i++)
		checkpoints->items[i] = checkpoints->items[i + 1];
}

void checkpoints_drop(struct history *history, instant from)
{
	struct checkpoints *checkpoints = history->checkpoints;
	while (checkpoints && checkpoints->count) {
		const struct checkpoint *last = &checkpoints->items[checkpoints->count - 1];
		if (from != INSTANT_NONE && last->last < from && last->date_judged <= from)
			return;
		checkpoint_drop(checkpoints, checkpoints->count - 1);
	}
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
