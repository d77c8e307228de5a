/* schemas: the event catalogue for those who send events: JSON Schemas, one a type, and an AsyncAPI document.
 *
 * The one rule: everything in them comes from the schema table and from the types that loaded rules declare;
 * docs/schemas/ holds what this writes without rules, and a test compares. */
#ifndef CASEWATCH_CLI_SCHEMAS_H
#define CASEWATCH_CLI_SCHEMAS_H

#include "event/schema.h"

/* The files: 0 .. schemas_count()-1. `name`: file name, "missing.started.json"; the text is appended to `out`. */
size_t schemas_count(void);
void schemas_file(size_t index, struct buffer *name, struct buffer *out);

/* Writes all of them into `directory`, which is made where it is missing. */
MUST_CHECK enum result schemas_write(const char *directory, struct fault *fault);

#endif
