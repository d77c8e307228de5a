/* links: merges as statements about pairs; the latest about a pair holds; linked ids are one history. */
#include "engine/engine_internal.h"

#include <stdlib.h>

struct statement {
	uint64_t ref;
	instant time;
	char *source, *id;
	struct text survivor, ceased;
	bool merged;
};

struct component {
	struct text *members;
	size_t count;
	struct text canonical;
};

struct links {
	struct statement *statements;
	size_t count, room;
	bool stale;                   /* components are to be made anew before the next look */
	struct component *components; /* only of linked ids */
	size_t component_count, component_room;
	struct place {
		struct text id;
		size_t component;
	} *places;                    /* id -> component, open addressing */
	size_t place_room;
	uint64_t seed;
	struct text single;           /* for links_members of an unlinked id */
};

struct links *links_new(void)
{
	struct links *links = MEM_NEW(struct links);
	links->seed = hash_seed();
	return links;
}

static void forget_components(struct links *links)
{
	for (size_t i = 0; i < links->component_count; i++)
		free(links->components[i].members);
	free(links->components);
	free(links->places);
	links->components = NULL;
	links->places = NULL;
	links->component_count = links->component_room = links->place_room = 0;
}

static void free_statement(struct statement *statement)
{
	free(statement->source);
	free(statement->id);
	free((char *)(uintptr_t)statement->survivor.at);
	free((char *)(uintptr_t)statement->ceased.at);
}

void links_clear(struct links *links)
{
	forget_components(links);
	for (size_t i = 0; i < links->count; i++)
		free_statement(&links->statements[i]);
	links->count = 0;
	links->stale = false;
}

void links_free(struct links *links)
{
	if (!links)
		return;
	links_clear(links);
	free(links->statements);
	free(links);
}

static struct text smaller(const struct statement *statement)
{
	return text_order(statement->survivor, statement->ceased) < 0 ? statement->survivor : statement->ceased;
}

static struct text larger(const struct statement *statement)
{
	return text_order(statement->survivor, statement->ceased) < 0 ? statement->ceased : statement->survivor;
}

static int pair_order(const struct statement *a, const struct statement *b)
{
	int order = text_order(smaller(a), smaller(b));
	return order ? order : text_order(larger(a), larger(b));
}

/* By pair, then by (time, source, id): the last of a pair is the one that holds. */
static int statement_order(const void *left, const void *right)
{
	const struct statement *a = left, *b = right;
	int order = pair_order(a, b);
	if (order)
		return order;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	order = strcmp(a->source, b->source);
	return order ? order : strcmp(a->id, b->id);
}

static bool holds(const struct links *links, size_t i)
{
	bool last = i + 1 == links->count || pair_order(&links->statements[i], &links->statements[i + 1]) != 0;
	return last && links->statements[i].merged;
}

static struct place *place_of(const struct links *links, struct text id)
{
	size_t mask = links->place_room - 1, i = (size_t)text_hash(id, links->seed) & mask;
	while (links->places[i].id.at && !text_equal(links->places[i].id, id))
		i = (i + 1) & mask;
	return &links->places[i];
}

static void put(struct links *links, struct text id, size_t component)
{
	struct place *place = place_of(links, id);
	struct component *into = &links->components[component];
	if (!place->id.at) {
		into->members = mem_grow(into->members, into->count + 1, sizeof id);
		into->members[into->count++] = id;
	}
	*place = (struct place){id, component};
}

static size_t add_component(struct links *links)
{
	*(struct component *)mem_push((void **)&links->components, &links->component_count, &links->component_room,
	                              sizeof(struct component)) = (struct component){0};
	return links->component_count - 1;
}

/* The members of the smaller component move into the larger. */
static size_t unite(struct links *links, size_t a, size_t b)
{
	if (links->components[a].count < links->components[b].count) {
		size_t other = a;
		a = b;
		b = other;
	}
	struct component *into = &links->components[a], *from = &links->components[b];
	into->members = mem_grow(into->members, into->count + from->count, sizeof *into->members);
	for (size_t i = 0; i < from->count; i++) {
		into->members[into->count++] = from->members[i];
		place_of(links, from->members[i])->component = a;
	}
	free(from->members);
	*from = (struct component){0};
	return a;
}

static void join(struct links *links, const struct statement *statement)
{
	const struct place *a = place_of(links, statement->survivor), *b = place_of(links, statement->ceased);
	size_t into;
	if (a->id.at && b->id.at)
		into = a->component == b->component ? a->component : unite(links, a->component, b->component);
	else
		into = a->id.at ? a->component : b->id.at ? b->component : add_component(links);
	put(links, statement->survivor, into);
	put(links, statement->ceased, into);
}

/* The id that never ceased; of several, or in a ring, the smallest. `ceased` is sorted. */
static void choose_canonical(struct component *component, const struct text *ceased, size_t ceased_count)
{
	struct text best = TEXT_NONE, smallest = TEXT_NONE;
	for (size_t i = 0; i < component->count; i++) {
		struct text id = component->members[i];
		size_t low = 0, high = ceased_count;
		while (low < high) {
			size_t middle = (low + high) / 2;
			if (text_order(ceased[middle], id) < 0)
				low = middle + 1;
			else
				high = middle;
		}
		bool has_ceased = low < ceased_count && text_equal(ceased[low], id);
		if (!smallest.at || text_order(id, smallest) < 0)
			smallest = id;
		if (!has_ceased && (!best.at || text_order(id, best) < 0))
			best = id;
	}
	component->canonical = best.at ? best : smallest;
}

static int order_texts(const void *a, const void *b)
{
	return text_order(*(const struct text *)a, *(const struct text *)b);
}

static void rebuild(struct links *links)
{
	forget_components(links);
	links->stale = false;
	if (!links->count)
		return;
	qsort(links->statements, links->count, sizeof *links->statements, statement_order);
	for (links->place_room = 8; links->place_room < links->count * 4;)
		links->place_room *= 2;
	links->places = mem_zero(links->place_room, sizeof *links->places);
	struct text *ceased = mem_zero(links->count, sizeof *ceased);
	size_t ceased_count = 0;
	for (size_t i = 0; i < links->count; i++) {
		if (!holds(links, i))
			continue;
		join(links, &links->statements[i]);
		ceased[ceased_count++] = links->statements[i].ceased;
	}
	qsort(ceased, ceased_count, sizeof *ceased, order_texts);
	for (size_t i = 0; i < links->component_count; i++)
		choose_canonical(&links->components[i], ceased, ceased_count);
	free(ceased);
}

static const struct component *component_of(const struct links *constant, struct text id)
{
	if (!constant->count)
		return NULL;
	struct links *links = (struct links *)(uintptr_t)constant; /* components are a cache */
	if (links->stale)
		rebuild(links);
	if (!links->place_room)
		return NULL;
	const struct place *place = place_of(links, id);
	return place->id.at ? &links->components[place->component] : NULL;
}

static struct text copied(struct text text)
{
	return (struct text){mem_copy_text(text.at, text.length), text.length};
}

void links_add(struct links *links, const struct event *event, struct text from)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->statements[i].ref == event->ref)
			return;
	struct statement *statement = mem_push((void **)&links->statements, &links->count, &links->room, sizeof *statement);
	*statement = (struct statement){
	        .ref = event->ref,
	        .time = event->time,
	        .source = mem_copy_text(event->source.at, event->source.length),
	        .id = mem_copy_text(event->id.at, event->id.length),
	        .survivor = copied(event->subject),
	        .ceased = copied(from),
	        .merged = event->type == TYPE_ID_PERSON_MERGED,
	};
	links->stale = true;
}

void links_remove(struct links *links, uint64_t ref)
{
	for (size_t i = 0; i < links->count; i++) {
		if (links->statements[i].ref != ref)
			continue;
		free_statement(&links->statements[i]);
		links->statements[i] = links->statements[--links->count];
		links->stale = true;
		return;
	}
}

struct text links_canonical(const struct links *links, struct text id)
{
	const struct component *component = component_of(links, id);
	return component ? component->canonical : id;
}

size_t links_members(const struct links *links, struct text id, const struct text **members)
{
	const struct component *component = component_of(links, id);
	if (component) {
		*members = component->members;
		return component->count;
	}
	((struct links *)(uintptr_t)links)->single = id;
	*members = &links->single;
	return 1;
}
