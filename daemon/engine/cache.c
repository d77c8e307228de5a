/* cache: the histories in memory: found by hash, evicted least recently used first. */
#include "engine/engine_internal.h"

#include <stdlib.h>

static uint64_t hash_of(const struct engine *engine, enum party_kind domain, struct text id)
{
	return text_hash(id, engine->seed + (uint64_t)domain);
}

static void grow(struct engine *engine)
{
	size_t count = engine->bucket_count ? engine->bucket_count * 2 : 1024;
	struct history **buckets = mem_zero_large(count, sizeof(struct history *));
	for (size_t i = 0; i < engine->bucket_count; i++)
		for (struct history *history = engine->buckets[i], *next; history; history = next) {
			next = history->next_in_bucket;
			history->next_in_bucket = buckets[history->hash & (count - 1)];
			buckets[history->hash & (count - 1)] = history;
		}
	free(engine->buckets);
	engine->buckets = buckets;
	engine->bucket_count = count;
}

static struct history *find(const struct engine *engine, enum party_kind domain, struct text id, uint64_t hash)
{
	if (!engine->bucket_count)
		return NULL;
	struct history *history = engine->buckets[hash & (engine->bucket_count - 1)];
	while (history && (history->hash != hash || history->domain != domain || !text_equal(history->id, id)))
		history = history->next_in_bucket;
	return history;
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

/* The bucket, then the history, then what hangs on it: each needs the one before to be there. */
void cache_look_ahead(const struct engine *engine, enum party_kind domain, struct text id, int stage,
                      uint64_t *known)
{
	if (!engine->bucket_count)
		return;
	if (stage == 0)
		*known = hash_of(engine, domain, id);
	uint64_t hash = *known;
	struct history *const *bucket = &engine->buckets[hash & (engine->bucket_count - 1)];
	if (stage == 0) {
		__builtin_prefetch(bucket, 1);
		return;
	}
	if (stage == 1) {
		look_at(*bucket, *bucket ? sizeof **bucket + 8 : 0);
		return;
	}
	const struct history *history = *bucket;
	if (stage == 2) {
		for (; history && history->hash != hash; history = history->next_in_bucket)
			look_at(history->next_in_bucket, sizeof *history + 8);
		return;
	}
	while (history && history->hash != hash)
		history = history->next_in_bucket;
	if (!history)
		return;
	look_at(history->clocks, history->clock_count * sizeof *history->clocks);
	look_at(history->memories, history->memory_count * sizeof *history->memories);
	look_at(history->marks.items, history->marks.room <= 32 ? history->marks.count * sizeof *history->marks.items : 0);
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

void cache_use(struct engine *engine, struct history *history)
{
	if (engine->newest == history || !engine->settings.cache_bytes)
		return; /* without a limit nobody asks who was used when */
	unlink_use(engine, history);
	link_newest(engine, history);
}

struct history *cache_get(struct engine *engine, enum party_kind domain, struct text id)
{
	uint64_t hash = hash_of(engine, domain, id);
	struct history *history = find(engine, domain, id, hash);
	if (history)
		return history;
	if (engine->history_count >= engine->bucket_count)
		grow(engine);
	history = mem_alloc(sizeof *history + id.length);
	*history = (struct history){.hash = hash, .domain = domain, .last = INSTANT_NONE, .ended = INSTANT_NONE,
	                            .due = INSTANT_NEVER, .queued = INSTANT_NEVER, .ladder_next = INSTANT_NEVER, .clocks_next = INSTANT_NEVER,
	                            .opens_next = INSTANT_NEVER, .future = INSTANT_NEVER,
	                            .settle_at = INSTANT_NEVER, .next_age = INSTANT_NEVER};
	memcpy((char *)(history + 1), id.at, id.length);
	history->id = (struct text){(const char *)(history + 1), id.length};
	history->loaded = engine->settings.from_nothing;
	history->next_in_bucket = engine->buckets[hash & (engine->bucket_count - 1)];
	engine->buckets[hash & (engine->bucket_count - 1)] = history;
	engine->history_count++;
	link_newest(engine, history);
	return history;
}

static void evict(struct engine *engine, struct history *history)
{
	struct history **at = &engine->buckets[history->hash & (engine->bucket_count - 1)];
	while (*at != history)
		at = &(*at)->next_in_bucket;
	*at = history->next_in_bucket;
	unlink_use(engine, history);
	engine->history_count--;
	engine->bytes -= history->counted_bytes;
	history_free(history);
}

void cache_shrink(struct engine *engine)
{
	while (engine->settings.cache_bytes && engine->bytes > engine->settings.cache_bytes && engine->oldest &&
	       !engine->oldest->touched && engine->oldest != engine->newest) {
		evict(engine, engine->oldest);
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
