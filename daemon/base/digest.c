/* digest: what of OpenSSL and the kernel the rest of casewatch needs. */
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BLOCK 64 /* bytes that SHA-256 takes at once (FIPS 180-4), and so HMAC's pads (RFC 2104) */

/* Looked up in OpenSSL's providers once: by name at each call (SHA256(), HMAC()) it costs more than the hash itself of
 * what is hashed here. It stays until the process ends. So does what is hashed with, one a thread: to make it for each
 * costs as much as some hundred bytes. */
static EVP_MD *algorithm;
static pthread_key_t contexts;
static pthread_once_t looked_up = PTHREAD_ONCE_INIT;

static void free_context(void *context)
{
	EVP_MD_CTX_free(context);
}

static void look_up(void)
{
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!algorithm || pthread_key_create(&contexts, free_context) != 0)
		abort();
}

static EVP_MD_CTX *own_context(void)
{
	(void)pthread_once(&looked_up, look_up);
	EVP_MD_CTX *context = pthread_getspecific(contexts);
	if (context)
		return context;
	context = EVP_MD_CTX_new();
	if (!context || pthread_setspecific(contexts, context) != 0)
		abort();
	return context;
}

/* Of the two, one after the other. */
static struct digest of_two(struct text first, struct text second)
{
	struct digest digest;
	unsigned int length = 0;
	EVP_MD_CTX *context = own_context();
	if (!EVP_DigestInit_ex2(context, algorithm, NULL) || !EVP_DigestUpdate(context, first.at, first.length) ||
	    !EVP_DigestUpdate(context, second.at, second.length) ||
	    !EVP_DigestFinal_ex(context, digest.at, &length) || length != sizeof digest.at)
		abort();
	return digest;
}

struct digest digest_sha256(struct text bytes)
{
	return of_two(bytes, TEXT_NONE);
}

struct digest digest_hmac(struct text key, struct text bytes)
{
	unsigned char inner[BLOCK] = {0}, outer[BLOCK];
	struct digest digest;
	if (key.length > BLOCK) {
		digest = digest_sha256(key);
		memcpy(inner, digest.at, sizeof digest.at);
	} else if (key.length) {
		memcpy(inner, key.at, key.length);
	}
	for (size_t i = 0; i < BLOCK; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	digest = of_two((struct text){(const char *)inner, BLOCK}, bytes);
	digest = of_two((struct text){(const char *)outer, BLOCK}, digest_view(&digest));
	digest_wipe(inner, sizeof inner);
	digest_wipe(outer, sizeof outer);
	return digest;
}

bool digest_equal(const void *a, const void *b, size_t length)
{
	return CRYPTO_memcmp(a, b, length) == 0;
}

static uint64_t fixed; /* 0: the machine's */

void digest_random_fix(uint64_t seed)
{
	fixed = seed | 1;
}

static void fill_fixed(unsigned char *at, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		fixed = fixed * 6364136223846793005u + 1442695040888963407u; /* Knuth's; good enough to be unlike */
		at[i] = (unsigned char)(fixed >> 56);
	}
}

void digest_random(void *bytes, size_t length)
{
	unsigned char *at = bytes;
	if (fixed) {
		fill_fixed(at, length);
		return;
	}
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

bool digest_take_hex(struct text hex, unsigned char *to, size_t bytes)
{
	if (hex.length != 2 * bytes)
		return false;
	for (size_t i = 0; i < bytes; i++) {
		const char pair[] = {hex.at[2 * i], hex.at[2 * i + 1], '\0'};
		if (strspn(pair, "0123456789abcdef") != 2)
			return false;
		to[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return true;
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
