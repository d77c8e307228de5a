/* subject: which events bear on one subject, out of a file or out of whatever holds them. */
#include "backtest/trial.h"

#include "backtest/feed.h"
#include "backtest/memory_host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct subject subject_of(struct text id, enum party_kind domain)
{
	struct subject subject = {.arena = arena_new(64 * 1024), .domain = domain};
	subject.id = text_keep(subject.arena, id);
	return subject;
}

void subject_free(struct subject *subject)
{
	free(subject->events);
	map_free(&subject->by_id);
	arena_free(subject->arena);
	*subject = (struct subject){0};
}

void subject_keep(struct subject *subject, const struct event *event)
{
	uint64_t hash = memory_host_hash(event);
	struct map_walk walk = map_walk(&subject->by_id, hash);
	for (uint32_t at; (at = map_next(&walk)) != MAP_NONE;)
		if (text_equal(subject->events[at]->id, event->id) &&
		    text_equal(subject->events[at]->source, event->source))
			return;
	map_add(&subject->by_id, hash, (uint32_t)subject->count);
	struct event *copy = arena_alloc(subject->arena, sizeof *copy);
	event_copy(copy, event, subject->arena);
	*(const struct event **)mem_push((void **)&subject->events, &subject->count, &subject->room, sizeof copy) =
		copy;
}

size_t subject_linked(const struct config *config, struct subject *subject, const struct event *const *merges,
                      size_t merge_count, const struct text **ids)
{
	struct engine_settings settings;
	struct fault fault = {{0}};
	struct memory_host *host = memory_host_new(NULL, NULL);
	struct engine_host interface = memory_host_interface(host);
	struct arena *arena = arena_new(16 * 1024);
	const struct text *linked;
	engine_settings_default(&settings);
	settings.calendar = config->calendar;
	settings.rules = config->rules;
	struct engine *engine = engine_new(&settings, &interface);
	for (size_t i = 0; i < merge_count; i++) {
		struct event *kept = arena_alloc(arena, sizeof *kept);
		(void)memory_host_add(host, merges[i], memory_host_hash(merges[i]), kept, arena);
	}
	size_t count = engine_start(engine, &fault) == RESULT_OK ? engine_linked(engine, subject->id, &linked) : 0;
	struct text *copies = arena_alloc(subject->arena, (count + 1) * sizeof *copies);
	for (size_t i = 0; i < count; i++)
		copies[i] = text_keep(subject->arena, linked[i]);
	if (!count)
		copies[count++] = subject->id;
	*ids = copies;
	engine_free(engine);
	memory_host_free(host);
	arena_free(arena);
	return count;
}

/* ---- out of a file ---- */

struct reading {
	const struct config *config;
	struct subject *subject;
	struct arena *arena;
	const struct event **merges;
	size_t merge_count, merge_room;
	struct text *ids; /* whose events bear on it: linked ids, and the children that name the party */
	size_t id_count, id_room;
	size_t refused;
};

static bool is_merge(const struct event *event)
{
	return event->type == TYPE_ID_PERSON_MERGED || event->type == TYPE_ID_PERSON_UNMERGED;
}

static bool amends(const struct event *event)
{
	return event->replaces.length || event->type == TYPE_ID_EVENT_WITHDRAWN;
}

static bool names_party(const struct subject *subject, const struct event *event)
{
	const struct event_type *type = schema_type(event->type);
	if (subject->domain == PARTY_NONE || !type)
		return false;
	for (size_t i = 0; i < type->field_count; i++)
		if (type->fields[i].party == subject->domain &&
		    text_equal(event_string(event, type->fields[i].name_id), subject->id))
			return true;
	return false;
}

static void add_id(struct reading *reading, struct text id)
{
	for (size_t i = 0; i < reading->id_count; i++)
		if (text_equal(reading->ids[i], id))
			return;
	*(struct text *)mem_push((void **)&reading->ids, &reading->id_count, &reading->id_room, sizeof id) =
		text_keep(reading->arena, id);
}

typedef void take_event(struct reading *reading, const struct event *event);

static void note(struct reading *reading, const struct event *event)
{
	if (names_party(reading->subject, event))
		add_id(reading, event->subject);
	if (!is_merge(event))
		return;
	struct event *copy = arena_alloc(reading->arena, sizeof *copy);
	event_copy(copy, event, reading->arena);
	*(const struct event **)mem_push((void **)&reading->merges, &reading->merge_count, &reading->merge_room,
	                                 sizeof copy) = copy;
}

static void keep_event(struct reading *reading, const struct event *event)
{
	bool bears = is_merge(event) || amends(event) || names_party(reading->subject, event);
	for (size_t i = 0; i < reading->id_count && !bears; i++)
		bears = text_equal(reading->ids[i], event->subject);
	if (bears)
		subject_keep(reading->subject, event);
}

static enum result read_once(struct reading *reading, const char *path, take_event *take, struct fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = fd < 0 ? errno : 0;
	if (fd < 0)
		return fault_set(fault, RESULT_PERMANENT, "cannot open %s: %s", path, strerror(error));
	struct feed *feed = feed_new(fd, reading->config, false);
	reading->refused = 0;
	for (const struct feed_batch *batch; (batch = feed_next(feed, &error)) != NULL;)
		for (size_t i = 0; i < batch->count; i++)
			if (batch->items[i].accepted)
				take(reading, &batch->items[i].event);
			else
				reading->refused++;
	feed_free(feed);
	(void)close(fd);
	return error ? fault_set(fault, RESULT_PERMANENT, "cannot read %s: %s", path, strerror(error)) : RESULT_OK;
}

enum result subject_read(const struct config *config, const char *path, struct subject *subject, size_t *refused,
                         struct fault *fault)
{
	struct reading reading = {.config = config, .subject = subject, .arena = arena_new(16 * 1024)};
	enum result result = read_once(&reading, path, note, fault);
	if (result == RESULT_OK) {
		const struct text *linked;
		size_t named = reading.id_count;
		for (size_t i = 0; i <= named; i++) { /* the subject, and each child that names it */
			struct subject of = *subject;
			of.id = i < named ? reading.ids[i] : subject->id;
			size_t count = subject_linked(config, &of, reading.merges, reading.merge_count, &linked);
			for (size_t k = 0; k < count; k++)
				add_id(&reading, linked[k]);
		}
		result = read_once(&reading, path, keep_event, fault);
	}
	*refused = reading.refused;
	free(reading.merges);
	free(reading.ids);
	arena_free(reading.arena);
	return result;
}
