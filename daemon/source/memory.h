/* memory: a source whose log is in memory, for tests of the loop.
 *
 * The one rule: it behaves as a log does: what was put stays, in its order, and is read from where the store stands. */
#ifndef CASEWATCH_SOURCE_MEMORY_H
#define CASEWATCH_SOURCE_MEMORY_H

#include "source/source.h"

struct memory_source;
/* *memory: to put records with; it goes with the source (source_stop). It is up at once. */
struct source *memory_source_open(const struct source_settings *settings, struct memory_source **memory);
/* One more record at the end of `position`'s log ("memory:0"); a position is a part of its own, as a partition is. */
void memory_source_put(struct memory_source *memory, const char *position, const char *bytes);
/* The same of a log that keeps when it took a record, and what was ordered by it, as one of a cell does
 * (docs/cells.md); `order`: NULL: nothing was. Its seal was looked at. While such a source is down nobody knows what is
 * left in it, and clocks wait for it. */
void memory_source_put_logged(struct memory_source *memory, const char *position, const char *bytes, instant arrived,
                              const char *order);
/* Nothing more of that part is handed out until it is let go, as of a partition that falls behind the others. */
void memory_source_hold(struct memory_source *memory, const char *position, bool held);
/* What it says of itself with the next wake; SOURCE_DOWN: it hands out nothing until it is up again. */
void memory_source_say(struct memory_source *memory, enum source_state state, const char *sentence);

#endif
