/* monitor: what programs are told of how casewatch is, when its loop turns and when it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/monitor.h"

#define PATIENCE_MS 20000

static _Atomic int64_t ahead; /* of the machine's clock */

struct bench {
	struct loop *loop;
	struct monitor *monitor;
	int told;
	bool good;
};

static void tell(void *context, struct metrics *metrics, struct monitor_health *health)
{
	struct bench *bench = context;
	bench->told++;
	metrics_gauge(metrics, "casewatch_told", "How often", bench->told);
	health->checks[health->count++] = (struct monitor_check){.name = "store", .good = bench->good, .why = "full"};
	health->checks[health->count++] = (struct monitor_check){.name = "clocks", .good = true};
}

static int set_up(void **state)
{
	struct clock clock = clock_real();
	struct fault fault = {0};
	struct bench *bench = calloc(1, sizeof *bench);
	struct monitor_settings settings = {.address = "127.0.0.1:0", .database = "/nonexistent/casewatch.db",
	                                    .clock = clock_moved(&ahead), .tell = tell, .context = bench};
	atomic_store(&ahead, 0);
	bench->good = true;
	bench->loop = loop_new(&clock, &fault);
	assert_int_equal(monitor_new(bench->loop, &settings, &bench->monitor, &fault), RESULT_OK);
	assert_int_equal(monitor_listen(bench->monitor, &fault), RESULT_OK);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	monitor_free(bench->monitor);
	loop_free(bench->loop);
	free(bench);
	return 0;
}

static int ask(const struct bench *bench, const char *path)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)monitor_port(bench->monitor)),
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char request[256];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof name), 0);
	int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
	assert_int_equal(send(fd, request, (size_t)length, MSG_NOSIGNAL), length);
	return fd;
}

/* The whole answer; the loop turns meanwhile, or stands. */
static void hear(const struct bench *bench, int fd, bool turns, struct buffer *answer)
{
	char bytes[4096];
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	buffer_clear(answer);
	for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
		if (turns)
			loop_turn(bench->loop, 0);
		if (poll(&wait, 1, 5) != 1)
			continue;
		ssize_t got = recv(fd, bytes, sizeof bytes, 0);
		if (got <= 0)
			break;
		buffer_add(answer, bytes, (size_t)got);
	}
	(void)close(fd);
	assert_true(answer->length > 12);
}

#define HAS(out, words) assert_non_null(strstr(buffer_cstr(out), words))

static void each_answer_asks_the_loop_anew(void **state)
{
	struct bench *bench = *state;
	struct buffer answer = {0};
	hear(bench, ask(bench, "/metrics"), true, &answer);
	HAS(&answer, "\ncasewatch_told 1\n");
	HAS(&answer, "\ncasewatch_loop_answers 1\n");
	hear(bench, ask(bench, "/metrics"), true, &answer);
	HAS(&answer, "\ncasewatch_told 2\n");
	hear(bench, ask(bench, "/healthz"), true, &answer);
	HAS(&answer, "HTTP/1.1 200 OK\r\n");
	assert_int_equal(bench->told, 3);
	buffer_free(&answer);
}

static void several_who_ask_at_once_are_all_told(void **state)
{
	struct bench *bench = *state;
	struct buffer answer = {0};
	int metrics[5], ready = ask(bench, "/readyz");
	for (size_t i = 0; i < 5; i++)
		metrics[i] = ask(bench, "/metrics");
	for (size_t i = 0; i < 5; i++) {
		hear(bench, metrics[i], true, &answer);
		HAS(&answer, "\ncasewatch_loop_answers 1\n");
	}
	hear(bench, ready, true, &answer);
	HAS(&answer, "\r\n\r\nstore: good\nclocks: good\n");
	buffer_free(&answer);
}

static void readiness_says_what_does_not_hold(void **state)
{
	struct bench *bench = *state;
	struct buffer answer = {0};
	bench->good = false;
	hear(bench, ask(bench, "/readyz"), true, &answer);
	HAS(&answer, "HTTP/1.1 503 ");
	HAS(&answer, "\r\n\r\nstore: full\nclocks: good\n");
	buffer_free(&answer);
}

static void a_loop_that_stands_is_not_alive_and_no_figure_of_before_is_told(void **state)
{
	static const struct {
		const char *path, *status, *words;
	} questions[] = {
		{"/healthz", "HTTP/1.1 503 ", "not alive"},
		{"/readyz", "HTTP/1.1 503 ", "loop: it has not turned"},
		{"/metrics", "HTTP/1.1 200 ", "\ncasewatch_loop_answers 0\n"},
	};
	struct bench *bench = *state;
	struct buffer answer = {0};
	hear(bench, ask(bench, "/metrics"), true, &answer); /* it turned before */
	for (size_t i = 0; i < 3; i++) {
		int fd = ask(bench, questions[i].path);
		struct pollfd early = {.fd = fd, .events = POLLIN};
		assert_int_equal(poll(&early, 1, 50), 0); /* it is given its time */
		atomic_fetch_add(&ahead, MONITOR_LOOP_WITHIN + SECOND);
		hear(bench, fd, false, &answer);
		HAS(&answer, questions[i].status);
		HAS(&answer, questions[i].words);
		assert_null(strstr(buffer_cstr(&answer), "casewatch_told"));
	}
	buffer_free(&answer);
}

static void a_database_that_cannot_be_read_is_told(void **state)
{
	struct bench *bench = *state;
	struct buffer answer = {0};
	hear(bench, ask(bench, "/metrics"), true, &answer);
	HAS(&answer, "\ncasewatch_database_readable 0\n");
	buffer_free(&answer);
}

static void a_stop_while_somebody_waits_harms_nobody(void **state)
{
	struct bench *bench = *state;
	int fd = ask(bench, "/healthz");
	struct pollfd early = {.fd = fd, .events = POLLIN};
	(void)poll(&early, 1, 50);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_answer_asks_the_loop_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(several_who_ask_at_once_are_all_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(readiness_says_what_does_not_hold, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_loop_that_stands_is_not_alive_and_no_figure_of_before_is_told, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_database_that_cannot_be_read_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stop_while_somebody_waits_harms_nobody, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
