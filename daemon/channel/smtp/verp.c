/* verp: addresses that are signed with the id of a message. */
#include "channel/smtp/verp.h"

#include "base/digest.h"
#include "base/file.h"
#include "channel/smtp/mime.h"

#include <errno.h>
#include <stdio.h>

#define SIGNED_BYTES 8 /* of the digest: 64 bits, beside 64 random ones in the id */
#define RANDOM_DIGITS 16

bool verp_address_ok(struct text address, const char **why)
{
	const char *unused, **reason = why ? why : &unused;
	if (!mime_address_ok(address, reason))
		return false;
	const char *at = memchr(address.at, '@', address.length);
	*reason = "what stands before the @ is longer than 17 characters";
	return at - address.at <= VERP_LOCAL_MOST;
}

enum result verp_read_key(const char *path, struct buffer *key, struct fault *fault)
{
	char line[VERP_KEY_MOST + 3];
	FILE *file = path ? file_read(path) : NULL;
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "cannot read smtp.bounce-key-file %s: %s", path ? path : "",
		                 path ? strerror(errno) : "it is not set");
	bool read = fgets(line, sizeof line, file) != NULL;
	(void)fclose(file);
	size_t length = read ? strcspn(line, "\r\n") : 0;
	enum result result = RESULT_OK;
	if (length < VERP_KEY_LEAST || length > VERP_KEY_MOST)
		result = fault_set(fault, RESULT_PERMANENT,
		                   "smtp.bounce-key-file %s needs %d to %d characters on its first line; make them "
		                   "with openssl rand -hex 32",
		                   path, VERP_KEY_LEAST, VERP_KEY_MOST);
	else
		buffer_add(key, line, length);
	digest_wipe(line, sizeof line);
	return result;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* How long the id is that the words begin with; 0: they begin with none. */
static size_t id_length(struct text words)
{
	size_t digits = 0, hex = 0;
	while (digits < words.length && words.at[digits] >= '0' && words.at[digits] <= '9')
		digits++;
	if (digits == 0 || digits > VERP_ROW_DIGITS || digits == words.length || words.at[digits] != '.')
		return 0;
	while (hex < RANDOM_DIGITS && digits + 1 + hex < words.length && is_hex(words.at[digits + 1 + hex]))
		hex++;
	return hex == RANDOM_DIGITS ? digits + 1 + hex : 0;
}

bool verp_id(struct text message_id, char id[VERP_ID_SIZE])
{
	if (message_id.length < 3 || message_id.at[0] != '<')
		return false;
	struct text rest = {message_id.at + 1, message_id.length - 1};
	size_t length = id_length(rest);
	if (length == 0 || length == rest.length || rest.at[length] != '@')
		return false;
	memcpy(id, rest.at, length);
	id[length] = '\0';
	return true;
}

static void sign(struct text key, struct text id, struct buffer *out)
{
	struct buffer words = {0};
	buffer_string(&words, "casewatch bounce ");
	buffer_text(&words, id);
	struct digest digest = digest_hmac(key, buffer_view(&words));
	digest_put_hex((struct text){(const char *)digest.at, SIGNED_BYTES}, out);
	buffer_free(&words);
}

bool verp_write(struct text address, struct text key, struct text message_id, struct buffer *out)
{
	char id[VERP_ID_SIZE];
	const char *at = address.length ? memchr(address.at, '@', address.length) : NULL;
	if (!at || !verp_id(message_id, id))
		return false;
	size_t local = (size_t)(at - address.at);
	buffer_add(out, address.at, local);
	buffer_format(out, "+%s.", id);
	sign(key, text_of(id), out);
	buffer_add(out, at, address.length - local);
	return true;
}

/* The id and signature that the words begin with, in small letters. */
static bool read_token(struct text key, struct text words, char id[VERP_ID_SIZE])
{
	char small[VERP_ID_SIZE + 2 * SIGNED_BYTES];
	struct buffer expected = {0};
	size_t length = words.length < sizeof small ? words.length : sizeof small;
	for (size_t i = 0; i < length; i++)
		small[i] = words.at[i] >= 'A' && words.at[i] <= 'Z' ? (char)(words.at[i] + 32) : words.at[i];
	size_t of_id = id_length((struct text){small, length});
	if (of_id == 0 || of_id + 1 + 2 * SIGNED_BYTES > length || small[of_id] != '.')
		return false;
	sign(key, (struct text){small, of_id}, &expected);
	bool ours = digest_equal(expected.at, small + of_id + 1, 2 * SIGNED_BYTES);
	buffer_free(&expected);
	if (ours) {
		memcpy(id, small, of_id);
		id[of_id] = '\0';
	}
	return ours;
}

bool verp_find(struct text address, struct text key, struct text words, char id[VERP_ID_SIZE])
{
	const char *at = address.length ? memchr(address.at, '@', address.length) : NULL;
	size_t local = at ? (size_t)(at - address.at) : 0;
	for (size_t i = 0; at && i + local + 1 < words.length; i++) {
		struct text here = {words.at + i, local},
			    rest = {words.at + i + local + 1, words.length - i - local - 1};
		if (words.at[i + local] == '+' && text_equal_fold(here, (struct text){address.at, local}) &&
		    read_token(key, rest, id))
			return true;
	}
	return false;
}
