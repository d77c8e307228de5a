/* history: reads the events that messages are made of, and keeps them. */
#include "message/history.h"

#include "store/events/events.h"
#include "store/lines.h"

#include <stdlib.h>

#define LINKED_FIRST 64 /* ids of one child there is room for at first; a child may have any number */
#define LATE_AFTER (24 * HOUR) /* recorded so long after it happened: people are told that it was late */

/* ---- reading ---- */

struct reading {
	struct message_event *items;
	size_t count, room;
	struct arena *arena; /* of the events */
	bool cut;
};

bool history_recorded_late(const struct event *event, instant recorded, const struct zone *zone)
{
	instant happened = event->time;
	if (event->day_precision) /* the whole of its date */
		happened = zone_midnight(zone, zone_date(zone, event->time) + 1);
	return recorded != INSTANT_NONE && recorded - happened > LATE_AFTER;
}

static enum result take_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct reading *reading = argument;
	(void)bytes;
	(void)fault;
	if (reading->count == GATHER_EVENTS) {
		reading->cut = true;
		return RESULT_OK;
	}
	struct event *copy = arena_alloc(reading->arena, sizeof *copy);
	event_copy(copy, event, reading->arena);
	struct message_event *item =
		mem_push((void **)&reading->items, &reading->count, &reading->room, sizeof *item);
	*item = (struct message_event){.event = copy,
	                               .title = schema_type_title(copy->type),
	                               .arrived = arrived,
	                               .recorded = copy->recorded != INSTANT_NONE ? copy->recorded : arrived};
	return RESULT_OK;
}

static int in_order(const void *left, const void *right)
{
	return event_order(((const struct message_event *)left)->event, ((const struct message_event *)right)->event);
}

/* Those from `first` on are new. */
static void note_late(struct reading *reading, size_t first, const struct zone *zone)
{
	for (size_t i = first; i < reading->count; i++)
		reading->items[i].late =
			history_recorded_late(reading->items[i].event, reading->items[i].recorded, zone);
}

/* All of them: that a child's case is restricted may stand under any of its ids. */
static struct text *ids_of(const struct alert_context_sources *gather, enum party_kind domain, struct text subject,
                           struct arena *arena, size_t *count)
{
	size_t room = LINKED_FIRST;
	struct text *ids = arena_alloc(arena, room * sizeof *ids);
	ids[0] = subject;
	*count = 1;
	if (!gather->linked || domain != PARTY_NONE)
		return ids;
	while ((*count = gather->linked(gather->context, subject, ids, room)) == room) {
		room *= 2;
		ids = arena_alloc(arena, room * sizeof *ids);
	}
	for (size_t i = 0; i < *count; i++) /* the texts live until the next call of `linked` only */
		ids[i] = text_keep(arena, ids[i]);
	return ids;
}

static enum result read_all(const struct alert_context_sources *gather, enum party_kind domain, const struct text *ids,
                            size_t count, struct reading *reading, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = events_history(gather->store, domain, ids[i], take_event, reading, fault);
	if (reading->count)
		qsort(reading->items, reading->count, sizeof *reading->items, in_order);
	note_late(reading, 0, calendar_zone(gather->calendar));
	if (reading->cut)
		store_log_warning(gather->store, "a history has more than %d events: a message leaves the rest out",
		                  GATHER_EVENTS);
	return result;
}

/* ---- what is kept ---- */

#define KEPT_MOST 32 /* as many as a pass takes rows (PASS_ROWS), each of which may be of another child */
#define KEPT_CHUNK 4096 /* bytes of an arena at once */

struct kept {
	struct text subject;
	const struct text *ids;     /* as they were linked, and the newest event of each */
	uint64_t *newest;
	size_t id_count;
	struct reading reading;     /* its arena has all that is here */
	uint64_t used;              /* when it was asked for last; 0: nothing is kept here */
	bool shown;                 /* since it was trimmed: somebody may look at it, and it stays as it is */
	bool passing;               /* not to be kept: too long, or something in it can no longer be read */
};

struct history_cache {
	size_t bytes_most;
	uint64_t edition, uses;     /* of the store's events, that all were read in */
	struct kept items[KEPT_MOST];
};

static void forget(struct kept *kept)
{
	arena_free(kept->reading.arena);
	free(kept->reading.items);
	*kept = (struct kept){.used = 0};
}

static size_t bytes_of(const struct kept *kept)
{
	if (!kept->reading.arena)
		return 0;
	return arena_bytes(kept->reading.arena) + kept->reading.room * sizeof *kept->reading.items;
}

static struct kept *find(struct history_cache *cache, struct text subject)
{
	for (size_t i = 0; i < KEPT_MOST; i++)
		if (cache->items[i].used && text_equal(cache->items[i].subject, subject))
			return &cache->items[i];
	return NULL;
}

static bool has_ids(const struct kept *kept, const struct text *ids, size_t count)
{
	for (size_t i = 0; i < count && count == kept->id_count; i++)
		if (!text_equal(kept->ids[i], ids[i]))
			return false;
	return count == kept->id_count;
}

enum standing { AS_IT_IS, BEHIND, NO_MORE /* what was there is gone */ };

static enum standing compare(const struct kept *kept, const struct store *store)
{
	enum standing standing = AS_IT_IS;
	for (size_t i = 0; i < kept->id_count; i++) {
		uint64_t newest = events_newest(store, kept->ids[i]);
		if (newest < kept->newest[i])
			return NO_MORE;
		if (newest > kept->newest[i])
			standing = BEHIND;
	}
	return standing;
}

/* Those from `first` on, into their places: few, and most of them the last. */
static void put_in_order(struct reading *reading, size_t first)
{
	for (size_t i = first; i < reading->count; i++) {
		struct message_event item = reading->items[i];
		size_t at = i;
		for (; at > 0 && event_order(reading->items[at - 1].event, item.event) > 0; at--)
			reading->items[at] = reading->items[at - 1];
		reading->items[at] = item;
	}
}

static void note_newest(struct kept *kept, const struct store *store)
{
	for (size_t i = 0; i < kept->id_count; i++)
		kept->newest[i] = events_newest(store, kept->ids[i]);
}

/* What came since is read. */
static enum result catch_up(const struct alert_context_sources *gather, struct kept *kept, struct fault *fault)
{
	size_t first = kept->reading.count;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < kept->id_count && result == RESULT_OK; i++)
		result = events_since(gather->store, kept->ids[i], kept->newest[i], take_event, &kept->reading, fault);
	note_late(&kept->reading, first, calendar_zone(gather->calendar));
	put_in_order(&kept->reading, first);
	note_newest(kept, gather->store);
	return result;
}

/* NULL: there is no place. */
static struct kept *begin(struct history_cache *cache, struct text subject, const struct text *ids, size_t count)
{
	struct kept *kept = NULL;
	for (size_t i = 0; i < KEPT_MOST; i++)
		if (!cache->items[i].shown && (!kept || cache->items[i].used < kept->used))
			kept = &cache->items[i];
	if (!kept)
		return NULL;
	forget(kept);
	struct arena *arena = arena_new(KEPT_CHUNK);
	struct text *own = arena_alloc(arena, count * sizeof *own);
	*kept = (struct kept){.subject = text_keep(arena, subject),
	                      .ids = own,
	                      .newest = arena_alloc(arena, count * sizeof *kept->newest),
	                      .id_count = count,
	                      .reading = {.arena = arena}};
	for (size_t i = 0; i < count; i++)
		own[i] = text_keep(arena, ids[i]);
	return kept;
}

static enum result read_kept(const struct alert_context_sources *gather, struct kept *kept, struct fault *fault)
{
	enum result result = read_all(gather, PARTY_NONE, kept->ids, kept->id_count, &kept->reading, fault);
	note_newest(kept, gather->store);
	return result;
}

/* Of another edition nothing is kept; false: some of it is looked at. */
static bool is_of_edition(struct history_cache *cache, uint64_t edition)
{
	for (size_t i = 0; i < KEPT_MOST && cache->edition != edition; i++)
		if (cache->items[i].shown)
			return false;
	if (cache->edition != edition)
		history_cache_clear(cache);
	cache->edition = edition;
	return true;
}

/* What is kept of it, up to date; *out NULL: it cannot be kept. What can no longer be read is said at each reading. */
static enum result find_kept(const struct alert_context_sources *gather, struct text subject, const struct text *ids,
                             size_t count, struct kept **out, struct fault *fault)
{
	struct history_cache *cache = gather->kept;
	const struct store *store = gather->store;
	int64_t last;
	uint64_t unreadable = store_unreadable(store, &last);
	enum result result = RESULT_OK;
	*out = NULL;
	if (!is_of_edition(cache, events_edition(store)))
		return RESULT_OK;
	struct kept *kept = find(cache, subject);
	bool same = kept && !kept->passing && has_ids(kept, ids, count);
	enum standing standing = same ? compare(kept, store) : NO_MORE;
	if (standing == AS_IT_IS) {
		*out = kept;
		return RESULT_OK;
	}
	if (kept && kept->shown)
		return RESULT_OK;
	if (standing == BEHIND)
		result = catch_up(gather, kept, fault);
	if (kept && (standing == NO_MORE || kept->reading.cut || result != RESULT_OK)) {
		forget(kept);
		kept = NULL;
	}
	if (!kept && result == RESULT_OK) {
		kept = begin(cache, subject, ids, count);
		if (kept)
			result = read_kept(gather, kept, fault);
	}
	if (kept && result == RESULT_OK)
		kept->passing = kept->reading.cut || unreadable != store_unreadable(store, &last);
	else if (kept)
		forget(kept);
	*out = result == RESULT_OK ? kept : NULL;
	return result;
}

/* ---- for messages ---- */

static enum result read_once(const struct alert_context_sources *gather, enum party_kind domain, const struct text *ids,
                             size_t id_count, struct arena *arena, const struct message_event **events, size_t *count,
                             struct fault *fault)
{
	struct reading reading = {.arena = arena};
	enum result result = read_all(gather, domain, ids, id_count, &reading, fault);
	if (reading.count) {
		struct message_event *kept = arena_alloc(arena, reading.count * sizeof *kept);
		memcpy(kept, reading.items, reading.count * sizeof *kept);
		*events = kept;
		*count = reading.count;
	}
	free(reading.items);
	return result;
}

enum result history_find(const struct alert_context_sources *gather, enum party_kind domain, struct text subject,
                         struct arena *arena, const struct message_event **events, size_t *count, struct fault *fault)
{
	size_t id_count;
	struct text *ids = ids_of(gather, domain, subject, arena, &id_count);
	struct kept *kept = NULL;
	enum result result = RESULT_OK;
	if (gather->kept && domain == PARTY_NONE)
		result = find_kept(gather, subject, ids, id_count, &kept, fault);
	if (result != RESULT_OK)
		return result;
	if (!kept)
		return read_once(gather, domain, ids, id_count, arena, events, count, fault);
	kept->shown = true;
	kept->used = ++gather->kept->uses;
	*events = kept->reading.items;
	*count = kept->reading.count;
	return RESULT_OK;
}

/* ---- life ---- */

struct history_cache *history_cache_new(size_t bytes_most)
{
	struct history_cache *cache = MEM_NEW(struct history_cache);
	cache->bytes_most = bytes_most;
	return cache;
}

void history_cache_trim(struct history_cache *cache, const struct store *store)
{
	size_t total = 0;
	if (cache->edition != events_edition(store))
		history_cache_clear(cache);
	for (size_t i = 0; i < KEPT_MOST; i++) {
		struct kept *kept = &cache->items[i];
		kept->shown = false;
		if (kept->passing)
			forget(kept);
		total += bytes_of(kept);
	}
	while (total > cache->bytes_most) {
		struct kept *oldest = NULL;
		for (size_t i = 0; i < KEPT_MOST; i++)
			if (cache->items[i].used && (!oldest || cache->items[i].used < oldest->used))
				oldest = &cache->items[i];
		total -= bytes_of(oldest);
		forget(oldest);
	}
}

void history_cache_clear(struct history_cache *cache)
{
	for (size_t i = 0; i < KEPT_MOST; i++)
		forget(&cache->items[i]);
}

void history_cache_free(struct history_cache *cache)
{
	if (!cache)
		return;
	history_cache_clear(cache);
	free(cache);
}
