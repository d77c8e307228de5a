/* due_heap: due times of the histories in memory, earliest first. Used where nothing is ever evicted; the daemon's due
 * times are rows, because most of its histories are not in memory.
 *
 * A history whose due time moves on leaves its entry behind: that is found out of date when it comes to the top, and
 * only then is it put where it belongs. So most changes cost nothing, and moving entries touches no history. What
 * holds: each history with a due time has an entry no later than it, and `queued` is the earliest of its entries. */
#include "engine/parts.h"
#include "engine/shards.h"

#include <stdlib.h>

struct due_entry {
	instant due;
	uint32_t place; /* of the history in the cache, where it may be frozen */
};

static bool earlier(const void *a, const void *b)
{
	return ((const struct due_entry *)a)->due < ((const struct due_entry *)b)->due;
}

struct heap due_heap_new(void)
{
	return HEAP_OF(struct due_entry, earlier);
}

void due_heap_update(struct engine *engine, struct history *history)
{
	if (history->due.at >= history->due.queued)
		return;
	history->due.queued = history->due.at;
	heap_push(&engine->parts[history->part].due, &(struct due_entry){history->due.at, history->place});
}

/* Entries at the top whose history is due later, or that an earlier one went before, are moved on or dropped. */
static void freshen_top(struct engine *engine, struct heap *heap)
{
	for (struct due_entry *top; (top = heap_top(heap));) {
		struct due_times *due = cache_due(engine, top->place);
		if (top->due == due->at)
			break;
		bool earliest = top->due == due->queued;
		if (earliest)
			due->queued = due->at;
		if (earliest && due->at != INSTANT_NEVER) {
			top->due = due->at;
			heap_sink_top(heap);
		} else {
			heap_pop(heap);
		}
	}
}

instant engine_next_due(struct engine *engine)
{
	instant due = INSTANT_NEVER, answer = shards_answer_due(engine);
	struct engine_part *until;
	for (struct engine_part *part = parts_judged(engine, &until); part < until; part++) {
		const struct due_entry *top = heap_top(&part->due);
		if (!top || top->due >= due) /* what is out of date falls due later still */
			continue;
		freshen_top(engine, &part->due);
		top = heap_top(&part->due);
		due = top && top->due < due ? top->due : due;
	}
	return due < answer ? due : answer;
}

static void touch_below(struct engine *engine, const struct heap *heap, size_t at, instant until)
{
	const struct due_entry *entry = at < heap->count ? heap_at(heap, at) : NULL;
	if (!entry || entry->due > until)
		return;
	if (cache_due(engine, entry->place)->at <= until)
		engine_touch(engine, cache_at(engine, entry->place));
	touch_below(engine, heap, at * 2 + 1, until); /* as deep as the heap is high */
	touch_below(engine, heap, at * 2 + 2, until);
}

static int by_id(const void *a, const void *b)
{
	const struct history *one = *(struct history *const *)a, *other = *(struct history *const *)b;
	int order = text_order(one->id, other->id);
	return order ? order : (one->domain > other->domain) - (one->domain < other->domain);
}

/* Those of one instant in the order of their ids: the same input prints the same lines, whatever the heap looks
 * like. */
void engine_wake(struct engine *engine, instant until)
{
	size_t before = engine->touched_count;
	engine->order = (struct engine_order){.phase = ENGINE_DUE};
	struct engine_part *end;
	for (struct engine_part *part = parts_judged(engine, &end); part < end; part++) {
		const struct due_entry *top = heap_top(&part->due);
		if (!top || top->due > until)
			continue;
		freshen_top(engine, &part->due);
		touch_below(engine, &part->due, 0, until);
	}
	if (engine->touched_count > before + 1)
		qsort(engine->touched + before, engine->touched_count - before, sizeof(struct history *), by_id);
}
