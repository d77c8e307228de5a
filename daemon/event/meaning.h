/* meaning: whether two events say the same.
 *
 * The one rule (events.md, `source`+`id`): what counts is type, subject, time as an instant, precision, what it
 * replaces, and data: as JSON values, listed words without regard to case (as the parser keeps them), free text
 * exactly. All other attributes may differ: the time of recording, the media type, what tracing adds on the way. */
#ifndef CASEWATCH_EVENT_MEANING_H
#define CASEWATCH_EVENT_MEANING_H

#include "event/event.h"

/* Of two events of one process, parsed under the same rules. */
bool event_same_meaning(const struct event *a, const struct event *b);
/* A fingerprint of a value's meaning, of this process (json_meaning.h). */
uint64_t value_meaning(const struct value *value);

#endif
