/* contradictions: the rows of records that contradict themselves. */
#include "store/contradictions.h"

#include "store/store_internal.h"

static enum result count_held(struct store *store, uint32_t history, size_t *held, struct fault *fault)
{
	struct query query = query_start(store, "SELECT count(*) FROM contradiction WHERE history = ?");
	bind_int(&query, history);
	*held = query_row(&query) ? (size_t)row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}

#define GONE_AT_A_TIME 64

static enum result forget_others(struct store *store, uint32_t history, const struct contradiction_row *rows,
                                 size_t count, struct fault *fault)
{
	uint64_t gone[GONE_AT_A_TIME];
	size_t gone_count = 0;
	struct query query = query_start(store, "SELECT event FROM contradiction WHERE history = ?");
	bind_int(&query, history);
	while (gone_count < GONE_AT_A_TIME && query_row(&query)) {
		uint64_t event = (uint64_t)row_int(&query, 0);
		size_t at = 0;
		while (at < count && rows[at].event != event)
			at++;
		if (at == count)
			gone[gone_count++] = event;
	}
	enum result result = query_end(&query, RESULT_OK, fault);
	for (size_t i = 0; result == RESULT_OK && i < gone_count; i++) {
		struct query forget = query_start(store, "DELETE FROM contradiction WHERE history = ? AND event = ?");
		bind_int(&forget, history);
		bind_int(&forget, (int64_t)gone[i]);
		result = query_run(&forget, fault);
	}
	return result == RESULT_OK && gone_count == GONE_AT_A_TIME
	               ? forget_others(store, history, rows, count, fault)
	               : result;
}

enum result contradictions_set(struct store *store, enum party_kind domain, struct text id,
                               const struct contradiction_row *rows, size_t count, size_t *before, struct fault *fault)
{
	*before = 0;
	enum result result = store_changing(store, fault);
	uint32_t history = result == RESULT_OK ? histories_find(store, domain, id) : 0;
	if (!history)
		return result;
	result = count_held(store, history, before, fault);
	if (result == RESULT_OK && *before)
		result = forget_others(store, history, rows, count, fault);
	for (size_t i = 0; result == RESULT_OK && i < count; i++) {
		struct query query =
			query_start(store, "INSERT INTO contradiction (history, event, tell_from, told)"
		                           " VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET"
		                           " tell_from = min(tell_from, excluded.tell_from)");
		bind_int(&query, history);
		bind_int(&query, (int64_t)rows[i].event);
		bind_int(&query, rows[i].from);
		result = query_run(&query, fault);
	}
	return result;
}

static enum result read_events(struct query *query, uint64_t *events, size_t room, size_t *count, struct fault *fault)
{
	*count = 0;
	for (; query_row(query); (*count)++)
		if (*count < room)
			events[*count] = (uint64_t)row_int(query, 0);
	return query_end(query, RESULT_OK, fault);
}

enum result contradictions_of(struct store *store, enum party_kind domain, struct text id, instant now,
                              uint64_t *events, size_t room, size_t *count, struct fault *fault)
{
	*count = 0;
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(
		store, "SELECT event FROM contradiction WHERE history = ? AND tell_from <= ? ORDER BY event DESC");
	bind_int(&query, histories_find(store, domain, id));
	bind_int(&query, now);
	return read_events(&query, events, room, count, fault);
}

enum result contradictions_latest(struct store *store, instant now, uint64_t *events, size_t room, size_t *count,
                                  struct fault *fault)
{
	struct query query = query_start(
		store, "SELECT DISTINCT event FROM contradiction WHERE tell_from <= ? ORDER BY event DESC LIMIT ?");
	bind_int(&query, now);
	bind_int(&query, (int64_t)room + 1);
	return read_events(&query, events, room, count, fault);
}

enum result contradictions_due(struct store *store, instant now, struct arena *arena, bool *found,
                               enum party_kind *domain, struct text *id, struct fault *fault)
{
	*found = false;
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "SELECT history FROM contradiction WHERE told = 0 AND tell_from <= ?"
	                                        " ORDER BY tell_from LIMIT 1");
	bind_int(&query, now);
	int64_t number = query_row(&query) ? row_int(&query, 0) : 0;
	result = query_end(&query, RESULT_OK, fault);
	if (number <= 0 || (size_t)number >= store->histories.count)
		return result;
	const struct history *history = &store->histories.items[number];
	*found = true;
	*domain = (enum party_kind)history->domain;
	*id = (struct text){arena_copy_text(arena, history->at, history->length), history->length};
	return result;
}

enum result contradictions_told(struct store *store, enum party_kind domain, struct text id, instant now,
                                struct fault *fault)
{
	enum result result = store_changing(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(
		store, "UPDATE contradiction SET told = 1 WHERE history = ? AND told = 0 AND tell_from <= ?");
	bind_int(&query, histories_find(store, domain, id));
	bind_int(&query, now);
	return query_run(&query, fault);
}

enum result contradictions_next(struct store *store, bool *held, instant *next, struct fault *fault)
{
	struct query query =
		query_start(store, "SELECT (SELECT coalesce(min(tell_from), 9223372036854775807) FROM contradiction"
	                           " WHERE told = 0), EXISTS (SELECT 1 FROM contradiction)");
	*next = INSTANT_NEVER;
	*held = true; /* where it cannot be read */
	if (query_row(&query)) {
		*held = row_int(&query, 1) != 0;
		*next = row_int(&query, 0);
	}
	return query_end(&query, RESULT_OK, fault);
}
