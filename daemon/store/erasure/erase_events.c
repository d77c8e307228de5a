/* erase_events: the events of a child that is erased, and what was first recorded of another child and then corrected
 * to be this one's: without the correction it would stand there again, as if it had never been put right. */
#include "store/erasure/erasures.h"

#include "store/store_internal.h"

#include <stdlib.h>

#define EVENTS_A_PORTION 200 /* some milliseconds */

struct printing {
	struct store *store;
	instant now;
	uint64_t *prints; /* of all that goes */
	size_t count, room;
	int64_t *moved; /* of other children: corrected to be this one's, and by nothing else */
	size_t moved_count, moved_room;
};

/* ---- what it amends ---- */

static enum result count_amendments(struct store *store, struct text source, struct text target, int64_t *count,
                                    struct fault *fault)
{
	struct query query = query_start(store, "SELECT count(*) FROM amendment WHERE source = ? AND target = ?");
	bind_text(&query, source);
	bind_text(&query, target);
	*count = query_row(&query) ? row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}

static enum result unlink_amendment(struct store *store, struct text source, struct text target, int64_t ref,
                                    struct fault *fault)
{
	if (!target.length)
		return RESULT_OK;
	struct query query = query_start(store, "DELETE FROM amendment WHERE source = ? AND target = ? AND event = ?");
	bind_text(&query, source);
	bind_text(&query, target);
	bind_int(&query, ref);
	return query_run(&query, fault);
}

/* One that stands is the other child's, whatever was once said of it: the correction was withdrawn. */
static enum result note_moved_row(void *argument, const struct stored_event *stored, struct fault *fault)
{
	struct printing *printing = argument;
	int64_t ref = (int64_t)stored->event->ref;
	(void)fault;
	if (stored->flags & EVENT_STANDING)
		return RESULT_OK;
	for (size_t i = 0; i < printing->moved_count; i++)
		if (printing->moved[i] == ref)
			return RESULT_OK;
	*(int64_t *)mem_push((void **)&printing->moved, &printing->moved_count, &printing->moved_room, sizeof ref) =
		ref;
	return RESULT_OK;
}

static enum result note_moved(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct printing *printing = argument;
	(void)bytes, (void)arrived;
	return stored_show(printing->store, (int64_t)event->ref, NULL, note_moved_row, printing, fault);
}

/* What this one corrected, where nothing else does: it stood for nobody else. */
static enum result take_back(struct printing *printing, const struct event *event, struct fault *fault)
{
	int64_t others = 0;
	if (!event->replaces.length)
		return RESULT_OK;
	enum result result =
		unlink_amendment(printing->store, event->source, event->replaces, (int64_t)event->ref, fault);
	if (result == RESULT_OK)
		result = count_amendments(printing->store, event->source, event->replaces, &others, fault);
	return result == RESULT_OK && !others
	               ? events_find(printing->store, event->source, event->replaces, note_moved, printing, fault)
	               : result;
}

/* It goes from the histories of its worker or provider, too: what stands there is judged anew at once. */
static enum result judge_parties(const struct printing *printing, const struct event *event, struct fault *fault)
{
	const struct event_type *type = schema_type(event->type);
	enum result result = RESULT_OK;
	for (size_t i = 0; type && i < type->field_count && result == RESULT_OK; i++) {
		struct text id =
			type->fields[i].party == PARTY_NONE ? TEXT_NONE : event_string(event, type->fields[i].name_id);
		if (id.length)
			result = due_set(printing->store, type->fields[i].party, id, printing->now, fault);
	}
	return result;
}

static enum result take_event(void *argument, const struct stored_event *stored, struct fault *fault)
{
	struct printing *printing = argument;
	const struct event *event = stored->event;
	*(uint64_t *)mem_push((void **)&printing->prints, &printing->count, &printing->room, sizeof(uint64_t)) =
		erasure_print(printing->store, event->source, event->id);
	enum result result = take_back(printing, event, fault);
	if (result == RESULT_OK && event->type == TYPE_ID_EVENT_WITHDRAWN)
		result = unlink_amendment(printing->store, event->source,
		                          event_string(event, printing->store->events.name_id), (int64_t)event->ref,
		                          fault);
	return result == RESULT_OK ? judge_parties(printing, event, fault) : result;
}

/* ---- the rows ---- */

static enum result blank(struct store *store, struct query query, int64_t ref, struct fault *fault)
{
	bind_int(&query, ref);
	enum result result = query_run(&query, fault);
	store->events.edition++;
	return result == RESULT_OK ? events_answer_waits(store, (uint64_t)ref, false, fault) : result;
}

static enum result blank_own(struct store *store, int64_t ref, struct fault *fault)
{
	struct query query =
		query_start(store, "UPDATE event SET history = 0, previous = 0, type = 0, time = 0,"
	                           " arrived = 0, flags = 8, bytes = x'', packed = 0 WHERE id = ?"); /* EVENT_ERASED */
	return blank(store, query, ref, fault);
}

/* In the history of another child, which is read from its newest event to the one before: that stays. */
static enum result blank_moved(struct store *store, int64_t ref, struct fault *fault)
{
	struct query query = query_start(store, "UPDATE event SET type = 0, time = 0, arrived = 0, flags = 8,"
	                                        " bytes = x'', packed = 0 WHERE id = ?"); /* EVENT_ERASED */
	return blank(store, query, ref, fault);
}

/* Their fingerprints are in the file before the rows are gone. */
static enum result blank_all(struct printing *printing, const int64_t *refs, size_t count, struct fault *fault)
{
	enum result result = erasures_note_records(printing->store, printing->prints, printing->count, fault);
	for (size_t i = 0; i < printing->moved_count && result == RESULT_OK; i++)
		result = blank_moved(printing->store, printing->moved[i], fault);
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = blank_own(printing->store, refs[i], fault);
	return result;
}

/* What they correct may itself be a correction. */
static enum result follow_moved(struct printing *printing, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < printing->moved_count && result == RESULT_OK; i++)
		result = stored_show(printing->store, printing->moved[i], NULL, take_event, printing, fault);
	return result;
}

/* The newest first. */
enum result erase_events(struct store *store, int64_t child, instant now, int64_t *place, int64_t *found,
                         struct fault *fault)
{
	struct printing printing = {.store = store, .now = now};
	int64_t refs[EVENTS_A_PORTION];
	size_t count = 0;
	enum result result = RESULT_OK;
	if (*place < 0)
		*place = child ? store->histories.items[child].last_event : 0;
	while (result == RESULT_OK && *place && count < EVENTS_A_PORTION) {
		int64_t previous;
		result = stored_show(store, *place, &previous, take_event, &printing, fault);
		refs[count++] = *place;
		*place = previous < *place ? previous : 0;
	}
	if (result == RESULT_OK)
		result = follow_moved(&printing, fault);
	if (result == RESULT_OK)
		result = blank_all(&printing, refs, count, fault);
	*found = (int64_t)count;
	free(printing.prints);
	free(printing.moved);
	return result;
}
