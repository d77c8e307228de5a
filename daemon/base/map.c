/* map: open addressing at a load of at most three quarters; what is removed leaves no trace. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 8

void map_free(struct map *map)
{
	free(map->slots);
	*map = (struct map){0};
}

void map_clear(struct map *map)
{
	if (map->count)
		memset(map->slots, 0, map->room * sizeof *map->slots);
	map->count = 0;
}

static void put(struct map *map, struct map_slot slot)
{
	size_t mask = map->room - 1, at = slot.hash & mask;
	while (map->slots[at].number)
		at = (at + 1) & mask;
	map->slots[at] = slot;
}

static void grow_to(struct map *map, size_t room)
{
	struct map bigger = {mem_zero_large(room, sizeof *bigger.slots), room, map->count};
	for (size_t i = 0; i < map->room; i++)
		if (map->slots[i].number)
			put(&bigger, map->slots[i]);
	free(map->slots);
	*map = bigger;
}

void map_reserve(struct map *map, size_t count)
{
	size_t room = map->room ? map->room : FIRST_ROOM;
	while (room / 4 * 3 < count)
		room *= 2;
	if (room > map->room)
		grow_to(map, room);
}

void map_add(struct map *map, uint64_t hash, uint32_t number)
{
	map_reserve(map, map->count + 1);
	put(map, (struct map_slot){map_fold(hash), number + 1});
	map->count++;
}

/* Moves back what stands behind the gap and would not be found past it: no marks of what was removed are left, so that
 * a map in which things come and go for ever is as quick as a new one. */
static void close_gap(struct map *map, size_t gap)
{
	size_t mask = map->room - 1;
	for (size_t at = (gap + 1) & mask; map->slots[at].number; at = (at + 1) & mask) {
		size_t home = map->slots[at].hash & mask;
		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		map->slots[gap] = map->slots[at];
		gap = at;
	}
	map->slots[gap] = (struct map_slot){0};
}

bool map_remove(struct map *map, uint64_t hash, uint32_t number)
{
	struct map_walk walk = map_walk(map, hash);
	for (uint32_t found; (found = map_next(&walk)) != MAP_NONE;)
		if (found == number) {
			close_gap(map, (walk.at - 1) & walk.mask);
			map->count--;
			return true;
		}
	return false;
}

size_t map_bytes(const struct map *map)
{
	return map->room * sizeof *map->slots;
}
