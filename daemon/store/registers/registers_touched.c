/* registers_touched: of which children something came, or stands no longer, since the registers were brought up to
 * date. */
#include "store/registers/registers.h"

#include "store/store_internal.h"

struct touching {
	struct store *store;
	register_subject_visit *visit;
	void *argument;
	uint16_t name_from;
	bool again;
};

static enum result visit_other_id(void *argument, const struct stored_event *stored, struct fault *fault)
{
	const struct touching *touching = argument;
	struct text from = event_string(stored->event, touching->name_from);
	if (!from.length)
		return RESULT_OK;
	return touching->visit(touching->argument, from, stored->event->type, touching->again, fault);
}

static bool is_merge(type_id type)
{
	return type == TYPE_ID_PERSON_MERGED || type == TYPE_ID_PERSON_UNMERGED;
}

/* The event's subject; of a merge the other id, too: its rows move. */
static enum result visit_subject(const struct touching *touching, int64_t event, int64_t history, type_id type,
                                 struct fault *fault)
{
	struct store *store = touching->store;
	if (history <= 0 || (size_t)history >= store->histories.count)
		return RESULT_OK;
	const struct history *of = &store->histories.items[history];
	if (!of->length) /* it was erased */
		return RESULT_OK;
	enum result result = touching->visit(touching->argument, (struct text){of->at, of->length}, type,
	                                     touching->again, fault);
	if (result == RESULT_OK && is_merge(type))
		result = stored_show(store, event, NULL, visit_other_id, (void *)(uintptr_t)touching, fault);
	return result;
}

static enum result visit_again(const struct touching *touching, size_t limit, uint64_t *again, struct fault *fault)
{
	enum result result = RESULT_OK;
	*again = 0;
	struct query query = query_start(touching->store,
	                                 "SELECT e.id, e.history, coalesce(t.name, ''), a.id FROM register_again a"
	                                 " JOIN event e ON e.id = a.event LEFT JOIN event_type t ON t.id = e.type"
	                                 " ORDER BY a.id LIMIT ?");
	bind_int(&query, (int64_t)limit);
	while (result == RESULT_OK && query_row(&query)) {
		*again = (uint64_t)row_int(&query, 3);
		result = visit_subject(touching, row_int(&query, 0), row_int(&query, 1),
		                       schema_find(row_text(&query, 2)), fault);
	}
	return query_end(&query, result, fault);
}

enum result register_touched(struct store *store, uint64_t after, size_t limit, uint64_t *last,
                             uint64_t *again, register_subject_visit *visit, void *argument, struct fault *fault)
{
	struct touching touching = {store, visit, argument, schema_name(TEXT("from")), true};
	*last = after;
	enum result result = store_ready(store, fault);
	if (result == RESULT_OK)
		result = visit_again(&touching, limit, again, fault);
	touching.again = false;
	if (result != RESULT_OK)
		return result;
	struct query query =
		query_start(store, "SELECT e.id, e.history, coalesce(t.name, '') FROM event e"
	                           " LEFT JOIN event_type t ON t.id = e.type WHERE e.id > ? ORDER BY e.id LIMIT ?");
	bind_int(&query, (int64_t)after);
	bind_int(&query, (int64_t)limit);
	while (result == RESULT_OK && query_row(&query)) {
		*last = (uint64_t)row_int(&query, 0);
		result = visit_subject(&touching, row_int(&query, 0), row_int(&query, 1),
		                       schema_find(row_text(&query, 2)), fault);
	}
	return query_end(&query, result, fault);
}
