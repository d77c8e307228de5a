/* retention: whether a child is done with. */
#include "store/erasure/retention.h"

#include "store/events/events.h"
#include "store/store_internal.h"

#include <stdlib.h>

/* ---- states ---- */

/* What begins and what ends: x.opened and x.closed, x.started and x.ended or x.completed, and those of other names. */
static const struct pair {
	const char *begins, *ends[3];
} suffixes[] = {
	{".opened", {".closed", NULL}},
	{".started", {".ended", ".completed", NULL}},
	{".detained", {".released", NULL}},
	{".order_made", {".order_ended", NULL}},
};

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);
	return length > tail && strcmp(name + length - tail, suffix) == 0;
}

/* The x of x.started, and whether it begins or ends; false: neither. */
static bool family_of(const char *name, struct text *family, bool *begins)
{
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		const struct pair *pair = &suffixes[i];
		*begins = true;
		if (ends_with(name, pair->begins)) {
			*family = (struct text){name, strlen(name) - strlen(pair->begins)};
			return true;
		}
		*begins = false;
		for (size_t j = 0; pair->ends[j]; j++)
			if (ends_with(name, pair->ends[j])) {
				*family = (struct text){name, strlen(name) - strlen(pair->ends[j])};
				return true;
			}
	}
	return false;
}

struct state {
	uint64_t print; /* of its family and key */
	instant began, ended;
};
struct judging {
	instant before;
	bool recent, other; /* something came since; it is not about a child alone */
	instant over;       /* child.died, child.transferred: all states end */
	struct state *states;
	size_t count, room, events;
	struct map by_print;
};

static struct state *state_of(struct judging *judging, uint64_t print)
{
	struct map_walk walk = map_walk(&judging->by_print, print);
	for (uint32_t at; (at = map_next(&walk)) != MAP_NONE;)
		if (judging->states[at].print == print)
			return &judging->states[at];
	map_add(&judging->by_print, print, (uint32_t)judging->count);
	struct state *state = mem_push((void **)&judging->states, &judging->count, &judging->room, sizeof *state);
	*state = (struct state){print, INSTANT_NONE, INSTANT_NONE};
	return state;
}

static struct text key_of(const struct event *event, const struct event_type *type)
{
	for (size_t i = 0; type && i < type->field_count; i++)
		if (type->fields[i].key)
			return event_string(event, type->fields[i].name_id);
	return TEXT_NONE;
}

static void note_state(struct judging *judging, const struct event *event, const struct event_type *type)
{
	struct text family;
	bool begins;
	if (!type || !family_of(type->name, &family, &begins))
		return;
	struct state *state = state_of(judging, text_fingerprint(key_of(event, type), text_fingerprint(family, 1)));
	instant *at = begins ? &state->began : &state->ended;
	if (event->time > *at)
		*at = event->time;
}

static enum result see(void *argument, const struct event *event, struct text bytes, instant arrived,
                       struct fault *fault)
{
	struct judging *judging = argument;
	const struct event_type *type = schema_type(event->type);
	(void)bytes;
	judging->recent = judging->recent || arrived >= judging->before || event->time >= judging->before;
	judging->other = judging->other || (type && type->subject != SUBJECT_CHILD);
	if (event->type == TYPE_ID_CHILD_DIED || event->type == TYPE_ID_CHILD_TRANSFERRED)
		judging->over = event->time > judging->over ? event->time : judging->over;
	note_state(judging, event, type);
	bool enough = judging->recent || judging->other || ++judging->events > RETENTION_EVENTS_MOST;
	return enough ? fault_set(fault, RESULT_TEMPORARY, "enough was seen") : RESULT_OK;
}

static bool has_open_state(const struct judging *judging)
{
	bool open = judging->events > RETENTION_EVENTS_MOST;
	for (size_t i = 0; i < judging->count && !open; i++)
		open = judging->states[i].began > judging->states[i].ended && judging->states[i].began > judging->over;
	return open;
}

/* ---- a child ---- */

/* The newest event alone says for nearly all that they stay. */
static enum result is_recent(struct store *store, uint32_t history, instant before, bool *recent, struct fault *fault)
{
	struct query query = query_start(store, "SELECT max(arrived, time) FROM event WHERE id = ?");
	bind_int(&query, store->histories.items[history].last_event);
	*recent = !query_row(&query) || row_int(&query, 0) >= before;
	return query_end(&query, RESULT_OK, fault);
}

static enum result alert_stands(struct store *store, uint32_t history, bool *stands, struct fault *fault)
{
	int64_t number = store->histories.items[history].last_alert;
	enum result result = RESULT_OK;
	*stands = false;
	while (result == RESULT_OK && number && !*stands) {
		struct query query =
			query_start(store, "SELECT previous, state = 0 AND early = 0 FROM alert WHERE number = ?");
		bind_int(&query, number);
		int64_t previous = query_row(&query) ? row_int(&query, 0) : 0;
		*stands = previous >= 0 && row_int(&query, 1) != 0;
		result = query_end(&query, RESULT_OK, fault);
		number = previous < number ? previous : 0;
	}
	return result;
}

static enum result judge_states(struct store *store, struct text subject, instant before, enum retention *retention,
                                struct fault *fault)
{
	struct judging judging = {.before = before, .over = INSTANT_NONE};
	struct fault enough = {0};
	enum result result = events_history(store, PARTY_NONE, subject, see, &judging, &enough);
	if (result == RESULT_PERMANENT)
		*fault = enough;
	else
		result = RESULT_OK;
	*retention = judging.recent || judging.other ? RETENTION_STAYS
	             : has_open_state(&judging)      ? RETENTION_OPEN
	                                             : RETENTION_DUE;
	free(judging.states);
	map_free(&judging.by_print);
	return result;
}

bool retention_knows(const struct store *store, struct text subject)
{
	return histories_find(store, PARTY_NONE, subject) != 0;
}

enum result retention_judge(struct store *store, struct text subject, instant before, enum retention *retention,
                            struct fault *fault)
{
	enum result result = store_ready(store, fault);
	uint32_t history = result == RESULT_OK ? histories_find(store, PARTY_NONE, subject) : 0;
	bool recent = false, stands = false;
	*retention = RETENTION_DUE; /* of an id of which nothing is stored */
	if (history && store->histories.items[history].last_event)
		result = is_recent(store, history, before, &recent, fault);
	if (recent)
		*retention = RETENTION_STAYS;
	if (result != RESULT_OK || recent || !history)
		return result;
	result = alert_stands(store, history, &stands, fault);
	if (result != RESULT_OK)
		return result;
	if (stands || store->histories.items[history].due != INSTANT_NEVER) {
		*retention = RETENTION_STANDING;
		return RESULT_OK;
	}
	return judge_states(store, subject, before, retention, fault);
}

/* ---- quarantine ---- */

enum result retention_quarantine(struct store *store, int64_t after, int64_t most, instant before, int64_t *last,
                                 struct fault *fault)
{
	int64_t newest = 0;
	enum result result = store_pragma(store, "SELECT max(id) FROM quarantine", &newest, fault);
	*last = 0;
	if (result != RESULT_OK || after >= newest)
		return result;
	struct query query = query_start(
		store, "UPDATE quarantine SET bytes = x'', event_id = '', reason = 'kept no longer', note = ''"
		       " WHERE id > ? AND id <= ? AND state <> 'waiting' AND arrived < ?"
		       " AND length(bytes) > 0");
	bind_int(&query, after);
	bind_int(&query, after + most);
	bind_int(&query, before);
	result = query_run(&query, fault);
	*last = after + most < newest ? after + most : 0;
	return result;
}
