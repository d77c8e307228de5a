/* amendments: what corrects and withdraws what, which events stand, and what was set aside of accepted ones. */
#include "store/store_internal.h"

#include "store/registers/registers.h"

struct recording {
	struct store *store;
	events_visit_record *visit;
	void *argument;
};

static enum result show_record(void *argument, const struct stored_event *stored, struct fault *fault)
{
	struct recording *recording = argument;
	const struct event *event = stored->event;
	struct events_record record = {
		.ref = event->ref,
		.arrived = stored->arrived,
		.source = event->source,
		.id = event->id,
		.type = event->type,
		.order = event->recorded != INSTANT_NONE ? event->recorded : event->time,
		.replaces = event->replaces,
		.withdraws = event->type == TYPE_ID_EVENT_WITHDRAWN
	                             ? event_string(event, recording->store->events.name_id)
	                             : TEXT_NONE,
		.standing = stored->flags & EVENT_STANDING,
	};
	return recording->visit(recording->argument, &record, fault);
}

enum result events_record(struct store *store, struct text source, struct text id, events_visit_record *visit,
                          void *argument, struct fault *fault)
{
	uint32_t ref = 0;
	struct recording recording = {store, visit, argument};
	enum result result = store_ready(store, fault);
	if (result == RESULT_OK)
		result = duplicates_find(store, source, id, duplicates_hash(store, source, id), &ref, fault);
	return result == RESULT_OK && ref ? stored_show(store, ref, NULL, show_record, &recording, fault) : result;
}

enum result events_amendments(struct store *store, struct text source, struct text target, events_visit_record *visit,
                              void *argument, struct fault *fault)
{
	uint64_t cursor = 0;
	struct recording recording = {store, visit, argument};
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	if (store->events.targets &&
	    !refmap_next(store->events.targets, duplicates_hash(store, source, target), &cursor))
		return result; /* the common case: nothing amends it, and nothing was asked of the disk */
	struct query query =
		query_start(store, "SELECT event FROM amendment WHERE source = ? AND target = ? ORDER BY event");
	bind_text(&query, source);
	bind_text(&query, target);
	while (result == RESULT_OK && query_row(&query))
		result = stored_show(store, row_int(&query, 0), NULL, show_record, &recording, fault);
	return query_end(&query, result, fault);
}

enum result events_set_standing(struct store *store, uint64_t ref, bool standing, struct fault *fault)
{
	struct query query = query_start(store, "UPDATE event SET flags = (flags & ~1) | ? WHERE id = ?");
	bind_int(&query, standing ? EVENT_STANDING : 0);
	bind_int(&query, (int64_t)ref);
	enum result result = query_run(&query, fault);
	store->events.edition++;
	if (result == RESULT_OK)
		result = register_mark(store, ref, fault);
	return result == RESULT_OK ? completeness_amended(store, ref, fault) : result;
}

static enum result visit_warnings(struct query *query, warning_visit *visit, void *argument, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && query_row(query)) {
		struct warning_row row = {(uint64_t)row_int(query, 0), row_int(query, 1), row_text(query, 2),
		                          row_text(query, 3)};
		result = visit(argument, &row, fault);
	}
	return query_end(query, result, fault);
}

enum result warnings_each(struct store *store, instant from, instant until, warning_visit *visit, void *argument,
                          struct fault *fault)
{
	struct query query = query_start(store, "SELECT event, arrived, field, reason FROM warning"
	                                        " WHERE arrived >= ? AND arrived < ? ORDER BY arrived, id");
	bind_int(&query, from);
	bind_int(&query, until);
	return visit_warnings(&query, visit, argument, fault);
}

enum result warnings_latest(struct store *store, instant from, instant until, size_t most, warning_visit *visit,
                            void *argument, struct fault *fault)
{
	struct query query = query_start(store, "SELECT event, arrived, field, reason FROM warning"
	                                        " WHERE arrived >= ? AND arrived < ? ORDER BY arrived DESC, id DESC"
	                                        " LIMIT ?");
	bind_int(&query, from);
	bind_int(&query, until);
	bind_int(&query, (int64_t)most);
	return visit_warnings(&query, visit, argument, fault);
}
