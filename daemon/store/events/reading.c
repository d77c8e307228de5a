/* reading: stored events, parsed anew from their bytes and shown to visitors. */
#include "store/store_internal.h"

#include "base/log.h"

void events_set_parser(struct store *store, struct event_parser *parser)
{
	store->parser = parser;
	store->events.edition++;
}

static struct arena *visit_arena(struct store *store)
{
	struct arena **arena = &store->visits[store->visiting];
	if (!*arena)
		*arena = arena_new(8192);
	arena_reset(*arena);
	return *arena;
}

/* A visitor may ask the store for other events while it looks at this one, so it sees a copy, not the parser's own. */
static enum result show_parsed(struct store *store, const struct event *parsed, struct stored_event *stored,
                               stored_visit *visit, void *argument, struct fault *fault)
{
	struct event event;
	if (store->visiting == VISITS_DEEP)
		return fault_set(fault, RESULT_PERMANENT, "visits are nested too deeply (a mistake in casewatch)");
	event_copy(&event, parsed, visit_arena(store));
	stored->event = &event;
	store->visiting++;
	enum result result = visit(argument, stored, fault);
	store->visiting--;
	return result;
}

void store_note_unreadable(struct store *store, int64_t ref, const struct fault *why)
{
	store->events.unreadable++;
	store->events.unreadable_last = ref;
	log_error("stored event %lld can no longer be read: %s", (long long)ref, why->text);
}

uint64_t store_unreadable(const struct store *store, int64_t *last)
{
	*last = store->events.unreadable_last;
	return store->events.unreadable;
}

static enum result show(struct store *store, int64_t ref, struct packed packed, struct stored_event *stored,
                        stored_visit *visit, void *argument, struct fault *fault)
{
	char room[PACKING_MOST];
	struct event parsed;
	struct fault why = {0};
	if (!store->parser)
		return fault_set(fault, RESULT_PERMANENT, "the store has no parser (a mistake in casewatch)");
	if (packing_unpack(packed, room, &stored->bytes, &why) != RESULT_OK ||
	    event_parse(store->parser, stored->bytes, stored->arrived, &parsed, &why) != RESULT_OK) {
		store_note_unreadable(store, ref, &why);
		return RESULT_OK;
	}
	parsed.ref = (uint64_t)ref;
	return show_parsed(store, &parsed, stored, visit, argument, fault);
}

enum result stored_show(struct store *store, int64_t ref, int64_t *previous, stored_visit *visit, void *argument,
                        struct fault *fault)
{
	enum result result = RESULT_OK;
	struct query query =
		query_start(store, "SELECT bytes, packed, arrived, history, flags, previous FROM event WHERE id = ?");
	bind_int(&query, ref);
	if (previous)
		*previous = 0;
	if (query_row(&query)) {
		struct packed packed = {row_blob(&query, 0), (int)row_int(&query, 1)};
		struct stored_event stored = {.arrived = row_int(&query, 2), .history = row_int(&query, 3),
		                              .flags = row_int(&query, 4)};
		if (previous)
			*previous = row_int(&query, 5);
		if (!(stored.flags & EVENT_ERASED))
			result = show(store, ref, packed, &stored, visit, argument, fault);
	}
	return query_end(&query, result, fault);
}

/* ---- visits of others ---- */

struct showing {
	events_visit *visit;
	void *argument;
	bool standing_only;
	int64_t not_of; /* leave out events of this history; 0: none */
	int64_t after;  /* and what came no later than this one */
	const struct store *named; /* and of histories without a name: those are being erased; NULL: all are shown */
};

/* One that came since a reader looked has. */
static bool has_name(const struct store *store, int64_t history)
{
	return history >= (int64_t)store->histories.count || store->histories.items[history].length;
}

static enum result show_outside(void *argument, const struct stored_event *stored, struct fault *fault)
{
	struct showing *showing = argument;
	if ((showing->standing_only && !(stored->flags & EVENT_STANDING)) ||
	    (showing->not_of && stored->history == showing->not_of) ||
	    (showing->named && !has_name(showing->named, stored->history)))
		return RESULT_OK;
	return showing->visit(showing->argument, stored->event, stored->bytes, stored->arrived, fault);
}

/* Where a walk begins that is to show only what came before `before`. */
static enum result chain_before(struct store *store, uint32_t history, uint64_t before, int64_t *ref,
                                struct fault *fault)
{
	*ref = history ? store->histories.items[history].last_event : 0;
	if (!before || !*ref)
		return RESULT_OK;
	struct query query = query_start(store, "SELECT previous FROM event WHERE id = ? AND history = ?");
	bind_int(&query, (int64_t)before);
	bind_int(&query, history);
	if (query_row(&query))
		*ref = row_int(&query, 0);
	return query_end(&query, RESULT_OK, fault);
}

static enum result walk_chain(struct store *store, uint32_t history, uint64_t before, struct showing *showing,
                              struct fault *fault)
{
	int64_t ref;
	enum result result = chain_before(store, history, before, &ref, fault);
	while (result == RESULT_OK && ref > showing->after) {
		int64_t previous;
		result = stored_show(store, ref, &previous, show_outside, showing, fault);
		if (previous >= ref)
			return fault_set(
				fault, RESULT_PERMANENT,
				"the database %s is damaged (event %lld comes before %lld): restore the last backup",
				store->path, (long long)previous, (long long)ref);
		ref = previous;
	}
	return result;
}

static enum result walk_party(struct store *store, uint32_t history, uint64_t before, struct showing *showing,
                              struct fault *fault)
{
	enum result result = RESULT_OK;
	struct query query = query_start(store, "SELECT event FROM event_party WHERE history = ? AND event < ?"
	                                        " ORDER BY event DESC");
	bind_int(&query, history);
	bind_int(&query, before ? (int64_t)before : INT64_MAX);
	while (result == RESULT_OK && query_row(&query))
		result = stored_show(store, row_int(&query, 0), NULL, show_outside, showing, fault);
	return query_end(&query, result, fault);
}

enum result events_history(struct store *store, enum party_kind party, struct text id, events_visit *visit,
                           void *argument, struct fault *fault)
{
	struct showing showing = {.visit = visit, .argument = argument, .standing_only = true};
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	uint32_t own = histories_find(store, PARTY_NONE, id);
	uint32_t as_party = party == PARTY_NONE ? 0 : histories_find(store, party, id);
	result = walk_chain(store, own, 0, &showing, fault);
	showing.not_of = own;
	if (result == RESULT_OK && as_party)
		result = walk_party(store, as_party, 0, &showing, fault);
	return result;
}

enum result events_of_subject(struct store *store, struct text id, uint64_t before, events_visit *visit, void *argument,
                              struct fault *fault)
{
	struct showing showing = {.visit = visit, .argument = argument, .standing_only = true};
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	return walk_chain(store, histories_find(store, PARTY_NONE, id), before, &showing, fault);
}

uint64_t events_newest(const struct store *store, struct text id)
{
	return store->histories.items ? store->histories.items[histories_find(store, PARTY_NONE, id)].last_event : 0;
}

uint64_t events_edition(const struct store *store)
{
	return store->events.edition;
}

enum result events_since(struct store *store, struct text id, uint64_t after, events_visit *visit, void *argument,
                         struct fault *fault)
{
	struct showing showing = {
		.visit = visit, .argument = argument, .standing_only = true, .after = (int64_t)after};
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	return walk_chain(store, histories_find(store, PARTY_NONE, id), 0, &showing, fault);
}

enum result events_naming(struct store *store, enum party_kind party, struct text id, uint64_t before,
                          events_visit *visit, void *argument, struct fault *fault)
{
	struct showing showing = {.visit = visit, .argument = argument, .standing_only = true};
	enum result result = store_ready(store, fault);
	uint32_t history = result == RESULT_OK ? histories_find(store, party, id) : 0;
	return history ? walk_party(store, history, before, &showing, fault) : result;
}

enum result events_by_ref(struct store *store, uint64_t ref, events_visit *visit, void *argument, struct fault *fault)
{
	struct showing showing = {.visit = visit, .argument = argument};
	return stored_show(store, (int64_t)ref, NULL, show_outside, &showing, fault);
}

/* ---- by type ---- */

struct type_list {
	struct buffer sql;
	sqlite3_stmt *statement;
};

static int prepare_types(struct store *store, struct type_list *list, const type_id *types, size_t count)
{
	buffer_string(&list->sql, "SELECT e.id FROM event_type t JOIN event e ON e.type = t.id"
	                          " WHERE e.flags & 4 AND e.flags & 1 AND e.time >= ? AND e.time < ? AND t.name IN (");
	for (size_t i = 0; i < count; i++)
		buffer_string(&list->sql, i ? ", ?" : "?");
	buffer_string(&list->sql, ") ORDER BY e.time, e.id");
	int status = sqlite3_prepare_v2(store->database, buffer_cstr(&list->sql), -1, &list->statement, NULL);
	for (size_t i = 0; status == SQLITE_OK && i < count; i++)
		status = sqlite3_bind_text(list->statement, (int)i + 3, schema_type_name(types[i]), -1, SQLITE_STATIC);
	return status;
}

static enum result show_types(struct store *store, const type_id *types, size_t count, instant from, instant until,
                              struct showing *showing, struct fault *fault)
{
	struct type_list list = {0};
	enum result result = RESULT_OK;
	int status = prepare_types(store, &list, types, count);
	if (status == SQLITE_OK)
		status = sqlite3_bind_int64(list.statement, 1, from);
	if (status == SQLITE_OK)
		status = sqlite3_bind_int64(list.statement, 2, until);
	while (result == RESULT_OK && (status == SQLITE_OK || status == SQLITE_ROW) &&
	       (status = sqlite3_step(list.statement)) == SQLITE_ROW)
		result = stored_show(store, sqlite3_column_int64(list.statement, 0), NULL, show_outside, showing,
		                     fault);
	if (result == RESULT_OK && status != SQLITE_DONE)
		result = store_failed(store, status, fault);
	(void)sqlite3_finalize(list.statement);
	buffer_free(&list.sql);
	return result;
}

enum result events_of_types(struct store *store, const type_id *types, size_t count, instant from, instant until,
                            events_visit *visit, void *argument, struct fault *fault)
{
	struct showing showing = {.visit = visit, .argument = argument, .standing_only = true};
	return show_types(store, types, count, from, until, &showing, fault);
}

/* From the moment of an order to erase on, an id is one with no other: what comes of it while the records go, portion
 * by portion, is judged as it will be afterwards. */
enum result events_merges(struct store *store, events_visit *visit, void *argument, struct fault *fault)
{
	static const type_id types[] = {TYPE_ID_PERSON_MERGED, TYPE_ID_PERSON_UNMERGED};
	struct showing showing = {.visit = visit, .argument = argument, .standing_only = true, .named = store};
	enum result result = store_ready(store, fault);
	return result == RESULT_OK
	               ? show_types(store, types, 2, INSTANT_NONE, INSTANT_NEVER, &showing, fault)
	               : result;
}
