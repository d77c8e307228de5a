/* The server of the pages: what it takes, how it answers, and whom it cuts. */
#include "http_bench.h"

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
		cmocka_unit_test_setup_teardown(a_form_is_read_and_its_media_type_without_parameters,
		                                set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_header_that_comes_twice_names_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_reply_forbids_scripts_frames_and_keeping, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_may_come_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_to_a_client_that_has_gone_harms_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_after_the_server_has_gone_harms_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whoever_is_slow_on_purpose_is_cut, set_up_hasty, tear_down),
		cmocka_unit_test_setup_teardown(a_client_that_does_not_take_its_reply_is_cut, set_up_hasty, tear_down),
		cmocka_unit_test_setup_teardown(when_all_places_are_taken_the_oldest_makes_room,
		                                set_up_hasty, tear_down),
		cmocka_unit_test_setup_teardown(a_socket_that_a_dead_daemon_left_is_replaced_and_no_other_file,
		                                set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
