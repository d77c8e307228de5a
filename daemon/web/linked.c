/* linked: merges and splits as they stand, and what they join. */
#include "web/linked.h"

#include <stdlib.h>

#include "store/events/events.h"

struct statement {
	struct text a, b; /* in order, so that a pair has one writing */
	const struct event *event;
};

struct linked {
	struct arena *arena;
	struct statement *items; /* in the arena, too, once they are read */
	size_t count, room;
};

static enum result note_merge(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct linked *linked = argument;
	(void)bytes;
	(void)arrived;
	(void)fault;
	struct event *kept = arena_alloc(linked->arena, sizeof *kept);
	event_copy(kept, event, linked->arena);
	struct text from = event_string(kept, schema_name(TEXT("from")));
	bool turned = text_order(kept->subject, from) > 0;
	struct statement *statement =
		mem_push((void **)&linked->items, &linked->count, &linked->room, sizeof *statement);
	*statement = (struct statement){turned ? from : kept->subject, turned ? kept->subject : from, kept};
	return RESULT_OK;
}

static int by_pair(const void *left, const void *right)
{
	const struct statement *x = left, *y = right;
	int order = text_order(x->a, y->a);
	if (!order)
		order = text_order(x->b, y->b);
	return order ? order : event_order(x->event, y->event);
}

/* Of each pair only the latest statement stays, and of those only merges. */
static void keep_latest(struct linked *linked)
{
	size_t kept = 0;
	if (linked->count)
		qsort(linked->items, linked->count, sizeof *linked->items, by_pair);
	for (size_t i = 0; i < linked->count; i++) {
		const struct statement *at = &linked->items[i], *next = i + 1 < linked->count ? at + 1 : NULL;
		bool last = !next || !text_equal(at->a, next->a) || !text_equal(at->b, next->b);
		if (last && at->event->type == TYPE_ID_PERSON_MERGED)
			linked->items[kept++] = *at;
	}
	linked->count = kept;
}

enum result linked_read(struct web_page *page, struct linked **linked, struct fault *fault)
{
	struct linked *made = arena_alloc(page->arena, sizeof *made);
	*made = (struct linked){.arena = page->arena};
	enum result result = events_merges(page->store, note_merge, made, fault);
	keep_latest(made);
	struct statement *items = arena_alloc(page->arena, (made->count + 1) * sizeof *items);
	if (made->count)
		memcpy(items, made->items, made->count * sizeof *items);
	free(made->items);
	made->items = items;
	*linked = made;
	return result;
}

static bool is_among(const struct text *ids, size_t count, struct text id)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(ids[i], id))
			return true;
	return false;
}

/* Each id that is found brings its own pairs; few children have more than two ids. */
size_t linked_ids(void *context, struct text subject, struct text *ids, size_t room)
{
	const struct linked *linked = context;
	size_t count = 0;
	if (!room)
		return 0;
	ids[count++] = subject;
	for (size_t done = 0; done < count; done++)
		for (size_t i = 0; i < linked->count && count < room; i++) {
			const struct statement *at = &linked->items[i];
			if (text_equal(at->a, ids[done]) && !is_among(ids, count, at->b))
				ids[count++] = at->b;
			else if (text_equal(at->b, ids[done]) && !is_among(ids, count, at->a))
				ids[count++] = at->a;
		}
	return count;
}
