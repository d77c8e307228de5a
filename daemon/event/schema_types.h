/* schema_types: the rows of the catalogue; only schema.c reads them.
 *
 * The one rule: what shared/events.md says stands here once; the first TYPE_ID_WELL_KNOWN rows are in that enum's
 * order. */
#ifndef CASEWATCH_EVENT_SCHEMA_TYPES_H
#define CASEWATCH_EVENT_SCHEMA_TYPES_H

#include "event/schema.h"

extern struct event_type schema_types[];  /* schema_start fills the name_id of their fields; constant from then on */
extern const size_t schema_types_count;

#endif
