/* http_server: libevent's evhttp, with the limits that it lacks.
 *
 * evhttp tells nobody when a connection ends before it has asked anything, so each bufferevent is held by one more
 * reference: one whose callbacks are gone has been let go by evhttp. They are looked over while there are any. */
#include "loop/http_server.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>

#include "base/log.h"
#include "loop/http_fields.h"
#include "loop/http_head.h"
#include "loop/http_listen.h"
#include "loop/http_refusal.h"
#include "loop/http_reply.h"
#include "loop/http_rest.h"
#include "loop/loop_internal.h"

#define LOOK_EVERY (SECOND / 10)     /* at connections that are open */
#define SAY_EVERY (10 * MINUTE)      /* that some were cut, or made room */
#define NO_DESCRIPTORS_PAUSE SECOND  /* before accepting again when there are no descriptors left */

enum stage { STAGE_READING, STAGE_ASKED /* a request is in somebody's hands */, STAGE_WRITING };

struct connection {
	struct http_server *server;
	struct bufferevent *bufferevent;
	enum stage stage;
	instant since;    /* of the stage, by time passed */
	bool cut;         /* by us: evhttp has yet to notice */
	bool spoken;      /* something is to be sent although nobody was asked: evhttp's own word */
	bool refused;     /* by such a word */
	struct http_head head;
	struct http_rest rest;
	struct http_exchange *exchange; /* while STAGE_ASKED */
};

struct door {
	struct http_server *server;
	struct evhttp *http;
	struct evconnlistener *listener;
	bool trusted;
};

struct http_server {
	struct loop *loop;
	struct clock clock;
	struct http_server_settings settings;
	struct door doors[2]; /* the socket and the address */
	size_t door_count;
	int port;
	uint64_t socket_number; /* of its name, as it was made */
	struct connection **connections;
	size_t count, room;
	struct loop_timer *look, *accept;
	struct event *refusing;
	struct http_figures figures;
	struct http_exchange *exchanges; /* those under way */
	uint64_t said;    /* of cut and crowded_out together */
	instant said_at;
};

struct http_exchange {
	struct http_server *server;    /* NULL: it has gone */
	struct evhttp_request *raw;    /* NULL: its client has gone */
	struct connection *connection; /* while raw */
	struct http_incoming request;
	struct arena *arena;
	struct http_exchange *next, **link;
};

static instant elapsed(const struct http_server *server)
{
	return clock_elapsed(&server->clock);
}

/* ---- connections ---- */

/* What evhttp refuses by itself it says in its own words, and asks nobody. It is told by where they go, and other words
 * are put there before the loop gets to sending. */
static void on_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *argument)
{
	struct connection *connection = argument;
	(void)output;
	if (!info->n_added || connection->stage != STAGE_READING || connection->refused)
		return;
	connection->spoken = true;
	event_active(connection->server->refusing, 0, 0);
}

static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *argument)
{
	struct connection *connection = argument;
	if (info->n_added && connection->stage == STAGE_READING)
		http_head_see(&connection->head, input, info->n_added);
}

static void end_connection(struct http_server *server, size_t at)
{
	struct connection *connection = server->connections[at];
	if (connection->stage == STAGE_READING && !connection->cut)
		server->figures.refused++;
	(void)evbuffer_remove_cb(bufferevent_get_output(connection->bufferevent), on_output, connection);
	(void)evbuffer_remove_cb(bufferevent_get_input(connection->bufferevent), on_input, connection);
	if (connection->rest.began)
		bufferevent_setcb(connection->bufferevent, NULL, NULL, NULL, NULL);
	(void)bufferevent_decref(connection->bufferevent);
	free(connection);
	server->connections[at] = server->connections[--server->count];
}

static bool let_go(const struct connection *connection)
{
	bufferevent_event_cb on_event;
	bufferevent_getcb(connection->bufferevent, NULL, NULL, &on_event, NULL);
	return !on_event;
}

/* evhttp finds the end of the stream, or a write that fails, and lets go. */
static void cut(struct connection *connection)
{
	connection->cut = true;
	(void)shutdown(bufferevent_getfd(connection->bufferevent), SHUT_RDWR);
}

static void say_cut(struct http_server *server)
{
	uint64_t now = server->figures.cut + server->figures.crowded_out;
	if (now == server->said || (server->said && elapsed(server) - server->said_at < SAY_EVERY))
		return;
	server->said = now;
	server->said_at = elapsed(server);
	log_warning("%s: %llu connections were cut since start because they were slower than %d s, and %llu because "
	            "more than %zu were open",
	            server->settings.name,
	            (unsigned long long)server->figures.cut, (int)(server->settings.request_within / SECOND),
	            (unsigned long long)server->figures.crowded_out, server->settings.connections_most);
}

static void on_look(void *argument)
{
	struct http_server *server = argument;
	instant now = elapsed(server);
	for (size_t i = server->count; i-- > 0;) {
		struct connection *connection = server->connections[i];
		instant most = connection->stage == STAGE_READING ? server->settings.request_within
		                                                  : server->settings.reply_within;
		if (let_go(connection) && connection->refused && !connection->rest.began && !connection->cut) {
			http_rest_begin(&connection->rest, connection->bufferevent, now);
		} else if (let_go(connection) ||
		           http_rest_is_over(&connection->rest, now, server->settings.rest_within)) {
			end_connection(server, i);
		} else if (!connection->cut && !connection->rest.began && connection->stage != STAGE_ASKED &&
		           now - connection->since > most) {
			server->figures.cut++;
			cut(connection);
		}
	}
	say_cut(server);
	if (server->count)
		loop_timer_in(server->look, LOOK_EVERY);
}

/* Room for one more: the connection that has been at its stage for longest goes, unless it is in our hands. */
static void make_room(struct http_server *server)
{
	struct connection *oldest = NULL;
	size_t held = 0;
	for (size_t i = 0; i < server->count; i++) {
		struct connection *connection = server->connections[i];
		if (connection->cut)
			continue;
		held++;
		if (connection->stage != STAGE_ASKED && (!oldest || connection->since < oldest->since))
			oldest = connection;
	}
	if (held < server->settings.connections_most || !oldest)
		return;
	server->figures.crowded_out++;
	cut(oldest);
}

/* evhttp asks for what it reads and writes a new connection with. */
static struct bufferevent *on_connection(struct event_base *base, void *argument)
{
	struct http_server *server = ((struct door *)argument)->server;
	struct bufferevent *bufferevent = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!bufferevent)
		return NULL;
	make_room(server);
	struct connection *connection = MEM_NEW(struct connection);
	*connection = (struct connection){.server = server, .bufferevent = bufferevent, .since = elapsed(server)};
	bufferevent_incref(bufferevent);
	(void)evbuffer_add_cb(bufferevent_get_output(bufferevent), on_output, connection);
	(void)evbuffer_add_cb(bufferevent_get_input(bufferevent), on_input, connection);
	*(struct connection **)mem_push((void **)&server->connections, &server->count, &server->room,
	                                sizeof(struct connection *)) = connection;
	if (server->count == 1)
		loop_timer_in(server->look, LOOK_EVERY);
	return bufferevent;
}

static struct connection *connection_of(const struct http_server *server, struct evhttp_request *raw)
{
	struct bufferevent *bufferevent =
		evhttp_connection_get_bufferevent(evhttp_request_get_connection(raw));
	for (size_t i = 0; i < server->count; i++)
		if (server->connections[i]->bufferevent == bufferevent)
			return server->connections[i];
	return NULL;
}

/* No descriptors: accepting would fail again at once, and the loop would do nothing else. */
static void on_accept_error(struct evconnlistener *listener, void *argument)
{
	struct door *door = argument;
	log_error("%s: no connection can be accepted: %s; trying again in a second", door->server->settings.name,
	          strerror(errno));
	(void)evconnlistener_disable(listener);
	loop_timer_in(door->server->accept, NO_DESCRIPTORS_PAUSE);
}

static void on_accept_again(void *argument)
{
	struct http_server *server = argument;
	for (size_t i = 0; i < server->door_count; i++)
		(void)evconnlistener_enable(server->doors[i].listener);
}

/* ---- refusals ---- */

static void say_why(const struct http_server *server, int status, const char *why, struct http_reply *reply)
{
	if (server->settings.refuser) {
		server->settings.refuser(server->settings.argument, status, why, reply);
	} else {
		reply->media = "text/plain; charset=utf-8";
		buffer_format(&reply->body, "%s\n", why);
	}
	reply->status = status;
}

static void refuse(struct connection *connection)
{
	struct http_server *server = connection->server;
	struct evbuffer *output = bufferevent_get_output(connection->bufferevent);
	int status = http_refusal_status(output);
	struct http_reply reply = {0};
	struct buffer why = {0};
	if (status < 400) /* "100 Continue": it is asked for the body */
		return;
	connection->refused = true;
	http_refusal_why(status, server->settings.body_most, &why);
	say_why(server, status, buffer_cstr(&why), &reply);
	http_refusal_put(output, &reply, clock_now(&server->clock));
	buffer_free(&why);
	http_reply_empty(&reply);
}

static void on_refusing(evutil_socket_t fd, short what, void *argument)
{
	struct http_server *server = argument;
	(void)fd;
	(void)what;
	for (size_t i = 0; i < server->count; i++) {
		struct connection *connection = server->connections[i];
		bool spoken = connection->spoken && connection->stage == STAGE_READING;
		connection->spoken = false;
		if (spoken)
			refuse(connection);
	}
}

/* ---- requests ---- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static void read_headers(struct http_exchange *exchange)
{
	struct http_incoming *request = &exchange->request;
	struct evkeyvalq *all = evhttp_request_get_input_headers(exchange->raw);
	struct evkeyval *header;
	size_t count = 0;
	TAILQ_FOREACH(header, all, next)
		count++;
	struct http_field *headers = arena_alloc(exchange->arena, (count + 1) * sizeof *headers);
	TAILQ_FOREACH(header, all, next)
	{
		char *name = arena_copy_text(exchange->arena, header->key, strlen(header->key));
		for (char *c = name; *c; c++)
			*c = lower(*c);
		headers[request->header_count++] =
			(struct http_field){text_of(name), text_keep(exchange->arena, text_of(header->value))};
	}
	request->headers = headers;
}

/* The path and query of "/a/x?y" or "http://host/a/x?y". false: it is neither. */
static bool read_target(struct http_exchange *exchange)
{
	struct http_incoming *request = &exchange->request;
	const char *target = evhttp_request_get_uri(exchange->raw);
	if (strncmp(target, "http://", 7) == 0 || strncmp(target, "https://", 8) == 0)
		target = strchr(strchr(target, ':') + 3, '/');
	if (!target || target[0] != '/')
		return false;
	size_t path = strcspn(target, "?#"), query = target[path] == '?' ? strcspn(target + path + 1, "#") : 0;
	request->path = text_keep(exchange->arena, (struct text){target, path});
	if (query)
		request->query = text_keep(exchange->arena, (struct text){target + path + 1, query});
	return true;
}

static void read_body(struct http_exchange *exchange)
{
	struct http_incoming *request = &exchange->request;
	struct evbuffer *input = evhttp_request_get_input_buffer(exchange->raw);
	size_t length = evbuffer_get_length(input);
	struct text media = http_header(request, "content-type");
	char *bytes = arena_alloc(exchange->arena, length + 1);
	ev_ssize_t copied = evbuffer_copyout(input, bytes, length);
	bytes[copied > 0 ? copied : 0] = '\0';
	request->body = (struct text){bytes, copied > 0 ? (size_t)copied : 0};
	for (size_t i = 0; i < media.length; i++)
		if (media.at[i] == ';')
			media.length = i;
	media = text_trim(media);
	char *kept = arena_copy_text(exchange->arena, media.at, media.length);
	for (char *c = kept; *c; c++)
		*c = lower(*c);
	request->media = text_of(kept);
}

/* NULL, or what is wrong with it. */
static const char *read_request(struct http_exchange *exchange)
{
	struct http_incoming *request = &exchange->request;
	const char *wrong = NULL;
	enum evhttp_cmd_type command = evhttp_request_get_command(exchange->raw);
	request->method = command == EVHTTP_REQ_POST ? HTTP_POST : command == EVHTTP_REQ_HEAD ? HTTP_HEAD : HTTP_GET;
	request->arena = exchange->arena;
	read_headers(exchange);
	wrong = exchange->connection && exchange->connection->head.has_nul ? "a NUL in its headers"
	                                                                   : http_framing_wrong(request);
	if (wrong)
		return wrong;
	read_body(exchange);
	struct http_field *fields = arena_alloc(exchange->arena, HTTP_FIELDS_MOST * sizeof *fields);
	request->fields = fields;
	if (!read_target(exchange))
		return "an address that is no path";
	wrong = http_fields_read(request->query, fields, &request->field_count, exchange->arena);
	request->query_fields = request->field_count;
	if (!wrong && text_equal(request->media, TEXT("application/x-www-form-urlencoded")))
		wrong = http_fields_read(request->body, fields, &request->field_count, exchange->arena);
	return wrong;
}

static void forget_client(struct http_exchange *exchange)
{
	exchange->raw = NULL;
	if (exchange->connection)
		exchange->connection->exchange = NULL;
	exchange->connection = NULL;
}

/* Also when it has been answered: then nobody holds an exchange of it any more. */
static void on_close(struct evhttp_connection *raw, void *argument)
{
	struct http_server *server = argument;
	struct bufferevent *bufferevent = evhttp_connection_get_bufferevent(raw);
	for (size_t i = 0; i < server->count; i++)
		if (server->connections[i]->bufferevent == bufferevent && server->connections[i]->exchange)
			forget_client(server->connections[i]->exchange);
}

static void on_request(struct evhttp_request *raw, void *argument)
{
	struct door *door = argument;
	struct http_server *server = door->server;
	struct connection *connection = connection_of(server, raw);
	struct http_exchange *exchange = MEM_NEW(struct http_exchange);
	*exchange = (struct http_exchange){.server = server, .raw = raw, .connection = connection,
	                                   .arena = arena_new(8192), .request = {.trusted = door->trusted}};
	exchange->next = server->exchanges;
	exchange->link = &server->exchanges;
	if (exchange->next)
		exchange->next->link = &exchange->next;
	server->exchanges = exchange;
	if (connection) {
		connection->stage = STAGE_ASKED;
		connection->exchange = exchange;
	}
	evhttp_connection_set_closecb(evhttp_request_get_connection(raw), on_close, server);
	server->figures.requests++;
	const char *wrong = read_request(exchange);
	if (!wrong) {
		server->settings.handler(server->settings.argument, exchange);
		return;
	}
	server->figures.refused++;
	struct http_reply reply = {0};
	struct buffer why = {0};
	buffer_format(&why, "This request cannot be read: it has %s.", wrong);
	say_why(server, 400, buffer_cstr(&why), &reply);
	http_answer(exchange, &reply);
	buffer_free(&why);
}

const struct http_incoming *http_request_of(const struct http_exchange *exchange)
{
	return &exchange->request;
}

/* ---- replies ---- */

static void on_sent(struct evhttp_request *raw, void *argument)
{
	struct http_server *server = argument;
	(void)raw;
	loop_timer_in(server->look, 0);
}

static void send_reply(struct http_exchange *exchange, struct http_reply *reply)
{
	struct http_server *server = exchange->server;
	struct evbuffer *body = evbuffer_new();
	int status = reply->status ? reply->status : 200;
	if (exchange->connection) {
		exchange->connection->stage = STAGE_WRITING;
		exchange->connection->since = elapsed(server);
		exchange->connection->exchange = NULL;
	}
	http_reply_put_headers(evhttp_request_get_output_headers(exchange->raw), reply);
	if (body && reply->body.length)
		(void)evbuffer_add(body, reply->body.at, reply->body.length);
	evhttp_request_set_on_complete_cb(exchange->raw, on_sent, server);
	evhttp_send_reply(exchange->raw, status, http_reply_reason(status), body);
	if (body)
		evbuffer_free(body);
}

void http_answer(struct http_exchange *exchange, struct http_reply *reply)
{
	if (exchange->server && exchange->raw)
		send_reply(exchange, reply);
	if (exchange->link) {
		*exchange->link = exchange->next;
		if (exchange->next)
			exchange->next->link = exchange->link;
	}
	http_reply_empty(reply);
	arena_free(exchange->arena);
	free(exchange);
}

/* ---- the server ---- */

static enum result open_door(struct http_server *server, int fd, bool trusted, struct fault *fault)
{
	struct door *door = &server->doors[server->door_count++];
	struct evhttp_bound_socket *bound = NULL;
	*door = (struct door){.server = server, .http = evhttp_new(loop_base(server->loop)), .trusted = trusted};
	if (door->http)
		bound = evhttp_accept_socket_with_handle(door->http, fd);
	if (!bound)
		return fault_set(fault, RESULT_PERMANENT, "the server of the %s cannot be set up: %s",
		                 server->settings.name, strerror(errno));
	evhttp_set_max_headers_size(door->http, HTTP_HEADER_BYTES);
	evhttp_set_max_body_size(door->http, (ev_ssize_t)server->settings.body_most);
	evhttp_set_allowed_methods(door->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST);
	evhttp_set_bevcb(door->http, on_connection, door);
	evhttp_set_gencb(door->http, on_request, door);
	door->listener = evhttp_bound_socket_get_listener(bound);
	evconnlistener_set_error_cb(door->listener, on_accept_error);
	return RESULT_OK;
}

static enum result open_doors(struct http_server *server, struct fault *fault)
{
	enum result result = RESULT_OK;
	int fd;
	if (server->settings.socket) {
		result = http_listen_socket(server->settings.option, server->settings.socket, &fd, fault);
		if (result == RESULT_OK) {
			server->socket_number = http_listen_number(server->settings.socket);
			result = open_door(server, fd, true, fault);
		}
	}
	if (result == RESULT_OK && server->settings.address) {
		result = http_listen_address(server->settings.option, server->settings.address, &fd, &server->port,
		                             fault);
		if (result == RESULT_OK)
			result = open_door(server, fd, false, fault);
	}
	return result;
}

enum result http_server_new(struct loop *loop, const struct http_server_settings *settings,
                            struct http_server **server, struct fault *fault)
{
	struct http_server *made = MEM_NEW(struct http_server);
	*made = (struct http_server){.loop = loop, .clock = clock_real(), .settings = *settings};
	if (!made->settings.request_within)
		made->settings.request_within = HTTP_REQUEST_WITHIN;
	if (!made->settings.reply_within)
		made->settings.reply_within = HTTP_REPLY_WITHIN;
	if (!made->settings.rest_within)
		made->settings.rest_within = HTTP_REST_WITHIN_MOST;
	if (!made->settings.connections_most)
		made->settings.connections_most = HTTP_CONNECTIONS_MOST;
	if (!made->settings.body_most)
		made->settings.body_most = HTTP_BODY_BYTES;
	if (!made->settings.name)
		made->settings.name = "pages";
	if (!made->settings.option)
		made->settings.option = "web";
	made->look = loop_timer_new(loop, on_look, made);
	made->accept = loop_timer_new(loop, on_accept_again, made);
	made->refusing = event_new(loop_base(loop), -1, 0, on_refusing, made);
	enum result result = made->refusing
	                             ? open_doors(made, fault)
	                             : fault_set(fault, RESULT_PERMANENT, "the server of the %s cannot be set up",
	                                         made->settings.name);
	if (result != RESULT_OK) {
		http_server_free(made);
		made = NULL;
	}
	*server = made;
	return result;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	while (server->exchanges) {
		struct http_exchange *exchange = server->exchanges;
		server->exchanges = exchange->next;
		forget_client(exchange);
		exchange->server = NULL;
		exchange->next = NULL;
		exchange->link = NULL;
	}
	for (size_t i = 0; i < server->door_count; i++)
		if (server->doors[i].http)
			evhttp_free(server->doors[i].http);
	while (server->count)
		end_connection(server, server->count - 1);
	if (server->socket_number && http_server_is_there(server))
		http_listen_gone(server->settings.socket);
	free(server->connections);
	loop_timer_free(server->look);
	loop_timer_free(server->accept);
	if (server->refusing)
		event_free(server->refusing);
	free(server);
}

bool http_server_is_there(const struct http_server *server)
{
	return !server->settings.socket || http_listen_is_there(server->settings.socket, server->socket_number);
}

int http_server_port(const struct http_server *server)
{
	return server->port;
}

void http_server_figures(const struct http_server *server, struct http_figures *figures)
{
	*figures = server->figures;
	figures->open = server->count;
}
