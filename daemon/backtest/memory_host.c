/* memory_host: packed events in chunks, found by (source, id), subject, party and what they amend.
 *
 * An event's number says where it lies: in units of eight bytes from the first chunk on, so that finding one by its ref
 * touches no table. Numbers grow with what is read. */
#include "backtest/memory_host_internal.h"

#include "event/meaning.h"
#include "event/schema.h"

#include <stdio.h>
#include <stdlib.h>

#define PACKED_AHEAD 256 /* bytes: most of most events */

static struct memory_host *new_host(struct events *events,
                                    enum result (*effect)(void *context, const struct effect *effect,
                                                          struct fault *fault),
                                    void *context)
{
	struct memory_host *host = MEM_NEW(struct memory_host);
	host->effect = effect;
	host->context = context;
	host->events = events;
	host->reached = UINT64_MAX;
	host->amended = true;
	host->scratch = arena_new(16 * 1024);
	host->name_id = schema_name(TEXT("id"));
	return host;
}

struct memory_host *memory_host_new(enum result (*effect)(void *context, const struct effect *effect,
                                                          struct fault *fault),
                                    void *context)
{
	struct events *events = MEM_NEW(struct events);
	events->arena = arena_new(CHUNK_UNITS * UNIT);
	events->seed = hash_seed();
	(void)pthread_rwlock_init(&events->lock, NULL);
	struct memory_host *host = new_host(events, effect, context);
	host->owns = true;
	return host;
}

struct memory_host *memory_host_view_of(struct memory_host *of, bool beside,
                                        enum result (*effect)(void *context, const struct effect *effect,
                                                              struct fault *fault),
                                        void *context)
{
	struct memory_host *view = new_host(of->events, effect, context);
	of->events->shared |= beside;
	view->reached = 0;
	return view;
}

void memory_host_reached(struct memory_host *view, uint64_t ref, bool amended)
{
	view->reached = ref;
	view->amended = amended;
}

void memory_host_hear_warnings(struct memory_host *host, memory_host_warned *warned)
{
	host->warned = warned;
}

static void free_table(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->buckets[i].refs);
	free(table->buckets);
	map_free(&table->by_name);
}

static void free_events(struct events *events)
{
	free(events->chains);
	free_table(&events->targets);
	for (size_t i = 0; i < 3; i++)
		free_table(&events->parties[i]);
	arena_free(events->arena);
	map_free(&events->ids);
	free(events->merges);
	(void)pthread_rwlock_destroy(&events->lock);
	free(events);
}

void memory_host_free(struct memory_host *host)
{
	if (!host)
		return;
	if (host->owns)
		free_events(host->events);
	arena_free(host->scratch);
	map_free(&host->fallen);
	free(host);
}

void memory_hold(const struct memory_host *host, bool to_change)
{
	if (!host->events->shared)
		return;
	if (to_change)
		(void)pthread_rwlock_wrlock(&host->events->lock);
	else
		(void)pthread_rwlock_rdlock(&host->events->lock);
}

void memory_let_go(const struct memory_host *host)
{
	if (host->events->shared)
		(void)pthread_rwlock_unlock(&host->events->lock);
}

static struct bucket *find_hashed(const struct table *table, struct text name, uint64_t hash)
{
	struct map_walk walk = map_walk(&table->by_name, hash);
	for (uint32_t place; (place = map_next(&walk)) != MAP_NONE;)
		if (text_equal(table->buckets[place].name, name))
			return &table->buckets[place];
	return NULL;
}

struct bucket *memory_find(const struct memory_host *host, const struct table *table, struct text name)
{
	return table->count ? find_hashed(table, name, text_hash(name, host->events->seed)) : NULL;
}

static struct bucket *find_or_add(struct memory_host *host, struct table *table, struct text name)
{
	uint64_t hash = text_hash(name, host->events->seed);
	struct bucket *bucket = find_hashed(table, name, hash);
	if (bucket)
		return bucket;
	map_add(&table->by_name, hash, (uint32_t)table->count);
	bucket = mem_push((void **)&table->buckets, &table->count, &table->room, sizeof *bucket);
	*bucket = (struct bucket){.name = name};
	return bucket;
}

static void push_ref(struct bucket *bucket, uint32_t index)
{
	*(uint32_t *)mem_push((void **)&bucket->refs, &bucket->count, &bucket->room, sizeof index) = index;
}

void memory_unpack(struct memory_host *host, uint32_t index, struct event *event)
{
	arena_reset(host->scratch);
	event_unpack(stored_at(host, index)->packed, event, host->scratch);
	event->ref = ref_of(index);
}

/* ---- by (source, id) ---- */

uint64_t memory_id_hash(struct text source, struct text id)
{
	return text_hash(id, text_hash(source, hash_seed()));
}

uint64_t memory_host_hash(const struct event *event)
{
	return memory_id_hash(event->source, event->id);
}

void memory_host_look_ahead(const struct memory_host *host, uint64_t hash)
{
	map_prefetch(&host->events->ids, hash);
}

uint32_t memory_find_id(const struct memory_host *host, struct text source, struct text id, uint64_t hash)
{
	struct map_walk walk = map_walk(&host->events->ids, hash);
	for (uint32_t index; (index = map_next(&walk)) != MAP_NONE;) {
		struct text its_source, its_id = event_packed_id(stored_at(host, index)->packed, &its_source);
		if (text_equal(its_id, id) && text_equal(its_source, source))
			return index;
	}
	return NONE;
}

/* ---- taking events in ---- */

static void file_parties(struct memory_host *host, const struct event *event, uint32_t index)
{
	const struct event_type *type = schema_type(event->type);
	for (size_t i = 0; type && i < type->field_count; i++) {
		struct text party = type->fields[i].party != PARTY_NONE ? event_string(event, type->fields[i].name_id)
		                                                        : TEXT_NONE;
		if (party.length)
			push_ref(find_or_add(host, &host->events->parties[type->fields[i].party], party), index);
	}
}

uint32_t memory_subject_hash(const struct memory_host *host, struct text subject)
{
	return (uint32_t)text_hash(subject, host->events->seed);
}

void memory_chain(struct memory_host *host, uint32_t index)
{
	struct stored *stored = stored_at(host, index);
	uint32_t *link = memory_chain_of(host, stored->subject);
	while (*link != NONE && *link > index)
		link = &stored_at(host, *link)->next;
	stored->next = *link;
	stored->chained = true;
	*link = index;
}

/* The one that came after it, or NONE. */
static uint32_t next_of(const struct memory_host *host, uint32_t number)
{
	size_t chunk = number >> CHUNK_SHIFT, at = number & (CHUNK_UNITS - 1);
	if (chunk < host->events->chunk_count && at < host->events->used[chunk])
		return number;
	return chunk + 1 < host->events->chunk_count ? (uint32_t)((chunk + 1) << CHUNK_SHIFT) : NONE;
}

#define CHAINS_FIRST 1024
#define EVENTS_A_CHAIN 8 /* on average, at most: a history is gathered seldom, and filing is to stay in the cache */

/* Twice as many, once they are long: then all is chained anew, in the order in which it lies. */
static void make_room(struct memory_host *host)
{
	struct events *events = host->events;
	if (events->filed_count < events->chain_count * EVENTS_A_CHAIN)
		return;
	events->chain_count = events->chain_count ? events->chain_count * 2 : CHAINS_FIRST;
	events->chains = mem_grow(events->chains, events->chain_count, sizeof *events->chains);
	memset(events->chains, 0xff, events->chain_count * sizeof *events->chains); /* NONE */
	for (uint32_t number = next_of(host, 0); number < events->filed && number != NONE;
	     number = next_of(host, number + stored_at(host, number)->units))
		if (stored_at(host, number)->chained)
			memory_chain(host, number);
}

static bool any_waiting(const struct memory_host *host)
{
	memory_hold(host, false);
	bool any = next_of(host, host->events->filed) != NONE;
	memory_let_go(host);
	return any;
}

/* By its hash alone: nothing is touched but the event's head and the chain's. */
static void file(struct memory_host *host, uint32_t number)
{
	struct event event;
	make_room(host);
	memory_chain(host, number);
	if (stored_at(host, number)->names_party) {
		memory_unpack(host, number, &event);
		file_parties(host, &event, number);
	}
	host->events->filed = number + stored_at(host, number)->units;
	host->events->filed_count++;
}

void memory_file_waiting(struct memory_host *host)
{
	if (!any_waiting(host))
		return;
	memory_hold(host, true);
	for (uint32_t number; (number = next_of(host, host->events->filed)) != NONE;)
		file(host, number);
	memory_let_go(host);
}

static void file_event(struct memory_host *host, const struct event *event, uint32_t index)
{
	if (event->replaces.length)
		push_ref(find_or_add(host, &host->events->targets, event->replaces), index);
	if (event->type == TYPE_ID_EVENT_WITHDRAWN) {
		struct text target = event_string(event, host->name_id);
		if (target.length && !text_equal(target, event->replaces))
			push_ref(find_or_add(host, &host->events->targets, target), index);
	}
	if (event->type == TYPE_ID_PERSON_MERGED || event->type == TYPE_ID_PERSON_UNMERGED)
		*(uint32_t *)mem_push((void **)&host->events->merges, &host->events->merge_count,
		                      &host->events->merge_room, sizeof index) = index;
}

/* Names of what is amended are borrowed from the packed copy. */
static bool is_filed(const struct event *event)
{
	return event->replaces.length || event->type == TYPE_ID_EVENT_WITHDRAWN ||
	       event->type == TYPE_ID_PERSON_MERGED || event->type == TYPE_ID_PERSON_UNMERGED;
}

static void add_chunk(struct memory_host *host, size_t units)
{
	struct events *events = host->events;
	if (events->chunk_count == CHUNKS_MOST) {
		(void)fprintf(stderr, "casewatch: more than 32 GiB of events do not fit in one replay\n");
		abort();
	}
	size_t size = (units > CHUNK_UNITS ? units : CHUNK_UNITS) * UNIT;
	events->chunks[events->chunk_count] = arena_alloc(events->arena, size);
	events->used[events->chunk_count++] = 0;
}

static bool names_party(const struct event *event)
{
	const struct event_type *type = schema_type(event->type);
	for (size_t i = 0; type && i < type->field_count; i++)
		if (type->fields[i].party != PARTY_NONE)
			return true;
	return false;
}

static uint32_t store(struct memory_host *host, const struct event *event)
{
	size_t most = (sizeof(struct stored) + event_packed_most(event) + UNIT - 1) / UNIT;
	if (!host->events->chunk_count || host->events->used[host->events->chunk_count - 1] + most > CHUNK_UNITS)
		add_chunk(host, most);
	size_t chunk = host->events->chunk_count - 1;
	uint32_t number = (uint32_t)(chunk << CHUNK_SHIFT | host->events->used[chunk]);
	struct stored *stored = stored_at(host, number);
	size_t size = sizeof *stored + event_pack(event, stored->packed);
	size_t units = (size + UNIT - 1) / UNIT;
	stored->units = (uint32_t)units & 0x1fffffff;
	stored->subject = memory_subject_hash(host, event->subject);
	stored->names_party = names_party(event);
	stored->standing = true;
	stored->chained = false;
	host->events->used[chunk] += units;
	return number;
}

enum memory_added memory_host_keep(struct memory_host *host, const struct event *event, uint64_t hash, uint64_t *ref)
{
	struct event copy;
	uint32_t known = memory_find_id(host, event->source, event->id, hash);
	if (known != NONE) {
		memory_unpack(host, known, &copy);
		return event_same_meaning(&copy, event) ? MEMORY_DUPLICATE : MEMORY_CONFLICT;
	}
	memory_hold(host, true);
	uint32_t index = store(host, event);
	map_add(&host->events->ids, hash, index);
	*ref = ref_of(index);
	if (is_filed(event)) {
		memory_unpack(host, index, &copy);
		file_event(host, &copy, index);
	}
	memory_let_go(host);
	return MEMORY_NEW;
}

void memory_host_view(const struct memory_host *host, uint64_t ref, struct event *event, struct arena *arena)
{
	event_unpack(stored_at(host, number_of(ref))->packed, event, arena);
	event->ref = ref;
}

void memory_host_view_ahead(const struct memory_host *host, uint64_t ref)
{
	const char *at = (const char *)stored_at(host, number_of(ref));
	for (size_t i = 0; i < PACKED_AHEAD; i += 64)
		mem_ahead(at + i);
}

enum memory_added memory_host_add(struct memory_host *host, const struct event *event, uint64_t hash,
                                  struct event *kept, struct arena *arena)
{
	uint64_t ref = 0;
	enum memory_added added = memory_host_keep(host, event, hash, &ref);
	if (added == MEMORY_NEW)
		memory_host_view(host, ref, kept, arena);
	return added;
}

struct text memory_host_id(const struct memory_host *host, uint64_t ref, struct text *source)
{
	*source = TEXT_NONE;
	return ref ? event_packed_id(stored_at(host, number_of(ref))->packed, source) : TEXT_NONE;
}

void memory_host_id_ahead(const struct memory_host *host, uint64_t ref)
{
	if (ref)
		mem_ahead(stored_at(host, number_of(ref)));
}

size_t memory_host_bytes(const struct memory_host *host)
{
	size_t bytes = arena_bytes(host->events->arena) + map_bytes(&host->events->ids);
	return bytes + host->events->chain_count * sizeof *host->events->chains;
}

bool memory_host_is_amended(const struct memory_host *host, struct text id)
{
	return memory_find(host, &host->events->targets, id) != NULL;
}
