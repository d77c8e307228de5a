/* The server of the pages: what it refuses before anybody is asked, in which words, and who hears them. */
#include "http_bench.h"

#include "loop/http_rest.h"

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

static int set_up_patient(void **state)
{
	return set_up_with(state, HOUR, 0);
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
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\ncontent-length: 1\r\n\r\nxy",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 2\r\n\r\nxy",
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
		{400, "HTTP/1.1 400 Bad Request\r\n",
	         "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy"},
		{400, "HTTP/1.1 400 Bad Request\r\n",
	         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n"},
		{400, "HTTP/1.1 400 Bad Request\r\n",
	         "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: gzip\r\n\r\nxy"},
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

/* Behind it a value would end, or all headers: an event of another child would be taken. */
static void a_nul_among_the_headers_is_refused_in_whatever_pieces_it_comes(void **state)
{
	static const char bytes[] = "POST / HTTP/1.1\r\nHost: h\r\nX-User: p-anna\0-2\r\nContent-Length: 2\r\n\r\nok",
			  line[] = "POST / HTTP/1.1\r\nHost: h\r\n\0\r\nContent-Length: 2\r\n\r\nok",
			  body[] = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n\0\0";
	const struct {
		const char *bytes;
		size_t length;
		bool taken;
	} cases[] = {{bytes, sizeof bytes - 1, false}, {line, sizeof line - 1, false}, {body, sizeof body - 1, true}};
	struct bench *bench = *state;
	struct buffer back = {0};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t piece = 1; piece <= cases[i].length; piece *= 2) {
			int fd = by_address(bench), before = bench->asked;
			buffer_clear(&back);
			for (size_t at = 0; at < cases[i].length; at += piece) {
				size_t left = cases[i].length - at;
				(void)say(bench, fd, cases[i].bytes + at, piece < left ? piece : left);
			}
			assert_true(hear(bench, fd, &back));
			(void)close(fd);
			assert_int_equal(bench->asked - before, cases[i].taken);
			if (cases[i].taken)
				assert_int_equal(bench->body, 2);
			else
				assert_non_null(strstr(buffer_cstr(&back), "it has a NUL in its headers"));
		}
	buffer_free(&back);
}

static void a_body_in_chunks_is_taken_whole_or_not_at_all(void **state)
{
	static const char whole[] = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
				    "3\r\nabc\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
	struct bench *bench = *state;
	struct buffer back = {0};
	for (size_t length = 60; length < sizeof whole; length++) { /* and then it sends no more */
		int fd = by_address(bench), before = bench->asked;
		buffer_clear(&back);
		say(bench, fd, whole, length);
		(void)shutdown(fd, SHUT_WR);
		assert_true(hear(bench, fd, &back));
		(void)close(fd);
		if (bench->asked > before)
			assert_int_equal(bench->body, 13);
		assert_true(bench->asked > before || length < sizeof whole - 1);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_no_request_is_refused_and_asks_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_nobody_was_asked_about_is_refused_in_the_servers_own_words, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(who_sends_too_much_hears_so_when_it_has_sent_all, set_up_patient,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(who_sends_without_end_is_cut, set_up_patient, tear_down),
		cmocka_unit_test_setup_teardown(who_goes_on_sending_for_too_long_is_cut, set_up_hasty, tear_down),
		cmocka_unit_test_setup_teardown(a_body_that_is_asked_for_first_is_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_nul_among_the_headers_is_refused_in_whatever_pieces_it_comes, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_body_in_chunks_is_taken_whole_or_not_at_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_header_or_body_than_allowed_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_fields_than_a_form_has_are_refused, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
