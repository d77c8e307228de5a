/* parts: the histories of one engine in parts, so that those of one part can be judged up to a time while the others
 * wait (engine.h, "In parts"): what an event needs is then near, as a part fits the processor's cache.
 *
 * Owns of each part its due times, and how far it was judged. The one rule: a history is always of the same part, by
 * its id alone. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_PARTS_H
#define CASEWATCH_ENGINE_PARTS_H

#include "engine/engine_internal.h"

struct engine_part {
	struct heap due;          /* due_heap.c */
	instant now, judged_to, events_to; /* as the engine's, while another part is judged */
	uint64_t newest_ref;
};

void parts_start(struct engine *engine); /* by its settings */
void parts_free(struct engine *engine);
void parts_forget_due(struct engine *engine);
size_t parts_bytes(const struct engine *engine);
/* A part by bits of the hash of an id (text_hash, with the engine's seed) that neither tables nor engine_shard_of
 * use. */
static inline uint32_t parts_hashed(uint64_t hash, uint32_t parts)
{
	return (uint32_t)(hash >> 24) % parts;
}
/* Of a history of the id; `hash`: where it is known, else 0. */
static inline uint32_t parts_of(const struct engine *engine, struct text id, uint64_t hash)
{
	if (engine->part_count < 2)
		return 0;
	return parts_hashed(hash ? hash : text_hash(id, engine->seed), engine->part_count);
}
/* Those that are judged now: from the first up to before *until. */
static inline struct engine_part *parts_judged(const struct engine *engine, struct engine_part **until)
{
	bool all = engine->part == ENGINE_ALL_PARTS;
	struct engine_part *first = all ? engine->parts : engine->parts + engine->part;
	*until = first + (all ? engine->part_count : 1);
	return first;
}

#endif
