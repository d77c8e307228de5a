/* http_server: requests by HTTP, to be answered now or later.
 *
 * Owns the listening sockets and every connection; libevent's evhttp underneath reads and writes them. evhttp has no
 * limits of its own and does not cut clients that are slow on purpose, so all that stands here. The one rule: nothing
 * that a client does costs more than the limits below, and none of them is reached in silence. A connection carries one
 * request. On the loop's thread alone. */
#ifndef CASEWATCH_LOOP_HTTP_SERVER_H
#define CASEWATCH_LOOP_HTTP_SERVER_H

#include "base/mem.h"
#include "base/text.h"
#include "loop/loop.h"

/* Limits. A proxy in front sends one request a connection and keeps slow clients from us; these hold without it. */
#define HTTP_CONNECTIONS_MOST 256      /* open at once, over all sockets; the one that waits longest makes room */
#define HTTP_HEADER_BYTES 16384        /* request line and headers: nginx passes on at most 32 KiB, browsers send 2 */
#define HTTP_BODY_BYTES 65536          /* a form of ours is under 8 KiB; a batch of delivery receipts under 64 */
#define HTTP_FIELDS_MOST 64            /* of query and form together */
#define HTTP_REQUEST_WITHIN (10 * SECOND) /* from the first byte to the last of a request, however it trickles */
#define HTTP_REPLY_WITHIN (30 * SECOND)   /* for the client to take what it asked for */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST };

struct http_field {
	struct text name, value; /* decoded: %XX and +; valid UTF-8 without NUL, or the request is refused with 400 */
};

/* What was asked. All texts live until the reply. */
struct http_incoming {
	enum http_method method;
	struct text path;        /* as sent, without the query; begins with "/"; not decoded: %2F parts nothing */
	struct text query;       /* as sent, without "?"; empty: none */
	struct text body, media; /* media: Content-Type without its parameters, in lower case */
	const struct http_field *fields; /* of the query, then of a form (application/x-www-form-urlencoded) */
	size_t field_count, query_fields; /* the first query_fields are the query's */
	const struct http_field *headers; /* names in lower case */
	size_t header_count;
	bool trusted;            /* it came by the socket that only the council's proxy can reach */
	struct arena *arena;     /* for whoever answers; whoever holds the request may use it, one thread at a time */
};
/* The first value; empty text with at == NULL: there is none. */
struct text http_query(const struct http_incoming *request, const char *name);
struct text http_form(const struct http_incoming *request, const char *name);
/* `name` in lower case. One that came twice counts as none: a proxy's header may not be doubled by its client. */
struct text http_header(const struct http_incoming *request, const char *name);

/* What is answered. Zero is an empty 200. */
struct http_reply {
	int status;
	const char *media;       /* a literal; NULL: text/html; charset=utf-8 */
	struct buffer body;
	struct buffer location;  /* of 303; empty: none */
	struct buffer name;      /* of a download: Content-Disposition: attachment; empty: shown in place */
	int retry_after;         /* seconds; 0: not said */
	const char *allow, *accept, *challenge; /* Allow (405), Accept (415), WWW-Authenticate (401); NULL: none */
};

/* A request under way. Every one ends in exactly one http_answer, now or later; if its client has gone, or the server,
 * that is noticed there and nowhere else. */
struct http_exchange;
const struct http_incoming *http_request_of(const struct http_exchange *exchange);
/* Sends the reply and frees the exchange; empties `reply`. */
void http_answer(struct http_exchange *exchange, struct http_reply *reply);

typedef void http_handler(void *argument, struct http_exchange *exchange);
/* Says in the server's own form that a request was not taken before anybody was asked: 400, 413, 417 or 501. `why` is
 * a sentence; it holds nothing of the request. On the server's thread. */
typedef void http_refuser(void *argument, int status, const char *why, struct http_reply *reply);

struct http_server_settings {
	const char *name;         /* whose server it is, in the log: "pages"; a literal; NULL: that */
	const char *option;       /* whose options name it, in faults: "web" of web.listen; a literal; NULL: that */
	const char *socket;       /* path of a UNIX socket, made with mode 0660 and trusted; NULL: none */
	const char *address;      /* "127.0.0.1:8080", "[::1]:8080": not trusted. NULL: none. Port 0: any (tests) */
	http_handler *handler;
	http_refuser *refuser;    /* NULL: the sentence alone, as plain text */
	void *argument;           /* of both */
	instant request_within, reply_within, rest_within; /* 0: as above; the last as in http_rest.h */
	size_t connections_most, body_most;   /* 0: as above */
};

struct http_server;
/* RESULT_PERMANENT: an address that is in use, a socket whose directory is not there. A socket that a dead daemon left
 * is replaced; what is no socket is not. */
MUST_CHECK enum result http_server_new(struct loop *loop, const struct http_server_settings *settings,
                                       struct http_server **server, struct fault *fault);
/* Closes everything; exchanges that are under way are still to be answered (into nothing). NULL is fine. */
void http_server_free(struct http_server *server);
/* Whether the socket's name still leads here: somebody may have cleaned up around it. */
bool http_server_is_there(const struct http_server *server);
int http_server_port(const struct http_server *server); /* that `address` got; 0: none */

/* For status and metrics, since start. */
struct http_figures {
	uint64_t requests;
	uint64_t refused;         /* not HTTP, too long, fields that cannot be read */
	uint64_t cut;             /* slower than HTTP_REQUEST_WITHIN or HTTP_REPLY_WITHIN */
	uint64_t crowded_out;     /* made room for others when HTTP_CONNECTIONS_MOST were open */
	size_t open;              /* connections now */
};
void http_server_figures(const struct http_server *server, struct http_figures *figures);

#endif
