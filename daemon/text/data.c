/* data: maps and lists as linked nodes in an arena; they are small, and read in order. */
#include "text/data.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct data {
	enum data_kind kind;
	struct arena *arena;
	struct text name;         /* in a map */
	uint64_t head;            /* text_head of the name: a message has a hundred names, each asked for */
	struct text text;
	bool flag;
	size_t count;
	struct data *first, *last; /* of a list or map */
	struct data *next;         /* beside it in the same list or map */
};

struct data *data_new(enum data_kind kind, struct arena *arena)
{
	struct data *data = arena_alloc(arena, sizeof *data);
	*data = (struct data){.kind = kind, .arena = arena};
	return data;
}

static void append(struct data *to, struct data *entry)
{
	if (to->last)
		to->last->next = entry;
	else
		to->first = entry;
	to->last = entry;
	to->count++;
}

static struct data *find(const struct data *map, struct text name)
{
	uint64_t head = text_head(name);
	for (struct data *entry = map->first; entry; entry = entry->next)
		if (entry->head == head && text_equal(entry->name, name))
			return entry;
	return NULL;
}

static void set_name(struct data *entry, const char *name)
{
	entry->name = text_of(name);
	entry->head = text_head(entry->name);
}

void data_set(struct data *map, const char *name, struct data *value)
{
	if (map->kind != DATA_MAP || value->name.at)
		abort();
	struct data *old = find(map, text_of(name));
	if (old) { /* keeps its place: the value moves in */
		struct data *next = old->next;
		*old = *value;
		old->next = next;
		set_name(old, name);
		return;
	}
	set_name(value, name);
	append(map, value);
}

void data_share(struct data *map, const char *name, const struct data *value)
{
	struct data *entry = arena_alloc(map->arena, sizeof *entry);
	*entry = *value;
	entry->name = TEXT_NONE;
	entry->next = NULL;
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
	struct buffer made = {0};
	va_list arguments;
	va_start(arguments, format);
	char *line = NULL;
	int length = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (length > 0)
		buffer_add(&made, line, (size_t)length);
	free(line);
	data_text(map, name, buffer_view(&made));
	buffer_free(&made);
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
	data_set(map, name, entry);
	return find(map, text_of(name));
}

struct data *data_map(struct data *map, const char *name)
{
	struct data *entry = data_new(DATA_MAP, map->arena);
	data_set(map, name, entry);
	return find(map, text_of(name));
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
	return map->kind == DATA_MAP ? find(map, name) : NULL;
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
