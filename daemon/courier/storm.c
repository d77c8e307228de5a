/* storm: more than five alerts to one phone within a minute are one text (rules.md, Grouping): the one case that holds
 * critical ones, and for no longer than that minute. A phone that rings thirty times is one that nobody reads.
 *
 * The first five go at once, each by itself. What goes in the same pass as more than five goes in one text now; what
 * comes later in the minute waits for its end. Only critical ones count against a critical one: others, which gather
 * for a minute anyway, hold none back. */
#include "courier/courier_internal.h"

#include "store/lines.h"

#define STORM_ALERTS 5
#define STORM_WITHIN MINUTE

static uint64_t key_of(struct text address)
{
	return place_key(address, 2);
}

/* An alert that asks for an answer, to a phone, that was never tried: of one that was, the phone may have the text. */
static bool is_of_storm(const struct courier *courier, const struct item *item)
{
	return channel_form(courier->ways[item->way].by->channel->reaches) == CHANNEL_BRIEF && item->about &&
	       item->about->known && !item->row.message_id.length && hours_asks(item);
}

/* To the phone of that row, and to the same person: two may share a phone, and each has a page of their own. */
static bool is_to(const struct pass *pass, const struct letter *letter, const struct outbox_row *row)
{
	return letter->count && !letter->tried && !letter->asks && is_of_storm(pass->courier, letter->items[0]) &&
	       place_same(letter->items[0]->row.address, row->address) &&
	       text_equal(letter->items[0]->row.person, row->person);
}

static size_t criticals(const struct letter *letter)
{
	size_t count = 0;
	for (size_t i = 0; i < letter->count; i++)
		count += letter->items[i]->row.critical;
	return count;
}

/* Critical alerts in letters of this pass to that phone; *first: the first of these letters. */
static size_t planned(const struct pass *pass, const struct outbox_row *row, struct letter **first)
{
	size_t count = 0;
	*first = NULL;
	for (size_t i = 0; i < pass->letter_count; i++) {
		struct letter *letter = pass->letters[i];
		if (!is_to(pass, letter, row) || !criticals(letter))
			continue;
		*first = *first ? *first : letter;
		count += criticals(letter);
	}
	return count;
}

static struct recent_entry *phone(const struct pass *pass, struct text address)
{
	return recent_find(&pass->courier->phones, key_of(address), pass->elapsed);
}

static bool is_within(const struct pass *pass, const struct recent_entry *entry)
{
	return entry && pass->elapsed < entry->from + STORM_WITHIN;
}

/* The minute is over, and what it held goes in one text, however many it became. */
static bool lets_go(const struct pass *pass, const struct recent_entry *entry)
{
	return entry && entry->silent && !is_within(pass, entry);
}

bool storm_takes(struct pass *pass, struct item *item, struct letter **letter, instant *until)
{
	struct letter *first;
	*letter = NULL;
	*until = pass->now;
	if (!item->row.critical || !is_of_storm(pass->courier, item))
		return false;
	struct recent_entry *entry = phone(pass, item->row.address);
	size_t before = planned(pass, &item->row, &first);
	before += is_within(pass, entry) ? (size_t)entry->held : 0;
	if (first && first->count < DIGEST_ALERTS && (before >= STORM_ALERTS || lets_go(pass, entry))) {
		first->items[first->count++] = item;
		first->storm = true;
		*letter = first;
		return true;
	}
	if (!is_within(pass, entry) || before < STORM_ALERTS)
		return false;
	entry->silent = true;
	entry->until = entry->from + 2 * STORM_WITHIN; /* so that it is known that some were held */
	*until = pass->now + (entry->from + STORM_WITHIN - pass->elapsed);
	return true;
}

bool storm_is_early(const struct pass *pass, const struct item *item)
{
	struct letter *first;
	return item->row.critical && is_of_storm(pass->courier, item) &&
	       planned(pass, &item->row, &first) < STORM_ALERTS &&
	       !mailbox_is_silent(pass->courier, item->row.address, pass->elapsed);
}

bool storm_gathers(const struct pass *pass, const struct letter *letter)
{
	const struct outbox_row *row = &letter->items[0]->row;
	return is_to(pass, letter, row) && criticals(letter) &&
	       (letter->storm || lets_go(pass, phone(pass, row->address)));
}

/* A minute begins with the first critical text after the last one. */
void storm_note(struct pass *pass, const struct letter *letter)
{
	if (!letter->rings)
		return;
	struct text address = letter->items[0]->row.address;
	bool within = is_within(pass, phone(pass, address));
	if (!within)
		recent_forget(&pass->courier->phones, key_of(address));
	struct recent_entry *entry =
		recent_make(&pass->courier->phones, key_of(address), pass->elapsed, pass->elapsed + STORM_WITHIN);
	if (!entry)
		return; /* the brake is off: told one by one rather than not at all */
	if (!within)
		entry->from = pass->elapsed;
	entry->held += (int)criticals(letter);
}

static void take_in(struct letter *into, struct letter *from)
{
	for (size_t i = 0; i < from->count; i++)
		into->items[into->count++] = from->items[i];
	into->storm = true;
	from->count = 0;
}

void storm_join(struct pass *pass)
{
	for (size_t i = 0; i < pass->letter_count; i++) {
		struct letter *into = pass->letters[i];
		if (!into->count || !criticals(into) || !is_to(pass, into, &into->items[0]->row))
			continue;
		const struct outbox_row *row = &into->items[0]->row;
		size_t all = 0;
		for (size_t k = i; k < pass->letter_count; k++)
			all += is_to(pass, pass->letters[k], row) ? pass->letters[k]->count : 0;
		for (size_t k = i + 1; k < pass->letter_count && all > STORM_ALERTS; k++)
			if (is_to(pass, pass->letters[k], row) &&
			    into->count + pass->letters[k]->count <= DIGEST_ALERTS)
				take_in(into, pass->letters[k]);
		into->rings = true;
		if (into->storm)
			store_log_notice(pass->courier->settings.store,
			                 "%zu alerts to one phone within a minute go in one text", into->count);
	}
}
