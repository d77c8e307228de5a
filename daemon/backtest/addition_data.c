/* addition_data: events that meet conditions: their data, and what must be open, seen or known beside them. */
#include "backtest/addition.h"

#include "rules/condition_parts.h"

#include <stdarg.h>
#include <stdio.h>

#define DEPTH_MAX 4 /* a state that opens where another is open where another is … */
/* Parts of a condition that one addition may have to meet; docs/rules.md allows fewer in one place. */
#define FIELDS_MAX 32

static struct text printed(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
static struct text printed(struct arena *arena, const char *format, ...)
{
	char words[128];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(words, sizeof words, format, arguments);
	va_end(arguments);
	size_t length = strlen(words);
	return (struct text){arena_copy_text(arena, words, length), length};
}

static struct value text_value(struct text text)
{
	return (struct value){.kind = VALUE_STRING, .string = text};
}

static struct value date_value(const struct addition_maker *maker, civil_day day)
{
	int year, month, date;
	day_split(day, &year, &month, &date);
	return text_value(printed(maker->arena, "%04d-%02d-%02d", year, month, date));
}

static civil_day date_of(const struct addition_maker *maker, instant at)
{
	return zone_date(calendar_zone(maker->trial->config->calendar), at);
}

/* ---- whether a value is as a condition needs it ---- */

static bool same(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == VALUE_STRING)
		return text_equal_fold(a->string, b->string);
	if (a->kind == VALUE_NUMBER)
		return a->number == b->number;
	return a->kind == VALUE_BOOL && a->boolean == b->boolean;
}

static bool among(const struct value *value, const struct value *list)
{
	for (size_t i = 0; list->kind == VALUE_LIST && i < list->list.count; i++)
		if (same(value, &list->list.items[i]))
			return true;
	return false;
}

static int order(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_NUMBER && b->kind == VALUE_NUMBER)
		return (a->number > b->number) - (a->number < b->number);
	return a->kind == VALUE_STRING && b->kind == VALUE_STRING ? text_order(a->string, b->string) : 2;
}

static bool is_so(const struct value *value, const struct condition_need *need)
{
	switch (need->how) {
	case NEED_PRESENT:
	case NEED_LESS_THAN_FIELD:
		return true;
	case NEED_TRUE:
		return value->kind == VALUE_BOOL && value->boolean;
	case NEED_EQUAL:
		return value->kind == VALUE_LIST ? among(need->value, value) : same(value, need->value);
	case NEED_LESS:
		return order(value, need->value) == -1;
	case NEED_LESS_EQUAL:
		return order(value, need->value) < 1;
	case NEED_IN:
		return among(value, need->value);
	case NEED_STARTS:
		return value->kind == VALUE_STRING && value->string.length >= need->value->string.length &&
		       memcmp(value->string.at, need->value->string.at, need->value->string.length) == 0;
	case NEED_FILLED:
		return value->kind == VALUE_LIST ? value->list.count > 0 : value->string.length > 0;
	}
	return false;
}

/* An absent value decides nothing but whether it is there. */
static bool meets(const struct value *value, const struct condition_need *needs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool there = value->kind != VALUE_ABSENT;
		if (needs[i].how == NEED_PRESENT ? there != needs[i].wanted
		                                 : !there || is_so(value, &needs[i]) != needs[i].wanted)
			return false;
	}
	return true;
}

/* ---- a value for a field ---- */

struct choosing {
	struct addition_maker *maker;
	const struct field *field;
	const struct condition_need *needs; /* of this field alone */
	size_t count;
	struct value chosen;
	bool found;
};

static void consider(struct choosing *choosing, struct value value)
{
	if (!choosing->found && meets(&value, choosing->needs, choosing->count)) {
		choosing->chosen = value;
		choosing->found = true;
	}
}

static void consider_list(struct choosing *choosing, struct value item)
{
	struct value *items = arena_alloc(choosing->maker->arena, sizeof *items);
	*items = item;
	consider(choosing, (struct value){.kind = VALUE_LIST, .list = {items, 1}});
}

static void consider_all(struct choosing *choosing, struct value value)
{
	if (choosing->field->kind == FIELD_STRINGS)
		consider_list(choosing, value);
	else
		consider(choosing, value);
}

static void consider_needs(struct choosing *choosing)
{
	for (size_t i = 0; i < choosing->count; i++) {
		const struct value *value = choosing->needs[i].value;
		for (size_t k = 0; value && value->kind == VALUE_LIST && k < value->list.count; k++)
			consider_all(choosing, value->list.items[k]);
		if (value && value->kind != VALUE_LIST)
			consider_all(choosing, *value);
		for (int step = -1; value && value->kind == VALUE_NUMBER && step <= 1; step += 2)
			consider(choosing, (struct value){.kind = VALUE_NUMBER, .number = value->number + step});
	}
}

static void consider_usual(struct choosing *choosing, instant at)
{
	const struct field *field = choosing->field;
	struct arena *arena = choosing->maker->arena;
	for (size_t i = 0; field->words && field->words[i]; i++)
		consider_all(choosing, text_value(text_of(field->words[i])));
	switch (field->kind) {
	case FIELD_BOOL:
		consider(choosing, (struct value){.kind = VALUE_BOOL, .boolean = false});
		consider(choosing, (struct value){.kind = VALUE_BOOL, .boolean = true});
		break;
	case FIELD_NUMBER:
		consider(choosing, (struct value){.kind = VALUE_NUMBER, .number = field->least});
		consider(choosing, (struct value){.kind = VALUE_NUMBER, .number = field->most});
		break;
	case FIELD_DATE:
		consider(choosing, date_value(choosing->maker, date_of(choosing->maker, at)));
		break;
	case FIELD_STRINGS:
		consider(choosing, (struct value){.kind = VALUE_LIST, .list = {NULL, 0}});
		consider_list(choosing, text_value(TEXT("other")));
		break;
	case FIELD_INSTANT:
	case FIELD_STRING:
	case FIELD_WORD:
	case FIELD_ANY:
		if (field->role)
			consider(choosing, text_value(TEXT("social-worker")));
		consider(choosing, text_value(printed(arena, "ADDED-%u", choosing->maker->made)));
		break;
	}
}

/* ---- an event ---- */

struct making {
	struct addition_maker *maker;
	type_id type;
	instant at;
	struct text key;                    /* of the rule's key */
	const struct condition_way *way;    /* NULL: nothing is needed */
	enum need_kind of;                  /* which of its needs are about this event's data */
	uint16_t due;
	const struct event *ends;           /* what it ends: it has its key, or none if that has none; NULL: nothing */
	const uint16_t *ends_by;            /* the fields of that key, 0-ended, at most 3 */
	struct event *event;
};

static size_t needs_of(const struct making *making, uint16_t name, struct condition_need *needs)
{
	size_t count = 0;
	for (size_t i = 0; making->way && i < making->way->count; i++) {
		const struct condition_need *need = &making->way->needs[i];
		bool of_type = making->of != NEED_FIRST || need->type == making->type;
		if (need->kind == making->of && of_type && need->how != NEED_LESS_THAN_FIELD && need->name == name &&
		    count < FIELDS_MAX)
			needs[count++] = *need;
	}
	return count;
}

/* data.support < data.care: as far apart as the fields allow. */
static bool set_apart(const struct making *making, const struct field *field, struct value *value)
{
	for (size_t i = 0; making->way && i < making->way->count; i++) {
		const struct condition_need *need = &making->way->needs[i];
		if (need->kind != making->of || need->how != NEED_LESS_THAN_FIELD ||
		    (need->name != field->name_id && need->other != field->name_id))
			continue;
		bool low = (need->name == field->name_id) == need->wanted;
		double most = field->most > field->least ? field->most : field->least + 1;
		*value = (struct value){.kind = VALUE_NUMBER, .number = low ? field->least : most};
		return true;
	}
	return false;
}

static void put(struct making *making, uint16_t name, struct value value)
{
	making->event->fields[making->event->field_count++] = (struct event_field){name, value};
}

static bool is_needed_for(const struct making *making, const struct field *field)
{
	uint16_t kind = schema_name(TEXT("kind"));
	return field->needed_for && text_equal(event_string(making->event, kind), text_of(field->needed_for));
}

static bool is_key_of_ended(const struct making *making, uint16_t name)
{
	for (int i = 0; making->ends && i < 3 && making->ends_by[i]; i++)
		if (making->ends_by[i] == name)
			return true;
	return false;
}

static void put_field(struct making *making, const struct field *field)
{
	struct addition_maker *maker = making->maker;
	const struct subject *subject = maker->trial->subject;
	struct condition_need needs[FIELDS_MAX];
	struct value apart;
	size_t count = needs_of(making, field->name_id, needs);
	struct choosing choosing = {.maker = maker, .field = field, .needs = needs, .count = count};
	if (is_key_of_ended(making, field->name_id)) {
		struct text key = event_string(making->ends, field->name_id);
		if (key.length)
			put(making, field->name_id, text_value(key));
		maker->failed |= !key.length && field->required;
	} else if (field->party != PARTY_NONE && field->party == subject->domain) {
		put(making, field->name_id, text_value(subject->id));
	} else if (field->name_id == maker->rule->key && making->key.length) {
		put(making, field->name_id, text_value(making->key));
	} else if (field->name_id == maker->rule->key && field->kind == FIELD_DATE) {
		put(making, field->name_id, date_value(maker, date_of(maker, making->at)));
	} else if (making->due && field->name_id == making->due) {
		put(making, field->name_id, date_value(maker, date_of(maker, maker->trial->at) - 1));
	} else if (set_apart(making, field, &apart)) {
		put(making, field->name_id, apart);
	} else {
		bool required = field->required || field->name_id == maker->rule->key || is_needed_for(making, field);
		if (!required)
			consider(&choosing, (struct value){.kind = VALUE_ABSENT});
		consider_needs(&choosing);
		consider_usual(&choosing, making->at);
		maker->failed |= !choosing.found;
		if (choosing.found && choosing.chosen.kind != VALUE_ABSENT)
			put(making, field->name_id, choosing.chosen);
	}
}

static struct text subject_of_event(struct addition_maker *maker, const struct event_type *type)
{
	const struct subject *subject = maker->trial->subject;
	if (subject->domain == PARTY_NONE || (subject->domain == PARTY_WORKER && type->subject == SUBJECT_WORKER) ||
	    (subject->domain == PARTY_PROVIDER && type->subject == SUBJECT_PROVIDER))
		return subject->id;
	return printed(maker->arena, "ADDED-%u", maker->made);
}

static struct event *new_event(struct addition_maker *maker, type_id type, instant at, size_t fields)
{
	struct event *event = arena_alloc(maker->arena, sizeof *event);
	*event = (struct event){.id = printed(maker->arena, "added-%zu", maker->count + 1),
	                        .source = TEXT(ADDITION_SOURCE), .type_name = text_of(schema_type_name(type)),
	                        .type = type, .time = at, .recorded = INSTANT_NONE};
	event->fields = arena_alloc(maker->arena, (fields + 1) * sizeof *event->fields);
	if (maker->count < ADDITION_EVENTS_MAX)
		maker->events[maker->count++] = event;
	else
		maker->failed = maker->too_many = true;
	return event;
}

static struct event *make_event(struct making *making)
{
	const struct event_type *type = schema_type(making->type);
	if (!type) {
		making->maker->failed = true;
		return NULL;
	}
	making->event = new_event(making->maker, making->type, making->at, type->field_count);
	making->event->subject = subject_of_event(making->maker, type);
	for (size_t i = 0; i < type->field_count; i++)
		put_field(making, &type->fields[i]);
	return making->event;
}

/* ---- what must be so beside it ---- */

static void make_selected(struct addition_maker *maker, const struct selector *selector, instant at, struct text key,
                          uint16_t due);

/* Born so that on the date of `at` the age is as needed. */
static void make_age(struct addition_maker *maker, const struct condition_need *need, instant at)
{
	int age = (int)need->value->number;
	bool below = (need->how == NEED_LESS) == need->wanted && need->how != NEED_EQUAL;
	if (need->how == NEED_LESS)
		age -= below;
	if (need->how == NEED_LESS_EQUAL && !need->wanted)
		age++;
	struct making making = {.maker = maker, .type = TYPE_ID_CHILD_UPDATED, .at = at, .of = NEED_CHILD};
	making.event = new_event(maker, making.type, at, 1);
	making.event->subject = maker->trial->subject->id;
	civil_day today = date_of(maker, at);
	put(&making, schema_name(TEXT("date_of_birth")), date_value(maker, day_add_months(today, -12 * age) - 40));
}

static void make_child(struct addition_maker *maker, const struct condition_way *way, instant at)
{
	struct making making = {.maker = maker, .type = TYPE_ID_CHILD_UPDATED, .at = at, .way = way, .of = NEED_CHILD};
	(void)make_event(&making);
}

static bool opens_state(const struct state_def *state, const struct event *event)
{
	for (size_t i = 0; i < state->from.count; i++)
		if (event->type == state->from.items[i].type)
			return true;
	return false;
}

/* Of one key of the state; in the history of a worker or provider the child is part of every key. */
static bool same_key(const struct addition_maker *maker, const struct state_def *state, const struct event *a,
                     const struct event *b)
{
	bool same = maker->trial->subject->domain == PARTY_NONE || text_equal(a->subject, b->subject);
	for (int i = 0; i < STATE_KEYS && state->keys[i]; i++)
		same = same && text_equal(event_string(a, state->keys[i]), event_string(b, state->keys[i]));
	return same;
}

/* Ends all that may be open of the state, each by its own key, or without one where it has none; what need not end is
 * left out when the addition is pared. */
static void make_closed(struct addition_maker *maker, const struct state_def *state, instant at)
{
	const struct subject *subject = maker->trial->subject;
	for (size_t i = 0; i < subject->count && !maker->failed; i++) {
		const struct event *opener = subject->events[i];
		bool known = !opens_state(state, opener);
		for (size_t k = 0; k < i && !known; k++)
			known = opens_state(state, subject->events[k]) &&
			        same_key(maker, state, subject->events[k], opener);
		if (known)
			continue;
		maker->failed |= !state->to.count;
		if (maker->failed)
			return;
		struct making making = {.maker = maker, .type = state->to.items[0].type, .at = at, .of = NEED_DATA,
		                        .ends = opener, .ends_by = state->keys};
		struct event *end = make_event(&making);
		if (end && subject->domain != PARTY_NONE)
			end->subject = opener->subject;
	}
}

static void make_need(struct addition_maker *maker, const struct condition_way *way, const struct condition_need *need,
                      instant at, struct text key)
{
	const struct state_def *state = need->state ? &maker->trial->rules->states[need->state->state] : NULL;
	switch (need->kind) {
	case NEED_DATA:
		break;
	case NEED_AGE:
		make_age(maker, need, at);
		break;
	case NEED_CHILD:
		make_child(maker, way, at);
		break;
	case NEED_OPEN:
		if (need->wanted && state->from.count)
			make_selected(maker, &state->from.items[maker->way % state->from.count], at, key, 0);
		else if (!need->wanted)
			make_closed(maker, state, at);
		break;
	case NEED_FIRST:
	case NEED_SEEN: {
		struct making making = {.maker = maker, .type = need->type, .at = at, .key = key, .of = NEED_FIRST,
		                        .way = need->kind == NEED_FIRST ? way : NULL};
		if (need->wanted || need->kind == NEED_FIRST)
			(void)make_event(&making);
		break;
	}
	}
}

/* Each of them once: several needs of one first() or of the child are one event. */
static bool is_made(const struct condition_way *way, size_t at)
{
	const struct condition_need *need = &way->needs[at];
	for (size_t i = 0; i < at; i++)
		if (way->needs[i].kind == need->kind &&
		    ((need->kind == NEED_FIRST && way->needs[i].type == need->type) || need->kind == NEED_CHILD ||
		     need->kind == NEED_AGE))
			return true;
	return false;
}

static void make_needs(struct addition_maker *maker, const struct condition_way *way, instant at, struct text key)
{
	if (++maker->depth > DEPTH_MAX)
		maker->failed = true;
	for (size_t i = 0; i < way->count && !maker->failed; i++)
		if (!is_made(way, i))
			make_need(maker, way, &way->needs[i], at, key);
	maker->depth--;
}

static bool choose_way(struct addition_maker *maker, const struct condition *condition, struct condition_way *way)
{
	struct condition_way ways[CONDITION_WAYS];
	size_t count = condition_ways(condition, maker->arena, ways);
	if (!count)
		return false;
	*way = ways[maker->way % count];
	return true;
}

static void make_selected(struct addition_maker *maker, const struct selector *selector, instant at, struct text key,
                          uint16_t due)
{
	struct condition_way way;
	if (!choose_way(maker, selector->where, &way)) {
		maker->failed = true;
		return;
	}
	make_needs(maker, &way, at - MINUTE, key);
	struct making making = {.maker = maker, .type = selector->type, .at = at, .key = key, .way = &way,
	                        .of = NEED_DATA, .due = due};
	(void)make_event(&making);
}

static void make_birth(struct addition_maker *maker, const struct why_seed *seed, instant at)
{
	struct making making = {.maker = maker, .type = TYPE_ID_CHILD_UPDATED, .at = at};
	making.event = new_event(maker, making.type, at, 1);
	making.event->subject = maker->trial->subject->id;
	civil_day birth = day_add_months(date_of(maker, at), -(12 * seed->years + seed->months)) - 2;
	if (!seed->years && !seed->months) /* younger than the rule wants, and of an age that it may want */
		birth = day_add_months(date_of(maker, maker->trial->at), -12 * (maker->younger - 1)) - 2;
	put(&making, schema_name(TEXT("date_of_birth")), date_value(maker, birth));
}

static void make_seed(struct addition_maker *maker, const struct why_seed *seed, instant at, struct text key)
{
	struct condition_way way;
	if (seed->selector) {
		make_selected(maker, seed->selector, at, key, seed->due);
		return;
	}
	if (seed->years || seed->months)
		make_birth(maker, seed, at - MINUTE);
	if (choose_way(maker, seed->holds, &way))
		make_needs(maker, &way, at - MINUTE, key);
	else
		maker->failed = true;
}

void addition_make(struct addition_maker *maker, const struct why_plan *plan, instant shift)
{
	uint16_t name = maker->rule->key;
	const struct selector *first = plan->count ? plan->seeds[0].selector : NULL;
	const struct field *field = first && name ? schema_field(first->type, text_of(schema_name_text(name))) : NULL;
	instant apart = field && field->kind == FIELD_DATE ? 24 * HOUR : MINUTE;
	for (uint32_t copy = 0; copy < plan->copies && !maker->failed; copy++) {
		struct text key = maker->key;
		maker->made++;
		if (!key.length && name && !(field && field->kind == FIELD_DATE))
			key = printed(maker->arena, "ADDED-%u", maker->made);
		size_t seeds = copy ? 1 : plan->count;
		if (maker->younger && !copy)
			make_birth(maker, &(struct why_seed){.at = maker->trial->at}, maker->trial->at);
		for (size_t i = 0; i < seeds && !maker->failed; i++)
			make_seed(maker, &plan->seeds[i], plan->seeds[i].at + shift - (instant)copy * apart, key);
	}
}

const struct event *addition_withdrawal(struct addition_maker *maker, const struct event *event)
{
	struct making making = {.maker = maker, .type = TYPE_ID_EVENT_WITHDRAWN};
	making.event = new_event(maker, making.type, maker->trial->at, 1);
	making.event->source = event->source;
	making.event->subject = event->subject;
	put(&making, schema_name(TEXT("id")), text_value(event->id));
	return making.event;
}
