/* Requests to other people's servers: where they may go, how they are signed, what an answer means. */
#include "channel/http/address.h"
#include "channel/http/notify.h"
#include "channel/http/webhook.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool inside(const char *words)
{
	struct sockaddr_storage any = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&any;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&any;
	if (inet_pton(AF_INET, words, &v4->sin_addr) == 1)
		any.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, words, &v6->sin6_addr) == 1)
		any.ss_family = AF_INET6;
	else
		fail_msg("%s is no address", words);
	return address_is_inside((struct sockaddr *)&any);
}

static void addresses_inside_the_house_are_known_in_every_spelling(void **state)
{
	static const char *const yes[] = {"0.0.0.0",
	                                  "10.1.2.3",
	                                  "100.64.0.1",
	                                  "100.127.255.255",
	                                  "127.0.0.1",
	                                  "127.255.0.9",
	                                  "169.254.169.254",
	                                  "172.16.0.1",
	                                  "172.31.255.255",
	                                  "192.0.0.8",
	                                  "192.0.2.1",
	                                  "192.168.1.1",
	                                  "198.18.0.1",
	                                  "198.19.255.255",
	                                  "198.51.100.7",
	                                  "203.0.113.9",
	                                  "224.0.0.1",
	                                  "240.0.0.1",
	                                  "255.255.255.255",
	                                  "::",
	                                  "::1",
	                                  "::127.0.0.1",
	                                  "::ffff:10.0.0.1",
	                                  "::ffff:127.0.0.1",
	                                  "64:ff9b::a00:1",
	                                  "2002:7f00:1::1",
	                                  "fc00::1",
	                                  "fd12::1",
	                                  "fe80::1",
	                                  "ff02::1",
	                                  "2001:db8::1",
	                                  "2001::1",
	                                  "3fff::1",
	                                  "100::1"};
	static const char *const no[] = {"1.1.1.1",         "9.255.255.255",  "11.0.0.0",         "100.63.255.255",
	                                 "100.128.0.0",     "128.0.0.1",      "172.15.0.1",       "172.32.0.0",
	                                 "192.0.3.1",       "192.169.0.1",    "198.17.255.255",   "198.20.0.0",
	                                 "223.255.255.255", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1",
	                                 "2a00:1450::1",    "2606:4700::1111"};
	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (!inside(yes[i]))
			fail_msg("%s is inside", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (inside(no[i]))
			fail_msg("%s is not inside", no[i]);
	struct sockaddr local = {.sa_family = AF_UNIX};
	assert_true(address_is_inside(&local));
}

static void a_url_says_where_it_goes_and_nothing_else(void **state)
{
	static const char *const bad[] = {"",
	                                  "https://",
	                                  "https:///path",
	                                  "https://:443/",
	                                  "http://example.org/",
	                                  "ftp://example.org",
	                                  "https://user:word@example.org/",
	                                  "https://example.org/a b",
	                                  "https://example.org/\r\nX: y",
	                                  "https://ex\xc3\xa9mple.org/",
	                                  "HTTPS://example.org/",
	                                  "https://example.org/\"",
	                                  "file:///etc/passwd"};
	const char *why;
	(void)state;
	assert_true(http_url_ok(TEXT("https://example.org"), false, NULL));
	assert_true(http_url_ok(TEXT("https://example.org:8443/a/b?c=d@e"), false, &why));
	assert_true(http_url_ok(TEXT("http://127.0.0.1:8080/x"), true, &why));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		why = NULL;
		if (http_url_ok(text_of(bad[i]), false, &why))
			fail_msg("%s is taken", bad[i]);
		assert_non_null(why);
	}
	char long_one[HTTP_URL_BYTES + 2];
	memset(long_one, 'a', sizeof long_one);
	memcpy(long_one, "https://", 8);
	assert_false(http_url_ok((struct text){long_one, sizeof long_one - 1}, false, &why));
	assert_true(http_url_ok((struct text){long_one, HTTP_URL_BYTES}, false, &why));
}

/* The example of the Standard Webhooks reference libraries. */
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SIGNED "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static const char *sign(const char *secrets)
{
	static struct buffer out;
	struct fault fault = {""};
	buffer_free(&out);
	if (webhook_sign(text_of(secrets), TEXT("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
	                 TEXT("{\"test\": 2432232314}"), &out, &fault) != RESULT_OK) {
		assert_non_null(strstr(fault.text, "whsec_"));
		assert_int_equal(out.length, 0);
		return NULL;
	}
	return buffer_cstr(&out);
}

static void a_webhook_is_signed_as_standard_webhooks_says(void **state)
{
	(void)state;
	assert_string_equal(sign(SECRET), SIGNED);
	assert_string_equal(sign("\n" SECRET "\r\n\n"), SIGNED);
	const char *both = sign("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" SECRET);
	assert_non_null(strstr(both, " " SIGNED));
	assert_int_equal(strncmp(both, "v1,", 3), 0);
	(void)sign(""); /* frees */
}

static void what_is_no_secret_signs_nothing(void **state)
{
	static const char *const bad[] = {"",
	                                  "\n",
	                                  "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	                                  "whsec_",
	                                  "whsec_MfKQ9r8G",
	                                  "whsec_M*KQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	                                  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
	                                  SECRET "\nnonsense",
	                                  SECRET "\n" SECRET "\n" SECRET};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (sign(bad[i]))
			fail_msg("\"%s\" signs", bad[i]);
}

static enum channel_outcome outcome_of(struct http_answer answer, enum channel_whose *whose)
{
	struct channel_reply reply;
	http_reply(&answer, &reply);
	*whose = reply.whose;
	return reply.outcome;
}

static void an_answer_means_what_came_of_the_message(void **state)
{
	static const struct {
		struct http_answer answer;
		enum channel_outcome outcome;
		enum channel_whose whose;
	} rows[] = {
		{{.status = 200}, CHANNEL_ACCEPTED, CHANNEL_OF_RECIPIENT},
		{{.status = 204}, CHANNEL_ACCEPTED, CHANNEL_OF_RECIPIENT},
		{{.status = 301}, CHANNEL_PERMANENT, CHANNEL_OF_RECIPIENT},
		{{.status = 400}, CHANNEL_PERMANENT, CHANNEL_OF_RECIPIENT},
		{{.status = 408}, CHANNEL_TEMPORARY, CHANNEL_OF_SERVER},
		{{.status = 410}, CHANNEL_PERMANENT, CHANNEL_OF_RECIPIENT},
		{{.status = 429, .wait_ms = 7000}, CHANNEL_TEMPORARY, CHANNEL_OF_SERVER},
		{{.status = 503}, CHANNEL_TEMPORARY, CHANNEL_OF_SERVER},
		{{.status = 0}, CHANNEL_TEMPORARY, CHANNEL_OF_SERVER},
		{{.status = 0, .whole = true}, CHANNEL_UNCERTAIN, CHANNEL_OF_MESSAGE},
		{{.status = 0, .whole = true, .stopped = true}, CHANNEL_UNCERTAIN, CHANNEL_OF_MESSAGE},
		{{.status = 0, .stopped = true}, CHANNEL_ABANDONED, CHANNEL_OF_SERVER},
		{{.status = 0, .inside = true}, CHANNEL_PERMANENT, CHANNEL_OF_RECIPIENT},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum channel_whose whose;
		if (outcome_of(rows[i].answer, &whose) != rows[i].outcome || whose != rows[i].whose)
			fail_msg("row %zu, status %d", i, rows[i].answer.status);
	}
	struct channel_reply reply;
	struct http_answer answer = {.status = 500, .wait_ms = 7000};
	buffer_string(&answer.body, "line\r\nnext \xc3\xa9");
	http_reply(&answer, &reply);
	assert_string_equal(reply.text, "500 line  next   ");
	assert_int_equal(reply.wait_ms, 7000);
	buffer_free(&answer.body);
}

/* Made by an implementation of its own, and taken by the JWT library that Notify's own client uses. */
static void a_server_is_named_without_the_path_that_may_be_a_secret(void **state)
{
	(void)state;
	static const char *const rows[][2] = {{"https://hooks.example.org/services/T0/SECRET", "hooks.example.org"},
	                                      {"https://127.0.0.1:8443?key=x", "127.0.0.1:8443"},
	                                      {"http://[::1]:80#x", "[::1]:80"}, {"https://a", "a"}, {"", ""}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct channel_reply reply = {.server = "x"};
		http_name_server(text_of(rows[i][0]), &reply);
		assert_string_equal(reply.server, rows[i][1]);
	}
}

/* ---- where a name leads ---- */

/* In place of the C library's, for libcurl too: the name belongs to somebody else, and leads where they say today. */
static const char *leads_to[2];

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	*found = NULL;
	(void)name;
	for (size_t i = 2; i-- > 0;) {
		struct sockaddr_in *address = MEM_NEW(struct sockaddr_in);
		struct addrinfo *one = MEM_NEW(struct addrinfo);
		*address = (struct sockaddr_in){.sin_family = AF_INET,
		                                .sin_port = htons((uint16_t)(service ? atoi(service) : 0))};
		assert_int_equal(inet_pton(AF_INET, leads_to[i], &address->sin_addr), 1);
		*one = (struct addrinfo){.ai_family = AF_INET,
		                         .ai_socktype = hints && hints->ai_socktype ? hints->ai_socktype : SOCK_STREAM,
		                         .ai_addrlen = sizeof *address,
		                         .ai_addr = (struct sockaddr *)address,
		                         .ai_next = *found};
		*found = one;
	}
	return 0;
}

void freeaddrinfo(struct addrinfo *all)
{
	while (all) {
		struct addrinfo *next = all->ai_next;
		free(all->ai_addr);
		free(all);
		all = next;
	}
}

/* A server inside the house, on loopback. */
static int listen_inside(char url[64])
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof here;
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(server >= 0 && bind(server, (struct sockaddr *)&here, sizeof here) == 0 && listen(server, 8) == 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&here, &length), 0);
	(void)snprintf(url, 64, "https://hooks.example.org:%d/hook", ntohs(here.sin_port));
	return server;
}

static void assert_nobody_came(int server)
{
	assert_int_equal(accept(server, NULL, NULL), -1);
	assert_true(errno == EAGAIN || errno == EWOULDBLOCK);
}

/* The name was good when the address was written down, and at the attempt before this one. Each connection is judged by
 * the address that it is made to, so it does not matter when the name began to lead inside, or what it names beside. */
static void a_name_that_begins_to_lead_inside_the_house_is_not_followed(void **state)
{
	static const char *const ways[][2] = {{"127.0.0.1", "127.0.0.1"}, {"8.8.8.8", "127.0.0.1"},
	                                      {"127.0.0.1", "8.8.8.8"},   {"10.0.0.1", "127.0.0.1"}};
	const struct http_settings settings = {.timeout_ms = 600};
	struct http *http;
	struct fault fault = {""};
	char url[64];
	(void)state;
	int server = listen_inside(url);
	assert_int_equal(http_new(&settings, NULL, &http, &fault), RESULT_OK);
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		struct http_request request = {.url = url, .body = TEXT("{}")};
		struct http_answer answer = {0};
		struct channel_reply reply;
		leads_to[0] = leads_to[1] = "8.8.8.8"; /* outside: nobody answers within so short a time */
		http_ask(http, &request, &answer);
		assert_int_equal(answer.status, 0);
		assert_false(answer.inside);
		buffer_free(&answer.body);
		leads_to[0] = ways[i][0];
		leads_to[1] = ways[i][1];
		http_ask(http, &request, &answer);
		http_reply(&answer, &reply);
		assert_true(answer.inside);
		assert_false(answer.whole);
		assert_int_equal(reply.outcome, CHANNEL_PERMANENT); /* the person's other channel is used */
		assert_nobody_came(server);
		buffer_free(&answer.body);
	}
	http_free(http);
	(void)close(server);
}

static void notify_knows_us_by_a_token(void **state)
{
	static const char *const bad[] = {
		"", "key", "key-0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
		"key-0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d-d2f7a1c3-1b2c-4d5e-8f90-a1b2c3d4e5fg",
		"key-0a1b2c3d_4e5f-4a6b-8c7d-9e0f1a2b3c4d-d2f7a1c3-1b2c-4d5e-8f90-a1b2c3d4e5f6"};
	struct buffer out = {0};
	struct fault fault = {""};
	(void)state;
	assert_int_equal(
		notify_token(TEXT("a-name-0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d-d2f7a1c3-1b2c-4d5e-8f90-a1b2c3d4e5f6"),
	                     1767225600, &out, &fault),
		RESULT_OK);
	assert_string_equal(buffer_cstr(&out),
	                    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
	                    "eyJpc3MiOiIwYTFiMmMzZC00ZTVmLTRhNmItOGM3ZC05ZTBmMWEyYjNjNGQiLCJpYXQiOjE3NjcyMjU2MDB9."
	                    "JXPT7Dlvi7fhvAo77VOKidiTTDtJdIQoW9AjWxm1mHk");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(notify_token(text_of(bad[i]), 0, &out, &fault), RESULT_PERMANENT);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_inside_the_house_are_known_in_every_spelling),
		cmocka_unit_test(a_url_says_where_it_goes_and_nothing_else),
		cmocka_unit_test(a_webhook_is_signed_as_standard_webhooks_says),
		cmocka_unit_test(what_is_no_secret_signs_nothing),
		cmocka_unit_test(an_answer_means_what_came_of_the_message),
		cmocka_unit_test(a_server_is_named_without_the_path_that_may_be_a_secret),
		cmocka_unit_test(a_name_that_begins_to_lead_inside_the_house_is_not_followed),
		cmocka_unit_test(notify_knows_us_by_a_token),
	};
	return cmocka_run_group_tests_name("webhook", tests, NULL, NULL);
}
