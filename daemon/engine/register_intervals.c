/* register_intervals: which intervals a child's events make of each key, and what ends them. */
#include "engine/register_internal.h"

#include <stdlib.h>

bool register_selected(const struct selectors *selectors, const struct event *event)
{
	for (size_t i = 0; selectors && i < selectors->count; i++) {
		const struct selector *selector = &selectors->items[i];
		struct condition_scope scope = {.event = event, .age = -1, .favourable = selector->favourable};
		if (selector->type == event->type && (!selector->where || condition_holds(selector->where, &scope)))
			return true;
	}
	return false;
}

/* ---- keys ---- */

/* The key's parts as texts; false where the event carries none of them: then it is of no key in particular. */
static bool key_of(const struct register_reading *reading, const struct event *event, struct text *parts)
{
	bool any = false;
	for (size_t i = 0; i < REGISTER_KEYS; i++) {
		parts[i] = TEXT_NONE;
		const struct value *value = reading->keys[i] ? event_field(event, reading->keys[i]) : NULL;
		if (value && value->kind == VALUE_STRING) {
			parts[i] = value->string;
		} else if (value && value->kind == VALUE_NUMBER) {
			struct buffer digits = {0};
			buffer_format(&digits, "%.15g", value->number);
			parts[i] = text_keep(reading->scratch, buffer_view(&digits));
			buffer_free(&digits);
		}
		any = any || parts[i].length;
	}
	return any;
}

static uint64_t hash_key(const struct text *parts)
{
	uint64_t hash = 1;
	for (size_t i = 0; i < REGISTER_KEYS; i++)
		hash = text_hash(parts[i], hash * 31 + i);
	return hash;
}

static bool same_key(const struct text *a, const struct text *b)
{
	for (size_t i = 0; i < REGISTER_KEYS; i++)
		if (!text_equal(a[i], b[i]))
			return false;
	return true;
}

static size_t place_of(const struct register_reading *reading, uint64_t hash, const struct text *parts)
{
	size_t mask = reading->table_room - 1, at = (size_t)hash & mask;
	while (reading->table[at].last &&
	       !(reading->table[at].hash == hash && same_key(reading->table[at].last->keys, parts)))
		at = (at + 1) & mask;
	return at;
}

static void widen(struct register_reading *reading)
{
	struct register_key *old = reading->table;
	size_t old_room = reading->table_room;
	reading->table_room = old_room ? old_room * 2 : 16;
	reading->table = mem_zero(reading->table_room, sizeof *reading->table);
	for (size_t i = 0; i < old_room; i++)
		if (old[i].last)
			reading->table[place_of(reading, old[i].hash, old[i].last->keys)] = old[i];
	free(old);
}

static struct register_key *find_key(const struct register_reading *reading, const struct text *parts)
{
	if (!reading->table_room)
		return NULL;
	struct register_key *key = &reading->table[place_of(reading, hash_key(parts), parts)];
	return key->last ? key : NULL;
}

static struct register_draft *add_draft(struct register_reading *reading, const struct text *parts)
{
	if ((reading->key_count + 1) * 2 > reading->table_room)
		widen(reading);
	uint64_t hash = hash_key(parts);
	struct register_key *key = &reading->table[place_of(reading, hash, parts)];
	struct register_draft *draft = arena_alloc(reading->scratch, sizeof *draft);
	*draft = (struct register_draft){.closes_at = INSTANT_NEVER};
	memcpy(draft->keys, parts, sizeof draft->keys);
	if (key->last) {
		key->last->next_of_key = draft;
		key->last = draft;
	} else {
		*key = (struct register_key){.hash = hash, .first = draft, .last = draft};
		reading->key_count++;
	}
	*(struct register_draft **)mem_push((void **)&reading->drafts, &reading->draft_count, &reading->draft_room,
	                                    sizeof draft) = draft;
	return draft;
}

void register_only_row(struct register_reading *reading)
{
	static const struct text no_key[REGISTER_KEYS];
	(void)add_draft(reading, no_key);
}

struct register_draft *register_draft_of(const struct register_reading *reading, const struct event *event)
{
	struct text parts[REGISTER_KEYS];
	if (!key_of(reading, event, parts) && reading->keys[0] && !reading->again)
		return NULL;
	const struct register_key *key = find_key(reading, parts);
	struct register_draft *found = key ? key->first : NULL;
	for (struct register_draft *draft = found; draft; draft = draft->next_of_key)
		if (draft->opened && draft->opened->event->time <= event->time)
			found = draft;
	return found;
}

void register_reading_free(struct register_reading *reading)
{
	free(reading->table);
	free(reading->drafts);
	reading->table = NULL;
	reading->drafts = NULL;
	reading->table_room = reading->key_count = reading->draft_count = reading->draft_room = 0;
}

/* ---- ends ---- */

static bool ends_all(const struct event *event)
{
	return event->type == TYPE_ID_CHILD_DIED || event->type == TYPE_ID_CHILD_TRANSFERRED;
}

/* When an end is known to have come: of a date alone, the last instant of it. */
static instant effective(const struct register_reading *reading, const struct event *end)
{
	if (!end->day_precision)
		return end->time;
	return zone_midnight(reading->zone, zone_date(reading->zone, end->time) + 1) - 1;
}

static void close_draft(struct register_draft *draft, const struct register_event *end, instant at)
{
	if (at >= draft->closes_at)
		return; /* of several the earliest that is known to have come */
	draft->closed = end;
	draft->closed_by = schema_type_name(end->event->type);
	draft->closes_at = at;
}

static void take_end_of_key(struct register_reading *reading, struct register_draft *draft,
                            const struct register_event *end)
{
	instant at = effective(reading, end->event);
	if (draft->opened && at < draft->opened->event->time)
		draft->contradiction = end; /* it ends nothing until it is corrected */
	else
		close_draft(draft, end, at);
}

/* ---- one row a key: the earliest start counts, and an end meets it wherever it stands ---- */

static void note_row(struct register_reading *reading, const struct register_event *event)
{
	struct text parts[REGISTER_KEYS];
	bool opens = register_selected(reading->opens, event->event);
	if (!key_of(reading, event->event, parts) || (!opens && !register_selected(reading->row, event->event)))
		return;
	struct register_key *key = find_key(reading, parts);
	struct register_draft *draft = key && !reading->each ? key->last : add_draft(reading, parts);
	if (opens && !draft->opened)
		draft->opened = event;
}

static void take_end(struct register_reading *reading, const struct register_event *end)
{
	struct text parts[REGISTER_KEYS];
	if (key_of(reading, end->event, parts)) {
		struct register_key *key = find_key(reading, parts);
		if (key)
			take_end_of_key(reading, key->last, end);
		return;
	}
	for (size_t i = 0; i < reading->draft_count; i++)
		if (reading->drafts[i]->opened && reading->drafts[i]->opened->event->time < end->event->time)
			take_end_of_key(reading, reading->drafts[i], end);
}

/* Death and transfer end what had begun before them; an episode of which only its end is known was over already. */
static void end_all(struct register_reading *reading, const struct register_event *end)
{
	instant at = effective(reading, end->event);
	for (size_t i = 0; i < reading->draft_count; i++)
		if (reading->drafts[i]->opened && reading->drafts[i]->opened->event->time < at)
			close_draft(reading->drafts[i], end, at);
}

static void read_once(struct register_reading *reading, const struct register_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		note_row(reading, &events[i]);
	for (size_t i = 0; i < count; i++) {
		if (register_selected(reading->closes, events[i].event))
			take_end(reading, &events[i]);
		else if (ends_all(events[i].event))
			end_all(reading, &events[i]);
	}
}

/* ---- a key that may open anew: one row an opening ---- */

static bool is_open(const struct register_key *key)
{
	return key && key->last && key->last->closes_at == INSTANT_NEVER && key->last->opened;
}

static void end_open(struct register_reading *reading, struct register_key *key, const struct register_event *end)
{
	if (is_open(key))
		close_draft(key->last, end, effective(reading, end->event));
	else
		key->pending = end; /* it may be of what begins at its own instant, or on its own date */
}

static void end_again(struct register_reading *reading, const struct register_event *end)
{
	struct text parts[REGISTER_KEYS];
	bool one = key_of(reading, end->event, parts) && !ends_all(end->event);
	struct register_key *key = one || !reading->keys[0] ? find_key(reading, parts) : NULL;
	if (!key && one) { /* nothing of this key so far: remembered under a row that nothing opened */
		(void)add_draft(reading, parts);
		key = find_key(reading, parts);
	}
	if (key) {
		end_open(reading, key, end);
		return;
	}
	for (size_t i = 0; i < reading->table_room; i++)
		if (is_open(&reading->table[i]))
			end_open(reading, &reading->table[i], end);
}

static void start_again(struct register_reading *reading, const struct register_event *start)
{
	struct text parts[REGISTER_KEYS];
	(void)key_of(reading, start->event, parts); /* a key that may be left out: then it is of the empty one */
	struct register_key *key = find_key(reading, parts);
	if (is_open(key))
		return; /* said twice */
	struct register_draft *draft = key && !key->last->opened ? key->last : add_draft(reading, parts);
	draft->opened = start;
	key = find_key(reading, parts);
	const struct register_event *pending = key->pending;
	key->pending = NULL;
	if (pending && start->event->time >= pending->event->time &&
	    start->event->time <= effective(reading, pending->event))
		close_draft(draft, pending, effective(reading, pending->event));
}

/* At one instant the ends come first: they are of what ran before, and only if nothing did, of what begins there. */
static void read_again(struct register_reading *reading, const struct register_event *events, size_t count)
{
	for (size_t from = 0, until; from < count; from = until) {
		for (until = from; until < count && events[until].event->time == events[from].event->time; until++)
			if (ends_all(events[until].event) || register_selected(reading->closes, events[until].event))
				end_again(reading, &events[until]);
		for (size_t i = from; i < until; i++)
			if (register_selected(reading->opens, events[i].event))
				start_again(reading, &events[i]);
	}
}

void register_read_intervals(struct register_reading *reading, const struct register_event *events, size_t count)
{
	if (reading->again)
		read_again(reading, events, count);
	else
		read_once(reading, events, count);
}

void register_close_at_birthday(struct register_reading *reading, civil_day birth, int age)
{
	if (birth == DAY_NONE || !age)
		return;
	instant birthday = zone_midnight(reading->zone, day_birthday(birth, age, 0));
	for (size_t i = 0; i < reading->draft_count; i++) {
		struct register_draft *draft = reading->drafts[i];
		if (!draft->opened || draft->opened->event->time > birthday || draft->closes_at <= birthday)
			continue;
		draft->closed = NULL;
		draft->closed_by = "birthday";
		draft->closes_at = birthday;
	}
}
