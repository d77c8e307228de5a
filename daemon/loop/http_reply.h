/* http_reply: the headers of every reply, and what its status is called; private to loop/. */
#ifndef CASEWATCH_LOOP_HTTP_REPLY_H
#define CASEWATCH_LOOP_HTTP_REPLY_H

#include "loop/http_server.h"

struct evkeyvalq;
void http_reply_put_headers(struct evkeyvalq *headers, const struct http_reply *reply);
const char *http_reply_reason(int status); /* RFC 9110, section 15 */
void http_reply_empty(struct http_reply *reply);

#endif
