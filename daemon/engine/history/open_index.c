/* open_index: a history's open keys by state and key, and how many a state has: a child with ten thousand of them costs
 * an event hardly more than one with ten. */
#include "engine/fold/fold.h"

#include "base/mem.h"

#include <stdlib.h>

struct open_count {
	uint32_t live;       /* not closed */
	uint32_t lasting;    /* and not known to end */
};
struct open_index {
	struct map by_key;   /* of state and key -> place */
	struct open_count *of_state;
};

void opens_forget_index(struct history *history)
{
	if (!history->open_index)
		return;
	map_free(&history->open_index->by_key);
	free(history->open_index->of_state);
	free(history->open_index);
	history->open_index = NULL;
}

static uint64_t hash_of(uint16_t state, uint64_t key)
{
	return mark_mix(((uint64_t)state << 4) | 12, key);
}

void open_link(struct history *history, size_t place)
{
	const struct open_entry *open = &history->opens[place];
	if (!history->open_index)
		return;
	map_add(&history->open_index->by_key, hash_of(open->state, open->key), (uint32_t)place);
	history->open_index->of_state[open->state].live += !open->closed;
	history->open_index->of_state[open->state].lasting += !open->closed && open->ends == INSTANT_NEVER;
}

void open_unlink(struct history *history, size_t place)
{
	const struct open_entry *open = &history->opens[place];
	if (!history->open_index)
		return;
	(void)map_remove(&history->open_index->by_key, hash_of(open->state, open->key), (uint32_t)place);
	history->open_index->of_state[open->state].live -= !open->closed;
	history->open_index->of_state[open->state].lasting -= !open->closed && open->ends == INSTANT_NEVER;
}

static const struct open_index *index_of(const struct fold *fold)
{
	struct history *history = fold->history;
	if (history->open_index || history->open_count <= history->few)
		return history->open_index;
	history->open_index = MEM_NEW(struct open_index);
	history->open_index->of_state = mem_zero(fold->index->rules->state_count + 1, sizeof(struct open_count));
	map_reserve(&history->open_index->by_key, history->open_count);
	for (size_t i = 0; i < history->open_count; i++)
		open_link(history, i);
	return history->open_index;
}

struct open_entry *open_find(const struct fold *fold, uint16_t state, uint64_t key)
{
	struct history *history = fold->history;
	const struct open_index *index = index_of(fold);
	*fold->judged += index ? 1 : history->open_count;
	if (index) {
		struct map_walk walk = map_walk(&index->by_key, hash_of(state, key));
		for (uint32_t i; (i = map_next(&walk)) != MAP_NONE;)
			if (history->opens[i].state == state && history->opens[i].key == key &&
			    !history->opens[i].closed)
				return &history->opens[i];
		return NULL;
	}
	for (size_t i = 0; i < history->open_count; i++)
		if (history->opens[i].state == state && history->opens[i].key == key && !history->opens[i].closed)
			return &history->opens[i];
	return NULL;
}

size_t open_count(const struct fold *fold, uint16_t state, bool lasting)
{
	const struct open_index *index = index_of(fold);
	size_t count = 0;
	*fold->judged += index ? 1 : fold->history->open_count;
	if (index)
		return lasting ? index->of_state[state].lasting : index->of_state[state].live;
	for (size_t i = 0; i < fold->history->open_count; i++) {
		const struct open_entry *open = &fold->history->opens[i];
		count += open->state == state && !open->closed && !(lasting && open->ends != INSTANT_NEVER);
	}
	return count;
}
