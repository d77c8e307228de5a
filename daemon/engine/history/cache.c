/* cache: the histories in memory, found by hash: those that are worked on, and the others frozen, each one block of
 * bytes. The least recently used are frozen first; of the frozen ones those are evicted that were not used for a
 * round. */
#include "engine/history/checkpoints.h"
#include "engine/parts.h"
#include "engine/shards.h"

#include <stdlib.h>

/* One that is thawed takes the arrays of one that was frozen: no memory is asked for in between. */
#define SPARE_MOST 16
#define SPARE_BYTES 4096 /* one that grew larger is not kept */
#define ID_ROOM 40       /* of a history: ids have 36 characters at most, or they are warned of */

/* Followed by the id and what freeze_write wrote. */
struct frozen {
	struct due_times due;
	uint32_t size; /* of all of it */
	uint16_t id_length;
	uint8_t domain;
	bool held;     /* its checkpoints: what follows the id begins with where they are */
	bool used;     /* since it was last looked at for eviction */
};
#define ALLOCATOR_ROOM 16 /* what malloc takes beside a block: its head, and what it rounds up */

#define FORGOTTEN_AT_ONCE 1000 /* histories, a millisecond: more are freed in portions */

/* ---- places ---- */

static struct history *thawed_at(const struct engine *engine, uint32_t place)
{
	uintptr_t at = engine->places[place];
	return at & 1 ? NULL : (struct history *)at;
}

static struct frozen *frozen_at(const struct engine *engine, uint32_t place)
{
	uintptr_t at = engine->places[place];
	return at & 1 ? (struct frozen *)(at - 1) : NULL;
}

static struct text id_of(const struct frozen *frozen)
{
	return (struct text){(const char *)(frozen + 1), frozen->id_length};
}

static uint64_t hash_of(const struct engine *engine, enum party_kind domain, struct text id)
{
	return text_hash(id, engine->seed + (uint64_t)domain);
}

static bool is_at(const struct engine *engine, uint32_t place, enum party_kind domain, struct text id)
{
	const struct frozen *frozen = frozen_at(engine, place);
	const struct history *history = thawed_at(engine, place);
	return frozen ? frozen->domain == domain && text_equal(id_of(frozen), id)
	              : history->domain == domain && text_equal(history->id, id);
}

static uint32_t find(const struct engine *engine, enum party_kind domain, struct text id, uint64_t hash)
{
	struct map_walk walk = map_walk(&engine->by_id, hash);
	uint32_t place;
	while ((place = map_next(&walk)) != MAP_NONE && !is_at(engine, place, domain, id))
		;
	return place;
}

static uint32_t take_place(struct engine *engine)
{
	if (engine->free_count)
		return engine->free_places[--engine->free_count];
	*(uintptr_t *)mem_push((void **)&engine->places, &engine->place_count, &engine->place_room,
	                       sizeof(uintptr_t)) = 0;
	return (uint32_t)(engine->place_count - 1);
}

static void leave_place(struct engine *engine, uint32_t place, uint64_t hash)
{
	(void)map_remove(&engine->by_id, hash, place);
	engine->places[place] = 0;
	*(uint32_t *)mem_push((void **)&engine->free_places, &engine->free_count, &engine->free_room,
	                      sizeof(uint32_t)) = place;
	engine->history_count--;
}

struct due_times *cache_due(const struct engine *engine, uint32_t place)
{
	struct frozen *frozen = frozen_at(engine, place);
	return frozen ? &frozen->due : &thawed_at(engine, place)->due;
}

/* ---- who was used when, of those that are thawed ---- */

static bool is_limited(const struct engine *engine)
{
	return engine->settings.cache_bytes || engine->settings.thawed_bytes;
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
	if (engine->newest == history || !is_limited(engine))
		return; /* without a limit nobody asks who was used when */
	unlink_use(engine, history);
	link_newest(engine, history);
}

/* ---- thawed ---- */

static struct history *take_spare(struct engine *engine)
{
	struct history *history = engine->spare;
	if (!history) {
		history = mem_zero(1, sizeof *history + ID_ROOM);
		return history;
	}
	engine->spare = history->older;
	engine->spare_count--;
	return history;
}

/* Empty, at a place, and in use; it may have arrays with room from another. */
static struct history *settle_in(struct engine *engine, enum party_kind domain, struct text id, uint32_t place)
{
	struct history *history = id.length <= ID_ROOM ? take_spare(engine)
	                                               : mem_zero(1, sizeof *history + id.length);
	history->hash = hash_of(engine, domain, id);
	history->domain = domain;
	history->place = place;
	history->part = parts_of(engine, id, domain == PARTY_NONE ? history->hash : 0);
	history->few = engine->settings.indexed ? 0 : HISTORY_FEW;
	history->last = history->ended = INSTANT_NONE;
	history->due = (struct due_times){INSTANT_NEVER, INSTANT_NEVER};
	history->ladder_next = history->clocks_next = history->opens_next = INSTANT_NEVER;
	history->future = history->settle_at = history->next_age = INSTANT_NEVER;
	memcpy((char *)(history + 1), id.at, id.length);
	history->id = (struct text){(const char *)(history + 1), id.length};
	engine->places[place] = (uintptr_t)history;
	link_newest(engine, history);
	return history;
}

/* Its arrays are for the next that is thawed. */
static void put_by(struct engine *engine, struct history *history)
{
	checkpoints_free(history->checkpoints);
	history->checkpoints = NULL;
	if (history->id.length > ID_ROOM || engine->spare_count == SPARE_MOST ||
	    history_rooms(history) > SPARE_BYTES + sizeof *history) {
		history_free(history);
		return;
	}
	history_empty(history);
	history->refold = history->touched = history->adopted = history->large = history->due_spent = false;
	history->missed = history->contradictions_told = 0;
	history->pending = NULL; /* where a transaction failed, what came in was never judged */
	history->pending_count = 0;
	history->counted_bytes = history->counted_rooms = 0;
	history->changed_from = history->warned_from = history->taken = 0;
	history->older = engine->spare;
	engine->spare = history;
	engine->spare_count++;
}

static void drop_thawed(struct engine *engine, struct history *history)
{
	unlink_use(engine, history);
	engine->bytes -= history->counted_bytes;
	put_by(engine, history);
}

/* ---- freezing ---- */

static struct checkpoints *checkpoints_of(const struct frozen *frozen)
{
	struct checkpoints *checkpoints = NULL;
	if (frozen->held)
		memcpy(&checkpoints, (const char *)(frozen + 1) + frozen->id_length, sizeof checkpoints);
	return checkpoints;
}

static size_t frozen_room(const struct frozen *frozen)
{
	return frozen->size + ALLOCATOR_ROOM + checkpoints_bytes(checkpoints_of(frozen));
}

static void freeze(struct engine *engine, struct history *history)
{
	struct codec *codec = &engine->codec;
	freeze_write(codec, &engine->reasons, engine->index->identities, history);
	size_t written = (size_t)(codec->at - codec->bytes);
	size_t checkpoints = history->checkpoints ? sizeof history->checkpoints : 0;
	size_t size = sizeof(struct frozen) + history->id.length + checkpoints + written;
	struct frozen *frozen = mem_alloc(size);
	*frozen = (struct frozen){.due = history->due, .size = (uint32_t)size, .used = true,
	                          .id_length = (uint16_t)history->id.length, .domain = (uint8_t)history->domain};
	memcpy(frozen + 1, history->id.at, history->id.length);
	frozen->held = checkpoints;
	memcpy((char *)(frozen + 1) + history->id.length, &history->checkpoints, checkpoints);
	memcpy((char *)(frozen + 1) + history->id.length + checkpoints, codec->bytes, written);
	history->checkpoints = NULL;
	engine->places[history->place] = (uintptr_t)frozen | 1;
	engine->frozen_bytes += frozen_room(frozen);
	drop_thawed(engine, history);
}

static struct history *thaw(struct engine *engine, uint32_t place)
{
	struct frozen *frozen = frozen_at(engine, place);
	struct history *history = settle_in(engine, (enum party_kind)frozen->domain, id_of(frozen), place);
	history->checkpoints = checkpoints_of(frozen);
	struct codec reading = {.at = (unsigned char *)(frozen + 1) + frozen->id_length +
	                              (frozen->held ? sizeof history->checkpoints : 0)};
	freeze_read(&reading, &engine->reasons, engine->index->identities, history);
	match_file_withdrawn(engine, history);
	history->due = frozen->due;
	history->loaded = history->adopted = true;
	if (is_limited(engine)) {
		history->counted_rooms = history_rooms(history);
		history->counted_bytes = history_bytes(history);
		engine->bytes += history->counted_bytes;
	}
	engine->frozen_bytes -= frozen_room(frozen);
	free(frozen);
	return history;
}

static bool can_freeze(const struct history *history)
{
	return history->loaded && !history->refold && history->id.length <= UINT16_MAX;
}

static void evict_thawed(struct engine *engine, struct history *history)
{
	leave_place(engine, history->place, history->hash);
	drop_thawed(engine, history);
}

static void evict_frozen(struct engine *engine, uint32_t place)
{
	struct frozen *frozen = frozen_at(engine, place);
	leave_place(engine, place, hash_of(engine, (enum party_kind)frozen->domain, id_of(frozen)));
	engine->frozen_bytes -= frozen_room(frozen);
	checkpoints_free(checkpoints_of(frozen));
	free(frozen);
}

/* ---- finding ---- */

struct history *cache_at(struct engine *engine, uint32_t place)
{
	struct history *history = thawed_at(engine, place);
	return history ? history : thaw(engine, place);
}

struct history *cache_find(const struct engine *engine, enum party_kind domain, struct text id)
{
	uint32_t place = find(engine, domain, id, hash_of(engine, domain, id));
	/* thawed, it is the same to whoever looks */
	return place == MAP_NONE ? NULL : cache_at((struct engine *)(uintptr_t)engine, place);
}

struct history *cache_get(struct engine *engine, enum party_kind domain, struct text id)
{
	uint64_t hash = hash_of(engine, domain, id);
	uint32_t place = find(engine, domain, id, hash);
	if (place != MAP_NONE)
		return cache_at(engine, place);
	place = take_place(engine);
	struct history *history = settle_in(engine, domain, id, place);
	history->loaded = engine->settings.from_nothing;
	map_add(&engine->by_id, hash, place);
	engine->history_count++;
	return history;
}

static void look_at(const void *at, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += 64)
		mem_ahead((const char *)at + i);
}

#define FROZEN_AHEAD 384 /* bytes: most of what most histories take */
#define ENTRIES_AHEAD 16 /* of a child with thousands not all are looked at */

static void look_at_entries(const void *at, size_t count, size_t size)
{
	look_at(at, (count < ENTRIES_AHEAD ? count : ENTRIES_AHEAD) * size);
}

void cache_fetch(const struct history *history, bool what_hangs)
{
	if (!what_hangs) {
		look_at(history, sizeof *history + 8);
		return;
	}
	look_at_entries(history->clocks, history->clock_count, sizeof *history->clocks);
	look_at_entries(history->opens, history->open_count, sizeof *history->opens);
	look_at_entries(history->memories, history->memory_count, sizeof *history->memories);
	look_at(history->marks.items,
	        history->marks.room <= 32 ? history->marks.count * sizeof *history->marks.items : 0);
}

/* The slot, then the place, then the history, then what hangs on it: each needs the one before to be there. */
void cache_look_ahead(const struct engine *engine, enum party_kind domain, struct text id, int stage,
                      uint64_t *known)
{
	if (stage == 0)
		*known = hash_of(engine, domain, id);
	cache_look_ahead_hashed(engine, stage, *known);
}

void cache_look_ahead_hashed(const struct engine *engine, int stage, uint64_t hash)
{
	if (stage == 0) {
		map_prefetch(&engine->by_id, hash);
		return;
	}
	struct map_walk walk = map_walk(&engine->by_id, hash);
	uint32_t place = map_next(&walk); /* rarely another's; then it was for nothing */
	if (place == MAP_NONE)
		return;
	if (stage == 1) {
		mem_ahead(&engine->places[place]);
		return;
	}
	const struct history *history = thawed_at(engine, place);
	if (history)
		cache_fetch(history, stage > 2);
	else if (stage == 2)
		look_at(frozen_at(engine, place), FROZEN_AHEAD);
}

/* ---- within the settings ---- */

static void shrink_thawed(struct engine *engine, size_t most)
{
	struct history *newer;
	for (struct history *history = engine->oldest; history && engine->bytes > most; history = newer) {
		newer = history->newer;
		if (history->touched) /* it waits for the next flush */
			continue;
		if (can_freeze(history))
			freeze(engine, history);
		else if (!engine->settings.from_nothing)
			evict_thawed(engine, history);
	}
}

/* Round by round; one that was used since the last is left for another. */
static void shrink_frozen(struct engine *engine, size_t most)
{
	for (; engine->frozen_bytes > most; engine->hand++) {
		if (engine->hand >= engine->place_count)
			engine->hand = 0;
		struct frozen *frozen = frozen_at(engine, engine->hand);
		if (frozen && !frozen->used) {
			evict_frozen(engine, engine->hand);
			engine->figures.evictions++;
		} else if (frozen) {
			frozen->used = false;
		}
	}
}

void cache_shrink(struct engine *engine)
{
	size_t all = engine->settings.cache_bytes, thawed = engine->settings.thawed_bytes;
	(void)cache_free_forgotten(engine, FORGOTTEN_AT_ONCE); /* before more memory is asked for */
	if (!is_limited(engine))
		return;
	if (all && (!thawed || thawed > all / 2))
		thawed = all / 2;
	shrink_thawed(engine, thawed);
	if (all && engine->bytes + engine->frozen_bytes > all)
		shrink_frozen(engine, all > engine->bytes ? all - engine->bytes : 0);
}

/* ---- what was forgotten ---- */

/* The places of a cache that was forgotten, the last of them not yet freed. */
struct forgotten {
	uintptr_t *places;
	size_t count;
	struct forgotten *older;
};

static void free_at(uintptr_t at)
{
	if (!(at & 1)) {
		history_free((struct history *)at);
		return;
	}
	struct frozen *frozen = (struct frozen *)(at - 1);
	checkpoints_free(checkpoints_of(frozen));
	free(frozen);
}

/* The places are handed over as they are, whatever their number: what stands there is found by nobody any more. */
void cache_forget(struct engine *engine)
{
	struct forgotten *forgotten = MEM_NEW(struct forgotten);
	*forgotten = (struct forgotten){engine->places, engine->place_count, engine->forgotten};
	engine->forgotten = forgotten;
	engine->places = NULL;
	engine->place_count = engine->place_room = engine->history_count = engine->free_count = 0;
	engine->bytes = engine->frozen_bytes = 0;
	engine->newest = engine->oldest = NULL;
	engine->hand = 0;
	map_free(&engine->by_id);
	(void)cache_free_forgotten(engine, FORGOTTEN_AT_ONCE);
}

/* The newest first: each is looked at once, from its last place down. */
bool cache_free_forgotten(struct engine *engine, size_t most)
{
	for (struct forgotten *forgotten; (forgotten = engine->forgotten);) {
		for (; most && forgotten->count; most--)
			if (forgotten->places[--forgotten->count])
				free_at(forgotten->places[forgotten->count]);
		if (forgotten->count)
			return true;
		engine->forgotten = forgotten->older;
		free(forgotten->places);
		free(forgotten);
	}
	return false;
}

size_t cache_forgotten(const struct engine *engine)
{
	size_t count = 0;
	for (const struct forgotten *forgotten = engine->forgotten; forgotten; forgotten = forgotten->older)
		count += forgotten->count;
	return count;
}

/* ---- the end ---- */

void cache_free(struct engine *engine)
{
	cache_forget(engine);
	while (cache_free_forgotten(engine, FORGOTTEN_AT_ONCE))
		;
	for (struct history *spare; (spare = engine->spare);) {
		engine->spare = spare->older;
		history_free(spare);
	}
	map_free(&engine->by_id);
	free(engine->places);
	free(engine->free_places);
	free(engine->codec.bytes);
	free(engine->reasons.items);
}

size_t cache_bytes(const struct engine *engine)
{
	size_t bytes = engine->frozen_bytes + map_bytes(&engine->by_id) +
	               (engine->place_room + cache_forgotten(engine)) * sizeof(uintptr_t);
	for (const struct history *history = engine->newest; history; history = history->older)
		bytes += history_bytes(history);
	return bytes + engine->codec.room;
}

void engine_touch(struct engine *engine, struct history *history)
{
	if (history->touched)
		return;
	history->touched = true;
	shards_touch(engine);
	*(struct history **)mem_push((void **)&engine->touched, &engine->touched_count, &engine->touched_room,
	                             sizeof history) = history;
	cache_use(engine, history);
}
