/* histories: subjects, workers and providers under small numbers, all of them in memory.
 *
 * The table has no index but its row id: the memory holds every one of them, so the question "which number" never
 * reaches the disk, and a new child costs one appended row. About 50 bytes a history. */
#include "store/store_internal.h"

#include <stdlib.h>

uint32_t histories_hash(enum party_kind domain, struct text id)
{
	return (uint32_t)(text_hash(id, hash_seed() + (uint64_t)domain) >> 32);
}

void histories_prefetch(const struct store *store, uint32_t hash)
{
	map_prefetch(&store->histories.by_name, hash);
}

void histories_fetch(const struct store *store, uint32_t hash, bool text)
{
	struct map_walk walk = map_walk(&store->histories.by_name, hash);
	uint32_t number = map_next(&walk); /* rarely another's; then it was for nothing */
	if (number == MAP_NONE)
		return;
	const struct history *history = &store->histories.items[number];
	mem_ahead(text ? (const void *)history->at : (const void *)history);
}

void histories_free(struct histories *histories)
{
	arena_free(histories->texts);
	free(histories->items);
	map_free(&histories->by_name);
	*histories = (struct histories){0};
}

/* What tells two histories apart stands together: domain, length (at most 65,535 bytes count), text. */
#define HEAD 3

static const char *keep_text(struct histories *histories, enum party_kind domain, struct text id)
{
	uint16_t length = (uint16_t)id.length;
	char *at = arena_alloc(histories->texts, HEAD + id.length + 1);
	at[0] = (char)domain;
	memcpy(at + 1, &length, sizeof length);
	memcpy(at + HEAD, id.at, id.length);
	at[HEAD + id.length] = '\0';
	return at + HEAD;
}

static bool is_text(const char *at, enum party_kind domain, struct text id)
{
	uint16_t length;
	memcpy(&length, at - HEAD + 1, sizeof length);
	return length == (uint16_t)id.length && at[-HEAD] == (char)domain && memcmp(at, id.at, id.length) == 0;
}

static uint32_t add(struct histories *histories, enum party_kind domain, struct text id, uint32_t hash)
{
	if (!histories->texts) {
		histories->texts = arena_new((size_t)64 << 10);
		*(struct history *)mem_push((void **)&histories->items, &histories->count, &histories->room,
		                            sizeof(struct history)) = (struct history){.due = INSTANT_NEVER};
	}
	uint32_t number = (uint32_t)histories->count;
	struct history *history = mem_push((void **)&histories->items, &histories->count, &histories->room,
	                                   sizeof(struct history));
	*history = (struct history){.at = keep_text(histories, domain, id),
	                            .length = (uint32_t)id.length,
	                            .hash = hash,
	                            .domain = (uint8_t)domain,
	                            .due = INSTANT_NEVER};
	map_add(&histories->by_name, hash, number);
	return number;
}

static uint32_t find(const struct histories *histories, enum party_kind domain, struct text id, uint32_t hash)
{
	struct map_walk walk = map_walk(&histories->by_name, hash);
	for (uint32_t number; id.length && (number = map_next(&walk)) != MAP_NONE;)
		if (histories->items[number].length == id.length && is_text(histories->items[number].at, domain, id))
			return number;
	return 0;
}

uint32_t histories_find(const struct store *store, enum party_kind domain, struct text id)
{
	return find(&store->histories, domain, id, histories_hash(domain, id));
}

enum result histories_intern_hashed(struct store *store, enum party_kind domain, struct text id, uint32_t hash,
                                    uint32_t *number, struct fault *fault)
{
	*number = find(&store->histories, domain, id, hash);
	if (*number)
		return RESULT_OK;
	*number = add(&store->histories, domain, id, hash);
	struct query query = query_start(store, "INSERT INTO history (id, domain, name) VALUES (?, ?, ?)");
	bind_int(&query, *number);
	bind_int(&query, domain);
	bind_text(&query, id);
	return query_run(&query, fault);
}

enum result histories_intern(struct store *store, enum party_kind domain, struct text id, uint32_t *number,
                             struct fault *fault)
{
	return histories_intern_hashed(store, domain, id, histories_hash(domain, id), number, fault);
}

enum result histories_load(struct store *store, struct fault *fault)
{
	enum result result = RESULT_OK;
	struct query query = query_start(store, "SELECT id, domain, name FROM history WHERE id >= ? ORDER BY id");
	bind_int(&query, (int64_t)store->histories.count);
	while (result == RESULT_OK && query_row(&query)) {
		enum party_kind domain = (enum party_kind)row_int(&query, 1);
		struct text id = row_text(&query, 2);
		uint32_t number = add(&store->histories, domain, id, histories_hash(domain, id));
		if (number != row_int(&query, 0))
			result = fault_set(fault, RESULT_PERMANENT,
			                   "the database %s is damaged (histories are not numbered without gaps): "
			                   "restore the last backup",
			                   store->path);
	}
	return query_end(&query, result, fault);
}

bool events_history_is_new(const struct store *store, enum party_kind domain, struct text id)
{
	return store->open && store->loaded && histories_find(store, domain, id) >= store->histories.old_count;
}

enum result histories_each(struct store *store, uint32_t after, size_t limit, uint32_t *last, history_visit *visit,
                           void *argument, struct fault *fault)
{
	*last = 0;
	enum result result = store_ready(store, fault);
	for (uint32_t i = after + 1; result == RESULT_OK && limit > 0 && i < store->histories.count; i++, limit--) {
		const struct history *history = &store->histories.items[i];
		*last = i;
		if (!history->length) /* it was erased */
			continue;
		result = visit(argument, (enum party_kind)history->domain, history_text(history), fault);
	}
	return result;
}
