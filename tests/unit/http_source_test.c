/* http_source: events by HTTP up to the hand-over: what waits is bounded, whoever waits too long is told to come again,
 * and nothing that was read is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "source/http.h"

#define PATIENCE_MS 20000
#define TOO_MANY 4

static _Atomic int64_t ahead; /* of the machine's clock */

struct bench {
	char directory[64], socket[96];
	struct source *source;
	int64_t stored; /* the number that the store has; -1: it cannot say */
	enum source_state state;
};

static enum result positions(void *context, struct source_position *asked, size_t count, struct fault *fault)
{
	const struct bench *bench = context;
	assert_int_equal(count, 1);
	if (bench->stored < 0)
		return fault_set(fault, RESULT_TEMPORARY, "busy");
	asked->known = bench->stored > 0;
	asked->next = bench->stored;
	return RESULT_OK;
}

static void said(void *context, const char *name, enum source_state state, const char *sentence)
{
	struct bench *bench = context;
	(void)name;
	(void)sentence;
	bench->state = state;
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	struct http_intake_settings settings = {.socket = bench->socket, .body_bytes = 65536};
	struct fault fault = {0};
	(void)snprintf(bench->directory, sizeof bench->directory, "/tmp/casewatch-http-XXXXXX");
	assert_non_null(mkdtemp(bench->directory));
	(void)snprintf(bench->socket, sizeof bench->socket, "%s/s", bench->directory);
	atomic_store(&ahead, 0);
	source_settings_default(&settings.source);
	settings.source.clock = clock_moved(&ahead);
	settings.source.positions = positions;
	settings.source.report = said;
	settings.source.context = bench;
	assert_int_equal(http_source_open(&settings, &bench->source, &fault), RESULT_OK);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	assert_true(source_stop(bench->source, 0));
	(void)rmdir(bench->directory);
	free(bench);
	return 0;
}

/* ---- senders ---- */

static int ask(const struct bench *bench, const char *headers, const char *body)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	char request[8192];
	(void)snprintf(name.sun_path, sizeof name.sun_path, "%s", bench->socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof name), 0);
	int length = snprintf(request, sizeof request,
	                      "POST /events HTTP/1.1\r\nHost: h\r\n%sContent-Length: %zu\r\n\r\n%s", headers,
	                      strlen(body), body);
	assert_int_equal(send(fd, request, (size_t)length, MSG_NOSIGNAL), length);
	return fd;
}

static int send_event(const struct bench *bench, int number)
{
	char body[512];
	(void)snprintf(body, sizeof body,
	               "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/lcs\",\"type\":\"missing.ended\","
	               "\"subject\":\"C1\",\"time\":\"2020-01-01T10:00:00Z\",\"data\":{\"episode\":\"E1\"}}",
	               number);
	return ask(bench, "Content-Type: application/cloudevents+json\r\n", body);
}

/* The status of the answer, which must come; closes. */
static int status_of(int fd)
{
	char answer[4096] = "";
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
	assert_true(recv(fd, answer, sizeof answer - 1, 0) > 12);
	(void)close(fd);
	return atoi(answer + strlen("HTTP/1.1 "));
}

static struct batch *next(struct bench *bench)
{
	struct batch *batch = NULL;
	for (int tries = 0; !batch && tries < PATIENCE_MS; tries++) {
		source_wake(bench->source);
		batch = source_next(bench->source);
		if (!batch)
			(void)poll(NULL, 0, 1);
	}
	assert_non_null(batch);
	return batch;
}

static void commit(struct bench *bench, struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->records[i].outcome = batch->records[i].accepted ? RECORD_STORED : RECORD_REFUSED;
	source_committed(bench->source, batch);
}

/* Serves, and knows from which number on. */
static void begin(struct bench *bench, int64_t stored)
{
	bench->stored = stored;
	assert_null(source_next(bench->source));
	assert_int_equal(bench->state, SOURCE_UP);
}

/* ---- tests ---- */

static void an_answer_comes_when_the_event_is_committed_and_not_before(void **state)
{
	struct bench *bench = *state;
	begin(bench, 0);
	int fd = send_event(bench, 1);
	struct batch *batch = next(bench);
	struct pollfd early = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&early, 1, 50), 0);
	assert_int_equal(batch->count, 1);
	assert_true(batch->records[0].answered);
	commit(bench, batch);
	assert_int_equal(status_of(fd), 202);
}

static void numbers_go_on_from_where_the_store_stands(void **state)
{
	struct bench *bench = *state;
	begin(bench, 41);
	int fd = send_event(bench, 1);
	struct batch *batch = next(bench);
	assert_int_equal(batch->records[0].next, 42);
	commit(bench, batch);
	assert_int_equal(status_of(fd), 202);
}

static void nothing_is_taken_before_the_store_can_say_which_number_is_next(void **state)
{
	struct bench *bench = *state;
	begin(bench, 0); /* serves */
	tear_down(state);
	set_up(state);
	bench = *state;
	bench->stored = -1;
	assert_null(source_next(bench->source));
	assert_int_equal(access(bench->socket, F_OK), -1); /* and so it does not even listen */
	assert_true(source_wait(bench->source) <= SECOND);
	begin(bench, 7);
	int fd = send_event(bench, 1);
	commit(bench, next(bench));
	assert_int_equal(status_of(fd), 202);
}

static void more_than_may_wait_are_told_to_come_again_and_those_that_wait_are_all_stored(void **state)
{
	struct bench *bench = *state;
	struct pollfd senders[HTTP_INTAKE_WAITING_MOST + TOO_MANY];
	begin(bench, 0);
	for (int i = 0; i < HTTP_INTAKE_WAITING_MOST + TOO_MANY; i++)
		senders[i] = (struct pollfd){.fd = send_event(bench, i), .events = POLLIN};
	for (int turned_away = 0; turned_away < TOO_MANY;) { /* whichever the server's thread reads last */
		assert_true(poll(senders, sizeof senders / sizeof *senders, PATIENCE_MS) > 0);
		for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
			if (senders[i].fd < 0 || !senders[i].revents)
				continue;
			assert_int_equal(status_of(senders[i].fd), 429);
			senders[i].fd = -1;
			turned_away++;
		}
	}
	for (size_t stored = 0; stored < HTTP_INTAKE_WAITING_MOST;) {
		struct batch *batch = next(bench);
		stored += batch->count;
		commit(bench, batch);
	}
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++)
		if (senders[i].fd >= 0)
			assert_int_equal(status_of(senders[i].fd), 202);
	int fd = send_event(bench, 2000);
	commit(bench, next(bench));
	assert_int_equal(status_of(fd), 202);
}

static void whoever_waits_too_long_is_told_to_come_again_and_what_was_read_is_stored_all_the_same(void **state)
{
	struct bench *bench = *state;
	begin(bench, 0);
	int fd = send_event(bench, 1);
	struct batch *batch = next(bench);
	atomic_fetch_add(&ahead, HTTP_INTAKE_ANSWER_WITHIN + SECOND);
	assert_int_equal(status_of(fd), 503);
	assert_int_equal(batch->count, 1);
	commit(bench, batch);
	fd = send_event(bench, 2);
	commit(bench, next(bench));
	assert_int_equal(status_of(fd), 202);
}

static void while_nothing_can_be_stored_everybody_is_told_at_once(void **state)
{
	struct bench *bench = *state;
	begin(bench, 0);
	int first = send_event(bench, 1);
	struct batch *batch = next(bench);
	source_hold(bench->source, batch);
	assert_int_equal(status_of(first), 503);
	assert_int_equal(status_of(send_event(bench, 2)), 503);
	atomic_fetch_add(&ahead, 17 * SECOND); /* the pause is over */
	batch = next(bench);
	assert_int_equal(batch->count, 1); /* the one that was held, and no other */
	commit(bench, batch);
	int fd;
	int status;
	do { /* until the server's thread has heard of it */
		fd = send_event(bench, 3);
		struct pollfd soon = {.fd = fd, .events = POLLIN};
		if (poll(&soon, 1, 20) == 0)
			commit(bench, next(bench));
		status = status_of(fd);
	} while (status == 503);
	assert_int_equal(status, 202);
}

static void as_many_attributes_as_allowed_are_read_and_one_more_is_refused_and_kept(void **state)
{
	struct bench *bench = *state;
	static const int extra[] = {128 - 6, 128 - 5};
	begin(bench, 0);
	for (size_t i = 0; i < 2; i++) {
		char headers[8192];
		int length = snprintf(headers, sizeof headers,
		                      "Content-Type: application/json\r\nce-specversion: 1.0\r\nce-id: e\r\n"
		                      "ce-source: /lcs\r\nce-type: missing.ended\r\nce-subject: C1\r\n"
		                      "ce-time: 2020-01-01T10:00:00Z\r\n");
		for (int k = 0; k < extra[i]; k++)
			length += snprintf(headers + length, sizeof headers - (size_t)length, "ce-x%d: y\r\n", k);
		int fd = ask(bench, headers, "{\"episode\":\"E1\"}");
		struct batch *batch = next(bench);
		assert_int_equal(batch->records[0].accepted, i == 0);
		if (i)
			assert_string_equal(batch->records[0].reason.at, "more than 128 attributes in headers");
		commit(bench, batch);
		assert_int_equal(status_of(fd), i ? 400 : 202);
	}
}

static void a_stop_while_requests_wait_frees_everything(void **state)
{
	struct bench *bench = *state;
	begin(bench, 0);
	int one = send_event(bench, 1);
	struct batch *batch = next(bench);
	int two = send_event(bench, 2);
	assert_int_equal(batch->count, 1); /* out, and another behind it: tear_down stops with both */
	(void)close(one);
	(void)close(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_comes_when_the_event_is_committed_and_not_before, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(numbers_go_on_from_where_the_store_stands, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_taken_before_the_store_can_say_which_number_is_next, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(
			more_than_may_wait_are_told_to_come_again_and_those_that_wait_are_all_stored, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			whoever_waits_too_long_is_told_to_come_again_and_what_was_read_is_stored_all_the_same, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(while_nothing_can_be_stored_everybody_is_told_at_once, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(as_many_attributes_as_allowed_are_read_and_one_more_is_refused_and_kept,
		                                set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stop_while_requests_wait_frees_everything, set_up, tear_down),
	};
	schema_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
