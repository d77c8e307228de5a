/* zone_file: the file of a time zone (TZif, RFC 8536), read into a list of changes of the offset.
 *
 * The one rule: the bytes are hostile until proven otherwise; every count and index is checked before it is used. */
#ifndef CASEWATCH_TIME_ZONE_FILE_H
#define CASEWATCH_TIME_ZONE_FILE_H

#include "base/text.h"

#define ZONE_FIRST_YEAR 1970
#define ZONE_LAST_YEAR 2101

/* From `at` on, in seconds since 1970, local time is `offset` seconds east of UTC. */
struct zone_change {
	int64_t at;
	int32_t offset;
};

/* In order of time, each offset differing from the one before. The first begins at INT64_MIN. */
struct zone_changes {
	struct zone_change *items; /* free with free() */
	size_t count, room;
};

/* The changes from 1970 to 2101: the file's own table, then the rule in its footer for the years after the table. */
MUST_CHECK enum result zone_file_parse(struct text tzif, struct zone_changes *changes, struct fault *fault);

/* The footer's rule alone ("GMT0BST,M3.5.0/1,M10.5.0"), added for instants after `after`. */
MUST_CHECK enum result zone_rule_expand(struct text rule, int64_t after, struct zone_changes *changes,
                                        struct fault *fault);

/* Adds a change unless the offset stays the same. */
void zone_changes_add(struct zone_changes *changes, int64_t at, int32_t offset);

#endif
