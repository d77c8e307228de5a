/* mime_read: headers and parts of a mail that a stranger wrote (RFC 5322, 2045, 2046).
 *
 * The one rule: it looks, and copies nothing but what is encoded: every answer is a view into the bytes it was given,
 * or in room of the caller's. Nothing that is malformed is an error: what cannot be found is not there. Its work is in
 * proportion to the bytes. */
#ifndef CASEWATCH_CHANNEL_SMTP_MIME_READ_H
#define CASEWATCH_CHANNEL_SMTP_MIME_READ_H

#include "base/text.h"

#define MIME_BOUNDARY_MOST 200 /* RFC 2046 5.1.1 allows 70 */

struct mime_entity {
	struct text head, body;
};
/* At the first empty line; lines may end in LF alone. Without one all of it is head. */
struct mime_entity mime_split(struct text bytes);

/* Its body as it was before the transfer encoding that its head names (RFC 2045 6: base64, quoted-printable): in
 * `room`, which is the caller's; never longer than the body. Of any other encoding it is the body as it stands. */
struct text mime_decode(struct mime_entity entity, struct buffer *room);

/* The value of the field of that name, the `nth` of several (0: the first), as it stands: it may be folded. False:
 * there is none. */
bool mime_field(struct text head, struct text name, size_t nth, struct text *value);
/* The same in one line of printable ASCII, without blanks at either end and cut where `room` ends; "" where there is
 * none. */
void mime_field_words(struct text head, struct text name, char *out, size_t room);
/* Whether the entity's Content-Type is this one ("multipart/report"), without regard to case. */
bool mime_is_type(struct text head, struct text type);
/* A parameter of its Content-Type, without quotes; "" where there is none or it does not fit. */
void mime_parameter(struct text head, struct text name, char *out, size_t room);

/* The parts of a multipart body, one after the other: *at is 0 for the first and moves on. False: there is none left.
 */
bool mime_next_part(struct text body, const char *boundary, size_t *at, struct text *part);

#endif
