/* packed: stored events in SQL, whose bytes are packed (event/packing.h).
 *
 * The one rule: whoever asks for what an event says asks for event_json(id, packed, bytes), and never for its bytes. */
#ifndef CASEWATCH_STORE_EVENTS_PACKED_H
#define CASEWATCH_STORE_EVENTS_PACKED_H

#include <sqlite3.h>
#include <stdbool.h>

/* Makes the function known to the connection: the bytes of an event as they came. One that cannot be unpacked ends the
 * statement with its number. */
bool packed_function(sqlite3 *database);

#endif
