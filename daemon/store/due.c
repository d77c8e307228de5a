/* due: when each history next needs the engine: a heap in memory over a log of changes in the database.
 *
 * A row a history would dirty a page an event; the log dirties one a transaction. It is written anew when it has become
 * more than twice as long as what it says. A heap entry whose history says otherwise is stale and passed over. */
#include "store/store_internal.h"

#include <stdlib.h>

#define ENTRY 12
#define ENTRIES_A_ROW 1350
#define SLACK 16384 /* entries the log may be longer than needed, whatever its size */

static bool earlier(const void *one, const void *other)
{
	const struct due_entry *a = one, *b = other;
	return a->at < b->at || (a->at == b->at && a->history < b->history);
}

static bool stale(const struct store *store, const struct due_entry *entry)
{
	return store->histories.items[entry->history].due != entry->at;
}

/* Only what is true, each once. */
static void rebuild_heap(struct store *store)
{
	struct due_queue *queue = &store->due;
	heap_free(&queue->entries);
	queue->entries = HEAP_OF(struct due_entry, earlier);
	for (uint32_t i = 1; i < store->histories.count; i++)
		if (store->histories.items[i].due != INSTANT_NEVER)
			heap_add_unordered(&queue->entries, &(struct due_entry){store->histories.items[i].due, i});
	queue->live = queue->entries.count;
	heap_make(&queue->entries);
}

static enum result log_change(struct store *store, uint32_t history, instant at, struct fault *fault)
{
	char entry[ENTRY];
	memcpy(entry, &history, sizeof history);
	memcpy(entry + sizeof history, &at, sizeof at);
	return chunks_append(store, &store->due.log, entry, fault);
}

enum result due_set(struct store *store, enum party_kind domain, struct text subject, instant at, struct fault *fault)
{
	uint32_t number;
	enum result result = store_changing(store, fault);
	if (result == RESULT_OK)
		result = histories_intern(store, domain, subject, &number, fault);
	if (result != RESULT_OK || store->histories.items[number].due == at)
		return result;
	result = log_change(store, number, at, fault);
	if (result != RESULT_OK)
		return result;
	struct due_queue *queue = &store->due;
	queue->live += (size_t)(at != INSTANT_NEVER) - (size_t)(store->histories.items[number].due != INSTANT_NEVER);
	store->histories.items[number].due = at;
	if (at != INSTANT_NEVER)
		heap_push(&queue->entries, &(struct due_entry){at, number});
	if (queue->entries.count > 2 * queue->live + SLACK)
		rebuild_heap(store);
	return RESULT_OK;
}

/* A compacted log is another one: nothing that was read of it says what it holds now. */
static enum result read_anew(struct store *store, struct fault *fault)
{
	for (uint32_t i = 1; i < store->histories.count; i++)
		store->histories.items[i].due = INSTANT_NEVER;
	due_free(&store->due);
	return due_load(store, fault);
}

static enum result due_ready(struct store *store, struct fault *fault)
{
	enum result result = store_ready(store, fault);
	return result == RESULT_OK && store->due.behind ? read_anew(store, fault) : result;
}

enum result due_next(struct store *store, instant *at, struct fault *fault)
{
	*at = INSTANT_NEVER;
	enum result result = due_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	const struct due_entry *first = heap_top(&store->due.entries);
	for (; first && stale(store, first); first = heap_top(&store->due.entries))
		heap_pop(&store->due.entries);
	if (first)
		*at = first->at;
	return RESULT_OK;
}

enum result due_at(struct store *store, enum party_kind domain, struct text subject, instant *at, struct fault *fault)
{
	enum result result = store_ready(store, fault);
	uint32_t number = result == RESULT_OK ? histories_find(store, domain, subject) : 0;
	*at = number ? store->histories.items[number].due : INSTANT_NEVER;
	return result;
}

/* Up to `limit` entries that are due, out of the heap; a history may be in it twice with the same time, and is taken
 * once. */
static size_t take_due(struct store *store, instant until, size_t limit, struct due_entry *taken)
{
	struct heap *entries = &store->due.entries;
	size_t count = 0;
	for (const struct due_entry *first; count < limit && (first = heap_top(entries)) && first->at <= until;) {
		struct due_entry entry = *first;
		heap_pop(entries);
		bool again = count > 0 && taken[count - 1].history == entry.history;
		if (!stale(store, &entry) && !again)
			taken[count++] = entry;
	}
	return count;
}

enum result due_each(struct store *store, instant until, size_t limit, due_visit *visit, void *argument,
                     struct fault *fault)
{
	enum result result = due_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	struct due_entry *taken = mem_alloc((limit ? limit : 1) * sizeof *taken);
	size_t count = take_due(store, until, limit, taken);
	for (size_t i = 0; i < count; i++) /* they stay due until somebody says otherwise */
		heap_push(&store->due.entries, &taken[i]);
	for (size_t i = 0; result == RESULT_OK && i < count; i++) {
		struct history history = store->histories.items[taken[i].history];
		result = visit(argument, (enum party_kind)history.domain, history_text(&history), taken[i].at, fault);
	}
	free(taken);
	return result;
}

enum result due_compact(struct store *store, struct fault *fault)
{
	struct due_queue *queue = &store->due;
	if (queue->log.total <= 2 * queue->live + SLACK)
		return RESULT_OK;
	enum result result = chunks_clear(store, &queue->log, fault);
	for (uint32_t i = 1; result == RESULT_OK && i < store->histories.count; i++)
		if (store->histories.items[i].due != INSTANT_NEVER)
			result = log_change(store, i, store->histories.items[i].due, fault);
	return result;
}

static enum result take_entries(struct store *store, const char *entries, size_t count, struct fault *fault)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t history;
		instant at;
		memcpy(&history, entries + i * ENTRY, sizeof history);
		memcpy(&at, entries + i * ENTRY + sizeof history, sizeof at);
		if (history == 0 || history >= store->histories.count)
			return fault_set(
				fault, RESULT_PERMANENT,
				"the database %s is damaged (a due time of no history): restore the last backup",
				store->path);
		store->histories.items[history].due = at;
	}
	return RESULT_OK;
}

enum result due_load(struct store *store, struct fault *fault)
{
	if (store->due.log.room) {
		store->due.behind = true;
		return RESULT_OK;
	}
	store->due.log = (struct chunks){
		.write_sql = "INSERT OR REPLACE INTO due_log (id, entries) VALUES (?, ?)",
		.read_sql = "SELECT id, entries FROM due_log WHERE id >= ? ORDER BY id",
		.clear_sql = "DELETE FROM due_log",
		.entry = ENTRY,
		.room = ENTRIES_A_ROW,
	};
	enum result result = chunks_load(store, &store->due.log, take_entries, fault);
	if (result == RESULT_OK)
		rebuild_heap(store);
	return result;
}

void due_free(struct due_queue *queue)
{
	heap_free(&queue->entries);
	chunks_free(&queue->log);
	*queue = (struct due_queue){0};
}

size_t store_clocks(const struct store *store)
{
	return store->due.live;
}
