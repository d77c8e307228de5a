/* wake: due times of the histories in memory, earliest first. Used where nothing is ever evicted; the daemon's due times
 * are rows, because most of its histories are not in memory. */
#include "engine/parts.h"

#include <stdlib.h>

static void put(struct engine *engine, size_t at, struct history *history)
{
	engine->heap[at] = history;
	history->heap_at = at + 1;
}

static void rise(struct engine *engine, size_t at)
{
	struct history *history = engine->heap[at];
	for (; at && engine->heap[(at - 1) / 2]->due > history->due; at = (at - 1) / 2)
		put(engine, at, engine->heap[(at - 1) / 2]);
	put(engine, at, history);
}

static void sink(struct engine *engine, size_t at)
{
	struct history *history = engine->heap[at];
	for (;;) {
		size_t child = at * 2 + 1;
		if (child >= engine->heap_count)
			break;
		if (child + 1 < engine->heap_count && engine->heap[child + 1]->due < engine->heap[child]->due)
			child++;
		if (engine->heap[child]->due >= history->due)
			break;
		put(engine, at, engine->heap[child]);
		at = child;
	}
	put(engine, at, history);
}

static void drop(struct engine *engine, size_t at)
{
	struct history *last = engine->heap[--engine->heap_count];
	engine->heap[at]->heap_at = 0;
	if (at == engine->heap_count)
		return;
	put(engine, at, last);
	rise(engine, at);
	sink(engine, last->heap_at - 1);
}

void wake_update(struct engine *engine, struct history *history)
{
	if (history->due == INSTANT_NEVER) {
		if (history->heap_at)
			drop(engine, history->heap_at - 1);
		return;
	}
	if (!history->heap_at) {
		*(struct history **)mem_push((void **)&engine->heap, &engine->heap_count, &engine->heap_room,
		                             sizeof history) = history;
		history->heap_at = engine->heap_count;
	}
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
	return engine->heap_count ? engine->heap[0]->due : INSTANT_NEVER;
}

static void wake_below(struct engine *engine, size_t at, instant until)
{
	if (at >= engine->heap_count || engine->heap[at]->due > until)
		return;
	engine_touch(engine, engine->heap[at]);
	wake_below(engine, at * 2 + 1, until);
	wake_below(engine, at * 2 + 2, until);
}

void engine_wake(struct engine *engine, instant until)
{
	wake_below(engine, 0, until);
}
