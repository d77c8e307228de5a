/* memory: a source whose log is in memory, for tests of the loop: whole days of records, read as Kafka would be. */
#include "source/memory.h"

#include "base/waker.h"

#include <stdio.h>
#include <stdlib.h>

struct entry {
	char *position, *bytes;
	size_t length;
	int64_t next;
	instant arrived; /* INSTANT_NONE: when it is handed out */
	char *order;     /* NULL: it is none */
};

struct part {
	char *name;
	int64_t next;        /* after the last entry handed out; 0: none */
	int64_t last;        /* of the last entry put */
	instant read_to;
	bool held;           /* nothing more of it is handed out for now */
	bool logged;         /* whoever put records into it said when they arrived */
};

struct memory_source {
	struct source_settings settings;
	struct event_parser *parser;
	struct waker *waker;
	bool begun;          /* the store was asked where each part stands */
	struct entry *entries;
	size_t count, room, at;
	struct part *parts;
	size_t part_count, part_room;
	struct batch *out;
	enum source_state state;
	bool announced;
	char sentence[256];
};

static struct part *part_of(struct memory_source *memory, const char *name)
{
	for (size_t i = 0; i < memory->part_count; i++)
		if (strcmp(memory->parts[i].name, name) == 0)
			return &memory->parts[i];
	struct part *part = mem_push((void **)&memory->parts, &memory->part_count, &memory->part_room, sizeof *part);
	*part = (struct part){.name = mem_copy_text(name, strlen(name)), .read_to = INSTANT_NONE};
	return part;
}

static void ring(struct memory_source *memory)
{
	waker_wake(memory->waker);
}

static struct entry *put(struct memory_source *memory, const char *position, const char *bytes)
{
	struct entry *entry = mem_push((void **)&memory->entries, &memory->count, &memory->room, sizeof *entry);
	*entry = (struct entry){.position = mem_copy_text(position, strlen(position)),
	                        .bytes = mem_copy_text(bytes, strlen(bytes)),
	                        .length = strlen(bytes),
	                        .next = ++part_of(memory, position)->last,
	                        .arrived = INSTANT_NONE};
	ring(memory);
	return entry;
}

void memory_source_put(struct memory_source *memory, const char *position, const char *bytes)
{
	(void)put(memory, position, bytes);
}

void memory_source_put_logged(struct memory_source *memory, const char *position, const char *bytes, instant arrived,
                              const char *order)
{
	struct entry *entry = put(memory, position, bytes);
	entry->arrived = arrived;
	entry->order = order ? mem_copy_text(order, strlen(order)) : NULL;
	part_of(memory, position)->logged = true;
}

void memory_source_hold(struct memory_source *memory, const char *position, bool held)
{
	part_of(memory, position)->held = held;
	ring(memory);
}

void memory_source_say(struct memory_source *memory, enum source_state state, const char *sentence)
{
	memory->state = state;
	memory->announced = false;
	(void)snprintf(memory->sentence, sizeof memory->sentence, "%s", sentence);
	ring(memory);
}

static int memory_fd(const void *self)
{
	return waker_fd(((const struct memory_source *)self)->waker);
}

static void memory_wake(void *self)
{
	struct memory_source *memory = self;
	(void)waker_drain(memory->waker);
	if (!memory->announced && memory->settings.report)
		memory->settings.report(memory->settings.context, "memory", memory->state, memory->sentence);
	memory->announced = true;
}

/* False: the store cannot say now. */
static bool begin(struct memory_source *memory)
{
	struct fault fault;
	for (size_t i = 0; i < memory->part_count && !memory->begun && memory->settings.positions; i++) {
		struct source_position stored = {.name = text_of(memory->parts[i].name)};
		if (memory->settings.positions(memory->settings.context, &stored, 1, &fault) != RESULT_OK)
			return false;
		memory->parts[i].next = stored.known ? stored.next : 0;
	}
	memory->begun = true;
	return true;
}

/* Of one that was handed out behind one that is held nothing is left. */
static bool is_left(struct memory_source *memory, const struct entry *entry)
{
	return entry->next > part_of(memory, entry->position)->next;
}

static void add(struct memory_source *memory, struct batch *batch, const struct entry *entry)
{
	struct part *part = part_of(memory, entry->position);
	if (!is_left(memory, entry))
		return;
	struct text bytes = {entry->bytes, entry->length}, position = text_of(entry->position);
	instant arrived = entry->arrived == INSTANT_NONE ? clock_now(&memory->settings.clock) : entry->arrived;
	bool of_event = entry->order && strcmp(entry->order, SOURCE_ORDER_EVENT) == 0; /* it is an event all the same */
	struct source_record *record =
		entry->order && !of_event
			? batch_add_order(batch, position, entry->next, text_of(entry->order), bytes, arrived)
			: batch_add(batch, memory->parser, position, entry->next, bytes, arrived);
	if (of_event && record && record->accepted)
		record->order = TEXT(SOURCE_ORDER_EVENT);
	part->next = entry->next;
	if (record && record_known(record) > part->read_to)
		part->read_to = record_known(record);
}

/* Where a part is held, the first behind its entries of which something is left. What a process before this one took is
 * passed over in a batch. */
static size_t first_to_hand_out(struct memory_source *memory)
{
	size_t at = memory->at;
	bool held = false;
	for (; at < memory->count; at++) {
		bool own = part_of(memory, memory->entries[at].position)->held;
		held = held || own;
		if (!own && (!held || is_left(memory, &memory->entries[at])))
			break;
	}
	return at;
}

static struct batch *memory_next(void *self)
{
	struct memory_source *memory = self;
	if (memory->out || memory->state == SOURCE_DOWN || memory->at == memory->count || !begin(memory))
		return NULL;
	size_t from = first_to_hand_out(memory);
	if (from == memory->count)
		return NULL;
	memory->out = batch_new();
	bool all = from == memory->at;
	for (size_t i = from; i < memory->count && memory->out->count < memory->settings.batch_events; i++) {
		bool held = part_of(memory, memory->entries[i].position)->held;
		all = all && !held;
		if (!held)
			add(memory, memory->out, &memory->entries[i]);
		if (all)
			memory->at = i + 1;
	}
	return memory->out;
}

static void memory_committed(void *self, struct batch *batch)
{
	struct memory_source *memory = self;
	memory->out = NULL;
	batch_free(batch);
}

static bool memory_settled(const void *self)
{
	return ((const struct memory_source *)self)->state != SOURCE_STARTING;
}

static bool memory_is_over(const void *self)
{
	const struct memory_source *memory = self;
	return memory->state == SOURCE_FATAL || memory->state == SOURCE_FENCED;
}

static void memory_figures(void *self, source_figures_visit *visit, void *argument)
{
	const struct memory_source *memory = self;
	for (size_t i = 0; i < memory->part_count; i++) {
		const struct part *part = &memory->parts[i];
		int64_t left = 0;
		for (size_t k = memory->at; k < memory->count; k++)
			left += strcmp(memory->entries[k].position, part->name) == 0 &&
				memory->entries[k].next > part->next;
		struct source_figures figures = {.name = text_of(part->name),
		                                 .state = memory->state,
		                                 .next = part->next,
		                                 .end = part->next + left,
		                                 .lag = left,
		                                 .read_to = left ? part->read_to : INSTANT_NEVER};
		visit(argument, &figures);
	}
}

static bool memory_cut_off(void *self)
{
	const struct memory_source *memory = self;
	bool logged = false;
	for (size_t i = 0; i < memory->part_count; i++)
		logged = logged || memory->parts[i].logged;
	return logged && memory->state == SOURCE_DOWN;
}

static bool memory_stop(void *self, int patience_ms)
{
	struct memory_source *memory = self;
	(void)patience_ms;
	for (size_t i = 0; i < memory->count; i++) {
		free(memory->entries[i].position);
		free(memory->entries[i].bytes);
		free(memory->entries[i].order);
	}
	for (size_t i = 0; i < memory->part_count; i++)
		free(memory->parts[i].name);
	batch_free(memory->out);
	free(memory->entries);
	free(memory->parts);
	event_parser_free(memory->parser);
	waker_free(memory->waker);
	free(memory);
	return true;
}

static const struct source_ops memory_ops = {
	.kind = "memory", .fd = memory_fd, .wake = memory_wake, .next = memory_next, .committed = memory_committed,
	.settled = memory_settled, .is_over = memory_is_over, .figures = memory_figures,
	.cut_off = memory_cut_off, .stop = memory_stop,
};

struct source *memory_source_open(const struct source_settings *settings, struct memory_source **opened)
{
	struct memory_source *memory = MEM_NEW(struct memory_source);
	memory->settings = *settings;
	memory->settings.type_prefix = TEXT_NONE; /* the parser has its copy */
	memory->parser = event_parser_new(settings->event_limits, settings->type_prefix, settings->zone);
	memory->waker = waker_new(NULL);
	memory->state = SOURCE_UP;
	*opened = memory;
	return source_new(&memory_ops, memory, settings);
}
