/* spool: events of the tool's own, put where the daemon takes them like any other.
 *
 * The one rule: the tool never writes to the database: an answer is an event through the same door, whole or not
 * there. */
#ifndef CASEWATCH_CLI_SPOOL_H
#define CASEWATCH_CLI_SPOOL_H

#include "cli/opened.h"
#include "source/spool_put.h"

#define SPOOL_SOURCE "/casewatch/tool"

/* An id that is never given twice: the time and 64 random bits. */
#define SPOOL_ID_SIZE 48
void spool_id(instant now, char id[SPOOL_ID_SIZE]);

/* Begins a CloudEvent of this source in `out` and leaves the writer inside its data object: add the data, then call
 * spool_event_end, which adds the line end. */
struct json_writer spool_event(struct buffer *out, const char *id, const char *type, struct text subject, instant now);
void spool_event_end(struct json_writer *json);

/* The directory of the configuration, or NULL after saying what is missing. */
const char *spool_directory(struct cli *cli, const struct config *config);

#endif
