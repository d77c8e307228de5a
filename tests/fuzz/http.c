/* Any bytes on a connection: one answer or none, the connection ends, and the server takes the next one. */
#include "loop/http_server.h"
#include "fuzz.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TURNS_MOST 200

static struct loop *loop;
static struct http_server *server;
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static void on_request(void *argument, struct http_exchange *exchange)
{
	const struct http_incoming *request = http_request_of(exchange);
	struct http_reply reply = {.status = 200};
	(void)argument;
	FUZZ_EXPECT(request->path.length > 0 && request->path.at[0] == '/');
	FUZZ_EXPECT(request->field_count <= HTTP_FIELDS_MOST && request->body.length <= HTTP_BODY_BYTES);
	for (size_t i = 0; i < request->field_count; i++)
		FUZZ_EXPECT(!memchr(request->fields[i].value.at, '\0', request->fields[i].value.length));
	buffer_string(&reply.body, "fine");
	http_answer(exchange, &reply);
}

static void start(void)
{
	static char directory[] = "/tmp/casewatch-fuzz-XXXXXX";
	struct clock clock = clock_real();
	struct fault fault;
	(void)signal(SIGPIPE, SIG_IGN);
	FUZZ_EXPECT(mkdtemp(directory));
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s/s", directory);
	loop = loop_new(&clock, &fault);
	struct http_server_settings settings = {.socket = address.sun_path, .handler = on_request};
	FUZZ_EXPECT(loop && http_server_new(loop, &settings, &server, &fault) == RESULT_OK);
}

/* What comes back until the connection ends; false where it does not end. */
static bool exchange(const uint8_t *bytes, size_t length, char *answer, size_t room)
{
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	size_t sent = 0, got = 0;
	bool ended = false;
	FUZZ_EXPECT(client >= 0 && connect(client, (struct sockaddr *)&address, sizeof address) == 0);
	for (int turn = 0; turn < TURNS_MOST && !ended; turn++) {
		ssize_t n = sent < length ? send(client, bytes + sent, length - sent, MSG_NOSIGNAL) : 0;
		sent = n < 0 ? length : sent + (size_t)n;
		if (sent == length)
			(void)shutdown(client, SHUT_WR);
		loop_turn(loop, 0);
		n = recv(client, answer + got, room - 1 - got, 0);
		ended = n == 0 || (n < 0 && errno != EAGAIN);
		got += n > 0 ? (size_t)n : 0;
	}
	answer[got] = '\0';
	(void)close(client);
	return ended;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char good[] = "GET / HTTP/1.0\r\n\r\n";
	static char answer[1 << 17];
	if (!loop)
		start();
	FUZZ_EXPECT(exchange(bytes, length, answer, sizeof answer));
	FUZZ_EXPECT(exchange((const uint8_t *)good, sizeof good - 1, answer, sizeof answer));
	FUZZ_EXPECT(strstr(answer, "200"));
	return 0;
}
