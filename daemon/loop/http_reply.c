/* http_reply: the headers of every reply. */
#include "loop/http_reply.h"

#include <stdio.h>

#include <event2/http.h>

/* No script, nothing from elsewhere, nothing kept, in no frame, no address passed on (OWASP Secure Headers). */
static const struct {
	const char *name, *value;
} always[] = {
	{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
	                            "base-uri 'none'; frame-ancestors 'none'"},
	{"Cache-Control", "no-store"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"X-Robots-Tag", "noindex, nofollow"},
	{"Connection", "close"},
};

const char *http_reply_reason(int status)
{
	static const struct {
		int status;
		const char *words;
	} reasons[] = {{200, "OK"}, {202, "Accepted"}, {303, "See Other"},
	               {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
	               {405, "Method Not Allowed"}, {409, "Conflict"}, {410, "Gone"}, {413, "Content Too Large"},
	               {415, "Unsupported Media Type"}, {417, "Expectation Failed"}, {422, "Unprocessable Content"},
	               {429, "Too Many Requests"},
	               {500, "Internal Server Error"}, {501, "Not Implemented"}, {503, "Service Unavailable"}};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].words;
	return "Other";
}

void http_reply_put_headers(struct evkeyvalq *headers, const struct http_reply *reply)
{
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		(void)evhttp_add_header(headers, always[i].name, always[i].value);
	(void)evhttp_add_header(headers, "Content-Type", reply->media ? reply->media : "text/html; charset=utf-8");
	if (reply->location.length)
		(void)evhttp_add_header(headers, "Location", reply->location.at);
	if (reply->name.length) {
		struct buffer value = {0};
		buffer_format(&value, "attachment; filename=\"%s\"", reply->name.at);
		(void)evhttp_add_header(headers, "Content-Disposition", value.at);
		buffer_free(&value);
	}
	if (reply->allow)
		(void)evhttp_add_header(headers, "Allow", reply->allow);
	if (reply->accept)
		(void)evhttp_add_header(headers, "Accept", reply->accept);
	if (reply->challenge)
		(void)evhttp_add_header(headers, "WWW-Authenticate", reply->challenge);
	if (reply->retry_after) {
		char seconds[16];
		(void)snprintf(seconds, sizeof seconds, "%d", reply->retry_after);
		(void)evhttp_add_header(headers, "Retry-After", seconds);
	}
}

void http_reply_empty(struct http_reply *reply)
{
	buffer_free(&reply->body);
	buffer_free(&reply->location);
	buffer_free(&reply->name);
	*reply = (struct http_reply){0};
}
