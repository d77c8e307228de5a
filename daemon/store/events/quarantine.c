/* quarantine: records that were refused, with the exact bytes and the reason. */
#include "store/store_internal.h"

#define COLUMNS "SELECT id, source_name, bytes, reason, event_id, event_source, arrived, state, note FROM quarantine"

enum result quarantine_add(struct store *store, const struct quarantine_row *row, struct fault *fault)
{
	struct query query =
		query_start(store, "INSERT INTO quarantine (source_name, bytes, reason, event_id, event_source,"
	                           " arrived, state, note) VALUES (?, ?, ?, ?, ?, ?, 'waiting', '')");
	bind_text(&query, row->source_name);
	bind_blob(&query, row->bytes.at, row->bytes.length);
	bind_text(&query, row->reason);
	bind_text(&query, row->event_id);
	bind_text(&query, row->event_source);
	bind_int(&query, row->arrived);
	return query_run(&query, fault);
}

static enum result show_rows(struct query *query, quarantine_visit *visit, void *argument, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && query_row(query)) {
		struct quarantine_row row = {
			.id = row_int(query, 0),
			.source_name = row_text(query, 1),
			.bytes = row_blob(query, 2),
			.reason = row_text(query, 3),
			.event_id = row_text(query, 4),
			.event_source = row_text(query, 5),
			.arrived = row_int(query, 6),
			.state = row_text(query, 7),
			.note = row_text(query, 8),
		};
		result = visit(argument, &row, fault);
	}
	return query_end(query, result, fault);
}

enum result quarantine_each(struct store *store, bool waiting_only, quarantine_visit *visit, void *argument,
                            struct fault *fault)
{
	struct query query = query_start(store, waiting_only ? COLUMNS " WHERE state = 'waiting' ORDER BY id"
	                                                     : COLUMNS " ORDER BY id");
	return show_rows(&query, visit, argument, fault);
}

enum result quarantine_before(struct store *store, bool waiting_only, int64_t before, size_t limit,
                              quarantine_visit *visit, void *argument, struct fault *fault)
{
	struct query query = query_start(
		store, waiting_only ? COLUMNS " WHERE id < ? AND state = 'waiting' ORDER BY id DESC LIMIT ?"
	                            : COLUMNS " WHERE id < ? ORDER BY id DESC LIMIT ?");
	bind_int(&query, before ? before : INT64_MAX);
	bind_int(&query, limit < INT64_MAX ? (int64_t)limit : INT64_MAX);
	return show_rows(&query, visit, argument, fault);
}

enum result quarantine_get(struct store *store, int64_t id, quarantine_visit *visit, void *argument,
                           struct fault *fault)
{
	struct query query = query_start(store, COLUMNS " WHERE id = ?");
	bind_int(&query, id);
	return show_rows(&query, visit, argument, fault);
}

enum result quarantine_from(struct store *store, struct text source_name, quarantine_visit *visit, void *argument,
                            struct fault *fault)
{
	struct query query = query_start(store, COLUMNS " WHERE source_name = ? ORDER BY id DESC LIMIT 1");
	bind_text(&query, source_name);
	return show_rows(&query, visit, argument, fault);
}

enum result quarantine_set(struct store *store, int64_t id, struct text state, struct text note, struct fault *fault)
{
	struct query query = query_start(store, "UPDATE quarantine SET state = ?, note = ? WHERE id = ?");
	bind_text(&query, state);
	bind_text(&query, note);
	bind_int(&query, id);
	return query_run(&query, fault);
}

/* The index has the arrival times of what waits in their order; beyond a hundred thousand the number says enough. */
static enum result count_waiting(struct store *store, const char *sql, instant before, uint64_t *count,
                                 struct fault *fault)
{
	struct query query = query_start(store, sql);
	bind_int(&query, before);
	*count = query_row(&query) ? (uint64_t)row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}

enum result quarantine_holds(struct store *store, struct text source_name, bool *holds, struct fault *fault)
{
	struct query query = query_start(
		store, "SELECT 1 FROM quarantine WHERE state = 'waiting' AND source_name = ? LIMIT 1");
	bind_text(&query, source_name);
	*holds = query_row(&query);
	return query_end(&query, RESULT_OK, fault);
}

enum result quarantine_waiting(struct store *store, instant before, struct quarantine_waiting *waiting,
                               struct fault *fault)
{
	static const char sql[] =
		"SELECT count(*) FROM (SELECT 1 FROM quarantine WHERE state = 'waiting' AND arrived <= ?"
		" LIMIT 100000)";
	*waiting = (struct quarantine_waiting){.oldest = INSTANT_NEVER, .next = INSTANT_NEVER};
	enum result result = count_waiting(store, sql, INSTANT_NEVER, &waiting->count, fault);
	if (result == RESULT_OK)
		result = count_waiting(store, sql, before, &waiting->longer, fault);
	if (result != RESULT_OK || !waiting->count)
		return result;
	struct query query = query_start(
		store, "SELECT id, arrived FROM quarantine WHERE state = 'waiting' ORDER BY arrived LIMIT 1");
	if (query_row(&query)) {
		waiting->oldest_number = row_int(&query, 0);
		waiting->oldest = row_int(&query, 1);
	}
	result = query_end(&query, RESULT_OK, fault);
	if (result != RESULT_OK)
		return result;
	struct query next = query_start(store, "SELECT arrived FROM quarantine WHERE state = 'waiting' AND arrived > ?"
	                                       " ORDER BY arrived LIMIT 1");
	bind_int(&next, before);
	if (query_row(&next))
		waiting->next = row_int(&next, 0);
	return query_end(&next, RESULT_OK, fault);
}
