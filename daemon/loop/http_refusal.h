/* http_refusal: what evhttp refuses by itself, said in our words; private to loop/.
 *
 * libevent 2.1 sends a page of its own for what is no HTTP, too long, or of a method that is not allowed, and has no
 * hook for it (evhttp_set_errorcb came later). Its page is found where it waits to be sent, and another put there. */
#ifndef CASEWATCH_LOOP_HTTP_REFUSAL_H
#define CASEWATCH_LOOP_HTTP_REFUSAL_H

#include "loop/http_server.h"

struct evbuffer;
/* Of the last reply that waits in it, whole; one that only asks for the body (100) is passed over. 0: there is none. */
int http_refusal_status(struct evbuffer *output);
/* A sentence: why a request is refused with this status. */
void http_refusal_why(int status, size_t body_most, struct buffer *why);
/* `reply` in place of all that waits, at this time. */
void http_refusal_put(struct evbuffer *output, const struct http_reply *reply, instant now);

#endif
