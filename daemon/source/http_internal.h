/* http_internal: what the files of the HTTP source share; nobody else includes it.
 *
 * Of the server's thread but for what stands behind the lock. */
#ifndef CASEWATCH_SOURCE_HTTP_INTERNAL_H
#define CASEWATCH_SOURCE_HTTP_INTERNAL_H

#include "loop/http_thread.h"
#include "source/http.h"

#define HTTP_INTAKE_POSITION "http" /* the one position: a number that grows with each record */

enum ask_mode { ASK_SINGLE, ASK_BATCH };

/* A request that waits until its records are stored. */
struct ask {
	struct http_exchange *exchange; /* NULL: it was told to come again */
	enum ask_mode mode;
	size_t first, count;            /* of the parcel's records */
	instant since;                  /* by time passed */
};

/* Requests whose records are stored together. */
struct parcel {
	struct batch *batch;
	struct ask *asks;
	size_t count, room;
	bool stored;          /* behind the lock */
	struct parcel *next;  /* of those handed over */
};

/* http_read.c: what an HTTP request holds. */
struct http_reading {
	struct event_parser *parser;
	struct text position;
	instant arrived;
};
/* NULL: its records were added to the batch, `*number` for the first of them and counting. Else the status to
 * refuse it with and what to say; nothing was added. */
enum http_refusal { HTTP_TAKEN = 0, HTTP_WRONG_MEDIA = 415, HTTP_TOO_MANY = 413 };
MUST_CHECK enum http_refusal http_read_events(const struct http_reading *reading, const struct http_incoming *request,
                                              struct batch *batch, int64_t *number, enum ask_mode *mode,
                                              const char **words);

/* http_say.c: answers. */
/* A problem (RFC 9457) of this status: what is wrong, and what to do. */
void http_say_problem(struct http_reply *reply, int status, const char *words);
/* Of a request that was refused before it was read: the sentence that says why. */
void http_say_unread(struct http_reply *reply, int status, const char *why);
/* Of the ask's records, all of which went through the pipeline. */
enum http_intake_answer http_say_taken(const struct ask *ask, const struct source_record *records,
                                       struct http_reply *reply);

/* http_token.c: who may send. */
struct http_tokens;
/* RESULT_PERMANENT: the file cannot be read, or holds none that is long enough. */
MUST_CHECK enum result http_tokens_load(const char *path, struct http_tokens **tokens, struct fault *fault);
void http_tokens_free(struct http_tokens *tokens); /* NULL is fine */
/* Whether the header Authorization holds one of them; the file is read anew when it was replaced. NULL tokens: yes. */
MUST_CHECK bool http_tokens_allow(struct http_tokens *tokens, struct text authorization, instant elapsed);
/* Why the file that is there now cannot be used, so that those read before hold; NULL: it can, or there is none. */
const char *http_tokens_wrong(struct http_tokens *tokens, instant elapsed);

#endif
