/* notify: texts and emails by GOV.UK Notify, the government's message service.
 *
 * Notify takes a message (201) and says later whether it arrived: it is GIVEN, and asked about by its reference. After
 * a possible duplicate it is asked first: a message it has is not given to it twice. What it says, and what that means
 * (https://docs.notifications.service.gov.uk/rest-api.html, as of November 2026):
 *
 *   created, sending, pending, sent   it is on its way
 *   delivered                         it arrived
 *   permanent-failure                 the number is wrong
 *   temporary-failure                 the phone is off or out of reach; Notify does not try again: it did not arrive
 *   technical-failure                 between Notify and the network: the same may go well when it is sent again
 *   400 BadRequestError               this message or number is refused for good (TeamOnlyError among them)
 *   403 AuthError                     the key or this machine's clock is wrong: nothing goes until it is mended
 *   429 RateLimitError                3,000 a minute, of a live key; TooManyRequestsError: the day's limit
 *   5xx                               its own trouble
 *
 * The text template in Notify holds nothing but ((text)), the email template the subject ((subject)) and the body
 * ((text)). An email there is words alone: no HTML, no picture, no attachment. */
#ifndef CASEWATCH_CHANNEL_HTTP_NOTIFY_H
#define CASEWATCH_CHANNEL_HTTP_NOTIFY_H

#include "channel/http/http.h"

struct notify_settings {
	struct http_settings http;
	const char *url;       /* "https://api.notifications.service.gov.uk" */
	const char *key_file;  /* the API key on its first line: NAME-SERVICE-SECRET, the last two UUIDs */
	const char *template;  /* UUID of the template */
	const char *sender; /* UUID of the sender's name, of emails the reply-to address; NULL: the service's default */
	const char *domain;    /* part of the reference: makes it different for every council */
};

/* Its settings are a struct notify_settings. */
extern const struct channel channel_notify_text, channel_notify_email;

/* Of each kind, of the 3,000 in all that it takes of one key: the rest is kept for what is critical, and questions. */
#define NOTIFY_A_MINUTE 1250
#define NOTIFY_EMAIL_BYTES 1900000 /* of the 2,000,000 characters that an email may have there */

/* What a status that Notify says means: the outcome, whose it is, and words. A status that is new to us says nothing of
 * a failure. */
void notify_by_status(const char *status, struct channel_reply *reply);
/* Whether the text is a UUID as Notify writes them. */
bool notify_is_uuid(struct text text);
/* The token of one request (a JSON Web Token, RFC 7519, signed with HMAC-SHA256), made at `now` in seconds since 1970:
 * Notify takes it for 30 seconds. RESULT_PERMANENT: the key is none. */
MUST_CHECK enum result notify_token(struct text key, int64_t now, struct buffer *out, struct fault *fault);

#endif
