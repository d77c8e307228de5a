/* links: ids as nodes, pairs that hold as edges, components kept as statements come and go. */
#include "engine/links.h"

#include "base/heap.h"
#include "base/map.h"
#include "base/mem.h"

#include <stdlib.h>

#define NONE MAP_NONE

struct numbers {
	uint32_t *items;
	size_t count, room;
};

/* A statement in the heap of its pair: the latest first. */
struct claim {
	instant time;
	struct text source, id;
	uint32_t statement;
};

struct statement {
	uint64_t ref;
	uint32_t pair, ceased; /* ceased: a node */
	bool merged, stands;
	bool kept;             /* stood at links_keep */
	bool claimed;          /* in the pair's heap */
	struct claim claim;
};

struct pair {
	uint32_t nodes[2];
	struct heap claims;    /* statements that stand, and some that no longer do */
	uint32_t holds;        /* the statement that links the two; NONE: they are not linked */
};

struct node {
	struct text id;
	struct numbers pairs;  /* all that it was ever in */
	uint32_t component, place; /* place: among its members */
	uint32_t ceased;       /* pairs by which it ceased */
	uint64_t visited;      /* by the side of the search with this number */
};

struct component {
	struct text *ids;      /* of the members */
	uint32_t *members;
	size_t count, room, number_room;
	struct heap lasting;   /* of struct candidate: those that never ceased, and some that did or went */
	struct heap all;       /* the same of all members */
	struct text canonical;
	enum links_events events;
};

struct candidate {
	struct text id;
	uint32_t node;
};

struct links {
	struct arena *texts;
	struct statement *statements;
	size_t statement_count, statement_room;
	struct pair *pairs;
	size_t pair_count, pair_room;
	struct node *nodes;
	size_t node_count, node_room;
	struct component *components;
	size_t component_count, component_room;
	struct numbers free_components;
	struct map by_id, by_pair, by_ref;
	struct numbers changed;  /* statements that came or went since links_keep; some more than once */
	struct numbers sides[2]; /* of a search: the nodes reached from either end */
	uint64_t searches, steps, seed;
	struct text single;      /* for links_members of an id that is not linked */
};

static bool later(const void *one, const void *other)
{
	const struct claim *a = one, *b = other;
	if (a->time != b->time)
		return a->time > b->time;
	int order = text_order(a->source, b->source);
	return (order ? order : text_order(a->id, b->id)) > 0;
}

static bool smaller(const void *one, const void *other)
{
	const struct candidate *a = one, *b = other;
	return text_order(a->id, b->id) < 0;
}

static void add_number(struct numbers *numbers, uint32_t number)
{
	*(uint32_t *)mem_push((void **)&numbers->items, &numbers->count, &numbers->room, sizeof number) = number;
}

/* ---- life ---- */

struct links *links_new(void)
{
	struct links *links = MEM_NEW(struct links);
	links->texts = arena_new(4096);
	links->seed = hash_seed();
	return links;
}

static void free_component(struct component *component)
{
	free(component->ids);
	free(component->members);
	heap_free(&component->lasting);
	heap_free(&component->all);
	*component = (struct component){0};
}

void links_clear(struct links *links)
{
	for (size_t i = 0; i < links->node_count; i++)
		free(links->nodes[i].pairs.items);
	for (size_t i = 0; i < links->pair_count; i++)
		heap_free(&links->pairs[i].claims);
	for (size_t i = 0; i < links->component_count; i++)
		free_component(&links->components[i]);
	links->node_count = links->pair_count = links->statement_count = links->component_count = 0;
	links->free_components.count = links->changed.count = 0;
	map_free(&links->by_id);
	map_free(&links->by_pair);
	map_free(&links->by_ref);
	arena_reset(links->texts);
}

void links_free(struct links *links)
{
	if (!links)
		return;
	links_clear(links);
	arena_free(links->texts);
	free(links->statements);
	free(links->pairs);
	free(links->nodes);
	free(links->components);
	free(links->free_components.items);
	free(links->changed.items);
	free(links->sides[0].items);
	free(links->sides[1].items);
	free(links);
}

uint64_t links_steps(const struct links *links)
{
	return links->steps;
}

/* ---- finding ---- */

static struct text keep_text(struct links *links, struct text text)
{
	return text_keep(links->texts, text);
}

static uint32_t find_node(const struct links *links, struct text id, uint64_t hash)
{
	struct map_walk walk = map_walk(&links->by_id, hash);
	uint32_t node;
	while ((node = map_next(&walk)) != NONE && !text_equal(links->nodes[node].id, id))
		;
	return node;
}

static uint32_t get_node(struct links *links, struct text id)
{
	uint64_t hash = text_hash(id, links->seed);
	uint32_t node = find_node(links, id, hash);
	if (node != NONE)
		return node;
	node = (uint32_t)links->node_count;
	*(struct node *)mem_push((void **)&links->nodes, &links->node_count, &links->node_room, sizeof(struct node)) =
	        (struct node){.id = keep_text(links, id), .component = NONE};
	map_add(&links->by_id, hash, node);
	return node;
}

static uint64_t number_hash(uint64_t number)
{
	return text_hash((struct text){(const char *)&number, sizeof number}, hash_seed());
}

static uint32_t get_pair(struct links *links, uint32_t a, uint32_t b)
{
	uint32_t first = a < b ? a : b, second = a < b ? b : a;
	uint64_t hash = number_hash((uint64_t)first << 32 | second);
	struct map_walk walk = map_walk(&links->by_pair, hash);
	for (uint32_t pair; (pair = map_next(&walk)) != NONE;)
		if (links->pairs[pair].nodes[0] == first && links->pairs[pair].nodes[1] == second)
			return pair;
	uint32_t pair = (uint32_t)links->pair_count;
	*(struct pair *)mem_push((void **)&links->pairs, &links->pair_count, &links->pair_room, sizeof(struct pair)) =
	        (struct pair){{first, second}, HEAP_OF(struct claim, later), NONE};
	map_add(&links->by_pair, hash, pair);
	add_number(&links->nodes[first].pairs, pair);
	if (second != first)
		add_number(&links->nodes[second].pairs, pair);
	return pair;
}

static uint32_t find_statement(const struct links *links, uint64_t ref)
{
	struct map_walk walk = map_walk(&links->by_ref, number_hash(ref));
	uint32_t statement;
	while ((statement = map_next(&walk)) != NONE && links->statements[statement].ref != ref)
		;
	return statement;
}

static const struct component *component_of(const struct links *links, struct text id)
{
	if (!links->node_count)
		return NULL;
	uint32_t node = find_node(links, id, text_hash(id, links->seed));
	return node == NONE || links->nodes[node].component == NONE ? NULL
	                                                            : &links->components[links->nodes[node].component];
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
		*members = component->ids;
		return component->count;
	}
	((struct links *)(uintptr_t)links)->single = id;
	*members = &links->single;
	return 1;
}

enum links_events links_events(const struct links *links, struct text id)
{
	const struct component *component = component_of(links, id);
	return component ? component->events : LINKS_UNKNOWN;
}

void links_set_events(struct links *links, struct text id, enum links_events events)
{
	struct component *component = (struct component *)(uintptr_t)component_of(links, id);
	if (component)
		component->events = events;
}

struct text links_take_event(struct links *links, struct text id)
{
	struct component *component = (struct component *)(uintptr_t)component_of(links, id);
	if (!component)
		return id;
	component->events = LINKS_SOME_EVENTS;
	return component->canonical;
}

/* ---- components ---- */

/* The first of the heap that still is of the component, and if `lasting` never ceased. */
static struct text first_of(struct links *links, struct heap *heap, uint32_t component, bool lasting)
{
	for (const struct candidate *first; (first = heap_top(heap)); heap_pop(heap), links->steps++) {
		const struct node *node = &links->nodes[first->node];
		if (node->component == component && !(lasting && node->ceased))
			return first->id;
	}
	return TEXT_NONE;
}

static void choose_canonical(struct links *links, uint32_t number)
{
	struct component *component = &links->components[number];
	struct text lasting = first_of(links, &component->lasting, number, true);
	component->canonical = lasting.at ? lasting : first_of(links, &component->all, number, false);
}

static void offer(struct links *links, uint32_t node)
{
	struct candidate candidate = {links->nodes[node].id, node};
	heap_push(&links->components[links->nodes[node].component].lasting, &candidate);
}

static void put_member(struct links *links, uint32_t into, uint32_t node)
{
	struct component *component = &links->components[into];
	struct node *member = &links->nodes[node];
	size_t count = component->count;
	member->component = into;
	member->place = (uint32_t)count;
	*(struct text *)mem_push((void **)&component->ids, &component->count, &component->room, sizeof(struct text)) =
		member->id;
	*(uint32_t *)mem_push((void **)&component->members, &count, &component->number_room, sizeof node) = node;
	links->steps++;
}

static void take_member(struct links *links, uint32_t node)
{
	struct node *member = &links->nodes[node];
	struct component *component = &links->components[member->component];
	size_t last = --component->count;
	component->ids[member->place] = component->ids[last];
	component->members[member->place] = component->members[last];
	links->nodes[component->members[last]].place = member->place;
	member->component = NONE;
}

static uint32_t new_component(struct links *links)
{
	uint32_t number = (uint32_t)links->component_count;
	if (links->free_components.count)
		number = links->free_components.items[--links->free_components.count];
	else
		(void)mem_push((void **)&links->components, &links->component_count, &links->component_room,
		               sizeof(struct component));
	links->components[number] = (struct component){.lasting = HEAP_OF(struct candidate, smaller),
	                                               .all = HEAP_OF(struct candidate, smaller)};
	return number;
}

static void enter(struct links *links, uint32_t component, uint32_t node)
{
	put_member(links, component, node);
	heap_push(&links->components[component].all, &(struct candidate){links->nodes[node].id, node});
	if (!links->nodes[node].ceased)
		offer(links, node);
}

/* The id of its history; a node that never was linked gets a component of its own. */
static struct text own_canonical(struct links *links, uint32_t node)
{
	if (links->nodes[node].component == NONE) {
		enter(links, new_component(links), node);
		choose_canonical(links, links->nodes[node].component);
	}
	return links->components[links->nodes[node].component].canonical;
}

/* The smaller moves into the larger: so an id moves once for each doubling of what it is linked with. */
static uint32_t unite(struct links *links, uint32_t a, uint32_t b)
{
	uint32_t into = links->components[a].count >= links->components[b].count ? a : b, from = into == a ? b : a;
	for (size_t i = 0; i < links->components[from].count; i++)
		put_member(links, into, links->components[from].members[i]);
	heap_merge(&links->components[into].lasting, &links->components[from].lasting);
	heap_merge(&links->components[into].all, &links->components[from].all);
	if (links->components[into].events != links->components[from].events)
		links->components[into].events = LINKS_UNKNOWN;
	free_component(&links->components[from]);
	add_number(&links->free_components, from);
	return into;
}

static struct links_part part_of(const struct component *component, size_t from, size_t until, struct text before)
{
	return (struct links_part){component->ids + from, until - from, before, component->canonical};
}

static void join(struct links *links, uint32_t a, uint32_t b, struct text before_a, struct text before_b,
                 struct links_change *change)
{
	uint32_t one = links->nodes[a].component, other = links->nodes[b].component;
	size_t count_a = links->components[one].count, count_b = links->components[other].count;
	uint32_t into = unite(links, one, other);
	choose_canonical(links, into);
	const struct component *component = &links->components[into];
	size_t split = count_a >= count_b ? count_a : count_b, count = component->count;
	bool first = count_a >= count_b;
	change->parts[0] = first ? part_of(component, 0, split, before_a) : part_of(component, split, count, before_a);
	change->parts[1] = first ? part_of(component, split, count, before_b) : part_of(component, 0, split, before_b);
	change->part_count = 2;
}

/* One step of the search from one end: looks at one more pair. False: all that this end reaches was reached. */
static bool step(struct links *links, struct numbers *side, size_t *at, size_t *pair, uint64_t mark,
                 uint64_t other_mark, bool *met)
{
	if (*at == side->count)
		return false;
	const struct node *node = &links->nodes[side->items[*at]];
	links->steps++;
	if (*pair == node->pairs.count) {
		(*at)++;
		*pair = 0;
		return true;
	}
	const struct pair *next = &links->pairs[node->pairs.items[(*pair)++]];
	if (next->holds == NONE)
		return true;
	uint32_t there = next->nodes[0] == side->items[*at] ? next->nodes[1] : next->nodes[0];
	*met = links->nodes[there].visited == other_mark;
	if (!*met && links->nodes[there].visited != mark) {
		links->nodes[there].visited = mark;
		add_number(side, there);
	}
	return true;
}

/* From both ends by turns, so that it is over when the smaller part is known. The side that is a part by itself now, or
 * -1. */
static int find_part(struct links *links, uint32_t a, uint32_t b)
{
	uint32_t ends[2] = {a, b};
	uint64_t marks[2] = {++links->searches, ++links->searches};
	size_t at[2] = {0, 0}, pair[2] = {0, 0};
	for (int i = 0; i < 2; i++) {
		links->sides[i].count = 0;
		add_number(&links->sides[i], ends[i]);
		links->nodes[ends[i]].visited = marks[i];
	}
	for (bool met = false;;)
		for (int i = 0; i < 2; i++) {
			if (!step(links, &links->sides[i], &at[i], &pair[i], marks[i], marks[1 - i], &met))
				return i;
			if (met)
				return -1;
		}
}

static void split(struct links *links, uint32_t a, uint32_t b, struct text before, struct links_change *change)
{
	uint32_t whole = links->nodes[a].component;
	int side = a == b ? -1 : find_part(links, a, b);
	if (side >= 0) {
		uint32_t apart = new_component(links);
		links->components[apart].events = links->components[whole].events;
		for (size_t i = 0; i < links->sides[side].count; i++) {
			take_member(links, links->sides[side].items[i]);
			enter(links, apart, links->sides[side].items[i]);
		}
		choose_canonical(links, apart);
	}
	choose_canonical(links, whole);
	uint32_t of[2] = {links->nodes[a].component, links->nodes[b].component};
	size_t parts = side >= 0 ? 2 : 1;
	for (size_t i = 0; i < parts; i++)
		change->parts[i] = part_of(&links->components[of[i]], 0, links->components[of[i]].count, before);
	change->part_count = side >= 0 || !text_equal(before, links->components[whole].canonical) ? parts : 0;
}

/* ---- what holds about a pair ---- */

static uint32_t holding(struct links *links, struct pair *pair)
{
	for (const struct claim *claim; (claim = heap_top(&pair->claims)); heap_pop(&pair->claims), links->steps++) {
		struct statement *statement = &links->statements[claim->statement];
		if (statement->stands)
			return statement->merged ? claim->statement : NONE;
		statement->claimed = false;
	}
	return NONE;
}

static void set_ceased(struct links *links, uint32_t node, bool more)
{
	links->nodes[node].ceased += more ? 1 : (uint32_t)-1;
	if (!links->nodes[node].ceased)
		offer(links, node);
}

/* A statement about its pair came or went. */
static void look_again(struct links *links, const struct statement *statement, struct links_change *change)
{
	struct pair *pair = &links->pairs[statement->pair];
	uint32_t before = pair->holds, now = holding(links, pair), b = statement->ceased;
	uint32_t a = pair->nodes[0] == b ? pair->nodes[1] : pair->nodes[0];
	if (before == now)
		return;
	struct text before_a = own_canonical(links, a), before_b = own_canonical(links, b);
	pair->holds = now;
	if (before != NONE)
		set_ceased(links, links->statements[before].ceased, false);
	if (now != NONE)
		set_ceased(links, links->statements[now].ceased, true);
	if (links->nodes[a].component != links->nodes[b].component)
		join(links, a, b, before_a, before_b, change); /* not linked before, so it holds now */
	else
		split(links, a, b, before_a, change);
}

/* The handle of an event that was rolled back is another event's soon. */
static bool says_the_same(const struct links *links, const struct statement *statement,
                          const struct links_statement *said)
{
	const struct pair *pair = &links->pairs[statement->pair];
	uint32_t survivor = pair->nodes[pair->nodes[0] == statement->ceased];
	return statement->claim.time == said->time && statement->merged == said->merged &&
	       text_equal(statement->claim.source, said->source) && text_equal(statement->claim.id, said->id) &&
	       text_equal(links->nodes[statement->ceased].id, said->ceased) &&
	       text_equal(links->nodes[survivor].id, said->survivor);
}

static uint32_t new_statement(struct links *links, const struct links_statement *said)
{
	uint32_t survivor = get_node(links, said->survivor), ceased = get_node(links, said->ceased);
	uint32_t number = (uint32_t)links->statement_count;
	struct claim claim = {said->time, keep_text(links, said->source), keep_text(links, said->id), number};
	struct statement *statement = mem_push((void **)&links->statements, &links->statement_count,
	                                       &links->statement_room, sizeof *statement);
	*statement = (struct statement){.ref = said->ref,
	                                .pair = get_pair(links, survivor, ceased),
	                                .ceased = ceased,
	                                .merged = said->merged,
	                                .claim = claim};
	map_add(&links->by_ref, number_hash(said->ref), number);
	return number;
}

static void set_stands(struct links *links, uint32_t number, bool stands, struct links_change *change)
{
	struct statement *statement = &links->statements[number];
	statement->stands = stands;
	if (stands && !statement->claimed) {
		heap_push(&links->pairs[statement->pair].claims, &statement->claim);
		statement->claimed = true;
	}
	add_number(&links->changed, number);
	look_again(links, statement, change);
}

void links_add(struct links *links, const struct links_statement *said, struct links_change *change)
{
	*change = (struct links_change){0};
	uint32_t number = find_statement(links, said->ref);
	if (number != NONE && !links->statements[number].stands &&
	    !says_the_same(links, &links->statements[number], said)) {
		links->statements[number].ref = 0; /* it was rolled back, and does not come again */
		number = NONE;
	}
	if (number == NONE)
		number = new_statement(links, said);
	if (!links->statements[number].stands)
		set_stands(links, number, true, change);
}

void links_remove(struct links *links, uint64_t ref, struct links_change *change)
{
	*change = (struct links_change){0};
	uint32_t number = find_statement(links, ref);
	if (number == NONE || !links->statements[number].stands)
		return;
	set_stands(links, number, false, change);
}

/* ---- what is taken back ---- */

void links_keep(struct links *links)
{
	for (size_t i = 0; i < links->changed.count; i++) {
		struct statement *statement = &links->statements[links->changed.items[i]];
		statement->kept = statement->stands;
	}
	links->changed.count = 0;
}

void links_undo(struct links *links)
{
	size_t count = links->changed.count;
	struct links_change ignored;
	for (size_t i = 0; i < count; i++) {
		uint32_t number = links->changed.items[i];
		const struct statement *statement = &links->statements[number];
		if (statement->stands != statement->kept)
			set_stands(links, number, statement->kept, &ignored);
	}
	links->changed.count = 0;
	if (count)
		links_forget_events(links);
}

void links_forget_events(struct links *links)
{
	for (size_t i = 0; i < links->component_count; i++)
		links->components[i].events = LINKS_UNKNOWN;
}
