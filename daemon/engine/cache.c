/* cache: the histories in memory: found by hash, evicted least recently used first. */
#include "engine/engine_internal.h"

#include <stdlib.h>

static uint64_t hash_of(const struct engine *engine, enum party_kind domain, struct text id)
{
	return text_hash(id, engine->seed + (uint64_t)domain);
}

static struct history *find(const struct engine *engine, enum party_kind domain, struct text id, uint64_t hash)
{
	struct map_walk walk = map_walk(&engine->by_id, hash);
	for (uint32_t place; (place = map_next(&walk)) != MAP_NONE;) {
		struct history *history = engine->histories[place];
		if (history->hash == hash && history->domain == domain && text_equal(history->id, id))
			return history;
	}
	return NULL;
}

struct history *cache_find(const struct engine *engine, enum party_kind domain, struct text id)
{
	return find(engine, domain, id, hash_of(engine, domain, id));
}

static void look_at(const void *at, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += 64)
		__builtin_prefetch((const char *)at + i, 1);
}

/* The slot, then the place, then the history, then what hangs on it: each needs the one before to be there. */
void cache_look_ahead(const struct engine *engine, enum party_kind domain, struct text id, int stage,
                      uint64_t *known)
{
	if (stage == 0) {
		*known = hash_of(engine, domain, id);
		map_prefetch(&engine->by_id, *known);
		return;
	}
	struct map_walk walk = map_walk(&engine->by_id, *known);
	uint32_t place = map_next(&walk); /* rarely another's; then it was for nothing */
	if (place == MAP_NONE)
		return;
	if (stage == 1) {
		__builtin_prefetch(&engine->histories[place]);
		return;
	}
	const struct history *history = engine->histories[place];
	if (stage == 2) {
		look_at(history, sizeof *history + 8);
		return;
	}
	look_at(history->clocks, history->clock_count * sizeof *history->clocks);
	look_at(history->memories, history->memory_count * sizeof *history->memories);
	look_at(history->marks.items,
	        history->marks.room <= 32 ? history->marks.count * sizeof *history->marks.items : 0);
}

static void unlink_use(struct engine *engine, struct history *history)
{
	if (history->newer)
		history->newer->older = history->older;
	else
		engine->newest = history->older;
	if (history->older)
		history->older->newer = history->newer;
	else
		engine->oldest = history->newer;
	history->newer = history->older = NULL;
}

static void link_newest(struct engine *engine, struct history *history)
{
	history->older = engine->newest;
	if (engine->newest)
		engine->newest->newer = history;
	engine->newest = history;
	if (!engine->oldest)
		engine->oldest = history;
}

static void cache_use(struct engine *engine, struct history *history)
{
	if (engine->newest == history || !engine->settings.cache_bytes)
		return; /* without a limit nobody asks who was used when */
	unlink_use(engine, history);
	link_newest(engine, history);
}

static uint32_t take_place(struct engine *engine)
{
	if (engine->free_count)
		return engine->free_places[--engine->free_count];
	*(struct history **)mem_push((void **)&engine->histories, &engine->place_count, &engine->place_room,
	                             sizeof(struct history *)) = NULL;
	return (uint32_t)(engine->place_count - 1);
}

struct history *cache_get(struct engine *engine, enum party_kind domain, struct text id)
{
	uint64_t hash = hash_of(engine, domain, id);
	struct history *history = find(engine, domain, id, hash);
	if (history)
		return history;
	history = mem_alloc(sizeof *history + id.length);
	*history = (struct history){.hash = hash,
	                            .domain = domain,
	                            .last = INSTANT_NONE,
	                            .ended = INSTANT_NONE,
	                            .due = INSTANT_NEVER,
	                            .queued = INSTANT_NEVER,
	                            .ladder_next = INSTANT_NEVER,
	                            .clocks_next = INSTANT_NEVER,
	                            .opens_next = INSTANT_NEVER,
	                            .future = INSTANT_NEVER,
	                            .settle_at = INSTANT_NEVER,
	                            .next_age = INSTANT_NEVER};
	memcpy((char *)(history + 1), id.at, id.length);
	history->id = (struct text){(const char *)(history + 1), id.length};
	history->loaded = engine->settings.from_nothing;
	history->place = take_place(engine);
	engine->histories[history->place] = history;
	map_add(&engine->by_id, hash, history->place);
	engine->history_count++;
	link_newest(engine, history);
	return history;
}

static void evict(struct engine *engine, struct history *history)
{
	(void)map_remove(&engine->by_id, history->hash, history->place);
	engine->histories[history->place] = NULL;
	*(uint32_t *)mem_push((void **)&engine->free_places, &engine->free_count, &engine->free_room,
	                      sizeof(uint32_t)) = history->place;
	unlink_use(engine, history);
	engine->history_count--;
	engine->bytes -= history->counted_bytes;
	history_free(history);
}

void cache_shrink(struct engine *engine)
{
	struct history *newer;
	for (struct history *history = engine->oldest;
	     engine->settings.cache_bytes && engine->bytes > engine->settings.cache_bytes && history != engine->newest;
	     history = newer) {
		newer = history->newer;
		if (history->touched) /* it waits for the next flush */
			continue;
		evict(engine, history);
		engine->figures.evictions++;
	}
}

void cache_clear(struct engine *engine)
{
	while (engine->newest)
		evict(engine, engine->newest);
	engine->bytes = 0;
}

void engine_touch(struct engine *engine, struct history *history)
{
	if (history->touched)
		return;
	history->touched = true;
	*(struct history **)mem_push((void **)&engine->touched, &engine->touched_count, &engine->touched_room,
	                             sizeof history) = history;
	cache_use(engine, history);
}
