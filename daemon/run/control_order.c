/* control: the tool's end of the socket. */
#include "run/control.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_AGAIN_MS 50
#define ANSWER_BYTES_MOST ((size_t)1 << 20) /* two hundred faults are a tenth of it */

/* The directory is opened and the name is looked for in it: the path of a socket may have 107 bytes, that of a database
 * more. */
int control_socket(const char *database, bool listens)
{
	const char *slash = strrchr(database, '/');
	struct buffer folder = {0};
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	buffer_add(&folder, slash ? database : ".", slash ? (size_t)(slash - database) + 1 : 1);
	int at = open(buffer_cstr(&folder), O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = at < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int length = snprintf(name.sun_path, sizeof name.sun_path, "/proc/self/fd/%d/%s.control", at,
	                      slash ? slash + 1 : database);
	bool good = fd >= 0 && (size_t)length < sizeof name.sun_path;
	if (good && listens) {
		(void)unlink(name.sun_path); /* of a daemon before us: the database is locked, so there is no other */
		/* chmod before listen: nobody connects in between */
		good = bind(fd, (const struct sockaddr *)&name, sizeof name) == 0 && chmod(name.sun_path, 0600) == 0 &&
		       listen(fd, CONTROL_CALLS_MOST) == 0;
	} else if (good) {
		good = connect(fd, (const struct sockaddr *)&name, sizeof name) == 0;
	}
	int why = good ? 0 : (size_t)length >= sizeof name.sun_path ? ENAMETOOLONG : errno;
	if (at >= 0)
		(void)close(at);
	if (!good && fd >= 0)
		(void)close(fd);
	buffer_free(&folder);
	errno = why;
	return good ? fd : -1;
}

/* As many as it takes may wait before a loop that stands: the next one is told to come again, and not for ever. */
static int connect_within(const char *database, int wait_ms)
{
	instant until = clock_boot() + wait_ms * (SECOND / 1000);
	int fd = control_socket(database, false);
	while (fd < 0 && errno == EAGAIN && clock_boot() < until) {
		(void)poll(NULL, 0, CONNECT_AGAIN_MS);
		fd = control_socket(database, false);
	}
	return fd;
}

static enum result not_answered(int wait_ms, struct fault *fault)
{
	return fault_set(fault, RESULT_TEMPORARY, "casewatchd has not answered for %d seconds; see casewatch status",
	                 wait_ms / 1000);
}

static enum result read_answer(int fd, int wait_ms, struct buffer *answer, struct fault *fault)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	for (;;) {
		int ready = poll(&poll_fd, 1, wait_ms);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return not_answered(wait_ms, fault);
		ssize_t got = read(fd, buffer_room(answer, 4096), 4096);
		/* After the last of the answer: a line that was not read any more is said as a reset. */
		if (got == 0 || (got < 0 && errno == ECONNRESET && answer->length))
			return RESULT_OK;
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return fault_set(fault, RESULT_TEMPORARY, "casewatchd broke off: %s", strerror(errno));
		answer->length += got > 0 ? (size_t)got : 0;
		if (answer->length > ANSWER_BYTES_MOST)
			return fault_set(fault, RESULT_TEMPORARY, "what answers is not casewatchd");
	}
}

enum result control_give_order(const char *database, const char *order, int *status, struct buffer *answer,
                               struct fault *fault)
{
	return control_ask(database, order, CONTROL_ANSWER_MS, status, answer, fault);
}

enum result control_ask(const char *database, const char *order, int wait_ms, int *status, struct buffer *answer,
                        struct fault *fault)
{
	struct buffer line = {0};
	int fd = connect_within(database, wait_ms);
	if (fd < 0 && errno == EAGAIN)
		return not_answered(wait_ms, fault);
	if (fd < 0)
		return fault_set(fault, RESULT_TEMPORARY,
		                 "no casewatchd runs on %s, or it is not yours to speak to (%s): see casewatch status",
		                 database, strerror(errno));
	buffer_format(&line, "%s\n", order);
	enum result result = RESULT_OK;
	/* Whoever is told to come again may be hung up on before that is there: what was said is read all the same. */
	if (send(fd, line.at, line.length, MSG_NOSIGNAL) != (ssize_t)line.length && errno != EPIPE)
		result = fault_set(fault, RESULT_TEMPORARY, "casewatchd does not listen: %s", strerror(errno));
	if (result == RESULT_OK)
		result = read_answer(fd, wait_ms, answer, fault);
	(void)close(fd);
	const char *end = answer->length ? memchr(answer->at, '\n', answer->length) : NULL;
	if (result == RESULT_OK && !end)
		result = fault_set(fault, RESULT_TEMPORARY,
		                   "casewatchd ended before it had answered: see casewatch status");
	if (result == RESULT_OK) {
		size_t first = (size_t)(end - answer->at) + 1;
		*status = atoi(buffer_cstr(answer));
		memmove(answer->at, answer->at + first, answer->length - first);
		answer->length -= first;
		answer->at[answer->length] = '\0'; /* for buffer_cstr */
	}
	buffer_free(&line);
	return result;
}
