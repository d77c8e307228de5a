/* ownership_known: what is known of the journal: the INTENTs without a RESULT, found by their row, and what is asked
 * about them. */
#include "cell/ownership_internal.h"

#include <assert.h>
#include <stdlib.h>

/* ---- the table of INTENTs ---- */

static uint64_t row_hash(const struct journal_row *row)
{
	return text_hash((struct text){(const char *)row->at, sizeof row->at}, hash_seed());
}

struct intent *ownership_find(struct ownership *ownership, const struct journal_row *row, uint64_t nonce,
                              uint32_t attempt)
{
	struct map_walk walk = map_walk(&ownership->by_row, row_hash(row));
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;) {
		struct intent *intent = &ownership->intents[number];
		if (intent->nonce == nonce && intent->attempt == attempt && journal_row_equal(&intent->row, row))
			return intent;
	}
	return NULL;
}

struct intent *ownership_add(struct ownership *ownership, const struct intent *new)
{
	struct intent *intent =
		mem_push((void **)&ownership->intents, &ownership->count, &ownership->room, sizeof *intent);
	*intent = *new;
	map_add(&ownership->by_row, row_hash(&intent->row), (uint32_t)(ownership->count - 1));
	ownership->own += intent->stage != OTHERS;
	return intent;
}

/* The last takes its place. */
void ownership_remove(struct ownership *ownership, struct intent *intent)
{
	uint32_t at = (uint32_t)(intent - ownership->intents), last = (uint32_t)ownership->count - 1;
	ownership->own -= intent->stage != OTHERS;
	(void)map_remove(&ownership->by_row, row_hash(&intent->row), at);
	if (at != last) {
		uint64_t hash = row_hash(&ownership->intents[last].row);
		(void)map_remove(&ownership->by_row, hash, last);
		ownership->intents[at] = ownership->intents[last];
		map_add(&ownership->by_row, hash, at);
	}
	ownership->count--;
}

struct intent *ownership_find_own(struct ownership *ownership, const struct journal_row *row, enum stage stage)
{
	struct map_walk walk = map_walk(&ownership->by_row, row_hash(row));
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;) {
		struct intent *intent = &ownership->intents[number];
		if (intent->stage == stage && journal_row_equal(&intent->row, row))
			return intent;
	}
	return NULL;
}

instant ownership_free_at(const struct ownership *ownership, const struct journal_row *row)
{
	instant at = INSTANT_NONE;
	struct map_walk walk = map_walk(&ownership->by_row, row_hash(row));
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;) {
		const struct intent *intent = &ownership->intents[number];
		if (!journal_row_equal(&intent->row, row))
			continue;
		if (intent->stage != OTHERS)
			return INSTANT_NEVER;
		if (intent->read + OWNERSHIP_DOUBT_WAITS > at)
			at = intent->read + OWNERSHIP_DOUBT_WAITS;
	}
	return at;
}

/* ---- what it knows ---- */

bool ownership_is_named(const struct ownership *ownership)
{
	return ownership->state != AWAY;
}

bool ownership_owns(const struct ownership *ownership)
{
	return ownership->state == OWNER;
}

size_t ownership_under_way(const struct ownership *ownership)
{
	return ownership->own;
}

size_t ownership_doubtful(const struct ownership *ownership)
{
	size_t count = 0;
	for (size_t i = 0; i < ownership->count; i++)
		count += ownership->intents[i].doubtful;
	return count;
}

/* All that is open and not doubtful is the last owner's, so between this place and the next record no OWN stands. */
struct ownership_place ownership_place(const struct ownership *ownership)
{
	struct ownership_place place = {ownership->next, ownership->owner};
	for (size_t i = 0; i < ownership->count && !OWNERSHIP_LEFT_OUT(PLACE); i++) {
		const struct intent *intent = &ownership->intents[i];
		if (intent->logged && !intent->doubtful && intent->position < place.position)
			place.position = intent->position;
	}
	return place;
}

/* ---- life ---- */

struct ownership *ownership_new(struct text council, struct text owner, uint64_t life, struct ownership_place place,
                                instant now)
{
	assert(council.length > 0 && council.length <= JOURNAL_NAME_MOST);
	assert(owner.length > 0 && owner.length <= JOURNAL_NAME_MOST);
	struct ownership *ownership = MEM_NEW(struct ownership);
	memcpy(ownership->council, council.at, council.length);
	memcpy(ownership->owner_name, owner.at, owner.length);
	ownership->council_length = council.length;
	ownership->owner_length = owner.length;
	ownership->life = life;
	ownership->next = place.position;
	ownership->owner = place.owner;
	/* An earlier life may have read an INTENT a moment ago, and the OWN behind it. */
	ownership->doubt_waits = now + OWNERSHIP_DOUBT_WAITS;
	return ownership;
}

void ownership_free(struct ownership *ownership)
{
	if (!ownership)
		return;
	map_free(&ownership->by_row);
	free(ownership->intents);
	free(ownership->orders);
	free(ownership);
}

/* ---- for explorations ---- */

struct ownership *ownership_copy(const struct ownership *ownership)
{
	struct ownership *copy = MEM_NEW(struct ownership);
	*copy = *ownership;
	copy->intents = NULL;
	copy->orders = NULL;
	copy->count = copy->room = copy->own = 0;
	copy->order_count = copy->order_room = copy->order_first = 0;
	copy->by_row = (struct map){.count = 0};
	for (size_t i = 0; i < ownership->count; i++)
		(void)ownership_add(copy, &ownership->intents[i]);
	for (size_t i = ownership->order_first; i < ownership->order_count; i++) {
		struct ownership_order *order =
			mem_push((void **)&copy->orders, &copy->order_count, &copy->order_room, sizeof *order);
		*order = ownership->orders[i];
		if (order->kind == OWNERSHIP_APPEND) {
			order->record.council.at = copy->council;
			order->record.owner.at = order->record.owner.at ? copy->owner_name : NULL;
		}
	}
	return copy;
}

static void put(struct buffer *out, int64_t number)
{
	buffer_add(out, &number, sizeof number);
}

/* INSTANT_NONE and INSTANT_NEVER are the same from wherever they are looked at. */
static void put_instant(struct buffer *out, instant at, instant now)
{
	put(out, at == INSTANT_NONE || at == INSTANT_NEVER ? at : at - now);
}

void ownership_put(const struct ownership *ownership, instant now, struct buffer *out)
{
	bool claiming = ownership->state == CLAIMING, lost = ownership->state == LOST;
	put(out, ownership->state);
	put(out, (int64_t)ownership->nonce);
	put(out, (int64_t)ownership->owner);
	put(out, ownership->next);
	put(out, ownership->pause);
	put_instant(out, claiming ? ownership->claimed : lost ? ownership->again_at : INSTANT_NONE, now);
	put_instant(out, ownership->doubt_waits > now ? ownership->doubt_waits : INSTANT_NONE, now);
	for (size_t i = 0; i < ownership->count; i++) {
		const struct intent *intent = &ownership->intents[i];
		buffer_add(out, intent->row.at, sizeof intent->row.at);
		put(out, (int64_t)intent->nonce);
		put(out,
		    intent->attempt * 64 + (int64_t)intent->stage * 16 + intent->logged * 8 + intent->doubtful * 4);
		put(out, intent->logged ? intent->position : -1);
		put_instant(out, intent->logged ? intent->read : INSTANT_NONE, now);
		put_instant(out, intent->stage == ASKED || intent->stage == STARTED ? intent->asked : INSTANT_NONE,
		            now);
		put_instant(out, intent->stage == ENDED ? intent->again : INSTANT_NONE, now);
		put(out, intent->stage == ENDED ? intent->what : 0);
	}
}
