/* http_refusal: evhttp's own page is taken back, and another put in its place. */
#include "loop/http_refusal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/util.h>

#include "loop/http_reply.h"

/* "HTTP/1.1 413 ", without the words behind it. */
static int status_at(struct evbuffer *output, const struct evbuffer_ptr *at)
{
	char line[24] = "";
	if (evbuffer_copyout_from(output, at, line, sizeof line - 1) < 0 || strncmp(line, "HTTP/", 5) != 0)
		return 0;
	const char *space = strchr(line, ' ');
	return space ? (int)strtol(space, NULL, 10) : 0;
}

/* A bufferevent lets nobody but itself look at the front of what it is to send. */
int http_refusal_status(struct evbuffer *output)
{
	struct evbuffer_ptr at, end;
	(void)evbuffer_unfreeze(output, 1);
	(void)evbuffer_ptr_set(output, &at, 0, EVBUFFER_PTR_SET);
	int status = status_at(output, &at);
	if (status == 100) {
		end = evbuffer_search(output, "\r\n\r\n", 4, NULL);
		if (end.pos >= 0 && evbuffer_ptr_set(output, &end, 4, EVBUFFER_PTR_ADD) == 0)
			status = status_at(output, &end);
	}
	(void)evbuffer_freeze(output, 1);
	return status;
}

void http_refusal_why(int status, size_t body_most, struct buffer *why)
{
	if (status == 413)
		buffer_format(why, "This request is longer than %zu bytes, or its length cannot be read.", body_most);
	else if (status == 417)
		buffer_string(why, "This request expects something that is not known here.");
	else if (status == 501)
		buffer_string(why, "Only GET, HEAD and POST are known here.");
	else
		buffer_format(why, "This request cannot be read as HTTP, or its headers are longer than %d bytes.",
		              HTTP_HEADER_BYTES);
}

static void put_date(struct evkeyvalq *headers, instant now)
{
	char date[50];
	time_t seconds = (time_t)(now / SECOND);
	struct tm parts;
	if (gmtime_r(&seconds, &parts) && evutil_date_rfc1123(date, sizeof date, &parts) < (int)sizeof date)
		(void)evhttp_add_header(headers, "Date", date);
}

void http_refusal_put(struct evbuffer *output, const struct http_reply *reply, instant now)
{
	struct evkeyvalq headers;
	struct evkeyval *header;
	TAILQ_INIT(&headers);
	put_date(&headers, now);
	http_reply_put_headers(&headers, reply);
	(void)evbuffer_unfreeze(output, 1);
	(void)evbuffer_drain(output, evbuffer_get_length(output));
	(void)evbuffer_freeze(output, 1);
	(void)evbuffer_add_printf(output, "HTTP/1.1 %d %s\r\n", reply->status, http_reply_reason(reply->status));
	TAILQ_FOREACH(header, &headers, next)
		(void)evbuffer_add_printf(output, "%s: %s\r\n", header->key, header->value);
	(void)evbuffer_add_printf(output, "Content-Length: %zu\r\n\r\n", reply->body.length);
	(void)evbuffer_add(output, reply->body.at, reply->body.length);
	evhttp_clear_headers(&headers);
}
