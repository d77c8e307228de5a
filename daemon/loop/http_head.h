/* http_head: the bytes of a request up to its body, looked at as they come; private to loop/.
 *
 * evhttp hands out what stands in a header as C's strings: what follows a NUL would be gone, and nobody hear of it. */
#ifndef CASEWATCH_LOOP_HTTP_HEAD_H
#define CASEWATCH_LOOP_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

struct evbuffer;

struct http_head {
	bool has_nul;
	bool is_over, at_line; /* the empty line has come; a line has begun */
};
/* `added`: so many bytes have just come to its end. */
void http_head_see(struct http_head *head, struct evbuffer *input, size_t added);

#endif
