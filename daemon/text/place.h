/* place: one phone or mailbox, however its address is written; and a phone's number as it is dialled and shown.
 *
 * The one rule: what is counted or compared by phone or mailbox is so by this, whatever the directory writes. A number
 * that begins with one 0 is one of the United Kingdom (ITU-T E.164). */
#ifndef CASEWATCH_TEXT_PLACE_H
#define CASEWATCH_TEXT_PLACE_H

#include "base/text.h"

#define PLACE_MOST 320 /* bytes: a mailbox has at most 64, "@" and 255 (RFC 5321); what is longer keeps its writing */
/* "07700 900123", "+44 7700 900123" and "0044 7700 900123" are one phone, "A@x.example" and "a@X.example" one mailbox.
 * What it returns lies in `room`, or is the address itself. Never to be sent to. */
struct text place_name(struct text address, char room[PLACE_MOST]);
uint64_t place_key(struct text address, uint64_t seed);
bool place_same(struct text a, struct text b);

/* "01632 960123" as a telephone dials it, "+441632960123", for a link; and without a break in it, for people. */
void phone_dialled(const char *phone, struct buffer *out);
void phone_shown(const char *phone, struct buffer *out);

#endif
