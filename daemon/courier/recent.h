/* recent: what was seen a short while ago, by a 64-bit key; forgotten when its time is over.
 *
 * The one rule: it is a brake and not a record: nothing depends on it being complete. Times are of clock_elapsed. */
#ifndef CASEWATCH_COURIER_RECENT_H
#define CASEWATCH_COURIER_RECENT_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

/* More than this are not kept: the newest are left out, the brake is off for them, and the log says so once until there
 * is room again. Ten thousand mailboxes in trouble at once are the server's trouble, which has a brake of its own. */
#define RECENT_MOST 16384

struct recent_entry {
	uint64_t key;      /* 0: free */
	instant until;     /* forgotten after it */
	/* the rest is the user's: of a mailbox, see mailbox.c */
	instant from, critical_from; /* when it may be asked again */
	instant refused_until;       /* it refuses until then */
	int under_way;               /* messages to it that were handed over */
	int held;                    /* rows that were held back for it, since it was last at rest */
	int strikes;                 /* attempts without success, one after another */
	bool silent;
};

struct recent {
	struct recent_entry *entries;
	size_t count, room; /* room: a power of two, or 0 */
	bool full;          /* it was said that there is no room */
	instant look;       /* while there is none: when it is next looked for whose time is over */
};
void recent_free(struct recent *recent); /* frees what it holds; usable again */
/* The entry of the key if it is there and its time is not over; NULL: none. Valid until the next recent_make. */
struct recent_entry *recent_find(struct recent *recent, uint64_t key, instant now);
/* The entry of the key, made if need be (its times in the past, all else zero), and kept until `until` at least; NULL:
 * there is no room. */
struct recent_entry *recent_make(struct recent *recent, uint64_t key, instant now, instant until);
void recent_forget(struct recent *recent, uint64_t key);

#endif
