/* mail: from a message to a mail, and on to the first server that takes it. */
#include "channel/smtp/mail.h"

#include "base/digest.h"
#include "base/mem.h"
#include "channel/smtp/mime.h"
#include "channel/smtp/verp.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct channel_line {
	const struct mail_settings *settings;
	struct smtp *servers[RELAYS_MOST]; /* one connection each, at most */
	size_t count;
	struct buffer key;                 /* that addresses for what comes back are signed with; empty: none are */
};

static void reference(const void *settings, int64_t row, struct text name, struct buffer *out)
{
	(void)row;
	const struct mail_settings *mail = settings;
	mime_message_id(name, text_of(mail->domain), out);
}

/* ---- lines ---- */

static enum result check_sender(const struct mail_settings *settings, struct fault *fault)
{
	const char *why = "";
	if (!settings->from || !mime_address_ok(text_of(settings->from), &why))
		return fault_set(fault, RESULT_PERMANENT, "smtp.from is not an address: %s",
		                 settings->from ? why : "it is not set");
	if (!settings->domain || !mime_domain_ok(text_of(settings->domain)))
		return fault_set(fault, RESULT_PERMANENT, "smtp.domain is not a host name");
	if (settings->bounce_address && !verp_address_ok(text_of(settings->bounce_address), &why))
		return fault_set(fault, RESULT_PERMANENT, "smtp.bounce-address cannot be used: %s", why);
	return RESULT_OK;
}

static void stop(struct channel_line *line)
{
	if (!line)
		return;
	for (size_t i = 0; i < line->count; i++)
		smtp_free(line->servers[i]);
	if (line->key.at)
		digest_wipe(line->key.at, line->key.length);
	buffer_free(&line->key);
	free(line);
}

static enum result start(const void *settings, const atomic_bool *broken_off, struct channel_line **line,
                         struct fault *fault)
{
	const struct mail_settings *mail = settings;
	struct channel_line *made = MEM_NEW(struct channel_line);
	made->settings = mail;
	enum result result = check_sender(mail, fault);
	for (size_t i = 0; i < 1 + mail->more_count && i < RELAYS_MOST && result == RESULT_OK; i++) {
		result = smtp_new(i ? &mail->more[i - 1] : &mail->server, broken_off, &made->servers[i], fault);
		made->count += result == RESULT_OK;
	}
	if (result == RESULT_OK && mail->bounce_address)
		result = verp_read_key(mail->bounce_key_file, &made->key, fault);
	if (result == RESULT_OK)
		*line = made;
	else
		stop(made);
	return result;
}

/* ---- one message ---- */

static enum result write_mail(const struct mail_settings *settings, const struct channel_message *message,
                              struct buffer *wire, struct fault *fault)
{
	struct mime_head head = {.from = text_of(settings->from),
	                         .from_name = text_of(settings->from_name),
	                         .to = message->to,
	                         .subject = message->subject,
	                         .message_id = message->reference,
	                         .first_id = message->first,
	                         .date = message->date,
	                         .date_offset = message->date_offset,
	                         .possible_duplicate = message->possible_duplicate,
	                         .critical = message->critical};
	return mime_write(&head, message->text, message->html, wire, fault);
}

static int64_t elapsed_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* how long a server is left alone, not what time it is */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The record says which server it was; with several of them its last words do, too. */
static void name_server(const struct channel_line *line, size_t which, struct channel_reply *reply)
{
	const struct mail_settings *settings = line->settings;
	const struct smtp_settings *server = which ? &settings->more[which - 1] : &settings->server;
	size_t length = strlen(reply->text);
	(void)snprintf(reply->server, sizeof reply->server, "%.120s:%d", server->host, server->port);
	if (line->count > 1)
		(void)snprintf(reply->text + length, sizeof reply->text - length, " [%s]", reply->server);
}

/* Whether the server has none of it and never will have: then the next may be given the message. */
static bool is_down(const struct channel_reply *reply)
{
	return reply->outcome == CHANNEL_TEMPORARY && reply->whose == CHANNEL_OF_SERVER;
}

/* Tries the servers in order; `all`: also those that were down a moment ago. Returns whether any was tried. */
static bool go_through(struct channel_line *line, bool all, struct text from, const struct channel_message *message,
                       struct text wire, struct channel_reply *reply)
{
	struct relays *relays = line->settings->relays;
	bool tried = false;
	int64_t took_ms = 0;
	for (size_t i = 0; i < line->count; i++) {
		if (relays && !all && !relays_try(relays, i, elapsed_ms()))
			continue;
		tried = true;
		smtp_send(line->servers[i], from, message->to, wire, message->patient, message->begin_by,
		          reply);
		took_ms += reply->took_ms;
		reply->took_ms = took_ms;
		if (relays)
			relays_learn(relays, i, reply, elapsed_ms());
		name_server(line, i, reply);
		if (!is_down(reply))
			break;
	}
	return tried;
}

static void send(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply)
{
	const struct mail_settings *settings = line->settings;
	struct buffer wire = {0}, from = {0};
	struct fault fault = {""};
	if (!line->key.length || !verp_write(text_of(settings->bounce_address), buffer_view(&line->key),
	                                     message->reference, &from))
		buffer_string(&from, settings->from);
	if (write_mail(settings, message, &wire, &fault) != RESULT_OK) {
		*reply = (struct channel_reply){.outcome = CHANNEL_PERMANENT, .whose = CHANNEL_OF_MESSAGE};
		(void)snprintf(reply->text, sizeof reply->text, "%.500s", fault.text);
	} else if (!go_through(line, false, buffer_view(&from), message, buffer_view(&wire), reply)) {
		(void)go_through(line, true, buffer_view(&from), message, buffer_view(&wire), reply);
	}
	buffer_free(&from);
	buffer_free(&wire);
}

static void rest(struct channel_line *line)
{
	for (size_t i = 0; i < line->count; i++)
		smtp_rest(line->servers[i]);
}

const struct channel channel_mail = {.name = "smtp",
                                     .reaches = CHANNEL_EMAIL,
                                     .html = true,
                                     .text_bytes_max = MIME_BODY_MOST,
                                     .address_ok = mime_address_ok,
                                     .reference = reference,
                                     .start = start,
                                     .send = send,
                                     .rest = rest,
                                     .stop = stop};
