/* mail: from a message to a mail, and on to the server. */
#include "channel/smtp/mail.h"

#include "base/mem.h"
#include "channel/smtp/mime.h"

#include <stdio.h>
#include <stdlib.h>

struct channel_line {
	const struct mail_settings *settings;
	struct smtp *smtp;
};

static void reference(const void *settings, int64_t row, struct buffer *out)
{
	const struct mail_settings *mail = settings;
	mime_message_id(row, text_of(mail->domain), out);
}

static enum result check_sender(const struct mail_settings *settings, struct fault *fault)
{
	const char *why = "";
	if (!settings->from || !mime_address_ok(text_of(settings->from), &why))
		return fault_set(fault, RESULT_PERMANENT, "smtp.from is not an address: %s",
		                 settings->from ? why : "it is not set");
	if (!settings->domain || !mime_domain_ok(text_of(settings->domain)))
		return fault_set(fault, RESULT_PERMANENT, "smtp.domain is not a host name");
	return RESULT_OK;
}

static enum result start(const void *settings, const atomic_bool *broken_off, struct channel_line **line,
                         struct fault *fault)
{
	const struct mail_settings *mail = settings;
	struct smtp *smtp = NULL;
	enum result result = check_sender(mail, fault);
	if (result == RESULT_OK)
		result = smtp_new(&mail->server, broken_off, &smtp, fault);
	if (result != RESULT_OK)
		return result;
	*line = MEM_NEW(struct channel_line);
	**line = (struct channel_line){mail, smtp};
	return RESULT_OK;
}

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
	                         .possible_duplicate = message->possible_duplicate};
	return mime_write(&head, message->text, message->html, wire, fault);
}

static void send(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply)
{
	struct buffer wire = {0};
	struct fault fault = {""};
	if (write_mail(line->settings, message, &wire, &fault) == RESULT_OK) {
		smtp_send(line->smtp, text_of(line->settings->from), message->to, buffer_view(&wire), message->patient,
		          reply);
	} else {
		*reply = (struct channel_reply){.outcome = CHANNEL_PERMANENT, .whose = CHANNEL_OF_MESSAGE};
		(void)snprintf(reply->text, sizeof reply->text, "%.500s", fault.text);
	}
	buffer_free(&wire);
}

static void rest(struct channel_line *line)
{
	smtp_rest(line->smtp);
}

static void stop(struct channel_line *line)
{
	if (!line)
		return;
	smtp_free(line->smtp);
	free(line);
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
