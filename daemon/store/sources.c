/* sources: a row a source, written anew once an hour. */
#include "store/sources.h"

#include "store/store_internal.h"

static bool is_own(const struct event *event)
{
	const char *name = schema_type_name(event->type);
	return strncmp(name, "alert.", 6) == 0 || strncmp(name, "mute.", 5) == 0; /* answers are written by casewatch */
}

static enum result write_row(struct store *store, const struct event *event, instant arrived, bool confirms,
                             struct fault *fault)
{
	struct query query = query_start(store, "INSERT INTO source_seen (source, last, confirms) VALUES (?, ?, ?)"
	                                        " ON CONFLICT (source) DO UPDATE SET last = max(last, excluded.last),"
	                                        " confirms = max(confirms, excluded.confirms)");
	bind_text(&query, event->source);
	bind_int(&query, arrived);
	bind_int(&query, confirms);
	return query_run(&query, fault);
}

enum result sources_note(struct store *store, const struct event *event, instant arrived, struct fault *fault)
{
	uint64_t hash = text_fingerprint(event->source, 11);
	struct source_noted *noted = &store->sources[hash % SOURCES_NOTED];
	bool confirms = event->type == TYPE_ID_SOURCE_COMPLETE;
	bool known = noted->hash == hash && arrived < noted->at + HOUR && (!confirms || noted->confirms);
	if (known || is_own(event))
		return RESULT_OK;
	enum result result = write_row(store, event, arrived, confirms, fault);
	if (result == RESULT_OK)
		*noted = (struct source_noted){hash, arrived, confirms};
	return result;
}

enum result sources_each(struct store *store, instant since, source_visit *visit, void *argument, struct fault *fault)
{
	enum result result = RESULT_OK;
	struct query query =
		query_start(store, "SELECT source, last, confirms OR source IN (SELECT source FROM completeness)"
	                           " FROM source_seen WHERE last >= ? ORDER BY source");
	bind_int(&query, since);
	while (result == RESULT_OK && query_row(&query)) {
		struct source_row row = {row_text(&query, 0), row_int(&query, 1), row_int(&query, 2) != 0};
		result = visit(argument, &row, fault);
	}
	return query_end(&query, result, fault);
}
