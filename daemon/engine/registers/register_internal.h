/* register_internal: what the files that make a register's rows share. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_REGISTERS_REGISTER_INTERNAL_H
#define CASEWATCH_ENGINE_REGISTERS_REGISTER_INTERNAL_H

#include "engine/registers/register_rows.h"

/* A row on its way: an interval of a key. */
struct register_draft {
	struct text keys[REGISTER_KEYS];
	const struct register_event *opened;        /* NULL: nothing opens it */
	const struct register_event *closed;        /* NULL: it is open, or closes at a birthday */
	const char *closed_by;                      /* the type, or "birthday"; NULL: open */
	instant closes_at;                          /* of a date its last instant; INSTANT_NEVER: open */
	const struct register_event *contradiction; /* the latest end of the key that is dated before its start */
	struct register_draft *next_of_key;         /* the same key opened anew */
	struct register_value *values;
};

/* One key: its rows, in the order of their openings. */
struct register_key {
	uint64_t hash;
	struct register_draft *first, *last;
	/* Of the columns, which take the events in order: the row they belong to now, and the first it may be next. */
	struct register_draft *current, *ahead;
	struct register_draft *own; /* where each opening is a row: that of the latest of which columns were taken */
	const struct register_event
		*pending; /* an end that found nothing open, and may be of what begins on its date */
};

/* An end of all that had begun before it: a death, or one that names no key. */
struct register_end_of_all {
	const struct register_event *end;
	instant at;      /* as in close_draft */
	instant reaches; /* what had begun before this */
};

/* The rows of one register (or the intervals of one state) of one child, read event by event, so that of a child with
 * many it goes on where it stopped. */
struct register_reading {
	const struct zone *zone;
	const uint16_t *keys;                       /* REGISTER_KEYS of them, 0-ended */
	const struct selectors *row, *opens, *closes;
	bool again, each;
	struct arena *scratch;
	struct register_key *table;                 /* open addressing; `last` NULL: empty */
	size_t table_room, key_count;
	struct register_draft **drafts;             /* in the order in which they were met */
	size_t draft_count, draft_room;
	enum { READING_NEW, READING_STARTS, READING_ENDS, READING_ENDS_OF_ALL, READING_DONE } stage;
	size_t at, from;                            /* the event or draft; and the first event of its instant */
	struct register_end_of_all *ends;
	size_t end_count, end_room;
	struct register_draft **open;               /* among them are all that are open, where a key may open anew */
	size_t open_count, open_room;
};

/* Goes on reading the intervals; each event looked at, each time, takes one of `left`. True: all are read; the drafts
 * have no values yet. register_reading_free afterwards. */
bool register_read_intervals(struct register_reading *reading, const struct register_event *events, size_t count,
                             int64_t *left);
/* The one row of a register that has no key. */
void register_only_row(struct register_reading *reading);
void register_reading_free(struct register_reading *reading);
/* What `until-age` says, once the date of birth is known. */
void register_close_at_birthday(struct register_reading *reading, civil_day birth, int age);
/* The row that an event belongs to: the one that it makes itself, where each is a row; else of its key the latest that
 * had begun by its time, else the first; NULL: none. Of a register without a key its only row. Asked of the events in
 * their order; each row gone past takes one of `left`. */
struct register_draft *register_draft_of(struct register_reading *reading, const struct event *event, int64_t *left);
bool register_holds(const struct selector *selector, const struct event *event); /* the type is the selector's */
/* Asked of each event by each column: nearly always it is of another type. */
static inline bool register_selected(const struct selectors *selectors, const struct event *event)
{
	for (size_t i = 0; selectors && i < selectors->count; i++)
		if (selectors->items[i].type == event->type && register_holds(&selectors->items[i], event))
			return true;
	return false;
}

/* ---- register_order.c ---- */

/* Puts a child's events into the order of a history, piece by piece. Zeroed but for the first two. */
struct register_order {
	struct register_event *events;
	size_t count;
	struct register_event *spare;
	size_t width, at; /* runs of so many are in order (0: not yet known whether all are); and how far that came */
	bool in_spare;    /* the runs lie there */
};
bool register_order_step(struct register_order *order, int64_t *left); /* true: they are in order */
void register_order_free(struct register_order *order);

#endif
