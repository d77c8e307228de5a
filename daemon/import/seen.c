/* seen: what was taken, under a hash of its key. */
#include "import/seen.h"

#include "base/map.h"
#include "base/mem.h"

#include <stdlib.h>

struct record {
	uint64_t key, content;
	struct import_place place;
};
struct import_seen {
	struct map by_key; /* numbers of records */
	struct record *records;
	size_t count, room;
};

struct import_seen *import_seen_new(void)
{
	return MEM_NEW(struct import_seen);
}

void import_seen_free(struct import_seen *seen)
{
	if (!seen)
		return;
	map_free(&seen->by_key);
	free(seen->records);
	free(seen);
}

static const struct record *find(const struct import_seen *seen, uint64_t key)
{
	struct map_walk walk = map_walk(&seen->by_key, key);
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;)
		if (seen->records[number].key == key)
			return &seen->records[number];
	return NULL;
}

unsigned import_seen_next(struct import_seen *seen, struct text key, uint64_t content, struct import_place here,
                          struct import_place *before)
{
	uint64_t hash = text_hash(key, hash_seed());
	const struct record *known = find(seen, hash);
	*before = known ? known->place : (struct import_place){NULL, 0};
	if (known)
		return known->content == content ? 0 : IMPORT_CONTRADICTS;
	struct record *record =
		mem_push((void **)&seen->records, &seen->count, &seen->room, sizeof *record);
	*record = (struct record){hash, content, here};
	map_add(&seen->by_key, hash, (uint32_t)(seen->count - 1));
	return 1;
}
