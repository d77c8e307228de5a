/* timestamp: a time stamp of somebody else (RFC 3161) for a SHA-256: asked for by HTTP, and checked.
 *
 * The one rule: a token is handed out only when its signature, its imprint and its nonce were checked; and it is
 * checked later as of the time that it names, so that an authority whose certificate has run out since still counts. */
#ifndef CASEWATCH_CHANNEL_HTTP_TIMESTAMP_H
#define CASEWATCH_CHANNEL_HTTP_TIMESTAMP_H

#include "base/digest.h"
#include "channel/http/http.h"

/* Asks the service at `url` (http or https; the token is signed) to stamp the digest. RESULT_OK: `token` (emptied
 * first) is the TimeStampToken as DER. RESULT_TEMPORARY: the service did not answer or refused; RESULT_PERMANENT: what
 * it answered does not fit, or its authority is not one of `ca_file` (NULL: the system's). It blocks. */
MUST_CHECK enum result timestamp_ask(const char *url, const char *ca_file, int64_t timeout_ms, const atomic_bool *stop,
                                     const struct digest *digest, struct buffer *token, struct fault *fault);
/* Whether the token is of that digest, and signed by an authority of `ca_file`. *at: when it says it was made. */
MUST_CHECK enum result timestamp_check(struct text token, const struct digest *digest, const char *ca_file, instant *at,
                                       struct fault *fault);

#endif
