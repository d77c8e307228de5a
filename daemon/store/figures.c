/* figures: small durable settings, and what status and metrics show. */
#include "store/store_internal.h"

#include <sys/stat.h>

enum result store_get(struct store *store, const char *name, struct text *value, struct fault *fault)
{
	*value = TEXT_NONE;
	struct query query = query_start(store, "SELECT value FROM meta WHERE name = ?");
	bind_text(&query, text_of(name));
	if (query_row(&query)) {
		struct text found = row_text(&query, 0);
		*value = text_keep(store->claimed, found);
	}
	return query_end(&query, RESULT_OK, fault);
}

enum result store_set(struct store *store, const char *name, struct text value, struct fault *fault)
{
	struct query query = query_start(store, "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)");
	bind_text(&query, text_of(name));
	bind_text(&query, value);
	return query_run(&query, fault);
}

enum result store_keep(struct store *store, const char *name, struct text value, struct fault *fault)
{
	enum result result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = store_set(store, name, value, fault);
	if (result == RESULT_OK)
		return store_commit(store, fault);
	store_rollback(store);
	return result;
}

static enum result count_waiting(struct store *store, const char *sql, uint64_t *count, instant *oldest,
                                 struct fault *fault)
{
	struct query query = query_start(store, sql);
	if (query_row(&query)) {
		*count = (uint64_t)row_int(&query, 0);
		*oldest = *count ? row_int(&query, 1) : INSTANT_NEVER;
	}
	return query_end(&query, RESULT_OK, fault);
}

static enum result count_standing(struct store *store, struct store_figures *figures, struct fault *fault)
{
	struct query query =
		query_start(store, "SELECT severity, acknowledged, count(*) FROM alert WHERE state = 0 AND early = 0"
	                           " AND shadow = 0"
	                           " GROUP BY severity, acknowledged");
	while (query_row(&query)) {
		uint64_t count = (uint64_t)row_int(&query, 2);
		if (row_int(&query, 0) >= 0 && row_int(&query, 0) < 3)
			figures->standing[row_int(&query, 0)] += count;
		figures->unanswered += row_int(&query, 1) ? 0 : count;
	}
	return query_end(&query, RESULT_OK, fault);
}

static uint64_t file_bytes(const char *path, const char *suffix)
{
	struct buffer name = {0};
	struct stat status;
	buffer_format(&name, "%s%s", path, suffix);
	uint64_t bytes = stat(buffer_cstr(&name), &status) == 0 ? (uint64_t)status.st_size : 0;
	buffer_free(&name);
	return bytes;
}

enum result store_figures(struct store *store, struct store_figures *figures, struct fault *fault)
{
	*figures = (struct store_figures){.quarantine_oldest = INSTANT_NEVER, .outbox_oldest = INSTANT_NEVER};
	int64_t events = 0, histories = 0, alerts = 0;
	enum result result = store_pragma(store, "SELECT max(id) FROM event", &events, fault);
	if (result == RESULT_OK)
		result = store_pragma(store, "SELECT max(id) FROM history", &histories, fault);
	if (result == RESULT_OK)
		result = store_pragma(store, "SELECT max(number) FROM alert", &alerts, fault);
	if (result == RESULT_OK)
		result = count_waiting(store, "SELECT count(*), min(arrived) FROM quarantine WHERE state = 'waiting'",
		                       &figures->quarantine_waiting, &figures->quarantine_oldest, fault);
	if (result == RESULT_OK)
		result = count_waiting(store, "SELECT count(*), min(created) FROM outbox WHERE open = 1",
		                       &figures->outbox_waiting, &figures->outbox_oldest, fault);
	if (result == RESULT_OK)
		result = count_standing(store, figures, fault);
	figures->events = (uint64_t)events;
	figures->histories = (uint64_t)histories;
	figures->alerts = alerts >= ALERT_FIRST_NUMBER ? (uint64_t)(alerts - ALERT_FIRST_NUMBER + 1) : 0;
	figures->database_bytes = file_bytes(store->path, "");
	figures->log_bytes = file_bytes(store->path, "-wal");
	figures->memory_bytes = refmap_bytes(store->duplicates.map) + refmap_bytes(store->alerts.map) +
	                        store->histories.room * sizeof(struct history) + map_bytes(&store->histories.by_name);
	return result;
}
