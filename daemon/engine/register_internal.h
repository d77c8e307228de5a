/* register_internal: what the two files that make a register's rows share. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_REGISTER_INTERNAL_H
#define CASEWATCH_ENGINE_REGISTER_INTERNAL_H

#include "engine/register_rows.h"

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
	const struct register_event
		*pending; /* an end that found nothing open, and may be of what begins on its date */
};

/* The rows of one register (or the intervals of one state) of one child. */
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
};

/* Reads the intervals; the drafts have no values yet. register_reading_free afterwards. */
void register_read_intervals(struct register_reading *reading, const struct register_event *events, size_t count);
/* The one row of a register that has no key. */
void register_only_row(struct register_reading *reading);
void register_reading_free(struct register_reading *reading);
/* What `until-age` says, once the date of birth is known. */
void register_close_at_birthday(struct register_reading *reading, civil_day birth, int age);
/* The row that an event belongs to: of its key the latest that had begun by its time, else the first; NULL: none. Of a
 * register without a key its only row. */
struct register_draft *register_draft_of(const struct register_reading *reading, const struct event *event);
bool register_selected(const struct selectors *selectors, const struct event *event);

#endif
