/* journal_ring: what passes from the journal's thread to the loop's: records and their absence, and whom the group
 * names.
 *
 * The one rule: it is bounded, and the loop waits for nothing. Part of the journal; only cell/ includes it. */
#ifndef CASEWATCH_CELL_JOURNAL_RING_H
#define CASEWATCH_CELL_JOURNAL_RING_H

#include "base/clock.h"
#include "cell/journal_record.h"

/* Items that the loop has not taken: a third of a megabyte, and some ten milliseconds of the journal at its fastest. */
#define JOURNAL_ITEMS_MOST 1024

enum journal_item_kind {
	JOURNAL_ITEM_RECORD,       /* `bytes` stand at `position` */
	JOURNAL_ITEM_GAP,          /* what was before `position` is gone unread */
	JOURNAL_ITEM_NOT_APPENDED, /* `bytes` were not, or nobody knows whether */
	JOURNAL_ITEM_END,          /* all was read, for the first time */
};
struct journal_item {
	enum journal_item_kind kind;
	size_t council;
	int64_t position;
	instant at;    /* of a record: when it was appended, as the topic keeps it; INSTANT_NONE: nobody knows */
	size_t length; /* may be more than JOURNAL_RECORD_MOST: then it is no record, and `bytes` are its beginning */
	char bytes[JOURNAL_RECORD_MOST];
};

struct journal_ring;
struct journal_ring *journal_ring_new(size_t councils, struct fault *fault); /* NULL: no descriptor to be had */
void journal_ring_free(struct journal_ring *ring);

/* The thread's side. */
bool journal_ring_wait_room(struct journal_ring *ring, int patience_ms);
/* False: there is no room, and it is forgotten: for what is said again by itself. */
bool journal_ring_push(struct journal_ring *ring, const struct journal_item *item);
void journal_ring_name(struct journal_ring *ring, size_t council, bool named);
bool journal_ring_stopping(struct journal_ring *ring);

/* The loop's side. */
int journal_ring_fd(const struct journal_ring *ring);
void journal_ring_quiet(struct journal_ring *ring); /* reads the descriptor */
bool journal_ring_take(struct journal_ring *ring, struct journal_item *item);
/* *unnamed: for a time since this was asked last it was not named, however short: another may have been, and whoever
 * waits to hear that it left waits for this. */
bool journal_ring_named(struct journal_ring *ring, size_t council, bool *unnamed);
void journal_ring_wake(struct journal_ring *ring); /* the descriptor is readable: more waits than one turn takes */
void journal_ring_stop(struct journal_ring *ring);

#endif
