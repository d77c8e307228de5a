/* digest: SHA-256 and HMAC-SHA256, random bytes, and how such bytes are written (OpenSSL).
 *
 * Nothing here fails: without memory, or where the kernel gives no randomness, the program ends, as mem does. */
#ifndef CASEWATCH_BASE_DIGEST_H
#define CASEWATCH_BASE_DIGEST_H

#include "base/text.h"

#define DIGEST_BYTES 32 /* of SHA-256 (FIPS 180-4), and so of HMAC with it (RFC 2104) */

struct digest {
	unsigned char at[DIGEST_BYTES];
};

struct digest digest_sha256(struct text bytes);
struct digest digest_hmac(struct text key, struct text bytes);

/* Takes as long wherever they differ: for whatever a stranger may guess at. */
bool digest_equal(const void *a, const void *b, size_t length);

/* From the kernel, fit for keys. */
void digest_random(void *bytes, size_t length);
/* For simulations, which must go the same way again: from now on what is random follows from the seed. No secret is
 * safe then. */
void digest_random_fix(uint64_t seed);

/* Makes them 0, and is not optimised away: for keys that are no longer needed. */
void digest_wipe(void *bytes, size_t length);

/* The digest's bytes as a text, for those below; it borrows. */
static inline struct text digest_view(const struct digest *digest)
{
	return (struct text){(const char *)digest->at, sizeof digest->at};
}

void digest_put_hex(struct text bytes, struct buffer *out); /* small letters */
/* False: it is not what digest_put_hex writes of so many bytes; what `to` holds then is of no use. */
bool digest_take_hex(struct text hex, unsigned char *to, size_t bytes);

/* Base64 for URLs, without padding (RFC 4648, section 5): four characters for three bytes. */
void digest_put_base64url(struct text bytes, struct buffer *out);
/* False, and nothing in `out`: it is not what digest_put_base64url writes of any bytes (so that one value has one
 * writing, and a signed one cannot be varied). `out` is emptied first. */
bool digest_read_base64url(struct text coded, struct buffer *out);

#endif
