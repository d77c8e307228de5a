/* http: a source whose events come by HTTP: CloudEvents in structured, binary and batched mode (HTTP protocol
 * binding 1.0.2), by POST to /events.
 *
 * The one rule: whoever sends an event has it until an answer says otherwise: 202 (stored, with all it caused), 200
 * (was stored before), 400 (waits in quarantine with the reason). Any other answer, or none, means: send it again;
 * what was stored meanwhile is then a duplicate. There is no log behind it, and so no place to read on from.
 * docs/http.md.
 *
 * A server thread reads and parses requests into parcels; at most one parcel is with the loop, one ready for it and
 * one being filled, so that requests that come together share a transaction. When they are full, or the store takes
 * nothing, further ones are told to come again (429, 503). */
#ifndef CASEWATCH_SOURCE_HTTP_H
#define CASEWATCH_SOURCE_HTTP_H

#include "loop/loop.h"
#include "source/source.h"

#define HTTP_INTAKE_CONNECTIONS_MOST 64 /* open at once; with bodies of 512 KiB some 100 MB at worst */
#define HTTP_INTAKE_WAITING_MOST 48     /* requests that wait for their answer; further ones come again (429) */
#define HTTP_INTAKE_EVENTS_MOST 1000 /* of one request: a few hundred milliseconds of work; in docs/http.md */
#define HTTP_INTAKE_ANSWER_WITHIN (20 * SECOND) /* then 503: senders and proxies give up after 30 to 60 */
#define HTTP_INTAKE_TOKENS_MOST 4    /* lines of the file: the new one beside the old, while senders change */
#define HTTP_INTAKE_TOKEN_LEAST 16   /* characters; 512 at most */

struct http_intake_settings {
	struct source_settings source;
	const char *socket;     /* where the council's proxy asks; NULL: none */
	const char *address;    /* "127.0.0.1:8181"; NULL: none */
	const char *token_file; /* bearer tokens, one a line; NULL: none is asked for */
	size_t body_bytes;      /* of a request; more is refused (413) and not read */
};
/* `settings` is copied, its texts are borrowed. An address that is in use, or a socket that cannot be made, is no
 * failure: the source is down and tries again every five seconds. RESULT_PERMANENT: tokens that cannot be used. */
MUST_CHECK enum result http_source_open(const struct http_intake_settings *settings, struct source **source,
                                        struct fault *fault);

/* For metrics, since start. */
enum http_intake_answer {
	HTTP_INTAKE_STORED,
	HTTP_INTAKE_DUPLICATE,
	HTTP_INTAKE_BATCH,
	HTTP_INTAKE_REFUSED,        /* 400 */
	HTTP_INTAKE_CONFLICT,       /* 409 */
	HTTP_INTAKE_NOT_ALLOWED,    /* 401 */
	HTTP_INTAKE_NOT_UNDERSTOOD, /* 404, 405, 415 */
	HTTP_INTAKE_TOO_LARGE,      /* 413 */
	HTTP_INTAKE_FULL,           /* 429 */
	HTTP_INTAKE_UNABLE,         /* 503 */
};
#define HTTP_INTAKE_ANSWERS (HTTP_INTAKE_UNABLE + 1)
const char *http_intake_answer_name(enum http_intake_answer answer); /* "stored" */
struct http_intake_figures {
	uint64_t answers[HTTP_INTAKE_ANSWERS];
	uint64_t cut, crowded_out, unreadable; /* connections and requests that never came to an answer of ours */
	size_t open;                           /* connections now */
};
/* False: the source is of another kind. */
MUST_CHECK bool http_source_figures(const struct source *source, struct http_intake_figures *figures);

#endif
