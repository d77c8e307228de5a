/* http_fields: what stands in a query, a form or the headers, decoded; private to loop/. Pure. */
#ifndef CASEWATCH_LOOP_HTTP_FIELDS_H
#define CASEWATCH_LOOP_HTTP_FIELDS_H

#include "loop/http_server.h"

/* Adds the fields of "a=1&b=x+y%21" to `fields`, which has room for HTTP_FIELDS_MOST. NULL, or what is wrong with
 * them. */
const char *http_fields_read(struct text encoded, struct http_field *fields, size_t *count, struct arena *arena);
/* NULL, or why it is not certain where it ends (RFC 9112, 6.3): it has two lengths that are not the same, so that what
 * stands between is of this request to one reader on its way and the next request to another; or it comes in a coding
 * that nobody here undoes, or without a length, and its body was not read at all. */
const char *http_framing_wrong(const struct http_incoming *request);
/* Decodes %XX, and + as a blank where `plus`. false: not well formed, not UTF-8, or a NUL. */
MUST_CHECK bool http_decode(struct text encoded, bool plus, struct arena *arena, struct text *decoded);

#endif
