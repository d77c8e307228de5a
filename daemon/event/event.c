/* event: reading, ordering, copying and packing events. */
#include "event/event.h"

const struct value *event_field(const struct event *event, uint16_t name)
{
	static const struct value absent = {.kind = VALUE_ABSENT};
	for (size_t i = 0; i < event->field_count; i++)
		if (event->fields[i].name == name)
			return &event->fields[i].value;
	return &absent;
}

int event_order(const struct event *a, const struct event *b)
{
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	int order = text_order(a->source, b->source);
	return order ? order : text_order(a->id, b->id);
}

/* ---- copying ---- */

struct copier {
	struct text around; /* what points into it stays */
	struct arena *arena;
};

static struct text copy_text(const struct copier *copier, struct text text)
{
	const char *first = copier->around.at;
	if (!text.at || (first && text.at >= first && text.at < first + copier->around.length))
		return text;
	return (struct text){arena_copy_text(copier->arena, text.at, text.length), text.length};
}

static struct value copy_value(const struct copier *copier, const struct value *from)
{
	struct value to = *from;
	if (from->kind == VALUE_STRING)
		to.string = copy_text(copier, from->string);
	if (from->kind != VALUE_LIST || !from->list.count)
		return to;
	struct value *items = arena_alloc(copier->arena, from->list.count * sizeof *items);
	for (size_t i = 0; i < from->list.count; i++)
		items[i] = copy_value(copier, &from->list.items[i]); /* lists in lists are VALUE_OTHER: one level */
	to.list.items = items;
	return to;
}

static void copy_warnings(const struct copier *copier, struct event *to, const struct event *from)
{
	to->warnings = arena_alloc(copier->arena, from->warning_count * sizeof *to->warnings);
	for (size_t i = 0; i < from->warning_count; i++) {
		struct event_warning warning = from->warnings[i];
		warning.field = arena_copy_text(copier->arena, warning.field, strlen(warning.field));
		warning.reason = arena_copy_text(copier->arena, warning.reason, strlen(warning.reason));
		to->warnings[i] = warning;
	}
}

void event_copy_around(struct event *to, const struct event *from, struct text bytes, struct arena *arena)
{
	struct copier copier = {bytes, arena};
	*to = *from;
	to->id = copy_text(&copier, from->id);
	to->source = copy_text(&copier, from->source);
	to->type_name = copy_text(&copier, from->type_name);
	to->subject = copy_text(&copier, from->subject);
	to->replaces = copy_text(&copier, from->replaces);
	to->fields = arena_alloc(arena, from->field_count * sizeof *to->fields);
	for (size_t i = 0; i < from->field_count; i++) {
		to->fields[i].name = from->fields[i].name;
		to->fields[i].value = copy_value(&copier, &from->fields[i].value);
	}
	copy_warnings(&copier, to, from);
}

void event_copy(struct event *to, const struct event *from, struct arena *arena)
{
	event_copy_around(to, from, TEXT_NONE, arena);
}

/* ---- packing: a stream of bytes; numbers as base-128 varints, texts behind their lengths ----
 *
 * flags, type [type name], time [recorded], ref, id, source, subject [replaces], field count, fields.
 * A field: name, kind, value. One walk serves for measuring (at NULL) and for writing. */

enum { PACKED_DAY = 1, PACKED_RECORDED = 2, PACKED_REPLACES = 4, PACKED_TYPE_NAME = 8, PACKED_REST = 16 };

struct packer {
	unsigned char *at; /* NULL: only counts */
	size_t length;
};

static void put_byte(struct packer *packer, unsigned byte)
{
	if (packer->at)
		packer->at[packer->length] = (unsigned char)byte;
	packer->length++;
}

static void put_number(struct packer *packer, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		put_byte(packer, (unsigned)(number & 0x7f) | 0x80);
	put_byte(packer, (unsigned)number);
}

static void put_bytes(struct packer *packer, const void *bytes, size_t length)
{
	if (packer->at && length)
		memcpy(packer->at + packer->length, bytes, length);
	packer->length += length;
}

static void put_text(struct packer *packer, struct text text)
{
	put_number(packer, text.length);
	put_bytes(packer, text.at, text.length);
}

/* Whole seconds, as nearly all are, take half the room: the lowest bit says which. */
static void put_span(struct packer *packer, int64_t span)
{
	bool whole = span % SECOND == 0;
	int64_t amount = whole ? span / SECOND : span;
	uint64_t folded =
		(uint64_t)amount << 1 ^ (uint64_t)(amount >> 63); /* small numbers of either sign stay small */
	put_number(packer, folded << 1 | whole);
}

static void put_value(struct packer *packer, const struct value *value)
{
	put_byte(packer, (unsigned)value->kind << 1 | (value->kind == VALUE_BOOL && value->boolean));
	switch (value->kind) {
	case VALUE_NUMBER:
		put_bytes(packer, &value->number, sizeof value->number);
		return;
	case VALUE_STRING:
		put_text(packer, value->string);
		return;
	case VALUE_LIST:
		put_number(packer, value->list.count);
		for (size_t i = 0; i < value->list.count; i++)
			put_value(packer, &value->list.items[i]);
		return;
	case VALUE_OTHER:
		put_bytes(packer, &value->other, sizeof value->other);
		return;
	case VALUE_ABSENT:
	case VALUE_BOOL:
		return;
	}
}

static void put_event(struct packer *packer, const struct event *event)
{
	bool named = !*schema_type_name(event->type);
	put_byte(packer, (event->day_precision ? PACKED_DAY : 0u) |
	                         (event->recorded != INSTANT_NONE ? PACKED_RECORDED : 0u) |
	                         (event->replaces.length ? PACKED_REPLACES : 0u) | (named ? PACKED_TYPE_NAME : 0u) |
	                         (event->rest ? PACKED_REST : 0u));
	put_number(packer, event->type);
	if (named)
		put_text(packer, event->type_name);
	put_span(packer, event->time);
	if (event->recorded != INSTANT_NONE)
		put_span(packer, event->recorded - event->time);
	put_number(packer, event->ref);
	put_text(packer, event->id);
	put_text(packer, event->source);
	put_text(packer, event->subject);
	if (event->replaces.length)
		put_text(packer, event->replaces);
	if (event->rest)
		put_bytes(packer, &event->rest, sizeof event->rest);
	put_number(packer, event->field_count);
	for (size_t i = 0; i < event->field_count; i++) {
		put_number(packer, event->fields[i].name);
		put_value(packer, &event->fields[i].value);
	}
}

size_t event_packed_size(const struct event *event)
{
	struct packer packer = {NULL, 0};
	put_event(&packer, event);
	return packer.length;
}

void event_pack(const struct event *event, void *to)
{
	struct packer packer = {to, 0};
	put_event(&packer, event);
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
	size_t length = (size_t)take_number(at);
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

void event_unpack(const void *packed, struct event *event, struct arena *arena)
{
	const unsigned char *at = packed;
	unsigned flags = *at++;
	*event = (struct event){.day_precision = flags & PACKED_DAY, .recorded = INSTANT_NONE};
	event->type = (type_id)take_number(&at);
	event->type_name = flags & PACKED_TYPE_NAME ? take_text(&at) : text_of(schema_type_name(event->type));
	event->time = take_span(&at);
	if (flags & PACKED_RECORDED)
		event->recorded = event->time + take_span(&at);
	event->ref = take_number(&at);
	event->id = take_text(&at);
	event->source = take_text(&at);
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
}
