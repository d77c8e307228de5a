/* parties: by child, as chains of pairs that are found by hash. */
#include "engine/parties.h"

#include <stdlib.h>

/* Pairs kept before all are thrown away and found anew: some 10 MB. */
#define PAIRS_KEPT 131072

struct party {
	uint32_t child, next; /* next: of the child, index + 1; 0: the last */
	enum party_kind domain;
	struct text id;
};
struct child {
	struct text id;
	uint32_t first;       /* index + 1 */
};

struct parties {
	struct child *children;
	size_t child_count, child_room;
	struct party *items;
	size_t count, room;
	struct map by_child, by_party;
	struct arena *texts;
	uint64_t seed;
};

struct parties *parties_new(void)
{
	struct parties *parties = MEM_NEW(struct parties);
	parties->texts = arena_new(4096);
	parties->seed = hash_seed();
	return parties;
}

void parties_forget(struct parties *parties)
{
	if (!parties->child_count)
		return;
	parties->child_count = parties->count = 0;
	map_free(&parties->by_child);
	map_free(&parties->by_party);
	arena_reset(parties->texts);
}

void parties_free(struct parties *parties)
{
	if (!parties)
		return;
	parties_forget(parties);
	arena_free(parties->texts);
	free(parties->children);
	free(parties->items);
	free(parties);
}

size_t parties_bytes(const struct parties *parties)
{
	return parties->room * sizeof *parties->items + parties->child_room * sizeof *parties->children +
	       map_bytes(&parties->by_child) + map_bytes(&parties->by_party) + arena_bytes(parties->texts);
}

static struct text keep_text(struct parties *parties, struct text text)
{
	return text_keep(parties->texts, text);
}

static uint32_t find_child(const struct parties *parties, struct text id)
{
	struct map_walk walk = map_walk(&parties->by_child, text_hash(id, parties->seed));
	uint32_t child;
	while ((child = map_next(&walk)) != MAP_NONE && !text_equal(parties->children[child].id, id))
		;
	return child;
}

static uint32_t add_child(struct parties *parties, struct text id)
{
	uint32_t child = (uint32_t)parties->child_count;
	*(struct child *)mem_push((void **)&parties->children, &parties->child_count, &parties->child_room,
	                          sizeof(struct child)) = (struct child){keep_text(parties, id), 0};
	map_add(&parties->by_child, text_hash(id, parties->seed), child);
	return child;
}

static void add_party(struct parties *parties, uint32_t child, enum party_kind domain, struct text id)
{
	uint64_t hash = text_hash(id, mark_mix(child, (uint64_t)domain));
	struct map_walk walk = map_walk(&parties->by_party, hash);
	for (uint32_t at; (at = map_next(&walk)) != MAP_NONE;)
		if (parties->items[at].child == child && parties->items[at].domain == domain &&
		    text_equal(parties->items[at].id, id))
			return;
	map_add(&parties->by_party, hash, (uint32_t)parties->count);
	*(struct party *)mem_push((void **)&parties->items, &parties->count, &parties->room, sizeof(struct party)) =
	        (struct party){child, parties->children[child].first, domain, keep_text(parties, id)};
	parties->children[child].first = (uint32_t)parties->count;
}

enum result parties_of_event(struct engine *engine, const struct event *event, for_history *visit, void *argument,
                             struct fault *fault)
{
	const struct event_type *known = schema_type(event->type);
	enum result result = RESULT_OK;
	for (size_t i = 0; known && i < known->field_count && result == RESULT_OK; i++) {
		enum party_kind domain = known->fields[i].party;
		if (domain == PARTY_NONE || !engine->index->domain_used[domain])
			continue;
		struct text party = event_string(event, known->fields[i].name_id);
		if (party.length)
			result = visit(engine, domain, links_canonical(engine->links, party), argument, fault);
	}
	return result;
}

/* `argument`: the child's number. */
static enum result keep_party(struct engine *engine, enum party_kind domain, struct text id, void *argument,
                              struct fault *fault)
{
	(void)fault;
	add_party(engine->parties, *(uint32_t *)argument, domain, id);
	return RESULT_OK;
}

struct gathering_parties {
	struct engine *engine;
	uint32_t child;
};

static enum result gather(void *argument, const struct event *event, struct fault *fault)
{
	struct gathering_parties *gathering = argument;
	return parties_of_event(gathering->engine, event, keep_party, &gathering->child, fault);
}

static enum result find_parties(struct engine *engine, struct text id, uint32_t *child, struct fault *fault)
{
	if (engine->parties->count > PAIRS_KEPT)
		parties_forget(engine->parties);
	*child = find_child(engine->parties, id);
	if (*child != MAP_NONE)
		return RESULT_OK;
	*child = add_child(engine->parties, id);
	struct gathering_parties gathering = {engine, *child};
	const struct text *members;
	size_t count = links_members(engine->links, id, &members);
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = load_visit(engine, PARTY_NONE, members[i], gather, &gathering, fault);
	return result;
}

enum result parties_of_child(struct engine *engine, struct text child, for_history *visit, void *argument,
                             struct fault *fault)
{
	uint32_t number;
	if (!engine->index->domain_used[PARTY_WORKER] && !engine->index->domain_used[PARTY_PROVIDER])
		return RESULT_OK;
	enum result result = find_parties(engine, links_canonical(engine->links, child), &number, fault);
	if (result != RESULT_OK) {
		parties_forget(engine->parties); /* what was found in part is not taken for the whole */
		return result;
	}
	for (uint32_t at = engine->parties->children[number].first; at && result == RESULT_OK;) {
		struct party party = engine->parties->items[at - 1];
		at = party.next;
		result = visit(engine, party.domain, links_canonical(engine->links, party.id), argument, fault);
	}
	return result;
}

enum result parties_note(struct engine *engine, const struct event *event, struct fault *fault)
{
	uint32_t child = engine->parties->child_count
	                         ? find_child(engine->parties, links_canonical(engine->links, event->subject))
	                         : MAP_NONE;
	return child == MAP_NONE ? RESULT_OK : parties_of_event(engine, event, keep_party, &child, fault);
}
