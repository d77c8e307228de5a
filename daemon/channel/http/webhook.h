/* webhook: a message as an HTTP POST to an address of the recipient's own: another system, or a channel of Teams or
 * Slack.
 *
 * Each address is a server of its own: one that is down says nothing of the others. Signed as Standard Webhooks says
 * (https://www.standardwebhooks.com, version 1: headers webhook-id, webhook-timestamp, webhook-signature): HMAC-SHA256
 * over "id.timestamp.body" with each of the secrets, so that a secret can be replaced without a gap. The id is the
 * message's reference, the same in every attempt, by which a receiver knows a repetition. */
#ifndef CASEWATCH_CHANNEL_HTTP_WEBHOOK_H
#define CASEWATCH_CHANNEL_HTTP_WEBHOOK_H

#include "channel/http/http.h"

#define WEBHOOK_SECRETS 2 /* the one in force and, while it is replaced, the one before */

struct webhook_settings {
	struct http_settings http;
	const char *secret_file; /* one or two lines "whsec_..." (base64 of 24 to 64 bytes); NULL: nothing is signed */
	const char *domain;      /* part of the id: makes it different for every council */
};

/* Its settings are a struct webhook_settings. */
extern const struct channel channel_webhook;

/* The signatures of one message as the header has them: "v1,BASE64" for each secret, a blank between. `secrets`: the
 * file's content. RESULT_PERMANENT: it is not such a file. */
MUST_CHECK enum result webhook_sign(struct text secrets, struct text id, int64_t timestamp, struct text body,
                                    struct buffer *out, struct fault *fault);

#endif
