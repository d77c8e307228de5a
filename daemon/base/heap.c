/* heap: a binary heap in an array. */
#include "base/heap.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void heap_free(struct heap *heap)
{
	free(heap->items);
	heap->items = NULL;
	heap->count = heap->room = 0;
}

static void rise(struct heap *heap, size_t at)
{
	char item[HEAP_ITEM_MAX];
	memcpy(item, heap_at(heap, at), heap->size);
	for (; at && heap->before(item, heap_at(heap, (at - 1) / 2)); at = (at - 1) / 2)
		memcpy(heap_at(heap, at), heap_at(heap, (at - 1) / 2), heap->size);
	memcpy(heap_at(heap, at), item, heap->size);
}

static void sink(struct heap *heap, size_t at)
{
	char item[HEAP_ITEM_MAX];
	memcpy(item, heap_at(heap, at), heap->size);
	for (size_t child; (child = at * 2 + 1) < heap->count; at = child) {
		if (child + 1 < heap->count && heap->before(heap_at(heap, child + 1), heap_at(heap, child)))
			child++;
		if (!heap->before(heap_at(heap, child), item))
			break;
		memcpy(heap_at(heap, at), heap_at(heap, child), heap->size);
	}
	memcpy(heap_at(heap, at), item, heap->size);
}

void heap_add_unordered(struct heap *heap, const void *item)
{
	assert(heap->size && heap->size <= HEAP_ITEM_MAX);
	memcpy(mem_push(&heap->items, &heap->count, &heap->room, heap->size), item, heap->size);
}

void heap_push(struct heap *heap, const void *item)
{
	heap_add_unordered(heap, item);
	rise(heap, heap->count - 1);
}

void *heap_top(const struct heap *heap)
{
	return heap->count ? heap->items : NULL;
}

void heap_sink_top(struct heap *heap)
{
	if (heap->count)
		sink(heap, 0);
}

void heap_pop(struct heap *heap)
{
	assert(heap->count);
	heap->count--;
	if (heap->count) {
		memcpy(heap->items, heap_at(heap, heap->count), heap->size);
		sink(heap, 0);
	}
}

void heap_make(struct heap *heap)
{
	for (size_t i = heap->count / 2; i-- > 0;)
		sink(heap, i);
}

void heap_merge(struct heap *into, struct heap *from)
{
	if (into->count < from->count) {
		struct heap larger = *from;
		*from = *into;
		*into = larger;
	}
	for (size_t i = 0; i < from->count; i++)
		heap_push(into, heap_at(from, i));
	heap_free(from);
}
