/* A server of pages with a client: sockets of the test; the loop is turned until something happens. */
#ifndef CASEWATCH_TESTS_HTTP_BENCH_H
#define CASEWATCH_TESTS_HTTP_BENCH_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "loop/http_server.h"

#define TURNS_MOST 4000 /* of 5 ms at most: a test that waits for longer has failed */

struct bench {
	struct loop *loop;
	struct http_server *server;
	char directory[64], socket[96];
	struct http_exchange *held; /* with `hold` the last request waits for its answer */
	bool hold, trusted;
	int asked;
	enum http_method method;
	char path[256], field[256], header[256], media[64];
	size_t body;
	int refused;
	char words[256]; /* of what was refused last */
};

static inline void on_request(void *argument, struct http_exchange *exchange)
{
	struct bench *bench = argument;
	const struct http_incoming *request = http_request_of(exchange);
	struct text field = http_form(request, "note").at ? http_form(request, "note") : http_query(request, "note");
	bench->asked++;
	bench->method = request->method;
	bench->trusted = request->trusted;
	bench->body = request->body.length;
	(void)snprintf(bench->path, sizeof bench->path, "%.*s", TEXT_ARG(request->path));
	(void)snprintf(bench->field, sizeof bench->field, "%.*s", TEXT_ARG(field));
	(void)snprintf(bench->media, sizeof bench->media, "%.*s", TEXT_ARG(request->media));
	(void)snprintf(bench->header, sizeof bench->header, "%.*s", TEXT_ARG(http_header(request, "x-user")));
	if (bench->hold) {
		bench->held = exchange;
		return;
	}
	struct http_reply reply = {.status = 200};
	buffer_string(&reply.body, "<p>Hello");
	http_answer(exchange, &reply);
}

static inline void on_unread(void *argument, int status, const char *why, struct http_reply *reply)
{
	struct bench *bench = argument;
	bench->refused = status;
	(void)snprintf(bench->words, sizeof bench->words, "{\"why\":\"%s\"}\n", why);
	reply->media = "application/json";
	buffer_string(&reply->body, bench->words);
}

static inline int set_up_with(void **state, instant within, size_t connections)
{
	struct bench *bench = MEM_NEW(struct bench);
	struct clock clock = clock_real();
	struct fault fault = {0};
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(bench->directory, sizeof bench->directory, "/tmp/casewatch-http-XXXXXX");
	assert_non_null(mkdtemp(bench->directory));
	(void)snprintf(bench->socket, sizeof bench->socket, "%s/web.sock", bench->directory);
	bench->loop = loop_new(&clock, &fault);
	struct http_server_settings settings = {.socket = bench->socket, .address = "127.0.0.1:0",
	                                        .handler = on_request, .refuser = on_unread, .argument = bench,
	                                        .request_within = within, .reply_within = within,
	                                        .rest_within = within,
	                                        .connections_most = connections};
	assert_int_equal(http_server_new(bench->loop, &settings, &bench->server, &fault), RESULT_OK);
	*state = bench;
	return 0;
}

static inline int set_up(void **state)
{
	return set_up_with(state, 0, 0);
}

static inline int set_up_hasty(void **state)
{
	return set_up_with(state, SECOND / 5, 3);
}

static inline int tear_down(void **state)
{
	struct bench *bench = *state;
	http_server_free(bench->server);
	loop_free(bench->loop);
	(void)rmdir(bench->directory);
	free(bench);
	return 0;
}

/* ---- clients ---- */

static inline int by_socket(const struct bench *bench)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	(void)snprintf(name.sun_path, sizeof name.sun_path, "%s", bench->socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof name), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static inline int by_address(const struct bench *bench)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_server_port(bench->server)),
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof name), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* false: it was cut; what came back says why. */
static inline bool say(const struct bench *bench, int fd, const char *bytes, size_t length)
{
	size_t sent = 0;
	for (size_t turn = 0; sent < length && turn < TURNS_MOST; turn++) {
		ssize_t wrote = send(fd, bytes + sent, length - sent, MSG_NOSIGNAL);
		if (wrote > 0) {
			sent += (size_t)wrote;
			turn = 0;
		} else if (errno != EAGAIN) {
			return false;
		}
		loop_turn(bench->loop, wrote > 0 ? 0 : 5);
	}
	return sent == length;
}

/* What has come back after one more turn. */
static inline bool hear_some(const struct bench *bench, int fd, struct buffer *back)
{
	char bytes[4096];
	loop_turn(bench->loop, 5);
	ssize_t got = recv(fd, bytes, sizeof bytes, 0);
	if (got > 0)
		buffer_add(back, bytes, (size_t)got);
	return got > 0;
}

/* All that comes back, until the connection ends. false: it does not end. */
static inline bool hear(const struct bench *bench, int fd, struct buffer *back)
{
	char bytes[4096];
	for (int turn = 0; turn < TURNS_MOST; turn++) {
		ssize_t got = recv(fd, bytes, sizeof bytes, 0);
		if (got > 0)
			buffer_add(back, bytes, (size_t)got);
		else if (got == 0 || errno != EAGAIN)
			return true;
		loop_turn(bench->loop, 5);
	}
	return false;
}

static inline void ask_by(const struct bench *bench, int fd, const char *request, struct buffer *back)
{
	buffer_clear(back);
	say(bench, fd, request, strlen(request));
	assert_true(hear(bench, fd, back));
	(void)close(fd);
}

#define BEGINS(back, words) assert_memory_equal(buffer_cstr(back), words, strlen(words))

#endif
