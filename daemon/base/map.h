/* map: finds numbers by hash: open addressing over pairs of 32 bits.
 *
 * The map holds neither keys nor values. Whoever uses it keeps the things themselves, in an array or behind pointers,
 * under a number, and compares the candidates that the map names: so one map serves every kind of key, at 8 bytes a
 * slot, and without a call through a pointer. The one rule: numbers under equal hashes are candidates, nothing more;
 * the caller compares.
 *
 *     struct map_walk walk = map_walk(&map, hash);
 *     while ((number = map_next(&walk)) != MAP_NONE)
 *             if (text_equal(items[number].name, name))
 *                     return &items[number];
 *
 * Hashes of anything that comes from outside must be keyed (text_hash with hash_seed): else somebody can fill one
 * place. Growing copies all slots at once: 1 million take some 10 ms. Where that matters see store/events/refmap.c,
 * which grows in 256 parts. */
#ifndef CASEWATCH_BASE_MAP_H
#define CASEWATCH_BASE_MAP_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint32_t hash, number; /* the number + 1; 0: free */
};

/* Zeroed, it is an empty map. Free with map_free. */
struct map {
	struct map_slot *slots;
	size_t room; /* a power of two, or 0 */
	size_t count;
};

#define MAP_NONE UINT32_MAX /* no number; so numbers go up to UINT32_MAX - 1 */

void map_free(struct map *map);  /* and makes it empty */
void map_clear(struct map *map); /* empty, and keeps the memory */
/* Room for so many without growing. */
void map_reserve(struct map *map, size_t count);
/* The same number may be under several hashes, and a hash may have several numbers. */
void map_add(struct map *map, uint64_t hash, uint32_t number);
/* False: it was not there. Ends every walk. */
bool map_remove(struct map *map, uint64_t hash, uint32_t number);
size_t map_bytes(const struct map *map);

/* Halves folded together: every bit of the hash has its say, and a place is found again from what a slot keeps. */
static inline uint32_t map_fold(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

struct map_walk {
	const struct map_slot *slots;
	size_t mask, at;
	uint32_t hash;
};

/* Over the candidates for a hash; valid until the map changes. */
static inline struct map_walk map_walk(const struct map *map, uint64_t hash)
{
	uint32_t folded = map_fold(hash);
	return (struct map_walk){map->slots, map->room - 1, folded & (map->room - 1), folded};
}

/* The next candidate, or MAP_NONE. */
static inline uint32_t map_next(struct map_walk *walk)
{
	while (walk->slots && walk->slots[walk->at].number) {
		const struct map_slot *slot = &walk->slots[walk->at];
		walk->at = (walk->at + 1) & walk->mask;
		if (slot->hash == walk->hash)
			return slot->number - 1;
	}
	return MAP_NONE;
}

/* Fetches the first candidate's slot into the cache, some time before it is asked for. */
static inline void map_prefetch(const struct map *map, uint64_t hash)
{
	if (map->room)
		mem_ahead(&map->slots[map_fold(hash) & (map->room - 1)]);
}

#endif
