/* marks: linear up to thirty-two, growing by halves, then open addressing at a load of at most three quarters. */
#include "engine/history/marks.h"

#include "base/mem.h"

#include <stdlib.h>

#define LINEAR 32

static struct mark *slot(const struct marks *marks, uint64_t mark)
{
	size_t mask = marks->room - 1, i = (size_t)mark & mask;
	while (marks->items[i].mark && marks->items[i].mark != mark)
		i = (i + 1) & mask;
	return &marks->items[i];
}

int64_t *marks_find(const struct marks *marks, uint64_t mark)
{
	if (marks->room > LINEAR) {
		struct mark *found = slot(marks, mark);
		return found->mark ? &found->value : NULL;
	}
	for (size_t i = 0; i < marks->count; i++)
		if (marks->items[i].mark == mark)
			return &marks->items[i].value;
	return NULL;
}

static void rehash(struct marks *marks, size_t room)
{
	struct marks bigger = {mem_zero(room, sizeof(struct mark)), marks->count, room};
	for (size_t i = 0; i < marks->room; i++)
		if (marks->items[i].mark && (marks->room > LINEAR || i < marks->count))
			*slot(&bigger, marks->items[i].mark) = marks->items[i];
	free(marks->items);
	*marks = bigger;
}

int64_t *marks_put(struct marks *marks, uint64_t mark, int64_t value)
{
	int64_t *found = marks_find(marks, mark);
	if (found)
		return found;
	if (marks->room <= LINEAR && marks->count == marks->room) {
		if (marks->room < LINEAR) {
			marks->room = marks->room < 4 ? marks->room + 2 : marks->room + marks->room / 2;
			marks->room = marks->room < LINEAR ? marks->room : LINEAR;
			marks->items = mem_grow(marks->items, marks->room, sizeof *marks->items);
		} else {
			rehash(marks, 2 * LINEAR);
		}
	} else if (marks->room > LINEAR && marks->count * 4 >= marks->room * 3) {
		rehash(marks, marks->room * 2);
	}
	struct mark *free_slot = marks->room > LINEAR ? slot(marks, mark) : &marks->items[marks->count];
	*free_slot = (struct mark){mark, value};
	marks->count++;
	return &free_slot->value;
}

void marks_reserve(struct marks *marks, size_t count)
{
	size_t room = count;
	if (count > LINEAR)
		for (room = (size_t)2 * LINEAR; count * 4 >= room * 3;)
			room *= 2;
	if (room > marks->room || (marks->room > LINEAR && count <= LINEAR)) {
		free(marks->items);
		marks->items = room ? mem_zero(room, sizeof *marks->items) : NULL;
		marks->room = room;
	}
}

void marks_add(struct marks *marks, uint64_t mark, int64_t value)
{
	struct mark *place = marks->room > LINEAR ? slot(marks, mark) : &marks->items[marks->count];
	*place = (struct mark){mark, value};
	marks->count++;
}

void marks_clear(struct marks *marks)
{
	if (marks->room > LINEAR)
		marks_free(marks);
	marks->count = 0;
}

void marks_free(struct marks *marks)
{
	free(marks->items);
	*marks = (struct marks){0};
}
