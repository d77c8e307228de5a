/* http_rest: what a client still sends when it was refused is read and thrown away; private to loop/.
 *
 * Whoever is sending hears nothing before it has sent all, and a connection that ends meanwhile takes the answer with
 * it: the sender takes it for a network that broke, and sends the same again, for ever. */
#ifndef CASEWATCH_LOOP_HTTP_REST_H
#define CASEWATCH_LOOP_HTTP_REST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

#define HTTP_REST_MOST (16 << 20) /* bytes: thirty of the largest requests; what is longer ends in one that breaks */
#define HTTP_REST_WITHIN_MOST (5 * SECOND) /* a place is taken meanwhile; one who needs it makes room as always */

struct bufferevent;
struct http_rest {
	bool began;
	size_t bytes;
	instant since;
};
/* evhttp has let go of it; the caller's reference holds it. It has no callbacks any more once its client is through. */
void http_rest_begin(struct http_rest *rest, struct bufferevent *bufferevent, instant now);
bool http_rest_is_over(const struct http_rest *rest, instant now, instant most); /* it has lasted for longer */

#endif
