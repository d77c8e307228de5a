/* events: storing one event: its row, its place in its history, its parties, and what it amends. */
#include "event/meaning.h"
#include "event/schema_intervals.h"
#include "store/erasure/erasures.h"
#include "store/sources.h"
#include "store/store_internal.h"

#include <stdlib.h>

/* ---- types ---- */

static void note_parties(struct event_type_entry *entry, const struct event_type *schema)
{
	size_t room = sizeof entry->parties / sizeof entry->parties[0];
	for (size_t i = 0; schema && i < schema->field_count && entry->party_count < room; i++)
		if (schema->fields[i].party != PARTY_NONE) {
			entry->party_fields[entry->party_count] = schema->fields[i].name_id;
			entry->parties[entry->party_count++] = schema->fields[i].party;
		}
}

static struct event_type_entry *type_entry(struct store *store, type_id type)
{
	struct event_tables *tables = &store->events;
	if (type >= tables->type_room) {
		size_t room = (size_t)type + 64;
		tables->types = mem_grow(tables->types, room, sizeof *tables->types);
		memset(tables->types + tables->type_room, 0, (room - tables->type_room) * sizeof *tables->types);
		tables->type_room = room;
	}
	struct event_type_entry *entry = &tables->types[type];
	if (!entry->ready) {
		entry->ready = true;
		entry->listed = schema_is_listed(type);
		note_parties(entry, schema_type(type));
	}
	return entry;
}

/* The durable number of the type: the catalogue's own changes from version to version. */
static enum result type_number(struct store *store, type_id type, int64_t *number, struct fault *fault)
{
	*number = 0;
	if (type == TYPE_UNKNOWN)
		return RESULT_OK;
	struct event_type_entry *entry = type_entry(store, type);
	struct text name = text_of(schema_type_name(type));
	if (!entry->number) {
		struct query add = query_start(store, "INSERT OR IGNORE INTO event_type (name) VALUES (?)");
		bind_text(&add, name);
		enum result result = query_run(&add, fault);
		if (result != RESULT_OK)
			return result;
		struct query find = query_start(store, "SELECT id FROM event_type WHERE name = ?");
		bind_text(&find, name);
		int64_t found = query_row(&find) ? row_int(&find, 0) : 0;
		result = query_end(&find, RESULT_OK, fault);
		if (result != RESULT_OK)
			return result;
		entry->number = found;
	}
	*number = entry->number;
	return RESULT_OK;
}

/* ---- adding ---- */

static enum result insert_row(struct store *store, const struct event *event, struct packed packed, instant arrived,
                              uint32_t history, struct fault *fault)
{
	int64_t type;
	enum result result = type_number(store, event->type, &type, fault);
	if (result != RESULT_OK)
		return result;
	bool listed = event->type != TYPE_UNKNOWN && type_entry(store, event->type)->listed;
	struct query query = query_start(
		store, "INSERT INTO event (id, history, previous, type, time, arrived, flags, bytes, packed)"
		       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
	bind_int(&query, (int64_t)event->ref);
	bind_int(&query, history);
	bind_int(&query, store->histories.items[history].last_event);
	bind_int(&query, type);
	bind_int(&query, event->time);
	bind_int(&query, arrived);
	bind_int(&query, EVENT_STANDING | (event->warning_count ? EVENT_WARNED : 0) | (listed ? EVENT_LISTED : 0));
	bind_blob(&query, packed.bytes.at, packed.bytes.length);
	bind_int(&query, packed.dictionary);
	return query_run(&query, fault);
}

static enum result add_party(struct store *store, enum party_kind party, struct text id, uint64_t ref,
                             struct fault *fault)
{
	uint32_t history;
	enum result result = histories_intern(store, party, id, &history, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "INSERT OR IGNORE INTO event_party (history, event) VALUES (?, ?)");
	bind_int(&query, history);
	bind_int(&query, (int64_t)ref);
	return query_run(&query, fault);
}

static enum result add_parties(struct store *store, const struct event *event, struct fault *fault)
{
	if (event->type == TYPE_UNKNOWN)
		return RESULT_OK;
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < type_entry(store, event->type)->party_count; i++) {
		const struct event_type_entry *entry = type_entry(store, event->type);
		struct text id = event_string(event, entry->party_fields[i]);
		if (id.length)
			result = add_party(store, entry->parties[i], id, event->ref, fault);
	}
	return result;
}

static enum result add_target(struct store *store, const struct event *event, struct text target, struct fault *fault)
{
	if (!target.length)
		return RESULT_OK;
	refmap_add(store->events.targets, duplicates_hash(store, event->source, target), 1);
	struct query query =
		query_start(store, "INSERT OR IGNORE INTO amendment (event, source, target) VALUES (?, ?, ?)");
	bind_int(&query, (int64_t)event->ref);
	bind_text(&query, event->source);
	bind_text(&query, target);
	return query_run(&query, fault);
}

/* A withdrawal may itself correct an earlier one: then it amends two events. */
static enum result add_amendment(struct store *store, const struct event *event, struct fault *fault)
{
	enum result result = add_target(store, event, event->replaces, fault);
	if (result == RESULT_OK && event->type == TYPE_ID_EVENT_WITHDRAWN)
		result = add_target(store, event, event_string(event, store->events.name_id), fault);
	return result;
}

static enum result add_warning(struct store *store, uint64_t ref, instant arrived, const char *field,
                               const char *reason, struct fault *fault)
{
	struct query query =
		query_start(store, "INSERT INTO warning (event, arrived, field, reason) VALUES (?, ?, ?, ?)");
	bind_int(&query, (int64_t)ref);
	bind_int(&query, arrived);
	bind_text(&query, text_of(field));
	bind_text(&query, text_of(reason));
	return query_run(&query, fault);
}

static enum result add_warnings(struct store *store, const struct event *event, instant arrived, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < event->warning_count; i++)
		result = add_warning(store, event->ref, arrived, event->warnings[i].field, event->warnings[i].reason,
		                     fault);
	return result;
}

enum result events_warn(struct store *store, uint64_t ref, instant at, const char *field, const char *reason,
                        struct fault *fault)
{
	enum result result = store_changing(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "UPDATE event SET flags = flags | 2 WHERE id = ?"); /* EVENT_WARNED */
	bind_int(&query, (int64_t)ref);
	result = query_run(&query, fault);
	return result == RESULT_OK ? add_warning(store, ref, at, field, reason, fault) : result;
}

enum result events_answer_waits(struct store *store, uint64_t ref, bool waits, struct fault *fault)
{
	struct query query =
		waits ? query_start(store, "INSERT OR IGNORE INTO answer_waiting (event) VALUES (?)")
		      : query_start(store, "DELETE FROM answer_waiting WHERE event = ?");
	bind_int(&query, (int64_t)ref);
	return query_run(&query, fault);
}

struct waits {
	uint64_t ref;
	bool stands;
};

struct waiting {
	struct waits *items;
	size_t count, room;
};

static enum result read_waiting(struct store *store, struct waiting *waiting, struct fault *fault)
{
	struct query query = query_start(store, "SELECT w.event, e.flags FROM answer_waiting w"
	                                        " LEFT JOIN event e ON e.id = w.event ORDER BY w.event");
	while (query_row(&query))
		*(struct waits *)mem_push((void **)&waiting->items, &waiting->count, &waiting->room,
		                          sizeof *waiting->items) =
			(struct waits){(uint64_t)row_int(&query, 0), row_int(&query, 1) & EVENT_STANDING};
	return query_end(&query, RESULT_OK, fault);
}

/* It was withdrawn, and the process ended before whoever judged it could say that it waits no more. */
static enum result forget_waiting(struct store *store, uint64_t ref, struct fault *fault)
{
	enum result result = store_changing(store, fault);
	return result == RESULT_OK ? events_answer_waits(store, ref, false, fault) : result;
}

/* Read before any is visited: whoever is visited may say that it waits no more. */
enum result events_answers_waiting(struct store *store, events_visit *visit, void *argument, struct fault *fault)
{
	struct waiting waiting = {.count = 0};
	enum result result = store_ready(store, fault);
	if (result == RESULT_OK)
		result = read_waiting(store, &waiting, fault);
	for (size_t i = 0; i < waiting.count && result == RESULT_OK; i++)
		result = waiting.items[i].stands ? events_by_ref(store, waiting.items[i].ref, visit, argument, fault)
		                                 : forget_waiting(store, waiting.items[i].ref, fault);
	free(waiting.items);
	return result;
}

static enum result add_completeness(struct store *store, const struct event *event, struct fault *fault)
{
	instant up_to;
	const char *why;
	if (event->type != TYPE_ID_SOURCE_COMPLETE ||
	    !instant_parse(event_string(event, store->events.name_up_to), &up_to, &why))
		return RESULT_OK;
	return completeness_note(store, event, up_to, fault);
}

/* The event becomes the newest of its history, and is known from now on. */
static enum result add_to_index(struct store *store, const struct event *event, uint64_t hash, uint32_t history,
                                struct fault *fault)
{
	char entry[12];
	memcpy(entry, &hash, sizeof hash);
	memcpy(entry + sizeof hash, &history, sizeof history);
	enum result result = chunks_append(store, &store->duplicates.chunks, entry, fault);
	if (result != RESULT_OK)
		return result;
	store->duplicates.last = (uint32_t)event->ref;
	store->histories.items[history].last_event = (uint32_t)event->ref;
	refmap_add(store->duplicates.map, hash, (uint32_t)event->ref);
	return RESULT_OK;
}

static enum result add_new(struct store *store, struct event *event, struct packed packed, instant arrived,
                           struct events_ahead ahead, struct fault *fault)
{
	uint32_t history;
	if (store->duplicates.last == UINT32_MAX)
		return fault_set(fault, RESULT_PERMANENT,
		                 "the database %s holds 4,294,967,295 events, and takes no more", store->path);
	event->ref = (uint64_t)store->duplicates.last + 1;
	enum result result = histories_intern_hashed(store, PARTY_NONE, event->subject, ahead.subject, &history, fault);
	if (result == RESULT_OK)
		result = insert_row(store, event, packed, arrived, history, fault);
	if (result == RESULT_OK)
		result = add_to_index(store, event, ahead.hash, history, fault);
	if (result == RESULT_OK)
		result = add_parties(store, event, fault);
	if (result == RESULT_OK)
		result = add_amendment(store, event, fault);
	if (result == RESULT_OK)
		result = add_warnings(store, event, arrived, fault);
	if (result == RESULT_OK)
		result = add_completeness(store, event, fault);
	if (result == RESULT_OK)
		result = sources_note(store, event, arrived, fault);
	return result;
}

struct comparing {
	const struct event *event;
	bool same;
};

static enum result compare_content(void *argument, const struct stored_event *stored, struct fault *fault)
{
	struct comparing *comparing = argument;
	(void)fault;
	comparing->same = event_same_meaning(stored->event, comparing->event);
	return RESULT_OK;
}

enum result events_add_ahead(struct store *store, struct event *event, struct events_ahead ahead, struct packed packed,
                             instant arrived, enum stored *stored, struct fault *fault)
{
	uint32_t known;
	enum result result = store_changing(store, fault);
	if (result != RESULT_OK)
		return result;
	result = duplicates_find(store, event->source, event->id, ahead.hash, &known, fault);
	if (result != RESULT_OK)
		return result;
	if (!known && erasures_hold(store, event->source, event->id)) {
		*stored = STORED_ERASED;
		return RESULT_OK;
	}
	if (!known) {
		*stored = STORED_NEW;
		return add_new(store, event, packed, arrived, ahead, fault);
	}
	struct comparing comparing = {event, false};
	event->ref = known;
	result = stored_show(store, known, NULL, compare_content, &comparing, fault);
	*stored = comparing.same ? STORED_DUPLICATE : STORED_CONFLICT;
	return result;
}

static struct events_ahead hash_event(struct store *store, const struct event *event)
{
	return (struct events_ahead){duplicates_hash(store, event->source, event->id),
	                             histories_hash(PARTY_NONE, event->subject)};
}

struct events_ahead events_look_ahead(struct store *store, const struct event *event)
{
	struct events_ahead ahead = hash_event(store, event);
	if (store->loaded) {
		refmap_prefetch(store->duplicates.map, ahead.hash);
		histories_prefetch(store, ahead.subject);
	}
	return ahead;
}

void events_look_closer(const struct store *store, struct events_ahead ahead, bool closest)
{
	if (store->loaded)
		histories_fetch(store, ahead.subject, closest);
}

enum result events_add(struct store *store, struct event *event, struct text bytes, instant arrived,
                       enum stored *stored, struct fault *fault)
{
	enum result result = store_changing(store, fault); /* the seed of the hashes is known */
	if (result != RESULT_OK)
		return result;
	struct arena *arena = arena_new(1024);
	struct packed packed = packing_pack(bytes, event->subject, arena);
	result = events_add_ahead(store, event, hash_event(store, event), packed, arrived, stored, fault);
	arena_free(arena);
	return result;
}

/* ---- start ---- */

enum result events_load(struct store *store, struct fault *fault)
{
	struct event_tables *tables = &store->events;
	schema_start();
	tables->name_id = schema_name(TEXT("id"));
	tables->name_up_to = schema_name(TEXT("up_to"));
	if (store->mode == STORE_READ)
		return RESULT_OK; /* targets are for whoever stores events; a reader asks the disk */
	tables->targets = refmap_new(0);
	struct query query = query_start(store, "SELECT source, target FROM amendment");
	while (query_row(&query))
		refmap_add(tables->targets, duplicates_hash(store, row_text(&query, 0), row_text(&query, 1)), 1);
	return query_end(&query, RESULT_OK, fault);
}

void events_free(struct event_tables *tables)
{
	refmap_free(tables->targets);
	free(tables->types);
	*tables = (struct event_tables){.edition = tables->edition + 1,
	                                .unreadable = tables->unreadable,
	                                .unreadable_last = tables->unreadable_last};
}
