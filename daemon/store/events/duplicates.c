/* duplicates: which (source, id) are stored already: hashes in memory, checked against the stored event at a hit. */
#include "store/store_internal.h"

#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>

/* As stored: 12 bytes, in the machine's own order. */
#define ENTRY 12
#define ENTRIES_A_ROW 1350 /* 16,200 bytes: a row fills a page and overflows into none */
#define AHEAD 16           /* entries whose slots are fetched while others are put */

static void entry_read(const char *at, uint64_t *hash, uint32_t *history)
{
	memcpy(hash, at, sizeof *hash);
	memcpy(history, at + sizeof *hash, sizeof *history);
}

static uint64_t finish(uint64_t hash)
{
	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdu;
	hash ^= hash >> 33;
	hash *= 0xc4ceb9fe1a85ec53u;
	return hash ^ hash >> 33;
}

/* Durable, so made of text_fingerprint, which never changes; the seed is secret, so that nobody can aim. */
uint64_t duplicates_hash(struct store *store, struct text source, struct text id)
{
	struct duplicates *duplicates = &store->duplicates;
	if (!duplicates->source.at || !text_equal(duplicates->source, source)) {
		duplicates->source_hash = text_fingerprint(source, duplicates->seed);
		duplicates->source = TEXT_NONE;
		if (source.length <= sizeof duplicates->source_at) {
			memcpy(duplicates->source_at, source.at, source.length);
			duplicates->source = (struct text){duplicates->source_at, source.length};
		}
	}
	return finish(text_fingerprint(id, duplicates->source_hash));
}

struct looking {
	struct text source, id;
	bool same;
};

static enum result compare(void *argument, const struct stored_event *stored, struct fault *fault)
{
	struct looking *looking = argument;
	(void)fault;
	looking->same =
		text_equal(stored->event->id, looking->id) && text_equal(stored->event->source, looking->source);
	return RESULT_OK;
}

enum result duplicates_find(struct store *store, struct text source, struct text id, uint64_t hash, uint32_t *ref,
                            struct fault *fault)
{
	uint64_t cursor = 0;
	struct looking looking = {source, id, false};
	enum result result = RESULT_OK;
	*ref = 0;
	for (uint32_t candidate; result == RESULT_OK && !looking.same &&
	                         (candidate = refmap_next(store->duplicates.map, hash, &cursor)) != 0;) {
		result = stored_show(store, candidate, NULL, compare, &looking, fault);
		if (looking.same)
			*ref = candidate;
	}
	return result;
}

static enum result find_ref(struct store *store, struct text source, struct text id, uint32_t *ref,
                            struct fault *fault)
{
	*ref = 0;
	enum result result = store_ready(store, fault);
	if (result == RESULT_OK)
		result = duplicates_find(store, source, id, duplicates_hash(store, source, id), ref, fault);
	return result;
}

enum result events_find(struct store *store, struct text source, struct text id, events_visit *visit, void *argument,
                        struct fault *fault)
{
	uint32_t ref;
	enum result result = find_ref(store, source, id, &ref, fault);
	return result == RESULT_OK && ref ? events_by_ref(store, ref, visit, argument, fault) : result;
}

/* ---- start ---- */

static enum result take_entries(struct store *store, const char *entries, size_t count, struct fault *fault)
{
	struct duplicates *duplicates = &store->duplicates;
	uint64_t hash;
	uint32_t history;
	for (size_t i = 0; i < count; i++) {
		if (i + AHEAD < count) {
			entry_read(entries + (i + AHEAD) * ENTRY, &hash, &history);
			refmap_prefetch(duplicates->map, hash);
		}
		entry_read(entries + i * ENTRY, &hash, &history);
		if (history == 0 || history >= store->histories.count)
			return fault_set(
				fault, RESULT_PERMANENT,
				"the database %s is damaged (event %u belongs to no history): restore the last backup",
				store->path, duplicates->last + 1);
		refmap_add(duplicates->map, hash, ++duplicates->last);
		store->histories.items[history].last_event = duplicates->last;
	}
	return RESULT_OK;
}

static enum result load_seed(struct store *store, struct fault *fault)
{
	struct text seed;
	char words[32];
	enum result result = store_get(store, "hash_seed", &seed, fault);
	if (result != RESULT_OK)
		return result;
	if (seed.length) {
		(void)snprintf(words, sizeof words, "%.*s", TEXT_ARG(seed));
		store->duplicates.seed = strtoull(words, NULL, 16);
		return RESULT_OK;
	}
	while (!store->duplicates.seed)
		digest_random(&store->duplicates.seed, sizeof store->duplicates.seed);
	(void)snprintf(words, sizeof words, "%016llx", (unsigned long long)store->duplicates.seed);
	return store->mode == STORE_WRITE ? store_set(store, "hash_seed", text_of(words), fault) : RESULT_OK;
}

static enum result begin_load(struct store *store, struct fault *fault)
{
	struct duplicates *duplicates = &store->duplicates;
	int64_t newest = 0;
	duplicates->chunks = (struct chunks){
		.write_sql = "INSERT OR REPLACE INTO event_index (id, entries) VALUES (?, ?)",
		.read_sql = "SELECT id, entries FROM event_index WHERE id >= ? ORDER BY id",
		.clear_sql = "DELETE FROM event_index",
		.entry = ENTRY,
		.room = ENTRIES_A_ROW,
	};
	enum result result = load_seed(store, fault);
	if (result == RESULT_OK)
		result = store_pragma(store, "SELECT max(id) FROM event", &newest, fault);
	if (result == RESULT_OK)
		duplicates->map = refmap_new((size_t)newest);
	return result;
}

enum result duplicates_load(struct store *store, struct fault *fault)
{
	struct duplicates *duplicates = &store->duplicates;
	int64_t newest = 0;
	enum result result = duplicates->map ? RESULT_OK : begin_load(store, fault);
	if (result == RESULT_OK)
		result = chunks_load(store, &duplicates->chunks, take_entries, fault);
	if (result == RESULT_OK)
		result = store_pragma(store, "SELECT max(id) FROM event", &newest, fault);
	if (result == RESULT_OK && duplicates->last != newest)
		result = fault_set(fault, RESULT_PERMANENT,
		                   "the database %s is damaged (%lld events, %u in the index): restore the last backup",
		                   store->path, (long long)newest, duplicates->last);
	return result;
}

void duplicates_free(struct duplicates *duplicates)
{
	refmap_free(duplicates->map);
	chunks_free(&duplicates->chunks);
	*duplicates = (struct duplicates){0};
}
