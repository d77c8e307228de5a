/* outcome: an answer to a request, as a channel says it. */
#include "channel/http/http.h"

#include <inttypes.h>
#include <stdio.h>

void http_reference(const char *domain, struct text name, struct buffer *out)
{
	buffer_format(out, "casewatch-%.*s@%s", TEXT_ARG(name), domain ? domain : "localhost");
}

void http_put_words(struct text words, char *out, size_t room)
{
	size_t length = words.length < room - 1 ? words.length : room - 1;
	for (size_t i = 0; i < length; i++)
		out[i] = words.at[i] < ' ' || words.at[i] >= 0x7F ? ' ' : words.at[i];
	out[length] = '\0';
}

void http_name_server(struct text url, struct channel_reply *reply)
{
	const char *scheme = memmem(url.at, url.length, "://", 3);
	size_t from = scheme ? (size_t)(scheme - url.at) + 3 : 0, to = from;
	while (to < url.length && !strchr("/?#", url.at[to]))
		to++;
	http_put_words((struct text){url.at + from, to - from}, reply->server, sizeof reply->server);
}

static bool is_temporary(int status)
{
	return status == 408 || status == 425 || status == 429 || status >= 500;
}

static void say_status(const struct http_answer *answer, struct channel_reply *reply)
{
	char words[300];
	http_put_words(buffer_view(&answer->body), words, sizeof words);
	if (answer->status >= 300 && answer->status < 400)
		(void)snprintf(reply->text, sizeof reply->text,
		               "%d: it sends us elsewhere, and no redirect is followed: write the address it means",
		               answer->status);
	else
		(void)snprintf(reply->text, sizeof reply->text, "%d%s%s", answer->status, words[0] ? " " : "", words);
}

void http_reply(const struct http_answer *answer, struct channel_reply *reply)
{
	*reply = (struct channel_reply){.encrypted = answer->encrypted,
	                                .code = answer->status,
	                                .wait_ms = answer->wait_ms,
	                                .took_ms = answer->took_ms,
	                                .silent = answer->status == 0};
	if (answer->status) {
		bool good = answer->status >= 200 && answer->status < 300;
		reply->outcome = good                              ? CHANNEL_ACCEPTED
				 : is_temporary(answer->status)    ? CHANNEL_TEMPORARY
		                                                   : CHANNEL_PERMANENT;
		reply->whose = is_temporary(answer->status) ? CHANNEL_OF_SERVER : CHANNEL_OF_RECIPIENT;
		say_status(answer, reply);
		return;
	}
	reply->whose = answer->whole ? CHANNEL_OF_MESSAGE : CHANNEL_OF_SERVER;
	if (answer->inside) {
		reply->outcome = CHANNEL_PERMANENT;
		reply->whose = CHANNEL_OF_RECIPIENT;
	} else if (answer->whole) {
		reply->outcome = CHANNEL_UNCERTAIN;
	} else {
		reply->outcome = answer->stopped ? CHANNEL_ABANDONED : CHANNEL_TEMPORARY;
	}
	(void)snprintf(reply->text, sizeof reply->text, "%s%s",
	               reply->outcome == CHANNEL_UNCERTAIN ? "no answer after the message was sent: " : "",
	               answer->why);
}
