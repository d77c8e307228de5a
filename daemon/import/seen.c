/* seen: a table of hashes, open addressing. */
#include "import/seen.h"

#include "base/mem.h"

#include <stdlib.h>

#define FIRST_ROOM 1024 /* a power of two */

struct slot {
	uint64_t key, content;
	struct import_place place; /* no file: free */
};
struct import_seen {
	struct slot *slots;
	size_t room, count;
};

struct import_seen *import_seen_new(void)
{
	struct import_seen *seen = MEM_NEW(struct import_seen);
	seen->room = FIRST_ROOM;
	seen->slots = mem_zero(seen->room, sizeof *seen->slots);
	return seen;
}

void import_seen_free(struct import_seen *seen)
{
	if (!seen)
		return;
	free(seen->slots);
	free(seen);
}

static struct slot *slot_of(const struct import_seen *seen, uint64_t key)
{
	size_t at = key & (seen->room - 1);
	while (seen->slots[at].place.file && seen->slots[at].key != key)
		at = (at + 1) & (seen->room - 1);
	return &seen->slots[at];
}

static void grow(struct import_seen *seen)
{
	struct import_seen larger = {mem_zero(seen->room * 2, sizeof *seen->slots), seen->room * 2, seen->count};
	for (size_t i = 0; i < seen->room; i++)
		if (seen->slots[i].place.file)
			*slot_of(&larger, seen->slots[i].key) = seen->slots[i];
	free(seen->slots);
	*seen = larger;
}

unsigned import_seen_next(struct import_seen *seen, struct text key, uint64_t content, struct import_place here,
                          struct import_place *before)
{
	uint64_t hash = text_hash(key, hash_seed());
	struct slot *slot = slot_of(seen, hash);
	*before = slot->place;
	if (slot->place.file)
		return slot->content == content ? 0 : IMPORT_CONTRADICTS;
	*slot = (struct slot){hash, content, here};
	if (++seen->count > seen->room / 4 * 3)
		grow(seen);
	return 1;
}
