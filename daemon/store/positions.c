/* positions: how far each source partition was read, and up to when the sources say their data is complete. */
#include "store/store_internal.h"

enum result positions_get(struct store *store, struct text name, struct position *position, bool *found,
                          struct fault *fault)
{
	struct query query = query_start(store, "SELECT next, fingerprint, event_time FROM position WHERE name = ?");
	bind_text(&query, name);
	*found = query_row(&query);
	if (*found)
		*position =
			(struct position){name, row_int(&query, 0), (uint64_t)row_int(&query, 1), row_int(&query, 2)};
	return query_end(&query, RESULT_OK, fault);
}

enum result positions_set(struct store *store, const struct position *position, struct fault *fault)
{
	struct query query = query_start(store, "INSERT OR REPLACE INTO position (name, next, fingerprint, event_time)"
	                                        " VALUES (?, ?, ?, ?)");
	bind_text(&query, position->name);
	bind_int(&query, position->next);
	bind_int(&query, (int64_t)position->fingerprint);
	bind_int(&query, position->event_time);
	return query_run(&query, fault);
}

/* Of several the latest by (time, id) holds, so that a source can take back what it confirmed too early (events.md). */
enum result completeness_note(struct store *store, const struct event *event, instant up_to, struct fault *fault)
{
	struct query query =
		query_start(store, "INSERT INTO completeness (source, up_to, event, said_at, said_id)"
	                           " VALUES (?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET"
	                           " up_to = excluded.up_to, event = excluded.event, said_at = excluded.said_at,"
	                           " said_id = excluded.said_id"
	                           " WHERE (excluded.said_at, excluded.said_id) > (said_at, said_id)");
	bind_text(&query, event->subject);
	bind_int(&query, up_to);
	bind_int(&query, (int64_t)event->ref);
	bind_int(&query, event->time);
	bind_text(&query, event->id);
	return query_run(&query, fault);
}

static enum result note_again(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct store *store = argument;
	instant up_to;
	const char *why;
	(void)bytes;
	(void)arrived;
	if (!instant_parse(event_string(event, store->events.name_up_to), &up_to, &why))
		return RESULT_OK;
	return completeness_note(store, event, up_to, fault);
}

/* A source took back, or gave again, what it had confirmed: all of it is reckoned anew. Happens hardly ever. */
enum result completeness_amended(struct store *store, uint64_t ref, struct fault *fault)
{
	static const type_id types[] = {TYPE_ID_SOURCE_COMPLETE};
	struct query query = query_start(store, "SELECT 1 FROM event e JOIN event_type t ON t.id = e.type"
	                                        " WHERE e.id = ? AND t.name = 'source.complete'");
	bind_int(&query, (int64_t)ref);
	bool concerned = query_row(&query);
	enum result result = query_end(&query, RESULT_OK, fault);
	if (result != RESULT_OK || !concerned)
		return result;
	struct query clear = query_start(store, "DELETE FROM completeness");
	result = query_run(&clear, fault);
	if (result == RESULT_OK)
		result = events_of_types(store, types, 1, INSTANT_NONE, INSTANT_NEVER, note_again, store, fault);
	return result;
}

enum result sources_complete(struct store *store, instant *complete_to, instant *last_arrival, struct fault *fault)
{
	*complete_to = *last_arrival = INSTANT_NONE;
	struct query query = query_start(store, "SELECT count(*), min(up_to) FROM completeness");
	if (query_row(&query) && row_int(&query, 0) > 0)
		*complete_to = row_int(&query, 1);
	enum result result = query_end(&query, RESULT_OK, fault);
	if (result != RESULT_OK)
		return result;
	struct query last = query_start(store, "SELECT arrived FROM event ORDER BY id DESC LIMIT 1");
	if (query_row(&last))
		*last_arrival = row_int(&last, 0);
	return query_end(&last, RESULT_OK, fault);
}
