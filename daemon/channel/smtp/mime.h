/* mime: a mail as the bytes that go over the wire: RFC 5322, 2045-2047 and 3834.
 *
 * The one rule: nothing that comes from an event, a file or a person can add a header, a recipient or a part. Control
 * characters in an address or a header value are refused, not repaired; bodies are encoded so that no line of them can
 * be mistaken for anything else. */
#ifndef CASEWATCH_CHANNEL_SMTP_MIME_H
#define CASEWATCH_CHANNEL_SMTP_MIME_H

#include "time/calendar.h"

/* Limits. An address: RFC 5321 4.5.3.1; a header value: ours, far above any subject we write. */
#define MIME_ADDRESS_MOST 254
#define MIME_VALUE_MOST 900
#define MIME_NAME_MOST 200
#define MIME_BODY_MOST (8u << 20)

struct mime_head {
	struct text from, from_name; /* the name may be empty */
	struct text to;              /* one recipient a message */
	struct text subject;         /* UTF-8; encoded (RFC 2047) where not ASCII */
	struct text message_id;      /* with its angle brackets */
	struct text first_id;        /* Message-ID of the first message of the thread; empty: this one is the first */
	instant date;
	int32_t date_offset;         /* for Date: seconds east of UTC then, where the council is */
	bool possible_duplicate;     /* sent again after an attempt whose outcome nobody knows */
	bool critical;               /* marked as of high importance: none other is */
};

/* Whether this is one plain address (RFC 5321 dot-string @ domain, ASCII, at most 254 bytes, no quoting, no address
 * literal). *why, if given, is set to a short reason where it is not. */
bool mime_address_ok(struct text address, const char **why);
/* Whether it is a host name as EHLO and Message-ID need it. */
bool mime_domain_ok(struct text domain);
/* "<id@domain>" as mime_message_id makes them: ASCII without spaces, controls or further brackets. */
bool mime_message_id_ok(struct text id);

/* Appends the Message-ID that is made of a name of 32 hexadecimal digits: at most VERP_ROW_DIGITS decimal ones of its
 * first half, so that it fits into an envelope address (verp.h), and all of its second half. */
void mime_message_id(struct text name, struct text domain, struct buffer *out);

/* Appends the whole message, CRLF line ends throughout, quoted-printable, no encoded line over 76 characters. `html`
 * may be empty: then there is one text part. Invalid UTF-8 and control characters in a body become U+FFFD.
 * RESULT_PERMANENT, and nothing appended, where an address or a header value cannot be sent as it stands. */
MUST_CHECK enum result mime_write(const struct mime_head *head, struct text text, struct text html, struct buffer *out,
                                  struct fault *fault);

#endif
