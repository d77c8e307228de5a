/* event_read: what the two ways of reading an event fill, and judging then looks at.
 *
 * The strict way (event_parse.c, over json_read.h) takes all of JSON and says what is wrong. The short way
 * (event_short.c) takes most lines as case systems write them, in a third of the time. The one rule: what the short way
 * takes, it reads exactly as the strict one would; at the first doubt it takes nothing (tests/unit/event_short_test).
 * Before it, a line whose keys stand as in one before is compared with that (event_pieces.c).
 * Internal to event/. */
#ifndef CASEWATCH_EVENT_EVENT_READ_H
#define CASEWATCH_EVENT_EVENT_READ_H

#include "event/event.h"
#include "event/event_check.h"
#include "text/json_read.h"

enum attribute {
	OTHER,
	SPECVERSION,
	ID,
	SOURCE,
	TYPE,
	SUBJECT,
	TIME,
	TIMEPRECISION,
	RECORDEDTIME,
	REPLACES,
	DATACONTENTTYPE,
	DATA_BASE64,
	DATA,
	ATTRIBUTES
};

struct attribute_value {
	enum json_token token; /* JSON_NULL: absent */
	struct text text;      /* of a string */
};

/* Names that were looked up before, by their first bytes: most events say the same few. What the schema has once it has
 * for ever. */
#define KNOWN_NAMES 64
struct known_name {
	uint64_t head;
	struct text name; /* the schema's own; empty: a free place */
	uint16_t number;
};

/* The values of the line that is read the short way, in their order. */
#define VALUES_MOST 48 /* no fewer than the short way takes at all */
struct value_seen {
	const char *from, *until; /* with its quotes */
	struct text key;
	uint16_t number;          /* of a member of data: of its name; 0: not known */
	uint8_t of;               /* enum attribute; DATA: a member of it */
};

struct event_parser {
	struct event_limits limits;
	char *prefix;
	size_t prefix_length;
	const struct zone *zone;
	struct json_reader *json;
	struct event_check *check;
	struct attribute_value attributes[ATTRIBUTES];
	enum data_shape shape;
	struct event_member *members;
	size_t member_count, member_room;
	struct value *items; /* of all lists among the members, one list after the other */
	size_t item_count, item_room;
	uint64_t other;  /* what data means that is no object */
	bool strict;     /* the strict way alone */
	bool plain;      /* read the short way: every text is printable ASCII and lies in the bytes */
	struct known_name fields[KNOWN_NAMES], types[KNOWN_NAMES];
	struct value_seen seen[VALUES_MOST];
	size_t seen_count;
	struct event_pieces *pieces; /* event_pieces.c; NULL: of none yet */
};


/* Which attribute a key names. */
enum attribute event_attribute_of(struct text key);

/* Fills the attributes and members of a parser that was reset, from one structured event; false: the strict way is
 * needed, and the parser to be reset. */
bool event_read_short(struct event_parser *parser, struct text bytes);

/* The same for a line that says nothing new between its values: keys, braces and blanks stand as in lines before it.
 * False: it is another, and the parser to be reset. */
bool event_read_as_before(struct event_parser *parser, struct text bytes);
/* Of a line that was read the short way just now. */
void event_keep_pieces(struct event_parser *parser, struct text bytes);
void event_free_pieces(struct event_parser *parser);

/* The number of a type name, or TYPE_UNKNOWN, as schema_find has it. */
type_id event_find_type(struct event_parser *parser, struct text name);

#endif
