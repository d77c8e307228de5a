/* event_check: the data of an event against the catalogue.
 *
 * Owns the fields and warnings of the event being parsed. The one rule: a bad required field refuses the event; a bad
 * optional one is set aside with a warning, and `restricted` then means restricted. Only event_parse.c uses it. */
#ifndef CASEWATCH_EVENT_EVENT_CHECK_H
#define CASEWATCH_EVENT_EVENT_CHECK_H

#include "event/event.h"

/* A member of data as read. Null is absent and never a member. */
struct event_member {
	struct text name;
	uint16_t number; /* schema_name of it, where `found` */
	bool found;
	struct value value; /* a number that no double holds, and an object, are VALUE_OTHER */
};

enum data_shape { DATA_IS_ABSENT, DATA_IS_OBJECT, DATA_IS_OTHER };

struct event_check {
	struct arena *arena; /* what this event needs and the bytes do not have */
	bool arena_used;
	bool plain;          /* every text of the event is printable ASCII */
	struct event_field *fields;
	size_t field_count, field_room;
	struct event_warning *warnings;
	size_t warning_count, warning_room;
	uint16_t restricted, birth; /* numbers of the names */
	uint64_t rest;       /* event.rest */
	const struct zone *zone; /* the parser's: an event's local date; NULL: UTC's */
};

struct event_check *event_check_new(void);
void event_check_free(struct event_check *check);
void event_check_reset(struct event_check *check); /* before each event */

#define EVENT_BLANKS_CUT "has blanks at its ends, which were cut"

/* Sets aside: `field` must outlive the event (a literal); the reason is a sentence without its subject: "is empty". */
void event_check_warn(struct event_check *check, const char *field, const char *reason);

/* Fills check->fields; event->type, id, subject and time are set already. */
MUST_CHECK enum result event_check_data(struct event_check *check, const struct event *event, enum data_shape shape,
                                        const struct event_member *members, size_t count, struct fault *fault);

#endif
