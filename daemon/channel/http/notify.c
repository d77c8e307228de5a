/* notify: a text or an email given to GOV.UK Notify, and what became of it. */
#include "channel/http/notify.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "channel/smtp/mime.h"
#include "text/json_read.h"
#include "text/json_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_MOST 512 /* an API key of Notify has about 75 characters */

struct channel_line {
	const struct notify_settings *settings;
	bool email;
	struct http *http;
	char key[KEY_MOST + 1];
};

/* ---- settings ---- */

static bool address_ok(struct text address, const char **why)
{
	size_t digits = 0;
	for (size_t i = 0; i < address.length; i++)
		digits += address.at[i] >= '0' && address.at[i] <= '9';
	if (why)
		*why = "a phone number has 10 to 15 digits";
	return digits >= 10 && digits <= 15;
}

static void reference(const void *settings, int64_t row, struct text name, struct buffer *out)
{
	(void)row;
	http_reference(((const struct notify_settings *)settings)->domain, name, out);
}

static enum result read_key(const char *path, char *key, struct fault *fault)
{
	struct buffer unused = {0};
	FILE *file = path ? file_read(path) : NULL;
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "cannot read notify.key-file %s: %s", path ? path : "",
		                 path ? strerror(errno) : "it is not set");
	size_t length = fread(key, 1, KEY_MOST, file);
	(void)fclose(file);
	key[length] = '\0';
	key[strcspn(key, "\r\n")] = '\0';
	enum result result = notify_token(text_of(key), 0, &unused, fault);
	buffer_free(&unused);
	return result;
}

static void stop(struct channel_line *line)
{
	if (!line)
		return;
	http_free(line->http);
	digest_wipe(line->key, sizeof line->key);
	free(line);
}

static enum result start(const void *settings, bool email, const atomic_bool *broken_off, struct channel_line **line,
                         struct fault *fault)
{
	struct channel_line *made = MEM_NEW(struct channel_line);
	const char *why = "";
	made->settings = settings;
	made->email = email;
	enum result result = RESULT_OK;
	if (!http_url_ok(text_of(made->settings->url), made->settings->http.inside, &why))
		result = fault_set(fault, RESULT_PERMANENT, "notify.url cannot be used: %s", why);
	if (result == RESULT_OK && !notify_is_uuid(text_of(made->settings->template)))
		result = fault_set(fault, RESULT_PERMANENT, "notify.%s-template is not the id of a template",
		                   email ? "email" : "text");
	if (result == RESULT_OK)
		result = read_key(made->settings->key_file, made->key, fault);
	if (result == RESULT_OK)
		result = http_new(&made->settings->http, broken_off, &made->http, fault);
	if (result == RESULT_OK)
		*line = made;
	else
		stop(made);
	return result;
}

static enum result start_text(const void *settings, const atomic_bool *broken_off, struct channel_line **line,
                              struct fault *fault)
{
	return start(settings, false, broken_off, line, fault);
}

static enum result start_email(const void *settings, const atomic_bool *broken_off, struct channel_line **line,
                               struct fault *fault)
{
	return start(settings, true, broken_off, line, fault);
}

/* ---- requests ---- */

/* `path` and what follows; `body` empty: GET, which may go whenever; else by the message's `begin_by`. */
static void ask_notify(struct channel_line *line, const struct channel_message *message, struct text path,
                       struct text body, struct http_answer *answer)
{
	struct buffer url = {0}, authorisation = {0};
	struct fault fault = {""};
	struct http_request request = {
		.get = body.length == 0, .body = body, .begin_by = body.length ? message->begin_by : 0};
	buffer_string(&url, line->settings->url);
	buffer_text(&url, path);
	buffer_string(&authorisation, "Authorization: Bearer ");
	if (notify_token(text_of(line->key), message->date / SECOND, &authorisation, &fault) == RESULT_OK) {
		request.url = buffer_cstr(&url);
		request.headers[0] = buffer_cstr(&authorisation);
		request.headers[1] = body.length ? "Content-Type: application/json" : NULL;
		http_ask(line->http, &request, answer);
	} else { /* the key was looked at when the line was made */
		*answer = (struct http_answer){0};
		http_put_words(text_of(fault.text), answer->why, sizeof answer->why);
	}
	if (authorisation.at)
		digest_wipe(authorisation.at, authorisation.length);
	buffer_free(&authorisation);
	buffer_free(&url);
}

static void put_escaped(struct text words, struct buffer *out)
{
	for (size_t i = 0; i < words.length; i++) {
		char c = words.at[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     memchr("-._~", c, 4);
		if (plain)
			buffer_char(out, c);
		else
			buffer_format(out, "%%%02X", (unsigned)(unsigned char)c);
	}
}

/* ---- answers ---- */

/* The text under "status" of the newest notification in {"notifications": [{…, "status": "…"}]}, newest first, into
 * `status`; empty: there is none. */
static void find_status(struct text body, char *status, size_t room)
{
	struct json_reader *reader = json_reader_new(16, 4096);
	struct text value;
	unsigned depth = 0;
	bool named = false;
	status[0] = '\0';
	json_start(reader, body, 0);
	for (;;) {
		enum json_token token = json_next(reader, &value);
		if (token == JSON_FAULT || token == JSON_END)
			break;
		if (token == JSON_STRING && named && depth == 3) {
			http_put_words(value, status, room);
			break;
		}
		depth += token == JSON_OBJECT || token == JSON_ARRAY;
		depth -= token == JSON_OBJECT_END || token == JSON_ARRAY_END;
		named = token == JSON_KEY && text_equal(value, TEXT("status"));
	}
	json_reader_free(reader);
}

void notify_by_status(const char *status, struct channel_reply *reply)
{
	static const struct {
		const char *status;
		enum channel_outcome outcome;
		enum channel_whose whose;
	} rows[] = {{"created", CHANNEL_GIVEN, CHANNEL_OF_RECIPIENT},
	            {"sending", CHANNEL_GIVEN, CHANNEL_OF_RECIPIENT},
	            {"pending", CHANNEL_GIVEN, CHANNEL_OF_RECIPIENT},
	            {"sent", CHANNEL_GIVEN, CHANNEL_OF_RECIPIENT},
	            {"delivered", CHANNEL_ACCEPTED, CHANNEL_OF_RECIPIENT},
	            {"permanent-failure", CHANNEL_PERMANENT, CHANNEL_OF_RECIPIENT},
	            {"temporary-failure", CHANNEL_PERMANENT, CHANNEL_OF_RECIPIENT},
	            {"technical-failure", CHANNEL_TEMPORARY, CHANNEL_OF_MESSAGE}};
	reply->outcome =
		CHANNEL_GIVEN; /* a word that is new to us says nothing of a failure: the step's time bounds it */
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].status, status) == 0) {
			reply->outcome = rows[i].outcome;
			reply->whose = rows[i].whose;
		}
	(void)snprintf(reply->text, sizeof reply->text, "GOV.UK Notify: %.60s", status);
}

/* The key, or the clock: no message goes until that is mended. */
static void of_server(struct channel_reply *reply)
{
	if (reply->code != 403 && reply->code != 401)
		return;
	reply->outcome = CHANNEL_TEMPORARY;
	reply->whose = CHANNEL_OF_SERVER;
}

/* Fills the reply with what became of the message; CHANNEL_TEMPORARY of the message where Notify has none of that
 * reference. */
static void look_up(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply)
{
	struct buffer path = {0};
	struct http_answer answer = {0};
	char status[64];
	buffer_string(&path, "/v2/notifications?reference=");
	put_escaped(message->reference, &path);
	ask_notify(line, message, buffer_view(&path), TEXT_NONE, &answer);
	http_reply(&answer, reply);
	http_name_server(text_of(line->settings->url), reply);
	of_server(reply);
	if (reply->outcome == CHANNEL_ACCEPTED) {
		find_status(buffer_view(&answer.body), status, sizeof status);
		reply->outcome = CHANNEL_TEMPORARY;
		reply->whose = CHANNEL_OF_MESSAGE;
		(void)snprintf(reply->text, sizeof reply->text, "GOV.UK Notify knows no message of this reference");
		if (status[0])
			notify_by_status(status, reply);
	} else if (reply->outcome == CHANNEL_PERMANENT) { /* the question was wrong, not the message */
		reply->outcome = CHANNEL_TEMPORARY;
		reply->whose = CHANNEL_OF_SERVER;
	} else if (reply->outcome == CHANNEL_UNCERTAIN) { /* a question that got no answer changed nothing */
		reply->outcome = CHANNEL_TEMPORARY;
		reply->whose = CHANNEL_OF_SERVER;
	}
	buffer_free(&path);
	buffer_free(&answer.body);
}

static void put_request(const struct channel_line *line, const struct channel_message *message, struct buffer *out)
{
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_text(&json, line->email ? "email_address" : "phone_number", message->to);
	json_put_string(&json, "template_id", line->settings->template);
	json_key(&json, "personalisation");
	json_object(&json);
	if (line->email)
		json_put_text(&json, "subject", message->subject);
	json_put_text(&json, "text", message->text);
	json_object_end(&json);
	json_put_text(&json, "reference", message->reference);
	if (line->settings->sender)
		json_put_string(&json, line->email ? "email_reply_to_id" : "sms_sender_id", line->settings->sender);
	json_object_end(&json);
}

static void give(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply)
{
	struct buffer body = {0};
	struct http_answer answer = {0};
	put_request(line, message, &body);
	ask_notify(line, message, line->email ? TEXT("/v2/notifications/email") : TEXT("/v2/notifications/sms"),
	           buffer_view(&body), &answer);
	http_reply(&answer, reply);
	http_name_server(text_of(line->settings->url), reply);
	of_server(reply);
	if (reply->outcome == CHANNEL_ACCEPTED) {
		reply->outcome = CHANNEL_GIVEN;
		(void)snprintf(reply->text, sizeof reply->text, "%d GOV.UK Notify has it", reply->code);
	}
	buffer_free(&body);
	buffer_free(&answer.body);
}

/* Where an earlier attempt may have arrived it is asked first. */
static void send(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply)
{
	if (message->possible_duplicate) {
		look_up(line, message, reply);
		bool unknown = reply->outcome == CHANNEL_TEMPORARY && reply->whose == CHANNEL_OF_MESSAGE;
		if (!unknown) /* what it says of an arrival is asked again in its own time */
			reply->outcome = reply->outcome == CHANNEL_ACCEPTED ? CHANNEL_GIVEN : reply->outcome;
		if (!unknown)
			return;
	}
	give(line, message, reply);
}

static void ask(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply)
{
	look_up(line, message, reply);
}

static void rest(struct channel_line *line)
{
	http_rest(line->http);
}

const struct channel channel_notify_text = {.name = "notify",
                                            .reaches = CHANNEL_TEXT,
                                            .down = "GOV.UK Notify takes no texts",
                                            .back = "GOV.UK Notify takes texts again",
                                            .text_bytes_max = 918, /* six parts; casewatch's texts are one */
                                            .per_minute_max = NOTIFY_A_MINUTE,
                                            .address_ok = address_ok,
                                            .reference = reference,
                                            .start = start_text,
                                            .send = send,
                                            .ask = ask,
                                            .rest = rest,
                                            .stop = stop};

const struct channel channel_notify_email = {.name = "notify-email",
                                             .reaches = CHANNEL_EMAIL,
                                             .down = "GOV.UK Notify takes no emails",
                                             .back = "GOV.UK Notify takes emails again",
                                             .text_bytes_max = NOTIFY_EMAIL_BYTES,
                                             .per_minute_max = NOTIFY_A_MINUTE,
                                             .address_ok = mime_address_ok,
                                             .reference = reference,
                                             .start = start_email,
                                             .send = send,
                                             .ask = ask,
                                             .rest = rest,
                                             .stop = stop};
