/* digest: what of OpenSSL and the kernel the rest of casewatch needs. */
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/random.h>

struct digest digest_sha256(struct text bytes)
{
	struct digest digest;
	if (!SHA256((const unsigned char *)(bytes.at ? bytes.at : ""), bytes.length, digest.at))
		abort();
	return digest;
}

struct digest digest_hmac(struct text key, struct text bytes)
{
	struct digest digest;
	unsigned int length = 0;
	if (!HMAC(EVP_sha256(), key.at ? key.at : "", (int)key.length,
	          (const unsigned char *)(bytes.at ? bytes.at : ""), bytes.length, digest.at, &length) ||
	    length != sizeof digest.at)
		abort();
	return digest;
}

bool digest_equal(const void *a, const void *b, size_t length)
{
	return CRYPTO_memcmp(a, b, length) == 0;
}

void digest_random(void *bytes, size_t length)
{
	unsigned char *at = bytes;
	while (length) {
		ssize_t got = getrandom(at, length, 0);
		if (got <= 0)
			abort();
		at += got;
		length -= (size_t)got;
	}
}

void digest_wipe(void *bytes, size_t length)
{
	OPENSSL_cleanse(bytes, length);
}

void digest_put_hex(struct text bytes, struct buffer *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < bytes.length; i++) {
		buffer_char(out, digits[(unsigned char)bytes.at[i] >> 4]);
		buffer_char(out, digits[bytes.at[i] & 15]);
	}
}

static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void digest_put_base64url(struct text bytes, struct buffer *out)
{
	uint32_t held = 0;
	int bits = 0;
	for (size_t i = 0; i < bytes.length; i++) {
		held = held << 8 | (unsigned char)bytes.at[i];
		for (bits += 8; bits >= 6; bits -= 6)
			buffer_char(out, signs[held >> (bits - 6) & 63]);
	}
	if (bits)
		buffer_char(out, signs[held << (6 - bits) & 63]);
}

bool digest_read_base64url(struct text coded, struct buffer *out)
{
	uint32_t held = 0;
	int bits = 0;
	buffer_clear(out);
	bool good = coded.length % 4 != 1;
	for (size_t i = 0; i < coded.length && good; i++) {
		const char *sign = memchr(signs, coded.at[i], sizeof signs - 1);
		good = sign != NULL;
		held = held << 6 | (uint32_t)(sign ? sign - signs : 0);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buffer_char(out, (char)(held >> bits & 255));
		}
	}
	good = good && (held & ((1u << bits) - 1)) == 0; /* what is over holds nothing */
	if (!good)
		buffer_clear(out);
	return good;
}
