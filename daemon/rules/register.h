/* register: a table that is a function of the events, as declared beside the rules: what makes a row, what opens and
 * closes it, and its columns.
 *
 * A register has one row a key (an episode, a hold, a placement), or one a child; lists and reports are SELECTs on
 * registers and read no history. The one rule: a declaration says everything, so that a table built from nothing and
 * one brought up to date event by event are the same. Part of a struct ruleset, which owns all it points to. */
#ifndef CASEWATCH_RULES_REGISTER_H
#define CASEWATCH_RULES_REGISTER_H

#include "event/schema.h"
#include "rules/condition.h"
#include "rules/selector.h"

#define REGISTER_KEYS 3     /* fields that make a key */
#define REGISTER_FIELDS 128 /* columns of a table, those that every register has included */

/* Where the value of a column comes from. */
enum register_source {
	REGISTER_FIRST, /* of the earliest event of the key */
	REGISTER_LAST,  /* of the latest */
	REGISTER_COUNT, /* how many events of the key */
	REGISTER_OPEN,  /* since when a state is open for the child; NULL where it is not */
};

struct register_column {
	const char *name;
	enum register_source source;
	struct selectors from;      /* FIRST, LAST, COUNT */
	uint16_t field;             /* FIRST, LAST: the data field; 0: when it happened */
	bool person_fact; /* a fact about a person (rules.md, "Facts"): it fails closed, and must be plausible */
	bool tells_unreadable;      /* a second field, NAME_unreadable: it came, and could not be read */
	const char *state;          /* OPEN: its name */
	struct selectors to;        /* OPEN: what ends it; `from` is what begins it */
	uint16_t keys[REGISTER_KEYS];
	size_t at;                  /* its first field in a row */
};

/* A standing alert of the row's child, by rule: joined when the register is read, because alerts come and go by the
 * clock. */
struct register_alert {
	const char *name, *rule;
};

/* A field of the table, as SQLite holds it. */
enum register_type { REGISTER_TEXT, REGISTER_INTEGER, REGISTER_REAL, REGISTER_ANY,
	             REGISTER_INSTANT /* microseconds, UTC */, REGISTER_FLAG /* 0 or 1 */ };
struct register_field {
	const char *name, *title;
	enum register_type type;
};

struct register_def {
	const char *id, *title, *about, *file;
	int line;
	uint16_t keys[REGISTER_KEYS]; /* 0-ended; none: one row a child */
	bool every_child;             /* one row for every child of whom there is any event */
	bool each;                    /* every event of `opens` is a row of its own */
	bool again;                   /* a key that was closed may open anew: one row an opening */
	struct selectors row;         /* an event of these makes a row of its key, also where nothing opens it */
	struct selectors opens, closes;
	int until_age;                /* what is open closes at this birthday; 0: not */
	struct register_column *columns;
	size_t column_count;
	struct register_alert *alerts;
	size_t alert_count;
	struct register_field *fields; /* all of a row, in order */
	size_t field_count;
	/* First fields of what every register has; SIZE_MAX where it has none. */
	size_t field_opened, field_closed, field_closed_by, field_contradiction;
	uint64_t fingerprint;          /* of all that the declaration says: when it changes, the table is built anew */
};

/* One value of a row. */
enum register_value_kind { REGISTER_VALUE_NULL, REGISTER_VALUE_INTEGER, REGISTER_VALUE_REAL, REGISTER_VALUE_TEXT };
struct register_value {
	enum register_value_kind kind;
	union {
		int64_t integer;
		double real;
		struct text text; /* borrowed from what it was made of, or lives for ever */
	};
};

/* A moment takes four fields: NAME, NAME_by_date, NAME_recorded, NAME_arrived. */
#define REGISTER_MOMENT_FIELDS 4

#endif
