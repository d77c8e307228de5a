/* verp: an envelope sender of each message's own, so that a mail that comes back names the message it is about,
 * whatever the server that sends it back writes into it (variable envelope return paths, D. J. Bernstein, 1997).
 *
 * The one rule: such an address is signed. Nobody who has not been sent it can make one, so nobody can say of somebody
 * else's message that it did not arrive. */
#ifndef CASEWATCH_CHANNEL_SMTP_VERP_H
#define CASEWATCH_CHANNEL_SMTP_VERP_H

#include "base/result.h"
#include "base/text.h"

/* Of bounce-address before the @: with "+", the id (a row of at most 12 digits, ".", 16) and ".", 16 of the signature
 * it stays within the 64 characters of RFC 5321 4.5.3.1.1. */
#define VERP_LOCAL_MOST 17
#define VERP_ROW_DIGITS 12
#define VERP_ID_SIZE (VERP_ROW_DIGITS + 1 + 16 + 1)
#define VERP_KEY_LEAST 16
#define VERP_KEY_MOST 512

/* Whether addresses can be made from it. *why, if given, is set to a short reason where not. */
bool verp_address_ok(struct text address, const char **why);
/* Reads the key from the first line of a file. RESULT_PERMANENT with the reason where it cannot be used. */
MUST_CHECK enum result verp_read_key(const char *path, struct buffer *key, struct fault *fault);

/* The part of one of our Message-IDs that is its message's own: "12.00ff00ff00ff00ff" of "<12.00ff00ff00ff00ff@d>".
 * False: it is none of ours. */
bool verp_id(struct text message_id, char id[VERP_ID_SIZE]);
/* Appends "bounce+12.00ff00ff00ff00ff.SIGNATURE@d". False, and nothing appended: the Message-ID is none of ours. */
bool verp_write(struct text address, struct text key, struct text message_id, struct buffer *out);
/* Looks through words of a stranger (the value of a header) for such an address, in whatever case and with whatever
 * around it; the id it names. False: there is none, or its signature is not ours. */
bool verp_find(struct text address, struct text key, struct text words, char id[VERP_ID_SIZE]);

#endif
