/* heap: the first of many things at hand, in an order that the user gives: a binary heap of items of one size.
 *
 * Owns copies of the items, as bytes. The one rule: `before` must be an order that does not change while things are in
 * the heap; whoever changes the top says so with heap_sink_top. Of equal ones any may come first, so an order that must
 * not depend on arrival ends in something unique. */
#ifndef CASEWATCH_BASE_HEAP_H
#define CASEWATCH_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct heap {
	void *items;
	size_t count, room;
	size_t size; /* of an item, in bytes; at most HEAP_ITEM_MAX */
	bool (*before)(const void *a, const void *b); /* a comes first */
};

/* The largest item: it is moved by way of the stack. Larger things are held by number or pointer. */
#define HEAP_ITEM_MAX 64

/* An empty heap of items of a type. Free with heap_free. */
#define HEAP_OF(type, order) ((struct heap){.size = sizeof(type), .before = (order)})

void heap_free(struct heap *heap); /* and makes it empty; it can be used again */
void heap_push(struct heap *heap, const void *item);
/* The first item, or NULL. The caller may change it, and then calls heap_sink_top. */
void *heap_top(const struct heap *heap);
void heap_pop(struct heap *heap); /* drops the top; there must be one */
void heap_sink_top(struct heap *heap); /* the top may have come to stand further back */
/* For filling at once: items without an order, and then all of them put in order, in linear time. */
void heap_add_unordered(struct heap *heap, const void *item);
void heap_make(struct heap *heap);
/* All of `from` into `into`, by the smaller into the larger; `from` is left empty, without memory. Of the same size and
 * order. */
void heap_merge(struct heap *into, struct heap *from);
/* The item at a place: the children of place i are at 2i + 1 and 2i + 2, and none of them comes before it. */
static inline void *heap_at(const struct heap *heap, size_t place)
{
	return (char *)heap->items + place * heap->size;
}

#endif
