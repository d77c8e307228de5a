/* notify_call: what GOV.UK Notify says by itself of a message it was given: a POST to an address of ours, with a bearer
 * token.
 *
 * The one rule: without the token nothing that it says is looked at. Notify repeats a call up to five times until it is
 * answered with 2xx, so the same may come again; and it is asked in any case, so a call that is lost costs time alone
 * (https://docs.notifications.service.gov.uk/rest-api.html, "Delivery receipts"). */
#ifndef CASEWATCH_CHANNEL_HTTP_NOTIFY_CALL_H
#define CASEWATCH_CHANNEL_HTTP_NOTIFY_CALL_H

#include "channel/channel.h"

#define NOTIFY_CALL_BYTES (16u << 10) /* of a body; a call has some hundreds */
#define NOTIFY_CALL_TOKEN_LEAST 16    /* characters of a token: Notify asks for 10 */
#define NOTIFY_CALL_TOKEN_MOST 512    /* ours to choose; openssl rand makes 64 */

struct notify_call {
	char reference[256];        /* of the message, as the channel made it; "": of none of ours */
	struct channel_reply reply; /* what became of it */
};
/* Reads the token from the first line of a file. RESULT_PERMANENT with the reason where it cannot be used. */
MUST_CHECK enum result notify_call_token(const char *path, struct buffer *token, struct fault *fault);
/* Reads a call by its header `Authorization` and its body. Returns the HTTP status to answer with: 200, and *call is
 * filled; 401: the token is not that; 400: the body is no call; 413: it is too long. */
int notify_call_read(struct text token, struct text authorization, struct text body, struct notify_call *call);

#endif
