/* register_intervals: which intervals a child's events make of each key, and what ends them. */
#include "engine/registers/register_internal.h"

#include <stdlib.h>

bool register_holds(const struct selector *selector, const struct event *event)
{
	struct condition_scope scope = {.event = event, .age = -1, .favourable = selector->favourable};
	return !selector->where || condition_holds(selector->where, &scope);
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

static bool makes_row(const struct register_reading *reading, const struct event *event)
{
	return register_selected(reading->opens, event) || register_selected(reading->row, event);
}

struct register_draft *register_draft_of(struct register_reading *reading, const struct event *event, int64_t *left)
{
	struct text parts[REGISTER_KEYS];
	if (!key_of(reading, event, parts) && reading->keys[0] && !reading->again)
		return NULL;
	struct register_key *key = find_key(reading, parts);
	if (!key)
		return NULL;
	if (reading->each && makes_row(reading, event)) /* of several at one instant, too, each says what it says */
		return key->own = key->own ? key->own->next_of_key : key->first;
	if (!key->current)
		key->current = key->ahead = key->first;
	for (struct register_draft *next; (next = key->ahead) != NULL; key->ahead = next->next_of_key, --*left) {
		if (next->opened && next->opened->event->time > event->time)
			break;
		if (next->opened)
			key->current = next;
	}
	return key->current;
}

void register_reading_free(struct register_reading *reading)
{
	free(reading->table);
	free(reading->drafts);
	free(reading->ends);
	free(reading->open);
	*reading = (struct register_reading){.zone = reading->zone, .scratch = reading->scratch};
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
	if (at > draft->closes_at || (at == draft->closes_at && draft->closed < end))
		return; /* of several the earliest that is known to have come, and of those the first in order */
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
	bool keyed = key_of(reading, event->event, parts) || !reading->keys[0];
	if (!keyed || (!opens && !register_selected(reading->row, event->event)))
		return;
	struct register_key *key = find_key(reading, parts);
	struct register_draft *draft = key && !reading->each ? key->last : add_draft(reading, parts);
	if (opens && !draft->opened)
		draft->opened = event;
}

static void note_end_of_all(struct register_reading *reading, struct register_end_of_all end)
{
	*(struct register_end_of_all *)mem_push((void **)&reading->ends, &reading->end_count, &reading->end_room,
	                                        sizeof end) = end;
}

/* Death and transfer end what had begun before them; an episode of which only its end is known was over already. */
static void take_end(struct register_reading *reading, const struct register_event *end)
{
	struct text parts[REGISTER_KEYS];
	instant at = effective(reading, end->event);
	if (!register_selected(reading->closes, end->event)) {
		if (ends_all(end->event))
			note_end_of_all(reading, (struct register_end_of_all){end, at, at});
		return;
	}
	if (!key_of(reading, end->event, parts)) {
		note_end_of_all(reading, (struct register_end_of_all){end, at, end->event->time});
		return;
	}
	struct register_key *key = find_key(reading, parts);
	if (key)
		take_end_of_key(reading, key->last, end);
}

static int by_reach(const void *a, const void *b)
{
	const struct register_end_of_all *one = a, *other = b;
	if (one->reaches != other->reaches)
		return one->reaches < other->reaches ? -1 : 1;
	return one->end < other->end ? -1 : one->end > other->end;
}

/* Each then says, of those that reach as far as it or farther, the one that comes first. */
static void order_ends_of_all(struct register_reading *reading)
{
	if (reading->end_count)
		qsort(reading->ends, reading->end_count, sizeof *reading->ends, by_reach);
	for (size_t i = reading->end_count; i-- > 1;) {
		const struct register_end_of_all *far = &reading->ends[i];
		struct register_end_of_all *near = &reading->ends[i - 1];
		if (far->at < near->at || (far->at == near->at && far->end < near->end)) {
			near->at = far->at;
			near->end = far->end;
		}
	}
}

static void end_by_all(const struct register_reading *reading, struct register_draft *draft)
{
	size_t low = 0, high = reading->end_count;
	while (draft->opened && low < high) {
		size_t middle = low + (high - low) / 2;
		if (reading->ends[middle].reaches > draft->opened->event->time)
			high = middle;
		else
			low = middle + 1;
	}
	if (draft->opened && low < reading->end_count)
		close_draft(draft, reading->ends[low].end, reading->ends[low].at);
}

static bool read_once(struct register_reading *reading, const struct register_event *events, size_t count,
                      int64_t *left)
{
	if (reading->stage == READING_NEW)
		reading->stage = READING_STARTS;
	for (; *left > 0 && reading->stage != READING_DONE; --*left) {
		size_t all = reading->stage == READING_ENDS_OF_ALL ? reading->draft_count : count;
		if (reading->at == all) {
			reading->stage++;
			reading->at = 0;
			if (reading->stage == READING_ENDS_OF_ALL)
				order_ends_of_all(reading);
		} else if (reading->stage == READING_STARTS) {
			note_row(reading, &events[reading->at++]);
		} else if (reading->stage == READING_ENDS) {
			take_end(reading, &events[reading->at++]);
		} else {
			end_by_all(reading, reading->drafts[reading->at++]);
		}
	}
	return reading->stage == READING_DONE;
}

/* ---- a key that may open anew: one row an opening ---- */

static bool is_open(const struct register_draft *draft)
{
	return draft->closes_at == INSTANT_NEVER && draft->opened;
}

static void end_open(struct register_reading *reading, struct register_key *key, const struct register_event *end)
{
	if (is_open(key->last))
		close_draft(key->last, end, effective(reading, end->event));
	else
		key->pending = end; /* it may be of what begins at its own instant, or on its own date */
}

static void end_all_open(struct register_reading *reading, const struct register_event *end, int64_t *left)
{
	for (size_t i = 0; i < reading->open_count; i++)
		if (is_open(reading->open[i]))
			close_draft(reading->open[i], end, effective(reading, end->event));
	*left -= (int64_t)reading->open_count;
	reading->open_count = 0;
}

static void end_again(struct register_reading *reading, const struct register_event *end, int64_t *left)
{
	struct text parts[REGISTER_KEYS];
	bool one = key_of(reading, end->event, parts) && !ends_all(end->event);
	struct register_key *key = one || !reading->keys[0] ? find_key(reading, parts) : NULL;
	if (!key && one) { /* nothing of this key so far: remembered under a row that nothing opened */
		(void)add_draft(reading, parts);
		key = find_key(reading, parts);
	}
	if (key)
		end_open(reading, key, end);
	else
		end_all_open(reading, end, left);
}

static void start_again(struct register_reading *reading, const struct register_event *start)
{
	struct text parts[REGISTER_KEYS];
	(void)key_of(reading, start->event, parts); /* a key that may be left out: then it is of the empty one */
	struct register_key *key = find_key(reading, parts);
	if (key && is_open(key->last))
		return; /* said twice */
	struct register_draft *draft = key && !key->last->opened ? key->last : add_draft(reading, parts);
	draft->opened = start;
	*(struct register_draft **)mem_push((void **)&reading->open, &reading->open_count, &reading->open_room,
	                                    sizeof draft) = draft;
	key = find_key(reading, parts);
	const struct register_event *pending = key->pending;
	key->pending = NULL;
	if (pending && start->event->time >= pending->event->time &&
	    start->event->time <= effective(reading, pending->event))
		close_draft(draft, pending, effective(reading, pending->event));
}

/* At one instant the ends come first: they are of what ran before, and only if nothing did, of what begins there. */
static bool read_again(struct register_reading *reading, const struct register_event *events, size_t count,
                       int64_t *left)
{
	if (reading->stage == READING_NEW)
		reading->stage = count ? READING_ENDS : READING_DONE;
	for (; *left > 0 && reading->stage != READING_DONE; --*left) {
		bool of_instant = reading->at < count &&
		                  events[reading->at].event->time == events[reading->from].event->time;
		const struct register_event *event = of_instant ? &events[reading->at++] : NULL;
		if (!event && reading->stage == READING_ENDS) {
			reading->stage = READING_STARTS;
			reading->at = reading->from;
		} else if (!event) {
			reading->stage = reading->at == count ? READING_DONE : READING_ENDS;
			reading->from = reading->at;
		} else if (reading->stage == READING_STARTS) {
			if (register_selected(reading->opens, event->event))
				start_again(reading, event);
		} else if (ends_all(event->event) || register_selected(reading->closes, event->event)) {
			end_again(reading, event, left);
		}
	}
	return reading->stage == READING_DONE;
}

bool register_read_intervals(struct register_reading *reading, const struct register_event *events, size_t count,
                             int64_t *left)
{
	return reading->again ? read_again(reading, events, count, left) : read_once(reading, events, count, left);
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
