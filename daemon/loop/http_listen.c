/* http_listen: a UNIX socket, or an address of this machine. */
#include "loop/http_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128 /* connections that wait to be accepted; the kernel takes no more by default (somaxconn) */

static bool somebody_listens(const struct sockaddr_un *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool there = fd >= 0 && (connect(fd, (const struct sockaddr *)name, sizeof *name) == 0 || errno == EAGAIN);
	if (fd >= 0)
		(void)close(fd);
	return there;
}

/* Takes away what a daemon that died left there. */
static enum result make_way(const char *option, const struct sockaddr_un *name, struct fault *fault)
{
	struct stat found;
	if (lstat(name->sun_path, &found) != 0)
		return RESULT_OK;
	if (!S_ISSOCK(found.st_mode))
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s.socket %s is there already and is no socket; move it away, or write another name",
		                 option, name->sun_path);
	if (somebody_listens(name))
		return fault_set(fault, RESULT_PERMANENT,
		                 "somebody listens on %s.socket %s already; is another casewatchd running?",
		                 option, name->sun_path);
	(void)unlink(name->sun_path);
	return RESULT_OK;
}

enum result http_listen_socket(const char *option, const char *path, int *fd, struct fault *fault)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof name.sun_path)
		return fault_set(fault, RESULT_PERMANENT, "%s.socket is %zu bytes long; %zu at most", option,
		                 strlen(path), sizeof name.sun_path - 1);
	(void)snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
	enum result result = make_way(option, &name, fault);
	if (result != RESULT_OK)
		return result;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* chmod before listen: nobody connects in between */
	if (*fd >= 0 && bind(*fd, (const struct sockaddr *)&name, sizeof name) == 0 && chmod(path, 0660) == 0 &&
	    listen(*fd, BACKLOG) == 0)
		return RESULT_OK;
	result = fault_set(fault, RESULT_PERMANENT, "cannot listen on %s.socket %s: %s; its directory must be there "
	                                            "and be ours to write", option, path, strerror(errno));
	if (*fd >= 0)
		(void)close(*fd);
	return result;
}

uint64_t http_listen_number(const char *path)
{
	struct stat found;
	return lstat(path, &found) == 0 ? (uint64_t)found.st_ino : 0;
}

bool http_listen_is_there(const char *path, uint64_t made)
{
	return http_listen_number(path) == made;
}

void http_listen_gone(const char *path)
{
	(void)unlink(path);
}

/* "[::1]:8080" into "::1" and "8080". */
static bool split(const char *address, char *host, size_t room, const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t length = colon ? (size_t)(colon - address) : 0;
	if (length >= 2 && address[0] == '[' && colon[-1] == ']') {
		address++;
		length -= 2;
	}
	if (!length || length >= room)
		return false;
	(void)snprintf(host, room, "%.*s", (int)length, address);
	*port = colon + 1;
	return true;
}

static int listen_on(const struct addrinfo *at)
{
	const int on = 1;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	if (fd >= 0) {
		int why = errno;
		(void)close(fd);
		errno = why;
	}
	return -1;
}

static int port_of(int fd)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof name;
	if (getsockname(fd, (struct sockaddr *)&name, &length) != 0)
		return 0;
	if (name.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)&name)->sin6_port);
	return ntohs(((const struct sockaddr_in *)&name)->sin_port);
}

enum result http_listen_address(const char *option, const char *address, int *fd, int *port, struct fault *fault)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *found;
	char host[64];
	const char *service;
	if (!split(address, host, sizeof host, &service) || getaddrinfo(host, service, &hints, &found) != 0)
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s.listen is \"%s\"; write an address and a port such as 127.0.0.1:8080", option,
		                 address);
	*fd = listen_on(found);
	int why = errno;
	freeaddrinfo(found);
	if (*fd < 0)
		return fault_set(fault, RESULT_PERMANENT, "cannot listen on %s.listen %s: %s", option, address,
		                 strerror(why));
	*port = port_of(*fd);
	return RESULT_OK;
}
