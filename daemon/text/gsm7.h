/* gsm7: how long a text message is in the alphabet of mobile networks (3GPP TS 23.038, section 6.2.1).
 *
 * The one rule: what is not of that alphabet is never counted as if it were: one such character would turn the whole
 * text into UCS-2, with 70 characters a part instead of 160. */
#ifndef CASEWATCH_TEXT_GSM7_H
#define CASEWATCH_TEXT_GSM7_H

#include "base/text.h"

/* Septets in one part without a header (3GPP TS 23.040): what is longer goes as several, each of 153. */
#define GSM7_ONE_PART 160

/* Septets that the words take; `^ { } \ [ ] ~ |` take two. SIZE_MAX: a character that the alphabet, as far as it is
 * ASCII, does not have (a line end counts as one of it; a backtick does not). */
size_t gsm7_length(struct text words);
/* Appends the words, with what gsm7_length refuses as a question mark: for words that others wrote. */
void gsm7_put(struct text words, struct buffer *out);

#endif
