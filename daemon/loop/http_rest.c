/* http_rest: a connection that was refused, until its client has sent what it was sending. */
#include "loop/http_rest.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

/* Until the connection is looked at again nothing more is read: nobody would throw it away. */
static void on_end(struct bufferevent *bufferevent, short what, void *argument)
{
	(void)what;
	(void)argument;
	(void)bufferevent_disable(bufferevent, EV_READ);
	bufferevent_setcb(bufferevent, NULL, NULL, NULL, NULL);
}

static void on_rest(struct bufferevent *bufferevent, void *argument)
{
	struct http_rest *rest = argument;
	struct evbuffer *input = bufferevent_get_input(bufferevent);
	rest->bytes += evbuffer_get_length(input);
	(void)evbuffer_drain(input, evbuffer_get_length(input));
	if (rest->bytes > HTTP_REST_MOST)
		on_end(bufferevent, 0, rest);
}

void http_rest_begin(struct http_rest *rest, struct bufferevent *bufferevent, instant now)
{
	*rest = (struct http_rest){.began = true, .since = now};
	bufferevent_setcb(bufferevent, on_rest, NULL, on_end, rest);
	(void)bufferevent_enable(bufferevent, EV_READ);
	on_rest(bufferevent, rest);
}

bool http_rest_is_over(const struct http_rest *rest, instant now, instant most)
{
	return rest->began && now - rest->since > most;
}
