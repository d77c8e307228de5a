/* shards: owners by hash, the order of what was touched beside the list of it, ends by child. */
#include "engine/shards.h"

#include <stdlib.h>

struct ended {
	struct text child;
	instant until;
};

struct shards {
	struct engine_order *touched; /* as engine->touched */
	size_t touched_room;
	struct ended *ended;
	size_t ended_count, ended_room;
	struct map by_child;
	struct arena *texts;
};

struct shards *shards_new(uint32_t shards)
{
	if (!shards)
		return NULL;
	struct shards *made = MEM_NEW(struct shards);
	made->texts = arena_new(4096);
	return made;
}

void shards_free(struct shards *shards)
{
	if (!shards)
		return;
	arena_free(shards->texts);
	map_free(&shards->by_child);
	free(shards->touched);
	free(shards->ended);
	free(shards);
}

/* ---- whose ---- */

uint32_t engine_shard_of(uint64_t hash, uint32_t shards)
{
	/* The upper half: the lower is what finds the id in tables of its engine, and would crowd there. */
	return shards < 2 ? 0 : (uint32_t)(hash >> 32) % shards;
}


bool shards_own(const struct engine *engine, struct text id)
{
	uint32_t shards = engine->settings.shards;
	return shards < 2 || engine_shard_of(text_hash(id, hash_seed()), shards) == engine->settings.shard;
}

struct owner {
	const struct engine *engine;
	bool own;
};

static enum result look_at_subject(void *argument, const struct event *event, struct fault *fault)
{
	struct owner *owner = argument;
	(void)fault;
	owner->own = shards_own(owner->engine, links_canonical(owner->engine->links, event->subject));
	return RESULT_OK;
}

enum result shards_own_event(struct engine *engine, uint64_t ref, bool *own, struct fault *fault)
{
	struct owner owner = {engine, true};
	enum result result = RESULT_OK;
	if (engine->shards)
		result = engine->host.event(engine->host.context, ref, look_at_subject, &owner, fault);
	*own = owner.own;
	return result;
}

instant shards_answer_due(const struct engine *engine)
{
	instant due = INSTANT_NEVER;
	for (size_t i = 0; engine->shards && i < engine->answer_count; i++)
		if (engine->answers[i].time > engine->events_to && engine->answers[i].time < due)
			due = engine->answers[i].time;
	return due;
}

bool engine_is_for_all(const struct engine *engine, type_id type)
{
	const struct rule_index *index = engine->index;
	bool parties = index->domain_used[PARTY_WORKER] || index->domain_used[PARTY_PROVIDER] ||
	               index->child_keyed_by_party;
	const struct interest *interest = rule_index_interest(index, PARTY_NONE, type);
	return type == TYPE_ID_EVENT_WITHDRAWN || type == TYPE_ID_PERSON_MERGED || type == TYPE_ID_PERSON_UNMERGED ||
	       (interest && interest->answer) ||
	       (parties && type < index->type_count && (index->party_start[type] || index->party_end[type]));
}

/* ---- in what order ---- */

void shards_touch(struct engine *engine)
{
	struct shards *shards = engine->shards;
	size_t count = engine->touched_count;
	if (shards)
		*(struct engine_order *)mem_push((void **)&shards->touched, &count, &shards->touched_room,
		                                 sizeof *shards->touched) = engine->order;
}

void shards_judge(struct engine *engine, size_t at)
{
	if (!engine->shards)
		return;
	engine->order = engine->shards->touched[at];
	engine->order.id = engine->touched[at]->id;
	engine->order.domain = engine->touched[at]->domain;
}

struct engine_order engine_order(const struct engine *engine)
{
	return engine->order;
}

int engine_order_compare(const struct engine_order *a, const struct engine_order *b)
{
	if (a->phase != b->phase)
		return a->phase < b->phase ? -1 : 1;
	if (a->phase == ENGINE_DUE) {
		int order = text_order(a->id, b->id);
		return order ? order : (a->domain > b->domain) - (a->domain < b->domain);
	}
	if (a->ref != b->ref)
		return a->ref < b->ref ? -1 : 1;
	return (a->nth > b->nth) - (a->nth < b->nth);
}

/* ---- ends ---- */

static struct ended *find_ended(const struct shards *shards, struct text child, uint64_t hash)
{
	struct map_walk walk = map_walk(&shards->by_child, hash);
	for (uint32_t at; (at = map_next(&walk)) != MAP_NONE;)
		if (text_equal(shards->ended[at].child, child))
			return &shards->ended[at];
	return NULL;
}

void shards_note_end(struct engine *engine, const struct event *event)
{
	struct shards *shards = engine->shards;
	if (!shards)
		return;
	uint64_t hash = text_hash(event->subject, engine->seed);
	instant until = load_end_of(engine, event);
	struct ended *ended = find_ended(shards, event->subject, hash);
	if (!ended) {
		map_add(&shards->by_child, hash, (uint32_t)shards->ended_count);
		ended = mem_push((void **)&shards->ended, &shards->ended_count, &shards->ended_room, sizeof *ended);
		*ended = (struct ended){text_keep(shards->texts, event->subject), until};
	}
	if (until > ended->until)
		ended->until = until;
}

instant shards_ended(const struct engine *engine, struct text child)
{
	const struct text *ids;
	size_t count = links_members(engine->links, child, &ids);
	instant until = INSTANT_NONE;
	for (size_t i = 0; i < count; i++) {
		const struct ended *ended = find_ended(engine->shards, ids[i], text_hash(ids[i], engine->seed));
		if (ended && ended->until > until)
			until = ended->until;
	}
	return until;
}
