/* wake: due times of the histories in memory, earliest first. Used where nothing is ever evicted; the daemon's due times
 * are rows, because most of its histories are not in memory. */
#include "engine/parts.h"

#include <stdlib.h>

static void put(struct engine *engine, size_t at, struct wake entry)
{
	engine->heap[at] = entry;
	entry.history->heap_at = (uint32_t)at + 1;
}

static void rise(struct engine *engine, size_t at)
{
	struct wake entry = engine->heap[at];
	for (; at && engine->heap[(at - 1) / 2].due > entry.due; at = (at - 1) / 2)
		put(engine, at, engine->heap[(at - 1) / 2]);
	put(engine, at, entry);
}

static void sink(struct engine *engine, size_t at)
{
	struct wake entry = engine->heap[at];
	for (;;) {
		size_t child = at * 2 + 1;
		if (child >= engine->heap_count)
			break;
		if (child + 1 < engine->heap_count && engine->heap[child + 1].due < engine->heap[child].due)
			child++;
		if (engine->heap[child].due >= entry.due)
			break;
		put(engine, at, engine->heap[child]);
		at = child;
	}
	put(engine, at, entry);
}

static void drop(struct engine *engine, size_t at)
{
	struct wake last = engine->heap[--engine->heap_count];
	engine->heap[at].history->heap_at = 0;
	if (at == engine->heap_count)
		return;
	put(engine, at, last);
	rise(engine, at);
	sink(engine, last.history->heap_at - 1);
}

void wake_update(struct engine *engine, struct history *history)
{
	if (history->due == INSTANT_NEVER) {
		if (history->heap_at)
			drop(engine, history->heap_at - 1);
		return;
	}
	if (!history->heap_at) {
		(void)mem_push((void **)&engine->heap, &engine->heap_count, &engine->heap_room, sizeof *engine->heap);
		history->heap_at = (uint32_t)engine->heap_count;
	}
	engine->heap[history->heap_at - 1] = (struct wake){history->due, history};
	rise(engine, history->heap_at - 1);
	sink(engine, history->heap_at - 1);
}

void wake_clear(struct engine *engine)
{
	free(engine->heap);
	engine->heap = NULL;
	engine->heap_count = engine->heap_room = 0;
}

instant engine_next_due(const struct engine *engine)
{
	return engine->heap_count ? engine->heap[0].due : INSTANT_NEVER;
}

static void wake_below(struct engine *engine, size_t at, instant until)
{
	if (at >= engine->heap_count || engine->heap[at].due > until)
		return;
	engine_touch(engine, engine->heap[at].history);
	wake_below(engine, at * 2 + 1, until);
	wake_below(engine, at * 2 + 2, until);
}

void engine_wake(struct engine *engine, instant until)
{
	wake_below(engine, 0, until);
}
