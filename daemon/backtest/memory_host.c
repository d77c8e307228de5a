/* memory_host: packed events in chunks, found by (source, id), subject, party and what they amend.
 *
 * An event's number says where it lies: in units of eight bytes from the first chunk on, so that finding one by its ref
 * touches no table. Numbers grow with what is read. */
#include "backtest/memory_host.h"

#include "base/map.h"
#include "event/meaning.h"
#include "event/schema.h"

#include <stdio.h>
#include <stdlib.h>

#define NONE UINT32_MAX

#define UNIT ((size_t)8)
#define CHUNK_SHIFT 21 /* units of a chunk: 16 MiB; a larger event has a chunk of its own */
#define CHUNK_UNITS ((size_t)1 << CHUNK_SHIFT)
#define CHUNKS_MOST ((size_t)1 << (32 - CHUNK_SHIFT)) /* 32 GiB of packed events: some 200 million */

struct stored {
	uint32_t next_of_subject;
	uint32_t units : 30;
	uint32_t standing : 1;
	uint32_t chained : 1; /* in its subject's chain: what does not stand is taken out when next gone by */
	unsigned char packed[];
};

/* Lists of events under a text: subjects, parties, amendment targets. */
struct bucket {
	struct text name;
	uint32_t first; /* of subject chains; in order of arrival, the newest first */
	uint32_t *refs; /* of parties and targets */
	size_t count, room;
};
struct table {
	struct map by_name; /* -> place in buckets */
	struct bucket *buckets;
	size_t count, room;
};

struct memory_host {
	enum result (*effect)(void *context, const struct effect *effect, struct fault *fault);
	memory_host_warned *warned;
	void *context;
	struct arena *arena, *scratch;
	struct stored **chunks; /* in the arena */
	size_t *used;           /* units, by chunk */
	size_t chunk_count, chunk_room, used_count, used_room;
	struct map ids; /* hash of (source, id) -> number */
	struct table subjects, targets, parties[3];
	uint32_t filed; /* events before are in `subjects` and `parties`; the rest is filed when somebody asks */
	uint32_t *merges;
	size_t merge_count, merge_room;
	uint64_t seed;
	uint16_t name_id;
};

struct memory_host *memory_host_new(enum result (*effect)(void *context, const struct effect *effect,
                                                          struct fault *fault),
                                    void *context)
{
	struct memory_host *host = MEM_NEW(struct memory_host);
	host->effect = effect;
	host->context = context;
	host->arena = arena_new(CHUNK_UNITS * UNIT);
	host->scratch = arena_new(16 * 1024);
	host->seed = hash_seed();
	host->name_id = schema_name(TEXT("id"));
	return host;
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

void memory_host_free(struct memory_host *host)
{
	if (!host)
		return;
	free_table(&host->subjects);
	free_table(&host->targets);
	for (size_t i = 0; i < 3; i++)
		free_table(&host->parties[i]);
	arena_free(host->arena);
	arena_free(host->scratch);
	free(host->chunks);
	free(host->used);
	map_free(&host->ids);
	free(host->merges);
	free(host);
}

static struct bucket *find_hashed(const struct table *table, struct text name, uint64_t hash)
{
	struct map_walk walk = map_walk(&table->by_name, hash);
	for (uint32_t place; (place = map_next(&walk)) != MAP_NONE;)
		if (text_equal(table->buckets[place].name, name))
			return &table->buckets[place];
	return NULL;
}

static struct bucket *find(const struct memory_host *host, const struct table *table, struct text name)
{
	return table->count ? find_hashed(table, name, text_hash(name, host->seed)) : NULL;
}

static struct bucket *find_or_add(struct memory_host *host, struct table *table, struct text name)
{
	uint64_t hash = text_hash(name, host->seed);
	struct bucket *bucket = find_hashed(table, name, hash);
	if (bucket)
		return bucket;
	map_add(&table->by_name, hash, (uint32_t)table->count);
	bucket = mem_push((void **)&table->buckets, &table->count, &table->room, sizeof *bucket);
	*bucket = (struct bucket){.name = name, .first = NONE};
	return bucket;
}

static struct stored *stored_at(const struct memory_host *host, uint32_t number)
{
	return (struct stored *)(void *)((char *)host->chunks[number >> CHUNK_SHIFT] +
	                                 (number & (CHUNK_UNITS - 1)) * UNIT);
}

/* An event's handle: its number, from 1. */
static uint64_t ref_of(uint32_t number)
{
	return (uint64_t)number + 1;
}

static uint32_t number_of(uint64_t ref)
{
	return (uint32_t)(ref - 1);
}

static void push_ref(struct bucket *bucket, uint32_t index)
{
	*(uint32_t *)mem_push((void **)&bucket->refs, &bucket->count, &bucket->room, sizeof index) = index;
}

static void unpack(struct memory_host *host, uint32_t index, struct event *event)
{
	arena_reset(host->scratch);
	event_unpack(stored_at(host, index)->packed, event, host->scratch);
	event->ref = ref_of(index);
}

/* ---- by (source, id) ---- */

static uint64_t id_hash(struct text source, struct text id)
{
	return text_hash(id, text_hash(source, hash_seed()));
}

uint64_t memory_host_hash(const struct event *event)
{
	return id_hash(event->source, event->id);
}

void memory_host_look_ahead(const struct memory_host *host, uint64_t hash)
{
	map_prefetch(&host->ids, hash);
}

static uint32_t find_id(const struct memory_host *host, struct text source, struct text id, uint64_t hash)
{
	struct map_walk walk = map_walk(&host->ids, hash);
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
			push_ref(find_or_add(host, &host->parties[type->fields[i].party], party), index);
	}
}

/* The newest first, so that a reader finds where it stopped: also one that stands again. */
static void chain(struct memory_host *host, struct text subject, uint32_t index)
{
	uint32_t *link = &find_or_add(host, &host->subjects, subject)->first;
	struct stored *stored = stored_at(host, index);
	while (*link != NONE && *link > index)
		link = &stored_at(host, *link)->next_of_subject;
	stored->next_of_subject = *link;
	stored->chained = true;
	*link = index;
}

/* The one that came after it, or NONE. */
static uint32_t next_of(const struct memory_host *host, uint32_t number)
{
	size_t chunk = number >> CHUNK_SHIFT, at = number & (CHUNK_UNITS - 1);
	if (chunk < host->chunk_count && at < host->used[chunk])
		return number;
	return chunk + 1 < host->chunk_count ? (uint32_t)((chunk + 1) << CHUNK_SHIFT) : NONE;
}

/* By subject and party: only when a history is gathered, which events in order never need. */
static void file_waiting(struct memory_host *host)
{
	for (uint32_t number; (number = next_of(host, host->filed)) != NONE;) {
		struct event event;
		unpack(host, number, &event);
		chain(host, event.subject, number);
		file_parties(host, &event, number);
		host->filed = number + stored_at(host, number)->units;
	}
}

static void file_event(struct memory_host *host, const struct event *event, uint32_t index)
{
	if (event->replaces.length)
		push_ref(find_or_add(host, &host->targets, event->replaces), index);
	if (event->type == TYPE_ID_EVENT_WITHDRAWN) {
		struct text target = event_string(event, host->name_id);
		if (target.length && !text_equal(target, event->replaces))
			push_ref(find_or_add(host, &host->targets, target), index);
	}
	if (event->type == TYPE_ID_PERSON_MERGED || event->type == TYPE_ID_PERSON_UNMERGED)
		*(uint32_t *)mem_push((void **)&host->merges, &host->merge_count, &host->merge_room, sizeof index) =
			index;
}

/* Names of what is amended are borrowed from the packed copy. */
static bool is_filed(const struct event *event)
{
	return event->replaces.length || event->type == TYPE_ID_EVENT_WITHDRAWN ||
	       event->type == TYPE_ID_PERSON_MERGED || event->type == TYPE_ID_PERSON_UNMERGED;
}

static void add_chunk(struct memory_host *host, size_t units)
{
	if (host->chunk_count == CHUNKS_MOST) {
		(void)fprintf(stderr, "casewatch: more than 32 GiB of events do not fit in one replay\n");
		abort();
	}
	size_t size = (units > CHUNK_UNITS ? units : CHUNK_UNITS) * UNIT;
	*(struct stored **)mem_push((void **)&host->chunks, &host->chunk_count, &host->chunk_room,
	                            sizeof *host->chunks) = arena_alloc(host->arena, size);
	*(size_t *)mem_push((void **)&host->used, &host->used_count, &host->used_room, sizeof *host->used) = 0;
}

static uint32_t store(struct memory_host *host, const struct event *event)
{
	size_t most = (sizeof(struct stored) + event_packed_most(event) + UNIT - 1) / UNIT;
	if (!host->chunk_count || host->used[host->chunk_count - 1] + most > CHUNK_UNITS)
		add_chunk(host, most);
	size_t chunk = host->chunk_count - 1;
	uint32_t number = (uint32_t)(chunk << CHUNK_SHIFT | host->used[chunk]);
	struct stored *stored = stored_at(host, number);
	size_t size = sizeof *stored + event_pack(event, stored->packed);
	size_t units = (size + UNIT - 1) / UNIT;
	stored->units = (uint32_t)units & 0x3fffffff;
	stored->standing = true;
	stored->chained = false;
	host->used[chunk] += units;
	return number;
}

enum memory_added memory_host_keep(struct memory_host *host, const struct event *event, uint64_t hash, uint64_t *ref)
{
	struct event copy;
	uint32_t known = find_id(host, event->source, event->id, hash);
	if (known != NONE) {
		unpack(host, known, &copy);
		return event_same_meaning(&copy, event) ? MEMORY_DUPLICATE : MEMORY_CONFLICT;
	}
	uint32_t index = store(host, event);
	map_add(&host->ids, hash, index);
	*ref = ref_of(index);
	if (is_filed(event)) {
		unpack(host, index, &copy);
		file_event(host, &copy, index);
	}
	return MEMORY_NEW;
}

void memory_host_view(const struct memory_host *host, uint64_t ref, struct event *event, struct arena *arena)
{
	event_unpack(stored_at(host, number_of(ref))->packed, event, arena);
	event->ref = ref;
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
		__builtin_prefetch(stored_at(host, number_of(ref)));
}

size_t memory_host_bytes(const struct memory_host *host)
{
	size_t bytes = arena_bytes(host->arena) + map_bytes(&host->ids);
	return bytes + map_bytes(&host->subjects.by_name) + host->subjects.room * sizeof(struct bucket);
}

/* ---- what the engine asks ---- */

static enum result visit_one(struct memory_host *host, uint32_t index, engine_visit_event *visit, void *argument,
                             struct fault *fault)
{
	struct event event;
	unpack(host, index, &event);
	return visit(argument, &event, fault);
}

/* `before`: a ref. */
static enum result visit_subject(struct memory_host *host, struct text id, uint64_t before, engine_visit_event *visit,
                                 void *argument, struct fault *fault)
{
	struct bucket *bucket = find(host, &host->subjects, id);
	enum result result = RESULT_OK;
	uint32_t *link = bucket ? &bucket->first : NULL;
	while (link && *link != NONE && result == RESULT_OK) {
		struct stored *stored = stored_at(host, *link);
		if (stored->standing) {
			if (ref_of(*link) < before)
				result = visit_one(host, *link, visit, argument, fault);
			link = &stored->next_of_subject;
		} else {
			*link = stored->next_of_subject;
			stored->chained = false;
		}
	}
	return result;
}

static enum result visit_party(struct memory_host *host, enum party_kind domain, struct text id, uint64_t before,
                               engine_visit_event *visit, void *argument, struct fault *fault)
{
	const struct bucket *bucket = find(host, &host->parties[domain], id);
	enum result result = RESULT_OK;
	for (size_t i = bucket ? bucket->count : 0; i > 0 && result == RESULT_OK; i--)
		if (ref_of(bucket->refs[i - 1]) < before && stored_at(host, bucket->refs[i - 1])->standing)
			result = visit_one(host, bucket->refs[i - 1], visit, argument, fault);
	return result;
}

static enum result host_history(void *context, enum party_kind domain, struct text id, uint64_t before,
                                engine_visit_event *visit, void *argument, struct fault *fault)
{
	struct memory_host *host = context;
	file_waiting(host);
	before = before ? before : UINT64_MAX;
	return domain != PARTY_NONE ? visit_party(host, domain, id, before, visit, argument, fault)
	                            : visit_subject(host, id, before, visit, argument, fault);
}

static enum result host_alerts(void *context, enum party_kind domain, struct text id, engine_visit_alert *visit,
                               void *argument, struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)visit, (void)argument, (void)fault;
	return RESULT_OK; /* nothing is ever evicted, so nobody has to be reminded */
}

static enum result visit_record(struct memory_host *host, uint32_t index, struct text source,
                                engine_visit_record *visit, void *argument, struct fault *fault)
{
	struct event event;
	unpack(host, index, &event);
	if (!text_equal(event.source, source))
		return RESULT_OK;
	struct engine_record record = {.ref = event.ref, .source = event.source, .id = event.id, .type = event.type,
	                               .order = event.recorded != INSTANT_NONE ? event.recorded : event.time,
	                               .replaces = event.replaces, .standing = stored_at(host, index)->standing};
	if (event.type == TYPE_ID_EVENT_WITHDRAWN)
		record.withdraws = event_string(&event, host->name_id);
	return visit(argument, &record, fault);
}

static enum result host_record(void *context, struct text source, struct text id, engine_visit_record *visit,
                               void *argument, struct fault *fault)
{
	struct memory_host *host = context;
	uint32_t index = find_id(host, source, id, id_hash(source, id));
	return index == NONE ? RESULT_OK : visit_record(host, index, source, visit, argument, fault);
}

static enum result host_amendments(void *context, struct text source, struct text target, engine_visit_record *visit,
                                   void *argument, struct fault *fault)
{
	struct memory_host *host = context;
	if (!host->targets.count)
		return RESULT_OK;
	const struct bucket *bucket = find(host, &host->targets, target);
	enum result result = RESULT_OK;
	for (size_t i = 0; bucket && i < bucket->count && result == RESULT_OK; i++)
		result = visit_record(host, bucket->refs[i], source, visit, argument, fault);
	return result;
}

static enum result host_set_standing(void *context, uint64_t ref, bool standing, struct fault *fault)
{
	struct memory_host *host = context;
	uint32_t number = number_of(ref);
	struct stored *stored = stored_at(host, number);
	(void)fault;
	stored->standing = standing;
	if (standing && !stored->chained && number < host->filed) {
		struct event event;
		unpack(host, number, &event);
		chain(host, event.subject, number);
	}
	return RESULT_OK;
}

static enum result host_event(void *context, uint64_t ref, engine_visit_event *visit, void *argument,
                              struct fault *fault)
{
	return visit_one(context, number_of(ref), visit, argument, fault);
}

static enum result host_merges(void *context, engine_visit_event *visit, void *argument, struct fault *fault)
{
	struct memory_host *host = context;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < host->merge_count && result == RESULT_OK; i++)
		if (stored_at(host, host->merges[i])->standing)
			result = visit_one(host, host->merges[i], visit, argument, fault);
	return result;
}

static enum result host_effect(void *context, const struct effect *effect, struct fault *fault)
{
	struct memory_host *host = context;
	return host->effect ? host->effect(host->context, effect, fault) : RESULT_OK;
}

static enum result host_keep_alert(void *context, enum party_kind domain, struct text id, const struct alert *alert,
                                   struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)alert, (void)fault;
	return RESULT_OK;
}

static enum result host_keep_due(void *context, enum party_kind domain, struct text id, instant due,
                                 struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)due, (void)fault;
	return RESULT_OK; /* the engine keeps its own heap where nothing is evicted */
}

static enum result host_warned(void *context, uint64_t ref, const char *field, const char *reason, struct fault *fault)
{
	struct memory_host *host = context;
	return host->warned ? host->warned(host->context, ref, field, reason, fault) : RESULT_OK;
}

struct engine_host memory_host_interface(struct memory_host *host)
{
	return (struct engine_host){
	        .context = host,
	        .history = host_history,
	        .alerts = host_alerts,
	        .record = host_record,
	        .amendments = host_amendments,
	        .set_standing = host_set_standing,
	        .event = host_event,
	        .merges = host_merges,
	        .effect = host_effect,
	        .keep_alert = host_keep_alert,
	        .keep_due = host_keep_due,
	        .warned = host_warned,
	};
}
