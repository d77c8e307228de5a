/* gather: reads a history's events from the host in portions: its own, and of a party's history the ends of the
 * children that name it. */
#include "engine/fold/gather.h"

#include <stdlib.h>

/* What is still to be read: events of a subject, or those that name a party. */
struct gather_source {
	enum party_kind domain;
	struct text id;
	bool only_ends; /* of a party's history: of a child */
};

struct gathering {
	struct engine *engine;
	const struct history *of;
	struct arena *texts;        /* of the events and ids */
	const struct event **events;
	size_t count, room;
	struct gather_source *sources;
	size_t source_count, source_room, at;
	uint64_t after;             /* only what has a higher ref */
	instant last;               /* only what is later */
	uint64_t before;            /* in the source that is read: what is to be read lies before; 0: all of it */
	bool ends_found;            /* the children whose ends are read were looked for */
	size_t *left;               /* of the portion */
	bool stopped, passed;       /* because nothing was left of it; because the rest of the source is older */
};

static void add_source(struct gathering *gathering, enum party_kind domain, struct text id, bool only_ends)
{
	struct text kept = text_keep(gathering->texts, id);
	*(struct gather_source *)mem_push((void **)&gathering->sources, &gathering->source_count,
	                                  &gathering->source_room, sizeof(struct gather_source)) =
	        (struct gather_source){domain, kept, only_ends};
}

static void add_members(struct gathering *gathering, enum party_kind domain, struct text id, bool only_ends)
{
	const struct text *members;
	size_t count = links_members(gathering->engine->links, id, &members);
	for (size_t i = 0; i < count; i++) {
		add_source(gathering, PARTY_NONE, members[i], only_ends);
		if (domain != PARTY_NONE)
			add_source(gathering, domain, members[i], only_ends);
	}
}

struct gathering *gather_new(struct engine *engine, const struct history *history, uint64_t after)
{
	struct gathering *gathering = MEM_NEW(struct gathering);
	gathering->engine = engine;
	gathering->of = history;
	gathering->after = after;
	gathering->last = INSTANT_NONE;
	gathering->texts = arena_new(4096);
	/* An id that ceased has no history of its own any more. */
	if (text_equal(links_canonical(engine->links, history->id), history->id))
		add_members(gathering, history->domain, history->id, false);
	return gathering;
}

void gather_later(struct gathering *gathering, instant last)
{
	gathering->last = last;
}

void gather_free(struct gathering *gathering)
{
	if (!gathering)
		return;
	arena_free(gathering->texts);
	free(gathering->events);
	free(gathering->sources);
	free(gathering);
}

/* A child's own events are none of a worker's or provider's history, also where a merge has that history looked for
 * under a child's id. */
static bool belongs(const struct engine *engine, const struct event *event, const struct history *history)
{
	const struct event_type *known = schema_type(event->type);
	if (history->domain == PARTY_NONE || !known || known->subject != SUBJECT_CHILD)
		return true;
	for (size_t i = 0; i < known->field_count; i++)
		if (known->fields[i].party == history->domain &&
		    text_equal(links_canonical(engine->links, event_string(event, known->fields[i].name_id)),
		               history->id))
			return true;
	return false;
}

static void keep_event(struct gathering *gathering, const struct event *event)
{
	const struct rule_index *index = gathering->engine->index;
	bool only_ends = gathering->sources[gathering->at].only_ends;
	if (event->time <= gathering->last)
		return;
	if (event->type >= index->type_count || (only_ends && !index->party_end[event->type]) ||
	    (!only_ends && !belongs(gathering->engine, event, gathering->of)))
		return;
	struct event *copy = arena_alloc(gathering->texts, sizeof *copy);
	event_copy(copy, event, gathering->texts);
	*(const struct event **)mem_push((void **)&gathering->events, &gathering->count, &gathering->room,
	                                 sizeof copy) = copy;
}

static enum result take_event(void *argument, const struct event *event, struct fault *fault)
{
	struct gathering *gathering = argument;
	(void)fault;
	gathering->passed = event->ref <= gathering->after;
	if (gathering->passed)
		return RESULT_TEMPORARY;
	keep_event(gathering, event);
	gathering->before = event->ref;
	gathering->stopped = --*gathering->left == 0;
	return gathering->stopped ? RESULT_TEMPORARY : RESULT_OK;
}

static int order_texts(const void *a, const void *b)
{
	return text_order(*(const struct text *)a, *(const struct text *)b);
}

/* An end reaches the parties of its start too, and so do a child's death and transfer: of every child that names the
 * party, its ends. Those of keys that never were the party's close nothing there. */
static void find_ends(struct gathering *gathering)
{
	struct engine *engine = gathering->engine;
	size_t named = gathering->count, children = 0;
	struct text *ids = mem_zero(named + 1, sizeof *ids);
	for (size_t i = 0; i < named; i++)
		if (engine->index->party_start[gathering->events[i]->type])
			ids[children++] = links_canonical(engine->links, gathering->events[i]->subject);
	if (children)
		qsort(ids, children, sizeof *ids, order_texts);
	for (size_t i = 0; i < children; i++)
		if (!i || !text_equal(ids[i], ids[i - 1]))
			add_members(gathering, PARTY_NONE, ids[i], true);
	free(ids);
	gathering->ends_found = true;
}

static int order_events(const void *a, const void *b)
{
	return event_order(*(const struct event *const *)a, *(const struct event *const *)b);
}

static void turn_round(struct gathering *gathering)
{
	const struct event **events = gathering->events;
	for (size_t i = 0, k = gathering->count; i + 1 < k; i++) {
		const struct event *newer = events[i];
		events[i] = events[--k];
		events[k] = newer;
	}
}

/* They came newest first, and most are in order as soon as they are turned round: only those that are not are sorted,
 * and put where they belong. */
static void order(struct gathering *gathering)
{
	const struct event **events = gathering->events;
	const struct event **late = mem_alloc((gathering->count + 1) * sizeof *late);
	size_t ordered = 0, late_count = 0;
	turn_round(gathering);
	for (size_t i = 0; i < gathering->count; i++)
		if (ordered && event_order(events[ordered - 1], events[i]) > 0)
			late[late_count++] = events[i];
		else
			events[ordered++] = events[i];
	if (late_count)
		qsort(late, late_count, sizeof *late, order_events);
	for (size_t i = gathering->count; late_count > 0; i--) {
		bool belongs_before = ordered && event_order(events[ordered - 1], late[late_count - 1]) > 0;
		events[i - 1] = belongs_before ? events[--ordered] : late[--late_count];
	}
	free(late);
}

static void sort(struct gathering *gathering)
{
	size_t kept = 0;
	order(gathering);
	for (size_t i = 0; i < gathering->count; i++)
		if (!kept || gathering->events[kept - 1]->ref != gathering->events[i]->ref)
			gathering->events[kept++] = gathering->events[i];
	gathering->count = kept;
}

enum result gather_more(struct gathering *gathering, size_t *left, bool *whole, struct fault *fault)
{
	struct engine_host *host = &gathering->engine->host;
	gathering->left = left;
	*whole = false;
	while (*left) {
		if (gathering->at == gathering->source_count && !gathering->ends_found &&
		    gathering->of->domain != PARTY_NONE)
			find_ends(gathering);
		if (gathering->at == gathering->source_count) {
			sort(gathering);
			*whole = true;
			return RESULT_OK;
		}
		const struct gather_source *source = &gathering->sources[gathering->at];
		gathering->stopped = gathering->passed = false;
		enum result result = host->history(host->context, source->domain, source->id, gathering->before,
		                                   take_event, gathering, fault);
		if (gathering->stopped)
			return RESULT_OK;
		if (result != RESULT_OK && !gathering->passed)
			return result;
		gathering->at++;
		gathering->before = 0;
	}
	return RESULT_OK;
}

const struct event *const *gather_events(const struct gathering *gathering, size_t *count)
{
	*count = gathering->count;
	return gathering->events;
}
