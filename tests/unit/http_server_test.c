/* The server of the pages: what it takes, what it refuses, and whom it cuts. Clients are sockets of this test; the loop
 * is turned until something happens. */
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

#include "loop/http_rest.h"
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

static void on_request(void *argument, struct http_exchange *exchange)
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

static void on_unread(void *argument, int status, const char *why, struct http_reply *reply)
{
	struct bench *bench = argument;
	bench->refused = status;
	(void)snprintf(bench->words, sizeof bench->words, "{\"why\":\"%s\"}\n", why);
	reply->media = "application/json";
	buffer_string(&reply->body, bench->words);
}

static int set_up_with(void **state, instant within, size_t connections)
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
	                                        .handler = on_request, .refuser = on_unread,
	                                        .argument = bench, .request_within = within, .reply_within = within, .rest_within = within,
	                                        .connections_most = connections};
	assert_int_equal(http_server_new(bench->loop, &settings, &bench->server, &fault), RESULT_OK);
	*state = bench;
	return 0;
}

static int set_up(void **state)
{
	return set_up_with(state, 0, 0);
}

static int set_up_patient(void **state)
{
	return set_up_with(state, HOUR, 0);
}

static int set_up_hasty(void **state)
{
	return set_up_with(state, SECOND / 5, 3);
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	http_server_free(bench->server);
	loop_free(bench->loop);
	(void)rmdir(bench->directory);
	free(bench);
	return 0;
}

/* ---- clients ---- */

static int by_socket(const struct bench *bench)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	(void)snprintf(name.sun_path, sizeof name.sun_path, "%s", bench->socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof name), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static int by_address(const struct bench *bench)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_server_port(bench->server)),
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof name), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* false: it was cut; what came back says why. */
static bool say(const struct bench *bench, int fd, const char *bytes, size_t length)
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
static bool hear_some(const struct bench *bench, int fd, struct buffer *back)
{
	char bytes[4096];
	loop_turn(bench->loop, 5);
	ssize_t got = recv(fd, bytes, sizeof bytes, 0);
	if (got > 0)
		buffer_add(back, bytes, (size_t)got);
	return got > 0;
}

/* All that comes back, until the connection ends. false: it does not end. */
static bool hear(const struct bench *bench, int fd, struct buffer *back)
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

static void ask_by(const struct bench *bench, int fd, const char *request, struct buffer *back)
{
	buffer_clear(back);
	say(bench, fd, request, strlen(request));
	assert_true(hear(bench, fd, back));
	(void)close(fd);
}

static void assert_refused(const struct bench *bench, struct buffer *back)
{
	const char *body = strstr(buffer_cstr(back), "\r\n\r\n");
	char length[64];
	assert_true(strncmp(back->at, "HTTP/1.1 4", 10) == 0 || strncmp(back->at, "HTTP/1.1 501 ", 13) == 0);
	assert_non_null(body);
	(void)snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body + 4));
	assert_non_null(strstr(back->at, length));
	assert_non_null(strstr(back->at, "Date: "));
	assert_non_null(strstr(back->at, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(back->at, "X-Content-Type-Options: nosniff\r\n"));
	assert_string_equal(body + 4, bench->words);
}

#define BEGINS(back, words) assert_memory_equal(buffer_cstr(back), words, strlen(words))

/* ---- tests ---- */

static void a_request_is_handed_over_with_its_fields_decoded(void **state)
{
	struct bench *bench = *state;
	struct buffer back = {0};
	ask_by(bench, by_socket(bench), "GET /a/x%2Fy?note=Rang+two%20homes%26more HTTP/1.1\r\nHost: h\r\nX-User: "
					"p-director\r\n\r\n",
	       &back);
	BEGINS(&back, "HTTP/1.1 200 OK\r\n");
	assert_string_equal(bench->path, "/a/x%2Fy");
	assert_string_equal(bench->field, "Rang two homes&more");
	assert_string_equal(bench->header, "p-director");
	assert_true(bench->trusted);
	buffer_free(&back);
}

static void what_comes_by_the_address_is_not_trusted(void **state)
{
	struct bench *bench = *state;
	struct buffer back = {0};
	ask_by(bench, by_address(bench), "GET / HTTP/1.1\r\nHost: h\r\nX-User: p-director\r\n\r\n", &back);
	BEGINS(&back, "HTTP/1.1 200 OK\r\n");
	assert_false(bench->trusted);
	buffer_free(&back);
}

static void a_form_is_read_and_its_media_type_without_parameters(void **state)
{
	struct bench *bench = *state;
	struct buffer back = {0};
	ask_by(bench, by_socket(bench),
	       "POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Type: Application/X-WWW-Form-Urlencoded; charset=utf-8\r\n"
	       "Content-Length: 17\r\n\r\nnote=caf%C3%A9&a=",
	       &back);
	BEGINS(&back, "HTTP/1.1 200 OK\r\n");
	assert_string_equal(bench->field, "caf\xc3\xa9");
	assert_string_equal(bench->media, "application/x-www-form-urlencoded");
	assert_int_equal(bench->method, HTTP_POST);
	buffer_free(&back);
}

static void a_header_that_comes_twice_names_nobody(void **state)
{
	struct bench *bench = *state;
	struct buffer back = {0};
	ask_by(bench, by_socket(bench), "GET / HTTP/1.1\r\nHost: h\r\nX-User: p-a\r\nX-User: p-b\r\n\r\n", &back);
	assert_string_equal(bench->header, "");
	buffer_free(&back);
}

static void every_reply_forbids_scripts_frames_and_keeping(void **state)
{
	static const char policy[] = "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
				     "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n";
	static const char *const wanted[] = {
		policy,
		"Cache-Control: no-store\r\n",
		"X-Content-Type-Options: nosniff\r\n",
		"X-Frame-Options: DENY\r\n",
		"Referrer-Policy: no-referrer\r\n",
		"Content-Type: text/html; charset=utf-8\r\n",
		"Connection: close\r\n",
	};
	struct bench *bench = *state;
	struct buffer back = {0};
	ask_by(bench, by_socket(bench), "GET / HTTP/1.1\r\nHost: h\r\n\r\n", &back);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		assert_non_null(strstr(buffer_cstr(&back), wanted[i]));
	buffer_free(&back);
}

static void an_answer_may_come_later(void **state)
{
	struct bench *bench = *state;
	struct buffer back = {0};
	int fd = by_socket(bench);
	bench->hold = true;
	say(bench, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27);
	for (int turn = 0; turn < TURNS_MOST && !bench->held; turn++)
		loop_turn(bench->loop, 5);
	struct http_reply reply = {.status = 303};
	buffer_string(&reply.location, "/a/x?done=1");
	http_answer(bench->held, &reply);
	assert_true(hear(bench, fd, &back));
	BEGINS(&back, "HTTP/1.1 303 See Other\r\n");
	assert_non_null(strstr(buffer_cstr(&back), "Location: /a/x?done=1\r\n"));
	(void)close(fd);
	buffer_free(&back);
}

static void an_answer_to_a_client_that_has_gone_harms_nobody(void **state)
{
	struct bench *bench = *state;
	struct buffer back = {0};
	int fd = by_socket(bench);
	bench->hold = true;
	say(bench, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27);
	for (int turn = 0; turn < TURNS_MOST && !bench->held; turn++)
		loop_turn(bench->loop, 5);
	(void)close(fd);
	loop_turn(bench->loop, 5);
	struct http_reply reply = {.status = 200};
	http_answer(bench->held, &reply);
	bench->hold = false;
	ask_by(bench, by_socket(bench), "GET / HTTP/1.1\r\nHost: h\r\n\r\n", &back);
	BEGINS(&back, "HTTP/1.1 200 OK\r\n");
	buffer_free(&back);
}

static void an_answer_after_the_server_has_gone_harms_nobody(void **state)
{
	struct bench *bench = *state;
	int fd = by_socket(bench);
	bench->hold = true;
	say(bench, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27);
	for (int turn = 0; turn < TURNS_MOST && !bench->held; turn++)
		loop_turn(bench->loop, 5);
	http_server_free(bench->server);
	bench->server = NULL;
	struct http_reply reply = {.status = 200};
	http_answer(bench->held, &reply);
	(void)close(fd);
}

static void what_is_no_request_is_refused_and_asks_nobody(void **state)
{
	static const char *const hostile[] = {
		"GET /a/%zz?note=%zz HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /?note=%ff HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /?note=a%00b HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /?note=%4 HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET http://other.example HTTP/1.1\r\nHost: h\r\n\r\n",
		"DELETE / HTTP/1.1\r\nHost: h\r\n\r\n",
		"CONNECT other:443 HTTP/1.1\r\nHost: h\r\n\r\n",
		"GARBAGE\r\n\r\n",
		"GET / SPDY/9\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\nx",
		"\r\n\r\n\r\n",
	};
	struct bench *bench = *state;
	struct buffer back = {0};
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		int fd = by_socket(bench);
		buffer_clear(&back);
		say(bench, fd, hostile[i], strlen(hostile[i]));
		(void)shutdown(fd, SHUT_WR);
		assert_true(hear(bench, fd, &back));
		(void)close(fd);
		if (back.length) /* nothing at all was asked by the last */
			assert_refused(bench, &back);
		assert_true(back.length || i == sizeof hostile / sizeof *hostile - 1);
	}
	assert_int_equal(bench->asked, 0);
	buffer_free(&back);
}

/* What evhttp refuses before anybody is asked is said in the words of whose server it is, with every header. */
static void what_nobody_was_asked_about_is_refused_in_the_servers_own_words(void **state)
{
	static const struct {
		int status;
		const char *line, *request;
	} refused[] = {
		{400, "HTTP/1.1 400 Bad Request\r\n", "GET / HTTP/1.1\r\nno header\r\n\r\n"},
		{400, "HTTP/1.1 400 Bad Request\r\n", "GET /?note=%ff HTTP/1.1\r\nHost: h\r\n\r\n"},
		{413, "HTTP/1.1 413 Content Too Large\r\n",
		 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n"},
		{413, "HTTP/1.1 413 Content Too Large\r\n",
		 "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"},
		{413, "HTTP/1.1 413 Content Too Large\r\n",
		 "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5F5E0FF\r\nx"},
		{417, "HTTP/1.1 417 Expectation Failed\r\n",
		 "POST / HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\nContent-Length: 5\r\n\r\n"},
		{501, "HTTP/1.1 501 Not Implemented\r\n", "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n"},
	};
	struct bench *bench = *state;
	struct buffer back = {0};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		int fd = by_address(bench);
		buffer_clear(&back);
		say(bench, fd, refused[i].request, strlen(refused[i].request));
		for (int turn = 0; turn < TURNS_MOST && !strstr(buffer_cstr(&back), "}\n"); turn++)
			hear_some(bench, fd, &back);
		BEGINS(&back, refused[i].line);
		assert_int_equal(bench->refused, refused[i].status);
		assert_refused(bench, &back);
		assert_non_null(strstr(back.at, "Connection: close\r\n"));
		(void)close(fd);
	}
	assert_int_equal(bench->asked, 0);
	buffer_free(&back);
}

/* With the client still sending, a connection that ends takes the answer with it, and it would send the same again. */
static void who_sends_too_much_hears_so_when_it_has_sent_all(void **state)
{
	static char megabyte[1 << 20];
	struct bench *bench = *state;
	struct buffer back = {0};
	char head[128];
	int fd = by_address(bench), length = snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: h\r\n"
	                                                                 "Content-Length: %d\r\n\r\n", 15 << 20);
	say(bench, fd, head, (size_t)length);
	for (int i = 0; i < 15; i++)
		assert_true(say(bench, fd, megabyte, sizeof megabyte));
	assert_true(hear_some(bench, fd, &back));
	BEGINS(&back, "HTTP/1.1 413 Content Too Large\r\n");
	(void)close(fd);
	buffer_free(&back);
}

static void who_sends_without_end_is_cut(void **state)
{
	static char megabyte[1 << 20];
	struct bench *bench = *state;
	const char head[] = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999\r\n\r\n";
	int fd = by_address(bench), sent = 0;
	say(bench, fd, head, sizeof head - 1);
	while (sent < 1000 && say(bench, fd, megabyte, sizeof megabyte))
		sent++;
	assert_in_range(sent, HTTP_REST_MOST >> 20, 4 * (HTTP_REST_MOST >> 20)); /* what the kernel holds, too */
	(void)close(fd);
}

static void who_goes_on_sending_for_too_long_is_cut(void **state)
{
	struct bench *bench = *state;
	const char head[] = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999\r\n\r\n";
	int fd = by_address(bench);
	bool open = say(bench, fd, head, sizeof head - 1);
	for (int turn = 0; turn < TURNS_MOST && open; turn++) {
		loop_turn(bench->loop, 5);
		open = say(bench, fd, "x", 1);
	}
	assert_false(open);
	(void)close(fd);
}

static void a_body_that_is_asked_for_first_is_taken(void **state)
{
	struct bench *bench = *state;
	struct buffer back = {0};
	const char head[] = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
	int fd = by_socket(bench);
	say(bench, fd, head, sizeof head - 1);
	for (int turn = 0; turn < TURNS_MOST && !back.length; turn++)
		hear_some(bench, fd, &back);
	assert_string_equal(buffer_cstr(&back), "HTTP/1.1 100 Continue\r\n\r\n");
	say(bench, fd, "ok", 2);
	assert_true(hear(bench, fd, &back));
	assert_non_null(strstr(buffer_cstr(&back), "HTTP/1.1 200 OK\r\n"));
	assert_int_equal(bench->body, 2);
	(void)close(fd);
	buffer_free(&back);
}

static void more_header_or_body_than_allowed_is_refused(void **state)
{
	struct bench *bench = *state;
	struct buffer request = {0}, back = {0};
	buffer_string(&request, "GET / HTTP/1.1\r\nHost: h\r\nX-Long: ");
	for (size_t i = 0; i < 20 * HTTP_HEADER_BYTES; i++)
		buffer_char(&request, 'x');
	buffer_string(&request, "\r\n\r\n");
	ask_by(bench, by_socket(bench), buffer_cstr(&request), &back);
	assert_null(strstr(buffer_cstr(&back), " 200 OK"));
	buffer_clear(&request);
	buffer_format(&request, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", HTTP_BODY_BYTES + 1);
	for (size_t i = 0; i <= HTTP_BODY_BYTES; i++)
		buffer_char(&request, 'x');
	ask_by(bench, by_socket(bench), buffer_cstr(&request), &back);
	assert_null(strstr(buffer_cstr(&back), " 200 OK"));
	assert_int_equal(bench->asked, 0);
	buffer_clear(&request); /* and one byte less is taken */
	buffer_format(&request, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", HTTP_BODY_BYTES);
	for (size_t i = 0; i < HTTP_BODY_BYTES; i++)
		buffer_char(&request, 'x');
	ask_by(bench, by_socket(bench), buffer_cstr(&request), &back);
	BEGINS(&back, "HTTP/1.1 200 OK\r\n");
	assert_int_equal(bench->body, HTTP_BODY_BYTES);
	buffer_free(&request);
	buffer_free(&back);
}

static void more_fields_than_a_form_has_are_refused(void **state)
{
	struct bench *bench = *state;
	struct buffer request = {0}, back = {0};
	for (int fields = HTTP_FIELDS_MOST; fields <= HTTP_FIELDS_MOST + 1; fields++) {
		buffer_clear(&request);
		buffer_string(&request, "GET /?");
		for (int i = 0; i < fields; i++)
			buffer_format(&request, "a%d=1&", i);
		buffer_string(&request, " HTTP/1.1\r\nHost: h\r\n\r\n");
		ask_by(bench, by_socket(bench), buffer_cstr(&request), &back);
		BEGINS(&back, fields == HTTP_FIELDS_MOST ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 400 Bad Request\r\n");
	}
	buffer_free(&request);
	buffer_free(&back);
}

/* A byte now and then keeps evhttp's own time-out from ever passing. */
static void whoever_is_slow_on_purpose_is_cut(void **state)
{
	struct bench *bench = *state;
	struct http_figures figures = {0};
	int fd = by_socket(bench);
	bool ended = false;
	say(bench, fd, "GET / HTTP/1.1\r\n", 16);
	for (int turn = 0; turn < TURNS_MOST && !ended; turn++) {
		char byte;
		if (turn % 8 == 0)
			(void)send(fd, "x", 1, MSG_NOSIGNAL);
		loop_turn(bench->loop, 5);
		ended = recv(fd, &byte, 1, 0) == 0 || errno == ECONNRESET;
	}
	assert_true(ended);
	http_server_figures(bench->server, &figures);
	assert_int_equal(figures.cut, 1);
	assert_int_equal(bench->asked, 0);
	(void)close(fd);
}

static void a_client_that_does_not_take_its_reply_is_cut(void **state)
{
	struct bench *bench = *state;
	struct http_figures figures = {0};
	int fd = by_socket(bench);
	bench->hold = true;
	say(bench, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27);
	for (int turn = 0; turn < TURNS_MOST && !bench->held; turn++)
		loop_turn(bench->loop, 5);
	struct http_reply reply = {.status = 200};
	for (int i = 0; i < 500000; i++)
		buffer_string(&reply.body, "0123456789");
	http_answer(bench->held, &reply);
	for (int turn = 0; turn < TURNS_MOST && !figures.cut; turn++) {
		loop_turn(bench->loop, 5);
		http_server_figures(bench->server, &figures);
	}
	assert_int_equal(figures.cut, 1);
	(void)close(fd);
}

static void when_all_places_are_taken_the_oldest_makes_room(void **state)
{
	struct bench *bench = *state;
	struct http_figures figures;
	struct buffer back = {0};
	int idle[5];
	for (size_t i = 0; i < 5; i++) {
		idle[i] = by_socket(bench);
		loop_turn(bench->loop, 5);
	}
	ask_by(bench, by_socket(bench), "GET / HTTP/1.1\r\nHost: h\r\n\r\n", &back);
	BEGINS(&back, "HTTP/1.1 200 OK\r\n");
	http_server_figures(bench->server, &figures);
	assert_int_equal(figures.crowded_out, 3);
	for (size_t i = 0; i < 5; i++)
		(void)close(idle[i]);
	buffer_free(&back);
}

static void a_socket_that_a_dead_daemon_left_is_replaced_and_no_other_file(void **state)
{
	struct bench *bench = *state;
	struct http_server *second = NULL;
	struct http_server_settings settings = {.socket = bench->socket, .handler = on_request, .argument = bench};
	struct fault fault = {0};
	assert_int_equal(http_server_new(bench->loop, &settings, &second, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "is another casewatchd running?"));
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	(void)snprintf(name.sun_path, sizeof name.sun_path, "%s/dead", bench->directory);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&name, sizeof name), 0);
	(void)close(fd);
	settings.socket = name.sun_path;
	assert_int_equal(http_server_new(bench->loop, &settings, &second, &fault), RESULT_OK);
	assert_true(http_server_is_there(second));
	(void)unlink(name.sun_path); /* somebody cleans up around it */
	assert_false(http_server_is_there(second));
	http_server_free(second);
	fd = open(name.sun_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	(void)close(fd);
	assert_int_equal(http_server_new(bench->loop, &settings, &second, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "is no socket"));
	(void)unlink(name.sun_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_request_is_handed_over_with_its_fields_decoded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_comes_by_the_address_is_not_trusted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_form_is_read_and_its_media_type_without_parameters, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_header_that_comes_twice_names_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_reply_forbids_scripts_frames_and_keeping, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_may_come_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_to_a_client_that_has_gone_harms_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_after_the_server_has_gone_harms_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_request_is_refused_and_asks_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_nobody_was_asked_about_is_refused_in_the_servers_own_words, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(who_sends_too_much_hears_so_when_it_has_sent_all, set_up_patient, tear_down),
		cmocka_unit_test_setup_teardown(who_sends_without_end_is_cut, set_up_patient, tear_down),
		cmocka_unit_test_setup_teardown(who_goes_on_sending_for_too_long_is_cut, set_up_hasty, tear_down),
		cmocka_unit_test_setup_teardown(a_body_that_is_asked_for_first_is_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_header_or_body_than_allowed_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_fields_than_a_form_has_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whoever_is_slow_on_purpose_is_cut, set_up_hasty, tear_down),
		cmocka_unit_test_setup_teardown(a_client_that_does_not_take_its_reply_is_cut, set_up_hasty, tear_down),
		cmocka_unit_test_setup_teardown(when_all_places_are_taken_the_oldest_makes_room, set_up_hasty,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_socket_that_a_dead_daemon_left_is_replaced_and_no_other_file, set_up,
		                                tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
