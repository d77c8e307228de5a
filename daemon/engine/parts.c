/* parts: which of them is judged now, and what the engine knows of time while it is. */
#include "engine/parts.h"

#include <stdlib.h>

void parts_start(struct engine *engine)
{
	engine->part_count = engine->settings.parts ? engine->settings.parts : 1;
	engine->parts = mem_zero(engine->part_count, sizeof *engine->parts);
	engine->part = ENGINE_ALL_PARTS;
	for (uint32_t i = 0; i < engine->part_count; i++)
		engine->parts[i].due = due_heap_new();
}

void parts_free(struct engine *engine)
{
	parts_forget_due(engine);
	free(engine->parts);
}

void parts_forget_due(struct engine *engine)
{
	for (uint32_t i = 0; i < engine->part_count; i++)
		heap_free(&engine->parts[i].due);
}

size_t parts_bytes(const struct engine *engine)
{
	size_t bytes = 0;
	for (uint32_t i = 0; i < engine->part_count; i++)
		bytes += engine->parts[i].due.room * engine->parts[i].due.size;
	return bytes;
}

uint32_t engine_part_of(uint64_t hash, uint32_t parts)
{
	return parts_hashed(hash, parts);
}

static void put_by(const struct engine *engine, struct engine_part *part)
{
	part->now = engine->now;
	part->judged_to = engine->judged_to;
	part->events_to = engine->events_to;
	part->newest_ref = engine->newest_ref;
}

static instant later(instant a, instant b)
{
	return a > b ? a : b;
}

/* All of them are judged as far as the furthest was. */
static void go_on(struct engine *engine, const struct engine_part *part)
{
	engine->now = later(engine->now, part->now);
	engine->judged_to = later(engine->judged_to, part->judged_to);
	engine->events_to = later(engine->events_to, part->events_to);
	engine->newest_ref = part->newest_ref > engine->newest_ref ? part->newest_ref : engine->newest_ref;
}

void engine_select_part(struct engine *engine, uint32_t part)
{
	struct engine_part *until;
	for (struct engine_part *left = parts_judged(engine, &until); left < until; left++)
		put_by(engine, left);
	engine->part = part;
	struct engine_part *taken = parts_judged(engine, &until);
	engine->now = engine->judged_to = engine->events_to = INSTANT_NONE;
	engine->newest_ref = 0;
	for (; taken < until; taken++)
		go_on(engine, taken);
}

bool engine_may_part(const struct engine *engine)
{
	return engine->part_count > 1 && !engine->answer_count && !engine->touched_count && !engine->unreached_count;
}
