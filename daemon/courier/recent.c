/* recent: an open-addressed table, made anew without the old when it is half full. */
#include "courier/recent.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>

#define ROOM_FIRST 64
#define LOOK_AGAIN (10 * SECOND)

static uint64_t named(uint64_t key)
{
	return key ? key : 1; /* 0 marks a free place */
}

/* Where the key is, or where it would go. */
static struct recent_entry *place(const struct recent *recent, uint64_t key)
{
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15u) & (recent->room - 1);
	while (recent->entries[at].key && recent->entries[at].key != key)
		at = (at + 1) & (recent->room - 1);
	return &recent->entries[at];
}

static void make_room(struct recent *recent, instant now)
{
	size_t live = 0;
	for (size_t i = 0; i < recent->room; i++)
		live += recent->entries[i].key && recent->entries[i].until > now;
	struct recent old = *recent;
	recent->room = ROOM_FIRST;
	while (recent->room < live * 4)
		recent->room *= 2;
	recent->entries = mem_zero(recent->room, sizeof *recent->entries);
	recent->count = 0;
	for (size_t i = 0; i < old.room; i++)
		if (old.entries[i].key && old.entries[i].until > now) {
			*place(recent, old.entries[i].key) = old.entries[i];
			recent->count++;
		}
	free(old.entries);
}

void recent_free(struct recent *recent)
{
	free(recent->entries);
	*recent = (struct recent){.entries = NULL};
}

struct recent_entry *recent_find(struct recent *recent, uint64_t key, instant now)
{
	struct recent_entry *entry = recent->room ? place(recent, named(key)) : NULL;
	return entry && entry->key && entry->until > now ? entry : NULL;
}

struct recent_entry *recent_make(struct recent *recent, uint64_t key, instant now, instant until)
{
	struct recent_entry *entry = recent_find(recent, key, now);
	if (!entry) {
		bool full = recent->count >= RECENT_MOST && now >= recent->look;
		if (full || recent->count * 2 >= recent->room)
			make_room(recent, now);
		if (full) /* it goes through all of them, so not for each that comes */
			recent->look = now + LOOK_AGAIN;
		if (recent->count >= RECENT_MOST) {
			if (!recent->full)
				log_warning("more than %d mailboxes, phones or alerts are being held back at once: "
				            "what comes beyond is not held back",
				            RECENT_MOST);
			recent->full = true;
			return NULL;
		}
		recent->full = false;
		entry = place(recent, named(key));
		recent->count += entry->key == 0;
		*entry = (struct recent_entry){.key = named(key), .from = INSTANT_NONE, .critical_from = INSTANT_NONE,
		                               .refused_until = INSTANT_NONE};
	}
	entry->until = until > entry->until ? until : entry->until;
	return entry;
}

void recent_forget(struct recent *recent, uint64_t key)
{
	struct recent_entry *entry = recent->room ? place(recent, named(key)) : NULL;
	if (entry && entry->key) /* its place stays taken until the table is made anew */
		entry->until = INSTANT_NONE;
}
