/* notify_token: what Notify knows us by: a JSON Web Token made of the two halves of its API key. */
#include "channel/http/notify.h"

#include "base/digest.h"
#include "text/json_write.h"

#define UUID_LENGTH 36

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool notify_is_uuid(struct text text)
{
	if (text.length != UUID_LENGTH)
		return false;
	for (size_t i = 0; i < UUID_LENGTH; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? text.at[i] != '-' : !is_hex(text.at[i]))
			return false;
	}
	return true;
}

static void put_claims(struct text service, int64_t now, struct buffer *out)
{
	struct buffer claims = {0};
	struct json_writer json = json_writer_on(&claims);
	json_object(&json);
	json_put_text(&json, "iss", service);
	json_put_integer(&json, "iat", now);
	json_object_end(&json);
	digest_put_base64url(buffer_view(&claims), out);
	buffer_free(&claims);
}

enum result notify_token(struct text key, int64_t now, struct buffer *out, struct fault *fault)
{
	size_t both = 2 * UUID_LENGTH + 1;
	struct text service = TEXT_NONE, secret = TEXT_NONE;
	if (key.length >= both) {
		service = (struct text){key.at + key.length - both, UUID_LENGTH};
		secret = (struct text){key.at + key.length - UUID_LENGTH, UUID_LENGTH};
	}
	if (!notify_is_uuid(service) || !notify_is_uuid(secret))
		return fault_set(
			fault, RESULT_PERMANENT,
			"notify.key-file does not hold an API key of GOV.UK Notify: its name, a hyphen, and two "
			"UUIDs with a hyphen between");
	size_t start = out->length;
	digest_put_base64url(TEXT("{\"typ\":\"JWT\",\"alg\":\"HS256\"}"), out);
	buffer_char(out, '.');
	put_claims(service, now, out);
	struct digest digest = digest_hmac(secret, (struct text){out->at + start, out->length - start});
	buffer_char(out, '.');
	digest_put_base64url(digest_view(&digest), out);
	return RESULT_OK;
}
