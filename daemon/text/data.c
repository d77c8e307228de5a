/* data: maps and lists as linked nodes in an arena, read in order; a map of many names finds them by a table beside. */
#include "text/data.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct data {
	enum data_kind kind;
	struct arena *arena;
	struct text name;         /* in a map */
	uint64_t head;            /* text_head of the name */
	struct text text;
	bool flag;
	size_t count;
	struct data *first, *last; /* of a list or map */
	struct data *next;         /* beside it in the same list or map */
	struct data **slots;       /* of a map with many names: by their heads; NULL: none yet */
	struct data *in_slot;      /* the next of the same slot */
};

#define SLOTS 64u /* a power of two */
#define SLOTS_FROM 12 /* names: fewer are found as quickly one by one */

struct data *data_new(enum data_kind kind, struct arena *arena)
{
	struct data *data = arena_alloc(arena, sizeof *data);
	*data = (struct data){.kind = kind, .arena = arena};
	return data;
}

static struct data **slot_of(const struct data *map, uint64_t head)
{
	return &map->slots[(head * 0x9e3779b97f4a7c15u) >> 58];
}

static void put_into_slot(struct data *map, struct data *entry)
{
	struct data **slot = slot_of(map, entry->head);
	entry->in_slot = *slot;
	*slot = entry;
}

static void make_slots(struct data *map)
{
	map->slots = arena_alloc(map->arena, SLOTS * sizeof(struct data *));
	memset(map->slots, 0, SLOTS * sizeof(struct data *));
	for (struct data *entry = map->first; entry; entry = entry->next)
		put_into_slot(map, entry);
}

static void append(struct data *to, struct data *entry)
{
	if (to->last)
		to->last->next = entry;
	else
		to->first = entry;
	to->last = entry;
	to->count++;
	if (to->slots)
		put_into_slot(to, entry);
	else if (to->kind == DATA_MAP && to->count == SLOTS_FROM)
		make_slots(to);
}

static struct data *find(const struct data *map, struct text name, uint64_t head)
{
	struct data *entry = map->slots ? *slot_of(map, head) : map->first;
	while (entry && (entry->head != head || !text_equal(entry->name, name)))
		entry = map->slots ? entry->in_slot : entry->next;
	return entry;
}

/* Returns what holds the value: it, or the one of the same name whose place it takes. */
static struct data *put(struct data *map, const char *name, struct data *value)
{
	if (map->kind != DATA_MAP || value->name.at)
		abort();
	struct text called = text_of(name);
	uint64_t head = text_head(called);
	struct data *old = find(map, called, head);
	if (old) { /* keeps its place: the value moves in */
		struct data *next = old->next, *in_slot = old->in_slot;
		*old = *value;
		old->next = next;
		old->in_slot = in_slot;
		value = old;
	}
	value->name = called;
	value->head = head;
	if (!old)
		append(map, value);
	return value;
}

void data_set(struct data *map, const char *name, struct data *value)
{
	(void)put(map, name, value);
}

void data_share(struct data *map, const char *name, const struct data *value)
{
	struct data *entry = arena_alloc(map->arena, sizeof *entry);
	*entry = *value;
	entry->name = TEXT_NONE;
	entry->next = entry->in_slot = NULL;
	data_set(map, name, entry);
}

void data_text(struct data *map, const char *name, struct text value)
{
	struct data *entry = data_new(DATA_TEXT, map->arena);
	entry->text = text_keep(map->arena, value);
	data_set(map, name, entry);
}

void data_string(struct data *map, const char *name, const char *value)
{
	data_text(map, name, text_of(value));
}

void data_format(struct data *map, const char *name, const char *format, ...)
{
	char few[64], *line = few;
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(few, sizeof few, format, arguments);
	va_end(arguments);
	if (length >= (int)sizeof few) {
		va_start(arguments, format);
		length = vasprintf(&line, format, arguments);
		va_end(arguments);
	}
	data_text(map, name, length > 0 ? (struct text){line, (size_t)length} : TEXT_NONE);
	if (length >= (int)sizeof few)
		free(line);
}

void data_flag(struct data *map, const char *name, bool value)
{
	struct data *entry = data_new(DATA_FLAG, map->arena);
	entry->flag = value;
	data_set(map, name, entry);
}

struct data *data_list(struct data *map, const char *name)
{
	struct data *entry = data_new(DATA_LIST, map->arena);
	return put(map, name, entry);
}

struct data *data_map(struct data *map, const char *name)
{
	struct data *entry = data_new(DATA_MAP, map->arena);
	return put(map, name, entry);
}

struct data *data_item(struct data *list)
{
	if (list->kind != DATA_LIST)
		abort();
	struct data *item = data_new(DATA_MAP, list->arena);
	append(list, item);
	return item;
}

void data_item_text(struct data *list, struct text value)
{
	if (list->kind != DATA_LIST)
		abort();
	struct data *item = data_new(DATA_TEXT, list->arena);
	item->text = text_keep(list->arena, value);
	append(list, item);
}

enum data_kind data_kind_of(const struct data *data)
{
	return data->kind;
}

const struct data *data_get(const struct data *map, struct text name)
{
	return data_get_headed(map, name, text_head(name));
}

const struct data *data_get_headed(const struct data *map, struct text name, uint64_t head)
{
	return map->kind == DATA_MAP ? find(map, name, head) : NULL;
}

size_t data_count(const struct data *list)
{
	return list->kind == DATA_LIST ? list->count : 0;
}

const struct data *data_first(const struct data *list)
{
	return list->kind == DATA_LIST ? list->first : NULL;
}

const struct data *data_next(const struct data *item)
{
	return item->next;
}

struct text data_value(const struct data *text)
{
	return text->kind == DATA_TEXT ? text->text : TEXT_NONE;
}

bool data_holds(const struct data *data)
{
	switch (data->kind) {
	case DATA_TEXT:
		return data->text.length > 0;
	case DATA_FLAG:
		return data->flag;
	case DATA_LIST:
		return data->count > 0;
	case DATA_MAP:
		return true;
	}
	return false;
}

bool data_mentions(const struct data *data, struct text name)
{
	if (data->kind != DATA_MAP && data->kind != DATA_LIST)
		return false;
	for (const struct data *entry = data->first; entry; entry = entry->next)
		if ((data->kind == DATA_MAP && text_equal(entry->name, name)) || data_mentions(entry, name))
			return true;
	return false;
}
