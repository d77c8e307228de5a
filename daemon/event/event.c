/* event: reading, ordering and copying events. */
#include "event/event.h"

const struct value *event_field(const struct event *event, uint16_t name)
{
	static const struct value absent = {.kind = VALUE_ABSENT};
	for (size_t i = 0; i < event->field_count; i++)
		if (event->fields[i].name == name)
			return &event->fields[i].value;
	return &absent;
}

bool event_is_own(const struct event *event)
{
	static const char own[] = "/casewatch";
	struct text source = event->source;
	size_t length = sizeof own - 1;
	return source.length >= length && memcmp(source.at, own, length) == 0 &&
	       (source.length == length || source.at[length] == '/');
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
	return text_keep(copier->arena, text);
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

bool event_set_aside(const struct event *event, uint16_t name)
{
	const char *text = schema_name_text(name);
	for (size_t i = 0; i < event->warning_count; i++)
		if (strncmp(event->warnings[i].field, "data.", 5) == 0 &&
		    strcmp(event->warnings[i].field + 5, text) == 0)
			return true;
	return false;
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
	to->in_bytes = from->in_bytes && bytes.at;
	if (to->in_bytes) { /* nearly always: the fields' array alone is the parser's */
		to->fields = arena_alloc(arena, from->field_count * sizeof *to->fields);
		if (from->field_count)
			memcpy(to->fields, from->fields, from->field_count * sizeof *to->fields);
		return;
	}
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
