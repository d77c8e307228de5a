/* ground: all events of the store that bear on one subject. */
#include "explain/ground.h"

#include "store/events/events.h"

#include <stdlib.h>

struct gathering {
	struct subject *subject;
	const struct event **merges; /* copies in the subject's arena */
	size_t merge_count, merge_room;
	struct text *children;       /* that name the party */
	size_t child_count, child_room;
};

static enum result take_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct gathering *gathering = argument;
	(void)bytes, (void)arrived, (void)fault;
	subject_keep(gathering->subject, event);
	return RESULT_OK;
}

static enum result take_merge(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct gathering *gathering = argument;
	enum result result = take_event(argument, event, bytes, arrived, fault);
	*(const struct event **)mem_push((void **)&gathering->merges, &gathering->merge_count, &gathering->merge_room,
	                                 sizeof event) = gathering->subject->events[gathering->subject->count - 1];
	return result;
}

static enum result take_record(void *argument, const struct events_record *record, struct fault *fault)
{
	uint64_t **end = argument;
	(void)fault;
	*(*end)++ = record->ref;
	return RESULT_OK;
}

static enum result count_record(void *argument, const struct events_record *record, struct fault *fault)
{
	(void)record, (void)fault;
	++*(size_t *)argument;
	return RESULT_OK;
}

/* What corrects or withdraws the event, also where it does not stand, and what the event itself amends. */
static enum result take_amendments(const struct ground *ground, struct gathering *gathering, const struct event *event,
                                   struct fault *fault)
{
	struct store *store = ground->store;
	struct text target = event->replaces;
	size_t count = 0;
	if (event->type == TYPE_ID_EVENT_WITHDRAWN && !target.length)
		target = event_string(event, schema_name(TEXT("id")));
	enum result result = events_amendments(store, event->source, event->id, count_record, &count, fault);
	uint64_t *refs = mem_zero(count + 1, sizeof *refs), *end = refs;
	if (result == RESULT_OK && count)
		result = events_amendments(store, event->source, event->id, take_record, &end, fault);
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = events_by_ref(store, refs[i], take_event, gathering, fault);
	free(refs);
	if (result == RESULT_OK && target.length)
		result = events_find(store, event->source, target, take_event, gathering, fault);
	return result;
}

static enum result take_linked(const struct ground *ground, struct gathering *gathering, struct text id,
                               enum party_kind domain, struct fault *fault)
{
	const struct text *ids;
	struct subject of = *gathering->subject;
	of.id = id;
	size_t count = subject_linked(ground->config, &of, gathering->merges, gathering->merge_count, &ids);
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = events_history(ground->store, domain, ids[i], take_event, gathering, fault);
	return result;
}

/* Merges first: they say which ids are one history. What amends an event may itself be amended: the list grows. */
enum result ground_gather(const struct ground *ground, struct subject *subject, struct fault *fault)
{
	struct gathering gathering = {.subject = subject};
	enum result result = events_merges(ground->store, take_merge, &gathering, fault);
	if (result == RESULT_OK)
		result = take_linked(ground, &gathering, subject->id, subject->domain, fault);
	size_t own = subject->count;
	for (size_t i = 0; i < own && result == RESULT_OK && subject->domain != PARTY_NONE; i++)
		result = take_linked(ground, &gathering, subject->events[i]->subject, PARTY_NONE, fault);
	for (size_t i = 0; i < subject->count && result == RESULT_OK; i++)
		result = take_amendments(ground, &gathering, subject->events[i], fault);
	free(gathering.merges);
	return result;
}
