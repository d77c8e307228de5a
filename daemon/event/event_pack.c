/* event_pack: events as streams of bytes, for memory that holds many: numbers as base-128 varints, texts behind their
 * lengths.
 *
 * flags, id, source, type [type name], time [recorded], ref, subject [replaces] [rest], field count, fields [count of
 * those set aside, their names].
 * A field: name, kind, value. */
#include "event/event.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	PACKED_DAY = 1,
	PACKED_RECORDED = 2,
	PACKED_REPLACES = 4,
	PACKED_TYPE_NAME = 8,
	PACKED_REST = 16,
	PACKED_ASIDE = 32,
};

#define NUMBER_MOST ((size_t)10) /* bytes of a number of 64 bits */

static unsigned char *put_number(unsigned char *at, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		*at++ = (unsigned char)(number | 0x80);
	*at++ = (unsigned char)number;
	return at;
}

static unsigned char *put_bytes(unsigned char *at, const void *bytes, size_t length)
{
	if (length)
		memcpy(at, bytes, length);
	return at + length;
}

static unsigned char *put_text(unsigned char *at, struct text text)
{
	return put_bytes(put_number(at, text.length), text.at, text.length);
}

/* Whole seconds, as nearly all are, take half the room: the lowest bit says which. */
static unsigned char *put_span(unsigned char *at, int64_t span)
{
	bool whole = span % SECOND == 0;
	int64_t amount = whole ? span / SECOND : span;
	uint64_t folded =
		(uint64_t)amount << 1 ^ (uint64_t)(amount >> 63); /* small numbers of either sign stay small */
	return put_number(at, folded << 1 | whole);
}

static unsigned char *put_value(unsigned char *at, const struct value *value)
{
	*at++ = (unsigned char)((unsigned)value->kind << 1 | (value->kind == VALUE_BOOL && value->boolean));
	switch (value->kind) {
	case VALUE_NUMBER:
		return put_bytes(at, &value->number, sizeof value->number);
	case VALUE_STRING:
		return put_text(at, value->string);
	case VALUE_LIST:
		at = put_number(at, value->list.count);
		for (size_t i = 0; i < value->list.count; i++)
			at = put_value(at, &value->list.items[i]);
		return at;
	case VALUE_OTHER:
		return put_bytes(at, &value->other, sizeof value->other);
	case VALUE_ABSENT:
	case VALUE_BOOL:
		break;
	}
	return at;
}

static size_t value_most(const struct value *value)
{
	size_t most = 1 + NUMBER_MOST; /* its kind, and a number, a length or eight bytes */
	if (value->kind == VALUE_STRING)
		return most + value->string.length;
	for (size_t i = 0; value->kind == VALUE_LIST && i < value->list.count; i++)
		most += value_most(&value->list.items[i]);
	return most;
}

/* The field of data that the warning set aside; 0: it is about something else. */
static uint16_t name_aside(const struct event_warning *warning)
{
	return strncmp(warning->field, "data.", 5) == 0 ? schema_name(text_of(warning->field + 5)) : 0;
}

static size_t count_aside(const struct event *event)
{
	size_t count = 0;
	for (size_t i = 0; i < event->warning_count; i++)
		count += name_aside(&event->warnings[i]) != 0;
	return count;
}

static unsigned char *put_aside(unsigned char *at, const struct event *event, size_t count)
{
	at = put_number(at, count);
	for (size_t i = 0; i < event->warning_count; i++)
		if (name_aside(&event->warnings[i]))
			at = put_number(at, name_aside(&event->warnings[i]));
	return at;
}

size_t event_packed_most(const struct event *event)
{
	size_t most = 1 + (12 + event->warning_count) * NUMBER_MOST + sizeof event->rest + event->id.length +
	              event->source.length + event->type_name.length + event->subject.length + event->replaces.length;
	for (size_t i = 0; i < event->field_count; i++)
		most += NUMBER_MOST + value_most(&event->fields[i].value);
	return most;
}

size_t event_pack(const struct event *event, void *to)
{
	unsigned char *at = to;
	bool named = !*schema_type_name(event->type);
	size_t aside = count_aside(event);
	*at++ = (unsigned char)((event->day_precision ? PACKED_DAY : 0) |
	                        (event->recorded != INSTANT_NONE ? PACKED_RECORDED : 0) |
	                        (event->replaces.length ? PACKED_REPLACES : 0) | (named ? PACKED_TYPE_NAME : 0) |
	                        (event->rest ? PACKED_REST : 0) | (aside ? PACKED_ASIDE : 0));
	at = put_text(at, event->id);
	at = put_text(at, event->source);
	at = put_number(at, event->type);
	if (named)
		at = put_text(at, event->type_name);
	at = put_span(at, event->time);
	if (event->recorded != INSTANT_NONE)
		at = put_span(at, event->recorded - event->time);
	at = put_number(at, event->ref);
	at = put_text(at, event->subject);
	if (event->replaces.length)
		at = put_text(at, event->replaces);
	if (event->rest)
		at = put_bytes(at, &event->rest, sizeof event->rest);
	at = put_number(at, event->field_count);
	for (size_t i = 0; i < event->field_count; i++)
		at = put_value(put_number(at, event->fields[i].name), &event->fields[i].value);
	if (aside)
		at = put_aside(at, event, aside);
	return (size_t)(at - (unsigned char *)to);
}

size_t event_packed_size(const struct event *event)
{
	void *packed = mem_alloc(event_packed_most(event));
	size_t size = event_pack(event, packed);
	free(packed);
	return size;
}

/* Packed bytes are our own, from this process: they are not checked again. */
static uint64_t take_number(const unsigned char **at)
{
	uint64_t number = 0;
	for (unsigned shift = 0;; shift += 7) {
		unsigned char byte = *(*at)++;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return number;
	}
}

static int64_t take_span(const unsigned char **at)
{
	uint64_t coded = take_number(at), folded = coded >> 1;
	int64_t amount = (int64_t)(folded >> 1) ^ -(int64_t)(folded & 1);
	return coded & 1 ? amount * SECOND : amount;
}

static struct text take_text(const unsigned char **at)
{
	size_t length = **at < 0x80 ? *(*at)++ : (size_t)take_number(at);
	struct text text = {(const char *)*at, length};
	*at += length;
	return text;
}

static void take_value(const unsigned char **at, struct value *value, struct arena *arena)
{
	unsigned char head = *(*at)++;
	value->kind = (enum value_kind)(head >> 1);
	switch (value->kind) {
	case VALUE_BOOL:
		value->boolean = head & 1;
		return;
	case VALUE_NUMBER:
		memcpy(&value->number, *at, sizeof value->number);
		*at += sizeof value->number;
		return;
	case VALUE_STRING:
		value->string = take_text(at);
		return;
	case VALUE_LIST: {
		size_t count = (size_t)take_number(at);
		struct value *items = arena_alloc(arena, count * sizeof *items);
		for (size_t i = 0; i < count; i++)
			take_value(at, &items[i], arena);
		value->list.items = items;
		value->list.count = count;
		return;
	}
	case VALUE_OTHER:
		memcpy(&value->other, *at, sizeof value->other);
		*at += sizeof value->other;
		return;
	case VALUE_ABSENT:
		return;
	}
}

static void take_aside(const unsigned char **at, struct event *event, struct arena *arena)
{
	event->warning_count = (size_t)take_number(at);
	event->warnings = arena_alloc(arena, event->warning_count * sizeof *event->warnings);
	for (size_t i = 0; i < event->warning_count; i++) {
		const char *name = schema_name_text((uint16_t)take_number(at));
		size_t room = sizeof "data." + strlen(name);
		char *field = arena_alloc(arena, room);
		(void)snprintf(field, room, "data.%s", name);
		event->warnings[i] = (struct event_warning){field, "cannot be read"};
	}
}

void event_unpack(const void *packed, struct event *event, struct arena *arena)
{
	const unsigned char *at = packed;
	unsigned flags = *at++;
	*event = (struct event){.day_precision = flags & PACKED_DAY, .recorded = INSTANT_NONE};
	event->id = take_text(&at);
	event->source = take_text(&at);
	event->type = (type_id)take_number(&at);
	event->type_name = flags & PACKED_TYPE_NAME ? take_text(&at) : text_of(schema_type_name(event->type));
	event->time = take_span(&at);
	if (flags & PACKED_RECORDED)
		event->recorded = event->time + take_span(&at);
	event->ref = take_number(&at);
	event->subject = take_text(&at);
	if (flags & PACKED_REPLACES)
		event->replaces = take_text(&at);
	if (flags & PACKED_REST) {
		memcpy(&event->rest, at, sizeof event->rest);
		at += sizeof event->rest;
	}
	event->field_count = (size_t)take_number(&at);
	event->fields = arena_alloc(arena, event->field_count * sizeof *event->fields);
	for (size_t i = 0; i < event->field_count; i++) {
		event->fields[i].name = (uint16_t)take_number(&at);
		take_value(&at, &event->fields[i].value, arena);
	}
	if (flags & PACKED_ASIDE)
		take_aside(&at, event, arena);
}

struct text event_packed_id(const void *packed, struct text *source)
{
	const unsigned char *at = (const unsigned char *)packed + 1;
	struct text id = take_text(&at);
	*source = take_text(&at);
	return id;
}
