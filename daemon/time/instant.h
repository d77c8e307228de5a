/* instant: an instant as people and machines write it: RFC 3339.
 *
 * The one rule: what is printed reads back as the same instant; what cannot be read is refused with a reason, never
 * guessed. */
#ifndef CASEWATCH_TIME_INSTANT_H
#define CASEWATCH_TIME_INSTANT_H

#include "base/clock.h"
#include "text/json_write.h"

/* RFC 3339 as events.md reads it: any fraction digits (cut to microseconds), t/z, -00:00, :60 (the next second), years
 * 1990 to 2100. False with *why set to a short reason. */
bool instant_parse(struct text text, instant *at, const char **why);
/* "2020-01-29T23:10:00Z"; a fraction only where there is one; "never" and "unknown" for INSTANT_NEVER and INSTANT_NONE.
 * `out` has room for 32 bytes. */
void instant_print(instant at, char out[32]);
/* As a JSON string; "never" and "none" are null. */
void json_put_instant(struct json_writer *json, const char *key, instant value);

#endif
