/* refmap: hash -> row id in 8 bytes an entry: 256 shards of open addressing, each growing by itself.
 *
 * A shard is chosen by the hash's first 8 bits, 32 more are kept beside the row id, so a wrong candidate turns up once
 * in about 2^40 / entries look-ups, and is found out by comparing. Shards are small, so growth never holds the loop up
 * and never needs twice the memory. They are mapped, not malloced, because blocks of many sizes would leave holes.
 *
 * Whoever opens a database, and whoever reads it anew after a transaction that failed, makes four of these. Where
 * little is expected the first slots of all shards are one block, malloced: they are of one size, and the next map
 * takes the block of the one before, whose pages the kernel has given already. */
#include "store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SHARDS 256
#define FIRST_SLOTS 512
#define SMALL_SLOTS 64 /* of a shard, where all are in one block: 12,000 entries or so */

struct shard {
	uint64_t *slots; /* hash in the upper half, row id in the lower; 0: empty */
	uint32_t room, count;
};
struct refmap {
	struct shard shards[SHARDS];
	uint64_t *together; /* the first slots of all shards; NULL: each has its own */
};

static uint64_t *slots_new(uint32_t room)
{
	void *at =
		mmap(NULL, (size_t)room * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED) {
		(void)fprintf(stderr, "casewatch: out of memory asking for %zu bytes\n",
		              (size_t)room * sizeof(uint64_t));
		abort();
	}
	return at;
}

static void slots_free(uint64_t *slots, uint32_t room)
{
	if (slots)
		(void)munmap(slots, (size_t)room * sizeof(uint64_t));
}

struct refmap *refmap_new(size_t expected)
{
	struct refmap *map = MEM_NEW(struct refmap);
	/* 0.77 full when all are there, with some air for shards that get more than their share */
	size_t needed = expected / SHARDS * 13 / 10, room = needed + FIRST_SLOTS;
	if (needed <= SMALL_SLOTS / 2) {
		room = SMALL_SLOTS;
		map->together = mem_zero(SHARDS * SMALL_SLOTS, sizeof *map->together);
	}
	for (size_t i = 0; i < SHARDS; i++) {
		map->shards[i].room = (uint32_t)room;
		map->shards[i].slots = map->together ? map->together + i * SMALL_SLOTS : slots_new((uint32_t)room);
	}
	return map;
}

static bool is_together(const struct refmap *map, const struct shard *shard)
{
	return map->together && shard->room == SMALL_SLOTS;
}

void refmap_free(struct refmap *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < SHARDS; i++)
		if (!is_together(map, &map->shards[i]))
			slots_free(map->shards[i].slots, map->shards[i].room);
	free(map->together);
	free(map);
}

static uint32_t kept_hash(uint64_t hash)
{
	return (uint32_t)(hash >> 24);
}

static uint32_t home(uint32_t kept, uint32_t room)
{
	return (uint32_t)(((uint64_t)kept * room) >> 32);
}

static void put(struct shard *shard, uint64_t slot)
{
	uint32_t at = home((uint32_t)(slot >> 32), shard->room);
	while (shard->slots[at])
		if (++at == shard->room)
			at = 0;
	shard->slots[at] = slot;
}

static void grow(const struct refmap *map, struct shard *shard)
{
	struct shard old = *shard;
	bool together = is_together(map, &old);
	shard->room = together ? FIRST_SLOTS : old.room + old.room / 4;
	shard->slots = slots_new(shard->room);
	for (uint32_t i = 0; i < old.room; i++)
		if (old.slots[i])
			put(shard, old.slots[i]);
	if (!together)
		slots_free(old.slots, old.room);
}

void refmap_add(struct refmap *map, uint64_t hash, uint32_t ref)
{
	struct shard *shard = &map->shards[hash >> 56];
	if (shard->count >= shard->room - shard->room / 5)
		grow(map, shard);
	put(shard, (uint64_t)kept_hash(hash) << 32 | ref);
	shard->count++;
}

void refmap_prefetch(const struct refmap *map, uint64_t hash)
{
	const struct shard *shard = &map->shards[hash >> 56];
	mem_ahead(&shard->slots[home(kept_hash(hash), shard->room)]);
}

/* The cursor is the next slot to look at, plus one. */
uint32_t refmap_next(const struct refmap *map, uint64_t hash, uint64_t *cursor)
{
	const struct shard *shard = &map->shards[hash >> 56];
	uint32_t kept = kept_hash(hash);
	uint32_t at = *cursor ? (uint32_t)(*cursor - 1) : home(kept, shard->room);
	for (; shard->slots[at]; at = at + 1 == shard->room ? 0 : at + 1)
		if (shard->slots[at] >> 32 == kept) {
			*cursor = (uint64_t)(at + 1 == shard->room ? 0 : at + 1) + 1;
			return (uint32_t)shard->slots[at];
		}
	return 0;
}

size_t refmap_bytes(const struct refmap *map)
{
	size_t bytes = 0;
	for (size_t i = 0; map && i < SHARDS; i++)
		bytes += (size_t)map->shards[i].room * sizeof(uint64_t);
	return bytes;
}
