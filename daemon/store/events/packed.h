/* packed: stored events in SQL, whose bytes are packed (event/packing.h).
 *
 * The one rule: whoever asks for what an event says asks for event_json(id, packed, bytes), and never for its bytes. */
#ifndef CASEWATCH_STORE_EVENTS_PACKED_H
#define CASEWATCH_STORE_EVENTS_PACKED_H

#include "base/result.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* Makes the function known to the connection: the bytes of an event as they came. One that can no longer be read is
 * NULL, and the others go on; `see` is told of it, each time that it is asked for. Without `see` it ends the statement
 * with its number. */
typedef void packed_see(void *argument, int64_t event, const char *why);
bool packed_function(sqlite3 *database, packed_see *see, void *argument);

/* Reads every stored event, minutes where there are many, and counts those of which nothing can be made any more: a
 * byte that turned on the disk is in no index, and SQLite does not see it. One that unpacks to other, strict JSON is
 * not found: nothing stored says what it was. A database of an older schema has none that are packed: none is counted.
 * RESULT_TEMPORARY: it was interrupted. */
struct packed_damage {
	int64_t count, first; /* the lowest number */
	struct fault why;     /* of that */
};
MUST_CHECK enum result packed_sound(sqlite3 *database, struct packed_damage *damage, struct fault *fault);

#endif
