/* event: one CloudEvent as casewatch holds it, and how bytes become one or a reason to refuse them.
 *
 * The one rule: a record is accepted, or refused with a reason; a bad optional field never hides a child (it becomes a
 * warning). events.md says which is which. */
#ifndef CASEWATCH_EVENT_EVENT_H
#define CASEWATCH_EVENT_EVENT_H

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "event/schema.h"
#include "time/calendar.h"

enum value_kind { VALUE_ABSENT, VALUE_BOOL, VALUE_NUMBER, VALUE_STRING, VALUE_LIST, VALUE_OTHER /* an object */ };

struct value {
	enum value_kind kind;
	union {
		bool boolean;
		double number;
		struct text string; /* words of a FIELD_WORD are in lower case */
		struct {
			const struct value *items;
			size_t count;
		} list;
		uint64_t other; /* VALUE_OTHER: a fingerprint of its meaning, of this process (json_meaning.h) */
	};
};

struct event_field {
	uint16_t name; /* schema_name */
	struct value value;
};

/* Something set aside while the event itself was accepted. */
struct event_warning {
	const char *field;  /* "data.risk", "recordedtime", "subject" */
	const char *reason; /* a sentence */
};

/* All text points into the bytes that were parsed or memory of the parser (or of whoever copied or unpacked it), need
 * not end in NUL, and lives as long as both. */
struct event {
	struct text id, source, type_name, subject;
	type_id type;
	bool day_precision;  /* only the date is known; time is local midnight */
	instant time;        /* when it happened */
	instant recorded;    /* INSTANT_NONE where not given */
	struct text replaces; /* empty where none */
	struct event_field *fields; /* data's own fields whose names are interned, in any order */
	size_t field_count;
	struct event_warning *warnings;
	size_t warning_count;
	uint64_t rest;       /* a fingerprint of what data says beside `fields`; 0: nothing (meaning.h) */
	bool in_bytes;       /* as parsed: but for words of the schema every text is in the bytes, and none is a list */
	uint64_t ref;        /* the host's handle of the stored event: row id; 0 before it is stored */
};

/* The field's value, or one of kind VALUE_ABSENT. */
const struct value *event_field(const struct event *event, uint16_t name);
static inline struct text event_string(const struct event *event, uint16_t name)
{
	const struct value *value = event_field(event, name);
	return value->kind == VALUE_STRING ? value->string : TEXT_NONE;
}
/* Whether data said something in the field that could not be read: it is absent, and not because nobody said it. */
bool event_set_aside(const struct event *event, uint16_t name);
/* Whether casewatch itself wrote it: answers and orders, by the pages, the tool and its other parts. */
bool event_is_own(const struct event *event);
/* By (time, source, id): the order of a history. */
int event_order(const struct event *a, const struct event *b);

/* Reading bytes. One parser a thread; it keeps its memory between events. */
struct event_parser;
struct event_limits {
	size_t bytes;   /* 65536; the line end is not counted; a single string may fill them */
	unsigned depth; /* 32; the event itself is 1 */
};
#define EVENT_LIMITS_DEFAULT ((struct event_limits){65536, 32})
/* `zone` may be NULL (then timeprecision day is not moved to local midnight). `prefix`: removed from type names,
 * copied. */
struct event_parser *event_parser_new(struct event_limits limits, struct text prefix, const struct zone *zone);
void event_parser_free(struct event_parser *parser);
/* From now on every byte is read the strict way: for tests, to which both ways must be one. */
void event_parser_strict(struct event_parser *parser);

/* Parses one structured event. `arrival`: now, for the test that `time` is not over 5 minutes after it was recorded;
 * INSTANT_NONE takes recordedtime, else time itself, as the arrival (backtest). On RESULT_OK *event is filled and lives
 * until the next call, and no longer than `bytes`. On RESULT_PERMANENT it is refused: `fault` says why, and event->id
 * and event->source are filled where readable. Blank lines are the caller's business; a byte-order mark at the start is
 * skipped. */
MUST_CHECK enum result event_parse(struct event_parser *parser, struct text bytes, instant arrival, struct event *event,
                                   struct fault *fault);
/* Binary mode: attributes from headers (name without "ce_", in any case), data from the body. An empty body is no data;
 * `content_type` may be empty. The limit of bytes is for all of them together. */
struct event_attribute {
	struct text name, value;
};
MUST_CHECK enum result event_parse_binary(struct event_parser *parser, const struct event_attribute *attributes,
                                          size_t count, struct text content_type, struct text body, instant arrival,
                                          struct event *event, struct fault *fault);

/* A deep copy into `arena`: every text, field, list and warning. */
void event_copy(struct event *to, const struct event *from, struct arena *arena);
/* The same, for one whose bytes live as long as the copy: texts that point into `bytes` are left there. */
void event_copy_around(struct event *to, const struct event *from, struct text bytes, struct arena *arena);

/* A compact copy for memory that holds many, at any address: all but the reasons of
 * warnings, of which those of data keep their field. Unpacking borrows from the packed
 * bytes. Only for this process: types and field names are kept by number. */
size_t event_packed_size(const struct event *event);
/* No less than that, and reckoned in a fraction of the time. */
size_t event_packed_most(const struct event *event);
/* Returns how many bytes it took. */
size_t event_pack(const struct event *event, void *to);
/* Values of lists of strings come back whole; the field array and list items are allocated in `arena`. */
void event_unpack(const void *packed, struct event *event, struct arena *arena);
/* Its id and source alone, borrowed likewise. */
struct text event_packed_id(const void *packed, struct text *source);

#endif
