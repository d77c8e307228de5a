/* link: tokens made and checked. */
#include "message/link.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define KEYS 2
#define ROW_BYTES 5    /* a million million rows */
#define EXPIRY_BYTES 3 /* hours since 1970: to the year 3883 */
#define MAC_BYTES 9    /* a guess is right once in 4,700 million million million, and each costs a request */
#define TOKEN_BYTES (ROW_BYTES + EXPIRY_BYTES + MAC_BYTES + 1)
#define KEY_IDS 52     /* the last character is its own: A to Z, a to z */
#define FILE_BYTES 4096

struct key {
	char secret[FILE_BYTES];
	size_t length;
	unsigned char id;
};

struct link_keys {
	struct key keys[KEYS];
	size_t count;
};

static struct text secret_of(const struct key *key)
{
	return (struct text){key->secret, key->length};
}

/* Which of two keys it is, in a byte; by a digest of its own, so that the byte says nothing of the key. */
static unsigned char id_of(const struct key *key)
{
	struct digest digest = digest_hmac(secret_of(key), TEXT("key id"));
	return digest.at[0] % KEY_IDS;
}

static struct text next_line(struct text *rest)
{
	const char *end = rest->length ? memchr(rest->at, '\n', rest->length) : NULL;
	struct text line = {rest->at, end ? (size_t)(end - rest->at) : rest->length};
	size_t used = line.length + (end != NULL);
	*rest = (struct text){rest->at + used, rest->length - used};
	return text_trim(line);
}

struct link_keys *link_keys_of(struct text lines, struct fault *fault)
{
	struct link_keys *keys = MEM_NEW(struct link_keys);
	const char *wrong = NULL;
	while (lines.length && !wrong) {
		struct text line = next_line(&lines);
		if (!line.length)
			continue;
		if (keys->count == KEYS)
			wrong = "holds more than two lines";
		else if (line.length < LINK_KEY_LEAST || line.length >= FILE_BYTES)
			wrong = "has a line that is too short or too long";
		if (wrong)
			break;
		struct key *key = &keys->keys[keys->count++];
		memcpy(key->secret, line.at, line.length);
		key->length = line.length;
		key->id = id_of(key);
	}
	if (!wrong && !keys->count)
		wrong = "is empty";
	if (!wrong)
		return keys;
	(void)fault_set(fault, RESULT_PERMANENT,
	                "it %s; write a key of at least %d characters on a line (openssl rand -base64 36), and the one "
	                "before it on a second line",
	                wrong, LINK_KEY_LEAST);
	link_keys_free(keys);
	return NULL;
}

struct link_keys *link_keys_load(const char *path, struct fault *fault)
{
	char bytes[FILE_BYTES];
	struct fault why = {""};
	FILE *file = file_read(path);
	if (!file) {
		(void)fault_set(fault, RESULT_PERMANENT, "web.link-key-file %s cannot be read: %s", path,
		                strerror(errno));
		return NULL;
	}
	size_t length = fread(bytes, 1, sizeof bytes, file);
	(void)fclose(file);
	struct link_keys *keys = link_keys_of((struct text){bytes, length}, &why);
	digest_wipe(bytes, sizeof bytes);
	if (!keys)
		(void)fault_set(fault, RESULT_PERMANENT, "web.link-key-file %s: %s", path, why.text);
	return keys;
}

void link_keys_free(struct link_keys *keys)
{
	if (!keys)
		return;
	digest_wipe(keys, sizeof *keys);
	free(keys);
}

/* ---- tokens ---- */

static void put_number(unsigned char *to, size_t bytes, uint64_t number)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (unsigned char)(number >> 8 * (bytes - 1 - i));
}

static uint64_t get_number(const unsigned char *from, size_t bytes)
{
	uint64_t number = 0;
	for (size_t i = 0; i < bytes; i++)
		number = number << 8 | from[i];
	return number;
}

/* What stands before it says its length, so that no two messages share one writing. */
static void add_part(struct buffer *bytes, struct text part)
{
	buffer_number(bytes, (int64_t)part.length);
	buffer_char(bytes, ':');
	buffer_text(bytes, part);
}

static void sign(const struct key *key, const unsigned char *head, const struct outbox_row *row,
                 unsigned char mac[MAC_BYTES])
{
	struct buffer bytes = {0};
	buffer_string(&bytes, "link");
	buffer_char(&bytes, '\0');
	buffer_add(&bytes, head, ROW_BYTES + EXPIRY_BYTES);
	buffer_char(&bytes, (char)key->id);
	add_part(&bytes, row->alert);
	add_part(&bytes, row->person);
	add_part(&bytes, row->role);
	buffer_number(&bytes, row->step);
	struct digest digest = digest_hmac(secret_of(key), buffer_view(&bytes));
	memcpy(mac, digest.at, MAC_BYTES);
	buffer_free(&bytes);
}

void link_make(const struct link_keys *keys, const struct outbox_row *row, instant now, char token[LINK_TOKEN_SIZE])
{
	unsigned char bytes[TOKEN_BYTES];
	struct buffer coded = {0};
	put_number(bytes, ROW_BYTES, (uint64_t)row->id);
	put_number(bytes + ROW_BYTES, EXPIRY_BYTES, (uint64_t)((now + LINK_HOLDS + HOUR - 1) / HOUR));
	sign(&keys->keys[0], bytes, row, bytes + ROW_BYTES + EXPIRY_BYTES);
	bytes[TOKEN_BYTES - 1] = keys->keys[0].id;
	digest_put_base64url((struct text){(const char *)bytes, sizeof bytes}, &coded);
	(void)snprintf(token, LINK_TOKEN_SIZE, "%s", buffer_cstr(&coded));
	buffer_free(&coded);
}

static bool read_token(struct text token, unsigned char bytes[TOKEN_BYTES])
{
	struct buffer read = {0};
	bool good = token.length == LINK_TOKEN_LENGTH && digest_read_base64url(token, &read) &&
	            read.length == TOKEN_BYTES;
	if (good)
		memcpy(bytes, read.at, TOKEN_BYTES);
	buffer_free(&read);
	return good;
}

bool link_row(struct text token, int64_t *row)
{
	unsigned char bytes[TOKEN_BYTES];
	if (!read_token(token, bytes))
		return false;
	*row = (int64_t)get_number(bytes, ROW_BYTES);
	return true;
}

enum link_verdict link_check(const struct link_keys *keys, struct text token, const struct outbox_row *row,
                             instant now)
{
	unsigned char bytes[TOKEN_BYTES], mac[MAC_BYTES];
	bool good = false;
	if (!read_token(token, bytes) || get_number(bytes, ROW_BYTES) != (uint64_t)row->id)
		return LINK_BAD;
	for (size_t i = 0; i < keys->count; i++) {
		sign(&keys->keys[i], bytes, row, mac);
		good = (digest_equal(mac, bytes + ROW_BYTES + EXPIRY_BYTES, MAC_BYTES) &
		        (keys->keys[i].id == bytes[TOKEN_BYTES - 1])) || good;
	}
	if (!good)
		return LINK_BAD;
	return (instant)get_number(bytes + ROW_BYTES, EXPIRY_BYTES) * HOUR < now ? LINK_EXPIRED : LINK_GOOD;
}

void link_mac(const struct link_keys *keys, struct text bytes, unsigned char *mac, size_t length)
{
	struct digest digest = digest_hmac(secret_of(&keys->keys[0]), bytes);
	memcpy(mac, digest.at, length < sizeof digest.at ? length : sizeof digest.at);
}
