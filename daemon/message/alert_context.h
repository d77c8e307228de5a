/* alert_context: all that a message about an alert needs to know, read from the store.
 *
 * The one rule: it reads and never writes; everything it hands out lives in the caller's arena, so that rendering
 * depends on nothing that changes. */
#ifndef CASEWATCH_MESSAGE_ALERT_CONTEXT_H
#define CASEWATCH_MESSAGE_ALERT_CONTEXT_H

#include "message/message.h"
#include "people/allocation.h"

struct alert_context;

/* The ids whose records are one history with `subject` (after person.merged), itself included; fills at most `room`,
 * returns how many. The texts live until the next call. */
typedef size_t alert_context_linked(void *context, struct text subject, struct text *ids, size_t room);

struct alert_context_sources {
	struct store *store;
	const struct directory *directory;
	const struct ruleset *rules;
	const struct calendar *calendar;
	alert_context_linked *linked;  /* NULL: a subject is its own only id */
	void *context;
	/* Another that was gathered in the same transaction and into the same arena; NULL: none. Where it is of the
	 * same child its history is taken, and not read once more: an alert tells three roles, one after another. */
	const struct alert_context *before;
	bool by_log;  /* a machine of a cell, which knows from the log whose message was given up */
	bool claimed; /* the outbox row is as the outbox has it now, its text in the arena: it is not read again */
	struct history_cache *kept; /* where histories are kept from one to the next; NULL: nowhere (history.h) */
};

#define GATHER_ALLOCATIONS 64
#define GATHER_EVENTS 20000 /* of one history; the newest beyond that are left out, loudly */
#define GATHER_TOLD                                                                                                    \
	200 /* messages of one alert: the newest, and of older ones the first GATHER_FIRST, as a critical alert        \
	     * that nobody answers is asked about every half hour, and what was told first must not be forgotten */
#define GATHER_FIRST 50
/* Of the oldest so many are looked at for the first that was taken for each role: an alert that nobody answers for a
 * year has 35,000, and each message about it would read all of them on the loop. */
#define GATHER_LOOKED 1000
#define GATHER_STANDING 50

/* The outbox rows of the alert, oldest first; of more than GATHER_TOLD those between the first and the newest are left
 * out, but for the first that was taken for each role. Text in the arena. */
struct alert_context_rows {
	struct outbox_row *items;
	size_t count;
};

/* An alert, and whom its child is allocated to. */
struct alert_context {
	struct alert_context_rows rows; /* as they were when it was gathered */
	bool known;              /* the alert has a row (an early warning has none) */
	bool acknowledged;
	instant acknowledged_at; /* INSTANT_NONE: not */
	struct message_alert alert;
	struct allocation open[GATHER_ALLOCATIONS];
	size_t open_count;
};

/* For the outbox row's alert as of `now`. What is missing (no rule, no row, no event) is left empty and is no fault. */
MUST_CHECK enum result alert_context_alert(const struct alert_context_sources *gather, const struct outbox_row *row,
                                           instant now, struct arena *arena, struct alert_context *out,
                                           struct fault *fault);

/* `own`: one of them, as the outbox has it now, its text in the arena: it is not read once more; NULL: none is. */
MUST_CHECK enum result alert_context_rows(struct store *store, struct text alert, const struct outbox_row *own,
                                          struct arena *arena, struct alert_context_rows *rows,
                                          struct fault *fault);

/* The row with all its text copied into the arena. */
void alert_context_own_row(struct outbox_row *row, struct arena *arena);

#endif
