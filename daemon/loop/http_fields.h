/* http_fields: what stands in a query or a form, decoded; private to loop/. Pure. */
#ifndef CASEWATCH_LOOP_HTTP_FIELDS_H
#define CASEWATCH_LOOP_HTTP_FIELDS_H

#include "loop/http_server.h"

/* Adds the fields of "a=1&b=x+y%21" to `fields`, which has room for HTTP_FIELDS_MOST. NULL, or what is wrong with
 * them. */
const char *http_fields_read(struct text encoded, struct http_field *fields, size_t *count, struct arena *arena);
/* Decodes %XX, and + as a blank where `plus`. false: not well formed, not UTF-8, or a NUL. */
MUST_CHECK bool http_decode(struct text encoded, bool plus, struct arena *arena, struct text *decoded);

#endif
