/* mime_encode: the two encodings of a mail: quoted-printable bodies (RFC 2045) and encoded words (RFC 2047).
 *
 * The one rule: pure functions from bytes to ASCII; what comes out has no bare CR or LF and no line over 76
 * characters. */
#ifndef CASEWATCH_CHANNEL_SMTP_MIME_ENCODE_H
#define CASEWATCH_CHANNEL_SMTP_MIME_ENCODE_H

#include "base/text.h"

/* Appends `body` in quoted-printable. Line ends of any kind become CRLF; the result ends in CRLF. Invalid UTF-8 and
 * controls other than tab become U+FFFD. No encoded line begins with "." or "From ", or contains "=_" (so that a
 * boundary with "=_" can never occur in it). */
void mime_quoted_printable(struct text body, struct buffer *out);

/* Appends the value of an unstructured header after a name of `column` characters, folded; as it stands where it is
 * plain ASCII, else as encoded words. The value must be free of controls. */
void mime_header_value(struct text value, size_t column, struct buffer *out);

/* Length in bytes of the UTF-8 sequence at `at` (1-4), or 0 where it is not valid. */
size_t mime_utf8_length(const unsigned char *at, size_t room);

#endif
