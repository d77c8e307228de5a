/* mail_sink: a mail server that keeps every mail as a file, for the demo and for tests that need no Python.
 *
 *	mail_sink DIRECTORY
 * Prints "port N", then "mail NNNNNN.eml RECIPIENT" for each mail it has accepted: by then the file is there whole.
 *Serves one thread, on loopback alone, until standard input ends. A mail is kept byte for byte as it came (RFC 5321,
 *dots undone), to one recipient or many. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 64
#define LINE_BYTES 2048              /* of a command; RFC 5321 asks for 512 */
#define MAIL_BYTES ((size_t)16 << 20)
#define RECIPIENTS 100
#define ADDRESS_BYTES 256
#define PENDING_REPLIES 16384        /* a client that does not read its replies is let go */

enum phase { COMMANDS, BODY, BODY_TOO_LARGE };

struct client {
	int socket; /* -1: free */
	enum phase phase;
	bool greeted, sender, leaving;
	char recipients[RECIPIENTS][ADDRESS_BYTES];
	size_t recipient_count;
	char line[LINE_BYTES];
	size_t length;     /* of the line so far */
	bool overlong;     /* the line is longer than there is room for: its rest is thrown away */
	char *body;
	size_t body_length, body_room;
	char *replies;
	size_t reply_length;
};

struct sink {
	int listening, folder;
	struct client clients[CLIENTS];
	unsigned long count;
};

static int fail(const char *what)
{
	(void)fprintf(stderr, "mail_sink: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- replies ---- */

static void let_go(struct client *client)
{
	(void)close(client->socket);
	free(client->body);
	free(client->replies);
	*client = (struct client){.socket = -1};
}

static void reply(struct client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void reply(struct client *client, const char *format, ...)
{
	char words[512];
	va_list args;
	va_start(args, format);
	int length = vsnprintf(words, sizeof words - 2, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof words - 2)
		return;
	memcpy(words + length, "\r\n", 2);
	if (client->reply_length + (size_t)length + 2 > PENDING_REPLIES) {
		client->leaving = true;
		return;
	}
	if (!client->replies && !(client->replies = malloc(PENDING_REPLIES)))
		abort();
	memcpy(client->replies + client->reply_length, words, (size_t)length + 2);
	client->reply_length += (size_t)length + 2;
}

/* False: the client is gone. */
static bool send_replies(struct client *client)
{
	while (client->reply_length) {
		ssize_t sent = send(client->socket, client->replies, client->reply_length, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		client->reply_length -= (size_t)sent;
		memmove(client->replies, client->replies + sent, client->reply_length);
	}
	return !client->leaving;
}

/* ---- keeping ---- */

static bool write_all(int file, const char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(file, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}

/* Under another name until it is whole. */
static bool keep(struct sink *sink, const struct client *client, char name[32])
{
	char hidden[40];
	(void)snprintf(name, 32, "%06lu.eml", sink->count + 1);
	(void)snprintf(hidden, sizeof hidden, ".%s", name);
	int file = openat(sink->folder, hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (file < 0)
		return false;
	bool good = write_all(file, client->body, client->body_length);
	good = close(file) == 0 && good;
	if (good && renameat(sink->folder, hidden, sink->folder, name) == 0) {
		sink->count++;
		return true;
	}
	(void)unlinkat(sink->folder, hidden, 0);
	return false;
}

static void begin_mail(struct client *client)
{
	client->sender = false;
	client->recipient_count = 0;
	client->body_length = 0;
	client->phase = COMMANDS;
}

static void body_ends(struct sink *sink, struct client *client)
{
	char name[32];
	if (client->phase == BODY_TOO_LARGE) {
		reply(client, "552 5.3.4 larger than %zu bytes", MAIL_BYTES);
	} else if (!keep(sink, client, name)) {
		reply(client, "452 4.3.1 it cannot be kept: %s", strerror(errno));
	} else {
		for (size_t i = 0; i < client->recipient_count; i++)
			(void)printf("mail %s %s\n", name, client->recipients[i]);
		(void)fflush(stdout);
		reply(client, "250 2.0.0 kept as %s", name);
	}
	begin_mail(client);
}

static void add_to_body(struct client *client, const char *bytes, size_t length)
{
	if (client->phase == BODY_TOO_LARGE || client->body_length + length + 2 > MAIL_BYTES) {
		client->phase = BODY_TOO_LARGE;
		return;
	}
	while (client->body_length + length + 2 > client->body_room) {
		client->body_room = client->body_room ? 2 * client->body_room : 65536;
		if (!(client->body = realloc(client->body, client->body_room)))
			abort();
	}
	memcpy(client->body + client->body_length, bytes, length);
	memcpy(client->body + client->body_length + length, "\r\n", 2);
	client->body_length += length + 2;
}

static void body_line(struct sink *sink, struct client *client)
{
	const char *line = client->line;
	size_t length = client->length;
	if (length == 1 && line[0] == '.') {
		body_ends(sink, client);
		return;
	}
	bool stuffed = length > 1 && line[0] == '.';
	add_to_body(client, line + stuffed, length - stuffed);
}

/* ---- commands ---- */

/* "<address>" in the command's argument; false where there is none, or one that no mail address looks like. */
static bool read_path(const char *argument, bool may_be_empty, char address[ADDRESS_BYTES])
{
	const char *open = strchr(argument, '<'), *end = open ? strchr(open, '>') : NULL;
	size_t length = end ? (size_t)(end - open - 1) : 0;
	if (!end || length >= ADDRESS_BYTES || (length == 0 && !may_be_empty))
		return false;
	for (size_t i = 1; i <= length; i++)
		if (open[i] <= ' ' || open[i] == 0x7f)
			return false;
	memcpy(address, open + 1, length);
	address[length] = '\0';
	return length == 0 || strchr(address, '@');
}

static void take_recipient(struct client *client, const char *argument)
{
	if (!client->sender)
		reply(client, "503 5.5.1 MAIL first");
	else if (client->recipient_count == RECIPIENTS)
		reply(client, "452 4.5.3 too many recipients");
	else if (!read_path(argument, false, client->recipients[client->recipient_count]))
		reply(client, "501 5.1.3 no address");
	else {
		client->recipient_count++;
		reply(client, "250 2.1.5 recipient ok");
	}
}

static void take_sender(struct client *client, const char *argument)
{
	char address[ADDRESS_BYTES];
	if (!client->greeted || client->sender)
		reply(client, "503 5.5.1 %s", client->greeted ? "one sender a mail" : "EHLO first");
	else if (!read_path(argument, true, address))
		reply(client, "501 5.1.7 no address");
	else {
		begin_mail(client);
		client->sender = true;
		reply(client, "250 2.1.0 sender ok");
	}
}

static bool is(const char *line, const char *verb)
{
	size_t length = strlen(verb);
	return strncasecmp(line, verb, length) == 0 &&
	       (line[length] == '\0' || line[length] == ' ' || line[length] == ':');
}

static void greet(struct client *client, bool extended)
{
	client->greeted = true;
	begin_mail(client);
	if (extended)
		reply(client,
		      "250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE %zu",
		      MAIL_BYTES);
	else
		reply(client, "250 sink.example");
}

static void command(struct client *client)
{
	const char *line = client->line;
	if (is(line, "EHLO") || is(line, "HELO")) {
		greet(client, is(line, "EHLO"));
	} else if (is(line, "MAIL FROM")) {
		take_sender(client, line + strlen("MAIL FROM"));
	} else if (is(line, "RCPT TO")) {
		take_recipient(client, line + strlen("RCPT TO"));
	} else if (is(line, "DATA")) {
		bool ready = client->recipient_count > 0;
		client->phase = ready ? BODY : COMMANDS;
		reply(client, ready ? "354 go on" : "503 5.5.1 RCPT first");
	} else if (is(line, "RSET")) {
		begin_mail(client);
		reply(client, "250 2.0.0 ok");
	} else if (is(line, "NOOP")) {
		reply(client, "250 2.0.0 ok");
	} else if (is(line, "QUIT")) {
		reply(client, "221 2.0.0 bye");
		client->leaving = true;
	} else {
		reply(client, "502 5.5.2 not known here");
	}
}

static void line_ends(struct sink *sink, struct client *client)
{
	if (client->length && client->line[client->length - 1] == '\r')
		client->length--;
	client->line[client->length] = '\0';
	if (client->phase != COMMANDS && client->overlong)
		client->phase = BODY_TOO_LARGE; /* RFC 5321 has 1,000 bytes */
	else if (client->phase != COMMANDS)
		body_line(sink, client);
	else if (client->overlong || memchr(client->line, '\0', client->length))
		reply(client, "500 5.5.2 what is this?");
	else
		command(client);
	client->length = 0;
	client->overlong = false;
}

static void take_bytes(struct sink *sink, struct client *client, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count && !client->leaving; i++) {
		if (bytes[i] == '\n')
			line_ends(sink, client);
		else if (client->length + 1 < sizeof client->line)
			client->line[client->length++] = bytes[i];
		else
			client->overlong = true;
	}
}

/* ---- connections ---- */

static void welcome(struct sink *sink)
{
	static const int yes = 1;
	int socket = accept4(sink->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (socket < 0)
		return;
	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *client = &sink->clients[i];
		if (client->socket >= 0)
			continue;
		client->socket = socket;
		(void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
		reply(client, "220 sink.example ESMTP");
		if (!send_replies(client))
			let_go(client);
		return;
	}
	(void)close(socket);
}

static void hear(struct sink *sink, struct client *client)
{
	char bytes[65536];
	ssize_t length = recv(client->socket, bytes, sizeof bytes, 0);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0) {
		let_go(client);
		return;
	}
	take_bytes(sink, client, bytes, (size_t)length);
	if (!send_replies(client))
		let_go(client);
}

static int open_port(struct sink *sink)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	sink->listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sink->listening < 0 || bind(sink->listening, (struct sockaddr *)&address, size) != 0 ||
	    listen(sink->listening, 32) != 0 || getsockname(sink->listening, (struct sockaddr *)&address, &size) != 0)
		return fail("no port to be had");
	(void)printf("port %u\n", (unsigned)ntohs(address.sin_port));
	(void)fflush(stdout);
	return 0;
}

/* Until standard input ends. */
static int serve(struct sink *sink)
{
	struct pollfd watched[CLIENTS + 2];
	for (;;) {
		watched[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
		watched[1] = (struct pollfd){.fd = sink->listening, .events = POLLIN};
		for (size_t i = 0; i < CLIENTS; i++)
			watched[i + 2] =
				(struct pollfd){.fd = sink->clients[i].socket,
			                        .events = (short)(sink->clients[i].reply_length ? POLLOUT : POLLIN)};
		if (poll(watched, CLIENTS + 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return fail("poll");
		}
		char byte;
		if (watched[0].revents && read(STDIN_FILENO, &byte, 1) <= 0)
			return 0;
		for (size_t i = 0; i < CLIENTS; i++) {
			struct client *client = &sink->clients[i];
			if (watched[i + 2].revents & POLLOUT) {
				if (!send_replies(client))
					let_go(client);
			} else if (watched[i + 2].revents) {
				hear(sink, client);
			}
		}
		if (watched[1].revents)
			welcome(sink);
	}
}

int main(int argc, char **argv)
{
	static struct sink sink;
	if (argc != 2) {
		(void)fprintf(stderr, "usage: mail_sink DIRECTORY\n");
		return 2;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		sink.clients[i].socket = -1;
	sink.folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sink.folder < 0)
		return fail(argv[1]);
	int status = open_port(&sink);
	if (status == 0)
		status = serve(&sink);
	for (size_t i = 0; i < CLIENTS; i++)
		if (sink.clients[i].socket >= 0)
			let_go(&sink.clients[i]);
	return status;
}
