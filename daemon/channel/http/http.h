/* http: one request to another house's server, and exactly what came of it, for every channel that speaks HTTP.
 *
 * Owns libcurl's handles. The one rule: a request is answered only when a status came; silence after its last byte may
 * have arrived is uncertain. No redirect is followed and no proxy of the environment is used, so that a request goes
 * where the configuration says and nowhere else; and unless it is allowed, no connection is made to an address inside
 * the house (checked once the name is resolved, so that no name of somebody else's leads inside). It blocks: worker
 * threads call it, each with a struct http of its own. */
#ifndef CASEWATCH_CHANNEL_HTTP_HTTP_H
#define CASEWATCH_CHANNEL_HTTP_HTTP_H

#include "channel/channel.h"

#define HTTP_HEADERS_MOST 12 /* of a request that we make: the widest of ours has eight */
#define HTTP_ANSWER_BYTES (64u << 10) /* of an answer's body; what is longer is cut: nobody needs it */
#define HTTP_URL_BYTES 2048

/* All text is borrowed for as long as a struct http made from it lives. */
struct http_settings {
	const char *ca_file;   /* the only authorities trusted; NULL: the system's */
	bool inside;           /* loopback and private addresses, and http://, are allowed */
	int64_t timeout_ms;    /* of one request as a whole; connecting gets at most a third of it, and ten seconds */
};

struct http_request {
	const char *url;
	bool get;                                /* else POST with the body */
	const char *headers[HTTP_HEADERS_MOST];  /* "content-type: application/json"; ended by NULL */
	struct text body;
	instant begin_by; /* as channel_message has it; 0: whenever */
};
struct http_answer {
	int status;              /* 0: none came */
	struct buffer body;      /* the caller's to free */
	int64_t took_ms;         /* how long it took */
	int64_t wait_ms;         /* Retry-After, at most an hour; 0: none was named */
	bool whole;              /* the request was handed over to its last byte */
	bool encrypted, inside;  /* TLS, with the certificate checked; refused, as the address is inside the house */
	bool stopped;            /* broken off, as the daemon stops, or not begun, as it was too late */
	char why[256];           /* where no status came; printable ASCII */
};

struct http;
/* RESULT_PERMANENT where the CA file cannot be read or libcurl cannot start. `stop`, when it becomes true, breaks off
 * what is under way. */
MUST_CHECK enum result http_new(const struct http_settings *settings, const atomic_bool *stop, struct http **http,
                                struct fault *fault);
void http_free(struct http *http); /* NULL is fine */
void http_rest(struct http *http); /* closes the connection, if one is open */

/* Whether a URL can be asked as it stands: https (http only `inside`), a host, no user or password in it, printable
 * ASCII, at most HTTP_URL_BYTES. *why, if given, is set to a short reason where not. */
bool http_url_ok(struct text url, bool inside, const char **why);
/* Asks once; the connection is kept for the next request. *answer is filled always; frees nothing of it. */
void http_ask(struct http *http, const struct http_request *request, struct http_answer *answer);
/* What came of it as a channel says it: 2xx is accepted; 408, 425, 429 and 5xx are temporary and the server's; a
 * redirect, and every other status, is permanent and the recipient's. */
void http_reply(const struct http_answer *answer, struct channel_reply *reply);
/* Which server it was: host and port of the URL, and nothing of its path, which may be a secret. */
void http_name_server(struct text url, struct channel_reply *reply);
/* A reference as a channel makes it (channel.reference). `domain` may be NULL. */
void http_reference(const char *domain, struct text name, struct buffer *out);
/* Words of others in a reply: printable ASCII on one line. */
void http_put_words(struct text words, char *out, size_t room);

#endif
