/* due_heap: due times of the histories in memory, earliest first. Used where nothing is ever evicted; the daemon's due times
 * are rows, because most of its histories are not in memory.
 *
 * A history whose due time moves on leaves its entry behind: that is found out of date when it comes to the top, and only
 * then is it put where it belongs. So most changes cost nothing, and moving entries touches no history. What holds: each
 * history with a due time has an entry no later than it, and `queued` is the earliest of its entries. */
#include "engine/engine_internal.h"

#include <stdlib.h>

static void rise(struct engine *engine, size_t at)
{
	struct due_entry entry = engine->heap[at];
	for (; at && engine->heap[(at - 1) / 2].due > entry.due; at = (at - 1) / 2)
		engine->heap[at] = engine->heap[(at - 1) / 2];
	engine->heap[at] = entry;
}

static void sink(struct engine *engine, size_t at)
{
	struct due_entry entry = engine->heap[at];
	for (;;) {
		size_t child = at * 2 + 1;
		if (child >= engine->heap_count)
			break;
		if (child + 1 < engine->heap_count && engine->heap[child + 1].due < engine->heap[child].due)
			child++;
		if (engine->heap[child].due >= entry.due)
			break;
		engine->heap[at] = engine->heap[child];
		at = child;
	}
	engine->heap[at] = entry;
}

void due_heap_update(struct engine *engine, struct history *history)
{
	if (history->due >= history->queued)
		return;
	history->queued = history->due;
	struct due_entry *entry = mem_push((void **)&engine->heap, &engine->heap_count, &engine->heap_room, sizeof *entry);
	*entry = (struct due_entry){history->due, history};
	rise(engine, engine->heap_count - 1);
}

void due_heap_clear(struct engine *engine)
{
	free(engine->heap);
	engine->heap = NULL;
	engine->heap_count = engine->heap_room = 0;
}

/* Entries at the top whose history is due later, or that an earlier one went before, are moved on or dropped. */
static void freshen_top(struct engine *engine)
{
	while (engine->heap_count && engine->heap[0].due != engine->heap[0].history->due) {
		struct due_entry *top = &engine->heap[0];
		struct history *history = top->history;
		if (top->due == history->queued)
			history->queued = history->due;
		else
			history = NULL;
		if (history && history->due != INSTANT_NEVER)
			top->due = history->due;
		else
			*top = engine->heap[--engine->heap_count];
		if (engine->heap_count)
			sink(engine, 0);
	}
}

instant engine_next_due(struct engine *engine)
{
	freshen_top(engine);
	return engine->heap_count ? engine->heap[0].due : INSTANT_NEVER;
}

static void due_heap_below(struct engine *engine, size_t at, instant until)
{
	if (at >= engine->heap_count || engine->heap[at].due > until)
		return;
	if (engine->heap[at].history->due <= until)
		engine_touch(engine, engine->heap[at].history);
	due_heap_below(engine, at * 2 + 1, until);
	due_heap_below(engine, at * 2 + 2, until);
}

static int by_id(const void *a, const void *b)
{
	const struct history *one = *(struct history *const *)a, *other = *(struct history *const *)b;
	int order = text_order(one->id, other->id);
	return order ? order : (one->domain > other->domain) - (one->domain < other->domain);
}

/* Those of one instant in the order of their ids: the same input prints the same lines, whatever the heap looks like. */
void engine_wake(struct engine *engine, instant until)
{
	size_t before = engine->touched_count;
	freshen_top(engine);
	due_heap_below(engine, 0, until);
	if (engine->touched_count > before + 1)
		qsort(engine->touched + before, engine->touched_count - before, sizeof(struct history *), by_id);
}
