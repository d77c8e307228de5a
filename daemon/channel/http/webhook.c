/* webhook: the signature, and the request. */
#include "channel/http/webhook.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define SECRET_LEAST 24 /* bytes; Standard Webhooks: between 24 and 64 */
#define SECRET_MOST 64 /* Standard Webhooks: 24 to 64 bytes */
#define FILE_MOST 512 /* two secrets, base64, and what stands around them */

struct channel_line {
	const struct webhook_settings *settings;
	struct http *http;
	struct buffer secrets; /* the file's content; empty: nothing is signed */
};

/* ---- signature ---- */

/* The bytes of one line of the file; 0: it is no secret. */
static size_t secret_bytes(struct text line, unsigned char *out)
{
	static const char prefix[] = "whsec_";
	unsigned char wide[FILE_MOST];
	size_t skip = sizeof prefix - 1;
	if (line.length <= skip || memcmp(line.at, prefix, skip) != 0)
		return 0;
	size_t length = line.length - skip;
	if (length % 4 || length > sizeof wide)
		return 0;
	int decoded = EVP_DecodeBlock(wide, (const unsigned char *)line.at + skip, (int)length);
	size_t padding = (size_t)(line.at[line.length - 1] == '=') + (size_t)(line.at[line.length - 2] == '=');
	size_t bytes = decoded < 0 ? 0 : (size_t)decoded - padding;
	bool good = bytes >= SECRET_LEAST && bytes <= SECRET_MOST;
	if (good)
		memcpy(out, wide, bytes);
	digest_wipe(wide, sizeof wide);
	return good ? bytes : 0;
}

static void add_signature(const unsigned char *secret, size_t length, struct text content, struct buffer *out)
{
	struct digest digest = digest_hmac((struct text){(const char *)secret, length}, content);
	unsigned char coded[DIGEST_BYTES * 2];
	int coded_length = EVP_EncodeBlock(coded, digest.at, (int)sizeof digest.at);
	buffer_string(out, out->length ? " v1," : "v1,");
	buffer_add(out, (const char *)coded, (size_t)coded_length);
}

/* Calls for each line that is not empty; false: one is no secret, or there are none or too many. */
static bool sign_each(struct text secrets, struct text content, struct buffer *out)
{
	size_t at = 0, count = 0;
	unsigned char secret[SECRET_MOST];
	bool good = true;
	while (at < secrets.length && good) {
		const char *end = memchr(secrets.at + at, '\n', secrets.length - at);
		size_t length = end ? (size_t)(end - secrets.at) - at : secrets.length - at;
		struct text line = text_trim((struct text){secrets.at + at, length});
		at += length + 1;
		if (!line.length)
			continue;
		size_t bytes = secret_bytes(line, secret);
		good = bytes > 0 && ++count <= WEBHOOK_SECRETS;
		if (good)
			add_signature(secret, bytes, content, out);
	}
	digest_wipe(secret, sizeof secret);
	return good && count > 0;
}

enum result webhook_sign(struct text secrets, struct text id, int64_t timestamp, struct text body, struct buffer *out,
                         struct fault *fault)
{
	struct buffer content = {0};
	buffer_text(&content, id);
	buffer_format(&content, ".%" PRId64 ".", timestamp);
	buffer_text(&content, body);
	bool good = sign_each(secrets, buffer_view(&content), out);
	buffer_free(&content);
	if (good)
		return RESULT_OK;
	buffer_clear(out);
	return fault_set(fault, RESULT_PERMANENT,
	                 "webhook.secret-file needs one or two lines, each \"whsec_\" and the base64 of %d to %d bytes",
	                 SECRET_LEAST, SECRET_MOST);
}

/* ---- lines ---- */

static bool address_ok(struct text address, const char **why)
{
	return http_url_ok(address, true, why); /* whether it may lie inside is asked at each connection */
}

static void reference(const void *settings, int64_t row, struct text name, struct buffer *out)
{
	(void)row;
	http_reference(((const struct webhook_settings *)settings)->domain, name, out);
}

static enum result read_secrets(const char *path, struct buffer *secrets, struct fault *fault)
{
	char bytes[FILE_MOST];
	struct buffer unused = {0};
	FILE *file = file_read(path);
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "cannot read webhook.secret-file %s: %s", path,
		                 strerror(errno));
	size_t length = fread(bytes, 1, sizeof bytes, file);
	(void)fclose(file);
	buffer_add(secrets, bytes, length);
	digest_wipe(bytes, sizeof bytes);
	enum result result = webhook_sign(buffer_view(secrets), TEXT("id"), 0, TEXT("body"), &unused, fault);
	buffer_free(&unused);
	return result;
}

static void stop(struct channel_line *line)
{
	if (!line)
		return;
	http_free(line->http);
	if (line->secrets.at)
		digest_wipe(line->secrets.at, line->secrets.length);
	buffer_free(&line->secrets);
	free(line);
}

static enum result start(const void *settings, const atomic_bool *broken_off, struct channel_line **line,
                         struct fault *fault)
{
	struct channel_line *made = MEM_NEW(struct channel_line);
	*made = (struct channel_line){.settings = settings};
	enum result result = http_new(&made->settings->http, broken_off, &made->http, fault);
	if (result == RESULT_OK && made->settings->secret_file)
		result = read_secrets(made->settings->secret_file, &made->secrets, fault);
	if (result == RESULT_OK)
		*line = made;
	else
		stop(made);
	return result;
}

/* ---- one message ---- */

static void post(struct channel_line *line, const struct channel_message *message, const char *url, int64_t timestamp,
                 struct http_answer *answer, struct fault *fault)
{
	struct buffer type = {0}, id = {0}, time = {0}, signature = {0};
	buffer_format(&type, "Content-Type: %.*s",
	              TEXT_ARG(message->media.length ? message->media : TEXT("text/plain; charset=utf-8")));
	buffer_format(&id, "webhook-id: %.*s", TEXT_ARG(message->reference));
	buffer_format(&time, "webhook-timestamp: %" PRId64, timestamp);
	buffer_string(&signature, "webhook-signature: ");
	struct http_request request = {.url = url,
	                               .body = message->text,
	                               .headers = {type.at, id.at, time.at, NULL},
	                               .begin_by = message->begin_by};
	enum result result = RESULT_OK;
	if (line->secrets.length) {
		struct buffer signs = {0};
		result = webhook_sign(buffer_view(&line->secrets), message->reference, timestamp, message->text, &signs,
		                      fault);
		buffer_text(&signature, buffer_view(&signs));
		buffer_free(&signs);
		request.headers[3] = buffer_cstr(&signature);
	}
	if (result == RESULT_OK)
		http_ask(line->http, &request, answer);
	buffer_free(&type);
	buffer_free(&id);
	buffer_free(&time);
	buffer_free(&signature);
}

static void send(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply)
{
	struct http_answer answer = {0};
	struct fault fault = {""};
	const char *why = "";
	if (!http_url_ok(message->to, line->settings->http.inside, &why)) {
		*reply = (struct channel_reply){.outcome = CHANNEL_PERMANENT, .whose = CHANNEL_OF_RECIPIENT};
		(void)snprintf(reply->text, sizeof reply->text, "the address cannot be used: %s", why);
		return;
	}
	char *url = mem_copy_text(message->to.at, message->to.length);
	post(line, message, url, message->date / SECOND, &answer, &fault);
	free(url);
	http_reply(&answer, reply);
	http_name_server(message->to, reply);
	/* Each address is a server of its own: what it does says nothing of the others. */
	reply->whose = CHANNEL_OF_RECIPIENT;
	reply->silent = false;
	buffer_free(&answer.body);
}

static void rest(struct channel_line *line)
{
	http_rest(line->http);
}

const struct channel channel_webhook = {.name = "webhook",
                                        .reaches = CHANNEL_WEBHOOK,
                                        .down = "No webhook is taken",
                                        .back = "webhooks are taken again",
                                        .text_bytes_max = 256 * 1024,
                                        .address_ok = address_ok,
                                        .reference = reference,
                                        .start = start,
                                        .send = send,
                                        .rest = rest,
                                        .stop = stop};
