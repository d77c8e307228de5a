/* memory: keeps what it is given and answers as its script says. */
#include "channel/memory.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct channel_line {
	struct memory_server *server;
};

void memory_server_init(struct memory_server *server)
{
	*server = (struct memory_server){.answer = NULL};
	(void)pthread_mutex_init(&server->lock, NULL);
}

void memory_server_clear(struct memory_server *server)
{
	for (size_t i = 0; i < server->count; i++) {
		free(server->attempts[i].to);
		free(server->attempts[i].subject);
		free(server->attempts[i].text);
		free(server->attempts[i].reference);
	}
	free(server->attempts);
	server->attempts = NULL;
	server->count = server->room = 0;
}

static bool address_ok(struct text address, const char **why)
{
	if (address.length && memchr(address.at, '@', address.length))
		return true;
	if (why)
		*why = "it has no @";
	return false;
}

static void reference(const void *settings, int64_t row, struct text name, struct buffer *out)
{
	(void)settings;
	(void)name;
	buffer_format(out, "<%" PRId64 "@memory.example>", row);
}

static enum result start(const void *settings, const atomic_bool *broken_off, struct channel_line **line,
                         struct fault *fault)
{
	(void)broken_off;
	(void)fault;
	*line = MEM_NEW(struct channel_line);
	/* The interface takes settings as const because a channel reads them; this one's settings are the server
	 * itself. */
	(*line)->server = (struct memory_server *)(uintptr_t)settings;
	struct memory_server *server = (*line)->server;
	(void)pthread_mutex_lock(&server->lock);
	server->lines++;
	server->lines_max = server->lines > server->lines_max ? server->lines : server->lines_max;
	(void)pthread_mutex_unlock(&server->lock);
	return RESULT_OK;
}

static void send(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply)
{
	struct memory_server *server = line->server;
	*reply = (struct channel_reply){.outcome = CHANNEL_ACCEPTED, .code = 250};
	if (!channel_may_begin(message->begin_by)) {
		*reply = (struct channel_reply){.outcome = CHANNEL_ABANDONED, .text = CHANNEL_TOO_LATE};
		return;
	}
	(void)pthread_mutex_lock(&server->lock);
	if (server->answer)
		server->answer(server->context, message, reply);
	if (!reply->text[0])
		(void)snprintf(reply->text, sizeof reply->text, "%d %s", reply->code,
		               channel_outcome_name(reply->outcome));
	struct memory_attempt *attempt =
		mem_push((void **)&server->attempts, &server->count, &server->room, sizeof *attempt);
	*attempt = (struct memory_attempt){.to = mem_copy_text(message->to.at, message->to.length),
	                                   .subject = mem_copy_text(message->subject.at, message->subject.length),
	                                   .text = mem_copy_text(message->text.at, message->text.length),
	                                   .reference = mem_copy_text(message->reference.at, message->reference.length),
	                                   .possible_duplicate = message->possible_duplicate,
	                                   .reply = *reply};
	(void)pthread_mutex_unlock(&server->lock);
}

static void ask(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply)
{
	struct memory_server *server = line->server;
	*reply = (struct channel_reply){.outcome = CHANNEL_ACCEPTED, .code = 200};
	(void)pthread_mutex_lock(&server->lock);
	server->asks++;
	if (server->asked)
		server->asked(server->context, message, reply);
	(void)snprintf(reply->text, sizeof reply->text, "%d %s", reply->code, channel_outcome_name(reply->outcome));
	(void)pthread_mutex_unlock(&server->lock);
}

static void rest(struct channel_line *line)
{
	(void)line;
}

static void stop(struct channel_line *line)
{
	if (!line)
		return;
	(void)pthread_mutex_lock(&line->server->lock);
	line->server->lines--;
	(void)pthread_mutex_unlock(&line->server->lock);
	free(line);
}

const struct channel channel_memory = {.name = "memory",
                                       .reaches = CHANNEL_EMAIL,
                                       .html = true,
                                       .text_bytes_max = 8u << 20,
                                       .address_ok = address_ok,
                                       .reference = reference,
                                       .start = start,
                                       .send = send,
                                       .ask = ask,
                                       .rest = rest,
                                       .stop = stop};
